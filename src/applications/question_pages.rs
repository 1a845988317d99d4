//! One question of an application at a time: shown, saved, with its files and its cash-flow sheet.

use super::actions;
use super::answer_form::AnswerForm;
use super::model::Application;
use super::pages::{form_shell, late};
use super::question_body;
use super::questions::{self, Asks, Question};
use super::rules;
use super::shown;
use super::typed;
use crate::documents::Document;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Parts, Posted, Shell, Visit, page, page_again, see};
use crate::values::{Id, actor};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

struct FileRow {
    document: Id<Document>,
    text: String,
}

#[derive(Template)]
#[template(path = "applications/question.html")]
struct QuestionPage {
    shell: Shell,
    form: FormState,
    id: Id<Application>,
    question: Question,
    kind: &'static str,
    /// Whether those who judge the answer do not see whose it is.
    hides: bool,
    place: String,
    body: question_body::Body,
    files: Vec<FileRow>,
    about: String,
    organisation: Id<actor::Organisation>,
    takes_files: bool,
    file_hint: String,
    saved: String,
}

async fn question_page(
    visit: &Visit,
    id: Id<Application>,
    key: &str,
    form: Option<FormState>,
) -> Result<Option<QuestionPage>> {
    let opened = actions::read_draft(&visit.app, &visit.actor, id, visit.now).await?;
    if rules::may_change(&opened.call, &opened.application, visit.now).is_err() {
        return Ok(None);
    }
    let Some(draft) = opened.draft else { return Ok(None) };
    let terms = &opened.call.terms.0;
    let question = questions::find_question(terms, key).ok_or(Error::NotFound)?;
    let form = form.unwrap_or_else(|| FormState::filled(typed::shown(terms, &question, &draft)));
    let siblings: Vec<_> = questions::questions(terms).into_iter().filter(|q| q.section == question.section).collect();
    let place = siblings.iter().position(|q| q.key == question.key).unwrap_or_default() + 1;
    let (kind, about, takes_files) = match &question.asks {
        Asks::Organisation => ("organisation", String::new(), false),
        Asks::Eligibility => ("eligibility", String::new(), false),
        Asks::Quality { criterion, .. } => ("quality", criterion.clone(), true),
        Asks::Pass { criterion, .. } => ("pass", criterion.clone(), true),
        Asks::Promise { id } => ("promise", id.clone(), true),
        Asks::Price => ("price", String::new(), false),
        Asks::LotPlace { .. } => ("lot-place", String::new(), false),
        Asks::UseOfFunds => ("use", String::new(), false),
        Asks::CashFlow => ("cash", String::new(), false),
        Asks::Files => ("files", String::new(), true),
    };
    let files = if takes_files {
        draft
            .answers
            .files
            .iter()
            .filter(|f| f.about == about)
            .map(|f| FileRow { document: f.document, text: shown::file(f) })
            .collect()
    } else {
        Vec::new()
    };
    Ok(Some(QuestionPage {
        hides: terms.hides_bidders(),
        shell: form_shell(visit, &question.title, &form),
        body: question_body::body(&opened.call, &question, &draft),
        form,
        id,
        kind,
        place: format!("{} · {place} of {}", question.section.label(), siblings.len()),
        files,
        about,
        organisation: opened.application.organisation_id,
        takes_files,
        file_hint: format!(
            "PDF, Word, Excel, OpenDocument, CSV, text, PNG or JPEG, up to {} MB. It is encrypted before it is stored.{}",
            visit.app.config.storage.most_bytes / 1_000_000,
            if visit.app.config.scan.clamd.is_empty() {
                " No virus scanner is set up here, so files are not scanned."
            } else {
                ""
            }
        ),
        saved: format!("What you typed is kept, right or wrong. Last saved {}.", opened.application.saved_at.medium()),
        question,
    }))
}

/// `GET /applications/{id}/answer/{question}`
///
/// # Errors
/// NotFound.
pub async fn question(visit: Visit, path: web::Path<(Id<Application>, String)>) -> Answer {
    let (id, key) = path.into_inner();
    match question_page(&visit, id, &key, None).await? {
        Some(shown) => page(&shown),
        // Nothing to write any more: the task list says why.
        None => see(&format!("/applications/{id}")),
    }
}

async fn again(visit: &Visit, id: Id<Application>, key: &str, form: FormState) -> Answer {
    match question_page(visit, id, key, Some(form)).await? {
        Some(shown) => page_again(&shown),
        None => see(&format!("/applications/{id}")),
    }
}

