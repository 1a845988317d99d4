//! Sending, replacing, confirming and withdrawing.

use super::{listed_under, require_own};
use crate::app::App;
use crate::applications::lot_order::Placed;
use crate::applications::model::{Application, ApplicationState, Draft};
use crate::applications::records::{Envelope, Receipt};
use crate::applications::rules::{self, ApplicationRefusal};
use crate::applications::{sealing, store};
use crate::audit::{self, Entry};
use crate::calls::{self, Call, CallFacts, CallKind, CallStage, Frozen, Part, Terms};
use crate::db::{Db, Gathered};
use crate::documents;
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::Action;
use crate::subsidies::{self, Applicant};
use crate::values::{Actor, Clock, Id, Instant, Parser, Subject};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The declaration under an application.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Declaration {
    /// Name of the person who declares.
    pub declared_by: String,
    /// `yes` when everything is true and complete.
    pub true_and_complete: String,
    /// The page's own name for this form, new each time it is shown: the same form sent twice, as by a double tap, is
    /// one submission. Programs leave it out and may use `Idempotency-Key`.
    pub form: String,
}

/// Sends an application, or replaces what was sent: everything is judged and sealed before one short write. The clock
/// is read inside that write, and the deadline judged by it. The same form sent twice gets the first receipt again.
///
/// # Errors
/// NotFound for another's; Denied for an editor; Invalid without a declaration; refused when answers are missing
/// or the deadline has passed.
pub async fn submit(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    input: &Declaration,
    clock: &Clock,
) -> Result<Receipt> {
    let mut form = Parser::default();
    let name = form.text("declared_by", &input.declared_by, 120, "Enter your full name");
    form.check(
        Parser::ticked(&input.true_and_complete),
        "true_and_complete",
        "Tick the box when everything is true and complete",
    );
    form.finish()?;
    let form = input.form.chars().take(64).collect();
    send(app, actor, id, Some(Signed { name, form }), clock).await
}

/// Confirms after an amendment that what was sent still stands, as it is, for the new version of the call.
///
/// Nobody can read what was sent before its opening, so it is sealed anew from the draft, and only while the draft is
/// what was sent.
///
/// # Errors
/// As [`submit`]; refused when nothing was sent, when the draft was changed since, and when the new version asks for
/// more.
pub async fn confirm_unchanged(app: &App, actor: &Actor, id: Id<Application>, clock: &Clock) -> Result<Receipt> {
    send(app, actor, id, None, clock).await
}

/// Who declares, and by which form.
#[derive(Clone)]
struct Signed {
    name: String,
    form: String,
}

/// What encryption made ready for the write.
struct Ready {
    application: Application,
    call: CallFacts,
    sealed_draft: String,
    envelopes: Vec<Envelope>,
    limited: Option<(Vec<Id<Call>>, u32)>,
    placed: Option<Placed>,
}

/// What is to be done about an application that somebody sends.
enum Prepared {
    /// This very form was taken already.
    SentBefore,
    /// It is judged and sealed.
    Ready(Box<Ready>),
}

fn envelopes(
    application: &Application,
    draft: &Draft,
    (quality, price): &(String, String),
    now: Instant,
) -> Result<Vec<Envelope>> {
    let sealed = |part: Part| -> Result<Envelope> {
        let sealed = match part {
            Part::Quality => sealing::seal(draft, quality, &draft.answers)?,
            Part::Price => sealing::seal(draft, price, &draft.price)?,
        };
        Ok(Envelope {
            id: Id::new(),
            authority_id: application.authority_id,
            application_id: application.id,
            part,
            ciphertext: sealed.ciphertext,
            sha256: sealed.sha256,
            sealed_at: now,
            opened_at: None,
            receipt_id: None,
        })
    };
    Ok(vec![sealed(Part::Quality)?, sealed(Part::Price)?])
}

