//! Rows of sending and withdrawing an application.

use crate::applications::model::{Application, ApplicationState};
use crate::calls::{Call, CallFacts, CallStage, Frozen, frozen};
use crate::db::schema::{applications, calls};
use crate::db::{Db, GatheredRead, Kept};
use crate::error::{Error, Result};
use crate::values::{Id, Instant, actor};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What sending an application needs to know.
pub(in crate::applications) struct ToSend {
    pub application: Application,
    pub call: CallFacts,
    pub frozen: Frozen,
}

/// Reads the application that somebody sends, and the facts of its call. Those that are sent at once are read by one
/// statement.
pub(in crate::applications) struct ApplicationToSend(pub Id<Application>);

impl GatheredRead for ApplicationToSend {
    type Outcome = Option<(Application, CallFacts)>;

    fn read(db: &mut Db, all: &[&Self]) -> Result<Vec<Self::Outcome>> {
        macro_rules! of {
            ($these:expr, $connection:expr) => {
                applications::table
                    .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
                    .filter($these)
                    .select((Application::as_select(), CallFacts::as_select()))
                    .load::<(Application, CallFacts)>($connection)?
            };
        }
        // However many they are, the text is the same one on each: only such is kept prepared.
        let rows = match db {
            // PostgreSQL keeps the plan for one, and plans for a list anew each time.
            Db::Pg(c) => match all {
                [one] => of!(applications::id.eq(one.0), c),
                _ => of!(applications::id.eq_any(all.iter().map(|one| one.0).collect::<Vec<_>>()), c),
            },
            Db::Sqlite(c) => {
                let mut rows = Vec::new();
                for one in all {
                    rows.append(&mut of!(applications::id.eq(one.0), c));
                }
                rows
            }
        };
        let of = |id| rows.iter().find(|(application, _)| application.id == id).cloned();
        Ok(all.iter().map(|one| of(one.0)).collect())
    }
}

/// An application and its call's facts with what is frozen of the call: no statement, and one when that is not known yet.
///
/// # Errors
/// NotFound; Internal for a call without keys: it has them once it is published.
pub(in crate::applications) fn to_send(db: &mut Db, found: Option<(Application, CallFacts)>) -> Result<ToSend> {
    let (application, call) = found.ok_or(Error::NotFound)?;
    Ok(ToSend { frozen: frozen(db, &call)?, application, call })
}

/// Stage and deadline of a call as they are at this moment, for what is judged inside a write.
pub(in crate::applications) fn closing(db: &mut Db, call: Id<Call>) -> Result<(CallStage, Option<Instant>)> {
    Ok(calls::table.filter(calls::id.eq(call)).select((calls::stage, calls::deadline_at)).first(db)?)
}

/// The stage of a call and its deadline.
type StageAndDeadline = (CallStage, Option<Instant>);

/// As [`closing`], of several calls.
pub(in crate::applications) fn closing_of(
    db: &mut Db,
    ids: BTreeSet<Id<Call>>,
) -> Result<HashMap<Id<Call>, StageAndDeadline>> {
    let closings = calls::table.select((calls::id, calls::stage, calls::deadline_at));
    let rows: Vec<(Id<Call>, CallStage, Option<Instant>)> = match ids.first() {
        // What is sent at once is mostly sent to one call, and PostgreSQL keeps the plan for one.
        Some(only) if ids.len() == 1 => crate::on_each!(db, c => closings.filter(calls::id.eq(only)).load(c))?,
        _ => closings.filter(calls::id.eq_any(ids)).load(db)?,
    };
    Ok(rows.into_iter().map(|(id, stage, deadline_at)| (id, (stage, deadline_at))).collect())
}

/// What submission changes in the application's row.
pub(in crate::applications) struct Sent<'a> {
    pub id: Id<Application>,
    pub read_at: Instant,
    /// It was sent before, under the same reference.
    pub replaces: bool,
    pub reference: &'a str,
    pub call_version: i64,
    pub draft: &'a str,
}

