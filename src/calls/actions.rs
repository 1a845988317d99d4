//! What people do with a whole call: publish, record notices, withdraw. Amending is in `amending`, asking and answering
//! in `questions`.

pub use super::amending::{AmendInput, amend};
use super::drafting::{load, record};
use super::model::{Acknowledgement, Call, CallKey, CallKind, CallStage, CallVersion, Notice, NoticeKind, Part, Terms};
pub use super::questions::{ANSWERED, AnswerInput, QuestionInput, answer, ask};
use super::rehearsing::Rehearsed;
use super::rules::{self, CallRefusal, Known, Missing};
use super::{catalogue, lots, notice_rules, rehearsing, stages, store, tender};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationRefusal, canonical_json};
use crate::keys::SealingKey;
use crate::law::{MinimumPeriod, Threshold};
use crate::outbox::{self, Job};
use crate::people::policy::Action;
use crate::subsidies;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The job that closes a call just after its deadline.
pub const DEADLINE: &str = "call.deadline";
/// News: a call takes applications.
pub const OPENED: &str = "call.opened";
/// News: terms have a new version.
pub const AMENDED: &str = "call.amended";
/// News: the deadline has passed.
pub const CLOSED: &str = "call.closed";
/// News: the call is withdrawn.
pub const WITHDRAWN: &str = "call.withdrawn";

/// SHA-256 of the canonical JSON of terms, in hexadecimal: what is frozen.
#[must_use]
pub fn terms_hash(terms: &Terms) -> String {
    hex::encode(Sha256::digest(canonical_json(terms).as_bytes()))
}

/// What the builder shows of a draft: what is missing, and what the law says of its value and dates.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What keeps it from being published.
    pub missing: Vec<Missing>,
    /// The threshold that applies to a tender and whether its value reaches it.
    pub threshold: Option<(Threshold, bool)>,
    /// The shortest tendering period with a notice today.
    pub minimum_period: Option<MinimumPeriod>,
}

/// The price the rehearsal expects: the estimated value, or the most of one investment.
#[must_use]
pub fn expected_price(terms: &Terms) -> Pence {
    match (&terms.tender, &terms.round) {
        (Some(tender), _) => tender.estimated_value,
        (None, Some(round)) => round.most,
        (None, None) => Pence::ZERO,
    }
}

/// Checks a call as it stands, which may be a draft whose mission is hidden from the public.
///
/// # Errors
/// What the database says.
pub fn check(db: &mut Db, call: &Call, mission_hidden: bool, today: LocalDate) -> Result<Check> {
    let terms = &call.terms.0;
    let exceptions = catalogue::exceptions(db, &terms.conditions)?;
    let known = Known { exceptions, mission_hidden, notice_on: None };
    let tender = terms.tender.as_ref();
    let mut missing = rules::missing_with(call, &known, today);
    missing.extend(stages::missing_of_second(db, call, today)?);
    Ok(Check {
        missing,
        threshold: tender.and_then(|t| tender::above_threshold(t, today).ok()),
        minimum_period: tender.and_then(|t| tender::minimum_period(t, today).ok()),
    })
}

/// Publishing.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PublishInput {
    /// `yes`: the officer has seen what the rehearsal found. Not needed when the officer acknowledged this very model
    /// on the rehearsal's own page before.
    pub seen: String,
    /// Hash of the model whose rehearsal was shown; empty when it need not be compared.
    pub model_hash: String,
    /// Of the first of two stages, `yes`: the officer has seen what the rehearsal of the second stage found too.
    pub seen_second: String,
    /// As `model_hash`, of the second stage.
    pub second_hash: String,
}

