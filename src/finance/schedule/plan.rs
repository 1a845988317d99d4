//! How a schedule is worked out.

use super::{
    CapitalisedRounding, Holiday, HolidayKind, HolidayTerm, InterestBasis, LoanTerms, MOST_ROWS, Nature, Repayment,
    Row, Schedule, ScheduleRefusal, Tranche,
};
use crate::values::{LocalDate, Pence};
use chrono::Months;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

type Step<T> = Result<T, ScheduleRefusal>;

/// A balance that stood from one day up to the day before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last.
    pub to: LocalDate,
    /// What was owed.
    pub amount: Pence,
}

/// One period with its drawings.
struct Period {
    start: LocalDate,
    due: LocalDate,
    days: u32,
    draws: Vec<Tranche>,
}

impl Period {
    fn drawn(&self) -> Step<Pence> {
        Pence::total(self.draws.iter().map(|t| t.amount)).map_err(|_| ScheduleRefusal::TooLarge)
    }

    /// What interest is counted on, in pence-years: each amount × the part of a year it stood in this period.
    fn pence_years(&self, opening: Decimal, terms: &LoanTerms) -> Step<Decimal> {
        let part = |from: LocalDate| -> Step<Decimal> {
            let days = Decimal::from((self.due - from).num_days());
            match terms.interest {
                InterestBasis::Act365F => Some(days / Decimal::from(365)),
                InterestBasis::EqualPeriods if from == self.start => Some(months(terms)),
                InterestBasis::EqualPeriods => {
                    days.checked_mul(months(terms)).and_then(|d| d.checked_div(Decimal::from(self.days)))
                }
            }
            .ok_or(ScheduleRefusal::TooLarge)
        };
        let mut sum = opening.checked_mul(part(self.start)?).ok_or(ScheduleRefusal::TooLarge)?;
        for draw in &self.draws {
            let years = draw.amount.decimal().checked_mul(part(draw.on)?);
            sum = years.and_then(|y| sum.checked_add(y)).ok_or(ScheduleRefusal::TooLarge)?;
        }
        Ok(sum)
    }

    /// 1 / (1 + rate × this period's part of a year).
    fn discount(&self, terms: &LoanTerms) -> Step<Decimal> {
        let years = match terms.interest {
            InterestBasis::Act365F => Decimal::from(self.days) / Decimal::from(365),
            InterestBasis::EqualPeriods => months(terms),
        };
        let growth = terms.rate.get().checked_mul(years).and_then(|r| r.checked_add(Decimal::ONE));
        growth.and_then(|g| Decimal::ONE.checked_div(g)).ok_or(ScheduleRefusal::TooLarge)
    }
}

fn months(terms: &LoanTerms) -> Decimal {
    Decimal::from(terms.period_months) / Decimal::from(12)
}

fn charge(pence_years: Decimal, terms: &LoanTerms) -> Step<Decimal> {
    pence_years.checked_mul(terms.rate.get()).ok_or(ScheduleRefusal::TooLarge)
}

fn penny(pence: Decimal) -> Step<Pence> {
    Pence::round_pence(pence).map_err(|_| ScheduleRefusal::TooLarge)
}

fn add(a: Pence, b: Pence) -> Step<Pence> {
    a.checked_add(b).ok_or(ScheduleRefusal::TooLarge)
}

fn holiday_periods(terms: &LoanTerms) -> u32 {
    terms.holiday.map_or(0, |h| h.periods)
}

