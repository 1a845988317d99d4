//! The same loan by programs with bearer tokens, under `/api/v1` only.

use super::{
    Bidder, Staff, condition_by_program, id, items, levels, mission_by_program, on, refused, replayed, sent, statuses,
};
use crate::support::Api;
use commonweal::values::{Actor, Role};
use futures_util::join;
use serde_json::{Value, json};

const CLOSES: &str = "2027-03-15T12:00:00Z";

fn terms(jobs: &str) -> Value {
    json!({
        "description": "The money comes back and is lent again.",
        "tender": null,
        "round": { "fund": "Community Wealth Fund", "pot": "200000.00", "least": "20000.00", "most": "100000.00",
                   "instruments": ["loan"], "quorum": 1 },
        "model": {
            "title": "Loans for food enterprises", "rounding": { "rule": "half_up", "places": 2 },
            "criteria": [
                { "id": "plan", "title": "How will the loan be repaid?", "weight": "80",
                  "kind": { "type": "quality", "levels": levels() } },
                { "id": "promises", "title": "Promises", "weight": "20",
                  "kind": { "type": "social_value", "method": "against_targets", "measures": [
                      { "id": "jobs", "title": "Residents in work", "unit": "people", "weight": "100", "target": "10" } ] } },
            ],
        },
        "words": { "plan": 60 },
        "conditions": [{ "id": "jobs", "condition": jobs, "target": "10", "due": "2027-12-31", "required": false, "cap": null }],
        "eligibility": [{ "id": "trades", "question": "Does your organisation trade?", "right_answer": true,
                          "otherwise": "Ask us about support for starting." }],
        "timetable": { "questions_by": "2027-02-15T12:00:00Z", "answers_by": "2027-02-22T12:00:00Z", "deadline": CLOSES,
                       "decision_on": "2027-04-30" },
    })
}

fn draft(jobs: &str) -> Value {
    json!({
        "answers": {
            "eligibility": { "trades": true },
            "answers": { "plan": "Lunches are sold to three offices" },
            "promises": { "jobs": { "quantity": jobs, "baseline": "0", "by": "2027-12-31", "how": "Job club" } },
            "use_of_funds": [{ "purpose": "Ovens", "amount": "40000.00" }],
        },
        "price": { "amount": "40000.00" },
    })
}

fn declared() -> Value {
    json!({ "declared_by": "Dele Akande", "true_and_complete": "yes" })
}

async fn written(api: &Api, call: &str, bidder: &Bidder, jobs: &str) -> String {
    let body = json!({ "organisation": bidder.id });
    let home = format!("/api/v1/applications/{}", id(&sent(api, &format!("{call}/applications"), body, 201).await));
    sent(api, &format!("{home}/draft"), draft(jobs), 200).await;
    let ends = [
        "2027-06-30",
        "2027-09-30",
        "2027-12-31",
        "2028-03-31",
        "2028-06-30",
        "2028-09-30",
        "2028-12-31",
        "2029-03-31",
        "2029-06-30",
        "2029-09-30",
        "2029-12-31",
        "2030-03-31",
    ];
    let rows: String = ends.iter().map(|end| format!("{end},20000.00,8000.00\n")).collect();
    let sheet = format!("period_end,money_in,money_out\n{rows}");
    let wrong = b"period_end,money_in,money_out\n2027-06-30,lots,1\n";
    let path = format!("{home}/cash-flow");
    api.upload(&path, &[], &[("sheet", "cash.csv", wrong)]).await.expect(422).shows("Row 2");
    api.upload(&path, &[], &[("sheet", "cash.csv", sheet.as_bytes())]).await.expect(200);
    assert_eq!(api.get(&format!("{home}/missing")).await.expect(200).json()["missing"], json!([]));
    home
}

