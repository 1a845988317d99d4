//! Rates of return and present values.

use super::reading::{self, date_option, is_json, pounds_option, rows};
use super::shown::{Table, View, schema};
use super::{Said, refused};
use crate::finance::discount::{self, DiscountTable};
use crate::finance::explain;
use crate::finance::irr::{self, Closing, Flow, Xirr, working, xnpv};
use crate::values::decimals::{shown_decimal, shown_percent};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Places of a rate for people.
const PERCENT_PLACES: u32 = 6;

/// Dated flows as JSON.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DatedFlows {
    /// In any order; negative when the fund pays.
    flows: Vec<Flow>,
    /// What is held at the end. A value of 0 states that nothing is left.
    #[serde(default)]
    closing: Option<Closing>,
}

/// Amounts at equal distances as JSON.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Amounts {
    /// The first at period 0.
    amounts: Vec<Pence>,
}

/// The JSON Schema of the file of `finance xirr`.
pub fn xirr_schema() -> Said {
    schema::<DatedFlows>()
}

/// The JSON Schema of the file of `finance irr`.
pub fn irr_schema() -> Said {
    schema::<Amounts>()
}

/// `finance xirr FILE [--nav POUNDS --on DATE]`: the rate of return of dated flows.
///
/// Amounts are pounds, negative when paid out. A closing value needs its date, and no flow may be later than it.
///
/// # Errors
/// One sentence with the row (the header is row 1) of the first thing that cannot be read.
pub fn xirr(text: &str, closing: Option<(&str, &str)>, view: View) -> Said {
    let asked = match closing {
        Some((nav, on)) => pounds_option("--nav", Some(nav))?
            .zip(date_option("--on", Some(on))?)
            .map(|(value, date)| Closing { date, value }),
        None => None,
    };
    let (flows, closing) = if is_json(text) {
        let file: DatedFlows = reading::json(text, "file of flows")?;
        if asked.is_some() && file.closing.is_some() {
            return Err("The file has a closing value already; leave out --nav and --on.".to_owned());
        }
        let flows: Vec<(u64, Flow)> = (1..).zip(file.flows).collect();
        (Some(flows), asked.or(file.closing))
    } else {
        (reading::flows(text)?, asked)
    };
    let Some(flows) = flows else { return show_rate(&[], None, &Xirr::NotFinite, view) };
    if let Some(closing) = closing
        && let Some((row, flow)) = flows.iter().find(|(_, flow)| flow.date > closing.date)
    {
        return Err(format!("Row {row}: {} is after the closing value on {}.", flow.date, closing.date));
    }
    let flows: Vec<Flow> = flows.into_iter().map(|(_, flow)| flow).collect();
    show_rate(&flows, closing, &irr::xirr(&flows, closing), view)
}

fn show_rate(flows: &[Flow], closing: Option<Closing>, found: &Xirr, view: View) -> Said {
    let tables = || vec![rate_table("Rate of return a year", found)];
    view.show(found, tables, || explain::rates::dated_rate(flows, closing, found))
}

fn rate_table(title: &str, found: &Xirr) -> Table {
    let row = |what: &str, rate: Decimal| vec![what.to_owned(), shown_percent(rate, PERCENT_PLACES)];
    let mut rows = match found {
        Xirr::Rate { rate, .. } => vec![row("Rate", *rate)],
        Xirr::NotUnique { roots } => roots.iter().map(|root| row("A rate that fits", *root)).collect(),
        Xirr::Unresolved { near } => vec![row("Near", *near)],
        _ => Vec::new(),
    };
    rows.extend(found.sentence().map(|why| vec!["Remark".to_owned(), why.to_owned()]));
    Table::new(title, &["", "Result"], rows)
}

/// `finance irr FILE`: the rate of return for one period of amounts at equal distances.
///
/// # Errors
/// One sentence: what cannot be read, or too many periods.
pub fn irr(text: &str, view: View) -> Said {
    let amounts = amounts(text)?;
    let found = irr::irr(&amounts).map_err(refused)?;
    let tables = || vec![rate_table("Rate of return a period", &found)];
    view.show(&found, tables, || explain::rates::periodic_rate(&amounts, &found))
}

fn amounts(text: &str) -> Result<Vec<Pence>, String> {
    if is_json(text) {
        return Ok(reading::json::<Amounts>(text, "file of amounts")?.amounts);
    }
    rows(text, &["amount"], &["period"], |row| row.pounds("amount"))
}

/// How `finance npv` discounts, as the command line says.
pub struct Discount<'a> {
    /// A rate.
    pub rate: Option<Decimal>,
    /// A table of the Green Book.
    pub green_book: Option<&'a str>,
    /// The day that chooses the table.
    pub on: Option<LocalDate>,
}

/// Flows or amounts with their rate as JSON.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Valued {
    /// Yearly rate for flows, the rate for one period for amounts, as a fraction; may be given by --rate instead.
    #[serde(default)]
    rate: Option<Decimal>,
    /// Dated flows; give these or amounts.
    #[serde(default)]
    flows: Vec<Flow>,
    /// Amounts at equal distances, the first at period 0.
    #[serde(default)]
    amounts: Vec<Pence>,
}

/// The JSON Schema of the file of `finance npv`.
pub fn npv_schema() -> Said {
    schema::<Valued>()
}

#[derive(Serialize)]
struct Discounted {
    /// To the penny.
    present_value: Pence,
    /// Of flows: the first day, to which they are discounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<LocalDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
}

