//! Pages of a fund's returns: overview, forecast, statement.

use super::attention::{Attention, attention};
use super::model::{FundReturns, Holding, load};
use crate::error::{Error, Result};
use crate::finance::measures::FlowKind;
use crate::funds::{self, Fund};
use crate::http::chart::{CashColumns, CashYear, Heading, Unit};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Shell, Visit, page};
use crate::investments::pages::{figure_shown, nav_words, rate_shown};
use crate::people::policy::{Action, Thing, require};
use crate::values::time::medium_date;
use crate::values::{Id, LocalDate, Pence, counted};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// `?mission=ID&sort=value&format=csv`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FundQuery {
    /// Only holdings of this mission.
    pub mission: String,
    /// `name`, `conditions`, `late`, `invested`, `received`, `value`, `multiple`; with a leading `-` the other way round.
    pub sort: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

struct Total {
    count: usize,
    met: usize,
    promises: usize,
    late: usize,
    invested: Pence,
    received: Pence,
    value: Pence,
    multiple: String,
}

impl Total {
    fn holdings(&self) -> String {
        crate::values::counted(self.count, "holdings")
    }
}

#[derive(Template)]
#[template(path = "returns/fund.html")]
struct FundPage {
    shell: Shell,
    tabs: Vec<Link>,
    returns: FundReturns,
    shown: Vec<usize>,
    total: Total,
    attention: Vec<Attention>,
    verdict: String,
    rate: (String, String),
    chart: String,
    years: Vec<(CashYear, Pence)>,
    thousands: bool,
    missions: Vec<(String, String)>,
    form: FormState,
    query: FundQuery,
    this_year: i32,
}

impl FundPage {
    fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.shown.iter().filter_map(|i| self.returns.holdings.get(*i))
    }
    fn link(&self, column: &str) -> String {
        let sort = if self.query.sort == column { format!("-{column}") } else { column.to_owned() };
        format!("?mission={}&sort={sort}", self.query.mission)
    }
    fn direction(&self, column: &str) -> &'static str {
        if self.query.sort == column {
            "ascending"
        } else if self.query.sort.strip_prefix('-') == Some(column) {
            "descending"
        } else {
            "none"
        }
    }
    fn conditions(&self, h: &Holding) -> (String, &'static str) {
        h.conditions.word(self.returns.on)
    }
    /// "1 enterprise", "4 enterprises": one that has several holdings is counted once.
    fn enterprises(&self) -> String {
        let all: BTreeSet<_> = self.returns.holdings.iter().map(|h| h.book.investment.organisation_id).collect();
        counted(all.len(), "enterprises")
    }
    fn by_year(&self) -> &'static str {
        if self.thousands { "By year, £000" } else { "By year, £" }
    }
    /// The year under which the word "forecast" stands: the first that is all to come.
    fn first_forecast(&self, year: impl Borrow<i32>) -> bool {
        self.years.iter().map(|(y, _)| y.year).find(|y| *y > self.this_year) == Some(*year.borrow())
    }
    /// An amount of the table by year, without pence; large funds in thousands.
    fn round(&self, amount: impl Borrow<Pence>) -> String {
        let unit = if self.thousands { Decimal::ONE_THOUSAND } else { Decimal::ONE };
        Unit::count().show(amount.borrow().pounds() / unit)
    }
    fn export(&self, format: &str) -> String {
        format!("?mission={}&sort={}&format={format}", self.query.mission, self.query.sort)
    }
}

/// Reads a fund's returns for the person who asks.
pub(super) async fn returns_of(visit: &Visit, id: Id<Fund>) -> Result<FundReturns> {
    let (actor, on) = (visit.actor.clone(), visit.today());
    visit
        .app
        .db
        .read(move |db| {
            let returns = load(db, id, on)?;
            funds::actions::visible(&actor, &returns.fund)?;
            require(&actor, Action::ReadFund, &Thing::of_authority(returns.fund.authority_id))?;
            Ok(returns)
        })
        .await
}

/// From this running total on, the table by year is in thousands of pounds.
const THOUSANDS_FROM: Pence = Pence(50_000_000);

