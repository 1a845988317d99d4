//! A small council in a fresh database, and people who use it.

mod client;
mod database;
mod form;
pub mod met;
pub mod node;
mod plans;
pub mod server;

pub use client::{Api, Client, Reply};
pub use database::{Fresh, Kind, copy_folder};
pub use form::Page;
use plans::Plans;

use commonweal::app::App;
use commonweal::calls::{self, Call};
use commonweal::config::Config;
use commonweal::db::Json;
use commonweal::missions::{Mission, MissionStatus};
use commonweal::outbox::{self, Handlers};
use commonweal::people::{Organisation, OrganisationKind, Profile, actions, load_actor};
use commonweal::serve;
use commonweal::values::{Account, Actor, Clock, Id, Instant, LocalDate, Role, actor};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs one async test on both databases: `both! { async fn a_person_does_x(world: World) { … } }`.
macro_rules! both {
    ($(async fn $name:ident($world:ident: World) $body:block)+) => {
        $(mod $name {
            #[allow(unused_imports)]
            use super::*;
            async fn test($world: $crate::support::World) $body
            #[actix_web::test]
            async fn on_sqlite() { test($crate::support::World::new($crate::support::Kind::Sqlite).await).await; }
            #[actix_web::test]
            async fn on_postgres() { test($crate::support::World::new($crate::support::Kind::Postgres).await).await; }
        })+
    };
}

/// The password of every person of the tests.
pub const PASSWORD: &str = "five small brown otters";

/// The practice council, made once on each database. Tests begin with copies.
fn practice(kind: Kind) -> &'static Fresh {
    static MADE: [OnceLock<Fresh>; 2] = [OnceLock::new(), OnceLock::new()];
    let make = move || {
        let fresh = Fresh::new(kind);
        let database = actix_web::rt::System::new().block_on(async {
            let app = fresh.app(true);
            let _plans = Plans::of(&app.db);
            Plans::during(&app.db, Box::pin(commonweal::demo::make(&app, false))).await.unwrap();
            app.db.clone()
        });
        fresh.close(database)
    };
    let place = match kind {
        Kind::Sqlite => &MADE[0],
        Kind::Postgres => &MADE[1],
    };
    // On a thread of its own, because the test's own is waiting within a runtime.
    place.get_or_init(|| std::thread::spawn(make).join().unwrap())
}

/// A council, its database and its clock.
pub struct World {
    /// Looks at what was sent; first, so that the database is still there.
    _plans: Plans,
    /// The foundations, in sandbox, so that the clock can be moved.
    pub app: App,
    /// The council.
    pub council: Id<actor::Organisation>,
    /// Job handlers as the server has them.
    pub handlers: Handlers,
    /// Keeps the database and the folders until the test ends.
    pub fresh: Fresh,
    people: AtomicUsize,
    clients: client::Service,
}

impl World {
    pub async fn new(kind: Kind) -> World {
        World::configured(kind, |_| {}).await
    }

    /// A council whose installation decided something else than the tests do.
    pub async fn configured(kind: Kind, change: impl FnOnce(&mut Config)) -> World {
        World::made(kind, true, change).await
    }

    /// A council that is no practice: its mails go to this server of mail, and its clock is the machine's.
    pub async fn mailing(kind: Kind, smtp: String) -> World {
        World::made(kind, false, |config| config.mail.smtp = smtp).await
    }

    async fn made(kind: Kind, sandbox: bool, change: impl FnOnce(&mut Config)) -> World {
        let fresh = Fresh::new(kind);
        let mut config = config(fresh.folder.path(), &fresh.url);
        change(&mut config);
        let app = App::open(config, fresh.open(), sandbox).unwrap();
        let plans = Plans::of(&app.db);
        let handlers = serve::handlers();
        let council = Organisation {
            id: Id::new(),
            kind: OrganisationKind::Authority,
            name: "Northbridge Council".to_owned(),
            parent_id: None,
            profile: Json(Profile::default()),
            created_at: app.now(),
            created_by: None,
        };
        let now = app.now();
        app.db.write_now(|db| actions::make_organisation(db, &Actor::System, &council, None, now)).unwrap();
        let clients = client::service(&app, &handlers).await;
        World { app, council: council.id, handlers, fresh, people: AtomicUsize::new(0), clients, _plans: plans }
    }

