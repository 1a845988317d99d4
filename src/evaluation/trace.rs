//! Every number opened to the numbers beneath it, down to who gave which score when and why.

use super::bidder::BidderFile;
use super::file::EvaluationFile;
use super::inputs::Bid;
use super::model::{Kind, Model};
use super::result::{BidResult, CriterionScore, Ranked, Step};
use serde::Serialize;

/// A number, how it came about, and what lies beneath.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// What it is.
    pub what: String,
    /// Its value; absent where nothing was scored.
    pub value: Option<String>,
    /// How it came about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Whether a rival’s offer decides it, so that one bidder is not shown it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub from_rivals: bool,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beneath: Vec<Opened>,
}

impl Opened {
    fn new(what: &str, value: Option<String>, how: Option<String>) -> Self {
        Opened { what: what.to_owned(), value, how, from_rivals: false, beneath: Vec::new() }
    }
}

/// One bid's total opened all the way, for the officer, the auditor and the court; `None` without a result or such a bid.
#[must_use]
pub fn open(file: &EvaluationFile, bid: &str) -> Option<Opened> {
    let result = file.result.as_ref()?;
    let scored = result.bids.iter().find(|b| b.bid == bid)?;
    let inputs = file.inputs.bids.iter().find(|b| b.id == bid)?;
    let ranked = result.ranking.iter().find(|r| r.bid == bid);
    Some(whole(&file.model, scored, inputs, ranked))
}

/// One bidder's own file opened the same way, without what came from rivals.
#[must_use]
pub fn open_own(file: &BidderFile) -> Opened {
    whole(&file.model, &file.result, &file.bid, None)
}

fn whole(model: &Model, scored: &BidResult, bid: &Bid, ranked: Option<&Ranked>) -> Opened {
    let how = match scored.rank {
        Some(rank) => format!("place {rank}; the exact sum of the rounded scores beneath"),
        None => "left out of the ranking".to_owned(),
    };
    let mut total = Opened::new(&bid.name, scored.total.map(|t| t.to_string()), Some(how));
    if let Some(figure) = scored.figure {
        let how = model.decider().map(super::model::PriceModel::formula);
        total.beneath.push(Opened::new("The figure that ranks", Some(figure.to_string()), how));
    }
    if let Some(tie) = ranked.and_then(|r| r.tie.clone()) {
        total.beneath.push(Opened::new("Tie", None, Some(tie)));
    }
    for exclusion in &scored.exclusions {
        total.beneath.push(Opened::new("Left out", None, Some(exclusion.sentence.clone())));
    }
    total.beneath.extend(beneath(model, scored, bid, None));
    total
}

fn beneath(model: &Model, scored: &BidResult, bid: &Bid, parent: Option<&str>) -> Vec<Opened> {
    scored
        .scores
        .iter()
        .filter(|score| score.parent.as_deref() == parent)
        .map(|score| {
            let value = score
                .score
                .map(|s| s.to_string())
                .or_else(|| score.passed.map(|passed| if passed { "passed" } else { "failed" }.to_owned()));
            let kind = model.criterion(&score.criterion).map(|c| &c.kind);
            let how = match kind {
                Some(Kind::Group { .. }) => format!("of {}; the exact sum of its parts", score.available),
                Some(Kind::PassFail { requirement }) => requirement.clone(),
                _ => format!("of {}", score.available),
            };
            let mut opened = Opened::new(&score.title, value, Some(how));
            opened.beneath = beneath(model, scored, bid, Some(&score.criterion));
            opened.beneath.extend(score.steps.iter().map(step));
            opened.beneath.extend(people(score, bid));
            opened
        })
        .collect()
}

fn step(step: &Step) -> Opened {
    let how = format!("{}; before rounding {}", step.formula, step.unrounded.normalize());
    let mut opened = Opened::new(&step.title, Some(step.rounded.to_string()), Some(how));
    opened.beneath = step
        .inputs
        .iter()
        .map(|input| Opened {
            from_rivals: input.from_rivals,
            ..Opened::new(&input.name, Some(input.value.clone()), None)
        })
        .collect();
    opened
}

/// The reason that was agreed, and who gave what.
fn people(score: &CriterionScore, bid: &Bid) -> Vec<Opened> {
    let agreed = bid
        .agreed
        .iter()
        .filter(|a| a.criterion == score.criterion)
        .map(|agreed| Opened::new("Agreed", None, Some(format!("{} ({})", agreed.reason, agreed.at))));
    let given = bid.given.iter().filter(|g| g.criterion == score.criterion).map(|given| {
        Opened::new(
            &given.evaluator,
            Some(format!("level {}", given.level)),
            Some(format!("{} ({})", given.reason, given.at)),
        )
    });
    let passed = bid
        .passes
        .iter()
        .filter(|p| p.criterion == score.criterion && !p.reason.is_empty())
        .map(|p| Opened::new("Reason", None, Some(p.reason.clone())));
    agreed.chain(given).chain(passed).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::*;
    use super::super::*;
    use super::*;
    use rust_decimal::{Decimal, dec};

    fn sample() -> EvaluationFile {
        let model = three_parts(PriceModel::LowestOverPrice, SocialValueMethod::AgainstTargets);
        let mut a = promising(bid("A", 80, 100), dec!(30), dec!(7));
        a.given = vec![GivenScore {
            criterion: "q".into(),
            evaluator: "Evaluator 1".into(),
            level: 85,
            reason: "Clear dates.".into(),
            at: "2026-11-20T10:00:00Z".into(),
        }];
        a.agreed = vec![AgreedReason {
            criterion: "q".into(),
            reason: "Dates, but no names.".into(),
            at: "2026-11-21T09:00:00Z".into(),
        }];
        EvaluationFile::of(model, bids(vec![a, promising(bid("B", 60, 90), dec!(1), dec!(1))])).unwrap()
    }

    fn adds_up(opened: &Opened) {
        let number = |o: &Opened| o.value.as_ref().and_then(|v| v.parse::<Decimal>().ok());
        let parts: Vec<Decimal> = opened
            .beneath
            .iter()
            .filter(|o| o.how.as_deref().is_some_and(|h| h.starts_with("of ") || h.contains("before rounding")))
            .filter_map(number)
            .collect();
        if !parts.is_empty() {
            assert_eq!(number(opened), Some(parts.into_iter().sum()), "{}", opened.what);
        }
        opened.beneath.iter().for_each(adds_up);
    }

    #[test]
    fn every_number_is_the_sum_of_those_beneath_it_down_to_people() {
        let file = sample();
        let opened = open(&file, "A").unwrap();
        adds_up(&opened);
        let text = serde_json::to_string(&opened).unwrap();
        for part in
            ["Evaluator 1", "level 85", "Clear dates.", "Dates, but no names.", "lowest price", "W × lowest price"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(open(&file, "C"), None);
    }

    #[test]
    fn a_bidder_opens_its_own_without_evaluators_or_rivals() {
        let own = bidder_file(&sample(), "A").unwrap();
        let opened = open_own(&own);
        adds_up(&opened);
        let text = serde_json::to_string(&opened).unwrap();
        assert!(!text.contains("Evaluator 1") && !text.contains("lowest price\",\"value") && !text.contains("90.00"));
        assert!(text.contains("Dates, but no names."));
    }
}