/// Publishes a draft: freezes and hashes its terms, with the officer's acknowledgement of what the rehearsal found. A
/// round opens at once; a tender waits for its notice. The first of two stages takes its second along; publishing one lot
/// publishes all, or none.
///
/// # Errors
/// Denied, NotFound; refused for a second stage alone, while something is missing, or while the officer has not
/// acknowledged the rehearsal of this very model.
pub async fn publish(app: &App, actor: &Actor, id: Id<Call>, input: &PublishInput, now: Instant) -> Result<()> {
    let (seen, shown) = (Parser::ticked(&input.seen), input.model_hash.trim().to_owned());
    let (seen_second, second_shown) = (Parser::ticked(&input.seen_second), input.second_hash.trim().to_owned());
    let mut ready = Vec::new();
    for one in lots::to_publish(app, actor, id).await? {
        let keys = (app.keys.make_sealing_key()?, app.keys.make_sealing_key()?);
        let (found, rehearsed) = rehearsing::of_call(app, actor, one).await?;
        let second = stages::prepare_second(app, &found).await?;
        ready.push(Ready { call: one, keys, rehearsed, second });
    }
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = load(db, &actor, id, Some(Action::PublishCall))?;
            // The lots that were rehearsed are those that there are.
            if lots::published_together(&call) != ready.iter().map(|one| one.call).collect::<Vec<_>>() {
                return Err(CallRefusal::RehearsalChanged.into());
            }
            for one in &ready {
                // Of the other lots the officer has acknowledged the rehearsals before, each on its own page.
                // A tender in lots has no second stage.
                let said = if one.call == id {
                    [(seen, shown.as_str()), (seen_second, second_shown.as_str())]
                } else {
                    [(false, ""); 2]
                };
                let lot = load(db, &actor, one.call, Some(Action::PublishCall))?;
                publish_one(db, &actor, lot, one, said, now)
                    .map_err(|error| lots::not_ready(&call, one.call, error))?;
            }
            Ok(())
        })
        .await
}

/// A call that was rehearsed to be published, with the keys that it will have.
struct Ready {
    call: Id<Call>,
    keys: (SealingKey, SealingKey),
    rehearsed: std::result::Result<Rehearsed, EvaluationRefusal>,
    /// Its second stage, where it is a first one.
    second: Option<stages::Prepared>,
}

/// Freezes one call, a lot among others too, and makes its sealing keys. What is said of its model and of that of its
/// second stage: whether the rehearsal was seen, and the hash of the model that was shown.
fn publish_one(
    db: &mut Db,
    actor: &Actor,
    mut call: Call,
    ready: &Ready,
    [(seen, shown), second]: [(bool, &str); 2],
    now: Instant,
) -> Result<()> {
    rules::writable(&call)?;
    if call.by_invitation().is_some() {
        return Err(CallRefusal::WithItsFirst.into());
    }
    let known = Known {
        exceptions: catalogue::exceptions(db, &call.terms.0.conditions)?,
        mission_hidden: catalogue::serves_hidden(db, &call)?,
        notice_on: None,
    };
    rules::whole(&rules::missing_with(&call, &known, now.date()))?;
    let rehearsed = ready.rehearsed.as_ref().map_err(Clone::clone)?;
    let word = rehearsing::acknowledged(db, actor, &call, rehearsed, seen, shown, now)?;
    let frozen = Frozen { rehearsal: serde_json::to_value(&rehearsed.full.rehearsal)?, word: Some(word.id) };
    freeze(db, actor, &mut call, "First publication", None, frozen, now)?;
    insert_keys(db, &call, &ready.keys)?;
    stages::publish_second(db, actor, &call, ready.second.as_ref(), second, now)?;
    let facts = json!({
        "version": call.version, "hash": call.terms_hash, "model_hash": word.model_hash, "acknowledgement": word.id,
    });
    record(db, actor, &call, "call.published", facts, now)?;
    match call.kind {
        CallKind::Tender => {
            call.stage = CallStage::AwaitingNotice;
            store::set(db, &call)
        }
        CallKind::Round => open(db, actor, &mut call, now),
    }
}

/// Writes the keys that applications are sealed to, unless the call has them from an earlier publication.
pub(super) fn insert_keys(db: &mut Db, call: &Call, keys: &(SealingKey, SealingKey)) -> Result<()> {
    if !store::keys(db, call.id)?.is_empty() {
        return Ok(());
    }
    for (part, key) in [(Part::Quality, &keys.0), (Part::Price, &keys.1)] {
        let row = CallKey {
            id: Id::new(),
            authority_id: call.authority_id,
            call_id: call.id,
            part,
            recipient: key.recipient.clone(),
            wrapped: key.wrapped.clone(),
        };
        store::insert_key(db, &row)?;
    }
    Ok(())
}