    /// The practice council of `commonweal demo`, instead of an empty one.
    pub async fn demo(kind: Kind) -> World {
        let fresh = practice(kind).copy();
        let app = fresh.app(true);
        let plans = Plans::of(&app.db);
        let handlers = serve::handlers();
        let council = app.db.read_now(commonweal::people::authorities).unwrap()[0].id;
        let clients = client::service(&app, &handlers).await;
        World { app, council, handlers, fresh, people: AtomicUsize::new(0), clients, _plans: plans }
    }

    /// A call of the council by its whole title.
    pub fn call(&self, title: &str) -> Id<Call> {
        let lines = self.app.db.read_now(|db| calls::of_authority(db, self.council, 100)).unwrap();
        lines.iter().find(|line| line.title == title).unwrap_or_else(|| panic!("no call is called {title}")).id
    }

    /// The same council after its server was stopped and started again.
    pub async fn restarted(self) -> World {
        let app = self.fresh.app(true);
        let plans = Plans::of(&app.db);
        let clients = client::service(&app, &self.handlers).await;
        World { app, clients, _plans: plans, ..self }
    }

    /// A browser signed in by address and password.
    pub async fn sign_in(&self, email: &str, password: &str) -> Client {
        let client = self.client(&Actor::Public).await;
        client.get("/sign-in").await.expect(200);
        client.post("/sign-in", &[("email", email), ("password", password)]).await.expect(303);
        client.get("/account").await.expect(200);
        client
    }

    /// Business time, which begins on 29 November 2026 in every test.
    pub fn now(&self) -> Instant {
        self.app.now()
    }

    /// A new account without any role.
    pub fn account(&self, name: &str) -> Id<Account> {
        let number = self.people.fetch_add(1, Ordering::SeqCst);
        let email = format!("person{number}@example.org");
        let now = self.now();
        let hash = password_hash();
        self.app.db.write_now(|db| actions::make_account(db, name, &email, hash, now)).unwrap()
    }

    /// The person as they are now, with every role.
    pub fn actor(&self, account: Id<Account>) -> Actor {
        self.app.db.read_now(|db| load_actor(db, account)).unwrap().unwrap()
    }

    /// Somebody with a role in the council.
    pub fn person(&self, role: Role) -> Actor {
        self.person_of(self.council, role)
    }

    /// Somebody with a role in an organisation.
    pub fn person_of(&self, organisation: Id<actor::Organisation>, role: Role) -> Actor {
        let account = self.account(&format!("{} {}", role.label(), self.people.load(Ordering::SeqCst)));
        let now = self.now();
        self.app
            .db
            .write_now(|db| {
                let organisation = commonweal::people::find_organisation(db, organisation)?;
                actions::add_role(db, &Actor::System, &organisation, account, role, now)
            })
            .unwrap();
        self.actor(account)
    }

    /// The same person with one more role in the council.
    pub fn also(&self, actor: &Actor, role: Role) -> Actor {
        let account = actor.account().unwrap();
        let (council, now) = (self.council, self.now());
        self.app
            .db
            .write_now(|db| {
                let council = commonweal::people::find_organisation(db, council)?;
                actions::add_role(db, &Actor::System, &council, account, role, now)
            })
            .unwrap();
        self.actor(account)
    }

