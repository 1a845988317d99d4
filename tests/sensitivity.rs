//! How firmly the winner of a ranking stands, as officers, auditors and programs are told.

use crate::scoring::{judge, ready};
use crate::support::World;
use commonweal::calls::CallKind;
use commonweal::calls::Terms;
use commonweal::db::Json;
use commonweal::db::schema::{calls, rankings};
use commonweal::evaluation::{EvaluationFile, Minimum, sensitivity, vary};
use commonweal::scoring::{Ranking, firmness, samples};
use commonweal::values::Role;
use diesel::prelude::*;

const BIDS: [(&str, i64, i64); 3] =
    [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000), ("Cedar Food", 5, 950_000)];

fn newest(world: &World) -> Ranking {
    world
        .app
        .db
        .read_now(|db| Ok(rankings::table.select(Ranking::as_select()).order(rankings::id.desc()).first(db)?))
        .unwrap()
}

both! {
    async fn the_officer_and_the_auditor_see_what_would_change_the_winner_and_how_often_it_wins(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        let page = format!("/desk/calls/{}/sensitivity", ready.call);
        let officer = world.client(&ready.officer).await;
        officer.get(&page).await.expect(200).shows("worked out once the bids are ranked");
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let api = world.api(&ready.officer).await;
        let path = format!("/api/v1/calls/{}/sensitivity", ready.call);
        api.get(&path).await.expect(404);
        samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();

        let file: EvaluationFile = newest(&world).file.0;
        let told: serde_json::Value = api.get(&path).await.expect(200).json();
        let firm = sensitivity(&file.model, &file.inputs).unwrap();
        let seed = told["variations"]["seed"].as_u64().unwrap();
        let varied = vary(&file.model, &file.inputs, firmness::DRAWS, seed).unwrap();
        assert_eq!(told["smallest_changes"], serde_json::to_value(&firm).unwrap());
        assert_eq!(told["variations"], serde_json::to_value(&varied).unwrap(), "the seed gives the same digits again");
        assert_eq!(told["ranking_hash"], serde_json::json!(newest(&world).hash));
        let wins: u64 = told["variations"]["bids"].as_array().unwrap().iter().map(|b| b["wins"].as_u64().unwrap()).sum();
        assert_eq!(wins + told["variations"]["undecided"].as_u64().unwrap(), 10_000);

        // Alder has 50 + 20 + 27 points, Birch 25 + 10 + 30: only a plan three levels worse loses it the first place.
        let said = told["in_words"].as_str().unwrap().to_owned();
        assert!(said.starts_with("Alder Kitchens wins in every variation; it would lose if"), "{said}");
        // The menu marks the calls, where this page lies, and not the tasks.
        for place in ["sensitivity", "rankings", "moderation", "panel", "award"] {
            let text = officer.get(&format!("/desk/calls/{}/{place}", ready.call)).await.expect(200).text;
            assert!(text.contains("href=\"/desk/calls\" aria-current=\"true\""), "{place}");
            assert_eq!(text.matches("aria-current=\"true\"").count(), 1, "{place}");
        }
        officer.get(&page).await.expect(200).shows(&said)
            .shows("Share of variations that each bid wins").shows("Standard error")
            .shows("The smallest change of each weight that changes the winner").shows("tried over the whole range")
            .shows("The smallest change of each moderated score that changes the winner")
            .shows("left out because a score is below a published minimum").hides("up to 20 points");
        officer.get(&format!("/desk/calls/{}/moderation", ready.call)).await.expect(200).shows("how often each bid wins when scores vary");
        let saved = officer.get(&format!("{page}.json")).await.expect(200);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&saved.text).unwrap(), told);
        world.client(&world.person(Role::Auditor)).await.get(&page).await.expect(200).shows(&said);
        // Who approves the award, who scored and who bid are not shown it.
        for other in [world.person(Role::CommitteeMember), ready.evaluators[0].clone(), ready.suppliers[0].1.clone()] {
            world.client(&other).await.get(&page).await.expect(403);
            world.api(&other).await.get(&path).await.expect(403);
        }
        let stranger = world.person_of(world.other_council(), Role::ProcurementOfficer);
        world.api(&stranger).await.get(&path).await.expect(404);
    }

    async fn a_bid_below_a_minimum_comes_back_where_its_score_varies_and_the_page_names_it(world: World) {
        let ready = ready(&world, CallKind::Tender, &[("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 20, 400_000)]);
        let now = world.now();
        // A minimum of level 3 leaves Birch out, whose plan is agreed at level 2.
        let call = ready.call;
        world.app.db.write_now(|db| {
            let Json(mut terms): Json<Terms> = calls::table.filter(calls::id.eq(call)).select(calls::terms).first(db)?;
            terms.model.criteria[1].minimum = Some(Minimum::Level { level: 3 });
            terms.model.abnormally_low = None;
            diesel::update(calls::table.filter(calls::id.eq(call))).set(calls::terms.eq(Json(terms))).execute(db)?;
            Ok(())
        }).unwrap();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();
        let told = world.api(&ready.officer).await.get(&format!("/api/v1/calls/{call}/sensitivity")).await.expect(200).json();
        let share = |name: &str| {
            let bids = told["variations"]["bids"].as_array().unwrap();
            bids.iter().find(|b| b["bid"] == name).unwrap()["wins"].as_u64().unwrap()
        };
        // Level 3 in a third of variations: 37.5 + 20 + 30 = 87.5 against at most 50 + 20 + 12 of Alder.
        assert!((3_000..3_700).contains(&share("A-2")), "{told}");
        world.client(&ready.officer).await.get(&format!("/desk/calls/{call}/sensitivity")).await.expect(200)
            .shows("Left out now by a minimum, and back in some variations").shows("Birch Meals");
    }
}
