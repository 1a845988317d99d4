//! The claim ledger: what a new figure counts, checked against everything counted before, in one transaction.

use super::counting::{counted, measure_key, share_for};
use super::model::{Claim, Counted, DoubleCount, Due, LedgerEntry};
use super::rules::ComplianceRefusal;
use super::store::{self, Sought};
use crate::agreements::Obligation;
use crate::conditions::Direction;
use crate::db::Db;
use crate::error::Result;
use crate::values::{Id, Instant, Quantity, Share};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Most refused double counts that one report leaves for the officer.
const MOST_NOTED: usize = 200;

/// What a figure counts: fingerprints of beneficiaries and of files.
pub(super) struct Counting<'a> {
    pub(super) beneficiaries: &'a [String],
    pub(super) evidence: &'a [String],
}

/// What came of checking.
pub(super) enum Checked {
    /// Everything may be counted; the figure that counts and the entries to write.
    Free(Quantity, Vec<LedgerEntry>),
    /// Somebody else counted some of it; how many beneficiaries and files. Noted for the officer; whether
    /// any of it was not noted before.
    Taken(usize, usize, bool),
}

/// Checks what a figure counts. `replaces` is the figure it takes the place of, whose entries do not stand in the way.
///
/// Entries are read and written in one serializable transaction: of two organisations that count the same at once,
/// the second is tried again and then finds the first.
#[expect(clippy::too_many_arguments, reason = "what a figure counts depends on each of these")]
pub(super) fn check(
    db: &mut Db,
    due: &Due,
    obligation: &Obligation,
    claim: Id<Claim>,
    quantity: Quantity,
    counting: &Counting<'_>,
    replaces: Option<Id<Claim>>,
    now: Instant,
) -> Result<Checked> {
    let measure = measure_key(&obligation.measure, &obligation.unit);
    let apportioned = store::apportioned(db, due.id)?;
    let mut entries = Vec::new();
    let mut taken = [0_usize; 2];
    let mut news = false;
    let mut shares: [Vec<Share>; 2] = [Vec::new(), Vec::new()];
    for (kind, prints, place) in
        [(Counted::Beneficiary, counting.beneficiaries, 0_usize), (Counted::Evidence, counting.evidence, 1)]
    {
        let sought = Sought {
            authority: due.authority_id,
            measure: &measure,
            kind,
            starts_on: due.starts_on,
            ends_on: due.ends_on,
        };
        let mut others: HashMap<String, Vec<LedgerEntry>> = HashMap::new();
        for entry in store::entries(db, &sought, prints)?.into_iter().filter(|e| Some(e.claim_id) != replaces) {
            others.entry(entry.fingerprint.clone()).or_default().push(entry);
        }
        for print in prints {
            let against = others.get(print).map(Vec::as_slice).unwrap_or_default();
            let already: Vec<Share> = against.iter().map(|e| e.share).collect();
            if let Ok(share) = share_for(granted(&apportioned, due.id, kind, print), &already) {
                shares[place].push(share);
                entries.push(LedgerEntry {
                    id: Id::new(),
                    authority_id: due.authority_id,
                    measure: measure.clone(),
                    kind,
                    fingerprint: print.clone(),
                    starts_on: due.starts_on,
                    ends_on: due.ends_on,
                    obligation_id: obligation.id,
                    claim_id: claim,
                    share,
                });
            } else {
                taken[place] += 1;
                if taken[0] + taken[1] <= MOST_NOTED
                    && let Some(first) = against.first()
                {
                    news |= note(db, due, first, now)?;
                }
            }
        }
    }
    if taken[0] + taken[1] > 0 {
        return Ok(Checked::Taken(taken[0], taken[1], news));
    }
    Ok(Checked::Free(counted(obligation.direction, quantity, &shares[0], &shares[1]), entries))
}

/// The share that an officer gave this due date, the newest decision counting.
fn granted(apportioned: &[DoubleCount], due: Id<Due>, kind: Counted, print: &str) -> Option<Share> {
    apportioned
        .iter()
        .rev()
        .filter(|d| d.kind == kind && d.fingerprint == print)
        .find_map(|d| if d.due_id == due { d.share } else { d.first_share })
}

/// Whether it is new.
fn note(db: &mut Db, due: &Due, first: &LedgerEntry, now: Instant) -> Result<bool> {
    let claim = store::find_claim(db, first.claim_id)?;
    store::note_double_count(
        db,
        &DoubleCount {
            id: Id::new(),
            authority_id: due.authority_id,
            measure: first.measure.clone(),
            kind: first.kind,
            fingerprint: first.fingerprint.clone(),
            due_id: due.id,
            obligation_id: due.obligation_id,
            organisation_id: due.organisation_id,
            first_claim_id: claim.id,
            first_due_id: claim.due_id,
            first_obligation_id: claim.obligation_id,
            first_organisation_id: claim.organisation_id,
            refused_at: now,
            share: None,
            first_share: None,
            reason: None,
            decided_at: None,
            decided_by: None,
        },
    )
}

/// Leaves the first claim its part, so that the rest is free for the other, and counts the first claim anew. Where it was
/// verified, no more is verified than counts now; of a promise that is kept by a low figure all counts as before.
///
/// # Errors
/// Refused when the first claim is gone, or when the shares with everybody else's come to more than a whole.
pub(super) fn share_out(
    db: &mut Db,
    decided: &DoubleCount,
    due: &Due,
    first_obligation: &Obligation,
    share: Share,
    first_share: Share,
) -> Result<Claim> {
    let mut claim = store::find_claim(db, decided.first_claim_id)?;
    let own = store::entries_of_claim(db, claim.id)?;
    let entry = own
        .iter()
        .find(|e| e.kind == decided.kind && e.fingerprint == decided.fingerprint)
        .ok_or(ComplianceRefusal::FirstGone)?;
    let sought = Sought {
        authority: decided.authority_id,
        measure: &decided.measure,
        kind: decided.kind,
        starts_on: due.starts_on.min(entry.starts_on),
        ends_on: due.ends_on.max(entry.ends_on),
    };
    let others: Decimal = store::entries(db, &sought, std::slice::from_ref(&decided.fingerprint))?
        .iter()
        .filter(|e| e.claim_id != claim.id)
        .map(|e| e.share.get())
        .sum();
    if others + share.get() + first_share.get() > Decimal::ONE {
        return Err(ComplianceRefusal::Shares.into());
    }
    store::set_share(db, entry.id, first_share)?;
    let of = |kind: Counted| -> Vec<Share> {
        own.iter().filter(|e| e.kind == kind).map(|e| if e.id == entry.id { first_share } else { e.share }).collect()
    };
    claim.counted =
        counted(first_obligation.direction, claim.quantity, &of(Counted::Beneficiary), &of(Counted::Evidence));
    if first_obligation.direction == Direction::AtLeast {
        claim.verified = claim.verified.map(|v| store::at_most(v, claim.counted));
    }
    store::set_claim(db, &claim)?;
    Ok(claim)
}
