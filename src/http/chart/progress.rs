//! How far an indicator has come on the straight line from its baseline to its target.

use super::scale::{Scale, Unit, fixed, ticks};
use super::{Gridline, Heading, Label, Spot, points};
use crate::values::LocalDate;
use crate::values::time::medium_date;
use askama::Template;
use chrono::Datelike;
use rust_decimal::Decimal;

const TOP: i32 = 26;
const BASE: i32 = 262;

/// One dated figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The day it holds for.
    pub date: LocalDate,
    /// The figure, in the unit of the indicator.
    pub value: Decimal,
}

/// The readings of an indicator against the straight line from its baseline to its target.
#[derive(Clone, Debug)]
pub struct ProgressLine {
    /// What stands around it.
    pub heading: Heading,
    /// How figures are written.
    pub unit: Unit,
    /// Where the line starts.
    pub baseline: Reading,
    /// Where the line ends.
    pub target: Reading,
    /// What was read, in any order.
    pub readings: Vec<Reading>,
}

#[derive(Template)]
#[template(path = "parts/chart/progress_line.html")]
struct LineView<'a> {
    heading: &'a Heading,
    height: u32,
    description: String,
    nothing: &'static str,
    grid: Vec<Gridline>,
    labels: Vec<Label>,
    plan: String,
    line: String,
    dots: Vec<Spot>,
    target: Spot,
}

impl ProgressLine {
    /// Where the straight line is on a day: the baseline before it starts, the target after it ends.
    #[must_use]
    pub fn due_on(&self, date: LocalDate) -> Decimal {
        let whole = Decimal::from((self.target.date - self.baseline.date).num_days());
        if whole <= Decimal::ZERO || date >= self.target.date {
            return self.target.value;
        }
        let gone = Decimal::from((date - self.baseline.date).num_days().max(0));
        self.target
            .value
            .checked_sub(self.baseline.value)
            .and_then(|way| way.checked_mul(gone)?.checked_div(whole)?.checked_add(self.baseline.value))
            .unwrap_or(self.baseline.value)
    }

    /// The figure and its table cell in the same words.
    #[must_use]
    pub fn show(&self, value: Decimal) -> String {
        self.unit.show(value)
    }

    fn view(&self) -> LineView<'_> {
        let mut readings = self.readings.clone();
        readings.sort_by_key(|r| r.date);
        let ends = [self.baseline, self.target];
        let every = || readings.iter().chain(&ends);

        let (low, high) = every()
            .fold((self.baseline.value, self.baseline.value), |(low, high), r| (low.min(r.value), high.max(r.value)));
        // A scale that nearly reaches zero starts there; one that is far from it does not flatten the line.
        let from_zero = low >= Decimal::ZERO && low <= high / Decimal::TWO;
        let figures = ticks(if from_zero { Decimal::ZERO } else { low }, high, 4);
        let (least, most) = (figures.first().copied().unwrap_or(low), figures.last().copied().unwrap_or(high));
        let down = Scale::new(least, most, BASE, TOP);
        let grid = figures
            .iter()
            .map(|f| Gridline { y: down.down(*f), base: *f == least, text: self.unit.round(*f) })
            .collect();

        let first_day = every().map(|r| r.date).min().unwrap_or(self.baseline.date);
        let last_day = every().map(|r| r.date).max().unwrap_or(self.target.date);
        let start = LocalDate::from_ymd_opt(first_day.year(), 1, 1).unwrap_or(first_day);
        let across = Scale::new(day(start), day(last_day), 13, 98);
        let spot = |r: &Reading, hollow| Spot { x: across.across(day(r.date)), y: down.down(r.value), hollow };

