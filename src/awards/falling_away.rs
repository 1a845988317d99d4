//! A bid falls away before the final decision: the bidder withdraws it after the opening, or an officer records that its
//! supplier is excluded or debarred. Then the others are ranked again (`scoring`), and only then is anything decided.

use super::model::{Award, AwardState};
use super::rules::AwardRefusal;
use super::store;
use crate::app::App;
use crate::applications::{self, Application, refuse_bidder};
use crate::calls::{self, Call, CallKind};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::people::addresses_with_role;
use crate::people::policy::{Action, Thing, can, require};
use crate::scoring::{self, FallGround};
use crate::values::{Actor, Id, Instant, Parser, Role};
use serde::Deserialize;

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

/// Withdrawing after the opening.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WithdrawOpenedInput {
    /// Why; it is kept with the ranking.
    pub reason: String,
}

/// The bidder's owner withdraws an opened bid before the final decision. What was sent and scored is kept.
///
/// # Errors
/// Invalid; NotFound for another's; Denied for an editor; refused before the opening, twice, or after the decision.
pub async fn withdraw(
    app: &App,
    actor: &Actor,
    id: Id<Application>,
    input: &WithdrawOpenedInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why you withdraw");
    form.finish()?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let application = applications::find(db, id)?;
            let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
            if !can(&actor, Action::ReadOwnApplication, &thing) {
                return Err(Error::NotFound);
            }
            require(&actor, Action::SubmitApplication, &thing)?;
            let call = calls::find(db, application.call_id)?;
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
            Ok(())
        })
        .await
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

/// An officer records that a bid falls away before the final decision.
///
/// # Errors
/// Invalid, Denied, NotFound; refused before the opening, twice, or after the decision.
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
            let application = applications::find(db, application)?;
            if application.call_id != call.id {
                return Err(Error::NotFound);
            }
            before_the_decision(db, &call, application.id)?;
            scoring::falling_away::record(db, &actor, &application, ground, &reason, now)
        })
        .await
}
