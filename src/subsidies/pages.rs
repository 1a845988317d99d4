//! Pages of subsidy routes.

use super::actions::{self, ConfirmationInput, RouteInput, WithdrawRoute, basis_of, database_duty};
use super::fields::InstrumentFields;
use super::model::{AssistanceRow, Principle, Route, RouteBody, RouteKind, RouteState};
use super::rules::{self, Rests, RouteRefusal, room};
use super::store;
use crate::error::{Error, Result};
use crate::finance::Instrument;
use crate::http::api::PageQuery;
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, Posted, Shell, Visit, page, page_again, see};
use crate::law::subsidy::{Assistance, AssistanceKind, MfaCheck, mfa_check};
use crate::people::policy::{Action, Thing, can, require};
use crate::people::{account_names, find_organisation, find_organisations};
use crate::values::time::medium_date;
use crate::values::{Account, Id, LocalDate, Pence, RefusalInfo, Role, actor};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "subsidies/list.html")]
struct ListPage {
    shell: Shell,
    /// A route, its organisation's name, and whether its investment was cancelled before anything was paid.
    rows: Vec<(Route, String, bool)>,
    next: Option<String>,
}

/// Query of the list of routes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    after: String,
    format: String,
}

/// `GET /desk/subsidies`
///
/// # Errors
/// Denied.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAwards, &Thing::of_authority(authority))?;
    let cursor = PageQuery { after: query.after.clone() }.cursor()?;
    let limit = if query.format.is_empty() { crate::db::Page::<Route>::SIZE } else { 2000 };
    let (found, names) = visit
        .app
        .db
        .read(move |db| {
            let found = store::list(db, authority, cursor.as_ref(), limit)?;
            let ids: Vec<_> = found.items.iter().map(|(r, _)| r.organisation_id).collect();
            let names = find_organisations(db, &ids)?;
            Ok((found, names))
        })
        .await?;
    let name = |r: &Route| names.get(&r.organisation_id).map(|o| o.name.clone()).unwrap_or_default();
    if !query.format.is_empty() {
        let table = Table {
            name: "subsidies".to_owned(),
            heads: vec!["started", "organisation", "group", "route", "state", "amount_pounds", "application"],
            rows: found
                .items
                .iter()
                .map(|(r, cancelled)| {
                    vec![
                        r.started_at.date().to_string(),
                        name(r),
                        r.group_name.clone(),
                        r.kind.to_string(),
                        if *cancelled { "cancelled".to_owned() } else { r.state.to_string() },
                        r.amount.plain(),
                        r.application_id.clone(),
                    ]
                })
                .collect(),
        };
        return table.answer(&query.format);
    }
    let next = found.next.map(|c| format!("/desk/subsidies?after={c}"));
    let rows =
        found.items.into_iter().map(|(r, cancelled)| (name(&r), r, cancelled)).map(|(n, r, c)| (r, n, c)).collect();
    let mut shell = visit.shell("Subsidy routes", "/funds");
    if can(&visit.actor, Action::ReadFund, &Thing::of_authority(authority)) {
        shell.breadcrumbs = vec![Link::new("Fund", "/funds")];
    }
    page(&ListPage { shell, rows, next })
}

