//! What people do with awards, up to the day a contract may be signed.

use crate::app::App;
use crate::applications::{self, Application};
pub(super) use crate::audit::note;
use crate::audit::{self, Entry};
use crate::awards::model::{Award, AwardKind, AwardState, AwardTerms, InvestmentOffer};
use crate::awards::rules::{self, AwardRefusal};
use crate::awards::store::{self, Check, CheckKind, CheckOutcome};
use crate::awards::{committee, lots};
use crate::calls::{self, Call, CallKind, Part};
use crate::db::{Db, Json};
use crate::error::{Error, Result};
use crate::law::procedures::Procedure;
use crate::outbox;
use crate::people::find_organisation;
use crate::people::policy::{Action, Thing, require};
use crate::scoring;
use crate::subsidies::{self, InstrumentInput};
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Subject};
use serde::Deserialize;
use serde_json::json;

mod parts;
mod standstill;

pub use parts::{PartInput, TakeBackInput, add_part, complete_package, take_back, take_out_part};
pub(super) use parts::{as_read, is_whole};
pub use standstill::{
    ChallengeEndInput, ChallengeInput, GivenInput, NoticeInput, end_challenge, ensure_may_sign, give_summary,
    mark_signed, record_challenge, record_notice, send_summaries, summary_mailed,
};

/// Recommending an award.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct RecommendInput {
    /// The bid.
    pub application: String,
    /// Why.
    pub reasons: String,
    /// Contract value including VAT; the opened price when empty. For an investment, what is paid out in all.
    pub value: String,
    /// First day; the call’s when empty.
    pub starts_on: String,
    /// Last day; the call’s, or the last day that the instrument’s terms name, when empty.
    pub ends_on: String,
    /// What must be so before money flows, one line each.
    pub precedents: String,
    /// `yes`: the first part of a package, which others follow before it is decided. The whole, not this part, must reach
    /// the least that the round invests.
    pub package: String,
    /// What is offered, for an investment.
    #[serde(flatten)]
    pub offer: InstrumentInput,
}

struct Recommended {
    application: Id<Application>,
    reasons: String,
    value: Option<Pence>,
    starts_on: Option<LocalDate>,
    ends_on: Option<LocalDate>,
    offer: Option<InvestmentOffer>,
    package: bool,
}

/// Reads what is offered by one instrument; field errors go to the form.
fn read_offer(form: &mut Parser, offer: &InstrumentInput, precedents: &str) -> Option<InvestmentOffer> {
    let terms = offer.read(form);
    let precedents: Vec<String> =
        precedents.lines().map(str::trim).filter(|l| !l.is_empty()).map(ToOwned::to_owned).collect();
    form.check(precedents.len() <= 50, "precedents", "Enter at most 50 conditions");
    let (terms, draws) = terms?;
    Some(InvestmentOffer { terms, draws, precedents })
}

impl RecommendInput {
    fn read(&self) -> Result<Recommended> {
        let mut form = Parser::default();
        let application = form.value::<Id<Application>>("application", &self.application, "Choose the application");
        let reasons = form.text("reasons", &self.reasons, 5000, "Say why this application should win");
        let value = form.optional::<Pence>("value", &self.value);
        form.check(value.is_none_or(|v| v > Pence::ZERO), "value", "Enter more than £0");
        let starts_on = form.optional_date("starts_on", &self.starts_on);
        let ends_on = form.optional_date("ends_on", &self.ends_on);
        let offer = if self.offer.is_empty() { None } else { read_offer(&mut form, &self.offer, &self.precedents) };
        form.finish()?;
        let Some(application) = application else { return Err(Error::field("application", "Choose the application")) };
        let package = Parser::ticked(&self.package);
        Ok(Recommended { application, reasons, value, starts_on, ends_on, offer, package })
    }
}

