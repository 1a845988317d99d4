//! How value types are held in columns, the same on both databases.

use super::MultiBackend;
use crate::values::decimals::DecimalError;
use crate::values::{Id, Instant, Pence, Quantity, Rate, Role, Score, Share, Weight};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Nullable, SingleValue, Text, Timestamp};
use diesel::sqlite::Sqlite;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;

/// Lets a type stand in expressions of one SQL type: what diesel's derive writes, for types defined elsewhere.
#[macro_export]
#[doc(hidden)]
macro_rules! sql_value {
    ([$($generic:tt)*] $type:ty, $sql:ty) => {
        impl<$($generic)*> diesel::expression::AsExpression<$sql> for $type {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<$($generic)*> diesel::expression::AsExpression<diesel::sql_types::Nullable<$sql>> for $type {
            type Expression = diesel::internal::derives::as_expression::Bound<diesel::sql_types::Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<'expr, $($generic)*> diesel::expression::AsExpression<$sql> for &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<'expr, $($generic)*> diesel::expression::AsExpression<diesel::sql_types::Nullable<$sql>> for &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<diesel::sql_types::Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<'expr2, 'expr, $($generic)*> diesel::expression::AsExpression<$sql> for &'expr2 &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<'expr2, 'expr, $($generic)*> diesel::expression::AsExpression<diesel::sql_types::Nullable<$sql>> for &'expr2 &'expr $type {
            type Expression = diesel::internal::derives::as_expression::Bound<diesel::sql_types::Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { diesel::internal::derives::as_expression::Bound::new(self) }
        }
        impl<__DB: diesel::backend::Backend, $($generic)*> diesel::serialize::ToSql<diesel::sql_types::Nullable<$sql>, __DB> for $type
        where
            Self: diesel::serialize::ToSql<$sql, __DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, __DB>) -> diesel::serialize::Result {
                diesel::serialize::ToSql::<$sql, __DB>::to_sql(self, out)
            }
        }
        impl<__DB, __ST, $($generic)*> diesel::deserialize::Queryable<__ST, __DB> for $type
        where
            __DB: diesel::backend::Backend,
            __ST: diesel::sql_types::SingleValue,
            Self: diesel::deserialize::FromSql<__ST, __DB>,
        {
            type Row = Self;
            fn build(row: Self) -> diesel::deserialize::Result<Self> { Ok(row) }
        }
    };
}

/// Holds a type in a TEXT column through its `Display` and `FromStr`.
#[macro_export]
macro_rules! text_column {
    (@with [$($generic:tt)*] $type:ty) => {
        $crate::sql_value!([$($generic)*] $type, diesel::sql_types::Text);
        impl<__DB: diesel::backend::Backend, $($generic)*> diesel::deserialize::FromSql<diesel::sql_types::Text, __DB> for $type
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, __DB>,
        {
            fn from_sql(value: __DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                <String as diesel::deserialize::FromSql<diesel::sql_types::Text, __DB>>::from_sql(value)?
                    .parse::<$type>()
                    .map_err(|e| format!("{e}").into())
            }
        }
        impl<$($generic)*> diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $type {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                std::io::Write::write_fmt(out, format_args!("{self}"))?;
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl<$($generic)*> diesel::serialize::ToSql<diesel::sql_types::Text, diesel::sqlite::Sqlite> for $type {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>) -> diesel::serialize::Result {
                out.set_value(self.to_string());
                Ok(diesel::serialize::IsNull::No)
            }
        }
        impl<$($generic)*> diesel::serialize::ToSql<diesel::sql_types::Text, $crate::db::MultiBackend> for $type {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, $crate::db::MultiBackend>) -> diesel::serialize::Result {
                out.set_value((diesel::sql_types::Text, self));
                Ok(diesel::serialize::IsNull::No)
            }
        }
    };
    ($type:ty) => {
        $crate::text_column!(@with [] $type);
    };
}

text_column!(@with [T: 'static] Id<T>);
text_column!(Role);
text_column!(Rate);
text_column!(Share);
text_column!(Weight);
text_column!(Score);
text_column!(Quantity);

sql_value!([] Pence, BigInt);
impl<DB: Backend> ToSql<BigInt, DB> for Pence
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for Pence
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(value).map(Pence)
    }
}

sql_value!([] Instant, Timestamp);
impl ToSql<Timestamp, Pg> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamp, Pg>::to_sql(&self.naive(), &mut out.reborrow())
    }
}
impl ToSql<Timestamp, Sqlite> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(sqlite_text(self.naive()));
        Ok(IsNull::No)
    }
}
impl ToSql<Timestamp, MultiBackend> for Instant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Timestamp, self));
        Ok(IsNull::No)
    }
}
impl FromSql<Timestamp, Pg> for Instant {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value).map(Instant::from_naive)
    }
}
impl FromSql<Timestamp, Sqlite> for Instant {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let mut value = value;
        let text = value.read_text();
        match of_sqlite_text(text.as_bytes()) {
            Some(at) => Ok(Instant::from_naive(at)),
            // Written by hand: SQLite's own functions leave the places of a second out.
            None => Ok(Instant::from_naive(text.parse().or_else(|_| NaiveDateTime::parse_from_str(text, "%F %T%.f"))?)),
        }
    }
}
impl FromSql<Timestamp, MultiBackend> for Instant {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Timestamp>()
    }
}

