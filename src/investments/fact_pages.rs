//! What was reported of an investment, and the forms to report more, on the pages of staff and of the enterprise.

use super::book::Book;
use super::facts::{self, Report};
use super::model::{Investment, KnownFact, happened};
use super::rules;
use super::upkeep::drawn;
use super::{own_pages, pages};
use crate::finance::InstrumentTerms;
use crate::finance::schedule::Tranche;
use crate::finance::terms::{Fact, FactKind, Facts, Happened};
use crate::http::{Answer, Posted, Visit, page_again, see};
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use crate::values::{Id, LocalDate, Pence};
use actix_web::web;

/// What the pages show of reports.
#[derive(Clone, Debug, Default)]
pub struct Reported {
    /// What may be reported now.
    pub kinds: Vec<FactKind>,
    /// Due dates for which a figure may be reported, the next first: value and words.
    pub periods: Vec<(String, String)>,
    /// What was reported and what it did, the newest first.
    pub facts: Vec<(KnownFact, String)>,
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
        let yearly = matches!(terms, InstrumentTerms::RecoverableGrant(_));
        let periods: Vec<(String, String)> = dates
            .iter()
            .filter(|d| next.is_none_or(|next| **d <= next))
            .filter(|d| !yearly || rules::figure_from(**d) <= today)
            .rev()
            .take(12)
            .map(|d| {
                let said = if reported(d) { ", reported before" } else { "" };
                (d.to_string(), format!("the payment due on {}{said}", medium_date(*d)))
            })
            .collect();
        let draws = drawn(book);
        let newest = known.len().saturating_sub(EFFECTS_SHOWN);
        let facts = known
            .iter()
            .enumerate()
            .rev()
            // A change of the loan has a list of its own.
            .filter(|(_, k)| k.fact.what.kind() != FactKind::Restructured)
            .map(|(place, k)| {
                let did = if place < newest { String::new() } else { effect(terms, &draws, &happened, place) };
                (k.clone(), did)
            })
            .collect();
        let mut kinds = if running { terms.reports(&happened) } else { Vec::new() };
        // Before the first year is over there is no figure to give.
        kinds.retain(|kind| *kind != FactKind::Figure || !periods.is_empty());
        Reported { kinds, periods, facts }
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

/// Reports whose effect is worked out for the page.
const EFFECTS_SHOWN: usize = 12;

/// What a report did: a later figure to the payment that settles it, a round to the fund's part.
fn effect(terms: &InstrumentTerms, draws: &[Tranche], happened: &[Fact], place: usize) -> String {
    let (Some(fact), Some(so_far)) = (happened.get(place), happened.get(..=place)) else { return String::new() };
    let before = happened.get(..place).unwrap_or_default();
    match fact.what {
        Happened::Revenue { .. } if fact.known_on >= fact.on => {
            let rows = |happened| terms.schedule(&Facts { draws, happened, today: fact.known_on }).map(|s| s.rows);
            let (Ok(then), Ok(now)) = (rows(before), rows(so_far)) else { return String::new() };
            let instead = before.iter().rfind(|f| f.on == fact.on && f.what.kind() == FactKind::Revenue);
            let replaces = instead.map_or_else(String::new, |f| format!("in place of {}; ", f.what.words()));
            let changed = now.iter().find_map(|row| {
                let was = then.iter().find(|r| r.due == row.due).map_or(Pence::ZERO, |r| r.payment);
                let settles = row.due > fact.known_on && was != row.payment;
                settles.then(|| {
                    let (due, pays) = (medium_date(row.due), row.payment.with_pence());
                    format!("the payment due on {due} becomes {pays}, before it was {}", was.with_pence())
                })
            });
            format!("{replaces}{}", changed.unwrap_or_else(|| "no payment changes by it".to_owned()))
        }
        Happened::Round { .. } => match terms.rounds(so_far).ok().and_then(|mut rounds| rounds.pop()) {
            Some(round) => format!(
                "the fund’s part falls from {} to {}; its shares at this price: {}",
                shown_percent(round.part.before, 2),
                shown_percent(round.part.after, 2),
                round.worth
            ),
            None => String::new(),
        },
        _ => String::new(),
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
