//! A recoverable grant: what a yearly figure above its trigger brings back.

use super::Agreed;
use super::facts::{Facts, Happened, number};
use crate::finance::instruments::recoverable_grant::{RecoverableGrant, TriggerYear, recoveries};
use crate::finance::refusal::total;
use crate::finance::schedule::{Nature, Row, Schedule, Tranche};
use crate::values::{LocalDate, Pence, Share};
use chrono::Months;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a recoverable grant says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverableGrantTerms {
    /// What is compared with the trigger: "yearly revenue", "yearly surplus".
    pub figure: String,
    /// The figure above which it comes back.
    pub trigger: Pence,
    /// The share of what exceeds the trigger.
    pub share: Share,
    /// The most that comes back, as a multiple of the grant.
    pub cap: Decimal,
    /// The day the first year falls due.
    pub first_due: LocalDate,
    /// After this day nothing more is due.
    pub until: LocalDate,
}

impl RecoverableGrantTerms {
    /// The grant as paid.
    #[must_use]
    pub fn grant(&self, draws: &[Tranche]) -> RecoverableGrant {
        RecoverableGrant {
            granted: draws.iter().map(|d| d.amount).sum(),
            trigger: self.trigger,
            share: self.share,
            cap: self.cap,
            until: self.until,
        }
    }

    /// The day of each year that counts.
    #[must_use]
    pub fn due_dates(&self) -> Vec<LocalDate> {
        (0..100)
            .map_while(|year| self.first_due.checked_add_months(Months::new(12 * year)))
            .take_while(|due| *due <= self.until)
            .collect()
    }
}

pub(super) fn schedule(terms: &RecoverableGrantTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    let reported: Vec<(usize, TriggerYear)> = facts
        .happened
        .iter()
        .enumerate()
        .filter_map(|(place, f)| match f.what {
            Happened::Figure { figure } => Some((place, TriggerYear { due: f.on, figure })),
            _ => None,
        })
        .collect();
    let grant = terms.grant(facts.draws);
    // In the order of reports: a year that is reported late never changes what another has brought back already.
    let mut to_date = Pence::ZERO;
    let mut rows = Vec::new();
    for (seen, (place, year)) in reported.iter().enumerate() {
        let years: Vec<TriggerYear> = reported.iter().take(seen + 1).map(|(_, y)| *y).collect();
        let all = recoveries(&grant, &years)?;
        let sum = total(all.iter().map(|r| r.amount))?;
        let amount = sum - to_date;
        let opening = grant.granted - to_date;
        to_date = sum;
        rows.push(Row {
            opening,
            principal: amount,
            payment: amount,
            closing: grant.granted - to_date,
            ..Row::blank(number(*place, 0), year.due, Nature::Recovery)
        });
    }
    if reported.is_empty() {
        recoveries(&grant, &[])?;
    }
    rows.sort_by_key(|r| (r.due, r.number));
    let cap = crate::finance::refusal::times(grant.granted, grant.cap)?;
    Ok(Schedule::of(rows, (to_date < cap).then_some(terms.until))?)
}
