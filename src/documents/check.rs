//! What a file is, by its content.

use crate::values::RefusalInfo;
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
    /// The name, without folders or control characters.
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
    /// The scanner found something.
    Infected,
}

impl RefusalInfo for FileRefusal {
    fn code(&self) -> &'static str {
        match self {
            FileRefusal::Empty => "documents/empty",
            FileRefusal::TooLarge(_) => "documents/too-large",
            FileRefusal::Kind => "documents/kind",
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
            FileRefusal::Infected => {
                "The virus scanner refused the file. Check your device, then send a clean copy.".to_owned()
            }
        }
    }
}

/// Finds out what a file is. Its ending is never believed, except to tell CSV from plain text.
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
                if upload.name.to_ascii_lowercase().ends_with(".csv") {
                    "text/csv"
                } else {
                    "text/plain"
                }
            }
            _ => return Err(FileRefusal::Kind),
        },
    };
    let sha256 = hex::encode(Sha256::digest(&upload.bytes));
    Ok(Checked { name: plain_name(&upload.name), media_type, sha256, bytes: upload.bytes })
}

/// Text that people write: no control characters but line breaks and tabs, and no markup.
fn is_plain(text: &str) -> bool {
    !text.trim_start().starts_with('<')
        && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '<' | '>')).take(120).collect();
    if clean.trim_matches(['.', ' ']).is_empty() { "file".to_owned() } else { clean }
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
        let checked = check(upload("C:\\docs\\..\\plan.exe", b"%PDF-1.7 ..."), 1000).unwrap();
        assert_eq!((checked.media_type, checked.name.as_str()), ("application/pdf", "plan.exe"));
        assert_eq!(check(upload("flows.csv", b"month,in\n1,2\n"), 1000).unwrap().media_type, "text/csv");
    }
}
