//! A tender in lots, from dividing it to the award of every lot, as officers and suppliers meet it.

use crate::journeys::{Bidder, evaluate, id, items, refused, sent};
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::samples::{Sample, answers as whole_answers, submit_complete};
use commonweal::applications::{Application, actions as applying};
use commonweal::calls::samples::{self, Dates, Ground};
use commonweal::calls::{self, Call, CallStage, Terms};
use commonweal::error::Error;
use commonweal::evaluation::{Kind, PriceModel};
use commonweal::law::procedures::Procedure;
use commonweal::scoring::samples as panels;
use commonweal::values::{Actor, Clock, Id, Pence, Role};
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};

/// Terms of one kitchen of £100,000, below the threshold by itself, in which a bid is scored against the lowest price.
fn kitchen(world: &World) -> Terms {
    let mut terms = samples::community_kitchens(&Dates::closing_in(world.now(), 52), vec![]);
    let tender = terms.tender.as_mut().unwrap();
    tender.estimated_value = Pence(10_000_000);
    tender.procedure = Procedure::BelowThreshold;
    tender.circumstances.below_threshold = true;
    terms.model.criteria.last_mut().unwrap().kind = Kind::Price { model: PriceModel::LowestOverPrice };
    terms
}

fn found(world: &World, call: &str) -> Call {
    let call: Id<Call> = call.parse().unwrap();
    world.app.db.read_now(|db| calls::find(db, call)).unwrap()
}

/// Sets the terms of a draft as they stand but for what is changed.
async fn changed(world: &World, officer: &Actor, call: &str, change: impl Fn(&mut Terms)) -> Value {
    let mut terms = found(world, call).terms.0;
    change(&mut terms);
    let body = json!({ "terms": serde_json::to_value(&terms).unwrap() });
    sent(&world.api(officer).await, &format!("/api/v1/calls/{call}/terms"), body, 200).await
}

/// Acknowledges the rehearsal of a draft.
async fn rehearsed(world: &World, officer: &Actor, call: &str) {
    let (api, path) = (world.api(officer).await, format!("/api/v1/calls/{call}/rehearsal"));
    let hash = api.get(&path).await.expect(200).json()["model_hash"].clone();
    sent(&api, &path, json!({ "seen": "yes", "model_hash": hash }), 200).await;
}

/// A tender in as many lots as are named, each of its own value, ready to be published.
async fn divided(world: &World, officer: &Actor, ground: &Ground, whole: Value, titles: &[&str]) -> Vec<String> {
    let api = world.api(officer).await;
    let mission = ground.mission("food").unwrap();
    let first = samples::draft(&world.app, officer, mission, &kitchen(world), world.now()).await.unwrap().to_string();
    sent(&api, &format!("/api/v1/calls/{first}/lots"), whole, 200).await;
    let mut lots = vec![first.clone()];
    for title in titles.iter().skip(1) {
        let lot = id(&sent(&api, &format!("/api/v1/calls/{first}/lots/add"), json!({ "title": title }), 201).await);
        lots.push(lot);
    }
    for lot in &lots {
        changed(world, officer, lot, |terms| {
            let tender = terms.tender.as_mut().unwrap();
            tender.estimated_value = Pence(10_000_000);
            tender.procedure = Procedure::Open;
            tender.circumstances.below_threshold = false;
        })
        .await;
    }
    lots
}

async fn opened_by_notice(world: &World, officer: &Actor, lots: &[String]) {
    for lot in lots {
        rehearsed(world, officer, lot).await;
    }
    let (api, last) = (world.api(officer).await, lots.last().unwrap());
    sent(&api, &format!("/api/v1/calls/{last}/publish"), json!({ "seen": "yes" }), 200).await;
    let notice = json!({ "kind": "uk4", "notice_number": "2026/S 000-771", "notice_date": world.now().rfc3339() });
    sent(&api, &format!("/api/v1/calls/{last}/notices"), notice, 200).await;
}

fn offer(price: i64) -> Sample {
    Sample { text: "We cook".to_owned(), factor: dec!(1), price: Pence(price), declared_by: "Leila Haddad".to_owned() }
}

/// A bid that is sent, or why it is refused.
async fn bid(world: &World, bidder: &Bidder, lot: &str, price: i64) -> Result<Id<Application>, Error> {
    let lot = lot.parse().unwrap();
    submit_complete(&world.app, &bidder.owner, bidder.id, lot, &offer(price), world.now()).await.map(|(id, _)| id)
}

/// Alder is judged best, Birch next, everybody else well enough.
fn judge(_: usize, name: &str, _: &str) -> u32 {
    match name.split(' ').next() {
        Some("Alder") => 4,
        Some("Birch") => 3,
        _ => 2,
    }
}

/// Birch is nearly as good as Alder.
fn nearly_even(_: usize, name: &str, criterion: &str) -> u32 {
    if name.starts_with("Birch") && criterion == "menus" { 3 } else { 4 }
}

