//! Reading a cash-flow sheet from a CSV or Excel file, with the errors of each row.

use super::model::CashRow;
use super::questions::CASH_ROWS;
use crate::documents::rows::{Bounds, RowsRefusal, csv_rows, excel_cells, in_utf8};
use crate::documents::{Upload, check};
use crate::error::{Error, Result};
use crate::values::{FieldErrors, Pence, time};

/// The columns, in this order, under any heading.
pub const COLUMNS: &str = "period_end, money_in, money_out";
/// Errors told at once; the rest follow when these are put right.
const MOST_ERRORS: usize = 20;
/// Rows that are looked at, with those that hold nothing.
const MOST_ROWS: usize = 1_000;
/// Columns in which the three may begin.
const MOST_COLUMNS: usize = 100;
/// Characters of one cell that are kept; a date or an amount needs no more.
const MOST_CHARACTERS: usize = 100;

/// A row of a sheet: its number as the file counts, from 1, and its cells.
type Row = (usize, Vec<String>);

/// Reads a sheet: a heading row, then one row for each period with its last day, money in and money out.
///
/// # Errors
/// Invalid, naming the row and column of every cell that cannot be read; refused when the file is of another kind.
pub fn read(upload: Upload, most_bytes: usize) -> Result<Vec<CashRow>> {
    let checked = check(Upload { bytes: in_utf8(upload.bytes), ..upload }, most_bytes)?;
    let rows = match checked.media_type {
        "text/csv" | "text/plain" => text_rows(&checked.bytes)?,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => excel_rows(checked.bytes)?,
        _ => return Err(Error::field("sheet", "Choose a CSV or Excel (.xlsx) file")),
    };
    parse(&rows)
}

fn text_rows(bytes: &[u8]) -> Result<Vec<Row>> {
    let rows = csv_rows(bytes, MOST_ROWS).map_err(|refusal| Error::field("sheet", refusal.to_string()))?;
    Ok((1..).zip(rows).collect())
}

/// The cells of the first sheet's first rows, its heading row first, wherever the sheet begins.
fn excel_rows(bytes: Vec<u8>) -> Result<Vec<Row>> {
    let bounds = Bounds { rows: MOST_ROWS, columns: MOST_COLUMNS, characters: MOST_CHARACTERS };
    let found = excel_cells(bytes, bounds).map_err(|refusal| match refusal {
        RowsRefusal::Unreadable => {
            Error::field("sheet", "The Excel file cannot be read. Save it again as .xlsx, or as CSV")
        }
        RowsRefusal::TooMuch => Error::field(
            "sheet",
            "The Excel file holds far more than a cash flow. Copy the three columns into a new workbook, or save them as CSV",
        ),
    })?;
    // The heading is the first row that holds anything; the file lists rows in order.
    let top = found.cells.first().map(|(row, ..)| *row).unwrap_or_default();
    let left = found.cells.iter().map(|(_, column, _)| *column).min().unwrap_or_default();
    let last = found.cells.iter().map(|(row, ..)| row - top + 1).max().unwrap_or_default();
    let mut rows: Vec<Row> = (top + 1..).take(last).map(|number| (number, vec![String::new(); 3])).collect();
    for (row, column, text) in found.cells {
        if let Some(place) = rows.get_mut(row - top).and_then(|(_, cells)| cells.get_mut(column - left)) {
            *place = text;
        }
    }
    Ok(rows)
}

