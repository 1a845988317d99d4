//! The price formulas. Every one is exact decimal arithmetic; a lower price never scores less.

use super::kinds::Feature;
use super::model::{AboveCeiling, Model, PriceModel};
use super::result::StepInput;
use crate::values::Pence;
use crate::values::decimals::shown_decimal;
use rust_decimal::Decimal;

/// What a formula needs to know of the other bids: the lowest and the mean price of bids that are not excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lowest price.
    pub lowest: Pence,
    /// Mean price, in pence, with 28 digits.
    pub mean: Decimal,
}

impl Field {
    /// From the prices of all bids that are not excluded; `None` when there are none.
    #[must_use]
    pub fn of(prices: &[Pence]) -> Option<Field> {
        let lowest = prices.iter().min().copied()?;
        let sum: Decimal = prices.iter().map(|p| p.decimal()).sum();
        let count = Decimal::from(prices.len());
        Some(Field { lowest, mean: sum.checked_div(count)? })
    }
}

impl PriceModel {
    /// Whether a bid's points depend on the other bids.
    #[must_use]
    pub fn is_relative(&self) -> bool {
        matches!(self, PriceModel::LowestOverPrice | PriceModel::LinearToCeiling { .. } | PriceModel::Bilinear { .. })
    }

    /// Whether it earns points; a fixed price and the formulas that rank by themselves do not.
    #[must_use]
    pub fn carries_points(&self) -> bool {
        !self.decides() && !matches!(self, PriceModel::FixedPrice { .. })
    }

    /// Whether bids are ranked by a figure in pounds instead of by points.
    #[must_use]
    pub fn decides(&self) -> bool {
        matches!(self, PriceModel::PricePerQualityPoint | PriceModel::ValueAdjusted { .. })
    }

    /// What can be offered for a better adjusted price; empty for every other formula.
    #[must_use]
    pub fn features(&self) -> &[Feature] {
        match self {
            PriceModel::ValueAdjusted { features } => features,
            _ => &[],
        }
    }

    /// The published ceiling and what a price above it means; `None` for formulas without one.
    #[must_use]
    pub fn ceiling(&self) -> Option<(Pence, AboveCeiling)> {
        match self {
            PriceModel::LinearToCeiling { ceiling, above_ceiling, .. }
            | PriceModel::AbsoluteToCeiling { ceiling, above_ceiling, .. }
            | PriceModel::Bilinear { ceiling, above_ceiling, .. } => Some((*ceiling, *above_ceiling)),
            PriceModel::Bands { bands, above_ceiling } => bands.last().map(|band| (band.up_to, *above_ceiling)),
            PriceModel::LowestOverPrice
            | PriceModel::FixedPrice { .. }
            | PriceModel::PricePerQualityPoint
            | PriceModel::ValueAdjusted { .. } => None,
        }
    }

    /// Whether a price excludes the bid.
    #[must_use]
    pub fn excludes(&self, price: Pence) -> bool {
        self.ceiling().is_some_and(|(ceiling, above)| price > ceiling && above == AboveCeiling::Excluded)
    }

    /// Points of a price before rounding, between 0 and `weight`. The price is more than zero, and the field holds
    /// it. A fixed price, and a price that ranks by itself, earns nothing.
    #[must_use]
    pub fn points(&self, weight: Decimal, price: Pence, field: &Field) -> Decimal {
        let p = price.decimal();
        let lowest = field.lowest.decimal();
        if self.ceiling().is_some_and(|(ceiling, _)| price > ceiling) || price <= Pence::ZERO {
            return Decimal::ZERO;
        }
        match self {
            PriceModel::LowestOverPrice => weight * lowest / p,
            PriceModel::LinearToCeiling { ceiling, exponent, .. } => {
                let (over, whole) = (ceiling.decimal() - p, ceiling.decimal() - lowest);
                match *exponent {
                    _ if whole.is_zero() => weight,
                    1 => weight * over / whole,
                    e => weight * power(over / whole, e),
                }
            }
            PriceModel::AbsoluteToCeiling { ceiling, exponent, .. } => match *exponent {
                1 => weight * (ceiling.decimal() - p) / ceiling.decimal(),
                e => weight * (Decimal::ONE - power(p / ceiling.decimal(), e)),
            },
            PriceModel::Bilinear { ceiling, mean_share, .. } => {
                let ceiling = ceiling.decimal();
                if p < field.mean {
                    let rest = Decimal::ONE - *mean_share;
                    weight * (*mean_share + rest * (field.mean - p) / (field.mean - lowest))
                } else if ceiling <= field.mean {
                    weight * *mean_share
                } else {
                    weight * *mean_share * (ceiling - p) / (ceiling - field.mean)
                }
            }
            PriceModel::Bands { bands, .. } => {
                bands.iter().find(|b| price <= b.up_to).map_or(Decimal::ZERO, |b| weight * b.share)
            }
            PriceModel::FixedPrice { .. } | PriceModel::PricePerQualityPoint | PriceModel::ValueAdjusted { .. } => {
                Decimal::ZERO
            }
        }
    }

