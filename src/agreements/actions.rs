//! What people do with agreements: sign, change, complete, end early.

use super::making::{self, Won};
use super::model::{Agreement, AgreementChange, AgreementKind, AgreementState, ChangeKind};
use super::rules::{self, AgreementRefusal, Extent};
use super::store;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::awards::{self, Award, AwardState};
use crate::calls::Call;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::law;
use crate::outbox::{self, Job, mail};
use crate::people::addresses_of_organisation;
use crate::people::policy::{Action, require};
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Subject};
use serde::Deserialize;
use serde_json::json;

/// Signing a contract.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SignInput {
    /// Ids in the call of the promises that are key performance indicators.
    pub kpis: Vec<String>,
    /// Why there are fewer than three, where three would be due.
    pub no_kpi_reason: String,
}

/// Signs the contract of an award; every promise becomes an obligation in the same transaction.
///
/// # Errors
/// Denied; refused before the standstill ends, with too few indicators, or while promises are sealed.
pub async fn sign(
    app: &App,
    actor: &Actor,
    award: Id<Award>,
    input: &SignInput,
    now: Instant,
) -> Result<Id<Agreement>> {
    let mut form = Parser::default();
    let reason = form.optional_text("no_kpi_reason", &input.no_kpi_reason, 2000);
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, kpis) = (actor.clone(), input.kpis.clone());
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    app.db
        .write(move |db| {
            let won = ready_to_sign(db, &actor, award, now)?;
            if kpis.iter().any(|kpi| won.promises.iter().all(|p| p.id != *kpi)) {
                return Err(AgreementRefusal::UnknownKpi.into());
            }
            let distinct: std::collections::BTreeSet<&String> = kpis.iter().collect();
            let required = kpis_required(&won.award, &won.call)?;
            rules::enough_kpis(required, distinct.len(), reason.as_deref())?;
            let agreement = making::make(db, &actor, &won, &kpis, now)?;
            if let Some(reason) = reason.as_ref().filter(|_| required && distinct.len() < rules::LEAST_KPIS) {
                let change = unchanged(&agreement, ChangeKind::NoKpis, reason, now, by);
                store::insert_change(db, &change)?;
            }
            awards::mark_signed(db, &actor, won.award.id, now)?;
            tell(db, &agreement, "Your contract is signed", &link, now)?;
            Ok(agreement.id)
        })
        .await
}

/// The award as it stands before signing, checked for everything but the indicators.
pub(super) fn ready_to_sign(db: &mut Db, actor: &Actor, award: Id<Award>, now: Instant) -> Result<Won> {
    let award = awards::find(db, award)?;
    require(actor, Action::RunAward, &award.thing())?;
    if award.kind != AgreementKind::Contract {
        return Err(AgreementRefusal::NotAContract.into());
    }
    awards::may_sign(&award, now.date())?;
    making::won(db, award, now)
}

/// Whether this contract must have key performance indicators.
pub(super) fn kpis_required(award: &Award, call: &Call) -> Result<bool> {
    let Some(tender) = &call.terms.0.tender else { return Ok(false) };
    let commenced = call
        .published_at
        .ok_or_else(|| AgreementRefusal::Unknown("the day on which the procurement began is missing".to_owned()))?;
    Ok(law::kpis_required(tender.contract_type, false, award.value, commenced.date())?)
}

/// Makes the investment agreement when an offer was accepted: the handler of `offer.accepted`.
///
/// # Errors
/// NotFound; refused while promises are sealed. Running twice makes one agreement.
pub async fn offer_accepted(app: App, job: Job, now: Instant) -> Result<()> {
    let award: Id<Award> = job.id_of("award")?;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    app.db
        .write(move |db| {
            if store::of_award(db, award)?.is_some() {
                return Ok(());
            }
            let award = awards::find(db, award)?;
            if award.kind != AgreementKind::Investment || award.state != AwardState::Accepted {
                return Err(AgreementRefusal::NotAccepted.into());
            }
            let won = making::won(db, award, now)?;
            let agreement = making::make(db, &Actor::System, &won, &[], now)?;
            awards::mark_signed(db, &Actor::System, won.award.id, now)?;
            tell(db, &agreement, "Your investment agreement is made", &link, now)
        })
        .await
}

