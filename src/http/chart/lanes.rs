//! How several things stood over time, one lane each.

use super::scale::{Scale, fixed, lines};
use super::{Heading, Label};
use crate::values::LocalDate;
use crate::values::time::medium_date;
use askama::Template;
use chrono::{Datelike, Months};
use rust_decimal::Decimal;

/// Letters of a name above its lane that fit a phone of 320 px.
const LINE: usize = 38;
/// Per cent across that the lanes take, so that the edge of the last one is not cut off.
const RIGHT: i32 = 99;
/// Per cent across that a stretch takes at least, so that one day in ten years is still seen.
const LEAST: Decimal = Decimal::from_parts(8, 0, 0, false, 1);

/// How a thing stood for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StretchKind {
    /// Nothing was to be shown yet: hollow.
    Open,
    /// Shown to be kept: solid.
    Kept,
    /// Missed or in breach: hatched.
    Broken,
}

impl StretchKind {
    fn class(self) -> &'static str {
        match self {
            StretchKind::Open => "hollow",
            StretchKind::Kept => "f1",
            StretchKind::Broken => "edge2",
        }
    }

    fn words(self) -> &'static str {
        match self {
            StretchKind::Open => "not due yet",
            StretchKind::Kept => "met",
            StretchKind::Broken => "missed or in breach",
        }
    }
}

/// From a day up to, and without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last.
    pub until: LocalDate,
    /// How it stood.
    pub kind: StretchKind,
}

/// One thing over time.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What it is.
    pub name: String,
    /// What is worth knowing, at its end; left out on a phone, where the table says it.
    pub words: String,
    /// In order, without gaps.
    pub stretches: Vec<Stretch>,
}

/// Lanes from a first day to today.
#[derive(Clone, Debug)]
pub struct Lanes {
    /// What stands around it.
    pub heading: Heading,
    /// In the order to be drawn.
    pub lanes: Vec<Lane>,
    /// Where they begin.
    pub from: LocalDate,
    /// Where they end.
    pub today: LocalDate,
}

#[derive(Debug)]
struct Bar {
    x: Decimal,
    width: Decimal,
    y: Decimal,
    class: &'static str,
    hatched: bool,
}

#[derive(Template)]
#[template(path = "parts/chart/lanes.html")]
struct LanesView<'a> {
    heading: &'a Heading,
    height: Decimal,
    foot: Decimal,
    description: String,
    nothing: &'static str,
    /// Per cent across of the lines that mark dates.
    dates: Vec<Decimal>,
    bars: Vec<Bar>,
    labels: Vec<Label>,
}

fn day(date: LocalDate) -> Decimal {
    Decimal::from(date.num_days_from_ce())
}

