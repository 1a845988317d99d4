//! Parsing at the edge: text from a form or JSON becomes value types, or a list of field errors.

use super::plain_text::{has_control, visible};
use super::time::{is_twice, parse_date, parse_time};
use super::{Instant, LocalDate, Pence};
use rust_decimal::Decimal;
use serde::Serialize;
use std::str::FromStr;

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The form field or JSON member, such as `amount` or `criteria[2].weight`.
    pub field: String,
    /// A plain sentence that says what to do.
    pub message: String,
}

/// Everything wrong with a form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// A single error.
    #[must_use]
    pub fn one(field: &str, message: impl Into<String>) -> Self {
        FieldErrors(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// Adds an error.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// The message at a field, when it has one.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|e| e.field == field).map(|e| e.message.as_str())
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Collects field errors while a form is read, so that a person sees all of them at once.
///
/// ```
/// use commonweal::values::{Parser, Pence};
/// let mut form = Parser::default();
/// let amount: Option<Pence> = form.pence("amount", "twenty", "Enter how much you need, in pounds");
/// assert!(amount.is_none());
/// assert_eq!(form.finish().unwrap_err().at("amount"), Some("Enter an amount in pounds, like 20,000 or 20,000.50"));
/// ```
#[derive(Debug, Default)]
pub struct Parser {
    errors: FieldErrors,
}

impl Parser {
    /// Ends the reading: all well, or every error.
    ///
    /// # Errors
    /// What was collected.
    pub fn finish(self) -> Result<(), FieldErrors> {
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// Adds an error of the caller's own.
    pub fn wrong(&mut self, field: &str, message: impl Into<String>) {
        self.errors.add(field, message);
    }

    /// Requires something to hold.
    pub fn check(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.errors.add(field, message);
        }
    }

    /// Text that must be there, trimmed, without invisible characters, at most `most` characters.
    pub fn text(&mut self, field: &str, value: &str, most: usize, missing: &str) -> String {
        let value = self.seen(field, value, most);
        if value.is_empty() {
            self.errors.add(field, missing);
        }
        value
    }

    /// Text that may be left out, trimmed, without invisible characters, at most `most` characters.
    pub fn optional_text(&mut self, field: &str, value: &str, most: usize) -> Option<String> {
        let value = self.seen(field, value, most);
        (!value.is_empty()).then_some(value)
    }

    fn seen(&mut self, field: &str, value: &str, most: usize) -> String {
        let value = visible(value);
        if has_control(&value) {
            self.errors.add(field, "Take out the control characters. Type the text again instead of pasting it");
        } else if value.chars().count() > most {
            self.errors.add(field, format!("Use {most} characters or fewer"));
        }
        value
    }

    /// Anything that has its own reading and its own error sentence. Empty text gives `missing`.
    pub fn value<T>(&mut self, field: &str, value: &str, missing: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        if value.trim().is_empty() {
            self.errors.add(field, missing);
            return None;
        }
        match value.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.add(field, sentence(&error.to_string()));
                None
            }
        }
    }

    /// As [`Parser::value`], but empty text is no error.
    pub fn optional<T>(&mut self, field: &str, value: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        if value.trim().is_empty() { None } else { self.value(field, value, "") }
    }

    /// An amount of pounds.
    pub fn pence(&mut self, field: &str, value: &str, missing: &str) -> Option<Pence> {
        self.value(field, value, missing)
    }

    /// A plain decimal number.
    pub fn decimal(&mut self, field: &str, value: &str, missing: &str) -> Option<Decimal> {
        if value.trim().is_empty() {
            self.errors.add(field, missing);
            return None;
        }
        super::decimals::parse_decimal(value).map_err(|e| self.errors.add(field, e.to_string())).ok()
    }

    /// A calendar date.
    pub fn date(&mut self, field: &str, value: &str, missing: &str) -> Option<LocalDate> {
        if value.trim().is_empty() {
            self.errors.add(field, missing);
            return None;
        }
        parse_date(value).map_err(|e| self.errors.add(field, e.to_string())).ok()
    }

    /// A calendar date that may be left out.
    pub fn optional_date(&mut self, field: &str, value: &str) -> Option<LocalDate> {
        if value.trim().is_empty() { None } else { self.date(field, value, "") }
    }

    /// A date and a London time from two fields (`deadline_date`, `deadline_time` for the prefix `deadline`).
    /// A full RFC 3339 instant in the date field is taken too, for programs.
    pub fn instant(&mut self, prefix: &str, date: &str, time: &str, missing: &str) -> Option<Instant> {
        if let Ok(instant) = date.parse::<Instant>() {
            return Some(instant);
        }
        let (date_field, time_field) = (format!("{prefix}_date"), format!("{prefix}_time"));
        let day = self.date(&date_field, date, missing)?;
        let time = if time.trim().is_empty() {
            self.errors.add(&time_field, "Enter a time, like 12:00");
            return None;
        } else {
            parse_time(time).map_err(|e| self.errors.add(&time_field, e.to_string())).ok()?
        };
        if is_twice(day, time) {
            self.errors.add(
                &time_field,
                "The clocks go back over this time, so it comes twice that day. Choose a time before 1am or from 2am",
            );
            return None;
        }
        Instant::from_london(day, time).map_err(|e| self.errors.add(&time_field, e.to_string())).ok()
    }

    /// A tick box: `yes`, `on`, `true` are ticked.
    #[must_use]
    pub fn ticked(value: &str) -> bool {
        matches!(value.trim(), "yes" | "on" | "true" | "1")
    }
}

fn sentence(text: &str) -> String {
    // What the standard library says of a whole number is for programmers.
    if text.contains("digit found in string") || text.contains("fit in target type") {
        return "Enter a whole number, like 12".to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_what_nobody_sees_and_a_control_character_is_refused() {
        let mut form = Parser::default();
        assert_eq!(form.text("name", "Ada\u{202e}\u{200b} ", 10, "Enter a name"), "Ada");
        assert_eq!(form.text("other", "\u{200b}\u{feff}", 10, "Enter a name"), "");
        form.text("third", "A\u{0}da", 10, "Enter a name");
        let errors = form.finish().unwrap_err();
        assert_eq!((errors.at("name"), errors.at("other")), (None, Some("Enter a name")));
        assert!(errors.at("third").unwrap().contains("control characters"));
    }

    #[test]
    fn a_time_that_comes_twice_when_the_clocks_go_back_is_refused_with_the_reason() {
        let mut form = Parser::default();
        assert!(form.instant("deadline", "31/10/2027", "1:30am", "Enter a date").is_none());
        assert!(form.instant("opening", "31/10/2027", "2am", "Enter a date").is_some());
        assert!(form.finish().unwrap_err().at("deadline_time").unwrap().contains("comes twice"));
    }
}
