//! Rows of scoring.

use super::model::{
    Conflict, ConflictOutcome, Disregard, Enquiry, Fallen, Moderated, Moderation, PanelMember, Ranking, Rerank, Score,
    ScoreDraft,
};
use crate::applications::{Application, ApplicationState};
use crate::calls::Call;
use crate::db::Db;
use crate::db::schema::{
    accounts, applications, calls, disregarded_bids, fallen_bids, moderated_scores, moderations, organisations,
    panel_conflicts, panel_members, price_enquiries, rankings, rerankings, score_drafts, scores,
};
use crate::error::Result;
use crate::values::{Account, Id, Instant};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Most rows of one call that are handled at once: 2,000 bids of a dozen criteria and a few evaluators.
const MOST: i64 = 200_000;

/// The panel of a call, in the order it was chosen.
pub(super) fn panel(db: &mut Db, call: Id<Call>) -> Result<Vec<PanelMember>> {
    Ok(panel_members::table
        .filter(panel_members::call_id.eq(call))
        .select(PanelMember::as_select())
        .order((panel_members::added_at, panel_members::id))
        .limit(200)
        .load(db)?)
}

/// A panel with its names and its conflicts.
#[derive(Default)]
pub(super) struct Seated {
    /// In the order it was chosen.
    pub(super) members: Vec<PanelMember>,
    /// In the order they were declared.
    pub(super) conflicts: Vec<Conflict>,
    pub(super) names: HashMap<Id<Account>, String>,
}

/// The panel of a call with its names and its conflicts, in one statement.
pub(super) fn seated(db: &mut Db, call: Id<Call>) -> Result<Seated> {
    let rows: Vec<(PanelMember, String, Option<Conflict>)> = panel_members::table
        .inner_join(accounts::table.on(accounts::id.eq(panel_members::account_id)))
        .left_join(
            panel_conflicts::table.on(panel_conflicts::call_id
                .eq(panel_members::call_id)
                .and(panel_conflicts::account_id.eq(panel_members::account_id))),
        )
        .filter(panel_members::call_id.eq(call))
        .select((PanelMember::as_select(), accounts::name, Option::<Conflict>::as_select()))
        .order((panel_members::added_at, panel_members::id, panel_conflicts::id))
        .limit(10_000)
        .load(db)?;
    let mut found = Seated::default();
    for (member, name, conflict) in rows {
        if found.names.insert(member.account_id, name).is_none() {
            found.members.push(member);
        }
        found.conflicts.extend(conflict);
    }
    found.conflicts.sort_by_key(|c| (c.declared_at, c.id));
    Ok(found)
}

/// Where somebody sits.
#[derive(Queryable)]
pub(super) struct Seat {
    pub(super) call: Call,
    pub(super) member: Option<PanelMember>,
    /// Whether moderation is final.
    closed: bool,
}

impl Seat {
    /// Whether bidders are shown under their letters.
    pub(super) fn hidden(&self) -> bool {
        self.call.terms.0.hides_bidders() && !self.closed
    }
}

/// A call with the seat that somebody has on its panel, and whether its moderation is final, in one statement.
///
/// # Errors
/// NotFound without such a call.
pub(super) fn seat(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Seat> {
    let closed = moderations::table.filter(moderations::call_id.eq(calls::id));
    Ok(calls::table
        .left_join(
            panel_members::table.on(panel_members::call_id.eq(calls::id).and(panel_members::account_id.eq(account))),
        )
        .filter(calls::id.eq(call))
        .select((Call::as_select(), Option::<PanelMember>::as_select(), diesel::dsl::exists(closed)))
        .first(db)?)
}

/// What must be known before one answer is saved.
#[derive(Queryable)]
pub(super) struct Desk {
    pub(super) call: Call,
    pub(super) member: Option<PanelMember>,
    /// Whether a conflict of this person stands.
    pub(super) conflicted: bool,
    /// The bid, when it is an opened one of this call.
    pub(super) bid: Option<Id<Application>>,
}

/// A call, somebody's seat and conflict, and one of its opened bids, in one statement.
///
/// # Errors
/// NotFound without such a call.
pub(super) fn desk(db: &mut Db, call: Id<Call>, account: Id<Account>, bid: Id<Application>) -> Result<Desk> {
    let standing = panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(calls::id))
        .filter(panel_conflicts::account_id.eq(account))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    Ok(calls::table
        .left_join(
            panel_members::table.on(panel_members::call_id.eq(calls::id).and(panel_members::account_id.eq(account))),
        )
        .left_join(
            applications::table.on(applications::call_id
                .eq(calls::id)
                .and(applications::id.eq(bid))
                .and(applications::state.eq(ApplicationState::Submitted))
                .and(applications::opened_at.is_not_null())),
        )
        .filter(calls::id.eq(call))
        .select((
            Call::as_select(),
            Option::<PanelMember>::as_select(),
            diesel::dsl::exists(standing),
            applications::id.nullable(),
        ))
        .first(db)?)
}

