//! A package: several instruments that are offered, read and accepted as one.
//!
//! Each part keeps its own terms and schedule; what is added up here are whole pence of its parts, so that the sums agree
//! with what a person adds up from the pages of the parts.

use super::cost::Cost;
use super::equivalent::{Equivalent, cash};
use super::{Agreed, Instrument, InstrumentTerms};
use crate::finance::instruments::package::{Blended, Layer, blended};
use crate::finance::refusal::{FinanceRefusal, total};
use crate::finance::schedule::{Row, Tranche};
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};
use serde::Serialize;
use std::collections::BTreeMap;

/// One part of a package: an instrument, with what is paid out and when.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its terms.
    pub terms: &'a InstrumentTerms,
    /// What is paid out and when it is planned; none for a guarantee.
    pub draws: &'a [Tranche],
}

/// The plain title of a part: "2. Repayable loan".
#[must_use]
pub fn title(number: i64, terms: &InstrumentTerms) -> String {
    format!("{number}. {}", terms.instrument().label())
}

/// What one part of a package costs the enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartCost {
    /// From 1.
    pub number: i64,
    /// "2. Repayable loan".
    pub title: String,
    /// What is paid out in all, or for a guarantee what is at stake.
    pub amount: Pence,
    /// All payments that the terms let one say.
    pub to_pay: Pence,
    /// What of them is more than what was paid out.
    pub costs: Pence,
    /// Everything about it, as for an offer of it alone.
    pub cost: Cost,
}

/// What is paid on one day for all parts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Together {
    /// The day.
    pub due: LocalDate,
    /// What is paid for each part, in the order of the parts.
    pub parts: Vec<Pence>,
    /// All of them.
    pub total: Pence,
    /// What of that is money paid back; the rest is its price.
    pub capital: Pence,
    /// Whether any of it changes with what is reported later.
    pub estimate: bool,
}

/// What a whole package costs the enterprise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageCost {
    /// The answer in two or three sentences.
    pub lead: String,
    /// What is not in the sums.
    pub lines: Vec<String>,
    /// Each part.
    pub parts: Vec<PartCost>,
    /// Each day on which something is paid.
    pub payments: Vec<Together>,
    /// All money paid out to the enterprise.
    pub paid_out: Pence,
    /// All payments that the terms let one say.
    pub to_pay: Pence,
    /// What they cost: of each part what is paid beyond what it paid out, added up.
    pub costs: Pence,
}

fn paying(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.iter().filter(|r| !r.payment.is_zero())
}

/// "£30,000 (recoverable grant)"; of a guarantee "a guarantee of up to £50,000".
fn given_words(part: &Part<'_>, amount: Pence) -> String {
    match part.terms.instrument() {
        Instrument::Guarantee => format!("a guarantee of up to {amount}"),
        other => format!("{amount} ({})", other.label().to_lowercase()),
    }
}

/// "one, two and three".
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// What is to know about a part whose payments depend on what happens.
fn outside_words(number: i64, terms: &InstrumentTerms) -> Option<String> {
    let name = terms.instrument().label().to_lowercase();
    match terms.instrument() {
        Instrument::RecoverableGrant
        | Instrument::Equity
        | Instrument::PreferenceShares
        | Instrument::CommunityShares => Some(format!(
            "What you may pay for part {number} ({name}) depends on what happens later. It is not in these sums; read it \
             below."
        )),
        Instrument::Convertible => {
            Some(format!("Part {number} ({name}) is in these sums as if it is repaid. It may become shares instead."))
        }
        _ => None,
    }
}

