//! Scoring for programs.

use super::enquiries::{self, PriceAnswerInput, QuestionInput};
use super::model::{Conflict, Enquiry, EnquiryOutcome, PanelMember};
use super::moderation::{self, DisregardInput, EnquiryInput};
use super::panel::{self, DeclarationInput, MemberInput, ReplaceInput, ResolutionInput};
use super::ranking::{self, RankingInput};
use super::sheets::{self, ScoreInput, Sight, require_sight, sight_from};
use super::{bid_id, bids, falling_away, figures, firmness, pages, rules, store, words};
use crate::applications::{Application, PriceAnswers};
use crate::calls::{self, Call, CallKind};
use crate::db::Page;
use crate::error::{Error, Result};
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Nothing, Sent, Visit};
use crate::people::members_with_role;
use crate::people::policy::{Action, can, require};
use crate::values::{Id, Role};
use actix_web::web;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

type OfCall = web::Path<Id<Call>>;
type OfAnswer = web::Path<(Id<Call>, Id<Application>, String)>;

/// The calls that oneself evaluates, newest first, and how far one is with each.
///
/// # Errors
/// Denied; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/evaluations", tag = "scoring", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Calls and when one declared and finished")))]
pub async fn mine(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let page = pages::panels_of(&visit, query.cursor()?, Page::<PanelMember>::SIZE).await?;
    ok(&Listed::of(page, |(call, panel)| {
        json!({
            "call": call.id, "reference": call.reference, "title": call.title,
            "declared_at": panel.declared_at, "final_at": panel.final_at, "replaced_at": panel.replaced_at,
        })
    }))
}

/// The panel of a call and its conflicts.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/calls/{id}/panel", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200,
    description = "Members and conflicts; for who chooses the panel also names and the `evaluators` it may choose")))]
pub async fn panel_of(visit: Visit, id: OfCall) -> Answer {
    let (id, actor, me) = (*id, visit.actor.clone(), visit.account()?);
    let (seated, evaluators, blind, bids) = visit
        .app
        .db
        .read(move |db| {
            let seat = store::seat(db, id, me)?;
            require(&actor, Action::ReadScores, &calls::thing(&seat.call).public(false))?;
            let hidden = seat.hidden();
            let store::Seat { call, member, .. } = seat;
            let blind = hidden && member.is_some_and(|m| m.replaced_at.is_none());
            let bids = if hidden { bids::opened(db, id)? } else { Vec::new() };
            let manages = can(&actor, Action::ManagePanel, &calls::thing(&call).public(false));
            let evaluators =
                if manages { Some(members_with_role(db, call.authority_id, Role::Evaluator)?) } else { None };
            Ok((store::seated(db, id)?, evaluators, blind, bids))
        })
        .await?;
    let store::Seated { members, conflicts, names } = seated;
    // Who may be chosen, told to who chooses.
    let choice: Option<Vec<_>> = evaluators.as_ref().map(|all| {
        let free = all.iter().filter(|(id, _)| *id != me && !names.contains_key(id));
        free.map(|(account, name)| json!({ "account": account, "name": name })).collect()
    });
    let members: Vec<_> = members
        .iter()
        .map(|m| {
            json!({
                "id": m.id, "account": m.account_id, "name": names.get(&m.account_id).filter(|_| choice.is_some()),
                "declared_at": m.declared_at, "final_at": m.final_at, "conflicted": rules::is_conflicted(&conflicts, m),
                "replaced_at": m.replaced_at, "replaced_reason": m.replaced_reason, "successor": m.successor_id,
            })
        })
        .collect();
    let conflicts: Vec<_> = conflicts
        .iter()
        .map(|c| {
            // Who is shown the bid is shown the bidder's letter where somebody wrote its name.
            let bid = bids.iter().find(|b| b.application.id == c.application_id).filter(|_| !blind);
            let said = |text: &str| bid.map_or_else(|| text.to_owned(), |bid| bids::under_letter(text, bid));
            json!({
                "id": c.id, "account": c.account_id, "nature": said(&c.nature), "outcome": c.outcome,
                "enquiry": c.enquiry.as_deref().map(said),
                // What a colleague wrote may name the bidder, whose letter the identifier would tell.
                "application": (!blind).then_some(c.application_id),
            })
        })
        .collect();
    let mut shown = json!({ "members": members, "conflicts": conflicts });
    if let (Some(shown), Some(choice)) = (shown.as_object_mut(), choice) {
        shown.insert("evaluators".to_owned(), json!(choice));
    }
    ok(&shown)
}

