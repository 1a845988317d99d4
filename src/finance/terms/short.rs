//! Terms in short, for the facts beside a page.

use super::InstrumentTerms;
use super::cost::{count, every, percent};
use crate::finance::loan::Price;
use crate::values::decimals::{shown_decimal, shown_percent};
use crate::values::time::medium_date;
use rust_decimal::Decimal;

impl InstrumentTerms {
    /// The terms in short: a term and its value, for the facts beside a page.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let yearly = |rate: Decimal| format!("{} a year", shown_percent(rate, 2));
        match self {
            InstrumentTerms::Loan(terms) => {
                let rate = match &terms.price {
                    Price::Fixed { rate } => yearly(rate.get()),
                    Price::Stepped { steps } => steps
                        .iter()
                        .map(|s| format!("{} from {}", yearly(s.rate.get()), medium_date(s.from)))
                        .collect::<Vec<_>>()
                        .join(", "),
                    Price::BasePlusMargin { margin, .. } => format!("base rate + {}", yearly(margin.get())),
                };
                vec![
                    ("Interest", rate),
                    ("Instalments", format!("{}, {}", terms.instalments, every(terms.period_months))),
                ]
            }
            InstrumentTerms::RevenueShare(terms) => vec![
                ("Share of revenue", format!("{}, {}", percent(terms.share.get()), every(terms.period_months))),
                ("Cap", format!("{} times what is paid out", shown_decimal(terms.multiple))),
                ("Last day", medium_date(terms.long_stop)),
            ],
            InstrumentTerms::Equity(terms) | InstrumentTerms::PreferenceShares(terms) => {
                let part = terms.part().map_or_else(|_| "–".to_owned(), percent);
                let mut facts =
                    vec![("Shares", format!("{} of {}", count(terms.shares), count(terms.all_shares))), ("Part", part)];
                if let Some(preference) = terms.preference {
                    facts.push(("Preference dividend", yearly(preference.dividend.get())));
                }
                facts
            }
            InstrumentTerms::Convertible(terms) => vec![
                ("Interest", yearly(terms.interest.get())),
                ("Becomes shares at", format!("a round of {} or more", terms.qualifying_round)),
                ("Last day", medium_date(terms.maturity)),
            ],
            InstrumentTerms::CommunityShares(terms) => vec![
                ("Interest", format!("at most {}", yearly(terms.rules.interest_limit.get()))),
                ("Locked until", medium_date(terms.rules.locked_until)),
            ],
            InstrumentTerms::RecoverableGrant(terms) => vec![
                ("Trigger", format!("{} above {}", terms.figure, terms.trigger)),
                ("Comes back", format!("{} of what is above", percent(terms.share.get()))),
                ("Until", medium_date(terms.until)),
            ],
            InstrumentTerms::Grant => Vec::new(),
            InstrumentTerms::Guarantee(terms) => vec![
                ("Lender", terms.lender.clone()),
                ("Covers", format!("{} of its loss", percent(terms.guarantee.cover.get()))),
                ("Fee", yearly(terms.guarantee.fee.get())),
                ("Until", medium_date(terms.guarantee.until)),
            ],
        }
    }
}
