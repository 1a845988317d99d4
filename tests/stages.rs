//! A tender in two stages: four ask to take part, the published rule brings two into the second stage, one of them wins.

use crate::awards::declared;
use crate::journeys::{evaluate, refused, sent};
use crate::support::{Api, World};
use chrono::TimeDelta;
use commonweal::applications::samples::{Sample, submit_complete};
use commonweal::applications::{Application, actions as applying};
use commonweal::calls::samples::{self, Dates};
use commonweal::calls::{self, Call, CallStage, Part, Terms};
use commonweal::db::schema::{call_shortlisted, shortlists};
use commonweal::evaluation::{Kind, StagesFile};
use commonweal::law::procedures::Procedure;
use commonweal::outbox::mail;
use commonweal::scoring::samples as judging;
use commonweal::values::{Actor, Id, Instant, Pence, Role, actor};
use diesel::prelude::*;
use rust_decimal::dec;
use serde_json::{Value, json};

/// The people of the council.
struct Council {
    officer: Actor,
    colleague: Actor,
    evaluators: Vec<Actor>,
}

impl Council {
    fn new(world: &World) -> Council {
        Council {
            officer: world.person(Role::ProcurementOfficer),
            colleague: world.person(Role::ProcurementOfficer),
            evaluators: vec![world.person(Role::Evaluator), world.person(Role::Evaluator)],
        }
    }
}

struct Supplier {
    organisation: Id<actor::Organisation>,
    owner: Actor,
}

fn find(world: &World, id: Id<Call>) -> Call {
    world.app.db.read_now(|db| calls::find(db, id)).unwrap()
}

/// The kitchens tender as a draft under a procedure, without conditions.
async fn draft(world: &World, officer: &Actor, procedure: Procedure) -> Id<Call> {
    let ground = samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
    let mut terms = samples::community_kitchens(&Dates::closing_in(world.now(), 52), vec![]);
    terms.tender.as_mut().unwrap().procedure = procedure;
    samples::draft(&world.app, officer, ground.mission("food").unwrap(), &terms, world.now()).await.unwrap()
}

/// The terms without their price, whose points the last criterion gets.
fn without_price(mut terms: Terms) -> Terms {
    terms.model.criteria.retain(|c| !matches!(c.kind, Kind::Price { .. }));
    let last = terms.model.criteria.last_mut().unwrap();
    last.weight = last.weight.map(|weight| weight + dec!(30));
    terms
}

async fn save(officer: &Api, call: Id<Call>, terms: &Terms) -> Value {
    sent(officer, &format!("/api/v1/calls/{call}/terms"), json!({ "terms": terms }), 200).await
}

/// Both stages as drafts that are whole: first and second.
async fn divided(world: &World, council: &Council) -> (Id<Call>, Id<Call>) {
    let first = draft(world, &council.officer, Procedure::CompetitiveFlexible).await;
    let officer = world.api(&council.officer).await;
    let rule = json!({ "best": "2", "at_least": "50" });
    let made = sent(&officer, &format!("/api/v1/calls/{first}/stages"), rule, 201).await;
    let second: Id<Call> = made["second"].as_str().unwrap().parse().unwrap();
    let answer = save(&officer, first, &without_price(find(world, first).terms.0)).await;
    assert_eq!(answer["missing"], json!([]));
    (first, second)
}

async fn published(world: &World, council: &Council, first: Id<Call>) {
    let officer = world.api(&council.officer).await;
    let seen = json!({ "seen": "yes", "seen_second": "yes" });
    sent(&officer, &format!("/api/v1/calls/{first}/publish"), seen, 200).await;
    let notice = json!({ "kind": "uk4", "notice_number": "2026/S 000-071", "notice_date": world.now().rfc3339() });
    sent(&officer, &format!("/api/v1/calls/{first}/notices"), notice, 200).await;
}

/// Alder is best, Birch is good, Cedar just reaches the points, and Dill does not.
fn judge(_: usize, name: &str, criterion: &str) -> u32 {
    match name {
        n if n.starts_with("Alder") => 4,
        n if n.starts_with("Birch") => 3,
        n if n.starts_with("Cedar") => 2,
        _ if criterion == "menus" => 2,
        _ => 1,
    }
}

/// In the second stage Birch is better.
fn judge_final(_: usize, name: &str, _: &str) -> u32 {
    if name.starts_with("Birch") { 4 } else { 2 }
}