/// `2026-11-24 09:00:00.000000`: always six places, so that text order is time order. Lists read and write hundreds of
/// them a page, so neither goes through a format that is parsed each time.
fn sqlite_text(at: NaiveDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.nanosecond() / 1000
    )
}

fn of_sqlite_text(text: &[u8]) -> Option<NaiveDateTime> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', hour @ .., b'.', f1, f2, f3, f4, f5, f6] = text else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2] = hour else { return None };
    let date = NaiveDate::from_ymd_opt(
        i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?,
        number(&[*m1, *m2])?,
        number(&[*d1, *d2])?,
    )?;
    let micros = number(&[*f1, *f2, *f3, *f4, *f5, *f6])?;
    date.and_hms_micro_opt(number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?, micros)
}

/// A number of a few digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |all, digit| digit.is_ascii_digit().then(|| all * 10 + u32::from(digit - b'0')))
}

/// A structure held as JSON in a TEXT column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> std::fmt::Display for Json<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| std::fmt::Error)?)
    }
}
impl<T> AsExpression<Text> for Json<T> {
    type Expression = Bound<Text, Self>;
    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}
impl<T> AsExpression<Nullable<Text>> for Json<T> {
    type Expression = Bound<Nullable<Text>, Self>;
    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}
impl<T> AsExpression<Text> for &Json<T> {
    type Expression = Bound<Text, Self>;
    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}
impl<T> AsExpression<Nullable<Text>> for &Json<T> {
    type Expression = Bound<Nullable<Text>, Self>;
    fn as_expression(self) -> Self::Expression {
        Bound::new(self)
    }
}
impl<DB: Backend, T: std::fmt::Debug> ToSql<Nullable<Text>, DB> for Json<T>
where
    Self: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<Text, DB>::to_sql(self, out)
    }
}
impl<DB: Backend, ST: SingleValue, T> Queryable<ST, DB> for Json<T>
where
    Self: FromSql<ST, DB>,
{
    type Row = Self;
    fn build(row: Self) -> deserialize::Result<Self> {
        Ok(row)
    }
}
impl<DB: Backend, T: DeserializeOwned> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Json(serde_json::from_str(&String::from_sql(value)?)?))
    }
}
impl<T: Serialize + std::fmt::Debug> ToSql<Text, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(serde_json::to_string(&self.0)?.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl<T: Serialize + std::fmt::Debug> ToSql<Text, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}
impl<T: Serialize + std::fmt::Debug + Send + Sync + 'static> ToSql<Text, MultiBackend> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}

/// The BIGINT companion of a Decimal that lists must sort by: value × 10⁸, an overflow refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(pub i64);

impl SortKey {
    /// From the Decimal it stands beside.
    ///
    /// # Errors
    /// [`DecimalError::OutOfRange`] beyond ± 92 billion.
    pub fn of(value: Decimal) -> Result<Self, DecimalError> {
        use rust_decimal::prelude::ToPrimitive;
        value
            .checked_mul(Decimal::from(100_000_000))
            .and_then(|v| crate::values::round_half_even(v, 0).to_i64())
            .map(SortKey)
            .ok_or(DecimalError::OutOfRange)
    }
}
sql_value!([] SortKey, BigInt);
impl<DB: Backend> ToSql<BigInt, DB> for SortKey
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}
impl<DB: Backend> FromSql<BigInt, DB> for SortKey
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(value).map(SortKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_instant_in_sqlite_reads_as_it_was_written_and_sorts_as_text(a in 0i64..4_000_000_000_000_000, b in 0i64..4_000_000_000_000_000) {
            let at = |micros: i64| Instant::from_micros(micros).unwrap().naive();
            let (first, second) = (sqlite_text(at(a)), sqlite_text(at(b)));
            prop_assert_eq!(of_sqlite_text(first.as_bytes()), Some(at(a)));
            prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            prop_assert_eq!(first, at(a).format("%F %T%.6f").to_string());
        }
    }

    #[test]
    fn what_is_no_instant_of_ours_is_not_guessed_at() {
        for text in [
            "2026-11-24 09:00:00",
            "2026-13-24 09:00:00.000000",
            "2026-11-24 09:00:00.00000x",
            "2026-11-24T09:00:00.000000",
            "2026-11-24 09:00:00.0000000",
            "2026-11-24 +9:00:00.000000",
        ] {
            assert_eq!(of_sqlite_text(text.as_bytes()), None, "{text}");
        }
    }
}
