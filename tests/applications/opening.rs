//! Opening envelopes.

use super::sample_calls::{open_call, round, sample, tender, tender_terms};
use chrono::TimeDelta;
use commonweal::applications::samples::submit_complete;
use commonweal::applications::{self, Reconciled, actions};
use commonweal::calls::actions::WithdrawInput;
use commonweal::calls::{CallKind, Part};
use commonweal::error::Error;
use commonweal::values::{Actor, Role};
use diesel::prelude::*;
use std::collections::BTreeSet;

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

both! {
    async fn two_different_officers_open_from_five_minutes_after_the_deadline_and_never_before(world: World) {
        let call = tender(&world);
        let deadline = call.deadline_at.unwrap();
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, receipt) = submit_complete(&world.app, &owner, organisation, call.id, &sample("opened"), world.now()).await.unwrap();
        let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        let app = &world.app;
        let early = deadline.plus(TimeDelta::minutes(5)).plus(TimeDelta::microseconds(-1));
        assert_eq!(code(actions::ask_opening(app, &first, call.id, Part::Quality, early).await), "applications/opens-later");
        let now = deadline.plus(TimeDelta::minutes(5));
        assert_eq!(code(actions::confirm_opening(app, &second, call.id, Part::Quality, now).await), "applications/not-asked");
        actions::ask_opening(app, &first, call.id, Part::Quality, now).await.unwrap();
        assert_eq!(code(actions::ask_opening(app, &second, call.id, Part::Quality, now).await), "applications/already-asked");
        assert_eq!(code(actions::confirm_opening(app, &first, call.id, Part::Quality, now).await), "applications/same-person");
        let evaluator = world.person(Role::Evaluator);
        assert!(actions::confirm_opening(app, &evaluator, call.id, Part::Quality, now).await.is_err());
        assert!(app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().is_none());
        let report = actions::confirm_opening(app, &second, call.id, Part::Quality, now).await.unwrap();
        assert_eq!((report.opened(), report.findings().len()), (1, 0));
        assert_eq!(report.lines[0].receipt_sha256, receipt.quality_sha256);
        assert_eq!(code(actions::confirm_opening(app, &second, call.id, Part::Quality, now).await), "applications/already-opened");
        let quality = app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().unwrap();
        assert!(quality.answers().unwrap().answers["method"].contains("opened"));
        assert!(app.db.read_now(|db| applications::opened(db, id, Part::Price)).unwrap().is_none());
        assert_eq!(code(actions::ask_opening(app, &first, call.id, Part::Price, now).await), "applications/quality-not-final");
        app.db.write_now(|db| applications::mark_quality_final(db, &call, now)).unwrap();
        actions::ask_opening(app, &second, call.id, Part::Price, now).await.unwrap();
        actions::confirm_opening(app, &first, call.id, Part::Price, now).await.unwrap();
        let price = app.db.read_now(|db| applications::opened(db, id, Part::Price)).unwrap().unwrap();
        assert_eq!(price.prices().unwrap().prices["cost"], commonweal::values::Pence(10_000_000));
        assert!(std::fs::read_dir(&app.config.storage.checkpoints).unwrap().count() > 0, "the chain's head is signed");
        let acts = app.db.read_now(|db| commonweal::audit::of_subject(db, &call.id.to_string())).unwrap();
        let by = |action: &str| acts.iter().filter(|row| row.action == action).count();
        assert_eq!((by("opening.asked"), by("opening.confirmed")), (2, 2), "who opened what is in the record");
        let by = |person: &Actor| format!("account:{}", person.account().unwrap());
        let mut refused: Vec<_> = acts.iter().filter(|row| row.action == "opening.refused").map(|row| {
            let fact = |name: &str| row.facts.0[name].as_str().unwrap();
            (fact("code"), row.actor.clone(), fact("step"), fact("part"))
        }).collect();
        refused.sort();
        let expected = [
            ("applications/already-asked", by(&second), "ask", "quality"),
            ("applications/already-opened", by(&second), "confirm", "quality"),
            ("applications/not-asked", by(&second), "confirm", "quality"),
            ("applications/opens-later", by(&first), "ask", "quality"),
            ("applications/quality-not-final", by(&first), "ask", "price"),
            ("applications/same-person", by(&first), "confirm", "quality"),
        ];
        assert_eq!(refused, expected, "so is who was refused what; the evaluator was turned away before");
        let again = |at| actions::confirm_opening(app, &second, call.id, Part::Price, at);
        for (seconds, rows) in [(0, 7), (59, 7), (61, 8)] {
            assert_eq!(code(again(now.plus(TimeDelta::seconds(seconds))).await), "applications/already-opened");
            let acts = app.db.read_now(|db| commonweal::audit::of_subject(db, &call.id.to_string())).unwrap();
            assert_eq!(acts.iter().filter(|row| row.action == "opening.refused").count(), rows, "after {seconds} seconds");
        }
    }
    async fn ten_bids_are_opened_with_as_many_statements_as_five(world: World) {
        let app = &world.app;
        let deadline = world.now().plus(TimeDelta::days(10));
        let mut terms = tender_terms(deadline);
        terms.tender.as_mut().unwrap().bidders_hidden = true;
        let now = deadline.plus(TimeDelta::minutes(5));
        let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        let mut asked = Vec::new();
        // The opening of one bid comes first, so that every connection is open before anything is counted.
        for bids in [1, 5, 10] {
            let call = open_call(&world, CallKind::Tender, terms.clone());
            for number in 0..bids {
                let (organisation, owner) = world.applicant(&format!("Bidder {number} of {bids}"));
                // Sent twice, so that the newest of two receipts is the one that counts.
                for text in ["first words", "last words"] {
                    submit_complete(app, &owner, organisation, call.id, &sample(text), world.now()).await.unwrap();
                }
            }
            actions::ask_opening(app, &first, call.id, Part::Quality, now).await.unwrap();
            let before = app.db.statements();
            let report = actions::confirm_opening(app, &second, call.id, Part::Quality, now).await.unwrap();
            asked.push(app.db.statements() - before);
            assert_eq!((report.opened(), report.findings().len()), (bids, 0));
            let rows = app.db.read_now(|db| applications::of_call(db, call.id)).unwrap();
            let letters: BTreeSet<String> = rows.iter().map(|a| a.letter.clone().unwrap()).collect();
            let all: BTreeSet<String> = ('A'..='Z').take(bids).map(String::from).collect();
            assert_eq!(letters, all, "every bid has a letter of its own");
            for row in &rows {
                let quality = app.db.read_now(|db| applications::opened(db, row.id, Part::Quality)).unwrap().unwrap();
                assert!(quality.answers().unwrap().answers["method"].contains("last words"));
            }
        }
        assert_eq!(asked[1], asked[2], "{asked:?}");
    }
    async fn officers_open_by_pages_and_read_answers_and_files(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let upload = commonweal::documents::Upload { name: "plan.txt".into(), bytes: b"the plan itself".to_vec() };
        let file = actions::attach(&world.app, &owner, id, "", upload, world.now()).await.unwrap();
        submit_complete(&world.app, &owner, organisation, call.id, &sample("by pages"), world.now()).await.unwrap();
        let (first, second) = (world.client(&world.person(Role::ProcurementOfficer)).await, world.client(&world.person(Role::FundManager)).await);
        let path = format!("/desk/calls/{}/opening", call.id);
        first.get(&path).await.expect(200).shows("Sealed until it closes").hides("Kitchen Table");
        world.move_clock(call.deadline_at.unwrap().plus(TimeDelta::minutes(6))).await;
        first.get(&path).await.expect(200).shows("Ask for the opening").hides("Kitchen Table");
        first.post(&path, &[("part", "quality")]).await.expect(303);
        second.get(&path).await.expect(200).shows("Confirm and open");
        second.post_and_follow(&format!("{path}/confirm"), &[("part", "quality")]).await.expect(200).shows("Matches its receipt").shows("Kitchen Table");
        second.get(&format!("/desk/applications/{id}")).await.expect(200).shows("by pages").shows("Sealed.").shows("plan.txt");
        let got = second.get(&format!("/desk/applications/{id}/files/{}", file.document)).await.expect(200);
        assert_eq!(got.bytes, b"the plan itself");
        let csv = second.get(&format!("{path}?format=csv")).await.expect(200);
        assert!(csv.text.contains("matches"), "{}", csv.text);
        world.client(&world.person(Role::Evaluator)).await.get(&format!("/desk/applications/{id}")).await.expect(403);
        world.client(&world.person(Role::Auditor)).await.get(&path).await.expect(200).hides("Ask for the opening");
    }
    async fn a_program_reads_the_files_of_an_application_once_it_is_open(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let upload = commonweal::documents::Upload { name: "plan.txt".into(), bytes: b"the plan itself".to_vec() };
        let file = actions::attach(&world.app, &owner, id, "", upload, world.now()).await.unwrap();
        submit_complete(&world.app, &owner, organisation, call.id, &sample("by program"), world.now()).await.unwrap();
        let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        let (api, browser) = (world.api(&first).await, world.client(&first).await);
        let path = format!("/api/v1/applications/{id}/content/files/{}", file.document);
        let sealed = api.get(&path).await.expect(404);
        assert_eq!(sealed.header("content-type"), Some("application/problem+json"));
        world.move_clock(call.deadline_at.unwrap().plus(TimeDelta::minutes(6))).await;
        actions::ask_opening(&world.app, &first, call.id, Part::Quality, world.now()).await.unwrap();
        actions::confirm_opening(&world.app, &second, call.id, Part::Quality, world.now()).await.unwrap();
        let read = api.get(&path).await.expect(200);
        let page = browser.get(&format!("/desk/applications/{id}/files/{}", file.document)).await.expect(200);
        assert_eq!((read.bytes.as_slice(), read.header("content-disposition")), (b"the plan itself".as_slice(), Some("attachment; filename=\"plan.txt\"")));
        assert_eq!((read.header("content-type"), &read.bytes), (page.header("content-type"), &page.bytes));
        world.api(&owner).await.get(&path).await.expect(403);
        world.api(&world.person_of(world.other_council(), Role::ProcurementOfficer)).await.get(&path).await.expect(404);
        world.api(&Actor::Public).await.get(&path).await.expect(401);
    }
    async fn an_altered_a_missing_and_an_extra_envelope_are_named_and_not_opened(world: World) {
        let call = tender(&world);
        let mut sent = Vec::new();
        for name in ["True", "Altered", "Missing", "Extra"] {
            let (organisation, owner) = world.applicant(name);
            sent.push(submit_complete(&world.app, &owner, organisation, call.id, &sample(name), world.now()).await.unwrap().0);
        }
        let (altered, missing, extra) = (sent[1], sent[2], sent[3]);
        world.app.db.write_now(|db| {
            use commonweal::db::schema::envelopes;
            let rows: Vec<commonweal::applications::Envelope> = envelopes::table
                .filter(envelopes::part.eq(Part::Quality))
                .select(commonweal::applications::Envelope::as_select())
                .load(db)?;
            let of = |id| rows.iter().find(|e| e.application_id == id).unwrap().clone();
            // Somebody seals other words to the call's public key: it decrypts, but it is not what was sent.
            diesel::update(envelopes::table.filter(envelopes::id.eq(of(altered).id)))
                .set((envelopes::ciphertext.eq(of(sent[0]).ciphertext), envelopes::sha256.eq(of(sent[0]).sha256)))
                .execute(db)?;
            diesel::delete(envelopes::table.filter(envelopes::id.eq(of(missing).id))).execute(db)?;
            let second = commonweal::applications::Envelope { id: commonweal::values::Id::new(), ciphertext: of(sent[0]).ciphertext, ..of(extra) };
            diesel::insert_into(envelopes::table).values(&second).execute(db)?;
            Ok(())
        }).unwrap();
        let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
        actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Quality, now).await.unwrap();
        let report = actions::confirm_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Quality, now).await.unwrap();
        let states = |id| report.lines.iter().filter(|l| l.application == id).map(|l| l.state).collect::<Vec<_>>();
        assert_eq!(states(sent[0]), [Reconciled::Matches]);
        assert_eq!(states(altered), [Reconciled::Altered]);
        assert_eq!(states(missing), [Reconciled::Missing]);
        let mut both = states(extra);
        both.sort();
        assert_eq!(both, [Reconciled::Matches, Reconciled::Extra]);
        assert!(world.app.db.read_now(|db| applications::opened(db, altered, Part::Quality)).unwrap().is_none());
        // Nobody judges those two, so nobody reads their prices, which lie there as they were sent.
        world.app.db.write_now(|db| applications::mark_quality_final(db, &call, now)).unwrap();
        actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Price, now).await.unwrap();
        let report = actions::confirm_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Price, now).await.unwrap();
        let states: Vec<_> = sent.iter().map(|id| report.lines.iter().find(|l| l.application == *id).unwrap().state).collect();
        assert_eq!(states, [Reconciled::Matches, Reconciled::StaysSealed, Reconciled::StaysSealed, Reconciled::Matches]);
        assert_eq!((report.opened(), report.findings().len()), (2, 2));
        world.app.db.read_now(|db| {
            use commonweal::db::schema::envelopes;
            for id in [altered, missing] {
                assert!(applications::opened(db, id, Part::Price)?.is_none());
                let price = envelopes::table.filter(envelopes::application_id.eq(id)).filter(envelopes::part.eq(Part::Price));
                let price: commonweal::applications::Envelope = price.select(commonweal::applications::Envelope::as_select()).first(db)?;
                assert_eq!(price.opened_at, None);
            }
            Ok(())
        }).unwrap();
    }
    async fn what_is_sealed_when_its_round_is_withdrawn_stays_sealed_as_its_applicant_is_told(world: World) {
        let (app, round, now) = (&world.app, round(&world), world.now());
        let (opened, first) = world.applicant("Kiln Yard");
        submit_complete(app, &first, opened, round.id, &sample("read"), now).await.unwrap();
        let manager = world.person(Role::FundManager);
        actions::open_investments(app, &manager, round.id, None, now).await.unwrap();
        let (sealed, second) = world.applicant("Loom Lane");
        let (id, _) = submit_complete(app, &second, sealed, round.id, &sample("unread"), now).await.unwrap();
        let why = WithdrawInput { reason: "The pot is needed elsewhere.".into() };
        commonweal::calls::actions::withdraw(app, &manager, round.id, &why, now).await.unwrap();
        world.run_jobs().await;
        let mut mails = app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        mails.retain(|mail| mail.subject == format!("The call {} was withdrawn", round.reference));
        let told = |words: &str| mails.iter().filter(|mail| mail.body.contains(words)).count();
        assert_eq!((mails.len(), told("What you sent was opened before."), told("What you sent is not opened.")), (2, 1, 1), "{mails:?}");
        for only in [Some(id), None] {
            assert_eq!(code(actions::open_investments(app, &manager, round.id, only, world.now()).await), "applications/call-withdrawn");
        }
        assert!(app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().is_none());
    }
    async fn one_fund_manager_opens_what_was_sent_to_a_round_but_never_a_bid(world: World) {
        let (round, tender) = (round(&world), tender(&world));
        let (organisation, owner) = world.applicant("Kiln Yard");
        let (id, _) = submit_complete(&world.app, &owner, organisation, round.id, &sample("invest"), world.now()).await.unwrap();
        let manager = world.person(Role::FundManager);
        let now = world.now();
        assert_eq!(code(actions::open_investments(&world.app, &manager, tender.id, None, now).await), "applications/needs-two");
        let acts = world.app.db.read_now(|db| commonweal::audit::of_subject(db, &tender.id.to_string())).unwrap();
        let refused = acts.iter().find(|row| row.action == "opening.refused").unwrap();
        assert_eq!(refused.facts.0["code"], "applications/needs-two");
        let signed = || std::fs::read_dir(&world.app.config.storage.checkpoints).map_or(0, Iterator::count);
        let before = signed();
        let report = actions::open_investments(&world.app, &manager, round.id, Some(id), now).await.unwrap();
        assert_eq!(signed(), before + 1, "the head of the record is signed at once");
        assert_eq!(report.opened(), 1);
        assert_eq!(code(actions::open_investments(&world.app, &manager, round.id, Some(id), now).await), "applications/already-opened");
        let price = world.app.db.read_now(|db| applications::opened(db, id, Part::Price)).unwrap().unwrap();
        assert_eq!(price.prices().unwrap().amount, Some(commonweal::values::Pence(10_000_000)));
        submit_complete(&world.app, &owner, organisation, round.id, &sample("anew"), now).await.unwrap();
        assert!(world.app.db.read_now(|db| applications::opened(db, id, Part::Quality)).unwrap().is_none(), "a new envelope is sealed again");
        let other = world.person_of(world.other_council(), Role::FundManager);
        assert!(matches!(actions::open_investments(&world.app, &other, round.id, None, now).await, Err(Error::NotFound | Error::Denied)));
    }
}
