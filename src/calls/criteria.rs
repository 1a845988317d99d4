//! Editing the criteria tree by forms: one criterion at a time.

pub use super::criterion_input::CriterionInput;
use super::model::{ConditionAsked, Terms};
use super::rules::identifier;
use super::{figure_form, levels_form, life_form, panel_form, price_form};
use crate::error::{Error, Result};
use crate::evaluation::{
    Criterion, Deliverability, DeliverabilityShare, Kind, Measure, MeasureRecord, Minimum, Model, PriceModel,
    SocialValueMethod, TieRule,
};
use crate::values::{FieldErrors, Parser};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

crate::text_enum! {
    /// What kind of criterion a form makes.
    pub enum CriterionKind {
        Quality = "quality" => "Quality: evaluators choose a level",
        SocialValue = "social_value" => "Social value: promises in figures",
        Price = "price" => "Price: scored by a formula",
        Cost = "cost" => "Whole-life cost: the price with later costs, scored by a formula",
        Figure = "figure" => "A figure that we work out: cover, loss, return or subsidy",
        PassFail = "pass_fail" => "Pass or fail",
        Panel = "panel" => "Community panel: residents vote",
        Group = "group" => "A heading that gathers others",
    }
}

impl CriterionInput {
    /// What a form shows of a criterion that is there.
    #[must_use]
    pub fn pairs(terms: &Terms, criterion: &Criterion) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
        put("title", criterion.title.clone());
        put("weight", criterion.weight.map(|w| w.normalize().to_string()).unwrap_or_default());
        put("parent", parent_of(&terms.model, &criterion.id).unwrap_or_default());
        put("words", terms.words.get(&criterion.id).map(ToString::to_string).unwrap_or_default());
        match &criterion.kind {
            Kind::Quality { levels } => {
                if let Some(Minimum::Level { level }) = criterion.minimum {
                    put("minimum_level", level.to_string());
                }
                for level in levels {
                    put(&format!("level_{}", level.level), level.text.clone());
                }
            }
            Kind::Price { model } => price_form::pairs(model, put),
            Kind::Cost { model, life } => {
                price_form::pairs(model, &mut put);
                life_form::pairs(life, put);
            }
            Kind::Figure { measure, bands, trial, .. } => {
                figure_form::pairs(*measure, bands, trial.as_ref(), put);
            }
            Kind::SocialValue { method, deliverability, .. } => {
                put("method", method_word(*method).to_owned());
                put("judged_by", deliverability.as_ref().map(|d| d.criterion.clone()).unwrap_or_default());
            }
            Kind::PassFail { requirement } => put("requirement", requirement.clone()),
            Kind::Panel { rule } => panel_form::pairs(rule, put),
            Kind::Group { .. } => {}
        }
        pairs
    }
}

fn method_word(method: SocialValueMethod) -> &'static str {
    match method {
        SocialValueMethod::AgainstTargets => "against_targets",
        SocialValueMethod::ShareOfHighest => "share_of_highest",
        SocialValueMethod::ValueAgainstTarget => "value_against_target",
        SocialValueMethod::ValueShareOfHighest => "value_share_of_highest",
    }
}

/// Which form a criterion is edited with.
#[must_use]
pub fn kind_of(criterion: &Criterion) -> CriterionKind {
    match &criterion.kind {
        Kind::Group { .. } => CriterionKind::Group,
        Kind::Quality { .. } => CriterionKind::Quality,
        Kind::Figure { .. } => CriterionKind::Figure,
        Kind::Panel { .. } => CriterionKind::Panel,
        Kind::Price { .. } => CriterionKind::Price,
        Kind::Cost { .. } => CriterionKind::Cost,
        Kind::SocialValue { .. } => CriterionKind::SocialValue,
        Kind::PassFail { .. } => CriterionKind::PassFail,
    }
}

/// Groups of the tree: identifier and title.
#[must_use]
pub fn groups(model: &Model) -> Vec<(String, String)> {
    model
        .nodes()
        .into_iter()
        .filter(|n| matches!(n.criterion.kind, Kind::Group { .. }))
        .map(|n| (n.criterion.id.clone(), n.criterion.title.clone()))
        .collect()
}

/// The group that a criterion lies in.
#[must_use]
pub fn parent_of(model: &Model, id: &str) -> Option<String> {
    let nodes = model.nodes();
    let node = nodes.iter().find(|n| n.criterion.id == id)?;
    node.parent.and_then(|p| nodes.get(p)).map(|p| p.criterion.id.clone())
}

/// Every identifier of the model, those of measures and features included.
#[must_use]
pub fn identifiers(model: &Model) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = model.nodes().into_iter().map(|n| n.criterion.id.clone()).collect();
    ids.extend(super::rules::measures(model).into_iter().map(|m| m.id.clone()));
    let formulas = model.nodes().into_iter().filter_map(|n| n.criterion.formula());
    ids.extend(formulas.flat_map(PriceModel::features).map(|f| f.id.clone()));
    ids
}

