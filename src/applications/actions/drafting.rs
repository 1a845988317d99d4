//! Starting and writing an application.

use super::{listed_under, require_own};
use crate::app::App;
use crate::applications::model::{Answers, Application, ApplicationState, CashRow, Draft, PriceAnswers, SealedFile};
use crate::applications::questions::{self, Asks, Question};
use crate::applications::rules::{self, ApplicationRefusal};
use crate::applications::sealing::DraftKey;
use crate::applications::typed::{self, Fields};
use crate::applications::{cash_sheet, price_parts, sealing, store};
use crate::audit::{self, Entry};
use crate::calls::{self, Call};
use crate::documents::{self, Document, ScanState, Upload};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::people::policy::{Action, Thing, can, require};
use crate::people::{self, find_organisation};
use crate::values::{Actor, FieldErrors, Id, Instant, Subject, actor};
use chrono::TimeDelta;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// Files of one application at most.
const MOST_FILES: usize = 40;
/// Attempts to put one person's change beside another's before saying so.
const ATTEMPTS: usize = 6;

/// Begins an application of an organisation that the person belongs to, or finds the one that was begun.
///
/// # Errors
/// NotFound for a call that is not public; Denied for another's organisation; refused when the call takes none, and in a
/// second stage for whoever was not invited.
pub async fn start(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    organisation: Id<actor::Organisation>,
    now: Instant,
) -> Result<Id<Application>> {
    let account = actor.account().ok_or(Error::Denied)?;
    let (found, facts) =
        app.db.read(move |db| Ok((calls::find(db, call)?, find_organisation(db, organisation)?))).await?;
    if !can(actor, Action::ReadCall, &calls::thing(&found)) {
        return Err(Error::NotFound);
    }
    require(actor, Action::WriteApplication, &Thing::of_applicant(found.authority_id, organisation))?;
    rules::takes_applications(&found, now)?;
    if found.by_invitation().is_some() {
        let second = found.clone();
        app.db.read(move |db| calls::stages::require_invited(db, &second, organisation)).await?;
    }
    let (begun, call_keys) =
        app.db.read(move |db| Ok((store::of_organisation(db, call, organisation)?, calls::keys(db, call)?))).await?;
    if let Some(begun) = begun {
        return Ok(begun.id);
    }
    let mut draft = Draft { answers: Answers { profile: facts.profile.0, ..Answers::default() }, ..Draft::default() };
    let keys = app.keys.clone();
    let application = sealing::apart(move || {
        let recipients: Vec<_> = call_keys.iter().map(|key| key.recipient.as_str()).collect();
        sealing::make_envelope_keys(&mut draft, &recipients)?;
        let (key, wrapped) = DraftKey::make(&keys)?;
        let application = Application {
            id: Id::new(),
            authority_id: found.authority_id,
            call_id: call,
            organisation_id: organisation,
            state: ApplicationState::Draft,
            call_version: found.version,
            reference: None,
            draft: Some(key.seal(&draft)?),
            draft_recipient: None,
            draft_wrapped: Some(wrapped),
            saved_at: now,
            submitted_at: None,
            opened_at: None,
            created_at: now,
            created_by: account,
            letter: None,
        };
        Ok((application, found))
    })
    .await?;
    let (actor, (application, found)) = (actor.clone(), application);
    app.db
        .write(move |db| {
            // Two people of one organisation may begin at once.
            if let Some(begun) = store::of_organisation(db, call, organisation)? {
                return Ok(begun.id);
            }
            rules::may_begin(store::count_begun(db, call, organisation)?)?;
            store::insert(db, &application)?;
            audit::record(
                db,
                Entry {
                    authority: listed_under(found.kind, found.authority_id),
                    at: now,
                    actor: &actor,
                    action: "application.started",
                    subject: Subject::new("application", application.id),
                    facts: json!({ "call": call, "call_version": application.call_version }),
                },
            )?;
            Ok(application.id)
        })
        .await
}

/// An application as its own people see it.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The row.
    pub application: Application,
    /// The call it answers.
    pub call: Call,
    /// The draft; `None` once its key is destroyed.
    pub draft: Option<Draft>,
}

