//! Bars across the page: what was promised, claimed and verified; and the weights of criteria.

use super::Heading;
use super::scale::{Scale, Unit, fixed, lines};
use askama::Template;
use rust_decimal::Decimal;

/// Letters in a line above a bar that fit a phone of 320 px.
const LINE: usize = 36;

/// One measure: what was promised, what is claimed of it, and what of that was verified.
#[derive(Clone, Debug)]
pub struct ShareBar {
    /// The measure in words.
    pub measure: String,
    /// Promised.
    pub promised: Decimal,
    /// Claimed by the supplier or enterprise, verified or not.
    pub claimed: Decimal,
    /// Verified by the authority.
    pub verified: Decimal,
    /// How figures of the measure are written.
    pub unit: Unit,
}

/// Promised, claimed and verified results, one bar a measure: hollow, hatched, solid.
#[derive(Clone, Debug)]
pub struct ShareBars {
    /// What stands around it.
    pub heading: Heading,
    /// In the order to be drawn.
    pub bars: Vec<ShareBar>,
}

#[derive(Debug)]
struct Row {
    lines: Vec<(Decimal, String)>,
    bar: Decimal,
    /// The figures in words, below the bar.
    under: Vec<(Decimal, String)>,
    promised: Decimal,
    claimed: Decimal,
    verified: Decimal,
}

#[derive(Template)]
#[template(path = "parts/chart/share_bars.html")]
struct ShareView<'a> {
    heading: &'a Heading,
    height: Decimal,
    description: String,
    nothing: &'static str,
    rows: Vec<Row>,
}

impl ShareBars {
    fn view(&self) -> ShareView<'_> {
        let mut y = Decimal::from(16);
        let mut rows = Vec::with_capacity(self.bars.len());
        for bar in &self.bars {
            let title = placed_lines(&bar.measure, &mut y);
            let whole = bar.promised.max(bar.claimed).max(bar.verified);
            let across = |figure: Decimal| {
                // A hair less than the whole width, so that the edge of the bar is not cut off.
                let share = figure.checked_div(whole).unwrap_or(Decimal::ZERO).clamp(Decimal::ZERO, Decimal::ONE);
                fixed(share * Decimal::new(996, 1), 2)
            };
            let show = |figure| bar.unit.show(figure);
            let words = [
                format!("{} verified", show(bar.verified)),
                format!("{} claimed", show(bar.claimed)),
                format!("of {}", show(bar.promised)),
            ];
            let bar_at = y + Decimal::from(9);
            y += Decimal::from(49);
            rows.push(Row {
                lines: title,
                bar: bar_at,
                under: placed_parts(&words, &mut y),
                promised: across(bar.promised),
                claimed: across(bar.claimed),
                verified: across(bar.verified),
            });
            y += Decimal::from(35);
        }
        ShareView {
            heading: &self.heading,
            height: y - Decimal::from(26),
            description: sentence(self.bars.iter().map(|bar| {
                let show = |figure| bar.unit.show(figure);
                format!(
                    "{}: {} verified, {} claimed, {} promised",
                    bar.measure,
                    show(bar.verified),
                    show(bar.claimed),
                    show(bar.promised)
                )
            })),
            nothing: if self.bars.is_empty() { "Nothing has been promised yet" } else { "" },
            rows,
        }
    }

    /// The drawing as HTML.
    ///
    /// # Errors
    /// None in practice: writing to a string.
    pub fn render(&self) -> Result<String, askama::Error> {
        self.view().render()
    }
}

/// What a criterion judges; decides how its bar is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightKind {
    /// Solid.
    Quality,
    /// Hatched.
    SocialValue,
    /// Marigold with an edge.
    Price,
}

impl WeightKind {
    const ALL: [WeightKind; 3] = [WeightKind::Quality, WeightKind::SocialValue, WeightKind::Price];

    fn words(self) -> &'static str {
        match self {
            WeightKind::Quality => "Quality",
            WeightKind::SocialValue => "Social value",
            WeightKind::Price => "Price",
        }
    }

    fn class(self) -> &'static str {
        match self {
            WeightKind::Quality => "f1",
            WeightKind::SocialValue => "edge2",
            WeightKind::Price => "f4",
        }
    }
}

