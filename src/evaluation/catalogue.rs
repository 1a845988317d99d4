//! A council's own catalogue of social value, read from the rows of a CSV file or a sheet: everything that is wrong is told
//! by row and column, and nothing is taken half.

use super::check::record_problem;
use super::kinds::MeasureRecord;
use crate::values::decimals::parse_decimal;
use crate::values::time::parse_date;
use crate::values::{LocalDate, Pence};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::HashMap;

/// Most rows of one catalogue.
pub const MOST_ROWS: usize = 10_000;

/// The columns, by the name in the first row; those marked must be there.
pub const COLUMNS: [(&str, bool); 14] = [
    ("code", true),
    ("title", true),
    ("unit", true),
    ("proxy", true),
    ("price_year", true),
    ("deadweight", false),
    ("displacement", false),
    ("attribution", false),
    ("drop_off", false),
    ("years", false),
    ("source", true),
    ("licence", false),
    ("valid_from", true),
    ("valid_until", false),
];

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogueMeasure {
    /// What is counted and how, in words.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// What it is worth.
    pub record: MeasureRecord,
}

/// Something wrong in one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// As a sheet counts: the first row is 1.
    pub row: usize,
    /// The column's name.
    pub column: String,
    /// What to do.
    pub sentence: String,
}

/// Reads a catalogue; the first row names the columns, in any order. Empty rows are passed over. Parts may be written as
/// `0.2` or `20%`; money as people type it; dates as 2026-04-01.
///
/// # Errors
/// Every error of every row.
pub fn import(rows: &[Vec<String>]) -> Result<Vec<CatalogueMeasure>, Vec<RowError>> {
    let wrong = |row: usize, column: &str, sentence: &str| RowError {
        row,
        column: column.to_owned(),
        sentence: sentence.to_owned(),
    };
    let Some((header, body)) = rows.split_first() else {
        return Err(vec![wrong(1, "", "The first row must name the columns.")]);
    };
    if body.len() > MOST_ROWS {
        return Err(vec![wrong(MOST_ROWS + 2, "", "A catalogue has at most 10,000 rows.")]);
    }
    if let [only] = header.as_slice()
        && only.contains([';', '\t'])
    {
        return Err(vec![wrong(
            1,
            "",
            "Columns are separated by commas. Save the file as CSV with commas between columns.",
        )]);
    }
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    let mut errors = Vec::new();
    for (place, name) in names.iter().enumerate() {
        if !name.is_empty() && !COLUMNS.iter().any(|(known, _)| known == name) {
            // A file without a head may have anything there, at any length.
            let named: String = name.chars().take(40).collect();
            errors.push(wrong(1, &named, "This column is not known."));
        } else if !name.is_empty() && names.iter().take(place).any(|other| other == name) {
            errors.push(wrong(1, name, "This column is there twice."));
        }
    }
    for (column, needed) in COLUMNS {
        if needed && !names.iter().any(|name| name == column) {
            errors.push(wrong(1, column, "This column is missing."));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut found: Vec<(usize, CatalogueMeasure)> = Vec::new();
    // Places in `found`, by code: ten thousand rows are not each held against all others.
    let mut by_code: HashMap<String, Vec<usize>> = HashMap::new();
    for (row, cells) in (2..).zip(body).filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty())) {
        let mut reader = Row { names: &names, cells, row, errors: Vec::new() };
        match reader.measure() {
            Some(measure) if reader.errors.is_empty() => {
                let places = by_code.entry(measure.record.code.clone()).or_default();
                let mut same = places.iter().filter_map(|place| found.get(*place));
                let twice = same.find(|(_, known)| overlap(&known.record, &measure.record));
                if let Some((first, _)) = twice {
                    let sentence = format!("Row {first} has the same code for some of the same days.");
                    errors.push(wrong(row, "code", &sentence));
                }
                places.push(found.len());
                found.push((row, measure));
            }
            _ => errors.append(&mut reader.errors),
        }
    }
    if errors.is_empty() { Ok(found.into_iter().map(|(_, measure)| measure).collect()) } else { Err(errors) }
}

