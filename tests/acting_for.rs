//! People who belong to several: they act for one at a time, and a conflict of interest is one in any capacity.

use crate::applications::sample_calls;
use crate::compliance::one_promise;
use crate::scoring::ready;
use crate::support::{Client, Reply, World};
use commonweal::calls::CallKind;
use commonweal::people::{actions, find_organisation};
use commonweal::values::{Actor, Capacity, Id, Role, actor};
use serde_json::{Value, json};

/// The same person with a role in another organisation too.
fn joined(world: &World, who: &Actor, organisation: Id<actor::Organisation>, role: Role) -> Actor {
    let (account, now) = (who.account().unwrap(), world.now());
    world
        .app
        .db
        .write_now(|db| {
            let organisation = find_organisation(db, organisation)?;
            actions::add_role(db, &Actor::System, &organisation, account, role, now)
        })
        .unwrap();
    world.actor(account)
}

/// An evaluator of the council who manages the fund of another.
fn of_two(world: &World) -> (Id<actor::Organisation>, Actor) {
    let south = world.other_council();
    (south, joined(world, &world.person(Role::Evaluator), south, Role::FundManager))
}

fn in_capacity(who: &Actor, capacity: Capacity) -> Actor {
    who.clone().acting_for(Some(capacity))
}

async fn act_for(browser: &Client, whom: &str) -> Reply {
    browser.get("/account").await.expect(200).shows(&format!("/account/acting-for/{whom}"));
    browser.post_and_follow(&format!("/account/acting-for/{whom}"), &[]).await.expect(200)
}

/// An administrator of the organisation ends every role that the person has there.
async fn ended(world: &World, organisation: Id<actor::Organisation>, who: &Actor) {
    let member = world
        .app
        .db
        .read_now(|db| {
            use commonweal::db::schema::members;
            use diesel::prelude::*;
            let theirs = members::table
                .filter(members::account_id.eq(who.account().unwrap()))
                .filter(members::organisation_id.eq(organisation));
            Ok(theirs.select(members::id).first::<String>(db)?)
        })
        .unwrap();
    let admin = world.client(&world.person_of(organisation, Role::Administrator)).await;
    admin.get("/people").await.expect(200);
    admin.post(&format!("/people/members/{member}/end"), &[]).await.expect(303);
}

/// The person's tokens as they were before a token said for whom it acts.
fn tokens_of_old(world: &World, who: &Actor) {
    let account = who.account().unwrap();
    let forget = |db: &mut commonweal::db::Db| {
        use commonweal::db::schema::tokens;
        use diesel::prelude::*;
        let theirs = tokens::table.filter(tokens::account_id.eq(account));
        diesel::update(theirs).set(tokens::acting_for.eq(None::<String>)).execute(db)?;
        Ok(())
    };
    world.app.db.write_now(forget).unwrap();
}

fn count(list: &Value) -> usize {
    list["items"].as_array().unwrap_or_else(|| panic!("no list: {list}")).len()
}