/// One criterion.
#[derive(Clone, Debug)]
pub struct WeightBar {
    /// Its name.
    pub name: String,
    /// Its weight in per cent of the whole.
    pub weight: Decimal,
    /// What it judges.
    pub kind: WeightKind,
}

/// The weights of the criteria of a call.
#[derive(Clone, Debug)]
pub struct WeightBars {
    /// What stands around it.
    pub heading: Heading,
    /// In the order to be drawn.
    pub bars: Vec<WeightBar>,
}

#[derive(Debug)]
struct WeightRow {
    lines: Vec<(Decimal, String)>,
    bar: Decimal,
    width: Decimal,
    class: &'static str,
    hatched: bool,
    words: String,
}

#[derive(Template)]
#[template(path = "parts/chart/weight_bars.html")]
struct WeightView<'a> {
    heading: &'a Heading,
    height: Decimal,
    description: String,
    nothing: &'static str,
    rows: Vec<WeightRow>,
    /// Class, hatched, words of each kind that occurs.
    kinds: Vec<(&'static str, bool, String)>,
}

impl WeightBars {
    fn view(&self) -> WeightView<'_> {
        let heaviest = self.bars.iter().map(|b| b.weight).max().unwrap_or(Decimal::ONE);
        let across = Scale::new(Decimal::ZERO, heaviest, 0, 86);
        let mut y = Decimal::from(15);
        let mut rows = Vec::with_capacity(self.bars.len());
        for bar in &self.bars {
            let title = placed_lines(&bar.name, &mut y);
            rows.push(WeightRow {
                lines: title,
                bar: y + Decimal::from(7),
                width: across.across(bar.weight),
                class: bar.kind.class(),
                hatched: bar.kind == WeightKind::SocialValue,
                words: percent(bar.weight),
            });
            y += Decimal::from(50);
        }
        let kinds = WeightKind::ALL
            .into_iter()
            .filter(|kind| self.bars.iter().any(|b| b.kind == *kind))
            .map(|kind| {
                let sum: Decimal = self.bars.iter().filter(|b| b.kind == kind).map(|b| b.weight).sum();
                (kind.class(), kind == WeightKind::SocialValue, format!("{}, {}", kind.words(), percent(sum)))
            })
            .collect();
        WeightView {
            heading: &self.heading,
            height: y - Decimal::from(23),
            description: sentence(self.bars.iter().map(|b| format!("{} {}", b.name, percent(b.weight)))),
            nothing: if self.bars.is_empty() { "No criteria yet" } else { "" },
            rows,
            kinds,
        }
    }

    /// The drawing as HTML.
    ///
    /// # Errors
    /// None in practice: writing to a string.
    pub fn render(&self) -> Result<String, askama::Error> {
        self.view().render()
    }
}

fn percent(weight: Decimal) -> String {
    format!("{}%", weight.normalize())
}

/// The lines of a title, each with its place; `y` is left at the last of them.
pub(super) fn placed_lines(text: &str, y: &mut Decimal) -> Vec<(Decimal, String)> {
    let mut placed = Vec::new();
    for (place, line) in lines(text, LINE).into_iter().enumerate() {
        if place > 0 {
            *y += Decimal::from(19);
        }
        placed.push((*y, line));
    }
    placed
}

/// Words in parts below one another where they do not fit beside one another; `y` is left at the last line. A figure
/// stays with its unit as long as both fit a line.
fn placed_parts(parts: &[String], y: &mut Decimal) -> Vec<(Decimal, String)> {
    let mut placed: Vec<(Decimal, String)> = Vec::new();
    for part in parts {
        match placed.last_mut() {
            Some((_, line)) if line.chars().count() + 3 + part.chars().count() <= LINE => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => {
                for line in lines(part, LINE) {
                    if !placed.is_empty() {
                        *y += Decimal::from(19);
                    }
                    placed.push((*y, line));
                }
            }
        }
    }
    placed
}

