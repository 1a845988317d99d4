//! Whether a model is whole: weights, levels, formulas, minimums, ties.

use super::kinds::{Better, Discount, FigureBand, MeasureRecord, PanelRule, WholeLife};
use super::later_costs::{MOST_AMOUNTS, MOST_ITEMS};
use super::model::{Criterion, Kind, Measure, Minimum, Model, PriceModel, SocialValueMethod, TieRule};
use super::price::best_value;
use super::refusal::EvaluationRefusal;
use crate::values::Pence;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Deepest nesting of groups.
pub const MAX_DEPTH: u32 = 6;
/// Most decimal places of a weight, a share or a target.
pub const MAX_PLACES: u32 = 6;
/// Largest quantity or target, so that no arithmetic can leave its range.
pub const MAX_QUANTITY: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
/// Highest price, £1,000,000,000,000.
pub const MAX_PRICE: Pence = Pence(100_000_000_000_000);

impl Model {
    /// Everything that keeps the model from being published, in reading order; empty when it is whole.
    #[must_use]
    pub fn problems(&self) -> Vec<EvaluationRefusal> {
        let mut problems = Vec::new();
        let mut ids = BTreeSet::new();
        let carries = self.criteria.iter().any(Criterion::carries_points);
        if !carries && !matches!(self.decider(), Some(PriceModel::ValueAdjusted { .. })) {
            problems.push(EvaluationRefusal::NoCriteria);
        }
        decider(self, carries, &mut problems);
        level(self, "the top level", &self.criteria, 0, &mut ids, &mut problems);
        if self.rounding.places > MAX_PLACES {
            problems.push(EvaluationRefusal::Model(format!("Round scores to at most {MAX_PLACES} places.")));
        }
        ties(self, &mut problems);
        if let Some(rule) = &self.abnormally_low
            && (![rule.below_mean, rule.below_next].into_iter().all(|s| s > Decimal::ZERO && is_share(s))
                || rule.hourly_wage.is_some_and(|wage| wage <= Pence::ZERO || wage > MAX_PRICE))
        {
            problems.push(EvaluationRefusal::Model(
                "The limits for abnormally low prices are parts of a price, more than 0 and at most 1, and \
                 the living wage is more than £0."
                    .to_owned(),
            ));
        }
        problems
    }

    /// The first of [`Model::problems`].
    ///
    /// # Errors
    /// That problem.
    pub fn check(&self) -> Result<(), EvaluationRefusal> {
        self.problems().into_iter().next().map_or(Ok(()), Err)
    }
}

/// A price that ranks by itself leaves no room for another way of ranking.
fn decider(model: &Model, carries: bool, problems: &mut Vec<EvaluationRefusal>) {
    let nodes = model.nodes();
    let prices: Vec<&PriceModel> = nodes.iter().filter_map(|n| n.criterion.formula()).collect();
    if !prices.iter().any(|p| p.decides()) {
        return;
    }
    if prices.len() > 1 {
        problems.push(EvaluationRefusal::Model(
            "A price per point, or an adjusted price, ranks by itself: the model cannot score another price."
                .to_owned(),
        ));
    }
    if carries && prices.iter().any(|p| matches!(p, PriceModel::ValueAdjusted { .. })) {
        problems.push(EvaluationRefusal::Model(
            "Under an adjusted price everything that counts is an option of the price: no criterion can carry points."
                .to_owned(),
        ));
    }
}

fn is_share(value: Decimal) -> bool {
    value >= Decimal::ZERO && value <= Decimal::ONE && value.scale() <= MAX_PLACES
}

fn is_weight(value: Decimal) -> bool {
    value > Decimal::ZERO && value <= Decimal::ONE_HUNDRED && value.scale() <= MAX_PLACES
}

