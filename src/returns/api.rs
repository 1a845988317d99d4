//! Returns for programs.

use super::pages::returns_of;
use crate::funds::Fund;
use crate::http::api::ok;
use crate::http::{Answer, Visit};
use crate::values::Id;
use actix_web::web;
use serde_json::json;

/// A fund's measures, rate of return and holdings.
///
/// # Errors
/// NotFound, Denied.
#[utoipa::path(get, path = "/api/v1/funds/{id}", tag = "returns", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "Measures of the fund and of each holding")))]
pub async fn fund(visit: Visit, id: web::Path<Id<Fund>>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let holdings: Vec<_> = returns
        .holdings
        .iter()
        .map(|h| {
            json!({
                "agreement": h.book.investment.agreement_id, "part": h.book.investment.part,
                "amount": h.book.investment.amount,
                "investment": h.book.investment.id, "reference": h.book.investment.reference, "holding": h.name,
                "mission": h.book.investment.mission_id, "standing": h.standing, "days_past_due": h.days_late,
                "conditions": { "met": h.conditions.met, "agreed": h.conditions.promises, "word": h.conditions.word(returns.on).0 },
                 "overdue": h.overdue,
                "measures": h.measures, "net_asset_value": h.nav, "rate_of_return": h.rate, "rate_sentence": h.rate.sentence(),
            })
        })
        .collect();
    ok(&json!({
        "id": returns.fund.id, "name": returns.fund.name, "mandate": returns.fund.mandate, "committed": returns.committed,
        "as_of": returns.on, "measures": returns.measures, "rate_of_return": returns.rate, "rate_sentence": returns.rate.sentence(),
        "not_valued": returns.not_valued, "verdict": returns.verdict(), "holdings": holdings,
    }))
}

/// Cash of all holdings up to today, by day: what the rate of return is found from; and by calendar year with what is
/// contracted, as the chart of the fund shows it. All of it, never a part: a rate of return is only found from the whole.
///
/// # Errors
/// NotFound, Denied.
#[utoipa::path(get, path = "/api/v1/funds/{id}/cash-flows", tag = "returns", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "Every day's cash, and every year's; `complete`")))]
pub async fn cash_flows(visit: Visit, id: web::Path<Id<Fund>>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let items: Vec<_> = returns
        .cash_flows()
        .into_iter()
        .map(|(day, h, kind, amount)| {
            json!({ "date": day, "investment": h.book.investment.id, "holding": h.name, "kind": kind, "amount": amount })
        })
        .collect();
    let years: Vec<_> = returns
        .years()
        .iter()
        .map(|y| {
            json!({
                "year": y.year, "paid_out": y.out, "came_back": y.back, "to_be_paid_out": y.out_forecast,
                "expected_back": y.back_forecast,
            })
        })
        .collect();
    ok(&json!({ "as_of": returns.on, "items": items, "years": years, "next": null, "complete": true }))
}

/// Contracted cash to come, by day: all of it, never a part.
///
/// # Errors
/// NotFound, Denied.
#[utoipa::path(get, path = "/api/v1/funds/{id}/forecast", tag = "returns", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, description = "Every instalment to come; `complete`")))]
pub async fn forecast(visit: Visit, id: web::Path<Id<Fund>>) -> Answer {
    let returns = returns_of(&visit, *id).await?;
    let items: Vec<_> = returns
        .forecast()
        .into_iter()
        .map(|(day, h, due)| json!({ "date": day, "investment": h.book.investment.id, "holding": h.name, "due": due, "payment": due.total() }))
        .collect();
    ok(&json!({ "items": items, "next": null, "complete": true }))
}

/// What this room adds to the API's description.
#[derive(utoipa::OpenApi)]
#[openapi(paths(fund, cash_flows, forecast))]
pub struct Docs;
