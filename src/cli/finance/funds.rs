//! Measures of a fund, and the fund against a public index.

use super::reading::{self, Row, is_json, rows};
use super::shown::{Table, View, schema};
use super::{Said, refused};
use crate::finance::explain::{self, Line};
use crate::finance::fund::{
    self, BackerFlow, BackerMeasures, Concentration, Holding, Vintage, backer_measures, concentration, gross_rate,
    vintages,
};
use crate::finance::irr::Xirr;
use crate::finance::measures::{
    self as engine, Figure, FlowKind, MULTIPLE_PLACES, Measures, Nav, Side, TypedFlow, fits, nav_at, pooled_nav,
    rate_of_return,
};
use crate::finance::pme::{Level, PublicEquivalent, direct_alpha, kaplan_schoar, long_nickels, modified_pme, pme_plus};
use crate::finance::refusal::Worked;
use crate::values::decimals::shown_percent;
use crate::values::{LocalDate, Pence, Refusal};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fund's holdings with their flows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FundFile {
    /// The day of the report.
    on: LocalDate,
    /// What the backers have promised.
    #[serde(default)]
    commitment: Option<Pence>,
    /// The holdings.
    holdings: Vec<HoldingFile>,
    /// Costs of the fund itself, each of the kind fund_cost.
    #[serde(default)]
    fund_costs: Vec<TypedFlow>,
    /// What backers paid in and got back; recalled money counts once.
    #[serde(default)]
    backers: Vec<BackerFlow>,
}

/// One holding.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HoldingFile {
    /// Its name.
    name: String,
    /// Its sector.
    #[serde(default)]
    sector: String,
    /// Its ward.
    #[serde(default)]
    ward: String,
    /// Its flows and valuations.
    flows: Vec<TypedFlow>,
    /// Written off so far.
    #[serde(default)]
    written_off: Pence,
}

/// The JSON Schema of the file of `finance measures`.
pub fn measures_schema() -> Said {
    schema::<FundFile>()
}

#[derive(Serialize)]
struct FundAnswer {
    measures: Measures,
    /// Rate of return before fund costs.
    gross: Xirr,
    /// Rate of return after them.
    net: Xirr,
    #[serde(skip_serializing_if = "Option::is_none")]
    backers: Option<BackerMeasures>,
    /// By value; null when a holding has no valuation.
    concentration: Option<Concentration>,
    vintages: Option<Vec<Vintage>>,
    holdings: Vec<HoldingAnswer>,
}

#[derive(Serialize)]
struct HoldingAnswer {
    name: String,
    measures: Measures,
    rate: Xirr,
}

/// `finance measures FILE [--on DATE] [--commitment POUNDS]`.
///
/// # Errors
/// One sentence: what cannot be read, or what the flows contradict.
pub fn measures(text: &str, on: Option<LocalDate>, commitment: Option<Pence>, view: View) -> Said {
    let file = if is_json(text) {
        if on.is_some() || commitment.is_some() {
            return Err("The file says its day and commitment; leave out --on and --commitment.".to_owned());
        }
        reading::json(text, "fund")?
    } else {
        let on = on.ok_or("Give the day of the report with --on.")?;
        let (holdings, fund_costs) = holdings(text)?;
        FundFile { on, commitment, holdings, fund_costs, backers: Vec::new() }
    };
    if file.fund_costs.iter().any(|flow| flow.kind != FlowKind::FundCost) {
        return Err("Every flow under fund_costs must be of the kind fund_cost.".to_owned());
    }
    let on = file.on;
    let every: Vec<TypedFlow> = file.holdings.iter().flat_map(|h| &h.flows).chain(&file.fund_costs).copied().collect();
    fits(&every).map_err(refused)?;
    let navs: Vec<Option<Nav>> = file.holdings.iter().map(|h| nav_at(&h.flows, on)).collect();
    let nav = pooled_nav(&navs);
    let measured = engine::measures(&every, nav, file.commitment, on, MULTIPLE_PLACES);
    let valued: Option<Vec<Holding>> =
        file.holdings.iter().zip(&navs).map(|(h, nav)| nav.map(|nav| h.valued(nav.value, on))).collect();
    let each = |(h, nav): (&HoldingFile, &Option<Nav>)| HoldingAnswer {
        name: h.name.clone(),
        measures: engine::measures(&h.flows, *nav, None, on, MULTIPLE_PLACES),
        rate: rate_of_return(&h.flows, *nav, on),
    };
    let backers = match (file.backers.is_empty(), nav) {
        (true, _) => None,
        (false, None) => return Err("Enter a valuation of every holding, so that backers’ value is known.".to_owned()),
        (false, Some(nav)) => {
            let promised = file.commitment.unwrap_or_default();
            Some(backer_measures(&file.backers, nav.value, promised, on).map_err(refused)?)
        }
    };
    let answer = FundAnswer {
        measures: measured,
        gross: gross_rate(&every, nav.map(|nav| nav.value), on),
        net: rate_of_return(&every, nav, on),
        backers,
        concentration: valued.as_deref().map(concentration).transpose().map_err(refused)?,
        vintages: valued.as_deref().map(|all| vintages(&drawn(all))).transpose().map_err(refused)?,
        holdings: file.holdings.iter().zip(&navs).map(each).collect(),
    };
    view.show(
        &answer,
        || fund_tables(&answer),
        || fund_lines(&every, &file, valued.as_deref().unwrap_or_default(), &answer),
    )
}

