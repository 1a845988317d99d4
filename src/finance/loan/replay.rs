//! Walking a loan forward from its first drawing.

use super::grid::{Grid, Rates, TOO_LARGE};
use super::level::penny;
use super::{
    Event, Facility, Fee, FeeCharge, InterestPart, LoanRefusal, LoanRow, LoanSchedule, LoanTotals, Pause, Plan, Scope,
    What,
};
use crate::finance::irr::Flow;
use crate::finance::schedule::{CapitalisedRounding, HolidayKind, HolidayTerm, MOST_ROWS, ScheduleRefusal, Tranche};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

pub(super) type Step<T> = Result<T, LoanRefusal>;

/// The schedule of a loan with everything that has happened.
///
/// # Errors
/// A [`LoanRefusal`] that says what to change.
pub fn replay(terms: &Facility, events: &[Event]) -> Step<LoanSchedule> {
    if terms.draws.is_empty() || terms.draws.iter().any(|t| t.amount <= Pence::ZERO) {
        return Err(ScheduleRefusal::NothingDrawn.into());
    }
    let financed = |fee: &Fee| matches!(fee.charge, FeeCharge::OnDrawing { .. } | FeeCharge::Once { .. });
    if terms.fees.iter().any(|fee| fee.financed && !financed(fee)) {
        return Err(LoanRefusal::FeeNotFinanced);
    }
    let mut draws = terms.draws.clone();
    draws.sort_by_key(|t| t.on);
    let mut events = events.to_vec();
    events.sort_by_key(|e| e.on);
    let begin = draws.first().map_or(LocalDate::MIN, |t| t.on);
    let grid = Grid::of(terms, begin)?;
    let mut cash = BTreeMap::new();
    let mut loans = Vec::new();
    match terms.scope {
        Scope::Facility => {
            loans.push(Loan::start(terms, grid, begin, &draws, 0, terms.instalments, true)?.run(&events, &mut cash)?);
        }
        Scope::EachTranche => {
            for (index, draw) in draws.iter().enumerate() {
                let mut passed = 0;
                while grid.due(passed + 1)? <= draw.on {
                    passed += 1;
                }
                let left = terms.instalments.checked_sub(passed).filter(|left| *left > 0);
                let left = left.ok_or(ScheduleRefusal::DrawnAfterEnd)?;
                let own: Vec<Event> = events.iter().filter(|e| e.tranche == index).cloned().collect();
                let mut grid = grid.clone();
                let whole = if passed > 0 { grid.due(passed)? == draw.on } else { draw.on == begin };
                if !whole {
                    grid.odd = Some(passed + 1);
                }
                let loan = Loan::start(terms, grid, draw.on, &[*draw], passed, left, index == 0)?;
                loans.push(loan.run(&own, &mut cash)?);
            }
            if let Some(event) = events.iter().find(|e| e.tranche >= draws.len()) {
                return Err(LoanRefusal::NotRunning(event.on));
            }
        }
    }
    let totals = LoanTotals::of(&loans)?;
    let cash = cash.into_iter().filter(|(_, pence)| *pence != 0).map(|(date, pence)| {
        i64::try_from(pence).map(|pence| Flow { date, amount: Pence(pence) }).map_err(|_| TOO_LARGE)
    });
    Ok(LoanSchedule { loans, totals, cash: cash.collect::<Step<Vec<_>>>()? })
}

/// The schedule as it was known on a day: with what had happened by its end.
///
/// # Errors
/// As [`replay`].
pub fn known_on(terms: &Facility, events: &[Event], day: LocalDate) -> Step<LoanSchedule> {
    let so_far: Vec<Event> = events.iter().filter(|e| e.on <= day).cloned().collect();
    replay(terms, &so_far)
}

/// One balance on its way.
pub(super) struct Loan<'a> {
    pub(super) terms: &'a Facility,
    pub(super) plan: Plan,
    pub(super) grid: Grid,
    pub(super) rates: Rates<'a>,
    pub(super) draws: Vec<Tranche>,
    pub(super) pauses: Vec<Pause>,
    /// Whether fees of the whole facility are charged here.
    pub(super) leads: bool,
    pub(super) number: u32,
    pub(super) last: u32,
    pub(super) start: LocalDate,
    pub(super) balance: Pence,
    /// Fees on what is not drawn, gathered in this period, in pence.
    pub(super) undrawn: Decimal,
    /// Capitalised since the holiday began: exactly, and as rows show it.
    pub(super) exact: Decimal,
    pub(super) shown: Pence,
    pub(super) deferred: Pence,
    pub(super) arrears: Pence,
    pub(super) overdue: Pence,
    pub(super) level: Option<Pence>,
    pub(super) level_rate: Decimal,
    pub(super) paying: usize,
}

