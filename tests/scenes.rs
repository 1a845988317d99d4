//! Scenes that the practice council does not hold, for the pages that only they show: who meets which page in them.

use crate::applications::sample_calls;
use crate::compliance::{file, one_promise, with_people};
use crate::support::{PASSWORD, World};
use crate::{anonymised, conditions, packages, residents, subsidies};
use chrono::TimeDelta;
use commonweal::app::{setting, write_setting};
use commonweal::applications::actions as applying;
use commonweal::calls::samples::{self, Dates};
use commonweal::compliance::actions as figures;
use commonweal::db::schema::accounts;
use commonweal::finance::Instrument;
use commonweal::missions::Mission;
use commonweal::scoring::residents::samples::{Times, invite};
use commonweal::values::{Actor, Clock, Id, Role};
use diesel::prelude::*;
use serde_json::{Value, json};

/// Somebody who opens a page, and words that stand on it.
pub struct Visit {
    email: Option<String>,
    path: String,
    shows: &'static str,
}

impl Visit {
    /// As the browser's script reads it.
    pub fn json(&self) -> Value {
        json!({ "email": self.email, "password": PASSWORD, "path": self.path, "shows": self.shows })
    }
}

/// Collects visits to one council.
struct Visits<'a> {
    world: &'a World,
    all: Vec<Visit>,
}

impl Visits<'_> {
    fn add(&mut self, who: &Actor, path: impl Into<String>, shows: &'static str) {
        let email = who.account().map(|id| {
            let email = accounts::table.filter(accounts::id.eq(id)).select(accounts::email);
            self.world.app.db.read_now(|db| Ok(email.first::<String>(db)?)).unwrap()
        });
        self.all.push(Visit { email, path: path.into(), shows });
    }

    /// A server that is started on this council begins at the council's time.
    fn done(self) -> Vec<Visit> {
        let offset = self.world.now().since(Clock::machine()).num_microseconds().unwrap().to_string();
        self.world.app.db.write_now(|db| write_setting(db, setting::CLOCK_OFFSET, &offset)).unwrap();
        self.all
    }
}

/// Drafts of a tender and of a round, in the hands of who writes them.
async fn drafts(visits: &mut Visits<'_>) {
    let (world, now) = (visits.world, visits.world.now());
    let lead = world.person(Role::MissionLead);
    let ground = samples::ground(&world.app, &lead, now).await.unwrap();
    visits.add(&lead, "/missions/new", "Begin a mission");
    let dates = Dates::closing_in(now, 52);
    let tender = samples::community_kitchens(&dates, samples::kitchen_conditions(&ground.catalogue, &dates));
    let round = samples::youth_fund(&dates, samples::youth_conditions(&ground.catalogue, &dates));
    let begin = async |who: &Actor, mission: Id<Mission>, terms| {
        let id = samples::draft(&world.app, who, mission, terms, now).await.unwrap();
        (id, world.app.db.read_now(|db| commonweal::calls::find(db, id)).unwrap().terms.0)
    };
    for (role, mission, terms) in [(Role::ProcurementOfficer, "food", &tender), (Role::FundManager, "youth", &round)] {
        let who = world.person(role);
        let (id, terms) = begin(&who, ground.mission(mission).unwrap(), terms).await;
        let home = format!("/desk/calls/{id}");
        for (page, shows) in [
            ("", "Everything is there"),
            ("/basics", "What is wanted"),
            ("/money", "Money and procedure"),
            ("/criteria", "Criteria and weights"),
            ("/criteria/new?kind=quality", "Save"),
            ("/criteria/new?kind=pass_fail", "Save"),
            ("/conditions", "Conditions asked"),
            ("/eligibility", "Who can apply"),
            ("/timetable", "Timetable"),
            ("/publish", "Rehearse and publish"),
        ] {
            visits.add(&who, format!("{home}{page}"), shows);
        }
        if role == Role::ProcurementOfficer {
            visits.add(&who, format!("{home}/duties"), "Duties considered");
        }
        for criterion in &terms.model.criteria {
            visits.add(&who, format!("{home}/criteria/{}", criterion.id), "Save");
        }
        visits.add(&who, format!("{home}/conditions/{}", terms.conditions[0].id), "Save");
    }
}

/// Bidders under letters, and a bid that its supplier may still withdraw.
async fn bids(visits: &mut Visits<'_>) {
    let world = visits.world;
    let found = anonymised::opened(world).await;
    visits.add(&found.officer, format!("/desk/calls/{}/bidders", found.call.id), "Who is who");
    visits.add(&found.evaluator, format!("/evaluations/{}/declaration", found.call.id), "Conflicts of interest");
    // After that call has closed, so that this one is still open.
    let call = sample_calls::tender(world);
    let (organisation, owner) = world.applicant("Larch Meals");
    let bid = applying::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
    visits.add(&owner, format!("/applications/{bid}/withdraw"), "Withdraw your application");
}

/// A condition that subsidy law prohibits unless somebody else than its author records the exception.
async fn exception(visits: &mut Visits<'_>) {
    let world = visits.world;
    let id = conditions::made(world, &world.person(Role::MissionLead), &["relocation"]).await;
    let manager = world.person(Role::FundManager);
    visits.add(&manager, format!("/conditions/{id}"), "Blocked for investments");
    visits.add(&manager, format!("/conditions/{id}/exception"), "Subsidy Control Act 2022 s.18");
}

