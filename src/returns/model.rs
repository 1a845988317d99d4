//! A fund's returns, worked out from what is stored.

use crate::agreements::Agreement;
use crate::compliance::{self, InShort};
use crate::db::Db;
use crate::error::Result;
use crate::finance::Xirr;
use crate::finance::measures::{self, FlowKind, MULTIPLE_PLACES, Measures, Side, TypedFlow};
use crate::funds::{self, Commitment, Fund};
use crate::http::chart::CashYear;
use crate::investments::{self, Book, Held, InvestmentState, NavShown, Standing};
use crate::values::{Id, LocalDate, Pence, counted};
use chrono::Datelike;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// One investment of a fund with its figures.
#[derive(Clone, Debug)]
pub struct Holding {
    /// What is stored of it.
    pub book: Book,
    /// Name of the enterprise.
    pub name: String,
    /// Title of the mission it serves.
    pub mission: String,
    /// Conditions precedent that should have been verified by now and are not.
    pub overdue_precedents: i64,
    /// Whether a change of the loan waits for a decision.
    pub change_open: bool,
    /// Whether cancelling it waits for a decision.
    pub cancelling: bool,
    /// How it stands today.
    pub standing: Standing,
    /// Days past due of the oldest unpaid instalment.
    pub days_late: i64,
    /// All that is overdue.
    pub overdue: Pence,
    /// Its measures.
    pub measures: Measures,
    /// Its value, and where that comes from.
    pub nav: Option<NavShown>,
    /// Its rate of return, or why there is none.
    pub rate: Xirr,
    /// The promises of its agreement.
    pub conditions: InShort,
}

impl Holding {
    /// From what is stored, as of a day.
    #[must_use]
    pub fn of(held: Held, conditions: InShort, on: LocalDate) -> Holding {
        let Held { book, name, mission, overdue_precedents, change_open, cancelling } = held;
        let arrears = book.arrears(on);
        Holding {
            standing: book.standing(on),
            days_late: arrears.days_past_due,
            overdue: arrears.overdue,
            measures: book.measures(on),
            nav: book.nav(on),
            rate: book.rate_of_return(on),
            book,
            name,
            mission,
            overdue_precedents,
            change_open,
            cancelling,
            conditions,
        }
    }

    /// Whether the promises of its agreement are counted with it: an agreement of several parts has one set of promises.
    #[must_use]
    pub fn counts_promises(&self) -> bool {
        self.book.investment.part == 1
    }

    /// Its value for totals; nothing before anything is paid out.
    #[must_use]
    pub fn value(&self) -> Pence {
        self.nav.map_or(Pence::ZERO, |n| n.nav.value)
    }

    /// The word and colour of its payments.
    #[must_use]
    pub fn payments_tag(&self) -> (String, &'static str) {
        match self.standing {
            Standing::InArrears => (days_late(self.days_late), "red"),
            other => (other.label().to_owned(), other.colour()),
        }
    }
}

/// "1 day late", "32 days late".
pub(super) fn days_late(days: i64) -> String {
    format!("{} late", counted(days, "days"))
}

/// Holdings of which only a valuation says what they are worth, and that have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotValued {
    /// How many.
    pub count: usize,
    /// What they are counted at together: their cost, less what came back.
    pub counted_at: Pence,
}

/// A fund with its holdings, measured together.
#[derive(Clone, Debug)]
pub struct FundReturns {
    /// The fund.
    pub fund: Fund,
    /// What the council promised.
    pub committed: Pence,
    /// Each holding.
    pub holdings: Vec<Holding>,
    /// As of this day.
    pub on: LocalDate,
    /// The pool's measures.
    pub measures: Measures,
    /// The pool's rate of return, or why there is none.
    pub rate: Xirr,
    /// Whether any holding's value is only the principal owed.
    pub unvalued: bool,
    /// Holdings that need a valuation and have none.
    pub not_valued: NotValued,
}

