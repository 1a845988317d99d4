//! Rows of scoring.

use super::model::{
    ConflictOutcome, Disregard, Enquiry, Fallen, Moderated, Moderation, PanelMember, Ranking, Rerank, Score, ScoreDraft,
};
use crate::applications::{Application, ApplicationState};
use crate::calls::Call;
use crate::db::schema::{
    accounts, applications, calls, disregarded_bids, fallen_bids, moderated_scores, moderations, organisations,
    panel_conflicts, price_enquiries, rankings, rerankings, score_drafts, scores,
};
use crate::db::{Db, Kept, NoRow};
use crate::error::Result;
use crate::values::{Account, Id, Instant};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use std::collections::BTreeMap;

mod panel;

pub(super) use panel::{
    Desk, Seat, Seated, conflicts, desk, find_conflict, insert_conflict, insert_member, member, panel, panels_of,
    resolve_conflict, seat, seated, set_declared, set_final, set_replaced,
};
pub use panel::{conflicted, has_conflict};

/// Most rows of one call that are handled at once: 2,000 bids of a dozen criteria and a few evaluators.
const MOST: i64 = 200_000;

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
    crate::on_each!(db, c => Kept(query).load::<NoRow>(c))?;
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

/// What stands agreed on one answer, the same row that [`moderated`] gives for it.
pub(super) fn standing_agreement(
    db: &mut Db,
    call: Id<Call>,
    application: Id<Application>,
    criterion: &str,
) -> Result<Option<Id<Moderated>>> {
    Ok(moderated_scores::table
        .filter(moderated_scores::call_id.eq(call))
        .filter(moderated_scores::application_id.eq(application))
        .filter(moderated_scores::criterion.eq(criterion))
        .select(moderated_scores::id)
        .order((moderated_scores::agreed_at.desc(), moderated_scores::id.desc()))
        .first(db)
        .optional()?)
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

/// A call and how far its judging is.
#[derive(Debug)]
pub struct JudgedCall {
    /// The call.
    pub call: Call,
    /// That its moderation is closed, when it is.
    pub closed: Option<Moderation>,
    /// Its newest ranking.
    pub ranking: Option<Ranking>,
    /// Whether the price parts of its bids are open.
    pub prices_open: bool,
    /// Whether a conflict of interest stands that whoever asks declared with one of its bids.
    pub conflicted: bool,
}

/// A call and how far its judging is, in one statement.
///
/// # Errors
/// NotFound.
pub fn judged_call(db: &mut Db, call: Id<Call>) -> Result<JudgedCall> {
    judged_call_by(db, call, None)
}

/// As [`judged_call`], for somebody who may have declared a conflict of interest.
///
/// # Errors
/// NotFound.
pub fn judged_call_by(db: &mut Db, call: Id<Call>, asks: Option<Id<Account>>) -> Result<JudgedCall> {
    let prices_open = sql::<Bool>(
        "EXISTS (SELECT 1 FROM opened_parts WHERE opened_parts.call_id = calls.id AND opened_parts.part = 'price')",
    );
    let standing = panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(calls::id))
        .filter(panel_conflicts::account_id.nullable().eq(asks))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    let (call, closed, ranking, prices_open, conflicted) = calls::table
        .left_join(moderations::table.on(moderations::call_id.eq(calls::id)))
        .left_join(rankings::table.on(rankings::call_id.eq(calls::id)))
        .filter(calls::id.eq(call))
        .select((
            Call::as_select(),
            Option::<Moderation>::as_select(),
            Option::<Ranking>::as_select(),
            prices_open,
            exists(standing),
        ))
        .order((rankings::made_at.desc(), rankings::id.desc()))
        .first(db)?;
    Ok(JudgedCall { call, closed, ranking, prices_open, conflicted })
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
