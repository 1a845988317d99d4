//! Between the decision and the contract: assessment summaries, the award notice and its standstill, challenges.

use super::{note, procedure, stands};
use crate::app::App;
use crate::applications::{self, Application};
use crate::audit::{self, Entry};
use crate::awards::committee::Standing;
use crate::awards::lots;
use crate::awards::model::{Award, AwardKind, AwardState};
use crate::awards::rules::{self, AwardRefusal};
use crate::awards::store::{self, Challenge, ChallengeKind, Giving, StoredSummary, SummaryMail};
use crate::awards::summary::{Ended, Source};
use crate::calls::{self, Call, CallKind, Notice, NoticeKind};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::law::procedures::Procedure;
use crate::outbox::mail::{self, Mail};
use crate::outbox::{self, Job};
use crate::people::policy::{Action, Thing, require};
use crate::people::{addresses_of_organisations, find_organisation, find_organisations};
use crate::scoring;
use crate::subsidies;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Subject};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Makes an assessment summary for every assessed supplier of a call that has none yet, and mails it; again to those whom
/// no mail has reached. It counts as given once a mail server took it ([`summary_mailed`]).
///
/// # Errors
/// Denied; refused without a signed ranking, or before a tender’s award is approved and a round’s recommendations
/// are decided.
pub async fn send_summaries(app: &App, actor: &Actor, call: Id<Call>, now: Instant) -> Result<usize> {
    let sent_by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let (actor, mailed) = (actor.clone(), app.mailer.is_some());
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::RunAward, &calls::thing(&call))?;
            let ranking = scoring::signed_ranking(db, call.id)?.ok_or(AwardRefusal::NoSignedRanking)?;
            let (awards, over): (Vec<Award>, Vec<Award>) = store::of_call(db, call.id)?.into_iter().partition(stands);
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
            let approved: Vec<&Application> =
                assessed.iter().filter(|a| awards.iter().any(|award| award.application_id == a.id)).collect();
            let ended = if tender { BTreeMap::new() } else { ended(db, &call, &over, &approved)? };
            let source = Source {
                call: format!("{} {}", call.reference, call.title),
                authority: find_organisation(db, call.authority_id)?.name,
                tender,
                file: &ranking.file.0,
                agreed: &agreed,
                winner,
                approved: &approved,
                ended: &ended,
                replaces: store::superseded_on(db, call.id)?.map(Instant::date),
                passed_over: &passed_over,
                today: now.date(),
            };
            let known = store::sendings(db, call.id)?;
            let mut teams = addresses_of_organisations(db, &ids)?;
            let (mut queued, mut carried, mut sent) = (Vec::new(), Vec::new(), 0);
            for application in &assessed {
                let before = known.iter().find(|s| s.summary.application_id == application.id);
                if before.is_some_and(|s| !matches!(s.giving(), Giving::GivenUp | Giving::NoAddress)) {
                    continue;
                }
                let organisation = organisations.get(&application.organisation_id).ok_or(Error::NotFound)?;
                let team = teams.remove(&application.organisation_id).unwrap_or_default();
                // Where no mail server is configured it is given on its page, to whoever can sign in to it.
                let on_page = (!mailed && !team.is_empty()).then_some(now);
                let (id, body) = match before {
                    Some(before) => {
                        if let Some(at) = on_page {
                            store::mailed_summary(db, before.summary.id, at)?;
                        }
                        (before.summary.id, before.summary.body.0.clone())
                    }
                    None => {
                        let row = StoredSummary {
                            id: Id::new(),
                            authority_id: call.authority_id,
                            call_id: call.id,
                            application_id: application.id,
                            organisation_id: application.organisation_id,
                            body: Json(source.summary(application, organisation).ok_or(AwardRefusal::NoSignedRanking)?),
                            made_at: now,
                            sent_at: on_page,
                            sent_by: Some(sent_by),
                            given_how: None,
                        };
                        store::insert_summary(db, &row)?;
                        (row.id, row.body.0)
                    }
                };
                let text = format!(
                    "{}\nRead it with every detail: {address}/applications/{}/outcome\n",
                    body.text(),
                    application.id
                );
                let title = format!("{}: {}", body.title(), source.call);
                for to in &team {
                    let mail = Mail::new(Some(call.authority_id), to, &title, &text, now);
                    carried.push(SummaryMail { mail_id: mail.id, authority_id: call.authority_id, summary_id: id });
                    queued.push(mail);
                }
                sent += 1;
            }
            mail::queue_all(db, &queued)?;
            store::insert_summary_mails(db, &carried)?;
            // Who is told that nothing comes of an application keeps no room under the cap for it.
            let to_come: Vec<String> = approved.iter().map(|application| application.id.to_string()).collect();
            subsidies::call_over(db, &actor, &call.id.to_string(), &to_come, now)?;
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

/// How the recommendations and offers of a round ended that led to nothing: the newest of each application of which none
/// stands.
fn ended(
    db: &mut Db,
    call: &Call,
    over: &[Award],
    approved: &[&Application],
) -> Result<BTreeMap<Id<Application>, Ended>> {
    let votes = if over.is_empty() { Vec::new() } else { store::committee_of_call(db, call.id)? };
    let of = |award: &Award| {
        let stances = votes.iter().filter(|(vote, _)| vote.award_id == award.id).map(|(vote, _)| vote.stance);
        Some((award.application_id, Ended::of(award, Standing::of(stances))?))
    };
    let unmet = over.iter().filter(|award| approved.iter().all(|a| a.id != award.application_id));
    Ok(unmet.filter_map(of).collect())
}