async fn apply(world: &World, supplier: &Supplier, call: Id<Call>, pounds: i64) -> Id<Application> {
    let sample = Sample {
        text: "Neighbours cook and eat together.".into(),
        factor: dec!(1),
        price: Pence(pounds * 100),
        declared_by: "Leila Haddad".into(),
    };
    let sent = submit_complete(&world.app, &supplier.owner, supplier.organisation, call, &sample, world.now()).await;
    sent.unwrap().0
}

async fn open(world: &World, council: &Council, call: Id<Call>, part: Part) {
    let (app, now) = (&world.app, world.now());
    applying::ask_opening(app, &council.officer, call, part, now).await.unwrap();
    applying::confirm_opening(app, &council.colleague, call, part, now).await.unwrap();
}

/// Closes a call, opens what came in, scores, ranks and signs.
async fn ranked(world: &World, council: &Council, call: Id<Call>, judge: judging::Judge<'_>, prices: bool) {
    let closes = find(world, call).deadline_at.unwrap();
    world.move_clock(closes.plus(TimeDelta::minutes(6))).await;
    let (app, now) = (&world.app, world.now());
    open(world, council, call, Part::Quality).await;
    judging::score_everything(app, &council.officer, &council.evaluators, call, judge, now).await.unwrap();
    judging::moderate_everything(app, &council.officer, call, judge, now).await.unwrap();
    if prices {
        open(world, council, call, Part::Price).await;
    }
    judging::rank_and_sign(app, &council.officer, call, world.now()).await.unwrap();
}

/// Dates of a second stage that closes so many days from now, as a program sends them.
fn dates(now: Instant, days: u64) -> Value {
    let dates = Dates::closing_in(now, days);
    json!({
        "questions_by_date": dates.questions_by.rfc3339(), "answers_by_date": dates.answers_by.rfc3339(),
        "deadline_date": dates.deadline.rfc3339(), "decision_on": dates.decision_on.to_string(),
    })
}

fn applicants(world: &World) -> Vec<Supplier> {
    ["Alder Kitchens", "Birch Meals", "Cedar Food", "Dill Suppers"]
        .map(|name| {
            let (organisation, owner) = world.applicant(name);
            Supplier { organisation, owner }
        })
        .into()
}

