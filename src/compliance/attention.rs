//! What needs somebody's attention today.

use super::model::{ClaimState, Due, DueState};
use super::store;
use crate::agreements::Agreement;
use crate::db::Db;
use crate::error::Result;
use crate::values::{Id, Instant, LocalDate, actor};

crate::text_enum! {
    /// Why a due date needs attention, most pressing first.
    pub enum AttentionKind {
        Breach = "breach" => "In breach",
        Missed = "missed" => "To be put right",
        ToVerify = "to_verify" => "To check",
        Overdue = "overdue" => "Overdue",
    }
}

/// A due date that needs attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Why.
    pub kind: AttentionKind,
    /// The due date.
    pub due: Due,
    /// Its agreement.
    pub agreement: Id<Agreement>,
    /// The agreement's reference.
    pub reference: String,
    /// The organisation's name.
    pub organisation: String,
    /// The obligation's title.
    pub title: String,
    /// What is counted.
    pub measure: String,
    /// What is proposed next, in a breach.
    pub next_step: Option<String>,
}

/// Most that are told at once.
const MOST: i64 = 200;

/// What needs attention in an authority: breaches whose next step waits, misses to be put right, figures to check,
/// figures overdue. At most two hundred, the most pressing first.
///
/// # Errors
/// What the database says.
pub fn needs_attention(db: &mut Db, authority: Id<actor::Organisation>, today: LocalDate) -> Result<Vec<Attention>> {
    let found = store::pressing(db, authority, Instant::start_of(today), MOST)?;
    Ok(found
        .into_iter()
        .map(|one| Attention {
            kind: match one.due.state {
                DueState::Breached | DueState::Enforced | DueState::Reserved => AttentionKind::Breach,
                DueState::Missed => AttentionKind::Missed,
                _ if one.due.claim_state == Some(ClaimState::Reported) => AttentionKind::ToVerify,
                _ => AttentionKind::Overdue,
            },
            agreement: one.due.agreement_id,
            reference: one.reference,
            organisation: one.organisation,
            title: one.title,
            measure: one.measure,
            next_step: one.next_step,
            due: one.due,
        })
        .collect())
}
