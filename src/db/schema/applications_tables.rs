//! Tables of the applications room.

diesel::table! {
    applications (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        organisation_id -> Text,
        state -> Text,
        call_version -> BigInt,
        reference -> Nullable<Text>,
        draft -> Nullable<Text>,
        draft_recipient -> Nullable<Text>,
        draft_wrapped -> Nullable<Text>,
        saved_at -> Timestamp,
        submitted_at -> Nullable<Timestamp>,
        opened_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        created_by -> Text,
        letter -> Nullable<Text>,
    }
}

diesel::table! {
    envelopes (id) {
        id -> Text,
        authority_id -> Text,
        application_id -> Text,
        part -> Text,
        ciphertext -> Text,
        sha256 -> Text,
        sealed_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        receipt_id -> Nullable<Text>,
    }
}

diesel::table! {
    receipts (id) {
        id -> Text,
        authority_id -> Text,
        application_id -> Text,
        reference -> Text,
        received_at -> Timestamp,
        quality_sha256 -> Text,
        price_sha256 -> Text,
        audit_hash -> Text,
        call_version -> BigInt,
    }
}

diesel::table! {
    openings (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        part -> Text,
        first_by -> Text,
        first_at -> Timestamp,
        second_by -> Nullable<Text>,
        second_at -> Nullable<Timestamp>,
        report -> Nullable<Text>,
    }
}

diesel::table! {
    opened_parts (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        part -> Text,
        content -> Text,
        opened_at -> Timestamp,
    }
}

diesel::table! {
    quality_final (call_id) {
        call_id -> Text,
        authority_id -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    draft_readings (id) {
        id -> Text,
        authority_id -> Text,
        application_id -> Text,
        account_id -> Text,
        day -> Date,
    }
}
