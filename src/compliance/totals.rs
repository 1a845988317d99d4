//! Promised, claimed and verified, added up by measure.

use super::model::{Claim, ClaimState};
use super::rules::{is_level, keeps};
use super::store::{self, AgreedForMission, Promised};
use crate::agreements::{self, Agreement, Obligation};
use crate::conditions::Direction;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::missions::Mission;
use crate::values::{Id, Quantity, round_half_up};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// The three figures of one measure over several obligations, of those that keep it on the same side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureTotals {
    /// What is counted.
    pub measure: String,
    /// Unit.
    pub unit: String,
    /// Which side of the promise keeps it.
    pub direction: Direction,
    /// Whether the figures are averages, not sums.
    #[serde(rename = "averaged")]
    pub level: bool,
    /// Promised.
    pub promised: Quantity,
    /// Claimed and counted, verified or not: of the obligations that have such a figure. None where a figure of none
    /// would be read as one of nothing.
    pub claimed: Option<Quantity>,
    /// Verified, in the same way.
    pub verified: Option<Quantity>,
    /// How many obligations stand behind it.
    pub obligations: usize,
    /// How many of them have a claimed figure.
    pub reported: usize,
    /// How many of them have a verified figure.
    pub checked: usize,
    /// How many of them keep their own promise by their verified figure.
    pub kept: usize,
}

impl MeasureTotals {
    /// The part of the promise that is verified. None where less is better or only one figure will do, where nothing is
    /// promised, and of an average as long as a figure is missing.
    #[must_use]
    pub fn share(&self) -> Option<Decimal> {
        let whole = !self.level || self.checked == self.obligations;
        let verified = self.verified.filter(|_| whole && self.direction == Direction::AtLeast)?;
        verified.get().checked_div(self.promised.get())
    }
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

/// Sums over the obligations of one measure.
#[derive(Default)]
struct Sums {
    promised: Decimal,
    claimed: Decimal,
    verified: Decimal,
    obligations: usize,
    reported: usize,
    checked: usize,
    kept: usize,
}

/// Totals by measure, unit and direction. Amounts are added up; levels, such as per cents, are averaged to two places over
/// the obligations that have such a figure: one that is not reported is not one of nothing.
fn totals(promises: &[Promised], claims: &[Claim]) -> Result<Vec<MeasureTotals>> {
    let newest = newest(claims);
    let add = |sum: &mut Decimal, figure: Decimal| {
        *sum = sum.checked_add(figure).ok_or_else(|| Error::internal("a total of figures is too large"))?;
        Ok::<_, Error>(())
    };
    let mut by_measure: BTreeMap<(String, String, Direction), Sums> = BTreeMap::new();
    for promise in promises {
        let figures = newest.get(&promise.id).copied().unwrap_or_default();
        let key = (promise.measure.clone(), promise.unit.clone(), promise.direction);
        let sums = by_measure.entry(key).or_default();
        sums.obligations += 1;
        add(&mut sums.promised, promise.promised.get())?;
        // What is verified was claimed.
        if let Some(claimed) = figures.claimed.or(figures.verified) {
            sums.reported += 1;
            add(&mut sums.claimed, claimed)?;
        }
        if let Some(verified) = figures.verified {
            sums.checked += 1;
            sums.kept += usize::from(keeps(promise.direction, promise.promised.get(), verified));
            add(&mut sums.verified, verified)?;
        }
    }
    by_measure
        .into_iter()
        .map(|((measure, unit, direction), sums)| {
            let level = is_level(&unit);
            let shown = |sum: Decimal, number: usize| {
                let figure = match Decimal::from(number) {
                    number if level && number > Decimal::ONE => round_half_up(sum / number, 2).normalize(),
                    _ => sum,
                };
                Quantity::new(figure).map_err(|e| Error::internal(e.to_string()))
            };
            // Nothing verified yet of an amount that grows is so much of it: none.
            let grows = !level && direction == Direction::AtLeast;
            let known = |sum: Decimal, number: usize| (grows || number > 0).then(|| shown(sum, number)).transpose();
            Ok(MeasureTotals {
                promised: shown(sums.promised, sums.obligations)?,
                claimed: known(sums.claimed, sums.reported)?,
                verified: known(sums.verified, sums.checked)?,
                obligations: sums.obligations,
                reported: sums.reported,
                checked: sums.checked,
                kept: sums.kept,
                measure,
                unit,
                direction,
                level,
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
        .map(|o| Promised { id: o.id, measure: o.measure, unit: o.unit, direction: o.direction, promised: o.promised })
        .collect();
    let claims = store::claims_of_agreement(db, agreement)?;
    totals(&promises, &claims)
}
