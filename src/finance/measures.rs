//! What an investment or a fund has paid, received and is worth: DPI, RVPI, TVPI, PICC, MOIC and the rate of return.
//!
//! Flows are typed: a kind says whether money was paid in or distributed, never the sign. Capitalised interest is
//! ledger income, no cash: it counts once, in net asset value.

use super::irr::{Closing, Flow, Xirr, xirr};
use super::refusal::{FinanceRefusal, Worked};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Places of a published multiple.
pub const MULTIPLE_PLACES: u32 = 2;

/// What a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// Paid out to the enterprise: paid in, and invested cost.
    Drawdown,
    /// A cost that the fund bears: paid in, but no invested cost.
    FundCost,
    /// Interest received.
    Interest,
    /// Principal received.
    Principal,
    /// A fee received.
    Fee,
    /// A share of revenue received.
    RevenueShare,
    /// A dividend received.
    Dividend,
    /// The price of a sale received.
    SaleProceeds,
    /// Money recovered after a default.
    Recovery,
    /// Interest added to the balance: no cash.
    CapitalisedInterest,
    /// Principal put back when a receipt that a value had counted on is reversed: no cash.
    Restored,
    /// A part of the balance that was given up: no cash.
    GivenUp,
    /// Net asset value on a day: no cash.
    Valuation,
}

/// Which side of the measures a kind belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The fund paid.
    PaidIn,
    /// The fund received.
    Distributed,
    /// No cash moved.
    NoCash,
}

impl FlowKind {
    /// Paid in, distributed, or no cash.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            FlowKind::Drawdown | FlowKind::FundCost => Side::PaidIn,
            FlowKind::CapitalisedInterest | FlowKind::Restored | FlowKind::GivenUp | FlowKind::Valuation => {
                Side::NoCash
            }
            FlowKind::Interest
            | FlowKind::Principal
            | FlowKind::Fee
            | FlowKind::RevenueShare
            | FlowKind::Dividend
            | FlowKind::SaleProceeds
            | FlowKind::Recovery => Side::Distributed,
        }
    }

    /// Whether it leaves less to come: capital that came back or was given up, and no income.
    #[must_use]
    pub fn lowers_value(self) -> bool {
        matches!(self, FlowKind::Principal | FlowKind::SaleProceeds | FlowKind::Recovery | FlowKind::GivenUp)
    }
}

/// One typed flow. The amount is positive in its own direction; a reversal is negative and keeps its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedFlow {
    /// The day.
    pub on: LocalDate,
    /// What it is.
    pub kind: FlowKind,
    /// How much.
    pub amount: Pence,
}

impl TypedFlow {
    /// The flow as the fund sees it: paid in negative, distributed positive; `None` when no cash moved.
    #[must_use]
    pub fn cash(&self) -> Option<Flow> {
        match self.kind.side() {
            Side::PaidIn => Some(Flow { date: self.on, amount: -self.amount }),
            Side::Distributed => Some(Flow { date: self.on, amount: self.amount }),
            Side::NoCash => None,
        }
    }
}

/// Net asset value on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nav {
    /// The value.
    pub value: Pence,
    /// The day it was valued; for a pool, the oldest of its valuations.
    pub valued_on: LocalDate,
    /// Whether drawdowns, principal, sales, recoveries and capitalised interest since then were added or taken off: pages say so.
    pub rolled_forward: bool,
}

/// The last valuation on or before a day, rolled forward by what moved the holding since; never below zero.
/// `None` when there is no valuation. A flow on the day of the valuation is in it.
#[must_use]
pub fn nav_at(flows: &[TypedFlow], on: LocalDate) -> Option<Nav> {
    let valuation = flows.iter().filter(|f| f.kind == FlowKind::Valuation && f.on <= on).max_by_key(|f| f.on)?;
    let mut value = i128::from(valuation.amount.0);
    let mut rolled_forward = false;
    for flow in flows.iter().filter(|f| f.on > valuation.on && f.on <= on) {
        let change = match flow.kind {
            FlowKind::Drawdown | FlowKind::CapitalisedInterest | FlowKind::Restored => i128::from(flow.amount.0),
            kind if kind.lowers_value() => -i128::from(flow.amount.0),
            _ => continue,
        };
        value += change;
        rolled_forward = true;
    }
    let value = Pence(i64::try_from(value.max(0)).unwrap_or(i64::MAX));
    Some(Nav { value, valued_on: valuation.on, rolled_forward })
}

