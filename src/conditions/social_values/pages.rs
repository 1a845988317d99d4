//! Pages of the catalogue of social value.

use super::actions::{self, CatalogueInput, Read, Wrong};
use super::model::{Catalogue, CatalogueEntry};
use super::{sheet, store};
use crate::error::{Error, Result};
use crate::evaluation::MeasureRecord;
use crate::evaluation::catalogue::{COLUMNS, RowError};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Link, LongParts, Parts, Shell, Visit, page, page_again, see};
use crate::people;
use crate::people::policy::{Action, Thing, can, require};
use crate::values::decimals::{group_thousands, shown_percent};
use crate::values::time::medium_date;
use crate::values::{FieldErrors, Id, Pence, Refusal, actor};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// Versions on one page of the list.
const VERSIONS: usize = 20;
/// Measures on one page of a version.
const MEASURES: usize = 50;
/// Most measures of a file.
const MOST_EXPORTED: usize = 10_000;
/// Errors of rows that are written out; how many more there are is said.
const MOST_ERRORS: usize = 500;

/// `?find=…&after=…&format=csv`
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CatalogueQuery {
    /// Words of a measure.
    pub find: String,
    /// The `next` of the page before.
    pub after: String,
    /// `csv` or `xlsx`; a page when empty.
    pub format: String,
}

impl CatalogueQuery {
    /// Where the page begins.
    ///
    /// # Errors
    /// Invalid.
    pub(super) fn begin(&self) -> Result<Option<i64>> {
        let wrong = || Error::field("after", "This page link is not valid; start again from the first page");
        if self.after.is_empty() { Ok(None) } else { self.after.parse().map(Some).map_err(|_| wrong()) }
    }

    fn link(&self, path: &str, more: &str) -> String {
        let find = serde_html_form::to_string([("find", self.find.trim())]).unwrap_or_default();
        if self.find.trim().is_empty() { format!("{path}?{more}") } else { format!("{path}?{find}&{more}") }
    }
}

/// The authority whose catalogue a person reads.
pub(super) fn reads_for(visit: &Visit) -> Result<Id<actor::Organisation>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    Ok(authority)
}

/// Cuts a list that has one row more than was asked for, and says where the next page begins.
pub(super) fn cut<T>(mut rows: Vec<T>, limit: usize, place: impl Fn(&T) -> i64) -> (Vec<T>, Option<i64>) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(place);
    (rows, next)
}

#[derive(Template)]
#[template(path = "conditions/catalogues.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<(Catalogue, bool)>,
    next: String,
    may_import: bool,
}

/// `GET /desk/catalogue`: the versions of the council's catalogue, newest first.
///
/// # Errors
/// Denied, Invalid.
pub async fn list(visit: Visit, query: web::Query<CatalogueQuery>) -> Answer {
    let authority = reads_for(&visit)?;
    let below = query.begin()?;
    let found = visit.app.db.read(move |db| store::list(db, authority, below, VERSIONS)).await?;
    let (rows, next) = cut(found, VERSIONS, |c| c.version);
    let mut shell = visit.shell("Social value catalogue", "/conditions");
    shell.breadcrumbs = vec![Link::new("Conditions", "/conditions")];
    page(&ListPage {
        shell,
        rows: rows.into_iter().enumerate().map(|(n, c)| (c, n == 0 && below.is_none())).collect(),
        next: next.map(|after| query.link("/desk/catalogue", &format!("after={after}"))).unwrap_or_default(),
        may_import: can(&visit.actor, Action::EditCondition, &Thing::of_authority(authority)),
    })
}

/// A measure as pages show it.
struct Row {
    code: String,
    title: String,
    unit: String,
    proxy: String,
    year: i32,
    off: String,
    net: String,
    valid: String,
}

