//! The pages of a resident: vote, check, cast. They need no account and no script.

use super::casting::{self, Invited};
use super::model::Choice;
use super::rules::{self, ResidentRefusal};
use crate::error::Result;
use crate::evaluation::PanelRule;
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::values::Pence;
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most scores that are offered as radio buttons; above it a score is typed.
const MOST_RADIOS: u32 = 10;

/// Where a resident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Wait,
    Vote,
    Check,
    Done,
    Closed,
}

#[derive(Template)]
#[template(path = "scoring/resident_vote.html")]
struct VotePage {
    shell: Shell,
    form: FormState,
    title: String,
    call: String,
    href: String,
    choices: Vec<Choice>,
    how: String,
    scores: Vec<(String, String)>,
    money: bool,
    opens: String,
    closes: String,
    given: Vec<(String, String, String, String)>,
    step: Step,
}

impl VotePage {
    fn is(&self, word: &str) -> bool {
        let word_of = match self.step {
            Step::Wait => "wait",
            Step::Vote => "vote",
            Step::Check => "check",
            Step::Done => "done",
            Step::Closed => "closed",
        };
        word == word_of
    }
}

/// What a ballot says of one application, in words.
fn said(rule: &PanelRule, typed: &str) -> String {
    match rule {
        PanelRule::Scores { highest, .. } => format!("{} of {highest}", typed.trim()),
        PanelRule::Budget { .. } => match typed.trim() {
            "" => "Nothing".to_owned(),
            typed => typed.parse::<Pence>().map_or_else(|_| typed.to_owned(), |amount| amount.to_string()),
        },
    }
}

fn vote_page(visit: &Visit, token: &str, found: &Invited, form: FormState, checking: bool) -> VotePage {
    let step = match (found.resident.voted, rules::is_voting(&found.vote, visit.now)) {
        (true, _) => Step::Done,
        (false, Err(ResidentRefusal::NotOpenYet { .. })) => Step::Wait,
        (false, Err(_)) => Step::Closed,
        (false, Ok(())) if checking => Step::Check,
        (false, Ok(())) => Step::Vote,
    };
    let mut shell = visit.shell(format!("Vote on “{}”", found.call.title), "/calls");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    let (how, scores, money) = match &found.rule {
        PanelRule::Scores { highest, .. } => {
            let scores: Vec<(String, String)> = if *highest <= MOST_RADIOS {
                (0..=*highest).map(|n| (n.to_string(), n.to_string())).collect()
            } else {
                Vec::new()
            };
            (format!("Give every application a score from 0 (least) to {highest} (best)."), scores, false)
        }
        PanelRule::Budget { each, .. } => (
            format!(
                "Share out {each} between the applications. You can give it all to one, and you need not give it all."
            ),
            Vec::new(),
            true,
        ),
    };
    let given = found
        .vote
        .choices
        .0
        .iter()
        .map(|choice| {
            let typed = form.value(&choice.reference).to_owned();
            (choice.reference.clone(), choice.name.clone(), said(&found.rule, &typed), typed)
        })
        .collect();
    VotePage {
        shell,
        title: found.call.title.clone(),
        call: format!("/calls/{}/vote", found.call.id),
        href: format!("/vote/{token}"),
        choices: found.vote.choices.0.clone(),
        how,
        scores,
        money,
        opens: found.vote.opens_at.long(),
        closes: found.vote.closes_at.long(),
        given,
        step,
        form,
    }
}

/// `GET /vote/{token}`
///
/// # Errors
/// NotFound for a link that was never sent.
pub async fn show(visit: Visit, token: web::Path<String>) -> Answer {
    let found = casting::invited(&visit.app, &token).await?;
    page(&vote_page(&visit, &token, &found, FormState::empty(), false))
}

/// Which button was pressed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepInput {
    step: String,
}

/// What was typed for each application.
fn typed(found: &Invited, posted: &Posted<StepInput>) -> BTreeMap<String, String> {
    found
        .vote
        .references()
        .into_iter()
        .map(|reference| {
            let value = posted.state().value(&reference).to_owned();
            (reference, value)
        })
        .collect()
}

/// `POST /vote/{token}`: `check` shows what was chosen, `change` goes back to it, `cast` casts it.
///
/// # Errors
/// NotFound for a link that was never sent.
pub async fn post(visit: Visit, token: web::Path<String>, posted: Posted<StepInput>) -> Answer {
    let found = casting::invited(&visit.app, &token).await?;
    let given = typed(&found, &posted);
    match posted.input.step.as_str() {
        "change" => page(&vote_page(&visit, &token, &found, posted.state().clone(), false)),
        "cast" => match casting::cast(&visit.app, &token, &given, &visit.app.clock).await {
            Ok(()) => see(&format!("/vote/{}", token.as_str())),
            Err(error) => again(&visit, &token, posted.again(error)?).await,
        },
        _ => match casting::check(&found, &given, visit.now) {
            Ok(_) => page(&vote_page(&visit, &token, &found, posted.state().clone(), true)),
            Err(error) => again(&visit, &token, posted.again(error)?).await,
        },
    }
}

/// The page as it stands now, with what is wrong.
async fn again(visit: &Visit, token: &str, form: FormState) -> Answer {
    let found: Result<Invited> = casting::invited(&visit.app, token).await;
    page_again(&vote_page(visit, token, &found?, form, false))
}
