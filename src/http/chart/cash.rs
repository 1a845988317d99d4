//! Money paid out and come back by year, with the running total.

use super::scale::{Scale, compact, fixed, ticks};
use super::{Gridline, Heading, Label, Spot, points};
use crate::values::{LocalDate, Pence};
use askama::Template;
use chrono::Datelike;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const TOP: i32 = 20;
const BASE: i32 = 370;
/// Per cent from the left that the words of the grid take.
const LEFT: i32 = 15;

/// Per cent of the width that a column takes at most, so that two years are columns and no walls.
const BROADEST: i32 = 12;

/// One calendar year. Amounts are not negative; what is forecast comes on top of what has been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CashYear {
    /// The year.
    pub year: i32,
    /// Paid out.
    pub out: Pence,
    /// Come back.
    pub back: Pence,
    /// Still to be paid out.
    pub out_forecast: Pence,
    /// Expected back.
    pub back_forecast: Pence,
}

/// Columns of money out (below zero) and back (above), solid where it happened and hatched where it is forecast.
#[derive(Clone, Debug)]
pub struct CashColumns {
    /// What stands around it.
    pub heading: Heading,
    /// In order, one for each year from the first to the last.
    pub years: Vec<CashYear>,
    /// Where what has been ends.
    pub today: LocalDate,
}

#[derive(Debug, PartialEq, Eq)]
struct Column {
    x: Decimal,
    width: Decimal,
    y: Decimal,
    height: Decimal,
    class: &'static str,
    /// Name of the pattern that fills it; solid when empty.
    hatch: &'static str,
}

#[derive(Template)]
#[template(path = "parts/chart/cash_columns.html")]
struct CashView<'a> {
    heading: &'a Heading,
    height: u32,
    description: String,
    nothing: &'static str,
    grid: Vec<Gridline>,
    columns: Vec<Column>,
    labels: Vec<Label>,
    all: String,
    been: String,
    coming: String,
    dots: Vec<Spot>,
    today: Option<Decimal>,
    forecast: bool,
}

impl CashColumns {
    /// The running total at the end of each year, forecast included.
    #[must_use]
    pub fn running(&self) -> Vec<Pence> {
        let mut total = Pence::ZERO;
        self.years
            .iter()
            .map(|y| {
                total = total + y.back + y.back_forecast - y.out - y.out_forecast;
                total
            })
            .collect()
    }

    fn view(&self) -> CashView<'_> {
        let running = self.running();
        let above = |y: &CashYear| y.back + y.back_forecast;
        let below = |y: &CashYear| -(y.out + y.out_forecast);
        let every = || {
            let ends = self.years.iter().flat_map(|y| [above(y), below(y)]);
            ends.chain(running.iter().copied()).chain([Pence::ZERO])
        };
        let (low, high) = (every().min().unwrap_or_default(), every().max().unwrap_or_default());
        let figures = ticks(low.decimal(), high.decimal(), 7);
        let first = figures.first().copied().unwrap_or_default();
        let last = figures.last().copied().unwrap_or(Decimal::ONE);
        let down = Scale::new(first, last, BASE, TOP);
        let grid = figures
            .iter()
            .map(|f| Gridline {
                y: down.down(*f),
                base: f.is_zero(),
                text: compact(Pence(f.to_i64().unwrap_or_default())),
            })
            .collect();

        let step = Decimal::from(100 - LEFT) / Decimal::from(self.years.len().max(1));
        let middle = |place: usize| Decimal::from(LEFT) + step * (Decimal::from(place) + Decimal::new(5, 1));
        let width = (step * Decimal::new(52, 2)).min(Decimal::from(BROADEST));
        let mut columns = Vec::new();
        for (place, year) in self.years.iter().enumerate() {
            let mut column = |from: Pence, to: Pence, class, hatch| {
                let (top, foot) = (down.down(to.max(from).decimal()), down.down(to.min(from).decimal()));
                if from != to {
                    columns.push(Column {
                        x: fixed(middle(place) - width / Decimal::TWO, 2),
                        width: fixed(width, 2),
                        y: top,
                        height: foot - top,
                        class,
                        hatch,
                    });
                }
            };
            column(Pence::ZERO, -year.out, "f2 edge2", "");
            column(-year.out, below(year), "edge2", "out");
            column(Pence::ZERO, year.back, "f1 edge", "");
            column(year.back, above(year), "edge", "back");
        }

