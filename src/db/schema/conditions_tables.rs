//! Tables of the conditions room.

diesel::table! {
    conditions (id) {
        id -> Text,
        authority_id -> Text,
        mission_id -> Nullable<Text>,
        title -> Text,
        behaviour -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        created_by -> Text,
    }
}

diesel::table! {
    condition_versions (id) {
        id -> Text,
        authority_id -> Text,
        condition_id -> Text,
        version -> BigInt,
        body -> Text,
        depends_on -> Text,
        warnings -> Text,
        reason -> Text,
        made_at -> Timestamp,
        made_by -> Text,
    }
}

diesel::table! {
    condition_exceptions (id) {
        id -> Text,
        authority_id -> Text,
        condition_id -> Text,
        version -> BigInt,
        grounds -> Text,
        recorded_at -> Timestamp,
        recorded_by -> Text,
    }
}

diesel::table! {
    social_value_catalogues (id) {
        id -> Text,
        authority_id -> Text,
        version -> BigInt,
        title -> Text,
        dated -> Date,
        source -> Text,
        hash -> Text,
        measures -> BigInt,
        made_at -> Timestamp,
        made_by -> Text,
    }
}

diesel::table! {
    social_value_measures (id) {
        id -> Text,
        authority_id -> Text,
        catalogue_id -> Text,
        place -> BigInt,
        code -> Text,
        title -> Text,
        unit -> Text,
        words -> Text,
        record -> Text,
        valid_from -> Date,
        valid_until -> Nullable<Date>,
    }
}
