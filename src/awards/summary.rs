//! Assessment summaries: what each assessed supplier is told, built from stored scores and reasons.
//!
//! Procurement Act 2023 s.50 and the Procurement Regulations 2024 reg. 31: scores for each criterion with an
//! explanation, sub-totals and total, why the tender did not win, and the winner’s information.

use crate::applications::Application;
use crate::evaluation::{EvaluationFile, Kind, bidder_file};
use crate::people::Organisation;
use crate::scoring::{Moderated, bid_id, words};
use crate::values::decimals::shown_decimal;
use crate::values::{Id, LocalDate};
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
    /// What the winner earned, when this is not the winner’s summary.
    pub winner_score: Option<String>,
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
    pub approved: &'a [Id<Application>],
    /// Bids that came before the winner and were passed over by the published way to choose among lots, with why.
    pub passed_over: &'a BTreeMap<Id<Application>, String>,
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
            None => self.approved.contains(&application.id),
        };
        let winner_scores: BTreeMap<&str, String> = match (&own.winner, won, self.winner) {
            (Some(winner), false, Some(_)) => {
                winner.scores.iter().filter_map(|s| Some((s.criterion.as_str(), s.score?.to_string()))).collect()
            }
            _ => BTreeMap::new(),
        };
        let parts = own
            .result
            .scores
            .iter()
            .filter_map(|scored| {
                let criterion = self.file.model.criterion(&scored.criterion)?;
                let agreed = self.agreed.get(&(application.id, scored.criterion.clone()));
                let level = agreed.and_then(|m| m.level).and_then(|level| match &criterion.kind {
                    Kind::Quality { levels } => levels
                        .iter()
                        .find(|l| i64::from(l.level) == level)
                        .map(|l| format!("Level {}: {}", l.level, l.text)),
                    _ => None,
                });
                let score = match (scored.score, scored.passed) {
                    (Some(score), _) => score.to_string(),
                    (None, Some(true)) => "Passed".to_owned(),
                    (None, Some(false)) => "Failed".to_owned(),
                    (None, None) => "Not scored".to_owned(),
                };
                let explanation = match agreed {
                    Some(agreed) => agreed.reason.clone(),
                    None => steps_in_words(scored),
                };
                Some(CriterionPart {
                    title: scored.title.clone(),
                    depth: scored.depth,
                    subtotal: matches!(criterion.kind, Kind::Group { .. }),
                    available: shown_decimal(scored.available),
                    score,
                    how: words::how_scored(criterion),
                    level,
                    explanation,
                    winner_score: winner_scores.get(scored.criterion.as_str()).cloned(),
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
            outcome: self.outcome(&organisation.name, won, own.result.rank, standing.as_deref()),
            why_not: match self.passed_over.get(&application.id) {
                _ if won => Vec::new(),
                Some(why) => vec![why.clone()],
                None => self.why_not(&own.result, standing.as_deref()),
            },
            own: parts,
            total,
            ranked_by,
            rank: own.result.rank,
            winner: self.winner.map(|(winner, organisation)| {
                let best = self.file.result.as_ref();
                let best = best.and_then(|r| r.bids.iter().find(|b| b.bid == bid_id(winner)));
                let (total, ranked_by) = best.map(|b| self.points_and_figure(b)).unwrap_or_default();
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

    /// The points, where the model gives any, and the figure in pounds, where it ranks by one.
    fn points_and_figure(&self, bid: &crate::evaluation::BidResult) -> (Option<String>, Option<String>) {
        let model = &self.file.model;
        let points = bid.total.filter(|_| model.criteria.iter().any(crate::evaluation::Criterion::carries_points));
        (points.map(|t| t.to_string()), bid.figure.and_then(|_| model.standing(bid.total, bid.figure)))
    }

    fn outcome(&self, name: &str, won: bool, rank: Option<u32>, standing: Option<&str>) -> String {
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

    fn why_not(&self, own: &crate::evaluation::BidResult, standing: Option<&str>) -> Vec<String> {
        if !own.exclusions.is_empty() {
            return own.exclusions.iter().map(|e| e.sentence.clone()).collect();
        }
        let Some(result) = &self.file.result else { return Vec::new() };
        match (self.winner, own.total, standing) {
            (Some((winner, organisation)), Some(total), Some(standing)) => {
                let best = result.bids.iter().find(|b| b.bid == bid_id(winner));
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
                vec![format!(
                    "{sentence} The contract goes to the tender that best satisfies the published award criteria."
                )]
            }
            _ => vec![
                "Other applications earned more points, or the money of the round was promised to them.".to_owned(),
            ],
        }
    }
}

fn steps_in_words(scored: &crate::evaluation::CriterionScore) -> String {
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
        crate::values::time::medium_date(self.made_on)
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
            if let Some(winner) = &part.winner_score {
                line(&format!("{indent}  The winner: {winner}"));
            }
            if let Some(level) = &part.level {
                line(&format!("{indent}  {level}"));
            }
            if !part.explanation.is_empty() {
                line(&format!("{indent}  Why: {}", part.explanation));
            }
            line(&format!("{indent}  How it was scored: {}", part.how));
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
