//! What people do with the catalogue.

use super::inputs::{ConditionInput, ExceptionInput, Words};
use super::model::{Condition, ConditionException, ConditionVersion};
use super::{rules, store};
use crate::app::App;
use crate::audit::note;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::missions;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Account, Actor, Id, Instant, Role, actor};
use serde_json::{Value, json};

fn check_mission(db: &mut Db, authority: Id<actor::Organisation>, words: &Words) -> Result<()> {
    let Some(id) = words.mission else { return Ok(()) };
    match missions::find(db, id) {
        Ok(mission) if mission.authority_id == authority => Ok(()),
        Ok(_) | Err(Error::NotFound) => Err(Error::field("mission", "Choose a mission of your own authority")),
        Err(other) => Err(other),
    }
}

fn version_of(condition: &Condition, words: &Words, by: Id<Account>, now: Instant) -> ConditionVersion {
    ConditionVersion {
        id: Id::new(),
        authority_id: condition.authority_id,
        condition_id: condition.id,
        version: condition.version,
        body: Json(words.body.clone()),
        depends_on: Json(words.depends_on.clone()),
        warnings: Json(words.warnings.clone()),
        reason: words.reason.clone(),
        made_at: now,
        made_by: by,
    }
}

fn facts(version: &ConditionVersion) -> Value {
    json!({
        "version": version.version, "target": version.body.0.target, "depends_on": version.depends_on.0,
        "warnings": version.warnings.0.len(),
    })
}

/// The authority in which a person writes conditions, by whichever role allows it.
pub(super) fn writes_for(actor: &Actor) -> Result<Id<actor::Organisation>> {
    [Role::MissionLead, Role::ProcurementOfficer, Role::FundManager]
        .into_iter()
        .find_map(|role| actor.authority_as(role))
        .ok_or(Error::Denied)
}

/// Begins an entry with its first version.
///
/// # Errors
/// Invalid, Denied.
pub async fn create(app: &App, actor: &Actor, input: &ConditionInput, now: Instant) -> Result<Condition> {
    let words = input.read(true)?;
    let authority = writes_for(actor)?;
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            require(&actor, Action::EditCondition, &Thing::of_authority(authority))?;
            check_mission(db, authority, &words)?;
            let condition = Condition {
                id: Id::new(),
                authority_id: authority,
                mission_id: words.mission,
                title: words.body.title.clone(),
                behaviour: words.body.behaviour,
                version: 1,
                created_at: now,
                created_by: account,
            };
            store::insert(db, &condition)?;
            let version = version_of(&condition, &words, account, now);
            store::insert_version(db, &version)?;
            note(db, &actor, &condition, "condition.begun", facts(&version), now)?;
            Ok(condition)
        })
        .await
}

fn known(db: &mut Db, actor: &Actor, id: Id<Condition>) -> Result<Condition> {
    let condition = store::find(db, id)?;
    if can(actor, Action::ReadConditions, &store::thing(&condition)) { Ok(condition) } else { Err(Error::NotFound) }
}

/// Makes a new version of an entry. Calls that asked an older one keep its words.
///
/// # Errors
/// Invalid, Denied, NotFound.
pub async fn add_version(
    app: &App,
    actor: &Actor,
    id: Id<Condition>,
    input: &ConditionInput,
    now: Instant,
) -> Result<Condition> {
    let words = input.read(false)?;
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut condition = known(db, &actor, id)?;
            require(&actor, Action::EditCondition, &store::thing(&condition))?;
            check_mission(db, condition.authority_id, &words)?;
            condition.version += 1;
            condition.mission_id = words.mission;
            condition.title.clone_from(&words.body.title);
            condition.behaviour = words.body.behaviour;
            let version = version_of(&condition, &words, account, now);
            store::insert_version(db, &version)?;
            store::set_newest(db, &condition)?;
            note(db, &actor, &condition, "condition.version_made", facts(&version), now)?;
            Ok(condition)
        })
        .await
}

/// Records the exception of the Subsidy Control Act for the newest version of an entry, with its grounds.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to the author of the version, for a prohibition without exception, twice.
pub async fn record_exception(
    app: &App,
    actor: &Actor,
    id: Id<Condition>,
    input: &ExceptionInput,
    now: Instant,
) -> Result<()> {
    let (number, grounds) = input.read()?;
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let condition = known(db, &actor, id)?;
            require(&actor, Action::RecordException, &store::thing(&condition))?;
            let version = store::find_version(db, id, number)?;
            let recorded = store::exception_recorded(db, id, number)?;
            rules::record_exception(&version, condition.version, recorded, account, now.date())?;
            store::insert_exception(
                db,
                &ConditionException {
                    id: Id::new(),
                    authority_id: condition.authority_id,
                    condition_id: id,
                    version: number,
                    grounds: grounds.clone(),
                    recorded_at: now,
                    recorded_by: account,
                },
            )?;
            let facts = json!({ "version": number, "prohibition": version.body.0.prohibition });
            note(db, &actor, &condition, "condition.exception_recorded", facts, now)
        })
        .await
}
