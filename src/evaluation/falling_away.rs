//! A bid falls away before the final decision: the others are ranked again, and both rankings are kept.

use super::exact;
use super::file::EvaluationFile;
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::result::EvaluationResult;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Both rankings, and what the second changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reranking {
    /// The bid that fell away.
    pub bid: String,
    /// Why.
    pub reason: String,
    /// The ranking with it.
    pub before: EvaluationResult,
    /// The ranking without it: the file as it now stands holds this one.
    pub after: EvaluationResult,
    /// Bids whose place or total changed, in the order of the new ranking.
    pub moved: Vec<Moved>,
    /// Whether two remaining bids changed places, which only relative formulas can do.
    pub reversed: bool,
}

/// A bid whose place or total changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The bid.
    pub bid: String,
    /// Its place with the bid that fell away.
    pub rank_before: Option<u32>,
    /// Its place without it.
    pub rank_after: u32,
    /// Its total before.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub total_before: Option<Decimal>,
    /// Its total after.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub total_after: Decimal,
}

/// Ranks again without one bid, by the same model. The caller makes sure that no final decision was made: after it the
/// ranking stands.
///
/// The bid stays in the file, disregarded with its reason, so that it sets no lowest, mean or highest value any more.
///
/// # Errors
/// A file without a result, an unknown bid or one that was excluded already, an empty reason; [`EvaluationRefusal`] of
/// [`evaluate`], such as the draw's seed that is needed now.
pub fn without(
    file: &EvaluationFile,
    bid: &str,
    reason: &str,
) -> Result<(EvaluationFile, Reranking), EvaluationRefusal> {
    let refuse = |problem: &str| EvaluationRefusal::Bid { bid: bid.to_owned(), problem: problem.to_owned() };
    let before = file.result.clone().ok_or_else(|| refuse("the bids were not ranked yet."))?;
    if !before.ranking.iter().any(|r| r.bid == bid) {
        return Err(refuse("it is not in the ranking."));
    }
    if reason.trim().is_empty() {
        return Err(refuse("say why it falls away."));
    }
    let mut after = file.clone();
    for fallen in after.inputs.bids.iter_mut().filter(|b| b.id == bid) {
        fallen.disregarded = Some(reason.trim().to_owned());
    }
    let result = evaluate(&after.model, &after.inputs)?;
    let old = |id: &str| before.ranking.iter().find(|r| r.bid == id);
    let moved = result
        .ranking
        .iter()
        .filter(|new| old(&new.bid).is_none_or(|o| o.rank != new.rank || o.total != new.total))
        .map(|new| Moved {
            bid: new.bid.clone(),
            rank_before: old(&new.bid).map(|o| o.rank),
            rank_after: new.rank,
            total_before: old(&new.bid).map(|o| o.total),
            total_after: new.total,
        })
        .collect();
    let ranks_before: Vec<u32> = result.ranking.iter().filter_map(|r| old(&r.bid).map(|o| o.rank)).collect();
    let reversed = ranks_before.windows(2).any(|pair| matches!(pair, [a, b] if a > b));
    after.result = Some(result.clone());
    let reranking =
        Reranking { bid: bid.to_owned(), reason: reason.trim().to_owned(), before, after: result, moved, reversed };
    Ok((after, reranking))
}
