//! Tables of the missions room.

diesel::table! {
    missions (id) {
        id -> Text,
        authority_id -> Text,
        slug -> Text,
        title -> Text,
        statement -> Text,
        summary -> Text,
        answerable -> Text,
        parent_id -> Nullable<Text>,
        status -> Text,
        target_on -> Date,
        budget -> Nullable<BigInt>,
        leaf -> BigInt,
        created_at -> Timestamp,
        created_by -> Text,
        published_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mission_departments (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        department_id -> Text,
    }
}

diesel::table! {
    mission_outcomes (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        title -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    mission_indicators (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        outcome_id -> Text,
        title -> Text,
        unit -> Text,
        direction -> Text,
        baseline -> Text,
        baseline_on -> Date,
        target -> Text,
        target_on -> Date,
        source -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    mission_readings (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        indicator_id -> Text,
        read_on -> Date,
        value -> Text,
        source -> Text,
        supersedes -> Nullable<Text>,
        reason -> Nullable<Text>,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    mission_partners (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Text,
        name -> Text,
        pledge -> Text,
        created_at -> Timestamp,
    }
}
