//! The page on which an officer tries a model out before it is published, and says that they have seen what came of it.

use super::builder_pages::shell_of;
use super::drafting::edit_action;
use super::model::{Acknowledgement, Call};
use super::pages::is_draft;
use super::rehearsing::{self, AcknowledgeInput, Rehearsed};
use super::store;
use crate::error::Result;
use crate::evaluation::{FullRehearsal, RankReversal, ReversalExample, middle_in_words};
use crate::http::chart::{CompareBar, CompareBars, CurvePoint, Heading, PriceCurve, Unit};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, can, require};
use crate::values::decimals::{group_thousands, shown_decimal, shown_percent};
use crate::values::{Id, Pence, RefusalInfo};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;

/// Whether ranks can reverse, in a sentence, and whether that is a warning.
pub(super) fn reversal_words(reversal: &RankReversal) -> (String, bool) {
    match reversal {
        RankReversal::Found { example } => (
            format!(
                "Ranks can reverse. With two bids, the one at {} wins. When a third bid at {} comes in and loses, the one at {} wins instead.",
                example.first.price, example.newcomer.price, example.second.price
            ),
            true,
        ),
        RankReversal::ImpossibleBecause { reason } => (format!("Ranks cannot reverse. {reason}"), false),
        RankReversal::NotFound { tried } => (
            format!(
                "No reversal of ranks was found in {} trials, which does not prove that there is none.",
                group_thousands(&tried.to_string())
            ),
            false,
        ),
    }
}

