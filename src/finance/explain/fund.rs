//! Measures of a fund, its concentration and its vintages.

use super::{Line, factor, quotient, sum_of, unavailable};
use crate::finance::fund::{Concentration, Holding, Vintage};
use crate::finance::measures::{Figure, FlowKind, Measures, Side, TypedFlow};
use crate::finance::refusal::over;
use crate::values::{LocalDate, Pence};

/// Paid in, distributed, net asset value and the multiples that follow from them.
#[must_use]
pub fn measures(flows: &[TypedFlow], commitment: Option<Pence>, on: LocalDate, found: &Measures) -> Vec<Line> {
    let seen: Vec<&TypedFlow> = flows.iter().filter(|f| f.on <= on).collect();
    let of = |wanted: &dyn Fn(FlowKind) -> bool| -> Vec<Pence> {
        seen.iter().filter(|f| wanted(f.kind)).map(|f| f.amount).collect()
    };
    let mut lines: Vec<Line> = seen
        .iter()
        .filter(|f| f.kind.side() != Side::NoCash)
        .map(|f| {
            let side = if f.kind.side() == Side::PaidIn { "paid in" } else { "distributed" };
            Line::new(format!("{} {}, {side}", f.on, name(f.kind)), "", f.amount.to_string())
        })
        .collect();
    let (paid, back) = (of(&|k| k.side() == Side::PaidIn), of(&|k| k.side() == Side::Distributed));
    lines.push(Line::new("Paid in", sum_of(&paid), found.paid_in.to_string()));
    lines.push(Line::new(
        "Invested, fund costs left out",
        sum_of(&of(&|k| k == FlowKind::Drawdown)),
        found.invested.to_string(),
    ));
    lines.push(Line::new("Distributed", sum_of(&back), found.distributed.to_string()));
    let held = match found.nav {
        Some(nav) => {
            let rolled = if nav.rolled_forward { ", rolled forward by what moved since" } else { "" };
            lines.push(Line::new("Net asset value", "", format!("{}, valued on {}{rolled}", nav.value, nav.valued_on)));
            nav.value
        }
        None => Pence::ZERO,
    };
    lines.push(quotient("DPI, distributed / paid in", found.distributed, found.paid_in, found.dpi));
    lines.push(quotient("RVPI, net asset value / paid in", held, found.paid_in, found.rvpi));
    lines.push(match (found.dpi, found.rvpi, found.tvpi) {
        (Figure::Known(d), Figure::Known(r), Figure::Known(t)) => {
            Line::new("TVPI, DPI + RVPI", format!("{d} + {r}"), t.to_string())
        }
        (_, _, Figure::NotAvailable(why)) => unavailable("TVPI, DPI + RVPI", why),
        _ => Line::new("TVPI, DPI + RVPI", "", "not available"),
    });
    lines.push(quotient("PICC, paid in / commitment", found.paid_in, commitment.unwrap_or(Pence::ZERO), found.picc));
    lines.push(quotient(
        "MOIC, (distributed + net asset value) / invested",
        found.distributed + held,
        found.invested,
        found.moic,
    ));
    lines
}

/// The squared parts that make the index of concentration, the five largest, sectors and wards.
#[must_use]
pub fn concentration(holdings: &[Holding], found: &Concentration) -> Vec<Line> {
    let whole: Pence = holdings.iter().map(|h| h.value).sum();
    let mut lines: Vec<Line> = holdings
        .iter()
        .filter_map(|h| {
            let part = over(h.value, whole)?;
            let formula = format!("({} / {whole})² = {}²", h.value, factor(part));
            Some(Line::new(format!("Part of {}, squared", h.name), formula, factor(part.checked_mul(part)?)))
        })
        .collect();
    let figure = |what: &str, working: &str, figure: Figure| match figure {
        Figure::Known(value) => Line::new(what, working, value.to_string()),
        Figure::NotAvailable(why) => unavailable(what, why),
    };
    lines.push(figure("Herfindahl index", "the sum of the squares above, to 4 places", found.herfindahl));
    lines.push(figure("Five largest holdings", "", found.top_five));
    lines.extend(found.sectors.iter().map(|(name, part)| figure(&format!("Sector {name}"), "", *part)));
    lines.extend(found.wards.iter().map(|(name, part)| figure(&format!("Ward {name}"), "", *part)));
    lines
}

/// Vintages.
#[must_use]
pub fn vintages(found: &[Vintage]) -> Vec<Line> {
    found
        .iter()
        .map(|v| {
            let multiple = match v.multiple {
                Figure::Known(value) => format!("(received + value) / paid out {}, multiple {value}", v.invested),
                Figure::NotAvailable(why) => why.sentence().to_owned(),
            };
            Line::new(format!("First drawn in {}", v.year), "", format!("{} holdings, {multiple}", v.holdings))
        })
        .collect()
}

fn name(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Drawdown => "drawdown",
        FlowKind::FundCost => "fund cost",
        FlowKind::Interest => "interest",
        FlowKind::Principal => "principal",
        FlowKind::Fee => "fee",
        FlowKind::RevenueShare => "revenue share",
        FlowKind::Dividend => "dividend",
        FlowKind::SaleProceeds => "sale proceeds",
        FlowKind::Recovery => "recovery",
        FlowKind::CapitalisedInterest => "capitalised interest",
        FlowKind::Restored => "balance restored",
        FlowKind::GivenUp => "balance given up",
        FlowKind::Valuation => "valuation",
    }
}
