//! Whole applications made through the real actions, for the demonstration and for tests.

use super::actions::{self, Declaration, DraftInput};
use super::model::{Answers, Application, CashRow, PriceAnswers, Promised, UseOfFunds};
use super::price_parts;
use super::questions::{self, Asks};
use super::records::Receipt;
use crate::app::App;
use crate::calls::{self, Call, Terms};
use crate::conditions::Direction;
use crate::error::Result;
use crate::values::{Actor, Clock, Id, Instant, LocalDate, Pence, Quantity, actor};
use chrono::Months;
use rust_decimal::{Decimal, dec};

/// What makes one application differ from another.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Put into every answer.
    pub text: String,
    /// How much of each target is promised; 1 is the target itself. Required promises are at least at the target.
    pub factor: Decimal,
    /// The whole price, split evenly over the price criteria (tender), or the amount (investment).
    pub price: Pence,
    /// Name under the declaration.
    pub declared_by: String,
}

/// Answers to everything that the terms ask.
#[must_use]
pub fn answers(terms: &Terms, sample: &Sample, today: LocalDate) -> DraftInput {
    let mut answers = Answers::default();
    for question in &terms.eligibility {
        answers.eligibility.insert(question.id.clone(), question.right_answer);
    }
    let mut price = PriceAnswers::default();
    for question in questions::questions(terms) {
        match question.asks {
            Asks::Quality { criterion, words } => {
                let text = format!("{} {}", question.title, sample.text);
                let most = usize::try_from(words).unwrap_or(usize::MAX);
                let text: Vec<&str> = text.split(' ').take(most).collect();
                answers.answers.insert(criterion, text.join(" "));
            }
            Asks::Pass { criterion, .. } => {
                answers.answers.insert(criterion, "yes".to_owned());
            }
            Asks::Promise { id } => {
                let promised = promise(terms, &id, sample, today);
                answers.promises.insert(id, promised);
            }
            Asks::Organisation
            | Asks::Eligibility
            | Asks::Price
            | Asks::UseOfFunds
            | Asks::CashFlow
            | Asks::LotPlace { .. }
            | Asks::Files => {}
        }
    }
    let prices = questions::prices(terms);
    let share = i64::try_from(prices.len()).ok().and_then(|n| sample.price.0.checked_div(n)).unwrap_or_default();
    let rest = sample.price.0 - share * i64::try_from(prices.len()).unwrap_or_default();
    for (place, (id, _)) in prices.into_iter().enumerate() {
        price.prices.insert(id, Pence(if place == 0 { share + rest } else { share }));
    }
    if questions::asks_hours(terms) {
        // An hour for every £20 of the price: above the living wage.
        price.hours = Quantity::try_from((sample.price.pounds() / Decimal::from(20)).ceil()).ok();
    }
    if terms.round.is_some() {
        price.amount = Some(sample.price);
        let half = Pence(sample.price.0 / 2);
        answers.use_of_funds = vec![
            UseOfFunds { purpose: "Equipment".to_owned(), amount: half },
            UseOfFunds { purpose: "Wages until income covers them".to_owned(), amount: sample.price - half },
        ];
        answers.cash_flow = cash_flow(sample.price, today);
    }
    price_parts::fill(terms, &mut price);
    DraftInput { answers, price, keeps_sheet: false }
}

fn promise(terms: &Terms, id: &str, sample: &Sample, today: LocalDate) -> Promised {
    let asked = questions::condition(terms, id);
    let target = asked
        .map(|c| c.target.get())
        .or_else(|| questions::measures(terms).into_iter().find(|(_, m, _)| m.id == id).map(|(_, m, _)| m.target));
    let target = target.unwrap_or(Decimal::ONE);
    let factor = if asked.is_some_and(|c| c.required) { Decimal::ONE } else { sample.factor };
    let quantity = Quantity::new(crate::values::round_half_up(target * factor, 0)).unwrap_or_default();
    // What is to become less is as much today as is promised at most.
    let shrinks = asked.is_some_and(|c| c.body.direction == Direction::AtMost);
    Promised {
        quantity,
        baseline: if shrinks { quantity } else { Quantity::default() },
        by: asked.map_or_else(|| today.checked_add_months(Months::new(24)).unwrap_or(today), |c| c.due),
        how: format!("We count it every month and show the record. {}", sample.text),
    }
}

/// Twelve quarters that start thin and grow.
fn cash_flow(amount: Pence, today: LocalDate) -> Vec<CashRow> {
    (1..=12_u32)
        .map(|quarter| {
            let end = today.checked_add_months(Months::new(quarter * 3)).unwrap_or(today);
            let grown = Decimal::from(quarter) * dec!(0.06) + dec!(0.4);
            CashRow {
                period_end: end,
                money_in: Pence::round_pence(amount.decimal() * grown).unwrap_or_default(),
                money_out: Pence::round_pence(amount.decimal() * dec!(0.7)).unwrap_or_default(),
            }
        })
        .collect()
}

/// Starts, writes and sends a whole application.
///
/// # Errors
/// Whatever an action says no to.
pub async fn submit_complete(
    app: &App,
    owner: &Actor,
    organisation: Id<actor::Organisation>,
    call: Id<Call>,
    sample: &Sample,
    now: Instant,
) -> Result<(Id<Application>, Receipt)> {
    let terms = app.db.read(move |db| calls::find(db, call)).await?.terms.0;
    let id = actions::start(app, owner, call, organisation, now).await?;
    actions::save_draft(app, owner, id, &answers(&terms, sample, now.date()), now).await?;
    let declaration = Declaration {
        declared_by: sample.declared_by.clone(),
        true_and_complete: "yes".to_owned(),
        ..Declaration::default()
    };
    let receipt = actions::submit(app, owner, id, &declaration, &Clock::stopped(now)).await?;
    Ok((id, receipt))
}