        let mut labels = year_labels(first_day.year(), last_day.year(), last_day, &across);
        let dots: Vec<Spot> = readings.iter().map(|r| spot(r, false)).collect();
        let target = spot(&self.target, true);
        let rising = self.target.value > self.baseline.value;
        self.label_marks(&readings, &dots, rising, &down, &mut labels);
        labels.push(Label {
            x: target.x,
            y: target.y + Decimal::from(if rising { -10 } else { 15 }),
            dx: -14,
            anchor: "end",
            class: "strong halo",
            text: format!("Target {}", self.show(self.target.value)),
        });
        LineView {
            heading: &self.heading,
            height: 300,
            description: self.description(&readings),
            nothing: "",
            grid,
            labels,
            plan: points(&[spot(&self.baseline, false), target]),
            line: points(&dots),
            dots,
            target,
        }
    }

    /// The first reading, the latest, and where the line is on that day, each on the side where no line passes.
    fn label_marks(&self, readings: &[Reading], dots: &[Spot], rising: bool, down: &Scale, labels: &mut Vec<Label>) {
        let (Some(latest), Some(dot)) = (readings.last(), dots.last()) else {
            labels.push(Label {
                x: fixed(Decimal::from(53), 2),
                y: Decimal::from(60),
                dx: 0,
                anchor: "middle",
                class: "strong halo",
                text: "No readings yet".to_owned(),
            });
            return;
        };
        if let (Some(first), Some(start)) = (readings.first(), dots.first())
            && readings.len() > 1
        {
            let below = rising && start.y < Decimal::from(235);
            labels.push(Label {
                x: start.x,
                y: start.y + Decimal::from(if below { 24 } else { -14 }),
                dx: 0,
                anchor: "start",
                class: "strong halo",
                text: self.show(first.value),
            });
        }
        let due = self.due_on(latest.date);
        let above = latest.value >= due;
        // Right of the reading, the line leaves free what is on its far side: above it when it falls, below it when
        // it rises. Words keep to the drawing on a phone, where they take up to a third of the width.
        let (must, may) = (dot.x < Decimal::from(38), dot.x <= Decimal::from(70));
        let right = must || (may && above != rising);
        let due_right = must || (may && above == rising);
        let side = |right: bool| if right { ("start", 4) } else { ("end", -4) };
        let (anchor, dx) = side(right);
        labels.push(Label {
            x: dot.x,
            y: dot.y + Decimal::from(if above { -14 } else { 26 }),
            dx,
            anchor,
            class: "strong halo",
            text: format!("{} latest", self.show(latest.value)),
        });
        if due != latest.value && latest.date < self.target.date && latest.date > self.baseline.date {
            let at = down.down(due);
            // The words stay clear of the latest reading, however close the line passes.
            let y = if above { at.max(dot.y) + Decimal::from(26) } else { at.min(dot.y) - Decimal::from(14) };
            let (anchor, dx) = side(due_right);
            let text = format!("{} due", self.show(due));
            labels.push(Label { x: dot.x, y, dx, anchor, class: "halo", text });
        }
    }

    fn description(&self, readings: &[Reading]) -> String {
        let at = |r: &Reading| format!("{} on {}", self.show(r.value), medium_date(r.date));
        let read = match (readings.first(), readings.last()) {
            (Some(first), Some(last)) if readings.len() > 1 => {
                format!("From {} to {}, when {} was due.", at(first), at(last), self.show(self.due_on(last.date)))
            }
            (Some(only), _) => format!("{}, when {} was due.", at(only), self.show(self.due_on(only.date))),
            _ => "No readings yet.".to_owned(),
        };
        format!("{read} The straight line goes from {} to {}.", at(&self.baseline), at(&self.target))
    }

    /// The drawing as HTML.
    ///
    /// # Errors
    /// None in practice: writing to a string.
    pub fn render(&self) -> Result<String, askama::Error> {
        self.view().render()
    }
}

fn day(date: LocalDate) -> Decimal {
    Decimal::from(date.num_days_from_ce())
}

/// The years, each at its middle; every other one gives way on a phone, and in a long row some are left out.
fn year_labels(first: i32, last: i32, last_day: LocalDate, across: &Scale) -> Vec<Label> {
    let years: Vec<i32> = (first..=last).collect();
    let every = years.len().div_ceil(10).max(1);
    let kept: Vec<i32> = years.into_iter().step_by(every).collect();
    let crowded = kept.len() > 5;
    kept.iter()
        .enumerate()
        .filter_map(|(place, year)| {
            let middle = LocalDate::from_ymd_opt(*year, 7, 1)?;
            (middle <= last_day).then(|| Label {
                x: across.across(day(middle)),
                y: Decimal::from(BASE + 22),
                dx: 0,
                anchor: "middle",
                class: if crowded && place % 2 == 1 { "soft cw-chart__minor" } else { "soft" },
                text: year.to_string(),
            })
        })
        .collect()
}

/// How far an indicator has come, as one bar on a card.
#[derive(Clone, Debug)]
pub struct ProgressBar {
    /// Unique on the page.
    pub id: String,
    /// What the drawing shows: "Food mission: how far it has come".
    pub name: String,
    /// The numbers in a sentence.
    pub description: String,
    /// Per cent of the way from baseline to target; drawn between 0 and 100.
    pub reached: Decimal,
    /// Per cent of the way that a straight line would have come by now; none after the target date.
    pub due: Option<Decimal>,
    /// Where it started: "19% in 2022".
    pub from: String,
    /// Where it should end: "2% in 2030".
    pub to: String,
}