/// An officer or fund manager recommends an award, with reasons.
///
/// # Errors
/// Invalid, Denied; refused to who declared a conflict, under a withdrawn call, in a first stage, without a signed
/// ranking, for a bid that is not first in a tender, shares that place or is not chosen for its lot, when an award of the
/// tender or the application stands, or an amount outside the round.
pub async fn recommend(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    input: &RecommendInput,
    now: Instant,
) -> Result<Id<Award>> {
    let read = input.read()?;
    let recommended_by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::RecommendAward, &calls::thing(&call))?;
            applications::refuse_bidder(db, &actor, call.id)?;
            scoring::refuse_conflicted(db, &actor, call.id)?;
            rules::not_withdrawn(&call)?;
            if call.shortlists().is_some() {
                return Err(AwardRefusal::Shortlists.into());
            }
            let application = applications::find(db, read.application)?;
            if application.call_id != call.id {
                return Err(Error::NotFound);
            }
            let ranking = scoring::signed_ranking(db, call.id)?.ok_or(AwardRefusal::NoSignedRanking)?;
            if scoring::falling_away::ranks_a_fallen_bid(db, call.id)? {
                return Err(AwardRefusal::BidFellAway { tender: call.kind == CallKind::Tender }.into());
            }
            let rank = place(&ranking, &application);
            let (kind, value, terms) = match rank {
                None => return Err(AwardRefusal::NotRanked { tender: call.kind == CallKind::Tender }.into()),
                Some(_) if lots::are_chosen(&call) => {
                    lots::may_win(db, &call, &application, now)?;
                    contract_terms(db, &call, &application, &read)?
                }
                Some(rank) if call.kind == CallKind::Tender => {
                    is_best(&ranking, rank)?;
                    contract_terms(db, &call, &application, &read)?
                }
                Some(_)
                    if store::of_call(db, call.id)?.iter().any(|a| a.application_id == application.id && stands(a)) =>
                {
                    return Err(AwardRefusal::RecommendedAlready { tender: false }.into());
                }
                Some(_) => investment_terms(db, &call, &read, now.date())?,
            };
            let award = Award {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                application_id: application.id,
                organisation_id: application.organisation_id,
                mission_id: call.mission_id,
                kind,
                state: AwardState::Recommended,
                value,
                reasons: read.reasons.clone(),
                terms: Json(terms),
                recommended_by,
                recommended_at: now,
                approved_by: None,
                approved_at: None,
                notice_number: None,
                notice_published_at: None,
                standstill_last_day: None,
                earliest_signing: None,
                offer_answer_by: None,
                answered_at: None,
                answered_by: None,
                signed_at: None,
            };
            store::insert(db, &award)?;
            let facts = json!({ "application": application.id, "value": value, "ranking": ranking.hash });
            note(db, &actor, &award, "award.recommended", facts, now)?;
            // Of a package the committee is asked once, when all its parts are there.
            if !award.terms.0.more_follow {
                committee::ask(db, &call, &award, false, &address, now)?;
            }
            Ok(award.id)
        })
        .await
}

/// The place of a bid in a ranking; none where it was left out.
fn place(ranking: &scoring::Ranking, application: &Application) -> Option<u32> {
    let bid = scoring::bid_id(application);
    let result = ranking.file.0.result.as_ref();
    result.and_then(|r| r.ranking.iter().find(|r| r.bid == bid)).map(|r| r.rank)
}

/// Whether this place of a ranking is the best, and held by one bid alone: who of equals wins is for the published rules to
/// say, never for an officer.
fn is_best(ranking: &scoring::Ranking, rank: u32) -> Result<(), AwardRefusal> {
    if rank != 1 {
        return Err(AwardRefusal::NotBest);
    }
    let first = ranking.file.0.result.iter().flat_map(|r| &r.ranking).filter(|r| r.rank == 1).count();
    if first > 1 { Err(AwardRefusal::SharesFirst { bids: first }) } else { Ok(()) }
}

/// A recommendation is approved only while the ranking it rests on stands: no bid fell away since, or the others were
/// ranked again, that ranking is signed, and the recommended bid still has its place.
fn still_stands(db: &mut Db, award: &Award, now: Instant) -> Result<()> {
    let tender = award.kind == AwardKind::Contract;
    let Some(newest) = scoring::ranking_of(db, award.call_id)? else { return Ok(()) };
    if scoring::falling_away::ranks_a_fallen_bid(db, award.call_id)? {
        return Err(AwardRefusal::BidFellAway { tender }.into());
    }
    if newest.signed_at.is_none() {
        return Err(AwardRefusal::NoSignedRanking.into());
    }
    let (call, application) = (calls::find(db, award.call_id)?, applications::find(db, award.application_id)?);
    match place(&newest, &application) {
        None => Err(AwardRefusal::NotRanked { tender }.into()),
        Some(_) if lots::are_chosen(&call) => lots::may_win(db, &call, &application, now),
        Some(rank) if tender => Ok(is_best(&newest, rank)?),
        Some(_) => Ok(()),
    }
}

