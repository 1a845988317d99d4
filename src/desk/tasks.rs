//! What waits for a member of staff.

use super::store::{self, Proposed};
use crate::awards::committee::Standing;
use crate::awards::{self, AwardKind, CommitteeVote, Stance};
use crate::calls::{self, Call, CallKind, CallStage, RoundTerms};
use crate::compliance::{self, AttentionKind};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Shell, Visit, page};
use crate::investments::Investment;
use crate::missions::{self, Measured, Mission, MissionStatus};
use crate::outbox::{self, mail};
use crate::people::policy::{Action, Thing, can, require};
use crate::scoring::residents;
use crate::values::time::medium_date;
use crate::values::{Account, Id, Instant, LocalDate, counted_with};
use askama::Template;
use std::collections::HashMap;

/// Days after its last reading that an indicator waits for the next.
const READING_DUE_DAYS: u64 = 400;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What to do.
    pub title: String,
    /// Why, or by when.
    pub hint: String,
    /// Where.
    pub href: String,
    /// A word for its tag.
    pub status: &'static str,
    /// The tag's colour.
    pub colour: &'static str,
}

#[derive(Template)]
#[template(path = "desk/tasks.html")]
struct TasksPage {
    shell: Shell,
    /// The field to search by.
    form: FormState,
    tasks: Vec<(String, Task)>,
}

/// What waits in the missions room: drafts, and indicators without a fresh reading.
async fn of_missions(visit: &Visit, today: LocalDate) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    let (writes, reads) =
        (can(&visit.actor, Action::EditMission, &thing), can(&visit.actor, Action::RecordReading, &thing));
    if !writes && !reads {
        return Ok(Vec::new());
    }
    let (all, measured) = visit
        .app
        .db
        .read(move |db| {
            let all = missions::of_authority(db, authority)?;
            let public: Vec<Id<Mission>> = all.iter().filter(|m| m.is_public()).map(|m| m.id).collect();
            let measured = if reads { missions::measured(db, &public)? } else { Measured::default() };
            Ok((all, measured))
        })
        .await?;
    let mut tasks: Vec<Task> = all
        .iter()
        .filter(|m| writes && m.status == MissionStatus::Draft)
        .map(|m| Task {
            title: format!("Finish the {} mission", m.title),
            hint: "A draft that only staff can see".to_owned(),
            href: format!("{}/manage", m.href()),
            status: "Draft",
            colour: "grey",
        })
        .collect();
    let by_id: HashMap<Id<Mission>, &Mission> = all.iter().map(|m| (m.id, m)).collect();
    let stale = today - chrono::Days::new(READING_DUE_DAYS);
    for indicator in &measured.indicators {
        let Some(mission) = by_id.get(&indicator.mission_id) else { continue };
        let last = measured.readings.get(&indicator.id).and_then(|all| all.last()).map(|r| r.read_on);
        if last.is_some_and(|on| on > stale) {
            continue;
        }
        tasks.push(Task {
            title: format!("Record a reading: {}", indicator.title),
            hint: last.map_or_else(|| "No reading yet".to_owned(), |on| format!("Last read on {}", medium_date(on))),
            href: format!("{}/readings/new?indicator={}", mission.href(), indicator.id),
            status: "Due",
            colour: "yellow",
        });
    }
    Ok(tasks)
}

