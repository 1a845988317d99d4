//! The virus scanner, when one is configured.

use super::check::FileRefusal;
use crate::error::{Error, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

crate::text_enum! {
    /// What is known about a file's safety.
    pub enum ScanState {
        Clean = "clean" => "Scanned, nothing found",
        NotScanned = "not_scanned" => "Not scanned for viruses",
        Sealed = "sealed" => "Sealed",
    }
}
crate::text_column!(ScanState);

/// Scans bytes with clamd (its INSTREAM command). Without a scanner the answer is "not scanned", said plainly.
///
/// # Errors
/// A refusal when something was found; Internal when the scanner is configured but does not answer, because
/// a file must not pass for lack of an answer.
pub async fn scan(clamd: &str, bytes: &[u8]) -> Result<ScanState> {
    if clamd.is_empty() {
        return Ok(ScanState::NotScanned);
    }
    let talk = async {
        let mut stream = tokio::net::TcpStream::connect(clamd).await?;
        stream.write_all(b"zINSTREAM\0").await?;
        for chunk in bytes.chunks(64 * 1024) {
            stream.write_u32(u32::try_from(chunk.len()).map_err(std::io::Error::other)?).await?;
            stream.write_all(chunk).await?;
        }
        stream.write_u32(0).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(30), talk)
        .await
        .map_err(|_| Error::internal("the virus scanner did not answer in 30 seconds"))??;
    match answer.trim_end_matches('\0').trim() {
        text if text.ends_with("OK") => Ok(ScanState::Clean),
        text if text.ends_with("FOUND") => Err(FileRefusal::Infected.into()),
        text => Err(Error::internal(format!("the virus scanner answered: {text}"))),
    }
}
