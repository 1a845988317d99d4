//! A share of revenue: what each period pays, and how much of it is capital.
//!
//! Of each payment the part 1 / multiple is capital and the rest is the fund's return, cumulated and rounded once, so
//! that at the cap all that was drawn is back to the penny.

use super::facts::{Facts, Happened};
use super::{Agreed, without_end};
use crate::finance::instruments::revenue_share::{
    Ending, RevenuePeriod, RevenueShare, SharePayment, Standing, revenue_share as worked,
};
use crate::finance::refusal::{FinanceRefusal, times};
use crate::finance::schedule::{InterestBasis, LoanTerms, MOST_ROWS, Nature, Repayment, Row, Schedule, Tranche, build};
use crate::values::{LocalDate, Pence, Rate, Share};
use chrono::Months;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The term loan that what is left becomes on the last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermLoan {
    /// Yearly rate.
    pub rate: Rate,
    /// Level instalments.
    pub instalments: u32,
    /// Months from one to the next.
    pub period_months: u32,
}

/// What a revenue share agreement says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueShareTerms {
    /// The share of revenue.
    pub share: Share,
    /// The least for a period.
    pub floor: Pence,
    /// The most for a period.
    pub ceiling: Option<Pence>,
    /// The cap as a multiple of what is drawn, 1 or more.
    pub multiple: Decimal,
    /// Revenue of a period that both expect: stands in until a figure is reported.
    pub expected: Pence,
    /// The due date of the first payment.
    pub first_due: LocalDate,
    /// Months from one payment to the next.
    pub period_months: u32,
    /// The last day of the agreement.
    pub long_stop: LocalDate,
    /// What happens then.
    pub ending: Ending,
    /// The loan of [`Ending::TermLoan`].
    pub term_loan: Option<TermLoan>,
}

/// How many periods an agreement whose share rises is looked ahead beyond its last day.
const AFTER_LAST_DAY: u32 = 240;

impl RevenueShareTerms {
    /// Due dates after the first drawing, up to the last day; where the share rises then, some years beyond.
    #[must_use]
    pub fn due_dates(&self, draws: &[Tranche]) -> Vec<LocalDate> {
        let begin = draws.iter().map(|d| d.on).min().unwrap_or(LocalDate::MIN);
        let goes_on = matches!(self.ending, Ending::ShareRises(_));
        let mut beyond = 0;
        (0..MOST_ROWS)
            .map_while(|n| self.first_due.checked_add_months(Months::new(n.checked_mul(self.period_months)?)))
            .take_while(|due| {
                beyond += u32::from(*due > self.long_stop);
                *due <= self.long_stop || (goes_on && beyond <= AFTER_LAST_DAY)
            })
            .filter(|due| *due > begin)
            .collect()
    }

    /// Revenue of each period as known, and whether it was reported at all.
    fn periods(&self, facts: &Facts<'_>) -> Vec<(RevenuePeriod, bool)> {
        let dues = self.due_dates(facts.draws);
        let reports: Vec<(LocalDate, LocalDate, Pence)> = facts
            .happened
            .iter()
            .filter_map(|f| match f.what {
                Happened::Revenue { revenue } => Some((f.on, f.known_on, revenue)),
                _ => None,
            })
            .collect();
        dues.iter()
            .map(|due| {
                let of_period = |r: &&(LocalDate, LocalDate, Pence)| r.0 == *due;
                let in_time = reports.iter().filter(of_period).rfind(|r| r.1 < *due);
                let late = reports.iter().filter(of_period).filter(|r| r.1 >= *due);
                let stands_in = || {
                    let earlier = reports.iter().filter(|r| r.0 < *due && r.1 < *due);
                    earlier.max_by_key(|r| (r.0, r.1)).map_or(self.expected, |r| r.2)
                };
                let mut restated: Vec<(LocalDate, Pence)> = Vec::new();
                for report in late.clone() {
                    let Some(with) = dues.iter().find(|next| **next > report.1 && **next > *due) else { continue };
                    // Two figures before one settlement: the later one counts.
                    restated.retain(|(settled, _)| settled != with);
                    restated.push((*with, report.2));
                }
                let reported = in_time.is_some() || late.count() > 0;
                let revenue = Some(in_time.map_or_else(stands_in, |r| r.2));
                let mut restated = restated.into_iter();
                let period = RevenuePeriod {
                    due: *due,
                    revenue,
                    restated: restated.next(),
                    restated_again: restated.collect(),
                    paid: None,
                };
                (period, reported)
            })
            .collect()
    }

    fn engine(&self, draws: &[Tranche]) -> RevenueShare {
        RevenueShare {
            draws: draws.to_vec(),
            share: self.share,
            floor: self.floor,
            ceiling: self.ceiling,
            multiple: self.multiple,
            long_stop: self.long_stop,
            ending: self.ending,
        }
    }
}

/// Capital in so much paid, and the return.
struct Split {
    multiple: Decimal,
    paid: Pence,
    capital: Pence,
}