/// A fund's returns on a day, with how the promises of each holding stand. Five statements, however many holdings.
///
/// # Errors
/// NotFound.
pub fn load(db: &mut Db, id: Id<Fund>, on: LocalDate) -> Result<FundReturns> {
    let (fund, commitments) = funds::find_committed(db, id)?;
    let portfolio = investments::portfolio(db, id, on)?;
    // An agreement of which every part is cancelled promises nothing any more.
    let held = || portfolio.iter().map(|h| &h.book.investment);
    let alive: HashSet<Id<Agreement>> = held().filter(|i| !i.is_cancelled()).map(|i| i.agreement_id).collect();
    let first = held().filter(|i| i.part == 1 && alive.contains(&i.agreement_id));
    let agreements: Vec<_> = first.map(|i| i.agreement_id).collect();
    let conditions = compliance::in_short(db, &agreements, on)?;
    measure(fund, &commitments, portfolio, conditions, on)
}

fn measure(
    fund: Fund,
    commitments: &[Commitment],
    portfolio: Vec<Held>,
    conditions: HashMap<Id<Agreement>, InShort>,
    on: LocalDate,
) -> Result<FundReturns> {
    let committed = Pence::total(commitments.iter().filter(|c| c.committed_on <= on).map(|c| c.amount))?;
    let holdings: Vec<Holding> = portfolio
        .into_iter()
        .map(|held| {
            let short = conditions.get(&held.book.investment.agreement_id).cloned().unwrap_or_default();
            Holding::of(held, short, on)
        })
        .collect();
    let flows: Vec<TypedFlow> = holdings.iter().flat_map(|h| h.book.flows()).collect();
    let navs: Vec<_> = holdings.iter().filter_map(|h| h.nav).map(|n| Some(n.nav)).collect();
    let nav = measures::pooled_nav(&navs);
    let at_cost = || holdings.iter().filter_map(|h| h.nav).filter(|n| n.basis == investments::NavBasis::Cost);
    let not_valued = NotValued { count: at_cost().count(), counted_at: Pence::total(at_cost().map(|n| n.nav.value))? };
    Ok(FundReturns {
        not_valued,
        measures: measures::measures(&flows, nav, Some(committed), on, MULTIPLE_PLACES),
        rate: nothing_measured(&holdings).unwrap_or_else(|| measures::rate_of_return(&flows, nav, on)),
        unvalued: holdings.iter().any(|h| h.nav.is_some_and(|n| n.basis == investments::NavBasis::Outstanding)),
        fund,
        committed,
        holdings,
        on,
    })
}

/// Why a pool has no rate of return although money is out: nothing in it is more than its cost, or a grant that is spent.
fn nothing_measured(holdings: &[Holding]) -> Option<Xirr> {
    let out: Vec<&Xirr> = holdings.iter().filter(|h| h.nav.is_some()).map(|h| &h.rate).collect();
    let measured = out.iter().any(|rate| !matches!(rate, Xirr::NotValued | Xirr::GivenAway));
    let waits = out.iter().any(|rate| matches!(rate, Xirr::NotValued));
    match (out.is_empty() || measured, waits) {
        (true, _) => None,
        (false, true) => Some(Xirr::NotValued),
        (false, false) => Some(Xirr::GivenAway),
    }
}

impl FundReturns {
    /// Contracted cash to come: `(day, holding, interest, principal, fees)`, by day. What is overdue stands on today.
    #[must_use]
    pub fn forecast(&self) -> Vec<(LocalDate, &Holding, crate::finance::payments::Due)> {
        let mut rows: Vec<_> = self
            .holdings
            .iter()
            .flat_map(|h| h.book.forecast(self.on).into_iter().map(move |(day, due)| (day, h, due)))
            .collect();
        rows.sort_by(|a, b| (a.0, &a.1.name, a.2.instalment).cmp(&(b.0, &b.1.name, b.2.instalment)));
        rows
    }

