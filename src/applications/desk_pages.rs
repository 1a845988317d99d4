//! Pages of staff: opening the envelopes, and applications once they are open.

use super::actions::{self, ConfirmInput, PartInput};
use super::letters::{names_hidden, shown_as};
use super::model::Application;
use super::opening_rules::{self, OpeningFacts};
use super::records::Opening;
use super::store;
use crate::calls::{self, Call, CallKind, Part};
use crate::db::Db;
use crate::documents::Document;
use crate::error::{Error, Result};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, attachment, page, page_again, see};
use crate::people::account_names;
use crate::people::policy::{Action, can};
use crate::values::{Id, Instant};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

struct PartState {
    part: Part,
    opening: Option<Opening>,
    first: String,
    second: String,
    /// Why it cannot be opened now; empty when it can.
    wait: String,
    asked: bool,
    done: bool,
    /// Whether this person may press the button that comes next.
    may_act: bool,
    /// Whether confirming was refused just now because something cannot be decrypted.
    undecrypted: bool,
}

struct Row {
    id: Id<Application>,
    organisation: String,
    reference: String,
    received: String,
    opened: bool,
}

#[derive(Template)]
#[template(path = "applications/opening.html")]
struct OpeningPage {
    shell: Shell,
    form: FormState,
    call: Call,
    parts: Vec<PartState>,
    rows: Vec<Row>,
    tender: bool,
    may_open: bool,
    closes: String,
    closed: bool,
    /// Whether bidders stand under letters for now.
    hidden: bool,
    /// Whether this person may ask who is who.
    may_look: bool,
}

/// What the page and its exports show, read in one go.
struct Found {
    call: Call,
    openings: Vec<Opening>,
    quality_final: bool,
    rows: Vec<Row>,
    hidden: bool,
    names: std::collections::HashMap<Id<crate::values::Account>, String>,
}

/// Applications that staff may know of: all sent to a round; those of a tender only once they are open.
pub(super) fn visible(db: &mut Db, call: &Call) -> Result<Vec<Application>> {
    let mut all = store::of_call(db, call.id)?;
    all.retain(|a| may_be_known(call, a));
    Ok(all)
}

fn may_be_known(call: &Call, application: &Application) -> bool {
    call.kind == CallKind::Round || application.opened_at.is_some()
}

async fn gather(visit: &Visit, id: Id<Call>) -> Result<Found> {
    let actor = visit.actor.clone();
    visit
        .app
        .db
        .read(move |db| {
            let call = calls::find(db, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&call)) {
                return Err(Error::NotFound);
            }
            let mut openings = store::openings(db, id)?;
            let people: Vec<_> = openings.iter().flat_map(|o| [Some(o.first_by), o.second_by]).flatten().collect();
            let blind = names_hidden(db, &call)?;
            let mut rows: Vec<Row> = store::of_call_named(db, id)?
                .into_iter()
                .filter(|(a, _)| may_be_known(&call, a))
                .map(|(a, organisation)| Row {
                    id: a.id,
                    opened: a.opened_at.is_some(),
                    organisation: if blind { shown_as(&a) } else { organisation },
                    reference: a.reference.filter(|_| !blind).unwrap_or_default(),
                    received: a.submitted_at.filter(|_| !blind).map(Instant::medium).unwrap_or_default(),
                })
                .collect();
            if blind {
                rows.sort_by(|a, b| {
                    (a.organisation.len(), &a.organisation).cmp(&(b.organisation.len(), &b.organisation))
                });
                let called = |id: Id<Application>| {
                    let row = rows.iter().find(|r| r.id == id);
                    // What was left out of the opening has no letter.
                    row.map_or_else(|| "A bidder".to_owned(), |r| r.organisation.clone())
                };
                for report in openings.iter_mut().filter_map(|o| o.report.as_mut()) {
                    report.0.hide(called);
                }
            }
            Ok(Found {
                quality_final: store::quality_final_at(db, id)?.is_some(),
                names: account_names(db, &people)?,
                call,
                openings,
                rows,
                hidden: blind,
            })
        })
        .await
}

