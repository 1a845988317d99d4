//! Agreements: signing, promises becoming obligations, changes, who sees what.

use crate::support::World;
use chrono::{Days, TimeDelta};
use commonweal::agreements::actions::{self, ChangeInput, SignInput};
use commonweal::agreements::{self, Agreement, AgreementState};
use commonweal::applications::{Answers, Application, ApplicationState, OpenedPart, Promised};
use commonweal::awards::{Award, AwardKind, AwardState, AwardTerms};
use commonweal::calls::{Call, CallKind, CallStage, ConditionAsked, Part, TenderTerms, Terms, Timetable};
use commonweal::conditions::{Behaviour, Cadence, ConditionBody, Direction, Fixedness, Pace, Verifier};
use commonweal::db::Json;
use commonweal::db::schema::{applications, awards, calls, opened_parts};
use commonweal::error::Error;
use commonweal::evaluation::{Model, Rounding};
use commonweal::law::{Circumstances, ContractType, Procedure};
use commonweal::missions::Mission;
use commonweal::outbox;
use commonweal::values::{Actor, Id, LocalDate, Pence, Quantity, Role, actor};
use diesel::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;

/// A promise of the winner: id in the call, how many, by when, how often a figure is due.
pub struct Said {
    pub id: &'static str,
    pub quantity: &'static str,
    pub by: LocalDate,
    pub cadence: Cadence,
}

pub fn days(world: &World, days: u64) -> LocalDate {
    world.now().date() + Days::new(days)
}

pub fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn asked(said: &Said) -> ConditionAsked {
    ConditionAsked {
        id: said.id.to_owned(),
        condition: Id::new(),
        version: 1,
        body: ConditionBody {
            title: format!("Promise {}", said.id),
            text: "Bring residents into work".to_owned(),
            behaviour: Behaviour::Access,
            fixedness: Fixedness::Fixed,
            measure: format!("Residents in work, {}", said.id),
            unit: "people".to_owned(),
            direction: Direction::AtLeast,
            target: quantity("10"),
            evidence: vec!["Payroll".to_owned()],
            verifier: Verifier::Council,
            cadence: said.cadence,
            pace: Pace::Builds,
            grace_days: 5,
            cure_days: 30,
            remedies: vec!["Notice with a plan".to_owned(), "Hold payment".to_owned()],
            sunset: None,
            prohibition: None,
        },
        target: quantity("10"),
        cap: None,
        due: said.by,
        required: false,
    }
}

