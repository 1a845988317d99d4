//! What may be lost: expected loss by stage, the movement of provisions, the council's minimum revenue provision, and
//! what a loan below the market rate is worth on its first day.

use super::irr::{Flow, xnpv};
use super::powers::Discounter;
use super::refusal::{FinanceRefusal, Worked, penny, times, total};
use crate::law::dated::day;
use crate::values::{LocalDate, Pence, Share};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The stages of IFRS 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Twelve months of loss.
    One,
    /// Risk has risen significantly: loss over the whole life.
    Two,
    /// Impaired: loss over the whole life.
    Three,
}

/// Days past due from which risk is taken to have risen, and from which a loan is taken to be in default (IFRS 9
/// 5.5.11 and B5.5.37).
pub const STAGE_DAYS: [i64; 2] = [31, 91];

/// The stage by days past due: over 30 days two, over 90 three. A reason on file may keep either from applying.
#[must_use]
pub fn stage(days_past_due: i64, thirty_rebutted: bool, ninety_rebutted: bool) -> Stage {
    if days_past_due >= STAGE_DAYS[1] && !ninety_rebutted {
        Stage::Three
    } else if days_past_due >= STAGE_DAYS[0] && !thirty_rebutted {
        Stage::Two
    } else {
        Stage::One
    }
}

/// Yearly chances of default of a grade, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultTable {
    /// The risk grade.
    pub grade: String,
    /// The first day it is used.
    pub valid_from: LocalDate,
    /// Where it comes from.
    pub source: String,
    /// Chance of default in year 1, 2, …, of those still performing; later years have the last.
    pub yearly: Vec<Share>,
}

/// The table of a grade on a day.
///
/// # Errors
/// [`FinanceRefusal::Missing`].
pub fn default_table<'a>(tables: &'a [DefaultTable], grade: &str, on: LocalDate) -> Worked<&'a DefaultTable> {
    let known = tables.iter().filter(|t| t.grade == grade && t.valid_from <= on && !t.yearly.is_empty());
    known.max_by_key(|t| t.valid_from).ok_or(FinanceRefusal::Missing("the chances of default of this risk grade"))
}

/// What is exposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// Balance at the start of year 1, 2, … of its remaining life.
    pub balances: Vec<Pence>,
    /// Agreed and not drawn.
    pub undrawn: Pence,
    /// The part of what is not drawn that would be drawn before a default.
    pub conversion: Share,
    /// Value of the security.
    pub security: Pence,
    /// What selling the security loses of it.
    pub haircut: Share,
    /// Loss on what is not secured.
    pub unsecured_loss: Share,
    /// The effective interest rate, a year.
    pub effective_rate: Decimal,
}

/// One year's loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LossYear {
    /// From 1.
    pub year: u32,
    /// Balance + converted undrawn amount.
    pub exposure: Pence,
    /// Chance of default in this year, seen from today, to 12 places.
    pub chance: Decimal,
    /// (Exposure − security after haircut) × unsecured loss, to the penny.
    pub loss: Pence,
    /// Discount factor to the end of the year, to 12 places.
    pub factor: Decimal,
    /// Chance × loss × factor, to the penny.
    pub expected: Pence,
}

/// An expected loss with its working.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpectedLoss {
    /// The stage.
    pub stage: Stage,
    /// Year by year; one year in stage one.
    pub years: Vec<LossYear>,
    /// Their sum.
    pub amount: Pence,
}

