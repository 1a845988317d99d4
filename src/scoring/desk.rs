//! Pages of officers: moderation and ranking.

use super::bids::{self, Opened};
use super::model::{Conflict, Disregard, Enquiry, EnquiryOutcome, Fallen, Moderated, PanelMember, Ranking, Score};
use super::moderation::{self};
use super::pages::form_shell;
use super::ranking::{self, RankingInput};
use super::rules::{self, ScoringRefusal};
use super::sheets::ScoreInput;
use super::standing::{Place, changes, places, ranked_by};
use super::store::{self, JudgedCall, Seated};
use super::{bid_id, falling_away, words};
use crate::applications::Application;
use crate::calls::Call;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::{Kind, Sensitivity};
use crate::http::export::Table;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::{Account, Actor, Id, RefusalInfo, counted};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Everything about the scoring of a call.
pub(super) struct Desk {
    pub(super) call: Call,
    pub(super) panel: Vec<PanelMember>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) bids: Vec<Opened>,
    pub(super) scores: Vec<Score>,
    pub(super) agreed: BTreeMap<(Id<Application>, String), Moderated>,
    pub(super) closed: bool,
    /// Whether prices are scored and still sealed.
    pub(super) prices_sealed: bool,
    /// Whether bidders are shown under their letters.
    pub(super) hidden: bool,
    pub(super) ranking: Option<Ranking>,
    pub(super) firm: Option<Sensitivity>,
    pub(super) enquiries: Vec<Enquiry>,
    pub(super) left_out: Vec<Disregard>,
    pub(super) fallen: Vec<(Fallen, Application)>,
    pub(super) names: HashMap<Id<Account>, String>,
}

fn load(db: &mut Db, id: Id<Call>, actor: &Actor) -> Result<Desk> {
    let JudgedCall { call, closed, ranking, prices_open, .. } = store::judged_call(db, id)?;
    require(actor, Action::ReadScores, &Thing::of_authority(call.authority_id))?;
    let Seated { members: panel, conflicts, names } = store::seated(db, id)?;
    // Somebody with two roles who also scores sees no other's scores before their own are final.
    let own = panel.iter().find(|m| actor.account() == Some(m.account_id));
    let scores = store::final_scores_seen_by(db, id, own)?;
    let bids::Judged { bids, enquiries, left_out, fallen } = bids::judged(db, id)?;
    let hidden = call.terms.0.hides_bidders() && closed.is_none();
    Ok(Desk {
        conflicts,
        bids: bids::as_judged(bids, hidden),
        hidden,
        scores,
        agreed: store::moderated(db, id)?,
        closed: closed.is_some(),
        prices_sealed: bids::needs_prices(&call) && !prices_open,
        firm: ranking.as_ref().and_then(|r| words::firmness(&r.file.0)),
        ranking,
        enquiries,
        left_out,
        fallen,
        names,
        panel,
        call,
    })
}

impl Desk {
    /// Whether somebody may agree, rank and leave out: not with a conflict of interest of their own.
    pub(super) fn may_moderate(&self, actor: &Actor) -> bool {
        can(actor, Action::Moderate, &Thing::of_authority(self.call.authority_id))
            && !actor.account().is_some_and(|account| rules::conflict_stands(&self.conflicts, account))
    }
}

pub(super) async fn desk(visit: &Visit, id: Id<Call>) -> Result<Desk> {
    let actor = visit.actor.clone();
    visit.app.db.read(move |db| load(db, id, &actor)).await
}

/// One answer on the moderation page.
#[expect(clippy::struct_field_names, reason = "the spread is what it is sorted by")]
struct Spread {
    title: String,
    bid: String,
    href: String,
    /// Places across a drawing of the scale: guides, dots, and the line between the outermost.
    guides: Vec<String>,
    dots: Vec<String>,
    line: Option<(String, String)>,
    scores: Vec<String>,
    spread: i64,
    agreed: String,
    reason: String,
    /// What is agreed is what every counted score said.
    settled: bool,
}

