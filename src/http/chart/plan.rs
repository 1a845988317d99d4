//! A plan of payments, one column each: what each is made of, what is paid of it and what is still to come.

use super::scale::{Scale, compact, fixed, ticks};
use super::{Gridline, Heading, Label};
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence};
use askama::Template;
use chrono::Datelike;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const TOP: i32 = 96;
const BASE: i32 = 258;
/// Per cent from the left that the words of the grid take.
const LEFT: i32 = 12;
/// Per cent of the width that a column takes at most, so that two payments are columns and no walls.
const BROADEST: i32 = 12;
/// Most columns that can be told apart on a phone; more payments are added up by quarter, then by year.
const MOST: usize = 48;

/// One payment of a plan. Amounts are not negative; what is paid is at most what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedPayment {
    /// The day it is due.
    pub on: LocalDate,
    /// What the money costs: interest and fees.
    pub interest: Pence,
    /// What makes the debt smaller.
    pub capital: Pence,
    /// What of the interest is paid.
    pub interest_paid: Pence,
    /// What of the capital is paid.
    pub capital_paid: Pence,
    /// Whether it falls into a holiday from capital.
    pub holiday: bool,
}

impl PlannedPayment {
    fn total(&self) -> Pence {
        self.interest + self.capital
    }
}

/// Columns of payments: interest hatched on capital solid, outlines for what is not paid.
#[derive(Clone, Debug)]
pub struct PlanColumns {
    /// What stands around it; the unit is written by the chart.
    pub heading: Heading,
    /// "month", "quarter" or "year": what lies between two payments.
    pub period: &'static str,
    /// In order of their days.
    pub payments: Vec<PlannedPayment>,
    /// Where what has been ends.
    pub today: LocalDate,
}

/// What a column adds up.
#[derive(Clone, Copy, Debug)]
struct Sum {
    first: LocalDate,
    last: LocalDate,
    parts: PlannedPayment,
}

/// How broad a column is in its share of the width.
fn broad(step: Decimal) -> Decimal {
    (step * Decimal::new(72, 2)).min(Decimal::from(BROADEST))
}

#[derive(Debug, PartialEq, Eq)]
struct Part {
    x: Decimal,
    width: Decimal,
    y: Decimal,
    height: Decimal,
    class: &'static str,
    hatched: bool,
}

#[derive(Template)]
#[template(path = "parts/chart/plan_columns.html")]
struct PlanView<'a> {
    heading: &'a Heading,
    height: u32,
    description: String,
    nothing: &'static str,
    grid: Vec<Gridline>,
    parts: Vec<Part>,
    labels: Vec<Label>,
    today: Option<Decimal>,
    holiday: Option<(Decimal, Decimal)>,
}

impl PlanColumns {
    /// What one column stands for, and the columns.
    fn columns(&self) -> (&'static str, Vec<Sum>) {
        let each = |key: &dyn Fn(LocalDate) -> i32| {
            let mut found: Vec<(i32, Sum)> = Vec::new();
            for p in &self.payments {
                let place = key(p.on);
                if let Some((_, sum)) = found.last_mut().filter(|(last, _)| *last == place) {
                    sum.last = p.on;
                    sum.parts.interest = sum.parts.interest + p.interest;
                    sum.parts.capital = sum.parts.capital + p.capital;
                    sum.parts.interest_paid = sum.parts.interest_paid + p.interest_paid;
                    sum.parts.capital_paid = sum.parts.capital_paid + p.capital_paid;
                    sum.parts.holiday &= p.holiday;
                } else {
                    found.push((place, Sum { first: p.on, last: p.on, parts: *p }));
                }
            }
            found.into_iter().map(|(_, sum)| sum).collect::<Vec<_>>()
        };
        if self.payments.len() <= MOST {
            let one = |p: &PlannedPayment| Sum { first: p.on, last: p.on, parts: *p };
            return (self.period, self.payments.iter().map(one).collect());
        }
        let quarters = each(&|d| d.year() * 4 + i32::try_from(d.month0() / 3).unwrap_or_default());
        if quarters.len() <= MOST { ("quarter", quarters) } else { ("year", each(&|d| d.year())) }
    }

