//! What happens by itself: due dates made from obligations, reminders, the end of grace and of the time to cure.

use super::actions::{cure_over_at, judged, note, still_binds};
use super::model::{Claim, ClaimState, Counted, DoubleCount, Due, DueState, Moment};
use super::periods::{self, Course, days_after, end_of};
use super::{remedies, rules, store};
use crate::agreements::{self, Agreement, Obligation};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::outbox::{self, Job, mail};
use crate::people::{addresses_of_organisation, addresses_with_role};
use crate::values::decimals::shown_with_unit;
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, LocalDate, Quantity, Role, Share};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The kind of the job that passes one moment of a due date.
pub const MOMENT: &str = "compliance.moment";

/// Makes every due date of a signed agreement: the handler of `agreement.signed`.
///
/// # Errors
/// NotFound. Running twice makes them once.
pub async fn agreement_signed(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Agreement> = job.id_of("agreement")?;
    app.db
        .write(move |db| {
            if !store::dues_of_agreement(db, id)?.is_empty() {
                return Ok(());
            }
            let agreement = agreements::find(db, id)?;
            for obligation in agreements::obligations(db, id)? {
                make_dues(db, &agreement, &obligation, now)?;
            }
            Ok(())
        })
        .await
}

fn make_dues(db: &mut Db, agreement: &Agreement, obligation: &Obligation, now: Instant) -> Result<()> {
    let terms = &obligation.terms.0;
    let course = Course {
        starts_on: agreement.starts_on,
        due: terms.due,
        sunset: terms.sunset,
        cadence: terms.cadence,
        pace: terms.pace,
        direction: obligation.direction,
        baseline: obligation.baseline,
        promised: obligation.promised,
    };
    for period in periods::periods(&course) {
        let due = Due {
            id: Id::new(),
            authority_id: agreement.authority_id,
            agreement_id: agreement.id,
            obligation_id: obligation.id,
            organisation_id: agreement.organisation_id,
            mission_id: agreement.mission_id,
            period: period.words,
            starts_on: period.starts_on,
            ends_on: period.ends_on,
            due_on: period.ends_on,
            due_at: end_of(period.ends_on),
            target: period.target,
            binding: period.binding,
            state: DueState::Pending,
            claim_state: None,
            grace_until: days_after(period.ends_on, terms.grace_days),
            cure_by: None,
            next_step: 0,
            created_at: now,
        };
        store::insert_due(db, &due)?;
        schedule_next(db, &due, None, now)?;
    }
    Ok(())
}

/// Schedules the first moment after the one that just passed. One job a due date waits at a time.
fn schedule_next(db: &mut Db, due: &Due, passed: Option<Moment>, now: Instant) -> Result<()> {
    let next =
        periods::moments(due.due_on, due.grace_until, now).into_iter().find(|(_, moment)| Some(*moment) != passed);
    match next {
        Some((at, moment)) => outbox::schedule(db, MOMENT, json!({ "due": due.id, "moment": moment }), at),
        None => Ok(()),
    }
}

/// Waits again for what is still to come of a due date that was met and is open again. A moment that a job waits for
/// already is passed once.
pub(super) fn wait_again(db: &mut Db, due: &Due, now: Instant) -> Result<()> {
    schedule_next(db, due, None, now)
}

/// Schedules the end of the time to cure.
pub(super) fn schedule_cure_over(db: &mut Db, due: &Due) -> Result<()> {
    let Some(at) = cure_over_at(due) else { return Ok(()) };
    outbox::schedule(db, MOMENT, json!({ "due": due.id, "moment": Moment::CureOver, "cure_by": due.cure_by }), at)
}