/// `POST /applications/{id}/answer/{question}`: saves what was typed, then adds the file when one came along.
///
/// # Errors
/// NotFound; refused after the deadline.
pub async fn save_question(visit: Visit, path: web::Path<(Id<Application>, String)>, form: AnswerForm) -> Answer {
    let (id, key) = path.into_inner();
    let home = format!("/applications/{id}");
    let saved = match actions::save_question(&visit.app, &visit.actor, id, &key, &form.fields, visit.now).await {
        Ok(saved) => saved,
        Err(Error::Invalid(errors)) => return again(&visit, id, &key, form.state.with_errors(errors)).await,
        Err(error) => return late(&visit, error, &home),
    };
    // A body that filled all the room was perhaps cut: such a file is not the one that was sent.
    let room = visit.app.config.storage.most_bytes + 100_000;
    match form.file {
        Some(_) if form.held >= room => {
            return file_error(&visit, id, &key, "file", Error::field("file", "The file is too large")).await;
        }
        Some(upload) => match actions::attach(&visit.app, &visit.actor, id, &form.about, upload, visit.now).await {
            Ok(file) => visit.done(added(file.scanned)),
            Err(error) => return file_error(&visit, id, &key, "file", error).await,
        },
        None if form.go == "file" => {
            return file_error(&visit, id, &key, "file", Error::field("file", "Choose a file")).await;
        }
        None => {}
    }
    if form.go == "tasks" {
        return see(&home);
    }
    if !saved.errors.is_empty() {
        return again(&visit, id, &key, form.state.with_errors(saved.errors)).await;
    }
    match saved.next {
        _ if form.go == "file" => see(&format!("{home}/answer/{key}")),
        Some(next) => see(&format!("{home}/answer/{}", next.key)),
        None => see(&format!("{home}/check")),
    }
}

fn added(scanned: bool) -> &'static str {
    if scanned {
        "The file is added. It was scanned and nothing was found."
    } else {
        "The file is added. It was not scanned for viruses."
    }
}

/// `POST /applications/{id}/files`: one file, held in memory until it is encrypted.
///
/// # Errors
/// NotFound; refused after the deadline.
pub async fn attach(visit: Visit, id: web::Path<Id<Application>>, parts: Parts) -> Answer {
    let key = parts.field("question").to_owned();
    let outcome = match parts.file("file") {
        Some(upload) => actions::attach(&visit.app, &visit.actor, *id, parts.field("about"), upload, visit.now).await,
        None => Err(Error::field("file", "Choose a file")),
    };
    match outcome {
        Ok(file) => {
            visit.done(added(file.scanned));
            see(&format!("/applications/{id}/answer/{key}"))
        }
        Err(error) => file_error(&visit, *id, &key, "file", error).await,
    }
}

/// The page again with what is wrong with a file; refusals of the deadline have their own page.
async fn file_error(visit: &Visit, id: Id<Application>, key: &str, field: &str, error: Error) -> Answer {
    use crate::values::FieldErrors;
    let errors = match error {
        Error::Invalid(errors) => errors,
        Error::Refused(refusal)
            if refusal.code.starts_with("documents/") || refusal.code == "applications/too-many-files" =>
        {
            FieldErrors::one(field, refusal.sentence)
        }
        other => return late(visit, other, &format!("/applications/{id}")),
    };
    match question_page(visit, id, key, None).await? {
        Some(mut shown) => {
            shown.form = shown.form.with_errors(errors);
            shown.shell.error = true;
            page_again(&shown)
        }
        None => see(&format!("/applications/{id}")),
    }
}

/// `POST /applications/{id}/cash-flow`: the sheet as a file.
///
/// # Errors
/// NotFound; refused after the deadline.
pub async fn sheet(visit: Visit, id: web::Path<Id<Application>>, parts: Parts) -> Answer {
    let outcome = match parts.file("sheet") {
        Some(upload) => actions::save_sheet(&visit.app, &visit.actor, *id, upload, visit.now).await,
        None => Err(Error::field("sheet", "Choose a CSV or Excel file")),
    };
    match outcome {
        Ok(_) => {
            visit.done("The sheet is read. Look at the rows below.");
            see(&format!("/applications/{id}/answer/cash-flow"))
        }
        Err(error) => file_error(&visit, *id, "cash-flow", "sheet", error).await,
    }
}

/// Where a file belongs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WhichQuestion {
    question: String,
}

/// `POST /applications/{id}/files/{document}/remove`
///
/// # Errors
/// NotFound; refused after the deadline.
pub async fn detach(
    visit: Visit,
    path: web::Path<(Id<Application>, Id<Document>)>,
    posted: Posted<WhichQuestion>,
) -> Answer {
    let (id, document) = path.into_inner();
    match actions::detach(&visit.app, &visit.actor, id, document, visit.now).await {
        Ok(()) => {
            visit.done("The file is removed.");
            see(&format!("/applications/{id}/answer/{}", posted.input.question))
        }
        Err(error) => late(&visit, error, &format!("/applications/{id}")),
    }
}