#[derive(Template)]
#[template(path = "subsidies/route.html")]
struct RoutePage {
    shell: Shell,
    form: FormState,
    organisation: String,
    organisation_id: Id<actor::Organisation>,
    application: String,
    route: Option<Route>,
    /// Whether its investment was cancelled before anything was paid.
    cancelled: bool,
    /// On which day that was, and why.
    cancellation: Option<(LocalDate, String)>,
    /// What rests on it; nothing on a cancelled one.
    rests: Rests,
    /// Whether its application can still be offered something.
    may_be_offered: bool,
    basis: String,
    duty: String,
    signer: Option<String>,
    may_record: bool,
    may_sign: bool,
    kinds: Vec<(&'static str, &'static str, &'static str)>,
    principles: Vec<(&'static str, &'static str)>,
}

impl RoutePage {
    fn loan(&self) -> InstrumentFields<'_> {
        InstrumentFields::new(Instrument::Loan, &self.form)
    }
    fn answers(&self) -> Vec<(&'static str, String)> {
        match self.route.as_ref().map(|r| &r.body.0) {
            Some(RouteBody::Principles { answers, .. }) => Principle::ALL
                .iter()
                .map(|p| (p.label(), answers.get(p.as_str()).cloned().unwrap_or_default()))
                .collect(),
            _ => Vec::new(),
        }
    }
    /// Signed before its route was complete, so that signing did not mark it as given.
    fn given_by_hand(&self) -> bool {
        self.route.as_ref().is_some_and(|route| rules::may_give(route, self.cancelled, self.rests).is_ok())
    }
    fn given_on(&self) -> Option<String> {
        self.route.as_ref().filter(|_| !self.cancelled).and_then(Route::given_on).map(medium_date)
    }
    fn may_be_withdrawn(&self) -> bool {
        self.route.as_ref().is_some_and(|route| rules::may_withdraw(route, self.cancelled, self.rests).is_ok())
    }
    fn waits_for_confirmation(&self) -> bool {
        self.route.as_ref().is_some_and(|r| r.kind == RouteKind::Mfa && r.state == RouteState::Open)
    }
    fn waits_for_signature(&self) -> bool {
        self.route.as_ref().is_some_and(|r| r.kind == RouteKind::Principles && r.state == RouteState::Open)
    }
    fn verdict(&self) -> String {
        let over = !self.may_be_offered && self.rests == Rests::Nothing;
        let Some(route) = &self.route else {
            if over {
                return RouteRefusal::NoOffer.sentence();
            }
            return format!("{} cannot be offered money yet: no subsidy route is recorded.", self.organisation);
        };
        if self.cancelled {
            let cancelled =
                format!("The investment was cancelled{} before anything was paid.", on_day(self.cancellation.as_ref()));
            if route.amount.is_zero() {
                return cancelled;
            }
            return format!(
                "{cancelled} {} was not given to {} and counts towards nothing.",
                route.amount, self.organisation
            );
        }
        match route.state {
            RouteState::Open | RouteState::Recorded if over => {
                "No offer can come of this application any more: withdraw this route.".to_owned()
            }
            RouteState::Given if route.kind == RouteKind::Mfa => {
                format!("{} was given and confirmed to {}.", route.amount, self.organisation)
            }
            RouteState::Given => format!("{} was given to {}.", route.amount, self.organisation),
            RouteState::Recorded if matches!(self.rests, Rests::Agreement { .. }) => {
                "The agreement is signed, and this route is why it is lawful.".to_owned()
            }
            RouteState::Recorded if self.rests == Rests::Offer => {
                "The offer rests on this route. Nothing is to be done here until it is answered.".to_owned()
            }
            RouteState::Recorded if route.kind == RouteKind::MarketTerms => {
                "An offer can be made: it is on market terms, with evidence.".to_owned()
            }
            RouteState::Recorded => {
                format!("An offer can be made: the subsidy of {} has a recorded route.", route.amount)
            }
            _ if route.kind == RouteKind::Mfa => {
                format!(
                    "{} must confirm in writing what its group has had before an offer can be made.",
                    self.organisation
                )
            }
            _ => "A committee member who did not write the assessment must sign it before an offer can be made."
                .to_owned(),
        }
    }
}

/// " on 29 November 2026", where the day is known.
fn on_day(cancellation: Option<&(LocalDate, String)>) -> String {
    cancellation.map(|(day, _)| format!(" on {}", medium_date(*day))).unwrap_or_default()
}