/// What a package costs the enterprise, part by part and together.
///
/// # Errors
/// As [`InstrumentTerms::cost`]; sums that do not fit.
pub fn cost(parts: &[Part<'_>]) -> Agreed<PackageCost> {
    let mut found = Vec::with_capacity(parts.len());
    let mut days: BTreeMap<LocalDate, Together> = BTreeMap::new();
    let (mut given, mut lines) = (Vec::new(), Vec::new());
    for (place, (number, part)) in (1_i64..).zip(parts).enumerate() {
        let cost = part.terms.cost(part.draws)?;
        let paid_out = total(part.draws.iter().map(|d| d.amount))?;
        let to_pay = total(paying(&cost.rows).map(|r| r.payment))?;
        for row in paying(&cost.rows) {
            let day = days.entry(row.due).or_insert_with(|| Together {
                due: row.due,
                parts: vec![Pence::ZERO; parts.len()],
                total: Pence::ZERO,
                capital: Pence::ZERO,
                estimate: false,
            });
            if let Some(own) = day.parts.get_mut(place) {
                *own = total([*own, row.payment])?;
            }
            day.total = total([day.total, row.payment])?;
            day.capital = total([day.capital, row.principal])?;
            day.estimate |= row.estimate;
        }
        let amount = part.terms.at_stake(part.draws);
        given.push(given_words(part, amount));
        lines.extend(outside_words(number, part.terms));
        found.push(PartCost {
            number,
            title: title(number, part.terms),
            amount,
            to_pay,
            costs: Pence(to_pay.0.saturating_sub(paid_out.0).max(0)),
            cost,
        });
    }
    let payments: Vec<Together> = days.into_values().collect();
    let paid_out = total(parts.iter().flat_map(|p| p.draws).map(|d| d.amount))?;
    let to_pay = total(payments.iter().map(|d| d.total))?;
    let costs = total(found.iter().map(|p| p.costs))?;
    let lead = format!(
        "You would get {paid_out} in {} parts, and accept or decline them together: {}. {}",
        parts.len(),
        listed(&given),
        payment_words(&payments, to_pay, costs)
    );
    Ok(PackageCost { lead, lines, parts: found, payments, paid_out, to_pay, costs })
}

/// What is paid in all, from when to when, and what of it is the price of the money.
fn payment_words(payments: &[Together], to_pay: Pence, costs: Pence) -> String {
    let expected = if payments.iter().any(|d| d.estimate) { "As things are expected now, you" } else { "You" };
    let paid = match payments {
        [] => return "No payment is fixed.".to_owned(),
        [only] => format!("{expected} would pay {to_pay} on {}", medium_date(only.due)),
        [first, .., last] => format!(
            "{expected} would pay {to_pay} in {} payments, from {} to {}",
            payments.len(),
            medium_date(first.due),
            medium_date(last.due)
        ),
    };
    if costs.is_zero() { format!("{paid}.") } else { format!("{paid}. {costs} of it is what the money costs you.") }
}

/// The gross cash equivalent of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartEquivalent {
    /// "2. Repayable loan".
    pub title: String,
    /// The amount and how it was found.
    #[serde(flatten)]
    pub found: Equivalent,
}

/// The gross cash equivalent of a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackageEquivalent {
    /// The amounts of all parts added up.
    pub amount: Pence,
    /// How each was found, part by part.
    pub basis: String,
    /// Each part.
    pub parts: Vec<PartEquivalent>,
    /// The planned cash of all parts together, as the fund sees it.
    pub together: Blended,
}

