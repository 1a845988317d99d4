//! Awards for programs.

use super::actions::{
    self, ChallengeEndInput, ChallengeInput, CheckInput, GivenInput, NoticeInput, PartInput, RecommendInput,
    TakeBackInput,
};
use super::committee::StanceInput;
use super::hidden::under_letters;
use super::model::Award;
use super::offers::{self, AnswerInput, OfferInput, SubsidyInput};
use super::store::{self, Challenge, Halt, HaltKind, Sending};
use super::summary_pages;
use crate::applications::{self, Application};
use crate::calls::{self, Call};
use crate::error::Error;
use crate::evaluation::{CriterionScore, bidder_file_beside};
use crate::finance::terms::package;
use crate::http::api::{created, ok};
use crate::http::{Answer, Nothing, Sent, Visit};
use crate::people::policy::{Action, Thing, can, require};
use crate::scoring;
use crate::values::Id;
use actix_web::web;
use serde::Deserialize;
use serde_json::{Value, json};

fn shown(award: &Award) -> Value {
    json!({
        "id": award.id, "call": award.call_id, "application": award.application_id,
        "organisation": award.organisation_id, "kind": award.kind, "state": award.state, "value": award.value,
        "reasons": award.reasons, "terms": award.terms.0, "recommended_at": award.recommended_at,
        "approved_at": award.approved_at, "notice_number": award.notice_number,
        "notice_published_at": award.notice_published_at, "standstill_last_day": award.standstill_last_day,
        "earliest_signing": award.earliest_signing, "offer_answer_by": award.offer_answer_by,
        "answered_at": award.answered_at, "signed_at": award.signed_at,
        "parts": award.terms.0.listed(), "parts_mark": award.terms.0.mark(), "cost": cost(award),
    })
}

/// An award as staff read it among those of its call, with why it does not go on.
fn shown_halted((award, halt): &(Award, Option<Halt>)) -> Value {
    let mut value = shown(award);
    value["halt"] = json!(halt.as_ref().map(halted));
    value
}

/// Why an award does not go on: `withdrawal` of its bidder, or `taken_back` by staff.
fn halted(halt: &Halt) -> Value {
    json!({ "kind": halt.kind, "reason": halt.reason, "message": halt.message, "at": halt.said_at })
}

/// What an offer costs the applicant; of a package all parts together, and each.
fn cost(award: &Award) -> Value {
    let terms = &award.terms.0;
    match &terms.offer {
        _ if terms.is_package() => json!(package::cost(&terms.layers()).ok()),
        Some(offer) => json!(offer.terms.cost(&offer.draws).ok()),
        None => Value::Null,
    }
}

/// Awards, checks and summaries of a call.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/calls/{id}/awards", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Awards, checks, summaries")))]
pub async fn of_call(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (awards, checks, summaries, committee) = visit
        .app
        .db
        .read(move |db| {
            let sight = applications::sight(db, &actor, id)?;
            require(&actor, Action::ReadAwards, &calls::thing(&sight.call).public(false))?;
            // Checks name suppliers beside their bids.
            sight.refuse_blind_judge()?;
            let mut checks = store::checks_of_call(db, id)?;
            if sight.hidden {
                if !checks.is_empty() {
                    under_letters(&mut checks, &applications::of_call_named(db, id)?);
                }
                // Before moderation is final nothing is ranked, so nobody is recommended, voted on or written to.
                return Ok((Vec::new(), checks, Vec::new(), Vec::new()));
            }
            Ok((store::of_call_halted(db, id)?, checks, store::sendings(db, id)?, store::committee_of_call(db, id)?))
        })
        .await?;
    let checks: Vec<_> = checks
        .iter()
        .map(|c| {
            json!({ "application": c.application_id, "kind": c.kind, "subject": c.subject, "outcome": c.outcome, "note": c.note, "at": c.checked_at })
        })
        .collect();
    let summaries: Vec<_> = summaries
        .iter()
        .map(|s| json!({ "application": s.summary.application_id, "made_at": s.summary.made_at, "giving": given(s) }))
        .collect();
    let committee: Vec<_> = committee
        .iter()
        .map(|(v, name)| {
            json!({ "award": v.award_id, "member": v.account_id, "name": name, "stance": v.stance, "reason": v.reason, "at": v.voted_at })
        })
        .collect();
    ok(&json!({
        "awards": awards.iter().map(shown_halted).collect::<Vec<_>>(), "checks": checks, "summaries": summaries,
        "committee": committee,
    }))
}

