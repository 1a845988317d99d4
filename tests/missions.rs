//! Missions as mission leads, contract managers and the public meet them.

use crate::agreements::contract;
use crate::funds::{agreement, day, ground, loan};
use crate::support::World;
use commonweal::investments::samples;
use commonweal::missions::{self, MissionInput, camden};
use commonweal::values::time::parse_date;
use commonweal::values::{Actor, Instant, Role};
use rust_decimal::dec;
use serde_json::json;

fn mission(title: &str) -> Vec<(&'static str, String)> {
    vec![
        ("title", title.to_owned()),
        ("statement", format!("By 2035, {title} is better")),
        ("summary", "We buy and lend for it.".to_owned()),
        ("answerable", "Director of Health".to_owned()),
        ("target_on", "2035-12-31".to_owned()),
    ]
}

fn pairs<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A mission with an outcome and an indicator through the API: slug and identifier of the indicator.
async fn measured(world: &World, lead: &Actor) -> (String, String) {
    let api = world.api(lead).await;
    let made = api
        .post(
            "/api/v1/missions",
            json!({ "title": "Warm homes", "statement": "By 2035 every home is warm", "summary": "We retrofit.",
                    "answerable": "Director of Housing", "target_on": "2035-12-31" }),
        )
        .await
        .expect(201)
        .json();
    let slug = made["slug"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/missions/{slug}");
    let outcome = api.post(&format!("{path}/outcomes"), json!({ "title": "Homes are warm" })).await.expect(201).json();
    let indicator = api
        .post(
            &format!("{path}/indicators"),
            json!({ "outcome": outcome["id"], "title": "homes brought to band C", "unit": "homes",
                    "direction": "increase", "baseline": "0", "baseline_on": "2020-01-01", "target": "8,000",
                    "target_on": "2035-12-31", "source": "Energy certificates" }),
        )
        .await
        .expect(201)
        .json();
    (slug, indicator["id"].as_str().unwrap().to_owned())
}

both! {
    async fn a_mission_lead_begins_measures_and_publishes_a_mission_through_pages(world: World) {
        let lead = world.client(&world.person(Role::MissionLead)).await;
        lead.get("/missions/new").await.expect(200);
        lead.post("/missions/new", &[("title", "Food")]).await.expect(422)
            .shows("Enter what will be different, and by when").shows("Error:");
        let page = lead.post_and_follow("/missions/new", &pairs(&mission("Food"))).await.expect(200);
        page.shows("This draft cannot be published yet").hides("Publish the mission");
        world.client(&Actor::Public).await.get("/missions/food").await.expect(404);
        lead.get("/missions/food/outcomes/new").await.expect(200);
        lead.post_and_follow("/missions/food/outcomes/new", &[("title", "Nobody goes hungry")]).await.expect(200).shows("Nobody goes hungry");
        let form = lead.get("/missions/food/indicators/new").await.expect(200);
        let outcome = form.text.split("<option value=\"").filter_map(|part| part.split_once('"')).map(|(id, _)| id.to_owned()).find(|id| id.len() == 26).unwrap();
        let fields = |target: &'static str| vec![("outcome", outcome.clone()), ("title", "of adults went hungry".into()), ("unit", "%".into()),
            ("direction", "decrease".into()), ("baseline", "19".into()), ("baseline_on", "31/3/2022".into()),
            ("target", target.to_owned()), ("target_on", "31/12/2035".into()), ("source", "Survey".into())];
        lead.post("/missions/food/indicators/new", &pairs(&fields("20"))).await.expect(422).shows("must lie in the direction").shows("of adults went hungry");
        lead.post_and_follow("/missions/food/indicators/new", &pairs(&fields("2"))).await.expect(200).shows("can be published");
        lead.post_and_follow("/missions/food/partners/new", &[("name", "Growing Alliance"), ("pledge", "Twelve gardens")]).await.expect(200);
        lead.post_and_follow("/missions/food/publish", &[]).await.expect(200).shows("The mission is published");
        let public = world.client(&Actor::Public).await;
        public.get("/missions/food").await.expect(200).shows("By 2035, Food is better").shows("Twelve gardens")
            .shows("No reading yet").hides("Work on this mission");
        public.get("/missions").await.expect(200).shows("By 2035, Food is better");
        public.get("/").await.expect(200).shows("One mission, and the money behind it");
        lead.post("/missions/food/publish", &[]).await.expect(409).shows("published already");
    }

    async fn a_reading_is_never_overwritten_and_its_correction_takes_its_place_with_the_reason(world: World) {
        let lead = world.person(Role::MissionLead);
        let (slug, indicator) = measured(&world, &lead).await;
        let contracts = world.api(&world.person(Role::ContractManager)).await;
        let path = format!("/api/v1/missions/{slug}/readings");
        let read = |value: &str| json!({ "indicator": indicator, "read_on": "2024-06-30", "value": value, "source": "Certificates" });
        let first = contracts.post(&path, read("1,900")).await.expect(201).json();
        let refused = contracts.post(&path, read("1,950")).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/missions/date-has-reading");
        let mut correction = read("1,950");
        correction["corrects"] = first["id"].clone();
        contracts.post(&path, correction.clone()).await.expect(422);
        correction["reason"] = json!("Fifty certificates came late");
        contracts.post(&path, correction.clone()).await.expect(201);
        let twice = contracts.post(&path, correction).await.expect(409).json();
        assert_eq!(twice["type"], "/problems/missions/corrected-already");
        let all = contracts.get(&path).await.expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 2, "both stay in the record");
        let shown = contracts.get(&format!("/api/v1/missions/{slug}")).await.expect(200).json();
        let current = shown["indicators"][0]["readings"].as_array().unwrap();
        assert_eq!((current.len(), &current[0]["value"]), (1, &json!("1950")));
        let future = json!({ "indicator": indicator, "read_on": "2200-01-01", "value": "1", "source": "x" });
        contracts.post(&path, future).await.expect(422);
        let desk = world.client(&lead).await;
        let csv = desk.get(&format!("/missions/{slug}/readings?format=csv")).await.expect(200);
        // The mark at the start tells spreadsheets that it is UTF-8.
        assert!(csv.text.starts_with("\u{feff}id,indicator,unit,date,reading,line,source,corrects,reason,superseded,recorded"));
        assert_eq!(csv.text.lines().count(), 3);
        assert!(csv.text.contains("Fifty certificates came late") && csv.text.contains(",yes,"));
        desk.get(&format!("/missions/{slug}/readings")).await.expect(200).shows("Corrected").shows("Fifty certificates came late");
    }

    async fn a_program_adds_a_partner_that_the_public_sees_with_the_mission(world: World) {
        let lead = world.person(Role::MissionLead);
        let (slug, _) = measured(&world, &lead).await;
        let api = world.api(&lead).await;
        let path = format!("/api/v1/missions/{slug}");
        api.post(&format!("{path}/partners"), json!({ "name": "Growing Alliance" })).await.expect(422);
        let added = api.post(&format!("{path}/partners"), json!({ "name": "Growing Alliance", "pledge": "Twelve gardens" })).await.expect(201);
        assert_eq!(added.location.as_deref(), Some(path.as_str()));
        api.post(&format!("{path}/publish"), json!({})).await.expect(200);
        let shown = world.api(&Actor::Public).await.get(&path).await.expect(200).json();
        assert_eq!(shown["partners"], json!([{ "id": added.json()["id"], "name": "Growing Alliance", "pledge": "Twelve gardens" }]));
    }

    async fn the_database_itself_refuses_to_change_a_reading(world: World) {
        use diesel::connection::SimpleConnection;
        let lead = world.person(Role::MissionLead);
        let (slug, indicator) = measured(&world, &lead).await;
        let input = missions::ReadingInput { indicator, read_on: "2024-06-30".into(), value: "7".into(), source: "x".into(), ..Default::default() };
        missions::actions::record_reading(&world.app, &lead, &slug, &input, world.now()).await.unwrap();
        for statement in ["UPDATE mission_readings SET value = '9'", "DELETE FROM mission_readings"] {
            let outcome = world.app.db.write_now(|db| Ok(db.batch_execute(statement)?));
            assert!(outcome.is_err(), "{statement}");
        }
    }

    async fn only_a_mission_lead_of_the_authority_writes_and_another_authority_sees_no_draft(world: World) {
        let lead = world.person(Role::MissionLead);
        let (slug, _) = measured(&world, &lead).await;
        let other = world.person_of(world.other_council(), Role::MissionLead);
        let path = format!("/api/v1/missions/{slug}");
        world.api(&other).await.get(&path).await.expect(404);
        world.api(&other).await.post(&format!("{path}/publish"), json!({})).await.expect(404);
        world.api(&world.person(Role::Auditor)).await.get(&path).await.expect(200);
        world.api(&world.person(Role::Auditor)).await.post(&format!("{path}/publish"), json!({})).await.expect(403);
        world.api(&lead).await.post(&format!("{path}/publish"), json!({})).await.expect(200);
        world.api(&other).await.get(&path).await.expect(200);
        world.api(&other).await.post(&format!("{path}/partners"), json!({ "name": "x", "pledge": "y" })).await.expect(403);
        world.client(&other).await.get(&format!("/missions/{slug}/manage")).await.expect(404);
        world.client(&other).await.get("/desk/missions").await.expect(200).hides("By 2035 every home is warm");
    }

    async fn a_withdrawn_mission_leaves_the_public_pages_and_is_never_written_to_again(world: World) {
        let lead = world.person(Role::MissionLead);
        let (slug, indicator) = measured(&world, &lead).await;
        let api = world.api(&lead).await;
        let path = format!("/api/v1/missions/{slug}");
        assert_eq!(api.post(&format!("{path}/withdraw"), json!({ "reason": "x" })).await.expect(409).json()["type"], "/problems/missions/not-published");
        api.post(&format!("{path}/publish"), json!({})).await.expect(200);
        api.post(&format!("{path}/withdraw"), json!({})).await.expect(422);
        api.post(&format!("{path}/withdraw"), json!({ "reason": "Replaced" })).await.expect(200);
        world.client(&Actor::Public).await.get(&format!("/missions/{slug}")).await.expect(404);
        let reading = json!({ "indicator": indicator, "read_on": "2024-06-30", "value": "1", "source": "x" });
        assert_eq!(api.post(&format!("{path}/readings"), reading).await.expect(409).json()["type"], "/problems/missions/withdrawn");
    }

    async fn a_mission_serves_a_larger_one_and_never_itself(world: World) {
        let lead = world.person(Role::MissionLead);
        let input = |title: &str, parent: &str| MissionInput {
            title: title.into(), statement: "s".into(), summary: "s".into(), answerable: "a".into(),
            parent: parent.into(), target_on: "2035-01-01".into(), ..Default::default()
        };
        let now = world.now();
        let act = |t: &'static str, p: &'static str| { let (app, lead) = (world.app.clone(), lead.clone()); async move { missions::actions::create(&app, &lead, &input(t, p), now).await } };
        act("Borough", "").await.unwrap();
        let estate = act("Estate", "borough").await.unwrap();
        assert!(estate.parent_id.is_some());
        assert!(act("Lost", "nowhere").await.is_err());
        let circle = missions::actions::change(&world.app, &lead, "borough", &input("Borough", "estate"), now).await.unwrap_err();
        assert!(matches!(circle, commonweal::error::Error::Refused(r) if r.code == "missions/parent-circle"));
        assert!(act("Borough", "").await.is_err(), "an address is used once");
    }

    async fn the_four_missions_for_practice_are_published_with_their_figures_on_the_public_page(world: World) {
        let lead = world.person(Role::MissionLead);
        let now = Instant::start_of(parse_date("2026-11-24").unwrap());
        let missions = camden::publish_all(&world.app, &lead, now).await.unwrap();
        assert_eq!(missions.len(), 4);
        let public = world.client(&Actor::Public).await;
        public.get("/").await.expect(200).shows("Four missions, and the money behind them").shows("Target missed").shows("everyone eats well every day");
        public.get("/missions/food").await.expect(200).shows("percentage points").shows("Made up for practice").shows("Straight line to the target");
        let found = world.app.db.read_now(|db| {
            let indicators = missions::indicators_of(db, missions[2].id)?;
            let latest = missions::latest_readings(db, &[indicators[0].id])?;
            Ok(latest[&indicators[0].id].read_on)
        }).unwrap();
        assert_eq!(found, parse_date("2026-10-14").unwrap());
        let before = world.app.db.statements();
        public.get("/missions").await.expect(200);
        assert!(world.app.db.statements() - before <= 3, "the list takes two statements and the actor's");
    }

    async fn the_public_reads_how_much_was_bought_and_invested_for_a_mission_and_with_how_many(world: World) {
        let mut ground = ground(&world, "100000").await;
        ground.mission = world.mission();
        let page = format!("/missions/mission-{}", ground.mission.to_string().to_lowercase());
        let public = world.client(&Actor::Public).await;
        // Two contracts of other missions, of £500,000 each, which are not counted here.
        let (supplier, owner) = world.applicant("Alder Builders");
        let (enterprise, lender) = world.applicant("Harvest Lane");
        let bought = contract(&world, supplier, &owner, &[]).await;
        contract(&world, enterprise, &lender, &[]).await;
        public.get(&page).await.expect(200).hides("Money behind this mission");
        // Two loans of one enterprise: £1,200, all of it paid out, and £2,500, of which the first £1,500 is.
        let on = day("2024-01-15");
        for (tranches, reference) in [(&[120_000][..], "I-2024-0001"), (&[150_000, 100_000][..], "I-2024-0002")] {
            let signed = agreement(&world, &ground, enterprise, loan(on, tranches, 24, dec!(0)), reference);
            samples::paid_out(&world.app, &ground.cast, signed, on, day("2024-02-01")).await.unwrap();
        }
        let money = public.get(&page).await.expect(200).table("Money behind this mission");
        let loans = ["Investments", "2", "1", "£3,700", "£2,700", "73%"];
        assert_eq!(money, [loans, ["Total", "2", "", "£3,700", "£2,700", "73%"]]);
        // One of the contracts serves this mission after all. What is paid under it is not recorded here, so that of
        // everything together no share can be told.
        world.app.db.write_now(|db| {
            use commonweal::db::schema::agreements;
            use diesel::prelude::*;
            let row = agreements::table.filter(agreements::id.eq(bought));
            diesel::update(row).set(agreements::mission_id.eq(ground.mission)).execute(db)?;
            Ok(())
        }).unwrap();
        let shown = public.get(&page).await.expect(200).shows("£503,700 agreed").shows("in 3 agreements");
        let contracts = ["Contracts", "1", "1", "£500,000", "not recorded", "–"];
        assert_eq!(shown.table("Money behind this mission"), [contracts, loans, ["Total", "3", "", "£503,700", "–", "–"]]);
    }

    async fn every_change_of_a_mission_is_in_the_audit_record(world: World) {
        let lead = world.person(Role::MissionLead);
        let (slug, _) = measured(&world, &lead).await;
        missions::actions::publish(&world.app, &lead, &slug, world.now()).await.unwrap();
        let acts: Vec<String> = world.app.db.read_now(|db| {
            let mission = missions::find_by_slug(db, &slug)?;
            Ok(commonweal::audit::of_subject(db, &mission.id.to_string())?.into_iter().map(|r| r.action).collect())
        }).unwrap();
        assert_eq!(acts, ["mission.begun", "mission.outcome_added", "mission.indicator_added", "mission.published"]);
    }
}