fn tell(db: &mut Db, agreement: &Agreement, subject: &str, link: &str, now: Instant) -> Result<()> {
    for address in addresses_of_organisation(db, agreement.organisation_id)? {
        let body = format!(
            "{} ({}) runs from {} to {}.\n\nWhat you promised is listed with its due dates on the page of the agreement:\n{link}/agreements/{}\n",
            agreement.title,
            agreement.reference,
            crate::values::time::medium_date(agreement.starts_on),
            crate::values::time::medium_date(agreement.ends_on),
            agreement.id
        );
        mail::queue(
            db,
            Some(agreement.authority_id),
            &address,
            &format!("{subject}: {}", agreement.reference),
            &body,
            now,
        )?;
    }
    Ok(())
}

fn unchanged(
    agreement: &Agreement,
    kind: ChangeKind,
    reason: &str,
    now: Instant,
    by: Id<crate::values::Account>,
) -> AgreementChange {
    AgreementChange {
        id: Id::new(),
        authority_id: agreement.authority_id,
        agreement_id: agreement.id,
        kind,
        reason: reason.to_owned(),
        old_value: agreement.value,
        new_value: agreement.value,
        old_ends_on: agreement.ends_on,
        new_ends_on: agreement.ends_on,
        notice_number: None,
        made_at: now,
        made_by: by,
    }
}

/// Changing, completing or ending an agreement.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ChangeInput {
    /// `change`, `completion` or `termination`.
    pub what: String,
    /// New value including VAT, in pounds; left out, it stays. Not of an investment, whose value follows its parts.
    pub value: String,
    /// New last day; left out, it stays. Not of an investment either.
    pub ends_on: String,
    /// Number of the contract change notice, where one is due first.
    pub notice_number: String,
    /// Why.
    pub reason: String,
}

/// Changes terms, completes or ends an agreement early, with the reason.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it has ended, is not over yet, or needs a notice first. Of an investment, a
/// change is refused always, and ending it while a part runs or waits for its money.
pub async fn change(app: &App, actor: &Actor, id: Id<Agreement>, input: &ChangeInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let what = form.value::<ChangeKind>("what", &input.what, "Choose what happens to the agreement");
    let value = form.optional::<Pence>("value", &input.value);
    let ends_on = form.optional_date("ends_on", &input.ends_on);
    let notice = form.optional_text("notice_number", &input.notice_number, 60);
    let reason = form.text("reason", &input.reason, 2000, "Say why, for the record");
    if value.is_some_and(|v| v <= Pence::ZERO) {
        form.wrong("value", "Enter an amount of more than nothing");
    }
    if what == Some(ChangeKind::Change) && value.is_none() && ends_on.is_none() {
        form.wrong("value", "Enter the new value or the new last day");
    }
    form.finish()?;
    let Some(what) = what.filter(|w| *w != ChangeKind::NoKpis) else {
        return Err(Error::field("what", "Choose what happens to the agreement"));
    };
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut agreement = store::find(db, id)?;
            let thing = store::thing(&agreement);
            match what {
                // Ending a contract is the last step of the ladder, so never by the one who signed it.
                ChangeKind::Termination => require(&actor, Action::TakeRemedy, &thing.made_by(agreement.signed_by))?,
                _ => require(&actor, Action::RunAward, &thing)?,
            }
            if agreement.state != AgreementState::Active {
                return Err(AgreementRefusal::Ended.into());
            }
            if agreement.kind == AgreementKind::Investment {
                of_investment(db, &agreement, what)?;
            }
            let mut change = unchanged(&agreement, what, &reason, now, by);
            change.notice_number.clone_from(&notice);
            let action = match what {
                ChangeKind::Change | ChangeKind::NoKpis => {
                    change.new_value = value.unwrap_or(agreement.value);
                    change.new_ends_on = ends_on.unwrap_or(agreement.ends_on);
                    check_change(db, &agreement, &change)?;
                    agreement.value = change.new_value;
                    agreement.ends_on = change.new_ends_on;
                    "agreement.changed"
                }
                ChangeKind::Completion => {
                    if now.date() < agreement.ends_on {
                        return Err(AgreementRefusal::NotOver.into());
                    }
                    agreement.state = AgreementState::Completed;
                    agreement.ended_at = Some(now);
                    "agreement.completed"
                }
                ChangeKind::Termination => {
                    agreement.state = AgreementState::Terminated;
                    agreement.ended_at = Some(now);
                    "agreement.terminated"
                }
            };
            store::set(db, &agreement)?;
            store::insert_change(db, &change)?;
            audit::record(
                db,
                Entry {
                    authority: Some(agreement.authority_id),
                    at: now,
                    actor: &actor,
                    action,
                    subject: Subject::new("agreement", id),
                    facts: json!({
                        "change": change.id, "value": { "from": change.old_value, "to": change.new_value },
                        "ends_on": { "from": change.old_ends_on, "to": change.new_ends_on }, "notice": change.notice_number,
                    }),
                },
            )?;
            if agreement.state != AgreementState::Active {
                outbox::emit(db, "agreement.ended", json!({ "agreement": id, "state": agreement.state }), now)?;
            }
            Ok(())
        })
        .await
}

