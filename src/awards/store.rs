//! Rows of awards, checks, summaries and challenges.

use super::committee::{CommitteeVote, Stance};
use super::model::{Award, AwardKind, AwardState};
use super::summary::Summary;
use crate::applications::{Application, ApplicationState};
use crate::calls::{Call, CallKind};
use crate::db::schema::{
    accounts, agreements, applications, assessment_summaries, assessment_summary_mails, award_challenges, award_checks,
    awards, calls, committee_votes, fallen_bids, investments, mails, panel_conflicts, shortlists, subsidy_routes,
    superseded_summaries,
};
use crate::db::{Db, Json, MultiBackend, sum_pence};
use crate::error::{Error, Result};
use crate::outbox::mail::Mail;
use crate::scoring::shortlist::ShortlistOutcome;
use crate::scoring::{self, ConflictOutcome, Fallen};
use crate::subsidies::{Route, RouteKind, RouteState};
use crate::values::{Account, Id, Instant, Pence, actor};
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

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

/// A stored assessment summary of one supplier.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = assessment_summaries, check_for_backend(MultiBackend))]
pub struct StoredSummary {
    /// Identifier.
    pub id: Id<StoredSummary>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// The supplier.
    pub organisation_id: Id<actor::Organisation>,
    /// What it says.
    pub body: Json<Summary>,
    /// When it was made.
    pub made_at: Instant,
    /// When it was given: a mail server took one of its mails, it stood on the supplier’s page where no mail server is
    /// configured, or it was handed over by another way.
    pub sent_at: Option<Instant>,
    /// Who sent it.
    pub sent_by: Option<Id<Account>>,
    /// By which other way it was given.
    pub given_how: Option<String>,
}

/// A mail that carries a summary.
#[derive(Clone, Copy, Debug, Queryable, Insertable)]
#[diesel(table_name = assessment_summary_mails, check_for_backend(MultiBackend))]
#[expect(clippy::struct_field_names, reason = "named as the columns are")]
pub(super) struct SummaryMail {
    pub(super) mail_id: Id<Mail>,
    pub(super) authority_id: Id<actor::Organisation>,
    pub(super) summary_id: Id<StoredSummary>,
}

/// A summary as it was told of an award that fell away later. Never changed.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = superseded_summaries, check_for_backend(MultiBackend))]
pub struct SupersededSummary {
    /// Its identifier, the same as when it stood.
    pub id: Id<StoredSummary>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The call.
    pub call_id: Id<Call>,
    /// The bid.
    pub application_id: Id<Application>,
    /// The award that it told of.
    pub award_id: Id<Award>,
    /// What it said.
    pub body: Json<Summary>,
    /// When it was made.
    pub made_at: Instant,
    /// When it was given.
    pub sent_at: Option<Instant>,
    /// By which other way than by mail.
    pub given_how: Option<String>,
    /// When the award fell away.
    pub superseded_at: Instant,
}

/// How a mail that carries a summary fares.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mails, check_for_backend(MultiBackend))]
pub struct Carried {
    /// Its address.
    pub recipient: String,
    /// When a mail server took it.
    pub sent_at: Option<Instant>,
    /// When it was given up.
    pub failed_at: Option<Instant>,
    /// What the mail server said last.
    pub last_error: Option<String>,
}

/// A summary and the mails that carry it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sending {
    /// The summary.
    pub summary: StoredSummary,
    /// Its mails, by address.
    pub mails: Vec<Carried>,
}

/// Where the giving of a summary stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giving {
    /// It is given.
    Given,
    /// A mail is on its way, or is tried again.
    Waits,
    /// Every mail was given up.
    GivenUp,
    /// Nobody of the supplier has an address.
    NoAddress,
}

impl Giving {
    /// Its word for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Giving::Given => "given",
            Giving::Waits => "waits",
            Giving::GivenUp => "given_up",
            Giving::NoAddress => "no_address",
        }
    }
}

impl Sending {
    /// Where it stands.
    #[must_use]
    pub fn giving(&self) -> Giving {
        match (self.summary.sent_at, self.mails.is_empty()) {
            (Some(_), _) => Giving::Given,
            (None, true) => Giving::NoAddress,
            // One whose server took it and whose summary is not marked yet is on its way.
            (None, false) if self.mails.iter().any(|m| m.failed_at.is_none()) => Giving::Waits,
            (None, false) => Giving::GivenUp,
        }
    }