    /// An applicant organisation and its owner.
    pub fn applicant(&self, name: &str) -> (Id<actor::Organisation>, Actor) {
        let account = self.account(&format!("Owner of {name}"));
        let organisation = Organisation {
            id: Id::new(),
            kind: OrganisationKind::CommunityInterestCompany,
            name: name.to_owned(),
            parent_id: None,
            profile: Json(Profile { contact_email: "hello@example.org".to_owned(), ..Profile::default() }),
            created_at: self.now(),
            created_by: Some(account),
        };
        let now = self.now();
        self.app
            .db
            .write_now(|db| {
                actions::make_organisation(
                    db,
                    &Actor::System,
                    &organisation,
                    Some((account, Role::ApplicantOwner)),
                    now,
                )
            })
            .unwrap();
        (organisation.id, self.actor(account))
    }

    /// Another authority in the same installation.
    pub fn other_council(&self) -> Id<actor::Organisation> {
        let organisation = Organisation {
            id: Id::new(),
            kind: OrganisationKind::Authority,
            name: "Southbridge Council".to_owned(),
            parent_id: None,
            profile: Json(Profile::default()),
            created_at: self.now(),
            created_by: None,
        };
        let now = self.now();
        self.app.db.write_now(|db| actions::make_organisation(db, &Actor::System, &organisation, None, now)).unwrap();
        organisation.id
    }

    /// Moves business time forward; everything due on the way is done in order, each at its own instant.
    pub async fn move_clock(&self, to: Instant) {
        Plans::during(&self.app.db, outbox::run_due(&self.app, &self.handlers, to, true)).await.unwrap();
        self.app.clock.set_offset(to.since(Clock::machine()));
    }

    /// A published mission, for what has to serve one.
    pub fn mission(&self) -> Id<Mission> {
        use commonweal::db::schema::missions;
        let id: Id<Mission> = Id::new();
        let now = self.now();
        let mission = Mission {
            id,
            authority_id: self.council,
            slug: format!("mission-{}", id.to_string().to_lowercase()),
            title: "Food".into(),
            statement: "By 2030 everyone eats well every day.".into(),
            summary: "By buying and lending for it.".into(),
            answerable: "Director of Public Health".into(),
            parent_id: None,
            status: MissionStatus::Published,
            target_on: LocalDate::from_ymd_opt(2030, 12, 31).unwrap(),
            budget: None,
            leaf: 1,
            created_at: now,
            created_by: self.person(Role::MissionLead).account().unwrap(),
            published_at: Some(now),
        };
        let insert = |db: &mut commonweal::db::Db| {
            diesel::RunQueryDsl::execute(diesel::insert_into(missions::table).values(&mission), db)?;
            Ok(())
        };
        self.app.db.write_now(insert).unwrap();
        id
    }

    /// Runs what is due now.
    pub async fn run_jobs(&self) -> usize {
        Plans::during(&self.app.db, outbox::run_due(&self.app, &self.handlers, self.now(), true)).await.unwrap()
    }

    /// A browser without script, signed in as this person (or nobody).
    pub async fn client(&self, actor: &Actor) -> Client {
        Client::new(&self.clients, &self.app, actor).await
    }

    /// A program with a bearer token of this person (or none).
    pub async fn api(&self, actor: &Actor) -> Api {
        Api::new(&self.clients, &self.app, actor).await
    }
}

/// Hashed once: argon2id is slow on purpose.
fn password_hash() -> &'static str {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| {
        let (name, email) = ("N".into(), "n@example.org".into());
        let input = actions::Register { name, email, password: PASSWORD.into(), next: String::new() };
        actions::checked_account(&input).unwrap().2
    })
}

/// The configuration of a test: defaults in folders of its own.
pub fn config(folder: &std::path::Path, url: &str) -> Config {
    let mut config = Config::load(None).unwrap();
    config.database.url = url.to_owned();
    config.storage.documents = folder.join("documents");
    config.storage.keys = folder.join("keys");
    config.storage.checkpoints = folder.join("checkpoints");
    config.storage.most_bytes = 1_000_000;
    config
}
