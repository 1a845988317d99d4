//! The figures of an application as an evaluator reads them beside an answer: worked out as the ranking will, from what
//! the application itself sent, and no part of anybody's score on the sheet.

use crate::applications::{self, Answers, PriceAnswers};
use crate::calls::figure_form;
use crate::evaluation::{Kind, Model};
use serde::Serialize;

/// A figure beside the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// The criterion.
    pub criterion: String,
    /// Its title.
    pub title: String,
    /// The figure as people read it, or that it cannot be worked out.
    pub value: String,
    /// What the figure means.
    pub means: &'static str,
    /// What it was worked out from, or why it cannot be.
    pub source: String,
}

/// Whether the model scores any figure, so that there is something to show.
#[must_use]
pub(super) fn any(model: &Model) -> bool {
    model.nodes().iter().any(|node| matches!(node.criterion.kind, Kind::Figure { .. }))
}

/// Every figure that the model scores, of one application.
#[must_use]
pub(super) fn beside(model: &Model, answers: &Answers, price: &PriceAnswers) -> Vec<Beside> {
    model
        .nodes()
        .into_iter()
        .filter_map(|node| {
            let Kind::Figure { measure, trial, .. } = &node.criterion.kind else { return None };
            let (value, source) = match applications::figure(&answers.cash_flow, price, *measure, trial.as_ref()) {
                Ok(found) => (figure_form::shown(*measure, found.value), found.source),
                Err(problem) => ("Cannot be worked out".to_owned(), problem.to_string()),
            };
            Some(Beside {
                criterion: node.criterion.id.clone(),
                title: node.criterion.title.clone(),
                value,
                means: figure_form::meaning(*measure),
                source,
            })
        })
        .collect()
}