fn contract_terms(
    db: &mut Db,
    call: &Call,
    application: &Application,
    read: &Recommended,
) -> Result<(AwardKind, Pence, AwardTerms)> {
    let tender = call.terms.0.tender.as_ref().ok_or_else(|| Error::internal("a tender has no tender terms"))?;
    // One contract follows from a call, and each lot is a call of its own, so a second standing award is refused.
    if store::of_call(db, call.id)?.iter().any(stands) {
        return Err(AwardRefusal::RecommendedAlready { tender: true }.into());
    }
    let value = match read.value {
        Some(value) => value,
        None => {
            let price = applications::opened(db, application.id, Part::Price)?;
            let total =
                price.map(|p| p.prices()).transpose()?.map(|p| Pence::total(p.prices.into_values())).transpose()?;
            total
                .filter(|t| *t > Pence::ZERO)
                .ok_or_else(|| Error::field("value", "Enter the value of the contract including VAT"))?
        }
    };
    let starts_on = read.starts_on.unwrap_or(tender.starts_on);
    let ends_on = read.ends_on.unwrap_or(tender.ends_on);
    if ends_on < starts_on {
        return Err(Error::field("ends_on", "The last day must not be before the first"));
    }
    Ok((AwardKind::Contract, value, AwardTerms::of_contract(starts_on, ends_on)))
}

fn investment_terms(
    db: &mut Db,
    call: &Call,
    read: &Recommended,
    today: LocalDate,
) -> Result<(AwardKind, Pence, AwardTerms)> {
    let round = parts::round_of(call)?;
    let Some(offer) = read.offer.clone() else {
        return Err(Error::field("tranches", "Enter what is offered"));
    };
    parts::check_offer(round, &offer, today)?;
    let value = offer.amount();
    parts::fits(db, call, round, value, None, read.package)?;
    let Some(starts_on) = read.starts_on.or_else(|| parts::first_day(&offer)) else {
        return Err(Error::field("tranches", "Enter what is offered"));
    };
    let Some(ends_on) = read.ends_on.or_else(|| offer.terms.last_day(&offer.draws)) else {
        return Err(Error::field("ends_on", "Enter the last day of the agreement: these terms name none"));
    };
    if ends_on < starts_on {
        return Err(Error::field("ends_on", "The last day must not be before the first"));
    }
    let mut terms = AwardTerms::of_offer(starts_on, ends_on, offer);
    terms.more_follow = read.package;
    Ok((AwardKind::Investment, value, terms))
}

/// Whether an award is not declined or lapsed.
pub(super) fn stands(award: &Award) -> bool {
    !matches!(award.state, AwardState::DeclinedByCommittee | AwardState::Declined | AwardState::Lapsed)
}

/// A check of a supplier or subcontractor.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct CheckInput {
    /// `exclusion` or `debarment`.
    pub kind: String,
    /// Name of an intended subcontractor; the supplier itself when empty.
    pub subject: String,
    /// `clear`, `excludable` or `excluded`.
    pub outcome: String,
    /// What was looked at.
    pub note: String,
}

/// Records an exclusion or debarment check of a bid’s supplier or an intended subcontractor.
///
/// # Errors
/// Invalid, Denied; refused to who judges the bid under its letter, whose supplier a check names, and to who declared a
/// conflict.
pub async fn record_check(
    app: &App,
    actor: &Actor,
    application: Id<Application>,
    input: &CheckInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let kind = form.value::<CheckKind>("kind", &input.kind, "Choose what was checked");
    let outcome = form.value::<CheckOutcome>("outcome", &input.outcome, "Choose what was found");
    let subject = form.optional_text("subject", &input.subject, 160);
    let words = form.text("note", &input.note, 2000, "Say what was looked at, such as the debarment list and its date");
    form.finish()?;
    let (Some(kind), Some(outcome)) = (kind, outcome) else {
        return Err(Error::field("kind", "Choose what was checked"));
    };
    let checked_by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let (application, call) = applications::find_with_call(db, application)?;
            require(&actor, Action::RunAward, &Thing::of_authority(application.authority_id))?;
            applications::refuse_blind_judge(db, &actor, &call)?;
            // What a check finds may leave a bid out, or keep a contract from being signed.
            applications::refuse_bidder(db, &actor, call.id)?;
            scoring::refuse_conflicted(db, &actor, call.id)?;
            let subject = match &subject {
                Some(subject) => subject.clone(),
                None => find_organisation(db, application.organisation_id)?.name,
            };
            let check = Check {
                id: Id::new(),
                authority_id: application.authority_id,
                call_id: application.call_id,
                application_id: application.id,
                kind,
                subject,
                outcome,
                note: words.clone(),
                checked_at: now,
                checked_by,
            };
            store::insert_check(db, &check)?;
            audit::record(
                db,
                Entry {
                    authority: Some(application.authority_id),
                    at: now,
                    actor: &actor,
                    action: "award.check",
                    subject: Subject::new("application", application.id),
                    facts: json!({ "check": check.id, "kind": kind, "outcome": outcome }),
                },
            )?;
            Ok(())
        })
        .await
}

