//! What everybody is told when a call changes, what a call may ask, and the reasons that are asked of officers.

use crate::applications::sample_calls::sample;
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::actions as applying;
use commonweal::applications::samples::submit_complete;
use commonweal::calls::samples;
use commonweal::db::schema::accounts;
use commonweal::outbox::mail;
use commonweal::values::{Actor, Role};
use diesel::prelude::*;
use std::collections::BTreeMap;

fn address(world: &World, person: &Actor) -> String {
    let of = accounts::table.filter(accounts::id.eq(person.account().unwrap())).select(accounts::email);
    world.app.db.read_now(|db| Ok(of.first(db)?)).unwrap()
}

both! {
    async fn everybody_who_applies_is_mailed_the_new_deadline_when_an_officer_amends_an_open_call(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let call = samples::open_tender(&world.app, &officer, &ground, 52, now).await.unwrap();
        // One has sent, with a colleague in the team; one still writes; one only looks.
        let (sent, owner) = world.applicant("Sent Kitchens");
        let colleague = world.person_of(sent, Role::ApplicantEditor);
        submit_complete(&world.app, &owner, sent, call.id, &sample("ours"), now).await.unwrap();
        let (writing, writer) = world.applicant("Writing Meals");
        applying::start(&world.app, &writer, call.id, writing, now).await.unwrap();
        world.applicant("Looking On");

        let before = call.deadline_at.unwrap();
        let later = before.plus(TimeDelta::days(7));
        let desk = world.client(&officer).await;
        let page = format!("/desk/calls/{}/amend", call.id);
        desk.get(&page).await.expect(200).shows("Everybody who applies is told");
        let (published, closes) = (now.rfc3339(), later.rfc3339());
        desk.post(&page, &[("reason", "A fifth room was added."), ("deadline_reason", "A week more, to look at it."),
            ("notice_number", "2026/S 000-099"), ("notice_date", &published), ("deadline_date", &closes)]).await.expect(303);
        world.run_jobs().await;

        let subject = format!("The call {} was changed", call.reference);
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.iter().filter(|m| m.subject == subject).collect();
        let by_address: BTreeMap<&str, &str> = told.iter().map(|m| (m.recipient.as_str(), m.body.as_str())).collect();
        // Each of them once, and nobody who does not apply.
        assert_eq!((told.len(), by_address.len()), (3, 3), "{told:?}");
        for (person, what_now) in [(&owner, "What you sent stands"), (&colleague, "What you sent stands"), (&writer, "Your draft is kept")] {
            let body = by_address[address(&world, person).as_str()];
            assert!(body.contains(&call.title) && body.contains("This is version 2"), "{body}");
            assert!(body.contains(&later.long()) && !body.contains(&before.long()), "the new deadline and not the old: {body}");
            assert!(body.contains(what_now), "{body}");
        }
    }
}
