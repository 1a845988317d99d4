//! What an enterprise can carry, from the cash-flow sheet of its application: for whoever assesses it.

use super::model::CashRow;
use crate::finance::affordability::{
    Affordability, CashMonth, STRESSES, Stress, affordability, largest_loan, stressed,
};
use crate::finance::loss::{DefaultTable, ExpectedLoss, Exposure, Stage, expected_loss};
use crate::finance::refusal::{FinanceRefusal, Worked};
use crate::finance::schedule::{InterestBasis, Repayment, Tranche};
use crate::finance::{Flow, LoanTerms, Xirr, build, equivalents, xirr};
use crate::values::{LocalDate, Parser, Pence, Rate, Share, round_half_up};
use chrono::Datelike;
use rust_decimal::{Decimal, dec};
use serde::{Deserialize, Serialize};

/// The loan that is tried on the sheet, every field as text.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct TrialInput {
    /// Pounds; what was asked for when empty.
    pub amount: String,
    /// Yearly rate in per cent; 5 when empty.
    pub rate: String,
    /// Months over which it is repaid in level instalments; 60 when empty.
    pub months: String,
    /// Least cover of debt service that is wanted; 1.25 when empty.
    pub cover: String,
    /// The part of money going out that follows revenue, in per cent; 0 when empty, which is careful.
    pub follows: String,
    /// What the market would ask for this risk, in per cent; empty when the subsidy is not asked for.
    pub market: String,
    /// Chance of default in each year, in per cent; empty when the expected loss is not asked for.
    pub default: String,
    /// The part that a default loses, in per cent; empty when the expected loss is not asked for.
    pub lost: String,
}

/// The risk of a loan, as somebody judges it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Chance of default in each year, of what still performs.
    pub default: Share,
    /// The part that a default loses.
    pub lost: Share,
}

/// The loan that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// How much.
    pub amount: Pence,
    /// Yearly rate.
    pub rate: Rate,
    /// Level instalments, one a month.
    pub months: u32,
    /// Least cover that is wanted.
    pub cover: Decimal,
    /// The part of costs that follows revenue.
    pub follows: Decimal,
    /// What the market would ask.
    pub market: Option<Rate>,
    /// Its risk.
    pub risk: Option<Risk>,
}

impl TrialInput {
    /// Reads it, with what was asked for in place of an amount left out.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn read(&self, asked: Option<Pence>) -> Result<Trial, crate::values::FieldErrors> {
        let mut form = Parser::default();
        let or = |text: &str, usual: &str| if text.trim().is_empty() { usual.to_owned() } else { text.to_owned() };
        let amount = if self.amount.trim().is_empty() {
            Some(asked.unwrap_or(Pence::ZERO))
        } else {
            form.pence("amount", &self.amount, "")
        };
        let percent = |form: &mut Parser, field: &str, text: &str| -> Option<Decimal> {
            let value = form.decimal(field, text.trim().trim_end_matches('%'), "")?;
            form.check((Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value), field, "Enter 0% to 100%, like 5");
            Some(value.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED) / Decimal::ONE_HUNDRED)
        };
        let rate = percent(&mut form, "rate", &or(&self.rate, "5")).and_then(|r| Rate::new(r).ok());
        let months = form.value::<u32>("months", &or(&self.months, "60"), "");
        form.check(months.is_none_or(|m| (1..=600).contains(&m)), "months", "Enter 1 to 600 months");
        let cover = form.decimal("cover", &or(&self.cover, "1.25"), "");
        form.check(cover.is_none_or(|c| c > Decimal::ZERO), "cover", "Enter a cover of more than 0, like 1.25");
        let follows = percent(&mut form, "follows", &or(&self.follows, "0"));
        let market = if self.market.trim().is_empty() {
            None
        } else {
            percent(&mut form, "market", &self.market).and_then(|r| Rate::new(r).ok())
        };
        let risk = if self.default.trim().is_empty() && self.lost.trim().is_empty() {
            None
        } else {
            let mut share = |field: &str, text: &str| {
                if text.trim().is_empty() {
                    form.wrong(field, "Enter both the chance of default and what it loses, or neither");
                    return None;
                }
                percent(&mut form, field, text).and_then(|s| Share::new(s).ok())
            };
            share("default", &self.default).zip(share("lost", &self.lost)).map(|(default, lost)| Risk { default, lost })
        };
        form.check(amount.is_none_or(|a| a > Pence::ZERO), "amount", "Enter more than £0");
        form.finish()?;
        let read = || {
            Some(Trial {
                amount: amount?,
                rate: rate?,
                months: months?,
                cover: cover?,
                follows: follows?,
                market,
                risk,
            })
        };
        read().ok_or_else(|| crate::values::FieldErrors::one("amount", "Enter an amount"))
    }
}

