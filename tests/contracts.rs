//! What other people's programs rely on: the API, the command line, the columns of files, the words of a refusal. Each
//! is held in `tests/snapshots`; a change there is a change of a contract, and is seen in the review.

use crate::commands::{commonweal, finance};
use crate::support::{Client, Kind, Reply, World};
use actix_web::http::StatusCode;
use commonweal::error::Error;
use commonweal::http::Problem;
use commonweal::people::actions::DEMO_PASSWORD;
use commonweal::values::{Actor, FieldErrors, Refusal};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Holds a text against `tests/snapshots/all__contracts__NAME.snap`.
#[track_caller]
fn unchanged(name: &str, text: &str) {
    let held = std::panic::catch_unwind(|| insta::assert_snapshot!(name, text));
    assert!(
        held.is_ok(),
        "A contract changed: {name}. Others' programs may rely on it. If you meant it, run \
         `INSTA_UPDATE=always make test`, read the difference in tests/snapshots, and commit it."
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn run(arguments: &[&str]) -> String {
    printed(&commonweal(root(), arguments))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[actix_web::test]
async fn the_api_stays_as_its_programs_know_it() {
    let world = World::new(Kind::Sqlite).await;
    let described = world.api(&Actor::Public).await.get("/openapi.json").await.expect(200).json();
    unchanged("openapi", &pretty(&described));
}

#[test]
fn the_file_of_a_decision_stays_as_others_recompute_it() {
    unchanged("evaluate_schema", &run(&["evaluate", "--schema"]));
    for (name, format) in [
        ("evaluate_schema_bidder", commonweal::evaluation::BIDDER_FORMAT),
        ("evaluate_schema_lots", commonweal::evaluation::LOTS_FORMAT),
        ("evaluate_schema_stages", commonweal::evaluation::STAGES_FORMAT),
    ] {
        unchanged(name, &run(&["evaluate", "--schema", "--format", format]));
    }
}

/// The commands that a help lists: one a line, indented by two.
fn listed(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

fn add_help(command: &[String], all: &mut String) {
    let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = run(&arguments);
    all.push_str(&format!("$ commonweal {}\n{help}\n", arguments.join(" ")));
    let commands = listed(&help);
    assert!(!commands.is_empty() || help.contains("Example"), "{}: no example", arguments.join(" "));
    for name in commands {
        add_help(&[command, &[name][..]].concat(), all);
    }
}

#[test]
fn the_help_of_the_program_and_of_each_command_has_an_example_and_stays_as_people_learned_it() {
    let mut all = String::new();
    add_help(&[], &mut all);
    assert!(all.contains("$ commonweal timetable tender-period --help"), "the commands are not found in the help");
    unchanged("help", &all);
}

#[test]
fn the_commands_of_the_readme_print_what_they_printed() {
    let period = ["timetable", "tender-period", "2027-02-01", "--electronic-submission", "--documents-with-notice"];
    let commands: [(&str, &[&str]); 4] = [
        ("finance_xirr", &["finance", "xirr", "tests/examples/finance/flows.csv"]),
        ("finance_schedule", &["finance", "schedule", "tests/examples/finance/loan.json"]),
        ("timetable_standstill", &["timetable", "standstill", "2026-12-07"]),
        ("timetable_tender_period", &period),
    ];
    for (name, arguments) in commands {
        unchanged(name, &run(arguments));
    }
    let folder = tempfile::tempdir().unwrap();
    let decision = folder.path().join("decision.json");
    let ranked =
        run(&["scoring", "rank", "tests/examples/scoring/model.json", "--bids", "tests/examples/scoring/bids.json"]);
    fs::write(&decision, ranked).unwrap();
    unchanged("evaluate", &run(&["evaluate", decision.to_str().unwrap()]));
}

/// Every field of an answer as a path; what differs from one item of a list to the next is named once.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                fields(inner, &format!("{path}.{name}"), found);
            }
        }
        Value::Array(items) => {
            for inner in items {
                fields(inner, &format!("{path}[]"), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

#[test]
fn the_fields_of_each_finance_command_keep_their_names() {
    let mut all = String::new();
    for (command, arguments) in finance::EXAMPLES {
        let arguments: Vec<&str> = ["finance", command].iter().chain(arguments).copied().collect();
        let answer = printed(&commonweal(&root().join("tests/examples/finance"), &arguments));
        let mut found = BTreeSet::new();
        fields(&serde_json::from_str(&answer).unwrap(), "", &mut found);
        all.push_str(&format!("{command}\n"));
        for field in found {
            all.push_str(&format!("    {field}\n"));
        }
    }
    unchanged("finance_fields", &all);
}

/// The first address on a page that begins so, ends in an id, and whose words hold these.
fn address(page: &Reply, beginning: &str, words: &str) -> String {
    let html = scraper::Html::parse_document(&page.text);
    let links = scraper::Selector::parse("a[href]").unwrap();
    html.select(&links)
        .filter(|link| link.text().collect::<String>().contains(words))
        .filter_map(|link| link.value().attr("href"))
        .find(|href| href.strip_prefix(beginning).is_some_and(is_id))
        .map(ToOwned::to_owned)
        .unwrap_or_else(|| panic!("no link “{words}” to {beginning}…: {}", page.words()))
}

fn is_id(text: &str) -> bool {
    text.len() == 26 && text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
}

/// `/funds/01K…/cash` as `/funds/{id}/cash`.
fn shape(path: &str) -> String {
    path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test(&path) {
            found.push(path);
        }
    }
}

fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().unwrap().to_str().unwrap();
    stem == "tests" || stem.ends_with("_tests")
}

/// The program's files by their path under `src`, without their unit tests and comments.
pub fn program() -> BTreeMap<String, String> {
    let src = root().join("src");
    let mut found = Vec::new();
    sources(&src, &mut found);
    let read = |path: &PathBuf| -> String {
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
    };
    found.iter().map(|path| (path.strip_prefix(&src).unwrap().display().to_string(), read(path))).collect()
}

/// Files whose tables are exported, with how many tables each makes.
fn exporting() -> BTreeMap<String, usize> {
    program()
        .into_iter()
        .filter(|(_, text)| text.contains("use crate::http::export::Table;"))
        .map(|(path, text)| (path, text.matches("Table {").count() - text.matches("-> Table {").count()))
        .collect()
}

#[actix_web::test]
async fn every_file_that_is_downloaded_keeps_its_columns() {
    let world = World::demo(Kind::Sqlite).await;
    let signed_in = async |name: &str| world.sign_in(&format!("{name}.example"), DEMO_PASSWORD).await;
    let public = world.client(&Actor::Public).await;
    let (buyer, fund) = (signed_in("buyer@camden").await, signed_in("fund@camden").await);
    let (contracts, auditor) = (signed_in("contracts@camden").await, signed_in("auditor@camden").await);
    let owner = signed_in("owner@nextdesk").await;

    let the_fund = address(&fund.get("/funds").await, "/funds/", "");
    let holding = address(&fund.get(&the_fund).await, "/investments/", "");
    let calls = fund.get("/desk/calls").await;
    let round = address(&calls, "/desk/calls/", "Patient loans for young people");
    let application = address(&fund.get(&format!("{round}/opening")).await, "/desk/applications/", "");
    let scored = address(&buyer.get("/desk/calls").await, "/desk/calls/", "Breakfast in six primary schools");
    let agreement = address(&contracts.get("/agreements").await, "/agreements/", "");
    let own = address(&owner.get("/my-investments").await, "/my-investments/", "");

    // Who reads it, which file of the program makes it, where.
    let downloads: Vec<(&Client, &str, String)> = vec![
        (&auditor, "people/audit_pages.rs", "/audit".to_owned()),
        (&public, "missions/pages.rs", "/missions".to_owned()),
        (&buyer, "missions/pages.rs", "/desk/missions".to_owned()),
        (&public, "missions/pages.rs", "/missions/food/readings".to_owned()),
        (&buyer, "conditions/pages.rs", "/conditions".to_owned()),
        (&buyer, "conditions/social_values/pages.rs", "/desk/catalogue/template".to_owned()),
        (&fund, "funds/pages.rs", format!("{the_fund}/cash")),
        (&fund, "subsidies/pages.rs", "/desk/subsidies".to_owned()),
        (&fund, "subsidies/pages.rs", "/desk/subsidies/group".to_owned()),
        (&public, "calls/pages.rs", "/calls".to_owned()),
        (&buyer, "calls/pages.rs", "/desk/calls".to_owned()),
        (&owner, "applications/pages.rs", "/applications".to_owned()),
        (&buyer, "applications/desk_pages.rs", format!("{scored}/opening")),
        (&fund, "applications/assess_pages.rs", application),
        (&buyer, "scoring/desk.rs", format!("{scored}/moderation")),
        (&contracts, "agreements/pages.rs", "/agreements".to_owned()),
        (&contracts, "compliance/agreement_page.rs", agreement),
        (&contracts, "compliance/pages.rs", "/compliance".to_owned()),
        (&fund, "investments/pages.rs", format!("{holding}/schedule")),
        (&fund, "investments/working_pages.rs", format!("{holding}/working")),
        (&owner, "investments/own_pages.rs", "/my-investments".to_owned()),
        (&owner, "investments/own_pages.rs", own),
        (&fund, "returns/pages.rs", the_fund.clone()),
        (&fund, "returns/pages.rs", format!("{the_fund}/forecast")),
        (&fund, "returns/pages.rs", format!("{the_fund}/statement")),
        (&public, "desk/register.rs", "/register-of-awards".to_owned()),
        (&public, "desk/results.rs", "/results".to_owned()),
    ];
    for (file, tables) in exporting() {
        let held = downloads.iter().filter(|(_, made_by, _)| *made_by == file).count();
        assert!(held >= tables, "src/{file} makes {tables} tables to download; the columns of {held} are held here");
    }

    let mut all = String::new();
    for (reader, _, path) in &downloads {
        let file = reader.get(&format!("{path}?format=csv")).await.expect(200);
        assert!(file.header("content-type").unwrap().starts_with("text/csv"), "{path}");
        let columns = file.text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
        all.push_str(&format!("{}\n    {columns}\n", shape(path)));
    }
    unchanged("columns", &all);
}

#[test]
fn a_problem_keeps_its_fields_its_types_and_its_titles() {
    let errors = [
        Error::NotFound,
        Error::Denied,
        Error::Invalid(FieldErrors::one("amount", "Enter an amount")),
        Error::Refused(Refusal {
            code: "calls/not-draft",
            sentence: "It is published.".to_owned(),
            reference: Some("Procurement Act 2023 s.31"),
        }),
        Error::Unidentified(Refusal {
            code: "people/token-for-whom",
            sentence: "Make a new one.".to_owned(),
            reference: None,
        }),
        Error::Conflict("Made already.".to_owned()),
        Error::Busy,
        Error::internal("a disk is full"),
    ];
    let statuses = [
        StatusCode::BAD_REQUEST,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
    ];
    let problems = errors.iter().map(|error| Problem::of(error, "01REQUEST"));
    let problems = problems.chain(statuses.into_iter().map(|status| Problem::of_status(status, "01REQUEST")));
    let shown: Vec<Value> = problems.map(|problem| serde_json::to_value(&problem).unwrap()).collect();
    unchanged("problems", &pretty(&Value::Array(shown)));
}

#[test]
fn every_code_of_a_refusal_stays_as_programs_look_for_it() {
    let program = program();
    // A code begins with the room that refuses.
    let mut rooms: BTreeSet<&str> =
        program.keys().flat_map(|path| path.split('/')).filter(|part| !part.contains('.')).collect();
    rooms.insert("sandbox");
    let is_code = |text: &str| {
        let plain = |rest: &str| {
            !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        text.split_once('/').is_some_and(|(room, rest)| rooms.contains(room) && plain(rest))
    };
    let codes: BTreeSet<&str> =
        program.values().flat_map(|text| text.split('"')).filter(|text| is_code(text)).collect();
    assert!(codes.len() > 300, "only {} codes are found", codes.len());
    unchanged("refusal_codes", &codes.iter().map(|code| format!("{code}\n")).collect::<String>());
}
