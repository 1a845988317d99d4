//! Gross cash equivalents and the running total of minimal financial assistance.

use super::shown::{Table, View, schema as schema_of};
use super::{Said, reading, refused};
use crate::finance::equivalents::{
    Given, mfa_by_group, of_cash, of_equity, of_grant, of_guarantee, of_loan_balances, rate_on, together,
};
use crate::finance::explain::{self, Line};
use crate::finance::instruments::guarantee::Guarantee;
use crate::finance::irr::Flow;
use crate::finance::loan::{Event, Facility, replay};
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::law::subsidy::{Assistance, AssistanceKind, MfaCheck};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An award, the rates of the market, and what the group has had.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AwardFile {
    /// The day of the award.
    awarded_on: LocalDate,
    /// Market rates for that risk, each with its day and source; the latest by the day of the award is taken.
    #[serde(default)]
    market: Vec<SourcedRate>,
    /// Discount rates in the same form.
    #[serde(default)]
    discount: Vec<SourcedRate>,
    /// How many days old a rate may be.
    #[serde(default = "a_year")]
    oldest_days: i64,
    /// What is given.
    instruments: Vec<Named>,
    /// Who gets it.
    enterprise: String,
    /// Who controls whom: an enterprise and the one above it.
    #[serde(default)]
    controlled_by: BTreeMap<String, String>,
    /// What the group has had before.
    #[serde(default)]
    given: Vec<GivenBefore>,
}

const fn a_year() -> i64 {
    366
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// What it is called.
    name: String,
    /// What it is.
    what: Instrument,
}

/// One instrument.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Instrument {
    /// Money that does not come back.
    Grant {
        /// How much.
        amount: Pence,
    },
    /// A loan, by what its balances save against the market rate.
    Loan {
        /// The agreement.
        facility: Box<Facility>,
        /// What is agreed to happen.
        #[serde(default)]
        events: Vec<Event>,
    },
    /// Anything by its cash: a revenue share, a recoverable grant, a convertible, a loan with interest-free years.
    Cash {
        /// Paid out negative.
        flows: Vec<Flow>,
    },
    /// Shares.
    Equity {
        /// What is paid.
        paid: Pence,
        /// What the shares are worth.
        market_value: Pence,
    },
    /// A guarantee.
    Guarantee {
        /// The guarantee.
        terms: Guarantee,
        /// The yearly fee of the market as a fraction.
        market_fee: Decimal,
        /// The first day of each year and the balance guaranteed in it.
        balances: Vec<(LocalDate, Pence)>,
    },
}

/// Assistance given before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GivenBefore {
    /// Who had it.
    enterprise: String,
    /// The day it was given.
    on: LocalDate,
    /// Gross cash amount or equivalent.
    amount: Pence,
    /// Under which heading.
    kind: AssistanceKind,
}

/// The JSON Schema of the file of `finance subsidy`.
pub fn schema() -> Said {
    schema_of::<AwardFile>()
}

#[derive(Serialize)]
struct Subsidy {
    instruments: Vec<Equivalent>,
    /// All equivalents together.
    total: Pence,
    /// The running total of the group; nothing to check when there is no subsidy.
    running_total: Option<MfaCheck>,
}

#[derive(Serialize)]
struct Equivalent {
    name: String,
    #[serde(rename = "gross_cash_equivalent")]
    amount: Pence,
    #[serde(skip)]
    lines: Vec<Line>,
}

/// `finance subsidy FILE.json`.
///
/// # Errors
/// One sentence: what cannot be read, a rate that is missing or too old, or what the law refuses.
pub fn subsidy(text: &str, view: View) -> Said {
    let file: AwardFile = reading::json(text, "award")?;
    let mut instruments = Vec::with_capacity(file.instruments.len());
    for Named { name, what } in &file.instruments {
        let (amount, lines) = equivalent(what, &file)?;
        instruments.push(Equivalent { name: name.clone(), amount, lines });
    }
    let amounts: Vec<Pence> = instruments.iter().map(|i| i.amount).collect();
    let total = together(&amounts).map_err(refused)?;
    let given: Vec<Given> = file
        .given
        .iter()
        .map(|g| Given {
            enterprise: g.enterprise.clone(),
            assistance: Assistance { given: g.on, amount: g.amount, kind: g.kind },
        })
        .collect();
    let check = |new| mfa_by_group(&given, &file.controlled_by, &file.enterprise, new, file.awarded_on);
    let running_total = if total.is_zero() { None } else { Some(check(total).map_err(refused)?) };
    let found = Subsidy { instruments, total, running_total };
    view.show(&found, || tables(&found), || lines(&found, &given, &file))
}