    /// The amount of at least half of the payments, when there is one.
    #[must_use]
    pub fn level(&self) -> Option<Pence> {
        let mut totals: Vec<Pence> = self.payments.iter().map(PlannedPayment::total).collect();
        totals.sort_unstable();
        let most = totals.chunk_by(|a, b| a == b).max_by_key(|same| same.len())?;
        (most.len() > 1 && most.len() * 2 >= totals.len()).then(|| most.first().copied()).flatten()
    }

    fn view<'a>(&self, heading: &'a Heading) -> PlanView<'a> {
        let (_, columns) = self.columns();
        let most = columns.iter().map(|c| c.parts.total()).max().unwrap_or_default();
        let figures = ticks(Decimal::ZERO, most.decimal(), 4);
        let down = Scale::new(Decimal::ZERO, figures.last().copied().unwrap_or(Decimal::ONE), BASE, TOP);
        let grid = figures
            .iter()
            .map(|f| Gridline {
                y: down.down(*f),
                base: f.is_zero(),
                text: compact(Pence(f.to_i64().unwrap_or_default())),
            })
            .collect();
        let step = Decimal::from(100 - LEFT) / Decimal::from(columns.len().max(1));
        let left = |place: usize| Decimal::from(LEFT) + step * Decimal::from(place);
        let width = broad(step);
        let mut parts = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let c = &column.parts;
            let (mut from, x) = (Pence::ZERO, fixed(left(place) + (step - width) / Decimal::TWO, 2));
            for (amount, class, hatched) in [
                (c.capital_paid, "f1 edge", false),
                (c.capital - c.capital_paid, "hollow", false),
                (c.interest_paid, "edge2", true),
                (c.interest - c.interest_paid, "hollow edge2", false),
            ] {
                if amount > Pence::ZERO {
                    let (foot, top) = (down.down(from.decimal()), down.down((from + amount).decimal()));
                    let width = fixed(width, 2);
                    parts.push(Part { x, width, y: top, height: foot - top, class, hatched });
                    from = from + amount;
                }
            }
        }
        let mut labels = year_labels(&columns, &left, step);
        let holiday = Self::holiday_mark(&columns, &down, &left, step, &mut labels);
        if let Some(level) = self.level().filter(|_| columns.len() == self.payments.len()) {
            labels.push(Label {
                x: Decimal::ONE_HUNDRED,
                y: down.down(level.decimal()) - Decimal::from(10),
                dx: 0,
                anchor: "end",
                class: "strong halo cw-chart__minor",
                text: format!("{level} each {}", self.period),
            });
        }
        PlanView {
            heading,
            height: 300,
            description: self.description(),
            nothing: if columns.is_empty() { "No payment is planned yet" } else { "" },
            grid,
            parts,
            labels,
            today: self.place_of_today(&columns, &left, step),
            holiday,
        }
    }

    /// Between what fell due and what is to come; inside a column that holds both.
    fn place_of_today(&self, columns: &[Sum], left: &dyn Fn(usize) -> Decimal, step: Decimal) -> Option<Decimal> {
        let gone = columns.iter().take_while(|c| c.last < self.today).count();
        let next = columns.get(gone)?;
        let inside = if next.first < self.today { step / Decimal::TWO } else { Decimal::ZERO };
        Some(fixed(left(gone) + inside, 2))
    }

    /// The line at the first payment of a holiday, from the words above it down to its column.
    fn holiday_mark(
        columns: &[Sum],
        down: &Scale,
        left: &dyn Fn(usize) -> Decimal,
        step: Decimal,
        labels: &mut Vec<Label>,
    ) -> Option<(Decimal, Decimal)> {
        let place = columns.iter().position(|c| c.parts.holiday)?;
        let column = columns.get(place)?;
        let x = fixed(left(place) + (step - broad(step)) / Decimal::TWO, 2);
        let mut add = |y: i32, class, text: &str| {
            labels.push(Label { x, y: Decimal::from(y), dx: 0, anchor: "start", class, text: text.to_owned() });
        };
        add(52, "strong halo", "Capital holiday:");
        add(71, "halo", if column.parts.interest.is_zero() { "nothing to pay" } else { "interest only" });
        Some((x, down.down(column.parts.total().decimal()) - Decimal::from(6)))
    }

    fn description(&self) -> String {
        let (Some(first), Some(last)) = (self.payments.first(), self.payments.last()) else {
            return "No payment is planned yet.".to_owned();
        };
        if let [only] = self.payments.as_slice() {
            let paid = only.interest_paid == only.interest && only.capital_paid == only.capital;
            return format!(
                "One payment on {}: {} interest and {} capital. It is {}.",
                medium_date(only.on),
                only.interest,
                only.capital,
                if paid { "paid in full" } else { "not paid in full yet" },
            );
        }
        let sum = |part: &dyn Fn(&PlannedPayment) -> Pence| -> Pence { self.payments.iter().map(part).sum() };
        let all = self.payments.len();
        let paid =
            self.payments.iter().filter(|p| p.interest_paid == p.interest && p.capital_paid == p.capital).count();
        let holidays = self.payments.iter().filter(|p| p.holiday).count();
        let holiday = match holidays {
            0 => String::new(),
            1 => format!(" The first falls into a holiday from capital and is {}.", first.total()),
            n => format!(" The first {n} fall into a holiday from capital, {} each.", first.total()),
        };
        let level = self.level().map(|l| format!(" Most payments are {l}.")).unwrap_or_default();
        format!(
            "{all} payments from {} to {}: {} interest and {} capital.{holiday}{level} {paid} of {all} are paid in full.",
            medium_date(first.on),
            medium_date(last.on),
            sum(&|p| p.interest),
            sum(&|p| p.capital),
        )
    }

    /// The drawing as HTML.
    ///
    /// # Errors
    /// None in practice: writing to a string.
    pub fn render(&self) -> Result<String, askama::Error> {
        let mut heading = self.heading.clone();
        if heading.unit.is_empty() {
            heading.unit = format!("£ each {}", self.columns().0);
        }
        self.view(&heading).render()
    }
}

