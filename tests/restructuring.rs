//! A loan is changed while it runs: shown in pounds and dates, approved by a second person, told to the borrower; and
//! what happens to other instruments later: a figure corrected again, new shares of others.

use crate::funds::{assert_balanced, day, loan, noon};
use crate::instruments::{Held, book, code, draw, held, held_from, received, report, reported, shares, valued};
use crate::support::{Page, World};
use commonweal::finance::InstrumentTerms;
use commonweal::finance::instruments::revenue_share::Ending;
use commonweal::finance::measures::FlowKind;
use commonweal::finance::schedule::Row;
use commonweal::finance::terms::RevenueShareTerms;
use commonweal::investments::actions::DecideProposal;
use commonweal::investments::payments::{self, Charge, Receive};
use commonweal::investments::restructuring::{self, Restructure};
use commonweal::investments::{InvestmentState, Standing};
use commonweal::ledger::{self, AccountKind};
use commonweal::outbox::mail;
use commonweal::values::{Pence, Role};
use rust_decimal::{Decimal, dec};
use serde_json::json;

/// £12,000 at a yearly rate, repaid in twelve equal parts from 15 February 2027 on; £1,060 came in February, nothing in
/// March: at 6% £1,055 is overdue.
async fn in_arrears(world: &World, rate: Decimal) -> Held {
    let offer = loan(day("2027-01-15"), &[1_200_000], 12, rate);
    let held = held_from(world, offer.terms, offer.draws, "2027-01-15").await;
    received(world, &held, "1,060", "2027-02-15").await;
    world.move_clock(noon(day("2027-04-10"))).await;
    held
}

fn ask(fields: &[(&str, &str)]) -> Restructure {
    let mut body = json!({ "from_on": "2027-04-10", "reason": "The roof fell in; agreed with the owner on 8 April" });
    for (name, value) in fields {
        body[*name] = json!(value);
    }
    serde_json::from_value(body).unwrap()
}

async fn changed(world: &World, held: &Held, on: &str, input: &Restructure) {
    let (cast, now) = (&held.ground.cast, noon(day(on)));
    let made = restructuring::propose(&world.app, &cast.fund_manager, held.id, input, now).await.unwrap();
    let approve = DecideProposal { decision: "approve".into(), reason: String::new() };
    restructuring::decide(&world.app, &cast.committee_member, made, &approve, now).await.unwrap();
}

fn payments_of(rows: &[Row]) -> Vec<(String, i64)> {
    rows.iter().map(|r| (r.due.to_string(), r.payment.0)).collect()
}

fn of_account(world: &World, kind: AccountKind) -> Pence {
    world
        .app
        .db
        .read_now(|db| ledger::trial_balance(db, world.council))
        .unwrap()
        .get(&kind)
        .copied()
        .unwrap_or(Pence::ZERO)
}

/// Whatever happened, each row goes on from the one before, and the last one leaves nothing.
fn rows_add_up(rows: &[Row]) {
    let mut owed = Pence::ZERO;
    for row in rows {
        assert_eq!(row.opening, owed, "{row:?}");
        assert_eq!(row.closing, row.opening + row.drawn + row.capitalised + row.changed - row.principal, "{row:?}");
        assert_eq!(row.payment, row.interest - row.capitalised + row.principal + row.fee, "{row:?}");
        owed = row.closing;
    }
    assert_eq!(owed, Pence::ZERO);
}

