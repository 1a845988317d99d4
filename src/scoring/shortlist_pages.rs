//! The shortlist of a first stage: the officers' page, the file of both stages, and the same for programs.

use super::pages::form_shell;
use super::shortlist::{self, Proposal, ShortlistDecisionInput, ShortlistOutcome};
use super::store::{self, JudgedCall};
use crate::calls::stages::second_of;
use crate::calls::{self, Call, StageRefusal, TimetableInput, earliest_words, rule_words};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::{Shortlist, canonical_json};
use crate::http::api::{created, ok};
use crate::http::{Answer, FormState, Posted, Sent, Shell, Visit, attachment, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Actor, Id};
use actix_web::web;
use askama::Template;
use serde_json::{Value, json};

/// What is known of a shortlist.
struct Found {
    call: Call,
    second: Call,
    /// The rule applied to the newest signed ranking; none before.
    shortlist: Option<Shortlist>,
    /// Bid and name.
    names: Vec<(String, String)>,
    /// The newest first, each with who proposed it.
    proposals: Vec<(Proposal, String)>,
    /// Whether whoever looks declared a conflict of interest that stands.
    conflicted: bool,
}

impl Found {
    fn with(&self, outcome: ShortlistOutcome) -> Option<&(Proposal, String)> {
        self.proposals.iter().find(|(p, _)| p.outcome == outcome)
    }

    fn name(&self, bid: &str) -> String {
        self.names.iter().find(|(id, _)| id == bid).map_or_else(|| bid.to_owned(), |(_, name)| name.clone())
    }

    /// Each bid: place, name, reference, points, whether it goes on, and why it stays.
    fn rows(&self) -> Vec<Row> {
        let Some(found) = &self.shortlist else { return Vec::new() };
        let place = |bid: &str| found.result.ranking.iter().find(|r| r.bid == bid);
        let row = |bid: &str, goes_on: bool, why: &str| Row {
            place: place(bid).map_or_else(|| "left out".to_owned(), |r| r.rank.to_string()),
            name: self.name(bid),
            bid: bid.to_owned(),
            points: place(bid).map(|r| r.total.to_string()).unwrap_or_default(),
            goes_on,
            why: why.to_owned(),
        };
        let on = found.goes_on.iter().map(|bid| row(bid, true, ""));
        on.chain(found.stays.iter().map(|s| row(&s.bid, false, &s.sentence))).collect()
    }
}

struct Row {
    place: String,
    name: String,
    bid: String,
    points: String,
    goes_on: bool,
    why: String,
}

