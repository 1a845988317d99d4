//! Who gets which lot, for the officers, and the file that recomputes it.

use super::lots::{self, LotFound, Lots, Standing};
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::evaluation::LotsFile;
use crate::evaluation::lots::LotResult;
use crate::http::api::ok;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::people::policy::{Action, can, require};
use crate::values::{Id, Instant};
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::json;

/// What came of the lots, or why it cannot be said yet.
type Found = (Call, Lots, Result<LotsFile>);

async fn read(visit: &Visit, id: Id<Call>, action: Action) -> Result<Found> {
    let (actor, now) = (visit.actor.clone(), visit.now);
    visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, id)?;
            require(&actor, action, &calls::thing(&call).public(false))?;
            let lots = lots::gather(db, &call, now)?.ok_or(Error::NotFound)?;
            let file = lots.file();
            Ok((call, lots, file))
        })
        .await
}

/// A lot in the table.
struct Row {
    name: String,
    href: String,
    standing: String,
    winner: String,
    passed_over: Vec<String>,
}

#[derive(Template)]
#[template(path = "awards/lots.html")]
struct OutcomePage {
    shell: Shell,
    call: Call,
    title: String,
    verdict: String,
    sentences: Vec<String>,
    rows: Vec<Row>,
    file: String,
}

fn standing_word(lot: &LotFound, now: Instant) -> &'static str {
    match (lot.standing(now), &lot.ranking) {
        (Standing::Ranked, _) => "Ranked",
        (Standing::Nobody, _) => "No bids left, or withdrawn",
        (Standing::Waiting, None) => "Not ranked yet",
        (Standing::Waiting, Some(ranking)) if ranking.signed_at.is_none() => "Ranked, not signed yet",
        (Standing::Waiting, Some(_)) => "A bid fell away: to be ranked again",
    }
}

fn result_of<'a>(file: &'a LotsFile, reference: &str) -> Option<&'a LotResult> {
    file.result.iter().flat_map(|result| &result.lots).find(|lot| lot.lot == reference)
}

/// Why a lot has no winner, where it is because several share its first place.
fn nobody(lots: &Lots, result: &LotResult) -> String {
    let ranking = &result.result.ranking;
    let first = ranking.first().map(|place| place.rank);
    let sharing: Vec<String> =
        ranking.iter().filter(|place| Some(place.rank) == first).map(|place| lots.name(&place.bid)).collect();
    if sharing.len() > 1 {
        format!("Nobody yet: {} share first place", sharing.join(" and "))
    } else {
        "Nobody".to_owned()
    }
}

fn rows(lots: &Lots, file: Option<&LotsFile>, now: Instant) -> Vec<Row> {
    lots.lots
        .iter()
        .map(|lot| {
            let result = file.and_then(|file| Some((file, result_of(file, &lot.call.reference)?)));
            let award = lots.award(lot.call.id);
            let winner = match (award, result) {
                (Some(award), _) => lots.name(&award.organisation_id.to_string()),
                (None, Some((_, result))) => {
                    result.winner.as_deref().map_or_else(|| nobody(lots, result), |w| lots.name(w))
                }
                (None, None) => String::new(),
            };
            let passed_over = result.map_or_else(Vec::new, |(file, result)| {
                let passed = result.passed_over.iter().filter_map(|passed| {
                    let why = lots.passed_over(file, result, &passed.supplier)?;
                    Some(format!("{}: {why}", lots.name(&passed.supplier)))
                });
                passed.collect()
            });
            Row {
                name: lots.whole.name(lot.call.id),
                href: format!("/desk/calls/{}/award", lot.call.id),
                standing: match award {
                    Some(award) => format!("{}. Award: {}", standing_word(lot, now), award.state.label()),
                    None => standing_word(lot, now).to_owned(),
                },
                winner,
                passed_over,
            }
        })
        .collect()
}

