//! The rehearsal of a scoring model before it is published, as officers, auditors and programs meet it.

use crate::support::World;
use commonweal::calls::actions::{self, AmendInput, NoticeInput, PublishInput};
use commonweal::calls::rehearsing::{self, AcknowledgeInput};
use commonweal::calls::samples::{self, Dates, Ground};
use commonweal::calls::{self, Acknowledgement, Call, CallVersion, Terms, TermsInput};
use commonweal::db::schema::{audit_rows, call_acknowledgements};
use commonweal::error::Error;
use commonweal::evaluation::{Criterion, Kind, PriceModel, TieRule, model_hash};
use commonweal::values::{Actor, Clock, Id, Pence, Role};
use diesel::prelude::*;
use serde_json::{Value, json};

fn refused(error: &Error) -> &'static str {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("not a refusal: {other:?}"),
    }
}

/// The kitchens tender, scored by the commonest formula, which can reverse ranks.
fn reversible(ground: &Ground, world: &World) -> Terms {
    fn replace(criteria: &mut [Criterion]) {
        for criterion in criteria {
            match &mut criterion.kind {
                Kind::Price { model } => *model = PriceModel::LowestOverPrice,
                Kind::Group { children } => replace(children),
                _ => {}
            }
        }
    }
    let dates = Dates::closing_in(world.now(), 52);
    let mut terms = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
    replace(&mut terms.model.criteria);
    terms
}

async fn draft(world: &World, officer: &Actor, terms: &Terms, ground: &Ground) -> Id<Call> {
    samples::draft(&world.app, officer, ground.mission("food").unwrap(), terms, world.now()).await.unwrap()
}

async fn ground(world: &World) -> Ground {
    samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap()
}

fn kept(world: &World) -> Vec<Acknowledgement> {
    world
        .app
        .db
        .read_now(|db| {
            Ok(call_acknowledgements::table
                .select(Acknowledgement::as_select())
                .order(call_acknowledgements::id)
                .load(db)?)
        })
        .unwrap()
}

async fn versions(world: &World, id: Id<Call>) -> Vec<CallVersion> {
    world.app.db.read(move |db| calls::versions(db, id)).await.unwrap()
}

fn input(terms: &Terms) -> TermsInput {
    TermsInput {
        title: String::new(),
        summary: String::new(),
        mission: String::new(),
        terms: serde_json::to_value(terms).unwrap(),
    }
}