fn level(
    model: &Model,
    node: &str,
    criteria: &[Criterion],
    depth: u32,
    ids: &mut BTreeSet<String>,
    problems: &mut Vec<EvaluationRefusal>,
) {
    if depth >= MAX_DEPTH {
        problems.push(EvaluationRefusal::Model(format!("Nest criteria at most {MAX_DEPTH} levels deep.")));
        return;
    }
    let mut sum = Decimal::ZERO;
    for criterion in criteria {
        if criterion.id.trim().is_empty() || !ids.insert(criterion.id.clone()) {
            problems.push(EvaluationRefusal::DuplicateId { id: criterion.id.clone() });
        }
        match (criterion.carries_points(), criterion.weight) {
            (true, None) => {
                problems.push(EvaluationRefusal::WeightMissing { criterion: criterion.title.clone() });
            }
            (true, Some(weight)) if !is_weight(weight) => problems.push(wrong(
                criterion,
                &format!("the weight must be more than 0, at most 100 and have at most {MAX_PLACES} decimal places."),
            )),
            (true, Some(weight)) => sum += weight,
            (false, Some(_)) => {
                problems.push(EvaluationRefusal::WeightNotAllowed { criterion: criterion.title.clone() });
            }
            (false, None) => {}
        }
        minimum(criterion, problems);
        match &criterion.kind {
            Kind::Group { children } if children.is_empty() => {
                problems.push(wrong(criterion, "add criteria to this group, or remove it."));
            }
            Kind::Group { children } => {
                level(model, &format!("“{}”", criterion.title), children, depth + 1, ids, problems);
            }
            Kind::Quality { .. } => levels(criterion, problems),
            Kind::Price { model } => price(criterion, model, ids, problems),
            Kind::Cost { model, life } => {
                price(criterion, model, ids, problems);
                whole_life(criterion, model, life, problems);
            }
            Kind::Figure { measure, better, bands, trial } => {
                figure(criterion, *better, bands, problems);
                problems
                    .extend(trial.as_ref().and_then(|t| t.problem(*measure)).map(|problem| wrong(criterion, problem)));
            }
            Kind::Panel { rule } => panel(criterion, rule, problems),
            Kind::SocialValue { method, measures, .. } => {
                promises(criterion, measures, ids, problems);
                valued(criterion, *method, measures, problems);
                deliverability(model, criterion, problems);
            }
            Kind::PassFail { .. } => {}
        }
    }
    if criteria.iter().any(Criterion::carries_points) && sum != Decimal::ONE_HUNDRED {
        problems.push(EvaluationRefusal::WeightsNot100 { node: node.to_owned(), sum: sum.normalize() });
    }
}

fn wrong(criterion: &Criterion, problem: &str) -> EvaluationRefusal {
    EvaluationRefusal::Criterion { criterion: criterion.title.clone(), problem: problem.to_owned() }
}

fn minimum(criterion: &Criterion, problems: &mut Vec<EvaluationRefusal>) {
    let Some(minimum) = &criterion.minimum else { return };
    if criterion.holds_price() || criterion.is_relative() {
        problems.push(EvaluationRefusal::MinimumOnRelative { criterion: criterion.title.clone() });
        return;
    }
    match (minimum, &criterion.kind) {
        (Minimum::Level { level }, Kind::Quality { levels }) => {
            if !levels.iter().any(|l| l.level == *level) {
                problems.push(wrong(criterion, "the minimum must be one of the published levels."));
            }
        }
        (Minimum::Level { .. }, _) => {
            problems.push(wrong(criterion, "only a quality criterion can have a level as its minimum."));
        }
        (Minimum::Percent { .. }, _) if !criterion.carries_points() => {
            problems.push(wrong(criterion, "a criterion without points cannot have a minimum in percent."));
        }
        (Minimum::Percent { percent }, _) => {
            if !is_weight(*percent) {
                problems.push(wrong(criterion, "the minimum must be more than 0% and at most 100%."));
            }
        }
    }
}

fn levels(criterion: &Criterion, problems: &mut Vec<EvaluationRefusal>) {
    let Kind::Quality { levels } = &criterion.kind else { return };
    if levels.len() < 2 {
        problems.push(wrong(criterion, "publish at least two levels."));
    }
    if levels.windows(2).any(|pair| matches!(pair, [a, b] if a.level >= b.level || a.share > b.share)) {
        problems.push(wrong(criterion, "levels must rise, and a higher level may not earn less than a lower one."));
    }
    if levels.iter().any(|l| !is_share(l.share)) {
        problems.push(wrong(criterion, "every level earns a share from 0 to 1."));
    }
    if levels.iter().any(|l| l.text.trim().is_empty()) {
        problems.push(wrong(criterion, "give every level a text that says what earns it."));
    }
}

