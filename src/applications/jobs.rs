//! Work that follows: receipts by mail, the news of a call, the end of drafts at the deadline.

use super::model::{Application, ApplicationState};
use super::records::Receipt;
use super::store;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::calls::{self, Call, CallStage};
use crate::db::Db;
use crate::documents;
use crate::error::{Error, Result};
use crate::outbox::Job;
use crate::outbox::mail::{self, Mail};
use crate::people::addresses_of_organisations;
use crate::values::{Actor, Id, Instant, Subject};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// Mails the receipts of submissions to the applicants' teams.
///
/// # Errors
/// What the database says.
pub fn send_receipts(app: &App, db: &mut Db, jobs: &[(Job, Instant)]) -> Result<()> {
    let url = &app.config.server.public_url;
    let of = |(job, now): &(Job, Instant)| Ok((job.id_of("receipt")?, *now));
    let nows = jobs.iter().map(of).collect::<Result<HashMap<Id<Receipt>, Instant>>>()?;
    let ids: Vec<_> = nows.keys().copied().collect();
    let sent = store::receipts_with_calls(db, &ids)?;
    let organisations: Vec<_> = sent.iter().map(|(_, organisation, ..)| *organisation).collect();
    let teams = addresses_of_organisations(db, &organisations)?;
    let mut mails = Vec::new();
    for (receipt, organisation, call_reference, call_title) in &sent {
        let body = format!(
            "We have received your application {} to the call {call_reference} “{call_title}”.\n\nReceived: {}\nVersion of the call: {}\nSHA-256 of the sealed quality part: {}\nSHA-256 of the sealed price part: {}\nAudit record: {}\n\nIt is sealed. You can replace or withdraw it until the deadline:\n{url}/applications/{}\n",
            receipt.reference,
            receipt.received_at.exact(),
            receipt.call_version,
            receipt.quality_sha256,
            receipt.price_sha256,
            receipt.audit_hash,
            receipt.application_id,
        );
        let subject = format!("Receipt for your application {}", receipt.reference);
        for address in teams.get(organisation).into_iter().flatten() {
            let now = nows.get(&receipt.id).copied().unwrap_or(receipt.received_at);
            mails.push(Mail::new(None, address, &subject, &body, now));
        }
    }
    mail::queue_all(db, &mails)
}

/// Who is told what happens to a call: the team of each application that is written or was sent, with it, and whoever
/// asked about the call and is in none of these teams.
struct Audience {
    teams: Vec<(Application, BTreeSet<String>)>,
    askers: Vec<String>,
}

fn audience(db: &mut Db, call: Id<Call>) -> Result<Audience> {
    let mut applying = store::in_state(db, call, ApplicationState::Draft)?;
    applying.append(&mut store::in_state(db, call, ApplicationState::Submitted)?);
    let organisations: Vec<_> = applying.iter().map(|application| application.organisation_id).collect();
    let teams = addresses_of_organisations(db, &organisations)?;
    let mut askers = calls::addresses_of_askers(db, call)?;
    askers.retain(|address| !teams.values().any(|team| team.contains(address)));
    let of = |application: Application| {
        let team = teams.get(&application.organisation_id).cloned().unwrap_or_default();
        (application, team)
    };
    Ok(Audience { teams: applying.into_iter().map(of).collect(), askers })
}

/// The same mail to each address.
fn each<'a>(addresses: impl IntoIterator<Item = &'a String>, subject: &str, body: &str, now: Instant) -> Vec<Mail> {
    addresses.into_iter().map(|address| Mail::new(None, address, subject, body, now)).collect()
}

/// Tells everybody who is applying, and whoever asked, that the call was amended, and why: of each amendment what it
/// said, although another may have followed before the mail is written.
///
/// # Errors
/// What the database says.
pub async fn tell_amended(app: App, job: Job, now: Instant) -> Result<()> {
    let (call, named): (Id<Call>, _) = (job.id_of("call")?, job.payload.0.get("version").and_then(Value::as_i64));
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            let (id, version) = (call.id, named.unwrap_or(call.version));
            let made = match calls::find_version(db, id, version) {
                Err(Error::NotFound) => None,
                found => Some(found?),
            };
            let deadline = made.as_ref().map_or(call.deadline_at, |made| made.terms.0.timetable.deadline);
            let why = made.map_or_else(String::new, |made| {
                let deadline = made.deadline_reason.map(|reason| format!("\n\nThe deadline: {reason}")).unwrap_or_default();
                format!("Why: {}{deadline}\n\n", made.reason)
            });
            let again = "\n\nIt was changed again since. Another mail tells of that.";
            let since = if version < call.version { again } else { "" };
            let closes = deadline.map(Instant::long).unwrap_or_default();
            let subject = format!("The call {} was changed", call.reference);
            let body = |what_now: &str, page: &str| {
                format!(
                    "The call {} “{}” was changed. This is version {version}.\n\n{why}{what_now}\n\nIt closes at {closes}.{since}\n\n{url}/{page}\n",
                    call.reference, call.title,
                )
            };
            let told = audience(db, id)?;
            let mut mails = Vec::new();
            for (application, team) in &told.teams {
                let what_now = match application.state {
                    ApplicationState::Draft => "Your draft is kept. Look at what changed before you send it.",
                    ApplicationState::Submitted if application.call_version < version => {
                        "What you sent stands as you sent it. Look at what changed, then confirm it or send it anew."
                    }
                    ApplicationState::Submitted | ApplicationState::Withdrawn => continue,
                };
                let body = body(what_now, &format!("applications/{}", application.id));
                mails.extend(each(team, &subject, &body, now));
            }
            let body = body("You asked a question about it.", &format!("calls/{id}"));
            mails.extend(each(&told.askers, &subject, &body, now));
            mail::queue_all(db, &mails)
        })
        .await
}

