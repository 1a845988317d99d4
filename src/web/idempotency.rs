//! `Idempotency-Key`: a call that was sent twice is carried out once.

use crate::app::App;
use crate::db::schema::idempotency_keys;
use crate::error::{Error, Result};
use crate::http::{Failure, VisitParts};
use crate::values::{Clock, Refusal};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpResponse, web};
use chrono::TimeDelta;
use diesel::prelude::*;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long a key is remembered.
const REMEMBERED_HOURS: i64 = 24;
/// Longest key, in bytes.
const MOST_KEY: usize = 200;
/// Most bytes of a body, or of what stands beside its files.
const MOST_BESIDE: usize = 2_000_000;
/// How many times the limit is read, though not kept.
const MOST_READ: usize = 4;
/// Longest pause between two pieces of a body.
const SLOWEST: Duration = Duration::from_secs(30);

/// Middleware for posts under `/api/`: the first answer to a key is stored and given again.
///
/// The key is bound to the person, to whom they act for and to the path, and stored as a hash; callers without a token have none. What is stored of the request is its
/// keyed hash only; answers hold identifiers and receipts, never sealed content.
///
/// # Errors
/// Refused when the key was used for another request, or while its first request is still running.
pub async fn replay<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let header = request.headers().get("idempotency-key").cloned();
    let app = request.app_data::<web::Data<App>>().map(|data| data.get_ref().clone());
    let acting = request.extensions().get::<VisitParts>().and_then(|p| Some((p.actor.account()?, p.actor.capacity())));
    // Nobody signed in is nobody in particular: one stranger's key would answer another's request.
    let (Some(header), Some(app), Some((person, capacity)), true) =
        (header, app, acting, request.method() == Method::POST && request.path().starts_with("/api/"))
    else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let key = header.to_str().map(str::trim).unwrap_or_default().to_owned();
    if key.is_empty() || key.len() > MOST_KEY {
        let error = Error::field("Idempotency-Key", "Send a key of 1 to 200 characters, or leave the header out");
        return Ok(request.error_response(Failure(error)).map_into_right_body());
    }
    let body = match read_body(&mut request, &app).await {
        Ok(body) => body,
        Err(status) => return Ok(request.into_response(HttpResponse::new(status)).map_into_right_body()),
    };
    // What was done for one council is no answer to who acts for another, be it the same person.
    let whom = capacity.map(|capacity| capacity.to_string()).unwrap_or_default();
    let id = hex::encode(Sha256::digest(format!("{person}\n{whom}\n{}\n{key}", request.path())));
    // Keyed by a key outside the database, so that nobody can try out what a sealed answer might have been.
    let mut whole = Sha256::new();
    whole.update(request.query_string());
    whole.update(b"\n");
    whole.update(&body);
    let request_hash = hex::encode(Sha256::digest(app.keys.sign(&whole.finalize())));
    request.set_payload(Payload::from(body));
    let begun = match begin(&app, id.clone(), request_hash).await {
        Ok(begun) => begun,
        Err(error) => return Ok(request.error_response(Failure(error)).map_into_right_body()),
    };
    if let Some((status, stored)) = begun {
        let answer = HttpResponse::build(status)
            .content_type("application/json")
            .insert_header(("idempotent-replay", "true"))
            .body(stored);
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let response = next.call(request).await;
    let response = match response {
        Ok(response) if response.status().is_success() => response,
        other => {
            // Nothing was done: the key may be used again.
            forget(&app, id).await.map_err(Failure)?;
            return other.map(ServiceResponse::map_into_left_body);
        }
    };
    let status = response.status();
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let bytes =
        actix_web::body::to_bytes(body).await.map_err(|_| Failure(Error::internal("an answer was not read")))?;
    finish(&app, id, status, String::from_utf8_lossy(&bytes).into_owned()).await.map_err(Failure)?;
    let response = head.set_body(BoxBody::new(bytes));
    Ok(ServiceResponse::new(request, response).map_into_right_body())
}

/// Reads the whole body, a form with files up to what the service takes of one.
async fn read_body(request: &mut ServiceRequest, app: &App) -> std::result::Result<Bytes, StatusCode> {
    let most = if request.content_type().starts_with("multipart/") {
        app.config.storage.most_bytes + MOST_BESIDE
    } else {
        MOST_BESIDE
    };
    let mut payload = request.take_payload();
    let mut body = Vec::new();
    let mut arrived = 0_usize;
    loop {
        let chunk = match tokio::time::timeout(SLOWEST, payload.next()).await {
            Err(_) => return Err(StatusCode::REQUEST_TIMEOUT),
            Ok(None) => break,
            Ok(Some(chunk)) => chunk.map_err(|_| StatusCode::BAD_REQUEST)?,
        };
        arrived += chunk.len();
        // The rest is read and dropped, so that whoever sends it hears the answer; within bounds.
        if arrived > most.saturating_mul(MOST_READ) {
            break;
        }
        if arrived <= most {
            body.extend_from_slice(&chunk);
        }
    }
    if arrived > most { Err(StatusCode::PAYLOAD_TOO_LARGE) } else { Ok(body.into()) }
}

async fn begin(app: &App, id: String, hash: String) -> Result<Option<(StatusCode, String)>> {
    let now = Clock::machine();
    app.db
        .write(move |db| {
            let forget_before = now.plus(TimeDelta::hours(-REMEMBERED_HOURS));
            diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.lt(forget_before))).execute(db)?;
            let known: Option<(String, Option<i64>, Option<String>)> = idempotency_keys::table
                .filter(idempotency_keys::id.eq(&id))
                .select((idempotency_keys::request_hash, idempotency_keys::status, idempotency_keys::body))
                .first(db)
                .optional()?;
            match known {
                None => {
                    diesel::insert_into(idempotency_keys::table)
                        .values((
                            idempotency_keys::id.eq(&id),
                            idempotency_keys::request_hash.eq(&hash),
                            idempotency_keys::created_at.eq(now),
                        ))
                        .execute(db)?;
                    Ok(None)
                }
                Some((known_hash, ..)) if known_hash != hash => Err(refusal(
                    "http/idempotency-key-reused",
                    "This Idempotency-Key was used for another request. Use a fresh key for each new request.",
                )),
                Some((_, Some(status), Some(body))) => {
                    let status = u16::try_from(status).ok().and_then(|s| StatusCode::from_u16(s).ok());
                    Ok(Some((status.unwrap_or(StatusCode::OK), body)))
                }
                Some(_) => Err(refusal(
                    "http/idempotency-key-running",
                    "The first request with this Idempotency-Key has not been answered. Look whether it was carried out before sending it with a fresh key.",
                )),
            }
        })
        .await
}

fn refusal(code: &'static str, sentence: &str) -> Error {
    Error::Refused(Refusal { code, sentence: sentence.to_owned(), reference: None })
}

async fn forget(app: &App, id: String) -> Result<()> {
    app.db
        .write(move |db| {
            diesel::delete(idempotency_keys::table.filter(idempotency_keys::id.eq(&id))).execute(db)?;
            Ok(())
        })
        .await
}

async fn finish(app: &App, id: String, status: StatusCode, body: String) -> Result<()> {
    app.db
        .write(move |db| {
            diesel::update(idempotency_keys::table.filter(idempotency_keys::id.eq(&id)))
                .set((idempotency_keys::status.eq(i64::from(status.as_u16())), idempotency_keys::body.eq(body.clone())))
                .execute(db)?;
            Ok(())
        })
        .await
}