/// An opened bid with its bidder's name, the enquiry into its price, the decision to leave it out, and that it fell away.
pub(super) type Judged = (Application, String, Option<Enquiry>, Option<Disregard>, Option<Fallen>);

/// The opened bids of a call with what was found about them, by bidder's name, in one statement.
pub(super) fn judged(db: &mut Db, call: Id<Call>) -> Result<Vec<Judged>> {
    Ok(applications::table
        .inner_join(organisations::table.on(organisations::id.eq(applications::organisation_id)))
        .left_join(price_enquiries::table.on(price_enquiries::application_id.eq(applications::id)))
        .left_join(disregarded_bids::table.on(disregarded_bids::application_id.eq(applications::id)))
        .left_join(fallen_bids::table.on(fallen_bids::application_id.eq(applications::id)))
        .filter(applications::call_id.eq(call))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .filter(applications::opened_at.is_not_null())
        .select((
            Application::as_select(),
            organisations::name,
            Option::<Enquiry>::as_select(),
            Option::<Disregard>::as_select(),
            Option::<Fallen>::as_select(),
        ))
        .order((organisations::name, applications::id))
        .limit(2000)
        .load(db)?)
}

pub(super) fn member(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Option<PanelMember>> {
    Ok(panel_members::table
        .filter(panel_members::call_id.eq(call))
        .filter(panel_members::account_id.eq(account))
        .select(PanelMember::as_select())
        .first(db)
        .optional()?)
}

/// The panels a person sits on, newest first, at most 200.
pub(super) fn panels_of(db: &mut Db, account: Id<Account>) -> Result<Vec<PanelMember>> {
    Ok(panel_members::table
        .filter(panel_members::account_id.eq(account))
        .select(PanelMember::as_select())
        .order((panel_members::added_at.desc(), panel_members::id.desc()))
        .limit(200)
        .load(db)?)
}

pub(super) fn insert_member(db: &mut Db, row: &PanelMember) -> Result<()> {
    diesel::insert_into(panel_members::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn set_declared(db: &mut Db, id: Id<PanelMember>, at: Instant) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set(panel_members::declared_at.eq(at))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_final(db: &mut Db, id: Id<PanelMember>, at: Instant) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set(panel_members::final_at.eq(at))
        .execute(db)?;
    Ok(())
}

pub(super) fn set_replaced(
    db: &mut Db,
    id: Id<PanelMember>,
    successor: Id<PanelMember>,
    reason: &str,
    at: Instant,
) -> Result<()> {
    diesel::update(panel_members::table.filter(panel_members::id.eq(id)))
        .set((
            panel_members::replaced_at.eq(at),
            panel_members::replaced_reason.eq(reason),
            panel_members::successor_id.eq(successor),
        ))
        .execute(db)?;
    Ok(())
}

/// Which answers each evaluator has given whole, a score with its reason: who and for which criterion, once an answer.
/// Not what the scores are.
pub(super) fn given(db: &mut Db, call: Id<Call>) -> Result<Vec<(Id<Account>, String)>> {
    Ok(score_drafts::table
        .filter(score_drafts::call_id.eq(call))
        .filter(score_drafts::level.is_not_null().or(score_drafts::passed.is_not_null()))
        .filter(score_drafts::reason.ne(""))
        .select((score_drafts::account_id, score_drafts::criterion))
        .order(score_drafts::id)
        .limit(MOST)
        .load(db)?)
}

pub(super) fn conflicts(db: &mut Db, call: Id<Call>) -> Result<Vec<Conflict>> {
    Ok(panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(call))
        .select(Conflict::as_select())
        .order((panel_conflicts::declared_at, panel_conflicts::id))
        .limit(10_000)
        .load(db)?)
}

/// Whether a conflict of interest that this person declared with an application stands.
///
/// # Errors
/// What the database says.
pub fn has_conflict(db: &mut Db, account: Id<Account>, application: Id<Application>) -> Result<bool> {
    let standing = panel_conflicts::table
        .filter(panel_conflicts::application_id.eq(application))
        .filter(panel_conflicts::account_id.eq(account))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    Ok(diesel::select(diesel::dsl::exists(standing)).get_result(db)?)
}

pub(super) fn find_conflict(db: &mut Db, id: Id<Conflict>) -> Result<Conflict> {
    Ok(panel_conflicts::table.filter(panel_conflicts::id.eq(id)).select(Conflict::as_select()).first(db)?)
}

pub(super) fn insert_conflict(db: &mut Db, row: &Conflict) -> Result<()> {
    diesel::insert_into(panel_conflicts::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn resolve_conflict(db: &mut Db, row: &Conflict) -> Result<()> {
    diesel::update(panel_conflicts::table.filter(panel_conflicts::id.eq(row.id)))
        .set((
            panel_conflicts::outcome.eq(row.outcome),
            panel_conflicts::enquiry.eq(&row.enquiry),
            panel_conflicts::resolved_at.eq(row.resolved_at),
            panel_conflicts::resolved_by.eq(row.resolved_by),
        ))
        .execute(db)?;
    Ok(())
}

/// What one evaluator has saved so far.
pub(super) fn drafts(db: &mut Db, call: Id<Call>, account: Id<Account>) -> Result<Vec<ScoreDraft>> {
    Ok(score_drafts::table
        .filter(score_drafts::call_id.eq(call))
        .filter(score_drafts::account_id.eq(account))
        .select(ScoreDraft::as_select())
        .order(score_drafts::id)
        .limit(MOST)
        .load(db)?)
}

/// Saves a draft over the one before.
pub(super) fn save_draft(db: &mut Db, row: &ScoreDraft) -> Result<()> {
    let query = diesel::insert_into(score_drafts::table)
        .values(row)
        .on_conflict((score_drafts::account_id, score_drafts::application_id, score_drafts::criterion))
        .do_update()
        .set((
            score_drafts::level.eq(row.level),
            score_drafts::passed.eq(row.passed),
            score_drafts::reason.eq(row.reason.clone()),
            score_drafts::saved_at.eq(row.saved_at),
        ));
    crate::on_each!(db, c => query.execute(c))?;
    Ok(())
}

pub(super) fn insert_score(db: &mut Db, row: &Score) -> Result<()> {
    diesel::insert_into(scores::table).values(row).execute(db)?;
    Ok(())
}

/// Every final score of a call. Only for those who may see others’: the caller asks the rule first.
pub(super) fn final_scores(db: &mut Db, call: Id<Call>) -> Result<Vec<Score>> {
    Ok(scores::table
        .filter(scores::call_id.eq(call))
        .select(Score::as_select())
        .order((scores::application_id, scores::criterion, scores::id))
        .limit(MOST)
        .load(db)?)
}

/// What a person may see of final scores: an evaluator without final scores of their own sees none of others’.
pub(super) fn final_scores_seen_by(db: &mut Db, call: Id<Call>, viewer: Option<&PanelMember>) -> Result<Vec<Score>> {
    let mut found = final_scores(db, call)?;
    if !super::rules::may_see_others(viewer) {
        found.retain(|s| viewer.is_some_and(|m| m.account_id == s.account_id));
    }
    Ok(found)
}

/// Every final score of a call with the name of who gave it. Only for those who may see others’.
pub(super) fn final_scores_named(db: &mut Db, call: Id<Call>) -> Result<Vec<(Score, String)>> {
    Ok(scores::table
        .inner_join(accounts::table.on(accounts::id.eq(scores::account_id)))
        .filter(scores::call_id.eq(call))
        .select((Score::as_select(), accounts::name))
        .order((scores::application_id, scores::criterion, scores::id))
        .limit(MOST)
        .load(db)?)
}

pub(super) fn insert_moderated(db: &mut Db, row: &Moderated) -> Result<()> {
    diesel::insert_into(moderated_scores::table).values(row).execute(db)?;
    Ok(())
}

/// What stands agreed, by bid and criterion: the newest row of each.
///
/// # Errors
/// What the database says.
pub fn moderated(db: &mut Db, call: Id<Call>) -> Result<BTreeMap<(Id<Application>, String), Moderated>> {
    Ok(moderated_scores::table
        .filter(moderated_scores::call_id.eq(call))
        .select(Moderated::as_select())
        .order((moderated_scores::agreed_at, moderated_scores::id))
        .limit(MOST)
        .load(db)?
        .into_iter()
        .map(|m: Moderated| ((m.application_id, m.criterion.clone()), m))
        .collect())
}

/// That moderation of a call is closed, when it is.
///
/// # Errors
/// What the database says.
pub fn moderation_closed(db: &mut Db, call: Id<Call>) -> Result<Option<Moderation>> {
    Ok(moderations::table.filter(moderations::call_id.eq(call)).select(Moderation::as_select()).first(db).optional()?)
}

pub(super) fn insert_moderation(db: &mut Db, row: &Moderation) -> Result<()> {
    diesel::insert_into(moderations::table).values(row).execute(db)?;
    Ok(())
}

/// Bids of a call that a person decided to leave out.
///
/// # Errors
/// What the database says.
pub fn disregarded(db: &mut Db, call: Id<Call>) -> Result<Vec<Disregard>> {
    Ok(disregarded_bids::table
        .filter(disregarded_bids::call_id.eq(call))
        .select(Disregard::as_select())
        .order(disregarded_bids::id)
        .limit(2000)
        .load(db)?)
}

pub(super) fn insert_disregard(db: &mut Db, row: &Disregard) -> Result<()> {
    diesel::insert_into(disregarded_bids::table).values(row).execute(db)?;
    Ok(())
}

/// Enquiries into low prices of a call.
///
/// # Errors
/// What the database says.
pub fn enquiries(db: &mut Db, call: Id<Call>) -> Result<Vec<Enquiry>> {
    Ok(price_enquiries::table
        .filter(price_enquiries::call_id.eq(call))
        .select(Enquiry::as_select())
        .order(price_enquiries::id)
        .limit(2000)
        .load(db)?)
}

pub(super) fn find_enquiry(db: &mut Db, id: Id<Enquiry>) -> Result<Enquiry> {
    Ok(price_enquiries::table.filter(price_enquiries::id.eq(id)).select(Enquiry::as_select()).first(db)?)
}

pub(super) fn insert_enquiry(db: &mut Db, row: &Enquiry) -> Result<()> {
    diesel::insert_into(price_enquiries::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn set_enquiry(db: &mut Db, row: &Enquiry) -> Result<()> {
    diesel::update(price_enquiries::table.filter(price_enquiries::id.eq(row.id)))
        .set((
            price_enquiries::asked_on.eq(row.asked_on),
            price_enquiries::answer.eq(&row.answer),
            price_enquiries::outcome.eq(row.outcome),
            price_enquiries::note.eq(&row.note),
            price_enquiries::closed_at.eq(row.closed_at),
            price_enquiries::closed_by.eq(row.closed_by),
            price_enquiries::question.eq(&row.question),
            price_enquiries::asked_by.eq(row.asked_by),
            price_enquiries::answer_by.eq(row.answer_by),
            price_enquiries::answered_at.eq(row.answered_at),
            price_enquiries::answered_by.eq(row.answered_by),
        ))
        .execute(db)?;
    Ok(())
}

/// An application with its call and the enquiry into its price that was asked through the service, when there is one.
///
/// # Errors
/// NotFound without such an application.
pub(super) fn asked_of(db: &mut Db, application: Id<Application>) -> Result<(Application, Call, Option<Enquiry>)> {
    Ok(applications::table
        .inner_join(calls::table.on(calls::id.eq(applications::call_id)))
        .left_join(
            price_enquiries::table
                .on(price_enquiries::application_id.eq(applications::id).and(price_enquiries::question.is_not_null())),
        )
        .filter(applications::id.eq(application))
        .select((Application::as_select(), Call::as_select(), Option::<Enquiry>::as_select()))
        .first(db)?)
}

pub(super) fn insert_ranking(db: &mut Db, row: &Ranking) -> Result<()> {
    diesel::insert_into(rankings::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn sign_ranking(db: &mut Db, id: Id<Ranking>, by: Id<Account>, at: Instant) -> Result<()> {
    diesel::update(rankings::table.filter(rankings::id.eq(id)))
        .set((rankings::signed_at.eq(at), rankings::signed_by.eq(by)))
        .execute(db)?;
    Ok(())
}

/// A call, that its moderation is closed when it is, and its newest ranking, in one statement.
///
/// # Errors
/// NotFound.
pub fn call_with_ranking(db: &mut Db, call: Id<Call>) -> Result<(Call, Option<Moderation>, Option<Ranking>)> {
    Ok(calls::table
        .left_join(moderations::table.on(moderations::call_id.eq(calls::id)))
        .left_join(rankings::table.on(rankings::call_id.eq(calls::id)))
        .filter(calls::id.eq(call))
        .select((Call::as_select(), Option::<Moderation>::as_select(), Option::<Ranking>::as_select()))
        .order((rankings::made_at.desc(), rankings::id.desc()))
        .first(db)?)
}

/// The newest ranking of a call.
///
/// # Errors
/// What the database says.
pub fn latest_ranking(db: &mut Db, call: Id<Call>) -> Result<Option<Ranking>> {
    Ok(rankings::table
        .filter(rankings::call_id.eq(call))
        .select(Ranking::as_select())
        .order((rankings::made_at.desc(), rankings::id.desc()))
        .first(db)
        .optional()?)
}

/// The signed ranking of a call: what awards are decided on.
///
/// # Errors
/// What the database says.
pub fn signed_ranking(db: &mut Db, call: Id<Call>) -> Result<Option<Ranking>> {
    Ok(latest_ranking(db, call)?.filter(|r| r.signed_at.is_some()))
}

/// The bids of a call that fell away, in that order.
pub(super) fn fallen(db: &mut Db, call: Id<Call>) -> Result<Vec<(Fallen, Application)>> {
    Ok(fallen_bids::table
        .inner_join(applications::table.on(applications::id.eq(fallen_bids::application_id)))
        .filter(fallen_bids::call_id.eq(call))
        .select((Fallen::as_select(), Application::as_select()))
        .order((fallen_bids::fell_at, fallen_bids::id))
        .limit(2000)
        .load(db)?)
}

/// That one application fell away, when it did.
pub(super) fn fallen_of(db: &mut Db, application: Id<Application>) -> Result<Option<Fallen>> {
    Ok(fallen_bids::table
        .filter(fallen_bids::application_id.eq(application))
        .select(Fallen::as_select())
        .first(db)
        .optional()?)
}

pub(super) fn insert_fallen(db: &mut Db, row: &Fallen) -> Result<()> {
    diesel::insert_into(fallen_bids::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn insert_rerank(db: &mut Db, row: &Rerank) -> Result<()> {
    diesel::insert_into(rerankings::table).values(row).execute(db)?;
    Ok(())
}

/// The newest rankings of a call, newest first, at most 20.
pub(super) fn rankings(db: &mut Db, call: Id<Call>) -> Result<Vec<Ranking>> {
    Ok(rankings::table
        .filter(rankings::call_id.eq(call))
        .select(Ranking::as_select())
        .order((rankings::made_at.desc(), rankings::id.desc()))
        .limit(20)
        .load(db)?)
}

/// The newest re-rankings of a call, newest first, at most 20.
pub(super) fn reranks(db: &mut Db, call: Id<Call>) -> Result<Vec<Rerank>> {
    Ok(rerankings::table
        .filter(rerankings::call_id.eq(call))
        .select(Rerank::as_select())
        .order((rerankings::made_at.desc(), rerankings::id.desc()))
        .limit(20)
        .load(db)?)
}
