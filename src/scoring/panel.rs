//! The panel and its conflicts of interest.

use super::model::{Conflict, ConflictOutcome, PanelMember};
use super::rules::ScoringRefusal;
use super::{bids, store};
use crate::app::App;
use crate::applications::Application;
pub(super) use crate::audit::note;
use crate::calls::{self, Call};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::people::policy::{Action, Thing, can, require};
use crate::people::{load_actor, members_with_role};
use crate::values::{Account, Actor, Id, Instant, Parser, Role};
use serde::Deserialize;
use serde_json::json;

/// Refuses somebody whose declared conflict of interest with any bid of a call stands: whatever their other roles are, they
/// neither judge nor decide there. Recording a fact once it is decided needs no judgement, and is not refused.
///
/// # Errors
/// [`ScoringRefusal::Conflicted`].
pub fn refuse_conflicted(db: &mut Db, actor: &Actor, call: Id<Call>) -> Result<()> {
    let Some(account) = actor.account() else { return Ok(()) };
    let call = calls::find(db, call)?;
    if store::has_conflict(db, account, &call)? { Err(ScoringRefusal::Conflicted.into()) } else { Ok(()) }
}

/// Whether a person may take a seat: an evaluator whom somebody else chooses, and who could not read what others scored.
/// Before anybody's scores are final there is nothing to read, and whoever sits on a panel reads none of others' before
/// their own are final.
fn may_sit(
    db: &mut Db,
    call: &Call,
    panel: &[PanelMember],
    chosen_by: Id<Account>,
    account: Id<Account>,
) -> Result<()> {
    if !members_with_role(db, call.authority_id, Role::Evaluator)?.iter().any(|(id, _)| *id == account) {
        return Err(ScoringRefusal::NotAnEvaluator.into());
    }
    if panel.iter().any(|m| m.account_id == account) {
        return Err(Error::field("account", "This person is on the panel already"));
    }
    if account == chosen_by {
        return Err(ScoringRefusal::OwnSeat.into());
    }
    if panel.iter().any(|m| m.final_at.is_some()) {
        let reads = |person: &Actor| can(person, Action::ReadScores, &Thing::of_authority(call.authority_id));
        if load_actor(db, account)?.as_ref().is_some_and(reads) {
            return Err(ScoringRefusal::ReadsScores.into());
        }
    }
    Ok(())
}

/// Choosing an evaluator.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MemberInput {
    /// Account of a person with the evaluator’s role.
    pub account: String,
}

/// Adds an evaluator of the authority to the panel of a call.
///
/// # Errors
/// Invalid, Denied; refused for somebody without the role, for oneself, for somebody who may have read final scores, and
/// to who declared a conflict; Invalid when they sit on it already.
pub async fn add_member(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    input: &MemberInput,
    now: Instant,
) -> Result<Id<PanelMember>> {
    let mut form = Parser::default();
    let account = form.value::<Id<Account>>("account", &input.account, "Choose an evaluator");
    form.finish()?;
    let Some(account) = account else { return Err(Error::field("account", "Choose an evaluator")) };
    let added_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::ManagePanel, &calls::thing(&call))?;
            refuse_conflicted(db, &actor, call.id)?;
            if store::moderation_closed(db, call.id)?.is_some() {
                return Err(ScoringRefusal::ModerationClosed.into());
            }
            let panel = store::panel(db, call.id)?;
            may_sit(db, &call, &panel, added_by, account)?;
            let row = PanelMember::new(&call, account, added_by, now);
            store::insert_member(db, &row)?;
            note(db, &actor, &call, "panel.member_added", json!({ "member": row.id, "account": account }), now)?;
            Ok(row.id)
        })
        .await
}

/// Replacing an evaluator.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ReplaceInput {
    /// Account of the person who takes the place, with the evaluator's role.
    pub account: String,
    /// Why the first cannot go on.
    pub reason: String,
}

/// Somebody else takes the place of an evaluator, also late, until moderation is closed. What the first scored and wrote
/// stays as it is and counts no more; the second declares conflicts and scores every answer.
///
/// # Errors
/// Invalid, Denied, NotFound; refused as [`add_member`], for one who was replaced before, and once moderation is closed.
pub async fn replace_member(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    member: Id<PanelMember>,
    input: &ReplaceInput,
    now: Instant,
) -> Result<Id<PanelMember>> {
    let mut form = Parser::default();
    let account = form.value::<Id<Account>>("account", &input.account, "Choose who takes the place");
    let reason = form.text("reason", &input.reason, 1000, "Say why the first evaluator cannot go on");
    form.finish()?;
    let Some(account) = account else { return Err(Error::field("account", "Choose who takes the place")) };
    let added_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::ManagePanel, &calls::thing(&call))?;
            refuse_conflicted(db, &actor, call.id)?;
            let panel = store::panel(db, call.id)?;
            let first = panel.iter().find(|m| m.id == member).ok_or(Error::NotFound)?;
            if first.replaced_at.is_some() {
                return Err(ScoringRefusal::Replaced.into());
            }
            if store::moderation_closed(db, call.id)?.is_some() {
                return Err(ScoringRefusal::ModerationClosed.into());
            }
            may_sit(db, &call, &panel, added_by, account)?;
            let second = PanelMember::new(&call, account, added_by, now);
            store::insert_member(db, &second)?;
            store::set_replaced(db, first.id, second.id, &reason, now)?;
            note(
                db,
                &actor,
                &call,
                "panel.member_replaced",
                json!({ "member": first.id, "successor": second.id, "account": account }),
                now,
            )?;
            Ok(second.id)
        })
        .await
}