/// Reads an application with its draft. The first reading of each person and day is recorded.
///
/// # Errors
/// NotFound for anybody else's.
pub async fn read_draft(app: &App, actor: &Actor, id: Id<Application>, now: Instant) -> Result<Opened> {
    let account = actor.account().ok_or(Error::Denied)?;
    let day = now.date();
    let (application, call, known) = app
        .db
        .read(move |db| {
            let (application, call) = store::find_with_call(db, id)?;
            Ok((application, call, store::was_read(db, id, account, day)?))
        })
        .await?;
    require_own(actor, Action::ReadOwnApplication, &application)?;
    let keys = app.keys.clone();
    let (application, draft) = sealing::apart(move || {
        let mut draft = sealing::open_draft(&keys, &application)?.map(|(draft, _)| draft);
        // Nobody who reads has a use for them.
        if let Some(draft) = &mut draft {
            draft.envelope_keys.clear();
        }
        Ok((application, draft))
    })
    .await?;
    if draft.is_some() && !known {
        let (row, actor, authority) = (application.clone(), actor.clone(), listed_under(call.kind, call.authority_id));
        app.db
            .write(move |db| {
                if store::was_read(db, row.id, account, day)? {
                    return Ok(());
                }
                store::insert_reading(db, &row, account, day)?;
                audit::record(
                    db,
                    Entry {
                        authority,
                        at: now,
                        actor: &actor,
                        action: "application.draft_opened",
                        subject: Subject::new("application", row.id),
                        facts: json!({}),
                    },
                )?;
                Ok(())
            })
            .await?;
    }
    Ok(Opened { application, call, draft })
}

/// What a change of a draft brings along.
#[derive(Clone, Default)]
struct Along {
    add: Option<Document>,
    forget: Vec<Id<Document>>,
    act: Option<&'static str>,
}

/// Changes the draft: read, open, change, seal, and store when nobody stored another meanwhile; else once more.
async fn change<T>(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    now: Instant,
    mut work: impl FnMut(&Call, &mut Draft, &mut Along) -> Result<T>,
) -> Result<(T, Instant)> {
    for _ in 0..ATTEMPTS {
        let (application, call) = app.db.read(move |db| store::find_with_call(db, id)).await?;
        require_own(actor, Action::WriteApplication, &application)?;
        rules::may_change(&call, &application, now)?;
        let keys = app.keys.clone();
        let read_at = application.saved_at;
        let opened = sealing::apart(move || sealing::open_draft(&keys, &application)).await?;
        let (mut draft, key) = opened.ok_or(ApplicationRefusal::DraftGone)?;
        let mut along = Along::default();
        let before = draft.clone();
        let done = work(&call, &mut draft, &mut along)?;
        // A page that is saved again as it stands changes nothing of what was sent.
        draft.as_sent &=
            (&draft.answers, &draft.price, &draft.typed) == (&before.answers, &before.price, &before.typed);
        // Never the same instant twice, so that it tells two versions apart.
        let saved_at = now.max(read_at.plus(TimeDelta::microseconds(1)));
        let sealed = sealing::apart(move || key.seal(&draft)).await?;
        let (who, authority) = (actor.clone(), listed_under(call.kind, call.authority_id));
        let stored = app
            .db
            .write(move |db| {
                if !store::set_draft(db, id, read_at, &sealed, saved_at)? {
                    return Ok(false);
                }
                if let Some(document) = &along.add {
                    documents::insert(db, document)?;
                }
                if !along.forget.is_empty() {
                    documents::forget(db, &along.forget)?;
                }
                audit::record(
                    db,
                    Entry {
                        authority,
                        at: now,
                        actor: &who,
                        action: along.act.unwrap_or("application.saved"),
                        subject: Subject::new("application", id),
                        facts: json!({}),
                    },
                )?;
                Ok(true)
            })
            .await?;
        if stored {
            return Ok((done, saved_at));
        }
    }
    Err(Error::Conflict("Somebody else of your team is saving at the same time.".to_owned()))
}

/// What was saved of one question.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Fields that are kept as typed because they cannot be read yet.
    pub errors: FieldErrors,
    /// When it was saved.
    pub saved_at: Instant,
    /// The question that follows, if any.
    pub next: Option<Question>,
}

/// Saves one question, whole or half done.
///
/// # Errors
/// NotFound for another's application or an unknown question; refused after the deadline.
pub async fn save_question(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    key: &str,
    fields: &Fields,
    now: Instant,
) -> Result<Saved> {
    let organisation = if key == "organisation" {
        let profile = app
            .db
            .read(move |db| {
                let application = store::find(db, id)?;
                Ok(people::find_organisation(db, application.organisation_id)?.profile.0)
            })
            .await?;
        Some(profile)
    } else {
        None
    };
    let ((errors, next), saved_at) = change(app, actor, id, now, |call, draft, _| {
        let terms = &call.terms.0;
        let all = questions::questions(terms);
        let place = all.iter().position(|q| q.key == key).ok_or(Error::NotFound)?;
        let question = all.get(place).ok_or(Error::NotFound)?;
        if let Some(profile) = &organisation {
            draft.answers.profile = profile.clone();
        }
        let errors = typed::take(terms, question, fields, draft)?;
        Ok((errors, all.get(place + 1).cloned()))
    })
    .await?;
    Ok(Saved { errors, saved_at, next })
}

