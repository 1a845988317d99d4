//! From a signed ranking to a contract that may be signed, and to an offer that is accepted.

use crate::scoring::{Ready, ready, signed};
use crate::support::World;
use commonweal::applications::Application;
use commonweal::awards::{self, AwardState};
use commonweal::calls::{self, CallKind};
use commonweal::db::schema::{accounts, awards as award_rows, calls as call_rows, panel_conflicts};
use commonweal::evaluation::Minimum;
use commonweal::outbox::mail;
use commonweal::scoring;
use commonweal::values::{Actor, Id, Instant, Role};
use diesel::prelude::*;
use serde_json::{Value, json};

const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

async fn recommended(world: &World, ready: &Ready, more: Value) -> String {
    let mut body = json!({ "application": ready.bids[0], "reasons": "The best plan" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let api = world.api(&ready.officer).await;
    let reply = api.post(&format!("/api/v1/calls/{}/awards", ready.call), body).await.expect(201);
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn award(world: &World, id: &str) -> awards::Award {
    let id: Id<awards::Award> = id.parse().unwrap();
    world.app.db.read_now(|db| awards::find(db, id)).unwrap()
}

fn loan() -> Value {
    json!({
        "tranches": "40000 on 2027-02-01; 20000 on 2027-08-01", "rate": "4.5", "repayment": "annuity",
        "instalments": "48", "precedents": "Lease signed",
    })
}

fn address(world: &World, person: &Actor) -> String {
    let of = accounts::table.filter(accounts::id.eq(person.account().unwrap())).select(accounts::email);
    world.app.db.read_now(|db| Ok(of.first(db)?)).unwrap()
}

/// Sets how many members of the committee decide in a round.
fn with_quorum(world: &World, call: Id<calls::Call>, quorum: Option<u32>) {
    let mut terms = world.app.db.read_now(|db| calls::find(db, call)).unwrap().terms;
    terms.0.round.as_mut().unwrap().quorum = quorum;
    world
        .app
        .db
        .write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(call)))
                .set(call_rows::terms.eq(&terms))
                .execute(db)?;
            Ok(())
        })
        .unwrap();
}

/// A conflict of interest with an applicant, declared by somebody who was to score.
pub fn declared(world: &World, call: Id<calls::Call>, application: Id<Application>, person: &Actor) {
    let row = scoring::Conflict {
        id: Id::new(),
        authority_id: world.council,
        call_id: call,
        account_id: person.account().unwrap(),
        application_id: application,
        nature: "My sister works there".into(),
        declared_at: world.now(),
        outcome: scoring::ConflictOutcome::Open,
        enquiry: None,
        resolved_at: None,
        resolved_by: None,
    };
    world
        .app
        .db
        .write_now(|db| {
            diesel::insert_into(panel_conflicts::table).values(&row).execute(db)?;
            Ok(())
        })
        .unwrap();
}

