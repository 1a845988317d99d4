//! Shares of revenue, and what receipts paid.

use super::reading::{self, rows};
use super::shown::{Table, View, schema};
use super::{Said, refused};
use crate::finance::explain;
use crate::finance::instruments::revenue_share::{self as shares, RevenuePeriod, RevenueShare, SharePayment, Standing};
use crate::finance::payments::Due;
use crate::finance::receipts::{AccountTerms, Entry, account};
use crate::values::LocalDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A revenue share with its periods.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShareFile {
    /// The agreement.
    agreement: RevenueShare,
    /// Its periods; may come from a CSV instead.
    #[serde(default)]
    periods: Vec<RevenuePeriod>,
}

/// The JSON Schema of the file of `finance revenue-share`.
pub fn revenue_share_schema() -> Said {
    schema::<ShareFile>()
}

#[derive(Serialize)]
struct SharePlan {
    payments: Vec<SharePayment>,
    standing: Standing,
}

/// `finance revenue-share FILE.json [--revenues FILE.csv]`.
///
/// # Errors
/// One sentence: what cannot be read, or what the agreement contradicts.
pub fn revenue_share(text: &str, revenues: Option<&str>, view: View) -> Said {
    let mut file: ShareFile = reading::json(text, "revenue share")?;
    if let Some(csv) = revenues {
        file.periods.extend(rows(csv, &["due", "revenue"], &["paid"], |row| {
            Ok(RevenuePeriod {
                due: row.date("due")?,
                revenue: row.pounds_if_any("revenue")?,
                restated: None,
                restated_again: Vec::new(),
                paid: row.pounds_if_any("paid")?,
            })
        })?);
    }
    let (payments, standing) = shares::revenue_share(&file.agreement, &file.periods).map_err(refused)?;
    let found = SharePlan { payments, standing };
    let tables = || {
        let row = |p: &SharePayment| {
            let mut row = vec![p.due.to_string()];
            let amounts = [p.cap, p.regular, p.true_up, p.payable, p.paid, p.refund, p.paid_to_date];
            row.extend(amounts.map(|amount| amount.to_string()));
            row.push(if p.provisional { "provisional".to_owned() } else { String::new() });
            row
        };
        let heads = ["Due", "Cap", "Regular", "Settled", "Payable", "Paid", "Given back", "Paid so far", ""];
        vec![Table::new("Revenue share", &heads, found.payments.iter().map(row))]
    };
    let lines = || explain::repayments::revenue_share(&file.agreement, &file.periods, &found.payments, &found.standing);
    view.show(&found, tables, lines)
}

/// A borrower's account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    /// The order of payment, default interest and buckets; left out, the usual ones.
    #[serde(default)]
    terms: AccountTerms,
    /// The instalments.
    dues: Vec<Due>,
    /// What came in, was paid back or reversed, in order; receipts may come from a CSV instead.
    #[serde(default)]
    entries: Vec<Entry>,
    /// The day of the statement.
    on: LocalDate,
}

/// The JSON Schema of the file of `finance allocate`.
pub fn allocate_schema() -> Said {
    schema::<AccountFile>()
}

/// `finance allocate FILE.json [--receipts FILE.csv]`.
///
/// # Errors
/// One sentence: what cannot be read, or which entry cannot be.
pub fn allocate(text: &str, receipts: Option<&str>, view: View) -> Said {
    let mut file: AccountFile = reading::json(text, "account")?;
    if let Some(csv) = receipts {
        file.entries.extend(rows(csv, &["date", "amount"], &[], |row| {
            Ok(Entry::Received { on: row.date("date")?, amount: row.pounds("amount")? })
        })?);
    }
    let found = account(&file.terms, &file.dues, &file.entries, file.on).map_err(refused)?;
    let tables = || {
        let posting = |p: &crate::finance::receipts::Posting| {
            let to = p.instalment.map_or_else(String::new, |n| n.to_string());
            vec![p.on.to_string(), to, format!("{:?}", p.head).to_lowercase(), p.amount.to_string()]
        };
        let due = |d: &Due| {
            let mut row = vec![d.instalment.to_string(), d.due.to_string()];
            row.extend([d.fee, d.interest, d.principal, d.total()].map(|amount| amount.to_string()));
            row
        };
        let late = |b: &crate::finance::payments::Bucket| {
            let days = b.to_day.map_or_else(|| format!("from {}", b.from_day), |to| format!("{} to {to}", b.from_day));
            vec![days, b.amount.to_string()]
        };
        vec![
            Table::new(
                "What receipts paid",
                &["On", "Instalment", "Put to", "Amount"],
                found.postings.iter().map(posting),
            ),
            Table::new(
                "Outstanding",
                &["Instalment", "Due", "Fee", "Interest", "Principal", "All"],
                found.outstanding.iter().map(due),
            ),
            Table::new("Overdue", &["Days", "Amount"], found.buckets.iter().map(late)),
        ]
    };
    view.show(&found, tables, || explain::repayments::account(&file.entries, &found))
}