/// Declaring conflicts before sight.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct DeclarationInput {
    /// `none` or `some`.
    pub answer: String,
    /// The bids one has a conflict with, each called as in the list of bidders for a declaration.
    #[serde(deserialize_with = "one_or_many")]
    pub bids: Vec<String>,
    /// What the conflict is.
    pub nature: String,
}

/// A form sends a lone tick box as one value, several as a list; programs send a list.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Many(Vec<String>),
        One(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Many(all) => all,
        Either::One(one) => vec![one],
    })
}

/// An evaluator declares conflicts, or that there are none. A later declaration adds conflicts and takes none away.
///
/// # Errors
/// Invalid, Denied for somebody who is not on the panel, refused while the bids are sealed.
pub async fn declare(app: &App, actor: &Actor, call: Id<Call>, input: &DeclarationInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let some = match input.answer.as_str() {
        "none" => false,
        "some" => true,
        _ => {
            form.wrong("answer", "Say whether you have a conflict of interest with any of them");
            false
        }
    };
    let named: Vec<String> = input.bids.iter().map(|bid| bid.trim().to_owned()).collect();
    form.check(named.iter().all(|bid| !bid.is_empty()), "bids", "Choose from the list");
    let nature = if some {
        form.check(!named.is_empty(), "bids", "Choose everybody you have a conflict with");
        form.text("nature", &input.nature, 1000, "Say what the conflict is")
    } else {
        form.check(named.is_empty(), "answer", "You chose somebody from the list, so say that you have a conflict");
        String::new()
    };
    form.finish()?;
    let account = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::DeclareConflicts, &calls::thing(&call))?;
            let member = store::member(db, call.id, account)?.ok_or(Error::Denied)?;
            let bids = bids::opened(db, call.id)?;
            if bids.is_empty() {
                return Err(ScoringRefusal::NotOpened.into());
            }
            // Where names are hidden the identifier of a bid is not taken: the page would answer with the name of whoever
            // has that letter.
            let hides = call.terms.0.hides_bidders();
            let bid_of = |called: &String| {
                bids.iter().find(|b| bids::declared_as(b, hides) == *called).map(|b| b.application.id)
            };
            let found: Option<Vec<Id<Application>>> = named.iter().map(bid_of).collect();
            let found = found.ok_or(ScoringRefusal::NotOfThisCall)?;
            for application in &found {
                let row = Conflict {
                    id: Id::new(),
                    authority_id: call.authority_id,
                    call_id: call.id,
                    account_id: account,
                    application_id: *application,
                    nature: nature.clone(),
                    declared_at: now,
                    outcome: ConflictOutcome::Open,
                    enquiry: None,
                    resolved_at: None,
                    resolved_by: None,
                };
                store::insert_conflict(db, &row)?;
            }
            store::set_declared(db, member.id, now)?;
            note(
                db,
                &actor,
                &call,
                "panel.declared",
                json!({ "member": member.id, "account": account, "conflicts": found }),
                now,
            )
        })
        .await
}

/// What an enquiry into a conflict found.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ResolutionInput {
    /// `no_conflict` or `confirmed`.
    pub outcome: String,
    /// What the enquiry found.
    pub enquiry: String,
}

/// Somebody other than the evaluator records what an enquiry found.
///
/// # Errors
/// Invalid, Denied; refused for one's own conflict, and to who declared one with this call.
pub async fn resolve(app: &App, actor: &Actor, id: Id<Conflict>, input: &ResolutionInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let outcome = form
        .value::<ConflictOutcome>("outcome", &input.outcome, "Say what the enquiry found")
        .filter(|o| *o != ConflictOutcome::Open);
    let enquiry = form.text("enquiry", &input.enquiry, 2000, "Say what was looked into and found");
    form.finish()?;
    let Some(outcome) = outcome else { return Err(Error::field("outcome", "Say what the enquiry found")) };
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut conflict = store::find_conflict(db, id)?;
            let call = calls::find(db, conflict.call_id)?;
            if conflict.account_id == by {
                return Err(ScoringRefusal::OwnConflict.into());
            }
            require(
                &actor,
                Action::ResolveConflict,
                &Thing::of_authority(call.authority_id).made_by(Some(conflict.account_id)),
            )?;
            // Two people with conflicts do not clear each other.
            refuse_conflicted(db, &actor, call.id)?;
            // Also once moderation is closed: scores stand, but whoever declared it decides nothing until it is resolved.
            conflict.outcome = outcome;
            conflict.enquiry = Some(enquiry.clone());
            conflict.resolved_at = Some(now);
            conflict.resolved_by = Some(by);
            store::resolve_conflict(db, &conflict)?;
            note(db, &actor, &call, "panel.conflict_resolved", json!({ "conflict": id, "outcome": outcome }), now)
        })
        .await
}