/// As [`decide_as_read`], for what is no package.
///
/// # Errors
/// As [`decide_as_read`].
pub async fn decide(app: &App, actor: &Actor, id: Id<Award>, approve: bool, now: Instant) -> Result<()> {
    decide_as_read(app, actor, id, approve, "", now).await
}

/// A committee member decides on a recommendation of somebody else, with the mark of the parts they read; of a package it
/// must be given.
///
/// # Errors
/// Invalid when its parts are others than those that were read; Denied; refused for the recommender and for who declared
/// a conflict with any bid, while checks are missing, when somebody is excluded, for an investment without the quorum
/// and the majority of its committee, and to approve anything under a withdrawn call.
pub async fn decide_as_read(
    app: &App,
    actor: &Actor,
    id: Id<Award>,
    approve: bool,
    read: &str,
    now: Instant,
) -> Result<()> {
    let by = actor.account().ok_or(Error::Denied)?;
    let address = app.config.server.public_url.trim_end_matches('/').to_owned();
    let (actor, read) = (actor.clone(), read.to_owned());
    app.db
        .write(move |db| {
            let mut award = store::find(db, id)?;
            if award.recommended_by == by {
                return Err(AwardRefusal::SamePerson.into());
            }
            let thing = Thing::of_authority(award.authority_id).made_by(Some(award.recommended_by));
            require(&actor, Action::ApproveAward, &thing)?;
            applications::refuse_bidder(db, &actor, award.call_id)?;
            rules::at_step(&award, &[AwardState::Recommended])?;
            as_read(&award, &read, "decision")?;
            match award.kind {
                AwardKind::Investment => committee::require_decision(db, &actor, &award, by, approve, now)?,
                AwardKind::Contract => scoring::refuse_conflicted(db, &actor, award.call_id)?,
            }
            if approve {
                rules::not_withdrawn(&calls::find(db, award.call_id)?)?;
                still_stands(db, &award, now)?;
                if award.kind == AwardKind::Investment {
                    parts::is_whole(db, &award)?;
                }
                let supplier = find_organisation(db, award.organisation_id)?.name;
                rules::may_approve(&award, &supplier, &store::checks(db, award.application_id)?, by)?;
                award.state = AwardState::Approved;
                if award.kind == AwardKind::Contract && procedure(db, &award)?.0 == Procedure::BelowThreshold {
                    // No award notice and no standstill: it may be signed from the day of the approval.
                    award.earliest_signing = Some(now.date());
                }
            } else {
                award.state = AwardState::DeclinedByCommittee;
            }
            award.approved_by = Some(by);
            award.approved_at = Some(now);
            store::set(db, &award)?;
            let action = if approve { "award.approved" } else { "award.declined_by_committee" };
            note(db, &actor, &award, action, json!({}), now)?;
            if !approve {
                subsidies::not_given(db, &actor, &award.applicant(), now)?;
                committee::tell_recommender(db, &award, &address, now)?;
            }
            outbox::emit(db, "award.decided", json!({ "award": award.id, "approved": approve }), now)
        })
        .await?;
    audit::sign(&app.db, &app.keys, &app.config.storage.checkpoints, now).await
}

fn procedure(db: &mut Db, award: &Award) -> Result<(Procedure, crate::law::ContractType)> {
    let call = calls::find(db, award.call_id)?;
    let tender = call.terms.0.tender.ok_or(AwardRefusal::NoNotice)?;
    Ok((tender.procedure, tender.contract_type))
}
