//! What a route is, what the gate asks of the list of them, and how actix is told of it.

use super::routes::all;
use crate::people::policy::Action;
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
    pub(super) route: Route,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} → {:?}", self.method, self.path, self.action)
    }
}

/// The actions of all routes, for the gate.
#[derive(Debug, Default)]
pub struct Table(HashMap<&'static str, Vec<(Method, Action)>>);

impl Table {
    /// The action of a route; `None` where no route is.
    #[must_use]
    pub fn action(&self, method: &Method, pattern: &str) -> Option<Action> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.0.get(pattern)?.iter().find(|(m, _)| m == method).map(|(_, action)| *action)
    }

    /// The methods that a pattern takes, as the Allow header lists them; `None` where no route is.
    #[must_use]
    pub fn allowed(&self, pattern: &str) -> Option<String> {
        let methods = self.0.get(pattern)?.iter().map(|(m, _)| m.as_str());
        Some(methods.collect::<Vec<_>>().join(", ").replace("GET", "GET, HEAD"))
    }

    /// The page above a path that only takes posts: `/calls/7` for `/calls/7/questions`. The nearest that is a page.
    #[must_use]
    pub fn page_above(&self, pattern: &str, path: &str) -> Option<String> {
        let (mut pattern, mut path) = (pattern, path.trim_end_matches('/'));
        loop {
            if self.action(&Method::GET, pattern).is_some() {
                return Some(path.to_owned());
            }
            (pattern, path) = (pattern.rsplit_once('/')?.0, path.rsplit_once('/')?.0);
            if pattern.is_empty() {
                return Some("/".to_owned());
            }
        }
    }
}

/// Builds the gate's table from the rows.
#[must_use]
pub fn table() -> Table {
    let mut table = Table::default();
    for row in all() {
        table.0.entry(row.path).or_default().push((row.method, row.action));
    }
    table
}

/// The fixed beginning that routes of one room share: `/calls`, or `/api/v1/calls`.
fn beginning(path: &str) -> &str {
    let segments = if path.starts_with("/api/") { 3 } else { 1 };
    let end = path.match_indices('/').nth(segments).map_or(path.len(), |(at, _)| at);
    path.get(..end).unwrap_or(path)
}

/// Registers every route with actix, those with the same beginning together: actix tries patterns one after the
/// other, so one list of them all would cost more than the answer.
pub fn configure(config: &mut web::ServiceConfig) {
    type Resources = Vec<(&'static str, Vec<Route>)>;
    let mut scopes: Vec<(&'static str, Resources)> = Vec::new();
    for row in all() {
        let scope = beginning(row.path);
        let place = scopes.iter().position(|(known, _)| *known == scope).unwrap_or_else(|| {
            scopes.push((scope, Vec::new()));
            scopes.len() - 1
        });
        let Some((_, resources)) = scopes.get_mut(place) else { continue };
        match resources.iter_mut().find(|(path, _)| *path == row.path) {
            Some((_, routes)) => routes.push(row.route),
            None => resources.push((row.path, vec![row.route])),
        }
    }
    for (beginning, resources) in scopes {
        // The start page has nothing below it, and a scope called "/" would take everything.
        let mut scope = (beginning != "/").then(|| web::scope(beginning));
        for (path, routes) in resources {
            let below = if scope.is_some() { path.strip_prefix(beginning).unwrap_or(path) } else { path };
            let resource = routes.into_iter().fold(web::resource(below), actix_web::Resource::route);
            scope = match scope {
                Some(scope) => Some(scope.service(resource)),
                None => {
                    config.service(resource);
                    None
                }
            };
        }
        if let Some(scope) = scope {
            config.service(scope);
        }
    }
}
