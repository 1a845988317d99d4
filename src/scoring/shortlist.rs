//! The shortlist: who goes on from the first stage of a tender to the second, by the published rule and nothing else.
//!
//! One officer proposes it with the dates of the second stage, another confirms it or sends it back. Confirming invites
//! those who go on, tells those who stay why, and opens the second stage, all in one write.

use super::bid_id;
use super::falling_away::ranks_a_fallen_bid;
use super::model::{Moderated, Ranking};
use super::panel::{note, refuse_conflicted};
use super::store;
use crate::app::App;
use crate::applications::{self, Application, refuse_bidder};
use crate::calls::stages::{self, check_dates};
use crate::calls::{self, Call, StageRefusal, TimetableInput, rule_words};
use crate::db::schema::{accounts, rankings, shortlists};
use crate::db::{Db, Json, MultiBackend};
use crate::error::{Error, Result};
use crate::evaluation::{self, BidResult, STAGES_FORMAT, Shortlist, Stage, StagesFile, StagesModel, StagesResult};
use crate::outbox::mail::{self, Mail};
use crate::people::policy::{Action, Thing, require};
use crate::people::{addresses_of_deciders, addresses_of_organisations};
use crate::values::{Account, Actor, Id, Instant, Parser, RefusalInfo, Role, actor};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

crate::text_enum! {
    /// What came of a proposed shortlist.
    pub enum ShortlistOutcome {
        Proposed = "proposed" => "Waits for a second officer",
        Confirmed = "confirmed" => "Confirmed",
        Returned = "returned" => "Sent back",
    }
}
crate::text_column!(ShortlistOutcome);

/// A shortlist as one officer proposed it. Who is on it follows from the ranking and the published rule.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = shortlists, check_for_backend(MultiBackend))]
pub struct Proposal {
    /// Identifier.
    pub id: Id<Proposal>,
    /// The authority.
    pub authority_id: Id<actor::Organisation>,
    /// The first stage.
    pub call_id: Id<Call>,
    /// The signed ranking that the rule is applied to.
    pub ranking_id: Id<Ranking>,
    /// Dates of the second stage.
    pub dates: Json<calls::Timetable>,
    /// What came of it.
    pub outcome: ShortlistOutcome,
    /// When.
    pub proposed_at: Instant,
    /// By whom.
    pub proposed_by: Id<Account>,
    /// When somebody else decided.
    pub decided_at: Option<Instant>,
    /// Who.
    pub decided_by: Option<Id<Account>>,
    /// Why it was sent back.
    pub note: Option<String>,
}

/// Why something about a shortlist is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortlistRefusal {
    /// No signed ranking.
    NotSigned,
    /// A bid of the ranking has fallen away.
    FellAway,
    /// Nobody goes on by the rule.
    Nobody,
    /// A proposal waits already.
    AlreadyProposed,
    /// One is confirmed already.
    Confirmed,
    /// Nothing waits for a decision.
    NotProposed,
    /// The same officer proposed it.
    SamePerson,
    /// The bids were ranked again since.
    RankingChanged,
}

impl RefusalInfo for ShortlistRefusal {
    fn code(&self) -> &'static str {
        match self {
            ShortlistRefusal::NotSigned => "scoring/shortlist-not-signed",
            ShortlistRefusal::FellAway => "scoring/shortlist-bid-fell-away",
            ShortlistRefusal::Nobody => "scoring/shortlist-empty",
            ShortlistRefusal::AlreadyProposed => "scoring/shortlist-already-proposed",
            ShortlistRefusal::Confirmed => "scoring/shortlist-confirmed",
            ShortlistRefusal::NotProposed => "scoring/shortlist-not-proposed",
            ShortlistRefusal::SamePerson => "scoring/shortlist-same-person",
            ShortlistRefusal::RankingChanged => "scoring/shortlist-ranking-changed",
        }
    }
    fn sentence(&self) -> String {
        match self {
            ShortlistRefusal::NotSigned => "The ranking of the first stage must be signed first.",
            ShortlistRefusal::FellAway => {
                "A bid of this ranking has fallen away. Rank the others again and sign the ranking first."
            }
            ShortlistRefusal::Nobody => {
                "Nobody goes on by the published rule, so there is no second stage. Withdraw the first stage with this reason."
            }
            ShortlistRefusal::AlreadyProposed => {
                "A shortlist is proposed already. Another officer confirms it or sends it back."
            }
            ShortlistRefusal::Confirmed => "The shortlist is confirmed, and the second stage is open. It stays as it is.",
            ShortlistRefusal::NotProposed => "No shortlist waits for a decision. Propose one first.",
            ShortlistRefusal::SamePerson => {
                "You proposed this shortlist, so another officer confirms it or sends it back."
            }
            ShortlistRefusal::RankingChanged => {
                "The bids were ranked again since this was proposed. Send it back, and propose it anew."
            }
        }
        .to_owned()
    }
    fn reference(&self) -> Option<&'static str> {
        None
    }
}

