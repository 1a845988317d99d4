//! Investments for programs.

use super::actions::{self, Decide, DecideProposal, ProposeDrawdown, ProposeValuation, Verify};
use super::cancelling::{self, Cancel};
use super::facts::{self, Report};
use super::model::{Cancellation, Drawdown, Entry, Investment, Precedent, ProposalState, Restructuring, Valuation};
use super::payments::{self, Charge, Receive, Refund, Reverse};
use super::restructuring::{self, Restructure};
use super::{cancelling_store, store, visible};
use crate::db::Page;
use crate::error::Error;
use crate::http::api::{Listed, PageQuery, created, ok};
use crate::http::{Answer, Sent, Visit};
use crate::people::policy::{Action, Thing, can};
use crate::values::Id;
use actix_web::web;
use serde_json::json;

/// An investment with its schedule, account, valuations and measures; its own organisation may read it too.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/investments/{id}", tag = "investments", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The investment")))]
pub async fn show(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    answer(&visit, *id, Action::ReadFund).await
}

/// The investments of one's own organisations, the newest first.
///
/// # Errors
/// Denied; Invalid for a damaged `after`.
#[utoipa::path(get, path = "/api/v1/my-investments", tag = "investments", security(("token" = [])), params(PageQuery),
    responses((status = 200, description = "Investments")))]
pub async fn list_own(visit: Visit, query: web::Query<PageQuery>) -> Answer {
    let after = query.place()?;
    let own: Vec<_> = visit.actor.applicant_organisations().map(|m| m.organisation).collect();
    let page = visit
        .app
        .db
        .read(move |db| store::page_of_organisations(db, &own, after.as_ref(), Page::<Investment>::SIZE))
        .await?;
    let shown = |i: Investment| {
        json!({
            "id": i.id, "reference": i.reference, "title": i.title, "agreement": i.agreement_id, "part": i.part,
            "organisation": i.organisation_id, "instrument": i.terms.0.instrument(), "amount": i.amount,
            "state": i.state, "cancelled": i.is_cancelled(), "opened_at": i.opened_at, "closed_on": i.closed_on,
        })
    };
    ok(&Listed::of(page, shown))
}

/// One's own investment.
///
/// # Errors
/// NotFound.
#[utoipa::path(get, path = "/api/v1/my-investments/{id}", tag = "investments", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "The investment")))]
pub async fn show_own(visit: Visit, id: web::Path<Id<Investment>>) -> Answer {
    answer(&visit, *id, Action::ReadOwnInvestment).await
}

