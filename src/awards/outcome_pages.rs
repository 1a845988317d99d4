//! The applicant’s outcome: what was decided on an application, the offer and its answer.

use super::model::{Award, AwardKind, AwardState};
use super::offer_shown::{OfferShown, WholeShown, offered_words, offers_shown, whole_shown};
use super::offers::{self, AnswerInput};
use super::store::{self, Halt, HaltKind, SupersededSummary};
use super::summary::Summary;
use super::summary_pages::{FormatQuery, download};
use crate::applications::Application;
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::http::{Answer, FormState, Posted, Shell, Visit, page, page_again, see};
use crate::people::policy::{Action, Thing, can};
use crate::scoring::{self, shortlist};
use crate::values::{Id, Instant, Role};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "awards/outcome.html")]
struct OutcomePage {
    shell: Shell,
    form: FormState,
    application: Application,
    call: Call,
    summary: Option<Summary>,
    award: Option<Award>,
    whole: Option<WholeShown>,
    offers: Vec<OfferShown>,
    may_answer: bool,
    may_withdraw: bool,
    /// Whether the contract is awarded to it and not signed, so that its owner may give notice that it withdraws.
    may_give_notice: bool,
    /// The notice that it withdraws, until its bid has fallen away.
    notice: Option<String>,
    /// What it was told of decisions that were set aside since, oldest first.
    earlier: Vec<Told>,
    /// Where its enterprise confirms what it had, while it is asked to.
    confirm_href: Option<String>,
    fell: Option<String>,
    /// What the shortlist of a first stage means for it.
    standing: Option<shortlist::Standing>,
    answer_by: String,
    text_href: String,
    html_href: String,
}

/// A summary as it was given, of an award that fell away later.
struct Told {
    id: String,
    summary: Summary,
    on: String,
    set_aside_on: String,
}

impl Told {
    /// What was told, when it was: nobody reads here what never reached them.
    fn of(old: SupersededSummary) -> Option<Told> {
        let on = old.sent_at?.medium();
        Some(Told { id: old.id.to_string(), summary: old.body.0, on, set_aside_on: old.superseded_at.medium() })
    }
}

impl OutcomePage {
    /// Where a file of it is, in this format.
    fn file_of(&self, told: &Told, format: &str) -> String {
        format!("/applications/{}/outcome?format={format}&earlier={}", self.application.id, told.id)
    }
    fn offered(&self) -> bool {
        self.award.as_ref().is_some_and(|a| a.state == AwardState::Offered)
    }
    /// Its own scores in the first stage: criterion, points of those available, and why.
    fn first_scores(&self) -> Vec<(String, String, String)> {
        let Some(standing) = &self.standing else { return Vec::new() };
        let score = |s: &crate::evaluation::CriterionScore| match (s.score, s.passed) {
            (Some(score), _) => format!("{score} of {}", s.available.normalize()),
            (None, Some(true)) => "Met".to_owned(),
            (None, Some(false)) => "Not met".to_owned(),
            (None, None) => "Not scored".to_owned(),
        };
        let reason = |id: &str| standing.reasons.get(id).cloned().unwrap_or_default();
        standing.result.scores.iter().map(|s| (s.title.clone(), score(s), reason(&s.criterion))).collect()
    }
    fn verdict(&self) -> String {
        if let Some(standing) = &self.standing {
            return if standing.goes_on {
                "You go on to the second stage and are invited to send a final tender.".to_owned()
            } else {
                "You do not go on to the second stage.".to_owned()
            };
        }
        match (&self.award, &self.summary) {
            (Some(award), _) => match award.state {
                AwardState::Offered => {
                    format!("You have an offer of {}. Answer until {}.", offered_words(award), self.answer_by)
                }
                AwardState::Accepted => {
                    format!("You accepted the offer of {}. The council prepares the agreement.", offered_words(award))
                }
                AwardState::Declined => "You declined the offer.".to_owned(),
                AwardState::Lapsed => {
                    "The offer lapsed because it was not answered in time. Ask the council.".to_owned()
                }
                AwardState::Signed => format!("The agreement over {} is signed.", award.value),
                _ => self.summary.as_ref().map_or_else(
                    || "There is no decision yet. We write to you when there is.".to_owned(),
                    |s| s.outcome.clone(),
                ),
            },
            (None, Some(summary)) => summary.outcome.clone(),
            (None, None) => "There is no decision yet. We write to you when there is.".to_owned(),
        }
    }
}

/// That the awarded bidder withdraws, as it reads it.
fn notice_words(halt: &Halt) -> String {
    if halt.is_own_notice() {
        return format!(
            "You gave notice that you withdraw. {}. The council records that your bid falls away and tells every bidder.",
            halt.words()
        );
    }
    format!(
        "The council noted that you withdraw. {}. Once a second officer confirms it, your bid falls away. If you do not \
         withdraw, write to the council at once.",
        halt.words()
    )
}

