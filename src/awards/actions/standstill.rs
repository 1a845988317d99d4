//! Between the decision and the contract: assessment summaries, the award notice and its standstill, challenges.

use super::{note, procedure, stands};
use crate::app::App;
use crate::applications::{self, Application};
use crate::audit::{self, Entry};
use crate::awards::lots;
use crate::awards::model::{Award, AwardState};
use crate::awards::rules::{self, AwardRefusal};
use crate::awards::store::{self, Challenge, ChallengeKind, StoredSummary};
use crate::awards::summary::Source;
use crate::calls::{self, Call, CallKind, Notice, NoticeKind};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::law::procedures::Procedure;
use crate::outbox::{self, mail};
use crate::people::policy::{Action, Thing, require};
use crate::people::{addresses_of_organisation, find_organisation, find_organisations};
use crate::scoring;
use crate::subsidies;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Subject};
use serde::Deserialize;
use serde_json::json;

/// Makes and mails an assessment summary to every assessed supplier of a call that has none yet.
///
/// # Errors
/// Denied; refused without a signed ranking, or before a tender’s award is approved and a round’s recommendations
/// are decided.
pub async fn send_summaries(app: &App, actor: &Actor, call: Id<Call>, now: Instant) -> Result<usize> {
    let sent_by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::RunAward, &calls::thing(&call))?;
            let ranking = scoring::signed_ranking(db, call.id)?.ok_or(AwardRefusal::NoSignedRanking)?;
            let awards: Vec<Award> = store::of_call(db, call.id)?.into_iter().filter(stands).collect();
            if let Some(open) = awards.iter().find(|a| a.state == AwardState::Recommended) {
                return Err(AwardRefusal::WrongState { state: open.state }.into());
            }
            let assessed: Vec<Application> =
                applications::of_call(db, call.id)?.into_iter().filter(|a| a.opened_at.is_some()).collect();
            let ids: Vec<_> = assessed.iter().map(|a| a.organisation_id).collect();
            let organisations = find_organisations(db, &ids)?;
            let tender = call.kind == CallKind::Tender;
            let winner = if tender {
                let award = awards.first().ok_or(AwardRefusal::NoAward)?;
                let application = assessed.iter().find(|a| a.id == award.application_id).ok_or(Error::NotFound)?;
                Some((application, organisations.get(&award.organisation_id).ok_or(Error::NotFound)?))
            } else {
                None
            };
            let agreed = scoring::moderated(db, call.id)?;
            let passed_over = lots::passed_over(db, &call, now)?;
            let approved: Vec<Id<Application>> = awards.iter().map(|a| a.application_id).collect();
            let source = Source {
                call: format!("{} {}", call.reference, call.title),
                authority: find_organisation(db, call.authority_id)?.name,
                tender,
                file: &ranking.file.0,
                agreed: &agreed,
                winner,
                approved: &approved,
                passed_over: &passed_over,
                today: now.date(),
            };
            let known = store::summaries(db, call.id)?;
            let mut sent = 0;
            for application in &assessed {
                if known.iter().any(|s| s.application_id == application.id) {
                    continue;
                }
                let organisation = organisations.get(&application.organisation_id).ok_or(Error::NotFound)?;
                let body = source.summary(application, organisation).ok_or(AwardRefusal::NoSignedRanking)?;
                let text = format!(
                    "{}\nRead it with every detail: {address}/applications/{}/outcome\n",
                    body.text(),
                    application.id
                );
                let title = format!("{}: {}", body.title(), source.call);
                let row = StoredSummary {
                    id: Id::new(),
                    authority_id: call.authority_id,
                    call_id: call.id,
                    application_id: application.id,
                    organisation_id: application.organisation_id,
                    body: Json(body),
                    made_at: now,
                    sent_at: Some(now),
                    sent_by: Some(sent_by),
                };
                store::insert_summary(db, &row)?;
                for to in addresses_of_organisation(db, application.organisation_id)? {
                    mail::queue(db, Some(call.authority_id), &to, &title, &text, now)?;
                }
                sent += 1;
            }
            audit::record(
                db,
                Entry {
                    authority: Some(call.authority_id),
                    at: now,
                    actor: &actor,
                    action: "award.summaries_sent",
                    subject: Subject::new("call", call.id),
                    facts: json!({ "sent": sent, "ranking": ranking.hash }),
                },
            )?;
            Ok(sent)
        })
        .await
}

/// The contract award notice as the national platform published it.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NoticeInput {
    /// Its number.
    pub number: String,
    /// Date of publication, or a whole RFC 3339 instant.
    pub published_date: String,
    /// London time of publication.
    pub published_time: String,
    /// `yes`: a standstill was announced although none is demanded.
    pub voluntary: String,
}