impl<'a> Loan<'a> {
    fn start(
        terms: &'a Facility,
        grid: Grid,
        begin: LocalDate,
        draws: &[Tranche],
        passed: u32,
        instalments: u32,
        leads: bool,
    ) -> Step<Self> {
        let pauses: Vec<Pause> =
            terms.pauses.iter().map(|p| Pause { first: p.first.saturating_add(passed), ..*p }).collect();
        let longer = |p: &Pause| if p.term == HolidayTerm::Lengthens { p.periods } else { 0 };
        let agreed = passed.saturating_add(instalments);
        let last = pauses.iter().map(longer).fold(agreed, u32::saturating_add);
        if instalments == 0 || last > MOST_ROWS {
            return Err(ScheduleRefusal::Instalments.into());
        }
        let rates = Rates { price: &terms.price, repriced: Vec::new() };
        Ok(Loan {
            terms,
            plan: terms.plan.clone(),
            grid,
            rates,
            draws: draws.to_vec(),
            pauses,
            leads,
            number: passed + 1,
            last,
            start: begin,
            balance: Pence::ZERO,
            undrawn: Decimal::ZERO,
            exact: Decimal::ZERO,
            shown: Pence::ZERO,
            deferred: Pence::ZERO,
            arrears: Pence::ZERO,
            overdue: Pence::ZERO,
            level: None,
            level_rate: Decimal::ZERO,
            paying: 0,
        })
    }

    pub(super) fn pause(&self, number: u32) -> Option<Pause> {
        let covers = |p: &&Pause| number >= p.first && number - p.first < p.periods;
        self.pauses.iter().rev().find(covers).copied()
    }

    fn run(mut self, events: &[Event], cash: &mut BTreeMap<LocalDate, i128>) -> Step<Vec<LoanRow>> {
        if let Some(early) = events.iter().find(|e| e.on < self.start) {
            return Err(LoanRefusal::NotRunning(early.on));
        }
        if let Some(early) = events.iter().find(|e| e.on == self.start && matches!(e.what, What::Short { .. })) {
            return Err(LoanRefusal::NothingDue(early.on));
        }
        if self.pause(self.last).is_some() {
            return Err(ScheduleRefusal::HolidayTooLong.into());
        }
        let (mut draws, mut events) = (std::mem::take(&mut self.draws).into_iter().peekable(), events);
        let mut rows = Vec::new();
        loop {
            let due = self.next_due(events)?;
            let mut drawn = Vec::new();
            while let Some(draw) = draws.next_if(|draw| draw.on < due) {
                drawn.push(draw);
            }
            let split = events.partition_point(|e| e.on < due);
            let (now, later) = events.split_at(split);
            let mut row = self.period(due, &drawn, now, cash)?;
            let short: Vec<&Event> = later.iter().take_while(|e| e.on == due).collect();
            let short = short.iter().find_map(|e| match e.what {
                What::Short { paid } => Some(paid),
                _ => None,
            });
            events = later;
            self.fall_due(&mut row, short, draws.peek().is_some())?;
            *cash.entry(due).or_default() += i128::from(row.payment.0);
            let open = !(self.balance.is_zero() && self.arrears.is_zero() && self.deferred.is_zero());
            rows.push(row);
            self.start = due;
            if !open && draws.peek().is_none() {
                break;
            }
            if self.number >= self.last {
                if draws.peek().is_some() {
                    return Err(ScheduleRefusal::DrawnAfterEnd.into());
                }
                self.last = self.last.saturating_add(1);
                if self.last > MOST_ROWS {
                    return Err(ScheduleRefusal::Instalments.into());
                }
            }
            self.number += 1;
        }
        match events.iter().find(|e| !(e.on == self.start && matches!(e.what, What::Short { .. }))) {
            Some(after) => Err(LoanRefusal::NotRunning(after.on)),
            None => Ok(rows),
        }
    }

