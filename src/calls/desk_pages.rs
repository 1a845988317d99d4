//! The tender desk: what staff see of a call and do with it as a whole.

use super::actions::{self, AnswerInput, Check, NoticeInput};
use super::drafting::{self, NewCall};
use super::drafting_terms;
use super::lots_pages::{self, LotShown};
use super::model::{Call, CallKind, CallLine, CallStage, CallVersion, Notice, NoticeKind, Question};
use super::pages::{LineShown, ListQuery, QuestionsShown, is_draft, shown, table, whole};
use super::questions::QuestionsQuery;
use super::rules::{self, Missing, Section};
use super::view::{self, DateRow};
use super::{catalogue, store};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Link, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::time::distance;
use crate::values::{Id, Role};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "calls/desk_list.html")]
struct DeskListPage {
    shell: Shell,
    form: FormState,
    lines: Vec<LineShown>,
    kinds: Vec<(&'static str, &'static str)>,
    stages: Vec<(&'static str, &'static str)>,
    may_begin: bool,
    csv: String,
    xlsx: String,
    next: String,
}

/// `GET /desk/calls`
///
/// # Errors
/// Denied, Invalid for a damaged page link.
pub async fn list(visit: Visit, query: web::Query<ListQuery>) -> Answer {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    require(&visit.actor, Action::ReadDesk, &Thing::of_authority(authority))?;
    let (filter, cursor, now) = (query.filter(), query.cursor()?, visit.now);
    let export = !query.format.is_empty();
    let limit = if export { 5000 } else { crate::db::Page::<CallLine>::SIZE };
    let found = visit
        .app
        .db
        .read(move |db| store::list_of_authority(db, authority, &filter, now, cursor.as_ref(), limit))
        .await?;
    let next = found.next.map(|c| query.link("/desk/calls", "after", &c.to_string())).unwrap_or_default();
    let lines: Vec<LineShown> = found.items.into_iter().map(|line| shown(line.into(), now)).collect();
    if export {
        return table(&lines).answer(&query.format);
    }
    page(&DeskListPage {
        shell: visit.shell("Calls", "/desk/calls"),
        form: query.state(),
        lines,
        kinds: CallKind::options(),
        stages: CallStage::options(),
        may_begin: visit.actor.has(Role::ProcurementOfficer, authority)
            || visit.actor.has(Role::FundManager, authority),
        csv: query.link("/desk/calls", "format", "csv"),
        xlsx: query.link("/desk/calls", "format", "xlsx"),
        next,
    })
}

