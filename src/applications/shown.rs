//! Answers in words, for the check page and for staff.

use super::model::{Answers, PriceAnswers, Promised, SealedFile};
use super::price_parts;
use super::questions::{self, Asks, Question};
use crate::calls::{ConditionAsked, Terms};
use crate::conditions::Cadence;
use crate::values::time::medium_date;

/// One answered question as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The question's place in the address.
    pub key: String,
    /// What was asked.
    pub title: String,
    /// Paragraphs of the answer.
    pub paragraphs: Vec<String>,
}

/// Every answer that is given, in the order of the task list. Prices are left out where they are still sealed.
#[must_use]
pub fn lines(terms: &Terms, answers: &Answers, price: Option<&PriceAnswers>) -> Vec<Line> {
    questions::questions(terms)
        .into_iter()
        .map(|q| Line { paragraphs: paragraphs(terms, &q, answers, price), title: q.title, key: q.key })
        .collect()
}

fn paragraphs(terms: &Terms, question: &Question, answers: &Answers, price: Option<&PriceAnswers>) -> Vec<String> {
    match &question.asks {
        Asks::Organisation => {
            let profile = &answers.profile;
            [&profile.register_id, &profile.address, &profile.purpose]
                .into_iter()
                .filter(|text| !text.is_empty())
                .cloned()
                .collect()
        }
        Asks::Eligibility => terms
            .eligibility
            .iter()
            .filter_map(|q| {
                answers.eligibility.get(&q.id).map(|yes| format!("{} {}", q.question, if *yes { "Yes" } else { "No" }))
            })
            .collect(),
        Asks::Quality { criterion, .. } => answers
            .answers
            .get(criterion)
            .map(|text| text.lines().filter(|l| !l.trim().is_empty()).map(ToOwned::to_owned).collect())
            .unwrap_or_default(),
        Asks::Pass { criterion, .. } => match answers.answers.get(criterion).map(String::as_str) {
            Some("yes") => vec!["Yes".to_owned()],
            Some("no") => vec!["No".to_owned()],
            _ => Vec::new(),
        },
        Asks::Promise { id } => answers
            .promises
            .get(id)
            .map(|p| vec![promised(&questions::unit(terms, id), p), p.how.clone()])
            .unwrap_or_default(),
        Asks::Price => price.map(|p| prices(terms, p)).unwrap_or_default(),
        Asks::LotPlace { .. } => answers.lot_place.map(|place| format!("Place {place}")).into_iter().collect(),
        Asks::UseOfFunds => {
            answers.use_of_funds.iter().map(|line| format!("{}: {}", line.purpose, line.amount)).collect()
        }
        Asks::CashFlow => answers
            .cash_flow
            .iter()
            .map(|row| format!("To {}: {} in, {} out", medium_date(row.period_end), row.money_in, row.money_out))
            .collect(),
        Asks::Files => answers.files.iter().map(file).collect(),
    }
}

fn prices(terms: &Terms, price: &PriceAnswers) -> Vec<String> {
    let mut all: Vec<String> = questions::prices(terms)
        .into_iter()
        .filter_map(|(id, title)| price.prices.get(&id).map(|p| format!("{title}: {p} including VAT")))
        .collect();
    if let (Some(hours), true) = (price.hours, questions::asks_hours(terms)) {
        all.push(format!("{} hours of work", hours.shown()));
    }
    if let (Some(amount), true) = (price.amount, terms.round.is_some()) {
        all.push(amount.to_string());
    }
    all.extend(price_parts::lines(terms, price));
    all
}

/// A promise in one sentence.
#[must_use]
pub fn promised(unit: &str, promise: &Promised) -> String {
    format!(
        "{} {unit} by {}, from {} today",
        promise.quantity.shown(),
        medium_date(promise.by),
        promise.baseline.shown()
    )
}

/// A file in one line with the beginning of its fingerprint, saying plainly when nothing has looked for viruses.
#[must_use]
pub fn file(file: &SealedFile) -> String {
    let print = file.sha256.get(..12).unwrap_or(&file.sha256);
    format!("{}, {}, {}, SHA-256 {print}…", file.name, size(file.size), scan(file))
}

/// What is known about a file's safety.
#[must_use]
pub fn scan(file: &SealedFile) -> &'static str {
    if file.scanned { "scanned, nothing found" } else { "not scanned for viruses" }
}

fn size(bytes: u64) -> String {
    if bytes < 1_000_000 { format!("{} KB", bytes.div_ceil(1000)) } else { format!("{} MB", bytes.div_ceil(1_000_000)) }
}

/// What a promise turns into when the application wins.
#[must_use]
pub fn becomes(asked: &ConditionAsked, promise: Option<&Promised>) -> String {
    let body = &asked.body;
    let side = body.direction.label().to_lowercase();
    let (quantity, by, from) = match promise {
        Some(p) => (p.quantity.shown(), medium_date(p.by), p.baseline.shown()),
        None => ("your number of".to_owned(), "your date".to_owned(), "the number of today".to_owned()),
    };
    let evidence =
        if body.evidence.is_empty() { "evidence".to_owned() } else { body.evidence.join(" or ").to_lowercase() };
    let cadence = match body.cadence {
        Cadence::Once => "once, at the date",
        Cadence::Quarterly => "every quarter",
        Cadence::HalfYearly => "twice a year",
        Cadence::Yearly => "once a year",
    };
    let first =
        body.remedies.first().map_or_else(String::new, |r| format!(" If you fall short, the first step is: {r}."));
    format!(
        "“{}: {side} {quantity} {} by {by}, from {from}.” You would show {evidence} {cadence}.{first}",
        body.measure, body.unit
    )
}
