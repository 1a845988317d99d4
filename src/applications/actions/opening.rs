//! Opening envelopes: two officers for a tender, one for an investment round, each envelope once.

use super::reconciling::{Content, gather, reconcile};
use crate::app::App;
use crate::applications::model::{Answers, Application, ApplicationState, OpenedPart, SealedFile};
use crate::applications::opening_rules::{self, OpeningFacts};
use crate::applications::own_bids::refuse_bidder;
use crate::applications::records::{Opening, OpeningReport, Reconciled};
use crate::applications::rules::ApplicationRefusal;
use crate::applications::{letters, sealing, store};
use crate::audit::{self, Entry};
use crate::calls::{self, Call, CallKind, Part};
use crate::db::{Db, Json};
use crate::documents::{self, Document};
use crate::error::{Error, Result};
use crate::outbox;
use crate::people::policy::{Action, can, require};
use crate::values::{Account, Actor, Id, Instant, Subject};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Which part to open.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PartInput {
    /// `quality` or `price`.
    pub part: String,
}

impl PartInput {
    /// The part.
    ///
    /// # Errors
    /// Invalid.
    pub fn part(&self) -> Result<Part> {
        self.part.parse().map_err(|e: String| Error::field("part", e))
    }
}

/// Which part to open, by the officer who confirms it.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ConfirmInput {
    /// `quality` or `price`.
    pub part: String,
    /// Empty at first. When confirming was refused because envelopes cannot be decrypted: their number, to open the
    /// others alone. Those that are left out are never read.
    pub left_out: String,
}

impl ConfirmInput {
    /// The part.
    ///
    /// # Errors
    /// Invalid.
    pub fn part(&self) -> Result<Part> {
        PartInput { part: self.part.clone() }.part()
    }

    /// How many envelopes the officer leaves out.
    ///
    /// # Errors
    /// Invalid.
    pub fn left_out(&self) -> Result<usize> {
        let wrong = |_| Error::field("left_out", "Give the number of envelopes that are left out, as you were told it");
        if self.left_out.is_empty() { Ok(0) } else { self.left_out.trim().parse().map_err(wrong) }
    }
}

fn facts(db: &mut Db, call: Id<Call>, part: Part) -> Result<(OpeningFacts, Option<Opening>)> {
    let openings = store::openings(db, call)?;
    let done = |part: Part| openings.iter().any(|o| o.part == part && o.second_at.is_some());
    let facts = OpeningFacts {
        quality_final: store::quality_final_at(db, call)?.is_some(),
        quality_opened: done(Part::Quality),
        first_by: openings.iter().find(|o| o.part == part).map(|o| o.first_by),
        opened: done(part),
    };
    Ok((facts, openings.into_iter().find(|o| o.part == part)))
}

fn officer(actor: &Actor, call: &Call) -> Result<Id<Account>> {
    if !can(actor, Action::ReadDesk, &calls::thing(call)) {
        return Err(Error::NotFound);
    }
    require(actor, Action::OpenEnvelopes, &calls::thing(call))?;
    actor.account().ok_or(Error::Denied)
}

/// Keeps in the record that an officer tried to open and a rule refused it: in a write of its own, because that of the
/// opening is taken back. Who may not open at all is turned away before any rule is asked, and leaves no row. The same
/// attempt made again within a minute leaves none either, so that nobody fills the record by pressing a button.
async fn remember_refusal<T>(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    attempt: Value,
    now: Instant,
    outcome: Result<T>,
) -> Result<T> {
    let Err(Error::Refused(refusal)) = &outcome else { return outcome };
    let (actor, mut facts) = (actor.clone(), attempt);
    facts["code"] = json!(refusal.code);
    app.db
        .write(move |db| {
            let found = calls::find(db, call)?;
            let entry = Entry {
                authority: Some(found.authority_id),
                at: now,
                actor: &actor,
                action: "opening.refused",
                subject: Subject::new("call", call),
                facts: facts.clone(),
            };
            if !audit::was_recorded(db, &entry, now.plus(TimeDelta::minutes(-1)))? {
                audit::record(db, entry)?;
            }
            Ok(())
        })
        .await?;
    outcome
}

/// The first officer asks for a part of a tender to be opened.
///
/// # Errors
/// NotFound, Denied; refused before its time, when it was asked for already, and for rounds.
pub async fn ask_opening(app: &App, actor: &Actor, call: Id<Call>, part: Part, now: Instant) -> Result<()> {
    let outcome = ask(app, actor, call, part, now).await;
    remember_refusal(app, actor, call, json!({ "step": "ask", "part": part }), now, outcome).await
}

