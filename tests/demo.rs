//! The practice council, from its missions to its returns, on both databases: the whole story in one place.

use crate::journeys::evaluate;
use crate::support::{Kind, World};
use commonweal::awards::{self, AwardState};
use commonweal::db::schema::{applications, investment_drawdowns, members};
use commonweal::people::actions::DEMO_PASSWORD;
use commonweal::values::{Actor, Instant, LocalDate, Role};
use commonweal::{audit, evaluation};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde_json::Value;

async fn the_story(kind: Kind) {
    let world = World::demo(kind).await;
    let resident = world.client(&Actor::Public).await;

    // A resident: four missions, money bought and invested, promises beside what was verified.
    resident
        .get("/")
        .await
        .expect(200)
        .shows("Four missions")
        .shows("15 investments in 15 enterprises")
        .shows("1 contract with 1 supplier");
    let food = resident.get("/missions/food").await.expect(200);
    food.shows("everyone eats well every day")
        .shows("Promised, not yet claimed")
        .shows("The same figures")
        .shows("Investments");
    let register = resident.get("/register-of-awards?format=csv").await.expect(200).text;
    assert_eq!(register.lines().count(), 17, "fifteen investments and one contract below the heads: {register}");
    assert!(register.contains("Harvest Lane Kitchens CIC") && register.contains("1086000.00"));
    resident.get("/calls").await.expect(200).shows("Community kitchens on four estates").shows("Youth Fund");

    // Everybody of the practice council is named on its sign-in page.
    let sign_in = resident.get("/sign-in").await.expect(200);
    for email in ["evaluator2", "evaluator3", "committee2", "committee3"] {
        assert!(sign_in.text.contains(&format!("{email}@camden.example")), "{email} is not on the sign-in page");
    }

    // An officer: a tender that closed with its number of bids hidden until it is opened by two.
    let buyer = world.sign_in("buyer@camden.example", DEMO_PASSWORD).await;
    let tasks = buyer.get("/tasks").await.expect(200).shows("Growing space on three estates");
    let closed = link_after(&tasks.text, "/desk/calls/", "Growing space on three estates");
    buyer.get(&format!("{closed}/opening")).await.expect(200);
    buyer.post(&format!("{closed}/opening"), &[("part", "quality")]).await.expect(303);
    buyer
        .post(&format!("{closed}/opening/confirm"), &[("part", "quality")])
        .await
        .expect(422)
        .shows("There is a problem");
    let second = world.sign_in("buyer2@camden.example", DEMO_PASSWORD).await;
    second.get(&format!("{closed}/opening")).await.expect(200);
    second.post(&format!("{closed}/opening/confirm"), &[("part", "quality")]).await.expect(303);
    let opened = buyer.get(&format!("{closed}/opening")).await.expect(200);
    for bidder in [
        "Bramble Works CIC",
        "Northline Gardens Ltd",
        "Rooted Together Co-op",
        "Green Thumb Services Ltd",
        "Allotment Alliance",
    ] {
        assert!(opened.text.contains(bidder), "{bidder} is not among the opened bids");
    }

    // The ranking of the awarded tender recomputes to the last digit without the database.
    let awarded = buyer.get("/desk/calls?format=csv").await.expect(200).text;
    let _ = awarded;
    let desk = buyer.get("/desk/calls").await.expect(200);
    let libraries = link_after(&desk.text, "/desk/calls/", "Lunch clubs in nine libraries");
    let exported = buyer.get(&format!("{libraries}/ranking.json")).await.expect(200);
    let file: evaluation::EvaluationFile = serde_json::from_str(&exported.text).unwrap();
    let again = evaluation::recompute(&file).unwrap();
    assert_eq!((again.agrees, again.differences.len()), (Some(true), 0));
    assert_eq!(file.inputs.bids.len(), 3);

    // Of two lots one supplier may win one: the best bidder of both gets the first, and the next the second.
    let south = world.call("Food hub in Somers Town");
    buyer
        .get(&format!("/desk/calls/{south}/lots/outcome"))
        .await
        .expect(200)
        .shows("Every lot is ranked. This is who gets which by the published way.")
        .shows("Pocket Pantry Co-op")
        .shows("Long Spoon Larder CIC: It came before the winner in this lot and was passed over.");
    let file = buyer.get(&format!("/desk/calls/{south}/lots/outcome.json")).await.expect(200);
    assert_eq!(evaluate(&file.text)["agrees"], true);

    // Of three that asked to take part two were invited, and one of these has not begun its final tender.
    let first = world.call("Meals in the school holidays");
    buyer
        .get(&format!("/desk/calls/{first}/shortlist"))
        .await
        .expect(200)
        .shows("2 go on, 1 stays. The second stage is open to those who go on.")
        .shows("Harvest Lane Kitchens CIC");
    let file = buyer.get(&format!("/desk/calls/{first}/stages.json")).await.expect(200);
    assert_eq!(evaluate(&file.text)["agrees"], true);
    resident.get("/calls").await.expect(200).shows("Meals in the school holidays: final tenders");

    // The council's own catalogue of social value, and the tender that copied from it.
    buyer.get("/desk/catalogue").await.expect(200).shows("Made-up social values, version 1").shows("Current");
    let live = world.call("Community kitchens on four estates");
    resident.get(&format!("/calls/{live}")).await.expect(200).shows("Made-up social values, version 1");

    // One tender is in scoring, and its second evaluator has still to score.
    let evaluator = world.sign_in("evaluator2@camden.example", DEMO_PASSWORD).await;
    evaluator.get("/evaluations").await.expect(200).shows("Breakfast in six primary schools");

    // The round of the Youth Fund is open: an application is being written, others are sent, taken back and opened. Those
    // of its first round are further: see below.
    let round = world.call("Youth Fund");
    resident
        .get(&format!("/calls/{round}"))
        .await
        .expect(200)
        .shows("Repayable loans of £20,000 to £500,000, from a pot of £2 million")
        .shows("Start your application");
    let states: Vec<(String, Option<Instant>)> = world
        .app
        .db
        .read_now(|db| {
            let of_round = applications::table.filter(applications::call_id.eq(round));
            Ok(of_round.select((applications::state, applications::opened_at)).load(db)?)
        })
        .unwrap();
    for (state, opened) in [("draft", false), ("submitted", false), ("submitted", true), ("withdrawn", false)] {
        assert!(states.iter().any(|(s, at)| s == state && at.is_some() == opened), "{state} {opened}: {states:?}");
    }

    // Somebody holds each role.
    let held: Vec<String> = world
        .app
        .db
        .read_now(|db| Ok(members::table.filter(members::ended_at.is_null()).select(members::role).load(db)?))
        .unwrap();
    for role in Role::ALL {
        assert!(held.iter().any(|held| held == role.as_str()), "nobody is {}", role.label());
    }

    // A fund manager: one holding in arrears, one repaid, money out and back, a certified return.
    let fund = world.sign_in("fund@camden.example", DEMO_PASSWORD).await;
    // Rounds of years ago, every applicant of which was signed, are no task any more.
    let tasks = fund.get("/tasks").await.expect(200).shows("In breach");
    assert!(!tasks.text.contains("Patient loans for food enterprises"), "a settled round is still a task");
    let funds = fund.get("/funds").await.expect(200);
    let path = link_after(&funds.text, "/funds/", "Community Wealth Fund");
    fund.get(&path)
        .await
        .expect(200)
        .shows("For each £1 paid out")
        .shows("16 holdings")
        .shows("Next Desk Academy CIC")
        .shows("days late")
        .shows("Repaid");
    fund.get(&format!("{path}/statement")).await.expect(200).shows("XIRR");
    the_holdings_by_state(&world, &path).await;

    // A contract manager: a condition in breach with its next step.
    let contracts = world.sign_in("contracts@camden.example", DEMO_PASSWORD).await;
    contracts.get("/tasks").await.expect(200).shows("Kiln Yard Studios Ltd").shows("In breach");

    // Who bid for what and lost reads why.
    let owner = world.sign_in("owner@harvest.example", DEMO_PASSWORD).await;
    let sent = owner.get("/applications").await.expect(200).shows("Lunch clubs in nine libraries");
    let request = link_after(&sent.text, "/applications/", "Meals in the school holidays");
    owner.get(&format!("{request}/outcome")).await.expect(200).shows("Start your final tender");
    owner.get("/agreements").await.expect(200).shows("Lunch clubs in nine libraries");

    // Its first round is being decided: an owner has an offer to answer, the committee a recommendation to decide, and one
    // application was assessed and not good enough.
    let deciding = "Youth Fund, first round: kitchens that train young people";
    let offered = link_after(&sent.text, "/applications/", deciding);
    owner.get(&format!("{offered}/outcome")).await.expect(200).shows("You would get £85,000").shows("Send our answer");
    let found = world.call(deciding);
    let mut states: Vec<_> = world.app.db.read_now(|db| awards::of_call(db, found)).unwrap();
    states.sort_by_key(|award| award.recommended_at);
    let states: Vec<_> = states.iter().map(|award| award.state).collect();
    assert_eq!(states, [AwardState::Offered, AwardState::Recommended]);
    fund.get(&format!("/desk/calls/{found}/moderation")).await.expect(200).shows("Quick Bite Vans Ltd");
    let committee = world.sign_in("committee@camden.example", DEMO_PASSWORD).await;
    committee.get("/tasks").await.expect(200).shows(deciding);
    committee
        .get(&format!("/desk/calls/{found}/award"))
        .await
        .expect(200)
        .shows("Ladle and Larder CIC")
        .shows("£55,000");
    fund.get("/desk/subsidies/group?group=Harvest%20Lane%20Kitchens%20CIC").await.expect(200).shows("£4,200");

    audit::chain(&world.app.db).unwrap();
    let report = audit::verify(&world.app.db, &world.app.keys, None).unwrap();
    assert_eq!((report.finding, report.waiting), (None, 0));
    assert!(report.rows > 500, "{} rows", report.rows);
}