/// Marks the summary that a mail carries as given, once a mail server took the mail; runs after the sending of each mail.
///
/// # Errors
/// What the database says; the worker tries again.
pub async fn summary_mailed(app: App, job: Job, now: Instant) -> Result<()> {
    let mail: Id<Mail> = job.id_of("mail")?;
    let Some(summary) = app.db.read(move |db| store::summary_of_mail(db, mail)).await? else { return Ok(()) };
    app.db.write(move |db| store::mailed_summary(db, summary, now)).await
}

/// How a summary was given that could not be mailed.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct GivenInput {
    /// By which way and to whom.
    pub how: String,
    /// Date, or a whole RFC 3339 instant.
    pub given_date: String,
    /// London time.
    pub given_time: String,
}

/// Records that a supplier was given its summary by another way than by mail, such as by hand or by post.
///
/// # Errors
/// Invalid, Denied, NotFound before the summary is made; refused when it is given already.
pub async fn give_summary(
    app: &App,
    actor: &Actor,
    (call, application): (Id<Call>, Id<Application>),
    input: &GivenInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let how = form.text("how", &input.how, 500, "Enter how the supplier was given its summary, and who took it");
    let given = form.instant("given", &input.given_date, &input.given_time, "Enter the date it was given");
    form.finish()?;
    let given = given.ok_or_else(|| Error::field("given_date", "Enter the date it was given"))?;
    let given_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            let supplier = applications::find(db, application)?.organisation_id;
            require(&actor, Action::RunAward, &Thing { organisation: Some(supplier), ..calls::thing(&call) })?;
            let summary = store::sending_of(db, call.id, application)?.summary;
            if given > now {
                return Err(Error::field("given_date", "Record it once it is given: this lies in the future"));
            }
            if given < summary.made_at {
                let made = summary.made_at.long();
                return Err(Error::field("given_date", format!("The summary was made later, at {made}")));
            }
            if store::give_summary(db, summary.id, given, given_by, &how)? == 0 {
                return Err(AwardRefusal::SummaryGiven.into());
            }
            audit::record(
                db,
                Entry {
                    authority: Some(call.authority_id),
                    at: now,
                    actor: &actor,
                    action: "award.summary_given",
                    subject: Subject::new("call", call.id),
                    facts: json!({ "application": application, "how": how, "given_at": given }),
                },
            )?;
            Ok(())
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
/// Invalid, Denied; refused until every summary is given, for a below-threshold contract, under a withdrawn call, and when
/// the bidder gave notice that it withdraws.
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
            require(&actor, Action::RunAward, &award.thing())?;
            let (procedure, contract_type) = procedure(db, &award)?;
            rules::not_withdrawn(&calls::find(db, award.call_id)?)?;
            rules::not_withdrawing(store::halt_of(db, award.id)?.as_ref())?;
            if procedure == Procedure::BelowThreshold && !voluntary {
                return Err(AwardRefusal::NoNotice.into());
            }
            let assessed =
                applications::of_call(db, award.call_id)?.into_iter().filter(|a| a.opened_at.is_some()).count();
            let sent: Vec<Option<Instant>> =
                store::sendings(db, award.call_id)?.into_iter().map(|s| s.summary.sent_at).collect();
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
            require(&actor, Action::RunAward, &award.thing())?;
            let in_standstill = award.notice_published_at.is_some_and(|at| notified >= at)
                && award.standstill_last_day.is_some_and(|last| notified.date() <= last);
            let row = Challenge {
                id: Id::new(),
                authority_id: award.authority_id,
                award_id: award.id,
                kind,
                notified_at: notified,
                note: words.clone(),
                suspends: kind == ChallengeKind::Claim
                    && in_standstill
                    && matches!(award.state, AwardState::Noticed | AwardState::Lapsed),
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
            require(&actor, Action::RunAward, &award.thing())?;
            if challenge.ended_at.is_some() {
                return Err(Error::NotFound);
            }
            store::end_challenge(db, id, now, &words)?;
            note(db, &actor, &award, "award.challenge_ended", json!({ "challenge": id }), now)
        })
        .await
}

/// Whether the agreement of an award may be signed today: its steps are done, nobody is found to be excluded since it was
/// approved, its bidder does not withdraw, and no court claim suspends it.
///
/// # Errors
/// Refused.
pub fn ensure_may_sign(db: &mut Db, award: &Award, today: LocalDate) -> Result<()> {
    rules::may_sign(award, today)?;
    if award.kind == AwardKind::Contract {
        rules::nobody_excluded(&store::checks(db, award.application_id)?)?;
        rules::not_withdrawing(store::halt_of(db, award.id)?.as_ref())?;
    }
    // Also a claim about an award that fell away since: it is about the same procurement.
    if store::suspended(db, award.call_id)? {
        return Err(AwardRefusal::Suspended.into());
    }
    Ok(())
}

/// Marks an award as signed, in the transaction that makes its agreement. From then on the enterprise has a right to an
/// investment, so the subsidy in it is given and confirmed.
///
/// # Errors
/// Refused as [`ensure_may_sign`], and under a withdrawn call; NotFound.
pub fn mark_signed(db: &mut Db, actor: &Actor, id: Id<Award>, now: Instant) -> Result<()> {
    let mut award = store::find(db, id)?;
    rules::not_withdrawn(&calls::find(db, award.call_id)?)?;
    ensure_may_sign(db, &award, now.date())?;
    award.state = AwardState::Signed;
    award.signed_at = Some(now);
    store::set(db, &award)?;
    subsidies::agreed(db, actor, &award.applicant(), now)
}
