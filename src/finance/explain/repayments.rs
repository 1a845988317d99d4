//! Shares of revenue, and what receipts were put to.

use super::{Line, percent, sum_of};
use crate::finance::instruments::revenue_share::{Ending, RevenuePeriod, RevenueShare, SharePayment, Standing};
use crate::finance::receipts::{AccountState, Entry, Head};
use crate::values::{LocalDate, Pence, Share};

/// Each payment of a revenue share: the regular part within floor and ceiling, what is settled, the room to the cap.
#[must_use]
pub fn revenue_share(
    terms: &RevenueShare,
    periods: &[RevenuePeriod],
    payments: &[SharePayment],
    standing: &Standing,
) -> Vec<Line> {
    let mut periods = periods.to_vec();
    periods.sort_by_key(|p| p.due);
    let mut lines = Vec::new();
    let (mut last_known, mut paid, mut carried) = (Pence::ZERO, Pence::ZERO, Pence::ZERO);
    for (period, payment) in periods.iter().zip(payments) {
        let revenue = period.revenue.unwrap_or(last_known);
        last_known = revenue;
        let share = share_on(terms, period.due);
        let within = match terms.ceiling {
            Some(ceiling) => format!("at least {} and at most {ceiling}", terms.floor),
            None => format!("at least {}", terms.floor),
        };
        for (earlier, first) in periods.iter().zip(payments).take_while(|(p, _)| p.due < period.due) {
            let mut before = first.regular;
            for (with, revenue) in earlier.later_figures() {
                let instead = regular(terms, revenue, earlier.due);
                if with == period.due {
                    lines.push(Line::new(
                        format!("Settled with {}, for {}", period.due, earlier.due),
                        format!("{instead} for revenue of {revenue}, instead of {before}"),
                        (instead - before).to_string(),
                    ));
                }
                before = instead;
            }
        }
        let kind = if payment.provisional { "revenue last reported" } else { "revenue" };
        lines.push(Line::new(
            format!("Regular payment {}", period.due),
            format!("{} × {kind} {revenue}, {within}", percent(share.get())),
            payment.regular.to_string(),
        ));
        let room = payment.cap - paid;
        lines.push(Line::new(
            format!("Payable {}", period.due),
            format!(
                "regular {} + settled {} + carried {carried}, at most cap {} − paid {paid} = {room}",
                payment.regular, payment.true_up, payment.cap
            ),
            payment.payable.to_string(),
        ));
        let wanted = payment.regular + payment.true_up + carried;
        carried = if wanted > room { Pence::ZERO } else { wanted - payment.paid + payment.refund };
        if payment.paid != payment.payable || !payment.refund.is_zero() {
            let what = format!("Paid {}", period.due);
            lines.push(Line::new(
                what,
                format!("received, of which {} is given back", payment.refund),
                payment.paid.to_string(),
            ));
        }
        paid = payment.paid_to_date;
    }
    let each: Vec<Pence> = payments.iter().map(|p| p.paid - p.refund).collect();
    lines.push(Line::new("Paid in all", sum_of(&each), paid.to_string()));
    let drawn: Pence = terms.draws.iter().map(|d| d.amount).sum();
    let cap = Pence::round_pence(drawn.decimal().saturating_mul(terms.multiple)).unwrap_or(Pence::ZERO);
    lines.push(Line::new("Cap", format!("{} × drawn {drawn}", terms.multiple), cap.to_string()));
    let (word, left) = match standing {
        Standing::Running(left) => ("Left to the cap, payments go on", *left),
        Standing::Complete => ("Left to the cap, complete", Pence::ZERO),
        Standing::Forgiven(left) => ("Left to the cap, forgiven on the last day", *left),
        Standing::Balloon(left) => ("Left to the cap, due on the last day", *left),
        Standing::TermLoan(left) => ("Left to the cap, becomes a term loan", *left),
    };
    lines.push(Line::new(word, format!("{cap} − {paid}"), left.to_string()));
    lines
}

fn share_on(terms: &RevenueShare, due: LocalDate) -> Share {
    match terms.ending {
        Ending::ShareRises(share) if due > terms.long_stop => share,
        _ => terms.share,
    }
}

/// Share × revenue within floor and ceiling.
fn regular(terms: &RevenueShare, revenue: Pence, due: LocalDate) -> Pence {
    let exact = revenue.max(Pence::ZERO).decimal().saturating_mul(share_on(terms, due).get());
    let part = Pence::round_pence(exact).unwrap_or(Pence::ZERO).max(terms.floor);
    terms.ceiling.map_or(part, |ceiling| part.min(ceiling))
}

/// What every receipt was put to, and that nothing is lost: received − refunded = put to something + credit.
#[must_use]
pub fn account(entries: &[Entry], found: &AccountState) -> Vec<Line> {
    let reversed = |place: usize| entries.iter().any(|e| matches!(e, Entry::Reversed { entry } if *entry == place));
    let mut lines = Vec::new();
    let mut moved = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let (what, amount) = match entry {
            Entry::Received { on, amount } => (format!("Received {on}"), *amount),
            Entry::Refunded { on, amount } => (format!("Refunded {on}"), -*amount),
            Entry::Reversed { entry } => {
                lines.push(Line::new(format!("Entry {entry} reversed"), "", "as if it had never been"));
                continue;
            }
        };
        if !reversed(place) {
            moved.push(amount);
            lines.push(Line::new(what, "", amount.to_string()));
        }
    }
    for posting in &found.postings {
        let head = match posting.head {
            Head::Fee => "fee",
            Head::DefaultInterest => "default interest",
            Head::Interest => "interest",
            Head::Principal => "principal",
        };
        let to = posting.instalment.map_or_else(|| head.to_owned(), |n| format!("{head} of instalment {n}"));
        lines.push(Line::new(format!("Put to {to} on {}", posting.on), "", posting.amount.to_string()));
    }
    let put: Vec<Pence> = found.postings.iter().map(|p| p.amount).collect();
    let (all, spent): (Pence, Pence) = (moved.iter().copied().sum(), put.iter().copied().sum());
    lines.push(Line::new("Received less refunded", sum_of(&moved), all.to_string()));
    lines.push(Line::new("Put to something", sum_of(&put), spent.to_string()));
    lines.push(Line::new("Credit", format!("{all} − {spent}"), found.credit.to_string()));
    let late: Vec<Pence> = found.buckets.iter().map(|b| b.amount).collect();
    for bucket in &found.buckets {
        let days = bucket
            .to_day
            .map_or_else(|| format!("{} days or more", bucket.from_day), |to| format!("{}–{to} days", bucket.from_day));
        lines.push(Line::new(format!("Overdue {days}"), "", bucket.amount.to_string()));
    }
    lines.push(Line::new("Overdue", sum_of(&late), found.overdue.to_string()));
    lines.push(Line::new("Default interest owed", "", found.default_interest.to_string()));
    lines
}
