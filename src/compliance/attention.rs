//! What needs somebody's attention today.

use super::model::{Due, DueState};
use super::store::{self, DueFilter};
use crate::agreements::{self, Agreement, Whose};
use crate::db::Db;
use crate::error::Result;
use crate::people::find_organisations;
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

/// Most of each kind.
const MOST: usize = 50;

/// What needs attention in an authority: breaches whose next step waits, misses to be put right, figures to check,
/// figures overdue. At most fifty of each.
///
/// # Errors
/// What the database says.
pub fn needs_attention(db: &mut Db, authority: Id<actor::Organisation>, today: LocalDate) -> Result<Vec<Attention>> {
    let now = Instant::start_of(today);
    let whose = Whose::Authority(authority);
    let mut found: Vec<(AttentionKind, Due)> = Vec::new();
    for (kind, filter) in [
        (AttentionKind::Breach, DueFilter::Breach),
        (AttentionKind::Missed, DueFilter::Missed),
        (AttentionKind::ToVerify, DueFilter::ToVerify),
        (AttentionKind::Overdue, DueFilter::Overdue),
    ] {
        for due in store::list(db, &whose, filter, now, None, MOST)?.items {
            if found.iter().all(|(_, known)| known.id != due.id) {
                found.push((kind, due));
            }
        }
    }
    let breached: Vec<Id<Due>> =
        found.iter().filter(|(kind, _)| *kind == AttentionKind::Breach).map(|(_, due)| due.id).collect();
    let proposed = store::open_remedies(db, &breached)?;
    // A breach that was enforced or reserved and for which nothing waits needs nobody today.
    found.retain(|(kind, due)| {
        *kind != AttentionKind::Breach
            || due.state == DueState::Breached
            || proposed.iter().any(|step| step.due_id == due.id)
    });
    let agreements_by_id = agreements::find_many(db, &found.iter().map(|(_, d)| d.agreement_id).collect::<Vec<_>>())?;
    let obligations =
        agreements::find_obligations(db, &found.iter().map(|(_, d)| d.obligation_id).collect::<Vec<_>>())?;
    let names = find_organisations(db, &found.iter().map(|(_, d)| d.organisation_id).collect::<Vec<_>>())?;
    Ok(found
        .into_iter()
        .map(|(kind, due)| {
            let obligation = obligations.get(&due.obligation_id);
            Attention {
                kind,
                agreement: due.agreement_id,
                reference: agreements_by_id.get(&due.agreement_id).map(|a| a.reference.clone()).unwrap_or_default(),
                organisation: names.get(&due.organisation_id).map(|o| o.name.clone()).unwrap_or_default(),
                title: obligation.map(|o| o.title.clone()).unwrap_or_default(),
                measure: obligation.map(|o| o.measure.clone()).unwrap_or_default(),
                next_step: proposed.iter().find(|step| step.due_id == due.id).map(|step| step.title.clone()),
                due,
            }
        })
        .collect())
}
