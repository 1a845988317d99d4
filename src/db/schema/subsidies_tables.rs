//! Tables of the subsidies room.

diesel::table! {
    subsidy_routes (id) {
        id -> Text,
        authority_id -> Text,
        application_id -> Text,
        organisation_id -> Text,
        group_key -> Text,
        group_name -> Text,
        kind -> Text,
        state -> Text,
        amount -> BigInt,
        body -> Text,
        started_at -> Timestamp,
        started_by -> Text,
        recorded_at -> Nullable<Timestamp>,
        recorded_by -> Nullable<Text>,
        withdrawn_why -> Nullable<Text>,
    }
}

diesel::table! {
    subsidy_assistance (id) {
        id -> Text,
        authority_id -> Text,
        route_id -> Text,
        group_key -> Text,
        organisation_id -> Text,
        source -> Text,
        from_authority -> Text,
        kind -> Text,
        amount -> BigInt,
        given_on -> Date,
    }
}
