//! Every list of the API is read to its end: what is too long for one page goes on after the last row seen, and each row
//! comes once. What says something only as a whole is never a part.

use crate::applications::sample_calls;
use crate::support::{Api, Kind, World};
use crate::{anonymised, contracts, funds};
use commonweal::applications::{Application, ApplicationState};
use commonweal::calls::Call;
use commonweal::db::schema::{
    applications, audit_rows, funds as fund_rows, investments as holdings, invitations, mails, members, organisations,
    panel_members,
};
use commonweal::db::{After, Db, Json};
use commonweal::error::Result;
use commonweal::funds::Fund;
use commonweal::investments::{self, Investment};
use commonweal::outbox::mail::Mail;
use commonweal::people::{Invitation, Organisation, OrganisationKind, Profile};
use commonweal::scoring::PanelMember;
use commonweal::values::{Account, Actor, Id, Role, actor};
use diesel::prelude::*;
use rust_decimal::dec;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How a list of the API tells whether there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// `next` says where it goes on, and `after` asks for that.
    ByPage,
    /// It says something only as a whole: `complete`.
    Whole,
}

/// Every answer for programs that has `items`. A new one is added here, and to the tests below.
const LISTS: [(&str, Read); 28] = [
    ("/api/v1/agreements", Read::ByPage),
    ("/api/v1/agreements/{id}/totals", Read::Whole),
    ("/api/v1/applications", Read::ByPage),
    ("/api/v1/audit", Read::ByPage),
    ("/api/v1/calls", Read::ByPage),
    ("/api/v1/calls/{id}/applications", Read::ByPage),
    ("/api/v1/calls/{id}/notices", Read::Whole),
    ("/api/v1/calls/{id}/questions", Read::ByPage),
    ("/api/v1/catalogues", Read::ByPage),
    ("/api/v1/catalogues/{id}", Read::ByPage),
    ("/api/v1/conditions", Read::ByPage),
    ("/api/v1/departments", Read::ByPage),
    ("/api/v1/double-counts", Read::ByPage),
    ("/api/v1/dues", Read::ByPage),
    ("/api/v1/evaluations", Read::ByPage),
    ("/api/v1/funds", Read::ByPage),
    ("/api/v1/funds/{id}/cash-flows", Read::Whole),
    ("/api/v1/funds/{id}/forecast", Read::Whole),
    ("/api/v1/invitations", Read::ByPage),
    ("/api/v1/mails", Read::ByPage),
    ("/api/v1/missions", Read::ByPage),
    ("/api/v1/missions/{slug}/readings", Read::ByPage),
    ("/api/v1/missions/{slug}/totals", Read::Whole),
    ("/api/v1/my-investments", Read::ByPage),
    ("/api/v1/register", Read::ByPage),
    ("/api/v1/set-aside", Read::ByPage),
    ("/api/v1/subsidies", Read::ByPage),
    ("/api/v1/subsidy-groups", Read::Whole),
];

/// Whether a path of the API answers a list, for the tests that meet its answers.
pub fn is_list(path: &str) -> bool {
    LISTS.iter().any(|(list, _)| *list == path)
}

/// The handlers that answer a GET of the API, by path, each with what follows its description in the program.
fn handlers() -> BTreeMap<String, String> {
    const DESCRIBED: &str = "#[utoipa::path(";
    let mut found = BTreeMap::new();
    for text in contracts::program().values() {
        for handler in text.split(DESCRIBED).skip(1).filter(|handler| handler.starts_with("get,")) {
            let path = handler.split('"').nth(1).unwrap().to_owned();
            assert_eq!(found.insert(path.clone(), handler.to_owned()), None, "{path} is answered twice");
        }
    }
    found
}

