//! Money in whole pence.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// An amount of sterling in whole pence, negative when money is owed or paid out.
///
/// Never a float, and never a bare integer in a signature. In JSON and forms it is a decimal
/// string of pounds such as `"20000.00"`; in the database a `BIGINT` of pence.
///
/// ```
/// use commonweal::values::Pence;
/// let price: Pence = "£1,086,000.50".parse().unwrap();
/// assert_eq!(price, Pence(108_600_050));
/// assert_eq!(price.to_string(), "£1,086,000.50");
/// assert_eq!(Pence(2_000_000).to_string(), "£20,000");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pence(pub i64);

/// An amount that could not be read or held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not an amount of pounds.
    #[error("Enter an amount in pounds, like 20,000 or 20,000.50")]
    NotAnAmount,
    /// More than two decimal places were given.
    #[error("Enter pounds with at most two decimal places")]
    TooPrecise,
    /// The amount does not fit.
    #[error("The amount is too large")]
    Overflow,
}

impl Pence {
    /// No money.
    pub const ZERO: Pence = Pence(0);

    /// From a Decimal of pounds that has at most two places.
    ///
    /// # Errors
    /// [`MoneyError::TooPrecise`] when a fraction of a penny would be lost, [`MoneyError::Overflow`].
    pub fn from_pounds_exact(pounds: Decimal) -> Result<Self, MoneyError> {
        let pence = pounds.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::Overflow)?;
        if !pence.fract().is_zero() {
            return Err(MoneyError::TooPrecise);
        }
        pence.to_i64().map(Pence).ok_or(MoneyError::Overflow)
    }

    /// From a Decimal of pence, half away from zero to the penny (the house rule of rounding).
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn round_pence(pence: Decimal) -> Result<Self, MoneyError> {
        super::round_half_up(pence, 0).to_i64().map(Pence).ok_or(MoneyError::Overflow)
    }

    /// From a Decimal of pounds, half away from zero to the penny.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn round_pounds(pounds: Decimal) -> Result<Self, MoneyError> {
        Self::round_pence(pounds.checked_mul(Decimal::ONE_HUNDRED).ok_or(MoneyError::Overflow)?)
    }

    /// The amount in pounds, always with two places (`20000.00`).
    #[must_use]
    pub fn pounds(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// The amount as a Decimal of pence.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::from(self.0)
    }

    /// Sum, or `None` when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Pence) -> Option<Pence> {
        self.0.checked_add(other.0).map(Pence)
    }

    /// Difference, or `None` when it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Pence) -> Option<Pence> {
        self.0.checked_sub(other.0).map(Pence)
    }

    /// The sum of many amounts, gathered in 128 bits.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the total does not fit 64 bits.
    pub fn total(amounts: impl IntoIterator<Item = Pence>) -> Result<Pence, MoneyError> {
        let sum: i128 = amounts.into_iter().map(|p| i128::from(p.0)).sum();
        i64::try_from(sum).map(Pence).map_err(|_| MoneyError::Overflow)
    }

    /// Whether there is no money.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Pounds and pence without sign, symbol or separators, for inputs and files (`20000.00`).
    #[must_use]
    pub fn plain(self) -> String {
        self.pounds().to_string()
    }

    /// As shown on pages, always with its pence (`£20,000.00`), for columns whose figures stand under each other.
    #[must_use]
    pub fn with_pence(self) -> String {
        if self.0 % 100 == 0 { format!("{self}.00") } else { self.to_string() }
    }

    /// A large amount once in words, as "£1.2 million"; smaller ones as usual.
    #[must_use]
    pub fn in_words(self) -> String {
        let pounds = self.pounds().abs();
        let sign = if self.0 < 0 { "−" } else { "" };
        let (unit, name) = if pounds >= Decimal::from(1_000_000_000) {
            (Decimal::from(1_000_000_000), "billion")
        } else if pounds >= Decimal::from(1_000_000) {
            (Decimal::from(1_000_000), "million")
        } else {
            return self.to_string();
        };
        let figure = super::round_half_up(pounds / unit, 2).normalize().to_string();
        let (whole, rest) = match figure.split_once('.') {
            Some((whole, rest)) => (whole, format!(".{rest}")),
            None => (figure.as_str(), String::new()),
        };
        format!("{sign}£{}{rest} {name}", super::decimals::group_thousands(whole))
    }
}