fn read(db: &mut Db, actor: &Actor, id: Id<Call>) -> Result<Found> {
    let JudgedCall { call, ranking, conflicted, .. } = store::judged_call_by(db, id, actor.account())?;
    require(actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
    if call.by_invitation().is_some() {
        return Err(StageRefusal::SecondShortlistsNobody.into());
    }
    if call.shortlists().is_none() {
        return Err(StageRefusal::NotStaged.into());
    }
    let ranking = ranking.filter(|r| r.signed_at.is_some());
    let names = ranking.iter().flat_map(|r| &r.file.0.inputs.bids).map(|b| (b.id.clone(), b.name.clone())).collect();
    Ok(Found {
        second: second_of(db, &call)?,
        shortlist: ranking.as_ref().map(|r| shortlist::applied(&call, r)).transpose()?,
        names,
        proposals: shortlist::proposals(db, id)?,
        conflicted,
        call,
    })
}

#[derive(Template)]
#[template(path = "scoring/shortlist.html")]
struct ShortlistPage {
    shell: Shell,
    form: FormState,
    call: Call,
    second: Id<Call>,
    verdict: String,
    note: String,
    rule: String,
    rows: Vec<Row>,
    /// Dates of the second stage that are proposed: what and when.
    dates: Vec<(&'static str, String)>,
    returned: Vec<String>,
    earliest: String,
    has_file: bool,
    may_propose: bool,
    may_decide: bool,
}

fn shown_dates(proposal: &Proposal) -> Vec<(&'static str, String)> {
    let times = &proposal.dates.0;
    let mut rows: Vec<(&'static str, String)> = [
        ("Questions by", times.questions_by),
        ("All answers published by", times.answers_by),
        ("Final tenders close", times.deadline),
    ]
    .into_iter()
    .filter_map(|(what, at)| Some((what, at?.long())))
    .collect();
    rows.extend(times.decision_on.map(|day| ("Decision planned", crate::values::time::long_date(day))));
    rows
}

/// "2 go on, 1 stays".
fn counted(on: usize, stay: usize, between: &str) -> String {
    let goes = if on == 1 { "1 goes on".to_owned() } else { format!("{on} go on") };
    let stays = if stay == 1 { "1 stays".to_owned() } else { format!("{stay} stay") };
    format!("{goes}{between}{stays}")
}

async fn shortlist_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<ShortlistPage> {
    let actor = visit.actor.clone();
    let found = visit.app.db.read(move |db| read(db, &actor, id)).await?;
    let thing = Thing::of_authority(found.call.authority_id);
    let rows = found.rows();
    let on = rows.iter().filter(|r| r.goes_on).count();
    let waiting = found.with(ShortlistOutcome::Proposed);
    let confirmed = found.with(ShortlistOutcome::Confirmed);
    let (verdict, note) = match (confirmed, waiting, &found.shortlist) {
        (Some((proposal, name)), ..) => (
            format!("{}. The second stage is open to those who go on.", counted(on, rows.len() - on, ", ")),
            format!(
                "Proposed by {name}, confirmed on {}.",
                proposal.decided_at.map(crate::values::Instant::medium).unwrap_or_default()
            ),
        ),
        (None, Some((proposal, name)), _) => (
            format!("{on} would go on, {} would stay. Another officer confirms it.", rows.len() - on),
            format!("Proposed by {name} on {}.", proposal.proposed_at.medium()),
        ),
        (None, None, Some(_)) if on == 0 => (
            "Nobody goes on by the published rule.".to_owned(),
            "There is no second stage then. Withdraw the first stage with this reason.".to_owned(),
        ),
        (None, None, Some(_)) => (
            format!("By the published rule {}.", counted(on, rows.len() - on, " and ")),
            "Propose the shortlist with the dates of the second stage. Another officer confirms it.".to_owned(),
        ),
        (None, None, None) => {
            ("No shortlist yet: the ranking of this stage must be signed first.".to_owned(), String::new())
        }
    };
    let tender = found.second.terms.0.tender.as_ref();
    Ok(ShortlistPage {
        shell: form_shell(visit, "Shortlist", &form),
        form,
        second: found.second.id,
        verdict,
        note,
        rule: found.call.shortlists().map(|(rule, _)| rule_words(rule)).unwrap_or_default(),
        dates: confirmed.or(waiting).map(|(p, _)| shown_dates(p)).unwrap_or_default(),
        returned: found
            .proposals
            .iter()
            .filter(|(p, _)| p.outcome == ShortlistOutcome::Returned)
            .map(|(p, name)| {
                format!("Proposed by {name}, sent back: {}", p.note.as_deref().unwrap_or("no reason was given"))
            })
            .collect(),
        earliest: tender.map(|t| earliest_words(t, visit.now)).unwrap_or_default(),
        has_file: found.shortlist.is_some(),
        may_propose: on > 0
            && !found.conflicted
            && waiting.is_none()
            && confirmed.is_none()
            && can(&visit.actor, Action::ProposeShortlist, &thing),
        may_decide: waiting.is_some_and(|(p, _)| {
            !found.conflicted
                && can(&visit.actor, Action::ConfirmShortlist, &thing.clone().made_by(Some(p.proposed_by)))
        }),
        rows,
        call: found.call,
    })
}

/// `GET /desk/calls/{id}/shortlist`
///
/// # Errors
/// Denied, NotFound; refused for a call of one stage.
pub async fn show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&shortlist_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/shortlist`
///
/// # Errors
/// Denied, NotFound.
pub async fn propose(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<TimetableInput>) -> Answer {
    match shortlist::propose(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The shortlist is proposed. Another officer confirms it.");
            see(&format!("/desk/calls/{id}/shortlist"))
        }
        // What the law asks of the closing date is told beside it.
        Err(Error::Refused(refusal)) if refusal.code == "calls/period-too-short" => {
            let told = match refusal.reference {
                Some(reference) => format!("{} ({reference})", refusal.sentence),
                None => refusal.sentence,
            };
            let error = Error::field("deadline_date", told);
            page_again(&shortlist_page(&visit, *id, posted.again(error)?).await?)
        }
        Err(error) => page_again(&shortlist_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/shortlist/decision`
///
/// # Errors
/// Denied, NotFound.
pub async fn decide(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<ShortlistDecisionInput>) -> Answer {
    match shortlist::decide(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(outcome) => {
            visit.done(match outcome {
                ShortlistOutcome::Confirmed => {
                    "The shortlist is confirmed, everybody is told, and the second stage is open."
                }
                _ => "The shortlist is sent back.",
            });
            see(&format!("/desk/calls/{id}/shortlist"))
        }
        Err(error) => page_again(&shortlist_page(&visit, *id, posted.again(error)?).await?),
    }
}

async fn stages_file(visit: &Visit, id: Id<Call>) -> Result<(Call, String)> {
    let actor = visit.actor.clone();
    visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, id)?;
            require(&actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
            let file = shortlist::file(db, &call)?;
            Ok((call, canonical_json(&file)))
        })
        .await
}