/// One course things may take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    /// "As the sheet says", "Revenue 10% lower".
    pub words: String,
    /// What the sheet says then.
    pub found: Affordability,
}

/// What the sheet says of a loan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// The loan.
    pub trial: Trial,
    /// Months of the sheet.
    pub sheet_months: usize,
    /// The first instalment.
    pub instalment: Pence,
    /// As the sheet says, and six worse courses.
    pub courses: Vec<Course>,
    /// The largest loan at this rate and term that keeps the cover and never runs out of cash, in steps of £1,000.
    pub largest: Pence,
    /// The same with revenue a quarter lower.
    pub largest_stressed: Pence,
    /// The subsidy in the loan at the market rate that was given.
    pub subsidy: Option<Pence>,
    /// The yearly rate of return if every payment is made, certified; none where no rate fits.
    pub yearly_return: Option<Decimal>,
    /// What is expected to be lost over its whole life, at the risk that was given.
    pub expected_loss: Option<Pence>,
}

/// The sheet month by month: a longer period is spread evenly, the last of its months takes the remainder.
#[must_use]
pub fn months(rows: &[CashRow], follows: Decimal) -> Vec<CashMonth> {
    let span = |from: LocalDate, to: LocalDate| {
        usize::try_from(
            (to.year() - from.year()) * 12 + i32::try_from(to.month()).unwrap_or(0)
                - i32::try_from(from.month()).unwrap_or(0),
        )
        .unwrap_or(0)
        .max(1)
    };
    let usual = match rows {
        [first, second, ..] => span(first.period_end, second.period_end),
        _ => 1,
    };
    let mut found = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let length =
            index.checked_sub(1).and_then(|i| rows.get(i)).map_or(usual, |p| span(p.period_end, row.period_end));
        for month in 0..length {
            let part = |amount: Pence| {
                let each = amount.0 / i64::try_from(length).unwrap_or(1).max(1);
                let before = each.saturating_mul(i64::try_from(length - 1).unwrap_or(0));
                if month + 1 == length { Pence(amount.0.saturating_sub(before)) } else { Pence(each) }
            };
            let out = part(row.money_out);
            let variable = Pence::round_pence(out.decimal() * follows).unwrap_or(Pence::ZERO);
            found.push(CashMonth {
                revenue: part(row.money_in),
                variable_costs: variable,
                fixed_costs: out - variable,
                ..CashMonth::default()
            });
        }
    }
    found
}

fn loan(trial: &Trial, amount: Pence, on: LocalDate) -> LoanTerms {
    LoanTerms {
        tranches: vec![Tranche { on, amount }],
        rate: trial.rate,
        repayment: Repayment::Annuity,
        instalments: trial.months,
        period_months: 1,
        first_due: None,
        interest: InterestBasis::EqualPeriods,
        holiday: None,
    }
}

/// What is paid in each month of the sheet.
fn service(trial: &Trial, amount: Pence, on: LocalDate) -> Worked<Vec<Pence>> {
    if amount <= Pence::ZERO {
        return Ok(Vec::new());
    }
    let schedule = build(&loan(trial, amount, on)).map_err(|_| FinanceRefusal::TooLarge)?;
    Ok(schedule.rows.iter().map(|r| r.payment).collect())
}

