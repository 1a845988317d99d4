//! Security headers of every answer.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::HeaderMap;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;

/// No inline script or style, nothing from elsewhere, no framing.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

/// The API viewer runs its own bundled script; nothing else does.
const VIEWER_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Middleware that sets them.
///
/// # Errors
/// What the inner service returns.
pub async fn headers<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let viewer = request.path().starts_with("/api-viewer/");
    let kept = ["/assets/", "/health/"].iter().any(|start| request.path().starts_with(start));
    match next.call(request).await {
        Ok(mut response) => {
            let kept = kept && response.status().is_success();
            set(response.headers_mut(), viewer, kept);
            Ok(response)
        }
        Err(error) => {
            // What failed outside the pages and the API has headers all the same.
            let mut answer = error.error_response();
            set(answer.headers_mut(), viewer, false);
            Err(InternalError::from_response(error, answer).into())
        }
    }
}

/// Sets the headers. An answer that does not say how long it may be kept is not kept, unless it is `kept` as a file that
/// everybody may see.
fn set(headers: &mut HeaderMap, viewer: bool, kept: bool) {
    if !kept && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let policy = if viewer { VIEWER_POLICY } else { POLICY };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    );
}
