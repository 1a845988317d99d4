//! Rows of calls.

use super::model::{
    Acknowledgement, Call, CallKey, CallKind, CallLine, CallRow, CallStage, CallVersion, Notice, Question, Terms,
};
use crate::db::schema::{
    accounts, awards, call_acknowledgements, call_keys, call_notices, call_questions, call_versions, calls, missions,
    organisations,
};
use crate::db::{Cursor, Db, First, Json, MultiBackend, Page, uncut};
use crate::error::Result;
use crate::missions::Mission;
use crate::people::policy::Thing;
use crate::values::{Account, Id, Instant, Pence, actor};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use std::collections::HashMap;

diesel::define_sql_function! {
    /// Lower case, the same on both databases for what people search by.
    fn lower(text: Text) -> Text;
}

/// One call.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Call>) -> Result<Call> {
    Ok(calls::table.filter(calls::id.eq(id)).select(Call::as_select()).first(db)?)
}

/// A call with what its pages show around it, in one statement: its mission, the name of its authority, and why it
/// was withdrawn when it was.
///
/// # Errors
/// NotFound.
pub(super) fn find_around(db: &mut Db, id: Id<Call>) -> Result<(Call, Mission, String, Option<String>)> {
    Ok(calls::table
        .inner_join(missions::table.on(missions::id.eq(calls::mission_id)))
        .inner_join(organisations::table.on(organisations::id.eq(calls::authority_id)))
        .filter(calls::id.eq(id))
        .select((Call::as_select(), Mission::as_select(), organisations::name, calls::withdrawn_reason))
        .first(db)?)
}

/// Several calls by identifier.
///
/// # Errors
/// What the database says.
pub fn find_many(db: &mut Db, ids: &[Id<Call>]) -> Result<HashMap<Id<Call>, Call>> {
    Ok(calls::table
        .filter(calls::id.eq_any(ids))
        .select(Call::as_select())
        .load(db)?
        .into_iter()
        .map(|call: Call| (call.id, call))
        .collect())
}

/// What a list is narrowed to. Empty fields narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Tenders or rounds.
    pub kind: Option<CallKind>,
    /// Only calls of a mission.
    pub mission: Option<Id<Mission>>,
    /// Only calls of a stage; `Open` and `Closed` are told apart by the deadline at `now`.
    pub stage: Option<CallStage>,
    /// Words in title, summary or reference.
    pub words: String,
}

/// Calls that everybody may see, newest first.
///
/// # Errors
/// What the database says.
pub fn list_public(
    db: &mut Db,
    filter: &Filter,
    now: Instant,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<CallLine>> {
    let most = i64::try_from(limit + 1)?;
    let cut = |rows| {
        Page::cut(rows, limit, |line: &CallLine| Cursor {
            at: line.published_at.unwrap_or(line.created_at),
            id: line.id.to_string(),
        })
    };
    let mut query = narrowed(filter, now).filter(calls::published_at.is_not_null());
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(calls::published_at, calls::id, cursor));
    }
    Ok(cut(query.order((calls::published_at.desc(), calls::id.desc())).limit(most).load(db)?))
}

/// The first page of [`list_public`] without a filter, as everybody comes: always the same text, told to each database in
/// its own words.
///
/// # Errors
/// What the database says.
pub fn first_public(db: &mut Db, now: Instant) -> Result<Page<CallRow>> {
    const SIZE: usize = Page::<CallRow>::SIZE;
    let rows: Vec<CallRow> = crate::on_each!(db, c => First::<_, { SIZE + 1 }>(
        with_mission()
            .filter(calls::published_at.is_not_null())
            .order((calls::published_at.desc(), calls::id.desc()))
            .select(CallRow::as_select()),
    )
    .load(c))?;
    Ok(Page::cut(rows, SIZE, |row: &CallRow| Cursor { at: row.published_at.unwrap_or(now), id: row.id.to_string() }))
}