/// Tries a loan on a sheet. `None` when the application holds no sheet.
///
/// # Errors
/// [`FinanceRefusal`].
pub fn assess(rows: &[CashRow], trial: Trial) -> Worked<Option<Assessment>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let on = first.period_end;
    let plain = months(rows, trial.follows);
    let due = service(&trial, trial.amount, on)?;
    let mut sheet = plain.clone();
    for (month, payment) in sheet.iter_mut().zip(&due) {
        month.service = *payment;
    }
    let mut courses =
        vec![Course { words: "As the sheet says".to_owned(), found: affordability(&sheet, trial.amount)? }];
    for stress in STRESSES {
        courses.push(Course { words: words(stress), found: affordability(&stressed(&sheet, stress)?, trial.amount)? });
    }
    let step = Pence(100_000);
    let most = Pence(trial.amount.0.saturating_mul(4)).max(Pence(100_000_000));
    let serve = |amount: Pence| service(&trial, amount, on);
    let largest = |stress| largest_loan(&plain, Pence::ZERO, trial.cover, stress, step, most, &serve);
    let cash = cash(&trial, on)?;
    let subsidy = trial.market.map(|market| equivalents::of_cash(&cash, market.get())).transpose()?;
    let expected_loss = trial.risk.map(|risk| loss_of(&trial, risk, on)).transpose()?;
    Ok(Some(Assessment {
        sheet_months: plain.len(),
        instalment: due.first().copied().unwrap_or(Pence::ZERO),
        courses,
        largest: largest(None)?,
        largest_stressed: largest(Some(STRESSES[1]))?,
        subsidy,
        yearly_return: xirr(&cash, None).rate(),
        expected_loss,
        trial,
    }))
}

/// The loan paid out and paid back.
fn cash(trial: &Trial, on: LocalDate) -> Worked<Vec<Flow>> {
    let schedule = build(&loan(trial, trial.amount, on)).map_err(|_| FinanceRefusal::TooLarge)?;
    let mut cash = vec![Flow { date: on, amount: -trial.amount }];
    cash.extend(schedule.rows.iter().map(|r| Flow { date: r.due, amount: r.payment }));
    Ok(cash)
}

/// The yearly rate that the fund can expect of a loan: its instalments as agreed, less what is expected to be lost in each
/// year (chance of a default in that year × what it loses, not discounted), taken off at the last instalment of the year.
///
/// # Errors
/// [`FinanceRefusal`].
pub(super) fn expected_return(trial: &Trial, risk: Risk, on: LocalDate) -> Worked<Xirr> {
    let schedule = build(&loan(trial, trial.amount, on)).map_err(|_| FinanceRefusal::TooLarge)?;
    let mut flows = cash(trial, on)?;
    let last = schedule.rows.last().map_or(on, |row| row.due);
    for year in lost(trial, risk, on)?.years {
        let place = usize::try_from(year.year).ok().and_then(|y| y.checked_mul(12)?.checked_sub(1));
        let date = place.and_then(|place| schedule.rows.get(place)).map_or(last, |row| row.due);
        let loss = year.loss.decimal().checked_mul(year.chance).ok_or(FinanceRefusal::TooLarge)?;
        flows.push(Flow { date, amount: -Pence::round_pence(loss).map_err(|_| FinanceRefusal::TooLarge)? });
    }
    Ok(xirr(&flows, None))
}

/// The expected loss over the whole life, unsecured, on the balance at the start of each year.
fn loss_of(trial: &Trial, risk: Risk, on: LocalDate) -> Worked<Pence> {
    Ok(lost(trial, risk, on)?.amount)
}

fn lost(trial: &Trial, risk: Risk, on: LocalDate) -> Worked<ExpectedLoss> {
    let schedule = build(&loan(trial, trial.amount, on)).map_err(|_| FinanceRefusal::TooLarge)?;
    let later = schedule.rows.iter().skip(11).step_by(12).map(|r| r.closing);
    let exposure = Exposure {
        balances: std::iter::once(trial.amount).chain(later).filter(|b| *b > Pence::ZERO).collect(),
        undrawn: Pence::ZERO,
        conversion: Share::default(),
        security: Pence::ZERO,
        haircut: Share::default(),
        unsecured_loss: risk.lost,
        effective_rate: trial.rate.get(),
    };
    let table = DefaultTable {
        grade: String::new(),
        valid_from: on,
        source: "As entered".to_owned(),
        yearly: vec![risk.default],
    };
    expected_loss(&exposure, &table, Stage::Two)
}

