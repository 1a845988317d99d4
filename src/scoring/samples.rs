//! Whole panels in one call, through the real actions: for the demo and for tests.

use super::bids::{answers_to_score, opened};
use super::model::Ranking;
use super::panel::{DeclarationInput, MemberInput};
use super::ranking::RankingInput;
use super::sheets::ScoreInput;
use super::{moderation, panel, ranking, sheets, store};
use crate::app::App;
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::evaluation::Kind;
use crate::values::{Actor, Id, Instant};
use std::collections::HashMap;

/// Who judges, and how: evaluator, bidder’s name and criterion to a level.
pub type Judge<'a> = &'a (dyn Fn(usize, &str, &str) -> u32 + Sync);

/// Puts the evaluators on the panel, lets each declare no conflict, score everything and make it final.
/// A pass/fail requirement is met at level 1 or more.
///
/// # Errors
/// Those of the actions.
pub async fn score_everything(
    app: &App,
    officer: &Actor,
    evaluators: &[Actor],
    call: Id<Call>,
    judge: Judge<'_>,
    now: Instant,
) -> Result<()> {
    for (index, evaluator) in evaluators.iter().enumerate() {
        let account = evaluator.account().ok_or(Error::Denied)?.to_string();
        panel::add_member(app, officer, call, &MemberInput { account }, now).await?;
        let none = DeclarationInput { answer: "none".to_owned(), ..DeclarationInput::default() };
        panel::declare(app, evaluator, call, &none, now).await?;
        for (application, criterion, input) in sheet(app, call, index, judge).await? {
            sheets::save(app, evaluator, call, application, &criterion, &input, now).await?;
        }
        sheets::finish(app, evaluator, call, now).await?;
    }
    Ok(())
}

/// Agrees every answer at what the first evaluator gave, and closes the moderation.
///
/// # Errors
/// Those of the actions.
pub async fn moderate_everything(
    app: &App,
    officer: &Actor,
    call: Id<Call>,
    judge: Judge<'_>,
    now: Instant,
) -> Result<()> {
    let standing = app.db.read(move |db| store::moderated(db, call)).await?;
    for (application, criterion, mut input) in sheet(app, call, 0, judge).await? {
        if let Some(agreed) = standing.get(&(application, criterion.clone())) {
            input.read = agreed.id.to_string();
        }
        moderation::agree(app, officer, call, application, &criterion, &input, now).await?;
    }
    moderation::close(app, officer, call, now).await
}

/// Ranks and signs, once prices are open and no enquiry is.
///
/// # Errors
/// Those of the actions.
pub async fn rank_and_sign(app: &App, officer: &Actor, call: Id<Call>, now: Instant) -> Result<Id<Ranking>> {
    let id = ranking::rank(app, officer, call, &RankingInput::default(), now).await?;
    ranking::sign(app, officer, call, now).await?;
    Ok(id)
}

type Sheet = Vec<(Id<crate::applications::Application>, String, ScoreInput)>;

async fn sheet(app: &App, call: Id<Call>, index: usize, judge: Judge<'_>) -> Result<Sheet> {
    let (call, bids) = app.db.read(move |db| Ok((calls::find(db, call)?, opened(db, call)?))).await?;
    let names: HashMap<_, _> = bids.iter().map(|b| (b.application.id, b.name.clone())).collect();
    let mut sheet = Vec::new();
    for answer in answers_to_score(&call, &bids) {
        let name = names.get(&answer.application).cloned().unwrap_or_default();
        let level = judge(index, &name, &answer.criterion);
        let Some(criterion) = call.terms.0.model.criterion(&answer.criterion) else { continue };
        let input = match &criterion.kind {
            Kind::PassFail { requirement } => ScoreInput {
                passed: if level > 0 { "yes" } else { "no" }.to_owned(),
                reason: format!("Checked against what is asked: {requirement}"),
                ..ScoreInput::default()
            },
            Kind::Quality { levels } => {
                let text = levels.iter().find(|l| l.level == level).map(|l| l.text.clone()).unwrap_or_default();
                ScoreInput {
                    level: level.to_string(),
                    reason: format!("The answer fits the text of level {level}: {text}"),
                    ..ScoreInput::default()
                }
            }
            _ => continue,
        };
        sheet.push((answer.application, answer.criterion, input));
    }
    Ok(sheet)
}