/// An award that could be signed or accepted today, written as rows.
pub fn award(
    world: &World,
    winner: Id<actor::Organisation>,
    owner: &Actor,
    kind: AwardKind,
    value: Pence,
    said: &[Said],
) -> Id<Award> {
    let now = world.now();
    let mission: Id<Mission> = Id::new();
    let account = owner.account().unwrap();
    let mut terms = Terms {
        description: String::new(),
        tender: None,
        round: None,
        model: Model {
            title: "M".into(),
            rounding: Rounding::default(),
            criteria: vec![],
            ties: vec![],
            abnormally_low: None,
        },
        words: BTreeMap::new(),
        conditions: said.iter().map(asked).collect(),
        eligibility: vec![],
        timetable: Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
    };
    if kind == AwardKind::Contract {
        terms.tender = Some(TenderTerms {
            procedure: Procedure::ALL[0],
            stage: None,
            contract_type: ContractType::GoodsServices,
            estimated_value: value,
            circumstances: Circumstances::default(),
            starts_on: now.date(),
            ends_on: days(world, 365),
            price_sealed_until_moderated: false,
            bidders_hidden: false,
            hours_asked: None,
            lot: None,
            considered: BTreeMap::new(),
        });
    }
    let call = Call {
        id: Id::new(),
        authority_id: world.council,
        mission_id: mission,
        kind: if kind == AwardKind::Contract { CallKind::Tender } else { CallKind::Round },
        reference: format!("T-{}", Id::<Call>::new()),
        title: "Kitchens for schools".to_owned(),
        summary: String::new(),
        stage: CallStage::Closed,
        version: 1,
        terms: Json(terms),
        terms_hash: None,
        deadline_at: Some(now.plus(TimeDelta::days(-20))),
        published_at: Some(now.plus(TimeDelta::days(-60))),
        created_at: now,
        created_by: account,
    };
    let application = Application {
        id: Id::new(),
        authority_id: world.council,
        call_id: call.id,
        organisation_id: winner,
        state: ApplicationState::Submitted,
        call_version: 1,
        reference: None,
        draft: None,
        draft_recipient: None,
        draft_wrapped: None,
        saved_at: now,
        submitted_at: Some(now),
        opened_at: Some(now),
        created_at: now,
        created_by: account,
        letter: None,
    };
    let answers = Answers {
        promises: said
            .iter()
            .map(|s| {
                let promised = Promised {
                    quantity: quantity(s.quantity),
                    baseline: quantity("0"),
                    by: s.by,
                    how: format!("By our plan {}", s.id),
                };
                (s.id.to_owned(), promised)
            })
            .collect(),
        ..Answers::default()
    };
    let part = OpenedPart {
        id: Id::new(),
        authority_id: world.council,
        call_id: call.id,
        application_id: application.id,
        part: Part::Quality,
        content: Json(serde_json::to_value(&answers).unwrap()),
        opened_at: now,
    };
    let row = Award {
        id: Id::new(),
        authority_id: world.council,
        call_id: call.id,
        application_id: application.id,
        organisation_id: winner,
        mission_id: mission,
        kind,
        state: if kind == AwardKind::Contract { AwardState::Noticed } else { AwardState::Accepted },
        value,
        reasons: "Best".to_owned(),
        terms: Json(AwardTerms::of_contract(now.date(), days(world, 365))),
        recommended_by: account,
        recommended_at: now,
        approved_by: None,
        approved_at: None,
        notice_number: Some("2026/S 1".to_owned()),
        notice_published_at: Some(now.plus(TimeDelta::days(-15))),
        standstill_last_day: Some(now.date() - Days::new(2)),
        earliest_signing: Some(now.date() - Days::new(1)),
        offer_answer_by: None,
        answered_at: Some(now),
        answered_by: None,
        signed_at: None,
    };
    world
        .app
        .db
        .write_now(|db| {
            diesel::insert_into(calls::table).values(&call).execute(db)?;
            diesel::insert_into(applications::table).values(&application).execute(db)?;
            diesel::insert_into(opened_parts::table).values(&part).execute(db)?;
            diesel::insert_into(awards::table).values(&row).execute(db)?;
            Ok(())
        })
        .unwrap();
    row.id
}

/// A running contract of an organisation, with its due dates made.
pub async fn contract(world: &World, winner: Id<actor::Organisation>, owner: &Actor, said: &[Said]) -> Id<Agreement> {
    let award = award(world, winner, owner, AwardKind::Contract, Pence(50_000_000), said);
    let officer = world.person(Role::ProcurementOfficer);
    let id = actions::sign(&world.app, &officer, award, &SignInput::default(), world.now()).await.unwrap();
    world.run_jobs().await;
    id
}

pub fn refused(error: Error) -> &'static str {
    match error {
        Error::Refused(refusal) => refusal.code,
        other => panic!("not a refusal: {other}"),
    }
}

fn two(world: &World) -> [Said; 2] {
    [
        Said { id: "jobs", quantity: "24", by: days(world, 300), cadence: Cadence::Once },
        Said { id: "hours", quantity: "1250.5", by: days(world, 200), cadence: Cadence::Quarterly },
    ]
}

