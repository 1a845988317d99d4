//! Files that a browser saves and never shows inside a page.

use super::Answer;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use std::fmt::Write;

/// A file as an attachment under its own name.
///
/// # Errors
/// Never.
pub fn attachment(name: &str, media_type: &str, bytes: Vec<u8>) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type(media_type.to_owned())
        .insert_header((CONTENT_DISPOSITION, disposition(name)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(bytes))
}

/// The header's value: the name in ASCII for old programs, and with every letter (RFC 5987) for all others.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                value.push(char::from(byte));
            } else {
                // Writing to a string never fails.
                let _ = write!(value, "%{byte:02X}");
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_keeps_its_accents_and_spaces_and_no_quote_ends_the_name() {
        assert_eq!(disposition("plan v1.pdf"), "attachment; filename=\"plan v1.pdf\"");
        assert_eq!(
            disposition("Café été.pdf"),
            "attachment; filename=\"Caf_ _t_.pdf\"; filename*=UTF-8''Caf%C3%A9%20%C3%A9t%C3%A9.pdf"
        );
        assert_eq!(disposition("a\"b\r\n.pdf").split(';').nth(1), Some(" filename=\"a_b__.pdf\""));
    }
}
