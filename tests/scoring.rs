//! Panels, sheets, moderation and ranking, as evaluators and officers meet them.

use crate::support::World;
use commonweal::applications::{Answers, Application, ApplicationState, Promised};
use commonweal::calls::{Call, CallKind, CallStage, Instrument, Part, RoundTerms, TenderTerms, Terms, Timetable};
use commonweal::db::Json;
use commonweal::db::schema::{applications, calls, opened_parts, scores};
use commonweal::evaluation::{
    Criterion, EvaluationFile, Kind, Level, LowPriceRule, Measure, Model, PriceModel, Rounding, SocialValueMethod,
    recompute,
};
use commonweal::law::ContractType;
use commonweal::law::procedures::Procedure;
use commonweal::law::tendering::Circumstances;
use commonweal::scoring::{samples, *};
use commonweal::values::time::parse_date;
use commonweal::values::{Actor, Id, LocalDate, Pence, Quantity, Role, actor};
use diesel::prelude::*;
use rust_decimal::{Decimal, dec};
use serde_json::json;
use std::collections::BTreeMap;

pub fn day(text: &str) -> LocalDate {
    parse_date(text).unwrap()
}

fn leaf(id: &str, title: &str, weight: Option<Decimal>, kind: Kind) -> Criterion {
    Criterion { id: id.into(), title: title.into(), weight, minimum: None, kind }
}

pub fn model(with_price: bool) -> Model {
    let levels = (0..5)
        .map(|n| Level { level: n, text: format!("Text of level {n}"), share: Decimal::from(n) / dec!(4) })
        .collect();
    let jobs = Measure {
        id: "jobs".into(),
        title: "Jobs".into(),
        unit: "people".into(),
        weight: dec!(100),
        target: dec!(20),
        cap: None,
        record: None,
    };
    let mut criteria = vec![
        leaf("law", "Food hygiene", None, Kind::PassFail { requirement: "A hygiene rating of 5".into() }),
        leaf("plan", "Delivery plan", Some(if with_price { dec!(50) } else { dec!(80) }), Kind::Quality { levels }),
        leaf(
            "social",
            "Social value",
            Some(dec!(20)),
            Kind::SocialValue { method: SocialValueMethod::AgainstTargets, measures: vec![jobs], deliverability: None },
        ),
    ];
    if with_price {
        criteria.push(leaf("price", "Price", Some(dec!(30)), Kind::Price { model: PriceModel::LowestOverPrice }));
    }
    Model {
        title: "Kitchens".into(),
        rounding: Rounding::default(),
        criteria,
        ties: vec![],
        abnormally_low: Some(LowPriceRule::default()),
    }
}

/// A closed call with opened bids, its officer and evaluators.
pub struct Ready {
    pub call: Id<Call>,
    pub officer: Actor,
    pub evaluators: Vec<Actor>,
    pub bids: Vec<Id<Application>>,
    pub suppliers: Vec<(Id<actor::Organisation>, Actor)>,
}

