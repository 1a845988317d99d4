//! Every route × every role, from outside, against a table that is kept by hand: `tests/access.txt`.
//!
//! A line is a method, a path and who may pass the gate, in the order of [`WHO`]: `y` may, `-` may not.
//! Passing the gate is not yet being allowed: the action then judges the thing itself. A route without a
//! line fails the test, and so does a line without a route.

use crate::support::{Client, Kind, World};
use commonweal::values::{Actor, Role};
use commonweal::web::routes;
use std::collections::BTreeMap;

const WHO: [&str; 12] = [
    "public",
    "no role",
    "administrator",
    "mission lead",
    "procurement officer",
    "evaluator",
    "fund manager",
    "committee member",
    "contract manager",
    "auditor",
    "applicant owner",
    "applicant editor",
];

fn concrete(path: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                out.push_str("01ARZ3NDEKTSV4RRFFQ69G5FAV");
            }
            '}' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

#[actix_web::test]
async fn every_route_is_open_to_exactly_the_roles_in_the_table() {
    let world = World::new(Kind::Sqlite).await;
    let nobody = world.account("No role");
    let (organisation, owner) = world.applicant("Harvest");
    let editor = world.person_of(organisation, Role::ApplicantEditor);
    let mut actors = vec![Actor::Public, world.actor(nobody)];
    actors.extend(Role::ALL.into_iter().filter(|r| r.is_staff()).map(|role| world.person(role)));
    actors.push(owner);
    actors.push(editor);
    assert_eq!(actors.len(), WHO.len());
    let mut browsers: Vec<Client> = Vec::new();
    let mut programs = Vec::new();
    for actor in &actors {
        browsers.push(world.client(actor).await);
        programs.push(world.api(actor).await);
    }
    let mut rows = routes::all();
    // What ends the session comes last.
    rows.sort_by_key(|row| row.path == "/sign-out" || row.path == "/account/sessions/end");
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for row in &rows {
        let path = concrete(row.path);
        let mut marks = String::new();
        for index in 0..actors.len() {
            let last = row.path == "/sign-out" || row.path == "/account/sessions/end";
            let fresh;
            let browser = if last {
                fresh = world.client(&actors[index]).await;
                &fresh
            } else {
                &browsers[index]
            };
            let reply = match (row.method.as_str(), row.path.starts_with("/api/")) {
                ("GET", true) => programs[index].get(&path).await,
                (_, true) => programs[index].post(&path, serde_json::json!({})).await,
                ("GET", false) => browser.get(&path).await,
                (_, false) => browser.post(&path, &[]).await,
            };
            assert!(reply.status < 500, "{row:?} as {}: {} {}", WHO[index], reply.status, reply.text);
            let turned_away = reply.location.as_deref().is_some_and(|l| l.starts_with("/sign-in?next="));
            marks.push(if turned_away || (reply.status == 401 || reply.status == 403) { '-' } else { 'y' });
        }
        found.insert(format!("{} {}", row.method, row.path), marks);
    }
    let written: BTreeMap<String, String> = include_str!("access.txt")
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        .map(|l| {
            let (route, marks) = l.rsplit_once(' ').unwrap();
            (route.trim().to_owned(), marks.to_owned())
        })
        .collect();
    if let Ok(path) = std::env::var("WRITE_ACCESS_TABLE") {
        let width = found.keys().map(String::len).max().unwrap_or(0);
        let text: String = found.iter().map(|(route, marks)| format!("{route:<width$} {marks}\n")).collect();
        std::fs::write(path, text).unwrap();
    }
    let mut wrong = Vec::new();
    for (route, marks) in &found {
        match written.get(route) {
            None => wrong.push(format!("{route} has no line in tests/access.txt (it is {marks})")),
            Some(said) if said != marks => {
                wrong.push(format!("{route}: the table says {said}, the service does {marks}"));
            }
            Some(_) => {}
        }
    }
    for route in written.keys().filter(|r| !found.contains_key(*r)) {
        wrong.push(format!("{route} is in the table and is no route"));
    }
    assert!(wrong.is_empty(), "{}\ncolumns: {}", wrong.join("\n"), WHO.join(", "));
}
