//! Rows of awards, checks and what committees say; of summaries, challenges and halts in files of their own.

use super::committee::{CommitteeVote, Stance};
use super::model::{Award, AwardKind, AwardState};
use crate::applications::{Application, ApplicationState};
use crate::calls::{Call, CallKind};
use crate::db::schema::{
    accounts, agreements, applications, assessment_summaries, award_challenges, award_checks, award_halts, awards,
    calls, committee_votes, fallen_bids, investments, panel_conflicts, shortlists, subsidy_routes,
};
use crate::db::{Db, MultiBackend, sum_pence};
use crate::error::Result;
use crate::scoring::shortlist::ShortlistOutcome;
use crate::scoring::{self, ConflictOutcome, Fallen};
use crate::subsidies::{Route, RouteKind, RouteState};
use crate::values::{Account, Id, Instant, Pence, actor};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

mod challenged;
mod halts;
mod summaries;

pub use challenged::{Challenge, ChallengeKind, challenges};
pub(super) use challenged::{end_challenge, find_challenge, insert_challenge, suspended};
pub use halts::{Halt, HaltKind, Withdrawing, withdrawing};
pub(super) use halts::{barred, halt_of, insert_halt, of_call_halted, recommender_is_barred};
pub use summaries::{Giving, Sending, StoredSummary, SupersededSummary, Unreached, sendings, unreached};
pub(super) use summaries::{
    SummaryMail, give_summary, insert_summary, insert_summary_mails, mailed_summary, sending_of, summary_of_mail,
    supersede_summaries, superseded, superseded_on,
};

crate::text_enum! {
    /// What was looked into.
    pub enum CheckKind { Exclusion = "exclusion" => "Exclusion check", Debarment = "debarment" => "Debarment check" }
}
crate::text_column!(CheckKind);

crate::text_enum! {
    /// What was found.
    pub enum CheckOutcome {
        Clear = "clear" => "Clear",
        Excludable = "excludable" => "Excludable, but not excluded",
        Excluded = "excluded" => "Excluded",
    }
}
crate::text_column!(CheckOutcome);

/// A check of a supplier or an intended subcontractor. Checks are added, never changed; the newest counts.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = award_checks, check_for_backend(MultiBackend))]
pub struct Check {
    /// Identifier.
    pub id: Id<Check>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// Exclusion grounds or the debarment list.
    pub kind: CheckKind,
    /// Who was checked: the supplier or an intended subcontractor, by name.
    pub subject: String,
    /// What was found.
    pub outcome: CheckOutcome,
    /// What was looked at.
    pub note: String,
    /// When.
    pub checked_at: Instant,
    /// Who checked.
    pub checked_by: Id<Account>,
}

/// One award.
///
/// # Errors
/// NotFound.
pub fn find(db: &mut Db, id: Id<Award>) -> Result<Award> {
    Ok(awards::table.filter(awards::id.eq(id)).select(Award::as_select()).first(db)?)
}

/// The awards of a call, oldest first.
///
/// # Errors
/// What the database says.
pub fn of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<Award>> {
    Ok(awards::table
        .filter(awards::call_id.eq(call))
        .select(Award::as_select())
        .order((awards::recommended_at, awards::id))
        .limit(500)
        .load(db)?)
}

/// Whether an investment was cancelled before anything of it was paid, in SQL about a row of `investments`.
const CANCELLED: &str = "investments.id IN (SELECT gone.investment_id FROM investment_cancellations AS gone \
    WHERE gone.state = 'approved')";

/// What a round's signed awards promised and was cancelled before anything of it was paid: the pot holds it for nobody any
/// more. Of a package only the cancelled parts are counted. Only the tables of lower rooms are read here.
///
/// # Errors
/// What the database says.
pub(super) fn cancelled_of_call(db: &mut Db, call: Id<Call>) -> Result<Pence> {
    let sum: Option<i64> = investments::table
        .inner_join(agreements::table.on(agreements::id.eq(investments::agreement_id)))
        .filter(agreements::call_id.eq(call))
        .filter(sql::<Bool>(CANCELLED))
        .select(sum_pence("investments.amount"))
        .first(db)?;
    Ok(Pence(sum.unwrap_or(0)))
}

/// Most bids of all lots of one tender: twenty lots with a thousand bids each.
const MOST_BIDS: i64 = 20_000;

/// A bid with what became of it: whether it fell away, and an award.
pub(super) type BidOfLot = (Application, Option<Fallen>, Option<Award>);