    /// The due date of this period, once what was rescheduled inside it has been applied to the grid.
    fn next_due(&mut self, events: &[Event]) -> Step<LocalDate> {
        let mut due = self.grid.due(self.number)?;
        for event in events {
            if event.on >= due {
                break;
            }
            let What::Rescheduled { instalments, period_months, first_due, plan } = &event.what else { continue };
            if *instalments == 0 {
                return Err(ScheduleRefusal::Instalments.into());
            }
            if period_months.is_some_and(|months| !(1..=120).contains(&months)) {
                return Err(ScheduleRefusal::Period.into());
            }
            self.last = (self.number - 1).saturating_add(*instalments);
            if self.last > MOST_ROWS {
                return Err(ScheduleRefusal::Instalments.into());
            }
            let next = first_due.unwrap_or(due);
            if next <= event.on {
                return Err(LoanRefusal::DueTooSoon(event.on));
            }
            if first_due.is_some() || period_months.is_some() {
                self.grid.odd = (next != due).then_some(self.number);
                self.grid.anchor = next;
                self.grid.from = self.number;
                self.grid.months = period_months.unwrap_or(self.grid.months);
                due = self.grid.due(self.number)?;
            }
            if let Some(plan) = plan {
                self.plan = plan.clone();
                self.paying = 0;
            }
            self.overdue = Pence::ZERO;
            self.level = None;
        }
        Ok(due)
    }

    /// Everything from the start of the period up to the due date: drawings, events, and interest part by part.
    fn period(
        &mut self,
        due: LocalDate,
        draws: &[Tranche],
        events: &[Event],
        cash: &mut BTreeMap<LocalDate, i128>,
    ) -> Step<LoanRow> {
        let mut row = LoanRow::begin(self.number, self.start, due, self.balance);
        let inside = |day: &LocalDate| *day > self.start && *day < due;
        let mut days: Vec<LocalDate> = draws.iter().map(|d| d.on).chain(events.iter().map(|e| e.on)).collect();
        days.extend(self.once_fees(due).map(|(on, ..)| on));
        days.retain(inside);
        days.extend(self.rates.changes(self.start, due));
        days.push(self.start);
        days.sort_unstable();
        days.dedup();
        let maturity = self.grid.due(self.last)?;
        let mut exact = Decimal::ZERO;
        self.undrawn = Decimal::ZERO;
        for (index, day) in days.iter().enumerate() {
            self.on_day(*day, due, draws, events, &mut row, cash)?;
            let to = days.get(index + 1).copied().unwrap_or(due);
            self.not_drawn(*day, to)?;
            let base = self.interest_base()?;
            if base.is_zero() {
                continue;
            }
            let years = self.grid.years(*day, to, (self.number, row.start, due), maturity)?;
            let part = InterestPart { from: *day, to, base, rate: self.rates.on(*day)?, years };
            exact = part.interest().and_then(|i| exact.checked_add(i)).ok_or(TOO_LARGE)?;
            row.parts.push(part);
        }
        self.charge(&mut row, exact)?;
        Ok(row)
    }

    /// What interest runs on now, in pence.
    fn interest_base(&self) -> Step<Decimal> {
        let balance = self.balance.decimal();
        let unshown = || (balance - self.shown.decimal()).checked_add(self.exact).ok_or(TOO_LARGE);
        match self.pause(self.number) {
            None => Ok(balance),
            Some(pause) => match pause.kind {
                HolidayKind::InterestFree => Ok(Decimal::ZERO),
                HolidayKind::CapitalisedSimple | HolidayKind::Deferred => {
                    Ok((balance - self.shown.decimal()).max(Decimal::ZERO))
                }
                HolidayKind::CapitalisedCompounding if pause.rounding == CapitalisedRounding::OnceAtEnd => unshown(),
                HolidayKind::InterestOnly | HolidayKind::CapitalisedCompounding => Ok(balance),
            },
        }
    }

    /// Rounds the period's interest once, or in a holiday that is rounded at its end the running total of it.
    fn charge(&mut self, row: &mut LoanRow, exact: Decimal) -> Step<()> {
        let pause = self.pause(self.number);
        let capitalises = |k| matches!(k, HolidayKind::CapitalisedSimple | HolidayKind::CapitalisedCompounding);
        row.accrued = match pause {
            Some(p) if p.rounding == CapitalisedRounding::OnceAtEnd && capitalises(p.kind) => {
                self.exact = self.exact.checked_add(exact).ok_or(TOO_LARGE)?;
                penny(self.exact)? - self.shown
            }
            _ => penny(exact)?,
        };
        Ok(())
    }
}

pub(super) fn add(a: Pence, b: Pence) -> Step<Pence> {
    a.checked_add(b).ok_or(TOO_LARGE)
}
