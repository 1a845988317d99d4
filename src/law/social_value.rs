//! Which social value model the government publishes for a procurement, by the day it commenced.
//!
//! The models bind central government. A council may adopt one; for it they are advice, and this room says so.

use super::dated::{Dated, Unknown, day, in_force};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use serde::Serialize;

/// A published model as it applies to one procurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SocialValueAdvice {
    /// Its short name.
    pub model: &'static str,
    /// The least weight out of 100 that it asks for; `None` when the procurement is too small for the model.
    pub minimum_weight: Option<Decimal>,
    /// Always false for a council.
    pub binds_council: bool,
    /// Where it was read.
    pub source: &'static str,
}

struct Band {
    from_value: Pence,
    minimum_weight: Decimal,
}

struct ModelRow {
    name: &'static str,
    bands: &'static [Band],
}

const MODELS: &[Dated<ModelRow>] = &[
    Dated {
        valid_from: day(2021, 1, 1),
        valid_until: Some(day(2025, 9, 30)),
        source: "PPN 06/20, for procurements commenced up to 30 September 2025",
        value: ModelRow { name: "PPN 06/20", bands: &[Band { from_value: Pence(0), minimum_weight: TEN }] },
    },
    Dated {
        valid_from: day(2025, 10, 1),
        valid_until: Some(day(2026, 12, 31)),
        source: "PPN 002, mandatory for central government from 1 October 2025",
        value: ModelRow { name: "PPN 002", bands: &[Band { from_value: Pence(0), minimum_weight: TEN }] },
    },
    Dated {
        valid_from: day(2027, 1, 1),
        valid_until: None,
        source: "PPN 026, published on 5 August 2026, for procurements commenced from 1 January 2027 (to confirm)",
        value: ModelRow {
            name: "PPN 026",
            bands: &[
                Band { from_value: Pence(500_000_000), minimum_weight: TWENTY },
                Band { from_value: Pence(100_000_000), minimum_weight: TEN },
            ],
        },
    },
];

const TEN: Decimal = Decimal::TEN;
const TWENTY: Decimal = Decimal::from_parts(20, 0, 0, false, 0);

/// The model of the day a procurement commenced and the weight it asks for at an estimated value inclusive of VAT.
///
/// # Errors
/// [`Unknown`] before the first model.
pub fn social_value_advice(commenced: LocalDate, value: Pence) -> Result<SocialValueAdvice, Unknown> {
    let entry = in_force(MODELS, commenced, "the social value model")?;
    let minimum_weight = entry.value.bands.iter().find(|band| value >= band.from_value).map(|band| band.minimum_weight);
    Ok(SocialValueAdvice { model: entry.value.name, minimum_weight, binds_council: false, source: entry.source })
}

impl SocialValueAdvice {
    /// A sentence for the officer when the weight given is less than the model asks for.
    #[must_use]
    pub fn advice(&self, weight: Decimal) -> Option<String> {
        let least = self.minimum_weight.filter(|least| weight < *least)?;
        Some(format!(
            "{} asks central government to give social value at least {least}% of the score; here it has {}%. \
             It does not bind a council.",
            self.model,
            weight.normalize()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn the_model_follows_the_day_the_procurement_commenced() {
        let model = |date, value| social_value_advice(date, Pence(value)).unwrap();
        assert_eq!(model(day(2025, 9, 30), 1).model, "PPN 06/20");
        assert_eq!(model(day(2026, 12, 31), 1).model, "PPN 002");
        assert_eq!(model(day(2027, 1, 1), 1).model, "PPN 026");
    }

    #[test]
    fn from_2027_the_weight_depends_on_the_value() {
        let weight = |value| social_value_advice(day(2027, 1, 1), Pence(value)).unwrap().minimum_weight;
        assert_eq!(weight(99_999_999), None);
        assert_eq!(weight(100_000_000), Some(dec!(10)));
        assert_eq!(weight(499_999_999), Some(dec!(10)));
        assert_eq!(weight(500_000_000), Some(dec!(20)));
    }

    #[test]
    fn a_low_weight_is_advised_on_and_never_forbidden() {
        let advice = social_value_advice(day(2026, 11, 24), Pence(1)).unwrap();
        assert!(!advice.binds_council);
        assert!(advice.advice(dec!(5.0)).unwrap().contains("here it has 5%"));
        assert_eq!(advice.advice(dec!(10)), None);
    }
}
