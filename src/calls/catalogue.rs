//! What a call takes from the rooms above: its mission, and entries of the catalogue of conditions.

use super::model::ConditionAsked;
use crate::conditions::{Condition, ConditionBody};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::missions::Mission;
use crate::values::{Id, actor};
use std::collections::{BTreeSet, HashMap};

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

/// The missions of these calls. One that is not found is left out.
///
/// # Errors
/// What the database says.
pub fn missions_shown(_db: &mut Db, _ids: &[Id<Mission>]) -> Result<HashMap<Id<Mission>, MissionShown>> {
    Ok(HashMap::new())
}

/// The missions that an authority's calls can serve: identifier and title.
///
/// # Errors
/// What the database says.
pub fn missions_of(_db: &mut Db, _authority: Id<actor::Organisation>) -> Result<Vec<(String, String)>> {
    Ok(Vec::new())
}

/// Checks that a mission belongs to the authority.
///
/// # Errors
/// Invalid at the field `mission`.
pub fn check_mission(_db: &mut Db, _authority: Id<actor::Organisation>, _mission: Id<Mission>) -> Result<()> {
    Ok(())
}

/// An entry of the catalogue, as it can be asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Identifier.
    pub id: Id<Condition>,
    /// Current version.
    pub version: i64,
    /// Its words.
    pub body: ConditionBody,
}

/// The catalogue of an authority.
///
/// # Errors
/// What the database says.
pub fn entries(_db: &mut Db, _authority: Id<actor::Organisation>) -> Result<Vec<Entry>> {
    Ok(Vec::new())
}

/// One entry in a version, the current one when none is given.
///
/// # Errors
/// Invalid at the field `condition` when the authority has no such entry.
pub fn entry(_db: &mut Db, _authority: Id<actor::Organisation>, _id: Id<Condition>, _version: Option<i64>) -> Result<Entry> {
    Err(Error::field("condition", "Choose a condition of your catalogue"))
}

/// The conditions asked for which an exception of subsidy law is recorded.
///
/// # Errors
/// What the database says.
pub fn exceptions(_db: &mut Db, _asked: &[ConditionAsked]) -> Result<BTreeSet<Id<Condition>>> {
    Ok(BTreeSet::new())
}