impl fmt::Display for Pence {
    /// `£1,234` when whole pounds, `£1,234.50` otherwise, with a true minus sign.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "−" } else { "" };
        let pounds = super::decimals::group_thousands(&(magnitude / 100).to_string());
        match magnitude % 100 {
            0 => write!(f, "{sign}£{pounds}"),
            pence => write!(f, "{sign}£{pounds}.{pence:02}"),
        }
    }
}

impl FromStr for Pence {
    type Err = MoneyError;

    /// Reads what people type: `20000`, `£20,000.50`, `20 000`, `-5`, `−£5`. Commas stand between thousands only.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let (sign, unsigned) = match text.strip_prefix(['-', '−']) {
            Some(rest) => ("-", rest.trim_start()),
            None => ("", text),
        };
        let amount = unsigned.strip_prefix('£').unwrap_or(unsigned).trim_start();
        let plain = super::decimals::plain_number(&format!("{sign}{amount}")).ok_or(MoneyError::NotAnAmount)?;
        let pounds = Decimal::from_str_exact(&plain).map_err(|_| MoneyError::Overflow)?;
        Self::from_pounds_exact(pounds)
    }
}

impl Sum for Pence {
    /// Saturates; use [`Pence::total`] where an overflow must be told.
    fn sum<I: Iterator<Item = Pence>>(iter: I) -> Pence {
        iter.fold(Pence::ZERO, |a, b| Pence(a.0.saturating_add(b.0)))
    }
}

impl std::ops::Add for Pence {
    type Output = Pence;
    /// Saturates at the ends of the range (£92 quadrillion); use `checked_add` on outside input.
    fn add(self, other: Pence) -> Pence {
        Pence(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Pence {
    type Output = Pence;
    /// Saturates, as addition does.
    fn sub(self, other: Pence) -> Pence {
        Pence(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Neg for Pence {
    type Output = Pence;
    fn neg(self) -> Pence {
        Pence(self.0.saturating_neg())
    }
}

impl Serialize for Pence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.plain())
    }
}

impl<'de> Deserialize<'de> for Pence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Pence {
    fn schema_name() -> Cow<'static, str> {
        "Pence".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Pounds with at most two places, negative for money paid out or owed.",
            "type": "string",
            "pattern": "^-?[0-9]+(\\.[0-9]{1,2})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same_amount(pence in any::<i64>()) {
            let amount = Pence(pence);
            prop_assert_eq!(amount.to_string().parse::<Pence>().unwrap(), amount);
            prop_assert_eq!(amount.plain().parse::<Pence>().unwrap(), amount);
        }
    }

    #[test]
    fn amounts_that_are_not_money_are_refused_and_say_why() {
        assert_eq!("twenty".parse::<Pence>(), Err(MoneyError::NotAnAmount));
        assert_eq!("".parse::<Pence>(), Err(MoneyError::NotAnAmount));
        assert_eq!("1.2.3".parse::<Pence>(), Err(MoneyError::NotAnAmount));
        for wrong in ["12,50", "1,2,3", "1,23,456", ",500", "500,", "1,234 567", "1 2 3", "5£", "--5", "£"] {
            assert_eq!(wrong.parse::<Pence>(), Err(MoneyError::NotAnAmount), "{wrong}");
        }
        for (typed, pence) in [("£1,250.50", 125_050), ("1 250", 125_000), ("−£5", -500), ("£ 12", 1_200), (".5", 50)]
        {
            assert_eq!(typed.parse::<Pence>(), Ok(Pence(pence)), "{typed}");
        }
        assert_eq!("1e9".parse::<Pence>(), Err(MoneyError::NotAnAmount));
        assert_eq!("1.005".parse::<Pence>(), Err(MoneyError::TooPrecise));
        assert_eq!("99999999999999999999".parse::<Pence>(), Err(MoneyError::Overflow));
        assert_eq!("-0.01".parse::<Pence>(), Ok(Pence(-1)));
    }

    #[test]
    fn a_total_past_sixty_four_bits_is_an_error_not_a_wrapped_number() {
        assert_eq!(Pence::total([Pence(i64::MAX), Pence(1)]), Err(MoneyError::Overflow));
        assert_eq!(Pence::total([Pence(i64::MAX), Pence(1), Pence(-1)]), Ok(Pence(i64::MAX)));
    }

    #[test]
    fn large_amounts_are_put_in_words_once() {
        assert_eq!(Pence(120_000_000).in_words(), "£1.2 million");
        assert_eq!(Pence(3_000_000_000).in_words(), "£30 million");
        assert_eq!(Pence(100_000_000_000_000).in_words(), "£1,000 billion");
        assert_eq!(Pence(99_999).in_words(), "£999.99");
    }
}
