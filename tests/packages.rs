//! Several instruments as one offer and one agreement: recommended part by part, approved, read and accepted whole, then
//! each part paid out, served and valued on its own page.

use crate::awards::declared;
use crate::funds::{Ground, assert_balanced, day, ground, noon};
use crate::instruments::{self, Held, only, received, report, reported, valued};
use crate::scoring::{Ready, ready, signed};
use crate::support::{Api, World};
use commonweal::calls::CallKind;
use commonweal::compliance::{DueState, samples as figures};
use commonweal::db::schema::members;
use commonweal::finance::terms::{Instrument, InstrumentTerms};
use commonweal::investments::{self, Investment, InvestmentState};
use commonweal::values::{Actor, Id, Instant, Pence, Role};
use diesel::prelude::*;
use serde_json::{Value, json};

const BIDS: [(&str, i64, i64); 2] = [("Alder Youth", 20, 90_000), ("Birch Youth", 10, 90_000)];

/// A recoverable grant of £15,000, as it is typed.
pub const GRANT: [(&str, &str); 7] = [
    ("application", "Alder"),
    ("reasons", "A loan alone is too much in the first year."),
    ("tranches", "15,000 on 1/2/2027"),
    ("trigger", "100,000"),
    ("share", "25"),
    ("first_due", "31/3/2028"),
    ("until", "31/3/2032"),
];

/// A loan of £75,000 at 6%, paid back in two years.
const LOAN: [(&str, &str); 6] = [
    ("tranches", "75,000 on 1/2/2027"),
    ("rate", "6"),
    ("repayment", "equal_principal"),
    ("instalments", "2"),
    ("period_months", "12"),
    ("precedents", "Charge on the oven registered"),
];

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A fund with money and a round of it that offers these, ranked and signed.
pub async fn round(world: &World, instruments: &[Instrument]) -> (Ground, Ready) {
    world.move_clock(at("2026-12-04T10:00:00Z")).await;
    let ground = ground(world, "1000000").await;
    let ready = ready(world, CallKind::Round, &BIDS);
    signed(world, &ready).await;
    only(world, &ready, instruments);
    (ground, ready)
}

/// What a program's refused call is refused with.
async fn refused(api: &Api, path: &str, body: Value) -> String {
    api.post(path, body).await.expect(409).json()["type"].as_str().unwrap().to_owned()
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned()
}

/// What the committee was mailed about recommendations.
fn asked(world: &World) -> Vec<commonweal::outbox::mail::Mail> {
    let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
    mails.into_iter().filter(|m| m.subject.starts_with("A recommendation w")).collect()
}

/// One part as a program sends it.
fn loan_part(pounds: i64) -> Value {
    json!({
        "instrument": "loan", "tranches": format!("{pounds} on 2027-02-01"), "rate": "6",
        "repayment": "equal_principal", "instalments": "2", "period_months": "12",
    })
}

/// Makes an approved award an agreement: £50,000 of it is minimal financial assistance that the enterprise confirms, the
/// award is offered for a week and accepted. Answers the agreement's identifier.
async fn agreed(world: &World, ready: &Ready, award: &str) -> String {
    let (manager, owner) = (world.api(&ready.officer).await, world.api(&ready.suppliers[0].1).await);
    let subsidy = json!({ "kind": "mfa", "amount": "50000", "basis": "Worked out by the finance team" });
    let subsidies = format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]);
    let route = id_of(&manager.post(&subsidies, subsidy).await.expect(201).json());
    let confirmed = json!({ "declared": "", "complete": "yes" });
    owner.post(&format!("/api/v1/subsidy-routes/{route}/confirmation"), confirmed).await.expect(200);
    let until = json!({ "answer_by_date": world.now().plus(chrono::TimeDelta::days(7)).rfc3339() });
    manager.post(&format!("/api/v1/awards/{award}/offer"), until).await.expect(200);
    let answer = json!({ "answer": "accept", "understood": "yes" });
    owner.post(&format!("/api/v1/awards/{award}/answer"), answer).await.expect(200);
    world.run_jobs().await;
    id_of(&manager.get("/api/v1/agreements").await.expect(200).json()["items"][0])
}

/// Money goes out of one part by three persons: the condition seen, the payment proposed, the payment approved.
async fn drawn(world: &World, ground: &Ground, id: &str) {
    let cast = &ground.cast;
    let (manager, member) = (world.api(&cast.fund_manager).await, world.api(&cast.committee_member).await);
    let contracts = world.api(&cast.contract_manager).await;
    let shown = manager.get(&format!("/api/v1/investments/{id}")).await.expect(200).json();
    let propose = json!({ "tranche": "1", "pay_on": "2027-02-01" });
    let proposed = manager.post(&format!("/api/v1/investments/{id}/drawdowns"), propose).await.expect(201).json();
    let decide = format!("/api/v1/drawdowns/{}/decide", id_of(&proposed));
    let approve = json!({ "decision": "approve" });
    manager.post(&decide, approve.clone()).await.expect(403);
    assert_eq!(refused(&member, &decide, approve.clone()).await, "/problems/investments/not-verified");
    for precedent in shown["precedents"].as_array().unwrap() {
        let seen = json!({ "evidence": "Seen on file" });
        contracts.post(&format!("/api/v1/precedents/{}/verify", id_of(precedent)), seen).await.expect(200);
    }
    member.post(&decide, approve).await.expect(200);
}

