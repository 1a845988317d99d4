//! The public register: every contract and investment that was signed, newest first.

use super::store;
use crate::agreements::Agreement;
use crate::db::Page;
use crate::error::Result;
use crate::http::api::{Listed, PageQuery, ok};
use crate::http::export::Table;
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::missions::{self, Mission};
use crate::values::{Id, Pence};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;

/// One line of the register.
struct Line {
    agreement: Agreement,
    organisation: String,
    /// Whether all of it was cancelled before anything was paid.
    cancelled: bool,
    /// Its value without the parts that were cancelled before anything was paid.
    left: Pence,
    mission: String,
    mission_href: String,
}

impl Line {
    /// Whether some of it was cancelled before anything was paid, and some of it stands.
    fn in_part(&self) -> bool {
        !self.cancelled && self.left < self.agreement.value
    }
}

#[derive(Template)]
#[template(path = "desk/register.html")]
struct RegisterPage {
    shell: Shell,
    lines: Vec<Line>,
    next: String,
}

/// `?after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RegisterQuery {
    /// Where the page begins.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

/// Most rows of a file.
const MOST_EXPORTED: usize = 10_000;

async fn lines(visit: &Visit, after: &str, limit: usize) -> Result<(Vec<Line>, Option<String>)> {
    let cursor = PageQuery { after: after.to_owned() }.cursor()?;
    let (found, missions) = visit
        .app
        .db
        .read(move |db| {
            let found = store::register(db, cursor.as_ref(), limit)?;
            let ids: Vec<Id<Mission>> = found.items.iter().map(|(a, ..)| a.mission_id).collect();
            Ok((found, missions::find_many(db, &ids)?))
        })
        .await?;
    let next = found.next.map(|c| c.to_string());
    Ok((shown(found.items, &missions), next))
}

fn shown(agreements: Vec<store::Registered>, missions: &HashMap<Id<Mission>, Mission>) -> Vec<Line> {
    agreements
        .into_iter()
        .map(|(agreement, organisation, cancelled, left)| {
            let mission = missions.get(&agreement.mission_id).filter(|m| m.is_public());
            Line {
                organisation,
                cancelled,
                left: Pence(left).max(Pence::ZERO),
                mission: mission.map(|m| m.title.clone()).unwrap_or_default(),
                mission_href: mission.map(Mission::href).unwrap_or_default(),
                agreement,
            }
        })
        .collect()
}

/// `GET /register-of-awards`
///
/// # Errors
/// Invalid for a page link that is not ours.
pub async fn show(visit: Visit, query: web::Query<RegisterQuery>) -> Answer {
    if !query.format.is_empty() {
        let (lines, _) = lines(&visit, "", MOST_EXPORTED).await?;
        return table(&lines).answer(&query.format);
    }
    let (lines, next) = lines(&visit, &query.after, Page::<Agreement>::SIZE).await?;
    let mut shell = visit.shell("Awards and investments", "/register-of-awards");
    shell.breadcrumbs = vec![Link::new("Home", "/")];
    let next = next.map(|n| format!("/register-of-awards?after={n}")).unwrap_or_default();
    page(&RegisterPage { shell, lines, next })
}

fn table(lines: &[Line]) -> Table {
    Table {
        name: "awards-and-investments".to_owned(),
        heads: vec![
            "reference",
            "kind",
            "title",
            "organisation",
            "mission",
            "value",
            "signed",
            "starts",
            "ends",
            "state",
            "value_left",
        ],
        rows: lines
            .iter()
            .map(|l| {
                let a = &l.agreement;
                vec![
                    a.reference.clone(),
                    a.kind.to_string(),
                    a.title.clone(),
                    l.organisation.clone(),
                    l.mission.clone(),
                    a.value.plain(),
                    a.signed_at.date().to_string(),
                    a.starts_on.to_string(),
                    a.ends_on.to_string(),
                    if l.cancelled { "cancelled".to_owned() } else { a.state.to_string() },
                    l.left.plain(),
                ]
            })
            .collect(),
    }
}

/// The public register of contracts and investments.
///
/// # Errors
/// Invalid for a page link that is not ours.
#[utoipa::path(get, path = "/api/v1/register", tag = "public", params(PageQuery),
    responses((status = 200, description = "Signed agreements, newest first")))]
pub async fn show_api(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let (lines, next) = lines(&visit, &query.after, Page::<Agreement>::SIZE).await?;
    let items = lines
        .iter()
        .map(|l| {
            let a = &l.agreement;
            json!({ "reference": a.reference, "kind": a.kind, "title": a.title, "organisation": l.organisation,
                "mission": l.mission, "value": a.value, "value_left": l.left, "signed_at": a.signed_at,
                "starts_on": a.starts_on, "ends_on": a.ends_on, "state": a.state, "cancelled": l.cancelled })
        })
        .collect();
    ok(&Listed { items, next })
}

/// The register's part of the API description.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(show_api))]
pub struct Docs;