/// Sixteen holdings under fifteen agreements: twelve loans of four rounds, and a revenue share, shares, and a recoverable
/// grant with its loan. One loan is repaid and fifteen holdings run, of which one has not paid for more than a month (one
/// more pays nine days late by habit) and one is of an enterprise in breach of its conditions.
async fn the_holdings_by_state(world: &World, fund: &str) {
    let program = world.api(&world.person(Role::FundManager)).await;
    let report = program.get(&format!("/api/v1{fund}")).await.expect(200).json();
    let holdings = report["holdings"].as_array().unwrap();
    assert_eq!(holdings.len(), 16);
    // The fund's cash by day and by year is what its measures are made of.
    let cash = program.get(&format!("/api/v1{fund}/cash-flows")).await.expect(200).json();
    let pounds = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let days: Vec<Decimal> = cash["items"].as_array().unwrap().iter().map(|item| pounds(&item["amount"])).collect();
    let (out, back): (Vec<Decimal>, Vec<Decimal>) = days.iter().partition(|amount| amount.is_sign_negative());
    let years =
        |field: &str| cash["years"].as_array().unwrap().iter().map(|year| pounds(&year[field])).sum::<Decimal>();
    let (paid_in, distributed) = (pounds(&report["measures"]["paid_in"]), pounds(&report["measures"]["distributed"]));
    assert_eq!((-out.iter().sum::<Decimal>(), years("paid_out")), (paid_in, paid_in));
    assert_eq!((back.iter().sum::<Decimal>(), years("came_back")), (distributed, distributed));
    assert!(years("expected_back") > Decimal::ZERO);
    let name = |holding: &Value| holding["holding"].as_str().unwrap().to_owned();
    let runs = |holding: &&Value| ["running", "in_arrears"].contains(&holding["standing"].as_str().unwrap());
    assert_eq!(holdings.iter().filter(runs).count(), 15);
    let repaid: Vec<String> = holdings.iter().filter(|h| h["standing"] == "repaid").map(name).collect();
    assert_eq!(repaid, ["Regent Growers Ltd"]);
    let late = |holding: &&Value| holding["days_past_due"].as_i64().unwrap() > 30;
    let in_arrears: Vec<String> = holdings.iter().filter(late).filter(runs).map(name).collect();
    assert_eq!(in_arrears, ["Next Desk Academy CIC"]);
    let breached = |holding: &&Value| holding["conditions"]["word"].as_str().unwrap().contains("in breach");
    let in_breach: Vec<String> = holdings.iter().filter(breached).filter(runs).map(name).collect();
    assert!(in_breach.contains(&"Kiln Yard Studios Ltd".to_owned()), "{in_breach:?}");

    // Their money has gone out and come back for almost three years.
    let paid_out: Vec<LocalDate> = world
        .app
        .db
        .read_now(|db| Ok(investment_drawdowns::table.select(investment_drawdowns::pay_on).load(db)?))
        .unwrap();
    let first = paid_out.iter().min().unwrap();
    let days = (world.now().date() - *first).num_days();
    assert!((1_000..=1_100).contains(&days), "the first payment out was {days} days ago");
}

/// The address with this beginning whose link text holds the words.
fn link_after(html: &str, beginning: &str, words: &str) -> String {
    let page = scraper::Html::parse_document(html);
    let links = scraper::Selector::parse("a[href]").unwrap();
    page.select(&links)
        .find(|a| {
            a.text().collect::<String>().contains(words) && a.value().attr("href").unwrap().starts_with(beginning)
        })
        .map(|a| a.value().attr("href").unwrap().to_owned())
        .unwrap_or_else(|| panic!("no link “{words}” under {beginning}"))
}

#[actix_web::test]
async fn the_practice_council_tells_the_whole_story_on_sqlite() {
    the_story(Kind::Sqlite).await;
}

#[actix_web::test]
async fn the_practice_council_tells_the_whole_story_on_postgres() {
    the_story(Kind::Postgres).await;
}
