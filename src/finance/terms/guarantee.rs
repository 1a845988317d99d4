//! A guarantee: a yearly fee, payments to the lender for its losses, and what comes back of them.

use super::Agreed;
use super::facts::{Fact, Facts, Happened, number};
use crate::finance::instruments::guarantee::{Called, Claim, Guarantee};
use crate::finance::refusal::{FinanceRefusal, times, total};
use crate::finance::schedule::{Nature, Row, Schedule};
use crate::values::{LocalDate, Pence};
use chrono::Months;
use serde::{Deserialize, Serialize};

/// What a guarantee says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuaranteeTerms {
    /// Cover, limit, last day and fee.
    pub guarantee: Guarantee,
    /// What the lender lends: the balance that is guaranteed.
    pub balance: Pence,
    /// The lender.
    pub lender: String,
    /// The first day.
    pub from: LocalDate,
}

impl GuaranteeTerms {
    /// Claims in the order they were recorded; what was recovered is put to the first losses first.
    ///
    /// # Errors
    /// More recovered than lost, figures too large.
    fn claims(happened: &[Fact]) -> Agreed<Vec<Claim>> {
        let mut claims: Vec<Claim> = Vec::new();
        for fact in happened {
            match fact.what {
                Happened::Claim { loss } => claims.push(Claim { on: fact.on, loss, recovered: Pence::ZERO }),
                Happened::Recovered { mut amount } => {
                    for claim in &mut claims {
                        let part = amount.min(claim.loss - claim.recovered);
                        claim.recovered = claim.recovered + part;
                        amount = amount - part;
                    }
                    if amount > Pence::ZERO {
                        return Err(FinanceRefusal::Contradiction(
                            "More is recovered than the lender claimed for. Record the claim first.",
                        )
                        .into());
                    }
                }
                _ => {}
            }
        }
        Ok(claims)
    }

    /// What each claim costs and brings back so far.
    ///
    /// # Errors
    /// As the claims.
    pub fn called(&self, happened: &[Fact]) -> Agreed<Vec<Called>> {
        Ok(self.guarantee.calls(&Self::claims(happened)?)?)
    }

    /// The days on which the fee of a year falls due.
    #[must_use]
    pub fn fee_dates(&self) -> Vec<LocalDate> {
        (0..100)
            .map_while(|year| self.from.checked_add_months(Months::new(12 * year)))
            .take_while(|due| *due < self.guarantee.until)
            .collect()
    }
}

pub(super) fn schedule(terms: &GuaranteeTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    if terms.guarantee.limit <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("the most that is ever paid").into());
    }
    if terms.guarantee.until <= terms.from {
        return Err(FinanceRefusal::Contradiction("The last day must be after the first.").into());
    }
    let mut rows = Vec::new();
    let dates = terms.fee_dates();
    for (due, index) in dates.iter().zip(1_u32..) {
        let known: Vec<Fact> = facts.happened.iter().filter(|f| f.known_on < *due).copied().collect();
        let paid = total(terms.called(&known)?.iter().map(|c| c.paid))?;
        let fee = times(terms.guarantee.exposure(terms.balance, paid, *due)?, terms.guarantee.fee.get())?;
        rows.push(Row { fee, payment: fee, ..Row::blank(index, *due, Nature::Fee) });
    }
    let mut back = Pence::ZERO;
    for (place, fact) in facts.happened.iter().enumerate() {
        let Happened::Recovered { .. } = fact.what else { continue };
        let so_far = facts.happened.get(..=place).unwrap_or_default();
        let all = total(terms.called(so_far)?.iter().map(|c| c.returned))?;
        let amount = all - back;
        back = all;
        let recovered = Row::blank(number(place, dates.len()), fact.on, Nature::Recovery);
        rows.push(Row { principal: amount, payment: amount, ..recovered });
    }
    rows.sort_by_key(|r| (r.due, r.number));
    Ok(Schedule::of(rows, Some(terms.guarantee.until))?)
}
