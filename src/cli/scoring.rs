//! `commonweal scoring …`: what `evaluation` can do for a model or a decision in a file. Bad input is one sentence.

use crate::evaluation::catalogue;
use crate::evaluation::panel::{Ballot, Roll, tally};
use crate::evaluation::trace::{self, Opened};
use crate::evaluation::{
    self, BidderFile, EvaluationFile, Inputs, LowPriceReason, Model, PanelRule, bidder_file, canonical_json, in_words,
    rehearse_in_full, sensitivity, vary, without,
};
use crate::values::time::parse_date;
use crate::values::{Pence, RefusalInfo};
use clap::{Args, Subcommand};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Commands over files; none opens a database.
#[derive(Debug, Subcommand)]
pub(super) enum Scoring {
    /// Read a council's catalogue of social value from CSV, with errors by row.
    #[command(after_help = "Example:\n  commonweal scoring catalogue tests/examples/scoring/catalogue.csv")]
    Catalogue {
        /// CSV; the first row names the columns.
        file: PathBuf,
    },
    /// Try a model out before it is published: rank reversal, real weights, what wins, what a point costs.
    #[command(
        after_help = "Example:\n  commonweal scoring rehearse tests/examples/scoring/model.json --expected 180000 --seed 7"
    )]
    Rehearse {
        /// A model.
        file: PathBuf,
        /// The price you expect, in pounds.
        #[arg(long)]
        expected: Pence,
        #[command(flatten)]
        draws: Draws,
        /// Bids of each synthetic field.
        #[arg(long, default_value_t = 5)]
        bids: u32,
    },
    /// The hash of a model, as the notice names it.
    #[command(after_help = "Example:\n  commonweal scoring hash tests/examples/scoring/model.json")]
    Hash {
        /// A model.
        file: PathBuf,
    },
    /// Rank bids by a model; prints the decision as a file that `evaluate` recomputes.
    #[command(
        after_help = "Example:\n  commonweal scoring rank tests/examples/scoring/model.json --bids tests/examples/scoring/bids.json > decision.json"
    )]
    Rank {
        /// A model.
        file: PathBuf,
        /// The bids, as the `inputs` of a decision.
        #[arg(long, value_name = "FILE")]
        bids: PathBuf,
    },
    /// The smallest change of each score and weight that changes the winner, and how often each bid wins when scores vary.
    #[command(after_help = "Example:\n  commonweal scoring sensitivity decision.json --seed 7")]
    Sensitivity {
        /// A decision.
        file: PathBuf,
        #[command(flatten)]
        draws: Draws,
    },
    /// One bid's total, opened number by number.
    #[command(after_help = "Example:\n  commonweal scoring trace decision.json --bid T-2")]
    Trace {
        /// A decision, or a bidder's own file.
        file: PathBuf,
        /// The bid; not needed in a bidder's own file.
        #[arg(long)]
        bid: Option<String>,
    },
    /// The file that one bidder is given, which recomputes its own score.
    #[command(after_help = "Example:\n  commonweal scoring own decision.json --bid T-2")]
    Own {
        /// A decision.
        file: PathBuf,
        /// The bid.
        #[arg(long)]
        bid: String,
    },
    /// Rank again without a bid that fell away before the final decision; prints both rankings.
    #[command(
        after_help = "Example:\n  commonweal scoring without decision.json --bid T-1 --reason 'The supplier withdrew.'"
    )]
    Without {
        /// A decision.
        file: PathBuf,
        /// The bid.
        #[arg(long)]
        bid: String,
        /// Why it fell away.
        #[arg(long)]
        reason: String,
    },
    /// What promises are worth in pounds, beside the score and no part of it.
    #[command(after_help = "Example:\n  commonweal scoring worth decision.json --on 2026-11-24")]
    Worth {
        /// A decision.
        file: PathBuf,
        /// The day whose records hold.
        #[arg(long)]
        on: String,
    },
    /// The assessment summary of one bid, as text.
    #[command(after_help = "Example:\n  commonweal scoring summary decision.json --bid T-2")]
    Summary {
        /// A decision.
        file: PathBuf,
        /// The bid.
        #[arg(long)]
        bid: String,
    },
    /// Count a community panel's ballots.
    #[command(after_help = "Example:\n  commonweal scoring tally tests/examples/scoring/ballots.json")]
    Tally {
        /// Rule, applications, roll and ballots.
        file: PathBuf,
    },
}

