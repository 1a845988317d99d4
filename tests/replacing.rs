//! An evaluator is replaced late: how far everybody is, and that nothing of the first is lost.

use crate::scoring::{judge, ready};
use commonweal::calls::CallKind;
use commonweal::db::schema::{score_drafts, scores};
use commonweal::scoring::{moderation, panel, samples, sheets};
use commonweal::values::{Actor, Role};
use diesel::prelude::*;
use serde_json::json;

const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];

both! {
    async fn an_evaluator_is_replaced_late_and_what_the_first_scored_is_kept_and_counts_no_more(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let (call, now) = (ready.call, world.now());
        let (first, second, third) = (&ready.evaluators[0], &ready.evaluators[1], world.person(Role::Evaluator));
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators[..1], call, &judge, now).await.unwrap();
        let account = |who: &Actor| who.account().unwrap().to_string();
        let member = panel::add_member(&world.app, &ready.officer, call, &panel::MemberInput { account: account(second) }, now).await.unwrap();
        let none = panel::DeclarationInput { answer: "none".into(), ..Default::default() };
        panel::declare(&world.app, second, call, &none, now).await.unwrap();

        // Every save says when, and the officer sees how far everybody is and not what they gave.
        let browser = world.client(second).await;
        let answer = format!("/evaluations/{call}/{}/plan", ready.bids[0]);
        browser.get(&answer).await.expect(200);
        browser.post_and_follow(&answer, &[("level", "3"), ("reason", "Plain dates"), ("go", "stay")]).await.expect(200).shows("Saved at ");
        browser.post_and_follow(&answer, &[("level", "2"), ("reason", "Plain dates, no names"), ("go", "next")]).await.expect(200).shows("Saved at ");
        let officer = world.client(&ready.officer).await;
        let desk = format!("/desk/calls/{call}/panel");
        officer.get(&desk).await.expect(200).shows("Evaluators and how far they are").shows("4 of 4").shows("1 of 4").hides("Plain dates");

        let (replace, at) = (format!("{desk}/{member}/replace"), format!("member-{member}"));
        officer.post(&replace, &[("at", &at), ("account", &account(&third)), ("reason", "")]).await.expect(422).shows("Say why the first evaluator cannot go on");
        officer.post(&replace, &[("at", &at), ("account", &account(first)), ("reason", "Ill")]).await.expect(422).shows("This person is on the panel already");
        officer.post(&replace, &[("at", &at), ("account", &account(&ready.officer)), ("reason", "Ill")]).await.expect(422).shows("evaluator’s role");
        officer.post(&replace, &[("at", &at), ("account", &account(&third)), ("reason", "Ill for a month")]).await.expect(303);
        officer.post(&replace, &[("at", &at), ("account", &account(&world.person(Role::Evaluator))), ("reason", "Twice")]).await.expect(422).shows("has taken this place on the panel")
            .shows("Ill for a month");
        let api = world.api(second).await;
        let save = json!({ "level": "4", "reason": "Changed my mind" });
        assert_eq!(api.post(&format!("/api/v1/calls/{call}/scores/{}/plan", ready.bids[0]), save).await.expect(409).json()["type"], "/problems/scoring/replaced");
        assert_eq!(api.get(&format!("/api/v1/calls/{call}/sheet")).await.expect(409).json()["type"], "/problems/scoring/replaced");
        browser.get(&format!("/evaluations/{call}")).await.expect(200).shows("Somebody else has taken your place");
        let kept: Vec<(Option<i64>, String)> = world.app.db.read_now(|db| {
            Ok(score_drafts::table.filter(score_drafts::account_id.eq(second.account().unwrap())).select((score_drafts::level, score_drafts::reason)).load(db)?)
        }).unwrap();
        assert_eq!(kept, [(Some(2), "Plain dates, no names".to_owned())]);

        // Moderation waits for the one who took the place, who declares and scores everything.
        let agree = sheets::ScoreInput { level: "4".into(), reason: "Agreed".into(), ..Default::default() };
        let early = moderation::agree(&world.app, &ready.officer, call, ready.bids[0], "plan", &agree, now).await;
        assert!(early.unwrap_err().to_string().contains("scoring/sheets-not-final"));
        let api = world.api(&third).await;
        assert_eq!(api.get(&format!("/api/v1/calls/{call}/sheet")).await.expect(409).json()["type"], "/problems/scoring/declare-first");
        api.post(&format!("/api/v1/calls/{call}/declarations"), json!({ "answer": "none" })).await.expect(200);
        for bid in &ready.bids {
            api.post(&format!("/api/v1/calls/{call}/scores/{bid}/law"), json!({ "passed": "yes", "reason": "Rated 5" })).await.expect(200);
            api.post(&format!("/api/v1/calls/{call}/scores/{bid}/plan"), json!({ "level": "1", "reason": "Thin" })).await.expect(200);
        }
        api.post(&format!("/api/v1/calls/{call}/scores/final"), json!({})).await.expect(200);
        officer.get(&format!("/desk/calls/{call}/moderation")).await.expect(200).shows("2 of 2 final").shows("1 replaced").shows("Replaced");
        samples::moderate_everything(&world.app, &ready.officer, call, &judge, now).await.unwrap();
        samples::rank_and_sign(&world.app, &ready.officer, call, now).await.unwrap();
        let late = panel::ReplaceInput { account: account(second), reason: "Too late".into() };
        let members = world.api(&ready.officer).await.get(&format!("/api/v1/calls/{call}/panel")).await.expect(200).json();
        let replaced: Vec<_> = members["members"].as_array().unwrap().iter().filter(|m| !m["replaced_at"].is_null()).collect();
        assert_eq!((replaced.len(), replaced[0]["replaced_reason"].as_str()), (1, Some("Ill for a month")));
        let one = members["members"][0]["id"].as_str().unwrap().parse().unwrap();
        let closed = panel::replace_member(&world.app, &ready.officer, call, one, &late, now).await.unwrap_err();
        assert!(closed.to_string().contains("scoring/moderation-closed"));
    }

    async fn final_scores_of_somebody_who_was_replaced_are_shown_and_not_counted(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let (call, now) = (ready.call, world.now());
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, call, &judge, now).await.unwrap();
        let third = world.person(Role::Evaluator).account().unwrap().to_string();
        let officer = world.api(&ready.officer).await;
        let members = officer.get(&format!("/api/v1/calls/{call}/panel")).await.expect(200).json();
        let last = members["members"][1]["id"].as_str().unwrap();
        let body = json!({ "account": third, "reason": "A conflict came to light" });
        officer.post(&format!("/api/v1/calls/{call}/panel/{last}/replacement"), body).await.expect(201);
        let all: i64 = world.app.db.read_now(|db| Ok(scores::table.count().get_result(db)?)).unwrap();
        assert_eq!(all, 8, "four answers of each stay");
        let page = world.client(&ready.officer).await.get(&format!("/desk/calls/{call}/moderation")).await.expect(200);
        // The first gave Birch 2 and the second 3: once the second is replaced nothing differs.
        page.shows("3 (replaced)").shows("1 of 2 final").shows("In 0 of 4 answers the scores differed");
    }
}