/// Σ PDₜ · LGD · EADₜ · (1+EIR)^−t: twelve months in stage one, the whole life otherwise; in stage three default has
/// happened and its chance in year 1 is 1. Undrawn commitments count.
///
/// # Errors
/// [`FinanceRefusal`].
pub fn expected_loss(exposure: &Exposure, table: &DefaultTable, stage: Stage) -> Worked<ExpectedLoss> {
    let too_large = || FinanceRefusal::TooLarge;
    if exposure.balances.is_empty() {
        return Err(FinanceRefusal::Missing("the balance of at least one year"));
    }
    let mut discounter = Discounter::new(exposure.effective_rate).ok_or_else(too_large)?;
    let horizon = if stage == Stage::Two { exposure.balances.len() } else { 1 };
    let mut surviving = Decimal::ONE;
    let mut years = Vec::with_capacity(horizon);
    for (year, balance) in (1_u32..).zip(exposure.balances.iter().take(horizon)) {
        let drawn_first = times(exposure.undrawn, exposure.conversion.get())?;
        let at_default = total([*balance, drawn_first])?;
        let place = usize::try_from(year - 1).unwrap_or(usize::MAX);
        let yearly = table.yearly.get(place).or(table.yearly.last()).map_or(Decimal::ONE, |s| s.get());
        let chance = if stage == Stage::Three { Decimal::ONE } else { (surviving * yearly).round_dp(12) };
        surviving *= Decimal::ONE - yearly;
        let secured = times(exposure.security, Decimal::ONE - exposure.haircut.get())?;
        let loss = times((at_default - secured).max(Pence::ZERO), exposure.unsecured_loss.get())?;
        let factor = match stage {
            Stage::Three => Decimal::ONE,
            _ => discounter.factor(365 * year).ok_or_else(too_large)?.round_dp(12),
        };
        let expected = loss.decimal().checked_mul(chance).and_then(|e| e.checked_mul(factor)).ok_or_else(too_large)?;
        years.push(LossYear { year, exposure: at_default, chance, loss, factor, expected: penny(expected)? });
    }
    let amount = total(years.iter().map(|y| y.expected))?;
    Ok(ExpectedLoss { stage, years, amount })
}

/// One asset's provision on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provision {
    /// The asset.
    pub asset: String,
    /// Its stage.
    pub stage: Stage,
    /// Its expected loss.
    pub amount: Pence,
}

/// Why provisions changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// At the first day.
    pub opening: Pence,
    /// Assets that are new.
    pub new: Pence,
    /// Assets that moved to a higher stage: the change.
    pub worse: Pence,
    /// Assets that moved to a lower stage: the change.
    pub better: Pence,
    /// Assets of the same stage: the change.
    pub remeasured: Pence,
    /// Assets repaid: released, negative.
    pub released: Pence,
    /// Assets written off: used, negative.
    pub used: Pence,
    /// At the second day: the sum of all above.
    pub closing: Pence,
}

/// Reconciles provisions between two days, line by line.
///
/// # Errors
/// [`FinanceRefusal`]: an asset twice on a day, sums too large.
pub fn movement(before: &[Provision], after: &[Provision], written_off: &[String]) -> Worked<Movement> {
    for list in [before, after] {
        let mut names: Vec<&String> = list.iter().map(|p| &p.asset).collect();
        names.sort();
        if names.windows(2).any(|w| w[0] == w[1]) {
            return Err(FinanceRefusal::Contradiction("Give each asset once."));
        }
    }
    let mut lines = [0_i128; 6];
    for now in after {
        let then = before.iter().find(|p| p.asset == now.asset);
        let change = i128::from(now.amount.0) - then.map_or(0, |p| i128::from(p.amount.0));
        let line = match then {
            None => 0,
            Some(then) if now.stage > then.stage => 1,
            Some(then) if now.stage < then.stage => 2,
            Some(_) => 3,
        };
        lines[line] += change;
    }
    for gone in before.iter().filter(|p| after.iter().all(|now| now.asset != p.asset)) {
        let line = if written_off.contains(&gone.asset) { 5 } else { 4 };
        lines[line] -= i128::from(gone.amount.0);
    }
    let [new, worse, better, remeasured, released, used] =
        lines.map(|pence| Pence(i64::try_from(pence).unwrap_or(i64::MAX)));
    let opening = total(before.iter().map(|p| p.amount))?;
    let closing = total([opening, new, worse, better, remeasured, released, used])?;
    if closing != total(after.iter().map(|p| p.amount))? {
        return Err(FinanceRefusal::TooLarge);
    }
    Ok(Movement { opening, new, worse, better, remeasured, released, used, closing })
}

/// From this day on losses on new loans must be provided for (SI 2003/3146 reg. 28 as amended).
pub const LOSS_RULE_FROM: LocalDate = day(2024, 5, 7);

/// A council's loan as the minimum revenue provision sees it, for one year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionLoan {
    /// The day it was given.
    pub given_on: LocalDate,
    /// Whether it is capital expenditure (SI 2003/3146 reg. 25(1)(b)).
    pub is_capital: bool,
    /// Whether it is commercial.
    pub is_commercial: bool,
    /// Expected or actual loss recognised in the year.
    pub loss_in_year: Pence,
    /// Provision already charged for it, and receipts used to repay the borrowing.
    pub already_met: Pence,
}

/// What the year's provision must include for a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RevenueProvision {
    /// No provision is needed: capital, not commercial, no loss recognised (reg. 27(4)).
    pub exempt: bool,
    /// The least to include for loss.
    pub loss: Pence,
    /// The provision the loan needs is the council's own ordinary one, not told here.
    pub ordinary: bool,
}