fn price(criterion: &Criterion, model: &PriceModel, ids: &mut BTreeSet<String>, problems: &mut Vec<EvaluationRefusal>) {
    let in_range = |p: Pence| p > Pence::ZERO && p <= MAX_PRICE;
    match model {
        PriceModel::LowestOverPrice | PriceModel::PricePerQualityPoint => {}
        PriceModel::ValueAdjusted { features } => {
            for feature in features {
                if feature.id.trim().is_empty() || !ids.insert(feature.id.clone()) {
                    problems.push(EvaluationRefusal::DuplicateId { id: feature.id.clone() });
                }
                let options: BTreeSet<&str> = feature.options.iter().map(|o| o.id.as_str()).collect();
                if options.len() != feature.options.len() || options.len() < 2 || options.contains("") {
                    problems.push(wrong(criterion, "a feature needs at least two options, each with its own name."));
                }
                if feature.options.iter().any(|o| !is_share(o.value) || o.text.trim().is_empty()) {
                    problems.push(wrong(criterion, "every option needs a text and a value of 0 or more."));
                }
            }
            let best = best_value(features);
            if best <= Decimal::ZERO || best > Decimal::new(30, 2) {
                problems
                    .push(wrong(criterion, "the best options together must be worth more than 0 and at most 0.30."));
            }
        }
        PriceModel::LinearToCeiling { ceiling, exponent, .. }
        | PriceModel::AbsoluteToCeiling { ceiling, exponent, .. } => {
            if !in_range(*ceiling) {
                problems.push(wrong(criterion, "the ceiling must be more than £0."));
            }
            if !(1..=5).contains(exponent) {
                problems.push(wrong(criterion, "the exponent must be a whole number from 1 to 5."));
            }
        }
        PriceModel::Bilinear { ceiling, mean_share, .. } => {
            if !in_range(*ceiling) {
                problems.push(wrong(criterion, "the ceiling must be more than £0."));
            }
            if *mean_share <= Decimal::ZERO || !is_share(*mean_share) {
                problems.push(wrong(criterion, "the share of the mean price must be more than 0 and at most 1."));
            }
        }
        PriceModel::Bands { bands, .. } => {
            if bands.is_empty() || !bands.iter().all(|b| in_range(b.up_to) && is_share(b.share)) {
                problems.push(wrong(criterion, "every band needs a price above £0 and a share from 0 to 1."));
            }
            if bands.windows(2).any(|pair| matches!(pair, [a, b] if a.up_to >= b.up_to || a.share < b.share)) {
                problems.push(wrong(criterion, "bands must rise in price, and a higher price may not earn more."));
            }
        }
        PriceModel::FixedPrice { price } => {
            if !in_range(*price) {
                problems.push(wrong(criterion, "the fixed price must be more than £0."));
            }
        }
    }
}

fn whole_life(criterion: &Criterion, model: &PriceModel, life: &WholeLife, problems: &mut Vec<EvaluationRefusal>) {
    if !(1..=60).contains(&life.years) {
        problems.push(wrong(criterion, "count the costs of 1 to 60 years after the purchase."));
    }
    if matches!(&life.discount, Discount::Rate { rate } if !is_share(*rate)) {
        problems.push(wrong(criterion, "the rate of discount is a part of one, from 0 to 1."));
    }
    if life.discount.factor(1).is_none() {
        problems.push(wrong(criterion, "no discount rates are known for that day."));
    }
    let ids: BTreeSet<&str> = life.items.iter().map(|item| item.id.as_str()).collect();
    if ids.len() != life.items.len() || life.items.iter().any(|i| i.id.trim().is_empty() || i.title.trim().is_empty()) {
        problems.push(wrong(criterion, "name every later cost once."));
    }
    let amounts = life.items.iter().map(|i| i.amounts(life.years)).fold(0_usize, usize::saturating_add);
    if life.items.len() > MOST_ITEMS || amounts > MOST_AMOUNTS {
        problems.push(wrong(
            criterion,
            &format!(
                "ask at most {MOST_ITEMS} later costs and {MOST_AMOUNTS} amounts; costs asked year by year need one \
                 for each year."
            ),
        ));
    }
    if matches!(model, PriceModel::FixedPrice { .. }) {
        problems.push(wrong(criterion, "a fixed price has no whole-life cost to compare."));
    }
}

fn figure(criterion: &Criterion, better: Better, bands: &[FigureBand], problems: &mut Vec<EvaluationRefusal>) {
    if bands.is_empty() || bands.iter().any(|b| !is_share(b.share) || b.bound.abs() > MAX_QUANTITY) {
        problems.push(wrong(criterion, "publish at least one bound, each with a share from 0 to 1."));
    }
    let out_of_order = bands.windows(2).any(|pair| match pair {
        [a, b] => a.bound >= b.bound || if better == Better::Higher { a.share > b.share } else { a.share < b.share },
        _ => false,
    });
    if out_of_order {
        problems.push(wrong(criterion, "bounds must rise, and a better figure may not earn less than a worse one."));
    }
}

fn panel(criterion: &Criterion, rule: &PanelRule, problems: &mut Vec<EvaluationRefusal>) {
    let sound = match rule {
        PanelRule::Scores { highest, .. } => (1..=1_000).contains(highest),
        PanelRule::Budget { each, .. } => *each > Pence::ZERO && *each <= Pence(100_000_000),
    };
    if !sound || rule.quorum() == 0 {
        problems.push(wrong(
            criterion,
            "a ballot has a best score of 1 to 1,000 or a budget of up to £1,000,000, and the quorum is at least 1.",
        ));
    }
}

