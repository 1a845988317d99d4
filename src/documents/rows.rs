//! The rows of a CSV file or of the first sheet of an Excel workbook, read within bounds: a few kilobytes may name a cell
//! in the last row and column, and nothing between.

use super::archive::{ArchiveRefusal, check_archive};
use calamine::{DataRef, Reader, Xlsx};
use rust_decimal::{Decimal, dec};
use std::io::Cursor;

/// Cells that are looked at, whatever stands in them.
const MOST_CELLS: usize = 200_000;

/// How much of a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Rows, counted from the first that holds anything.
    pub rows: usize,
    /// Columns, counted from the first of the sheet.
    pub columns: usize,
    /// Characters of one cell that are kept.
    pub characters: usize,
}

/// The cells of a sheet that hold something, by row and column from 0, and whether they are all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Row, column and text, in the order of the file.
    pub cells: Vec<(usize, usize, String)>,
    /// Whether nothing was left out because of the bounds.
    pub whole: bool,
}

/// Why rows cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsRefusal {
    /// Not a workbook or a text that can be read.
    #[error("The file cannot be read. Save it again as .xlsx, or as CSV")]
    Unreadable,
    /// More than a reader should be given.
    #[error("The file holds far more than this takes. Copy what counts into a new workbook, or save it as CSV")]
    TooMuch,
}

impl From<ArchiveRefusal> for RowsRefusal {
    fn from(refusal: ArchiveRefusal) -> Self {
        match refusal {
            ArchiveRefusal::Unreadable => RowsRefusal::Unreadable,
            ArchiveRefusal::TooMuch => RowsRefusal::TooMuch,
        }
    }
}

/// The cells of a workbook's first sheet, read one after the other and only as far as the bounds go. Dates are written as
/// 2027-03-31.
///
/// # Errors
/// [`RowsRefusal`].
pub fn excel_cells(bytes: Vec<u8>, bounds: Bounds) -> Result<Cells, RowsRefusal> {
    check_archive(&bytes)?;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes))
        .map_err(|_: calamine::XlsxError| RowsRefusal::Unreadable)?;
    let name = book.sheet_names().first().cloned().ok_or(RowsRefusal::Unreadable)?;
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| RowsRefusal::Unreadable)?;
    let mut found = Cells { cells: Vec::new(), whole: true };
    let mut first = None;
    let mut read = 0_usize;
    while let Some(next) = reader.next_cell().map_err(|_| RowsRefusal::Unreadable)? {
        read += 1;
        if read > MOST_CELLS {
            found.whole = false;
            break;
        }
        let (row, column) = next.get_position();
        let text = cell(next.get_value(), bounds.characters);
        if text.is_empty() {
            continue;
        }
        let place = usize::try_from(row).and_then(|row| Ok((row, usize::try_from(column)?)));
        let (row, column) = place.map_err(|_| RowsRefusal::Unreadable)?;
        // The file lists rows in order, so the first that holds anything comes first.
        let below = row.checked_sub(*first.get_or_insert(row)).ok_or(RowsRefusal::Unreadable)?;
        if below >= bounds.rows {
            found.whole = false;
            break;
        }
        if column < bounds.columns {
            found.cells.push((row, column, text));
        } else {
            found.whole = false;
        }
    }
    Ok(found)
}

fn cell(data: &DataRef<'_>, most: usize) -> String {
    match data {
        DataRef::DateTime(date) => date.as_datetime().map(|d| d.date().to_string()).unwrap_or_default(),
        DataRef::DateTimeIso(text) => text.chars().take(10).collect(),
        DataRef::String(text) => text.chars().take(most).collect(),
        DataRef::SharedString(text) => text.chars().take(most).collect(),
        DataRef::Float(value) => number(value.to_string()),
        other => calamine::Data::from(other.clone()).to_string(),
    }
}

/// A number as its sheet shows it. Spreadsheets reckon in binary, where 0.1 and 0.2 make 0.30000000000000004: what lies
/// so close to a number of two decimal places is that number. Nobody types a decimal place so far behind the point, or
/// so far behind the first digit.
fn number(text: String) -> String {
    let Ok(exact) = text.parse::<Decimal>() else { return text };
    let near = exact.round_dp(2);
    let apart = (exact - near).abs();
    let noise = apart <= dec!(0.000000001) || apart <= near.abs() * dec!(0.00000000000001);
    if noise && !apart.is_zero() { near.normalize().to_string() } else { text }
}

/// A text file in UTF-8. Excel on Windows saves CSV in Windows-1252 unless it is told otherwise, where £ is one byte.
/// What is UTF-8 or no text at all stays as it is.
#[must_use]
pub fn in_utf8(bytes: Vec<u8>) -> Vec<u8> {
    let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\r' | b'\t');
    if std::str::from_utf8(&bytes).is_ok() || infer::get(&bytes).is_some() || bytes.iter().any(control) {
        return bytes;
    }
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned().into_bytes()
}

/// The rows of a CSV text as a spreadsheet counts them: a line without anything is a row too. One row more than `most` is
/// read, so that who reads can tell that there are more.
///
/// # Errors
/// [`RowsRefusal::Unreadable`].
pub fn csv_rows(bytes: &[u8], most: usize) -> Result<Vec<Vec<String>>, RowsRefusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")) {
        rest = after;
        if rows.len() <= most {
            rows.push(Vec::new());
        }
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest);
    let mut record = csv::StringRecord::new();
    let mut line = 0_u64;
    while rows.len() <= most && reader.read_record(&mut record).map_err(|_| RowsRefusal::Unreadable)? {
        // The reader passes over lines without anything. Line ends that neither this record nor the ones before it
        // account for were such lines.
        let inside: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        let own = u64::try_from(inside).map_err(|_| RowsRefusal::Unreadable)? + 1;
        let ends = reader.position().line().saturating_sub(1);
        for _ in 0..ends.saturating_sub(line + own) {
            if rows.len() <= most {
                rows.push(Vec::new());
            }
        }
        line = ends;
        rows.push(record.iter().map(ToOwned::to_owned).collect());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_anything_is_a_row_whatever_ends_the_lines() {
        for end in ["\n", "\r\n"] {
            let text = format!("{end}a,b{end}{end}{end}\"c{end}d\",e{end}{end}f{end}");
            let rows = csv_rows(text.as_bytes(), 100).unwrap();
            let places: Vec<usize> = (0..rows.len()).filter(|n| rows.get(*n).is_some_and(|r| !r.is_empty())).collect();
            assert_eq!((places, rows.len()), (vec![1, 4, 6], 7), "{rows:?}");
        }
        assert_eq!(csv_rows(b"a\nb\nc\nd", 2).unwrap().len(), 3, "one more than asked for tells that there are more");
        assert_eq!(csv_rows(format!("a{}b", "\n".repeat(9_000)).as_bytes(), 5).unwrap().len(), 7);
        assert_eq!(csv_rows(b"\xa31", 5), Err(RowsRefusal::Unreadable));
    }
}