/// The year at its first column; every other one gives way on a phone, and in a long row some are left out.
fn year_labels(columns: &[Sum], left: &dyn Fn(usize) -> Decimal, step: Decimal) -> Vec<Label> {
    let mut firsts: Vec<(usize, i32)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        if firsts.last().is_none_or(|(_, year)| *year != column.first.year()) {
            firsts.push((place, column.first.year()));
        }
    }
    // A year that starts late in the first column has no room before the next.
    if let [(first, _), (second, _), ..] = firsts[..]
        && step * Decimal::from(second - first) < Decimal::from(6)
    {
        firsts.remove(0);
    }
    let every = firsts.len().div_ceil(10).max(1);
    let crowded = firsts.len().div_ceil(every) > 4;
    firsts
        .into_iter()
        .step_by(every)
        .enumerate()
        .map(|(place, (column, year))| Label {
            x: fixed(left(column) + step * Decimal::new(5, 1), 2),
            y: Decimal::from(BASE + 22),
            dx: 0,
            anchor: "middle",
            class: if crowded && place % 2 == 1 { "soft cw-chart__minor" } else { "soft" },
            text: year.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    /// £3,675 of interest four times, then £19,477.94 each quarter; eight are paid.
    fn plan(number: u32, every: u32, paid: usize) -> PlanColumns {
        let first = parse_date("2025-01-01").unwrap();
        let payments = (0..number)
            .map(|n| {
                let holiday = n < 4;
                let interest = Pence(if holiday { 367_500 } else { 300_000 });
                let capital = Pence(if holiday { 0 } else { 1_647_794 });
                let done = usize::try_from(n).unwrap() < paid;
                PlannedPayment {
                    on: first + chrono::Months::new(n * every),
                    interest,
                    capital,
                    interest_paid: if done { interest } else { Pence::ZERO },
                    capital_paid: if done { capital } else { Pence::ZERO },
                    holiday,
                }
            })
            .collect();
        PlanColumns {
            heading: Heading::new("p", "Payments", "Interest only for a year", ""),
            period: "quarter",
            payments,
            today: parse_date("2026-11-24").unwrap(),
        }
    }

    #[test]
    fn capital_stands_on_the_base_and_interest_on_capital() {
        let chart = plan(28, 3, 8);
        let view = chart.view(&chart.heading);
        let fifth: Vec<&Part> = view.parts.iter().filter(|p| p.x == view.parts[4].x).collect();
        assert_eq!(fifth.len(), 2);
        assert_eq!((fifth[0].class, fifth[1].class), ("f1 edge", "edge2"));
        assert_eq!(fifth[0].y + fifth[0].height, Decimal::from(BASE));
        assert_eq!(fifth[1].y + fifth[1].height, fifth[0].y);
        assert!(view.parts.iter().all(|p| p.x >= dec!(12) && p.x + p.width <= dec!(100)));
    }

    #[test]
    fn what_is_paid_is_filled_and_what_is_to_come_is_an_outline() {
        let chart = plan(28, 3, 8);
        let view = chart.view(&chart.heading);
        assert_eq!(view.parts.iter().filter(|p| p.hatched).count(), 8);
        assert_eq!(view.parts.iter().filter(|p| p.class == "hollow").count(), 20);
        // Today stands before the ninth of 28 columns.
        assert_eq!(view.today, Some(fixed(dec!(12) + dec!(88) / dec!(28) * dec!(8), 2)));
    }

    #[test]
    fn a_payment_that_is_half_paid_is_half_filled() {
        let mut chart = plan(2, 3, 0);
        chart.payments = vec![PlannedPayment { capital_paid: Pence(823_897), ..plan(5, 3, 0).payments[4] }];
        let view = chart.view(&chart.heading);
        // Edges are rounded to a tenth, not heights, so that the two meet.
        assert!((view.parts[0].height - view.parts[1].height).abs() <= dec!(0.1));
        assert_eq!((view.parts[0].class, view.parts[1].class), ("f1 edge", "hollow"));
    }

    #[test]
    fn many_payments_are_added_up_by_quarter_and_more_by_year() {
        let months = plan(96, 1, 20);
        assert_eq!((months.columns().0, months.columns().1.len()), ("quarter", 32));
        let long = plan(240, 1, 20);
        assert_eq!((long.columns().0, long.columns().1.len()), ("year", 20));
        let sum: Pence = long.columns().1.iter().map(|c| c.parts.total()).sum();
        assert_eq!(sum, long.payments.iter().map(PlannedPayment::total).sum());
        assert!(months.render().unwrap().contains("£ each quarter"));
    }

    #[test]
    fn the_numbers_are_in_the_words_for_people_who_hear_them() {
        let html = plan(28, 3, 8).render().unwrap();
        assert!(
            html.contains(
                "28 payments from 1 January 2025 to 1 October 2031: £86,700 interest and £395,470.56 capital."
            )
        );
        assert!(html.contains("The first 4 fall into a holiday from capital, £3,675 each. Most payments are £19,477.94. 8 of 28 are paid in full."));
        assert!(html.contains("Capital holiday:") && html.contains("still to come") && !html.contains("style="));
    }

    #[test]
    fn a_single_payment_is_told_with_its_day() {
        let mut chart = plan(1, 3, 1);
        assert!(chart.render().unwrap().contains("One payment on 1 January 2025: £3,675 interest"));
        assert!(chart.render().unwrap().contains("It is paid in full."));
        chart = plan(1, 3, 0);
        assert!(chart.render().unwrap().contains("It is not paid in full yet."));
    }

    #[test]
    fn a_plan_without_payments_says_so_and_one_that_is_over_has_no_today() {
        let mut chart = plan(0, 3, 0);
        assert!(chart.render().unwrap().contains("No payment is planned yet"));
        chart = plan(4, 3, 4);
        assert_eq!(chart.view(&chart.heading).today, None);
    }
}
