//! Lists as files: CSV and Excel, from the same rows that the page shows.

use super::Answer;
use crate::error::Error;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;

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

    /// The table as CSV. A cell that a spreadsheet would run as a formula is led by an apostrophe.
    ///
    /// # Errors
    /// Internal.
    pub fn csv(&self) -> Result<Vec<u8>, Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.heads)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        writer.into_inner().map_err(|e| Error::internal(e.to_string()))
    }

    /// The table as an Excel workbook of one sheet; numbers stay exact text unless they are short.
    ///
    /// # Errors
    /// Internal.
    pub fn xlsx(&self) -> Result<Vec<u8>, Error> {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let bold = rust_xlsxwriter::Format::new().set_bold();
        let sheet = workbook.add_worksheet();
        for (column, head) in (0_u16..).zip(&self.heads) {
            sheet.write_with_format(0, column, *head, &bold)?;
        }
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                sheet.write(line, column, cell.as_str())?;
            }
        }
        sheet.autofit();
        Ok(workbook.save_to_buffer()?)
    }

    fn file(&self, media_type: &str, ending: &str, bytes: Vec<u8>) -> Answer {
        Ok(HttpResponse::Ok()
            .content_type(media_type)
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{ending}\"", self.name)))
            .body(bytes))
    }
}

fn harmless(cell: &str) -> String {
    let number = crate::values::decimals::parse_decimal(cell).is_ok();
    if !number && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
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
        assert_eq!(text, "name,amount\n'=HYPERLINK(1),-12.50\n");
        assert!(table.xlsx().unwrap().starts_with(b"PK"));
    }
}