    /// The formula, for people.
    #[must_use]
    pub fn formula(&self) -> String {
        let with_power = |base: &str, e: u32| if e == 1 { base.to_owned() } else { format!("({base})^{e}") };
        match self {
            PriceModel::LowestOverPrice => "W × lowest price ÷ price".to_owned(),
            PriceModel::LinearToCeiling { exponent, .. } => {
                format!("W × {}", with_power("(ceiling − price) ÷ (ceiling − lowest price)", *exponent))
            }
            PriceModel::AbsoluteToCeiling { exponent, .. } => {
                format!("W × (1 − {})", with_power("price ÷ ceiling", *exponent))
            }
            PriceModel::Bilinear { .. } => "at the mean price or above: W × X × (ceiling − price) ÷ (ceiling − mean \
                                            price); below it: W × (X + (1 − X) × (mean price − price) ÷ (mean price \
                                            − lowest price))"
                .to_owned(),
            PriceModel::Bands { .. } => "W × share of the first band that the price is not above".to_owned(),
            PriceModel::FixedPrice { .. } => "the price is fixed and earns no points".to_owned(),
            PriceModel::PricePerQualityPoint => {
                "price ÷ points; the lowest is first, and a bid without points is left out".to_owned()
            }
            PriceModel::ValueAdjusted { .. } => {
                "price ÷ (1 + V ÷ (1 − Vmax)) + later costs; the lowest is first".to_owned()
            }
        }
    }

    pub(crate) fn step_inputs(&self, weight: Decimal, price: Pence, field: &Field) -> Vec<StepInput> {
        let mut inputs = vec![StepInput::own("W", weight), StepInput::money("price", price)];
        if self.is_relative() {
            inputs.push(StepInput::of_rivals("lowest price", field.lowest.plain()));
        }
        match self {
            PriceModel::Bilinear { mean_share, .. } => {
                inputs.push(StepInput::of_rivals("mean price", (field.mean / Decimal::ONE_HUNDRED).normalize()));
                inputs.push(StepInput::own("X", mean_share));
            }
            PriceModel::Bands { bands, .. } => {
                if let Some(band) = bands.iter().find(|b| price <= b.up_to) {
                    inputs.push(StepInput::money("band up to", band.up_to));
                    inputs.push(StepInput::own("share", band.share));
                }
            }
            _ => {}
        }
        if let Some((ceiling, _)) = self.ceiling() {
            inputs.push(StepInput::money("ceiling", ceiling));
        }
        inputs
    }
}

impl Model {
    /// What a bid is ranked by, in words: `73.62 points out of 100`, `£12.50 for each point` or `an adjusted price of
    /// £388.11`; `None` for a bid that was not ranked.
    #[must_use]
    pub fn standing(&self, total: Option<Decimal>, figure: Option<Decimal>) -> Option<String> {
        match self.decider() {
            Some(PriceModel::ValueAdjusted { .. }) => {
                figure.map(|figure| format!("an adjusted price of {}", pounds_words(figure)))
            }
            Some(_) => figure.map(|figure| format!("{} for each point", pounds_words(figure))),
            None => total.map(|total| format!("{total} points out of 100")),
        }
    }
}

/// A figure in pounds, in pence where it is whole pence: `£388.11`, `£0.125`.
#[must_use]
pub fn pounds_words(figure: Decimal) -> String {
    Pence::from_pounds_exact(figure).map_or_else(|_| format!("£{}", shown_decimal(figure)), |pence| pence.to_string())
}

/// The adjusted price before rounding, in pounds: `p ÷ (1 + V ÷ (1 − Vmax)) + later costs`. `None` when Vmax is 1 or
/// the figures leave their range. With V 0.2 and Vmax 0.3 a price of £499.00 is worth £388.11.
#[must_use]
pub fn adjusted_price(price: Pence, value: Decimal, best: Decimal, later: Pence) -> Option<Decimal> {
    // p ÷ (1 + V ÷ (1 − M)) = p × (1 − M) ÷ (1 − M + V): one division, so that no digit is lost twice.
    let rest = Decimal::ONE.checked_sub(best)?;
    let adjusted = price.pounds().checked_mul(rest)?.checked_div(rest.checked_add(value)?)?;
    adjusted.checked_add(later.pounds())
}

/// The value of the best options of all features: Vmax.
#[must_use]
pub fn best_value(features: &[Feature]) -> Decimal {
    features.iter().filter_map(|f| f.options.iter().map(|o| o.value).max()).sum()
}

fn power(base: Decimal, exponent: u32) -> Decimal {
    (0..exponent).fold(Decimal::ONE, |product, _| product * base)
}
