//! What those who got nothing are told, and who of equals may win.

use crate::scoring::{Ready, judge, ready, signed};
use crate::support::World;
use chrono::TimeDelta;
use commonweal::calls::{self, Call, CallKind, Terms};
use commonweal::db::schema::calls as call_rows;
use commonweal::evaluation::{Minimum, TieRule, commitment, lot};
use commonweal::scoring::samples;
use commonweal::values::time::medium_date;
use commonweal::values::{Id, Instant, Role};
use diesel::prelude::*;
use serde_json::{Value, json};

/// Birch and Cedar plan alike. Birch is cheaper by three points, and Cedar promises three points more.
const LEVEL: [(&str, i64, i64); 2] = [("Cedar Food", 13, 1_000_000), ("Birch Meals", 10, 900_000)];

/// Nothing parts these two but a draw.
const ALIKE: [(&str, i64, i64); 2] = [("Cedar Food", 10, 900_000), ("Birch Meals", 10, 900_000)];

fn with_terms(world: &World, call: Id<Call>, change: impl Fn(&mut Terms)) {
    let mut terms = world.app.db.read_now(|db| calls::find(db, call)).unwrap().terms;
    change(&mut terms.0);
    world
        .app
        .db
        .write_now(|db| {
            let row = call_rows::table.filter(call_rows::id.eq(call));
            diesel::update(row).set(call_rows::terms.eq(&terms)).execute(db)?;
            Ok(())
        })
        .unwrap();
}

