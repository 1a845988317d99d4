//! A bid falls away before the final decision: the bidder withdraws it after the opening, or an officer records that its
//! supplier is excluded or debarred. Then the others are ranked again (`scoring`), and only then is anything decided.
//!
//! Until the contract is signed the awarded bid itself may still fall away, and its award lapses with it: then the next is
//! recommended and approved as if nothing had been decided, and everybody is told anew. An awarded bidder that withdraws
//! gives notice itself; an officer then records that its bid falls away, and nobody records it without that notice.

use super::actions::note;
use super::model::{Award, AwardState};
use super::rules::{self, AwardRefusal};
use super::store::{self, Halt, HaltKind};
use crate::app::App;
use crate::applications::{self, Application, refuse_bidder};
use crate::calls::{self, Call, CallKind};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox::mail::{self, Mail};
use crate::people::policy::{Action, Thing, can, require};
use crate::people::{addresses_of_organisations, addresses_with_role};
use crate::scoring::{self, FallGround};
use crate::values::{Account, Actor, Id, Instant, Parser, Role};
use serde::Deserialize;
use serde_json::json;

/// Whether an award is a decision that nothing falls away before.
fn is_final(award: &Award) -> bool {
    !matches!(
        award.state,
        AwardState::Recommended | AwardState::DeclinedByCommittee | AwardState::Declined | AwardState::Lapsed
    )
}

/// Refuses once the final decision is made: of a tender by any approved award, of a round by one of the application.
fn before_the_decision(db: &mut Db, call: &Call, application: Id<Application>) -> Result<()> {
    // A confirmed shortlist is the decision of a first stage: whoever is on it falls away in the second.
    if scoring::shortlist::is_confirmed(db, call)? {
        return Err(AwardRefusal::Decided.into());
    }
    let decided = store::of_call(db, call.id)?
        .iter()
        .any(|award| is_final(award) && (call.kind == CallKind::Tender || award.application_id == application));
    if decided { Err(AwardRefusal::Decided.into()) } else { Ok(()) }
}

/// The award of a contract that lapses when its own bid falls away on this ground before the signing: a council signs with
/// nobody who is excluded, debarred or gone (Procurement Act 2023 s.26).
fn lapsing(db: &mut Db, call: &Call, application: Id<Application>, ground: FallGround) -> Result<Option<Award>> {
    let after_the_award = match ground {
        FallGround::Withdrawn | FallGround::ExcludedSupplier | FallGround::Debarred => true,
        FallGround::Breach => false,
    };
    if call.kind != CallKind::Tender || !after_the_award {
        return Ok(None);
    }
    let unsigned = |award: &Award| matches!(award.state, AwardState::Approved | AwardState::Noticed);
    Ok(store::of_call(db, call.id)?.into_iter().find(|a| a.application_id == application && unsigned(a)))
}

/// Requires a recorded check that found the supplier of an award, or a subcontractor of it, excluded: an award is not
/// undone on one person's word.
///
/// # Errors
/// [`AwardRefusal::ChecksMissing`].
fn excluded_by_a_check(db: &mut Db, award: &Award) -> Result<()> {
    match rules::nobody_excluded(&store::checks(db, award.application_id)?) {
        Err(_) => Ok(()),
        Ok(()) => Err(AwardRefusal::ChecksMissing { what: "none found the supplier excluded".to_owned() }.into()),
    }
}

/// Tells every bidder whose bid was opened that the decision they were told of is set aside.
fn tell_set_aside(db: &mut Db, call: &Call, now: Instant) -> Result<()> {
    let bids: Vec<Application> =
        applications::of_call(db, call.id)?.into_iter().filter(|a| a.opened_at.is_some()).collect();
    let organisations: Vec<_> = bids.iter().map(|bid| bid.organisation_id).collect();
    let subject = format!("{} “{}”: the decision is set aside", call.reference, call.title);
    let body = format!(
        "The council has set aside its decision on {} “{}”: the bid that it was made for has fallen away, and no contract is \
         signed. What you were told of that decision no longer holds. You are told again when there is a new one.\n",
        call.reference, call.title
    );
    let mut mails = Vec::new();
    for (_, team) in addresses_of_organisations(db, &organisations)? {
        mails.extend(team.iter().map(|to| Mail::new(Some(call.authority_id), to, &subject, &body, now)));
    }
    mail::queue_all(db, &mails)
}

/// Withdrawing after the opening.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WithdrawOpenedInput {
    /// Why; it is kept with the ranking.
    pub reason: String,
}

/// What came of a bidder's word that it withdraws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// The bid has fallen away.
    Done,
    /// The bid was awarded: the council has the bidder's notice, and an officer records that it falls away.
    Told,
}

