//! Every instrument of a fund from its agreement to its end: paid out, reported, received, valued.

use crate::funds::{Ground, agreement, assert_balanced, day, ground, loan, noon};
use crate::scoring::{ready, signed};
use crate::support::World;
use commonweal::awards::InvestmentOffer;
use commonweal::calls::CallKind;
use commonweal::error::Error;
use commonweal::finance::instruments::community_shares::SocietyRules;
use commonweal::finance::instruments::convertible::AtMaturity;
use commonweal::finance::instruments::equity::Preference;
use commonweal::finance::instruments::guarantee::Guarantee;
use commonweal::finance::loan::{Facility, Pause, Plan, Price};
use commonweal::finance::measures::FlowKind;
use commonweal::finance::schedule::{HolidayKind, HolidayTerm, Tranche};
use commonweal::finance::terms::{
    CommunityShareTerms, ConvertibleTerms, GuaranteeTerms, Instrument, InstrumentTerms, RecoverableGrantTerms,
    ShareTerms,
};
use commonweal::finance::{Figure, Flow, Xirr, xirr};
use commonweal::investments::actions::{self, Decide, ProposeDrawdown, ProposeValuation};
use commonweal::investments::facts::{self, Report};
use commonweal::investments::payments::{self, Receive};
use commonweal::investments::{self, Book, Investment, InvestmentState, NavBasis, Standing};
use commonweal::ledger::{self, AccountKind};
use commonweal::returns;
use commonweal::values::{Actor, Id, Pence, Role};
use rust_decimal::dec;
use serde_json::{Value, json};

/// An investment, its fund's people and its enterprise.
pub struct Held {
    pub ground: Ground,
    pub id: Id<Investment>,
    pub owner: Actor,
}

pub fn book(world: &World, id: Id<Investment>) -> Book {
    world.app.db.read_now(|db| investments::load_book(db, id)).unwrap()
}

pub fn code(error: Error) -> String {
    match error {
        Error::Refused(refusal) => refusal.code.to_owned(),
        other => format!("{other:?}"),
    }
}

pub fn draw(pounds: i64) -> Vec<Tranche> {
    vec![Tranche { on: day("2026-01-15"), amount: Pence(pounds * 100) }]
}

/// Agrees it and, where money is paid at the start, pays it on 15 January 2026.
pub async fn held(world: &World, terms: InstrumentTerms, draws: Vec<Tranche>) -> Held {
    held_from(world, terms, draws, "2026-01-15").await
}

/// The same, agreed and paid out on another day.
pub async fn held_from(world: &World, terms: InstrumentTerms, draws: Vec<Tranche>, from: &str) -> Held {
    let ground = ground(world, "1000000").await;
    let (organisation, owner) = world.applicant("Harvest Lane CIC");
    let pays = !draws.is_empty();
    let offer = InvestmentOffer { terms, draws, precedents: Vec::new() };
    let agreed = agreement(world, &ground, organisation, offer, "I-2026-0001");
    let on = day(from);
    world.move_clock(noon(on)).await;
    let id = world.app.db.write_now(|db| actions::open(db, agreed, noon(on))).unwrap().unwrap();
    let held = Held { ground, id, owner };
    if pays {
        pay_out(world, &held, 1, from).await;
    }
    held
}

async fn pay_out(world: &World, held: &Held, tranche: u32, on: &str) {
    let cast = &held.ground.cast;
    let input = ProposeDrawdown { tranche: tranche.to_string(), pay_on: on.to_owned() };
    let drawdown =
        actions::propose_drawdown(&world.app, &cast.fund_manager, held.id, &input, noon(day(on))).await.unwrap();
    let approve = Decide { decision: "approve".into(), ..Decide::default() };
    actions::decide_drawdown(&world.app, &cast.committee_member, drawdown, &approve, noon(day(on))).await.unwrap();
}

/// A loan of £1,200 at 1% a month in equal parts from 15 January 2027, changed before it is agreed.
async fn lent(world: &World, instalments: u32, change: impl FnOnce(&mut Facility)) -> Held {
    let mut offer = loan(day("2027-01-15"), &[120_000], instalments, dec!(0.12));
    let InstrumentTerms::Loan(terms) = &mut offer.terms else { panic!("a loan") };
    change(terms);
    held_from(world, offer.terms, offer.draws, "2027-01-15").await
}

/// What an account of the council holds in pence: what it has is positive, what it earned negative.
fn of_ledger(world: &World, kind: AccountKind) -> i64 {
    let trial = world.app.db.read_now(|db| ledger::trial_balance(db, world.council)).unwrap();
    trial.get(&kind).map_or(0, |pence| pence.0)
}

pub fn report(kind: &str, on: &str, fields: &[(&str, &str)]) -> Report {
    let mut body = json!({ "kind": kind, "on": on, "source": "Accounts" });
    for (name, value) in fields {
        body[*name] = json!(value);
    }
    serde_json::from_value(body).unwrap()
}

