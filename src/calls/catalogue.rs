//! What a call takes from the rooms above: its mission, and entries of the catalogue of conditions.

use super::model::{Call, CallStage, ConditionAsked};
use crate::conditions::social_values;
use crate::conditions::{self, Condition, ConditionBody};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::{MeasureRecord, Model};
use crate::missions::{self, Mission, MissionStatus};
use crate::values::{Id, LocalDate, actor};
use std::collections::BTreeSet;

/// What pages of a call say about its mission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissionShown {
    /// Short title.
    pub title: String,
    /// What will be different, in a sentence.
    pub statement: String,
    /// Its public page.
    pub href: String,
}

/// Whether a draft serves a mission that not everybody may see, which its call would show to everybody.
///
/// # Errors
/// What the database says.
pub fn serves_hidden(db: &mut Db, call: &Call) -> Result<bool> {
    Ok(call.stage == CallStage::Draft && is_hidden(call, &missions::find(db, call.mission_id)?))
}

/// As [`serves_hidden`], where its mission was read along.
#[must_use]
pub fn is_hidden(call: &Call, mission: &Mission) -> bool {
    call.stage == CallStage::Draft && !mission.is_public()
}

impl From<Mission> for MissionShown {
    fn from(mission: Mission) -> Self {
        let href = mission.href();
        MissionShown { title: mission.title, statement: mission.statement, href }
    }
}

/// The missions that an authority's calls can serve: identifier and title.
///
/// # Errors
/// What the database says.
pub fn missions_of(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<(String, String)>> {
    Ok(missions::of_authority(db, authority)?
        .into_iter()
        .filter(|mission| mission.status != MissionStatus::Withdrawn)
        .map(|mission| (mission.id.to_string(), mission.title))
        .collect())
}

/// Checks that a mission belongs to the authority.
///
/// # Errors
/// Invalid at the field `mission`.
pub fn check_mission(db: &mut Db, authority: Id<actor::Organisation>, mission: Id<Mission>) -> Result<()> {
    match missions::find(db, mission) {
        Ok(found) if found.authority_id == authority => Ok(()),
        Ok(_) | Err(Error::NotFound) => Err(Error::field("mission", "Choose a mission of your council")),
        Err(other) => Err(other),
    }
}

/// An entry of the catalogue, as it can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifier.
    pub id: Id<Condition>,
    /// Version.
    pub version: i64,
    /// Its words.
    pub body: ConditionBody,
}

/// The catalogue of an authority, each entry in its newest version.
///
/// # Errors
/// What the database says.
pub fn entries(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<Entry>> {
    Ok(conditions::latest(db, authority)?
        .into_iter()
        .map(|v| Entry { id: v.condition_id, version: v.version, body: v.body.0 })
        .collect())
}

/// One entry in a version, the newest when none is given.
///
/// # Errors
/// Invalid at the field `condition` when the authority has no such entry.
pub fn entry(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    id: Id<Condition>,
    version: Option<i64>,
) -> Result<Entry> {
    let unknown = |error| match error {
        Error::NotFound => Error::field("condition", "Choose a condition of your catalogue"),
        other => other,
    };
    let found = conditions::find(db, id).map_err(unknown)?;
    if found.authority_id != authority {
        return Err(unknown(Error::NotFound));
    }
    let found = conditions::find_version(db, id, version.unwrap_or(found.version)).map_err(unknown)?;
    Ok(Entry { id, version: found.version, body: found.body.0 })
}

/// The conditions asked for which an exception of subsidy law is recorded, each with the version that it holds for:
/// what was written anew has none.
///
/// # Errors
/// What the database says.
pub fn exceptions(db: &mut Db, asked: &[ConditionAsked]) -> Result<BTreeSet<(Id<Condition>, i64)>> {
    let prohibited: Vec<&ConditionAsked> = asked.iter().filter(|one| one.body.prohibition.is_some()).collect();
    if prohibited.is_empty() {
        return Ok(BTreeSet::new());
    }
    let ids: Vec<Id<Condition>> = prohibited.iter().map(|one| one.condition).collect();
    let recorded = conditions::exceptions_recorded(db, &ids)?;
    Ok(prohibited.into_iter().map(|one| (one.condition, one.version)).filter(|one| recorded.contains(one)).collect())
}

/// What one unit of a promise can be worth, to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worths {
    /// Code, and words to choose by.
    pub choices: Vec<(String, String)>,
    /// Whether there are more than are listed.
    pub more: bool,
}

/// What one unit of a promise that counts one of some units can be worth today by the council's current catalogue of social
/// value, narrowed by words.
///
/// # Errors
/// What the database says.
pub fn worths<'a>(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    on: LocalDate,
    units: impl IntoIterator<Item = &'a str>,
    find: &str,
) -> Result<Worths> {
    let units: BTreeSet<String> = units.into_iter().map(social_values::unit_compared).collect();
    let (found, more) = social_values::offered(db, authority, on, &units, find)?;
    let choices = found
        .into_iter()
        .map(|e| {
            let words = format!("{}: {} – {} for each ({})", e.code, e.title, e.record.0.proxy, e.unit);
            (e.code, words)
        })
        .collect();
    Ok(Worths { choices, more })
}

/// What one unit of a promise is worth by a measure of the council's current catalogue, as it is copied into the model.
///
/// # Errors
/// Invalid at the field `worth`: no such measure today, or one that counts something else than the condition does.
pub fn worth(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    code: &str,
    asked: &ConditionAsked,
    on: LocalDate,
) -> Result<MeasureRecord> {
    let record = social_values::copied(db, authority, code, on)?;
    let counts = record.catalogue.as_ref().map(|from| social_values::unit_compared(&from.unit)).unwrap_or_default();
    let asks = asked.body.unit.trim();
    if counts != social_values::unit_compared(asks) {
        return Err(Error::field(
            "worth",
            format!(
                "This value is for one of “{counts}”, and the condition counts “{asks}”. Choose a measure with the same unit"
            ),
        ));
    }
    Ok(record)
}

/// Checks that what a model says to be copied from the council's catalogue of social value is there, word for word.
///
/// # Errors
/// Invalid at the field `terms`.
pub fn check_copies(db: &mut Db, authority: Id<actor::Organisation>, model: &Model) -> Result<()> {
    for measure in super::rules::measures(model) {
        let Some(record) = measure.record.as_ref().filter(|record| record.catalogue.is_some()) else { continue };
        if !social_values::is_copy(db, authority, record)? {
            let sentence = format!(
                "The value of “{}” is not in the version of your catalogue that it names. Copy it again",
                measure.title
            );
            return Err(Error::field("terms", sentence));
        }
    }
    Ok(())
}