fn equivalent(what: &Instrument, file: &AwardFile) -> Result<(Pence, Vec<Line>), String> {
    let market = || rate_on(&file.market, file.awarded_on, file.oldest_days).map_err(refused);
    let discount = || {
        rate_on(&file.discount, file.awarded_on, file.oldest_days)
            .map_err(|_| "Enter a discount rate observed recently enough. (finance/missing)".to_owned())
    };
    Ok(match what {
        Instrument::Grant { amount } => {
            let found = of_grant(*amount);
            (found, explain::subsidies::of_grant(*amount, found))
        }
        Instrument::Loan { facility, events } => {
            let (market, discount) = (market()?, discount()?);
            let loan = replay(facility, events).map_err(refused)?;
            let (at, by) = (market.rate.get(), discount.rate.get());
            let found = of_loan_balances(&loan, at, by, file.awarded_on).map_err(refused)?;
            let mut lines = vec![
                explain::subsidies::rate("Market rate", market),
                explain::subsidies::rate("Discount rate", discount),
            ];
            lines.extend(explain::subsidies::of_loan(&loan, at, by, file.awarded_on, found));
            (found, lines)
        }
        Instrument::Cash { flows } => {
            let market = market()?;
            let found = of_cash(flows, market.rate.get()).map_err(refused)?;
            let mut lines = vec![explain::subsidies::rate("Market rate", market)];
            lines.extend(explain::subsidies::of_cash(flows, market.rate.get(), found));
            (found, lines)
        }
        Instrument::Equity { paid, market_value } => {
            let found = of_equity(*paid, *market_value);
            (found, explain::subsidies::of_equity(*paid, *market_value, found))
        }
        Instrument::Guarantee { terms, market_fee, balances } => {
            let discount = discount()?;
            let by = discount.rate.get();
            let found = of_guarantee(terms, *market_fee, balances, by).map_err(refused)?;
            let mut lines = vec![explain::subsidies::rate("Discount rate", discount)];
            lines.extend(explain::subsidies::of_guarantee(terms, *market_fee, balances, by, found));
            (found, lines)
        }
    })
}

fn tables(found: &Subsidy) -> Vec<Table> {
    let mut rows: Vec<Vec<String>> =
        found.instruments.iter().map(|i| vec![i.name.clone(), i.amount.to_string()]).collect();
    rows.push(vec!["Together".to_owned(), found.total.to_string()]);
    let mut tables = vec![Table::new("Gross cash equivalents", &["Instrument", "Amount"], rows)];
    if let Some(check) = &found.running_total {
        let rows = [
            ("Cap", check.cap.to_string()),
            ("Days that count", format!("{} to {}", check.window_from, check.window_to)),
            ("Had before", check.used.to_string()),
            ("New", check.new.to_string()),
            ("Within the cap", check.allowed.to_string()),
            ("Needs another route", check.excess.to_string()),
        ];
        let rows = rows.map(|(name, amount)| vec![name.to_owned(), amount]);
        tables.push(Table::new("Minimal financial assistance of the group", &["", "Amount"], rows));
    }
    tables
}

fn lines(found: &Subsidy, given: &[Given], file: &AwardFile) -> Vec<Line> {
    let mut lines = Vec::new();
    for instrument in &found.instruments {
        for line in &instrument.lines {
            lines.push(Line { what: format!("{}: {}", instrument.name, line.what), ..line.clone() });
        }
    }
    let parts: Vec<String> = found.instruments.iter().map(|i| i.amount.to_string()).collect();
    lines.push(Line::new("Gross cash equivalents together", parts.join(" + "), found.total.to_string()));
    match &found.running_total {
        Some(check) => {
            lines.extend(explain::subsidies::running_total(given, &file.controlled_by, &file.enterprise, check));
        }
        None => lines.push(Line::new("Minimal financial assistance", "", "nothing to count: there is no subsidy")),
    }
    lines
}
