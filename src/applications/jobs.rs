//! Work that follows: receipts by mail, the news of an amendment, the end of drafts at the deadline.

use super::model::ApplicationState;
use super::records::Receipt;
use super::store;
use crate::app::App;
use crate::audit::{self, Entry};
use crate::calls::{self, Call, CallStage};
use crate::db::Db;
use crate::documents;
use crate::error::Result;
use crate::outbox::Job;
use crate::outbox::mail::{self, Mail};
use crate::people::{addresses_of_organisation, addresses_of_organisations};
use crate::values::{Actor, Id, Instant, Subject};
use serde_json::json;
use std::collections::HashMap;

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

/// Tells everybody who is applying that the call was amended.
///
/// # Errors
/// What the database says.
pub async fn tell_amended(app: App, job: Job, now: Instant) -> Result<()> {
    let call: Id<Call> = job.id_of("call")?;
    let url = app.config.server.public_url.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            let closes = call.deadline_at.map(Instant::long).unwrap_or_default();
            let mut applying = store::in_state(db, call.id, ApplicationState::Draft)?;
            applying.append(&mut store::in_state(db, call.id, ApplicationState::Submitted)?);
            for application in applying {
                let (id, version) = (application.id, call.version);
                let what_now = match application.state {
                    ApplicationState::Withdrawn => continue,
                    ApplicationState::Draft => "Your draft is kept. Look at what changed before you send it.",
                    ApplicationState::Submitted if application.call_version >= version => continue,
                    ApplicationState::Submitted => {
                        "What you sent stands as you sent it. Look at what changed, then confirm it or send it anew."
                    }
                };
                let body = format!(
                    "The call {} “{}” was changed. This is version {version}.\n\n{what_now}\n\nIt closes at {closes}.\n\n{url}/applications/{id}\n",
                    call.reference, call.title,
                );
                let subject = format!("The call {} was changed", call.reference);
                for address in addresses_of_organisation(db, application.organisation_id)? {
                    mail::queue(db, None, &address, &subject, &body, now)?;
                }
            }
            Ok(())
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