both! {
    async fn an_evaluator_here_who_manages_a_fund_elsewhere_reaches_both_one_at_a_time(world: World) {
        let (south, both) = of_two(&world);
        let browser = world.client(&both).await;
        // Without a choice the first is the one, as the menu says, and no place of the other is offered.
        browser.get("/tasks").await.expect(200).shows("Acting for Northbridge Council: change").hides("href=\"/funds\"");
        let page = browser.get("/evaluations").await.expect(200);
        let (beside, menu) = page.text.split_once("<nav aria-label=\"Menu\"").expect("a menu");
        assert!(beside.contains("acting-for") && !menu.contains("acting-for"), "it stands beside the name");
        browser.get("/funds").await.expect(403).shows("Change for whom you act");
        browser.get("/account").await.expect(200).shows("You act for Northbridge Council:").shows("fund manager");
        act_for(&browser, &south.to_string()).await.shows("You act for Southbridge Council now.");
        browser.get("/funds").await.expect(200).shows("There is no fund yet").shows("Acting for Southbridge Council: change");
        let fund = [("name", "South Fund"), ("mandate", "Meals"), ("borrowing_rate", "4.6")];
        browser.post_and_follow("/funds", &fund).await.expect(200).shows("Cash of South Fund");
        browser.get("/evaluations").await.expect(403);
        // What was made is the other council's.
        world.client(&world.person_of(south, Role::FundManager)).await.get("/funds").await.expect(200).shows("South Fund");
        world.client(&world.person(Role::FundManager)).await.get("/funds").await.expect(200).hides("South Fund");
        act_for(&browser, &world.council.to_string()).await;
        browser.get("/evaluations").await.expect(200);
        // Nobody acts for whom they do not belong to; the choice is the session's, and ends with it.
        browser.post("/account/acting-for/applicant", &[]).await.expect(404);
        browser.post(&format!("/account/acting-for/{}", Id::<actor::Organisation>::new()), &[]).await.expect(404);
        act_for(&browser, &south.to_string()).await;
        world.client(&both).await.get("/funds").await.expect(403);
        // Who left whom they chose acts for nobody until they choose again.
        ended(&world, south, &both).await;
        browser.get("/funds").await.expect(403);
        browser.get("/evaluations").await.expect(403);
        act_for(&browser, &world.council.to_string()).await;
        browser.get("/evaluations").await.expect(200);
    }

    async fn who_belongs_to_one_has_no_choice_and_sees_none(world: World) {
        for who in [world.person(Role::FundManager), world.applicant("Harvest").1, world.actor(world.account("Ada"))] {
            let browser = world.client(&who).await;
            browser.get("/account").await.expect(200).hides("Acting for").hides("acting-for");
            let page = browser.post("/account/tokens", &[("name", "robot"), ("scope", "write"), ("days", "30")]).await;
            page.expect(200).shows("read and change").hides("read and change, for");
        }
    }

    async fn a_token_acts_for_whom_its_owner_acted_when_they_made_it(world: World) {
        let (south, both) = of_two(&world);
        let here = world.api(&in_capacity(&both, Capacity::Authority(world.council))).await;
        let there = world.api(&in_capacity(&both, Capacity::Authority(south))).await;
        here.get("/api/v1/evaluations").await.expect(200);
        here.get("/api/v1/funds").await.expect(403);
        there.get("/api/v1/evaluations").await.expect(403);
        there.post("/api/v1/funds", json!({ "name": "South Fund", "mandate": "m" })).await.expect(201);
        assert_eq!(count(&there.get("/api/v1/funds").await.expect(200).json()), 1);
        let me = there.get("/api/v1/me").await.expect(200).json();
        assert_eq!((&me["roles"][0]["organisation"], &me["roles"][1]), (&json!(south), &Value::Null));
        assert_eq!((&me["elsewhere"][0]["organisation"], &me["elsewhere"][1]), (&json!(world.council), &Value::Null));
        // One that is made on the account page is for whom its owner acts there, and the list says so.
        let browser = world.client(&both).await;
        act_for(&browser, &south.to_string()).await;
        let fields = [("name", "robot"), ("scope", "write"), ("days", "30")];
        let page = browser.post("/account/tokens", &fields).await.expect(200).shows("read and change, for Southbridge Council");
        let secret = page.words().split_whitespace().find(|w| w.starts_with("cw_")).unwrap().to_owned();
        let bearer = format!("Bearer {secret}");
        let program = world.api(&Actor::Public).await;
        let fund = || json!({ "name": "Second Fund", "mandate": "m" });
        program.post_with("/api/v1/funds", &[("authorization", &bearer)], fund()).await.expect(201);
        // Who left takes no token along to whom else they belong to.
        ended(&world, south, &both).await;
        program.post_with("/api/v1/funds", &[("authorization", &bearer)], fund()).await.expect(403);
        assert_eq!(there.get("/api/v1/me").await.expect(200).json()["roles"], json!([]));
        here.get("/api/v1/evaluations").await.expect(200);
    }

    async fn a_token_that_does_not_say_for_whom_it_acts_is_refused_to_who_belongs_to_several(world: World) {
        let (south, both) = of_two(&world);
        let (torn, alone) = (world.api(&both).await, world.person(Role::Evaluator));
        let one = world.api(&alone).await;
        let nobody = world.actor(world.account("Ada"));
        let of_nobody = world.api(&nobody).await;
        tokens_of_old(&world, &both);
        tokens_of_old(&world, &alone);
        for path in ["/api/v1/evaluations", "/api/v1/funds", "/api/v1/me", "/api/v1/missions"] {
            let refused = torn.get(path).await.expect(401);
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
            let problem = refused.json();
            assert_eq!((&problem["type"], &problem["status"]), (&json!("/problems/people/token-for-whom"), &json!(401)));
            assert!(problem["detail"].as_str().unwrap().ends_with("then make a new token there."), "{problem}");
        }
        torn.post("/api/v1/funds", json!({ "name": "South Fund", "mandate": "m" })).await.expect(401);
        // Who belongs to one, or to nobody yet, leaves no doubt.
        one.get("/api/v1/evaluations").await.expect(200);
        assert_eq!(of_nobody.get("/api/v1/me").await.expect(200).json()["roles"], json!([]));
        let browser = world.client(&both).await;
        browser.get("/account").await.expect(200).shows("it does not say for whom. Make a new one");
        // A new one is for whom they chose; who acts for nobody makes none.
        world.api(&in_capacity(&both, Capacity::Authority(south))).await.get("/api/v1/funds").await.expect(200);
        act_for(&browser, &south.to_string()).await;
        ended(&world, south, &both).await;
        let fields = [("name", "robot"), ("scope", "write"), ("days", "30")];
        browser.get("/account").await.expect(200).shows("You left whom you acted for");
        browser.post("/account/tokens", &fields).await.expect(422).shows("Choose on your account page for whom you act");
        // With one left, the old token leaves no doubt either.
        torn.get("/api/v1/evaluations").await.expect(200);
    }

    async fn a_request_sent_for_one_council_is_not_the_answer_to_the_same_one_for_another(world: World) {
        let south = world.other_council();
        let both = joined(&world, &world.person(Role::FundManager), south, Role::FundManager);
        let here = world.api(&in_capacity(&both, Capacity::Authority(world.council))).await;
        let there = world.api(&in_capacity(&both, Capacity::Authority(south))).await;
        let body = || json!({ "name": "Common Fund", "mandate": "m" });
        let key = [("idempotency-key", "one")];
        let first = here.post_with("/api/v1/funds", &key, body()).await.expect(201);
        let other = there.post_with("/api/v1/funds", &key, body()).await.expect(201);
        assert_eq!(other.header("idempotent-replay"), None);
        assert_ne!(first.json()["id"], other.json()["id"]);
        assert_eq!(count(&there.get("/api/v1/funds").await.expect(200).json()), 1);
        let again = here.post_with("/api/v1/funds", &key, body()).await.expect(201);
        assert_eq!((again.header("idempotent-replay"), &again.text), (Some("true"), &first.text));
    }

    async fn an_owner_who_evaluates_for_a_council_sees_the_enterprises_own_when_acting_for_it(world: World) {
        let (_, owner, _) = one_promise(&world, "Rowan Training").await;
        let torn = joined(&world, &owner, world.other_council(), Role::Evaluator);
        let browser = world.client(&torn).await;
        browser.get("/agreements").await.expect(200).hides("Kitchens for schools").hides("My applications");
        act_for(&browser, "applicant").await.shows("You act for Rowan Training now.");
        browser.get("/agreements").await.expect(200).shows("Kitchens for schools").shows("My applications");
        browser.get("/compliance").await.expect(200).shows("Residents in work, jobs");
        browser.get("/applications").await.expect(200);
        browser.get("/evaluations").await.expect(403);
        for (capacity, own) in [(None, 0), (Some(Capacity::Applicant), 1)] {
            let program = world.api(&torn.clone().acting_for(capacity)).await;
            assert_eq!(count(&program.get("/api/v1/agreements").await.expect(200).json()), own);
            assert_eq!(count(&program.get("/api/v1/dues?show=open").await.expect(200).json()), own);
        }
    }

    async fn an_enterprise_that_staff_register_is_at_once_the_one_they_act_for(world: World) {
        let browser = world.client(&world.person(Role::MissionLead)).await;
        browser.get("/organisations/new").await.expect(200);
        let page = browser.post_and_follow("/organisations/new", &[("name", "Larch Meals"), ("kind", "social_enterprise")]).await;
        page.expect(200).shows("Facts that your applications reuse").shows("Acting for Larch Meals: change");
        browser.get("/applications").await.expect(200);
        act_for(&browser, &world.council.to_string()).await;
        browser.get("/tasks").await.expect(200);
    }

    async fn a_bidder_judges_no_bid_of_the_call_whatever_capacity_they_choose(world: World) {
        const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let roles = [Role::ProcurementOfficer, Role::Evaluator, Role::CommitteeMember];
        let torn = roles.into_iter().fold(ready.suppliers[0].1.clone(), |who, role| world.also(&who, role));
        let call = format!("/api/v1/calls/{}", ready.call);
        let seat = json!({ "account": torn.account().unwrap() });
        world.api(&ready.officer).await.post(&format!("{call}/panel"), seat).await.expect(201);
        let award = json!({ "application": ready.bids[1], "reasons": "Mine" });
        let council = world.api(&in_capacity(&torn, Capacity::Authority(world.council))).await;
        let own = |reply: Reply| assert_eq!(reply.expect(409).json()["type"], "/problems/applications/own-organisation");
        own(council.get(&format!("{call}/sheet")).await);
        own(council.post(&format!("{call}/moderation/closed"), json!({})).await);
        own(council.post(&format!("{call}/ranking"), json!({})).await);
        own(council.post(&format!("{call}/awards"), award.clone()).await);
        let enterprise = world.api(&in_capacity(&torn, Capacity::Applicant)).await;
        enterprise.get(&format!("{call}/sheet")).await.expect(403);
        enterprise.post(&format!("{call}/moderation/closed"), json!({})).await.expect(403);
        enterprise.post(&format!("{call}/ranking"), json!({})).await.expect(403);
        enterprise.post(&format!("{call}/awards"), award).await.expect(403);
        let browser = world.client(&torn).await;
        let sheet = format!("/evaluations/{}/{}/plan", ready.call, ready.bids[1]);
        act_for(&browser, "applicant").await;
        browser.get(&sheet).await.expect(403);
        act_for(&browser, &world.council.to_string()).await;
        browser.get(&sheet).await.expect(409).shows("An organisation you belong to has an application in this call");
    }

    async fn staff_do_not_ask_their_own_council_in_another_capacity(world: World) {
        let call = sample_calls::tender(&world);
        let torn = world.also(&world.applicant("Alder Kitchens").1, Role::Evaluator);
        let path = format!("/api/v1/calls/{}/questions", call.id);
        let program = world.api(&in_capacity(&torn, Capacity::Applicant)).await;
        let refused = program.post(&path, json!({ "question": "How many meals?" })).await.expect(409).json();
        assert_eq!(refused["type"], "/problems/calls/own-call");
        let other = world.api(&world.applicant("Birch Meals").1).await;
        other.post(&path, json!({ "question": "How many meals?" })).await.expect(201);
    }

    async fn a_role_that_is_held_in_another_capacity_is_not_held_twice(world: World) {
        let (south, both) = of_two(&world);
        let email = world.app.db.read_now(|db| {
            use commonweal::db::schema::accounts;
            use diesel::prelude::*;
            Ok(accounts::table.filter(accounts::id.eq(both.account().unwrap())).select(accounts::email).first::<String>(db)?)
        }).unwrap();
        let admin = world.client(&world.person_of(south, Role::Administrator)).await;
        admin.get("/people").await.expect(200);
        admin.post("/people/members", &[("email", &email), ("role", "fund_manager")]).await.expect(303);
        let browser = world.client(&both).await;
        let page = browser.get("/account").await.expect(200);
        let accept = page.text.split('"').find(|part| part.ends_with("/accept")).expect("an offer").to_owned();
        browser.post(&accept, &[]).await.expect(303);
        assert_eq!(world.actor(both.account().unwrap()).memberships().len(), 2);
    }
}
