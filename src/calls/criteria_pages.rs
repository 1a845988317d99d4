//! The builder's pages of criteria and of conditions asked.

use super::builder_pages::{missing_here, shell_of};
use super::criteria::{self, CriterionInput, CriterionKind, TIES};
use super::desk_pages::own;
use super::drafting_terms::{self, ConditionInput, TiesInput};
use super::figure_form::Figure;
use super::model::{Call, CallKind};
use super::price_form::Formula;
use super::rules::{self, Known, Missing, Section};
use super::view::{self, ConditionRow};
use super::{catalogue, levels_form, life_form, pages};
use crate::error::{Error, Result};
use crate::evaluation::Kind;
use crate::http::{Answer, FormState, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::values::Id;
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;

/// A node of the tree, as the page lists it.
struct Row {
    id: String,
    title: String,
    weight: String,
    points: String,
    kind: &'static str,
    by: String,
}

#[derive(Template)]
#[template(path = "calls/criteria.html")]
struct CriteriaPage {
    shell: Shell,
    form: FormState,
    call: Call,
    chart: String,
    rows: Vec<Row>,
    sum: String,
    missing: Vec<Missing>,
    kinds: Vec<(&'static str, &'static str)>,
    ties: Vec<(&'static str, &'static str)>,
}

async fn criteria_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<CriteriaPage> {
    let call = own(visit, id).await?;
    let model = &call.terms.0.model;
    let nodes = model.nodes();
    let rows = nodes
        .iter()
        .map(|n| Row {
            id: n.criterion.id.clone(),
            title: match n.parent.and_then(|p| nodes.get(p)) {
                Some(parent) => format!("{}: {}", parent.criterion.title, n.criterion.title),
                None => n.criterion.title.clone(),
            },
            weight: n.criterion.weight.map(view::percent).unwrap_or_default(),
            points: if n.criterion.carries_points() { n.points.to_string() } else { String::new() },
            kind: pages::kind_word(n.criterion),
            by: view::scored_by(n.criterion),
        })
        .collect();
    let sum: Decimal = model.criteria.iter().filter_map(|c| c.weight).sum();
    let form = form.unwrap_or_else(|| FormState::filled([("ties", criteria::ties_word(&model.ties))]));
    Ok(CriteriaPage {
        shell: shell_of(visit, &call, Section::Criteria.label(), &form),
        form,
        chart: view::weights_chart(model)?,
        rows,
        sum: view::percent(sum),
        missing: missing_here(visit, &call, Section::Criteria),
        kinds: CriterionKind::ALL
            .iter()
            .filter(|kind| match kind {
                CriterionKind::Price | CriterionKind::Cost => call.kind == CallKind::Tender,
                CriterionKind::Panel | CriterionKind::Figure => call.kind == CallKind::Round,
                _ => true,
            })
            .map(|kind| (kind.as_str(), kind.label()))
            .collect(),
        // A tender chooses one bid, so its equal totals are settled.
        ties: TIES.iter().copied().filter(|(word, _)| call.kind == CallKind::Round || !word.is_empty()).collect(),
        call,
    })
}

/// `GET /desk/calls/{id}/criteria`
///
/// # Errors
/// NotFound, Denied.
pub async fn criteria_list(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&criteria_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/criteria`: what settles equal totals.
///
/// # Errors
/// NotFound, Denied.
pub async fn ties(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<TiesInput>) -> Answer {
    match drafting_terms::set_ties(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Saved.");
            see(&format!("/desk/calls/{id}/criteria"))
        }
        Err(error) => page_again(&criteria_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

#[derive(Template)]
#[template(path = "calls/criterion.html")]
struct CriterionPage {
    shell: Shell,
    form: FormState,
    call: Call,
    id: String,
    kind: CriterionKind,
    groups: Vec<(String, String)>,
    judges: Vec<(String, String)>,
    levels: Vec<(String, String)>,
    formulas: Vec<(&'static str, &'static str, &'static str)>,
    discounts: Vec<(&'static str, &'static str, &'static str)>,
    figures: Vec<(&'static str, &'static str)>,
    votes: Vec<(&'static str, &'static str)>,
}

/// Which kind of criterion is added.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KindQuery {
    kind: String,
}

async fn criterion_page(
    visit: &Visit,
    id: Id<Call>,
    criterion: &str,
    kind: &str,
    form: Option<FormState>,
) -> Result<CriterionPage> {
    let call = own(visit, id).await?;
    let terms = &call.terms.0;
    let (kind, stored) = if criterion.is_empty() {
        let kind: CriterionKind = kind.parse().map_err(|_| Error::NotFound)?;
        let mut pairs =
            vec![("above_ceiling".to_owned(), "excluded".to_owned()), ("exponent".to_owned(), "1".to_owned())];
        if kind == CriterionKind::Quality {
            pairs.push(("words".to_owned(), "500".to_owned()));
            for (level, text) in (0..).zip(levels_form::LEVEL_TEXTS) {
                pairs.push((format!("level_{level}"), text.to_owned()));
            }
        }
        if let Some(tender) = terms.tender.as_ref().filter(|t| !t.estimated_value.is_zero()) {
            pairs.push(("ceiling".to_owned(), tender.estimated_value.plain()));
        }
        pairs.push(("method".to_owned(), "against_targets".to_owned()));
        pairs.push(("ballots".to_owned(), "50".to_owned()));
        if kind == CriterionKind::Cost {
            for (name, value) in [("years", "10"), ("discount", "rate"), ("discount_rate", "3.5")] {
                pairs.push((name.to_owned(), value.to_owned()));
            }
            pairs.push(("appraised_on".to_owned(), visit.now.date().to_string()));
        }
        if kind == CriterionKind::Figure {
            for (name, value) in [("measure", "affordability"), ("loan_rate", "5"), ("loan_months", "60")] {
                pairs.push((name.to_owned(), value.to_owned()));
            }
        }
        (kind, pairs)
    } else {
        let found = terms.model.criterion(criterion).ok_or(Error::NotFound)?;
        (criteria::kind_of(found), CriterionInput::pairs(terms, found))
    };
    let form = form.unwrap_or_else(|| FormState::filled(stored));
    let judges = terms
        .model
        .nodes()
        .into_iter()
        .filter(|n| matches!(n.criterion.kind, Kind::Quality { .. }))
        .map(|n| (n.criterion.id.clone(), n.criterion.title.clone()))
        .collect();
    Ok(CriterionPage {
        shell: shell_of(visit, &call, kind.label(), &form),
        form,
        id: criterion.to_owned(),
        kind,
        groups: criteria::groups(&terms.model).into_iter().filter(|(id, _)| id != criterion).collect(),
        judges,
        levels: (0..5).map(|n| (n.to_string(), format!("Level {n}"))).collect(),
        formulas: Formula::offered(kind == CriterionKind::Cost),
        discounts: life_form::DISCOUNTS.to_vec(),
        figures: Figure::options(),
        votes: super::panel_form::VOTES.to_vec(),
        call,
    })
}

/// `GET /desk/calls/{id}/criteria/new?kind=quality`
///
/// # Errors
/// NotFound, Denied.
pub async fn criterion_new_form(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<KindQuery>) -> Answer {
    page(&criterion_page(&visit, *id, "", &query.kind, None).await?)
}

/// `POST /desk/calls/{id}/criteria/new`
///
/// # Errors
/// NotFound, Denied.
pub async fn criterion_new(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<CriterionInput>) -> Answer {
    match drafting_terms::put_criterion(&visit.app, &visit.actor, *id, None, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The criterion is added.");
            see(&format!("/desk/calls/{id}/criteria"))
        }
        Err(error) => {
            let kind = posted.input.kind.clone();
            page_again(&criterion_page(&visit, *id, "", &kind, Some(posted.again(error)?)).await?)
        }
    }
}

/// `GET /desk/calls/{id}/criteria/{criterion}`
///
/// # Errors
/// NotFound, Denied.
pub async fn criterion_form(visit: Visit, path: web::Path<(Id<Call>, String)>) -> Answer {
    let (id, criterion) = path.into_inner();
    page(&criterion_page(&visit, id, &criterion, "", None).await?)
}

/// `POST /desk/calls/{id}/criteria/{criterion}`
///
/// # Errors
/// NotFound, Denied.
pub async fn criterion(visit: Visit, path: web::Path<(Id<Call>, String)>, posted: Posted<CriterionInput>) -> Answer {
    let (id, criterion) = path.into_inner();
    match drafting_terms::put_criterion(&visit.app, &visit.actor, id, Some(&criterion), &posted.input, visit.now).await
    {
        Ok(_) => {
            visit.done("The criterion is saved.");
            see(&format!("/desk/calls/{id}/criteria"))
        }
        Err(error) => page_again(&criterion_page(&visit, id, &criterion, "", Some(posted.again(error)?)).await?),
    }
}

/// `POST /desk/calls/{id}/criteria/{criterion}/remove`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn criterion_remove(visit: Visit, path: web::Path<(Id<Call>, String)>, _posted: Posted<Nothing>) -> Answer {
    let (id, criterion) = path.into_inner();
    drafting_terms::remove_criterion(&visit.app, &visit.actor, id, &criterion, visit.now).await?;
    visit.done("The criterion is removed.");
    see(&format!("/desk/calls/{id}/criteria"))
}

#[derive(Template)]
#[template(path = "calls/conditions.html")]
struct ConditionsPage {
    shell: Shell,
    form: FormState,
    call: Call,
    rows: Vec<ConditionRow>,
    missing: Vec<Missing>,
    entries: Vec<(String, String)>,
    feeds: Vec<(String, String)>,
    /// What one unit may be worth by the council's catalogue.
    worths: Vec<(String, String)>,
    /// Whether more measures fit than are offered.
    worths_more: bool,
    /// The words that narrow them.
    finding: FormState,
    narrowed: bool,
    /// Whether the words leave no measure.
    none_fits: bool,
    /// Where this page stands.
    path: String,
    /// What is said of it now.
    worth_now: String,
    /// The condition that is changed; empty when one is added.
    asked: String,
}

/// Words that narrow the measures that are offered.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WorthQuery {
    measure_q: String,
}

async fn conditions_page(
    visit: &Visit,
    id: Id<Call>,
    asked: &str,
    query: &WorthQuery,
    form: Option<FormState>,
) -> Result<ConditionsPage> {
    let call = own(visit, id).await?;
    let terms = &call.terms.0;
    let (authority, today, find) = (call.authority_id, visit.today(), query.measure_q.clone());
    let asked_for = terms.conditions.clone();
    // While a condition is chosen, its unit is one of those in the catalogue of conditions.
    let unit = terms.conditions.iter().find(|c| c.id == asked).map(|one| one.body.unit.clone());
    let (entries, offered, exceptions) = visit
        .app
        .db
        .read(move |db| {
            let entries = catalogue::entries(db, authority)?;
            let units: Vec<&str> = match &unit {
                Some(unit) => vec![unit.as_str()],
                None => entries.iter().map(|entry| entry.body.unit.as_str()).collect(),
            };
            let offered = catalogue::worths(db, authority, today, units, &find)?;
            Ok((entries, offered, catalogue::exceptions(db, &asked_for)?))
        })
        .await?;
    let known = Known { exceptions, ..Known::default() };
    let mut missing = rules::missing_with(&call, &known, today);
    missing.retain(|m| m.place == Section::Conditions);
    let narrowed = !query.measure_q.trim().is_empty();
    let none_fits = narrowed && offered.choices.is_empty();
    let catalogue::Worths { choices: mut worths, more: worths_more } = offered;
    let worth_now = match criteria::valued(&terms.model, asked) {
        Some(record) => {
            worths.insert(0, ("none".to_owned(), "No value in pounds".to_owned()));
            let from = if record.catalogue.is_some() { "As it was copied" } else { "Set by hand, from no catalogue" };
            format!("{from}: {}", view::worth_words(record))
        }
        None => "No value in pounds".to_owned(),
    };
    let stored = if asked.is_empty() {
        FormState::empty()
    } else {
        let one = terms.conditions.iter().find(|c| c.id == asked).ok_or(Error::NotFound)?;
        let fed = criteria::fed_by(&terms.model, asked);
        let mut pairs = vec![("target", one.target.get().normalize().to_string()), ("due", one.due.to_string())];
        if let Some(cap) = one.cap {
            pairs.push(("cap", (cap.get() * Decimal::ONE_HUNDRED).normalize().to_string()));
        }
        if one.required {
            pairs.push(("required", "yes".to_owned()));
        }
        if let Some((criterion, weight)) = fed {
            pairs.push(("feeds", criterion));
            pairs.push(("weight", weight.normalize().to_string()));
        }
        FormState::filled(pairs)
    };
    let form = form.unwrap_or(stored);
    let feeds = terms
        .model
        .nodes()
        .into_iter()
        .filter(|n| matches!(n.criterion.kind, Kind::SocialValue { .. }))
        .map(|n| (n.criterion.id.clone(), n.criterion.title.clone()))
        .collect();
    Ok(ConditionsPage {
        shell: shell_of(visit, &call, Section::Conditions.label(), &form),
        form,
        rows: terms.conditions.iter().map(|one| view::condition_row(one, terms)).collect(),
        missing,
        entries: entries
            .into_iter()
            .map(|e| {
                let words = format!("{}: usually {}", e.body.title, e.body.target.of(&e.body.unit));
                (e.id.to_string(), words)
            })
            .collect(),
        feeds,
        worths,
        worths_more,
        finding: FormState::filled([("measure_q", query.measure_q.clone())]),
        narrowed,
        none_fits,
        path: if asked.is_empty() {
            format!("/desk/calls/{id}/conditions")
        } else {
            format!("/desk/calls/{id}/conditions/{asked}")
        },
        worth_now,
        asked: asked.to_owned(),
        call,
    })
}

/// `GET /desk/calls/{id}/conditions`
///
/// # Errors
/// NotFound, Denied.
pub async fn conditions_form(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<WorthQuery>) -> Answer {
    page(&conditions_page(&visit, *id, "", &query, None).await?)
}

/// `POST /desk/calls/{id}/conditions`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition_new(
    visit: Visit,
    id: web::Path<Id<Call>>,
    query: web::Query<WorthQuery>,
    posted: Posted<ConditionInput>,
) -> Answer {
    match drafting_terms::put_condition(&visit.app, &visit.actor, *id, None, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The condition is asked.");
            see(&format!("/desk/calls/{id}/conditions"))
        }
        Err(error) => page_again(&conditions_page(&visit, *id, "", &query, Some(posted.again(error)?)).await?),
    }
}

/// `GET /desk/calls/{id}/conditions/{asked}`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition_form(
    visit: Visit,
    path: web::Path<(Id<Call>, String)>,
    query: web::Query<WorthQuery>,
) -> Answer {
    let (id, asked) = path.into_inner();
    page(&conditions_page(&visit, id, &asked, &query, None).await?)
}

/// `POST /desk/calls/{id}/conditions/{asked}`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition(
    visit: Visit,
    path: web::Path<(Id<Call>, String)>,
    query: web::Query<WorthQuery>,
    posted: Posted<ConditionInput>,
) -> Answer {
    let (id, asked) = path.into_inner();
    match drafting_terms::put_condition(&visit.app, &visit.actor, id, Some(&asked), &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The condition is saved.");
            see(&format!("/desk/calls/{id}/conditions"))
        }
        Err(error) => page_again(&conditions_page(&visit, id, &asked, &query, Some(posted.again(error)?)).await?),
    }
}

/// `POST /desk/calls/{id}/conditions/{asked}/remove`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn condition_remove(visit: Visit, path: web::Path<(Id<Call>, String)>, _posted: Posted<Nothing>) -> Answer {
    let (id, asked) = path.into_inner();
    drafting_terms::remove_condition(&visit.app, &visit.actor, id, &asked, visit.now).await?;
    visit.done("The condition is no longer asked.");
    see(&format!("/desk/calls/{id}/conditions"))
}
