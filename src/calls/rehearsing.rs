//! The rehearsal of a call's model before it is published, and the officer's word that they have seen what it found.
//!
//! Synthetic bids show what the model does to real ones. Whoever publishes acknowledges the warnings of this very model
//! at this very expected price; the acknowledgement is kept with the frozen terms, and what is not changed needs it once.

use super::actions::expected_price;
use super::drafting::{load, record};
use super::drafting_terms::read_terms;
use super::model::{Acknowledgement, Call, Terms, WarningShown};
use super::rules::{self, CallRefusal};
use super::store;
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationRefusal, FullRehearsal, model_hash, rehearse_in_full};
use crate::people::policy::Action;
use crate::values::{Actor, Id, Instant, Parser, Pence};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Synthetic fields of one rehearsal. With 10,000 a share of wins is known to half a per cent.
pub const FIELDS: u32 = 10_000;
/// Bids of one synthetic field: three would leave one middle bid, and tenders seldom draw more than a handful.
pub const BIDS: u32 = 5;

/// A model tried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// SHA-256 of the canonical JSON of the model, in hexadecimal.
    pub model_hash: String,
    /// The price that was expected of a bid.
    pub expected_price: Pence,
    /// What was found.
    pub full: FullRehearsal,
    /// What an officer must have read before publishing.
    pub warnings: Vec<WarningShown>,
}

impl Rehearsed {
    /// Rehearses the model of terms. The seed comes from the model's hash, so nobody chooses it and everybody gets the
    /// same digits.
    ///
    /// # Errors
    /// The model is not whole, or there is no price to expect.
    pub fn of(terms: &Terms) -> Result<Self, EvaluationRefusal> {
        let (hash, expected) = (model_hash(&terms.model), expected_price(terms));
        let full = rehearse_in_full(&terms.model, expected, BIDS, FIELDS, seed_of(&hash))?;
        let shown = |w: crate::evaluation::Warning| WarningShown { code: w.code.to_owned(), sentence: w.sentence };
        let warnings = full.warnings().into_iter().map(shown).collect();
        Ok(Rehearsed { model_hash: hash, expected_price: expected, full, warnings })
    }

    /// Whether this is the rehearsal of exactly these terms' model and value.
    #[must_use]
    pub fn is_of(&self, terms: &Terms) -> bool {
        self.expected_price == expected_price(terms) && self.model_hash == model_hash(&terms.model)
    }
}

/// The first 32 bits of a hash in hexadecimal, as the seed of a simulation.
#[must_use]
pub fn seed_of(hash: &str) -> u64 {
    hash.get(..8).and_then(|start| u64::from_str_radix(start, 16).ok()).unwrap_or_default()
}

/// Rehearses on the blocking pool: it takes tenths of a second, and belongs neither on a request's thread nor in a
/// transaction.
///
/// # Errors
/// The task ended early. What keeps the model from being rehearsed is in the answer.
pub async fn rehearse(terms: Terms) -> Result<Result<Rehearsed, EvaluationRefusal>> {
    tokio::task::spawn_blocking(move || Rehearsed::of(&terms)).await.map_err(|e| Error::Internal(Box::new(e)))
}

/// Rehearses the call that somebody writes, and gives it as it was read.
pub(super) async fn of_call(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
) -> Result<(Call, Result<Rehearsed, EvaluationRefusal>)> {
    let actor = actor.clone();
    let call = app.db.read(move |db| load(db, &actor, id, Some(Action::PublishCall))).await?;
    let rehearsed = rehearse(call.terms.0.clone()).await?;
    Ok((call, rehearsed))
}

/// Rehearses the terms that a program sent, when their model or value is new; `None` when there is nothing to rehearse
/// or the terms cannot be read, which the write then says.
pub(super) async fn of_new_terms(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    sent: &Value,
) -> Result<Option<Result<Rehearsed, EvaluationRefusal>>> {
    if !sent.is_object() {
        return Ok(None);
    }
    let (actor, sent) = (actor.clone(), sent.clone());
    let terms = app
        .db
        .read(move |db| {
            let call = load(db, &actor, id, Some(Action::PublishCall))?;
            let (old, new) = (&call.terms.0, read_terms(db, &call, &sent).ok());
            Ok(new.filter(|new| new.model != old.model || expected_price(new) != expected_price(old)))
        })
        .await?;
    match terms {
        Some(terms) => rehearse(terms).await.map(Some),
        None => Ok(None),
    }
}

/// Acknowledging.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct AcknowledgeInput {
    /// `yes`: the officer has read the warnings.
    pub seen: String,
    /// Hash of the model whose rehearsal was shown.
    pub model_hash: String,
}

/// An officer acknowledges what the rehearsal of a draft's model found. Doing so twice changes nothing.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it is not ticked, when the call is no draft, when the model cannot be
/// rehearsed or is another one than was shown.
pub async fn acknowledge(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    input: &AcknowledgeInput,
    now: Instant,
) -> Result<Id<Acknowledgement>> {
    let mut form = Parser::default();
    let shown = form.text("model_hash", &input.model_hash, 64, "Send the hash of the model whose rehearsal you read");
    form.finish()?;
    let seen = Parser::ticked(&input.seen);
    let (_, rehearsed) = of_call(app, actor, id).await?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = load(db, &actor, id, Some(Action::PublishCall))?;
            rules::writable(&call)?;
            if !seen {
                return Err(CallRefusal::RehearsalUnseen.into());
            }
            let rehearsed = rehearsed.as_ref().map_err(Clone::clone)?;
            Ok(acknowledged(db, &actor, &call, rehearsed, true, &shown, now)?.id)
        })
        .await
}

/// The officer's word for this very model: given before, or given now by ticking.
///
/// # Errors
/// [`CallRefusal::RehearsalUnseen`] without either; [`CallRefusal::RehearsalChanged`] when the model or the value is
/// not the one that was rehearsed or shown.
pub(super) fn acknowledged(
    db: &mut Db,
    actor: &Actor,
    call: &Call,
    rehearsed: &Rehearsed,
    seen: bool,
    shown: &str,
    now: Instant,
) -> Result<Acknowledgement> {
    let by = actor.account().ok_or(Error::Denied)?;
    if !rehearsed.is_of(&call.terms.0) || !(shown.is_empty() || shown == rehearsed.model_hash) {
        return Err(CallRefusal::RehearsalChanged.into());
    }
    let known = store::acknowledgement(db, call.id, &rehearsed.model_hash, rehearsed.expected_price, by)?;
    if let Some(word) = known {
        return Ok(word);
    }
    if !seen {
        return Err(CallRefusal::RehearsalUnseen.into());
    }
    let word = Acknowledgement {
        id: Id::new(),
        authority_id: call.authority_id,
        call_id: call.id,
        model_hash: rehearsed.model_hash.clone(),
        expected_price: rehearsed.expected_price,
        seed: i64::try_from(rehearsed.full.seed).unwrap_or_default(),
        fields: i64::from(rehearsed.full.fields),
        bids: i64::from(rehearsed.full.bids),
        warnings: Json(rehearsed.warnings.clone()),
        acknowledged_at: now,
        acknowledged_by: by,
    };
    store::insert_acknowledgement(db, &word)?;
    let codes: Vec<&str> = rehearsed.warnings.iter().map(|w| w.code.as_str()).collect();
    record(
        db,
        actor,
        call,
        "call.rehearsal_acknowledged",
        json!({ "acknowledgement": word.id, "model_hash": word.model_hash, "warnings": codes }),
        now,
    )?;
    Ok(word)
}
