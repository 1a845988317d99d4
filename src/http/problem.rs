//! Errors become statuses here and nowhere else: problem+json (RFC 9457) or a page that says what to do.

use super::visit::VisitParts;
use crate::error::Error;
use crate::values::Actor;
use crate::values::fields::FieldError;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;

/// An [`Error`] on its way out of a handler.
#[derive(Debug)]
pub struct Failure(pub Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        status(&self.0)
    }
    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).finish()
    }
}

fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Denied => StatusCode::FORBIDDEN,
        Error::Unidentified(_) => StatusCode::UNAUTHORIZED,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Refused(_) | Error::Conflict(_) => StatusCode::CONFLICT,
        Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A problem as programs get it (RFC 9457), with the refusal's code and reference.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Stable code as a relative URI, such as `/problems/calls/weights-not-100`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What to do, in a plain sentence.
    pub detail: String,
    /// The law or policy it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub errors: Vec<FieldError>,
    /// Identifier of the request, to quote when asking for help.
    pub request_id: String,
}

impl Problem {
    /// Describes an error without giving anything internal away.
    #[must_use]
    pub fn of(error: &Error, request_id: &str) -> Problem {
        let (kind, title, detail, reference, errors) = match error {
            Error::NotFound => (
                "not-found".to_owned(),
                "Page not found",
                "There is nothing here, or it is not public. Check the address, or start from the home page."
                    .to_owned(),
                None,
                Vec::new(),
            ),
            Error::Denied => (
                "denied".to_owned(),
                "You do not have access",
                "Your role does not allow this. Ask an administrator of your organisation if you need it.".to_owned(),
                None,
                Vec::new(),
            ),
            Error::Invalid(errors) => (
                "invalid".to_owned(),
                "There is a problem",
                errors.0.first().map_or_else(|| "Check what you sent.".to_owned(), |e| e.message.clone()),
                None,
                errors.0.clone(),
            ),
            Error::Refused(refusal) => (
                refusal.code.to_owned(),
                "You cannot do this yet",
                refusal.sentence.clone(),
                refusal.reference.map(ToOwned::to_owned),
                Vec::new(),
            ),
            Error::Unidentified(refusal) => (
                refusal.code.to_owned(),
                "This token does not work",
                refusal.sentence.clone(),
                refusal.reference.map(ToOwned::to_owned),
                Vec::new(),
            ),
            Error::Conflict(_) => (
                "conflict".to_owned(),
                "Somebody was faster",
                "This was changed or made already. Reload the page and look at it again.".to_owned(),
                None,
                Vec::new(),
            ),
            Error::TooLarge => return Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, request_id),
            Error::Busy => (
                "busy".to_owned(),
                "The service is busy",
                "Nothing was saved. Wait a few seconds and send it again.".to_owned(),
                None,
                Vec::new(),
            ),
            Error::Internal(_) => (
                "internal".to_owned(),
                "Something went wrong on our side",
                "Nothing was saved. Try again; if it happens again, tell us and quote the number below.".to_owned(),
                None,
                Vec::new(),
            ),
        };
        Problem {
            kind: format!("/problems/{kind}"),
            title: title.to_owned(),
            status: status(error).as_u16(),
            detail,
            reference,
            errors,
            request_id: request_id.to_owned(),
        }
    }

    /// What the server said no to before anything of ours was asked.
    #[must_use]
    pub fn of_status(status: StatusCode, request_id: &str) -> Problem {
        let (kind, title, detail) = match status {
            StatusCode::METHOD_NOT_ALLOWED => (
                "method-not-allowed",
                "This cannot be done here",
                "The address takes other methods: the Allow header lists them. Start again from the page that led here.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("too-large", "Too much was sent", "Send less at once. A file may have the size that its form names.")
            }
            StatusCode::REQUEST_TIMEOUT => {
                ("too-slow", "It took too long to arrive", "Check your connection, then send it again.")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "media-type",
                "Not a kind of content that is taken here",
                "Send a form, or JSON to the API, and say so in the Content-Type header.",
            ),
            _ => (
                "bad-request",
                "The request cannot be read",
                "Something in the address or in what was sent is not as it should be. Start again from the page that led here.",
            ),
        };
        Problem {
            kind: format!("/problems/http/{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            reference: None,
            errors: Vec::new(),
            request_id: request_id.to_owned(),
        }
    }
}