/// The proposals of a call with the names of who proposed, the newest first.
pub(super) fn proposals(db: &mut Db, call: Id<Call>) -> Result<Vec<(Proposal, String)>> {
    Ok(shortlists::table
        .inner_join(accounts::table.on(accounts::id.eq(shortlists::proposed_by)))
        .filter(shortlists::call_id.eq(call))
        .select((Proposal::as_select(), accounts::name))
        .order((shortlists::proposed_at.desc(), shortlists::id.desc()))
        .limit(100)
        .load(db)?)
}

/// The confirmed shortlist of a call with the ranking it rests on.
fn confirmed(db: &mut Db, call: Id<Call>) -> Result<Option<(Proposal, Ranking)>> {
    Ok(shortlists::table
        .inner_join(rankings::table.on(rankings::id.eq(shortlists::ranking_id)))
        .filter(shortlists::call_id.eq(call))
        .filter(shortlists::outcome.eq(ShortlistOutcome::Confirmed))
        .select((Proposal::as_select(), Ranking::as_select()))
        .order(shortlists::id)
        .first(db)
        .optional()?)
}

/// Whether the shortlist of a call is confirmed, so that nothing of the first stage changes any more.
///
/// # Errors
/// What the database says.
pub fn is_confirmed(db: &mut Db, call: &Call) -> Result<bool> {
    Ok(call.shortlists().is_some() && confirmed(db, call.id)?.is_some())
}

/// The published rule applied to a ranking of the first stage.
///
/// # Errors
/// Refused for a call that is no first stage.
pub fn applied(call: &Call, ranking: &Ranking) -> Result<Shortlist> {
    let (rule, _) = call.shortlists().ok_or(StageRefusal::NotStaged)?;
    let stage = Stage { model: ranking.file.0.model.clone(), rule: rule.clone() };
    Ok(evaluation::shortlist(&stage, &ranking.file.0.inputs)?)
}

/// The newest ranking, when it is signed and nothing in it has fallen away.
fn signed(db: &mut Db, call: Id<Call>) -> Result<Ranking> {
    let ranking = store::latest_ranking(db, call)?.filter(|r| r.signed_at.is_some());
    let ranking = ranking.ok_or(ShortlistRefusal::NotSigned)?;
    if ranks_a_fallen_bid(db, call)? { Err(ShortlistRefusal::FellAway.into()) } else { Ok(ranking) }
}

/// Dates that are past or out of order, each told at its field.
fn in_order(form: &mut Parser, dates: &calls::Timetable, now: Instant) {
    for (field, at) in [
        ("questions_by_date", dates.questions_by),
        ("answers_by_date", dates.answers_by),
        ("deadline_date", dates.deadline),
    ] {
        form.check(at.is_none_or(|at| at > now), field, "Choose a day and time that are still to come");
    }
    if let (Some(questions), Some(answers)) = (dates.questions_by, dates.answers_by) {
        form.check(
            questions <= answers,
            "answers_by_date",
            "Answers cannot all be published before questions end. Choose a later time",
        );
    }
    if let (Some(answers), Some(deadline)) = (dates.answers_by, dates.deadline) {
        form.check(
            answers <= deadline,
            "deadline_date",
            "Final tenders cannot close before all answers are published. Choose a later time",
        );
    }
}

