//! How a result is shown: as JSON, as tables, or line by line.

use super::Said;
use crate::finance::explain::Line;
use schemars::JsonSchema;
use serde::Serialize;

/// The three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// JSON.
    Json,
    /// Tables for people.
    Table,
    /// The working.
    Explanation,
}

impl View {
    /// Shows a result in this way; only what is asked for is made.
    pub fn show<T: Serialize>(
        self,
        result: &T,
        tables: impl FnOnce() -> Vec<Table>,
        lines: impl FnOnce() -> Vec<Line>,
    ) -> Said {
        match self {
            View::Json => json(result),
            View::Table => Ok(tables().iter().map(Table::text).collect::<Vec<_>>().join("\n\n")),
            View::Explanation => Ok(lines().iter().map(Line::to_string).collect::<Vec<_>>().join("\n")),
        }
    }
}

fn json<T: Serialize>(value: &T) -> Said {
    serde_json::to_string_pretty(value).map_err(|error| format!("The result cannot be written: {error}."))
}

/// The JSON Schema of a command's file.
pub fn schema<T: JsonSchema>() -> Said {
    json(&schemars::schema_for!(T))
}

/// A table: a title, the heads of its columns, and rows of text.
pub struct Table {
    title: String,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table from its rows.
    pub fn new(title: impl Into<String>, heads: &[&'static str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        Table { title: title.into(), heads: heads.to_vec(), rows: rows.into_iter().collect() }
    }

    /// Title, heads, a rule and rows; columns of figures are set to the right.
    fn text(&self) -> String {
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<usize> = (0..heads.len())
            .map(|column| cells(column).chain([&heads[column]]).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        let right: Vec<bool> = (0..heads.len())
            .map(|column| cells(column).filter(|cell| !cell.is_empty()).all(|cell| is_figure(cell)))
            .collect();
        let line = |row: &Vec<String>| {
            let padded = row.iter().zip(&widths).zip(&right).map(|((cell, width), right)| {
                let room = " ".repeat(width.saturating_sub(cell.chars().count()));
                if *right { format!("{room}{cell}") } else { format!("{cell}{room}") }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
        let mut text = vec![self.title.clone(), line(&heads), rule];
        text.extend(self.rows.iter().map(line));
        text.join("\n")
    }
}

fn is_figure(cell: &str) -> bool {
    let digits = cell.trim_start_matches(['−', '-', '£']).trim_end_matches('%');
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || ",.-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_on_the_right_and_words_on_the_left() {
        let row = |name: &str, amount: &str| vec![name.to_owned(), amount.to_owned()];
        let table = Table::new("Payments", &["To", "Amount"], [row("Bakery", "£1,250"), row("Mill", "−£5.50")]);
        assert_eq!(table.text(), "Payments\nTo      Amount\n------  ------\nBakery  £1,250\nMill    −£5.50");
    }
}
