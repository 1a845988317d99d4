//! Sending, replacing, confirming and withdrawing.

use super::{listed_under, require_own};
use crate::app::App;
use crate::applications::model::{Application, ApplicationState, Draft};
use crate::applications::records::{Envelope, Receipt};
use crate::applications::rules::{self, ApplicationRefusal};
use crate::applications::{sealing, store};
use crate::audit::{self, Entry};
use crate::calls::{Call, CallKey, Part};
use crate::documents;
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::Action;
use crate::values::{Actor, Id, Instant, Parser, Subject};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

/// The declaration under an application.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Declaration {
    /// Name of the person who declares.
    pub declared_by: String,
    /// `yes` when everything is true and complete.
    pub true_and_complete: String,
}

/// Sends an application, or replaces what was sent: everything is judged and sealed before one short write.
///
/// # Errors
/// NotFound for another's; Denied for an editor; Invalid without a declaration; refused when answers are missing
/// or the deadline has passed.
pub async fn submit(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    input: &Declaration,
    now: Instant,
) -> Result<Receipt> {
    let mut form = Parser::default();
    let name = form.text("declared_by", &input.declared_by, 120, "Enter your full name");
    form.check(
        Parser::ticked(&input.true_and_complete),
        "true_and_complete",
        "Tick the box when everything is true and complete",
    );
    form.finish()?;
    send(app, actor, id, Some(name), now).await
}

/// Confirms after an amendment that what was sent still stands, as it is, for the new version of the call.
///
/// # Errors
/// As [`submit`]; refused when the new version asks for more.
pub async fn confirm_unchanged(app: &App, actor: &Actor, id: Id<Application>, now: Instant) -> Result<Receipt> {
    send(app, actor, id, None, now).await
}

/// What encryption made ready for the write.
struct Ready {
    sealed_draft: String,
    envelopes: Vec<Envelope>,
}

fn make_ready(application: &Application, draft: &Draft, keys: &[CallKey], now: Instant) -> Result<Ready> {
    let sealed = |part: Part| -> Result<Envelope> {
        let key = keys
            .iter()
            .find(|k| k.part == part)
            .ok_or_else(|| Error::internal(format!("the call has no {part} key")))?;
        let sealed = match part {
            Part::Quality => sealing::seal(&key.recipient, &draft.answers)?,
            Part::Price => sealing::seal(&key.recipient, &draft.price)?,
        };
        Ok(Envelope {
            id: Id::new(),
            authority_id: application.authority_id,
            application_id: application.id,
            part,
            ciphertext: sealed.ciphertext,
            sha256: sealed.sha256,
            sealed_at: now,
            superseded_at: None,
            opened_at: None,
        })
    };
    Ok(Ready {
        envelopes: vec![sealed(Part::Quality)?, sealed(Part::Price)?],
        sealed_draft: sealing::seal_draft(application, draft)?,
    })
}

async fn send(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    declared_by: Option<String>,
    now: Instant,
) -> Result<Receipt> {
    let (application, call, keys) = app.db.read(move |db| store::find_to_send(db, id)).await?;
    require_own(actor, Action::SubmitApplication, &application)?;
    rules::may_change(&call, &application, now)?;
    let installation = app.keys.clone();
    let (application, call, ready) = sealing::apart(move || {
        let mut draft = sealing::open_draft(&installation, &application)?.ok_or(ApplicationRefusal::DraftGone)?;
        match declared_by {
            Some(name) => draft.answers.declared_by = name,
            None if draft.answers.declared_by.is_empty() => return Err(ApplicationRefusal::NotDeclared.into()),
            None => {}
        }
        let missing = rules::missing(&call.terms.0, &draft.answers, &draft.price).len();
        if missing > 0 {
            return Err(ApplicationRefusal::Incomplete(missing).into());
        }
        for file in &draft.answers.files {
            if !draft.sent.contains(&file.document) {
                draft.sent.push(file.document);
            }
        }
        let ready = make_ready(&application, &draft, &keys, now)?;
        Ok((application, call, ready))
    })
    .await?;
    let receipt = write(app, actor, &application, &call, ready, now).await?;
    Ok(receipt)
}

