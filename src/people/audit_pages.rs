//! The audit trail as auditors read it: narrowed by thing, person and time, and taken along as a file.

use super::policy::{Action, Thing, require};
use super::store;
use crate::audit::{self, Filter, Row};
use crate::db::{Cursor, Db, Json};
use crate::error::{Error, Result};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Shell, Visit, page, page_again};
use crate::values::time::parse_date;
use crate::values::{Account, FieldErrors, Id, Instant};
use actix_web::web;
use askama::Template;
use chrono::Days;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// Acts on one page: on a phone each is a card, and more of them would be a page without end.
const PAGE: usize = 20;
/// Most acts of a file.
const MOST_EXPORTED: usize = 10_000;

/// The things that acts are done to, and how people call them.
const KINDS: [(&str, &str); 25] = [
    ("account", "Account"),
    ("agreement", "Agreement"),
    ("application", "Application"),
    ("award", "Award"),
    ("call", "Call"),
    ("capitalisation", "Interest added to a loan"),
    ("catalogue", "Social value catalogue"),
    ("commitment", "Commitment to a fund"),
    ("condition", "Condition"),
    ("drawdown", "Payment out"),
    ("ending", "End of an investment"),
    ("entry", "Payment in"),
    ("fund", "Fund"),
    ("investment", "Investment"),
    ("invitation", "Invitation"),
    ("member", "Member"),
    ("mission", "Mission"),
    ("organisation", "Organisation"),
    ("ranking", "Ranking"),
    ("resident", "Resident on a roll"),
    ("residents-vote", "Residents’ vote"),
    ("restructuring", "Change of a loan"),
    ("subsidy_route", "Subsidy route"),
    ("token", "Token of the API"),
    ("valuation", "Valuation"),
];

/// What the trail is narrowed to: `?kind=call&who=…&from=…&until=…`.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct AuditQuery {
    /// Kind of the thing, such as `call`.
    pub kind: String,
    /// Identifier of the thing.
    pub subject: String,
    /// Email address of who acted, or `system`.
    pub who: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: String,
    /// The `next` of the page before.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

impl AuditQuery {
    /// Where the page begins.
    ///
    /// # Errors
    /// Invalid.
    pub fn cursor(&self) -> Result<Option<Cursor>> {
        if self.after.is_empty() {
            return Ok(None);
        }
        self.after.parse().map(Some).map_err(|e: &str| Error::field("after", e))
    }

    /// The filter that it means.
    ///
    /// # Errors
    /// Invalid for a date that is none.
    pub fn filter(&self, db: &mut Db) -> Result<Filter> {
        let word = |text: &str| Some(text.trim().to_owned()).filter(|w| !w.is_empty());
        let mut wrong = FieldErrors::default();
        let mut day = |field: &str, text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return None;
            }
            parse_date(text).inspect_err(|_| wrong.add(field, "Enter a date like 15/1/2027")).ok()
        };
        let (from, until) = (day("from", &self.from), day("until", &self.until));
        let who = self.who.trim().to_lowercase();
        let actor = match who.as_str() {
            "" => None,
            "system" | "public" => Some(who),
            // Somebody unknown did nothing: whether an address has an account is told to nobody.
            email => {
                let found = store::find_account_by_email(db, email)?.map(|account| account.id);
                Some(format!("account:{}", found.unwrap_or_else(Id::new)))
            }
        };
        if !wrong.is_empty() {
            return Err(Error::Invalid(wrong));
        }
        Ok(Filter {
            kind: word(&self.kind),
            subject: word(&self.subject),
            actor,
            from: from.map(Instant::start_of),
            before: until.and_then(|day| day.checked_add_days(Days::new(1))).map(Instant::start_of),
        })
    }

    fn state(&self) -> FormState {
        FormState::filled(self.narrowed())
    }

    fn narrowed(&self) -> [(&'static str, &str); 5] {
        [
            ("kind", self.kind.as_str()),
            ("subject", self.subject.as_str()),
            ("who", self.who.as_str()),
            ("from", self.from.as_str()),
            ("until", self.until.as_str()),
        ]
    }

    /// The same list with something more asked of it.
    fn link(&self, name: &str, value: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in self.narrowed().into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(key, value);
        }
        query.append_pair(name, value);
        format!("/audit?{}", query.finish())
    }
}

/// One act as people read it.
struct Act {
    row: Row,
    who: String,
}