    /// The same in words, with what keeps it back.
    #[must_use]
    pub fn words(&self) -> String {
        let refused = |given_up: bool| {
            let alike = |m: &&Carried| m.sent_at.is_none() && m.failed_at.is_some() == given_up;
            self.mails.iter().filter(alike).find_map(|m| m.last_error.as_ref().map(|said| (&m.recipient, said)))
        };
        match (self.giving(), self.summary.sent_at) {
            (Giving::Given, at) => {
                let at = at.map(Instant::medium).unwrap_or_default();
                self.summary.given_how.as_ref().map_or(at.clone(), |how| format!("{at}: {how}"))
            }
            (Giving::NoAddress, _) => "Nobody of it can be mailed".to_owned(),
            (Giving::Waits, _) => match refused(false) {
                Some((address, said)) => {
                    format!("The mail to {address} is not taken yet and is tried again. The mail server said: {said}")
                }
                None => "The mail waits for its turn".to_owned(),
            },
            (Giving::GivenUp, _) => match refused(true) {
                Some((address, said)) => format!("Could not be mailed to {address}. The mail server said: {said}"),
                None => "Could not be mailed".to_owned(),
            },
        }
    }
}

crate::text_enum! {
    /// How an award is challenged.
    pub enum ChallengeKind { Claim = "claim" => "Court claim", Complaint = "complaint" => "Complaint" }
}
crate::text_column!(ChallengeKind);

/// A claim or complaint about an award.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = award_challenges, check_for_backend(MultiBackend))]
pub struct Challenge {
    /// Identifier.
    pub id: Id<Challenge>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The award.
    pub award_id: Id<Award>,
    /// Claim or complaint.
    pub kind: ChallengeKind,
    /// When the council was told.
    pub notified_at: Instant,
    /// What it says.
    pub note: String,
    /// Whether it suspends signing: a claim notified within the standstill.
    pub suspends: bool,
    /// Who recorded it.
    pub recorded_by: Id<Account>,
    /// When the suspension was lifted or the proceedings ended.
    pub ended_at: Option<Instant>,
    /// How it ended.
    pub ended_note: Option<String>,
}

impl Challenge {
    /// What it does to the signing, in words.
    #[must_use]
    pub fn effect(&self) -> &'static str {
        match (self.ended_at.is_some(), self.suspends) {
            (true, _) => "Ended",
            (false, true) => "Suspends signing",
            (false, false) => "A warning; it suspends nothing",
        }
    }
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
    let ended = awards::table.filter(awards::application_id.eq(applications::id)).filter(awards::state.eq_any(over));
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

/// An award with who recommended and decided it, what challenges it, and the subsidy route of its applicant: what it may
/// be offered on, or what still waits for somebody.
pub(super) struct Around {
    pub(super) award: Award,
    pub(super) recommender: String,
    pub(super) decider: Option<String>,
    pub(super) route: Option<RouteKind>,
    /// Kind and amount of a route that is begun and not complete.
    pub(super) open_route: Option<(RouteKind, Pence)>,
    /// Oldest first.
    pub(super) challenges: Vec<Challenge>,
}

