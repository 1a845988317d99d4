//! Tables of the investments room.

diesel::table! {
    investments (id) {
        id -> Text,
        authority_id -> Text,
        fund_id -> Text,
        agreement_id -> Text,
        part -> BigInt,
        organisation_id -> Text,
        mission_id -> Text,
        reference -> Text,
        title -> Text,
        state -> Text,
        amount -> BigInt,
        terms -> Text,
        schedule_version -> BigInt,
        opened_at -> Timestamp,
        closed_on -> Nullable<Date>,
    }
}

diesel::table! {
    investment_precedents (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        tranche -> BigInt,
        position -> BigInt,
        text -> Text,
        due_on -> Nullable<Date>,
        evidence -> Nullable<Text>,
        verified_by -> Nullable<Text>,
        verified_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    investment_drawdowns (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        tranche -> BigInt,
        amount -> BigInt,
        pay_on -> Date,
        state -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    investment_schedules (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        version -> BigInt,
        effective_on -> Date,
        terms -> Text,
        schedule -> Text,
        reason -> Text,
        made_at -> Timestamp,
    }
}

diesel::table! {
    investment_entries (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        kind -> Text,
        reverses_id -> Nullable<Text>,
        booked_on -> Date,
        amount -> BigInt,
        instalment -> Nullable<BigInt>,
        allocation -> Text,
        note -> Text,
        reference -> Nullable<Text>,
        made_by -> Nullable<Text>,
        made_at -> Timestamp,
    }
}

diesel::table! {
    investment_valuations (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        valued_on -> Date,
        value -> BigInt,
        method -> Text,
        reason -> Text,
        state -> Text,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    investment_facts (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        kind -> Text,
        about_on -> Date,
        body -> Text,
        source -> Text,
        by_enterprise -> Bool,
        made_by -> Nullable<Text>,
        made_at -> Timestamp,
    }
}

diesel::table! {
    investment_restructurings (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        from_on -> Date,
        asked -> Text,
        reason -> Text,
        state -> Text,
        agreed -> Nullable<Text>,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
        decline_reason -> Nullable<Text>,
    }
}

diesel::table! {
    investment_cancellations (id) {
        id -> Text,
        authority_id -> Text,
        investment_id -> Text,
        reason -> Text,
        state -> Text,
        decline_reason -> Nullable<Text>,
        proposed_by -> Text,
        proposed_at -> Timestamp,
        decided_by -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}
