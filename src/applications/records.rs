//! What sealing leaves behind: envelopes, receipts, openings and what an opening found.

use super::model::Application;
use crate::calls::{Call, Part};
use crate::db::schema::{envelopes, openings, receipts};
use crate::db::{Json, MultiBackend};
use crate::values::{Account, Id, Instant, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

/// One sealed part of one submission. Never changed but for being opened, and never deleted: it stands for as long as its
/// receipt is the newest of its application and the application was not withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = envelopes, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Envelope {
    /// Identifier.
    pub id: Id<Envelope>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The application.
    pub application_id: Id<Application>,
    /// Which part.
    pub part: Part,
    /// The envelope as [`crate::keys::EnvelopeKey`] seals it, base64; an age file in those of before.
    pub ciphertext: String,
    /// SHA-256 of the ciphertext bytes, hexadecimal.
    pub sha256: String,
    /// When it was sealed.
    pub sealed_at: Instant,
    /// When it was opened.
    pub opened_at: Option<Instant>,
    /// The receipt that was given for it. Only envelopes sealed before receipts were tied to them have none where no
    /// receipt bore their hash.
    pub receipt_id: Option<Id<Receipt>>,
}

/// What a submitter holds in hand.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = receipts, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Receipt {
    /// Identifier.
    pub id: Id<Receipt>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The application.
    pub application_id: Id<Application>,
    /// Short reference.
    pub reference: String,
    /// The server's instant of the write; each receipt of an application is later than the one before.
    pub received_at: Instant,
    /// SHA-256 of the quality envelope's ciphertext.
    pub quality_sha256: String,
    /// SHA-256 of the price envelope's ciphertext.
    pub price_sha256: String,
    /// Hash of the audit row of the submission.
    pub audit_hash: String,
    /// Version of the call that was answered.
    pub call_version: i64,
}

impl Receipt {
    /// The hash of one part's ciphertext.
    #[must_use]
    pub fn sha256(&self, part: Part) -> &str {
        match part {
            Part::Quality => &self.quality_sha256,
            Part::Price => &self.price_sha256,
        }
    }
}

/// The opening of one part of every application to a call.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = openings, check_for_backend(MultiBackend))]
pub struct Opening {
    /// Identifier.
    pub id: Id<Opening>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// Which part.
    pub part: Part,
    /// The officer who asked.
    pub first_by: Id<Account>,
    /// When.
    pub first_at: Instant,
    /// The officer who confirmed.
    pub second_by: Option<Id<Account>>,
    /// When.
    pub second_at: Option<Instant>,
    /// What was found.
    pub report: Option<Json<OpeningReport>>,
}

crate::text_enum! {
    /// How an envelope compares with its receipt.
    pub enum Reconciled {
        Matches = "matches" => "Matches its receipt",
        Missing = "missing" => "Missing",
        Altered = "altered" => "Altered after it was sent",
        Extra = "extra" => "Extra: there is no receipt for it",
        Unreadable = "unreadable" => "Cannot be decrypted",
        FileMissing = "file_missing" => "A file is missing or altered",
        StaysSealed = "stays_sealed" => "Stays sealed: this bid was not opened with the quality parts",
    }
}

impl Reconciled {
    /// Colour of its tag.
    #[must_use]
    pub fn colour(self) -> &'static str {
        if self == Reconciled::Matches { "green" } else { "red" }
    }
}

/// One envelope and its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningLine {
    /// The application.
    pub application: Id<Application>,
    /// Its reference, when it has one.
    pub reference: String,
    /// How it compares.
    pub state: Reconciled,
    /// Hash on the receipt, empty without one.
    pub receipt_sha256: String,
    /// Hash of the ciphertext as it lies in the database, empty without one.
    pub found_sha256: String,
}

/// What an opening found: every envelope and receipt, one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningReport {
    /// In the order of applications.
    pub lines: Vec<OpeningLine>,
    /// Applications that stood as sent, counted again inside the write of the opening.
    pub sent: i64,
    /// Envelopes that nothing had superseded, counted again inside the write of the opening.
    pub envelopes: i64,
}

impl OpeningReport {
    /// Envelopes that match and were opened.
    #[must_use]
    pub fn opened(&self) -> usize {
        self.lines.iter().filter(|l| matches!(l.state, Reconciled::Matches | Reconciled::FileMissing)).count()
    }

    /// Applications with an envelope that is what was sent, but cannot be decrypted.
    #[must_use]
    pub fn undecrypted(&self) -> Vec<Id<Application>> {
        self.lines.iter().filter(|l| l.state == Reconciled::Unreadable).map(|l| l.application).collect()
    }

    /// Applications whose envelope is what was sent and was not opened, because they are out since the quality opening.
    #[must_use]
    pub fn stay_sealed(&self) -> Vec<Id<Application>> {
        self.lines.iter().filter(|l| l.state == Reconciled::StaysSealed).map(|l| l.application).collect()
    }

    /// Takes out what tells whose a bid is: instead of its reference it has what those who judge call it, and the hashes
    /// that stand on its receipt are gone. The lines are in the order of what they are called: that of arrival would tell.
    pub(super) fn hide(&mut self, called: impl Fn(Id<Application>) -> String) {
        for line in &mut self.lines {
            line.reference = called(line.application);
            line.receipt_sha256.clear();
            line.found_sha256.clear();
        }
        self.lines.sort_by(|a, b| (a.reference.len(), &a.reference).cmp(&(b.reference.len(), &b.reference)));
    }

    /// Lines that somebody must look into.
    #[must_use]
    pub fn findings(&self) -> Vec<&OpeningLine> {
        self.lines.iter().filter(|l| l.state != Reconciled::Matches).collect()
    }
}
