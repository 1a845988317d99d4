//! Holding what lies in the database against what was sent: every envelope against the newest receipt of its application.

use crate::applications::model::{Application, ApplicationState};
use crate::applications::records::{Envelope, Opening, OpeningLine, OpeningReport, Receipt, Reconciled};
use crate::applications::{opening_rules, sealing, store};
use crate::calls::{self, Call, CallKey, Part};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::values::Id;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Everything an opening needs, read before the work starts.
pub(super) struct Material {
    pub(super) call: Call,
    pub(super) opening: Option<Opening>,
    pub(super) applications: Vec<Application>,
    pub(super) envelopes: Vec<Envelope>,
    pub(super) receipts: HashMap<Id<Application>, Receipt>,
    key: CallKey,
}

pub(super) fn gather(db: &mut Db, call: Call, part: Part, opening: Option<Opening>) -> Result<Material> {
    let key = calls::keys(db, call.id)?
        .into_iter()
        .find(|k| k.part == part)
        .ok_or_else(|| Error::internal("a call without sealing keys"))?;
    let applications = store::to_reconcile(db, call.id, part)?;
    let receipts = store::last_receipts(db, &applications.iter().map(|a| a.id).collect::<Vec<_>>())?;
    Ok(Material { envelopes: store::live_envelopes(db, call.id, part)?, applications, receipts, call, opening, key })
}

/// An envelope that matches its receipt, with its content.
pub(super) struct Content {
    pub(super) application: Application,
    pub(super) envelope: Id<Envelope>,
    pub(super) value: Value,
}

/// Whether an envelope is the one that a receipt was given for, as it was sent: tied to it, with the hash it names.
fn is_of(envelope: &Envelope, receipt: &Receipt, part: Part, computed: &str) -> bool {
    envelope.receipt_id.is_none_or(|id| id == receipt.id) && computed == receipt.sha256(part)
}

/// Holds every envelope against the newest receipt of its application and opens those that match, but for the price of a
/// bid that is out.
pub(super) fn reconcile(keys: &Keys, material: &Material, part: Part) -> (OpeningReport, Vec<Content>) {
    let mut of: BTreeMap<Id<Application>, Vec<&Envelope>> = BTreeMap::new();
    for envelope in &material.envelopes {
        of.entry(envelope.application_id).or_default().push(envelope);
    }
    let mut report = OpeningReport::default();
    let mut contents = Vec::new();
    for application in &material.applications {
        let receipt =
            material.receipts.get(&application.id).filter(|_| application.state != ApplicationState::Withdrawn);
        let found = of.remove(&application.id).unwrap_or_default();
        let line = |state: Reconciled, found_sha256: String| OpeningLine {
            application: application.id,
            reference: application.reference.clone().unwrap_or_default(),
            state,
            receipt_sha256: receipt.map(|r| r.sha256(part).to_owned()).unwrap_or_default(),
            found_sha256,
        };
        let Some(receipt) = receipt else {
            if found.is_empty() && application.state == ApplicationState::Submitted {
                report.lines.push(line(Reconciled::Missing, String::new()));
            }
            report.lines.extend(found.iter().map(|e| line(Reconciled::Extra, sealing::stored_sha256(&e.ciphertext))));
            continue;
        };
        if found.is_empty() {
            report.lines.push(line(Reconciled::Missing, String::new()));
            continue;
        }
        let mut matched = false;
        let several = found.len() > 1;
        for envelope in found {
            let computed = sealing::stored_sha256(&envelope.ciphertext);
            if matched || !is_of(envelope, receipt, part, &computed) {
                // Beside a true one it is one too many; alone it is the one that was changed.
                let state = if several { Reconciled::Extra } else { Reconciled::Altered };
                report.lines.push(line(state, computed));
                continue;
            }
            matched = true;
            if opening_rules::stays_sealed(&material.call, application, part) {
                report.lines.push(line(Reconciled::StaysSealed, computed));
                continue;
            }
            let opened = sealing::open(keys, &material.key.wrapped, &envelope.ciphertext)
                .and_then(|plain| Ok(serde_json::from_slice::<Value>(&plain)?));
            match opened {
                Ok(value) => {
                    report.lines.push(line(Reconciled::Matches, computed));
                    contents.push(Content { application: application.clone(), envelope: envelope.id, value });
                }
                Err(_) => report.lines.push(line(Reconciled::Unreadable, computed)),
            }
        }
        if several && !matched {
            report.lines.push(line(Reconciled::Missing, String::new()));
        }
    }
    (report, contents)
}