fn row(title: &str, unit: &str, record: &MeasureRecord) -> Row {
    let part = |word: &str, value: rust_decimal::Decimal| {
        (!value.is_zero()).then(|| format!("{word} {}", shown_percent(value, 0)))
    };
    let off: Vec<String> = [
        part("deadweight", record.deadweight),
        part("displacement", record.displacement),
        part("attribution", record.attribution),
        part("drop-off", record.drop_off),
        (record.years > 1).then(|| format!("over {} years", record.years)),
    ]
    .into_iter()
    .flatten()
    .collect();
    Row {
        code: record.code.clone(),
        title: title.to_owned(),
        unit: unit.to_owned(),
        proxy: record.proxy.to_string(),
        year: record.price_year,
        off: off.join(", "),
        net: Pence::round_pence(record.net_value()).map(|p| p.to_string()).unwrap_or_default(),
        valid: match record.valid_until {
            Some(last) => format!("{} to {}", medium_date(record.valid_from), medium_date(last)),
            None => format!("From {}", medium_date(record.valid_from)),
        },
    }
}

/// A measure as a file holds it, in the order of the columns that are imported.
fn cells(title: &str, unit: &str, record: &MeasureRecord) -> Vec<String> {
    let part = |value: rust_decimal::Decimal| value.normalize().to_string();
    vec![
        record.code.clone(),
        title.to_owned(),
        unit.to_owned(),
        record.proxy.plain(),
        record.price_year.to_string(),
        part(record.deadweight),
        part(record.displacement),
        part(record.attribution),
        part(record.drop_off),
        record.years.to_string(),
        record.source.clone(),
        record.licence.clone(),
        record.valid_from.to_string(),
        record.valid_until.map(|day| day.to_string()).unwrap_or_default(),
    ]
}

fn table(name: String, rows: Vec<Vec<String>>) -> Table {
    Table { name, heads: COLUMNS.iter().map(|(column, _)| *column).collect(), rows }
}

#[derive(Template)]
#[template(path = "conditions/catalogue.html")]
struct ShowPage {
    shell: Shell,
    form: FormState,
    catalogue: Catalogue,
    dated: String,
    who: String,
    rows: Vec<Row>,
    found: bool,
    next: String,
    csv: String,
    xlsx: String,
    path: String,
}

/// A version that this person may read.
pub(super) async fn readable(
    visit: &Visit,
    id: Id<Catalogue>,
    query: &CatalogueQuery,
    limit: usize,
) -> Result<(Catalogue, Vec<CatalogueEntry>, String)> {
    let (actor, after, find) = (visit.actor.clone(), query.begin()?.unwrap_or_default(), query.find.clone());
    visit
        .app
        .db
        .read(move |db| {
            let catalogue = store::find(db, id)?;
            if !can(&actor, Action::ReadDesk, &Thing::of_authority(catalogue.authority_id)) {
                return Err(Error::NotFound);
            }
            let names = people::account_names(db, &[catalogue.made_by])?;
            let who = names.get(&catalogue.made_by).cloned().unwrap_or_default();
            let entries = store::entries(db, id, &find, after, limit)?;
            Ok((catalogue, entries, who))
        })
        .await
}

/// `GET /desk/catalogue/{id}`: the measures of a version, or the file of them.
///
/// # Errors
/// NotFound, Invalid.
pub async fn show(visit: Visit, id: web::Path<Id<Catalogue>>, query: web::Query<CatalogueQuery>) -> Answer {
    let export = !query.format.is_empty();
    let limit = if export { MOST_EXPORTED } else { MEASURES };
    let (catalogue, entries, who) = readable(&visit, *id, &query, limit).await?;
    if export {
        let rows = entries.iter().map(|e| cells(&e.title, &e.unit, &e.record.0)).collect();
        return table(format!("social-value-catalogue-{}", catalogue.version), rows).answer(&query.format);
    }
    let (entries, next) = cut(entries, MEASURES, |e| e.place);
    let path = format!("/desk/catalogue/{}", catalogue.id);
    let mut shell = visit.shell(format!("{}, version {}", catalogue.title, catalogue.version), "/conditions");
    shell.breadcrumbs =
        vec![Link::new("Conditions", "/conditions"), Link::new("Social value catalogue", "/desk/catalogue")];
    page(&ShowPage {
        shell,
        form: FormState::filled([("find", query.find.clone())]),
        dated: medium_date(catalogue.dated),
        who,
        rows: entries.iter().map(|e| row(&e.title, &e.unit, &e.record.0)).collect(),
        found: !query.find.trim().is_empty(),
        next: next.map(|after| query.link(&path, &format!("after={after}"))).unwrap_or_default(),
        csv: query.link(&path, "format=csv"),
        xlsx: query.link(&path, "format=xlsx"),
        catalogue,
        path,
    })
}

