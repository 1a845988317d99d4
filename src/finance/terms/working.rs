//! How each payment of an agreement is worked out, line by line.

use super::facts::{Fact, Facts, Happened};
use super::{Agreed, Diluted, InstrumentTerms};
use crate::finance::explain::{Line, loans, repayments};
use crate::finance::loan::replay;
use crate::finance::schedule::{Nature, Row};
use crate::values::Pence;
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use rust_decimal::Decimal;

fn percent(part: Decimal) -> String {
    shown_percent(part, 2)
}

impl InstrumentTerms {
    /// The working of everything that is due, as a committee paper would print it.
    ///
    /// # Errors
    /// As [`InstrumentTerms::schedule`].
    pub fn working(&self, facts: &Facts<'_>) -> Agreed<Vec<Line>> {
        match self {
            InstrumentTerms::Loan(terms)
                if facts.happened.iter().any(|f| matches!(f.what, Happened::Restructured(_))) =>
            {
                super::restructured::working(super::loan::drawn(terms, facts), facts)
            }
            InstrumentTerms::Loan(terms) => Ok(loans::schedule(&replay(&super::loan::drawn(terms, facts), &[])?)),
            InstrumentTerms::RevenueShare(terms) => {
                let (engine, periods, payments, standing) = super::revenue_share::worked_out(terms, facts)?;
                Ok(repayments::revenue_share(&engine, &periods, &payments, &standing))
            }
            _ => {
                let schedule = self.schedule(facts)?;
                let mut lines: Vec<Line> = self.rounds(facts.happened)?.iter().flat_map(|r| self.round(r)).collect();
                lines.extend(schedule.rows.iter().map(|row| self.line(row, facts)));
                Ok(lines)
            }
        }
    }

    /// What a round did to the fund's part, and what its price says of the holding.
    fn round(&self, round: &Diluted) -> Vec<Line> {
        let held = match self {
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => terms.shares,
            _ => 0,
        };
        let on = medium_date(round.on);
        vec![
            Line::new(
                format!("New shares of the round of {on}"),
                format!(
                    "{} × {} shares / {} before the money, whole ones",
                    round.raised, round.shares_before, round.pre_money
                ),
                round.issued.to_string(),
            ),
            Line::new(
                format!("The fund’s part after the round of {on}"),
                format!(
                    "{held} / ({} + {}), before it {}",
                    round.shares_before,
                    round.issued,
                    percent(round.part.before)
                ),
                percent(round.part.after),
            ),
            Line::new(
                format!("The fund’s shares at the price of the round of {on}"),
                format!("{held} × {} / {} shares", round.pre_money, round.shares_before),
                round.worth.to_string(),
            ),
        ]
    }

    fn line(&self, row: &Row, facts: &Facts<'_>) -> Line {
        let fact = facts.happened.iter().find(|f| f.on == row.due && matches_nature(f, row.nature));
        let working = match self {
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => {
                match (fact.map(|f| f.what), terms.preference) {
                    (Some(Happened::Exit { proceeds, all_shares }), None) => {
                        format!("{proceeds} × {} / {all_shares} shares", terms.shares)
                    }
                    (Some(Happened::Exit { proceeds, all_shares }), Some(preference)) => format!(
                        "of {proceeds}: {} × the cost and unpaid dividends first, the rest by {} of {all_shares} shares{}",
                        preference.multiple,
                        terms.shares,
                        if preference.participating { " too" } else { " where that is more" }
                    ),
                    (Some(Happened::Dividend { amount }), Some(preference)) => format!(
                        "{} a year × cost × days / 365 + unpaid before, at most {amount}",
                        percent(preference.dividend.get())
                    ),
                    _ => "as declared".to_owned(),
                }
            }
            InstrumentTerms::Convertible(terms) => match (row.nature, fact.map(|f| f.what)) {
                (Nature::Instalment, _) => format!(
                    "{} + {} × {} × {} / 365",
                    row.principal,
                    row.principal,
                    percent(terms.interest.get()),
                    row.days
                ),
                (Nature::Conversion, _) => format!(
                    "{} and interest of {} × {} / 365 days become shares; what buys no whole share is paid",
                    row.drawn,
                    percent(terms.interest.get()),
                    row.days
                ),
                (_, Some(Happened::Exit { proceeds, all_shares })) => {
                    format!("{proceeds} × the fund’s part of {all_shares} shares")
                }
                _ => "as declared".to_owned(),
            },
            InstrumentTerms::RecoverableGrant(terms) => match fact.map(|f| f.what) {
                Some(Happened::Figure { figure }) => format!(
                    "{} × ({figure} − {}), not below nothing, at most what is left of {} × the grant",
                    percent(terms.share.get()),
                    terms.trigger,
                    terms.cap
                ),
                _ => String::new(),
            },
            InstrumentTerms::CommunityShares(terms) => match fact.map(|f| f.what) {
                Some(Happened::Interest { rate, surplus }) => format!(
                    "{} × the lower of {} and {}, at most {surplus}",
                    row.opening,
                    percent(rate.get()),
                    percent(terms.rules.interest_limit.get())
                ),
                Some(Happened::Withdrawal { amount, all_capital, let_out }) => format!(
                    "{amount} asked, at most {} × {all_capital} − {let_out}, nothing before {}",
                    percent(terms.rules.yearly_withdrawal),
                    medium_date(terms.rules.locked_until)
                ),
                _ => String::new(),
            },
            InstrumentTerms::Guarantee(terms) => match fact.map(|f| f.what) {
                Some(Happened::Recovered { amount }) => format!("{amount} × what was paid of the loss / the loss"),
                _ => format!(
                    "{} × the lower of {} × {} and {} − paid before",
                    percent(terms.guarantee.fee.get()),
                    percent(terms.guarantee.cover.get()),
                    terms.balance,
                    terms.guarantee.limit
                ),
            },
            InstrumentTerms::Loan(_) | InstrumentTerms::RevenueShare(_) | InstrumentTerms::Grant => String::new(),
        };
        let result = if row.capitalised > Pence::ZERO { row.capitalised + row.payment } else { row.payment };
        Line::new(format!("{}, {}", row.nature.label(), medium_date(row.due)), working, result.to_string())
    }
}

fn matches_nature(fact: &Fact, nature: Nature) -> bool {
    matches!(
        (fact.what, nature),
        (Happened::Exit { .. }, Nature::Sale)
            | (Happened::Dividend { .. }, Nature::Dividend)
            | (Happened::Figure { .. } | Happened::Recovered { .. }, Nature::Recovery)
            | (Happened::Interest { .. }, Nature::ShareInterest)
            | (Happened::Withdrawal { .. }, Nature::Withdrawal)
    )
}
