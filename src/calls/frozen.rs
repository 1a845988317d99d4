//! The frozen terms of published calls, read once.
//!
//! Terms that bear a hash never change, and everybody who sends an application is judged by the same ones. They are kept
//! under their hash after they were held against it, so that whatever lies in the database cannot be mistaken for them.

use super::actions::terms_hash;
use super::model::{CallFacts, Terms};
use crate::db::schema::calls;
use crate::db::{Db, Json};
use crate::error::Result;
use diesel::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The most terms that are kept: tenders that close in the same hours.
const MOST: usize = 16;

static KEPT: Mutex<VecDeque<(String, Arc<Terms>)>> = Mutex::new(VecDeque::new());

fn kept(hash: &str) -> Option<Arc<Terms>> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.iter().find(|(of, _)| of == hash).map(|(_, terms)| terms.clone())
}

/// The terms of a published call as its facts name them.
///
/// # Errors
/// NotFound without such a call.
pub fn frozen_terms(db: &mut Db, call: &CallFacts) -> Result<Arc<Terms>> {
    if let Some(terms) = call.terms_hash.as_deref().and_then(kept) {
        return Ok(terms);
    }
    let (Json(terms), hash): (Json<Terms>, Option<String>) =
        calls::table.filter(calls::id.eq(call.id)).select((calls::terms, calls::terms_hash)).first(db)?;
    let terms = Arc::new(terms);
    if let Some(hash) = hash.filter(|hash| *hash == terms_hash(&terms)) {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        // Two that read them at once keep them once.
        if !kept.iter().any(|(of, _)| *of == hash) {
            if kept.len() >= MOST {
                kept.pop_front();
            }
            kept.push_back((hash, terms.clone()));
        }
    }
    Ok(terms)
}