#[actix_web::test]
async fn every_answer_that_has_items_stands_in_the_table_of_lists_and_says_how_it_is_read_to_its_end() {
    let world = World::new(Kind::Sqlite).await;
    let described = world.api(&Actor::Public).await.get("/openapi.json").await.expect(200).json();
    let described: BTreeMap<&String, &Value> =
        described["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some()).collect();
    let handlers = handlers();
    let (in_words, in_program): (BTreeSet<&String>, BTreeSet<&String>) =
        (described.keys().copied().collect(), handlers.keys().collect());
    assert_eq!(in_words, in_program, "what is described is what is answered");

    let answers_items = |handler: &str| handler.contains("\"items\"") || handler.contains("Listed");
    let found: BTreeSet<&str> =
        handlers.iter().filter(|(_, handler)| answers_items(handler)).map(|(path, _)| path.as_str()).collect();
    let held: BTreeSet<&str> = LISTS.iter().map(|(path, _)| *path).collect();
    assert_eq!(found, held, "each list is read by page or answered whole: add it to the table of {}", file!());
    for (path, read) in LISTS {
        let get = &described[&path.to_owned()]["get"];
        let pages = get["parameters"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == "after"));
        let says = get["responses"]["200"]["description"].as_str().unwrap();
        let whole = says.contains("`complete`");
        assert_eq!((pages, whole), (read == Read::ByPage, read == Read::Whole), "{path} says how it is read: {says}");
    }
}

/// Reads a list to its end: what stands in this field of each row, in the order in which they came. It must have more
/// than one page, or the test says nothing.
async fn to_the_end(api: &Api, path: &str, (list, next, after): (&str, &str, &str), field: &str) -> Vec<String> {
    let (mut all, mut pages, mut place) = (Vec::new(), 0, String::new());
    loop {
        let address = if place.is_empty() { path.to_owned() } else { format!("{path}?{after}={place}") };
        let page = api.get(&address).await.expect(200).json();
        let rows = page[list].as_array().unwrap_or_else(|| panic!("{path} has no {list}: {page}"));
        assert!(!rows.is_empty(), "{path}: page {pages} has nothing");
        all.extend(rows.iter().map(|row| row[field].as_str().unwrap().to_owned()));
        pages += 1;
        assert!(pages < 100, "{path} never ends");
        let Some(on) = page[next].as_str() else { break };
        on.clone_into(&mut place);
    }
    assert!(pages > 1, "{path} has one page of {} only", all.len());
    all
}

const ITEMS: (&str, &str, &str) = ("items", "next", "after");

/// A list is read to its end and says exactly this, in this order. A place that no page gave is refused.
async fn says(api: &Api, path: &str, field: &str, expected: &[String]) {
    assert_eq!(to_the_end(api, path, ITEMS, field).await, expected, "{path}");
    for nonsense in ["%25%25%25", "AA"] {
        api.get(&format!("{path}?after={nonsense}")).await.expect(422);
    }
}

fn rows<T>(world: &World, read: impl FnOnce(&mut Db) -> Result<T>) -> T {
    world.app.db.read_now(read).unwrap()
}

fn made(world: &World, make: impl FnMut(&mut Db) -> Result<()>) {
    world.app.db.write_now(make).unwrap();
}

