//! Pages of evaluators: their evaluations, the declaration before sight, and one answer at a time.

use super::bids::{self, Answer as ScoredAnswer, Opened};
use super::figures::{self, Beside};
use super::model::{Conflict, PanelMember, Score, ScoreDraft};
use super::panel::{self, DeclarationInput};
use super::rules;
use super::sheets::{self, ScoreInput, Sight, is_for, is_whole, require_sight};
use super::store;
use super::words::Sent;
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::db::{Cursor, Db, Page};
use crate::error::{Error, Result};
use crate::evaluation::{Criterion, Kind};
use crate::http::{Answer, FormState, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::values::Id;
use crate::values::decimals::shown_decimal;
use actix_web::web;
use askama::Template;
use std::collections::HashMap;

pub(super) fn form_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(title, "/desk/calls");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

/// As [`form_shell`], for the pages of evaluators.
fn sheet_shell(visit: &Visit, title: &str, form: &FormState) -> Shell {
    let mut shell = visit.shell(title, "/evaluations");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    shell
}

#[derive(Template)]
#[template(path = "scoring/mine.html")]
struct MinePage {
    shell: Shell,
    rows: Vec<(Call, &'static str, &'static str)>,
}

/// Calls on one page at most: more than anybody evaluates in years.
const MOST_SHOWN: usize = 200;

/// `GET /evaluations`
///
/// # Errors
/// Denied.
pub async fn mine(visit: Visit) -> Answer {
    let shown = |(call, panel): (Call, PanelMember)| {
        let (word, colour) = match (panel.declared_at, panel.final_at) {
            (_, Some(_)) => ("Final", "green"),
            (Some(_), None) => ("In progress", "light-blue"),
            (None, None) => ("Declare conflicts first", "yellow"),
        };
        (call, word, colour)
    };
    let rows = panels_of(&visit, None, MOST_SHOWN).await?.items.into_iter().map(shown).collect();
    page(&MinePage { shell: visit.shell("My evaluations", "/evaluations"), rows })
}

/// The calls that somebody evaluates for the authority they act for, newest first, each with their place on its panel.
pub(super) async fn panels_of(visit: &Visit, after: Option<Cursor>, limit: usize) -> Result<Page<(Call, PanelMember)>> {
    let (account, authority) = (visit.account()?, visit.actor.authority());
    let found = move |db: &mut Db| {
        let Page { items, next } = store::panels_of(db, account, after.as_ref(), limit)?;
        let ids: Vec<_> = items.iter().map(|p| p.call_id).collect();
        let calls = calls::find_many(db, &ids)?;
        let placed = items.into_iter().filter_map(|panel| Some((calls.get(&panel.call_id)?.clone(), panel)));
        let items = placed.filter(|(call, _)| Some(call.authority_id) == authority).collect();
        Ok(Page { items, next })
    };
    visit.app.db.read(found).await
}

/// One line of the grid on the sheet.
struct SheetRow {
    criterion: String,
    id: String,
    points: String,
    cells: Vec<(String, &'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "scoring/sheet.html")]
struct SheetPage {
    shell: Shell,
    form: FormState,
    call: Call,
    sent: Sent,
    bids: Vec<Opened>,
    /// The bidders by name, with what a declaration calls them; empty where names are hidden.
    bidders: Vec<(String, String)>,
    /// Whether bidders are shown under their letters.
    hidden: bool,
    declared: bool,
    conflicted: bool,
    replaced: bool,
    conflicts: Vec<(String, String, &'static str)>,
    rows: Vec<SheetRow>,
    done: usize,
    all: usize,
    is_final: bool,
    others: Vec<(String, String, String, String, String)>,
}

#[derive(Template)]
#[template(path = "scoring/declaration.html")]
struct DeclarationPage {
    shell: Shell,
    form: FormState,
    call: Call,
    sent: Sent,
    bidders: Vec<(String, String)>,
    conflicts: Vec<(String, String, &'static str)>,
    declared: bool,
    may_declare: bool,
}

fn declaration_page(visit: &Visit, sheet: SheetPage) -> DeclarationPage {
    DeclarationPage {
        shell: form_shell(visit, "Conflicts of interest", &sheet.form),
        may_declare: !sheet.bids.is_empty() && !sheet.is_final && !sheet.conflicted && !sheet.replaced,
        form: sheet.form,
        sent: sheet.sent,
        call: sheet.call,
        bidders: sheet.bidders,
        conflicts: sheet.conflicts,
        declared: sheet.declared,
    }
}

fn answer_words(level: Option<i64>, passed: Option<bool>) -> String {
    match (level, passed) {
        (Some(level), _) => level.to_string(),
        (None, Some(true)) => "Passed".to_owned(),
        (None, Some(false)) => "Failed".to_owned(),
        (None, None) => String::new(),
    }
}

/// The sheet of an evaluator. Until conflicts are declared it shows the bidders by name; where names are hidden, from then
/// on only the page of the declaration (`naming`) does.
async fn sheet_page(visit: &Visit, id: Id<Call>, form: FormState, naming: bool) -> Result<SheetPage> {
    let account = visit.account()?;
    let (call, member, hidden, bids, conflicts, drafts, mut seen) = visit
        .app
        .db
        .read(move |db| {
            let seat = store::seat(db, id, account)?;
            let hidden = seat.hidden();
            let store::Seat { call, member, .. } = seat;
            let member: PanelMember = member.ok_or(Error::NotFound)?;
            let bids = bids::opened(db, id)?;
            let mut conflicts: Vec<Conflict> = store::conflicts(db, id)?;
            conflicts.retain(|c| c.account_id == account);
            let sees = rules::may_see(&member, rules::is_conflicted(&conflicts, &member)).is_ok();
            let drafts = if sees { store::drafts(db, id, account)? } else { Vec::new() };
            let seen: Vec<(Score, String)> = if sees && rules::may_see_others(Some(&member)) {
                store::final_scores_named(db, id)?
            } else {
                Vec::new()
            };
            Ok((call, member, hidden, bids, conflicts, drafts, seen))
        })
        .await?;
    let names = !hidden || naming || member.declared_at.is_none();
    let sent = Sent::to(&call);
    let bidders = if names {
        let hides = call.terms.0.hides_bidders();
        bids.iter().map(|b| (bids::declared_as(b, hides), b.name.clone())).collect()
    } else {
        Vec::new()
    };
    let declared_with = |id: Id<Application>| {
        let bid = bids.iter().find(|b| b.application.id == id).filter(|_| names);
        bid.map_or_else(|| format!("One of the {}s", sent.who), |b| b.name.clone())
    };
    let conflicts_shown: Vec<(String, String, &'static str)> =
        conflicts.iter().map(|c| (declared_with(c.application_id), c.nature.clone(), c.outcome.label())).collect();
    let bids = bids::as_judged(bids, hidden);
    // As the bids are shown: the order of their identifiers is that in which they were begun.
    let places: HashMap<Id<Application>, usize> = bids.iter().map(|b| b.application.id).zip(0..).collect();
    seen.sort_by_key(|(score, _)| places.get(&score.application_id).copied());
    let name =
        |id: Id<Application>| bids.iter().find(|b| b.application.id == id).map(|b| b.name.clone()).unwrap_or_default();
    let conflicted = rules::is_conflicted(&conflicts, &member);
    let wanted = bids::answers_to_score(&call, &bids);
    let (done, all) = sheets::progress(&wanted, &drafts);
    let nodes = call.terms.0.model.nodes();
    let rows = if rules::may_see(&member, conflicted).is_ok() {
        rules::scored_criteria(&call.terms.0.model)
            .into_iter()
            .map(|c| SheetRow {
                criterion: c.title.clone(),
                id: c.id.clone(),
                points: nodes
                    .iter()
                    .find(|n| n.criterion.id == c.id)
                    .map(|n| shown_decimal(n.points))
                    .unwrap_or_default(),
                cells: bids
                    .iter()
                    .map(|b| {
                        let answer = ScoredAnswer { application: b.application.id, criterion: c.id.clone() };
                        let draft = drafts.iter().find(|d| is_for(d, &answer));
                        let (word, colour) = match draft {
                            Some(d) if is_whole(d) => ("Scored", "green"),
                            Some(_) => ("In progress", "light-blue"),
                            None => ("Not started", "grey"),
                        };
                        (b.application.id.to_string(), word, colour)
                    })
                    .collect(),
            })
            .collect()
    } else {
        Vec::new()
    };
    let others = seen
        .iter()
        .map(|(s, who)| {
            (
                call.terms.0.model.criterion(&s.criterion).map(|c| c.title.clone()).unwrap_or_default(),
                name(s.application_id),
                who.clone(),
                answer_words(s.level, s.passed),
                s.reason.clone(),
            )
        })
        .collect();
    Ok(SheetPage {
        sent,
        bidders,
        hidden,
        shell: sheet_shell(visit, &format!("Evaluate {}", call.title), &form),
        form,
        declared: member.declared_at.is_some(),
        is_final: member.final_at.is_some(),
        replaced: member.replaced_at.is_some(),
        call,
        conflicted,
        conflicts: conflicts_shown,
        rows,
        done,
        all,
        others,
        bids,
    })
}

/// `GET /evaluations/{call}`
///
/// # Errors
/// NotFound for somebody who is not on the panel.
pub async fn sheet(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&sheet_page(&visit, *id, FormState::empty(), false).await?)
}

/// `GET /evaluations/{call}/declaration`: the bidders by name, to declare a conflict with.
///
/// # Errors
/// NotFound for somebody who is not on the panel.
pub async fn declaration(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let sheet = sheet_page(&visit, *id, FormState::empty(), true).await?;
    page(&declaration_page(&visit, sheet))
}

/// `POST /evaluations/{call}/declaration`
///
/// # Errors
/// Denied.
pub async fn declare(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<DeclarationInput>) -> Answer {
    match panel::declare(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Your declaration is recorded.");
            see(&format!("/evaluations/{id}"))
        }
        Err(error) => {
            let sheet = sheet_page(&visit, *id, posted.again(error)?, true).await?;
            if sheet.hidden && sheet.declared {
                return page_again(&declaration_page(&visit, sheet));
            }
            page_again(&sheet)
        }
    }
}

/// `POST /evaluations/{call}/final`
///
/// # Errors
/// Denied.
pub async fn finish(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<Nothing>) -> Answer {
    match sheets::finish(&visit.app, &visit.actor, *id, visit.now).await {
        Ok(()) => {
            visit.done("Your scores are final. You can now see those of others whose scores are final.");
            see(&format!("/evaluations/{id}"))
        }
        Err(error) => page_again(&sheet_page(&visit, *id, posted.again(error)?, false).await?),
    }
}

/// A stop on the way through the bids.
struct Stop {
    name: String,
    href: String,
    state: &'static str,
    word: &'static str,
}

#[derive(Template)]
#[template(path = "scoring/score.html")]
struct ScorePage {
    shell: Shell,
    form: FormState,
    call: Call,
    sent: Sent,
    criterion: String,
    title: String,
    application: Id<Application>,
    number: usize,
    stops: Vec<Stop>,
    paragraphs: Vec<String>,
    words: String,
    requirement: Option<String>,
    levels: Vec<(String, String, String)>,
    weight: String,
    declared_on: String,
    saved: String,
    /// Figures of the application, beside its answer.
    figures: Vec<Beside>,
    done: usize,
    all: usize,
    is_final: bool,
}

/// What the page of one answer is drawn from.
struct Seen {
    call: Call,
    member: PanelMember,
    bids: Vec<Opened>,
    drafts: Vec<ScoreDraft>,
    text: String,
    figures: Vec<Beside>,
}

fn levels_of(criterion: &Criterion) -> Vec<(String, String, String)> {
    match &criterion.kind {
        Kind::Quality { levels } => levels
            .iter()
            .rev()
            .map(|l| {
                let share = shown_decimal(l.share * rust_decimal::Decimal::ONE_HUNDRED);
                (l.level.to_string(), format!("{} – {share}% of the points", l.level), l.text.clone())
            })
            .collect(),
        _ => Vec::new(),
    }
}

async fn score_page(
    visit: &Visit,
    path: (Id<Call>, Id<Application>, String),
    form: Option<FormState>,
) -> Result<ScorePage> {
    let (id, application, criterion_id) = path;
    let actor = visit.actor.clone();
    let wanted = criterion_id.clone();
    let Seen { call, member, bids, drafts, text, figures } = visit
        .app
        .db
        .read(move |db| {
            let Sight { call, member, hidden } = require_sight(db, &actor, id)?;
            let bids = bids::as_judged(bids::opened(db, id)?, hidden);
            let drafts = store::drafts(db, id, member.account_id)?;
            let parts = crate::applications::opened_parts(db, application)?;
            let part = |wanted| parts.iter().find(|p| p.part == wanted);
            let quality = part(calls::Part::Quality).ok_or(Error::NotFound)?;
            if quality.call_id != id {
                return Err(Error::NotFound);
            }
            let mut answers = quality.answers()?;
            let model = &call.terms.0.model;
            // What a tender asks for is none of an evaluator's business: only a round that scores figures reads amounts.
            let figures = if call.kind == calls::CallKind::Round && figures::any(model) {
                let price = part(calls::Part::Price)
                    .map(crate::applications::OpenedPart::prices)
                    .transpose()?
                    .unwrap_or_default();
                figures::beside(model, &answers, &price)
            } else {
                Vec::new()
            };
            let text = answers.answers.remove(&wanted).unwrap_or_default();
            Ok(Seen { call, member, bids, drafts, text, figures })
        })
        .await?;
    let node =
        call.terms.0.model.nodes().into_iter().find(|n| n.criterion.id == criterion_id).ok_or(Error::NotFound)?;
    let points = shown_decimal(node.points);
    let criterion = node.criterion.clone();
    let number = bids.iter().position(|b| b.application.id == application).ok_or(Error::NotFound)?;
    let all_answers = bids::answers_to_score(&call, &bids);
    let here = ScoredAnswer { application, criterion: criterion_id.clone() };
    if !all_answers.contains(&here) {
        return Err(Error::NotFound);
    }
    let draft = drafts.iter().find(|d| is_for(d, &here));
    let form = form.unwrap_or_else(|| match draft {
        Some(d) => FormState::filled([
            ("level", d.level.map(|l| l.to_string()).unwrap_or_default()),
            ("passed", d.passed.map(|p| if p { "yes" } else { "no" }.to_owned()).unwrap_or_default()),
            ("reason", d.reason.clone()),
        ]),
        None => FormState::empty(),
    });
    let stops = bids
        .iter()
        .enumerate()
        .map(|(index, b)| {
            let answer = ScoredAnswer { application: b.application.id, criterion: criterion_id.clone() };
            let whole = drafts.iter().any(|d| is_for(d, &answer) && is_whole(d));
            let (state, word) = match (index == number, whole) {
                (true, _) => ("now", "You are here"),
                (false, true) => ("done", "Scored"),
                (false, false) => ("", "Not scored"),
            };
            Stop {
                name: b.name.clone(),
                href: format!("/evaluations/{id}/{}/{criterion_id}", b.application.id),
                state,
                word,
            }
        })
        .collect();
    let (done, all) = sheets::progress(&all_answers, &drafts);
    let most = call.terms.0.words.get(&criterion_id).copied().unwrap_or(500);
    let sent = Sent::to(&call);
    let title = format!("{}: {} {} of {}", criterion.title, sent.what, number + 1, bids.len());
    Ok(ScorePage {
        shell: sheet_shell(visit, &title, &form),
        form,
        sent,
        title: criterion.title.clone(),
        application,
        number: number + 1,
        stops,
        words: format!("{} of {most} words", text.split_whitespace().count()),
        paragraphs: text.split('\n').map(str::trim).filter(|p| !p.is_empty()).map(ToOwned::to_owned).collect(),
        requirement: match &criterion.kind {
            Kind::PassFail { requirement } => Some(requirement.clone()),
            _ => None,
        },
        levels: levels_of(&criterion),
        weight: points,
        declared_on: member.declared_at.map(crate::values::Instant::medium).unwrap_or_default(),
        figures,
        saved: draft.map(|d| format!("Last saved on {}.", d.saved_at.medium())).unwrap_or_default(),
        done,
        all,
        is_final: member.final_at.is_some(),
        criterion: criterion_id,
        call,
    })
}

/// `GET /evaluations/{call}/{application}/{criterion}`
///
/// # Errors
/// Denied, refused before the declaration or with a conflict.
pub async fn score_form(visit: Visit, path: web::Path<(Id<Call>, Id<Application>, String)>) -> Answer {
    page(&score_page(&visit, path.into_inner(), None).await?)
}

/// `POST /evaluations/{call}/{application}/{criterion}`
///
/// # Errors
/// Denied, refused.
pub async fn score(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>, String)>,
    posted: Posted<ScoreInput>,
) -> Answer {
    let (call, application, criterion) = path.into_inner();
    match sheets::save(&visit.app, &visit.actor, call, application, &criterion, &posted.input, visit.now).await {
        Ok(of) => {
            visit.done(format!("Saved at {}.", visit.now.time_of_day()));
            if posted.input.go != "next" {
                return see(&format!("/evaluations/{call}/{application}/{criterion}"));
            }
            let bids = visit.app.db.read(move |db| bids::opened(db, call)).await?;
            // In the order in which the bids are shown, which is that of their letters until moderation is final.
            let bids = bids::as_judged(bids, of.terms.0.hides_bidders());
            match sheets::after(&of, &bids, &ScoredAnswer { application, criterion }) {
                Some(next) => see(&format!("/evaluations/{call}/{}/{}", next.application, next.criterion)),
                None => see(&format!("/evaluations/{call}")),
            }
        }
        Err(error) => {
            page_again(&score_page(&visit, (call, application, criterion), Some(posted.again(error)?)).await?)
        }
    }
}