/// Adds an evaluator to the panel.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/panel", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = MemberInput, responses((status = 201, description = "Added")))]
pub async fn add_member(visit: Visit, id: OfCall, body: Sent<MemberInput>) -> Answer {
    let member = panel::add_member(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{id}/panel"), &json!({ "id": member }))
}

/// Somebody else takes the place of an evaluator; what the first scored is kept.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/panel/{member}/replacement", tag = "scoring",
    security(("token" = [])), params(("id" = String, Path), ("member" = String, Path)), request_body = ReplaceInput,
    responses((status = 201, description = "Replaced")))]
pub async fn replace(visit: Visit, path: web::Path<(Id<Call>, Id<PanelMember>)>, body: Sent<ReplaceInput>) -> Answer {
    let (call, member) = path.into_inner();
    let second = panel::replace_member(&visit.app, &visit.actor, call, member, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{call}/panel"), &json!({ "id": second }))
}

/// Declares conflicts of interest, or that there are none.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/declarations", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = DeclarationInput, responses((status = 200, description = "Declared")))]
pub async fn declare(visit: Visit, id: OfCall, body: Sent<DeclarationInput>) -> Answer {
    panel::declare(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "declared": true }))
}

/// Records what an enquiry into a conflict found.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/conflicts/{id}/resolution", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = ResolutionInput, responses((status = 200, description = "Recorded")))]
pub async fn resolve(visit: Visit, id: web::Path<Id<Conflict>>, body: Sent<ResolutionInput>) -> Answer {
    panel::resolve(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "resolved": true }))
}

/// The opened bids as an evaluator sees them: answers to score and what one has saved. Nothing before the declaration.
///
/// # Errors
/// Denied, refused before the declaration or with a conflict.
#[utoipa::path(get, path = "/api/v1/calls/{id}/sheet", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Bids, answers, own scores")))]
pub async fn sheet(visit: Visit, id: OfCall) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let found = visit
        .app
        .db
        .read(move |db| {
            let Sight { call, member, hidden } = require_sight(db, &actor, id)?;
            let bids = bids::as_judged(bids::opened(db, id)?, hidden);
            let texts = bids::qualities(db, id)?;
            let model = &call.terms.0.model;
            let scores_figures = call.kind == CallKind::Round && figures::any(model);
            let prices = if scores_figures { bids::prices(db, id)? } else { HashMap::new() };
            let figures_of = |id: &Id<Application>| {
                let none = PriceAnswers::default();
                let texts = texts.get(id).filter(|_| scores_figures)?;
                Some(figures::beside(model, texts, prices.get(id).unwrap_or(&none)))
            };
            let drafts = store::drafts(db, id, member.account_id)?;
            let shown: Vec<_> = bids
                .iter()
                .map(|b| {
                    // A reference tells the order in which bids came in.
                    let reference = if hidden { b.name.clone() } else { bid_id(&b.application) };
                    json!({
                        "application": b.application.id, "reference": reference, "name": b.name,
                        "answers": texts.get(&b.application.id).map(|t| &t.answers),
                        "figures": figures_of(&b.application.id),
                    })
                })
                .collect();
            let own: Vec<_> = drafts
                .iter()
                .map(|d| {
                    json!({
                        "application": d.application_id, "criterion": d.criterion, "level": d.level,
                        "passed": d.passed, "reason": d.reason, "saved_at": d.saved_at,
                    })
                })
                .collect();
            Ok(json!({ "bids": shown, "scores": own, "final_at": member.final_at }))
        })
        .await?;
    ok(&found)
}

