//! Calls, as officers, applicants and the public meet them.

use crate::support::World;
use chrono::TimeDelta;
use commonweal::calls::actions::{self, AmendInput, NoticeInput, PublishInput, WithdrawInput};
use commonweal::calls::samples::{self, Dates, Ground};
use commonweal::calls::{self, CallStage, NewCall};
use commonweal::db::schema::{calls as call_rows, missions as mission_rows};
use commonweal::error::Error;
use commonweal::evaluation::{Kind, PanelRule};
use commonweal::missions::MissionStatus;
use commonweal::values::{Actor, Clock, Instant, Role};
use diesel::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

pub async fn ground(world: &World) -> Ground {
    samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap()
}

pub fn refused(error: &Error) -> &'static str {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("not a refusal: {other:?}"),
    }
}

fn notice(kind: &str, at: Instant) -> NoticeInput {
    NoticeInput {
        kind: kind.into(),
        notice_number: "2026/S 000-099".into(),
        notice_date: at.rfc3339(),
        notice_time: String::new(),
    }
}

fn seen() -> PublishInput {
    PublishInput { seen: "yes".into(), ..PublishInput::default() }
}

both! {
    async fn a_tender_is_published_only_when_it_is_whole_and_opens_with_its_notice(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let new = NewCall { kind: "tender".into(), title: "Kitchens".into(), summary: "Run them.".into(), mission: ground.mission("food").unwrap().to_string() };
        let id = calls::create(app, &officer, &new, now).await.unwrap();
        assert_eq!(refused(&actions::publish(app, &officer, id, &seen(), now).await.unwrap_err()), "calls/incomplete");
        let dates = Dates::closing_in(now, 52);
        let terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let input = calls::TermsInput { title: String::new(), summary: String::new(), mission: String::new(), terms: serde_json::to_value(&terms).unwrap() };
        calls::set_terms(app, &officer, id, &input, now).await.unwrap();
        let unseen = actions::publish(app, &officer, id, &PublishInput::default(), now).await.unwrap_err();
        assert_eq!(refused(&unseen), "calls/rehearsal-unseen");
        actions::publish(app, &officer, id, &seen(), now).await.unwrap();
        let call = app.db.read(move |db| calls::find(db, id)).await.unwrap();
        assert_eq!((call.stage, call.version, call.is_open(now)), (CallStage::AwaitingNotice, 1, false));
        let stranger = world.client(&Actor::Public).await;
        stranger.get(&format!("/calls/{id}")).await.expect(404);
        assert_eq!(refused(&calls::set_terms(app, &officer, id, &input, now).await.unwrap_err()), "calls/not-draft");
        actions::record_notice(app, &officer, id, &notice("uk4", now), now).await.unwrap();
        let (call, keys, (frozen, hash)) = app
            .db
            .read(move |db| Ok((calls::find(db, id)?, calls::keys(db, id)?, calls::version_terms(db, id, 1)?)))
            .await
            .unwrap();
        assert!(call.is_open(now) && call.is_open(dates.deadline));
        assert_eq!(keys.len(), 2);
        assert_eq!((frozen, Some(hash.clone())), (terms, call.terms_hash));
        let page = stranger.get(&format!("/calls/{id}")).await.expect(200);
        page.shows("Start your application").shows(&format!("href=\"/calls/{id}/can-i-apply\"")).shows(&hash).shows("Conditions asked").shows("Quality and social value together count for 70%");
        stranger.get("/calls?q=kitchens&kind=tender&stage=open").await.expect(200).shows("Kitchens");
        stranger.get("/calls?stage=closed").await.expect(200).shows("No call fits");
        assert!(stranger.get("/calls?format=csv").await.expect(200).text.contains("T-"));
    }

    async fn a_notice_that_leaves_too_short_a_period_opens_nothing(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let dates = Dates::closing_in(now, 26);
        let terms = samples::community_kitchens(&dates, vec![]);
        let id = samples::draft(app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        actions::publish(app, &officer, id, &seen(), now).await.unwrap();
        let late = now.plus(TimeDelta::days(3));
        let error = actions::record_notice(app, &officer, id, &notice("uk4", late), late).await.unwrap_err();
        let Error::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((refusal.code, refusal.reference), ("calls/period-too-short", Some("Procurement Act 2023 s.54")));
        let (call, notices) = app.db.read(move |db| Ok((calls::find(db, id)?, calls::notices(db, id)?))).await.unwrap();
        assert_eq!((call.stage, notices.len()), (CallStage::AwaitingNotice, 0));
        calls::back_to_draft(app, &officer, id, late).await.unwrap();
        let mut terms = terms;
        let later = Dates::closing_in(late, 40);
        terms.timetable = samples::community_kitchens(&later, vec![]).timetable;
        let tender = terms.tender.as_mut().unwrap();
        (tender.starts_on, tender.ends_on) = (later.starts_on, later.ends_on);
        let input = calls::TermsInput { title: String::new(), summary: String::new(), mission: String::new(), terms: serde_json::to_value(&terms).unwrap() };
        calls::set_terms(app, &officer, id, &input, late).await.unwrap();
        actions::publish(app, &officer, id, &seen(), late).await.unwrap();
        actions::record_notice(app, &officer, id, &notice("uk4", late), late).await.unwrap();
        let call = app.db.read(move |db| calls::find(db, id)).await.unwrap();
        assert_eq!((call.stage, call.version), (CallStage::Open, 2));
    }

    async fn a_tender_is_amended_before_its_deadline_with_its_notice_republished_and_never_after(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let call = samples::open_tender(app, &officer, &ground, 52, now).await.unwrap();
        let later = call.deadline_at.unwrap().plus(TimeDelta::days(7));
        let input = AmendInput {
            reason: "A fifth room was added.".into(),
            deadline_reason: "A week more, to look at it.".into(),
            deadline_date: later.rfc3339(),
            ..AmendInput::default()
        };
        assert_eq!(refused(&actions::amend(app, &officer, call.id, &input, &Clock::stopped(now)).await.unwrap_err()), "calls/not-republished");
        assert!(matches!(actions::amend(app, &officer, call.id, &AmendInput::default(), &Clock::stopped(now)).await, Err(Error::Invalid(_))));
        actions::record_notice(app, &officer, call.id, &notice("uk4_amended", now), now).await.unwrap();
        // What settles equal totals may be another rule from then on, but not none.
        let mut none = call.terms.0.clone();
        none.model.ties.clear();
        let none = AmendInput { terms: serde_json::to_value(&none).unwrap(), seen: "yes".into(), ..input.clone() };
        assert_eq!(refused(&actions::amend(app, &officer, call.id, &none, &Clock::stopped(now)).await.unwrap_err()), "calls/incomplete");
        actions::amend(app, &officer, call.id, &input, &Clock::stopped(now)).await.unwrap();
        let id = call.id;
        let (amended, versions) = app.db.read(move |db| Ok((calls::find(db, id)?, calls::versions(db, id)?))).await.unwrap();
        assert_eq!((amended.version, amended.deadline_at), (2, Some(later)));
        assert_ne!(amended.terms_hash, call.terms_hash);
        assert_eq!(versions[0].terms_hash, call.terms_hash.clone().unwrap(), "the first version stays as it was");
        // The old deadline passes and closes nothing; the new one closes.
        world.move_clock(call.deadline_at.unwrap().plus(TimeDelta::hours(1))).await;
        assert_eq!(app.db.read(move |db| calls::find(db, id)).await.unwrap().stage, CallStage::Open);
        world.move_clock(later.plus(TimeDelta::hours(1))).await;
        assert_eq!(app.db.read(move |db| calls::find(db, id)).await.unwrap().stage, CallStage::Closed);
        let error = actions::amend(app, &officer, id, &input, &Clock::stopped(world.now())).await.unwrap_err();
        let Error::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((refusal.code, refusal.reference), ("calls/after-deadline", Some("Procurement Act 2023 s.31")));
    }

    async fn each_amendment_of_a_tender_stands_on_a_republished_notice_that_is_new(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let call = samples::open_tender(app, &officer, &ground, 52, now).await.unwrap();
        let id = call.id;
        let original = app.db.read(move |db| calls::notices(db, id)).await.unwrap()[0].number.clone();
        let republished = |number: &str, at: Instant| NoticeInput { notice_number: number.into(), ..notice("uk4_amended", at) };
        for number in [original.clone(), format!("  {}", original.to_lowercase().replace(' ', "  "))] {
            let error = actions::record_notice(app, &officer, id, &republished(&number, now), now).await.unwrap_err();
            let Error::Refused(refusal) = &error else { panic!("{error:?}") };
            assert_eq!((refusal.code, refusal.reference), ("calls/notice-number-taken", Some("Procurement Act 2023 s.31")), "{number}");
        }
        let before = now.plus(TimeDelta::days(-1));
        let error = actions::record_notice(app, &officer, id, &republished("2026/S 000-100", before), now).await.unwrap_err();
        let Error::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!((refusal.code, refusal.reference), ("calls/notice-too-early", Some("Procurement Act 2023 s.31")));
        // The platform's day counts, whatever the hour that was typed.
        let midnight = Instant::start_of(now.date());
        actions::record_notice(app, &officer, id, &republished("2026/S 000-100", midnight), now).await.unwrap();
        let amend = |days: i64, number: &str| AmendInput {
            reason: "A room was added.".into(),
            deadline_reason: "Days more, to look at it.".into(),
            deadline_date: call.deadline_at.unwrap().plus(TimeDelta::days(days)).rfc3339(),
            notice_number: number.into(),
            notice_date: if number.is_empty() { String::new() } else { now.rfc3339() },
            ..AmendInput::default()
        };
        let clock = Clock::stopped(now);
        actions::amend(app, &officer, id, &amend(7, ""), &clock).await.unwrap();
        // What was paid for by one notice is not paid for by its number once more.
        let again = actions::record_notice(app, &officer, id, &republished("2026/S 000-100", now), now).await.unwrap_err();
        assert_eq!(refused(&again), "calls/notice-number-taken");
        for (number, code) in [("2026/S 000-100", "calls/notice-number-taken"), (original.as_str(), "calls/notice-number-taken"), ("", "calls/not-republished")] {
            assert_eq!(refused(&actions::amend(app, &officer, id, &amend(14, number), &clock).await.unwrap_err()), code);
        }
        actions::amend(app, &officer, id, &amend(14, "2026/S 000-101"), &clock).await.unwrap();
        let (call, notices) = app.db.read(move |db| Ok((calls::find(db, id)?, calls::notices(db, id)?))).await.unwrap();
        assert_eq!((call.version, notices.len()), (3, 3));
    }

    async fn a_call_that_was_closed_at_its_deadline_is_not_amended_by_whoever_was_a_moment_too_late(world: World) {
        let ground = ground(&world).await;
        let manager = world.person(Role::FundManager);
        let (app, now) = (&world.app, world.now());
        let call = samples::open_round(app, &manager, &ground, 40, now).await.unwrap();
        let (id, deadline) = (call.id, call.deadline_at.unwrap());
        let amend = AmendInput {
            reason: "More time.".into(),
            deadline_reason: "Asked for.".into(),
            deadline_date: deadline.plus(TimeDelta::days(7)).rfc3339(),
            ..AmendInput::default()
        };
        let stands = |stage: CallStage| {
            let found = world.app.db.read_now(|db| calls::find(db, id)).unwrap();
            assert_eq!((found.stage, found.version, found.deadline_at), (stage, 1, Some(deadline)));
        };
        // Somebody else holds the database for longer than is left until the deadline.
        let holder = world.app.clone();
        let stall = std::thread::spawn(move || {
            holder.db.write_now(|db| {
                diesel::update(call_rows::table.filter(call_rows::id.eq(id))).set(call_rows::version.eq(1_i64)).execute(db)?;
                std::thread::sleep(std::time::Duration::from_millis(2500));
                Ok(())
            })
        });
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let clock = Clock::moved(deadline.plus(TimeDelta::milliseconds(-1000)).since(Clock::machine()));
        let began = clock.now();
        let late = actions::amend(app, &manager, id, &amend, &clock).await.unwrap_err();
        stall.join().unwrap().unwrap();
        assert!(began <= deadline && clock.now() > deadline);
        assert_eq!(refused(&late), "calls/after-deadline");
        stands(CallStage::Open);
        // The closing job was faster than a request whose clock still shows the last instant.
        app.db.write_now(|db| {
            diesel::update(call_rows::table.filter(call_rows::id.eq(id))).set(call_rows::stage.eq(CallStage::Closed)).execute(db)?;
            Ok(())
        }).unwrap();
        let closed = actions::amend(app, &manager, id, &amend, &Clock::stopped(deadline)).await.unwrap_err();
        assert_eq!(refused(&closed), "calls/after-deadline");
        stands(CallStage::Closed);
    }

    async fn a_mission_that_is_not_published_is_shown_to_nobody_by_its_call(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let mission = world.mission();
        let stands = |status: MissionStatus| {
            app.db.write_now(|db| {
                diesel::update(mission_rows::table.filter(mission_rows::id.eq(mission)))
                    .set((mission_rows::status.eq(status), mission_rows::title.eq("Quiet harbours"), mission_rows::statement.eq("By 2031 ships are silent.")))
                    .execute(db)?;
                Ok(())
            }).unwrap();
        };
        stands(MissionStatus::Draft);
        let dates = Dates::closing_in(now, 52);
        let terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        let id = samples::draft(app, &officer, mission, &terms, now).await.unwrap();
        let desk = world.client(&officer).await;
        let (home, told) = (format!("/desk/calls/{id}"), "The mission it serves is not published");
        desk.get(&home).await.expect(200).shows(told).shows("Quiet harbours");
        desk.get(&format!("{home}/publish")).await.expect(200).shows(told);
        let check = world.api(&officer).await.get(&format!("/api/v1/calls/{id}/check")).await.expect(200).json();
        assert_eq!(check["missing"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect::<Vec<_>>(), ["calls/mission-not-published"]);
        for status in [MissionStatus::Draft, MissionStatus::Withdrawn] {
            stands(status);
            assert_eq!(refused(&actions::publish(app, &officer, id, &seen(), now).await.unwrap_err()), "calls/incomplete", "{status:?}");
        }
        stands(MissionStatus::Published);
        desk.get(&home).await.expect(200).hides(told);
        actions::publish(app, &officer, id, &seen(), now).await.unwrap();
        actions::record_notice(app, &officer, id, &notice("uk4", now), now).await.unwrap();
        let stranger = world.client(&Actor::Public).await;
        let lists = ["/calls", "/calls?kind=tender", "/calls?format=csv"];
        stranger.get(&format!("/calls/{id}")).await.expect(200).shows("Quiet harbours").shows("By 2031 ships are silent.");
        for list in lists {
            assert!(stranger.get(list).await.expect(200).text.contains("Quiet harbours"), "{list}");
        }
        // What is withdrawn later is hidden here as on its own page, and the call goes on.
        stands(MissionStatus::Withdrawn);
        stranger.get(&format!("/calls/{id}")).await.expect(200).shows("Start your application").hides("Quiet harbours").hides("By 2031 ships are silent.");
        for list in lists {
            assert!(!stranger.get(list).await.expect(200).text.contains("Quiet harbours"), "{list}");
        }
        desk.get(&home).await.expect(200).shows("Quiet harbours");
        let later = dates.deadline.plus(TimeDelta::days(7)).rfc3339();
        let amend = AmendInput {
            reason: "More time.".into(), deadline_reason: "Asked for.".into(), deadline_date: later,
            notice_number: "2026/S 000-101".into(), notice_date: now.rfc3339(), ..AmendInput::default()
        };
        actions::amend(app, &officer, id, &amend, &Clock::stopped(now)).await.unwrap();
    }

    async fn a_tender_says_what_settles_equal_totals_before_it_is_published_and_a_round_need_not(world: World) {
        let ground = ground(&world).await;
        let (officer, manager) = (world.person(Role::ProcurementOfficer), world.person(Role::FundManager));
        let (app, now) = (&world.app, world.now());
        let dates = Dates::closing_in(now, 52);
        let mut terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
        terms.model.ties.clear();
        let id = samples::draft(app, &officer, ground.mission("food").unwrap(), &terms, now).await.unwrap();
        let check = world.api(&officer).await.get(&format!("/api/v1/calls/{id}/check")).await.expect(200).json();
        assert_eq!(check["missing"].as_array().unwrap().iter().map(|m| m["code"].as_str().unwrap()).collect::<Vec<_>>(), ["calls/no-tie-rule"]);
        let (desk, page) = (world.client(&officer).await, format!("/desk/calls/{id}/criteria"));
        let share = "Nothing: equal bids share a place";
        desk.get(&page).await.expect(200).shows("Say what settles equal totals").hides(share);
        assert_eq!(refused(&actions::publish(app, &officer, id, &seen(), now).await.unwrap_err()), "calls/incomplete");
        desk.post(&page, &[("ties", "quality price")]).await.expect(303);
        desk.get(&page).await.expect(200).hides("Say what settles equal totals");
        actions::publish(app, &officer, id, &seen(), now).await.unwrap();

        // In a round several are chosen.
        let dates = Dates::closing_in(now, 40);
        let mut terms = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        terms.model.ties.clear();
        let id = samples::draft(app, &manager, ground.mission("youth").unwrap(), &terms, now).await.unwrap();
        world.client(&manager).await.get(&format!("/desk/calls/{id}/criteria")).await.expect(200).shows(share);
        actions::publish(app, &manager, id, &seen(), now).await.unwrap();
    }

    async fn what_the_catalogue_fixes_is_asked_milder_neither_in_a_draft_nor_by_an_amendment(world: World) {
        let ground = ground(&world).await;
        let manager = world.person(Role::FundManager);
        let (app, now) = (&world.app, world.now());
        let dates = Dates::closing_in(now, 40);
        let whole = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        let of_pay = |pounds: &str, due: commonweal::values::LocalDate| {
            let mut terms = whole.clone();
            let pay = terms.conditions.iter_mut().find(|asked| asked.id == "fair_pay").unwrap();
            (pay.target, pay.due) = (pounds.parse().unwrap(), due);
            terms
        };
        let mild = of_pay("99", dates.ends_on);
        let id = samples::draft(app, &manager, ground.mission("youth").unwrap(), &mild, now).await.unwrap();
        let desk = world.client(&manager).await;
        desk.get(&format!("/desk/calls/{id}/conditions")).await.expect(200).shows("“Fair pay” is fixed in your catalogue: at least 100%");
        assert_eq!(refused(&actions::publish(app, &manager, id, &seen(), now).await.unwrap_err()), "calls/incomplete");
        let input = calls::TermsInput { title: String::new(), summary: String::new(), mission: String::new(), terms: serde_json::to_value(&whole).unwrap() };
        calls::set_terms(app, &manager, id, &input, now).await.unwrap();
        actions::publish(app, &manager, id, &seen(), now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200).shows("Fixed: it is not negotiated");
        let amend = |terms| AmendInput {
            reason: "The dates were wrong.".into(),
            deadline_reason: "It is not extended: little changes.".into(),
            seen: "yes".into(),
            terms: serde_json::to_value(terms).unwrap(),
            ..AmendInput::default()
        };
        assert_eq!(refused(&actions::amend(app, &manager, id, &amend(&mild), &Clock::stopped(now)).await.unwrap_err()), "calls/condition-fixed");
        // Another day for the same target is no milder one.
        let another_day = dates.ends_on.pred_opt().unwrap();
        actions::amend(app, &manager, id, &amend(&of_pay("100", another_day)), &Clock::stopped(now)).await.unwrap();
        let call = app.db.read(move |db| calls::find(db, id)).await.unwrap();
        assert_eq!(call.version, 2);
    }

    async fn a_draft_is_nobodys_but_its_councils_and_a_round_opens_at_once(world: World) {
        let ground = ground(&world).await;
        let manager = world.person(Role::FundManager);
        let officer = world.person(Role::ProcurementOfficer);
        let stranger = world.person_of(world.other_council(), Role::ProcurementOfficer);
        let now = world.now();
        let dates = Dates::closing_in(now, 40);
        let terms = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        let mission = ground.mission("youth").unwrap();
        let id = samples::draft(&world.app, &manager, mission, &terms, now).await.unwrap();
        for path in [format!("/calls/{id}"), format!("/desk/calls/{id}"), format!("/desk/calls/{id}/basics")] {
            world.client(&stranger).await.get(&path).await.expect(404);
        }
        world.client(&stranger).await.get("/desk/calls").await.expect(200).hides("Youth Fund");
        world.client(&officer).await.get(&format!("/desk/calls/{id}")).await.expect(200);
        let denied = calls::create(&world.app, &officer, &NewCall { kind: "round".into(), title: "x".into(), summary: "x".into(), mission: mission.to_string() }, now).await;
        assert!(matches!(denied, Err(Error::Denied)));
        assert!(matches!(actions::publish(&world.app, &officer, id, &seen(), now).await, Err(Error::Denied)));
        actions::publish(&world.app, &manager, id, &seen(), now).await.unwrap();
        world.client(&stranger).await.get(&format!("/calls/{id}")).await.expect(200).shows("£20,000 to £500,000");
        actions::withdraw(&world.app, &manager, id, &WithdrawInput { reason: "The pot is needed elsewhere.".into() }, now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200).shows("The pot is needed elsewhere").hides("Start your application");
    }

    async fn residents_are_given_a_part_of_a_rounds_points_in_the_builder_and_applicants_read_how(world: World) {
        let ground = ground(&world).await;
        let manager = world.person(Role::FundManager);
        let now = world.now();
        let dates = Dates::closing_in(now, 40);
        let terms = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
        let id = samples::draft(&world.app, &manager, ground.mission("youth").unwrap(), &terms, now).await.unwrap();
        let desk = world.client(&manager).await;
        let criteria = format!("/desk/calls/{id}/criteria");
        desk.get(&criteria).await.expect(200).shows("Community panel: residents vote");
        let new = format!("{criteria}/new");
        desk.get(&format!("{new}?kind=panel")).await.expect(200).shows("How do residents vote?");
        let budget = [("kind", "panel"), ("title", "Residents’ vote"), ("weight", "20"), ("vote", "budget"), ("ballots", "50")];
        desk.post(&new, &budget).await.expect(422).shows("Enter what one resident may share out");
        let scores = [("kind", "panel"), ("title", "Residents’ vote"), ("weight", "20"), ("vote", "scores"), ("highest", "5"), ("ballots", "50")];
        desk.post_and_follow(&new, &scores).await.expect(200).shows("each gives every application 0 to 5").shows("Residents’ vote");
        let model = |world: &World| world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0.model;
        let vote = model(&world).criteria.last().unwrap().id.clone();
        desk.get(&format!("{criteria}/{vote}")).await.expect(200).shows("Fewest ballots that count");
        let changed = [("title", "Residents’ vote"), ("weight", "20"), ("vote", "budget"), ("each", "100"), ("ballots", "50")];
        desk.post(&format!("{criteria}/{vote}"), &changed).await.expect(303);
        let second = [("kind", "panel"), ("title", "Another vote"), ("weight", "20"), ("vote", "scores"), ("highest", "5"), ("ballots", "50")];
        desk.post_and_follow(&new, &second).await.expect(200).shows("Residents vote once");
        let another = model(&world).criteria.last().unwrap().id.clone();
        desk.post(&format!("{criteria}/{another}/remove"), &[]).await.expect(303);
        let impact = model(&world).criteria[0].clone();
        let less = (impact.weight.unwrap() - rust_decimal::dec!(20)).to_string();
        desk.post(&format!("{criteria}/{}", impact.id), &[("title", &impact.title), ("weight", &less)]).await.expect(303);
        assert_eq!(model(&world).problems(), vec![]);
        // The form refuses fewer than five ballots at its field, and terms that a program sent whole are not published.
        let mut few = changed.to_vec();
        few[4] = ("ballots", "4");
        desk.post(&format!("{criteria}/{vote}"), &few).await.expect(422).shows("fewer than five residents vote only totals are shown");
        let whole = world.app.db.read_now(|db| calls::find(db, id)).unwrap().terms.0;
        let with_ballots = |ballots: u32| {
            let mut terms = whole.clone();
            for criterion in &mut terms.model.criteria {
                if let Kind::Panel { rule } = &mut criterion.kind {
                    *rule = PanelRule::Scores { highest: 5, quorum: ballots };
                }
            }
            calls::TermsInput { title: String::new(), summary: String::new(), mission: String::new(), terms: serde_json::to_value(&terms).unwrap() }
        };
        calls::set_terms(&world.app, &manager, id, &with_ballots(4), now).await.unwrap();
        desk.get(&criteria).await.expect(200).shows("Ask for at least five ballots in the residents’ vote.");
        assert_eq!(refused(&actions::publish(&world.app, &manager, id, &seen(), now).await.unwrap_err()), "calls/incomplete");
        calls::set_terms(&world.app, &manager, id, &with_ballots(5), now).await.unwrap();
        desk.post(&format!("{criteria}/{vote}"), &changed).await.expect(303);
        actions::publish(&world.app, &manager, id, &seen(), now).await.unwrap();
        world.client(&Actor::Public).await.get(&format!("/calls/{id}")).await.expect(200)
            .shows("By residents: each shares out £100 between the applications").shows("Residents are shown your name");
        world.client(&Actor::Public).await.get(&format!("/calls/{id}/vote")).await.expect(200).shows("The dates are not set yet");
        // A tender is judged by evaluators alone.
        let officer = world.person(Role::ProcurementOfficer);
        let new = NewCall { kind: "tender".into(), title: "Meals".into(), summary: "x".into(), mission: ground.mission("food").unwrap().to_string() };
        let tender = calls::create(&world.app, &officer, &new, now).await.unwrap();
        world.client(&officer).await.get(&format!("/desk/calls/{tender}/criteria")).await.expect(200).hides("Community panel");
    }

    async fn people_who_begin_calls_at_once_get_different_references(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let mission = ground.mission("food").unwrap().to_string();
        let now = world.now();
        let begun: Vec<_> = (0..12)
            .map(|n| {
                let (app, officer, mission) = (world.app.clone(), officer.clone(), mission.clone());
                tokio::spawn(async move {
                    let new = NewCall { kind: "tender".into(), title: format!("Call {n}"), summary: "x".into(), mission };
                    let id = calls::create(&app, &officer, &new, now).await.unwrap();
                    app.db.read(move |db| calls::find(db, id)).await.unwrap().reference
                })
            })
            .collect();
        let mut references = BTreeSet::new();
        for one in begun {
            references.insert(one.await.unwrap());
        }
        assert_eq!(references.len(), 12);
        assert!(references.last().unwrap().ends_with("-0012"), "no number is left out: {references:?}");
    }

    async fn a_tender_is_built_page_by_page_without_script(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let desk = world.client(&officer).await;
        desk.get("/desk/calls/new").await.expect(200).shows("Begin a call");
        let mission = ground.mission("food").unwrap().to_string();
        let reply = desk.post("/desk/calls/new", &[("kind", "tender"), ("title", "Kitchens"), ("summary", "Run them."), ("mission", &mission)]).await.expect(303);
        let home = reply.location.clone().unwrap();
        let at = |part: &str| format!("{home}/{part}");
        for part in ["basics", "money", "criteria", "conditions", "eligibility", "timetable", "duties", "publish"] {
            desk.get(&at(part)).await.expect(200);
        }
        desk.post(&at("basics"), &[("title", "Kitchens"), ("summary", "Run them."), ("mission", &mission), ("description", "Four kitchens.")]).await.expect(303);
        desk.post(&at("money"), &[("estimated_value", "lots")]).await.expect(422).shows("Enter an amount in pounds");
        let dates = Dates::closing_in(world.now(), 52);
        let (starts, ends) = (dates.starts_on.to_string(), dates.ends_on.to_string());
        desk.post(&at("money"), &[("estimated_value", "1,200,000"), ("contract_type", "goods_services"), ("procedure", "open"), ("starts_on", &starts), ("ends_on", &ends),
            ("circumstances", "electronic_submission"), ("circumstances", "documents_with_notice"), ("price_sealed", "yes")]).await.expect(303);
        desk.get(&at("criteria/new?kind=quality")).await.expect(200).shows("Level texts");
        desk.post(&at("criteria/new"), &[("kind", "quality"), ("title", "How will you do it?"), ("weight", "50"), ("minimum_level", "2")]).await.expect(303);
        desk.post(&at("criteria/new"), &[("kind", "social_value"), ("title", "Promises"), ("weight", "20"), ("method", "against_targets"), ("judged_by", "how_will_you_do_it")]).await.expect(303);
        for (field, value, told) in [("ceiling", "0", "Enter more than £0"), ("ceiling", "-1", "Enter more than £0"), ("exponent", "6", "Enter a whole number from 1 to 5")] {
            let mut price = std::collections::BTreeMap::from([("kind", "price"), ("title", "Price"), ("weight", "29"), ("formula", "absolute_to_ceiling"), ("ceiling", "1200000")]);
            price.insert(field, value);
            desk.post(&at("criteria/new"), &price.into_iter().collect::<Vec<_>>()).await.expect(422).shows(told);
        }
        desk.post(&at("criteria/new"), &[("kind", "price"), ("title", "Price"), ("weight", "29"), ("formula", "absolute_to_ceiling"), ("ceiling", "1200000")]).await.expect(303);
        desk.get(&at("criteria")).await.expect(200).shows("Weights add up to 99% of 100%");
        desk.post(&at("criteria/price"), &[("title", "Price"), ("weight", "30"), ("formula", "absolute_to_ceiling"), ("ceiling", "1200000")]).await.expect(303);
        let condition = ground.catalogue.iter().find(|c| c.body.0.title == "Local employment").unwrap().condition_id.to_string();
        desk.post(&at("conditions"), &[("condition", &condition), ("target", "20"), ("due", &ends), ("feeds", "promises"), ("weight", "100")]).await.expect(303);
        desk.get(&at("conditions/local_employment")).await.expect(200).shows("Change the condition");
        desk.post(&at("eligibility"), &[("question", "Are you registered?"), ("right_answer", "yes"), ("otherwise", "Register first.")]).await.expect(303);
        let day = |at: Instant| at.date().to_string();
        desk.post(&at("timetable"), &[("questions_by_date", &day(dates.questions_by)), ("questions_by_time", "noon"), ("answers_by_date", &day(dates.answers_by)), ("answers_by_time", "5pm"),
            ("deadline_date", &day(dates.deadline)), ("deadline_time", "noon"), ("decision_on", &dates.decision_on.to_string())]).await.expect(303);
        desk.get(&home).await.expect(200).shows("Duties considered").shows("Procurement Act 2023 s.18").shows("£207,720");
        let duties: Vec<(&str, &str)> = calls::DUTIES.iter().map(|d| (d.key, "Considered and decided.")).collect();
        desk.post(&at("duties"), &duties).await.expect(303);
        desk.get(&home).await.expect(200).shows("Everything is there");
        desk.get(&at("publish")).await.expect(200).shows("What one point costs").shows("Ranks cannot reverse");
        desk.post(&at("publish"), &[]).await.expect(422).shows("tick that you have seen it");
        desk.post(&at("publish"), &[("seen", "yes")]).await.expect(303);
        desk.get(&home).await.expect(200).shows("Record the notice");
        let now = world.now();
        desk.post(&at("notices"), &[("kind", "uk4"), ("notice_number", "2026/S 000-1"), ("notice_date", &day(now)), ("notice_time", "0:00")]).await.expect(303);
        desk.get(&home).await.expect(200).shows("Open until").hides("applications received");
        let public = home.replace("/desk", "");
        world.client(&Actor::Public).await.get(&public).await.expect(200).shows("How will you do it?").shows("Local employment");
    }

    async fn a_cap_on_rent_is_asked_and_binds_but_earns_no_points_for_promising_more_rent(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let desk = world.client(&officer).await;
        let mission = ground.mission("food").unwrap().to_string();
        let made = desk.post("/desk/calls/new", &[("kind", "tender"), ("title", "Kitchens"), ("summary", "Run them."), ("mission", &mission)]).await.expect(303);
        let home = made.location.clone().unwrap();
        let at = |part: &str| format!("{home}/{part}");
        desk.post(&at("criteria/new"), &[("kind", "social_value"), ("title", "Promises"), ("weight", "20"), ("method", "against_targets")]).await.expect(303);
        let ends = Dates::closing_in(world.now(), 52).ends_on.to_string();
        let entry = ground.catalogue.iter().find(|c| c.body.0.title == "Rent cap for community use").unwrap();
        let condition = entry.condition_id.to_string();
        let asked = [("condition", condition.as_str()), ("target", "50"), ("due", ends.as_str())];
        let feeding = [("feeds", "promises"), ("weight", "100")];
        desk.post(&at("conditions"), &[asked.as_slice(), &feeding].concat()).await.expect(422).shows("So it cannot earn points");
        desk.post(&at("conditions"), &asked).await.expect(303);
        let one = at("conditions/rent_cap_for_community_use");
        desk.get(&one).await.expect(200).shows("Change the condition");
        desk.post(&one, &[&asked[1..], &feeding].concat()).await.expect(422).shows("So it cannot earn points");
        desk.post(&one, &asked[1..]).await.expect(303);

        // A program that sends whole terms is told the same.
        let api = world.api(&officer).await;
        let path = home.replace("/desk/calls", "/api/v1/calls");
        let mut terms = api.get(&path).await.expect(200).json()["terms"].clone();
        assert_eq!(terms["conditions"][0]["body"]["direction"], json!("at_most"));
        api.post(&format!("{path}/terms"), json!({ "terms": terms })).await.expect(200);
        let social = terms["model"]["criteria"].as_array_mut().unwrap().iter_mut().find(|c| c["id"] == "promises").unwrap();
        social["kind"]["measures"] = json!([{ "id": "rent_cap_for_community_use", "title": "Rent", "unit": "%", "weight": "100", "target": "50" }]);
        let told = api.post(&format!("{path}/terms"), json!({ "terms": terms })).await.expect(409).json();
        assert_eq!(told["type"], "/problems/calls/condition-earns-backwards");
    }

    async fn a_tender_is_made_through_the_api_alone(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let api = world.api(&officer).await;
        let mission = ground.mission("food").unwrap().to_string();
        let made = api.post("/api/v1/calls", json!({ "kind": "tender", "title": "Kitchens", "summary": "Run them.", "mission": mission })).await.expect(201).json();
        let path = format!("/api/v1/calls/{}", made["id"].as_str().unwrap());
        let dates = Dates::closing_in(world.now(), 52);
        let mut terms = serde_json::to_value(samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates))).unwrap();
        for condition in terms["conditions"].as_array_mut().unwrap() {
            condition.as_object_mut().unwrap().remove("body");
        }
        let saved = api.post(&format!("{path}/terms"), json!({ "terms": terms })).await.expect(200).json();
        assert_eq!(saved["missing"], json!([]));
        let other = world.mission();
        let told = |mission: String| json!({ "terms": terms, "mission": mission });
        api.post(&format!("{path}/terms"), told(made["id"].as_str().unwrap().to_owned())).await.expect(422);
        api.post(&format!("{path}/terms"), told(other.to_string())).await.expect(200);
        assert_eq!(api.get(&path).await.expect(200).json()["mission"], json!(other));
        api.post(&format!("{path}/terms"), told(mission.clone())).await.expect(200);
        assert_eq!(api.get(&path).await.expect(200).json()["mission"], json!(mission));
        let check = api.get(&format!("{path}/check")).await.expect(200).json();
        assert_eq!(check["threshold"]["reached"], json!(true));
        assert_eq!(check["minimum_period"]["days"], json!(25));
        assert!(check["rehearsal"]["price_per_point"].as_array().unwrap().len() == 5);
        api.post(&format!("{path}/publish"), json!({ "seen": "yes" })).await.expect(200);
        let nonsense = json!({ "kind": "uk4", "notice_number": "abc", "notice_date": world.now().rfc3339() });
        api.post(&format!("{path}/notices"), nonsense).await.expect(422).shows("Enter the number as the platform shows it");
        let opened = api.post(&format!("{path}/notices"), json!({ "kind": "uk4", "notice_number": "1", "notice_date": world.now().rfc3339() })).await.expect(200).json();
        assert_eq!(opened["stage"], json!("open"));
        let later = dates.deadline.plus(TimeDelta::days(7)).rfc3339();
        let amend = json!({ "reason": "More time.", "deadline_reason": "Asked for.", "deadline_date": later, "notice_number": "2", "notice_date": world.now().rfc3339() });
        assert_eq!(api.post(&format!("{path}/amend"), amend).await.expect(200).json()["version"], json!(2));
        let frozen = api.get(&format!("{path}/terms?version=1")).await.expect(200).json();
        assert_eq!(frozen["terms"]["timetable"]["deadline"], serde_json::to_value(dates.deadline).unwrap());
    }
}
