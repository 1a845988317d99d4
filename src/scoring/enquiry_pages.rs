//! The supplier's page of an enquiry into its price, and the officer's question.

use super::enquiries::{self, PriceAnswerInput, QuestionInput, why};
use super::model::{Enquiry, EnquiryOutcome};
use super::store;
use super::trace_pages::trace_again;
use crate::applications::Application;
use crate::calls::Call;
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can};
use crate::values::Id;
use crate::values::time::medium_date;
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "scoring/price_enquiry.html")]
struct PriceEnquiryPage {
    shell: Shell,
    form: FormState,
    application: Id<Application>,
    call: Call,
    verdict: &'static str,
    question: String,
    reasons: Vec<&'static str>,
    answer_by: String,
    answer: String,
    answered: String,
    decision: String,
    may_answer: bool,
}

/// What the supplier may know: what was asked and answered, and what came of it with its reason.
pub(super) async fn own(visit: &Visit, id: Id<Application>) -> Result<(Application, Call, Option<Enquiry>)> {
    let (application, call, enquiry) = visit.app.db.read(move |db| store::asked_of(db, id)).await?;
    let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
    if can(&visit.actor, Action::ReadOwnApplication, &thing) {
        Ok((application, call, enquiry))
    } else {
        Err(Error::NotFound)
    }
}

async fn enquiry_page(visit: &Visit, id: Id<Application>, form: FormState) -> Result<PriceEnquiryPage> {
    let (application, call, enquiry) = own(visit, id).await?;
    let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
    let open = enquiry.as_ref().is_some_and(|e| e.outcome == EnquiryOutcome::Open);
    let answered = enquiry.as_ref().and_then(|e| e.answered_at);
    let verdict = match (&enquiry, answered) {
        (None, _) => "The council has asked nothing about your price.",
        (Some(e), _) if e.outcome == EnquiryOutcome::Justified => "Your price is justified, so it stands.",
        (Some(e), _) if e.outcome == EnquiryOutcome::NotJustified => "Your price was found not to be justified.",
        (Some(_), Some(_)) => "You have answered. The council decides and gives its reason.",
        (Some(_), None) => "The council asks you to explain your price.",
    };
    let mut shell = visit.shell("Your price", "/applications");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(PriceEnquiryPage {
        shell,
        form,
        verdict,
        question: enquiry.as_ref().and_then(|e| e.question.clone()).unwrap_or_default(),
        reasons: enquiry.iter().flat_map(|e| e.flags.0.iter().map(|f| why(f.reason))).collect(),
        answer_by: enquiry.as_ref().and_then(|e| e.answer_by).map(medium_date).unwrap_or_default(),
        answer: enquiry.as_ref().and_then(|e| e.answer.clone()).unwrap_or_default(),
        answered: answered.map(crate::values::Instant::medium).unwrap_or_default(),
        decision: enquiry.as_ref().filter(|_| !open).and_then(|e| e.note.clone()).unwrap_or_default(),
        may_answer: open && answered.is_none() && can(&visit.actor, Action::SubmitApplication, &thing),
        application: application.id,
        call,
    })
}

/// `GET /applications/{id}/price-enquiry`
///
/// # Errors
/// NotFound for another's.
pub async fn show(visit: Visit, id: web::Path<Id<Application>>) -> Answer {
    page(&enquiry_page(&visit, *id, FormState::empty()).await?)
}

/// `POST /applications/{id}/price-enquiry`
///
/// # Errors
/// NotFound for another's, Denied for an editor.
pub async fn answer(visit: Visit, id: web::Path<Id<Application>>, posted: Posted<PriceAnswerInput>) -> Answer {
    match enquiries::answer(&visit.app, &visit.actor, *id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Your answer is with the council.");
            see(&format!("/applications/{id}/price-enquiry"))
        }
        Err(error) => page_again(&enquiry_page(&visit, *id, posted.again(error)?).await?),
    }
}

/// `POST /desk/calls/{id}/ranking/{application}/enquiry/{enquiry}/question`
///
/// # Errors
/// Denied, NotFound.
pub async fn ask(
    visit: Visit,
    path: web::Path<(Id<Call>, Id<Application>, Id<Enquiry>)>,
    posted: Posted<QuestionInput>,
) -> Answer {
    let (call, application, id) = path.into_inner();
    visit
        .under((call, application), move |db| store::find_enquiry(db, id).map(|e| (e.call_id, e.application_id)))
        .await?;
    match enquiries::ask(&visit.app, &visit.actor, id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("The supplier is asked, on its page and by mail.");
            see(&format!("/desk/calls/{call}/ranking/{application}"))
        }
        Err(error) => trace_again(&visit, call, application, posted.again(error)?).await,
    }
}
