//! Tables of tenders in two stages.

diesel::table! {
    call_shortlisted (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        organisation_id -> Text,
        invited_at -> Timestamp,
        invited_by -> Text,
    }
}

diesel::table! {
    shortlists (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        ranking_id -> Text,
        dates -> Text,
        outcome -> Text,
        proposed_at -> Timestamp,
        proposed_by -> Text,
        decided_at -> Nullable<Timestamp>,
        decided_by -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}