pub async fn reported(world: &World, held: &Held, known_on: &str, input: &Report) -> Result<(), Error> {
    let now = noon(day(known_on));
    facts::report(&world.app, &held.ground.cast.fund_manager, held.id, input, now).await.map(|_| ())
}

pub async fn received(world: &World, held: &Held, amount: &str, on: &str) {
    let input = Receive {
        amount: amount.into(),
        received_on: on.into(),
        reference: format!("BANK-{on}"),
        ..Receive::default()
    };
    payments::receive(&world.app, &held.ground.cast.fund_manager, held.id, &input, noon(day(on))).await.unwrap();
}

pub async fn valued(world: &World, held: &Held, value: &str, method: &str, on: &str) {
    let input = ProposeValuation {
        valued_on: on.into(),
        value: value.into(),
        method: method.into(),
        reason: "Accounts and the round seen".into(),
    };
    let cast = &held.ground.cast;
    let made =
        actions::propose_valuation(&world.app, &cast.fund_manager, held.id, &input, noon(day(on))).await.unwrap();
    let approve = Decide { decision: "approve".into(), ..Decide::default() };
    actions::decide_valuation(&world.app, &cast.committee_member, made, &approve, noon(day(on))).await.unwrap();
}

/// The pages of staff and enterprise and the programs' answers can be read, and say these words.
async fn pages_show(world: &World, held: &Held, words: &[&str]) {
    let staff =
        world.client(&held.ground.cast.fund_manager).await.get(&format!("/investments/{}", held.id)).await.expect(200);
    for word in words {
        staff.clone().shows(word);
    }
    let own = world.client(&held.owner).await;
    own.get(&format!("/my-investments/{}", held.id)).await.expect(200);
    own.get(&format!("/my-investments/{}?format=csv", held.id)).await.expect(200);
    let fund = world.client(&held.ground.cast.fund_manager).await;
    fund.get(&format!("/funds/{}", held.ground.fund)).await.expect(200);
    fund.get(&format!("/investments/{}/schedule?format=csv", held.id)).await.expect(200);
    fund.get(&format!("/investments/{}/working", held.id)).await.expect(200).shows("is worked out");
    own.get(&format!("/my-investments/{}/working?format=csv", held.id)).await.expect(200);
    let api = world.api(&held.ground.cast.fund_manager).await;
    api.get(&format!("/api/v1/investments/{}", held.id)).await.expect(200);
    let working = api.get(&format!("/api/v1/investments/{}/working", held.id)).await.expect(200).json();
    let own =
        world.api(&held.owner).await.get(&format!("/api/v1/my-investments/{}/working", held.id)).await.expect(200);
    assert_eq!(own.json()["payments"], working["payments"]);
}

pub fn shares(preference: Option<Preference>) -> ShareTerms {
    ShareTerms { shares: 200, all_shares: 1_000, market_value: Some(Pence(9_000_000)), preference }
}

/// A grant of which a quarter of the revenue above £100,000 a year comes back.
fn recoverable() -> InstrumentTerms {
    InstrumentTerms::RecoverableGrant(RecoverableGrantTerms {
        figure: "yearly revenue".into(),
        trigger: Pence(10_000_000),
        share: "0.25".parse().unwrap(),
        cap: dec!(1),
        first_due: day("2027-03-31"),
        until: day("2029-03-31"),
    })
}

fn kinds(book: &Book) -> Vec<(FlowKind, i64)> {
    book.flows().iter().filter(|f| f.kind != FlowKind::Valuation).map(|f| (f.kind, f.amount.0 / 100)).collect()
}

