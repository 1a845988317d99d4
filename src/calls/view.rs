//! A call in words, for pages: how each criterion is scored, what a condition asks, which dates come when.

use super::model::{Call, CallKind, ConditionAsked, TenderStage, Terms};
use super::{figure_form, life_form, price_form};
use crate::conditions::{Fixedness, Pace};
use crate::error::Result;
use crate::evaluation::{
    AboveCeiling, CopiedFrom, Criterion, Kind, MeasureRecord, Minimum, Model, PriceModel, SocialValueMethod, TieRule,
};
use crate::http::chart::{Heading, WeightBar, WeightBars, WeightKind};
use crate::values::time::{distance, long_date, medium_date};
use crate::values::{self, Instant, LocalDate, Pence};
use rust_decimal::Decimal;

/// One row of “how each is scored”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoredRow {
    /// Identifier of the criterion.
    pub id: String,
    /// Its title, with the group it lies in.
    pub title: String,
    /// Points out of 100, or nothing.
    pub weight: String,
    /// How it is scored.
    pub by: String,
    /// Price formula, in words and signs.
    pub formula: String,
    /// Level, text and part of the points of a quality criterion.
    pub levels: Vec<(String, String, String)>,
    /// Measures of a social value criterion: title, target, weight, cap.
    pub measures: Vec<(String, String, String, String)>,
    /// Which later costs count, what lowers a price, or the bounds of a figure: a line each.
    pub counted: Vec<String>,
    /// Most words of an answer.
    pub words: String,
}

/// Per cent without trailing zeros: `20%`.
#[must_use]
pub fn percent(value: Decimal) -> String {
    format!("{}%", value.normalize())
}

fn percent_of(share: Decimal) -> String {
    percent(share * Decimal::ONE_HUNDRED)
}

/// How each leaf of the model is scored, in reading order.
#[must_use]
pub fn scored(terms: &Terms) -> Vec<ScoredRow> {
    let nodes = terms.model.nodes();
    nodes
        .iter()
        .filter(|n| !matches!(n.criterion.kind, Kind::Group { .. }))
        .map(|n| {
            let criterion = n.criterion;
            let group = n.parent.and_then(|p| nodes.get(p)).map(|p| p.criterion.title.as_str());
            let levels = match &criterion.kind {
                Kind::Quality { levels } => {
                    levels.iter().map(|l| (l.level.to_string(), l.text.clone(), percent_of(l.share))).collect()
                }
                _ => Vec::new(),
            };
            let measures = match &criterion.kind {
                Kind::SocialValue { measures, .. } => measures
                    .iter()
                    .map(|m| {
                        let target = crate::values::decimals::shown_with_unit(m.target, &m.unit);
                        (m.title.clone(), target, percent(m.weight), m.cap.map(percent_of).unwrap_or_default())
                    })
                    .collect(),
                _ => Vec::new(),
            };
            let words = match &criterion.kind {
                Kind::Quality { .. } => {
                    format!(
                        "At most {} words",
                        crate::values::decimals::group_thousands(&most_words(terms, &criterion.id).to_string())
                    )
                }
                _ => String::new(),
            };
            ScoredRow {
                id: criterion.id.clone(),
                title: group.map_or_else(|| criterion.title.clone(), |g| format!("{g}: {}", criterion.title)),
                weight: if criterion.carries_points() { percent(n.points) } else { String::new() },
                by: scored_by(criterion),
                formula: match &criterion.kind {
                    Kind::Price { model } | Kind::Cost { model, .. } => model.formula(),
                    _ => String::new(),
                },
                levels,
                measures,
                counted: counted(criterion),
                words,
            }
        })
        .collect()
}

