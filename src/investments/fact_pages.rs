//! What was reported of an investment, and the forms to report more, on the pages of staff and of the enterprise.

use super::book::Book;
use super::facts::{self, Report};
use super::model::{Investment, KnownFact, happened};
use super::upkeep::drawn;
use super::{own_pages, pages};
use crate::finance::terms::FactKind;
use crate::http::{Answer, Posted, Visit, page_again, see};
use crate::values::time::medium_date;
use crate::values::{Id, LocalDate};
use actix_web::web;

/// What the pages show of reports.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    /// What may be reported now.
    pub kinds: Vec<FactKind>,
    /// Due dates for which a figure may be reported, the next first: value and words.
    pub periods: Vec<(String, String)>,
    /// What was reported, the newest first.
    pub facts: Vec<KnownFact>,
}

impl Reported {
    /// What was reported by the schedule in force, which is made anew by each report.
    #[must_use]
    pub(super) fn of(book: &Book, today: LocalDate) -> Reported {
        let known = book.known();
        let happened = happened(known);
        let terms = &book.investment.terms.0.terms;
        let running = book.schedule.is_some() && !book.investment.state.is_closed();
        let dates = terms.report_dates(&drawn(book));
        let next = dates.iter().find(|d| **d > today).copied();
        let reported = |day: &LocalDate| happened.iter().any(|f| f.on == *day && f.what.kind().by_enterprise());
        let periods = dates
            .iter()
            .filter(|d| next.is_none_or(|next| **d <= next))
            .rev()
            .take(12)
            .map(|d| {
                let said = if reported(d) { ", reported before" } else { "" };
                (d.to_string(), format!("the payment due on {}{said}", medium_date(*d)))
            })
            .collect();
        let facts = known.iter().rev().cloned().collect();
        Reported { kinds: if running { terms.reports(&happened) } else { Vec::new() }, periods, facts }
    }

    /// What the enterprise itself may report.
    #[must_use]
    pub fn own(mut self) -> Reported {
        self.kinds.retain(|k| k.by_enterprise());
        self
    }

    /// Whether there is anything to show.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.kinds.is_empty() || !self.facts.is_empty()
    }
}

/// `POST /investments/{id}/reports`
///
/// # Errors
/// NotFound, Denied.
pub async fn report(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Report>) -> Answer {
    let id = *id;
    match facts::report(&visit.app, &visit.actor, id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Recorded. The schedule is made anew from it.");
            see(&format!("/investments/{id}"))
        }
        Err(error) => {
            page_again(&pages::holding_page(&visit, id, posted.again(error)?, pages::ShowQuery::default()).await?)
        }
    }
}

/// `POST /my-investments/{id}/reports`: the enterprise reports its own figure of a period.
///
/// # Errors
/// NotFound, Denied.
pub async fn report_own(visit: Visit, id: web::Path<Id<Investment>>, posted: Posted<Report>) -> Answer {
    let id = *id;
    match facts::report(&visit.app, &visit.actor, id, &posted.input, visit.now).await {
        Ok(_) => {
            visit.done("Thank you. The council has your figure, and your plan of payments is up to date.");
            see(&format!("/my-investments/{id}"))
        }
        Err(error) => {
            page_again(&own_pages::own_page(&visit, id, posted.again(error)?, own_pages::OwnQuery::default()).await?)
        }
    }
}