async fn answer(visit: &Visit, id: Id<Investment>, action: Action) -> Answer {
    let ((book, changes), precedents, (cancellations, _)) = visit
        .app
        .db
        .read(move |db| Ok((store::load_changed(db, id)?, store::precedents(db, id)?, cancelling_store::list(db, id)?)))
        .await?;
    let investment = &book.investment;
    visible(&visit.actor, investment)?;
    if !can(&visit.actor, action, &Thing::of_applicant(investment.authority_id, investment.organisation_id)) {
        return Err(Error::NotFound.into());
    }
    let today = visit.today();
    let drawdowns: Vec<_> = book
        .drawdowns
        .iter()
        .map(|d| json!({ "id": d.id, "tranche": d.tranche, "amount": d.amount, "pay_on": d.pay_on, "state": d.state }))
        .collect();
    let precedents: Vec<_> = precedents
        .iter()
        .map(|p| json!({ "id": p.id, "tranche": p.tranche, "text": p.text, "due_on": p.due_on, "verified_at": p.verified_at }))
        .collect();
    let entries: Vec<_> = book
        .entries
        .iter()
        .map(|e| {
            json!({ "id": e.id, "kind": e.kind, "booked_on": e.booked_on, "amount": e.amount, "instalment": e.instalment,
                    "allocation": e.allocation.0, "reverses": e.reverses_id, "reference": e.reference })
        })
        .collect();
    let valuations: Vec<_> = book
        .valuations
        .iter()
        .map(|v| {
            json!({ "id": v.id, "valued_on": v.valued_on, "value": v.value, "method": v.method, "reason": v.reason, "state": v.state })
        })
        .collect();
    // The borrower sees what was agreed, not what its council thinks over.
    let changes: Vec<_> = changes
        .iter()
        .filter(|c| action == Action::ReadFund || c.agreed.is_some())
        .map(|c| {
            json!({ "id": c.id, "from": c.from_on, "asked": c.asked.0, "agreed": c.agreed.as_ref().map(|a| a.0),
                    "words": c.agreed.as_ref().map(|a| a.0.words()), "reason": (action == Action::ReadFund).then_some(&c.reason), "state": c.state,
                    "decline_reason": c.decline_reason })
        })
        .collect();
    let cancellations: Vec<_> = cancellations
        .iter()
        .filter(|c| action == Action::ReadFund || c.state == ProposalState::Approved)
        .map(|c| {
            json!({ "id": c.id, "reason": c.reason, "state": c.state, "proposed_at": c.proposed_at,
                    "decided_at": c.decided_at, "decline_reason": c.decline_reason })
        })
        .collect();
    ok(&json!({
        "cancellations": cancellations, "changes": changes, "latest_round": book.latest_round(),
        "instrument": investment.terms.0.instrument(), "terms": investment.terms.0.terms, "reports": book.known(),
        "id": id, "reference": investment.reference, "title": investment.title, "fund": investment.fund_id,
        "agreement": investment.agreement_id, "part": investment.part, "organisation": investment.organisation_id, "mission": investment.mission_id,
        "state": investment.state, "standing": book.standing(today), "amount": investment.amount,
        "drawn": book.drawn(today), "owed": book.owed(today), "credit": book.credit(),
        "to_refund": book.to_refund(),
        "precedents": precedents, "drawdowns": drawdowns, "schedule_version": investment.schedule_version,
        "schedule": book.schedule.as_ref().map(|s| &s.schedule.0), "entries": entries, "arrears": book.arrears(today),
        "valuations": valuations, "measures": book.measures(today), "net_asset_value": book.nav(today),
        "rate_of_return": book.rate_of_return(today), "rate_sentence": book.rate_of_return(today).sentence(),
    }))
}

/// Verifies a condition precedent.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/precedents/{id}/verify", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Verify, responses((status = 200, description = "Verified")))]
pub async fn verify(visit: Visit, id: web::Path<Id<Precedent>>, body: Sent<Verify>) -> Answer {
    let investment = actions::verify(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "investment": investment }))
}

/// Proposes to pay a tranche.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/drawdowns", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = ProposeDrawdown, responses((status = 201, description = "Proposed")))]
pub async fn propose_drawdown(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<ProposeDrawdown>) -> Answer {
    let made = actions::propose_drawdown(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Approves or declines a payment out.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/drawdowns/{id}/decide", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Decide, responses((status = 200, description = "Decided")))]
pub async fn decide_drawdown(visit: Visit, id: web::Path<Id<Drawdown>>, body: Sent<Decide>) -> Answer {
    let investment = actions::decide_drawdown(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "investment": investment }))
}

