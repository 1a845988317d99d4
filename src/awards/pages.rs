//! Pages of awards: the officer’s award desk.

use super::actions::{self, ChallengeEndInput, ChallengeInput, CheckInput, NoticeInput, RecommendInput, TakeBackInput};
use super::api::DecisionInput;
use super::committee::{Stance, StanceInput, Standing};
use super::hidden::under_letters;
use super::model::{Award, AwardKind, AwardState, MOST_PARTS};
use super::offer_shown::{PartShown, offers_shown, package_shown, parts_shown};
use super::offers::{self, OfferInput, SubsidyInput};
use super::rules::{self, AwardRefusal, state_sentence};
use super::store::{self, Challenge, ChallengeKind, Check, CheckKind, CheckOutcome, Giving, Halt, HaltKind, Sending};
use crate::applications::{self, Application};
use crate::calls::{self, Call, CallKind};
use crate::error::Result;
use crate::finance::Instrument;
use crate::http::{Answer, FormState, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::scoring;
use crate::subsidies::{InstrumentFields, RouteKind};
use crate::values::time::{long_date, medium_date};
use crate::values::{Id, Parser, Pence, RefusalInfo};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// An award as the desk shows it.
struct Shown {
    award: Award,
    name: String,
    sentence: String,
    recommender: String,
    decider: String,
    route: Option<&'static str>,
    /// What a subsidy route that is begun waits for.
    waits: Option<String>,
    challenges: Vec<Challenge>,
    /// What members of the committee said: who, what and why.
    committee: Vec<(String, &'static str, String)>,
    standing: String,
    /// Whether this person may say what they think of an investment.
    may_vote: bool,
    may_decide: bool,
    may_sign: bool,
    /// Whether somebody was found to be excluded since it was approved, or its bidder withdraws.
    falls: bool,
    /// Why it does not go on, when it does not.
    halt: Option<Halt>,
    /// Whether this person may add another part to it.
    may_add: bool,
    /// Whether this person may take it back, because who recommended it may not complete it.
    may_take_back: bool,
}

impl Shown {
    fn is(&self, state: &str) -> bool {
        self.award.state.as_str() == state
    }
    fn is_contract(&self) -> bool {
        self.award.kind == AwardKind::Contract
    }
    /// Whether nothing is left to do about it here: signed, declined or lapsed, and not challenged.
    fn is_over(&self) -> bool {
        matches!(
            self.award.state,
            AwardState::Signed | AwardState::Declined | AwardState::DeclinedByCommittee | AwardState::Lapsed
        ) && self.challenges.iter().all(|c| c.ended_at.is_some())
    }
    fn notice(&self) -> Option<(String, String, String)> {
        let number = self.award.notice_number.clone()?;
        let published = self.award.notice_published_at?.medium();
        let last = match self.award.standstill_last_day {
            Some(day) => long_date(day),
            None => "No standstill is demanded".to_owned(),
        };
        Some((number, published, last))
    }
    /// Why it does not go on: what that is called, and when and why it was said.
    fn halted(&self) -> Option<(&'static str, String)> {
        self.halt.as_ref().map(|halt| (halt.kind.label(), halt.words()))
    }
    /// Whether its bid falls away once an officer records it: somebody is excluded, or the bidder withdraws.
    fn may_fall(&self) -> bool {
        let before = matches!(self.award.state, AwardState::Approved | AwardState::Noticed);
        self.falls || before && self.halt.as_ref().is_some_and(|halt| halt.kind == HaltKind::Withdrawal)
    }
    fn term(&self) -> String {
        let terms = &self.award.terms.0;
        format!("{} to {}", medium_date(terms.starts_on), medium_date(terms.ends_on))
    }
    fn instrument(&self) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        self.award.terms.0.offer.as_ref().map(|o| (o.instrument().label(), o.terms.facts()))
    }
    /// What the applicant reads first.
    fn cost(&self) -> Option<String> {
        match package_shown(&self.award) {
            Some(cost) => Some(cost.lead),
            None => offers_shown(&self.award).into_iter().next().map(|shown| shown.cost.lead),
        }
    }
    /// What must be so before money flows, where one instrument is offered.
    fn precedents(&self) -> Vec<String> {
        self.award.terms.0.offer.as_ref().map(|offer| offer.precedents.clone()).unwrap_or_default()
    }
    fn is_package(&self) -> bool {
        self.award.terms.0.is_package()
    }
    fn parts(&self) -> Vec<PartShown> {
        parts_shown(&self.award)
    }
    fn earliest(&self) -> Option<String> {
        self.award.earliest_signing.filter(|_| self.award.state != AwardState::Lapsed).map(long_date)
    }
    /// Whether checks are still recorded: until the contract is signed.
    fn takes_checks(&self) -> bool {
        let before = matches!(self.award.state, AwardState::Recommended | AwardState::Approved | AwardState::Noticed);
        self.is_contract() && before
    }
}

#[derive(Template)]
#[template(path = "awards/desk.html")]
struct DeskPage {
    shell: Shell,
    form: FormState,
    call: Call,
    verdict: String,
    awards: Vec<Shown>,
    choices: Vec<(String, String)>,
    checks: Vec<(String, Check)>,
    /// Whether bidders stand under letters for now.
    hidden: bool,
    summaries: Vec<(String, Sending)>,
    assessed: usize,
    tender: bool,
    may_run: bool,
    reads_scores: bool,
    may_recommend: bool,
    signed: bool,
    kinds: Vec<(&'static str, &'static str)>,
    outcomes: Vec<(&'static str, &'static str)>,
    challenge_kinds: Vec<(&'static str, &'static str)>,
    others: Vec<Instrument>,
    instrument: Instrument,
    stances: Vec<(&'static str, &'static str)>,
}

/// One of the awards on the desk, with the page around it.
#[derive(Template)]
#[template(path = "awards/one.html")]
struct One<'a> {
    shown: &'a Shown,
    shell: &'a Shell,
    form: &'a FormState,
    call: &'a Call,
    tender: bool,
    several: bool,
    /// Whether every assessment summary has been sent.
    all_told: bool,
    may_run: bool,
    kinds: &'a [(&'static str, &'static str)],
    outcomes: &'a [(&'static str, &'static str)],
    challenge_kinds: &'a [(&'static str, &'static str)],
    stances: &'a [(&'static str, &'static str)],
}

