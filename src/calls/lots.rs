//! Dividing a draft tender into lots, and what is done to all lots at once.
//!
//! Every lot is a call of its own, and all are published under one notice: publishing or recording the tender notice of
//! one does so for all, in one transaction, and while one lot is not ready none is published. As long as they are
//! drafts, the timetable, procedure, contract type and circumstances are one for all: saving them in one lot changes
//! every lot. Afterwards each lot stands alone: it is amended, withdrawn, opened, scored, awarded and signed by
//! itself. For an amendment the one notice of all lots is republished with the change of that lot, and recorded for it
//! (s.31 asks for the notice of what changes; bidders of the other lots lose nothing).
//! Which lots there are, the limits and the way to choose are frozen with the terms and cannot be amended.

use super::drafting::{change, load, record, with_reference};
use super::lot_terms::{self, LotRefusal, LotTerms, MOST_LOTS};
use super::model::{Call, CallStage};
use super::{rules, store};
use crate::app::App;
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::evaluation::LotChoice;
use crate::people::policy::Action;
use crate::values::{Actor, FieldErrors, Id, Instant, Parser, Pence};
use serde::Deserialize;
use serde_json::json;

/// Dividing a tender, or changing what its lots have in common.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct LotsInput {
    /// Title of the whole tender.
    pub title: String,
    /// Most lots that one supplier may bid for; empty for no limit.
    pub most_bid: String,
    /// Most lots that one supplier may win; empty for no limit.
    pub most_won: String,
    /// `published_order`, `supplier_preference` or `highest_sum`; the first when empty.
    pub choice: String,
}

/// A further lot.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct NewLot {
    /// Its title.
    pub title: String,
    /// What is wanted, in a sentence or two; that of the first lot when empty.
    pub summary: String,
}

fn limit(form: &mut Parser, field: &str, value: &str) -> Option<u32> {
    let read = form.optional::<u32>(field, value);
    let most = u32::try_from(MOST_LOTS).unwrap_or(u32::MAX);
    form.check(read.is_none_or(|n| (1..=most).contains(&n)), field, "Enter a number from 1 to 20, or leave it empty");
    read
}