/// Passes one moment of a due date: the handler of [`MOMENT`].
///
/// # Errors
/// NotFound. Running twice passes it once.
pub async fn moment(app: App, job: Job, now: Instant) -> Result<()> {
    let id: Id<Due> = job.id_of("due")?;
    let moment: Moment = job
        .payload
        .0
        .get("moment")
        .and_then(Value::as_str)
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| Error::internal("a moment has no name"))?;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    app.db
        .write(move |db| {
            let due = store::find_due(db, id)?;
            if moment == Moment::CureOver {
                // The deadline may have been moved by a query since; then its own job follows.
                return if due.cure_by.is_some_and(|by| end_of(by) <= now) {
                    cure_over(db, due, &link, now)
                } else {
                    Ok(())
                };
            }
            if !store::pass_moment(db, &due, moment, now)? {
                return Ok(());
            }
            if due.state != DueState::Pending {
                return Ok(());
            }
            match moment {
                Moment::FortnightBefore | Moment::ThreeDaysBefore | Moment::DayAfter => {
                    remind(db, &due, moment, &link, now)?;
                }
                Moment::GraceOver => return grace_over(db, due, &link, now),
                Moment::CureOver => {}
            }
            schedule_next(db, &due, Some(moment), now)
        })
        .await
}

/// Brings due dates up to date whose time went by while no job waited for it, such as those that fell due before an
/// agreement ended at a time when nothing outlived its agreement. A job that is merely late is left a day.
///
/// # Errors
/// What the database says. Running twice does it once.
pub async fn catch_up(app: &App, now: Instant) -> Result<usize> {
    let Some(before) = now.date().pred_opt() else { return Ok(0) };
    let found = app.db.read(move |db| store::left_behind(db, before)).await?;
    let mut done = 0;
    for id in found {
        let link = app.config.server.public_url.trim_end_matches('/').to_owned();
        let caught_up = app.db.write(move |db| pass_what_is_over(db, id, &link, now)).await?;
        done += usize::from(caught_up);
    }
    Ok(done)
}

/// Passes the end of grace or of the time to cure of a due date, and closes what does not bind any more. Says whether
/// anything changed.
fn pass_what_is_over(db: &mut Db, id: Id<Due>, link: &str, now: Instant) -> Result<bool> {
    let mut due = store::find_due(db, id)?;
    let before = due.state;
    let agreement = agreements::find(db, due.agreement_id)?;
    let over = |day: Option<LocalDate>| day.is_some_and(|day| end_of(day) <= now);
    match due.state {
        DueState::Pending | DueState::Missed if with_council(&due) => {}
        DueState::Pending | DueState::Missed if !still_binds(db, &agreement, &due)? => {
            due.state = DueState::Closed;
            store::set_due(db, &due)?;
        }
        DueState::Pending if over(Some(due.grace_until)) => {
            store::pass_moment(db, &due, Moment::GraceOver, now)?;
            grace_over(db, due, link, now)?;
        }
        DueState::Missed if over(due.cure_by) => cure_over(db, due, link, now)?,
        _ => {}
    }
    Ok(store::find_due(db, id)?.state != before)
}

fn with_council(due: &Due) -> bool {
    due.claim_state == Some(ClaimState::Reported)
}

fn remind(db: &mut Db, due: &Due, moment: Moment, link: &str, now: Instant) -> Result<()> {
    // A figure that is with the council or accepted needs no reminder.
    if matches!(due.claim_state, Some(ClaimState::Reported | ClaimState::Accepted)) {
        return Ok(());
    }
    let agreement = agreements::find(db, due.agreement_id)?;
    if !still_binds(db, &agreement, due)? {
        return Ok(());
    }
    let obligation = agreements::find_obligation(db, due.obligation_id)?;
    let day = medium_date(due.due_on);
    let subject = match moment {
        Moment::DayAfter => format!("Overdue: {} was due on {day}", obligation.title),
        _ => format!("{} is due on {day}", obligation.title),
    };
    let body = format!(
        "{} ({})\n\n{}: report {} for {}, by {day}. After {} it counts as missed.\n\nReport it here: {link}/compliance/dues/{}\n",
        agreement.title,
        agreement.reference,
        obligation.title,
        obligation.measure,
        due.period,
        medium_date(due.grace_until),
        due.id
    );
    mail_organisation(db, due, &subject, &body, now)
}