/// A person whom two organisations count for the same measure.
async fn counted_twice(visits: &mut Visits<'_>) {
    let (world, now) = (visits.world, visits.world.now());
    let (_, first, one) = one_promise(world, "Rowan Training").await;
    let (_, second, two) = one_promise(world, "Hazel Training").await;
    let both = with_people("2", "AB 12-34\nCD 56");
    figures::report(&world.app, &first, one.id, &both, file("first"), now).await.unwrap();
    figures::report(&world.app, &second, two.id, &both, file("second"), now).await.unwrap_err();
    let officer = world.person(Role::ContractManager);
    let noted = world.api(&officer).await.get("/api/v1/double-counts").await.expect(200).json();
    visits.add(&officer, "/compliance/shared", "Rowan Training");
    let id = noted["items"][0]["id"].as_str().unwrap();
    visits.add(&officer, format!("/compliance/shared/{id}"), "How much stays with Rowan Training?");
}

/// Minimal financial assistance that an enterprise is asked to confirm.
async fn assistance(visits: &mut Visits<'_>) {
    let world = visits.world;
    let (organisation, owner) = world.applicant("Alder Group");
    let application = subsidies::application_of(world, organisation, &owner);
    let manager = world.person(Role::FundManager);
    let route = format!("/desk/subsidies/{organisation}/{application}");
    visits.add(&manager, format!("{route}?before"), "Subsidy route");
    let body = json!({ "kind": "mfa", "amount": "61234.56", "basis": "Grant in full" });
    let made = world
        .api(&manager)
        .await
        .post(&format!("/api/v1/subsidies/{organisation}/{application}"), body)
        .await
        .expect(201)
        .json();
    visits.add(&owner, format!("/subsidy-confirmations/{}", made["id"].as_str().unwrap()), "£61,234.56");
    visits.add(&manager, "/desk/subsidies", "Alder Group");
    visits.add(&manager, "/desk/subsidies/group?group=alder%20group", "alder group");
    visits.add(&manager, route, "£61,234.56");
}

/// A round of which residents decide a part, while they vote.
async fn vote(visits: &mut Visits<'_>) {
    let world = visits.world;
    let ready = residents::round(world, residents::SCORES);
    visits.add(&ready.officer, format!("/desk/applications/{}", ready.bids[0]), "Alder Youth");
    let in_hours = |hours: i64| world.now().plus(TimeDelta::hours(hours));
    let times = Times { set: world.now(), opens: in_hours(1), closes: in_hours(24) };
    let secrets = invite(&world.app, &ready.officer, ready.call, 5, times).await.unwrap();
    world.move_clock(in_hours(2)).await;
    visits.add(&ready.officer, format!("/desk/calls/{}/residents", ready.call), "Residents’ vote");
    visits.add(&Actor::Public, format!("/calls/{}/vote", ready.call), "Residents’ vote");
    visits.add(&Actor::Public, format!("/vote/{}", secrets[0]), "Vote on");
}

/// The way back of somebody who forgot the password.
async fn forgotten(visits: &mut Visits<'_>) {
    let world = visits.world;
    let person = world.person(Role::Auditor);
    let page = world.client(&person).await.get("/account").await.expect(200).words();
    let email = page.split_whitespace().find(|w| w.contains('@')).unwrap().to_owned();
    let browser = world.client(&Actor::Public).await;
    browser.get("/forgot").await.expect(200);
    browser.post("/forgot", &[("email", &email)]).await.expect(200);
    let mails = world.app.db.read_now(|db| commonweal::outbox::mail::list(db, None, 10)).unwrap().items;
    let mail = mails.iter().find(|m| m.recipient == email).unwrap();
    let link = mail.body.split_whitespace().find(|w| w.contains("/reset/")).unwrap();
    visits.add(&Actor::Public, format!("/reset/{}", link.rsplit('/').next().unwrap()), "Choose a new password");
}

/// A council with all of these at once.
pub async fn rare(world: &World) -> Vec<Visit> {
    let mut visits = Visits { world, all: Vec::new() };
    drafts(&mut visits).await;
    exception(&mut visits).await;
    counted_twice(&mut visits).await;
    assistance(&mut visits).await;
    bids(&mut visits).await;
    vote(&mut visits).await;
    forgotten(&mut visits).await;
    visits.done()
}

/// A package of which one part is recommended and others follow.
pub async fn package(world: &World) -> Vec<Visit> {
    let mut visits = Visits { world, all: Vec::new() };
    let (_, ready) = packages::round(world, &[Instrument::RecoverableGrant, Instrument::Loan]).await;
    let desk = format!("/desk/calls/{}/award", ready.call);
    let manager = world.client(&ready.officer).await;
    let form = manager.open(&format!("{desk}?instrument=recoverable_grant")).await.form("Recommend");
    let parts =
        manager.done(&form.with(&packages::GRANT).set("precedents", "Accounts filed").set("package", "yes")).await;
    visits.add(&ready.officer, desk, "Other parts follow");
    visits.add(&ready.officer, parts.path.clone(), "Add another part for Alder Youth");
    visits.done()
}