/// `GET /desk/catalogue/template?format=xlsx`: an empty catalogue with one row as an example.
///
/// # Errors
/// NotFound for another format.
pub async fn template(_visit: Visit, query: web::Query<CatalogueQuery>) -> Answer {
    let example = [
        "EX1",
        "Example: people helped into work that lasts six months. Put your own measures in place of this row",
        "people",
        "12500.00",
        "2025",
        "0.2",
        "0.1",
        "0",
        "0.25",
        "2",
        "Name the study or table that the value was read from",
        "Say under which licence you may use it",
        "2026-04-01",
        "",
    ];
    let rows = vec![example.map(ToOwned::to_owned).to_vec()];
    let format = if query.format.is_empty() { "csv" } else { query.format.as_str() };
    table("social-value-catalogue-template".to_owned(), rows).answer(format)
}

#[derive(Template)]
#[template(path = "conditions/catalogue_new.html")]
struct NewPage {
    shell: Shell,
    form: FormState,
    errors: Vec<RowError>,
    more: usize,
    columns: Vec<(&'static str, &'static str)>,
}

fn form_shell(visit: &Visit, title: &str, error: bool) -> Shell {
    let mut shell = visit.shell(title, "/conditions");
    shell.csrf = visit.csrf();
    shell.error = error;
    shell.breadcrumbs =
        vec![Link::new("Conditions", "/conditions"), Link::new("Social value catalogue", "/desk/catalogue")];
    shell
}

/// What each column holds, in the order of [`COLUMNS`].
const MEANINGS: [&str; 14] = [
    "A short code of the measure, such as J1",
    "What is counted and how",
    "The unit, in the words of the condition that asks it, such as people or hours",
    "What one unit is worth in pounds",
    "The year whose prices it is in",
    "Part that would have happened anyway: 0.2 or 20%",
    "Part that pushes out something like it elsewhere",
    "Part that others bring about",
    "Part that is lost each year after the first",
    "Years that the effect lasts; 1 when empty",
    "Where the value was read",
    "The licence it is used under",
    "First day it is valid, such as 2026-04-01",
    "Last day it is valid; empty when open",
];

fn new_page(visit: &Visit, form: FormState, mut errors: Vec<RowError>) -> Result<NewPage> {
    actions::authority_of(&visit.actor)?;
    let more = errors.len().saturating_sub(MOST_ERRORS);
    errors.truncate(MOST_ERRORS);
    Ok(NewPage {
        shell: form_shell(visit, "Import a catalogue", form.has_errors()),
        form,
        errors,
        more,
        columns: COLUMNS.iter().map(|(column, _)| *column).zip(MEANINGS).collect(),
    })
}

/// `GET /desk/catalogue/new`
///
/// # Errors
/// Denied.
pub async fn new_form(visit: Visit) -> Answer {
    let today = visit.today().to_string();
    page(&new_page(&visit, FormState::filled([("dated", today)]), Vec::new())?)
}

fn input_of(parts: &Parts) -> CatalogueInput {
    CatalogueInput {
        title: parts.field("title").to_owned(),
        dated: parts.field("dated").to_owned(),
        source: parts.field("source").to_owned(),
    }
}

fn filled(input: &CatalogueInput) -> FormState {
    FormState::filled([
        ("title", input.title.clone()),
        ("dated", input.dated.clone()),
        ("source", input.source.clone()),
    ])
}

