//! The builder: one page for each part of a draft, saved on its own and in any order.

use super::desk_pages::own;
use super::drafting::{self, BasicsInput, CIRCUMSTANCES, MoneyInput};
use super::drafting_terms::{self, EligibilityInput, TimetableInput};
use super::model::{Call, CallKind, EligibilityQuestion, Instrument, WageArea};
use super::rules::{Missing, Section};
use super::tender::{self, Duty};
use super::{catalogue, rules};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::law::procedures::Procedure;
use crate::law::thresholds::ContractType;
use crate::values::Id;
use actix_web::web;
use askama::Template;
use std::collections::BTreeMap;

pub(super) fn shell_of(visit: &Visit, call: &Call, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(format!("{title}: {}", call.title), "/desk/calls");
    shell.breadcrumbs =
        vec![Link::new("Calls", "/desk/calls"), Link::new(call.reference.clone(), format!("/desk/calls/{}", call.id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

/// What is still missing on one page.
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
    seen: String,
    /// What is stored where it differs from what was typed: name and text.
    stored: Vec<(&'static str, String)>,
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
    let mission = missions.iter().find(|(id, _)| *id == call.mission_id.to_string()).map(|(_, title)| title.clone());
    let stored = if form.value("seen").is_empty() || form.value("seen") == drafting::basics_fingerprint(&call) {
        Vec::new()
    } else {
        [
            ("Title", "title", call.title.clone(), call.title.clone()),
            ("What is wanted, in a sentence or two", "summary", call.summary.clone(), call.summary.clone()),
            ("The mission it serves", "mission", call.mission_id.to_string(), mission.unwrap_or_default()),
            ("Description", "description", call.terms.0.description.clone(), call.terms.0.description.clone()),
        ]
        .into_iter()
        .filter(|(_, field, value, _)| drafting::plain_lines(form.value(field)).trim() != value)
        .map(|(name, _, _, shown)| (name, shown))
        .collect()
    };
    Ok(BasicsPage {
        shell: shell_of(visit, &call, Section::Basics.label(), &form),
        seen: drafting::basics_fingerprint(&call),
        stored,
        form,
        call,
        missions,
    })
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
    hours: Vec<(&'static str, &'static str)>,
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
        if tender.bidders_hidden {
            put("bidders_hidden", "yes".to_owned());
        }
        put("hours_asked", tender.hours_asked.map_or("no", WageArea::as_str).to_owned());
    }
    if let Some(round) = &terms.round {
        put("fund", round.fund.clone());
        for (name, amount) in [("pot", round.pot), ("least", round.least), ("most", round.most)] {
            if !amount.is_zero() {
                put(name, amount.plain());
            }
        }
        put("quorum", round.quorum().to_string());
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
    let hours = [("no", "No")].into_iter().chain(WageArea::options()).collect();
    Ok(MoneyPage {
        hours,
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
        _ if call.by_invitation().is_some() => {
            "Leave the dates of a second stage empty: they are set when suppliers are invited to it.".to_owned()
        }
        Some(Ok(period)) => format!(
            "With a notice today applications may close on {} at the earliest: suppliers have at least {} days. {} ({})",
            crate::values::time::long_date(period.earliest_deadline),
            period.days,
            period.reason,
            period.reference
        ),
        Some(Err(unknown)) => unknown.to_string(),
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
