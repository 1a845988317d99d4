//! What pages and API share: forms, cross-site checks, problems, the page shell, exports.
//!
//! This room knows no capability. `web` puts who is asking into each request; [`Visit`] hands it to
//! handlers. A handler ends in [`page`], [`see`] or [`api::ok`], or in a [`Failure`] that
//! `problem.rs` alone turns into a status, as problem+json or as a page that says what to do.

pub mod api;
mod attachment;
pub mod chart;
pub mod export;
pub mod forms;
pub mod pieces;
mod posted;
mod problem;
mod referrer;
pub mod shell;
mod upload;
mod visit;

pub use attachment::attachment;
pub use forms::FormState;
pub use posted::{Nothing, Posted, Sent};
pub use problem::{Failure, Problem, ProblemPage, render_problems};
pub use referrer::own_referrer;
pub use shell::{Link, Shell};
pub use upload::{LongParts, Parts};
pub use visit::{Visit, VisitParts};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use askama::Template;

/// What handlers return.
pub type Answer = std::result::Result<HttpResponse, Failure>;

/// A page. Pages of signed-in people are never cached.
///
/// # Errors
/// When the template fails.
pub fn page<T: Template>(template: &T) -> Answer {
    page_with(StatusCode::OK, template)
}

/// The same form again, with what is wrong with it (status 422).
///
/// # Errors
/// When the template fails.
pub fn page_again<T: Template>(template: &T) -> Answer {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// Room for a page of the usual length, so that it is not copied while it grows; the most that the allocator keeps at hand
/// for each thread.
const PAGE_BYTES: usize = 32 * 1024;

fn page_with<T: Template>(status: StatusCode, template: &T) -> Answer {
    let mut html = String::with_capacity(T::SIZE_HINT.max(PAGE_BYTES));
    template.render_into(&mut html).map_err(crate::error::Error::from)?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(html))
}

/// After a post: see another page (303).
///
/// # Errors
/// Never.
pub fn see(path: &str) -> Answer {
    let path = if path.chars().any(char::is_control) { "/" } else { path };
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, path)).finish())
}