fn mail_organisation(db: &mut Db, due: &Due, subject: &str, body: &str, now: Instant) -> Result<()> {
    for address in addresses_of_organisation(db, due.organisation_id)? {
        mail::queue(db, Some(due.authority_id), &address, subject, body, now)?;
    }
    Ok(())
}

pub(super) fn mail_managers(db: &mut Db, due: &Due, subject: &str, body: &str, now: Instant) -> Result<()> {
    for address in addresses_with_role(db, due.authority_id, Role::ContractManager)? {
        mail::queue(db, Some(due.authority_id), &address, subject, body, now)?;
    }
    Ok(())
}

fn grace_over(db: &mut Db, mut due: Due, link: &str, now: Instant) -> Result<()> {
    // What the council has not looked at yet is not the organisation's miss; its decision goes on from here.
    if with_council(&due) {
        return Ok(());
    }
    let agreement = agreements::find(db, due.agreement_id)?;
    if !still_binds(db, &agreement, &due)? {
        return Ok(());
    }
    let obligation = agreements::find_obligation(db, due.obligation_id)?;
    let (state, cure_by) = judged(&due, &obligation).grace_over();
    due.state = state;
    // A due date entered long after its day still leaves the whole time to cure.
    due.cure_by =
        cure_by.map(|by| by.max(days_after(now.date().pred_opt().unwrap_or(now.date()), obligation.terms.0.cure_days)));
    store::set_due(db, &due)?;
    let facts = json!({ "due": due.id, "obligation": obligation.id, "cure_by": due.cure_by });
    note(db, &Actor::System, &due, "due.missed", facts, now)?;
    schedule_cure_over(db, &due)?;
    let by = due.cure_by.map(medium_date).unwrap_or_default();
    let subject = format!("Missed: {}, {}", obligation.title, due.period);
    let body = format!(
        "{} ({})\n\n{}: {} for {} was not shown by {}.\n\nYou can put it right until {by}: report the figure here: {link}/compliance/dues/{}\n",
        agreement.title,
        agreement.reference,
        obligation.title,
        obligation.measure,
        due.period,
        medium_date(due.grace_until),
        due.id
    );
    mail_organisation(db, &due, &subject, &body, now)
}

fn cure_over(db: &mut Db, mut due: Due, link: &str, now: Instant) -> Result<()> {
    if with_council(&due) {
        return Ok(());
    }
    let agreement = agreements::find(db, due.agreement_id)?;
    if !still_binds(db, &agreement, &due)? {
        return Ok(());
    }
    let obligation = agreements::find_obligation(db, due.obligation_id)?;
    let state = judged(&due, &obligation).cure_over(now.date());
    if state == due.state {
        return Ok(());
    }
    due.state = state;
    store::set_due(db, &due)?;
    remedies::open_breach(db, &Actor::System, &due, &obligation, None, link, now)
}

/// Tells the organisation what was decided about its figure.
pub(super) fn tell_decision(
    db: &mut Db,
    due: &Due,
    obligation: &Obligation,
    claim: &Claim,
    link: &str,
    now: Instant,
) -> Result<()> {
    let subject = format!("{}: {}, {}", claim.state.label(), obligation.title, due.period);
    let reason = claim.reason.as_ref().map(|r| format!("\n\nThe council says: {r}")).unwrap_or_default();
    let next = match (claim.state, due.state) {
        (ClaimState::Accepted, DueState::Met | DueState::Cured) => "Nothing more is to do for this period.".to_owned(),
        (_, DueState::Breached) => "The time to put it right is over; the council will write to you.".to_owned(),
        (_, DueState::Closed) if agreements::all_cancelled(db, due.agreement_id)? => {
            "Nothing more is to do: all of the agreement is cancelled.".to_owned()
        }
        (_, DueState::Closed) => "Nothing more is to do: the agreement ended before this figure was due.".to_owned(),
        _ => format!(
            "Report again by {}: {link}/compliance/dues/{}",
            medium_date(due.cure_by.unwrap_or(due.grace_until)),
            due.id
        ),
    };
    let body = format!(
        "{}: you reported {} {}.{reason}\n\n{next}\n",
        obligation.measure,
        claim.quantity.shown(),
        obligation.unit
    );
    mail_organisation(db, due, &subject, &body, now)
}

