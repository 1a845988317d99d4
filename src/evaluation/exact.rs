//! Decimals in files: plain strings such as `"12.50"`, never JSON numbers, so that no digit is lost on the way.

use rust_decimal::Decimal;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer};

fn read<E: serde::de::Error>(text: &str) -> Result<Decimal, E> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) {
        return Err(E::custom(format!("“{text}” is not a decimal written as digits, like \"12.50\"")));
    }
    Decimal::from_str_exact(text).map_err(|_| E::custom(format!("“{text}” has more digits than can be kept")))
}

/// Writes a decimal as a string with its scale.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Reads a decimal from a string of digits, and from nothing else.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    read(&String::deserialize(deserializer)?)
}

/// A decimal that may be absent.
pub mod option {
    use super::{Decimal, Deserialize, Deserializer, Serializer, read};

    /// Writes the decimal as a string, or null.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a string of digits, or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| read(&text)).transpose()
    }
}

/// The JSON Schema of a decimal string.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })
}

/// The JSON Schema of a decimal string that may be null.
pub fn optional_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "pattern": "^-?[0-9]+(\\.[0-9]+)?$" })
}