        let this_year = self.today.year();
        let dots: Vec<Spot> = running
            .iter()
            .zip(&self.years)
            .enumerate()
            .map(|(place, (total, year))| Spot {
                x: fixed(middle(place), 2),
                y: down.down(total.decimal()),
                hollow: year.year > this_year,
            })
            .collect();
        let now = dots.iter().take_while(|d| !d.hollow).count();
        let (been, coming) = (&dots[..now], &dots[now.saturating_sub(1)..]);
        let forecast = dots.iter().any(|d| d.hollow);
        let today = self.place_of_today(&middle, step);
        let mut labels = self.year_labels(&dots);
        self.notes(&running, &dots, down.down(Decimal::ZERO), &mut labels);
        CashView {
            heading: &self.heading,
            height: 440,
            description: self.description(&running),
            nothing: if columns.is_empty() { "No payments yet" } else { "" },
            grid,
            columns,
            labels,
            all: points(&dots),
            been: points(been),
            coming: points(coming),
            today: today.filter(|_| forecast),
            forecast,
            dots,
        }
    }

    /// Where in its year's column today stands, when the year is drawn.
    fn place_of_today(&self, middle: &dyn Fn(usize) -> Decimal, step: Decimal) -> Option<Decimal> {
        let place = self.years.iter().position(|y| y.year == self.today.year())?;
        let days = if self.today.leap_year() { 366 } else { 365 };
        let gone = Decimal::from(self.today.ordinal()) / Decimal::from(days) - Decimal::new(5, 1);
        Some(fixed(middle(place) + step * gone, 2))
    }

    fn year_labels(&self, dots: &[Spot]) -> Vec<Label> {
        let every = self.years.len().div_ceil(12).max(1);
        let crowded = self.years.len() > 5;
        self.years
            .iter()
            .zip(dots)
            .step_by(every)
            .enumerate()
            .map(|(place, (year, dot))| Label {
                x: dot.x,
                y: Decimal::from(BASE + 54),
                dx: 0,
                anchor: "middle",
                class: if crowded && place % 3 != 0 { "soft cw-chart__minor" } else { "soft" },
                text: year.year.to_string(),
            })
            .collect()
    }

    /// The lowest point of the running total, and the first year after it that ends at or above zero.
    fn notes(&self, running: &[Pence], dots: &[Spot], zero: Decimal, labels: &mut Vec<Label>) {
        let Some((lowest, total)) = running.iter().enumerate().min_by_key(|(_, total)| **total) else { return };
        let Some(dot) = dots.get(lowest) else { return };
        if total.0 < 0 {
            let (anchor, dx) = match dot.x {
                x if x < Decimal::from(25) => ("start", -8),
                x if x > Decimal::from(80) => ("end", 8),
                _ => ("middle", 0),
            };
            labels.push(Label {
                x: dot.x,
                y: dot.y + Decimal::from(24),
                dx,
                anchor,
                class: "strong halo",
                text: format!("lowest {}", compact(*total)),
            });
        }
        if let Some(year) = self.ahead_from(running)
            && year > self.years.first().map_or(year, |y| y.year)
        {
            labels.push(Label {
                x: Decimal::ONE_HUNDRED,
                y: zero + Decimal::from(19),
                dx: 0,
                anchor: "end",
                class: "strong halo cw-chart__minor",
                text: format!("ahead from {year}"),
            });
        }
    }

    /// The first year from which on the running total stays at or above zero, when it ends so.
    fn ahead_from(&self, running: &[Pence]) -> Option<i32> {
        let behind = running.iter().rposition(|total| total.0 < 0)?;
        self.years.get(behind + 1).map(|y| y.year)
    }

    fn description(&self, running: &[Pence]) -> String {
        let Some((place, lowest)) = running.iter().enumerate().min_by_key(|(_, total)| **total) else {
            return "No payments yet.".to_owned();
        };
        let year = self.years.get(place).map_or(0, |y| y.year);
        let end = running.last().copied().unwrap_or_default();
        let last = self.years.last().map_or(0, |y| y.year);
        let ahead = self.ahead_from(running).map_or(String::new(), |y| format!(" It is above zero from {y}."));
        format!(
            "The running total is lowest at the end of {year}, at {}, and ends {last} at {}.{ahead}",
            compact(*lowest),
            compact(end)
        )
    }

    /// The drawing as HTML.
    ///
    /// # Errors
    /// None in practice: writing to a string.
    pub fn render(&self) -> Result<String, askama::Error> {
        self.view().render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;
    use rust_decimal::dec;

    fn fund() -> CashColumns {
        let year = |year, out: i64, back: i64, out_forecast: i64, back_forecast: i64| CashYear {
            year,
            out: Pence(out * 100_000),
            back: Pence(back * 100_000),
            out_forecast: Pence(out_forecast * 100_000),
            back_forecast: Pence(back_forecast * 100_000),
        };
        CashColumns {
            heading: Heading::new("j", "Money by year", "Lowest in 2027", "£ by calendar year"),
            years: vec![
                year(2025, 1240, 0, 0, 0),
                year(2026, 1900, 62, 100, 8),
                year(2027, 0, 0, 1400, 880),
                year(2028, 0, 0, 0, 4000),
            ],
            today: parse_date("2026-11-24").unwrap(),
        }
    }

    #[test]
    fn the_running_total_is_what_came_back_less_what_went_out() {
        let totals: Vec<i64> = fund().running().iter().map(|p| p.0 / 100_000).collect();
        assert_eq!(totals, [-1240, -3170, -3690, 310]);
    }

    #[test]
    fn money_out_hangs_below_zero_and_money_back_stands_on_it() {
        let chart = fund();
        let view = chart.view();
        let zero = view.grid.iter().find(|g| g.base).unwrap().y;
        assert_eq!(view.columns[0].y, zero);
        assert_eq!(view.columns[0].hatch, "");
        let back = view.columns.iter().find(|c| c.class == "f1 edge").unwrap();
        assert_eq!(back.y + back.height, zero);
        let forecast = view.columns.iter().find(|c| c.hatch == "out").unwrap();
        assert!(forecast.y > zero, "the forecast of a year hangs under what has been paid out in it");
        assert!(view.columns.iter().all(|c| c.height > Decimal::ZERO && c.x >= dec!(15) && c.x + c.width <= dec!(100)));
    }

    #[test]
    fn what_has_been_and_what_is_forecast_meet_in_the_present_year() {
        let chart = fund();
        let view = chart.view();
        assert_eq!(view.dots.iter().filter(|d| d.hollow).count(), 2);
        assert!(view.coming.starts_with(view.been.split(' ').next_back().unwrap()));
        // 24 November is day 328 of 365: 0.3986 of a column right of the middle of the second of four.
        assert_eq!(view.today, Some(dec!(55.35)));
    }

    #[test]
    fn the_lowest_point_and_the_year_it_turns_are_said() {
        let html = fund().render().unwrap();
        assert!(html.contains("lowest −£3.69m") && html.contains("ahead from 2028"));
        assert!(html.contains("lowest at the end of 2027, at −£3.69m, and ends 2028 at £310k"));
        assert!(!html.contains("NaN") && !html.contains("style="));
    }

    #[test]
    fn columns_of_few_years_are_no_broader_than_those_of_several_and_stand_in_the_middle_of_their_year() {
        let mut chart = fund();
        chart.years.truncate(2);
        let view = chart.view();
        assert!(view.columns.iter().all(|c| c.width == dec!(12)));
        assert_eq!(view.columns[0].x + dec!(6), view.dots[0].x);
    }

    #[test]
    fn a_fund_that_has_paid_nothing_says_so() {
        let mut chart = fund();
        chart.years.clear();
        assert!(chart.render().unwrap().contains("No payments yet"));
        chart.years = vec![CashYear { year: 2026, ..CashYear::default() }];
        assert!(chart.render().unwrap().contains("No payments yet"));
    }
}
