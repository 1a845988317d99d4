//! What is paid back because it was too much, and what is written off and perhaps recovered.

use crate::funds::{Ground, assert_balanced, day, ground, noon};
use crate::investments::{approve, book, code, lent, pay, running};
use crate::support::World;
use commonweal::error::Error;
use commonweal::finance::Xirr;
use commonweal::finance::measures::{self, FlowKind, Nav, TypedFlow};
use commonweal::investments::actions::{self, ProposeValuation};
use commonweal::investments::payments::{self, Receive, Refund, Reverse};
use commonweal::investments::{self, Investment, InvestmentState, Standing};
use commonweal::ledger::AccountKind;
use commonweal::values::{Id, Pence};
use rust_decimal::dec;
use serde_json::json;

async fn pay_back(
    world: &World,
    ground: &Ground,
    id: Id<Investment>,
    amount: &str,
    on: &str,
) -> Result<Id<investments::Entry>, Error> {
    let input =
        Refund { amount: amount.into(), paid_on: on.into(), reference: format!("OUT-{on}"), ..Refund::default() };
    payments::refund(&world.app, &ground.cast.fund_manager, id, &input, noon(day(on))).await
}

/// What an account of the council comes to.
fn of_books(world: &World, kind: AccountKind) -> Pence {
    let trial = world.app.db.read_now(|db| commonweal::ledger::trial_balance(db, world.council)).unwrap();
    trial.get(&kind).copied().unwrap_or_default()
}

fn wrong_at(field: &str, error: Error) -> String {
    let Error::Invalid(errors) = error else { panic!("{error:?}") };
    errors.at(field).unwrap_or_default().to_owned()
}

