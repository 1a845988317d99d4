//! The page and the download of an assessment summary.

use super::store::{self, StoredSummary};
use super::summary::Summary;
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::{Answer, Shell, Visit, page};
use crate::people::policy::{Action, Thing, require};
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
    summary: Summary,
    back: String,
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
    let summary = for_staff(&visit, call, application).await?;
    if !query.format.is_empty() {
        return download(&summary.body.0, &query.format);
    }
    let base = format!("/desk/calls/{call}/summaries/{application}");
    page(&SummaryPage {
        shell: visit.shell(summary.body.0.title(), "/desk/calls"),
        summary: summary.body.0,
        back: format!("/desk/calls/{call}/award"),
        text_href: format!("{base}?format=txt"),
        html_href: format!("{base}?format=html"),
    })
}

/// A summary as it was made, for somebody who may read what is decided.
///
/// # Errors
/// Denied, NotFound before it is made.
pub(super) async fn for_staff(visit: &Visit, call: Id<Call>, application: Id<Application>) -> Result<StoredSummary> {
    let actor = visit.actor.clone();
    let found = move |db: &mut Db| {
        let call = calls::find(db, call)?;
        require(&actor, Action::ReadAwards, &Thing::of_authority(call.authority_id))?;
        store::summary_of(db, application)?.filter(|s| s.call_id == call.id).ok_or(Error::NotFound)
    };
    visit.app.db.read(found).await
}

/// Query of pages that can be downloaded.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FormatQuery {
    pub(super) format: String,
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