/// `GET /desk/calls/{id}/lots/outcome`: who gets which lot by the published way, and who was passed over.
///
/// # Errors
/// Denied; NotFound for a call that is no lot.
pub async fn outcome(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, lots, file) = read(&visit, *id, Action::ReadAwards).await?;
    let mut shell = visit.shell("Who gets which lot", "/desk/calls");
    shell.breadcrumbs =
        vec![Link::new("Calls", "/desk/calls"), Link::new(call.reference.clone(), format!("/desk/calls/{}", call.id))];
    let verdict = match &file {
        Ok(_) if lots.whole.most_won.is_some() => {
            "Every lot is ranked. This is who gets which by the published way.".to_owned()
        }
        Ok(_) => "Every lot is ranked, and each goes to its own best bid.".to_owned(),
        Err(Error::Refused(refusal)) => refusal.sentence.clone(),
        Err(_) => return Err(Error::internal("the lots cannot be evaluated").into()),
    };
    let reads_scores = can(&visit.actor, Action::ReadScores, &calls::thing(&call).public(false));
    let path = format!("/desk/calls/{}/lots/outcome.json", call.id);
    page(&OutcomePage {
        shell,
        title: lots.whole.title.clone(),
        verdict,
        sentences: lots.whole.sentences(),
        rows: rows(&lots, file.as_ref().ok(), visit.now),
        file: if file.is_ok() && reads_scores { path } else { String::new() },
        call,
    })
}

/// `GET /desk/calls/{id}/lots/outcome.json`: the file that `commonweal evaluate` recomputes.
///
/// # Errors
/// Denied; NotFound for a call that is no lot; refused while a lot is not ranked.
pub async fn file(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, _, file) = read(&visit, *id, Action::ReadScores).await?;
    let text = serde_json::to_string_pretty(&file?).map_err(Error::from)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}-lots.json\"", call.reference)))
        .body(text))
}

/// Who gets which lot by the published way, and who was passed over with the reason; `waiting` while lots are not
/// ranked.
///
/// # Errors
/// Denied; NotFound for a call that is no lot.
#[utoipa::path(get, path = "/api/v1/calls/{id}/lots/outcome", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "`waiting` and `lots`")))]
pub async fn api_outcome(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (_, lots, file) = read(&visit, *id, Action::ReadAwards).await?;
    let waiting = lots.waiting();
    let file = if waiting.is_empty() { Some(file?) } else { None };
    let shown: Vec<_> = lots
        .lots
        .iter()
        .map(|lot| {
            let result = file.as_ref().and_then(|file| result_of(file, &lot.call.reference));
            let winner = result.and_then(|result| result.winner.as_deref());
            let passed_over = result.map(|result| {
                let passed = result.passed_over.iter();
                passed
                    .map(|p| json!({ "organisation": p.supplier, "name": lots.name(&p.supplier), "sentence": p.sentence }))
                    .collect::<Vec<_>>()
            });
            json!({
                "call": lot.call.id, "reference": lot.call.reference, "name": lots.whole.name(lot.call.id),
                "standing": standing_word(lot, visit.now), "winner": winner,
                "winner_name": winner.map(|w| lots.name(w)), "passed_over": passed_over,
                "award": lots.award(lot.call.id).map(|a| json!({ "organisation": a.organisation_id, "state": a.state })),
            })
        })
        .collect();
    ok(&json!({ "waiting": waiting, "lots": shown }))
}

/// The file that `commonweal evaluate` recomputes: model, bids and result of every lot.
///
/// # Errors
/// Denied; NotFound for a call that is no lot; refused while a lot is not ranked.
#[utoipa::path(get, path = "/api/v1/calls/{id}/lots/file", tag = "awards", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "`commonweal-evaluation-lots/1`")))]
pub async fn api_file(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (_, _, file) = read(&visit, *id, Action::ReadScores).await?;
    ok(&file?)
}

/// What the API says of awards of lots.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(api_outcome, api_file))]
pub struct Docs;
