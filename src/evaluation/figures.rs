//! The loan on which the service works a figure out: the same for every application of a round, published with it.

use super::exact;
use super::kinds::FigureMeasure;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A loan of the amount that an application asks for, repaid in level monthly instalments. Shares are parts of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureTrial {
    /// Yearly rate.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub rate: Decimal,
    /// Monthly instalments, 1 to 600.
    pub months: u32,
    /// The part of money going out that follows revenue.
    #[serde(default, with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub follows: Decimal,
    /// What the market would ask, a yearly rate: needed for a subsidy.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    #[schemars(schema_with = "exact::optional_schema")]
    pub market: Option<Decimal>,
    /// The chances of default: needed for an expected loss and for a return, which is what is left after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<FigureRisk>,
}

/// The chance of default in each year, by the lowest yearly cover of the debt service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureRisk {
    /// Below every grade, and without a cover.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub default: Decimal,
    /// By rising cover; more cover never means a higher chance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grades: Vec<RiskGrade>,
    /// The part of what is owed that a default loses.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub lost: Decimal,
}

/// A grade of risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskGrade {
    /// The least cover of the grade, itself included.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub cover: Decimal,
    /// The chance of default in each year.
    #[serde(with = "exact")]
    #[schemars(schema_with = "exact::schema")]
    pub default: Decimal,
}

impl FigureRisk {
    /// The chance of default of an application with this cover.
    #[must_use]
    pub fn default_at(&self, cover: Decimal) -> Decimal {
        self.grades.iter().rev().find(|g| cover >= g.cover).map_or(self.default, |g| g.default)
    }
}

impl FigureTrial {
    /// What keeps a figure from being worked out on it.
    #[must_use]
    pub fn problem(&self, measure: FigureMeasure) -> Option<&'static str> {
        let part = |value: Decimal| (Decimal::ZERO..=Decimal::ONE).contains(&value) && value.normalize().scale() <= 8;
        let risk_is_sound = |risk: &FigureRisk| {
            part(risk.default)
                && part(risk.lost)
                && risk.grades.iter().all(|g| part(g.default) && g.default <= risk.default)
                && risk
                    .grades
                    .windows(2)
                    .all(|pair| matches!(pair, [a, b] if a.cover < b.cover && a.default >= b.default))
        };
        if !(1..=600).contains(&self.months) || !part(self.rate) || !part(self.follows) {
            Some("the loan has 1 to 600 instalments, and its rate and parts are from 0% to 100%.")
        } else if self.market.is_some_and(|m| !part(m)) {
            Some("the market rate is from 0% to 100%.")
        } else if self.risk.as_ref().is_some_and(|risk| !risk_is_sound(risk)) {
            Some("chances of default are from 0% to 100%; cover must rise, and more cover may not mean more risk.")
        } else if measure == FigureMeasure::Subsidy && self.market.is_none() {
            Some("say what the market would ask: the subsidy is what an applicant is spared.")
        } else if matches!(measure, FigureMeasure::ExpectedLoss | FigureMeasure::Return) && self.risk.is_none() {
            Some("say the chance of default and what it loses.")
        } else if measure == FigureMeasure::Return && self.months < 12 {
            Some("a yearly return needs a loan of 12 months or more.")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn more_cover_means_a_lower_chance_of_default() {
        let grade = |cover, default| RiskGrade { cover, default };
        let risk = FigureRisk {
            default: dec!(0.2),
            grades: vec![grade(dec!(1), dec!(0.1)), grade(dec!(1.5), dec!(0.02))],
            lost: dec!(0.6),
        };
        let found: Vec<Decimal> =
            [dec!(-3), dec!(0.99), dec!(1), dec!(1.49), dec!(1.5)].map(|c| risk.default_at(c)).into();
        assert_eq!(found, [dec!(0.2), dec!(0.2), dec!(0.1), dec!(0.1), dec!(0.02)]);
        let trial =
            FigureTrial { rate: dec!(0.05), months: 60, follows: dec!(0), market: None, risk: Some(risk.clone()) };
        assert_eq!(trial.problem(FigureMeasure::ExpectedLoss), None);
        assert!(trial.problem(FigureMeasure::Subsidy).unwrap().contains("market"));
        let mut wrong = trial.clone();
        wrong.risk = Some(FigureRisk { grades: risk.grades.iter().rev().cloned().collect(), ..risk });
        assert!(wrong.problem(FigureMeasure::ExpectedLoss).unwrap().contains("cover must rise"));
        assert_eq!(trial.problem(FigureMeasure::Return), None);
        let short = FigureTrial { months: 11, ..trial.clone() };
        assert!(short.problem(FigureMeasure::Return).unwrap().contains("12 months"));
        let bare = FigureTrial { risk: None, ..trial.clone() };
        assert!(bare.problem(FigureMeasure::Return).unwrap().contains("chance of default"));
        assert!(FigureTrial { months: 0, ..trial }.problem(FigureMeasure::Affordability).is_some());
    }
}
