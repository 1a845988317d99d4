//! Assessment summaries: what each assessed supplier is told, built from stored scores and reasons.
//!
//! Procurement Act 2023 s.50 and the Procurement Regulations 2024 reg. 31: scores for each criterion with an
//! explanation, sub-totals and total, why the tender did not win, and the winner’s information: the same of the winner’s
//! tender. Of its price and promises, which are confidential, only the score is told.

use super::committee::Standing;
use super::model::{Award, AwardState};
use crate::applications::Application;
use crate::evaluation::{BidResult, Criterion, CriterionScore, EvaluationFile, Kind, TieRule, bidder_file, parted_by};
use crate::people::Organisation;
use crate::scoring::{Moderated, bid_id, words};
use crate::values::decimals::shown_decimal;
use crate::values::time::medium_date;
use crate::values::{Id, Instant, LocalDate, Pence, counted_with};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One supplier’s summary, whole in itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The call’s reference and title.
    pub call: String,
    /// The authority.
    pub authority: String,
    /// The supplier.
    pub supplier: String,
    /// Reference of its bid.
    pub bid: String,
    /// Whether this is a tender, so that the Act’s words are used.
    pub tender: bool,
    /// The day it was made.
    pub made_on: LocalDate,
    /// That it takes the place of an earlier one, where the award of that fell away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// The result in a sentence.
    pub outcome: String,
    /// Why it did not win, further to the scores; empty for the winner.
    pub why_not: Vec<String>,
    /// Every criterion of its own bid.
    pub own: Vec<CriterionPart>,
    /// Its total, where points were given.
    pub total: Option<String>,
    /// What it was ranked by, where that is a figure in pounds.
    pub ranked_by: Option<String>,
    /// Its place.
    pub rank: Option<u32>,
    /// The winner, for a tender.
    pub winner: Option<WinnerPart>,
}

/// One criterion of a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionPart {
    /// As published.
    pub title: String,
    /// 0 at the top of the tree.
    pub depth: u32,
    /// Whether it is the sub-total of the criteria below it.
    pub subtotal: bool,
    /// Points that could be earned, out of 100.
    pub available: String,
    /// Points earned; a word for pass/fail criteria.
    pub score: String,
    /// How it was scored and which scores there were.
    pub how: String,
    /// The agreed level with its text, for a quality criterion.
    pub level: Option<String>,
    /// Why, with reference to the bid.
    pub explanation: String,
    /// What the winner earned, when this is not the winner’s summary; a word for pass/fail criteria.
    pub winner_score: Option<String>,
    /// The level that was agreed for the winner, with its text.
    #[serde(default)]
    pub winner_level: Option<String>,
    /// Why, as the panel agreed it of the winner. Of what is worked out from the winner’s price and promises only the score
    /// is told: the steps hold what is confidential.
    #[serde(default)]
    pub winner_explanation: Option<String>,
}

/// What everybody is told of the winner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WinnerPart {
    /// Name.
    pub name: String,
    /// Postal address.
    pub address: String,
    /// Email address.
    pub email: String,
    /// Unique identifier.
    pub identifier: String,
    /// Total.
    pub total: Option<String>,
    /// What it was ranked by, where that is a figure in pounds.
    pub ranked_by: Option<String>,
}

/// How a recommendation or an offer of a round ended without an investment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The committee decided against it. What each member said is theirs; how they voted decided it.
    NotApproved {
        /// The day.
        on: LocalDate,
        /// How its members voted.
        votes: Standing,
    },
    /// The applicant declined the offer.
    Declined {
        /// What was offered.
        value: Pence,
        /// The day.
        on: LocalDate,
    },
    /// The applicant did not answer the offer in time.
    Lapsed {
        /// What was offered.
        value: Pence,
        /// The last instant to answer.
        by: Instant,
    },
}

