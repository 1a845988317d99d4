//! What one bidder is given: its own answers and scores, the published model, and the winner's scores.
//!
//! It recomputes its own score from this file. Where a score depends on rivals the values that came from them are
//! withheld, and the part is marked as one that cannot be recomputed.

use super::file::EvaluationFile;
use super::inputs::{Bid, Inputs};
use super::model::Model;
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::result::BidResult;
use super::{CriterionScore, exact};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The format of the file.
pub const BIDDER_FORMAT: &str = "commonweal-evaluation-bidder/1";

/// One bidder's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BidderFile {
    /// `commonweal-evaluation-bidder/1`.
    pub format: String,
    /// The published model.
    pub model: Model,
    /// SHA-256 of the model that the ranking used.
    pub model_hash: String,
    /// The bidder's own bid.
    pub bid: Bid,
    /// Its scores; values that came from rivals are left out of the steps.
    pub result: BidResult,
    /// The winner, with a score for each criterion.
    pub winner: Option<WinnerShown>,
}

/// What every assessed supplier is told of the winner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WinnerShown {
    /// The winning bid.
    pub bid: String,
    /// The winner's name.
    pub name: String,
    /// Its total.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub total: Option<Decimal>,
    /// Its score for each criterion, without the steps, which hold its price and promises.
    pub scores: Vec<WinnerScore>,
}

/// The winner's score for one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WinnerScore {
    /// The criterion.
    pub criterion: String,
    /// Points earned.
    #[serde(with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub score: Option<Decimal>,
}

/// The file for one bidder, with the best ranked as the winner; `None` when the file has no result or no such bid.
#[must_use]
pub fn bidder_file(file: &EvaluationFile, bid: &str) -> Option<BidderFile> {
    bidder_file_beside(file, bid, file.result.as_ref()?.winner.as_deref())
}

/// As [`bidder_file`], with whom it is given to for a winner: another than the best ranked where lots are chosen, and
/// nobody in a round, where no applicant is told of another.
#[must_use]
pub fn bidder_file_beside(file: &EvaluationFile, bid: &str, winner: Option<&str>) -> Option<BidderFile> {
    let result = file.result.as_ref()?;
    let mut own = result.bids.iter().find(|b| b.bid == bid)?.clone();
    for step in own.scores.iter_mut().flat_map(|s| &mut s.steps) {
        if step.inputs.iter().any(|input| input.from_rivals) {
            // The digits behind the rounded score would give the rival's value away.
            step.unrounded = step.rounded;
            step.inputs.retain(|input| !input.from_rivals);
        }
    }
    let winner = winner.and_then(|winner| {
        let scored = result.bids.iter().find(|b| b.bid == winner)?;
        let named = file.inputs.bids.iter().find(|b| b.id == winner)?;
        let score = |s: &CriterionScore| WinnerScore { criterion: s.criterion.clone(), score: s.score };
        Some(WinnerShown {
            bid: winner.to_owned(),
            name: named.name.clone(),
            total: scored.total,
            scores: scored.scores.iter().map(score).collect(),
        })
    });
    let mut answers = file.inputs.bids.iter().find(|b| b.id == bid)?.clone();
    // Who gave which score stays with the officer, the auditor and the court; the agreed reasons go to the bidder.
    answers.given.clear();
    Some(BidderFile {
        format: BIDDER_FORMAT.to_owned(),
        model: file.model.clone(),
        model_hash: result.model_hash.clone(),
        bid: answers,
        result: own,
        winner,
    })
}

/// What recomputing a bidder's file found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Own {
    /// Whether every score that can be recomputed has the same digits, and the model the same hash.
    pub agrees: bool,
    /// Each scored criterion that is no group.
    pub scores: Vec<OwnScore>,
}

/// One of the bidder's own scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnScore {
    /// The criterion.
    pub criterion: String,
    /// What the file says.
    pub stored: Option<Decimal>,
    /// What was computed; `None` when it needs what rivals offered, or the bid was not scored.
    pub recomputed: Option<Decimal>,
    /// Whether it needs what rivals offered, so that the bidder cannot recompute it.
    pub needs_rivals: bool,
}

/// Recomputes what one bidder can recompute of its own scores.
///
/// # Errors
/// [`EvaluationRefusal`] for another format, and of [`evaluate`].
pub fn recompute_own(file: &BidderFile) -> Result<Own, EvaluationRefusal> {
    if file.format != BIDDER_FORMAT {
        return Err(EvaluationRefusal::Model(format!(
            "The format is “{}”; this reads “{BIDDER_FORMAT}”.",
            file.format
        )));
    }
    let alone = evaluate(&file.model, &Inputs { bids: vec![file.bid.clone()], draw_seed: None })?;
    let mut agrees = alone.model_hash == file.model_hash;
    // A price per point or an adjusted price depends on no rival.
    let figure = alone.bids.first().and_then(|b| b.figure);
    agrees &= file.result.rank.is_none() || written(file.result.figure) == written(figure);
    let mut scores = Vec::new();
    for fresh in alone.bids.iter().flat_map(|b| &b.scores) {
        let Some(criterion) = file.model.criterion(&fresh.criterion) else { continue };
        if !criterion.children().is_empty() || !criterion.carries_points() {
            continue;
        }
        let stored = file.result.scores.iter().find(|s| s.criterion == fresh.criterion).and_then(|s| s.score);
        let needs_rivals = criterion.is_relative();
        let recomputed = if needs_rivals { None } else { fresh.score };
        agrees &= needs_rivals || written(stored) == written(recomputed);
        scores.push(OwnScore { criterion: fresh.criterion.clone(), stored, recomputed, needs_rivals });
    }
    Ok(Own { agrees, scores })
}

/// As text, because equal decimals may differ in their trailing zeros.
fn written(score: Option<Decimal>) -> Option<String> {
    score.map(|s| s.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::super::{PriceModel, SocialValueMethod};
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_losing_bidder_recomputes_its_own_score_and_learns_no_rival_price() {
        let model = three_parts(PriceModel::LowestOverPrice, SocialValueMethod::AgainstTargets);
        let field = bids(vec![
            promising(bid("A", 80, 1234), dec!(30), dec!(7)),
            promising(bid("B", 60, 1500), dec!(15), dec!(3.5)),
        ]);
        let file = EvaluationFile::of(model, field).unwrap();
        let mut own = bidder_file(&file, "B").unwrap();
        let text = serde_json::to_string(&own).unwrap();
        assert!(text.contains("1500.00") && !text.contains("1234.00"), "{text}");
        // 35.5 × 1234 ÷ 1500 = 29.204666…: the digits behind the score would tell the rival's price.
        assert!(text.contains("29.20") && !text.contains("29.204"), "{text}");
        assert_eq!(own.winner.as_ref().unwrap().name, "Bidder A");
        let found = recompute_own(&own).unwrap();
        assert!(found.agrees);
        let parts: Vec<_> = found.scores.iter().map(|s| (s.criterion.as_str(), s.recomputed, s.needs_rivals)).collect();
        assert_eq!(parts, [("q", Some(dec!(24.00)), false), ("p", None, true), ("s", Some(dec!(12.25)), false)]);
        own.result.scores[0].score = Some(dec!(23.99));
        assert!(!recompute_own(&own).unwrap().agrees);
        assert_eq!(bidder_file(&file, "C"), None);
    }
}
