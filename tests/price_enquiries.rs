//! A price that looks abnormally low: the flags, the question to the supplier, its answer, and what may be decided.

use crate::applications::sample_calls::{open_call, tender_terms};
use crate::scoring::{Ready, judge, ready};
use crate::support::World;
use chrono::{Days, TimeDelta};
use commonweal::calls::samples as call_samples;
use commonweal::calls::{self, CallKind, NewCall, Terms, WageArea};
use commonweal::db::Json;
use commonweal::db::schema::{calls as call_rows, opened_parts, rankings};
use commonweal::evaluation::LowPriceReason;
use commonweal::law::living_wage;
use commonweal::outbox::mail;
use commonweal::scoring::{Ranking, samples};
use commonweal::values::{Pence, Role};
use diesel::prelude::*;
use serde_json::json;

/// Alder asks a million, Birch £400,000 for 40,000 hours, held against £14.80 an hour; scored and moderated.
async fn moderated(world: &World) -> Ready {
    let ready = ready(world, CallKind::Tender, &[("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 400_000)]);
    let (call, birch) = (ready.call, ready.bids[1]);
    world
        .app
        .db
        .write_now(|db| {
            let Json(mut terms): Json<Terms> =
                call_rows::table.filter(call_rows::id.eq(call)).select(call_rows::terms).first(db)?;
            terms.tender.as_mut().unwrap().hours_asked = Some(WageArea::London);
            terms.model.abnormally_low.as_mut().unwrap().hourly_wage = Some(Pence(1480));
            diesel::update(call_rows::table.filter(call_rows::id.eq(call)))
                .set(call_rows::terms.eq(Json(terms)))
                .execute(db)?;
            let price = json!({ "prices": { "price": "400000.00" }, "hours": "40000" });
            diesel::update(opened_parts::table)
                .filter(opened_parts::application_id.eq(birch))
                .filter(opened_parts::part.eq(commonweal::calls::Part::Price))
                .set(opened_parts::content.eq(Json(price)))
                .execute(db)?;
            Ok(())
        })
        .unwrap();
    let now = world.now();
    samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
    samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
    ready
}

fn mails_about(world: &World, subject: &str) -> Vec<mail::Mail> {
    let all = world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap();
    all.items.into_iter().filter(|m| m.subject.contains(subject)).collect()
}

fn newest(world: &World) -> Ranking {
    world
        .app
        .db
        .read_now(|db| {
            let newest = (rankings::made_at.desc(), rankings::id.desc());
            Ok(rankings::table.select(Ranking::as_select()).order(newest).first(db)?)
        })
        .unwrap()
}

both! {
    async fn an_officer_asks_for_hours_and_they_are_held_against_the_living_wage_of_the_day(world: World) {
        let ground = call_samples::ground(&world.app, &world.person(Role::MissionLead), world.now()).await.unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let new = NewCall { kind: "tender".into(), title: "Kitchens".into(), summary: "Run them.".into(), mission: ground.mission("food").unwrap().to_string() };
        let id = calls::create(&world.app, &officer, &new, world.now()).await.unwrap();
        let desk = world.client(&officer).await;
        let path = format!("/desk/calls/{id}/money");
        desk.get(&path).await.expect(200).shows("Do bidders say how many hours of work their price pays for?");
        let starts = world.now().date().checked_add_days(Days::new(200)).unwrap();
        let ends = starts.checked_add_days(Days::new(700)).unwrap();
        let (starts, ends) = (starts.to_string(), ends.to_string());
        let money = |hours: &'static str| {
            vec![("estimated_value", "1,200,000".to_owned()), ("contract_type", "goods_services".to_owned()), ("procedure", "open".to_owned()),
                ("starts_on", starts.clone()), ("ends_on", ends.clone()), ("hours_asked", hours.to_owned())]
        };
        let wage = living_wage(world.now().date()).unwrap().value;
        for (hours, area, held_against) in [
            ("london", Some(WageArea::London), Some(wage.london)),
            ("uk", Some(WageArea::Uk), Some(wage.uk)),
            ("no", None, None),
            ("london", Some(WageArea::London), Some(wage.london)),
        ] {
            let fields = money(hours);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            desk.post(&path, &fields).await.expect(303);
            let terms = world.app.db.read(move |db| calls::find(db, id)).await.unwrap().terms.0;
            assert_eq!(terms.tender.unwrap().hours_asked, area);
            assert_eq!(terms.model.abnormally_low.unwrap().hourly_wage, held_against);
        }
        desk.post(&path, &[("hours_asked", "mars"), ("estimated_value", "1")]).await.expect(422).shows("Choose one of the answers");
        // A wage that is not the one of today keeps the call from being published.
        let mut terms = world.app.db.read(move |db| calls::find(db, id)).await.unwrap().terms.0;
        terms.model.abnormally_low.as_mut().unwrap().hourly_wage = Some(Pence(1000));
        let stale = calls::TermsInput { title: String::new(), summary: String::new(), mission: String::new(), terms: serde_json::to_value(&terms).unwrap() };
        calls::set_terms(&world.app, &officer, id, &stale, world.now()).await.unwrap();
        desk.get(&format!("/desk/calls/{id}")).await.expect(200).shows("The living wage has changed since the money page was saved");
    }

    async fn a_bidder_says_the_hours_and_cannot_send_without_them(world: World) {
        let mut terms = tender_terms(world.now().plus(TimeDelta::days(20)));
        terms.tender.as_mut().unwrap().hours_asked = Some(WageArea::London);
        let call = open_call(&world, CallKind::Tender, terms);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let browser = world.client(&owner).await;
        browser.get(&format!("/calls/{}/apply", call.id)).await.expect(200);
        let started = browser.post(&format!("/calls/{}/apply", call.id), &[("organisation", &organisation.to_string())]).await.expect(303);
        let home = started.location.unwrap();
        let price = format!("{home}/answer/price");
        browser.get(&price).await.expect(200).shows("How many hours of work does the price pay for?");
        browser.post(&price, &[("price_cost", "£100,000"), ("hours", "")]).await.expect(303);
        browser.get(&format!("{home}/check")).await.expect(200).shows("Enter the hours of work that the price pays for");
        browser.get(&price).await.expect(200);
        browser.post(&price, &[("price_cost", "£100,000"), ("hours", "many")]).await.expect(422).shows("many");
        browser.post(&price, &[("price_cost", "£100,000"), ("hours", "6,500")]).await.expect(303);
        browser.get(&format!("{home}/check")).await.expect(200).shows("6,500 hours of work").hides("Enter the hours of work");
        assert_eq!(browser.get(&price).await.expect(200).field("hours").unwrap(), "6500");
    }

    async fn a_supplier_is_asked_explains_its_price_and_a_justified_one_stays(world: World) {
        let ready = moderated(&world).await;
        let (call, birch) = (ready.call, ready.bids[1]);
        let officer = world.client(&ready.officer).await;
        let api = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{call}/ranking");
        let supplier = world.client(&ready.suppliers[1].1).await;
        let own = format!("/applications/{birch}/price-enquiry");
        api.post(&ranking, json!({})).await.expect(201);
        let flags: Vec<LowPriceReason> = newest(&world).file.0.result.unwrap().low_prices.iter().map(|f| f.reason).collect();
        assert_eq!(flags, [LowPriceReason::BelowMean, LowPriceReason::BelowNext, LowPriceReason::BelowLivingWage]);
        supplier.get(&own).await.expect(200).shows("The council has asked nothing about your price.");
        world.api(&ready.suppliers[1].1).await.get(&format!("/api/v1{own}")).await.expect(404);

        let enquiry = api.get(&ranking).await.expect(200).json()["enquiries"][0]["id"].as_str().unwrap().to_owned();
        let trace = format!("/desk/calls/{call}/ranking/{birch}");
        officer.get(&trace).await.expect(200).shows("Ask the supplier").shows("40000 hours offered cost at the living wage of £14.80");
        let ask = format!("{trace}/enquiry/{enquiry}/question");
        let day = |days: u64| world.now().date().checked_add_days(Days::new(days)).unwrap().to_string();
        officer.post(&ask, &[("question", ""), ("answer_by", &day(7))]).await.expect(422).shows("Say what the supplier is to explain");
        officer.post(&ask, &[("question", "How do you pay your cooks?"), ("answer_by", &day(0))]).await.expect(422).shows("Enter a day after today");
        officer.post(&ask, &[("question", "How do you pay your cooks?"), ("answer_by", &day(7))]).await.expect(303);
        officer.post(&ask, &[("question", "And the rent?"), ("answer_by", &day(9))]).await.expect(422).shows("The supplier was asked already");
        let told = mails_about(&world, "Please explain your price");
        assert_eq!(told.len(), 1);
        assert!(told[0].body.contains("How do you pay your cooks?") && told[0].body.contains(&own), "{}", told[0].body);
        assert!(!told[0].body.contains("1,000,000") && !told[0].body.contains("Alder"), "nothing of the rival's price");

        // Nobody decides against a supplier that still has time to answer.
        let decide = format!("/api/v1/price-enquiries/{enquiry}");
        let against = json!({ "outcome": "not_justified", "answer": "None yet", "note": "Too low" });
        assert_eq!(api.post(&decide, against.clone()).await.expect(409).json()["type"], "/problems/scoring/answer-awaited");
        supplier.get(&own).await.expect(200).shows("The council asks you to explain your price.").shows("How do you pay your cooks?")
            .shows("it is less than the hours you offer cost at the living wage").hides("1,000,000").hides("Alder");
        let rival = world.client(&ready.suppliers[0].1).await;
        rival.get(&own).await.expect(404);
        rival.post(&own, &[("answer", "It is theirs")]).await.expect(404);
        let editor = world.client(&world.person_of(ready.suppliers[1].0, Role::ApplicantEditor)).await;
        editor.get(&own).await.expect(200).hides("Send the answer");
        editor.post(&own, &[("answer", "I only write")]).await.expect(403);
        supplier.post(&own, &[("answer", "")]).await.expect(422).shows("Explain how the price is made up");
        supplier.post(&own, &[("answer", "We own the kitchens, and volunteers do half of the hours.")]).await.expect(303);
        supplier.post(&own, &[("answer", "One more thing")]).await.expect(422).shows("no question about this price that waits");
        assert_eq!(mails_about(&world, "A price was explained").len(), 1);

        // What the supplier wrote is nobody's to change; the decision has its reason, and the supplier reads it.
        officer.get(&trace).await.expect(200).shows("We own the kitchens").hides("What did it answer?");
        let justified = json!({ "outcome": "justified", "answer": "Changed", "note": "They own the kitchens." });
        api.post(&decide, justified).await.expect(200);
        officer.get(&trace).await.expect(200).shows("We own the kitchens").hides("Changed");
        let seen = world.api(&ready.suppliers[1].1).await.get(&format!("/api/v1{own}")).await.expect(200).json();
        assert_eq!((seen["outcome"].as_str(), seen["reason"].as_str()), (Some("justified"), Some("They own the kitchens.")));
        supplier.get(&own).await.expect(200).shows("Your price is justified, so it stands.");
        assert_eq!(mails_about(&world, "price justified").len(), 2, "the owner and the editor are told");
        let low = json!({ "ground": "abnormally_low", "reason": "Too cheap" });
        let disregard = format!("/api/v1/calls/{call}/bids/{birch}/disregard");
        assert_eq!(api.post(&disregard, low).await.expect(409).json()["type"], "/problems/scoring/price-justified");
        api.post(&format!("{ranking}/signature"), json!({})).await.expect(200);
    }

    async fn a_price_that_nobody_explains_in_time_may_be_set_aside_and_the_ranking_says_why(world: World) {
        let ready = moderated(&world).await;
        let (call, birch) = (ready.call, ready.bids[1]);
        let api = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{call}/ranking");
        api.post(&ranking, json!({})).await.expect(201);
        let enquiry = api.get(&ranking).await.expect(200).json()["enquiries"][0]["id"].as_str().unwrap().to_owned();
        let last = world.now().date().checked_add_days(Days::new(7)).unwrap();
        let ask = json!({ "question": "How do you pay your cooks?", "answer_by": last.to_string() });
        api.post(&format!("/api/v1/price-enquiries/{enquiry}/question"), ask).await.expect(200);
        world.move_clock(world.now().plus(TimeDelta::days(8))).await;
        let (officer, api) = (world.client(&ready.officer).await, world.api(&ready.officer).await);
        let decide = format!("/api/v1/price-enquiries/{enquiry}");
        let silent = json!({ "outcome": "not_justified", "note": "It did not say how the hours are paid." });
        api.post(&decide, silent).await.expect(422);
        let said = json!({ "outcome": "not_justified", "answer": "It did not answer.", "note": "It did not say how the hours are paid." });
        api.post(&decide, said).await.expect(200);
        let low = json!({ "ground": "abnormally_low", "reason": "The wages of the hours cannot be paid from it" });
        api.post(&format!("/api/v1/calls/{call}/bids/{birch}/disregard"), low).await.expect(200);
        api.post(&ranking, json!({})).await.expect(201);
        let result = newest(&world).file.0.result.unwrap();
        assert_eq!(result.ranking.len(), 1);
        let out = result.bids.iter().find(|b| b.bid == "A-2").unwrap();
        assert_eq!(out.exclusions[0].code, "disregarded");
        assert!(out.exclusions[0].sentence.contains("The wages of the hours cannot be paid from it"), "{:?}", out.exclusions);
        officer.get(&format!("/desk/calls/{call}/moderation")).await.expect(200)
            .shows("Left out of the ranking").shows("Abnormally low price that was not justified");
        api.post(&format!("{ranking}/signature"), json!({})).await.expect(200);
        world.client(&ready.suppliers[1].1).await.get(&format!("/applications/{birch}/price-enquiry")).await.expect(200)
            .shows("Your price was found not to be justified.").shows("It did not say how the hours are paid.");
    }

    async fn an_open_question_about_the_price_of_a_bid_that_was_withdrawn_keeps_no_ranking_from_being_signed(world: World) {
        let ready = moderated(&world).await;
        let (call, birch) = (ready.call, ready.bids[1]);
        let api = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{call}/ranking");
        let moderation = format!("/desk/calls/{call}/moderation");
        let officer = world.client(&ready.officer).await;
        api.post(&ranking, json!({})).await.expect(201);
        let enquiry = api.get(&ranking).await.expect(200).json()["enquiries"][0]["id"].as_str().unwrap().to_owned();
        let last = world.now().date().checked_add_days(Days::new(7)).unwrap();
        let ask = json!({ "question": "How do you pay your cooks?", "answer_by": last.to_string() });
        api.post(&format!("/api/v1/price-enquiries/{enquiry}/question"), ask).await.expect(200);
        let sign = format!("{ranking}/signature");
        // While the bid stands, so does the question.
        assert_eq!(api.post(&sign, json!({})).await.expect(409).json()["type"], "/problems/scoring/enquiry-open");
        officer.get(&moderation).await.expect(200).shows("1 open");
        let bidder = world.api(&ready.suppliers[1].1).await;
        bidder.post(&format!("/api/v1/applications/{birch}/withdrawal"), json!({ "reason": "Our cook has left" })).await.expect(200);
        api.post(&ranking, json!({})).await.expect(201);
        officer.get(&moderation).await.expect(200).shows("0 open");
        api.post(&sign, json!({})).await.expect(200);
        assert!(newest(&world).signed_at.is_some());
    }
    async fn an_open_question_about_the_price_of_a_bid_that_was_left_out_keeps_no_ranking_from_being_signed(world: World) {
        let ready = moderated(&world).await;
        let (call, birch) = (ready.call, ready.bids[1]);
        let api = world.api(&ready.officer).await;
        let ranking = format!("/api/v1/calls/{call}/ranking");
        api.post(&ranking, json!({})).await.expect(201);
        let breach = json!({ "ground": "breach", "reason": "It wrote to a councillor during the competition" });
        api.post(&format!("/api/v1/calls/{call}/bids/{birch}/disregard"), breach).await.expect(200);
        // It is still in the ranking that was made before.
        let sign = format!("{ranking}/signature");
        assert_eq!(api.post(&sign, json!({})).await.expect(409).json()["type"], "/problems/scoring/enquiry-open");
        api.post(&ranking, json!({})).await.expect(201);
        api.post(&sign, json!({})).await.expect(200);
    }
}
