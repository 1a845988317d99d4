//! Whether an enterprise can carry a loan: cover of its debt service, break-even, runway, and what a bad year does.

use super::refusal::{FinanceRefusal, Worked, over, times, total};
use crate::values::{Pence, round_half_up};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Places of a cover ratio.
pub const COVER_PLACES: u32 = 2;

/// One month of a cash-flow sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CashMonth {
    /// Money from customers.
    pub revenue: Pence,
    /// Costs that follow revenue.
    pub variable_costs: Pence,
    /// Costs that do not.
    pub fixed_costs: Pence,
    /// Debt service of other lenders.
    pub other_debt: Pence,
    /// Debt service of the loan asked for.
    pub service: Pence,
}

/// What a sheet says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Affordability {
    /// Cash before debt service over all debt service, to 2 places; `None` without debt service.
    pub cover: Option<Decimal>,
    /// The least cover of any twelve months in a row (of the whole sheet when shorter).
    pub least_cover: Option<Decimal>,
    /// The part of the sheet's revenue at which cash after debt service is nothing, to 4 places; `None` when a sale costs more than it
    /// brings.
    pub break_even: Option<Decimal>,
    /// Month by month, cash at its end.
    pub balance: Vec<Pence>,
    /// The lowest of them.
    pub lowest: Pence,
    /// Whole months until cash runs out; `None` when it never does in the sheet.
    pub runway: Option<usize>,
}

/// A worse course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stress {
    /// What is lost of revenue, a fraction.
    pub less: Decimal,
    /// By how many months revenue, and the costs that follow it, come later.
    pub late: usize,
}

/// Revenue −10, −25 and −50 %; 3, 6 and 12 months late.
pub const STRESSES: [Stress; 6] = [
    Stress { less: Decimal::from_parts(10, 0, 0, false, 2), late: 0 },
    Stress { less: Decimal::from_parts(25, 0, 0, false, 2), late: 0 },
    Stress { less: Decimal::from_parts(50, 0, 0, false, 2), late: 0 },
    Stress { less: Decimal::ZERO, late: 3 },
    Stress { less: Decimal::ZERO, late: 6 },
    Stress { less: Decimal::ZERO, late: 12 },
];

fn before_debt(month: &CashMonth) -> i128 {
    i128::from(month.revenue.0) - i128::from(month.variable_costs.0) - i128::from(month.fixed_costs.0)
}

fn debt(month: &CashMonth) -> i128 {
    i128::from(month.other_debt.0) + i128::from(month.service.0)
}

fn cover(months: &[CashMonth]) -> Worked<Option<Decimal>> {
    let sum = |of: fn(&CashMonth) -> i128| {
        i64::try_from(months.iter().map(of).sum::<i128>()).map(Pence).map_err(|_| FinanceRefusal::TooLarge)
    };
    let (cash, service) = (sum(before_debt)?, sum(debt)?);
    Ok(if service <= Pence::ZERO { None } else { over(cash, service).map(|c| round_half_up(c, COVER_PLACES)) })
}

/// Reads a cash-flow sheet.
///
/// # Errors
/// [`FinanceRefusal`]: no month, or sums too large.
pub fn affordability(sheet: &[CashMonth], opening_cash: Pence) -> Worked<Affordability> {
    if sheet.is_empty() {
        return Err(FinanceRefusal::Missing("at least one month of the cash-flow sheet"));
    }
    let mut balance = Vec::with_capacity(sheet.len());
    let mut cash = i128::from(opening_cash.0);
    for month in sheet {
        cash += before_debt(month) - debt(month);
        balance.push(Pence(i64::try_from(cash).map_err(|_| FinanceRefusal::TooLarge)?));
    }
    let mut least_cover: Option<Decimal> = None;
    for window in sheet.windows(sheet.len().min(12)) {
        if let Some(found) = cover(window)? {
            least_cover = Some(least_cover.map_or(found, |least| least.min(found)));
        }
    }
    let sum = |of: fn(&CashMonth) -> Pence| total(sheet.iter().map(of));
    let margin = total([sum(|m| m.revenue)?, -sum(|m| m.variable_costs)?])?;
    let carried = total([sum(|m| m.fixed_costs)?, sum(|m| m.other_debt)?, sum(|m| m.service)?])?;
    let break_even = if margin > Pence::ZERO { over(carried, margin).map(|b| round_half_up(b, 4)) } else { None };
    Ok(Affordability {
        cover: cover(sheet)?,
        least_cover,
        break_even,
        lowest: balance.iter().copied().min().unwrap_or(opening_cash),
        runway: balance.iter().position(|cash| *cash < Pence::ZERO),
        balance,
    })
}