/// A vintage is of what was drawn; a holding with nothing drawn yet has none.
fn drawn(holdings: &[Holding]) -> Vec<Holding> {
    holdings.iter().filter(|h| !h.invested.is_zero()).cloned().collect()
}

impl HoldingFile {
    fn valued(&self, value: Pence, on: LocalDate) -> fund::Holding {
        let sum = |wanted: &dyn Fn(FlowKind) -> bool| -> Pence {
            self.flows.iter().filter(|f| f.on <= on && wanted(f.kind)).map(|f| f.amount).sum()
        };
        let first = self.flows.iter().filter(|f| f.kind == FlowKind::Drawdown).map(|f| f.on).min();
        fund::Holding {
            name: self.name.clone(),
            sector: self.sector.clone(),
            ward: self.ward.clone(),
            first_drawn: first.unwrap_or(on),
            invested: sum(&|kind| kind == FlowKind::Drawdown),
            received: sum(&|kind| kind.side() == Side::Distributed),
            value,
            written_off: self.written_off,
            recovered: sum(&|kind| kind == FlowKind::Recovery),
        }
    }
}

/// Holdings and fund costs of a CSV: a row without a holding is the fund's own.
fn holdings(text: &str) -> Result<(Vec<HoldingFile>, Vec<TypedFlow>), String> {
    let mut holdings: Vec<HoldingFile> = Vec::new();
    let mut costs = Vec::new();
    let read = |row: &Row| {
        let flow = TypedFlow { on: row.date("on")?, kind: row.word("kind")?, amount: row.pounds("amount")? };
        let Some(name) = row.text("holding") else {
            if flow.kind != FlowKind::FundCost {
                return Err(format!("Row {}: name the holding; only a fund_cost has none.", row.number));
            }
            costs.push(flow);
            return Ok(());
        };
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        match holdings.iter_mut().find(|h| h.name == name) {
            Some(holding) => holding.flows.push(flow),
            None => holdings.push(HoldingFile {
                name: name.to_owned(),
                sector: text("sector"),
                ward: text("ward"),
                flows: vec![flow],
                written_off: Pence::ZERO,
            }),
        }
        Ok(())
    };
    rows(text, &["holding", "on", "kind", "amount"], &["sector", "ward"], read)?;
    Ok((holdings, costs))
}

fn figure(figure: Figure) -> String {
    match figure {
        Figure::Known(value) => value.to_string(),
        Figure::NotAvailable(why) => why.sentence().to_owned(),
    }
}

fn rate(rate: &Xirr) -> String {
    match rate {
        Xirr::Rate { rate, annualised_short: false } => shown_percent(*rate, 2),
        other => other.sentence().unwrap_or_default().to_owned(),
    }
}

fn fund_tables(answer: &FundAnswer) -> Vec<Table> {
    let m = &answer.measures;
    let rows = [
        ("Paid in", m.paid_in.to_string()),
        ("Distributed", m.distributed.to_string()),
        ("DPI", figure(m.dpi)),
        ("RVPI", figure(m.rvpi)),
        ("TVPI", figure(m.tvpi)),
        ("PICC", figure(m.picc)),
        ("MOIC", figure(m.moic)),
        ("Gross rate of return", rate(&answer.gross)),
        ("Net rate of return", rate(&answer.net)),
    ];
    let mut tables =
        vec![Table::new("The fund", &["", "Figure"], rows.map(|(name, value)| vec![name.to_owned(), value]))];
    let holding = |h: &HoldingAnswer| {
        let value = h.measures.nav.map_or_else(|| "no valuation".to_owned(), |nav| nav.value.to_string());
        let mut row = vec![h.name.clone(), h.measures.invested.to_string(), h.measures.distributed.to_string(), value];
        row.extend([figure(h.measures.moic), rate(&h.rate)]);
        row
    };
    let heads = ["Holding", "Invested", "Received", "Value", "MOIC", "Rate"];
    tables.push(Table::new("Holdings", &heads, answer.holdings.iter().map(holding)));
    if let Some(found) = &answer.concentration {
        let mut rows = vec![
            vec!["Herfindahl index".to_owned(), figure(found.herfindahl)],
            vec!["Five largest".to_owned(), figure(found.top_five)],
        ];
        let named =
            |kind: &'static str| move |(name, part): &(String, Figure)| vec![format!("{kind} {name}"), figure(*part)];
        rows.extend(found.sectors.iter().map(named("Sector")));
        rows.extend(found.wards.iter().map(named("Ward")));
        tables.push(Table::new("Concentration", &["", "Part"], rows));
    }
    if let Some(found) = &answer.vintages {
        let vintage = |v: &Vintage| {
            let recovery = v.recovery.map_or_else(String::new, |r| r.to_string());
            let mut row = vec![v.year.to_string(), v.holdings.to_string(), v.invested.to_string()];
            row.extend([figure(v.multiple), figure(v.loss), recovery]);
            row
        };
        let heads = ["Year", "Holdings", "Invested", "Multiple", "Lost", "Recovered"];
        tables.push(Table::new("Vintages, by the year of the first drawdown", &heads, found.iter().map(vintage)));
    }
    tables
}

