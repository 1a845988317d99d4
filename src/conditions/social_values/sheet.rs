//! From a file to rows of cells, and back to text while a person looks at what was read.

use crate::documents::rows::{Bounds, RowsRefusal, csv_rows, excel_cells};
use crate::documents::{FileRefusal, Upload, check};
use crate::error::{Error, Result};
use crate::evaluation::catalogue::{CatalogueMeasure, MOST_ROWS, RowError, import};

/// Columns that are looked at; a catalogue has fourteen.
const MOST_COLUMNS: usize = 50;
/// Characters of a cell that are kept: one more than a catalogue takes, so that a longer text is told.
const MOST_CHARACTERS: usize = 501;
/// Empty rows above the one that names the columns.
const MOST_ABOVE: usize = 1_000;
/// Bytes of the rows as text. They travel in the page on which a person looks at them before they are kept.
/// The form that sends them back takes nine million bytes of text, and title, source and token stand beside them.
const MOST_TEXT: usize = 8_000_000;

const FIELD: &str = "file";

const KINDS: &str = "The file must be a CSV or Excel file: a CSV in UTF-8, or a workbook saved as .xlsx";

/// The rows of a CSV file, or of the first sheet of a workbook, told apart by content.
///
/// # Errors
/// Invalid at the field `file`; refused for a file that is empty, too large or of another kind.
pub(super) fn rows(upload: Upload, most_bytes: usize) -> Result<Vec<Vec<String>>> {
    let checked = check(upload, most_bytes).map_err(|refusal| match refusal {
        // A workbook under another name only needs its right ending.
        FileRefusal::Kind | FileRefusal::Ending(_) if refusal != FileRefusal::Ending("xlsx") => {
            Error::field(FIELD, KINDS)
        }
        other => other.into(),
    })?;
    let wrong = |refusal: RowsRefusal| Error::field(FIELD, refusal.to_string());
    let rows = match checked.media_type {
        "text/csv" | "text/plain" => csv_rows(&checked.bytes, MOST_ROWS + 1).map_err(wrong)?,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
            let bounds = Bounds { rows: MOST_ROWS + 2, columns: MOST_COLUMNS, characters: MOST_CHARACTERS };
            let found = excel_cells(checked.bytes, bounds).map_err(wrong)?;
            if !found.whole {
                return Err(Error::field(
                    FIELD,
                    "A catalogue has at most 10,000 rows, and the sheet holds more than that. Copy its columns into a new workbook",
                ));
            }
            in_rows(found.cells)?
        }
        _ => return Err(Error::field(FIELD, KINDS)),
    };
    // A browser sends every line end as two characters. Rows beyond the most are told as such, whatever they hold.
    if rows.len() <= MOST_ROWS + 1 && text(&rows)?.len() + rows.len() > MOST_TEXT {
        return Err(Error::field(FIELD, "The file holds more text than one catalogue can. Shorten titles and sources"));
    }
    Ok(rows)
}

fn in_rows(cells: Vec<(usize, usize, String)>) -> Result<Vec<Vec<String>>> {
    if cells.first().is_some_and(|(row, ..)| *row > MOST_ABOVE) {
        return Err(Error::field(FIELD, "Begin the catalogue in one of the first rows of the sheet"));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (row, column, text) in cells {
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        if let Some(cells) = rows.get_mut(row) {
            if cells.len() <= column {
                cells.resize(column + 1, String::new());
            }
            if let Some(cell) = cells.get_mut(column) {
                *cell = text;
            }
        }
    }
    Ok(rows)
}

/// The measures in rows of cells; the first row that holds anything names the columns.
///
/// # Errors
/// Everything wrong, by row as the sheet counts them.
pub(super) fn measures(rows: &[Vec<String>]) -> Result<Vec<CatalogueMeasure>, Vec<RowError>> {
    let above = rows.iter().take_while(|row| row.iter().all(|cell| cell.trim().is_empty())).count();
    let wrong = |mut error: RowError| {
        error.row += above;
        error
    };
    let found = import(rows.get(above..).unwrap_or_default())
        .map_err(|errors| errors.into_iter().map(wrong).collect::<Vec<_>>())?;
    if found.is_empty() {
        let sentence = "The file has headings and no rows. Put one measure in each row below them.".to_owned();
        return Err(vec![RowError { row: above + 2, column: String::new(), sentence }]);
    }
    Ok(found)
}

/// Rows as CSV text, for the page on which they are looked at.
///
/// # Errors
/// Internal.
pub(super) fn text(rows: &[Vec<String>]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in rows {
        // A row without cells is a row all the same, so that every later one keeps its number.
        if row.is_empty() {
            writer.write_record([""])?;
        } else {
            writer.write_record(row)?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| Error::internal(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| Error::internal(e.to_string()))
}

/// Rows from the text that [`text`] wrote.
///
/// # Errors
/// Invalid at the field `file`.
pub(super) fn rows_of_text(text: &str) -> Result<Vec<Vec<String>>> {
    csv_rows(text.as_bytes(), MOST_ROWS + MOST_ABOVE + 1).map_err(|refusal| Error::field(FIELD, refusal.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: impl Into<Vec<u8>>) -> Result<Vec<Vec<String>>> {
        rows(Upload { name: name.to_owned(), bytes: bytes.into() }, 1_000_000)
    }

    const HEADS: [&str; 7] = ["code", "title", "unit", "proxy", "price_year", "source", "valid_from"];

    #[test]
    fn a_workbook_that_begins_further_down_is_told_by_its_own_row_numbers() {
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (column, head) in (0_u16..).zip(HEADS) {
            sheet.write(3, column, head).unwrap();
        }
        for (column, cell) in (0_u16..).zip(["J1", "Jobs", "people", "none", "2025", "S", "2026-04-01"]) {
            sheet.write(5, column, cell).unwrap();
        }
        let rows = read("c.xlsx", book.save_to_buffer().unwrap()).unwrap();
        let errors = measures(&rows).unwrap_err();
        assert_eq!((errors.len(), errors[0].row, errors[0].column.as_str()), (1, 6, "proxy"));
        let again = rows_of_text(&text(&rows).unwrap()).unwrap();
        assert_eq!(measures(&again).unwrap_err(), errors);
    }

    #[test]
    fn a_file_of_another_kind_and_one_without_measures_are_refused() {
        let told = |name: &str, bytes: &[u8]| match read(name, bytes).unwrap_err() {
            Error::Invalid(errors) => errors.at("file").unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        };
        for (name, bytes) in [
            ("c.csv", b"\x89PNG\r\n\x1a\n0000".as_slice()),
            ("c.pdf", b"%PDF-1.7".as_slice()),
            ("c.exe", b"MZ\x90\x00\x03\x00".as_slice()),
            ("c.csv", b"code,title\nJ1,Caf\xe9".as_slice()),
            ("c.xlsx", b"no workbook".as_slice()),
        ] {
            assert!(told(name, bytes).contains("must be a CSV or Excel file"), "{name}");
        }
        let rows = read("c.csv", HEADS.join(",")).unwrap();
        assert_eq!(measures(&rows).unwrap_err()[0].row, 2);
        assert_eq!(measures(&[]).unwrap_err()[0].row, 1);
    }
}