/// What stands beside frozen terms: the short rehearsal, and the officer's word that they have seen the whole one.
pub(super) struct Frozen {
    pub(super) rehearsal: Value,
    pub(super) word: Option<Id<Acknowledgement>>,
}

/// Gives the terms the next version and keeps it for ever.
pub(super) fn freeze(
    db: &mut Db,
    actor: &Actor,
    call: &mut Call,
    reason: &str,
    deadline_reason: Option<String>,
    frozen: Frozen,
    now: Instant,
) -> Result<()> {
    let hash = terms_hash(&call.terms.0);
    call.version += 1;
    call.terms_hash = Some(hash.clone());
    call.deadline_at = call.terms.0.timetable.deadline;
    store::insert_version(
        db,
        &CallVersion {
            id: Id::new(),
            authority_id: call.authority_id,
            call_id: call.id,
            version: call.version,
            terms: call.terms.clone(),
            terms_hash: hash,
            reason: reason.to_owned(),
            deadline_reason,
            warnings: Json(frozen.rehearsal),
            frozen_at: now,
            frozen_by: actor.account().ok_or(Error::Denied)?,
            acknowledgement_id: frozen.word,
        },
    )
}

fn open(db: &mut Db, actor: &Actor, call: &mut Call, now: Instant) -> Result<()> {
    call.stage = CallStage::Open;
    call.published_at = Some(now);
    store::set(db, call)?;
    schedule_closing(db, call)?;
    record(db, actor, call, "call.opened", json!({ "deadline": call.deadline_at }), now)?;
    outbox::emit(db, OPENED, json!({ "call": call.id }), now)
}

/// The deadline instant itself is still in time, so closing is due just after it.
pub(super) fn schedule_closing(db: &mut Db, call: &Call) -> Result<()> {
    let deadline = call.deadline_at.ok_or_else(|| Error::internal("a published call has no deadline"))?;
    outbox::schedule(db, DEADLINE, json!({ "call": call.id }), deadline.plus(TimeDelta::microseconds(1)))
}

/// A notice on the national platform.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NoticeInput {
    /// `uk4`, `uk4_amended` or `uk12`.
    pub kind: String,
    /// Its number on the platform.
    pub notice_number: String,
    /// Day the platform published it, or a full RFC 3339 instant.
    pub notice_date: String,
    /// Time the platform published it, London time.
    pub notice_time: String,
}

impl NoticeInput {
    /// Number and instant of the notice, as they were typed.
    pub(super) fn read(&self, form: &mut Parser) -> Option<(String, Instant)> {
        let number = form.text("notice_number", &self.notice_number, 60, "Enter the number of the notice");
        if !number.is_empty() && !number.chars().any(|c| c.is_ascii_digit()) {
            form.wrong("notice_number", "Enter the number as the platform shows it, for example 2026/S 000-123456");
        }
        let at = form.instant("notice", &self.notice_date, &self.notice_time, "Enter the day the platform shows");
        at.map(|at| (number, at))
    }
}

/// Keeps a republished notice, when it is a new one.
///
/// # Errors
/// Refused under a number that is recorded already, and from before the notice that it republishes.
pub(super) fn write_republished(
    db: &mut Db,
    actor: &Actor,
    call: &Call,
    number: &str,
    at: Instant,
    now: Instant,
) -> Result<()> {
    let mut recorded = store::notices(db, call.id)?;
    // A second stage stands on the notice of its first.
    if let Some(first) = call.by_invitation() {
        recorded.extend(store::notices(db, first)?);
    }
    notice_rules::republishes(&recorded, number, at)?;
    write_notice(db, actor, call, NoticeKind::TenderAmended, number, at, now)
}

/// Keeps a notice, with its audit row.
pub(super) fn write_notice(
    db: &mut Db,
    actor: &Actor,
    call: &Call,
    kind: NoticeKind,
    number: &str,
    at: Instant,
    now: Instant,
) -> Result<()> {
    store::insert_notice(
        db,
        &Notice {
            id: Id::new(),
            authority_id: call.authority_id,
            call_id: call.id,
            kind,
            number: number.to_owned(),
            published_at: at,
            recorded_at: now,
            recorded_by: actor.account().ok_or(Error::Denied)?,
        },
    )?;
    record(db, actor, call, "call.notice_recorded", json!({ "kind": kind, "number": number, "published_at": at }), now)
}