async fn outcome_page(visit: &Visit, id: Id<Application>, form: FormState) -> Result<OutcomePage> {
    let actor = visit.actor.clone();
    let (known, call, fell, standing, told) = visit
        .app
        .db
        .read(move |db| {
            let known = store::outcome_of(db, id)?;
            let application = &known.application;
            let thing = Thing::of_applicant(application.authority_id, application.organisation_id);
            if !can(&actor, Action::ReadOutcome, &thing) {
                return Err(Error::NotFound);
            }
            let call = calls::find(db, application.call_id)?;
            let fell = scoring::falling_away::fallen_of(db, id)?;
            if call.shortlists().is_some() {
                // A first stage has no awards.
                let standing = shortlist::standing_of(db, &call, application)?;
                return Ok((known, call, fell, standing, Vec::new()));
            }
            let told = store::superseded(db, call.id, id)?;
            Ok((known, call, fell, None, told))
        })
        .await?;
    let store::Outcome { application, summary, award, asked, halt } = known;
    // Who has an offer declines it; who has a summary is past the decision.
    let undecided = summary.is_none() && award.as_ref().is_none_or(|a| a.offer_answer_by.is_none());
    let summary = summary.map(|s| s.body.0);
    let owns = visit.actor.has(Role::ApplicantOwner, application.organisation_id);
    let halt = halt.filter(|halt| halt.kind == HaltKind::Withdrawal && fell.is_none());
    // Before its summary nobody learns here that theirs is the awarded bid.
    let won = award.as_ref().is_some_and(|a| {
        a.kind == AwardKind::Contract && matches!(a.state, AwardState::Approved | AwardState::Noticed)
    }) && summary.is_some();
    // Before an offer or a summary the applicant learns nothing of a recommendation.
    let award = award.filter(|a| a.offer_answer_by.is_some() || (summary.is_some() && a.state == AwardState::Signed));
    let mut shell = visit.shell("Outcome", "/applications");
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(OutcomePage {
        shell,
        form,
        whole: award.as_ref().map(|a| whole_shown(a, visit.today())).transpose()?.flatten(),
        offers: award.as_ref().map(offers_shown).unwrap_or_default(),
        may_withdraw: undecided
            && standing.is_none()
            && fell.is_none()
            && halt.is_none()
            && application.opened_at.is_some()
            && owns,
        may_give_notice: won && fell.is_none() && halt.is_none() && owns,
        notice: halt.as_ref().map(notice_words),
        earlier: told.into_iter().filter_map(Told::of).collect(),
        fell: fell.map(|f| format!("{}: {}", f.ground.label(), f.reason)),
        may_answer: owns,
        answer_by: award.as_ref().and_then(|a| a.offer_answer_by).map(Instant::long).unwrap_or_default(),
        confirm_href: asked.map(|route| format!("/subsidy-confirmations/{route}")),
        text_href: format!("/applications/{id}/outcome?format=txt"),
        html_href: format!("/applications/{id}/outcome?format=html"),
        application,
        call,
        summary,
        award,
        standing,
    })
}

/// The page again, with what was wrong with a form of another file of this room.
pub(super) async fn outcome_again(visit: &Visit, id: Id<Application>, form: FormState) -> Answer {
    page_again(&outcome_page(visit, id, form).await?)
}

/// `GET /applications/{id}/outcome`
///
/// # Errors
/// NotFound for another organisation’s.
pub async fn outcome(visit: Visit, id: web::Path<Id<Application>>, query: web::Query<FormatQuery>) -> Answer {
    let found = outcome_page(&visit, *id, FormState::empty()).await?;
    if !query.earlier.is_empty() {
        let told = found.earlier.iter().find(|told| told.id == query.earlier).ok_or(Error::NotFound)?;
        return download(&told.summary, &query.format);
    }
    if !query.format.is_empty() {
        return download(found.summary.as_ref().ok_or(Error::NotFound)?, &query.format);
    }
    page(&found)
}

/// `POST /applications/{id}/outcome`: accept or decline the offer.
///
/// # Errors
/// Denied, NotFound without an offer.
pub async fn answer(visit: Visit, id: web::Path<Id<Application>>, posted: Posted<AnswerInput>) -> Answer {
    let id = *id;
    let award = visit.app.db.read(move |db| store::outcome_of(db, id)).await?.award.ok_or(Error::NotFound)?;
    match offers::answer(&visit.app, &visit.actor, award.id, &posted.input, visit.now).await {
        Ok(()) => {
            visit.done("Your answer is with the council.");
            see(&format!("/applications/{id}/outcome"))
        }
        Err(error) => page_again(&outcome_page(&visit, id, posted.again(error)?).await?),
    }
}
