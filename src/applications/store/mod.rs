//! Rows of applications.

use crate::applications::model::{Application, ApplicationState, OpenedPart};
use crate::applications::records::{Opening, OpeningReport};
use crate::calls::{Call, CallFacts, CallStage, Part, Terms, frozen_terms};
use crate::db::schema::{
    applications, call_keys, calls, draft_readings, envelopes, opened_parts, openings, organisations, quality_final,
    receipts,
};
use crate::db::{Cursor, Db, Json, Kept, MultiBackend, Page};
use crate::error::{Error, Result};
use crate::values::{Account, Id, Instant, LocalDate, actor};
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

mod sealed;

pub use sealed::receipts_of;
pub(super) use sealed::{
    RECEIPTS, count_live, insert_envelopes, insert_receipts, last_receipt, last_receipts, live_envelopes, mark_opened,
    receipts_with_calls,
};

/// Rows read at a time where everything of a call is read: page after page, and never cut.
const PAGE: usize = 500;

/// Every row of a list, page by page; `page` is told the last row that is known.
fn every<T>(mut page: impl FnMut(Option<&T>) -> Result<Vec<T>>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    loop {
        let mut next = page(all.last())?;
        let last = next.len() < PAGE;
        all.append(&mut next);
        if last {
            return Ok(all);
        }
    }
}

/// The place after a row in the order of identifiers; the empty text comes before every one.
fn after<T>(id: Option<Id<T>>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// One application.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Application>) -> Result<Application> {
    Ok(applications::table.filter(applications::id.eq(id)).select(Application::as_select()).first(db)?)
}

/// Several applications by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Application>]) -> Result<HashMap<Id<Application>, Application>> {
    Ok(applications::table
        .filter(applications::id.eq_any(ids))
        .select(Application::as_select())
        .load(db)?
        .into_iter()
        .map(|a: Application| (a.id, a))
        .collect())
}

/// The submitted applications of a call, by identifier.
///
/// # Errors
/// What the database says.
pub fn of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<Application>> {
    in_state(db, call, ApplicationState::Submitted)
}

