//! Editing the criteria tree by forms: one criterion at a time.

use super::model::{ConditionAsked, Terms};
use super::panel_form;
use super::rules::identifier;
use crate::error::{Error, Result};
use crate::evaluation::{
    AboveCeiling, Criterion, Deliverability, DeliverabilityShare, Kind, Level, Measure, Minimum, Model, PriceBand,
    PriceModel, SocialValueMethod, TieRule,
};
use crate::values::decimals::parse_decimal;
use crate::values::{FieldErrors, Parser, Pence};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeSet;

crate::text_enum! {
    /// What kind of criterion a form makes.
    pub enum CriterionKind {
        Quality = "quality" => "Quality: evaluators choose a level",
        SocialValue = "social_value" => "Social value: promises in figures",
        Price = "price" => "Price: scored by a formula",
        PassFail = "pass_fail" => "Pass or fail",
        Panel = "panel" => "Community panel: residents vote",
        Group = "group" => "A heading that gathers others",
    }
}

crate::text_enum! {
    /// The price formulas that a form offers.
    pub enum Formula {
        AbsoluteToCeiling = "absolute_to_ceiling" => "Against the ceiling: other bids change nothing",
        Bands = "bands" => "Published price bands: other bids change nothing",
        LowestOverPrice = "lowest_over_price" => "Lowest price divided by the price",
        LinearToCeiling = "linear_to_ceiling" => "Between the lowest price and the ceiling",
        Bilinear = "bilinear" => "Around the mean price",
        FixedPrice = "fixed_price" => "Everybody is paid the same; price earns no points",
    }
}

/// Texts of the five levels that a new quality criterion begins with.
pub const LEVEL_TEXTS: [&str; 5] = [
    "No answer, or one that does not deal with the question.",
    "Deals with a part of the question; gives us serious doubts that it would work.",
    "Deals with most of the question; gives us some doubts, or little evidence.",
    "Deals with the whole question, with evidence that it would work.",
    "Deals with the whole question in detail, with strong evidence, and adds something of clear worth to residents.",
];

/// A criterion as a form or a program sends it.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct CriterionInput {
    /// `quality`, `social_value`, `price`, `pass_fail` or `group`.
    pub kind: String,
    /// The question, or the name of the criterion.
    pub title: String,
    /// Per cent of its level; empty where no points are carried.
    pub weight: String,
    /// Identifier of the group it lies in; empty at the top.
    pub parent: String,
    /// Most words of an answer.
    pub words: String,
    /// A bid below this level is left out.
    pub minimum_level: String,
    /// Text of level 0.
    pub level_0: String,
    /// Text of level 1.
    pub level_1: String,
    /// Text of level 2.
    pub level_2: String,
    /// Text of level 3.
    pub level_3: String,
    /// Text of level 4.
    pub level_4: String,
    /// Formula of a price.
    pub formula: String,
    /// Published ceiling in pounds, VAT included.
    pub ceiling: String,
    /// Power of the formula, 1 to 5.
    pub exponent: String,
    /// `excluded` or `scores_zero`.
    pub above_ceiling: String,
    /// Part of the points that the mean price earns.
    pub mean_share: String,
    /// Price bands, one a line: highest price, then the part of the points, such as `900000 0.8`.
    pub bands: String,
    /// The price everybody is paid.
    pub fixed_price: String,
    /// `against_targets` or `share_of_highest`.
    pub method: String,
    /// Quality criterion that judges how promises will be kept; empty when they count in full.
    pub judged_by: String,
    /// What must be so.
    pub requirement: String,
    /// Community panel: `scores`, or `budget` for money to share out.
    pub vote: String,
    /// Community panel: the best score, 1 to 10; the least is 0.
    pub highest: String,
    /// Community panel: what one resident may share out, in pounds.
    pub each: String,
    /// Community panel: fewest ballots that count.
    pub ballots: String,
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
            Kind::Price { model } => price_pairs(model, put),
            Kind::SocialValue { method, deliverability, .. } => {
                put("method", method_word(*method).to_owned());
                put("judged_by", deliverability.as_ref().map(|d| d.criterion.clone()).unwrap_or_default());
            }
            Kind::PassFail { requirement } => put("requirement", requirement.clone()),
            Kind::Panel { rule } => panel_form::pairs(rule, put),
            Kind::Cost { .. } | Kind::Figure { .. } | Kind::Group { .. } => {}
        }
        pairs
    }
}

