//! Tables of the awards room.

diesel::table! {
    awards (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        organisation_id -> Text,
        mission_id -> Text,
        kind -> Text,
        state -> Text,
        value -> BigInt,
        reasons -> Text,
        terms -> Text,
        recommended_by -> Text,
        recommended_at -> Timestamp,
        approved_by -> Nullable<Text>,
        approved_at -> Nullable<Timestamp>,
        notice_number -> Nullable<Text>,
        notice_published_at -> Nullable<Timestamp>,
        standstill_last_day -> Nullable<Date>,
        earliest_signing -> Nullable<Date>,
        offer_answer_by -> Nullable<Timestamp>,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
        signed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    award_checks (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        kind -> Text,
        subject -> Text,
        outcome -> Text,
        note -> Text,
        checked_at -> Timestamp,
        checked_by -> Text,
    }
}

diesel::table! {
    assessment_summaries (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        organisation_id -> Text,
        body -> Text,
        made_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        sent_by -> Nullable<Text>,
        given_how -> Nullable<Text>,
    }
}

diesel::table! {
    assessment_summary_mails (mail_id) {
        mail_id -> Text,
        authority_id -> Text,
        summary_id -> Text,
    }
}

diesel::table! {
    superseded_summaries (id) {
        id -> Text,
        authority_id -> Text,
        call_id -> Text,
        application_id -> Text,
        award_id -> Text,
        body -> Text,
        made_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        given_how -> Nullable<Text>,
        superseded_at -> Timestamp,
    }
}

diesel::table! {
    award_challenges (id) {
        id -> Text,
        authority_id -> Text,
        award_id -> Text,
        kind -> Text,
        notified_at -> Timestamp,
        note -> Text,
        suspends -> Bool,
        recorded_by -> Text,
        ended_at -> Nullable<Timestamp>,
        ended_note -> Nullable<Text>,
    }
}

diesel::table! {
    committee_votes (id) {
        id -> Text,
        authority_id -> Text,
        award_id -> Text,
        account_id -> Text,
        stance -> Text,
        reason -> Text,
        voted_at -> Timestamp,
    }
}

diesel::table! {
    award_halts (id) {
        id -> Text,
        authority_id -> Text,
        award_id -> Text,
        kind -> Text,
        reason -> Text,
        message -> Nullable<Text>,
        said_at -> Timestamp,
        said_by -> Text,
    }
}