/// Marks applications as sent, each when nobody changed it since it was read, and gives those that it marked; each is
/// named once. One statement for those that are new and one for those that are replaced, in which state and reference
/// stay what they are: SQLite would rewrite every index over a column that is named.
pub(in crate::applications) fn set_submitted(
    db: &mut Db,
    sent: &[Sent<'_>],
    at: Instant,
) -> Result<HashSet<Id<Application>>> {
    let (replaced, new): (Vec<_>, Vec<_>) = sent.iter().partition(|one| one.replaces);
    let mut marked = mark_sent(db, &new, "state = 'submitted', reference = sent.reference, ", at)?;
    marked.extend(mark_sent(db, &replaced, "", at)?);
    Ok(marked)
}

fn mark_sent(db: &mut Db, sent: &[&Sent<'_>], also: &str, at: Instant) -> Result<HashSet<Id<Application>>> {
    const COLUMNS: &str = "sent (id, read_at, reference, call_version, draft, saved_at)";
    #[derive(QueryableByName)]
    struct Marked {
        #[diesel(sql_type = Text)]
        id: Id<Application>,
    }
    if sent.is_empty() {
        return Ok(HashSet::new());
    }
    // Never the same instant twice, so that it tells two versions apart.
    let saved_at = |one: &Sent<'_>| at.max(one.read_at.plus(TimeDelta::microseconds(1)));
    let text = |rows: &str, submitted_at: usize| {
        format!(
            "UPDATE applications SET {also}call_version = sent.call_version, draft = sent.draft, \
             saved_at = sent.saved_at, submitted_at = ${submitted_at}, opened_at = NULL \
             FROM {rows} WHERE applications.id = sent.id AND applications.saved_at = sent.read_at \
             AND applications.state <> 'withdrawn' RETURNING applications.id"
        )
    };
    let marked: Vec<Marked> = match db {
        // One text, however many they are, which is planned once.
        Db::Pg(c) => Kept(
            diesel::sql_query(text(&format!("unnest($1, $2, $3, $4, $5, $6) AS {COLUMNS}"), 7))
                .bind::<Array<Text>, _>(sent.iter().map(|one| one.id).collect::<Vec<_>>())
                .bind::<Array<Timestamp>, _>(sent.iter().map(|one| one.read_at).collect::<Vec<_>>())
                .bind::<Array<Text>, _>(sent.iter().map(|one| one.reference).collect::<Vec<_>>())
                .bind::<Array<BigInt>, _>(sent.iter().map(|one| one.call_version).collect::<Vec<_>>())
                .bind::<Array<Text>, _>(sent.iter().map(|one| one.draft).collect::<Vec<_>>())
                .bind::<Array<Timestamp>, _>(sent.iter().map(|one| saved_at(one)).collect::<Vec<_>>())
                .bind::<Timestamp, _>(at),
        )
        .load(c)?,
        // Numbered as they stand in the text, because SQLite counts them so.
        Db::Sqlite(c) => {
            let rows: Vec<String> = (0..sent.len())
                .map(|row| {
                    let places: Vec<String> = (1..=6).map(|place| format!("${}", row * 6 + place)).collect();
                    format!("({})", places.join(", "))
                })
                .collect();
            let statement = text("sent", sent.len() * 6 + 1);
            let mut query =
                diesel::sql_query(format!("WITH {COLUMNS} AS (VALUES {}) {statement}", rows.join(", "))).into_boxed();
            for one in sent {
                query = query
                    .bind::<Text, _>(one.id)
                    .bind::<Timestamp, _>(one.read_at)
                    .bind::<Text, _>(one.reference)
                    .bind::<BigInt, _>(one.call_version)
                    .bind::<Text, _>(one.draft)
                    .bind::<Timestamp, _>(saved_at(one));
            }
            Kept(query.bind::<Timestamp, _>(at)).load(c)?
        }
    };
    Ok(marked.into_iter().map(|row| row.id).collect())
}

/// How many applications of an organisation to some calls stand as sent. Holds the rows of all of them, so that of two
/// that are sent at once one waits for the other and counts it.
pub(in crate::applications) fn hold_and_count_sent(
    db: &mut Db,
    calls: &[Id<Call>],
    organisation: Id<actor::Organisation>,
) -> Result<usize> {
    let states: Vec<ApplicationState> = diesel::update(
        applications::table
            .filter(applications::call_id.eq_any(calls.to_vec()))
            .filter(applications::organisation_id.eq(organisation)),
    )
    .set(applications::created_at.eq(applications::created_at))
    .returning(applications::state)
    .get_results(db)?;
    Ok(states.into_iter().filter(|state| *state == ApplicationState::Submitted).count())
}

/// Withdraws an application and destroys its draft with the draft's key.
pub(in crate::applications) fn set_withdrawn(db: &mut Db, id: Id<Application>) -> Result<bool> {
    let changed = diesel::update(
        applications::table.filter(applications::id.eq(id)).filter(applications::state.ne(ApplicationState::Withdrawn)),
    )
    .set((
        applications::state.eq(ApplicationState::Withdrawn),
        applications::draft.eq(None::<String>),
        applications::draft_recipient.eq(None::<String>),
        applications::draft_wrapped.eq(None::<String>),
    ))
    .execute(db)?;
    Ok(changed == 1)
}
