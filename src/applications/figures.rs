//! A figure of an application that is scored: worked out from its cash-flow sheet on the published loan.

use super::affordability::{Assessment, Risk, Trial, assess};
use super::model::{CashRow, PriceAnswers};
use crate::evaluation::{FigureMeasure, FigureTrial};
use crate::finance::refusal::FinanceRefusal;
use crate::values::decimals::shown_decimal;
use crate::values::{Pence, Rate, Share, round_half_up};
use rust_decimal::Decimal;

/// Places of a share of the amount.
const SHARE_PLACES: u32 = 6;

/// A figure with what it was worked out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// A cover, a part of the amount (6 places), or pounds.
    pub value: Decimal,
    /// The sheet, the loan and the way, in a sentence.
    pub source: String,
}

/// Why a figure cannot be worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FigureProblem {
    /// There is no sheet.
    #[error("it holds no cash-flow sheet")]
    NoSheet,
    /// There is no amount.
    #[error("it asks for no amount")]
    NoAmount,
    /// Nothing is to be paid within the sheet.
    #[error("no instalment falls within its cash-flow sheet, so there is nothing to cover")]
    NothingToCover,
    /// The call does not say on which loan.
    #[error("the call does not say on which loan it is worked out")]
    NoLoan,
    /// Numbers that leave their range.
    #[error("{0}")]
    Finance(FinanceRefusal),
}

/// Works a figure out. Exact: decimals throughout, rounded once, half away from zero.
///
/// - cover: the least cover of any twelve months in a row of the sheet (finance.md, affordability), to the places of finance;
/// - expected loss: the lifetime loss at the chance of default that the published table gives this cover, as a part of
///   the amount;
/// - subsidy: the gross cash equivalent against the published market rate, in pounds.
///
/// # Errors
/// [`FigureProblem`].
pub fn figure(
    rows: &[CashRow],
    price: &PriceAnswers,
    measure: FigureMeasure,
    trial: Option<&FigureTrial>,
) -> Result<Figure, FigureProblem> {
    let trial = trial.ok_or(FigureProblem::NoLoan)?;
    let amount = price.amount.filter(|a| *a > Pence::ZERO).ok_or(FigureProblem::NoAmount)?;
    let found = assessed(rows, trial, amount, None)?;
    let loan = format!(
        "a cash-flow sheet of {} months and a loan of {amount} at {}% a year in {} monthly instalments",
        found.sheet_months,
        shown_decimal(trial.rate * Decimal::ONE_HUNDRED),
        trial.months
    );
    match measure {
        FigureMeasure::Affordability => Ok(Figure {
            value: cover(&found)?.normalize(),
            source: format!("{loan}: the least cover of twelve months"),
        }),
        FigureMeasure::ExpectedLoss => {
            let risk = trial.risk.as_ref().ok_or(FigureProblem::NoLoan)?;
            let cover = cover(&found)?;
            let default = risk.default_at(cover);
            let judged = Risk { default: share(default)?, lost: share(risk.lost)? };
            let loss = assessed(rows, trial, amount, Some(judged))?.expected_loss.ok_or(FigureProblem::NoLoan)?;
            let part = loss.decimal().checked_div(amount.decimal()).ok_or(FigureProblem::NoAmount)?;
            Ok(Figure {
                value: round_half_up(part, SHARE_PLACES).normalize(),
                source: format!(
                    "{loan}: a cover of {} means a chance of default of {}% a year, a default loses {}%, so {loss} of \
                     {amount} is expected to be lost",
                    shown_decimal(cover),
                    shown_decimal(default * Decimal::ONE_HUNDRED),
                    shown_decimal(risk.lost * Decimal::ONE_HUNDRED)
                ),
            })
        }
        FigureMeasure::Subsidy => {
            let subsidy = found.subsidy.ok_or(FigureProblem::NoLoan)?;
            let market = trial.market.unwrap_or_default() * Decimal::ONE_HUNDRED;
            let source = format!("{loan}: the gross cash equivalent against {}% a year", shown_decimal(market));
            Ok(Figure { value: subsidy.pounds(), source })
        }
        FigureMeasure::Return | FigureMeasure::Other => Err(FigureProblem::NoLoan),
    }
}

