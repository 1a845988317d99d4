//! Tables of the calls room.

diesel::table! {
    calls (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        kind -> Text,
        reference -> Text,
        title -> Text,
        summary -> Text,
        stage -> Text,
        version -> BigInt,
        terms -> Text,
        terms_hash -> Nullable<Text>,
        amount -> BigInt,
        deadline_at -> Nullable<Timestamp>,
        published_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        created_by -> Text,
        withdrawn_reason -> Nullable<Text>,
        lot_heading -> Nullable<Text>,
    }
}

diesel::table! {
    call_versions (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        version -> BigInt,
        terms -> Text,
        terms_hash -> Text,
        reason -> Text,
        deadline_reason -> Nullable<Text>,
        warnings -> Text,
        frozen_at -> Timestamp,
        frozen_by -> Text,
        acknowledgement_id -> Nullable<Text>,
    }
}

diesel::table! {
    call_acknowledgements (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        model_hash -> Text,
        expected_price -> BigInt,
        seed -> BigInt,
        fields -> BigInt,
        bids -> BigInt,
        warnings -> Text,
        acknowledged_at -> Timestamp,
        acknowledged_by -> Text,
    }
}

diesel::table! {
    call_notices (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        kind -> Text,
        number -> Text,
        published_at -> Timestamp,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    call_questions (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        question -> Text,
        asked_at -> Timestamp,
        asked_by -> Text,
        answer -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
    }
}

diesel::table! {
    call_keys (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        part -> Text,
        recipient -> Text,
        wrapped -> Text,
    }
}