impl Ended {
    /// How an award ended, with what its committee voted; none while it stands.
    pub(super) fn of(award: &Award, votes: Standing) -> Option<Ended> {
        match award.state {
            AwardState::DeclinedByCommittee => Some(Ended::NotApproved { on: award.approved_at?.date(), votes }),
            AwardState::Declined => Some(Ended::Declined { value: award.value, on: award.answered_at?.date() }),
            AwardState::Lapsed => Some(Ended::Lapsed { value: award.value, by: award.offer_answer_by? }),
            _ => None,
        }
    }

    fn why(self) -> String {
        match self {
            Ended::NotApproved { on, votes: Standing { favour, against, .. } } => format!(
                "It was recommended for an investment. The committee voted on it, {favour} for and {against} against, and \
                 decided on {} not to invest.",
                medium_date(on)
            ),
            Ended::Declined { on, .. } => {
                format!("The offer was declined on {}, so no investment is made.", medium_date(on))
            }
            Ended::Lapsed { by, .. } => {
                format!("The offer could be answered until {} and was not, so no investment is made.", by.long())
            }
        }
    }
}

/// What summaries of a call are built from.
#[derive(Debug)]
pub struct Source<'a> {
    /// Reference and title of the call.
    pub call: String,
    /// Name of the authority.
    pub authority: String,
    /// Whether the call is a tender.
    pub tender: bool,
    /// The signed ranking.
    pub file: &'a EvaluationFile,
    /// What stands agreed.
    pub agreed: &'a BTreeMap<(Id<Application>, String), Moderated>,
    /// The winning bid of a tender with its organisation.
    pub winner: Option<(&'a Application, &'a Organisation)>,
    /// Bids of a round that were approved.
    pub approved: &'a [&'a Application],
    /// Recommendations and offers of a round that led to nothing, by their applications.
    pub ended: &'a BTreeMap<Id<Application>, Ended>,
    /// Bids that came before the winner and were passed over by the published way to choose among lots, with why.
    pub passed_over: &'a BTreeMap<Id<Application>, String>,
    /// The day of the summaries that told of an award which fell away.
    pub replaces: Option<LocalDate>,
    /// The day.
    pub today: LocalDate,
}

