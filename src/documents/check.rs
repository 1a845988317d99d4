//! What a file is, by its content.

use crate::values::RefusalInfo;
use crate::values::plain_text::is_invisible;
use sha2::{Digest, Sha256};

/// A file as a person sent it.
#[derive(Clone)]
pub struct Upload {
    /// The name it had on their device.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A file whose content is of a kind we take.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The name, without folders, control or invisible characters, with an ending that fits the kind.
    pub name: String,
    /// Media type found by content.
    pub media_type: &'static str,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRefusal {
    /// Nothing in it.
    Empty,
    /// Over the limit, given in bytes.
    TooLarge(usize),
    /// Not one of the kinds we take.
    Kind,
    /// The name ends in something that a file of this kind never has, given with the ending it should have.
    Ending(&'static str),
    /// The scanner found something.
    Infected,
}

impl RefusalInfo for FileRefusal {
    fn code(&self) -> &'static str {
        match self {
            FileRefusal::Empty => "documents/empty",
            FileRefusal::TooLarge(_) => "documents/too-large",
            FileRefusal::Kind => "documents/kind",
            FileRefusal::Ending(_) => "documents/ending",
            FileRefusal::Infected => "documents/infected",
        }
    }
    fn sentence(&self) -> String {
        match self {
            FileRefusal::Empty => "The file is empty. Choose the file again.".to_owned(),
            FileRefusal::TooLarge(most) => {
                format!("The file is too large. Use a file of at most {} MB.", most / 1_000_000)
            }
            FileRefusal::Kind => {
                "The file must be a PDF, Word, Excel, OpenDocument, CSV or plain text file, or a PNG or JPEG picture."
                    .to_owned()
            }
            FileRefusal::Ending(right) => {
                format!(
                    "The name of the file does not fit what is in it. Save it with the ending .{right}, then choose it again."
                )
            }
            FileRefusal::Infected => {
                "The virus scanner refused the file. Check your device, then send a clean copy.".to_owned()
            }
        }
    }
}

/// Finds out what a file is. Its ending is never believed, except to tell CSV from plain text, and it must fit what was
/// found: whoever downloads the file runs it by its name. A name without an ending is given the right one.
///
/// # Errors
/// [`FileRefusal`].
pub fn check(upload: Upload, most_bytes: usize) -> Result<Checked, FileRefusal> {
    if upload.bytes.is_empty() {
        return Err(FileRefusal::Empty);
    }
    if upload.bytes.len() > most_bytes {
        return Err(FileRefusal::TooLarge(most_bytes));
    }
    let media_type = match infer::get(&upload.bytes).map(|kind| kind.mime_type()) {
        Some("application/pdf") => "application/pdf",
        Some("image/png") => "image/png",
        Some("image/jpeg") => "image/jpeg",
        Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document") => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        Some("application/vnd.oasis.opendocument.text") => "application/vnd.oasis.opendocument.text",
        Some("application/vnd.oasis.opendocument.spreadsheet") => "application/vnd.oasis.opendocument.spreadsheet",
        Some(_) => return Err(FileRefusal::Kind),
        None => match std::str::from_utf8(&upload.bytes) {
            Ok(text) if is_plain(text) => {
                if plain_name(&upload.name).to_ascii_lowercase().ends_with(".csv") {
                    "text/csv"
                } else {
                    "text/plain"
                }
            }
            _ => return Err(FileRefusal::Kind),
        },
    };
    let name = fitting_name(&plain_name(&upload.name), endings(media_type))?;
    let sha256 = hex::encode(Sha256::digest(&upload.bytes));
    Ok(Checked { name, media_type, sha256, bytes: upload.bytes })
}