impl DeskPage {
    /// Suppliers that were given their summary.
    fn given(&self) -> usize {
        self.summaries.iter().filter(|(_, s)| s.giving() == Giving::Given).count()
    }
    /// Whether no mail of some summary reached anybody, and none is on its way.
    fn unreached(&self) -> bool {
        self.summaries.iter().any(|(_, s)| matches!(s.giving(), Giving::GivenUp | Giving::NoAddress))
    }
    fn on_their_way(&self) -> bool {
        self.summaries.iter().any(|(_, s)| s.giving() == Giving::Waits)
    }
    /// Whether a contract or an investment can be recommended: of a tender one, so none where an award stands.
    fn takes_another(&self) -> bool {
        !self.tender || !self.awards.iter().any(|shown| actions::stands(&shown.award))
    }
    fn fields(&self) -> InstrumentFields<'_> {
        InstrumentFields::new(self.instrument, &self.form)
    }
    fn one<'a>(&'a self, shown: &'a Shown) -> One<'a> {
        One {
            shown,
            shell: &self.shell,
            form: &self.form,
            call: &self.call,
            tender: self.tender,
            several: self.awards.len() > 1,
            all_told: self.given() == self.assessed,
            may_run: self.may_run,
            kinds: &self.kinds,
            outcomes: &self.outcomes,
            challenge_kinds: &self.challenge_kinds,
            stances: &self.stances,
        }
    }
}

/// Where the committee of an investment stands, and what it still needs.
fn standing_words(standing: Standing, quorum: u32) -> String {
    let Standing { favour, against, recused } = standing;
    let counted = favour + against;
    let aside = if recused == 0 { String::new() } else { format!(", {recused} recused") };
    let still = match quorum.saturating_sub(counted) {
        0 => String::new(),
        waiting => format!(". {waiting} more must vote before it can be decided"),
    };
    let few = if recused > 0 && counted < quorum {
        " If too few members are left, another committee member must be appointed on the People page."
    } else {
        ""
    };
    format!("{favour} for, {against} against{aside}{still}.{few}")
}

