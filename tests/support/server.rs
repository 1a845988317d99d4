//! The real binary as a process, and plain HTTP to it.

use super::World;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server process of its own on the world's database and folders.
pub struct Server {
    child: Child,
    pub port: u16,
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Starts and waits until it is ready.
    pub fn start(world: &World) -> Server {
        Server::start_on(&world.fresh.url, world.fresh.folder.path(), &["serve", "--sandbox"])
    }

    pub fn start_on(url: &str, folder: &Path, arguments: &[&str]) -> Server {
        Server::launch(url, folder, arguments, &[("COMMONWEAL_LOG__FILTER", "warn")], Stdio::null())
    }

    /// A server that is not in sandbox and sends its mail by this SMTP server.
    pub fn start_mailing(url: &str, folder: &Path, smtp: &str) -> Server {
        Server::launch(url, folder, &["serve"], &[("COMMONWEAL_MAIL__SMTP", smtp)], Stdio::null())
    }

    /// As [`Server::start`], with all that it logs in a file.
    pub fn start_logged(world: &World, log: &Path) -> Server {
        let file = std::fs::File::create(log).unwrap();
        let folder = world.fresh.folder.path();
        let debug = [("COMMONWEAL_LOG__FILTER", "debug")];
        Server::launch(&world.fresh.url, folder, &["serve", "--sandbox"], &debug, file.into())
    }

    fn launch(url: &str, folder: &Path, arguments: &[&str], more: &[(&str, &str)], stderr: Stdio) -> Server {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(arguments)
            .current_dir(folder)
            .env("COMMONWEAL_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("COMMONWEAL_DATABASE__URL", url)
            .env("COMMONWEAL_STORAGE__DOCUMENTS", folder.join("documents"))
            .env("COMMONWEAL_STORAGE__KEYS", folder.join("keys"))
            .env("COMMONWEAL_STORAGE__CHECKPOINTS", folder.join("checkpoints"))
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let server = Server { child, port };
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(1) {
            if request(port, "GET", "/health/ready", None, "").is_some_and(|(status, _)| status == 200) {
                return server;
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        panic!("the server was not ready within a minute");
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// SIGKILL: no time to finish anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) -> std::process::ExitStatus {
        // The shell's own: a bare Debian has no program of that name.
        Command::new("sh").args(["-c", &format!("kill {}", self.child.id())]).status().unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request on a connection of its own: status and body, or nothing when the server went away.
pub fn request(port: u16, method: &str, path: &str, token: Option<&str>, body: &str) -> Option<(u16, String)> {
    request_of(port, method, path, token, "application/json", body)
}

/// As [`request`], with a body of another media type.
pub fn request_of(
    port: u16,
    method: &str,
    path: &str,
    token: Option<&str>,
    media: &str,
    body: &str,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let authorization = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{authorization}Content-Type: {media}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    // An answer cut short by the kill is no answer.
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        .and_then(|n| n.trim().parse::<usize>().ok());
    if length.is_some_and(|n| body.len() < n) {
        return None;
    }
    Some((status, body.to_owned()))
}
