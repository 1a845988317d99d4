//! Reading a cash-flow sheet from a CSV or Excel file, with the errors of each row.

use super::model::CashRow;
use super::questions::CASH_ROWS;
use crate::documents::{Upload, check};
use crate::error::{Error, Result};
use crate::values::{FieldErrors, Pence, time};
use calamine::{Data, Reader, Xlsx};
use std::io::Cursor;

/// The columns, in this order, under any heading.
pub const COLUMNS: &str = "period_end, money_in, money_out";
/// Errors told at once; the rest follow when these are put right.
const MOST_ERRORS: usize = 20;

/// Reads a sheet: a heading row, then one row for each period with its last day, money in and money out.
///
/// # Errors
/// Invalid, naming the row and column of every cell that cannot be read; refused when the file is of another kind.
pub fn read(upload: Upload, most_bytes: usize) -> Result<Vec<CashRow>> {
    let checked = check(upload, most_bytes)?;
    let rows = match checked.media_type {
        "text/csv" | "text/plain" => csv_rows(&checked.bytes)?,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => excel_rows(checked.bytes)?,
        _ => return Err(Error::field("sheet", "Choose a CSV or Excel (.xlsx) file")),
    };
    parse(&rows)
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<Vec<String>>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes)
        .records()
        .take(CASH_ROWS + 2)
        .map(|record| {
            record
                .map(|r| r.iter().map(ToOwned::to_owned).collect())
                .map_err(|e| Error::field("sheet", format!("The CSV file cannot be read: {e}")))
        })
        .collect()
}

fn excel_rows(bytes: Vec<u8>) -> Result<Vec<Vec<String>>> {
    let unreadable = || Error::field("sheet", "The Excel file cannot be read. Save it again as .xlsx, or as CSV");
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_: calamine::XlsxError| unreadable())?;
    let range = book.worksheet_range_at(0).ok_or_else(unreadable)?.map_err(|_| unreadable())?;
    Ok(range.rows().take(CASH_ROWS + 2).map(|row| row.iter().map(cell).collect()).collect())
}

fn cell(data: &Data) -> String {
    match data {
        Data::DateTime(date) => date.as_datetime().map(|d| d.date().to_string()).unwrap_or_default(),
        Data::DateTimeIso(text) => text.chars().take(10).collect(),
        other => other.to_string(),
    }
}

/// Reads rows of cells. The first row is a heading. Empty rows are passed over.
///
/// # Errors
/// Invalid, for every cell that cannot be read.
fn parse(rows: &[Vec<String>]) -> Result<Vec<CashRow>> {
    let mut errors = FieldErrors::default();
    let mut found: Vec<CashRow> = Vec::new();
    for (number, row) in (1_usize..).zip(rows).skip(1) {
        let text = |column: usize| row.get(column).map_or("", |c| c.trim());
        if row.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let mut wrong = |column: &str, why: String| errors.add("sheet", format!("Row {number}, {column}: {why}"));
        let end = time::parse_date(text(0)).map_err(|e| wrong("period_end", e.to_string())).ok();
        let money_in = text(1).parse::<Pence>().map_err(|e| wrong("money_in", e.to_string())).ok();
        let money_out = text(2).parse::<Pence>().map_err(|e| wrong("money_out", e.to_string())).ok();
        if let (Some(period_end), Some(money_in), Some(money_out)) = (end, money_in, money_out) {
            if found.last().is_some_and(|last| last.period_end >= period_end) {
                wrong("period_end", "must be later than in the row above".to_owned());
            }
            found.push(CashRow { period_end, money_in, money_out });
        }
    }
    if found.is_empty() && errors.is_empty() {
        errors.add("sheet", format!("The sheet holds no rows. Give a heading row and the columns {COLUMNS}"));
    }
    if found.len() > CASH_ROWS {
        errors.add("sheet", format!("Use at most {CASH_ROWS} rows: three years by month"));
    }
    errors.0.truncate(MOST_ERRORS);
    if errors.is_empty() { Ok(found) } else { Err(errors.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(name: &str, bytes: impl Into<Vec<u8>>) -> Upload {
        Upload { name: name.to_owned(), bytes: bytes.into() }
    }

    #[test]
    fn a_sheet_is_read_from_csv_with_british_dates_and_thousands_separators() {
        let rows = read(
            upload("flow.csv", "period_end,money_in,money_out\n31/3/2027,\"12,000\",£9000.50\n\n2027-06-30,1,2\n"),
            10_000,
        )
        .unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].money_in, rows[0].money_out), (Pence(1_200_000), Pence(900_050)));
    }

    #[test]
    fn every_wrong_cell_is_named_by_its_row_and_column() {
        let error = read(upload("flow.csv", "a,b,c\n31/2/2027,1,2\n2027-06-30,lots,2\n2027-05-31,1,2\n"), 10_000);
        let Err(Error::Invalid(errors)) = error else { panic!("{error:?}") };
        let told: Vec<_> = errors.0.iter().map(|e| e.message.as_str()).collect();
        assert!(told[0].starts_with("Row 2, period_end"), "{told:?}");
        assert!(told[1].starts_with("Row 3, money_in"), "{told:?}");
    }

    #[test]
    fn an_excel_sheet_reads_as_the_same_rows() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "period_end").unwrap();
        sheet.write(1, 0, "2027-03-31").unwrap();
        sheet.write(1, 1, 12_000).unwrap();
        sheet.write(1, 2, 9000.5).unwrap();
        let rows = read(upload("flow.xlsx", book.save_to_buffer().unwrap()), 100_000).unwrap();
        assert_eq!(rows, read(upload("flow.csv", "p,i,o\n2027-03-31,12000,9000.5\n"), 10_000).unwrap());
    }

    #[test]
    fn an_empty_sheet_and_a_picture_are_refused() {
        assert!(read(upload("flow.csv", "period_end,money_in,money_out\n"), 10_000).is_err());
        assert!(read(upload("flow.csv", b"\x89PNG\r\n\x1a\n0000".to_vec()), 10_000).is_err());
    }
}