impl Source<'_> {
    /// The summary of one bid; `None` when the ranking does not hold it.
    #[must_use]
    pub fn summary(&self, application: &Application, organisation: &Organisation) -> Option<Summary> {
        let bid = bid_id(application);
        let own = bidder_file(self.file, &bid)?;
        let won = match self.winner {
            Some((winner, _)) => winner.id == application.id,
            None => self.approved.iter().any(|approved| approved.id == application.id),
        };
        let ended = self.ended.get(&application.id).copied();
        // Where lots are chosen the winner need not be first in the ranking.
        let rival = self.winner.filter(|_| !won).map(|(winner, _)| winner);
        let rivals = rival.and_then(|winner| self.result_of(winner));
        let parts = own
            .result
            .scores
            .iter()
            .filter_map(|scored| {
                let criterion = self.file.model.criterion(&scored.criterion)?;
                let agreed = self.agreed.get(&(application.id, scored.criterion.clone()));
                let theirs = rival.and_then(|winner| self.agreed.get(&(winner.id, scored.criterion.clone())));
                let earned = rivals.and_then(|r| r.scores.iter().find(|s| s.criterion == scored.criterion));
                let explanation = match agreed {
                    Some(agreed) => agreed.reason.clone(),
                    None => steps_in_words(scored),
                };
                Some(CriterionPart {
                    title: scored.title.clone(),
                    depth: scored.depth,
                    subtotal: matches!(criterion.kind, Kind::Group { .. }),
                    available: shown_decimal(scored.available),
                    score: score_words(scored).unwrap_or_else(|| "Not scored".to_owned()),
                    how: words::how_scored(criterion),
                    level: level_words(criterion, agreed),
                    explanation,
                    winner_score: earned.and_then(score_words),
                    winner_level: level_words(criterion, theirs),
                    winner_explanation: theirs.map(|m| m.reason.clone()),
                })
            })
            .collect();
        let standing = self.file.model.standing(own.result.total, own.result.figure);
        let (total, ranked_by) = self.points_and_figure(&own.result);
        Some(Summary {
            call: self.call.clone(),
            authority: self.authority.clone(),
            supplier: organisation.name.clone(),
            bid,
            tender: self.tender,
            made_on: self.today,
            replaces: self.replaces.map(|day| {
                let day = medium_date(day);
                format!("This takes the place of what you were told on {day}: the award of that day has fallen away.")
            }),
            outcome: self.outcome(&organisation.name, won, ended, own.result.rank, standing.as_deref()),
            why_not: match self.passed_over.get(&application.id) {
                _ if won => Vec::new(),
                Some(why) => vec![why.clone()],
                None => self.why_not(&own.result, ended, standing.as_deref()),
            },
            own: parts,
            total,
            ranked_by,
            rank: own.result.rank,
            winner: self.winner.map(|(winner, organisation)| {
                let (total, ranked_by) = self.result_of(winner).map(|b| self.points_and_figure(b)).unwrap_or_default();
                let profile = &organisation.profile.0;
                WinnerPart {
                    name: organisation.name.clone(),
                    address: profile.address.clone(),
                    email: profile.contact_email.clone(),
                    identifier: profile.register_id.clone(),
                    total,
                    ranked_by,
                }
            }),
        })
    }

    fn result_of(&self, application: &Application) -> Option<&BidResult> {
        let bid = bid_id(application);
        self.file.result.as_ref()?.bids.iter().find(|b| b.bid == bid)
    }

    /// The points, where the model gives any, and the figure in pounds, where it ranks by one.
    fn points_and_figure(&self, bid: &BidResult) -> (Option<String>, Option<String>) {
        let model = &self.file.model;
        let points = bid.total.filter(|_| model.criteria.iter().any(Criterion::carries_points));
        (points.map(|t| t.to_string()), bid.figure.and_then(|_| model.standing(bid.total, bid.figure)))
    }

    fn outcome(
        &self,
        name: &str,
        won: bool,
        ended: Option<Ended>,
        rank: Option<u32>,
        standing: Option<&str>,
    ) -> String {
        match (ended, standing) {
            (Some(Ended::Declined { value, .. }), Some(standing)) => {
                return format!("{name} was chosen for investment with {standing} and declined the offer of {value}.");
            }
            (Some(Ended::Lapsed { value, .. }), Some(standing)) => {
                return format!("{name} was chosen for investment with {standing}. The offer of {value} lapsed.");
            }
            _ => {}
        }
        match (won, rank, standing) {
            (true, _, Some(standing)) if self.tender => format!("{name} is the winner with {standing}."),
            (true, _, Some(standing)) => format!("{name} is chosen for investment with {standing}."),
            (false, Some(rank), Some(standing)) => {
                let of = self.file.result.as_ref().map_or(0, |r| r.ranking.len());
                format!("{name} is not successful. It came in place {rank} of {of} with {standing}.")
            }
            _ => format!("{name} is not successful: its application was left out of the ranking."),
        }
    }

    fn why_not(&self, own: &BidResult, ended: Option<Ended>, standing: Option<&str>) -> Vec<String> {
        if !own.exclusions.is_empty() {
            return own.exclusions.iter().map(|e| e.sentence.clone()).collect();
        }
        if self.file.result.is_none() {
            return Vec::new();
        }
        match (self.winner, own.total, standing) {
            (Some((winner, organisation)), Some(total), Some(standing)) => {
                let best = self.result_of(winner);
                let sentence = if own.figure.is_some() {
                    let best = best.and_then(|b| self.file.model.standing(b.total, b.figure)).unwrap_or_default();
                    format!(
                        "{} was ranked by {best}, this tender by {standing}; the lowest is first.",
                        organisation.name
                    )
                } else {
                    let best = best.and_then(|b| b.total).map(|t| t.to_string()).unwrap_or_default();
                    format!("{} earned {best} points in total, this tender {total}.", organisation.name)
                };
                let tie = parted_by(self.file, &bid_id(winner), &own.bid);
                let level = tie.map(|rule| format!(" {}", self.tie_words(rule))).unwrap_or_default();
                vec![format!(
                    "{sentence}{level} The contract goes to the tender that best satisfies the published award criteria."
                )]
            }
            _ => vec![ended.map_or_else(|| self.not_recommended(own), Ended::why)],
        }
    }

    /// By which published rule one of two level tenders came before the other.
    fn tie_words(&self, rule: &TieRule) -> String {
        let first = match rule {
            TieRule::Criterion { criterion } => {
                format!("the tender with more points for “{}”", words::title_of(self.file, criterion))
            }
            TieRule::SocialValue => "the tender with more points for social value".to_owned(),
            TieRule::Quality => "the tender with more points for quality".to_owned(),
            TieRule::Price => "the tender with the lower price".to_owned(),
            TieRule::Draw { .. } => {
                "the tender that came first in the draw, whose seed was committed to beforehand,".to_owned()
            }
        };
        format!("The two are level, and the published rule for equal totals puts {first} first.")
    }

    /// Why nothing was offered to an application of a round that nobody recommended: what is known, and no more.
    fn not_recommended(&self, own: &BidResult) -> String {
        let before = |chosen: &&&Application| {
            let theirs = self.result_of(chosen).and_then(|b| b.rank);
            theirs.zip(own.rank).is_some_and(|(theirs, own)| theirs < own)
        };
        match self.approved.iter().filter(before).count() {
            0 => "It was not recommended for an investment.".to_owned(),
            chosen => format!(
                "It was not recommended for an investment. Of those before it in the ranking, {} chosen.",
                counted_with(chosen, "applications", "was", "were")
            ),
        }
    }
}