/// A part of which nothing was paid out is cancelled by two people.
async fn cancelled(world: &World, ground: &Ground, id: &str) {
    let manager = world.api(&ground.cast.fund_manager).await;
    let asked = json!({ "reason": "They found other money" });
    let made = manager.post(&format!("/api/v1/investments/{id}/cancellations"), asked).await.expect(201).json();
    let decide = format!("/api/v1/cancellations/{}/decide", id_of(&made));
    world.api(&ground.cast.committee_member).await.post(&decide, json!({ "decision": "approve" })).await.expect(200);
}

fn part_of(ground: &Ground, id: &str, owner: &Actor) -> Held {
    let ground = Ground { fund: ground.fund, cast: ground.cast.clone(), mission: ground.mission };
    Held { ground, id: id.parse::<Id<Investment>>().unwrap(), owner: owner.clone() }
}

both! {
    async fn a_social_enterprise_is_offered_a_recoverable_grant_and_a_loan_as_one_package_and_serves_both(world: World) {
        let (ground, ready) = round(&world, &[Instrument::RecoverableGrant, Instrument::Loan]).await;
        let desk = format!("/desk/calls/{}/award", ready.call);
        let manager = world.client(&ready.officer).await;
        let person = world.person(Role::CommitteeMember);
        let (member, committee) = (world.client(&person).await, world.api(&person).await);
        let (owner, stranger) = (world.client(&ready.suppliers[0].1).await, world.client(&ready.suppliers[1].1).await);

        // The first part alone is less than the round invests at a time: it is refused unless others follow.
        let form = manager.open(&format!("{desk}?instrument=recoverable_grant")).await.form("Recommend");
        let alone = form.with(&GRANT).set("precedents", "Accounts filed");
        manager.send(&alone).await.expect(422).shows("The round invests between £20,000 and £150,000 at a time");
        let parts = manager.done(&alone.set("package", "yes")).await;
        parts.shows("Add another part for Alder Youth").shows("1 part of £15,000 so far").shows("1. Recoverable grant")
            .shows("This form is for: Repayable loan");
        let award = parts.path.trim_end_matches("/parts").rsplit('/').next().unwrap().to_owned();
        let api = world.api(&ready.officer).await;
        let decision = format!("/api/v1/awards/{award}/decision");
        let approve = json!({ "decision": "approve" });
        assert_eq!(refused(&committee, &decision, approve.clone()).await, "/problems/awards/not-complete", "half a package is not approved");
        let stance = json!({ "stance": "for", "reason": "Sound so far" });
        assert_eq!(refused(&committee, &format!("/api/v1/awards/{award}/committee"), stance).await, "/problems/awards/not-complete", "nor voted on, for a vote fixes its parts");

        // Only who recommends it adds to it.
        let path = format!("/api/v1/awards/{award}/parts");
        let other = world.api(&world.person(Role::FundManager)).await;
        assert_eq!(refused(&other, &path, loan_part(75_000)).await, "/problems/awards/not-recommender");
        committee.post(&path, loan_part(75_000)).await.expect(403);
        member.get(&parts.path).await.expect(403);

        assert!(asked(&world).is_empty(), "half a package asks nobody to decide");
        member.open(&desk).await.shows("Other parts follow").hides("Record my decision").hides("Record my vote");
        let early = api.get(&format!("/api/v1/awards/{award}")).await.expect(200).json()["parts_mark"].as_str().unwrap().to_owned();
        // What is missing is said at its field; then the second part stands, and both are one award.
        let next = manager.open(&parts.path).await.form("Add this part");
        manager.send(&next.clone().with(&[("tranches", "75,000 on 1/2/2027")])).await.expect(422).shows("Enter the number of instalments");
        manager.done(&next.with(&LOAN)).await.shows("Part 2 is added").shows("1. Recoverable grant").shows("2. Repayable loan")
            .shows("£90,000").shows("Add another part");
        let told = asked(&world);
        let members: std::collections::BTreeSet<&str> = told.iter().map(|m| m.recipient.as_str()).collect();
        assert_eq!((members.is_empty(), members.len()), (false, told.len()), "each member is asked once");
        assert!(told.iter().all(|m| m.subject.starts_with("A recommendation waits for you")
            && m.body.contains("1. Recoverable grant: £15,000") && m.body.contains("2. Repayable loan: £75,000")));
        let shown = api.get(&format!("/api/v1/awards/{award}")).await.expect(200).json();
        assert_eq!((&shown["value"], shown["parts"].as_array().unwrap().len()), (&json!("90000.00"), 2));
        assert_eq!((&shown["terms"]["starts_on"], &shown["terms"]["ends_on"]), (&json!("2027-02-01"), &json!("2032-03-31")));

        // Who read the award before the second part was there has not decided on it.
        let at = format!("award-{award}");
        let read = [("at", at.as_str()), ("decision", "approve"), ("parts", early.as_str())];
        member.post(&format!("{desk}/{award}/decision"), &read).await.expect(422).shows("The parts were changed while you read this");

        // Another person approves the package whole; after that its parts stand.
        assert_eq!(member.open(&desk).await.reply.words().matches("Do you approve?").count(), 1, "one decision on both parts");
        member.fill(&desk, "Record my decision", &[("decision", "approve")]).await;
        assert_eq!(refused(&api, &path, loan_part(1_000)).await, "/problems/awards/wrong-state");
        manager.open(&desk).await.hides("Add another part");
        manager.open(&parts.path).await.shows("These parts stand");

        // The subsidy is that of both parts: the grant whole, of the loan what it saves.
        let rates = json!({ "market_rate": "12", "part_rates": "10", "market_on": "2026-11-01", "market_source": "Quotes",
                            "discount_rate": "4", "discount_on": "2026-11-01", "discount_source": "Treasury" });
        let mut wrong = rates.clone();
        wrong["part_rates"] = json!("10\n11");
        api.post(&format!("/api/v1/awards/{award}/subsidy"), wrong).await.expect(422).shows("one rate in per cent for each part");
        let worked = api.post(&format!("/api/v1/awards/{award}/subsidy"), rates).await.expect(201).json();
        let amount = |value: &Value| value.as_str().unwrap().parse::<Pence>().unwrap();
        let each: Vec<Pence> = worked["parts"].as_array().unwrap().iter().map(|p| amount(&p["amount"])).collect();
        assert_eq!(each[0], Pence(1_500_000));
        assert!(each[1] > Pence::ZERO && each[1] < Pence(1_000_000), "{worked}");
        assert_eq!(amount(&worked["amount"]), each[0] + each[1]);
        let application = ready.bids[0].to_string();
        let route = world.app.db.read_now(|db| commonweal::subsidies::standing_route(db, &application)).unwrap().unwrap();
        assert_eq!(route.amount, each[0] + each[1], "one route covers the whole package");
        owner.post(&format!("/subsidy-confirmations/{}", route.id), &[("complete", "yes")]).await.expect(303);
        let until = [("answer_by_date", "18/12/2026"), ("answer_by_time", "noon")];
        manager.fill(&desk, "Make the offer", &until).await;

        // What the whole costs, in pounds and dates, and what each part means. 75,000 at 6%: 4,500.00, then half of it
        // for 366 days of 365: 2,256.16.
        let outcome = format!("/applications/{}/outcome", ready.bids[0]);
        stranger.get(&outcome).await.expect(404);
        let page = owner.open(&outcome).await;
        page.shows("You would get £90,000 in 2 parts, and accept or decline them together: £15,000 (recoverable grant) and £75,000 (repayable loan).")
            .shows("You would pay £81,756.16 in 2 payments, from 1 February 2028 to 1 February 2029. £6,756.16 of it is what the money costs you.")
            .shows("What you may pay for part 1 (recoverable grant) depends on what happens later")
            .shows("The parts of this offer").shows("1. Recoverable grant").shows("2. Repayable loan")
            .shows("Every payment, part by part and together").shows("£42,000")
            .shows("in which it is, you pay 25% of what is above").shows("Interest at 6.00% a year costs you £6,756.16 in all")
            .shows("Accounts filed").shows("Charge on the oven registered").shows("You accept or decline all parts together");
        let cost = world.api(&ready.suppliers[0].1).await.get(&format!("/api/v1/awards/{award}")).await.expect(200).json()["cost"].clone();
        assert_eq!((&cost["paid_out"], &cost["to_pay"], &cost["costs"]), (&json!("90000.00"), &json!("81756.16"), &json!("6756.16")));
        let by_part: Pence = cost["parts"].as_array().unwrap().iter().map(|p| amount(&p["to_pay"])).sum();
        assert_eq!(by_part, amount(&cost["to_pay"]), "the whole is the sum of its parts");
        owner.done(&page.form("Send our answer").set("answer", "accept").set("understood", "yes")).await;
        world.run_jobs().await;

        // One agreement, one set of obligations, one investment for each part.
        let agreements = api.get("/api/v1/agreements").await.expect(200).json()["items"].clone();
        assert_eq!(agreements.as_array().unwrap().len(), 1, "{agreements}");
        let agreement = id_of(&agreements[0]);
        let whole = api.get(&format!("/api/v1/agreements/{agreement}")).await.expect(200).json();
        assert_eq!(whole["obligations"].as_array().unwrap().len(), 1, "the promise stands once: {whole}");
        assert_eq!((&whole["value"], whole["parts"].as_array().unwrap().len()), (&json!("90000.00"), 2));
        let fund = format!("/api/v1/funds/{}", ground.fund);
        let holdings = api.get(&fund).await.expect(200).json()["holdings"].clone();
        let held = |part: i64| holdings.as_array().unwrap().iter().find(|h| h["part"] == part).unwrap().clone();
        assert_eq!(holdings.as_array().unwrap().len(), 2, "{holdings}");
        let (grant, loan) = (held(1), held(2));
        assert_eq!((&grant["agreement"], &loan["agreement"]), (&json!(agreement), &json!(agreement)));
        assert_eq!((&grant["amount"], &loan["amount"]), (&json!("15000.00"), &json!("75000.00")));
        let (grant, loan) = (grant["investment"].as_str().unwrap().to_owned(), loan["investment"].as_str().unwrap().to_owned());

        // The agreement and the enterprise's own pages list the parts and their total, and lead to each.
        for reader in [&owner, &manager] {
            reader.open(&format!("/agreements/{agreement}")).await.shows("1. Recoverable grant").shows("2. Repayable loan").shows("Together").shows("£90,000");
        }
        let own = owner.get(&format!("/agreements/{agreement}/parts/2")).await.expect(303).location.unwrap();
        assert_eq!(own, format!("/my-investments/{loan}"));
        let staff = manager.get(&format!("/agreements/{agreement}/parts/1")).await.expect(303).location.unwrap();
        assert_eq!(staff, format!("/investments/{grant}"));
        for nothing in ["3", "0", "first"] {
            owner.get(&format!("/agreements/{agreement}/parts/{nothing}")).await.expect(404);
        }
        stranger.get(&format!("/agreements/{agreement}/parts/1")).await.expect(404);
        owner.open("/my-investments").await.shows("has 2 parts, together £90,000").shows("1. Recoverable grant").shows("2. Repayable loan");
        owner.open(&own).await.shows("2. Repayable loan (this page)").shows("Together").shows("£90,000");
        manager.open(&staff).await.shows("1. Recoverable grant (this page)").shows("2. Repayable loan");

        // While a part waits for its money nobody ends the agreement.
        let contracts = world.api(&ground.cast.contract_manager).await;
        let ending = json!({ "what": "termination", "reason": "x" });
        assert_eq!(refused(&contracts, &format!("/api/v1/agreements/{agreement}/change"), ending).await, "/problems/agreements/parts-run");

        // Both are paid out by two persons, served and valued, each on its own page.
        world.move_clock(noon(day("2027-02-01"))).await;
        drawn(&world, &ground, &grant).await;
        drawn(&world, &ground, &loan).await;
        let (grant, loan) = (part_of(&ground, &grant, &ready.suppliers[0].1), part_of(&ground, &loan, &ready.suppliers[0].1));
        world.move_clock(noon(day("2028-02-01"))).await;
        received(&world, &loan, "42,000", "2028-02-01").await;
        world.move_clock(noon(day("2028-03-10"))).await;
        owner.fill(&format!("/my-investments/{}", grant.id), "Report it", &[("on", "2028-03-31"), ("amount", "140,000"), ("source", "Filed accounts")]).await;
        world.move_clock(noon(day("2028-03-31"))).await;
        received(&world, &grant, "10,000", "2028-03-31").await;
        valued(&world, &loan, "36,000", "impaired", "2028-03-31").await;
        let (first, second) = (instruments::book(&world, grant.id), instruments::book(&world, loan.id));
        assert_eq!((first.investment.state, second.investment.state), (InvestmentState::Running, InvestmentState::Running));
        assert_eq!(second.owed(day("2028-03-31")), Pence(3_750_000));
        let back = report("figure", "2029-03-31", &[("amount", "90,000")]);
        assert!(reported(&world, &loan, "2028-03-31", &back).await.is_err(), "what belongs to one part is not reported of the other");
        for (id, words) in [(grant.id, "Recoverable grant"), (loan.id, "Repayable loan")] {
            manager.open(&format!("/investments/{id}")).await.shows(words);
            let file = manager.get(&format!("/investments/{id}/schedule?format=csv")).await.expect(200).text;
            assert!(file.contains("2028-0"), "{file}");
            owner.get(&format!("/my-investments/{id}?format=csv")).await.expect(200);
        }

        // The fund's figures count every part once, and the promise once.
        let returns = api.get(&fund).await.expect(200).json();
        let sums = |name: &str| -> Pence { returns["holdings"].as_array().unwrap().iter().map(|h| amount(&h["measures"][name])).sum() };
        assert_eq!((&returns["measures"]["paid_in"], sums("paid_in")), (&json!("90000.00"), Pence(9_000_000)));
        assert_eq!((&returns["measures"]["distributed"], sums("distributed")), (&json!("52000.00"), Pence(5_200_000)));
        manager.open(&format!("/funds/{}", ground.fund)).await.shows("2 holdings").shows("of 1 met").shows("counted with part 1");
        assert_balanced(&world);
    }

    async fn a_package_of_a_loan_and_a_guarantee_is_made_by_program_and_its_parts_stand_once_the_committee_votes(world: World) {
        let (ground, ready) = round(&world, &[Instrument::Loan, Instrument::Guarantee]).await;
        let manager = world.api(&ready.officer).await;
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let mut first = loan_part(60_000);
        first.as_object_mut().unwrap().extend(json!({ "application": ready.bids[0], "reasons": "Best" }).as_object().unwrap().clone());
        let award = id_of(&manager.post(&format!("/api/v1/calls/{}/awards", ready.call), first).await.expect(201).json());
        let path = format!("/api/v1/awards/{award}/parts");
        assert_eq!(refused(&manager, &path, loan_part(90_001)).await, "/problems/awards/amount-outside", "the sum is what the round limits");
        let equity = json!({ "instrument": "equity", "tranches": "10000 on 2027-02-01", "shares": "100", "all_shares": "1000" });
        assert_eq!(refused(&manager, &path, equity).await, "/problems/awards/instrument-not-offered");
        manager.post(&path, json!({})).await.expect(422);

        // A route that is recorded covers the parts as they are: it is taken back before another is added.
        let evidence = json!({ "kind": "market_terms", "evidence": "Three quotes" });
        let subsidies = format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]);
        manager.post(&subsidies, evidence.clone()).await.expect(201);
        let guarantee = json!({ "instrument": "guarantee", "draw_on": "2027-02-01", "cover": "75", "limit": "50000", "until": "2031-02-01",
                                "fee": "1", "balance": "60000", "lender": "Borough Bank" });
        assert_eq!(refused(&manager, &path, guarantee.clone()).await, "/problems/awards/route-stands");
        let application = ready.bids[0].to_string();
        let route = world.app.db.read_now(|db| commonweal::subsidies::standing_route(db, &application)).unwrap().unwrap();
        manager.post(&format!("/api/v1/subsidy-routes/{}/withdrawal", route.id), json!({ "reason": "A part is added" })).await.expect(200);
        let shown = format!("/api/v1/awards/{award}");
        let alone = manager.get(&shown).await.expect(200).json();
        assert_eq!(manager.post(&path, guarantee.clone()).await.expect(201).json()["parts"], 2);

        // Before anybody votes, a wrong part is taken out again; the first stays.
        let out = format!("{path}/take-out");
        assert_eq!(manager.post(&out, json!({})).await.expect(200).json()["parts"], 1);
        assert_eq!(manager.get(&shown).await.expect(200).json(), alone, "value and days are as before");
        assert_eq!(refused(&manager, &out, json!({})).await, "/problems/awards/only-part");
        assert_eq!(manager.post(&path, guarantee).await.expect(201).json()["parts"], 2);

        // From the first vote on, what the committee votes on stays as it is.
        let read = manager.get(&shown).await.expect(200).json()["parts_mark"].clone();
        let vote = format!("/api/v1/awards/{award}/committee");
        member.post(&vote, json!({ "stance": "for", "reason": "Sound" })).await.expect(422).shows("say which parts you read");
        let stale = json!({ "stance": "for", "reason": "Sound", "parts": alone["parts_mark"] });
        member.post(&vote, stale).await.expect(422).shows("The parts were changed while you read this");
        member.post(&vote, json!({ "stance": "for", "reason": "Sound", "parts": read })).await.expect(200);
        assert_eq!(refused(&manager, &path, loan_part(10_000)).await, "/problems/awards/voted-on");
        assert_eq!(refused(&manager, &out, json!({})).await, "/problems/awards/voted-on");
        let decision = format!("/api/v1/awards/{award}/decision");
        member.post(&decision, json!({ "decision": "approve" })).await.expect(422).shows("say which parts you read");
        member.post(&decision, json!({ "decision": "approve", "parts": read })).await.expect(200);
        manager.post(&subsidies, evidence).await.expect(201);
        let until = json!({ "answer_by_date": world.now().plus(chrono::TimeDelta::days(7)).rfc3339() });
        manager.post(&format!("/api/v1/awards/{award}/offer"), until).await.expect(200);
        let owner = world.api(&ready.suppliers[0].1).await;
        let cost = owner.get(&format!("/api/v1/awards/{award}")).await.expect(200).json()["cost"].clone();
        let lead = cost["lead"].as_str().unwrap();
        assert!(lead.starts_with("You would get £60,000 in 2 parts") && lead.contains("£60,000 (repayable loan) and a guarantee of up to £50,000"), "{lead}");
        let page = world.client(&ready.suppliers[0].1).await;
        page.get(&format!("/applications/{}/outcome", ready.bids[0])).await.expect(200)
            .shows("You have an offer of £60,000 to pay out, and a guarantee of £50,000");
        owner.post(&format!("/api/v1/awards/{award}/answer"), json!({ "answer": "accept", "understood": "yes" })).await.expect(200);
        world.run_jobs().await;

        // The guarantee stands from its first day, the loan waits for its money; only money paid out is paid in.
        let returns = manager.get(&format!("/api/v1/funds/{}", ground.fund)).await.expect(200).json();
        let standing: Vec<_> = returns["holdings"].as_array().unwrap().iter().map(|h| (h["part"].as_i64().unwrap(), h["amount"].clone(), h["standing"].clone())).collect();
        assert_eq!(standing, [(1, json!("60000.00"), json!("awaiting_drawdown")), (2, json!("50000.00"), json!("running"))]);
        assert_eq!(returns["measures"]["paid_in"], "0.00");
        assert_balanced(&world);
    }

    async fn a_package_that_its_recommender_may_not_complete_is_taken_back_by_somebody_else_and_recommended_anew(world: World) {
        let (_, ready) = round(&world, &[Instrument::Loan]).await;
        let person = world.person(Role::FundManager);
        let (torn, other, desk) = (world.api(&ready.officer).await, world.api(&person).await, world.client(&person).await);
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let recommend = format!("/api/v1/calls/{}/awards", ready.call);
        let offer = |pounds: i64, application: usize, package: &str| {
            let mut part = loan_part(pounds);
            let about = json!({ "application": ready.bids[application], "reasons": "Good", "package": package });
            part.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
            part
        };
        let award = id_of(&torn.post(&recommend, offer(15_000, 0, "yes")).await.expect(201).json());
        let (path, page) = (format!("/api/v1/awards/{award}/take-back"), format!("/desk/calls/{}/award", ready.call));
        let why = json!({ "reason": "Her sister works there" });

        // As long as who recommended it may complete it, nobody else takes it back.
        desk.open(&page).await.shows("Other parts follow").hides("Take this recommendation back");
        assert_eq!(refused(&other, &path, why.clone()).await, "/problems/awards/goes-on");
        declared(&world, ready.call, ready.bids[0], &ready.officer);
        let complete = format!("/api/v1/awards/{award}/parts/complete");
        assert_eq!(refused(&torn, &complete, json!({})).await, "/problems/scoring/conflicted");
        assert_eq!(refused(&other, &complete, json!({})).await, "/problems/awards/not-recommender");
        assert_eq!(refused(&torn, &path, why.clone()).await, "/problems/scoring/conflicted");
        world.client(&ready.officer).await.open(&page).await.hides("Take this recommendation back");
        member.post(&path, why.clone()).await.expect(403);
        let stranger = world.api(&world.person_of(world.other_council(), Role::FundManager)).await;
        stranger.post(&path, why.clone()).await.expect(404);
        other.post(&path, json!({ "reason": "" })).await.expect(422);
        desk.fill(&page, "Take it back", &[("reason", "Her sister works there")]).await;

        // It is kept with the reason, on the record too, and told to no applicant.
        desk.open(&page).await.shows("was taken back before it was complete").shows("Her sister works there").hides("Take this recommendation back");
        let kept = other.get(&recommend).await.expect(200).json()["awards"][0].clone();
        assert_eq!((&kept["state"], &kept["halt"]["kind"], &kept["halt"]["reason"]), (&json!("lapsed"), &json!("taken_back"), &why["reason"]));
        assert_eq!(refused(&other, &path, why.clone()).await, "/problems/awards/wrong-state");
        let acts = world.app.db.read_now(|db| commonweal::audit::of_subject(db, &award)).unwrap();
        assert_eq!(acts.iter().filter(|act| act.action == "award.taken_back").count(), 1);
        let owner = world.client(&ready.suppliers[0].1).await;
        owner.open(&format!("/applications/{}/outcome", ready.bids[0])).await.shows("There is no decision yet").hides("Her sister");

        // Who has no conflict recommends anew, and approves nothing of it; nor does who has one.
        let anew = id_of(&other.post(&recommend, offer(60_000, 0, "")).await.expect(201).json());
        let (decision, approve) = (format!("/api/v1/awards/{anew}/decision"), json!({ "decision": "approve" }));
        let both = world.api(&world.also(&person, Role::CommitteeMember)).await;
        assert_eq!(refused(&both, &decision, approve.clone()).await, "/problems/awards/same-person");
        let both = world.api(&world.also(&ready.officer, Role::CommitteeMember)).await;
        assert_eq!(refused(&both, &decision, approve.clone()).await, "/problems/awards/recused");
        member.post(&decision, approve).await.expect(200);

        // Nor does a package wait for who has left the council.
        let left = world.person(Role::FundManager);
        let award = id_of(&world.api(&left).await.post(&recommend, offer(15_000, 1, "yes")).await.expect(201).json());
        let path = format!("/api/v1/awards/{award}/take-back");
        assert_eq!(refused(&other, &path, why.clone()).await, "/problems/awards/goes-on");
        let (gone, now) = (left.account().unwrap(), world.now());
        world
            .app
            .db
            .write_now(|db| {
                let theirs = members::table.filter(members::account_id.eq(gone));
                Ok(diesel::update(theirs).set(members::ended_at.eq(now)).execute(db)?)
            })
            .unwrap();
        other.post(&path, why).await.expect(200);
    }

    async fn a_part_that_is_cancelled_before_any_payment_frees_the_pot_and_with_the_last_part_the_subsidy_and_the_results_go(world: World) {
        let (ground, ready) = round(&world, &[Instrument::Loan]).await;
        let manager = world.api(&ready.officer).await;
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let (public, desk) = (world.client(&Actor::Public).await, world.client(&ready.officer).await);
        let offer = |pounds: i64, application: usize| {
            let mut part = loan_part(pounds);
            let about = json!({ "application": ready.bids[application], "reasons": "Good" });
            part.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
            part
        };
        let recommend = format!("/api/v1/calls/{}/awards", ready.call);

        // Two loans of together £130,000 are agreed, with £50,000 of minimal financial assistance in them.
        let award = id_of(&manager.post(&recommend, offer(100_000, 0)).await.expect(201).json());
        let shown = format!("/api/v1/awards/{award}");
        manager.post(&format!("{shown}/parts"), loan_part(30_000)).await.expect(201);
        let read = manager.get(&shown).await.expect(200).json()["parts_mark"].clone();
        member.post(&format!("{shown}/decision"), json!({ "decision": "approve", "parts": read })).await.expect(200);
        let agreement = agreed(&world, &ready, &award).await;
        let holdings = manager.get(&format!("/api/v1/funds/{}", ground.fund)).await.expect(200).json()["holdings"].clone();
        let part = |number: i64| {
            let found = holdings.as_array().unwrap().iter().find(|h| h["part"] == number).unwrap();
            found["investment"].as_str().unwrap().to_owned()
        };
        let used = async || manager.get("/api/v1/subsidy-groups?group=Alder%20Youth").await.expect(200).json()["used"].clone();

        // Of the £200,000 of the round £70,000 is left, until the first loan is cancelled.
        assert_eq!(refused(&manager, &recommend, offer(90_000, 1)).await, "/problems/awards/pot-exhausted");
        desk.open(&format!("/investments/{}", part(1))).await.shows("The promises of the agreement stay as they are");
        cancelled(&world, &ground, &part(1)).await;
        manager.post(&recommend, offer(90_000, 1)).await.expect(201);
        let own = world.client(&ready.suppliers[0].1).await;
        for reader in [&desk, &own] {
            reader.open(&format!("/agreements/{agreement}")).await.shows("£30,000 of it stands").hides("All of it was cancelled");
        }
        for number in [1, 2] {
            desk.open(&format!("/investments/{}", part(number))).await.shows("£30,000 of it stands");
            own.open(&format!("/my-investments/{}", part(number))).await.shows("£30,000 of it stands");
        }
        own.open("/my-investments").await.shows("together £130,000 (£30,000 of it stands");

        // The register says what was signed and what stands of it; the subsidy was one for both loans and stands.
        public.get("/register-of-awards").await.expect(200).shows("£130,000 signed").shows("£30,000 of it stands");
        let file = public.get("/register-of-awards?format=csv").await.expect(200).text;
        assert!(file.contains("130000.00") && file.contains(",30000.00"), "{file}");
        let register = public.get("/api/v1/register").await.expect(200).json()["items"][0].clone();
        assert_eq!((&register["value"], &register["value_left"]), (&json!("130000.00"), &json!("30000.00")));
        assert_eq!(used().await, "50000.00");

        // With the last part all of it is cancelled: nothing was given, and what was shown of its promise is no result.
        world.move_clock(noon(day("2027-02-01"))).await;
        let due = figures::dues(&world.app, agreement.parse().unwrap()).await.unwrap().remove(0);
        let claim = figures::report(&world.app, &ready.suppliers[0].1, due.id, "20".parse().unwrap(), world.now()).await.unwrap();
        figures::accept(&world.app, &ground.cast.contract_manager, claim, world.now()).await.unwrap();
        public.get("/results").await.expect(200).shows("Alder Youth");
        cancelled(&world, &ground, &part(2)).await;
        public.get("/results").await.expect(200).shows("Nothing has been verified yet").hides("Alder Youth");
        public.get("/register-of-awards").await.expect(200).shows("Cancelled, nothing paid").hides("of it stands");
        // What was promised for it is not asked for any more, and who may end the agreement is told.
        world.run_jobs().await;
        let dues = figures::dues(&world.app, agreement.parse().unwrap()).await.unwrap();
        assert!(dues.iter().all(|d| !matches!(d.state, DueState::Pending | DueState::Missed)), "{dues:?}");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        assert!(mails.iter().any(|m| m.subject.ends_with("can be ended: all of it is cancelled") && m.body.contains(&agreement)));
        own.open(&format!("/agreements/{agreement}")).await.shows("Cancelled, nothing paid").shows("All of it was cancelled before anything was paid");
        assert_eq!(used().await, "0.00");
        assert_balanced(&world);
    }

    async fn a_figure_that_waits_for_the_council_counts_no_more_once_all_is_cancelled_and_its_decision_closes_the_date(world: World) {
        let (ground, ready) = round(&world, &[Instrument::Loan]).await;
        let manager = world.api(&ready.officer).await;
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let mut loan = loan_part(90_000);
        let about = json!({ "application": ready.bids[0], "reasons": "Good" });
        loan.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        let award = id_of(&manager.post(&format!("/api/v1/calls/{}/awards", ready.call), loan).await.expect(201).json());
        member.post(&format!("/api/v1/awards/{award}/decision"), json!({ "decision": "approve" })).await.expect(200);
        let agreement = agreed(&world, &ready, &award).await;
        let fund = manager.get(&format!("/api/v1/funds/{}", ground.fund)).await.expect(200).json();
        let holding = fund["holdings"][0]["investment"].as_str().unwrap().to_owned();

        world.move_clock(noon(day("2027-02-01"))).await;
        let due = figures::dues(&world.app, agreement.parse().unwrap()).await.unwrap().remove(0);
        let claim = figures::report(&world.app, &ready.suppliers[0].1, due.id, "20".parse().unwrap(), world.now()).await.unwrap();
        let desk = world.client(&ground.cast.contract_manager).await;
        let page = format!("/compliance/dues/{}", due.id);
        desk.get(&page).await.expect(200).hides("so the figure no longer counts");
        cancelled(&world, &ground, &holding).await;
        world.run_jobs().await;
        desk.get(&page).await.expect(200).shows("so the figure no longer counts").shows("being checked by the council");

        // Nobody is asked to report again for what is cancelled.
        let reject = [("decision", "reject"), ("reason", "The names are missing")];
        desk.post_and_follow(&format!("/compliance/claims/{claim}/decide"), &reject).await.expect(200)
            .shows("No longer due").hides("so the figure no longer counts");
        let dues = figures::dues(&world.app, agreement.parse().unwrap()).await.unwrap();
        assert!(dues.iter().all(|d| d.state == DueState::Closed), "{dues:?}");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 200)).unwrap().items;
        assert!(mails.iter().any(|m| m.body.contains("all of the agreement is cancelled") && !m.body.contains("Report again")));
    }

    async fn the_committee_is_asked_once_when_who_recommends_says_that_a_package_is_complete(world: World) {
        let (_, ready) = round(&world, &[Instrument::Loan, Instrument::Grant]).await;
        let manager = world.api(&ready.officer).await;
        let person = world.person(Role::CommitteeMember);
        let (member, committee) = (world.client(&person).await, world.api(&person).await);
        let mut first = loan_part(60_000);
        let more = json!({ "application": ready.bids[0], "reasons": "Best", "package": "yes" });
        first.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let award = id_of(&manager.post(&format!("/api/v1/calls/{}/awards", ready.call), first).await.expect(201).json());
        let path = format!("/api/v1/awards/{award}/parts");
        let decision = format!("/api/v1/awards/{award}/decision");
        let approve = json!({ "decision": "approve" });
        assert_eq!(refused(&committee, &decision, approve.clone()).await, "/problems/awards/more-follow", "enough money, and not all that is meant");
        member.get(&format!("/desk/calls/{}/award", ready.call)).await.expect(200)
            .shows("Other parts follow: the committee is asked once all are there").hides("Record my decision").hides("Record my vote");
        let grant = json!({ "instrument": "grant", "tranches": "10000 on 2027-02-01", "ends_on": "2029-12-31", "more": "yes" });
        assert_eq!(manager.post(&path, grant).await.expect(201).json()["parts"], 2);
        assert!(asked(&world).is_empty(), "a third part is said to follow");
        member.get("/tasks").await.expect(200).hides("Decide on £70,000");

        // It does not follow after all: that is said on the page, and the committee is asked once, with both parts.
        let parts = format!("/desk/calls/{}/award/{award}/parts", ready.call);
        let desk = world.client(&ready.officer).await;
        desk.open(&parts).await.shows("You said that other parts follow");
        desk.fill(&parts, "No other part follows", &[]).await.shows("The committee is asked to decide.");
        let told = asked(&world);
        assert!(!told.is_empty() && told.iter().all(|m| m.body.contains("1. Repayable loan: £60,000") && m.body.contains("2. Grant: £10,000")));
        assert_eq!(told.iter().filter(|m| m.recipient == told[0].recipient).count(), 1);
        assert_eq!(refused(&manager, &format!("{path}/complete"), json!({})).await, "/problems/awards/complete-already");
        member.get("/tasks").await.expect(200).shows("Decide on £70,000");

        // A part that was added too soon is taken out again before anybody is told of it: nobody is asked twice about the same.
        let soon = json!({ "instrument": "grant", "tranches": "5000 on 2027-02-01", "ends_on": "2028-12-31", "more": "yes" });
        manager.post(&path, soon).await.expect(201);
        manager.post(&format!("{path}/take-out"), json!({})).await.expect(200);
        manager.post(&format!("{path}/complete"), json!({})).await.expect(200);
        assert_eq!(asked(&world).len(), told.len(), "what waits is what they were told of");
        member.get("/tasks").await.expect(200).shows("Decide on £70,000");

        // Who was asked is told when it is changed.
        assert_eq!(manager.post(&format!("{path}/take-out"), json!({})).await.expect(200).json()["parts"], 1);
        assert!(asked(&world).iter().any(|m| m.subject.starts_with("A recommendation was changed")));
        committee.post(&decision, approve).await.expect(200);
    }

    async fn who_recommends_is_told_why_the_committee_declined(world: World) {
        let (_, ready) = round(&world, &[Instrument::Loan]).await;
        let manager = world.api(&ready.officer).await;
        let member = world.api(&world.person(Role::CommitteeMember)).await;
        let mut part = loan_part(60_000);
        let about = json!({ "application": ready.bids[0], "reasons": "Best" });
        part.as_object_mut().unwrap().extend(about.as_object().unwrap().clone());
        let award = id_of(&manager.post(&format!("/api/v1/calls/{}/awards", ready.call), part).await.expect(201).json());
        let against = json!({ "stance": "against", "reason": "Too dear" });
        member.post(&format!("/api/v1/awards/{award}/committee"), against).await.expect(200);
        member.post(&format!("/api/v1/awards/{award}/decision"), json!({ "decision": "decline" })).await.expect(200);
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 100)).unwrap().items;
        let told: Vec<_> = mails.iter().filter(|m| m.subject.starts_with("Your recommendation was not approved")).collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].body.contains("The award of £60,000 to Alder Youth") && told[0].body.contains("Said against it: Too dear"));
    }

    async fn a_part_of_an_agreement_stands_once_and_what_hangs_on_it_stays_locked(world: World) {
        use commonweal::db::schema::{investment_schedules, investments as rows};
        use diesel::prelude::*;
        let held = instruments::held(&world, InstrumentTerms::Grant, instruments::draw(10_000)).await;
        let stored = instruments::book(&world, held.id).investment;
        let insert = |part: i64| {
            let row = Investment { id: Id::new(), part, ..stored.clone() };
            world.app.db.write_now(|db| {
                diesel::insert_into(rows::table).values(&row).execute(db)?;
                Ok(())
            })
        };
        assert!(insert(1).is_err(), "the part is there already");
        assert!(insert(0).is_err(), "parts are counted from 1");
        insert(2).unwrap();
        let edited = world.app.db.write_now(|db| {
            diesel::update(investment_schedules::table).set(investment_schedules::reason.eq("Other")).execute(db)?;
            Ok(())
        });
        assert!(edited.is_err(), "schedules are added and never changed");
        let removed = world.app.db.write_now(|db| {
            diesel::delete(rows::table.filter(rows::id.eq(held.id))).execute(db)?;
            Ok(())
        });
        assert!(removed.is_err(), "payments out refer to it");
        let parts = world.app.db.read_now(|db| investments::by_agreement(db, stored.agreement_id)).unwrap();
        assert_eq!(parts.iter().map(|i| i.part).collect::<Vec<_>>(), [1, 2]);
    }
}
