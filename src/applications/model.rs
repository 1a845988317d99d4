//! Applications in the words of the domain.

use crate::calls::{Call, Part};
use crate::db::schema::{applications, opened_parts};
use crate::db::{Json, MultiBackend};
use crate::documents::Document;
use crate::keys::EnvelopeKey;
use crate::people::Profile;
use crate::values::{Account, Id, Instant, LocalDate, Pence, Quantity, actor};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

crate::text_enum! {
    /// How far an application has come. What happened after its opening is told by scoring and awards.
    pub enum ApplicationState {
        Draft = "draft" => "In progress",
        Submitted = "submitted" => "Submitted",
        Withdrawn = "withdrawn" => "Withdrawn",
    }
}
crate::text_column!(ApplicationState);

/// A bid or an investment application. Content lies in envelopes; this row holds none.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = applications, check_for_backend(MultiBackend))]
pub struct Application {
    /// Identifier.
    pub id: Id<Application>,
    /// The authority that called.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The applicant.
    pub organisation_id: Id<actor::Organisation>,
    /// How far it has come.
    pub state: ApplicationState,
    /// Version of the call that it answers; an older one "needs confirmation".
    pub call_version: i64,
    /// Short reference for people, given at submission.
    pub reference: Option<String>,
    /// Sealed draft, base64.
    pub draft: Option<String>,
    /// Public half of the draft's own key, where that is a pair (drafts begun before December 2026).
    pub draft_recipient: Option<String>,
    /// The draft's own key, wrapped; destroyed at withdrawal or the deadline.
    pub draft_wrapped: Option<String>,
    /// Last saved.
    pub saved_at: Instant,
    /// Last submitted.
    pub submitted_at: Option<Instant>,
    /// When its quality part was opened.
    pub opened_at: Option<Instant>,
    /// When it was begun.
    pub created_at: Instant,
    /// Who began it.
    pub created_by: Id<Account>,
    /// What those who judge call the bidder while names are hidden: A, B and so on, drawn at the opening.
    pub letter: Option<String>,
}

/// The quality part of an application, as it is sealed and, after opening, stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// Answers to eligibility questions.
    pub eligibility: BTreeMap<String, bool>,
    /// Answers to quality criteria and, as "yes" or "no", to pass/fail criteria, by criterion.
    pub answers: BTreeMap<String, String>,
    /// What is promised for each condition asked, by its id in the call.
    pub promises: BTreeMap<String, Promised>,
    /// Files, by what they belong to.
    pub files: Vec<SealedFile>,
    /// What the amount is for (investment).
    pub use_of_funds: Vec<UseOfFunds>,
    /// Cash-flow sheet by quarter or month (investment).
    pub cash_flow: Vec<CashRow>,
    /// Place of this lot in the bidder's own order of lots, 1 for the one it would rather have (tender in lots).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot_place: Option<u32>,
    /// Name under the declaration.
    pub declared_by: String,
    /// The organisation's facts, copied from its profile.
    pub profile: Profile,
}

/// What lies in the sealed draft: the two parts, and what was typed but cannot be read as an answer yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The quality part so far.
    pub answers: Answers,
    /// The price part so far.
    pub price: PriceAnswers,
    /// Fields as typed, by question, where they do not make a whole answer. Nothing typed is lost.
    pub typed: BTreeMap<String, BTreeMap<String, String>>,
    /// Files that a sent envelope names; they stay in the store when the draft lets them go.
    pub sent: Vec<Id<Document>>,
    /// The form by which it was last sent, so that the same form sent twice is one submission.
    pub sent_by: String,
    /// Whether the two parts are what was last sent. Drafts sent before December 2026 do not say so.
    pub as_sent: bool,
    /// What seals the parts that are sent, one key for each key of the call.
    pub envelope_keys: Vec<EnvelopeKey>,
}

/// The price part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceAnswers {
    /// Price for each price criterion including VAT (tender).
    pub prices: BTreeMap<String, Pence>,
    /// Later costs of each whole-life cost criterion, by item of its list: one amount, or one for each year.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub costs: BTreeMap<String, BTreeMap<String, Vec<Pence>>>,
    /// The option offered of each feature that lowers a price.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Amount asked for (investment).
    pub amount: Option<Pence>,
    /// Hours of work that the price pays for, where the call asks for them (tender).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Quantity>,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// How much is promised.
    pub quantity: Quantity,
    /// How much there is today.
    pub baseline: Quantity,
    /// By when.
    pub by: LocalDate,
    /// How it will be shown and done.
    pub how: String,
}

/// A file inside an application; its bytes lie sealed in the document store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedFile {
    /// Row of the stored ciphertext.
    pub document: Id<Document>,
    /// What it belongs to, such as a criterion.
    pub about: String,
    /// Name.
    pub name: String,
    /// Media type found by content.
    pub media_type: String,
    /// SHA-256 of the plain bytes.
    pub sha256: String,
    /// Plain size in bytes.
    pub size: u64,
    /// Whether it was scanned.
    pub scanned: bool,
    /// The file's own key, wrapped by the installation's keys. It travels only inside sealed content, so that
    /// submitting moves the key into the envelope and never has to decrypt the file.
    #[serde(default)]
    pub key: String,
}

/// One line of the use of funds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseOfFunds {
    /// For what.
    pub purpose: String,
    /// How much.
    pub amount: Pence,
}

/// One period of a cash-flow sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashRow {
    /// Last day of the period.
    pub period_end: LocalDate,
    /// Money coming in from trading and grants.
    pub money_in: Pence,
    /// Money going out, without this loan.
    pub money_out: Pence,
}

/// A part of an application after its opening, in clear.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = opened_parts, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct OpenedPart {
    /// Identifier.
    pub id: Id<OpenedPart>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The application.
    pub application_id: Id<Application>,
    /// Which part.
    pub part: Part,
    /// [`Answers`] or [`PriceAnswers`] as JSON.
    pub content: Json<serde_json::Value>,
    /// When.
    pub opened_at: Instant,
}

impl OpenedPart {
    /// The quality part's content.
    ///
    /// # Errors
    /// Internal when this is a price part.
    pub fn answers(&self) -> crate::error::Result<Answers> {
        Ok(serde_json::from_value(self.content.0.clone())?)
    }

    /// The price part's content.
    ///
    /// # Errors
    /// Internal when this is a quality part.
    pub fn prices(&self) -> crate::error::Result<PriceAnswers> {
        Ok(serde_json::from_value(self.content.0.clone())?)
    }
}