both! {
    async fn an_officer_with_a_conflict_neither_proposes_nor_decides_on_a_shortlist_and_others_do(world: World) {
        let council = Council::new(&world);
        let (first, _) = divided(&world, &council).await;
        published(&world, &council, first).await;
        let mut requests = Vec::new();
        for supplier in &applicants(&world) {
            requests.push(apply(&world, supplier, first, 0).await);
        }
        ranked(&world, &council, first, &judge, false).await;
        let torn = world.person(Role::ProcurementOfficer);
        declared(&world, first, requests[3], &torn);
        let (torn, officer, colleague) = (world.api(&torn).await, world.api(&council.officer).await, world.api(&council.colleague).await);
        let shortlist = format!("/api/v1/calls/{first}/shortlist");
        let decision = format!("{shortlist}/decision");
        refused(&torn, &shortlist, dates(world.now(), 21), "scoring/conflicted").await;
        sent(&officer, &shortlist, dates(world.now(), 21), 201).await;
        for word in ["confirm", "return"] {
            refused(&torn, &decision, json!({ "decision": word, "note": "Give them longer" }), "scoring/conflicted").await;
        }
        sent(&colleague, &decision, json!({ "decision": "confirm" }), 200).await;
    }
    async fn four_ask_to_take_part_two_are_invited_and_one_wins_by_the_published_rule(world: World) {
        let council = Council::new(&world);
        let (first, second) = divided(&world, &council).await;
        let (officer, colleague) = (world.api(&council.officer).await, world.api(&council.colleague).await);
        let public = world.api(&Actor::Public).await;
        let browser = world.client(&Actor::Public).await;
        // The second stage goes with its first, and nobody sees it before.
        refused(&officer, &format!("/api/v1/calls/{second}/publish"), json!({ "seen": "yes" }), "calls/with-its-first-stage").await;
        world.client(&council.officer).await.get(&format!("/desk/calls/{second}/publish")).await.expect(200)
            .shows("published together with its first stage").shows(&format!("/desk/calls/{first}/publish")).hides("Freeze and publish");
        published(&world, &council, first).await;
        let (one, two) = (find(&world, first), find(&world, second));
        assert_eq!((one.stage, two.stage, two.version), (CallStage::Open, CallStage::AwaitingNotice, 1));
        assert!(one.terms_hash.is_some() && two.terms_hash.is_some() && !two.is_open(world.now()));
        browser.get(&format!("/calls/{first}")).await.expect(200).shows("The first of two stages").shows("the best 2 go on").hides("The further below");
        browser.get(&format!("/calls/{second}")).await.expect(200).shows("Second stage: by invitation only").shows("The further below £1,200,000").shows("By invitation");
        let told = public.get(&format!("/api/v1/calls/{first}/stages")).await.expect(200).json();
        assert_eq!((&told["stages"]["second"]["id"], &told["stages"]["rule"]), (&json!(second), &json!({ "best": 2, "at_least": "50" })));
        let notice = json!({ "kind": "uk4", "notice_number": "2026/S 000-072", "notice_date": world.now().rfc3339() });
        refused(&officer, &format!("/api/v1/calls/{second}/notices"), notice, "calls/notice-not-expected").await;

        // Four ask to take part; nobody can begin a final tender yet.
        let suppliers = applicants(&world);
        let mut requests = Vec::new();
        for supplier in &suppliers {
            requests.push(apply(&world, supplier, first, 0).await);
        }
        let alder = world.api(&suppliers[0].owner).await;
        let begin = |place: usize| json!({ "organisation": suppliers[place].organisation });
        refused(&alder, &format!("/api/v1/calls/{second}/applications"), begin(0), "applications/not-open").await;

        // No shortlist before the ranking is signed, and no award from this stage at all.
        let shortlist = format!("/api/v1/calls/{first}/shortlist");
        refused(&officer, &shortlist, dates(world.now(), 60), "scoring/shortlist-not-signed").await;
        ranked(&world, &council, first, &judge, false).await;
        let award = json!({ "application": requests[0], "reasons": "It is first" });
        refused(&officer, &format!("/api/v1/calls/{first}/awards"), award, "awards/stage-shortlists").await;
        let desk = world.client(&council.officer).await;
        desk.get(&format!("/desk/calls/{first}/award")).await.expect(200).shows("it ends in a shortlist, not in an award");
        desk.get(&format!("/desk/calls/{first}")).await.expect(200).shows("Who goes on to the second stage");
        let page = format!("/desk/calls/{first}/shortlist");
        desk.get(&page).await.expect(200).shows("By the published rule 2 go on and 2 stay.").shows("Place 3 is after the best 2 that go on.").shows("30.00 points are fewer than the 50");
        desk.get(&format!("/desk/calls/{second}/shortlist")).await.expect(409).shows("This is the second stage.");
        desk.get(&format!("/desk/calls/{second}/withdraw")).await.expect(409);

        // Suppliers that were selected have ten days at least from the day after the invitation.
        let soon = officer.post(&shortlist, dates(world.now(), 9)).await.expect(409).json();
        assert_eq!((&soon["type"], &soon["reference"]), (&json!("/problems/calls/period-too-short"), &json!("Procurement Act 2023 s.54")));
        officer.post(&shortlist, json!({ "deadline_date": "soon" })).await.expect(422);
        // Dates that are past or out of order are told at their fields.
        let at = |days: i64| world.now().plus(TimeDelta::days(days)).rfc3339();
        let with = |field: &str, value: String| {
            let mut dates = dates(world.now(), 21);
            dates[field] = json!(value);
            dates
        };
        for (field, value, told) in [
            ("questions_by_date", at(-3), "still to come"),
            ("answers_by_date", at(-2), "still to come"),
            ("deadline_date", at(-1), "still to come"),
            ("answers_by_date", at(1), "before questions end"),
            ("answers_by_date", at(30), "before all answers are published"),
        ] {
            let error = officer.post(&shortlist, with(field, value)).await.expect(422);
            assert!(error.text.contains(told), "{field}: {}", error.text);
        }
        for (person, status) in [(&council.evaluators[0], 403), (&suppliers[0].owner, 403)] {
            let other = world.api(person).await;
            assert_eq!(other.post(&shortlist, dates(world.now(), 20)).await.status, status);
            assert_eq!(other.get(&shortlist).await.status, status);
        }
        let stranger = world.api(&world.person_of(world.other_council(), Role::ProcurementOfficer)).await;
        stranger.post(&shortlist, dates(world.now(), 20)).await.expect(404);

        // One officer proposes, another sends it back, then confirms what is proposed anew.
        let decision = format!("{shortlist}/decision");
        refused(&colleague, &decision, json!({ "decision": "confirm" }), "scoring/shortlist-not-proposed").await;
        sent(&officer, &shortlist, dates(world.now(), 12), 201).await;
        refused(&colleague, &shortlist, dates(world.now(), 12), "scoring/shortlist-already-proposed").await;
        refused(&officer, &decision, json!({ "decision": "confirm" }), "scoring/shortlist-same-person").await;
        world.api(&world.person(Role::CommitteeMember)).await.post(&decision, json!({ "decision": "confirm" })).await.expect(403);
        let second_desk = world.client(&council.colleague).await;
        let decide = format!("{page}/decision");
        second_desk.get(&page).await.expect(200).shows("Another officer confirms it.");
        second_desk.get("/tasks").await.expect(200).shows("Confirm the shortlist or send it back");
        desk.get("/tasks").await.expect(200).hides("Confirm the shortlist or send it back");
        second_desk.post(&decide, &[("decision", "return"), ("note", "")]).await.expect(422).shows("Say what should be changed");
        second_desk.post(&decide, &[("decision", "return"), ("note", "Give them three weeks")]).await.expect(303);
        desk.get(&page).await.expect(200).shows("sent back: Give them three weeks");
        sent(&officer, &shortlist, dates(world.now(), 21), 201).await;
        desk.get(&page).await.expect(200).hides("Record your decision");
        desk.post(&decide, &[("decision", "confirm")]).await.expect(422).shows("You proposed this shortlist");
        second_desk.post(&decide, &[("decision", "confirm")]).await.expect(303);
        refused(&colleague, &decision, json!({ "decision": "confirm" }), "scoring/shortlist-confirmed").await;
        let told = officer.get(&shortlist).await.expect(200).json();
        let names = |list: &Value| list.as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&told["goes_on"]), ["Alder Kitchens", "Birch Meals"]);
        assert_eq!(names(&told["stays"]), ["Cedar Food", "Dill Suppers"]);
        let invited: i64 = world.app.db.read_now(|db| Ok(call_shortlisted::table.count().get_result(db)?)).unwrap();
        let decided: i64 = world.app.db.read_now(|db| Ok(shortlists::table.count().get_result(db)?)).unwrap();
        assert_eq!((invited, decided), (2, 2));
        assert!(world.app.db.write_now(|db| Ok(diesel::delete(call_shortlisted::table).execute(db)?)).is_err(), "who was invited is append-only");
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        let count = |words: &str| mails.iter().filter(|m| m.subject.contains(words)).count();
        assert_eq!((count("you are invited to the second stage"), count("you do not go on")), (2, 2));
        assert!(count("A shortlist waits for you") >= 2, "the other officer is told of each proposal");
        assert!(mails.iter().any(|m| m.body.contains("Place 3 is after the best 2 that go on.")));

        // The second stage is open at once, to those two and to nobody else.
        let two = find(&world, second);
        assert_eq!((two.stage, two.version, two.is_open(world.now())), (CallStage::Open, 2, true));
        let late_page = world.client(&suppliers[2].owner).await;
        late_page.get(&format!("/applications/{}/outcome", requests[2])).await.expect(200).shows("You do not go on to the second stage.").shows("Place 3 is after the best 2").shows("27.50 of 55").hides("Withdraw this bid");
        late_page.get(&format!("/calls/{second}/apply")).await.expect(409).shows("Nobody comes in late");
        late_page.post(&format!("/calls/{second}/apply"), &[("organisation", &suppliers[2].organisation.to_string())]).await.expect(409).shows("Nobody comes in late");
        let late = world.api(&suppliers[2].owner).await.post(&format!("/api/v1/calls/{second}/applications"), begin(2)).await.expect(409).json();
        assert_eq!((&late["type"], &late["reference"]), (&json!("/problems/calls/late-entrant"), &json!("Procurement Act 2023 s.20(2)(b)")));
        let (organisation, owner) = world.applicant("Elder Late");
        refused(&world.api(&owner).await, &format!("/api/v1/calls/{second}/applications"), json!({ "organisation": organisation }), "calls/late-entrant").await;
        world.client(&suppliers[0].owner).await.get(&format!("/applications/{}/outcome", requests[0])).await.expect(200).shows("invited to send a final tender").shows("Start your final tender");
        let own = alder.get(&format!("/api/v1/applications/{}/outcome", requests[0])).await.expect(200).json();
        assert_eq!((&own["first_stage"]["goes_on"], &own["first_stage"]["second"]), (&json!(true), &json!(second)));
        assert_eq!((&own["first_stage"]["scores"][0]["score"], &own["own_scores"]), (&json!("20.00"), &Value::Null));
        // What the shortlist rests on stands.
        let fall = json!({ "ground": "debarred", "reason": "On the list since Monday" });
        refused(&officer, &format!("/api/v1/calls/{first}/bids/{}/fall", requests[0]), fall, "awards/decided").await;

        // Final tenders with prices are opened, scored, ranked and awarded as any other.
        let text = officer.get(&format!("/api/v1/calls/{first}/stages/file")).await.expect(200).text;
        let half: StagesFile = serde_json::from_str(&text).unwrap();
        assert_eq!(half.inputs.len(), 1);
        assert_eq!(half.recompute().unwrap(), half.result.unwrap());
        apply(&world, &suppliers[0], second, 1_000_000).await;
        let best = apply(&world, &suppliers[1], second, 1_100_000).await;
        ranked(&world, &council, second, &judge_final, true).await;
        let award = json!({ "application": best, "reasons": "The most advantageous final tender" });
        sent(&officer, &format!("/api/v1/calls/{second}/awards"), award, 201).await;

        // Both stages recompute to the same digits without the database.
        let text = officer.get(&format!("/api/v1/calls/{first}/stages/file")).await.expect(200).text;
        let file: StagesFile = serde_json::from_str(&text).unwrap();
        assert_eq!((file.inputs.len(), file.suppliers.len()), (2, 2));
        assert_eq!(file.recompute().unwrap(), file.result.clone().unwrap());
        assert_eq!(file.result.unwrap().shortlists[0].goes_on.len(), 2);
        let answer = evaluate(&text);
        assert_eq!((&answer["agrees"], &answer["differences"]), (&json!(true), &json!([])));
        assert_eq!(desk.get(&format!("/desk/calls/{second}/stages.json")).await.expect(200).text, text);
        desk.get(&format!("/desk/calls/{first}/moderation")).await.expect(200).shows("a file that recomputes both stages");
    }

    async fn an_open_procedure_has_one_stage_and_a_first_stage_has_no_price(world: World) {
        let council = Council::new(&world);
        let call = draft(&world, &council.officer, Procedure::Open).await;
        let (officer, desk) = (world.api(&council.officer).await, world.client(&council.officer).await);
        let (path, page) = (format!("/api/v1/calls/{call}/stages"), format!("/desk/calls/{call}/stages"));
        let rule = json!({ "best": "2", "at_least": "50" });
        let no = officer.post(&path, rule.clone()).await.expect(409).json();
        assert_eq!((&no["type"], &no["reference"]), (&json!("/problems/calls/one-stage-only"), &json!("Procurement Act 2023 s.20(2)(a)")));
        desk.get(&page).await.expect(200).shows("Two stages are not possible here").hides("Make it two stages");
        desk.post(&page, &[("best", "2")]).await.expect(422).shows("s.20(2)(a)");

        let mut terms = find(&world, call).terms.0;
        terms.tender.as_mut().unwrap().procedure = Procedure::CompetitiveFlexible;
        save(&officer, call, &terms).await;
        for (person, status) in [(world.person(Role::Evaluator), 403), (world.person(Role::FundManager), 403), (world.person(Role::Auditor), 403)] {
            assert_eq!(world.api(&person).await.post(&path, rule.clone()).await.status, status);
        }
        desk.get(&page).await.expect(200).shows("Make it two stages");
        desk.post(&page, &[("best", ""), ("at_least", "")]).await.expect(422).shows("Say who goes on");
        desk.post(&page, &[("best", "0"), ("at_least", "101")]).await.expect(422).shows("Enter a number from 1 to 1,000").shows("at most 100");
        desk.post(&page, &[("best", "3"), ("at_least", "")]).await.expect(303);
        let (rule_now, second) = find(&world, call).shortlists().map(|(rule, second)| (rule.clone(), second)).unwrap();
        assert_eq!((rule_now.best, rule_now.at_least), (Some(3), None));
        // The rule is changed on the same page; no second draft is made for it, and terms cannot smuggle another in.
        desk.post(&page, &[("best", "2"), ("at_least", "50")]).await.expect(303);
        assert_eq!(find(&world, call).shortlists().map(|(_, same)| same), Some(second));
        refused(&officer, &format!("/api/v1/calls/{second}/stages"), rule, "calls/is-second-stage").await;
        let mut smuggled = serde_json::to_value(&find(&world, call).terms.0).unwrap();
        smuggled["tender"]["stage"]["rule"]["best"] = json!(9);
        officer.post(&format!("/api/v1/calls/{call}/terms"), json!({ "terms": smuggled })).await.expect(422);
        let twin = find(&world, second);
        assert_eq!((twin.title.as_str(), twin.by_invitation()), ("Community kitchens on four estates: final tenders", Some(call)));
        desk.get(&format!("/desk/calls/{call}")).await.expect(200).shows("Requests to take part are judged without prices: remove “Price” here.").shows("The first of two");
        let unpriced = officer.post(&format!("/api/v1/calls/{call}/publish"), json!({ "seen": "yes" })).await.expect(409).json();
        assert_eq!(unpriced["type"], "/problems/calls/incomplete");
        // What the second stage lacks keeps both from being published, and is named.
        save(&officer, call, &without_price(find(&world, call).terms.0)).await;
        let mut thin = find(&world, second).terms.0;
        thin.description = String::new();
        save(&officer, second, &thin).await;
        desk.get(&format!("/desk/calls/{call}")).await.expect(200).shows("Second stage, what is wanted: Describe what is wanted.");
        refused(&officer, &format!("/api/v1/calls/{call}/publish"), json!({ "seen": "yes" }), "calls/incomplete").await;
        // One stage again.
        sent(&officer, &format!("{path}/undo"), json!({}), 200).await;
        assert_eq!((find(&world, call).shortlists().is_none(), find(&world, second).by_invitation()), (true, None));
        refused(&officer, &format!("{path}/undo"), json!({}), "calls/not-staged").await;
    }

    async fn both_stages_are_taken_back_and_withdrawn_together(world: World) {
        let council = Council::new(&world);
        let (first, second) = divided(&world, &council).await;
        let officer = world.api(&council.officer).await;
        let stages = |world: &World| (find(world, first).stage, find(world, second).stage);
        let desk = world.client(&council.officer).await;
        let page = format!("/desk/calls/{first}/publish");
        let shown = desk.get(&page).await.expect(200).shows("The model of the second stage").shows("I have seen what the rehearsal of the second stage found");
        // Each model has a tick of its own, and what was ticked is the model that was shown.
        let publish = format!("/api/v1/calls/{first}/publish");
        refused(&officer, &publish, json!({ "seen": "yes" }), "calls/second-rehearsal-unseen").await;
        refused(&officer, &publish, json!({ "seen_second": "yes" }), "calls/rehearsal-unseen").await;
        let (hash, second_hash) = (shown.field("model_hash").unwrap(), shown.field("second_hash").unwrap());
        assert_ne!(hash, second_hash);
        let swapped = json!({ "seen": "yes", "seen_second": "yes", "model_hash": hash, "second_hash": hash });
        refused(&officer, &publish, swapped, "calls/rehearsal-changed").await;
        desk.post(&page, &[("seen", "yes"), ("model_hash", &hash)]).await.expect(422).shows("of the second stage, and tick that you have seen that too");
        assert_eq!(stages(&world), (CallStage::Draft, CallStage::Draft));
        // Whoever acknowledged one on its own page ticks the other only.
        let word = json!({ "seen": "yes", "model_hash": second_hash });
        sent(&officer, &format!("/api/v1/calls/{second}/rehearsal"), word, 200).await;
        desk.get(&page).await.expect(200).shows("You acknowledged the rehearsal of the second stage").hides("seen_second");
        sent(&officer, &publish, json!({ "seen": "yes", "model_hash": hash }), 200).await;
        refused(&officer, &format!("/api/v1/calls/{second}/back-to-draft"), json!({}), "calls/with-its-first-stage").await;
        sent(&officer, &format!("/api/v1/calls/{first}/back-to-draft"), json!({}), 200).await;
        assert_eq!(stages(&world), (CallStage::Draft, CallStage::Draft));
        published(&world, &council, first).await;
        assert_eq!((stages(&world), find(&world, second).version), ((CallStage::Open, CallStage::AwaitingNotice), 2));
        let why = json!({ "reason": "The rooms burnt down." });
        refused(&officer, &format!("/api/v1/calls/{second}/withdraw"), why.clone(), "calls/with-its-first-stage").await;
        sent(&officer, &format!("/api/v1/calls/{first}/withdraw"), why, 200).await;
        assert_eq!(stages(&world), (CallStage::Withdrawn, CallStage::Withdrawn));
        world.client(&Actor::Public).await.get(&format!("/calls/{second}")).await.expect(200).shows("The rooms burnt down.");
    }
}
