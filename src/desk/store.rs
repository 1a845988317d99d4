//! Reads that look across rooms. Nothing is written here.

use crate::agreements::{Agreement, AgreementKind, CANCELLED, Obligation, VALUE_LEFT, counts, is_cancelled};
use crate::awards::{Award, AwardState, CommitteeVote};
use crate::calls::{Call, CallStage};
use crate::compliance::{Claim, ClaimState};
use crate::db::schema::{
    agreements, applications, awards, calls, claims, committee_votes, investment_cancellations, investment_drawdowns,
    investment_precedents, investment_restructurings, investment_valuations, investments, mission_partners, missions,
    moderations, obligation_dues, obligations, organisations, panel_members, shortlists,
};
use crate::db::{Cursor, Db, MultiBackend, Page, sum_pence};
use crate::error::Result;
use crate::investments::{Investment, InvestmentState, ProposalState};
use crate::missions::{Mission, Partner};
use crate::people::{Organisation, OrganisationKind};
use crate::scoring::shortlist::ShortlistOutcome;
use crate::values::{Account, Id, Instant, LocalDate, Pence, actor};
use diesel::dsl::{count_star, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

diesel::define_sql_function! {
    /// Small letters, on both databases.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Calls that take applications now, the one that closes first at the top; of one mission, when one is given.
pub(super) fn open_calls(db: &mut Db, now: Instant, mission: Option<Id<Mission>>, limit: i64) -> Result<Vec<Call>> {
    let mut query = calls::table
        .filter(calls::stage.eq(CallStage::Open))
        .filter(calls::deadline_at.ge(now))
        .select(Call::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(mission) = mission {
        query = query.filter(calls::mission_id.eq(mission));
    }
    Ok(query.order((calls::deadline_at, calls::id)).limit(limit).load(db)?)
}

/// Money agreed under one kind of agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub kind: AgreementKind,
    pub count: i64,
    pub organisations: i64,
    pub value: Pence,
}

/// How many results were promised, and of how many a figure was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Checked {
    pub promised: i64,
    pub verified: i64,
}

/// What has been agreed, by kind, and what was checked of the promises, of all missions together. What was
/// cancelled before anything was paid is left out. One statement.
pub(super) fn agreed(db: &mut Db) -> Result<(Vec<Agreed>, Checked)> {
    type Sums = (AgreementKind, i64, i64, Option<i64>, i64, i64);
    let sums = (
        agreements::kind,
        count_star(),
        sql::<BigInt>("COUNT(DISTINCT organisation_id)"),
        sum_pence(VALUE_LEFT),
        sql::<BigInt>(&format!("(SELECT COUNT(*) FROM obligations WHERE agreement_id NOT IN ({CANCELLED}))")),
        sql::<BigInt>(&format!(
            "(SELECT COUNT(DISTINCT obligation_id) FROM claims WHERE verified IS NOT NULL AND state = 'accepted' \
             AND agreement_id NOT IN ({CANCELLED}))"
        )),
    );
    let rows: Vec<Sums> =
        agreements::table.filter(counts()).group_by(agreements::kind).select(sums).order(agreements::kind).load(db)?;
    let checked = rows
        .first()
        .map(|(.., promised, verified)| Checked { promised: *promised, verified: *verified })
        .unwrap_or_default();
    let agreed = rows
        .into_iter()
        .map(|(kind, count, organisations, value, ..)| Agreed {
            kind,
            count,
            organisations,
            value: Pence(value.unwrap_or(0)),
        })
        .collect();
    Ok((agreed, checked))
}

/// A verified figure with what is public around it.
#[derive(Queryable)]
pub(super) struct Verified {
    pub claim: Claim,
    pub obligation: Obligation,
    /// The agreement's reference.
    pub reference: String,
    /// The organisation's name.
    pub organisation: String,
    /// The mission, public or not.
    pub mission: Option<Mission>,
    /// The period of the figure, in words.
    pub period: String,
}

/// Figures that the council accepted, the newest decision first, without those of agreements that were cancelled before
/// anything was paid. One statement.
pub(super) fn verified(db: &mut Db, after: Option<&Cursor>, limit: usize) -> Result<Page<Verified>> {
    let mut query = claims::table
        .inner_join(obligations::table.on(obligations::id.eq(claims::obligation_id)))
        .inner_join(obligation_dues::table.on(obligation_dues::id.eq(claims::due_id)))
        .inner_join(agreements::table.on(agreements::id.eq(claims::agreement_id)))
        .inner_join(organisations::table.on(organisations::id.eq(claims::organisation_id)))
        .left_join(missions::table.on(missions::id.eq(claims::mission_id)))
        .filter(claims::state.eq(ClaimState::Accepted))
        .filter(claims::verified.is_not_null())
        .filter(claims::decided_at.is_not_null())
        .filter(counts())
        .select((
            Claim::as_select(),
            Obligation::as_select(),
            agreements::reference,
            organisations::name,
            Option::<Mission>::as_select(),
            obligation_dues::period,
        ))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(claims::decided_at, claims::id, cursor));
    }
    let rows = query.order((claims::decided_at.desc(), claims::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |v: &Verified| Cursor {
        at: v.claim.decided_at.unwrap_or(v.claim.reported_at),
        id: v.claim.id.to_string(),
    }))
}