    /// Money out and back by calendar year, what has been and what is contracted. Tranches that are agreed and not
    /// paid out yet stand in the year they are planned for, or in this year when that has passed.
    #[must_use]
    pub fn years(&self) -> Vec<CashYear> {
        let mut years: BTreeMap<i32, CashYear> = BTreeMap::new();
        let mut at = |year: i32, change: &dyn Fn(&mut CashYear)| {
            change(years.entry(year).or_insert(CashYear { year, ..CashYear::default() }));
        };
        for holding in &self.holdings {
            for flow in holding.book.flows().iter().filter(|f| f.on <= self.on) {
                match flow.kind.side() {
                    Side::PaidIn => at(flow.on.year(), &|y| y.out = y.out + flow.amount),
                    Side::Distributed => at(flow.on.year(), &|y| y.back = y.back + flow.amount),
                    Side::NoCash => {}
                }
            }
            for (day, due) in holding.book.forecast(self.on) {
                at(day.year(), &|y| y.back_forecast = y.back_forecast + due.total());
            }
            let book = &holding.book;
            if matches!(book.investment.state, InvestmentState::AwaitingDrawdown | InvestmentState::Running) {
                let offer = &book.investment.terms.0;
                for (place, draw) in offer.draws.iter().enumerate() {
                    let drawn = book.paid_out().any(|d| usize::try_from(d.tranche).is_ok_and(|t| t == place + 1));
                    if !drawn {
                        let planned = draw.on.max(self.on);
                        at(planned.year(), &|y| y.out_forecast = y.out_forecast + draw.amount);
                    }
                }
            }
        }
        let (Some(first), Some(last)) = (years.keys().next().copied(), years.keys().next_back().copied()) else {
            return Vec::new();
        };
        (first..=last)
            .map(|year| years.get(&year).copied().unwrap_or(CashYear { year, ..CashYear::default() }))
            .collect()
    }

    /// Dated cash of all holdings up to today, for statements: `(day, holding, kind, amount as the fund sees it)`.
    #[must_use]
    pub fn cash_flows(&self) -> Vec<(LocalDate, &Holding, FlowKind, Pence)> {
        let mut rows: Vec<_> = self
            .holdings
            .iter()
            .flat_map(|h| h.book.flows().into_iter().map(move |f| (h, f)))
            .filter(|(_, f)| f.on <= self.on)
            .filter_map(|(h, f)| f.cash().map(|cash| (f.on, h, f.kind, cash.amount)))
            .collect();
        rows.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        rows
    }

    /// How many holdings nobody has valued yet, and at what they are counted, in a sentence; empty when there are none.
    #[must_use]
    pub fn not_valued_words(&self) -> String {
        let NotValued { count, counted_at } = self.not_valued;
        let all = self.holdings.len();
        match count {
            0 => String::new(),
            1 => format!(
                "1 of {all} holdings is not valued yet and counts at what it cost, less what came back: {counted_at}."
            ),
            n => format!(
                "{n} of {all} holdings are not valued yet and count at what they cost, less what came back: {counted_at}."
            ),
        }
    }

    /// The answer to "how is the fund doing", in a sentence or two.
    #[must_use]
    pub fn verdict(&self) -> String {
        use rust_decimal::Decimal;
        let pence = |figure: measures::Figure| {
            figure.known().map(|v| crate::values::decimals::shown_decimal(v * Decimal::ONE_HUNDRED))
        };
        let (Some(back), Some(held)) = (pence(self.measures.dpi), pence(self.measures.rvpi)) else {
            return "Nothing is paid out yet, so there is no return to show.".to_owned();
        };
        let mut words = format!("For each £1 paid out, {back}p has come back and {held}p is still in the enterprises.");
        match (&self.rate, self.rate.sentence(), self.fund.borrowing_rate) {
            (Xirr::Rate { rate, .. }, None, Some(borrowing)) => {
                let shown = |r| crate::values::decimals::shown_percent(r, 1);
                let side = if *rate < borrowing.get() {
                    "is below the {} at which the council borrows: the difference is what it pays for mission results."
                } else {
                    "is not below the {} at which the council borrows."
                };
                words.push_str(&format!(
                    " The return of {} a year {}",
                    shown(*rate),
                    side.replace("{}", &shown(borrowing.get()))
                ));
            }
            (_, Some(sentence), _) => {
                words.push(' ');
                words.push_str(sentence);
            }
            _ => {}
        }
        let not_valued = self.not_valued_words();
        if !not_valued.is_empty() {
            words.push(' ');
            words.push_str(&not_valued);
        }
        words
    }
}
