//! A loan's rows, replayed from its drawings and what happened since.

use super::facts::{FactKind, Facts, Happened};
use super::{Agreed, TermsRefusal};
use crate::finance::loan::{Accrual, Facility, LoanRow, Price, RateStep, replay};
use crate::finance::schedule::{Nature, Row, Schedule, ScheduleRefusal};
use crate::values::Pence;
use chrono::Months;
use std::collections::BTreeMap;

pub(super) fn reports(terms: &Facility) -> Vec<FactKind> {
    if matches!(terms.price, Price::BasePlusMargin { .. }) { vec![FactKind::BaseRate] } else { Vec::new() }
}

/// The agreed loan with what is really drawn, and base rates as they were set.
///
/// The agreed first due date stays when it is after the first drawing and fits the way interest is counted; otherwise
/// the first instalment is due one period after the first drawing.
pub(super) fn drawn(terms: &Facility, facts: &Facts<'_>) -> Facility {
    let mut found = terms.clone();
    found.draws = facts.draws.to_vec();
    found.draws.sort_by_key(|t| t.on);
    let begin = facts.begin();
    found.first_due = terms.first_due.filter(|due| {
        begin.is_some_and(|begin| match terms.accrual {
            Accrual::Days(_) => *due > begin,
            Accrual::EqualPeriods => begin.checked_add_months(Months::new(terms.period_months)) == Some(*due),
        })
    });
    if let Price::BasePlusMargin { base, .. } = &mut found.price {
        for fact in facts.happened {
            if let Happened::BaseRate { rate } = fact.what {
                base.push(RateStep { from: fact.on, rate });
            }
        }
    }
    found
}

pub(super) fn schedule(terms: &Facility, facts: &Facts<'_>) -> Agreed<Schedule> {
    if facts.happened.iter().any(|f| matches!(f.what, Happened::Restructured(_))) {
        return super::restructured::schedule(drawn(terms, facts), facts);
    }
    let found = replay(&drawn(terms, facts), &[])?;
    let mut by_due: BTreeMap<_, Row> = BTreeMap::new();
    for loan in &found.loans {
        for row in loan {
            let merged = by_due.entry(row.due).or_insert_with(|| Row::blank(0, row.due, Nature::Instalment));
            add(merged, row)?;
        }
    }
    let mut rows: Vec<Row> = by_due.into_values().collect();
    for (row, number) in rows.iter_mut().zip(1_u32..) {
        row.number = number;
    }
    Ok(Schedule::of(rows, None)?)
}

/// Adds a loan's row to the row of its day: by tranche several loans fall due together.
pub(super) fn add(to: &mut Row, from: &LoanRow) -> Agreed<()> {
    let sum = |amounts: &[Pence]| {
        Pence::total(amounts.iter().copied()).map_err(|_| TermsRefusal::from(ScheduleRefusal::TooLarge))
    };
    let added = sum(&[from.capitalised, from.arrears_added, from.fees_added])?;
    let fee = from.payment - from.interest_paid - from.principal;
    to.days = to.days.max(u32::try_from((from.due - from.start).num_days()).unwrap_or(0));
    to.opening = sum(&[to.opening, from.opening])?;
    to.drawn = sum(&[to.drawn, from.drawn])?;
    to.interest = sum(&[to.interest, from.interest_paid, added])?;
    to.capitalised = sum(&[to.capitalised, added])?;
    to.principal = sum(&[to.principal, from.principal, from.prepaid])?;
    to.fee = sum(&[to.fee, fee])?;
    to.payment = sum(&[to.payment, from.payment])?;
    to.closing = sum(&[to.closing, from.closing])?;
    Ok(())
}
