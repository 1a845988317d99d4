//! Investments: money goes out by two people, comes back, is late, is repaid.

use crate::funds::{Ground, agreement, assert_balanced, day, ground, loan, noon};
use crate::support::World;
use commonweal::awards::{self, AwardKind};
use commonweal::error::Error;
use commonweal::finance::payments::Component;
use commonweal::investments::actions::{self, Decide, DecideProposal, ProposeDrawdown, ProposeValuation, Verify};
use commonweal::investments::cancelling;
use commonweal::investments::payments::{self, Charge, Receive, Reverse};
use commonweal::investments::{self, Book, Drawdown, EntryKind, Investment, InvestmentState, Standing};
use commonweal::values::{Actor, Id, LocalDate, Pence, Role};
use rust_decimal::{Decimal, dec};
use serde_json::json;

pub fn book(world: &World, id: Id<Investment>) -> Book {
    world.app.db.read_now(|db| investments::load_book(db, id)).unwrap()
}

pub fn approve() -> Decide {
    Decide { decision: "approve".into(), ..Decide::default() }
}

pub fn code(error: Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.code.to_owned(),
        other => format!("{other:?}"),
    }
}

async fn opened(
    world: &World,
    ground: &Ground,
    on: LocalDate,
    tranches: &[i64],
    rate: Decimal,
) -> (Id<Investment>, Actor) {
    let (organisation, owner) = world.applicant("Harvest Lane Kitchens CIC");
    let id = agreement(world, ground, organisation, loan(on, tranches, 4, rate), "I-2026-0001");
    let made = world.app.db.write_now(|db| actions::open(db, id, noon(on))).unwrap().unwrap();
    let again = world.app.db.write_now(|db| actions::open(db, id, noon(on))).unwrap().unwrap();
    assert_eq!(made, again);
    (made, owner)
}

async fn verify_all(world: &World, ground: &Ground, id: Id<Investment>, on: LocalDate) {
    let api = world.api(&ground.cast.fund_manager).await;
    let shown = api.get(&format!("/api/v1/investments/{id}")).await.expect(200).json();
    for precedent in shown["precedents"].as_array().unwrap() {
        let precedent = precedent["id"].as_str().unwrap().parse().unwrap();
        let input = Verify { evidence: "Copy seen".into() };
        actions::verify(&world.app, &ground.cast.contract_manager, precedent, &input, noon(on)).await.unwrap();
    }
}

async fn propose(world: &World, ground: &Ground, id: Id<Investment>, tranche: u32, on: LocalDate) -> Id<Drawdown> {
    let input = ProposeDrawdown { tranche: tranche.to_string(), pay_on: on.to_string() };
    actions::propose_drawdown(&world.app, &ground.cast.fund_manager, id, &input, noon(on)).await.unwrap()
}

pub async fn running(world: &World, ground: &Ground, on: LocalDate, amount: i64, rate: Decimal) -> Id<Investment> {
    lent(world, ground, on, amount, rate).await.0
}

/// A running loan and who runs its enterprise.
pub async fn lent(
    world: &World,
    ground: &Ground,
    on: LocalDate,
    amount: i64,
    rate: Decimal,
) -> (Id<Investment>, Actor) {
    let (id, owner) = opened(world, ground, on, &[amount], rate).await;
    verify_all(world, ground, id, on).await;
    let drawdown = propose(world, ground, id, 1, on).await;
    actions::decide_drawdown(&world.app, &ground.cast.committee_member, drawdown, &approve(), noon(on)).await.unwrap();
    (id, owner)
}

pub async fn pay(
    world: &World,
    ground: &Ground,
    id: Id<Investment>,
    amount: &str,
    on: &str,
    reference: &str,
) -> Result<Id<investments::Entry>, Error> {
    let input =
        Receive { amount: amount.into(), received_on: on.into(), reference: reference.into(), ..Receive::default() };
    payments::receive(&world.app, &ground.cast.fund_manager, id, &input, noon(day(on))).await
}

fn impaired() -> ProposeValuation {
    ProposeValuation {
        valued_on: "2026-05-01".into(),
        value: "500".into(),
        method: "impaired".into(),
        reason: "Accounts seen".into(),
    }
}