fn price_pairs(model: &PriceModel, mut put: impl FnMut(&str, String)) {
    let above =
        |above: AboveCeiling| if above == AboveCeiling::Excluded { "excluded" } else { "scores_zero" }.to_owned();
    match model {
        PriceModel::LowestOverPrice => put("formula", Formula::LowestOverPrice.to_string()),
        PriceModel::LinearToCeiling { ceiling, exponent, above_ceiling } => {
            put("formula", Formula::LinearToCeiling.to_string());
            put("ceiling", ceiling.plain());
            put("exponent", exponent.to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::AbsoluteToCeiling { ceiling, exponent, above_ceiling } => {
            put("formula", Formula::AbsoluteToCeiling.to_string());
            put("ceiling", ceiling.plain());
            put("exponent", exponent.to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::Bilinear { ceiling, mean_share, above_ceiling } => {
            put("formula", Formula::Bilinear.to_string());
            put("ceiling", ceiling.plain());
            put("mean_share", mean_share.normalize().to_string());
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::Bands { bands, above_ceiling } => {
            put("formula", Formula::Bands.to_string());
            let lines: Vec<String> =
                bands.iter().map(|b| format!("{} {}", b.up_to.plain(), b.share.normalize())).collect();
            put("bands", lines.join("\n"));
            put("above_ceiling", above(*above_ceiling));
        }
        PriceModel::FixedPrice { price } => {
            put("formula", Formula::FixedPrice.to_string());
            put("fixed_price", price.plain());
        }
        // Made by a program; the form keeps them as they are.
        PriceModel::PricePerQualityPoint | PriceModel::ValueAdjusted { .. } => {}
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
        Kind::Quality { .. } | Kind::Figure { .. } => CriterionKind::Quality,
        Kind::Panel { .. } => CriterionKind::Panel,
        Kind::Price { .. } | Kind::Cost { .. } => CriterionKind::Price,
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

/// Every identifier of the model, measures included.
#[must_use]
pub fn identifiers(model: &Model) -> BTreeSet<String> {
    let mut ids: BTreeSet<String> = model.nodes().into_iter().map(|n| n.criterion.id.clone()).collect();
    ids.extend(super::rules::measures(model).into_iter().map(|m| m.id.clone()));
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
    let read = kind.and_then(|kind| read_kind(&mut form, &terms.model, before.as_ref(), kind, input));
    let carries = match &read {
        Some(Kind::PassFail { .. }) => false,
        Some(Kind::Price { model } | Kind::Cost { model, .. }) => model.carries_points(),
        _ => true,
    };
    let weight = if !carries {
        None
    } else if kind == Some(CriterionKind::Group) && input.weight.trim().is_empty() {
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
/// Invalid at the field `feeds` when there is no such criterion.
pub fn feed(terms: &mut Terms, asked: &ConditionAsked, into: Option<(&str, Decimal)>) -> Result<()> {
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
                    cap: asked.cap.map(|c| c.get()),
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
    // What only a program can make keeps its kind; the form changes its title and weight.
    if let Some(before) = before
        && (matches!(before.kind, Kind::Cost { .. } | Kind::Figure { .. })
            || before.formula().is_some_and(PriceModel::decides))
    {
        return Some(before.kind.clone());
    }
    match kind {
        CriterionKind::Group => {
            Some(Kind::Group { children: before.map(|b| b.children().to_vec()).unwrap_or_default() })
        }
        CriterionKind::PassFail => {
            let requirement = form.text("requirement", &input.requirement, 1000, "Say what must be so");
            Some(Kind::PassFail { requirement })
        }
        CriterionKind::Quality => Some(Kind::Quality { levels: read_levels(form, before, input) }),
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
        CriterionKind::Price => read_price(form, input).map(|model| Kind::Price { model }),
        CriterionKind::Panel => panel_form::read(form, input).map(|rule| Kind::Panel { rule }),
    }
}

fn read_levels(form: &mut Parser, before: Option<&Criterion>, input: &CriterionInput) -> Vec<Level> {
    let texts = [&input.level_0, &input.level_1, &input.level_2, &input.level_3, &input.level_4];
    // A scale of another size was made by a program and keeps its shares; its first five texts can be changed here.
    if let Some(Kind::Quality { levels }) = before.map(|b| &b.kind) {
        let mut levels = levels.clone();
        for level in &mut levels {
            if let Some(text) = usize::try_from(level.level).ok().and_then(|n| texts.get(n))
                && !text.trim().is_empty()
            {
                level.text = text.trim().to_owned();
            }
        }
        return levels;
    }
    (0_u32..)
        .zip(texts.into_iter().zip(LEVEL_TEXTS))
        .map(|(level, (text, usual))| {
            let text = form.optional_text(&format!("level_{level}"), text, 600).unwrap_or_else(|| usual.to_owned());
            Level { level, text, share: Decimal::from(level) / Decimal::from(4) }
        })
        .collect()
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

fn read_price(form: &mut Parser, input: &CriterionInput) -> Option<PriceModel> {
    let formula: Formula = form.value("formula", &input.formula, "Choose a formula")?;
    let above_ceiling = match input.above_ceiling.trim() {
        "" | "excluded" => AboveCeiling::Excluded,
        "scores_zero" => AboveCeiling::ScoresZero,
        _ => {
            form.wrong("above_ceiling", "Choose one of the answers");
            return None;
        }
    };
    let exponent = if input.exponent.trim().is_empty() { Some(1) } else { form.value("exponent", &input.exponent, "") };
    let ceiling = |form: &mut Parser| form.pence("ceiling", &input.ceiling, "Enter the ceiling, in pounds with VAT");
    match formula {
        Formula::LowestOverPrice => Some(PriceModel::LowestOverPrice),
        Formula::LinearToCeiling => {
            Some(PriceModel::LinearToCeiling { ceiling: ceiling(form)?, exponent: exponent?, above_ceiling })
        }
        Formula::AbsoluteToCeiling => {
            Some(PriceModel::AbsoluteToCeiling { ceiling: ceiling(form)?, exponent: exponent?, above_ceiling })
        }
        Formula::Bilinear => {
            let ceiling = ceiling(form)?;
            let mean_share =
                form.decimal("mean_share", &input.mean_share, "Enter the part that the mean price earns, like 0.85")?;
            Some(PriceModel::Bilinear { ceiling, mean_share, above_ceiling })
        }
        Formula::Bands => match read_bands(&input.bands) {
            Ok(bands) => Some(PriceModel::Bands { bands, above_ceiling }),
            Err(message) => {
                form.wrong("bands", message);
                None
            }
        },
        Formula::FixedPrice => {
            let price = form.pence("fixed_price", &input.fixed_price, "Enter the price that everybody is paid")?;
            Some(PriceModel::FixedPrice { price })
        }
    }
}

/// Price bands, one a line: highest price and part of the points.
///
/// # Errors
/// A sentence that names the line.
pub fn read_bands(text: &str) -> Result<Vec<PriceBand>, String> {
    let bands: Vec<PriceBand> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let wrong = || format!("Line {}: enter a price and a part of the points, like 900,000 0.8", number + 1);
            let (price, share) = line.trim().rsplit_once([' ', '\t']).ok_or_else(wrong)?;
            let up_to: Pence = price.trim().parse().map_err(|_| wrong())?;
            let share = parse_decimal(share).map_err(|_| wrong())?;
            Ok(PriceBand { up_to, share })
        })
        .collect::<Result<_, String>>()?;
    if bands.is_empty() { Err("Enter at least one price band".to_owned()) } else { Ok(bands) }
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
