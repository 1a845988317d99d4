//! Asking and answering: what one asks is read by officers alone until one of them has answered it to everybody.

use super::drafting::{load, record};
use super::model::{Call, CallKind, Question};
use super::rules::{self, CallRefusal};
use super::store;
use crate::app::App;
use crate::db::{Cursor, Db, Page};
use crate::error::{Error, Result};
use crate::outbox::{self, mail};
use crate::people;
use crate::people::policy::{Action, can, require};
use crate::values::{Actor, Capacity, Id, Instant, Parser, Role};
use serde::Deserialize;
use serde_json::json;

/// News: a question is answered.
pub const ANSWERED: &str = "call.answered";

/// Questions on one page.
const PAGE: usize = 50;

/// Where the lists of a call's questions go on.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct QuestionsQuery {
    /// The `next` of the answered questions before.
    pub after: String,
    /// For officers: the `next_waiting` of the waiting questions before.
    pub waiting_after: String,
}

/// What one person may read of a call's questions.
#[derive(Clone, Debug)]
pub(super) struct Questions {
    /// Answered ones, the newest answer first: everybody reads them.
    pub answered: Page<Question>,
    /// How many are answered.
    pub answered_count: i64,
    /// Waiting ones, the oldest first: all of them for officers, one's own for whoever asked.
    pub waiting: Page<Question>,
    /// How many of those there are.
    pub waiting_count: i64,
}

/// Reads the questions of a call for one person.
pub(super) fn read(db: &mut Db, call: &Call, actor: &Actor, query: &QuestionsQuery) -> Result<Questions> {
    let cursor = |text: &str, field: &str| -> Result<Option<Cursor>> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|e: &str| Error::field(field, e))
    };
    let after = cursor(&query.after, "after")?;
    let waiting_after = cursor(&query.waiting_after, "waiting_after")?;
    // A list that is shown whole counts itself; only one that is cut is counted by the database.
    let whole = |page: &Page<Question>, cursor: &Option<Cursor>| -> Result<Option<i64>> {
        let whole = page.next.is_none() && cursor.is_none();
        Ok(if whole { Some(i64::try_from(page.items.len())?) } else { None })
    };
    let waiting = if can(actor, Action::ReadDesk, &store::thing(call)) {
        store::waiting(db, call.id, waiting_after.as_ref(), PAGE)?
    } else {
        let own = match actor.account() {
            Some(account) => store::waiting_of(db, call.id, account)?,
            None => Vec::new(),
        };
        Page { items: own, next: None }
    };
    let answered = store::answered(db, call.id, after.as_ref(), PAGE)?;
    Ok(Questions {
        answered_count: match whole(&answered, &after)? {
            Some(count) => count,
            None => store::count_questions(db, call.id, true)?,
        },
        waiting_count: match whole(&waiting, &waiting_after)? {
            Some(count) => count,
            None => store::count_questions(db, call.id, false)?,
        },
        answered,
        waiting,
    })
}

/// A question.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct QuestionInput {
    /// As asked; everybody will read it.
    pub question: String,
}

/// Asks a question. Nobody is shown who asked, and nobody but the asker and the officers reads it before it is
/// answered: a question may name its asker or speak ill of others. Officers get a mail that one is waiting.
///
/// # Errors
/// Invalid, Denied for the public, NotFound; refused after the last instant for questions, when the same words were
/// asked already, and when too many of one's own are waiting.
pub async fn ask(app: &App, actor: &Actor, id: Id<Call>, input: &QuestionInput, now: Instant) -> Result<Id<Question>> {
    let mut form = Parser::default();
    let question = form.text("question", &input.question, 2000, "Enter your question");
    form.finish()?;
    let asked_by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let call = store::find(db, id)?;
            let thing = store::thing(&call);
            if !can(&actor, Action::ReadCall, &thing) {
                return Err(Error::NotFound);
            }
            require(&actor, Action::AskQuestion, &thing)?;
            // In whatever capacity they act: the staff of the authority ask nothing of themselves.
            if actor.everywhere().any(|m| m.capacity() == Capacity::Authority(call.authority_id)) {
                return Err(CallRefusal::OwnCall.into());
            }
            rules::takes_questions(&call, now)?;
            let waiting = store::waiting_of(db, id, asked_by)?.len();
            rules::may_ask(waiting, store::was_asked(db, id, &question)?)?;
            let row = Question {
                id: Id::new(),
                authority_id: call.authority_id,
                call_id: id,
                question: question.clone(),
                asked_at: now,
                asked_by,
                answer: None,
                answered_at: None,
                answered_by: None,
            };
            store::insert_question(db, &row)?;
            // The system stands as the actor: who asked is kept in the question's own row and shown to nobody.
            record(db, &Actor::System, &call, "call.question_asked", json!({ "question": row.id }), now)?;
            let role = match call.kind {
                CallKind::Tender => Role::ProcurementOfficer,
                CallKind::Round => Role::FundManager,
            };
            for address in people::addresses_with_role(db, call.authority_id, role)? {
                let body = format!(
                    "Somebody asked a question about {} ({}).\n\nAnswer it for everybody at {url}/desk/calls/{id}#questions\n",
                    call.title, call.reference
                );
                mail::queue(db, Some(call.authority_id), &address, "A question is waiting for an answer", &body, now)?;
            }
            Ok(row.id)
        })
        .await
}

/// An answer.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct AnswerInput {
    /// The answer, to everybody.
    pub answer: String,
}

/// Answers a question to everybody.
///
/// # Errors
/// Invalid, Denied, NotFound, refused when it is answered already.
pub async fn answer(
    app: &App,
    actor: &Actor,
    id: Id<Call>,
    question: Id<Question>,
    input: &AnswerInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let words = form.text("answer", &input.answer, 8000, "Enter the answer");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let call = load(db, &actor, id, Some(Action::AnswerQuestion))?;
            let row = store::find_question(db, id, question)?;
            if row.answer.is_some() {
                return Err(CallRefusal::AnsweredAlready.into());
            }
            store::set_answer(db, question, &words, by, now)?;
            record(db, &actor, &call, "call.question_answered", json!({ "question": question }), now)?;
            outbox::emit(db, ANSWERED, json!({ "call": id, "question": question }), now)
        })
        .await
}
