//! How somebody becomes a person of an organisation, and how nobody else becomes them.

use crate::scoring::{ready, signed};
use crate::support::{Client, PASSWORD, Reply, World};
use commonweal::calls::CallKind;
use commonweal::outbox::mail::{self, Mail};
use commonweal::values::{Actor, Role};
use serde_json::json;

fn mails(world: &World) -> Vec<Mail> {
    world.app.db.read_now(|db| mail::list(db, None, 50)).unwrap().items
}

fn path_in(body: &str, beginning: &str) -> String {
    let link = body.split_whitespace().find(|w| w.contains(beginning)).unwrap_or_else(|| panic!("no link in {body}"));
    link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

fn email_of(world: &World, actor: &Actor) -> String {
    use commonweal::db::schema::accounts;
    use diesel::prelude::*;
    let id = actor.account().unwrap();
    let find = |db: &mut commonweal::db::Db| {
        Ok(accounts::table.filter(accounts::id.eq(id)).select(accounts::email).first(db)?)
    };
    world.app.db.read_now(find).unwrap()
}

/// Asks for an account and gives the path of the mailed link.
async fn register(world: &World, browser: &Client, email: &str, password: &str) -> String {
    browser.get("/make-account").await.expect(200);
    browser.post("/make-account", &[("name", "Somebody"), ("email", email), ("password", password)]).await.expect(200);
    path_in(&mails(world)[0].body, "/confirm/")
}

async fn accept(browser: &Client) -> Reply {
    let page = browser.get("/account").await.expect(200);
    let path = page.text.split('"').find(|p| p.ends_with("/accept")).expect("an offer").to_owned();
    browser.post_and_follow(&path, &[]).await
}

both! {
    async fn an_account_works_only_after_its_mailed_link_was_followed_with_the_same_password(world: World) {
        let browser = world.client(&Actor::Public).await;
        let link = register(&world, &browser, "ada@example.org", PASSWORD).await;
        browser.get("/sign-in").await;
        browser.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(422).shows("open the link in our mail first");
        browser.get(&link).await.expect(200).shows("ada@example.org");
        browser.post(&link, &[("password", "not the one chosen")]).await.expect(422).shows("Type the password that you chose");
        browser.post_and_follow(&link, &[("password", PASSWORD)]).await.expect(200).shows("Your address is confirmed");
        world.sign_in("ada@example.org", PASSWORD).await;
        world.client(&Actor::Public).await.get(&link).await.expect(409).shows("does not work any more");
    }
    async fn who_makes_an_account_on_the_way_to_a_call_is_led_back_to_it_and_nowhere_else(world: World) {
        let browser = world.client(&Actor::Public).await;
        browser.get("/sign-in?next=%2Fcalls%3Fkind%3Dround").await.expect(200).shows("Make an account");
        let page = browser.get("/make-account?next=%2Fcalls%3Fkind%3Dround").await.expect(200);
        assert!(page.text.contains(r#"name="next" value="/calls?kind=round""#), "{}", page.text);
        let answers = [("name", "Bo"), ("email", "bo@example.org"), ("password", PASSWORD), ("next", "/calls?kind=round")];
        browser.post("/make-account", &answers).await.expect(200);
        let link = path_in(&mails(&world)[0].body, "/confirm/");
        assert!(link.ends_with("?next=%2Fcalls%3Fkind%3Dround"), "{link}");
        browser.get(&link).await.expect(200);
        let reply = browser.post(&link, &[("password", PASSWORD)]).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/calls?kind=round"));

        let other = world.client(&Actor::Public).await;
        other.get("/make-account").await;
        let answers = [("name", "Cy"), ("email", "cy@example.org"), ("password", PASSWORD), ("next", "//evil.example")];
        other.post("/make-account", &answers).await.expect(200);
        let link = path_in(&mails(&world)[0].body, "/confirm/");
        assert!(!link.contains("evil"), "{link}");
        other.get(&link).await.expect(200);
        let reply = other.post(&link, &[("password", PASSWORD)]).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/account"));
    }
    async fn a_stranger_who_registers_somebodys_address_gets_nothing_when_that_person_is_given_a_role(world: World) {
        let attacker = world.client(&Actor::Public).await;
        let planted = register(&world, &attacker, "newofficer@example.org", "attacker knows this").await;
        let admin = world.client(&world.person(Role::Administrator)).await;
        admin.get("/people").await;
        admin.post("/people/members", &[("email", "newofficer@example.org"), ("role", "procurement_officer")]).await.expect(303);
        attacker.get("/sign-in").await;
        attacker.post("/sign-in", &[("email", "newofficer@example.org"), ("password", "attacker knows this")]).await.expect(422);
        // The officer gets both mails, does not know the attacker's password, and makes an account of their own.
        let officer = world.client(&Actor::Public).await;
        officer.get(&planted).await.expect(200);
        officer.post(&planted, &[("password", "the officer's own words")]).await.expect(422);
        let link = register(&world, &officer, "newofficer@example.org", "the officer's own words").await;
        officer.post(&link, &[("password", "the officer's own words")]).await.expect(303);
        attacker.get(&planted).await.expect(409);
        attacker.get("/sign-in").await;
        attacker.post("/sign-in", &[("email", "newofficer@example.org"), ("password", "attacker knows this")]).await.expect(422);
        officer.get("/desk/calls").await.expect(403);
        accept(&officer).await.expect(200).shows("You have accepted the role").shows("procurement officer");
        officer.get("/desk/calls").await.expect(200);
    }
    async fn an_offer_is_answered_alike_whether_or_not_the_address_has_an_account(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let known = email_of(&world, &world.actor(world.account("Known")));
        let api = world.api(&owner).await;
        let path = format!("/api/v1/organisations/{organisation}/members");
        let before = mails(&world).len();
        let replies = [known.as_str(), "unknown@example.org"].map(|email| json!({"email": email, "role": "applicant_editor"}));
        let mut said = Vec::new();
        for body in replies {
            said.push(api.post(&path, body).await.expect(200).text);
        }
        assert_eq!(said[0], said[1]);
        let sent = mails(&world);
        assert_eq!(sent.len(), before + 2);
        assert_eq!((&sent[0].subject, &sent[0].body), (&sent[1].subject, &sent[1].body));
    }
    async fn nobody_is_put_into_an_organisation_without_accepting_and_another_cannot_accept_for_them(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let buyer = world.person(Role::ProcurementOfficer);
        let path = format!("/organisations/{organisation}");
        let browser = world.client(&owner).await;
        browser.get(&path).await;
        browser.post_and_follow(&format!("{path}/members"), &[("email", &email_of(&world, &buyer)), ("role", "applicant_editor")]).await
            .expect(200).shows("They join the team when they accept").shows(&email_of(&world, &buyer));
        let invited = world.client(&buyer).await;
        let page = invited.get("/account").await.expect(200).shows("Roles offered to you");
        assert!(!invited.get(&path).await.text.contains("Procurement officer 0"), "not a member yet");
        assert_eq!(world.actor(buyer.account().unwrap()).memberships().len(), 1);
        let accept_path = page.text.split('"').find(|p| p.ends_with("/accept")).unwrap().to_owned();
        let stranger = world.client(&world.person(Role::Auditor)).await;
        stranger.post(&accept_path, &[]).await.expect(404);
        let decline = page.text.split('"').find(|p| p.ends_with("/decline")).unwrap().to_owned();
        invited.post(&decline, &[]).await.expect(303);
        invited.post(&accept_path, &[]).await.expect(409).shows("does not stand any more");
        assert_eq!(world.actor(buyer.account().unwrap()).memberships().len(), 1);
    }
    async fn an_offer_taken_back_or_made_by_somebody_who_lost_the_right_is_worth_nothing(world: World) {
        let admin = world.person(Role::Administrator);
        let second = world.person(Role::Administrator);
        let browser = world.client(&admin).await;
        for name in ["one", "two"] {
            browser.get("/people").await;
            browser.post("/people/members", &[("email", &email_of(&world, &world.actor(world.account(name)))), ("role", "auditor")]).await.expect(303);
        }
        let page = browser.get("/people").await.expect(200);
        let withdraw = page.text.split('"').find(|p| p.ends_with("/withdraw")).unwrap().to_owned();
        browser.post(&withdraw, &[]).await.expect(303);
        let two = world.sign_in("person3@example.org", PASSWORD).await;
        let offer = two.get("/account").await.text.split('"').find(|p| p.ends_with("/accept")).expect("the offer to the second stands").to_owned();
        let other = world.client(&second).await;
        let members = world.app.db.read_now(|db| {
            use commonweal::db::schema::members;
            use diesel::prelude::*;
            Ok(members::table.filter(members::account_id.eq(admin.account().unwrap())).select(members::id).first::<String>(db)?)
        }).unwrap();
        other.get("/people").await;
        other.post(&format!("/people/members/{members}/end"), &[]).await.expect(303);
        two.post(&offer, &[]).await.expect(409).shows("does not stand any more");
    }
    async fn who_got_which_role_from_whom_stands_in_the_authoritys_audit(world: World) {
        let admin = world.client(&world.person(Role::Administrator)).await;
        let invited = world.account("New auditor");
        let email = email_of(&world, &world.actor(invited));
        admin.get("/people").await;
        admin.post("/people/members", &[("email", &email), ("role", "auditor")]).await.expect(303);
        let auditor = world.sign_in(&email, PASSWORD).await;
        accept(&auditor).await.expect(200);
        auditor.get("/audit?kind=invitation").await.expect(200).shows("Accepted").hides("member.added");
        let file = auditor.get("/audit?kind=invitation&format=csv").await.expect(200).text;
        assert!(file.lines().skip(1).all(|row| row.contains("member.")) && file.contains("member.invited"), "{file}");
        auditor.get("/audit?from=tomorrow").await.expect(422).shows("Enter a date like 15/1/2027");
        auditor.get("/audit?until=1/1/2020").await.expect(200).shows("Nothing fits");
        auditor.get("/audit?who=nobody@example.org").await.expect(200).shows("Nothing fits");
        auditor.get("/audit").await.expect(200);
        let trail = auditor.get("/audit").await.expect(200);
        assert!(["member.invited", "member.added", "member.accepted"].iter().all(|act| trail.text.contains(act)), "{}", trail.words());
        assert!(!trail.text.contains(&email), "the record holds no personal data");
    }
    async fn a_password_reset_ends_tokens_as_well_as_sessions_and_a_new_token_is_told_by_mail(world: World) {
        let person = world.person(Role::ProcurementOfficer);
        let browser = world.client(&person).await;
        let email = email_of(&world, &person);
        let page = browser.post("/account/tokens", &[("name", "robot"), ("scope", "write"), ("days", "30")]).await.expect(200);
        let secret = page.words().split_whitespace().find(|w| w.starts_with("cw_")).unwrap().to_owned();
        let told = &mails(&world)[0];
        assert_eq!((told.recipient.as_str(), told.body.contains("“robot”"), told.body.contains(&secret)), (email.as_str(), true, false));
        let program = world.api(&Actor::Public).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let header = format!("{scheme} {secret}");
            program.post_with("/api/v1/organisations", &[("authorization", &header)], json!({})).await.expect(422);
        }
        browser.get("/forgot").await;
        browser.post("/forgot", &[("email", &email)]).await.expect(200);
        let link = path_in(&mails(&world)[0].body, "/reset/");
        browser.get(&link).await.expect(200);
        browser.post(&link, &[("password", "six tall green herons")]).await.expect(303);
        let header = format!("Bearer {secret}");
        program.post_with("/api/v1/organisations", &[("authorization", &header)], json!({})).await.expect(401);
    }
    async fn one_address_is_not_flooded_with_mail_and_forgotten_passwords_do_not_stop_colleagues_from_signing_in(world: World) {
        let victim = email_of(&world, &world.person(Role::Auditor));
        let browser = world.client(&Actor::Public).await;
        browser.get("/forgot").await;
        let mut refused = 0;
        for _ in 0..29 {
            let reply = browser.post("/forgot", &[("email", &victim)]).await;
            refused += usize::from(reply.status == 422);
        }
        assert_eq!(mails(&world).len(), 5, "mails to one address are bounded");
        assert_eq!(refused, 9, "so is asking from one place");
        browser.get("/make-account").await;
        for number in 0..25 {
            let email = format!("new{number}@example.org");
            let reply = browser.post("/make-account", &[("name", "N"), ("email", &email), ("password", PASSWORD)]).await;
            assert_eq!(reply.status, if number < 20 { 200 } else { 422 }, "{number}");
        }
        world.sign_in(&victim, PASSWORD).await;
    }
    async fn guessing_at_one_account_from_one_place_leaves_its_owner_elsewhere_and_colleagues_here_alone(world: World) {
        let colleague = email_of(&world, &world.person(Role::Auditor));
        let victim = email_of(&world, &world.person(Role::FundManager));
        let guesser = world.client(&Actor::Public).await;
        guesser.get("/sign-in").await;
        for _ in 0..12 {
            guesser.post("/sign-in", &[("email", &victim), ("password", "wrong wrong wrong")]).await.expect(422);
        }
        guesser.post("/sign-in", &[("email", &victim), ("password", PASSWORD)]).await.expect(422);
        world.sign_in(&colleague, PASSWORD).await;
        let input = commonweal::people::actions::SignIn { email: victim, password: PASSWORD.into(), next: String::new() };
        commonweal::people::actions::sign_in(&world.app, "198.51.100.7", &input).await.unwrap();
    }
    async fn a_member_of_a_bidder_neither_opens_nor_judges_nor_awards_the_call_it_bids_in(world: World) {
        const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];
        let ready = ready(&world, CallKind::Tender, &BIDS);
        let owner = ready.suppliers[0].1.clone();
        let torn = [Role::ProcurementOfficer, Role::Evaluator, Role::CommitteeMember].into_iter().fold(owner, |who, role| world.also(&who, role));
        let torn_api = world.api(&torn).await;
        let officer = world.api(&ready.officer).await;
        let call = format!("/api/v1/calls/{}", ready.call);
        officer.post(&format!("{call}/panel"), json!({ "account": torn.account().unwrap() })).await.expect(201);
        let own = |reply: Reply| assert_eq!(reply.expect(409).json()["type"], "/problems/applications/own-organisation");
        own(torn_api.get(&format!("{call}/sheet")).await);
        own(torn_api.post(&format!("{call}/opening"), json!({ "part": "quality" })).await);
        own(torn_api.post(&format!("{call}/opening/confirm"), json!({ "part": "quality" })).await);
        own(torn_api.post(&format!("{call}/moderation/closed"), json!({})).await);
        own(torn_api.post(&format!("{call}/ranking"), json!({})).await);
        own(torn_api.post(&format!("{call}/awards"), json!({ "application": ready.bids[1], "reasons": "Mine" })).await);
        let (_, elsewhere) = world.applicant("Not in this call");
        let free = world.api(&world.also(&elsewhere, Role::ProcurementOfficer)).await;
        let reply = free.post(&format!("{call}/ranking"), json!({})).await.expect(409);
        assert_ne!(reply.json()["type"], "/problems/applications/own-organisation");
    }
    async fn a_member_of_the_winner_does_not_approve_its_award(world: World) {
        const BIDS: [(&str, i64, i64); 2] = [("Alder Kitchens", 20, 1_000_000), ("Birch Meals", 10, 900_000)];
        let ready = ready(&world, CallKind::Tender, &BIDS);
        signed(&world, &ready).await;
        let body = json!({ "application": ready.bids[0], "reasons": "The best plan" });
        let award = world.api(&ready.officer).await.post(&format!("/api/v1/calls/{}/awards", ready.call), body).await.expect(201).json();
        let torn = world.api(&world.also(&ready.suppliers[0].1, Role::CommitteeMember)).await;
        let path = format!("/api/v1/awards/{}/decision", award["id"].as_str().unwrap());
        let reply = torn.post(&path, json!({ "decision": "approve" })).await.expect(409).json();
        assert_eq!(reply["type"], "/problems/applications/own-organisation");
        assert!(reply["detail"].as_str().unwrap().contains("An organisation you belong to"));
    }
}
