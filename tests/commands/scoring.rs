//! `commonweal scoring …`, `evaluate` and `verify evaluation`: the food tender of the README, its figures worked out here.

use super::schema::violations;
use super::{commonweal, json, sentence};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// A folder with the example files, in which the first commands have made `decision.json`.
fn bench() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/examples/scoring"),
        folder.path().join("tests/examples/scoring"),
    );
    std::fs::create_dir_all(&to).unwrap();
    for file in ["model.json", "bids.json", "catalogue.csv", "ballots.json"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let made = run(
        &folder,
        &["scoring", "rank", "tests/examples/scoring/model.json", "--bids", "tests/examples/scoring/bids.json"],
    );
    std::fs::write(folder.path().join("decision.json"), made).unwrap();
    folder
}

/// The words of a line of the README: quoted ones stay together, a comment ends it, and so does where its output goes.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" # ").next().unwrap().split(" > ").next().unwrap().trim();
    line.split('\'')
        .enumerate()
        .flat_map(
            |(n, part)| {
                if n % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
            },
        )
        .collect()
}

/// The commands of the README's section on the food tender.
fn commands() -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme.split("## A tender from model to summary").nth(1).unwrap().split("\n## ").next().unwrap();
    section.lines().filter_map(|line| line.strip_prefix("    commonweal ")).map(words).collect()
}

fn run(folder: &TempDir, arguments: &[&str]) -> String {
    let output = commonweal(folder.path(), arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn answer(folder: &TempDir, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, arguments)).unwrap()
}

fn stored(folder: &TempDir, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder.path().join(name)).unwrap()).unwrap()
}

const DECISION: &str = "decision.json";