/// Recommends an award.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/awards", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = RecommendInput, responses((status = 201, description = "Recommended")))]
pub async fn recommend(visit: Visit, id: web::Path<Id<Call>>, body: Sent<RecommendInput>) -> Answer {
    let award = actions::recommend(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/awards/{award}"), &json!({ "id": award }))
}

/// One award, for staff and for the applicant it is about once it is offered.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/awards/{id}", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "The award")))]
pub async fn award(visit: Visit, id: web::Path<Id<Award>>) -> Answer {
    let id = *id;
    let award = visit.app.db.read(move |db| store::find(db, id)).await?;
    let staff = can(&visit.actor, Action::ReadAwards, &Thing::of_authority(award.authority_id));
    let own = can(&visit.actor, Action::ReadOutcome, &Thing::of_applicant(award.authority_id, award.organisation_id));
    if !(staff || own && award.offer_answer_by.is_some()) {
        return Err(Error::NotFound.into());
    }
    ok(&shown(&award))
}

/// Records an exclusion or debarment check.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/applications/{id}/checks", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = CheckInput, responses((status = 200, description = "Recorded")))]
pub async fn check(visit: Visit, id: web::Path<Id<Application>>, body: Sent<CheckInput>) -> Answer {
    actions::record_check(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// A committee member’s decision.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct DecisionInput {
    /// `approve` or `decline`.
    pub decision: String,
    /// The mark of the parts that were read: `parts_mark` of the award. A decision on a package needs it.
    pub parts: String,
}

impl DecisionInput {
    pub(super) fn approves(&self) -> Result<bool, Error> {
        match self.decision.as_str() {
            "approve" => Ok(true),
            "decline" => Ok(false),
            _ => Err(Error::field("decision", "Choose whether you approve")),
        }
    }
}

/// Approves or declines what somebody else recommended.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/awards/{id}/decision", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = DecisionInput, responses((status = 200, description = "Decided")))]
pub async fn decide(visit: Visit, id: web::Path<Id<Award>>, body: Sent<DecisionInput>) -> Answer {
    actions::decide_as_read(&visit.app, &visit.actor, *id, body.0.approves()?, &body.0.parts, visit.now).await?;
    ok(&json!({ "decided": true }))
}

/// A committee member’s vote on a recommended investment, or that they stand aside.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/awards/{id}/committee", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = StanceInput, responses((status = 200, description = "Recorded")))]
pub async fn committee(visit: Visit, id: web::Path<Id<Award>>, body: Sent<StanceInput>) -> Answer {
    super::committee::vote(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// The assessment summary of one bid as it was made, for staff; its supplier reads it in the outcome.
///
/// # Errors
/// Denied, NotFound before it is made.
#[utoipa::path(get, path = "/api/v1/calls/{id}/summaries/{application}", tag = "awards", security(("token" = [])),
    params(("id" = String, Path), ("application" = String, Path)), responses((status = 200, description = "The summary")))]
pub async fn summary(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>) -> Answer {
    let (call, application) = path.into_inner();
    let (sending, earlier) = summary_pages::for_staff(&visit, call, application).await?;
    let earlier: Vec<_> = earlier
        .iter()
        .map(|old| json!({ "made_at": old.made_at, "sent_at": old.sent_at, "set_aside_at": old.superseded_at, "summary": old.body.0 }))
        .collect();
    let Some(sending) = sending else {
        if earlier.is_empty() {
            return Err(Error::NotFound.into());
        }
        return ok(&json!({ "application": application, "summary": Value::Null, "earlier": earlier }));
    };
    let stored = &sending.summary;
    ok(&json!({
        "application": stored.application_id, "organisation": stored.organisation_id, "made_at": stored.made_at,
        "giving": given(&sending), "summary": stored.body.0, "earlier": earlier,
    }))
}

/// How far the giving of a summary has come: `given`, `waits` for a mail server, `given_up`, or `no_address`.
fn given(sending: &Sending) -> Value {
    let mails = sending.mails.iter();
    let mails: Vec<Value> = mails
        .map(|m| json!({ "to": m.recipient, "sent_at": m.sent_at, "given_up_at": m.failed_at, "said": m.last_error }))
        .collect();
    let stored = &sending.summary;
    json!({ "state": sending.giving().word(), "at": stored.sent_at, "how": stored.given_how, "mails": mails })
}

/// Records that a supplier was given its summary by another way than by mail.
///
/// # Errors
/// Invalid, Denied, NotFound before it is made, refused when it is given already.
#[utoipa::path(post, path = "/api/v1/calls/{id}/summaries/{application}/given", tag = "awards", security(("token" = [])),
    params(("id" = String, Path), ("application" = String, Path)), request_body = GivenInput,
    responses((status = 200, description = "Recorded")))]