pub(super) fn sentence(parts: impl Iterator<Item = String>) -> String {
    let text = parts.collect::<Vec<_>>().join("; ");
    if text.is_empty() { text } else { text + "." }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn measure(promised: Decimal, claimed: Decimal, verified: Decimal) -> ShareBar {
        ShareBar { measure: "Residents in work".to_owned(), promised, claimed, verified, unit: Unit::count() }
    }

    fn shares(bars: Vec<ShareBar>) -> ShareBars {
        ShareBars { heading: Heading::new("s", "Results", "Placements lag", "One bar a measure"), bars }
    }

    #[test]
    fn the_whole_bar_is_what_was_promised_and_parts_are_in_proportion() {
        let chart = shares(vec![measure(dec!(84), dec!(61), dec!(47))]);
        let row = &chart.view().rows[0];
        assert_eq!((row.promised, row.claimed, row.verified), (dec!(99.60), dec!(72.33), dec!(55.73)));
        assert_eq!(row.under.len(), 1);
        assert_eq!(row.under[0].1, "47 verified · 61 claimed · of 84");
    }

    #[test]
    fn more_than_promised_makes_the_promise_shorter_not_the_page_wider() {
        let chart = shares(vec![measure(dec!(10), dec!(20), dec!(20))]);
        let row = &chart.view().rows[0];
        assert_eq!((row.promised, row.claimed, row.verified), (dec!(49.80), dec!(99.60), dec!(99.60)));
    }

    #[test]
    fn a_measure_of_nothing_is_drawn_without_dividing_by_it() {
        let chart = shares(vec![measure(dec!(0), dec!(0), dec!(0))]);
        assert_eq!(chart.view().rows[0].promised, dec!(0.00));
        assert!(chart.render().unwrap().contains("0 verified · 0 claimed · of 0"));
    }

    #[test]
    fn without_measures_the_chart_says_so() {
        let html = shares(Vec::new()).render().unwrap();
        assert!(html.contains("Nothing has been promised yet") && !html.contains("<svg class=\"cw-chart__svg\""));
    }

    #[test]
    fn rows_do_not_run_into_each_other_when_a_title_takes_two_lines() {
        let mut long = measure(dec!(1), dec!(0), dec!(0));
        long.measure = "Young people from Camden who finish a paid placement".to_owned();
        let chart = shares(vec![long, measure(dec!(1), dec!(0), dec!(0))]);
        let view = chart.view();
        assert_eq!(view.rows[0].lines.len(), 2);
        assert!(view.rows[1].lines[0].0 - view.rows[0].under[0].0 >= dec!(30));
        assert!(view.height > view.rows[1].under[0].0);
    }

    #[test]
    fn figures_with_a_long_unit_are_broken_between_them_and_keep_their_distance_from_the_next_row() {
        let mut hours = measure(dec!(1200), dec!(940), dec!(610));
        hours.unit.suffix = " volunteer hours".to_owned();
        let chart = shares(vec![hours, measure(dec!(1), dec!(0), dec!(0))]);
        let view = chart.view();
        let words: Vec<&str> = view.rows[0].under.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(words, ["610 volunteer hours verified", "940 volunteer hours claimed", "of 1,200 volunteer hours"]);
        assert_eq!(view.rows[0].under[2].0 - view.rows[0].under[0].0, dec!(38));
        assert_eq!(view.rows[1].lines[0].0 - view.rows[0].under[2].0, dec!(35));
        assert_eq!(view.height - view.rows[1].under[0].0, dec!(9));
        assert!(chart.render().unwrap().contains("of 1,200 volunteer hours<tspan"));
    }

    #[test]
    fn weights_are_drawn_in_proportion_and_summed_by_what_they_judge() {
        let bar = |name: &str, weight, kind| WeightBar { name: name.to_owned(), weight, kind };
        let chart = WeightBars {
            heading: Heading::new("w", "Weights", "Quality counts for 45%", "Share of the final score"),
            bars: vec![
                bar("Menus", dec!(20), WeightKind::Quality),
                bar("Residents", dec!(25), WeightKind::Quality),
                bar("Promises", dec!(25), WeightKind::SocialValue),
                bar("Price", dec!(30.0), WeightKind::Price),
            ],
        };
        let view = chart.view();
        assert_eq!(view.rows[3].width, dec!(86.00));
        assert_eq!(view.rows[0].width, dec!(57.33));
        assert_eq!(view.kinds[0].2, "Quality, 45%");
        assert_eq!(view.kinds[2].2, "Price, 30%");
        assert!(chart.render().unwrap().contains("Menus 20%; Residents 25%; Promises 25%; Price 30%."));
    }
}
