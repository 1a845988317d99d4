//! What a receipt pays, and what is overdue.

use super::schedule::Row;
use crate::values::{LocalDate, Pence};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an instalment is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Component {
    /// Fees and charges.
    Fee,
    /// Interest due in cash.
    Interest,
    /// Principal.
    Principal,
}

/// Which instalments come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Across {
    /// The oldest instalment whole, then the next.
    OldestInstalment,
    /// All of one component, oldest instalment first, then the next component.
    Component,
}

/// The order in which a receipt pays, as an agreement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Components in turn; one left out is paid by no receipt.
    pub components: [Component; 3],
    /// Instalments or components first.
    pub across: Across,
}

impl Default for Order {
    /// Fees, interest, principal; the oldest instalment first.
    fn default() -> Self {
        Order {
            components: [Component::Fee, Component::Interest, Component::Principal],
            across: Across::OldestInstalment,
        }
    }
}

/// One instalment: what is due, or what is still outstanding of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// Its number in the schedule.
    pub instalment: u32,
    /// The due date.
    pub due: LocalDate,
    /// Fees.
    pub fee: Pence,
    /// Interest in cash (without what is capitalised).
    pub interest: Pence,
    /// Principal.
    pub principal: Pence,
}

impl Due {
    /// Everything due together.
    #[must_use]
    pub fn total(&self) -> Pence {
        self.fee + self.interest + self.principal
    }

    fn part(&mut self, component: Component) -> &mut Pence {
        match component {
            Component::Fee => &mut self.fee,
            Component::Interest => &mut self.interest,
            Component::Principal => &mut self.principal,
        }
    }
}

/// The instalments of a schedule with the fees agreed in it; rows with nothing to pay are left out.
#[must_use]
pub fn dues(rows: &[Row]) -> Vec<Due> {
    rows.iter()
        .filter(|row| !row.payment.is_zero())
        .map(|row| Due {
            instalment: row.number,
            due: row.due,
            fee: row.fee,
            interest: row.interest - row.capitalised,
            principal: row.principal,
        })
        .collect()
}

/// Money received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The day it came in.
    pub on: LocalDate,
    /// How much, not negative.
    pub amount: Pence,
}

/// A part of a receipt put to a part of an instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationLine {
    /// The instalment.
    pub instalment: u32,
    /// What of it.
    pub component: Component,
    /// How much.
    pub amount: Pence,
}

/// What a receipt paid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// In the order it was allocated.
    pub lines: Vec<AllocationLine>,
    /// What nothing was due for: a credit, to be asked about.
    pub left_over: Pence,
}

impl Allocation {
    /// All that went to one component.
    #[must_use]
    pub fn to(&self, component: Component) -> Pence {
        self.lines.iter().filter(|l| l.component == component).map(|l| l.amount).sum()
    }
}

/// Allocates an amount to outstanding instalments that are due on or before a day.
///
/// Lines and what is left over add up to the amount exactly. An amount of zero or less allocates nothing.
#[must_use]
pub fn allocate(outstanding: &[Due], amount: Pence, on: LocalDate, order: Order) -> Allocation {
    let mut due = outstanding.to_vec();
    due.sort_by_key(|d| (d.due, d.instalment));
    settle(&mut due, amount, on, order)
}

/// As [`allocate`], taking what is paid off the instalments, which are sorted.
fn settle(due: &mut [Due], amount: Pence, on: LocalDate, order: Order) -> Allocation {
    let mut result = Allocation { lines: Vec::new(), left_over: amount };
    let mut pay = |instalment: &mut Due, component: Component| {
        let number = instalment.instalment;
        let part = instalment.part(component);
        let paid = (*part).min(result.left_over);
        if paid > Pence::ZERO {
            *part = *part - paid;
            result.left_over = result.left_over - paid;
            result.lines.push(AllocationLine { instalment: number, component, amount: paid });
        }
    };
    let owed = due.iter_mut().filter(|d| d.due <= on);
    match order.across {
        Across::OldestInstalment => {
            for instalment in owed {
                for component in order.components {
                    pay(instalment, component);
                }
            }
        }
        Across::Component => {
            let mut owed: Vec<&mut Due> = owed.collect();
            for component in order.components {
                for instalment in &mut owed {
                    pay(instalment, component);
                }
            }
        }
    }
    result
}

