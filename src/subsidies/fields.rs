//! The fields that an offer of one instrument asks for, on whichever page it is written down.

use super::instrument::{AT_MATURITY, ENDINGS};
use super::loan::{HOLIDAYS, REPAYMENTS};
use crate::finance::Instrument;
use crate::http::FormState;
use askama::Template;

type Choices = &'static [(&'static str, &'static str)];

/// The fields of one instrument, filled in as the form has them.
#[derive(Debug, Template)]
#[template(path = "subsidies/instrument_fields.html")]
pub struct InstrumentFields<'a> {
    form: &'a FormState,
    instrument: Instrument,
    repayments: Choices,
    holidays: Choices,
    endings: Choices,
    at_maturity: Choices,
}

impl<'a> InstrumentFields<'a> {
    /// Of this instrument, within that form.
    #[must_use]
    pub fn new(instrument: Instrument, form: &'a FormState) -> Self {
        InstrumentFields {
            form,
            instrument,
            repayments: &REPAYMENTS,
            holidays: &HOLIDAYS,
            endings: &ENDINGS,
            at_maturity: &AT_MATURITY,
        }
    }
}
