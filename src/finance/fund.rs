//! A fund as a whole: recycling, gross and net, losses, concentration, vintages, and how long an evergreen fund lasts.

use super::irr::{Closing, Flow, Xirr, xirr};
use super::measures::{Figure, FlowKind, Side, TypedFlow, WhyNot};
use super::refusal::{FinanceRefusal, Worked, over, times, total};
use crate::values::{LocalDate, Pence, Share, round_half_up};
use chrono::Datelike;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Places of a ratio of a fund.
pub const RATIO_PLACES: u32 = 4;

fn ratio(part: Pence, base: Pence, none: WhyNot) -> Figure {
    if base <= Pence::ZERO {
        return Figure::NotAvailable(none);
    }
    over(part, base).map_or(Figure::NotAvailable(WhyNot::TooLarge), |r| Figure::Known(round_half_up(r, RATIO_PLACES)))
}

/// Money paid in and given back at the level of the fund's backers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackerFlow {
    /// The day.
    pub on: LocalDate,
    /// What it is.
    pub kind: BackerKind,
    /// More than 0.
    pub amount: Pence,
}

/// What a flow between the fund and its backers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackerKind {
    /// Called and paid in.
    Call,
    /// Called again out of a recallable distribution: the same money a second time.
    Recall,
    /// Distributed for good.
    Distribution,
    /// Distributed and recallable.
    RecallableDistribution,
}

/// Measures with recycled money counted once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackerMeasures {
    /// Paid in, recalled money left out.
    pub paid_in: Pence,
    /// Distributed less what was recalled.
    pub distributed: Pence,
    /// Distributed / paid in, recalled money counted once.
    pub dpi: Figure,
    /// The same with every distribution and every recall counted.
    pub dpi_with_recalled: Figure,
    /// Net asset value / paid in.
    pub rvpi: Figure,
    /// Paid in / commitment.
    pub picc: Figure,
    /// The rate of return of all cash, recalls included: they moved on their days.
    pub net: Xirr,
}

/// Measures of the backers.
///
/// # Errors
/// [`FinanceRefusal`]: more recalled than was recallable, amounts of nothing or less.
pub fn backer_measures(flows: &[BackerFlow], nav: Pence, commitment: Pence, on: LocalDate) -> Worked<BackerMeasures> {
    let seen: Vec<&BackerFlow> = flows.iter().filter(|f| f.on <= on).collect();
    if seen.iter().any(|f| f.amount <= Pence::ZERO) {
        return Err(FinanceRefusal::NotPositive("an amount"));
    }
    let sum = |kind: BackerKind| total(seen.iter().filter(|f| f.kind == kind).map(|f| f.amount));
    let (calls, recalls) = (sum(BackerKind::Call)?, sum(BackerKind::Recall)?);
    let recallable = sum(BackerKind::RecallableDistribution)?;
    if recalls > recallable {
        return Err(FinanceRefusal::Contradiction("No more can be recalled than was distributed as recallable."));
    }
    let given = total([sum(BackerKind::Distribution)?, recallable])?;
    let distributed = given - recalls;
    let cash: Vec<Flow> = seen
        .iter()
        .map(|f| match f.kind {
            BackerKind::Call | BackerKind::Recall => Flow { date: f.on, amount: -f.amount },
            BackerKind::Distribution | BackerKind::RecallableDistribution => Flow { date: f.on, amount: f.amount },
        })
        .collect();
    Ok(BackerMeasures {
        paid_in: calls,
        distributed,
        dpi: ratio(distributed, calls, WhyNot::NothingPaidIn),
        dpi_with_recalled: ratio(given, total([calls, recalls])?, WhyNot::NothingPaidIn),
        rvpi: ratio(nav, calls, WhyNot::NothingPaidIn),
        picc: ratio(calls, commitment, WhyNot::NoCommitment),
        net: xirr(&cash, Some(Closing { date: on, value: nav })),
    })
}

/// The gross rate of the investments: fund costs left out.
#[must_use]
pub fn gross_rate(flows: &[TypedFlow], nav: Option<Pence>, on: LocalDate) -> Xirr {
    let cash: Vec<Flow> =
        flows.iter().filter(|f| f.on <= on && f.kind != FlowKind::FundCost).filter_map(TypedFlow::cash).collect();
    xirr(&cash, nav.map(|value| Closing { date: on, value }))
}

