//! Who may call whom: reads the `use` lines and fails with the sentence of the rule that was broken.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the top down. A room uses only rooms that stand above it.
const ROOMS: [&str; 30] = [
    "values",
    "error",
    "config",
    "law",
    "finance",
    "evaluation",
    "db",
    "keys",
    "audit",
    "outbox",
    "documents",
    "ledger",
    "app",
    "http",
    "people",
    "missions",
    "conditions",
    "funds",
    "subsidies",
    "calls",
    "applications",
    "scoring",
    "awards",
    "agreements",
    "compliance",
    "investments",
    "returns",
    "publish",
    "desk",
    "web",
];

/// Wiring may use all rooms: `serve`, `main`, `cli`, `demo`, `lib`.
const WIRING: [&str; 5] = ["serve", "main", "cli", "demo", "lib"];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn room_of(path: &Path, source: &Path) -> String {
    let first =
        path.strip_prefix(source).unwrap().components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The part of a file before its test module.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// The rooms that a file names through `crate::`, or through the library's own name.
fn used(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with("//")) {
        for part in line.replace("commonweal::", "crate::").split("crate::").skip(1) {
            if let Some(inner) = part.strip_prefix('{') {
                rooms.extend(inner.split([',', '}']).map(|one| word(one.trim())));
            } else {
                rooms.push(word(part));
            }
        }
    }
    rooms.retain(|room| ROOMS.contains(&room.as_str()) || WIRING.contains(&room.as_str()));
    rooms
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn a_room_uses_only_rooms_that_stand_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let place = |room: &str| ROOMS.iter().position(|r| *r == room);
    let mut broken = Vec::new();
    for path in files(&source) {
        let room = room_of(&path, &source);
        let Some(own) = place(&room) else {
            assert!(WIRING.contains(&room.as_str()), "{} belongs to no room of the plan", path.display());
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for other in used(without_tests(&text)) {
            // The foundations (audit to app) are one storey: App is what they are given.
            let storey = |room: &str| place(room).is_some_and(|p| (6..=12).contains(&p));
            let allowed = place(&other).is_some_and(|p| p <= own) || (storey(&room) && storey(&other));
            if !allowed {
                broken.push(format!("{} uses {other}: a room may use only rooms that stand above it", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_route_stands_in_the_one_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut mounted = Vec::new();
    for path in files(&source) {
        let place = path.strip_prefix(&source).unwrap().display().to_string();
        // These two make the routes of the list, each with the action that it is judged by.
        if ["web/routes.rs", "web/route_table.rs"].contains(&place.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in without_tests(&text).lines().map(str::trim) {
            if [".service(", ".route(", ".configure(", ".default_service("].iter().any(|word| line.contains(word)) {
                mounted.push(format!("{place}: {line}"));
            }
        }
    }
    assert_eq!(
        mounted,
        ["serve.rs: .configure(outside::routes::configure)"],
        "a route outside the list is judged by no policy"
    );
}

#[test]
fn models_and_rules_know_no_actix_no_query_and_no_clock() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for path in files(&source) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap();
        let text = without_tests(&text);
        if name.ends_with("rules") || name == "model" {
            for word in ["actix", ".load(", ".execute(", "Clock::", "Utc::now"] {
                if text.lines().any(|l| !l.trim().starts_with("//") && l.contains(word)) {
                    broken.push(format!(
                        "{} has {word}: model.rs and rules.rs know no actix, no query and no clock",
                        path.display()
                    ));
                }
            }
        }
        let room = room_of(&path, &source);
        if ["law", "finance", "evaluation"].contains(&room.as_str()) {
            for word in ["actix", "diesel", "std::fs", "tokio", "Clock::"] {
                if text.lines().any(|l| !l.trim().starts_with("//") && l.contains(word)) {
                    broken.push(format!("{} has {word}: this room does no I/O", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn pages_and_api_never_write_to_the_store() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for path in files(&source) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.ends_with("pages") || name.ends_with("api") {
            let text = fs::read_to_string(&path).unwrap();
            for word in ["store::insert_", "store::set_", ".db.write(", ".db.write_now("] {
                if without_tests(&text).contains(word) {
                    broken.push(format!(
                        "{} has {word}: pages and api call the store's reads, never its writes",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn floats_live_only_in_the_root_finders_of_finance() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for path in files(&source).into_iter().filter(|p| room_of(p, &source) != "finance") {
        let text = fs::read_to_string(&path).unwrap();
        if without_tests(&text).lines().any(|l| !l.trim().starts_with("//") && (l.contains("f64") || l.contains("f32")))
        {
            broken.push(path.display().to_string());
        }
    }
    assert!(broken.is_empty(), "floats outside finance: {}", broken.join(", "));
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in files(&source) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(
            !["helpers", "utils", "common", "types", "manager", "service"].contains(&name.as_str()),
            "{}",
            path.display()
        );
    }
}

/// Every file of the templates, with its path below their folder.
fn templates(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(templates(&path));
        } else if path.extension().is_some_and(|e| e == "html") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_page_writes_no_form_control_by_hand_but_takes_the_part_that_is_tied_to_its_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut broken = Vec::new();
    let pages: Vec<_> = templates(&folder).into_iter().filter(|p| !p.starts_with(folder.join("parts"))).collect();
    assert!(pages.len() > 100, "{} templates were found", pages.len());
    for path in pages {
        let text = fs::read_to_string(&path).unwrap();
        for (start, _) in text.match_indices('<') {
            let tag = text[start..].split('>').next().unwrap_or_default();
            let by_hand = ["<input", "<select", "<textarea"].iter().any(|name| tag.starts_with(name));
            if by_hand && !tag.contains("type=\"hidden\"") {
                broken.push(format!("{}: {tag}>", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "templates/parts/forms.html has a macro for each of these:\n{}", broken.join("\n"));
}
