//! The builder: one page for each part of a draft, saved on its own and in any order.

use super::criteria::{self, CriterionInput, CriterionKind, Formula, TIES};
use super::desk_pages::{Nothing, own};
use super::drafting::{
    self, BasicsInput, CIRCUMSTANCES, ConditionInput, EligibilityInput, MoneyInput, TiesInput, TimetableInput,
};
use super::model::{Call, CallKind, EligibilityQuestion, Instrument};
use super::rules::{Missing, Section};
use super::tender::{self, Duty};
use super::view::{self, ConditionRow};
use super::{catalogue, pages, rules};
use crate::error::{Error, Result};
use crate::evaluation::Kind;
use super::drafting::{self, BasicsInput, CIRCUMSTANCES, MoneyInput};
use super::drafting_terms::{self, EligibilityInput, TimetableInput};
use super::{catalogue, rules};
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::law::procedures::Procedure;
use crate::law::thresholds::ContractType;
use crate::values::Id;
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;

fn shell_of(visit: &Visit, call: &Call, title: &str, form: &FormState) -> Shell {

pub(super) fn shell_of(visit: &Visit, call: &Call, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(format!("{title}: {}", call.title), "/desk/calls");
    shell.breadcrumbs =
        vec![Link::new("Calls", "/desk/calls"), Link::new(call.reference.clone(), format!("/desk/calls/{}", call.id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

/// What is still missing on one page.
fn missing_here(visit: &Visit, call: &Call, section: Section) -> Vec<Missing> {
pub(super) fn missing_here(visit: &Visit, call: &Call, section: Section) -> Vec<Missing> {
    rules::missing(call, visit.today()).into_iter().filter(|m| m.place == section).collect()
}

fn back(visit: &Visit, id: Id<Call>) -> Answer {
    visit.done("Saved.");
    see(&format!("/desk/calls/{id}"))
}

#[derive(Template)]
#[template(path = "calls/basics.html")]
struct BasicsPage {
    shell: Shell,
    form: FormState,
    call: Call,
    missions: Vec<(String, String)>,
}

async fn basics_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<BasicsPage> {
    let call = own(visit, id).await?;
    let authority = call.authority_id;
    let missions = visit.app.db.read(move |db| catalogue::missions_of(db, authority)).await?;
    let form = form.unwrap_or_else(|| {
        FormState::filled([
            ("title", call.title.clone()),
            ("summary", call.summary.clone()),
            ("mission", call.mission_id.to_string()),
            ("description", call.terms.0.description.clone()),
        ])
    });
    Ok(BasicsPage { shell: shell_of(visit, &call, Section::Basics.label(), &form), form, call, missions })
}

/// `GET /desk/calls/{id}/basics`
///
/// # Errors
/// NotFound, Denied.
pub async fn basics_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&basics_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/basics`
///
/// # Errors
/// NotFound, Denied.
pub async fn basics(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<BasicsInput>) -> Answer {
    match drafting::set_basics(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => back(&visit, *id),
        Err(error) => page_again(&basics_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

#[derive(Template)]
#[template(path = "calls/money.html")]
struct MoneyPage {
    shell: Shell,
    form: FormState,
    call: Call,
    tender: bool,
    contract_types: Vec<(&'static str, String)>,
    procedures: Vec<(&'static str, &'static str)>,
    circumstances: Vec<(&'static str, &'static str)>,
    instruments: Vec<(&'static str, &'static str)>,
}

async fn money_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<MoneyPage> {
    let call = own(visit, id).await?;
    let terms = &call.terms.0;
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
    if let Some(tender) = &terms.tender {
        if !tender.estimated_value.is_zero() {
            put("estimated_value", tender.estimated_value.plain());
        }
        put("contract_type", tender.contract_type.to_string());
        put("procedure", tender.procedure.to_string());
        if tender.ends_on > tender.starts_on {
            put("starts_on", tender.starts_on.to_string());
            put("ends_on", tender.ends_on.to_string());
        }
        for name in drafting::circumstance_names(&tender.circumstances) {
            put("circumstances", name.to_owned());
        }
        if tender.price_sealed_until_moderated {
            put("price_sealed", "yes".to_owned());
        }
    }
    if let Some(round) = &terms.round {
        put("fund", round.fund.clone());
        for (name, amount) in [("pot", round.pot), ("least", round.least), ("most", round.most)] {
            if !amount.is_zero() {
                put(name, amount.plain());
            }
        }
        for instrument in &round.instruments {
            put("instruments", instrument.to_string());
        }
    }
    let form = form.unwrap_or_else(|| FormState::filled(pairs));
    let today = visit.today();
    let contract_types = ContractType::ALL
        .iter()
        .map(|kind| {
            let words = match crate::law::threshold(*kind, today) {
                Ok(threshold) => format!("{} (threshold {})", kind.label(), threshold.amount),
                Err(_) => kind.label().to_owned(),
            };
            (kind.as_str(), words)
        })
        .collect();
    Ok(MoneyPage {
        shell: shell_of(visit, &call, Section::Money.label(), &form),
        form,
        tender: call.kind == CallKind::Tender,
        contract_types,
        procedures: Procedure::ALL.iter().filter(|p| p.is_competitive()).map(|p| (p.as_str(), p.label())).collect(),
        circumstances: CIRCUMSTANCES.to_vec(),
        instruments: Instrument::options(),
        call,
    })
}

/// `GET /desk/calls/{id}/money`
///
/// # Errors
/// NotFound, Denied.
pub async fn money_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&money_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/money`
///
/// # Errors
/// NotFound, Denied.
pub async fn money(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<MoneyInput>) -> Answer {
    match drafting::set_money(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => back(&visit, *id),
        Err(error) => page_again(&money_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

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
            .filter(|kind| call.kind == CallKind::Tender || **kind != CriterionKind::Price)
            .map(|kind| (kind.as_str(), kind.label()))
            .collect(),
        ties: TIES.to_vec(),
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
    match drafting::set_ties(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
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
    formulas: Vec<(&'static str, &'static str)>,
}

/// Which kind of criterion is added.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct KindQuery {
    kind: String,
}

async fn criterion_page(visit: &Visit, id: Id<Call>, criterion: &str, kind: &str, form: Option<FormState>) -> Result<CriterionPage> {
    let call = own(visit, id).await?;
    let terms = &call.terms.0;
    let (kind, stored) = if criterion.is_empty() {
        let kind: CriterionKind = kind.parse().map_err(|_| Error::NotFound)?;
        let mut pairs = vec![("above_ceiling".to_owned(), "excluded".to_owned()), ("exponent".to_owned(), "1".to_owned())];
        if kind == CriterionKind::Quality {
            pairs.push(("words".to_owned(), "500".to_owned()));
            for (level, text) in (0..).zip(criteria::LEVEL_TEXTS) {
                pairs.push((format!("level_{level}"), text.to_owned()));
            }
        }
        if let Some(tender) = terms.tender.as_ref().filter(|t| !t.estimated_value.is_zero()) {
            pairs.push(("ceiling".to_owned(), tender.estimated_value.plain()));
        }
        pairs.push(("method".to_owned(), "against_targets".to_owned()));
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
        formulas: Formula::options(),
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
    match drafting::put_criterion(&visit.app, &visit.actor, *id, None, &posted.input, visit.now).await {
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
    match drafting::put_criterion(&visit.app, &visit.actor, id, Some(&criterion), &posted.input, visit.now).await {
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
    drafting::remove_criterion(&visit.app, &visit.actor, id, &criterion, visit.now).await?;
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
    /// The condition that is changed; empty when one is added.
    asked: String,
}

async fn conditions_page(visit: &Visit, id: Id<Call>, asked: &str, form: Option<FormState>) -> Result<ConditionsPage> {
    let call = own(visit, id).await?;
    let terms = &call.terms.0;
    let authority = call.authority_id;
    let entries = visit.app.db.read(move |db| catalogue::entries(db, authority)).await?;
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
        missing: missing_here(visit, &call, Section::Conditions),
        entries: entries
            .into_iter()
            .map(|e| {
                let words = format!("{}: usually {} {}", e.body.title, e.body.target.shown(), e.body.unit);
                (e.id.to_string(), words)
            })
            .collect(),
        feeds,
        asked: asked.to_owned(),
        call,
    })
}

/// `GET /desk/calls/{id}/conditions`
///
/// # Errors
/// NotFound, Denied.
pub async fn conditions_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&conditions_page(&visit, *id, "", None).await?)
}

/// `POST /desk/calls/{id}/conditions`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition_new(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<ConditionInput>) -> Answer {
    match drafting::put_condition(&visit.app, &visit.actor, *id, None, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The condition is asked.");
            see(&format!("/desk/calls/{id}/conditions"))
        }
        Err(error) => page_again(&conditions_page(&visit, *id, "", Some(posted.again(error)?)).await?),
    }
}

/// `GET /desk/calls/{id}/conditions/{asked}`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition_form(visit: Visit, path: web::Path<(Id<Call>, String)>) -> Answer {
    let (id, asked) = path.into_inner();
    page(&conditions_page(&visit, id, &asked, None).await?)
}

/// `POST /desk/calls/{id}/conditions/{asked}`
///
/// # Errors
/// NotFound, Denied.
pub async fn condition(visit: Visit, path: web::Path<(Id<Call>, String)>, posted: Posted<ConditionInput>) -> Answer {
    let (id, asked) = path.into_inner();
    match drafting::put_condition(&visit.app, &visit.actor, id, Some(&asked), &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The condition is saved.");
            see(&format!("/desk/calls/{id}/conditions"))
        }
        Err(error) => page_again(&conditions_page(&visit, id, &asked, Some(posted.again(error)?)).await?),
    }
}

/// `POST /desk/calls/{id}/conditions/{asked}/remove`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn condition_remove(visit: Visit, path: web::Path<(Id<Call>, String)>, _posted: Posted<Nothing>) -> Answer {
    let (id, asked) = path.into_inner();
    drafting::remove_condition(&visit.app, &visit.actor, id, &asked, visit.now).await?;
    visit.done("The condition is no longer asked.");
    see(&format!("/desk/calls/{id}/conditions"))
}

#[derive(Template)]
#[template(path = "calls/eligibility.html")]
struct EligibilityPage {
    shell: Shell,
    form: FormState,
    call: Call,
    questions: Vec<EligibilityQuestion>,
    missing: Vec<Missing>,
}

async fn eligibility_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<EligibilityPage> {
    let call = own(visit, id).await?;
    Ok(EligibilityPage {
        shell: shell_of(visit, &call, Section::Eligibility.label(), &form),
        form,
        questions: call.terms.0.eligibility.clone(),
        missing: missing_here(visit, &call, Section::Eligibility),
        call,
    })
}

/// `GET /desk/calls/{id}/eligibility`
///
/// # Errors
/// NotFound, Denied.
pub async fn eligibility_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&eligibility_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/eligibility`
///
/// # Errors
/// NotFound, Denied.
pub async fn eligibility(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<EligibilityInput>) -> Answer {
    match drafting::add_eligibility(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
    match drafting_terms::add_eligibility(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The question is added.");
            see(&format!("/desk/calls/{id}/eligibility"))
        }
        Err(error) => page_again(&eligibility_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/eligibility/{question}/remove`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn eligibility_remove(visit: Visit, path: web::Path<(Id<Call>, String)>, _posted: Posted<Nothing>) -> Answer {
    let (id, question) = path.into_inner();
    drafting::remove_eligibility(&visit.app, &visit.actor, id, &question, visit.now).await?;
    drafting_terms::remove_eligibility(&visit.app, &visit.actor, id, &question, visit.now).await?;
    visit.done("The question is removed.");
    see(&format!("/desk/calls/{id}/eligibility"))
}

#[derive(Template)]
#[template(path = "calls/timetable.html")]
struct TimetablePage {
    shell: Shell,
    form: FormState,
    call: Call,
    period: String,
    missing: Vec<Missing>,
}

async fn timetable_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<TimetablePage> {
    let call = own(visit, id).await?;
    let form = form.unwrap_or_else(|| FormState::filled(TimetableInput::pairs(&call.terms.0.timetable)));
    let period = match call.terms.0.tender.as_ref().map(|t| tender::minimum_period(t, visit.today())) {
        Some(Ok(period)) => format!(
            "With a notice today applications may close on {} at the earliest: suppliers have at least {} days. {} ({})",
            crate::values::time::long_date(period.earliest_deadline),
            period.days,
            period.reason,
            period.reference
        ),
        Some(Err(unknown)) => unknown.to_string(),
        None => "Give applicants time enough to ask, plan and write; no law sets a shortest period for a round.".to_owned(),
        None => {
            "Give applicants time enough to ask, plan and write; no law sets a shortest period for a round.".to_owned()
        }
    };
    Ok(TimetablePage {
        shell: shell_of(visit, &call, Section::Timetable.label(), &form),
        form,
        period,
        missing: missing_here(visit, &call, Section::Timetable),
        call,
    })
}

/// `GET /desk/calls/{id}/timetable`
///
/// # Errors
/// NotFound, Denied.
pub async fn timetable_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&timetable_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/timetable`
///
/// # Errors
/// NotFound, Denied.
pub async fn timetable(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<TimetableInput>) -> Answer {
    match drafting::set_timetable(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
    match drafting_terms::set_timetable(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => back(&visit, *id),
        Err(error) => page_again(&timetable_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

#[derive(Template)]
#[template(path = "calls/duties.html")]
struct DutiesPage {
    shell: Shell,
    form: FormState,
    call: Call,
    duties: Vec<(&'static Duty, String)>,
}

async fn duties_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<DutiesPage> {
    let call = own(visit, id).await?;
    let tender = call.terms.0.tender.as_ref().ok_or(Error::NotFound)?;
    let above = tender::above_threshold(tender, visit.today()).map_or(true, |(_, above)| above);
    let form = form.unwrap_or_else(|| FormState::filled(tender.considered.clone()));
    let duties = tender::duties(above).map(|duty| (duty, format!("{} ({})", duty.hint, duty.reference))).collect();
    Ok(DutiesPage { shell: shell_of(visit, &call, Section::Duties.label(), &form), form, duties, call })
}

/// `GET /desk/calls/{id}/duties`
///
/// # Errors
/// NotFound, Denied.
pub async fn duties_form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&duties_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/duties`
///
/// # Errors
/// NotFound, Denied.
pub async fn duties(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<BTreeMap<String, String>>) -> Answer {
    match drafting::set_duties(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => back(&visit, *id),
        Err(error) => page_again(&duties_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}
