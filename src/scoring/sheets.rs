//! Individual sheets: each evaluator scores alone.

use super::bids::{self, Answer};
use super::model::{PanelMember, Score, ScoreDraft};
use super::panel::note;
use super::rules::{self, ScoringRefusal};
use super::store;
use crate::app::App;
use crate::applications::{Application, refuse_bidder};
use crate::calls::{self, Call};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::people::policy::{Action, require};
use crate::values::{Account, Actor, Id, Instant, Parser};
use serde::Deserialize;
use serde_json::json;

/// A score as it is typed. Partial answers are kept.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ScoreInput {
    /// Published level, for a quality criterion.
    pub level: String,
    /// `yes` or `no`, for a pass/fail criterion.
    pub passed: String,
    /// Why this level, and why not the next.
    pub reason: String,
    /// On the page: `next` goes on to the next bid.
    pub go: String,
    /// Where the panel agrees: the `id` of what it agreed on this answer before, as it was read; empty when nothing was
    /// agreed. When something else is agreed by now, nothing is saved. Not used for one’s own scores.
    pub read: String,
}

pub(super) struct Given {
    pub(super) level: Option<i64>,
    pub(super) passed: Option<bool>,
    pub(super) reason: String,
}

pub(super) fn read(input: &ScoreInput, whole: bool) -> Result<Given> {
    let mut form = Parser::default();
    let typed = input.level.trim();
    let level = typed.parse::<i64>().ok();
    form.check(typed.is_empty() || level.is_some(), "level", "Choose one of the published levels");
    let passed = match input.passed.trim() {
        "" => None,
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => {
            form.wrong("passed", "Say whether the requirement is met");
            None
        }
    };
    let reason = if whole {
        form.text(
            "reason",
            &input.reason,
            4000,
            "Give the reason, tied to the level text. Who sent the answer reads it",
        )
    } else {
        form.optional_text("reason", &input.reason, 4000).unwrap_or_default()
    };
    form.finish()?;
    Ok(Given { level, passed, reason })
}

/// What somebody who may see the bids of a call needs to know.
pub(super) struct Sight {
    pub(super) call: Call,
    pub(super) member: PanelMember,
    /// Whether bidders are shown under their letters.
    pub(super) hidden: bool,
}

/// The call and the member behind an actor when they may see its bids; every refusal on the way is told.
pub(super) fn require_sight(db: &mut Db, actor: &Actor, call: Id<Call>) -> Result<Sight> {
    let account: Id<Account> = actor.account().ok_or(Error::Denied)?;
    let seat = store::seat(db, call, account)?;
    sight_from(db, actor, seat)
}

/// As [`require_sight`], from a seat that was read before.
pub(super) fn sight_from(db: &mut Db, actor: &Actor, seat: store::Seat) -> Result<Sight> {
    let hidden = seat.hidden();
    let store::Seat { call, member, conflicted, .. } = seat;
    let member = member.ok_or(Error::Denied)?;
    refuse_bidder(db, actor, call.id)?;
    may_score(actor, &call, &member, conflicted)?;
    Ok(Sight { call, member, hidden })
}

/// Whether a member may score. What stands in the way is told before the policy denies.
fn may_score(actor: &Actor, call: &Call, member: &PanelMember, conflicted: bool) -> Result<()> {
    let thing = calls::thing(call).assigned(true);
    require(actor, Action::Score, &thing)?;
    rules::may_see(member, conflicted)?;
    require(actor, Action::Score, &thing.conflicted(conflicted))
}