/// Proposes [`impaired`] with one thing left out, which is refused and leaves nothing, and then whole.
async fn proposed_only_whole(
    world: &World,
    ground: &Ground,
    id: Id<Investment>,
    silent: &ProposeValuation,
    (field, told): (&str, &str),
) {
    let (manager, at) = (&ground.cast.fund_manager, noon(day("2026-05-01")));
    let Err(Error::Invalid(errors)) = actions::propose_valuation(&world.app, manager, id, silent, at).await else {
        panic!("proposed without {field}")
    };
    assert_eq!(errors.at(field), Some(told));
    assert!(book(world, id).valuations.is_empty());
    actions::propose_valuation(&world.app, manager, id, &impaired(), at).await.unwrap();
    assert_eq!(book(world, id).valuations.len(), 1);
}

both! {
    async fn money_goes_out_only_when_conditions_are_verified_and_by_a_second_person(world: World) {
        let ground = ground(&world, "1000").await;
        let on = day("2026-01-15");
        let (id, _) = opened(&world, &ground, on, &[60_000, 60_000], dec!(0)).await;
        let drawdown = propose(&world, &ground, id, 1, on).await;
        let decide = |who: Actor, drawdown, on| {
            let app = world.app.clone();
            async move { actions::decide_drawdown(&app, &who, drawdown, &approve(), noon(on)).await }
        };
        let member = ground.cast.committee_member.clone();
        assert_eq!(code(decide(member.clone(), drawdown, on).await.unwrap_err()), "investments/not-verified");
        assert!(matches!(decide(ground.cast.fund_manager.clone(), drawdown, on).await, Err(Error::Denied)));
        verify_all(&world, &ground, id, on).await;
        // A committee member who proposed it may not approve it, whatever else they are.
        let both_roles = {
            let account = ground.cast.fund_manager.account().unwrap();
            let council = world.council;
            let now = world.now();
            world.app.db.write_now(|db| {
                let council = commonweal::people::find_organisation(db, council)?;
                commonweal::people::actions::add_role(db, &Actor::System, &council, account, Role::CommitteeMember, now)
            }).unwrap();
            world.actor(account)
        };
        assert_eq!(code(decide(both_roles, drawdown, on).await.unwrap_err()), "investments/same-person");
        decide(member.clone(), drawdown, on).await.unwrap();
        assert_eq!(code(decide(member.clone(), drawdown, on).await.unwrap_err()), "investments/decided-already");
        assert_eq!(book(&world, id).drawn(on), Pence(60_000));
        let second = propose(&world, &ground, id, 2, day("2026-01-20")).await;
        assert_eq!(code(decide(member, second, day("2026-01-20")).await.unwrap_err()), "funds/not-enough");
        assert_eq!(book(&world, id).investment.schedule_version, 1);
        assert_balanced(&world);
    }

    async fn of_two_approvals_at_once_one_wins(world: World) {
        let ground = ground(&world, "1000").await;
        let on = day("2026-01-15");
        let (id, _) = opened(&world, &ground, on, &[60_000], dec!(0)).await;
        verify_all(&world, &ground, id, on).await;
        let drawdown = propose(&world, &ground, id, 1, on).await;
        let (one, two) = (ground.cast.committee_member.clone(), world.person(Role::CommitteeMember));
        let (decision, other) = (approve(), approve());
        let (a, b) = futures_util::join!(
            actions::decide_drawdown(&world.app, &one, drawdown, &decision, noon(on)),
            actions::decide_drawdown(&world.app, &two, drawdown, &other, noon(on)),
        );
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1);
        assert_eq!(book(&world, id).drawn(on), Pence(60_000));
        assert_balanced(&world);
    }

    async fn a_second_tranche_makes_the_next_schedule_and_leaves_the_first_as_it_was(world: World) {
        let ground = ground(&world, "10000").await;
        let on = day("2026-01-15");
        let (id, _) = opened(&world, &ground, on, &[40_000, 30_000], dec!(0)).await;
        verify_all(&world, &ground, id, on).await;
        for (tranche, on) in [(1, on), (2, day("2026-03-01"))] {
            let drawdown = propose(&world, &ground, id, tranche, on).await;
            actions::decide_drawdown(&world.app, &ground.cast.committee_member, drawdown, &approve(), noon(on)).await.unwrap();
        }
        let after = book(&world, id);
        assert_eq!(after.investment.schedule_version, 2);
        let principal: Vec<i64> = after.rows().iter().map(|r| r.principal.0).collect();
        // 400 in four parts; after the first, 300 + 300 in three.
        assert_eq!(principal, [10_000, 20_000, 20_000, 20_000]);
        assert_eq!(after.rows().last().unwrap().closing, Pence::ZERO);
    }

    async fn a_payment_pays_fees_then_interest_then_principal_and_the_rest_is_kept(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0.12)).await;
        // 1 % of £1,200 is £12; £300 principal.
        let fee = Charge { amount: "5".into(), due_on: "2026-02-01".into(), reason: "Late accounts".into() };
        payments::charge(&world.app, &ground.cast.fund_manager, id, &fee, noon(day("2026-01-20"))).await.unwrap();
        pay(&world, &ground, id, "20", "2026-02-20", "B1").await.unwrap();
        let after = book(&world, id);
        let paid = &after.entries.iter().find(|e| e.kind == EntryKind::Receipt).unwrap().allocation.0;
        assert_eq!((paid.to(Component::Fee), paid.to(Component::Interest), paid.to(Component::Principal)), (Pence(500), Pence(1_200), Pence(300)));
        let arrears = after.arrears(day("2026-03-01"));
        assert_eq!((arrears.days_past_due, arrears.overdue), (14, Pence(29_700)));
        assert_eq!(arrears.buckets[0].amount, Pence(29_700));
        assert_eq!(after.standing(day("2026-03-01")), Standing::InArrears);
        // The same bank reference again changes nothing; with other figures it is refused.
        let first = pay(&world, &ground, id, "20", "2026-02-20", "B1").await.unwrap();
        assert_eq!(first, after.entries.iter().find(|e| e.kind == EntryKind::Receipt).unwrap().id);
        assert_eq!(code(pay(&world, &ground, id, "21", "2026-02-20", "B1").await.unwrap_err()), "investments/reference-taken");
        // £400 pays the rest; £103 is kept until the next instalment is due.
        pay(&world, &ground, id, "400", "2026-03-02", "B2").await.unwrap();
        let ahead = book(&world, id);
        assert_eq!(ahead.credit(), Pence(10_300));
        assert_eq!(ahead.standing(day("2026-03-02")), Standing::Running);
        world.app.db.write_now(|db| investments::upkeep::upkeep(db, id, noon(day("2026-03-15")))).unwrap();
        world.app.db.write_now(|db| investments::upkeep::upkeep(db, id, noon(day("2026-03-15")))).unwrap();
        let used = book(&world, id);
        assert_eq!(used.credit(), Pence::ZERO);
        assert_eq!(used.entries.iter().filter(|e| e.kind == EntryKind::Credit).count(), 1);
        assert_balanced(&world);
    }

    async fn a_reversed_payment_is_undone_to_the_penny_with_the_credit_that_came_from_it(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0)).await;
        let before = book(&world, id).outstanding();
        let entry = pay(&world, &ground, id, "500", "2026-02-15", "B1").await.unwrap();
        world.app.db.write_now(|db| investments::upkeep::upkeep(db, id, noon(day("2026-03-15")))).unwrap();
        assert_eq!(book(&world, id).owed(day("2026-03-15")), Pence(70_000));
        let reason = Reverse { reason: "Bounced".into() };
        let manager = &ground.cast.fund_manager;
        payments::reverse(&world.app, manager, id, entry, &reason, noon(day("2026-03-16"))).await.unwrap();
        let after = book(&world, id);
        assert_eq!(after.outstanding(), before);
        assert_eq!((after.credit(), after.owed(day("2026-03-16"))), (Pence::ZERO, Pence(120_000)));
        let again = payments::reverse(&world.app, manager, id, entry, &reason, noon(day("2026-03-16"))).await;
        assert_eq!(code(again.unwrap_err()), "investments/reversed-already");
        assert_eq!(after.arrears(day("2026-03-16")).days_past_due, 29);
        assert_balanced(&world);
    }

    async fn a_payment_that_was_reversed_is_recorded_again_only_with_a_reference_of_its_own(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0)).await;
        let before = book(&world, id).outstanding();
        let entry = pay(&world, &ground, id, "300", "2026-02-15", "B1").await.unwrap();
        let reason = Reverse { reason: "Another borrower's".into() };
        let manager = &ground.cast.fund_manager;
        payments::reverse(&world.app, manager, id, entry, &reason, noon(day("2026-02-16"))).await.unwrap();

        // With the figures of the reversed payment or with others: told so, and nothing is booked.
        let (api, browser) = (world.api(manager).await, world.client(manager).await);
        let (path, page) = (format!("/api/v1/investments/{id}/payments"), format!("/investments/{id}"));
        let bank = |amount: &str, reference: &str| json!({ "amount": amount, "received_on": "2026-02-15", "reference": reference });
        for amount in ["300", "301"] {
            let refused = api.post(&path, bank(amount, "B1")).await.expect(409).json();
            assert_eq!(refused["type"], "/problems/investments/reference-reversed");
            assert!(refused["detail"].as_str().unwrap().contains("add a suffix to the reference"), "{refused}");
        }
        let fields = [("amount", "300"), ("received_on", "15/2/2026"), ("reference", "B1")];
        browser.get(&page).await.expect(200);
        browser.post(&format!("{page}/payments"), &fields).await.expect(422).shows("was reversed, and the reference stays with it");
        let still = book(&world, id);
        assert_eq!((still.entries.len(), still.outstanding()), (2, before), "the payment and what reversed it");
        assert_balanced(&world);

        // With a suffix it is booked, and from then on that reference is recorded once.
        browser.fill(&page, "Record the payment", &[("amount", "300"), ("received_on", "15/2/2026"), ("reference", "B1/2")]).await;
        let booked = book(&world, id);
        let made = booked.entries.iter().find(|e| e.reference.as_deref() == Some("B1/2")).unwrap();
        assert_eq!((booked.entries.len(), booked.owed(day("2026-02-15"))), (3, Pence(90_000)));
        assert_eq!(api.post(&path, bank("300", "B1/2")).await.expect(201).json()["id"], json!(made.id));
        assert_eq!(book(&world, id).entries.len(), 3);
        assert_balanced(&world);
    }

    async fn a_payment_that_bounced_after_a_valuation_leaves_no_cash_and_is_put_back_into_the_value(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0)).await;
        let entry = pay(&world, &ground, id, "300", "2026-02-15", "B1").await.unwrap();
        investments::samples::value_at_balance(&world.app, &ground.cast, id, day("2026-02-28")).await.unwrap();
        let valued = book(&world, id);
        assert_eq!(valued.nav(day("2026-03-15")).unwrap().nav.value, Pence(90_000));
        assert_eq!(valued.measures(day("2026-03-15")).distributed, Pence(30_000));
        let reason = Reverse { reason: "Bounced".into() };
        payments::reverse(&world.app, &ground.cast.fund_manager, id, entry, &reason, noon(day("2026-03-16"))).await.unwrap();
        let after = book(&world, id);
        assert_eq!(after.nav(day("2026-03-16")).unwrap().nav.value, Pence(120_000));
        let measures = after.measures(day("2026-03-16"));
        assert_eq!((measures.paid_in, measures.distributed), (Pence(120_000), Pence::ZERO));
    }

    async fn a_loan_is_repaid_to_exactly_nothing(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_001, dec!(0.07)).await;
        let dues = book(&world, id).dues();
        for due in &dues {
            let on = due.due.to_string();
            pay(&world, &ground, id, &due.total().plain(), &on, &format!("B{}", due.instalment)).await.unwrap();
        }
        let after = book(&world, id);
        assert_eq!(after.investment.state, InvestmentState::Repaid);
        assert_eq!((after.owed(day("2026-06-01")), after.credit()), (Pence::ZERO, Pence::ZERO));
        assert_eq!(after.investment.closed_on, Some(dues.last().unwrap().due));
        pay(&world, &ground, id, "1", "2026-06-02", "B9").await.unwrap();
        let after = book(&world, id);
        assert_eq!((after.investment.state, after.credit(), after.to_refund()), (InvestmentState::Repaid, Pence(100), Pence(100)));
        assert_eq!(after.measures(day("2026-06-02")).distributed, after.measures(day("2026-06-01")).distributed, "no return");
        let loans = world.app.db.read_now(|db| commonweal::ledger::trial_balance(db, world.council)).unwrap();
        assert_eq!(loans[&commonweal::ledger::AccountKind::Loans], Pence::ZERO);
        assert_balanced(&world);
    }

    async fn a_value_is_not_proposed_without_how_it_was_valued(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        let silent = ProposeValuation { method: String::new(), ..impaired() };
        proposed_only_whole(&world, &ground, id, &silent, ("method", "Choose how it was valued")).await;
    }

    async fn a_value_is_not_proposed_without_why_it_is_that(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        let silent = ProposeValuation { reason: " ".into(), ..impaired() };
        proposed_only_whole(&world, &ground, id, &silent, ("reason", "Enter why this value, and what changed since the last one")).await;
    }

    async fn a_value_that_cannot_be_is_refused_and_an_older_proposal_does_not_follow_a_newer(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        let at = noon(day("2026-05-01"));
        let worth = |value: &str| ProposeValuation {
            valued_on: "2026-05-01".into(), value: value.into(), method: "impaired".into(), reason: "Accounts seen".into(),
        };
        let (manager, member) = (&ground.cast.fund_manager, &ground.cast.committee_member);
        let slip = actions::propose_valuation(&world.app, manager, id, &worth("1000000000000"), at).await.unwrap_err();
        assert_eq!(code(slip), "investments/value-too-high");
        let older = actions::propose_valuation(&world.app, manager, id, &worth("500"), at).await.unwrap();
        let newer = actions::propose_valuation(&world.app, manager, id, &worth("600"), at).await.unwrap();
        actions::decide_valuation(&world.app, member, newer, &approve(), at).await.unwrap();
        let late = actions::decide_valuation(&world.app, member, older, &approve(), at).await.unwrap_err();
        assert_eq!(code(late), "investments/newer-value");
    }

    async fn an_enterprise_sees_its_own_loan_and_nobody_elses(world: World) {
        let ground = ground(&world, "10000").await;
        let on = world.now().date();
        let (id, owner) = opened(&world, &ground, on, &[60_000], dec!(0)).await;
        let member = world.client(&ground.cast.committee_member).await;
        let verifier = world.client(&ground.cast.contract_manager).await;
        let manager = world.client(&ground.cast.fund_manager).await;
        let listed = world.api(&owner).await.get("/api/v1/my-investments").await.expect(200).json();
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["id"], &listed["items"][0]["cancelled"]), (1, &json!(id), &json!(false)));
        let shown = world.api(&owner).await.get(&format!("/api/v1/my-investments/{id}")).await.expect(200).json();
        let precedent = shown["precedents"][0]["id"].as_str().unwrap().to_owned();
        verifier.get(&format!("/investments/{id}")).await.expect(200).shows("Lease 1 is signed");
        verifier.get("/tasks").await.expect(200).shows("One condition is not verified yet");
        verifier.post(&format!("/investments/{id}/precedents/{precedent}/verify"), &[("at", "precedent-1-1"), ("evidence", "")]).await.expect(422).shows("Enter what showed");
        verifier.post_and_follow(&format!("/investments/{id}/precedents/{precedent}/verify"), &[("evidence", "Lease seen")]).await.expect(200).shows("Lease seen");
        manager.get(&format!("/investments/{id}")).await.expect(200);
        let today = on.to_string();
        manager.post_and_follow(&format!("/investments/{id}/drawdowns"), &[("tranche", "1"), ("pay_on", &today)]).await.expect(200).shows("Proposed");
        let drawdown = book(&world, id).drawdowns[0].id;
        member.get(&format!("/investments/{id}")).await.expect(200).shows("Approve and pay");
        member.post_and_follow(&format!("/investments/{id}/drawdowns/{drawdown}/decide"), &[("decision", "approve")]).await.expect(200).shows("No payment is due yet. £600 is still owed.");
        let mine = world.client(&owner).await;
        mine.get("/my-investments").await.expect(200).shows("I-2026-0001").shows("Download as");
        let list = mine.get("/my-investments?format=csv").await.expect(200).text;
        assert_eq!(list.lines().count(), 2);
        assert!(list.lines().nth(1).unwrap().starts_with("I-2026-0001,") && list.contains(",Repayable loan,600.00,Running,"), "{list}");
        assert!(mine.get("/my-investments?format=xlsx").await.expect(200).bytes.starts_with(b"PK"));
        mine.get(&format!("/my-investments/{id}")).await.expect(200).shows("You are on time. You owe £600 of the loan.").shows("Next, ");
        let csv = mine.get(&format!("/my-investments/{id}?format=csv")).await.expect(200).text;
        assert_eq!(csv.lines().count(), 5);
        mine.get(&format!("/investments/{id}")).await.expect(403);
        let (_, stranger) = world.applicant("Somebody Else CIC");
        world.client(&stranger).await.get(&format!("/my-investments/{id}")).await.expect(404);
        world.api(&stranger).await.get(&format!("/api/v1/my-investments/{id}")).await.expect(404);
    }

    async fn a_program_takes_every_step(world: World) {
        let ground = ground(&world, "10000").await;
        let on = world.now().date();
        let (id, _) = opened(&world, &ground, on, &[60_000], dec!(0)).await;
        let manager = world.api(&ground.cast.fund_manager).await;
        let member = world.api(&ground.cast.committee_member).await;
        let verifier = world.api(&ground.cast.contract_manager).await;
        let shown = manager.get(&format!("/api/v1/investments/{id}")).await.expect(200).json();
        let precedent = shown["precedents"][0]["id"].as_str().unwrap();
        let drawdown = manager.post(&format!("/api/v1/investments/{id}/drawdowns"), json!({ "tranche": "1", "pay_on": on.to_string() })).await.expect(201).json();
        let decide = format!("/api/v1/drawdowns/{}/decide", drawdown["id"].as_str().unwrap());
        let refused = member.post(&decide, json!({ "decision": "approve" })).await.expect(409);
        assert!(refused.text.contains("investments/not-verified"));
        manager.post(&format!("/api/v1/precedents/{precedent}/verify"), json!({ "evidence": "x" })).await.expect(403);
        verifier.post(&format!("/api/v1/precedents/{precedent}/verify"), json!({ "evidence": "Seen" })).await.expect(200);
        member.post(&decide, json!({ "decision": "approve" })).await.expect(200);
        let paid = json!({ "amount": "100", "received_on": on.to_string(), "reference": "B1" });
        let entry = manager.post(&format!("/api/v1/investments/{id}/payments"), paid).await.expect(201).json();
        let reverse = format!("/api/v1/investments/{id}/payments/{}/reverse", entry["id"].as_str().unwrap());
        manager.post(&reverse, json!({ "reason": "Wrong account" })).await.expect(201);
        let value = json!({ "valued_on": on.to_string(), "value": "600", "method": "balance", "reason": "New" });
        let valuation = manager.post(&format!("/api/v1/investments/{id}/valuations"), value).await.expect(201).json();
        member.post(&format!("/api/v1/valuations/{}/decide", valuation["id"].as_str().unwrap()), json!({ "decision": "approve" })).await.expect(200);
        let after = manager.get(&format!("/api/v1/investments/{id}")).await.expect(200).json();
        assert_eq!(after["net_asset_value"]["basis"], "valuation");
        assert_eq!(after["owed"], "600.00");
        assert_balanced(&world);
    }

    async fn what_was_never_paid_out_is_cancelled_by_two_people_and_its_agreement_ends(world: World) {
        let ground = ground(&world, "10000").await;
        let on = world.now().date();
        let (id, owner) = opened(&world, &ground, on, &[60_000], dec!(0)).await;
        let agreement = book(&world, id).investment.agreement_id;
        let (manager, member) = (world.client(&ground.cast.fund_manager).await, world.client(&ground.cast.committee_member).await);
        let contracts = world.api(&ground.cast.contract_manager).await;
        let path = format!("/investments/{id}");
        let ending = json!({ "what": "termination", "reason": "Nothing was paid" });
        contracts.post(&format!("/api/v1/agreements/{agreement}/change"), ending.clone()).await.expect(409).shows("not paid out yet");

        // While a payment out waits nobody proposes to cancel it, and the other way round.
        manager.get(&path).await.expect(200).shows("Nothing was paid out yet. When it is not going to be, cancel it");
        let public = world.client(&Actor::Public).await;
        public.get("/").await.expect(200).shows("1 investment in 1 enterprise");
        public.get("/register-of-awards").await.expect(200).shows("I-2026-0001").hides("Cancelled, nothing paid");
        let mission = ground.mission;
        let agreed = |world: &World| {
            let listed = world.app.db.read_now(|db| commonweal::compliance::record_of_mission(db, mission)).unwrap().0;
            listed.iter().map(|a| a.value).collect::<Vec<_>>()
        };
        assert_eq!(agreed(&world), [Pence(60_000)]);
        let drawdown = propose(&world, &ground, id, 1, on).await;
        manager.post(&format!("{path}/cancellations"), &[("reason", "They found other money")]).await.expect(422).shows("A payment out of this investment is proposed");
        let decline = Decide { decision: "decline".into(), reason: "Ask for less first".into() };
        actions::decide_drawdown(&world.app, &ground.cast.committee_member, drawdown, &decline, world.now()).await.unwrap();
        manager.fill(&path, "Propose to cancel it", &[("reason", "They found other money")]).await.shows("Proposed").shows("They found other money");
        let again = ProposeDrawdown { tranche: "1".into(), pay_on: on.to_string() };
        let refused = actions::propose_drawdown(&world.app, &ground.cast.fund_manager, id, &again, world.now()).await;
        assert_eq!(code(refused.unwrap_err()), "investments/cancellation-open");
        manager.get(&format!("/funds/{}", ground.fund)).await.expect(200).shows("cancelling it waits for a committee member");
        manager.get(&path).await.expect(200).shows("Cancelling it is proposed. A second person decides.").hides("propose the first payment");

        // Who declines says why, and who proposed it reads that; another proposal is approved.
        member.get("/tasks").await.expect(200).shows("Decide whether I-2026-0001 is cancelled");
        let api = world.api(&ground.cast.committee_member).await;
        let open = api.get(&format!("/api/v1/investments/{id}")).await.expect(200).json();
        let decide = format!("/api/v1/cancellations/{}/decide", open["cancellations"][0]["id"].as_str().unwrap());
        world.api(&ground.cast.fund_manager).await.post(&decide, json!({ "decision": "approve" })).await.expect(403);
        api.post(&decide, json!({ "decision": "decline" })).await.expect(422).shows("Say why you decline it");
        api.post(&decide, json!({ "decision": "decline", "reason": "Ask them once more" })).await.expect(200);
        manager.get(&path).await.expect(200).shows("Ask them once more").shows("Decided by");
        assert_eq!(agreed(&world).len(), 1, "what is only proposed and declined still counts");
        let told = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 50)).unwrap().items;
        let declined: Vec<_> = told.iter().filter(|m| m.subject.ends_with("of I-2026-0001 was declined")).collect();
        assert_eq!(declined.len(), 2, "who proposed the payment and the cancelling is told once of each");
        assert!(declined.iter().all(|m| m.recipient == declined[0].recipient), "one person proposed both");
        assert!(declined.iter().any(|m| m.subject.starts_with("The cancellation") && m.body.contains("Why: Ask them once more")));
        assert!(declined.iter().any(|m| m.subject.starts_with("A payment out") && m.body.contains("Why: Ask for less first")));
        let asked = json!({ "reason": "They wrote that they do not want it" });
        world.api(&ground.cast.fund_manager).await.post(&format!("/api/v1/investments/{id}/cancellations"), asked).await.expect(201);
        member.fill(&path, "Cancel this investment", &[]).await.shows("Cancelled: nothing was paid out of £600 agreed.");

        let after = book(&world, id);
        assert_eq!((after.investment.state, after.standing(on)), (InvestmentState::Ended, Standing::Cancelled));
        assert_eq!((after.investment.closed_on, after.undrawn(), after.nav(on)), (Some(on), Pence::ZERO, None));
        let (found, cash) = world.app.db.read_now(|db| {
            Ok((commonweal::returns::load(db, ground.fund, on)?, commonweal::funds::actions::cash(db, ground.fund)?))
        }).unwrap();
        assert!(found.years().is_empty(), "nothing of it is forecast to be paid out any more");
        assert_eq!(cash.available, Pence(1_000_000), "all of the fund can be paid to others");
        let mine = world.client(&owner).await;
        let told = mine.get(&format!("/my-investments/{id}")).await.expect(200);
        told.shows("The council cancelled this before anything was paid to you.").shows("Why: They wrote that they do not want it");
        mine.get("/my-investments").await.expect(200).shows("Cancelled").hides("Ended");
        let file = mine.get("/my-investments?format=csv").await.expect(200).text;
        assert!(file.contains(",Cancelled,"), "{file}");
        // Nothing of it counts as invested any more, and the register says what became of it.
        assert_eq!(agreed(&world), []);
        public.get("/").await.expect(200).hides("1 investment in 1 enterprise");
        public.get("/register-of-awards").await.expect(200).shows("I-2026-0001").shows("Cancelled, nothing paid");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 20)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject == "I-2026-0001 is cancelled" && m.body.contains("do not want it")));
        let late = actions::propose_drawdown(&world.app, &ground.cast.fund_manager, id, &again, world.now()).await;
        assert_eq!(code(late.unwrap_err()), "investments/not-running");
        contracts.post(&format!("/api/v1/agreements/{agreement}/change"), ending).await.expect(200);
        assert_balanced(&world);
    }

    async fn assistance_that_was_never_given_because_its_investment_was_cancelled_leaves_the_room_under_the_cap(world: World) {
        let ground = ground(&world, "1000000").await;
        let on = world.now().date();
        let (id, owner) = opened(&world, &ground, on, &[60_000], dec!(0)).await;
        let agreement = book(&world, id).investment.agreement_id;
        let agreement = world.app.db.read_now(|db| commonweal::agreements::find(db, agreement)).unwrap();
        let organisation = agreement.organisation_id;
        let other = crate::agreements::award(&world, organisation, &owner, AwardKind::Investment, Pence(5_000_000), &[]);
        let other = world.app.db.read_now(|db| awards::find(db, other)).unwrap().application_id;
        let (manager, enterprise) = (world.api(&ground.cast.fund_manager).await, world.api(&owner).await);
        let start = async |application: String, amount: &str| {
            let asked = json!({ "kind": "mfa", "amount": amount, "basis": "Grant in full" });
            let begun = manager.post(&format!("/api/v1/subsidies/{organisation}/{application}"), asked).await.expect(201).json();
            format!("/api/v1/subsidy-routes/{}", begun["id"].as_str().unwrap())
        };
        let confirmed = json!({ "declared": "", "complete": "yes" });
        let route = start(agreement.application_id.to_string(), "300000").await;
        enterprise.post(&format!("{route}/confirmation"), confirmed.clone()).await.expect(200);
        let next = start(other.to_string(), "100000").await;
        enterprise.post(&format!("{next}/confirmation"), confirmed.clone()).await.expect(409).shows("would pass the cap");
        let group = "group=Harvest%20Lane%20Kitchens%20CIC";
        let total = format!("/api/v1/subsidy-groups?{group}");
        assert_eq!(manager.get(&total).await.expect(200).json()["used"], "300000.00");

        let why = cancelling::Cancel { reason: "They found other money".into() };
        let proposed = cancelling::propose(&world.app, &ground.cast.fund_manager, id, &why, world.now()).await.unwrap();
        assert_eq!(manager.get(&total).await.expect(200).json()["used"], "300000.00", "what is only proposed changes nothing");
        let yes = DecideProposal { decision: "approve".into(), reason: String::new() };
        cancelling::decide(&world.app, &ground.cast.committee_member, proposed, &yes, world.now()).await.unwrap();

        // The record keeps it and says why it does not count; the room is there for the next.
        let after = manager.get(&total).await.expect(200).json();
        assert_eq!((&after["used"], &after["items"][0]["cancelled"]), (&json!("0.00"), &json!(true)));
        enterprise.post(&format!("{next}/confirmation"), confirmed).await.expect(200);
        assert_eq!(manager.get(&total).await.expect(200).json()["used"], "100000.00");
        manager.post(&format!("{route}/given"), json!({})).await.expect(409);
        let browser = world.client(&ground.cast.fund_manager).await;
        let today = commonweal::values::time::medium_date(world.now().date());
        browser.get(&format!("/desk/subsidies/group?{group}")).await.expect(200).shows("£300,000").shows("Cancelled, nothing paid: does not count");
        browser.get("/desk/subsidies").await.expect(200).shows("Cancelled, nothing paid");
        browser.get(&format!("/desk/subsidies/{organisation}/{}", agreement.application_id)).await.expect(200)
            .shows(&format!("The investment was cancelled on {today} before anything was paid. £300,000 was not given to Harvest Lane Kitchens CIC"))
            .shows("Why it was cancelled They found other money").hides("Record that it was given");
        let confirmation = route.replace("/api/v1/subsidy-routes/", "/subsidy-confirmations/");
        world.client(&owner).await.get(&confirmation).await.expect(200).shows("Cancelled, nothing paid: it does not count")
            .shows(&format!("the investment was cancelled on {today} before anything was paid"))
            .shows("Why it was cancelled They found other money").hides("Your confirmation is with the council");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 50)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject == "I-2026-0001 is cancelled" && m.body.contains("assistance of £300,000 for it was not given")));
    }

    async fn what_was_paid_out_is_not_cancelled(world: World) {
        let ground = ground(&world, "10000").await;
        let on = day("2026-01-15");
        let id = running(&world, &ground, on, 60_000, dec!(0)).await;
        let why = cancelling::Cancel { reason: "x".into() };
        let refused = cancelling::propose(&world.app, &ground.cast.fund_manager, id, &why, noon(on)).await;
        assert_eq!(code(refused.unwrap_err()), "investments/not-cancellable");
        world.client(&ground.cast.fund_manager).await.get(&format!("/investments/{id}")).await.expect(200).hides("Propose to cancel it");
    }
}
