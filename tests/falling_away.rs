//! A bid falls away before the final decision: withdrawn after the opening, excluded or debarred.

use crate::scoring::{Ready, ready, signed};
use crate::support::World;
use commonweal::awards::{self, AwardState, actions, falling_away};
use commonweal::calls::CallKind;
use commonweal::db::schema::{fallen_bids, rankings, rerankings, superseded_summaries};
use commonweal::error::Error;
use commonweal::evaluation::{Kind, Model, PriceModel, evaluation_hash, without};
use commonweal::outbox::mail;
use commonweal::scoring::{Ranking, ranking, samples};
use commonweal::values::time::medium_date;
use commonweal::values::{Actor, Instant, Role};
use diesel::prelude::*;
use serde_json::json;

/// Birch is cheapest, so that without it the price points of the others change.
const BIDS: [(&str, i64, i64); 3] =
    [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000), ("Cedar Food", 5, 950_000)];

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Every ranking of the world, oldest first.
fn made(world: &World) -> Vec<Ranking> {
    world
        .app
        .db
        .read_now(|db| {
            let oldest = (rankings::made_at.asc(), rankings::id.asc());
            Ok(rankings::table.select(Ranking::as_select()).order(oldest).load(db)?)
        })
        .unwrap()
}

fn has_price(model: &Model) -> bool {
    model.criteria.iter().any(|c| matches!(c.kind, Kind::Price { model: PriceModel::LowestOverPrice }))
}

async fn recommend(
    world: &World,
    ready: &Ready,
    bid: usize,
) -> Result<commonweal::values::Id<commonweal::awards::Award>, Error> {
    let input = actions::RecommendInput {
        application: ready.bids[bid].to_string(),
        reasons: "It is first.".into(),
        ..actions::RecommendInput::default()
    };
    actions::recommend(&world.app, &ready.officer, ready.call, &input, world.now()).await
}

/// Both checks of a bidder, clear.
async fn checked(world: &World, ready: &Ready, bid: usize) {
    for kind in ["exclusion", "debarment"] {
        let check = actions::CheckInput {
            kind: kind.into(),
            outcome: "clear".into(),
            note: "Looked at".into(),
            ..Default::default()
        };
        actions::record_check(&world.app, &ready.officer, ready.bids[bid], &check, world.now()).await.unwrap();
    }
}

