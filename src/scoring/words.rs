//! A ranking in words: who is first, by how much, and how firmly.

use crate::calls::{Call, CallKind};
use crate::evaluation::price::pounds_words;
use crate::evaluation::{Criterion, EvaluationFile, Kind, Ranked, Sensitivity, sensitivity};
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;

/// What was sent to a call, in words: bids to a tender, applications to a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// "bid".
    pub what: &'static str,
    /// The same at the head of a column or a sentence.
    pub head: &'static str,
    /// The same with its article.
    pub one: &'static str,
    /// Who sent it.
    pub who: &'static str,
    /// The same at the head of a column or a sentence.
    pub who_head: &'static str,
}

impl Sent {
    /// The words of a kind of call.
    #[must_use]
    pub fn to(call: &Call) -> Sent {
        match call.kind {
            CallKind::Tender => Sent { what: "bid", head: "Bid", one: "a bid", who: "bidder", who_head: "Bidder" },
            CallKind::Round => Sent {
                what: "application",
                head: "Application",
                one: "an application",
                who: "applicant",
                who_head: "Applicant",
            },
        }
    }
}

/// Most bids for which every level and weight is moved; beyond, the page says that it was not tried.
const MOST_BIDS: usize = 60;

/// What would have changed the winner, when the call is small enough to try everything.
#[must_use]
pub fn firmness(file: &EvaluationFile) -> Option<Sensitivity> {
    if file.inputs.bids.len() > MOST_BIDS {
        return None;
    }
    sensitivity(&file.model, &file.inputs).ok()
}

/// The name of a bid’s bidder.
#[must_use]
pub fn name_of<'a>(file: &'a EvaluationFile, bid: &'a str) -> &'a str {
    file.inputs.bids.iter().find(|b| b.id == bid).map_or(bid, |b| b.name.as_str())
}

/// The title of a criterion.
#[must_use]
pub fn title_of<'a>(file: &'a EvaluationFile, criterion: &'a str) -> &'a str {
    file.model.criterion(criterion).map_or(criterion, |c| c.title.as_str())
}

/// The verdict: “A is first with 73.62 points, 1.81 ahead of B.” and what would turn it.
#[must_use]
pub fn verdict(file: &EvaluationFile, firm: Option<&Sensitivity>, sent: Sent) -> String {
    let what = sent.what;
    let Some(result) = &file.result else { return format!("The {what}s are not ranked yet.") };
    let Some(first) = result.ranking.first() else {
        return format!("No {what} could be ranked: every {what} was left out, with its reason below.");
    };
    let by = |ranked: &Ranked| match ranked.figure {
        Some(_) => file.model.standing(Some(ranked.total), ranked.figure).unwrap_or_default(),
        None => format!("{} points", ranked.total),
    };
    if result.winner.is_none() {
        let tied: Vec<&str> = result.ranking.iter().filter(|r| r.rank == 1).map(|r| name_of(file, &r.bid)).collect();
        return format!("{} share first place with {}, and no rule parts them.", tied.join(" and "), by(first));
    }
    let mut words = format!("{} is first with {}", name_of(file, &first.bid), by(first));
    match result.ranking.get(1) {
        Some(second) => {
            // Points are better when there are more of them, a figure in pounds when it is less.
            let gap = match (first.figure, second.figure) {
                (Some(first), Some(second)) => second - first,
                _ => first.total - second.total,
            };
            if gap.is_zero() {
                let how = first.tie.clone().or_else(|| second.tie.clone()).unwrap_or_default();
                words.push_str(&format!(", level with {}. {how}", name_of(file, &second.bid)));
            } else if first.figure.is_some() {
                words.push_str(&format!(", {} less than {}.", pounds_words(gap), name_of(file, &second.bid)));
            } else {
                words.push_str(&format!(", {gap} ahead of {}.", name_of(file, &second.bid)));
            }
        }
        None => words.push_str(&format!(", the only {what} that was ranked.")),
    }
    if let Some(change) = firm.and_then(|f| f.levels.first()) {
        let way = if change.to < change.from { "less" } else { "more" };
        let then = change.winner.as_deref().map_or("leave no clear first", |_| "put");
        let who = change.winner.as_deref().map(|w| format!(" {} first", name_of(file, w))).unwrap_or_default();
        words.push_str(&format!(
            " This is close: one level {way} for {} on “{}” would {then}{who}.",
            name_of(file, &change.bid),
            title_of(file, &change.criterion)
        ));
    }
    words
}

/// One sentence on the nearest weight that would change the winner.
#[must_use]
pub fn weight_sentence(file: &EvaluationFile, firm: &Sensitivity, sent: Sent) -> String {
    let nobody = format!("no {}", sent.what);
    let nearest = firm.weights.iter().min_by_key(|w| (w.to - w.from).abs());
    match nearest {
        Some(w) => {
            let who = w.winner.as_deref().map_or(nobody.as_str(), |b| name_of(file, b));
            format!(
                "The first place holds until “{}” counts for {}% instead of the published {}%. Then {who} would be first.",
                title_of(file, &w.criterion),
                shown_decimal(w.to),
                shown_decimal(w.from)
            )
        }
        None => {
            "Whatever any one weight were, from nothing to everything, the first place would stay as it is.".to_owned()
        }
    }
}

/// How a criterion is scored, in a sentence.
#[must_use]
pub fn how_scored(criterion: &Criterion) -> String {
    match &criterion.kind {
        Kind::Group { .. } => "The sum of its parts.".to_owned(),
        Kind::Quality { levels } => {
            let levels: Vec<String> = levels
                .iter()
                .map(|l| format!("level {} earns {}%", l.level, shown_decimal(l.share * Decimal::ONE_HUNDRED)))
                .collect();
            format!("Evaluators choose the published level that fits best: {}.", levels.join(", "))
        }
        Kind::Price { model } => format!("By formula from the price: {}.", model.formula()),
        Kind::Cost { model, life } => format!(
            "By formula from the whole-life cost, the price and the costs of {} years discounted: {}.",
            life.years,
            model.formula()
        ),
        Kind::Figure { measure, .. } => format!("{}.", crate::calls::figure_form::summary(*measure)),
        Kind::Panel { .. } => "By the votes of the community panel.".to_owned(),
        Kind::SocialValue { .. } => "By formula from what is promised for each measure.".to_owned(),
        Kind::PassFail { requirement } => format!("Passed or failed: {requirement}"),
    }
}