/// Writes to the officers who may confirm a shortlist that it waits for them, all but who proposed it.
fn ask(db: &mut Db, call: &Call, proposed_by: Id<Account>, url: &str, now: Instant) -> Result<()> {
    let mut officers = BTreeSet::new();
    for role in [Role::ProcurementOfficer, Role::FundManager] {
        officers.extend(addresses_of_deciders(db, call.authority_id, role, Some(proposed_by))?);
    }
    let subject = format!("A shortlist waits for you: {}", call.reference);
    let text = format!(
        "Somebody proposes who goes on to the second stage of {} “{}”. Another officer confirms it or sends it back.\n\nRead it, and decide:\n{}/desk/calls/{}/shortlist\n",
        call.reference,
        call.title,
        url.trim_end_matches('/'),
        call.id
    );
    for to in officers {
        mail::queue(db, Some(call.authority_id), &to, &subject, &text, now)?;
    }
    Ok(())
}

/// An officer proposes the shortlist that follows from the signed ranking, with the dates of the second stage.
///
/// # Errors
/// Invalid, also for dates that are past or out of order; Denied, NotFound; refused for a call of one stage, to who
/// declared a conflict, without a signed ranking, when nobody goes on, when one is proposed or confirmed, and for dates
/// that leave less time than the law asks for.
pub async fn propose(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    input: &TimetableInput,
    now: Instant,
) -> Result<Id<Proposal>> {
    let mut form = Parser::default();
    let dates = input.read(&mut form);
    in_order(&mut form, &dates, now);
    form.finish()?;
    let proposed_by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            require(&actor, Action::ProposeShortlist, &Thing::of_authority(call.authority_id))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            let second = stages::second_of(db, &call)?;
            for (known, _) in proposals(db, call.id)? {
                match known.outcome {
                    ShortlistOutcome::Confirmed => return Err(ShortlistRefusal::Confirmed.into()),
                    ShortlistOutcome::Proposed => return Err(ShortlistRefusal::AlreadyProposed.into()),
                    ShortlistOutcome::Returned => {}
                }
            }
            let ranking = signed(db, call.id)?;
            let found = applied(&call, &ranking)?;
            if found.goes_on.is_empty() {
                return Err(ShortlistRefusal::Nobody.into());
            }
            calls::waits(&second)?;
            check_dates(&second, &dates, now)?;
            let row = Proposal {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: call.id,
                ranking_id: ranking.id,
                dates: Json(dates.clone()),
                outcome: ShortlistOutcome::Proposed,
                proposed_at: now,
                proposed_by,
                decided_at: None,
                decided_by: None,
                note: None,
            };
            diesel::insert_into(shortlists::table).values(&row).execute(db)?;
            let facts = json!({
                "shortlist": row.id, "ranking": ranking.hash, "go_on": found.goes_on.len(), "stay": found.stays.len(),
                "deadline": dates.deadline,
            });
            note(db, &actor, &call, "shortlist.proposed", facts, now)?;
            ask(db, &call, proposed_by, &url, now)?;
            Ok(row.id)
        })
        .await
}

/// A second officer's decision.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ShortlistDecisionInput {
    /// `confirm` or `return`.
    pub decision: String,
    /// What should be changed, when it is sent back.
    pub note: String,
}