/// Text that people write: no control characters but line breaks and tabs, and no markup.
fn is_plain(text: &str) -> bool {
    !text.trim_start().starts_with('<')
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

/// The endings of a kind, the usual one first.
fn endings(media_type: &str) -> &'static [&'static str] {
    match media_type {
        "application/pdf" => &["pdf"],
        "image/png" => &["png"],
        "image/jpeg" => &["jpg", "jpeg"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => &["docx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => &["xlsx"],
        "application/vnd.oasis.opendocument.text" => &["odt"],
        "application/vnd.oasis.opendocument.spreadsheet" => &["ods"],
        "text/csv" => &["csv"],
        _ => &["txt", "text", "md"],
    }
}

/// Characters of a name that are kept.
const MOST_CHARACTERS: usize = 120;

/// The name with an ending of the kind, cut to length before it.
fn fitting_name(name: &str, endings: &[&'static str]) -> Result<String, FileRefusal> {
    let right = endings.first().copied().unwrap_or("txt");
    let (stem, ending) = match name.rsplit_once('.') {
        // What follows the point of `plan v1.2` or `Messrs. Smith and Sons` is no ending.
        Some((stem, ending))
            if !stem.is_empty() && !ending.contains(' ') && !ending.chars().all(|c| c.is_ascii_digit()) =>
        {
            let known = endings.iter().any(|e| e.eq_ignore_ascii_case(ending));
            if !known {
                return Err(FileRefusal::Ending(right));
            }
            (stem, ending)
        }
        _ => (name, right),
    };
    let stem: String = stem.chars().take(MOST_CHARACTERS - ending.len() - 1).collect();
    Ok(format!("{stem}.{ending}"))
}

/// The last part of a path without what no name needs: control and invisible characters, marks that systems give a
/// meaning, and the points and spaces at the end that Windows drops.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c) && !matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*'))
        .collect();
    let clean = clean.trim_end_matches(['.', ' ']).trim_start();
    if clean.trim_matches(['.', ' ']).is_empty() { "file".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(name: &str, bytes: &[u8]) -> Upload {
        Upload { name: name.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_program_that_calls_itself_a_pdf_is_refused() {
        assert_eq!(check(upload("offer.pdf", b"\x7fELF\x02\x01\x01"), 1000).unwrap_err(), FileRefusal::Kind);
        assert_eq!(check(upload("offer.pdf", b"<script>1</script>"), 1000).unwrap_err(), FileRefusal::Kind);
        assert_eq!(check(upload("a.pdf", b""), 1000).unwrap_err(), FileRefusal::Empty);
        assert_eq!(check(upload("a.txt", &[b'a'; 1001]), 1000).unwrap_err(), FileRefusal::TooLarge(1000));
    }

    #[test]
    fn the_kind_is_found_by_content_and_the_name_loses_its_folders() {
        let checked = check(upload("C:\\docs\\..\\plan.PDF", b"%PDF-1.7 ..."), 1000).unwrap();
        assert_eq!((checked.media_type, checked.name.as_str()), ("application/pdf", "plan.PDF"));
        assert_eq!(check(upload("flows.csv", b"month,in\n1,2\n"), 1000).unwrap().media_type, "text/csv");
    }

    #[test]
    fn a_file_that_a_computer_would_run_by_its_name_is_refused_whatever_is_in_it() {
        for name in
            ["a.exe", "a.pdf.exe", "a.exe.", "a.exe ", "a.e\u{200b}xe", "a.txt", "report\u{202e}fdp.exe", "x.pdf:a.exe"]
        {
            let refused = check(upload(name, b"%PDF-1.7"), 1000).unwrap_err();
            assert_eq!(refused, FileRefusal::Ending("pdf"), "{name}");
        }
        for name in ["quote.bat", "read me.hta", "price.js", "x.vbs", "x.csv.cmd", "a.pdf"] {
            assert_eq!(check(upload(name, b"start calc"), 1000).unwrap_err(), FileRefusal::Ending("txt"), "{name}");
        }
    }

    #[test]
    fn a_name_keeps_its_letters_and_spaces_and_is_given_the_ending_it_lacks() {
        let named = |name: &str| check(upload(name, b"%PDF-1.7"), 1000).unwrap().name;
        assert_eq!(named("Café menu – été.pdf"), "Café menu – été.pdf");
        assert_eq!(named("plan v1.2"), "plan v1.2.pdf");
        assert_eq!(named("plan"), "plan.pdf");
        assert_eq!(named(".pdf"), ".pdf.pdf");
        let long = named(&format!("{}.pdf", "é".repeat(300)));
        assert!(long.ends_with("é.pdf") && long.chars().count() == 120);
        assert_eq!(check(upload("notes.md", b"# Notes"), 1000).unwrap().name, "notes.md");
    }
}