/// What counts under a price, a whole-life cost or a figure, a line each; nothing for other kinds.
#[must_use]
pub fn counted(criterion: &Criterion) -> Vec<String> {
    if let Kind::Figure { measure, better, bands, trial } = &criterion.kind {
        return figure_form::words(*measure, *better, bands, trial.as_ref());
    }
    let mut lines = match &criterion.kind {
        Kind::Cost { life, .. } => life_form::words(life),
        _ => Vec::new(),
    };
    lines.extend(price_form::feature_words(criterion.formula().map(PriceModel::features).unwrap_or_default()));
    lines
}

/// Most words of an answer to a criterion; 500 where nothing is said.
#[must_use]
pub fn most_words(terms: &Terms, criterion: &str) -> u32 {
    terms.words.get(criterion).copied().unwrap_or(500)
}

/// How a criterion is scored, in a few words.
#[must_use]
pub fn scored_by(criterion: &Criterion) -> String {
    match &criterion.kind {
        Kind::Group { .. } => "The criteria inside it".to_owned(),
        Kind::PassFail { requirement } => format!("Pass or fail: {requirement}"),
        Kind::Quality { levels } => {
            let (first, last) = (levels.first().map_or(0, |l| l.level), levels.last().map_or(0, |l| l.level));
            let least = match &criterion.minimum {
                Some(Minimum::Level { level }) => format!(", least {level}"),
                Some(Minimum::Percent { percent: least }) => format!(", least {} of its points", percent(*least)),
                None => String::new(),
            };
            format!("Levels {first} to {last}{least}")
        }
        Kind::SocialValue { method, deliverability, .. } => {
            let base = match method {
                SocialValueMethod::AgainstTargets => "Promise ÷ our target, up to the full mark",
                SocialValueMethod::ShareOfHighest => "Promise ÷ the highest promise. Other bids change your score",
                SocialValueMethod::ValueAgainstTarget => {
                    "Value of the promises ÷ value of our targets, up to the full mark"
                }
                SocialValueMethod::ValueShareOfHighest => {
                    "Value of the promises ÷ the highest value. Other bids change your score"
                }
            };
            if deliverability.is_some() {
                format!("{base}, as far as your method is believed")
            } else {
                base.to_owned()
            }
        }
        Kind::Price { model } => price_words(model),
        Kind::Cost { model, life } => {
            format!(
                "{}. Price means the whole-life cost: the price and the costs of {} years",
                price_words(model),
                life.years
            )
        }
        Kind::Figure { measure, .. } => figure_form::summary(*measure).to_owned(),
        Kind::Panel { rule } => super::panel_form::words(rule),
    }
}

/// How residents vote, in words.
#[must_use]
pub fn scored_by_rule(rule: &crate::evaluation::PanelRule) -> String {
    super::panel_form::public_words(rule)
}

fn above_words(above: AboveCeiling) -> &'static str {
    match above {
        AboveCeiling::Excluded => "A higher price is left out",
        AboveCeiling::ScoresZero => "A higher price earns nothing",
    }
}

/// A price formula in plain words.
#[must_use]
pub fn price_words(model: &PriceModel) -> String {
    match model {
        PriceModel::LowestOverPrice => "The lowest price ÷ your price. Other bids change your score".to_owned(),
        PriceModel::LinearToCeiling { ceiling, above_ceiling, .. } => format!(
            "Full marks at the lowest price, none at {ceiling}. Other bids change your score. {}",
            above_words(*above_ceiling)
        ),
        PriceModel::AbsoluteToCeiling { ceiling, above_ceiling, .. } => format!(
            "The further below {ceiling}, the more. Other bids do not change your score. {}",
            above_words(*above_ceiling)
        ),
        PriceModel::Bilinear { ceiling, mean_share, above_ceiling } => format!(
            "The mean price earns {} of the points, {ceiling} none. Other bids change your score. {}",
            percent_of(*mean_share),
            above_words(*above_ceiling)
        ),
        PriceModel::Bands { bands, above_ceiling } => {
            let list: Vec<String> =
                bands.iter().map(|b| format!("up to {}: {}", b.up_to, percent_of(b.share))).collect();
            format!(
                "Published price bands ({}). Other bids do not change your score. {}",
                list.join("; "),
                above_words(*above_ceiling)
            )
        }
        PriceModel::FixedPrice { price } => format!("Everybody is paid {price}; price earns no points"),
        PriceModel::PricePerQualityPoint => {
            "Your price ÷ the points you earn: the lowest price for a point is first, and \
                                             a bid without points is left out. Other bids do not change your figure"
                .to_owned()
        }
        PriceModel::ValueAdjusted { .. } => {
            "Your price, lowered for the options you offer, plus later costs where they \
                                             count: the lowest is first. Other bids do not change your figure"
                .to_owned()
        }
    }
}

