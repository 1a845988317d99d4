//! A version of the catalogue and its measures.

use crate::db::schema::{social_value_catalogues, social_value_measures};
use crate::db::{Json, MultiBackend};
use crate::evaluation::MeasureRecord;
use crate::values::decimals::group_thousands;
use crate::values::{Account, Id, Instant, LocalDate, RefusalInfo, actor};
use diesel::prelude::*;

/// A version of a council's catalogue. Never changed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = social_value_catalogues, check_for_backend(MultiBackend))]
pub struct Catalogue {
    /// Identifier.
    pub id: Id<Catalogue>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// From 1. The highest is the current one.
    pub version: i64,
    /// Its title.
    pub title: String,
    /// The day its values were fixed.
    pub dated: LocalDate,
    /// Where the values come from, and under which licence.
    pub source: String,
    /// SHA-256 of title, date, source and measures in canonical JSON, hexadecimal.
    pub hash: String,
    /// How many measures it has.
    pub measures: i64,
    /// When it was imported.
    pub made_at: Instant,
    /// Who imported it.
    pub made_by: Id<Account>,
}

impl Catalogue {
    /// How many measures it has, as people read it.
    #[must_use]
    pub fn measures_shown(&self) -> String {
        group_thousands(&self.measures.to_string())
    }
}

/// A measure of one version. Never changed.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = social_value_measures, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct CatalogueEntry {
    /// Identifier.
    pub id: Id<CatalogueEntry>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The version.
    pub catalogue_id: Id<Catalogue>,
    /// Its place in the file, from 1.
    pub place: i64,
    /// Its code.
    pub code: String,
    /// What is counted and how.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// What the filter looks through, in small letters.
    pub words: String,
    /// What one unit is worth.
    pub record: Json<MeasureRecord>,
    /// First day it is valid.
    pub valid_from: LocalDate,
    /// Last day it is valid.
    pub valid_until: Option<LocalDate>,
}

/// A refusal of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogueRefusal {
    /// The current version says the same.
    Same {
        /// Its number.
        version: i64,
    },
}

impl RefusalInfo for CatalogueRefusal {
    fn code(&self) -> &'static str {
        match self {
            CatalogueRefusal::Same { .. } => "conditions/same-catalogue",
        }
    }

    fn sentence(&self) -> String {
        match self {
            CatalogueRefusal::Same { version } => {
                format!("Version {version} says exactly this already, so there is nothing to import.")
            }
        }
    }
}
