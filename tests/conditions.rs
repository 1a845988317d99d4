//! The catalogue of conditions as its authors and the fund manager meet it.

use crate::support::World;
use commonweal::calls::samples::{self, Dates};
use commonweal::calls::{self, CallStage};
use commonweal::conditions::{self, AskedOf, camden, may_be_asked};
use commonweal::values::{Actor, RefusalInfo, Role};
use serde_json::{Value, json};

fn entry(depends_on: &[&str]) -> Value {
    json!({
        "title": "Fair pay", "text": "Everybody is paid at least the London Living Wage", "behaviour": "directionality",
        "fixedness": "fixed", "measure": "Staff paid it", "unit": "%", "direction": "at_least", "target": "100",
        "evidence": "Payroll without names", "verifier": "council", "cadence": "yearly", "pace": "builds", "grace_days": "14",
        "cure_days": "60", "remedies": "Notice\nTermination", "depends_on": depends_on,
    })
}

pub async fn made(world: &World, by: &Actor, depends_on: &[&str]) -> String {
    let made = world.api(by).await.post("/api/v1/conditions", entry(depends_on)).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

const GROUNDS: &str =
    "The move brings work to an area with few jobs, widens what the firm makes, and closes nothing elsewhere.";

both! {
    async fn a_new_version_keeps_the_old_words_and_needs_its_reason(world: World) {
        let lead = world.person(Role::MissionLead);
        let id = made(&world, &lead, &["none"]).await;
        let api = world.api(&lead).await;
        let mut next = entry(&["none"]);
        next["target"] = json!("95");
        let path = format!("/api/v1/conditions/{id}/versions");
        api.post(&path, next.clone()).await.expect(422);
        next["reason"] = json!("Apprentices are paid by their own scale");
        assert_eq!(api.post(&path, next).await.expect(201).json()["version"], 2);
        let (first, newest) = world.app.db.read_now(|db| {
            let id = id.parse().unwrap();
            Ok((conditions::find_version(db, id, 1)?, conditions::latest(db, world.council)?))
        }).unwrap();
        assert_eq!(first.body.0.target.to_string(), "100");
        assert_eq!((newest.len(), newest[0].version, newest[0].body.0.target.to_string()), (1, 2, "95".to_owned()));
        world.client(&lead).await.get(&format!("/conditions/{id}")).await.expect(200)
            .shows("Apprentices are paid by their own scale").shows("Can be asked of investments");
    }

    async fn the_author_must_answer_what_the_condition_depends_on(world: World) {
        let lead = world.person(Role::MissionLead);
        let api = world.api(&lead).await;
        let open = api.post("/api/v1/conditions", entry(&[])).await.expect(422);
        assert!(open.text.contains("depends_on"));
        let page = world.client(&lead).await;
        page.get("/conditions/new").await.expect(200).shows("None of these");
        page.post("/conditions/new", &[("title", "Ovens"), ("text", "British ovens")]).await.expect(422)
            .shows("Choose everything that keeping this condition depends on").shows("British ovens");
    }

    async fn a_condition_to_buy_british_is_refused_for_investments_with_the_section_and_has_no_exception(world: World) {
        let author = world.person(Role::ProcurementOfficer);
        let id = made(&world, &author, &["domestic_content", "relocation"]).await;
        let fund = world.person(Role::FundManager);
        let shown = world.api(&fund).await.get(&format!("/api/v1/conditions/{id}")).await.expect(200).json();
        assert_eq!(shown["versions"][0]["investment"]["refusal"]["reference"], "Subsidy Control Act 2022 s.17");
        assert_eq!(shown["versions"][0]["tender"]["allowed"], true);
        let refused = world.api(&fund).await
            .post(&format!("/api/v1/conditions/{id}/exception"), json!({ "version": "1", "grounds": GROUNDS })).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/conditions/nothing-to-except");
        world.client(&fund).await.get(&format!("/conditions/{id}")).await.expect(200)
            .shows("Cannot be asked of investments").hides("Record the exception");
    }

    async fn a_move_within_the_uk_is_blocked_until_somebody_else_records_the_exception_for_that_version(world: World) {
        // The author is a fund manager too, so only the rule of the second person stands in the way.
        let author = world.person(Role::FundManager);
        let id = made(&world, &author, &["relocation"]).await;
        let path = format!("/api/v1/conditions/{id}/exception");
        let body = json!({ "version": "1", "grounds": GROUNDS });
        let own = world.api(&author).await.post(&path, body.clone()).await.expect(409).json();
        assert_eq!(own["type"], "/problems/conditions/own-version");
        world.api(&world.person(Role::ProcurementOfficer)).await.post(&path, body.clone()).await.expect(403);
        let other = world.person(Role::FundManager);
        world.api(&other).await.post(&path, json!({ "version": "1", "grounds": "Because" })).await.expect(422);
        let page = world.client(&other).await;
        page.get(&format!("/conditions/{id}")).await.expect(200).shows("Blocked for investments").shows("Record the exception");
        page.get(&format!("/conditions/{id}/exception")).await.expect(200).shows("Subsidy Control Act 2022 s.18");
        page.post_and_follow(&format!("/conditions/{id}/exception"), &[("version", "1"), ("grounds", GROUNDS)]).await
            .expect(200).shows("Can be asked of investments").shows("brings work to an area");
        let again = world.api(&other).await.post(&path, body).await.expect(409).json();
        assert_eq!(again["type"], "/problems/conditions/excepted-already");
        // A later version starts again from nothing.
        let mut next = entry(&["relocation"]);
        next["reason"] = json!("New words");
        world.api(&author).await.post(&format!("/api/v1/conditions/{id}/versions"), next).await.expect(201);
        let today = world.now().date();
        let refusal = world.app.db.read_now(|db| {
            let id = id.parse().unwrap();
            assert!(conditions::exceptions_recorded(db, &[id])?.contains(&(id, 1)));
            let version = conditions::find_version(db, id, 2)?;
            let recorded = conditions::exceptions_recorded(db, &[id])?.contains(&(id, 2));
            Ok(may_be_asked(&version.body.0, AskedOf::Investment, recorded, today).unwrap_err())
        }).unwrap();
        assert_eq!(refusal.code(), "conditions/exception-needed");
    }

    async fn a_round_that_asks_to_move_within_the_uk_is_not_published_until_the_exception_is_recorded(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let manager = world.person(Role::FundManager);
        let moving = made(&world, &manager, &["relocation"]).await;
        let dates = Dates::closing_in(now, 40);
        let terms = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        let id = samples::draft(&world.app, &manager, ground.mission("youth").unwrap(), &terms, now).await.unwrap();
        let desk = world.client(&manager).await;
        let (home, due) = (format!("/desk/calls/{id}"), dates.ends_on.to_string());
        desk.get(&home).await.expect(200).shows("Everything is there");
        let asked = [("condition", moving.as_str()), ("target", "100"), ("due", due.as_str()), ("required", "yes")];
        desk.post(&format!("{home}/conditions"), &asked).await.expect(303);

        let lacks = "an exception, which somebody other than the author must record";
        desk.get(&format!("{home}/conditions")).await.expect(200).shows(lacks);

        // It alone stands in the way, and the officer reads by which law.
        let publish = format!("{home}/publish");
        desk.post(&publish, &[("seen", "yes")]).await.expect(422).shows("One thing is missing")
            .shows("an exception, which somebody other than the author must record").shows("Subsidy Control Act 2022 s.18");
        let refused = world.api(&manager).await.post(&format!("/api/v1/calls/{id}/publish"), json!({ "seen": "yes" })).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/calls/incomplete");
        let stage = || world.app.db.read_now(|db| calls::find(db, id)).unwrap().stage;
        assert_eq!(stage(), CallStage::Draft);

        let second = world.client(&world.person(Role::FundManager)).await;
        second.post_and_follow(&format!("/conditions/{moving}/exception"), &[("version", "1"), ("grounds", GROUNDS)]).await
            .expect(200).shows("Can be asked of investments");
        desk.get(&format!("{home}/conditions")).await.expect(200).hides(lacks);
        desk.post(&publish, &[("seen", "yes")]).await.expect(303);
        assert_eq!(stage(), CallStage::Open);
    }

    async fn an_exception_for_one_version_lets_no_other_version_into_a_round_that_asks_both(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let manager = world.person(Role::FundManager);
        let moving = made(&world, &manager, &["relocation"]).await;
        let body = json!({ "version": "1", "grounds": GROUNDS });
        world.api(&world.person(Role::FundManager)).await.post(&format!("/api/v1/conditions/{moving}/exception"), body).await.expect(200);
        let api = world.api(&manager).await;
        let mut next = entry(&["relocation"]);
        next["reason"] = json!("New words");
        api.post(&format!("/api/v1/conditions/{moving}/versions"), next).await.expect(201);
        let dates = Dates::closing_in(now, 40);
        let mut terms = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        for version in [1, 2] {
            let asked = calls::ConditionAsked {
                id: format!("moving_{version}"),
                condition: moving.parse().unwrap(),
                version,
                target: "100".parse().unwrap(),
                cap: None,
                ..terms.conditions[0].clone()
            };
            terms.conditions.push(asked);
        }
        let id = samples::draft(&world.app, &manager, ground.mission("youth").unwrap(), &terms, now).await.unwrap();
        let missing = || async { api.get(&format!("/api/v1/calls/{id}/check")).await.expect(200).json()["missing"].clone() };
        let found = missing().await;
        assert_eq!(found.as_array().unwrap().iter().map(|m| &m["code"]).collect::<Vec<_>>(), ["conditions/exception-needed"], "of version 2 alone");
        // Once it is recorded for that version too, nothing is in the way.
        let body = json!({ "version": "2", "grounds": GROUNDS });
        world.api(&world.person(Role::FundManager)).await.post(&format!("/api/v1/conditions/{moving}/exception"), body).await.expect(200);
        assert_eq!(missing().await, json!([]));
    }

    async fn an_author_is_warned_of_words_that_look_prohibited(world: World) {
        let lead = world.person(Role::MissionLead);
        let mut ovens = entry(&["none"]);
        ovens["text"] = json!("Only UK-made ovens are used");
        let id = world.api(&lead).await.post("/api/v1/conditions", ovens).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        world.client(&lead).await.get(&format!("/conditions/{id}")).await.expect(200).shows("uk made").shows("Read it again");
    }

    async fn the_catalogue_is_filtered_by_behaviour_and_mission_and_exported(world: World) {
        let lead = world.person(Role::MissionLead);
        let written = camden::write_all(&world.app, &lead, world.now()).await.unwrap();
        assert_eq!(written.len(), 10);
        let page = world.client(&lead).await;
        page.get("/conditions?behaviour=reinvestment").await.expect(200).shows("Reinvestment of surplus").hides("Fair pay");
        page.get("/conditions?behaviour=nonsense").await.expect(422);
        let csv = page.get("/conditions?behaviour=access&format=csv").await.expect(200);
        assert_eq!(csv.text.lines().count(), 4, "three entries and the heads");
        let other = world.person_of(world.other_council(), Role::MissionLead);
        world.client(&other).await.get("/conditions").await.expect(200).hides("Fair pay");
        world.client(&other).await.get(&format!("/conditions/{}", written[0].id)).await.expect(404);
        world.api(&world.person(Role::Evaluator)).await.post("/api/v1/conditions", entry(&["none"])).await.expect(403);
    }

    async fn the_database_itself_refuses_to_change_a_version(world: World) {
        use diesel::connection::SimpleConnection;
        let lead = world.person(Role::MissionLead);
        made(&world, &lead, &["none"]).await;
        for statement in ["UPDATE condition_versions SET reason = 'x'", "DELETE FROM condition_versions"] {
            assert!(world.app.db.write_now(|db| Ok(db.batch_execute(statement)?)).is_err(), "{statement}");
        }
    }
}
