//! Rows of sending and withdrawing an application.

use crate::applications::model::{Application, ApplicationState};
use crate::calls::{Call, CallFacts, CallStage, Part, Terms, frozen_terms};
use crate::db::schema::{applications, call_keys, calls};
use crate::db::{Db, Kept};
use crate::error::{Error, Result};
use crate::values::{Id, Instant, actor};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamp};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What sending an application needs to know.
pub(in crate::applications) struct ToSend {
    pub application: Application,
    pub call: CallFacts,
    /// Public keys that its parts are sealed to, in the order quality, price.
    pub recipients: (String, String),
    pub terms: Arc<Terms>,
}

/// An application with the facts and terms of its call and the keys that seal its two parts: one statement, and one more
/// for terms that are not known yet.
///
/// # Errors
/// NotFound; Internal for a call without keys: it has them once it is published.
pub(in crate::applications) fn find_to_send(db: &mut Db, id: Id<Application>) -> Result<ToSend> {
    let (quality, price) = diesel::alias!(call_keys as quality_keys, call_keys as price_keys);
    let (application, call, quality, price): (Application, CallFacts, Option<String>, Option<String>) = crate::on_each!(db, c => applications::table
            .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
            .left_join(
                quality.on(quality
                    .field(call_keys::call_id)
                    .eq(applications::call_id)
                    .and(quality.field(call_keys::part).eq(Part::Quality))),
            )
            .left_join(
                price.on(price
                    .field(call_keys::call_id)
                    .eq(applications::call_id)
                    .and(price.field(call_keys::part).eq(Part::Price))),
            )
            .filter(applications::id.eq(id))
            .select((
                Application::as_select(),
                CallFacts::as_select(),
                quality.field(call_keys::recipient).nullable(),
                price.field(call_keys::recipient).nullable(),
            ))
            .first(c))?;
    let recipients = quality.zip(price).ok_or_else(|| Error::internal("a call without sealing keys"))?;
    Ok(ToSend { terms: frozen_terms(db, &call)?, application, call, recipients })
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
    let rows: Vec<(Id<Call>, CallStage, Option<Instant>)> =
        calls::table.filter(calls::id.eq_any(ids)).select((calls::id, calls::stage, calls::deadline_at)).load(db)?;
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