/// Whether every sum of these flows can be held, whichever of them are added: the sizes of all, in pence, fit together.
/// [`nav_at`], [`pooled_nav`] and [`measures`] are exact for flows that do.
///
/// # Errors
/// `TooLarge` above £92,233,720,368,547,758.07.
///
/// ```
/// use commonweal::finance::measures::{FlowKind, TypedFlow, fits};
/// use commonweal::finance::refusal::FinanceRefusal;
/// use commonweal::values::{Pence, time::parse_date};
/// let flow = TypedFlow { on: parse_date("2026-01-01").unwrap(), kind: FlowKind::Drawdown, amount: Pence(i64::MAX) };
/// assert_eq!((fits(&[flow]), fits(&[flow, flow])), (Ok(()), Err(FinanceRefusal::TooLarge)));
/// ```
pub fn fits(flows: &[TypedFlow]) -> Worked<()> {
    let sizes: i128 = flows.iter().map(|f| i128::from(f.amount.0).abs()).sum();
    i64::try_from(sizes).map(|_| ()).map_err(|_| FinanceRefusal::TooLarge)
}

/// Why a figure is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// Nothing was paid in.
    NothingPaidIn,
    /// Nothing was invested.
    NothingInvested,
    /// There is no valuation.
    NoValuation,
    /// No commitment is recorded, or it is zero.
    NoCommitment,
    /// An amount does not fit.
    TooLarge,
}

impl WhyNot {
    /// The reason in plain words.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            WhyNot::NothingPaidIn => "Not available: nothing has been paid in.",
            WhyNot::NothingInvested => "Not available: nothing has been invested.",
            WhyNot::NoValuation => "Not available: there is no valuation.",
            WhyNot::NoCommitment => "Not available: no commitment is recorded.",
            WhyNot::TooLarge => "Not available: the amounts are too large.",
        }
    }
}

/// A figure, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", content = "value", rename_all = "snake_case")]
pub enum Figure {
    /// The figure, rounded to its places.
    Known(Decimal),
    /// Why there is none.
    NotAvailable(WhyNot),
}

impl Figure {
    /// The figure, when there is one.
    #[must_use]
    pub fn known(self) -> Option<Decimal> {
        match self {
            Figure::Known(value) => Some(value),
            Figure::NotAvailable(_) => None,
        }
    }
}

/// The measures of one investment or of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures {
    /// All paid in: drawdowns and fund costs.
    pub paid_in: Pence,
    /// Drawdowns alone.
    pub invested: Pence,
    /// All received.
    pub distributed: Pence,
    /// Net asset value, when there is a valuation.
    pub nav: Option<Nav>,
    /// Distributed / paid in.
    pub dpi: Figure,
    /// Net asset value / paid in.
    pub rvpi: Figure,
    /// DPI + RVPI, the sum of the rounded two.
    pub tvpi: Figure,
    /// Paid in / commitment.
    pub picc: Figure,
    /// (Distributed + net asset value) / invested cost.
    pub moic: Figure,
}