/// The flags of the minimum revenue provision in England.
#[must_use]
pub fn revenue_provision(loan: &ProvisionLoan) -> RevenueProvision {
    let lost = loan.loss_in_year > Pence::ZERO;
    let exempt = loan.is_capital && !loan.is_commercial && !lost;
    let covered = lost && loan.given_on >= LOSS_RULE_FROM;
    let loss =
        if covered { (loan.loss_in_year - loan.already_met.max(Pence::ZERO)).max(Pence::ZERO) } else { Pence::ZERO };
    RevenueProvision { exempt, loss, ordinary: !exempt && (loan.is_commercial || !loan.is_capital) }
}

/// A year of a soft loan in the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SoftYear {
    /// The last day.
    pub to: LocalDate,
    /// Carrying amount before.
    pub opening: Pence,
    /// Interest at the market rate.
    pub effective_interest: Pence,
    /// Cash received.
    pub received: Pence,
    /// Carrying amount after.
    pub closing: Pence,
    /// Interest in cash or added to the balance by the agreement.
    pub contract_interest: Pence,
    /// Effective − contract interest: the unwinding, reversed through the statutory adjustment.
    pub reversal: Pence,
}

/// A loan below the market rate in the accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SoftLoan {
    /// What was paid.
    pub paid: Pence,
    /// Present value of what comes back at the market rate.
    pub fair_value: Pence,
    /// Paid − fair value: charged on the first day and reversed to the statutory account.
    pub day_one: Pence,
    /// Cash flow by cash flow; the last takes the remainder, so that all reversals add up to the first day's charge.
    pub years: Vec<SoftYear>,
}