async fn write(
    app: &App,
    actor: &Actor,
    application: &Application,
    call: &Call,
    ready: Ready,
    now: Instant,
) -> Result<Receipt> {
    let (actor, authority, version) = (actor.clone(), listed_under(call), call.version);
    let application = application.clone();
    let reference = application.reference.clone().unwrap_or_else(|| rules::reference(call.kind, application.id, now));
    let saved_at = now.max(application.saved_at.plus(TimeDelta::microseconds(1)));
    let sha256 =
        |part: Part| ready.envelopes.iter().find(|e| e.part == part).map(|e| e.sha256.clone()).unwrap_or_default();
    let blank = Receipt {
        id: Id::new(),
        authority_id: application.authority_id,
        application_id: application.id,
        reference: reference.clone(),
        received_at: now,
        quality_sha256: sha256(Part::Quality),
        price_sha256: sha256(Part::Price),
        audit_hash: String::new(),
        call_version: version,
    };
    app.db
        .write(move |db| {
            let stored = store::set_submitted(
                db,
                &store::Sent {
                    id: application.id,
                    read_at: application.saved_at,
                    reference: &reference,
                    call_version: version,
                    draft: &ready.sealed_draft,
                    saved_at,
                    submitted_at: now,
                },
            )?;
            if !stored {
                return Err(Error::Conflict("Somebody else of your team saved just now.".to_owned()));
            }
            let replaces = application.state == ApplicationState::Submitted;
            if replaces {
                store::supersede(db, application.id, now)?;
            }
            if application.opened_at.is_some() {
                store::forget_opened(db, application.id)?;
            }
            store::insert_envelopes(db, &ready.envelopes)?;
            let mut receipt = blank.clone();
            receipt.audit_hash = audit::record(
                db,
                Entry {
                    authority,
                    at: now,
                    actor: &actor,
                    action: if replaces { "application.replaced" } else { "application.submitted" },
                    subject: Subject::new("application", application.id),
                    facts: json!({
                        "receipt": receipt.id,
                        "call_version": version,
                        "quality_sha256": receipt.quality_sha256,
                        "price_sha256": receipt.price_sha256,
                    }),
                },
            )?;
            store::insert_receipt(db, &receipt)?;
            outbox::emit(
                db,
                "application.submitted",
                json!({ "application": application.id, "receipt": receipt.id }),
                now,
            )?;
            Ok(receipt)
        })
        .await
}

/// Withdraws an application, sent or not, until the deadline. Its draft, the draft's key and its files are destroyed.
///
/// # Errors
/// NotFound for another's; Denied for an editor; refused after the deadline.
pub async fn withdraw(app: &App, actor: &Actor, id: Id<Application>, now: Instant) -> Result<()> {
    let (application, call) = app.db.read(move |db| store::find_with_call(db, id)).await?;
    require_own(actor, Action::SubmitApplication, &application)?;
    rules::may_change(&call, &application, now)?;
    let (actor, authority) = (actor.clone(), listed_under(&call));
    let files = app
        .db
        .write(move |db| {
            if !store::set_withdrawn(db, id)? {
                return Err(ApplicationRefusal::Withdrawn.into());
            }
            store::supersede(db, id, now)?;
            store::forget_opened(db, id)?;
            let files = documents::of_owner(db, "application", &id.to_string())?;
            documents::forget(db, &files.iter().map(|f| f.id).collect::<Vec<_>>())?;
            audit::record(
                db,
                Entry {
                    authority,
                    at: now,
                    actor: &actor,
                    action: "application.withdrawn",
                    subject: Subject::new("application", id),
                    facts: json!({ "files": files.len() }),
                },
            )?;
            Ok(files)
        })
        .await?;
    for file in files {
        documents::remove(&app.config.storage.documents, &file.stored_as).await?;
    }
    Ok(())
}
