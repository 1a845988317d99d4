//! Funds: commitments, cash, and the ground that tests of investments stand on.

use crate::support::World;
use commonweal::agreements::{Agreement, AgreementKind, AgreementState};
use commonweal::applications::{Application, ApplicationState};
use commonweal::awards::{Award, AwardState, AwardTerms, InvestmentOffer};
use commonweal::calls::{Call, CallKind, CallStage, Instrument, RoundTerms, Terms, Timetable};
use commonweal::db::Json;
use commonweal::evaluation::Model;
use commonweal::finance::InstrumentTerms;
use commonweal::finance::loan::{Accrual, Facility, Plan, Price, Scope};
use commonweal::finance::schedule::Tranche;
use commonweal::funds::actions::{self as fund_actions, NewCommitment, OpenFund};
use commonweal::funds::{self, Fund};
use commonweal::investments::samples::Cast;
use commonweal::ledger;
use commonweal::missions::Mission;
use commonweal::values::{Actor, Id, Instant, LocalDate, Pence, Rate, Role, actor};
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

pub fn day(text: &str) -> LocalDate {
    commonweal::values::time::parse_date(text).unwrap()
}

pub fn noon(on: LocalDate) -> Instant {
    Instant::start_of(on).plus(chrono::TimeDelta::hours(12))
}

/// A fund with money, and the people who run it.
pub struct Ground {
    pub fund: Id<Fund>,
    pub cast: Cast,
    pub mission: Id<Mission>,
}

pub async fn ground(world: &World, committed: &str) -> Ground {
    let cast = Cast {
        fund_manager: world.person(Role::FundManager),
        committee_member: world.person(Role::CommitteeMember),
        contract_manager: world.person(Role::ContractManager),
    };
    let opened = noon(day("2020-01-02"));
    let input =
        OpenFund { name: "Youth Fund".into(), mandate: "Work for young people".into(), borrowing_rate: "4.6".into() };
    let fund = fund_actions::open(&world.app, &cast.fund_manager, &input, opened).await.unwrap();
    let input =
        NewCommitment { amount: committed.into(), committed_on: "2020-01-02".into(), source: "Cabinet, item 7".into() };
    fund_actions::commit(&world.app, &cast.fund_manager, fund, &input, opened).await.unwrap();
    Ground { fund, cast, mission: Id::new() }
}

/// Interest-free equal payments make figures that can be worked out by hand.
pub fn loan(on: LocalDate, tranches: &[i64], instalments: u32, rate: Decimal) -> InvestmentOffer {
    let planned: Vec<Tranche> = tranches
        .iter()
        .enumerate()
        .map(|(i, amount)| Tranche {
            on: on + chrono::Months::new(2 * u32::try_from(i).unwrap()),
            amount: Pence(*amount),
        })
        .collect();
    let loan = Facility {
        draws: planned.clone(),
        price: Price::Fixed { rate: Rate::new(rate).unwrap() },
        accrual: Accrual::EqualPeriods,
        plan: Plan::EqualPrincipal,
        instalments,
        period_months: 1,
        first_due: None,
        month_end: Default::default(),
        convention: Default::default(),
        calendar: None,
        pauses: Vec::new(),
        scope: Scope::Facility,
        fees: Vec::new(),
    };
    InvestmentOffer {
        terms: InstrumentTerms::Loan(loan),
        precedents: tranches.iter().enumerate().map(|(i, _)| format!("Lease {} is signed", i + 1)).collect(),
        draws: planned,
    }
}

