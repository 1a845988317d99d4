//! Offers of investment: made, accepted, declined, lapsed.

use super::actions::note;
use super::model::{Award, AwardKind, AwardState};
use super::offer_shown::offered_words;
use super::rules::{self, AwardRefusal};
use super::store;
use crate::app::App;
use crate::calls;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::finance::terms::package::{self, PackageEquivalent};
use crate::outbox::{self, Job, mail};
use crate::people::policy::{Action, require};
use crate::people::{addresses_of_organisation, find_organisation};
use crate::scoring;
use crate::subsidies::{self, MarketInput, WorkedOut};
use crate::values::{Actor, Id, Instant, Parser};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;

/// The kind of the job that lets an offer lapse.
pub const LAPSE: &str = "awards.offer_lapses";

/// Making an offer.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OfferInput {
    /// Date of the last instant to answer, or a whole RFC 3339 instant.
    pub answer_by_date: String,
    /// London time.
    pub answer_by_time: String,
}

/// Offers an approved investment to its applicant. Needs a recorded subsidy route of this very applicant.
///
/// # Errors
/// Invalid, Denied; refused to who declared a conflict, without a route, and under a withdrawn call.
pub async fn make(app: &App, actor: &Actor, id: Id<Award>, input: &OfferInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let by = form.instant(
        "answer_by",
        &input.answer_by_date,
        &input.answer_by_time,
        "Enter until when the applicant may answer",
    );
    form.finish()?;
    let Some(by) = by else { return Err(Error::field("answer_by_date", "Enter until when the applicant may answer")) };
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            require(&actor, Action::RunAward, &award.thing())?;
            scoring::refuse_conflicted(db, &actor, award.call_id)?;
            if award.kind != AwardKind::Investment {
                return Err(AwardRefusal::WrongState { state: award.state }.into());
            }
            rules::at_step(&award, &[AwardState::Approved])?;
            rules::not_withdrawn(&calls::find(db, award.call_id)?)?;
            if by <= now {
                return Err(AwardRefusal::AnswerByPast.into());
            }
            let route = subsidies::recorded_route(db, &award.application_id.to_string())?
                .filter(|r| r.authority_id == award.authority_id && r.organisation_id == award.organisation_id)
                .ok_or(AwardRefusal::NoRoute)?;
            award.state = AwardState::Offered;
            award.offer_answer_by = Some(by);
            store::set(db, &award)?;
            // A microsecond later, so that an answer at the last instant itself is still in time.
            outbox::schedule(db, LAPSE, json!({ "award": award.id }), by.plus(TimeDelta::microseconds(1)))?;
            let council = find_organisation(db, award.authority_id)?.name;
            let parts = match award.terms.0.number_of_parts() {
                0 | 1 => String::new(),
                n => format!(" in {n} parts that you accept or decline together"),
            };
            let text = format!(
                "{council} offers you {}{parts}.\n\nRead what it costs and when you would pay, then accept or decline until \
                 {}:\n{address}/applications/{}/outcome\n",
                offered_words(&award),
                by.long(),
                award.application_id
            );
            for to in addresses_of_organisation(db, award.organisation_id)? {
                mail::queue(db, Some(award.authority_id), &to, "You have an offer of investment", &text, now)?;
            }
            note(db, &actor, &award, "offer.made", json!({ "answer_by": by, "subsidy_route": route.id }), now)
        })
        .await
}

/// What the market asks for an investment; for a package for each of its parts.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct SubsidyInput {
    /// The market rate, of a package that of the first part, and the discount rate.
    #[serde(flatten)]
    pub rates: MarketInput,
    /// Of a package, what the market asks for the second part and each after it in per cent, one line each; all as the
    /// first when empty.
    pub part_rates: String,
}

