//! Walking a loan forward from its first drawing.

use super::grid::{Grid, Rates, TOO_LARGE};
use super::level::{Standing, level, penny};
use super::{
    Effect, Event, Facility, Fee, FeeCharge, InterestPart, LoanRefusal, LoanRow, LoanSchedule, LoanTotals, Pause, Plan,
    RateStep, Scope, What,
};
use crate::finance::irr::Flow;
use crate::finance::schedule::{CapitalisedRounding, HolidayKind, HolidayTerm, MOST_ROWS, ScheduleRefusal, Tranche};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

type Step<T> = Result<T, LoanRefusal>;

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
    let totals = totals(&loans)?;
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

fn totals(loans: &[Vec<LoanRow>]) -> Step<LoanTotals> {
    let sum = |of: fn(&LoanRow) -> Pence| Pence::total(loans.iter().flatten().map(of)).map_err(|_| TOO_LARGE);
    Ok(LoanTotals {
        drawn: sum(|r| r.drawn)?,
        accrued: sum(|r| r.accrued)?,
        capitalised: sum(|r| r.capitalised)?,
        arrears_added: sum(|r| r.arrears_added)?,
        fees_added: sum(|r| r.fees_added)?,
        interest_paid: sum(|r| r.interest_paid)?,
        interest_written_off: sum(|r| r.interest_written_off)?,
        principal: sum(|r| r.principal)?,
        prepaid: sum(|r| r.prepaid)?,
        written_off: sum(|r| r.written_off)?,
        fees: sum(|r| r.fees)?,
    })
}