both! {
    async fn a_bidder_withdraws_after_the_opening_the_others_are_ranked_again_and_both_rankings_are_kept(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let (call, birch) = (ready.call, ready.bids[1]);
        let officer = world.client(&ready.officer).await;
        let moderation = format!("/desk/calls/{call}/moderation");
        officer.post(&moderation, &[("step", "rank")]).await.expect(422).shows("The ranking is signed");
        let bidder = world.client(&ready.suppliers[1].1).await;
        let (outcome, withdraw) = (format!("/applications/{birch}/outcome"), format!("/applications/{birch}/withdraw-opened"));
        bidder.get(&outcome).await.expect(200).shows("Withdraw this bid");
        bidder.post(&withdraw, &[("reason", "")]).await.expect(422).shows("Say why you withdraw");
        let editor = world.client(&world.person_of(ready.suppliers[1].0, Role::ApplicantEditor)).await;
        editor.get(&outcome).await.expect(200).hides("Withdraw this bid");
        editor.post(&withdraw, &[("reason", "I only write")]).await.expect(403);
        let rival = world.client(&ready.suppliers[0].1).await;
        rival.get(&format!("/applications/{}/outcome", ready.bids[0])).await.expect(200);
        rival.post(&withdraw, &[("reason", "It is theirs")]).await.expect(404);
        bidder.post(&withdraw, &[("reason", "Our cook has left")]).await.expect(303);
        bidder.get(&outcome).await.expect(200).shows("Withdrawn by the bidder: Our cook has left").hides("Withdraw this bid");
        bidder.post(&withdraw, &[("reason", "Once more")]).await.expect(422).shows("has fallen away already");
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap();
        assert!(mails.items.iter().any(|m| m.subject == "A bid was withdrawn"));

        // Nothing is decided on the old ranking.
        assert_eq!(refused(recommend(&world, &ready, 0).await), "awards/bid-fell-away");
        officer.get(&moderation).await.expect(200).shows("A bid of this ranking has fallen away").shows("Birch Meals: Withdrawn by the bidder. Our cook has left");
        officer.post(&moderation, &[("step", "rank")]).await.expect(303);
        assert_eq!(refused(recommend(&world, &ready, 0).await), "awards/no-signed-ranking");
        officer.get(&moderation).await.expect(200).hides("A bid of this ranking has fallen away").shows("Left out of the ranking");
        officer.post(&moderation, &[("step", "sign")]).await.expect(303);
        recommend(&world, &ready, 0).await.unwrap();

        let both = made(&world);
        assert_eq!(both.len(), 2);
        assert!(both.iter().all(|r| r.signed_at.is_some() && r.hash == evaluation_hash(&r.file.0)), "the first stays signed");
        assert!(has_price(&both[1].file.0.model));
        // The engine, given the first file alone, comes to the same second ranking.
        let (again, moved) = without(&both[0].file.0, "A-2", "Withdrawn by the bidder: Our cook has left").unwrap();
        assert_eq!(again.result, both[1].file.0.result);
        assert!(moved.moved.iter().any(|m| m.bid == "A-1" && m.total_after > m.total_before.unwrap()));
        officer.get(&format!("/desk/calls/{call}/rankings")).await.expect(200)
            .shows("Alder Kitchens stays first.").shows("Birch Meals: Withdrawn by the bidder. Our cook has left")
            .shows("97.00").shows("98.50").shows(&both[0].hash).shows(&both[1].hash);
        let told = world.api(&world.person(Role::Auditor)).await.get(&format!("/api/v1/calls/{call}/rankings")).await.expect(200).json();
        assert_eq!(told["rankings"].as_array().unwrap().len(), 2);
        assert_eq!(told["rerankings"][0]["fell_away"][0]["reason"], json!("Our cook has left"));
        assert_eq!(told["rerankings"][0]["bids"][0], json!({ "bid": "A-1", "name": "Alder Kitchens", "before": [1, "97.00"], "after": [1, "98.50"] }));
        for change in [
            world.app.db.write_now(|db| Ok(diesel::update(fallen_bids::table).set(fallen_bids::reason.eq("x")).execute(db)?)),
            world.app.db.write_now(|db| Ok(diesel::delete(rerankings::table).execute(db)?)),
        ] {
            assert!(change.is_err(), "what fell away and why is append-only");
        }
    }

    async fn when_the_first_is_debarred_a_waiting_recommendation_cannot_be_approved_and_the_next_is_first(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let (call, alder) = (ready.call, ready.bids[0]);
        let award = recommend(&world, &ready, 0).await.unwrap();
        let api = world.api(&ready.officer).await;
        let fall = format!("/api/v1/calls/{call}/bids/{alder}/fall");
        api.post(&fall, json!({ "ground": "debarred", "reason": "" })).await.expect(422);
        let page = format!("/desk/calls/{call}/bids/{alder}/falls-away");
        let officer = world.client(&ready.officer).await;
        officer.get(&page).await.expect(200).shows("Alder Kitchens falls away").hides("Where and when did the awarded bidder say");
        officer.post(&page, &[("ground", ""), ("reason", "On the list since Monday")]).await.expect(422).shows("Choose why it falls away");
        officer.post(&page, &[("ground", "debarred"), ("reason", "On the list since Monday")]).await.expect(303);
        assert_eq!(api.post(&fall, json!({ "ground": "debarred", "reason": "Twice" })).await.expect(409).json()["type"], "/problems/scoring/fell-away");
        let member = world.person(Role::CommitteeMember);
        let approve = actions::decide(&world.app, &member, award, true, world.now()).await;
        assert_eq!(refused(approve), "awards/bid-fell-away");
        let input = ranking::RankingInput::default();
        ranking::rank(&world.app, &ready.officer, call, &input, world.now()).await.unwrap();
        assert_eq!(refused(actions::decide(&world.app, &member, award, true, world.now()).await), "awards/no-signed-ranking");
        ranking::sign(&world.app, &ready.officer, call, world.now()).await.unwrap();
        assert_eq!(refused(actions::decide(&world.app, &member, award, true, world.now()).await), "awards/not-ranked");
        // The committee declines it; the bid that is first now can be recommended.
        actions::decide(&world.app, &member, award, false, world.now()).await.unwrap();
        assert_eq!(refused(recommend(&world, &ready, 2).await), "awards/not-most-advantageous");
        recommend(&world, &ready, 1).await.unwrap();
        officer.get(&format!("/desk/calls/{call}/rankings")).await.expect(200).shows("Alder Kitchens was first; now Birch Meals is.");
        officer.get(&format!("/desk/calls/{call}/ranking/{alder}")).await.expect(200).shows("Fell away: On the debarment list. On the list since Monday");
    }

    async fn after_the_final_decision_nothing_falls_away_and_before_the_ranking_it_is_simply_left_out(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &crate::scoring::judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &crate::scoring::judge, now).await.unwrap();
        // Cedar falls away before anything is ranked: there is nothing to rank again.
        let gone = falling_away::FallInput { ground: "excluded_supplier".into(), reason: "A bribery offence".into(), ..Default::default() };
        falling_away::record(&world.app, &ready.officer, ready.call, ready.bids[2], &gone, now).await.unwrap();
        samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();
        let first = &made(&world)[0].file.0;
        assert_eq!(first.result.as_ref().unwrap().ranking.len(), 2);
        let kept: i64 = world.app.db.read_now(|db| Ok(rerankings::table.count().get_result(db)?)).unwrap();
        assert_eq!(kept, 0);
        let award = recommend(&world, &ready, 0).await.unwrap();
        for kind in ["exclusion", "debarment"] {
            let check = actions::CheckInput { kind: kind.into(), outcome: "clear".into(), note: "Looked at".into(), ..Default::default() };
            actions::record_check(&world.app, &ready.officer, ready.bids[0], &check, now).await.unwrap();
        }
        let member = world.person(Role::CommitteeMember);
        actions::decide(&world.app, &member, award, true, now).await.unwrap();
        let late = falling_away::record(&world.app, &ready.officer, ready.call, ready.bids[1], &gone, now).await;
        assert_eq!(refused(late), "awards/decided");
        let bidder = world.api(&ready.suppliers[1].1).await;
        let too_late = bidder.post(&format!("/api/v1/applications/{}/withdrawal", ready.bids[1]), json!({ "reason": "Late" })).await.expect(409).json();
        assert_eq!(too_late["type"], "/problems/awards/decided");
    }

    async fn an_awarded_supplier_that_is_debarred_before_the_signing_falls_away_and_the_next_is_decided_anew(world: World) {
        let at = |text: &str| -> Instant { text.parse().unwrap() };
        world.move_clock(at("2026-12-04T10:00:00Z")).await;
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let (call, alder, birch) = (ready.call, ready.bids[0], ready.bids[1]);
        let member = world.person(Role::CommitteeMember);
        let award = recommend(&world, &ready, 0).await.unwrap();
        checked(&world, &ready, 0).await;
        actions::decide(&world.app, &member, award, true, world.now()).await.unwrap();
        assert_eq!(actions::send_summaries(&world.app, &ready.officer, call, world.now()).await.unwrap(), 3);
        let told = format!("/applications/{birch}/outcome");
        world.client(&ready.suppliers[1].1).await.get(&told).await.expect(200).shows("Alder Kitchens earned 97.00 points");
        world.move_clock(at("2026-12-07T15:00:00Z")).await;
        let api = world.api(&ready.officer).await;
        let notice = |number: &str, at: &str| json!({ "number": number, "published_date": at });
        api.post(&format!("/api/v1/awards/{award}/notice"), notice("2026/S 000-1", "2026-12-07T14:30:00Z")).await.expect(200);

        // In the standstill the supplier comes onto the debarment list: checks are recorded until the signing, and count.
        let officer = world.client(&ready.officer).await;
        let desk = format!("/desk/calls/{call}/award");
        officer.get(&desk).await.expect(200).shows("Record a check").hides("falls away</a>");
        let check = format!("/desk/calls/{call}/checks/{alder}");
        officer.post(&check, &[("at", "check"), ("kind", "debarment"), ("outcome", ""), ("note", "x")]).await.expect(422).shows("Choose what was found");
        officer.post(&check, &[("at", "check"), ("kind", "debarment"), ("outcome", "excluded"), ("note", "On the list since Monday")]).await.expect(303);
        let excluded = "Alder Kitchens was found to be excluded after the award was approved";
        officer.get(&desk).await.expect(200).shows(excluded).shows("Record that the bid of Alder Kitchens falls away");
        world.move_clock(at("2026-12-17T09:00:00Z")).await;
        let officer = world.client(&ready.officer).await;
        officer.get(&desk).await.expect(200).hides("Sign the contract");
        let sign = |award, when: &str| {
            let when = at(when);
            world.app.db.write_now(|db| awards::mark_signed(db, &Actor::System, award, when))
        };
        assert_eq!(refused(sign(award, "2026-12-17T09:00:00Z")), "awards/excluded");

        // Nothing else is undone: no other bid, and not for a slip.
        let falls = |bid| format!("/desk/calls/{call}/bids/{bid}/falls-away");
        officer.post(&falls(birch), &[("ground", "debarred"), ("reason", "Theirs too")]).await.expect(422).shows("The decision is made");
        officer.post(&falls(alder), &[("ground", "breach"), ("reason", "A late form")]).await.expect(422).shows("The decision is made");
        officer.post(&falls(alder), &[("ground", "debarred"), ("reason", "On the list since Monday")]).await.expect(303);
        let state = |award| world.app.db.read_now(|db| awards::find(db, award)).unwrap().state;
        assert_eq!(state(award), AwardState::Lapsed);
        assert_eq!(refused(sign(award, "2026-12-18T09:00:00Z")), "awards/wrong-state");
        officer.get(&desk).await.expect(200).shows("The award to Alder Kitchens lapsed").shows("0 of 3 given");
        let loser = world.client(&ready.suppliers[1].1).await;
        // What was told is still read by whom it was told to, and by nobody else of them.
        let earned = "Alder Kitchens earned 97.00 points";
        loser.get(&told).await.expect(200).shows("There is no decision yet").shows("What you were told on").shows(earned);
        let own = world.api(&ready.suppliers[1].1).await.get(&format!("/api/v1{told}")).await.expect(200).json();
        assert_eq!((&own["summary"], own["earlier"].as_array().unwrap().len()), (&json!(null), 1), "{own}");
        assert_eq!(own["earlier"][0]["summary"]["supplier"], "Birch Meals");
        let id = own["earlier"][0]["id"].as_str().unwrap();
        let file = format!("?format=txt&earlier={id}");
        assert!(loser.get(&format!("{told}{file}")).await.expect(200).text.contains(earned));
        loser.get(&format!("{told}?format=html&earlier={id}")).await.expect(200).shows("Assessment summary").shows(earned);
        let rival = world.client(&ready.suppliers[2].1).await;
        let theirs = format!("/applications/{}/outcome", ready.bids[2]);
        rival.get(&theirs).await.expect(200).shows("What you were told on");
        for foreign in [format!("{theirs}{file}"), format!("{told}{file}")] {
            rival.get(&foreign).await.expect(404);
        }
        // What never reached somebody was not told to them.
        world.app.db.write_now(|db| {
            let unsent = superseded_summaries::table.filter(superseded_summaries::application_id.eq(ready.bids[2]));
            Ok(diesel::update(unsent).set(superseded_summaries::sent_at.eq(None::<Instant>)).execute(db)?)
        }).unwrap();
        rival.get(&theirs).await.expect(200).hides("What you were told on");
        world.api(&ready.suppliers[2].1).await.get(&format!("/api/v1{theirs}")).await.expect(404);

        // The others are ranked again, and the next is recommended, checked and approved by somebody else.
        assert_eq!(refused(recommend(&world, &ready, 1).await), "awards/bid-fell-away");
        let now = world.now();
        ranking::rank(&world.app, &ready.officer, call, &ranking::RankingInput::default(), now).await.unwrap();
        ranking::sign(&world.app, &ready.officer, call, now).await.unwrap();
        officer.get(&desk).await.expect(200).shows("Choose from the signed ranking");
        assert_eq!(refused(recommend(&world, &ready, 2).await), "awards/not-most-advantageous");
        let next = recommend(&world, &ready, 1).await.unwrap();
        let own = actions::decide(&world.app, &ready.officer, next, true, now).await;
        assert_eq!(refused(own), "awards/same-person");
        assert_eq!(refused(actions::decide(&world.app, &member, next, true, now).await), "awards/checks-missing");
        checked(&world, &ready, 1).await;
        actions::decide(&world.app, &member, next, true, now).await.unwrap();

        // Everybody is told anew before the notice, and a new standstill runs.
        let api = world.api(&ready.officer).await;
        let path = format!("/api/v1/awards/{next}/notice");
        let early = api.post(&path, notice("2026/S 000-2", "2026-12-17T08:00:00Z")).await.expect(409).json();
        assert_eq!(early["type"], "/problems/awards/summaries-not-sent");
        assert_eq!(actions::send_summaries(&world.app, &ready.officer, call, world.now()).await.unwrap(), 3);
        let day = medium_date(crate::scoring::day("2026-12-04"));
        let replaced = format!("This takes the place of what you were told on {day}");
        for (supplier, words) in [(0, "On the debarment list: On the list since Monday"), (1, "Birch Meals is the winner"), (2, "Birch Meals earned")] {
            let outcome = format!("/applications/{}/outcome", ready.bids[supplier]);
            world.client(&ready.suppliers[supplier].1).await.get(&outcome).await.expect(200).shows(words).shows(&replaced);
        }
        // What was told first is kept as it was told.
        officer.get(&format!("/desk/calls/{call}/summaries/{birch}")).await.expect(200).shows("What was told on").shows("Alder Kitchens earned 97.00 points");
        world.move_clock(at("2026-12-17T10:00:00Z")).await;
        let api = world.api(&ready.officer).await;
        let standstill = api.post(&path, notice("2026/S 000-2", "2026-12-17T09:30:00Z")).await.expect(200).json();
        let earliest: String = standstill["earliest_signing"].as_str().unwrap().to_owned();
        assert!(earliest.as_str() > "2026-12-28", "eight working days around Christmas: {earliest}");
        assert_eq!(refused(sign(next, "2026-12-18T09:00:00Z")), "awards/in-standstill");
        sign(next, "2027-01-15T09:00:00Z").unwrap();
        assert_eq!(state(next), AwardState::Signed);
    }

    async fn an_awarded_bidder_gives_notice_itself_that_it_withdraws_and_no_officer_records_it_without(world: World) {
        let at = |text: &str| -> Instant { text.parse().unwrap() };
        world.move_clock(at("2026-12-04T10:00:00Z")).await;
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let (call, alder) = (ready.call, ready.bids[0]);
        let award = recommend(&world, &ready, 0).await.unwrap();
        checked(&world, &ready, 0).await;
        actions::decide(&world.app, &world.person(Role::CommitteeMember), award, true, world.now()).await.unwrap();
        actions::send_summaries(&world.app, &ready.officer, call, world.now()).await.unwrap();
        world.move_clock(at("2026-12-07T15:00:00Z")).await;
        let notice = json!({ "number": "2026/S 000-1", "published_date": "2026-12-07T14:30:00Z" });
        world.api(&ready.officer).await.post(&format!("/api/v1/awards/{award}/notice"), notice).await.expect(200);
        world.move_clock(at("2026-12-17T09:00:00Z")).await;
        let (officer, api) = (world.client(&ready.officer).await, world.api(&ready.officer).await);
        let state = || world.app.db.read_now(|db| awards::find(db, award)).unwrap().state;

        // On the word of one officer nothing is undone.
        let fall = format!("/api/v1/calls/{call}/bids/{alder}/fall");
        let gone = json!({ "ground": "withdrawn", "reason": "They told us on 17 December" });
        let alone = api.post(&fall, gone.clone()).await.expect(409).json();
        assert_eq!((&alone["type"], state()), (&json!("/problems/awards/withdrawal-not-told"), AwardState::Noticed));

        // Its owner says so, and nobody else.
        let (page, give) = (format!("/applications/{alder}/outcome"), format!("/applications/{alder}/withdraw-opened"));
        let withdrawal = format!("/api/v1/applications/{alder}/withdrawal");
        let (owner, program) = (world.client(&ready.suppliers[0].1).await, world.api(&ready.suppliers[0].1).await);
        let editor = world.client(&world.person_of(ready.suppliers[0].0, Role::ApplicantEditor)).await;
        editor.get(&page).await.expect(200).hides("Give notice of withdrawal");
        editor.post(&give, &[("reason", "I only write")]).await.expect(403);
        world.api(&ready.suppliers[1].1).await.post(&withdrawal, json!({ "reason": "We are next" })).await.expect(404);
        owner.get(&page).await.expect(200).shows("Give notice of withdrawal");
        owner.post(&give, &[("reason", "")]).await.expect(422).shows("Say why you withdraw");
        owner.post(&give, &[("reason", "Our cook has left")]).await.expect(303);
        owner.get(&page).await.expect(200).shows("You gave notice that you withdraw").shows("Our cook has left").hides("Give notice of withdrawal");
        let again = program.post(&withdrawal, json!({ "reason": "Once more" })).await.expect(409).json();
        assert_eq!(again["type"], "/problems/awards/withdrawal-told");
        let own = program.get(&format!("/api/v1{page}")).await.expect(200).json();
        assert_eq!(own["withdrawal"]["reason"], "Our cook has left");

        // The officers are told, no contract is signed with it, and the award stands until one of them records it.
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject.starts_with("An awarded bidder withdraws") && m.body.contains("Our cook has left")));
        let task = "An awarded bidder withdraws: T-2026-0007";
        officer.get("/tasks").await.expect(200).shows(task);
        world.client(&world.person(Role::FundManager)).await.get("/tasks").await.expect(200).hides(task);
        let stranger = world.person_of(world.other_council(), Role::ProcurementOfficer);
        world.client(&stranger).await.get("/tasks").await.expect(200).hides(task);
        let desk = format!("/desk/calls/{call}/award");
        officer.get(&desk).await.expect(200).shows("has given notice that it withdraws").shows("Our cook has left")
            .shows("Record that the bid of Alder Kitchens falls away").hides("Sign the contract");
        let signing = world.app.db.write_now(|db| awards::mark_signed(db, &Actor::System, award, world.now()));
        assert_eq!((refused(signing), state()), ("awards/bidder-withdraws", AwardState::Noticed));

        api.post(&fall, gone).await.expect(200);
        assert_eq!(state(), AwardState::Lapsed);
        officer.get("/tasks").await.expect(200).hides(task);
        owner.get(&page).await.expect(200).shows("Withdrawn by the bidder: They told us on 17 December").shows("What you were told on")
            .hides("You gave notice that you withdraw");
        let acts = world.app.db.read_now(|db| commonweal::audit::of_subject(db, &award.to_string())).unwrap();
        let noticed = acts.iter().find(|act| act.action == "award.withdrawal_told").unwrap().facts.0["notice"].clone();
        let fell = acts.iter().find(|act| act.action == "award.fell_away").unwrap().facts.0["notice"].clone();
        assert_eq!((noticed.is_string(), &noticed), (true, &fell), "the record says on which notice it was set aside");
    }

    async fn what_one_officer_notes_of_an_awarded_bidder_that_withdraws_a_second_confirms(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let (call, alder) = (ready.call, ready.bids[0]);
        let second = world.person(Role::ProcurementOfficer);
        let award = recommend(&world, &ready, 0).await.unwrap();
        checked(&world, &ready, 0).await;
        actions::decide(&world.app, &world.person(Role::CommitteeMember), award, true, world.now()).await.unwrap();
        actions::send_summaries(&world.app, &ready.officer, call, world.now()).await.unwrap();
        let state = || world.app.db.read_now(|db| awards::find(db, award)).unwrap().state;
        let officer = world.client(&ready.officer).await;
        let page = format!("/desk/calls/{call}/bids/{alder}/falls-away");
        let letter = "Letter AK/7 of 4 December";
        let form = |message: &'static str| [("ground", "withdrawn"), ("reason", "They found other work"), ("message", message)];
        officer.get(&page).await.expect(200).shows("Where and when did the awarded bidder say");
        officer.post(&page, &form("")).await.expect(422).shows("not undone on the word of one officer");
        officer.post(&page, &form(letter)).await.expect(303);
        officer.post(&page, &form(letter)).await.expect(422).shows("You noted that the bidder withdraws");
        assert_eq!(state(), AwardState::Approved, "one note undoes nothing");

        // The bidder reads it and can contradict it; the second officer is asked.
        let outcome = format!("/applications/{alder}/outcome");
        world.client(&ready.suppliers[0].1).await.get(&outcome).await.expect(200).shows("The council noted that you withdraw").shows(letter)
            .hides("Give notice of withdrawal");
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject.ends_with("the council notes that you withdraw") && m.body.contains(letter)));
        assert_eq!(mails.iter().filter(|m| m.subject.starts_with("An awarded bidder withdraws")).count(), 1, "not to who noted it");
        let other = world.client(&second).await;
        other.get("/tasks").await.expect(200).shows("An awarded bidder withdraws: T-2026-0007");
        other.get(&format!("/desk/calls/{call}/award")).await.expect(200).shows(letter).shows("Record that the bid of Alder Kitchens falls away");
        let told = json!({ "ground": "withdrawn", "reason": "They found other work" });
        let fell = world.api(&second).await.post(&format!("/api/v1/calls/{call}/bids/{alder}/fall"), told).await.expect(200).json();
        assert_eq!((&fell["fallen"], state()), (&json!(true), AwardState::Lapsed));
    }
}
