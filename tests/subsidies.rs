//! Subsidy routes: what is confirmed in writing, what fits the cap, who signs.

use crate::agreements::award;
use crate::applications::sample_calls::{round, sample};
use crate::scoring::{Ready, ready};
use crate::support::{Api, World};
use chrono::TimeDelta;
use commonweal::applications::samples::submit_complete;
use commonweal::applications::{self, Application};
use commonweal::audit;
use commonweal::awards::{self, AwardKind};
use commonweal::calls::CallKind;
use commonweal::outbox::mail::{self, Mail};
use commonweal::subsidies;
use commonweal::values::{Actor, Clock, Id, Pence, Role, actor};
use serde_json::{Value, json};

/// An application of an organisation, which a route is recorded for.
pub fn application_of(world: &World, organisation: Id<actor::Organisation>, owner: &Actor) -> Id<Application> {
    let award = award(world, organisation, owner, AwardKind::Investment, Pence(5_000_000), &[]);
    world.app.db.read_now(|db| awards::find(db, award)).unwrap().application_id
}

/// The accepted offer of an application becomes an agreement.
fn agree(world: &World, application: Id<Application>) {
    let award = world.app.db.read_now(|db| awards::of_application(db, application)).unwrap().unwrap();
    world.app.db.write_now(|db| awards::mark_signed(db, &Actor::System, award.id, world.now())).unwrap();
}

fn mails(world: &World) -> Vec<Mail> {
    world.app.db.read_now(|db| mail::list(db, None, 100)).unwrap().items
}

/// What an enterprise was told about minimal financial assistance, newest first.
fn told(world: &World) -> Vec<Mail> {
    mails(world).into_iter().filter(|mail| mail.subject.starts_with("Minimal financial assistance")).collect()
}

/// Why a route is withdrawn by hand.
fn why() -> Value {
    json!({ "reason": "The terms are another's" })
}

/// Asks for minimal financial assistance.
fn assistance() -> Value {
    json!({ "kind": "mfa", "amount": "300000", "basis": "Worked out by the finance team" })
}

/// Minimal financial assistance that a supplier of a round confirmed: its route.
async fn confirmed(world: &World, ready: &Ready, place: usize) -> String {
    let (organisation, owner) = &ready.suppliers[place];
    let begin = format!("/api/v1/subsidies/{organisation}/{}", ready.bids[place]);
    let route = world.api(&ready.officer).await.post(&begin, assistance()).await.expect(201).json();
    let route = route["id"].as_str().unwrap().to_owned();
    let whole = json!({ "declared": "", "complete": "yes" });
    world.api(owner).await.post(&format!("/api/v1/subsidy-routes/{route}/confirmation"), whole).await.expect(200);
    route
}

/// What a group has had, and the state of one of its routes.
async fn total_and_state(manager: &Api, group: &str, route: &str) -> (String, String) {
    let group = group.replace(' ', "%20");
    let total = manager.get(&format!("/api/v1/subsidy-groups?group={group}")).await.expect(200).json();
    let route = manager.get(&format!("/api/v1/subsidy-routes/{route}")).await.expect(200).json();
    (total["used"].as_str().unwrap().to_owned(), route["state"].as_str().unwrap().to_owned())
}

fn stands() -> (String, String) {
    ("300000.00".to_owned(), "recorded".to_owned())
}

fn ended() -> (String, String) {
    ("0.00".to_owned(), "withdrawn".to_owned())
}

async fn refused(api: &Api, path: &str, body: Value) -> String {
    api.post(path, body).await.expect(409).json()["type"].as_str().unwrap().to_owned()
}

