//! Tables of the scoring room.

diesel::table! {
    panel_members (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        account_id -> Text,
        added_at -> Timestamp,
        added_by -> Text,
        declared_at -> Nullable<Timestamp>,
        final_at -> Nullable<Timestamp>,
        replaced_at -> Nullable<Timestamp>,
        replaced_reason -> Nullable<Text>,
        successor_id -> Nullable<Text>,
    }
}

diesel::table! {
    panel_conflicts (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        account_id -> Text,
        application_id -> Text,
        nature -> Text,
        declared_at -> Timestamp,
        outcome -> Text,
        enquiry -> Nullable<Text>,
        resolved_at -> Nullable<Timestamp>,
        resolved_by -> Nullable<Text>,
    }
}

diesel::table! {
    score_drafts (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        account_id -> Text,
        application_id -> Text,
        criterion -> Text,
        level -> Nullable<BigInt>,
        passed -> Nullable<Bool>,
        reason -> Text,
        saved_at -> Timestamp,
    }
}

diesel::table! {
    scores (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        account_id -> Text,
        application_id -> Text,
        criterion -> Text,
        level -> Nullable<BigInt>,
        passed -> Nullable<Bool>,
        reason -> Text,
        final_at -> Timestamp,
    }
}

diesel::table! {
    moderated_scores (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        criterion -> Text,
        level -> Nullable<BigInt>,
        passed -> Nullable<Bool>,
        reason -> Text,
        agreed_at -> Timestamp,
        agreed_by -> Text,
    }
}

diesel::table! {
    moderations (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        closed_at -> Timestamp,
        closed_by -> Text,
    }
}

diesel::table! {
    disregarded_bids (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        ground -> Text,
        reason -> Text,
        decided_at -> Timestamp,
        decided_by -> Text,
    }
}

diesel::table! {
    price_enquiries (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        flags -> Text,
        opened_at -> Timestamp,
        asked_on -> Nullable<Date>,
        answer -> Nullable<Text>,
        outcome -> Text,
        note -> Nullable<Text>,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<Text>,
        question -> Nullable<Text>,
        asked_by -> Nullable<Text>,
        answer_by -> Nullable<Date>,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
    }
}

diesel::table! {
    rankings (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        file -> Text,
        hash -> Text,
        made_at -> Timestamp,
        made_by -> Text,
        signed_at -> Nullable<Timestamp>,
        signed_by -> Nullable<Text>,
    }
}

diesel::table! {
    fallen_bids (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        ground -> Text,
        reason -> Text,
        fell_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    rerankings (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        before_id -> Text,
        after_id -> Text,
        made_at -> Timestamp,
        made_by -> Text,
    }
}

diesel::table! {
    resident_votes (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        criterion -> Text,
        choices -> Text,
        opens_at -> Timestamp,
        closes_at -> Timestamp,
        set_at -> Timestamp,
        set_by -> Text,
        closed_at -> Nullable<Timestamp>,
        tally -> Nullable<Text>,
        ballots_hash -> Nullable<Text>,
    }
}

diesel::table! {
    resident_roll (id) {
        id -> Text,
        authority_id -> Text,
        vote_id -> Text,
        email -> Text,
        token_hash -> Text,
        added_at -> Timestamp,
        added_by -> Text,
        voted -> Bool,
    }
}

diesel::table! {
    resident_ballots (id) {
        id -> Text,
        authority_id -> Text,
        vote_id -> Text,
        ballot -> Text,
    }
}