fn fund_lines(all: &[TypedFlow], file: &FundFile, valued: &[Holding], answer: &FundAnswer) -> Vec<Line> {
    let mut lines = explain::fund::measures(all, file.commitment, file.on, &answer.measures);
    lines.push(Line::new("Gross rate of return, fund costs left out", "", rate(&answer.gross)));
    lines.push(Line::new("Net rate of return", "", rate(&answer.net)));
    if let Some(found) = &answer.concentration {
        lines.extend(explain::fund::concentration(valued, found));
    }
    lines.extend(explain::fund::vintages(answer.vintages.as_deref().unwrap_or_default()));
    lines
}

/// A fund against an index.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IndexFile {
    /// The day of the comparison.
    on: LocalDate,
    /// Net asset value on that day.
    nav: Pence,
    /// The fund's flows by kind.
    flows: Vec<TypedFlow>,
    /// The index with dividends reinvested; may come from a CSV instead.
    #[serde(default)]
    index: Vec<Level>,
    /// Net asset values after each day of a distribution, for mPME.
    #[serde(default)]
    navs: Vec<(LocalDate, Pence)>,
}

/// The JSON Schema of the file of `finance pme`.
pub fn pme_schema() -> Said {
    schema::<IndexFile>()
}

/// A method's result, or why it has none.
#[derive(Serialize)]
#[serde(untagged)]
enum Method<T> {
    Known(T),
    Refused(Refusal),
}

impl<T> Method<T> {
    fn of(worked: Worked<T>) -> Self {
        worked.map_or_else(|refusal| Method::Refused(refusal.into()), Method::Known)
    }

    fn said(&self, known: impl Fn(&T) -> String) -> String {
        match self {
            Method::Known(value) => known(value),
            Method::Refused(refusal) => refusal.sentence.clone(),
        }
    }
}

#[derive(Serialize)]
struct IndexAnswer {
    kaplan_schoar: Decimal,
    long_nickels: Method<PublicEquivalent>,
    pme_plus: Method<PublicEquivalent>,
    modified: Method<PublicEquivalent>,
    direct_alpha: Method<Xirr>,
}

/// `finance pme FILE.json [--index FILE.csv]`.
///
/// # Errors
/// One sentence: what cannot be read, nothing paid in, or no level of the index.
pub fn pme(text: &str, index: Option<&str>, view: View) -> Said {
    let mut file: IndexFile = reading::json(text, "fund")?;
    if let Some(csv) = index {
        file.index.extend(rows(csv, &["date", "level"], &[], |row| {
            Ok(Level { on: row.date("date")?, level: row.decimal("level")? })
        })?);
    }
    let (flows, nav, index, on) = (file.flows.as_slice(), file.nav, file.index.as_slice(), file.on);
    let answer = IndexAnswer {
        kaplan_schoar: kaplan_schoar(flows, nav, index, on).map_err(refused)?,
        long_nickels: Method::of(long_nickels(flows, nav, index, on)),
        pme_plus: Method::of(pme_plus(flows, nav, index, on)),
        modified: Method::of(modified_pme(flows, &file.navs, nav, index, on)),
        direct_alpha: Method::of(direct_alpha(flows, nav, index, on)),
    };
    let methods =
        [("Long–Nickels", &answer.long_nickels), ("PME+", &answer.pme_plus), ("Modified PME", &answer.modified)];
    let tables = || {
        let fund = |m: &PublicEquivalent| rate(&m.fund);
        let mut rows = vec![vec!["Kaplan–Schoar".to_owned(), answer.kaplan_schoar.to_string(), String::new()]];
        rows.extend(methods.iter().map(|(name, m)| vec![(*name).to_owned(), m.said(|m| rate(&m.index)), m.said(fund)]));
        rows.push(vec!["Direct Alpha".to_owned(), answer.direct_alpha.said(rate), String::new()]);
        vec![Table::new("Against the index", &["Method", "Index", "Fund"], rows)]
    };
    view.show(&answer, tables, || {
        let mut lines = explain::public_market::kaplan_schoar(flows, nav, index, on, answer.kaplan_schoar);
        for (name, method) in &methods {
            match method {
                Method::Known(found) => lines.extend(explain::public_market::equivalent(name, found)),
                Method::Refused(refusal) => lines.push(Line::new(*name, "", refusal.sentence.clone())),
            }
        }
        lines.extend(match &answer.direct_alpha {
            Method::Known(found) => Some(explain::public_market::direct_alpha(found)),
            Method::Refused(_) => None,
        });
        lines
    })
}
