//! Loan schedules.

use super::shown::{Table, View, schema as schema_of};
use super::{Said, reading, refused};
use crate::finance::explain;
use crate::finance::loan::{Event, Facility, LoanRow, LoanSchedule, known_on, replay};
use crate::finance::schedule::{LoanTerms, Schedule, build};
use crate::values::{LocalDate, Pence};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A facility with what has happened to it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FacilityFile {
    /// The agreement.
    facility: Facility,
    /// What happened: prepayments, short payments, new rates, rescheduling, holidays, write-offs.
    #[serde(default)]
    events: Vec<Event>,
    /// The schedule as it was known at the end of a day; left out, with everything that happened.
    #[serde(default)]
    known_on: Option<LocalDate>,
}

/// The plain terms of a loan, or a facility with what has happened to it.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(
    dead_code,
    reason = "names the two forms in the schema; each is read by itself, so that errors name the field"
)]
enum LoanFile {
    Plain(LoanTerms),
    Facility(FacilityFile),
}

/// The JSON Schema of the file of `finance schedule`.
pub fn schema() -> Said {
    schema_of::<LoanFile>()
}

/// `finance schedule FILE.json`: the schedule of a loan.
///
/// # Errors
/// One sentence: where the JSON cannot be read, or what in the terms must change.
pub fn schedule(text: &str, view: View) -> Said {
    let file: Value = reading::json(text, "loan")?;
    if file.get("facility").is_some() {
        let file: FacilityFile = reading::json(text, "facility")?;
        let found = match file.known_on {
            Some(day) => known_on(&file.facility, &file.events, day),
            None => replay(&file.facility, &file.events),
        };
        let found = found.map_err(refused)?;
        return view.show(&found, || facility_tables(&found), || explain::loans::schedule(&found));
    }
    let terms: LoanTerms = reading::json(text, "loan")?;
    let found = build(&terms).map_err(refused)?;
    // The plain form explained in full: both give the same rows.
    let full = replay(&Facility::from(&terms), &[]).map_err(refused)?;
    view.show(&found, || vec![plain_table(&found)], || explain::loans::schedule(&full))
}

fn plain_table(found: &Schedule) -> Table {
    let cells = |cells: [Pence; 7]| cells.map(|amount| amount.to_string());
    let mut rows: Vec<Vec<String>> = Vec::with_capacity(found.rows.len() + 1);
    for r in &found.rows {
        let mut row = vec![r.number.to_string(), r.due.to_string()];
        row.extend(cells([r.opening, r.drawn, r.interest, r.capitalised, r.principal, r.payment, r.closing]));
        rows.push(row);
    }
    let t = &found.totals;
    let mut last = vec!["Total".to_owned(), String::new(), String::new()];
    last.extend([t.drawn, t.interest, t.capitalised, t.principal, t.payment].map(|amount| amount.to_string()));
    last.push(String::new());
    rows.push(last);
    let heads = ["No", "Due", "Opening", "Drawn", "Interest", "Added", "Principal", "Payment", "Closing"];
    Table::new("Schedule", &heads, rows)
}

fn facility_tables(found: &LoanSchedule) -> Vec<Table> {
    let heads = [
        "No",
        "Due",
        "Opening",
        "Drawn",
        "Interest",
        "Added",
        "Principal",
        "Prepaid",
        "Fees",
        "Payment",
        "Closing",
        "Owed",
    ];
    let row = |r: &LoanRow| {
        let added = r.capitalised + r.arrears_added + r.fees_added;
        let owed = r.interest_owed + r.overdue;
        let amounts =
            [r.opening, r.drawn, r.accrued, added, r.principal, r.prepaid, r.fees, r.payment, r.closing, owed];
        let mut row = vec![r.number.to_string(), r.due.to_string()];
        row.extend(amounts.map(|amount| amount.to_string()));
        row
    };
    let mut tables: Vec<Table> = found
        .loans
        .iter()
        .enumerate()
        .map(|(index, loan)| {
            let title = if found.loans.len() > 1 { format!("Tranche {}", index + 1) } else { "Schedule".to_owned() };
            Table::new(title, &heads, loan.iter().map(row))
        })
        .collect();
    let t = &found.totals;
    let totals = [
        ("Drawn", t.drawn),
        ("Interest", t.accrued),
        ("Interest added to the balance", t.capitalised),
        ("Arrears added to the balance", t.arrears_added),
        ("Fees added to the balance", t.fees_added),
        ("Interest paid", t.interest_paid),
        ("Principal repaid", t.principal),
        ("Prepaid", t.prepaid),
        ("Written off", t.written_off),
        ("Fees paid", t.fees),
    ];
    let rows = totals.map(|(name, amount)| vec![name.to_owned(), amount.to_string()]);
    tables.push(Table::new("Totals", &["", "Amount"], rows));
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loan_described_in_json_gives_its_rows_and_totals() {
        let text = r#"{"tranches": [{"on": "2026-01-01", "amount": "1000.00"}], "rate": "0",
            "repayment": "annuity", "instalments": 4, "interest": "equal_periods"}"#;
        let schedule: Value = serde_json::from_str(&schedule(text, View::Json).unwrap()).unwrap();
        assert_eq!(schedule["rows"].as_array().unwrap().len(), 4);
        assert_eq!(schedule["rows"][3]["payment"], "250.00");
        assert_eq!(schedule["rows"][3]["closing"], "0.00");
        assert_eq!(schedule["totals"]["principal"], "1000.00");
    }

    #[test]
    fn a_loan_that_cannot_be_read_or_planned_says_why() {
        let refusal = |text: &str| schedule(text, View::Json).unwrap_err();
        assert!(refusal("{").starts_with("The loan cannot be read"));
        let none = r#"{"tranches": [], "rate": "0.05", "repayment": "bullet", "instalments": 4}"#;
        assert_eq!(refusal(none), "Enter at least one amount to draw, each more than £0. (finance/nothing-drawn)");
        let misspelt = r#"{"tranches": [], "rate": "0.05", "repayment": "bullet", "instalment": 4}"#;
        assert!(refusal(misspelt).contains("instalment"));
        let facility = r#"{"facility": {"draws": [], "price": {"kind": "fixed", "rate": "0.05"},
            "plan": {"plan": "bullet"}, "instalments": 4, "period_months": 1, "pause": []}}"#;
        assert!(refusal(facility).contains("pause"));
    }
}
