//! What of a fund needs a person today.

use super::model::{FundReturns, Holding, days_late};
use crate::compliance::{AttentionKind, Pressing};
use crate::investments::{InvestmentState, ProposalState, Standing};
use crate::values::time::{distance, medium_date};
use crate::values::{LocalDate, Pence};
use chrono::Months;

/// Something that needs a person.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Word of its tag.
    pub word: String,
    /// Colour of its tag.
    pub colour: &'static str,
    /// Which enterprise.
    pub name: String,
    /// What is the matter.
    pub text: String,
    /// Where to go.
    pub href: String,
    /// Words of the link.
    pub link: &'static str,
}

/// Figures to be checked that are told one by one.
const SHOWN: usize = 3;

/// What needs a person, the worst first: breaches and arrears, yearly figures that payments hang on and nobody reported,
/// misses and overdue figures, evidence to be checked, overdue conditions before payment, proposals waiting, values older
/// than a year, what is to be refunded.
#[must_use]
pub(super) fn attention(returns: &FundReturns) -> Vec<Attention> {
    let on = returns.on;
    let mut items = Vec::new();
    pressing(returns, AttentionKind::Breach, &mut items);
    let mut late: Vec<&Holding> = returns.holdings.iter().filter(|h| h.standing == Standing::InArrears).collect();
    late.sort_by_key(|h| std::cmp::Reverse(h.days_late));
    for h in late {
        items.push(Attention {
            word: days_late(h.days_late),
            colour: "red",
            name: h.name.clone(),
            text: format!("{} is overdue.", h.overdue),
            href: page(h),
            link: "Record a call or payment",
        });
    }
    for h in &returns.holdings {
        items.extend(not_reported(h, on));
    }
    for kind in [AttentionKind::Overdue, AttentionKind::Missed, AttentionKind::ToVerify] {
        pressing(returns, kind, &mut items);
    }
    for h in &returns.holdings {
        let overdue = h.overdue_precedents;
        if overdue > 0 && h.book.investment.closed_on.is_none() {
            items.push(Attention {
                word: "Overdue".to_owned(),
                colour: "red",
                name: h.name.clone(),
                text: format!("{overdue} of the conditions before payment should have been verified by now."),
                href: page(h),
                link: "See the conditions",
            });
        }
    }
    for h in &returns.holdings {
        decisions(h, on, &mut items);
    }
    for h in returns.holdings.iter().filter(|h| h.book.to_refund() > Pence::ZERO) {
        items.push(Attention {
            word: "To refund".to_owned(),
            colour: "yellow",
            name: h.name.clone(),
            text: format!("{} came in above all that was due and is to be refunded.", h.book.to_refund()),
            href: format!("{}#refund", page(h)),
            link: "Record the refund",
        });
    }
    items
}

/// Yearly figures that say what is to be paid and were not reported by the day of the payment: one line, with the earliest.
fn not_reported(h: &Holding, on: LocalDate) -> Option<Attention> {
    let missing = h.book.missing_figures(on);
    let first = missing.first()?;
    let others = match missing.len() {
        1 => String::new(),
        2 => " That of one more year is missing too.".to_owned(),
        n => format!(" Those of {} more years are missing too.", n - 1),
    };
    Some(Attention {
        word: "Not reported".to_owned(),
        colour: "red",
        name: h.name.clone(),
        text: format!(
            "the yearly figure for the payment due on {} is not reported, so nobody knows what is to be paid.{others}",
            medium_date(*first)
        ),
        href: page(h),
        link: "Ask for it, or report it",
    })
}

fn page(h: &Holding) -> String {
    format!("/investments/{}", h.book.investment.id)
}

