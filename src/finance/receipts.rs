//! A borrower's account replayed from what came in: order of allocation as data, default interest, refunds, reversals.
//!
//! Beside [`super::payments`], which allocates one receipt by three components. Here the whole account is worked out
//! afresh from its entries each time, so that a reversed entry leaves exactly the state there would have been without it.

use super::payments::{Across, Bucket, Due};
use super::refusal::{FinanceRefusal, Worked, penny, total};
use crate::values::{LocalDate, Pence, Rate};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What money can be put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// Fees and charges.
    Fee,
    /// Interest on what is overdue.
    DefaultInterest,
    /// Interest.
    Interest,
    /// Principal.
    Principal,
}

/// Interest on what is overdue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DefaultTerms {
    /// Yearly rate, ACT/365F, simple, on overdue fees, interest and principal.
    pub rate: Rate,
    /// Days after the due date that bear none; once passed, interest runs from the due date all the same only if
    /// `from_due` says so.
    pub grace_days: u32,
    /// Whether interest is counted back to the due date once the days of grace have passed.
    pub from_due: bool,
    /// Days on which none runs, first and last counted: a pause agreed.
    pub pauses: Vec<(LocalDate, LocalDate)>,
}

/// What the agreement says about receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountTerms {
    /// Heads in turn; one left out is paid by no receipt.
    pub order: Vec<Head>,
    /// The oldest instalment whole first, or one head across all instalments first. Default interest belongs to no
    /// instalment and is paid at its place before the next head of the oldest instalment.
    pub across: Across,
    /// Default interest, when agreed.
    pub default: Option<DefaultTerms>,
    /// The first days of the buckets of arrears, ascending.
    pub buckets: Vec<i64>,
}

impl Default for AccountTerms {
    /// Fees, default interest, interest, principal; the oldest instalment first; no default interest; 1–30, 31–60, 61–90, over 90 days.
    fn default() -> Self {
        AccountTerms {
            order: vec![Head::Fee, Head::DefaultInterest, Head::Interest, Head::Principal],
            across: Across::OldestInstalment,
            default: None,
            buckets: super::payments::BUCKETS.to_vec(),
        }
    }
}

/// One entry of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// Money came in.
    Received {
        /// The day.
        on: LocalDate,
        /// More than 0.
        amount: Pence,
    },
    /// Credit was paid back.
    Refunded {
        /// The day.
        on: LocalDate,
        /// More than 0, at most the credit that day.
        amount: Pence,
    },
    /// An earlier entry was an error: the account is as if it had never been.
    Reversed {
        /// The place of the entry, from 0.
        entry: usize,
    },
}

/// Money put to a head of an instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Posting {
    /// The day it was put there: the day it came in, or the due date for credit.
    pub on: LocalDate,
    /// The instalment; `None` for default interest.
    pub instalment: Option<u32>,
    /// The head.
    pub head: Head,
    /// How much.
    pub amount: Pence,
}

/// An account on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountState {
    /// What is outstanding, due or not, oldest first.
    pub outstanding: Vec<Due>,
    /// Default interest owed, to the penny.
    pub default_interest: Pence,
    /// Received and put to nothing yet.
    pub credit: Pence,
    /// Everything put to something, in order.
    pub postings: Vec<Posting>,
    /// Days since the oldest unpaid due date, days of a pause not counted.
    pub days_past_due: i64,
    /// All that is overdue, default interest apart.
    pub overdue: Pence,
    /// Overdue by age.
    pub buckets: Vec<Bucket>,
}

struct Running<'a> {
    terms: &'a AccountTerms,
    due: Vec<Due>,
    /// Default interest run up without rounding, and what of it was paid.
    default_exact: Decimal,
    default_paid: Pence,
    credit: Pence,
    postings: Vec<Posting>,
}

