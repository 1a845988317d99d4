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
use sha2::{Digest, Sha256};

/// How long a key is remembered.
const REMEMBERED_HOURS: i64 = 24;

/// Middleware for posts under `/api/`: the first answer to a key is stored and given again.
///
/// The key is bound to the person and the path, and stored as a hash. What is stored of the request is its
/// keyed hash only; answers hold identifiers and receipts, never sealed content.
///
/// # Errors
/// Refused when the key was used for another request, or while its first request is still running.
pub async fn replay<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let key = request.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    let app = request.app_data::<web::Data<App>>().map(|data| data.get_ref().clone());
    let (Some(key), Some(app), true) =
        (key, app, request.method() == Method::POST && request.path().starts_with("/api/"))
    else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let person = request
        .extensions()
        .get::<VisitParts>()
        .and_then(|p| p.actor.account())
        .map(|a| a.to_string())
        .unwrap_or_default();
    let body = request.extract::<Bytes>().await?;
    let id = hex::encode(Sha256::digest(format!("{person}\n{}\n{key}", request.path())));
    // Keyed by a key outside the database, so that nobody can try out what a sealed answer might have been.
    let request_hash = hex::encode(Sha256::digest(app.keys.sign(&Sha256::digest(&body))));
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
