//! Evaluation: from a published model and moderated bids to a ranking that anybody can recompute.
//!
//! Pure arithmetic on exact decimals: no database, no clock, no network. Invariants:
//! weights add up to exactly 100 at every level; every leaf score is rounded by the model's own rule and every total
//! is the exact sum of rounded leaves; what is missing is missing and never zero; excluded bids set no lowest, mean
//! or highest value for others; the order of bids changes nothing; a formula says whether it is relative, because
//! only relative ones can reverse ranks. Decimals are strings in files.
//!
//! Public names: [`Model`] and its parts, [`Inputs`], [`evaluate`], [`EvaluationResult`] with a [`Step`] for every
//! number, [`evaluate_lots`], [`evaluate_stages`], [`without`] for a bid that falls away, [`EvaluationFile`],
//! [`recompute`], [`model_hash`], [`evaluation_hash`], [`schema`], [`trace`], [`rehearse`] and [`rehearse_in_full`] before
//! publishing, [`sensitivity()`] and [`vary`] after ranking, [`low_prices`], [`commitment`], [`bidder_file`] for what one
//! bidder is given, [`catalogue`] and [`social_value`] for what promises are worth, [`panel`] for votes.

mod answers;
pub mod bidder;
pub mod catalogue;
pub mod check;
pub mod exact;
pub mod falling_away;
pub mod figures;
pub mod file;
pub mod full_rehearsal;
pub mod inputs;
pub mod kinds;
pub mod later_costs;
mod leaves;
pub mod lots;
pub mod low_price;
pub mod model;
pub mod panel;
mod plausible;
pub mod price;
mod quick;
mod quick_promises;
pub mod rank;
pub mod refusal;
pub mod rehearsal;
pub mod result;
pub mod sensitivity;
pub mod social_value;
pub mod stages;
pub mod ties;
pub mod trace;
pub mod tree;
pub mod variation;

#[cfg(test)]
mod formula_tests;
#[cfg(test)]
mod paradox_tests;
#[cfg(test)]
mod procedure_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod ranking_tests;
#[cfg(test)]
mod rehearsal_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sensitivity_tests;

pub use bidder::{
    BIDDER_FORMAT, BidderFile, Own, OwnScore, WinnerScore, WinnerShown, bidder_file, bidder_file_beside, recompute_own,
};
pub use falling_away::{Moved, Reranking, without};
pub use figures::{FigureRisk, FigureTrial, RiskGrade};
pub use file::{
    Difference, EvaluationFile, FORMAT, Recomputation, canonical_json, differences, evaluation_hash, model_hash,
    recompute, schema, schema_of,
};
pub use full_rehearsal::{FullRehearsal, Inflated, Influence, Profile, WinsBy, middle_in_words, rehearse_in_full};
pub use inputs::{
    AgreedReason, Bid, BidCosts, BidFigure, BidPrice, ChosenOption, CostFlow, GivenScore, Inputs, LevelScore,
    PanelResult, Pass, Promise,
};
pub use kinds::{
    Better, CopiedFrom, Discount, Feature, FeatureOption, FigureBand, FigureMeasure, MeasureRecord, PanelRule,
    WholeLife,
};
pub use later_costs::{CostItem, CostPaid};
pub use lots::{
    Held, LOTS_FORMAT, Lot, LotBids, LotChoice, LotsFile, LotsInputs, LotsModel, LotsResult, Preference, evaluate_lots,
};
pub use low_price::{LowPriceFlag, LowPriceReason, below_wage_cost, low_prices};
pub use model::{
    AboveCeiling, Criterion, Deliverability, DeliverabilityShare, Kind, Level, LowPriceRule, Measure, Minimum, Model,
    PriceBand, PriceModel, Rounding, RoundingRule, SocialValueMethod, TieRule,
};
pub use rank::evaluate;
pub use refusal::{EvaluationRefusal, Missing};
pub use rehearsal::{PricePerPoint, RankReversal, Rehearsal, ReversalExample, SyntheticBid, Warning, rehearse};
pub use result::{BidResult, CriterionScore, EvaluationResult, Exclusion, Ranked, Step, StepInput};
pub use sensitivity::{LevelChange, Sensitivity, WeightChange, sensitivity};
pub use stages::{
    STAGES_FORMAT, Shortlist, ShortlistRule, Stage, StagesFile, StagesModel, StagesResult, evaluate_stages, shortlist,
};
pub use ties::{commitment, lot, parted_by};
pub use variation::{Variation, WinShare, in_words, vary};
