//! How many questions a request asks of the database: few, and the same few however much is on the page.

use crate::applications::sample_calls;
use crate::compliance::{file, one_promise, with_people};
use crate::support::{Client, Kind, World};
use crate::{anonymised, paged_lists, residents, subsidies};
use chrono::TimeDelta;
use commonweal::applications::actions as applying;
use commonweal::compliance::actions as figures;
use commonweal::db::{Db, Json};
use commonweal::documents::Upload;
use commonweal::error::Result;
use commonweal::outbox::mail;
use commonweal::people::actions::DEMO_PASSWORD;
use commonweal::scoring::residents::samples::{Times, hold};
use commonweal::scoring::{Enquiry, EnquiryOutcome};
use commonweal::values::{Actor, Id, Role};
use commonweal::web::routes;
use diesel::prelude::*;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most statements of a page that shows one thing, who is asking included.
const DETAIL: u64 = 6;
/// Most statements of a page that lists things, who is asking included.
const LIST: u64 = 3;

/// Pages that are one list. The people of a council with its offers and departments, and what is set aside with the
/// backlog, are several beside each other.
const LISTS: [&str; 17] = [
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
    "/desk/subsidies",
    "/my-investments",
    "/mails",
    "/compliance/shared",
];

/// Answers for programs that are one list.
const API_LISTS: [&str; 20] = [
    "/api/v1/agreements",
    "/api/v1/applications",
    "/api/v1/audit",
    "/api/v1/calls",
    "/api/v1/calls/{id}/applications",
    "/api/v1/calls/{id}/notices",
    "/api/v1/catalogues",
    "/api/v1/conditions",
    "/api/v1/double-counts",
    "/api/v1/dues",
    "/api/v1/evaluations",
    "/api/v1/funds",
    "/api/v1/invitations",
    "/api/v1/mails",
    "/api/v1/missions",
    "/api/v1/missions/{slug}/readings",
    "/api/v1/my-investments",
    "/api/v1/register",
    "/api/v1/subsidies",
    "/api/v1/subsidy-groups",
];

/// Answers for programs that nobody gets in the scenes of this file, and why.
const NOT_ASKED: [(&str, &str); 0] = [];

/// Answers that are worked out for seconds: one of each is enough, because what they ask is the same for everybody.
const SLOW: [&str; 3] = ["/api/v1/calls/{id}/check", "/api/v1/calls/{id}/rehearsal", "/api/v1/calls/{id}/sensitivity"];

/// Answers whose first look of a day by a person is recorded, which is a write: the second one is counted.
const RECORDED: [&str; 3] = [
    "/api/v1/applications/{id}/draft",
    "/api/v1/applications/{id}/missing",
    "/api/v1/applications/{id}/files/{document}",
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
        "committee@camden",
        "contracts@camden",
        "missions@camden",
        "admin@camden",
        "auditor@camden",
    ] {
        let who = world.sign_in(&format!("{name}.example"), DEMO_PASSWORD).await;
        walk(&world, &who, &mut found).await;
    }
    lots_and_stages(&world, &mut found).await;
    for (name, path) in [
        ("fund@camden", "/desk/subsidies"),
        ("owner@nextdesk", "/my-investments"),
        ("contracts@camden", "/compliance/shared"),
        ("admin@camden", "/people"),
        ("admin@camden", "/mails"),
        ("admin@camden", "/set-aside"),
    ] {
        let who = world.sign_in(&format!("{name}.example"), DEMO_PASSWORD).await;
        ask(&world, &who, &[path.to_owned()], &mut found).await;
    }
    for seen in ["/desk/catalogue", "/desk/catalogue/{id}", "/desk/catalogue/new"] {
        assert!(found.contains_key(seen), "{seen} was not seen");
    }
    assert!(found.len() > 60, "only {} kinds of page were seen", found.len());
    within_bounds(&found, &LISTS);
}

/// No kind asks more than its bound.
#[track_caller]
fn within_bounds(found: &BTreeMap<String, (u64, String)>, lists: &[&str]) {
    let mut over = Vec::new();
    for (kind, (asked, path)) in found {
        let most = if lists.contains(&kind.as_str()) { LIST } else { DETAIL };
        if *asked > most {
            over.push(format!("{asked:>3} of {most} {path}"));
        }
    }
    assert!(over.is_empty(), "{} of {} kinds ask too much:\n{}", over.len(), found.len(), over.join("\n"));
}

