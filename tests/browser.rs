//! A real browser without script: every page that each person can reach, every form refused, two whole journeys, scenes
//! for the pages that are met seldom, and the keyboard alone. Each page shown is accessible (axe, WCAG 2.2 AA) and not
//! wider than a phone.

use crate::scenes::{self, Visit};
use crate::support::server::Server;
use crate::support::{Kind, World, copy_folder, met, node};
use actix_web::http::Method;
use actix_web::rt::System;
use commonweal::web::routes;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The longest that one browser may take before it is ended and the test fails.
const MOST: Duration = Duration::from_mins(10);

/// Which renderings some browser test of this run has checked already: a folder with a file for each. The test command
/// runs the last test by itself, so they lie beside the pages that it looks at.
static RENDERINGS: LazyLock<PathBuf> = LazyLock::new(|| match &*met::FOLDER {
    Some(folder) => {
        let checked = folder.join("checked");
        std::fs::create_dir_all(&checked).unwrap();
        checked
    }
    None => emptied("renderings"),
});

/// A folder of this run, which the next one empties.
fn emptied(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The practice council, made once by the real command at a terminal, and what the terminal showed: every browser test
/// begins with a copy of it.
static COUNCIL: LazyLock<(PathBuf, String)> = LazyLock::new(|| {
    let folder = emptied("council");
    // A terminal of its own, as only there a progress bar is drawn.
    let made = Command::new("script")
        .args(["-qec", &format!("'{}' demo", env!("CARGO_BIN_EXE_commonweal")), "/dev/null"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .env("TERM", "xterm")
        .env("COMMONWEAL_DATABASE__URL", database_in(&folder))
        .env("COMMONWEAL_STORAGE__DOCUMENTS", folder.join("documents"))
        .env("COMMONWEAL_STORAGE__KEYS", folder.join("keys"))
        .env("COMMONWEAL_STORAGE__CHECKPOINTS", folder.join("checkpoints"))
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&made.stdout).into_owned();
    assert!(made.status.success(), "{shown}");
    (folder, shown)
});

fn database_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("demo.db").display())
}

/// What a script of `tests/browser` did.
struct Browsed {
    /// What it printed.
    said: String,
    /// Pages shown, each as often as it was.
    pages: usize,
    /// Distinct renderings among them.
    renderings: usize,
    /// The patterns of the routes that answered with their page.
    shown: BTreeSet<&'static str>,
}

/// The patterns that a GET may have, in the order in which they are tried.
fn patterns() -> impl Iterator<Item = &'static str> {
    routes::all().into_iter().filter(|row| row.method == Method::GET).map(|row| row.path)
}

/// Whether a pattern such as `/calls/{id}` leads to an address.
fn leads_to(pattern: &str, address: &str) -> bool {
    let (pattern, address): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), address.split('/').collect());
    pattern.len() == address.len()
        && pattern.iter().zip(&address).all(|(part, name)| part == name || part.starts_with('{'))
}

/// Runs a script of `tests/browser` against the practice council, a copy of its own.
fn browse(script: &str) -> Browsed {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&COUNCIL.0, folder.path());
    let url = database_in(folder.path());
    let server = Server::start_on(&url, folder.path(), &["serve", "--sandbox"]);
    let person = |name: &str, email: &str| serde_json::json!({ "name": name, "email": email, "password": commonweal::people::actions::DEMO_PASSWORD });
    let people = serde_json::json!([
        { "name": "resident" },
        person("owner", "owner@harvest.example"),
        person("editor", "editor@harvest.example"),
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
    look(script, &server, &people)
}

/// Opens the pages of a scene, which is played in a council of its own.
fn visit(scene: impl for<'a> FnOnce(&'a World) -> LocalBoxFuture<'a, Vec<Visit>>) -> Browsed {
    System::new().block_on(async {
        let world = World::new(Kind::Sqlite).await;
        let visits: Vec<_> = scene(&world).await.iter().map(Visit::json).collect();
        look("visits.mjs", &Server::start(&world), &visits.into())
    })
}

/// Runs a script of `tests/browser` against a server.
fn look(script: &str, server: &Server, people: &serde_json::Value) -> Browsed {
    let folder = tempfile::tempdir().unwrap();
    let (log, shown) = (folder.path().join("browser.log"), folder.path().join("shown"));
    let mut child = Command::new("node")
        .args([script, &server.base(), &people.to_string()])
        .current_dir(node::folder())
        .env("RENDERINGS", RENDERINGS.as_path())
        .env("SHOWN", &shown)
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
    let pattern_of = |address: &str| patterns().find(|pattern| leads_to(pattern, address));
    let shown = std::fs::read_to_string(&shown).unwrap().lines().filter_map(pattern_of).collect();
    Browsed { said, pages: counts[0], renderings: counts[1], shown }
}

