//! Whether the service lives, is ready, and how it does.

use crate::app::App;
use crate::db::migrate;
use crate::http::{Answer, Visit, VisitParts};
use crate::outbox;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The process answers.
///
/// # Errors
/// Never.
pub async fn live() -> Answer {
    Ok(HttpResponse::Ok().content_type("text/plain").body("live\n"))
}

/// The database answers and has this binary's schema.
///
/// # Errors
/// Never; not ready is status 503.
pub async fn ready(app: web::Data<App>) -> Answer {
    let app = app.get_ref().clone();
    let current = tokio::task::spawn_blocking(move || migrate::is_current(&app.db)).await;
    Ok(match current {
        Ok(Ok(true)) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Ok(Ok(false)) => HttpResponse::ServiceUnavailable().content_type("text/plain").body("migrations are pending\n"),
        _ => HttpResponse::ServiceUnavailable().content_type("text/plain").body("the database does not answer\n"),
    })
}

/// The metrics recorder of the process, and how many requests are under way.
#[derive(Clone)]
pub struct Metrics {
    recorder: PrometheusHandle,
    under_way: Arc<AtomicU32>,
}

/// A request under way; until it is dropped.
struct UnderWay(Arc<AtomicU32>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Installs the recorder; a second call in one process (tests) gives a handle that records nothing.
    #[must_use]
    pub fn install() -> Metrics {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let _ = metrics::set_global_recorder(recorder);
        Metrics { recorder: handle, under_way: Arc::default() }
    }

    /// Requests that somebody waits for just now.
    #[must_use]
    pub fn under_way(&self) -> u32 {
        self.under_way.load(Ordering::Relaxed)
    }

    fn one_more(&self) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self.under_way.clone())
    }

    /// Folds the samples since the last time into their summaries. The recorder keeps each one until then, so a
    /// server that nobody asks for its metrics would grow.
    pub fn fold(&self) {
        self.recorder.run_upkeep();
    }
}

/// Metrics in Prometheus' text form. Only for this machine: a proxy must not pass it on.
///
/// # Errors
/// NotFound for a request that came through a proxy.
pub async fn show(app: web::Data<App>, metrics: web::Data<Metrics>, request: actix_web::HttpRequest) -> Answer {
    let local = request.peer_addr().is_none_or(|address| address.ip().is_loopback());
    let passed_on =
        ["forwarded", "via", "x-forwarded-for", "x-real-ip"].iter().any(|h| request.headers().contains_key(*h));
    if !local || passed_on {
        return Err(crate::error::Error::NotFound.into());
    }
    // Beside this one.
    metrics::gauge!("http_requests_under_way").set(metrics.under_way().saturating_sub(1));
    let now = app.now();
    match app.db.read(move |db| outbox::backlog(db, now)).await {
        Ok(backlog) => {
            let late = backlog.due_since.map_or(0, |since| now.since(since).num_seconds());
            metrics::gauge!("jobs_late_seconds").set(small(late));
            metrics::gauge!("jobs_set_aside").set(small(backlog.set_aside));
            metrics::gauge!("mails_given_up").set(small(backlog.mails_given_up));
        }
        // Whoever watches is told by `/health/ready`; the other figures are shown all the same.
        Err(error) => tracing::warn!(%error, "the backlog could not be read for the metrics"),
    }
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.recorder.render()))
}

/// A count as a gauge takes it.
fn small(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

/// The pattern of the route that a request goes to: looked up once, by [`measure`], for all that ask.
#[derive(Clone, Debug)]
pub struct Matched(pub Option<String>);

/// Middleware that counts and times requests by route and status.
///
/// # Errors
/// What the inner service returns.
pub async fn measure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = std::time::Instant::now();
    let _under_way = request.app_data::<web::Data<Metrics>>().map(|metrics| metrics.one_more());
    let matched = request.match_pattern();
    request.extensions_mut().insert(Matched(matched.clone()));
    let route = matched.unwrap_or_else(|| "none".to_owned());
    let method = request.method().to_string();
    let outcome = next.call(request).await;
    let status = match &outcome {
        Ok(response) => response.status().as_u16(),
        Err(error) => error.as_response_error().status_code().as_u16(),
    };
    // The same id stands in the problem that a person or a program is shown.
    let parts = |r: &ServiceResponse<B>| r.request().extensions().get::<VisitParts>().map(|p| p.request_id.clone());
    let id = outcome.as_ref().ok().and_then(parts).unwrap_or_default();
    let elapsed = started.elapsed();
    metrics::histogram!("http_request_seconds", "route" => route.clone(), "method" => method.clone()).record(elapsed);
    metrics::counter!("http_requests_total", "route" => route.clone(), "method" => method.clone(), "status" => status.to_string())
        .increment(1);
    tracing::info!(%id, %method, %route, status, micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), "answered");
    outcome
}

/// The status page for people.
///
/// # Errors
/// When the template fails.
pub async fn status(visit: Visit) -> Answer {
    let current = {
        let app = visit.app.clone();
        tokio::task::spawn_blocking(move || migrate::is_current(&app.db)).await
    };
    let working = matches!(current, Ok(Ok(true)));
    super::public_pages::status_page(&visit, working)
}