/// Records a notice. The tender notice opens the call, when its deadline leaves the minimum period.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when the call waits for no such notice, when it lies in the future, when a
/// republished one is not new, and when the deadline is too early (Procurement Act 2023 s.54).
pub async fn record_notice(app: &App, actor: &Actor, id: Id<Call>, input: &NoticeInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let kind = form.value::<NoticeKind>("kind", &input.kind, "Choose which notice it is");
    let read = input.read(&mut form);
    form.finish()?;
    let (Some(kind), Some((number, at))) = (kind, read) else {
        return Err(Error::field("kind", "Choose which notice it is"));
    };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = load(db, &actor, id, Some(Action::PublishCall))?;
            notice_rules::notice_fits(&call, kind, at, now)?;
            if kind == NoticeKind::TenderAmended {
                return write_republished(db, &actor, &call, &number, at, now);
            }
            if kind != NoticeKind::Tender {
                return write_notice(db, &actor, &call, kind, &number, at, now);
            }
            // One notice opens every lot, or none.
            for lot in lots::all(db, &call)?.into_iter().filter(|lot| lot.stage != CallStage::Withdrawn) {
                let one = lot.id;
                open_with_notice(db, &actor, lot, &number, at, now)
                    .map_err(|error| lots::not_ready(&call, one, error))?;
            }
            Ok(())
        })
        .await
}

/// Records the tender notice of one call, a lot among others too, and opens it.
fn open_with_notice(db: &mut Db, actor: &Actor, mut call: Call, number: &str, at: Instant, now: Instant) -> Result<()> {
    notice_rules::notice_fits(&call, NoticeKind::Tender, at, now)?;
    let terms = &call.terms.0;
    let (Some(tender), Some(deadline)) = (&terms.tender, terms.timetable.deadline) else {
        return Err(Error::internal("a published tender has no deadline"));
    };
    tender::period_holds(tender, deadline, at.date())?;
    if deadline <= now {
        return Err(CallRefusal::AfterDeadline.into());
    }
    write_notice(db, actor, &call, NoticeKind::Tender, number, at, now)?;
    open(db, actor, &mut call, now)?;
    stages::show_second(db, actor, &call, now)
}

/// Withdrawing.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WithdrawInput {
    /// Why; everybody reads it.
    pub reason: String,
}

/// Withdraws a published call before its award. For a tender a procurement termination notice follows.
///
/// # Errors
/// Invalid, Denied, NotFound; refused before it is published and after its award notice, and while an award of it is
/// offered, accepted or signed.
pub async fn withdraw(app: &App, actor: &Actor, id: Id<Call>, input: &WithdrawInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why the call is withdrawn");
    form.finish()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut call = load(db, &actor, id, Some(Action::PublishCall))?;
            let notices = store::notices(db, id)?;
            rules::withdrawable(&call, &notices)?;
            if store::award_stands(db, id)? {
                return Err(CallRefusal::AwardStands.into());
            }
            stages::withdraw_with_first(db, &actor, &call, &reason, now)?;
            call.stage = CallStage::Withdrawn;
            store::set(db, &call)?;
            store::set_withdrawn_reason(db, id, &reason)?;
            subsidies::call_over(db, &actor, &id.to_string(), &[], now)?;
            record(db, &actor, &call, "call.withdrawn", json!({ "version": call.version }), now)?;
            outbox::emit(db, WITHDRAWN, json!({ "call": id }), now)
        })
        .await
}

/// Job [`DEADLINE`]: closes an open call whose deadline has passed. A job of a deadline that was extended does nothing.
///
/// # Errors
/// What the database says; the worker tries again.
pub async fn close_at_deadline(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Call> = job.id_of("call")?;
    app.db
        .write(move |db| {
            let mut call = store::find(db, id)?;
            if call.stage != CallStage::Open || call.deadline_at.is_none_or(|deadline| now <= deadline) {
                return Ok(());
            }
            call.stage = CallStage::Closed;
            store::set(db, &call)?;
            record(db, &Actor::System, &call, "call.closed", json!({ "deadline": call.deadline_at }), now)?;
            outbox::emit(db, CLOSED, json!({ "call": id }), now)
        })
        .await
}
