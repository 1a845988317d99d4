//! The binary, as somebody at a terminal uses it.

pub mod finance;
mod schema;
mod scoring;

use commonweal::app::{setting, write_setting};
use commonweal::db::{Database, Db};
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
            let _ = Command::new("sh").args(["-c", &format!("kill -9 {id}")]).status();
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
fn every_answer_that_a_rate_of_return_can_have_is_told_by_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let told = |rows: &str, more: &[&str]| {
        std::fs::write(folder.path().join("flows.csv"), format!("date,amount\n{rows}\n")).unwrap();
        json(&commonweal(folder.path(), &[&["finance", "xirr", "flows.csv"][..], more].concat()))
    };
    let rate =
        |rate: &str, short: bool| serde_json::json!({ "status": "rate", "rate": rate, "annualised_short": short });
    assert_eq!(told("2025-01-01,-100\n2026-01-01,110", &[]), rate("0.10000000", false));
    assert_eq!(told("2025-01-01,-100\n2025-06-01,110", &[]), rate("0.25908534", true));
    let roots = serde_json::json!({ "status": "not_unique", "roots": ["0.10000000", "0.20000000"] });
    assert_eq!(told("2021-01-01,-100\n2022-01-01,230\n2023-01-01,-132", &[]), roots);
    let near = serde_json::json!({ "status": "unresolved", "near": "0.1000" });
    assert_eq!(told("2021-01-01,-100\n2022-01-01,220\n2023-01-01,-121", &[]), near);
    let nothing_left = told("2024-01-01,-100", &["--nav", "0", "--on", "2026-01-01"]);
    assert_eq!(nothing_left, serde_json::json!({ "status": "total_loss" }));
    for (rows, status) in [
        ("2025-01-01,-100\n2025-06-01,-5", "no_sign_change"),
        ("2021-01-01,100\n2022-01-01,-200\n2023-01-01,150", "no_root"),
        ("2025-01-01,-100\n2025-01-02,700", "out_of_range"),
        ("2025-01-01,-100\n2025-01-01,110", "too_short"),
        ("2021-01-01,-100\n2022-01-01,NaN", "not_finite"),
    ] {
        assert_eq!(told(rows, &[]), serde_json::json!({ "status": status }), "{rows}");
    }
}

