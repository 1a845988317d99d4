//! Bodies: forms with their cross-site token checked, and JSON.

use super::forms::FormState;
use super::problem::Failure;
use crate::error::Error;
use crate::values::{FieldErrors, Refusal};
use actix_session::SessionExt;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// A posted form whose cross-site token was right.
///
/// `T` has a `String` (or `Vec<String>`) for each field, with `#[serde(default)]`, and is the same
/// structure that the JSON API takes; actions parse it into value types.
pub struct Posted<T> {
    /// What was typed.
    pub input: T,
    state: FormState,
}

impl<T> Posted<T> {
    /// The form again after an action said no: every answer kept, field errors at their fields, a refusal's
    /// sentence at the top. Other errors are not the form's and go on.
    ///
    /// # Errors
    /// The error itself, when it is not about the input.
    pub fn again(self, error: Error) -> Result<FormState, Error> {
        match error {
            Error::Invalid(errors) => Ok(self.state.with_errors(errors)),
            Error::Refused(Refusal { sentence, reference, .. }) => {
                let message = match reference {
                    Some(reference) => format!("{sentence} ({reference})"),
                    None => sentence,
                };
                Ok(self.state.with_errors(FieldErrors::one("", message)))
            }
            other => Err(other),
        }
    }

    /// What was typed, field by field.
    #[must_use]
    pub fn state(&self) -> &FormState {
        &self.state
    }
}

/// The refusal of a form that does not carry its session's token.
pub(super) fn check_csrf(request: &HttpRequest, given: Option<&str>) -> Result<(), Failure> {
    let known: Option<String> = request.get_session().get("csrf").ok().flatten();
    let right = match (known, given) {
        (Some(known), Some(given)) => bool::from(known.as_bytes().ct_eq(given.as_bytes())),
        _ => false,
    };
    if right {
        return Ok(());
    }
    Err(Error::Refused(Refusal {
        code: "http/form-expired",
        sentence: "This form is no longer valid, perhaps because you signed in again. Go back, reload the page and send it once more."
            .to_owned(),
        reference: None,
    })
    .into())
}

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let bytes = in_time("", bytes).await?.map_err(|e| unread(&e, "", "The form cannot be read"))?;
            let pairs: Vec<(String, String)> =
                serde_html_form::from_bytes(&bytes).map_err(|_| Error::field("", "The form cannot be read"))?;
            if let Some((name, _)) = pairs.iter().find(|(_, value)| value.contains('\0')) {
                return Err(Error::field(name, CONTROL_CHARACTERS).into());
            }
            let given = pairs.iter().find(|(name, _)| name == "csrf").map(|(_, value)| value.clone());
            check_csrf(&request, given.as_deref())?;
            let input = serde_html_form::from_bytes(&bytes)
                .map_err(|e| Error::field("", format!("The form cannot be read: {e}")))?;
            let state =
                FormState::filled(pairs.into_iter().filter(|(name, _)| name != "csrf" && !name.contains("password")));
            Ok(Posted { input, state })
        })
    }
}

/// What is sent where the address says everything: a form with its token alone, or a body without fields.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Nothing {}

/// What is told of a form's text with the one character that PostgreSQL cannot store.
pub(super) const CONTROL_CHARACTERS: &str = "Take out the control characters. Type the text again";

/// How JSON writes that character.
const NUL: &[u8] = b"\\u0000";

/// Longest time that a form or a JSON body, at most two megabytes, may take to arrive.
const SLOWEST: Duration = Duration::from_mins(1);

async fn in_time<T>(field: &str, body: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(SLOWEST, body)
        .await
        .map_err(|_| Error::field(field, "It took too long to arrive. Check your connection, then send it again"))
}

/// Why a body did not arrive whole: it is too large, or its sender broke off.
fn unread(error: &actix_web::Error, field: &str, sentence: &str) -> Error {
    match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::field(field, sentence),
    }
}

/// A JSON body of the API.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Sent<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = in_time("body", bytes).await?.map_err(|e| unread(&e, "body", "The body cannot be read"))?;
            let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
            if bytes.windows(NUL.len()).any(|window| window == NUL) {
                return Err(Error::field("body", "Take the character U+0000 out of the texts").into());
            }
            serde_json::from_slice(bytes)
                .map(Sent)
                .map_err(|e| Error::field("body", format!("The JSON cannot be read: {e}")).into())
        })
    }
}