/// What a subsidy route that is begun waits for.
fn waits_words(kind: RouteKind, amount: Pence) -> String {
    match kind {
        RouteKind::Mfa => format!("{}: worked out at {amount}; waits for the enterprise’s confirmation", kind.label()),
        RouteKind::Principles => format!("{}: waits for a committee member’s signature", kind.label()),
        RouteKind::MarketTerms | RouteKind::Scheme => format!("{}: not complete", kind.label()),
    }
}

async fn desk_page(visit: &Visit, id: Id<Call>, form: FormState, wanted: &str) -> Result<DeskPage> {
    let wanted = [form.value("instrument"), wanted].iter().find_map(|word| word.parse::<Instrument>().ok());
    let actor = visit.actor.clone();
    let (today, me) = (visit.today(), visit.account()?);
    let mut built = visit
        .app
        .db
        .read(move |db| {
            let scoring::JudgedCall { call, closed, ranking, conflicted, .. } =
                scoring::judged_call_by(db, id, Some(me))?;
            require(&actor, Action::ReadAwards, &Thing::of_authority(call.authority_id))?;
            let hidden = call.terms.0.hides_bidders() && closed.is_none();
            let ranking = ranking.filter(|r| r.signed_at.is_some());
            let mut all = applications::of_call_named(db, id)?;
            all.retain(|(application, _)| application.opened_at.is_some());
            // Contracts are decided on checks, investments by a committee: one statement for either.
            let tender = call.kind == CallKind::Tender;
            let mut checks = if tender { store::checks_of_call(db, id)? } else { Vec::new() };
            if hidden {
                under_letters(&mut checks, &all);
                for (application, name) in &mut all {
                    *name = applications::shown_as(application);
                }
            }
            let name = |a: Id<Application>| {
                all.iter().find(|(x, _)| x.id == a).map(|(_, name)| name.clone()).unwrap_or_default()
            };
            let model = &call.terms.0.model;
            let standing = |r: &crate::evaluation::Ranked| match r.figure {
                Some(_) => model.standing(Some(r.total), r.figure).unwrap_or_default(),
                None => format!("{} points", r.total),
            };
            let around = store::of_call_around(db, id)?;
            let taken: Vec<Id<Application>> =
                around.iter().filter(|a| actions::stands(&a.award)).map(|a| a.award.application_id).collect();
            let choices = ranking
                .iter()
                .flat_map(|r| r.file.0.result.iter().flat_map(|r| &r.ranking))
                .filter_map(|r| {
                    let (application, name) = all.iter().find(|(a, _)| scoring::bid_id(a) == r.bid)?;
                    if taken.contains(&application.id) {
                        return None;
                    }
                    Some((application.id.to_string(), format!("{}. {name} with {}", r.rank, standing(r))))
                })
                .collect();
            let quorum = call.terms.0.round.as_ref().map_or(0, calls::RoundTerms::quorum);
            let committee = if tender { Vec::new() } else { store::committee_of_call(db, id)? };
            let mut shown = Vec::new();
            for store::Around { award, recommender, decider, route, open_route, challenges, halt, barred } in around {
                let who = name(award.application_id);
                let thing = Thing::of_authority(award.authority_id).made_by(Some(award.recommended_by));
                let said: Vec<_> = committee.iter().filter(|(v, _)| v.award_id == award.id).collect();
                // While other parts are to follow nobody is asked: a vote or an approval would be refused.
                // Whoever declared a conflict decides nothing here.
                let sits = award.state == AwardState::Recommended
                    && !conflicted
                    && !award.terms.0.more_follow
                    && award.recommended_by != me
                    && can(&actor, Action::ApproveAward, &thing);
                let own = said.iter().find(|(v, _)| v.account_id == me).map(|(v, _)| v.stance);
                let aside = own == Some(Stance::Recused);
                let standing = Standing::of(said.iter().map(|(v, _)| v.stance));
                // Who has said nothing yet votes by recording the decision.
                let counted = standing.favour + standing.against + u32::from(own.is_none());
                let contract = award.kind == AwardKind::Contract;
                let own_checks: Vec<Check> =
                    checks.iter().filter(|c| c.application_id == award.application_id).cloned().collect();
                let decided = matches!(award.state, AwardState::Approved | AwardState::Noticed);
                let found = if contract && decided {
                    rules::nobody_excluded(&own_checks).and_then(|()| rules::not_withdrawing(halt.as_ref()))
                } else {
                    Ok(())
                };
                let recommends = !conflicted && can(&actor, Action::RecommendAward, &thing);
                let least = call.terms.0.round.as_ref().map_or(Pence::ZERO, |round| round.least);
                shown.push(Shown {
                    standing: if award.terms.0.more_follow {
                        "Nobody votes before all parts are there.".to_owned()
                    } else {
                        standing_words(standing, quorum)
                    },
                    committee: said
                        .into_iter()
                        .map(|(v, name)| (name.clone(), v.stance.label(), v.reason.clone()))
                        .collect(),
                    may_vote: sits && !contract && !aside,
                    may_take_back: !contract
                        && recommends
                        && barred
                        && award.state == AwardState::Recommended
                        && (award.terms.0.more_follow || award.value < least),
                    may_add: !contract
                        && recommends
                        && award.state == AwardState::Recommended
                        && award.recommended_by == me
                        && route.is_none()
                        && open_route.is_none()
                        && !committee.iter().any(|(v, _)| v.award_id == award.id)
                        && award.terms.0.number_of_parts() < MOST_PARTS,
                    sentence: match &found {
                        Ok(()) => state_sentence(&award, &who, today),
                        Err(refusal) => refusal.sentence(),
                    },
                    falls: found.is_err(),
                    halt,
                    recommender,
                    decider: decider.unwrap_or_default(),
                    may_decide: sits && (contract || (!aside && counted >= quorum)),
                    may_sign: award.state != AwardState::Signed
                        && found.is_ok()
                        && rules::may_sign(&award, today).is_ok(),
                    name: who,
                    route: route.map(RouteKind::label),
                    waits: open_route.map(|(kind, amount)| waits_words(kind, amount)),
                    challenges,
                    award,
                });
            }
            let checks = checks.into_iter().map(|c| (name(c.application_id), c)).collect();
            let summaries = store::sendings(db, id)?.into_iter().map(|s| (name(s.summary.application_id), s)).collect();
            let thing = Thing::of_authority(call.authority_id);
            let offered = call.terms.0.round.as_ref().map(|r| r.instruments.clone()).unwrap_or_default();
            let instrument =
                wanted.filter(|i| offered.contains(i)).or_else(|| offered.first().copied()).unwrap_or(Instrument::Loan);
            Ok(DeskPage {
                stances: Stance::options(),
                others: offered.into_iter().filter(|i| *i != instrument).collect(),
                instrument,
                shell: Shell::default(),
                form: FormState::empty(),
                verdict: shown.last().map_or_else(
                    || match &ranking {
                        _ if call.shortlists().is_some() => RefusalInfo::sentence(&AwardRefusal::Shortlists),
                        Some(_) => "The ranking is signed. Recommend an award with your reasons.".to_owned(),
                        None => "No award yet: the ranking must be signed first.".to_owned(),
                    },
                    |s| s.sentence.clone(),
                ),
                assessed: all.len(),
                tender,
                may_run: can(&actor, Action::RunAward, &thing)
                    && shown.iter().all(|s| can(&actor, Action::RunAward, &s.award.thing())),
                reads_scores: can(&actor, Action::ReadScores, &thing),
                may_recommend: call.shortlists().is_none()
                    && !conflicted
                    && can(&actor, Action::RecommendAward, &thing),
                signed: ranking.is_some(),
                call,
                awards: shown,
                choices,
                checks,
                hidden,
                summaries,
                kinds: CheckKind::options(),
                outcomes: CheckOutcome::options(),
                challenge_kinds: ChallengeKind::options(),
            })
        })
        .await?;
    let mut shell = visit.shell("Award", "/desk/calls");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    built.shell = shell;
    built.form = form;
    Ok(built)
}

