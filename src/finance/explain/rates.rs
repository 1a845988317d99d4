//! Rates of return and present values.

use super::{Line, days_after, factor, percent, pounds_shown};
use crate::finance::discount::DiscountTable;
use crate::finance::irr::{Closing, Flow, Xirr, mirr, working, xnpv};
use crate::values::{LocalDate, Pence, round_half_up};
use rust_decimal::Decimal;

/// 0.5·10⁻⁸, half a unit of the last published place.
const HALF: Decimal = Decimal::from_parts(5, 0, 0, false, 9);
/// Places of a present value in pounds.
const VALUE_PLACES: u32 = 8;

/// The rate of return of dated flows: every flow at present value, the sum that must be nearly nothing, and the
/// certificate. Of several rates each is shown, with the modified rate and the multiple beside them.
#[must_use]
pub fn dated_rate(flows: &[Flow], closing: Option<Closing>, found: &Xirr) -> Vec<Line> {
    let mut all = flows.to_vec();
    all.extend(closing.map(|c| Flow { date: c.date, amount: c.value }));
    all.sort_by_key(|f| f.date);
    let mut lines = Vec::new();
    match found {
        Xirr::Rate { rate, .. } => {
            lines.extend(dated_value(&all, *rate));
            lines.extend(certificate(*rate, |rate| xnpv(rate, &all)));
            lines.push(Line::new("Rate of return a year", "", percent(*rate)));
        }
        Xirr::NotUnique { roots } => {
            for rate in roots {
                lines.extend(certificate(*rate, |rate| xnpv(rate, &all)));
                lines.push(Line::new("A rate that fits", "", percent(*rate)));
            }
            if let Ok(modified) = mirr(flows, closing, Decimal::ZERO, Decimal::ZERO) {
                let what = "Modified rate, payments and receipts carried at 0%";
                lines.push(Line::new(what, "", percent(modified)));
            }
            let side = |paid: bool| {
                let side = all.iter().map(|f| f.amount).filter(|a| (a.0 < 0) == paid);
                Pence::total(side).unwrap_or(Pence::ZERO)
            };
            if let Some(multiple) = side(false).decimal().checked_div(-side(true).decimal()) {
                let working = format!("{} / {}", side(false), -side(true));
                lines.push(Line::new("Received for each pound paid", working, round_half_up(multiple, 4).to_string()));
            }
        }
        _ => {}
    }
    lines.extend(found.sentence().map(|why| Line::new("Remark", "", why)));
    lines
}

/// The rate of return for one period of flows at equal distances.
#[must_use]
pub fn periodic_rate(flows: &[Pence], found: &Xirr) -> Vec<Line> {
    let mut lines = Vec::new();
    let roots = match found {
        Xirr::Rate { rate, .. } => std::slice::from_ref(rate),
        Xirr::NotUnique { roots } => roots.as_slice(),
        _ => &[],
    };
    for rate in roots {
        lines.extend(periodic_value(flows, *rate));
        lines.extend(certificate(*rate, |rate| crate::finance::irr::npv(rate, flows).ok()));
        lines.push(Line::new("Rate of return a period", "", percent(*rate)));
    }
    if roots.len() != 1 {
        lines.extend(found.sentence().map(|why| Line::new("Remark", "", why)));
    }
    lines
}

/// The present value of dated flows: amount / (1 + rate)^(days/365), and their sum.
#[must_use]
pub fn dated_value(flows: &[Flow], rate: Decimal) -> Vec<Line> {
    let Some(found) = working(flows, None, rate) else { return Vec::new() };
    let first = found.lines.first().map_or(LocalDate::MIN, |l| l.date);
    let mut lines: Vec<Line> = found
        .lines
        .iter()
        .map(|l| {
            let days = days_after(first, l.date);
            let formula = format!("{} × 1/(1 + {rate})^({days}/365) = {} × {}", l.amount, l.amount, factor(l.factor));
            Line::new(l.date.to_string(), formula, pounds_shown(l.present_value))
        })
        .collect();
    lines.push(Line::new("Net present value", "the sum of the lines above", pounds_shown(found.total)));
    lines
}

