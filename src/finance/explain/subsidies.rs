//! Gross cash equivalents, and the running total of minimal financial assistance.

use super::rates::dated_value;
use super::{Line, exact_pounds, factor, percent, sum_of};
use crate::finance::equivalents::{Given, group_of, guarantee_saving};
use crate::finance::instruments::guarantee::Guarantee;
use crate::finance::irr::Flow;
use crate::finance::loan::LoanSchedule;
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::law::subsidy::MfaCheck;
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A rate and where it comes from.
#[must_use]
pub fn rate(what: &str, rate: &SourcedRate) -> Line {
    Line::given(what, percent(rate.rate.get()), format!("{}, {}", rate.source, rate.on))
}

/// A grant.
#[must_use]
pub fn of_grant(amount: Pence, found: Pence) -> Vec<Line> {
    vec![Line::new("Gross cash equivalent", format!("the amount paid, {amount}"), found.to_string())]
}

/// Anything that pays back: its cash at the market rate.
#[must_use]
pub fn of_cash(cash: &[Flow], market: Decimal, found: Pence) -> Vec<Line> {
    let mut lines = dated_value(cash, market);
    let less = "minus the net present value at the market rate, at least £0";
    lines.push(Line::new("Gross cash equivalent", less, found.to_string()));
    lines
}

/// A loan by its balances: what each period saves against the market rate, at present value.
#[must_use]
pub fn of_loan(
    loan: &LoanSchedule,
    market: Decimal,
    discount: Decimal,
    awarded_on: LocalDate,
    found: Pence,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut benefits = vec![Flow { date: awarded_on, amount: Pence::ZERO }];
    for row in loan.loans.iter().flatten().filter(|row| !row.parts.is_empty()) {
        let mut exact = Decimal::ZERO;
        let mut formula = Vec::with_capacity(row.parts.len());
        for part in &row.parts {
            let gap = market.saturating_sub(part.rate);
            exact = exact.saturating_add(part.base.saturating_mul(gap).saturating_mul(part.years));
            let (base, market, rate, years) =
                (exact_pounds(part.base), percent(market), percent(part.rate), factor(part.years));
            formula.push(format!("{base} × ({market} − {rate}) × {years} years"));
        }
        let Ok(benefit) = Pence::round_pence(exact) else { continue };
        lines.push(Line::new(
            format!("Saved in period {} ({})", row.number, row.due),
            formula.join(" + "),
            benefit.to_string(),
        ));
        benefits.push(Flow { date: row.due.max(awarded_on), amount: benefit });
    }
    lines.extend(dated_value(&benefits, discount));
    lines.push(Line::new(
        "Gross cash equivalent",
        "the net present value, to the penny and at least £0",
        found.to_string(),
    ));
    lines
}

/// Shares bought above their market value.
#[must_use]
pub fn of_equity(paid: Pence, market_value: Pence, found: Pence) -> Vec<Line> {
    vec![Line::new(
        "Gross cash equivalent",
        format!("paid {paid} − market value {market_value}, at least £0"),
        found.to_string(),
    )]
}

/// A guarantee below the market fee.
#[must_use]
pub fn of_guarantee(
    guarantee: &Guarantee,
    market_fee: Decimal,
    balances: &[(LocalDate, Pence)],
    discount: Decimal,
    found: Pence,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut saved = Vec::new();
    for (on, balance) in balances {
        let Ok((exposure, amount)) = guarantee_saving(guarantee, market_fee, *balance, *on) else { continue };
        let (fee, cover) = (percent(guarantee.fee.get()), percent(guarantee.cover.get()));
        let formula = format!(
            "{exposure} × ({} − {fee}), exposed {cover} of {balance}, at most {}",
            percent(market_fee),
            guarantee.limit
        );
        lines.push(Line::new(format!("Fee saved in the year from {on}"), formula, amount.to_string()));
        saved.push(Flow { date: *on, amount });
    }
    lines.extend(dated_value(&saved, discount));
    lines.push(Line::new(
        "Gross cash equivalent",
        "the net present value, to the penny and at least £0",
        found.to_string(),
    ));
    lines
}

/// The group's running total against the cap, exact at the limit, with the excess.
#[must_use]
pub fn running_total(
    given: &[Given],
    parents: &BTreeMap<String, String>,
    enterprise: &str,
    found: &MfaCheck,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut counted = Vec::new();
    for one in given.iter().filter(|g| group_of(parents, &g.enterprise) == group_of(parents, enterprise)) {
        let inside = one.assistance.given >= found.window_from && one.assistance.given <= found.window_to;
        let what = format!("{}, {}", one.enterprise, one.assistance.given);
        let (kind, amount) = (one.assistance.kind.label(), one.assistance.amount);
        if inside {
            counted.push(amount);
            lines.push(Line::new(what, "", format!("{amount} ({kind})")));
        } else {
            lines.push(Line::new(what, "", format!("{amount} ({kind}), outside the window: not counted")));
        }
    }
    let window = format!("{} to {}", found.window_from, found.window_to);
    lines.push(Line::given("Days that count", window, "Subsidy Control Act 2022 s.36"));
    lines.push(Line::new("Already had by the group", sum_of(&counted), found.used.to_string()));
    lines.push(Line::given("Cap", found.cap.to_string(), "Subsidy Control Act 2022 s.36"));
    lines.push(Line::new(
        "Room under the cap",
        format!("{} − {}", found.cap, found.used),
        (found.cap - found.used).to_string(),
    ));
    lines.push(Line::new(
        "Can be given as minimal financial assistance",
        format!("the less of {} and the room", found.new),
        found.allowed.to_string(),
    ));
    lines.push(Line::new(
        "Needs another route",
        format!("{} − {}", found.new, found.allowed),
        found.excess.to_string(),
    ));
    lines
}