fn words(stress: Stress) -> String {
    if stress.late > 0 {
        format!("Revenue {} months late", stress.late)
    } else {
        let less = round_half_up(stress.less * dec!(100), 0);
        format!("Revenue {less}% lower")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    fn sheet() -> Vec<CashRow> {
        ["2027-03-31", "2027-06-30", "2027-09-30", "2027-12-31"]
            .iter()
            .map(|end| CashRow {
                period_end: parse_date(end).unwrap(),
                money_in: Pence(3_000_001),
                money_out: Pence(2_400_000),
            })
            .collect()
    }

    fn trial(amount: &str) -> Trial {
        let input =
            TrialInput { amount: amount.into(), rate: "0".into(), months: "12".into(), ..TrialInput::default() };
        input.read(None).unwrap()
    }

    #[test]
    fn quarters_are_spread_over_their_months_to_the_penny() {
        let months = months(&sheet(), dec!(0.5));
        assert_eq!(months.len(), 12);
        assert_eq!(months[..3].iter().map(|m| m.revenue.0).collect::<Vec<_>>(), [1_000_000, 1_000_000, 1_000_001]);
        assert_eq!((months[0].variable_costs, months[0].fixed_costs), (Pence(400_000), Pence(400_000)));
        assert_eq!(super::months(&sheet()[..1], dec!(0)).len(), 1);
    }

    #[test]
    fn a_loan_is_tried_on_the_sheet_and_on_worse_courses() {
        // 2,000 a month before debt; 12,000 in twelve instalments of 1,000.
        let found = assess(&sheet(), trial("12,000")).unwrap().unwrap();
        assert_eq!((found.instalment, found.courses[0].found.cover), (Pence(100_000), Some(dec!(2.00))));
        assert_eq!(found.courses.len(), 7);
        assert_eq!(found.courses[1].words, "Revenue 10% lower");
        // A tenth less revenue leaves 1,000 a month: just enough.
        assert_eq!(found.courses[1].found.cover, Some(dec!(1.00)));
        // Half the revenue is 4,000 a month short, with 12,000 to begin with.
        assert_eq!(found.courses[3].found.runway, Some(3));
        // 2,000 / 1.25 a month, twelve times.
        assert_eq!(found.largest, Pence(1_900_000));
        assert_eq!(found.largest_stressed, Pence::ZERO);
        assert_eq!(assess(&[], trial("1")).unwrap(), None);
    }

    #[test]
    fn the_return_and_the_expected_loss_stand_beside_what_can_be_carried() {
        let risky =
            TrialInput { amount: "12,000".into(), rate: "5".into(), months: "24".into(), ..TrialInput::default() };
        let safe = assess(&sheet(), risky.read(None).unwrap()).unwrap().unwrap();
        // 5% a year paid monthly is about 5.1% with what is earned on it.
        assert_eq!((safe.yearly_return.map(|r| round_half_up(r, 3)), safe.expected_loss), (Some(dec!(0.051)), None));
        let free = TrialInput {
            rate: "0".into(),
            months: "12".into(),
            default: "10".into(),
            lost: "50%".into(),
            ..risky.clone()
        };
        let found = assess(&sheet(), free.read(None).unwrap()).unwrap().unwrap();
        // A tenth of half of 12,000, within the one year and without interest.
        assert_eq!(found.expected_loss, Some(Pence(60_000)));
        let half = TrialInput { default: "10".into(), ..risky };
        assert!(half.read(None).unwrap_err().at("lost").is_some());
    }

    #[test]
    fn what_is_asked_for_stands_in_and_what_cannot_be_read_is_told() {
        assert_eq!(TrialInput::default().read(Some(Pence(500))).unwrap().amount, Pence(500));
        let wrong = TrialInput { rate: "many".into(), months: "0".into(), ..TrialInput::default() };
        let errors = wrong.read(None).unwrap_err();
        for field in ["rate", "months", "amount"] {
            assert!(errors.at(field).is_some(), "{field}");
        }
    }
}
