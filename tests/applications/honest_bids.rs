//! Nothing that a stranger does, and no timing, makes an honest bid vanish from its opening.

use super::sample_calls::{sample, tender};
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::actions::{self, Declaration};
use commonweal::applications::samples::{self, submit_complete};
use commonweal::applications::{self, Application, ApplicationState, OpeningReport, Reconciled};
use commonweal::calls::{Call, Part};
use commonweal::error::Error;
use commonweal::values::{Clock, Id, Role};
use diesel::prelude::*;
use futures_util::future::join;

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

fn declaration(form: &str) -> Declaration {
    Declaration { declared_by: "Leila Haddad".into(), true_and_complete: "yes".into(), form: form.into() }
}

async fn opened(world: &World, call: &Call, part: Part) -> OpeningReport {
    let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
    let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
    actions::ask_opening(&world.app, &first, call.id, part, now).await.unwrap();
    actions::confirm_opening(&world.app, &second, call.id, part, now).await.unwrap()
}

/// Numbers from 1 to `count` as rows `n(i)`, and an identifier of 26 digits made of each: earlier than any real one.
fn numbered(count: usize, insert: &str) -> String {
    let id = "'0000000000000000000' || CAST(1000000 + i AS TEXT)";
    format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) {}",
        insert.replace("NEW_ID", id)
    )
}

fn flood(world: &World, count: usize, insert: &str) {
    let statement = numbered(count, insert);
    let made = world.app.db.write_now(|db| Ok(diesel::sql_query(&statement).execute(db)?)).unwrap();
    assert_eq!(made, count);
}

fn receipts(world: &World, id: Id<Application>) -> usize {
    world.app.db.read_now(|db| applications::receipts_of(db, id)).unwrap().len()
}