/// A whole draft, as programs send it.
#[derive(Clone, Debug, Default)]
pub struct DraftInput {
    /// The quality part. Files, the organisation's facts and the name under the declaration are not taken from here.
    pub answers: Answers,
    /// The price part.
    pub price: PriceAnswers,
    /// Whether the cash-flow sheet of the draft stays as it is, because none was sent. The sheet can come as a file by a
    /// way of its own, so a program that leaves it out has not said that it is to go; an empty list says so.
    pub keeps_sheet: bool,
}

impl<'de> Deserialize<'de> for DraftInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = SentDraft::deserialize(deserializer)?;
        let named = sent.answers.get("cash_flow").is_some();
        let answers = Answers::deserialize(sent.answers).map_err(serde::de::Error::custom)?;
        let keeps_sheet = !named && answers.cash_flow.is_empty();
        Ok(DraftInput { answers, price: sent.price, keeps_sheet })
    }
}

/// The two parts as they come: what is not there can still be told from what is empty.
#[derive(Deserialize)]
struct SentDraft {
    #[serde(default = "no_answers")]
    answers: Value,
    #[serde(default)]
    price: PriceAnswers,
}

fn no_answers() -> Value {
    json!({})
}

/// Saves a whole draft at once. Files, the organisation's facts, the name of who declared and a cash-flow sheet that was
/// not sent again stay.
///
/// # Errors
/// NotFound for another's; Invalid for answers to things the call does not ask; refused after the deadline.
pub async fn save_draft(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    input: &DraftInput,
    now: Instant,
) -> Result<Instant> {
    let ((), saved_at) = change(app, actor, id, now, |call, draft, _| {
        let terms = &call.terms.0;
        unknown(terms, input)?;
        let before = std::mem::take(&mut draft.answers);
        // Who declares is said only by sending.
        let (files, profile, declared_by) = (before.files, before.profile, before.declared_by);
        draft.answers = Answers { files, declared_by, profile, ..input.answers.clone() };
        if input.keeps_sheet {
            draft.answers.cash_flow = before.cash_flow;
        }
        draft.price = input.price.clone();
        draft.typed.retain(|key, _| input.keeps_sheet && key == "cash-flow");
        Ok(())
    })
    .await?;
    Ok(saved_at)
}