/// Calls of one authority, drafts too, newest first.
///
/// # Errors
/// What the database says.
pub fn list_of_authority(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    filter: &Filter,
    now: Instant,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<CallLine>> {
    let mut query = narrowed(filter, now).filter(calls::authority_id.eq(authority));
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(calls::created_at, calls::id, cursor));
    }
    let rows = query.order((calls::created_at.desc(), calls::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |line: &CallLine| Cursor { at: line.created_at, id: line.id.to_string() }))
}

/// Calls with their missions, as [`CallLine`] selects them.
fn with_mission() -> WithMission {
    calls::table.inner_join(missions::table.on(missions::id.eq(calls::mission_id)))
}

type WithMission =
    diesel::dsl::InnerJoinOn<calls::table, missions::table, diesel::dsl::Eq<missions::id, calls::mission_id>>;
type Lines = diesel::dsl::IntoBoxed<
    'static,
    diesel::dsl::Select<WithMission, diesel::dsl::AsSelect<CallLine, MultiBackend>>,
    MultiBackend,
>;

fn narrowed(filter: &Filter, now: Instant) -> Lines {
    let mut query = with_mission().select(CallLine::as_select()).into_boxed::<MultiBackend>();
    if let Some(kind) = filter.kind {
        query = query.filter(calls::kind.eq(kind));
    }
    if let Some(mission) = filter.mission {
        query = query.filter(calls::mission_id.eq(mission));
    }
    match filter.stage {
        Some(CallStage::Open) => {
            query = query.filter(calls::stage.eq(CallStage::Open)).filter(calls::deadline_at.ge(now));
        }
        Some(CallStage::Closed) => {
            query = query.filter(
                calls::stage
                    .eq(CallStage::Closed)
                    .or(calls::stage.eq(CallStage::Open).and(calls::deadline_at.lt(now).assume_not_null())),
            );
        }
        Some(stage) => query = query.filter(calls::stage.eq(stage)),
        None => {}
    }
    let words = filter.words.trim().to_lowercase();
    if !words.is_empty() {
        let pattern = format!("%{}%", words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query = query.filter(
            lower(calls::title)
                .like(pattern.clone())
                .escape('\\')
                .or(lower(calls::summary).like(pattern.clone()).escape('\\'))
                .or(lower(calls::reference).like(pattern).escape('\\')),
        );
    }
    query
}

/// The calls that take applications now, the first to close first.
///
/// # Errors
/// What the database says.
pub fn open_calls(db: &mut Db, now: Instant, limit: i64) -> Result<Vec<CallLine>> {
    Ok(with_mission()
        .filter(calls::stage.eq(CallStage::Open))
        .filter(calls::deadline_at.ge(now))
        .select(CallLine::as_select())
        .order((calls::deadline_at, calls::id))
        .limit(limit)
        .load(db)?)
}

/// The calls of an authority, drafts too, newest first.
///
/// # Errors
/// What the database says.
pub fn of_authority(db: &mut Db, authority: Id<actor::Organisation>, limit: i64) -> Result<Vec<CallLine>> {
    Ok(with_mission()
        .filter(calls::authority_id.eq(authority))
        .select(CallLine::as_select())
        .order((calls::created_at.desc(), calls::id.desc()))
        .limit(limit)
        .load(db)?)
}

/// The calls of a mission that everybody may see, newest first.
///
/// # Errors
/// What the database says.
pub fn of_mission(db: &mut Db, mission: Id<Mission>, limit: i64) -> Result<Vec<CallLine>> {
    Ok(with_mission()
        .filter(calls::mission_id.eq(mission))
        .filter(calls::published_at.is_not_null())
        .select(CallLine::as_select())
        .order((calls::published_at.desc(), calls::id.desc()))
        .limit(limit)
        .load(db)?)
}

/// The last reference that was given for a prefix such as `T-2026-`.
///
/// # Errors
/// What the database says.
pub fn last_reference(db: &mut Db, prefix: &str) -> Result<Option<String>> {
    Ok(calls::table
        .filter(calls::reference.like(format!("{prefix}%")))
        .select(calls::reference)
        .order((diesel::dsl::sql::<Integer>("LENGTH(reference)").desc(), calls::reference.desc()))
        .first(db)
        .optional()?)
}

/// Writes a new call.
///
/// # Errors
/// Conflict when the reference was given already.
pub fn insert(db: &mut Db, call: &Call) -> Result<()> {
    diesel::insert_into(calls::table).values((call, calls::lot_heading.eq(lot_heading(call)))).execute(db)?;
    Ok(())
}

/// What lists say of a lot.
fn lot_heading(call: &Call) -> Option<String> {
    call.lot().map(|whole| whole.heading(call.id))
}

/// Writes everything of a call that may change.
///
/// # Errors
/// What the database says.
pub fn set(db: &mut Db, call: &Call) -> Result<()> {
    diesel::update(calls::table.filter(calls::id.eq(call.id)))
        .set((
            calls::mission_id.eq(call.mission_id),
            calls::title.eq(&call.title),
            calls::summary.eq(&call.summary),
            calls::stage.eq(call.stage),
            calls::version.eq(call.version),
            calls::terms.eq(&call.terms),
            calls::lot_heading.eq(lot_heading(call)),
            calls::terms_hash.eq(&call.terms_hash),
            calls::amount.eq(call.amount()),
            calls::deadline_at.eq(call.deadline_at),
            calls::published_at.eq(call.published_at),
        ))
        .execute(db)?;
    Ok(())
}

/// Whether somebody holds an award of a call: an offer that may be accepted or was, or an agreement. Only the table of
/// a lower room is read here.
///
/// # Errors
/// What the database says.
pub(super) fn award_stands(db: &mut Db, call: Id<Call>) -> Result<bool> {
    let row = awards::table
        .filter(awards::call_id.eq(call))
        .filter(awards::state.eq_any(["noticed", "offered", "accepted", "signed"]));
    Ok(diesel::select(diesel::dsl::exists(row)).get_result(db)?)
}

/// Keeps why a call was withdrawn.
///
/// # Errors
/// What the database says.
pub fn set_withdrawn_reason(db: &mut Db, id: Id<Call>, reason: &str) -> Result<()> {
    diesel::update(calls::table.filter(calls::id.eq(id))).set(calls::withdrawn_reason.eq(reason)).execute(db)?;
    Ok(())
}

/// Why a call was withdrawn, when it was.
///
/// # Errors
/// NotFound.
pub fn withdrawn_reason(db: &mut Db, id: Id<Call>) -> Result<Option<String>> {
    Ok(calls::table.filter(calls::id.eq(id)).select(calls::withdrawn_reason).first(db)?)
}

/// Freezes a version.
///
/// # Errors
/// Conflict when the version is there already.
pub fn insert_version(db: &mut Db, version: &CallVersion) -> Result<()> {
    diesel::insert_into(call_versions::table).values(version).execute(db)?;
    Ok(())
}

/// What one officer acknowledged of this very model at this expected price, when they did.
pub(super) fn acknowledgement(
    db: &mut Db,
    call: Id<Call>,
    model_hash: &str,
    expected_price: Pence,
    by: Id<Account>,
) -> Result<Option<Acknowledgement>> {
    Ok(call_acknowledgements::table
        .filter(call_acknowledgements::call_id.eq(call))
        .filter(call_acknowledgements::model_hash.eq(model_hash))
        .filter(call_acknowledgements::expected_price.eq(expected_price))
        .filter(call_acknowledgements::acknowledged_by.eq(by))
        .select(Acknowledgement::as_select())
        .order(call_acknowledgements::id)
        .first(db)
        .optional()?)
}

/// Every acknowledgement of a call with the officer's name, the newest first.
pub(super) fn acknowledgements(db: &mut Db, call: Id<Call>) -> Result<Vec<(Acknowledgement, String)>> {
    Ok(call_acknowledgements::table
        .inner_join(accounts::table.on(accounts::id.eq(call_acknowledgements::acknowledged_by)))
        .filter(call_acknowledgements::call_id.eq(call))
        .select((Acknowledgement::as_select(), accounts::name))
        .order((call_acknowledgements::acknowledged_at.desc(), call_acknowledgements::id.desc()))
        .limit(100)
        .load(db)?)
}

/// Keeps an acknowledgement.
pub(super) fn insert_acknowledgement(db: &mut Db, acknowledgement: &Acknowledgement) -> Result<()> {
    diesel::insert_into(call_acknowledgements::table).values(acknowledgement).execute(db)?;
    Ok(())
}

/// The frozen versions of a call, oldest first.
///
/// # Errors
/// What the database says.
pub fn versions(db: &mut Db, call: Id<Call>) -> Result<Vec<CallVersion>> {
    Ok(call_versions::table
        .filter(call_versions::call_id.eq(call))
        .select(CallVersion::as_select())
        .order((call_versions::version, call_versions::id))
        .limit(100)
        .load(db)?)
}

/// One frozen version of a call.
///
/// # Errors
/// NotFound.
pub fn find_version(db: &mut Db, call: Id<Call>, version: i64) -> Result<CallVersion> {
    Ok(call_versions::table
        .filter(call_versions::call_id.eq(call))
        .filter(call_versions::version.eq(version))
        .select(CallVersion::as_select())
        .first(db)?)
}

/// The terms of one version, with their hash.
///
/// # Errors
/// NotFound.
pub fn version_terms(db: &mut Db, call: Id<Call>, version: i64) -> Result<(Terms, String)> {
    let (Json(terms), hash): (Json<Terms>, String) = call_versions::table
        .filter(call_versions::call_id.eq(call))
        .filter(call_versions::version.eq(version))
        .select((call_versions::terms, call_versions::terms_hash))
        .first(db)?;
    Ok((terms, hash))
}

/// The recorded notices of a call, oldest first: of each kind that the law knows a few.
///
/// # Errors
/// What the database says.
pub fn notices(db: &mut Db, call: Id<Call>) -> Result<Vec<Notice>> {
    const MOST: i64 = 1_000;
    let rows = call_notices::table
        .filter(call_notices::call_id.eq(call))
        .select(Notice::as_select())
        .order((call_notices::published_at, call_notices::id))
        .limit(MOST + 1)
        .load(db)?;
    uncut(rows, MOST)
}

/// Records a notice. The awards room records its own kinds with this too.
///
/// # Errors
/// What the database says.
pub fn insert_notice(db: &mut Db, notice: &Notice) -> Result<()> {
    diesel::insert_into(call_notices::table).values(notice).execute(db)?;
    Ok(())
}

/// The sealing keys of a call: one for each part, made when it is published.
///
/// # Errors
/// What the database says.
pub fn keys(db: &mut Db, call: Id<Call>) -> Result<Vec<CallKey>> {
    Ok(call_keys::table
        .filter(call_keys::call_id.eq(call))
        .select(CallKey::as_select())
        .order((call_keys::part, call_keys::id))
        .load(db)?)
}

/// Writes a sealing key.
///
/// # Errors
/// Conflict when the part has one.
pub fn insert_key(db: &mut Db, key: &CallKey) -> Result<()> {
    diesel::insert_into(call_keys::table).values(key).execute(db)?;
    Ok(())
}

/// Writes a question.
///
/// # Errors
/// What the database says.
pub fn insert_question(db: &mut Db, question: &Question) -> Result<()> {
    diesel::insert_into(call_questions::table).values(question).execute(db)?;
    Ok(())
}

/// One question of a call.
///
/// # Errors
/// NotFound.
pub fn find_question(db: &mut Db, call: Id<Call>, id: Id<Question>) -> Result<Question> {
    Ok(call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::id.eq(id))
        .select(Question::as_select())
        .first(db)?)
}

