//! The one list of routes. Each names the action that the policy judges before its handler runs.

use super::{assets, health, openapi, public_pages, sandbox};
use crate::people::policy::Action;
use crate::people::{api as people_api, pages as people};
use crate::subsidies::{api as subsidies_api, pages as subsidies};
use actix_web::http::Method;
use actix_web::{Route, web};
use std::collections::HashMap;

/// One route.
pub struct Row {
    /// GET or POST (DELETE and PUT only in the API).
    pub method: Method,
    /// Pattern, such as `/calls/{id}`.
    pub path: &'static str,
    /// What the policy is asked.
    pub action: Action,
    route: Route,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} → {:?}", self.method, self.path, self.action)
    }
}

/// The actions of all routes, for the gate.
#[derive(Debug, Default)]
pub struct Table(HashMap<(Method, &'static str), Action>);

impl Table {
    /// The action of a route; `None` where no route is.
    #[must_use]
    pub fn action(&self, method: &Method, pattern: &str) -> Option<Action> {
        self.0.iter().find(|((m, p), _)| m == method && *p == pattern).map(|(_, action)| *action)
    }
}

/// Builds the gate's table from the rows.
#[must_use]
pub fn table() -> Table {
    Table(all().into_iter().map(|row| ((row.method, row.path), row.action)).collect())
}

/// Registers every route with actix.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut resources: Vec<(&'static str, Vec<Route>)> = Vec::new();
    for row in all() {
        match resources.iter_mut().find(|(path, _)| *path == row.path) {
            Some((_, routes)) => routes.push(row.route),
            None => resources.push((row.path, vec![row.route])),
        }
    }
    for (path, routes) in resources {
        let mut resource = web::resource(path);
        for route in routes {
            resource = resource.route(route);
        }
        config.service(resource);
    }
}

macro_rules! rows {
    ($($verb:ident $path:literal $action:ident => $handler:expr),+ $(,)?) => {
        vec![$(Row {
            method: rows!(@method $verb),
            path: $path,
            action: Action::$action,
            route: rows!(@route $verb).to($handler),
        }),+]
    };
    (@method get) => { Method::GET };
    (@method post) => { Method::POST };
    (@route get) => { web::get() };
    (@route post) => { web::post() };
}

/// Every route of the service. A fixed path stands above a pattern that would also match it.
#[must_use]
pub fn all() -> Vec<Row> {
    let mut rows = ground();
    rows.extend(people_routes());
    rows.extend(missions_routes());
    rows.extend(conditions_routes());
    rows.extend(funds_routes());
    rows.extend(subsidies_routes());
    rows.extend(calls_routes());
    rows.extend(applications_routes());
    rows.extend(scoring_routes());
    rows.extend(awards_routes());
    rows.extend(agreements_routes());
    rows.extend(compliance_routes());
    rows.extend(investments_routes());
    rows.extend(returns_routes());
    rows.extend(publish_routes());
    rows.extend(desk_routes());
    rows
}

fn ground() -> Vec<Row> {
    rows![
        get "/" ViewPublic => public_pages::home,
        get "/help" ViewPublic => public_pages::help,
        get "/accessibility" ViewPublic => public_pages::accessibility,
        get "/cookies" ViewPublic => public_pages::cookies,
        get "/privacy" ViewPublic => public_pages::privacy,
        get "/status" ViewPublic => health::status,
        get "/assets/{file}" ViewPublic => assets::asset,
        get "/health/live" ViewPublic => health::live,
        get "/health/ready" ViewPublic => health::ready,
        get "/metrics" ViewPublic => health::show,
        get "/openapi.json" ViewPublic => openapi::document,
        get "/sandbox" ManageSandbox => sandbox::show,
        post "/sandbox" ManageSandbox => sandbox::post,
        post "/api/v1/sandbox/clock" ManageSandbox => sandbox::post_api,
    ]
}

fn people_routes() -> Vec<Row> {
    rows![
        get "/sign-in" ViewPublic => people::sign_in_form,
        post "/sign-in" ViewPublic => people::sign_in,
        post "/sign-out" ViewPublic => people::sign_out,
        get "/make-account" ViewPublic => people::register_form,
        post "/make-account" ViewPublic => people::register,
        get "/forgot" ViewPublic => people::forgot_form,
        post "/forgot" ViewPublic => people::forgot,
        get "/reset/{secret}" ViewPublic => people::reset_form,
        post "/reset/{secret}" ViewPublic => people::reset,
        get "/account" UseAccount => people::account,
        post "/account/sessions/end" UseAccount => people::end_sessions,
        post "/account/tokens" UseAccount => people::make_token,
        post "/account/tokens/{id}/revoke" UseAccount => people::revoke_token,
        get "/organisations/new" UseAccount => people::new_organisation_form,
        post "/organisations/new" UseAccount => people::new_organisation,
        get "/organisations/{id}" ViewOrganisation => people::organisation,
        post "/organisations/{id}" ManageOrganisation => people::change_organisation,
        post "/organisations/{id}/members" ManageOrganisation => people::add_member,
        post "/organisations/{id}/members/{member}/end" ManageOrganisation => people::end_member,
        get "/people" ManagePeople => people::staff,
        post "/people/members" ManagePeople => people::add_staff,
        post "/people/members/{member}/end" ManagePeople => people::end_staff,
        post "/people/departments" ManagePeople => people::add_department,
        get "/mails" ManageSandbox => people::mails,
        get "/audit" ReadAudit => people::audit_trail,
        get "/api/v1/me" UseAccount => people_api::me,
        get "/api/v1/organisations/{id}" ViewOrganisation => people_api::organisation,
        post "/api/v1/organisations" UseAccount => people_api::register_organisation,
        post "/api/v1/organisations/{id}/members" ManageOrganisation => people_api::add_member,
        get "/api/v1/audit" ReadAudit => people_api::audit_trail,
        get "/api/v1/mails" ManageSandbox => people_api::mails,
    ]
}

fn missions_routes() -> Vec<Row> {
    Vec::new()
}

fn conditions_routes() -> Vec<Row> {
    Vec::new()
}

fn funds_routes() -> Vec<Row> {
    Vec::new()
}

fn subsidies_routes() -> Vec<Row> {
    rows![
        get "/desk/subsidies" ReadAwards => subsidies::list,
        get "/desk/subsidies/group" ReadAwards => subsidies::group,
        get "/desk/subsidies/{organisation}/{application}" ReadAwards => subsidies::route,
        post "/desk/subsidies/{organisation}/{application}" RecordSubsidy => subsidies::start,
        post "/desk/subsidies/{organisation}/{application}/{route}" RecordSubsidy => subsidies::step,
        post "/desk/subsidies/{organisation}/{application}/{route}/signature" SignAssessment => subsidies::sign,
        get "/subsidy-confirmations/{id}" ReadOutcome => subsidies::confirm_form,
        post "/subsidy-confirmations/{id}" AnswerOffer => subsidies::confirm,
        get "/api/v1/subsidies" ReadAwards => subsidies_api::list,
        post "/api/v1/subsidies/{organisation}/{application}" RecordSubsidy => subsidies_api::start,
        get "/api/v1/subsidy-routes/{id}" UseAccount => subsidies_api::route,
        post "/api/v1/subsidy-routes/{id}/confirmation" AnswerOffer => subsidies_api::confirm,
        post "/api/v1/subsidy-routes/{id}/signature" SignAssessment => subsidies_api::sign,
        post "/api/v1/subsidy-routes/{id}/given" RecordSubsidy => subsidies_api::give,
        post "/api/v1/subsidy-routes/{id}/withdrawal" RecordSubsidy => subsidies_api::withdraw,
        get "/api/v1/subsidy-groups" ReadAwards => subsidies_api::group,
    ]
}

fn calls_routes() -> Vec<Row> {
    Vec::new()
}

fn applications_routes() -> Vec<Row> {
    Vec::new()
}

fn scoring_routes() -> Vec<Row> {
    Vec::new()
}

fn awards_routes() -> Vec<Row> {
    Vec::new()
}

fn agreements_routes() -> Vec<Row> {
    Vec::new()
}

fn compliance_routes() -> Vec<Row> {
    Vec::new()
}

fn investments_routes() -> Vec<Row> {
    Vec::new()
}

fn returns_routes() -> Vec<Row> {
    Vec::new()
}

fn publish_routes() -> Vec<Row> {
    Vec::new()
}

fn desk_routes() -> Vec<Row> {
    Vec::new()
}
