//! Packages: a recommendation of several instruments that are offered, approved and accepted as one.

use super::{note, read_offer, stands};
use crate::app::App;
use crate::applications;
use crate::awards::committee;
use crate::awards::model::{Award, AwardKind, AwardState, AwardTerms, InvestmentOffer, MOST_PARTS};
use crate::awards::rules::{self, AwardRefusal};
use crate::awards::store::{self, Halt, HaltKind};
use crate::calls::{self, Call, RoundTerms};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::finance::InstrumentTerms;
use crate::people::policy::{Action, require};
use crate::scoring;
use crate::subsidies::{self, InstrumentInput};
use crate::values::{Account, Actor, Id, Instant, LocalDate, Parser, Pence};
use chrono::Months;
use serde::Deserialize;
use serde_json::json;

/// Another part of a package.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PartInput {
    /// Last day of the agreement where the terms of the part name none; the agreement's own when empty.
    pub ends_on: String,
    /// What must be so before money of this part flows, one line each.
    pub precedents: String,
    /// `yes`: another part follows this one, and the committee is not asked before it is there.
    pub more: String,
    /// What is offered.
    #[serde(flatten)]
    pub offer: InstrumentInput,
}

/// Who recommended an investment adds another instrument to it, before anybody of the committee has voted on it. The parts
/// are approved, offered and accepted together. With the last of them the committee is asked, and told every part. Says how
/// many parts there are now.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to everybody else, after a vote or the decision, while a subsidy route stands that
/// was recorded for the other parts, for an instrument the round does not offer, and for more than the round invests.
pub async fn add_part(app: &App, actor: &Actor, id: Id<Award>, input: &PartInput, now: Instant) -> Result<usize> {
    let mut form = Parser::default();
    let ends_on = form.optional_date("ends_on", &input.ends_on);
    let offer = read_offer(&mut form, &input.offer, &input.precedents);
    form.finish()?;
    let Some(offer) = offer else { return Err(Error::field("tranches", "Enter what is offered")) };
    let more_follow = Parser::ticked(&input.more);
    let by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            let call = calls::find(db, award.call_id)?;
            may_change_parts(db, &actor, by, &award, &call)?;
            let asked = complete(&award, round_of(&call)?).is_ok();
            if award.terms.0.number_of_parts() >= MOST_PARTS {
                return Err(AwardRefusal::TooManyParts.into());
            }
            let round = round_of(&call)?;
            let amount = offer.amount();
            check_offer(round, &offer, now.date())?;
            let mut terms = with_part(&award.terms.0, offer.clone(), ends_on);
            terms.more_follow = more_follow;
            let value = terms.amount()?;
            fits(db, &call, round, value, Some(award.id), true)?;
            award.terms = Json(terms);
            award.value = value;
            store::set_terms(db, &award)?;
            let number = award.terms.0.number_of_parts();
            let facts = json!({ "part": number, "instrument": offer.instrument(), "amount": amount, "value": value });
            note(db, &actor, &award, "award.part_added", facts, now)?;
            ask_when_complete(db, &call, &award, asked, &address, now)?;
            Ok(number)
        })
        .await
}

/// Who recommended a package takes the part that was added last out of it again, as long as parts may be added. Says how
/// many parts are left.
///
/// # Errors
/// Denied, NotFound; refused as [`add_part`], and for the only part.
pub async fn take_out_part(app: &App, actor: &Actor, id: Id<Award>, now: Instant) -> Result<usize> {
    let by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            let call = calls::find(db, award.call_id)?;
            may_change_parts(db, &actor, by, &award, &call)?;
            let asked = complete(&award, round_of(&call)?).is_ok();
            let (terms, gone) = without_last(&award.terms.0).ok_or(AwardRefusal::OnlyPart)?;
            let value = terms.amount()?;
            let number = award.terms.0.number_of_parts();
            award.terms = Json(terms);
            award.value = value;
            store::set_terms(db, &award)?;
            let facts =
                json!({ "part": number, "instrument": gone.instrument(), "amount": gone.amount(), "value": value });
            note(db, &actor, &award, "award.part_taken_out", facts, now)?;
            ask_when_complete(db, &call, &award, asked, &address, now)?;
            Ok(award.terms.0.number_of_parts())
        })
        .await
}

/// Who recommended a package says that no other part follows: it is complete as it is, and the committee is asked. Says how
/// many parts there are.
///
/// # Errors
/// Denied, NotFound; refused to everybody else, after a vote or the decision, when it is complete already, and below the
/// least that the round invests.
pub async fn complete_package(app: &App, actor: &Actor, id: Id<Award>, now: Instant) -> Result<usize> {
    let by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            let call = calls::find(db, award.call_id)?;
            is_own(db, &actor, by, &award, &call)?;
            if !award.terms.0.more_follow {
                return Err(AwardRefusal::CompleteAlready.into());
            }
            award.terms.0.more_follow = false;
            complete(&award, round_of(&call)?)?;
            store::set_terms(db, &award)?;
            let number = award.terms.0.number_of_parts();
            note(db, &actor, &award, "award.package_complete", json!({ "parts": number, "value": award.value }), now)?;
            ask_when_complete(db, &call, &award, false, &address, now)?;
            Ok(number)
        })
        .await
}