/// The answered questions of a call, the newest answer first.
pub(super) fn answered(db: &mut Db, call: Id<Call>, after: Option<&Cursor>, limit: usize) -> Result<Page<Question>> {
    let mut query = call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::answered_at.is_not_null())
        .select(Question::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(call_questions::answered_at, call_questions::id, cursor));
    }
    let rows = query
        .order((call_questions::answered_at.desc(), call_questions::id.desc()))
        .limit(i64::try_from(limit + 1)?)
        .load(db)?;
    Ok(Page::cut(rows, limit, |q: &Question| Cursor { at: q.answered_at.unwrap_or(q.asked_at), id: q.id.to_string() }))
}

/// The questions of a call that wait for an answer, the oldest first.
pub(super) fn waiting(db: &mut Db, call: Id<Call>, after: Option<&Cursor>, limit: usize) -> Result<Page<Question>> {
    let mut query = call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::answered_at.is_null())
        .select(Question::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::later!(call_questions::asked_at, call_questions::id, cursor));
    }
    let rows = query.order((call_questions::asked_at, call_questions::id)).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |q: &Question| Cursor { at: q.asked_at, id: q.id.to_string() }))
}

/// The waiting questions of one person about a call, the oldest first; the rules bound them.
pub(super) fn waiting_of(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Vec<Question>> {
    Ok(call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::asked_by.eq(account))
        .filter(call_questions::answered_at.is_null())
        .select(Question::as_select())
        .order((call_questions::asked_at, call_questions::id))
        .load(db)?)
}