/// Works out the gross cash equivalent of an approved investment from its own terms, and notifies the enterprise of it
/// as minimal financial assistance. That of a package is the sum of those of its parts.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, and when the terms hold no subsidy; Conflict when a
/// route stands already.
pub async fn work_out_subsidy(
    app: &App,
    actor: &Actor,
    id: Id<Award>,
    input: &SubsidyInput,
    now: Instant,
) -> Result<PackageEquivalent> {
    let asking = actor.clone();
    let found = move |db: &mut Db| {
        let award = store::find(db, id)?;
        require(&asking, Action::RecordSubsidy, &award.thing())?;
        // What the market would ask is a judgement of the applicant's risk.
        scoring::refuse_conflicted(db, &asking, award.call_id)?;
        Ok(award)
    };
    let award = app.db.read(found).await?;
    let parts = award.terms.0.layers();
    let mut form = Parser::default();
    let rates = input.rates.read_each(&mut form, &input.part_rates, parts.len());
    form.finish()?;
    let Some((markets, discount)) = rates else { return Err(Error::field("market_rate", "Enter the market rate")) };
    rules::at_step(&award, &[AwardState::Recommended, AwardState::Approved])?;
    let Some(market) = markets.first().cloned().filter(|_| !parts.is_empty()) else {
        return Err(AwardRefusal::WrongState { state: award.state }.into());
    };
    let found = package::equivalent(&parts, &markets, &discount, now.date())?;
    let (amount, basis) = (found.amount, found.basis.clone());
    let worked = WorkedOut { award: award.id.to_string(), value: award.value, amount, basis, market, discount };
    let application = award.application_id.to_string();
    subsidies::start_worked_out(app, actor, award.organisation_id, &application, worked, now).await?;
    Ok(found)
}

/// An applicant’s answer.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct AnswerInput {
    /// `accept` or `decline`.
    pub answer: String,
    /// `yes`: the terms were read and understood. Needed to accept.
    pub understood: String,
}

/// The owner of the applicant accepts or declines the offer. The same answer again changes nothing.
///
/// # Errors
/// Invalid, Denied, refused after the last instant.
pub async fn answer(app: &App, actor: &Actor, id: Id<Award>, input: &AnswerInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let accepted = match input.answer.as_str() {
        "accept" => true,
        "decline" => false,
        _ => {
            form.wrong("answer", "Choose whether you accept the offer");
            false
        }
    };
    form.check(
        !accepted || Parser::ticked(&input.understood),
        "understood",
        "Confirm that you have read what it costs",
    );
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            require(&actor, Action::AnswerOffer, &award.thing())?;
            // The same answer twice, as by a double tap, is one answer, also when the agreement is made of it already.
            let answered = if accepted { AwardState::Accepted } else { AwardState::Declined };
            let agreed = accepted && award.kind == AwardKind::Investment && award.state == AwardState::Signed;
            if award.state == answered || agreed {
                return Ok(());
            }
            rules::may_answer(&award, now)?;
            award.state = answered;
            award.answered_at = Some(now);
            award.answered_by = Some(by);
            store::set(db, &award)?;
            let (action, event) =
                if accepted { ("offer.accepted", "offer.accepted") } else { ("offer.declined", "offer.declined") };
            note(db, &actor, &award, action, json!({ "value": award.value }), now)?;
            if !accepted {
                subsidies::not_given(db, &actor, &award.applicant(), now)?;
            }
            outbox::emit(db, event, json!({ "award": award.id }), now)
        })
        .await
}

/// Lets an unanswered offer lapse at its last instant. Does nothing when it was answered.
///
/// # Errors
/// What the database says.
pub async fn lapse(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Award> = job.id_of("award")?;
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            if award.state != AwardState::Offered || award.offer_answer_by.is_some_and(|by| now <= by) {
                return Ok(());
            }
            award.state = AwardState::Lapsed;
            store::set(db, &award)?;
            note(db, &Actor::System, &award, "offer.lapsed", json!({}), now)?;
            subsidies::not_given(db, &Actor::System, &award.applicant(), now)?;
            outbox::emit(db, "offer.lapsed", json!({ "award": award.id }), now)
        })
        .await
}
