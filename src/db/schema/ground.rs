//! Tables of the foundations and of people.

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        until -> Timestamp,
    }
}

diesel::table! {
    accounts (id) {
        id -> Text,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        created_at -> Timestamp,
        disabled_at -> Nullable<Timestamp>,
        locked_until -> Nullable<Timestamp>,
        failures -> BigInt,
    }
}

diesel::table! {
    organisations (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        parent_id -> Nullable<Text>,
        profile -> Text,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
    }
}

diesel::table! {
    members (id) {
        id -> Text,
        account_id -> Text,
        organisation_id -> Text,
        role -> Text,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        account_id -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> Text,
        account_id -> Text,
        name -> Text,
        hash -> Text,
        scope -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        revoked_at -> Nullable<Timestamp>,
        acting_for -> Nullable<Text>,
    }
}

diesel::table! {
    password_resets (hash) {
        hash -> Text,
        account_id -> Text,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    registrations (hash) {
        hash -> Text,
        name -> Text,
        email -> Text,
        password_hash -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        organisation_id -> Text,
        email -> Text,
        role -> Text,
        invited_by -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        accepted_by -> Nullable<Text>,
    }
}

diesel::table! {
    sign_in_attempts (id) {
        id -> Text,
        source -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Text,
        request_hash -> Text,
        status -> Nullable<BigInt>,
        body -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    audit_rows (id) {
        id -> Text,
        authority_id -> Nullable<Text>,
        at -> Timestamp,
        actor -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        facts -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_pending (row_id) {
        row_id -> Text,
    }
}

diesel::table! {
    audit_links (seq) {
        seq -> BigInt,
        row_id -> Text,
        row_hash -> Text,
        head -> Text,
    }
}

diesel::table! {
    audit_checkpoints (seq) {
        seq -> BigInt,
        head -> Text,
        at -> Timestamp,
        signature -> Text,
    }
}

diesel::table! {
    jobs (id) {
        id -> Text,
        kind -> Text,
        payload -> Text,
        due_at -> Timestamp,
        attempts -> BigInt,
        done_at -> Nullable<Timestamp>,
        failed_at -> Nullable<Timestamp>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    mails (id) {
        id -> Text,
        authority_id -> Nullable<Text>,
        recipient -> Text,
        subject -> Text,
        body -> Text,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        failed_at -> Nullable<Timestamp>,
        last_error -> Nullable<Text>,
        left_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    documents (id) {
        id -> Text,
        authority_id -> Text,
        owner_kind -> Text,
        owner_id -> Text,
        sealed -> Bool,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        scan -> Text,
        stored_as -> Text,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
    }
}

diesel::table! {
    ledger_accounts (id) {
        id -> Text,
        authority_id -> Text,
        owner_kind -> Text,
        owner_id -> Text,
        kind -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    ledger_transfers (id) {
        id -> Text,
        authority_id -> Text,
        debit_id -> Text,
        credit_id -> Text,
        amount -> BigInt,
        booked_on -> Date,
        made_at -> Timestamp,
        source_kind -> Text,
        source_id -> Text,
        memo -> Text,
    }
}