impl Lanes {
    fn view(&self) -> LanesView<'_> {
        let across = Scale::new(day(self.from), day(self.today), 0, RIGHT);
        let (mut bars, mut labels) = (Vec::new(), Vec::new());
        let mut y = Decimal::from(15);
        for lane in &self.lanes {
            let strong = lane.stretches.iter().any(|s| s.kind == StretchKind::Broken);
            if !lane.words.is_empty() {
                labels.push(Label {
                    x: Decimal::from(RIGHT),
                    y,
                    dx: 0,
                    anchor: "end",
                    class: if strong { "strong halo cw-chart__minor" } else { "halo cw-chart__minor" },
                    text: lane.words.clone(),
                });
            }
            for (place, text) in lines(&lane.name, LINE).into_iter().enumerate() {
                if place > 0 {
                    y += Decimal::from(19);
                }
                labels.push(Label { x: Decimal::ZERO, y, dx: 0, anchor: "start", class: "halo", text });
            }
            for stretch in &lane.stretches {
                let x = across.across(day(stretch.from));
                let least = if stretch.kind == StretchKind::Broken { LEAST } else { Decimal::ZERO };
                let width = (across.across(day(stretch.until)) - x).max(least);
                bars.push(Bar {
                    x,
                    width: fixed(width, 2),
                    y: y + Decimal::from(7),
                    class: stretch.kind.class(),
                    hatched: stretch.kind == StretchKind::Broken,
                });
            }
            y += Decimal::from(44);
        }
        let foot = y - Decimal::from(10);
        let dates = self.dates(&across, foot + Decimal::from(17), &mut labels);
        LanesView {
            heading: &self.heading,
            height: foot + Decimal::from(24),
            foot,
            description: self.description(),
            nothing: if self.lanes.is_empty() { "Nothing was promised" } else { "" },
            dates,
            bars,
            labels,
        }
    }

    /// Where Januaries are, or quarters when there are too few, and their words; the last word is today.
    fn dates(&self, across: &Scale, y: Decimal, labels: &mut Vec<Label>) -> Vec<Decimal> {
        let starts = |months: u32| {
            let mut found = Vec::new();
            let mut at = LocalDate::from_ymd_opt(self.from.year(), 1, 1);
            while let Some(date) = at.filter(|d| *d <= self.today) {
                if date >= self.from {
                    found.push(date);
                }
                at = date.checked_add_months(Months::new(months));
            }
            found
        };
        let years = starts(12);
        let shown = if years.len() < 2 { starts(3) } else { years };
        let every = shown.len().div_ceil(8).max(1);
        let crowded = shown.len().div_ceil(every) > 3;
        let mut places = Vec::new();
        for (place, date) in shown.into_iter().step_by(every).enumerate() {
            let x = across.across(day(date));
            places.push(x);
            // Words keep clear of "today" at the right edge.
            if x < Decimal::from(86) {
                labels.push(Label {
                    x,
                    y,
                    dx: 0,
                    anchor: if x < Decimal::from(6) { "start" } else { "middle" },
                    class: if crowded && place % 2 == 1 { "soft cw-chart__minor" } else { "soft" },
                    text: date.format("%b %Y").to_string(),
                });
            }
        }
        labels.push(Label {
            x: Decimal::from(RIGHT),
            y,
            dx: 0,
            anchor: "end",
            class: "soft",
            text: "today".to_owned(),
        });
        places
    }

    fn description(&self) -> String {
        let lane = |lane: &Lane| {
            let parts: Vec<String> = lane
                .stretches
                .iter()
                .map(|s| {
                    if s.until >= self.today {
                        format!("{} since {}", s.kind.words(), medium_date(s.from))
                    } else {
                        format!("{} from {} to {}", s.kind.words(), medium_date(s.from), medium_date(s.until))
                    }
                })
                .collect();
            format!("{}: {}.", lane.name, parts.join(", then "))
        };
        self.lanes.iter().map(lane).collect::<Vec<_>>().join(" ")
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

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn lanes() -> Lanes {
        let stretch = |from: &str, until: &str, kind| Stretch { from: date(from), until: date(until), kind };
        Lanes {
            heading: Heading::new("l", "State of two conditions", "One miss in two years", ""),
            from: date("2024-10-02"),
            today: date("2026-11-24"),
            lanes: vec![
                Lane {
                    name: "Living wage".to_owned(),
                    words: "missed 2 Jun 2026, cured 24 Aug 2026".to_owned(),
                    stretches: vec![
                        stretch("2024-10-02", "2026-06-02", StretchKind::Kept),
                        stretch("2026-06-02", "2026-08-24", StretchKind::Broken),
                        stretch("2026-08-24", "2026-11-24", StretchKind::Kept),
                    ],
                },
                Lane {
                    name: "Residents in work for six months or more".to_owned(),
                    words: String::new(),
                    stretches: vec![stretch("2024-10-02", "2026-11-24", StretchKind::Open)],
                },
            ],
        }
    }

    #[test]
    fn stretches_follow_each_other_and_end_today() {
        let lanes = lanes();
        let view = lanes.view();
        let bars: Vec<&Bar> = view.bars.iter().filter(|b| b.y == view.bars[0].y).collect();
        assert_eq!(bars.len(), 3);
        for pair in bars.windows(2) {
            assert_eq!(pair[0].x + pair[0].width, pair[1].x);
        }
        assert_eq!((bars[0].x, bars[2].x + bars[2].width), (dec!(0), dec!(99)));
        assert_eq!(bars.iter().map(|b| b.hatched).collect::<Vec<_>>(), [false, true, false]);
        // 83 of 783 days of 99 %; edges are rounded, not widths, so that neighbours meet.
        assert!((bars[1].width - dec!(99) * dec!(83) / dec!(783)).abs() <= dec!(0.01));
    }

    #[test]
    fn a_day_in_breach_is_seen_in_ten_years() {
        let mut chart = lanes();
        chart.from = date("2016-01-01");
        chart.lanes[0].stretches =
            vec![Stretch { from: date("2020-01-01"), until: date("2020-01-02"), kind: StretchKind::Broken }];
        assert_eq!(chart.view().bars[0].width, dec!(0.80));
    }

    #[test]
    fn the_lanes_are_told_in_words_with_their_dates() {
        let html = lanes().render().unwrap();
        assert!(html.contains("Living wage: met from 2 October 2024 to 2 June 2026, then missed or in breach from 2 June 2026 to 24 August 2026, then met since 24 August 2026."));
        assert!(html.contains("not due yet since 2 October 2024"));
        assert!(html.contains("Jan 2025") && html.contains(">today<") && !html.contains("style="));
    }

    #[test]
    fn a_long_name_takes_two_lines_and_pushes_the_next_lane_down() {
        let mut chart = lanes();
        chart.lanes.reverse();
        let view = chart.view();
        assert_eq!(view.bars[1].y - view.bars[0].y, dec!(44));
        assert_eq!(view.bars[0].y, dec!(41));
    }

    #[test]
    fn without_promises_the_chart_says_so() {
        let mut chart = lanes();
        chart.lanes.clear();
        assert!(chart.render().unwrap().contains("Nothing was promised"));
    }
}
