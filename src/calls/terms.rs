//! The terms of a call: everything that publication freezes, of tenders and of investment rounds.

use super::lot_terms::LotTerms;
use super::model::Call;
use crate::conditions::{Condition, ConditionBody};
use crate::evaluation::{Model, ShortlistRule};
use crate::law::procedures::Procedure;
use crate::law::tendering::Circumstances;
use crate::law::thresholds::ContractType;
use crate::values::{Id, Instant, LocalDate, Pence, Quantity, Share};
use serde::{Deserialize, Serialize};

/// What a round may offer.
pub use crate::finance::Instrument;

crate::text_enum! {
    /// Which real living wage the hours of a bid are held against.
    pub enum WageArea {
        London = "london" => "Yes, and hold them against the London living wage",
        Uk = "uk" => "Yes, and hold them against the living wage of the rest of the UK",
    }
}

/// Everything that publication freezes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What is wanted, at length: paragraphs of plain text.
    pub description: String,
    /// What only a tender has.
    pub tender: Option<TenderTerms>,
    /// What only an investment round has.
    pub round: Option<RoundTerms>,
    /// Criteria, weights, levels, formulas. Quality criteria are the questions applicants answer: title is
    /// the question; the most words of an answer is in `words`.
    pub model: Model,
    /// Most words of an answer, by criterion; 500 where nothing is said.
    #[serde(default)]
    pub words: std::collections::BTreeMap<String, u32>,
    /// Conditions that come with the money. A social value measure of the model and a condition asked with
    /// the same `id` are the same promise.
    pub conditions: Vec<ConditionAsked>,
    /// Asked before sign-in.
    pub eligibility: Vec<EligibilityQuestion>,
    /// Dates.
    pub timetable: Timetable,
}

impl Terms {
    /// The first stage, when this is the second, to which only its shortlist is invited.
    #[must_use]
    pub fn by_invitation(&self) -> Option<Id<Call>> {
        match self.tender.as_ref()?.stage.as_ref()? {
            TenderStage::Final { first } => Some(*first),
            TenderStage::First { .. } => None,
        }
    }

    /// Whether those who judge see bidders under letters until moderation is final.
    #[must_use]
    pub fn hides_bidders(&self) -> bool {
        self.tender.as_ref().is_some_and(|tender| tender.bidders_hidden)
    }
}

/// Which of two stages a tender is. Both are published together; the words of the rule are frozen with the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TenderStage {
    /// Requests to take part, judged without prices.
    First {
        /// Who goes on.
        rule: ShortlistRule,
        /// The call that takes the final tenders.
        second: Id<Call>,
    },
    /// Final tenders of those who went on.
    Final {
        /// The call that took the requests to take part.
        first: Id<Call>,
    },
}

/// What only a tender has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenderTerms {
    /// Open, competitive flexible, below threshold, light touch, ….
    pub procedure: Procedure,
    /// Which of two stages it is; none for a tender of one stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<TenderStage>,
    /// Decides the threshold.
    pub contract_type: ContractType,
    /// Estimated value including VAT, options and extensions.
    pub estimated_value: Pence,
    /// Decide the minimum period.
    pub circumstances: Circumstances,
    /// First day of the contract.
    pub starts_on: LocalDate,
    /// Last day of the contract.
    pub ends_on: LocalDate,
    /// Whether price is opened only when quality moderation is final.
    pub price_sealed_until_moderated: bool,
    /// Whether those who judge see bidders under letters until moderation is final.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bidders_hidden: bool,
    /// Whether bidders say how many hours of work their price pays for, and which living wage those are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours_asked: Option<WageArea>,
    /// The tender that this is one lot of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotTerms>,
    /// Duties considered before the notice: market engagement, conflicts assessment, social value, policy statement, lots; each with what was decided.
    pub considered: std::collections::BTreeMap<String, String>,
}

impl TenderTerms {
    /// The first stage, when these are the terms of a second one.
    #[must_use]
    pub fn first_stage(&self) -> Option<Id<Call>> {
        match self.stage {
            Some(TenderStage::Final { first }) => Some(first),
            _ => None,
        }
    }

    /// Whether these are the terms of a first stage, which shortlists and awards nothing.
    #[must_use]
    pub fn is_first_stage(&self) -> bool {
        matches!(self.stage, Some(TenderStage::First { .. }))
    }
}

/// What only an investment round has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundTerms {
    /// The fund whose money it is (`funds` owns it), as text, so that this room needs no other.
    pub fund: String,
    /// Money in the pot.
    pub pot: Pence,
    /// Least for one investment.
    pub least: Pence,
    /// Most for one investment.
    pub most: Pence,
    /// What may be offered.
    pub instruments: Vec<Instrument>,
    /// Members of the committee who must vote for or against before an investment is decided; none stands for three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
}

/// How many members of a committee decide where a round says nothing else.
pub const USUAL_QUORUM: u32 = 3;

impl RoundTerms {
    /// How many members of the committee must vote for or against. A recused member is not one of them.
    #[must_use]
    pub fn quorum(&self) -> u32 {
        self.quorum.unwrap_or(USUAL_QUORUM)
    }
}

/// A condition that this call asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConditionAsked {
    /// Unique in the call; the measure of the model it feeds has the same.
    pub id: String,
    /// Catalogue entry.
    pub condition: Id<Condition>,
    /// Version of the entry.
    pub version: i64,
    /// The entry's words as they stood, so that the terms are whole in themselves.
    pub body: ConditionBody,
    /// Target of this call; a promise at the target earns the full mark.
    pub target: Quantity,
    /// Most that one measure may earn of its criterion, when capped.
    pub cap: Option<Share>,
    /// By when.
    pub due: LocalDate,
    /// Whether every applicant must promise at least the target, or says its own figure.
    pub required: bool,
}

/// A question that tells whether somebody can apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EligibilityQuestion {
    /// Unique in the call.
    pub id: String,
    /// A question that is answered by yes or no.
    pub question: String,
    /// The answer that lets one apply.
    pub right_answer: bool,
    /// What to do with the other answer.
    pub otherwise: String,
}

/// Dates of a call. Instants are shown in Europe/London.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timetable {
    /// Last instant for questions.
    pub questions_by: Option<Instant>,
    /// Last instant for answers to them.
    pub answers_by: Option<Instant>,
    /// Last instant for applications.
    pub deadline: Option<Instant>,
    /// Planned day of the decision.
    pub decision_on: Option<LocalDate>,
}
