//! Pages of officers: where the numbers of one bid come from, and the file that recomputes them.

use super::desk::desk;
use super::model::{Disregard, DisregardGround, Enquiry, EnquiryOutcome, Fallen};
use super::moderation::{self, DisregardInput, EnquiryInput};
use super::pages::form_shell;
use super::store::{self, JudgedCall};
use super::{bid_id, bids, words};
use crate::applications::Application;
use crate::calls::Call;
use crate::error::{Error, Result};
use crate::evaluation::BidResult;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, require};
use crate::values::Id;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "scoring/trace.html")]
struct TracePage {
    shell: Shell,
    form: FormState,
    call: Call,
    name: String,
    application: Id<Application>,
    result: BidResult,
    /// What it is ranked by; none for a bid left out.
    standing: Option<String>,
    ranked: bool,
    reasons: BTreeMap<String, String>,
    enquiry: Option<Enquiry>,
    outcomes: Vec<(&'static str, &'static str)>,
    grounds: Vec<(&'static str, &'static str)>,
    left_out: Option<Disregard>,
    bid: String,
    residents_vote: bool,
    may_moderate: bool,
    /// That the bid fell away, and whether an officer may still record it.
    fell: Option<Fallen>,
    may_fall: bool,
}

impl TracePage {
    fn sent(&self) -> words::Sent {
        words::Sent::to(&self.call)
    }
}

async fn trace_page(visit: &Visit, id: Id<Call>, application: Id<Application>, form: FormState) -> Result<TracePage> {
    let found = desk(visit, id).await?;
    let opened = found.bids.iter().find(|b| b.application.id == application).ok_or(Error::NotFound)?;
    let bid = bid_id(&opened.application);
    let ranking = found.ranking.as_ref();
    let result = match ranking {
        Some(ranking) => {
            let result = ranking.file.0.result.as_ref();
            result.and_then(|r| r.bids.iter().find(|b| b.bid == bid)).ok_or(Error::NotFound)?.clone()
        }
        // Before a ranking there are no numbers yet, but a bid can be left out.
        None if found.closed => BidResult {
            bid: bid.clone(),
            rank: None,
            total: None,
            figure: None,
            exclusions: Vec::new(),
            scores: Vec::new(),
        },
        None => return Err(Error::NotFound),
    };
    let ranked = result.rank.and_then(|_| found.call.terms.0.model.standing(result.total, result.figure));
    Ok(TracePage {
        standing: ranked.map(|words| {
            let mut chars = words.chars();
            chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
        }),
        shell: form_shell(visit, &format!("Where the numbers of {} come from", opened.name), &form),
        form,
        name: opened.name.clone(),
        application,
        result,
        reasons: found
            .agreed
            .iter()
            .filter(|((a, _), _)| *a == application)
            .map(|((_, criterion), m)| (criterion.clone(), m.reason.clone()))
            .collect(),
        enquiry: found.enquiries.iter().find(|e| e.application_id == application).cloned(),
        outcomes: EnquiryOutcome::options(),
        grounds: DisregardGround::options(),
        left_out: found.left_out.iter().find(|d| d.application_id == application).cloned(),
        bid,
        residents_vote: super::residents::panel(&found.call.terms.0.model).is_some(),
        fell: found.fallen.iter().find(|(_, a)| a.id == application).map(|(f, _)| f.clone()),
        may_fall: found.may_moderate(&visit.actor),
        ranked: ranking.is_some(),
        may_moderate: ranking.is_none_or(|r| r.signed_at.is_none()) && found.may_moderate(&visit.actor),
        call: found.call,
    })
}

/// `GET /desk/calls/{id}/ranking/{application}`
///
/// # Errors
/// Denied, NotFound before moderation is closed.
pub async fn trace(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>) -> Answer {
    let (call, application) = path.into_inner();
    page(&trace_page(&visit, call, application, FormState::empty()).await?)
}

/// The page again, with what was wrong with a form of another file of this room.
pub(super) async fn trace_again(
    visit: &Visit,
    call: Id<Call>,
    application: Id<Application>,
    form: FormState,
) -> Answer {
    page_again(&trace_page(visit, call, application, form).await?)
}

/// `POST /desk/calls/{id}/ranking/{application}/enquiry/{enquiry}`
///
/// # Errors
/// Denied.
pub async fn enquiry(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>, Id<Enquiry>)>,
    posted: Posted<EnquiryInput>,
) -> Answer {
    let (call, application, id) = path.into_inner();
    visit
        .under((call, application), move |db| store::find_enquiry(db, id).map(|e| (e.call_id, e.application_id)))
        .await?;
    match moderation::record_enquiry(&visit.app, &visit.actor, id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The enquiry is recorded.");
            see(&format!("/desk/calls/{call}/ranking/{application}"))
        }
        Err(error) => page_again(&trace_page(&visit, call, application, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/ranking/{application}/disregard`
///
/// # Errors
/// Denied.
pub async fn disregard(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>)>,
    posted: Posted<DisregardInput>,
) -> Answer {
    let (call, application) = path.into_inner();
    match moderation::disregard(&visit.app, &visit.actor, call, application, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("It is left out. Rank again to see the others.");
            see(&format!("/desk/calls/{call}/ranking/{application}"))
        }
        Err(error) => page_again(&trace_page(&visit, call, application, posted.again(error)?).await?),
    }
}

/// Which file.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FileQuery {
    bid: String,
}

/// `GET /desk/calls/{id}/ranking.json`: the file that recomputes, or with `?bid=` what one bidder may be given.
///
/// # Errors
/// Denied, NotFound before there is a ranking.
pub async fn file(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<FileQuery>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (call, ranking) = visit
        .app
        .db
        .read(move |db| {
            let JudgedCall { call, ranking, .. } = store::judged_call(db, id)?;
            require(&actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
            Ok((call, ranking.ok_or(Error::NotFound)?))
        })
        .await?;
    let (name, text) = if query.bid.is_empty() {
        (format!("{}-ranking", call.reference), serde_json::to_string_pretty(&ranking.file.0))
    } else {
        let own = bids::own_file(&call, &ranking.file.0, &query.bid).ok_or(Error::NotFound)?;
        (format!("{}-{}", call.reference, query.bid), serde_json::to_string_pretty(&own))
    };
    let safe: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}.json\"")))
        .body(text.map_err(Error::from)?))
}
