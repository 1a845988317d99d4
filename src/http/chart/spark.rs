//! A small line in a table or beside a figure.

use super::scale::Scale;
use super::{Spot, points};
use askama::Template;
use rust_decimal::Decimal;

/// A line without axis, 150 by 26 pixels, with a dot at its end. The figures stand beside it in words.
#[derive(Clone, Debug)]
pub struct Spark {
    /// Unique on the page.
    pub id: String,
    /// What it shows, for people who hear it.
    pub name: String,
    /// In order of time.
    pub values: Vec<Decimal>,
}

#[derive(Template)]
#[template(path = "parts/chart/spark.html")]
struct SparkView<'a> {
    spark: &'a Spark,
    line: String,
    end: Option<Spot>,
}

impl Spark {
    fn view(&self) -> SparkView<'_> {
        let low = self.values.iter().min().copied().unwrap_or_default();
        let high = self.values.iter().max().copied().unwrap_or_default();
        let down = Scale::new(low, high, 20, 6);
        let across = Scale::new(Decimal::ZERO, Decimal::from(self.values.len().saturating_sub(1)), 3, 96);
        let level = low == high;
        let spots: Vec<Spot> = self
            .values
            .iter()
            .enumerate()
            .map(|(place, value)| Spot {
                x: across.across(Decimal::from(place)),
                y: if level { Decimal::from(13) } else { down.down(*value) },
                hollow: false,
            })
            .collect();
        SparkView { spark: self, line: points(&spots), end: spots.last().copied() }
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

    fn spark(values: Vec<Decimal>) -> Spark {
        Spark { id: "s".to_owned(), name: "Readings since 2022".to_owned(), values }
    }

    #[test]
    fn the_line_runs_from_left_to_right_and_higher_is_up() {
        let chart = spark(vec![dec!(1), dec!(3), dec!(2)]);
        assert_eq!(chart.view().line, "3.00,20.0 49.50,6.0 96.00,13.0");
    }

    #[test]
    fn one_reading_is_a_dot_and_none_is_said_in_words() {
        let one = spark(vec![dec!(5)]).render().unwrap();
        assert!(one.contains("<circle") && one.contains(r#"cy="13""#));
        let none = spark(Vec::new()).render().unwrap();
        assert!(none.contains("No readings yet") && !none.contains("<svg"));
    }
}