fn overlap(a: &MeasureRecord, b: &MeasureRecord) -> bool {
    let starts_in_time =
        |one: &MeasureRecord, other: &MeasureRecord| other.valid_until.is_none_or(|last| one.valid_from <= last);
    a.code == b.code && starts_in_time(a, b) && starts_in_time(b, a)
}

/// A sentence that stands alone, with its first letter large.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[expect(clippy::struct_field_names, reason = "the number that an error names")]
struct Row<'a> {
    names: &'a [String],
    cells: &'a [String],
    row: usize,
    errors: Vec<RowError>,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> &str {
        let place = self.names.iter().position(|name| name == column);
        place.and_then(|place| self.cells.get(place)).map(|cell| cell.trim()).unwrap_or_default()
    }

    fn wrong(&mut self, column: &str, sentence: &str) {
        self.errors.push(RowError { row: self.row, column: column.to_owned(), sentence: sentence.to_owned() });
    }

    fn text(&mut self, column: &str, sentence: &str) -> String {
        let text = self.cell(column).to_owned();
        if text.is_empty() || text.chars().count() > 500 || text.chars().any(char::is_control) {
            self.wrong(column, sentence);
        }
        text
    }

    /// A part of one: `0.2`, `20%`, or nothing, which is 0.
    fn part(&mut self, column: &str) -> Decimal {
        let text = self.cell(column).to_owned();
        if text.is_empty() {
            return Decimal::ZERO;
        }
        let read = match text.strip_suffix('%') {
            Some(percent) => parse_decimal(percent.trim()).ok().map(|p| (p / Decimal::ONE_HUNDRED).normalize()),
            None => parse_decimal(&text).ok(),
        };
        match read.filter(|part| *part >= Decimal::ZERO && *part <= Decimal::ONE && part.scale() <= 6) {
            Some(part) => part,
            None => {
                self.wrong(column, "Enter a part from 0 to 1, like 0.2, or 20%.");
                Decimal::ZERO
            }
        }
    }

    fn number<T: std::str::FromStr + PartialOrd>(&mut self, column: &str, from: T, to: T, sentence: &str) -> Option<T> {
        let read = self.cell(column).parse::<T>().ok().filter(|n| *n >= from && *n <= to);
        if read.is_none() {
            self.wrong(column, sentence);
        }
        read
    }

    fn date(&mut self, column: &str) -> Option<LocalDate> {
        let read = parse_date(self.cell(column)).ok();
        if read.is_none() {
            self.wrong(column, "Enter a date, like 2026-04-01.");
        }
        read
    }

    fn measure(&mut self) -> Option<CatalogueMeasure> {
        let code = self.text("code", "Enter the measure’s code.");
        let title = self.text("title", "Say what is counted.");
        let unit = self.text("unit", "Enter the unit, such as people or hours.");
        let proxy = self.cell("proxy").parse::<Pence>().ok().filter(|p| *p > Pence::ZERO);
        if proxy.is_none() {
            self.wrong("proxy", "Enter what one unit is worth in pounds, more than 0, like 20,000 or 12.50.");
        }
        let price_year = self.number("price_year", 1990, 2100, "Enter the year whose prices it is in, like 2025.");
        let [deadweight, displacement, attribution, drop_off] =
            ["deadweight", "displacement", "attribution", "drop_off"].map(|column| self.part(column));
        let years = if self.cell("years").is_empty() {
            Some(1)
        } else {
            self.number("years", 1, 60, "Enter how many years the effect lasts, 1 to 60.")
        };
        let source = self.text("source", "Name the source of the value.");
        let valid_from = self.date("valid_from");
        let valid_until = if self.cell("valid_until").is_empty() { None } else { self.date("valid_until") };
        let record = MeasureRecord {
            code,
            proxy: proxy?,
            price_year: price_year?,
            deadweight,
            displacement,
            attribution,
            drop_off,
            years: years?,
            source,
            licence: self.cell("licence").to_owned(),
            valid_from: valid_from?,
            valid_until,
            catalogue: None,
        };
        if self.errors.is_empty() {
            if record.valid_until.is_some_and(|last| last < record.valid_from) {
                self.wrong("valid_until", "The last day it is valid lies before the first.");
            } else if let Some(problem) = record_problem(&record) {
                self.wrong("proxy", &capital(problem));
            }
        }
        Some(CatalogueMeasure { title, unit, record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(';').map(str::to_owned).collect()).collect()
    }

    const HEADER: &str = "Code;Title;Unit;Proxy;Price year;Deadweight;Drop-off;Years;Source;Valid from;Valid until";

    #[test]
    fn a_catalogue_is_read_with_parts_written_either_way() {
        let found = import(&rows(&format!(
            "{HEADER}\nJ1;Jobs for residents;people;£20,000;2025;20%;0.5;2;Council study;2026-04-01;\n;;;;;;;;;;\n\
             J1;Jobs for residents;people;19000;2024;;;;Council study;2025-04-01;2026-03-31"
        )))
        .unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].record.deadweight, found[0].record.years), (dec!(0.2), 2));
        // 20,000 × 0.8 × 1.5.
        assert_eq!(found[0].record.net_value(), dec!(2400000));
        assert_eq!(found[1].record.years, 1);
    }

    #[test]
    fn every_error_is_told_by_row_and_column_at_once() {
        let errors = import(&rows(&format!(
            "{HEADER}\nJ1;Jobs;people;-5;25;120%;x;0;;2026-13-01;never\nJ2;Jobs;people;10;2025;100%;;1;S;2026-04-01;\n\
             J3;;people;10;2025;;;1;S;2026-04-01;2026-03-01"
        )))
        .unwrap_err();
        let cells: Vec<(usize, &str)> = errors.iter().map(|e| (e.row, e.column.as_str())).collect();
        assert_eq!(
            cells,
            [
                (2, "proxy"),
                (2, "price_year"),
                (2, "deadweight"),
                (2, "drop_off"),
                (2, "years"),
                (2, "source"),
                (2, "valid_from"),
                (2, "valid_until"),
                (3, "proxy"),
                (4, "title"),
            ]
        );
        assert!(errors[8].sentence.contains("Nothing of its value is left"));
    }

    #[test]
    fn a_last_day_before_the_first_is_told_in_its_own_column() {
        let errors =
            import(&rows(&format!("{HEADER}\nJ1;Jobs;people;10;2025;;;1;S;2026-04-01;2026-03-01"))).unwrap_err();
        assert_eq!((errors.len(), errors[0].row, errors[0].column.as_str()), (1, 2, "valid_until"));
        assert!(errors[0].sentence.starts_with("The last day"), "{}", errors[0].sentence);
    }

    #[test]
    fn a_file_with_semicolons_gets_one_hint() {
        let errors = import(&[vec![HEADER.to_owned()], vec!["J1;Jobs;people".to_owned()]]).unwrap_err();
        assert_eq!((errors.len(), errors[0].row), (1, 1));
        assert!(errors[0].sentence.starts_with("Columns are separated by commas"));
    }

    #[test]
    fn columns_and_codes_are_checked_before_anything_is_taken() {
        let columns = |text: &str| -> Vec<String> {
            import(&rows(text)).unwrap_err().into_iter().map(|e| format!("{} {}", e.row, e.column)).collect()
        };
        assert_eq!(
            columns("Code;Title;Unit;Proxy;Price year;Source;Colour;Code"),
            ["1 colour", "1 code", "1 valid_from"]
        );
        assert!(import(&[]).is_err());
        let twice = format!("{HEADER}\nJ;A;u;1;2025;;;;S;2026-04-01;\nJ;A;u;2;2025;;;;S;2027-04-01;");
        assert_eq!(columns(&twice), ["3 code"]);
        assert_eq!(import(&rows(HEADER)).unwrap(), []);
    }
}