pub async fn give_summary(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>)>,
    body: Sent<GivenInput>,
) -> Answer {
    actions::give_summary(&visit.app, &visit.actor, path.into_inner(), &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// Makes and sends an assessment summary to every assessed supplier, and again to those whom no mail has reached.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/summaries", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Sent")))]
pub async fn send_summaries(visit: Visit, id: web::Path<Id<Call>>, _body: Sent<Nothing>) -> Answer {
    let sent = actions::send_summaries(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "sent": sent }))
}

/// Records the contract award notice.
///
/// # Errors
/// Invalid, Denied, refused until every summary is sent.
#[utoipa::path(post, path = "/api/v1/awards/{id}/notice", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = NoticeInput, responses((status = 200, description = "Recorded")))]
pub async fn notice(visit: Visit, id: web::Path<Id<Award>>, body: Sent<NoticeInput>) -> Answer {
    let id = *id;
    actions::record_notice(&visit.app, &visit.actor, id, &body.0, visit.now).await?;
    let award = visit.app.db.read(move |db| store::find(db, id)).await?;
    ok(&json!({ "standstill_last_day": award.standstill_last_day, "earliest_signing": award.earliest_signing }))
}

/// Records a claim or complaint.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/awards/{id}/challenges", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = ChallengeInput, responses((status = 200, description = "Recorded")))]
pub async fn challenge(visit: Visit, id: web::Path<Id<Award>>, body: Sent<ChallengeInput>) -> Answer {
    let id = *id;
    actions::record_challenge(&visit.app, &visit.actor, id, &body.0, visit.now).await?;
    let all = visit.app.db.read(move |db| store::challenges(db, id)).await?;
    let all: Vec<_> = all
        .iter()
        .map(|c| json!({ "id": c.id, "kind": c.kind, "suspends": c.suspends, "ended_at": c.ended_at }))
        .collect();
    ok(&json!({ "challenges": all }))
}

/// Records how a challenge ended.
///
/// # Errors
/// Invalid, Denied.
#[utoipa::path(post, path = "/api/v1/challenges/{id}/end", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = ChallengeEndInput, responses((status = 200, description = "Ended")))]
pub async fn end_challenge(visit: Visit, id: web::Path<Id<Challenge>>, body: Sent<ChallengeEndInput>) -> Answer {
    actions::end_challenge(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "ended": true }))
}

/// Makes an offer of investment.
///
/// # Errors
/// Invalid, Denied, refused without a subsidy route.
#[utoipa::path(post, path = "/api/v1/awards/{id}/offer", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = OfferInput, responses((status = 200, description = "Offered")))]
pub async fn offer(visit: Visit, id: web::Path<Id<Award>>, body: Sent<OfferInput>) -> Answer {
    offers::make(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "offered": true }))
}

/// Works out the subsidy in an investment from its terms and notifies the enterprise of it.
///
/// # Errors
/// Invalid, Denied, refused when there is none.
#[utoipa::path(post, path = "/api/v1/awards/{id}/subsidy", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = SubsidyInput, responses((status = 201, description = "Notified")))]
pub async fn subsidy(visit: Visit, id: web::Path<Id<Award>>, body: Sent<SubsidyInput>) -> Answer {
    let found = offers::work_out_subsidy(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/awards/{id}"), &json!(found))
}

/// Adds a part to a recommended investment, which is then a package that is approved, offered and accepted whole.
///
/// # Errors
/// Invalid, Denied, refused after a vote or the decision.
#[utoipa::path(post, path = "/api/v1/awards/{id}/parts", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = PartInput, responses((status = 201, description = "Added")))]
pub async fn add_part(visit: Visit, id: web::Path<Id<Award>>, body: Sent<PartInput>) -> Answer {
    let id = *id;
    let parts = actions::add_part(&visit.app, &visit.actor, id, &body.0, visit.now).await?;
    created(&format!("/api/v1/awards/{id}"), &json!({ "id": id, "parts": parts }))
}

/// Takes the part that was added last out of a recommended package.
///
/// # Errors
/// Denied, NotFound, refused after a vote or the decision, and for the only part.
#[utoipa::path(post, path = "/api/v1/awards/{id}/parts/take-out", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Taken out")))]
pub async fn take_out_part(visit: Visit, id: web::Path<Id<Award>>, _body: Sent<Nothing>) -> Answer {
    let id = *id;
    let parts = actions::take_out_part(&visit.app, &visit.actor, id, visit.now).await?;
    ok(&json!({ "id": id, "parts": parts }))
}

/// Says that no other part of a package follows, and asks the committee to decide on it.
///
/// # Errors
/// Denied, NotFound, refused when it is complete already or too small.
#[utoipa::path(post, path = "/api/v1/awards/{id}/parts/complete", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Complete")))]
pub async fn complete_package(visit: Visit, id: web::Path<Id<Award>>, _body: Sent<Nothing>) -> Answer {
    let id = *id;
    let parts = actions::complete_package(&visit.app, &visit.actor, id, visit.now).await?;
    ok(&json!({ "id": id, "parts": parts }))
}

/// Takes back a package that is not complete and that its recommender may not complete, so that it can be recommended anew.
///
/// # Errors
/// Invalid, Denied, NotFound, refused while its recommender may complete it, and once it is complete.
#[utoipa::path(post, path = "/api/v1/awards/{id}/take-back", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = TakeBackInput, responses((status = 200, description = "Taken back")))]
pub async fn take_back(visit: Visit, id: web::Path<Id<Award>>, body: Sent<TakeBackInput>) -> Answer {
    actions::take_back(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "taken_back": true }))
}

