//! Whole stories from an empty council: only sign-ins and accounts are given, all else is done as people and their
//! programs do it.

mod loan_through_api;
mod loan_through_pages;
mod revenue_share_through_pages;
mod tender_through_api;
mod tender_through_pages;

use crate::support::{Api, Reply, World};
use commonweal::values::{Actor, Id, Instant, Role, actor};
use serde_json::{Value, json};
use std::io::Write;

/// An instant of the story.
pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Moves the clock to an instant of the story.
pub async fn on(world: &World, instant: &str) {
    world.move_clock(at(instant)).await;
}

/// An organisation that applies, and its owner.
pub struct Bidder {
    pub id: Id<actor::Organisation>,
    pub owner: Actor,
}

impl Bidder {
    pub fn new(world: &World, name: &str) -> Bidder {
        let (id, owner) = world.applicant(name);
        Bidder { id, owner }
    }
}

/// The people of the council, one or two for each role.
pub struct Staff {
    pub lead: Actor,
    /// Buys; sits on the committee too, so that only the rule keeps them from approving their own recommendation.
    pub officer: Actor,
    pub second: Actor,
    pub evaluators: [Actor; 2],
    pub members: [Actor; 2],
    pub contracts: Actor,
    /// Lends; sits on the committee too.
    pub manager: Actor,
    /// Of another council in the same installation.
    pub stranger: Actor,
}

impl Staff {
    pub fn new(world: &World) -> Staff {
        let officer = world.person(Role::ProcurementOfficer);
        let manager = world.person(Role::FundManager);
        Staff {
            lead: world.person(Role::MissionLead),
            officer: world.also(&officer, Role::CommitteeMember),
            second: world.person(Role::ProcurementOfficer),
            evaluators: [world.person(Role::Evaluator), world.person(Role::Evaluator)],
            members: [world.person(Role::CommitteeMember), world.person(Role::CommitteeMember)],
            contracts: world.person(Role::ContractManager),
            manager: world.also(&manager, Role::CommitteeMember),
            stranger: world.person_of(world.other_council(), Role::ProcurementOfficer),
        }
    }
}

/// What `commonweal evaluate` says of an exported file, on a machine without the database.
pub fn evaluate(file: &str) -> Value {
    let mut stored = tempfile::NamedTempFile::new().unwrap();
    stored.write_all(file.as_bytes()).unwrap();
    let done = std::process::Command::new("timeout")
        .args(["30", env!("CARGO_BIN_EXE_commonweal"), "evaluate"])
        .arg(stored.path())
        .env_remove("COMMONWEAL_DATABASE__URL")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{text} {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_str(&text).unwrap()
}

/// Of two answers at the same moment, this many are of the kind; the other must be a clear answer and no failure.
pub fn statuses(one: &Reply, other: &Reply) -> [u16; 2] {
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert!(both.iter().all(|s| *s < 500), "{both:?}: {} / {}", one.words(), other.words());
    both
}

/// A page's no to somebody who may ask: a clear sentence, and nothing done.
#[track_caller]
pub fn turned_down(reply: Reply, words: &str) {
    assert!(matches!(reply.status, 409 | 422), "{}: {}", reply.status, reply.words());
    reply.shows(words);
}

/// The identifier in an answer.
#[track_caller]
pub fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap_or_else(|| panic!("no id: {answer}")).to_owned()
}

/// Posts, which must give this status, and gives the answer.
pub async fn sent(api: &Api, path: &str, body: Value, status: u16) -> Value {
    let reply = api.post(path, body).await;
    assert_eq!(reply.status, status, "{path}: {}", reply.text);
    reply.json()
}

/// Posts, which must be refused with this code.
pub async fn refused(api: &Api, path: &str, body: Value, code: &str) {
    let answer = sent(api, path, body, 409).await;
    assert_eq!(answer["type"], format!("/problems/{code}"), "{answer}");
}

/// Posts the same thing twice with one key, which must be done once, and gives the answer.
pub async fn replayed(api: &Api, path: &str, key: &str, body: Value) -> Value {
    let first = api.post_with(path, &[("idempotency-key", key)], body.clone()).await;
    assert!(first.status < 300, "{path}: {}", first.text);
    let second = api.post_with(path, &[("idempotency-key", key)], body).await;
    assert_eq!((second.status, second.json()), (first.status, first.json()));
    assert_eq!(second.header("idempotent-replay"), Some("true"));
    let other = api.post_with(path, &[("idempotency-key", key)], json!({ "other": "body" })).await.expect(409).json();
    assert_eq!(other["type"], "/problems/http/idempotency-key-reused");
    first.json()
}

/// A list of an answer.
#[track_caller]
pub fn items<'a>(answer: &'a Value, name: &str) -> &'a Vec<Value> {
    answer[name].as_array().unwrap_or_else(|| panic!("no {name}: {answer}"))
}

/// A mission with one outcome and one indicator, published by a program; its identifier.
pub async fn mission_by_program(lead: &Api) -> String {
    let words = json!({
        "title": "Food", "statement": "By 2032 nobody here goes without a good meal", "target_on": "2032-12-31",
        "summary": "We buy and lend so that people cook together.", "answerable": "Director of Public Health",
    });
    let made = replayed(lead, "/api/v1/missions", "mission", words).await;
    let path = format!("/api/v1/missions/{}", made["slug"].as_str().unwrap());
    let outcome = sent(lead, &format!("{path}/outcomes"), json!({ "title": "Nobody goes hungry" }), 201).await;
    let indicator = json!({
        "outcome": outcome["id"], "title": "of adults went without a meal", "unit": "%", "direction": "decrease",
        "baseline": "19", "baseline_on": "2026-03-31", "target": "2", "target_on": "2032-12-31", "source": "Survey",
    });
    sent(lead, &format!("{path}/indicators"), indicator, 201).await;
    sent(lead, &format!("{path}/publish"), json!({}), 200).await;
    id(&made)
}

/// A condition in the catalogue, by a program; its identifier.
pub async fn condition_by_program(lead: &Api, title: &str, fixedness: &str, unit: &str, target: &str) -> String {
    let body = json!({
        "title": title, "text": "What the money is given for.", "behaviour": "access", "fixedness": fixedness,
        "measure": title.to_lowercase(), "unit": unit, "direction": "at_least", "target": target,
        "evidence": "Payroll summary", "verifier": "council", "cadence": "once", "pace": "builds", "grace_days": "14", "cure_days": "60",
        "remedies": "A plan agreed together\nA tenth of the next payment is held back", "depends_on": ["none"],
        "reason": "First version",
    });
    id(&sent(lead, "/api/v1/conditions", body, 201).await)
}

/// Five levels, each worth a quarter more than the one before.
pub fn levels() -> Value {
    let shares = ["0", "0.25", "0.5", "0.75", "1"];
    shares
        .iter()
        .zip(0..)
        .map(|(share, level)| json!({ "level": level, "text": format!("Level text {level}"), "share": share }))
        .collect()
}