/// Works an account out up to and including a day.
///
/// # Errors
/// [`FinanceRefusal`]: amounts of nothing or less, a refund above the credit, a reversal of what is not there or is a
/// reversal itself, figures too large.
pub fn account(terms: &AccountTerms, dues: &[Due], entries: &[Entry], today: LocalDate) -> Worked<AccountState> {
    let mut stands = vec![true; entries.len()];
    for (index, entry) in entries.iter().enumerate() {
        if let Entry::Reversed { entry } = entry {
            let earlier = entries.get(*entry).filter(|_| *entry < index && stands[*entry]);
            if !matches!(earlier, Some(Entry::Received { .. } | Entry::Refunded { .. })) {
                return Err(FinanceRefusal::Contradiction(
                    "Only an earlier receipt or refund that stands can be reversed.",
                ));
            }
            stands[*entry] = false;
        }
    }
    let mut due = dues.to_vec();
    due.sort_by_key(|d| (d.due, d.instalment));
    // Money in before money out on the same day; otherwise in the order of the entries.
    let mut moves: Vec<(LocalDate, Pence)> = Vec::new();
    for (entry, _) in entries.iter().zip(&stands).filter(|(_, stands)| **stands) {
        let (on, amount, sign) = match entry {
            Entry::Received { on, amount } => (*on, *amount, *amount),
            Entry::Refunded { on, amount } => {
                (*on, *amount, Pence(amount.0.checked_neg().ok_or(FinanceRefusal::TooLarge)?))
            }
            Entry::Reversed { .. } => continue,
        };
        if amount <= Pence::ZERO {
            return Err(FinanceRefusal::NotPositive("an amount"));
        }
        if on <= today {
            moves.push((on, sign));
        }
    }
    moves.sort_by_key(|(on, amount)| (*on, *amount < Pence::ZERO));
    let mut days: Vec<LocalDate> = due.iter().map(|d| d.due).chain(moves.iter().map(|(on, _)| *on)).collect();
    days.retain(|day| *day <= today);
    days.push(today);
    days.sort_unstable();
    days.dedup();
    let mut running = Running {
        terms,
        due,
        default_exact: Decimal::ZERO,
        default_paid: Pence::ZERO,
        credit: Pence::ZERO,
        postings: Vec::new(),
    };
    let mut before: Option<LocalDate> = None;
    for day in days {
        if let Some(from) = before {
            running.run_up(from, day)?;
        }
        running.put(day)?;
        for (_, amount) in moves.iter().filter(|(on, _)| *on == day) {
            running.credit = total([running.credit, *amount])?;
            if running.credit < Pence::ZERO {
                return Err(FinanceRefusal::Contradiction("No more than the credit of that day can be paid back."));
            }
            running.put(day)?;
        }
        before = Some(day);
    }
    running.state(today)
}

