//! What an Office file unpacks to, found out before anything reads it: a few kilobytes can hold gigabytes.

use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Files inside one archive; a workbook of many sheets has a few hundred.
const MOST_PARTS: usize = 2_000;
/// Bytes of all parts together once unpacked.
const MOST_UNPACKED: u64 = 40_000_000;
/// Bytes of the table of texts, which readers hold in memory whole.
const MOST_TEXTS: u64 = 4_000_000;
/// Texts that the table may promise; readers make room for them before they have read one.
const MOST_TEXT_COUNT_DIGITS: usize = 6;

/// An archive that is broken, or holds more than a reader should be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveRefusal {
    /// Not an archive that can be read.
    Unreadable,
    /// More parts or more bytes than any honest file of its size.
    TooMuch,
}

/// Unpacks an archive into nothing, counting, and stops where it holds too much. What the archive says of its own sizes
/// is looked at first and never believed.
///
/// # Errors
/// [`ArchiveRefusal`].
pub fn check_archive(bytes: &[u8]) -> Result<(), ArchiveRefusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ArchiveRefusal::Unreadable)?;
    if archive.len() > MOST_PARTS || archive.decompressed_size().is_some_and(|size| size > u128::from(MOST_UNPACKED)) {
        return Err(ArchiveRefusal::TooMuch);
    }
    let mut left = MOST_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| ArchiveRefusal::Unreadable)?;
        let name = part.name().map_err(|_| ArchiveRefusal::Unreadable)?;
        let texts = name.to_ascii_lowercase().ends_with("sharedstrings.xml");
        let most = if texts { left.min(MOST_TEXTS) } else { left };
        if part.size() > most {
            return Err(ArchiveRefusal::TooMuch);
        }
        // One byte more than is allowed tells a part that is larger than it says.
        let mut bounded = part.take(most + 1);
        let read = if texts {
            let mut content = Vec::new();
            bounded.read_to_end(&mut content).map_err(|_| ArchiveRefusal::Unreadable)?;
            if !promises_are_small(&content) {
                return Err(ArchiveRefusal::TooMuch);
            }
            u64::try_from(content.len()).unwrap_or(u64::MAX)
        } else {
            std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|_| ArchiveRefusal::Unreadable)?
        };
        if read > most {
            return Err(ArchiveRefusal::TooMuch);
        }
        left -= read;
    }
    Ok(())
}

/// Whether each `uniqueCount` of a table of texts is a number of a few digits. A table in a wide encoding, where the
/// word would not be found, is not taken: spreadsheets write UTF-8.
fn promises_are_small(content: &[u8]) -> bool {
    const WORD: &[u8] = b"uniqueCount";
    if content.contains(&0) {
        return false;
    }
    content.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD).all(|(at, _)| {
        let after = content.get(at + WORD.len()..).unwrap_or_default().trim_ascii_start();
        let Some(after) = after.strip_prefix(b"=") else { return true };
        let after = after.trim_ascii_start();
        let Some((quote, value)) = after.split_first() else { return false };
        let Some(end) = value.iter().position(|byte| byte == quote) else { return false };
        let value = value.get(..end).unwrap_or_default();
        value.len() <= MOST_TEXT_COUNT_DIGITS && value.iter().all(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn an_archive_that_unpacks_to_more_than_any_honest_file_is_refused_unread() {
        let bomb = archive(&[("a.xml", vec![b'a'; 41_000_000])]);
        assert!(bomb.len() < 200_000);
        assert_eq!(check_archive(&bomb), Err(ArchiveRefusal::TooMuch));
        let spread = archive(
            &(0..5)
                .map(|_| ("a.xml", vec![b'a'; 9_000_000]))
                .enumerate()
                .map(|(n, (_, bytes))| (["a", "b", "c", "d", "e"][n], bytes))
                .collect::<Vec<_>>(),
        );
        assert_eq!(check_archive(&spread), Err(ArchiveRefusal::TooMuch));
        assert_eq!(check_archive(&archive(&[("a.xml", vec![b'a'; 1_000])])), Ok(()));
    }

    #[test]
    fn an_archive_that_lies_about_its_sizes_is_read_no_further_than_the_limit() {
        let mut bomb = archive(&[("a.xml", vec![b'a'; 41_000_000])]);
        // The size unpacked, in the header of the part and in the directory.
        let size = 41_000_000_u32.to_le_bytes();
        while let Some(at) = bomb.windows(4).position(|w| w == size) {
            bomb[at..at + 4].copy_from_slice(&1_000_u32.to_le_bytes());
        }
        assert!(check_archive(&bomb).is_err());
    }

    #[test]
    fn a_table_of_texts_that_is_large_or_promises_to_be_is_refused() {
        let texts = |content: Vec<u8>| check_archive(&archive(&[("xl/sharedStrings.xml", content)]));
        assert_eq!(texts(b"<sst uniqueCount=\"12\"><si/></sst>".to_vec()), Ok(()));
        assert_eq!(texts(b"<sst uniqueCount = '99999999999'></sst>".to_vec()), Err(ArchiveRefusal::TooMuch));
        assert_eq!(texts(b"<\0s\0s\0t\0".to_vec()), Err(ArchiveRefusal::TooMuch));
        assert_eq!(texts(vec![b'A'; 4_000_001]), Err(ArchiveRefusal::TooMuch));
    }

    #[test]
    fn something_that_is_no_archive_is_unreadable() {
        assert_eq!(check_archive(b"PK\x03\x04 and nothing more"), Err(ArchiveRefusal::Unreadable));
    }
}
