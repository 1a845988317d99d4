//! A bid falls away before the final decision: the bidder withdraws it after the opening, or an officer records that its
//! supplier is excluded or debarred. Then the others are ranked again (`scoring`), and only then is anything decided.
//!
//! Until the contract is signed the awarded bid itself may still fall away, and its award lapses with it: then the next is
//! recommended and approved as if nothing had been decided, and everybody is told anew. An awarded bidder that withdraws
//! gives notice itself, and an officer then records that its bid falls away. Where the bidder said so in another way, one
//! officer notes its message and another confirms that.

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
use crate::people::{addresses_of_deciders, addresses_of_organisations, addresses_with_role};
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
                if store::halt_of(db, award.id)?.is_some() {
                    return Err(AwardRefusal::WithdrawalTold.into());
                }
                keep_notice(db, &actor, (&award, by), &reason, None, now)?;
                let said = format!("The awarded bidder has given notice that it withdraws. Its reason: {reason}\n\nNo contract is signed with it.");
                tell_officers(db, &call, None, &said, &url, now)?;
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

/// Keeps that an awarded bidder withdraws: its own notice, or where and when it said so as an officer notes it.
fn keep_notice(
    db: &mut Db,
    actor: &Actor,
    (award, by): (&Award, Id<Account>),
    reason: &str,
    message: Option<&str>,
    now: Instant,
) -> Result<()> {
    let halt = Halt {
        id: Id::new(),
        authority_id: award.authority_id,
        award_id: award.id,
        kind: HaltKind::Withdrawal,
        reason: reason.to_owned(),
        message: message.map(ToOwned::to_owned),
        said_at: now,
        said_by: by,
    };
    store::insert_halt(db, &halt)?;
    let action = if message.is_some() { "award.withdrawal_noted" } else { "award.withdrawal_told" };
    note(db, actor, award, action, json!({ "notice": halt.id, "reason": reason, "message": message }), now)
}

/// Writes to the officers, but to who knows it, that an awarded bidder withdraws.
fn tell_officers(
    db: &mut Db,
    call: &Call,
    but: Option<Id<Account>>,
    said: &str,
    url: &str,
    now: Instant,
) -> Result<()> {
    let subject = format!("An awarded bidder withdraws: {}", call.reference);
    let text = format!(
        "{} “{}”\n\n{said} Record that its bid falls away, then rank the others again:\n{url}/desk/calls/{}/award\n",
        call.reference, call.title, call.id
    );
    for address in addresses_of_deciders(db, call.authority_id, Role::ProcurementOfficer, but)? {
        mail::queue(db, Some(call.authority_id), &address, &subject, &text, now)?;
    }
    Ok(())
}

/// The notice that an awarded bidder withdraws, which this officer may confirm; none where the officer notes it now, with
/// where and when the bidder said so. An award is not undone on one officer's word.
fn told_by_the_bidder(db: &mut Db, award: &Award, by: Id<Account>, message: Option<&str>) -> Result<Option<Id<Halt>>> {
    match store::halt_of(db, award.id)? {
        Some(halt) if halt.said_by == by => Err(AwardRefusal::OwnNote.into()),
        Some(halt) => Ok(Some(halt.id)),
        None if message.is_some() => Ok(None),
        None => Err(AwardRefusal::WithdrawalNotTold.into()),
    }
}

/// Tells the bidder's people what was noted of them, so that they can contradict it.
fn tell_bidder(db: &mut Db, call: &Call, bid: &Application, message: &str, url: &str, now: Instant) -> Result<()> {
    let subject = format!("{} “{}”: the council notes that you withdraw", call.reference, call.title);
    let text = format!(
        "The council has noted that you withdraw your bid, which was awarded the contract: {message}\n\nOnce a second officer confirms it, your bid falls away and another bid is decided on. If you do not withdraw, write to the council at once.\n\n{url}/applications/{}/outcome\n",
        bid.id
    );
    for (_, team) in addresses_of_organisations(db, &[bid.organisation_id])? {
        for to in team {
            mail::queue(db, Some(call.authority_id), &to, &subject, &text, now)?;
        }
    }
    Ok(())
}

/// An officer's record that a bid falls away.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct FallInput {
    /// `withdrawn`, `excluded_supplier`, `debarred` or `breach`.
    pub ground: String,
    /// Why; the bidder reads this.
    pub reason: String,
    /// Of the awarded bid that is withdrawn without a notice of its owner: where and when the bidder said so.
    pub message: String,
}

/// An officer records that a bid falls away before the final decision, or that the awarded one does before its contract is
/// signed: then the award lapses, and what was told of it is set aside. Of an awarded bidder that withdraws and gave no
/// notice itself, the first officer notes its message, and a second records that the bid falls away. Says whether it has.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, before the opening, twice, or after the decision; of the
/// awarded bid also without the bidder's notice or message that it withdraws, to who noted that message, and without the
/// check that found somebody excluded.
pub async fn record(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    application: Id<Application>,
    input: &FallInput,
    now: Instant,
) -> Result<bool> {
    let mut form = Parser::default();
    let ground = form.value::<FallGround>("ground", &input.ground, "Choose why it falls away");
    let reason = form.text("reason", &input.reason, 2000, "Give the reason. Who sent it reads this");
    let message = form.optional_text("message", &input.message, 500);
    form.finish()?;
    let Some(ground) = ground else { return Err(Error::field("ground", "Choose why it falls away")) };
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.trim_end_matches('/').to_owned());
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
            let notice = match &lapsing {
                None => {
                    before_the_decision(db, &call, application.id)?;
                    None
                }
                Some(award) if ground == FallGround::Withdrawn => {
                    let told = told_by_the_bidder(db, award, by, message.as_deref())?;
                    if let (None, Some(message)) = (told, &message) {
                        keep_notice(db, &actor, (award, by), &reason, Some(message.as_str()), now)?;
                        let said = format!(
                            "An officer noted that the awarded bidder withdraws: {message}\n\nRead that message first."
                        );
                        tell_officers(db, &call, Some(by), &said, &url, now)?;
                        tell_bidder(db, &call, &application, message, &url, now)?;
                        return Ok(false);
                    }
                    told
                }
                Some(award) => {
                    excluded_by_a_check(db, award)?;
                    None
                }
            };
            scoring::falling_away::record(db, &actor, &application, ground, &reason, now)?;
            if let Some(mut award) = lapsing {
                award.state = AwardState::Lapsed;
                store::set(db, &award)?;
                let summaries = store::supersede_summaries(db, &award, now)?;
                tell_set_aside(db, &call, now)?;
                let facts = json!({ "ground": ground, "notice": notice, "summaries_set_aside": summaries });
                note(db, &actor, &award, "award.fell_away", facts, now)?;
            }
            Ok(true)
        })
        .await
}
