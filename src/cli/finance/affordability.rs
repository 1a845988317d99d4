//! Whether an enterprise can carry a loan.

use super::reading::{self, is_json, rows};
use super::shown::{Table, View, schema as schema_of};
use super::{Said, refused};
use crate::finance::affordability::{
    self as engine, Affordability, CashMonth, STRESSES, Stress, largest_loan, stressed,
};
use crate::finance::explain::{self, Line};
use crate::finance::loan::{Facility, replay};
use crate::finance::refusal::{FinanceRefusal, Worked};
use crate::finance::schedule::Tranche;
use crate::values::{LocalDate, Pence, Share};
use chrono::Datelike;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cash-flow sheet and, for the largest loan, how it would be repaid.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SheetFile {
    /// Cash at the start.
    opening_cash: Pence,
    /// Month by month.
    sheet: Vec<CashMonth>,
    /// The loan asked for; its debt service is in the sheet already.
    #[serde(default)]
    largest: Option<Largest>,
}

/// How the largest loan is found.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Largest {
    /// The terms; the first drawing is scaled, others must not be there.
    facility: Facility,
    /// Any day of the first month of the sheet.
    first_month: LocalDate,
    /// The least cover of any twelve months.
    least_cover: Decimal,
    /// Steps of the amount.
    step: Pence,
    /// The most that is tried.
    most: Pence,
    /// What part of the revenue may be lost besides.
    #[serde(default)]
    revenue_lost: Share,
}

/// The JSON Schema of the file of `finance affordability`.
pub fn schema() -> Said {
    schema_of::<SheetFile>()
}

#[derive(Serialize)]
struct Answer {
    sheet: Affordability,
    stresses: Vec<Stressed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    largest_loan: Option<Pence>,
}

#[derive(Serialize)]
struct Stressed {
    stress: Stress,
    cover: Option<Decimal>,
    least_cover: Option<Decimal>,
    lowest: Pence,
    runway: Option<usize>,
    #[serde(skip)]
    found: Affordability,
}

const COLUMNS: [&str; 3] = ["revenue", "variable_costs", "fixed_costs"];
const DEBT_COLUMNS: [&str; 3] = ["month", "other_debt", "service"];

/// `finance affordability FILE [--opening-cash POUNDS]`.
///
/// # Errors
/// One sentence: what cannot be read, or why nothing can be worked out.
pub fn affordability(text: &str, opening_cash: Option<Pence>, view: View) -> Said {
    let file = if is_json(text) {
        if opening_cash.is_some() {
            return Err("The file says its opening cash; leave out --opening-cash.".to_owned());
        }
        reading::json(text, "cash-flow sheet")?
    } else {
        let sheet = rows(text, &COLUMNS, &DEBT_COLUMNS, |row| {
            Ok(CashMonth {
                revenue: row.pounds("revenue")?,
                variable_costs: row.pounds("variable_costs")?,
                fixed_costs: row.pounds("fixed_costs")?,
                other_debt: row.pounds_if_any("other_debt")?.unwrap_or_default(),
                service: row.pounds_if_any("service")?.unwrap_or_default(),
            })
        })?;
        let opening_cash = opening_cash.ok_or("Enter the cash at the start with --opening-cash.")?;
        SheetFile { opening_cash, sheet, largest: None }
    };
    let found = engine::affordability(&file.sheet, file.opening_cash).map_err(refused)?;
    let mut stresses = Vec::with_capacity(STRESSES.len());
    for stress in STRESSES {
        let worse = stressed(&file.sheet, stress).map_err(refused)?;
        let found = engine::affordability(&worse, file.opening_cash).map_err(refused)?;
        stresses.push(Stressed {
            stress,
            cover: found.cover,
            least_cover: found.least_cover,
            lowest: found.lowest,
            runway: found.runway,
            found,
        });
    }
    let largest_loan = file.largest.as_ref().map(|largest| most(largest, &file)).transpose()?;
    let answer = Answer { sheet: found, stresses, largest_loan };
    view.show(&answer, || tables(&file, &answer), || lines(&file, &answer))
}