/// Birch is much worse than Alder.
fn far_apart(_: usize, name: &str, _: &str) -> u32 {
    if name.starts_with("Birch") { 2 } else { 4 }
}

/// The people who open, score and decide.
struct Desk {
    officer: Actor,
    second: Actor,
    evaluators: [Actor; 2],
    member: Actor,
}

impl Desk {
    fn new(world: &World) -> Desk {
        Desk {
            officer: world.person(Role::ProcurementOfficer),
            second: world.person(Role::ProcurementOfficer),
            evaluators: [world.person(Role::Evaluator), world.person(Role::Evaluator)],
            member: world.person(Role::CommitteeMember),
        }
    }

    async fn open(&self, world: &World, lot: &str, part: &str) {
        let path = format!("/api/v1/calls/{lot}/opening");
        sent(&world.api(&self.officer).await, &path, json!({ "part": part }), 200).await;
        sent(&world.api(&self.second).await, &format!("{path}/confirm"), json!({ "part": part }), 200).await;
    }

    /// Opens, scores, moderates, ranks and signs one lot.
    async fn ranked(&self, world: &World, lot: &str) {
        self.ranked_by(world, lot, &judge).await;
    }

    async fn ranked_by(&self, world: &World, lot: &str, levels: panels::Judge<'_>) {
        let (call, now) = (lot.parse().unwrap(), world.now());
        self.open(world, lot, "quality").await;
        let (app, officer) = (&world.app, &self.officer);
        panels::score_everything(app, officer, &self.evaluators, call, levels, now).await.unwrap();
        panels::moderate_everything(app, officer, call, levels, now).await.unwrap();
        self.open(world, lot, "price").await;
        panels::rank_and_sign(app, officer, call, now).await.unwrap();
    }
}

fn closed(world: &World, lot: &str) -> commonweal::values::Instant {
    found(world, lot).deadline_at.unwrap().plus(TimeDelta::minutes(10))
}

const WHOLE: [&str; 3] = ["Alder estate", "Brecon estate", "Cantley estate"];

