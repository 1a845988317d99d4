//! Ordinary and preference shares: nothing is due until a dividend is declared or the company is sold. New shares of others
//! make the fund's part smaller and say what a share was worth.

use super::facts::{Fact, Facts, Happened, number};
use super::{Agreed, without_end};
use crate::finance::DayCount;
use crate::finance::instruments::equity::{
    Class, Dilution, Preference, dilution, ownership, preference_dividend, waterfall,
};
use crate::finance::refusal::{FinanceRefusal, penny, total};
use crate::finance::schedule::{Nature, Row, Schedule};
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What an agreement to take shares says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareTerms {
    /// Shares that the fund gets.
    pub shares: u64,
    /// All shares in issue afterwards, the fund's with them.
    pub all_shares: u64,
    /// What the shares would fetch on the market; what is paid above it is a subsidy.
    pub market_value: Option<Pence>,
    /// What comes before ordinary shares; `None` for ordinary ones.
    pub preference: Option<Preference>,
}

impl ShareTerms {
    /// The part of the company, unrounded.
    ///
    /// # Errors
    /// No shares, or more held than there are.
    pub fn part(&self) -> Agreed<Decimal> {
        if self.shares == 0 {
            return Err(FinanceRefusal::NotPositive("a number of shares").into());
        }
        if self.shares > self.all_shares {
            return Err(FinanceRefusal::Contradiction("The fund cannot hold more shares than there are.").into());
        }
        Ok(ownership(self.shares, self.all_shares)?)
    }

    /// What each round of new shares did to the holding, in the order they were recorded.
    ///
    /// # Errors
    /// Fewer shares than the fund holds, or figures too large.
    pub fn rounds(&self, happened: &[Fact]) -> Agreed<Vec<Diluted>> {
        let mut rounds = Vec::new();
        for fact in happened {
            let Happened::Round { raised, pre_money, shares_before } = fact.what else { continue };
            if shares_before < self.shares {
                return Err(FinanceRefusal::Contradiction("There are fewer shares than the fund holds.").into());
            }
            if pre_money <= Pence::ZERO {
                return Err(FinanceRefusal::NotPositive("a value of the company").into());
            }
            let before = Decimal::from(shares_before);
            let of_value = |amount: Pence| amount.decimal().checked_mul(before)?.checked_div(pre_money.decimal());
            let issued = of_value(raised).map(|n| n.floor()).and_then(|n| u64::try_from(n).ok());
            let issued = issued.ok_or(FinanceRefusal::TooLarge)?;
            let all = shares_before.checked_add(issued).ok_or(FinanceRefusal::TooLarge)?;
            let price = pre_money.decimal().checked_div(before).ok_or(FinanceRefusal::TooLarge)?;
            let worth = price.checked_mul(Decimal::from(self.shares)).ok_or(FinanceRefusal::TooLarge)?;
            let part = dilution(self.shares, shares_before, issued)?;
            rounds.push(Diluted {
                on: fact.on,
                raised,
                pre_money,
                shares_before,
                issued,
                all,
                price,
                worth: penny(worth)?,
                part,
            });
        }
        Ok(rounds)
    }

    fn class(&self, cost: Pence, unpaid_dividends: Pence) -> Class {
        Class { name: "The fund".to_owned(), shares: self.shares, cost, preference: self.preference, unpaid_dividends }
    }

    /// What the fund gets when all shares are sold for so much.
    ///
    /// # Errors
    /// Figures too large, or more held than there are.
    pub fn payout(&self, cost: Pence, unpaid: Pence, proceeds: Pence, all_shares: u64) -> Agreed<Pence> {
        let others = all_shares
            .checked_sub(self.shares)
            .ok_or(FinanceRefusal::Contradiction("There are fewer shares than the fund holds."))?;
        let mut classes = vec![self.class(cost, unpaid)];
        if others > 0 {
            classes.push(Class {
                name: "The other owners".to_owned(),
                shares: others,
                cost: Pence::ZERO,
                preference: None,
                unpaid_dividends: Pence::ZERO,
            });
        }
        let paid = waterfall(&classes, proceeds)?;
        let own = paid.first().map_or(Pence::ZERO, |p| p.preferred + p.shared);
        Ok(own)
    }
}

/// What a round of new shares did to the fund's holding, which took no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Diluted {
    /// The day of the round.
    pub on: LocalDate,
    /// New money.
    pub raised: Pence,
    /// Value of the company before it.
    pub pre_money: Pence,
    /// Shares before it.
    pub shares_before: u64,
    /// New shares: new money / price, whole ones.
    pub issued: u64,
    /// Shares after it.
    pub all: u64,
    /// Price of a share in pence, unrounded.
    pub price: Decimal,
    /// The fund's shares at this price.
    pub worth: Pence,
    /// The fund's part before and after.
    pub part: Dilution,
}

pub(super) fn schedule(terms: &ShareTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    terms.part()?;
    terms.rounds(facts.happened)?;
    let cost = total(facts.draws.iter().map(|d| d.amount))?;
    let rows = rows(terms, cost, facts.begin().unwrap_or(facts.today), facts.happened)?;
    let sold = rows.iter().any(|r| r.nature == Nature::Sale);
    Ok(Schedule::of(rows, (!sold).then(without_end))?)
}

/// The rows that dividends and a sale make, in the order they were recorded.
pub(super) fn rows(terms: &ShareTerms, cost: Pence, held_from: LocalDate, happened: &[Fact]) -> Agreed<Vec<Row>> {
    let mut rows = Vec::new();
    let (mut unpaid, mut since) = (Pence::ZERO, held_from);
    for (place, fact) in happened.iter().enumerate().filter(|(_, f)| f.on >= held_from) {
        match fact.what {
            Happened::Dividend { amount } => {
                let paid = if terms.preference.is_some() {
                    let years = DayCount::Act365F.fraction(since, fact.on.max(since), None);
                    let dividend = preference_dividend(&terms.class(cost, unpaid), years, amount)?;
                    unpaid = dividend.carried;
                    since = fact.on.max(since);
                    dividend.paid
                } else {
                    amount
                };
                rows.push(Row {
                    opening: cost,
                    interest: paid,
                    payment: paid,
                    closing: cost,
                    ..Row::blank(number(place, 0), fact.on, Nature::Dividend)
                });
            }
            Happened::Exit { proceeds, all_shares } => {
                if let Some(preference) = terms.preference.filter(|p| p.cumulative) {
                    let years = DayCount::Act365F.fraction(since, fact.on.max(since), None);
                    let rate = preference.dividend.get().checked_mul(years).ok_or(FinanceRefusal::TooLarge)?;
                    unpaid = total([unpaid, crate::finance::refusal::times(cost, rate)?])?;
                }
                let paid = terms.payout(cost, unpaid, proceeds, all_shares)?;
                let principal = paid.min(cost);
                rows.push(Row {
                    opening: cost,
                    interest: paid - principal,
                    principal,
                    payment: paid,
                    closing: cost - principal,
                    ..Row::blank(number(place, 0), fact.on, Nature::Sale)
                });
                break;
            }
            _ => {}
        }
    }
    rows.sort_by_key(|r| (r.due, r.number));
    Ok(rows)
}