both! {
    async fn a_stranger_who_begins_withdraws_and_resends_thousands_of_times_hides_no_honest_bid(world: World) {
        let call = tender(&world);
        let (stranger, nuisance) = world.applicant("Stranger");
        let (withdrawn, _) = submit_complete(&world.app, &nuisance, stranger, call.id, &sample("noise"), world.now()).await.unwrap();
        actions::withdraw(&world.app, &nuisance, withdrawn, &world.app.clock).await.unwrap();
        let (organisation, owner) = world.applicant("Honest Kitchens");
        let (id, receipt) = submit_complete(&world.app, &owner, organisation, call.id, &sample("honest"), world.now()).await.unwrap();
        // All that the rules refuse today, as an older installation may hold it: withdrawn applications, receipts of one
        // application, and live envelopes that belong to nothing that was sent.
        flood(&world, 2100, &format!("INSERT INTO applications SELECT NEW_ID, authority_id, call_id, organisation_id, 'withdrawn', call_version, NULL, NULL, NULL, NULL, saved_at, NULL, NULL, created_at, created_by, NULL FROM applications, n WHERE applications.id = '{withdrawn}'"));
        flood(&world, 20_100, &format!("INSERT INTO receipts SELECT NEW_ID, authority_id, application_id, reference, '2026-01-01 00:00:00', quality_sha256, price_sha256, audit_hash, call_version FROM receipts, n WHERE receipts.id = '{}'", receipt.id));
        flood(&world, 1100, &format!("INSERT INTO envelopes SELECT NEW_ID, authority_id, application_id, part, ciphertext, sha256, sealed_at, NULL, NULL FROM envelopes, n WHERE application_id = '{withdrawn}' AND part = 'quality'"));
        let report = opened(&world, &call, Part::Quality).await;
        assert_eq!((report.sent, report.envelopes, report.opened()), (1, 1101, 1));
        let honest: Vec<_> = report.lines.iter().filter(|l| l.application == id).collect();
        assert_eq!((honest.len(), honest[0].state, &honest[0].receipt_sha256), (1, Reconciled::Matches, &receipt.quality_sha256));
        assert_eq!(report.lines.iter().filter(|l| l.state == Reconciled::Extra).count(), 1100);
        let quality = world.app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().unwrap();
        assert!(quality.answers().unwrap().answers["method"].contains("honest"));
        let newest = world.app.db.read_now(|db| applications::receipts_of(db, id)).unwrap();
        assert_eq!(newest[0].id, receipt.id, "the owner still finds the receipt that counts");
    }
    async fn an_organisation_begins_and_withdraws_twenty_times_and_is_then_refused_with_a_reason(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Cannot Decide");
        for _ in 0..20 {
            let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
            actions::withdraw(&world.app, &owner, id, &world.app.clock).await.unwrap();
        }
        let Err(Error::Refused(refusal)) = actions::start(&world.app, &owner, call.id, organisation, world.now()).await else { panic!() };
        assert_eq!(refusal.code, "applications/too-many-starts");
        assert!(refusal.sentence.contains("20 times"), "{}", refusal.sentence);
        let browser = world.client(&owner).await;
        browser.get(&format!("/calls/{}/apply", call.id)).await.expect(200);
        browser.post(&format!("/calls/{}/apply", call.id), &[("organisation", &organisation.to_string())]).await.expect(409).shows("20 times");
        let (other, its_owner) = world.applicant("Decided");
        actions::start(&world.app, &its_owner, call.id, other, world.now()).await.unwrap();
    }
    async fn two_overlapping_sends_leave_the_envelope_and_the_newest_receipt_of_the_one_written_last(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let began_first = world.now();
        let began_second = began_first.plus(TimeDelta::minutes(2));
        let (id, first) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), began_second).await.unwrap();
        let draft = samples::answers(&call.terms.0, &sample("two"), world.now().date());
        actions::save_draft(&world.app, &owner, id, &draft, began_second).await.unwrap();
        // The request that began first is written last.
        let last = actions::submit(&world.app, &owner, id, &declaration(""), &Clock::stopped(began_first)).await.unwrap();
        assert!(last.received_at > first.received_at, "{} is not after {}", last.received_at.exact(), first.received_at.exact());
        for part in [Part::Quality, Part::Price] {
            if part == Part::Price {
                world.app.db.write_now(|db| applications::mark_quality_final(db, &call, world.now())).unwrap();
            }
            let report = opened(&world, &call, part).await;
            assert_eq!((report.opened(), report.findings().len()), (1, 0), "{report:?}");
            assert_eq!(report.lines[0].receipt_sha256, last.sha256(part));
        }
        let quality = world.app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().unwrap();
        assert!(quality.answers().unwrap().answers["method"].contains("two"));
    }
    async fn an_envelope_put_back_from_before_is_not_taken_for_what_was_sent_last(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        submit_complete(&world.app, &owner, organisation, call.id, &sample("two"), world.now()).await.unwrap();
        world.app.db.write_now(|db| {
            use commonweal::db::schema::envelopes;
            let newest = applications::receipts_of(db, id)?[0].id;
            diesel::delete(envelopes::table.filter(envelopes::receipt_id.eq(newest))).execute(db)?;
            diesel::update(envelopes::table).set(envelopes::receipt_id.eq(newest)).execute(db)?;
            Ok(())
        }).unwrap();
        let report = opened(&world, &call, Part::Quality).await;
        assert_eq!(report.lines.iter().map(|l| (l.application, l.state)).collect::<Vec<_>>(), [(id, Reconciled::Altered)]);
    }
    async fn a_bid_that_somebody_marks_as_withdrawn_in_the_database_is_found_at_the_opening(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("one"), world.now()).await.unwrap();
        world.app.db.write_now(|db| {
            use commonweal::db::schema::applications;
            let this = diesel::update(applications::table.filter(applications::id.eq(id)));
            Ok(this.set(applications::state.eq(ApplicationState::Withdrawn)).execute(db)?)
        }).unwrap();
        let report = opened(&world, &call, Part::Quality).await;
        assert_eq!(report.lines.iter().map(|l| (l.application, l.state)).collect::<Vec<_>>(), [(id, Reconciled::Extra)]);
    }
    async fn words_that_are_written_after_the_deadline_are_refused_even_when_their_request_began_before_it(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Last Minute");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let draft = samples::answers(&call.terms.0, &sample("late"), world.now().date());
        actions::save_draft(&world.app, &owner, id, &draft, world.now()).await.unwrap();
        // Somebody else holds the database for longer than is left until the deadline.
        let app = world.app.clone();
        let stall = std::thread::spawn(move || {
            app.db.write_now(|db| {
                use commonweal::db::schema::applications;
                diesel::update(applications::table.filter(applications::id.eq(id)))
                    .set(applications::call_version.eq(1_i64))
                    .execute(db)?;
                std::thread::sleep(std::time::Duration::from_millis(2500));
                Ok(())
            })
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let clock = Clock::moved(call.deadline_at.unwrap().plus(TimeDelta::milliseconds(-1000)).since(Clock::machine()));
        let began = clock.now();
        let Err(Error::Refused(refusal)) = actions::submit(&world.app, &owner, id, &declaration(""), &clock).await else { panic!() };
        stall.join().unwrap().unwrap();
        assert!(began <= call.deadline_at.unwrap() && clock.now() > call.deadline_at.unwrap());
        assert_eq!(refusal.code, "applications/late");
        let row = world.app.db.read_now(|db| applications::find(db, id)).unwrap();
        assert_eq!((row.state, receipts(&world, id)), (ApplicationState::Draft, 0));
        assert_eq!(code(actions::withdraw(&world.app, &owner, id, &clock).await), "applications/late");
    }
    async fn the_same_form_sent_twice_is_one_submission_with_one_receipt(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Double Tap");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let draft = samples::answers(&call.terms.0, &sample("once"), world.now().date());
        actions::save_draft(&world.app, &owner, id, &draft, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let check = format!("/applications/{id}/check");
        let form = browser.get(&check).await.expect(200).field("form").unwrap();
        let fields = [("form", form.as_str()), ("declared_by", "Leila Haddad"), ("true_and_complete", "yes")];
        for _ in 0..2 {
            browser.post(&format!("/applications/{id}/submit"), &fields).await.expect(303);
        }
        assert_eq!(receipts(&world, id), 1);
        // Both at once: whichever is written first, the other gets the same receipt.
        let clock = &world.app.clock;
        let twice = declaration("another form");
        let (one, other) = join(
            actions::submit(&world.app, &owner, id, &twice, clock),
            actions::submit(&world.app, &owner, id, &twice, clock),
        ).await;
        assert_eq!(one.unwrap().id, other.unwrap().id);
        assert_eq!(receipts(&world, id), 2);
        // The page shown anew is a form of its own: sending it is meant.
        let anew = browser.get(&check).await.expect(200).field("form").unwrap();
        assert_ne!(anew, form);
        browser.post(&format!("/applications/{id}/submit"), &[("form", anew.as_str()), fields[1], fields[2]]).await.expect(303);
        assert_eq!(receipts(&world, id), 3);
    }
}