/// What a council holds that stands in addresses for programs, as far as it may concern one person.
struct Held {
    /// Identifiers, by what stands before them in an address.
    of: BTreeMap<&'static str, Vec<String>>,
    /// Files, each with its application.
    files: Vec<(String, String)>,
    /// Applications that have a summary, each with its call.
    summaries: Vec<(String, String)>,
}

/// Identifiers of one table, the newest first.
macro_rules! newest {
    ($db:ident, $most:literal, $table:ident) => {
        newest!($db, $most, $table::table, $table::id)
    };
    ($db:ident, $most:literal, $rows:expr, $id:expr) => {
        $rows.select($id).order($id.desc()).limit($most).load::<String>($db)?
    };
}

impl Held {
    fn by(world: &World, who: &Actor, secret: &str) -> Held {
        world.app.db.read_now(|db| Held::read(db, who, secret)).unwrap()
    }

    fn read(db: &mut Db, who: &Actor, secret: &str) -> Result<Held> {
        use commonweal::db::schema::{
            agreements, applications, assessment_summaries, awards, calls, conditions, documents, funds, investments,
            missions, obligation_dues, organisations, social_value_catalogues, subsidy_routes,
        };
        let own: Vec<_> = who.applicant_organisations().map(|m| m.organisation).collect();
        let applied = if own.is_empty() {
            newest!(db, 80, applications::table.filter(applications::opened_at.is_not_null()), applications::id)
        } else {
            let theirs = applications::table.filter(applications::organisation_id.eq_any(own.clone()));
            newest!(db, 12, theirs, applications::id)
        };
        let held = if own.is_empty() {
            newest!(db, 4, investments)
        } else {
            newest!(db, 4, investments::table.filter(investments::organisation_id.eq_any(own.clone())), investments::id)
        };
        let mut enterprises: Vec<String> = own.iter().map(ToString::to_string).collect();
        enterprises.extend(newest!(db, 4, organisations));
        let evidence = newest!(db, 6, documents::table.filter(documents::owner_kind.eq("claim")), documents::id);
        let of = BTreeMap::from([
            ("agreements", newest!(db, 12, agreements)),
            ("awards", newest!(db, 12, awards)),
            ("calls", newest!(db, 60, calls)),
            ("catalogues", newest!(db, 2, social_value_catalogues)),
            ("conditions", newest!(db, 6, conditions)),
            ("dues", newest!(db, 24, obligation_dues)),
            ("evidence", evidence),
            ("funds", newest!(db, 2, funds)),
            ("investments", held.clone()),
            ("missions", newest!(db, 6, missions)),
            ("my-investments", held),
            ("organisations", enterprises),
            ("subsidy-routes", newest!(db, 6, subsidy_routes)),
            ("votes", vec![secret.to_owned()]),
            ("applications", applied),
        ]);
        let mut files: Vec<(String, String)> = documents::table
            .filter(documents::owner_kind.eq("application"))
            .select((documents::owner_id, documents::id))
            .order(documents::id.desc())
            .limit(400)
            .load(db)?;
        files.retain(|(application, _)| of["applications"].contains(application));
        let summaries = assessment_summaries::table
            .select((assessment_summaries::call_id, assessment_summaries::application_id))
            .order(assessment_summaries::id.desc())
            .limit(6)
            .load(db)?;
        Ok(Held { of, files, summaries })
    }

    /// The addresses that a pattern has here.
    fn addresses(&self, pattern: &str) -> Vec<String> {
        let both = |all: &[(String, String)], second: &str| -> Vec<String> {
            all.iter().map(|(one, other)| pattern.replace("{id}", one).replace(second, other)).collect()
        };
        if pattern.contains("{document}") {
            return both(&self.files, "{document}");
        }
        if pattern.contains("{application}") {
            return both(&self.summaries, "{application}");
        }
        let Some((before, rest)) = pattern.split_once('{') else {
            let asks = match pattern {
                "/api/v1/search" => "?q=food",
                "/api/v1/subsidy-groups" => "?group=alder%20group",
                _ => "",
            };
            return vec![format!("{pattern}{asks}")];
        };
        let (name, after) = rest.split_once('}').unwrap();
        let of = before.trim_end_matches('/').rsplit('/').next().unwrap();
        let ids = self.of.get(of).unwrap_or_else(|| panic!("{pattern}: what is {name} of {of}? Say it in {}", file!()));
        ids.iter().map(|id| format!("{before}{id}{after}")).collect()
    }
}

