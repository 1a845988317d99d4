//! Tables of the agreements room.

diesel::table! {
    agreements (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        call_id -> Text,
        application_id -> Text,
        award_id -> Text,
        organisation_id -> Text,
        kind -> Text,
        state -> Text,
        reference -> Text,
        title -> Text,
        value -> BigInt,
        starts_on -> Date,
        ends_on -> Date,
        terms -> Text,
        signed_at -> Timestamp,
        signed_by -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    obligations (id) {
        id -> Text,
        authority_id -> Text,
        agreement_id -> Text,
        organisation_id -> Text,
        mission_id -> Text,
        condition_id -> Text,
        asked_id -> Text,
        title -> Text,
        measure -> Text,
        unit -> Text,
        direction -> Text,
        baseline -> Text,
        promised -> Text,
        kpi -> Bool,
        terms -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    agreement_changes (id) {
        id -> Text,
        authority_id -> Text,
        agreement_id -> Text,
        kind -> Text,
        reason -> Text,
        old_value -> BigInt,
        new_value -> BigInt,
        old_ends_on -> Date,
        new_ends_on -> Date,
        notice_number -> Nullable<Text>,
        made_at -> Timestamp,
        made_by -> Text,
    }
}