/// Which holdings, in which order.
fn chosen(returns: &FundReturns, query: &FundQuery) -> Result<Vec<usize>> {
    let mut shown: Vec<usize> = (0..returns.holdings.len())
        .filter(|i| {
            query.mission.is_empty() || returns.holdings[*i].book.investment.mission_id.to_string() == query.mission
        })
        .collect();
    let column = query.sort.trim_start_matches('-');
    let holding = |i: &usize| &returns.holdings[*i];
    match column {
        "" | "name" => shown.sort_by(|a, b| holding(a).name.cmp(&holding(b).name)),
        "conditions" => shown.sort_by_key(|i| holding(i).conditions.rank()),
        "late" => shown.sort_by_key(|i| holding(i).days_late),
        "invested" => shown.sort_by_key(|i| holding(i).measures.paid_in),
        "received" => shown.sort_by_key(|i| holding(i).measures.distributed),
        "value" => shown.sort_by_key(|i| holding(i).value()),
        "multiple" => shown.sort_by_key(|i| holding(i).measures.tvpi.known()),
        _ => return Err(Error::field("sort", "Choose one of the columns to sort by")),
    }
    if query.sort.starts_with('-') {
        shown.reverse();
    }
    Ok(shown)
}

/// The holdings whose promises are counted: of an agreement of several parts the first.
fn promising<'a>(holdings: &'a [&Holding]) -> impl Iterator<Item = &'a Holding> {
    holdings.iter().copied().filter(|h| h.counts_promises())
}

fn total(returns: &FundReturns, shown: &[usize]) -> Result<Total> {
    let holdings: Vec<&Holding> = shown.iter().filter_map(|i| returns.holdings.get(*i)).collect();
    let flows: Vec<_> = holdings.iter().flat_map(|h| h.book.flows()).collect();
    let navs: Vec<_> = holdings.iter().filter_map(|h| h.nav).map(|n| Some(n.nav)).collect();
    let pool = crate::finance::measures::measures(
        &flows,
        crate::finance::measures::pooled_nav(&navs),
        None,
        returns.on,
        crate::finance::measures::MULTIPLE_PLACES,
    );
    Ok(Total {
        count: holdings.len(),
        met: promising(&holdings).map(|h| h.conditions.met).sum(),
        promises: promising(&holdings).map(|h| h.conditions.promises).sum(),
        late: holdings
            .iter()
            .filter(|h| h.days_late > 0 && h.standing == crate::investments::Standing::InArrears)
            .count(),
        invested: Pence::total(holdings.iter().map(|h| h.measures.paid_in))?,
        received: Pence::total(holdings.iter().map(|h| h.measures.distributed))?,
        value: Pence::total(holdings.iter().map(|h| h.value()))?,
        multiple: figure_shown(pool.tvpi).0,
    })
}

fn running(years: &[CashYear], today: LocalDate) -> (CashColumns, Vec<(CashYear, Pence)>) {
    let mut chart = CashColumns {
        heading: Heading::new(
            "cash",
            "Money paid out and come back each year, with the running total",
            "",
            "£ by calendar year. Hatched: contracted, still to come.",
        ),
        years: years.to_vec(),
        today,
    };
    let totals = chart.running();
    let lowest = totals.iter().enumerate().min_by_key(|(_, total)| **total).and_then(|(i, _)| years.get(i));
    let ahead = years.iter().zip(&totals).rev().take_while(|(_, t)| **t >= Pence::ZERO).last().map(|(y, _)| y.year);
    chart.heading.finding = match (lowest, ahead) {
        (None, _) => "No money has moved yet".to_owned(),
        (Some(low), Some(ahead)) => format!("The fund is at its lowest in {} and ahead from {ahead}", low.year),
        (Some(low), None) => format!("The fund is at its lowest in {}", low.year),
    };
    let rows = years.iter().copied().zip(totals).collect();
    (chart, rows)
}