#[derive(Template)]
#[template(path = "scoring/moderation.html")]
struct ModerationPage {
    shell: Shell,
    form: FormState,
    call: Call,
    verdict: String,
    verdict_note: String,
    scores_final: String,
    evaluators: String,
    moderated: String,
    open_enquiries: usize,
    signed: Option<String>,
    hash: String,
    heads: Vec<String>,
    places: Vec<Place>,
    /// Whether any of them has a price: rounds and first stages have none.
    priced: bool,
    /// Heading of what bids are ranked by.
    ranked_by: &'static str,
    excluded: Vec<(String, String, String)>,
    weight_sentence: String,
    changes: Vec<(String, String, String, String)>,
    who: Vec<String>,
    answers: usize,
    differing: usize,
    /// Answers that people look at: scores differed, or something else or nothing is agreed.
    open: Vec<Spread>,
    settled: Vec<Spread>,
    closed: bool,
    prices_sealed: bool,
    closed_word: &'static str,
    complete: bool,
    ranked: bool,
    /// Before a ranking: each bid, where it can be left out.
    unranked: Vec<(String, String)>,
    has_seed: bool,
    residents_vote: bool,
    may_moderate: bool,
    may_see_firmness: bool,
    /// Whether bidders are shown under their letters.
    hidden: bool,
    /// Bids of the newest ranking that have fallen away since.
    fell: Vec<String>,
}

impl ModerationPage {
    fn sent(&self) -> words::Sent {
        words::Sent::to(&self.call)
    }
}

fn place_of(level: i64, low: i64, high: i64) -> String {
    let span = (high - low).max(1);
    format!("{}%", 6 + (level - low) * 88 / span)
}

fn spreads(found: &Desk) -> Vec<Spread> {
    let model = &found.call.terms.0.model;
    let mut all: Vec<Spread> = bids::answers_to_score(&found.call, &found.bids)
        .into_iter()
        .filter_map(|answer| {
            let criterion = model.criterion(&answer.criterion)?;
            let bid = found.bids.iter().find(|b| b.application.id == answer.application)?;
            let given: Vec<Option<&Score>> = found
                .panel
                .iter()
                .map(|m| {
                    found.scores.iter().find(|s| {
                        s.account_id == m.account_id
                            && s.application_id == answer.application
                            && s.criterion == answer.criterion
                    })
                })
                .collect();
            let counted: Vec<&Score> = found
                .panel
                .iter()
                .zip(&given)
                .filter(|(m, _)| rules::counts(&found.conflicts, m))
                .filter_map(|(_, s)| *s)
                .collect();
            let values: Vec<_> = counted.iter().map(|s| (s.level, s.passed)).collect();
            let published: Vec<i64> = match &criterion.kind {
                Kind::Quality { levels } => levels.iter().map(|l| i64::from(l.level)).collect(),
                _ => Vec::new(),
            };
            let (low, high) = (published.first().copied().unwrap_or(0), published.last().copied().unwrap_or(1));
            let mut levels: Vec<i64> = values.iter().filter_map(|(l, _)| *l).collect();
            levels.sort_unstable();
            let line = match (levels.first(), levels.last()) {
                (Some(a), Some(b)) if a != b => Some((place_of(*a, low, high), place_of(*b, low, high))),
                _ => None,
            };
            levels.dedup();
            let agreed = found.agreed.get(&(answer.application, answer.criterion.clone()));
            Some(Spread {
                title: criterion.title.clone(),
                bid: bid.name.clone(),
                href: format!("/desk/calls/{}/moderation/{}/{}", found.call.id, answer.application, answer.criterion),
                guides: if published.len() <= 12 {
                    published.iter().map(|l| place_of(*l, low, high)).collect()
                } else {
                    Vec::new()
                },
                dots: levels.iter().map(|l| place_of(*l, low, high)).collect(),
                line,
                scores: found
                    .panel
                    .iter()
                    .zip(&given)
                    .map(|(m, s)| match s {
                        _ if rules::is_conflicted(&found.conflicts, m) => "Conflict".to_owned(),
                        Some(s) if m.replaced_at.is_some() => {
                            format!("{} (replaced)", value_words(s.level, s.passed))
                        }
                        None if m.replaced_at.is_some() => "Replaced".to_owned(),
                        Some(s) => value_words(s.level, s.passed),
                        None => "Missing".to_owned(),
                    })
                    .collect(),
                spread: rules::spread(&values),
                agreed: agreed.map(|m| value_words(m.level, m.passed)).unwrap_or_default(),
                reason: agreed.map(|m| m.reason.clone()).unwrap_or_default(),
                settled: !values.is_empty()
                    && agreed.is_some_and(|m| values.iter().all(|value| *value == (m.level, m.passed))),
            })
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.spread));
    all
}

