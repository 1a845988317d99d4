//! The page and the download of an assessment summary.

use super::actions::{self, GivenInput};
use super::store::{self, Giving, Sending, StoredSummary, SupersededSummary};
use super::summary::Summary;
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::Id;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "awards/summary.html")]
struct SummaryPage {
    shell: Shell,
    form: FormState,
    summary: Summary,
    /// What was told of an award that fell away later: when, and what.
    earlier: Vec<(String, String)>,
    given: bool,
    giving: String,
    may_give: bool,
    back: String,
    base: String,
    text_href: String,
    html_href: String,
}

/// `GET /desk/calls/{id}/summaries/{application}`
///
/// # Errors
/// Denied, NotFound before it is made.
pub async fn summary(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>)>,
    query: web::Query<FormatQuery>,
) -> Answer {
    let (call, application) = path.into_inner();
    if !query.format.is_empty() {
        let (sending, earlier) = for_staff(&visit, call, application).await?;
        let newest = sending.map(|s| s.summary.body.0).or(earlier.into_iter().next_back().map(|old| old.body.0));
        return download(&newest.ok_or(Error::NotFound)?, &query.format);
    }
    page(&summary_page(&visit, call, application, FormState::empty()).await?)
}

async fn summary_page(
    visit: &Visit,
    call: Id<Call>,
    application: Id<Application>,
    form: FormState,
) -> Result<SummaryPage> {
    let (sending, mut told) = for_staff(visit, call, application).await?;
    let (summary, authority_id, giving, given) = match sending {
        Some(sending) => {
            let (giving, given) = (sending.words(), sending.giving() == Giving::Given);
            let StoredSummary { body: Json(summary), authority_id, .. } = sending.summary;
            (summary, authority_id, giving, given)
        }
        // The award fell away and there is no new decision yet.
        None => {
            let old = told.pop().ok_or(Error::NotFound)?;
            let giving = format!("{}, and set aside {}", old.made_at.medium(), old.superseded_at.medium());
            (old.body.0, old.authority_id, giving, true)
        }
    };
    let base = format!("/desk/calls/{call}/summaries/{application}");
    let mut shell = visit.shell(summary.title(), "/desk/calls");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(SummaryPage {
        shell,
        form,
        summary,
        earlier: told.into_iter().map(|old| (old.made_at.medium(), old.body.0.text())).collect(),
        given,
        giving,
        may_give: !given && can(&visit.actor, Action::RunAward, &Thing::of_authority(authority_id)),
        back: format!("/desk/calls/{call}/award"),
        text_href: format!("{base}?format=txt"),
        html_href: format!("{base}?format=html"),
        base,
    })
}

/// `POST /desk/calls/{id}/summaries/{application}/given`: it was given by another way than by mail.
///
/// # Errors
/// Denied, NotFound before it is made.
pub async fn give(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>, posted: Posted<GivenInput>) -> Answer {
    let (call, application) = path.into_inner();
    match actions::give_summary(&visit.app, &visit.actor, (call, application), &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Recorded: the supplier has its summary.");
            see(&format!("/desk/calls/{call}/award"))
        }
        Err(error) => page_again(&summary_page(&visit, call, application, posted.again(error)?).await?),
    }
}

/// A summary as it was made and how its mails fare, when there is one, and those of decisions that were set aside, oldest
/// first; for somebody who may read what is decided.
///
/// # Errors
/// Denied, NotFound for another authority’s call.
pub(super) async fn for_staff(
    visit: &Visit,
    call: Id<Call>,
    application: Id<Application>,
) -> Result<(Option<Sending>, Vec<SupersededSummary>)> {
    let actor = visit.actor.clone();
    let found = move |db: &mut Db| {
        let call = calls::find(db, call)?;
        require(&actor, Action::ReadAwards, &Thing::of_authority(call.authority_id))?;
        let sending = match store::sending_of(db, call.id, application) {
            Err(Error::NotFound) => None,
            found => Some(found?),
        };
        Ok((sending, store::superseded(db, call.id, application)?))
    };
    visit.app.db.read(found).await
}

/// Query of pages that can be downloaded.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FormatQuery {
    pub(super) format: String,
    /// On the page of the supplier: which of the summaries that were set aside, by its identifier.
    pub(super) earlier: String,
}

#[derive(Template)]
#[template(path = "awards/summary_file.html")]
struct SummaryFile<'a> {
    summary: &'a Summary,
}

/// A summary as a file, in the format that was asked for.
pub(super) fn download(summary: &Summary, format: &str) -> Answer {
    let (media, ending, body) = match format {
        "txt" => ("text/plain; charset=utf-8", "txt", summary.text()),
        "html" => ("text/html; charset=utf-8", "html", SummaryFile { summary }.render().map_err(Error::from)?),
        _ => return Err(Error::NotFound.into()),
    };
    let name: String = summary.bid.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"summary-{name}.{ending}\"")))
        .body(body))
}