fn fund_shell(visit: &Visit, title: String, fund: &Fund) -> Shell {
    let mut shell = visit.shell(title, "/funds");
    shell.breadcrumbs = vec![Link::new("Funds", "/funds"), Link::new(fund.name.clone(), format!("/funds/{}", fund.id))];
    shell
}

/// The holdings as rows of a file: the same figures that the page shows.
fn holdings_table(returns: &FundReturns, shown: &[usize]) -> Table {
    let rows = shown
        .iter()
        .filter_map(|i| returns.holdings.get(*i))
        .map(|h| {
            let m = &h.measures;
            // One agreement has one set of promises, however many parts: they stand with the first.
            let promised = |n: usize| if h.counts_promises() { n.to_string() } else { String::new() };
            vec![
                h.name.clone(),
                h.book.investment.reference.clone(),
                h.mission.clone(),
                h.conditions.word(returns.on).0,
                promised(h.conditions.met),
                promised(h.conditions.promises),
                h.payments_tag().0,
                m.paid_in.plain(),
                m.distributed.plain(),
                h.value().plain(),
                figure_shown(m.dpi).0,
                figure_shown(m.rvpi).0,
                figure_shown(m.tvpi).0,
                figure_shown(m.moic).0,
                figure_shown(m.picc).0,
                h.rate.rate().filter(|_| h.rate.sentence().is_none()).map_or_else(String::new, |r| r.to_string()),
                h.rate.sentence().unwrap_or_default().to_owned(),
                nav_words(h.nav),
                h.book.investment.mission_id.to_string(),
            ]
        })
        .collect();
    let heads = vec![
        "holding",
        "reference",
        "mission",
        "conditions",
        "conditions_met",
        "conditions_agreed",
        "payments",
        "paid_in",
        "distributed",
        "value",
        "dpi",
        "rvpi",
        "tvpi",
        "moic",
        "picc",
        "xirr",
        "xirr_remark",
        "value_basis",
        "mission_id",
    ];
    Table { name: "holdings".into(), heads, rows }
}

/// `GET /funds/{id}`
///
/// # Errors
/// NotFound, Denied.
pub async fn fund(visit: Visit, id: web::Path<Id<Fund>>, query: web::Query<FundQuery>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let query = query.into_inner();
    let shown = chosen(&returns, &query)?;
    if !query.format.is_empty() {
        return holdings_table(&returns, &shown).answer(&query.format);
    }
    let (chart, years) = running(&returns.years(), returns.on);
    let missions: BTreeMap<String, String> =
        returns.holdings.iter().map(|h| (h.book.investment.mission_id.to_string(), h.mission.clone())).collect();
    let missions = missions.into_iter().collect();
    let mut shell = visit.shell(returns.fund.name.clone(), "/funds");
    shell.breadcrumbs = vec![Link::new("Funds", "/funds")];
    page(&FundPage {
        shell,
        tabs: funds::pages::tabs(*id, ""),
        total: total(&returns, &shown)?,
        attention: attention(&returns),
        verdict: returns.verdict(),
        rate: rate_shown(&returns.rate),
        chart: chart.render().map_err(Error::from)?,
        thousands: years.iter().any(|(_, sum)| sum.0.abs() >= THOUSANDS_FROM.0),
        years,
        missions,
        form: FormState::filled([("mission", query.mission.clone())]),
        shown,
        query,
        this_year: chrono::Datelike::year(&returns.on),
        returns,
    })
}

/// Day, name, reference, number of the instalment, then its interest, capital and fee, and all of it.
type ForecastRow = (LocalDate, String, String, u32, Pence, Pence, Pence, Pence);

#[derive(Template)]
#[template(path = "returns/forecast.html")]
struct ForecastPage {
    shell: Shell,
    tabs: Vec<Link>,
    fund: Fund,
    verdict: String,
    rows: Vec<ForecastRow>,
    more: usize,
}

/// Most rows of a forecast on the page; the file has all.
const FORECAST_SHOWN: usize = 200;

