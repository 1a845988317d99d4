//! The internal rate of return of dated flows (XIRR), searched in floats, certified in `Decimal`.
//!
//! NPV(r) = Σ CFᵢ · (1+r)^(−τᵢ), τᵢ = days from the earliest flow / 365 (ACT/365F), r an effective yearly rate.
//! The fund's view: paid out is negative, received is positive, the last net asset value is added on its date.
//!
//! Flows of one day are netted and zeros dropped. When the signs change once there is one root (Descartes' rule,
//! which holds for real exponents). Otherwise each half, r > 0 and r < 0, has at most as many roots as the running
//! totals of the flows (from the first, and from the last) change sign (Norstrøm): none and one need no scan, more are
//! scanned for every bracket and every touching point. A published rate has 8 places and a certificate: the net
//! present value, in `Decimal`, changes sign between rate − 0.5·10⁻⁸ and rate + 0.5·10⁻⁸.

mod certificate;
#[cfg(test)]
mod exact_tests;
mod periodic;
mod search;
#[cfg(test)]
mod tests;
mod working;

pub use certificate::{Certified, certify};
pub use periodic::{
    MOST_FLOWS, MOST_PERIODS, RateRefusal, TimeWeighted, Valued, growth_rate, irr, mirr, npv, periodic_mirr,
    time_weighted,
};
pub use search::Search;
pub use working::{Working, WorkingLine, working, xnpv};

use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Places of a published rate.
pub const RATE_PLACES: u32 = 8;

/// One dated flow: negative when the fund pays, positive when it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The day the money moved.
    pub date: LocalDate,
    /// How much, with its sign.
    pub amount: Pence,
}

/// A stated value at the end. A value of zero says that everything still held is lost; a flow of zero says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The day of the valuation.
    pub date: LocalDate,
    /// The net asset value that day.
    pub value: Pence,
}

/// An internal rate of return, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Xirr {
    /// One rate between −99.9999 % and +10,000 % a year, certified to 8 places.
    Rate {
        /// Effective yearly rate as a fraction.
        rate: Decimal,
        /// The flows span less than 365 days: a yearly figure would mislead, and pages do not show it as one.
        annualised_short: bool,
    },
    /// Every flow goes the same way, or there is none.
    NoSignChange,
    /// The net present value is zero at no rate.
    NoRoot,
    /// Several rates make the net present value zero.
    NotUnique {
        /// All of them inside the range, ascending, each certified to 8 places.
        roots: Vec<Decimal>,
    },
    /// The rate is at or below −99.9999 %, or at or above +10,000 %.
    OutOfRange,
    /// The net present value touches zero, or is too flat there for 28 digits to tell.
    Unresolved {
        /// Near this rate, to 4 places.
        near: Decimal,
    },
    /// Money was paid, none came back and the closing value is stated to be zero: −100 %, which is no rate.
    TotalLoss,
    /// Everything happened on one day.
    TooShort,
    /// An amount is not a number, or a day's total cannot be held.
    NotFinite,
    /// Money is out and nobody has valued what is held for it. Said by who keeps holdings; flows alone never show it.
    NotValued,
    /// A grant: what was paid was never meant to come back. Said by who keeps holdings; flows alone never show it.
    GivenAway,
}

impl Xirr {
    /// The certified rate, when there is exactly one.
    #[must_use]
    pub fn rate(&self) -> Option<Decimal> {
        match self {
            Xirr::Rate { rate, .. } => Some(*rate),
            _ => None,
        }
    }

    /// The certified root nearest to a hurdle rate (0 when none is agreed); the smaller of two equally near.
    #[must_use]
    pub fn nearest_to(&self, hurdle: Decimal) -> Option<Decimal> {
        match self {
            Xirr::Rate { rate, .. } => Some(*rate),
            Xirr::NotUnique { roots } => {
                roots.iter().copied().min_by_key(|root| root.checked_sub(hurdle).map_or(Decimal::MAX, |d| d.abs()))
            }
            _ => None,
        }
    }

    /// Why there is no rate to show, in a plain sentence; `None` for a rate of a year or more.
    #[must_use]
    pub fn sentence(&self) -> Option<&'static str> {
        Some(match self {
            Xirr::Rate { annualised_short: false, .. } => return None,
            Xirr::Rate { annualised_short: true, .. } => "Less than a year has passed, so no yearly rate is shown.",
            Xirr::NoSignChange => {
                "There is no rate of return yet: it takes money that was paid out and money that came back."
            }
            Xirr::NoRoot => "No rate of return fits these payments.",
            Xirr::NotUnique { .. } => "More than one rate of return fits these payments, so none is shown as the rate.",
            Xirr::OutOfRange => "The rate of return is below −99.9999% or above 10,000% a year.",
            Xirr::Unresolved { .. } => {
                "The payments almost cancel out at every rate near this one, so it is not certain."
            }
            Xirr::TotalLoss => "Everything invested is lost.",
            Xirr::TooShort => "Everything happened on one day, so there is no rate of return.",
            Xirr::NotFinite => "An amount is not a number, or is too large.",
            Xirr::NotValued => "Not valued yet: the rate is worked out once somebody values it.",
            Xirr::GivenAway => "A grant does not come back, so it has no rate of return.",
        })
    }
}

/// The flows as the search and the certificate use them: netted by day, no zeros, ascending.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Whole days from the earliest flow.
    pub(super) days: Vec<u32>,
    /// Pence that day.
    pub(super) pence: Vec<i128>,
}