/// Points, or a word for a pass/fail criterion; none where nothing was scored.
fn score_words(scored: &CriterionScore) -> Option<String> {
    match (scored.score, scored.passed) {
        (Some(score), _) => Some(score.to_string()),
        (None, Some(true)) => Some("Passed".to_owned()),
        (None, Some(false)) => Some("Failed".to_owned()),
        (None, None) => None,
    }
}

/// The agreed level with its text, for a quality criterion.
fn level_words(criterion: &Criterion, agreed: Option<&Moderated>) -> Option<String> {
    let level = agreed?.level?;
    let Kind::Quality { levels } = &criterion.kind else { return None };
    let found = levels.iter().find(|l| i64::from(l.level) == level)?;
    Some(format!("Level {}: {}", found.level, found.text))
}

fn steps_in_words(scored: &CriterionScore) -> String {
    let mut words = String::new();
    for step in &scored.steps {
        let inputs: Vec<String> = step.inputs.iter().map(|i| format!("{} {}", i.name, i.value)).collect();
        let _ = write!(words, "{}: {}", step.title, step.formula);
        if !inputs.is_empty() {
            let _ = write!(words, " ({})", inputs.join(", "));
        }
        let _ = write!(words, " = {}. ", step.rounded);
    }
    words.trim_end().to_owned()
}

impl CriterionPart {
    /// How well the winner did in a word: its level, or its score.
    #[must_use]
    pub fn winner_words(&self) -> Option<&str> {
        self.winner_level.as_deref().or(self.winner_score.as_deref())
    }
}

impl WinnerPart {
    /// Address, email and identifier, those that are known.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        [&self.address, &self.email, &self.identifier].into_iter().filter(|l| !l.is_empty()).cloned().collect()
    }
}

impl Summary {
    /// The day it was made, for people.
    #[must_use]
    pub fn made_words(&self) -> String {
        medium_date(self.made_on)
    }

    /// Whether it says why the winner was scored as it was.
    #[must_use]
    pub fn explains_winner(&self) -> bool {
        self.own.iter().any(|part| part.winner_explanation.is_some())
    }