/// What was made later comes last: identifiers sort in that order.
fn texts<T>(ids: impl IntoIterator<Item = Id<T>>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn reversed(mut all: Vec<String>) -> Vec<String> {
    all.reverse();
    all
}

/// Applicant organisations without people.
fn enterprises(world: &World, number: usize) -> Vec<Id<actor::Organisation>> {
    let now = world.now();
    let all: Vec<Organisation> = (0..number)
        .map(|place| Organisation {
            id: Id::new(),
            kind: OrganisationKind::Charity,
            name: format!("Enterprise {place:03}"),
            parent_id: None,
            profile: Json(Profile::default()),
            created_at: now,
            created_by: None,
        })
        .collect();
    made(world, |db| {
        for one in &all {
            diesel::insert_into(organisations::table).values(one).execute(db)?;
        }
        Ok(())
    });
    all.iter().map(|one| one.id).collect()
}

/// Roles that are offered: by which organisation, to which address.
fn offers(world: &World, all: &[(Id<actor::Organisation>, String)], by: Id<Account>) -> Vec<String> {
    let now = world.now();
    let all: Vec<Invitation> = all
        .iter()
        .map(|(organisation_id, email)| Invitation {
            id: Id::new(),
            organisation_id: *organisation_id,
            email: email.clone(),
            role: Role::ApplicantEditor,
            invited_by: by,
            created_at: now,
            expires_at: now.plus(chrono::TimeDelta::days(7)),
            ended_at: None,
            accepted_by: None,
        })
        .collect();
    made(world, |db| {
        for one in &all {
            diesel::insert_into(invitations::table).values(one).execute(db)?;
        }
        Ok(())
    });
    texts(all.iter().map(|one| one.id))
}

/// A person's address.
fn address_of(world: &World, person: &Actor) -> String {
    use commonweal::db::schema::accounts;
    let account = person.account().unwrap();
    rows(world, |db| Ok(accounts::table.filter(accounts::id.eq(account)).select(accounts::email).first(db)?))
}

both! {
    async fn the_people_of_a_council_their_offers_and_departments_are_each_read_to_the_end(world: World) {
        let admin = world.person(Role::Administrator);
        for _ in 0..101 {
            world.person(Role::Evaluator);
        }
        let (council, now) = (world.council, world.now());
        let departments: Vec<Organisation> = (0..60).map(|place| Organisation {
            id: Id::new(), kind: OrganisationKind::Department, name: format!("Department {:02}", 60 - place), parent_id: Some(council),
            profile: Json(Profile::default()), created_at: now, created_by: None,
        }).collect();
        made(&world, |db| {
            for one in &departments {
                diesel::insert_into(organisations::table).values(one).execute(db)?;
            }
            Ok(())
        });
        let addressed: Vec<_> = (0..60).map(|place| (council, format!("new{place}@example.org"))).collect();
        let offered = offers(&world, &addressed, admin.account().unwrap());
        let held: Vec<String> = rows(&world, |db| {
            Ok(members::table
                .filter(members::organisation_id.eq(council))
                .filter(members::ended_at.is_null())
                .order((members::created_at, members::id))
                .select(members::id)
                .load(db)?)
        });
        let api = world.api(&admin).await;
        let path = "/api/v1/people";
        assert_eq!(held.len(), 102);
        assert_eq!(to_the_end(&api, path, ("members", "next", "after"), "id").await, held);
        assert_eq!(to_the_end(&api, path, ("invitations", "next_invitations", "invitations_after"), "id").await, offered);
        let below = to_the_end(&api, path, ("departments", "next_departments", "departments_after"), "id").await;
        assert_eq!(below, texts(departments.iter().map(|d| d.id)));
        says(&world.api(&world.person(Role::MissionLead)).await, "/api/v1/departments", "id", &below).await;
        for field in ["after", "invitations_after", "departments_after"] {
            let refused = api.get(&format!("{path}?{field}=AA")).await.expect(422);
            assert!(refused.text.contains(field), "{}", refused.text);
        }

        // So are the team of an enterprise and what it offers, for its owner.
        let (enterprise, owner) = world.applicant("Harvest");
        for _ in 0..60 {
            world.person_of(enterprise, Role::ApplicantEditor);
        }
        let addressed: Vec<_> = (0..60).map(|place| (enterprise, format!("new{place}@example.org"))).collect();
        let offered = offers(&world, &addressed, owner.account().unwrap());
        let api = world.api(&owner).await;
        let path = format!("/api/v1/organisations/{enterprise}");
        let team = to_the_end(&api, &path, ("members", "next", "after"), "id").await;
        assert_eq!((team.len(), team.iter().collect::<BTreeSet<_>>().len()), (61, 61));
        assert_eq!(to_the_end(&api, &path, ("invitations", "next_invitations", "invitations_after"), "id").await, offered);
    }

    async fn roles_that_many_offer_to_one_person_are_read_to_the_end(world: World) {
        let asked = world.account("Dele Akande");
        let asked = world.actor(asked);
        let (_, owner) = world.applicant("Harvest");
        let address = address_of(&world, &asked);
        let from: Vec<_> = enterprises(&world, 45).into_iter().map(|organisation| (organisation, address.clone())).collect();
        let offered = offers(&world, &from, owner.account().unwrap());
        says(&world.api(&asked).await, "/api/v1/invitations", "id", &offered).await;
        let nobody = world.api(&owner).await.get("/api/v1/invitations").await.expect(200).json();
        assert_eq!((nobody["items"].as_array().unwrap().len(), &nobody["next"]), (0, &Value::Null));
    }

    async fn the_funds_of_a_council_are_read_to_the_end_by_name(world: World) {
        let manager = world.person(Role::FundManager);
        let (other, now) = (world.other_council(), world.now());
        let fund = |authority_id, name: String| Fund {
            id: Id::new(), authority_id, name, mandate: "Work for young people".into(), borrowing_rate: None,
            created_at: now, created_by: None,
        };
        // Neither in the order of their names nor the council's alone.
        let mut all: Vec<Fund> = (0..45).map(|place| fund(world.council, format!("Fund {:02}", place * 7 % 45))).collect();
        let mut expected: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
        expected.sort();
        all.extend((0..5).map(|place| fund(other, format!("Fund {place:02}"))));
        made(&world, |db| {
            for one in &all {
                diesel::insert_into(fund_rows::table).values(one).execute(db)?;
            }
            Ok(())
        });
        says(&world.api(&manager).await, "/api/v1/funds", "name", &expected).await;
    }

    async fn the_record_the_mails_and_the_missions_are_read_to_the_end(world: World) {
        let (auditor, admin) = (world.person(Role::Auditor), world.person(Role::Administrator));
        let missions: Vec<_> = (0..60).map(|_| world.mission()).collect();
        let (council, now) = (world.council, world.now());
        let sent: Vec<Mail> = (0..45).map(|place| Mail::new(Some(council), "one@example.org", &format!("Mail {place}"), "Words", now)).collect();
        made(&world, |db| {
            for one in &sent {
                diesel::insert_into(mails::table).values(one).execute(db)?;
            }
            Ok(())
        });
        let (audit, post) = (world.api(&auditor).await, world.api(&admin).await);
        says(&world.api(&Actor::Public).await, "/api/v1/missions", "id", &texts(missions)).await;
        let newest: Vec<String> = rows(&world, |db| {
            Ok(mails::table.order((mails::created_at.desc(), mails::id.desc())).select(mails::id).load(db)?)
        });
        assert!(newest.len() >= 45);
        says(&post, "/api/v1/mails", "id", &newest).await;
        let record: Vec<String> = rows(&world, |db| {
            Ok(audit_rows::table
                .filter(audit_rows::authority_id.eq(council))
                .order((audit_rows::at.desc(), audit_rows::id.desc()))
                .select(audit_rows::id)
                .load(db)?)
        });
        says(&audit, "/api/v1/audit", "id", &record).await;
    }

    async fn calls_and_what_one_evaluates_are_read_to_the_end(world: World) {
        let evaluator = world.person(Role::Evaluator);
        let calls: Vec<Call> = (0..45).map(|_| sample_calls::tender(&world)).collect();
        let (account, by) = (evaluator.account().unwrap(), world.person(Role::ProcurementOfficer).account().unwrap());
        let now = world.now();
        made(&world, |db| {
            for call in &calls {
                let seat = PanelMember {
                    id: Id::new(), authority_id: call.authority_id, call_id: call.id, account_id: account, added_at: now, added_by: by,
                    declared_at: None, final_at: None, replaced_at: None, replaced_reason: None, successor_id: None,
                };
                diesel::insert_into(panel_members::table).values(&seat).execute(db)?;
            }
            Ok(())
        });
        let newest = reversed(texts(calls.iter().map(|call| call.id)));
        says(&world.api(&Actor::Public).await, "/api/v1/calls", "id", &newest).await;
        says(&world.api(&evaluator).await, "/api/v1/evaluations", "call", &newest).await;
    }

    async fn the_applications_to_a_call_are_read_to_the_end(world: World) {
        let call = sample_calls::round(&world);
        let (council, now) = (world.council, world.now());
        let by = world.person(Role::FundManager);
        let account = by.account().unwrap();
        let states = [ApplicationState::Submitted, ApplicationState::Submitted, ApplicationState::Draft];
        let all: Vec<Application> = enterprises(&world, 160).into_iter().zip(states.into_iter().cycle()).map(|(organisation_id, state)| {
            let id = Id::new();
            Application {
                id, authority_id: council, call_id: call.id, organisation_id, state, call_version: 1,
                reference: Some(format!("A-{id}")), draft: None, draft_recipient: None, draft_wrapped: None, saved_at: now,
                submitted_at: (state == ApplicationState::Submitted).then_some(now), opened_at: None, created_at: now,
                created_by: account, letter: None,
            }
        }).collect();
        made(&world, |db| {
            for one in &all {
                diesel::insert_into(applications::table).values(one).execute(db)?;
            }
            Ok(())
        });
        let sent: Vec<String> = texts(all.iter().filter(|a| a.state == ApplicationState::Submitted).map(|a| a.id));
        let (path, api) = (format!("/api/v1/calls/{}/applications", call.id), world.api(&by).await);
        assert!(sent.len() > 100);
        says(&api, &path, "id", &sent).await;
        // A letter is a place among bidders under letters only.
        api.get(&format!("{path}?after={}", After("B".into()))).await.expect(422);
        // Of a tender nobody learns before the opening that anything was sent.
        let tender = sample_calls::tender(&world);
        let hidden = Application { id: Id::new(), call_id: tender.id, reference: Some("A-hidden".into()), ..all[0].clone() };
        made(&world, |db| {
            diesel::insert_into(applications::table).values(&hidden).execute(db)?;
            Ok(())
        });
        let none = api.get(&format!("/api/v1/calls/{}/applications", tender.id)).await.expect(200).json();
        assert_eq!((none["items"].as_array().unwrap().len(), &none["next"]), (0, &Value::Null));
    }

    async fn bidders_under_letters_go_on_after_a_letter_and_never_after_an_identifier(world: World) {
        let found = anonymised::opened(&world).await;
        let (path, api) = (format!("/api/v1/calls/{}/applications", found.call.id), world.api(&found.officer).await);
        let shown = async |address: &str| {
            let page = api.get(address).await.expect(200).json();
            assert_eq!(page["next"], Value::Null);
            page["items"].as_array().unwrap().iter().map(|row| row["shown_as"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown(&path).await, ["Bidder A", "Bidder B", "Bidder C", "Bidder D"]);
        assert_eq!(shown(&format!("{path}?after={}", After("B".into()))).await, ["Bidder C", "Bidder D"]);
        let first = api.get(&path).await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        for place in [first, "Z".to_owned()] {
            let refused = api.get(&format!("{path}?after={}", After(place))).await.expect(422);
            assert!(refused.text.contains("start again from the first page"), "{}", refused.text);
        }
    }

    async fn ones_own_investments_are_read_to_the_end_and_nobody_elses(world: World) {
        let ground = funds::ground(&world, "10000").await;
        let on = world.now().date();
        let mut whose = Vec::new();
        for (name, reference) in [("Harvest Lane Kitchens CIC", "I-2026-0001"), ("Somebody Else CIC", "I-2026-0002")] {
            let (organisation, owner) = world.applicant(name);
            let agreement = funds::agreement(&world, &ground, organisation, funds::loan(on, &[60_000], 4, dec!(0)), reference);
            let id = world.app.db.write_now(|db| investments::actions::open(db, agreement, funds::noon(on))).unwrap().unwrap();
            whose.push((owner, id));
        }
        let first = rows(&world, |db| investments::find(db, whose[0].1));
        let others: Vec<Investment> = (2..=45).map(|part| Investment {
            id: Id::new(), part, reference: format!("{}-{part}", first.reference), ..first.clone()
        }).collect();
        made(&world, |db| {
            for one in &others {
                diesel::insert_into(holdings::table).values(one).execute(db)?;
            }
            Ok(())
        });
        let newest = reversed(texts([first.id].into_iter().chain(others.iter().map(|one| one.id))));
        says(&world.api(&whose[0].0).await, "/api/v1/my-investments", "id", &newest).await;
        let other = world.api(&whose[1].0).await.get("/api/v1/my-investments").await.expect(200).json();
        assert_eq!((other["items"].as_array().unwrap().len(), other["items"][0]["id"].as_str().unwrap()), (1, whose[1].1.to_string().as_str()));
    }
}