/// One holding, for concentration, vintages and losses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Its name.
    pub name: String,
    /// Its sector.
    pub sector: String,
    /// Its ward.
    pub ward: String,
    /// The day of its first drawdown, which makes its vintage.
    pub first_drawn: LocalDate,
    /// Paid out.
    pub invested: Pence,
    /// Received, recoveries included.
    pub received: Pence,
    /// Value.
    pub value: Pence,
    /// Written off.
    pub written_off: Pence,
    /// Recovered after it was written off.
    pub recovered: Pence,
}

/// How much hangs on few.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Concentration {
    /// Σ of squared parts of the value, to 4 places: 1 is one holding.
    pub herfindahl: Figure,
    /// The five largest together.
    pub top_five: Figure,
    /// By sector, largest first.
    pub sectors: Vec<(String, Figure)>,
    /// By ward, largest first.
    pub wards: Vec<(String, Figure)>,
}

/// Concentration by value.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn concentration(holdings: &[Holding]) -> Worked<Concentration> {
    let whole = total(holdings.iter().map(|h| h.value))?;
    let mut values: Vec<Pence> = holdings.iter().map(|h| h.value).collect();
    values.sort_unstable_by(|a, b| b.cmp(a));
    let squares = values
        .iter()
        .filter_map(|v| over(*v, whole))
        .try_fold(Decimal::ZERO, |sum, part| part.checked_mul(part).and_then(|square| sum.checked_add(square)));
    let herfindahl = match squares {
        _ if whole <= Pence::ZERO => Figure::NotAvailable(WhyNot::NothingInvested),
        Some(squares) => Figure::Known(round_half_up(squares, RATIO_PLACES)),
        None => Figure::NotAvailable(WhyNot::TooLarge),
    };
    let by = |name: fn(&Holding) -> &String| -> Worked<Vec<(String, Figure)>> {
        let mut groups: BTreeMap<String, Pence> = BTreeMap::new();
        for holding in holdings {
            let group = groups.entry(name(holding).clone()).or_default();
            *group = total([*group, holding.value])?;
        }
        let mut sorted: Vec<(String, Pence)> = groups.into_iter().collect();
        sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(sorted.into_iter().map(|(name, value)| (name, ratio(value, whole, WhyNot::NothingInvested))).collect())
    };
    Ok(Concentration {
        herfindahl,
        top_five: ratio(total(values.into_iter().take(5))?, whole, WhyNot::NothingInvested),
        sectors: by(|h| &h.sector)?,
        wards: by(|h| &h.ward)?,
    })
}

/// The holdings first drawn in one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vintage {
    /// Calendar year of first drawdown.
    pub year: i32,
    /// How many.
    pub holdings: usize,
    /// Paid out.
    pub invested: Pence,
    /// (Received + value) / paid out.
    pub multiple: Figure,
    /// Written off / paid out.
    pub loss: Figure,
    /// Recovered / written off, to 4 places; `None` when nothing was written off.
    pub recovery: Option<Decimal>,
}

/// Vintages by calendar year of first drawdown, oldest first.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn vintages(holdings: &[Holding]) -> Worked<Vec<Vintage>> {
    let mut years: BTreeMap<i32, Vec<&Holding>> = BTreeMap::new();
    for holding in holdings {
        years.entry(holding.first_drawn.year()).or_default().push(holding);
    }
    years
        .into_iter()
        .map(|(year, group)| {
            let sum = |of: fn(&Holding) -> Pence| total(group.iter().map(|h| of(h)));
            let (invested, lost) = (sum(|h| h.invested)?, sum(|h| h.written_off)?);
            let back = total([sum(|h| h.received)?, sum(|h| h.value)?])?;
            Ok(Vintage {
                year,
                holdings: group.len(),
                invested,
                multiple: ratio(back, invested, WhyNot::NothingInvested),
                loss: ratio(lost, invested, WhyNot::NothingInvested),
                recovery: over(sum(|h| h.recovered)?, lost).map(|r| round_half_up(r, RATIO_PLACES)),
            })
        })
        .collect()
}