/// `GET /desk/calls/{id}/stages.json`: both stages, as `commonweal evaluate` recomputes them.
///
/// # Errors
/// Denied, NotFound before the first ranking is signed.
pub async fn file(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, text) = stages_file(&visit, *id).await?;
    attachment(&format!("{}-stages.json", call.reference), "application/json", text.into_bytes())
}

/// Both stages as `commonweal evaluate` recomputes them to the same digits.
///
/// # Errors
/// Denied, NotFound for a call of one stage and before the first ranking is signed.
#[utoipa::path(get, path = "/api/v1/calls/{id}/stages/file", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "commonweal-evaluation-stages/1")))]
pub async fn api_file(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (_, text) = stages_file(&visit, *id).await?;
    Ok(actix_web::HttpResponse::Ok().content_type("application/json").body(text))
}

/// The shortlist of a first stage: who goes on, who stays and why, and what was proposed and decided.
///
/// # Errors
/// Denied, NotFound; refused for a call of one stage.
#[utoipa::path(get, path = "/api/v1/calls/{id}/shortlist", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "`rule`, `goes_on`, `stays`, `proposals`")))]
pub async fn api_show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let found = visit.app.db.read(move |db| read(db, &actor, id)).await?;
    let (on, stay): (Vec<Row>, Vec<Row>) = found.rows().into_iter().partition(|r| r.goes_on);
    let row = |r: &Row| json!({ "bid": r.bid, "name": r.name, "place": r.place, "points": r.points, "why": r.why });
    let proposals: Vec<Value> = found
        .proposals
        .iter()
        .map(|(p, name)| {
            json!({
                "id": p.id, "outcome": p.outcome, "dates": p.dates.0, "proposed_at": p.proposed_at,
                "proposed_by": name, "decided_at": p.decided_at, "note": p.note,
            })
        })
        .collect();
    ok(&json!({
        "rule": found.call.shortlists().map(|(rule, _)| rule), "second": found.second.id,
        "signed": found.shortlist.is_some(), "goes_on": on.iter().map(row).collect::<Vec<_>>(),
        "stays": stay.iter().map(row).collect::<Vec<_>>(), "proposals": proposals,
    }))
}

/// Proposes the shortlist with the dates of the second stage.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/shortlist", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = TimetableInput, responses((status = 201, description = "Proposed")))]
pub async fn api_propose(visit: Visit, id: web::Path<Id<Call>>, body: Sent<TimetableInput>) -> Answer {
    let proposal = shortlist::propose(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{id}/shortlist"), &json!({ "id": proposal }))
}

/// Confirms a shortlist that another officer proposed, or sends it back.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/shortlist/decision", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = ShortlistDecisionInput,
    responses((status = 200, description = "Decided")))]
pub async fn api_decide(visit: Visit, id: web::Path<Id<Call>>, body: Sent<ShortlistDecisionInput>) -> Answer {
    let outcome = shortlist::decide(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "outcome": outcome }))
}
