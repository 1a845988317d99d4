//! Lists as files: CSV and Excel, from the same rows that the page shows.

use super::{Answer, attachment};
use crate::error::Error;
use crate::values::LocalDate;
use chrono::Datelike;
use rust_decimal::Decimal;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

/// A table to export. Cells are text as a program reads it: plain decimals, ISO dates.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// File name without its ending.
    pub name: String,
    /// Column heads.
    pub heads: Vec<&'static str>,
    /// Rows, each as long as the heads.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// As `csv` or `xlsx`.
    ///
    /// # Errors
    /// NotFound for another format.
    pub fn answer(&self, format: &str) -> Answer {
        match format {
            "csv" => self.file("text/csv; charset=utf-8", "csv", self.csv()?),
            "xlsx" => {
                self.file("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", self.xlsx()?)
            }
            _ => Err(Error::NotFound.into()),
        }
    }

    /// The table as CSV, led by the mark by which Excel knows UTF-8. A cell that a spreadsheet would run as a formula is
    /// led by an apostrophe.
    ///
    /// # Errors
    /// Internal.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
        writer.write_record(&self.heads)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        writer.into_inner().map_err(|e| Error::internal(e.to_string()))
    }

    /// The table as an Excel workbook of one sheet. Dates and plain decimals are cells that Excel can sort and sum; amounts
    /// of money, which always have two places, are shown with thousands. What Excel could not hold exactly stays text.
    ///
    /// # Errors
    /// Internal.
    pub fn xlsx(&self) -> Result<Vec<u8>, Error> {
        let mut workbook = Workbook::new();
        let bold = Format::new().set_bold();
        let formats = Formats {
            date: Format::new().set_num_format("yyyy-mm-dd"),
            money: Format::new().set_num_format("#,##0.00"),
        };
        let sheet = workbook.add_worksheet();
        for (column, head) in (0_u16..).zip(&self.heads) {
            sheet.write_with_format(0, column, *head, &bold)?;
        }
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                formats.write(sheet, (line, column), cell)?;
            }
        }
        sheet.autofit();
        Ok(workbook.save_to_buffer()?)
    }

    fn file(&self, media_type: &str, ending: &str, bytes: Vec<u8>) -> Answer {
        attachment(&format!("{}.{ending}", self.name), media_type, bytes)
    }
}

/// How cells look that are no text.
struct Formats {
    date: Format,
    money: Format,
}

impl Formats {
    fn write(&self, sheet: &mut Worksheet, (line, column): (u32, u16), cell: &str) -> Result<(), Error> {
        if let Some(date) = as_date(cell) {
            sheet.write_with_format(line, column, &date, &self.date)?;
        } else if let Some(number) = as_number(cell) {
            if number.scale() == 2 {
                sheet.write_with_format(line, column, number, &self.money)?;
            } else {
                sheet.write(line, column, number)?;
            }
        } else {
            sheet.write(line, column, cell)?;
        }
        Ok(())
    }
}

/// An ISO date, and nothing that people write.
fn as_date(cell: &str) -> Option<ExcelDateTime> {
    let date = (cell.len() == 10).then(|| LocalDate::parse_from_str(cell, "%Y-%m-%d").ok()).flatten()?;
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    ExcelDateTime::from_ymd(u16::try_from(date.year()).ok()?, month, day).ok()
}

/// A plain decimal that a spreadsheet holds exactly. Figures with a zero in front are names of something: company
/// numbers, telephones.
fn as_number(cell: &str) -> Option<Decimal> {
    /// Figures that a cell keeps.
    const MOST_FIGURES: usize = 15;
    let figures = cell.strip_prefix('-').unwrap_or(cell);
    let plain = figures.chars().all(|c| c.is_ascii_digit() || c == '.') && !figures.ends_with('.');
    let padded = figures.len() > 1 && figures.starts_with('0') && !figures.starts_with("0.");
    if !plain
        || padded
        || figures.starts_with('.')
        || figures.chars().filter(char::is_ascii_digit).count() > MOST_FIGURES
    {
        return None;
    }
    Decimal::from_str_exact(cell).ok()
}

fn harmless(cell: &str) -> String {
    let number = as_number(cell).is_some() || crate::values::decimals::parse_decimal(cell).is_ok();
    // The wide forms too: spreadsheets of East Asian settings take them for the plain ones.
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if !number && cell.starts_with(formula) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_spreadsheet_would_run_is_made_harmless_and_a_negative_number_stays_a_number() {
        let table = Table {
            name: "x".into(),
            heads: vec!["name", "amount"],
            rows: vec![vec!["=HYPERLINK(1)".into(), "-12.50".into()]],
        };
        let text = String::from_utf8(table.csv().unwrap()).unwrap();
        assert_eq!(text, "\u{feff}name,amount\n'=HYPERLINK(1),-12.50\n");
        assert!(table.xlsx().unwrap().starts_with(b"PK"));
    }

    #[test]
    fn nothing_that_any_spreadsheet_runs_is_led_into_a_file_and_a_workbook_holds_it_as_text() {
        use calamine::{Data, Reader};
        let cells = ["+1+cmd", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "＝1+1", "＠SUM(A1)"];
        let row: Vec<String> = cells.map(ToOwned::to_owned).to_vec();
        let table = Table { name: "x".into(), heads: vec!["h"; cells.len()], rows: vec![row] };
        let text = table.csv().unwrap();
        let mut reader = csv::ReaderBuilder::new().from_reader(&text[..]);
        let read = reader.records().next().unwrap().unwrap();
        assert!(read.iter().zip(cells).all(|(written, cell)| written == format!("'{cell}")), "{read:?}");
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(std::io::Cursor::new(table.xlsx().unwrap())).unwrap();
        assert!(book.worksheet_formula("Sheet1").unwrap().is_empty());
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.get((1, 1)), Some(&Data::String("-2+3".to_owned())));
    }

    #[test]
    fn excel_gets_numbers_and_dates_that_it_can_sum_and_sort_and_names_as_text() {
        use calamine::{Data, Reader};
        let cells =
            ["2027-01-15", "1234.50", "7", "-0.125", "01234567", "1234567890123456", "31/1/2027", "T-2026-0007"];
        let table = Table {
            name: "x".into(),
            heads: vec!["h"; cells.len()],
            rows: vec![cells.map(ToOwned::to_owned).to_vec()],
        };
        let mut book: calamine::Xlsx<_> =
            calamine::open_workbook_from_rs(std::io::Cursor::new(table.xlsx().unwrap())).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let row = sheet.rows().nth(1).unwrap();
        assert!(matches!(row[0], Data::DateTime(_)), "{row:?}");
        for (column, said) in [(1, "1234.5"), (2, "7"), (3, "-0.125")] {
            let spelt = row[column].to_string();
            assert!(matches!(row[column], Data::Float(_)) && spelt == said, "{row:?}");
        }
        for column in 4..8 {
            assert_eq!(row[column], Data::String(cells[column].to_owned()));
        }
    }
}