/// Adds a criterion, or changes the one with this identifier, and gives its identifier.
///
/// # Errors
/// Invalid with every field error; NotFound for an unknown identifier.
pub fn put(terms: &mut Terms, id: Option<&str>, input: &CriterionInput) -> Result<String> {
    let before = match id {
        Some(id) => Some(terms.model.criterion(id).cloned().ok_or(Error::NotFound)?),
        None => None,
    };
    let mut form = Parser::default();
    let kind = match &before {
        Some(before) => Some(kind_of(before)),
        None => form.value::<CriterionKind>("kind", &input.kind, "Choose a kind of criterion"),
    };
    let title = form.text("title", &input.title, 300, "Enter a title");
    if let Some(sentence) = kind.and_then(|kind| misplaced(terms, kind)) {
        form.wrong("", sentence);
    }
    let read = kind.and_then(|kind| read_kind(&mut form, &terms.model, before.as_ref(), kind, input));
    let carries = match &read {
        Some(Kind::PassFail { .. }) => false,
        Some(Kind::Price { model } | Kind::Cost { model, .. }) => model.carries_points(),
        _ => true,
    };
    let weightless = kind == Some(CriterionKind::Group) && input.weight.trim().is_empty();
    let weight = if !carries || weightless {
        None
    } else {
        let weight = form.decimal("weight", &input.weight, "Enter a weight, in per cent");
        if weight.is_some_and(|w| w <= Decimal::ZERO || w > Decimal::ONE_HUNDRED) {
            form.wrong("weight", "Enter a weight of more than 0 and at most 100");
        }
        weight
    };
    let minimum = match (&read, input.minimum_level.trim()) {
        (Some(Kind::Quality { levels }), least) if !least.is_empty() => {
            let level = least.parse::<u32>().ok().filter(|n| levels.iter().any(|l| l.level == *n));
            if level.is_none() {
                form.wrong("minimum_level", "Choose one of the levels");
            }
            level.map(|level| Minimum::Level { level })
        }
        (Some(Kind::Quality { .. }), _) => None,
        _ => before.as_ref().and_then(|b| b.minimum.clone()),
    };
    let words = form.optional::<u32>("words", &input.words.replace(',', ""));
    let parent = input.parent.trim();
    if !parent.is_empty() {
        let known = terms.model.criterion(parent).is_some_and(|c| matches!(c.kind, Kind::Group { .. }));
        let inside = before.as_ref().is_some_and(|b| b.id == parent || holds(b, parent));
        form.check(known && !inside, "parent", "Choose a group that is not inside this one");
    }
    form.finish()?;
    let Some(kind) = read else { return Err(Error::field("kind", "Choose a kind of criterion")) };
    let id = before.map_or_else(|| identifier(&title, &identifiers(&terms.model)), |b| b.id);
    let criterion = Criterion { id: id.clone(), title, weight, minimum, kind };
    place(&mut terms.model, criterion, parent);
    match words {
        Some(words) => {
            terms.words.insert(id.clone(), words);
        }
        None => {
            terms.words.remove(&id);
        }
    }
    Ok(id)
}

/// Why a criterion of this kind does not belong into a call, and what to do.
fn misplaced(terms: &Terms, kind: CriterionKind) -> Option<&'static str> {
    match kind {
        CriterionKind::Panel if terms.tender.is_some() => {
            Some("Residents vote in investment rounds only. In a tender, use a question that evaluators judge")
        }
        CriterionKind::Figure if terms.tender.is_some() => Some(
            "Such a figure is worked out from an application to an investment round. In a tender, use a price or a \
             question that evaluators judge",
        ),
        CriterionKind::Price | CriterionKind::Cost if terms.round.is_some() => Some(
            "Applicants to a round ask for an amount and name no price. In a round, use a figure that we work out or a \
             question that evaluators judge",
        ),
        _ => None,
    }
}

fn holds(criterion: &Criterion, id: &str) -> bool {
    criterion.children().iter().any(|c| c.id == id || holds(c, id))
}

/// Puts a criterion where it was when it stays in its group, else at the end of its new one.
fn place(model: &mut Model, criterion: Criterion, parent: &str) {
    let same = parent_of(model, &criterion.id).unwrap_or_default() == parent;
    if same && replace(&mut model.criteria, &criterion) {
        return;
    }
    take(&mut model.criteria, &criterion.id);
    append(&mut model.criteria, criterion, parent);
}

