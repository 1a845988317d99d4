//! Bidders under letters: those who judge do not learn whose a bid is before moderation is final.

use crate::applications::sample_calls::{open_call, sample, tender_terms};
use crate::support::{Api, Client, World};
use chrono::{Days, TimeDelta};
use commonweal::applications::{self, Application, actions as applying, samples as applying_samples};
use commonweal::calls::{self, Call, CallKind, NewCall, Part};
use commonweal::documents::Upload;
use commonweal::scoring::samples;
use commonweal::values::{Actor, Id, Instant, Role, actor};
use scraper::{Html, Selector};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// Not in the order of their names, so that neither that order nor the order of arrival can be told from the letters.
const NAMES: [&str; 4] = ["Zebra Kitchens", "Alder Meals", "Quince Food", "Juniper Table"];

pub struct Bidder {
    name: &'static str,
    organisation: Id<actor::Organisation>,
    bid: Id<Application>,
    file: String,
    reference: String,
}

pub struct Opened {
    pub call: Call,
    pub officer: Actor,
    pub evaluator: Actor,
    bidders: Vec<Bidder>,
}

/// A tender whose bidders are hidden: sent by four, opened by two officers, with one evaluator on its panel.
pub async fn opened(world: &World) -> Opened {
    let deadline = world.now().plus(TimeDelta::days(10));
    let mut terms = tender_terms(deadline);
    terms.tender.as_mut().unwrap().bidders_hidden = true;
    let call = open_call(world, CallKind::Tender, terms);
    let mut bidders = Vec::new();
    for (place, name) in NAMES.into_iter().enumerate() {
        let (organisation, owner) = world.applicant(name);
        let bid = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let file = format!("offer of {name}.txt");
        let upload = Upload { name: file.clone(), bytes: b"the plan itself".to_vec() };
        applying::attach(&world.app, &owner, bid, "", upload, world.now()).await.unwrap();
        let words = sample(&format!("in words of our own, number {place}"));
        let sent = applying_samples::submit_complete(&world.app, &owner, organisation, call.id, &words, world.now())
            .await
            .unwrap();
        assert_eq!(sent.0, bid);
        bidders.push(Bidder { name, organisation, bid, file, reference: sent.1.reference });
    }
    world.move_clock(deadline.plus(TimeDelta::minutes(6))).await;
    let (officer, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
    applying::ask_opening(&world.app, &officer, call.id, Part::Quality, world.now()).await.unwrap();
    applying::confirm_opening(&world.app, &second, call.id, Part::Quality, world.now()).await.unwrap();
    let evaluator = world.person(Role::Evaluator);
    let account = evaluator.account().unwrap().to_string();
    world
        .api(&officer)
        .await
        .post(&format!("/api/v1/calls/{}/panel", call.id), json!({ "account": account }))
        .await
        .expect(201);
    Opened { call, officer, evaluator, bidders }
}

/// The letter of each bid, in the order in which they were sent.
fn letters(world: &World, found: &Opened) -> Vec<String> {
    let rows = world.app.db.read_now(|db| applications::of_call(db, found.call.id)).unwrap();
    let letter = |bid| rows.iter().find(|a| a.id == bid).unwrap().letter.clone().unwrap();
    found.bidders.iter().map(|b| letter(b.bid)).collect()
}

/// What tells whose a bid is: name, identifier of the organisation, name of a file, reference.
#[track_caller]
fn tells_nothing(found: &Opened, path: &str, text: &str) {
    for bidder in &found.bidders {
        let organisation = bidder.organisation.to_string();
        for word in [bidder.name, organisation.as_str(), bidder.file.as_str(), bidder.reference.as_str()] {
            assert!(!text.contains(word), "{path} tells “{word}”");
        }
    }
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

/// Opens every page that somebody can reach by links, but the one that lists bidders by name for a declaration, and every
/// answer for programs about the scoring. Gives the pages of answers that were seen.
async fn crawl(found: &Opened, who: &Client, api: &Api) -> usize {
    let call = found.call.id;
    let declaration = format!("/evaluations/{call}/declaration");
    let (mut seen, mut waiting) = (BTreeSet::new(), VecDeque::from(["/".to_owned(), format!("/evaluations/{call}")]));
    let mut answers = 0;
    while let Some(path) = waiting.pop_front() {
        if path == declaration || seen.len() > 400 || !seen.insert(path.clone()) {
            continue;
        }
        let reply = who.get(&path).await;
        assert!(reply.status < 500, "{path} answers {}", reply.status);
        tells_nothing(found, &path, &reply.text);
        answers += usize::from(reply.status == 200 && path.starts_with(&format!("/evaluations/{call}/")));
        waiting.extend(links(&reply.text));
    }
    for path in [
        format!("/api/v1/calls/{call}/sheet"),
        format!("/api/v1/calls/{call}/scores"),
        format!("/api/v1/calls/{call}/panel"),
        format!("/api/v1/calls/{call}/opening"),
        format!("/api/v1/calls/{call}/applications"),
        format!("/api/v1/calls/{call}/ranking"),
        format!("/api/v1/calls/{call}"),
        "/api/v1/me".to_owned(),
    ] {
        let reply = api.get(&path).await;
        assert!(reply.status < 500, "{path} answers {}", reply.status);
        tells_nothing(found, &path, &reply.text);
    }
    answers
}

async fn declare_none(found: &Opened, who: &Client) {
    let path = format!("/evaluations/{}", found.call.id);
    who.get(&path).await.expect(200);
    who.post(&format!("{path}/declaration"), &[("answer", "none")]).await.expect(303);
}

async fn score_all(found: &Opened, api: &Api) {
    let call = found.call.id;
    for bidder in &found.bidders {
        let (path, yes) =
            (format!("/api/v1/calls/{call}/scores/{}", bidder.bid), json!({ "passed": "yes", "reason": "Shown" }));
        api.post(&format!("{path}/insured"), yes).await.expect(200);
        api.post(&format!("{path}/method"), json!({ "level": "3", "reason": "Clear steps" })).await.expect(200);
    }
    api.post(&format!("/api/v1/calls/{call}/scores/final"), json!({})).await.expect(200);
}

both! {
    async fn an_evaluator_sees_neither_name_nor_identifier_nor_file_of_a_bidder_until_moderation_is_final(world: World) {
        let found = opened(&world).await;
        let call = found.call.id;
        let drawn = letters(&world, &found);
        assert_eq!(drawn.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["A", "B", "C", "D"]));
        let (who, api) = (world.client(&found.evaluator).await, world.api(&found.evaluator).await);
        declare_none(&found, &who).await;
        let sheet = who.get(&format!("/evaluations/{call}")).await.expect(200);
        let sheet = sheet.shows("Bidder A").shows("Bidder B").shows("Bidder C").shows("Bidder D").words();
        let at = |letter: &str| sheet.find(&format!("Bidder {letter}")).unwrap();
        assert!(at("A") < at("B") && at("B") < at("C") && at("C") < at("D"), "in the order of their letters: {sheet}");
        assert_eq!(crawl(&found, &who, &api).await, 8, "two criteria of four bids were seen");
        let mine = format!("/evaluations/{call}/{}/method", found.bidders[2].bid);
        who.get(&mine).await.expect(200).shows(&format!("Bidder {}", drawn[2])).shows("number 2");
        let listed = api.get(&format!("/api/v1/calls/{call}/sheet")).await.expect(200).json();
        let names: Vec<&str> = listed["bids"].as_array().unwrap().iter().map(|b| b["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Bidder A", "Bidder B", "Bidder C", "Bidder D"]);
        assert_eq!(listed["bids"][0]["reference"], "Bidder A", "a reference would tell the order in which bids came in");
        // “Save and go on” follows the order that is shown.
        let at_letter = |letter: &str| &found.bidders[drawn.iter().position(|l| l == letter).unwrap()];
        let first = format!("/evaluations/{call}/{}/method", at_letter("A").bid);
        who.get(&first).await.expect(200);
        let next = who.post(&first, &[("level", "3"), ("reason", "Clear"), ("go", "next")]).await.expect(303);
        assert_eq!(next.location.unwrap(), format!("/evaluations/{call}/{}/method", at_letter("B").bid));
        score_all(&found, &api).await;
        crawl(&found, &who, &api).await;
        // The last table has everybody's scores, by letter too: the order of identifiers is that in which bids were begun.
        let scored = who.get(&format!("/evaluations/{call}")).await.expect(200).shows("Final scores").words();
        let last = |letter: &str| scored.rfind(&format!("Bidder {letter}")).unwrap();
        assert!(last("A") < last("B") && last("B") < last("C") && last("C") < last("D"), "in the order of their letters: {scored}");
        // Those who moderate see the same letters, on the page, in its file and on each answer.
        let desk = world.client(&found.officer).await;
        let moderation = format!("/desk/calls/{call}/moderation");
        for path in [moderation.clone(), format!("{moderation}?format=csv"), format!("{moderation}/{}/method", found.bidders[0].bid)] {
            let reply = desk.get(&path).await.expect(200).shows(&format!("Bidder {}", drawn[0]));
            tells_nothing(&found, &path, &reply.text);
        }
        // A check names its supplier, so until then staff read its letter, and nothing of what was written.
        let (officer, awards) = (world.api(&found.officer).await, format!("/api/v1/calls/{call}/awards"));
        let checks = format!("/api/v1/applications/{}/checks", found.bidders[0].bid);
        let own = json!({ "kind": "debarment", "outcome": "clear", "note": "Zebra Kitchens is not on the list" });
        officer.post(&checks, own).await.expect(200);
        let theirs = json!({ "kind": "exclusion", "subject": "Zebra Kitchens Vans", "outcome": "clear", "note": "Asked" });
        officer.post(&checks, theirs).await.expect(200);
        let award_desk = format!("/desk/calls/{call}/award");
        let letter = format!("Bidder {}", drawn[0]);
        let read = desk.get(&award_desk).await.expect(200).shows(&letter).shows("Shown when moderation is final").shows("see who is who");
        tells_nothing(&found, &award_desk, &read.text);
        let read = officer.get(&awards).await.expect(200).json();
        tells_nothing(&found, &awards, &read.to_string());
        let subjects: Vec<&str> = read["checks"].as_array().unwrap().iter().map(|c| c["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, [letter.as_str(), format!("A subcontractor of {letter}").as_str()]);
        let judge = |_: usize, _: &str, _: &str| 3;
        samples::moderate_everything(&world.app, &found.officer, call, &judge, world.now()).await.unwrap();
        // Moderation is final: names are shown again, everywhere.
        let first = &found.bidders[0];
        desk.get(&format!("/desk/applications/{}", first.bid)).await.expect(200).shows(first.name).shows(&first.file).hides("Bidders stand under letters");
        desk.get(&format!("/desk/calls/{call}/opening")).await.expect(200).shows(first.name).shows(&first.reference);
        desk.get(&award_desk).await.expect(200).shows("Zebra Kitchens is not on the list").shows("Zebra Kitchens Vans").hides(&letter);
        let read = officer.get(&awards).await.expect(200).json();
        assert_eq!((read["checks"][0]["subject"].as_str(), read["checks"][1]["note"].as_str()), (Some("Zebra Kitchens"), Some("Asked")));
        let sheet = who.get(&format!("/evaluations/{call}")).await.expect(200).hides("Bidder A");
        let moderated = desk.get(&moderation).await.expect(200).hides("Bidder A");
        for bidder in &found.bidders {
            assert!(sheet.text.contains(bidder.name) && moderated.text.contains(bidder.name), "{}", bidder.name);
        }
        let listed = api.get(&format!("/api/v1/calls/{call}/sheet")).await.expect(200);
        assert!(NAMES.iter().all(|name| listed.text.contains(name)), "{}", listed.text);
        assert_eq!(letters(&world, &found), drawn, "the letters stay as they were drawn");
    }

    async fn conflicts_are_declared_by_name_and_the_page_that_lists_names_tells_no_letter(world: World) {
        let found = opened(&world).await;
        let call = found.call.id;
        let (who, api) = (world.client(&found.evaluator).await, world.api(&found.evaluator).await);
        for path in [format!("/evaluations/{call}"), format!("/evaluations/{call}/declaration")] {
            let page = who.get(&path).await.expect(200).hides("Bidder A");
            let words = page.words();
            let places: Vec<usize> = ["Alder Meals", "Juniper Table", "Quince Food", "Zebra Kitchens"].iter().map(|n| words.find(n).unwrap()).collect();
            assert!(places.is_sorted(), "by name: {words}");
            for bidder in &found.bidders {
                assert!(!page.text.contains(&bidder.bid.to_string()), "{path} has the identifier that stands beside a letter later");
                // Who registers for this call begins a bid just after: the two identifiers tell the time of both.
                assert!(!page.text.contains(&bidder.organisation.to_string()), "{path} tells when {} registered", bidder.name);
            }
        }
        let listed = api.get(&format!("/api/v1/calls/{call}/declarations")).await.expect(200);
        let identifiers = |b: &Bidder| [b.bid.to_string(), b.organisation.to_string()];
        assert!(found.bidders.iter().all(|b| listed.text.contains(b.name) && identifiers(b).iter().all(|id| !listed.text.contains(id))));
        let called = |name: &str| {
            let bidders = listed.json()["bidders"].as_array().unwrap().clone();
            bidders.iter().find(|b| b["name"] == name).unwrap()["bid"].as_str().unwrap().to_owned()
        };
        let quince = &found.bidders[2];
        let declared = json!({ "answer": "some", "bids": [called("Quince Food")], "nature": "My sister cooks there" });
        api.post(&format!("/api/v1/calls/{call}/declarations"), declared).await.expect(200);
        // Out of the whole call, and nothing on the way tells more.
        let sheet = who.get(&format!("/evaluations/{call}")).await.expect(200).shows("You do not score this call");
        tells_nothing(&found, "the sheet", &sheet.text);
        who.get(&format!("/evaluations/{call}/{}/method", quince.bid)).await.expect(409);
        api.get(&format!("/api/v1/calls/{call}/sheet")).await.expect(409);
        // The officer who enquires into it reads the letter, and the name where each look is recorded.
        let officer = world.api(&found.officer).await;
        let (desk, of_panel) = (world.client(&found.officer).await, format!("/desk/calls/{call}/panel"));
        let letter = format!("Bidder {}", letters(&world, &found)[2]);
        let read = desk.get(&of_panel).await.expect(200).shows(&letter).shows("My sister cooks there").shows("see who is who");
        tells_nothing(&found, &of_panel, &read.text);
        desk.post(&format!("/desk/calls/{call}/bidders"), &[("ground", "conflict")]).await.expect(200).shows("Quince Food");
        let panel = officer.get(&format!("/api/v1/calls/{call}/panel")).await.expect(200).json();
        assert_eq!(panel["conflicts"][0]["application"], quince.bid.to_string());
        let conflict = panel["conflicts"][0]["id"].as_str().unwrap();
        let none = json!({ "outcome": "no_conflict", "enquiry": "She left three years ago" });
        officer.post(&format!("/api/v1/conflicts/{conflict}/resolution"), none).await.expect(200);
        let sheet = who.get(&format!("/evaluations/{call}")).await.expect(200).shows("Bidder A").shows("One of the bidders");
        tells_nothing(&found, "the sheet", &sheet.text);
        crawl(&found, &who, &api).await;
        // What is learned later is said on the page that has the names, and a wrong form comes back there.
        let later = format!("/evaluations/{call}/declaration");
        who.get(&later).await.expect(200).shows("Quince Food").shows("My sister cooks there");
        who.post(&later, &[("answer", "some")]).await.expect(422).shows("Choose everybody you have a conflict with").shows("Zebra Kitchens").hides("Bidder A");
        let zebra = called("Zebra Kitchens");
        who.post(&later, &[("answer", "some"), ("bids", &zebra), ("nature", "I bought shares in Zebra Kitchens")]).await.expect(303);
        // What was written has the letter where it has the name, for everybody but those who judge: to them no bid is told.
        let read = desk.get(&of_panel).await.expect(200).shows("I bought shares in Bidder ");
        tells_nothing(&found, &of_panel, &read.text);
        let read = officer.get(&format!("/api/v1/calls/{call}/panel")).await.expect(200).shows("I bought shares in Bidder ");
        tells_nothing(&found, "the panel for programs", &read.text);
        who.get(&format!("/evaluations/{call}")).await.expect(200).shows("You do not score this call");
        let stranger = Id::<actor::Organisation>::new().to_string();
        api.post(&format!("/api/v1/calls/{call}/declarations"), json!({ "answer": "some", "bids": [stranger], "nature": "x" })).await.expect(409);
        // Nor is a bid named by the identifier that stands beside its letter: this page would answer with its name.
        for identifier in identifiers(quince) {
            let by_letter = json!({ "answer": "some", "bids": [identifier], "nature": "x" });
            api.post(&format!("/api/v1/calls/{call}/declarations"), by_letter).await.expect(409);
        }
    }

    async fn who_is_who_is_shown_to_officers_only_with_a_reason_that_is_recorded(world: World) {
        let found = opened(&world).await;
        let (call, drawn) = (found.call.id, letters(&world, &found));
        let path = format!("/desk/calls/{call}/bidders");
        let desk = world.client(&found.officer).await;
        desk.get(&format!("/desk/calls/{call}/moderation")).await.expect(200).shows("see who is who");
        let before = desk.get(&path).await.expect(200).shows("Why do you need to know?");
        tells_nothing(&found, &path, &before.text);
        let unsaid = desk.post(&path, &[("ground", "")]).await.expect(422).shows("Say why you need to know who is who");
        tells_nothing(&found, &path, &unsaid.text);
        let auditor = world.client(&world.person(Role::Auditor)).await;
        auditor.get("/audit?kind=call").await.expect(200).hides("bidders.looked_up");
        let shown = desk.post(&path, &[("ground", "exclusion")]).await.expect(200).words();
        for (bidder, letter) in found.bidders.iter().zip(&drawn) {
            assert!(shown.contains(&format!("Bidder {letter} {}", bidder.name)), "{shown}");
        }
        auditor.get("/audit?kind=call").await.expect(200).shows("bidders.looked_up").shows("exclusion");
        let api = world.api(&found.officer).await;
        let listed = api.post(&format!("/api/v1/calls/{call}/bidders"), json!({ "ground": "challenge" })).await.expect(200).json();
        assert_eq!((listed["bidders"].as_array().unwrap().len(), listed["bidders"][0]["shown_as"].as_str()), (4, Some("Bidder A")));
        // Nobody who judges opens it, whatever other role they have, nor the bids themselves.
        let evaluator = world.client(&found.evaluator).await;
        evaluator.get(&path).await.expect(403);
        let both = world.also(&found.evaluator, Role::ProcurementOfficer);
        let (who, program) = (world.client(&both).await, world.api(&both).await);
        declare_none(&found, &who).await;
        who.get(&path).await.expect(200);
        let refused = who.post(&path, &[("ground", "question")]).await.expect(422).shows("You judge these bids under letters");
        tells_nothing(&found, &path, &refused.text);
        let refused = program.post(&format!("/api/v1/calls/{call}/bidders"), json!({ "ground": "question" })).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/applications/names-hidden");
        let opening = who.get(&format!("/desk/calls/{call}/opening")).await.expect(200).shows("Bidder A");
        for bidder in &found.bidders {
            assert!(!opening.text.contains(bidder.name), "{}", bidder.name);
            who.get(&format!("/desk/applications/{}", bidder.bid)).await.expect(409).hides(bidder.name);
            program.get(&format!("/api/v1/applications/{}/content", bidder.bid)).await.expect(409);
            who.get(&format!("/desk/calls/{call}/bids/{}/falls-away", bidder.bid)).await.expect(409).hides(bidder.name);
        }
        program.get(&format!("/api/v1/calls/{call}/applications")).await.expect(409);
        // Who loses the evaluator's role without being replaced keeps the seat, and does not look either.
        let evaluates = |ended: Option<Instant>| {
            use commonweal::db::schema::members;
            use diesel::prelude::*;
            let account = found.evaluator.account().unwrap();
            let change = |db: &mut commonweal::db::Db| {
                let role = members::table.filter(members::account_id.eq(account)).filter(members::role.eq(Role::Evaluator));
                Ok(diesel::update(role).set(members::ended_at.eq(ended)).execute(db)?)
            };
            assert_eq!(world.app.db.write_now(change).unwrap(), 1);
            world.actor(account)
        };
        assert!(!evaluates(Some(world.now())).has(Role::Evaluator, world.council));
        let refused = who.post(&path, &[("ground", "question")]).await.expect(422).shows("You judge these bids under letters");
        tells_nothing(&found, &path, &refused.text);
        program.post(&format!("/api/v1/calls/{call}/bidders"), json!({ "ground": "question" })).await.expect(409);
        assert!(evaluates(None).has(Role::Evaluator, world.council));
        // The report of the opening has letters, on the page and in its file, and a check tells no name by the way.
        tells_nothing(&found, "the opening", &opening.text);
        let report = who.get(&format!("/desk/calls/{call}/opening?format=csv")).await.expect(200).shows("Bidder A").shows("Bidder D");
        tells_nothing(&found, "the report of the opening", &report.text);
        program.get(&format!("/api/v1/calls/{call}/awards")).await.expect(409);
        let check = json!({ "kind": "exclusion", "outcome": "clear", "note": "Looked at the list" });
        program.post(&format!("/api/v1/applications/{}/checks", found.bidders[0].bid), check).await.expect(409);
        // Nor does anybody else on the staff read whose a bid is but where the look is recorded, whatever their role.
        let (zebra, letter) = (&found.bidders[0], format!("Bidder {}", drawn[0]));
        let bid = format!("/desk/applications/{}", zebra.bid);
        for person in [found.officer.clone(), world.person(Role::CommitteeMember), world.person(Role::FundManager), world.person(Role::Auditor)] {
            let (who, program) = (world.client(&person).await, world.api(&person).await);
            for path in [format!("/desk/calls/{call}/opening"), format!("/desk/calls/{call}/opening?format=csv"), bid.clone()] {
                let reply = who.get(&path).await.expect(200).shows(&letter);
                tells_nothing(&found, &path, &reply.text);
            }
            let listed = program.get(&format!("/api/v1/calls/{call}/applications")).await.expect(200);
            tells_nothing(&found, "the list for programs", &listed.text);
            let items = listed.json()["items"].as_array().unwrap().clone();
            assert_eq!((items.len(), items[0]["shown_as"].as_str()), (4, Some("Bidder A")));
            assert!(items.iter().all(|one| one.get("organisation").is_none() && one.get("reference").is_none()), "{items:?}");
            let content = program.get(&format!("/api/v1/applications/{}/content", zebra.bid)).await.expect(200);
            tells_nothing(&found, "the content for programs", &content.text);
            let answers = content.json()["answers"].clone();
            assert_eq!((answers["profile"]["contact_email"].as_str(), answers["profile"]["address"].as_str()), (Some(""), Some("")));
            assert_eq!((answers["declared_by"].as_str(), answers["files"][0]["name"].as_str()), (Some(""), Some("file 1.txt")));
            let reports = program.get(&format!("/api/v1/calls/{call}/opening")).await.expect(200).shows(&letter);
            tells_nothing(&found, "the report for programs", &reports.text);
            let reports = reports.json();
            let lines: Vec<&str> = reports["openings"][0]["report"]["lines"].as_array().unwrap().iter().map(|l| l["reference"].as_str().unwrap()).collect();
            assert_eq!(lines, ["Bidder A", "Bidder B", "Bidder C", "Bidder D"]);
        }
        // They read what was sent, files too, under the letter; the name stands on “Who is who”.
        let read = desk.get(&bid).await.expect(200).shows("file 1.txt").shows("see who is who").hides("Who you are");
        let file = links(&read.text).into_iter().find(|link| link.contains("/files/")).unwrap();
        let sent = desk.get(&file).await.expect(200);
        assert!(sent.text.contains("the plan itself") && sent.headers.iter().all(|(_, value)| !value.contains("Zebra")), "{:?}", sent.headers);
        desk.post(&path, &[("ground", "conflict")]).await.expect(200).shows("Zebra Kitchens");
        // A call that hides nothing has no such page.
        let open = open_call(&world, CallKind::Tender, tender_terms(world.now().plus(TimeDelta::days(10))));
        desk.get(&format!("/desk/calls/{}/bidders", open.id)).await.expect(404);
    }

    async fn the_choice_is_made_in_the_builder_frozen_and_told_to_suppliers(world: World) {
        let officer = world.person(Role::ProcurementOfficer);
        let new = NewCall { kind: "tender".into(), title: "Meals".into(), summary: "Cook them.".into(), mission: world.mission().to_string() };
        let id = calls::create(&world.app, &officer, &new, world.now()).await.unwrap();
        let desk = world.client(&officer).await;
        let path = format!("/desk/calls/{id}/money");
        desk.get(&path).await.expect(200).shows("Evaluators see bidders as Bidder A, Bidder B and so on until moderation is final");
        let starts = world.now().date().checked_add_days(Days::new(200)).unwrap();
        let (starts, ends) = (starts.to_string(), starts.checked_add_days(Days::new(700)).unwrap().to_string());
        let money = [("estimated_value", "1,200,000"), ("contract_type", "goods_services"), ("procedure", "open"), ("starts_on", starts.as_str()), ("ends_on", ends.as_str())];
        let hides = || world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0.hides_bidders();
        desk.post(&path, &money).await.expect(303);
        assert!(!hides());
        let mut with = money.to_vec();
        with.push(("bidders_hidden", "yes"));
        desk.post(&path, &with).await.expect(303);
        assert!(hides());
        // Terms that were frozen before the choice was there are the same, to the last letter, and hide nothing.
        let plain = tender_terms(world.now());
        let frozen = serde_json::to_value(&plain).unwrap();
        assert!(frozen["tender"].get("bidders_hidden").is_none() && !plain.hides_bidders());
        let mut terms = tender_terms(world.now().plus(TimeDelta::days(10)));
        terms.tender.as_mut().unwrap().bidders_hidden = true;
        let call = open_call(&world, CallKind::Tender, terms);
        world.client(&Actor::Public).await.get(&format!("/calls/{}", call.id)).await.expect(200)
            .shows("Do not name yourself in answers").shows("Names are shown again once moderation is final");
        let (organisation, owner) = world.applicant("Harvest Lane");
        let bid = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let writer = world.client(&owner).await;
        let tasks = writer.get(&format!("/applications/{bid}")).await.expect(200);
        let mut told = 0;
        for page in links(&tasks.text).into_iter().filter(|l| l.contains("/answer/")) {
            told += usize::from(writer.get(&page).await.expect(200).text.contains("Do not name yourself in answers"));
        }
        assert_eq!(told, 1, "the one question that evaluators read");
        writer.get(&format!("/applications/{bid}/answer/files")).await.expect(200).shows("Do not name yourself in files");
    }
}