/// The addresses of everybody who asked a question about a call, each once.
///
/// # Errors
/// What the database says.
pub fn addresses_of_askers(db: &mut Db, call: Id<Call>) -> Result<Vec<String>> {
    let asked_by: Vec<Id<Account>> = call_questions::table
        .filter(call_questions::call_id.eq(call))
        .select(call_questions::asked_by)
        .distinct()
        .load(db)?;
    Ok(accounts::table
        .filter(accounts::id.eq_any(asked_by))
        .filter(accounts::disabled_at.is_null())
        .select(accounts::email)
        .order(accounts::email)
        .load(db)?)
}

/// How many questions of a call are answered, or wait.
pub(super) fn count_questions(db: &mut Db, call: Id<Call>, answered: bool) -> Result<i64> {
    Ok(call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::answered_at.is_not_null().eq(answered))
        .count()
        .get_result(db)?)
}

/// Whether a question of a call was asked in the same words.
pub(super) fn was_asked(db: &mut Db, call: Id<Call>, question: &str) -> Result<bool> {
    Ok(call_questions::table
        .filter(call_questions::call_id.eq(call))
        .filter(call_questions::question.eq(question).or(lower(call_questions::question).eq(question.to_lowercase())))
        .count()
        .get_result::<i64>(db)?
        > 0)
}