/// Judges and seals. Nothing is written yet.
async fn prepare(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    signed: Option<Signed>,
    now: Instant,
) -> Result<Prepared> {
    let (actor, installation) = (actor.clone(), app.keys.clone());
    // Sealed where it was read: it costs less than to be handed on to another thread.
    app.db
        .read_gathered_then(store::ApplicationToSend(id), move |db, found| {
            let store::ToSend { application, call, frozen: Frozen { terms, recipients } } = store::to_send(db, found)?;
            require_own(&actor, Action::SubmitApplication, &application)?;
            rules::in_time(call.stage, call.deadline_at, now)?;
            rules::not_withdrawn(&application)?;
            if terms.by_invitation().is_some() {
                calls::stages::require_listed(db, call.id, application.organisation_id)?;
            }
            let (mut draft, key) =
                sealing::open_draft(&installation, &application)?.ok_or(ApplicationRefusal::DraftGone)?;
            if let Some(Signed { name, form }) = signed {
                if application.state == ApplicationState::Submitted && !form.is_empty() && draft.sent_by == form {
                    return Ok(Prepared::SentBefore);
                }
                (draft.answers.declared_by, draft.sent_by) = (name, form);
            } else {
                rules::stands_as_sent(&application, &draft)?;
            }
            if draft.answers.declared_by.is_empty() {
                return Err(ApplicationRefusal::NotDeclared.into());
            }
            let missing = rules::missing(&terms, &draft.answers, &draft.price);
            if let Some(first) = missing.first() {
                let first = first.sentence.trim_end_matches('.').to_owned();
                return Err(ApplicationRefusal::Incomplete { count: missing.len(), first }.into());
            }
            let placed = match (terms.lot().filter(|whole| whole.asks_preference()), draft.answers.lot_place) {
                (Some(whole), Some(place)) => Some(Placed::judge(db, &installation, whole, place, &application)?),
                _ => None,
            };
            for file in &draft.answers.files {
                if !draft.sent.contains(&file.document) {
                    draft.sent.push(file.document);
                }
            }
            sealing::make_envelope_keys(&mut draft, &[&recipients.0, &recipients.1])?;
            draft.as_sent = true;
            Ok(Prepared::Ready(Box::new(Ready {
                envelopes: envelopes(&application, &draft, &recipients, now)?,
                sealed_draft: key.seal(&draft)?,
                limited: limited(&terms),
                placed,
                application,
                call,
            })))
        })
        .await
}

async fn send(app: &App, actor: &Actor, id: Id<Application>, signed: Option<Signed>, clock: &Clock) -> Result<Receipt> {
    // Once more when it changed meanwhile: perhaps the same form was sent twice, and the other one was faster.
    for first in [true, false] {
        match prepare(app, actor, id, signed.clone(), clock.now()).await? {
            Prepared::SentBefore => {
                return app.db.read(move |db| store::last_receipt(db, id)?.ok_or(Error::NotFound)).await;
            }
            Prepared::Ready(ready) if first => {
                if let Some(receipt) = write(app, actor, *ready, clock).await? {
                    return Ok(receipt);
                }
            }
            Prepared::Ready(_) => {}
        }
    }
    Err(Error::Conflict("Somebody else of your team saved just now.".to_owned()))
}

/// One submission, judged and sealed, that waits to be written.
struct Sending {
    application: Application,
    call: CallFacts,
    draft: String,
    envelopes: Vec<Envelope>,
    /// The lots of the call's tender and how many of them one supplier may bid for, where that is limited.
    limited: Option<(Vec<Id<Call>>, u32)>,
    /// The place it has in its supplier's own order of lots, where it is given one.
    placed: Option<Placed>,
    /// Its receipt but for the instant and the audit row's hash.
    blank: Receipt,
    actor: Actor,
    clock: Clock,
}

/// Writes what was made ready, unless the application was changed since it was read.
async fn write(app: &App, actor: &Actor, ready: Ready, clock: &Clock) -> Result<Option<Receipt>> {
    let Ready { application, call, sealed_draft: draft, mut envelopes, limited, placed } = ready;
    let sha256 = |part: Part| envelopes.iter().find(|e| e.part == part).map(|e| e.sha256.clone()).unwrap_or_default();
    let now = clock.now();
    let blank = Receipt {
        id: Id::new(),
        authority_id: application.authority_id,
        application_id: application.id,
        reference: application.reference.clone().unwrap_or_else(|| rules::reference(call.kind, application.id, now)),
        received_at: now,
        quality_sha256: sha256(Part::Quality),
        price_sha256: sha256(Part::Price),
        audit_hash: String::new(),
        call_version: call.version,
    };
    for envelope in &mut envelopes {
        envelope.receipt_id = Some(blank.id);
    }
    let (actor, clock) = (actor.clone(), clock.clone());
    app.db.write_gathered(Sending { application, call, draft, envelopes, limited, placed, blank, actor, clock }).await
}

impl Gathered for Sending {
    /// `None` when the application was changed since it was read.
    type Outcome = Option<Receipt>;