/// Inserts a closed call and its opened bids: name, jobs promised, price (or amount) in pounds.
pub fn ready(world: &World, kind: CallKind, bids: &[(&str, i64, i64)]) -> Ready {
    let tender = kind == CallKind::Tender;
    let officer = world.person(if tender { Role::ProcurementOfficer } else { Role::FundManager });
    let evaluators = vec![world.person(Role::Evaluator), world.person(Role::Evaluator)];
    let now = world.now();
    let terms = Terms {
        description: "Meals.".into(),
        tender: tender.then(|| TenderTerms {
            procedure: Procedure::Open,
            stage: None,
            contract_type: ContractType::GoodsServices,
            estimated_value: Pence(120_000_000),
            circumstances: Circumstances::default(),
            starts_on: day("2027-04-01"),
            ends_on: day("2030-03-31"),
            price_sealed_until_moderated: true,
            bidders_hidden: false,
            hours_asked: None,
            lot: None,
            considered: BTreeMap::new(),
        }),
        round: (!tender).then(|| RoundTerms {
            fund: "Youth Fund".into(),
            pot: Pence(20_000_000),
            least: Pence(2_000_000),
            most: Pence(15_000_000),
            instruments: vec![Instrument::Loan],
            quorum: Some(1),
        }),
        model: model(tender),
        words: BTreeMap::new(),
        conditions: vec![],
        eligibility: vec![],
        timetable: Timetable { questions_by: None, answers_by: None, deadline: Some(now), decision_on: None },
    };
    let call = Call {
        id: Id::new(),
        authority_id: world.council,
        mission_id: world.mission(),
        kind,
        reference: if tender { "T-2026-0007".into() } else { "R-2026-0002".into() },
        title: "Community kitchens".into(),
        summary: "Meals on four estates".into(),
        stage: CallStage::Closed,
        version: 1,
        terms: Json(terms),
        terms_hash: Some("0".repeat(64)),
        deadline_at: Some(now),
        published_at: Some(now),
        created_at: now,
        created_by: officer.account().unwrap(),
    };
    let (mut ids, mut suppliers) = (Vec::new(), Vec::new());
    world
        .app
        .db
        .write_now(|db| {
            diesel::insert_into(calls::table).values(&call).execute(db)?;
            Ok(())
        })
        .unwrap();
    for (number, (name, jobs, pounds)) in bids.iter().enumerate() {
        let (organisation, owner) = world.applicant(name);
        let application = Application {
            id: Id::new(),
            authority_id: world.council,
            call_id: call.id,
            organisation_id: organisation,
            state: ApplicationState::Submitted,
            call_version: 1,
            reference: Some(format!("A-{}", number + 1)),
            draft: None,
            draft_recipient: None,
            draft_wrapped: None,
            saved_at: now,
            submitted_at: Some(now),
            opened_at: Some(now),
            created_at: now,
            created_by: owner.account().unwrap(),
            letter: None,
        };
        let mut answers = Answers::default();
        answers.answers.insert("plan".into(), format!("Secret plan of {name}"));
        answers.answers.insert("law".into(), "yes".into());
        let quantity: Quantity = Decimal::from(*jobs).try_into().unwrap();
        answers.promises.insert(
            "jobs".into(),
            Promised {
                quantity,
                baseline: Decimal::ZERO.try_into().unwrap(),
                by: day("2028-03-31"),
                how: "Payroll".into(),
            },
        );
        let price = if tender {
            json!({ "prices": { "price": format!("{pounds}.00") } })
        } else {
            json!({ "amount": format!("{pounds}.00") })
        };
        world
            .app
            .db
            .write_now(|db| {
                diesel::insert_into(applications::table).values(&application).execute(db)?;
                for (part, content) in [(Part::Quality, serde_json::to_value(&answers)?), (Part::Price, price.clone())]
                {
                    let row = commonweal::applications::OpenedPart {
                        id: Id::new(),
                        authority_id: world.council,
                        call_id: call.id,
                        application_id: application.id,
                        part,
                        content: Json(content),
                        opened_at: now,
                    };
                    diesel::insert_into(opened_parts::table).values(&row).execute(db)?;
                }
                Ok(())
            })
            .unwrap();
        ids.push(application.id);
        suppliers.push((organisation, owner));
    }
    Ready { call: call.id, officer, evaluators, bids: ids, suppliers }
}

/// Puts somebody on the panel, who declares no conflict.
pub async fn judges(world: &World, ready: &Ready, person: &Actor) {
    let account = person.account().unwrap().to_string();
    let now = world.now();
    panel::add_member(&world.app, &ready.officer, ready.call, &panel::MemberInput { account }, now).await.unwrap();
    let none = panel::DeclarationInput { answer: "none".into(), ..Default::default() };
    panel::declare(&world.app, person, ready.call, &none, now).await.unwrap();
}

/// Alder plans best, everybody else well enough; the second evaluator is one level milder.
pub fn judge(evaluator: usize, name: &str, criterion: &str) -> u32 {
    match criterion {
        "law" => 1,
        _ if name.starts_with("Alder") => 4,
        _ => 2 + u32::from(evaluator == 1),
    }
}

