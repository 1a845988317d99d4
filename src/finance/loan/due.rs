//! A due date of a loan: what is capitalised, what is to pay, and what was paid of it.

use super::level::{Standing, level, penny};
use super::replay::{Loan, Step, add};
use super::{FeeCharge, LoanRefusal, LoanRow, Plan};
use crate::finance::schedule::HolidayKind;
use crate::values::Pence;
use rust_decimal::Decimal;

impl Loan<'_> {
    /// The due date: what is capitalised, what is to pay, and what was paid of it.
    pub(super) fn fall_due(&mut self, row: &mut LoanRow, short: Option<Pence>, more_to_draw: bool) -> Step<()> {
        let (mut interest, mut principal) = (self.arrears, Pence::ZERO);
        if let Some(pause) = self.pause(self.number) {
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
        } else {
            (self.exact, self.shown) = (Decimal::ZERO, Pence::ZERO);
            interest = add(add(interest, row.accrued)?, self.deferred)?;
            self.deferred = Pence::ZERO;
            principal = self.regular_principal(row, more_to_draw)?;
            self.paying += 1;
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
            let holiday = |number| self.pause(number).map(|pause| pause.kind);
            let at = Standing {
                plan: &self.plan,
                number: self.number,
                last: self.last,
                due: row.due,
                rate,
                owed: owed - self.overdue,
                interest: row.accrued,
                holiday: &holiday,
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