/// The present value of flows at equal distances: amount / (1 + rate)^period, the first at period 0, and their sum.
#[must_use]
pub fn periodic_value(flows: &[Pence], rate: Decimal) -> Vec<Line> {
    let Some(growth) = Decimal::ONE.checked_add(rate) else { return Vec::new() };
    let mut discount = Some(Decimal::ONE);
    let mut sum = Some(Decimal::ZERO);
    let mut lines = Vec::with_capacity(flows.len() + 1);
    for (period, flow) in flows.iter().enumerate() {
        let value = discount.and_then(|d| flow.pounds().checked_mul(d)).map(|v| round_half_up(v, VALUE_PLACES));
        let Some((value, at)) = value.zip(discount) else { return Vec::new() };
        let formula = format!("{flow} × 1/(1 + {rate})^{period} = {flow} × {}", factor(at));
        lines.push(Line::new(format!("Period {period}"), formula, pounds_shown(value)));
        sum = sum.and_then(|s| s.checked_add(value));
        discount = at.checked_div(growth);
    }
    let Some(sum) = sum else { return Vec::new() };
    lines.push(Line::new("Net present value", "the sum of the lines above", pounds_shown(sum)));
    lines
}

/// The present value of yearly amounts by a dated table of declining rates, year 0 first.
#[must_use]
pub fn by_table(table: &DiscountTable, years: &[Pence], found: Pence) -> Vec<Line> {
    let rates: Vec<String> = table
        .bands
        .iter()
        .map(|band| match band.through {
            Some(year) => format!("{} to year {year}", percent(band.rate)),
            None => format!("then {}", percent(band.rate)),
        })
        .collect();
    let mut lines =
        vec![Line::given(table.name, rates.join(", "), format!("{}, from {}", table.source, table.valid_from))];
    for (year, amount) in (0_u32..).zip(years) {
        let at = round_half_up(table.factor(year), super::FACTOR_PLACES);
        let value = amount.pounds().checked_mul(at).map(|v| round_half_up(v, VALUE_PLACES)).unwrap_or_default();
        lines.push(Line::new(format!("Year {year}"), format!("{amount} × {}", factor(at)), pounds_shown(value)));
    }
    lines.push(Line::new("Present value", "the sum of the lines above, rounded once", found.to_string()));
    lines
}

/// The present values half a unit of the last place below and above the rate: they have opposite signs, so the eighth
/// place is right.
fn certificate(rate: Decimal, value: impl Fn(Decimal) -> Option<Decimal>) -> Vec<Line> {
    let at = |rate: Decimal| {
        let value = round_half_up(value(rate)?, 12);
        Some(Line::new(format!("Certificate, the same sum at {rate}"), "", pounds_shown(value)))
    };
    [rate - HALF, rate + HALF].into_iter().filter_map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::irr::{irr, xirr};
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    #[test]
    fn the_lines_of_a_rate_add_up_to_nearly_nothing_and_several_rates_are_each_shown() {
        let flow = |on: &str, pounds: i64| Flow { date: parse_date(on).unwrap(), amount: Pence(pounds * 100) };
        let flows = [flow("2025-01-01", -10_000), flow("2026-01-01", 10_500)];
        let lines = dated_rate(&flows, None, &xirr(&flows, None));
        assert_eq!(lines[1].working, "£10,500 × 1/(1 + 0.05000000)^(365/365) = £10,500 × 0.952380952381");
        assert_eq!(lines[2].result, "£0");
        assert_eq!(lines.last().unwrap().result, "5%");
        let two = [flow("2021-01-01", -100), flow("2022-01-01", 230), flow("2023-01-01", -132)];
        let shown = dated_rate(&two, None, &xirr(&two, None));
        let fits: Vec<&str> =
            shown.iter().filter(|l| l.what == "A rate that fits").map(|l| l.result.as_str()).collect();
        assert_eq!(fits, ["10%", "20%"]);
        assert!(shown.last().unwrap().result.starts_with("More than one rate"));
    }

    #[test]
    fn periodic_lines_show_each_period() {
        let flows = [-10_000, 6_000, 6_000].map(Pence);
        let lines = periodic_rate(&flows, &irr(&flows).unwrap());
        assert_eq!(lines.len(), 7);
        assert_eq!(lines[0].result, "−£100");
        assert!(periodic_value(&flows, dec!(0.1))[3].result.starts_with("£4.13"));
    }
}
