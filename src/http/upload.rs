//! Forms that carry files.

use super::posted::check_csrf;
use super::problem::Failure;
use crate::app::App;
use crate::documents::Upload;
use crate::error::Error;
use actix_multipart::Multipart;
use actix_web::dev::Payload;
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

/// The most bytes of text in one form, all its fields together. The rows of a catalogue travel as text while they are
/// looked at, and each of its 10,000 rows may hold some hundred letters.
const MOST_WORDS: usize = 9_000_000;

impl FromRequest for Parts {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let multipart = Multipart::new(request.headers(), payload.take());
        let most =
            request.app_data::<actix_web::web::Data<App>>().map_or(1_000_000, |app| app.config.storage.most_bytes);
        let request = request.clone();
        Box::pin(async move {
            let unreadable = |_| Failure::from(Error::field("file", "The file could not be read. Send it again"));
            let mut multipart = multipart;
            let mut parts = Parts::default();
            let mut total = 0_usize;
            let mut words = 0_usize;
            while let Some(mut field) = in_time(multipart.try_next()).await?.map_err(unreadable)? {
                let name = field.name().unwrap_or_default().to_owned();
                let file_name = field.content_disposition().and_then(|d| d.get_filename()).map(ToOwned::to_owned);
                let mut bytes = Vec::new();
                while let Some(chunk) = in_time(field.try_next()).await?.map_err(unreadable)? {
                    total += chunk.len();
                    if total > most.saturating_mul(MOST_READ) {
                        return Err(Error::field(
                            &name,
                            format!("The file is too large. Use a file of at most {} MB", most / 1_000_000),
                        )
                        .into());
                    }
                    // What is over the limit is read but not kept, so that the rest of the form arrives and the file is
                    // refused, as longer than the limit, with the other answers still in their fields.
                    let room = if file_name.is_some() {
                        (most + 1).saturating_sub(bytes.len()).min(chunk.len())
                    } else {
                        words += chunk.len();
                        if words > MOST_WORDS {
                            return Err(Error::field(&name, "That is more text than one form can hold").into());
                        }
                        chunk.len()
                    };
                    bytes.extend_from_slice(chunk.get(..room).unwrap_or_default());
                }
                match file_name {
                    Some(file_name) => parts.files.push((name, Upload { name: file_name, bytes })),
                    None => {
                        parts.fields.insert(name, String::from_utf8_lossy(&bytes).into_owned());
                    }
                }
            }
            if !request.path().starts_with("/api/") {
                check_csrf(&request, parts.fields.get("csrf").map(String::as_str))?;
            }
            Ok(parts)
        })
    }
}