async fn ask(app: &App, actor: &Actor, call: Id<Call>, part: Part, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let found = calls::find(db, call)?;
            let account = officer(&actor, &found)?;
            refuse_bidder(db, &actor, found.id)?;
            if found.kind == CallKind::Round {
                return Err(ApplicationRefusal::NotOpen.into());
            }
            let (facts, _) = facts(db, call, part)?;
            opening_rules::may_open(&found, part, facts, now)?;
            if facts.first_by.is_some() {
                return Err(ApplicationRefusal::AlreadyAsked.into());
            }
            let opening = Opening {
                id: Id::new(),
                authority_id: found.authority_id,
                call_id: call,
                part,
                first_by: account,
                first_at: now,
                second_by: None,
                second_at: None,
                report: None,
            };
            store::insert_opening(db, &opening)?;
            audit::record(
                db,
                Entry {
                    authority: Some(found.authority_id),
                    at: now,
                    actor: &actor,
                    action: "opening.asked",
                    subject: Subject::new("call", call),
                    facts: json!({ "part": part }),
                },
            )?;
            Ok(())
        })
        .await
}

/// Marks the applications of a report whose files are gone or are not the ones that were sent.
async fn check_files(app: &App, report: &mut OpeningReport, contents: &[Content]) -> Result<()> {
    for content in contents {
        let Ok(answers) = serde_json::from_value::<Answers>(content.value.clone()) else { continue };
        for file in &answers.files {
            if decrypt(app, file).await.is_err() {
                for line in report.lines.iter_mut().filter(|l| l.application == content.application.id) {
                    if line.state == Reconciled::Matches {
                        line.state = Reconciled::FileMissing;
                    }
                }
            }
        }
    }
    Ok(())
}

fn opened_parts(contents: &[Content], part: Part, now: Instant) -> Vec<OpenedPart> {
    contents
        .iter()
        .map(|content| OpenedPart {
            id: Id::new(),
            authority_id: content.application.authority_id,
            call_id: content.application.call_id,
            application_id: content.application.id,
            part,
            content: Json(content.value.clone()),
            opened_at: now,
        })
        .collect()
}

/// The second officer confirms: every envelope of the part is held against its receipt and opened once. Somebody who will
/// judge the bids under letters is told of the report only what tells no bidder.
///
/// # Errors
/// NotFound, Denied; refused for the officer who asked, before its time, when it is open already, and when something that
/// was sent cannot be decrypted.
pub async fn confirm_opening(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    part: Part,
    now: Instant,
) -> Result<OpeningReport> {
    confirm_opening_without(app, actor, call, part, 0, now).await
}

/// As [`confirm_opening`], without so many envelopes that are what was sent but cannot be decrypted. Nobody reads them
/// afterwards.
///
/// # Errors
/// As [`confirm_opening`]; refused too when it is another number that cannot be decrypted.
pub async fn confirm_opening_without(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    part: Part,
    left_out: usize,
    now: Instant,
) -> Result<OpeningReport> {
    let outcome = confirm(app, actor, call, part, left_out, now).await;
    remember_refusal(app, actor, call, json!({ "step": "confirm", "part": part }), now, outcome).await
}