both! {
    async fn a_loan_in_arrears_is_changed_by_two_people_and_the_borrower_reads_what_it_now_pays(world: World) {
        let held = in_arrears(&world, dec!(0.06)).await;
        let before = book(&world, held.id);
        assert_eq!(before.standing(day("2027-04-10")), Standing::InArrears);
        let cast = &held.ground.cast;
        let manager = world.client(&cast.fund_manager).await;
        let path = format!("/investments/{}", held.id);
        manager.open(&path).await.shows("Change this loan");

        // First the page shows what it would mean, and nothing is stored.
        let form = manager.open(&format!("{path}/restructure")).await;
        form.shows("£1,055.00 is overdue now");
        let filled = form.form("Show what it would mean").with(&[
            ("from_on", "10/4/2027"), ("instalments", "20"), ("first_due", "15/5/2027"), ("rate", "3"),
            ("holiday_periods", "2"), ("holiday", "interest_only"), ("overdue", "added"), ("written_off", "500"),
        ]);
        // 26 days of 10,000 at 6% and 35 days of 10,555 at 3%; then 1/12 of 3% on 10,555; then 18 parts of it.
        let shown = Page { path: format!("{path}/restructure"), reply: manager.send(&filled).await.expect(200) };
        shown.shows("£1,050.00 on 15 April 2027").shows("£73.10 on 15 May 2027").shows("15 December 2028").shows("£612.78");
        assert_eq!(book(&world, held.id).schedule, before.schedule, "nothing is changed by looking");

        // Answers that differ from what was shown are shown again, and a reason is needed.
        let altered = shown.form("Propose this change").with(&[("written_off", "600"), ("reason", "Roof")]);
        manager.send(&altered).await.expect(200).shows("What it would mean");
        manager.send(&shown.form("Propose this change")).await.expect(422).shows("Enter why the loan is changed");
        let page = manager.done(&shown.form("Propose this change").with(&[("reason", "The roof fell in")])).await;
        page.shows("The change is proposed").shows("Changes of the loan").shows("£73.10 on 15 May 2027").hides("Approve the change");
        assert_eq!(book(&world, held.id).schedule, before.schedule, "nothing is changed by proposing");

        // Whoever proposed it does not approve it, whatever other roles they have.
        let both = world.client(&world.also(&cast.fund_manager, Role::CommitteeMember)).await;
        both.send(&both.open(&path).await.form("Approve the change")).await.expect(422).shows("Another person must decide");
        let committee = world.client(&cast.committee_member).await;
        committee.open(&format!("/funds/{}", held.ground.fund)).await.shows("a change of the loan waits for a committee member");
        let mails = world.app.db.read_now(|db| mail::list(db, None, 20)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject == "A change of I-2026-0001 waits for you" && m.body.contains(&path)));
        let waits = "Decide on a change of the loan I-2026-0001, Harvest Lane CIC";
        committee.open("/tasks").await.shows(waits);
        both.open("/tasks").await.hides(waits);
        committee.open(&path).await.shows("Decide the change of the loan").shows("What the proposed change would mean today");
        let after = committee.fill(&path, "Approve the change", &[]).await;
        committee.open("/tasks").await.hides(waits);
        after.shows("3% a year since 10 April 2027, before it 6% a year").shows("to 15 December 2028 as changed; agreed for 1 year");
        after.shows("Loan changed from 10 April 2027").shows("The roof fell in").shows("£1,055 settled by the change");

        // What fell due before stays; what follows adds up.
        let now = book(&world, held.id);
        assert_eq!(now.rows()[..2], before.rows()[..2]);
        assert_eq!(now.rows().len(), 22);
        rows_add_up(now.rows());
        let next = payments_of(&now.rows()[2..5]);
        assert_eq!(next, [("2027-05-15".to_owned(), 7_310), ("2027-06-15".to_owned(), 2_639), ("2027-07-15".to_owned(), 61_278)]);
        assert_eq!((now.arrears(day("2027-04-10")).overdue, now.standing(day("2027-04-10"))), (Pence::ZERO, Standing::Running));
        assert_eq!(now.owed(day("2027-04-10")), Pence(1_055_500), "10,000 + 1,000 + 55 − 500");
        let noncash = |kind| now.flows().iter().filter(|f| f.kind == kind).map(|f| f.amount).sum::<Pence>();
        assert_eq!((noncash(FlowKind::CapitalisedInterest), noncash(FlowKind::GivenUp)), (Pence(5_500), Pence(50_000)));
        assert_eq!((of_account(&world, AccountKind::Loans), of_account(&world, AccountKind::Impairment)), (Pence(1_055_500), Pence(50_000)));
        assert_balanced(&world);

        // The borrower is told, and sees it on its own page; exports and the working say it too.
        let mails = world.app.db.read_now(|db| mail::list(db, None, 20)).unwrap().items;
        let told = mails.iter().find(|m| m.subject == "Your loan I-2026-0001 was changed").unwrap();
        assert!(told.body.contains("Your next payment is £73.10 on 15 May 2027") && told.body.contains("£500 of the loan is given up"), "{}", told.body);
        let own = world.client(&held.owner).await;
        own.open(&format!("/my-investments/{}", held.id)).await.shows("How your loan was changed").shows("£1,055 that was overdue is paid with them").shows("£73.10");
        own.get(&format!("/my-investments/{}?format=csv", held.id)).await.expect(200).shows("settled by the change");
        manager.get(&format!("{path}/schedule?format=csv")).await.expect(200).shows("closing,state,changed").shows("555.00");
        manager.get(&format!("{path}/working")).await.expect(200)
            .shows("owed £10,000 + overdue capital £1,000 + overdue interest £55 − given up £500").shows("£10,555");

        let agreement = world.client(&cast.contract_manager).await.open(&format!("/agreements/{}", now.investment.agreement_id)).await;
        agreement.shows("The loan has new terms from 10 April 2027: 20 payments from then on");

        // Paid to the last penny, it is over.
        for due in now.outstanding() {
            let (amount, on) = (due.total().plain(), due.due.to_string());
            let input = Receive { amount, received_on: on.clone(), reference: format!("R{}", due.instalment), ..Receive::default() };
            payments::receive(&world.app, &cast.fund_manager, held.id, &input, noon(day(&on))).await.unwrap();
        }
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, of_account(&world, AccountKind::Loans)), (InvestmentState::Repaid, Pence::ZERO));
        assert_balanced(&world);
    }

    async fn a_program_changes_a_loan_again_and_each_refusal_says_why(world: World) {
        let held = in_arrears(&world, dec!(0.06)).await;
        let cast = held.ground.cast.clone();
        let (manager, committee) = (world.api(&cast.fund_manager).await, world.api(&cast.committee_member).await);
        let base = format!("/api/v1/investments/{}", held.id);
        let path = format!("{base}/restructurings");
        let post = |body: serde_json::Value| manager.post(&path, body);

        // Nothing asked, words for numbers, a day that has passed, everything given up.
        post(json!({ "from_on": "2027-04-10", "reason": "x" })).await.expect(422).shows("Enter what changes");
        post(json!({ "from_on": "2027-04-10", "instalments": "many", "rate": "101", "holiday_periods": "2", "overdue": "gone", "reason": "x" })).await
            .expect(422).shows("from 1 to 600").shows("from 0% to 100%").shows("Choose what becomes of interest");
        post(json!({ "from_on": "2027-04-10", "first_due": "2200-01-01", "reason": "x" })).await.expect(422).shows("within ten years");
        post(json!({ "from_on": "2027-04-10", "first_due": "2037-04-01", "instalments": "600", "reason": "x" })).await.expect(422).shows("60 years at most");
        post(json!({ "from_on": "2027-04-10", "rate": "101", "reason": "x" })).await.expect(422).shows("from 0% to 100%").hides("Enter what changes");
        let past = post(json!({ "from_on": "2027-04-09", "rate": "3", "reason": "x" })).await.expect(409).json();
        assert_eq!(past["type"], "/problems/investments/change-day-past");
        assert!(past["detail"].as_str().unwrap().contains("Choose today or a later day"), "{past}");
        post(json!({ "from_on": "2027-04-10", "written_off": "10000", "reason": "x" })).await.expect(422).shows("This leaves nothing to pay");
        post(json!({ "from_on": "2027-04-10", "written_off": "10000.01", "reason": "x" })).await.expect(409);
        let stranger = world.person_of(world.other_council(), Role::FundManager);
        world.api(&stranger).await.post(&path, json!({ "from_on": "2027-04-10", "rate": "3", "reason": "x" })).await.expect(404);
        world.api(&held.owner).await.post(&path, json!({})).await.expect(403);

        // Overdue interest is given up, overdue capital is spread; interest on it runs from the day on.
        let body = json!({ "from_on": "2027-04-10", "overdue": "interest_given_up", "reason": "Agreed" });
        let seen = manager.post(&format!("{path}/preview"), body.clone()).await.expect(200).json();
        assert_eq!((seen["before"]["overdue"].as_str(), seen["after"]["overdue"].as_str()), (Some("1055.00"), Some("0.00")), "{seen}");
        assert_eq!(seen["terms"]["interest_given_up"], "55.00");
        let first = post(body.clone()).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        assert_eq!(post(body.clone()).await.expect(409).json()["type"], "/problems/investments/change-open");
        manager.post(&format!("/api/v1/restructurings/{first}/decide"), json!({ "decision": "approve" })).await.expect(403);
        let silent = committee.post(&format!("/api/v1/restructurings/{first}/decide"), json!({ "decision": "decline" })).await;
        silent.expect(422).shows("Say why you decline it");
        let decline = json!({ "decision": "decline", "reason": "The rent is paid late too" });
        committee.post(&format!("/api/v1/restructurings/{first}/decide"), decline).await.expect(200);
        assert_eq!(book(&world, held.id).arrears(day("2027-04-10")).overdue, Pence(105_500), "declined: nothing changes");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 20)).unwrap().items;
        let declined = mails.iter().find(|m| m.subject.starts_with("A change of") && m.subject.ends_with("was declined"));
        assert!(declined.unwrap().body.contains("Why: The rent is paid late too"));
        let page = world.client(&cast.fund_manager).await.open(&format!("/investments/{}", held.id)).await;
        page.shows("Not changed: committee member").shows("declined it on 10 April 2027: “The rent is paid late too”. It was asked for because:").shows("Agreed");
        let told = manager.get(&base).await.expect(200).json();
        assert_eq!(told["changes"][0]["decline_reason"], "The rent is paid late too");
        let second = post(body).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        committee.post(&format!("/api/v1/restructurings/{second}/decide"), json!({ "decision": "approve" })).await.expect(200);
        let again = committee.post(&format!("/api/v1/restructurings/{second}/decide"), json!({ "decision": "approve" })).await.expect(409).json();
        assert_eq!(again["type"], "/problems/investments/decided-already");
        let spread = book(&world, held.id);
        rows_add_up(spread.rows());
        // 10,000 × 6%/12 × 26/31 + 11,000 × 6%/12 × 5/31 = 41.9355 + 8.8710; 11,000 in ten parts.
        assert_eq!(payments_of(&spread.rows()[2..3]), [("2027-04-15".to_owned(), 110_000 + 5_081)]);
        assert_eq!(of_account(&world, AccountKind::InterestIncome), Pence(-6_000), "interest given up was never earned");

        // A second change in the same period, and a third when payments have come in between.
        changed(&world, &held, "2027-04-12", &ask(&[("from_on", "2027-04-12"), ("rate", "0"), ("instalments", "11")])).await;
        let twice = book(&world, held.id);
        rows_add_up(twice.rows());
        assert_eq!(twice.rows().len(), 13);
        let due = twice.rows()[2].payment;
        received(&world, &held, &due.plain(), "2027-04-15").await;
        changed(&world, &held, "2027-04-20", &ask(&[("from_on", "2027-06-20"), ("holiday_periods", "3"), ("holiday", "interest_free"), ("instalments", "12")])).await;
        let thrice = book(&world, held.id);
        rows_add_up(thrice.rows());
        assert_eq!(thrice.rows()[..5], twice.rows()[..5], "due by 20 June: as it was");
        assert_eq!(thrice.rows()[5..8].iter().map(|r| r.payment.0).collect::<Vec<_>>(), [0, 0, 0]);
        assert_eq!(thrice.next_due(day("2027-04-20")).unwrap().due, day("2027-05-15"));
        let kinds = manager.get(&base).await.expect(200).json();
        let states: Vec<_> = kinds["changes"].as_array().unwrap().iter().map(|c| c["state"].as_str().unwrap().to_owned()).collect();
        assert_eq!(states, ["declined", "approved", "approved", "approved"]);
        let own = world.api(&held.owner).await.get(&format!("/api/v1/my-investments/{}", held.id)).await.expect(200).json();
        assert_eq!(own["changes"].as_array().unwrap().len(), 3, "what was declined is not the borrower's business");
        // Every version is kept.
        assert_eq!(thrice.investment.schedule_version, 4);
        assert_balanced(&world);
    }

    async fn a_loan_past_its_last_day_gets_new_dates_and_a_fee_keeps_its_payment(world: World) {
        let offer = loan(day("2026-01-15"), &[300_000], 3, dec!(0));
        let held = held(&world, offer.terms, offer.draws).await;
        let cast = &held.ground.cast;
        let fee = Charge { amount: "25".into(), due_on: "2026-04-01".into(), reason: "Letter".into() };
        payments::charge(&world.app, &cast.fund_manager, held.id, &fee, noon(day("2026-02-01"))).await.unwrap();
        let shorter = ask(&[("from_on", "2026-02-01"), ("instalments", "1")]);
        let refused = restructuring::propose(&world.app, &cast.fund_manager, held.id, &shorter, noon(day("2026-02-01"))).await;
        assert_eq!(code(refused.unwrap_err()), "investments/fee-without-instalment");
        world.move_clock(noon(day("2026-05-01"))).await;
        let over = ask(&[("from_on", "2026-05-01"), ("rate", "3")]);
        let refused = restructuring::propose(&world.app, &cast.fund_manager, held.id, &over, noon(day("2026-05-01"))).await;
        assert!(refused.is_err(), "nothing is left to pay at a new rate");
        changed(&world, &held, "2026-05-01", &ask(&[("from_on", "2026-05-01"), ("overdue", "added"), ("instalments", "6")])).await;
        let now = book(&world, held.id);
        rows_add_up(now.rows());
        assert_eq!(payments_of(&now.rows()[3..5]), [("2026-06-01".to_owned(), 50_000), ("2026-07-01".to_owned(), 50_000)]);
        assert_eq!(now.arrears(day("2026-05-01")).overdue, Pence(2_500), "the fee stays due");
    }

    async fn revenue_is_corrected_again_and_each_correction_is_settled_once(world: World) {
        let terms = RevenueShareTerms {
            share: "0.05".parse().unwrap(), floor: Pence::ZERO, ceiling: None, multiple: dec!(1.5), expected: Pence(10_000_000),
            first_due: day("2026-04-30"), period_months: 3, long_stop: day("2029-01-31"), ending: Ending::Forgiven, term_loan: None,
        };
        let held = held(&world, InstrumentTerms::RevenueShare(terms), draw(50_000)).await;
        let pays = |due: &str| book(&world, held.id).rows().iter().find(|r| r.due == day(due)).unwrap().payment.0 / 100;
        let revenue = |on, amount| report("revenue", on, &[("amount", amount)]);
        reported(&world, &held, "2026-04-20", &revenue("2026-04-30", "100,000")).await.unwrap();
        received(&world, &held, "5,000", "2026-04-30").await;
        reported(&world, &held, "2026-05-10", &revenue("2026-04-30", "120,000")).await.unwrap();
        reported(&world, &held, "2026-07-20", &revenue("2026-07-30", "100,000")).await.unwrap();
        assert_eq!((pays("2026-04-30"), pays("2026-07-30")), (5_000, 6_000), "£1,000 more is settled with the next");
        received(&world, &held, "6,000", "2026-07-30").await;
        // Settled, and corrected again: the difference from the figure before, in the other direction.
        reported(&world, &held, "2026-08-05", &revenue("2026-04-30", "90,000")).await.unwrap();
        assert_eq!((pays("2026-04-30"), pays("2026-07-30"), pays("2026-10-30")), (5_000, 6_000, 3_500));
        // And a third time before that is settled: it takes the place of the second.
        reported(&world, &held, "2026-09-01", &revenue("2026-04-30", "110,000")).await.unwrap();
        assert_eq!((pays("2026-07-30"), pays("2026-10-30"), pays("2027-01-30")), (6_000, 4_500, 5_000));
        world.move_clock(noon(day("2026-09-02"))).await;
        let manager = world.client(&held.ground.cast.fund_manager).await;
        let page = manager.open(&format!("/investments/{}", held.id)).await;
        page.shows("revenue of £100,000").shows("in place of revenue of £120,000; the payment due on 30 October 2026 becomes £3,500.00")
            .shows("in place of revenue of £90,000; the payment due on 30 October 2026 becomes £4,500.00, before it was £3,500.00");
        manager.get(&format!("/investments/{}/working", held.id)).await.expect(200)
            .shows("£5,500 for revenue of £110,000, instead of £6,000");
        assert_balanced(&world);
    }

    async fn new_shares_of_others_thin_the_holding_and_their_price_values_it(world: World) {
        let held = held(&world, InstrumentTerms::Equity(shares(None)), draw(100_000)).await;
        let too_soon = commonweal::investments::actions::ProposeValuation {
            valued_on: "2026-05-01".into(), value: String::new(), method: "latest_round".into(), reason: "Round".into(),
        };
        let cast = held.ground.cast.clone();
        let none = commonweal::investments::actions::propose_valuation(&world.app, &cast.fund_manager, held.id, &too_soon, noon(day("2026-05-01"))).await;
        assert!(format!("{:?}", none.unwrap_err()).contains("No round of shares is recorded"));
        let as_a_loan = ask(&[("from_on", "2026-05-01"), ("rate", "3")]);
        let refused = restructuring::propose(&world.app, &cast.fund_manager, held.id, &as_a_loan, noon(day("2026-05-01"))).await;
        assert_eq!(code(refused.unwrap_err()), "investments/not-a-loan");
        let round = |before| report("round", "2026-06-01", &[("amount", "150,000"), ("pre_money", "600,000"), ("shares", before)]);
        assert_eq!(code(reported(&world, &held, "2026-06-02", &round("199")).await.unwrap_err()), "finance/contradiction");
        reported(&world, &held, "2026-06-02", &round("1,000")).await.unwrap();
        let found = book(&world, held.id).latest_round().unwrap();
        assert_eq!((found.issued, found.all, found.part.after, found.worth), (250, 1_250, dec!(0.16), Pence(12_000_000)));
        valued(&world, &held, "", "latest_round", "2026-06-30").await;
        assert_eq!(book(&world, held.id).nav(day("2026-07-01")).unwrap().nav.value, Pence(12_000_000));
        world.move_clock(noon(day("2026-07-01"))).await;
        let manager = world.client(&cast.fund_manager).await;
        let path = format!("/investments/{}", held.id);
        manager.open(&path).await.shows("Part now").shows("16.00%").shows("20.00% before the round of 1 June 2026")
            .shows("others bought 250 new shares at £600 each").shows("the fund’s part falls from 20.00% to 16.00%")
            .shows("Leave it empty to take the price of the round of 1 June 2026: £120,000");
        manager.get(&format!("{path}/working")).await.expect(200).shows("200 / (1000 + 250), before it 20.00%").shows("£120,000");
        world.client(&held.owner).await.open(&format!("/my-investments/{}", held.id)).await.shows("Part now");
        let seen = world.api(&cast.fund_manager).await.get(&format!("/api/v1/investments/{}", held.id)).await.expect(200).json();
        assert_eq!((seen["latest_round"]["all"].as_u64(), seen["latest_round"]["worth"].as_str()), (Some(1_250), Some("120000.00")));
        let exit = report("exit", "2028-01-15", &[("amount", "1,000,000"), ("shares", "1,250")]);
        reported(&world, &held, "2028-01-15", &exit).await.unwrap();
        received(&world, &held, "160,000", "2028-01-15").await;
        assert_eq!(book(&world, held.id).investment.state, InvestmentState::Ended);
        assert_balanced(&world);
    }
}
