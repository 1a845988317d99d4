//! Rows of assessment summaries: as they stand, how their mails fare, and those of decisions that were set aside.

use super::MOST_BIDS;
use crate::applications::Application;
use crate::awards::model::Award;
use crate::awards::summary::Summary;
use crate::calls::{Call, CallKind};
use crate::db::schema::{assessment_summaries, assessment_summary_mails, calls, mails, superseded_summaries};
use crate::db::{Db, Json, MultiBackend};
use crate::error::{Error, Result};
use crate::outbox::mail::Mail;
use crate::values::{Account, Id, Instant, actor};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

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
pub(in crate::awards) struct SummaryMail {
    pub(in crate::awards) mail_id: Id<Mail>,
    pub(in crate::awards) authority_id: Id<actor::Organisation>,
    pub(in crate::awards) summary_id: Id<StoredSummary>,
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

pub(in crate::awards) fn insert_summary(db: &mut Db, row: &StoredSummary) -> Result<()> {
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
pub(in crate::awards) fn sending_of(db: &mut Db, call: Id<Call>, application: Id<Application>) -> Result<Sending> {
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

pub(in crate::awards) fn insert_summary_mails(db: &mut Db, rows: &[SummaryMail]) -> Result<()> {
    Ok(crate::insert_all!(db, assessment_summary_mails::table, rows)?)
}

/// Sets the summaries of a call aside that told of an award which falls away, so that the next decision has its own; how
/// many there were. What was told is kept. A mail that is still on its way gives nobody the summary to come.
pub(in crate::awards) fn supersede_summaries(db: &mut Db, award: &Award, now: Instant) -> Result<usize> {
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
pub(in crate::awards) fn superseded(
    db: &mut Db,
    call: Id<Call>,
    application: Id<Application>,
) -> Result<Vec<SupersededSummary>> {
    Ok(superseded_summaries::table
        .filter(superseded_summaries::application_id.eq(application))
        .filter(superseded_summaries::call_id.eq(call))
        .select(SupersededSummary::as_select())
        .order((superseded_summaries::made_at, superseded_summaries::id))
        .limit(50)
        .load(db)?)
}

/// When the newest summary of a call was made that tells of an award which fell away.
pub(in crate::awards) fn superseded_on(db: &mut Db, call: Id<Call>) -> Result<Option<Instant>> {
    Ok(superseded_summaries::table
        .filter(superseded_summaries::call_id.eq(call))
        .select(superseded_summaries::made_at)
        .order(superseded_summaries::made_at.desc())
        .first(db)
        .optional()?)
}

/// Marks a summary as given by another way than by mail, unless it is given already.
pub(in crate::awards) fn give_summary(
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
pub(in crate::awards) fn summary_of_mail(db: &mut Db, mail: Id<Mail>) -> Result<Option<Id<StoredSummary>>> {
    Ok(assessment_summary_mails::table
        .filter(assessment_summary_mails::mail_id.eq(mail))
        .select(assessment_summary_mails::summary_id)
        .first(db)
        .optional()?)
}

/// Marks a summary as given at the instant when a mail server took one of its mails; the first counts.
pub(in crate::awards) fn mailed_summary(db: &mut Db, id: Id<StoredSummary>, at: Instant) -> Result<()> {
    let open = assessment_summaries::table
        .filter(assessment_summaries::id.eq(id))
        .filter(assessment_summaries::sent_at.is_null());
    diesel::update(open).set(assessment_summaries::sent_at.eq(at)).execute(db)?;
    Ok(())
}