/// The partners of a mission, at most 200, and what was paid out under its investments by a day. One statement.
pub(super) fn partners_and_paid(db: &mut Db, mission: Id<Mission>, on: LocalDate) -> Result<(Vec<Partner>, Pence)> {
    let paid = investment_drawdowns::table
        .filter(
            investment_drawdowns::investment_id
                .eq_any(investments::table.filter(investments::mission_id.eq(mission)).select(investments::id)),
        )
        .filter(investment_drawdowns::state.eq(ProposalState::Approved))
        .filter(investment_drawdowns::pay_on.le(on))
        .select(sum_pence("amount"))
        .single_value();
    let rows: Vec<(Option<Partner>, Option<i64>)> = missions::table
        .left_join(mission_partners::table.on(mission_partners::mission_id.eq(missions::id)))
        .filter(missions::id.eq(mission))
        .select((Option::<Partner>::as_select(), paid))
        .order(mission_partners::id)
        .limit(200)
        .load(db)?;
    let paid = rows.first().and_then(|(_, paid)| *paid).unwrap_or(0);
    Ok((rows.into_iter().filter_map(|(partner, _)| partner).collect(), Pence(paid)))
}

/// An award, its call, its organisation's name and what members said of it.
type RecommendedAward = (Award, Call, String, Vec<CommitteeVote>);

/// Recommendations of an authority that wait for its committee and that somebody other than this person made, the oldest
/// first, each with its call, its organisation's name and what members said of it. One statement.
pub(super) fn recommended(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    person: Id<Account>,
) -> Result<Vec<RecommendedAward>> {
    let rows: Vec<(Award, Call, String, Option<CommitteeVote>)> = awards::table
        .inner_join(calls::table.on(calls::id.eq(awards::call_id)))
        .inner_join(organisations::table.on(organisations::id.eq(awards::organisation_id)))
        .left_join(committee_votes::table.on(committee_votes::award_id.eq(awards::id)))
        .filter(awards::authority_id.eq(authority))
        .filter(awards::state.eq(AwardState::Recommended))
        .filter(awards::recommended_by.ne(person))
        .select((Award::as_select(), Call::as_select(), organisations::name, Option::<CommitteeVote>::as_select()))
        .order((awards::recommended_at, awards::id, committee_votes::id))
        .limit(1000)
        .load(db)?;
    let mut found: Vec<RecommendedAward> = Vec::new();
    for (award, call, name, vote) in rows {
        if found.last().is_none_or(|(last, ..)| last.id != award.id) {
            found.push((award, call, name, Vec::new()));
        }
        if let Some((.., votes)) = found.last_mut() {
            votes.extend(vote);
        }
    }
    Ok(found)
}

/// What is proposed of an investment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proposed {
    Payment,
    Value,
    Change,
    Cancelling,
}

/// A proposal that waits for a second person: the investment, its reference, its organisation's name, since when.
pub(super) type Proposal = (Id<Investment>, String, String, Instant);

/// What is proposed of an authority's investments by somebody other than this person and is not decided. Four
/// statements, each the oldest first.
pub(super) fn proposed(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    person: Id<Account>,
) -> Result<Vec<(Proposed, Proposal)>> {
    macro_rules! open {
        ($table:ident) => {
            $table::table
                .inner_join(investments::table.on(investments::id.eq($table::investment_id)))
                .inner_join(organisations::table.on(organisations::id.eq(investments::organisation_id)))
                .filter($table::authority_id.eq(authority))
                .filter($table::state.eq(ProposalState::Proposed))
                .filter($table::proposed_by.ne(person))
                .select((investments::id, investments::reference, organisations::name, $table::proposed_at))
                .order(($table::proposed_at, $table::id))
                .limit(100)
                .load::<Proposal>(db)?
        };
    }
    let payments = open!(investment_drawdowns).into_iter().map(|one| (Proposed::Payment, one));
    let values = open!(investment_valuations).into_iter().map(|one| (Proposed::Value, one));
    let changes = open!(investment_restructurings).into_iter().map(|one| (Proposed::Change, one));
    let cancelled = open!(investment_cancellations).into_iter().map(|one| (Proposed::Cancelling, one));
    Ok(changes.chain(cancelled).chain(payments).chain(values).collect())
}

/// A call that waits for somebody: identifier, reference, title, and an instant.
pub(super) type Waiting<T> = (Id<Call>, String, String, T);

