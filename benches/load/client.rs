//! Sixteen connections that each send the next request as soon as the last is answered.

use crate::CONNECTIONS;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as it goes over the wire.
#[derive(Clone)]
pub struct Asked(pub Vec<u8>);

impl Asked {
    pub fn get(path: &str) -> Asked {
        Asked(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").into_bytes())
    }

    pub fn post(path: &str, token: &str, body: &str) -> Asked {
        Asked(
            format!(
                "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }
}

/// How fast, and how long one waited.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub rate: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Measured {
    pub fn of(mut waits: Vec<Duration>, span: Duration) -> Measured {
        assert!(!waits.is_empty(), "nothing was answered");
        waits.sort_unstable();
        let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64() * 1000.0;
        Measured { rate: waits.len() as f64 / span.as_secs_f64(), p50_ms: at(50), p99_ms: at(99) }
    }
}

/// Asks for half a second to warm up, then for `span`: how long each answer took. Each connection has a request of its
/// own where there are several.
pub fn run(port: u16, asked: &[Asked], span: Duration) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let warm = Instant::now() + Duration::from_millis(500);
    let end = warm + span;
    let tasks: Vec<_> =
        (0..CONNECTIONS).map(|n| runtime.spawn(connection(port, asked[n % asked.len()].clone(), warm, end))).collect();
    tasks.into_iter().flat_map(|task| runtime.block_on(task).unwrap()).collect()
}

async fn connection(port: u16, asked: Asked, warm: Instant, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::with_capacity(1 << 17);
    let mut waits = Vec::with_capacity(1 << 16);
    loop {
        let sent = Instant::now();
        if sent >= end {
            return waits;
        }
        stream.write_all(&asked.0).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        if sent >= warm {
            waits.push(sent.elapsed());
        }
    }
}

/// Reads one whole answer; anything but a success ends the run, since a refused request is a fast one.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|length| buffer.len() < length) {
        assert!(stream.read_buf(buffer).await.unwrap() > 0, "the server hung up");
        if whole.is_none()
            && let Some(head) = buffer.windows(4).position(|w| w == b"\r\n\r\n")
        {
            let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
            let length = text
                .lines()
                .find_map(|l| l.strip_prefix("content-length: "))
                .and_then(|n| n.trim().parse::<usize>().ok())
                .unwrap_or_else(|| panic!("an answer without length: {text}"));
            whole = Some(head + 4 + length);
        }
    }
    assert!(
        buffer.starts_with(b"HTTP/1.1 2"),
        "not a success: {}",
        String::from_utf8_lossy(&buffer[..buffer.len().min(1500)])
    );
}