/// Answers a question.
///
/// # Errors
/// What the database says.
pub fn set_answer(db: &mut Db, id: Id<Question>, answer: &str, by: Id<Account>, now: Instant) -> Result<()> {
    diesel::update(call_questions::table.filter(call_questions::id.eq(id)))
        .set((
            call_questions::answer.eq(answer),
            call_questions::answered_at.eq(now),
            call_questions::answered_by.eq(by),
        ))
        .execute(db)?;
    Ok(())
}

/// The facts of a call that the policy judges.
#[must_use]
pub fn thing(call: &Call) -> Thing {
    Thing::of_authority(call.authority_id).public(call.is_public()).made_by(Some(call.created_by))
}

/// Wraps the opening keys of every call anew; says how many.
///
/// # Errors
/// Internal when one of them cannot be opened, or what the database says.
pub fn rewrap_keys(db: &mut Db, keys: &crate::keys::Keys) -> Result<usize> {
    let found: Vec<(Id<CallKey>, String)> =
        call_keys::table.select((call_keys::id, call_keys::wrapped)).order(call_keys::id).load(db)?;
    for (id, wrapped) in &found {
        diesel::update(call_keys::table.filter(call_keys::id.eq(*id)))
            .set(call_keys::wrapped.eq(keys.rewrap(wrapped)?))
            .execute(db)?;
    }
    Ok(found.len())
}