/// Proposals that wait for a second person, and a value that is old.
fn decisions(h: &Holding, on: LocalDate, items: &mut Vec<Attention>) {
    let drawdown = h.book.drawdowns.iter().any(|d| d.state == ProposalState::Proposed);
    let value = h.book.valuations.iter().any(|v| v.state == ProposalState::Proposed);
    if drawdown || h.change_open || h.cancelling || value {
        let what = match (drawdown, h.change_open) {
            (true, _) => "a payment out",
            (_, true) => "a change of the loan",
            _ if h.cancelling => "cancelling it",
            _ => "a value",
        };
        items.push(Attention {
            word: "To decide".to_owned(),
            colour: "yellow",
            name: h.name.clone(),
            text: format!("{what} waits for a committee member."),
            href: page(h),
            link: "Decide",
        });
    }
    let year_ago = on.checked_sub_months(Months::new(12)).unwrap_or(on);
    let valued = h.book.valuations.iter().filter(|v| v.state == ProposalState::Approved).map(|v| v.valued_on).max();
    let since = valued.or_else(|| h.book.paid_out().map(|d| d.pay_on).min());
    if h.book.investment.state == InvestmentState::Running && since.is_some_and(|s| s < year_ago) {
        items.push(Attention {
            word: "Old value".to_owned(),
            colour: "yellow",
            name: h.name.clone(),
            text: valued.map_or_else(
                || "paid out over a year ago and never valued.".to_owned(),
                |on| format!("last valued on {}.", medium_date(on)),
            ),
            href: page(h),
            link: "Value this holding",
        });
    }
}

/// Due dates of one kind that press, the earliest first. A promise with several of them stands once, with the earliest.
fn pressing(returns: &FundReturns, kind: AttentionKind, items: &mut Vec<Attention>) {
    let mut found: Vec<(&Holding, &Pressing, usize)> = Vec::new();
    for h in returns.holdings.iter().filter(|h| h.counts_promises()) {
        for p in h.conditions.pressing.iter().filter(|p| p.kind == kind) {
            match found.iter_mut().find(|(_, other, _)| other.due.obligation_id == p.due.obligation_id) {
                Some((.., more)) => *more += 1,
                None => found.push((h, p, 0)),
            }
        }
    }
    found.sort_by_key(|(_, p, _)| p.due.due_on);
    // What only waits to be read is told by its oldest few, so that it does not bury what is wrong.
    let shown = if kind == AttentionKind::ToVerify && found.len() > SHOWN + 1 { SHOWN } else { found.len() };
    for (h, p, more) in found.iter().take(shown) {
        items.push(told(h, p, *more, returns.on));
    }
    if found.len() > shown {
        items.push(Attention {
            word: "To check".to_owned(),
            colour: "blue",
            name: format!("{} more", found.len() - shown),
            text: "figures are in and wait for somebody to check their evidence.".to_owned(),
            href: "/compliance".to_owned(),
            link: "See all that wait",
        });
    }
}

fn told(h: &Holding, p: &Pressing, more: usize, on: LocalDate) -> Attention {
    let due = &p.due;
    let title = &p.title;
    let was_due = format!("“{title}” was due on {}, {}", medium_date(due.due_on), distance(on, due.due_on));
    let (word, colour, text, link) = match p.kind {
        AttentionKind::Breach => {
            let next = p.next_step.as_ref().map(|step| format!(" Proposed next: {step}.")).unwrap_or_default();
            ("In breach", "red", format!("{was_due}, and was not put right.{next}"), "Take the next step")
        }
        AttentionKind::Overdue => ("Overdue", "red", format!("the figure for {was_due}."), "See what is owed"),
        AttentionKind::Missed => {
            let by = due.cure_by.map(|by| format!(" It can be put right until {}.", medium_date(by)));
            ("Missed", "orange", format!("{was_due}.{}", by.unwrap_or_default()), "See what is owed")
        }
        AttentionKind::ToVerify => (
            "To check",
            "blue",
            format!("evidence for “{title}”, {}, is in; nobody has checked it yet.", due.period),
            "Check the evidence",
        ),
    };
    let others = match more {
        0 => String::new(),
        1 => " One more period stands the same.".to_owned(),
        n => format!(" {n} more periods stand the same."),
    };
    Attention {
        word: word.to_owned(),
        colour,
        name: h.name.clone(),
        text: format!("{text}{others}"),
        href: format!("/compliance/dues/{}", due.id),
        link,
    }
}
