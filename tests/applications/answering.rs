//! What an applicant types is kept, and what the page says of it is so.

use super::sample_calls::{sample, tender};
use chrono::TimeDelta;
use commonweal::applications::actions;
use commonweal::applications::samples::submit_complete;
use commonweal::calls::Part;
use commonweal::values::Role;

both! {
    async fn adding_a_file_keeps_the_answer_that_was_typed_beside_it(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}/answer/quality-method");
        browser.get(&page).await.expect(200).shows("Add the file");
        let typed = [("answer", "Typed before the file was chosen."), ("about", "method"), ("go", "file")];
        let reply = browser.upload(&page, &typed, &[("file", "plan.pdf", b"%PDF-1.7 plan")]).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some(page.as_str()));
        browser.get(&page).await.expect(200).shows("Typed before the file was chosen.").shows("plan.pdf");
        // A file that is refused, or forgotten, loses nothing either.
        let typed = [("answer", "Typed anew."), ("about", "method"), ("go", "file")];
        browser.upload(&page, &typed, &[("file", "plan.pdf", b"<script>1</script>")]).await.expect(422).shows("The file must be a PDF").shows("Typed anew.");
        browser.upload(&page, &[("answer", "Typed a third time."), ("about", "method"), ("go", "file")], &[]).await
            .expect(422).shows("Choose a file").shows("Typed a third time.");
        // Saving with a file chosen takes the file along and goes on.
        let typed = [("answer", "Typed last."), ("about", "method"), ("go", "next")];
        let reply = browser.upload(&page, &typed, &[("file", "second.pdf", b"%PDF-1.7 second")]).await.expect(303);
        assert_ne!(reply.location.as_deref(), Some(page.as_str()));
        browser.get(&page).await.expect(200).shows("Typed last.").shows("plan.pdf").shows("second.pdf");
    }
    async fn an_applicant_reads_the_true_state_of_an_application_and_the_next_step(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (withdrawing, other) = world.applicant("Second Thoughts");
        let (gone, _) = submit_complete(&world.app, &other, withdrawing, call.id, &sample("withdrawn"), world.now()).await.unwrap();
        actions::withdraw(&world.app, &other, gone, &world.app.clock).await.unwrap();
        world.client(&other).await.get(&format!("/applications/{gone}")).await.expect(200)
            .shows("You withdrew this application.").shows("Start a new application").hides("The call closed");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("sent"), world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}");
        browser.get(&page).await.expect(200).shows("It is sealed until it is opened").hides("/outcome");
        world.move_clock(call.deadline_at.unwrap().plus(TimeDelta::minutes(6))).await;
        browser.get(&page).await.expect(200).shows("The call closed at").hides("/outcome");
        let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        actions::ask_opening(&world.app, &first, call.id, Part::Quality, world.now()).await.unwrap();
        actions::confirm_opening(&world.app, &second, call.id, Part::Quality, world.now()).await.unwrap();
        browser.get(&page).await.expect(200).shows("Opened on").shows(&format!("{page}/outcome")).hides("It is sealed until it is opened");
        browser.get(&format!("{page}/outcome")).await.expect(200).shows("There is no decision yet");
        browser.get("/applications").await.expect(200).shows("Opened");
    }
}