    /// The heading of page, file and mail.
    #[must_use]
    pub fn title(&self) -> &'static str {
        if self.tender { "Assessment summary" } else { "How your application was assessed" }
    }

    /// As plain text, for mail and download.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |words: &str| {
            text.push_str(words);
            text.push('\n');
        };
        line(self.title());
        line(&self.call);
        line(&format!("{} to {} ({})", self.authority, self.supplier, self.bid));
        line(&self.made_words());
        if let Some(words) = &self.replaces {
            line(words);
        }
        line("");
        line(&self.outcome);
        for why in &self.why_not {
            line(why);
        }
        line("");
        for part in &self.own {
            let indent = "  ".repeat(usize::try_from(part.depth).unwrap_or(0));
            let kind = if part.subtotal { " (sub-total)" } else { "" };
            line(&format!("{indent}{}{kind}: {} of {}", part.title, part.score, part.available));
            if let Some(level) = &part.level {
                line(&format!("{indent}  {level}"));
            }
            if !part.explanation.is_empty() {
                line(&format!("{indent}  Why: {}", part.explanation));
            }
            line(&format!("{indent}  How it was scored: {}", part.how));
            if let Some(winner) = &part.winner_score {
                let level = part.winner_level.as_ref().map(|level| format!(". {level}")).unwrap_or_default();
                line(&format!("{indent}  The winner: {winner}{level}"));
            }
            if let Some(why) = &part.winner_explanation {
                line(&format!("{indent}  Why the winner: {why}"));
            }
        }
        if let Some(total) = &self.total {
            line(&format!("Total: {total} of 100"));
        }
        if let Some(figure) = &self.ranked_by {
            line(&format!("Ranked by: {figure}"));
        }
        if let Some(winner) = &self.winner {
            line("");
            line("The winner");
            for words in [&winner.name, &winner.address, &winner.email, &winner.identifier] {
                if !words.is_empty() {
                    line(words);
                }
            }
            if let Some(total) = &winner.total {
                line(&format!("Total: {total} of 100"));
            }
            if let Some(figure) = &winner.ranked_by {
                line(&format!("Ranked by: {figure}"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As it was stored before the winner's level and reason were told.
    fn stored() -> Summary {
        serde_json::from_value(json!({
            "call": "T-2026-0007 Kitchens", "authority": "Northbridge Council", "supplier": "Birch Meals", "bid": "B-2",
            "tender": true, "made_on": "2026-12-07", "outcome": "Birch Meals is not successful.", "why_not": [],
            "own": [{
                "title": "Delivery plan", "depth": 0, "subtotal": false, "available": "50", "score": "25.00",
                "how": "By levels", "level": "Level 2: Dates", "explanation": "Dates and no names", "winner_score": "50.00",
            }, {
                "title": "Price", "depth": 0, "subtotal": false, "available": "50", "score": "50.00", "how": "Lowest",
                "level": null, "explanation": "Lowest over price", "winner_score": "45.00",
            }],
            "total": "75.00", "ranked_by": null, "rank": 2,
            "winner": {
                "name": "Alder Kitchens", "address": "", "email": "", "identifier": "", "total": "95.00", "ranked_by": null,
            },
        }))
        .unwrap()
    }

    #[test]
    fn a_summary_of_before_still_reads_and_says_of_the_winner_what_it_said() {
        let summary = stored();
        assert!(!summary.explains_winner());
        let text = summary.text();
        assert!(text.contains("  The winner: 50.00\n") && !text.contains("Why the winner"), "{text}");
    }

    #[test]
    fn a_summary_says_at_which_level_and_why_the_winner_scored_as_it_did() {
        let mut summary = stored();
        summary.own[0].winner_level = Some("Level 4: Dates and names".to_owned());
        summary.own[0].winner_explanation = Some("Every kitchen has its date and its cook".to_owned());
        assert!(summary.explains_winner());
        assert_eq!(summary.own[0].winner_words(), Some("Level 4: Dates and names"));
        let text = summary.text();
        let told = "  The winner: 50.00. Level 4: Dates and names\n  Why the winner: Every kitchen has its date and its cook\n";
        assert!(text.contains(told), "{text}");
        // Of a price nothing but the score.
        assert_eq!(summary.own[1].winner_words(), Some("45.00"));
        assert!(text.contains("  The winner: 45.00\n"), "{text}");
    }
}