/// Checks the terms and lays out their periods.
fn periods(terms: &LoanTerms) -> Step<Vec<Period>> {
    if terms.tranches.is_empty() || terms.tranches.iter().any(|t| t.amount <= Pence::ZERO) {
        return Err(ScheduleRefusal::NothingDrawn);
    }
    if terms.rate.get() < Decimal::ZERO {
        return Err(ScheduleRefusal::NegativeRate);
    }
    if !(1..=120).contains(&terms.period_months) {
        return Err(ScheduleRefusal::Period);
    }
    let count = match terms.holiday {
        Some(Holiday { periods, term: HolidayTerm::Lengthens, .. }) => terms.instalments.saturating_add(periods),
        _ => terms.instalments,
    };
    if terms.instalments == 0 || count > MOST_ROWS {
        return Err(ScheduleRefusal::Instalments);
    }
    if holiday_periods(terms) >= count {
        return Err(ScheduleRefusal::HolidayTooLong);
    }
    let mut draws = terms.tranches.clone();
    draws.sort_by_key(|t| t.on);
    let begin = draws.first().map_or(LocalDate::MIN, |t| t.on);
    let later = |from: LocalDate, periods: u32| {
        from.checked_add_months(Months::new(periods * terms.period_months)).ok_or(ScheduleRefusal::TooLarge)
    };
    let first_due = terms.first_due.map_or_else(|| later(begin, 1), Ok)?;
    if first_due <= begin {
        return Err(ScheduleRefusal::DueBeforeDrawn);
    }
    if terms.interest == InterestBasis::EqualPeriods && first_due != later(begin, 1)? {
        return Err(ScheduleRefusal::UnequalFirstPeriod);
    }
    let mut laid = Vec::new();
    let mut start = begin;
    let mut draws = draws.into_iter().peekable();
    for number in 0..count {
        // Counted from one anchor, so that 31 January leads to 28 February and then to 31 March.
        let due = if terms.first_due.is_some() { later(first_due, number)? } else { later(begin, number + 1)? };
        let days = u32::try_from((due - start).num_days()).map_err(|_| ScheduleRefusal::TooLarge)?;
        let mut drawn = Vec::new();
        while let Some(draw) = draws.next_if(|draw| draw.on < due) {
            drawn.push(draw);
        }
        laid.push(Period { start, due, days, draws: drawn });
        start = due;
    }
    if draws.next().is_some() {
        return Err(ScheduleRefusal::DrawnAfterEnd);
    }
    Ok(laid)
}

/// The loan as it goes from row to row.
struct Running {
    balance: Pence,
    /// Drawn principal without capitalised interest, for simple holidays.
    drawn: Pence,
    deferred: Pence,
    /// Capitalised so far without rounding, and as rows show it.
    exact: Decimal,
    shown: Pence,
}

/// Works out the schedule of a loan.
///
/// # Errors
/// A [`ScheduleRefusal`] that says what to change.
pub fn build(terms: &LoanTerms) -> Result<Schedule, ScheduleRefusal> {
    let periods = periods(terms)?;
    let holiday = usize::try_from(holiday_periods(terms)).unwrap_or(usize::MAX);
    let annuities = annuity_divisors(&periods, terms)?;
    let mut running = Running {
        balance: Pence::ZERO,
        drawn: Pence::ZERO,
        deferred: Pence::ZERO,
        exact: Decimal::ZERO,
        shown: Pence::ZERO,
    };
    let mut level = None;
    let mut rows = Vec::with_capacity(periods.len());
    for (index, (period, divisor)) in periods.iter().zip(annuities).enumerate() {
        let drawn = period.drawn()?;
        let opening = running.balance;
        let owed = add(opening, drawn)?;
        let mut row = Row {
            days: period.days,
            opening,
            drawn,
            closing: owed,
            ..Row::blank(u32::try_from(index + 1).unwrap_or(u32::MAX), period.due, Nature::Instalment)
        };
        match terms.holiday {
            Some(pause) if index < holiday => rest(&mut row, &mut running, period, pause, terms)?,
            _ => {
                let interest = penny(charge(period.pence_years(opening.decimal(), terms)?, terms)?)?;
                let left = periods.len() - index;
                if level.is_none() || !drawn.is_zero() {
                    level = Some(match terms.repayment {
                        Repayment::Annuity => {
                            let due = add(owed, interest)?.decimal();
                            penny(due.checked_div(divisor).ok_or(ScheduleRefusal::TooLarge)?)?
                        }
                        Repayment::EqualPrincipal => penny(owed.decimal() / Decimal::from(left))?,
                        Repayment::Bullet => Pence::ZERO,
                    });
                }
                let instalment = level.unwrap_or(Pence::ZERO);
                row.principal = if left == 1 {
                    owed
                } else if terms.repayment == Repayment::Annuity {
                    (instalment - interest).clamp(Pence::ZERO, owed)
                } else {
                    instalment.min(owed)
                };
                row.interest = add(interest, running.deferred)?;
                running.deferred = Pence::ZERO;
            }
        }
        running.drawn = add(running.drawn, drawn)?;
        row.payment = add(row.interest - row.capitalised, row.principal)?;
        row.closing = add(owed, row.capitalised)? - row.principal;
        running.balance = row.closing;
        rows.push(row);
    }
    Schedule::of(rows, None)
}