async fn route_page(
    visit: &Visit,
    organisation: Id<actor::Organisation>,
    application: String,
    form: FormState,
) -> Result<RoutePage> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAwards, &Thing::of_authority(authority))?;
    let wanted = application.clone();
    let (enterprise, route, rests, cancellation, may_be_offered, names) = visit
        .app
        .db
        .read(move |db| {
            let enterprise = find_organisation(db, organisation)?;
            let may_be_offered = store::require_applicant(db, authority, &wanted, organisation)?;
            let route = store::standing_told(db, &wanted)?;
            let ids: Vec<Id<Account>> = route.iter().filter_map(|(r, _)| r.recorded_by).collect();
            let names = account_names(db, &ids)?;
            let (rests, cancellation) = match &route {
                Some((_, true)) => (Rests::Nothing, store::cancellation(db, &wanted)?),
                _ => (store::resting_on(db, &wanted)?, None),
            };
            Ok((enterprise, route, rests, cancellation, may_be_offered, names))
        })
        .await?;
    let (route, cancelled) = match route {
        Some((r, _)) if r.authority_id != authority || r.organisation_id != organisation => {
            return Err(Error::NotFound);
        }
        Some((route, cancelled)) => (Some(route), cancelled),
        None => (None, false),
    };
    let mut shell = visit.shell("Subsidy route", "/funds");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let thing = Thing::of_applicant(authority, organisation);
    let may_sign = route
        .as_ref()
        .is_some_and(|r| can(&visit.actor, Action::SignAssessment, &thing.clone().made_by(Some(r.started_by))));
    Ok(RoutePage {
        shell,
        form,
        organisation: enterprise.name,
        organisation_id: organisation,
        application,
        basis: route.as_ref().map(basis_of).unwrap_or_default(),
        duty: if cancelled {
            "Nothing was given. If it was uploaded already, correct it there within three months.".to_owned()
        } else {
            route.as_ref().map(|r| database_duty(r, visit.now)).unwrap_or_default()
        },
        cancelled,
        cancellation,
        rests,
        may_be_offered,
        signer: route.as_ref().and_then(|r| r.recorded_by).and_then(|a| names.get(&a).cloned()),
        may_record: can(&visit.actor, Action::RecordSubsidy, &thing),
        may_sign,
        route,
        kinds: vec![
            ("market_terms", "Market terms", "The enterprise could get these terms elsewhere. Evidence is needed."),
            (
                "mfa",
                "Minimal financial assistance",
                "At most £315,000 for the whole group in this and the two previous financial years.",
            ),
            ("scheme", "A subsidy scheme", "The award falls under a scheme that is in the subsidy database."),
            ("principles", "Assessment against the principles", "Seven answers, signed by a committee member."),
        ],
        principles: Principle::ALL.iter().map(|p| (p.as_str(), p.label())).collect(),
    })
}

/// `GET /desk/subsidies/{organisation}/{application}`
///
/// # Errors
/// Denied, NotFound.
pub async fn route(visit: Visit, path: web::Path<(Id<actor::Organisation>, String)>) -> Answer {
    let (organisation, application) = path.into_inner();
    page(&route_page(&visit, organisation, application, FormState::empty()).await?)
}

/// `POST /desk/subsidies/{organisation}/{application}`
///
/// # Errors
/// Denied, NotFound.
pub async fn start(
    visit: Visit,
    path: web::Path<(Id<actor::Organisation>, String)>,
    posted: Posted<RouteInput>,
) -> Answer {
    let (organisation, application) = path.into_inner();
    match actions::start(&visit.app, &visit.actor, organisation, &application, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The route is written down.");
            see(&format!("/desk/subsidies/{organisation}/{application}"))
        }
        Err(error) => page_again(&route_page(&visit, organisation, application, posted.again(error)?).await?),
    }
}

/// What is done to a route that stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepInput {
    step: String,
    #[serde(flatten)]
    why: WithdrawRoute,
}

