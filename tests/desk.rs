//! Pages that look across rooms.

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
}