fn most(largest: &Largest, file: &SheetFile) -> Result<Pence, String> {
    let [draw] = largest.facility.draws.as_slice() else {
        return Err("Enter one drawing: its amount is what is looked for.".to_owned());
    };
    let month = |day: LocalDate| i64::from(day.year()) * 12 + i64::from(day.month0());
    let first = month(largest.first_month);
    let service = |amount: Pence| -> Worked<Vec<Pence>> {
        let mut months = vec![Pence::ZERO; file.sheet.len()];
        if amount.is_zero() {
            return Ok(months);
        }
        let facility = Facility { draws: vec![Tranche { amount, ..*draw }], ..largest.facility.clone() };
        let loan = replay(&facility, &[]).map_err(|_| {
            FinanceRefusal::Contradiction("The loan asked for has no schedule; see finance schedule for the reason.")
        })?;
        for row in loan.loans.iter().flatten() {
            let place = usize::try_from(month(row.due) - first).ok().and_then(|place| months.get_mut(place));
            if let Some(due) = place {
                *due = due.checked_add(row.payment).ok_or(FinanceRefusal::TooLarge)?;
            }
        }
        Ok(months)
    };
    let lost = largest.revenue_lost.get();
    let stress = (!lost.is_zero()).then_some(Stress { less: lost, late: 0 });
    let (least, step, top) = (largest.least_cover, largest.step, largest.most);
    largest_loan(&file.sheet, file.opening_cash, least, stress, step, top, &service).map_err(refused)
}

fn tables(file: &SheetFile, answer: &Answer) -> Vec<Table> {
    let months = file.sheet.iter().zip(&answer.sheet.balance).enumerate().map(|(number, (m, cash))| {
        let mut row = vec![(number + 1).to_string()];
        let amounts = [m.revenue, m.variable_costs, m.fixed_costs, m.other_debt, m.service, *cash];
        row.extend(amounts.map(|amount| amount.to_string()));
        row
    });
    let heads = ["Month", "Revenue", "Variable costs", "Fixed costs", "Other debt", "Service", "Cash"];
    let cover = |cover: Option<Decimal>| {
        cover.map_or_else(|| "no debt service".to_owned(), |c| c.to_string().replace('-', "−"))
    };
    let row = |name: String, found: &Affordability| {
        let runway = found.runway.map_or_else(|| "holds".to_owned(), |months| months.to_string());
        vec![name, cover(found.cover), cover(found.least_cover), found.lowest.to_string(), runway]
    };
    let mut courses = vec![row("As planned".to_owned(), &answer.sheet)];
    for stressed in &answer.stresses {
        courses.push(row(explain::affordability::stressed(&stressed.stress, &stressed.found).what, &stressed.found));
    }
    let courses = Table::new("Cover", &["Course", "Cover", "Least cover", "Lowest cash", "Months of cash"], courses);
    let mut tables = vec![Table::new("Cash-flow sheet", &heads, months), courses];
    if let Some(largest) = answer.largest_loan {
        tables.push(Table::new(
            "Largest loan",
            &["", "Amount"],
            [vec!["Keeps the cover".to_owned(), largest.to_string()]],
        ));
    }
    tables
}

fn lines(file: &SheetFile, answer: &Answer) -> Vec<Line> {
    let mut lines = explain::affordability::affordability(&file.sheet, file.opening_cash, &answer.sheet);
    lines.extend(answer.stresses.iter().map(|s| explain::affordability::stressed(&s.stress, &s.found)));
    if let Some((largest, amount)) = file.largest.as_ref().zip(answer.largest_loan) {
        let working = format!("the most whole steps of {} that keep a cover of {}", largest.step, largest.least_cover);
        lines.push(Line::new("Largest loan", working, amount.to_string()));
    }
    lines
}