fn value_words(level: Option<i64>, passed: Option<bool>) -> String {
    match (level, passed) {
        (Some(level), _) => level.to_string(),
        (None, Some(true)) => "Passed".to_owned(),
        (None, Some(false)) => "Failed".to_owned(),
        (None, None) => String::new(),
    }
}

fn moderation_page(visit: &Visit, found: &Desk, form: FormState) -> ModerationPage {
    let file = found.ranking.as_ref().map(|r| &r.file.0);
    let spreads = spreads(found);
    let agreed = spreads.iter().filter(|s| !s.agreed.is_empty()).count();
    let (heads, places) = file.map(|f| places(found, f)).unwrap_or_default();
    let scoring: Vec<_> = found.panel.iter().filter(|m| rules::counts(&found.conflicts, m)).collect();
    let replaced = found.panel.iter().filter(|m| m.replaced_at.is_some()).count();
    let conflicted = found.panel.len() - scoring.len() - replaced;
    let finished = scoring.iter().filter(|m| m.final_at.is_some()).count();
    let verdict = match file {
        Some(file) => words::verdict(file, found.firm.as_ref(), words::Sent::to(&found.call)),
        None if found.bids.is_empty() => format!("The {}s are still sealed.", words::Sent::to(&found.call).what),
        None if found.closed && found.prices_sealed => {
            "Every answer is agreed. Next, the prices are opened.".to_owned()
        }
        None if found.closed => "Every answer is agreed. Next, rank.".to_owned(),
        None => format!("{agreed} of {} agreed.", counted(spreads.len(), "answers")),
    };
    let excluded = file
        .and_then(|f| f.result.as_ref().map(|r| (f, r)))
        .map(|(f, r)| {
            r.bids
                .iter()
                .filter(|b| !b.exclusions.is_empty())
                .map(|b| {
                    let why = b.exclusions.iter().map(|e| e.sentence.clone()).collect::<Vec<_>>().join(" ");
                    let href = found
                        .bids
                        .iter()
                        .find(|o| bid_id(&o.application) == b.bid)
                        .map(|o| format!("/desk/calls/{}/ranking/{}", found.call.id, o.application.id))
                        .unwrap_or_default();
                    (words::name_of(f, &b.bid).to_owned(), why, href)
                })
                .collect()
        })
        .unwrap_or_default();
    let answers = spreads.len();
    let differing = spreads.iter().filter(|s| s.spread > 0).count();
    let (settled, open) = spreads.into_iter().partition(|s: &Spread| s.settled);
    ModerationPage {
        shell: form_shell(visit, "Moderation and ranking", &form),
        form,
        verdict,
        verdict_note: match (&found.firm, file) {
            (Some(firm), Some(_)) => format!("{} single steps of one level were tried.", firm.levels_tried),
            _ => String::new(),
        },
        scores_final: format!("{} of {} final", finished, scoring.len()),
        evaluators: match replaced {
            0 => format!("{} on the panel, {conflicted} with a conflict", found.panel.len()),
            _ => format!("{} on the panel, {conflicted} with a conflict, {replaced} replaced", found.panel.len()),
        },
        moderated: format!("{agreed} of {answers} agreed"),
        // Of what fell away or was left out nothing is waited for.
        open_enquiries: found
            .enquiries
            .iter()
            .filter(|e| e.outcome == EnquiryOutcome::Open)
            .filter(|e| found.fallen.iter().all(|(fallen, _)| fallen.application_id != e.application_id))
            .filter(|e| found.left_out.iter().all(|left| left.application_id != e.application_id))
            .count(),
        signed: found.ranking.as_ref().and_then(|r| r.signed_at).map(crate::values::Instant::medium),
        hash: found.ranking.as_ref().map(|r| r.hash.clone()).unwrap_or_default(),
        heads,
        priced: places.iter().any(|place| !place.price.is_empty()),
        places,
        ranked_by: ranked_by(&found.call.terms.0.model),
        excluded,
        weight_sentence: match (file, &found.firm) {
            (Some(file), Some(firm)) => words::weight_sentence(file, firm, words::Sent::to(&found.call)),
            _ => String::new(),
        },
        changes: match (file, &found.firm) {
            (Some(file), Some(firm)) => changes(file, firm),
            _ => Vec::new(),
        },
        who: found.panel.iter().map(|m| found.names.get(&m.account_id).cloned().unwrap_or_default()).collect(),
        answers,
        differing,
        complete: agreed == answers && agreed > 0,
        closed: found.closed,
        prices_sealed: found.prices_sealed,
        closed_word: if found.closed { "closed" } else { "open" },
        ranked: found.ranking.is_some(),
        unranked: if found.closed && found.ranking.is_none() {
            let href = |b: &Opened| format!("/desk/calls/{}/ranking/{}", found.call.id, b.application.id);
            found.bids.iter().map(|b| (b.name.clone(), href(b))).collect()
        } else {
            Vec::new()
        },
        residents_vote: super::residents::panel(&found.call.terms.0.model).is_some(),
        has_seed: found.call.terms.0.model.ties.iter().any(|t| matches!(t, crate::evaluation::TieRule::Draw { .. })),
        may_moderate: found.may_moderate(&visit.actor),
        fell: match file {
            Some(file) => falling_away::still_ranked(file, &found.fallen)
                .into_iter()
                .map(|f| {
                    let bid = found.bids.iter().find(|b| b.application.id == f.application_id);
                    let name = bid.map(|b| b.name.clone()).unwrap_or_default();
                    format!("{name}: {}. {}", f.ground.label(), f.reason)
                })
                .collect(),
            None => Vec::new(),
        },
        hidden: found.hidden,
        may_see_firmness: can(&visit.actor, Action::ReadSensitivity, &Thing::of_authority(found.call.authority_id)),
        call: found.call.clone(),
        open,
        settled,
    }
}

