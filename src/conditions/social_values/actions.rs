//! What people do with the catalogue of social value: look at a file, and make it the next version.

use super::model::{Catalogue, CatalogueEntry, CatalogueRefusal};
use super::{sheet, store};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::conditions::actions::writes_for;
use crate::db::{Db, Json};
use crate::documents::Upload;
use crate::error::{Error, Result};
use crate::evaluation::canonical_json;
use crate::evaluation::catalogue::{CatalogueMeasure, RowError};
use crate::people::policy::{Action, Thing, require};
use crate::values::{Actor, FieldErrors, Id, Instant, LocalDate, Parser, Subject, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a person says of a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueInput {
    /// Title of the catalogue.
    pub title: String,
    /// The day its values were fixed.
    pub dated: String,
    /// Where the values come from.
    pub source: String,
}

/// A file that could become a version.
#[derive(Clone, Debug, Serialize)]
pub struct Read {
    /// Title.
    pub title: String,
    /// The day its values were fixed.
    pub dated: LocalDate,
    /// Where the values come from.
    pub source: String,
    /// Its measures, in the order of the file.
    pub measures: Vec<CatalogueMeasure>,
}

impl Read {
    /// SHA-256 of the canonical JSON, hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(canonical_json(self).as_bytes()))
    }
}

/// Everything wrong with a file and what was said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// In the form.
    pub fields: FieldErrors,
    /// In the rows of the file.
    pub rows: Vec<RowError>,
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        let mut errors = wrong.fields;
        for row in wrong.rows {
            let field = format!("rows[{}].{}", row.row, row.column);
            errors.add(&field, in_words(&row));
        }
        Error::Invalid(errors)
    }
}

/// An error of a row in a sentence.
#[must_use]
pub fn in_words(error: &RowError) -> String {
    if error.column.is_empty() {
        format!("Row {}: {}", error.row, error.sentence)
    } else {
        format!("Row {}, {}: {}", error.row, error.column, error.sentence)
    }
}

/// The rows of a file, told apart by content.
///
/// # Errors
/// Invalid at the field `file`; refused for a file that is empty, too large or of another kind.
pub fn rows(app: &App, upload: Option<Upload>) -> Result<Vec<Vec<String>>> {
    let upload = upload.ok_or_else(|| Error::field("file", "Choose a CSV or Excel file"))?;
    sheet::rows(upload, app.config.storage.most_bytes)
}

/// Reads what was said and every row. Nothing is stored.
///
/// # Errors
/// Everything wrong at once.
pub fn read(input: &CatalogueInput, rows: &[Vec<String>]) -> Result<Read, Wrong> {
    let mut form = Parser::default();
    let title = form.text("title", &input.title, 200, "Enter the title of the catalogue");
    let dated = form.date("dated", &input.dated, "Enter the day on which its values were fixed");
    let source = form.text("source", &input.source, 500, "Say where the values come from");
    let fields = form.finish().err().unwrap_or_default();
    match (sheet::measures(rows), dated) {
        (Ok(measures), Some(dated)) if fields.is_empty() => Ok(Read { title, dated, source, measures }),
        (measures, _) => Err(Wrong { fields, rows: measures.err().unwrap_or_default() }),
    }
}

/// What a file would change against the current version, by code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Codes that are new.
    pub added: usize,
    /// Codes whose words or values differ.
    pub changed: usize,
    /// Codes that are no longer there.
    pub gone: usize,
}

/// Counts what differs between the current version and a file.
#[must_use]
pub fn changes(before: &[CatalogueEntry], after: &Read) -> Changes {
    let mut old: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for entry in before {
        old.entry(&entry.code).or_default().push((&entry.title, &entry.unit, &entry.record.0));
    }
    let mut new: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for measure in &after.measures {
        new.entry(&measure.record.code).or_default().push((&measure.title, &measure.unit, &measure.record));
    }
    Changes {
        added: new.keys().filter(|code| !old.contains_key(*code)).count(),
        changed: new.iter().filter(|(code, rows)| old.get(*code).is_some_and(|there| there != *rows)).count(),
        gone: old.keys().filter(|code| !new.contains_key(*code)).count(),
    }
}

/// The authority whose catalogue a person may import.
///
/// # Errors
/// Denied.
pub fn authority_of(actor: &Actor) -> Result<Id<actor::Organisation>> {
    let authority = writes_for(actor)?;
    require(actor, Action::EditCondition, &Thing::of_authority(authority))?;
    Ok(authority)
}

/// Makes a file the next version of the council's catalogue, whole or not at all.
///
/// # Errors
/// Invalid with everything wrong by row and column, Denied; refused when the current version says the same.
pub async fn keep(
    app: &App,
    actor: &Actor,
    input: &CatalogueInput,
    rows: &[Vec<String>],
    now: Instant,
) -> Result<Catalogue> {
    authority_of(actor)?;
    keep_read(app, actor, read(input, rows)?, now).await
}

/// As [`keep`], of what [`read`] gave.
///
/// # Errors
/// Denied; refused when the current version says the same.
pub async fn keep_read(app: &App, actor: &Actor, found: Read, now: Instant) -> Result<Catalogue> {
    let authority = authority_of(actor)?;
    let made_by = actor.account().ok_or(Error::Denied)?;
    let hash = found.hash();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            require(&actor, Action::EditCondition, &Thing::of_authority(authority))?;
            let current = store::current(db, authority)?;
            if let Some(same) = current.as_ref().filter(|c| c.hash == hash) {
                return Err(CatalogueRefusal::Same { version: same.version }.into());
            }
            let catalogue = Catalogue {
                id: Id::new(),
                authority_id: authority,
                version: current.map_or(1, |c| c.version + 1),
                title: found.title.clone(),
                dated: found.dated,
                source: found.source.clone(),
                hash: hash.clone(),
                measures: i64::try_from(found.measures.len())?,
                made_at: now,
                made_by,
            };
            store::insert(db, &catalogue, &entries_of(&catalogue, &found)?)?;
            record(db, &actor, &catalogue, now)?;
            Ok(catalogue)
        })
        .await
}

fn entries_of(catalogue: &Catalogue, found: &Read) -> Result<Vec<CatalogueEntry>> {
    (1_usize..)
        .zip(&found.measures)
        .map(|(place, measure)| {
            let record = &measure.record;
            let words = [&record.code, &measure.title, &measure.unit, &record.source].map(String::as_str).join(" ");
            Ok(CatalogueEntry {
                id: Id::new(),
                authority_id: catalogue.authority_id,
                catalogue_id: catalogue.id,
                place: i64::try_from(place)?,
                code: record.code.clone(),
                title: measure.title.clone(),
                unit: measure.unit.clone(),
                words: words.to_lowercase(),
                record: Json(record.clone()),
                valid_from: record.valid_from,
                valid_until: record.valid_until,
            })
        })
        .collect()
}

fn record(db: &mut Db, actor: &Actor, catalogue: &Catalogue, now: Instant) -> Result<()> {
    audit::record(
        db,
        Entry {
            authority: Some(catalogue.authority_id),
            at: now,
            actor,
            action: "catalogue.imported",
            subject: Subject::new("catalogue", catalogue.id),
            facts: json!({ "version": catalogue.version, "measures": catalogue.measures, "hash": catalogue.hash }),
        },
    )?;
    Ok(())
}