impl Split {
    fn take(&mut self, payment: Pence) -> Agreed<Pence> {
        self.paid = Pence::total([self.paid, payment]).map_err(|_| FinanceRefusal::TooLarge)?;
        let part = Decimal::ONE.checked_div(self.multiple).ok_or(FinanceRefusal::TooLarge)?;
        let to_date = times(self.paid, part)?;
        let capital = (to_date - self.capital).clamp(Pence::ZERO, payment.max(Pence::ZERO));
        self.capital = self.capital + capital;
        Ok(capital)
    }
}

/// The agreement as drawn, its periods, and what each pays.
pub(super) fn worked_out(
    terms: &RevenueShareTerms,
    facts: &Facts<'_>,
) -> Agreed<(RevenueShare, Vec<RevenuePeriod>, Vec<SharePayment>, Standing)> {
    let periods: Vec<RevenuePeriod> = terms.periods(facts).into_iter().map(|(p, _)| p).collect();
    let engine = terms.engine(facts.draws);
    let (payments, standing) = worked(&engine, &periods)?;
    Ok((engine, periods, payments, standing))
}

pub(super) fn schedule(terms: &RevenueShareTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    if !(1..=120).contains(&terms.period_months) {
        return Err(
            FinanceRefusal::Contradiction("Enter between 1 and 120 months from one payment to the next.").into()
        );
    }
    if facts.begin().is_some_and(|begin| terms.long_stop <= begin) {
        return Err(FinanceRefusal::Contradiction("The last day must be after the first amount is paid out.").into());
    }
    let known = terms.periods(facts);
    let (_, _, payments, standing) = worked_out(terms, facts)?;
    let mut split = Split { multiple: terms.multiple, paid: Pence::ZERO, capital: Pence::ZERO };
    let mut rows: Vec<Row> = Vec::new();
    let (mut closing, mut since) = (Pence::ZERO, LocalDate::MIN);
    for (payment, (_, reported)) in payments.iter().zip(&known) {
        let complete = rows.last().is_some_and(|_| split.paid >= payment.cap);
        let drawn: Pence = facts.draws.iter().filter(|d| d.on > since && d.on <= payment.due).map(|d| d.amount).sum();
        if complete && drawn.is_zero() && !facts.draws.iter().any(|d| d.on > payment.due) {
            break;
        }
        let principal = split.take(payment.payable)?;
        let number = u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
        let opening = closing;
        closing = opening + drawn - principal;
        let from = facts.begin().filter(|_| rows.is_empty()).unwrap_or(since);
        rows.push(Row {
            days: u32::try_from((payment.due - from).num_days()).unwrap_or(0),
            opening,
            drawn,
            interest: payment.payable - principal,
            principal,
            payment: payment.payable,
            closing,
            estimate: !reported,
            ..Row::blank(number, payment.due, Nature::RevenueShare)
        });
        since = payment.due;
    }
    let left = match standing {
        Standing::Complete => Pence::ZERO,
        Standing::Running(left) | Standing::Forgiven(left) | Standing::Balloon(left) | Standing::TermLoan(left) => left,
    };
    let open_until = end(terms, facts, left, closing, &mut rows)?;
    Ok(Schedule::of(rows, open_until)?)
}

/// The rows of the last day, and until when more may fall due.
fn end(
    terms: &RevenueShareTerms,
    facts: &Facts<'_>,
    left: Pence,
    capital: Pence,
    rows: &mut Vec<Row>,
) -> Agreed<Option<LocalDate>> {
    if left <= Pence::ZERO {
        return Ok(None);
    }
    let next = |rows: &[Row]| u32::try_from(rows.len() + 1).unwrap_or(u32::MAX);
    let estimate = terms.long_stop > facts.today;
    match (terms.ending, terms.term_loan) {
        (Ending::Forgiven, _) => return Ok(Some(terms.long_stop)),
        (Ending::ShareRises(_), _) => return Ok(Some(without_end())),
        (Ending::Balloon, _) => rows.push(Row {
            opening: capital,
            interest: left - capital,
            principal: capital,
            payment: left,
            estimate,
            ..Row::blank(next(rows), terms.long_stop, Nature::RevenueShare)
        }),
        (Ending::TermLoan, None) => return Err(FinanceRefusal::Missing("the terms of the loan that follows").into()),
        (Ending::TermLoan, Some(loan)) => {
            let plain = LoanTerms {
                tranches: vec![Tranche { on: terms.long_stop, amount: left }],
                rate: loan.rate,
                repayment: Repayment::Annuity,
                instalments: loan.instalments,
                period_months: loan.period_months,
                first_due: None,
                interest: InterestBasis::Act365F,
                holiday: None,
            };
            let (mut repaid, mut back) = (Pence::ZERO, Pence::ZERO);
            for row in build(&plain)?.rows {
                repaid = repaid + row.principal;
                let part = repaid.decimal().checked_div(left.decimal()).ok_or(FinanceRefusal::TooLarge)?;
                let principal = times(capital, part)? - back;
                back = back + principal;
                rows.push(Row {
                    days: row.days,
                    opening: capital - back + principal,
                    interest: row.payment - principal,
                    principal,
                    payment: row.payment,
                    closing: capital - back,
                    estimate,
                    ..Row::blank(next(rows), row.due, Nature::Instalment)
                });
            }
        }
    }
    Ok(None)
}
