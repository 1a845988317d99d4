//! A real browser without script: every page that each person can reach, every form refused, two whole journeys, and
//! the keyboard alone. Each page shown is accessible (axe, WCAG 2.2 AA) and not wider than a phone.

use crate::support::server::Server;
use crate::support::{copy_folder, node};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The longest that one browser may take before it is ended and the test fails.
const MOST: Duration = Duration::from_mins(10);

/// Which renderings some browser test of this run has checked already: a folder with a file for each.
static RENDERINGS: LazyLock<PathBuf> = LazyLock::new(|| emptied("renderings"));

/// A folder of this run, which the next one empties.
fn emptied(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The practice council, made once by the real command: every browser test begins with a copy of it.
static COUNCIL: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = emptied("council");
    let made = Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .arg("demo")
        .current_dir(&folder)
        .env("COMMONWEAL_DATABASE__URL", database_in(&folder))
        .env("COMMONWEAL_STORAGE__DOCUMENTS", folder.join("documents"))
        .env("COMMONWEAL_STORAGE__KEYS", folder.join("keys"))
        .env("COMMONWEAL_STORAGE__CHECKPOINTS", folder.join("checkpoints"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let sign_ins = String::from_utf8_lossy(&made.stdout);
    assert!(sign_ins.contains("buyer@camden.example") && sign_ins.contains(commonweal::people::actions::DEMO_PASSWORD));
    folder
});

fn database_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("demo.db").display())
}

/// Runs a script of `tests/browser` against a demo council of its own. Returns what it printed, with the counts of its
/// last line: pages shown and distinct renderings checked.
fn browse(script: &str) -> (String, usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&COUNCIL, folder.path());
    let url = database_in(folder.path());
    let server = Server::start_on(&url, folder.path(), &["serve", "--sandbox"]);
    let person = |name: &str, email: &str| serde_json::json!({ "name": name, "email": email, "password": commonweal::people::actions::DEMO_PASSWORD });
    let people = serde_json::json!([
        { "name": "resident" },
        person("owner", "owner@harvest.example"),
        person("borrower", "owner@nextdesk.example"),
        person("buyer", "buyer@camden.example"),
        person("evaluator", "evaluator@camden.example"),
        person("fund", "fund@camden.example"),
        person("committee", "committee@camden.example"),
        person("contracts", "contracts@camden.example"),
        person("missions", "missions@camden.example"),
        person("auditor", "auditor@camden.example"),
        person("admin", "admin@camden.example"),
    ]);
    let log = folder.path().join("browser.log");
    let mut child = Command::new("node")
        .args([script, &server.base(), &people.to_string()])
        .current_dir(node::folder())
        .env("RENDERINGS", RENDERINGS.as_path())
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&log).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > MOST {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(status.success(), "{script} after {:?}: {said}", started.elapsed());
    let counts: Vec<usize> =
        said.lines().last().unwrap_or_default().split(' ').filter_map(|word| word.parse().ok()).collect();
    (said, counts[0], counts[1])
}

#[test]
fn every_page_of_every_person_is_accessible_and_fits_a_phone() {
    let (said, pages, renderings) = browse("crawl.mjs");
    assert!(pages > 350 && renderings > 120, "only {pages} pages and {renderings} renderings: {said}");
}

#[test]
fn every_form_sent_empty_or_wrong_says_what_is_wrong_on_an_accessible_page() {
    let (said, pages, renderings) = browse("refusals.mjs");
    assert!(pages > 90 && renderings > 70, "only {pages} pages and {renderings} renderings: {said}");
}

#[test]
fn in_a_browser_a_supplier_bids_and_wins_and_the_loser_reads_why() {
    let (said, pages, _) = browse("journey-tender.mjs");
    assert!(pages > 150, "only {pages} pages: {said}");
}

#[test]
fn in_a_browser_a_social_enterprise_is_invested_in_misses_a_condition_cures_it_and_repays() {
    let (said, pages, _) = browse("journey-round.mjs");
    assert!(pages > 150, "only {pages} pages: {said}");
}

#[test]
fn the_keyboard_alone_signs_in_and_completes_a_form() {
    browse("keyboard.mjs");
}
