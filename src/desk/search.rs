//! Search for staff, by words of a title, a name or a reference.

use super::store;
use crate::error::{Error, Result};
use crate::http::api::ok;
use crate::http::{Answer, FormState, Shell, Visit, page};
use crate::missions;
use crate::people::policy::{Action, Thing, require};
use actix_web::web;
use askama::Template;
use serde::{Deserialize, Serialize};

/// Results of each kind; whoever needs more types more words.
const LIMIT: i64 = 10;
/// Letters of a question.
const LONGEST: usize = 100;

/// `?q=words`
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words of a title, a name or a reference.
    q: String,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Hit {
    /// `mission`, `call`, `organisation` or `agreement`.
    pub kind: &'static str,
    /// Title or name.
    pub title: String,
    /// Reference, state, kind.
    pub note: String,
    /// Where it is.
    pub href: String,
}

/// The pattern of LIKE that finds the words anywhere, or none when there is nothing to look for.
fn pattern(words: &str) -> Option<String> {
    let words: String = words.trim().to_lowercase().chars().take(LONGEST).collect();
    if words.chars().count() < 2 {
        return None;
    }
    let mut pattern = String::from("%");
    for letter in words.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    Some(pattern)
}

async fn find(visit: &Visit, words: &str) -> Result<Vec<Hit>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let Some(pattern) = pattern(words) else { return Ok(Vec::new()) };
    visit
        .app
        .db
        .read(move |db| {
            let mut hits = Vec::new();
            hits.extend(missions::search(db, authority, &pattern, LIMIT)?.into_iter().map(|m| Hit {
                kind: "mission",
                note: format!("{} mission, {}", m.title, m.status.label().to_lowercase()),
                href: m.href(),
                title: m.statement,
            }));
            hits.extend(store::search_calls(db, authority, &pattern, LIMIT)?.into_iter().map(|c| Hit {
                kind: "call",
                note: format!("{}, {}", c.reference, c.stage.label().to_lowercase()),
                href: format!("/calls/{}", c.id),
                title: c.title,
            }));
            hits.extend(store::search_organisations(db, &pattern, LIMIT)?.into_iter().map(|o| Hit {
                kind: "organisation",
                note: o.kind.label().to_owned(),
                href: format!("/organisations/{}", o.id),
                title: o.name,
            }));
            hits.extend(store::search_agreements(db, authority, &pattern, LIMIT)?.into_iter().map(|a| Hit {
                kind: "agreement",
                note: format!("{}, {}", a.reference, a.state.label().to_lowercase()),
                href: format!("/agreements/{}", a.id),
                title: a.title,
            }));
            Ok(hits)
        })
        .await
}

#[derive(Template)]
#[template(path = "desk/search.html")]
struct SearchPage {
    shell: Shell,
    form: FormState,
    asked: bool,
    groups: Vec<(&'static str, Vec<Hit>)>,
}

/// `GET /search?q=…`
///
/// # Errors
/// Denied for everybody but staff.
pub async fn show(visit: Visit, query: web::Query<SearchQuery>) -> Answer {
    let hits = find(&visit, &query.q).await?;
    let kinds =
        [("mission", "Missions"), ("call", "Calls"), ("organisation", "Organisations"), ("agreement", "Agreements")];
    let groups = kinds
        .into_iter()
        .map(|(kind, title)| (title, hits.iter().filter(|h| h.kind == kind).cloned().collect::<Vec<_>>()))
        .filter(|(_, hits)| !hits.is_empty())
        .collect();
    page(&SearchPage {
        shell: visit.shell("Search", "/search"),
        form: FormState::filled([("q", query.q.clone())]),
        asked: pattern(&query.q).is_some(),
        groups,
    })
}

/// Everything of the authority that has the words in its title, name or reference; at most ten of each kind.
///
/// # Errors
/// Denied for everybody but staff.
#[utoipa::path(get, path = "/api/v1/search", tag = "desk", security(("token" = [])), params(SearchQuery),
    responses((status = 200, description = "What was found", body = [Hit])))]
pub async fn api(visit: Visit, query: web::Query<SearchQuery>) -> Answer {
    ok(&find(&visit, &query.q).await?)
}

/// The description of these handlers.
#[derive(utoipa::OpenApi, Debug)]
#[openapi(paths(api))]
pub struct Docs;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_the_database_would_read_are_taken_as_they_are() {
        assert_eq!(pattern(" 100% Café_").as_deref(), Some("%100\\% café\\_%"));
        assert_eq!(pattern("a"), None);
    }
}
