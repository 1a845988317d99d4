//! The catalogue of social value for programs.

use super::actions::{self, CatalogueInput};
use super::model::{Catalogue, CatalogueEntry};
use super::pages::{CatalogueQuery, cut, readable, reads_for};
use super::store;
use crate::error::Result;
use crate::http::api::{created, ok};
use crate::http::{Answer, Parts, Visit};
use crate::values::{Id, Parser};
use actix_web::web;
use serde_json::{Value, json};

/// Versions on one page.
const VERSIONS: usize = 20;
/// Measures on one page.
const MEASURES: usize = 200;

fn shown(catalogue: &Catalogue) -> Value {
    json!({
        "id": catalogue.id, "version": catalogue.version, "title": catalogue.title, "dated": catalogue.dated,
        "source": catalogue.source, "hash": catalogue.hash, "measures": catalogue.measures,
        "made_at": catalogue.made_at,
    })
}

/// A measure, with its record as the terms of a call take it.
fn shown_entry(catalogue: &Catalogue, entry: CatalogueEntry) -> Result<Value> {
    let (code, title, unit) = (entry.code.clone(), entry.title.clone(), entry.unit.clone());
    let net = (entry.record.0.net_value() / rust_decimal::Decimal::ONE_HUNDRED).round_dp(6).normalize();
    let record = store::copy_of(catalogue, entry)?;
    Ok(json!({ "code": code, "title": title, "unit": unit, "record": record, "net_value": net }))
}

/// Versions of the council's catalogue, newest first. The first is the current one.
///
/// # Errors
/// Denied, Invalid.
#[utoipa::path(get, path = "/api/v1/catalogues", tag = "conditions", security(("token" = [])),
    params(("after" = Option<String>, Query)), responses((status = 200, description = "Versions")))]
pub async fn list(visit: Visit, query: web::Query<CatalogueQuery>) -> Answer {
    let authority = reads_for(&visit)?;
    let below = query.begin()?;
    let found = visit.app.db.read(move |db| store::list(db, authority, below, VERSIONS)).await?;
    let (rows, next) = cut(found, VERSIONS, |c| c.version);
    let items: Vec<Value> = rows.iter().map(shown).collect();
    ok(&json!({ "items": items, "next": next.map(|n| n.to_string()) }))
}

/// A version with its measures by their place in the file; `find` narrows them by words.
///
/// # Errors
/// NotFound, Invalid.
#[utoipa::path(get, path = "/api/v1/catalogues/{id}", tag = "conditions", security(("token" = [])),
    params(("id" = String, Path), ("find" = Option<String>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, description = "The version and its measures")))]
pub async fn show(visit: Visit, id: web::Path<Id<Catalogue>>, query: web::Query<CatalogueQuery>) -> Answer {
    let (catalogue, entries, _) = readable(&visit, *id, &query, MEASURES).await?;
    let (entries, next) = cut(entries, MEASURES, |e| e.place);
    let items = entries.into_iter().map(|e| shown_entry(&catalogue, e)).collect::<Result<Vec<Value>>>()?;
    ok(&json!({ "catalogue": shown(&catalogue), "items": items, "next": next.map(|n| n.to_string()) }))
}

/// Makes a CSV or Excel file the next version: multipart with `file`, `title`, `dated` and `source`. With `check` = `yes`
/// it is only read, and nothing is stored.
///
/// # Errors
/// Denied; Invalid with everything wrong by row and column; refused when the current version says the same.
#[utoipa::path(post, path = "/api/v1/catalogues", tag = "conditions", security(("token" = [])),
    responses((status = 200, description = "Read, and nothing stored"), (status = 201, description = "The new version")))]
pub async fn import(visit: Visit, parts: Parts) -> Answer {
    actions::authority_of(&visit.actor)?;
    let input = CatalogueInput {
        title: parts.field("title").to_owned(),
        dated: parts.field("dated").to_owned(),
        source: parts.field("source").to_owned(),
    };
    let rows = actions::rows(&visit.app, parts.file("file"))?;
    if Parser::ticked(parts.field("check")) {
        let read = actions::read(&input, &rows).map_err(crate::error::Error::from)?;
        return ok(&json!({ "measures": read.measures.len(), "hash": read.hash() }));
    }
    let catalogue = actions::keep(&visit.app, &visit.actor, &input, &rows, visit.now).await?;
    created(&format!("/api/v1/catalogues/{}", catalogue.id), &shown(&catalogue))
}

/// The description of these handlers.
#[derive(utoipa::OpenApi, Debug)]
#[openapi(paths(list, show, import))]
pub struct Docs;