impl Act {
    /// "Published", of `call.published`.
    fn what(&self) -> String {
        let verb = self.row.action.rsplit('.').next().unwrap_or_default().replace('_', " ");
        let mut letters = verb.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    fn thing(&self) -> &str {
        let kind = self.row.subject_kind.as_str();
        KINDS.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, label)| label)
    }

    /// The page of the thing, where it has one that whoever reads the trail may open.
    fn href(&self) -> Option<String> {
        let id = &self.row.subject_id;
        Some(match self.row.subject_kind.as_str() {
            "agreement" => format!("/agreements/{id}"),
            "call" => format!("/desk/calls/{id}"),
            "condition" => format!("/conditions/{id}"),
            "fund" => format!("/funds/{id}"),
            "investment" => format!("/investments/{id}"),
            _ => return None,
        })
    }

    /// Everything done to the same thing.
    fn same(&self) -> String {
        format!("/audit?subject={}", self.row.subject_id)
    }

    /// The facts as a program would write them, but for those that say nothing.
    fn facts(&self) -> String {
        let Json(value) = &self.row.facts;
        let Some(map) = value.as_object() else { return String::new() };
        let says = |value: &Value| !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty());
        let facts = map.iter().filter(|(_, value)| says(value)).map(|(key, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            format!("{}: {value}", key.replace('_', " "))
        });
        facts.collect::<Vec<_>>().join(", ")
    }
}

#[derive(Template)]
#[template(path = "people/audit.html")]
struct AuditPage {
    shell: Shell,
    form: FormState,
    acts: Vec<Act>,
    kinds: Vec<(&'static str, &'static str)>,
    narrowed: bool,
    csv: String,
    xlsx: String,
    next: String,
}

fn account(row: &Row) -> Option<Id<Account>> {
    row.actor.strip_prefix("account:").and_then(|id| id.parse().ok())
}

fn named(rows: Vec<Row>, names: &HashMap<Id<Account>, String>) -> Vec<Act> {
    let who = |row: &Row| account(row).and_then(|id| names.get(&id).cloned()).unwrap_or_else(|| row.actor.clone());
    rows.into_iter().map(|row| Act { who: who(&row), row }).collect()
}

fn trail(visit: &Visit, query: &AuditQuery, form: FormState, acts: Vec<Act>, next: String) -> AuditPage {
    let mut shell = visit.shell("Audit trail", "/audit");
    shell.breadcrumbs = vec![Link::new("My tasks", "/tasks")];
    shell.error = form.has_errors();
    AuditPage {
        shell,
        form,
        acts,
        kinds: KINDS.to_vec(),
        narrowed: query.narrowed().iter().any(|(_, value)| !value.is_empty()),
        csv: query.link("format", "csv"),
        xlsx: query.link("format", "xlsx"),
        next,
    }
}

/// `GET /audit`
///
/// # Errors
/// Denied; Invalid for a damaged page link.
pub async fn show(visit: Visit, query: web::Query<AuditQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAudit, &Thing::of_authority(authority))?;
    let cursor = query.cursor()?;
    let limit = if query.format.is_empty() { PAGE } else { MOST_EXPORTED };
    let asked = query.clone();
    let found = visit
        .app
        .db
        .read(move |db| {
            let filter = asked.filter(db)?;
            let found = audit::list(db, authority, &filter, cursor.as_ref(), limit)?;
            let mut ids: Vec<Id<Account>> = found.items.iter().filter_map(account).collect();
            ids.sort_unstable();
            ids.dedup();
            let names = store::account_names(db, &ids)?;
            Ok((found, names))
        })
        .await;
    match found {
        Ok((found, names)) => {
            let next = found.next.map(|c| query.link("after", &c.to_string())).unwrap_or_default();
            let acts = named(found.items, &names);
            if !query.format.is_empty() {
                return table(&acts).answer(&query.format);
            }
            page(&trail(&visit, &query, query.state(), acts, next))
        }
        Err(Error::Invalid(errors)) if query.format.is_empty() => {
            page_again(&trail(&visit, &query, query.state().with_errors(errors), Vec::new(), String::new()))
        }
        Err(error) => Err(error.into()),
    }
}

/// The acts with their whole hashes, so that a reader can recompute the chain's links.
fn table(acts: &[Act]) -> Table {
    Table {
        name: "audit-trail".to_owned(),
        heads: vec!["id", "at", "who", "actor", "action", "kind", "subject", "facts", "hash"],
        rows: acts
            .iter()
            .map(|act| {
                let row = &act.row;
                vec![
                    row.id.to_string(),
                    row.at.rfc3339(),
                    act.who.clone(),
                    row.actor.clone(),
                    row.action.clone(),
                    row.subject_kind.clone(),
                    row.subject_id.clone(),
                    row.facts.to_string(),
                    row.hash.clone(),
                ]
            })
            .collect(),
    }
}