impl Running<'_> {
    /// Default interest from one day to another, on which nothing moves between.
    fn run_up(&mut self, from: LocalDate, to: LocalDate) -> Worked<()> {
        let Some(default) = &self.terms.default else { return Ok(()) };
        for due in self.due.iter().filter(|d| d.due < to && d.total() > Pence::ZERO) {
            let grace = chrono::Days::new(u64::from(default.grace_days));
            let passed = due.due.checked_add_days(grace).ok_or(FinanceRefusal::TooLarge)?;
            if to <= passed {
                continue;
            }
            // When the days of grace end inside the stretch they are made up for, or left out.
            let begin = match (default.from_due, from <= passed) {
                (true, true) => due.due,
                (true, false) => from.max(due.due),
                (false, _) => from.max(passed),
            };
            let days = (to - begin).num_days() - paused(&default.pauses, begin, to);
            let exact = due.total().decimal().checked_mul(default.rate.get());
            let exact = exact.and_then(|e| e.checked_mul(Decimal::from(days))).map(|e| e / Decimal::from(365));
            self.default_exact =
                exact.and_then(|e| self.default_exact.checked_add(e)).ok_or(FinanceRefusal::TooLarge)?;
        }
        Ok(())
    }

    fn default_owed(&self) -> Worked<Pence> {
        Ok((penny(self.default_exact)? - self.default_paid).max(Pence::ZERO))
    }

    /// Puts credit to what is due on a day.
    fn put(&mut self, day: LocalDate) -> Worked<()> {
        if self.credit <= Pence::ZERO {
            return Ok(());
        }
        let order = self.terms.order.clone();
        let owed: Vec<usize> = (0..self.due.len()).filter(|i| self.due[*i].due <= day).collect();
        match self.terms.across {
            Across::Component => {
                for head in order {
                    self.put_default(head, day)?;
                    for index in &owed {
                        self.put_to(*index, head, day);
                    }
                }
            }
            Across::OldestInstalment => {
                for index in &owed {
                    for head in &order {
                        self.put_default(*head, day)?;
                        self.put_to(*index, *head, day);
                    }
                }
                if owed.is_empty() && order.contains(&Head::DefaultInterest) {
                    self.put_default(Head::DefaultInterest, day)?;
                }
            }
        }
        Ok(())
    }

    fn put_default(&mut self, head: Head, on: LocalDate) -> Worked<()> {
        let amount = self.default_owed()?.min(self.credit);
        if head == Head::DefaultInterest && amount > Pence::ZERO {
            self.credit = self.credit - amount;
            self.default_paid = total([self.default_paid, amount])?;
            self.postings.push(Posting { on, instalment: None, head, amount });
        }
        Ok(())
    }

    fn put_to(&mut self, index: usize, head: Head, on: LocalDate) {
        let due = &mut self.due[index];
        let instalment = Some(due.instalment);
        let part = match head {
            Head::Fee => &mut due.fee,
            Head::Interest => &mut due.interest,
            Head::Principal => &mut due.principal,
            Head::DefaultInterest => return,
        };
        let amount = (*part).min(self.credit);
        if amount > Pence::ZERO {
            *part = *part - amount;
            self.credit = self.credit - amount;
            self.postings.push(Posting { on, instalment, head, amount });
        }
    }

    fn state(self, today: LocalDate) -> Worked<AccountState> {
        let pauses = self.terms.default.as_ref().map_or(&[][..], |d| &d.pauses);
        let late = |d: &Due| (today - d.due).num_days() - paused(pauses, d.due, today);
        let overdue: Vec<(i64, Pence)> = self
            .due
            .iter()
            .filter(|d| d.due < today && d.total() > Pence::ZERO)
            .map(|d| (late(d), d.total()))
            .collect();
        let mut buckets = Vec::with_capacity(self.terms.buckets.len());
        for (index, from) in self.terms.buckets.iter().enumerate() {
            let next = self.terms.buckets.get(index + 1).copied();
            let inside = overdue.iter().filter(|(days, _)| days >= from && next.is_none_or(|next| *days < next));
            let amount = total(inside.map(|(_, amount)| *amount))?;
            buckets.push(Bucket { from_day: *from, to_day: next.map(|n| n - 1), amount });
        }
        Ok(AccountState {
            default_interest: self.default_owed()?,
            days_past_due: overdue.iter().map(|(days, _)| *days).max().unwrap_or(0),
            overdue: total(overdue.iter().map(|(_, amount)| *amount))?,
            buckets,
            outstanding: self.due,
            credit: self.credit,
            postings: self.postings,
        })
    }
}

