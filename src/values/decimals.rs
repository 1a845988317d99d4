//! Exact decimals with a name: a rate cannot be passed for a weight.

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Rounds half away from zero: 0.125 → 0.13, −0.125 → −0.13. The house rule unless a model says otherwise.
#[must_use]
pub fn round_half_up(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// Rounds half to the even neighbour: 0.125 → 0.12. Where the published model says so.
#[must_use]
pub fn round_half_even(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// Puts commas between thousands of a string of digits.
#[must_use]
pub fn group_thousands(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A decimal that is not one, or not in its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not a plain decimal number.
    #[error("Enter a number, like 12 or 12.5")]
    NotANumber,
    /// A share or weight outside what it may be.
    #[error("The number is outside its range")]
    OutOfRange,
}

macro_rules! named_decimal {
    ($(#[doc = $doc:literal])+ $name:ident, $check:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Decimal", into = "Decimal")]
        pub struct $name(Decimal);

        impl $name {
            /// Checks the range.
            ///
            /// # Errors
            /// [`DecimalError::OutOfRange`].
            pub fn new(value: Decimal) -> Result<Self, DecimalError> {
                let holds: fn(Decimal) -> bool = $check;
                if holds(value) { Ok(Self(value)) } else { Err(DecimalError::OutOfRange) }
            }

            /// The number itself, with the scale it was given.
            #[must_use]
            pub fn get(self) -> Decimal {
                self.0
            }
        }

        impl TryFrom<Decimal> for $name {
            type Error = DecimalError;
            fn try_from(value: Decimal) -> Result<Self, DecimalError> {
                Self::new(value)
            }
        }

        impl From<$name> for Decimal {
            fn from(value: $name) -> Decimal {
                value.0
            }
        }

        impl FromStr for $name {
            type Err = DecimalError;
            fn from_str(text: &str) -> Result<Self, DecimalError> {
                Self::new(parse_decimal(text)?)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut schema = Decimal::json_schema(generator);
                schema.insert("description".to_owned(), concat!($($doc),+).trim().into());
                schema
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// Reads what people type for a number: `1,250.5`, `−3`, `12 %` is refused, `1e9` is refused.
///
/// # Errors
/// [`DecimalError::NotANumber`].
pub fn parse_decimal(text: &str) -> Result<Decimal, DecimalError> {
    let plain = plain_number(text).ok_or(DecimalError::NotANumber)?;
    Decimal::from_str_exact(&plain).map_err(|_| DecimalError::NotANumber)
}

/// A typed number as digits with at most one point: `1,250.5` and `1 250.5` become `1250.5`. Commas and spaces may only
/// stand between thousands, all of them alike: `12,50` means twelve and a half to some and is nobody's 1250.
pub(super) fn plain_number(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, unsigned) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text),
    };
    let (whole, part) = match unsigned.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (unsigned, None),
    };
    let only_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let whole = if only_digits(whole) {
        whole.to_owned()
    } else {
        let separator = whole.chars().find(|c| matches!(c, ',' | ' ' | '\u{a0}' | '\u{202f}'))?;
        let mut groups = whole.split(separator);
        let first = groups.next()?;
        if !(1..=3).contains(&first.len()) || !only_digits(first) {
            return None;
        }
        groups.try_fold(first.to_owned(), |digits, group| {
            (group.len() == 3 && only_digits(group)).then(|| digits + group)
        })?
    };
    if whole.is_empty() && part.is_none_or(str::is_empty) || !part.is_none_or(only_digits) {
        return None;
    }
    let whole = if whole.is_empty() { "0" } else { &whole };
    Some(match part {
        Some(part) if !part.is_empty() => format!("{sign}{whole}.{part}"),
        _ => format!("{sign}{whole}"),
    })
}

named_decimal!(
    /// A yearly rate as a fraction: 0.05 is 5 % a year.
    Rate, |v| v > Decimal::NEGATIVE_ONE && v <= Decimal::ONE_HUNDRED
);
named_decimal!(
    /// A part of a whole, 0 to 1.
    Share, |v| v >= Decimal::ZERO && v <= Decimal::ONE
);
named_decimal!(
    /// A weight in a criteria tree, more than 0 and at most 100.
    Weight, |v| v > Decimal::ZERO && v <= Decimal::ONE_HUNDRED
);
named_decimal!(
    /// A score or a subtotal of scores, never negative.
    Score, |v| v >= Decimal::ZERO
);
named_decimal!(
    /// How much of a measure: people, meals, tonnes, hours. May be negative for a change.
    Quantity, |_| true
);

impl Quantity {
    /// With thousands separators and without trailing zeros, for people.
    #[must_use]
    pub fn shown(self) -> String {
        shown_decimal(self.0)
    }

    /// With its unit, for people: `60%`, `1 person`, `1,200 homes`.
    #[must_use]
    pub fn of(self, unit: &str) -> String {
        shown_with_unit(self.0, unit)
    }
}

/// A figure with the unit that somebody named in the plural: `60%`, `1 person`, `1 account a year`, `1,200 homes`.
#[must_use]
pub fn shown_with_unit(value: Decimal, unit: &str) -> String {
    let figure = shown_decimal(value);
    if unit.starts_with('%') {
        return format!("{figure}{unit}");
    }
    if value != Decimal::ONE {
        return format!("{figure} {unit}");
    }
    let (first, rest) = unit.split_once(' ').map_or((unit, String::new()), |(first, rest)| (first, format!(" {rest}")));
    let one = match first {
        "people" => "person".to_owned(),
        _ => match first.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None if first.ends_with("ss") => first.to_owned(),
            None => first.strip_suffix('s').unwrap_or(first).to_owned(),
        },
    };
    format!("{figure} {one}{rest}")
}

/// A count with its word, given in the plural: `1 day`, `2 days`, `1 person`, `1,200 people`.
#[must_use]
pub fn counted(count: impl Into<Decimal>, many: &str) -> String {
    shown_with_unit(count.into(), many)
}

/// As [`counted`], with what one does and what more of them do: `1 supplier has`, `2 suppliers have`.
#[must_use]
pub fn counted_with(count: impl Into<Decimal>, many: &str, one_does: &str, more_do: &str) -> String {
    let count = count.into();
    let verb = if count == Decimal::ONE { one_does } else { more_do };
    format!("{} {verb}", counted(count, many))
}

/// How many of what was just named are something: `one is`, `3 are`.
#[must_use]
pub fn so_many_are(count: impl Into<Decimal>) -> String {
    let count = count.into();
    if count == Decimal::ONE { "one is".to_owned() } else { format!("{} are", shown_decimal(count)) }
}

/// A decimal with thousands separators, a true minus sign and no trailing zeros.
#[must_use]
pub fn shown_decimal(value: Decimal) -> String {
    let text = value.abs().normalize().to_string();
    let (whole, part) = text.split_once('.').map_or((text.as_str(), None), |(w, p)| (w, Some(p)));
    let sign = if value < Decimal::ZERO { "−" } else { "" };
    match part {
        Some(part) => format!("{sign}{}.{part}", group_thousands(whole)),
        None => format!("{sign}{}", group_thousands(whole)),
    }
}

/// A fraction as a percentage with the given places: 0.0375 → `3.8%`.
#[must_use]
pub fn shown_percent(fraction: Decimal, places: u32) -> String {
    let mut value = round_half_up(fraction * Decimal::ONE_HUNDRED, places);
    value.rescale(places);
    let sign = if value < Decimal::ZERO { "−" } else { "" };
    format!("{sign}{}%", value.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_figure_and_its_unit_read_as_people_say_them() {
        let said = |value, unit| shown_with_unit(value, unit);
        assert_eq!(said(dec!(60), "%"), "60%");
        assert_eq!(said(dec!(1), "people"), "1 person");
        assert_eq!(said(dec!(1), "accounts a year"), "1 account a year");
        assert_eq!(said(dec!(1), "companies"), "1 company");
        assert_eq!(said(dec!(1200), "homes"), "1,200 homes");
        assert_eq!(said(dec!(0), "people"), "0 people");
    }

    #[test]
    fn one_is_told_from_more_and_none_counts_as_more() {
        let days: Vec<String> = [0_i64, 1, 2, 1_200].into_iter().map(|n| counted(n, "days")).collect();
        assert_eq!(days, ["0 days", "1 day", "2 days", "1,200 days"]);
        let have: Vec<String> =
            [0_usize, 1, 2].into_iter().map(|n| counted_with(n, "suppliers", "has", "have")).collect();
        assert_eq!(have, ["0 suppliers have", "1 supplier has", "2 suppliers have"]);
        assert_eq!([1, 3].map(so_many_are), ["one is", "3 are"]);
    }

    #[test]
    fn halves_are_rounded_by_the_rule_that_is_named() {
        assert_eq!(round_half_up(dec!(0.125), 2), dec!(0.13));
        assert_eq!(round_half_up(dec!(-0.125), 2), dec!(-0.13));
        assert_eq!(round_half_even(dec!(0.125), 2), dec!(0.12));
    }

    #[test]
    fn a_share_above_one_or_a_weight_of_nothing_is_refused() {
        assert_eq!("1.01".parse::<Share>(), Err(DecimalError::OutOfRange));
        assert_eq!("0".parse::<Weight>(), Err(DecimalError::OutOfRange));
        assert_eq!("1e3".parse::<Quantity>(), Err(DecimalError::NotANumber));
        assert_eq!("NaN".parse::<Quantity>(), Err(DecimalError::NotANumber));
    }

    #[test]
    fn numbers_are_shown_with_separators() {
        assert_eq!(shown_decimal(dec!(1234567.50)), "1,234,567.5");
        assert_eq!(shown_percent(dec!(0.0375), 1), "3.8%");
        assert_eq!(shown_percent(dec!(-0.5), 0), "−50%");
    }

    #[test]
    fn commas_stand_between_thousands_and_nowhere_else() {
        assert_eq!(parse_decimal("1,234,567.8").unwrap().to_string(), "1234567.8");
        assert_eq!(parse_decimal("−3").unwrap().to_string(), "-3");
        for wrong in ["12,50", "1,2,3", "12%", "1e9", "", ".", "-", "1,000,00"] {
            assert_eq!(parse_decimal(wrong), Err(DecimalError::NotANumber), "{wrong}");
        }
    }
}
