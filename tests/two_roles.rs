//! People with two roles: who declared a conflict, who chooses panels, and who reads scores, on top of judging.

use crate::awards::declared;
use crate::journeys::{id, items, refused, sent};
use crate::scoring::{judge, ready, signed};
use chrono::TimeDelta;
use commonweal::calls::CallKind;
use commonweal::scoring::{panel, samples};
use commonweal::values::{Actor, Role};
use serde_json::{Value, json};

/// The second price is so low that it opens an enquiry; the first bid wins all the same.
const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 400_000)];
const YOUTH: [(&str, i64, i64); 2] = [("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)];

const CONFLICTED: &str = "scoring/conflicted";

fn account(who: &Actor) -> Value {
    json!({ "account": who.account().unwrap().to_string() })
}

fn loan() -> Value {
    json!({
        "tranches": "40000 on 2027-02-01; 20000 on 2027-08-01", "rate": "4.5", "repayment": "annuity", "instalments": "48",
    })
}

both! {
    async fn an_officer_and_a_committee_member_who_declared_a_conflict_decide_nothing_of_a_tender_and_others_do(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        let torn_officer = world.also(&world.person(Role::ProcurementOfficer), Role::Evaluator);
        let torn_member = world.also(&world.person(Role::CommitteeMember), Role::Evaluator);
        let officer = world.api(&ready.officer).await;
        let (torn, member) = (world.api(&torn_officer).await, world.api(&torn_member).await);
        let call = format!("/api/v1/calls/{}", ready.call);
        // Both sit on the panel, and both have a conflict with the bid that will not win.
        for (who, api) in [(&torn_officer, &torn), (&torn_member, &member)] {
            sent(&officer, &format!("{call}/panel"), account(who), 201).await;
            let some = json!({ "answer": "some", "bids": [ready.bids[1].to_string()], "nature": "My sister works there" });
            sent(api, &format!("{call}/declarations"), some, 200).await;
        }
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();

        // Neither they nor each other: who has a conflict clears nobody, and chooses nobody.
        let found = officer.get(&format!("{call}/panel")).await.expect(200).json();
        let of = |who: &Actor| {
            let theirs = items(&found, "conflicts").iter().find(|c| c["account"] == account(who)["account"]).unwrap();
            format!("/api/v1/conflicts/{}/resolution", id(theirs))
        };
        let none = json!({ "outcome": "no_conflict", "enquiry": "She left three years ago" });
        refused(&torn, &of(&torn_officer), none.clone(), "scoring/own-conflict").await;
        refused(&torn, &of(&torn_member), none, CONFLICTED).await;
        refused(&torn, &format!("{call}/panel"), account(&world.person(Role::Evaluator)), CONFLICTED).await;
        let desk = world.client(&torn_officer).await;
        desk.get(&format!("/desk/calls/{}/panel", ready.call)).await.expect(200).shows("My sister works there")
            .hides("Add to the panel").hides("Record the enquiry");

        // Moderation.
        let plan = json!({ "level": "4", "reason": "All of it is there" });
        let answer = format!("moderation/{}/plan", ready.bids[0]);
        refused(&torn, &format!("{call}/{answer}"), plan, CONFLICTED).await;
        desk.get(&format!("/desk/calls/{}/{answer}", ready.call)).await.expect(200).hides("Which text fits best?");
        refused(&torn, &format!("{call}/moderation/closed"), json!({}), CONFLICTED).await;
        let moderation = format!("/desk/calls/{}/moderation", ready.call);
        desk.get(&moderation).await.expect(200).hides("Agree every answer, then close the moderation");
        let others = world.client(&ready.officer).await;
        others.get(&moderation).await.expect(200).shows("Agree every answer, then close the moderation");
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();

        // Ranking and prices.
        let ranking = format!("{call}/ranking");
        refused(&torn, &ranking, json!({}), CONFLICTED).await;
        sent(&officer, &ranking, json!({}), 201).await;
        let left_out = json!({ "ground": "breach", "reason": "It came without a plan" });
        refused(&torn, &format!("{call}/bids/{}/disregard", ready.bids[0]), left_out, CONFLICTED).await;
        let made = officer.get(&ranking).await.expect(200).json();
        let enquiry = format!("/api/v1/price-enquiries/{}", id(&items(&made, "enquiries")[0]));
        let by = now.plus(TimeDelta::days(10)).date().to_string();
        let question = json!({ "question": "How can it be so low?", "answer_by": by });
        refused(&torn, &format!("{enquiry}/question"), question, CONFLICTED).await;
        let justified = json!({
            "asked_on": now.date().to_string(), "answer": "We own the kitchens", "outcome": "justified", "note": "No rent",
        });
        refused(&torn, &enquiry, justified.clone(), CONFLICTED).await;
        sent(&officer, &enquiry, justified, 200).await;
        desk.get(&moderation).await.expect(200).hides("Sign the ranking");
        others.get(&moderation).await.expect(200).shows("Sign the ranking");
        refused(&torn, &format!("{ranking}/signature"), json!({}), CONFLICTED).await;
        sent(&officer, &format!("{ranking}/signature"), json!({}), 200).await;
        let fell = json!({ "ground": "debarred", "reason": "It is on the list" });
        refused(&torn, &format!("{call}/bids/{}/fall", ready.bids[0]), fell, CONFLICTED).await;

        // The award.
        let recommend = json!({ "application": ready.bids[0], "reasons": "The best plan" });
        refused(&torn, &format!("{call}/awards"), recommend.clone(), CONFLICTED).await;
        let award = format!("/api/v1/awards/{}", id(&sent(&officer, &format!("{call}/awards"), recommend, 201).await));
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            let checks = format!("/api/v1/applications/{}/checks", ready.bids[0]);
            refused(&torn, &checks, check.clone(), CONFLICTED).await;
            sent(&officer, &checks, check, 200).await;
        }
        for decision in ["approve", "decline"] {
            refused(&member, &format!("{award}/decision"), json!({ "decision": decision }), CONFLICTED).await;
        }
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        sent(&committee, &format!("{award}/decision"), json!({ "decision": "approve" }), 200).await;
        // What was decided may be carried out by anybody whose work it is.
        sent(&torn, &format!("{call}/summaries"), json!({}), 200).await;
    }
    async fn a_fund_manager_and_a_member_with_a_conflict_recommend_vote_and_offer_nothing_of_a_round(world: World) {
        let ready = ready(&world, CallKind::Round, &YOUTH);
        signed(&world, &ready).await;
        let torn_manager = world.also(&world.person(Role::FundManager), Role::Evaluator);
        let torn_member = world.also(&world.person(Role::CommitteeMember), Role::Evaluator);
        for who in [&torn_manager, &torn_member] {
            declared(&world, ready.call, ready.bids[1], who);
        }
        let manager = world.api(&ready.officer).await;
        let (torn, member) = (world.api(&torn_manager).await, world.api(&torn_member).await);
        let awards = format!("/api/v1/calls/{}/awards", ready.call);
        let mut recommend = loan();
        recommend["application"] = json!(ready.bids[0]);
        recommend["reasons"] = json!("The best plan");
        refused(&torn, &awards, recommend.clone(), CONFLICTED).await;
        let award = format!("/api/v1/awards/{}", id(&sent(&manager, &awards, recommend, 201).await));
        refused(&torn, &format!("{award}/parts"), loan(), CONFLICTED).await;
        refused(&torn, &format!("{award}/parts/take-out"), json!({}), CONFLICTED).await;

        // The conflict is with a rival of who would get the money, and counts as much.
        let favour = json!({ "stance": "for", "reason": "It carries the loan" });
        refused(&member, &format!("{award}/committee"), favour, "awards/recused").await;
        refused(&member, &format!("{award}/decision"), json!({ "decision": "approve" }), "awards/recused").await;
        sent(&member, &format!("{award}/committee"), json!({ "stance": "recused", "reason": "My sister works there" }), 200).await;
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        sent(&committee, &format!("{award}/decision"), json!({ "decision": "approve" }), 200).await;

        refused(&torn, &format!("{award}/subsidy"), json!({}), CONFLICTED).await;
        let route = json!({ "kind": "market_terms", "evidence": "Three lenders quote 4.4% to 4.7%" });
        sent(&manager, &format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]), route, 201).await;
        let offer = json!({ "answer_by_date": world.now().plus(TimeDelta::days(14)).rfc3339() });
        refused(&torn, &format!("{award}/offer"), offer.clone(), CONFLICTED).await;
        sent(&manager, &format!("{award}/offer"), offer, 200).await;
    }
    async fn nobody_seats_themselves_and_nobody_is_seated_who_could_read_final_scores(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        let both = world.also(&world.person(Role::ProcurementOfficer), Role::Evaluator);
        let reader = world.also(&world.person(Role::CommitteeMember), Role::Evaluator);
        let third = world.person(Role::Evaluator);
        let (torn, officer) = (world.api(&both).await, world.api(&ready.officer).await);
        let panel = format!("/api/v1/calls/{}/panel", ready.call);
        let page = format!("/desk/calls/{}/panel", ready.call);
        refused(&torn, &panel, account(&both), "scoring/own-seat").await;
        let desk = world.client(&both).await;
        let own = both.account().unwrap().to_string();
        desk.post(&page, &[("account", &own)]).await.expect(422).shows("Nobody puts themselves on a panel.");

        // Once somebody's scores are final they can be read, by whoever may read them.
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators[..1], ready.call, &judge, now).await.unwrap();
        let scores = format!("/api/v1/calls/{}/scores", ready.call);
        assert_eq!(items(&torn.get(&scores).await.expect(200).json(), "scores").len(), 4);
        for who in [&both, &reader] {
            refused(&officer, &panel, account(who), "scoring/reads-scores").await;
        }
        let seated = officer.get(&panel).await.expect(200).json();
        let replacement = format!("{panel}/{}/replacement", id(&items(&seated, "members")[0]));
        let takes = |who: &Actor| {
            let mut body = account(who);
            body["reason"] = json!("Ill for a month");
            body
        };
        refused(&torn, &replacement, takes(&both), "scoring/own-seat").await;
        refused(&officer, &replacement, takes(&reader), "scoring/reads-scores").await;
        sent(&officer, &replacement, takes(&third), 201).await;
        sent(&officer, &panel, account(&ready.evaluators[1]), 201).await;
    }
    async fn somebody_who_may_read_scores_is_seated_by_another_while_there_are_none(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let both = world.also(&world.person(Role::ProcurementOfficer), Role::Evaluator);
        let now = world.now();
        let input = panel::MemberInput { account: both.account().unwrap().to_string() };
        panel::add_member(&world.app, &ready.officer, ready.call, &input, now).await.unwrap();
        let none = panel::DeclarationInput { answer: "none".into(), ..Default::default() };
        panel::declare(&world.app, &both, ready.call, &none, now).await.unwrap();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        // On the panel they read as its members do: nothing before their own scores are final.
        let scores = format!("/api/v1/calls/{}/scores", ready.call);
        let read = world.api(&both).await.get(&scores).await.expect(200).json();
        assert_eq!(items(&read, "scores").len(), 0);
    }
    async fn who_chooses_a_panel_reads_who_may_be_chosen_and_nobody_else_does(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let both = world.also(&world.person(Role::ProcurementOfficer), Role::Evaluator);
        let (torn, officer) = (world.api(&both).await, world.api(&ready.officer).await);
        let panel = format!("/api/v1/calls/{}/panel", ready.call);
        let may_be_chosen = |answer: &Value| -> Vec<Value> {
            items(answer, "evaluators").iter().map(|e| e["account"].clone()).collect()
        };
        let all = officer.get(&panel).await.expect(200).json();
        assert_eq!(may_be_chosen(&all).len(), 3, "{all}");
        assert!(items(&all, "evaluators").iter().all(|e| e["name"].as_str().is_some_and(|n| !n.is_empty())), "{all}");
        sent(&officer, &panel, account(&ready.evaluators[0]), 201).await;
        // Neither who sits already nor oneself.
        let before = world.app.db.statements();
        let left = torn.get(&panel).await.expect(200).json();
        let asked = world.app.db.statements() - before;
        assert!(asked <= 6, "{asked} statements");
        assert_eq!(may_be_chosen(&left), [account(&ready.evaluators[1])["account"].clone()]);
        assert!(items(&left, "members")[0]["name"].as_str().unwrap().starts_with("evaluator"), "{left}");
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let read = member.get(&panel).await.expect(200).json();
        assert!(read.get("evaluators").is_none() && items(&read, "members")[0]["name"].is_null(), "{read}");
    }
}
