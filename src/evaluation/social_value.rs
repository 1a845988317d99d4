//! What promises are worth in pounds: shown beside the score, inside it only where the model says so; and the weight
//! that the government's model of the day asks for.

use super::answers::{Index, measures, read};
use super::inputs::Inputs;
use super::kinds::MeasureRecord;
use super::leaves::Scored;
use super::model::{Kind, Measure, Model, SocialValueMethod};
use super::refusal::EvaluationRefusal;
use crate::finance::discount::PriceIndex;
use crate::law::dated::Unknown;
use crate::law::social_value::{SocialValueAdvice, social_value_advice};
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use serde::Serialize;

/// What a quantity is worth in pence, at most the measure's cap as a part of the value of all targets.
pub(super) fn measure_value(measure: &Measure, quantity: Decimal, targets: Decimal) -> Decimal {
    let worth = quantity * measure.record.as_ref().map_or(Decimal::ZERO, MeasureRecord::net_value);
    measure.cap.map_or(worth, |cap| worth.min(cap * targets))
}

/// What all targets together are worth in pence.
pub(super) fn target_value(measures: &[Measure]) -> Decimal {
    measures.iter().filter_map(|m| m.record.as_ref().map(|record| m.target * record.net_value())).sum()
}

/// What one bid's promises are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BidWorth {
    /// The bid.
    pub bid: String,
    /// By measure with a record.
    pub measures: Vec<MeasureWorth>,
    /// The sum of the rounded values. Shown beside the legal score and no part of it.
    pub total: Pence,
}

/// What one promise is worth, with everything that was taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeasureWorth {
    /// The measure.
    pub measure: String,
    /// What was promised, in its unit.
    pub promised: Decimal,
    /// Part that is believed.
    pub deliverability: Decimal,
    /// What one unit is worth after deadweight, displacement, attribution and drop-off, in pounds of the record's year.
    pub net_value: Decimal,
    /// The year whose prices the value is in.
    pub price_year: i32,
    /// The value, to the penny, half away from zero.
    pub value: Pence,
    /// Where the value of one unit was read.
    pub source: String,
}

/// What the promises of every bid are worth on a day, in the prices of a year when an index is given and otherwise in
/// those of each record. Measures without a record are left out. Nothing here changes a score.
///
/// # Errors
/// Inputs that do not fit the model; a record that is not valid on the day; an index without one of the years.
pub fn worth(
    model: &Model,
    inputs: &Inputs,
    on: LocalDate,
    prices: Option<(&PriceIndex, i32)>,
) -> Result<Vec<BidWorth>, EvaluationRefusal> {
    model.check()?;
    let index = Index::of(model);
    let refuse =
        |measure: &Measure, problem: String| EvaluationRefusal::Criterion { criterion: measure.title.clone(), problem };
    let mut found = Vec::with_capacity(inputs.bids.len());
    for answers in read(&index, inputs)? {
        let scored = Scored::new(answers, index.nodes.len());
        let mut rows = Vec::new();
        for (place, node) in index.nodes.iter().enumerate() {
            let Kind::SocialValue { deliverability, .. } = &node.criterion.kind else { continue };
            let Some(share) = scored.believed(&index, deliverability.as_ref()) else { continue };
            let first = index.first_measure.get(place).copied().unwrap_or_default();
            for (position, measure) in measures(node).iter().enumerate() {
                let promised = scored.answers.promises.get(first + position).copied().flatten();
                let (Some(record), Some(promised)) = (&measure.record, promised) else { continue };
                if !record.covers(on) {
                    return Err(refuse(measure, format!("its record is not valid on {}.", medium_date(on))));
                }
                let net = record.net_value();
                let own = Pence::round_pence(promised * share * net)
                    .map_err(|_| refuse(measure, "its value is too large.".to_owned()))?;
                let (value, price_year) = match prices {
                    None => (own, record.price_year),
                    Some((table, year)) => {
                        let converted = table.convert(own, record.price_year, year);
                        (converted.map_err(|refusal| refuse(measure, refusal.to_string()))?, year)
                    }
                };
                rows.push(MeasureWorth {
                    measure: measure.id.clone(),
                    promised,
                    deliverability: share,
                    net_value: (net / Decimal::ONE_HUNDRED).round_dp(6).normalize(),
                    price_year,
                    value,
                    source: match &record.catalogue {
                        Some(copied) => format!("{}; {}", record.source, copied.words()),
                        None => record.source.clone(),
                    },
                });
            }
        }
        let total = Pence::total(rows.iter().map(|row| row.value))
            .map_err(|_| EvaluationRefusal::Model("The values are too large to add up.".to_owned()))?;
        found.push(BidWorth { bid: scored.answers.bid.id.clone(), measures: rows, total });
    }
    Ok(found)
}

/// Who buys: the government's models bind central authorities and advise councils.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Buyer {
    /// A council may adopt the model; nothing binds it.
    Council,
    /// A department, agency or other central body.
    CentralAuthority,
}

/// What the model of the day says about the weight given to social value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeightVerdict {
    /// The model, such as PPN 002, with its source and least weight.
    pub rule: SocialValueAdvice,
    /// Points out of 100 for promises and for the method to keep them.
    pub weight: Decimal,
    /// Whether the weight is at least what the model asks for.
    pub enough: bool,
    /// Whether the buyer may not publish below it.
    pub binding: bool,
    /// For the officer, when it is too little.
    pub sentence: Option<String>,
}

/// Points out of 100 for social value: promises, and the quality criterion that judges how they will be kept.
#[must_use]
pub fn social_value_weight(model: &Model) -> Decimal {
    let nodes = model.nodes();
    let judges = |id: &str| {
        nodes.iter().any(
            |n| matches!(&n.criterion.kind, Kind::SocialValue { deliverability: Some(d), .. } if d.criterion == id),
        )
    };
    let counts = |n: &&super::tree::Node<'_>| match n.criterion.kind {
        Kind::SocialValue { .. } => true,
        Kind::Quality { .. } => judges(&n.criterion.id),
        _ => false,
    };
    nodes.iter().filter(counts).map(|n| n.points).sum::<Decimal>().normalize()
}

/// Holds a model against the social value model of the day the procurement commenced, at its estimated value
/// inclusive of VAT: advice to a council, a rule to a central authority. Under a price per point the weight is a part
/// of the quality points, which is how PPN 002 counts it too.
///
/// # Errors
/// [`Unknown`] before the first model: never a silent pass.
pub fn weight_verdict(
    model: &Model,
    buyer: Buyer,
    commenced: LocalDate,
    value: Pence,
) -> Result<WeightVerdict, Unknown> {
    let rule = social_value_advice(commenced, value)?;
    let weight = social_value_weight(model);
    let enough = rule.minimum_weight.is_none_or(|least| weight >= least);
    let binding = buyer == Buyer::CentralAuthority && rule.minimum_weight.is_some();
    let sentence = match buyer {
        Buyer::Council => rule.advice(weight),
        Buyer::CentralAuthority => rule.minimum_weight.filter(|_| !enough).map(|least| {
            format!(
                "{} binds a central authority: give social value at least {least}% of the score; here it has {weight}%.",
                rule.model
            )
        }),
    };
    Ok(WeightVerdict { rule, weight, enough, binding, sentence })
}

/// The warning that a method carries, for the officer and the notice.
#[must_use]
pub fn method_warning(method: SocialValueMethod) -> Option<&'static str> {
    method.is_relative().then_some(
        "Promises are held against the highest promise, so one inflated promise takes points from everybody else. \
         Published targets do not.",
    )
}