/// The bids of some calls that stand as sent, each with what became of it, in one statement: a bid with several awards
/// comes once with each, one after the other.
///
/// # Errors
/// What the database says.
pub(super) fn bids_of_lots(db: &mut Db, calls: &[Id<Call>]) -> Result<Vec<BidOfLot>> {
    Ok(applications::table
        .left_join(fallen_bids::table.on(fallen_bids::application_id.eq(applications::id)))
        .left_join(awards::table.on(awards::application_id.eq(applications::id)))
        .filter(applications::call_id.eq_any(calls.to_vec()))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .select((Application::as_select(), Option::<Fallen>::as_select(), Option::<Award>::as_select()))
        .order((applications::id, awards::id))
        .limit(MOST_BIDS)
        .load(db)?)
}

/// Those of some closed calls that need no decision any more: tenders whose contract is signed, first stages whose
/// shortlist is confirmed, and rounds of which every application that stands was signed, declined or lapsed, or was told
/// why it got nothing.
///
/// # Errors
/// What the database says.
pub fn settled(db: &mut Db, closed: &[Id<Call>]) -> Result<Vec<Id<Call>>> {
    let over = [AwardState::Signed, AwardState::Declined, AwardState::Lapsed, AwardState::DeclinedByCommittee];
    let signed = awards::table
        .filter(awards::call_id.eq(calls::id))
        .filter(awards::kind.eq(AwardKind::Contract))
        .filter(awards::state.eq(AwardState::Signed));
    // What was taken back before it was offered is recommended anew, or its applicant is told.
    let ended = awards::table
        .filter(awards::application_id.eq(applications::id))
        .filter(awards::state.eq_any(over))
        .filter(awards::state.ne(AwardState::Lapsed).or(awards::offer_answer_by.is_not_null()));
    let told = assessment_summaries::table
        .filter(assessment_summaries::application_id.eq(applications::id))
        .filter(assessment_summaries::sent_at.is_not_null());
    let waits = applications::table
        .filter(applications::call_id.eq(calls::id))
        .filter(applications::state.eq(ApplicationState::Submitted))
        .filter(not(exists(ended)))
        .filter(not(exists(told)));
    let shortlisted = shortlists::table
        .filter(shortlists::call_id.eq(calls::id))
        .filter(shortlists::outcome.eq(ShortlistOutcome::Confirmed));
    Ok(calls::table
        .filter(calls::id.eq_any(closed))
        .filter(exists(signed).or(exists(shortlisted)).or(calls::kind.eq(CallKind::Round).and(not(exists(waits)))))
        .select(calls::id)
        .load(db)?)
}

/// An award with who recommended and decided it, what challenges it, why it does not go on, and the subsidy route of its
/// applicant: what it may be offered on, or what still waits for somebody.
pub(super) struct Around {
    pub(super) award: Award,
    pub(super) recommender: String,
    pub(super) decider: Option<String>,
    pub(super) route: Option<RouteKind>,
    /// Kind and amount of a route that is begun and not complete.
    pub(super) open_route: Option<(RouteKind, Pence)>,
    /// Oldest first.
    pub(super) challenges: Vec<Challenge>,
    /// Why it does not go on, when it does not.
    pub(super) halt: Option<Halt>,
    /// Whether who recommended it may not go on with it.
    pub(super) barred: bool,
}