/// Opened calls on whose panel this person sits and has not finished scoring, each with when they declared conflicts, the
/// first they were put on at the top. One statement.
pub(super) fn to_score(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    person: Id<Account>,
) -> Result<Vec<Waiting<Option<Instant>>>> {
    let opened =
        applications::table.filter(applications::call_id.eq(calls::id)).filter(applications::opened_at.is_not_null());
    let moderated = moderations::table.filter(moderations::call_id.eq(calls::id));
    Ok(calls::table
        .inner_join(panel_members::table.on(panel_members::call_id.eq(calls::id)))
        .filter(panel_members::authority_id.eq(authority))
        .filter(panel_members::account_id.eq(person))
        .filter(panel_members::final_at.is_null())
        .filter(panel_members::replaced_at.is_null())
        .filter(calls::stage.ne(CallStage::Withdrawn))
        .filter(exists(opened))
        .filter(not(exists(moderated)))
        .select((calls::id, calls::reference, calls::title, panel_members::declared_at))
        .order((panel_members::added_at, panel_members::id))
        .limit(100)
        .load(db)?)
}

/// Shortlists of an authority that somebody other than this person proposed and nobody has decided on, with when, the
/// oldest first. One statement.
pub(super) fn shortlists_proposed(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    person: Id<Account>,
) -> Result<Vec<Waiting<Instant>>> {
    Ok(shortlists::table
        .inner_join(calls::table.on(calls::id.eq(shortlists::call_id)))
        .filter(shortlists::authority_id.eq(authority))
        .filter(shortlists::outcome.eq(ShortlistOutcome::Proposed))
        .filter(shortlists::proposed_by.ne(person))
        .select((calls::id, calls::reference, calls::title, shortlists::proposed_at))
        .order((shortlists::proposed_at, shortlists::id))
        .limit(100)
        .load(db)?)
}

/// Conditions before payment that nobody has verified, one row each, of investments that still run: the investment, its
/// reference and its organisation's name, those of one investment beside each other. One statement.
pub(super) fn unverified(
    db: &mut Db,
    authority: Id<actor::Organisation>,
) -> Result<Vec<(Id<Investment>, String, String)>> {
    Ok(investment_precedents::table
        .inner_join(investments::table.on(investments::id.eq(investment_precedents::investment_id)))
        .inner_join(organisations::table.on(organisations::id.eq(investments::organisation_id)))
        .filter(investment_precedents::authority_id.eq(authority))
        .filter(investment_precedents::verified_at.is_null())
        .filter(investments::state.eq_any([InvestmentState::AwaitingDrawdown, InvestmentState::Running]))
        .select((investments::id, investments::reference, organisations::name))
        .order((investments::opened_at, investments::id, investment_precedents::id))
        .limit(500)
        .load(db)?)
}

pub(super) fn search_calls(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    pattern: &str,
    limit: i64,
) -> Result<Vec<Call>> {
    Ok(calls::table
        .filter(calls::authority_id.eq(authority))
        .filter(
            lower(calls::title)
                .like(pattern.to_owned())
                .escape('\\')
                .or(lower(calls::reference).like(pattern.to_owned()).escape('\\')),
        )
        .select(Call::as_select())
        .order((calls::created_at.desc(), calls::id))
        .limit(limit)
        .load(db)?)
}

pub(super) fn search_agreements(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    pattern: &str,
    limit: i64,
) -> Result<Vec<Agreement>> {
    Ok(agreements::table
        .filter(agreements::authority_id.eq(authority))
        .filter(
            lower(agreements::title)
                .like(pattern.to_owned())
                .escape('\\')
                .or(lower(agreements::reference).like(pattern.to_owned()).escape('\\')),
        )
        .select(Agreement::as_select())
        .order((agreements::signed_at.desc(), agreements::id))
        .limit(limit)
        .load(db)?)
}

/// Applicant organisations by name. They belong to no authority, and staff of each may see them.
pub(super) fn search_organisations(db: &mut Db, pattern: &str, limit: i64) -> Result<Vec<Organisation>> {
    Ok(organisations::table
        .filter(organisations::kind.ne_all(vec![OrganisationKind::Authority, OrganisationKind::Department]))
        .filter(lower(organisations::name).like(pattern.to_owned()).escape('\\'))
        .select(Organisation::as_select())
        .order((organisations::name, organisations::id))
        .limit(limit)
        .load(db)?)
}

/// A signed agreement, the name of its organisation, whether all of it was cancelled before anything was paid, and its
/// value in pence without what was cancelled.
pub(super) type Registered = (Agreement, String, bool, i64);

/// Every signed agreement, newest first.
pub(super) fn register(db: &mut Db, after: Option<&Cursor>, limit: usize) -> Result<Page<Registered>> {
    let mut query = agreements::table
        .inner_join(organisations::table.on(organisations::id.eq(agreements::organisation_id)))
        .select((Agreement::as_select(), organisations::name, is_cancelled(), sql::<BigInt>(VALUE_LEFT)))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(agreements::signed_at, agreements::id, cursor));
    }
    let rows =
        query.order((agreements::signed_at.desc(), agreements::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |(a, ..): &Registered| Cursor { at: a.signed_at, id: a.id.to_string() }))
}
