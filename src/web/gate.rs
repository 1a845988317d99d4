//! Who is asking, and whether this route is for them at all.

use super::health::Matched;
use super::routes::Table;
use crate::app::App;
use crate::error::Error;
use crate::http::{Failure, Link, VisitParts, own_referrer};
use crate::people::{BearerToken, policy, sessions};
use crate::values::{Actor, Clock, Id, Role};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, AUTHORIZATION, LOCATION};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use tracing::Instrument;

/// Middleware: finds the actor (bearer token under `/api/`, session elsewhere), reads the clock once,
/// and refuses before the handler when the policy can never allow this route to this actor.
///
/// # Errors
/// Denied, NotFound for a route without a row, or what the database says.
pub async fn identify<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let app = request
        .app_data::<web::Data<App>>()
        .map(|data| data.get_ref().clone())
        .ok_or_else(|| Failure(Error::internal("no foundations")))?;
    let request_id = Id::<VisitParts>::new().to_string();
    let (actor, read_only, refused) = match find_actor(&app, &request).await {
        Ok((actor, read_only)) => (actor, read_only, None),
        Err(error) => (Actor::Public, true, Some(error)),
    };
    let parts = VisitParts {
        now: app.now(),
        menu: menu(&actor),
        acting: acting(&actor),
        read_only,
        request_id: request_id.clone(),
        form_page: None,
        actor: actor.clone(),
    };
    let method = request.method().clone();
    let known = request.extensions().get::<Matched>().map(|matched| matched.0.clone());
    let pattern = known.unwrap_or_else(|| request.match_pattern());
    let posts = !matches!(method, Method::GET | Method::HEAD);
    let form_page = posts.then(|| form_page(&request, pattern.as_deref())).flatten();
    request.extensions_mut().insert(VisitParts { form_page, ..parts });
    if refused.is_none()
        && let Some(answer) = without_method(&request, &method, pattern.as_deref())
    {
        return Ok(request.into_response(answer).map_into_right_body());
    }
    if let Some(error) = refused.or_else(|| refusal(&request, &actor, read_only, &method, pattern.as_deref())) {
        return Ok(request.error_response(Failure(error)).map_into_right_body());
    }
    let span = tracing::info_span!(
        "request",
        id = %request_id,
        method = %method,
        route = pattern.as_deref().unwrap_or("none"),
    );
    next.call(request).instrument(span).await.map(ServiceResponse::map_into_left_body)
}

/// Middleware outside the session's: keeps the person whom the session store finds for [`identify`].
///
/// # Errors
/// What the inner service returns.
pub async fn remember<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    sessions::keeping_the_person(next.call(request)).await
}

/// What the route list says before any handler runs. A route without a row is closed.
fn refusal(
    request: &ServiceRequest,
    actor: &Actor,
    read_only: bool,
    method: &Method,
    pattern: Option<&str>,
) -> Option<Error> {
    // No text of ours holds a NUL, and PostgreSQL refuses to compare with one.
    if request.uri().path_and_query().is_some_and(|all| all.as_str().contains("%00")) {
        return Some(Error::NotFound);
    }
    let pattern = pattern?;
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let Some(action) = request.app_data::<web::Data<Table>>().and_then(|table| table.action(method, pattern)) else {
        return Some(Error::NotFound);
    };
    (!policy::may_reach(actor, action) || (read_only && *method != Method::GET)).then_some(Error::Denied)
}

fn table(request: &ServiceRequest) -> Option<&web::Data<Table>> {
    request.app_data::<web::Data<Table>>()
}

/// The page that holds the form of a post: the one the person was on, or the nearest page above.
fn form_page(request: &ServiceRequest, pattern: Option<&str>) -> Option<String> {
    let (table, pattern) = (table(request)?, pattern?);
    let is_page = |path: &String| {
        let known = request.resource_map().match_pattern(path);
        known.is_some_and(|pattern| table.action(&Method::GET, &pattern).is_some())
    };
    own_referrer(request.request()).filter(is_page).or_else(|| table.page_above(pattern, request.path()))
}

/// The answer to a method that a known route does not take: its methods, or for somebody who reloads a form's address
/// the page that holds the form.
fn without_method(request: &ServiceRequest, method: &Method, pattern: Option<&str>) -> Option<HttpResponse> {
    let (table, pattern) = (table(request)?, pattern?);
    let allowed = table.allowed(pattern)?;
    if table.action(method, pattern).is_some() {
        return None;
    }
    if matches!(*method, Method::GET | Method::HEAD) && !request.path().starts_with("/api/") {
        let page = form_page(request, Some(pattern)).unwrap_or_else(|| "/".to_owned());
        return Some(HttpResponse::SeeOther().insert_header((LOCATION, page)).finish());
    }
    Some(HttpResponse::MethodNotAllowed().insert_header((ALLOW, allowed)).finish())
}

async fn find_actor(app: &App, request: &ServiceRequest) -> Result<(Actor, bool), Error> {
    if request.path().starts_with("/api/") {
        // A session cookie is never taken here, so that no other site can use it.
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok((Actor::Public, false)) };
        let (scheme, secret) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Error::Denied)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Error::Denied);
        }
        let secret = secret.trim().to_owned();
        let now = Clock::machine();
        let found = app.db.read_gathered(BearerToken::new(&secret, now)).await?;
        return found.map_err(|refusal| Error::Unidentified(refusal.into()))?.ok_or(Error::Denied);
    }
    if ["/assets/", "/api-viewer/", "/health/"].iter().any(|start| request.path().starts_with(start)) {
        return Ok((Actor::Public, false));
    }
    Ok((sessions::signed_in().unwrap_or(Actor::Public), false))
}

/// The menu a person sees: only places their roles can open.
fn menu(actor: &Actor) -> Vec<Link> {
    let mut menu = Vec::new();
    let mut add = |text: &str, href: &str| menu.push(Link::new(text, href));
    if actor.is_staff() {
        add("My tasks", "/tasks");
        add("Missions", "/missions");
        add("Calls", "/desk/calls");
        if actor.has_anywhere(Role::Evaluator) {
            add("My evaluations", "/evaluations");
        }
        add("Conditions", "/conditions");
        add("Agreements", "/agreements");
        add("Evidence", "/compliance");
        if policy::may_reach(actor, policy::Action::ReadFund) {
            add("Fund", "/funds");
        }
        if policy::may_reach(actor, policy::Action::ReadPeople) {
            add("People", "/people");
        }
        if policy::may_reach(actor, policy::Action::ReadAudit) {
            add("Audit trail", "/audit");
        }
        add("Search", "/search");
    } else {
        add("Missions", "/missions");
        add("Open calls", "/calls");
        add("Awards and investments", "/register-of-awards");
        if actor.account().is_some() {
            // Help stands at the foot of every page; here it would not fit in one line.
            add("My applications", "/applications");
            add("My agreements", "/agreements");
        } else {
            add("Help", "/help");
        }
    }
    menu
}

/// For whom a person acts and where they change it; nothing for who has no choice.
fn acting(actor: &Actor) -> Option<Link> {
    if actor.elsewhere().is_empty() {
        return None;
    }
    let words = match actor.capacities().first() {
        Some((_, name)) if actor.capacity().is_some() => format!("Acting for {name}: change"),
        _ => "Choose for whom you act".to_owned(),
    };
    Some(Link::new(words, "/account#acting-for"))
}