fn replace(level: &mut [Criterion], with: &Criterion) -> bool {
    for criterion in level {
        if criterion.id == with.id {
            *criterion = with.clone();
            return true;
        }
        if let Kind::Group { children } = &mut criterion.kind
            && replace(children, with)
        {
            return true;
        }
    }
    false
}

fn take(level: &mut Vec<Criterion>, id: &str) -> bool {
    let before = level.len();
    level.retain(|c| c.id != id);
    let mut taken = level.len() < before;
    for criterion in level {
        if let Kind::Group { children } = &mut criterion.kind {
            taken |= take(children, id);
        }
    }
    taken
}

fn append(level: &mut Vec<Criterion>, criterion: Criterion, parent: &str) {
    if parent.is_empty() {
        level.push(criterion);
        return;
    }
    for group in level {
        if let Kind::Group { children } = &mut group.kind {
            if group.id == parent {
                children.push(criterion);
                return;
            }
            if children.iter().any(|c| c.id == parent || holds(c, parent)) {
                append(children, criterion, parent);
                return;
            }
        }
    }
}

/// Removes a criterion with everything inside it.
///
/// # Errors
/// NotFound.
pub fn remove(terms: &mut Terms, id: &str) -> Result<()> {
    if !take(&mut terms.model.criteria, id) {
        return Err(Error::NotFound);
    }
    let left = identifiers(&terms.model);
    terms.words.retain(|criterion, _| left.contains(criterion));
    terms.model.ties.retain(|rule| !matches!(rule, TieRule::Criterion { criterion } if !left.contains(criterion)));
    for_each_social_value(&mut terms.model.criteria, &mut |_, _, deliverability| {
        if deliverability.as_ref().is_some_and(|d| !left.contains(&d.criterion)) {
            *deliverability = None;
        }
    });
    Ok(())
}

fn for_each_social_value(
    level: &mut [Criterion],
    act: &mut impl FnMut(&str, &mut Vec<Measure>, &mut Option<Deliverability>),
) {
    for criterion in level {
        match &mut criterion.kind {
            Kind::Group { children } => for_each_social_value(children, act),
            Kind::SocialValue { measures, deliverability, .. } => act(&criterion.id, measures, deliverability),
            Kind::Quality { .. }
            | Kind::Price { .. }
            | Kind::Cost { .. }
            | Kind::Figure { .. }
            | Kind::Panel { .. }
            | Kind::PassFail { .. } => {}
        }
    }
}

/// Makes a condition asked earn points in a social value criterion (with a weight among its measures), or, with
/// `None`, in none.
///
/// # Errors
/// Invalid at the field `feeds` when there is no such criterion; refused for a condition of which more is not better.
pub fn feed(terms: &mut Terms, asked: &ConditionAsked, into: Option<(&str, Decimal)>) -> Result<()> {
    if into.is_some() {
        super::rules::may_earn_points(asked, terms.tender.is_some())?;
    }
    let mut fed = into.is_none();
    for_each_social_value(&mut terms.model.criteria, &mut |id, measures, _| {
        let place = measures.iter().position(|m| m.id == asked.id);
        match into {
            Some((criterion, weight)) if criterion == id => {
                fed = true;
                let measure = Measure {
                    id: asked.id.clone(),
                    title: asked.body.measure.clone(),
                    unit: asked.body.unit.clone(),
                    weight,
                    target: asked.target.get(),
                    cap: asked.cap.map(crate::values::Share::get),
                    record: place.and_then(|p| measures.get(p)).and_then(|there| there.record.clone()),
                };
                match place.and_then(|p| measures.get_mut(p)) {
                    Some(there) => *there = measure,
                    None => measures.push(measure),
                }
            }
            _ => measures.retain(|m| m.id != asked.id),
        }
    });
    if fed { Ok(()) } else { Err(Error::field("feeds", "Choose a social value criterion of this call")) }
}

/// Says what one unit of a promise is worth, or with `None` that nothing is said of it.
///
/// # Errors
/// Invalid at the field `worth` for a condition that earns no points.
pub fn value(terms: &mut Terms, asked: &str, record: Option<&MeasureRecord>) -> Result<()> {
    let mut found = record.is_none();
    for_each_social_value(&mut terms.model.criteria, &mut |_, measures, _| {
        if let Some(measure) = measures.iter_mut().find(|m| m.id == asked) {
            measure.record = record.cloned();
            found = true;
        }
    });
    if found { Ok(()) } else { Err(Error::field("worth", "Choose first in which criterion it earns points")) }
}

/// What one unit of a condition's promise is worth, where something is said.
#[must_use]
pub fn valued<'a>(model: &'a Model, asked: &str) -> Option<&'a MeasureRecord> {
    super::rules::measures(model).into_iter().find(|m| m.id == asked).and_then(|m| m.record.as_ref())
}