/// Scores, moderates, ranks and signs through the real actions.
pub async fn signed(world: &World, ready: &Ready) {
    let now = world.now();
    samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
    samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
    samples::rank_and_sign(&world.app, &ready.officer, ready.call, now).await.unwrap();
}

const BIDS: [(&str, i64, i64); 3] =
    [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000), ("Cedar Food", 5, 950_000)];

both! {
    async fn nothing_is_shown_before_the_declaration_and_one_conflict_removes_the_person_from_every_bid(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let person = &ready.evaluators[0];
        let account = person.account().unwrap().to_string();
        let officer = world.api(&ready.officer).await;
        officer.post(&format!("/api/v1/calls/{}/panel", ready.call), json!({ "account": account })).await.expect(201);
        let (api, browser) = (world.api(person).await, world.client(person).await);
        let sheet = format!("/api/v1/calls/{}/sheet", ready.call);
        assert_eq!(api.get(&sheet).await.expect(409).json()["type"], "/problems/scoring/declare-first");
        browser.get(&format!("/evaluations/{}", ready.call)).await.expect(200).shows("Birch Meals").hides("Secret plan");
        browser.get(&format!("/evaluations/{}/{}/plan", ready.call, ready.bids[0])).await.expect(409).hides("Secret plan");
        browser.post(&format!("/evaluations/{}/declaration", ready.call),
            &[("answer", "some"), ("bids", &ready.bids[1].to_string()), ("nature", "My sister works there")]).await.expect(303);
        for bid in &ready.bids {
            let path = format!("/api/v1/calls/{}/scores/{bid}/plan", ready.call);
            assert_eq!(api.post(&path, json!({ "level": "3", "reason": "Good" })).await.expect(409).json()["type"], "/problems/scoring/conflicted");
        }
        let conflicts = officer.get(&format!("/api/v1/calls/{}/panel", ready.call)).await.expect(200).json();
        let conflict = conflicts["conflicts"][0]["id"].as_str().unwrap().to_owned();
        let resolution = json!({ "outcome": "no_conflict", "enquiry": "She left three years ago" });
        api.post(&format!("/api/v1/conflicts/{conflict}/resolution"), resolution.clone()).await.expect(403);
        officer.post(&format!("/api/v1/conflicts/{conflict}/resolution"), resolution).await.expect(200);
        assert!(api.get(&sheet).await.expect(200).text.contains("Secret plan of Birch Meals"));
        browser.get(&format!("/evaluations/{}/{}/plan", ready.call, ready.bids[0])).await.expect(200)
            .shows("Secret plan of Alder Kitchens").shows("Text of level 4");
    }
    async fn saving_a_score_takes_at_most_six_statements(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let (person, now) = (&ready.evaluators[0], world.now());
        judges(&world, &ready, person).await;
        let score = sheets::ScoreInput { level: "4".into(), reason: "Clear".into(), ..Default::default() };
        let before = world.app.db.statements();
        sheets::save(&world.app, person, ready.call, ready.bids[0], "plan", &score, now).await.unwrap();
        let asked = world.app.db.statements() - before;
        assert!(asked <= 6, "{asked} statements");
    }
    async fn nobody_sees_the_scores_of_others_before_their_own_are_final(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators[..1], ready.call, &judge, now).await.unwrap();
        let second = &ready.evaluators[1];
        judges(&world, &ready, second).await;
        let api = world.api(second).await;
        let path = format!("/api/v1/calls/{}/scores", ready.call);
        world.client(second).await.get("/tasks").await.expect(200).shows("Score the answers");
        assert_eq!(api.get(&path).await.expect(200).json()["scores"].as_array().unwrap().len(), 0);
        let agree = sheets::ScoreInput { level: "4".into(), reason: "Too early".into(), ..Default::default() };
        let early = moderation::agree(&world.app, &ready.officer, ready.call, ready.bids[0], "plan", &agree, now).await;
        assert!(early.unwrap_err().to_string().contains("scoring/sheets-not-final"));
        let unfinished = sheets::finish(&world.app, second, ready.call, now).await.unwrap_err();
        assert!(unfinished.to_string().contains("scoring/sheet-not-whole"));
        for bid in &ready.bids {
            let yes = json!({ "passed": "yes", "reason": "Rated 5" });
            api.post(&format!("/api/v1/calls/{}/scores/{bid}/law", ready.call), yes).await.expect(200);
            api.post(&format!("/api/v1/calls/{}/scores/{bid}/plan", ready.call), json!({ "level": "9", "reason": "x" })).await.expect(422);
            api.post(&format!("/api/v1/calls/{}/scores/{bid}/plan", ready.call), json!({ "level": "1", "reason": "Thin" })).await.expect(200);
        }
        api.post(&format!("/api/v1/calls/{}/scores/final", ready.call), json!({})).await.expect(200);
        world.client(second).await.get("/tasks").await.expect(200).hides("Score the answers");
        assert_eq!(api.get(&path).await.expect(200).json()["scores"].as_array().unwrap().len(), 12);
    }
    async fn moderation_keeps_the_originals_and_the_exported_file_recomputes_to_the_same_digits(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        let officer = world.client(&ready.officer).await;
        let page = format!("/desk/calls/{}/moderation", ready.call);
        officer.post(&page, &[("step", "close")]).await.expect(422).shows("Agree every answer first");
        officer.get(&format!("{page}/{}/plan", ready.bids[1])).await.expect(200).shows("Text of level 3");
        officer.post(&format!("{page}/{}/plan", ready.bids[1]), &[("level", "1"), ("reason", "Dates are missing")]).await.expect(303);
        let before: Vec<(String, Option<i64>, String)> = world.app.db.read_now(|db| {
            Ok(scores::table.select((scores::id, scores::level, scores::reason)).order(scores::id).load(db)?)
        }).unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let after: Vec<(String, Option<i64>, String)> = world.app.db.read_now(|db| {
            Ok(scores::table.select((scores::id, scores::level, scores::reason)).order(scores::id).load(db)?)
        }).unwrap();
        assert_eq!((before.len(), &before), (12, &after));
        let changed = world.app.db.write_now(|db| { diesel::update(scores::table).set(scores::reason.eq("x")).execute(db)?; Ok(()) });
        assert!(changed.is_err(), "final scores are append-only");
        let gone = world.app.db.write_now(|db| { diesel::delete(scores::table).execute(db)?; Ok(()) });
        assert!(gone.is_err(), "final scores are append-only");
        officer.post(&page, &[("step", "rank")]).await.expect(303);
        officer.post(&page, &[("step", "sign")]).await.expect(303);
        // plan 4/4 × 50 = 50; jobs 20/20 × 20 = 20; price 900,000/1,000,000 × 30 = 27.
        officer.get(&page).await.expect(200).shows("Alder Kitchens is first with 97.00 points").shows(">Price</th>");
        officer.get(&format!("/desk/calls/{}/ranking/{}", ready.call, ready.bids[0])).await.expect(200).shows("27.00");
        let text = officer.get(&format!("/desk/calls/{}/ranking.json", ready.call)).await.expect(200).text;
        let file: EvaluationFile = serde_json::from_str(&text).unwrap();
        assert_eq!(recompute(&file).unwrap().agrees, Some(true));
        officer.post(&page, &[("step", "rank")]).await.expect(422).shows("The ranking is signed");
    }
    async fn of_two_officers_who_agree_one_answer_at_once_the_second_reads_what_stands_before_it_is_replaced(world: World) {
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        let second = world.person(Role::ProcurementOfficer);
        let (one, other) = (world.client(&ready.officer).await, world.client(&second).await);
        let page = format!("/desk/calls/{}/moderation/{}/plan", ready.call, ready.bids[1]);
        // Both open the page while nothing is agreed.
        let (read_by_one, read_by_other) = (one.get(&page).await.expect(200).field("read"), other.get(&page).await.expect(200).field("read"));
        assert_eq!((read_by_one.as_deref(), read_by_other.as_deref()), (Some(""), Some("")));
        one.post(&page, &[("level", "1"), ("reason", "Dates are missing"), ("read", "")]).await.expect(303);
        let told = other.post(&page, &[("level", "4"), ("reason", "All of it is there"), ("read", "")]).await.expect(422)
            .shows("This answer was agreed since you read it, so nothing was saved. Read what stands now, then agree again.")
            .shows("Dates are missing").shows("All of it is there");
        let stands = || world.app.db.read_now(|db| moderated(db, ready.call)).unwrap().remove(&(ready.bids[1], "plan".to_owned())).unwrap();
        assert_eq!((stands().level, stands().reason.as_str()), (Some(1), "Dates are missing"));
        // Having read it, the second officer may replace it; what was wrong with the form does not make it newer.
        let mark = told.field("read").unwrap();
        assert_eq!(mark, stands().id.to_string());
        let empty = other.post(&page, &[("level", "4"), ("reason", ""), ("read", &mark)]).await.expect(422);
        assert_eq!(empty.field("read"), Some(mark.clone()));
        other.post(&page, &[("level", "4"), ("reason", "The dates are on page 3"), ("read", &mark)]).await.expect(303);
        // A program learns the same by the code, and reads what stands where the scores are.
        let api = world.api(&second).await;
        let path = format!("/api/v1/calls/{}/moderation/{}/plan", ready.call, ready.bids[1]);
        for stale in [json!({ "level": "2", "reason": "Thin" }), json!({ "level": "2", "reason": "Thin", "read": mark })] {
            assert_eq!(api.post(&path, stale).await.expect(409).json()["type"], "/problems/scoring/agreed-meanwhile");
        }
        let agreed = api.get(&format!("/api/v1/calls/{}/scores", ready.call)).await.expect(200).json()["agreed"].clone();
        assert_eq!((agreed.as_array().unwrap().len(), &agreed[0]["reason"]), (1, &json!("The dates are on page 3")));
        api.post(&path, json!({ "level": "3", "reason": "Page 3 has most of them", "read": agreed[0]["id"] })).await.expect(200);
        assert_eq!(stands().level, Some(3));
        // At the very same time one of the two is saved, and the other is told.
        let plan = |level: &str| sheets::ScoreInput { level: level.into(), reason: "Agreed".into(), ..Default::default() };
        let (high, low) = (plan("4"), plan("1"));
        let (left, right) = tokio::join!(
            moderation::agree(&world.app, &ready.officer, ready.call, ready.bids[0], "plan", &high, now),
            moderation::agree(&world.app, &second, ready.call, ready.bids[0], "plan", &low, now)
        );
        let told: Vec<String> = [left, right].into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("scoring/agreed-meanwhile"), "{told:?}");
    }
    async fn a_low_price_opens_an_enquiry_and_a_justified_one_is_not_set_aside(world: World) {
        let ready = ready(&world, CallKind::Tender, &[("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 400_000)]);
        let now = world.now();
        samples::score_everything(&world.app, &ready.officer, &ready.evaluators, ready.call, &judge, now).await.unwrap();
        samples::moderate_everything(&world.app, &ready.officer, ready.call, &judge, now).await.unwrap();
        let api = world.api(&ready.officer).await;
        let path = format!("/api/v1/calls/{}/ranking", ready.call);
        api.post(&path, json!({})).await.expect(201);
        assert_eq!(api.post(&format!("{path}/signature"), json!({})).await.expect(409).json()["type"], "/problems/scoring/enquiry-open");
        let low = json!({ "ground": "abnormally_low", "reason": "Too cheap" });
        let disregard = format!("/api/v1/calls/{}/bids/{}/disregard", ready.call, ready.bids[1]);
        assert_eq!(api.post(&disregard, low.clone()).await.expect(409).json()["type"], "/problems/scoring/no-enquiry");
        let enquiry = api.get(&path).await.expect(200).json()["enquiries"][0]["id"].as_str().unwrap().to_owned();
        let answer = json!({ "asked_on": now.date().to_string(), "answer": "We own the kitchens", "outcome": "justified", "note": "No rent" });
        api.post(&format!("/api/v1/price-enquiries/{enquiry}"), answer).await.expect(200);
        assert_eq!(api.post(&disregard, low).await.expect(409).json()["type"], "/problems/scoring/price-justified");
        api.post(&format!("{path}/signature"), json!({})).await.expect(200);
    }
}
