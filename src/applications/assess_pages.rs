//! The page on which staff read an application once it is open, with what it could carry.

use super::affordability::{Assessment, TrialInput, assess};
use super::letters::{Sight, hide_names, shown_as, sight_of_bid};
use super::model::Application;
use super::shown::{self, Line};
use super::store;
use crate::calls::{self, Call, CallKind, Part};
use crate::documents::Document;
use crate::error::Error;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Shell, Visit, page};
use crate::law::subsidy::MfaCheck;
use crate::people::find_organisation;
use crate::people::policy::{Action, can};
use crate::subsidies;
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use crate::values::{Id, Instant, Pence};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::borrow::Borrow;

struct FileLink {
    document: Id<Document>,
    text: String,
}

#[derive(Template)]
#[template(path = "applications/reading.html")]
struct ReadingPage {
    shell: Shell,
    application: Application,
    call: Call,
    organisation: String,
    /// Whether the bidder stands under its letter for now.
    hidden: bool,
    /// Whether this person may ask who is who.
    may_look: bool,
    opened: bool,
    price_opened: bool,
    lines: Vec<Line>,
    files: Vec<FileLink>,
    declared_by: String,
    received: String,
    round: bool,
    assessed: Option<Assessment>,
    no_sheet: String,
    trial_form: FormState,
    trial_query: String,
    group: Option<MfaCheck>,
    group_name: String,
}

/// A cover, or a dash where nothing is to be paid.
fn ratio(cover: impl Borrow<Option<Decimal>>) -> String {
    cover.borrow().map_or_else(|| "–".to_owned(), |c| c.to_string())
}

fn runs_out(month: impl Borrow<usize>) -> String {
    match month.borrow() {
        0 => "gone in the first month".to_owned(),
        1 => "gone after 1 month".to_owned(),
        n => format!("gone after {n} months"),
    }
}

fn carries(a: &Assessment) -> String {
    let loan =
        format!("{} over {} months at {} a year", a.trial.amount, a.trial.months, shown_percent(a.trial.rate.get(), 2));
    let Some(found) = a.courses.first().map(|c| &c.found) else { return loan };
    match (found.least_cover, found.runway) {
        (_, Some(month)) => format!("With {loan} the sheet runs out of cash: {}.", runs_out(month)),
        (Some(cover), None) if cover >= a.trial.cover => {
            format!("{loan} can be carried: in the weakest 12 months cash is {cover} times what is due.")
        }
        (Some(cover), None) => format!(
            "{loan} is too much for the sheet: in the weakest 12 months cash is {cover} times what is due, less than {}.",
            a.trial.cover
        ),
        (None, None) => format!("Nothing is due of {loan} within the sheet."),
    }
}

fn careful(a: &Assessment) -> String {
    let worse = a.courses.iter().skip(1).filter(|c| c.found.runway.is_some()).count();
    format!(
        "{} a month. Of six worse courses cash runs out in {worse}. The sheet covers {} months.",
        a.instalment, a.sheet_months
    )
}

fn break_even(a: &Assessment) -> Option<String> {
    a.courses.first().and_then(|c| c.found.break_even).map(|part| shown_percent(part, 0))
}

/// The yearly return if every payment is made.
fn yearly_return(a: &Assessment) -> String {
    a.yearly_return.map_or_else(|| "No rate fits".to_owned(), |rate| shown_percent(rate, 2))
}

/// What is expected to be lost, and what part of the amount that is.
fn expected_loss(a: &Assessment) -> Option<(String, String)> {
    let (loss, risk) = (a.expected_loss?, a.trial.risk?);
    let part = loss.decimal().checked_div(a.trial.amount.decimal()).unwrap_or_default();
    let note = format!(
        "{} of the amount, over its whole life, where {} a year default and lose {}",
        shown_percent(part, 1),
        shown_percent(risk.default.get(), 1),
        shown_percent(risk.lost.get(), 0)
    );
    Some((loss.to_string(), note))
}

fn group_words(check: &MfaCheck) -> String {
    format!(
        "Minimal financial assistance to the group since {}: {} of {}; {} is left.",
        medium_date(check.window_from),
        check.used,
        check.cap,
        (check.cap - check.used).max(Pence::ZERO)
    )
}

impl ReadingPage {
    fn subsidy_words(&self) -> Option<String> {
        let subsidy = self.assessed.as_ref()?.subsidy?;
        let check = self.group.as_ref()?;
        let total = check.used + subsidy;
        let fits =
            if total <= check.cap { "within the cap" } else { "above the cap: another route is needed for the rest" };
        Some(format!(
            "Such a loan holds a subsidy of {subsidy}. With it the group would have had {total} of {}, {fits}.",
            check.cap
        ))
    }
}

/// Query of an application's page: the loan that is tried on its cash-flow sheet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReadingQuery {
    format: String,
    #[serde(flatten)]
    trial: TrialInput,
}

