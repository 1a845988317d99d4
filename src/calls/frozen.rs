//! What is frozen of published calls, read once: the terms, and the keys that applications are sealed to.
//!
//! Terms that bear a hash never change, and everybody who sends an application is judged by the same ones. They are kept
//! under their hash after they were held against it, so that whatever lies in the database cannot be mistaken for them. A
//! call has its keys from its first publication on, and their public halves stay the same.

use super::actions::terms_hash;
use super::model::{Call, CallFacts, Part, Terms};
use crate::db::schema::{call_keys, calls};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::values::Id;
use diesel::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Of how many calls it is kept: tenders that close in the same hours.
const MOST: usize = 16;

/// What of a published call never changes.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// Its terms.
    pub terms: Arc<Terms>,
    /// The public keys that the parts of its applications are sealed to, in the order quality, price.
    pub recipients: Arc<(String, String)>,
}

static KEPT: Mutex<VecDeque<(Id<Call>, String, Frozen)>> = Mutex::new(VecDeque::new());

fn kept(call: Id<Call>, hash: &str) -> Option<Frozen> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|(id, of, _)| *id == call && of == hash).map(|(.., frozen)| frozen.clone())
}

/// What is frozen of a published call as its facts name it: no statement when it is known, else one.
///
/// # Errors
/// NotFound without such a call; Internal for one without keys.
pub fn frozen(db: &mut Db, call: &CallFacts) -> Result<Frozen> {
    if let Some(known) = call.terms_hash.as_deref().and_then(|hash| kept(call.id, hash)) {
        return Ok(known);
    }
    let (quality, price) = diesel::alias!(call_keys as quality_keys, call_keys as price_keys);
    let (Json(terms), hash, quality, price): (Json<Terms>, Option<String>, Option<String>, Option<String>) =
        calls::table
            .left_join(quality.on(
                quality.field(call_keys::call_id).eq(calls::id).and(quality.field(call_keys::part).eq(Part::Quality)),
            ))
            .left_join(
                price.on(price
                    .field(call_keys::call_id)
                    .eq(calls::id)
                    .and(price.field(call_keys::part).eq(Part::Price))),
            )
            .filter(calls::id.eq(call.id))
            .select((
                calls::terms,
                calls::terms_hash,
                quality.field(call_keys::recipient).nullable(),
                price.field(call_keys::recipient).nullable(),
            ))
            .first(db)?;
    let recipients = quality.zip(price).ok_or_else(|| Error::internal("a call without sealing keys"))?;
    let frozen = Frozen { terms: Arc::new(terms), recipients: Arc::new(recipients) };
    if let Some(hash) = hash.filter(|hash| *hash == terms_hash(&frozen.terms)) {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        // Two that read it at once keep it once.
        if !kept.iter().any(|(id, of, _)| *id == call.id && *of == hash) {
            if kept.len() >= MOST {
                kept.pop_front();
            }
            kept.push_back((call.id, hash, frozen.clone()));
        }
    }
    Ok(frozen)
}
