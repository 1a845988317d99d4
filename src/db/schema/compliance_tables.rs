//! Tables of the compliance room.

diesel::table! {
    obligation_dues (id) {
        id -> Text,
        authority_id -> Text,
        agreement_id -> Text,
        obligation_id -> Text,
        organisation_id -> Text,
        mission_id -> Text,
        period -> Text,
        starts_on -> Date,
        ends_on -> Date,
        due_on -> Date,
        due_at -> Timestamp,
        target -> Text,
        binding -> Bool,
        state -> Text,
        claim_state -> Nullable<Text>,
        grace_until -> Date,
        cure_by -> Nullable<Date>,
        next_step -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    due_moments (id) {
        id -> Text,
        authority_id -> Text,
        due_id -> Text,
        moment -> Text,
        passed_at -> Timestamp,
    }
}

diesel::table! {
    claims (id) {
        id -> Text,
        authority_id -> Text,
        agreement_id -> Text,
        obligation_id -> Text,
        due_id -> Text,
        organisation_id -> Text,
        mission_id -> Text,
        ends_on -> Date,
        state -> Text,
        quantity -> Text,
        counted -> Text,
        verified -> Nullable<Text>,
        note -> Text,
        beneficiaries -> BigInt,
        reported_at -> Timestamp,
        reported_by -> Text,
        reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
    }
}

diesel::table! {
    counted_once (id) {
        id -> Text,
        authority_id -> Text,
        measure -> Text,
        kind -> Text,
        fingerprint -> Text,
        starts_on -> Date,
        ends_on -> Date,
        obligation_id -> Text,
        claim_id -> Text,
        share -> Text,
    }
}

diesel::table! {
    double_counts (id) {
        id -> Text,
        authority_id -> Text,
        measure -> Text,
        kind -> Text,
        fingerprint -> Text,
        due_id -> Text,
        obligation_id -> Text,
        organisation_id -> Text,
        first_claim_id -> Text,
        first_due_id -> Text,
        first_obligation_id -> Text,
        first_organisation_id -> Text,
        refused_at -> Timestamp,
        share -> Nullable<Text>,
        first_share -> Nullable<Text>,
        reason -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
    }
}

diesel::table! {
    remedy_steps (id) {
        id -> Text,
        authority_id -> Text,
        agreement_id -> Text,
        due_id -> Text,
        kind -> Text,
        step -> BigInt,
        title -> Text,
        reason -> Text,
        proposed_at -> Timestamp,
        proposed_by -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamp>,
        taken_at -> Nullable<Timestamp>,
        taken_by -> Nullable<Text>,
        taken_reason -> Nullable<Text>,
    }
}
