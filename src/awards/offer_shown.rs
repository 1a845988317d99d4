//! What an offer means, as the desk and the applicant read it: part by part, and a package as a whole.

use super::model::{Award, InvestmentOffer};
use crate::error::Result;
use crate::finance::Instrument;
use crate::finance::schedule::Row;
use crate::finance::terms::Cost;
use crate::finance::terms::package::{self, PackageCost};
use crate::http::chart::{Heading, PlanColumns, PlannedPayment};
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};

/// One part of a package as the desk shows it.
pub(super) struct PartShown {
    pub(super) title: String,
    pub(super) amount: Pence,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) lead: String,
    /// What must be so before money of this part flows.
    pub(super) precedents: Vec<String>,
}

/// Each part of a package with its terms and what the applicant reads of it.
pub(super) fn parts_shown(award: &Award) -> Vec<PartShown> {
    let terms = &award.terms.0;
    terms
        .listed()
        .into_iter()
        .zip(terms.parts())
        .map(|(line, part)| PartShown {
            title: line.title,
            amount: line.amount,
            facts: part.terms.facts(),
            lead: part.terms.cost(&part.draws).map(|c| c.lead).unwrap_or_default(),
            precedents: part.precedents.clone(),
        })
        .collect()
}

/// What an offer of one instrument means, with what must be so before money flows.
pub(super) struct OfferShown {
    /// "2. Repayable loan" for a part of a package; empty where nothing else is offered.
    pub(super) title: String,
    pub(super) cost: Cost,
    /// What is paid out and when; nothing of a guarantee.
    pub(super) draws: Vec<String>,
    pub(super) precedents: Vec<String>,
}

impl OfferShown {
    pub(super) fn rows(&self) -> Vec<(String, Row)> {
        self.cost.rows.iter().map(|r| (medium_date(r.due), *r)).collect()
    }
    pub(super) fn has_capital(&self) -> bool {
        self.cost.rows.iter().any(|r| !r.principal.is_zero())
    }
    /// The caption of a table, of a part of a package with its name.
    pub(super) fn caption(&self, words: &str) -> String {
        if self.title.is_empty() { words.to_owned() } else { format!("{words}: {}", self.title) }
    }
}

/// What each part of an offer means; one where a single instrument is offered.
pub(super) fn offers_shown(award: &Award) -> Vec<OfferShown> {
    let terms = &award.terms.0;
    let shown = |title: String, offer: &InvestmentOffer| {
        Some(OfferShown {
            title,
            cost: offer.terms.cost(&offer.draws).ok()?,
            draws: offer.draws.iter().map(|d| format!("You would get {} on {}", d.amount, medium_date(d.on))).collect(),
            precedents: offer.precedents.clone(),
        })
    };
    match &terms.offer {
        Some(only) if !terms.is_package() => shown(String::new(), only).into_iter().collect(),
        _ => terms.listed().into_iter().zip(terms.parts()).filter_map(|(line, part)| shown(line.title, part)).collect(),
    }
}

/// What an offer comes to, in words: money that is paid out is told apart from what a guarantee puts at stake.
pub(super) fn offered_words(award: &Award) -> String {
    let sum = |guarantees: bool| {
        let parts = award.terms.0.parts().filter(|part| (part.instrument() == Instrument::Guarantee) == guarantees);
        Pence::total(parts.map(InvestmentOffer::amount)).unwrap_or(Pence::ZERO)
    };
    match (sum(false), sum(true)) {
        (_, Pence::ZERO) => award.value.to_string(),
        (Pence::ZERO, promised) => format!("a guarantee of {promised}"),
        (paid, promised) => format!("{paid} to pay out, and a guarantee of {promised}"),
    }
}

/// What a package costs as a whole; nothing where a single instrument is offered.
pub(super) fn package_shown(award: &Award) -> Option<PackageCost> {
    if award.terms.0.is_package() { package::cost(&award.terms.0.layers()).ok() } else { None }
}

/// A whole package, as the applicant reads it before its parts.
pub(super) struct WholeShown {
    pub(super) cost: PackageCost,
    pub(super) amount: Pence,
    pub(super) chart: String,
}

pub(super) fn whole_shown(award: &Award, today: LocalDate) -> Result<Option<WholeShown>> {
    let Some(cost) = package_shown(award) else { return Ok(None) };
    let payments = cost
        .payments
        .iter()
        .map(|d| PlannedPayment {
            on: d.due,
            interest: d.total - d.capital,
            capital: d.capital,
            interest_paid: Pence::ZERO,
            capital_paid: Pence::ZERO,
            holiday: false,
        })
        .collect::<Vec<_>>();
    let chart = if payments.is_empty() {
        String::new()
    } else {
        let finding = format!("{} in all, {} of it the price of the money", cost.to_pay, cost.costs);
        let heading = Heading::new("package", "Payments of all parts together, still to come", finding, "");
        PlanColumns { heading, period: "payment", payments, today }.render()?
    };
    Ok(Some(WholeShown { cost, amount: award.value, chart }))
}