/// What waits on agreements: breaches, misses, figures to check, figures overdue, and what two figures count.
async fn of_agreements(visit: &Visit, today: LocalDate) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    if !can(&visit.actor, Action::VerifyFigure, &thing) && !can(&visit.actor, Action::TakeRemedy, &thing) {
        return Ok(Vec::new());
    }
    let checks = can(&visit.actor, Action::VerifyFigure, &thing);
    let shares = can(&visit.actor, Action::Apportion, &thing);
    let (found, twice) = visit
        .app
        .db
        .read(move |db| {
            let twice = if shares { compliance::counted_twice(db, authority)? } else { Vec::new() };
            Ok((compliance::needs_attention(db, authority, today)?, twice))
        })
        .await?;
    let twice = twice.into_iter().map(|(double, organisation)| Task {
        title: format!("{organisation}: counted twice"),
        hint: format!(
            "The same {} for {}. Decide how it is shared",
            double.kind.label().to_lowercase(),
            double.measure
        ),
        href: format!("/compliance/shared/{}", double.id),
        status: "To decide",
        colour: "yellow",
    });
    Ok(found
        .into_iter()
        .filter(|one| checks || one.kind != AttentionKind::ToVerify)
        .map(|one| Task {
            title: format!("{}: {}", one.organisation, one.title),
            hint: match &one.next_step {
                Some(step) => format!("{}, {}. Next step: {step}", one.reference, one.due.period),
                None => format!("{}, {}, due on {}", one.reference, one.due.period, medium_date(one.due.due_on)),
            },
            href: format!("/compliance/dues/{}", one.due.id),
            status: one.kind.label(),
            colour: match one.kind {
                AttentionKind::Breach | AttentionKind::Overdue => "red",
                AttentionKind::Missed => "yellow",
                AttentionKind::ToVerify => "blue",
            },
        })
        .chain(twice)
        .collect())
}

/// Calls that a member of staff works on: drafts to finish, notices to record, closed ones to open.
async fn of_calls(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    if !can(&visit.actor, Action::PublishCall, &Thing::of_authority(authority)) {
        return Ok(Vec::new());
    }
    let (actor, now) = (visit.actor.clone(), visit.now);
    let funds = can(&visit.actor, Action::EditRound, &Thing::of_authority(authority));
    let buys = can(&visit.actor, Action::EditTender, &Thing::of_authority(authority));
    let (found, settled, votes, unreached, withdrawing) = visit
        .app
        .db
        .read(move |db| {
            let found = calls::of_authority(db, authority, 100)?;
            let closed: Vec<_> =
                found.iter().filter(|c| c.deadline_at.is_some_and(|d| d < now)).map(|c| c.id).collect();
            let settled = awards::settled(db, &closed)?;
            let waits = |c: &&calls::CallLine| {
                c.kind == CallKind::Round
                    && matches!(c.stage, CallStage::Open | CallStage::Closed)
                    && closed.contains(&c.id)
                    && !settled.contains(&c.id)
            };
            let rounds: Vec<Id<Call>> = found.iter().filter(waits).map(|c| c.id).collect();
            let votes = if rounds.is_empty() || !funds { Vec::new() } else { residents::of_calls(db, &rounds)? };
            let withdrawing = if buys { awards::withdrawing(db, authority)? } else { Vec::new() };
            Ok((found, settled, votes, awards::unreached(db, authority)?, withdrawing))
        })
        .await?;
    let edits = |kind: CallKind| {
        let edit = if kind == CallKind::Tender { Action::EditTender } else { Action::EditRound };
        can(&actor, edit, &Thing::of_authority(authority))
    };
    // The vote takes longest of all, so it stands above its call.
    let mut tasks: Vec<Task> = votes
        .into_iter()
        .filter_map(|(call, vote)| {
            residents::panel(&call.terms.0.model)?;
            let hint = match vote {
                None => "The round has closed. Open every application, then say when residents vote",
                Some(vote) if vote.closed_at.is_some() && vote.tally.as_ref().is_none_or(|t| !t.0.quorum_met) => {
                    "Too few voted. Hold the vote again"
                }
                Some(_) => return None,
            };
            Some(Task {
                title: format!("Set up the residents’ vote: {} {}", call.reference, call.title),
                hint: hint.to_owned(),
                href: format!("/desk/calls/{}/residents", call.id),
                status: "To set up",
                colour: "yellow",
            })
        })
        .collect();
    tasks.extend(withdrawing.into_iter().map(|one| Task {
        title: format!("An awarded bidder withdraws: {} {}", one.reference, one.title),
        hint: format!("Known since {}. Record that its bid falls away", medium_date(one.said_at.date())),
        href: format!("/desk/calls/{}/award", one.call),
        status: "To record",
        colour: "red",
    }));
    tasks.extend(unreached.into_iter().filter(|one| edits(one.kind)).map(|one| Task {
        title: format!("Give the assessment summary another way: {}", one.title),
        hint: counted_with(one.count, "summaries", "reached nobody by mail", "reached nobody by mail"),
        href: format!("/desk/calls/{}/award", one.call),
        status: "Not given",
        colour: "red",
    }));
    tasks.extend(
        found.into_iter().filter(|call| !settled.contains(&call.id)).filter(|call| edits(call.kind)).filter_map(
            |call| {
                let closed = call.stage == CallStage::Closed || call.deadline_at.is_some_and(|d| d < now);
                let (hint, status, colour) = match call.stage {
                    CallStage::Draft => ("A draft that only staff can see", "Draft", "grey"),
                    // A second stage, which its first opens.
                    CallStage::AwaitingNotice if call.published_at.is_some() => return None,
                    CallStage::AwaitingNotice => ("Record the number of its notice to open it", "Waiting", "yellow"),
                    CallStage::Open | CallStage::Closed if closed => ("Open, score and award", "Closed", "blue"),
                    _ => return None,
                };
                Some(Task {
                    title: format!("{} {}", call.reference, call.title),
                    hint: hint.to_owned(),
                    href: format!("/desk/calls/{}", call.id),
                    status,
                    colour,
                })
            },
        ),
    );
    Ok(tasks)
}