fn months_file(assessed: &Assessment, reference: &str) -> Table {
    let months = assessed.courses.first().map_or(0, |c| c.found.balance.len());
    let rows = (0..months)
        .map(|month| {
            let mut row = vec![(month + 1).to_string()];
            row.extend(
                assessed.courses.iter().map(|c| c.found.balance.get(month).map_or_else(String::new, |b| b.plain())),
            );
            row
        })
        .collect();
    let heads = vec!["month", "as_the_sheet", "less_10", "less_25", "less_50", "late_3", "late_6", "late_12"];
    Table { name: format!("cash-{reference}"), heads, rows }
}

/// `GET /desk/applications/{id}`: an application once it is open, and what it could carry.
///
/// # Errors
/// NotFound while it is sealed, for another authority, and for roles that may not read it whole.
pub async fn reading(visit: Visit, id: web::Path<Id<Application>>, query: web::Query<ReadingQuery>) -> Answer {
    let (id, actor, today) = (*id, visit.actor.clone(), visit.today());
    let (mut application, call, organisation, quality, price, group, group_name, hidden) = visit
        .app
        .db
        .read(move |db| {
            let (application, sight) = sight_of_bid(db, &actor, id)?;
            if !can(&actor, Action::ReadOpened, &calls::thing(&sight.call).public(false))
                || (sight.call.kind == CallKind::Tender && application.opened_at.is_none())
            {
                return Err(Error::NotFound);
            }
            sight.refuse_blind_judge()?;
            let Sight { call, hidden, .. } = sight;
            let organisation = find_organisation(db, application.organisation_id)?;
            let named = organisation.profile.0.group.trim();
            let group_name = if named.is_empty() { organisation.name.clone() } else { named.to_owned() };
            let mut parts = store::opened_parts(db, id)?;
            let mut take = |part| parts.iter().position(|p| p.part == part).map(|at| parts.swap_remove(at));
            let quality = take(Part::Quality).map(|o| o.answers()).transpose()?;
            let price = take(Part::Price).map(|o| o.prices()).transpose()?;
            let group = if call.kind == CallKind::Round && quality.is_some() {
                subsidies::group_standing(db, application.authority_id, &group_name, today)?
            } else {
                None
            };
            let name = if hidden { shown_as(&application) } else { organisation.name };
            Ok((application, call, name, quality, price, group, group_name, hidden))
        })
        .await?;
    let opened = quality.is_some();
    let round = call.kind == CallKind::Round;
    let mut answers = quality.unwrap_or_default();
    if hidden {
        hide_names(&mut answers);
        application.reference = None;
    }
    let input = &query.trial;
    let mut trial_form = FormState::filled([
        ("amount", &input.amount),
        ("rate", &input.rate),
        ("months", &input.months),
        ("cover", &input.cover),
        ("follows", &input.follows),
        ("market", &input.market),
        ("default", &input.default),
        ("lost", &input.lost),
    ]);
    let mut no_sheet = "The application holds no cash-flow sheet.".to_owned();
    let assessed = if round && opened && !answers.cash_flow.is_empty() {
        match input.read(price.as_ref().and_then(|p| p.amount)) {
            Ok(trial) => assess(&answers.cash_flow, trial).map_err(Error::from)?,
            Err(errors) => {
                trial_form = trial_form.with_errors(errors);
                "The loan could not be tried: see below what to change.".clone_into(&mut no_sheet);
                None
            }
        }
    } else {
        None
    };
    if !query.format.is_empty() {
        let reference = application.reference.clone().unwrap_or_default();
        return months_file(assessed.as_ref().ok_or(Error::NotFound)?, &reference).answer(&query.format);
    }
    let mut lines = if opened { shown::lines(&call.terms.0, &answers, price.as_ref()) } else { Vec::new() };
    if hidden {
        // “Who you are” is what nobody is told yet.
        lines.retain(|line| line.key != "organisation");
    }
    let may_look = hidden && can(&visit.actor, Action::ManagePanel, &calls::thing(&call).public(false));
    let mut shell = visit.shell(organisation.clone(), "/desk/calls");
    shell.breadcrumbs = vec![
        Link::new("Calls", "/desk/calls"),
        Link::new(call.title.clone(), format!("/desk/calls/{}/opening", call.id)),
    ];
    shell.csrf = visit.csrf();
    shell.error = trial_form.has_errors();
    page(&ReadingPage {
        shell,
        organisation,
        hidden,
        may_look,
        opened,
        price_opened: price.is_some(),
        lines,
        files: answers.files.iter().map(|f| FileLink { document: f.document, text: shown::file(f) }).collect(),
        declared_by: answers.declared_by,
        received: application.submitted_at.map(Instant::exact).unwrap_or_default(),
        application,
        call,
        round: round && opened,
        trial_query: serde_html_form::to_string(input).unwrap_or_default(),
        assessed,
        no_sheet,
        trial_form,
        group,
        group_name,
    })
}