/// Asks for everything that programs may read, as each of these people, and keeps the most statements of each route.
async fn answers(world: &World, people: &[Actor], secret: &str, found: &mut BTreeMap<String, (u64, String)>) {
    for who in people {
        let (api, held) = (world.api(who).await, Held::by(world, who, secret));
        for pattern in patterns() {
            if SLOW.contains(&pattern) && found.contains_key(pattern) {
                continue;
            }
            let mut answered = 0;
            for path in held.addresses(pattern) {
                if RECORDED.contains(&pattern) {
                    api.get(&path).await;
                }
                let before = world.app.db.statements();
                let reply = api.get(&path).await;
                let asked = world.app.db.statements() - before;
                assert!(reply.status < 500, "{path} answers {}", reply.status);
                // Whom the gate turns away from one application, it turns away from all.
                if matches!(reply.status, 401 | 403) && pattern.starts_with("/api/v1/applications/") {
                    break;
                }
                if reply.status != 200 {
                    continue;
                }
                let items = serde_json::from_str::<Value>(&reply.text).is_ok_and(|value| value.get("items").is_some());
                assert!(!items || paged_lists::is_list(pattern), "{pattern} is in no table of lists");
                let most = found.entry(pattern.to_owned()).or_default();
                if asked > most.0 {
                    *most = (asked, path);
                }
                answered += 1;
                if answered == 3 || SLOW.contains(&pattern) {
                    break;
                }
            }
        }
    }
}

/// The routes that answer a GET of programs.
fn patterns() -> Vec<&'static str> {
    let gets = routes::all().into_iter().filter(|row| row.method.as_str() == "GET");
    gets.map(|row| row.path).filter(|path| path.starts_with("/api/v1/")).collect()
}

/// People of the practice council: all roles of its staff, an owner and an editor of enterprises, and nobody.
fn practice(world: &World) -> Vec<Actor> {
    use commonweal::db::schema::accounts;
    let names = [
        "buyer@camden",
        "buyer2@camden",
        "evaluator@camden",
        "evaluator2@camden",
        "fund@camden",
        "committee@camden",
        "contracts@camden",
        "missions@camden",
        "admin@camden",
        "auditor@camden",
        "owner@harvest",
        "editor@harvest",
        "owner@nextdesk",
    ];
    let mut people = vec![Actor::Public];
    for name in names {
        let email = format!("{name}.example");
        let account = accounts::table.filter(accounts::email.eq(&email)).select(accounts::id);
        people.push(world.actor(world.app.db.read_now(|db| Ok(account.first(db)?)).unwrap()));
    }
    people
}

