//! The page a request came from, where that is one of our own.

use actix_web::HttpRequest;
use actix_web::http::header::REFERER;

/// The path of the page a person was on, when it is a page of this service; nothing from elsewhere.
#[must_use]
pub fn own_referrer(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(REFERER)?.to_str().ok()?;
    let url = url::Url::parse(text).ok()?;
    let name = url.host_str()?;
    let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    (host == request.connection_info().host()).then(|| url.path().to_owned())
}