/// Tells the organisation that counted something first how much of it stays with its figure, why, and what that means.
#[expect(clippy::too_many_arguments, reason = "the letter names each of these")]
pub(super) fn tell_shared_out(
    db: &mut Db,
    due: &Due,
    obligation: &Obligation,
    claim: &Claim,
    decided: &DoubleCount,
    verified_before: Option<Quantity>,
    link: &str,
    now: Instant,
) -> Result<()> {
    let subject = format!("Your figure is shared with another: {}, {}", obligation.title, due.period);
    let unit = &obligation.unit;
    let what = match decided.kind {
        Counted::Beneficiary => "A beneficiary that your figure counts",
        Counted::Evidence => "A file behind your figure",
    };
    let percent = |share: Share| shown_with_unit(share.get() * Decimal::ONE_HUNDRED, "%");
    let stays = decided.first_share.map(percent).unwrap_or_default();
    let figure = match (verified_before, claim.verified) {
        (Some(before), Some(verified)) if before != verified => {
            format!("Verified until now: {}. Verified from now on: {}.", before.of(unit), verified.of(unit))
        }
        (_, Some(verified)) => format!("Verified, as before: {}.", verified.of(unit)),
        _ => format!("Counts from now on: {}.", claim.counted.of(unit)),
    };
    let next = match (claim.state, due.state) {
        (ClaimState::Reported, _) => "It is still being checked; nothing is to do now.".to_owned(),
        (_, DueState::Pending | DueState::Missed) => format!(
            "That is not enough for this period. Report again by {}: {link}/compliance/dues/{}",
            medium_date(due.cure_by.unwrap_or(due.grace_until)),
            due.id
        ),
        (_, DueState::Breached) => "The time to put it right is over; the council will write to you.".to_owned(),
        _ => format!("Nothing more is to do for this period: {link}/compliance/dues/{}", due.id),
    };
    let body = format!(
        "{what} is counted by another figure too ({}, {}). The council has decided that {stays} of it stays with yours.\n\nThe council says: {}\n\nReported: {}. {figure}\n\n{next}\n",
        obligation.measure,
        due.period,
        decided.reason.as_deref().unwrap_or_default(),
        claim.quantity.of(unit),
    );
    mail_organisation(db, due, &subject, &body, now)
}

/// Tells the organisation whose figure was refused that it can report again.
pub(super) fn tell_apportioned(db: &mut Db, due: &Due, measure: &str, link: &str, now: Instant) -> Result<()> {
    let body = format!(
        "The council has decided how something that two figures count is shared ({measure}, {}).\n\nReport your figure again: {link}/compliance/dues/{}\n",
        due.period, due.id
    );
    mail_organisation(db, due, "You can report your figure again", &body, now)
}

/// Closes what is no longer due when an agreement ends, by [`rules::still_binds`]: the handler of `agreement.ended`. What
/// fell due up to the end stays to be reported, judged and put right. A figure that the council has not decided keeps its
/// date open until then.
///
/// # Errors
/// NotFound.
pub async fn agreement_ended(app: App, job: Job, _: Instant) -> Result<()> {
    let id: Id<Agreement> = job.id_of("agreement")?;
    app.db
        .write(move |db| {
            let ended_on = agreements::find(db, id)?.ended_on();
            let cancelled = agreements::all_cancelled(db, id)?;
            for mut due in store::dues_of_agreement(db, id)? {
                let open = matches!(due.state, DueState::Pending | DueState::Missed);
                if open && !rules::still_binds(due.due_on, ended_on, cancelled) && !with_council(&due) {
                    due.state = DueState::Closed;
                    store::set_due(db, &due)?;
                }
            }
            Ok(())
        })
        .await
}