/// A row of the holiday: no principal, and interest as its kind says.
fn rest(row: &mut Row, running: &mut Running, period: &Period, holiday: Holiday, terms: &LoanTerms) -> Step<()> {
    let base = match holiday.kind {
        HolidayKind::InterestFree => return Ok(()),
        HolidayKind::CapitalisedCompounding if holiday.rounding == CapitalisedRounding::OnceAtEnd => {
            running.drawn.decimal().checked_add(running.exact).ok_or(ScheduleRefusal::TooLarge)?
        }
        HolidayKind::CapitalisedCompounding | HolidayKind::InterestOnly => running.balance.decimal(),
        HolidayKind::CapitalisedSimple | HolidayKind::Deferred => running.drawn.decimal(),
    };
    let exact = charge(period.pence_years(base, terms)?, terms)?;
    let capitalises = matches!(holiday.kind, HolidayKind::CapitalisedSimple | HolidayKind::CapitalisedCompounding);
    row.interest = if capitalises && holiday.rounding == CapitalisedRounding::OnceAtEnd {
        running.exact = running.exact.checked_add(exact).ok_or(ScheduleRefusal::TooLarge)?;
        penny(running.exact)? - running.shown
    } else {
        penny(exact)?
    };
    if capitalises {
        row.capitalised = row.interest;
        running.shown = add(running.shown, row.interest)?;
    }
    if holiday.kind == HolidayKind::Deferred {
        running.deferred = add(running.deferred, row.interest)?;
        row.interest = Pence::ZERO;
    }
    Ok(())
}

/// For each row, what a level instalment divides by: 1 + Σ over later rows of the product of their discounts.
fn annuity_divisors(periods: &[Period], terms: &LoanTerms) -> Step<Vec<Decimal>> {
    let mut divisors = vec![Decimal::ONE; periods.len()];
    if terms.repayment == Repayment::Annuity {
        for index in (1..periods.len()).rev() {
            let later = periods[index].discount(terms)?.checked_mul(divisors[index]);
            divisors[index - 1] = later.and_then(|d| d.checked_add(Decimal::ONE)).ok_or(ScheduleRefusal::TooLarge)?;
        }
    }
    Ok(divisors)
}

/// Every balance of a schedule with the days it stood, by due dates and drawings. Rows and terms belong together.
#[must_use]
pub fn balances(terms: &LoanTerms, schedule: &Schedule) -> Vec<Balance> {
    let mut changes: BTreeMap<LocalDate, i128> = BTreeMap::new();
    for tranche in &terms.tranches {
        *changes.entry(tranche.on).or_default() += i128::from(tranche.amount.0);
    }
    for row in &schedule.rows {
        *changes.entry(row.due).or_default() += i128::from(row.capitalised.0) - i128::from(row.principal.0);
    }
    let days: Vec<LocalDate> = changes.keys().copied().collect();
    let mut owed = 0_i128;
    let mut stood = Vec::with_capacity(days.len());
    for ((from, change), to) in changes.iter().zip(days.iter().skip(1)) {
        owed += change;
        stood.push(Balance { from: *from, to: *to, amount: Pence(i64::try_from(owed).unwrap_or(i64::MAX)) });
    }
    stood
}
