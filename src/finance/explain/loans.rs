//! Loan schedules.

use super::{Line, exact_pounds, factor, percent, sum_of};
use crate::finance::loan::{InterestPart, LoanRow, LoanSchedule};
use crate::values::Pence;

/// Every row of a schedule: interest part by part, what is paid, the balance; then the totals and how they tie together.
#[must_use]
pub fn schedule(found: &LoanSchedule) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, loan) in found.loans.iter().enumerate() {
        let of = if found.loans.len() > 1 { format!(", tranche {}", index + 1) } else { String::new() };
        lines.extend(rows(loan, &of));
    }
    let t = &found.totals;
    let column = |of: fn(&LoanRow) -> Pence| -> Vec<Pence> {
        found.loans.iter().flatten().map(of).filter(|amount| !amount.is_zero()).collect()
    };
    lines.push(Line::new("Drawn", sum_of(&column(|r| r.drawn)), t.drawn.to_string()));
    lines.push(Line::new("Interest", sum_of(&column(|r| r.accrued)), t.accrued.to_string()));
    lines.push(Line::new("Interest paid", sum_of(&column(|r| r.interest_paid)), t.interest_paid.to_string()));
    lines.push(Line::new("Fees paid", sum_of(&column(|r| r.fees)), t.fees.to_string()));
    let repaid = [t.principal, t.prepaid];
    lines.push(Line::new("Principal repaid", sum_of(&repaid), (t.principal + t.prepaid).to_string()));
    let owed = [t.drawn, t.capitalised, t.arrears_added, t.fees_added, -t.written_off];
    let named = "drawn + capitalised + arrears added + fees added − written off";
    lines.push(Line::new(
        "What had to be repaid",
        format!("{named} = {}", sum_of(&owed)),
        owed.iter().copied().sum::<Pence>().to_string(),
    ));
    lines
}

/// Rows one by one, each named with some words after its number and day.
#[must_use]
pub fn rows(loan: &[LoanRow], of: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for row in loan {
        row_lines(row, of, &mut lines);
    }
    lines
}

fn row_lines(row: &LoanRow, of: &str, lines: &mut Vec<Line>) {
    let at = format!("{} ({}){of}", row.number, row.due);
    let interest = if row.parts.is_empty() {
        "no interest runs in this period".to_owned()
    } else {
        row.parts.iter().map(part).collect::<Vec<_>>().join(" + ")
    };
    lines.push(Line::new(format!("Interest, period {at}"), interest, row.accrued.to_string()));
    let paid = [row.interest_paid, row.principal, row.payment - row.interest_paid - row.principal];
    let before = row.fees - paid[2];
    if !before.is_zero() {
        lines.push(Line::new(format!("Fees paid before {at}, on their days"), "", before.to_string()));
    }
    let formula = format!("interest {} + principal {} + fees {}", paid[0], paid[1], paid[2]);
    lines.push(Line::new(format!("Payment {at}"), formula, row.payment.to_string()));
    let mut balance = format!("{}", row.opening);
    for (name, amount, sign) in [
        ("drawn", row.drawn, '+'),
        ("fees added", row.fees_added, '+'),
        ("interest added", row.capitalised, '+'),
        ("arrears added", row.arrears_added, '+'),
        ("principal", row.principal, '−'),
        ("prepaid", row.prepaid, '−'),
        ("written off", row.written_off, '−'),
    ] {
        if !amount.is_zero() {
            balance = format!("{balance} {sign} {name} {amount}");
        }
    }
    lines.push(Line::new(format!("Balance after {at}"), balance, row.closing.to_string()));
    for (name, amount) in [("Interest still owed", row.interest_owed), ("Principal overdue", row.overdue)] {
        if !amount.is_zero() {
            lines.push(Line::new(format!("{name} after {at}"), "", amount.to_string()));
        }
    }
}

fn part(part: &InterestPart) -> String {
    let days = (part.to - part.from).num_days();
    format!("{} × {} × {} years ({days} days)", exact_pounds(part.base), percent(part.rate), factor(part.years))
}