/// What settles equal totals, in words.
#[must_use]
pub fn ties_words(model: &Model) -> String {
    let words: Vec<String> = model
        .ties
        .iter()
        .map(|tie| match tie {
            TieRule::Criterion { criterion } => {
                format!(
                    "more points for “{}”",
                    model.criterion(criterion).map_or(criterion.as_str(), |c| c.title.as_str())
                )
            }
            TieRule::SocialValue => "more points for social value".to_owned(),
            TieRule::Quality => "more points for quality".to_owned(),
            TieRule::Price => "the lower price".to_owned(),
            TieRule::Draw { .. } => "a draw whose seed is committed to beforehand".to_owned(),
        })
        .collect();
    if words.is_empty() {
        "Equal totals share a place.".to_owned()
    } else {
        format!("Equal totals are settled by {}.", words.join(", then "))
    }
}

/// What a leaf judges, for the chart: a method of keeping promises counts as social value.
fn weight_kind(model: &Model, criterion: &Criterion) -> Option<WeightKind> {
    match &criterion.kind {
        Kind::SocialValue { .. } => Some(WeightKind::SocialValue),
        Kind::Price { .. } | Kind::Cost { .. } => Some(WeightKind::Price),
        Kind::Figure { .. } | Kind::Panel { .. } => Some(WeightKind::Quality),
        Kind::Quality { .. } => {
            let judges = model.nodes().into_iter().any(|n| {
                matches!(&n.criterion.kind, Kind::SocialValue { deliverability: Some(d), .. } if d.criterion == criterion.id)
            });
            Some(if judges { WeightKind::SocialValue } else { WeightKind::Quality })
        }
        Kind::Group { .. } | Kind::PassFail { .. } => None,
    }
}

/// The chart of weights.
///
/// # Errors
/// Internal when it cannot be drawn.
pub fn weights_chart(model: &Model) -> Result<String> {
    let bars: Vec<WeightBar> = model
        .nodes()
        .into_iter()
        .filter(|n| n.criterion.carries_points())
        .filter_map(|n| {
            let kind = weight_kind(model, n.criterion)?;
            Some(WeightBar { name: n.criterion.title.clone(), weight: n.points, kind })
        })
        .collect();
    if bars.is_empty() && model.decider().is_some() {
        return Ok("<p class=\"govuk-body\">Nothing carries points: the lowest adjusted price is first.</p>".to_owned());
    }
    let price: Decimal = bars.iter().filter(|b| b.kind == WeightKind::Price).map(|b| b.weight).sum();
    let social = bars.iter().any(|b| b.kind == WeightKind::SocialValue);
    let rest = Decimal::ONE_HUNDRED - price;
    let finding = match (price.is_zero(), social) {
        // A price that ranks by itself has no bar.
        _ if matches!(model.decider(), Some(PriceModel::PricePerQualityPoint)) => {
            "The lowest price for each of these points is first".to_owned()
        }
        // Where no price is scored, what counts most is what one learns from the chart.
        (true, _) => bars
            .iter()
            .max_by_key(|b| b.weight)
            .map_or_else(String::new, |b| format!("One answer counts most: {}", percent(b.weight))),
        (false, true) => format!("Quality and social value together count for {}", percent(rest)),
        (false, false) => format!("Quality counts for {}", percent(rest)),
    };
    let heading = Heading::new(
        "weights",
        "Weights of the criteria",
        finding,
        "Share of the final score, which runs from 0 to 100.",
    );
    Ok(WeightBars { heading, bars }.render()?)
}

