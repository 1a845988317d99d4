//! What a price asks beside the price itself: later costs by item and year, and the options that lower it.
//!
//! All of it is part of [`PriceAnswers`], so it is sealed and opened with the price.

use super::model::PriceAnswers;
use crate::calls::Terms;
use crate::calls::life_form::{discount_words, paid_words};
use crate::evaluation::check::MAX_PRICE;
use crate::evaluation::{CostItem, CostPaid, Feature, Kind, PriceModel, WholeLife};
use crate::values::{FieldErrors, Parser, Pence};

/// A whole-life cost criterion: its identifier, its title and what it counts.
type Life<'a> = (&'a str, &'a str, &'a WholeLife);

/// The later costs of one item, as the page asks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostGroup {
    /// What the cost is.
    pub title: String,
    /// When it is paid.
    pub note: String,
    /// Name and label of each amount.
    pub fields: Vec<(String, String)>,
}

/// A feature of which one option is offered, as the page asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionGroup {
    /// Name of the field.
    pub name: String,
    /// What can be offered.
    pub title: String,
    /// Word, label and what it counts.
    pub options: Vec<(String, String, String)>,
}

/// The whole-life cost criteria of a call.
fn lives(terms: &Terms) -> Vec<Life<'_>> {
    terms
        .model
        .nodes()
        .into_iter()
        .filter_map(|n| match &n.criterion.kind {
            Kind::Cost { life, .. } => Some((n.criterion.id.as_str(), n.criterion.title.as_str(), life)),
            _ => None,
        })
        .collect()
}

/// The features of the call's formulas.
pub(super) fn features(terms: &Terms) -> Vec<&Feature> {
    terms.model.nodes().into_iter().filter_map(|n| n.criterion.formula()).flat_map(PriceModel::features).collect()
}

fn field(criterion: &str, item: &CostItem, year: u32) -> String {
    match item.paid {
        CostPaid::ByYear => format!("cost.{criterion}.{}.{year}", item.id),
        _ => format!("cost.{criterion}.{}", item.id),
    }
}

fn fields(criterion: &str, life: &WholeLife, item: &CostItem) -> Vec<String> {
    let last = if item.paid == CostPaid::ByYear { life.years } else { 1 };
    (1..=last).map(|year| field(criterion, item, year)).collect()
}

/// What the page asks of later costs, and how they are brought to the day of the purchase.
pub(super) fn cost_groups(terms: &Terms) -> (Vec<CostGroup>, Vec<String>) {
    let all = lives(terms);
    let several = all.len() > 1;
    let groups = all
        .iter()
        .flat_map(|(criterion, title, life)| {
            life.items.iter().map(move |item| {
                let fields = fields(criterion, life, item);
                let labels: Vec<String> = match item.paid {
                    CostPaid::ByYear => (1..=life.years).map(|year| format!("Year {year}")).collect(),
                    CostPaid::EveryYear => vec!["Each year".to_owned()],
                    CostPaid::AtEnd | CostPaid::WorthAtEnd => vec![format!("In year {}", life.years)],
                };
                CostGroup {
                    title: if several { format!("{title}: {}", item.title) } else { item.title.clone() },
                    note: paid_words(item.paid, life.years),
                    fields: fields.into_iter().zip(labels).collect(),
                }
            })
        })
        .collect();
    (groups, all.iter().map(|(_, _, life)| discount_words(life)).collect())
}

/// What the page asks of options.
pub(super) fn option_groups(terms: &Terms) -> Vec<OptionGroup> {
    features(terms)
        .into_iter()
        .map(|feature| OptionGroup {
            name: format!("option_{}", feature.id),
            title: feature.title.clone(),
            options: feature
                .options
                .iter()
                .map(|o| {
                    let counts = crate::values::decimals::shown_decimal(o.value * rust_decimal::Decimal::ONE_HUNDRED);
                    (o.id.clone(), o.text.clone(), format!("Counts {counts}%"))
                })
                .collect(),
        })
        .collect()
}

/// Takes what was typed; says whether it makes whole answers, so that a half-filled list is kept as typed.
pub(super) fn take<'a>(
    terms: &Terms,
    form: &mut Parser,
    get: &impl Fn(&str) -> &'a str,
    price: &mut PriceAnswers,
) -> bool {
    let mut whole = true;
    price.costs.clear();
    price.options.clear();
    for (criterion, _, life) in lives(terms) {
        let mut items = std::collections::BTreeMap::new();
        for item in &life.items {
            let names = fields(criterion, life, item);
            if names.iter().all(|name| get(name).is_empty()) {
                continue;
            }
            let amounts: Vec<Pence> = names.iter().filter_map(|name| form.optional::<Pence>(name, get(name))).collect();
            if amounts.len() == names.len() {
                items.insert(item.id.clone(), amounts);
            } else {
                whole = false;
            }
        }
        if !items.is_empty() {
            price.costs.insert(criterion.to_owned(), items);
        }
    }
    for feature in features(terms) {
        let chosen = get(&format!("option_{}", feature.id));
        if feature.options.iter().any(|o| o.id == chosen) {
            price.options.insert(feature.id.clone(), chosen.to_owned());
        }
    }
    whole
}

/// The fields as they are stored.
pub(super) fn stored(terms: &Terms, price: &PriceAnswers) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (criterion, _, life) in lives(terms) {
        for item in &life.items {
            let given = price.costs.get(criterion).and_then(|items| items.get(&item.id));
            let names = fields(criterion, life, item);
            all.extend(names.into_iter().zip(given.into_iter().flatten()).map(|(name, amount)| (name, amount.plain())));
        }
    }
    all.extend(price.options.iter().map(|(feature, option)| (format!("option_{feature}"), option.clone())));
    all
}