both! {
    async fn assistance_exactly_at_the_cap_is_confirmed_and_a_penny_more_is_refused(world: World) {
        let manager = world.api(&world.person(Role::FundManager)).await;
        let (organisation, person) = world.applicant("Alder Group");
        let owner = world.api(&person).await;
        let today = world.now().date();
        let mut routes = Vec::new();
        for amount in ["105000.00", "105000.01"] {
            let application = application_of(&world, organisation, &person);
            let body = json!({ "kind": "mfa", "amount": amount, "basis": "Grant in full" });
            let reply = manager.post(&format!("/api/v1/subsidies/{organisation}/{application}"), body).await.expect(201);
            assert_eq!(world.app.db.read_now(|db| subsidies::recorded_route(db, &application.to_string())).unwrap(), None);
            routes.push((application, reply.json()["id"].as_str().unwrap().to_owned()));
        }
        let declared = json!({ "declared": format!("Islington Council; {today}; 210000"), "complete": "yes" });
        let confirm = |id: &str| format!("/api/v1/subsidy-routes/{id}/confirmation");
        let over = owner.post(&confirm(&routes[1].1), declared.clone()).await.expect(409).json();
        assert_eq!(over["type"], "/problems/subsidies/mfa-over-cap");
        assert!(over["detail"].as_str().unwrap().contains("by £0.01"), "{over}");
        manager.post(&confirm(&routes[0].1), declared.clone()).await.expect(403);
        owner.post(&confirm(&routes[0].1), declared).await.expect(200);
        let application = routes[0].0.to_string();
        let route = world.app.db.read_now(|db| subsidies::recorded_route(db, &application)).unwrap().unwrap();
        assert_eq!(route.amount.plain(), "105000.00");
        let used = manager.get("/api/v1/subsidy-groups?group=alder%20%20group").await.expect(200).json();
        assert_eq!(used["used"], "315000.00");
        agree(&world, routes[0].0);
        let confirmed = told(&world).into_iter().filter(|m| m.subject.ends_with("confirmation") && m.body.contains("£105,000"));
        assert_eq!(confirmed.count(), 1);
        assert_eq!(manager.get("/api/v1/subsidy-groups?group=alder%20group").await.expect(200).json()["used"], "315000.00");
    }
    async fn an_enterprise_is_asked_by_mail_to_confirm_and_the_day_its_agreement_is_signed_it_is_told_what_it_was_given(world: World) {
        let fund_manager = world.person(Role::FundManager);
        let manager = world.api(&fund_manager).await;
        let (organisation, person) = world.applicant("Alder Group");
        let application = application_of(&world, organisation, &person);
        let body = json!({ "kind": "mfa", "amount": "61234.56", "basis": "Grant in full" });
        let route = manager.post(&format!("/api/v1/subsidies/{organisation}/{application}"), body).await.expect(201).json();
        let route = route["id"].as_str().unwrap().to_owned();
        // Asked at once: with the amount, how it was found, and where to answer.
        let asked = mails(&world);
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].subject.as_str(), asked[0].authority_id), ("Minimal financial assistance: please confirm", Some(world.council)));
        for words in ["Northbridge Council proposes to give Alder Group", "Gross value: £61,234.56.", "Grant in full", "you must confirm in writing"] {
            assert!(asked[0].body.contains(words), "“{words}” is not in: {}", asked[0].body);
        }
        let owner = world.client(&person).await;
        let account = owner.get("/account").await.expect(200).words();
        assert!(account.contains(&asked[0].recipient), "{} is not the owner's address", asked[0].recipient);
        let link = asked[0].body.split_whitespace().find(|word| word.contains("/subsidy-confirmations/")).unwrap();
        assert_eq!(link, format!("http://127.0.0.1:8080/subsidy-confirmations/{route}"));
        // Nothing is given before the answer, and nothing but the question was written.
        let give = format!("/api/v1/subsidy-routes/{route}/given");
        assert_eq!(refused(&manager, &give, json!({})).await, "/problems/subsidies/not-now");
        assert_eq!(mails(&world).len(), 1);
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        owner.get(path).await.expect(200).shows("What has your group had from others?");
        owner.post(path, &[("declared", ""), ("complete", "yes")]).await.expect(303);
        assert_eq!(mails(&world).len(), 1);
        // No confirmation that it was given goes out while nobody has a right to it.
        let page = format!("/desk/subsidies/{organisation}/{application}");
        let desk = world.client(&fund_manager).await;
        desk.get(&page).await.expect(200).shows("The offer rests on this route").hides("Withdraw this route").hides("Record that it was given");
        // Its offer was accepted, so the route stays.
        let withdrawal = format!("/api/v1/subsidy-routes/{route}/withdrawal");
        assert_eq!(refused(&manager, &withdrawal, why()).await, "/problems/subsidies/rested-on");
        assert_eq!(refused(&manager, &give, json!({})).await, "/problems/subsidies/not-agreed");
        assert_eq!(mails(&world).len(), 1);
        agree(&world, application);
        // The newest mail first: it was asked, then confirmed with the day and the gross value.
        let subjects: Vec<String> = mails(&world).into_iter().map(|mail| mail.subject).collect();
        assert_eq!(subjects, ["Minimal financial assistance: confirmation", "Minimal financial assistance: please confirm"]);
        let day = commonweal::values::time::medium_date(world.now().date());
        let words = &mails(&world)[0].body;
        assert!(words.contains(&format!("Date: {day}.")) && words.contains("Gross value: £61,234.56."), "{words}");
        desk.get(&page).await.expect(200).shows("£61,234.56 was given and confirmed to Alder Group").shows(&day)
            .hides("Withdraw this route").hides("Record that it was given");
        owner.get(path).await.expect(200).shows("Northbridge Council gave you").shows(&day);
        // Once is enough, and what was given is not withdrawn.
        assert_eq!(refused(&manager, &give, json!({})).await, "/problems/subsidies/not-now");
        assert_eq!(refused(&manager, &withdrawal, why()).await, "/problems/subsidies/not-now");
        assert_eq!(mails(&world).len(), 2);
    }
    async fn a_route_that_was_complete_only_after_signing_is_confirmed_by_hand_and_stays(world: World) {
        let manager = world.person(Role::FundManager);
        let (program, browser) = (world.api(&manager).await, world.client(&manager).await);
        let (organisation, person) = world.applicant("Alder Group");
        let owner = world.api(&person).await;
        let mut routes = Vec::new();
        for body in [
            json!({ "kind": "mfa", "amount": "61234.56", "basis": "Grant in full" }),
            json!({ "kind": "market_terms", "evidence": "Three quotes" }),
        ] {
            let application = application_of(&world, organisation, &person);
            agree(&world, application);
            let begun = program.post(&format!("/api/v1/subsidies/{organisation}/{application}"), body).await.expect(201);
            routes.push((format!("/desk/subsidies/{organisation}/{application}"), begun.json()["id"].as_str().unwrap().to_owned()));
        }
        let of = |place: usize, step: &str| format!("/api/v1/subsidy-routes/{}/{step}", routes[place].1);
        owner.post(&of(0, "confirmation"), json!({ "declared": "", "complete": "yes" })).await.expect(200);
        assert_eq!(told(&world).len(), 1);
        for place in [0, 1] {
            assert_eq!(refused(&program, &of(place, "withdrawal"), why()).await, "/problems/subsidies/rested-on");
            browser.get(&routes[place].0).await.expect(200).shows("The agreement is signed, and this route is why it is lawful")
                .hides("Withdraw this route");
        }
        browser.fill(&routes[0].0, "Record that it was given", &[]).await;
        assert_eq!(told(&world)[0].subject, "Minimal financial assistance: confirmation");
        // On market terms nothing is given that others would not have.
        browser.get(&routes[1].0).await.expect(200).hides("Record that it was given");
        assert_eq!(refused(&program, &of(1, "given"), json!({})).await, "/problems/subsidies/not-now");
    }
    async fn assistance_for_an_offer_that_is_not_approved_declined_or_lapses_leaves_the_room_under_the_cap(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        crate::scoring::signed(&world, &ready).await;
        let (manager, owner) = (world.api(&ready.officer).await, world.api(&ready.suppliers[0].1).await);
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        let used = async || manager.get("/api/v1/subsidy-groups?group=Alder%20Youth").await.expect(200).json()["used"].clone();
        let recommend = json!({
            "application": ready.bids[0], "reasons": "The best plan", "tranches": "60000 on 2027-02-01", "rate": "4.5",
            "repayment": "annuity", "instalments": "48",
        });
        for end in ["not approved", "declined", "lapsed"] {
            let award = manager.post(&format!("/api/v1/calls/{}/awards", ready.call), recommend.clone()).await.expect(201).json();
            let award = format!("/api/v1/awards/{}", award["id"].as_str().unwrap());
            let asked = json!({ "kind": "mfa", "amount": "300000", "basis": "Worked out by the finance team" });
            let begun = format!("/api/v1/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]);
            let route = manager.post(&begun, asked).await.expect(201).json();
            let route = format!("/api/v1/subsidy-routes/{}", route["id"].as_str().unwrap());
            owner.post(&format!("{route}/confirmation"), json!({ "declared": "", "complete": "yes" })).await.expect(200);
            assert_eq!(used().await, "300000.00", "{end}");
            let approve = if end == "not approved" { "decline" } else { "approve" };
            committee.post(&format!("{award}/decision"), json!({ "decision": approve })).await.expect(200);
            if end != "not approved" {
                let by = world.now().plus(TimeDelta::days(14));
                manager.post(&format!("{award}/offer"), json!({ "answer_by_date": by.rfc3339() })).await.expect(200);
                assert_eq!(used().await, "300000.00", "{end}");
                assert_eq!(refused(&manager, &format!("{route}/withdrawal"), why()).await, "/problems/subsidies/rested-on");
                match end {
                    "declined" => drop(owner.post(&format!("{award}/answer"), json!({ "answer": "decline" })).await.expect(200)),
                    _ => world.move_clock(by.plus(TimeDelta::minutes(1))).await,
                }
            }
            assert_eq!(used().await, "0.00", "{end}");
            assert_eq!(manager.get(&route).await.expect(200).json()["state"], "withdrawn", "{end}");
            let read = route.replace("/api/v1/subsidy-routes/", "/subsidy-confirmations/");
            world.client(&ready.suppliers[0].1).await.get(&read).await.expect(200).shows("Nothing was given by this");
            // It is kept, and nobody was told that something was given.
            assert_eq!(told(&world).iter().filter(|mail| mail.subject.ends_with("confirmation")).count(), 0);
        }
    }
    async fn a_route_of_whatever_kind_ends_with_its_offer_and_carries_no_later_one(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        crate::scoring::signed(&world, &ready).await;
        let (manager, owner) = (world.api(&ready.officer).await, world.api(&ready.suppliers[0].1).await);
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        let recommend = json!({
            "application": ready.bids[0], "reasons": "The best plan", "tranches": "60000 on 2027-02-01", "rate": "4.5",
            "repayment": "annuity", "instalments": "48",
        });
        let recommended = async || {
            let made = manager.post(&format!("/api/v1/calls/{}/awards", ready.call), recommend.clone()).await.expect(201).json();
            format!("/api/v1/awards/{}", made["id"].as_str().unwrap())
        };
        let decided = async |award: &str, decision: &str| {
            committee.post(&format!("{award}/decision"), json!({ "decision": decision })).await.expect(200);
        };
        let offer = |world: &World| json!({ "answer_by_date": world.now().plus(TimeDelta::days(3)).rfc3339() });
        let application = ready.bids[0].to_string();
        let routes = [
            json!({ "kind": "market_terms", "evidence": "Three quotes" }),
            json!({ "kind": "mfa", "amount": "30000", "basis": "Worked out by the finance team" }),
            json!({ "kind": "scheme", "amount": "30000", "reference": "SC10777", "fit": "A loan to an enterprise of young people" }),
            json!({ "kind": "principles", "amount": "30000", "a": "x", "b": "x", "c": "x", "d": "x", "e": "x", "f": "x", "g": "x" }),
        ];
        for body in &routes {
            let kind = body["kind"].as_str().unwrap();
            for end in ["not approved", "declined", "lapsed"] {
                let award = recommended().await;
                if end != "not approved" {
                    decided(&award, "approve").await;
                    // What was there before ended with the recommendation before.
                    let none = refused(&manager, &format!("{award}/offer"), offer(&world)).await;
                    assert_eq!(none, "/problems/awards/no-subsidy-route", "{kind} before it is {end}");
                }
                let begun = format!("/api/v1/subsidies/{}/{application}", ready.suppliers[0].0);
                let route = manager.post(&begun, body.clone()).await.expect(201).json();
                let route = format!("/api/v1/subsidy-routes/{}", route["id"].as_str().unwrap());
                // One that is not complete when its award is not approved ends like the others.
                if end != "not approved" {
                    match kind {
                        "mfa" => drop(owner.post(&format!("{route}/confirmation"), json!({ "declared": "", "complete": "yes" })).await.expect(200)),
                        "principles" => drop(committee.post(&format!("{route}/signature"), json!({})).await.expect(200)),
                        _ => {}
                    }
                    manager.post(&format!("{award}/offer"), offer(&world)).await.expect(200);
                }
                match end {
                    "not approved" => decided(&award, "decline").await,
                    "declined" => drop(owner.post(&format!("{award}/answer"), json!({ "answer": "decline" })).await.expect(200)),
                    _ => world.move_clock(world.now().plus(TimeDelta::days(4))).await,
                }
                assert_eq!(manager.get(&route).await.expect(200).json()["state"], "withdrawn", "{kind} {end}");
                let standing = world.app.db.read_now(|db| subsidies::standing_route(db, &application)).unwrap();
                assert_eq!(standing, None, "{kind} {end}");
            }
        }
        // So the newest recommendation has no offer either, until it has a route of its own.
        let award = recommended().await;
        decided(&award, "approve").await;
        assert_eq!(refused(&manager, &format!("{award}/offer"), offer(&world)).await, "/problems/awards/no-subsidy-route");
        let total = manager.get("/api/v1/subsidy-groups?group=Alder%20Youth").await.expect(200).json();
        assert_eq!(total["used"], "0.00");
        let page = format!("/desk/subsidies/{}/{application}", ready.suppliers[0].0);
        world.client(&ready.officer).await.get(&page).await.expect(200).shows("no subsidy route is recorded");
        manager.post(&format!("/api/v1/subsidies/{}/{application}", ready.suppliers[0].0), routes[0].clone()).await.expect(201);
        manager.post(&format!("{award}/offer"), offer(&world)).await.expect(200);
    }
    async fn assistance_for_an_application_that_was_told_no_or_fell_away_leaves_the_room_under_the_cap(world: World) {
        let names = ["Alder Youth", "Birch Youth", "Cedar Youth"];
        let ready = ready(&world, CallKind::Round, &[(names[0], 20, 60_000), (names[1], 10, 90_000), (names[2], 5, 70_000)]);
        crate::scoring::signed(&world, &ready).await;
        let manager = world.api(&ready.officer).await;
        let mut routes = Vec::new();
        for place in 0..3 {
            routes.push(confirmed(&world, &ready, place).await);
            assert_eq!(total_and_state(&manager, names[place], &routes[place]).await, stands());
        }
        let recommend = json!({
            "application": ready.bids[0], "reasons": "The best plan", "tranches": "60000 on 2027-02-01", "rate": "4.5",
            "repayment": "annuity", "instalments": "48",
        });
        let award = manager.post(&format!("/api/v1/calls/{}/awards", ready.call), recommend).await.expect(201).json();
        let award = format!("/api/v1/awards/{}", award["id"].as_str().unwrap());
        let committee = world.api(&world.person(Role::CommitteeMember)).await;
        committee.post(&format!("{award}/decision"), json!({ "decision": "approve" })).await.expect(200);

        // All are told how the round ended: the room of the two of whom nothing comes is free, and of the third it is not.
        manager.post(&format!("/api/v1/calls/{}/summaries", ready.call), json!({})).await.expect(200);
        assert_eq!(total_and_state(&manager, names[0], &routes[0]).await, stands());
        for place in [1, 2] {
            assert_eq!(total_and_state(&manager, names[place], &routes[place]).await, ended());
            let done = world.app.db.read_now(|db| audit::of_subject(db, &routes[place])).unwrap();
            assert_eq!(done.iter().filter(|row| row.action == "subsidy.withdrawn").count(), 1);
        }
        let by = world.now().plus(TimeDelta::days(14));
        manager.post(&format!("{award}/offer"), json!({ "answer_by_date": by.rfc3339() })).await.expect(200);

        // One of them is taken up after all and withdraws: nothing is recorded for it from then on.
        let again = confirmed(&world, &ready, 2).await;
        assert_eq!(total_and_state(&manager, names[2], &again).await, stands());
        let withdrawal = format!("/api/v1/applications/{}/withdrawal", ready.bids[2]);
        world.api(&ready.suppliers[2].1).await.post(&withdrawal, json!({ "reason": "Our founder left" })).await.expect(200);
        assert_eq!(total_and_state(&manager, names[2], &again).await, ended());
        let begin = format!("/api/v1/subsidies/{}/{}", ready.suppliers[2].0, ready.bids[2]);
        assert_eq!(refused(&manager, &begin, assistance()).await, "/problems/subsidies/no-offer");
        let desk = world.client(&ready.officer).await;
        desk.get(&format!("/desk/subsidies/{}/{}", ready.suppliers[2].0, ready.bids[2])).await.expect(200)
            .shows("This application can be offered nothing any more").hides("Write the route down");
        assert_eq!(total_and_state(&manager, names[0], &routes[0]).await, stands(), "the offer rests on it");
    }
    async fn a_route_is_withdrawn_by_hand_with_its_reason_and_with_the_call_that_is_withdrawn(world: World) {
        let ready = ready(&world, CallKind::Round, &[("Alder Youth", 20, 60_000), ("Birch Youth", 10, 90_000)]);
        let routes = [confirmed(&world, &ready, 0).await, confirmed(&world, &ready, 1).await];
        let (manager, desk) = (world.api(&ready.officer).await, world.client(&ready.officer).await);
        let page = format!("/desk/subsidies/{}/{}", ready.suppliers[0].0, ready.bids[0]);
        desk.get(&page).await.expect(200);
        desk.post(&format!("{page}/{}", routes[0]), &[("at", "withdraw"), ("step", "withdraw")]).await.expect(422).shows("Say why the route is withdrawn");
        assert_eq!(total_and_state(&manager, "Alder Youth", &routes[0]).await, stands());
        desk.fill(&page, "Withdraw this route", &[("reason", "They asked for a smaller loan")]).await;
        assert_eq!(total_and_state(&manager, "Alder Youth", &routes[0]).await, ended());
        desk.get("/desk/subsidies").await.expect(200).shows("They asked for a smaller loan");
        let enterprise = world.client(&ready.suppliers[0].1).await;
        enterprise.get(&format!("/subsidy-confirmations/{}", routes[0])).await.expect(200).shows("Why: They asked for a smaller loan");
        let done = world.app.db.read_now(|db| audit::of_subject(db, &routes[0])).unwrap();
        let row = done.iter().find(|row| row.action == "subsidy.withdrawn").unwrap();
        assert!(!row.facts.0.to_string().contains("smaller"), "what people write is not in the chain");

        assert_eq!(total_and_state(&manager, "Birch Youth", &routes[1]).await, stands());
        let why = json!({ "reason": "The pot is needed elsewhere." });
        manager.post(&format!("/api/v1/calls/{}/withdraw", ready.call), why).await.expect(200);
        assert_eq!(total_and_state(&manager, "Birch Youth", &routes[1]).await, ended());
        let begin = format!("/api/v1/subsidies/{}/{}", ready.suppliers[1].0, ready.bids[1]);
        assert_eq!(refused(&manager, &begin, assistance()).await, "/problems/subsidies/no-offer");
    }
    async fn a_route_ends_with_the_application_that_is_withdrawn_before_the_deadline(world: World) {
        let call = round(&world);
        let (organisation, owner) = world.applicant("Alder Group");
        let (birch, other) = world.applicant("Birch Group");
        let manager = world.api(&world.person(Role::FundManager)).await;
        // What is only begun and not sent can be offered nothing.
        let draft = applications::actions::start(&world.app, &other, call.id, birch, world.now()).await.unwrap();
        assert_eq!(refused(&manager, &format!("/api/v1/subsidies/{birch}/{draft}"), assistance()).await, "/problems/subsidies/no-offer");
        let (sent, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("We cook"), world.now()).await.unwrap();
        let begin = format!("/api/v1/subsidies/{organisation}/{sent}");
        let route = manager.post(&begin, assistance()).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let confirmation = format!("/api/v1/subsidy-routes/{route}/confirmation");
        let whole = json!({ "declared": "", "complete": "yes" });
        world.api(&owner).await.post(&confirmation, whole.clone()).await.expect(200);
        assert_eq!(total_and_state(&manager, "Alder Group", &route).await, stands());
        applications::actions::withdraw(&world.app, &owner, sent, &Clock::stopped(world.now())).await.unwrap();
        assert_eq!(total_and_state(&manager, "Alder Group", &route).await, ended());
        assert_eq!(refused(&manager, &begin, assistance()).await, "/problems/subsidies/no-offer");
        assert_eq!(refused(&world.api(&owner).await, &confirmation, whole).await, "/problems/subsidies/no-offer");
    }
    async fn a_route_is_recorded_only_for_an_application_that_is_there(world: World) {
        let manager = world.person(Role::FundManager);
        let (organisation, owner) = world.applicant("Alder Group");
        let made = award(&world, organisation, &owner, AwardKind::Investment, Pence(5_000_000), &[]);
        let made = world.app.db.read_now(|db| awards::find(db, made)).unwrap();
        let (program, browser) = (world.api(&manager).await, world.client(&manager).await);
        let body = json!({ "kind": "market_terms", "evidence": "Three quotes" });
        for nothing in [made.call_id.to_string(), Id::<Application>::new().to_string(), "nonsense".to_owned()] {
            program.post(&format!("/api/v1/subsidies/{organisation}/{nothing}"), body.clone()).await.expect(404);
            browser.get(&format!("/desk/subsidies/{organisation}/{nothing}")).await.expect(404);
        }
        program.post(&format!("/api/v1/subsidies/{organisation}/{}", made.application_id), body).await.expect(201);
    }
    async fn an_award_under_a_scheme_names_its_reference_and_how_it_fits(world: World) {
        let manager = world.person(Role::FundManager);
        let (organisation, owner) = world.applicant("Birch Works");
        let application = application_of(&world, organisation, &owner);
        let path = format!("/api/v1/subsidies/{organisation}/{application}");
        let api = world.api(&manager).await;
        let mut scheme = json!({ "kind": "scheme", "amount": "150000", "fit": "A loan to an enterprise of young people, as part 2 says" });
        let open = api.post(&path, scheme.clone()).await.expect(422);
        assert!(open.text.contains("SC10001"), "{}", open.text);
        let recorded = |world: &World| world.app.db.read_now(|db| subsidies::recorded_route(db, &application.to_string())).unwrap();
        assert_eq!(recorded(&world), None);
        scheme["reference"] = json!("SC10777");
        world.api(&world.person(Role::ContractManager)).await.post(&path, scheme.clone()).await.expect(403);
        api.post(&path, scheme).await.expect(201);
        assert_eq!(recorded(&world).unwrap().amount, Pence(15_000_000));
        world.client(&manager).await.get(&format!("/desk/subsidies/{organisation}/{application}")).await.expect(200)
            .shows("SC10777").shows("as part 2 says").shows("within three months: it is more than £100,000");
    }
    async fn an_assessment_is_signed_by_somebody_who_did_not_write_it(world: World) {
        let author = world.person(Role::FundManager);
        let (organisation, owner) = world.applicant("Birch Works");
        let application = application_of(&world, organisation, &owner);
        let path = format!("/api/v1/subsidies/{organisation}/{application}");
        let manager = world.api(&author).await;
        let six = json!({ "kind": "principles", "amount": "50000", "a": "x", "b": "x", "c": "x", "d": "x", "e": "x", "f": "x" });
        manager.post(&path, six.clone()).await.expect(422);
        let mut seven = six;
        seven["g"] = json!("Benefits outweigh harms");
        let id = manager.post(&path, seven).await.expect(201).json()["id"].as_str().unwrap().to_owned();
        manager.post(&format!("/api/v1/subsidy-routes/{id}/signature"), json!({})).await.expect(403);
        assert!(world.app.db.read_now(|db| subsidies::recorded_route(db, &application.to_string())).unwrap().is_none());
        let committee = world.client(&world.person(Role::CommitteeMember)).await;
        let page = format!("/desk/subsidies/{organisation}/{application}");
        committee.get(&page).await.expect(200).shows("Sign the assessment");
        committee.post(&format!("{page}/{id}/signature"), &[]).await.expect(303);
        assert!(world.app.db.read_now(|db| subsidies::recorded_route(db, &application.to_string())).unwrap().is_some());
    }
    async fn a_cheap_loan_is_counted_at_its_gross_cash_equivalent_through_the_page(world: World) {
        let browser = world.client(&world.person(Role::FundManager)).await;
        let (organisation, owner) = world.applicant("Cedar Makers");
        let application = application_of(&world, organisation, &owner);
        let page = format!("/desk/subsidies/{organisation}/{application}");
        browser.get(&page).await.expect(200).shows("no subsidy route is recorded");
        let today = world.now().date().to_string();
        let mut fields = vec![
            ("kind", "mfa"), ("tranches", "100000"), ("draw_on", today.as_str()), ("rate", "2"), ("repayment", "bullet"),
            ("instalments", "2"), ("period_months", "12"), ("market_rate", "2"), ("market_on", today.as_str()),
            ("market_source", "Three quotes"), ("discount_rate", "5"), ("discount_on", today.as_str()), ("discount_source", "Treasury"),
        ];
        browser.post(&page, &fields).await.expect(422).shows("no cheaper than the market");
        fields[7].1 = "6";
        browser.post(&page, &fields).await.expect(303);
        browser.get(&page).await.expect(200).shows("must confirm in writing").shows("Gross cash equivalent");
        let client = world.client(&owner).await;
        let route = world.app.db.read_now(|db| subsidies::standing_route(db, &application.to_string())).unwrap().unwrap();
        let confirm = format!("/subsidy-confirmations/{}", route.id);
        client.get(&confirm).await.expect(200).shows("What has your group had from others?");
        client.post(&confirm, &[("declared", "")]).await.expect(422);
        client.post(&confirm, &[("declared", ""), ("complete", "yes")]).await.expect(303);
        browser.get("/desk/subsidies").await.expect(200).shows("Cedar Makers").shows("Recorded");
        let other = world.client(&world.applicant("Stranger").1).await;
        other.get(&confirm).await.expect(404);
    }
}