/// One row of the table of conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionRow {
    /// Identifier in the call.
    pub id: String,
    /// Title.
    pub title: String,
    /// What is asked.
    pub text: String,
    /// Target and due date.
    pub target: String,
    /// Whether it is a floor or one's own figure.
    pub promise: String,
    /// That everybody promises it as it is, where it is so.
    pub fixed: &'static str,
    /// Evidence, who checks, how often.
    pub evidence: String,
    /// What happens when it is missed.
    pub remedies: String,
}

/// What one unit of a promise is worth, in words.
#[must_use]
pub fn worth_words(record: &MeasureRecord) -> String {
    let net =
        Pence::round_pence(record.net_value()).map_or_else(|_| record.proxy.to_string(), |pence| pence.to_string());
    let from = record.catalogue.as_ref().map_or_else(|| record.source.clone(), CopiedFrom::words);
    format!("{net} for one after what is taken off, in prices of {} ({}: {from})", record.price_year, record.code)
}

/// A condition asked, in words.
#[must_use]
pub fn condition_row(asked: &ConditionAsked, terms: &Terms) -> ConditionRow {
    let body = &asked.body;
    let target = capital(&body.target_words(asked.target));
    let scored = super::criteria::fed_by(&terms.model, &asked.id).is_some();
    let promise = match (asked.required, scored) {
        (true, true) => "Everybody promises this or better; it earns points",
        (true, false) => "Everybody promises this",
        (false, true) => "You say your own figure; it earns points",
        (false, false) => "You say your own figure",
    };
    let evidence = if body.evidence.is_empty() { "Agreed with you".to_owned() } else { body.evidence.join(", ") };
    let steps: Vec<String> = body.remedies.iter().enumerate().map(|(n, step)| format!("{}. {step}", n + 1)).collect();
    ConditionRow {
        id: asked.id.clone(),
        title: body.title.clone(),
        text: body.text.clone(),
        target: match body.pace {
            Pace::Builds => format!("{target} by {}", medium_date(asked.due)),
            Pace::Holds => format!("{target} from the first day"),
        },
        fixed: if asked.required && body.fixedness == Fixedness::Fixed { "Fixed: it is not negotiated" } else { "" },
        promise: match super::criteria::valued(&terms.model, &asked.id) {
            Some(record) => format!("{promise}. Worth {}", worth_words(record)),
            None => promise.to_owned(),
        },
        evidence: format!("{evidence}. {}. Checked by {}", body.cadence.label(), lower_first(body.verifier.label())),
        remedies: if steps.is_empty() {
            "Told in the agreement".to_owned()
        } else {
            format!("{} to cure, then {}", values::counted(body.cure_days, "days"), steps.join(" "))
        },
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}

/// One line of the dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateRow {
    /// What happens.
    pub what: &'static str,
    /// When, in words with the zone.
    pub when: String,
    /// How far away it is, or who does it.
    pub note: String,
}