/// How a seeded simulation is drawn.
#[derive(Debug, Args)]
pub(super) struct Draws {
    /// How many variations.
    #[arg(long, default_value_t = 10_000)]
    draws: u32,
    /// The same seed gives the same digits on every machine.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Ballots with everything that their tally needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BallotBox {
    rule: PanelRule,
    applications: Vec<String>,
    roll: Roll,
    ballots: Vec<Slip>,
}

/// A ballot, by itself or under the random name that the service publishes it by.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Slip {
    Named { ballot: Ballot },
    Plain(Ballot),
}

type Said = Result<String, String>;

/// Carries a command out and answers what is printed.
pub(super) fn carry_out(command: &Scoring) -> Said {
    match command {
        Scoring::Catalogue { file } => read_catalogue(file),
        Scoring::Rehearse { file, expected, draws, bids } => {
            let model: Model = read(file)?;
            shown(&rehearse_in_full(&model, *expected, *bids, draws.draws, draws.seed).map_err(sentence)?)
        }
        Scoring::Hash { file } => {
            let model: Model = read(file)?;
            model.check().map_err(sentence)?;
            Ok(evaluation::model_hash(&model))
        }
        Scoring::Rank { file, bids } => {
            let inputs: Inputs = read(bids)?;
            shown(&EvaluationFile::of(read(file)?, inputs).map_err(sentence)?)
        }
        Scoring::Sensitivity { file, draws } => firmness(&read(file)?, draws),
        Scoring::Trace { file, bid } => open(file, bid.as_deref()),
        Scoring::Own { file, bid } => shown(&own(file, bid)?),
        Scoring::Without { file, bid, reason } => {
            let (after, both) = without(&read(file)?, bid, reason).map_err(sentence)?;
            shown(&serde_json::json!({ "reranking": both, "file": after }))
        }
        Scoring::Worth { file, on } => {
            let decision: EvaluationFile = read(file)?;
            let on = parse_date(on).map_err(|error| error.to_string())?;
            shown(&evaluation::social_value::worth(&decision.model, &decision.inputs, on, None).map_err(sentence)?)
        }
        Scoring::Summary { file, bid } => {
            let decision: EvaluationFile = read(file)?;
            Ok(summary(&decision, &own(file, bid)?))
        }
        Scoring::Tally { file } => {
            let found: BallotBox = read(file)?;
            let ballots: Vec<Ballot> = found
                .ballots
                .into_iter()
                .map(|slip| match slip {
                    Slip::Named { ballot } | Slip::Plain(ballot) => ballot,
                })
                .collect();
            shown(&tally(&found.rule, &found.applications, &ballots, found.roll).map_err(sentence)?)
        }
    }
}

fn sentence(refusal: impl RefusalInfo) -> String {
    refusal.sentence()
}

fn shown<T: Serialize>(value: &T) -> Said {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    serde_json::from_str(&super::read(path)?).map_err(|error| format!("{} cannot be used: {error}.", path.display()))
}

fn read_catalogue(path: &Path) -> Said {
    let text = super::read(path)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("{} is not CSV: {error}.", path.display()))?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    match catalogue::import(&rows) {
        Ok(measures) => shown(&measures),
        Err(errors) => {
            let told: Vec<String> =
                errors.iter().map(|e| format!("row {}, {}: {}", e.row, e.column, e.sentence)).collect();
            Err(format!("The catalogue was not taken. {}", told.join(" ")))
        }
    }
}

fn firmness(file: &EvaluationFile, draws: &Draws) -> Said {
    let firm = sensitivity(&file.model, &file.inputs).map_err(sentence)?;
    let varied = vary(&file.model, &file.inputs, draws.draws, draws.seed).map_err(sentence)?;
    let name =
        |bid: &str| file.inputs.bids.iter().find(|b| b.id == bid).map_or_else(|| bid.to_owned(), |b| b.name.clone());
    let title = |id: &str| file.model.criterion(id).map_or_else(|| id.to_owned(), |c| c.title.clone());
    let words = in_words(&firm, &varied, name, title);
    shown(&serde_json::json!({ "in_words": words, "smallest_changes": firm, "variations": varied }))
}