both! {
    async fn an_officer_sees_what_the_model_does_acknowledges_it_and_it_is_kept_with_the_frozen_terms(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let terms = reversible(&ground, &world);
        let id = draft(&world, &officer, &terms, &ground).await;
        let desk = world.client(&officer).await;
        let (home, path) = (format!("/desk/calls/{id}"), format!("/desk/calls/{id}/rehearsal"));
        desk.get(&home).await.expect(200).shows("Rehearse the model");
        let page = desk.get(&path).await.expect(200);
        let hash = page.field("model_hash").unwrap();
        assert_eq!(hash, model_hash(&terms.model));
        page.shows("Ranks can reverse").shows("The example that was found").shows("Third bid, which loses")
            .shows("Pounds that one more point costs, by price").shows("What one point costs")
            .shows("Published weight and real influence of each criterion").shows("Real influence")
            .shows("A bid in the middle, neither cheapest nor best").shows("10,000 fields of 5 bids")
            .shows("against a bid that earns everything outside price").shows("What does one inflated promise do?")
            .shows("Nobody has acknowledged the rehearsal of this model yet").shows("Acknowledge the rehearsal");
        // Who only reads is shown the same, and is offered nothing.
        let auditor = world.client(&world.person(Role::Auditor)).await;
        auditor.get(&path).await.expect(200).shows("Ranks can reverse").hides("Acknowledge the rehearsal");
        auditor.post(&path, &[("seen", "yes"), ("model_hash", &hash)]).await.expect(403);
        // Without the tick, and with a model that is not the one that was shown, nothing is acknowledged.
        desk.post(&path, &[("model_hash", &hash)]).await.expect(422).shows("tick that you have seen it");
        desk.post(&path, &[("seen", "yes"), ("model_hash", &"0".repeat(64))]).await.expect(422).shows("Read the rehearsal again");
        assert_eq!(kept(&world), []);
        let published = actions::publish(&world.app, &officer, id, &PublishInput::default(), world.now()).await;
        assert_eq!(refused(&published.unwrap_err()), "calls/rehearsal-unseen");

        desk.post(&path, &[("seen", "yes"), ("model_hash", &hash)]).await.expect(303);
        desk.post(&path, &[("seen", "yes"), ("model_hash", &hash)]).await.expect(303);
        let words = kept(&world);
        assert_eq!(words.len(), 1, "saying it twice changes nothing");
        let codes: Vec<&str> = words[0].warnings.0.iter().map(|w| w.code.as_str()).collect();
        assert!(codes.contains(&"rank-reversal") && codes.contains(&"relative-price"), "{codes:?}");
        assert_eq!((words[0].model_hash.as_str(), Some(words[0].acknowledged_by)), (hash.as_str(), officer.account()));
        assert_eq!((words[0].expected_price, words[0].fields, words[0].bids), (terms.tender.as_ref().unwrap().estimated_value, 10_000, 5));
        let Actor::Person { name, .. } = &officer else { panic!() };
        auditor.get(&path).await.expect(200).shows(name);
        // Publishing asks for no second tick, and the frozen version names the acknowledgement.
        let publish = format!("{home}/publish");
        desk.get(&publish).await.expect(200).shows("You acknowledged the rehearsal").hides("I have seen what the rehearsal found");
        desk.post(&publish, &[]).await.expect(303);
        assert_eq!(versions(&world, id).await[0].acknowledgement_id, Some(words[0].id));
        desk.get(&path).await.expect(200).shows(name).hides("Acknowledge the rehearsal");
        let said: Vec<String> = world.app.db.read_now(|db| {
            Ok(audit_rows::table.filter(audit_rows::action.eq("call.rehearsal_acknowledged")).select(audit_rows::facts).load(db)?)
        }).unwrap();
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(&hash) && said[0].contains("rank-reversal"), "{said:?}");
        for change in [
            world.app.db.write_now(|db| Ok(diesel::update(call_acknowledgements::table).set(call_acknowledgements::warnings.eq("[]")).execute(db)?)),
            world.app.db.write_now(|db| Ok(diesel::delete(call_acknowledgements::table).execute(db)?)),
        ] {
            assert!(change.is_err(), "an acknowledgement is append-only");
        }
    }

    async fn a_changed_model_or_value_needs_a_new_acknowledgement_and_each_officer_gives_their_own(world: World) {
        let ground = ground(&world).await;
        let (officer, colleague) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
        let (app, now) = (&world.app, world.now());
        let mut terms = reversible(&ground, &world);
        let id = draft(&world, &officer, &terms, &ground).await;
        let seen = |terms: &Terms| AcknowledgeInput { seen: "yes".into(), model_hash: model_hash(&terms.model) };
        rehearsing::acknowledge(app, &officer, id, &seen(&terms), now).await.unwrap();
        let unseen = actions::publish(app, &colleague, id, &PublishInput::default(), now).await.unwrap_err();
        assert_eq!(refused(&unseen), "calls/rehearsal-unseen", "a colleague has seen nothing");
        // One pound more of value is another expected price.
        terms.tender.as_mut().unwrap().estimated_value = terms.tender.as_ref().unwrap().estimated_value + Pence(100);
        calls::set_terms(app, &officer, id, &input(&terms), now).await.unwrap();
        let unseen = actions::publish(app, &officer, id, &PublishInput::default(), now).await.unwrap_err();
        assert_eq!(refused(&unseen), "calls/rehearsal-unseen");
        rehearsing::acknowledge(app, &officer, id, &seen(&terms), now).await.unwrap();
        // Another model, and the hash of the old one with it.
        let old = terms.clone();
        terms.model.ties = vec![TieRule::Price];
        calls::set_terms(app, &officer, id, &input(&terms), now).await.unwrap();
        let stale = rehearsing::acknowledge(app, &officer, id, &seen(&old), now).await.unwrap_err();
        assert_eq!(refused(&stale), "calls/rehearsal-changed");
        let shown_before = PublishInput { seen: "yes".into(), model_hash: model_hash(&old.model), ..PublishInput::default() };
        assert_eq!(refused(&actions::publish(app, &officer, id, &shown_before, now).await.unwrap_err()), "calls/rehearsal-changed");
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{id}/rehearsal")).await.expect(200).shows("Earlier models").shows("tie rules do not end with a draw");
        actions::publish(app, &officer, id, &PublishInput { seen: "yes".into(), model_hash: model_hash(&terms.model), ..PublishInput::default() }, now).await.unwrap();
        let words = kept(&world);
        let frozen = versions(&world, id).await[0].acknowledgement_id;
        let given = words.iter().find(|w| Some(w.id) == frozen).unwrap();
        assert_eq!((words.len(), given.model_hash.as_str()), (3, model_hash(&terms.model).as_str()));
        assert!(given.warnings.0.iter().any(|w| w.code == "ties-may-remain"));
    }

    async fn an_amendment_keeps_the_acknowledgement_while_the_model_stands_and_needs_one_when_it_changes(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let (app, now) = (&world.app, world.now());
        let call = samples::open_tender(app, &officer, &ground, 52, now).await.unwrap();
        let id = call.id;
        let later = call.deadline_at.unwrap().plus(chrono::TimeDelta::days(7));
        let republished = |number: &str| NoticeInput {
            kind: "uk4_amended".into(), notice_number: number.into(), notice_date: now.rfc3339(), notice_time: String::new(),
        };
        let amend = AmendInput { reason: "More time.".into(), deadline_reason: "Asked for.".into(), ..AmendInput::default() };
        actions::record_notice(app, &officer, id, &republished("2"), now).await.unwrap();
        actions::amend(app, &officer, id, &AmendInput { deadline_date: later.rfc3339(), ..amend.clone() }, &Clock::stopped(now)).await.unwrap();
        let mut terms = app.db.read(move |db| calls::find(db, id)).await.unwrap().terms.0;
        terms.model.ties.pop();
        let changed = AmendInput { terms: serde_json::to_value(&terms).unwrap(), ..amend };
        actions::record_notice(app, &officer, id, &republished("3"), now).await.unwrap();
        assert_eq!(refused(&actions::amend(app, &officer, id, &changed, &Clock::stopped(now)).await.unwrap_err()), "calls/rehearsal-unseen");
        actions::amend(app, &officer, id, &AmendInput { seen: "yes".into(), ..changed }, &Clock::stopped(now)).await.unwrap();
        let versions = versions(&world, id).await;
        let words: Vec<_> = versions.iter().map(|v| v.acknowledgement_id).collect();
        assert!(words[0].is_some() && words[0] == words[1] && words[2].is_some() && words[2] != words[1], "{words:?}");
        assert_eq!(versions[0].warnings.0, versions[1].warnings.0);
    }

    async fn a_program_rehearses_acknowledges_and_publishes(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let terms = reversible(&ground, &world);
        let id = draft(&world, &officer, &terms, &ground).await;
        let api = world.api(&officer).await;
        let path = format!("/api/v1/calls/{id}");
        let found = api.get(&format!("{path}/rehearsal")).await.expect(200).json();
        assert_eq!(found["model_hash"], json!(model_hash(&terms.model)));
        assert_eq!(found["rehearsal"]["rehearsal"]["rank_reversal"]["answer"], json!("found"));
        assert_eq!(found["rehearsal"]["curve"].as_array().unwrap().len(), 21);
        assert_eq!(found["acknowledgements"], json!([]));
        // The same digits a second time: the seed belongs to the model.
        assert_eq!(api.get(&format!("{path}/rehearsal")).await.expect(200).json(), found);
        let acknowledge = |seen: &str, hash: &Value| json!({ "seen": seen, "model_hash": hash });
        let refused = api.post(&format!("{path}/rehearsal"), acknowledge("", &found["model_hash"])).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/calls/rehearsal-unseen");
        api.post(&format!("{path}/rehearsal"), acknowledge("yes", &json!(""))).await.expect(422);
        api.post(&format!("{path}/rehearsal"), acknowledge("yes", &found["model_hash"])).await.expect(200);
        let again = api.get(&format!("{path}/rehearsal")).await.expect(200).json();
        assert_eq!(again["acknowledgements"][0]["warnings"], found["warnings"]);
        api.post(&format!("{path}/publish"), json!({})).await.expect(200);
        let other = world.other_council();
        let stranger = world.person_of(other, Role::ProcurementOfficer);
        world.api(&stranger).await.get(&format!("{path}/rehearsal")).await.expect(404);
    }

    async fn a_model_that_is_not_whole_is_not_rehearsed_and_the_page_says_what_is_missing(world: World) {
        let ground = ground(&world).await;
        let officer = world.person(Role::ProcurementOfficer);
        let mut terms = reversible(&ground, &world);
        terms.model.criteria.pop();
        let id = draft(&world, &officer, &terms, &ground).await;
        let desk = world.client(&officer).await;
        desk.get(&format!("/desk/calls/{id}/rehearsal")).await.expect(200).shows("The model cannot be rehearsed yet").hides("Acknowledge");
        world.api(&officer).await.get(&format!("/api/v1/calls/{id}/rehearsal")).await.expect(409);
    }
}
