//! The forms with which an investment is cancelled before anything is paid; they stand on the page of the holding.

use super::actions::DecideProposal;
use super::cancelling::{self, Cancel};
use super::cancelling_store;
use super::model::{Cancellation, Investment};
use super::pages::{ShowQuery, holding_page};
use crate::error::Result;
use crate::http::{Answer, Posted, Visit, page_again, see};
use crate::values::Id;
use actix_web::web;

/// After an act: the page with what was done, or again with what is wrong.
async fn after<T>(
    visit: &Visit,
    id: Id<Investment>,
    outcome: Result<T>,
    posted: Posted<impl Sized>,
    done: &str,
) -> Answer {
    match outcome {
        Ok(_) => {
            visit.done(done);
            see(&format!("/investments/{id}"))
        }
        Err(error) => page_again(&holding_page(visit, id, posted.again(error)?, ShowQuery::default()).await?),
    }
}

/// `POST /investments/{id}/cancellations`
///
/// # Errors
/// NotFound, Denied.
pub async fn propose(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Cancel>) -> Answer {
    let outcome = cancelling::propose(&visit.app, &visit.actor, *id, &posted.input, visit.now).await;
    after(&visit, *id, outcome, posted, "The cancellation is proposed. A committee member decides.").await
}

/// `POST /investments/{id}/cancellations/{cancellation}/decide`
///
/// # Errors
/// NotFound, Denied.
pub async fn decide(
    visit: Visit,
    path: web::Path<(Id<Investment>, Id<Cancellation>)>,
    posted: Posted<DecideProposal>,
) -> Answer {
    let (id, cancellation) = *path;
    visit.under(id, move |db| Ok(cancelling_store::find(db, cancellation)?.investment_id)).await?;
    let outcome = cancelling::decide(&visit.app, &visit.actor, cancellation, &posted.input, visit.now).await;
    after(&visit, id, outcome, posted, "Your decision is recorded.").await
}