/// `finance npv FILE --rate R`, or `--green-book TABLE --on DATE` for yearly amounts.
///
/// # Errors
/// One sentence: what cannot be read, no rate, or figures too large.
pub fn npv(text: &str, asked: &Discount, view: View) -> Said {
    let dated =
        !is_json(text) && text.lines().next().is_some_and(|header| header.to_ascii_lowercase().contains("date"));
    let file = if is_json(text) {
        reading::json(text, "file of amounts")?
    } else if dated {
        let flows = reading::flows(text)?.ok_or("Every amount must be a finite number.")?;
        Valued { rate: None, flows: flows.into_iter().map(|(_, flow)| flow).collect(), amounts: Vec::new() }
    } else {
        Valued { rate: None, flows: Vec::new(), amounts: amounts(text)? }
    };
    if file.flows.is_empty() == file.amounts.is_empty() {
        return Err("Enter flows with dates, or amounts at equal distances, and not both.".to_owned());
    }
    if let Some(name) = asked.green_book {
        return by_green_book(&file, name, asked.on, view);
    }
    let rate = asked.rate.or(file.rate).ok_or("Enter the rate with --rate, such as 0.035.")?;
    let pounds = if file.flows.is_empty() {
        irr::npv(rate, &file.amounts).map_err(refused)?
    } else {
        xnpv(rate, &file.flows).ok_or("The rate is −100% or less, or the figures are too large. (finance/too-large)")?
    };
    let present_value = Pence::round_pounds(pounds).map_err(|error| format!("{error}."))?;
    let on = file.flows.iter().map(|flow| flow.date).min();
    let found = Discounted { present_value, on, rate: Some(rate), table: None, source: None };
    let tables = || vec![value_table(&file, rate, present_value)];
    view.show(&found, tables, || {
        let mut lines = if file.flows.is_empty() {
            explain::rates::periodic_value(&file.amounts, rate)
        } else {
            let mut flows = file.flows.clone();
            flows.sort_by_key(|flow| flow.date);
            explain::rates::dated_value(&flows, rate)
        };
        lines.push(explain::Line::new("To the penny", "", present_value.to_string()));
        lines
    })
}

fn value_table(file: &Valued, rate: Decimal, sum: Pence) -> Table {
    let mut rows: Vec<Vec<String>> = match working(&file.flows, None, rate) {
        Some(found) if !file.flows.is_empty() => found
            .lines
            .iter()
            .map(|l| vec![l.date.to_string(), l.amount.to_string(), pounds(l.present_value)])
            .collect(),
        _ => explain::rates::periodic_value(&file.amounts, rate)
            .iter()
            .zip(&file.amounts)
            .map(|(line, amount)| vec![line.what.clone(), amount.to_string(), line.result.clone()])
            .collect(),
    };
    rows.push(vec!["Net present value".to_owned(), String::new(), sum.to_string()]);
    Table::new(format!("At a rate of {rate}"), &["", "Amount", "Present value"], rows)
}

fn pounds(value: Decimal) -> String {
    let sign = if value < Decimal::ZERO { "−" } else { "" };
    format!("{sign}£{}", shown_decimal(round_half_up(value.abs(), 8)))
}

fn by_green_book(file: &Valued, name: &str, on: Option<LocalDate>, view: View) -> Said {
    let tables: &'static [DiscountTable] = match name {
        "standard" => discount::STANDARD,
        "health" => discount::HEALTH,
        _ => return Err(format!("--green-book “{name}” is neither standard nor health.")),
    };
    let on = on.ok_or("Give the day of the appraisal with --on.")?;
    let table = discount::in_force(tables, on).ok_or(format!("No table of the Green Book is known for {on}."))?;
    if !file.flows.is_empty() {
        return Err("Green Book rates are for yearly amounts, year 0 first.".to_owned());
    }
    let found = discount::present_value(table, &file.amounts, Decimal::ZERO).map_err(refused)?;
    let result =
        Discounted { present_value: found, on: None, rate: None, table: Some(table.name), source: Some(table.source) };
    let lines = || explain::rates::by_table(table, &file.amounts, found);
    let shown = || {
        let row = |line: &explain::Line| vec![line.what.clone(), line.working.clone(), line.result.clone()];
        vec![Table::new(table.name, &["", "Amount and factor", "Present value"], lines().iter().skip(1).map(row))]
    };
    view.show(&result, shown, lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const EXAMPLE: &str =
        "date,amount\n2008-01-01,-10000\n2008-03-01,2750\n2008-10-30,4250\n2009-02-15,3250\n2009-04-01,2750\n";

    fn xirr(text: &str, nav: Option<&str>, on: Option<&str>) -> Result<Value, String> {
        let said = super::xirr(text, nav.zip(on), View::Json)?;
        Ok(serde_json::from_str(&said).unwrap())
    }

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
        assert!(
            error("date,amount\n2025-01-01,-100\n2025-02-30,5\n")
                .starts_with("Row 3, date: “2025-02-30” is not a date")
        );
        assert_eq!(
            error("date,amount\n2025-01-01,-1.005\n"),
            "Row 2, amount “-1.005”: Enter pounds with at most two decimal places."
        );
        assert!(error("date,amount\n2025-01-01,-10,000\n").starts_with("Row 2: give date, amount and nothing else"));
        assert!(error("date,amount\n2025-01-01\n").starts_with("Row 2"));
        assert!(xirr(EXAMPLE, Some("5"), Some("2009-01-01")).unwrap_err().starts_with("Row 5: 2009-02-15 is after"));
        assert!(xirr(EXAMPLE, Some("five"), Some("2010-01-01")).unwrap_err().contains("five"));
    }
}