/// Where a fund's money came from and went to. Sources less uses is the cash that must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SourcesAndUses {
    /// From backers.
    pub paid_in: Pence,
    /// From investments.
    pub received: Pence,
    /// To investments.
    pub invested: Pence,
    /// To costs.
    pub costs: Pence,
    /// Sources − uses.
    pub cash: Pence,
    /// What was invested out of money that came back: invested beyond what backers paid in, costs met first.
    pub recycled: Pence,
}

/// Adds up sources and uses.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn sources_and_uses(paid_in: Pence, flows: &[TypedFlow], on: LocalDate) -> Worked<SourcesAndUses> {
    let seen = || flows.iter().filter(|f| f.on <= on);
    let received = total(seen().filter(|f| f.kind.side() == Side::Distributed).map(|f| f.amount))?;
    let invested = total(seen().filter(|f| f.kind == FlowKind::Drawdown).map(|f| f.amount))?;
    let costs = total(seen().filter(|f| f.kind == FlowKind::FundCost).map(|f| f.amount))?;
    let cash = total([paid_in, received, -invested, -costs])?;
    let own = (paid_in - costs).max(Pence::ZERO);
    Ok(SourcesAndUses { paid_in, received, invested, costs, cash, recycled: (invested - own).max(Pence::ZERO) })
}

/// What an evergreen fund is taken to do each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evergreen {
    /// Cash at the start.
    pub cash: Pence,
    /// Out on investment at the start.
    pub invested: Pence,
    /// The part of what is out that comes back in a year.
    pub repaid: Share,
    /// Income on what is out.
    pub income: Share,
    /// What is lost of what is out.
    pub lost: Share,
    /// Costs in the first year.
    pub costs: Pence,
    /// By how much costs rise a year, a fraction.
    pub inflation: Decimal,
    /// The part of the cash after costs that is invested again.
    pub reinvested: Share,
}

/// One year of an evergreen fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EvergreenYear {
    /// From 1.
    pub year: u32,
    /// Came back and earned.
    pub received: Pence,
    /// Lost.
    pub lost: Pence,
    /// Spent on costs.
    pub costs: Pence,
    /// Invested again.
    pub reinvested: Pence,
    /// Cash at the end.
    pub cash: Pence,
    /// Out on investment at the end.
    pub invested: Pence,
}

/// How an evergreen fund goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Projection {
    /// Year by year, up to the horizon or the year costs can no longer be paid.
    pub years: Vec<EvergreenYear>,
    /// The first year costs cannot be paid; `None` within the horizon.
    pub ends_in: Option<u32>,
    /// Invested again in all / out at the start.
    pub recycled: Figure,
}

