//! What the criteria of a call must have before it is published.

use super::figure_form::is_worked_out;
use super::model::{Call, CallKind, Terms};
use super::rules::{Missing, Section};
use crate::evaluation::{Criterion, Kind, PriceModel};

/// What the criteria lack, besides what the model itself finds.
pub fn missing(terms: &Terms, missing: &mut Vec<Missing>) {
    missing.extend(terms.model.problems().into_iter().map(|problem| Missing::of(Section::Criteria, problem)));
    let nodes = terms.model.nodes();
    let adjusted = matches!(terms.model.decider(), Some(PriceModel::ValueAdjusted { .. }));
    if adjusted {
        // Nothing but the price can carry points here, so what must be delivered is said by pass or fail.
        if !nodes.iter().any(|n| matches!(n.criterion.kind, Kind::PassFail { .. })) {
            missing.push(Missing::new(
                Section::Criteria,
                "calls/no-requirement",
                "Under an adjusted price nothing else is scored: add a pass or fail criterion that says what must be delivered.",
            ));
        }
    } else if !nodes.iter().any(|n| matches!(n.criterion.kind, Kind::Quality { .. })) {
        missing.push(Missing::new(
            Section::Criteria,
            "calls/no-quality",
            "Add at least one quality criterion: its title is the question that applicants answer.",
        ));
    }
    for node in nodes {
        if node.criterion.title.trim().is_empty() {
            missing.push(Missing::new(Section::Criteria, "calls/criterion-title", "Give every criterion a title."));
        }
        unworkable(terms, node.criterion, missing);
        if let Kind::Quality { levels } = &node.criterion.kind
            && levels.iter().any(|level| level.text.trim().is_empty())
        {
            missing.push(Missing::new(
                Section::Criteria,
                "calls/level-text",
                format!("Write a text for every level of “{}”.", node.criterion.title),
            ));
        }
    }
    for (id, most) in &terms.words {
        if terms.model.criterion(id).is_none() || *most == 0 {
            missing.push(Missing::new(
                Section::Criteria,
                "calls/words",
                "A limit of words belongs to a criterion and is at least 1.",
            ));
        }
    }
}

/// A tender that says nothing of equal totals: of two bids in first place nobody could be chosen. A first stage chooses
/// nobody, and in a round several may be chosen.
pub fn without_ties(call: &Call, missing: &mut Vec<Missing>) {
    let chooses_one = call.kind == CallKind::Tender && call.shortlists().is_none();
    if chooses_one && call.terms.0.model.ties.is_empty() {
        missing.push(Missing::new(
            Section::Criteria,
            "calls/no-tie-rule",
            "Say what settles equal totals: of two bids that come first together, nobody could be chosen without a rule.",
        ));
    }
}

/// Costs that no bidder could give, and figures that could not be worked out at the ranking.
fn unworkable(terms: &Terms, criterion: &Criterion, missing: &mut Vec<Missing>) {
    let title = &criterion.title;
    let mut wrong = |code, sentence: String| missing.push(Missing::new(Section::Criteria, code, sentence));
    match &criterion.kind {
        Kind::Cost { life, .. } if life.items.is_empty() => {
            wrong("calls/no-later-costs", format!("Say which later costs “{title}” counts."));
        }
        Kind::Figure { .. } if terms.round.is_none() => wrong(
            "calls/figure-in-tender",
            format!("“{title}” is worked out from an application to a round; a tender has none, so remove it."),
        ),
        Kind::Figure { measure, trial, .. } if trial.is_none() || !is_worked_out(*measure) => wrong(
            "calls/figure-unknown",
            format!("Say for “{title}” a figure that we work out, cover, loss, return or subsidy, and on which loan."),
        ),
        _ => {}
    }
}
