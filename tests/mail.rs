//! Mail over a real SMTP server.

use crate::operations::linked_by_a_server;
use crate::scoring::{ready, signed};
use crate::support::server::Server as RealServer;
use crate::support::{Fresh, Kind, World, config, node};
use commonweal::app::App;
use commonweal::calls::CallKind;
use commonweal::db::Db;
use commonweal::db::schema::accounts;
use commonweal::outbox::{self, mail};
use commonweal::serve;
use commonweal::values::{Actor, Instant, Role};
use diesel::prelude::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

struct Server {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    port: u64,
    stdin: ChildStdin,
}

impl Server {
    fn start(mode: &str) -> Server {
        let mut child = Command::new("node")
            .args(["smtp.mjs", mode])
            .current_dir(node::folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let port = serde_json::from_str::<Value>(&first).unwrap()["port"].as_u64().unwrap();
        Server { child, lines, port, stdin }
    }

    /// Tells it to refuse or to take mails to an address.
    fn told(&mut self, word: &str, address: &str) {
        self.stdin.write_all(format!("{word} {address}\n").as_bytes()).unwrap();
        while self.next()[word] != address {}
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn sent_once(kind: Kind, mode: &str) {
    let mut server = Server::start(mode);
    let fresh = Fresh::new(kind);
    let mut config = config(fresh.folder.path(), &fresh.url);
    config.mail.smtp = format!("smtp://127.0.0.1:{}", server.port);
    let app = App::open(config, fresh.open(), false).unwrap();
    let now = app.now();
    let id = app
        .db
        .write_now(|db| {
            mail::queue(
                db,
                None,
                "cafe@example.org",
                "Your receipt\r\nBcc: all@example.org",
                "We have your bid.\n",
                now,
            )
        })
        .unwrap();
    let handlers = serve::handlers();
    outbox::run_due(&app, &handlers, app.now(), false).await.unwrap();
    if mode == "busy" {
        let waiting = app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items;
        assert_eq!(waiting[0].sent_at, None, "a refused mail is kept");
        let later = app.now().plus(chrono::TimeDelta::seconds(30));
        outbox::run_due(&app, &handlers, later, false).await.unwrap();
    }
    let message = server.next();
    assert_eq!(message["to"], serde_json::json!(["cafe@example.org"]));
    let text = message["text"].as_str().unwrap();
    assert!(text.contains("We have your bid.") && text.contains(&format!("<{id}@commonweal>")), "{text}");
    assert!(!text.lines().any(|l| l.starts_with("Bcc:")), "a title cannot add a header: {text}");
    let sent = app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items;
    assert!(sent[0].sent_at.is_some());
    assert_eq!(outbox::run_due(&app, &handlers, app.now(), false).await.unwrap(), 0, "nothing is sent twice");
}

#[actix_web::test]
async fn a_mail_is_sent_by_smtp_once_on_sqlite() {
    sent_once(Kind::Sqlite, "ready").await;
}

#[actix_web::test]
async fn a_mail_is_sent_by_smtp_once_on_postgres() {
    sent_once(Kind::Postgres, "ready").await;
}

#[actix_web::test]
async fn a_mail_that_the_server_refuses_for_a_moment_is_sent_later() {
    sent_once(Kind::Sqlite, "busy").await;
}

#[actix_web::test]
async fn a_receipt_waits_two_days_for_a_server_of_mail_that_is_away_and_then_arrives() {
    let mut server = Server::start("40");
    let fresh = Fresh::new(Kind::Sqlite);
    let mut config = config(fresh.folder.path(), &fresh.url);
    config.mail.smtp = format!("smtp://127.0.0.1:{}", server.port);
    let app = App::open(config, fresh.open(), false).unwrap();
    let now = app.now();
    app.db
        .write_now(|db| mail::queue(db, None, "cafe@example.org", "Your receipt", "We have your bid.\n", now))
        .unwrap();
    let handlers = serve::handlers();
    let sent = || app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items[0].sent_at;
    // Longer than the longest wait between two attempts.
    let after = |attempt: i32| now.plus(chrono::TimeDelta::minutes(70) * attempt);
    for attempt in 1..=40 {
        outbox::run_due(&app, &handlers, after(attempt), false).await.unwrap();
        assert_eq!(sent(), None, "attempt {attempt} was refused");
    }
    outbox::run_due(&app, &handlers, after(41), false).await.unwrap();
    assert_eq!(server.next()["to"], serde_json::json!(["cafe@example.org"]));
    assert_eq!(sent(), Some(after(41)));
}

/// What was queued by somebody else is sent by the worker that runs within the server: nobody runs the jobs here.
async fn sent_by_the_server_itself(kind: Kind) {
    let mut mails = Server::start("ready");
    let fresh = Fresh::new(kind);
    let app = App::open(config(fresh.folder.path(), &fresh.url), fresh.open(), false).unwrap();
    let now = app.now();
    app.db
        .write_now(|db| mail::queue(db, None, "cafe@example.org", "Your receipt", "We have your bid.\n", now))
        .unwrap();
    let server =
        RealServer::start_mailing(&fresh.url, fresh.folder.path(), &format!("smtp://127.0.0.1:{}", mails.port));
    assert_eq!(mails.next()["to"], serde_json::json!(["cafe@example.org"]));
    assert!(server.stop().success());
    let sent = app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items;
    assert!(sent[0].sent_at.is_some(), "what was sent is remembered before the server ends");
}

#[actix_web::test]
async fn a_running_server_sends_its_mail_by_itself_on_sqlite() {
    sent_by_the_server_itself(Kind::Sqlite).await;
}

#[actix_web::test]
async fn a_running_server_sends_its_mail_by_itself_on_postgres() {
    sent_by_the_server_itself(Kind::Postgres).await;
}

/// A job that waits for somebody else does not keep the record of what was done from growing.
async fn linked_while_a_mail_server_is_waited_for(kind: Kind) {
    let mut mails = Server::start("slow");
    let world = World::new(kind).await;
    let now = world.now();
    world
        .app
        .db
        .write_now(|db| mail::queue(db, None, "cafe@example.org", "Your receipt", "We have your bid.\n", now))
        .unwrap();
    let smtp = format!("smtp://127.0.0.1:{}", mails.port);
    let server = RealServer::start_mailing(&world.fresh.url, world.fresh.folder.path(), &smtp);
    assert_eq!(mails.next()["connected"], true);

    // Half of the time after which the mail is given up for now.
    linked_by_a_server(&world);
    let sent = |world: &World| world.app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items[0].sent_at;
    assert_eq!(sent(&world), None, "the mail server has not even greeted");
    mails.stdin.write_all(b"go on\n").unwrap();
    assert_eq!(mails.next()["to"], serde_json::json!(["cafe@example.org"]));
    assert!(server.stop().success());
    assert!(sent(&world).is_some());
}

#[actix_web::test]
async fn the_audit_chain_grows_while_a_mail_server_is_slow_to_answer_on_sqlite() {
    linked_while_a_mail_server_is_waited_for(Kind::Sqlite).await;
}

#[actix_web::test]
async fn the_audit_chain_grows_while_a_mail_server_is_slow_to_answer_on_postgres() {
    linked_while_a_mail_server_is_waited_for(Kind::Postgres).await;
}

/// A mail that is due, where nothing may be sent.
async fn kept(kind: Kind, smtp: &str, sandbox: bool) {
    let fresh = Fresh::new(kind);
    let mut config = config(fresh.folder.path(), &fresh.url);
    config.mail.smtp = smtp.to_owned();
    let app = App::open(config, fresh.open(), sandbox).unwrap();
    let now = app.now();
    let queued = app.db.write_now(|db| mail::queue(db, None, "cafe@example.org", "Your receipt", "We have it.\n", now));
    queued.unwrap();
    let handlers = serve::handlers();
    assert!(outbox::run_due(&app, &handlers, app.now(), sandbox).await.unwrap() > 0);
    let mails = app.db.read_now(|db| mail::list(db, None, 10)).unwrap().items;
    assert_eq!(mails.len(), 1, "a mail that is not sent is kept");
    assert_eq!((mails[0].subject.as_str(), mails[0].sent_at), ("Your receipt", None));
    assert_eq!(outbox::run_due(&app, &handlers, app.now(), sandbox).await.unwrap(), 0, "it is not tried for ever");
}

#[actix_web::test]
async fn without_a_mail_server_a_mail_is_kept_on_sqlite() {
    kept(Kind::Sqlite, "", false).await;
}

#[actix_web::test]
async fn without_a_mail_server_a_mail_is_kept_on_postgres() {
    kept(Kind::Postgres, "", false).await;
}

#[actix_web::test]
async fn a_practice_council_sends_to_nobody_even_where_a_mail_server_is_named() {
    // Nobody listens there: an attempt would fail and be tried again.
    kept(Kind::Sqlite, "smtp://127.0.0.1:1", true).await;
}

both! {
    async fn mails_of_a_practice_council_are_read_by_its_administrator_and_by_nobody_else(world: World) {
        let now = world.now();
        world.app.db.write_now(|db| mail::queue(db, None, "cafe@example.org", "Your receipt", "We have your bid.\n", now)).unwrap();
        world.run_jobs().await;
        let administrator = world.person(Role::Administrator);
        world.client(&administrator).await.get("/mails").await.expect(200)
            .shows("mails are kept here and sent to nobody").shows("Your receipt").shows("To cafe@example.org").shows("We have your bid.");
        let listed = world.api(&administrator).await.get("/api/v1/mails").await.expect(200).json();
        let told = |field: &str| listed["items"].as_array().unwrap().iter().any(|m| m["subject"] == "Your receipt" && !m[field].is_null());
        assert!(["to", "body", "at"].into_iter().all(told), "{listed}");
        for reader in [world.person(Role::Auditor), world.person(Role::ProcurementOfficer), world.applicant("Café").1] {
            world.client(&reader).await.get("/mails").await.expect(403).hides("Your receipt");
            world.api(&reader).await.get("/api/v1/mails").await.expect(403).hides("Your receipt");
        }
        world.client(&Actor::Public).await.get("/mails").await.expect(303);
    }
}

/// The commonest bids, and what each person does about the summary of each.
const BIDS: [(&str, i64, i64); 4] = [
    ("Alder Kitchens", 20, 1_000_000),
    ("Birch Meals", 10, 900_000),
    ("Cedar Food", 5, 950_000),
    ("Dale Dining", 4, 960_000),
];

fn disabled(world: &World, person: &Actor, at: Option<Instant>) {
    let account = person.account().unwrap();
    world
        .app
        .db
        .write_now(|db| {
            let row = accounts::table.filter(accounts::id.eq(account));
            Ok(diesel::update(row).set(accounts::disabled_at.eq(at)).execute(db)?)
        })
        .unwrap();
}

fn address(world: &World, person: &Actor) -> String {
    let of = accounts::table.filter(accounts::id.eq(person.account().unwrap())).select(accounts::email);
    world.app.db.read_now(|db| Ok(of.first(db)?)).unwrap()
}

async fn the_notice_waits(kind: Kind) {
    let mut mails = Server::start("ready");
    let world = World::mailing(kind, format!("smtp://127.0.0.1:{}", mails.port)).await;
    let ready = ready(&world, CallKind::Tender, &BIDS);
    signed(&world, &ready).await;
    let [_, (_, birch), (_, cedar), (_, dale)] = &ready.suppliers[..] else { panic!("four suppliers") };
    let birch_at = address(&world, birch);
    mails.told("refuse", &birch_at);
    disabled(&world, cedar, Some(world.now()));
    disabled(&world, dale, Some(world.now()));
    let (officer, desk) = (world.api(&ready.officer).await, world.client(&ready.officer).await);
    let call = format!("/api/v1/calls/{}", ready.call);
    let recommend = json!({ "application": ready.bids[0], "reasons": "The best plan" });
    let award = officer.post(&format!("{call}/awards"), recommend).await.expect(201).json()["id"].clone();
    let award = award.as_str().unwrap();
    for (kind, subject) in [("exclusion", ""), ("debarment", ""), ("exclusion", "Elm Vans"), ("debarment", "Elm Vans")]
    {
        let check = json!({ "kind": kind, "subject": subject, "outcome": "clear", "note": "Looked up today" });
        officer.post(&format!("/api/v1/applications/{}/checks", ready.bids[0]), check).await.expect(200);
    }
    let committee = world.api(&world.person(Role::CommitteeMember)).await;
    committee.post(&format!("/api/v1/awards/{award}/decision"), json!({ "decision": "approve" })).await.expect(200);

    let notice = || json!({ "number": "2026/S 000-1", "published_date": world.now() });
    let notice_path = format!("/api/v1/awards/{award}/notice");
    let refused = |words: &'static str| {
        let (officer, path, notice) = (&officer, &notice_path, notice());
        async move {
            let reply = officer.post(path, notice).await.expect(409);
            assert_eq!(reply.json()["type"], "/problems/awards/summaries-not-sent");
            assert!(reply.text.contains(words), "{}", reply.text);
        }
    };
    officer.post(&format!("{call}/summaries"), json!({})).await.expect(200);
    refused("4 summaries are not yet taken by a mail server").await;
    let run = |until: Instant| outbox::run_due(&world.app, &world.handlers, until, false);
    run(world.now()).await.unwrap();
    let page = format!("/desk/calls/{}/award", ready.call);
    let said = format!(
        "The mail to {birch_at} is not taken yet and is tried again. The mail server said: permanent error (550)"
    );
    desk.get(&page).await.expect(200).shows("1 of 4 given").shows(&said).shows("Nobody of it can be mailed");
    let states = officer.get(&format!("{call}/awards")).await.expect(200).json();
    let state = |bid: usize| {
        let all = states["summaries"].as_array().unwrap();
        all.iter().find(|s| s["application"] == json!(ready.bids[bid])).unwrap()["giving"]["state"].clone()
    };
    assert_eq!([state(0), state(1), state(2), state(3)], ["given", "waits", "no_address", "no_address"]);
    refused("3 summaries are not yet taken").await;

    // Cedar’s is handed over, and that is recorded; a date that cannot be is not taken.
    let by_hand = format!("/desk/calls/{}/summaries/{}", ready.call, ready.bids[2]);
    desk.get(&by_hand).await.expect(200).shows("Not given yet").shows("How was it given, and who took it?");
    let given =
        |date: &'static str| [("how", "By hand to its director"), ("given_date", date), ("given_time", "09:00")];
    desk.post(&format!("{by_hand}/given"), &given("2099-01-04")).await.expect(422).shows("this lies in the future");
    desk.post(&format!("{by_hand}/given"), &given("2020-01-04")).await.expect(422).shows("The summary was made later");
    let now = world.now().to_string();
    let how = [("how", "By hand to its director"), ("given_date", now.as_str()), ("given_time", "")];
    desk.post(&format!("{by_hand}/given"), &how).await.expect(303);
    let twice = format!("{call}/summaries/{}/given", ready.bids[2]);
    let reply = officer.post(&twice, json!({ "how": "By post", "given_date": now })).await.expect(409);
    assert_eq!(reply.json()["type"], "/problems/awards/summary-given");
    desk.get(&page).await.expect(200).shows("2 of 4 given").shows("By hand to its director");

    // Somebody of Dale can be mailed again: it is sent again, and nobody else is mailed twice.
    disabled(&world, dale, None);
    desk.get(&page).await.shows("Send again to who was not reached");
    assert_eq!(officer.post(&format!("{call}/summaries"), json!({})).await.expect(200).json()["sent"], 1);
    run(world.now()).await.unwrap();
    desk.get(&page).await.shows("3 of 4 given").hides("Send again");

    // Birch’s is given up after days, and stands where administrators see it.
    let now = world.now();
    for attempt in 1..=120 {
        run(now.plus(chrono::TimeDelta::minutes(70) * attempt)).await.unwrap();
    }
    desk.get(&page).await.shows(&format!("Could not be mailed to {birch_at}"));
    refused("1 summary is not yet taken").await;
    let backlog = world.app.db.read_now(|db| outbox::backlog(db, now)).unwrap();
    assert_eq!((backlog.mails_given_up, backlog.set_aside), (1, 0));
    let task = world.client(&ready.officer).await.get("/tasks").await.expect(200);
    task.shows("Give the assessment summary another way").shows("1 summary reached nobody by mail");
    let elsewhere = world.person_of(world.other_council(), Role::Administrator);
    world.client(&elsewhere).await.get("/set-aside").await.expect(200).shows("No mail was given up").hides(&birch_at);
    let administrator = world.person(Role::Administrator);
    let keeper = world.client(&administrator).await;
    keeper.get("/set-aside").await.expect(200).shows(&birch_at).shows("permanent error (550)").hides("Elm Vans");
    let listed = world.api(&administrator).await.get("/api/v1/set-aside").await.expect(200).json();
    let mail = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let again = format!("/set-aside/mails/{mail}/again");
    let by_program = format!("/api/v1{again}");
    world.api(&elsewhere).await.post(&by_program, json!({})).await.expect(404);
    mails.told("take", &birch_at);
    keeper.post(&again, &[]).await.expect(303);
    run(world.now()).await.unwrap();
    keeper.get("/set-aside").await.shows("No mail was given up");
    // Of a mail that speaks for no council nobody is told more than that it is there; it can be put away.
    let private = |db: &mut Db| mail::queue(db, None, &birch_at, "Choose a new password", "A link", world.now());
    mails.told("refuse", &birch_at);
    let lost = world.app.db.write_now(private).unwrap();
    let now = world.now();
    for attempt in 0..=120 {
        run(now.plus(chrono::TimeDelta::minutes(70) * attempt)).await.unwrap();
    }
    keeper.get("/set-aside").await.shows("Somebody with an account").hides(&birch_at).hides("Choose a new password");
    let seen = world.api(&elsewhere).await.get("/api/v1/set-aside").await.expect(200);
    assert_eq!(seen.json()["items"][0]["to"], "", "{}", seen.text);
    keeper.post(&format!("/set-aside/mails/{lost}/leave"), &[]).await.expect(303);
    keeper.get("/set-aside").await.shows("No mail was given up").shows("Nothing was set aside");
    assert_eq!(world.app.db.read_now(|db| outbox::backlog(db, now)).unwrap().mails_given_up, 0);
    world.api(&administrator).await.post(&by_program, json!({})).await.expect(404);
    desk.get(&page).await.shows("4 of 4 given");
    officer.post(&notice_path, notice()).await.expect(200);
}

#[actix_web::test]
async fn the_award_notice_waits_until_a_mail_server_took_every_summary_or_it_was_given_another_way_on_sqlite() {
    the_notice_waits(Kind::Sqlite).await;
}

#[actix_web::test]
async fn the_award_notice_waits_until_a_mail_server_took_every_summary_or_it_was_given_another_way_on_postgres() {
    the_notice_waits(Kind::Postgres).await;
}

both! {
    async fn work_that_failed_ten_times_waits_for_an_administrator_who_has_it_tried_again(world: World) {
        let now = world.now();
        // A job that nobody can do: it names no call.
        world.app.db.write_now(|db| outbox::emit(db, "call.amended", json!({}), now)).unwrap();
        for attempt in 0..12 {
            let until = now.plus(chrono::TimeDelta::hours(2) * attempt);
            outbox::run_due(&world.app, &world.handlers, until, false).await.unwrap();
        }
        let administrator = world.person(Role::Administrator);
        let keeper = world.client(&administrator).await;
        // It is a task, so that nobody need look for it; the menu keeps its room for what is used every day.
        let waits = "See to the work that was set aside";
        let link = r#"<a class="govuk-link" href="/set-aside">"#;
        keeper.get("/tasks").await.expect(200).shows(waits).shows("Work that failed ten times").hides("Work set aside");
        keeper.get("/people").await.expect(200).shows(link);
        let auditor = world.client(&world.person(Role::Auditor)).await;
        auditor.get("/people").await.expect(200).hides("/set-aside");
        auditor.get("/tasks").await.expect(200).hides(waits);
        let page = keeper.get("/set-aside").await.expect(200).shows("call.amended").shows("10");
        page.shows("Some work was set aside and waits for you; nothing of it is lost. All other work that was due is done.");
        let listed = world.api(&administrator).await.get("/api/v1/set-aside").await.expect(200).json();
        let job = listed["jobs"][0]["id"].as_str().unwrap().to_owned();
        let backlog = |world: &World| world.app.db.read_now(|db| outbox::backlog(db, world.now())).unwrap();
        assert_eq!((backlog(&world).set_aside, backlog(&world).due_since), (1, None));
        keeper.post(&format!("/set-aside/jobs/{job}/again"), &[]).await.expect(303);
        assert_eq!((backlog(&world).set_aside, backlog(&world).due_since.is_some()), (0, true));
        keeper.get("/set-aside").await.shows("No other work failed").shows("The oldest work that is due waits since");
        keeper.get("/tasks").await.expect(200).hides(waits);
        let by_program = format!("/api/v1/set-aside/jobs/{job}/again");
        world.api(&administrator).await.post(&by_program, json!({})).await.expect(404);
        auditor.get("/set-aside").await.expect(403);
    }
}