fn cover(found: &Assessment) -> Result<Decimal, FigureProblem> {
    found.courses.first().and_then(|course| course.found.least_cover).ok_or(FigureProblem::NothingToCover)
}

fn rate(value: Decimal) -> Result<Rate, FigureProblem> {
    Rate::new(value).map_err(|_| FigureProblem::NoLoan)
}

fn share(value: Decimal) -> Result<Share, FigureProblem> {
    Share::new(value).map_err(|_| FigureProblem::NoLoan)
}

fn assessed(
    rows: &[CashRow],
    trial: &FigureTrial,
    amount: Pence,
    risk: Option<Risk>,
) -> Result<Assessment, FigureProblem> {
    let trial = Trial {
        amount,
        rate: rate(trial.rate)?,
        months: trial.months,
        cover: Decimal::ONE,
        follows: trial.follows,
        market: trial.market.map(rate).transpose()?,
        risk,
    };
    assess(rows, trial).map_err(FigureProblem::Finance)?.ok_or(FigureProblem::NoSheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::{FigureRisk, RiskGrade};
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    fn sheet() -> Vec<CashRow> {
        ["2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31"]
            .iter()
            .map(|end| CashRow {
                period_end: parse_date(end).unwrap(),
                money_in: Pence(3_000_000),
                money_out: Pence(2_400_000),
            })
            .collect()
    }

    fn trial() -> FigureTrial {
        FigureTrial {
            rate: dec!(0),
            months: 12,
            follows: dec!(0),
            market: Some(dec!(0)),
            risk: Some(FigureRisk {
                default: dec!(0.2),
                grades: vec![RiskGrade { cover: dec!(1.5), default: dec!(0.1) }],
                lost: dec!(0.5),
            }),
        }
    }

    fn asks(pence: i64) -> PriceAnswers {
        PriceAnswers { amount: Some(Pence(pence)), ..PriceAnswers::default() }
    }

    #[test]
    fn each_figure_is_what_a_person_works_out_from_the_sheet() {
        let of = |pence, measure| figure(&sheet(), &asks(pence), measure, Some(&trial())).unwrap();
        // 2,000 a month before debt, against instalments of 1,000 and of 2,000.
        assert_eq!(of(1_200_000, FigureMeasure::Affordability).value, dec!(2));
        assert_eq!(of(2_400_000, FigureMeasure::Affordability).value, dec!(1));
        // A tenth of half, and with the lower cover a fifth of half, within the one year and without interest.
        assert_eq!(of(1_200_000, FigureMeasure::ExpectedLoss).value, dec!(0.05));
        let risky = of(2_400_000, FigureMeasure::ExpectedLoss);
        assert_eq!(risky.value, dec!(0.1));
        assert!(risky.source.contains("chance of default of 20%"), "{}", risky.source);
        // A loan at the market's rate holds no subsidy.
        assert_eq!(of(1_200_000, FigureMeasure::Subsidy).value, dec!(0));
        let dearer = FigureTrial { market: Some(dec!(0.1)), ..trial() };
        let spared = figure(&sheet(), &asks(1_200_000), FigureMeasure::Subsidy, Some(&dearer)).unwrap();
        assert!(spared.value > dec!(500) && spared.value < dec!(700), "{spared:?}");
    }

    #[test]
    fn a_figure_that_cannot_be_worked_out_says_why() {
        let cover = FigureMeasure::Affordability;
        assert_eq!(figure(&[], &asks(1), cover, Some(&trial())), Err(FigureProblem::NoSheet));
        assert_eq!(figure(&sheet(), &PriceAnswers::default(), cover, Some(&trial())), Err(FigureProblem::NoAmount));
        assert_eq!(figure(&sheet(), &asks(1), cover, None), Err(FigureProblem::NoLoan));
        let none = FigureTrial { risk: None, ..trial() };
        let loss = figure(&sheet(), &asks(1_200_000), FigureMeasure::ExpectedLoss, Some(&none));
        assert_eq!(loss, Err(FigureProblem::NoLoan));
    }
}