/// The bidder's owner withdraws an opened bid before the final decision. What was sent and scored is kept. Of the awarded
/// bid it gives notice, until the contract is signed: the award is set aside by an officer, who refers to it.
///
/// # Errors
/// Invalid; NotFound for another's; Denied for an editor; refused before the opening, twice, after the decision on another
/// bid, and once the contract is signed.
pub async fn withdraw(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    input: &WithdrawOpenedInput,
    now: Instant,
) -> Result<Withdrawal> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why you withdraw");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.trim_end_matches('/').to_owned());
    app.db
        .write(move |db| {
            let application = applications::find(db, id)?;
            let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
            if !can(&actor, Action::ReadOwnApplication, &thing) {
                return Err(Error::NotFound);
            }
            require(&actor, Action::SubmitApplication, &thing)?;
            let call = calls::find(db, application.call_id)?;
            if let Some(award) = lapsing(db, &call, id, FallGround::Withdrawn)? {
                give_notice(db, &actor, by, (&call, &award), &reason, now)?;
                let subject = format!("An awarded bidder withdraws: {}", call.reference);
                let text = format!(
                    "The awarded bidder has given notice that it withdraws from {} “{}”. Its reason: {reason}\n\nNo contract is signed with it. Record that its bid falls away, then rank the others again:\n{url}/desk/calls/{}/award\n",
                    call.reference, call.title, call.id
                );
                for address in addresses_with_role(db, call.authority_id, Role::ProcurementOfficer)? {
                    mail::queue(db, Some(call.authority_id), &address, &subject, &text, now)?;
                }
                return Ok(Withdrawal::Told);
            }
            before_the_decision(db, &call, id)?;
            scoring::falling_away::record(db, &actor, &application, FallGround::Withdrawn, &reason, now)?;
            let (role, who, subject) = match call.kind {
                CallKind::Tender => (Role::ProcurementOfficer, "A bidder", "A bid was withdrawn"),
                CallKind::Round => (Role::FundManager, "An applicant", "An application was withdrawn"),
            };
            for address in addresses_with_role(db, call.authority_id, role)? {
                let text = format!(
                    "{who} has withdrawn from {} “{}” after the opening.\n\nRank the others again before anything is decided:\n{url}/desk/calls/{}/moderation\n",
                    call.reference, call.title, call.id
                );
                mail::queue(db, Some(call.authority_id), &address, subject, &text, now)?;
            }
            Ok(Withdrawal::Done)
        })
        .await
}

/// Keeps the notice of an awarded bidder that it withdraws.
fn give_notice(
    db: &mut Db,
    actor: &Actor,
    by: Id<Account>,
    (call, award): (&Call, &Award),
    reason: &str,
    now: Instant,
) -> Result<()> {
    if store::halt_of(db, award.id)?.is_some() {
        return Err(AwardRefusal::WithdrawalTold.into());
    }
    let halt = Halt {
        id: Id::new(),
        authority_id: call.authority_id,
        award_id: award.id,
        kind: HaltKind::Withdrawal,
        reason: reason.to_owned(),
        said_at: now,
        said_by: by,
    };
    store::insert_halt(db, &halt)?;
    note(db, actor, award, "award.withdrawal_told", json!({ "notice": halt.id, "reason": halt.reason }), now)
}

/// Requires the notice of an awarded bidder that it withdraws: an award is not undone on one officer's word.
fn told_by_the_bidder(db: &mut Db, award: &Award) -> Result<Id<Halt>> {
    let halt = store::halt_of(db, award.id)?.filter(|halt| halt.kind == HaltKind::Withdrawal);
    Ok(halt.ok_or(AwardRefusal::WithdrawalNotTold)?.id)
}

/// An officer's record that a bid falls away.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct FallInput {
    /// `withdrawn`, `excluded_supplier`, `debarred` or `breach`.
    pub ground: String,
    /// Why; the bidder reads this.
    pub reason: String,
}

/// An officer records that a bid falls away before the final decision, or that the awarded one does before its contract is
/// signed: then the award lapses, and what was told of it is set aside.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, before the opening, twice, or after the decision; of the
/// awarded bid also without the bidder's own notice that it withdraws, or the check that found somebody excluded.
pub async fn record(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    application: Id<Application>,
    input: &FallInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let ground = form.value::<FallGround>("ground", &input.ground, "Choose why it falls away");
    let reason = form.text("reason", &input.reason, 2000, "Give the reason. Who sent it reads this");
    form.finish()?;
    let Some(ground) = ground else { return Err(Error::field("ground", "Choose why it falls away")) };
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            scoring::refuse_conflicted(db, &actor, call.id)?;
            let application = applications::find(db, application)?;
            if application.call_id != call.id {
                return Err(Error::NotFound);
            }
            let lapsing = lapsing(db, &call, application.id, ground)?;
            if lapsing.is_none() {
                before_the_decision(db, &call, application.id)?;
            }
            scoring::falling_away::record(db, &actor, &application, ground, &reason, now)?;
            if let Some(mut award) = lapsing {
                let notice = if ground == FallGround::Withdrawn {
                    Some(told_by_the_bidder(db, &award)?)
                } else {
                    excluded_by_a_check(db, &award)?;
                    None
                };
                award.state = AwardState::Lapsed;
                store::set(db, &award)?;
                let summaries = store::supersede_summaries(db, &award, now)?;
                tell_set_aside(db, &call, now)?;
                let facts = json!({ "ground": ground, "notice": notice, "summaries_set_aside": summaries });
                note(db, &actor, &award, "award.fell_away", facts, now)?;
            }
            Ok(())
        })
        .await
}