/// Days of pauses in (from, to]; pauses must not overlap.
fn paused(pauses: &[(LocalDate, LocalDate)], from: LocalDate, to: LocalDate) -> i64 {
    let inside = |(first, last): &(LocalDate, LocalDate)| {
        let begin = first.pred_opt().unwrap_or(*first).max(from);
        ((*last).min(to) - begin).num_days().max(0)
    };
    pauses.iter().map(inside).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use chrono::Days;
    use proptest::prelude::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn dues() -> Vec<Due> {
        (1_u32..4)
            .map(|n| Due {
                instalment: n,
                due: date("2026-01-01") + Days::new(u64::from(n) * 30),
                fee: Pence(500),
                interest: Pence(1_000),
                principal: Pence(10_000),
            })
            .collect()
    }

    fn terms() -> AccountTerms {
        let default =
            DefaultTerms { rate: "0.365".parse().unwrap(), grace_days: 5, from_due: false, pauses: Vec::new() };
        AccountTerms { default: Some(default), ..AccountTerms::default() }
    }

    fn received(on: &str, pence: i64) -> Entry {
        Entry::Received { on: date(on), amount: Pence(pence) }
    }

    #[test]
    fn money_goes_to_fees_default_interest_interest_and_principal_in_the_order_agreed() {
        // Due on 31 January, five days of grace; 20 days on £115 at 0.1 % a day are £2.30.
        let at = |terms: &AccountTerms| {
            account(terms, &dues(), &[received("2026-02-25", 1_000)], date("2026-02-25")).unwrap()
        };
        let heads = |state: &AccountState| state.postings.iter().map(|p| (p.head, p.amount.0)).collect::<Vec<_>>();
        assert_eq!(heads(&at(&terms())), [(Head::Fee, 500), (Head::DefaultInterest, 230), (Head::Interest, 270)]);
        let other = AccountTerms { order: vec![Head::Principal, Head::DefaultInterest], ..terms() };
        assert_eq!(heads(&at(&other)), [(Head::Principal, 1_000)]);
        assert_eq!(at(&other).default_interest, Pence(230));
        let back = DefaultTerms { from_due: true, ..terms().default.unwrap() };
        let back = AccountTerms { default: Some(back), ..terms() };
        assert_eq!(heads(&at(&back))[1], (Head::DefaultInterest, 288), "25 days, £2.875");
    }

    #[test]
    fn a_pause_stops_default_interest_and_the_count_of_days() {
        let default =
            DefaultTerms { pauses: vec![(date("2026-02-11"), date("2026-02-20"))], ..terms().default.unwrap() };
        let state =
            account(&AccountTerms { default: Some(default), ..terms() }, &dues(), &[], date("2026-02-25")).unwrap();
        assert_eq!((state.default_interest, state.days_past_due), (Pence(115), 15));
        assert_eq!(state.buckets[0].amount, Pence(11_500));
    }

    #[test]
    fn an_overpayment_is_credit_that_can_be_refunded_up_to_what_there_is() {
        let over = [received("2026-01-10", 20_000), Entry::Refunded { on: date("2026-01-20"), amount: Pence(5_000) }];
        let state = account(&terms(), &dues(), &over, date("2026-02-01")).unwrap();
        assert_eq!((state.credit, state.overdue), (Pence(3_500), Pence::ZERO));
        let too_much = [over[0], Entry::Refunded { on: date("2026-02-01"), amount: Pence(8_501) }];
        assert!(account(&terms(), &dues(), &too_much, date("2026-02-01")).is_err());
    }

    proptest! {
        #[test]
        fn a_reversal_restores_exactly_the_state_before_and_no_penny_is_lost(
            entries in prop::collection::vec((0_u64..150, 1_i64..20_000), 1..8), wrong in (0_u64..150, 1_i64..20_000), day in 0_u64..200, component in any::<bool>(),
        ) {
            let start = date("2026-01-01");
            let entry = |(day, pence): &(u64, i64)| Entry::Received { on: start + Days::new(*day), amount: Pence(*pence) };
            let terms = AccountTerms { across: if component { Across::Component } else { Across::OldestInstalment }, ..terms() };
            let right: Vec<Entry> = entries.iter().map(entry).collect();
            let today = start + Days::new(day);
            let state = account(&terms, &dues(), &right, today).unwrap();
            let mut undone = right.clone();
            undone.push(entry(&wrong));
            undone.push(Entry::Reversed { entry: right.len() });
            prop_assert_eq!(account(&terms, &dues(), &undone, today).unwrap(), state.clone());
            undone.push(Entry::Reversed { entry: right.len() });
            prop_assert!(account(&terms, &dues(), &undone, today).is_err());
            let put: Pence = state.postings.iter().map(|p| p.amount).sum();
            let came: Pence = entries.iter().filter(|(d, _)| *d <= day).map(|(_, p)| Pence(*p)).sum();
            prop_assert_eq!(put + state.credit, came);
            prop_assert_eq!(state.buckets.iter().map(|b| b.amount).sum::<Pence>(), state.overdue);
        }
    }
}