/// Recommends a bid, with what else a recommendation needs, and gives the award.
async fn recommended(world: &World, ready: &Ready, bid: usize, more: Value) -> String {
    let mut body = json!({ "application": ready.bids[bid], "reasons": "As it was ranked" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let api = world.api(&ready.officer).await;
    let reply = api.post(&format!("/api/v1/calls/{}/awards", ready.call), body).await.expect(201);
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn decided(world: &World, award: &str, decision: &str) {
    let committee = world.api(&world.person(Role::CommitteeMember)).await;
    committee.post(&format!("/api/v1/awards/{award}/decision"), json!({ "decision": decision })).await.expect(200);
}

/// What is refused of recommending a bid.
async fn refused(world: &World, ready: &Ready, bid: usize) -> Value {
    let body = json!({ "application": ready.bids[bid], "reasons": "I like it" });
    let api = world.api(&ready.officer).await;
    api.post(&format!("/api/v1/calls/{}/awards", ready.call), body).await.expect(409).json()
}

fn loan() -> Value {
    json!({
        "tranches": "40000 on 2027-02-01; 20000 on 2027-08-01", "rate": "4.5", "repayment": "annuity",
        "instalments": "48", "precedents": "Lease signed",
    })
}

/// Offers a loan to an applicant, which has two weeks to answer: the award and the last instant.
async fn offered(world: &World, ready: &Ready, bid: usize) -> (String, Instant) {
    let award = recommended(world, ready, bid, loan()).await;
    decided(world, &award, "approve").await;
    let officer = world.api(&ready.officer).await;
    let route = json!({ "kind": "market_terms", "evidence": "Three lenders quote 4.4% to 4.7%" });
    officer.post(&format!("/api/v1/subsidies/{}/{}", ready.suppliers[bid].0, ready.bids[bid]), route).await.expect(201);
    let by = world.now().plus(TimeDelta::days(14));
    officer.post(&format!("/api/v1/awards/{award}/offer"), json!({ "answer_by_date": by.rfc3339() })).await.expect(200);
    (award, by)
}

both! {
    async fn who_came_second_with_an_equal_total_reads_which_published_rule_parted_the_two(world: World) {
        let ready = ready(&world, CallKind::Tender, &LEVEL);
        with_terms(&world, ready.call, |terms| terms.model.ties = vec![TieRule::Price]);
        signed(&world, &ready).await;
        assert_eq!(refused(&world, &ready, 0).await["type"], "/problems/awards/not-most-advantageous");
        let award = recommended(&world, &ready, 1, json!({})).await;
        let officer = world.api(&ready.officer).await;
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[1]), check).await.expect(200);
        }
        decided(&world, &award, "approve").await;
        officer.post(&format!("/api/v1/calls/{}/summaries", ready.call), json!({})).await.expect(200);
        let loser = world.client(&ready.suppliers[0].1).await;
        let text = loser.get(&format!("/applications/{}/outcome?format=txt", ready.bids[0])).await.expect(200).text;
        let told = "Birch Meals earned 65.00 points in total, this tender 65.00. The two are level, and the published rule \
                    for equal totals puts the tender with the lower price first.";
        assert!(text.contains(told), "{text}");
        let winner = world.client(&ready.suppliers[1].1).await;
        let won = winner.get(&format!("/applications/{}/outcome?format=txt", ready.bids[1])).await.expect(200).text;
        assert!(!won.contains("level, and"), "{won}");
    }

    async fn of_two_that_no_published_rule_parts_an_officer_chooses_neither(world: World) {
        let ready = ready(&world, CallKind::Tender, &ALIKE);
        with_terms(&world, ready.call, |terms| terms.model.ties = vec![TieRule::SocialValue, TieRule::Price]);
        signed(&world, &ready).await;
        for bid in [0, 1] {
            let told = refused(&world, &ready, bid).await;
            assert_eq!(told["type"], "/problems/awards/shares-first-place");
            assert!(told.to_string().contains("2 bids share first place"), "{told}");
        }
        let desk = world.client(&ready.officer).await;
        let form = [("application", ready.bids[0].to_string()), ("reasons", "I like it".to_owned())];
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.post(&format!("/desk/calls/{}/award", ready.call), &form).await.expect(422)
            .shows("none of them may be chosen before the others");
    }

    async fn of_two_that_are_alike_the_draw_that_was_committed_to_says_which_may_be_recommended(world: World) {
        let ready = ready(&world, CallKind::Tender, &ALIKE);
        let seed = "kitchens of 2026";
        let draw = TieRule::Draw { commitment: commitment(seed) };
        with_terms(&world, ready.call, |terms| terms.model.ties = vec![TieRule::Price, draw.clone()]);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let api = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{}/ranking", ready.call);
        assert_eq!(api.post(&ranking, json!({})).await.expect(409).json()["type"], "/problems/evaluation/seed-missing");
        api.post(&ranking, json!({ "draw_seed": seed })).await.expect(201);
        api.post(&format!("{ranking}/signature"), json!({})).await.expect(200);
        let (first, second) = if lot(seed, "A-1") < lot(seed, "A-2") { (0, 1) } else { (1, 0) };
        assert_eq!(refused(&world, &ready, second).await["type"], "/problems/awards/not-most-advantageous");
        recommended(&world, &ready, first, json!({})).await;
    }

    async fn each_applicant_of_a_round_that_gets_nothing_reads_why_that_is(world: World) {
        let names = ["Alder Youth", "Birch Youth", "Cedar Youth", "Dune Youth", "Elm Youth", "Fern Youth"];
        let jobs = [20, 16, 12, 8, 4, 20];
        let bids: Vec<(&str, i64, i64)> = names.iter().zip(jobs).map(|(name, jobs)| (*name, jobs, 60_000)).collect();
        let ready = ready(&world, CallKind::Round, &bids);
        with_terms(&world, ready.call, |terms| {
            terms.model.criteria[1].minimum = Some(Minimum::Level { level: 2 });
        });
        let judge = |evaluator: usize, name: &str, criterion: &str| match criterion {
            "plan" if name.starts_with("Fern") => 1,
            _ => judge(evaluator, name, criterion),
        };
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();

        // Alder is chosen; of Birch the committee wants nothing; Cedar wants nothing of the council; Dune says nothing.
        let alder = recommended(&world, &ready, 0, loan()).await;
        decided(&world, &alder, "approve").await;
        let birch = recommended(&world, &ready, 1, loan()).await;
        decided(&world, &birch, "decline").await;
        let (cedar, _) = offered(&world, &ready, 2).await;
        let owner = world.api(&ready.suppliers[2].1).await;
        owner.post(&format!("/api/v1/awards/{cedar}/answer"), json!({ "answer": "decline" })).await.expect(200);
        let day = medium_date(world.now().date());
        let (_, by) = offered(&world, &ready, 3).await;
        world.move_clock(by.plus(TimeDelta::minutes(1))).await;
        let officer = world.api(&ready.officer).await;
        officer.post(&format!("/api/v1/calls/{}/summaries", ready.call), json!({})).await.expect(200);

        let expected = [
            vec!["Alder Youth is chosen for investment with 100.00 points out of 100.".to_owned()],
            vec![
                "Birch Youth is not successful. It came in place 2 of 5".to_owned(),
                format!(
                    "It was recommended for an investment. The committee voted on it, 0 for and 1 against, and decided on \
                     {day} not to invest."
                ),
            ],
            vec![
                "Cedar Youth was chosen for investment with 52.00 points out of 100 and declined the offer of £60,000."
                    .to_owned(),
                format!("The offer was declined on {day}, so no investment is made."),
            ],
            vec![
                "Dune Youth was chosen for investment with 48.00 points out of 100. The offer of £60,000 lapsed."
                    .to_owned(),
                format!("The offer could be answered until {}", by.long()),
            ],
            vec![
                "Elm Youth is not successful. It came in place 5 of 5".to_owned(),
                "It was not recommended for an investment. Of those before it in the ranking, 1 application was chosen."
                    .to_owned(),
            ],
            vec!["Level 1 for “Delivery plan” is below the minimum of 2.".to_owned()],
        ];
        for (place, words) in expected.iter().enumerate() {
            let applicant = world.client(&ready.suppliers[place].1).await;
            let outcome = format!("/applications/{}/outcome?format=txt", ready.bids[place]);
            let text = applicant.get(&outcome).await.expect(200).text;
            for told in words {
                assert!(text.contains(told), "{told}: {text}");
            }
            assert!(!text.contains("earned more points") && !text.contains("money of the round"), "{text}");
        }
    }
}
