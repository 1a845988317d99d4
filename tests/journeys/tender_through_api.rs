//! The same tender by programs with bearer tokens, under `/api/v1` only.

use super::{
    Bidder, Staff, at, condition_by_program, evaluate, id, items, levels, mission_by_program, on, refused, replayed,
    sent, statuses,
};
use crate::support::Api;
use commonweal::values::{Actor, Role};
use futures_util::join;
use serde_json::{Value, json};

const CLOSES: &str = "2027-03-15T12:00:00Z";

fn terms(jobs: &str, pay: &str) -> Value {
    let considered = "Considered on two open afternoons and written down.";
    json!({
        "description": "Four kitchens, fitted and free of rent.",
        "tender": {
            "procedure": "open", "contract_type": "goods_services", "estimated_value": "1200000.00",
            "circumstances": { "electronic_submission": true, "documents_with_notice": true },
            "starts_on": "2027-07-01", "ends_on": "2029-06-30", "price_sealed_until_moderated": true,
            "considered": {
                "market_engagement": considered, "conflicts": considered, "social_value": considered,
                "policy_statement": considered, "lots": considered, "exclusions": considered,
                "small_suppliers": considered,
            },
        },
        "round": null,
        "model": {
            "title": "Community kitchens", "rounding": { "rule": "half_up", "places": 2 }, "ties": [{ "by": "price" }],
            "criteria": [
                { "id": "insured", "title": "Insurance",
                  "kind": { "type": "pass_fail", "requirement": "You are insured for £5 million." } },
                { "id": "method", "title": "How will residents run the kitchens?", "weight": "50",
                  "kind": { "type": "quality", "levels": levels() } },
                { "id": "promises", "title": "Promises", "weight": "20",
                  "kind": { "type": "social_value", "method": "against_targets", "measures": [
                      { "id": "jobs", "title": "Residents in work", "unit": "people", "weight": "100", "target": "20" } ] } },
                { "id": "price", "title": "Whole price", "weight": "30",
                  "kind": { "type": "price", "model": { "formula": "lowest_over_price" } } },
            ],
        },
        "words": { "method": 40 },
        "conditions": [
            { "id": "jobs", "condition": jobs, "target": "20", "due": "2028-03-31", "required": false, "cap": null },
            { "id": "pay", "condition": pay, "target": "100", "due": "2028-06-30", "required": true, "cap": null },
        ],
        "eligibility": [{ "id": "registered", "question": "Is your organisation registered?", "right_answer": true,
                          "otherwise": "Register your organisation first." }],
        "timetable": { "questions_by": "2027-02-19T12:00:00Z", "answers_by": "2027-02-26T12:00:00Z", "deadline": CLOSES,
                       "decision_on": "2027-04-30" },
    })
}

fn offer(method: &str, jobs: &str, price: &str) -> Value {
    json!({
        "answers": {
            "eligibility": { "registered": true },
            "answers": { "insured": "yes", "method": method },
            "promises": {
                "jobs": { "quantity": jobs, "baseline": "2", "by": "2028-03-31", "how": "Job fairs" },
                "pay": { "quantity": "100", "baseline": "100", "by": "2028-06-30", "how": "Every wage" },
            },
        },
        "price": { "prices": { "price": price } },
    })
}

fn declared() -> Value {
    json!({ "declared_by": "Leila Haddad", "true_and_complete": "yes" })
}

/// Starts and writes an application; its address.
async fn written(api: &Api, call: &str, bidder: &Bidder, draft: Value) -> String {
    let body = json!({ "organisation": bidder.id });
    let key = format!("start {}", bidder.id);
    let made = id(&replayed(api, &format!("{call}/applications"), &key, body.clone()).await);
    assert_eq!(id(&sent(api, &format!("{call}/applications"), body, 201).await), made, "one for each organisation");
    let home = format!("/api/v1/applications/{made}");
    sent(api, &format!("{home}/draft"), draft, 200).await;
    home
}

/// A level or a pass, with its reason.
fn judged(criterion: &str, level: &str, why: &str) -> Value {
    if criterion == "insured" {
        json!({ "passed": "yes", "reason": why })
    } else {
        json!({ "level": level, "reason": why })
    }
}

