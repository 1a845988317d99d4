//! The gross cash equivalent of an offer of any instrument, with how it was found.

use super::facts::Facts;
use super::{Agreed, InstrumentTerms};
use crate::finance::equivalents::{of_cash, of_equity, of_grant, of_guarantee, of_loan_balances};
use crate::finance::irr::Flow;
use crate::finance::loan::replay;
use crate::finance::refusal::{FinanceRefusal, times, total};
use crate::finance::schedule::{HolidayKind, Schedule, Tranche};
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};
use chrono::Months;
use serde::Serialize;

/// A gross cash equivalent and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Equivalent {
    /// The amount; nothing when the terms are no better than the market's.
    pub amount: Pence,
    /// How it was found, for the notification and the record.
    pub basis: String,
}

/// Draws out, payments back.
pub(super) fn cash(draws: &[Tranche], schedule: &Schedule) -> Vec<Flow> {
    let out = draws.iter().map(|d| Flow { date: d.on, amount: -d.amount });
    let back = schedule.rows.iter().map(|r| Flow { date: r.due, amount: r.payment });
    out.chain(back).filter(|f| !f.amount.is_zero()).collect()
}

impl InstrumentTerms {
    /// Works out the gross cash equivalent of an offer.
    ///
    /// `market` is what the market would ask for this risk (for a guarantee the market fee), `discount` the rate at which
    /// savings are brought to the day of the award.
    ///
    /// # Errors
    /// Terms without a schedule, shares without a market value, figures too large.
    pub fn equivalent(
        &self,
        draws: &[Tranche],
        market: &SourcedRate,
        discount: &SourcedRate,
        awarded_on: LocalDate,
    ) -> Agreed<Equivalent> {
        let given = total(draws.iter().map(|d| d.amount))?;
        let asked = market.rate.get();
        let rates = format!(
            "the market asks {} a year ({}, {})",
            shown_percent(asked, 2),
            market.source,
            medium_date(market.on)
        );
        let discounted = format!(
            "discounted at {} a year ({}, {})",
            shown_percent(discount.rate.get(), 2),
            discount.source,
            medium_date(discount.on)
        );
        let value = |schedule: &Schedule, what: &str| -> Agreed<Equivalent> {
            Ok(Equivalent {
                amount: of_cash(&cash(draws, schedule), asked)?,
                basis: format!("Gross cash equivalent: {given} less the value of {what}, where {rates}."),
            })
        };
        match self {
            InstrumentTerms::Loan(terms) => {
                let facts = Facts { draws, happened: &[], today: awarded_on };
                let free = terms.pauses.iter().any(|p| p.kind == HolidayKind::InterestFree);
                if free || !terms.fees.is_empty() {
                    return value(&self.planned(draws)?, "all payments of the loan");
                }
                let found = replay(&super::loan::drawn(terms, &facts), &[])?;
                Ok(Equivalent {
                    amount: of_loan_balances(&found, asked, discount.rate.get(), awarded_on)?,
                    basis: format!(
                        "Gross cash equivalent of the loan: the interest saved on each balance where {rates}, {discounted}."
                    ),
                })
            }
            InstrumentTerms::RevenueShare(_) => {
                value(&self.planned(draws)?, "the payments expected from the revenue that both expect")
            }
            InstrumentTerms::Convertible(_) => {
                let schedule = self.planned(draws)?;
                if schedule.rows.is_empty() {
                    return Err(FinanceRefusal::Missing(
                        "the amount of the subsidy yourself, with the opinion it comes from: this loan is never repaid in cash",
                    )
                    .into());
                }
                value(&schedule, "its repayment with interest on the last day")
            }
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => {
                let worth =
                    terms.market_value.ok_or(FinanceRefusal::Missing("what the shares would fetch on the market"))?;
                Ok(Equivalent {
                    amount: of_equity(given, worth),
                    basis: format!(
                        "Gross cash equivalent of the shares: {given} paid, less their market value of {worth}."
                    ),
                })
            }
            InstrumentTerms::CommunityShares(terms) => {
                let yearly = times(given, terms.expected.get())?;
                let begin = draws.iter().map(|d| d.on).min().unwrap_or(awarded_on);
                let end = terms.rules.locked_until.max(begin);
                let mut flows: Vec<Flow> = draws.iter().map(|d| Flow { date: d.on, amount: -d.amount }).collect();
                flows.extend(
                    (1..100)
                        .map_while(|year| begin.checked_add_months(Months::new(12 * year)))
                        .take_while(|day| *day <= end)
                        .map(|date| Flow { date, amount: yearly }),
                );
                flows.push(Flow { date: end, amount: given });
                Ok(Equivalent {
                    amount: of_cash(&flows, asked)?,
                    basis: format!(
                        "Gross cash equivalent of the shares: {given} less the value of {yearly} of interest a year and the \
                         capital back on {}, where {rates}.",
                        medium_date(end)
                    ),
                })
            }
            InstrumentTerms::RecoverableGrant(_) | InstrumentTerms::Grant => Ok(Equivalent {
                amount: of_grant(given),
                basis: format!("The whole amount of {given}: nothing is sure to come back."),
            }),
            InstrumentTerms::Guarantee(terms) => {
                let balances: Vec<(LocalDate, Pence)> =
                    terms.fee_dates().into_iter().map(|on| (on, terms.balance)).collect();
                Ok(Equivalent {
                    amount: of_guarantee(&terms.guarantee, asked, &balances, discount.rate.get())?,
                    basis: format!(
                        "Gross cash equivalent of the guarantee: the fee saved each year, where {rates}, {discounted}."
                    ),
                })
            }
        }
    }
}
