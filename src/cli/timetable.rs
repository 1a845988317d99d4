//! `commonweal timetable …`: periods of the Procurement Act by date, without a database.

use crate::law::{self, Circumstances};
use crate::values::time::parse_date;
use crate::values::{LocalDate, RefusalInfo};
use serde::Serialize;
use serde_json::Value;

fn read(date: &str) -> Result<LocalDate, String> {
    parse_date(date).map_err(|error| format!("“{date}” is not a date. {error}."))
}

fn written<T: Serialize>(answer: T) -> Result<Value, String> {
    serde_json::to_value(answer).map_err(|error| format!("The answer could not be written: {error}."))
}

/// The standstill after a contract award notice: `first_day`, `last_day`, `earliest_signing`, `holidays`.
///
/// # Errors
/// One sentence: not a date, or a date whose bank holidays are not known.
pub fn standstill(date: &str) -> Result<Value, String> {
    written(law::standstill(read(date)?).map_err(|unknown| unknown.sentence())?)
}

/// The shortest tendering period after a notice: `days`, `earliest_deadline`, `reason`, `reference`.
///
/// # Errors
/// One sentence: not a date, or a date before the Act commenced.
pub fn tender_period(published: &str, circumstances: &Circumstances) -> Result<Value, String> {
    written(law::tendering_period(read(published)?, circumstances).map_err(|unknown| unknown.sentence())?)
}

/// The shortest period for requests to participate, in the same form.
///
/// # Errors
/// One sentence: not a date, or a date before the Act commenced.
pub fn participation_period(published: &str, circumstances: &Circumstances) -> Result<Value, String> {
    written(law::participation_period(read(published)?, circumstances).map_err(|unknown| unknown.sentence())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_officer_asks_when_the_contract_may_be_signed() {
        assert_eq!(
            standstill("2026-12-07").unwrap(),
            json!({
                "first_day": "2026-12-07", "last_day": "2026-12-16", "earliest_signing": "2026-12-17", "holidays": []
            })
        );
        let christmas = standstill("2026-12-23").unwrap();
        assert_eq!(
            christmas["holidays"][0],
            json!({
                "date": "2026-12-25", "name": "Christmas Day",
                "parts": ["england_wales", "scotland", "northern_ireland"]
            })
        );
    }

    #[test]
    fn an_officer_asks_for_the_earliest_deadline() {
        let usual = Circumstances { electronic_submission: true, documents_with_notice: true, ..Default::default() };
        let period = tender_period("2027-02-01", &usual).unwrap();
        assert_eq!((&period["days"], &period["earliest_deadline"]), (&json!(25), &json!("2027-02-26")));
        assert_eq!(period["reference"], "Procurement Act 2023 s.54");
        assert_eq!(participation_period("2027-02-01", &usual).unwrap()["days"], 25);
    }

    #[test]
    fn bad_input_is_one_clear_sentence() {
        let sentence = standstill("tomorrow").unwrap_err();
        assert_eq!(sentence, "“tomorrow” is not a date. Enter a date as day, month and year, like 15/1/2027.");
        assert!(standstill("2030-01-07").unwrap_err().contains("bank holidays for 2030"));
        assert!(tender_period("2020-01-01", &Circumstances::default()).unwrap_err().starts_with("Unknown"));
    }
}