/// Saves a score, whole or not.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/scores/{application}/{criterion}", tag = "scoring",
    security(("token" = [])),
    params(("id" = String, Path), ("application" = String, Path), ("criterion" = String, Path)),
    request_body = ScoreInput, responses((status = 200, description = "Saved")))]
pub async fn save(visit: Visit, path: OfAnswer, body: Sent<ScoreInput>) -> Answer {
    let (call, application, criterion) = path.into_inner();
    sheets::save(&visit.app, &visit.actor, call, application, &criterion, &body.0, visit.now).await?;
    ok(&json!({ "saved": true }))
}

/// Makes one’s own scores final.
///
/// # Errors
/// Denied, refused while something is missing.
#[utoipa::path(post, path = "/api/v1/calls/{id}/scores/final", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Final")))]
pub async fn finish(visit: Visit, id: OfCall, _body: Sent<Nothing>) -> Answer {
    sheets::finish(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "final": true }))
}

/// Final scores of everybody, for staff and for evaluators whose own are final; else one’s own.
///
/// # Errors
/// Denied.
#[utoipa::path(get, path = "/api/v1/calls/{id}/scores", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Scores and what is agreed")))]
pub async fn scores(visit: Visit, id: OfCall) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let found = visit
        .app
        .db
        .read(move |db| -> Result<_> {
            let account = actor.account().ok_or(Error::Denied)?;
            let seat = store::seat(db, id, account)?;
            let member = if seat.member.is_some() {
                Some(sight_from(db, &actor, seat)?.member)
            } else {
                require(&actor, Action::ReadScores, &calls::thing(&seat.call).public(false))?;
                None
            };
            let all = store::final_scores_seen_by(db, id, member.as_ref())?;
            let agreed =
                if rules::may_see_others(member.as_ref()) { store::moderated(db, id)? } else { BTreeMap::new() };
            let all: Vec<_> = all
                .iter()
                .map(|s| {
                    json!({
                        "account": s.account_id, "application": s.application_id, "criterion": s.criterion,
                        "level": s.level, "passed": s.passed, "reason": s.reason, "final_at": s.final_at,
                    })
                })
                .collect();
            let agreed: Vec<_> = agreed
                .values()
                .map(|m| {
                    json!({
                        "id": m.id, "application": m.application_id, "criterion": m.criterion, "level": m.level,
                        "passed": m.passed, "reason": m.reason, "agreed_at": m.agreed_at,
                    })
                })
                .collect();
            Ok(json!({ "scores": all, "agreed": agreed }))
        })
        .await?;
    ok(&found)
}

/// Records what the panel agrees on one answer.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/moderation/{application}/{criterion}", tag = "scoring",
    security(("token" = [])),
    params(("id" = String, Path), ("application" = String, Path), ("criterion" = String, Path)),
    request_body = ScoreInput, responses((status = 200, description = "Agreed")))]
pub async fn agree(visit: Visit, path: OfAnswer, body: Sent<ScoreInput>) -> Answer {
    let (call, application, criterion) = path.into_inner();
    moderation::agree(&visit.app, &visit.actor, call, application, &criterion, &body.0, visit.now).await?;
    ok(&json!({ "agreed": true }))
}

/// Closes the moderation.
///
/// # Errors
/// Denied, refused while an answer is not agreed.
#[utoipa::path(post, path = "/api/v1/calls/{id}/moderation/closed", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Closed")))]
pub async fn close(visit: Visit, id: OfCall, _body: Sent<Nothing>) -> Answer {
    moderation::close(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "closed": true }))
}

/// Leaves a bid out of the ranking.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/bids/{application}/disregard", tag = "scoring",
    security(("token" = [])), params(("id" = String, Path), ("application" = String, Path)),
    request_body = DisregardInput, responses((status = 200, description = "Left out")))]
