//! Bank holidays of the parts of the United Kingdom.
//!
//! A working day of the Procurement Act is a day that is not a Saturday, a Sunday or a bank holiday in **any** part
//! of the United Kingdom, so the tables of all parts are read together.

use super::dated::{Unknown, day};
use crate::values::LocalDate;
use chrono::{Datelike, Weekday};
use serde::Serialize;

crate::text_enum! {
    /// A part of the United Kingdom with a bank holiday list of its own.
    pub enum Part {
        EnglandWales = "england_wales" => "England and Wales",
        Scotland = "scotland" => "Scotland",
        NorthernIreland = "northern_ireland" => "Northern Ireland",
    }
}

/// One bank holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BankHoliday {
    /// The day itself, a substitute day where the feast falls on a weekend.
    pub date: LocalDate,
    /// Its name.
    pub name: &'static str,
    /// Where it is kept.
    pub parts: &'static [Part],
}

/// Where the table was read.
pub const SOURCE: &str =
    "Banking and Financial Dealings Act 1971 and royal proclamations, as listed at https://www.gov.uk/bank-holidays";
/// First day the table covers.
pub const KNOWN_FROM: LocalDate = day(2025, 1, 1);
/// Last day the table covers.
pub const KNOWN_UNTIL: LocalDate = day(2028, 12, 31);

const ALL: &[Part] = &[Part::EnglandWales, Part::Scotland, Part::NorthernIreland];
const SCOTLAND: &[Part] = &[Part::Scotland];
const IRELAND: &[Part] = &[Part::NorthernIreland];
const NOT_SCOTLAND: &[Part] = &[Part::EnglandWales, Part::NorthernIreland];

const fn on(year: i32, month: u32, date: u32, name: &'static str, parts: &'static [Part]) -> BankHoliday {
    BankHoliday { date: day(year, month, date), name, parts }
}

const NEW_YEAR: &str = "New Year’s Day";
const SECOND_JANUARY: &str = "2 January";
const PATRICK: &str = "St Patrick’s Day";
const GOOD_FRIDAY: &str = "Good Friday";
const EASTER_MONDAY: &str = "Easter Monday";
const EARLY_MAY: &str = "Early May bank holiday";
const SPRING: &str = "Spring bank holiday";
const BOYNE: &str = "Battle of the Boyne (Orangemen’s Day)";
const SUMMER: &str = "Summer bank holiday";
const ANDREW: &str = "St Andrew’s Day";
const CHRISTMAS: &str = "Christmas Day";
const BOXING: &str = "Boxing Day";

/// Every bank holiday that is known, by date.
pub const BANK_HOLIDAYS: &[BankHoliday] = &[
    on(2025, 1, 1, NEW_YEAR, ALL),
    on(2025, 1, 2, SECOND_JANUARY, SCOTLAND),
    on(2025, 3, 17, PATRICK, IRELAND),
    on(2025, 4, 18, GOOD_FRIDAY, ALL),
    on(2025, 4, 21, EASTER_MONDAY, NOT_SCOTLAND),
    on(2025, 5, 5, EARLY_MAY, ALL),
    on(2025, 5, 26, SPRING, ALL),
    on(2025, 7, 14, BOYNE, IRELAND),
    on(2025, 8, 4, SUMMER, SCOTLAND),
    on(2025, 8, 25, SUMMER, NOT_SCOTLAND),
    on(2025, 12, 1, ANDREW, SCOTLAND),
    on(2025, 12, 25, CHRISTMAS, ALL),
    on(2025, 12, 26, BOXING, ALL),
    on(2026, 1, 1, NEW_YEAR, ALL),
    on(2026, 1, 2, SECOND_JANUARY, SCOTLAND),
    on(2026, 3, 17, PATRICK, IRELAND),
    on(2026, 4, 3, GOOD_FRIDAY, ALL),
    on(2026, 4, 6, EASTER_MONDAY, NOT_SCOTLAND),
    on(2026, 5, 4, EARLY_MAY, ALL),
    on(2026, 5, 25, SPRING, ALL),
    on(2026, 6, 15, "World Cup bank holiday", SCOTLAND),
    on(2026, 7, 13, BOYNE, IRELAND),
    on(2026, 8, 3, SUMMER, SCOTLAND),
    on(2026, 8, 31, SUMMER, NOT_SCOTLAND),
    on(2026, 11, 30, ANDREW, SCOTLAND),
    on(2026, 12, 25, CHRISTMAS, ALL),
    on(2026, 12, 28, BOXING, ALL),
    on(2027, 1, 1, NEW_YEAR, ALL),
    on(2027, 1, 4, SECOND_JANUARY, SCOTLAND),
    on(2027, 3, 17, PATRICK, IRELAND),
    on(2027, 3, 26, GOOD_FRIDAY, ALL),
    on(2027, 3, 29, EASTER_MONDAY, NOT_SCOTLAND),
    on(2027, 5, 3, EARLY_MAY, ALL),
    on(2027, 5, 31, SPRING, ALL),
    on(2027, 7, 12, BOYNE, IRELAND),
    on(2027, 8, 2, SUMMER, SCOTLAND),
    on(2027, 8, 30, SUMMER, NOT_SCOTLAND),
    on(2027, 11, 30, ANDREW, SCOTLAND),
    on(2027, 12, 27, CHRISTMAS, ALL),
    on(2027, 12, 28, BOXING, ALL),
    on(2028, 1, 3, NEW_YEAR, ALL),
    on(2028, 1, 4, SECOND_JANUARY, SCOTLAND),
    on(2028, 3, 17, PATRICK, IRELAND),
    on(2028, 4, 14, GOOD_FRIDAY, ALL),
    on(2028, 4, 17, EASTER_MONDAY, NOT_SCOTLAND),
    on(2028, 5, 1, EARLY_MAY, ALL),
    on(2028, 5, 29, SPRING, ALL),
    on(2028, 7, 12, BOYNE, IRELAND),
    on(2028, 8, 7, SUMMER, SCOTLAND),
    on(2028, 8, 28, SUMMER, NOT_SCOTLAND),
    on(2028, 11, 30, ANDREW, SCOTLAND),
    on(2028, 12, 25, CHRISTMAS, ALL),
    on(2028, 12, 26, BOXING, ALL),
];

