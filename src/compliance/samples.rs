//! Conveniences for the demonstration and for tests: whole steps through the real actions.

use super::actions::{self, DecisionInput, ReportInput};
use super::model::{Claim, Due, DueState};
use super::store;
use crate::agreements::Agreement;
use crate::app::App;
use crate::documents::Upload;
use crate::error::Result;
use crate::values::{Actor, Id, Instant, Quantity};

/// The due dates of an agreement, in order.
///
/// # Errors
/// What the database says.
pub async fn dues(app: &App, agreement: Id<Agreement>) -> Result<Vec<Due>> {
    app.db.read(move |db| store::dues_of_agreement(db, agreement)).await
}

/// A small text file that names the due date and the figure, so that no two are the same.
#[must_use]
pub fn evidence(due: Id<Due>, quantity: Quantity) -> Upload {
    Upload { name: "evidence.txt".to_owned(), bytes: format!("Payroll summary for {due}: {quantity}\n").into_bytes() }
}

/// Reports a figure with a small file as evidence.
///
/// # Errors
/// As [`actions::report`].
pub async fn report(app: &App, owner: &Actor, due: Id<Due>, quantity: Quantity, now: Instant) -> Result<Id<Claim>> {
    let input = ReportInput { quantity: quantity.to_string(), ..ReportInput::default() };
    actions::report(app, owner, due, &input, vec![evidence(due, quantity)], now).await
}

/// Accepts a figure as it was reported.
///
/// # Errors
/// As [`actions::decide`].
pub async fn accept(app: &App, officer: &Actor, claim: Id<Claim>, now: Instant) -> Result<DueState> {
    let input = DecisionInput { decision: "accept".to_owned(), ..DecisionInput::default() };
    actions::decide(app, officer, claim, &input, now).await
}
