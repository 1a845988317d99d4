//! The officers' page of the residents' vote, and the page on which everybody reads its result.

use super::model::ResidentVote;
use super::roll::{self, RollInput, VoteInput};
use super::rules::{self, ResidentRefusal};
use super::store;
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::evaluation::PanelRule;
use crate::evaluation::panel::{ApplicationTally, PanelTally, Roll};
use crate::http::chart::{CompareBar, CompareBars, Heading, Unit};
use crate::http::{Answer, FormState, Link, Parts, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::scoring::pages::form_shell;
use crate::values::decimals::{group_thousands, shown_decimal, shown_percent};
use crate::values::{FieldErrors, Id, Pence, Refusal, counted};
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use askama::Template;
use rust_decimal::Decimal;
use serde::Serialize;

/// The result of a vote as people read it.
pub(super) struct Outcome {
    verdict: String,
    note: String,
    heads: Vec<&'static str>,
    rows: Vec<(String, Vec<String>)>,
    /// Bars of the same, safe to insert.
    chart: String,
    /// Whether so few voted that only totals are shown.
    few: bool,
    hash: String,
}

/// An amount of money, or a sum of scores, in words.
fn sum_words(rule: &PanelRule, sum: Decimal) -> String {
    match rule {
        PanelRule::Scores { .. } => shown_decimal(sum),
        PanelRule::Budget { .. } => {
            Pence::from_pounds_exact(sum).map_or_else(|_| shown_decimal(sum), |pence| pence.to_string())
        }
    }
}

/// How many ballots gave each score, from the least, or how many gave money.
fn spread_words(one: &ApplicationTally) -> String {
    let Some(spread) = &one.spread else { return String::new() };
    let mut all: Vec<(&String, &u32)> = spread.iter().collect();
    all.sort_by_key(|(score, _)| score.parse::<u32>().unwrap_or_default());
    let words: Vec<String> = all.into_iter().map(|(score, count)| format!("{score}: {count}")).collect();
    words.join(", ")
}

fn name_of<'a>(vote: &'a ResidentVote, application: &'a str) -> &'a str {
    vote.choices.0.iter().find(|choice| choice.reference == application).map_or(application, |c| c.name.as_str())
}

/// What each application was given as a part: of all that was shared out, or of the best score from every ballot.
fn chart(vote: &ResidentVote, rule: &PanelRule, tally: &PanelTally) -> Result<String> {
    let whole: Decimal = match rule {
        PanelRule::Scores { highest, .. } => Decimal::from(tally.valid) * Decimal::from(*highest),
        PanelRule::Budget { .. } => tally.applications.iter().map(|one| one.sum).sum(),
    };
    let part = |one: &ApplicationTally| one.sum.checked_div(whole).unwrap_or_default() * Decimal::ONE_HUNDRED;
    let most = tally.applications.iter().map(part).max().unwrap_or_default();
    let best: Vec<&str> =
        tally.applications.iter().filter(|one| part(one) == most).map(|one| name_of(vote, &one.application)).collect();
    let finding = match (best.as_slice(), rule) {
        _ if most.is_zero() => "Residents gave nothing to any application".to_owned(),
        ([one], PanelRule::Scores { .. }) => format!("{one} was scored best"),
        ([one], PanelRule::Budget { .. }) => format!("{one} was given most"),
        (several, _) => format!("{} are level", several.join(" and ")),
    };
    let unit = match rule {
        PanelRule::Scores { highest, .. } => {
            format!("Per cent of the best possible, a score of {highest} on every ballot.")
        }
        PanelRule::Budget { .. } => "Per cent of all the money that residents shared out.".to_owned(),
    };
    let bars = tally
        .applications
        .iter()
        .map(|one| CompareBar {
            name: name_of(vote, &one.application).to_owned(),
            said: None,
            real: part(one),
            note: String::new(),
        })
        .collect();
    let heading = Heading::new("vote", "What residents gave to each application", finding, unit);
    Ok(CompareBars { heading, said: "", real: "", unit: Unit::percent(1), bars }.render()?)
}

fn result(vote: &ResidentVote, rule: &PanelRule, tally: &PanelTally) -> Result<Outcome> {
    let few = !rules::shows_ballots(tally);
    let all: Decimal = tally.applications.iter().map(|one| one.sum).sum();
    let (heads, mean): (Vec<&'static str>, bool) = match (rule, few) {
        (PanelRule::Scores { .. }, true) => (vec!["Sum of the scores"], false),
        (PanelRule::Scores { .. }, false) => {
            (vec!["Mean score", "Sum of the scores", "How many gave each score"], true)
        }
        (PanelRule::Budget { .. }, true) => (vec!["Given to it"], false),
        (PanelRule::Budget { .. }, false) => {
            (vec!["Share of all that was given", "Given to it", "How many gave something"], true)
        }
    };
    let rows = tally
        .applications
        .iter()
        .map(|one| {
            let sum = sum_words(rule, one.sum);
            let cells = match (mean, rule) {
                (false, _) => vec![sum],
                (true, PanelRule::Scores { .. }) => {
                    vec![one.mean.map(|m| m.to_string()).unwrap_or_default(), sum, spread_words(one)]
                }
                (true, PanelRule::Budget { .. }) => {
                    let share = if all.is_zero() { Decimal::ZERO } else { one.sum / all };
                    let gave = one.spread.as_ref().and_then(|s| s.get("given")).copied().unwrap_or_default();
                    vec![shown_percent(share, 1), sum, gave.to_string()]
                }
            };
            (name_of(vote, &one.application).to_owned(), cells)
        })
        .collect();
    let count = |n: u32| group_thousands(&n.to_string());
    let mut note = format!("Turnout {}.", shown_percent(tally.turnout, 1));
    match tally.spoilt {
        0 => {}
        1 => note.push_str(" One ballot did not fit the rule and counts for nothing."),
        more => note.push_str(&format!(" {} ballots did not fit the rule and count for nothing.", count(more))),
    }
    if !tally.quorum_met {
        let needed = match rule.quorum() {
            1 => "One ballot is".to_owned(),
            more => format!("{} ballots are", count(more)),
        };
        note.push_str(&format!(" {needed} needed, so the vote gives no points."));
    }
    Ok(Outcome {
        chart: chart(vote, rule, tally)?,
        verdict: format!("{} of {} voted.", count(tally.voted), counted(tally.entitled, "residents")),
        note,
        heads,
        rows,
        few,
        hash: vote.ballots_hash.clone().unwrap_or_default(),
    })
}

fn result_of(vote: Option<&ResidentVote>, rule: &PanelRule) -> Result<Option<Outcome>> {
    let closed = vote.filter(|v| v.closed_at.is_some());
    closed.and_then(|vote| Some(result(vote, rule, &vote.tally.as_ref()?.0))).transpose()
}

#[derive(Template)]
#[template(path = "scoring/residents.html")]
struct ResidentsPage {
    shell: Shell,
    form: FormState,
    call: Call,
    verdict: String,
    how: String,
    vote: Option<ResidentVote>,
    roll: Roll,
    result: Option<Outcome>,
    may_set: bool,
    may_add: bool,
}

async fn residents_page(visit: &Visit, id: Id<Call>, form: FormState) -> Result<ResidentsPage> {
    let actor = visit.actor.clone();
    let (call, vote, roll) = visit
        .app
        .db
        .read(move |db| {
            let (call, vote) = store::call_with_vote(db, id)?;
            require(&actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
            let roll = match &vote {
                Some(vote) => store::roll(db, vote.id)?,
                None => Roll { entitled: 0, voted: 0 },
            };
            Ok((call, vote, roll))
        })
        .await?;
    let (_, rule) = rules::panel(&call.terms.0.model).ok_or(Error::NotFound)?;
    let manages = can(&visit.actor, Action::ManagePanel, &Thing::of_authority(call.authority_id));
    let closed = vote.as_ref().is_some_and(|v| v.closed_at.is_some());
    let counts = vote.as_ref().and_then(|v| v.tally.as_ref()).is_some_and(|t| t.0.quorum_met);
    let verdict = match &vote {
        None => "The residents’ vote is not set up yet.".to_owned(),
        Some(v) if v.closed_at.is_some() && counts => "The residents’ vote is counted.".to_owned(),
        Some(v) if v.closed_at.is_some() => "Too few voted. The vote must be held again.".to_owned(),
        Some(v) if visit.now > v.closes_at => "Voting has ended and is being counted.".to_owned(),
        Some(v) if visit.now >= v.opens_at => format!("Residents are voting until {}.", v.closes_at.long()),
        Some(v) => format!("Voting begins at {}.", v.opens_at.long()),
    };
    let form = match vote.as_ref().filter(|v| v.closed_at.is_none()) {
        // The dates that are set stand in their form, also beside what is wrong with the form of the roll.
        Some(vote) if form.value("opens_date").is_empty() && form.value("closes_date").is_empty() => {
            let filled = FormState::filled([
                ("opens_date", vote.opens_at.date().to_string()),
                ("opens_time", vote.opens_at.time_of_day()),
                ("closes_date", vote.closes_at.date().to_string()),
                ("closes_time", vote.closes_at.time_of_day()),
                ("addresses", form.value("addresses").to_owned()),
            ]);
            filled.with_errors(FieldErrors(form.errors().to_vec()))
        }
        _ => form,
    };
    Ok(ResidentsPage {
        shell: form_shell(visit, "Residents’ vote", &form),
        form,
        verdict,
        how: calls::view::scored_by_rule(&rule),
        result: result_of(vote.as_ref(), &rule)?,
        may_set: manages && if closed { !counts } else { roll.entitled == 0 },
        may_add: manages && vote.as_ref().is_some_and(|v| v.closed_at.is_none() && visit.now <= v.closes_at),
        vote,
        roll,
        call,
    })
}

/// `GET /desk/calls/{id}/residents`
///
/// # Errors
/// Denied, NotFound where residents decide nothing.
pub async fn residents(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&residents_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/residents`: when residents vote.
///
/// # Errors
/// Denied.
pub async fn set_up(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<VoteInput>) -> Answer {
    match roll::set_up(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The dates are set. Put residents on the roll next.");
            see(&format!("/desk/calls/{id}/residents"))
        }
        Err(error) => page_again(&residents_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/residents/roll`: a pasted list, or a CSV file.
///
/// # Errors
/// Denied.
pub async fn add(visit: Visit, id: web::Path<Id<Call>>, parts: Parts) -> Answer {
    let addresses = match parts.file("list") {
        Some(file) => String::from_utf8_lossy(&file.bytes).into_owned(),
        None => parts.field("addresses").to_owned(),
    };
    match roll::add(&visit.app, &visit.actor, *id, &RollInput { addresses }, visit.now).await {
        Ok(found) => {
            let added = match found.added {
                1 => "One resident was added and sent a link.".to_owned(),
                added => format!("{added} residents were added and sent their links."),
            };
            let known = match found.known {
                0 => String::new(),
                1 => " One address was on the roll already; its link stands.".to_owned(),
                known => format!(" {known} addresses were on the roll already; their links stand."),
            };
            visit.done(format!("{added}{known}"));
            see(&format!("/desk/calls/{id}/residents"))
        }
        Err(error) => {
            let typed = FormState::filled([("addresses", parts.field("addresses"))]);
            let errors = match error {
                Error::Invalid(errors) => errors,
                Error::Refused(Refusal { sentence, .. }) => FieldErrors::one("addresses", sentence),
                other => return Err(other.into()),
            };
            page_again(&residents_page(&visit, *id, typed.with_errors(errors)).await?)
        }
    }
}

#[derive(Template)]
#[template(path = "scoring/residents_result.html")]
struct ResultPage {
    shell: Shell,
    call: Call,
    how: String,
    verdict: String,
    result: Option<Outcome>,
}

/// A call that this person may read, with the vote of its residents.
pub(super) async fn readable(visit: &Visit, id: Id<Call>) -> Result<(Call, Option<ResidentVote>, PanelRule)> {
    let (call, vote) = visit.app.db.read(move |db| store::call_with_vote(db, id)).await?;
    require(&visit.actor, Action::ReadCall, &calls::thing(&call))?;
    let (_, rule) = rules::panel(&call.terms.0.model).ok_or(Error::NotFound)?;
    Ok((call, vote, rule))
}

/// `GET /calls/{id}/vote`: for everybody; the result only after closing.
///
/// # Errors
/// NotFound for a call that is not public, or whose residents decide nothing.
pub async fn result_page(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, vote, rule) = readable(&visit, *id).await?;
    let result = result_of(vote.as_ref(), &rule)?;
    let verdict = match (&result, &vote) {
        (Some(result), _) => result.verdict.clone(),
        (None, None) => "Residents vote once the applications are open. The dates are not set yet.".to_owned(),
        (None, Some(vote)) if vote.closed_at.is_some() => "Nobody was on the roll.".to_owned(),
        (None, Some(vote)) => format!(
            "Residents vote from {} until {}. Nothing is counted before.",
            vote.opens_at.long(),
            vote.closes_at.long()
        ),
    };
    let mut shell = visit.shell("Residents’ vote", if visit.actor.is_staff() { "/desk/calls" } else { "/calls" });
    shell.breadcrumbs = vec![
        Link::new("Home", "/"),
        Link::new("Calls", "/calls"),
        Link::new(call.title.clone(), format!("/calls/{}", call.id)),
    ];
    page(&ResultPage { shell, how: calls::view::scored_by_rule(&rule), verdict, result, call })
}

/// The ballot box as it is published: what `commonweal` counts again on any machine.
#[derive(Debug, Serialize)]
pub(super) struct BallotBox {
    rule: PanelRule,
    applications: Vec<String>,
    roll: Roll,
    ballots: Vec<super::model::PublishedBallot>,
}

/// Every ballot in the order of the random names, once voting has closed and at least five count.
pub(super) async fn ballot_box(visit: &Visit, id: Id<Call>) -> Result<(Call, BallotBox)> {
    let (call, vote, rule) = readable(visit, id).await?;
    let vote = vote.ok_or(Error::NotFound)?;
    if vote.closed_at.is_none() {
        return Err(ResidentRefusal::NotClosed.into());
    }
    let tally = vote.tally.as_ref().map(|t| &t.0).filter(|t| rules::shows_ballots(t));
    let tally = tally.ok_or(ResidentRefusal::TooFewToShow)?;
    let roll = Roll { entitled: tally.entitled, voted: tally.voted };
    let (applications, id) = (vote.references(), vote.id);
    let ballots = visit.app.db.read(move |db| Ok(store::published(store::ballots(db, id)?))).await?;
    Ok((call, BallotBox { rule, applications, roll, ballots }))
}

/// `GET /calls/{id}/ballots.json`: for everybody.
///
/// # Errors
/// NotFound; refused before closing, and where fewer than five ballots count.
pub async fn ballots(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (call, found) = ballot_box(&visit, *id).await?;
    let text = serde_json::to_string_pretty(&found).map_err(Error::from)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}-ballots.json\"", call.reference)))
        .body(text))
}
