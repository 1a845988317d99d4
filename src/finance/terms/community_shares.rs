//! Withdrawable shares of a society: interest when it is declared, capital when the society lets it out.

use super::facts::{Facts, Happened, number};
use super::{Agreed, without_end};
use crate::finance::instruments::community_shares::{SocietyRules, holding_limit, interest, withdrawals};
use crate::finance::refusal::{FinanceRefusal, total};
use crate::finance::schedule::{Nature, Row, Schedule};
use crate::values::{Pence, Rate};
use serde::{Deserialize, Serialize};

/// What an agreement to take community shares says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommunityShareTerms {
    /// The society's rules.
    pub rules: SocietyRules,
    /// The yearly interest that the society means to pay.
    pub expected: Rate,
}

pub(super) fn schedule(terms: &CommunityShareTerms, facts: &Facts<'_>) -> Agreed<Schedule> {
    let par = total(facts.draws.iter().map(|d| d.amount))?;
    if par <= Pence::ZERO {
        return Err(FinanceRefusal::NotPositive("an amount of shares").into());
    }
    if let Some(begin) = facts.begin()
        && holding_limit(begin).is_ok_and(|limit| par > limit)
    {
        return Err(FinanceRefusal::Contradiction(
            "One member may hold at most £100,000 of withdrawable shares (Co-operative and Community Benefit Societies \
             Act 2014 s.24). Offer less, or another instrument.",
        )
        .into());
    }
    let mut held = par;
    let mut rows = Vec::new();
    for (place, fact) in facts.happened.iter().enumerate() {
        let opening = held;
        let (nature, earned, capital) = match fact.what {
            Happened::Interest { rate, surplus } => {
                (Nature::ShareInterest, interest(&terms.rules, held, rate, surplus)?, Pence::ZERO)
            }
            Happened::Withdrawal { amount, all_capital, let_out } => {
                let asked = [amount.min(held)];
                let out = withdrawals(&terms.rules, all_capital, let_out, &asked, fact.on)?;
                (Nature::Withdrawal, Pence::ZERO, out.first().copied().unwrap_or(Pence::ZERO))
            }
            _ => continue,
        };
        held = held - capital;
        rows.push(Row {
            opening,
            interest: earned,
            principal: capital,
            payment: earned + capital,
            closing: held,
            ..Row::blank(number(place, 0), fact.on, nature)
        });
    }
    rows.sort_by_key(|r| (r.due, r.number));
    Ok(Schedule::of(rows, (held > Pence::ZERO).then(without_end))?)
}