/// Makes a draft tender lot 1 of a tender in lots, or changes title, limits and the way to choose of one that is
/// divided. A limit that would limit nothing among the lots there are is not taken.
///
/// # Errors
/// Invalid, Denied; NotFound also for a round; refused when frozen.
pub async fn set(app: &App, actor: &Actor, id: Id<Call>, input: &LotsInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let title = form.text("title", &input.title, 160, "Enter the title of the whole tender");
    let most_bid = limit(&mut form, "most_bid", &input.most_bid);
    let most_won = limit(&mut form, "most_won", &input.most_won);
    if let (Some(bid), Some(won)) = (most_bid, most_won) {
        form.check(won <= bid, "most_won", "Nobody can win more lots than it may bid for. Enter that number or fewer");
    }
    let choice = match input.choice.trim() {
        "" => Some(LotChoice::PublishedOrder),
        word => lot_terms::choice_of(word),
    };
    form.check(choice.is_some(), "choice", "Choose one of the answers");
    form.finish()?;
    let choice = choice.unwrap_or(LotChoice::PublishedOrder);
    change(app, actor, id, "lots", now, move |_, call| {
        let tender = call.terms.0.tender.as_mut().ok_or(Error::NotFound)?;
        if tender.stage.is_some() {
            return Err(LotRefusal::HasStages.into());
        }
        let group = tender.lot.as_ref().map_or_else(Id::new, |lot| lot.group);
        let lots = match &tender.lot {
            Some(lot) => lot.lots.clone(),
            None => {
                vec![lot_terms::LotLine { call: call.id, reference: call.reference.clone(), title: call.title.clone() }]
            }
        };
        let title = title.clone();
        let whole = LotTerms { group, title, lots, most_bid, most_won, choice, together: Pence::ZERO };
        let mut errors = FieldErrors::default();
        for (field, sentence) in whole.idle_limits() {
            errors.add(field, sentence);
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        tender.lot = Some(whole);
        Ok(())
    })
    .await
}

/// Begins one lot more: a draft with the terms of this one, to be given its own value and criteria.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when frozen, not divided, or when there are 20.
pub async fn add(app: &App, actor: &Actor, id: Id<Call>, input: &NewLot, now: Instant) -> Result<Id<Call>> {
    let mut form = Parser::default();
    let title = form.text("title", &input.title, 160, "Enter the title of the lot");
    let summary = form.optional_text("summary", &input.summary, 600);
    form.finish()?;
    let created_by = actor.account().ok_or(Error::Denied)?;
    let reader = actor.clone();
    let pattern = app.db.read(move |db| load(db, &reader, id, None)).await?;
    let lot = Call {
        id: Id::new(),
        summary: summary.unwrap_or_else(|| pattern.summary.clone()),
        title,
        stage: CallStage::Draft,
        version: 0,
        terms_hash: None,
        deadline_at: None,
        published_at: None,
        created_at: now,
        created_by,
        ..pattern
    };
    let writer = actor.clone();
    with_reference(app, &lot, now, move |db, mut lot| {
        let pattern = load(db, &writer, id, None)?;
        rules::writable(&pattern)?;
        let whole = pattern.lot().ok_or(LotRefusal::NotInLots)?;
        if whole.lots.len() >= MOST_LOTS {
            return Err(LotRefusal::TooManyLots.into());
        }
        lot.mission_id = pattern.mission_id;
        lot.terms = Json(pattern.terms.0.clone());
        lot.terms.0.model.title.clone_from(&lot.title);
        if let Some(tender) = &mut lot.terms.0.tender {
            tender.estimated_value = Pence::ZERO;
        }
        let mut lots = drafts(db, &pattern)?;
        has_own_title(&lots, &lot)?;
        lots.push(lot.clone());
        if let Some(agreed) = settle(db, &writer, lots, id, lot.id, now)? {
            lot = agreed;
        }
        store::insert(db, &lot)?;
        record(db, &writer, &lot, "call.begun", json!({ "reference": lot.reference, "lot_of": id }), now)
    })
    .await
}

/// Whether no other lot has the title of this one, in whatever case: whoever bids tells the lots apart by their titles.
fn has_own_title(lots: &[Call], lot: &Call) -> Result<()> {
    let title = lot.title.to_lowercase();
    if lots.iter().any(|other| other.id != lot.id && other.title.to_lowercase() == title) {
        return Err(Error::field("title", "Another lot has this title already. Give this one a title of its own"));
    }
    Ok(())
}

/// Takes a lot out: it is a tender of its own again. Of two lots neither is left in lots.
///
/// # Errors
/// Denied, NotFound; refused when frozen or not divided.
pub async fn take_out(app: &App, actor: &Actor, id: Id<Call>, now: Instant) -> Result<()> {
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut call = load(db, &actor, id, None)?;
            rules::writable(&call)?;
            let mut rest = drafts(db, &call)?;
            rest.retain(|lot| lot.id != id);
            forget(&mut call);
            store::set(db, &call)?;
            record(db, &actor, &call, "call.lot_taken_out", json!({ "lots": rest.len() }), now)?;
            match rest.as_mut_slice() {
                [] => {}
                [last] => {
                    forget(last);
                    store::set(db, last)?;
                    record(db, &actor, last, "call.lot_taken_out", json!({ "lots": 1 }), now)?;
                }
                [first, ..] => {
                    let (pattern, none) = (first.id, Id::new());
                    settle(db, &actor, rest, pattern, none, now)?;
                }
            }
            Ok(())
        })
        .await
}

fn forget(call: &mut Call) {
    if let Some(tender) = &mut call.terms.0.tender {
        tender.lot = None;
    }
}