/// Signs an investment agreement as the rooms before would have left it.
pub fn agreement(
    world: &World,
    ground: &Ground,
    organisation: Id<actor::Organisation>,
    offer: InvestmentOffer,
    reference: &str,
) -> Id<Agreement> {
    let now = world.now();
    let by = ground.cast.fund_manager.account().unwrap();
    let value = offer.amount();
    let starts_on = offer.draws.first().map_or(world.now().date(), |d| d.on);
    let terms = AwardTerms::of_offer(starts_on, starts_on + chrono::Months::new(120), offer);
    let call = Call {
        id: Id::new(),
        authority_id: world.council,
        mission_id: ground.mission,
        kind: CallKind::Round,
        reference: format!("R-{reference}"),
        title: "Round".into(),
        summary: "Loans".into(),
        stage: CallStage::Closed,
        version: 1,
        terms: Json(Terms {
            description: "Loans".into(),
            tender: None,
            round: Some(RoundTerms {
                fund: ground.fund.to_string(),
                pot: Pence(100_000_000),
                least: Pence(1),
                most: Pence(100_000_000),
                instruments: Instrument::ALL.to_vec(),
                quorum: Some(1),
            }),
            model: Model {
                title: "M".into(),
                rounding: Default::default(),
                criteria: vec![],
                ties: vec![],
                abnormally_low: None,
            },
            words: Default::default(),
            conditions: vec![],
            eligibility: vec![],
            timetable: Timetable { questions_by: None, answers_by: None, deadline: None, decision_on: None },
        }),
        terms_hash: None,
        deadline_at: None,
        published_at: None,
        created_at: now,
        created_by: by,
    };
    let application = Application {
        id: Id::new(),
        authority_id: world.council,
        call_id: call.id,
        organisation_id: organisation,
        state: ApplicationState::Submitted,
        call_version: 1,
        reference: Some(format!("A-{reference}")),
        draft: None,
        draft_recipient: None,
        draft_wrapped: None,
        saved_at: now,
        submitted_at: Some(now),
        opened_at: None,
        created_at: now,
        created_by: by,
        letter: None,
    };
    let award = Award {
        id: Id::new(),
        authority_id: world.council,
        call_id: call.id,
        application_id: application.id,
        organisation_id: organisation,
        mission_id: ground.mission,
        kind: AgreementKind::Investment,
        state: AwardState::Signed,
        value,
        reasons: "Good".into(),
        terms: Json(terms.clone()),
        recommended_by: by,
        recommended_at: now,
        approved_by: None,
        approved_at: None,
        notice_number: None,
        notice_published_at: None,
        standstill_last_day: None,
        earliest_signing: None,
        offer_answer_by: None,
        answered_at: None,
        answered_by: None,
        signed_at: Some(now),
    };
    let agreement = Agreement {
        id: Id::new(),
        authority_id: world.council,
        mission_id: ground.mission,
        call_id: call.id,
        application_id: application.id,
        award_id: award.id,
        organisation_id: organisation,
        kind: AgreementKind::Investment,
        state: AgreementState::Active,
        reference: reference.into(),
        title: "A training kitchen".into(),
        value,
        starts_on,
        ends_on: terms.ends_on,
        terms: Json(terms),
        signed_at: now,
        signed_by: None,
        ended_at: None,
    };
    world
        .app
        .db
        .write_now(|db| {
            use commonweal::db::schema::{agreements, applications, awards, calls};
            diesel::insert_into(calls::table).values(&call).execute(db)?;
            diesel::insert_into(applications::table).values(&application).execute(db)?;
            diesel::insert_into(awards::table).values(&award).execute(db)?;
            diesel::insert_into(agreements::table).values(&agreement).execute(db)?;
            Ok(())
        })
        .unwrap();
    agreement.id
}

/// The ledger of the council adds up to nothing.
pub fn assert_balanced(world: &World) {
    let trial = world.app.db.read_now(|db| ledger::trial_balance(db, world.council)).unwrap();
    assert_eq!(trial.values().copied().sum::<Pence>(), Pence::ZERO, "{trial:?}");
}

both! {
    async fn a_commitment_is_recorded_once_and_is_available(world: World) {
        let ground = ground(&world, "100000").await;
        let fund = ground.fund;
        let again = NewCommitment { amount: "100,000.00".into(), committed_on: "2/1/2020".into(), source: "Cabinet, item 7".into() };
        fund_actions::commit(&world.app, &ground.cast.fund_manager, fund, &again, world.now()).await.unwrap();
        let cash = world.app.db.read_now(|db| funds::cash(db, fund)).unwrap();
        assert_eq!((cash.committed, cash.called, cash.available), (Pence(10_000_000), Pence::ZERO, Pence(10_000_000)));
        let other = NewCommitment { amount: "5".into(), ..again };
        assert!(fund_actions::commit(&world.app, &ground.cast.fund_manager, fund, &other, world.now()).await.is_err());
        let later = NewCommitment { amount: "5".into(), committed_on: "2199-01-01".into(), source: "Later".into() };
        assert!(fund_actions::commit(&world.app, &ground.cast.fund_manager, fund, &later, world.now()).await.is_err());
        assert_balanced(&world);
    }

    async fn a_fund_is_opened_by_page_and_program_and_unknown_to_another_council(world: World) {
        let manager = world.person(Role::FundManager);
        let browser = world.client(&manager).await;
        browser.get("/funds").await.expect(200).shows("There is no fund yet");
        browser.post("/funds", &[("name", ""), ("mandate", "x"), ("borrowing_rate", "abc")]).await.expect(422)
            .shows("Enter the fund’s name").shows("Enter a yearly rate in per cent");
        let page = browser.post_and_follow("/funds", &[("name", "Food Fund"), ("mandate", "Meals"), ("borrowing_rate", "4.6")]).await;
        page.expect(200).shows("Cash of Food Fund").shows("Nothing is committed yet");
        let api = world.api(&manager).await;
        let made = api.post("/api/v1/funds", json!({ "name": "Second", "mandate": "m" })).await.expect(201).json();
        let id = made["id"].as_str().unwrap().to_owned();
        api.post(&format!("/api/v1/funds/{id}/commitments"), json!({ "amount": "2000000", "committed_on": "2026-01-05", "source": "Cabinet" })).await.expect(201);
        let cash = api.get(&format!("/api/v1/funds/{id}/cash")).await.expect(200).json();
        assert_eq!(cash["cash"]["available"], "2000000.00");
        let other = world.other_council();
        let stranger: Actor = world.person_of(other, Role::FundManager);
        world.api(&stranger).await.get(&format!("/api/v1/funds/{id}/cash")).await.expect(404);
        world.api(&stranger).await.get(&format!("/api/v1/funds/{id}")).await.expect(404);
    }
}