/// Draws a problem as a page; given by `web`, which knows the templates' menu.
pub type ProblemPage = fn(&HttpRequest, &Problem) -> String;

/// Middleware: turns a [`Failure`], and every bare refusal of actix itself, into problem+json or a page.
///
/// # Errors
/// What the inner service returns.
pub async fn render_problems<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let draw = request.app_data::<actix_web::web::Data<ProblemPage>>().map(|page| *page.get_ref());
    let response = next.call(request).await?;
    let status_now = response.status();
    let thrown = response.response().error();
    let own = thrown.and_then(|e| e.as_error::<Failure>());
    // What actix itself refused: a body over the limit, a query it cannot read, another method.
    let bare = own.is_none()
        && (matches!(status_now, StatusCode::METHOD_NOT_ALLOWED | StatusCode::PAYLOAD_TOO_LARGE)
            || thrown.is_some() && (status_now.is_client_error() || status_now.is_server_error()));
    let made;
    let error = match own {
        Some(failure) => &failure.0,
        None if status_now == StatusCode::NOT_FOUND && !is_ours(&response) => {
            made = Error::NotFound;
            &made
        }
        None if bare && status_now.is_client_error() => {
            made = Error::NotFound;
            &made
        }
        None if bare => {
            made = Error::internal(format!("answered {status_now}"));
            &made
        }
        None => return Ok(response.map_into_left_body()),
    };
    let parts = response.request().extensions().get::<VisitParts>().cloned();
    let request_id = parts.as_ref().map(|p| p.request_id.clone()).unwrap_or_default();
    if let Error::Internal(source) = error {
        tracing::error!(request_id, error = %source, "a request failed");
    }
    let bare = (bare && status_now.is_client_error() && status_now != StatusCode::NOT_FOUND).then_some(status_now);
    let problem =
        bare.map_or_else(|| Problem::of(error, &request_id), |status| Problem::of_status(status, &request_id));
    let is_public = parts.as_ref().is_none_or(|p| matches!(p.actor, Actor::Public));
    let api = response.request().path().starts_with("/api/");
    let mut answer = if api {
        let status = match bare {
            Some(status) => status,
            None if is_public && matches!(error, Error::Denied) => StatusCode::UNAUTHORIZED,
            None => status(error),
        };
        let mut builder = HttpResponse::build(status);
        builder.content_type("application/problem+json").insert_header((CACHE_CONTROL, "no-store"));
        if status == StatusCode::UNAUTHORIZED {
            builder.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        let mut problem = problem;
        problem.status = status.as_u16();
        if status == StatusCode::UNAUTHORIZED && matches!(error, Error::Denied) {
            "Send a token that works now, as Authorization: Bearer. You make one on your account page."
                .clone_into(&mut problem.detail);
        }
        builder.body(serde_json::to_vec(&problem).unwrap_or_default())
    } else if is_public && matches!(error, Error::Denied) {
        // A post cannot be sent again by following a link: the person goes on where its form is.
        let here = || response.request().uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
        let next = parts.as_ref().and_then(|p| p.form_page.clone()).unwrap_or_else(here);
        let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
        HttpResponse::SeeOther().insert_header((LOCATION, format!("/sign-in?next={next}"))).finish()
    } else {
        let html = draw.map_or_else(|| problem.detail.clone(), |draw| draw(response.request(), &problem));
        HttpResponse::build(bare.unwrap_or_else(|| status(error)))
            .content_type("text/html; charset=utf-8")
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(html)
    };
    if let Some(allowed) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allowed.clone());
    }
    if matches!(error, Error::Busy) {
        answer.headers_mut().insert(RETRY_AFTER, actix_web::http::header::HeaderValue::from_static("5"));
    }
    Ok(response.into_response(answer).map_into_right_body())
}

/// Whether a 404 already has a body of its own (health, assets).
fn is_ours<B>(response: &ServiceResponse<B>) -> bool {
    response.request().path().starts_with("/assets/")
}