async fn confirm(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    part: Part,
    left_out: usize,
    now: Instant,
) -> Result<OpeningReport> {
    let asking = actor.clone();
    let (second, blind, material) = app
        .db
        .read(move |db| {
            let found = calls::find(db, call)?;
            let second = officer(&asking, &found)?;
            refuse_bidder(db, &asking, found.id)?;
            let (facts, opening) = facts(db, call, part)?;
            opening_rules::may_open(&found, part, facts, now)?;
            opening_rules::may_confirm(facts, second)?;
            let blind = letters::names_hidden(db, &found)?;
            Ok((second, blind, gather(db, found, part, opening)?))
        })
        .await?;
    let keys = app.keys.clone();
    let (material, mut report, contents) = sealing::apart(move || {
        let (report, contents) = reconcile(&keys, &material, part);
        Ok((material, report, contents))
    })
    .await?;
    opening_rules::may_leave_out(report.undecrypted().len(), contents.len(), left_out)?;
    if part == Part::Quality {
        check_files(app, &mut report, &contents).await?;
    }
    let opening = material.opening.ok_or(ApplicationRefusal::NotAsked)?.id;
    let (authority, actor) = (material.call.authority_id, actor.clone());
    let parts = opened_parts(&contents, part, now);
    let envelopes: Vec<_> = contents.iter().map(|c| c.envelope).collect();
    let applications: Vec<_> = contents.iter().map(|c| c.application.id).collect();
    // Drawn before the write, so that a write that is tried again gives the same letters.
    let hides = part == Part::Quality && material.call.terms.0.hides_bidders();
    let drawn = if hides { letters::draw(&applications) } else { Vec::new() };
    let sent: Vec<_> = material.applications.iter().filter(|a| a.state == ApplicationState::Submitted).collect();
    let receipts: Vec<_> = material
        .applications
        .iter()
        .filter_map(|a| material.receipts.get(&a.id))
        .map(|r| r.audit_hash.clone())
        .collect();
    (report.sent, report.envelopes) = (i64::try_from(sent.len())?, i64::try_from(material.envelopes.len())?);
    let done = report.clone();
    app.db
        .write(move |db| {
            // An opening happens once: a bid that was not read now would never be read. So nothing is believed of a list
            // that was not counted.
            let counted = (store::count_sent(db, call)?, store::count_live(db, call, part)?);
            // Nor of a call that may have been withdrawn while they were read.
            opening_rules::not_withdrawn(&calls::find(db, call)?)?;
            opening_rules::all_read((done.sent, done.envelopes), counted)?;
            if !store::finish_opening(db, opening, second, now, &Json(done.clone()))? {
                return Err(ApplicationRefusal::AlreadyOpened.into());
            }
            store::insert_opened(db, &parts)?;
            if store::mark_opened(db, &envelopes, now)? != envelopes.len() {
                return Err(ApplicationRefusal::AlreadyOpened.into());
            }
            if part == Part::Quality {
                store::set_opened(db, &applications, now)?;
                store::set_letters(db, &drawn)?;
            }
            audit::record(
                db,
                Entry {
                    authority: Some(authority),
                    at: now,
                    actor: &actor,
                    action: "opening.confirmed",
                    subject: Subject::new("call", call),
                    facts: json!({
                        "part": part,
                        "sent": done.sent,
                        "envelopes": done.envelopes,
                        "opened": done.opened(),
                        "findings": done.findings().len(),
                        "left_out": done.undecrypted(),
                        "stay_sealed": done.stay_sealed(),
                        "receipts": receipts,
                    }),
                },
            )?;
            outbox::emit(db, "applications.opened", json!({ "call": call, "part": part }), now)?;
            Ok(())
        })
        .await?;
    audit::sign(&app.db, &app.keys, &app.config.storage.checkpoints, now).await?;
    if blind {
        report.hide(|_| String::new());
    }
    Ok(report)
}

/// One officer opens what was sent to an investment round: one application, or all that are not open yet.
///
/// # Errors
/// NotFound, Denied; refused for tenders, for a round that was withdrawn, and for one application when it is open or does
/// not match its receipt.
pub async fn open_investments(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    only: Option<Id<Application>>,
    now: Instant,
) -> Result<OpeningReport> {
    let outcome = open_round(app, actor, call, only, now).await;
    remember_refusal(app, actor, call, json!({ "step": "open", "application": only }), now, outcome).await
}