/// Adds up one investment's or a whole pool's flows up to and including a day.
///
/// For a pool give all flows together and [`pooled_nav`]; multiples are never averaged.
#[must_use]
pub fn measures(
    flows: &[TypedFlow],
    nav: Option<Nav>,
    commitment: Option<Pence>,
    on: LocalDate,
    places: u32,
) -> Measures {
    let sum = |wanted: &dyn Fn(FlowKind) -> bool| -> i128 {
        flows.iter().filter(|f| f.on <= on && wanted(f.kind)).map(|f| i128::from(f.amount.0)).sum()
    };
    let paid_in = sum(&|kind| kind.side() == Side::PaidIn);
    let invested = sum(&|kind| kind == FlowKind::Drawdown);
    let distributed = sum(&|kind| kind.side() == Side::Distributed);
    let held = nav.map(|nav| i128::from(nav.value.0));
    let valued = |make: &dyn Fn(i128) -> Figure| held.map_or(Figure::NotAvailable(WhyNot::NoValuation), make);
    let dpi = quotient(distributed, paid_in, WhyNot::NothingPaidIn, places);
    let rvpi = valued(&|held| quotient(held, paid_in, WhyNot::NothingPaidIn, places));
    let tvpi = match (dpi, rvpi) {
        (Figure::Known(d), Figure::Known(r)) => {
            d.checked_add(r).map_or(Figure::NotAvailable(WhyNot::TooLarge), Figure::Known)
        }
        (Figure::NotAvailable(why), _) | (_, Figure::NotAvailable(why)) => Figure::NotAvailable(why),
    };
    let committed = commitment.map_or(0, |c| i128::from(c.0));
    let pence = |amount: i128| Pence(i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX }));
    Measures {
        paid_in: pence(paid_in),
        invested: pence(invested),
        distributed: pence(distributed),
        nav,
        dpi,
        rvpi,
        tvpi,
        picc: quotient(paid_in, committed, WhyNot::NoCommitment, places),
        moic: valued(&|held| quotient(distributed + held, invested, WhyNot::NothingInvested, places)),
    }
}

fn quotient(part: i128, base: i128, none: WhyNot, places: u32) -> Figure {
    if base <= 0 {
        return Figure::NotAvailable(none);
    }
    let whole = |pence: i128| Decimal::try_from_i128_with_scale(pence, 0).ok();
    let exact = whole(part).zip(whole(base)).and_then(|(p, b)| p.checked_div(b));
    exact.map_or(Figure::NotAvailable(WhyNot::TooLarge), |value| {
        let mut value = round_half_up(value, places);
        value.rescale(places);
        Figure::Known(value)
    })
}

/// The net asset value of a pool: the sum, the oldest valuation date, rolled forward if any is.
/// `None` when any holding has no valuation, or there is none: a missing value is not taken for zero.
#[must_use]
pub fn pooled_nav(navs: &[Option<Nav>]) -> Option<Nav> {
    let mut pool: Option<Nav> = None;
    for nav in navs {
        let nav = (*nav)?;
        pool = Some(match pool {
            None => nav,
            Some(before) => Nav {
                value: before.value.checked_add(nav.value)?,
                valued_on: before.valued_on.min(nav.valued_on),
                rolled_forward: before.rolled_forward || nav.rolled_forward,
            },
        });
    }
    pool
}