both! {
    async fn a_value_needs_a_second_person_and_a_write_off_takes_the_loan_out_of_the_books(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        let at = noon(day("2026-05-01"));
        let input = ProposeValuation { valued_on: "2026-05-01".into(), value: "0".into(), method: "write_off".into(), reason: "Insolvent".into() };
        let some = ProposeValuation { value: "5".into(), ..input.clone() };
        let manager = &ground.cast.fund_manager;
        let refused = actions::propose_valuation(&world.app, manager, id, &some, at).await.unwrap_err();
        assert_eq!(code(refused), "investments/write-off-value");
        let valuation = actions::propose_valuation(&world.app, manager, id, &input, at).await.unwrap();
        assert!(matches!(actions::decide_valuation(&world.app, manager, valuation, &approve(), at).await, Err(Error::Denied)));
        actions::decide_valuation(&world.app, &ground.cast.committee_member, valuation, &approve(), at).await.unwrap();
        let after = book(&world, id);
        assert_eq!(after.standing(day("2026-05-02")), Standing::WrittenOff);
        assert_eq!(after.rate_of_return(day("2026-05-02")), commonweal::finance::Xirr::TotalLoss);
        assert_balanced(&world);
    }

    async fn what_comes_in_above_the_last_instalment_is_no_return_and_is_paid_back(world: World) {
        let ground = ground(&world, "10000").await;
        let (id, owner) = lent(&world, &ground, day("2026-01-15"), 100_001, dec!(0.07)).await;
        let dues = book(&world, id).dues();
        let due = dues.iter().map(commonweal::finance::payments::Due::total).sum::<Pence>();
        for (place, one) in dues.iter().enumerate() {
            let more = if place + 1 == dues.len() { Pence(12_345) } else { Pence::ZERO };
            let amount = (one.total() + more).plain();
            pay(&world, &ground, id, &amount, &one.due.to_string(), &format!("B{}", one.instalment)).await.unwrap();
        }
        let stands = book(&world, id);
        let (on, last) = (day("2026-06-01"), dues.last().unwrap().due);
        assert_eq!((stands.investment.state, stands.investment.closed_on), (InvestmentState::Repaid, Some(last)));
        assert_eq!((stands.credit(), stands.to_refund(), of_books(&world, AccountKind::Suspense)), (Pence(12_345), Pence(12_345), Pence(-12_345)));
        assert_eq!((stands.measures(on).distributed, stands.received()), (due, due + Pence(12_345)));
        let found = world.app.db.read_now(|db| commonweal::returns::load(db, ground.fund, on)).unwrap();
        assert_eq!(found.measures.distributed, due);
        let sums: Pence = found.cash_flows().iter().map(|(.., amount)| *amount).sum();
        assert_eq!(sums, due - Pence(100_001), "the statement has what was earned and no more");

        // The fund and the holding say so, until all of it is paid back: never more, and only once.
        let (manager, page) = (world.client(&ground.cast.fund_manager).await, format!("/investments/{id}"));
        let told = "£123.45 came in above all that was due and is to be refunded";
        manager.get(&format!("/funds/{}", ground.fund)).await.expect(200).shows("To refund").shows(told).shows(&format!("{page}#refund"));
        let shown = manager.get(&page).await.expect(200).shows(told).shows("Repaid, and £123.45 above that is to be refunded").shows("Record the refund");
        let at = |what: &str| shown.text.find(what).unwrap();
        assert!(at(">Actions</h2>") < at("Record a refund") && at("Record a refund") < at("class=\"cw-figures"), "it is among the actions");
        let member = world.client(&ground.cast.committee_member).await;
        member.get(&page).await.expect(200).shows(told).hides("Record a refund");
        let (enterprise, mine) = (world.client(&owner).await, format!("/my-investments/{id}"));
        enterprise.get(&mine).await.expect(200).shows("You paid £123.45 more than was due");
        let more = pay_back(&world, &ground, id, "123.46", "2026-06-01").await.unwrap_err();
        assert!(wrong_at("amount", more).starts_with("At most £123.45 can be paid back"));
        let early = pay_back(&world, &ground, id, "1", "2026-02-01").await.unwrap_err();
        assert!(wrong_at("amount", early).starts_with("At most £0 can be paid back"), "it had not come in by then");
        let first = pay_back(&world, &ground, id, "100.01", "2026-06-01").await.unwrap();
        assert_eq!(pay_back(&world, &ground, id, "100.01", "2026-06-01").await.unwrap(), first, "one line of the bank is one refund");
        assert_eq!(code(pay_back(&world, &ground, id, "1", "2026-06-01").await.unwrap_err()), "investments/reference-taken");
        manager.post(&format!("{page}/refunds"), &[("at", "refund"), ("amount", "99"), ("paid_on", "2/6/2026"), ("reference", "OUT-2")]).await
            .expect(422).shows("At most £23.44 can be paid back");
        let rest = json!({ "amount": "23.44", "paid_on": "2026-06-02", "reference": "OUT-2" });
        let api = world.api(&ground.cast.fund_manager).await;
        world.api(&ground.cast.committee_member).await.post(&format!("/api/v1{page}/refunds"), rest.clone()).await.expect(403);
        api.post(&format!("/api/v1{page}/refunds"), rest).await.expect(201);
        let end = book(&world, id);
        assert_eq!((end.to_refund(), end.received(), of_books(&world, AccountKind::Suspense)), (Pence::ZERO, due, Pence::ZERO));
        let after = day("2026-06-03");
        assert_eq!((end.measures(after), end.rate_of_return(after)), (stands.measures(after), stands.rate_of_return(after)));
        let shown = api.get(&format!("/api/v1{page}")).await.expect(200).json();
        assert_eq!((&shown["credit"], &shown["to_refund"]), (&json!("0.00"), &json!("0.00")));
        assert_eq!(shown["entries"].as_array().unwrap().iter().filter(|e| e["kind"] == "refund").count(), 2);
        manager.get(&format!("/funds/{}", ground.fund)).await.expect(200).hides("To refund");
        manager.get(&page).await.expect(200).shows("Record money that still came in").hides("Record a refund");
        enterprise.get(&mine).await.expect(200).shows("Paid back to you: it was more than was due").hides("You paid £123.45 more");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 50)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject == "£100.01 is paid back to you: I-2026-0001" && m.body.contains("on 1 June 2026")));
        assert_eq!(of_books(&world, AccountKind::Bank) + of_books(&world, AccountKind::Commitment), Pence(1_000_000) + due - Pence(100_001));
        assert_balanced(&world);
    }

    async fn a_receipt_of_far_more_than_is_to_come_is_taken_once_it_is_confirmed(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0)).await;
        let slip = pay(&world, &ground, id, "3000", "2026-02-15", "B1").await.unwrap_err();
        assert!(wrong_at("amount", slip).starts_with("This is more than twice the £1,200 that is still to come"));
        let (manager, page) = (world.client(&ground.cast.fund_manager).await, format!("/investments/{id}"));
        let fields = [("at", "pay"), ("amount", "3000"), ("received_on", "15/2/2026"), ("reference", "B1")];
        manager.get(&page).await.expect(200).hides("This is what stands in the bank");
        manager.post(&format!("{page}/payments"), &fields).await.expect(422).shows("This is what stands in the bank");
        assert!(book(&world, id).entries.is_empty());
        let bank = Receive { amount: "3000".into(), received_on: "2026-02-15".into(), reference: "B1".into(), confirmed: "yes".into(), ..Receive::default() };
        payments::receive(&world.app, &ground.cast.fund_manager, id, &bank, noon(day("2026-02-15"))).await.unwrap();
        let early = book(&world, id);
        let on = day("2026-02-16");
        assert_eq!((early.credit(), early.to_refund(), early.owed(on)), (Pence(270_000), Pence::ZERO, Pence(90_000)));
        assert_eq!((early.measures(on).distributed, early.nav(on).unwrap().nav.value), (Pence(30_000), Pence(90_000)));

        // It pays each instalment on its day, and is distributed then; what is left is no return.
        for due in ["2026-03-15", "2026-04-15", "2026-05-15"] {
            world.app.db.write_now(|db| investments::upkeep::upkeep(db, id, noon(day(due)))).unwrap();
        }
        let end = book(&world, id);
        assert_eq!((end.investment.state, end.to_refund()), (InvestmentState::Repaid, Pence(180_000)));
        let back: Vec<_> = end.flows().iter().filter(|f| f.kind == FlowKind::Principal).map(|f| (f.on.to_string(), f.amount)).collect();
        assert_eq!(back, ["2026-02-15", "2026-03-15", "2026-04-15", "2026-05-15"].map(|on| (on.to_owned(), Pence(30_000))));
        assert_eq!(end.measures(day("2026-06-01")).moic.known(), Some(dec!(1.00)));
        pay_back(&world, &ground, id, "1800", "2026-06-01").await.unwrap();
        assert_eq!((book(&world, id).credit(), of_books(&world, AccountKind::Suspense)), (Pence::ZERO, Pence::ZERO));
        assert_balanced(&world);
    }

    async fn credit_that_was_paid_back_pays_nothing_any_more_and_comes_back_when_the_refund_is_reversed(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 120_000, dec!(0)).await;
        let paid = pay(&world, &ground, id, "500.50", "2026-02-15", "B1").await.unwrap();
        let refund = pay_back(&world, &ground, id, "200.50", "2026-02-20").await.unwrap();
        let late = book(&world, id).arrears(day("2026-03-16"));
        assert_eq!((late.days_past_due, late.overdue), (1, Pence(30_000)));
        let (manager, why) = (&ground.cast.fund_manager, Reverse { reason: "Bounced".into() });
        let at = noon(day("2026-02-21"));
        let held = payments::reverse(&world.app, manager, id, paid, &why, at).await.unwrap_err();
        assert!(wrong_at("reason", held).contains("Reverse that refund first"));
        payments::reverse(&world.app, manager, id, refund, &why, at).await.unwrap();
        assert_eq!((book(&world, id).credit(), of_books(&world, AccountKind::Suspense)), (Pence(20_050), Pence(-20_050)));
        assert_balanced(&world);
        payments::reverse(&world.app, manager, id, paid, &why, at).await.unwrap();
        let none = book(&world, id);
        assert_eq!((none.credit(), none.received(), none.owed(day("2026-02-21"))), (Pence::ZERO, Pence::ZERO, Pence(120_000)));
        assert_balanced(&world);
    }

    async fn a_loan_is_repaid_on_the_day_of_the_last_payment_that_stands(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        for (number, on) in [(1, "2026-02-15"), (2, "2026-03-15"), (3, "2026-04-15")] {
            pay(&world, &ground, id, "250", on, &format!("B{number}")).await.unwrap();
        }
        let another = pay(&world, &ground, id, "1", "2026-05-20", "B4").await.unwrap();
        let why = Reverse { reason: "Another borrower's".into() };
        payments::reverse(&world.app, &ground.cast.fund_manager, id, another, &why, noon(day("2026-05-21"))).await.unwrap();
        let last = Receive { amount: "250".into(), received_on: "2026-05-15".into(), reference: "B5".into(), ..Receive::default() };
        payments::receive(&world.app, &ground.cast.fund_manager, id, &last, noon(day("2026-05-22"))).await.unwrap();
        let after = book(&world, id).investment;
        assert_eq!((after.state, after.closed_on), (InvestmentState::Repaid, Some(day("2026-05-15"))));
        assert_balanced(&world);
    }

    async fn what_was_paid_ahead_after_the_day_of_a_write_off_comes_back_on_the_day_it_came_in(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        pay(&world, &ground, id, "600", "2026-02-10", "R1").await.unwrap();
        let at = noon(day("2026-02-12"));
        let input = ProposeValuation { valued_on: "2026-01-31".into(), value: "0".into(), method: "write_off".into(), reason: "Insolvent".into() };
        let valuation = actions::propose_valuation(&world.app, &ground.cast.fund_manager, id, &input, at).await.unwrap();
        actions::decide_valuation(&world.app, &ground.cast.committee_member, valuation, &approve(), at).await.unwrap();
        let (after, on) = (book(&world, id), day("2026-02-12"));
        let flow = |on: &str, kind, pence| TypedFlow { on: day(on), kind, amount: Pence(pence) };
        let cash = [flow("2026-01-15", FlowKind::Drawdown, 100_000), flow("2026-02-10", FlowKind::Recovery, 60_000)];
        let of_cash: Vec<_> = after.flows().into_iter().filter(|f| f.cash().is_some()).collect();
        assert_eq!(of_cash, cash);
        let nothing = Nav { value: Pence::ZERO, valued_on: day("2026-01-31"), rolled_forward: false };
        assert_eq!(after.rate_of_return(on), measures::rate_of_return(&cash, Some(nothing), on));
        assert_eq!((after.measures(day("2026-02-09")).distributed, after.measures(on).distributed), (Pence::ZERO, Pence(60_000)));
        assert_eq!((of_books(&world, AccountKind::Impairment), of_books(&world, AccountKind::Suspense)), (Pence(40_000), Pence::ZERO));
        assert_balanced(&world);
    }

    async fn money_that_comes_in_after_a_write_off_is_recovered_and_makes_the_loss_smaller(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        let at = noon(day("2026-05-01"));
        let input = ProposeValuation { valued_on: "2026-05-01".into(), value: "0".into(), method: "write_off".into(), reason: "Insolvent".into() };
        let manager = &ground.cast.fund_manager;
        let valuation = actions::propose_valuation(&world.app, manager, id, &input, at).await.unwrap();
        actions::decide_valuation(&world.app, &ground.cast.committee_member, valuation, &approve(), at).await.unwrap();
        assert_eq!(of_books(&world, AccountKind::Impairment), Pence(100_000));
        let (browser, page) = (world.client(manager).await, format!("/investments/{id}"));
        browser.get(&page).await.expect(200).shows("Record money recovered").hides("Charge a fee");
        let entry = pay(&world, &ground, id, "250.25", "2027-06-01", "R1").await.unwrap();
        assert_eq!(pay(&world, &ground, id, "250.25", "2027-06-01", "R1").await.unwrap(), entry);

        let (after, on) = (book(&world, id), day("2027-07-01"));
        assert_eq!((after.standing(on), after.credit(), after.owed(on)), (Standing::WrittenOff, Pence::ZERO, Pence::ZERO));
        let flow = |on: &str, kind, pence| TypedFlow { on: day(on), kind, amount: Pence(pence) };
        let cash = [flow("2026-01-15", FlowKind::Drawdown, 100_000), flow("2027-06-01", FlowKind::Recovery, 25_025)];
        let of_cash: Vec<_> = after.flows().into_iter().filter(|f| f.cash().is_some()).collect();
        assert_eq!(of_cash, cash);
        let nothing = Nav { value: Pence::ZERO, valued_on: day("2026-05-01"), rolled_forward: false };
        let rate = after.rate_of_return(on);
        assert_eq!(rate, measures::rate_of_return(&cash, Some(nothing), on));
        assert!(rate.rate().unwrap() < dec!(-0.5), "{rate:?}");
        let found = after.measures(on);
        assert_eq!((found.distributed, found.dpi.known(), found.moic.known()), (Pence(25_025), Some(dec!(0.25)), Some(dec!(0.25))));
        assert_eq!(of_books(&world, AccountKind::Impairment), Pence(74_975));
        browser.get(&page).await.expect(200).shows("Recovered after the write-off");
        let refused = pay_back(&world, &ground, id, "1", "2027-06-02").await.unwrap_err();
        assert_eq!(code(refused), "investments/not-running", "what was recovered is no overpayment");
        assert_balanced(&world);

        let why = Reverse { reason: "Another borrower's".into() };
        payments::reverse(&world.app, manager, id, entry, &why, noon(day("2027-06-03"))).await.unwrap();
        let again = book(&world, id);
        assert_eq!((again.rate_of_return(on), again.measures(on).distributed), (Xirr::TotalLoss, Pence::ZERO));
        assert_eq!((again.standing(on), of_books(&world, AccountKind::Impairment)), (Standing::WrittenOff, Pence(100_000)));
        assert_balanced(&world);
    }

    async fn what_was_paid_ahead_is_set_off_when_the_rest_is_written_off(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        pay(&world, &ground, id, "600", "2026-01-20", "R1").await.unwrap();
        assert_eq!(book(&world, id).credit(), Pence(60_000), "nothing is due yet");
        let at = noon(day("2026-01-31"));
        let input = ProposeValuation { valued_on: "2026-01-31".into(), value: "0".into(), method: "write_off".into(), reason: "Insolvent".into() };
        let valuation = actions::propose_valuation(&world.app, &ground.cast.fund_manager, id, &input, at).await.unwrap();
        actions::decide_valuation(&world.app, &ground.cast.committee_member, valuation, &approve(), at).await.unwrap();
        let after = book(&world, id);
        assert_eq!((after.standing(day("2026-02-01")), after.to_refund()), (Standing::WrittenOff, Pence::ZERO));
        assert_eq!(after.measures(day("2026-02-01")).distributed, Pence(60_000), "it stays with the fund");
        assert_eq!((of_books(&world, AccountKind::Impairment), of_books(&world, AccountKind::Loans)), (Pence(40_000), Pence::ZERO));
        assert_balanced(&world);
    }

    async fn nothing_is_written_off_while_what_was_paid_ahead_covers_it(world: World) {
        let ground = ground(&world, "10000").await;
        let id = running(&world, &ground, day("2026-01-15"), 100_000, dec!(0)).await;
        pay(&world, &ground, id, "1000", "2026-01-20", "R1").await.unwrap();
        let at = noon(day("2026-01-31"));
        let input = ProposeValuation { valued_on: "2026-01-31".into(), value: "0".into(), method: "write_off".into(), reason: "Insolvent".into() };
        let refused = actions::propose_valuation(&world.app, &ground.cast.fund_manager, id, &input, at).await;
        assert_eq!(code(refused.unwrap_err()), "investments/nothing-lost");
    }
}
