//! Breach: the next step of the ladder is proposed, and another person takes it, waives or reserves.

use super::actions::{note, thing};
use super::model::{Due, DueState, RemedyKind, RemedyStep};
use super::rules::ComplianceRefusal;
use super::{jobs, store};
use crate::agreements::{self, Obligation};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::{Action, require};
use crate::values::{Account, Actor, Id, Instant, Parser};
use serde::Deserialize;
use serde_json::json;

/// The step of the ladder at an index.
#[must_use]
pub(super) fn step_of(obligation: &Obligation, index: i64) -> Option<String> {
    usize::try_from(index).ok().and_then(|index| obligation.terms.0.remedies.get(index)).cloned()
}

/// Proposes the next step when a due date comes into breach. `by` is the officer whose decision made it one, so that
/// another person must take the step; `link` is the address of the service, for the mail.
pub(super) fn open_breach(
    db: &mut Db,
    actor: &Actor,
    due: &Due,
    obligation: &Obligation,
    by: Option<Id<Account>>,
    link: &str,
    now: Instant,
) -> Result<()> {
    let (kind, title) = match step_of(obligation, due.next_step) {
        Some(step) => (RemedyKind::Step, step),
        None => (RemedyKind::Reserve, RemedyKind::Reserve.label().to_owned()),
    };
    let step = RemedyStep {
        id: Id::new(),
        authority_id: due.authority_id,
        agreement_id: due.agreement_id,
        due_id: due.id,
        kind,
        step: due.next_step,
        title: title.clone(),
        reason: "The time to put the miss right is over and the promise is not shown to be kept.".to_owned(),
        proposed_at: now,
        proposed_by: by,
        withdrawn_at: None,
        taken_at: None,
        taken_by: None,
        taken_reason: None,
    };
    store::insert_remedy(db, &step)?;
    let facts = json!({ "due": due.id, "obligation": obligation.id, "proposed": step.id, "step": due.next_step });
    note(db, actor, due, "due.breached", facts, now)?;
    outbox::emit(db, "obligation.breached", json!({ "due": due.id, "agreement": due.agreement_id }), now)?;
    let subject = format!("In breach: {}, {}", obligation.title, due.period);
    let body = format!("Proposed next: {title}.\n\nDecide here: {link}/compliance/dues/{}\n", due.id);
    jobs::mail_managers(db, due, &subject, &body, now)
}

/// Proposing what to do about a breach.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ProposeInput {
    /// `step`, `waive` or `reserve`.
    pub kind: String,
    /// Why.
    pub reason: String,
}

/// Proposes the next step, a waiver or a reservation of rights in place of what is proposed now.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when nothing is in breach or the ladder has ended.
pub async fn propose(
    app: &App,
    actor: &Actor,
    due: Id<Due>,
    input: &ProposeInput,
    now: Instant,
) -> Result<Id<RemedyStep>> {
    let mut form = Parser::default();
    let kind = form.value::<RemedyKind>("kind", &input.kind, "Choose what to propose");
    let reason = form.text("reason", &input.reason, 2000, "Say why, for the person who decides");
    form.finish()?;
    let Some(kind) = kind else { return Err(Error::field("kind", "Choose what to propose")) };
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let due = store::find_due(db, due)?;
            require(&actor, Action::VerifyFigure, &thing(&due))?;
            if !matches!(due.state, DueState::Breached | DueState::Enforced | DueState::Reserved) {
                return Err(ComplianceRefusal::NotInBreach.into());
            }
            let obligation = agreements::find_obligation(db, due.obligation_id)?;
            let title = match kind {
                RemedyKind::Step => step_of(&obligation, due.next_step).ok_or(ComplianceRefusal::LadderEnds)?,
                RemedyKind::Waive | RemedyKind::Reserve => kind.label().to_owned(),
            };
            store::withdraw_remedies(db, due.id, now)?;
            let step = RemedyStep {
                id: Id::new(),
                authority_id: due.authority_id,
                agreement_id: due.agreement_id,
                due_id: due.id,
                kind,
                step: due.next_step,
                title,
                reason: reason.clone(),
                proposed_at: now,
                proposed_by: Some(by),
                withdrawn_at: None,
                taken_at: None,
                taken_by: None,
                taken_reason: None,
            };
            store::insert_remedy(db, &step)?;
            let facts = json!({ "due": due.id, "obligation": obligation.id, "proposed": step.id, "kind": kind, "step": step.step });
            note(db, &actor, &due, "remedy.proposed", facts, now)?;
            Ok(step.id)
        })
        .await
}

/// Taking what somebody else proposed.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TakeInput {
    /// Why.
    pub reason: String,
}

/// Takes the proposed step, waiver or reservation. Never by the person who proposed it.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when the proposal was taken or replaced.
pub async fn take(app: &App, actor: &Actor, id: Id<RemedyStep>, input: &TakeInput, now: Instant) -> Result<DueState> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why, for the record");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut step = store::find_remedy(db, id)?;
            let mut due = store::find_due(db, step.due_id)?;
            require(&actor, Action::TakeRemedy, &thing(&due).made_by(step.proposed_by))?;
            if step.taken_at.is_some() || step.withdrawn_at.is_some() {
                return Err(ComplianceRefusal::NotProposed.into());
            }
            step.taken_at = Some(now);
            step.taken_by = Some(by);
            step.taken_reason = Some(reason.clone());
            store::set_remedy_taken(db, &step)?;
            due.state = match step.kind {
                RemedyKind::Step => DueState::Enforced,
                RemedyKind::Waive => DueState::Waived,
                RemedyKind::Reserve => DueState::Reserved,
            };
            if step.kind == RemedyKind::Step {
                due.next_step = step.step + 1;
            }
            store::set_due(db, &due)?;
            let facts = json!({
                "due": due.id, "obligation": due.obligation_id, "remedy": step.id, "kind": step.kind, "step": step.step,
            });
            note(db, &actor, &due, "remedy.taken", facts, now)?;
            outbox::emit(
                db,
                "remedy.taken",
                json!({ "remedy": step.id, "due": due.id, "agreement": due.agreement_id, "kind": step.kind, "title": step.title }),
                now,
            )?;
            let organisation_text = format!(
                "What the council decided about {}: {}.\n\nThe council says: {reason}\n\nSee {link}/compliance/dues/{}\n",
                due.period, step.title, due.id
            );
            for address in crate::people::addresses_of_organisation(db, due.organisation_id)? {
                crate::outbox::mail::queue(db, Some(due.authority_id), &address, &step.title, &organisation_text, now)?;
            }
            Ok(due.state)
        })
        .await
}