/// Saves a score, whole or not. One statement reads, one saves and two tell the audit record, in one transaction:
/// six in all.
///
/// # Errors
/// Invalid, Denied, NotFound; refused before the declaration, with a conflict, or once final.
pub async fn save(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    application: Id<Application>,
    criterion: &str,
    input: &ScoreInput,
    now: Instant,
) -> Result<Call> {
    let given = read(input, false)?;
    let account: Id<Account> = actor.account().ok_or(Error::Denied)?;
    let (actor, criterion) = (actor.clone(), criterion.to_owned());
    app.db
        .write(move |db| {
            let store::Desk { call, member, conflicted, bid } = store::desk(db, call, account, application)?;
            let member = member.ok_or(Error::Denied)?;
            may_score(&actor, &call, &member, conflicted)?;
            refuse_bidder(db, &actor, call.id)?;
            let scored = rules::scored_criteria(&call.terms.0.model);
            let model_criterion = scored.into_iter().find(|c| c.id == criterion).filter(|_| bid.is_some());
            let model_criterion = model_criterion.ok_or(Error::NotFound)?;
            if member.final_at.is_some() {
                return Err(ScoringRefusal::AlreadyFinal.into());
            }
            let empty = given.level.is_none() && given.passed.is_none();
            if !empty && !rules::fits(model_criterion, given.level, given.passed) {
                return Err(Error::field("level", "Choose one of the published levels"));
            }
            store::save_draft(
                db,
                &ScoreDraft {
                    id: Id::new(),
                    authority_id: call.authority_id,
                    call_id: call.id,
                    account_id: member.account_id,
                    application_id: application,
                    criterion: criterion.clone(),
                    level: given.level,
                    passed: given.passed,
                    reason: given.reason.clone(),
                    saved_at: now,
                },
            )?;
            note(
                db,
                &actor,
                &call,
                "score.saved",
                json!({ "member": member.id, "application": application, "criterion": criterion }),
                now,
            )?;
            Ok(call)
        })
        .await
}

/// The answer that comes after one, in reading order.
pub(super) fn after(call: &Call, bids: &[bids::Opened], here: &Answer) -> Option<Answer> {
    bids::answers_to_score(call, bids).into_iter().skip_while(|a| a != here).nth(1)
}

/// How many answers are whole of how many.
pub(super) fn progress(wanted: &[Answer], drafts: &[ScoreDraft]) -> (usize, usize) {
    let done = wanted.iter().filter(|w| drafts.iter().any(|d| is_for(d, w) && is_whole(d))).count();
    (done, wanted.len())
}

pub(super) fn is_for(draft: &ScoreDraft, answer: &Answer) -> bool {
    draft.application_id == answer.application && draft.criterion == answer.criterion
}

pub(super) fn is_whole(draft: &ScoreDraft) -> bool {
    (draft.level.is_some() || draft.passed.is_some()) && !draft.reason.trim().is_empty()
}

/// Makes all scores of an evaluator final; they are then kept forever.
///
/// # Errors
/// Denied, refused while a score or reason is missing.
pub async fn finish(app: &App, actor: &Actor, call: Id<Call>, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let Sight { call, member, .. } = require_sight(db, &actor, call)?;
            if member.final_at.is_some() {
                return Err(ScoringRefusal::AlreadyFinal.into());
            }
            let bids = bids::opened(db, call.id)?;
            let wanted = bids::answers_to_score(&call, &bids);
            let drafts = store::drafts(db, call.id, member.account_id)?;
            let (done, all) = progress(&wanted, &drafts);
            if done < all || all == 0 {
                return Err(ScoringRefusal::SheetNotWhole { missing: (all - done).max(1) }.into());
            }
            for answer in &wanted {
                let Some(draft) = drafts.iter().find(|d| is_for(d, answer)) else { continue };
                store::insert_score(
                    db,
                    &Score {
                        id: Id::new(),
                        authority_id: call.authority_id,
                        call_id: call.id,
                        account_id: member.account_id,
                        application_id: draft.application_id,
                        criterion: draft.criterion.clone(),
                        level: draft.level,
                        passed: draft.passed,
                        reason: draft.reason.clone(),
                        final_at: now,
                    },
                )?;
            }
            store::set_final(db, member.id, now)?;
            note(db, &actor, &call, "score.final", json!({ "member": member.id, "answers": all }), now)
        })
        .await
}