/// The applications of a call in one state, by identifier.
pub(super) fn in_state(db: &mut Db, call: Id<Call>, state: ApplicationState) -> Result<Vec<Application>> {
    every(|last: Option<&Application>| {
        Ok(applications::table
            .filter(applications::call_id.eq(call))
            .filter(applications::state.eq(state))
            .filter(applications::id.gt(after(last.map(|a| a.id))))
            .select(Application::as_select())
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// The submitted applications of a call with the names of their organisations, by name.
///
/// # Errors
/// What the database says.
pub fn of_call_named(db: &mut Db, call: Id<Call>) -> Result<Vec<(Application, String)>> {
    let mut all = every(|last: Option<&(Application, String)>| {
        Ok(applications::table
            .inner_join(organisations::table.on(organisations::id.eq(applications::organisation_id)))
            .filter(applications::call_id.eq(call))
            .filter(applications::state.eq(ApplicationState::Submitted))
            .filter(applications::id.gt(after(last.map(|(a, _)| a.id))))
            .select((Application::as_select(), organisations::name))
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })?;
    // They came in the order of identifiers, which a stable sort keeps within a name.
    all.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(all)
}

/// An opened part of one application; `None` while it is sealed.
///
/// # Errors
/// What the database says.
pub fn opened(db: &mut Db, application: Id<Application>, part: Part) -> Result<Option<OpenedPart>> {
    Ok(opened_parts::table
        .filter(opened_parts::application_id.eq(application))
        .filter(opened_parts::part.eq(part))
        .select(OpenedPart::as_select())
        .first(db)
        .optional()?)
}

/// Every opened part of an application.
///
/// # Errors
/// What the database says.
pub fn opened_parts(db: &mut Db, application: Id<Application>) -> Result<Vec<OpenedPart>> {
    Ok(opened_parts::table
        .filter(opened_parts::application_id.eq(application))
        .select(OpenedPart::as_select())
        .order(opened_parts::id)
        .limit(10)
        .load(db)?)
}

/// The opened parts of a call, by application.
///
/// # Errors
/// What the database says.
pub fn opened_of_call(db: &mut Db, call: Id<Call>, part: Part) -> Result<HashMap<Id<Application>, OpenedPart>> {
    let all = every(|last: Option<&OpenedPart>| {
        Ok(opened_parts::table
            .filter(opened_parts::call_id.eq(call))
            .filter(opened_parts::part.eq(part))
            .filter(opened_parts::id.gt(after(last.map(|p| p.id))))
            .select(OpenedPart::as_select())
            .order(opened_parts::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })?;
    Ok(all.into_iter().map(|part| (part.application_id, part)).collect())
}

/// An application with its call, in one statement.
///
/// # Errors
/// NotFound.
pub fn find_with_call(db: &mut Db, id: Id<Application>) -> Result<(Application, Call)> {
    Ok(applications::table
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .filter(applications::id.eq(id))
        .select((Application::as_select(), Call::as_select()))
        .first(db)?)
}

/// What sending an application needs to know.
pub(super) struct ToSend {
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
pub(super) fn find_to_send(db: &mut Db, id: Id<Application>) -> Result<ToSend> {
    let (quality, price) = diesel::alias!(call_keys as quality_keys, call_keys as price_keys);
    let (application, call, quality, price): (Application, CallFacts, Option<String>, Option<String>) =
        applications::table
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
            .first(db)?;
    let recipients = quality.zip(price).ok_or_else(|| Error::internal("a call without sealing keys"))?;
    Ok(ToSend { terms: frozen_terms(db, &call)?, application, call, recipients })
}

/// The application of one organisation to one call that was not withdrawn.
///
/// # Errors
/// What the database says.
pub fn of_organisation(
    db: &mut Db,
    call: Id<Call>,
    organisation: Id<actor::Organisation>,
) -> Result<Option<Application>> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::organisation_id.eq(organisation))
        .filter(applications::state.ne(ApplicationState::Withdrawn))
        .select(Application::as_select())
        .first(db)
        .optional()?)
}

/// Applications of some organisations, newest first.
///
/// # Errors
/// What the database says.
pub fn by_organisations(
    db: &mut Db,
    organisations: &[Id<actor::Organisation>],
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Application>> {
    let mut query = applications::table
        .filter(applications::organisation_id.eq_any(organisations.to_vec()))
        .select(Application::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(
            applications::created_at
                .lt(cursor.at)
                .or(applications::created_at.eq(cursor.at).and(applications::id.lt(cursor.id.clone()))),
        );
    }
    let rows = query
        .order((applications::created_at.desc(), applications::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |a: &Application| Cursor { at: a.created_at, id: a.id.to_string() }))
}

/// The applications of a call that an opening answers for: every one that stands as sent, every one with an envelope
/// that stands, and every one that holds a receipt and was not withdrawn. Drafts that were never sent and
/// what was withdrawn are none of its business, however many there are.
pub(super) fn to_reconcile(db: &mut Db, call: Id<Call>, part: Part) -> Result<Vec<Application>> {
    use diesel::dsl::exists;
    every(|last: Option<&Application>| {
        let live = envelopes::table
            .filter(envelopes::application_id.eq(applications::id))
            .filter(envelopes::part.eq(part))
            .filter(sealed::stands());
        let receipted = receipts::table.filter(receipts::application_id.eq(applications::id));
        Ok(applications::table
            .filter(applications::call_id.eq(call))
            .filter(
                applications::state
                    .eq(ApplicationState::Submitted)
                    .or(exists(live))
                    .or(applications::state.eq(ApplicationState::Draft).and(exists(receipted))),
            )
            .filter(applications::id.gt(after(last.map(|a| a.id))))
            .select(Application::as_select())
            .order(applications::id)
            .limit(i64::try_from(PAGE)?)
            .load(db)?)
    })
}

/// How many applications of a call stand as sent.
pub(super) fn count_sent(db: &mut Db, call: Id<Call>) -> Result<i64> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .count()
        .get_result(db)?)
}

/// How often an organisation has begun an application to a call, withdrawn ones too.
pub(super) fn count_begun(db: &mut Db, call: Id<Call>, organisation: Id<actor::Organisation>) -> Result<i64> {
    Ok(applications::table
        .filter(applications::call_id.eq(call))
        .filter(applications::organisation_id.eq(organisation))
        .count()
        .get_result(db)?)
}

/// Stage and deadline of a call as they are at this moment, for what is judged inside a write.
pub(super) fn closing(db: &mut Db, call: Id<Call>) -> Result<(CallStage, Option<Instant>)> {
    Ok(calls::table.filter(calls::id.eq(call)).select((calls::stage, calls::deadline_at)).first(db)?)
}

/// The stage of a call and its deadline.
type StageAndDeadline = (CallStage, Option<Instant>);

/// As [`closing`], of several calls.
pub(super) fn closing_of(db: &mut Db, ids: BTreeSet<Id<Call>>) -> Result<HashMap<Id<Call>, StageAndDeadline>> {
    let rows: Vec<(Id<Call>, CallStage, Option<Instant>)> =
        calls::table.filter(calls::id.eq_any(ids)).select((calls::id, calls::stage, calls::deadline_at)).load(db)?;
    Ok(rows.into_iter().map(|(id, stage, deadline_at)| (id, (stage, deadline_at))).collect())
}

pub(super) fn insert(db: &mut Db, application: &Application) -> Result<()> {
    diesel::insert_into(applications::table).values(application).execute(db)?;
    Ok(())
}

/// Stores a sealed draft, when nobody stored another since `read_at`. Says whether it did.
pub(super) fn set_draft(
    db: &mut Db,
    id: Id<Application>,
    read_at: Instant,
    draft: &str,
    saved_at: Instant,
) -> Result<bool> {
    let changed = diesel::update(
        applications::table
            .filter(applications::id.eq(id))
            .filter(applications::saved_at.eq(read_at))
            .filter(applications::state.ne(ApplicationState::Withdrawn)),
    )
    .set((applications::draft.eq(draft), applications::saved_at.eq(saved_at)))
    .execute(db)?;
    Ok(changed == 1)
}

/// What submission changes in the application's row.
pub(super) struct Sent<'a> {
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
pub(super) fn set_submitted(db: &mut Db, sent: &[Sent<'_>], at: Instant) -> Result<HashSet<Id<Application>>> {
    let (replaced, new): (Vec<_>, Vec<_>) = sent.iter().partition(|one| one.replaces);
    let mut marked = mark_sent(db, &new, "state = 'submitted', reference = sent.reference, ", at)?;
    marked.extend(mark_sent(db, &replaced, "", at)?);
    Ok(marked)
}

fn mark_sent(db: &mut Db, sent: &[&Sent<'_>], also: &str, at: Instant) -> Result<HashSet<Id<Application>>> {
    #[derive(QueryableByName)]
    struct Marked {
        #[diesel(sql_type = Text)]
        id: Id<Application>,
    }
    if sent.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<String> = (0..sent.len())
        .map(|row| {
            let places: Vec<String> = (1..=6).map(|place| format!("${}", row * 6 + place)).collect();
            format!("({})", places.join(", "))
        })
        .collect();
    // Numbered as they stand in the text, because SQLite counts them so.
    let statement = format!(
        "WITH sent (id, read_at, reference, call_version, draft, saved_at) AS (VALUES {}) \
         UPDATE applications SET {also}call_version = sent.call_version, draft = sent.draft, \
         saved_at = sent.saved_at, submitted_at = ${}, opened_at = NULL \
         FROM sent WHERE applications.id = sent.id AND applications.saved_at = sent.read_at \
         AND applications.state <> 'withdrawn' RETURNING applications.id",
        rows.join(", "),
        sent.len() * 6 + 1
    );
    let marked: Vec<Marked> = crate::on_each!(db, c => {
        let mut query = diesel::sql_query(&statement).into_boxed();
        for one in sent {
            // Never the same instant twice, so that it tells two versions apart.
            let saved_at = at.max(one.read_at.plus(TimeDelta::microseconds(1)));
            query = query
                .bind::<Text, _>(one.id)
                .bind::<Timestamp, _>(one.read_at)
                .bind::<Text, _>(one.reference)
                .bind::<BigInt, _>(one.call_version)
                .bind::<Text, _>(one.draft)
                .bind::<Timestamp, _>(saved_at);
        }
        Kept(query.bind::<Timestamp, _>(at)).load(c)
    })?;
    Ok(marked.into_iter().map(|row| row.id).collect())
}

/// How many applications of an organisation to some calls stand as sent. Holds the rows of all of them, so that of two
/// that are sent at once one waits for the other and counts it.
pub(super) fn hold_and_count_sent(
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

/// The place of each opened bid's lot in its bidder's own order of lots, where it gave one.
///
/// # Errors
/// What the database says.
pub fn lot_places(db: &mut Db, calls: &[Id<Call>]) -> Result<BTreeMap<Id<Application>, u32>> {
    let parts: Vec<OpenedPart> = opened_parts::table
        .filter(opened_parts::call_id.eq_any(calls.to_vec()))
        .filter(opened_parts::part.eq(Part::Quality))
        .select(OpenedPart::as_select())
        .order(opened_parts::id)
        .limit(20_000)
        .load(db)?;
    let mut places = BTreeMap::new();
    for part in parts {
        if let Some(place) = part.answers()?.lot_place {
            places.insert(part.application_id, place);
        }
    }
    Ok(places)
}

/// Withdraws an application and destroys its draft with the draft's key.
pub(super) fn set_withdrawn(db: &mut Db, id: Id<Application>) -> Result<bool> {
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

/// Destroys every draft of a call and its key. Says how many there were.
pub(super) fn destroy_drafts(db: &mut Db, call: Id<Call>) -> Result<usize> {
    Ok(diesel::update(
        applications::table.filter(applications::call_id.eq(call)).filter(applications::draft_wrapped.is_not_null()),
    )
    .set((
        applications::draft.eq(None::<String>),
        applications::draft_recipient.eq(None::<String>),
        applications::draft_wrapped.eq(None::<String>),
    ))
    .execute(db)?)
}

pub(super) fn insert_opened(db: &mut Db, rows: &[OpenedPart]) -> Result<()> {
    for rows in rows.chunks(PAGE) {
        let statement = diesel::insert_into(opened_parts::table).values(rows);
        crate::on_each!(db, c => statement.execute(c))?;
    }
    Ok(())
}

/// Takes back what was opened of applications that are sent anew or withdrawn (investment rounds).
pub(super) fn forget_opened(db: &mut Db, applications: &[Id<Application>]) -> Result<()> {
    diesel::delete(opened_parts::table.filter(opened_parts::application_id.eq_any(applications))).execute(db)?;
    Ok(())
}

pub(super) fn set_opened(db: &mut Db, ids: &[Id<Application>], at: Instant) -> Result<()> {
    for ids in ids.chunks(PAGE) {
        diesel::update(applications::table.filter(applications::id.eq_any(ids)))
            .set(applications::opened_at.eq(at))
            .execute(db)?;
    }
    Ok(())
}

/// Gives each bid the letter that was drawn for it, in one statement.
pub(super) fn set_letters(db: &mut Db, drawn: &[(Id<Application>, String)]) -> Result<()> {
    for drawn in drawn.chunks(PAGE) {
        let rows: Vec<String> = (0..drawn.len()).map(|row| format!("(${}, ${})", row * 2 + 1, row * 2 + 2)).collect();
        let statement = format!(
            "WITH drawn (id, letter) AS (VALUES {}) UPDATE applications SET letter = drawn.letter \
             FROM drawn WHERE applications.id = drawn.id",
            rows.join(", ")
        );
        crate::on_each!(db, c => {
            let mut query = diesel::sql_query(&statement).into_boxed();
            for (id, letter) in drawn {
                query = query.bind::<Text, _>(*id).bind::<Text, _>(letter.as_str());
            }
            query.execute(c)
        })?;
    }
    Ok(())
}

/// The openings of a call: at most one for each part.
///
/// # Errors
/// What the database says.
pub fn openings(db: &mut Db, call: Id<Call>) -> Result<Vec<Opening>> {
    Ok(openings::table
        .filter(openings::call_id.eq(call))
        .select(Opening::as_select())
        .order((openings::part.desc(), openings::id))
        .load(db)?)
}

pub(super) fn insert_opening(db: &mut Db, opening: &Opening) -> Result<()> {
    diesel::insert_into(openings::table).values(opening).execute(db)?;
    Ok(())
}

/// Completes an opening, once. Says whether it was still waiting.
pub(super) fn finish_opening(
    db: &mut Db,
    id: Id<Opening>,
    second: Id<Account>,
    at: Instant,
    report: &Json<OpeningReport>,
) -> Result<bool> {
    let changed = diesel::update(openings::table.filter(openings::id.eq(id)).filter(openings::second_at.is_null()))
        .set((
            openings::second_by.eq(Some(second)),
            openings::second_at.eq(Some(at)),
            openings::report.eq(Some(report.to_string())),
        ))
        .execute(db)?;
    Ok(changed == 1)
}

/// When the moderation of a call's quality became final.
///
/// # Errors
/// What the database says.
pub fn quality_final_at(db: &mut Db, call: Id<Call>) -> Result<Option<Instant>> {
    Ok(quality_final::table.filter(quality_final::call_id.eq(call)).select(quality_final::at).first(db).optional()?)
}

/// Records that the moderation of a call's quality is final, so that its prices may be opened. Once; again is nothing.
///
/// # Errors
/// What the database says.
pub fn mark_quality_final(db: &mut Db, call: &Call, now: Instant) -> Result<()> {
    if quality_final_at(db, call.id)?.is_none() {
        diesel::insert_into(quality_final::table)
            .values((
                quality_final::call_id.eq(call.id),
                quality_final::authority_id.eq(call.authority_id),
                quality_final::at.eq(now),
            ))
            .execute(db)?;
    }
    Ok(())
}

pub(super) fn was_read(
    db: &mut Db,
    application: Id<Application>,
    account: Id<Account>,
    day: LocalDate,
) -> Result<bool> {
    Ok(draft_readings::table
        .filter(draft_readings::application_id.eq(application))
        .filter(draft_readings::account_id.eq(account))
        .filter(draft_readings::day.eq(day))
        .count()
        .get_result::<i64>(db)?
        > 0)
}

pub(super) fn insert_reading(
    db: &mut Db,
    application: &Application,
    account: Id<Account>,
    day: LocalDate,
) -> Result<()> {
    let id: Id<Application> = Id::new();
    diesel::insert_into(draft_readings::table)
        .values((
            draft_readings::id.eq(id),
            draft_readings::authority_id.eq(application.authority_id),
            draft_readings::application_id.eq(application.id),
            draft_readings::account_id.eq(account),
            draft_readings::day.eq(day),
        ))
        .execute(db)?;
    Ok(())
}

/// Wraps the keys of every draft anew; says how many.
///
/// # Errors
/// Internal when one of them cannot be opened, or what the database says.
pub fn rewrap_draft_keys(db: &mut Db, keys: &crate::keys::Keys) -> Result<usize> {
    let found: Vec<(Id<Application>, Option<String>)> = applications::table
        .filter(applications::draft_wrapped.is_not_null())
        .select((applications::id, applications::draft_wrapped))
        .order(applications::id)
        .load(db)?;
    for (id, wrapped) in &found {
        let Some(wrapped) = wrapped else { continue };
        diesel::update(applications::table.filter(applications::id.eq(*id)))
            .set(applications::draft_wrapped.eq(keys.rewrap(wrapped)?))
            .execute(db)?;
    }
    Ok(found.len())
}