// Each is run once, by whichever test asks first.
static CRAWL: LazyLock<Browsed> = LazyLock::new(|| browse("crawl.mjs"));
static REFUSALS: LazyLock<Browsed> = LazyLock::new(|| browse("refusals.mjs"));
static TENDER: LazyLock<Browsed> = LazyLock::new(|| browse("journey-tender.mjs"));
static ROUND: LazyLock<Browsed> = LazyLock::new(|| browse("journey-round.mjs"));
static RARE: LazyLock<Browsed> = LazyLock::new(|| visit(|world| scenes::rare(world).boxed_local()));
static PACKAGE: LazyLock<Browsed> = LazyLock::new(|| visit(|world| scenes::package(world).boxed_local()));

#[test]
fn the_practice_council_is_made_with_a_progress_bar_and_ends_with_its_sign_ins() {
    let shown = &COUNCIL.1;
    // The bar is drawn over itself: so many of so many steps, and what is being made.
    let steps: Vec<(u64, u64)> = shown
        .split(['\r', '\n', ' '])
        .filter_map(|word| word.split_once('/'))
        .filter_map(|(done, all)| Some((done.parse().ok()?, all.parse().ok()?)))
        .collect();
    let all = steps.last().unwrap().1;
    let drawn: BTreeSet<u64> = steps.iter().map(|step| step.0).collect();
    // It stands on most steps long enough to be seen, and is not filled up at a stroke when the work ends.
    assert!(steps.is_sorted() && drawn.len() > 10 && drawn.contains(&(all - 1)) && drawn.contains(&all), "{steps:?}");
    assert!(shown.contains('█') && shown.contains("a live tender") && shown.contains("done"), "{shown}");
    assert!(shown.contains("buyer@camden.example") && shown.contains(commonweal::people::actions::DEMO_PASSWORD));
}

#[test]
fn every_page_of_every_person_is_accessible_and_fits_a_phone() {
    let Browsed { said, pages, renderings, .. } = &*CRAWL;
    assert!(*pages > 350 && *renderings > 120, "only {pages} pages and {renderings} renderings: {said}");
}

#[test]
fn every_form_sent_empty_or_wrong_says_what_is_wrong_on_an_accessible_page() {
    let Browsed { said, pages, renderings, .. } = &*REFUSALS;
    assert!(*pages > 90 && *renderings > 70, "only {pages} pages and {renderings} renderings: {said}");
}

#[test]
fn in_a_browser_a_supplier_bids_and_wins_and_the_loser_reads_why() {
    let Browsed { said, pages, .. } = &*TENDER;
    assert!(*pages > 150, "only {pages} pages: {said}");
}

#[test]
fn in_a_browser_a_social_enterprise_is_invested_in_misses_a_condition_cures_it_and_repays() {
    let Browsed { said, pages, .. } = &*ROUND;
    assert!(*pages > 150, "only {pages} pages: {said}");
}

#[test]
fn pages_that_are_met_seldom_are_accessible_and_fit_a_phone_too() {
    assert!(RARE.pages > 40 && PACKAGE.pages > 1, "{} {}", RARE.said, PACKAGE.said);
}

// `make test` runs this one after all others.
#[test]
fn every_rendering_that_any_test_met_is_accessible_and_fits_a_phone() {
    let folder = met::FOLDER.as_ref().expect("MET_PAGES names the folder in which the tests before kept what they met");
    let met = System::new().block_on(async {
        let world = World::new(Kind::Sqlite).await;
        look("met.mjs", &Server::start(&world), &serde_json::json!([{ "folder": folder }]))
    });
    assert!(met.renderings > 1000, "{}", met.said);
}

#[test]
fn the_keyboard_alone_signs_in_and_completes_a_form() {
    browse("keyboard.mjs");
}

#[test]
fn the_viewer_of_the_api_shows_every_operation_under_its_own_strict_policy() {
    browse("viewer.mjs");
}

/// Routes that answer with a file, with words for a machine, or by leading to another page.
const NO_PAGES: [&str; 12] = [
    "/assets/{file}",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/api-viewer/",
    "/api-viewer/{version}/{file}",
    "/desk/catalogue/template",
    "/compliance/evidence/{id}",
    "/agreements/{id}/parts/{part}",
    "/applications/{id}/files/{document}",
    "/desk/applications/{id}/files/{document}",
    "/investments/{id}/schedule",
];

#[test]
fn there_is_no_page_that_no_browser_was_shown() {
    let all: [&Browsed; 6] = [&CRAWL, &REFUSALS, &TENDER, &ROUND, &RARE, &PACKAGE];
    let shown: BTreeSet<&str> = all.iter().flat_map(|browsed| browsed.shown.iter().copied()).collect();
    let never: Vec<&str> = patterns()
        .filter(|path| !path.starts_with("/api/") && !path.ends_with(".json") && !NO_PAGES.contains(path))
        .filter(|path| !shown.contains(path))
        .collect();
    assert!(never.is_empty(), "{never:?}");
    assert!(NO_PAGES.iter().all(|path| patterns().any(|known| known == *path) && !shown.contains(path)));
}