/// Another officer confirms the proposed shortlist, which opens the second stage to those on it, or sends it back.
///
/// # Errors
/// Invalid, Denied, NotFound; refused for who proposed it or declared a conflict, without a proposal, when the bids were
/// ranked again, and when the dates have come too close meanwhile.
pub async fn decide(
    app: &App,
    actor: &Actor,
    call: Id<Call>,
    input: &ShortlistDecisionInput,
    now: Instant,
) -> Result<ShortlistOutcome> {
    let mut form = Parser::default();
    let words = form.optional_text("note", &input.note, 2000);
    let outcome = match input.decision.trim() {
        "confirm" => ShortlistOutcome::Confirmed,
        "return" => {
            form.check(words.is_some(), "note", "Say what should be changed");
            ShortlistOutcome::Returned
        }
        _ => {
            form.wrong("decision", "Choose whether you confirm it or send it back");
            ShortlistOutcome::Returned
        }
    };
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let call = calls::find(db, call)?;
            let thing = Thing::of_authority(call.authority_id);
            require(&actor, Action::ConfirmShortlist, &thing)?;
            let known = proposals(db, call.id)?;
            let Some((proposal, _)) = known.iter().find(|(p, _)| p.outcome == ShortlistOutcome::Proposed) else {
                if known.iter().any(|(p, _)| p.outcome == ShortlistOutcome::Confirmed) {
                    return Err(ShortlistRefusal::Confirmed.into());
                }
                return Err(ShortlistRefusal::NotProposed.into());
            };
            if proposal.proposed_by == by {
                return Err(ShortlistRefusal::SamePerson.into());
            }
            require(&actor, Action::ConfirmShortlist, &thing.made_by(Some(proposal.proposed_by)))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            diesel::update(shortlists::table.filter(shortlists::id.eq(proposal.id)))
                .set((
                    shortlists::outcome.eq(outcome),
                    shortlists::decided_at.eq(now),
                    shortlists::decided_by.eq(by),
                    shortlists::note.eq(&words),
                ))
                .execute(db)?;
            if outcome == ShortlistOutcome::Returned {
                note(db, &actor, &call, "shortlist.returned", json!({ "shortlist": proposal.id }), now)?;
            } else {
                confirm(db, &actor, &call, proposal, &url, now)?;
            }
            Ok(outcome)
        })
        .await
}

/// Invites those who go on, opens the second stage, and tells everybody.
fn confirm(db: &mut Db, actor: &Actor, call: &Call, proposal: &Proposal, url: &str, now: Instant) -> Result<()> {
    let ranking = signed(db, call.id)?;
    if ranking.id != proposal.ranking_id {
        return Err(ShortlistRefusal::RankingChanged.into());
    }
    let found = applied(call, &ranking)?;
    let sent = applications::of_call_named(db, call.id)?;
    let by_bid: HashMap<String, &Application> = sent.iter().map(|(a, _)| (bid_id(a), a)).collect();
    let mut on = Vec::new();
    for bid in &found.goes_on {
        on.push(*by_bid.get(bid).ok_or_else(|| Error::internal("a ranked bid has no application"))?);
    }
    let organisations: Vec<Id<actor::Organisation>> = on.iter().map(|a| a.organisation_id).collect();
    let second = stages::invite(db, actor, call, &proposal.dates.0, &organisations, now)?;
    let facts = json!({
        "shortlist": proposal.id, "ranking": ranking.hash, "second": second.id, "deadline": second.deadline_at,
        "go_on": on.iter().map(|a| a.id).collect::<Vec<_>>(), "stay": found.stays.len(),
    });
    note(db, actor, call, "shortlist.confirmed", facts, now)?;
    let rule = call.shortlists().map(|(rule, _)| rule_words(rule)).unwrap_or_default();
    let closes = second.deadline_at.map(Instant::long).unwrap_or_default();
    let whose: Vec<Id<actor::Organisation>> = sent.iter().map(|(a, _)| a.organisation_id).collect();
    let teams = addresses_of_organisations(db, &whose)?;
    let mut mails = Vec::new();
    let mut tell = |application: &Application, subject: &str, text: &str| {
        for address in teams.get(&application.organisation_id).into_iter().flatten() {
            mails.push(Mail::new(Some(call.authority_id), address, subject, text, now));
        }
    };
    for application in on {
        let text = format!(
            "You go on to the second stage of {} “{}”. {rule}\n\nYou are invited to send a final tender, {} “{}”. It closes at {closes}.\n\nStart it here:\n{url}/calls/{}/apply\n\nHow your request was assessed:\n{url}/applications/{}/outcome\n",
            call.reference, call.title, second.reference, second.title, second.id, application.id
        );
        tell(application, &format!("{}: you are invited to the second stage", call.reference), &text);
    }
    for stays in &found.stays {
        let Some(application) = by_bid.get(&stays.bid) else { continue };
        let text = format!(
            "Your request to take part in {} “{}” does not go on to the second stage.\n\n{}\n\nThe published rule: {rule}\n\nHow it was assessed, with every score and the reasons:\n{url}/applications/{}/outcome\n",
            call.reference, call.title, stays.sentence, application.id
        );
        tell(application, &format!("{}: you do not go on to the second stage", call.reference), &text);
    }
    mail::queue_all(db, &mails)
}