/// What the practice council does not hold: bidders under letters, a draft with a file, a figure counted twice, assistance,
/// a vote of residents that is counted, and a question about a price. Who meets it, and the secret of one resident.
async fn rare(world: &World) -> (Vec<Actor>, String) {
    let (_, first, one) = one_promise(world, "Rowan Training").await;
    let (_, second, two) = one_promise(world, "Hazel Training").await;
    let people = with_people("2", "AB 12-34\nCD 56");
    figures::report(&world.app, &first, one.id, &people, file("first"), world.now()).await.unwrap();
    figures::report(&world.app, &second, two.id, &people, file("second"), world.now()).await.unwrap_err();

    let (enterprise, alder) = world.applicant("Alder Group");
    let application = subsidies::application_of(world, enterprise, &alder);
    let manager = world.person(Role::FundManager);
    let route = json!({ "kind": "mfa", "amount": "61234.56", "basis": "Grant in full" });
    let path = format!("/api/v1/subsidies/{enterprise}/{application}");
    world.api(&manager).await.post(&path, route).await.expect(201);

    let hidden = anonymised::opened(world).await;
    let path = format!("/api/v1/calls/{}/declarations", hidden.call.id);
    let none = json!({ "answer": "none", "bids": [], "nature": "" });
    world.api(&hidden.evaluator).await.post(&path, none).await.expect(200);
    // After that call has closed, so that this one is still open.
    let call = sample_calls::tender(world);
    let (organisation, larch) = world.applicant("Larch Meals");
    let bid = applying::start(&world.app, &larch, call.id, organisation, world.now()).await.unwrap();
    let plan = Upload { name: "plan.txt".to_owned(), bytes: b"the plan".to_vec() };
    applying::attach(&world.app, &larch, bid, "", plan, world.now()).await.unwrap();

    let round = residents::round(world, residents::SCORES);
    let in_hours = |hours: i64| world.now().plus(TimeDelta::hours(hours));
    let times = Times { set: world.now(), opens: in_hours(1), closes: in_hours(24) };
    let says = |resident: usize, place: usize| ((resident + place) % 6).to_string();
    hold(&world.app, &round.officer, round.call, 7, 6, times, &says).await.unwrap();
    world.move_clock(times.closes.plus(TimeDelta::seconds(1))).await;
    let asked = price_question(world, round.call, round.bids[0]);
    world
        .app
        .db
        .write_now(|db| {
            use commonweal::db::schema::price_enquiries;
            diesel::insert_into(price_enquiries::table).values(&asked).execute(db)?;
            Ok(())
        })
        .unwrap();
    let mails = world.app.db.read_now(|db| mail::list(db, None, 500)).unwrap().items;
    let link = mails.iter().find_map(|mail| mail.body.split_once("/vote/")).expect("no resident was written to").1;
    let secret = link.split_whitespace().next().unwrap().to_owned();

    let mut people = vec![Actor::Public, hidden.officer, hidden.evaluator, larch, first, second, alder, manager];
    people.extend([round.officer, round.evaluators[0].clone(), round.suppliers[0].1.clone()]);
    let others = [Role::CommitteeMember, Role::Auditor, Role::ContractManager, Role::Administrator, Role::MissionLead];
    people.extend(others.map(|role| world.person(role)));
    (people, secret)
}

/// What a council asks a supplier about its price, not answered yet.
fn price_question(
    world: &World,
    call: Id<commonweal::calls::Call>,
    bid: Id<commonweal::applications::Application>,
) -> Enquiry {
    Enquiry {
        id: Id::new(),
        authority_id: world.council,
        call_id: call,
        application_id: bid,
        flags: Json(Vec::new()),
        opened_at: world.now(),
        asked_on: Some(world.now().date()),
        answer: None,
        outcome: EnquiryOutcome::Open,
        note: None,
        closed_at: None,
        closed_by: None,
        question: Some("How do you pay for the hours?".to_owned()),
        asked_by: None,
        answer_by: None,
        answered_at: None,
        answered_by: None,
    }
}

async fn every_answer(kind: Kind) {
    let mut found = BTreeMap::new();
    let world = World::demo(kind).await;
    answers(&world, &practice(&world), "none", &mut found).await;
    let world = World::new(kind).await;
    let (people, secret) = rare(&world).await;
    answers(&world, &people, &secret, &mut found).await;

    let excused = |pattern: &str| NOT_ASKED.iter().any(|(known, _)| *known == pattern);
    let missed: Vec<_> = patterns().into_iter().filter(|p| !found.contains_key(*p) && !excused(p)).collect();
    assert!(missed.is_empty(), "nobody got these: fill them, or say in {} why not:\n{}", file!(), missed.join("\n"));
    within_bounds(&found, &API_LISTS);
}

#[actix_web::test]
async fn every_answer_for_a_program_asks_few_questions_on_sqlite() {
    every_answer(Kind::Sqlite).await;
}

#[actix_web::test]
async fn every_answer_for_a_program_asks_few_questions_on_postgres() {
    every_answer(Kind::Postgres).await;
}

#[actix_web::test]
async fn every_page_of_every_person_asks_few_questions_on_sqlite() {
    every_page(Kind::Sqlite).await;
}

#[actix_web::test]
async fn every_page_of_every_person_asks_few_questions_on_postgres() {
    every_page(Kind::Postgres).await;
}