/// The lots of a call's tender in their order, the call itself as it is given; only itself where it is not divided.
///
/// # Errors
/// What the database says.
pub fn all(db: &mut Db, call: &Call) -> Result<Vec<Call>> {
    let Some(whole) = call.lot() else { return Ok(vec![call.clone()]) };
    let ids: Vec<Id<Call>> = whole.lots.iter().map(|line| line.call).filter(|id| *id != call.id).collect();
    let mut found = store::find_many(db, &ids)?;
    found.insert(call.id, call.clone());
    Ok(whole.lots.iter().filter_map(|line| found.remove(&line.call)).collect())
}

/// As [`all`], of a draft: a lot that was withdrawn before its notice belongs to the tender no more.
fn drafts(db: &mut Db, call: &Call) -> Result<Vec<Call>> {
    if call.lot().is_none() {
        return Err(LotRefusal::NotInLots.into());
    }
    let mut lots = all(db, call)?;
    lots.retain(|lot| lot.stage == CallStage::Draft);
    Ok(lots)
}

/// Makes lots agree with one that was changed and writes those that differ, but for the caller's `own`, which is given
/// back for the caller to write.
fn settle(
    db: &mut Db,
    actor: &Actor,
    mut lots: Vec<Call>,
    changed: Id<Call>,
    own: Id<Call>,
    now: Instant,
) -> Result<Option<Call>> {
    let before = lots.clone();
    lot_terms::agree(&mut lots, changed)?;
    for (lot, old) in lots.iter().zip(&before) {
        if lot.id != own && lot != old {
            store::set(db, lot)?;
            record(db, actor, lot, "call.draft_changed", json!({ "part": "lots", "with": changed }), now)?;
        }
    }
    Ok(lots.into_iter().find(|lot| lot.id == own))
}

/// After a change of a draft that is a lot: the other lots follow in what is one for all. A new title is its own.
pub(super) fn follow(db: &mut Db, actor: &Actor, call: &mut Call, now: Instant) -> Result<()> {
    if let Some(whole) = call.lot() {
        let renamed = whole.lots.iter().any(|line| line.call == call.id && line.title != call.title);
        let lots = drafts(db, call)?;
        if renamed {
            has_own_title(&lots, call)?;
        }
        if let Some(own) = settle(db, actor, lots, call.id, call.id, now)? {
            *call = own;
        }
    }
    Ok(())
}

/// After an amendment: the value of all lots together, with the new value of this one.
pub(super) fn add_up_again(db: &mut Db, call: &mut Call) -> Result<()> {
    if call.lot().is_none() {
        return Ok(());
    }
    let values: Vec<Pence> =
        all(db, call)?.iter().filter_map(|lot| lot.terms.0.tender.as_ref()).map(|t| t.estimated_value).collect();
    if let Some(lot) = call.terms.0.tender.as_mut().and_then(|tender| tender.lot.as_mut()) {
        lot.together = Pence::total(values)?;
    }
    Ok(())
}

/// What is published together with a call: itself first, then the other lots in their order.
#[must_use]
pub(super) fn published_together(call: &Call) -> Vec<Id<Call>> {
    let others = call.lot().into_iter().flat_map(|whole| &whole.lots).map(|line| line.call);
    std::iter::once(call.id).chain(others.filter(|id| *id != call.id)).collect()
}

/// As [`published_together`], for somebody who may publish it.
///
/// # Errors
/// NotFound, Denied.
pub(super) async fn to_publish(app: &App, actor: &Actor, id: Id<Call>) -> Result<Vec<Id<Call>>> {
    let actor = actor.clone();
    let call = app.db.read(move |db| load(db, &actor, id, Some(Action::PublishCall))).await?;
    Ok(published_together(&call))
}

/// Names the lot that keeps all others from being published; an error that is no refusal stays as it is.
pub(super) fn not_ready(call: &Call, lot: Id<Call>, error: Error) -> Error {
    match (call.lot(), error) {
        (Some(whole), Error::Refused(refusal)) if lot != call.id => {
            LotRefusal::NotReady { lot: whole.name(lot), why: refusal.sentence, reference: refusal.reference }.into()
        }
        (_, error) => error,
    }
}