both! {
    async fn a_draft_tender_is_divided_and_the_value_of_all_lots_together_decides_the_threshold(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let api = world.api(&officer).await;
        let mission = ground.mission("food").unwrap();
        let first = samples::draft(&world.app, &officer, mission, &kitchen(&world), world.now()).await.unwrap().to_string();
        let path = format!("/api/v1/calls/{first}");
        let alone = api.get(&format!("{path}/check")).await.expect(200).json();
        assert_eq!((&alone["missing"], &alone["threshold"]["reached"]), (&json!([]), &json!(false)));

        // On the builder's page, without script.
        let desk = world.client(&officer).await;
        let page = format!("/desk/calls/{first}/lots");
        desk.get(&page).await.expect(200).shows("This tender is not divided").shows("Not divided: one organisation can share staff");
        refused(&api, &format!("{path}/lots/add"), json!({ "title": "Brecon estate" }), "calls/not-in-lots").await;
        desk.post(&page, &[("title", ""), ("most_won", "0"), ("choice", "published_order")]).await.expect(422)
            .shows("Enter the title of the whole tender").shows("Enter a number from 1 to 20");
        desk.post(&page, &[("title", "Community kitchens"), ("most_bid", "1"), ("most_won", "2"), ("choice", "published_order")]).await.expect(422)
            .shows("Nobody can win more lots than it may bid for");
        desk.post_and_follow(&page, &[("title", "Community kitchens"), ("most_bid", "2"), ("most_won", "1"), ("choice", "published_order")]).await.expect(200)
            .shows("A tender in lots has at least two");
        desk.post(&format!("{page}/add"), &[("at", "add"), ("title", "")]).await.expect(422).shows("Enter the title of the lot");
        let second = desk.post(&format!("{page}/add"), &[("at", "add"), ("title", "Brecon estate")]).await.expect(303).location.unwrap();
        let second = second.rsplit('/').next().unwrap().to_owned();
        desk.get(&page).await.expect(200).shows("There are 2 lots, so a limit of 2 limits nothing");
        desk.post(&format!("{page}/add"), &[("at", "add"), ("title", "brecon estate")]).await.expect(422).shows("Another lot has this title already");
        let third = id(&sent(&api, &format!("{path}/lots/add"), json!({ "title": "Cantley estate", "summary": "A kitchen" }), 201).await);
        desk.get(&page).await.expect(200).shows("Lot 2, Brecon estate").shows("Lot 3, Cantley estate").shows("(2 lots have no value yet)")
            .hides("limits nothing");
        desk.post(&page, &[("title", "Community kitchens"), ("most_bid", "4"), ("most_won", "3"), ("choice", "published_order")]).await.expect(422)
            .shows("There are 3 lots, so a limit of 4 limits nothing").shows("There are 3 lots, so a limit of 3 limits nothing");
        let idle = json!({ "title": "Community kitchens", "most_won": "3" });
        api.post(&format!("{path}/lots"), idle).await.expect(422).shows("so a limit of 3 limits nothing");

        // A lot keeps a title of its own also when it is renamed, on the page and by a program.
        let served = mission.to_string();
        let basics = [("title", "BRECON estate"), ("summary", "A kitchen"), ("mission", served.as_str())];
        desk.post(&format!("/desk/calls/{third}/basics"), &basics).await.expect(422).shows("Another lot has this title already");
        let renamed = |title: &str| json!({ "title": title, "terms": serde_json::to_value(&found(&world, &third).terms.0).unwrap() });
        let terms_of_third = format!("/api/v1/calls/{third}/terms");
        api.post(&terms_of_third, renamed("brecon estate")).await.expect(422).shows("Another lot has this title already");
        assert_eq!(found(&world, &third).title, "Cantley estate");
        sent(&api, &terms_of_third, renamed("Cantley Hill"), 200).await;
        assert_eq!(found(&world, &first).lot().unwrap().lots[2].title, "Cantley Hill");

        // A new lot has the terms of the other, but no value yet.
        let copy = found(&world, &second);
        assert_eq!((copy.stage, copy.mission_id, copy.amount()), (CallStage::Draft, mission, Pence::ZERO));
        assert_eq!(copy.terms.0.model.criteria, found(&world, &first).terms.0.model.criteria);
        let saved = changed(&world, &officer, &second, |terms| terms.tender.as_mut().unwrap().estimated_value = Pence(15_000_000)).await;
        assert!(saved.to_string().contains("calls/above-threshold"), "£100,000 and £150,000 together reach it: {saved}");
        let check = api.get(&format!("{path}/check")).await.expect(200).json();
        assert_eq!(check["threshold"]["reached"], json!(true));
        assert!(check["missing"].to_string().contains("calls/above-threshold"));
        desk.get(&format!("/desk/calls/{first}")).await.expect(200).shows("The value of all lots together, £250,000,");

        // Procedure and timetable are one for all.
        changed(&world, &officer, &third, |terms| {
            terms.tender.as_mut().unwrap().procedure = Procedure::Open;
            terms.tender.as_mut().unwrap().circumstances.below_threshold = false;
            terms.timetable.decision_on = terms.timetable.decision_on.and_then(|day| day.succ_opt());
        })
        .await;
        let all = [&first, &second, &third].map(|lot| found(&world, lot).terms.0);
        assert!(all.iter().all(|terms| terms.tender.as_ref().unwrap().procedure == Procedure::Open));
        assert!(all.iter().all(|terms| terms.timetable == all[2].timetable && terms.lot() == all[2].lot()));
        assert_eq!(all[0].lot().unwrap().together, Pence(25_000_000));

        // A program that sends whole terms changes nothing of what lots have in common.
        changed(&world, &officer, &second, |terms| terms.tender.as_mut().unwrap().lot = None).await;
        assert_eq!(found(&world, &second).lot().map(|whole| whole.lots.len()), Some(3));

        // Nobody else divides it, and a lot that is taken out is a tender of its own.
        for actor in [world.person(Role::MissionLead), world.person(Role::Evaluator), world.person(Role::FundManager), world.applicant("Alder").1] {
            world.api(&actor).await.post(&format!("{path}/lots"), json!({ "title": "Mine" })).await.expect(403);
        }
        let stranger = world.person_of(world.other_council(), Role::ProcurementOfficer);
        world.api(&stranger).await.post(&format!("{path}/lots"), json!({ "title": "Mine" })).await.expect(404);
        sent(&api, &format!("/api/v1/calls/{third}/lots/take-out"), json!({}), 200).await;
        assert_eq!(found(&world, &third).lot(), None);
        assert_eq!(found(&world, &first).lot().map(|whole| whole.lots.len()), Some(2));
        sent(&api, &format!("/api/v1/calls/{second}/lots/take-out"), json!({}), 200).await;
        assert_eq!(found(&world, &first).lot(), None, "one lot alone is no lot");
    }

    async fn three_lots_are_published_under_one_notice_and_awarded_by_the_published_way(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let officer = world.api(&desk.officer).await;
        let whole = json!({ "title": "Community kitchens", "most_bid": "2", "most_won": "1", "choice": "published_order" });
        let lots = divided(&world, &desk.officer, &ground, whole.clone(), &WHOLE).await;
        let path = |lot: usize| format!("/api/v1/calls/{}", lots[lot]);

        // One lot that is not ready keeps all from being published.
        let seen = json!({ "seen": "yes" });
        let answer = officer.post(&format!("{}/publish", path(0)), seen.clone()).await.expect(409).json();
        assert_eq!(answer["type"], "/problems/calls/lot-not-ready");
        assert!(answer.to_string().contains("Lot 2, Brecon estate: Read what the rehearsal found"), "{answer}");
        rehearsed(&world, &desk.officer, &lots[1]).await;
        rehearsed(&world, &desk.officer, &lots[2]).await;
        changed(&world, &desk.officer, &lots[2], |terms| terms.description.clear()).await;
        let answer = officer.post(&format!("{}/publish", path(0)), seen.clone()).await.expect(409).json();
        assert!(answer.to_string().contains("Lot 3, Cantley estate: One thing is missing: Describe what is wanted."), "{answer}");
        assert!(lots.iter().all(|lot| found(&world, lot).stage == CallStage::Draft && found(&world, lot).version == 0));
        changed(&world, &desk.officer, &lots[2], |terms| terms.description = "A kitchen at Cantley.".to_owned()).await;
        sent(&officer, &format!("{}/publish", path(0)), seen.clone(), 200).await;
        assert!(lots.iter().all(|lot| found(&world, lot).stage == CallStage::AwaitingNotice));
        sent(&officer, &format!("{}/back-to-draft", path(1)), json!({}), 200).await;
        assert!(lots.iter().all(|lot| found(&world, lot).stage == CallStage::Draft), "they go back together");
        rehearsed(&world, &desk.officer, &lots[0]).await;
        sent(&officer, &format!("{}/publish", path(2)), seen, 200).await;

        // One notice opens all.
        let public = world.client(&Actor::Public).await;
        public.get(&format!("/calls/{}", lots[0])).await.expect(404);
        let notice = json!({ "kind": "uk4", "notice_number": "2026/S 000-771", "notice_date": world.now().rfc3339() });
        sent(&officer, &format!("{}/notices", path(1)), notice, 200).await;
        for lot in &lots {
            let notices = officer.get(&format!("/api/v1/calls/{lot}/notices")).await.expect(200).json();
            assert_eq!((items(&notices, "items").len(), &notices["items"][0]["number"]), (1, &json!("2026/S 000-771")));
            assert!(found(&world, lot).is_open(world.now()));
        }
        refused(&officer, &format!("{}/lots", path(0)), whole, "calls/not-draft").await;
        let page = public.get(&format!("/calls/{}", lots[1])).await.expect(200);
        page.shows("Lot 2 of 3 of Community kitchens").shows(&format!("href=\"/calls/{}\"", lots[2]))
            .shows("One supplier may bid for at most 2 lots.").shows("One supplier may win at most one lot.");
        public.get("/calls").await.expect(200).shows("Brecon estate Lot 2 of 3 of Community kitchens · Tender").shows("Lot 3 of 3 of Community kitchens · Tender");
        public.get("/").await.expect(200).shows("Lot 1 of 3 of Community kitchens");
        let shown = world.api(&Actor::Public).await.get(&format!("{}/lots", path(2))).await.expect(200).json();
        assert_eq!((&shown["lots"]["number"], &shown["lots"]["choice"]), (&json!(3), &json!("published_order")));
        let frozen = officer.get(&format!("{}/terms", path(2))).await.expect(200).json();
        assert_eq!(frozen["terms"]["tender"]["lot"]["most_won"], json!(1), "limits are frozen with the terms");

        // Three suppliers bid; for a third lot nobody may, unless one is withdrawn.
        let [alder, birch, cedar] = ["Alder Kitchens", "Birch Meals", "Cedar Food"].map(|name| Bidder::new(&world, name));
        bid(&world, &alder, &lots[0], 9_500_000).await.unwrap();
        let spare = bid(&world, &alder, &lots[2], 9_500_000).await.unwrap();
        let error = bid(&world, &alder, &lots[1], 9_500_000).await.unwrap_err();
        let Error::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((refusal.code, refusal.reference), ("applications/too-many-lots", Some("Procurement Act 2023 s.20")));
        assert!(refusal.sentence.contains("at most 2 of the lots"), "{}", refusal.sentence);
        // What was sent may be replaced: that is no lot more.
        bid(&world, &alder, &lots[0], 9_400_000).await.unwrap();
        applying::withdraw(&world.app, &alder.owner, spare, &Clock::stopped(world.now())).await.unwrap();
        bid(&world, &alder, &lots[1], 9_400_000).await.unwrap();
        let birch_in_second = {
            bid(&world, &birch, &lots[0], 9_300_000).await.unwrap();
            bid(&world, &birch, &lots[1], 9_300_000).await.unwrap()
        };
        bid(&world, &cedar, &lots[1], 9_200_000).await.unwrap();
        bid(&world, &cedar, &lots[2], 9_200_000).await.unwrap();

        // Nothing is awarded before every lot is ranked.
        world.move_clock(closed(&world, &lots[0])).await;
        desk.ranked(&world, &lots[0]).await;
        desk.ranked(&world, &lots[1]).await;
        let bids = |lot: usize| {
            let call: Id<Call> = lots[lot].parse().unwrap();
            world.app.db.read_now(|db| commonweal::applications::of_call_named(db, call)).unwrap()
        };
        let of = |lot: usize, name: &str| bids(lot).into_iter().find(|(_, n)| n.starts_with(name)).unwrap().0.id.to_string();
        let recommend = |application: String| json!({ "application": application, "reasons": "By the published way." });
        refused(&officer, &format!("{}/awards", path(0)), recommend(of(0, "Alder")), "awards/lots-not-ranked").await;
        let browser = world.client(&desk.officer).await;
        let outcome = format!("/desk/calls/{}/lots/outcome", lots[1]);
        browser.get(&outcome).await.expect(200).shows("Still waiting: Lot 3, Cantley estate").shows("Not ranked yet");
        let waiting = officer.get(&format!("{}/lots/outcome", path(0))).await.expect(200).json();
        assert_eq!(waiting["waiting"], json!(["Lot 3, Cantley estate"]));
        assert_eq!(officer.get(&format!("{}/lots/file", path(0))).await.expect(409).json()["type"], "/problems/awards/lots-not-ranked");
        desk.ranked(&world, &lots[2]).await;

        // Alder is first in lots 1 and 2 and may win one: the order of the lots gives it lot 1.
        let shown = officer.get(&format!("{}/lots/outcome", path(2))).await.expect(200).json();
        let winners: Vec<&str> = items(&shown, "lots").iter().map(|lot| lot["winner_name"].as_str().unwrap()).collect();
        assert_eq!(winners, ["Alder Kitchens", "Birch Meals", "Cedar Food"]);
        assert_eq!(shown["lots"][1]["passed_over"][0]["name"], "Alder Kitchens");
        browser.get(&outcome).await.expect(200).shows("It came before the winner in this lot and was passed over.")
            .shows("It wins as many lots as one supplier may win (1)").shows("It gets: Lot 1,");
        let file = officer.get(&format!("{}/lots/file", path(0))).await.expect(200);
        let recomputed = evaluate(&file.text);
        assert_eq!(recomputed["agrees"], true, "{recomputed}");
        assert_eq!(recomputed["result"]["lots"][1]["winner"], json!(birch.id.to_string()));
        assert_eq!(browser.get(&format!("{outcome}.json")).await.expect(200).json(), file.json());
        let bidder = world.api(&alder.owner).await;
        for part in ["lots/outcome", "lots/file"] {
            bidder.get(&format!("{}/{part}", path(0))).await.expect(403);
            world.api(&desk.evaluators[0]).await.get(&format!("{}/{part}", path(0))).await.expect(403);
        }

        // Each lot is awarded to the bid that the published way names, and to no other.
        let error = officer.post(&format!("{}/awards", path(1)), recommend(of(1, "Alder"))).await.expect(409).json();
        assert_eq!(error["type"], "/problems/awards/not-chosen-for-lot");
        assert!(error.to_string().contains("this lot goes to Birch Meals"), "{error}");
        refused(&officer, &format!("{}/awards", path(1)), recommend(of(1, "Cedar")), "awards/not-chosen-for-lot").await;
        let mut awards = Vec::new();
        for (lot, name) in ["Alder", "Birch", "Cedar"].into_iter().enumerate() {
            awards.push(id(&sent(&officer, &format!("{}/awards", path(lot)), recommend(of(lot, name)), 201).await));
        }
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            sent(&officer, &format!("/api/v1/applications/{birch_in_second}/checks"), check, 200).await;
        }
        let member = world.api(&desk.member).await;
        sent(&member, &format!("/api/v1/awards/{}/decision", awards[1]), json!({ "decision": "approve" }), 200).await;
        sent(&officer, &format!("{}/summaries", path(1)), json!({}), 200).await;
        let told = bidder.get(&format!("/api/v1/applications/{}/outcome", of(1, "Alder"))).await.expect(200).json();
        assert!(told["summary"]["why_not"].to_string().contains("was passed over. It wins as many lots as one supplier may win (1)"), "{told}");
        assert_eq!(told["summary"]["rank"], json!(1));
    }

    async fn a_withdrawn_lot_is_marked_and_the_one_notice_of_all_lots_is_republished_for_an_amendment(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let lots = divided(&world, &desk.officer, &ground, json!({ "title": "Community kitchens" }), &WHOLE).await;
        opened_by_notice(&world, &desk.officer, &lots).await;
        let (browser, public) = (world.client(&desk.officer).await, world.client(&Actor::Public).await);
        let page = public.get(&format!("/calls/{}", lots[0])).await.expect(200);
        page.shows("Lot 2, Brecon estate").hides("Withdrawn");
        browser.get(&format!("/desk/calls/{}/amend", lots[0])).await.expect(200)
            .shows("One tender notice covers all lots: it is that notice which you republish")
            .shows("Republish the tender notice of all lots with the change");
        let (officer, path) = (world.api(&desk.officer).await, format!("/api/v1/calls/{}", lots[0]));
        let change = json!({ "reason": "A larger hall", "deadline_reason": "The change is small", "description": "A larger kitchen." });
        refused(&officer, &format!("{path}/amend"), change, "calls/not-republished").await;
        sent(&officer, &format!("/api/v1/calls/{}/withdraw", lots[1]), json!({ "reason": "The hall is closed" }), 200).await;
        for base in ["/calls", "/desk/calls"] {
            let words = browser.get(&format!("{base}/{}", lots[0])).await.expect(200).words();
            assert!(words.contains("Lot 2, Brecon estate Withdrawn"), "{words}");
            assert!(!words.contains("Cantley estate Withdrawn"), "{words}");
        }
    }

    async fn an_award_stands_when_a_bid_falls_away_in_another_lot_and_the_rest_is_given_out_around_it(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let whole = json!({ "title": "Two kitchens", "most_won": "1", "choice": "published_order" });
        let lots = divided(&world, &desk.officer, &ground, whole, &WHOLE[..2]).await;
        opened_by_notice(&world, &desk.officer, &lots).await;
        let [alder, birch, cedar] = ["Alder Kitchens", "Birch Meals", "Cedar Food"].map(|name| Bidder::new(&world, name));
        let alder_in_first = bid(&world, &alder, &lots[0], 9_500_000).await.unwrap();
        let alder_in_second = bid(&world, &alder, &lots[1], 9_500_000).await.unwrap();
        let birch_in_first = bid(&world, &birch, &lots[0], 9_300_000).await.unwrap();
        let birch_in_second = bid(&world, &birch, &lots[1], 9_300_000).await.unwrap();
        let cedar_in_first = bid(&world, &cedar, &lots[0], 9_200_000).await.unwrap();
        world.move_clock(closed(&world, &lots[0])).await;
        for lot in &lots {
            desk.ranked(&world, lot).await;
        }

        // Alder is first in both and gets lot 1, so lot 2 is awarded to Birch.
        let officer = world.api(&desk.officer).await;
        let path = |lot: usize| format!("/api/v1/calls/{}", lots[lot]);
        let recommend = |application: Id<Application>| json!({ "application": application, "reasons": "By the published way." });
        let award = id(&sent(&officer, &format!("{}/awards", path(1)), recommend(birch_in_second), 201).await);
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            sent(&officer, &format!("/api/v1/applications/{birch_in_second}/checks"), check, 200).await;
        }
        let member = world.api(&desk.member).await;
        sent(&member, &format!("/api/v1/awards/{award}/decision"), json!({ "decision": "approve" }), 200).await;

        // Then Alder falls away in lot 1, and Birch comes first there.
        let browser = world.client(&desk.officer).await;
        let falls = format!("/desk/calls/{}/bids/{alder_in_first}/falls-away", lots[0]);
        browser.post(&falls, &[("ground", "debarred"), ("reason", "On the list since Monday")]).await.expect(303);
        let outcome = format!("/desk/calls/{}/lots/outcome", lots[0]);
        browser.get(&outcome).await.expect(200).shows("A bid fell away: to be ranked again").shows("Award: Approved");
        panels::rank_and_sign(&world.app, &desk.officer, lots[0].parse().unwrap(), world.now()).await.unwrap();

        // What was awarded is not taken back: lot 1 goes to the next who may still win.
        let shown = officer.get(&format!("{}/lots/outcome", path(0))).await.expect(200).json();
        let winners: Vec<&str> = items(&shown, "lots").iter().map(|lot| lot["winner_name"].as_str().unwrap()).collect();
        assert_eq!(winners, ["Cedar Food", "Birch Meals"]);
        assert_eq!(shown["lots"][1]["award"]["state"], "approved");
        refused(&officer, &format!("{}/awards", path(0)), recommend(birch_in_first), "awards/won-enough-lots").await;
        sent(&officer, &format!("{}/awards", path(0)), recommend(cedar_in_first), 201).await;
        assert_eq!(evaluate(&officer.get(&format!("{}/lots/file", path(0))).await.expect(200).text)["agrees"], true);

        // Alder has more points in lot 2 than the winner, and reads the reason instead of a comparison of points.
        sent(&officer, &format!("{}/summaries", path(1)), json!({}), 200).await;
        let told = world.api(&alder.owner).await.get(&format!("/api/v1/applications/{alder_in_second}/outcome")).await.expect(200).json();
        let why = told["summary"]["why_not"].to_string();
        assert!(why.contains("had been awarded already") && !why.contains("best satisfies"), "{told}");
    }

    async fn lots_are_given_out_by_the_highest_sum_of_points_where_lot_by_lot_in_order_would_give_less(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let whole = json!({ "title": "Two kitchens", "most_bid": "2", "most_won": "1", "choice": "highest_sum" });
        let lots = divided(&world, &desk.officer, &ground, whole, &WHOLE[..2]).await;
        opened_by_notice(&world, &desk.officer, &lots).await;
        let path = |lot: usize| format!("/api/v1/calls/{}", lots[lot]);
        world.client(&Actor::Public).await.get(&format!("/calls/{}", lots[0])).await.expect(200)
            .shows("One supplier may win at most one lot.").shows("the points of all winning bids add up to the most");

        // Both bid for both at one price: Alder is a little better in the first lot, and far better in the second.
        let [alder, birch] = ["Alder Kitchens", "Birch Meals"].map(|name| Bidder::new(&world, name));
        let (mut of_alder, mut of_birch) = (Vec::new(), Vec::new());
        for lot in &lots {
            of_alder.push(bid(&world, &alder, lot, 9_500_000).await.unwrap());
            of_birch.push(bid(&world, &birch, lot, 9_500_000).await.unwrap());
        }
        world.move_clock(closed(&world, &lots[0])).await;
        desk.ranked_by(&world, &lots[0], &nearly_even).await;
        desk.ranked_by(&world, &lots[1], &far_apart).await;

        // Alder is first in both, and gets the one in which it makes the greater difference.
        let officer = world.api(&desk.officer).await;
        let shown = officer.get(&format!("{}/lots/outcome", path(0))).await.expect(200).json();
        let winners: Vec<&str> = items(&shown, "lots").iter().map(|lot| lot["winner_name"].as_str().unwrap()).collect();
        assert_eq!(winners, ["Birch Meals", "Alder Kitchens"]);
        assert_eq!(shown["lots"][0]["passed_over"][0]["name"], "Alder Kitchens");
        assert_eq!(shown["lots"][1]["passed_over"], json!([]));
        world.client(&desk.officer).await.get(&format!("/desk/calls/{}/lots/outcome", lots[0])).await.expect(200)
            .shows("It wins as many lots as one supplier may win (1)").shows("It gets: Lot 2, Brecon estate");

        // The file gives the same on another machine, and the points of its rankings say why.
        let file = officer.get(&format!("{}/lots/file", path(1))).await.expect(200).json();
        let recomputed = evaluate(&file.to_string());
        assert_eq!((&recomputed["agrees"], &file["model"]["choice"]), (&json!(true), &json!("highest_sum")), "{recomputed}");
        let winner = |file: &Value, lot: usize| file["result"]["lots"][lot]["winner"].as_str().unwrap().to_owned();
        assert_eq!([winner(&recomputed, 0), winner(&recomputed, 1)], [birch.id.to_string(), alder.id.to_string()]);
        let points = |lot: usize, bidder: &Bidder| -> Decimal {
            let ranking = items(&file["result"]["lots"][lot]["result"], "ranking");
            ranking.iter().find(|line| line["bid"] == bidder.id.to_string()).unwrap()["total"].as_str().unwrap().parse().unwrap()
        };
        assert!(points(0, &alder) > points(0, &birch) && points(1, &alder) > points(1, &birch), "{file}");
        assert!(points(0, &birch) + points(1, &alder) > points(0, &alder) + points(1, &birch), "{file}");

        // In the published order of the lots the same bids would have come out the other way round.
        let mut in_order = file.clone();
        in_order["model"]["choice"] = json!("published_order");
        in_order.as_object_mut().unwrap().remove("result");
        let in_order = evaluate(&in_order.to_string());
        assert_eq!([winner(&in_order, 0), winner(&in_order, 1)], [alder.id.to_string(), birch.id.to_string()]);

        // Each lot is awarded so and not otherwise, and Alder reads why it has not won the first.
        let recommend = |application: Id<Application>| json!({ "application": application, "reasons": "By the published way." });
        refused(&officer, &format!("{}/awards", path(0)), recommend(of_alder[0]), "awards/not-chosen-for-lot").await;
        refused(&officer, &format!("{}/awards", path(1)), recommend(of_birch[1]), "awards/not-chosen-for-lot").await;
        let award = id(&sent(&officer, &format!("{}/awards", path(0)), recommend(of_birch[0]), 201).await);
        sent(&officer, &format!("{}/awards", path(1)), recommend(of_alder[1]), 201).await;
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            sent(&officer, &format!("/api/v1/applications/{}/checks", of_birch[0]), check, 200).await;
        }
        let member = world.api(&desk.member).await;
        sent(&member, &format!("/api/v1/awards/{award}/decision"), json!({ "decision": "approve" }), 200).await;
        sent(&officer, &format!("{}/summaries", path(0)), json!({}), 200).await;
        let told = world.api(&alder.owner).await.get(&format!("/api/v1/applications/{}/outcome", of_alder[0])).await.expect(200).json();
        assert!(told["summary"]["why_not"].to_string().contains("It wins as many lots as one supplier may win (1)"), "{told}");
    }

    async fn a_supplier_keeps_the_lot_that_it_put_first_in_its_own_sealed_order(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let whole = json!({ "title": "Two kitchens", "most_won": "1", "choice": "supplier_preference" });
        let lots = divided(&world, &desk.officer, &ground, whole, &WHOLE[..2]).await;
        opened_by_notice(&world, &desk.officer, &lots).await;
        let [alder, birch] = ["Alder Kitchens", "Birch Meals"].map(|name| Bidder::new(&world, name));
        let browser = world.client(&alder.owner).await;
        for (lot, place) in lots.iter().zip(["2", "1"]) {
            let application = bid(&world, &alder, lot, 9_400_000).await.unwrap();
            let question = format!("/applications/{application}/answer/lot-place");
            browser.get(&question).await.expect(200).shows("Which place does this lot have in your order?");
            browser.post(&question, &[("place", "first"), ("go", "next")]).await.expect(422).shows("Enter a whole number");
            browser.post(&question, &[("place", "3"), ("go", "next")]).await.expect(422).shows("Enter a place from 1 to 2, or leave it empty");
            browser.post(&question, &[("place", "7"), ("go", "tasks")]).await.expect(303);
            let missing = world.api(&alder.owner).await.get(&format!("/api/v1/applications/{application}/missing")).await.expect(200);
            assert!(missing.text.contains("a place from 1 to 2"), "{}", missing.text);
            browser.post(&question, &[("place", place), ("go", "tasks")]).await.expect(303);
            let declared = applying::Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), form: String::new() };
            applying::submit(&world.app, &alder.owner, application, &declared, &Clock::stopped(world.now())).await.unwrap();
            bid(&world, &birch, lot, 9_300_000).await.unwrap();
        }
        // No place is given twice: sending says which lot has it, and what was sent before stands.
        let own: Id<Application> = {
            let call: Id<Call> = lots[1].parse().unwrap();
            let all = world.app.db.read_now(|db| commonweal::applications::of_call_named(db, call)).unwrap();
            all.into_iter().find(|(_, name)| name.starts_with("Alder")).unwrap().0.id
        };
        let question = format!("/applications/{own}/answer/lot-place");
        for (place, taken) in [("2", true), ("1", false)] {
            browser.get(&question).await.expect(200);
            browser.post(&question, &[("place", place), ("go", "tasks")]).await.expect(303);
            let declared = applying::Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), form: String::new() };
            let sent = applying::submit(&world.app, &alder.owner, own, &declared, &Clock::stopped(world.now())).await;
            match sent {
                Err(Error::Refused(refusal)) if taken => {
                    assert_eq!(refusal.code, "applications/same-lot-place");
                    assert!(refusal.sentence.contains("You gave place 2 to Lot 1, "), "{}", refusal.sentence);
                }
                other => assert_eq!(other.is_ok(), !taken, "{other:?}"),
            }
        }
        world.move_clock(closed(&world, &lots[0])).await;
        for lot in &lots {
            desk.ranked(&world, lot).await;
        }
        let officer = world.api(&desk.officer).await;
        let shown = officer.get(&format!("/api/v1/calls/{}/lots/outcome", lots[0])).await.expect(200).json();
        let winners: Vec<&str> = items(&shown, "lots").iter().map(|lot| lot["winner_name"].as_str().unwrap()).collect();
        assert_eq!(winners, ["Birch Meals", "Alder Kitchens"], "Alder would rather have lot 2");
        let browser = world.client(&desk.officer).await;
        let before = world.app.db.statements();
        browser.get(&format!("/desk/calls/{}/lots/outcome", lots[0])).await.expect(200).shows("Alder Kitchens");
        let asked = world.app.db.statements() - before;
        assert!(asked <= 6, "the page asks {asked} questions of the database");
        assert_eq!(evaluate(&officer.get(&format!("/api/v1/calls/{}/lots/file", lots[1])).await.expect(200).text)["agrees"], true);
    }
    async fn two_lots_that_are_sent_at_the_same_time_are_not_given_one_place(world: World) {
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let desk = Desk::new(&world);
        let whole = json!({ "title": "Two kitchens", "most_won": "1", "choice": "supplier_preference" });
        let lots = divided(&world, &desk.officer, &ground, whole, &WHOLE[..2]).await;
        opened_by_notice(&world, &desk.officer, &lots).await;
        let declared = applying::Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), form: String::new() };
        let clock = Clock::stopped(world.now());
        // The same place may be given once, and two different ones do not disturb each other.
        for (round, (places, sent)) in [([1, 1], 1), ([2, 2], 1), ([1, 1], 1), ([1, 2], 2)].into_iter().enumerate() {
            let supplier = Bidder::new(&world, &format!("Supplier {round}"));
            let mut bids = Vec::new();
            for (lot, place) in lots.iter().zip(places) {
                let call = found(&world, lot);
                let id = applying::start(&world.app, &supplier.owner, call.id, supplier.id, world.now()).await.unwrap();
                let mut draft = whole_answers(&call.terms.0, &offer(9_400_000), world.now().date());
                draft.answers.lot_place = Some(place);
                applying::save_draft(&world.app, &supplier.owner, id, &draft, world.now()).await.unwrap();
                bids.push(id);
            }
            let (first, second) = tokio::join!(
                applying::submit(&world.app, &supplier.owner, bids[0], &declared, &clock),
                applying::submit(&world.app, &supplier.owner, bids[1], &declared, &clock)
            );
            let refused: Vec<Error> = [first, second].into_iter().filter_map(Result::err).collect();
            assert_eq!(2 - refused.len(), sent, "round {round}: {refused:?}");
            for error in refused {
                assert!(matches!(&error, Error::Refused(refusal) if refusal.code == "applications/same-lot-place"), "{error:?}");
            }
        }
    }
}
