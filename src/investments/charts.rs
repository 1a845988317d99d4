//! The charts of an investment's pages, from its plan of payments and its promises.

use super::plan::Line;
use crate::compliance::{Promise, Stood};
use crate::error::Result;
use crate::http::chart::{Heading, Lane, Lanes, PlanColumns, PlannedPayment, Stretch, StretchKind};
use crate::values::time::distance;
use crate::values::{LocalDate, Pence};

/// Days of a month, a quarter or a year as a plan counts them.
fn period(months: u32) -> &'static str {
    match months {
        1 => "month",
        3 => "quarter",
        6 => "half-year",
        12 => "year",
        _ => "payment",
    }
}

/// "October 2031".
pub(super) fn month(date: LocalDate) -> String {
    date.format("%B %Y").to_string()
}

/// What one learns from a plan, in a few words.
fn finding(lines: &[Line], level: Option<Pence>) -> String {
    let Some(last) = lines.last() else { return "No payment is planned yet".to_owned() };
    let number = lines.len();
    if lines.iter().all(Line::is_paid) {
        return if number == 1 { "The payment is made".to_owned() } else { format!("All {number} payments are made") };
    }
    let holidays = lines.iter().filter(|l| l.holiday).count();
    let after: Vec<Pence> = lines.iter().filter(|l| !l.holiday).map(Line::payment).collect();
    let end = month(last.due);
    let all_at_end = number > 1 && lines.iter().filter(|l| !l.capital.is_zero()).count() == 1 && holidays == 0;
    let then = if all_at_end {
        format!("interest until {end}, then the whole sum")
    } else if level.is_some() {
        format!("level payments to {end}")
    } else if after.first() > after.last() {
        format!("payments that fall until {end}")
    } else {
        format!("{} payments to {end}", after.len())
    };
    let sentence = match holidays {
        0 => then,
        1 => format!("interest only once, then {then}"),
        n => format!("interest only {n} times, then {then}"),
    };
    capital(&sentence)
}

/// The same words with a capital letter.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|c| c.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// The plan of payments as columns; nothing without a plan.
///
/// # Errors
/// None in practice: writing to a string.
pub(super) fn plan(lines: &[Line], period_months: u32, today: LocalDate) -> Result<String> {
    if lines.is_empty() {
        return Ok(String::new());
    }
    let payments = lines
        .iter()
        .map(|l| PlannedPayment {
            on: l.due,
            interest: l.interest + l.fee,
            capital: l.capital,
            interest_paid: l.interest + l.fee - l.left.interest - l.left.fee,
            capital_paid: l.capital - l.left.principal,
            holiday: l.holiday,
        })
        .collect();
    let mut chart = PlanColumns {
        heading: Heading::new("plan", "Payments of the plan, paid and still to come", "", ""),
        period: period(period_months),
        payments,
        today,
    };
    chart.heading.finding = finding(lines, chart.level());
    Ok(chart.render()?)
}

/// What one learns from the course of the promises: what is missed now, or what was and is put right.
pub(super) fn course_finding(promises: &[Promise], from: LocalDate, today: LocalDate) -> String {
    let unsettled: usize = promises.iter().map(|p| p.unsettled).sum();
    let misses: usize = promises.iter().map(|p| p.misses).sum();
    let span = match (today - from).num_days() {
        ..=0 => "so far".to_owned(),
        1 => "since yesterday".to_owned(),
        _ => format!("in {}", distance(today, from).trim_end_matches(" ago")),
    };
    let count = |n: usize| if n == 1 { "One miss".to_owned() } else { format!("{n} misses") };
    match (misses, unsettled) {
        (0, _) => format!("Nothing missed {span}"),
        (n, 0) => format!("{} {span}, {}", count(n), if n == 1 { "put right" } else { "all put right" }),
        (n, 1) => format!("{} {span}, one not put right", count(n)),
        (n, open) => format!("{} {span}, {open} not put right", count(n)),
    }
}

/// The promises over time, one lane each; nothing without promises.
///
/// # Errors
/// None in practice: writing to a string.
pub(super) fn course(promises: &[Promise], from: LocalDate, today: LocalDate) -> Result<String> {
    if promises.is_empty() {
        return Ok(String::new());
    }
    let lanes = promises
        .iter()
        .map(|p| Lane {
            name: p.obligation.title.clone(),
            words: p.course(today),
            stretches: p
                .stretches
                .iter()
                .map(|s| Stretch {
                    from: s.from,
                    until: s.until,
                    kind: match s.stood {
                        Stood::Open => StretchKind::Open,
                        Stood::Kept => StretchKind::Kept,
                        Stood::Broken => StretchKind::Broken,
                    },
                })
                .collect(),
        })
        .collect();
    let number = promises.len();
    let name = if number == 1 { "condition".to_owned() } else { format!("{number} conditions") };
    let chart = Lanes {
        heading: Heading::new(
            "course",
            format!("State of the {name} over time"),
            course_finding(promises, from, today),
            "Each line is a condition, from the first payment to today.",
        ),
        lanes,
        from,
        today,
    };
    Ok(chart.render()?)
}
