//! Whether an enterprise can carry a loan.

use super::{Line, percent, ratio, sum_of};
use crate::finance::affordability::{Affordability, CashMonth, Stress};
use crate::finance::refusal::total;
use crate::values::Pence;

/// The sheet month by month, cover and break-even.
#[must_use]
pub fn affordability(sheet: &[CashMonth], opening_cash: Pence, found: &Affordability) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut before = opening_cash;
    for (number, (month, after)) in sheet.iter().zip(&found.balance).enumerate() {
        let moves = [month.revenue, -month.variable_costs, -month.fixed_costs, -month.other_debt, -month.service];
        let formula = format!("{before}{}", signed(&moves));
        lines.push(Line::new(format!("Cash after month {}", number + 1), formula, after.to_string()));
        before = *after;
    }
    lines.push(Line::new("Lowest cash", "the least of the amounts above", found.lowest.to_string()));
    let column = |of: fn(&CashMonth) -> Pence| total(sheet.iter().map(of)).unwrap_or(Pence::ZERO);
    let (revenue, variable, fixed) = (column(|m| m.revenue), column(|m| m.variable_costs), column(|m| m.fixed_costs));
    let (other, service) = (column(|m| m.other_debt), column(|m| m.service));
    let cash = Line::new(
        "Cash before debt service",
        sum_of(&[revenue, -variable, -fixed]),
        (revenue - variable - fixed).to_string(),
    );
    lines.push(cash);
    lines.push(Line::new("Debt service", sum_of(&[other, service]), (other + service).to_string()));
    lines.push(match found.cover {
        Some(cover) => {
            Line::new("Cover", format!("{} / {}", revenue - variable - fixed, other + service), ratio(cover))
        }
        None => Line::new("Cover", "", "not available: there is no debt service"),
    });
    if let Some(least) = found.least_cover {
        lines.push(Line::new("Least cover of any twelve months", "", ratio(least)));
    }
    lines.push(match found.break_even {
        Some(part) => {
            let formula = format!("({}) / ({})", sum_of(&[fixed, other, service]), sum_of(&[revenue, -variable]));
            Line::new("Part of the revenue at which cash is even", formula, percent(part))
        }
        None => Line::new(
            "Part of the revenue at which cash is even",
            "",
            "not available: a sale costs more than it brings",
        ),
    });
    lines.push(match found.runway {
        Some(0) => Line::new("Runway", "", "cash runs out in the first month"),
        Some(months) => Line::new("Runway", "", format!("{months} whole months")),
        None => Line::new("Runway", "", "cash does not run out in this sheet"),
    });
    lines
}

/// A worse course in one line.
#[must_use]
pub fn stressed(stress: &Stress, found: &Affordability) -> Line {
    let course = match (stress.less.is_zero(), stress.late) {
        (false, 0) => format!("Revenue −{}", percent(stress.less)),
        (_, late) => format!("Revenue {late} months late"),
    };
    let cover = found.cover.map_or_else(|| "no debt service".to_owned(), |c| format!("cover {}", ratio(c)));
    let runway = match found.runway {
        Some(months) => format!("cash runs out after {months} months"),
        None => "cash does not run out".to_owned(),
    };
    Line::new(course, "", format!("{cover}, lowest cash {}, {runway}", found.lowest))
}

fn signed(amounts: &[Pence]) -> String {
    let term = |amount: &Pence| if amount.0 < 0 { format!(" − {}", -*amount) } else { format!(" + {amount}") };
    amounts.iter().filter(|amount| !amount.is_zero()).map(term).collect()
}