/// Records a payment received.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/payments", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Receive, responses((status = 201, description = "Recorded")))]
pub async fn receive(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Receive>) -> Answer {
    let made = payments::receive(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Records that credit was paid back to the enterprise.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/refunds", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Refund, responses((status = 201, description = "Recorded")))]
pub async fn refund(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Refund>) -> Answer {
    let made = payments::refund(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Charges a fee.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/charges", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Charge, responses((status = 201, description = "Charged")))]
pub async fn charge(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Charge>) -> Answer {
    let made = payments::charge(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Reverses a payment or a fee by a counter-entry.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/payments/{entry}/reverse", tag = "investments", security(("token" = [])),
    params(("id" = String, Path), ("entry" = String, Path)), request_body = Reverse, responses((status = 201, description = "Reversed")))]
pub async fn reverse(visit: Visit, path: web::Path<(Id<Investment>, Id<Entry>)>, body: Sent<Reverse>) -> Answer {
    let (id, entry) = *path;
    let made = payments::reverse(&visit.app, &visit.actor, id, entry, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Reports what happened: revenue of a period, a dividend, a round, a sale, a claim.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/reports", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Report, responses((status = 201, description = "Recorded")))]
pub async fn report(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Report>) -> Answer {
    let made = facts::report(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Reports one's own revenue or yearly figure.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/my-investments/{id}/reports", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Report, responses((status = 201, description = "Recorded")))]
pub async fn report_own(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Report>) -> Answer {
    let made = facts::report(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/my-investments/{id}"), &json!({ "id": made }))
}

/// Proposes a valuation.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/valuations", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = ProposeValuation, responses((status = 201, description = "Proposed")))]
pub async fn propose_valuation(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<ProposeValuation>) -> Answer {
    let made = actions::propose_valuation(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Approves or declines a valuation.
///
/// # Errors
/// Denied, refused.
#[utoipa::path(post, path = "/api/v1/valuations/{id}/decide", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Decide, responses((status = 200, description = "Decided")))]
pub async fn decide_valuation(visit: Visit, id: web::Path<Id<Valuation>>, body: Sent<Decide>) -> Answer {
    let investment = actions::decide_valuation(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "investment": investment }))
}

/// Shows what a change of a running loan would mean, in pounds and dates; nothing is stored.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/restructurings/preview", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Restructure, responses((status = 200, description = "Before and after")))]
pub async fn preview_restructuring(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Restructure>) -> Answer {
    let found = restructuring::preview(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    let schedule = found.book.schedule.as_ref().map(|s| &s.schedule.0);
    ok(
        &json!({ "terms": found.new, "words": found.new.words(), "before": found.before, "after": found.after, "schedule": schedule }),
    )
}

/// Proposes a change of a running loan.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/restructurings", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Restructure, responses((status = 201, description = "Proposed")))]
pub async fn propose_restructuring(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Restructure>) -> Answer {
    let made = restructuring::propose(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Approves a change of a running loan, or declines it and says why.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/restructurings/{id}/decide", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = DecideProposal, responses((status = 200, description = "Decided")))]
pub async fn decide_restructuring(
    visit: Visit,
    id: web::Path<Id<Restructuring>>,
    body: Sent<DecideProposal>,
) -> Answer {
    let investment = restructuring::decide(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "investment": investment }))
}

/// Proposes to cancel an investment of which nothing was paid out.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/investments/{id}/cancellations", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = Cancel, responses((status = 201, description = "Proposed")))]
pub async fn propose_cancelling(visit: Visit, id: web::Path<Id<Investment>>, body: Sent<Cancel>) -> Answer {
    let made = cancelling::propose(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    created(&format!("/api/v1/investments/{id}"), &json!({ "id": made }))
}

/// Cancels an investment of which nothing was paid out, or declines that and says why.
///
/// # Errors
/// Invalid, Denied, refused.
#[utoipa::path(post, path = "/api/v1/cancellations/{id}/decide", tag = "investments", security(("token" = [])),
    params(("id" = String, Path)), request_body = DecideProposal, responses((status = 200, description = "Decided")))]
pub async fn decide_cancelling(visit: Visit, id: web::Path<Id<Cancellation>>, body: Sent<DecideProposal>) -> Answer {
    let investment = cancelling::decide(&visit.app, &visit.actor, *id, &body.0, visit.now).await?;
    ok(&json!({ "investment": investment }))
}

/// What this room adds to the API's description.
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    show,
    list_own,
    show_own,
    verify,
    propose_drawdown,
    decide_drawdown,
    receive,
    refund,
    charge,
    reverse,
    super::working_pages::program,
    super::working_pages::own_program,
    report,
    report_own,
    propose_valuation,
    decide_valuation,
    preview_restructuring,
    propose_restructuring,
    decide_restructuring,
    propose_cancelling,
    decide_cancelling
))]
pub struct Docs;
