//! What only an investment round has: a fund, a pot, and the size of one investment.

use super::model::{RoundTerms, Terms};
use super::rules::{Missing, Section};
use crate::evaluation::Kind;
use crate::evaluation::panel::FEWEST_SHOWN;
use crate::values::Pence;

/// How many criteria the community panel decides.
pub fn votes(terms: &Terms) -> usize {
    terms.model.nodes().iter().filter(|node| matches!(node.criterion.kind, Kind::Panel { .. })).count()
}

/// What a round lacks.
pub fn missing(round: &RoundTerms, terms: &Terms, missing: &mut Vec<Missing>) {
    let mut wrong = |place, code, sentence: &str| missing.push(Missing::new(place, code, sentence.to_owned()));
    if round.fund.trim().is_empty() {
        wrong(Section::Money, "calls/fund", "Name the fund whose money it is.");
    }
    if round.pot <= Pence::ZERO {
        wrong(Section::Money, "calls/pot", "Say how much money the round has.");
    }
    if round.least <= Pence::ZERO || round.least > round.most || round.most > round.pot {
        wrong(
            Section::Money,
            "calls/amounts",
            "The least of one investment is more than £0, the most is no less than that, and the pot holds at least one.",
        );
    }
    if round.instruments.is_empty() {
        wrong(Section::Money, "calls/instruments", "Choose what may be offered.");
    }
    if terms.model.criteria.iter().any(crate::evaluation::Criterion::holds_price) {
        wrong(
            Section::Criteria,
            "calls/price-in-round",
            "Applicants to a round ask for an amount and name no price, so remove the price criterion.",
        );
    }
    if round.quorum.is_some_and(|quorum| !(1..=50).contains(&quorum)) {
        wrong(Section::Money, "calls/quorum", "Say how many members of the committee decide: 1 to 50.");
    }
    if votes(terms) > 1 {
        wrong(
            Section::Criteria,
            "calls/two-votes",
            "Residents vote once, so keep one criterion that the community panel decides.",
        );
    }
    // The builder's form refuses it at its field; a program may have sent the terms whole.
    let few = |kind: &Kind| matches!(kind, Kind::Panel { rule } if rule.quorum() < FEWEST_SHOWN);
    if terms.model.nodes().iter().any(|node| few(&node.criterion.kind)) {
        wrong(
            Section::Criteria,
            "calls/few-ballots",
            "Ask for at least five ballots in the residents’ vote. Of fewer only totals are shown, because a single vote \
             could be recognised, and nobody could count again.",
        );
    }
    if terms.eligibility.is_empty() {
        wrong(
            Section::Eligibility,
            "calls/no-eligibility",
            "Ask at least one question that tells whether somebody can apply.",
        );
    }
}