fn open(path: &Path, bid: Option<&str>) -> Said {
    let opened: Opened = if let Some(bid) = bid {
        let file: EvaluationFile = read(path)?;
        trace::open(&file, bid).ok_or_else(|| format!("The file holds no result for the bid “{bid}”."))?
    } else {
        trace::open_own(&read::<BidderFile>(path)?)
    };
    shown(&opened)
}

fn own(path: &Path, bid: &str) -> Result<BidderFile, String> {
    let file: EvaluationFile = read(path)?;
    bidder_file(&file, bid).ok_or_else(|| format!("The file holds no result for the bid “{bid}”."))
}

/// What a supplier is told: its outcome, each criterion with its score and the agreed reason, and the winner's scores.
fn summary(decision: &EvaluationFile, own: &BidderFile) -> String {
    let mut lines =
        vec![format!("Assessment summary: {}", own.model.title), format!("{} ({})", own.bid.name, own.bid.id)];
    // Points, or where a figure in pounds ranks, that figure.
    let standing = |total: Option<Decimal>, figure: Option<Decimal>| match figure {
        Some(_) => decision.model.standing(total, figure),
        None => total.map(|total| format!("{total} points")),
    };
    let with = standing(own.result.total, own.result.figure).map(|by| format!(", with {by}")).unwrap_or_default();
    lines.push(match own.result.rank {
        Some(1) if own.winner.as_ref().is_some_and(|w| w.bid == own.bid.id) => format!("First{with}."),
        Some(rank) => format!("Place {rank}{with}."),
        None => "Left out of the ranking.".to_owned(),
    });
    lines.extend(own.result.exclusions.iter().map(|e| e.sentence.clone()));
    let low = decision.result.iter().flat_map(|r| &r.low_prices).filter(|f| f.bid == own.bid.id);
    let asked = |reason: LowPriceReason| match reason {
        LowPriceReason::BelowMean => "far below the others",
        LowPriceReason::BelowNext => "far below the next",
        LowPriceReason::BelowLivingWage => "below the living wage for the hours offered",
    };
    lines.extend(low.map(|flag| format!("The price was looked into because it is {}.", asked(flag.reason))));
    for score in &own.result.scores {
        let indent = "  ".repeat(usize::try_from(score.depth).unwrap_or_default());
        let earned = match (score.score, score.passed) {
            (Some(points), _) => format!("{points} of {}", score.available),
            (None, Some(passed)) => if passed { "passed" } else { "failed" }.to_owned(),
            (None, None) => "not scored".to_owned(),
        };
        let winners = own
            .winner
            .as_ref()
            .filter(|w| w.bid != own.bid.id)
            .and_then(|w| w.scores.iter().find(|s| s.criterion == score.criterion).and_then(|s| s.score));
        let beside = winners.map(|points| format!(" (winner {points})")).unwrap_or_default();
        lines.push(format!("{indent}{}: {earned}{beside}", score.title));
        for agreed in own.bid.agreed.iter().filter(|a| a.criterion == score.criterion) {
            lines.push(format!("{indent}  {}", agreed.reason));
        }
    }
    if let Some(winner) = own.winner.as_ref().filter(|w| w.bid != own.bid.id) {
        let figure = decision.result.iter().flat_map(|r| &r.bids).find(|b| b.bid == winner.bid).and_then(|b| b.figure);
        let with = standing(winner.total, figure).map(|by| format!(" with {by}")).unwrap_or_default();
        lines.push(format!("Winner: {} ({}){with}.", winner.name, winner.bid));
    }
    lines.push(format!("Model {}", own.model_hash));
    lines.push(format!("Own answers {}", hex_of(&canonical_json(&own.bid))));
    lines.join("\n")
}

fn hex_of(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text.as_bytes()))
}
