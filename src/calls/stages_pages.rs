//! The page on which a draft is divided into two stages, and the same for programs.

use super::builder_pages::shell_of;
use super::drafting::edit_action;
use super::model::{Call, CallStage};
use super::stage_rules::{may_have_stages, rule_words};
use super::stages::{self, StagesInput};
use super::store;
use crate::error::{Error, Result};
use crate::http::api::{created, ok};
use crate::http::{Answer, FormState, Nothing, Posted, Sent, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, can, require};
use crate::values::{Id, RefusalInfo};
use actix_web::web;
use askama::Template;
use serde_json::{Value, json};

/// What the page that publishes a first stage says of the second, whose model has a rehearsal and an acknowledgement of
/// its own.
pub(super) struct SecondShown {
    /// Where its rehearsal is read in full.
    pub(super) href: String,
    /// What the rehearsal warns of, or what keeps the model from being rehearsed.
    pub(super) warnings: Vec<String>,
    /// Hash of the model that was rehearsed; empty when it cannot be.
    pub(super) model_hash: String,
    /// When this officer acknowledged the rehearsal of this very model.
    pub(super) acknowledged: Option<String>,
}

/// Rehearses the second stage of a call to be published; none where there is none.
pub(super) async fn second_shown(visit: &Visit, first: &Call) -> Result<Option<SecondShown>> {
    let Some(second) = stages::prepare_second(&visit.app, first).await? else { return Ok(None) };
    let (id, by) = (second.call.id, visit.account()?);
    let href = format!("/desk/calls/{id}/rehearsal");
    let rehearsed = match second.rehearsed {
        Ok(rehearsed) => rehearsed,
        Err(refusal) => {
            let warnings = vec![refusal.sentence()];
            return Ok(Some(SecondShown { href, warnings, model_hash: String::new(), acknowledged: None }));
        }
    };
    let (hash, expected) = (rehearsed.model_hash.clone(), rehearsed.expected_price);
    let word = visit.app.db.read(move |db| store::acknowledgement(db, id, &hash, expected, by)).await?;
    Ok(Some(SecondShown {
        href,
        warnings: rehearsed.warnings.into_iter().map(|w| w.sentence).collect(),
        model_hash: rehearsed.model_hash,
        acknowledged: word.map(|word| word.acknowledged_at.medium()),
    }))
}

/// Both stages of a tender, read together.
struct Both {
    first: Call,
    second: Call,
}

impl Both {
    fn rule(&self) -> String {
        self.first.shortlists().map(|(rule, _)| rule_words(rule)).unwrap_or_default()
    }
}

/// The call and, where it is one of two stages, both.
fn read(db: &mut crate::db::Db, id: Id<Call>) -> Result<(Call, Option<Both>)> {
    let call = store::find(db, id)?;
    let both = if let Some(first) = call.by_invitation() {
        Some(Both { first: store::find(db, first)?, second: call.clone() })
    } else if call.shortlists().is_some() {
        Some(Both { second: stages::second_of(db, &call)?, first: call.clone() })
    } else {
        None
    };
    Ok((call, both))
}

#[derive(Template)]
#[template(path = "calls/stages.html")]
struct StagesPage {
    shell: Shell,
    form: FormState,
    call: Call,
    /// Reference and title, address and state of either stage, and the rule.
    both: Option<(StageShown, StageShown, String)>,
    /// Why there cannot be two stages, with the section.
    why_not: String,
    may_write: bool,
    is_first: bool,
}

struct StageShown {
    id: Id<Call>,
    name: String,
    stage: (&'static str, &'static str),
}

impl StageShown {
    fn of(call: &Call, visit: &Visit) -> Self {
        StageShown {
            id: call.id,
            name: format!("{} · {}", call.reference, call.title),
            stage: call.shown_stage(visit.now),
        }
    }
}

