//! A figure in pounds along a price: what one more point costs as the price changes.

use super::scale::{Scale, compact, fixed, ticks};
use super::{Gridline, Heading, Label, Spot, points};
use crate::values::Pence;
use askama::Template;
use rust_decimal::Decimal;

const TOP: i32 = 40;
const BASE: i32 = 262;

/// One place of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurvePoint {
    /// Across.
    pub price: Pence,
    /// Up.
    pub amount: Pence,
}

/// An amount drawn along prices, with one price marked.
#[derive(Clone, Debug)]
pub struct PriceCurve {
    /// What stands around it.
    pub heading: Heading,
    /// In the order of their prices.
    pub points: Vec<CurvePoint>,
    /// A price to be marked, with its word: "expected".
    pub marked: Option<(Pence, &'static str)>,
    /// What is said instead of a drawing when there are fewer than two points.
    pub nothing: &'static str,
}

#[derive(Template)]
#[template(path = "parts/chart/price_curve.html")]
struct CurveView<'a> {
    heading: &'a Heading,
    height: u32,
    description: String,
    nothing: &'static str,
    grid: Vec<Gridline>,
    labels: Vec<Label>,
    line: String,
    dots: Vec<Spot>,
    marked: Option<(Decimal, &'static str)>,
}

impl PriceCurve {
    fn view(&self) -> CurveView<'_> {
        let amounts = || self.points.iter().map(|p| p.amount);
        let (low, high) = (amounts().min().unwrap_or_default(), amounts().max().unwrap_or_default());
        // From nothing, so that a point which costs nearly the same everywhere looks so.
        let figures = ticks(low.min(Pence::ZERO).pounds(), high.pounds(), 4);
        let least = figures.first().copied().unwrap_or_default();
        let most = figures.last().copied().unwrap_or_default();
        let down = Scale::new(least, most, BASE, TOP);
        let words =
            |pounds: Decimal| Pence::round_pence(pounds * Decimal::ONE_HUNDRED).map(compact).unwrap_or_default();
        let grid = figures.iter().map(|f| Gridline { y: down.down(*f), base: *f == least, text: words(*f) }).collect();
        let (first, last) = (self.points.first(), self.points.last());
        let across = Scale::new(
            first.map(|p| p.price.pounds()).unwrap_or_default(),
            last.map(|p| p.price.pounds()).unwrap_or_default(),
            14,
            96,
        );
        let dots: Vec<Spot> = self
            .points
            .iter()
            .map(|p| Spot { x: across.across(p.price.pounds()), y: down.down(p.amount.pounds()), hollow: false })
            .collect();
        let at_foot = |p: &CurvePoint, anchor| Label {
            x: across.across(p.price.pounds()),
            y: Decimal::from(BASE + 22),
            dx: 0,
            anchor,
            class: "soft",
            text: compact(p.price),
        };
        let mut labels: Vec<Label> = first.map(|p| at_foot(p, "start")).into_iter().collect();
        labels.extend(last.map(|p| at_foot(p, "end")));
        // Where it does not lie on the words at an end.
        let clear =
            |price: Pence| labels.iter().all(|l| (l.x - across.across(price.pounds())).abs() > Decimal::from(16));
        if let Some((price, _)) = self.marked.filter(|(price, _)| clear(*price)) {
            labels.push(at_foot(&CurvePoint { price, amount: Pence::ZERO }, "middle"));
        }
        CurveView {
            heading: &self.heading,
            height: 300,
            description: match (first, last) {
                (Some(a), Some(b)) => {
                    format!("From {} at a price of {} to {} at a price of {}.", a.amount, a.price, b.amount, b.price)
                }
                _ => String::new(),
            },
            nothing: if self.points.len() < 2 { self.nothing } else { "" },
            grid,
            labels,
            line: points(&dots),
            dots,
            marked: self.marked.map(|(price, word)| (fixed(across.across(price.pounds()), 2), word)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn curve(points: &[(i64, i64)]) -> PriceCurve {
        PriceCurve {
            heading: Heading::new("c", "What a point costs", "A point costs more at a higher price", "Pounds a point"),
            points: points.iter().map(|(p, a)| CurvePoint { price: Pence(*p), amount: Pence(*a) }).collect(),
            marked: Some((Pence(10_000_000), "expected")),
            nothing: "A lower price earns nothing more",
        }
    }

    #[test]
    fn dearer_points_are_drawn_higher_and_the_expected_price_in_its_place() {
        let chart = curve(&[(5_000_000, 100_000), (10_000_000, 200_000), (15_000_000, 400_000)]);
        let view = chart.view();
        assert_eq!((view.dots[0].x, view.dots[1].x, view.dots[2].x), (dec!(14.00), dec!(55.00), dec!(96.00)));
        assert!(view.dots[2].y < view.dots[1].y && view.dots[1].y < view.dots[0].y);
        assert_eq!(view.marked, Some((dec!(55.00), "expected")));
        assert!(chart.render().unwrap().contains("From £1,000 at a price of £50,000 to £4,000"));
    }

    #[test]
    fn a_point_that_costs_the_same_at_every_price_is_drawn_as_a_level_line_above_nothing() {
        let level = curve(&[(5_000_000, 4_000_000), (9_800_000, 4_000_000)]);
        let view = level.view();
        assert_eq!(view.grid.first().map(|g| g.text.as_str()), Some("£0"));
        assert!(view.dots[0].y == view.dots[1].y && view.dots[0].y < Decimal::from(BASE));
        assert_eq!(view.labels.len(), 2, "the expected price would stand on the last one's words");
    }

    #[test]
    fn without_two_points_there_is_a_sentence_and_no_drawing() {
        let html = curve(&[(5_000_000, 100_000)]).render().unwrap();
        assert!(html.contains("A lower price earns nothing more") && !html.contains("<svg class=\"cw-chart__svg\""));
    }
}
