//! Accounts, sign-in, organisations and roles, as people meet them.

use crate::support::{Kind, PASSWORD, Reply, World};
use actix_web::test::TestRequest;
use commonweal::audit;
use commonweal::db::Json;
use commonweal::error::Error;
use commonweal::people::actions::{self, NewDepartment, NewMember};
use commonweal::people::{Organisation, OrganisationKind, Profile};
use commonweal::values::{Actor, Id, Role};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The address of a person's account, as their own page tells it.
async fn email_of(world: &World, person: &Actor) -> String {
    let page = world.client(person).await.get("/account").await.words();
    page.split_whitespace().find(|word| word.contains('@')).unwrap().to_owned()
}

/// An attempt to sign in from one of several places, with a browser that was never seen before.
async fn sign_in_from(world: &World, place: u8, email: &str, password: &str) -> Reply {
    let browser = world.client(&Actor::Public).await;
    let csrf = browser.get("/sign-in").await.expect(200).field("csrf").unwrap();
    let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
    let request = TestRequest::post()
        .uri("/sign-in")
        .peer_addr(SocketAddr::from(([192, 0, 2, place], 40_000)))
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .set_payload(serde_html_form::to_string(&fields[..]).unwrap());
    browser.request(request).await
}

both! {
    async fn a_person_makes_an_account_signs_in_and_registers_an_organisation(world: World) {
        let browser = world.client(&Actor::Public).await;
        browser.get("/make-account").await.expect(200);
        browser.post("/make-account", &[("name", "Ada"), ("email", "Ada@Example.org"), ("password", "short")]).await
            .expect(422).shows("Use 12 characters or more").shows("Error:");
        browser.post("/make-account", &[("name", "Ada"), ("email", "Ada@Example.org"), ("password", PASSWORD)]).await
            .expect(200).shows("Check your mail");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
        let link = mails[0].body.split_whitespace().find(|w| w.contains("/confirm/")).unwrap();
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        browser.get(path).await.expect(200);
        browser.post(path, &[("password", PASSWORD)]).await.expect(303);
        browser.post("/sign-out", &[]).await;
        browser.get("/sign-in").await;
        let reply = browser.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD), ("next", "/organisations/new")]).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/organisations/new"));
        browser.get("/organisations/new").await.expect(200);
        let page = browser.post_and_follow("/organisations/new", &[("name", "Ada's Kitchen"), ("kind", "social_enterprise")]).await;
        page.expect(200).shows("Your organisation is registered").shows("Facts that your applications reuse");
    }
    async fn a_failed_sign_in_never_tells_whether_the_account_exists(world: World) {
        let known = world.person(Role::Auditor);
        let browser = world.client(&known).await;
        let email = browser.get("/account").await.words().split_whitespace().find(|w| w.contains('@')).unwrap().to_owned();
        let stranger = world.client(&Actor::Public).await;
        stranger.get("/sign-in").await;
        let wrong = stranger.post("/sign-in", &[("email", &email), ("password", "not the password")]).await.expect(422);
        let unknown = stranger.post("/sign-in", &[("email", "nobody@example.org"), ("password", "not the password")]).await.expect(422);
        let words = |reply: &crate::support::Reply| reply.words().replace(&email, "").replace("nobody@example.org", "");
        assert_eq!(words(&wrong), words(&unknown));
    }
    async fn ten_wrong_passwords_lock_the_account_and_the_right_one_is_then_refused_with_the_same_words(world: World) {
        let person = world.person(Role::Auditor);
        let email = world.client(&person).await.get("/account").await.words().split_whitespace().find(|w| w.contains('@')).unwrap().to_owned();
        let browser = world.client(&Actor::Public).await;
        browser.get("/sign-in").await;
        for _ in 0..10 {
            browser.post("/sign-in", &[("email", &email), ("password", "wrong wrong wrong")]).await.expect(422);
        }
        let locked = browser.post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await.expect(422).shows("is not right, or the account is locked");
        let unknown = browser.post("/sign-in", &[("email", "nobody@example.org"), ("password", PASSWORD)]).await.expect(422);
        assert_eq!(locked.words().replace(&email, ""), unknown.words().replace("nobody@example.org", ""));
    }
    async fn fifty_wrong_passwords_from_six_places_lock_the_account_everywhere_and_nobody_learns_that_it_exists(world: World) {
        let email = email_of(&world, &world.person(Role::Auditor)).await;
        let colleague = email_of(&world, &world.person(Role::Auditor)).await;
        // Nine at most from each place: no place is refused, only the account itself can be.
        for attempt in 0..50_u8 {
            sign_in_from(&world, attempt % 6 + 1, &email, "wrong wrong wrong").await.expect(422);
        }
        let locked = sign_in_from(&world, 7, &email, PASSWORD).await.expect(422).shows("is not right, or the account is locked");
        let unknown = sign_in_from(&world, 7, "nobody@example.org", PASSWORD).await.expect(422);
        assert_eq!(locked.words(), unknown.words());
        // The account is locked, not the place.
        sign_in_from(&world, 7, &colleague, PASSWORD).await.expect(303);
    }
    async fn a_locked_account_stays_locked_however_often_it_is_tried_again(world: World) {
        let person = world.person(Role::Auditor);
        let email = email_of(&world, &person).await;
        // One wrong password short of the lock.
        world.app.db.write_now(|db| {
            use commonweal::db::schema::accounts;
            use diesel::prelude::*;
            let account = accounts::table.filter(accounts::id.eq(person.account().unwrap()));
            diesel::update(account).set(accounts::failures.eq(49_i64)).execute(db)?;
            Ok(())
        }).unwrap();
        sign_in_from(&world, 1, &email, "wrong wrong wrong").await.expect(422);
        // Neither another wrong guess nor the right one ends the fifteen minutes early.
        sign_in_from(&world, 2, &email, "wrong wrong wrong").await.expect(422);
        sign_in_from(&world, 3, &email, PASSWORD).await.expect(422).shows("is not right, or the account is locked");
        sign_in_from(&world, 4, &email, PASSWORD).await.expect(422).shows("is not right, or the account is locked");
    }
    async fn of_wrong_passwords_that_come_at_once_each_counts(world: World) {
        let person = world.person(Role::Auditor);
        let email = email_of(&world, &person).await;
        let guesses = (1..=12).map(|place| sign_in_from(&world, place, &email, "wrong wrong wrong"));
        for guess in futures_util::future::join_all(guesses).await {
            guess.expect(422);
        }
        let counted: i64 = world.app.db.read_now(|db| {
            use commonweal::db::schema::accounts;
            use diesel::prelude::*;
            Ok(accounts::table.filter(accounts::id.eq(person.account().unwrap())).select(accounts::failures).first(db)?)
        }).unwrap();
        assert_eq!(counted, 12);
    }
    async fn a_hundred_wrong_passwords_over_many_addresses_shut_one_place_and_no_other(world: World) {
        let email = email_of(&world, &world.person(Role::Auditor)).await;
        // Addresses that have no account count the same, each only once.
        for attempt in 0..100 {
            sign_in_from(&world, 1, &format!("nobody{attempt}@example.org"), "wrong wrong wrong").await
                .expect(422).shows("is not right, or the account is locked");
        }
        let shut = sign_in_from(&world, 1, &email, PASSWORD).await.expect(422).shows("too many attempts from your network");
        let unknown = sign_in_from(&world, 1, "nobody@example.org", PASSWORD).await.expect(422);
        assert_eq!(shut.words(), unknown.words());
        sign_in_from(&world, 2, &email, PASSWORD).await.expect(303);
    }
    async fn a_forgotten_password_is_reset_by_mail_once_and_ends_every_session(world: World) {
        let person = world.person(Role::Auditor);
        let signed_in = world.client(&person).await;
        let email = signed_in.get("/account").await.words().split_whitespace().find(|w| w.contains('@')).unwrap().to_owned();
        let browser = world.client(&Actor::Public).await;
        browser.get("/forgot").await.expect(200);
        browser.post("/forgot", &[("email", &email)]).await.expect(200).shows("If this address has an account");
        browser.post("/forgot", &[("email", "nobody@example.org")]).await.expect(200).shows("If this address has an account");
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
        assert_eq!(mails.len(), 1, "an unknown address gets no mail");
        let link = mails[0].body.split_whitespace().find(|w| w.contains("/reset/")).unwrap();
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        browser.get(path).await.expect(200);
        browser.post(path, &[("password", "six tall green herons")]).await.expect(303);
        signed_in.get("/account").await.expect(303);
        browser.get(path).await.expect(409).shows("does not work any more");
        browser.post(path, &[("password", "again again again and")]).await.expect(422).shows("does not work any more");
        browser.get("/sign-in").await;
        browser.post("/sign-in", &[("email", &email), ("password", "six tall green herons")]).await.expect(303);
    }
    async fn a_reset_ends_every_other_open_reset_link_of_the_account_and_no_other_accounts(world: World) {
        let email = email_of(&world, &world.person(Role::Auditor)).await;
        let colleague = email_of(&world, &world.person(Role::Auditor)).await;
        let browser = world.client(&Actor::Public).await;
        for address in [&email, &email, &colleague] {
            browser.get("/forgot").await.expect(200);
            browser.post("/forgot", &[("email", address)]).await.expect(200);
        }
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
        let links = |to: &str| -> Vec<String> {
            let theirs = mails.iter().filter(|mail| mail.recipient == to);
            theirs.map(|mail| {
                let link = mail.body.split_whitespace().find(|w| w.contains("/reset/")).unwrap();
                link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
            }).collect()
        };
        let asked = links(&email);
        assert_eq!(asked.len(), 2);
        browser.get(&asked[0]).await.expect(200);
        browser.post(&asked[0], &[("password", "six tall green herons")]).await.expect(303);
        for link in &asked {
            browser.get(link).await.expect(409).shows("does not work any more");
            browser.post(link, &[("password", "again again again and")]).await.expect(422).shows("does not work any more");
        }
        browser.get(&links(&colleague)[0]).await.expect(200);
        browser.get("/sign-in").await;
        browser.post("/sign-in", &[("email", &email), ("password", "six tall green herons")]).await.expect(303);
    }
    async fn a_form_without_its_sessions_token_is_refused(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let browser = world.client(&owner).await;
        let path = format!("/organisations/{organisation}");
        browser.post_raw(&path, &[("name", "Taken over")]).await.expect(409).shows("This form is no longer valid");
        browser.post_raw(&path, &[("csrf", "guess"), ("name", "Taken over")]).await.expect(409);
        browser.get(&path).await.expect(200).shows("Harvest");
    }
    async fn a_session_that_was_ended_elsewhere_stops_at_once(world: World) {
        let person = world.person(Role::FundManager);
        let (one, two) = (world.client(&person).await, world.client(&person).await);
        one.get("/account").await.expect(200).shows("signed in on 2 devices");
        one.post("/account/sessions/end", &[]).await.expect(303);
        let reply = two.get("/account").await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/sign-in?next=%2Faccount"));
    }
    async fn a_token_is_shown_once_works_and_stops_when_revoked(world: World) {
        let person = world.person(Role::ProcurementOfficer);
        let browser = world.client(&person).await;
        let page = browser.post("/account/tokens", &[("name", "robot"), ("scope", "read"), ("days", "30")]).await.expect(200);
        let secret = page.words().split_whitespace().find(|w| w.starts_with("cw_")).unwrap().to_owned();
        browser.get("/account").await.hides(&secret);
        let public = world.api(&Actor::Public).await;
        public.get("/api/v1/me").await.expect(401);
        let bearer = format!("Bearer {secret}");
        let as_robot = |path: &'static str| public.post_with(path, &[], json!({}));
        as_robot("/api/v1/organisations").await.expect(401);
        let read_only = public.post_with("/api/v1/organisations", &[("authorization", &bearer)], json!({"name": "X", "kind": "charity"})).await;
        assert_eq!(read_only.status, 403, "a read token changes nothing: {}", read_only.text);
        let page = browser.get("/account").await;
        let action = page.text.split('"').find(|p| p.contains("/revoke")).unwrap().to_owned();
        browser.post(&action, &[]).await.expect(303);
        let after = public.post_with("/api/v1/organisations", &[("authorization", &bearer)], json!({})).await;
        assert_eq!(after.status, 401);
    }
    async fn an_owner_adds_an_editor_who_may_not_manage_the_team(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let other = world.account("Edie");
        let browser = world.client(&owner).await;
        let path = format!("/organisations/{organisation}");
        browser.get(&path).await.expect(200);
        let email = "person1@example.org";
        browser.post(&format!("{path}/members"), &[("email", email), ("role", "auditor")]).await.expect(422).shows("Staff roles belong to authorities");
        browser.post(&format!("{path}/members"), &[("email", email), ("role", "applicant_editor")]).await.expect(303);
        let page = world.client(&world.actor(other)).await;
        let offer = page.get("/account").await.text.split('"').find(|p| p.ends_with("/accept")).unwrap().to_owned();
        page.post(&offer, &[]).await.expect(303);
        let editor = world.client(&world.actor(other)).await;
        editor.get(&path).await.expect(200).hides("Add somebody").hides("Offer the role");
        editor.post(&format!("{path}/members"), &[("email", email), ("role", "applicant_owner")]).await.expect(403);
        let (_, stranger) = world.applicant("Elsewhere");
        world.client(&stranger).await.get(&path).await.expect(404);
    }
    async fn every_kind_of_applicant_registers_itself_and_no_authority_does(world: World) {
        let api = world.api(&world.actor(world.account("Ada"))).await;
        for kind in ["company", "social_enterprise", "charity", "cooperative", "community_interest_company"] {
            let made = api.post("/api/v1/organisations", json!({ "name": "Ada's", "kind": kind })).await.expect(201).json();
            let path = format!("/api/v1/organisations/{}", made["id"].as_str().unwrap());
            assert_eq!(api.get(&path).await.expect(200).json()["kind"], kind);
        }
        for kind in ["authority", "department", "", "club"] {
            let refused = api.post("/api/v1/organisations", json!({ "name": "Ada's", "kind": kind })).await.expect(422);
            assert!(refused.text.contains("kind"), "{kind}: {}", refused.text);
        }
    }
    async fn a_program_reads_and_changes_an_organisations_profile_as_its_page_does(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let api = world.api(&owner).await;
        let path = format!("/api/v1/organisations/{organisation}");
        let before = api.get(&path).await.expect(200).json();
        assert_eq!((&before["name"], &before["profile"]["contact_email"], &before["members"][0]["role"]),
            (&json!("Harvest"), &json!("hello@example.org"), &json!("applicant_owner")));
        let facts = json!({ "name": "Harvest Lane", "register_id": "GB-COH-01234567", "address": "12 Mill Lane",
                            "contact_email": "Hello@Harvest.example", "purpose": "We cook together", "staff": "12", "kind": "company" });
        let changed = api.post(&path, facts.clone()).await.expect(200).json();
        assert_eq!(changed, api.get(&path).await.expect(200).json());
        assert_eq!((&changed["name"], &changed["kind"]), (&json!("Harvest Lane"), &json!("community_interest_company")), "the kind stays");
        assert_eq!(changed["profile"], json!({ "register_id": "GB-COH-01234567", "address": "12 Mill Lane",
            "contact_email": "hello@harvest.example", "purpose": "We cook together", "staff": 12, "group": "" }));
        world.client(&owner).await.get(&format!("/organisations/{organisation}")).await.expect(200).shows("Harvest Lane").shows("12 Mill Lane");
        let wrong = api.post(&path, json!({ "name": "", "contact_email": "nobody", "staff": "many" })).await.expect(422);
        assert_eq!(wrong.header("content-type"), Some("application/problem+json"));
        for words in ["Enter the organisation's name", "Enter an email address", "staff"] {
            assert!(wrong.text.contains(words), "{words}: {}", wrong.text);
        }
        let editor = world.api(&world.person_of(organisation, Role::ApplicantEditor)).await;
        // An editor and the council's staff see what the page shows them, and a council is no applicant.
        let evaluator = world.api(&world.person(Role::Evaluator)).await;
        for other in [&editor, &evaluator] {
            let seen = other.get(&path).await.expect(200).json();
            assert_eq!(seen["profile"], json!({ "register_id": "GB-COH-01234567", "address": "12 Mill Lane", "purpose": "We cook together" }));
        }
        evaluator.get(&format!("/api/v1/organisations/{}", world.council)).await.expect(404);
        editor.post(&path, facts.clone()).await.expect(403);
        let (_, stranger) = world.applicant("Elsewhere");
        world.api(&stranger).await.get(&path).await.expect(404);
        world.api(&stranger).await.post(&path, facts.clone()).await.expect(404);
        world.api(&Actor::Public).await.post(&path, facts).await.expect(401);
        assert_eq!(api.get(&path).await.expect(200).json()["name"], "Harvest Lane");
    }
    async fn a_program_ends_a_role_and_takes_an_offer_back(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let editor = world.person_of(organisation, Role::ApplicantEditor);
        let api = world.api(&owner).await;
        let path = format!("/api/v1/organisations/{organisation}");
        api.post(&format!("{path}/members"), json!({ "email": "new@example.org", "role": "applicant_editor" })).await.expect(200);
        let team = api.get(&path).await.expect(200).json();
        assert_eq!(team["invitations"][0]["email"], "new@example.org");
        assert_eq!(world.api(&editor).await.get(&path).await.expect(200).json()["invitations"], json!([]), "offers are the owner's to see");
        let offer = format!("{path}/invitations/{}/withdraw", team["invitations"][0]["id"].as_str().unwrap());
        api.post(&offer, json!({})).await.expect(200);
        api.post(&offer, json!({})).await.expect(404);
        let member = |role: &str| {
            let found = team["members"].as_array().unwrap().iter().find(|m| m["role"] == role).unwrap();
            format!("{path}/members/{}/end", found["id"].as_str().unwrap())
        };
        api.post(&member("applicant_editor"), json!({})).await.expect(200);
        assert_eq!(api.post(&member("applicant_owner"), json!({})).await.expect(409).json()["type"], "/problems/people/last-one");
        let left = api.get(&path).await.expect(200).json();
        assert_eq!((left["members"].as_array().unwrap().len(), &left["invitations"]), (1, &json!([])));
    }
    async fn a_program_of_an_administrator_manages_people_and_departments(world: World) {
        let auditor = world.person(Role::Auditor);
        let api = world.api(&world.person(Role::Administrator)).await;
        let added = api.post("/api/v1/people/departments", json!({ "name": "Public Health" })).await.expect(201).json();
        api.post("/api/v1/people/departments", json!({ "name": "" })).await.expect(422);
        api.post("/api/v1/people/members", json!({ "email": "new@example.org", "role": "evaluator" })).await.expect(200);
        let people = api.get("/api/v1/people").await.expect(200).json();
        assert_eq!(people["departments"], json!([{ "id": added["id"], "name": "Public Health" }]));
        let offer = &people["invitations"][0];
        assert_eq!((&offer["email"], &offer["role"]), (&json!("new@example.org"), &json!("evaluator")));
        api.post(&format!("/api/v1/people/invitations/{}/withdraw", offer["id"].as_str().unwrap()), json!({})).await.expect(200);
        let end = |role: &str| {
            let found = people["members"].as_array().unwrap().iter().find(|m| m["role"] == role).unwrap();
            format!("/api/v1/people/members/{}/end", found["id"].as_str().unwrap())
        };
        world.api(&auditor).await.post(&end("auditor"), json!({})).await.expect(403);
        api.post(&end("auditor"), json!({})).await.expect(200);
        assert_eq!(api.post(&end("administrator"), json!({})).await.expect(409).json()["type"], "/problems/people/last-one");
        let left = api.get("/api/v1/people").await.expect(200).json();
        assert_eq!((&left["invitations"], left["members"].as_array().unwrap().len()), (&json!([]), 1));
    }
    async fn an_administrator_adds_departments_and_a_mission_names_those_that_work_on_it(world: World) {
        let admin = world.client(&world.person(Role::Administrator)).await;
        admin.get("/people").await.expect(200).shows("No departments yet");
        admin.post("/people/departments", &[("name", "")]).await.expect(422).shows("Enter the department's name");
        admin.post_and_follow("/people/departments", &[("name", "Public Health")]).await.expect(200).shows("Public Health");
        let lead = world.person(Role::MissionLead);
        let browser = world.client(&lead).await;
        browser.post("/people/departments", &[("name", "Mine")]).await.expect(403);
        browser.get("/missions/new").await.expect(200).shows("Which departments work on it?").shows("Public Health");
        let api = world.api(&lead).await;
        let ours = api.get("/api/v1/departments").await.expect(200).json();
        let public_health = ours["items"][0]["id"].clone();
        assert_eq!(ours, json!({ "items": [{ "id": public_health, "name": "Public Health" }], "next": null }));
        let words = |title: &str, department: Value| {
            json!({ "title": title, "statement": "By 2035 every home is warm", "summary": "We retrofit.",
                    "answerable": "Director of Housing", "target_on": "2035-12-31", "departments": [department] })
        };
        let slug = api.post("/api/v1/missions", words("Warm homes", public_health)).await.expect(201).json()["slug"].as_str().unwrap().to_owned();
        let shown = api.get(&format!("/api/v1/missions/{slug}")).await.expect(200).json();
        assert_eq!(shown["departments"][0]["name"], "Public Health");
        browser.get(&format!("/missions/{slug}/manage")).await.expect(200).shows("Public Health");
        // A department of another authority is not ours to name.
        let other = world.other_council();
        let input = NewDepartment { name: "Housing".into() };
        let theirs = actions::add_department(&world.app, &world.person_of(other, Role::Administrator), other, &input).await.unwrap();
        assert_eq!(api.get("/api/v1/departments").await.expect(200).json(), ours, "those of another authority are not listed");
        let refused = api.post("/api/v1/missions", words("Dry homes", json!(theirs))).await.expect(422);
        assert!(refused.text.contains("Choose departments of your own authority"), "{}", refused.text);
    }
    async fn an_authority_below_another_has_its_own_people_drafts_and_record(world: World) {
        let now = world.now();
        let below = Organisation {
            id: Id::new(), kind: OrganisationKind::Authority, name: "Northbridge Parish".to_owned(), parent_id: Some(world.council),
            profile: Json(Profile::default()), created_at: now, created_by: None,
        };
        world.app.db.write_now(|db| actions::make_organisation(db, &Actor::System, &below, None, now)).unwrap();
        let (above, theirs) = (world.person(Role::Administrator), world.person_of(below.id, Role::Administrator));
        world.client(&above).await.get("/people").await.expect(200).hides("Northbridge Parish").hides("belongs to");
        world.client(&theirs).await.get("/people").await.expect(200)
            .shows("People and departments of Northbridge Parish").shows("Northbridge Parish belongs to Northbridge Council");
        let offer = NewMember { email: "somebody@example.org".into(), role: "auditor".into() };
        assert!(matches!(actions::invite(&world.app, &above, below.id, &offer).await, Err(Error::Denied | Error::NotFound)), "who is above gives no role below");
        actions::invite(&world.app, &theirs, below.id, &offer).await.unwrap();
        let draft = json!({ "title": "Allotments", "statement": "By 2035 everyone has a plot", "summary": "We dig.",
                            "answerable": "The clerk", "target_on": "2035-12-31" });
        let lead = world.api(&world.person_of(below.id, Role::MissionLead)).await;
        let slug = lead.post("/api/v1/missions", draft).await.expect(201).json()["slug"].as_str().unwrap().to_owned();
        world.api(&world.person(Role::MissionLead)).await.get(&format!("/api/v1/missions/{slug}")).await.expect(404);
        let told = |authority| {
            let all = world.app.db.read_now(|db| audit::list(db, authority, &audit::Filter::default(), None, 100)).unwrap().items;
            let of = |action: &str| all.iter().filter(|row| row.action == action).count();
            (of("organisation.registered"), of("member.invited"), of("mission.begun"))
        };
        assert_eq!((told(world.council), told(below.id)), ((1, 0, 0), (1, 1, 1)));
    }
    async fn the_last_administrator_cannot_be_removed(world: World) {
        let admin = world.person(Role::Administrator);
        let browser = world.client(&admin).await;
        let page = browser.get("/people").await.expect(200);
        let end = page.text.split('"').find(|p| p.ends_with("/end")).unwrap().to_owned();
        browser.post(&end, &[]).await.expect(409).shows("last person with this role");
    }
    async fn an_auditor_sees_who_holds_which_role_and_changes_nothing_and_others_do_not_see_it(world: World) {
        let admin = world.person(Role::Administrator);
        let page = world.client(&admin).await.get("/people").await.expect(200);
        let end = page.text.split('"').find(|p| p.ends_with("/end")).unwrap().to_owned();
        let auditor = world.person(Role::Auditor);
        let browser = world.client(&auditor).await;
        browser.get("/people").await.expect(200).shows("Roles held now").shows("administrator").shows("auditor")
            .hides("End role").hides("Offer a role").hides("Add department");
        browser.get("/tasks").await.expect(200).shows("People");
        let held = world.api(&auditor).await.get("/api/v1/people").await.expect(200).json();
        let roles: Vec<&str> = held["members"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
        assert!(roles.contains(&"administrator") && roles.contains(&"auditor"), "{held}");
        browser.post(&end, &[]).await.expect(403);
        for role in [Role::ProcurementOfficer, Role::FundManager, Role::ContractManager, Role::Evaluator] {
            world.client(&world.person(role)).await.get("/people").await.expect(403);
        }
    }
    async fn a_call_sent_twice_with_one_idempotency_key_is_carried_out_once(world: World) {
        let (_, owner) = world.applicant("Harvest");
        let api = world.api(&owner).await;
        let body = json!({"name": "Second", "kind": "charity"});
        let first = api.post_with("/api/v1/organisations", &[("idempotency-key", "k1")], body.clone()).await.expect(201);
        let second = api.post_with("/api/v1/organisations", &[("idempotency-key", "k1")], body).await.expect(201);
        assert_eq!(first.json()["id"], second.json()["id"]);
        assert_eq!(second.header("idempotent-replay"), Some("true"));
        let other = api.post_with("/api/v1/organisations", &[("idempotency-key", "k1")], json!({"name": "Third", "kind": "charity"})).await.expect(409);
        assert_eq!(other.json()["type"], "/problems/http/idempotency-key-reused");
    }
    async fn an_administrator_moves_the_clock_forward_only(world: World) {
        let admin = world.person(Role::Administrator);
        let browser = world.client(&admin).await;
        let link = r#"<a class="govuk-link" href="/sandbox">Move the clock</a>"#;
        browser.get("/tasks").await.expect(200).shows(link);
        world.client(&world.person(Role::Auditor)).await.get("/tasks").await.expect(200).hides(link);
        browser.get("/sandbox").await.expect(200).shows("Practice clock");
        browser.post("/sandbox", &[("to_date", "2020-01-01"), ("to_time", "noon")]).await.expect(422).shows("The clock only goes forward");
        let page = browser.post_and_follow("/sandbox", &[("to_date", "2031-05-01"), ("to_time", "9am")]).await;
        page.expect(200).shows("9am on Thursday 1 May 2031 (BST)");
        world.client(&world.person(Role::Auditor)).await.get("/sandbox").await.expect(403);
    }
    async fn an_unknown_page_says_what_to_do_and_an_unknown_api_path_is_problem_json(world: World) {
        let browser = world.client(&Actor::Public).await;
        browser.get("/no/such/page").await.expect(404).shows("Go to the home page");
        let problem = world.api(&Actor::Public).await.get("/api/v1/nothing").await.expect(404);
        assert_eq!(problem.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem.json()["title"], "Page not found");
    }
}

#[actix_web::test]
async fn every_answer_forbids_inline_script_and_framing() {
    let world = World::new(Kind::Sqlite).await;
    let browser = world.client(&Actor::Public).await;
    for path in ["/", "/sign-in", "/help", "/status", "/no/such/page"] {
        let reply = browser.get(path).await;
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{path}: {policy}");
        assert!(!reply.text.contains("<script") && !reply.text.contains(" style="), "{path}");
    }
}