/// Query of the moderation page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FormatQuery {
    format: String,
}

/// `GET /desk/calls/{id}/moderation`
///
/// # Errors
/// Denied.
pub async fn moderation_of(visit: Visit, id: web::Path<Id<Call>>, query: web::Query<FormatQuery>) -> Answer {
    let found = desk(&visit, *id).await?;
    if query.format.is_empty() {
        return page(&moderation_page(&visit, &found, FormState::empty()));
    }
    let name = |a: Id<Application>| {
        found.bids.iter().find(|b| b.application.id == a).map(|b| b.name.clone()).unwrap_or_default()
    };
    let mut rows: Vec<Vec<String>> = found
        .scores
        .iter()
        .map(|s| {
            vec![
                s.criterion.clone(),
                name(s.application_id),
                found.names.get(&s.account_id).cloned().unwrap_or_default(),
                value_words(s.level, s.passed),
                s.reason.clone(),
                s.final_at.rfc3339(),
            ]
        })
        .collect();
    rows.extend(found.agreed.values().map(|m| {
        vec![
            m.criterion.clone(),
            name(m.application_id),
            "agreed".to_owned(),
            value_words(m.level, m.passed),
            m.reason.clone(),
            m.agreed_at.rfc3339(),
        ]
    }));
    Table {
        name: format!("{}-scores", found.call.reference),
        heads: vec!["criterion", "bid", "evaluator", "score", "reason", "at"],
        rows,
    }
    .answer(&query.format)
}

/// A step of the desk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepInput {
    step: String,
    draw_seed: String,
}

/// `POST /desk/calls/{id}/moderation`: `close`, `rank` or `sign`.
///
/// # Errors
/// Denied.
pub async fn step(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<StepInput>) -> Answer {
    let id = *id;
    let done = match posted.input.step.as_str() {
        "close" => moderation::close(&visit.app, &visit.actor, id, visit.now).await.map(|()| "Moderation is closed."),
        "rank" => {
            let input = RankingInput { draw_seed: posted.input.draw_seed.clone() };
            ranking::rank(&visit.app, &visit.actor, id, &input, visit.now).await.map(|_| "The ranking is made.")
        }
        "sign" => ranking::sign(&visit.app, &visit.actor, id, visit.now).await.map(|()| "The ranking is signed."),
        _ => Err(Error::NotFound),
    };
    match done {
        Ok(words) => {
            visit.done(words);
            see(&format!("/desk/calls/{id}/moderation"))
        }
        Err(error) => {
            let form = posted.again(error)?;
            let found = desk(&visit, id).await?;
            page_again(&moderation_page(&visit, &found, form))
        }
    }
}