both! {
    async fn a_contract_needs_another_persons_approval_checks_every_summary_and_its_standstill(world: World) {
        world.move_clock(at("2026-12-04T10:00:00Z")).await;
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let officer = world.api(&ready.officer).await;
        let early = json!({ "application": ready.bids[0], "reasons": "Best" });
        let calls = format!("/api/v1/calls/{}", ready.call);
        assert_eq!(officer.post(&format!("{calls}/awards"), early).await.expect(409).json()["type"], "/problems/awards/no-signed-ranking");
        signed(&world, &ready).await;
        assert_eq!(officer.post(&format!("{calls}/summaries"), json!({})).await.expect(409).json()["type"], "/problems/awards/no-award");
        let second = json!({ "application": ready.bids[1], "reasons": "Cheaper" });
        assert_eq!(officer.post(&format!("{calls}/awards"), second).await.expect(409).json()["type"], "/problems/awards/not-most-advantageous");
        let id = recommended(&world, &ready, json!({})).await;
        assert_eq!(award(&world, &id).value.plain(), "1000000.00");
        let decision = format!("/api/v1/awards/{id}/decision");
        let approve = json!({ "decision": "approve" });
        officer.post(&decision, approve.clone()).await.expect(403);
        let committee = world.person(Role::CommitteeMember);
        let committee = world.api(&committee).await;
        assert_eq!(committee.post(&decision, approve.clone()).await.expect(409).json()["type"], "/problems/awards/checks-missing");
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), check).await.expect(200);
        }
        let helper = json!({ "kind": "debarment", "subject": "Elm Vans", "outcome": "clear", "note": "Looked up today" });
        officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), helper).await.expect(200);
        assert!(committee.post(&decision, approve.clone()).await.expect(409).text.contains("exclusion check of Elm Vans"));
        let helper = json!({ "kind": "exclusion", "subject": "Elm Vans", "outcome": "clear", "note": "Looked up today" });
        officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), helper).await.expect(200);
        let signed = || std::fs::read_dir(&world.app.config.storage.checkpoints).map_or(0, Iterator::count);
        let before = signed();
        committee.post(&decision, approve).await.expect(200);
        assert_eq!(signed(), before + 1, "the head of the record is signed at once");

        world.move_clock(at("2026-12-07T11:00:00Z")).await;
        let notice = json!({ "number": "2026/S 000-1", "published_date": "2026-12-07T10:30:00Z" });
        let path = format!("/api/v1/awards/{id}/notice");
        assert_eq!(officer.post(&path, notice.clone()).await.expect(409).json()["type"], "/problems/awards/summaries-not-sent");
        officer.post(&format!("{calls}/summaries"), json!({})).await.expect(200);
        assert_eq!(officer.post(&path, notice).await.expect(409).json()["type"], "/problems/awards/notice-before-summaries");
        world.move_clock(at("2026-12-07T15:00:00Z")).await;
        let notice = json!({ "number": "2026/S 000-1", "published_date": "2026-12-07T14:30:00Z" });
        let standstill = officer.post(&path, notice).await.expect(200).json();
        assert_eq!((standstill["standstill_last_day"].as_str(), standstill["earliest_signing"].as_str()), (Some("2026-12-16"), Some("2026-12-17")));
        let found = award(&world, &id);
        assert!(awards::may_sign(&found, crate::scoring::day("2026-12-16")).is_err());
        assert!(awards::may_sign(&found, crate::scoring::day("2026-12-17")).is_ok());
        let claim = json!({ "kind": "claim", "notified_date": "2026-12-07T14:45:00Z", "note": "Birch Meals claims" });
        let challenges = officer.post(&format!("/api/v1/awards/{id}/challenges"), claim).await.expect(200).json();
        let sign = |when: &str| {
            let (id, when) = (found.id, at(when));
            world.app.db.write_now(|db| awards::mark_signed(db, &Actor::System, id, when))
        };
        assert!(sign("2026-12-17T09:00:00Z").unwrap_err().to_string().contains("awards/suspended"));
        let challenge = challenges["challenges"][0]["id"].as_str().unwrap();
        officer.post(&format!("/api/v1/challenges/{challenge}/end"), json!({ "note": "Lifted by the court" })).await.expect(200);
        assert!(sign("2026-12-16T09:00:00Z").unwrap_err().to_string().contains("awards/in-standstill"));
        sign("2026-12-17T09:00:00Z").unwrap();
        assert_eq!(award(&world, &id).state, AwardState::Signed);
    }
    async fn a_losing_bidder_reads_why_and_nobody_else_does(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let id = recommended(&world, &ready, json!({})).await;
        let officer = world.api(&ready.officer).await;
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), check).await.expect(200);
        }
        let committee = world.client(&world.person(Role::CommitteeMember)).await;
        committee.get(&format!("/desk/calls/{}/award", ready.call)).await.expect(200).shows("Do you approve?");
        committee.post(&format!("/desk/calls/{}/award/{id}/decision", ready.call), &[("decision", "approve")]).await.expect(303);
        let loser = world.client(&ready.suppliers[1].1).await;
        let outcome = format!("/applications/{}/outcome", ready.bids[1]);
        loser.get(&outcome).await.expect(200).shows("There is no decision yet").hides("Alder");
        let desk = world.client(&ready.officer).await;
        desk.post(&format!("/desk/calls/{}/summaries", ready.call), &[]).await.expect(303);
        desk.get(&format!("/desk/calls/{}/award", ready.call)).await.expect(200).shows("2 of 2 given");
        loser.get(&outcome).await.expect(200).shows("Birch Meals is not successful. It came in place 2 of 2")
            .shows("Level 2: Text of level 2").shows("Alder Kitchens").shows("hello@example.org").hides("1000000");
        let text = loser.get(&format!("{outcome}?format=txt")).await.expect(200).text;
        assert!(text.contains("Delivery plan: 25.00 of 50"), "{text}");
        // Of the winner the same: score, level and the agreed reason, and whether a requirement was met.
        for told in [
            "The winner: 50.00. Level 4: Text of level 4", "Why the winner: The answer fits the text of level 4: Text of level 4",
            "The winner: Passed", "Why the winner: Checked against what is asked: A hygiene rating of 5",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
        loser.get(&outcome).await.expect(200).shows("How the winner was assessed").shows("The answer fits the text of level 4");
        loser.get(&format!("{outcome}?format=html")).await.expect(200).shows("Assessment summary").shows("How the winner was assessed")
            .shows("Level 4: Text of level 4").hides("1000000");
        let winner = world.client(&ready.suppliers[0].1).await;
        winner.get(&format!("/applications/{}/outcome", ready.bids[0])).await.expect(200).hides("How the winner was assessed");
        loser.get(&format!("/applications/{}/outcome", ready.bids[0])).await.expect(404);
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 20)).unwrap().items;
        assert_eq!(mails.iter().filter(|m| m.subject.starts_with("Assessment summary")).count(), 2);
    }
    async fn a_bidder_below_a_published_minimum_is_left_out_and_reads_which_one(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let call = ready.call;
        let mut terms = world.app.db.read_now(|db| calls::find(db, call)).unwrap().terms;
        terms.0.model.criteria[1].minimum = Some(Minimum::Level { level: 3 });
        world.app.db.write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(call))).set(call_rows::terms.eq(&terms)).execute(db)?;
            Ok(())
        }).unwrap();
        signed(&world, &ready).await;
        let why = "Level 2 for “Delivery plan” is below the minimum of 3.";
        world.client(&ready.officer).await.get(&format!("/desk/calls/{call}/moderation")).await.expect(200)
            .shows("Left out of the ranking").shows(why);
        let id = recommended(&world, &ready, json!({})).await;
        let officer = world.api(&ready.officer).await;
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), check).await.expect(200);
        }
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        committee.post(&format!("/api/v1/awards/{id}/decision"), json!({ "decision": "approve" })).await.expect(200);
        officer.post(&format!("/api/v1/calls/{call}/summaries"), json!({})).await.expect(200);
        let loser = world.client(&ready.suppliers[1].1).await;
        loser.get(&format!("/applications/{}/outcome", ready.bids[1])).await.expect(200).shows(why);
    }
    async fn an_investment_needs_the_quorum_and_the_majority_of_its_committee_without_the_recused(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        with_quorum(&world, ready.call, None);
        signed(&world, &ready).await;
        let manager = world.also(&ready.officer, Role::CommitteeMember);
        let first = world.person(Role::CommitteeMember);
        let id = recommended(&world, &ready, loan()).await;
        // The committee is told, by mail and among its tasks; who recommended it is not asked to decide.
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        let told: Vec<&str> = mails.iter().filter(|m| m.subject == "A recommendation waits for you: R-2026-0002").map(|m| m.recipient.as_str()).collect();
        assert_eq!(told, [address(&world, &first)]);
        assert!(mails.iter().any(|m| m.body.contains("an award of £60,000 to Alder Youth")), "the mail names who gets how much");
        let waits = "Decide on £60,000 for Alder Youth: R-2026-0002 Community kitchens";
        world.client(&first).await.get("/tasks").await.expect(200).shows(waits).shows("Say whether you are for it");
        world.client(&manager).await.get("/tasks").await.expect(200).hides("Decide on £60,000");
        let path = format!("/api/v1/awards/{id}/committee");
        let decision = format!("/api/v1/awards/{id}/decision");
        let (approve, favour) = (json!({ "decision": "approve" }), json!({ "stance": "for", "reason": "It carries the loan" }));
        let refused = |reply: crate::support::Reply| reply.expect(409).json()["type"].as_str().unwrap().to_owned();

        // Nobody votes on what they recommended, and one member is no committee of three.
        let own = world.api(&manager).await;
        assert_eq!(refused(own.post(&path, favour.clone()).await), "/problems/awards/same-person");
        world.api(&ready.evaluators[0]).await.post(&path, favour.clone()).await.expect(403);
        let people = [first, world.person(Role::CommitteeMember), world.person(Role::CommitteeMember), world.person(Role::CommitteeMember)];
        let mut members = Vec::new();
        for person in &people {
            members.push(world.api(person).await);
        }
        assert_eq!(refused(members[0].post(&decision, approve.clone()).await), "/problems/awards/no-quorum");
        members[0].post(&path, json!({ "stance": "for", "reason": "" })).await.expect(422);
        members[0].post(&path, favour.clone()).await.expect(200);

        // An evaluator who declared a conflict sits on the committee too: they stand aside and decide nothing.
        let conflicted = world.also(&ready.evaluators[1], Role::CommitteeMember);
        declared(&world, ready.call, ready.bids[0], &conflicted);
        let torn = world.api(&conflicted).await;
        assert_eq!(refused(torn.post(&path, favour.clone()).await), "/problems/awards/recused");
        torn.post(&path, json!({ "stance": "recused", "reason": "My sister works there" })).await.expect(200);
        assert_eq!(refused(torn.post(&decision, approve.clone()).await), "/problems/awards/recused");
        // Who voted waits for the others, and who stands aside has nothing to do.
        for done in [&people[0], &conflicted] {
            world.client(done).await.get("/tasks").await.expect(200).hides("Decide on £60,000");
        }
        members[1].post(&path, json!({ "stance": "recused", "reason": "I rent to them" })).await.expect(200);
        assert_eq!(refused(members[1].post(&decision, approve.clone()).await), "/problems/awards/recused");
        assert_eq!(refused(members[1].post(&path, favour.clone()).await), "/problems/awards/recused");

        // Two votes are no quorum; three are, and a tie or a minority approves nothing. A member may think again.
        let against = json!({ "stance": "against", "reason": "Too dear" });
        members[2].post(&path, against.clone()).await.expect(200);
        members[0].post(&path, against.clone()).await.expect(200);
        assert_eq!(refused(members[3].post(&decision, approve.clone()).await), "/problems/awards/no-majority");
        assert_eq!(award(&world, &id).state, AwardState::Recommended);
        members[0].post(&path, favour.clone()).await.expect(200);
        let page = world.client(&people[3]).await;
        let desk = format!("/desk/calls/{}/award", ready.call);
        page.get(&desk).await.expect(200).shows("1 for, 1 against, 2 recused. 1 more must vote").shows("My sister works there");
        let part = format!("committee-{id}");
        page.post(&format!("{desk}/{id}/committee"), &[("at", &part), ("stance", ""), ("reason", "x")]).await.expect(422).shows("Say whether you are for it");
        page.post(&format!("{desk}/{id}/committee"), &[("at", &part), ("stance", "for"), ("reason", "Sound")]).await.expect(303);
        page.get(&desk).await.expect(200).shows("2 for, 1 against, 2 recused.").hides("more must vote");
        page.get("/tasks").await.expect(200).shows(waits).shows("Enough members have voted. Record the decision");
        assert_eq!(refused(members[2].post(&decision, json!({ "decision": "decline" })).await), "/problems/awards/no-majority");
        page.post(&format!("{desk}/{id}/decision"), &[("decision", "approve")]).await.expect(303);
        assert_eq!(award(&world, &id).state, AwardState::Approved);
        page.get("/tasks").await.expect(200).hides("Decide on £60,000");
        assert_eq!(refused(members[0].post(&path, against).await), "/problems/awards/wrong-state");
        let said = members[0].get(&format!("/api/v1/calls/{}/awards", ready.call)).await.expect(200).json();
        assert_eq!(said["committee"].as_array().unwrap().len(), 5);
    }
    async fn an_offer_is_refused_without_a_route_and_accepted_in_time(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        signed(&world, &ready).await;
        let officer = world.api(&ready.officer).await;
        let mut large = loan();
        large["tranches"] = json!("150001 on 2027-02-01");
        large["application"] = json!(ready.bids[0]);
        large["reasons"] = json!("Best");
        let awards = format!("/api/v1/calls/{}/awards", ready.call);
        assert_eq!(officer.post(&awards, large.clone()).await.expect(409).json()["type"], "/problems/awards/amount-outside");
        // Days that nobody can keep are told at their field.
        for (tranches, words) in [("60000 on 2025-02-01", "this day has passed"), ("60000 on 2099-02-01", "within the next ten years")] {
            let mut unkept = large.clone();
            unkept["tranches"] = json!(tranches);
            officer.post(&awards, unkept).await.expect(422).shows(words);
        }
        let mut long = large;
        long["tranches"] = json!("60000 on 2027-02-01");
        long["instalments"] = json!("61");
        long["period_months"] = json!("12");
        officer.post(&awards, long).await.expect(422).shows("60 years at most");
        let id = recommended(&world, &ready, loan()).await;
        let mut twice = loan();
        twice["application"] = json!(ready.bids[0]);
        twice["reasons"] = json!("Best");
        assert_eq!(officer.post(&awards, twice).await.expect(409).json()["type"], "/problems/awards/recommended-already");
        let member = world.person(Role::CommitteeMember);
        // The committee reads what must be so before money flows.
        world.client(&member).await.get(&format!("/desk/calls/{}/award", ready.call)).await.expect(200).shows("Lease signed");
        let committee = world.api(&member).await;
        committee.post(&format!("/api/v1/awards/{id}/decision"), json!({ "decision": "approve" })).await.expect(200);
        let by = world.now().plus(chrono::TimeDelta::days(14));
        let offer = json!({ "answer_by_date": by.rfc3339() });
        let path = format!("/api/v1/awards/{id}/offer");
        assert_eq!(officer.post(&path, offer.clone()).await.expect(409).json()["type"], "/problems/awards/no-subsidy-route");
        let route = json!({ "kind": "market_terms", "evidence": "Three lenders quote 4.4% to 4.7%" });
        officer.post(&format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]), route).await.expect(201);
        officer.post(&path, offer).await.expect(200);
        let owner = world.client(&ready.suppliers[0].1).await;
        let outcome = format!("/applications/{}/outcome", ready.bids[0]);
        owner.get(&outcome).await.expect(200).shows("You would get £60,000 and pay back").shows("Lease signed");
        owner.post(&outcome, &[("answer", "accept")]).await.expect(422).shows("Confirm that you have read what it costs");
        owner.get(&outcome).await.expect(200).shows("You would get £40,000 on 1 February 2027").shows("You would get £20,000 on 1 August 2027");
        // A double tap sends the same answer twice, and is no problem.
        for _ in 0..2 {
            owner.post(&outcome, &[("answer", "accept"), ("understood", "yes")]).await.expect(303);
        }
        let found = award(&world, &id);
        assert_eq!(found.state, AwardState::Accepted);
        assert!(awards::may_sign(&found, world.now().date()).is_ok());
    }
    async fn who_sent_to_a_round_that_is_withdrawn_after_its_opening_reads_that_it_was_opened_and_nothing_is_awarded(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        signed(&world, &ready).await;
        let officer = world.api(&ready.officer).await;
        let id = recommended(&world, &ready, loan()).await;
        let calls = format!("/api/v1/calls/{}", ready.call);
        officer.post(&format!("{calls}/withdraw"), json!({ "reason": "The pot is needed elsewhere." })).await.expect(200);
        world.run_jobs().await;
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.iter().filter(|m| m.subject == "The call R-2026-0002 was withdrawn").collect();
        assert_eq!(told.len(), 2, "{told:?}");
        for mail in told {
            assert!(mail.body.contains("What you sent was opened before. Nothing is awarded under this call."), "{}", mail.body);
            assert!(!mail.body.contains("is not opened"), "{}", mail.body);
        }
        let refused = |reply: crate::support::Reply| reply.expect(409).json()["type"].as_str().unwrap().to_owned();
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        let decision = format!("/api/v1/awards/{id}/decision");
        assert_eq!(refused(committee.post(&decision, json!({ "decision": "approve" })).await), "/problems/awards/call-withdrawn");
        let mut other = loan();
        other["application"] = json!(ready.bids[1]);
        other["reasons"] = json!("The next");
        assert_eq!(refused(officer.post(&format!("{calls}/awards"), other).await), "/problems/awards/call-withdrawn");
        // Saying no is not awarding.
        committee.post(&decision, json!({ "decision": "decline" })).await.expect(200);
        assert_eq!(award(&world, &id).state, AwardState::DeclinedByCommittee);
    }
    async fn nothing_is_noticed_or_signed_under_a_tender_that_was_withdrawn_after_its_approval(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let officer = world.api(&ready.officer).await;
        let id = recommended(&world, &ready, json!({})).await;
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), check).await.expect(200);
        }
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        committee.post(&format!("/api/v1/awards/{id}/decision"), json!({ "decision": "approve" })).await.expect(200);
        officer.post(&format!("/api/v1/calls/{}/withdraw", ready.call), json!({ "reason": "The kitchens were sold." })).await.expect(200);
        let notice = json!({ "number": "2026/S 000-1", "published_date": world.now().rfc3339() });
        let refused = officer.post(&format!("/api/v1/awards/{id}/notice"), notice).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/awards/call-withdrawn");
        let (found, now) = (award(&world, &id), world.now());
        let sign = world.app.db.write_now(|db| awards::mark_signed(db, &Actor::System, found.id, now));
        assert!(sign.unwrap_err().to_string().contains("awards/call-withdrawn"));
        assert_eq!(award(&world, &id).state, AwardState::Approved);
    }
    async fn a_round_under_which_somebody_holds_an_offer_or_an_agreement_is_not_withdrawn(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        signed(&world, &ready).await;
        let id: Id<awards::Award> = recommended(&world, &ready, loan()).await.parse().unwrap();
        let officer = world.api(&ready.officer).await;
        let path = format!("/api/v1/calls/{}/withdraw", ready.call);
        let withdraw = || officer.post(&path, json!({ "reason": "The pot is needed elsewhere." }));
        let stands = |state: AwardState| {
            world.app.db.write_now(|db| {
                diesel::update(award_rows::table.filter(award_rows::id.eq(id))).set(award_rows::state.eq(state)).execute(db)?;
                Ok(())
            }).unwrap();
        };
        for state in [AwardState::Offered, AwardState::Accepted, AwardState::Signed] {
            stands(state);
            assert_eq!(withdraw().await.expect(409).json()["type"], "/problems/calls/award-stands", "{state:?}");
        }
        assert_eq!(world.app.db.read_now(|db| calls::find(db, ready.call)).unwrap().stage, calls::CallStage::Closed);
        stands(AwardState::Lapsed);
        withdraw().await.expect(200);
    }
    async fn an_unanswered_offer_lapses_and_is_then_refused(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        signed(&world, &ready).await;
        let id = recommended(&world, &ready, loan()).await;
        let officer = world.api(&ready.officer).await;
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        committee.post(&format!("/api/v1/awards/{id}/decision"), json!({ "decision": "approve" })).await.expect(200);
        let route = json!({ "kind": "market_terms", "evidence": "Three quotes" });
        officer.post(&format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]), route).await.expect(201);
        let by = world.now().plus(chrono::TimeDelta::days(14));
        officer.post(&format!("/api/v1/awards/{id}/offer"), json!({ "answer_by_date": by.rfc3339() })).await.expect(200);
        world.move_clock(by.plus(chrono::TimeDelta::minutes(1))).await;
        assert_eq!(award(&world, &id).state, AwardState::Lapsed);
        let owner = world.api(&ready.suppliers[0].1).await;
        let late = owner.post(&format!("/api/v1/awards/{id}/answer"), json!({ "answer": "accept", "understood": "yes" })).await;
        assert_eq!(late.expect(409).json()["type"], "/problems/awards/offer-lapsed");
    }
}