#[test]
fn the_ten_commands_of_the_readme_run_one_after_another() {
    let folder = bench();
    let commands = commands();
    assert_eq!(commands.len(), 10);
    for arguments in commands {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert!(!run(&folder, &arguments).trim().is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_ranking_of_the_food_tender_is_what_a_person_works_out() {
    let folder = bench();
    let ranked = answer(
        &folder,
        &["scoring", "rank", "tests/examples/scoring/model.json", "--bids", "tests/examples/scoring/bids.json"],
    );
    assert_eq!(ranked, stored(&folder, "decision.json"), "the same digits each time");
    let result = &ranked["result"];
    let places: Vec<(&str, &str)> = result["ranking"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["bid"].as_str().unwrap(), r["total"].as_str().unwrap()))
        .collect();
    // T-1: 13.50 + 11.25 + 5.00 + 5.25 for quality, 30 × 53,600 ÷ 240,000 = 6.70, 12 × 9.9 ÷ 12 + 8 × 144 ÷ 200 = 15.66.
    // T-2: 18.00 + 11.25 + 7.50 + 3.50, 4.39, 6.30 + 5.88. T-3: 20.75, 11.50, 5.60 + 0.64.
    assert_eq!(places, [("T-1", "57.36"), ("T-2", "56.82"), ("T-3", "38.49")]);
    assert_eq!(result["bids"][3]["exclusions"][0]["code"], "below-minimum");
    // 10,200 hours at £14.80 are £150,960; the price is £148,000.
    assert_eq!(result["low_prices"][0]["bid"], "T-3");
    assert_eq!(result["low_prices"][0]["reason"], "below_living_wage");
    assert_eq!(run(&folder, &["scoring", "hash", "tests/examples/scoring/model.json"]).trim(), result["model_hash"]);
    assert_eq!(answer(&folder, &["evaluate", DECISION])["agrees"], true);
    let report = answer(&folder, &["verify", "evaluation", DECISION]);
    assert_eq!((&report["agrees"], &report["model_hash"]["agrees"]), (&json!(true), &json!(true)));
}

#[test]
fn a_changed_digit_of_a_decision_is_exit_1_and_named() {
    let folder = bench();
    let mut changed = stored(&folder, "decision.json");
    changed["result"]["ranking"][1]["total"] = json!("57.82");
    std::fs::write(folder.path().join("d.json"), changed.to_string()).unwrap();
    let output = commonweal(folder.path(), &["verify", "evaluation", "d.json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["recomputed"]["differences"][0]["path"], "/ranking/1/total");
    std::fs::write(folder.path().join("c.json"), "{}").unwrap();
    let refused = commonweal(folder.path(), &["verify", "evaluation", "d.json", "--checkpoint", "c.json"]);
    assert!(sentence(&refused).contains("checkpoint cannot be read"));
}

#[test]
fn how_firmly_the_winner_stands_is_said_in_a_sentence_that_its_figures_bear_out() {
    let folder = bench();
    let found = answer(&folder, &["scoring", "sensitivity", DECISION, "--draws", "2000", "--seed", "7"]);
    let said = found["in_words"].as_str().unwrap();
    assert!(
        said.starts_with("Northbridge Kitchens Co-operative wins in ") && said.contains("fell by one level"),
        "{said}"
    );
    let wins: u64 = found["variations"]["bids"].as_array().unwrap().iter().map(|b| b["wins"].as_u64().unwrap()).sum();
    assert_eq!(wins + found["variations"]["undecided"].as_u64().unwrap(), 2000);
    let again = answer(&folder, &["scoring", "sensitivity", DECISION, "--draws", "2000", "--seed", "7"]);
    assert_eq!(found, again);
    let both = answer(&folder, &["scoring", "without", DECISION, "--bid", "T-1", "--reason", "The supplier withdrew."]);
    assert_eq!(both["reranking"]["before"]["winner"], "T-1");
    assert_eq!(both["file"]["result"]["winner"], "T-2");
}

#[test]
fn a_bidder_gets_its_own_scores_reasons_and_no_rivals_price() {
    let folder = bench();
    let own = answer(&folder, &["scoring", "own", DECISION, "--bid", "T-2"]);
    let text = own.to_string();
    assert!(!text.contains("Evaluator") && !text.contains("186400") && text.contains("the minutes are attached"));
    std::fs::write(folder.path().join("own.json"), &text).unwrap();
    assert_eq!(json(&commonweal(folder.path(), &["evaluate", "own.json"]))["agrees"], true);
    json(&commonweal(folder.path(), &["scoring", "trace", "own.json"]));
    let traced = run(&folder, &["scoring", "trace", DECISION, "--bid", "T-2"]);
    assert!(traced.contains("Evaluator 2") && traced.contains("W × min(1, effective ÷ target)"));
    let summary = run(&folder, &["scoring", "summary", DECISION, "--bid", "T-2"]);
    for part in [
        "Place 2, with 56.82 points.",
        "Price: 4.39 of 30 (winner 6.70)",
        "Winner: Northbridge",
        "the minutes are attached",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert!(sentence(&commonweal(folder.path(), &["scoring", "own", DECISION, "--bid", "T-9"])).contains("T-9"));
}

#[test]
fn the_example_files_fit_their_schemas_and_their_own_commands() {
    let folder = bench();
    let schema = answer(&folder, &["evaluate", "--schema"]);
    let decision = stored(&folder, "decision.json");
    assert_eq!(violations(&schema, &decision), Vec::<String>::new());
    let mut misspelt = decision.clone();
    misspelt["model"]["colour"] = json!("blue");
    assert!(!violations(&schema, &misspelt).is_empty());
    for format in ["commonweal-evaluation-bidder/1", "commonweal-evaluation-lots/1", "commonweal-evaluation-stages/1"] {
        assert_eq!(
            answer(&folder, &["evaluate", "--schema", "--format", format])["properties"]["format"]["const"],
            format
        );
    }
    sentence(&commonweal(folder.path(), &["evaluate", "--schema", "--format", "x"]));
    let catalogue = answer(&folder, &["scoring", "catalogue", "tests/examples/scoring/catalogue.csv"]);
    assert_eq!(catalogue[0]["record"], decision["model"]["criteria"][3]["kind"]["measures"][0]["record"]);
    // 21,400 × 0.8 × 0.9 × 0.9 × (1 + 0.75 + 0.5625) = 32,067.90 a job; T-1 promises 11, believed to nine tenths.
    let worth = answer(&folder, &["scoring", "worth", DECISION, "--on", "2026-11-24"]);
    assert_eq!(worth[0]["measures"][0]["net_value"], "32067.9");
    assert_eq!(worth[0]["measures"][0]["value"], "317472.21");
    let tallied = answer(&folder, &["scoring", "tally", "tests/examples/scoring/ballots.json"]);
    assert_eq!((&tallied["turnout"], &tallied["valid"]), (&json!("0.8000"), &json!(12)));
    let rehearsal = answer(
        &folder,
        &["scoring", "rehearse", "tests/examples/scoring/model.json", "--expected", "185000", "--draws", "500"],
    );
    assert_eq!(rehearsal["rehearsal"]["rank_reversal"]["answer"], "impossible_because");
}

#[test]
fn lots_and_stages_are_recomputed_from_their_files() {
    let folder = bench();
    let model = stored(&folder, "tests/examples/scoring/model.json");
    let bids = stored(&folder, "tests/examples/scoring/bids.json");
    let lots = json!({
        "format": "commonweal-evaluation-lots/1",
        "model": { "lots": [{ "id": "north", "title": "North", "model": model }, { "id": "south", "title": "South", "model": model }],
                   "most_won": 1, "choice": "published_order" },
        "inputs": { "lots": [{ "lot": "north", "inputs": bids }, { "lot": "south", "inputs": bids }] }
    });
    std::fs::write(folder.path().join("lots.json"), lots.to_string()).unwrap();
    let found = json(&commonweal(folder.path(), &["evaluate", "lots.json"]));
    let winners: Vec<&str> =
        found["result"]["lots"].as_array().unwrap().iter().map(|l| l["winner"].as_str().unwrap()).collect();
    assert_eq!((winners, &found["agrees"]), (vec!["T-1", "T-2"], &Value::Null));
    let stages = json!({
        "format": "commonweal-evaluation-stages/1",
        "model": { "earlier": [{ "model": model, "rule": { "best": 2 } }], "last": model },
        "inputs": [bids]
    });
    std::fs::write(folder.path().join("stages.json"), stages.to_string()).unwrap();
    let found = json(&commonweal(folder.path(), &["evaluate", "stages.json"]));
    assert_eq!(found["result"]["shortlists"][0]["goes_on"], json!(["T-1", "T-2"]));
    let mut stored = stages;
    stored["result"] = found["result"].clone();
    std::fs::write(folder.path().join("stages.json"), stored.to_string()).unwrap();
    assert_eq!(json(&commonweal(folder.path(), &["evaluate", "stages.json"]))["agrees"], true);
}
