//! Mail over a real SMTP server.

use crate::operations::linked_by_a_server;
use crate::support::server::Server as RealServer;
use crate::support::{Fresh, Kind, World, config, node};
use commonweal::app::App;
use commonweal::outbox::{self, mail};
use commonweal::serve;
use commonweal::values::{Actor, Role};
use serde_json::Value;
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
