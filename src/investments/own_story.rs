//! An investment in words for its enterprise: whether it is on time, what it still has of the fund, its terms.

use super::book::{Book, Standing};
use super::charts::{capital, month};
use super::plan::Line;
use super::story::{part_now, rate_now};
use crate::finance::InstrumentTerms;
use crate::values::time::{distance, medium_date};
use crate::values::{LocalDate, counted};

/// The figure of what the enterprise still has of the fund: label, amount, remark.
pub(super) fn owed(book: &Book, today: LocalDate) -> (&'static str, String, &'static str) {
    let owed = book.owed(today).to_string();
    match &book.investment.terms.0.terms {
        InstrumentTerms::Loan(_) => ("You still owe", owed, "of the loan itself, without interest to come"),
        InstrumentTerms::RevenueShare(_) => {
            ("Not paid back yet", owed, "of what you were given, without the return on it")
        }
        InstrumentTerms::Convertible(_) => ("Not paid back yet", owed, "it becomes shares in a round"),
        InstrumentTerms::Equity(_) | InstrumentTerms::PreferenceShares(_) => {
            ("The council’s shares", owed, "what it paid for them; nothing of it is owed")
        }
        InstrumentTerms::CommunityShares(_) => ("The council’s shares", owed, "what your society holds of it"),
        InstrumentTerms::RecoverableGrant(_) => ("To pay back now", owed, "from the years you reported"),
        InstrumentTerms::Grant => ("To pay back", owed, "a grant does not come back"),
        InstrumentTerms::Guarantee(_) => ("Paid to your lender", owed, "by the council, and not recovered"),
    }
}

/// The terms in short for the enterprise, with what was changed since.
pub(super) fn terms(book: &Book, today: LocalDate) -> Vec<(&'static str, String)> {
    let mut terms = book.investment.terms.0.terms.facts();
    if let Some((now, since)) = rate_now(book, today)
        && let Some((_, value)) = terms.iter_mut().find(|(term, _)| *term == "Interest")
    {
        *value = format!("{now} since {}, before it {value}", medium_date(since));
    }
    terms.extend(book.changes().last().map(|(on, _)| ("Changed", format!("from {}, see below", medium_date(on)))));
    terms.extend(part_now(book).map(|(term, value, remark)| (term, format!("{value} ({remark})"))));
    terms
}

/// What the enterprise reads first: whether it is on time, and what it owes next, in pounds and dates.
pub(super) fn verdict(book: &Book, today: LocalDate) -> (String, String) {
    let loan = matches!(book.investment.terms.0.terms, InstrumentTerms::Loan(_));
    let arrears = book.arrears(today);
    let next = book.next_due(today).map(|d| {
        let words = format!("{} on {}, {}", d.total(), medium_date(d.due), distance(today, d.due));
        if arrears.overdue.is_zero() {
            format!("Your next payment is {words}.")
        } else {
            format!("After that: {words}.")
        }
    });
    match book.standing(today) {
        Standing::AwaitingDrawdown => (
            format!("{} is agreed. It is paid once the conditions below are verified.", book.investment.amount),
            String::new(),
        ),
        Standing::Repaid => {
            let text = if loan { "The loan is repaid" } else { "Everything is paid back" };
            let too_much = match book.to_refund() {
                none if none.is_zero() => String::new(),
                over => format!("You paid {over} more than was due. The council pays it back to you."),
            };
            (format!("{text}. Nothing more is owed."), too_much)
        }
        Standing::WrittenOff => ("The council expects no more payments.".to_owned(), String::new()),
        Standing::Ended => ("This agreement has ended. Nothing more is due.".to_owned(), String::new()),
        Standing::Cancelled => {
            ("The council cancelled this before anything was paid to you. You owe nothing.".to_owned(), String::new())
        }
        Standing::InArrears => {
            let days = counted(arrears.days_past_due, "days");
            (
                format!("{} is overdue, {days} for the oldest part.", arrears.overdue),
                format!(
                    "Pay it now, or tell the fund manager today what stands in the way. {}",
                    next.unwrap_or_default()
                )
                .trim_end()
                .to_owned(),
            )
        }
        Standing::Running if loan => {
            (format!("You are on time. You owe {} of the loan.", book.owed(today)), next.unwrap_or_default())
        }
        Standing::Running => ("Nothing is overdue.".to_owned(), next.unwrap_or_default()),
    }
}

/// "Last of 60 payments in October 2031".
pub(super) fn last_payment(lines: &[Line]) -> String {
    lines
        .last()
        .map(|l| capital(&format!("the last of {} payments is in {}", lines.len(), month(l.due))))
        .unwrap_or_default()
}
