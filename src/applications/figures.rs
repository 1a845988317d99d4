//! A figure of an application that is scored: worked out from its cash-flow sheet on the published loan.

use super::affordability::{Assessment, Risk, Trial, assess, expected_return};
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
    /// No yearly rate fits what is expected to be paid.
    #[error("it has no yearly return: {0}")]
    NoRate(&'static str),
    /// Numbers that leave their range.
    #[error("{0}")]
    Finance(FinanceRefusal),
}

/// Works a figure out. Exact: decimals throughout, rounded once, half away from zero.
///
/// - cover: the least cover of any twelve months in a row of the sheet (finance.md, affordability), to the places of finance;
/// - expected loss: the lifetime loss at the chance of default that the published table gives this cover, as a part of
///   the amount;
/// - return: the certified yearly rate (XIRR) of the instalments as agreed, less what that table expects to be lost in
///   each year, taken off at the last instalment of the year;
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
        FigureMeasure::Return => returned(rows, trial, amount, &found, &loan),
        FigureMeasure::Other => Err(FigureProblem::NoLoan),
    }
}

fn returned(
    rows: &[CashRow],
    trial: &FigureTrial,
    amount: Pence,
    found: &Assessment,
    loan: &str,
) -> Result<Figure, FigureProblem> {
    let risk = trial.risk.as_ref().ok_or(FigureProblem::NoLoan)?;
    let cover = cover(found)?;
    let default = risk.default_at(cover);
    let judged = Risk { default: share(default)?, lost: share(risk.lost)? };
    let on = rows.first().ok_or(FigureProblem::NoSheet)?.period_end;
    let rate = expected_return(&tried(trial, amount, Some(judged))?, judged, on).map_err(FigureProblem::Finance)?;
    if let Some(why) = rate.sentence() {
        return Err(FigureProblem::NoRate(why.trim_end_matches('.')));
    }
    let value = rate.rate().ok_or(FigureProblem::NoRate("no rate fits its payments"))?;
    Ok(Figure {
        value: value.normalize(),
        source: format!(
            "{loan}: a cover of {} means a chance of default of {}% a year, a default loses {}%; what is expected to be \
             lost in a year is taken off its last instalment, and the rate that fits what is left is certified to 8 places",
            shown_decimal(cover),
            shown_decimal(default * Decimal::ONE_HUNDRED),
            shown_decimal(risk.lost * Decimal::ONE_HUNDRED)
        ),
    })
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
    assess(rows, tried(trial, amount, risk)?).map_err(FigureProblem::Finance)?.ok_or(FigureProblem::NoSheet)
}

fn tried(trial: &FigureTrial, amount: Pence, risk: Option<Risk>) -> Result<Trial, FigureProblem> {
    Ok(Trial {
        amount,
        rate: rate(trial.rate)?,
        months: trial.months,
        cover: Decimal::ONE,
        follows: trial.follows,
        market: trial.market.map(rate).transpose()?,
        risk,
    })
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
    fn the_return_is_the_certified_rate_of_what_is_left_after_the_loss_of_each_year() {
        use crate::finance::{Flow, xirr};
        let of = |pence, trial: &FigureTrial| figure(&sheet(), &asks(pence), FigureMeasure::Return, Some(trial));
        let five = FigureTrial { rate: dec!(0.05), ..trial() };
        let safe = FigureTrial {
            risk: Some(FigureRisk { default: dec!(0), grades: vec![], lost: dec!(0.5) }),
            ..five.clone()
        };
        // Without loss it is what the loan itself pays: 5% a year in monthly payments.
        let whole = of(1_200_000, &safe).unwrap().value;
        assert_eq!(round_half_up(whole, 3), dec!(0.051));
        // £12,000 at no interest in twelve instalments of £1,000: a tenth of half is expected to be lost, £600, and it is
        // taken off the last. Twelve payments of 1,000 but the last of 400, on the days of the schedule.
        let found = of(1_200_000, &trial()).unwrap();
        let ends = (1..=12).map(|month| parse_date("2027-03-31").unwrap() + chrono::Months::new(month));
        let mut flows = vec![Flow { date: parse_date("2027-03-31").unwrap(), amount: Pence(-1_200_000) }];
        flows.extend(ends.map(|date| Flow { date, amount: Pence(100_000) }));
        flows.last_mut().unwrap().amount = Pence(40_000);
        assert_eq!(Some(found.value), xirr(&flows, None).rate().map(|rate| rate.normalize()));
        assert!(found.value < dec!(-0.08) && found.value > dec!(-0.10), "{found:?}");
        assert!(found.source.contains("taken off its last instalment"), "{}", found.source);
        // More cover, less risk, more return: the order that a funder expects.
        assert!(of(1_200_000, &five).unwrap().value > of(2_400_000, &five).unwrap().value);
    }

    #[test]
    fn a_return_that_no_rate_fits_is_missing_with_the_reason_of_the_engine() {
        let all_lost = FigureRisk { default: dec!(1), grades: vec![], lost: dec!(1) };
        let short = FigureTrial { months: 6, ..trial() };
        let found = figure(&sheet(), &asks(1_200_000), FigureMeasure::Return, Some(&short));
        assert!(matches!(found, Err(FigureProblem::NoRate(why)) if why.contains("Less than a year")), "{found:?}");
        let lost = FigureTrial { risk: Some(all_lost), months: 12, ..trial() };
        let found = figure(&sheet(), &asks(1_200_000), FigureMeasure::Return, Some(&lost));
        let words = found.map_or_else(|problem| problem.to_string(), |figure| figure.value.to_string());
        assert!(words.starts_with("it has no yearly return") || words.starts_with('-'), "{words}");
        let bare = FigureTrial { risk: None, ..trial() };
        let found = figure(&sheet(), &asks(1_200_000), FigureMeasure::Return, Some(&bare));
        assert_eq!(found, Err(FigureProblem::NoLoan));
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