/// Reads rows of cells. The first that holds anything is a heading. Empty rows are passed over.
///
/// # Errors
/// Invalid, for every cell that cannot be read.
fn parse(rows: &[Row]) -> Result<Vec<CashRow>> {
    let mut errors = FieldErrors::default();
    let mut found: Vec<CashRow> = Vec::new();
    let full = rows.iter().filter(|(_, row)| row.iter().any(|c| !c.trim().is_empty()));
    for (number, row) in full.skip(1) {
        let text = |column: usize| row.get(column).map_or("", |c| c.trim());
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
    use std::io::Cursor;

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
    fn a_wrong_row_is_named_by_its_number_in_the_file_also_below_empty_ones() {
        for end in ["\n", "\r\n"] {
            let text = format!("{end}a,b,c{end}2027-03-31,1,2{end}{end},,{end}soon,1,2{end}");
            let error = read(upload("flow.csv", text), 10_000);
            let Err(Error::Invalid(errors)) = error else { panic!("{error:?}") };
            assert_eq!(errors.0.len(), 1, "{errors:?}");
            assert!(errors.0[0].message.starts_with("Row 6, period_end"), "{errors:?}");
        }
    }

    #[test]
    fn amounts_that_a_formula_worked_out_are_read_without_the_noise_of_binary_fractions() {
        let flow = |money_in: &str, money_out: &str| {
            let rows = format!(
                r#"<row r="1"><c r="A1" t="inlineStr"><is><t>end</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>31/3/2027</t></is></c><c r="B2"><f>X1+X2</f><v>{money_in}</v></c><c r="C2"><v>{money_out}</v></c></row>"#
            );
            read(workbook(&rows, None), 100_000)
        };
        let rows = flow("0.30000000000000004", "5.551115123125783E-17").unwrap();
        assert_eq!((rows[0].money_in, rows[0].money_out), (Pence(30), Pence(0)));
        let rows = flow("12345678.899999999", "-8.9999999999999858E-2").unwrap();
        assert_eq!((rows[0].money_in, rows[0].money_out), (Pence(1_234_567_890), Pence(-9)));
        // A third decimal place that somebody typed is no noise.
        for typed in ["12.345", "0.301", "1000.0001"] {
            let Err(Error::Invalid(errors)) = flow(typed, "1") else { panic!("{typed} was read") };
            assert!(errors.0[0].message.starts_with("Row 2, money_in"), "{errors:?}");
        }
    }

    #[test]
    fn a_csv_file_as_excel_writes_it_on_windows_is_read() {
        let ansi = b"p\xe9riode,in,out\r\n31/3/2027,\xa312000,\x80\r\n".to_vec();
        let Err(Error::Invalid(errors)) = read(upload("flow.csv", ansi), 10_000) else { panic!("it holds euros") };
        assert_eq!(errors.0.len(), 1, "{errors:?}");
        assert!(errors.0[0].message.starts_with("Row 2, money_out"), "{errors:?}");
        let ansi = b"period,in,out\r\n31/3/2027,\xa312000.50,\xa37\r\n".to_vec();
        let rows = read(upload("flow.csv", ansi), 10_000).unwrap();
        assert_eq!((rows[0].money_in, rows[0].money_out), (Pence(1_200_050), Pence(700)));
        // What is no text is none in this way either.
        assert!(read(upload("flow.csv", b"a,b,c\n\x00\xa31,2,3\n".to_vec()), 10_000).is_err());
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

    fn workbook(rows: &str, texts: Option<&str>) -> Upload {
        use std::io::Write;
        let mut parts = vec![
            (
                "[Content_Types].xml",
                r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#.to_owned(),
            ),
            (
                "_rels/.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_owned(),
            ),
            (
                "xl/workbook.xml",
                r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#.to_owned(),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#.to_owned(),
            ),
            (
                "xl/worksheets/sheet1.xml",
                format!(
                    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
                ),
            ),
        ];
        if let Some(texts) = texts {
            parts.push(("xl/sharedStrings.xml", texts.to_owned()));
        }
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in parts {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        upload("flow.xlsx", writer.finish().unwrap().into_inner())
    }

    #[test]
    fn a_sheet_with_its_first_and_its_very_last_cell_is_read_without_the_seventeen_thousand_million_between() {
        let far = workbook(
            r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#,
            None,
        );
        assert!(far.bytes.len() < 3_000);
        let Err(Error::Invalid(errors)) = read(far, 100_000) else { panic!("the sheet holds no cash flow") };
        assert!(errors.0[0].message.contains("holds no rows"), "{errors:?}");
    }

    #[test]
    fn a_workbook_that_promises_more_texts_than_memory_holds_is_refused() {
        let rows = r#"<row r="1"><c r="A1"><v>1</v></c></row>"#;
        let promised = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="99999999999999"><si><t>a</t></si></sst>"#;
        let Err(Error::Invalid(errors)) = read(workbook(rows, Some(promised)), 100_000) else { panic!("it was read") };
        assert!(errors.0[0].message.contains("far more than a cash flow"), "{errors:?}");
        let large = format!("<sst>{}</sst>", "<si><t>aaaaaaaaaaaa</t></si>".repeat(200_000));
        assert!(read(workbook(rows, Some(&large)), 10_000_000).is_err());
    }

    #[test]
    fn a_cash_flow_that_begins_further_right_and_further_down_is_read_from_there() {
        let rows = r#"<row r="3"><c r="B3" t="inlineStr"><is><t>end</t></is></c></row><row r="4"><c r="B4" t="inlineStr"><is><t>31/3/2027</t></is></c><c r="C4"><v>12</v></c><c r="D4"><v>7.5</v></c></row><row r="6"><c r="B6" t="inlineStr"><is><t>soon</t></is></c></row>"#;
        let Err(Error::Invalid(errors)) = read(workbook(rows, None), 100_000) else { panic!("row 6 cannot be read") };
        assert!(errors.0[0].message.starts_with("Row 6, period_end"), "as the sheet counts: {errors:?}");
        let rows = rows.replace("soon", "30/4/2027").replace("</row><row r=\"6\">", "</row><row r=\"5\">");
        let rows = rows.replace("B6", "B5");
        let rows = format!("{}<c r=\"C5\"><v>1</v></c><c r=\"D5\"><v>2</v></c></row>", rows.trim_end_matches("</row>"));
        assert_eq!(read(workbook(&rows, None), 100_000).unwrap().len(), 2);
    }
}