impl Series {
    /// Nets the flows of each day and drops days that net to zero. `None` when a day does not fit.
    #[must_use]
    pub fn net(flows: &[Flow], closing: Option<Closing>) -> Option<Series> {
        let mut dated: Vec<(LocalDate, i128)> = Vec::with_capacity(flows.len() + 1);
        dated.extend(flows.iter().map(|f| (f.date, i128::from(f.amount.0))));
        dated.extend(closing.map(|c| (c.date, i128::from(c.value.0))));
        if !dated.is_sorted_by_key(|(date, _)| *date) {
            dated.sort_unstable_by_key(|(date, _)| *date);
        }
        dated.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        dated.retain(|(_, pence)| *pence != 0);
        let mut series = Series { days: Vec::with_capacity(dated.len()), pence: Vec::with_capacity(dated.len()) };
        let Some((first, _)) = dated.first().copied() else { return Some(series) };
        for (date, pence) in dated {
            series.days.push(u32::try_from((date - first).num_days()).ok()?);
            series.pence.push(pence);
        }
        Some(series)
    }

    /// Days from the first flow to the last.
    #[must_use]
    pub fn span(&self) -> u32 {
        self.days.last().copied().unwrap_or(0)
    }

    fn total(&self) -> i128 {
        self.pence.iter().sum()
    }
}

/// How often the sign changes along some totals, zeros left out.
fn sign_changes(values: impl IntoIterator<Item = i128>) -> usize {
    let mut last = 0;
    let mut changes = 0;
    for sign in values.into_iter().map(i128::signum).filter(|s| *s != 0) {
        if last != 0 && sign != last {
            changes += 1;
        }
        last = sign;
    }
    changes
}

/// The rate of return of dated flows and, where there is one, of a stated closing value.
///
/// The order of the flows does not matter. Never panics, whatever the dates and amounts.
///
/// ```
/// use commonweal::finance::{Flow, Xirr, xirr};
/// use commonweal::values::{Pence, time::parse_date};
/// let flow = |on: &str, pounds: i64| Flow { date: parse_date(on).unwrap(), amount: Pence(pounds * 100) };
/// let year = [flow("2025-01-01", -10_000), flow("2026-01-01", 10_500)];
/// assert_eq!(xirr(&year, None).rate().unwrap().to_string(), "0.05000000");
/// ```
#[must_use]
pub fn xirr(flows: &[Flow], closing: Option<Closing>) -> Xirr {
    if let Some(reason) = before_netting(flows, closing) {
        return reason;
    }
    let Some(series) = Series::net(flows, closing) else { return Xirr::NotFinite };
    if series.pence.windows(2).all(|pair| (pair[0] > 0) == (pair[1] > 0)) {
        return Xirr::NoSignChange;
    }
    publish(&series, &Search::run(&series))
}

/// What can be said before any search: one day only, one sign only, everything lost.
fn before_netting(flows: &[Flow], closing: Option<Closing>) -> Option<Xirr> {
    let mut one_day = true;
    let mut one_day_moved = true;
    let mut first: Option<LocalDate> = None;
    let mut moved: Option<LocalDate> = None;
    let (mut paid, mut received) = (false, false);
    let all = flows.iter().copied().chain(closing.map(|c| Flow { date: c.date, amount: c.value }));
    for Flow { date, amount } in all {
        one_day &= date == *first.get_or_insert(date);
        if !amount.is_zero() {
            one_day_moved &= date == *moved.get_or_insert(date);
        }
        paid |= amount < Pence::ZERO;
        received |= amount > Pence::ZERO;
    }
    first?;
    if one_day || (one_day_moved && paid && received) {
        return Some(Xirr::TooShort);
    }
    let stated_nothing_left = closing.is_some_and(|c| c.value.is_zero());
    match (paid, received) {
        (true, false) if stated_nothing_left => Some(Xirr::TotalLoss),
        (true, true) => None,
        _ => Some(Xirr::NoSignChange),
    }
}

/// Certifies what the search found.
fn publish(series: &Series, found: &Search) -> Xirr {
    let mut roots: Vec<Decimal> = Vec::with_capacity(found.roots.len());
    for guess in &found.roots {
        match certify(series, *guess) {
            Certified::Rate(rate) => roots.push(rate),
            Certified::OutOfRange => return Xirr::OutOfRange,
            Certified::No => return unresolved(*guess),
        }
    }
    for touch in &found.touching {
        match certificate::around_touch(series, *touch) {
            certificate::Touch::Clear => {}
            certificate::Touch::Crosses(pair) => roots.extend(pair),
            certificate::Touch::Unknown => return unresolved(touch.at),
        }
    }
    roots.sort_unstable();
    if let Some(pair) = roots.windows(2).find(|pair| pair[0] == pair[1]) {
        return Xirr::Unresolved { near: pair[0].round_dp(4) };
    }
    match roots.as_slice() {
        [] if found.outside => Xirr::OutOfRange,
        [] => Xirr::NoRoot,
        [rate] => Xirr::Rate { rate: *rate, annualised_short: series.span() < 365 },
        _ => Xirr::NotUnique { roots },
    }
}

fn unresolved(near: f64) -> Xirr {
    Decimal::try_from(near).map_or(Xirr::NotFinite, |near| {
        let mut near = near.round_dp(4);
        near.rescale(4);
        Xirr::Unresolved { near }
    })
}
