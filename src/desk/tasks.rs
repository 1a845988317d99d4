//! What waits for a member of staff.

use crate::error::{Error, Result};
use crate::http::{Answer, Shell, Visit, page};
use crate::missions::{self, Mission, MissionStatus};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::time::medium_date;
use crate::values::{Id, LocalDate};
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
    let (all, indicators, latest) = visit
        .app
        .db
        .read(move |db| {
            let all = missions::of_authority(db, authority)?;
            let public: Vec<Id<Mission>> = all.iter().filter(|m| m.is_public()).map(|m| m.id).collect();
            let indicators = missions::indicators_of_many(db, &public)?;
            let ids: Vec<_> = indicators.iter().map(|i| i.id).collect();
            let latest = missions::latest_readings(db, &ids)?;
            Ok((all, indicators, latest))
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
    for indicator in indicators.iter().filter(|_| reads) {
        let Some(mission) = by_id.get(&indicator.mission_id) else { continue };
        let last = latest.get(&indicator.id).map(|r| r.read_on);
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

/// `GET /tasks`
///
/// # Errors
/// Denied for everybody but staff.
pub async fn show(visit: Visit) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let found = of_missions(&visit, visit.today()).await?;
    let tasks = found.into_iter().enumerate().map(|(place, task)| (format!("task-{place}"), task)).collect();
    page(&TasksPage { shell: visit.shell("My tasks", "/tasks"), tasks })
}