pub async fn disregard(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>)>,
    body: Sent<DisregardInput>,
) -> Answer {
    let (call, application) = path.into_inner();
    moderation::disregard(&visit.app, &visit.actor, call, application, &body.0, visit.now).await?;
    ok(&json!({ "disregarded": true }))
}

/// Records an enquiry into a low price.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/price-enquiries/{id}", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = EnquiryInput, responses((status = 200, description = "Recorded")))]
pub async fn enquiry(visit: Visit, id: web::Path<Id<Enquiry>>, body: Sent<EnquiryInput>) -> Answer {
    moderation::record_enquiry(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "recorded": true }))
}

/// Asks a supplier to explain its price, on its page and by mail.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/price-enquiries/{id}/question", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = QuestionInput, responses((status = 200, description = "Asked")))]
pub async fn ask(visit: Visit, id: web::Path<Id<Enquiry>>, body: Sent<QuestionInput>) -> Answer {
    enquiries::ask(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "asked": true }))
}

/// What the council asks a supplier about its own price, and what came of it.
///
/// # Errors
/// NotFound for another's, and where nothing was asked.
#[utoipa::path(get, path = "/api/v1/applications/{id}/price-enquiry", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Question, answer and outcome")))]
pub async fn own_enquiry(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    let (_, _, enquiry) = super::enquiry_pages::own(&visit, *id).await?;
    let enquiry = enquiry.ok_or(Error::NotFound)?;
    let decided = enquiry.outcome != EnquiryOutcome::Open;
    ok(&json!({
        "question": enquiry.question, "asked_on": enquiry.asked_on, "answer_by": enquiry.answer_by,
        "because": enquiry.flags.0.iter().map(|f| enquiries::why(f.reason)).collect::<Vec<_>>(),
        "answer": enquiry.answer, "answered_at": enquiry.answered_at, "outcome": enquiry.outcome,
        "reason": enquiry.note.as_ref().filter(|_| decided),
    }))
}

/// A supplier explains its price.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/applications/{id}/price-enquiry", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = PriceAnswerInput,
    responses((status = 200, description = "Answered")))]
pub async fn answer_enquiry(visit: Visit, id: web::Path<Id<Application>>, body: Sent<PriceAnswerInput>) -> Answer {
    enquiries::answer(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "answered": true }))
}

/// Ranks the bids.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/ranking", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), request_body = RankingInput, responses((status = 201, description = "Ranked")))]
pub async fn rank(visit: Visit, id: OfCall, body: Sent<RankingInput>) -> Answer {
    let ranking = ranking::rank(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{id}/ranking"), &json!({ "id": ranking }))
}

/// Signs the newest ranking.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/ranking/signature", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Signed")))]
pub async fn sign(visit: Visit, id: OfCall, _body: Sent<Nothing>) -> Answer {
    ranking::sign(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "signed": true }))
}

/// The newest ranking in short, with its verdict, enquiries and what was left out.
///
/// # Errors
/// Denied, NotFound before there is one.
#[utoipa::path(get, path = "/api/v1/calls/{id}/ranking", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "Ranking")))]
pub async fn ranking_of(visit: Visit, id: OfCall) -> Answer {
    let id = *id;
    let (call, ranking, enquiries) = visit
        .app
        .db
        .read(move |db| Ok((calls::find(db, id)?, store::latest_ranking(db, id)?, store::enquiries(db, id)?)))
        .await?;
    require(&visit.actor, Action::ReadScores, &calls::thing(&call).public(false))?;
    let ranking = ranking.ok_or(Error::NotFound)?;
    let file = &ranking.file.0;
    let enquiries: Vec<_> = enquiries
        .iter()
        .map(|e| json!({ "id": e.id, "application": e.application_id, "outcome": e.outcome, "flags": e.flags.0 }))
        .collect();
    ok(&json!({
        "id": ranking.id, "hash": ranking.hash, "made_at": ranking.made_at, "signed_at": ranking.signed_at,
        "verdict": words::verdict(file, words::firmness(file).as_ref(), words::Sent::to(&call)),
        "winner": file.result.as_ref().and_then(|r| r.winner.clone()),
        "ranking": file.result.as_ref().map(|r| &r.ranking), "enquiries": enquiries,
    }))
}

