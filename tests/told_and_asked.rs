//! What everybody is told when a call changes, what a call may ask, and the reasons that are asked of officers.

use crate::applications::sample_calls::sample;
use crate::scoring::{judges, ready, signed};
use crate::support::World;
use chrono::TimeDelta;
use commonweal::applications::actions as applying;
use commonweal::applications::samples::submit_complete;
use commonweal::awards;
use commonweal::calls::actions::{self, AnswerInput, NoticeInput, PublishInput, QuestionInput};
use commonweal::calls::samples::{self, Dates};
use commonweal::calls::{self, Call, CallKind, Question};
use commonweal::db::schema::{accounts, scores};
use commonweal::outbox::mail;
use commonweal::values::{Actor, Id, Role, Share};
use diesel::prelude::*;
use rust_decimal::dec;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];

fn address(world: &World, person: &Actor) -> String {
    let of = accounts::table.filter(accounts::id.eq(person.account().unwrap())).select(accounts::email);
    world.app.db.read_now(|db| Ok(of.first(db)?)).unwrap()
}

async fn ask(world: &World, person: &Actor, call: Id<Call>, words: &str) -> Id<Question> {
    let input = QuestionInput { question: words.to_owned() };
    actions::ask(&world.app, person, call, &input, world.now()).await.unwrap()
}

