//! Tables of the funds room.

diesel::table! {
    funds (id) {
        id -> Text,
        authority_id -> Text,
        name -> Text,
        mandate -> Text,
        borrowing_rate -> Nullable<Text>,
        created_at -> Timestamp,
        created_by -> Nullable<Text>,
    }
}

diesel::table! {
    fund_commitments (id) {
        id -> Text,
        authority_id -> Text,
        fund_id -> Text,
        amount -> BigInt,
        committed_on -> Date,
        source -> Text,
        made_by -> Nullable<Text>,
        made_at -> Timestamp,
    }
}
