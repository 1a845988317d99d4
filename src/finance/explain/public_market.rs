//! A fund against a public index.

use super::{Line, factor, percent, pounds_shown};
use crate::finance::irr::Xirr;
use crate::finance::measures::{Side, TypedFlow};
use crate::finance::pme::{Level, PublicEquivalent, level_on};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;

/// Every flow grown to the end with the index, and the ratio of Kaplan and Schoar.
#[must_use]
pub fn kaplan_schoar(flows: &[TypedFlow], nav: Pence, index: &[Level], on: LocalDate, found: Decimal) -> Vec<Line> {
    let Ok(last) = level_on(index, on) else { return Vec::new() };
    let mut lines = Vec::new();
    let (mut paid, mut back) = (Decimal::ZERO, Decimal::ZERO);
    let mut seen: Vec<&TypedFlow> = flows.iter().filter(|f| f.on <= on && f.kind.side() != Side::NoCash).collect();
    seen.sort_by_key(|f| f.on);
    for flow in seen {
        let Ok(then) = level_on(index, flow.on) else { continue };
        let grown = flow.amount.pounds().saturating_mul(last.checked_div(then).unwrap_or(Decimal::ONE));
        let side = if flow.kind.side() == Side::PaidIn {
            paid = paid.saturating_add(grown);
            "paid in"
        } else {
            back = back.saturating_add(grown);
            "distributed"
        };
        let formula = format!("{} × {last} / {then}", flow.amount);
        lines.push(Line::new(format!("{} {side}, grown with the index", flow.on), formula, shown(grown)));
    }
    lines.push(Line::new("Paid in, grown with the index", "the sum of those paid in above", shown(paid)));
    lines.push(Line::new("Distributed, grown with the index", "the sum of those distributed above", shown(back)));
    let formula = format!("({} + {nav}) / {}", shown(back), shown(paid));
    lines.push(Line::new("Kaplan–Schoar", formula, found.to_string()));
    lines
}

/// One method that gives a rate of the index beside the fund's.
#[must_use]
pub fn equivalent(method: &str, found: &PublicEquivalent) -> Vec<Line> {
    let mut lines = vec![Line::new(format!("{method}: held in the index at the end"), "", found.nav.to_string())];
    if let Some(scale) = found.scale {
        lines.push(Line::new(format!("{method}: distributions scaled by"), "", factor(scale)));
    }
    let shown = |rate: &Xirr| rate.rate().map_or_else(|| rate.sentence().unwrap_or("none").to_owned(), percent);
    lines.push(Line::new(format!("{method}: rate of the index"), "", shown(&found.index)));
    if let Some((fund, index)) = found.fund.rate().zip(found.index.rate()) {
        let formula = format!("fund {} − index {}", percent(fund), percent(index));
        lines.push(Line::new(format!("{method}: fund above the index"), formula, percent(fund - index)));
    }
    lines
}

/// Direct Alpha.
#[must_use]
pub fn direct_alpha(found: &Xirr) -> Line {
    let result = found.rate().map_or_else(|| found.sentence().unwrap_or("none").to_owned(), percent);
    Line::new("Direct Alpha", "the rate of return of the grown flows and the net asset value", result)
}

fn shown(pounds: Decimal) -> String {
    pounds_shown(round_half_up(pounds, 8))
}