fn unknown(terms: &calls::Terms, input: &DraftInput) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut look = |field: &str, known: Vec<String>, given: Vec<&String>| {
        for id in given {
            if !known.contains(id) {
                errors.add(&format!("{field}.{id}"), "The call does not ask this. Leave it out");
            }
        }
    };
    let all = questions::questions(terms);
    let criteria = all
        .iter()
        .filter_map(|q| match &q.asks {
            Asks::Quality { criterion, .. } | Asks::Pass { criterion, .. } => Some(criterion.clone()),
            _ => None,
        })
        .collect();
    look("answers.answers", criteria, input.answers.answers.keys().collect());
    look(
        "answers.eligibility",
        terms.eligibility.iter().map(|q| q.id.clone()).collect(),
        input.answers.eligibility.keys().collect(),
    );
    let promises = questions::promises(terms).into_iter().map(|(id, _)| id).collect();
    look("answers.promises", promises, input.answers.promises.keys().collect());
    let prices = questions::prices(terms).into_iter().map(|(id, _)| id).collect();
    look("price.prices", prices, input.price.prices.keys().collect());
    price_parts::unknown(terms, &input.price, &mut errors);
    let mut long = |field: String, text: &str, most: usize| {
        if text.chars().count() > most {
            errors.add(&field, format!("Use {most} characters or fewer"));
        }
    };
    for (id, text) in &input.answers.answers {
        long(format!("answers.answers.{id}"), text, typed::MOST_CHARACTERS);
    }
    for (id, promised) in &input.answers.promises {
        long(format!("answers.promises.{id}.how"), &promised.how, typed::MOST_CHARACTERS);
    }
    for line in &input.answers.use_of_funds {
        long("answers.use_of_funds".to_owned(), &line.purpose, typed::MOST_CHARACTERS);
    }
    if input.answers.use_of_funds.len() > 100 || input.answers.cash_flow.len() > questions::CASH_ROWS {
        errors.add("answers", "There are more lines than an application can hold");
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Takes the cash-flow sheet from a file. Only its rows are kept.
///
/// # Errors
/// Invalid with the errors by row; refused after the deadline.
pub async fn save_sheet(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    upload: Upload,
    now: Instant,
) -> Result<Instant> {
    let most = app.config.storage.most_bytes;
    let rows: Vec<CashRow> = sealing::apart(move || cash_sheet::read(upload, most)).await?;
    let ((), saved_at) = change(app, actor, id, now, |call, draft, _| {
        if call.terms.0.round.is_none() {
            return Err(Error::NotFound);
        }
        draft.answers.cash_flow.clone_from(&rows);
        draft.typed.remove("cash-flow");
        Ok(())
    })
    .await?;
    Ok(saved_at)
}

/// Adds a file. It is checked and scanned in memory, encrypted to a key of its own, and only then stored; its name,
/// type and hash lie inside the sealed draft.
///
/// # Errors
/// Refused for its kind, size or what the scanner found, and after the deadline.
pub async fn attach(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    about: &str,
    upload: Upload,
    now: Instant,
) -> Result<SealedFile> {
    let account = actor.account().ok_or(Error::Denied)?;
    // Refuse before the work of scanning; the change asks again.
    let (application, call) = app.db.read(move |db| store::find_with_call(db, id)).await?;
    require_own(actor, Action::WriteApplication, &application)?;
    rules::may_change(&call, &application, now)?;
    let known = about.is_empty()
        || questions::questions(&call.terms.0).iter().any(|q| match &q.asks {
            Asks::Quality { criterion, .. } | Asks::Pass { criterion, .. } => criterion == about,
            Asks::Promise { id } => id == about,
            _ => false,
        });
    if !known {
        return Err(Error::field("about", "The call has no such question"));
    }
    let checked = documents::check(upload, app.config.storage.most_bytes)?;
    let scan = documents::scan(&app.config.scan.clamd, &checked.bytes).await?;
    let keys = app.keys.clone();
    let (mut file, sealed) = sealing::apart(move || {
        let key = keys.make_sealing_key()?;
        let sealed = Keys::seal(&key.recipient, &checked.bytes)?;
        let file = SealedFile {
            document: Id::new(),
            about: String::new(),
            name: checked.name,
            media_type: checked.media_type.to_owned(),
            sha256: checked.sha256,
            size: u64::try_from(checked.bytes.len())?,
            scanned: scan == ScanState::Clean,
            key: key.wrapped,
        };
        Ok((file, sealed))
    })
    .await?;
    about.clone_into(&mut file.about);
    let document = Document {
        id: file.document,
        authority_id: application.authority_id,
        owner_kind: "application".to_owned(),
        owner_id: id.to_string(),
        sealed: true,
        name: "sealed".to_owned(),
        media_type: "application/octet-stream".to_owned(),
        size: i64::try_from(sealed.len())?,
        sha256: hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&sealed)),
        scan: ScanState::Sealed,
        stored_as: documents::store_file(&app.config.storage.documents, sealed).await?,
        created_at: now,
        created_by: Some(account),
    };
    let outcome = change(app, actor, id, now, |_, draft, along| {
        if draft.answers.files.len() >= MOST_FILES {
            return Err(ApplicationRefusal::TooManyFiles.into());
        }
        draft.answers.files.push(file.clone());
        along.add = Some(document.clone());
        along.act = Some("application.file_added");
        Ok(())
    })
    .await;
    if outcome.is_err() {
        documents::remove(&app.config.storage.documents, &document.stored_as).await?;
    }
    outcome.map(|_| file)
}

/// Takes a file out of the draft. Its bytes go too, unless an envelope that was sent still names it.
///
/// # Errors
/// NotFound; refused after the deadline.
pub async fn detach(app: &App, actor: &Actor, id: Id<Application>, document: Id<Document>, now: Instant) -> Result<()> {
    let row = app.db.read(move |db| documents::find(db, document)).await?;
    let (gone, _) = change(app, actor, id, now, |_, draft, along| {
        let before = draft.answers.files.len();
        draft.answers.files.retain(|f| f.document != document);
        if draft.answers.files.len() == before {
            return Err(Error::NotFound);
        }
        along.act = Some("application.file_removed");
        let gone = !draft.sent.contains(&document);
        if gone {
            along.forget = vec![document];
        }
        Ok(gone)
    })
    .await?;
    if gone {
        documents::remove(&app.config.storage.documents, &row.stored_as).await?;
    }
    Ok(())
}

/// A file of one's own draft, decrypted.
///
/// # Errors
/// NotFound.
pub async fn own_file(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    document: Id<Document>,
    now: Instant,
) -> Result<(SealedFile, Vec<u8>)> {
    let opened = read_draft(app, actor, id, now).await?;
    let file = opened
        .draft
        .and_then(|d| d.answers.files.into_iter().find(|f| f.document == document))
        .ok_or(Error::NotFound)?;
    let bytes = super::opening::decrypt(app, &file).await?;
    Ok((file, bytes))
}