/// Query of the desk: which instrument the form of a recommendation is for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct InstrumentQuery {
    /// Its word, such as `loan`.
    pub(super) instrument: String,
}

/// `GET /desk/calls/{id}/award`
///
/// # Errors
/// Denied.
pub async fn desk(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<InstrumentQuery>) -> Answer {
    page(&desk_page(&visit, *id, FormState::empty(), &query.instrument).await?)
}

/// After a step on the desk: back to it, or the page again with what is wrong.
async fn after<T>(visit: &Visit, call: Id<Call>, posted: Posted<T>, done: Result<()>, words: &str) -> Answer {
    match done {
        Ok(()) => {
            visit.done(words);
            see(&format!("/desk/calls/{call}/award"))
        }
        Err(error) => page_again(&desk_page(visit, call, posted.again(error)?, "").await?),
    }
}

/// `POST /desk/calls/{id}/award`
///
/// # Errors
/// Denied.
pub async fn recommend(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<RecommendInput>) -> Answer {
    match actions::recommend(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(award) if Parser::ticked(&posted.input.package) => {
            visit.done("The first part is recommended. Add the next one.");
            see(&format!("/desk/calls/{id}/award/{award}/parts"))
        }
        done => after(&visit, *id, posted, done.map(|_| ()), "Recommended. A committee member decides.").await,
    }
}

