//! Pages that look across rooms.

use crate::agreements::{Said, contract, days, quantity};
use commonweal::compliance::actions::{ReportInput, report};
use commonweal::compliance::samples as figures;
use commonweal::conditions::Cadence;
use commonweal::missions::camden;
use commonweal::values::{Actor, Role};

both! {
    async fn an_empty_council_says_what_comes_next_and_hides_what_is_not_there(world: World) {
        let public = world.client(&Actor::Public).await;
        public.get("/").await.expect(200).shows("published no mission yet").shows("No call is open now").hides("Bought");
        public.get("/missions").await.expect(200).shows("No mission is published yet");
    }

    async fn staff_find_missions_and_organisations_by_their_words_and_only_their_own(world: World) {
        let lead = world.person(Role::MissionLead);
        camden::publish_all(&world.app, &lead, world.now()).await.unwrap();
        world.applicant("Harvest 100% Kitchens");
        let desk = world.client(&lead).await;
        desk.get("/search?q=eats+well").await.expect(200).shows("everyone eats well every day");
        desk.get("/search?q=100%25+k").await.expect(200).shows("Harvest 100% Kitchens");
        desk.get("/search?q=%25%25").await.expect(200).shows("Nothing of your authority has these words");
        desk.get("/search?q=x").await.expect(200).shows("Enter at least two letters");
        let other = world.person_of(world.other_council(), Role::Auditor);
        world.client(&other).await.get("/search?q=eats+well").await.expect(200).shows("Nothing of your authority");
        let found = world.api(&lead).await.get("/api/v1/search?q=estates").await.expect(200).json();
        assert_eq!(found[0]["href"], "/missions/estates");
        let (_, owner) = world.applicant("Outsider");
        world.client(&owner).await.get("/search?q=eats").await.expect(403);
    }

    async fn a_mission_lead_sees_what_waits_and_somebody_else_an_honest_empty_list(world: World) {
        let lead = world.person(Role::MissionLead);
        let input = commonweal::missions::MissionInput {
            title: "Food".into(), statement: "s".into(), summary: "s".into(), answerable: "a".into(),
            target_on: "2035-01-01".into(), ..Default::default()
        };
        commonweal::missions::actions::create(&world.app, &lead, &input, world.now()).await.unwrap();
        world.client(&lead).await.get("/tasks").await.expect(200).shows("One thing waits for you").shows("Finish the Food mission");
        world.client(&world.person(Role::Auditor)).await.get("/tasks").await.expect(200).shows("Nothing waits for you now");
        world.client(&Actor::Public).await.get("/tasks").await.expect(303);
    }

    async fn a_verified_result_is_public_with_its_promise_and_without_its_evidence(world: World) {
        let (organisation, owner) = world.applicant("Harvest Kitchens");
        let said = [Said { id: "jobs", quantity: "20", by: days(&world, 60), cadence: Cadence::Once }];
        let agreement = contract(&world, organisation, &owner, &said).await;
        let public = world.client(&Actor::Public).await;
        public.get("/results").await.expect(200).shows("Nothing has been verified yet");
        let page = public.get("/").await.expect(200).shows("0 of 1").hides("Verified in the last 30 days");
        assert!(page.text.contains("href=\"/results\""));
        let due = figures::dues(&world.app, agreement).await.unwrap().remove(0);
        let input = ReportInput { quantity: "20".into(), note: "Nadia and Owen were the last".into(), ..ReportInput::default() };
        let file = vec![figures::evidence(due.id, quantity("20"))];
        let claim = report(&world.app, &owner, due.id, &input, file, world.now()).await.unwrap();
        public.get("/results").await.expect(200).shows("Nothing has been verified yet");
        figures::accept(&world.app, &world.person(Role::ContractManager), claim, world.now()).await.unwrap();
        let page = public.get("/").await.expect(200).shows("1 of 1").shows("Verified in the last 30 days").shows("Promise jobs: 20 people");
        assert!(page.text.contains(&format!("href=\"/results#result-{claim}\"")));
        let results = public.get("/results").await.expect(200).shows("Harvest Kitchens").shows("of at least 20 people promised by").shows("Payroll");
        assert!(results.text.contains(&format!("id=\"result-{claim}\"")));
        results.hides("Nadia and Owen").hides("evidence.txt");
        let csv = public.get("/results?format=csv").await.expect(200).text;
        assert_eq!(csv.lines().count(), 2);
        assert!(!csv.contains("Nadia"));
        // A month later it is no news any more, and still true.
        world.move_clock(world.now().plus(chrono::TimeDelta::days(40))).await;
        public.get("/").await.expect(200).shows("1 of 1").hides("Verified in the last 30 days");
        public.get("/results").await.expect(200).shows("Promise jobs: 20 people");
    }
}