/// One balance on its way.
struct Loan<'a> {
    terms: &'a Facility,
    plan: Plan,
    grid: Grid,
    rates: Rates<'a>,
    draws: Vec<Tranche>,
    pauses: Vec<Pause>,
    /// Whether fees of the whole facility are charged here.
    leads: bool,
    number: u32,
    last: u32,
    start: LocalDate,
    balance: Pence,
    /// Fees on what is not drawn, gathered in this period, in pence.
    undrawn: Decimal,
    /// Capitalised since the holiday began: exactly, and as rows show it.
    exact: Decimal,
    shown: Pence,
    deferred: Pence,
    arrears: Pence,
    overdue: Pence,
    level: Option<Pence>,
    level_rate: Decimal,
    paying: usize,
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

    fn pause(&self, number: u32) -> Option<Pause> {
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
        let mut row = LoanRow {
            number: self.number,
            start: self.start,
            due,
            opening: self.balance,
            drawn: Pence::ZERO,
            fees_added: Pence::ZERO,
            accrued: Pence::ZERO,
            capitalised: Pence::ZERO,
            arrears_added: Pence::ZERO,
            interest_paid: Pence::ZERO,
            interest_written_off: Pence::ZERO,
            principal: Pence::ZERO,
            prepaid: Pence::ZERO,
            written_off: Pence::ZERO,
            fees: Pence::ZERO,
            payment: Pence::ZERO,
            closing: Pence::ZERO,
            interest_owed: Pence::ZERO,
            overdue: Pence::ZERO,
            parts: Vec::new(),
        };
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

    /// Fees on what is not drawn between two days with no drawing between.
    fn not_drawn(&mut self, from: LocalDate, to: LocalDate) -> Step<()> {
        for fee in self.terms.fees.iter().filter(|_| self.leads) {
            let FeeCharge::Undrawn { commitment, rate, until } = fee.charge else { continue };
            if until <= from {
                continue;
            }
            let drawn = Pence::total(self.terms.draws.iter().filter(|d| d.on <= from).map(|d| d.amount));
            let left = (commitment - drawn.map_err(|_| TOO_LARGE)?).max(Pence::ZERO).decimal();
            let exact =
                left.checked_mul(rate.get()).and_then(|y| y.checked_mul(self.grid.plain_years(from, until.min(to))));
            self.undrawn = exact.and_then(|e| self.undrawn.checked_add(e)).ok_or(TOO_LARGE)?;
        }
        Ok(())
    }

    fn once_fees(&self, due: LocalDate) -> impl Iterator<Item = (LocalDate, Pence, bool)> + '_ {
        let start = self.start;
        self.terms.fees.iter().filter(|_| self.leads).filter_map(move |fee| match fee.charge {
            FeeCharge::Once { on, amount } if on >= start && on < due => Some((on, amount, fee.financed)),
            _ => None,
        })
    }

    fn on_day(
        &mut self,
        day: LocalDate,
        due: LocalDate,
        draws: &[Tranche],
        events: &[Event],
        row: &mut LoanRow,
        cash: &mut BTreeMap<LocalDate, i128>,
    ) -> Step<()> {
        let mut fees: Vec<(Pence, bool)> =
            self.once_fees(due).filter(|(on, ..)| *on == day).map(|(_, amount, financed)| (amount, financed)).collect();
        for draw in draws.iter().filter(|d| d.on == day) {
            row.drawn = add(row.drawn, draw.amount)?;
            self.balance = add(self.balance, draw.amount)?;
            self.level = None;
            *cash.entry(day).or_default() -= i128::from(draw.amount.0);
            for fee in &self.terms.fees {
                if let FeeCharge::OnDrawing { share } = fee.charge {
                    fees.push((penny(draw.amount.decimal() * share.get())?, fee.financed));
                }
            }
        }
        for (amount, financed) in fees {
            if financed {
                row.fees_added = add(row.fees_added, amount)?;
                self.balance = add(self.balance, amount)?;
                self.level = None;
            } else {
                row.fees = add(row.fees, amount)?;
                *cash.entry(day).or_default() += i128::from(amount.0);
            }
        }
        for event in events.iter().filter(|e| e.on == day) {
            self.happened(event, row, cash)?;
        }
        Ok(())
    }

    fn happened(&mut self, event: &Event, row: &mut LoanRow, cash: &mut BTreeMap<LocalDate, i128>) -> Step<()> {
        let within = |amount: Pence, most: Pence| {
            if amount < Pence::ZERO || amount > most { Err(LoanRefusal::Amount(event.on)) } else { Ok(()) }
        };
        match &event.what {
            What::Prepaid { amount, effect } => {
                within(*amount, self.balance)?;
                if amount.is_zero() {
                    return Err(LoanRefusal::Amount(event.on));
                }
                row.prepaid = add(row.prepaid, *amount)?;
                self.balance = self.balance - *amount;
                self.overdue = self.overdue - (*amount).min(self.overdue);
                *cash.entry(event.on).or_default() += i128::from(amount.0);
                if *effect == Effect::Lowers {
                    self.level = None;
                }
            }
            // One on this period's first day was the last due date's.
            What::Short { .. } if event.on == row.start => {}
            What::Short { .. } => return Err(LoanRefusal::NothingDue(event.on)),
            What::Repriced { rate } => {
                self.rates.repriced.push(RateStep { from: event.on, rate: *rate });
                self.level = None;
            }
            What::Rescheduled { .. } => {}
            What::ReAged => {
                self.overdue = Pence::ZERO;
                self.level = None;
            }
            What::ArrearsCapitalised => {
                row.arrears_added = add(row.arrears_added, self.arrears)?;
                self.balance = add(self.balance, self.arrears)?;
                self.arrears = Pence::ZERO;
                self.overdue = Pence::ZERO;
                self.level = None;
            }
            What::WrittenOff { principal, interest } => {
                within(*principal, self.balance)?;
                within(*interest, self.arrears)?;
                row.written_off = add(row.written_off, *principal)?;
                row.interest_written_off = add(row.interest_written_off, *interest)?;
                self.balance = self.balance - *principal;
                self.overdue = self.overdue - (*principal).min(self.overdue);
                self.arrears = self.arrears - *interest;
                self.level = None;
            }
            What::Paused { periods, interest, term } => {
                let pause = Pause {
                    first: self.number,
                    periods: *periods,
                    kind: *interest,
                    term: *term,
                    rounding: CapitalisedRounding::EachRow,
                };
                self.pauses.push(pause);
                if *term == HolidayTerm::Lengthens {
                    self.last = self.last.saturating_add(*periods);
                }
                if self.last > MOST_ROWS || self.pause(self.last).is_some() {
                    return Err(ScheduleRefusal::HolidayTooLong.into());
                }
                self.level = None;
            }
        }
        Ok(())
    }

    /// What interest runs on now, in pence.
    fn interest_base(&self) -> Step<Decimal> {
        let balance = self.balance.decimal();
        let unshown = || (balance - self.shown.decimal()).checked_add(self.exact).ok_or(TOO_LARGE);
        match self.pause(self.number) {
            None => Ok(balance),
            Some(pause) => match pause.kind {
                HolidayKind::InterestFree => Ok(Decimal::ZERO),
                HolidayKind::InterestOnly => Ok(balance),
                HolidayKind::CapitalisedSimple | HolidayKind::Deferred => {
                    Ok((balance - self.shown.decimal()).max(Decimal::ZERO))
                }
                HolidayKind::CapitalisedCompounding if pause.rounding == CapitalisedRounding::OnceAtEnd => unshown(),
                HolidayKind::CapitalisedCompounding => Ok(balance),
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

    /// The due date: what is capitalised, what is to pay, and what was paid of it.
    fn fall_due(&mut self, row: &mut LoanRow, short: Option<Pence>, more_to_draw: bool) -> Step<()> {
        let (mut interest, mut principal) = (self.arrears, Pence::ZERO);
        match self.pause(self.number) {
            Some(pause) => {
                match pause.kind {
                    HolidayKind::CapitalisedSimple | HolidayKind::CapitalisedCompounding => {
                        row.capitalised = row.accrued;
                        self.balance = add(self.balance, row.accrued)?;
                        self.shown = add(self.shown, row.accrued)?;
                    }
                    HolidayKind::Deferred => self.deferred = add(self.deferred, row.accrued)?,
                    HolidayKind::InterestOnly | HolidayKind::InterestFree => interest = add(interest, row.accrued)?,
                }
                self.level = None;
            }
            None => {
                (self.exact, self.shown) = (Decimal::ZERO, Pence::ZERO);
                interest = add(add(interest, row.accrued)?, self.deferred)?;
                self.deferred = Pence::ZERO;
                principal = self.regular_principal(row, more_to_draw)?;
                self.paying += 1;
            }
        }
        let due = add(interest, principal)?;
        let paid = short.unwrap_or(due);
        if paid < Pence::ZERO || paid > due {
            return Err(LoanRefusal::Amount(row.due));
        }
        row.interest_paid = paid.min(interest);
        row.principal = paid - row.interest_paid;
        self.arrears = interest - row.interest_paid;
        if self.pause(self.number).is_none() {
            self.overdue = principal - row.principal;
        }
        self.balance = self.balance - row.principal;
        // A row's fees on days inside the period were paid on those days; only the rest falls due here.
        let on_due = self.due_fees()?;
        row.fees = add(row.fees, on_due)?;
        row.payment = add(paid, on_due)?;
        row.closing = self.balance;
        row.interest_owed = add(self.arrears, self.deferred)?;
        row.overdue = self.overdue;
        Ok(())
    }

    fn regular_principal(&mut self, row: &LoanRow, more_to_draw: bool) -> Step<Pence> {
        let owed = self.balance;
        if self.number >= self.last && !more_to_draw {
            return Ok(owed);
        }
        let rate = self.rates.on(row.due.pred_opt().map_or(row.start, |d| d.max(row.start)))?;
        if self.level.is_none() || rate != self.level_rate {
            let pays = |number| self.pause(number).is_none();
            let at = Standing {
                plan: &self.plan,
                number: self.number,
                last: self.last,
                due: row.due,
                rate,
                owed: owed - self.overdue,
                interest: row.accrued,
                pays: &pays,
            };
            self.level = Some(level(&at, &self.grid)?);
            self.level_rate = rate;
        }
        let instalment = self.level.unwrap_or(Pence::ZERO);
        let regular = match &self.plan {
            Plan::Annuity | Plan::Balloon { .. } => (instalment - row.accrued).max(Pence::ZERO),
            Plan::EqualPrincipal | Plan::Bullet => instalment,
            Plan::Custom { principal } => principal.get(self.paying).copied().unwrap_or(Pence::ZERO).max(Pence::ZERO),
        };
        Ok(add(regular, self.overdue)?.min(owed))
    }

    fn due_fees(&self) -> Step<Pence> {
        let ends = self.number >= self.last || self.balance.is_zero();
        let mut sum = Pence::ZERO;
        for fee in self.terms.fees.iter().filter(|_| self.leads) {
            let amount = match fee.charge {
                FeeCharge::EachInstalment { amount } => amount,
                FeeCharge::AtEnd { amount } if ends => amount,
                _ => Pence::ZERO,
            };
            sum = add(sum, amount)?;
        }
        add(sum, penny(self.undrawn)?)
    }
}

fn add(a: Pence, b: Pence) -> Step<Pence> {
    a.checked_add(b).ok_or(TOO_LARGE)
}
