//! Bars across the page, one or two for each thing: what is said of it (hollow) and what is so (solid).

use super::Heading;
use super::bars::{placed_lines, sentence};
use super::scale::{Scale, Unit};
use askama::Template;
use rust_decimal::Decimal;

/// One thing with its figures.
#[derive(Clone, Debug)]
pub struct CompareBar {
    /// Its name.
    pub name: String,
    /// What is said of it, drawn hollow; `None` where the chart has one bar a thing.
    pub said: Option<Decimal>,
    /// What is so, drawn solid.
    pub real: Decimal,
    /// Written behind the solid bar after its figure, such as "± 0.2".
    pub note: String,
}

/// Things compared by bars.
#[derive(Clone, Debug)]
pub struct CompareBars {
    /// What stands around it.
    pub heading: Heading,
    /// What a hollow bar is, for the key.
    pub said: &'static str,
    /// What a solid bar is, for the key.
    pub real: &'static str,
    /// How figures are written.
    pub unit: Unit,
    /// In the order to be drawn.
    pub bars: Vec<CompareBar>,
}

#[derive(Debug)]
struct Row {
    lines: Vec<(Decimal, String)>,
    /// Top, width and words of a bar.
    said: Option<(Decimal, Decimal, String)>,
    real: (Decimal, Decimal, String),
}

#[derive(Template)]
#[template(path = "parts/chart/compare_bars.html")]
struct CompareView<'a> {
    heading: &'a Heading,
    height: Decimal,
    description: String,
    nothing: &'static str,
    said: &'static str,
    real: &'static str,
    rows: Vec<Row>,
}

impl CompareBars {
    fn view(&self) -> CompareView<'_> {
        let most = self.bars.iter().flat_map(|b| [b.said.unwrap_or_default(), b.real]).max().unwrap_or_default();
        // The rest of the width is for the figures behind the bars.
        let across = Scale::new(Decimal::ZERO, most.max(Decimal::ONE), 0, 68);
        let mut y = Decimal::from(15);
        let mut rows = Vec::with_capacity(self.bars.len());
        for bar in &self.bars {
            let lines = placed_lines(&bar.name, &mut y);
            let mut top = y + Decimal::from(7);
            let said = bar.said.map(|figure| {
                let drawn = (top, across.across(figure), self.unit.show(figure));
                top += Decimal::from(19);
                drawn
            });
            let note = if bar.note.is_empty() { String::new() } else { format!(" {}", bar.note) };
            rows.push(Row {
                lines,
                said,
                real: (top, across.across(bar.real), format!("{}{note}", self.unit.show(bar.real))),
            });
            y = top + Decimal::from(43);
        }
        CompareView {
            heading: &self.heading,
            height: y - Decimal::from(22),
            description: sentence(self.bars.iter().map(|bar| match bar.said {
                Some(said) => format!(
                    "{}: {} {}, {} {}",
                    bar.name,
                    self.unit.show(said),
                    self.said.to_lowercase(),
                    self.unit.show(bar.real),
                    self.real.to_lowercase()
                ),
                None => format!("{} {}", bar.name, self.unit.show(bar.real)),
            })),
            nothing: if self.bars.is_empty() { "Nothing to compare" } else { "" },
            said: if self.bars.iter().any(|b| b.said.is_some()) { self.said } else { "" },
            real: self.real,
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

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn chart(bars: Vec<CompareBar>) -> CompareBars {
        CompareBars {
            heading: Heading::new("x", "Weights", "Price decides little", "Per cent"),
            said: "Published",
            real: "Decides",
            unit: Unit::percent(1),
            bars,
        }
    }

    #[test]
    fn bars_are_in_proportion_to_the_longest_and_a_negative_figure_has_none() {
        let bar = |said, real| CompareBar { name: "Price".to_owned(), said: Some(said), real, note: String::new() };
        let chart = chart(vec![bar(dec!(30), dec!(60)), bar(dec!(30), dec!(-1.5))]);
        let view = chart.view();
        assert_eq!((view.rows[0].said.as_ref().unwrap().1, view.rows[0].real.1), (dec!(34.00), dec!(68.00)));
        assert_eq!((view.rows[1].real.1, view.rows[1].real.2.as_str()), (dec!(0.00), "−1.5%"));
        assert!(chart.render().unwrap().contains("Price: 30.0% published, 60.0% decides"));
    }

    #[test]
    fn one_bar_a_thing_has_no_key_for_a_second() {
        let html = chart(vec![CompareBar { name: "Ash".into(), said: None, real: dec!(94), note: "± 0.2".into() }]);
        let html = html.render().unwrap();
        assert!(html.contains("94.0% ± 0.2") && !html.contains("Published"));
    }
}