/// A bid of the example: name, part of the points outside price, price, total of two, total of three.
type Example = (&'static str, String, String, String, String);

fn example_rows(example: &ReversalExample) -> Vec<Example> {
    [("First bid", &example.first), ("Second bid", &example.second), ("Third bid, which loses", &example.newcomer)]
        .into_iter()
        .map(|(name, bid)| {
            (
                name,
                shown_percent(bid.quality, 0),
                bid.price.to_string(),
                bid.total_before.map_or_else(|| "not there yet".to_owned(), |t| t.to_string()),
                bid.total_after.to_string(),
            )
        })
        .collect()
}

/// What one inflated promise does: criterion, sentence, and the rows of promise, points before and points after.
struct InflatedShown {
    title: String,
    sentence: String,
    rows: Vec<(&'static str, String, String)>,
}

/// Everything that was found, in words and drawings.
struct Found {
    model_hash: String,
    seed: u64,
    drawn: String,
    assumptions: &'static str,
    warnings: Vec<String>,
    reversal: String,
    reverses: bool,
    example: Vec<Example>,
    expected: Pence,
    curve_chart: String,
    curve: Vec<(String, String, String)>,
    influence_chart: String,
    influence: Vec<(String, String, String, String)>,
    wins: Vec<(&'static str, String)>,
    middle: String,
    profiles: Vec<String>,
    inflated: Vec<InflatedShown>,
}

fn curve_chart(full: &FullRehearsal, expected: Pence) -> Result<String> {
    let points: Vec<CurvePoint> = full
        .curve
        .iter()
        .filter_map(|p| p.pounds_per_point.map(|amount| CurvePoint { price: p.price, amount }))
        .collect();
    let finding = match (points.first(), points.last()) {
        (Some(low), Some(high)) if low.amount < high.amount => "At a higher price a point costs more",
        (Some(low), Some(high)) if low.amount > high.amount => "At a higher price a point costs less",
        (Some(_), Some(_)) => "A point costs the same at every price",
        _ => "What one point costs",
    };
    let heading = Heading::new(
        "curve",
        "Pounds that one more point costs, by price",
        finding,
        "Pounds by which a price must fall to earn one point more, from half to one and a half times the expected price.",
    );
    let marked = Some((expected, "expected"));
    Ok(PriceCurve {
        heading,
        points,
        marked,
        nothing: "At no price around the expected one does a lower price earn more.",
    }
    .render()?)
}

fn influence_chart(full: &FullRehearsal) -> Result<String> {
    let strongest = full.influence.iter().max_by_key(|one| one.real);
    let finding = strongest.map_or_else(String::new, |one| {
        format!("“{}” makes {} of what parts plausible bids", one.title, percent(one.real))
    });
    let heading = Heading::new(
        "influence",
        "Published weight and real influence of each criterion",
        finding,
        "Per cent of the score as published, and per cent of what makes totals differ.",
    );
    let bar = |one: &crate::evaluation::Influence| CompareBar {
        name: one.title.clone(),
        said: Some(one.published),
        real: one.real,
        note: String::new(),
    };
    let bars = full.influence.iter().map(bar).collect();
    Ok(CompareBars { heading, said: "Published weight", real: "Real influence", unit: Unit::percent(1), bars }
        .render()?)
}

fn percent(value: Decimal) -> String {
    format!("{}%", shown_decimal(value))
}

fn found(rehearsed: &Rehearsed) -> Result<Found> {
    let full = &rehearsed.full;
    let (reversal, reverses) = reversal_words(&full.rehearsal.rank_reversal);
    let example = match &full.rehearsal.rank_reversal {
        RankReversal::Found { example } => example_rows(example),
        _ => Vec::new(),
    };
    let priced = !full.curve.is_empty();
    let wins = &full.wins;
    Ok(Found {
        model_hash: rehearsed.model_hash.clone(),
        seed: full.seed,
        drawn: format!("{} fields of {} bids", group_thousands(&full.fields.to_string()), full.bids),
        assumptions: full.assumptions,
        warnings: rehearsed.warnings.iter().map(|w| w.sentence.clone()).collect(),
        reversal,
        reverses,
        example,
        expected: rehearsed.expected_price,
        curve_chart: if priced { curve_chart(full, rehearsed.expected_price)? } else { String::new() },
        curve: full
            .curve
            .iter()
            .map(|p| {
                let costs = p.pounds_per_point.map_or_else(|| "nothing more to earn".to_owned(), |c| c.to_string());
                (p.price.to_string(), p.points.to_string(), costs)
            })
            .collect(),
        influence_chart: influence_chart(full)?,
        influence: full
            .influence
            .iter()
            .map(|one| (one.title.clone(), percent(one.published), percent(one.real), one.spread.to_string()))
            .collect(),
        wins: if full.profiles.is_empty() {
            Vec::new()
        } else {
            vec![
                ("The cheapest bid, which is the best outside price too", shown_percent(wins.cheapest_and_best, 1)),
                ("The cheapest bid, not the best", shown_percent(wins.cheapest, 1)),
                ("The best bid outside price, not the cheapest", shown_percent(wins.best, 1)),
                ("A bid in the middle, neither cheapest nor best", shown_percent(wins.middle, 1)),
                ("First place shared before the tie rules", shown_percent(wins.shared, 1)),
            ]
        },
        middle: middle_in_words(wins),
        profiles: full.profiles.iter().map(|p| p.sentence.clone()).collect(),
        inflated: full
            .inflated
            .iter()
            .map(|one| InflatedShown {
                title: full
                    .influence
                    .iter()
                    .find(|i| i.criterion == one.criterion)
                    .map_or_else(|| one.criterion.clone(), |i| i.title.clone()),
                sentence: one.sentence.clone(),
                rows: ["60% of every target", "80% of every target", "Every target"]
                    .into_iter()
                    .zip(one.before.iter().zip(&one.after))
                    .map(|(who, (before, after))| (who, before.to_string(), after.to_string()))
                    .collect(),
            })
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "calls/rehearsal.html")]
struct RehearsalPage {
    shell: Shell,
    form: FormState,
    call: Call,
    /// Why there is no rehearsal.
    why_not: String,
    found: Option<Found>,
    /// Given for exactly this model and value: by whom and when.
    given: Vec<(String, String)>,
    /// Given for what the model was before.
    earlier: Vec<(Acknowledgement, String)>,
    own_given: bool,
    may_acknowledge: bool,
}

async fn rehearsal_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<RehearsalPage> {
    let actor = visit.actor.clone();
    let (call, words) = visit
        .app
        .db
        .read(move |db| {
            let call = store::find(db, id)?;
            require(&actor, Action::ReadDesk, &store::thing(&call).public(false))?;
            Ok((call, store::acknowledgements(db, id)?))
        })
        .await?;
    let rehearsed = rehearsing::rehearse(call.terms.0.clone()).await?;
    let (found, why_not) = match &rehearsed {
        Ok(rehearsed) => (Some(found(rehearsed)?), String::new()),
        Err(refusal) => (None, refusal.sentence()),
    };
    let fits = |word: &Acknowledgement| {
        rehearsed.as_ref().is_ok_and(|r| r.model_hash == word.model_hash && r.expected_price == word.expected_price)
    };
    let (current, earlier): (Vec<_>, Vec<_>) = words.into_iter().partition(|(word, _)| fits(word));
    let thing = store::thing(&call);
    Ok(RehearsalPage {
        shell: shell_of(visit, &call, "Rehearse the model", &form),
        form,
        why_not,
        found,
        own_given: current.iter().any(|(word, _)| Some(word.acknowledged_by) == visit.actor.account()),
        given: current.iter().map(|(word, name)| (name.clone(), word.acknowledged_at.medium())).collect(),
        earlier,
        may_acknowledge: is_draft(&call)
            && can(&visit.actor, edit_action(call.kind), &thing)
            && can(&visit.actor, Action::PublishCall, &thing),
        call,
    })
}

/// `GET /desk/calls/{id}/rehearsal`
///
/// # Errors
/// NotFound, Denied.
pub async fn rehearsal(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&rehearsal_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/rehearsal`
///
/// # Errors
/// NotFound, Denied.
pub async fn acknowledge(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<AcknowledgeInput>) -> Answer {
    match rehearsing::acknowledge(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("It is recorded that you have seen what the rehearsal found.");
            see(&format!("/desk/calls/{id}/publish"))
        }
        Err(error) => page_again(&rehearsal_page(&visit, *id, posted.again(error)?).await?),
    }
}