/// A sheet under a worse course: revenue and its costs fall, or come later with nothing in the months before.
///
/// # Errors
/// [`FinanceRefusal::TooLarge`].
pub fn stressed(sheet: &[CashMonth], stress: Stress) -> Worked<Vec<CashMonth>> {
    let kept = Decimal::ONE - stress.less;
    sheet
        .iter()
        .enumerate()
        .map(|(index, month)| {
            let source = index.checked_sub(stress.late).map(|at| sheet[at]).unwrap_or_default();
            let revenue = times(source.revenue, kept)?;
            Ok(CashMonth { revenue, variable_costs: times(source.variable_costs, kept)?, ..*month })
        })
        .collect()
}

/// The largest loan, in whole steps, whose sheet keeps at least a cover and never runs out of cash under a stress.
///
/// `service` gives the debt service of each month for a loan of so many pence; it must not fall as the loan grows. Found
/// by halving: 0 when even one step does not keep it.
///
/// # Errors
/// [`FinanceRefusal`], also of `service`.
pub fn largest_loan(
    sheet: &[CashMonth],
    opening_cash: Pence,
    least_cover: Decimal,
    stress: Option<Stress>,
    step: Pence,
    most: Pence,
    service: &dyn Fn(Pence) -> Worked<Vec<Pence>>,
) -> Worked<Pence> {
    if step <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("a step"));
    }
    let keeps = |steps: i64| -> Worked<bool> {
        let amount = Pence(step.0.checked_mul(steps).ok_or(FinanceRefusal::TooLarge)?);
        let due = service(amount)?;
        let mut months = sheet.to_vec();
        for (index, month) in months.iter_mut().enumerate() {
            month.service = due.get(index).copied().unwrap_or(Pence::ZERO);
        }
        let months = stress.map_or_else(|| Ok(months.clone()), |stress| stressed(&months, stress))?;
        let found = affordability(&months, total([opening_cash, amount])?)?;
        Ok(found.least_cover.is_none_or(|cover| cover >= least_cover) && found.runway.is_none())
    };
    let (mut low, mut high) = (0, most.0.max(0) / step.0);
    while low < high {
        let apart = high - low;
        let middle = low + apart / 2 + apart % 2;
        if keeps(middle)? {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(Pence(step.0 * low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn sheet(service: i64) -> Vec<CashMonth> {
        let month = CashMonth {
            revenue: Pence(1_000_000),
            variable_costs: Pence(400_000),
            fixed_costs: Pence(400_000),
            other_debt: Pence(50_000),
            service: Pence(service),
        };
        vec![month; 24]
    }

    #[test]
    fn cover_break_even_and_runway_are_what_a_person_works_out() {
        let found = affordability(&sheet(50_000), Pence(0)).unwrap();
        assert_eq!((found.cover, found.least_cover), (Some(dec!(2)), Some(dec!(2))));
        // 500,000 carried by 600,000 of margin.
        assert_eq!(found.break_even, Some(dec!(0.8333)));
        assert_eq!((found.lowest, found.runway), (Pence(100_000), None));
        let halved = stressed(&sheet(50_000), STRESSES[2]).unwrap();
        let bad = affordability(&halved, Pence(500_000)).unwrap();
        assert_eq!((bad.cover, bad.runway), (Some(dec!(-1)), Some(2)));
        let late = stressed(&sheet(50_000), STRESSES[3]).unwrap();
        assert_eq!(affordability(&late, Pence(0)).unwrap().balance[2], Pence(-1_500_000));
        assert!(affordability(&[], Pence(0)).is_err());
        assert_eq!(
            affordability(&[CashMonth::default()], Pence(0)).unwrap().cover,
            None,
            "nothing to cover is no cover of 0"
        );
    }

    #[test]
    fn the_largest_loan_keeps_the_cover_and_a_step_more_does_not() {
        let service = |amount: Pence| Ok(vec![Pence(amount.0 / 24 + i64::from(amount.0 % 24 != 0)); 24]);
        let most =
            largest_loan(&sheet(0), Pence(0), dec!(1.25), None, Pence(10_000), Pence(1_000_000_000), &service).unwrap();
        let cover_of = |amount: Pence| {
            let due = service(amount).unwrap()[0];
            affordability(&sheet(due.0), amount).unwrap().least_cover.unwrap()
        };
        assert!(cover_of(most) >= dec!(1.25) && cover_of(most + Pence(10_000)) < dec!(1.26));
        assert!(most > Pence(2_000_000) && most < Pence(2_700_000), "{most}");
    }
}
