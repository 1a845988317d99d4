//! Parts of a holding's page that are templates of their own.

use super::book::Book;
use super::model::{Investment, Precedent, ProposalState, ValuationMethod};
use crate::http::{FormState, Shell};
use crate::values::{Id, Pence};
use askama::Template;

/// The forms on which a payment, a fee and a value are written down.
#[derive(Template)]
#[template(path = "investments/recording.html")]
pub(super) struct Recording<'a> {
    pub(super) shell: &'a Shell,
    pub(super) form: &'a FormState,
    pub(super) investment: Id<Investment>,
    /// What the last round makes the holding worth, as a hint.
    pub(super) round_value: &'a str,
}

/// What must be so before money is paid, and the payments out.
#[derive(Template)]
#[template(path = "investments/paying_out.html")]
pub(super) struct PayingOut<'a> {
    pub(super) shell: &'a Shell,
    pub(super) form: &'a FormState,
    pub(super) book: &'a Book,
    pub(super) precedents: &'a [Precedent],
    pub(super) next_tranche: Option<(i64, Pence)>,
    pub(super) may_manage: bool,
    pub(super) may_approve: bool,
    pub(super) may_verify: bool,
}