#[test]
fn bad_input_of_any_pure_command_is_one_sentence_that_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.json"), "{}").unwrap();
    std::fs::write(folder.path().join("heads.csv"), "when,much\n2025-01-01,1\n").unwrap();
    for (arguments, words) in [
        (&["finance", "xirr", "heads.csv"][..], "The first row must be the header “date,amount”"),
        (&["finance", "schedule", "empty.json"][..], "The loan cannot be read: missing field `tranches`"),
        (&["finance", "schedule", "none.json"][..], "none.json cannot be read"),
        (&["timetable", "standstill", "2026-13-01"][..], "There is no such day"),
        (&["timetable", "standstill", "2090-01-01"][..], "missing from the tables of law"),
        (&["timetable", "tender-period", "soon"][..], "“soon” is not a date"),
        (&["evaluate", "empty.json"][..], "The file has no format"),
        (&["scoring", "rank", "empty.json", "--bids", "empty.json"][..], "empty.json cannot be used"),
        (&["verify", "evaluation", "empty.json"][..], "The file is not an evaluation"),
        (&["timetable", "standstill"][..], "required arguments were not provided: <DATE>; see --help."),
        (&["timetable", "tender-period", "2027-02-01", "--by-post"][..], "Unexpected argument '--by-post' found; see"),
        (&["finance", "simulate", "empty.json", "--seed", "x"][..], "Invalid value 'x' for '--seed <SEED>'"),
    ] {
        let said = sentence(&commonweal(folder.path(), arguments));
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn pure_commands_need_no_database_print_json_and_leave_nothing_behind() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples");
    let example = |name: &str| examples.join(name).to_str().unwrap().to_owned();
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(arguments)
            .current_dir(folder.path())
            .env("COMMONWEAL_DATABASE__URL", "no database at all")
            .output()
            .unwrap();
        json(&output);
        output.stdout
    };
    let decision = elsewhere.path().join("decision.json");
    let (model, bids) = (example("scoring/model.json"), example("scoring/bids.json"));
    std::fs::write(&decision, run(&["scoring", "rank", &model, "--bids", &bids])).unwrap();
    run(&["evaluate", decision.to_str().unwrap()]);
    run(&["evaluate", "--schema"]);
    run(&["verify", "evaluation", decision.to_str().unwrap()]);
    run(&["finance", "xirr", &example("finance/flows.csv")]);
    run(&["finance", "schedule", &example("finance/loan.json")]);
    run(&["timetable", "standstill", "2026-12-07"]);
    run(&["timetable", "tender-period", "2027-02-01"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a pure command wrote a file");
}

#[test]
fn a_database_is_brought_to_the_newest_schema_once() {
    let folder = tempfile::tempdir().unwrap();
    let migrated = || {
        let output = commonweal(folder.path(), &["migrate"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let first = migrated();
    let steps: usize = first.split_whitespace().next().unwrap().parse().unwrap();
    assert!(steps > 0, "{first}");
    assert_eq!(migrated().trim(), "0 migrations were run.");
}

#[test]
fn a_command_that_looks_at_the_database_says_where_none_is_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let account = ["user", "add", "--email", "ada@council.example", "--name", "Ada"];
    for arguments in [&["verify", "documents"][..], &["verify", "audit"], &["keys", "rotate"], &account] {
        let said = sentence(&commonweal(folder.path(), arguments));
        assert_eq!(
            said.trim(),
            "There is no database at var/commonweal.db: run `commonweal migrate` or `commonweal demo` first.",
            "{arguments:?}"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments:?} made something");
    }
    // A file that was never migrated is no database of this version either, and no keys are made for it.
    std::fs::create_dir(folder.path().join("var")).unwrap();
    std::fs::write(folder.path().join("var/commonweal.db"), "").unwrap();
    for arguments in [&["verify", "audit"][..], &account] {
        let said = sentence(&commonweal(folder.path(), arguments));
        assert!(said.contains("no database of this version at var/commonweal.db"), "{arguments:?}: {said}");
    }
    assert!(!folder.path().join("var/keys").exists());
    // Nor are keys made where a database is: they would not be its own.
    assert!(commonweal(folder.path(), &["migrate"]).status.success());
    for arguments in [["verify", "audit"], ["keys", "rotate"]] {
        let said = sentence(&commonweal(folder.path(), &arguments));
        assert!(
            said.contains("var/keys lacks master.key, recovery.pub, audit.key: put the keys"),
            "{arguments:?}: {said}"
        );
        assert!(!folder.path().join("var/keys").exists(), "{arguments:?} made keys");
    }
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
fn of_a_production_configuration_only_what_is_wrong_is_named_and_a_fit_one_starts() {
    let folder = tempfile::tempdir().unwrap();
    let long = "f1e2".repeat(16);
    let own = Some(long.as_str());
    let started = |url: &str, secret: Option<&str>, more: &[&str]| {
        // The address is not of this machine: nothing that starts here is left running.
        let session = secret.map(|secret| format!("[session]\nsecret = \"{secret}\"\n")).unwrap_or_default();
        let server = format!("environment = \"production\"\nlisten = \"203.0.113.1:80\"\npublic_url = \"{url}\"");
        std::fs::write(folder.path().join("p.toml"), format!("[server]\n{server}\n{session}")).unwrap();
        let output = commonweal(folder.path(), &[&["--config", "p.toml", "serve"][..], more].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()
    };
    let https = "https://commonweal.example";
    for (said, reason) in [
        (started(https, None, &[]), "session.secret is the default one"),
        (started(https, Some("short"), &[]), "session.secret is shorter than 64 characters"),
        (started("http://commonweal.example", own, &[]), "server.public_url is http://commonweal.example"),
        (started(https, own, &["--sandbox"]), "the sandbox clock can be moved"),
    ] {
        assert!(said.starts_with("This configuration is not fit for production:") && said.contains(reason), "{said}");
        let named = ["session.secret", "server.public_url", "sandbox clock"].into_iter().filter(|w| said.contains(*w));
        assert_eq!(named.count(), 1, "{said}");
    }
    assert!(!folder.path().join("var").exists(), "nothing was made of what was refused");
    let fit = started(https, own, &[]);
    assert!(fit.contains("cannot listen on 203.0.113.1:80"), "{fit}");
}

#[test]
fn practice_never_begins_where_real_data_or_a_council_is() {
    let folder = tempfile::tempdir().unwrap();
    // Opened once without --sandbox, the database is for real data, though nothing can listen on this address.
    std::fs::write(folder.path().join("c.toml"), "[server]\nlisten = \"203.0.113.1:80\"\n").unwrap();
    let first = sentence_of_start(folder.path());
    assert!(first.contains("cannot listen"), "{first}");
    std::fs::write(folder.path().join("p.toml"), "[server]\nenvironment = \"production\"\n").unwrap();
    for (arguments, words) in [
        (&["--config", "c.toml", "serve", "--sandbox"][..], "this database holds real data"),
        (&["--config", "c.toml", "demo"][..], "this database holds real data"),
        (&["--config", "p.toml", "demo"][..], "The demo is for practice"),
    ] {
        let said = sentence(&commonweal(folder.path(), arguments));
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    // Nor is a practice council served to everybody: its people have known passwords.
    let folder = tempfile::tempdir().unwrap();
    let listen = "[server]\nlisten = \"203.0.113.1:80\"\n";
    std::fs::write(folder.path().join("s.toml"), listen).unwrap();
    let practice = commonweal(folder.path(), &["--config", "s.toml", "serve", "--sandbox"]);
    assert!(String::from_utf8_lossy(&practice.stderr).contains("cannot listen"));
    let production = "environment = \"production\"\npublic_url = \"https://commonweal.example\"\n";
    let secret = format!("[session]\nsecret = \"{}\"\n", "f1e2".repeat(16));
    std::fs::write(folder.path().join("c.toml"), format!("{listen}{production}{secret}")).unwrap();
    let refused = sentence_of_start(folder.path());
    assert!(refused.contains("this database holds practice data: production does not start on it"), "{refused}");
}

#[test]
fn an_account_is_made_from_the_terminal_and_an_untouched_audit_record_verifies() {
    let folder = tempfile::tempdir().unwrap();
    assert!(commonweal(folder.path(), &["migrate"]).status.success());
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
    let refused = sentence(&commonweal(folder.path(), &["demo"]));
    assert!(refused.contains("holds a council already"), "{refused}");
    let before = json(&commonweal(folder.path(), &["verify", "audit"]));
    let kept = commonweal(folder.path(), &["demo", "--once"]);
    assert!(kept.status.success() && kept.stdout.is_empty(), "{}", String::from_utf8_lossy(&kept.stderr));
    assert_eq!(json(&commonweal(folder.path(), &["verify", "audit"])), before, "nothing was added to what is there");
    // Half a practice council is not served as a whole one.
    let place = format!("sqlite:{}", folder.path().join("var/commonweal.db").display());
    let begun = |db: &mut Db| write_setting(db, setting::DEMO, "begun");
    Database::open(&place, 2).unwrap().write_now(begun).unwrap();
    let half = sentence(&commonweal(folder.path(), &["demo", "--once"]));
    assert!(half.contains("was not made to its end last time"), "{half}");
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
fn a_second_run_waits_while_the_practice_council_is_made_and_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    assert!(commonweal(folder.path(), &["migrate"]).status.success());
    let place = format!("sqlite:{}", folder.path().join("var/commonweal.db").display());
    let begun = |db: &mut Db| write_setting(db, setting::DEMO, "begun");
    Database::open(&place, 2).unwrap().write_now(begun).unwrap();
    // As the run that makes it holds it.
    let held = std::fs::File::create(folder.path().join("var/documents.demo-lock")).unwrap();
    held.try_lock().unwrap();
    let said = sentence(&commonweal(folder.path(), &["demo", "--once"]));
    assert!(said.starts_with("Another run is making the practice council just now: wait"), "{said}");
    // A run that ended, however it did, holds nothing.
    drop(held);
    let said = sentence(&commonweal(folder.path(), &["demo", "--once"]));
    assert!(said.contains("was not made to its end last time"), "{said}");
}

#[test]
fn an_authority_is_made_below_another_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    assert!(commonweal(folder.path(), &["migrate"]).status.success());
    let add = |email: &str, authority: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(["user", "add", "--email", email, "--name", "Ada", "--role", "administrator", "--authority"])
            .args(authority)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"three small grey herons\n").unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let below = ["Northbridge Parish", "--above", "Northbridge"];
    let (code, said) = add("ada@parish.example", &below);
    assert!(code == Some(2) && said.contains("There is no authority called Northbridge."), "{said}");
    assert_eq!(add("ada@council.example", &["Northbridge"]).0, Some(0));
    // Nothing was left of the first attempt: the same address is free.
    let (code, said) = add("ada@parish.example", &below);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = add("bo@parish.example", &below);
    assert!(code == Some(2) && said.contains("Northbridge Parish is there already"), "{said}");
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

#[test]
fn where_nothing_may_be_installed_setup_names_what_is_missing_in_one_sentence() {
    let programs = tempfile::tempdir().unwrap();
    let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/setup");
    let said = |target: &str| {
        let output = Command::new("/bin/bash").arg(&setup).arg(target).env("PATH", programs.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(output.stdout.is_empty(), "nothing was installed");
        said
    };
    // A machine that has cargo and nothing else, then one with an old cargo, then one without any.
    let cargo = programs.path().join("cargo");
    let cargo_is = |version: &str| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(
            &cargo,
            format!("#!/bin/bash\n[ \"$1\" = --version ] && echo \"cargo {version} (of a test)\"\n"),
        )
        .unwrap();
        std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    cargo_is("99.0.0-nightly");
    let bare = said("test");
    assert!(bare.starts_with("Please install: build-essential pkg-config "), "{bare}");
    for package in ["nodejs", "npm", "postgresql", "rustfmt", "chromium", "(on Debian: apt-get install "] {
        assert!(bare.contains(package), "{package}: {bare}");
    }
    let wanted = concat!("Please install: Rust ", env!("CARGO_PKG_RUST_VERSION"), " or later (");
    cargo_is("1.9.3");
    let old = said("run");
    assert!(old.starts_with(&format!("{wanted}cargo is 1.9.3: https://rustup.rs")), "{old}");
    std::fs::remove_file(&cargo).unwrap();
    let none = said("run");
    assert!(none.starts_with(&format!("{wanted}https://rustup.rs), and build-essential pkg-config ")), "{none}");
}