both! {
    async fn a_supplier_bids_and_wins_by_program_and_the_one_that_loses_reads_why(world: World) {
        on(&world, "2027-02-01T09:00:00Z").await;
        let staff = Staff::new(&world);
        let public = world.api(&Actor::Public).await;
        let (lead, officer, second) = (world.api(&staff.lead).await, world.api(&staff.officer).await, world.api(&staff.second).await);
        let stranger = world.api(&staff.stranger).await;

        sent(&officer, "/api/v1/missions", json!({ "title": "Mine" }), 403).await;
        let mission = mission_by_program(&lead).await;
        let jobs = condition_by_program(&lead, "Residents in work", "negotiable", "people", "20").await;
        let pay = condition_by_program(&lead, "Fair pay", "fixed", "%", "100").await;

        // Made, checked, published, and opened by its notice.
        let new = json!({ "kind": "tender", "title": "Community kitchens", "summary": "Kitchens for neighbours.", "mission": mission });
        sent(&lead, "/api/v1/calls", new.clone(), 403).await;
        let call_id = id(&replayed(&officer, "/api/v1/calls", "call", new).await);
        let call = format!("/api/v1/calls/{call_id}");
        assert!(!items(&officer.get(&format!("{call}/check")).await.expect(200).json(), "missing").is_empty());
        let answer = sent(&officer, &format!("{call}/terms"), json!({ "terms": terms(&jobs, &pay) }), 200).await;
        assert_eq!(answer["missing"], json!([]));
        stranger.get(&call).await.expect(404);
        sent(&stranger, &format!("{call}/publish"), json!({ "seen": "yes" }), 404).await;
        refused(&officer, &format!("{call}/publish"), json!({}), "calls/rehearsal-unseen").await;
        let published = sent(&officer, &format!("{call}/publish"), json!({ "seen": "yes" }), 200).await;
        assert_eq!(published["stage"], "awaiting_notice");
        let again = officer.post(&format!("{call}/publish"), json!({ "seen": "yes" })).await;
        assert_eq!(again.status, 409);
        public.get(&call).await.expect(404);
        on(&world, "2027-02-01T11:00:00Z").await;
        let notice = json!({ "kind": "uk4", "notice_number": "2027/S 000-004711", "notice_date": "2027-02-01T10:30:00Z" });
        let notices = format!("{call}/notices");
        let (one, other) = join!(officer.post(&notices, notice.clone()), second.post(&notices, notice.clone()));
        assert_eq!(statuses(&one, &other), [statuses(&one, &other)[0], 409], "the notice is recorded once");
        assert_eq!(items(&public.get(&notices).await.expect(200).json(), "items").len(), 1);

        // Found, asked about, answered.
        assert!(public.get("/api/v1/calls").await.expect(200).text.contains(&call_id));
        let can = sent(&public, &format!("{call}/can-i-apply"), json!({ "answers": { "registered": false } }), 200).await;
        assert_eq!(can["can_apply"], false);
        let (alder, birch, cedar) = (Bidder::new(&world, "Alder Kitchens"), Bidder::new(&world, "Birch Meals"), Bidder::new(&world, "Cedar Food"));
        let (first, loser, late) = (world.api(&alder.owner).await, world.api(&birch.owner).await, world.api(&cedar.owner).await);
        let question = replayed(&loser, &format!("{call}/questions"), "q", json!({ "question": "Do volunteers count?" })).await;
        let answer = format!("{call}/questions/{}/answer", id(&question));
        sent(&first, &answer, json!({ "answer": "Yes!" }), 403).await;
        sent(&officer, &answer, json!({ "answer": "No, only paid work counts." }), 200).await;
        let asked = public.get(&format!("{call}/questions")).await.expect(200);
        assert_eq!(items(&asked.json(), "items").len(), 1);
        assert!(asked.text.contains("only paid work") && !asked.text.contains(&birch.id.to_string()));

        // Drafted, kept, completed, sent.
        let home = written(&first, &call, &alder, json!({ "answers": { "answers": { "method": "A council of residents" } }, "price": {} })).await;
        refused(&first, &format!("{home}/submit"), declared(), "applications/incomplete").await;
        let again = world.api(&alder.owner).await;
        assert_eq!(again.get(&format!("{home}/draft")).await.expect(200).json()["answers"]["answers"]["method"], "A council of residents");
        sent(&again, &format!("{home}/draft"), offer("A council of residents chooses the menus", "20", "900000.00"), 200).await;
        again.upload(&format!("{home}/files"), &[("about", "")], &[("file", "plan.pdf", b"%PDF-1.7 the plan")]).await.expect(201);
        assert_eq!(again.get(&format!("{home}/missing")).await.expect(200).json()["missing"], json!([]));
        let editor = world.api(&world.person_of(alder.id, Role::ApplicantEditor)).await;
        sent(&editor, &format!("{home}/submit"), declared(), 403).await;
        let receipt = replayed(&again, &format!("{home}/submit"), "send", declared()).await;
        assert!(receipt["received_at"].as_str().unwrap().starts_with("2027-02-01T11:0"), "{receipt}");
        let kept = again.get(&format!("{home}/receipt")).await.expect(200).json();
        assert_eq!((&kept["receipt"]["quality_sha256"], items(&kept, "older").len()), (&receipt["quality_sha256"], 0));

        // Birch sends twice at one moment, then replaces.
        let birch_home = written(&loser, &call, &birch, offer("We cook", "8", "850000.00")).await;
        let submit = format!("{birch_home}/submit");
        let (one, other) = join!(loser.post(&submit, declared()), loser.post(&submit, declared()));
        assert_eq!(statuses(&one, &other)[0], 200);
        sent(&loser, &format!("{birch_home}/draft"), offer("We cook with care", "10", "800000.00"), 200).await;
        let replaced = sent(&loser, &submit, declared(), 200).await;
        let kept = loser.get(&format!("{birch_home}/receipt")).await.expect(200).json();
        assert_eq!(kept["receipt"]["quality_sha256"], replaced["quality_sha256"]);
        assert!(items(&kept, "older").iter().all(|old| old["reference"] == replaced["reference"]));

        // Nobody else reads or touches it.
        for part in ["", "/draft", "/receipt", "/missing", "/content"] {
            for other in [&loser, &officer, &stranger, &public] {
                let status = other.get(&format!("{home}{part}")).await.status;
                assert!(matches!(status, 401 | 403 | 404), "{part}: {status}");
            }
        }
        for part in ["draft", "submit", "withdraw"] {
            assert!(matches!(loser.post(&format!("{home}/{part}"), declared()).await.status, 403 | 404));
        }
        assert!(!officer.get(&format!("{call}/applications")).await.text.contains("B-"));

        // Not before the closing, not late, not alone.
        let (opening, confirm) = (format!("{call}/opening"), format!("{call}/opening/confirm"));
        let (quality, price) = (json!({ "part": "quality" }), json!({ "part": "price" }));
        refused(&officer, &opening, quality.clone(), "applications/opens-later").await;
        let late_home = written(&late, &call, &cedar, offer("We deliver", "5", "700000.00")).await;
        on(&world, "2027-03-15T12:01:00Z").await;
        let too_late = late.post(&format!("{late_home}/submit"), declared()).await.expect(409);
        assert_eq!(too_late.json()["type"], "/problems/applications/late");
        assert!(too_late.text.contains(&at(CLOSES).exact()), "{}", too_late.text);
        on(&world, "2027-03-15T12:10:00Z").await;
        assert_eq!(second.post(&confirm, quality.clone()).await.status, 409);
        sent(&officer, &opening, quality.clone(), 200).await;
        assert!(matches!(officer.post(&confirm, quality.clone()).await.status, 403 | 409), "one officer twice");
        assert!(matches!(stranger.post(&confirm, quality.clone()).await.status, 403 | 404));
        let third = world.api(&world.person(Role::ProcurementOfficer)).await;
        let (one, other) = join!(second.post(&confirm, quality.clone()), third.post(&confirm, quality.clone()));
        assert_eq!(statuses(&one, &other), [200, 409], "each envelope opens once");
        let opened = officer.get(&format!("{call}/applications")).await.expect(200).json();
        let bids: Vec<String> = items(&opened, "items").iter().filter(|a| !a["opened_at"].is_null()).map(id).collect();
        assert_eq!(bids.len(), 2, "{opened}");
        let content = officer.get(&format!("{home}/content")).await.expect(200);
        assert!(content.text.contains("chooses the menus") && !content.text.contains("900000"));

        // The panel.
        let panel = format!("{call}/panel");
        let choice = officer.get(&panel).await.expect(200).json();
        assert_eq!(items(&choice, "evaluators").len(), staff.evaluators.len(), "{choice}");
        for evaluator in items(&choice, "evaluators") {
            sent(&officer, &panel, json!({ "account": evaluator["account"] }), 201).await;
        }
        let evaluators = [world.api(&staff.evaluators[0]).await, world.api(&staff.evaluators[1]).await];
        officer.get(&format!("{call}/sheet")).await.expect(403);
        let winner = home.rsplit('/').next().unwrap().to_owned();
        let level = |bid: &str| if bid == winner { "4" } else { "2" };
        for (place, evaluator) in evaluators.iter().enumerate() {
            assert_eq!(evaluator.get(&format!("{call}/sheet")).await.expect(409).json()["type"], "/problems/scoring/declare-first");
            sent(evaluator, &format!("{call}/declarations"), json!({ "answer": "none" }), 200).await;
            let mine = evaluator.get("/api/v1/evaluations").await.expect(200).json()["items"][0].clone();
            assert!(mine["declared_at"].is_string() && mine["final_at"].is_null(), "{mine}");
            assert!(call.ends_with(mine["call"].as_str().unwrap()));
            assert!(evaluator.get(&format!("{call}/sheet")).await.expect(200).text.contains("chooses the menus"));
            for bid in &bids {
                for criterion in ["insured", "method"] {
                    let why = format!("Reason of evaluator {place}");
                    sent(evaluator, &format!("{call}/scores/{bid}/{criterion}"), judged(criterion, level(bid), &why), 200).await;
                }
            }
            if place == 0 {
                let path = format!("{call}/scores/final");
                let (one, other) = join!(evaluator.post(&path, json!({})), evaluator.post(&path, json!({})));
                assert_eq!(statuses(&one, &other)[0], 200);
                let changed = evaluator.post(&format!("{call}/scores/{winner}/method"), judged("method", "1", "Changed")).await;
                assert_eq!(changed.status, 409, "final is final");
            }
        }
        assert!(!evaluators[1].get(&format!("{call}/scores")).await.text.contains("Reason of evaluator 0"));
        refused(&officer, &format!("{call}/moderation/{winner}/method"), judged("method", "4", "Early"), "scoring/sheets-not-final").await;
        sent(&evaluators[1], &format!("{call}/scores/final"), json!({}), 200).await;
        assert!(evaluators[1].get(&format!("{call}/scores")).await.expect(200).text.contains("Reason of evaluator 0"));

        // Moderation, prices, ranking.
        assert_eq!(officer.post(&opening, price.clone()).await.status, 409, "prices wait for the moderation");
        for bid in &bids {
            for criterion in ["insured", "method"] {
                let why = format!("The panel agrees on {}", level(bid));
                sent(&officer, &format!("{call}/moderation/{bid}/{criterion}"), judged(criterion, level(bid), &why), 200).await;
            }
        }
        sent(&evaluators[0], &format!("{call}/moderation/closed"), json!({}), 403).await;
        sent(&officer, &format!("{call}/moderation/closed"), json!({}), 200).await;
        sent(&officer, &opening, price.clone(), 200).await;
        sent(&second, &confirm, price, 200).await;
        sent(&officer, &format!("{call}/ranking"), json!({}), 201).await;
        let signature = format!("{call}/ranking/signature");
        let (one, other) = join!(officer.post(&signature, json!({})), second.post(&signature, json!({})));
        assert_eq!(statuses(&one, &other), [200, 409], "a ranking is signed once");
        let ranking = officer.get(&format!("{call}/ranking")).await.expect(200).json();
        // 50 + 20 + 30 x 800,000 / 900,000, and 25 + 10 + 30.
        let totals: Vec<_> = items(&ranking, "ranking").iter().map(|r| r["total"].as_str().unwrap()).collect();
        assert_eq!(totals, ["96.67", "65.00"]);
        let recomputed = evaluate(&officer.get(&format!("{call}/ranking/file")).await.expect(200).text);
        assert_eq!(recomputed["agrees"], true);
        assert_eq!(recomputed["result"]["ranking"][0]["total"], "96.67");
        assert!(matches!(loser.get(&format!("{call}/ranking/file")).await.status, 403 | 404));

        // Recommended by one, approved by another.
        let recommend = json!({ "application": winner, "reasons": "First by the published criteria." });
        let award_id = id(&replayed(&officer, &format!("{call}/awards"), "award", recommend).await);
        let award = format!("/api/v1/awards/{award_id}");
        for kind in ["exclusion", "debarment"] {
            let check = json!({ "kind": kind, "outcome": "clear", "note": "Looked up today" });
            sent(&officer, &format!("{home}/checks"), check, 200).await;
        }
        let approve = json!({ "decision": "approve" });
        let decision = format!("{award}/decision");
        refused(&officer, &decision, approve.clone(), "awards/same-person").await;
        sent(&lead, &decision, approve.clone(), 403).await;
        let members = [world.api(&staff.members[0]).await, world.api(&staff.members[1]).await];
        let (one, other) = join!(members[0].post(&decision, approve.clone()), members[1].post(&decision, approve.clone()));
        assert_eq!(statuses(&one, &other), [200, 409], "a recommendation is decided once");

        // Summaries, notice, standstill.
        loser.get(&format!("{birch_home}/outcome")).await.expect(404);
        on(&world, "2027-04-12T09:00:00Z").await;
        let early = json!({ "number": "2027/S 000-008815", "published_date": "2027-04-12T08:00:00Z" });
        refused(&officer, &format!("{award}/notice"), early, "awards/summaries-not-sent").await;
        officer.get(&format!("{call}/summaries/{winner}")).await.expect(404);
        sent(&officer, &format!("{call}/summaries"), json!({}), 200).await;
        // What a supplier is told is there for the officer and the auditor as it was sent, and for nobody else.
        let told = world.api(&world.person(Role::Auditor)).await.get(&format!("{call}/summaries/{winner}")).await.expect(200).json();
        assert!(told["giving"]["state"] == "given" && told["giving"]["at"].is_string() && told["summary"]["authority"] == "Northbridge Council", "{told}");
        evaluators[0].get(&format!("{call}/summaries/{winner}")).await.expect(403);
        on(&world, "2027-04-12T11:00:00Z").await;
        let notice = json!({ "number": "2027/S 000-008815", "published_date": "2027-04-12T10:00:00Z" });
        let standstill = sent(&officer, &format!("{award}/notice"), notice, 200).await;
        assert_eq!((&standstill["standstill_last_day"], &standstill["earliest_signing"]), (&json!("2027-04-21"), &json!("2027-04-22")));
        let signing = format!("{award}/agreement");
        on(&world, "2027-04-21T16:00:00Z").await;
        refused(&officer, &signing, json!({}), "awards/in-standstill").await;

        // The loser reads why.
        let outcome = loser.get(&format!("{birch_home}/outcome")).await.expect(200);
        let summary = outcome.json()["summary"].clone();
        assert_eq!((&summary["rank"], &summary["total"]), (&json!(2), &json!("65.00")));
        let method = items(&summary, "own").iter().find(|c| c["title"] == "How will residents run the kitchens?").unwrap().clone();
        assert_eq!((&method["score"], &method["winner_score"]), (&json!("25.00"), &json!("50.00")));
        assert!(method["explanation"].as_str().unwrap().contains("The panel agrees on 2"));
        // Of the winner the same: the level, the agreed reason, and whether what is asked of everybody was met.
        assert_eq!((&method["winner_level"], &method["winner_explanation"]), (&json!("Level 4: Level text 4"), &json!("The panel agrees on 4")));
        let insured = items(&summary, "own").iter().find(|c| c["title"] == "Insurance").unwrap().clone();
        assert_eq!((&insured["score"], &insured["winner_score"]), (&json!("Passed"), &json!("Passed")));
        assert_eq!((&insured["winner_level"], &insured["winner_explanation"]), (&Value::Null, &json!("The panel agrees on 4")));
        // Of what is worked out from the winner's price and promises only the score is told.
        let price = items(&summary, "own").iter().find(|c| c["title"] == "Whole price").unwrap().clone();
        assert_eq!((&price["winner_score"], &price["winner_explanation"]), (&json!("26.67"), &Value::Null));
        for hidden in ["chooses the menus", "Reason of evaluator", "900000", "900,000"] {
            assert!(!outcome.text.contains(hidden), "{hidden} is shown");
        }
        let own = evaluate(&outcome.json()["own_scores"].to_string());
        assert_eq!(own["agrees"], true, "{own}");
        loser.get(&format!("{home}/outcome")).await.expect(404);

        // Signed once; the promises are obligations.
        on(&world, "2027-04-22T09:00:00Z").await;
        sent(&lead, &signing, json!({}), 403).await;
        let signed = json!({ "kpis": ["jobs"] });
        let (one, other) = join!(officer.post(&signing, signed.clone()), second.post(&signing, signed));
        assert_eq!(statuses(&one, &other), [201, 409], "a contract is signed once");
        world.run_jobs().await;
        let listed = first.get("/api/v1/agreements").await.expect(200).json();
        assert_eq!(items(&listed, "items").len(), 1);
        let agreement = format!("/api/v1/agreements/{}", id(&items(&listed, "items")[0]));
        let shown = first.get(&agreement).await.expect(200).json();
        let said = |o: &Value, field: &str| o[field].as_str().unwrap().to_owned();
        let mut promised: Vec<_> =
            items(&shown, "obligations").iter().map(|o| (said(o, "asked"), said(o, "promised"))).collect();
        promised.sort();
        assert_eq!(promised, [("jobs".to_owned(), "20".to_owned()), ("pay".to_owned(), "100".to_owned())]);
        for other in [&loser, &stranger] {
            other.get(&agreement).await.expect(404);
        }

        // A figure with its evidence, verified lower.
        on(&world, "2028-04-03T09:00:00Z").await;
        let dues = first.get("/api/v1/dues").await.expect(200).json();
        let due = items(&dues, "items").iter().find(|d| d["title"] == "Residents in work").unwrap();
        let due = format!("/api/v1/dues/{}", id(due));
        loser.get(&due).await.expect(404);
        let figure = json!({ "quantity": "19", "evidence": [{ "name": "payroll.csv", "content": "bW9udGgscGVvcGxlCjIwMjgtMDMsMTkK" }] });
        let claims = format!("{due}/claims");
        assert!(matches!(loser.post(&claims, figure.clone()).await.status, 403 | 404));
        refused(&first, &claims, json!({ "quantity": "19" }), "compliance/no-evidence").await;
        let claim = replayed(&first, &claims, "figure", figure.clone()).await;
        assert_eq!(first.post(&claims, figure).await.status, 409, "one figure at a time");
        let decision = format!("/api/v1/claims/{}/decision", claim["claim"].as_str().unwrap());
        let accept = json!({ "decision": "accept", "verified": "18", "reason": "One left in May" });
        for other in [&first, &officer, &stranger] {
            sent(other, &decision, accept.clone(), 403).await;
        }
        let contracts = [world.api(&staff.contracts).await, world.api(&world.person(Role::ContractManager)).await];
        let (one, other) = join!(contracts[0].post(&decision, accept.clone()), contracts[1].post(&decision, accept.clone()));
        assert_eq!(statuses(&one, &other), [200, 409], "a figure is decided once");
        let totals = first.get(&format!("{agreement}/totals")).await.expect(200).json();
        let jobs = items(&totals, "items").iter().find(|t| t["unit"] == "people").unwrap();
        assert_eq!((&jobs["promised"], &jobs["claimed"], &jobs["verified"]), (&json!("20"), &json!("19"), &json!("18")));
        let seen = public.get("/api/v1/missions/food/totals").await.expect(200).json();
        assert!(items(&seen, "items").contains(jobs), "everybody sees the same: {seen}");
        assert!(public.get("/api/v1/register").await.expect(200).text.contains("Alder Kitchens"));
    }
}