/// A payment into the fund, sent twice with one key; the bank's line counts once.
async fn receive(manager: &Api, investment: &str, amount: &str, day: &str, reference: &str) {
    let body = json!({ "amount": amount, "received_on": day, "reference": reference });
    replayed(manager, &format!("{investment}/payments"), reference, body).await;
}

both! {
    async fn a_social_enterprise_is_invested_in_and_repays_by_program(world: World) {
        on(&world, "2027-02-01T09:00:00Z").await;
        let staff = Staff::new(&world);
        let administrator = world.api(&world.person(Role::Administrator)).await;
        let (public, lead, manager) = (world.api(&Actor::Public).await, world.api(&staff.lead).await, world.api(&staff.manager).await);
        let stranger = world.api(&world.person_of(world.other_council(), Role::FundManager)).await;
        let mission = mission_by_program(&lead).await;
        let jobs = condition_by_program(&lead, "Residents in work", "negotiable", "people", "20").await;

        // The fund and the council's money, once.
        let open = json!({ "name": "Community Wealth Fund", "mandate": "Patient loans.", "borrowing_rate": "4.6" });
        sent(&lead, "/api/v1/funds", open.clone(), 403).await;
        let fund = format!("/api/v1/funds/{}", id(&replayed(&manager, "/api/v1/funds", "fund", open).await));
        let commitment = json!({ "amount": "500000", "committed_on": "2027-01-20", "source": "Cabinet 20 January 2027, item 7" });
        replayed(&manager, &format!("{fund}/commitments"), "commitment", commitment.clone()).await;
        assert!(matches!(stranger.post(&format!("{fund}/commitments"), commitment).await.status, 403 | 404));
        let cash = manager.get(&format!("{fund}/cash")).await.expect(200).json();
        assert_eq!(items(&cash, "commitments").len(), 1);

        // The round opens at once; three write, one is late.
        let new = json!({ "kind": "round", "title": "Loans for food enterprises", "summary": "Repayable loans.", "mission": mission });
        let call_id = id(&replayed(&manager, "/api/v1/calls", "round", new).await);
        let call = format!("/api/v1/calls/{call_id}");
        let answer = sent(&manager, &format!("{call}/terms"), json!({ "terms": terms(&jobs) }), 200).await;
        assert_eq!(answer["missing"], json!([]));
        let publish = format!("{call}/publish");
        let (one, other) = join!(manager.post(&publish, json!({ "seen": "yes" })), manager.post(&publish, json!({ "seen": "yes" })));
        assert_eq!(statuses(&one, &other), [200, 409], "a round is published once");
        assert!(public.get("/api/v1/calls").await.expect(200).text.contains(&call_id));
        let (alder, birch, cedar) = (Bidder::new(&world, "Alder Lunches CIC"), Bidder::new(&world, "Birch Bakers"), Bidder::new(&world, "Cedar Food"));
        let (owner, loser, late) = (world.api(&alder.owner).await, world.api(&birch.owner).await, world.api(&cedar.owner).await);
        let home = written(&owner, &call, &alder, "10").await;
        let other_home = written(&loser, &call, &birch, "4").await;
        let late_home = written(&late, &call, &cedar, "9").await;
        replayed(&owner, &format!("{home}/submit"), "send", declared()).await;
        let submit = format!("{other_home}/submit");
        let (one, other) = join!(loser.post(&submit, declared()), loser.post(&submit, declared()));
        assert_eq!(statuses(&one, &other)[0], 200);
        for part in ["", "/draft", "/receipt"] {
            assert!(matches!(loser.get(&format!("{home}{part}")).await.status, 403 | 404));
        }
        on(&world, "2027-03-15T12:00:01Z").await;
        refused(&late, &format!("{late_home}/submit"), declared(), "applications/late").await;

        // Opened, scored, ranked.
        on(&world, "2027-03-16T09:00:00Z").await;
        let opening = format!("{call}/open-investments");
        assert!(matches!(stranger.post(&opening, json!({})).await.status, 403 | 404));
        sent(&manager, &opening, json!({}), 200).await;
        let won = home.rsplit('/').next().unwrap().to_owned();
        let lost = other_home.rsplit('/').next().unwrap().to_owned();
        let evaluator = world.api(&staff.evaluators[0]).await;
        // Who may be chosen is told by account and name.
        let panel = format!("{call}/panel");
        let choice = manager.get(&panel).await.expect(200).json();
        let own = evaluator.get("/api/v1/me").await.expect(200).json()["account"].clone();
        let chosen = items(&choice, "evaluators").iter().find(|e| e["account"] == own).unwrap_or_else(|| panic!("{choice}"));
        sent(&manager, &panel, json!({ "account": chosen["account"] }), 201).await;
        sent(&evaluator, &format!("{call}/declarations"), json!({ "answer": "none" }), 200).await;
        let judge = |bid: &str| json!({ "level": if bid == won { "4" } else { "1" }, "reason": "The plan fits the level" });
        for bid in [&won, &lost] {
            sent(&evaluator, &format!("{call}/scores/{bid}/plan"), judge(bid), 200).await;
        }
        sent(&evaluator, &format!("{call}/scores/final"), json!({}), 200).await;
        for bid in [&won, &lost] {
            sent(&manager, &format!("{call}/moderation/{bid}/plan"), judge(bid), 200).await;
        }
        sent(&manager, &format!("{call}/moderation/closed"), json!({}), 200).await;
        sent(&manager, &format!("{call}/ranking"), json!({}), 201).await;
        sent(&manager, &format!("{call}/ranking/signature"), json!({}), 200).await;

        // Recommended, approved by another, offered only with a subsidy route.
        let recommend = json!({
            "application": won, "reasons": "The plan is sold in advance.", "tranches": "40000 on 2027-06-01",
            "draw_on": "2027-06-01", "rate": "12", "repayment": "annuity", "instalments": "4", "period_months": "3",
            "precedents": "Lease signed",
        });
        let award_id = id(&replayed(&manager, &format!("{call}/awards"), "award", recommend).await);
        let award = format!("/api/v1/awards/{award_id}");
        let approve = json!({ "decision": "approve" });
        refused(&manager, &format!("{award}/decision"), approve.clone(), "awards/same-person").await;
        let members = [world.api(&staff.members[0]).await, world.api(&staff.members[1]).await];
        let decision = format!("{award}/decision");
        let (one, other) = join!(members[0].post(&decision, approve.clone()), members[1].post(&decision, approve.clone()));
        assert_eq!(statuses(&one, &other), [200, 409], "a recommendation is decided once");
        let offer = json!({ "answer_by_date": "2027-04-15T11:00:00Z" });
        refused(&manager, &format!("{award}/offer"), offer.clone(), "awards/no-subsidy-route").await;
        let route = json!({ "kind": "market_terms", "evidence": "Three lenders quote 11.8% to 12.4%" });
        sent(&manager, &format!("/api/v1/subsidies/{}/{won}", alder.id), route, 201).await;
        sent(&manager, &format!("{award}/offer"), offer, 200).await;
        let offered = owner.get(&format!("{home}/outcome")).await.expect(200).json()["offer"].clone();
        assert_eq!((&offered["id"], &offered["value"]), (&json!(award_id), &json!("40000.00")));
        loser.get(&format!("{home}/outcome")).await.expect(404);
        let accept = json!({ "answer": "accept", "understood": "yes" });
        assert!(matches!(loser.post(&format!("{award}/answer"), accept.clone()).await.status, 403 | 404));
        let editor = world.api(&world.person_of(alder.id, Role::ApplicantEditor)).await;
        sent(&editor, &format!("{award}/answer"), accept.clone(), 403).await;
        let path = format!("{award}/answer");
        let (one, other) = join!(owner.post(&path, accept.clone()), owner.post(&path, accept.clone()));
        assert_eq!(statuses(&one, &other), [200, 200], "the same answer twice is one answer");
        refused(&owner, &path, json!({ "answer": "decline" }), "awards/wrong-state").await;
        world.run_jobs().await;
        // Every address in a mail can be clicked.
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let made = mails.iter().find(|m| m.subject.starts_with("Your investment agreement is made")).unwrap();
        assert!(made.body.contains("http") && made.body.contains("/agreements/"), "{}", made.body);
        for mail in &mails {
            assert!(!mail.body.split_whitespace().any(|word| word.starts_with('/')), "{}: {}", mail.subject, mail.body);
        }

        // The agreement and its investment are there.
        let listed = owner.get("/api/v1/agreements").await.expect(200).json();
        assert_eq!(items(&listed, "items").len(), 1);
        let holdings = manager.get(&fund).await.expect(200).json();
        assert_eq!(items(&holdings, "holdings").len(), 1);
        let investment_id = items(&holdings, "holdings")[0]["investment"].as_str().unwrap().to_owned();
        let investment = format!("/api/v1/investments/{investment_id}");
        let mine = format!("/api/v1/my-investments/{investment_id}");
        loser.get(&mine).await.expect(404);
        assert!(matches!(stranger.get(&investment).await.status, 403 | 404));

        // Money goes out by two persons when the condition before it is verified.
        on(&world, "2027-06-01T09:00:00Z").await;
        let propose = json!({ "tranche": "1", "pay_on": "2027-06-01" });
        sent(&members[0], &format!("{investment}/drawdowns"), propose.clone(), 403).await;
        let drawdown = id(&replayed(&manager, &format!("{investment}/drawdowns"), "tranche", propose).await);
        let decide = format!("/api/v1/drawdowns/{drawdown}/decide");
        refused(&members[0], &decide, approve.clone(), "investments/not-verified").await;
        let shown = manager.get(&investment).await.expect(200).json();
        let verify = format!("/api/v1/precedents/{}/verify", id(&items(&shown, "precedents")[0]));
        sent(&manager, &verify, json!({ "evidence": "Seen" }), 403).await;
        let contracts = world.api(&staff.contracts).await;
        sent(&contracts, &verify, json!({ "evidence": "Lease of 28 May seen" }), 200).await;
        refused(&manager, &decide, approve.clone(), "investments/same-person").await;
        let (one, other) = join!(members[0].post(&decide, approve.clone()), members[1].post(&decide, approve.clone()));
        assert_eq!(statuses(&one, &other), [200, 409], "a tranche is paid once");
        let shown = owner.get(&mine).await.expect(200).json();
        assert_eq!((&shown["drawn"], &shown["owed"]), (&json!("40000.00"), &json!("40000.00")));

        // Instalments: 40,000 at 12% for a quarter of 92 days is 1,209.86 of interest.
        on(&world, "2027-09-01T12:00:00Z").await;
        let bank = json!({ "amount": "10763.22", "received_on": "2027-09-01", "reference": "BANK-1" });
        sent(&owner, &format!("{investment}/payments"), bank.clone(), 403).await;
        let path = format!("{investment}/payments");
        let (one, other) = join!(manager.post(&path, bank.clone()), manager.post(&path, bank.clone()));
        assert_eq!(statuses(&one, &other)[0], 201);
        let again = sent(&manager, &path, bank, 201).await;
        assert!([&one, &other].iter().any(|r| r.json()["id"] == again["id"]), "one bank line is one payment");
        let shown = manager.get(&investment).await.expect(200).json();
        assert_eq!(items(&shown, "entries").len(), 1, "{shown}");
        assert_eq!(manager.get(&investment).await.expect(200).json()["owed"], "30446.64");
        let wrong = json!({ "amount": "10", "received_on": "2027-09-01", "reference": "BANK-1" });
        refused(&manager, &path, wrong, "investments/reference-taken").await;
        on(&world, "2027-12-01T12:00:00Z").await;
        receive(&manager, &investment, "5000", "2027-12-01", "BANK-2").await;
        on(&world, "2027-12-11T12:00:00Z").await;
        let arrears = manager.get(&investment).await.expect(200).json()["arrears"].clone();
        assert_eq!((&arrears["days_past_due"], &arrears["overdue"]), (&json!(10), &json!("5763.22")));
        receive(&manager, &investment, "5763.22", "2027-12-11", "BANK-3").await;
        let shown = manager.get(&investment).await.expect(200).json();
        assert_eq!((&shown["owed"], &shown["arrears"]["days_past_due"]), (&json!("20594.32"), &json!(0)));

        // The promise is missed, reminded of, and cured in its time.
        on(&world, "2028-01-20T09:00:00Z").await;
        let mails = administrator.get("/api/v1/mails").await.expect(200).text;
        assert!(mails.contains("Residents in work is due on") && mails.contains("Overdue: Residents in work"));
        let dues = owner.get("/api/v1/dues").await.expect(200).json();
        let due = &items(&dues, "items")[0];
        assert_eq!((&due["state"], &due["cure_by"]), (&json!("missed"), &json!("2028-03-14")));
        let due = format!("/api/v1/dues/{}", id(due));
        on(&world, "2028-02-01T09:00:00Z").await;
        let figure = json!({ "quantity": "10", "evidence": [{ "name": "payroll.csv", "content": "cGVvcGxlCjEwCg==" }] });
        assert!(matches!(loser.post(&format!("{due}/claims"), figure.clone()).await.status, 403 | 404));
        loser.get(&due).await.expect(404);
        let claims = format!("{due}/claims");
        let (one, other) = join!(owner.post(&claims, figure.clone()), owner.post(&claims, figure.clone()));
        assert_eq!(statuses(&one, &other), [201, 409], "one figure at a time");
        let shown = contracts.get(&due).await.expect(200).json();
        let decide = format!("/api/v1/claims/{}/decision", id(&items(&shown, "claims")[0]));
        let accept = json!({ "decision": "accept" });
        sent(&owner, &decide, accept.clone(), 403).await;
        assert_eq!(sent(&contracts, &decide, accept.clone(), 200).await["state"], "cured");
        assert_eq!(contracts.post(&decide, accept).await.status, 409);

        // Repaid to the penny, and what the fund made of it.
        on(&world, "2028-03-01T12:00:00Z").await;
        receive(&manager, &investment, "10763.22", "2028-03-01", "BANK-4").await;
        on(&world, "2028-06-01T12:00:00Z").await;
        receive(&manager, &investment, "10763.23", "2028-06-01", "BANK-5").await;
        // A standing order runs on: it stands in the books, pays nothing, and goes back.
        let more = json!({ "amount": "1", "received_on": "2028-06-01", "reference": "BANK-6" });
        sent(&manager, &path, more, 201).await;
        assert_eq!(owner.get(&mine).await.expect(200).json()["credit"], "1.00");
        let back = json!({ "amount": "1", "paid_on": "2028-06-01", "reference": "BANK-7" });
        sent(&manager, &path.replace("/payments", "/refunds"), back, 201).await;
        let shown = owner.get(&mine).await.expect(200).json();
        assert_eq!((&shown["state"], &shown["owed"], &shown["credit"]), (&json!("repaid"), &json!("0.00"), &json!("0.00")));
        let measures = manager.get(&fund).await.expect(200);
        // 43,052.89 of 40,000; the root of the dated payments is 0.1247079091.
        assert!(measures.text.contains("43052.89") && measures.text.contains("0.12470791"), "{}", measures.text);
        let shown = measures.json()["measures"].clone();
        assert_eq!((&shown["dpi"]["value"], &shown["moic"]["value"]), (&json!("1.08"), &json!("1.08")));
        assert!(matches!(loser.get(&fund).await.status, 403 | 404));
    }
}