    /// Everything that submissions written together leave behind bears one instant: the one that the clock shows here.
    fn run(db: &mut Db, all: &[&Self]) -> Result<Vec<Option<Receipt>>> {
        let received = |one: &&Self| rules::received_at(&one.application, one.clock.now());
        let Some(at) = all.iter().map(received).max() else { return Ok(Vec::new()) };
        // In one order, so that two groups never wait for each other's rows; an application sent twice at once is
        // written once, and the other finds it changed.
        let by_id: BTreeMap<_, _> = all.iter().rev().map(|one| (one.application.id, *one)).collect();
        let sent: Vec<_> = by_id
            .values()
            .map(|one| store::Sent {
                id: one.application.id,
                read_at: one.application.saved_at,
                replaces: one.application.state == ApplicationState::Submitted,
                reference: &one.blank.reference,
                call_version: one.call.version,
                draft: &one.draft,
            })
            .collect();
        let marked = store::set_submitted(db, &sent, at)?;
        let stored: Vec<_> = by_id.values().copied().filter(|one| marked.contains(&one.application.id)).collect();
        if stored.is_empty() {
            return Ok(all.iter().map(|_| None).collect());
        }
        // Judged only now that the rows are held: waiting for them may have taken until after the deadline.
        let calls: BTreeSet<_> = stored.iter().map(|one| one.call.id).collect();
        let closing = store::closing_of(db, calls)?;
        for one in &stored {
            let (stage, deadline_at) = *closing.get(&one.call.id).ok_or(Error::NotFound)?;
            rules::in_time(stage, deadline_at, at.max(one.clock.now()))?;
            // Only a tender in lots that limits bids pays for two statements more.
            if let Some((lots, most)) = &one.limited {
                // Nobody wins a lot that was withdrawn, nor can its bids be withdrawn: they do not count.
                let lots = store::closing_of(db, lots.iter().copied().collect())?.into_iter();
                let lots: Vec<_> =
                    lots.filter(|(_, (stage, _))| *stage != CallStage::Withdrawn).map(|(lot, _)| lot).collect();
                let sent = store::hold_and_count_sent(db, &lots, one.application.organisation_id)?;
                rules::within_lots(sent, *most)?;
            }
            // Only a lot that its supplier gave a place pays for these two.
            if let Some(placed) = &one.placed {
                placed.still_free(db, &one.application)?;
            }
        }
        let mut receipts = write_all(db, &stored, at)?;
        Ok(all.iter().map(|one| receipts.remove(&one.blank.id)).collect())
    }
}

/// The lots of a call's tender and how many of them one supplier may bid for, where that is limited.
fn limited(terms: &Terms) -> Option<(Vec<Id<Call>>, u32)> {
    let whole = terms.tender.as_ref()?.lot.as_ref()?;
    Some((whole.lots.iter().map(|line| line.call).collect(), whole.most_bid?))
}

/// The envelopes, audit rows, receipts and events of submissions whose rows are held.
fn write_all(db: &mut Db, stored: &[&Sending], at: Instant) -> Result<HashMap<Id<Receipt>, Receipt>> {
    let replaces = |application: &Application| application.state == ApplicationState::Submitted;
    // What was opened is no longer what was sent. Asked of the database, because it may have been opened since it was
    // read; a tender is opened only when nothing can be sent any more.
    let opened: Vec<_> = stored
        .iter()
        .filter(|one| one.call.kind == CallKind::Round && replaces(&one.application))
        .map(|one| one.application.id)
        .collect();
    if !opened.is_empty() {
        store::forget_opened(db, &opened)?;
    }
    let envelopes: Vec<_> =
        stored.iter().flat_map(|one| &one.envelopes).map(|e| Envelope { sealed_at: at, ..e.clone() }).collect();
    store::insert_envelopes(db, &envelopes)?;
    let entries = stored.iter().map(|one| Entry {
        authority: listed_under(one.call.kind, one.call.authority_id),
        at,
        actor: &one.actor,
        action: if replaces(&one.application) { "application.replaced" } else { "application.submitted" },
        subject: Subject::new("application", one.application.id),
        facts: json!({
            "receipt": one.blank.id,
            "call_version": one.blank.call_version,
            "quality_sha256": one.blank.quality_sha256,
            "price_sha256": one.blank.price_sha256,
        }),
    });
    let hashes = audit::record_all(db, entries)?;
    let receipts: Vec<_> = stored
        .iter()
        .zip(hashes)
        .map(|(one, audit_hash)| Receipt { received_at: at, audit_hash, ..one.blank.clone() })
        .collect();
    store::insert_receipts(db, &receipts)?;
    let news = |receipt: &Receipt| {
        ("application.submitted", json!({ "application": receipt.application_id, "receipt": receipt.id }), at)
    };
    outbox::schedule_all(db, receipts.iter().map(news))?;
    Ok(receipts.into_iter().map(|receipt| (receipt.id, receipt)).collect())
}

/// Withdraws an application, sent or not, until the deadline, which is judged inside the write. Its draft, the draft's key and its files are destroyed.
///
/// # Errors
/// NotFound for another's; Denied for an editor; refused after the deadline.
pub async fn withdraw(app: &App, actor: &Actor, id: Id<Application>, clock: &Clock) -> Result<()> {
    let (application, call) = app.db.read(move |db| store::find_with_call(db, id)).await?;
    require_own(actor, Action::SubmitApplication, &application)?;
    rules::may_change(&call, &application, clock.now())?;
    let (actor, authority, clock) = (actor.clone(), listed_under(call.kind, call.authority_id), clock.clone());
    let who = Applicant {
        authority: application.authority_id,
        organisation: application.organisation_id,
        application: id.to_string(),
    };
    let files = app
        .db
        .write(move |db| {
            let (stage, deadline_at) = store::closing(db, call.id)?;
            let now = clock.now();
            rules::in_time(stage, deadline_at, now)?;
            if !store::set_withdrawn(db, id)? {
                return Err(ApplicationRefusal::Withdrawn.into());
            }
            store::forget_opened(db, &[id])?;
            subsidies::not_given(db, &actor, &who, now)?;
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
