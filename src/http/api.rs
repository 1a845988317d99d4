//! Answers of the JSON API.

use super::Answer;
use crate::db::{After, Cursor, Page};
use crate::error::{Error, Result};
use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Something found or changed.
///
/// # Errors
/// Never; JSON of our own types can always be written.
pub fn ok(value: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(value))
}

/// Something made, and where it is.
///
/// # Errors
/// As [`ok`].
pub fn created(location: &str, value: &impl Serialize) -> Answer {
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(value))
}

/// Query of a paged list: `?after=CURSOR`.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next` of the page before.
    #[serde(default)]
    pub after: String,
}

impl PageQuery {
    /// The cursor, when one is given.
    ///
    /// # Errors
    /// Invalid.
    pub fn cursor(&self) -> Result<Option<Cursor>> {
        place("after", &self.after)
    }

    /// As [`PageQuery::cursor`], of a list that is sorted by one text.
    ///
    /// # Errors
    /// Invalid.
    pub fn place(&self) -> Result<Option<After>> {
        place("after", &self.after)
    }
}

/// The place that a field of a query names, when it names one.
///
/// # Errors
/// Invalid, at that field.
pub fn place<C: FromStr<Err = &'static str>>(field: &str, text: &str) -> Result<Option<C>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|wrong| Error::field(field, wrong))
}

/// A page of a list as programs get it.
#[derive(Debug, Serialize)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// `after` of the next page, when there is one.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// From a page, each row as it is shown to programs.
    pub fn of<R, C: ToString>(page: Page<R, C>, shown: impl FnMut(R) -> T) -> Self {
        Listed { next: page.next.map(|c| c.to_string()), items: page.items.into_iter().map(shown).collect() }
    }
}