/// Every ranking that was made, newest first, and each re-ranking with what fell away and every bid before and after.
///
/// # Errors
/// Denied, NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/rankings", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "`rankings` and `rerankings`")))]
pub async fn rankings(visit: Visit, id: OfCall) -> Answer {
    let kept = super::ranking_pages::kept(&visit, *id).await?;
    let rankings: Vec<_> = kept
        .rankings
        .iter()
        .map(|r| json!({ "id": r.id, "hash": r.hash, "made_at": r.made_at, "signed_at": r.signed_at }))
        .collect();
    let again: Vec<_> = kept
        .reranks
        .iter()
        .filter_map(|rerank| kept.both(rerank).map(|both| (rerank, both)))
        .map(|(rerank, (before, after))| {
            let fell: Vec<_> = kept
                .between(before, after)
                .into_iter()
                .map(|f| json!({ "application": f.application_id, "ground": f.ground, "reason": f.reason, "at": f.fell_at }))
                .collect();
            json!({
                "made_at": rerank.made_at, "before": before.id, "after": after.id, "fell_away": fell,
                "bids": falling_away::compared(&before.file.0, &after.file.0),
            })
        })
        .collect();
    ok(&json!({ "rankings": rankings, "rerankings": again }))
}

/// Which file.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct FileQuery {
    /// Only what this bid may be given; the whole file when empty.
    bid: String,
}

/// The file that `commonweal evaluate` recomputes to the same digits.
///
/// # Errors
/// Denied, NotFound before there is a ranking.
#[utoipa::path(get, path = "/api/v1/calls/{id}/ranking/file", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path), FileQuery), responses((status = 200, description = "commonweal-evaluation/1")))]
pub async fn file(visit: Visit, id: OfCall, query: web::Query<FileQuery>) -> Answer {
    let id = *id;
    let (call, ranking) =
        visit.app.db.read(move |db| Ok((calls::find(db, id)?, store::latest_ranking(db, id)?))).await?;
    require(&visit.actor, Action::ReadScores, &calls::thing(&call).public(false))?;
    let ranking = ranking.ok_or(Error::NotFound)?;
    if query.bid.is_empty() {
        return ok(&ranking.file.0);
    }
    ok(&bids::own_file(&call, &ranking.file.0, &query.bid).ok_or(Error::NotFound)?)
}

/// How firmly the winner of the newest ranking stands: the smallest change of each score and weight that changes it, and
/// a seeded simulation.
///
/// # Errors
/// Denied, NotFound before there is a ranking and for a call of too many bids.
#[utoipa::path(get, path = "/api/v1/calls/{id}/sensitivity", tag = "scoring", security(("token" = [])),
    params(("id" = String, Path)),
    responses((status = 200, description = "`in_words`, `smallest_changes` and `variations`")))]
pub async fn sensitivity(visit: Visit, id: OfCall) -> Answer {
    let (_, _, firm) = firmness::of_call(&visit.app, &visit.actor, *id).await?;
    ok(&firm.ok_or(Error::NotFound)?)
}

#[derive(utoipa::OpenApi)]
#[openapi(paths(
    mine,
    panel_of,
    add_member,
    declare,
    resolve,
    sheet,
    save,
    finish,
    scores,
    agree,
    close,
    disregard,
    enquiry,
    rank,
    sign,
    ranking_of,
    file,
    sensitivity,
    rankings,
    replace,
    ask,
    own_enquiry,
    answer_enquiry,
    super::shortlist_pages::api_file,
    super::shortlist_pages::api_show,
    super::shortlist_pages::api_propose,
    super::shortlist_pages::api_decide
))]
/// What this room adds to the API's description.
pub struct Docs;
