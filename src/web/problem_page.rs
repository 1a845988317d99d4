//! Problems as pages.

use crate::http::{Problem, Shell, VisitParts, own_referrer};
use crate::values::Role;
use actix_web::{HttpMessage, HttpRequest, web};
use askama::Template;

#[derive(Template)]
#[template(path = "web/problem.html")]
struct ProblemPage<'a> {
    shell: Shell,
    problem: &'a Problem,
    back: String,
    /// Whether it may be open to the person when they act for another of those they belong to.
    elsewhere: bool,
}

/// Draws a problem; the session is not touched, so a message of what was done waits for the next page.
#[must_use]
pub fn draw(request: &HttpRequest, problem: &Problem) -> String {
    let parts = request.extensions().get::<VisitParts>().cloned();
    let app = request.app_data::<web::Data<crate::app::App>>();
    let mut shell = Shell {
        title: problem.title.clone(),
        council: app.map(|a| a.config.server.council.clone()).unwrap_or_default(),
        ..Shell::default()
    };
    let mut elsewhere = false;
    if let Some(parts) = parts {
        elsewhere = matches!(problem.status, 403 | 404) && !parts.actor.elsewhere().is_empty();
        shell.staff = parts.actor.is_staff();
        shell.menu = parts.menu;
        shell.acting = parts.acting;
        if let crate::values::Actor::Person { name, .. } = &parts.actor {
            shell.person = Some(name.clone());
            shell.csrf = actix_session::SessionExt::get_session(request)
                .get::<String>("csrf")
                .ok()
                .flatten()
                .unwrap_or_default();
        }
        shell.moves_clock = parts.actor.has_anywhere(Role::Administrator);
        shell.sandbox = app.filter(|a| a.sandbox).map(|_| parts.now.long());
    }
    // Back only to a page of our own.
    let back = own_referrer(request).unwrap_or_default();
    ProblemPage { shell, problem, back, elsewhere }.render().unwrap_or_else(|_| problem.detail.clone())
}
