//! Writing, sending, replacing, withdrawing.

use super::sample_calls::{open_call, round, sample, tender, tender_terms};
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::actions::{self, Declaration};
use commonweal::applications::samples::{self, submit_complete};
use commonweal::applications::{self, ApplicationState};
use commonweal::calls::{Call, CallKind, Part};
use commonweal::error::Error;
use commonweal::outbox;
use commonweal::values::{Actor, Clock, Id, Role};
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// The call in its second version, as an amendment leaves it, and everybody told.
async fn amended(world: &World, call: Id<Call>) {
    let now = world.now();
    world
        .app
        .db
        .write_now(|db| {
            use commonweal::db::schema::calls;
            diesel::update(calls::table.filter(calls::id.eq(call))).set(calls::version.eq(2_i64)).execute(db)?;
            outbox::emit(db, "call.amended", json!({ "call": call }), now)
        })
        .unwrap();
    world.run_jobs().await;
}

fn declaration() -> Declaration {
    Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), ..Declaration::default() }
}

both! {
    async fn somebody_finds_out_whether_they_can_apply_before_signing_in_and_nothing_is_stored(world: World) {
        let call = tender(&world);
        let browser = world.client(&Actor::Public).await;
        let path = format!("/calls/{}/can-i-apply", call.id);
        browser.get(&path).await.expect(200).shows("registered in the United Kingdom").hides("You can apply.");
        browser.get(&format!("{path}?asked=yes&eligible_registered=no")).await.expect(200).shows("Register your organisation first.");
        let reply = browser.get(&format!("{path}?asked=yes&eligible_registered=yes")).await.expect(200).shows("You can apply.");
        assert!(reply.header("set-cookie").is_none());
    }
    async fn a_supplier_answers_page_by_page_sees_what_is_missing_sends_and_holds_a_receipt(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let browser = world.client(&owner).await;
        browser.get(&format!("/calls/{}/apply", call.id)).await.expect(200).shows("Kitchen Table");
        let started = browser.post(&format!("/calls/{}/apply", call.id), &[("organisation", &organisation.to_string())]).await.expect(303);
        let home = started.location.unwrap();
        browser.get(&home).await.expect(200).shows("Not started").shows("Working with residents");
        browser.get(&format!("{home}/check")).await.expect(200).shows("to put right before you can send it").hides("Send the application");
        let long = "word ".repeat(60);
        for (page, fields) in [
            ("eligibility", vec![("eligible_registered", "yes")]),
            ("pass-insured", vec![("answer", "yes")]),
            ("quality-method", vec![("answer", long.as_str())]),
            ("price", vec![("price_cost", "£100,000")]),
        ] {
            browser.get(&format!("{home}/answer/{page}")).await.expect(200);
            browser.post(&format!("{home}/answer/{page}"), &fields).await.expect(303);
        }
        let promise = format!("{home}/answer/promise-jobs");
        browser.get(&promise).await.expect(200).shows("If you win, this becomes your obligation");
        browser.post(&promise, &[("quantity", "about 24"), ("baseline", "9"), ("by", "31/5"), ("how", "Job fairs")]).await
            .expect(422).shows("Error:").shows("about 24");
        browser.get(&home).await.expect(200).shows("There is a problem");
        browser.get(&promise).await.expect(200).shows("about 24");
        browser.post(&promise, &[("quantity", "24"), ("baseline", "9"), ("by", "31/5/2029"), ("how", "Job fairs")]).await.expect(303);
        browser.get(&format!("{home}/check")).await.expect(200).shows("has 60 words. Use 50 or fewer");
        browser.get(&format!("{home}/answer/quality-method")).await.expect(200);
        browser.post(&format!("{home}/answer/quality-method"), &[("answer", "We cook together.")]).await.expect(303);
        browser.get(&format!("{home}/answer/files")).await.expect(200).shows("not scanned");
        browser.upload(&format!("{home}/files"), &[("question", "files"), ("about", "")], &[("file", "plan.pdf", b"%PDF-1.7 plan")]).await.expect(303);
        browser.get(&format!("{home}/answer/files")).await.expect(200).shows("plan.pdf").shows("not scanned for viruses").shows("SHA-256 ");
        browser.upload(&format!("{home}/files"), &[("question", "files"), ("about", "")], &[("file", "plan.pdf", b"<script>1</script>")]).await
            .expect(422).shows("The file must be a PDF");
        browser.get(&format!("{home}/check")).await.expect(200).shows("Everything is there").shows("We cook together.");
        browser.post(&format!("{home}/submit"), &[("declared_by", "")]).await.expect(422).shows("Enter your full name");
        let receipt = browser.post_and_follow(&format!("{home}/submit"), &[("declared_by", "Leila Haddad"), ("true_and_complete", "yes")]).await;
        receipt.expect(200).shows("Application sent").shows("SHA-256 of the sealed quality part");
        browser.get("/applications").await.expect(200).shows("Submitted").shows("Community kitchens");
        world.run_jobs().await;
        let mails = world.app.db.read_now(|db| outbox::mail::list(db, None, 10)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject.starts_with("Receipt for your application B-")), "{mails:?}");
    }
    async fn the_deadline_instant_is_in_time_and_a_microsecond_later_is_refused_with_both_instants(world: World) {
        let call = tender(&world);
        let deadline = call.deadline_at.unwrap();
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (_, receipt) = submit_complete(&world.app, &owner, organisation, call.id, &sample("in time"), deadline).await.unwrap();
        assert_eq!(receipt.received_at, deadline);
        let (late_one, late_owner) = world.applicant("Late Larder");
        let id = actions::start(&world.app, &late_owner, call.id, late_one, world.now()).await.unwrap();
        let draft = samples::answers(&call.terms.0, &sample("late"), world.now().date());
        actions::save_draft(&world.app, &late_owner, id, &draft, world.now()).await.unwrap();
        let late = deadline.plus(TimeDelta::microseconds(1));
        let Err(Error::Refused(refusal)) = actions::submit(&world.app, &late_owner, id, &declaration(), &Clock::stopped(late)).await else { panic!() };
        assert_eq!(refusal.code, "applications/late");
        assert!(refusal.sentence.contains(&deadline.exact()) && refusal.sentence.contains(&late.exact()), "{}", refusal.sentence);
        assert_eq!(code(actions::withdraw(&world.app, &owner, receipt.application_id, &Clock::stopped(late)).await), "applications/late");
        let browser = world.client(&late_owner).await;
        browser.get(&format!("/applications/{id}/check")).await.expect(200);
        world.move_clock(deadline.plus(TimeDelta::minutes(1))).await;
        browser.post(&format!("/applications/{id}/submit"), &[("declared_by", "L"), ("true_and_complete", "yes")]).await
            .expect(409).shows("This call has closed");
        browser.get(&format!("/applications/{id}")).await.expect(200).shows("Not sent");
    }
    async fn a_colleague_writes_but_only_an_owner_sends_and_nobody_else_finds_it(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let editor = world.person_of(organisation, Role::ApplicantEditor);
        let now = world.now();
        let id = actions::start(&world.app, &editor, call.id, organisation, now).await.unwrap();
        assert_eq!(actions::start(&world.app, &owner, call.id, organisation, now).await.unwrap(), id);
        let draft = samples::answers(&call.terms.0, &sample("ours"), now.date());
        actions::save_draft(&world.app, &editor, id, &draft, now).await.unwrap();
        assert!(matches!(actions::submit(&world.app, &editor, id, &declaration(), &Clock::stopped(now)).await, Err(Error::Denied)));
        let (_, rival) = world.applicant("Rival");
        assert!(matches!(actions::read_draft(&world.app, &rival, id, now).await, Err(Error::NotFound)));
        assert!(matches!(actions::start(&world.app, &rival, call.id, organisation, now).await, Err(Error::NotFound)));
        let officer = world.person(Role::ProcurementOfficer);
        assert!(matches!(actions::read_draft(&world.app, &officer, id, now).await, Err(Error::NotFound)));
        world.client(&rival).await.get(&format!("/applications/{id}")).await.expect(404);
        world.client(&officer).await.get(&format!("/desk/applications/{id}")).await.expect(404);
        actions::submit(&world.app, &owner, id, &declaration(), &Clock::stopped(now)).await.unwrap();
        let listed = world.app.db.read_now(|db| commonweal::audit::list(db, world.council, &commonweal::audit::Filter::default(), None, 100)).unwrap().items;
        assert!(!listed.iter().any(|row| row.action.starts_with("application.")), "the buyer's audit page tells who is bidding");
    }
    async fn an_incomplete_application_is_kept_but_not_sent(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let mut draft = samples::answers(&call.terms.0, &sample("x"), world.now().date());
        draft.price.prices.insert("cost".into(), commonweal::values::Pence(0));
        actions::save_draft(&world.app, &owner, id, &draft, world.now()).await.unwrap();
        assert_eq!(code(actions::submit(&world.app, &owner, id, &declaration(), &world.app.clock).await), "applications/incomplete");
        draft.price.prices.insert("nonsense".into(), commonweal::values::Pence(1));
        assert!(matches!(actions::save_draft(&world.app, &owner, id, &draft, world.now()).await, Err(Error::Invalid(_))));
    }
    async fn what_was_sent_is_replaced_and_withdrawn_until_the_deadline(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, first) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        let later = world.now().plus(TimeDelta::hours(1));
        let (same, second) = submit_complete(&world.app, &owner, organisation, call.id, &sample("two"), later).await.unwrap();
        assert_eq!((id, first.reference.as_str()), (same, second.reference.as_str()));
        assert_ne!(first.quality_sha256, second.quality_sha256);
        actions::withdraw(&world.app, &owner, id, &Clock::stopped(later)).await.unwrap();
        let row = world.app.db.read_now(|db| applications::find(db, id)).unwrap();
        assert_eq!((row.state, row.draft, row.draft_wrapped), (ApplicationState::Withdrawn, None, None));
        let (anew, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("three"), later).await.unwrap();
        assert_ne!(anew, id);
    }
    async fn an_amended_call_asks_for_confirmation_and_what_was_sent_stands_meanwhile(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        amended(&world, call.id).await;
        let mails = world.app.db.read_now(|db| outbox::mail::list(db, None, 10)).unwrap().items;
        assert!(mails.iter().any(|m| m.body.contains("What you sent stands")), "{mails:?}");
        let browser = world.client(&owner).await;
        browser.get(&format!("/applications/{id}")).await.expect(200).shows("Confirm it unchanged");
        browser.post(&format!("/applications/{id}/confirm"), &[]).await.expect(303);
        let row = world.app.db.read_now(|db| applications::find(db, id)).unwrap();
        assert_eq!((row.call_version, row.state), (2, ApplicationState::Submitted));
    }
    async fn a_program_confirms_after_an_amendment_that_what_was_sent_stands(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        amended(&world, call.id).await;
        let api = world.api(&owner).await;
        let path = format!("/api/v1/applications/{id}");
        assert_eq!(api.get(&path).await.expect(200).json()["needs_confirmation"], json!(true));
        let editor = world.api(&world.person_of(organisation, Role::ApplicantEditor)).await;
        editor.post(&format!("{path}/confirm"), json!({})).await.expect(403);
        let receipt = api.post(&format!("{path}/confirm"), json!({})).await.expect(200).json();
        assert_eq!(api.get(&format!("{path}/receipt")).await.expect(200).json()["receipt"]["audit_hash"], receipt["audit_hash"]);
        let shown = api.get(&path).await.expect(200).json();
        assert_eq!((&shown["needs_confirmation"], &shown["call_version"], &shown["state"]), (&json!(false), &json!(2), &json!("submitted")));
    }
    async fn what_a_team_changed_after_sending_is_not_confirmed_as_unchanged_and_what_was_sent_is_opened(world: World) {
        let (app, call) = (&world.app, tender(&world));
        let (organisation, owner) = world.applicant("Kitchen Table");
        let editor = world.person_of(organisation, Role::ApplicantEditor);
        let (id, sent) = submit_complete(app, &owner, organisation, call.id, &sample("as it was sent"), world.now()).await.unwrap();
        let (home, browser) = (format!("/applications/{id}"), world.client(&owner).await);
        browser.get(&home).await.expect(200).hides("not sent");
        // A colleague who saves the same words again has changed nothing.
        let same = samples::answers(&call.terms.0, &sample("as it was sent"), world.now().date());
        actions::save_draft(app, &editor, id, &same, world.now()).await.unwrap();
        browser.get(&home).await.expect(200).hides("not sent");
        let edited = samples::answers(&call.terms.0, &sample("never declared"), world.now().date());
        actions::save_draft(app, &editor, id, &edited, world.now()).await.unwrap();
        browser.get(&home).await.expect(200).shows("the changes are not sent");
        amended(&world, call.id).await;
        browser.get(&home).await.expect(200).shows("changed answers that are not sent").hides("Confirm it unchanged");
        let Err(Error::Refused(refusal)) = actions::confirm_unchanged(app, &owner, id, &app.clock).await else { panic!() };
        assert_eq!(refusal.code, "applications/changed-since-sent");
        assert!(refusal.sentence.contains("Check your answers and send them again"), "{}", refusal.sentence);
        let receipts = app.db.read_now(|db| applications::receipts_of(db, id)).unwrap();
        assert_eq!(receipts.iter().map(|r| r.id).collect::<Vec<_>>(), [sent.id], "nothing else was sent");
        let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
        let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        actions::ask_opening(app, &first, call.id, Part::Quality, now).await.unwrap();
        let report = actions::confirm_opening(app, &second, call.id, Part::Quality, now).await.unwrap();
        assert_eq!((report.opened(), report.findings().len()), (1, 0));
        let quality = app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().unwrap();
        assert!(quality.answers().unwrap().answers["method"].contains("as it was sent"));
    }
    async fn what_was_changed_and_sent_again_is_confirmed_as_it_was_sent_last(world: World) {
        let (app, call) = (&world.app, tender(&world));
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        submit_complete(app, &owner, organisation, call.id, &sample("two"), world.now()).await.unwrap();
        amended(&world, call.id).await;
        let same = samples::answers(&call.terms.0, &sample("two"), world.now().date());
        actions::save_draft(app, &owner, id, &same, world.now()).await.unwrap();
        assert_eq!(actions::confirm_unchanged(app, &owner, id, &app.clock).await.unwrap().call_version, 2);
    }
    async fn what_was_never_sent_is_not_confirmed_and_no_draft_says_who_declared(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let (api, base) = (world.api(&owner).await, format!("/api/v1/applications/{id}"));
        let mut draft = samples::answers(&call.terms.0, &sample("by program"), world.now().date());
        draft.answers.declared_by = "Nobody who declared".into();
        api.post(&format!("{base}/draft"), json!({ "answers": draft.answers, "price": draft.price })).await.expect(200);
        assert_eq!(api.get(&format!("{base}/draft")).await.expect(200).json()["answers"]["declared_by"], json!(""));
        api.post(&format!("{base}/confirm"), json!({})).await.expect(409);
        assert_eq!(code(actions::confirm_unchanged(&world.app, &owner, id, &world.app.clock).await), "applications/not-submitted");
        let row = world.app.db.read_now(|db| applications::find(db, id)).unwrap();
        assert_eq!((row.state, row.submitted_at), (ApplicationState::Draft, None));
        // What is written after it was sent keeps the name of whoever declared.
        api.post(&format!("{base}/submit"), json!({ "declared_by": "Leila Haddad", "true_and_complete": "yes" })).await.expect(200);
        api.post(&format!("{base}/draft"), json!({ "answers": draft.answers, "price": draft.price })).await.expect(200);
        assert_eq!(api.get(&format!("{base}/draft")).await.expect(200).json()["answers"]["declared_by"], json!("Leila Haddad"));
    }
    async fn a_closed_call_destroys_its_drafts_with_their_keys(world: World) {
        let call = tender(&world);
        let deadline = call.deadline_at.unwrap();
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let upload = commonweal::documents::Upload { name: "a.txt".into(), bytes: b"never sent".to_vec() };
        actions::attach(&world.app, &owner, id, "", upload, world.now()).await.unwrap();
        let call_id = call.id;
        world.app.db.write_now(|db| outbox::emit(db, "call.closed", json!({ "call": call_id }), deadline.plus(TimeDelta::seconds(1)))).unwrap();
        world.move_clock(deadline.plus(TimeDelta::minutes(1))).await;
        let row = world.app.db.read_now(|db| applications::find(db, id)).unwrap();
        assert_eq!((row.draft, row.draft_wrapped), (None, None));
        let files = world.app.db.read_now(|db| commonweal::documents::of_owner(db, "application", &id.to_string())).unwrap();
        assert!(files.is_empty());
    }
    async fn a_social_enterprise_sends_its_cash_flow_as_a_sheet_and_reads_the_errors_by_row(world: World) {
        let call = round(&world);
        let (organisation, owner) = world.applicant("Kiln Yard");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}/answer/cash-flow");
        browser.get(&page).await.expect(200);
        browser.upload(&format!("/applications/{id}/cash-flow"), &[], &[("sheet", "f.csv", b"end,in,out\n2027-03-31,lots,1\n")]).await
            .expect(422).shows("Row 2, money_in");
        browser.upload(&format!("/applications/{id}/cash-flow"), &[], &[("sheet", "f.csv", b"end,in,out\n2027-03-31,1200.50,1\n")]).await.expect(303);
        browser.get(&page).await.expect(200).shows("1200.50");
    }
    async fn an_uploaded_cash_flow_stays_when_a_program_writes_the_draft_without_naming_it(world: World) {
        let call = round(&world);
        let (organisation, owner) = world.applicant("Kiln Yard");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let api = world.api(&owner).await;
        let draft = format!("/api/v1/applications/{id}/draft");
        let sheet: &[u8] = b"end,in,out\n2027-03-31,1200.50,1\n";
        api.upload(&format!("/api/v1/applications/{id}/cash-flow"), &[], &[("sheet", "f.csv", sheet)]).await.expect(200);
        let kept = json!([{ "period_end": "2027-03-31", "money_in": "1200.50", "money_out": "1.00" }]);
        for silent in [json!({ "answers": { "declared_by": "Leila Haddad" } }), json!({ "price": {} }), json!({})] {
            api.post(&draft, silent).await.expect(200);
            assert_eq!(api.get(&draft).await.expect(200).json()["answers"]["cash_flow"], kept);
        }
        api.post(&draft, json!({ "answers": { "cash_flow": null } })).await.expect(422);
        // Who sends another sheet replaces it, and who sends an empty one takes it out.
        let other = json!([{ "period_end": "2027-06-30", "money_in": "5.00", "money_out": "4.00" }]);
        for said in [other, json!([])] {
            api.post(&draft, json!({ "answers": { "cash_flow": said.clone() } })).await.expect(200);
            assert_eq!(api.get(&draft).await.expect(200).json()["answers"]["cash_flow"], said);
        }
    }
    async fn three_years_of_cash_flow_are_typed_in_and_a_half_row_is_kept_and_told(world: World) {
        let call = round(&world);
        let (organisation, owner) = world.applicant("Kiln Yard");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let page = format!("/applications/{id}/answer/cash-flow");
        browser.get(&page).await.expect(200).shows("Three years");
        browser.post(&page, &[("end_1", "31/3/2027"), ("in_1", "1,200.50"), ("out_1", "lots")]).await.expect(422).shows("Error:").shows("lots");
        let mut fields = Vec::new();
        for n in 1..=12 {
            let (year, quarter) = (2027 + (n - 1) / 4, (n - 1) % 4);
            fields.push((format!("end_{n}"), format!("{year}-{}", ["03-31", "06-30", "09-30", "12-31"][quarter])));
            fields.push((format!("in_{n}"), "1,200.50".to_owned()));
            fields.push((format!("out_{n}"), n.to_string()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post(&page, &fields).await.expect(303);
        let kept = world.api(&owner).await.get(&format!("/api/v1/applications/{id}/draft")).await.expect(200).json();
        let rows = kept["answers"]["cash_flow"].as_array().unwrap();
        assert_eq!(rows.len(), 12);
        assert_eq!(rows[11], json!({ "period_end": "2029-12-31", "money_in": "1200.50", "money_out": "12.00" }));
    }
    async fn what_an_organisation_says_of_itself_goes_with_each_of_its_applications(world: World) {
        let (organisation, owner) = world.applicant("Kitchen Table");
        let browser = world.client(&owner).await;
        let profile = format!("/organisations/{organisation}");
        let facts = |address: &'static str| {
            [("name", "Kitchen Table"), ("register_id", "GB-COH-01234567"), ("address", address), ("purpose", "We cook together")]
        };
        browser.get(&profile).await.expect(200).shows("Facts that your applications reuse");
        browser.post(&profile, &facts("12 Mill Lane")).await.expect(303);
        for call in [tender(&world), round(&world)] {
            let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
            browser.get(&format!("/applications/{id}")).await.expect(200).shows("Reused from your organisation’s profile");
            let check = format!("/applications/{id}/check");
            browser.get(&check).await.expect(200).shows("12 Mill Lane").shows("GB-COH-01234567").shows("We cook together");
            // What is changed afterwards goes with it once its page is saved again.
            browser.get(&profile).await.expect(200);
            browser.post(&profile, &facts("3 Quay Road")).await.expect(303);
            let page = format!("/applications/{id}/answer/organisation");
            browser.get(&page).await.expect(200);
            browser.post(&page, &[]).await.expect(303);
            browser.get(&check).await.expect(200).shows("3 Quay Road").hides("12 Mill Lane");
            browser.get(&profile).await.expect(200);
            browser.post(&profile, &facts("12 Mill Lane")).await.expect(303);
        }
    }
    async fn every_step_can_be_done_by_a_program(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let api = world.api(&owner).await;
        let made = api.post(&format!("/api/v1/calls/{}/applications", call.id), json!({ "organisation": organisation })).await.expect(201).json();
        let base = format!("/api/v1/applications/{}", made["id"].as_str().unwrap());
        let draft = samples::answers(&call.terms.0, &sample("by program"), world.now().date());
        api.post(&format!("{base}/draft"), json!({ "answers": draft.answers, "price": draft.price })).await.expect(200);
        let added = api.upload(&format!("{base}/files"), &[("about", "method")], &[("file", "plan.txt", b"a plan")]).await.expect(201);
        let file = added.location.as_deref().unwrap();
        let (read, page) = (api.get(file).await.expect(200), world.client(&owner).await.get(file.strip_prefix("/api/v1").unwrap()).await.expect(200));
        assert_eq!((read.bytes.as_slice(), read.header("content-disposition")), (b"a plan".as_slice(), Some("attachment; filename=\"plan.txt\"")));
        assert_eq!((read.header("content-type"), &read.bytes), (page.header("content-type"), &page.bytes));
        let (_, stranger) = world.applicant("Somebody Else");
        let unknown = world.api(&stranger).await.get(file).await.expect(404);
        assert_eq!(unknown.header("content-type"), Some("application/problem+json"));
        world.api(&Actor::Public).await.get(file).await.expect(401);
        assert_eq!(api.get(&format!("{base}/missing")).await.expect(200).json()["missing"], json!([]));
        let stored = api.get(&format!("{base}/draft")).await.expect(200).json();
        assert_eq!(stored.as_object().unwrap().keys().collect::<Vec<_>>(), ["answers", "price"], "and none of the keys");
        assert_eq!(stored["price"]["prices"]["cost"], json!("100000.00"));
        assert_eq!(stored["answers"]["files"][0]["name"], json!("plan.txt"));
        assert_eq!(stored["answers"]["files"][0]["sha256"], json!(hex::encode(Sha256::digest(b"a plan"))), "of the file as it was sent");
        let receipt = api.post(&format!("{base}/submit"), json!({ "declared_by": "L H", "true_and_complete": "yes" })).await.expect(200).json();
        assert_eq!(api.get(&format!("{base}/receipt")).await.expect(200).json()["receipt"]["audit_hash"], receipt["audit_hash"]);
        api.post(&format!("{base}/withdraw"), json!({})).await.expect(200);
        assert_eq!(api.get(&base).await.expect(200).json()["state"], json!("withdrawn"));
    }
    async fn sending_takes_at_most_twelve_statements(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let draft = samples::answers(&call.terms.0, &sample("x"), world.now().date());
        actions::save_draft(&world.app, &owner, id, &draft, world.now()).await.unwrap();
        let (browser, api) = (world.client(&owner).await, world.api(&owner).await);
        browser.get(&format!("/applications/{id}/check")).await.expect(200);
        // The whole request, who asks included: first by the page, then again by the page and by a program.
        for time in ["first", "again"] {
            let before = world.app.db.statements();
            browser.post(&format!("/applications/{id}/submit"), &[("declared_by", "L H"), ("true_and_complete", "yes")]).await.expect(303);
            let sent = world.app.db.statements() - before;
            assert!(sent <= 12, "{time} by the page: {sent} statements");
        }
        let before = world.app.db.statements();
        api.post(&format!("/api/v1/applications/{id}/submit"), json!({ "declared_by": "L H", "true_and_complete": "yes" })).await.expect(200);
        let sent = world.app.db.statements() - before;
        assert!(sent <= 12, "by a program: {sent} statements");
    }
    async fn thirty_two_suppliers_send_at_once_and_every_one_gets_a_receipt(world: World) {
        let call = open_call(&world, CallKind::Tender, tender_terms(world.now().plus(TimeDelta::days(1))));
        let now = world.now();
        let mut waiting = Vec::new();
        for n in 0..32 {
            let (organisation, owner) = world.applicant(&format!("Supplier {n}"));
            let id = actions::start(&world.app, &owner, call.id, organisation, now).await.unwrap();
            let draft = samples::answers(&call.terms.0, &sample("at once"), now.date());
            actions::save_draft(&world.app, &owner, id, &draft, now).await.unwrap();
            waiting.push((id, owner));
        }
        let sent = waiting.iter().map(|(id, owner)| {
            let app = world.app.clone();
            async move { actions::submit(&app, owner, *id, &declaration(), &Clock::stopped(now)).await }
        });
        let receipts = futures_util::future::join_all(sent).await;
        assert!(receipts.iter().all(Result::is_ok), "{receipts:?}");
        let call_id = call.id;
        assert_eq!(world.app.db.read_now(|db| applications::of_call(db, call_id)).unwrap().len(), 32);
    }
}
