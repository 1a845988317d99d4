//! The due dates of a loan, and the part of a year between two days of a period.

use super::{Accrual, Facility, LoanRefusal, Price, RateStep, ScheduleRefusal};
use crate::finance::DayCount;
use crate::finance::business_days::{Convention, MonthEnd, adjust, months_after};
use crate::law::holidays::Part;
use crate::values::LocalDate;
use rust_decimal::Decimal;

pub(super) const TOO_LARGE: LoanRefusal = LoanRefusal::Terms(ScheduleRefusal::TooLarge);

/// Due date `number` is `(number − from) × months` after the anchor.
#[derive(Clone)]
pub(super) struct Grid {
    pub anchor: LocalDate,
    /// The number the anchor has; one less than the first due date when the anchor is the drawing.
    pub from: u32,
    pub months: u32,
    pub month_end: MonthEnd,
    convention: Convention,
    calendar: Part,
    accrual: Accrual,
    /// A first period that is not whole, by its due date's number.
    pub odd: Option<u32>,
}

impl Grid {
    pub fn of(terms: &Facility, begin: LocalDate) -> Result<Self, LoanRefusal> {
        if !(1..=120).contains(&terms.period_months) {
            return Err(ScheduleRefusal::Period.into());
        }
        let whole = months_after(begin, terms.period_months, terms.month_end).ok_or(TOO_LARGE)?;
        let first = terms.first_due.unwrap_or(whole);
        if first <= begin {
            return Err(ScheduleRefusal::DueBeforeDrawn.into());
        }
        Ok(Grid {
            anchor: if first == whole { begin } else { first },
            from: u32::from(first != whole),
            months: terms.period_months,
            month_end: terms.month_end,
            convention: terms.convention,
            calendar: terms.calendar.unwrap_or(Part::EnglandWales),
            accrual: terms.accrual,
            odd: (first != whole).then_some(1),
        })
    }

    pub fn due(&self, number: u32) -> Result<LocalDate, LoanRefusal> {
        let months = number.saturating_sub(self.from).checked_mul(self.months).ok_or(TOO_LARGE)?;
        let day = months_after(self.anchor, months, self.month_end).ok_or(TOO_LARGE)?;
        adjust(day, self.convention, self.calendar).map_err(|_| LoanRefusal::NoCalendar(day))
    }

    /// The part of a year from one day to another within the period of a due date.
    pub fn years(
        &self,
        from: LocalDate,
        to: LocalDate,
        period: (u32, LocalDate, LocalDate),
        maturity: LocalDate,
    ) -> Result<Decimal, LoanRefusal> {
        let (number, start, due) = period;
        match self.accrual {
            Accrual::Days(count) => Ok(count.fraction(from, to, Some(maturity))),
            Accrual::EqualPeriods if self.odd == Some(number) => Ok(DayCount::Act365F.fraction(from, to, None)),
            Accrual::EqualPeriods => {
                let months = Decimal::from(self.months) / Decimal::from(12);
                if from == start && to == due {
                    return Ok(months);
                }
                let share = Decimal::from((to - from).num_days()).checked_mul(months);
                share.and_then(|s| s.checked_div(Decimal::from((due - start).num_days()))).ok_or(TOO_LARGE)
            }
        }
    }

    /// For fees on what is not drawn.
    pub fn plain_years(&self, from: LocalDate, to: LocalDate) -> Decimal {
        match self.accrual {
            Accrual::Days(count) => count.fraction(from, to, None),
            Accrual::EqualPeriods => DayCount::Act365F.fraction(from, to, None),
        }
    }
}

/// The price with what was agreed since.
pub(super) struct Rates<'a> {
    pub price: &'a Price,
    pub repriced: Vec<RateStep>,
}

impl Rates<'_> {
    pub fn on(&self, day: LocalDate) -> Result<Decimal, LoanRefusal> {
        let agreed = self.repriced.iter().rev().find(|s| s.from <= day).map(|s| s.rate.get());
        let rate = agreed.or_else(|| self.price.on(day)).ok_or(LoanRefusal::NoRate(day))?;
        if rate < Decimal::ZERO { Err(ScheduleRefusal::NegativeRate.into()) } else { Ok(rate) }
    }

    /// Days inside a period on which the rate may change.
    pub fn changes(&self, start: LocalDate, due: LocalDate) -> Vec<LocalDate> {
        self.price.changes().filter(|day| *day > start && *day < due).collect()
    }
}