/// Why a recommendation is taken back.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct TakeBackInput {
    /// Why; it is kept with the recommendation.
    pub reason: String,
}

/// Somebody else who may recommend takes back a package that is not complete and that its recommender may not complete:
/// they declared a conflict of interest, or recommend nothing for the authority any more. The application can then be
/// recommended anew, by somebody who may, and what the first recommended is kept.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, for a contract, after the decision, for a package that is
/// complete, and while its recommender may complete it.
pub async fn take_back(app: &App, actor: &Actor, id: Id<Award>, input: &TakeBackInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let reason = form.text("reason", &input.reason, 2000, "Say why you take it back");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            let call = calls::find(db, award.call_id)?;
            may_recommend(db, &actor, &call)?;
            rules::at_step(&award, &[AwardState::Recommended])?;
            if award.kind != AwardKind::Investment {
                return Err(AwardRefusal::NoPackage.into());
            }
            if complete(&award, round_of(&call)?).is_ok() || !store::recommender_is_barred(db, award.id)? {
                return Err(AwardRefusal::GoesOn.into());
            }
            let halt = Halt {
                id: Id::new(),
                authority_id: award.authority_id,
                award_id: award.id,
                kind: HaltKind::TakenBack,
                reason: reason.clone(),
                message: None,
                said_at: now,
                said_by: by,
            };
            store::insert_halt(db, &halt)?;
            award.state = AwardState::Lapsed;
            award.approved_by = Some(by);
            award.approved_at = Some(now);
            store::set(db, &award)?;
            let facts = json!({ "reason": halt.reason, "recommended_by": award.recommended_by });
            note(db, &actor, &award, "award.taken_back", facts, now)?;
            subsidies::not_given(db, &actor, &award.applicant(), now)
        })
        .await
}

/// Asks the committee once everything that is recommended is there; who was asked before is told that it changed.
fn ask_when_complete(
    db: &mut Db,
    call: &Call,
    award: &Award,
    asked_before: bool,
    address: &str,
    now: Instant,
) -> Result<()> {
    if complete(award, round_of(call)?).is_err() {
        return Ok(());
    }
    committee::ask(db, call, award, asked_before, address, now)
}

/// Whether everything that is recommended is there: its parts together are at least what the round invests, and no other
/// follows.
fn complete(award: &Award, round: &RoundTerms) -> Result<(), AwardRefusal> {
    if award.value < round.least {
        return Err(AwardRefusal::NotComplete { amount: award.value, least: round.least });
    }
    if award.terms.0.more_follow {
        return Err(AwardRefusal::MoreFollow);
    }
    Ok(())
}

/// Whether somebody answers what they read: a recommendation has the parts now that it had then, by its mark. Who
/// recommended it may add some and take some out until the first vote, and nobody votes for what they have not seen. Of a
/// package the mark must be given.
pub(in crate::awards) fn as_read(award: &Award, mark: &str, field: &str) -> Result<()> {
    let terms = &award.terms.0;
    match mark.trim() {
        "" if terms.is_package() => Err(Error::field(
            field,
            "This is a package: say which parts you read. Send the award’s parts_mark, as you read it, in the field parts",
        )),
        "" => Ok(()),
        read if read == terms.mark() => Ok(()),
        _ => Err(Error::field(
            field,
            "The parts were changed while you read this. Read the whole package, then answer again",
        )),
    }
}

/// Whether this person may change the parts of a recommendation now: [`is_own`], and no subsidy route stands that was
/// recorded for the parts as they are.
fn may_change_parts(db: &mut Db, actor: &Actor, by: Id<Account>, award: &Award, call: &Call) -> Result<()> {
    is_own(db, actor, by, award, call)?;
    if subsidies::standing_route(db, &award.application_id.to_string())?.is_some() {
        return Err(AwardRefusal::RouteStands.into());
    }
    Ok(())
}

/// Whether this person may recommend anything under a call: no bidder, and nobody with a conflict of interest.
fn may_recommend(db: &mut Db, actor: &Actor, call: &Call) -> Result<()> {
    require(actor, Action::RecommendAward, &calls::thing(call).public(false))?;
    applications::refuse_bidder(db, actor, call.id)?;
    scoring::refuse_conflicted(db, actor, call.id)
}

/// Whether a recommendation of an investment is this person's own, and nobody voted on it or decided.
fn is_own(db: &mut Db, actor: &Actor, by: Id<Account>, award: &Award, call: &Call) -> Result<()> {
    may_recommend(db, actor, call)?;
    if award.recommended_by != by {
        return Err(AwardRefusal::NotRecommender.into());
    }
    rules::at_step(award, &[AwardState::Recommended])?;
    if award.kind != AwardKind::Investment {
        return Err(AwardRefusal::NoPackage.into());
    }
    if !store::committee_votes(db, award.id)?.is_empty() {
        return Err(AwardRefusal::VotedOn.into());
    }
    Ok(())
}