/// The awards of a call with what stands around each, oldest first, in one statement.
pub(super) fn of_call_around(db: &mut Db, call: Id<Call>) -> Result<Vec<Around>> {
    type Route = Option<(RouteKind, RouteState, Pence)>;
    type Row = (Award, String, Option<String>, Route, Option<Challenge>, Option<Halt>, bool);
    let deciders = diesel::alias!(accounts as deciders);
    let rows: Vec<Row> = awards::table
        .inner_join(accounts::table.on(accounts::id.eq(awards::recommended_by)))
        .left_join(deciders.on(awards::approved_by.eq(deciders.field(accounts::id).nullable())))
        .left_join(
            // One route of an application stands at a time; an offer needs one that is complete.
            subsidy_routes::table.on(subsidy_routes::application_id
                .eq(awards::application_id)
                .and(subsidy_routes::organisation_id.eq(awards::organisation_id))
                .and(subsidy_routes::state.eq_any([RouteState::Open, RouteState::Recorded, RouteState::Given]))),
        )
        .left_join(award_challenges::table.on(award_challenges::award_id.eq(awards::id)))
        .left_join(award_halts::table.on(award_halts::award_id.eq(awards::id)))
        .filter(awards::call_id.eq(call))
        .select((
            Award::as_select(),
            accounts::name,
            deciders.field(accounts::name).nullable(),
            (subsidy_routes::kind, subsidy_routes::state, subsidy_routes::amount).nullable(),
            Option::<Challenge>::as_select(),
            Option::<Halt>::as_select(),
            barred(),
        ))
        .order((awards::recommended_at, awards::id, award_challenges::notified_at, award_challenges::id))
        .limit(2000)
        .load(db)?;
    let mut found: Vec<Around> = Vec::new();
    for (award, recommender, decider, route, challenge, halt, barred) in rows {
        if found.last().is_none_or(|last| last.award.id != award.id) {
            let begun =
                route.filter(|(_, state, _)| *state == RouteState::Open).map(|(kind, _, amount)| (kind, amount));
            let complete = route.filter(|(_, state, _)| *state != RouteState::Open).map(|(kind, ..)| kind);
            found.push(Around {
                award,
                recommender,
                decider,
                route: complete,
                open_route: begun,
                challenges: Vec::new(),
                halt,
                barred,
            });
        }
        if let Some(last) = found.last_mut() {
            last.challenges.extend(challenge);
        }
    }
    Ok(found)
}

/// The award of an application that still stands, when there is one.
///
/// # Errors
/// What the database says.
pub fn of_application(db: &mut Db, application: Id<Application>) -> Result<Option<Award>> {
    Ok(awards::table
        .filter(awards::application_id.eq(application))
        .filter(awards::state.ne_all([AwardState::DeclinedByCommittee, AwardState::Declined, AwardState::Lapsed]))
        .select(Award::as_select())
        .first(db)
        .optional()?)
}

/// What the outcome of an application is made of.
pub(super) struct Outcome {
    pub(super) application: Application,
    pub(super) summary: Option<StoredSummary>,
    /// The newest award, whatever became of it.
    pub(super) award: Option<Award>,
    /// Minimal financial assistance that its enterprise is asked to confirm.
    pub(super) asked: Option<Id<Route>>,
    /// Why that award does not go on, when it does not.
    pub(super) halt: Option<Halt>,
}

/// The outcome of one application, in one statement.
///
/// # Errors
/// NotFound.
pub(super) fn outcome_of(db: &mut Db, id: Id<Application>) -> Result<Outcome> {
    let (application, summary, award, asked, halt) = applications::table
        .left_join(assessment_summaries::table.on(assessment_summaries::application_id.eq(applications::id)))
        .left_join(awards::table.on(awards::application_id.eq(applications::id)))
        .left_join(
            subsidy_routes::table.on(subsidy_routes::application_id
                .eq(applications::id)
                .and(subsidy_routes::kind.eq(RouteKind::Mfa))
                .and(subsidy_routes::state.eq(RouteState::Open))),
        )
        .left_join(award_halts::table.on(award_halts::award_id.eq(awards::id)))
        .filter(applications::id.eq(id))
        .select((
            Application::as_select(),
            Option::<StoredSummary>::as_select(),
            Option::<Award>::as_select(),
            subsidy_routes::id.nullable(),
            Option::<Halt>::as_select(),
        ))
        .order((awards::recommended_at.desc(), awards::id.desc()))
        .first(db)?;
    Ok(Outcome { application, summary, award, asked, halt })
}

pub(super) fn insert(db: &mut Db, award: &Award) -> Result<()> {
    diesel::insert_into(awards::table).values(award).execute(db)?;
    Ok(())
}

/// Writes everything of an award that steps change.
pub(super) fn set(db: &mut Db, award: &Award) -> Result<()> {
    diesel::update(awards::table.filter(awards::id.eq(award.id)))
        .set((
            awards::state.eq(award.state),
            awards::approved_by.eq(award.approved_by),
            awards::approved_at.eq(award.approved_at),
            awards::notice_number.eq(&award.notice_number),
            awards::notice_published_at.eq(award.notice_published_at),
            awards::standstill_last_day.eq(award.standstill_last_day),
            awards::earliest_signing.eq(award.earliest_signing),
            awards::offer_answer_by.eq(award.offer_answer_by),
            awards::answered_at.eq(award.answered_at),
            awards::answered_by.eq(award.answered_by),
            awards::signed_at.eq(award.signed_at),
        ))
        .execute(db)?;
    Ok(())
}

