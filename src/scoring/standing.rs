//! The ranking as the moderation page lists it: places, what they are ranked by, and what would change the first.

use super::desk::Desk;
use super::{bid_id, words};
use crate::evaluation::price::pounds_words;
use crate::evaluation::{EvaluationFile, Model, PriceModel, Sensitivity};
use crate::values::Pence;
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;

/// A place in the ranking.
pub(super) struct Place {
    pub(super) rank: String,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) sub: String,
    pub(super) tag: Option<&'static str>,
    pub(super) points: Vec<String>,
    pub(super) price: String,
    pub(super) total: String,
    pub(super) behind: String,
}

/// Heading of what bids are ranked by.
pub(super) fn ranked_by(model: &Model) -> &'static str {
    match model.decider() {
        None => "Total",
        Some(PriceModel::ValueAdjusted { .. }) => "Adjusted price",
        Some(_) => "Price for a point",
    }
}

fn price_of(file: &EvaluationFile, bid: &str) -> String {
    let prices = file.inputs.bids.iter().find(|b| b.id == bid).map(|b| b.prices.iter().map(|p| p.price));
    match prices.map(Pence::total) {
        Some(Ok(total)) if !total.is_zero() => total.to_string(),
        _ => String::new(),
    }
}

/// The heads of the columns of points, and the places by rank; none before there is a result.
pub(super) fn places(found: &Desk, file: &EvaluationFile) -> (Vec<String>, Vec<Place>) {
    let top: Vec<_> = file.model.criteria.iter().filter(|c| c.carries_points()).collect();
    let heads = top.iter().map(|c| format!("{} ({}%)", c.title, shown_decimal(c.weight.unwrap_or_default()))).collect();
    let Some(result) = &file.result else { return (heads, Vec::new()) };
    let best = result.ranking.first().map(|r| r.total).unwrap_or_default();
    let best_figure = result.ranking.first().and_then(|r| r.figure);
    let places = result
        .ranking
        .iter()
        .filter_map(|ranked| {
            let bid = result.bids.iter().find(|b| b.bid == ranked.bid)?;
            let opened = found.bids.iter().find(|b| bid_id(&b.application) == ranked.bid)?;
            let enquiry = found.enquiries.iter().find(|e| e.application_id == opened.application.id);
            let gap = ranked.total - best;
            let (total, behind) = match ranked.figure {
                Some(figure) => {
                    let more = best_figure.map_or(Decimal::ZERO, |best| figure - best);
                    (
                        pounds_words(figure),
                        if more.is_zero() { String::new() } else { format!("+{}", pounds_words(more)) },
                    )
                }
                None if gap.is_zero() => (ranked.total.to_string(), String::new()),
                None => (ranked.total.to_string(), format!("−{}", gap.abs())),
            };
            Some(Place {
                rank: ranked.rank.to_string(),
                name: opened.name.clone(),
                href: format!("/desk/calls/{}/ranking/{}", found.call.id, opened.application.id),
                sub: ranked.tie.clone().unwrap_or_default(),
                tag: enquiry.map(|e| e.outcome.label()),
                points: top
                    .iter()
                    .map(|c| {
                        let score = bid.scores.iter().find(|s| s.criterion == c.id).and_then(|s| s.score);
                        score.map(|s| s.to_string()).unwrap_or_default()
                    })
                    .collect(),
                price: price_of(file, &ranked.bid),
                total,
                behind,
            })
        })
        .collect();
    (heads, places)
}

/// What would have to change for another bid to be first: what, from, to, who.
pub(super) fn changes(file: &EvaluationFile, firm: &Sensitivity) -> Vec<(String, String, String, String)> {
    let who = |w: &Option<String>| w.as_deref().map_or("nobody clearly", |b| words::name_of(file, b)).to_owned();
    let mut rows: Vec<_> = firm
        .weights
        .iter()
        .map(|w| {
            (
                format!("Weight of “{}”", words::title_of(file, &w.criterion)),
                format!("{}%", shown_decimal(w.from)),
                format!("{}%", shown_decimal(w.to)),
                who(&w.winner),
            )
        })
        .collect();
    rows.extend(firm.levels.iter().take(20).map(|l| {
        (
            format!("{} on “{}”", words::name_of(file, &l.bid), words::title_of(file, &l.criterion)),
            format!("level {}", l.from),
            format!("level {}", l.to),
            who(&l.winner),
        )
    }));
    rows
}