/// Projects an evergreen fund: losses come first, then repayments and income of what is left, costs, and new investment.
///
/// # Errors
/// [`FinanceRefusal`]: more than all comes back, or figures too large.
pub fn project(terms: &Evergreen, horizon: u32) -> Worked<Projection> {
    let (mut cash, mut invested, mut costs) = (terms.cash, terms.invested, terms.costs);
    let mut years = Vec::new();
    let mut ends_in = None;
    for year in 1..=horizon.min(200) {
        let lost = times(invested, terms.lost.get())?;
        let standing = invested - lost;
        let repaid = times(standing, terms.repaid.get())?;
        let received = total([repaid, times(standing, terms.income.get())?])?;
        let before = total([cash, received])?;
        if before < costs {
            ends_in = Some(year);
            break;
        }
        let reinvested = times((before - costs).max(Pence::ZERO), terms.reinvested.get())?;
        cash = before - costs - reinvested;
        invested = total([standing, -repaid, reinvested])?;
        years.push(EvergreenYear { year, received, lost, costs, reinvested, cash, invested });
        let rise = Decimal::ONE.checked_add(terms.inflation).ok_or(FinanceRefusal::TooLarge)?;
        costs = times(costs, rise)?;
    }
    let again = total(years.iter().map(|y| y.reinvested))?;
    Ok(Projection { years, ends_in, recycled: ratio(again, terms.invested, WhyNot::NothingInvested) })
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

    #[test]
    fn recalled_money_is_counted_once_and_shown_both_ways() {
        let flow = |on: &str, kind, pounds: i64| BackerFlow { on: date(on), kind, amount: Pence(pounds * 100) };
        let flows = [
            flow("2024-01-01", BackerKind::Call, 1_000),
            flow("2025-01-01", BackerKind::RecallableDistribution, 400),
            flow("2025-06-01", BackerKind::Recall, 300),
            flow("2026-01-01", BackerKind::Distribution, 200),
        ];
        let found = backer_measures(&flows, Pence(90_000), Pence(200_000), date("2026-01-01")).unwrap();
        assert_eq!((found.paid_in, found.distributed), (Pence(100_000), Pence(30_000)));
        assert_eq!((found.dpi, found.dpi_with_recalled), (Figure::Known(dec!(0.3)), Figure::Known(dec!(0.4615))));
        assert_eq!((found.rvpi, found.picc), (Figure::Known(dec!(0.9)), Figure::Known(dec!(0.5))));
        assert!(found.net.rate().is_some());
        let too_much = [flows[0], flow("2025-06-01", BackerKind::Recall, 1)];
        assert!(backer_measures(&too_much, Pence(0), Pence(0), date("2026-01-01")).is_err());
    }

    fn holding(name: &str, year: i32, value: i64, lost: i64) -> Holding {
        Holding {
            name: name.into(),
            sector: if value > 300 { "Food".into() } else { "Care".into() },
            ward: "Ward".into(),
            first_drawn: date(&format!("{year}-05-01")),
            invested: Pence(1_000),
            received: Pence(200),
            value: Pence(value),
            written_off: Pence(lost),
            recovered: Pence(lost / 4),
        }
    }

    #[test]
    fn concentration_and_vintages_are_what_a_person_works_out() {
        let holdings = [holding("a", 2024, 600, 0), holding("b", 2024, 300, 400), holding("c", 2025, 100, 0)];
        let found = concentration(&holdings).unwrap();
        assert_eq!((found.herfindahl, found.top_five), (Figure::Known(dec!(0.46)), Figure::Known(dec!(1))));
        assert_eq!(found.sectors[0], ("Food".to_owned(), Figure::Known(dec!(0.6))));
        let years = vintages(&holdings).unwrap();
        assert_eq!((years[0].year, years[0].holdings, years[0].multiple), (2024, 2, Figure::Known(dec!(0.65))));
        assert_eq!((years[0].loss, years[0].recovery), (Figure::Known(dec!(0.2)), Some(dec!(0.25))));
        assert_eq!(years[1].recovery, None, "nothing lost is no ratio of 0");
        assert_eq!(concentration(&[]).unwrap().herfindahl, Figure::NotAvailable(WhyNot::NothingInvested));
    }

    #[test]
    fn sources_less_uses_is_the_cash_and_money_that_came_back_is_recycled() {
        let typed = |kind, pounds: i64| TypedFlow { on: date("2025-01-01"), kind, amount: Pence(pounds * 100) };
        let flows = [typed(FlowKind::Drawdown, 1_200), typed(FlowKind::Principal, 500), typed(FlowKind::FundCost, 50)];
        let found = sources_and_uses(Pence(100_000), &flows, date("2026-01-01")).unwrap();
        assert_eq!((found.cash, found.recycled), (Pence(25_000), Pence(25_000)));
        let gross = gross_rate(
            &[typed(FlowKind::Drawdown, 100), typed(FlowKind::FundCost, 50)],
            Some(Pence(11_000)),
            date("2026-01-01"),
        );
        assert_eq!(gross.rate(), Some(dec!(0.1)));
    }

    proptest! {
        #[test]
        fn no_penny_of_an_evergreen_fund_is_made_or_lost(cash in 0_i64..10_000_000, out in 1_i64..100_000_000, r in 0_i64..60, i in 0_i64..15, l in 0_i64..20, costs in 0_i64..5_000_000, again in 0_i64..100) {
            let part = |n| Share::new(Decimal::new(n, 2)).unwrap();
            let terms = Evergreen { cash: Pence(cash), invested: Pence(out), repaid: part(r), income: part(i), lost: part(l), costs: Pence(costs), inflation: dec!(0.02), reinvested: part(again) };
            let found = project(&terms, 40).unwrap();
            let mut before = cash + out;
            for year in &found.years {
                prop_assert!(year.cash >= Pence::ZERO && year.invested >= Pence::ZERO);
                let income = year.cash.0 + year.invested.0 + year.costs.0 + year.lost.0 - before;
                prop_assert!(income >= 0 && income <= year.received.0);
                before = year.cash.0 + year.invested.0;
            }
            prop_assert_eq!(found.ends_in.is_none(), found.years.len() == 40);
        }
    }
}