/// What one person may record of an investment: its end, once nothing of it runs. What it is worth and how long it runs is
/// changed in its parts, by two.
fn of_investment(db: &mut Db, agreement: &Agreement, what: ChangeKind) -> Result<()> {
    if matches!(what, ChangeKind::Change | ChangeKind::NoKpis) {
        return Err(AgreementRefusal::FollowsItsParts.into());
    }
    // A part that is not opened yet waits for its money too.
    let parts = i64::try_from(agreement.terms.0.number_of_parts())?;
    if store::parts_over(db, agreement.id)? < parts {
        return Err(AgreementRefusal::PartsRun.into());
    }
    Ok(())
}

/// Records that the terms of a running investment were changed by two people in the room that keeps it. The last day moves
/// when its payments end later. Part of the caller's transaction; nothing when the agreement has ended.
///
/// # Errors
/// NotFound, Denied without an account.
pub fn investment_changed(
    db: &mut Db,
    actor: &Actor,
    id: Id<Agreement>,
    reason: &str,
    last_payment: Option<LocalDate>,
    now: Instant,
) -> Result<()> {
    let by = actor.account().ok_or(Error::Denied)?;
    let mut agreement = store::find(db, id)?;
    if agreement.state != AgreementState::Active {
        return Ok(());
    }
    let mut change = unchanged(&agreement, ChangeKind::Change, reason, now, by);
    change.new_ends_on = last_payment.map_or(agreement.ends_on, |last| last.max(agreement.ends_on));
    agreement.ends_on = change.new_ends_on;
    store::set(db, &agreement)?;
    store::insert_change(db, &change)?;
    let facts = json!({ "change": change.id, "ends_on": { "from": change.old_ends_on, "to": change.new_ends_on } });
    let (authority, subject) = (Some(agreement.authority_id), Subject::new("agreement", id));
    audit::record(db, Entry { authority, at: now, actor, action: "agreement.changed", subject, facts })?;
    Ok(())
}

fn check_change(db: &mut Db, agreement: &Agreement, change: &AgreementChange) -> Result<()> {
    if change.new_ends_on < agreement.starts_on {
        return Err(AgreementRefusal::EndsBeforeStart.into());
    }
    if agreement.kind != AgreementKind::Contract || change.notice_number.is_some() {
        return Ok(());
    }
    let call = crate::calls::find(db, agreement.call_id)?;
    // Held against what was signed, so that many small changes do not pass where one large would not.
    let first = store::changes(db, agreement.id)?.into_iter().find(|c| c.kind == ChangeKind::Change);
    let old = Extent {
        value: first.as_ref().map_or(agreement.value, |c| c.old_value),
        starts_on: agreement.starts_on,
        ends_on: first.as_ref().map_or(agreement.ends_on, |c| c.old_ends_on),
    };
    let new = Extent { value: change.new_value, starts_on: agreement.starts_on, ends_on: change.new_ends_on };
    if call.terms.0.tender.as_ref().is_some_and(|t| rules::change_needs_notice(t.contract_type, old, new)) {
        return Err(AgreementRefusal::ChangeNeedsNotice.into());
    }
    Ok(())
}
