//! Flexible procedures in stages: a published rule brings the best of one stage into the next.

use super::exact;
use super::inputs::Inputs;
use super::model::Model;
use super::rank::evaluate;
use super::refusal::EvaluationRefusal;
use super::result::EvaluationResult;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The format of a file with stages.
pub const STAGES_FORMAT: &str = "commonweal-evaluation-stages/1";

/// A procedure in stages, frozen with its notice. Its last stage decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StagesModel {
    /// Stages before the last, in order, each with its own criteria and the rule by which suppliers go on.
    pub earlier: Vec<Stage>,
    /// The model that the final tenders are ranked by.
    pub last: Model,
}

/// A stage that shortlists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its own criteria.
    pub model: Model,
    /// Who goes on.
    pub rule: ShortlistRule,
}

/// Who goes on to the next stage. Both limits hold where both are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortlistRule {
    /// The best so many; all who share the last of these places after the tie rules go on together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<u32>,
    /// Everybody with at least so many points.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub at_least: Option<Decimal>,
}

/// Who goes on and who does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shortlist {
    /// The stage's ranking.
    pub result: EvaluationResult,
    /// Suppliers that go on, best first.
    pub goes_on: Vec<String>,
    /// The others, with the reason.
    pub stays: Vec<NotShortlisted>,
}

/// A supplier that does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotShortlisted {
    /// The bid.
    pub bid: String,
    /// Why.
    pub sentence: String,
}

/// Stages, bids of each and, once decided, the result: what `commonweal evaluate` recomputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StagesFile {
    /// `commonweal-evaluation-stages/1`.
    pub format: String,
    /// The published procedure.
    pub model: StagesModel,
    /// The bids of each stage, in order, as far as the procedure has come. A supplier has one identifier throughout,
    /// unless `suppliers` says whose each bid is.
    pub inputs: Vec<Inputs>,
    /// Where each stage has identifiers of its own: of each stage, in order, the supplier of each bid. A bid that is not
    /// named here stands for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppliers: Vec<BTreeMap<String, String>>,
    /// What was decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<StagesResult>,
}

impl StagesFile {
    /// Runs the stages of the file again, from its model and bids alone.
    ///
    /// # Errors
    /// [`EvaluationRefusal`] of [`evaluate_stages`].
    pub fn recompute(&self) -> Result<StagesResult, EvaluationRefusal> {
        run(&self.model, &self.inputs, &self.suppliers)
    }
}

/// What came of the stages so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StagesResult {
    /// Of each stage before the last, as far as the procedure has come.
    pub shortlists: Vec<Shortlist>,
    /// The final ranking, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<EvaluationResult>,
}

impl StagesModel {
    /// Whether the procedure can be published.
    ///
    /// # Errors
    /// A model that is not whole; a rule that lets everybody on or names more points than there are.
    pub fn check(&self) -> Result<(), EvaluationRefusal> {
        for stage in &self.earlier {
            stage.model.check()?;
            let rule = &stage.rule;
            let by_points = rule.at_least.is_none_or(|least| {
                least > Decimal::ZERO && least <= Decimal::ONE_HUNDRED && stage.model.decider().is_none()
            });
            if (rule.best.is_none() && rule.at_least.is_none()) || rule.best == Some(0) || !by_points {
                return Err(EvaluationRefusal::Model(
                    "A shortlist takes at least the best 1, or those with a number of points from 0 to 100, or both; \
                     points need a model that ranks by points."
                        .to_owned(),
                ));
            }
        }
        self.last.check()
    }
}

/// Ranks one stage and applies its rule.
///
/// # Errors
/// [`EvaluationRefusal`] of [`evaluate`].
pub fn shortlist(stage: &Stage, inputs: &Inputs) -> Result<Shortlist, EvaluationRefusal> {
    let result = evaluate(&stage.model, inputs)?;
    let mut goes_on = Vec::new();
    let mut stays = Vec::new();
    for ranked in &result.ranking {
        let few = stage.rule.at_least.filter(|least| ranked.total < *least);
        let late = stage.rule.best.filter(|best| ranked.rank > *best);
        let sentence = match (few, late) {
            (Some(least), _) => format!("{} points are fewer than the {least} that were asked for.", ranked.total),
            (None, Some(1)) => format!("Place {} is after the first place, and only that goes on.", ranked.rank),
            (None, Some(best)) => format!("Place {} is after the best {best} that go on.", ranked.rank),
            (None, None) => {
                goes_on.push(ranked.bid.clone());
                continue;
            }
        };
        stays.push(NotShortlisted { bid: ranked.bid.clone(), sentence });
    }
    for bid in result.bids.iter().filter(|b| !b.exclusions.is_empty()) {
        let reasons: Vec<&str> = bid.exclusions.iter().map(|e| e.sentence.as_str()).collect();
        stays.push(NotShortlisted { bid: bid.bid.clone(), sentence: reasons.join(" ") });
    }
    Ok(Shortlist { result, goes_on, stays })
}

/// Runs the stages as far as bids are given. Nobody comes in late: a bid in a stage that its supplier did not reach is
/// refused.
///
/// # Errors
/// [`EvaluationRefusal`] of each stage; more inputs than stages; a late entrant.
pub fn evaluate_stages(model: &StagesModel, inputs: &[Inputs]) -> Result<StagesResult, EvaluationRefusal> {
    run(model, inputs, &[])
}

/// Whose a bid of a stage is.
fn supplier<'a>(suppliers: &'a [BTreeMap<String, String>], place: usize, bid: &'a str) -> &'a str {
    suppliers.get(place).and_then(|of| of.get(bid)).map_or(bid, String::as_str)
}

fn run(
    model: &StagesModel,
    inputs: &[Inputs],
    suppliers: &[BTreeMap<String, String>],
) -> Result<StagesResult, EvaluationRefusal> {
    model.check()?;
    if inputs.is_empty() || inputs.len() > model.earlier.len() + 1 {
        return Err(EvaluationRefusal::Model(
            "Give the bids of each stage, in order, as far as it has come.".to_owned(),
        ));
    }
    let mut found = StagesResult { shortlists: Vec::new(), last: None };
    let mut allowed: Option<BTreeSet<String>> = None;
    for (place, given) in inputs.iter().enumerate() {
        if let Some(allowed) = &allowed
            && let Some(late) = given.bids.iter().find(|bid| !allowed.contains(supplier(suppliers, place, &bid.id)))
        {
            return Err(EvaluationRefusal::Bid {
                bid: late.id.clone(),
                problem: "the supplier did not go on from the stage before, so it cannot bid in this one.".to_owned(),
            });
        }
        match model.earlier.get(place) {
            Some(stage) => {
                let shortlist = shortlist(stage, given)?;
                allowed =
                    Some(shortlist.goes_on.iter().map(|bid| supplier(suppliers, place, bid).to_owned()).collect());
                found.shortlists.push(shortlist);
            }
            None => found.last = Some(evaluate(&model.last, given)?),
        }
    }
    Ok(found)
}