#[derive(Template)]
#[template(path = "calls/new.html")]
struct NewPage {
    shell: Shell,
    form: FormState,
    kinds: Vec<(&'static str, &'static str, &'static str)>,
    missions: Vec<(String, String)>,
}

async fn new_page(visit: &Visit, form: FormState) -> Result<NewPage> {
    let authority = visit.actor.authority().ok_or(Error::Denied)?;
    let missions = visit.app.db.read(move |db| catalogue::missions_of(db, authority)).await?;
    let mut shell = visit.shell("Begin a call", "/desk/calls");
    shell.breadcrumbs = vec![Link::new("Calls", "/desk/calls")];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let thing = Thing::of_authority(authority);
    let mut kinds = Vec::new();
    if can(&visit.actor, Action::EditTender, &thing) {
        kinds.push(("tender", "Tender", "The council buys goods, services or works"));
    }
    if can(&visit.actor, Action::EditRound, &thing) {
        kinds.push(("round", "Investment round", "The council's fund invests in organisations"));
    }
    Ok(NewPage { shell, form, kinds, missions })
}

/// `GET /desk/calls/new`
///
/// # Errors
/// Denied.
pub async fn new_form(visit: Visit) -> Answer {
    page(&new_page(&visit, FormState::empty()).await?)
}

/// `POST /desk/calls/new`
///
/// # Errors
/// Denied.
pub async fn new(visit: Visit, posted: Posted<NewCall>) -> Answer {
    match drafting::create(&visit.app, &visit.actor, &posted.input, visit.now).await {
        Ok(id) => {
            visit.done("The draft is begun. Only your council sees it until it is published.");
            see(&format!("/desk/calls/{id}"))
        }
        Err(error) => page_again(&new_page(&visit, posted.again(error)?).await?),
    }
}

/// One line of the builder's task list.
struct Task {
    id: String,
    title: &'static str,
    href: String,
    status: &'static str,
    colour: &'static str,
    hint: String,
}

fn tasks(call: &Call, missing: &[Missing]) -> Vec<Task> {
    Section::ALL
        .iter()
        .filter(|section| {
            call.kind == CallKind::Tender || !matches!(section, Section::Duties | Section::Lots | Section::Stages)
        })
        .map(|section| {
            let open: Vec<&Missing> = missing.iter().filter(|m| m.place == *section).collect();
            let (status, colour) = if open.is_empty() { ("Complete", "") } else { ("Something is missing", "yellow") };
            let hint = match open.as_slice() {
                [] => String::new(),
                [one] => one.sentence.clone(),
                [first, rest @ ..] => format!("{} And {} more.", first.sentence, rest.len()),
            };
            Task {
                id: format!("task-{section}"),
                title: section.label(),
                href: format!("/desk/calls/{}/{}", call.id, section.as_str()),
                status,
                colour,
                hint,
            }
        })
        .collect()
}

#[derive(Template)]
#[template(path = "calls/desk.html")]
struct DeskPage {
    shell: Shell,
    form: FormState,
    call: Call,
    stage: (&'static str, &'static str),
    mission: catalogue::MissionShown,
    verdict: String,
    note: String,
    draft: bool,
    may_write: bool,
    tasks: Vec<Task>,
    missing: Vec<Missing>,
    threshold: Option<String>,
    period: Option<String>,
    /// Whether the tender has one stage, or is the first or the second of two; empty for a round.
    stages: &'static str,
    worth: (&'static str, String, String),
    dates: Vec<DateRow>,
    notices: Vec<Notice>,
    versions: Vec<CallVersion>,
    questions: QuestionsShown,
    awaits: Option<(&'static str, String)>,
    may_amend: bool,
    may_withdraw: bool,
    steps: Vec<(&'static str, String, &'static str)>,
    lot: Option<LotShown>,
}

/// What comes after the closing, for those who may see it: title, address, hint. The pages belong to later rooms.
fn steps(visit: &Visit, call: &Call) -> Vec<(&'static str, String, &'static str)> {
    if !matches!(call.stage, CallStage::Open | CallStage::Closed) {
        return Vec::new();
    }
    let thing = Thing::of_authority(call.authority_id);
    let all = [
        (Action::ReadOpened, "Opening", "opening", "What came in: sealed until it is opened"),
        (
            Action::ReadScores,
            "Panel and conflicts of interest",
            "panel",
            "Who scores, and what they declared beforehand",
        ),
        (Action::ReadScores, "Residents’ vote", "residents", "Who may vote, when, and what came of it"),
        (
            Action::ReadScores,
            "Moderation and ranking",
            "moderation",
            "Where scores differ most, what was agreed, who is first",
        ),
        (Action::ReadScores, "Shortlist", "shortlist", "Who goes on to the second stage, who stays, and why"),
        (Action::ReadAwards, "Who gets which lot", "lots/outcome", "Once every lot is ranked, by the published way"),
        (Action::ReadAwards, "Award", "award", "Recommendation, approval, summaries, notice or offer"),
    ];
    let shortlists = call.shortlists().is_some();
    let voted = super::round::votes(&call.terms.0) > 0;
    all.into_iter()
        .filter(|(_, _, path, _)| match *path {
            "residents" => voted,
            // A first stage ends in a shortlist, and every other call in awards.
            "shortlist" => shortlists,
            "award" => !shortlists,
            "lots/outcome" => call.lot().is_some(),
            _ => true,
        })
        .filter(|(action, ..)| can(&visit.actor, *action, &thing))
        .map(|(_, title, path, hint)| (title, format!("/desk/calls/{}/{path}", call.id), hint))
        .collect()
}

/// The frame of a page below the page of a call.
pub(super) fn desk_shell(visit: &Visit, call: &Call, title: String) -> Shell {
    let mut shell = visit.shell(title, "/desk/calls");
    shell.breadcrumbs =
        vec![Link::new("Calls", "/desk/calls"), Link::new(call.reference.clone(), format!("/desk/calls/{}", call.id))];
    shell.csrf = visit.csrf();
    shell
}

/// The threshold and the period in sentences, with date and source.
pub(super) fn law_words(call: &Call, check: &Check) -> (Option<String>, Option<String>) {
    let value = match call.lot() {
        Some(whole) => format!("The value of all lots together, {},", whole.together),
        None => "The value".to_owned(),
    };
    let threshold = check.threshold.map(|(threshold, above)| {
        format!(
            "{value} is {} the threshold of {} that applies from {} ({}).",
            if above { "at or above" } else { "below" },
            threshold.amount,
            crate::values::time::medium_date(threshold.valid_from),
            threshold.source
        )
    });
    let period = check.minimum_period.as_ref().map(|period| {
        format!(
            "With a notice today suppliers have until {} at least, {} days. {} ({})",
            crate::values::time::medium_date(period.earliest_deadline),
            period.days,
            period.reason,
            period.reference
        )
    });
    (threshold, period)
}

async fn desk_page(visit: &Visit, id: Id<Call>, query: &QuestionsQuery, form: FormState) -> Result<DeskPage> {
    let parts = whole(visit, id, query).await?;
    let call = parts.call;
    let thing = store::thing(&call);
    require(&visit.actor, Action::ReadDesk, &thing)?;
    let may_write =
        can(&visit.actor, drafting::edit_action(call.kind), &thing) && can(&visit.actor, Action::PublishCall, &thing);
    let (missing, threshold, period) = if is_draft(&call) {
        let (today, copy, mission_hidden) = (visit.today(), call.clone(), !parts.mission_published);
        let check = visit
            .app
            .db
            .read(move |db| {
                let exceptions = catalogue::exceptions(db, &copy.terms.0.conditions)?;
                let known = rules::Known { exceptions, mission_hidden, notice_on: None };
                let tender = copy.terms.0.tender.as_ref();
                let mut missing = rules::missing_with(&copy, &known, today);
                missing.extend(super::stages::missing_of_second(db, &copy, today)?);
                Ok(Check {
                    missing,
                    threshold: tender
                        .filter(|t| !t.estimated_value.is_zero())
                        .and_then(|t| super::tender::above_threshold(t, today).ok()),
                    minimum_period: tender.and_then(|t| super::tender::minimum_period(t, today).ok()),
                })
            })
            .await?;
        let (threshold, period) = law_words(&call, &check);
        (check.missing, threshold, period)
    } else {
        (Vec::new(), None, None)
    };
    let (verdict, note) = verdict(visit, &call, parts.withdrawn, missing.len(), parts.questions.waiting_count);
    let awaits = match (call.kind, call.stage) {
        (CallKind::Tender, CallStage::AwaitingNotice) if call.by_invitation().is_none() => {
            Some((NoticeKind::Tender.as_str(), NoticeKind::Tender.label().to_owned()))
        }
        (CallKind::Tender, CallStage::Withdrawn)
            if call.published_at.is_some() && !parts.notices.iter().any(|n| n.kind == NoticeKind::Termination) =>
        {
            Some((NoticeKind::Termination.as_str(), NoticeKind::Termination.label().to_owned()))
        }
        _ => None,
    };
    let mut shell = desk_shell(visit, &call, call.title.clone());
    shell.breadcrumbs.pop();
    shell.error = form.has_errors();
    Ok(DeskPage {
        steps: steps(visit, &call),
        lot: lots_pages::shown(&call, "/desk/calls", &parts.withdrawn_lots),
        shell,
        form,
        stage: call.shown_stage(visit.now),
        mission: parts.mission,
        verdict,
        note,
        draft: is_draft(&call),
        tasks: tasks(&call, &missing),
        missing,
        threshold,
        period,
        stages: view::stage_word(&call),
        worth: view::worth(&call),
        dates: view::dates(&call, visit.today()),
        may_amend: may_write && call.is_open(visit.now),
        may_withdraw: may_write && rules::withdrawable(&call, &parts.notices).is_ok(),
        may_write,
        notices: parts.notices,
        versions: parts.versions,
        questions: parts.questions,
        awaits,
        call,
    })
}

fn verdict(visit: &Visit, call: &Call, withdrawn: Option<String>, missing: usize, waiting: i64) -> (String, String) {
    let questions = match waiting {
        0 => String::new(),
        1 => "One question is waiting for an answer.".to_owned(),
        n => format!("{n} questions are waiting for an answer."),
    };
    match call.stage {
        CallStage::Draft if missing == 0 && call.by_invitation().is_some() => {
            ("Everything is there. It is published together with its first stage.".to_owned(), String::new())
        }
        CallStage::AwaitingNotice if call.by_invitation().is_some() => (
            "The terms are frozen. The shortlist of the first stage opens this one to those who go on.".to_owned(),
            "Its dates are set with the invitation.".to_owned(),
        ),
        CallStage::Draft if missing == 0 => {
            ("Everything is there. Look at the rehearsal and publish.".to_owned(), String::new())
        }
        CallStage::Draft if missing == 1 => {
            ("One thing is missing before this can be published.".to_owned(), String::new())
        }
        CallStage::Draft => (format!("{missing} things are missing before this can be published."), String::new()),
        CallStage::AwaitingNotice => (
            "The terms are frozen. Publish the tender notice on the national platform, then record it here.".to_owned(),
            "Suppliers see the tender from then on, and every period runs from the notice’s date.".to_owned(),
        ),
        CallStage::Open if call.is_open(visit.now) => (
            format!("Open until {}.", call.deadline_at.map(crate::values::Instant::long).unwrap_or_default()),
            questions,
        ),
        CallStage::Open | CallStage::Closed => (
            format!("Closed {}.", call.deadline_at.map(|at| distance(visit.today(), at.date())).unwrap_or_default()),
            "Opening, scoring, ranking and the award have a page each.".to_owned(),
        ),
        CallStage::Withdrawn => (
            format!("Withdrawn: {}", withdrawn.unwrap_or_default()),
            if call.kind == CallKind::Tender && call.published_at.is_some() {
                "Publish a procurement termination notice (UK12) as soon as you can, and record it here.".to_owned()
            } else {
                String::new()
            },
        ),
    }
}

/// `GET /desk/calls/{id}`. How many applications came in is nobody's to know before the deadline, and is not here.
///
/// # Errors
/// NotFound, Denied.
pub async fn desk(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<QuestionsQuery>) -> Answer {
    page(&desk_page(&visit, *id, &query, FormState::empty()).await?)
}

/// `POST /desk/calls/{id}/notices`
///
/// # Errors
/// NotFound, Denied.
pub async fn record_notice(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<NoticeInput>) -> Answer {
    match actions::record_notice(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The notice is recorded.");
            see(&format!("/desk/calls/{id}"))
        }
        Err(error) => page_again(&desk_page(&visit, *id, &QuestionsQuery::default(), posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/questions/{question}`
///
/// # Errors
/// NotFound, Denied.
pub async fn answer(visit: Visit, path: web::Path<(Id<Call>, Id<Question>)>, posted: Posted<AnswerInput>) -> Answer {
    let (id, question) = path.into_inner();
    match actions::answer(&visit.app, &visit.actor, id, question, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The answer is on the public page, for everybody.");
            see(&format!("/desk/calls/{id}#questions"))
        }
        Err(error) => page_again(&desk_page(&visit, id, &QuestionsQuery::default(), posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/back-to-draft`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn back_to_draft(visit: Visit, id: web::Path<Id<Call>>, _posted: Posted<Nothing>) -> Answer {
    drafting_terms::back_to_draft(&visit.app, &visit.actor, *id, visit.now).await?;
    visit.done("The tender is a draft again. Publish it once more when it is right.");
    see(&format!("/desk/calls/{id}"))
}

/// A call that this person writes.
pub(super) async fn own(visit: &Visit, id: Id<Call>) -> Result<Call> {
    let actor = visit.actor.clone();
    visit.app.db.read(move |db| drafting::load(db, &actor, id, None)).await
}