#[derive(Template)]
#[template(path = "scoring/agree.html")]
struct AgreePage {
    shell: Shell,
    form: FormState,
    call: Call,
    title: String,
    bid: String,
    application: Id<Application>,
    criterion: String,
    originals: Vec<(String, String, String)>,
    history: Vec<(String, String, String)>,
    /// What was agreed when the form was first shown: saving is refused when something else is agreed by then.
    read: String,
    levels: Vec<(String, String, String)>,
    requirement: Option<String>,
    may_agree: bool,
    closed: bool,
}

/// `was_read` is what somebody had read who sent the form and must look at it again.
async fn agree_page(
    visit: &Visit,
    path: (Id<Call>, Id<Application>, String),
    form: Option<FormState>,
    was_read: Option<String>,
) -> Result<AgreePage> {
    let (id, application, criterion_id) = path;
    let found = desk(visit, id).await?;
    let criterion = found.call.terms.0.model.criterion(&criterion_id).ok_or(Error::NotFound)?.clone();
    let bid = found.bids.iter().find(|b| b.application.id == application).ok_or(Error::NotFound)?;
    let originals = found
        .scores
        .iter()
        .filter(|s| s.application_id == application && s.criterion == criterion_id)
        .map(|s| {
            (
                found.names.get(&s.account_id).cloned().unwrap_or_default(),
                value_words(s.level, s.passed),
                s.reason.clone(),
            )
        })
        .collect();
    let agreed = found.agreed.get(&(application, criterion_id.clone()));
    let read = was_read.unwrap_or_else(|| agreed.map(|m| m.id.to_string()).unwrap_or_default());
    let form = form.unwrap_or_else(|| match agreed {
        Some(m) => FormState::filled([
            ("level", m.level.map(|l| l.to_string()).unwrap_or_default()),
            ("passed", m.passed.map(|p| if p { "yes" } else { "no" }.to_owned()).unwrap_or_default()),
            ("reason", m.reason.clone()),
        ]),
        None => FormState::empty(),
    });
    Ok(AgreePage {
        shell: form_shell(visit, &format!("{}: {}", criterion.title, bid.name), &form),
        form,
        title: criterion.title.clone(),
        bid: bid.name.clone(),
        application,
        originals,
        history: agreed
            .map(|m| vec![(m.agreed_at.medium(), value_words(m.level, m.passed), m.reason.clone())])
            .unwrap_or_default(),
        read,
        levels: match &criterion.kind {
            Kind::Quality { levels } => levels
                .iter()
                .rev()
                .map(|l| (l.level.to_string(), format!("Level {}", l.level), l.text.clone()))
                .collect(),
            _ => Vec::new(),
        },
        requirement: match &criterion.kind {
            Kind::PassFail { requirement } => Some(requirement.clone()),
            _ => None,
        },
        may_agree: !found.closed && found.may_moderate(&visit.actor),
        closed: found.closed,
        criterion: criterion_id,
        call: found.call,
    })
}

/// `GET /desk/calls/{id}/moderation/{application}/{criterion}`
///
/// # Errors
/// Denied, NotFound.
pub async fn agree_form(visit: Visit, path: web::Path<(Id<Call>, Id<Application>, String)>) -> Answer {
    page(&agree_page(&visit, path.into_inner(), None, None).await?)
}

/// `POST /desk/calls/{id}/moderation/{application}/{criterion}`
///
/// # Errors
/// Denied.
pub async fn agree(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>, String)>,
    posted: Posted<ScoreInput>,
) -> Answer {
    let (call, application, criterion) = path.into_inner();
    match moderation::agree(&visit.app, &visit.actor, call, application, &criterion, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done(format!(
                "Agreed and saved at {}. The scores as they were given stay beside it.",
                visit.now.time_of_day()
            ));
            see(&format!("/desk/calls/{call}/moderation"))
        }
        Err(error) => {
            // Whoever is told that something else stands now reads it on this page.
            let stale =
                matches!(&error, Error::Refused(refusal) if refusal.code == ScoringRefusal::AgreedMeanwhile.code());
            let was_read = (!stale).then(|| posted.input.read.clone());
            let form = posted.again(error)?;
            page_again(&agree_page(&visit, (call, application, criterion), Some(form), was_read).await?)
        }
    }
}