both! {
    async fn an_officer_signs_and_every_promise_is_an_obligation_with_equal_figures(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let said = two(&world);
        let award = award(&world, winner, &owner, AwardKind::Contract, Pence(50_000_000), &said);
        // Awarded to begin in a month: a contract does not begin on the day it happens to be signed.
        let (first, last) = (days(&world, 30), days(&world, 395));
        world.app.db.write_now(|db| {
            let terms = Json(AwardTerms::of_contract(first, last));
            diesel::update(awards::table.filter(awards::id.eq(award))).set(awards::terms.eq(terms)).execute(db)?;
            Ok(())
        }).unwrap();
        let officer = world.person(Role::ProcurementOfficer);
        let outsider = world.person(Role::Evaluator);
        let denied = actions::sign(&world.app, &outsider, award, &SignInput::default(), world.now()).await.unwrap_err();
        assert!(matches!(denied, Error::Denied));
        let browser = world.client(&officer).await;
        browser.get(&format!("/agreements/sign/{award}")).await.expect(200).shows("at least 1,250.5 people");
        let page = browser.post_and_follow(&format!("/agreements/sign/{award}"), &[("kpis", "jobs")]).await.expect(200);
        page.shows("Kitchens for schools");
        let (agreement, obligations) = world.app.db.read_now(|db| {
            let agreement = agreements::of_award(db, award)?.unwrap();
            let obligations = agreements::obligations(db, agreement.id)?;
            Ok((agreement, obligations))
        }).unwrap();
        assert_eq!((agreement.value, agreement.organisation_id), (Pence(50_000_000), winner));
        assert!(agreement.reference.starts_with("C-") && agreement.reference.ends_with("-0001"));
        assert_eq!(obligations.len(), said.len());
        assert_eq!((agreement.starts_on, agreement.ends_on), (first, last));
        let awarded = world.app.db.read_now(|db| commonweal::awards::find(db, award)).unwrap();
        assert_eq!((agreement.mission_id, agreement.application_id), (awarded.mission_id, awarded.application_id));
        for promise in &said {
            let made = obligations.iter().find(|o| o.asked_id == promise.id).unwrap();
            // What is counted is what the call asked, and what was promised of it.
            assert_eq!((&made.title, &made.measure), (&format!("Promise {}", promise.id), &format!("Residents in work, {}", promise.id)));
            assert_eq!((made.unit.as_str(), made.direction), ("people", Direction::AtLeast));
            assert_eq!((made.promised, made.baseline), (quantity(promise.quantity), quantity("0")));
            assert_eq!(made.terms.0.how, format!("By our plan {}", promise.id));
            assert_eq!(made.terms.0.due, promise.by);
            assert_eq!(made.terms.0.cadence, promise.cadence);
            assert_eq!(made.terms.0.evidence, ["Payroll"]);
            assert_eq!(made.kpi, promise.id == "jobs");
        }
        let again = actions::sign(&world.app, &officer, award, &SignInput::default(), world.now()).await;
        assert!(again.is_err(), "a contract is signed once");
    }

    async fn accepting_an_offer_makes_one_investment_agreement_however_often_it_is_told(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let award = award(&world, winner, &owner, AwardKind::Investment, Pence(2_000_000), &two(&world));
        let now = world.now();
        world.app.db.write_now(|db| {
            outbox::emit(db, "offer.accepted", json!({ "award": award }), now)?;
            outbox::emit(db, "offer.accepted", json!({ "award": award }), now)
        }).unwrap();
        world.run_jobs().await;
        let agreement = world.app.db.read_now(|db| agreements::of_award(db, award)).unwrap().unwrap();
        assert!(agreement.reference.starts_with("I-"));
        assert_eq!(agreement.signed_by, None);
        let officer = world.person(Role::ProcurementOfficer);
        let not_here = actions::sign(&world.app, &officer, award, &SignInput::default(), now).await.unwrap_err();
        assert_eq!(refused(not_here), "agreements/not-a-contract");
        // Nobody rewrites it alone: its value and its last day follow its parts.
        for (value, ends_on) in [("1", ""), ("1000000000000", ""), ("", "2090-01-01")] {
            let alone = ChangeInput {
                what: "change".into(), value: value.into(), ends_on: ends_on.into(), reason: "x".into(), ..ChangeInput::default()
            };
            let alone = actions::change(&world.app, &officer, agreement.id, &alone, now).await.unwrap_err();
            assert_eq!(refused(alone), "agreements/follows-its-parts");
        }
        let page = world.client(&officer).await.get(&format!("/agreements/{}/change", agreement.id)).await.expect(200);
        page.shows("follow its parts").hides("UK10").hides("including VAT");
    }

    async fn a_contract_over_five_million_needs_three_indicators_or_a_reason(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let officer = world.person(Role::ProcurementOfficer);
        let sign = async |award, kpis: &[&str], reason: &str| {
            let input = SignInput { kpis: kpis.iter().map(|k| (*k).to_owned()).collect(), no_kpi_reason: reason.to_owned() };
            actions::sign(&world.app, &officer, award, &input, world.now()).await
        };
        let large = award(&world, winner, &owner, AwardKind::Contract, Pence(500_000_001), &two(&world));
        assert_eq!(refused(sign(large, &["jobs", "hours"], "").await.unwrap_err()), "agreements/too-few-kpis");
        assert_eq!(refused(sign(large, &["jobs", "jobs", "jobs"], "").await.unwrap_err()), "agreements/too-few-kpis");
        assert_eq!(refused(sign(large, &["made up"], "x").await.unwrap_err()), "agreements/unknown-kpi");
        let id = sign(large, &["jobs"], "One delivery on one day").await.unwrap();
        let changes = world.app.db.read_now(|db| agreements::changes(db, id)).unwrap();
        assert_eq!(changes[0].reason, "One delivery on one day");
        let (other, other_owner) = world.applicant("Second");
        let at_limit = award(&world, other, &other_owner, AwardKind::Contract, Pence(500_000_000), &two(&world));
        sign(at_limit, &[], "").await.unwrap();
    }

    async fn each_side_sees_its_agreements_and_nobody_elses(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let (_, stranger) = world.applicant("Somebody Else");
        let id = contract(&world, winner, &owner, &two(&world)).await;
        let path = format!("/agreements/{id}");
        let auditor = world.person(Role::Auditor);
        for reader in [&owner, &auditor] {
            let browser = world.client(reader).await;
            browser.get("/agreements").await.expect(200).shows("Kitchens for schools");
            browser.get(&path).await.expect(200).shows("Agreement made").shows("at least 24 people");
            let file = browser.get(&format!("{path}?format=csv")).await.expect(200);
            assert!(file.text.contains("1250.5"), "{}", file.text);
            assert!(browser.get("/agreements?format=xlsx").await.expect(200).bytes.starts_with(b"PK"));
            browser.get("/agreements?kind=nonsense").await.expect(422);
        }
        let browser = world.client(&stranger).await;
        browser.get("/agreements").await.expect(200).hides("Kitchens for schools");
        browser.get(&path).await.expect(404);
        world.api(&stranger).await.get(&format!("/api/v1{path}")).await.expect(404);
        let shown = world.api(&owner).await.get(&format!("/api/v1{path}")).await.expect(200).json();
        assert_eq!(shown["obligations"].as_array().unwrap().len(), 2);
    }

    async fn a_change_over_a_tenth_waits_for_its_notice_and_an_ended_agreement_stays_as_it_is(world: World) {
        let (winner, owner) = world.applicant("Harvest Kitchens");
        let id = contract(&world, winner, &owner, &two(&world)).await;
        let officer = world.person(Role::ProcurementOfficer);
        let manager = world.person(Role::ContractManager);
        let change = |what: &str, value: &str, notice: &str| ChangeInput {
            what: what.to_owned(), value: value.to_owned(), notice_number: notice.to_owned(), reason: "More schools".to_owned(),
            ..ChangeInput::default()
        };
        let now = world.now();
        actions::change(&world.app, &officer, id, &change("change", "540000", ""), now).await.unwrap();
        // The second step is small, the two together are not.
        let over = actions::change(&world.app, &officer, id, &change("change", "560000", ""), now).await.unwrap_err();
        assert_eq!(refused(over), "agreements/change-needs-notice");
        actions::change(&world.app, &officer, id, &change("change", "560000", "2026/S 9"), now).await.unwrap();
        let early = actions::change(&world.app, &officer, id, &change("completion", "", ""), now).await.unwrap_err();
        assert_eq!(refused(early), "agreements/not-over");
        let denied = actions::change(&world.app, &officer, id, &change("termination", "", ""), now).await.unwrap_err();
        assert!(matches!(denied, Error::Denied));
        actions::change(&world.app, &manager, id, &change("termination", "", ""), now).await.unwrap();
        world.run_jobs().await;
        let agreement = world.app.db.read_now(|db| agreements::find(db, id)).unwrap();
        assert_eq!((agreement.state, agreement.value), (AgreementState::Terminated, Pence(56_000_000)));
        let ended = actions::change(&world.app, &officer, id, &change("change", "1", "x"), now).await.unwrap_err();
        assert_eq!(refused(ended), "agreements/ended");
        let open = world.app.db.read_now(|db| commonweal::compliance::dues_of_agreement(db, id)).unwrap();
        assert!(open.iter().all(|d| d.state == commonweal::compliance::DueState::Closed));
        world.client(&manager).await.get(&format!("/agreements/{id}")).await.expect(200).shows("More schools");
    }
}