/// The rate of return of typed flows up to and including a day, with the net asset value as its closing value that day.
///
/// A net asset value of zero is a statement that nothing is left; no valuation states nothing.
#[must_use]
pub fn rate_of_return(flows: &[TypedFlow], nav: Option<Nav>, on: LocalDate) -> Xirr {
    let cash: Vec<Flow> = flows.iter().filter(|f| f.on <= on).filter_map(TypedFlow::cash).collect();
    xirr(&cash, nav.map(|nav| Closing { date: on, value: nav.value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn typed(on: &str, kind: FlowKind, pounds: i64) -> TypedFlow {
        TypedFlow { on: date(on), kind, amount: Pence(pounds * 100) }
    }

    fn loan() -> Vec<TypedFlow> {
        vec![
            typed("2025-01-01", FlowKind::Drawdown, 10_000),
            typed("2025-01-01", FlowKind::FundCost, 500),
            typed("2025-06-30", FlowKind::CapitalisedInterest, 300),
            typed("2025-12-31", FlowKind::Valuation, 10_300),
            typed("2026-01-01", FlowKind::Principal, 2_000),
            typed("2026-01-01", FlowKind::Interest, 400),
        ]
    }

    #[test]
    fn each_multiple_has_its_own_base_and_capitalised_interest_counts_once() {
        let on = date("2026-01-01");
        let nav = nav_at(&loan(), on);
        assert_eq!(nav, Some(Nav { value: Pence(830_000), valued_on: date("2025-12-31"), rolled_forward: true }));
        let m = measures(&loan(), nav, Some(Pence(2_100_000)), on, MULTIPLE_PLACES);
        assert_eq!((m.paid_in, m.invested, m.distributed), (Pence(1_050_000), Pence(1_000_000), Pence(240_000)));
        assert_eq!(m.dpi, Figure::Known(dec!(0.23)));
        assert_eq!(m.rvpi, Figure::Known(dec!(0.79)));
        assert_eq!(m.tvpi, Figure::Known(dec!(1.02)));
        assert_eq!(m.picc, Figure::Known(dec!(0.50)));
        assert_eq!(m.moic, Figure::Known(dec!(1.07)));
        let rate = rate_of_return(&loan(), nav, on).rate().unwrap();
        // 10,700 back for 10,500 after a year.
        assert_eq!(rate, dec!(0.01904762));
    }

    #[test]
    fn a_figure_that_cannot_be_computed_says_why_and_is_never_zero() {
        let on = date("2026-01-01");
        let none = measures(&[], None, None, on, 2);
        assert_eq!(none.dpi, Figure::NotAvailable(WhyNot::NothingPaidIn));
        assert_eq!(none.rvpi, Figure::NotAvailable(WhyNot::NoValuation));
        assert_eq!(none.picc, Figure::NotAvailable(WhyNot::NoCommitment));
        assert_eq!(serde_json::to_string(&none.moic).unwrap(), r#"{"status":"not_available","value":"no_valuation"}"#);
        let unvalued = [typed("2025-01-01", FlowKind::Drawdown, 100)];
        let m = measures(&unvalued, nav_at(&unvalued, on), None, on, 2);
        assert_eq!(m.dpi, Figure::Known(dec!(0.00)));
        assert_eq!(m.tvpi, Figure::NotAvailable(WhyNot::NoValuation));
        assert_eq!(rate_of_return(&unvalued, None, on), Xirr::TooShort);
    }

    #[test]
    fn a_holding_valued_at_nothing_is_a_total_loss_and_one_never_valued_is_not() {
        let lost = [typed("2024-01-01", FlowKind::Drawdown, 100), typed("2025-01-01", FlowKind::Valuation, 0)];
        let on = date("2026-01-01");
        assert_eq!(rate_of_return(&lost, nav_at(&lost, on), on), Xirr::TotalLoss);
    }

    #[test]
    fn a_pool_with_an_unvalued_holding_has_no_value() {
        let nav = Nav { value: Pence(5), valued_on: date("2025-01-01"), rolled_forward: false };
        let older = Nav { value: Pence(7), valued_on: date("2024-06-01"), rolled_forward: true };
        assert_eq!(pooled_nav(&[Some(nav), None]), None);
        assert_eq!(
            pooled_nav(&[Some(nav), Some(older)]),
            Some(Nav { value: Pence(12), valued_on: date("2024-06-01"), rolled_forward: true })
        );
    }

    proptest! {
        #[test]
        fn what_a_person_adds_up_agrees_and_reversals_cancel(
            drawn in 1_i64..1_000_000_000, back in 0_i64..1_000_000_000, held in 0_i64..1_000_000_000,
        ) {
            let on = date("2026-01-01");
            let mut flows = vec![
                TypedFlow { on: date("2025-01-01"), kind: FlowKind::Drawdown, amount: Pence(drawn) },
                TypedFlow { on: date("2025-07-01"), kind: FlowKind::Principal, amount: Pence(back) },
            ];
            let nav = Some(Nav { value: Pence(held), valued_on: on, rolled_forward: false });
            let m = measures(&flows, nav, None, on, 4);
            prop_assert_eq!(m.tvpi.known(), Some(m.dpi.known().unwrap() + m.rvpi.known().unwrap()));
            flows.push(TypedFlow { on, kind: FlowKind::Fee, amount: Pence(500) });
            flows.push(TypedFlow { on, kind: FlowKind::Fee, amount: Pence(-500) });
            prop_assert_eq!(measures(&flows, nav, None, on, 4), m);
        }
    }
}