/// What the committee waits for of this member on one recommendation; `None` when it waits for others.
fn asked_of(me: Id<Account>, kind: AwardKind, call: &Call, votes: &[CommitteeVote]) -> Option<&'static str> {
    if kind == AwardKind::Contract {
        return Some("Approve it or not, once its checks are recorded");
    }
    let standing = Standing::of(votes.iter().map(|v| v.stance));
    let quorum = call.terms.0.round.as_ref().map_or(calls::USUAL_QUORUM, RoundTerms::quorum);
    match votes.iter().find(|v| v.account_id == me).map(|v| v.stance) {
        None => Some("Say whether you are for it, against it, or stand aside"),
        Some(Stance::For | Stance::Against) if standing.favour + standing.against >= quorum => {
            Some("Enough members have voted. Record the decision")
        }
        Some(_) => None,
    }
}

/// What waits for a member of the committee: recommendations, and what is proposed of investments.
async fn of_committee(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    if !can(&visit.actor, Action::ApproveAward, &Thing::of_authority(authority)) {
        return Ok(Vec::new());
    }
    let me = visit.account()?;
    let (recommended, proposed) = visit
        .app
        .db
        .read(move |db| Ok((store::recommended(db, authority, me)?, store::proposed(db, authority, me)?)))
        .await?;
    // A package of which parts are still to come waits for who recommends it.
    let whole = recommended.into_iter().filter(|(award, ..)| !award.terms.0.more_follow);
    let awards = whole.filter_map(|(award, call, name, votes)| {
        let waits = asked_of(me, award.kind, &call, &votes)?;
        Some(Task {
            title: format!("Decide on {} for {name}: {} {}", award.value, call.reference, call.title),
            hint: format!("Recommended on {}. {waits}", medium_date(award.recommended_at.date())),
            href: format!("/desk/calls/{}/award", call.id),
            status: "To decide",
            colour: "blue",
        })
    });
    let proposals = proposed.into_iter().map(|(what, (id, reference, name, at))| Task {
        title: match what {
            Proposed::Payment => format!("Decide on a payment out to {name}: {reference}"),
            Proposed::Value => format!("Decide on a new value of {reference}, {name}"),
            Proposed::Cancelling => format!("Decide whether {reference} is cancelled, {name}"),
            Proposed::Change => format!("Decide on a change of the loan {reference}, {name}"),
        },
        hint: format!("Proposed on {}", medium_date(at.date())),
        href: format!("/investments/{id}"),
        status: "To decide",
        colour: "blue",
    });
    Ok(awards.chain(proposals).collect())
}