/// The first days of the usual buckets of arrears: 1–30, 31–60, 61–90, over 90.
pub const BUCKETS: [i64; 4] = [1, 31, 61, 91];

/// What is overdue of one instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Overdue {
    /// What is outstanding of it.
    pub outstanding: Due,
    /// Days since the due date; the due date itself is not overdue.
    pub days: i64,
}

/// Overdue money by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// The first day of the bucket.
    pub from_day: i64,
    /// Its last day; `None` for the oldest.
    pub to_day: Option<i64>,
    /// What instalments that many days overdue amount to.
    pub amount: Pence,
}

/// Where a borrower stands on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrears {
    /// Days past due of the oldest unpaid instalment; 0 when nothing is overdue.
    pub days_past_due: i64,
    /// All that is overdue.
    pub overdue: Pence,
    /// By instalment, oldest first.
    pub instalments: Vec<Overdue>,
    /// By age.
    pub buckets: Vec<Bucket>,
    /// Received and not yet due for anything.
    pub credit: Pence,
}

/// Replays receipts against instalments up to and including a day.
///
/// Money received early stays as a credit and pays the next instalments as they fall due. Later receipts are ignored.
/// `buckets` are the first days of each, ascending (see [`BUCKETS`]).
#[must_use]
pub fn arrears(dues: &[Due], receipts: &[Receipt], order: Order, today: LocalDate, buckets: &[i64]) -> Arrears {
    let mut outstanding = dues.to_vec();
    outstanding.sort_by_key(|d| (d.due, d.instalment));
    let mut days: Vec<LocalDate> =
        dues.iter().map(|d| d.due).chain(receipts.iter().map(|r| r.on)).filter(|day| *day <= today).collect();
    days.sort_unstable();
    days.dedup();
    let mut credit = Pence::ZERO;
    for day in days {
        let received: Pence = receipts.iter().filter(|r| r.on == day).map(|r| r.amount).sum();
        credit = settle(&mut outstanding, credit + received, day, order).left_over;
    }
    let instalments: Vec<Overdue> = outstanding
        .into_iter()
        .filter(|d| d.due < today && d.total() > Pence::ZERO)
        .map(|d| Overdue { outstanding: d, days: (today - d.due).num_days() })
        .collect();
    let within = |from: i64, to: Option<i64>| {
        let inside = |days: i64| days >= from && to.is_none_or(|to| days <= to);
        instalments.iter().filter(|o| inside(o.days)).map(|o| o.outstanding.total()).sum()
    };
    let buckets = buckets
        .iter()
        .enumerate()
        .map(|(index, from)| {
            let to_day = buckets.get(index + 1).map(|next| next - 1);
            Bucket { from_day: *from, to_day, amount: within(*from, to_day) }
        })
        .collect();
    Arrears {
        days_past_due: instalments.first().map_or(0, |o| o.days),
        overdue: instalments.iter().map(|o| o.outstanding.total()).sum(),
        buckets,
        instalments,
        credit,
    }
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

    fn due(instalment: u32, on: &str, fee: i64, interest: i64, principal: i64) -> Due {
        Due { instalment, due: date(on), fee: Pence(fee), interest: Pence(interest), principal: Pence(principal) }
    }

    fn three() -> Vec<Due> {
        vec![
            due(1, "2026-01-31", 500, 1_000, 10_000),
            due(2, "2026-02-28", 0, 900, 10_000),
            due(3, "2026-03-31", 0, 800, 10_000),
        ]
    }

    #[test]
    fn a_receipt_pays_fees_then_interest_then_principal_of_the_oldest_instalment() {
        let paid = allocate(&three(), Pence(12_000), date("2026-03-01"), Order::default());
        let lines: Vec<_> = paid.lines.iter().map(|l| (l.instalment, l.component, l.amount.0)).collect();
        assert_eq!(
            lines,
            [
                (1, Component::Fee, 500),
                (1, Component::Interest, 1_000),
                (1, Component::Principal, 10_000),
                (2, Component::Interest, 500),
            ]
        );
        assert_eq!(paid.left_over, Pence::ZERO);
    }

    #[test]
    fn an_agreement_may_put_all_interest_before_any_principal() {
        let order = Order { across: Across::Component, ..Order::default() };
        let paid = allocate(&three(), Pence(2_500), date("2026-03-01"), order);
        assert_eq!(paid.to(Component::Interest), Pence(1_900));
        assert_eq!(paid.to(Component::Principal), Pence(100));
    }

    #[test]
    fn what_is_not_due_yet_is_not_paid_and_the_overpayment_is_left_over() {
        let paid = allocate(&three(), Pence(50_000), date("2026-02-28"), Order::default());
        assert_eq!(paid.left_over, Pence(50_000 - 11_500 - 10_900));
        assert_eq!(allocate(&three(), Pence(-5), date("2026-02-28"), Order::default()).lines, []);
    }

    #[test]
    fn days_past_due_run_from_the_oldest_unpaid_instalment_and_not_on_the_due_date() {
        let at =
            |today: &str, receipts: &[Receipt]| arrears(&three(), receipts, Order::default(), date(today), &BUCKETS);
        assert_eq!(at("2026-01-31", &[]).days_past_due, 0);
        assert_eq!(at("2026-02-01", &[]).days_past_due, 1);
        let late = at("2026-04-10", &[Receipt { on: date("2026-02-10"), amount: Pence(11_500) }]);
        assert_eq!((late.days_past_due, late.overdue), (41, Pence(21_700)));
        let amounts: Vec<i64> = late.buckets.iter().map(|b| b.amount.0).collect();
        assert_eq!(amounts, [10_800, 10_900, 0, 0]);
        assert_eq!(late.buckets[3].to_day, None);
    }

    #[test]
    fn money_received_early_pays_the_next_instalments_as_they_fall_due() {
        let early = [Receipt { on: date("2026-01-02"), amount: Pence(22_400) }];
        let at = |today: &str| arrears(&three(), &early, Order::default(), date(today), &BUCKETS);
        assert_eq!(at("2026-01-10").credit, Pence(22_400));
        assert_eq!(at("2026-02-01").credit, Pence(10_900));
        assert_eq!((at("2026-03-31").overdue, at("2026-03-31").credit), (Pence::ZERO, Pence::ZERO));
        assert_eq!(at("2026-04-01").overdue, Pence(10_800));
    }

    proptest! {
        #[test]
        fn every_penny_received_is_allocated_or_left_over(
            parts in prop::collection::vec((0_i64..500, 0_i64..5_000, 0_i64..50_000), 1..20),
            amounts in prop::collection::vec((0_u64..900, 0_i64..60_000), 0..20),
            across in prop_oneof![Just(Across::OldestInstalment), Just(Across::Component)],
            day in 0_u64..900,
        ) {
            let start = date("2026-01-01");
            let dues: Vec<Due> = (1_u32..).zip(&parts).map(|(number, (fee, interest, principal))| Due {
                instalment: number,
                due: start + Days::new(u64::from(number) * 30),
                fee: Pence(*fee), interest: Pence(*interest), principal: Pence(*principal),
            }).collect();
            let order = Order { across, ..Order::default() };
            let today = start + Days::new(day);
            for (_, amount) in &amounts {
                let paid = allocate(&dues, Pence(*amount), today, order);
                prop_assert_eq!(paid.lines.iter().map(|l| l.amount).sum::<Pence>() + paid.left_over, Pence(*amount));
            }
            let receipts: Vec<Receipt> = amounts.iter()
                .map(|(day, amount)| Receipt { on: start + Days::new(*day), amount: Pence(*amount) }).collect();
            let stand = arrears(&dues, &receipts, order, today, &BUCKETS);
            let received: Pence = receipts.iter().filter(|r| r.on <= today).map(|r| r.amount).sum();
            let fallen_due: Pence = dues.iter().filter(|d| d.due < today).map(Due::total).sum();
            let due_today: Pence = dues.iter().filter(|d| d.due == today).map(Due::total).sum();
            prop_assert_eq!(stand.buckets.iter().map(|b| b.amount).sum::<Pence>(), stand.overdue);
            prop_assert!(stand.overdue >= fallen_due - received);
            prop_assert!(stand.overdue + received - stand.credit <= fallen_due + due_today);
            prop_assert!(stand.overdue.is_zero() || stand.credit.is_zero());
        }
    }
}
