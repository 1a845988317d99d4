//! The practice council that is measured, and the people whose tokens the requests carry.

use crate::CONNECTIONS;
use crate::client::Asked;
use commonweal::app::App;
use commonweal::applications::samples::{Sample, submit_complete};
use commonweal::applications::{Application, actions as applications};
use commonweal::calls::{self, Call, Part};
use commonweal::config::Config;
use commonweal::db::{Database, Json, migrate};
use commonweal::people::actions::{self as people, NewToken};
use commonweal::people::{Organisation, OrganisationKind, Profile, load_actor};
use commonweal::scoring::panel::{self, DeclarationInput};
use commonweal::scoring::samples as scoring;
use commonweal::values::{Actor, Id, Pence, Role};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use rust_decimal::dec;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Council {
    /// How long the practice council took to make.
    pub made_in: Duration,
    pub url: String,
    pub folder: tempfile::TempDir,
    pub app: App,
    /// A tender that takes bids.
    pub live: Id<Call>,
    /// A tender that is being scored.
    scored: Id<Call>,
    /// A tender whose moderation is closed and whose ranking is not signed.
    ranked: Id<Call>,
    /// One application for each connection, and its owner's token.
    pub bids: Vec<(Id<Application>, String)>,
    evaluator: String,
    /// What the evaluator scores: application and criterion.
    sheet: Vec<(String, String)>,
    officer: String,
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn config(folder: &Path, url: &str) -> Config {
    let mut config = Config::load(None).unwrap();
    url.clone_into(&mut config.database.url);
    config.storage.documents = folder.join("documents");
    config.storage.keys = folder.join("keys");
    config.storage.checkpoints = folder.join("checkpoints");
    config
}

impl Council {
    /// `None` when there is no PostgreSQL to make it in.
    pub fn make(kind: &str) -> Option<Council> {
        let folder = tempfile::Builder::new().prefix("bench").tempdir_in(target()).unwrap();
        let url = if kind == "sqlite" {
            format!("sqlite:{}", folder.path().join("commonweal.db").display())
        } else {
            let server = std::env::var("TEST_POSTGRES_URL").ok()?;
            let name = format!("bench_{}", std::process::id());
            diesel::PgConnection::establish(&format!("{server}/postgres"))
                .unwrap()
                .batch_execute(&format!("CREATE DATABASE {name}"))
                .unwrap();
            format!("{server}/{name}")
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Some(runtime.block_on(Council::fill(folder, url)))
    }

    async fn fill(folder: tempfile::TempDir, url: String) -> Council {
        let database = Database::open(&url, 4).unwrap();
        migrate::up(&database).unwrap();
        let app = App::open(config(folder.path(), &url), database, true).unwrap();
        let begun = Instant::now();
        commonweal::demo::make(&app, false).await.unwrap();
        let made_in = begun.elapsed();
        let (live, scored, ranked) = (
            find(&app, "Community kitchens", false),
            find(&app, "Breakfast in six primary schools", true),
            find(&app, "Growing space on three estates", true),
        );
        let (buyer, second) = (person(&app, "buyer@camden.example"), person(&app, "buyer2@camden.example"));
        let evaluators = [person(&app, "evaluator@camden.example"), person(&app, "evaluator2@camden.example")];
        more_calls(&app, live);
        let bids = bids(&app, live).await;

        let none = DeclarationInput { answer: "none".to_owned(), ..DeclarationInput::default() };
        panel::declare(&app, &evaluators[1], scored, &none, app.now()).await.unwrap();
        let evaluator = token(&app, &evaluators[1]).await;

        let judge = |evaluator: usize, name: &str, _: &str| 2 + u32::from((name.len() + evaluator).is_multiple_of(2));
        open(&app, &buyer, &second, ranked, Part::Quality).await;
        scoring::score_everything(&app, &buyer, &evaluators, ranked, &judge, app.now()).await.unwrap();
        scoring::moderate_everything(&app, &buyer, ranked, &judge, app.now()).await.unwrap();
        open(&app, &buyer, &second, ranked, Part::Price).await;
        let officer = token(&app, &buyer).await;
        let sheet = answers(&app, scored);
        Council { made_in, url, folder, app, live, scored, ranked, bids, evaluator, sheet, officer }
    }

    /// Every bid sent again by its owner: sealed anew, the old envelope set aside, a new receipt.
    pub fn submissions(&self) -> Vec<Asked> {
        self.bids
            .iter()
            .map(|(id, token)| {
                let body = r#"{"declared_by": "Ada Bench", "true_and_complete": "yes"}"#;
                Asked::post(&format!("/api/v1/applications/{id}/submit"), token, body)
            })
            .collect()
    }

    /// Waits until the mails that submissions leave to be sent are sent: they would slow whatever is measured next, the
    /// yardstick too.
    pub fn settle(&self) {
        let begun = Instant::now();
        while self.app.db.read_now(commonweal::outbox::next_due).unwrap().is_some_and(|due| due <= self.app.now()) {
            assert!(begun.elapsed() < Duration::from_mins(2), "the server does not come to rest");
            std::thread::sleep(Duration::from_millis(100));
        }
        // And until the audit rows are chained, which happens each second.
        std::thread::sleep(Duration::from_millis(1200));
    }

    pub fn scores(&self) -> Vec<Asked> {
        self.sheet
            .iter()
            .map(|(application, criterion)| {
                let path = format!("/api/v1/calls/{}/scores/{application}/{criterion}", self.scored);
                let body = r#"{"level": "3", "reason": "The answer names who does what and when, as level 3 asks."}"#;
                Asked::post(&path, &self.evaluator, body)
            })
            .collect()
    }

    pub fn ranking(&self) -> Vec<Asked> {
        vec![Asked::post(&format!("/api/v1/calls/{}/ranking", self.ranked), &self.officer, "{}")]
    }

    pub fn serve(&self) -> Server {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_commonweal"))
            .args(["serve", "--sandbox"])
            .current_dir(self.folder.path())
            .env("COMMONWEAL_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("COMMONWEAL_DATABASE__URL", &self.url)
            .env("COMMONWEAL_STORAGE__DOCUMENTS", self.folder.path().join("documents"))
            .env("COMMONWEAL_STORAGE__KEYS", self.folder.path().join("keys"))
            .env("COMMONWEAL_STORAGE__CHECKPOINTS", self.folder.path().join("checkpoints"))
            .env("COMMONWEAL_LOG__FILTER", "warn")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_mins(1), "the server did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut server = Server { child, port, started_in: Duration::ZERO };
        server.get("/calls");
        server.started_in = started.elapsed();
        server
    }
}

fn target() -> PathBuf {
    // Beside the build, so that the file lies on a disk and not in memory.
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

impl Drop for Council {
    fn drop(&mut self) {
        if let Some((server, name)) = self.url.rsplit_once('/').filter(|(server, _)| server.starts_with("postgres"))
            && let Ok(mut admin) = diesel::PgConnection::establish(&format!("{server}/postgres"))
        {
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

pub struct Server {
    child: Child,
    pub port: u16,
    /// From the command to the first page.
    pub started_in: Duration,
}

impl Server {
    /// The body of a page.
    pub fn get(&self, path: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Resident memory as the kernel counts it.
    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to stop as an operator would, so that the database is left whole for the next round.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A tender of the practice council by the beginning of its title.
fn find(app: &App, title: &str, closed: bool) -> Id<Call> {
    let council = app.db.read_now(commonweal::people::authorities).unwrap()[0].id;
    let lines = app.db.read_now(|db| calls::of_authority(db, council, 100)).unwrap();
    let found = lines.iter().find(|l| l.title.starts_with(title) && (l.deadline_at < Some(app.now())) == closed);
    found.unwrap_or_else(|| panic!("no call {title:?}: {:?}", lines.iter().map(|l| &l.title).collect::<Vec<_>>())).id
}

fn person(app: &App, email: &str) -> Actor {
    use commonweal::db::schema::accounts;
    app.db
        .read_now(|db| {
            let id = accounts::table.filter(accounts::email.eq(email)).select(accounts::id).first(db)?;
            load_actor(db, id)
        })
        .unwrap()
        .unwrap()
}

async fn token(app: &App, actor: &Actor) -> String {
    let input = NewToken { name: "bench".to_owned(), scope: "write".to_owned(), days: "30".to_owned() };
    people::make_token(app, actor, &input).await.unwrap().1
}

async fn open(app: &App, first: &Actor, second: &Actor, call: Id<Call>, part: Part) {
    applications::ask_opening(app, first, call, part, app.now()).await.unwrap();
    applications::confirm_opening(app, second, call, part, app.now()).await.unwrap();
}

/// Sixteen organisations that bid.
async fn bids(app: &App, call: Id<Call>) -> Vec<(Id<Application>, String)> {
    let mut bids = Vec::new();
    for number in 0..CONNECTIONS {
        let (now, email) = (app.now(), format!("bench{number}@example.org"));
        // Nobody signs in with it: the bids are sent with tokens.
        let owner = app.db.write_now(|db| people::make_account(db, "Ada Bench", &email, "none", now)).unwrap();
        let organisation = Organisation {
            id: Id::new(),
            kind: OrganisationKind::SocialEnterprise,
            name: format!("Bench {number} CIC"),
            parent_id: None,
            profile: Json(Profile { contact_email: email.clone(), ..Profile::default() }),
            created_at: now,
            created_by: Some(owner),
        };
        let role = Some((owner, Role::ApplicantOwner));
        app.db.write_now(|db| people::make_organisation(db, &Actor::System, &organisation, role, now)).unwrap();
        let actor = app.db.read_now(|db| load_actor(db, owner)).unwrap().unwrap();
        let sample = Sample {
            text: "We cook with neighbours, buy from growers nearby and pay every hour a fair wage. ".repeat(12),
            factor: dec!(0.9),
            price: Pence(90_000_000),
            declared_by: "Ada Bench".to_owned(),
        };
        let (id, _) = submit_complete(app, &actor, organisation.id, call, &sample, now).await.unwrap();
        bids.push((id, token(app, &actor).await));
    }
    bids
}

/// So many calls that the public list is a full page.
fn more_calls(app: &App, like: Id<Call>) {
    crate::grow::calls(app, like, 40);
}

/// Application and criterion of everything that is scored by hand in a call.
fn answers(app: &App, call: Id<Call>) -> Vec<(String, String)> {
    use commonweal::db::schema::applications;
    let terms = app.db.read_now(|db| calls::find(db, call)).unwrap().terms.0;
    let opened: Vec<Id<Application>> = app
        .db
        .read_now(|db| {
            Ok(applications::table
                .filter(applications::call_id.eq(call))
                .filter(applications::opened_at.is_not_null())
                .select(applications::id)
                .load(db)?)
        })
        .unwrap();
    let quality: Vec<String> = terms
        .model
        .criteria
        .iter()
        .filter(|c| matches!(c.kind, commonweal::evaluation::Kind::Quality { .. }))
        .map(|c| c.id.clone())
        .collect();
    opened.iter().flat_map(|a| quality.iter().map(|c| (a.to_string(), c.clone()))).collect()
}