/// Works out the gross cash equivalent of a package: the sum of those of its parts, to the penny.
///
/// `markets` is what the market asks for each part in turn (for a guarantee the market fee), `discount` and `awarded_on`
/// are as for [`InstrumentTerms::equivalent`].
///
/// # Errors
/// As [`InstrumentTerms::equivalent`]; another number of rates than of parts.
pub fn equivalent(
    parts: &[Part<'_>],
    markets: &[SourcedRate],
    discount: &SourcedRate,
    awarded_on: LocalDate,
) -> Agreed<PackageEquivalent> {
    if parts.len() != markets.len() {
        return Err(FinanceRefusal::Missing("a market rate for each part").into());
    }
    let (mut found, mut layers) = (Vec::new(), Vec::new());
    for ((number, part), market) in (1_i64..).zip(parts).zip(markets) {
        let own = part.terms.equivalent(part.draws, market, discount, awarded_on)?;
        let title = title(number, part.terms);
        layers.push(Layer {
            name: title.clone(),
            cash: cash(part.draws, &part.terms.planned(part.draws)?),
            subsidy: own.amount,
        });
        found.push(PartEquivalent { title, found: own });
    }
    let together = blended(&layers)?;
    let basis = match found.as_slice() {
        [only] => only.found.basis.clone(),
        all => all
            .iter()
            .map(|p| format!("{}: {}. {}", p.title, p.found.amount, p.found.basis))
            .collect::<Vec<_>>()
            .join(" "),
    };
    Ok(PackageEquivalent { amount: together.subsidy, basis, parts: found, together })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::terms::{GuaranteeTerms, RecoverableGrantTerms};
    use crate::values::Rate;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    fn day(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn draw(on: &str, pounds: i64) -> Vec<Tranche> {
        vec![Tranche { on: day(on), amount: Pence(pounds * 100) }]
    }

    /// Interest-free, two level payments a year apart: figures by hand.
    fn loan(pounds: i64) -> InstrumentTerms {
        use crate::finance::loan::{Accrual, Facility, Plan, Price, Scope};
        InstrumentTerms::Loan(Facility {
            draws: draw("2027-01-15", pounds),
            price: Price::Fixed { rate: Rate::new(dec!(0.10)).unwrap() },
            accrual: Accrual::EqualPeriods,
            plan: Plan::EqualPrincipal,
            instalments: 2,
            period_months: 12,
            first_due: None,
            month_end: crate::finance::business_days::MonthEnd::default(),
            convention: crate::finance::business_days::Convention::default(),
            calendar: None,
            pauses: Vec::new(),
            scope: Scope::Facility,
            fees: Vec::new(),
        })
    }

    fn recoverable() -> InstrumentTerms {
        InstrumentTerms::RecoverableGrant(RecoverableGrantTerms {
            figure: "yearly revenue".into(),
            trigger: Pence(10_000_000),
            share: "0.25".parse().unwrap(),
            cap: dec!(1),
            first_due: day("2028-03-31"),
            until: day("2030-03-31"),
        })
    }

    fn guarantee() -> InstrumentTerms {
        InstrumentTerms::Guarantee(GuaranteeTerms {
            guarantee: crate::finance::instruments::guarantee::Guarantee {
                cover: "0.75".parse().unwrap(),
                limit: Pence(5_000_000),
                until: day("2028-12-31"),
                fee: "0.02".parse().unwrap(),
            },
            balance: Pence(8_000_000),
            lender: "Borough Bank".into(),
            from: day("2027-01-15"),
        })
    }

    #[test]
    fn a_grant_and_a_loan_cost_together_what_the_loan_costs_and_the_grant_is_told_apart() {
        let (grant, loan) = (recoverable(), loan(70_000));
        let (first, second) = (draw("2027-01-15", 30_000), draw("2027-01-15", 70_000));
        let found = cost(&[Part { terms: &grant, draws: &first }, Part { terms: &loan, draws: &second }]).unwrap();
        // 70,000 at 10%: 7,000 and 3,500 of interest with 35,000 each time.
        assert_eq!(
            (found.paid_out, found.to_pay, found.costs),
            (Pence(10_000_000), Pence(8_050_000), Pence(1_050_000))
        );
        assert_eq!(
            found.lead,
            "You would get £100,000 in 2 parts, and accept or decline them together: £30,000 (recoverable grant) and \
             £70,000 (repayable loan). You would pay £80,500 in 2 payments, from 15 January 2028 to 15 January 2029. \
             £10,500 of it is what the money costs you."
        );
        assert_eq!(found.lines.len(), 1);
        assert!(found.lines[0].contains("part 1 (recoverable grant)"), "{:?}", found.lines);
        assert_eq!(found.payments[0].parts, [Pence::ZERO, Pence(4_200_000)]);
        assert_eq!(found.parts[1].title, "2. Repayable loan");
    }

    #[test]
    fn payments_of_two_parts_on_one_day_stand_in_one_line_and_a_guarantee_is_no_money_to_get() {
        let (loan, guarantee) = (loan(70_000), guarantee());
        let draws = draw("2027-01-15", 70_000);
        let parts = [Part { terms: &loan, draws: &draws }, Part { terms: &guarantee, draws: &[] }];
        let found = cost(&parts).unwrap();
        assert_eq!(found.paid_out, Pence(7_000_000));
        assert!(found.lead.contains("£70,000 (repayable loan) and a guarantee of up to £50,000"), "{}", found.lead);
        let day = found.payments.iter().find(|d| d.due == day("2028-01-15")).unwrap();
        assert_eq!((day.parts[0], day.total), (Pence(4_200_000), Pence(4_200_000) + day.parts[1]));
        assert_eq!(day.parts[1], Pence(100_000), "2% of £50,000");
        let by_part: Pence = found.parts.iter().map(|p| p.to_pay).sum();
        assert_eq!(found.to_pay, by_part);
    }

    #[test]
    fn the_subsidy_of_a_package_is_the_sum_of_those_of_its_parts_to_the_penny() {
        let (grant, loan) = (recoverable(), loan(70_000));
        let (first, second) = (draw("2027-01-15", 30_000), draw("2027-01-15", 70_000));
        let parts = [Part { terms: &grant, draws: &first }, Part { terms: &loan, draws: &second }];
        let rate =
            |rate: &str| SourcedRate { rate: rate.parse().unwrap(), on: day("2026-12-01"), source: "Quotes".into() };
        let discount = rate("0.04");
        let found = equivalent(&parts, &[rate("0.14"), rate("0.13")], &discount, day("2027-01-10")).unwrap();
        let alone = loan.equivalent(&second, &rate("0.13"), &discount, day("2027-01-10")).unwrap();
        assert_eq!(found.parts[0].found.amount, Pence(3_000_000), "a recoverable grant counts whole");
        assert_eq!(found.amount, Pence(3_000_000) + alone.amount);
        assert!(alone.amount > Pence::ZERO);
        assert!(found.basis.starts_with("1. Recoverable grant: £30,000. The whole amount"), "{}", found.basis);
        assert!(found.basis.contains("2. Repayable loan: "), "{}", found.basis);
        assert_eq!(found.together.paid_out, Pence(10_000_000));
        assert_eq!(found.together.received, Pence(8_050_000));
        assert!(equivalent(&parts, &[rate("0.14")], &discount, day("2027-01-10")).is_err());
    }
}
