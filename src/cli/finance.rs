//! `commonweal finance …`: text in, JSON or one clear sentence out. Reads no file and no clock.

use crate::finance::schedule::{LoanTerms, build};
use crate::finance::{Closing, Flow, Xirr, xirr as rate_of_return};
use crate::values::time::parse_date;
use crate::values::{LocalDate, Pence};
use serde_json::Value;

/// `finance xirr FILE.csv [--nav POUNDS --on DATE]`: the rate of return of a CSV with the header `date,amount`.
///
/// Amounts are pounds, negative when paid out. A closing value needs its date, and no flow may be later than it.
///
/// # Errors
/// One sentence with the row (the header is row 1) of the first thing that cannot be read.
pub fn xirr(csv_text: &str, nav: Option<&str>, on: Option<&str>) -> Result<Value, String> {
    let closing = match (nav, on) {
        (None, None) => None,
        (Some(_), None) => return Err("--nav needs --on: give the date of the closing value.".to_owned()),
        (None, Some(_)) => return Err("--on needs --nav: give the closing value on that date.".to_owned()),
        (Some(nav), Some(on)) => {
            let date = parse_date(on).map_err(|_| format!("--on “{on}” is not a date like 2027-01-15."))?;
            let value = nav.parse().map_err(|e| format!("--nav “{nav}”: {e}."))?;
            Some(Closing { date, value })
        }
    };
    let Some(flows) = flows(csv_text)? else { return json(&Xirr::NotFinite) };
    if let Some(closing) = closing
        && let Some((row, flow)) = flows.iter().find(|(_, flow)| flow.date > closing.date)
    {
        return Err(format!("Row {row}: {} is after the closing value on {}.", flow.date, closing.date));
    }
    let flows: Vec<Flow> = flows.into_iter().map(|(_, flow)| flow).collect();
    json(&rate_of_return(&flows, closing))
}

/// The rows of the CSV with their numbers; `None` when an amount says that it is not a finite number.
fn flows(csv_text: &str) -> Result<Option<Vec<(u64, Flow)>>, String> {
    let text = csv_text.strip_prefix('\u{feff}').unwrap_or(csv_text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| "The file is not a CSV file in UTF-8.".to_owned())?;
    let named: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
    if named != ["date", "amount"] {
        return Err("The first row must be the header “date,amount”.".to_owned());
    }
    let mut flows = Vec::new();
    let mut finite = true;
    for record in reader.records() {
        let record = record.map_err(|_| "The file is not a CSV file in UTF-8.".to_owned())?;
        let row = record.position().map_or(0, csv::Position::line);
        let (Some(date), Some(amount), 2) = (record.get(0), record.get(1), record.len()) else {
            return Err(format!(
                "Row {row}: give a date and an amount, and nothing else; an amount with thousands commas needs quotes."
            ));
        };
        let date: LocalDate =
            parse_date(date).map_err(|_| format!("Row {row}: “{date}” is not a date like 2027-01-15."))?;
        if not_finite(amount) {
            finite = false;
            continue;
        }
        let amount: Pence = amount.parse().map_err(|e| format!("Row {row}, “{amount}”: {e}."))?;
        flows.push((row, Flow { date, amount }));
    }
    Ok(finite.then_some(flows))
}

fn not_finite(amount: &str) -> bool {
    let word = amount.trim_start_matches(['-', '+', '−']).to_ascii_lowercase();
    matches!(word.as_str(), "nan" | "inf" | "infinity")
}