/// Fair value, day-one difference, unwinding and statutory reversal of a loan paid out once.
///
/// `back` are the days and amounts that come back, each with the part that is contract interest.
///
/// # Errors
/// [`FinanceRefusal`]: nothing comes back, or figures too large.
pub fn soft_loan(paid: Flow, back: &[(Flow, Pence)], market: Decimal) -> Worked<SoftLoan> {
    let mut back = back.to_vec();
    back.sort_by_key(|(f, _)| f.date);
    let paid_out = -paid.amount;
    if paid_out <= Pence::ZERO || back.is_empty() || back.iter().any(|(f, _)| f.date <= paid.date) {
        return Err(FinanceRefusal::Missing("an amount paid out and what comes back after that day"));
    }
    let mut all = vec![Flow { date: paid.date, amount: Pence::ZERO }];
    all.extend(back.iter().map(|(f, _)| *f));
    let value = xnpv(market, &all).and_then(|v| v.checked_mul(Decimal::ONE_HUNDRED)).ok_or(FinanceRefusal::TooLarge)?;
    let fair_value = penny(value)?;
    let mut discounter = Discounter::new(market).ok_or(FinanceRefusal::TooLarge)?;
    let (mut opening, mut from) = (fair_value, paid.date);
    let mut years = Vec::with_capacity(back.len());
    for (index, (flow, contract_interest)) in back.iter().enumerate() {
        let days = u32::try_from((flow.date - from).num_days()).map_err(|_| FinanceRefusal::TooLarge)?;
        let factor = discounter.factor(days).ok_or(FinanceRefusal::TooLarge)?;
        let grown = opening.decimal().checked_div(factor).ok_or(FinanceRefusal::TooLarge)?;
        let effective = if index + 1 == back.len() { flow.amount - opening } else { penny(grown)? - opening };
        let closing = total([opening, effective, -flow.amount])?;
        years.push(SoftYear {
            to: flow.date,
            opening,
            effective_interest: effective,
            received: flow.amount,
            closing,
            contract_interest: *contract_interest,
            reversal: effective - *contract_interest,
        });
        (opening, from) = (closing, flow.date);
    }
    Ok(SoftLoan { paid: paid_out, fair_value, day_one: paid_out - fair_value, years })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn share(text: &str) -> Share {
        text.parse().unwrap()
    }

    fn table() -> DefaultTable {
        DefaultTable {
            grade: "B".into(),
            valid_from: day(2026, 1, 1),
            source: "Board paper".into(),
            yearly: vec![share("0.10"), share("0.20")],
        }
    }

    fn exposure() -> Exposure {
        Exposure {
            balances: vec![Pence(10_000_000), Pence(5_000_000), Pence(2_000_000)],
            undrawn: Pence(2_000_000),
            conversion: share("0.5"),
            security: Pence(5_000_000),
            haircut: share("0.4"),
            unsecured_loss: share("0.5"),
            effective_rate: dec!(0),
        }
    }

    #[test]
    fn a_stage_decides_between_a_year_of_loss_and_a_lifetime() {
        assert_eq!(
            [30, 31, 90, 91].map(|d| stage(d, false, false)),
            [Stage::One, Stage::Two, Stage::Two, Stage::Three]
        );
        assert_eq!(stage(45, true, false), Stage::One);
        let at = |stage| expected_loss(&exposure(), &table(), stage).unwrap();
        // (110,000 − 30,000) × 50 % × 10 %.
        assert_eq!(at(Stage::One).amount, Pence(400_000));
        // Then 0.9 × 20 % of (60,000 − 30,000) × 50 %, and 0.72 × 20 % of nothing.
        assert_eq!(at(Stage::Two).amount, Pence(400_000 + 270_000));
        assert_eq!(at(Stage::Three).amount, Pence(4_000_000));
        let ten = Exposure { effective_rate: dec!(0.1), ..exposure() };
        assert_eq!(expected_loss(&ten, &table(), Stage::One).unwrap().amount, Pence(363_636));
        assert!(default_table(&[table()], "B", day(2025, 12, 31)).is_err());
        assert!(default_table(&[table()], "B", day(2026, 1, 1)).is_ok());
    }

    #[test]
    fn every_change_of_provisions_has_a_line() {
        let p = |asset: &str, stage, pence| Provision { asset: asset.into(), stage, amount: Pence(pence) };
        let before = [
            p("a", Stage::One, 100),
            p("b", Stage::Two, 400),
            p("c", Stage::Three, 900),
            p("d", Stage::One, 50),
            p("e", Stage::One, 10),
        ];
        let after = [p("a", Stage::Two, 300), p("b", Stage::One, 80), p("e", Stage::One, 12), p("f", Stage::One, 7)];
        let moved = movement(&before, &after, &["c".into()]).unwrap();
        assert_eq!(
            [moved.new, moved.worse, moved.better, moved.remeasured, moved.released, moved.used].map(|x| x.0),
            [7, 200, -320, 2, -50, -900]
        );
        assert_eq!((moved.opening, moved.closing), (Pence(1_460), Pence(399)));
        assert!(movement(&[before[0].clone(), before[0].clone()], &after, &[]).is_err());
    }

    #[test]
    fn a_capital_loan_that_is_not_commercial_needs_no_provision_until_a_loss_is_recognised() {
        let loan = |given_on, is_commercial, loss| ProvisionLoan {
            given_on,
            is_capital: true,
            is_commercial,
            loss_in_year: Pence(loss),
            already_met: Pence(30),
        };
        let exempt = revenue_provision(&loan(day(2024, 5, 7), false, 0));
        assert!(exempt.exempt && !exempt.ordinary);
        assert_eq!(revenue_provision(&loan(day(2024, 5, 7), false, 100)).loss, Pence(70));
        assert_eq!(revenue_provision(&loan(day(2024, 5, 6), false, 100)).loss, Pence::ZERO);
        assert!(revenue_provision(&loan(day(2025, 5, 7), true, 0)).ordinary);
    }

    proptest! {
        #[test]
        fn the_first_days_charge_of_a_soft_loan_is_reversed_to_the_penny(pounds in 100_i64..1_000_000, contract in 0_i64..500, market in 0_i64..1_500, years in 1_i32..12) {
            let principal = pounds * 100;
            let interest = Pence(principal * contract / 10_000);
            let back: Vec<(Flow, Pence)> = (1..=years).map(|y| {
                let last = if y == years { principal } else { 0 };
                (Flow { date: day(2026 + y, 1, 1), amount: Pence(interest.0 + last) }, interest)
            }).collect();
            let paid = Flow { date: day(2026, 1, 1), amount: Pence(-principal) };
            let soft = soft_loan(paid, &back, Decimal::new(market, 4)).unwrap();
            let reversed: Pence = soft.years.iter().map(|y| y.reversal).sum();
            prop_assert_eq!(reversed, soft.day_one);
            prop_assert_eq!(soft.years.last().unwrap().closing, Pence::ZERO);
            prop_assert_eq!(soft.fair_value + soft.day_one, soft.paid);
            if market > contract + 1 { prop_assert!(soft.day_one > Pence::ZERO || pounds < 1_000); }
        }
    }
}
