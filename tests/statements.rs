//! How many questions a request asks of the database: few, and the same few however much is on the page.

use crate::support::{Client, Kind, World};
use commonweal::people::actions::DEMO_PASSWORD;
use commonweal::values::Actor;
use scraper::{Html, Selector};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most statements of a page that shows one thing, who is asking included.
const DETAIL: u64 = 6;
/// Most statements of a page that lists things, who is asking included.
const LIST: u64 = 3;

/// Pages that are one list.
const LISTS: [&str; 13] = [
    "/calls",
    "/missions",
    "/register-of-awards",
    "/results",
    "/desk/calls",
    "/conditions",
    "/desk/catalogue",
    "/agreements",
    "/compliance",
    "/applications",
    "/evaluations",
    "/funds",
    "/audit",
];

/// Identifiers taken out, so that pages of one kind are one row.
fn pattern(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/')
        .map(|part| if part.len() == 26 && part.is_ascii() { "{id}" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn links(page: &str) -> Vec<String> {
    let links = Selector::parse("a[href^='/']").unwrap();
    Html::parse_document(page)
        .select(&links)
        .filter_map(|a| a.value().attr("href").map(|h| h.split('#').next().unwrap_or_default().to_owned()))
        .filter(|h| {
            !h.starts_with("/assets/") && !h.starts_with("/api") && !h.starts_with("/sign-out") && h != "/openapi.json"
        })
        .collect()
}

/// Walks the pages a person can reach, at most `most` of each kind, and keeps the most statements each kind took.
async fn walk(world: &World, who: &Client, found: &mut BTreeMap<String, (u64, String)>) {
    let (mut seen, mut of_kind) = (BTreeSet::new(), BTreeMap::new());
    let mut waiting = VecDeque::from(["/".to_owned()]);
    while let Some(path) = waiting.pop_front() {
        let kind = pattern(&path);
        let count: &mut u32 = of_kind.entry(kind.clone()).or_default();
        if *count >= 4 || !seen.insert(path.clone()) {
            continue;
        }
        *count += 1;
        let before = world.app.db.statements();
        let reply = who.get(&path).await;
        let asked = world.app.db.statements() - before;
        assert!(reply.status < 500, "{path} answers {}", reply.status);
        if reply.status != 200 {
            continue;
        }
        let most = found.entry(kind).or_default();
        if asked > most.0 {
            *most = (asked, path.clone());
        }
        waiting.extend(links(&reply.text));
    }
}

/// Asks for pages by name, which the walk may pass by because it saw enough of their kind.
async fn ask(world: &World, who: &Client, paths: &[String], found: &mut BTreeMap<String, (u64, String)>) {
    for path in paths {
        let before = world.app.db.statements();
        who.get(path).await.expect(200);
        let asked = world.app.db.statements() - before;
        let most = found.entry(pattern(path)).or_default();
        if asked > most.0 {
            *most = (asked, path.clone());
        }
    }
}

/// The pages of a tender in lots and of one in two stages: for officers, for everybody, and for who was invited.
async fn lots_and_stages(world: &World, found: &mut BTreeMap<String, (u64, String)>) {
    let lots = ["Food hub in Gospel Oak", "Food hub in Somers Town"].map(|title| world.call(title));
    let [first, second] =
        ["Meals in the school holidays", "Meals in the school holidays: final tenders"].map(|title| world.call(title));
    let mut desk = Vec::new();
    for part in ["", "/lots", "/lots/outcome", "/lots/outcome.json", "/moderation", "/award"] {
        desk.extend(lots.map(|lot| format!("/desk/calls/{lot}{part}")));
    }
    for part in ["", "/stages", "/stages.json", "/shortlist", "/moderation", "/award"] {
        desk.push(format!("/desk/calls/{first}{part}"));
    }
    for part in ["", "/stages", "/opening"] {
        desk.push(format!("/desk/calls/{second}{part}"));
    }
    let buyer = world.sign_in("buyer@camden.example", DEMO_PASSWORD).await;
    ask(world, &buyer, &desk, found).await;
    let shown = [lots[0], lots[1], first, second].map(|call| format!("/calls/{call}"));
    ask(world, &world.client(&Actor::Public).await, &shown, found).await;
    let owner = world.sign_in("owner@harvest.example", DEMO_PASSWORD).await;
    ask(world, &owner, &[format!("/calls/{second}/apply")], found).await;
}

async fn every_page(kind: Kind) {
    let world = World::demo(kind).await;
    let mut found = BTreeMap::new();
    walk(&world, &world.client(&Actor::Public).await, &mut found).await;
    for name in [
        "owner@harvest",
        "owner@nextdesk",
        "buyer@camden",
        "evaluator@camden",
        "fund@camden",
        "contracts@camden",
        "missions@camden",
        "admin@camden",
        "auditor@camden",
    ] {
        let who = world.sign_in(&format!("{name}.example"), DEMO_PASSWORD).await;
        walk(&world, &who, &mut found).await;
    }
    lots_and_stages(&world, &mut found).await;
    for seen in ["/desk/catalogue", "/desk/catalogue/{id}", "/desk/catalogue/new"] {
        assert!(found.contains_key(seen), "{seen} was not seen");
    }
    assert!(found.len() > 60, "only {} kinds of page were seen", found.len());
    let mut over = Vec::new();
    for (kind, (asked, path)) in &found {
        let most = if LISTS.contains(&kind.as_str()) { LIST } else { DETAIL };
        if *asked > most {
            over.push(format!("{asked:>3} of {most} {path}"));
        }
    }
    assert!(over.is_empty(), "{} of {} kinds of page ask too much:\n{}", over.len(), found.len(), over.join("\n"));
}

#[actix_web::test]
async fn every_page_of_every_person_asks_few_questions_on_sqlite() {
    every_page(Kind::Sqlite).await;
}

#[actix_web::test]
async fn every_page_of_every_person_asks_few_questions_on_postgres() {
    every_page(Kind::Postgres).await;
}