/// Whether a route is the one of this application of this organisation.
async fn under(visit: &Visit, organisation: Id<actor::Organisation>, application: &str, id: Id<Route>) -> Result<()> {
    let named = (organisation, application.to_owned());
    visit.under(named, move |db| store::find(db, id).map(|r| (r.organisation_id, r.application_id))).await
}

/// `POST /desk/subsidies/{organisation}/{application}/{route}`: `give` or `withdraw`.
///
/// # Errors
/// Denied, NotFound.
pub async fn step(
    visit: Visit,
    path: web::Path<(Id<actor::Organisation>, String, Id<Route>)>,
    posted: Posted<StepInput>,
) -> Answer {
    let (organisation, application, id) = path.into_inner();
    under(&visit, organisation, &application, id).await?;
    let done = match posted.input.step.as_str() {
        "give" => actions::give(&visit.app, &visit.actor, id, visit.now)
            .await
            .map(|()| "It is recorded that the subsidy was given."),
        "withdraw" => {
            let why = &posted.input.why;
            actions::withdraw(&visit.app, &visit.actor, id, why, visit.now).await.map(|()| "The route is withdrawn.")
        }
        _ => Err(Error::NotFound),
    };
    match done {
        Ok(words) => {
            visit.done(words);
            see(&format!("/desk/subsidies/{organisation}/{application}"))
        }
        Err(error) => page_again(&route_page(&visit, organisation, application, posted.again(error)?).await?),
    }
}

/// `POST /desk/subsidies/{organisation}/{application}/{route}/signature`
///
/// # Errors
/// Denied, NotFound.
pub async fn sign(
    visit: Visit,
    path: web::Path<(Id<actor::Organisation>, String, Id<Route>)>,
    posted: Posted<StepInput>,
) -> Answer {
    let (organisation, application, id) = path.into_inner();
    under(&visit, organisation, &application, id).await?;
    match actions::sign(&visit.app, &visit.actor, id, visit.now).await {
        Ok(()) => {
            visit.done("The assessment is signed.");
            see(&format!("/desk/subsidies/{organisation}/{application}"))
        }
        Err(error) => page_again(&route_page(&visit, organisation, application, posted.again(error)?).await?),
    }
}

#[derive(Template)]
#[template(path = "subsidies/group.html")]
struct GroupPage {
    shell: Shell,
    form: FormState,
    group: String,
    check: Option<MfaCheck>,
    left: Pence,
    /// Each with whether it was never given, because its investment was cancelled.
    rows: Vec<(AssistanceRow, bool)>,
}

/// Query of a group's total.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GroupQuery {
    group: String,
    format: String,
}

/// What a group has had, with the window and room that is left today. What was cancelled before anything was paid, by the
/// mark beside its row, was not given.
pub(super) fn standing(rows: &[(AssistanceRow, bool)], today: crate::values::LocalDate) -> Option<MfaCheck> {
    let received: Vec<Assistance> = rows
        .iter()
        .filter(|(_, cancelled)| !cancelled)
        .map(|(r, _)| Assistance { given: r.given_on, amount: r.amount, kind: r.kind })
        .collect();
    // A penny is asked for because the rule counts new assistance; what was used does not depend on it.
    mfa_check(&received, Pence(1), today).ok()
}

/// `GET /desk/subsidies/group`
///
/// # Errors
/// Denied.
pub async fn group(visit: Visit, query: web::Query<GroupQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadAwards, &Thing::of_authority(authority))?;
    let key = super::group_key(&query.group);
    let rows = visit.app.db.read(move |db| store::of_group(db, authority, &key)).await?;
    if !query.format.is_empty() {
        let table = Table {
            name: "group-total".to_owned(),
            heads: vec!["given_on", "authority", "kind", "amount_pounds", "source", "cancelled"],
            rows: rows
                .iter()
                .map(|(r, cancelled)| {
                    vec![
                        r.given_on.to_string(),
                        r.from_authority.clone(),
                        r.kind.to_string(),
                        r.amount.plain(),
                        r.source.to_string(),
                        if *cancelled { "yes" } else { "no" }.to_owned(),
                    ]
                })
                .collect(),
        };
        return table.answer(&query.format);
    }
    let check = standing(&rows, visit.today());
    let left = check.as_ref().map_or(Pence::ZERO, |c| room(c.cap, c.used));
    page(&GroupPage {
        shell: visit.shell("Assistance to a group", "/funds"),
        form: FormState::empty(),
        group: query.group.trim().to_owned(),
        check,
        left,
        rows,
    })
}