/// Tells everybody who is applying, and whoever asked, what was answered: without a name, as the page does.
///
/// # Errors
/// What the database says.
pub async fn tell_answered(app: App, job: Job, now: Instant) -> Result<()> {
    let (call, question) = (job.id_of::<Call>("call")?, job.id_of("question")?);
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let (call, found) = (calls::find(db, call)?, calls::find_question(db, call, question)?);
            let subject = format!("A question about the call {} is answered", call.reference);
            let body = format!(
                "A question about the call {} “{}” is answered, to everybody.\n\nQuestion: {}\n\nAnswer: {}\n\n{url}/calls/{}\n",
                call.reference,
                call.title,
                found.question,
                found.answer.unwrap_or_default(),
                call.id,
            );
            let told = audience(db, call.id)?;
            // The same words for each, so an address that is in two teams has them once.
            let addresses: BTreeSet<String> =
                told.teams.into_iter().flat_map(|(_, team)| team).chain(told.askers).collect();
            mail::queue_all(db, &each(&addresses, &subject, &body, now))
        })
        .await
}

/// Tells everybody who is applying, and whoever asked, that the call was withdrawn, and why.
///
/// # Errors
/// What the database says.
pub async fn tell_withdrawn(app: App, job: Job, now: Instant) -> Result<()> {
    let call: Id<Call> = job.id_of("call")?;
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            let why = calls::withdrawn_reason(db, call.id)?.unwrap_or_default();
            let subject = format!("The call {} was withdrawn", call.reference);
            let body = |what_now: &str| {
                format!(
                    "The call {} “{}” was withdrawn.\n\nWhy: {why}\n\n{what_now}\n\n{url}/calls/{}\n",
                    call.reference, call.title, call.id,
                )
            };
            let told = audience(db, call.id)?;
            let mut mails = Vec::new();
            for (application, team) in &told.teams {
                let body = body(match application.state {
                    ApplicationState::Submitted if application.opened_at.is_some() => {
                        "What you sent was opened before. Nothing is awarded under this call. You need do nothing."
                    }
                    ApplicationState::Submitted => "What you sent is not opened. You need do nothing.",
                    ApplicationState::Draft | ApplicationState::Withdrawn => {
                        "Your draft and its key are destroyed. You need do nothing."
                    }
                });
                mails.extend(each(team, &subject, &body, now));
            }
            let body = body("You asked a question about it.");
            mails.extend(each(&told.askers, &subject, &body, now));
            mail::queue_all(db, &mails)
        })
        .await
}

/// Destroys the drafts of a call that has closed, with their keys, and the files that nobody sent.
///
/// # Errors
/// What the database or the file system says.
pub async fn destroy_drafts(app: App, job: Job, now: Instant) -> Result<()> {
    let call: Id<Call> = job.id_of("call")?;
    let files = app
        .db
        .write(move |db| {
            let found = calls::find(db, call)?;
            let over = found.stage == CallStage::Withdrawn || found.deadline_at.is_some_and(|deadline| now > deadline);
            if !over {
                return Ok(Vec::new());
            }
            let destroyed = store::destroy_drafts(db, call)?;
            let mut files = Vec::new();
            for application in store::in_state(db, call, ApplicationState::Draft)? {
                files.extend(documents::of_owner(db, "application", &application.id.to_string())?);
            }
            documents::forget(db, &files.iter().map(|f| f.id).collect::<Vec<_>>())?;
            if destroyed > 0 {
                audit::record(
                    db,
                    Entry {
                        authority: None,
                        at: now,
                        actor: &Actor::System,
                        action: "application.draft_keys_destroyed",
                        subject: Subject::new("call", call),
                        facts: json!({ "drafts": destroyed }),
                    },
                )?;
            }
            Ok(files)
        })
        .await?;
    for file in files {
        documents::remove(&app.config.storage.documents, &file.stored_as).await?;
    }
    Ok(())
}