/// Records the contract award notice (UK6); the standstill runs from its publication.
///
/// # Errors
/// Invalid, Denied; refused until every summary is sent, and for a below-threshold contract.
pub async fn record_notice(app: &App, actor: &Actor, id: Id<Award>, input: &NoticeInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let number = form.text("number", &input.number, 60, "Enter the number of the notice");
    let published = form.instant(
        "published",
        &input.published_date,
        &input.published_time,
        "Enter the date the notice was published",
    );
    form.finish()?;
    let Some(published) = published else {
        return Err(Error::field("published_date", "Enter the date the notice was published"));
    };
    let voluntary = Parser::ticked(&input.voluntary);
    let recorded_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            require(&actor, Action::RunAward, &Thing::of_authority(award.authority_id))?;
            let (procedure, contract_type) = procedure(db, &award)?;
            if procedure == Procedure::BelowThreshold && !voluntary {
                return Err(AwardRefusal::NoNotice.into());
            }
            let assessed =
                applications::of_call(db, award.call_id)?.into_iter().filter(|a| a.opened_at.is_some()).count();
            let sent: Vec<Option<Instant>> =
                store::summaries(db, award.call_id)?.into_iter().map(|s| s.sent_at).collect();
            rules::may_notice(&award, &sent, assessed, published, now)?;
            let duty = procedure.standstill_duty(contract_type);
            let standstill = crate::law::standstill(published.date())?;
            let runs = duty.mandatory || voluntary;
            award.state = AwardState::Noticed;
            award.notice_number = Some(number.clone());
            award.notice_published_at = Some(published);
            award.standstill_last_day = runs.then_some(standstill.last_day);
            award.earliest_signing = Some(if runs { standstill.earliest_signing } else { published.date() });
            store::set(db, &award)?;
            // The call keeps every notice of its procurement: an awarded call can no longer be withdrawn.
            let notice = Notice {
                id: Id::new(),
                authority_id: award.authority_id,
                call_id: award.call_id,
                kind: NoticeKind::Award,
                number: number.clone(),
                published_at: published,
                recorded_at: now,
                recorded_by,
            };
            calls::insert_notice(db, &notice)?;
            note(
                db,
                &actor,
                &award,
                "award.noticed",
                json!({
                    "number": number, "published_at": published, "mandatory": duty.mandatory,
                    "last_day": award.standstill_last_day, "earliest_signing": award.earliest_signing,
                }),
                now,
            )?;
            outbox::emit(db, "award.noticed", json!({ "award": award.id }), now)
        })
        .await
}

/// A claim or complaint.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ChallengeInput {
    /// `claim` or `complaint`.
    pub kind: String,
    /// Date the council was notified, or a whole RFC 3339 instant.
    pub notified_date: String,
    /// London time.
    pub notified_time: String,
    /// What it says.
    pub note: String,
}

/// Records a challenge. A court claim that was notified within the standstill suspends signing; nothing else does.
///
/// # Errors
/// Invalid, Denied.
pub async fn record_challenge(
    app: &App,
    actor: &Actor,
    id: Id<Award>,
    input: &ChallengeInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let kind = form.value::<ChallengeKind>("kind", &input.kind, "Choose a claim or a complaint");
    let notified =
        form.instant("notified", &input.notified_date, &input.notified_time, "Enter when the council was notified");
    let words = form.text("note", &input.note, 3000, "Say what it is about");
    form.check(notified.is_none_or(|n| n <= now), "notified_date", "Enter a moment that is not in the future");
    form.finish()?;
    let (Some(kind), Some(notified)) = (kind, notified) else {
        return Err(Error::field("kind", "Choose a claim or a complaint"));
    };
    let recorded_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let award = store::find(db, id)?;
            require(&actor, Action::RunAward, &Thing::of_authority(award.authority_id))?;
            let in_standstill = award.notice_published_at.is_some_and(|at| notified >= at)
                && award.standstill_last_day.is_some_and(|last| notified.date() <= last);
            let row = Challenge {
                id: Id::new(),
                authority_id: award.authority_id,
                award_id: award.id,
                kind,
                notified_at: notified,
                note: words.clone(),
                suspends: kind == ChallengeKind::Claim && in_standstill && award.state == AwardState::Noticed,
                recorded_by,
                ended_at: None,
                ended_note: None,
            };
            store::insert_challenge(db, &row)?;
            note(
                db,
                &actor,
                &award,
                "award.challenged",
                json!({ "challenge": row.id, "kind": kind, "suspends": row.suspends }),
                now,
            )
        })
        .await
}

/// How a challenge ended.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ChallengeEndInput {
    /// The court’s order, or how the proceedings ended.
    pub note: String,
}

/// Records that a court lifted the suspension, or that a challenge ended.
///
/// # Errors
/// Invalid, Denied, NotFound when it ended already.
pub async fn end_challenge(
    app: &App,
    actor: &Actor,
    id: Id<Challenge>,
    input: &ChallengeEndInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let words = form.text("note", &input.note, 2000, "Say how it ended, such as the court’s order and its date");
    form.finish()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let challenge = store::find_challenge(db, id)?;
            let award = store::find(db, challenge.award_id)?;
            require(&actor, Action::RunAward, &Thing::of_authority(award.authority_id))?;
            if challenge.ended_at.is_some() {
                return Err(Error::NotFound);
            }
            store::end_challenge(db, id, now, &words)?;
            note(db, &actor, &award, "award.challenge_ended", json!({ "challenge": id }), now)
        })
        .await
}

/// Whether the agreement of an award may be signed today: its steps are done and no court claim suspends it.
///
/// # Errors
/// Refused.
pub fn ensure_may_sign(db: &mut Db, award: &Award, today: LocalDate) -> Result<()> {
    rules::may_sign(award, today)?;
    if store::challenges(db, award.id)?.iter().any(|c| c.suspends && c.ended_at.is_none()) {
        return Err(AwardRefusal::Suspended.into());
    }
    Ok(())
}

/// Marks an award as signed, in the transaction that makes its agreement. From then on the enterprise has a right to an
/// investment, so the subsidy in it is given and confirmed.
///
/// # Errors
/// Refused as [`ensure_may_sign`]; NotFound.
pub fn mark_signed(db: &mut Db, actor: &Actor, id: Id<Award>, now: Instant) -> Result<()> {
    let mut award = store::find(db, id)?;
    ensure_may_sign(db, &award, now.date())?;
    award.state = AwardState::Signed;
    award.signed_at = Some(now);
    store::set(db, &award)?;
    subsidies::agreed(db, actor, &award.applicant(), now)
}