/// Accepts or declines an offer.
///
/// # Errors
/// Invalid, Denied, refused after its last instant.
#[utoipa::path(post, path = "/api/v1/awards/{id}/answer", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), request_body = AnswerInput, responses((status = 200, description = "Answered")))]
pub async fn answer(visit: Visit, id: web::Path<Id<Award>>, body: Sent<AnswerInput>) -> Answer {
    offers::answer(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "answered": true }))
}

/// The outcome of one’s own application: its summary, what it was told of decisions that were set aside, and the file to
/// recompute its own scores.
///
/// # Errors
/// NotFound before it is sent, and for another organisation’s.
#[utoipa::path(get, path = "/api/v1/applications/{id}/outcome", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Summary, offer, own scores")))]
pub async fn outcome(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let id = *id;
    let (known, ranking, winner, standing, earlier) = visit
        .app
        .db
        .read(move |db| {
            let known = store::outcome_of(db, id)?;
            let call = calls::find(db, known.application.call_id)?;
            let standing = scoring::shortlist::standing_of(db, &call, &known.application)?;
            // Its own scores come with the summary, and not before.
            let ranking = if known.summary.is_some() { scoring::signed_ranking(db, call.id)? } else { None };
            let winner = if ranking.is_some() { store::awarded_bid(db, &call)? } else { None };
            // A first stage decides on no award, so nothing of it is set aside.
            let earlier =
                if standing.is_none() { store::superseded(db, call.id, known.application.id)? } else { Vec::new() };
            Ok((known, ranking, winner, standing, earlier))
        })
        .await?;
    let store::Outcome { application, summary, award, asked, halt } = known;
    let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
    if !can(&visit.actor, Action::ReadOutcome, &thing) {
        return Err(Error::NotFound.into());
    }
    let offer = award.filter(|a| a.offer_answer_by.is_some());
    // Its own notice that it withdraws; what staff took back before an offer is no business of the applicant.
    let notice = halt.filter(|halt| halt.kind == HaltKind::Withdrawal);
    // What it was given of decisions that were set aside since, oldest first.
    let earlier: Vec<Value> = earlier
        .iter()
        .filter(|old| old.sent_at.is_some())
        .map(|old| json!({ "id": old.id, "made_at": old.made_at, "sent_at": old.sent_at, "set_aside_at": old.superseded_at, "summary": old.body.0 }))
        .collect();
    let nothing = summary.is_none() && offer.is_none() && standing.is_none() && asked.is_none();
    if nothing && earlier.is_empty() && notice.is_none() {
        return Err(Error::NotFound.into());
    }
    // Before the final tenders a supplier is told its own scores and nothing of those of others.
    let first_stage = standing.map(|s| {
        let score = |c: &CriterionScore| {
            json!({
                "criterion": c.criterion, "title": c.title, "available": c.available.to_string(),
                "score": c.score.map(|score| score.to_string()), "passed": c.passed, "why": s.reasons.get(&c.criterion),
            })
        };
        let scores: Vec<Value> = s.result.scores.iter().map(score).collect();
        json!({ "goes_on": s.goes_on, "why": s.why, "rule": s.rule, "second": s.second, "scores": scores })
    });
    let own = ranking.and_then(|r| bidder_file_beside(&r.file.0, &scoring::bid_id(&application), winner.as_deref()));
    ok(&json!({
        "summary": summary.map(|s| s.body.0), "offer": offer.as_ref().map(shown), "own_scores": own,
        "first_stage": first_stage, "earlier": earlier, "withdrawal": notice.as_ref().map(halted),
        // Of minimal financial assistance: the route that the enterprise is asked to confirm.
        "subsidy_route": asked,
    }))
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    of_call,
    recommend,
    add_part,
    take_out_part,
    complete_package,
    take_back,
    award,
    check,
    decide,
    committee,
    summary,
    send_summaries,
    give_summary,
    notice,
    challenge,
    end_challenge,
    offer,
    subsidy,
    answer,
    outcome,
    super::falling_pages::api_record,
    super::falling_pages::api_withdraw
))]
/// What this room adds to the API's description.
pub struct Docs;
