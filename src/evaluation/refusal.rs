//! Why a model or its inputs are refused.

use crate::values::RefusalInfo;
use rust_decimal::Decimal;

/// A refusal of this room. `Display` is the sentence for the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationRefusal {
    /// No criterion carries points.
    #[error("Add at least one criterion that carries points.")]
    NoCriteria,
    /// Weights of one level do not add up to exactly 100.
    #[error("Weights of {node} add up to {sum}, {}.", distance(*.sum))]
    WeightsNot100 {
        /// The group's title, or “the top level”.
        node: String,
        /// What they add up to.
        sum: Decimal,
    },
    /// A weight is missing where points are carried.
    #[error("Give “{criterion}” a weight.")]
    WeightMissing {
        /// Its title.
        criterion: String,
    },
    /// A weight where no points are carried.
    #[error("“{criterion}” carries no points, so it cannot have a weight.")]
    WeightNotAllowed {
        /// Its title.
        criterion: String,
    },
    /// Two criteria or measures have the same identifier.
    #[error("The identifier “{id}” is used twice or is empty; give every criterion and measure its own.")]
    DuplicateId {
        /// The identifier.
        id: String,
    },
    /// Something in one criterion is not as it must be.
    #[error("“{criterion}”: {problem}")]
    Criterion {
        /// Its title.
        criterion: String,
        /// A sentence.
        problem: String,
    },
    /// A minimum where a price or a rival decides the score.
    #[error(
        "“{criterion}” cannot have a minimum, because it holds a price or a score that depends on other bids; \
         put the minimum on a quality criterion."
    )]
    MinimumOnRelative {
        /// Its title.
        criterion: String,
    },
    /// Something about the model as a whole.
    #[error("{0}")]
    Model(String),
    /// Two bids have the same identifier.
    #[error("Two bids have the identifier “{bid}”; give every bid its own.")]
    DuplicateBid {
        /// The identifier.
        bid: String,
    },
    /// A bid answers something that the model does not ask, or answers it twice.
    #[error("Bid {bid}: {problem}")]
    Bid {
        /// The bid.
        bid: String,
        /// A sentence.
        problem: String,
    },
    /// A price of nothing or less.
    #[error("Bid {bid} has a price of zero or less for “{criterion}”; every price must be more than £0.")]
    PriceNotPositive {
        /// The bid.
        bid: String,
        /// Title of the price criterion.
        criterion: String,
    },
    /// Scores, prices or promises are missing. Missing is never zero.
    #[error("Not everything is scored yet. Missing: {}.", list(.missing))]
    Incomplete {
        /// Bid and title of what is missing.
        missing: Vec<Missing>,
    },
    /// A tie came to the draw and its seed was not given.
    #[error("Bids are tied and the draw decides: reveal the seed that was committed to.")]
    SeedMissing,
    /// The seed is not the one that was committed to.
    #[error("The seed of the draw does not fit the commitment that was published.")]
    SeedMismatch,
}

/// Something a bid has no score, price or promise for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The bid.
    pub bid: String,
    /// Identifier of the criterion or measure.
    pub id: String,
    /// Its title.
    pub title: String,
}

fn distance(sum: Decimal) -> String {
    let gap = (Decimal::ONE_HUNDRED - sum).normalize();
    if gap > Decimal::ZERO { format!("{gap} too little") } else { format!("{} too much", gap.abs()) }
}

fn list(missing: &[Missing]) -> String {
    const SHOWN: usize = 5;
    let mut named: Vec<String> =
        missing.iter().take(SHOWN).map(|m| format!("“{}” of bid {}", m.title, m.bid)).collect();
    if missing.len() > SHOWN {
        named.push(format!("and {} more", missing.len() - SHOWN));
    }
    named.join(", ")
}

impl RefusalInfo for EvaluationRefusal {
    fn code(&self) -> &'static str {
        match self {
            EvaluationRefusal::NoCriteria => "evaluation/no-criteria",
            EvaluationRefusal::WeightsNot100 { .. } => "evaluation/weights-not-100",
            EvaluationRefusal::WeightMissing { .. } => "evaluation/weight-missing",
            EvaluationRefusal::WeightNotAllowed { .. } => "evaluation/weight-not-allowed",
            EvaluationRefusal::DuplicateId { .. } => "evaluation/duplicate-id",
            EvaluationRefusal::Criterion { .. } => "evaluation/criterion",
            EvaluationRefusal::MinimumOnRelative { .. } => "evaluation/minimum-on-relative",
            EvaluationRefusal::Model(_) => "evaluation/model",
            EvaluationRefusal::DuplicateBid { .. } => "evaluation/duplicate-bid",
            EvaluationRefusal::Bid { .. } => "evaluation/bid",
            EvaluationRefusal::PriceNotPositive { .. } => "evaluation/price-not-positive",
            EvaluationRefusal::Incomplete { .. } => "evaluation/incomplete",
            EvaluationRefusal::SeedMissing => "evaluation/seed-missing",
            EvaluationRefusal::SeedMismatch => "evaluation/seed-mismatch",
        }
    }
    fn sentence(&self) -> String {
        self.to_string()
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            EvaluationRefusal::WeightsNot100 { .. } | EvaluationRefusal::WeightMissing { .. } => {
                Some("Procurement Act 2023 s.23")
            }
            EvaluationRefusal::Incomplete { .. } => Some("Procurement Act 2023 s.19"),
            _ => None,
        }
    }
}