#[derive(Template)]
#[template(path = "parts/chart/progress_bar.html")]
struct BarView<'a> {
    bar: &'a ProgressBar,
    reached: Decimal,
    due: Option<Decimal>,
    due_words: bool,
}

impl ProgressBar {
    fn view(&self) -> BarView<'_> {
        let across = Scale::new(Decimal::ZERO, Decimal::ONE_HUNDRED, 0, 100);
        let due = self.due.map(|due| across.across(due));
        // The words under the marker would run into those at the ends.
        let due_words = due.is_some_and(|due| due >= Decimal::from(35) && due <= Decimal::from(65));
        BarView { bar: self, reached: across.across(self.reached), due, due_words }
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

    fn at(date: &str, value: Decimal) -> Reading {
        Reading { date: parse_date(date).unwrap(), value }
    }

    fn food() -> ProgressLine {
        ProgressLine {
            heading: Heading::new("food", "Readings", "Hunger falls, more slowly than planned", "% of adults"),
            unit: Unit::percent(1),
            baseline: at("2022-03-31", dec!(19)),
            target: at("2030-12-31", dec!(2)),
            readings: vec![at("2026-10-14", dec!(11.4)), at("2022-03-31", dec!(19)), at("2024-03-31", dec!(16.1))],
        }
    }

    #[test]
    fn the_line_is_straight_between_baseline_and_target_and_flat_outside() {
        let line = ProgressLine { target: at("2026-03-31", dec!(3)), ..food() };
        assert_eq!(line.due_on(parse_date("2021-01-01").unwrap()), dec!(19));
        assert_eq!(line.due_on(parse_date("2027-01-01").unwrap()), dec!(3));
        let days = Decimal::from((parse_date("2024-03-31").unwrap() - parse_date("2022-03-31").unwrap()).num_days());
        assert_eq!(line.due_on(parse_date("2024-03-31").unwrap()), dec!(19) - dec!(16) * days / dec!(1461));
    }

    #[test]
    fn readings_are_drawn_in_order_of_date_at_their_figure() {
        let line = food();
        let view = line.view();
        assert_eq!(view.dots.len(), 3);
        assert!(view.dots.windows(2).all(|w| w[0].x < w[1].x));
        // 0 to 20 over 236 pixels: 19 is at 262 − 19 × 11.8.
        assert_eq!(view.dots[0].y, dec!(37.8));
        assert_eq!(view.dots[2].y, dec!(127.5));
        assert_eq!(view.target.x, dec!(98.00));
        assert_eq!(view.plan, format!("{},37.8 98.00,238.4", view.dots[0].x));
        let words: Vec<&str> = view.labels.iter().map(|l| l.text.as_str()).collect();
        assert!(words.contains(&"11.4% latest") && words.contains(&"Target 2.0%") && words.contains(&"10.2% due"));
    }

    #[test]
    fn every_place_is_inside_the_drawing() {
        let mut line = food();
        line.readings.push(at("2033-01-01", dec!(45)));
        let view = line.view();
        assert!(view.dots.iter().all(|d| d.x >= dec!(13) && d.x <= dec!(98) && d.y >= dec!(26) && d.y <= dec!(262)));
        assert!(view.labels.iter().all(|l| l.y >= dec!(10) && l.y <= dec!(300)));
    }

    #[test]
    fn an_indicator_without_readings_says_so_and_still_shows_its_line() {
        let html = ProgressLine { readings: Vec::new(), ..food() }.render().unwrap();
        assert!(html.contains("No readings yet") && html.contains(r#"class="plan""#));
        assert!(!html.contains("latest"));
    }

    #[test]
    fn the_drawing_can_be_heard_and_nothing_in_it_breaks_the_page() {
        let mut line = food();
        line.heading.finding = "Less <script> & more".to_owned();
        let html = line.render().unwrap();
        assert!(html.contains(r#"role="img" aria-labelledby="food-t food-d""#));
        assert!(html.contains("to 11.4% on 14 October 2026, when 10.2% was due."));
        assert!(!html.contains("<script>") && !html.contains("style="));
    }

    #[test]
    fn a_bar_never_runs_out_of_its_card() {
        let bar = ProgressBar {
            id: "m".to_owned(),
            name: "Homes".to_owned(),
            description: "140% of the way".to_owned(),
            reached: dec!(140),
            due: Some(dec!(-3)),
            from: "0".to_owned(),
            to: "8,000".to_owned(),
        };
        let view = bar.view();
        assert_eq!((view.reached, view.due), (dec!(100.00), Some(dec!(0.00))));
        assert!(!bar.render().unwrap().contains("due by now"));
    }
}