#[derive(Template)]
#[template(path = "subsidies/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    form: FormState,
    route: Route,
    council: String,
    basis: String,
    window: String,
    kinds: Vec<(&'static str, &'static str)>,
    waiting: bool,
    /// Whether its investment was cancelled before anything was paid.
    cancelled: bool,
    /// On which day that was, and why.
    cancellation: Option<(LocalDate, String)>,
}

impl ConfirmPage {
    fn lead(&self) -> String {
        let (council, amount) = (&self.council, self.route.amount);
        let what = format!("minimal financial assistance with a gross value of {amount}");
        match (self.route.state, self.route.given_on()) {
            (RouteState::Withdrawn, _) => {
                let why = self.route.withdrawn_why.as_ref().map(|why| format!(" Why: {why}")).unwrap_or_default();
                format!("{council} does not propose to give you {what} any more.{why}")
            }
            _ if self.cancelled => {
                let on = on_day(self.cancellation.as_ref());
                format!("You were not given {what}: the investment was cancelled{on} before anything was paid.")
            }
            (RouteState::Given, Some(day)) => {
                format!("{council} gave you {what} on {} (Subsidy Control Act 2022 s.36).", medium_date(day))
            }
            _ => format!("{council} proposes to give you {what} (Subsidy Control Act 2022 s.36)."),
        }
    }
}

async fn confirm_page(visit: &Visit, id: Id<Route>, form: FormState) -> Result<ConfirmPage> {
    let (route, cancelled, cancellation, council) = visit
        .app
        .db
        .read(move |db| {
            let (route, cancelled) = store::find_told(db, id)?;
            let cancellation = if cancelled { store::cancellation(db, &route.application_id)? } else { None };
            let council = find_organisation(db, route.authority_id)?;
            Ok((route, cancelled, cancellation, council.name))
        })
        .await?;
    let thing = Thing::of_applicant(route.authority_id, route.organisation_id);
    if !can(&visit.actor, Action::ReadOutcome, &thing) || route.kind != RouteKind::Mfa {
        return Err(Error::NotFound);
    }
    let mut shell = visit.shell("Confirm minimal financial assistance", "");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let window = crate::law::mfa_window(visit.today()).map(|(from, _)| medium_date(from)).unwrap_or_default();
    let waiting = route.state == RouteState::Open && visit.actor.has(Role::ApplicantOwner, route.organisation_id);
    Ok(ConfirmPage {
        shell,
        form,
        basis: basis_of(&route),
        council,
        window,
        kinds: AssistanceKind::options(),
        waiting,
        cancelled,
        cancellation,
        route,
    })
}

/// `GET /subsidy-confirmations/{id}`
///
/// # Errors
/// NotFound.
pub async fn confirm_form(visit: Visit, id: web::Path<Id<Route>>) -> Answer {
    page(&confirm_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /subsidy-confirmations/{id}`
///
/// # Errors
/// Denied, NotFound.
pub async fn confirm(visit: Visit, id: web::Path<Id<Route>>, posted: Posted<ConfirmationInput>) -> Answer {
    match actions::confirm(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Thank you. The council has your confirmation.");
            see(&format!("/subsidy-confirmations/{id}"))
        }
        Err(error) => page_again(&confirm_page(&visit, *id, posted.again(error)?).await?),
    }
}
