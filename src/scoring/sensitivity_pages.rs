//! Pages of officers and auditors: how firmly the winner stands.

use super::firmness::{self, Firmness};
use super::pages::form_shell;
use super::words;
use crate::calls::Call;
use crate::error::{Error, Result};
use crate::evaluation::{EvaluationFile, Kind};
use crate::http::chart::{CompareBar, CompareBars, Heading, Unit};
use crate::http::{Answer, FormState, Shell, Visit, attachment, page};
use crate::values::Id;
use crate::values::decimals::{group_thousands, shown_decimal, shown_percent};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Most rows of one table on the page; the file has all.
const MOST_ROWS: usize = 100;

/// What moves, from, to, and who would then be first.
type Change = (String, String, String, String);

/// What the page shows of a ranking.
struct Shown {
    sentence: String,
    weights: Vec<Change>,
    scores: Vec<Change>,
    /// Scores that change nothing however far they move.
    firm_scores: usize,
    more_scores: usize,
    chart: String,
    shares: Vec<(String, String, String, String)>,
    undecided: String,
    draws: String,
    seed: u64,
    hash: String,
    /// Bids that are left out now because a score is below a published minimum.
    below_minimum: Vec<String>,
}

#[derive(Template)]
#[template(path = "scoring/sensitivity.html")]
struct SensitivityPage {
    shell: Shell,
    call: Call,
    shown: Option<Shown>,
    most_bids: usize,
}

impl SensitivityPage {
    fn sent(&self) -> words::Sent {
        words::Sent::to(&self.call)
    }
}

fn first(file: &EvaluationFile, winner: Option<&String>) -> String {
    winner.map_or("nobody alone", |bid| words::name_of(file, bid)).to_owned()
}

/// Every weight, the ones that could turn the result first, the nearest change before the further ones.
fn weights(file: &EvaluationFile, firm: &Firmness) -> Vec<Change> {
    let found = &firm.smallest_changes.weights;
    let mut nearest: Vec<_> = found.iter().collect();
    nearest.sort_by_key(|w| (w.to - w.from).abs());
    let mut rows: Vec<Change> = nearest
        .into_iter()
        .map(|w| {
            (
                words::title_of(file, &w.criterion).to_owned(),
                format!("{}%", shown_decimal(w.from)),
                format!("{}%", shown_decimal(w.to)),
                first(file, w.winner.as_ref()),
            )
        })
        .collect();
    rows.extend(file.model.nodes().into_iter().filter_map(|node| {
        let weight = node.criterion.weight?;
        let moves = found.iter().any(|w| w.criterion == node.criterion.id);
        (!moves).then(|| {
            (
                node.criterion.title.clone(),
                format!("{}%", shown_decimal(weight)),
                "no weight does".to_owned(),
                "the same".to_owned(),
            )
        })
    }));
    rows
}

fn scores(file: &EvaluationFile, firm: &Firmness) -> Vec<Change> {
    let mut nearest: Vec<_> = firm.smallest_changes.scores.iter().collect();
    nearest.sort_by_key(|s| s.from.abs_diff(s.to));
    nearest
        .into_iter()
        .map(|s| {
            (
                format!("{}, “{}”", words::name_of(file, &s.bid), words::title_of(file, &s.criterion)),
                format!("level {}", s.from),
                format!("level {}", s.to),
                first(file, s.winner.as_ref()),
            )
        })
        .collect()
}

fn shown(file: &EvaluationFile, firm: &Firmness, sent: words::Sent) -> Result<Shown> {
    let varied = &firm.variations;
    let mut shares: Vec<_> = varied.bids.iter().collect();
    shares.sort_by(|a, b| b.wins.cmp(&a.wins).then(a.bid.cmp(&b.bid)));
    let percent = |part: Decimal| part * Decimal::ONE_HUNDRED;
    let bars = shares
        .iter()
        .map(|one| CompareBar {
            name: words::name_of(file, &one.bid).to_owned(),
            said: None,
            real: percent(one.share),
            note: format!("± {}", shown_decimal(crate::values::round_half_up(percent(one.standard_error), 2))),
        })
        .collect();
    let finding = shares.first().map_or_else(String::new, |one| {
        format!("{} wins in {} of all variations", words::name_of(file, &one.bid), shown_percent(one.share, 1))
    });
    let heading = Heading::new(
        "wins",
        format!("Share of variations that each {} wins", sent.what),
        finding,
        format!("Per cent of variations that {} wins alone, with its standard error.", sent.one),
    );
    let chart = CompareBars { heading, said: "", real: "", unit: Unit::percent(1), bars }.render()?;
    let all = scores(file, firm);
    let quality = file.model.nodes().iter().filter(|n| matches!(n.criterion.kind, Kind::Quality { .. })).count();
    // Who is left out for anything but a minimum is no part of the variations.
    let gone = file
        .result
        .iter()
        .flat_map(|r| &r.bids)
        .filter(|b| b.exclusions.iter().any(|e| e.code != "below-minimum"))
        .count();
    let bids = file.inputs.bids.len() - gone;
    let moved: BTreeSet<_> =
        firm.smallest_changes.scores.iter().map(|s| (s.bid.as_str(), s.criterion.as_str())).collect();
    Ok(Shown {
        sentence: firm.in_words.clone(),
        weights: weights(file, firm),
        firm_scores: (quality * bids).saturating_sub(moved.len()),
        more_scores: all.len().saturating_sub(MOST_ROWS),
        scores: all.into_iter().take(MOST_ROWS).collect(),
        chart,
        shares: shares
            .iter()
            .map(|one| {
                (
                    words::name_of(file, &one.bid).to_owned(),
                    group_thousands(&one.wins.to_string()),
                    shown_percent(one.share, 2),
                    shown_percent(one.standard_error, 2),
                )
            })
            .collect(),
        undecided: group_thousands(&varied.undecided.to_string()),
        draws: group_thousands(&varied.draws.to_string()),
        seed: varied.seed,
        hash: firm.ranking_hash.clone(),
        below_minimum: file
            .result
            .iter()
            .flat_map(|r| &r.bids)
            .filter(|b| !b.exclusions.is_empty() && b.exclusions.iter().all(|e| e.code == "below-minimum"))
            .map(|b| words::name_of(file, &b.bid).to_owned())
            .collect(),
    })
}

/// `GET /desk/calls/{id}/sensitivity`
///
/// # Errors
/// Denied, NotFound.
pub async fn sensitivity(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, ranking, firm) = firmness::of_call(&visit.app, &visit.actor, *id).await?;
    let shown = match (&ranking, &firm) {
        (Some(ranking), Some(firm)) => Some(shown(&ranking.file.0, firm, words::Sent::to(&call))?),
        _ => None,
    };
    page(&SensitivityPage {
        shell: form_shell(&visit, "How firm is the result?", &FormState::empty()),
        call,
        shown,
        most_bids: firmness::MOST_BIDS,
    })
}

/// `GET /desk/calls/{id}/sensitivity.json`: the same as a file.
///
/// # Errors
/// Denied, NotFound before there is a ranking.
pub async fn file(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, _, firm) = firmness::of_call(&visit.app, &visit.actor, *id).await?;
    let firm = firm.ok_or(Error::NotFound)?;
    let text = serde_json::to_string_pretty(&firm).map_err(Error::from)?;
    attachment(&format!("{}-sensitivity.json", call.reference), "application/json", text.into_bytes())
}