/// What is missing or wrong before it can be sent.
pub(super) fn problems(terms: &Terms, price: &PriceAnswers) -> Vec<String> {
    let mut problems = Vec::new();
    for (criterion, title, life) in lives(terms) {
        let none = std::collections::BTreeMap::new();
        let given = price.costs.get(criterion).unwrap_or(&none);
        let before = problems.len();
        for item in &life.items {
            match given.get(&item.id) {
                Some(amounts) if amounts.len() == item.amounts(life.years) => {
                    if amounts.iter().any(|a| a.0 < 0) {
                        problems.push(format!("“{}” cannot be less than £0", item.title));
                    } else if amounts.iter().any(|a| *a > MAX_PRICE) {
                        problems.push(format!("“{}” is too large", item.title));
                    }
                }
                _ if item.paid == CostPaid::ByYear => problems.push(format!(
                    "Enter “{}” for each of {} years. Enter 0 where there is none",
                    item.title, life.years
                )),
                _ => problems.push(format!("Enter “{}”. Enter 0 when there is none", item.title)),
            }
        }
        if problems.len() == before
            && let (Some(flows), Some(offered)) = (life.flows(given), price.prices.get(criterion))
            && life.cost(*offered, &flows).is_none()
        {
            problems.push(format!(
                "The price for “{title}” with its later costs must be more than £0 and at most {MAX_PRICE}"
            ));
        }
    }
    for feature in features(terms) {
        if !price.options.get(&feature.id).is_some_and(|chosen| feature.options.iter().any(|o| o.id == *chosen)) {
            problems.push(format!("Choose what you offer for “{}”", feature.title));
        }
    }
    problems
}

/// What the formula of a criterion compares: the price, or the whole-life cost once all of it is given.
pub(super) fn compared(terms: &Terms, criterion: &str, price: &PriceAnswers) -> Option<Pence> {
    let offered = price.prices.get(criterion).copied()?;
    match lives(terms).into_iter().find(|(id, _, _)| *id == criterion) {
        Some((_, _, life)) => life.cost(offered, &life.flows(price.costs.get(criterion)?)?),
        None => Some(offered),
    }
}

/// Answers for a sample: every later cost is a twentieth of the price, and each feature's last option is offered.
pub(super) fn fill(terms: &Terms, price: &mut PriceAnswers) {
    for (criterion, _, life) in lives(terms) {
        let each = Pence(price.prices.get(criterion).map_or(0, |p| p.0 / 20));
        let items = life.items.iter().map(|item| (item.id.clone(), vec![each; item.amounts(life.years)])).collect();
        price.costs.insert(criterion.to_owned(), items);
    }
    for feature in features(terms) {
        if let Some(last) = feature.options.last() {
            price.options.insert(feature.id.clone(), last.id.clone());
        }
    }
}

/// Refuses what a program sends about things that the call does not ask.
pub(super) fn unknown(terms: &Terms, price: &PriceAnswers, errors: &mut FieldErrors) {
    const LEAVE_OUT: &str = "The call does not ask this. Leave it out";
    let all = lives(terms);
    for (criterion, items) in &price.costs {
        let life = all.iter().find(|(id, _, _)| id == criterion).map(|(_, _, life)| life);
        for (id, amounts) in items {
            let field = format!("price.costs.{criterion}.{id}");
            match life.and_then(|life| life.items.iter().find(|i| i.id == *id).map(|item| (life, item))) {
                None => errors.add(&field, LEAVE_OUT),
                Some((life, item)) if amounts.len() != item.amounts(life.years) => {
                    errors.add(&field, format!("Give {} amounts", item.amounts(life.years)));
                }
                Some(_) => {}
            }
        }
        if life.is_none() && items.is_empty() {
            errors.add(&format!("price.costs.{criterion}"), LEAVE_OUT);
        }
    }
    let known = features(terms);
    for (id, option) in &price.options {
        let fits = known.iter().any(|f| f.id == *id && f.options.iter().any(|o| o.id == *option));
        if !fits {
            errors.add(&format!("price.options.{id}"), "The call does not offer this choice. Leave it out");
        }
    }
}

/// Later costs and options as people read them, a line each.
pub(super) fn lines(terms: &Terms, price: &PriceAnswers) -> Vec<String> {
    let mut all = Vec::new();
    for (criterion, _, life) in lives(terms) {
        for item in &life.items {
            let Some(amounts) = price.costs.get(criterion).and_then(|items| items.get(&item.id)) else { continue };
            let words: Vec<String> = match item.paid {
                CostPaid::ByYear => {
                    (1_u32..).zip(amounts).map(|(year, amount)| format!("{amount} in year {year}")).collect()
                }
                CostPaid::EveryYear => amounts.iter().map(|a| format!("{a} every year")).collect(),
                CostPaid::AtEnd => amounts.iter().map(|a| format!("{a} in year {}", life.years)).collect(),
                CostPaid::WorthAtEnd => {
                    amounts.iter().map(|a| format!("{a} left in year {}, taken off", life.years)).collect()
                }
            };
            all.push(format!("{}: {}", item.title, words.join(", ")));
        }
        if let Some(whole) = compared(terms, criterion, price) {
            all.push(format!("Whole-life cost at the day of the purchase: {whole}"));
        }
    }
    for feature in features(terms) {
        let chosen = price.options.get(&feature.id);
        if let Some(option) = chosen.and_then(|id| feature.options.iter().find(|o| o.id == *id)) {
            all.push(format!("{}: {}", feature.title, option.text));
        }
    }
    all
}
