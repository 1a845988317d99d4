//! The binary, as somebody at a terminal uses it.

pub mod finance;
mod schema;
mod scoring;

use serde_json::Value;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the binary to its end; one that does not end within a minute (a server that started after all) is killed.
pub fn commonweal(folder: &Path, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = child.id();
    let (ended, waiting) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if waiting.recv_timeout(std::time::Duration::from_mins(1)).is_err() {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        }
    });
    let mut output = Output { status: std::process::ExitStatus::default(), stdout: Vec::new(), stderr: Vec::new() };
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text);
        text
    });
    child.stdout.take().unwrap().read_to_end(&mut output.stdout).unwrap();
    output.status = child.wait().unwrap();
    output.stderr = reader.join().unwrap();
    let _ = ended.send(());
    guard.join().unwrap();
    output
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sentence(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.trim().lines().count(), 1, "one sentence: {text}");
    text
}

#[test]
fn a_rate_of_return_is_certified_to_eight_places() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("flows.csv"),
        "date,amount\n2008-01-01,-10000\n2008-03-01,2750\n2008-10-30,4250\n2009-02-15,3250\n2009-04-01,2750\n",
    )
    .unwrap();
    let answer = json(&commonweal(folder.path(), &["finance", "xirr", "flows.csv"]));
    assert_eq!(answer["status"], "rate");
    // The root is 0.37336253351883…: between 0.373362525 and 0.373362535 its present value changes sign.
    assert_eq!(answer["rate"], "0.37336253");
    std::fs::write(folder.path().join("wrong.csv"), "date,amount\n2008-01-01,ten\n").unwrap();
    assert!(sentence(&commonweal(folder.path(), &["finance", "xirr", "wrong.csv"])).contains("ten"));
    assert!(sentence(&commonweal(folder.path(), &["finance", "xirr", "none.csv"])).contains("none.csv cannot be read"));
}

#[test]
fn a_standstill_ends_eight_working_days_after_the_notice() {
    let folder = tempfile::tempdir().unwrap();
    let answer = json(&commonweal(folder.path(), &["timetable", "standstill", "2026-12-07"]));
    assert_eq!(answer["last_day"], "2026-12-16");
    assert_eq!(answer["earliest_signing"], "2026-12-17");
    assert!(answer["holidays"].as_array().unwrap().is_empty());
    sentence(&commonweal(folder.path(), &["timetable", "standstill", "7th of December"]));
    let period = json(&commonweal(
        folder.path(),
        &["timetable", "tender-period", "2027-02-01", "--electronic-submission", "--documents-with-notice"],
    ));
    assert_eq!(period["days"], 25);
    assert_eq!(period["earliest_deadline"], "2027-02-26");
}

#[test]
fn a_decision_is_described_by_a_schema_and_nonsense_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let schema = json(&commonweal(folder.path(), &["evaluate", "--schema"]));
    assert!(schema["properties"]["model"].is_object());
    std::fs::write(folder.path().join("x.json"), "{\"format\": 1}").unwrap();
    sentence(&commonweal(folder.path(), &["evaluate", "x.json"]));
    sentence(&commonweal(folder.path(), &["evaluate"]));
}

#[test]
fn help_has_an_example_for_each_command() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["serve"][..],
        &["migrate"],
        &["demo"],
        &["user", "add"],
        &["evaluate"],
        &["finance", "xirr"],
        &["finance", "schedule"],
        &["scoring", "rank"],
        &["scoring", "sensitivity"],
        &["prove"],
        &["verify", "evaluation"],
        &["timetable", "standstill"],
        &["timetable", "tender-period"],
        &["verify", "audit"],
        &["verify", "documents"],
        &["keys", "rotate"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let output = commonweal(folder.path(), &arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("Example"), "{command:?}: {text}");
    }
}

#[test]
fn a_production_configuration_with_the_default_secret_an_http_address_or_a_sandbox_is_refused_and_told_why() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.toml"), "[server]\nenvironment = \"production\"\nlisten = \"127.0.0.1:0\"\n")
        .unwrap();
    let output = commonweal(folder.path(), &["--config", "p.toml", "serve", "--sandbox"]);
    let text = sentence(&output);
    for reason in ["session.secret", "server.public_url", "sandbox clock"] {
        assert!(text.contains(reason), "{text}");
    }
    assert!(!folder.path().join("var").exists(), "nothing was made");
}

#[test]
fn an_account_is_made_from_the_terminal_and_an_untouched_audit_record_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .args([
            "user",
            "add",
            "--email",
            "ada@council.example",
            "--name",
            "Ada",
            "--role",
            "administrator",
            "--authority",
            "Northbridge",
        ])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"three small grey herons\n").unwrap();
    assert!(child.wait().unwrap().success());
    let report = json(&commonweal(folder.path(), &["verify", "audit"]));
    assert_eq!(report["finding"], Value::Null);
    assert!(report["waiting"].as_i64().unwrap() >= 3);
    let mut weak = Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .args(["user", "add", "--email", "not an address", "--name", "Ada"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    weak.stdin.take().unwrap().write_all(b"short\n").unwrap();
    let output = weak.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Enter an email address"));
}

#[test]
fn a_wrong_master_key_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = "[server]\nlisten = \"203.0.113.1:80\"\n";
    std::fs::write(folder.path().join("c.toml"), config).unwrap();
    // The address is not of this machine, but the keys have been made and remembered by then.
    let first = sentence_of_start(folder.path());
    assert!(first.contains("cannot listen"), "{first}");
    std::fs::remove_dir_all(folder.path().join("var/keys")).unwrap();
    let second = sentence_of_start(folder.path());
    assert!(second.contains("master key is not the one"), "{second}");
}

fn sentence_of_start(folder: &Path) -> String {
    let output = commonweal(folder, &["--config", "c.toml", "serve"]);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
}
