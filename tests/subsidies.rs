//! Subsidy routes: what is confirmed in writing, what fits the cap, who signs.

use crate::agreements::award;
use crate::support::World;
use commonweal::applications::Application;
use commonweal::awards::{self, AwardKind};
use commonweal::subsidies;
use commonweal::values::{Actor, Id, Pence, Role, actor};
use serde_json::json;

/// An application of an organisation, which a route is recorded for.
pub fn application_of(world: &World, organisation: Id<actor::Organisation>, owner: &Actor) -> Id<Application> {
    let award = award(world, organisation, owner, AwardKind::Investment, Pence(5_000_000), &[]);
    world.app.db.read_now(|db| awards::find(db, award)).unwrap().application_id
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
        manager.post(&format!("/api/v1/subsidy-routes/{}/given", routes[0].1), json!({})).await.expect(200);
        let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
        assert_eq!(mails.iter().filter(|m| m.subject.contains("confirmation") && m.body.contains("£105,000")).count(), 1);
    }
    async fn an_enterprise_is_asked_by_mail_to_confirm_before_it_is_given_minimal_assistance(world: World) {
        let manager = world.api(&world.person(Role::FundManager)).await;
        let (organisation, person) = world.applicant("Alder Group");
        let application = application_of(&world, organisation, &person);
        let mails = || world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
        let body = json!({ "kind": "mfa", "amount": "61234.56", "basis": "Grant in full" });
        let route = manager.post(&format!("/api/v1/subsidies/{organisation}/{application}"), body).await.expect(201).json();
        let route = route["id"].as_str().unwrap().to_owned();
        // Asked at once: with the amount, how it was found, and where to answer.
        let asked = mails();
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
        let early = manager.post(&give, json!({})).await.expect(409).json();
        assert_eq!(early["type"], "/problems/subsidies/not-now");
        assert_eq!(mails().len(), 1);
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        owner.get(path).await.expect(200).shows("What has your group had from others?");
        owner.post(path, &[("declared", ""), ("complete", "yes")]).await.expect(303);
        assert_eq!(mails().len(), 1);
        manager.post(&give, json!({})).await.expect(200);
        // The newest mail first: it was asked, then confirmed.
        let subjects: Vec<String> = mails().into_iter().map(|mail| mail.subject).collect();
        assert_eq!(subjects, ["Minimal financial assistance: confirmation", "Minimal financial assistance: please confirm"]);
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
