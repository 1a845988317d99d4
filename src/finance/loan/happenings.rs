//! What happens on a day of a loan: drawings, their fees, and recorded events.

use super::grid::TOO_LARGE;
use super::level::penny;
use super::replay::{Loan, Step, add};
use super::{Effect, Event, FeeCharge, LoanRefusal, LoanRow, Pause, RateStep, What};
use crate::finance::schedule::{CapitalisedRounding, HolidayTerm, MOST_ROWS, ScheduleRefusal, Tranche};
use crate::values::{LocalDate, Pence};
use std::collections::BTreeMap;

impl Loan<'_> {
    pub(super) fn on_day(
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

    pub(super) fn once_fees(&self, due: LocalDate) -> impl Iterator<Item = (LocalDate, Pence, bool)> + '_ {
        let start = self.start;
        self.terms.fees.iter().filter(|_| self.leads).filter_map(move |fee| match fee.charge {
            FeeCharge::Once { on, amount } if on >= start && on < due => Some((on, amount, fee.financed)),
            _ => None,
        })
    }

    /// Fees on what is not drawn between two days with no drawing between.
    pub(super) fn not_drawn(&mut self, from: LocalDate, to: LocalDate) -> Step<()> {
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
}
