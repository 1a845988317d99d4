//! An enquiry into a low price, through the service: the officer asks, the supplier answers, and what it wrote stands.
//!
//! A price that looks abnormally low may be set aside only after the supplier was told and could show that it will do
//! what it promises; a price that it justifies stays (Procurement Act 2023 s.19(4)–(6)).

use super::model::{Enquiry, EnquiryOutcome};
use super::panel::{note, refuse_conflicted};
use super::rules::ScoringRefusal;
use super::store;
use crate::app::App;
use crate::applications::{self, Application, refuse_bidder};
use crate::calls::{self, Call};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::evaluation::LowPriceReason;
use crate::outbox::mail;
use crate::people::policy::{Action, Thing, can, require};
use crate::people::{addresses_of_organisation, addresses_with_role};
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, Parser, Role};
use serde::Deserialize;
use serde_json::json;

/// Why a price is looked into, in words that tell a supplier nothing of its rivals' prices.
#[must_use]
pub fn why(reason: LowPriceReason) -> &'static str {
    match reason {
        LowPriceReason::BelowMean => "it is far below the other prices",
        LowPriceReason::BelowNext => "it is far below the next price",
        LowPriceReason::BelowLivingWage => "it is less than the hours you offer cost at the living wage",
    }
}

/// Asking a supplier.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct QuestionInput {
    /// What the supplier is asked.
    pub question: String,
    /// Last day to answer.
    pub answer_by: String,
}

/// Asks the supplier to explain its price, on its page and by mail to its team.
///
/// # Errors
/// Invalid, Denied, NotFound; refused to who declared a conflict, when it was asked before, and once the ranking is signed.
pub async fn ask(app: &App, actor: &Actor, id: Id<Enquiry>, input: &QuestionInput, now: Instant) -> Result<()> {
    let mut form = Parser::default();
    let question = form.text("question", &input.question, 3000, "Say what the supplier is to explain");
    let answer_by = form.date("answer_by", &input.answer_by, "Enter the last day to answer");
    form.check(answer_by.is_none_or(|day| day > now.date()), "answer_by", "Enter a day after today");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let mut enquiry = store::find_enquiry(db, id)?;
            let call = calls::find(db, enquiry.call_id)?;
            require(&actor, Action::Moderate, &calls::thing(&call))?;
            refuse_bidder(db, &actor, call.id)?;
            refuse_conflicted(db, &actor, call.id)?;
            if store::signed_ranking(db, call.id)?.is_some() {
                return Err(ScoringRefusal::RankingSigned.into());
            }
            if enquiry.question.is_some() || enquiry.outcome != EnquiryOutcome::Open {
                return Err(ScoringRefusal::AskedAlready.into());
            }
            enquiry.question = Some(question.clone());
            enquiry.asked_by = Some(by);
            enquiry.asked_on = Some(now.date());
            enquiry.answer_by = answer_by;
            store::set_enquiry(db, &enquiry)?;
            let application = applications::find(db, enquiry.application_id)?;
            let last = answer_by.map(medium_date).unwrap_or_default();
            let subject = format!("Please explain your price for {}", call.reference);
            let text = format!(
                "The council looks into the price of your tender for {} “{}”.\n\n{question}\n\nAnswer by {last}:\n{url}/applications/{}/price-enquiry\n\nA price that you justify may not be set aside.\n",
                call.reference, call.title, application.id
            );
            for address in addresses_of_organisation(db, application.organisation_id)? {
                mail::queue(db, Some(call.authority_id), &address, &subject, &text, now)?;
            }
            note(db, &actor, &call, "price.asked", json!({ "enquiry": id, "answer_by": answer_by }), now)
        })
        .await
}

/// Tells a supplier that was asked through the service what came of it, with the reason.
pub(super) fn tell_decision(db: &mut Db, call: &Call, enquiry: &Enquiry, url: &str, now: Instant) -> Result<()> {
    let application = applications::find(db, enquiry.application_id)?;
    let subject = format!("Your price for {}: {}", call.reference, enquiry.outcome.label().to_lowercase());
    let text = format!(
        "The council has looked into the price of your tender for {} “{}”.\n\n{}: {}\n\n{url}/applications/{}/price-enquiry\n",
        call.reference,
        call.title,
        enquiry.outcome.label(),
        enquiry.note.as_deref().unwrap_or_default(),
        application.id
    );
    for address in addresses_of_organisation(db, application.organisation_id)? {
        mail::queue(db, Some(call.authority_id), &address, &subject, &text, now)?;
    }
    Ok(())
}

/// What a supplier answers.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct PriceAnswerInput {
    /// How the price is made up and why it can be kept.
    pub answer: String,
}

/// The supplier's owner explains its price, once. The officers are told.
///
/// # Errors
/// Invalid; NotFound for another's; Denied for an editor; refused when there is nothing to answer.
pub async fn answer(
    app: &App,
    actor: &Actor,
    application: Id<Application>,
    input: &PriceAnswerInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let text = form.text("answer", &input.answer, 10_000, "Explain how the price is made up and why you can keep it");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let (actor, url) = (actor.clone(), app.config.server.public_url.clone());
    app.db
        .write(move |db| {
            let (application, call, enquiry) = store::asked_of(db, application)?;
            let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
            if !can(&actor, Action::ReadOwnApplication, &thing) {
                return Err(Error::NotFound);
            }
            require(&actor, Action::SubmitApplication, &thing)?;
            let open = enquiry.filter(|e| e.outcome == EnquiryOutcome::Open && e.answered_at.is_none());
            let mut enquiry = open.ok_or(ScoringRefusal::NothingToAnswer)?;
            enquiry.answer = Some(text.clone());
            enquiry.answered_at = Some(now);
            enquiry.answered_by = Some(by);
            store::set_enquiry(db, &enquiry)?;
            for to in addresses_with_role(db, call.authority_id, Role::ProcurementOfficer)? {
                let text = format!(
                    "A supplier has explained its price for {} “{}”.\n\nRead it and decide:\n{url}/desk/calls/{}/ranking/{}\n",
                    call.reference, call.title, call.id, application.id
                );
                mail::queue(db, Some(call.authority_id), &to, "A price was explained", &text, now)?;
            }
            note(db, &actor, &call, "price.answered", json!({ "enquiry": enquiry.id }), now)
        })
        .await
}