async fn stages_page(visit: &Visit, id: Id<Call>, form: Option<FormState>) -> Result<StagesPage> {
    let actor = visit.actor.clone();
    let (call, both) = visit
        .app
        .db
        .read(move |db| {
            let (call, both) = read(db, id)?;
            require(&actor, Action::ReadDesk, &store::thing(&call).public(false))?;
            Ok((call, both))
        })
        .await?;
    if call.terms.0.tender.is_none() {
        return Err(Error::NotFound);
    }
    let thing = store::thing(&call);
    let may_write = call.stage == CallStage::Draft
        && can(&visit.actor, edit_action(call.kind), &thing)
        && can(&visit.actor, Action::PublishCall, &thing);
    let form = form.unwrap_or_else(|| {
        let mut pairs = Vec::new();
        if let Some((rule, _)) = call.shortlists() {
            pairs.extend(rule.best.map(|best| ("best", best.to_string())));
            pairs.extend(rule.at_least.map(|points| ("at_least", points.normalize().to_string())));
        }
        FormState::filled(pairs)
    });
    let why_not = match may_have_stages(&call) {
        Err(refusal) if both.is_none() => match refusal.reference() {
            Some(reference) => format!("{} ({reference})", refusal.sentence()),
            None => refusal.sentence(),
        },
        _ => String::new(),
    };
    Ok(StagesPage {
        shell: shell_of(visit, &call, "Stages", &form),
        form,
        both: both.map(|both| (StageShown::of(&both.first, visit), StageShown::of(&both.second, visit), both.rule())),
        why_not,
        may_write,
        is_first: call.shortlists().is_some(),
        call,
    })
}

/// `GET /desk/calls/{id}/stages`
///
/// # Errors
/// NotFound, Denied.
pub async fn form(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    page(&stages_page(&visit, *id, None).await?)
}

/// `POST /desk/calls/{id}/stages`
///
/// # Errors
/// NotFound, Denied.
pub async fn set(visit: Visit, id: web::Path<Id<Call>>, posted: Posted<StagesInput>) -> Answer {
    match stages::set(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("The tender has two stages, and the rule is saved.");
            see(&format!("/desk/calls/{id}/stages"))
        }
        Err(error) => page_again(&stages_page(&visit, *id, Some(posted.again(error)?)).await?),
    }
}

/// `POST /desk/calls/{id}/stages/undo`
///
/// # Errors
/// NotFound, Denied, refused.
pub async fn undo(visit: Visit, id: web::Path<Id<Call>>, _posted: Posted<Nothing>) -> Answer {
    stages::undo(&visit.app, &visit.actor, *id, visit.now).await?;
    visit.done("The tender has one stage again. What was the second stage is a draft of its own.");
    see(&format!("/desk/calls/{id}/stages"))
}

fn both_json(both: &Both) -> Value {
    let shown = |call: &Call| json!({ "id": call.id, "reference": call.reference, "title": call.title, "stage": call.stage, "deadline_at": call.deadline_at });
    json!({
        "first": shown(&both.first), "second": shown(&both.second),
        "rule": both.first.shortlists().map(|(rule, _)| rule), "rule_in_words": both.rule(),
    })
}

/// Both stages of a tender and the published rule by which suppliers go on; `null` for a tender of one stage.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/calls/{id}/stages", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, description = "`stages` with `first`, `second` and `rule`, or null")))]
pub async fn api_show(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    let (id, actor) = (*id, visit.actor.clone());
    let (_, both) = visit
        .app
        .db
        .read(move |db| {
            let (call, both) = read(db, id)?;
            if !can(&actor, Action::ReadCall, &store::thing(&call)) {
                return Err(Error::NotFound);
            }
            Ok((call, both))
        })
        .await?;
    ok(&json!({ "stages": both.as_ref().map(both_json) }))
}

/// Divides a draft tender into two stages, or changes the rule of one that is divided.
///
/// # Errors
/// Invalid, Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/stages", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), request_body = StagesInput,
    responses((status = 201, description = "`second`: the draft that takes the final tenders")))]
pub async fn api_set(visit: Visit, id: web::Path<Id<Call>>, body: Sent<StagesInput>) -> Answer {
    let second = stages::set(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/calls/{second}"), &json!({ "first": *id, "second": second }))
}

/// Makes a divided draft one stage again.
///
/// # Errors
/// Denied, NotFound, refused.
#[utoipa::path(post, path = "/api/v1/calls/{id}/stages/undo", tag = "calls", security(("token" = [])),
    params(("id" = String, Path)), responses((status = 200, description = "One stage again")))]
pub async fn api_undo(visit: Visit, id: web::Path<Id<Call>>) -> Answer {
    stages::undo(&visit.app, &visit.actor, *id, visit.now).await?;
    ok(&json!({ "stages": null }))
}