/// The bank holiday on a day in any part of the United Kingdom, if there is one.
///
/// # Errors
/// [`Unknown`] outside the years that the table covers.
pub fn bank_holiday(date: LocalDate) -> Result<Option<&'static BankHoliday>, Unknown> {
    if date < KNOWN_FROM || date > KNOWN_UNTIL {
        return Err(Unknown::new(format!("the list of bank holidays for {}", date.year())));
    }
    Ok(BANK_HOLIDAYS.binary_search_by_key(&date, |h| h.date).ok().and_then(|i| BANK_HOLIDAYS.get(i)))
}

/// Whether a day is a Saturday or a Sunday.
#[must_use]
pub fn is_weekend(date: LocalDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Whether a day is a working day of the Procurement Act (section 123).
///
/// # Errors
/// [`Unknown`] outside the years that the table covers, weekends included.
pub fn is_working_day(date: LocalDate) -> Result<bool, Unknown> {
    Ok(bank_holiday(date)?.is_none() && !is_weekend(date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_falls_on_weekdays_and_has_no_impossible_day() {
        assert!(BANK_HOLIDAYS.windows(2).all(|pair| pair[0].date < pair[1].date));
        assert!(BANK_HOLIDAYS.iter().all(|h| !is_weekend(h.date) && h.date >= KNOWN_FROM && h.date <= KNOWN_UNTIL));
    }

    #[test]
    fn every_year_has_the_usual_number_of_holidays_in_every_part() {
        for year in 2025..=2028 {
            let count =
                |part: Part| BANK_HOLIDAYS.iter().filter(|h| h.date.year() == year && h.parts.contains(&part)).count();
            assert_eq!(count(Part::EnglandWales), 8, "{year}");
            assert_eq!(count(Part::Scotland), if year == 2026 { 10 } else { 9 }, "{year}");
            assert_eq!(count(Part::NorthernIreland), 10, "{year}");
        }
    }

    #[test]
    fn a_scottish_or_irish_holiday_is_no_working_day_for_an_english_council() {
        assert_eq!(is_working_day(day(2026, 11, 30)), Ok(false));
        assert_eq!(is_working_day(day(2027, 3, 17)), Ok(false));
        assert_eq!(is_working_day(day(2026, 12, 1)), Ok(true));
        assert_eq!(is_working_day(day(2026, 12, 5)), Ok(false));
    }

    #[test]
    fn after_the_last_known_year_the_answer_is_unknown() {
        assert!(is_working_day(day(2029, 1, 2)).unwrap_err().missing.contains("2029"));
        assert!(is_working_day(day(2024, 12, 31)).is_err());
    }
}