fn opening_page(visit: &Visit, found: Found, form: FormState) -> OpeningPage {
    let Found { call, openings, quality_final, rows, hidden, names } = found;
    let may_look = hidden && can(&visit.actor, Action::ManagePanel, &calls::thing(&call).public(false));
    let may_open = can(&visit.actor, Action::OpenEnvelopes, &calls::thing(&call));
    let done = |part: Part| openings.iter().any(|o| o.part == part && o.second_at.is_some());
    let tender = call.kind == CallKind::Tender;
    let parts = Part::ALL
        .iter()
        .copied()
        .filter(|_| tender)
        .map(|part| {
            let opening = openings.iter().find(|o| o.part == part).cloned();
            let facts = OpeningFacts {
                quality_final,
                quality_opened: done(Part::Quality),
                first_by: opening.as_ref().map(|o| o.first_by),
                opened: done(part),
            };
            let wait = match opening_rules::may_open(&call, part, facts, visit.now) {
                Err(refusal) if !facts.opened => crate::values::RefusalInfo::sentence(&refusal),
                _ => String::new(),
            };
            let name =
                |id: Option<Id<crate::values::Account>>| id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
            PartState {
                part,
                first: name(opening.as_ref().map(|o| o.first_by)),
                second: name(opening.as_ref().and_then(|o| o.second_by)),
                asked: opening.is_some(),
                done: facts.opened,
                may_act: may_open && facts.first_by.is_none_or(|first| visit.actor.account() != Some(first)),
                wait,
                opening,
                undecrypted: false,
            }
        })
        .collect();
    let mut shell = visit.shell(format!("Opening: {}", call.title), "/desk/calls");
    shell.breadcrumbs =
        vec![Link::new("Calls", "/desk/calls"), Link::new(call.title.clone(), format!("/desk/calls/{}", call.id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    OpeningPage {
        shell,
        form,
        parts,
        rows,
        hidden,
        may_look,
        tender,
        may_open,
        closes: call.deadline_at.map(Instant::long).unwrap_or_default(),
        closed: call.deadline_at.is_some_and(|deadline| visit.now > deadline),
        call,
    }
}

/// Query of the opening page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FormatQuery {
    format: String,
}

/// `GET /desk/calls/{id}/opening`
///
/// # Errors
/// NotFound.
pub async fn opening(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<FormatQuery>) -> Answer {
    let found = gather(&visit, *id).await?;
    if query.format.is_empty() {
        return page(&opening_page(&visit, found, FormState::empty()));
    }
    let rows = found
        .openings
        .iter()
        .filter_map(|o| o.report.as_ref().map(|r| (o.part, r)))
        .flat_map(|(part, report)| {
            report.0.lines.iter().map(move |l| {
                vec![
                    part.to_string(),
                    l.reference.clone(),
                    l.application.to_string(),
                    l.state.to_string(),
                    l.receipt_sha256.clone(),
                    l.found_sha256.clone(),
                ]
            })
        })
        .collect();
    Table {
        name: format!("opening-{}", found.call.reference),
        heads: vec!["part", "reference", "application", "state", "receipt_sha256", "found_sha256"],
        rows,
    }
    .answer(&query.format)
}

/// `POST /desk/calls/{id}/opening`: the first officer asks.
///
/// # Errors
/// NotFound, Denied.
pub async fn ask(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<PartInput>) -> Answer {
    let outcome = match posted.input.part() {
        Ok(part) => actions::ask_opening(&visit.app, &visit.actor, *id, part, visit.now).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => {
            visit.done("You asked for the opening. A second officer must confirm it.");
            see(&format!("/desk/calls/{id}/opening"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&opening_page(&visit, gather(&visit, *id).await?, form))
        }
    }
}

/// `POST /desk/calls/{id}/opening/confirm`: the second officer confirms.
///
/// # Errors
/// NotFound, Denied.
pub async fn confirm(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<ConfirmInput>) -> Answer {
    let outcome = match posted.input.part().and_then(|part| Ok((part, posted.input.left_out()?))) {
        Ok((part, left_out)) => {
            actions::confirm_opening_without(&visit.app, &visit.actor, *id, part, left_out, visit.now).await
        }
        Err(error) => Err(error),
    };
    let undecrypted = match &outcome {
        Err(Error::Refused(refusal)) if refusal.code == "applications/not-decrypted" => posted.input.part().ok(),
        _ => None,
    };
    match outcome {
        Ok(report) => {
            visit.done(match report.findings().len() {
                0 => format!("{} opened. Every one matches its receipt.", report.opened()),
                n => format!("{} opened. {n} need looking into: see the report below.", report.opened()),
            });
            see(&format!("/desk/calls/{id}/opening"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            let mut again = opening_page(&visit, gather(&visit, *id).await?, form);
            for state in &mut again.parts {
                state.undecrypted = Some(state.part) == undecrypted;
            }
            page_again(&again)
        }
    }
}

/// Which application; all that are not open when empty.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WhichApplication {
    /// The application's identifier.
    pub application: String,
}

impl WhichApplication {
    /// The application, when one is named.
    ///
    /// # Errors
    /// Invalid.
    pub fn id(&self) -> Result<Option<Id<Application>>> {
        if self.application.is_empty() {
            return Ok(None);
        }
        self.application.parse().map(Some).map_err(|_| Error::field("application", "There is no such application"))
    }
}

/// `POST /desk/calls/{id}/open-investments`: one officer opens what was sent to a round.
///
/// # Errors
/// NotFound, Denied.
pub async fn open_investments(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<WhichApplication>) -> Answer {
    let outcome = match posted.input.id() {
        Ok(only) => actions::open_investments(&visit.app, &visit.actor, *id, only, visit.now).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(report) => {
            visit.done(format!("{} opened. {} do not match their receipts.", report.opened(), report.findings().len()));
            see(&format!("/desk/calls/{id}/opening"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            page_again(&opening_page(&visit, gather(&visit, *id).await?, form))
        }
    }
}

/// `GET /desk/applications/{id}/files/{document}`
///
/// # Errors
/// NotFound.
pub async fn file(visit: Visit, path: web::Path<(Id<Application>, Id<Document>)>) -> Answer {
    let (id, document) = path.into_inner();
    let (file, bytes) = actions::read_file(&visit.app, &visit.actor, id, document).await?;
    attachment(&file.name, &file.media_type, bytes)
}