/// The dates of a call, in their order.
#[must_use]
pub fn dates(call: &Call, today: LocalDate) -> Vec<DateRow> {
    let terms = &call.terms.0;
    let times = &terms.timetable;
    let mut rows = Vec::new();
    let mut at = |what, at: Option<Instant>| {
        if let Some(at) = at {
            rows.push(DateRow { what, when: capital(&at.long()), note: capital(&distance(today, at.date())) });
        }
    };
    at("Questions by", times.questions_by);
    at("All answers published by", times.answers_by);
    at("Apply by", times.deadline);
    if let Some(day) = times.decision_on {
        let note = "With your scores and the reasons for them".to_owned();
        rows.push(DateRow { what: "Decision planned", when: long_date(day), note });
    }
    if let Some(tender) = &terms.tender {
        let duty = tender.procedure.standstill_duty(tender.contract_type);
        if duty.mandatory {
            rows.push(DateRow {
                what: "Standstill",
                when: "8 working days from the contract award notice".to_owned(),
                note: "Nothing is signed before it ends".to_owned(),
            });
        }
        // A new draft bears its own day in both fields until somebody enters the dates.
        let entered = tender.ends_on > tender.starts_on;
        let when = |day| if entered { long_date(day) } else { NOT_ENTERED.to_owned() };
        rows.push(DateRow { what: "Contract starts", when: when(tender.starts_on), note: String::new() });
        rows.push(DateRow { what: "Contract ends", when: when(tender.ends_on), note: String::new() });
    }
    rows
}

/// Whether a tender has one stage, or is the first or the second of two; empty for a round.
#[must_use]
pub fn stage_word(call: &Call) -> &'static str {
    match call.terms.0.tender.as_ref().map(|tender| &tender.stage) {
        None => "",
        Some(None) => "One stage",
        Some(Some(TenderStage::First { .. })) => "The first of two",
        Some(Some(TenderStage::Final { .. })) => "The second of two",
    }
}

/// The first letter in capitals.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let mut capital = String::with_capacity(text.len());
    capital.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    capital.push_str(chars.as_str());
    capital
}

/// What stands for a fact that nobody has entered yet.
pub const NOT_ENTERED: &str = "Not entered yet";

/// What the call is worth: value and a note.
#[must_use]
pub fn worth(call: &Call) -> (&'static str, String, String) {
    match (&call.terms.0.tender, &call.terms.0.round) {
        (Some(tender), _) if tender.estimated_value.is_zero() => ("Value", NOT_ENTERED.to_owned(), String::new()),
        (None, Some(round)) if round.most.is_zero() => ("For one investment", NOT_ENTERED.to_owned(), String::new()),
        (Some(tender), _) => {
            let months = (tender.ends_on - tender.starts_on).num_days();
            let years = if months >= 360 {
                format!("over about {}, VAT included", values::counted((months + 180) / 365, "years"))
            } else {
                "VAT included".to_owned()
            };
            ("Value", format!("Up to {}", tender.estimated_value), years)
        }
        (None, Some(round)) => (
            "For one investment",
            format!("{} to {}", round.least, round.most),
            format!("from a pot of {} of {}", round.pot.in_words(), round.fund),
        ),
        (None, None) => ("Value", "Not said yet".to_owned(), String::new()),
    }
}

/// The steps of applying, as the page lists them, each with the address of the page where it is done, or nothing.
#[must_use]
pub fn steps(call: &Call) -> Vec<(String, String)> {
    let terms = &call.terms.0;
    let mut steps = Vec::new();
    let questions = terms.eligibility.len();
    if questions > 0 {
        let questions = values::counted(questions, "questions");
        let check = format!("/calls/{}/can-i-apply", call.id);
        steps.push((format!("Check in {questions} that you can apply"), check));
    }
    steps.push(("Sign in, or make an account with your work email".to_owned(), String::new()));
    let quality = scored(terms).iter().filter(|row| !row.levels.is_empty()).count();
    let promises = terms.conditions.len();
    let last = if call.kind == CallKind::Tender { "your price" } else { "the amount and your cash flow" };
    let (quality, promises) = (values::counted(quality, "questions"), values::counted(promises, "promises"));
    let work = if call.shortlists().is_some() {
        format!("Answer {quality} and make {promises}, in any order. Each is saved as you go")
    } else {
        format!("Answer {quality}, make {promises} and enter {last}, in any order. Each is saved as you go")
    };
    steps.push((work, String::new()));
    steps.push(("Check, sign and send. You get a receipt at once".to_owned(), String::new()));
    steps
}