/// `POST /desk/calls/{id}/checks/{application}`
///
/// # Errors
/// Denied.
pub async fn check(visit: Visit, path: web::Path<(Id<Call>, Id<Application>)>, posted: Posted<CheckInput>) -> Answer {
    let (call, application) = path.into_inner();
    visit.under(call, move |db| Ok(applications::find(db, application)?.call_id)).await?;
    let done = actions::record_check(&visit.app, &visit.actor, application, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "The check is recorded.").await
}

/// `POST /desk/calls/{id}/award/{award}/decision`
///
/// # Errors
/// Denied.
pub async fn decide(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<DecisionInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = match posted.input.approves() {
        Ok(approve) => {
            let read = &posted.input.parts;
            actions::decide_as_read(&visit.app, &visit.actor, award, approve, read, visit.now).await
        }
        Err(error) => Err(error),
    };
    after(&visit, call, posted, done, "Your decision is recorded.").await
}

/// `POST /desk/calls/{id}/award/{award}/take-back`
///
/// # Errors
/// Denied.
pub async fn take_back(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<TakeBackInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = actions::take_back(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "The recommendation is taken back. It can be made anew.").await
}

/// `POST /desk/calls/{id}/award/{award}/committee`
///
/// # Errors
/// Denied.
pub async fn committee(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<StanceInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = super::committee::vote(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "Your vote is recorded.").await
}

/// `POST /desk/calls/{id}/summaries`
///
/// # Errors
/// Denied.
pub async fn send_summaries(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<Nothing>) -> Answer {
    let done = actions::send_summaries(&visit.app, &visit.actor, *id, visit.now).await.map(|_| ());
    let words = if visit.app.mailer.is_some() {
        "The summaries are on their way. This page says who was given one."
    } else {
        "Every assessed supplier has its summary on its page."
    };
    after(&visit, *id, posted, done, words).await
}

/// `POST /desk/calls/{id}/award/{award}/notice`
///
/// # Errors
/// Denied.
pub async fn notice(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<NoticeInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = actions::record_notice(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "The notice is recorded.").await
}

/// `POST /desk/calls/{id}/award/{award}/offer`
///
/// # Errors
/// Denied.
pub async fn offer(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<OfferInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = offers::make(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "The offer is with the applicant.").await
}

/// `POST /desk/calls/{id}/award/{award}/subsidy`: works out what the terms are worth as a subsidy.
///
/// # Errors
/// Denied.
pub async fn subsidy(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<SubsidyInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = offers::work_out_subsidy(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    let words = match &done {
        Ok(found) => {
            format!("The subsidy is {}. The enterprise is asked to confirm what its group has had.", found.amount)
        }
        Err(_) => String::new(),
    };
    after(&visit, call, posted, done.map(|_| ()), &words).await
}

/// `POST /desk/calls/{id}/award/{award}/challenges`
///
/// # Errors
/// Denied.
pub async fn challenge(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<ChallengeInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    let done = actions::record_challenge(&visit.app, &visit.actor, award, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "The challenge is recorded.").await
}

/// `POST /desk/calls/{id}/challenges/{challenge}/end`
///
/// # Errors
/// Denied.
pub async fn end_challenge(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Challenge>)>,
    posted: Posted<ChallengeEndInput>,
) -> Answer {
    let (call, challenge) = path.into_inner();
    visit
        .under(call, move |db| {
            let award = store::find_challenge(db, challenge)?.award_id;
            Ok(store::find(db, award)?.call_id)
        })
        .await?;
    let done = actions::end_challenge(&visit.app, &visit.actor, challenge, &posted.input, visit.now).await;
    after(&visit, call, posted, done, "Recorded.").await
}