/// What waits for an evaluator: conflicts of interest to declare, answers to score.
async fn of_evaluator(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    if !can(&visit.actor, Action::DeclareConflicts, &Thing::of_authority(authority)) {
        return Ok(Vec::new());
    }
    let me = visit.account()?;
    let found = visit.app.db.read(move |db| store::to_score(db, authority, me)).await?;
    let task = |(call, reference, title, declared): store::Waiting<Option<Instant>>| match declared {
        Some(_) => Task {
            title: format!("Score the answers: {reference} {title}"),
            hint: "Your scores are not final yet".to_owned(),
            href: format!("/evaluations/{call}"),
            status: "To score",
            colour: "blue",
        },
        None => Task {
            title: format!("Declare conflicts of interest: {reference} {title}"),
            hint: "You score once you have said whether you have any".to_owned(),
            href: format!("/evaluations/{call}/declaration"),
            status: "To declare",
            colour: "yellow",
        },
    };
    Ok(found.into_iter().map(task).collect())
}

/// Shortlists that somebody else proposed.
async fn of_shortlists(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let thing = Thing::of_authority(authority);
    // Only tenders have stages.
    if !can(&visit.actor, Action::ConfirmShortlist, &thing) || !can(&visit.actor, Action::EditTender, &thing) {
        return Ok(Vec::new());
    }
    let me = visit.account()?;
    let found = visit.app.db.read(move |db| store::shortlists_proposed(db, authority, me)).await?;
    let task = |(call, reference, title, at): store::Waiting<Instant>| Task {
        title: format!("Confirm the shortlist or send it back: {reference} {title}"),
        hint: format!("Proposed on {}", medium_date(at.date())),
        href: format!("/desk/calls/{call}/shortlist"),
        status: "To decide",
        colour: "blue",
    };
    Ok(found.into_iter().map(task).collect())
}

/// Investments with conditions before payment that wait for a contract manager.
async fn of_precedents(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    if !can(&visit.actor, Action::VerifyPrecedent, &Thing::of_authority(authority)) {
        return Ok(Vec::new());
    }
    let found = visit.app.db.read(move |db| store::unverified(db, authority)).await?;
    let of_one = found.chunk_by(|(one, ..), (other, ..)| one == other);
    let task = |rows: &[(Id<Investment>, String, String)]| {
        let (id, reference, name) = rows.first()?;
        let hint = match rows.len() {
            1 => "One condition is not verified yet".to_owned(),
            n => format!("{n} conditions are not verified yet"),
        };
        Some(Task {
            title: format!("Check what must be so before money is paid out: {reference}, {name}"),
            hint,
            href: format!("/investments/{id}"),
            status: "To check",
            colour: "blue",
        })
    };
    Ok(of_one.filter_map(task).collect())
}

/// What waits for who looks after the service: mails that no server took, and other work that failed.
async fn of_service(visit: &Visit) -> Result<Vec<Task>> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    if !can(&visit.actor, Action::ManageWork, &Thing::of_authority(authority)) {
        return Ok(Vec::new());
    }
    let read = move |db: &mut Db| Ok((mail::given_up(db, authority, None, 1)?, outbox::set_aside(db, 1)?));
    let (mails, jobs) = visit.app.db.read(read).await?;
    let hint = match (mails.items.is_empty(), jobs.is_empty()) {
        (true, true) => return Ok(Vec::new()),
        (false, true) => "Mails that no mail server took",
        (true, false) => "Work that failed ten times",
        (false, false) => "Mails that no mail server took, and other work that failed ten times",
    };
    Ok(vec![Task {
        title: "See to the work that was set aside".to_owned(),
        hint: hint.to_owned(),
        href: "/set-aside".to_owned(),
        status: "Set aside",
        colour: "yellow",
    }])
}

/// `GET /tasks`
///
/// # Errors
/// Denied for everybody but staff.
pub async fn show(visit: Visit) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let mut found = of_agreements(&visit, visit.today()).await?;
    found.extend(of_precedents(&visit).await?);
    found.extend(of_committee(&visit).await?);
    found.extend(of_evaluator(&visit).await?);
    found.extend(of_shortlists(&visit).await?);
    found.extend(of_calls(&visit).await?);
    found.extend(of_missions(&visit, visit.today()).await?);
    found.extend(of_service(&visit).await?);
    let tasks = found.into_iter().enumerate().map(|(place, task)| (format!("task-{place}"), task)).collect();
    page(&TasksPage { shell: visit.shell("My tasks", "/tasks"), form: FormState::empty(), tasks })
}