/// The terms of a package without the part that was added last, and that part. Where its days were the first or the last
/// of the agreement, those of the parts that are left take their place, if all of them name one.
fn without_last(terms: &AwardTerms) -> Option<(AwardTerms, InvestmentOffer)> {
    let mut terms = terms.clone();
    let gone = terms.further.pop()?;
    let starts_on = terms.parts().filter_map(first_day).min().filter(|_| first_day(&gone) == Some(terms.starts_on));
    let lasts: Option<Vec<LocalDate>> = terms.parts().map(|p| p.terms.last_day(&p.draws)).collect();
    let was_last = gone.terms.last_day(&gone.draws) == Some(terms.ends_on);
    let ends_on = lasts.and_then(|days| days.into_iter().max()).filter(|_| was_last);
    terms.starts_on = starts_on.unwrap_or(terms.starts_on);
    terms.ends_on = ends_on.unwrap_or(terms.ends_on);
    Some((terms, gone))
}

/// The terms of a package with one more part: it runs from the first day of any part to the last.
fn with_part(terms: &AwardTerms, offer: InvestmentOffer, ends_on: Option<LocalDate>) -> AwardTerms {
    let mut terms = terms.clone();
    terms.starts_on = first_day(&offer).map_or(terms.starts_on, |first| first.min(terms.starts_on));
    let last = ends_on.or_else(|| offer.terms.last_day(&offer.draws));
    terms.ends_on = last.map_or(terms.ends_on, |last| last.max(terms.ends_on));
    terms.further.push(offer);
    terms
}

/// The first day that an offer names.
pub(super) fn first_day(offer: &InvestmentOffer) -> Option<LocalDate> {
    match &offer.terms {
        InstrumentTerms::Guarantee(terms) => Some(terms.from),
        _ => offer.draws.iter().map(|t| t.on).min(),
    }
}

/// The terms of a call that is a round of investment.
pub(super) fn round_of(call: &Call) -> Result<&RoundTerms> {
    call.terms.0.round.as_ref().ok_or_else(|| Error::internal("a round has no round terms"))
}

/// How far ahead money may be paid out, and how long a loan may run from its first payment out, in months.
const MOST_MONTHS_AHEAD: u32 = 120;
const MOST_MONTHS_OF_A_LOAN: u32 = 720;

/// Whether the round offers an instrument, its days can be kept, and its terms can be worked out.
pub(super) fn check_offer(round: &RoundTerms, offer: &InvestmentOffer, today: LocalDate) -> Result<()> {
    if !round.instruments.contains(&offer.instrument()) {
        return Err(AwardRefusal::NotOffered { instrument: offer.instrument().label() }.into());
    }
    let field = if matches!(offer.terms, InstrumentTerms::Guarantee(_)) { "draw_on" } else { "tranches" };
    let latest = today.checked_add_months(Months::new(MOST_MONTHS_AHEAD)).unwrap_or(today);
    if first_day(offer).is_some_and(|first| first < today) {
        return Err(Error::field(field, "Enter today or a later day: this day has passed"));
    }
    if first_day(offer).into_iter().chain(offer.draws.iter().map(|t| t.on)).any(|on| on > latest) {
        return Err(Error::field(field, "Enter a day within the next ten years"));
    }
    offer.terms.cost(&offer.draws)?;
    if matches!(offer.terms, InstrumentTerms::Loan(_)) {
        let end = first_day(offer).and_then(|first| first.checked_add_months(Months::new(MOST_MONTHS_OF_A_LOAN)));
        let last = offer.terms.last_day(&offer.draws);
        if end.zip(last).is_some_and(|(end, last)| last > end) {
            return Err(Error::field("instalments", "A loan runs for 60 years at most. Enter fewer payments"));
        }
    }
    Ok(())
}

/// Whether an amount fits the round beside what stands already; what was cancelled before anything was paid does not stand
/// any more. The least that the round invests is asked of the whole: not while further parts may follow.
pub(super) fn fits(
    db: &mut Db,
    call: &Call,
    round: &RoundTerms,
    value: Pence,
    own: Option<Id<Award>>,
    may_grow: bool,
) -> Result<()> {
    let others = store::of_call(db, call.id)?.into_iter().filter(|a| stands(a) && Some(a.id) != own).map(|a| a.value);
    let promised = (Pence::total(others)? - store::cancelled_of_call(db, call.id)?).max(Pence::ZERO);
    rules::fits_round(value, round.least, round.most, round.pot, promised, may_grow)?;
    Ok(())
}

/// Whether an investment may be voted on and approved as it is: all its parts are there, and together at least what the
/// round invests.
pub(in crate::awards) fn is_whole(db: &mut Db, award: &Award) -> Result<()> {
    let call = calls::find(db, award.call_id)?;
    complete(award, round_of(&call)?)?;
    Ok(())
}