/// What a confirmed shortlist means for one application of the first stage.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whether it goes on.
    pub goes_on: bool,
    /// The reason, when it stays.
    pub why: String,
    /// The published rule in a sentence.
    pub rule: String,
    /// The second stage.
    pub second: Id<Call>,
    /// Its own scores.
    pub result: BidResult,
    /// The reasons that were agreed, by criterion.
    pub reasons: BTreeMap<String, String>,
}

/// What became of an application of a first stage; `None` before the shortlist is confirmed, and for other calls.
///
/// # Errors
/// What the database says.
pub fn standing_of(db: &mut Db, call: &Call, application: &Application) -> Result<Option<Standing>> {
    let Some((rule, second)) = call.shortlists() else { return Ok(None) };
    let Some((_, ranking)) = confirmed(db, call.id)? else { return Ok(None) };
    let found = applied(call, &ranking)?;
    let bid = bid_id(application);
    let Some(result) = found.result.bids.iter().find(|b| b.bid == bid).cloned() else { return Ok(None) };
    let reasons = store::moderated(db, call.id)?
        .into_iter()
        .filter(|((of, _), _)| *of == application.id)
        .map(|((_, criterion), agreed): (_, Moderated)| (criterion, agreed.reason))
        .collect();
    Ok(Some(Standing {
        goes_on: found.goes_on.contains(&bid),
        why: found.stays.into_iter().find(|s| s.bid == bid).map(|s| s.sentence).unwrap_or_default(),
        rule: rule_words(rule),
        second,
        result,
        reasons,
    }))
}

/// Both stages as `commonweal evaluate` recomputes them: models, rule, bids as far as they were ranked and signed, and what
/// was decided on. Either stage may be asked about.
///
/// # Errors
/// NotFound for a call of one stage, and before the first ranking is signed.
pub fn file(db: &mut Db, asked: &Call) -> Result<StagesFile> {
    let first = match asked.by_invitation() {
        Some(first) => calls::find(db, first)?,
        None => asked.clone(),
    };
    let Some((rule, second)) = first.shortlists() else { return Err(Error::NotFound) };
    let ranking = match confirmed(db, first.id)? {
        Some((_, ranking)) => ranking,
        None => store::signed_ranking(db, first.id)?.ok_or(Error::NotFound)?,
    };
    let store::JudgedCall { call: second, ranking: last, .. } = store::judged_call(db, second)?;
    let last = last.filter(|ranking| ranking.signed_at.is_some());
    let mut suppliers = Vec::new();
    if last.is_some() {
        let sent = applications::of_calls(db, &[first.id, second.id])?;
        let whose = |call: Id<Call>| -> BTreeMap<String, String> {
            let of_call = sent.iter().filter(|a| a.call_id == call);
            of_call.map(|a| (bid_id(a), a.organisation_id.to_string())).collect()
        };
        suppliers.extend([whose(first.id), whose(second.id)]);
    }
    let mut shortlist = applied(&first, &ranking)?;
    // What was signed stands in the file, so that recomputing compares with it and not with itself.
    if let Some(stored) = ranking.file.0.result {
        shortlist.result = stored;
    }
    let earlier = vec![Stage { model: ranking.file.0.model, rule: rule.clone() }];
    let mut inputs = vec![ranking.file.0.inputs];
    let (model, result) = match last {
        Some(last) => {
            inputs.push(last.file.0.inputs);
            (last.file.0.model, last.file.0.result)
        }
        None => (second.terms.0.model, None),
    };
    Ok(StagesFile {
        format: STAGES_FORMAT.to_owned(),
        model: StagesModel { earlier, last: model },
        inputs,
        suppliers,
        result: Some(StagesResult { shortlists: vec![shortlist], last: result }),
    })
}