/// The awards of a call with what stands around each, oldest first, in one statement.
pub(super) fn of_call_around(db: &mut Db, call: Id<Call>) -> Result<Vec<Around>> {
    type Route = Option<(RouteKind, RouteState, Pence)>;
    type Row = (Award, String, Option<String>, Route, Option<Challenge>);
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
        .filter(awards::call_id.eq(call))
        .select((
            Award::as_select(),
            accounts::name,
            deciders.field(accounts::name).nullable(),
            (subsidy_routes::kind, subsidy_routes::state, subsidy_routes::amount).nullable(),
            Option::<Challenge>::as_select(),
        ))
        .order((awards::recommended_at, awards::id, award_challenges::notified_at, award_challenges::id))
        .limit(2000)
        .load(db)?;
    let mut found: Vec<Around> = Vec::new();
    for (award, recommender, decider, route, challenge) in rows {
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
}

/// The outcome of one application, in one statement.
///
/// # Errors
/// NotFound.
pub(super) fn outcome_of(db: &mut Db, id: Id<Application>) -> Result<Outcome> {
    let (application, summary, award, asked) = applications::table
        .left_join(assessment_summaries::table.on(assessment_summaries::application_id.eq(applications::id)))
        .left_join(awards::table.on(awards::application_id.eq(applications::id)))
        .left_join(
            subsidy_routes::table.on(subsidy_routes::application_id
                .eq(applications::id)
                .and(subsidy_routes::kind.eq(RouteKind::Mfa))
                .and(subsidy_routes::state.eq(RouteState::Open))),
        )
        .filter(applications::id.eq(id))
        .select((
            Application::as_select(),
            Option::<StoredSummary>::as_select(),
            Option::<Award>::as_select(),
            subsidy_routes::id.nullable(),
        ))
        .order((awards::recommended_at.desc(), awards::id.desc()))
        .first(db)?;
    Ok(Outcome { application, summary, award, asked })
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

/// A call with assessment summaries that no mail can bring any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The call.
    pub call: Id<Call>,
    /// Tender or round.
    pub kind: CallKind,
    /// Its title.
    pub title: String,
    /// Suppliers or applicants without theirs.
    pub count: usize,
}

/// Calls of an authority with assessment summaries that no mail can bring any more, oldest first, of at most two hundred.
///
/// # Errors
/// What the database says.
pub fn unreached(db: &mut Db, authority: Id<actor::Organisation>) -> Result<Vec<Unreached>> {
    let on_its_way = assessment_summary_mails::table
        .inner_join(mails::table.on(mails::id.eq(assessment_summary_mails::mail_id)))
        .filter(assessment_summary_mails::summary_id.eq(assessment_summaries::id))
        .filter(mails::failed_at.is_null());
    let rows: Vec<(Id<Call>, CallKind, String)> = assessment_summaries::table
        .inner_join(calls::table.on(calls::id.eq(assessment_summaries::call_id)))
        .filter(assessment_summaries::authority_id.eq(authority))
        .filter(assessment_summaries::sent_at.is_null())
        .filter(not(exists(on_its_way)))
        .select((calls::id, calls::kind, calls::title))
        .order((assessment_summaries::made_at, assessment_summaries::id))
        .limit(200)
        .load(db)?;
    let mut found: Vec<Unreached> = Vec::new();
    for (call, kind, title) in rows {
        match found.iter_mut().find(|known| known.call == call) {
            Some(known) => known.count += 1,
            None => found.push(Unreached { call, kind, title, count: 1 }),
        }
    }
    Ok(found)
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

pub(super) fn insert_summary(db: &mut Db, row: &StoredSummary) -> Result<()> {
    diesel::insert_into(assessment_summaries::table).values(row).execute(db)?;
    Ok(())
}

/// The summaries of a call with the mails that carry them, in one statement.
///
/// # Errors
/// What the database says.
pub fn sendings(db: &mut Db, call: Id<Call>) -> Result<Vec<Sending>> {
    sendings_where(db, call, None)
}

/// As [`sendings`], of one bid.
///
/// # Errors
/// NotFound before it is made, and under another call.
pub(super) fn sending_of(db: &mut Db, call: Id<Call>, application: Id<Application>) -> Result<Sending> {
    sendings_where(db, call, Some(application))?.pop().ok_or(Error::NotFound)
}

fn sendings_where(db: &mut Db, call: Id<Call>, application: Option<Id<Application>>) -> Result<Vec<Sending>> {
    let mut query = assessment_summaries::table
        .left_join(
            assessment_summary_mails::table.on(assessment_summary_mails::summary_id.eq(assessment_summaries::id)),
        )
        .left_join(mails::table.on(mails::id.eq(assessment_summary_mails::mail_id)))
        .filter(assessment_summaries::call_id.eq(call))
        .select((StoredSummary::as_select(), Option::<Carried>::as_select()))
        .into_boxed::<MultiBackend>();
    if let Some(application) = application {
        query = query.filter(assessment_summaries::application_id.eq(application));
    }
    let rows: Vec<(StoredSummary, Option<Carried>)> =
        query.order((assessment_summaries::id, mails::recipient, mails::id)).limit(MOST_BIDS).load(db)?;
    let mut found: Vec<Sending> = Vec::new();
    for (summary, mail) in rows {
        match found.last_mut() {
            Some(last) if last.summary.id == summary.id => last.mails.extend(mail),
            _ => found.push(Sending { summary, mails: mail.into_iter().collect() }),
        }
    }
    Ok(found)
}

pub(super) fn insert_summary_mails(db: &mut Db, rows: &[SummaryMail]) -> Result<()> {
    Ok(crate::insert_all!(db, assessment_summary_mails::table, rows)?)
}

/// Sets the summaries of a call aside that told of an award which falls away, so that the next decision has its own; how
/// many there were. What was told is kept. A mail that is still on its way gives nobody the summary to come.
pub(super) fn supersede_summaries(db: &mut Db, award: &Award, now: Instant) -> Result<usize> {
    let told: Vec<StoredSummary> = assessment_summaries::table
        .filter(assessment_summaries::call_id.eq(award.call_id))
        .select(StoredSummary::as_select())
        .order(assessment_summaries::id)
        .limit(MOST_BIDS)
        .load(db)?;
    let ids: Vec<Id<StoredSummary>> = told.iter().map(|summary| summary.id).collect();
    let kept: Vec<SupersededSummary> = told
        .into_iter()
        .map(|summary| SupersededSummary {
            id: summary.id,
            authority_id: summary.authority_id,
            call_id: summary.call_id,
            application_id: summary.application_id,
            award_id: award.id,
            body: summary.body,
            made_at: summary.made_at,
            sent_at: summary.sent_at,
            given_how: summary.given_how,
            superseded_at: now,
        })
        .collect();
    crate::insert_all!(db, superseded_summaries::table, kept.as_slice())?;
    let carried = assessment_summary_mails::summary_id.eq_any(ids.clone());
    diesel::delete(assessment_summary_mails::table.filter(carried)).execute(db)?;
    Ok(diesel::delete(assessment_summaries::table.filter(assessment_summaries::id.eq_any(ids))).execute(db)?)
}

/// What a bidder was told of an award that fell away later, oldest first.
pub(super) fn superseded(db: &mut Db, call: Id<Call>, application: Id<Application>) -> Result<Vec<SupersededSummary>> {
    Ok(superseded_summaries::table
        .filter(superseded_summaries::application_id.eq(application))
        .filter(superseded_summaries::call_id.eq(call))
        .select(SupersededSummary::as_select())
        .order((superseded_summaries::made_at, superseded_summaries::id))
        .limit(50)
        .load(db)?)
}

/// When the newest summary of a call was made that tells of an award which fell away.
pub(super) fn superseded_on(db: &mut Db, call: Id<Call>) -> Result<Option<Instant>> {
    Ok(superseded_summaries::table
        .filter(superseded_summaries::call_id.eq(call))
        .select(superseded_summaries::made_at)
        .order(superseded_summaries::made_at.desc())
        .first(db)
        .optional()?)
}

/// Marks a summary as given by another way than by mail, unless it is given already.
pub(super) fn give_summary(
    db: &mut Db,
    id: Id<StoredSummary>,
    at: Instant,
    by: Id<Account>,
    how: &str,
) -> Result<usize> {
    let open = assessment_summaries::table
        .filter(assessment_summaries::id.eq(id))
        .filter(assessment_summaries::sent_at.is_null());
    Ok(diesel::update(open)
        .set((
            assessment_summaries::sent_at.eq(at),
            assessment_summaries::sent_by.eq(by),
            assessment_summaries::given_how.eq(how),
        ))
        .execute(db)?)
}

/// The summary that a mail carries, when it carries one.
pub(super) fn summary_of_mail(db: &mut Db, mail: Id<Mail>) -> Result<Option<Id<StoredSummary>>> {
    Ok(assessment_summary_mails::table
        .filter(assessment_summary_mails::mail_id.eq(mail))
        .select(assessment_summary_mails::summary_id)
        .first(db)
        .optional()?)
}

/// Marks a summary as given at the instant when a mail server took one of its mails; the first counts.
pub(super) fn mailed_summary(db: &mut Db, id: Id<StoredSummary>, at: Instant) -> Result<()> {
    let open = assessment_summaries::table
        .filter(assessment_summaries::id.eq(id))
        .filter(assessment_summaries::sent_at.is_null());
    diesel::update(open).set(assessment_summaries::sent_at.eq(at)).execute(db)?;
    Ok(())
}

/// Challenges of an award, oldest first.
///
/// # Errors
/// What the database says.
pub fn challenges(db: &mut Db, award: Id<Award>) -> Result<Vec<Challenge>> {
    Ok(award_challenges::table
        .filter(award_challenges::award_id.eq(award))
        .select(Challenge::as_select())
        .order((award_challenges::notified_at, award_challenges::id))
        .limit(200)
        .load(db)?)
}

/// Whether a challenge of any award of a call suspends signing.
///
/// # Errors
/// What the database says.
pub(super) fn suspended(db: &mut Db, call: Id<Call>) -> Result<bool> {
    let open = award_challenges::table
        .inner_join(awards::table.on(awards::id.eq(award_challenges::award_id)))
        .filter(awards::call_id.eq(call))
        .filter(award_challenges::suspends)
        .filter(award_challenges::ended_at.is_null());
    Ok(diesel::select(exists(open)).get_result(db)?)
}

pub(super) fn find_challenge(db: &mut Db, id: Id<Challenge>) -> Result<Challenge> {
    Ok(award_challenges::table.filter(award_challenges::id.eq(id)).select(Challenge::as_select()).first(db)?)
}

pub(super) fn insert_challenge(db: &mut Db, row: &Challenge) -> Result<()> {
    diesel::insert_into(award_challenges::table).values(row).execute(db)?;
    Ok(())
}

pub(super) fn end_challenge(db: &mut Db, id: Id<Challenge>, at: Instant, note: &str) -> Result<()> {
    diesel::update(award_challenges::table.filter(award_challenges::id.eq(id)))
        .set((award_challenges::ended_at.eq(at), award_challenges::ended_note.eq(note)))
        .execute(db)?;
    Ok(())
}