/// The social value criterion that a condition earns points in, and its weight there.
#[must_use]
pub fn fed_by(model: &Model, condition: &str) -> Option<(String, Decimal)> {
    model.nodes().into_iter().find_map(|node| match &node.criterion.kind {
        Kind::SocialValue { measures, .. } => {
            measures.iter().find(|m| m.id == condition).map(|m| (node.criterion.id.clone(), m.weight))
        }
        _ => None,
    })
}

fn read_kind(
    form: &mut Parser,
    model: &Model,
    before: Option<&Criterion>,
    kind: CriterionKind,
    input: &CriterionInput,
) -> Option<Kind> {
    let features_before = before.and_then(Criterion::formula).map(PriceModel::features).unwrap_or_default();
    let life_before = match before.map(|b| &b.kind) {
        Some(Kind::Cost { life, .. }) => Some(life),
        _ => None,
    };
    let taken = identifiers(model);
    match kind {
        CriterionKind::Group => {
            Some(Kind::Group { children: before.map(|b| b.children().to_vec()).unwrap_or_default() })
        }
        CriterionKind::PassFail => {
            let requirement = form.text("requirement", &input.requirement, 1000, "Say what must be so");
            Some(Kind::PassFail { requirement })
        }
        CriterionKind::Quality => Some(Kind::Quality { levels: levels_form::read(form, before, input) }),
        CriterionKind::SocialValue => {
            let method = match input.method.trim() {
                "" | "against_targets" => SocialValueMethod::AgainstTargets,
                "share_of_highest" => SocialValueMethod::ShareOfHighest,
                "value_against_target" => SocialValueMethod::ValueAgainstTarget,
                "value_share_of_highest" => SocialValueMethod::ValueShareOfHighest,
                _ => {
                    form.wrong("method", "Choose one of the answers");
                    return None;
                }
            };
            let measures = match before.map(|b| &b.kind) {
                Some(Kind::SocialValue { measures, .. }) => measures.clone(),
                _ => Vec::new(),
            };
            let known = match before.map(|b| &b.kind) {
                Some(Kind::SocialValue { deliverability, .. }) => deliverability.clone(),
                _ => None,
            };
            let deliverability = read_deliverability(form, model, known, input.judged_by.trim());
            Some(Kind::SocialValue { method, measures, deliverability })
        }
        CriterionKind::Price => {
            price_form::read(form, input, features_before, &taken).map(|model| Kind::Price { model })
        }
        CriterionKind::Cost => {
            let price = price_form::read(form, input, features_before, &taken);
            let life = life_form::read(form, life_before, input);
            price.zip(life).map(|(model, life)| Kind::Cost { model, life })
        }
        CriterionKind::Figure => figure_form::read(form, input),
        CriterionKind::Panel => panel_form::read(form, input).map(|rule| Kind::Panel { rule }),
    }
}

fn read_deliverability(
    form: &mut Parser,
    model: &Model,
    known: Option<Deliverability>,
    judged_by: &str,
) -> Option<Deliverability> {
    if judged_by.is_empty() {
        return None;
    }
    if let Some(known) = known.filter(|d| d.criterion == judged_by) {
        return Some(known);
    }
    match model.criterion(judged_by).map(|c| &c.kind) {
        Some(Kind::Quality { levels }) => Some(Deliverability {
            criterion: judged_by.to_owned(),
            table: levels.iter().map(|l| DeliverabilityShare { level: l.level, share: l.share }).collect(),
        }),
        _ => {
            form.wrong("judged_by", "Choose a quality criterion of this call");
            None
        }
    }
}

/// What settles equal totals, as a form offers it.
pub const TIES: [(&str, &str); 4] = [
    ("social_value price", "Social value first, then the lower price"),
    ("quality price", "Quality first, then the lower price"),
    ("price", "The lower price"),
    ("", "Nothing: equal bids share a place"),
];

/// Reads one of [`TIES`].
///
/// # Errors
/// Invalid.
pub fn read_ties(text: &str) -> Result<Vec<TieRule>, FieldErrors> {
    text.split_whitespace()
        .map(|word| match word {
            "social_value" => Ok(TieRule::SocialValue),
            "quality" => Ok(TieRule::Quality),
            "price" => Ok(TieRule::Price),
            _ => Err(FieldErrors::one("ties", "Choose one of the answers")),
        })
        .collect()
}

/// The tie rules as one of [`TIES`], or as words of their own when a program made others.
#[must_use]
pub fn ties_word(ties: &[TieRule]) -> String {
    let words: Vec<&str> = ties
        .iter()
        .map(|tie| match tie {
            TieRule::SocialValue => "social_value",
            TieRule::Quality => "quality",
            TieRule::Price => "price",
            TieRule::Criterion { .. } => "criterion",
            TieRule::Draw { .. } => "draw",
        })
        .collect();
    words.join(" ")
}