both! {
    async fn a_loan_adds_the_interest_of_its_holiday_to_what_is_owed_and_is_repaid_to_nothing(world: World) {
        // £1,200 at 1% a month: £12 and £12.12 are added; then two parts of £612.06 with £12.24 and £6.12.
        let holiday = Pause {
            first: 1, periods: 2, kind: HolidayKind::CapitalisedCompounding, term: HolidayTerm::Lengthens, rounding: Default::default(),
        };
        let held = lent(&world, 2, |terms| terms.pauses = vec![holiday]).await;
        let plan: Vec<_> = book(&world, held.id).rows().iter().map(|r| (r.due, r.capitalised.0, r.payment.0, r.closing.0)).collect();
        assert_eq!(plan, [
            (day("2027-02-15"), 1_200, 0, 121_200), (day("2027-03-15"), 1_212, 0, 122_412),
            (day("2027-04-15"), 0, 62_430, 61_206), (day("2027-05-15"), 0, 61_818, 0),
        ]);
        let stands = |on: &str| (book(&world, held.id).owed(day(on)).0, of_ledger(&world, AccountKind::Loans), of_ledger(&world, AccountKind::InterestIncome));
        world.move_clock(noon(day("2027-02-14"))).await;
        assert_eq!(stands("2027-02-14"), (120_000, 120_000, 0));
        world.move_clock(noon(day("2027-02-15"))).await;
        assert_eq!(stands("2027-02-15"), (121_200, 121_200, -1_200), "interest of the first is added on its day");
        world.move_clock(noon(day("2027-03-16"))).await;
        assert_eq!(stands("2027-03-16"), (122_412, 122_412, -2_412), "and bears interest itself");
        world.app.db.write_now(|db| investments::upkeep::upkeep(db, held.id, world.now())).unwrap();
        assert_eq!(stands("2027-03-16"), (122_412, 122_412, -2_412), "a second run adds nothing");
        assert_balanced(&world);

        // No cash came, nothing is late, and what was added is worth what is owed.
        let on = day("2027-03-16");
        let now = book(&world, held.id);
        assert_eq!((now.standing(on), now.arrears(on).overdue, now.entries.len()), (Standing::Running, Pence::ZERO, 0));
        let nav = now.nav(on).unwrap();
        assert_eq!((nav.nav.value, nav.basis), (Pence(122_412), NavBasis::Outstanding));
        let found = world.app.db.read_now(|db| returns::load(db, held.ground.fund, on)).unwrap();
        let m = &found.measures;
        assert_eq!((m.paid_in, m.distributed, m.nav.unwrap().value), (Pence(120_000), Pence::ZERO, Pence(122_412)));
        assert_eq!((m.dpi, m.rvpi), (Figure::Known(dec!(0.00)), Figure::Known(dec!(1.02))));
        let flows = [(day("2027-01-15"), -120_000), (on, 122_412)].map(|(date, pence)| Flow { date, amount: Pence(pence) });
        assert_eq!(found.rate, xirr(&flows, None), "what was added counts once");
        let shown = world.api(&held.ground.cast.fund_manager).await.get(&format!("/api/v1/investments/{}", held.id)).await.expect(200).json();
        assert_eq!((&shown["owed"], &shown["net_asset_value"]["basis"]), (&json!("1224.12"), &json!("outstanding")));
        pages_show(&world, &held, &["1,224.12"]).await;

        received(&world, &held, "624.30", "2027-04-15").await;
        assert_eq!(stands("2027-04-15"), (61_206, 61_206, -3_636));
        received(&world, &held, "618.18", "2027-05-15").await;
        assert_eq!(stands("2027-05-15"), (0, 0, -4_248));
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, end.investment.closed_on), (InvestmentState::Repaid, Some(day("2027-05-15"))));
        assert_eq!((end.credit(), end.outstanding()), (Pence::ZERO, Vec::new()));
        let measures = end.measures(day("2027-05-15"));
        assert_eq!((measures.paid_in, measures.distributed, measures.nav.unwrap().value), (Pence(120_000), Pence(124_248), Pence::ZERO));
        // The jobs of days that are past change nothing any more.
        world.move_clock(noon(day("2027-06-16"))).await;
        assert_eq!(stands("2027-06-16"), (0, 0, -4_248));
        assert_balanced(&world);
    }

    async fn a_bullet_loan_pays_interest_on_the_way_and_all_of_its_principal_at_maturity(world: World) {
        let held = lent(&world, 3, |terms| terms.plan = Plan::Bullet).await;
        let plan: Vec<_> = book(&world, held.id).rows().iter().map(|r| (r.due, r.interest.0, r.principal.0, r.closing.0)).collect();
        assert_eq!(plan, [
            (day("2027-02-15"), 1_200, 0, 120_000), (day("2027-03-15"), 1_200, 0, 120_000), (day("2027-04-15"), 1_200, 120_000, 0),
        ]);
        for due in ["2027-02-15", "2027-03-15"] {
            world.move_clock(noon(day(due))).await;
            received(&world, &held, "12", due).await;
            let now = book(&world, held.id);
            assert_eq!((now.owed(day(due)), now.standing(day(due)), now.credit()), (Pence(120_000), Standing::Running, Pence::ZERO), "{due}");
        }
        let between = book(&world, held.id);
        assert_eq!(between.nav(day("2027-04-14")).unwrap().nav.value, Pence(120_000));
        // A day late all of it is overdue.
        world.move_clock(noon(day("2027-04-16"))).await;
        let late = book(&world, held.id).arrears(day("2027-04-16"));
        assert_eq!((late.days_past_due, late.overdue), (1, Pence(121_200)));
        received(&world, &held, "1,212", "2027-04-15").await;
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, end.investment.closed_on), (InvestmentState::Repaid, Some(day("2027-04-15"))));
        assert_eq!((end.owed(day("2027-04-16")), end.credit(), end.outstanding()), (Pence::ZERO, Pence::ZERO, Vec::new()));
        assert_eq!((of_ledger(&world, AccountKind::Loans), of_ledger(&world, AccountKind::InterestIncome)), (0, -3_600));
        let measures = end.measures(day("2027-04-16"));
        assert_eq!((measures.distributed, measures.dpi), (Pence(123_600), Figure::Known(dec!(1.03))));
        pages_show(&world, &held, &["1,212"]).await;
        assert_balanced(&world);
    }

    async fn ordinary_shares_pay_a_dividend_are_valued_and_are_sold(world: World) {
        let held = held(&world, InstrumentTerms::Equity(shares(None)), draw(100_000)).await;
        assert!(book(&world, held.id).next_due(day("2026-02-01")).is_none(), "nothing is due of shares");
        assert_eq!(book(&world, held.id).nav(day("2026-02-01")).unwrap().nav.value, Pence(10_000_000), "at cost until valued");
        valued(&world, &held, "150,000", "latest_round", "2026-12-31").await;
        reported(&world, &held, "2027-01-15", &report("dividend", "2027-01-15", &[("amount", "1,500")])).await.unwrap();
        assert_eq!(book(&world, held.id).arrears(day("2027-01-20")).overdue, Pence(150_000));
        received(&world, &held, "1,500", "2027-01-20").await;
        pages_show(&world, &held, &["Equity", "200 of 1,000", "a dividend of £1,500"]).await;
        let backwards = report("dividend", "2027-01-14", &[("amount", "1")]);
        assert_eq!(code(reported(&world, &held, "2027-02-01", &backwards).await.unwrap_err()), "investments/out-of-order");
        let exit = report("exit", "2028-01-15", &[("amount", "800,000"), ("shares", "1,000")]);
        reported(&world, &held, "2028-01-15", &exit).await.unwrap();
        received(&world, &held, "160,000", "2028-01-15").await;
        let end = book(&world, held.id);
        assert_eq!(end.investment.state, InvestmentState::Ended);
        assert_eq!(kinds(&end), [(FlowKind::Drawdown, 100_000), (FlowKind::Dividend, 1_500), (FlowKind::SaleProceeds, 60_000), (FlowKind::SaleProceeds, 100_000)]);
        assert_eq!(end.measures(day("2028-02-01")).moic.known(), Some(dec!(1.62)));
        // 100,000 out; 1,500 and 160,000 back: 27.122283% a year.
        assert!(end.rate_of_return(day("2028-02-01")).rate().unwrap() > dec!(0.27));
        assert_balanced(&world);
    }

    async fn a_sale_below_cost_is_a_loss_in_the_books_and_preference_shares_come_first(world: World) {
        let preference = Preference { rank: 1, multiple: dec!(1), dividend: "0.06".parse().unwrap(), cumulative: true, participating: false, participation_cap: None };
        let held = held(&world, InstrumentTerms::PreferenceShares(shares(Some(preference))), draw(100_000)).await;
        reported(&world, &held, "2027-01-15", &report("dividend", "2027-01-15", &[("amount", "4,000")])).await.unwrap();
        received(&world, &held, "4,000", "2027-01-15").await;
        pages_show(&world, &held, &["Preference dividend", "6.00% a year"]).await;
        let exit = report("exit", "2028-01-15", &[("amount", "70,000"), ("shares", "1,000")]);
        reported(&world, &held, "2028-01-15", &exit).await.unwrap();
        assert_eq!(book(&world, held.id).arrears(day("2028-01-16")).overdue, Pence(7_000_000), "all of it goes to the fund");
        received(&world, &held, "70,000", "2028-01-16").await;
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, end.owed(day("2028-02-01"))), (InvestmentState::Ended, Pence::ZERO));
        let lost = world.app.db.read_now(|db| commonweal::ledger::trial_balance(db, world.council)).unwrap();
        assert_eq!(lost[&commonweal::ledger::AccountKind::Impairment], Pence(3_000_000));
        assert_balanced(&world);
    }

    async fn a_recoverable_grant_comes_back_above_its_trigger_and_ends_on_its_last_day(world: World) {
        let held = held(&world, recoverable(), draw(50_000)).await;
        assert_eq!(book(&world, held.id).owed(day("2026-06-01")), Pence::ZERO, "a grant is nothing that is owed");
        // The enterprise reports its own year, through the page.
        world.move_clock(noon(day("2027-03-10"))).await;
        let below = report("figure", "2027-03-31", &[("amount", "-1")]);
        assert!(matches!(reported(&world, &held, "2027-03-10", &below).await, Err(Error::Invalid(_))), "no figure is below nothing");
        let own = world.client(&held.owner).await;
        let mine = format!("/my-investments/{}", held.id);
        own.fill(&mine, "Report it", &[("on", "2027-03-31"), ("amount", "90,000"), ("source", "Filed accounts")]).await;
        own.open(&mine).await.shows("a figure of £90,000");
        assert!(book(&world, held.id).outstanding().is_empty(), "below the trigger nothing is due");
        assert_eq!(code(reported(&world, &held, "2027-03-12", &report("figure", "2027-03-31", &[("amount", "1")])).await.unwrap_err()), "investments/reported-already");
        let ahead = report("figure", "2028-03-31", &[("amount", "1")]);
        assert_eq!(code(reported(&world, &held, "2027-12-30", &ahead).await.unwrap_err()), "investments/year-not-over");
        reported(&world, &held, "2028-03-10", &report("figure", "2028-03-31", &[("amount", "180,000")])).await.unwrap();
        received(&world, &held, "20,000", "2028-03-31").await;
        let after = book(&world, held.id);
        assert_eq!(kinds(&after), [(FlowKind::Drawdown, 50_000), (FlowKind::Recovery, 20_000)]);
        pages_show(&world, &held, &["Recoverable grant", "yearly revenue above £100,000"]).await;
        world.move_clock(noon(day("2029-04-02"))).await;
        world.run_jobs().await;
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, end.owed(day("2029-04-02"))), (InvestmentState::Ended, Pence::ZERO));
        assert_balanced(&world);
    }

    async fn a_yearly_figure_that_nobody_reported_needs_attention_until_it_is_there(world: World) {
        let held = held(&world, recoverable(), draw(50_000)).await;
        let manager = world.client(&held.ground.cast.fund_manager).await;
        let fund = format!("/funds/{}", held.ground.fund);
        world.move_clock(noon(day("2027-03-30"))).await;
        manager.get(&fund).await.expect(200).hides("is not reported");
        world.move_clock(noon(day("2027-04-10"))).await;
        manager.get(&fund).await.expect(200).shows("the yearly figure for the payment due on 31 March 2027 is not reported")
            .hides("missing too");
        assert_eq!(book(&world, held.id).missing_figures(day("2028-04-01")), [day("2027-03-31"), day("2028-03-31")]);
        reported(&world, &held, "2027-04-10", &report("figure", "2027-03-31", &[("amount", "90,000")])).await.unwrap();
        manager.get(&fund).await.expect(200).hides("is not reported");
        assert_eq!(book(&world, held.id).missing_figures(day("2028-04-01")), [day("2028-03-31")]);
    }

    async fn a_grant_that_may_come_back_counts_at_cost_and_is_no_loss_until_somebody_values_it(world: World) {
        let held = held(&world, recoverable(), draw(50_000)).await;
        let on = day("2027-02-01");
        let before = book(&world, held.id);
        let nav = before.nav(on).unwrap();
        assert_eq!((nav.nav.value, nav.basis), (Pence(5_000_000), NavBasis::Cost));
        assert_eq!(before.rate_of_return(on), Xirr::NotValued);
        world.move_clock(noon(on)).await;
        let manager = world.client(&held.ground.cast.fund_manager).await;
        let api = world.api(&held.ground.cast.fund_manager).await;
        let (page, fund) = (format!("/investments/{}", held.id), format!("/funds/{}", held.ground.fund));
        let shown = manager.get(&page).await.expect(200).shows("Not valued yet: the rate is worked out once somebody values it.")
            .shows("not valued yet: counted at what it cost, less what came back");
        assert!(!shown.text.contains("is lost"));
        manager.get(&fund).await.expect(200).shows("1 of 1 holdings is not valued yet and counts at what it cost, less what came back: £50,000.");
        manager.get(&format!("{fund}/statement")).await.expect(200).shows("Not valued yet");
        let file = manager.get(&format!("{fund}?format=csv")).await.expect(200).text;
        assert!(file.contains("Not valued yet") && file.contains("counted at what it cost"), "{file}");
        let one = api.get(&format!("/api/v1{page}")).await.expect(200).json();
        assert_eq!((&one["rate_of_return"]["status"], &one["net_asset_value"]["basis"]), (&json!("not_valued"), &json!("cost")));
        let all = api.get(&format!("/api/v1{fund}")).await.expect(200).json();
        assert_eq!(all["not_valued"], json!({ "count": 1, "counted_at": "50000.00" }));
        assert_eq!(all["rate_of_return"]["status"], "not_valued", "nothing in the fund is more than its cost");
        valued(&world, &held, "20,000", "fair_value", "2027-02-01").await;
        let after = book(&world, held.id);
        assert_eq!((after.nav(on).unwrap().nav.value, after.nav(on).unwrap().basis), (Pence(2_000_000), NavBasis::Valuation));
        assert!(after.rate_of_return(on).rate().unwrap() < dec!(-0.5));
        let all = api.get(&format!("/api/v1{fund}")).await.expect(200).json();
        assert_eq!((&all["not_valued"]["count"], &all["rate_of_return"]["status"]), (&json!(0), &json!("rate")));
    }

    async fn a_grant_that_is_spent_is_not_called_a_loss(world: World) {
        let held = held(&world, InstrumentTerms::Grant, draw(50_000)).await;
        let found = book(&world, held.id);
        let on = day("2027-02-01");
        assert_eq!((found.nav(on).unwrap().nav.value, found.rate_of_return(on)), (Pence::ZERO, Xirr::GivenAway));
        world.move_clock(noon(on)).await;
        let manager = world.client(&held.ground.cast.fund_manager).await;
        for path in [format!("/investments/{}", held.id), format!("/funds/{}", held.ground.fund)] {
            manager.get(&path).await.expect(200).shows("A grant does not come back, so it has no rate of return.");
        }
    }

    async fn a_convertible_loan_becomes_shares_in_a_round_and_they_are_sold(world: World) {
        let terms = ConvertibleTerms {
            interest: "0.08".parse().unwrap(), cap: Some(Pence(200_000_000)), discount: "0.2".parse().unwrap(),
            qualifying_round: Pence(50_000_000), maturity: day("2028-01-15"), at_maturity: AtMaturity::Repaid, shares_now: 1_000_000,
        };
        let held = held(&world, InstrumentTerms::Convertible(terms), draw(100_000)).await;
        assert_eq!(book(&world, held.id).next_due(day("2026-02-01")).unwrap().total(), Pence(11_600_000));
        let round = |raised| report("round", "2027-01-15", &[("amount", raised), ("pre_money", "5,000,000"), ("shares", "1,000,000")]);
        reported(&world, &held, "2027-01-15", &round("499,999")).await.unwrap();
        assert_eq!(book(&world, held.id).next_due(day("2027-02-01")).unwrap().total(), Pence(11_600_000));
        reported(&world, &held, "2027-01-16", &round("1,000,000")).await.unwrap();
        let converted = book(&world, held.id);
        assert!(converted.outstanding().is_empty());
        assert_eq!(converted.owed(day("2027-02-01")), Pence(10_800_000), "interest became shares too");
        pages_show(&world, &held, &["Convertible loan"]).await;
        let exit = report("exit", "2028-06-01", &[("amount", "6,000,000"), ("shares", "1,200,000")]);
        reported(&world, &held, "2028-06-01", &exit).await.unwrap();
        received(&world, &held, "270,000", "2028-06-01").await;
        let end = book(&world, held.id);
        assert_eq!((end.investment.state, end.measures(day("2028-07-01")).moic.known()), (InvestmentState::Repaid, Some(dec!(2.70))));
        assert_balanced(&world);
    }

    async fn community_shares_pay_interest_and_are_let_out_after_their_lock_in(world: World) {
        let rules = SocietyRules { interest_limit: "0.05".parse().unwrap(), locked_until: day("2028-01-01"), yearly_withdrawal: dec!(0.1), suspended: false };
        let held = held(&world, InstrumentTerms::CommunityShares(CommunityShareTerms { rules, expected: "0.03".parse().unwrap() }), draw(50_000)).await;
        reported(&world, &held, "2027-02-01", &report("interest", "2027-02-01", &[("rate", "9"), ("surplus", "2,000")])).await.unwrap();
        assert_eq!(book(&world, held.id).arrears(day("2027-02-02")).overdue, Pence(200_000), "within the limit and the surplus");
        received(&world, &held, "2,000", "2027-02-05").await;
        let ask = |on| report("withdrawal", on, &[("amount", "50,000"), ("all_capital", "600,000"), ("let_out", "0")]);
        reported(&world, &held, "2027-06-01", &ask("2027-06-01")).await.unwrap();
        assert!(book(&world, held.id).outstanding().is_empty(), "nothing in the lock-in");
        reported(&world, &held, "2028-06-01", &ask("2028-06-01")).await.unwrap();
        received(&world, &held, "50,000", "2028-06-03").await;
        pages_show(&world, &held, &["Community shares", "£50,000 asked back"]).await;
        assert_eq!(book(&world, held.id).investment.state, InvestmentState::Ended);
        assert_balanced(&world);
    }

    async fn a_guarantee_earns_its_fee_pays_a_claim_by_two_people_and_shares_what_is_recovered(world: World) {
        let terms = GuaranteeTerms {
            guarantee: Guarantee { cover: "0.75".parse().unwrap(), limit: Pence(5_000_000), until: day("2028-12-31"), fee: "0.02".parse().unwrap() },
            balance: Pence(8_000_000), lender: "Borough Bank".into(), from: day("2026-01-15"),
        };
        let held = held(&world, InstrumentTerms::Guarantee(terms), Vec::new()).await;
        let start = book(&world, held.id);
        assert_eq!((start.investment.state, start.drawn(day("2026-02-01"))), (InvestmentState::Running, Pence::ZERO));
        assert_eq!(start.arrears(day("2026-01-20")).overdue, Pence(100_000), "2% of £50,000");
        let cast = held.ground.cast.clone();
        let early = ProposeDrawdown { tranche: "1".into(), pay_on: "2026-06-10".into() };
        let none = actions::propose_drawdown(&world.app, &cast.fund_manager, held.id, &early, noon(day("2026-06-10"))).await;
        assert_eq!(code(none.unwrap_err()), "investments/no-such-tranche", "nothing is paid without a claim");
        let too_much = report("claim", "2026-06-01", &[("amount", "80,000.01")]);
        assert_eq!(code(reported(&world, &held, "2026-06-10", &too_much).await.unwrap_err()), "investments/loss-above-loan");
        reported(&world, &held, "2026-06-10", &report("claim", "2026-06-01", &[("amount", "40,000")])).await.unwrap();
        world.move_clock(noon(day("2026-06-11"))).await;
        let page = world.client(&cast.fund_manager).await.open(&format!("/investments/{}", held.id)).await;
        page.shows("Propose payment 1: £30,000");
        pay_out(&world, &held, 1, "2026-06-12").await;
        assert_eq!(book(&world, held.id).owed(day("2026-06-12")), Pence(3_000_000));
        reported(&world, &held, "2026-09-01", &report("recovered", "2026-09-01", &[("amount", "10,000")])).await.unwrap();
        assert_eq!(book(&world, held.id).arrears(day("2026-09-02")).overdue, Pence(100_000 + 750_000));
        assert!(reported(&world, &held, "2026-09-03", &report("recovered", "2026-09-03", &[("amount", "30,001")])).await.is_err());
        pages_show(&world, &held, &["Guarantee", "Borough Bank", "75% of its loss"]).await;
        assert_balanced(&world);
    }

    async fn a_loan_over_the_base_rate_follows_it_from_the_day_it_is_set(world: World) {
        let mut offer = crate::funds::loan(day("2026-01-15"), &[1_200_000], 12, dec!(0));
        if let InstrumentTerms::Loan(loan) = &mut offer.terms {
            let base = vec![commonweal::finance::loan::RateStep { from: day("2026-01-15"), rate: "0.04".parse().unwrap() }];
            loan.price = Price::BasePlusMargin { base, margin: "0.02".parse().unwrap(), floor: None, ceiling: None };
        }
        let held = held(&world, offer.terms, offer.draws).await;
        let interest = |id| book(&world, id).rows().iter().map(|r| r.interest.0).collect::<Vec<_>>();
        assert_eq!(interest(held.id)[..2], [6_000, 5_500], "6% of 12,000 and of 11,000 for a month");
        reported(&world, &held, "2026-02-20", &report("base_rate", "2026-03-15", &[("rate", "5.2")])).await.unwrap();
        assert_eq!(interest(held.id)[..3], [6_000, 5_500, 6_000], "7.2% of 10,000 from the third month");
        let back = report("base_rate", "2026-02-14", &[("rate", "1")]);
        assert_eq!(code(reported(&world, &held, "2026-02-21", &back).await.unwrap_err()), "investments/out-of-order");
        pages_show(&world, &held, &["base rate + 2% a year"]).await;
    }

    async fn every_instrument_of_a_round_is_offered_by_a_program_and_read_by_the_applicant_in_plain_words(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        signed(&world, &ready).await;
        let (manager, committee) = (world.api(&ready.officer).await, world.api(&world.person(Role::CommitteeMember)).await);
        let awards = format!("/api/v1/calls/{}/awards", ready.call);
        let offer = |instrument: &str, fields: Value| {
            let mut body = json!({ "application": ready.bids[0], "reasons": "Best", "instrument": instrument, "tranches": "50000 on 2027-02-01" });
            body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            body
        };
        let offers = [
            ("loan", json!({ "rate": "3", "repayment": "balloon", "balloon": "10000", "instalments": "24", "holiday": "interest_free", "holiday_periods": "3" }), "Interest at 3.00% a year"),
            ("loan", json!({ "rate": "4", "margin": "1.5", "repayment": "annuity", "instalments": "24" }), "as the base rate stands now"),
            ("loan", json!({ "rate": "3", "steps": "5 from 2028-02-01", "repayment": "bullet", "instalments": "24" }), "at the rates below"),
            ("revenue_share", json!({ "share": "5", "multiple": "1.1", "expected": "100000", "first_due": "2027-05-01", "period_months": "3", "long_stop": "2033-02-01", "ending": "balloon" }), "5% of your revenue every 3 months"),
            ("equity", json!({ "shares": "100", "all_shares": "1000", "market_value": "45000", "ends_on": "2040-12-31" }), "would own 10% of the company"),
            ("preference_shares", json!({ "shares": "100", "all_shares": "1000", "market_value": "45000", "dividend": "6", "ends_on": "2040-12-31" }), "£3,000 before other owners"),
            ("convertible", json!({ "rate": "4", "all_shares": "100000", "qualifying_round": "250000", "value_cap": "2000000", "maturity": "2029-02-01", "at_maturity": "repaid" }), "If you raise at least £250,000"),
            ("community_shares", json!({ "rate": "3", "interest_limit": "5", "locked_until": "2030-02-01", "yearly_withdrawal": "10", "ends_on": "2040-12-31" }), "interest of about £1,500 a year"),
            ("recoverable_grant", json!({ "trigger": "100000", "share": "25", "first_due": "2028-03-31", "until": "2032-03-31" }), "more than £100,000"),
            ("grant", json!({ "ends_on": "2029-12-31" }), "pay nothing back"),
            ("guarantee", json!({ "tranches": "", "draw_on": "2027-02-01", "cover": "75", "limit": "50000", "until": "2031-02-01", "fee": "1", "balance": "60000", "lender": "Borough Bank" }), "Borough Bank 75% of what it loses"),
        ];
        let number = offers.len();
        for (instrument, fields, words) in offers {
            let body = offer(instrument, fields);
            if instrument != "loan" {
                only(&world, &ready, &[Instrument::Loan]);
                let answer = manager.post(&awards, body.clone()).await.expect(409).json();
                assert_eq!(answer["type"], "/problems/awards/instrument-not-offered", "{instrument}");
                only(&world, &ready, Instrument::ALL);
            }
            let reply = manager.post(&awards, body).await;
            assert_eq!(reply.status, 201, "{instrument}: {}", reply.text);
            let id = reply.json()["id"].as_str().unwrap().to_owned();
            committee.post(&format!("/api/v1/awards/{id}/decision"), json!({ "decision": "approve" })).await.expect(200);
            // What it is worth as a subsidy is worked out from the same terms.
            let rates = json!({ "market_rate": "12", "market_on": "2026-11-01", "market_source": "Quotes", "discount_rate": "4", "discount_on": "2026-11-01", "discount_source": "Treasury" });
            let worked = manager.post(&format!("/api/v1/awards/{id}/subsidy"), rates).await;
            assert_eq!(worked.status, 201, "{instrument}: {}", worked.text);
            let amount: Pence = worked.json()["amount"].as_str().unwrap().parse().unwrap();
            assert!(amount > Pence::ZERO && amount <= Pence(5_000_000), "{instrument}: {amount}");
            let application = ready.bids[0].to_string();
            let route = world.app.db.read_now(|db| commonweal::subsidies::standing_route(db, &application)).unwrap().unwrap();
            assert_eq!(route.amount, amount);
            let owner = world.client(&ready.suppliers[0].1).await;
            owner.post(&format!("/subsidy-confirmations/{}", route.id), &[("complete", "yes")]).await.expect(303);
            let until = json!({ "answer_by_date": world.now().plus(chrono::TimeDelta::days(7)).rfc3339() });
            manager.post(&format!("/api/v1/awards/{id}/offer"), until).await.expect(200);
            let outcome = format!("/applications/{}/outcome", ready.bids[0]);
            owner.get(&outcome).await.expect(200).shows("What the offer means").shows(words);
            let cost = world.api(&ready.suppliers[0].1).await.get(&format!("/api/v1/awards/{id}")).await.expect(200).json();
            assert!(cost["cost"]["lead"].as_str().unwrap().contains(words), "{cost}");
            // Declined, so that the next can be offered.
            owner.post(&outcome, &[("answer", "decline")]).await.expect(303);
            // Nothing was given, so its route is withdrawn and the next one's can be recorded.
            assert_eq!(world.app.db.read_now(|db| commonweal::subsidies::standing_route(db, &application)).unwrap(), None);
        }
        // What is over is folded up on the desk, so that what waits is found.
        let desk = world.client(&ready.officer).await.get(&format!("/desk/calls/{}/award", ready.call)).await.expect(200);
        assert_eq!(desk.text.matches("What was offered to Alder Youth, and what the committee said").count(), number);
    }
}

/// The round offers these from now on.
pub fn only(world: &World, ready: &crate::scoring::Ready, instruments: &[Instrument]) {
    use commonweal::db::schema::calls;
    use diesel::prelude::*;
    let instruments = instruments.to_vec();
    world
        .app
        .db
        .write_now(|db| {
            let mut call = commonweal::calls::find(db, ready.call)?;
            call.terms.0.round.as_mut().unwrap().instruments.clone_from(&instruments);
            diesel::update(calls::table.filter(calls::id.eq(ready.call)))
                .set(calls::terms.eq(&call.terms))
                .execute(db)?;
            Ok(())
        })
        .unwrap();
}
