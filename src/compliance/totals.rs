//! Promised, claimed and verified, added up by measure.

use super::model::{Claim, ClaimState};
use super::rules::is_level;
use super::store::{self, AgreedForMission, Promised};
use crate::agreements::{self, Agreement, Obligation};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::missions::Mission;
use crate::values::{Id, Quantity, round_half_up};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};

/// The three figures of one measure over several obligations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureTotals {
    /// What is counted.
    pub measure: String,
    /// Unit.
    pub unit: String,
    /// Promised.
    pub promised: Quantity,
    /// Claimed and counted, verified or not.
    pub claimed: Quantity,
    /// Verified.
    pub verified: Quantity,
    /// How many obligations stand behind it.
    pub obligations: usize,
}

/// The newest claimed and the newest verified figure of one obligation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Newest {
    pub(super) claimed: Option<Decimal>,
    pub(super) verified: Option<Decimal>,
    pub(super) disputed: bool,
}

/// The newest figures by obligation, from figures in the order of their periods.
pub(super) fn newest(claims: &[Claim]) -> HashMap<Id<Obligation>, Newest> {
    let mut found: HashMap<Id<Obligation>, Newest> = HashMap::new();
    for claim in claims {
        let of = found.entry(claim.obligation_id).or_default();
        if claim.state != ClaimState::Replaced {
            of.claimed = Some(claim.counted.get());
            of.disputed = claim.state == ClaimState::Queried;
        }
        if let Some(verified) = claim.verified {
            of.verified = Some(verified.get());
        }
    }
    found
}

/// Totals by measure and unit. Amounts are added up; levels, such as per cents, are averaged to two places.
fn totals(promises: &[Promised], claims: &[Claim]) -> Result<Vec<MeasureTotals>> {
    let newest = newest(claims);
    let mut by_measure: BTreeMap<(String, String), [Decimal; 4]> = BTreeMap::new();
    for promise in promises {
        let figures = newest.get(&promise.id).copied().unwrap_or_default();
        let sum = by_measure.entry((promise.measure.clone(), promise.unit.clone())).or_default();
        let one = [
            promise.promised.get(),
            figures.claimed.unwrap_or_default(),
            figures.verified.unwrap_or_default(),
            Decimal::ONE,
        ];
        for (place, figure) in sum.iter_mut().zip(one) {
            *place = place.checked_add(figure).ok_or_else(|| Error::internal("a total of figures is too large"))?;
        }
    }
    by_measure
        .into_iter()
        .map(|((measure, unit), [promised, claimed, verified, number])| {
            let level = is_level(&unit);
            let shown = |sum: Decimal| {
                let figure = if level { round_half_up(sum / number, 2).normalize() } else { sum };
                Quantity::new(figure).map_err(|e| Error::internal(e.to_string()))
            };
            Ok(MeasureTotals {
                promised: shown(promised)?,
                claimed: shown(claimed)?,
                verified: shown(verified)?,
                obligations: usize::try_from(number).unwrap_or_default(),
                measure,
                unit,
            })
        })
        .collect()
}

/// The agreements of a mission, and their totals by measure. One statement.
///
/// # Errors
/// What the database says.
pub fn record_of_mission(db: &mut Db, mission: Id<Mission>) -> Result<(Vec<AgreedForMission>, Vec<MeasureTotals>)> {
    let found = store::record_of_mission(db, mission)?;
    let totals = totals(&found.promises, &found.claims)?;
    Ok((found.agreements, totals))
}

/// The totals of an agreement, by measure.
///
/// # Errors
/// What the database says.
pub fn totals_of_agreement(db: &mut Db, agreement: Id<Agreement>) -> Result<Vec<MeasureTotals>> {
    let promises: Vec<Promised> = agreements::obligations(db, agreement)?
        .into_iter()
        .map(|o| Promised { id: o.id, measure: o.measure, unit: o.unit, promised: o.promised })
        .collect();
    let claims = store::claims_of_agreement(db, agreement)?;
    totals(&promises, &claims)
}
