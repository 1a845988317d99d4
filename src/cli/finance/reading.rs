//! How the finance commands read: JSON, CSV by the names of its columns, and options.

use crate::finance::Flow;
use crate::values::decimals::parse_decimal;
use crate::values::time::parse_date;
use crate::values::{LocalDate, Pence};
use csv::StringRecord;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;

/// Whether a text is JSON: its first sign is an opening brace. Everything else is CSV.
pub fn is_json(text: &str) -> bool {
    without_mark(text).trim_start().starts_with('{')
}

/// Reads JSON; the sentence names the field and the line.
pub fn json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, String> {
    serde_json::from_str(without_mark(text)).map_err(|error| format!("The {what} cannot be read: {error}."))
}

/// A byte order mark is no part of the text.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// One row of a CSV.
pub struct Row<'a> {
    /// Its line in the file; the header is line 1.
    pub number: u64,
    columns: &'a [String],
    record: &'a StringRecord,
}

impl Row<'_> {
    /// The text of a column, `None` when it is empty or the file does not have the column.
    pub fn text(&self, column: &str) -> Option<&str> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.record.get(place).filter(|text| !text.is_empty())
    }

    /// The text of a column that must be there.
    pub fn needed(&self, column: &str) -> Result<&str, String> {
        self.text(column).ok_or_else(|| format!("Row {}: enter the {column}.", self.number))
    }

    /// A date.
    pub fn date(&self, column: &str) -> Result<LocalDate, String> {
        let text = self.needed(column)?;
        parse_date(text).map_err(|_| self.wrong(column, text, "is not a date like 2027-01-15"))
    }

    /// An amount of pounds.
    pub fn pounds(&self, column: &str) -> Result<Pence, String> {
        let text = self.needed(column)?;
        text.parse().map_err(|error| format!("Row {}, {column} “{text}”: {error}.", self.number))
    }

    /// An amount of pounds that may be left out.
    pub fn pounds_if_any(&self, column: &str) -> Result<Option<Pence>, String> {
        self.text(column).map(|_| self.pounds(column)).transpose()
    }

    /// A number.
    pub fn decimal(&self, column: &str) -> Result<Decimal, String> {
        let text = self.needed(column)?;
        parse_decimal(text).map_err(|_| self.wrong(column, text, "is not a number like 12 or 12.5"))
    }

    /// One of the words of an enum.
    pub fn word<T: DeserializeOwned>(&self, column: &str) -> Result<T, String> {
        let text = self.needed(column)?;
        serde_json::from_value(text.into()).map_err(|error| format!("Row {}, {column}: {error}.", self.number))
    }

    /// Whether an amount says that it is not a finite number.
    pub fn not_finite(&self, column: &str) -> bool {
        self.text(column).is_some_and(|text| {
            let word = text.trim_start_matches(['-', '+', '−']).to_ascii_lowercase();
            matches!(word.as_str(), "nan" | "inf" | "infinity")
        })
    }

    fn wrong(&self, column: &str, text: &str, why: &str) -> String {
        format!("Row {}, {column}: “{text}” {why}.", self.number)
    }
}

/// Reads a CSV by the names of its columns, in any order: the needed ones must be there, others may be.
pub fn rows<T>(
    text: &str,
    needed: &[&str],
    others: &[&str],
    mut read: impl FnMut(&Row) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let not_csv = |_| "The file is not a CSV file in UTF-8.".to_owned();
    let text = without_mark(text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().map_err(not_csv)?.iter().map(str::to_ascii_lowercase).collect();
    let known = |name: &String| needed.iter().chain(others).any(|known| known == name);
    if needed.iter().any(|name| !columns.iter().any(|column| column == name)) || !columns.iter().all(known) {
        let may = if others.is_empty() { String::new() } else { format!(", which may also have {}", others.join(",")) };
        return Err(format!("The first row must be the header “{}”{may}.", needed.join(",")));
    }
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(not_csv)?;
        let number = record.position().map_or(0, csv::Position::line);
        if record.len() != columns.len() {
            return Err(format!(
                "Row {number}: give {} and nothing else; an amount with thousands commas needs quotes.",
                columns.join(", ")
            ));
        }
        found.push(read(&Row { number, columns: &columns, record: &record })?);
    }
    Ok(found)
}

/// Dated flows with their rows; `None` when an amount says that it is not a finite number.
pub fn flows(text: &str) -> Result<Option<Vec<(u64, Flow)>>, String> {
    let found = rows(text, &["date", "amount"], &[], |row| {
        let date = row.date("date")?;
        if row.not_finite("amount") {
            return Ok(None);
        }
        Ok(Some((row.number, Flow { date, amount: row.pounds("amount")? })))
    })?;
    Ok(found.into_iter().collect())
}

/// A decimal of the command line.
pub fn decimal_option(name: &str, text: Option<&str>) -> Result<Option<Decimal>, String> {
    let read = |text: &str| parse_decimal(text).map_err(|_| format!("{name} “{text}” is not a number like 0.09."));
    text.map(read).transpose()
}

/// A date of the command line.
pub fn date_option(name: &str, text: Option<&str>) -> Result<Option<LocalDate>, String> {
    let read = |text: &str| parse_date(text).map_err(|_| format!("{name} “{text}” is not a date like 2027-01-15."));
    text.map(read).transpose()
}

/// An amount of pounds of the command line.
pub fn pounds_option(name: &str, text: Option<&str>) -> Result<Option<Pence>, String> {
    let read = |text: &str| text.parse().map_err(|error| format!("{name} “{text}”: {error}."));
    text.map(read).transpose()
}