/// `finance schedule FILE.json`: the schedule of a loan described as [`LoanTerms`].
///
/// # Errors
/// One sentence: where the JSON cannot be read, or what in the terms must change.
pub fn schedule(json_text: &str) -> Result<Value, String> {
    let text = json_text.strip_prefix('\u{feff}').unwrap_or(json_text);
    let terms: LoanTerms = serde_json::from_str(text).map_err(|error| format!("The loan cannot be read: {error}."))?;
    json(&build(&terms).map_err(|refusal| refusal.to_string())?)
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| format!("The result cannot be written: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EXAMPLE: &str =
        "date,amount\n2008-01-01,-10000\n2008-03-01,2750\n2008-10-30,4250\n2009-02-15,3250\n2009-04-01,2750\n";

    #[test]
    fn a_csv_of_flows_gives_a_certified_rate_as_json() {
        let expected = json!({"status": "rate", "rate": "0.37336253", "annualised_short": false});
        assert_eq!(xirr(EXAMPLE, None, None), Ok(expected.clone()));
        let windows = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n").replace("-10000", "\"-10,000.00\""));
        assert_eq!(xirr(&windows, None, None), Ok(expected));
    }

    #[test]
    fn a_closing_value_is_added_on_its_date_and_zero_is_a_total_loss() {
        let paid = "date,amount\n2024-01-01,-100\n2024-06-01,0\n";
        assert_eq!(xirr(paid, None, None), Ok(json!({"status": "no_sign_change"})));
        assert_eq!(xirr(paid, Some("0"), Some("2026-01-01")), Ok(json!({"status": "total_loss"})));
        let grown = xirr(paid, Some("121"), Some("2025-12-31")).unwrap();
        assert_eq!(grown["rate"], "0.10000000");
    }

    #[test]
    fn every_other_outcome_has_its_word() {
        let status = |rows: &str| xirr(&format!("date,amount\n{rows}"), None, None).unwrap()["status"].clone();
        assert_eq!(status(""), "no_sign_change");
        assert_eq!(status("2025-01-01,-100\n2025-01-01,110"), "too_short");
        assert_eq!(status("2025-01-01,-100\n2025-01-02,700"), "out_of_range");
        assert_eq!(status("2021-01-01,100\n2022-01-01,-200\n2023-01-01,150"), "no_root");
        assert_eq!(status("2021-01-01,-100\n2022-01-01,230\n2023-01-01,-132"), "not_unique");
        assert_eq!(status("2021-01-01,-100\n2022-01-01,220\n2023-01-01,-121"), "unresolved");
        assert_eq!(status("2021-01-01,-100\n2022-01-01,NaN"), "not_finite");
    }

    #[test]
    fn what_cannot_be_read_is_said_in_one_sentence_with_its_row() {
        let error = |text: &str| xirr(text, None, None).unwrap_err();
        assert_eq!(error("when,how much\n"), "The first row must be the header “date,amount”.");
        assert!(error("date,amount\n2025-01-01,-100\n2025-02-30,5\n").starts_with("Row 3: “2025-02-30” is not a date"));
        assert_eq!(
            error("date,amount\n2025-01-01,-1.005\n"),
            "Row 2, “-1.005”: Enter pounds with at most two decimal places."
        );
        assert!(error("date,amount\n2025-01-01,-10,000\n").starts_with("Row 2: give a date and an amount"));
        assert!(error("date,amount\n2025-01-01\n").starts_with("Row 2"));
        assert!(xirr(EXAMPLE, Some("5"), None).unwrap_err().contains("--on"));
        assert!(xirr(EXAMPLE, Some("5"), Some("2009-01-01")).unwrap_err().starts_with("Row 5: 2009-02-15 is after"));
        assert!(xirr(EXAMPLE, Some("five"), Some("2010-01-01")).unwrap_err().contains("five"));
    }

    #[test]
    fn a_loan_described_in_json_gives_its_rows_and_totals() {
        let text = r#"{"tranches": [{"on": "2026-01-01", "amount": "1000.00"}], "rate": "0",
            "repayment": "annuity", "instalments": 4, "interest": "equal_periods"}"#;
        let schedule = schedule(text).unwrap();
        assert_eq!(schedule["rows"].as_array().unwrap().len(), 4);
        assert_eq!(schedule["rows"][3]["payment"], "250.00");
        assert_eq!(schedule["rows"][3]["closing"], "0.00");
        assert_eq!(schedule["totals"]["principal"], "1000.00");
    }

    #[test]
    fn a_loan_that_cannot_be_read_or_planned_says_why() {
        assert!(schedule("{").unwrap_err().starts_with("The loan cannot be read"));
        let none = r#"{"tranches": [], "rate": "0.05", "repayment": "bullet", "instalments": 4}"#;
        assert_eq!(schedule(none).unwrap_err(), "Enter at least one amount to draw, each more than £0.");
        let misspelt = r#"{"tranches": [], "rate": "0.05", "repayment": "bullet", "instalment": 4}"#;
        assert!(schedule(misspelt).unwrap_err().contains("instalment"));
    }
}
