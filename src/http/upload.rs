//! Forms that carry files.

use super::posted::{CONTROL_CHARACTERS, check_csrf};
use super::problem::Failure;
use crate::app::App;
use crate::documents::Upload;
use crate::error::Error;
use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::error::ErrorPayloadTooLarge;
use actix_web::{FromRequest, HttpRequest};
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A multipart body, held in memory only (a sealed file must never touch a temporary folder in clear),
/// bounded by `storage.most_bytes`. Its cross-site token was right, or it came with a bearer token.
#[derive(Debug, Default)]
pub struct Parts {
    /// Plain fields.
    pub fields: BTreeMap<String, String>,
    /// Files by field name, in the order they came.
    pub files: Vec<(String, Upload)>,
}

impl Parts {
    /// A plain field, or nothing.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// The first file of a field that holds something.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<Upload> {
        self.files.iter().find(|(field, file)| field == name && !file.bytes.is_empty()).map(|(_, file)| file.clone())
    }
}

/// Longest pause between two pieces of an upload.
const SLOWEST: Duration = Duration::from_secs(30);

async fn in_time<T>(piece: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(SLOWEST, piece).await.map_err(|_| {
        Error::field("file", "It took too long to arrive. Check your connection, then send it again").into()
    })
}

/// How many times the largest file is read, though not kept, before the connection is given up.
const MOST_READ: usize = 4;

/// The most bytes of text in one form, all its fields together.
const MOST_WORDS: usize = 1_000_000;

/// The most bytes of text in the one form that sends the rows of a file back as text: 10,000 rows of some hundred letters.
const MOST_ROWS_OF_WORDS: usize = 9_000_000;

/// The most fields and files of one form. The longest has a few hundred; each costs room however little is in it.
const MOST_PARTS: usize = 1_000;

/// As [`Parts`], of the one form that sends the rows of a file back as text once a person has looked at them: it may hold
/// more text than any other.
#[derive(Debug, Default)]
pub struct LongParts(pub Parts);

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

impl FromRequest for Parts {
    type Error = actix_web::Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(read(request.clone(), payload.take(), MOST_WORDS))
    }
}

impl FromRequest for LongParts {
    type Error = actix_web::Error;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = read(request.clone(), payload.take(), MOST_ROWS_OF_WORDS);
        Box::pin(async move { Ok(LongParts(parts.await?)) })
    }
}

/// Reads a body whose plain fields hold at most so many bytes of text together; more is answered with 413.
async fn read(request: HttpRequest, payload: Payload, most_words: usize) -> Result<Parts, actix_web::Error> {
    let mut multipart = Multipart::new(request.headers(), payload);
    let most = request.app_data::<actix_web::web::Data<App>>().map_or(1_000_000, |app| app.config.storage.most_bytes);
    let unreadable = |_| Failure::from(Error::field("file", "The file could not be read. Send it again"));
    let mut parts = Parts::default();
    let mut total = 0_usize;
    let mut words = 0_usize;
    let mut count = 0_usize;
    while let Some(mut field) = in_time(multipart.try_next()).await?.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.content_disposition().and_then(|d| d.get_filename()).map(ToOwned::to_owned);
        count += 1;
        words += name.len() + file_name.as_ref().map_or(0, String::len);
        if count > MOST_PARTS {
            return Err(ErrorPayloadTooLarge("more fields than one form has"));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = in_time(field.try_next()).await?.map_err(unreadable)? {
            total += chunk.len();
            if total > most.saturating_mul(MOST_READ) {
                let sentence = format!("The file is too large. Use a file of at most {} MB", most / 1_000_000);
                return Err(Failure::from(Error::field(&name, sentence)).into());
            }
            // What is over the limit is read but not kept, so that the rest of the form arrives: a file is refused, as
            // longer than the limit, with the other answers still in their fields, and who sends too much text hears it.
            let room = if file_name.is_some() {
                (most + 1).saturating_sub(bytes.len()).min(chunk.len())
            } else {
                words += chunk.len();
                if words > most_words { 0 } else { chunk.len() }
            };
            bytes.extend_from_slice(chunk.get(..room).unwrap_or_default());
        }
        match file_name {
            Some(file_name) => parts.files.push((name, Upload { name: file_name, bytes })),
            // PostgreSQL cannot store it, wherever the text goes in the end.
            None if bytes.contains(&0) => {
                return Err(Failure::from(Error::field(&name, CONTROL_CHARACTERS)).into());
            }
            None => {
                parts.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    if words > most_words {
        return Err(ErrorPayloadTooLarge("more text than one form can hold"));
    }
    if !request.path().starts_with("/api/") {
        check_csrf(&request, parts.fields.get("csrf").map(String::as_str))?;
    }
    Ok(parts)
}