/// The form again with what is wrong with it and with the rows of the file.
fn again(visit: &Visit, input: &CatalogueInput, wrong: Wrong) -> Answer {
    let mut fields = wrong.fields;
    if !wrong.rows.is_empty() {
        let count = match wrong.rows.len() {
            1 => "One cell of the file is wrong".to_owned(),
            count => format!("{} cells of the file are wrong", group_thousands(&count.to_string())),
        };
        fields.add("file", format!("{count}. Nothing is stored until every row is right"));
    }
    page_again(&new_page(visit, filled(input).with_errors(fields), wrong.rows)?)
}

fn again_after(visit: &Visit, input: &CatalogueInput, error: Error) -> Answer {
    let fields = match error {
        Error::Invalid(fields) => fields,
        Error::Refused(Refusal { sentence, .. }) => FieldErrors::one("file", sentence),
        other => return Err(other.into()),
    };
    again(visit, input, Wrong { fields, rows: Vec::new() })
}

#[derive(Template)]
#[template(path = "conditions/catalogue_check.html")]
struct CheckPage {
    shell: Shell,
    input: CatalogueInput,
    read: Read,
    verdict: String,
    dated: String,
    rows: Vec<Row>,
    text: String,
    version: i64,
    /// What it changes; empty for the first version.
    against: String,
}

/// `POST /desk/catalogue/new`: what was read from the file, or everything wrong with it. Nothing is stored.
///
/// # Errors
/// Denied.
pub async fn check(visit: Visit, parts: Parts) -> Answer {
    let authority = actions::authority_of(&visit.actor)?;
    let input = input_of(&parts);
    let rows = match actions::rows(&visit.app, parts.file("file")) {
        Ok(rows) => rows,
        Err(error) => return again_after(&visit, &input, error),
    };
    let read = match actions::read(&input, &rows) {
        Ok(read) => read,
        Err(wrong) => return again(&visit, &input, wrong),
    };
    let (current, before) = visit
        .app
        .db
        .read(move |db| {
            let current = store::current(db, authority)?;
            let before = current.as_ref().map(|c| store::all(db, c.id)).transpose()?.unwrap_or_default();
            Ok((current, before))
        })
        .await?;
    let against = current.as_ref().map_or_else(String::new, |_| {
        let changes = actions::changes(&before, &read);
        let [added, changed, gone] =
            [changes.added, changes.changed, changes.gone].map(|count| group_thousands(&count.to_string()));
        format!("Against the current version: {added} new, {changed} changed, {gone} no longer there.")
    });
    page(&CheckPage {
        shell: form_shell(&visit, "Look at what was read", false),
        input,
        verdict: match read.measures.len() {
            1 => "One measure was read. Nothing is stored yet.".to_owned(),
            count => format!("{} measures were read. Nothing is stored yet.", group_thousands(&count.to_string())),
        },
        dated: medium_date(read.dated),
        rows: read.measures.iter().take(MEASURES).map(|m| row(&m.title, &m.unit, &m.record)).collect(),
        text: sheet::text(&rows)?,
        version: current.map_or(1, |c| c.version + 1),
        against,
        read,
    })
}

/// `POST /desk/catalogue/keep`: what was looked at becomes the next version.
///
/// # Errors
/// Denied.
pub async fn keep(visit: Visit, LongParts(parts): LongParts) -> Answer {
    let input = input_of(&parts);
    let rows = match sheet::rows_of_text(parts.field("rows")) {
        Ok(rows) => rows,
        Err(error) => return again_after(&visit, &input, error),
    };
    let read = match actions::read(&input, &rows) {
        Ok(read) => read,
        Err(wrong) => return again(&visit, &input, wrong),
    };
    match actions::keep_read(&visit.app, &visit.actor, read, visit.now).await {
        Ok(catalogue) => {
            visit.done(format!("Version {} is the council’s current catalogue.", catalogue.version));
            see(&format!("/desk/catalogue/{}", catalogue.id))
        }
        Err(error) => again_after(&visit, &input, error),
    }
}