/// Records where promises are valued, and sound records everywhere.
fn valued(
    criterion: &Criterion,
    method: SocialValueMethod,
    measures: &[Measure],
    problems: &mut Vec<EvaluationRefusal>,
) {
    for measure in measures {
        match &measure.record {
            None if method.is_valued() => {
                problems.push(wrong(
                    criterion,
                    &format!(
                        "“{}” needs a record of what it is worth. Choose it where the condition is asked, under “Conditions asked”.",
                        measure.title
                    ),
                ));
            }
            Some(record) => problems.extend(record_problem(record).map(|problem| EvaluationRefusal::Criterion {
                criterion: measure.title.clone(),
                problem: problem.to_owned(),
            })),
            None => {}
        }
    }
}

/// What keeps a record from being used.
#[must_use]
pub fn record_problem(record: &MeasureRecord) -> Option<&'static str> {
    let parts = [record.deadweight, record.displacement, record.attribution, record.drop_off];
    if record.proxy <= Pence::ZERO || record.proxy > Pence(1_000_000_000) {
        Some("the value of one unit must be more than £0 and at most £10,000,000.")
    } else if !parts.into_iter().all(is_share) {
        Some("deadweight, displacement, attribution and drop-off are parts of one, from 0 to 1.")
    } else if !(1..=60).contains(&record.years) {
        Some("an effect lasts 1 to 60 years.")
    } else if record.net_value() <= Decimal::ZERO {
        Some("nothing of its value is left after what is taken off.")
    } else if record.source.trim().is_empty() {
        Some("name the source of its value.")
    } else if record.valid_until.is_some_and(|last| last < record.valid_from) {
        Some("the last day it is valid lies before the first.")
    } else {
        None
    }
}

fn promises(
    criterion: &Criterion,
    measures: &[Measure],
    ids: &mut BTreeSet<String>,
    problems: &mut Vec<EvaluationRefusal>,
) {
    let mut sum = Decimal::ZERO;
    for measure in measures {
        if measure.id.trim().is_empty() || !ids.insert(measure.id.clone()) {
            problems.push(EvaluationRefusal::DuplicateId { id: measure.id.clone() });
        }
        let mut bad = |sentence: &str| {
            problems
                .push(EvaluationRefusal::Criterion { criterion: measure.title.clone(), problem: sentence.to_owned() });
        };
        if is_weight(measure.weight) {
            sum += measure.weight;
        } else {
            bad("the weight must be more than 0 and at most 100.");
        }
        if measure.target <= Decimal::ZERO || measure.target > MAX_QUANTITY || measure.target.scale() > MAX_PLACES {
            bad("the target must be more than 0.");
        }
        if measure.cap.is_some_and(|cap| cap <= Decimal::ZERO || !is_share(cap)) {
            bad("the cap is a part of the criterion’s points, more than 0 and at most 1.");
        }
    }
    if measures.is_empty() {
        problems.push(wrong(criterion, "list at least one measure."));
    } else if sum != Decimal::ONE_HUNDRED {
        problems.push(EvaluationRefusal::WeightsNot100 {
            node: format!("the measures of “{}”", criterion.title),
            sum: sum.normalize(),
        });
    }
}

fn deliverability(model: &Model, criterion: &Criterion, problems: &mut Vec<EvaluationRefusal>) {
    let Kind::SocialValue { deliverability: Some(rule), .. } = &criterion.kind else { return };
    let Some(Kind::Quality { levels }) = model.criterion(&rule.criterion).map(|c| &c.kind) else {
        problems.push(wrong(criterion, "deliverability must follow the level of a quality criterion of this model."));
        return;
    };
    let listed: BTreeSet<u32> = rule.table.iter().map(|row| row.level).collect();
    let published: BTreeSet<u32> = levels.iter().map(|l| l.level).collect();
    if listed != published || rule.table.len() != levels.len() {
        problems.push(wrong(criterion, "deliverability needs one share for every level of its quality criterion."));
    }
    if rule.table.iter().any(|row| !is_share(row.share)) {
        problems.push(wrong(criterion, "deliverability shares are from 0 to 1."));
    }
}

fn ties(model: &Model, problems: &mut Vec<EvaluationRefusal>) {
    for (position, rule) in model.ties.iter().enumerate() {
        match rule {
            TieRule::Criterion { criterion } => {
                if !model.criterion(criterion).is_some_and(Criterion::carries_points) {
                    problems.push(EvaluationRefusal::Model(format!(
                        "A tie cannot be settled by “{criterion}”: it is not a criterion with points."
                    )));
                }
            }
            TieRule::Draw { commitment } => {
                if position + 1 != model.ties.len() {
                    problems.push(EvaluationRefusal::Model("The draw must be the last tie rule.".to_owned()));
                }
                if hex::decode(commitment).map_or(0, |bytes| bytes.len()) != 32 {
                    problems.push(EvaluationRefusal::Model(
                        "Commit to the draw with the SHA-256 of its seed, 64 hexadecimal digits.".to_owned(),
                    ));
                }
            }
            TieRule::SocialValue | TieRule::Quality | TieRule::Price => {}
        }
    }
}