/// The mails with a subject, by address; nobody has two.
fn told(world: &World, subject: &str) -> BTreeMap<String, String> {
    let mut mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
    mails.retain(|mail| mail.subject == subject);
    let count = mails.len();
    let told: BTreeMap<_, _> = mails.into_iter().map(|mail| (mail.recipient, mail.body)).collect();
    assert_eq!(told.len(), count);
    told
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
        let (_, asker) = world.applicant("Asking Only");
        ask(&world, &asker, call.id, "Is there a lift?").await;

        let before = call.deadline_at.unwrap();
        let later = before.plus(TimeDelta::days(7));
        let desk = world.client(&officer).await;
        let page = format!("/desk/calls/{}/amend", call.id);
        desk.get(&page).await.expect(200).shows("Everybody who applies is told").shows("have a program send the whole new terms through the API");
        let (published, closes) = (now.rfc3339(), later.rfc3339());
        desk.post(&page, &[("reason", "A fifth room was added."), ("deadline_reason", "A week more, to look at it."),
            ("notice_number", "2026/S 000-099"), ("notice_date", &published), ("deadline_date", &closes)]).await.expect(303);
        world.run_jobs().await;

        let subject = format!("The call {} was changed", call.reference);
        let mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.iter().filter(|m| m.subject == subject).collect();
        let by_address: BTreeMap<&str, &str> = told.iter().map(|m| (m.recipient.as_str(), m.body.as_str())).collect();
        // Each of them once, and nobody who neither applies nor asked.
        assert_eq!((told.len(), by_address.len()), (4, 4), "{told:?}");
        for (person, what_now) in [(&owner, "What you sent stands"), (&colleague, "What you sent stands"),
            (&writer, "Your draft is kept"), (&asker, "You asked a question about it")] {
            let body = by_address[address(&world, person).as_str()];
            assert!(body.contains(&call.title) && body.contains("This is version 2"), "{body}");
            assert!(body.contains(&later.long()) && !body.contains(&before.long()), "the new deadline and not the old: {body}");
            assert!(body.contains(what_now), "{body}");
            assert!(body.contains("Why: A fifth room was added.") && body.contains("The deadline: A week more, to look at it."), "{body}");
        }
    }

    async fn of_two_amendments_before_the_mail_is_written_each_mail_tells_of_its_own(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let call = samples::open_tender(&world.app, &officer, &ground, 52, now).await.unwrap();
        let (writing, writer) = world.applicant("Writing Meals");
        applying::start(&world.app, &writer, call.id, writing, now).await.unwrap();
        let (_, asker) = world.applicant("Asking Only");
        ask(&world, &asker, call.id, "Is there a lift?").await;
        let closings = [7, 14].map(|days| call.deadline_at.unwrap().plus(TimeDelta::days(days)));
        for (number, (room, closes)) in ["A fifth room was added.", "A sixth room was added."].iter().zip(closings).enumerate() {
            let input = actions::AmendInput {
                reason: (*room).to_owned(),
                deadline_reason: format!("{} weeks more.", number + 1),
                notice_number: format!("2026/S 000-10{number}"),
                notice_date: now.rfc3339(),
                deadline_date: closes.rfc3339(),
                ..actions::AmendInput::default()
            };
            actions::amend(&world.app, &officer, call.id, &input, &world.app.clock).await.unwrap();
        }
        world.run_jobs().await;
        let mut mails = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items;
        mails.retain(|mail| mail.subject == format!("The call {} was changed", call.reference));
        assert_eq!(mails.len(), 4, "each amendment to each of the two: {mails:?}");
        for (version, own, other) in [(2, ["A fifth room", "1 weeks more"], "A sixth room"), (3, ["A sixth room", "2 weeks more"], "A fifth room")] {
            let of: Vec<_> = mails.iter().filter(|mail| mail.body.contains(&format!("This is version {version}."))).collect();
            assert_eq!(of.iter().map(|mail| mail.recipient.as_str()).collect::<BTreeSet<_>>().len(), 2, "{mails:?}");
            for body in of.iter().map(|mail| &mail.body) {
                assert!(own.iter().all(|words| body.contains(words)) && !body.contains(other), "{body}");
                assert!(body.contains(&format!("It closes at {}.", closings[version - 2].long())), "{body}");
                assert_eq!(body.contains("It was changed again since."), version == 2, "{body}");
            }
        }
    }

    async fn everybody_who_applies_or_asked_is_mailed_an_answer_without_the_name_of_who_asked(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let call = samples::open_tender(&world.app, &officer, &ground, 52, now).await.unwrap();
        let (writing, writer) = world.applicant("Writing Meals");
        applying::start(&world.app, &writer, call.id, writing, now).await.unwrap();
        let (_, asker) = world.applicant("Asking Only");
        world.applicant("Looking On");
        let question = ask(&world, &asker, call.id, "Is there a lift?").await;
        let answer = AnswerInput { answer: "There is, to the second floor.".into() };
        actions::answer(&world.app, &officer, call.id, question, &answer, now).await.unwrap();
        world.run_jobs().await;
        let subject = format!("A question about the call {} is answered", call.reference);
        let told = told(&world, &subject);
        assert_eq!(told.keys().collect::<BTreeSet<_>>(), [address(&world, &asker), address(&world, &writer)].iter().collect());
        let bodies: BTreeSet<_> = told.values().collect();
        assert_eq!(bodies.len(), 1, "the same words for each");
        for body in bodies {
            assert!(body.contains("Question: Is there a lift?") && body.contains("Answer: There is, to the second floor."), "{body}");
            assert!(!body.contains(&address(&world, &asker)) && !body.contains("Asking Only"), "{body}");
        }
    }

    async fn everybody_who_applies_or_asked_is_mailed_that_a_call_is_withdrawn_and_why(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let call = samples::open_tender(&world.app, &officer, &ground, 52, now).await.unwrap();
        let (sent, owner) = world.applicant("Sent Kitchens");
        submit_complete(&world.app, &owner, sent, call.id, &sample("ours"), now).await.unwrap();
        let (writing, writer) = world.applicant("Writing Meals");
        applying::start(&world.app, &writer, call.id, writing, now).await.unwrap();
        let (_, asker) = world.applicant("Asking Only");
        ask(&world, &asker, call.id, "Is there a lift?").await;
        // Who asked and applies is told once.
        ask(&world, &writer, call.id, "Is there a stair?").await;
        world.applicant("Looking On");
        let desk = world.client(&officer).await;
        let page = format!("/desk/calls/{}/withdraw", call.id);
        desk.get(&page).await.expect(200);
        let done = desk.post_and_follow(&page, &[("reason", "The kitchens were sold.")]).await;
        done.shows("everybody who applies is told");
        world.run_jobs().await;
        let told = told(&world, &format!("The call {} was withdrawn", call.reference));
        assert_eq!(told.len(), 3, "{told:?}");
        for (person, what_now) in [(&owner, "What you sent is not opened"), (&writer, "Your draft and its key are destroyed"), (&asker, "You asked a question about it")] {
            let body = &told[&address(&world, person)];
            assert!(body.contains("Why: The kitchens were sold.") && body.contains(what_now), "{body}");
        }
    }

    async fn a_cap_on_a_promise_is_kept_by_the_builder_and_read_by_the_officer_and_by_everybody(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let dates = Dates::closing_in(now, 52);
        let terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let id = samples::draft(&world.app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        let desk = world.client(&officer).await;
        let (home, due) = (format!("/desk/calls/{id}"), dates.ends_on.to_string());
        let page = format!("{home}/conditions/local_work");
        desk.get(&page).await.expect(200).shows("Most of the criterion that it may earn");
        let asked = |cap: &'static str| [("target", "20"), ("cap", cap), ("due", due.as_str()), ("feeds", "promises"), ("weight", "50")];
        // A cap of nothing would promise points that nobody can earn.
        for wrong in ["0", "101"] {
            desk.post(&page, &asked(wrong)).await.expect(422).shows("Enter a cap of more than 0% and at most 100%");
        }
        // What is no number is told once; a cap where nothing earns points would be kept and never seen.
        desk.post(&page, &asked("a third")).await.expect(422).shows("Enter a number, like 12 or 12.5").hides("Enter a cap of more than 0%");
        let unfed = [("target", "20"), ("cap", "30"), ("due", due.as_str())];
        desk.post(&page, &unfed).await.expect(422).shows("A cap limits points: choose the criterion that this earns points in");
        desk.post(&page, &asked("30")).await.expect(303);

        let kept = world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0;
        let condition = kept.conditions.iter().find(|c| c.id == "local_work").unwrap();
        assert_eq!((condition.target.get(), condition.cap.map(Share::get)), (dec!(20), Some(dec!(0.3))));
        let shown = desk.get(&page).await.expect(200);
        assert_eq!((shown.field("target").as_deref(), shown.field("cap").as_deref()), (Some("20"), Some("30")));

        // It goes with the points into what is published.
        let seen = PublishInput { seen: "yes".into(), ..PublishInput::default() };
        actions::publish(&world.app, &officer, id, &seen, now).await.unwrap();
        let notice = NoticeInput {
            kind: "uk4".into(), notice_number: "2026/S 000-099".into(), notice_date: now.rfc3339(), notice_time: String::new(),
        };
        actions::record_notice(&world.app, &officer, id, &notice, now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200)
            .shows("50% of these points, in full at 20 people, at most 30%");
    }

    async fn an_amendment_that_does_not_say_why_the_deadline_is_or_is_not_extended_changes_nothing(world: World) {
        let now = world.now();
        let ground = samples::ground(&world.app, &world.person(Role::MissionLead), now).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let call = samples::open_tender(&world.app, &officer, &ground, 52, now).await.unwrap();
        let api = world.api(&officer).await;
        let path = format!("/api/v1/calls/{}/amend", call.id);
        let stands = || {
            let id = call.id;
            let versions = world.app.db.read_now(|db| calls::versions(db, id)).unwrap().len();
            let notices = world.app.db.read_now(|db| calls::notices(db, id)).unwrap().len();
            (world.app.db.read_now(|db| calls::find(db, id)).unwrap().deadline_at, versions, notices)
        };
        let before = stands();
        let later = call.deadline_at.unwrap().plus(TimeDelta::days(7));
        let mut amend = json!({
            "reason": "A fifth room was added.", "deadline_date": later.rfc3339(),
            "notice_number": "2026/S 000-099", "notice_date": now.rfc3339(),
        });
        api.post(&path, amend.clone()).await.expect(422).shows("Say why the deadline is or is not extended");
        // Spaces are no reason.
        amend["deadline_reason"] = json!("  ");
        api.post(&path, amend.clone()).await.expect(422);
        assert_eq!(stands(), before);
        // Nothing else was wrong with it.
        amend["deadline_reason"] = json!("A week more, to look at it.");
        api.post(&path, amend).await.expect(200);
        assert_eq!(stands(), (Some(later), before.1 + 1, before.2 + 1));
    }

    async fn no_score_is_final_while_one_of_them_is_without_its_reason(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let person = &ready.evaluators[0];
        judges(&world, &ready, person).await;
        let api = world.api(person).await;
        let scores_of = format!("/api/v1/calls/{}/scores", ready.call);
        for bid in &ready.bids {
            api.post(&format!("{scores_of}/{bid}/law"), json!({ "passed": "yes", "reason": "Rated 5" })).await.expect(200);
            api.post(&format!("{scores_of}/{bid}/plan"), json!({ "level": "3", "reason": "Dates are named" })).await.expect(200);
        }
        let finals = || world.app.db.read_now(|db| Ok(scores::table.count().get_result::<i64>(db)?)).unwrap();
        // A level and a pass alike may be saved without words, to go on later, and are not final.
        for (criterion, score) in [("plan", json!({ "level": "3" })), ("law", json!({ "passed": "yes", "reason": " " }))] {
            let one = format!("{scores_of}/{}/{criterion}", ready.bids[1]);
            api.post(&one, score.clone()).await.expect(200);
            let refused = api.post(&format!("{scores_of}/final"), json!({})).await.expect(409).json();
            assert_eq!((&refused["type"], finals()), (&json!("/problems/scoring/sheet-not-whole"), 0), "{criterion}");
            let mut whole = score;
            whole["reason"] = json!("As the answer says");
            api.post(&one, whole).await.expect(200);
        }
        api.post(&format!("{scores_of}/final"), json!({})).await.expect(200);
        assert_eq!(finals(), 4);
    }

    async fn nobody_is_recommended_without_reasons(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let api = world.api(&ready.officer).await;
        let path = format!("/api/v1/calls/{}/awards", ready.call);
        let made = || world.app.db.read_now(|db| awards::of_call(db, ready.call)).unwrap().len();
        for silent in [json!({ "application": ready.bids[0] }), json!({ "application": ready.bids[0], "reasons": " " })] {
            api.post(&path, silent).await.expect(422).shows("Say why this application should win");
        }
        assert_eq!(made(), 0);
        api.post(&path, json!({ "application": ready.bids[0], "reasons": "The best plan" })).await.expect(201);
        assert_eq!(made(), 1);
    }
}