async fn open_round(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    only: Option<Id<Application>>,
    now: Instant,
) -> Result<OpeningReport> {
    let asking = actor.clone();
    let (quality, price) = app
        .db
        .read(move |db| {
            let found = calls::find(db, call)?;
            officer(&asking, &found)?;
            refuse_bidder(db, &asking, found.id)?;
            if found.kind == CallKind::Tender {
                return Err(ApplicationRefusal::NeedsTwo.into());
            }
            opening_rules::not_withdrawn(&found)?;
            let mut both = (gather(db, found.clone(), Part::Quality, None)?, gather(db, found, Part::Price, None)?);
            for material in [&mut both.0, &mut both.1] {
                material.applications.retain(|a| {
                    a.state == ApplicationState::Submitted && a.opened_at.is_none() && only.is_none_or(|id| id == a.id)
                });
            }
            Ok(both)
        })
        .await?;
    if let (Some(id), true) = (only, quality.applications.is_empty()) {
        let application = app.db.read(move |db| store::find(db, id)).await?;
        return Err(match application.state {
            ApplicationState::Submitted if application.call_id == call => ApplicationRefusal::AlreadyOpened.into(),
            _ => Error::NotFound,
        });
    }
    let authority = quality.call.authority_id;
    let keys = app.keys.clone();
    let (mut report, contents, price_report, prices) = sealing::apart(move || {
        let (report, contents) = reconcile(&keys, &quality, Part::Quality);
        let (price_report, prices) = reconcile(&keys, &price, Part::Price);
        Ok((report, contents, price_report, prices))
    })
    .await?;
    check_files(app, &mut report, &contents).await?;
    // Both parts of an application open together or not at all.
    let whole: Vec<_> =
        contents.iter().map(|c| c.application.id).filter(|id| prices.iter().any(|p| p.application.id == *id)).collect();
    for line in &mut report.lines {
        if line.state == Reconciled::Matches && !whole.contains(&line.application) {
            let price = price_report.lines.iter().find(|l| l.application == line.application);
            line.state = price.map_or(Reconciled::Missing, |l| l.state);
        }
    }
    if only.is_some() && whole.is_empty() {
        opening_rules::may_leave_out(report.undecrypted().len(), 0, 0)?;
        return Err(ApplicationRefusal::DoesNotMatch.into());
    }
    let pick = |contents: Vec<Content>| -> Vec<Content> {
        contents.into_iter().filter(|c| whole.contains(&c.application.id)).collect()
    };
    let (contents, prices) = (pick(contents), pick(prices));
    let mut parts = opened_parts(&contents, Part::Quality, now);
    parts.extend(opened_parts(&prices, Part::Price, now));
    let envelopes: Vec<_> = contents.iter().chain(&prices).map(|c| c.envelope).collect();
    let (actor, done) = (actor.clone(), report.clone());
    app.db
        .write(move |db| {
            // It may have been withdrawn while the envelopes were read.
            opening_rules::not_withdrawn(&calls::find(db, call)?)?;
            if store::mark_opened(db, &envelopes, now)? != envelopes.len() {
                return Err(ApplicationRefusal::AlreadyOpened.into());
            }
            store::insert_opened(db, &parts)?;
            store::set_opened(db, &whole, now)?;
            for line in &done.lines {
                audit::record(
                    db,
                    Entry {
                        authority: Some(authority),
                        at: now,
                        actor: &actor,
                        action: "application.opened",
                        subject: Subject::new("application", line.application),
                        facts: json!({ "call": call, "receipt_sha256": line.receipt_sha256, "state": line.state }),
                    },
                )?;
            }
            if !whole.is_empty() {
                outbox::emit(db, "applications.opened", json!({ "call": call, "part": Part::Quality }), now)?;
            }
            Ok(())
        })
        .await?;
    audit::sign(&app.db, &app.keys, &app.config.storage.checkpoints, now).await?;
    Ok(report)
}

/// Decrypts a stored file with the key that came with its sealed content.
pub(super) async fn decrypt(app: &App, file: &SealedFile) -> Result<Vec<u8>> {
    let id = file.document;
    let row = app.db.read(move |db| documents::find(db, id)).await?;
    let bytes = documents::read_file(&app.config.storage.documents, &row.stored_as).await?;
    if hex::encode(Sha256::digest(&bytes)) != row.sha256 {
        return Err(Error::internal("a stored file was changed"));
    }
    let (keys, file) = (app.keys.clone(), file.clone());
    sealing::apart(move || sealing::open_file(&keys, &file, &bytes)).await
}

/// A file of an opened application, decrypted for staff.
///
/// # Errors
/// NotFound while it is sealed or for another authority; Denied.
pub async fn read_file(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    document: Id<Document>,
) -> Result<(SealedFile, Vec<u8>)> {
    let asking = actor.clone();
    let file = app
        .db
        .read(move |db| {
            let (application, sight) = letters::sight_of_bid(db, &asking, id)?;
            if !can(&asking, Action::ReadOpened, &calls::thing(&sight.call).public(false)) {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            let opened = store::opened(db, application.id, Part::Quality)?.ok_or(Error::NotFound)?;
            let mut answers = opened.answers()?;
            if sight.hidden {
                letters::hide_names(&mut answers);
            }
            answers.files.into_iter().find(|f| f.document == document).ok_or(Error::NotFound)
        })
        .await?;
    let bytes = decrypt(app, &file).await?;
    Ok((file, bytes))
}