/// `GET /funds/{id}/forecast`
///
/// # Errors
/// NotFound, Denied.
pub async fn forecast(visit: Visit, id: web::Path<Id<Fund>>, query: web::Query<funds::pages::FormatQuery>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let rows: Vec<_> = returns
        .forecast()
        .into_iter()
        .map(|(day, h, due)| {
            (
                day,
                h.name.clone(),
                h.book.investment.reference.clone(),
                due.instalment,
                due.interest,
                due.principal,
                due.fee,
                due.total(),
            )
        })
        .collect();
    if !query.format.is_empty() {
        let rows = rows
            .iter()
            .map(|(day, name, reference, number, interest, principal, fee, all)| {
                vec![
                    day.to_string(),
                    name.clone(),
                    reference.clone(),
                    number.to_string(),
                    interest.plain(),
                    principal.plain(),
                    fee.plain(),
                    all.plain(),
                ]
            })
            .collect();
        let heads = vec!["date", "holding", "reference", "instalment", "interest", "principal", "fees", "payment"];
        return Table { name: "forecast".into(), heads, rows }.answer(&query.format);
    }
    let coming = Pence::total(rows.iter().map(|r| r.7)).map_err(Error::from)?;
    let verdict = match rows.last() {
        None => "No payment is contracted for the time to come.".to_owned(),
        Some(last) => format!("{coming} is contracted to come back by {}.", medium_date(last.0)),
    };
    let more = rows.len().saturating_sub(FORECAST_SHOWN);
    let rows = rows.into_iter().take(FORECAST_SHOWN).collect();
    let shell = fund_shell(&visit, format!("Forecast of {}", returns.fund.name), &returns.fund);
    page(&ForecastPage { shell, tabs: funds::pages::tabs(*id, "/forecast"), fund: returns.fund, verdict, rows, more })
}

#[derive(Template)]
#[template(path = "returns/statement.html")]
struct StatementPage {
    shell: Shell,
    tabs: Vec<Link>,
    returns: FundReturns,
    rate: (String, String),
    rows: Vec<(LocalDate, String, &'static str, Pence, Pence)>,
    more: usize,
}

fn kind_words(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Drawdown => "Paid out",
        FlowKind::FundCost => "Cost of the fund",
        FlowKind::Interest => "Interest",
        FlowKind::Principal => "Principal",
        FlowKind::Fee => "Fee",
        FlowKind::RevenueShare => "Share of revenue",
        FlowKind::Dividend => "Dividend",
        FlowKind::SaleProceeds => "Sale",
        FlowKind::Recovery => "Recovered",
        FlowKind::CapitalisedInterest => "Interest added to the loan",
        FlowKind::Restored => "Put back after a reversed payment",
        FlowKind::GivenUp => "Part of the loan given up",
        FlowKind::Valuation => "Value",
    }
}

/// `GET /funds/{id}/statement`
///
/// # Errors
/// NotFound, Denied.
pub async fn statement(visit: Visit, id: web::Path<Id<Fund>>, query: web::Query<funds::pages::FormatQuery>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let mut sum = Pence::ZERO;
    let mut rows: Vec<_> = returns
        .cash_flows()
        .into_iter()
        .map(|(day, h, kind, amount)| {
            sum = sum + amount;
            (day, h.name.clone(), kind_words(kind), amount, sum)
        })
        .collect();
    if !query.format.is_empty() {
        let rows = rows
            .iter()
            .map(|(day, name, what, amount, sum)| {
                vec![day.to_string(), name.clone(), (*what).to_owned(), amount.plain(), sum.plain()]
            })
            .collect();
        return Table {
            name: "statement".into(),
            heads: vec!["date", "holding", "what", "amount", "running_total"],
            rows,
        }
        .answer(&query.format);
    }
    rows.reverse();
    let more = rows.len().saturating_sub(FORECAST_SHOWN);
    rows.truncate(FORECAST_SHOWN);
    let shell = fund_shell(&visit, format!("Statement of {}", returns.fund.name), &returns.fund);
    let rate = rate_shown(&returns.rate);
    page(&StatementPage { shell, tabs: funds::pages::tabs(*id, "/statement"), rate, returns, rows, more })
}