/// Stores what is offered and its value, while a recommendation may still change.
pub(super) fn set_terms(db: &mut Db, award: &Award) -> Result<()> {
    diesel::update(awards::table.filter(awards::id.eq(award.id)))
        .set((awards::terms.eq(&award.terms), awards::value.eq(award.value)))
        .execute(db)?;
    Ok(())
}

pub(super) fn insert_check(db: &mut Db, check: &Check) -> Result<()> {
    diesel::insert_into(award_checks::table).values(check).execute(db)?;
    Ok(())
}

/// The checks of a bid, oldest first.
///
/// # Errors
/// What the database says.
pub fn checks(db: &mut Db, application: Id<Application>) -> Result<Vec<Check>> {
    Ok(award_checks::table
        .filter(award_checks::application_id.eq(application))
        .select(Check::as_select())
        .order((award_checks::checked_at, award_checks::id))
        .limit(500)
        .load(db)?)
}

/// The checks of all bids of a call, oldest first.
pub(super) fn checks_of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<Check>> {
    Ok(award_checks::table
        .filter(award_checks::call_id.eq(call))
        .select(Check::as_select())
        .order((award_checks::checked_at, award_checks::id))
        .limit(2000)
        .load(db)?)
}

/// What members of the committee said of one recommendation, oldest first.
pub(super) fn committee_votes(db: &mut Db, award: Id<Award>) -> Result<Vec<CommitteeVote>> {
    Ok(committee_votes::table
        .filter(committee_votes::award_id.eq(award))
        .select(CommitteeVote::as_select())
        .order((committee_votes::voted_at, committee_votes::id))
        .limit(200)
        .load(db)?)
}

/// What members of the committee said of the recommendations of a call, with their names, oldest first. Whoever declared
/// a conflict since stands aside, whatever they said.
pub(super) fn committee_of_call(db: &mut Db, call: Id<Call>) -> Result<Vec<(CommitteeVote, String)>> {
    let standing = panel_conflicts::table
        .filter(panel_conflicts::call_id.eq(awards::call_id))
        .filter(panel_conflicts::account_id.eq(committee_votes::account_id))
        .filter(panel_conflicts::outcome.ne(ConflictOutcome::NoConflict));
    let votes: Vec<(CommitteeVote, String, bool)> = committee_votes::table
        .inner_join(awards::table.on(awards::id.eq(committee_votes::award_id)))
        .inner_join(accounts::table.on(accounts::id.eq(committee_votes::account_id)))
        .filter(awards::call_id.eq(call))
        .select((CommitteeVote::as_select(), accounts::name, exists(standing)))
        .order((committee_votes::voted_at, committee_votes::id))
        .limit(2000)
        .load(db)?;
    let said = |(mut vote, name, conflicted): (CommitteeVote, String, bool)| {
        if conflicted {
            vote.stance = Stance::Recused;
        }
        (vote, name)
    };
    Ok(votes.into_iter().map(said).collect())
}

/// The bid that a tender was awarded to, as the ranking names it; nobody’s in a round, where applicants are told nothing of
/// each other.
///
/// # Errors
/// What the database says.
pub(super) fn awarded_bid(db: &mut Db, call: &Call) -> Result<Option<String>> {
    if call.kind != CallKind::Tender {
        return Ok(None);
    }
    let found: Vec<(Award, Application)> = awards::table
        .inner_join(applications::table.on(applications::id.eq(awards::application_id)))
        .filter(awards::call_id.eq(call.id))
        .select((Award::as_select(), Application::as_select()))
        .order((awards::recommended_at, awards::id))
        .limit(500)
        .load(db)?;
    Ok(found.iter().find(|(award, _)| super::actions::stands(award)).map(|(_, bid)| scoring::bid_id(bid)))
}

/// Writes what a member says over what they said before.
pub(super) fn put_committee_vote(db: &mut Db, vote: &CommitteeVote) -> Result<()> {
    let query = diesel::insert_into(committee_votes::table)
        .values(vote)
        .on_conflict((committee_votes::award_id, committee_votes::account_id))
        .do_update()
        .set((
            committee_votes::stance.eq(vote.stance),
            committee_votes::reason.eq(vote.reason.clone()),
            committee_votes::voted_at.eq(vote.voted_at),
        ));
    crate::on_each!(db, c => query.execute(c))?;
    Ok(())
}
