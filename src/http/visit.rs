//! One visit: who asks, when, and what every page needs.

use super::problem::Failure;
use super::shell::{Link, Shell};
use crate::app::App;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::values::{Account, Actor, Id, Instant, LocalDate, Role};
use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};

/// What the session middleware of `web` puts into each request.
#[derive(Clone, Debug)]
pub struct VisitParts {
    /// Who asks.
    pub actor: Actor,
    /// Business time, read once.
    pub now: Instant,
    /// The menu for this person.
    pub menu: Vec<Link>,
    /// For whom they act and where they change it; only for who has a choice.
    pub acting: Option<Link>,
    /// Whether the request carried a bearer token that may only read.
    pub read_only: bool,
    /// Identifier of the request in logs and problems.
    pub request_id: String,
    /// The page that holds the form of a post: where a person goes on after signing in again.
    pub form_page: Option<String>,
}

/// A request as handlers see it.
#[derive(Clone)]
pub struct Visit {
    /// The foundations.
    pub app: App,
    /// Who asks.
    pub actor: Actor,
    /// Business time, read once a request.
    pub now: Instant,
    menu: Vec<Link>,
    acting: Option<Link>,
    session: Session,
}

const CSRF: &str = "csrf";
const DONE: &str = "done";

impl Visit {
    /// Today in Europe/London.
    #[must_use]
    pub fn today(&self) -> LocalDate {
        self.now.date()
    }

    /// Whether what an address names last lies under what it names first, as `/desk/calls/{id}/award/{award}` says it
    /// does. Asked before anything else is judged, so that a wrong address is an unknown one whatever was sent to it.
    ///
    /// # Errors
    /// NotFound when it lies under another, or nowhere.
    pub async fn under<P, F>(&self, named: P, found: F) -> Result<()>
    where
        P: PartialEq + Send + 'static,
        F: FnOnce(&mut Db) -> Result<P> + Send + 'static,
    {
        if self.app.db.read(found).await? == named { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The signed-in account.
    ///
    /// # Errors
    /// Denied for the public.
    pub fn account(&self) -> Result<Id<Account>, Error> {
        self.actor.account().ok_or(Error::Denied)
    }

    /// The session, for signing in and out.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The token that forms of this session carry; made when the session has none.
    #[must_use]
    pub fn csrf(&self) -> String {
        if let Ok(Some(token)) = self.session.get::<String>(CSRF) {
            return token;
        }
        let token = hex::encode(rand::random::<[u8; 16]>());
        // A session that cannot be written shows itself when the form comes back.
        let _ = self.session.insert(CSRF, &token);
        token
    }

    /// The token of the session, when it has one; never makes a session.
    #[must_use]
    pub fn known_csrf(&self) -> Option<String> {
        self.session.get::<String>(CSRF).ok().flatten()
    }

    /// Says on the next page what was just done.
    pub fn done(&self, message: impl Into<String>) {
        let _ = self.session.insert(DONE, message.into());
    }

    /// The shell of a page. `here` is the path of the menu entry the page belongs to.
    #[must_use]
    pub fn shell(&self, title: impl Into<String>, here: &str) -> Shell {
        let mut menu = self.menu.clone();
        for link in &mut menu {
            link.current = link.href == here;
        }
        let done = self.session.get::<String>(DONE).ok().flatten();
        if done.is_some() {
            self.session.remove(DONE);
        }
        let person = match &self.actor {
            Actor::Person { name, memberships, .. } => Some(match memberships.first() {
                Some(first) => format!("{name}, {}", first.role.label()),
                None => name.clone(),
            }),
            Actor::Public | Actor::System => None,
        };
        let signed_in = person.is_some();
        Shell {
            title: title.into(),
            council: self.app.config.server.council.clone(),
            person,
            acting: self.acting.clone(),
            menu,
            breadcrumbs: Vec::new(),
            csrf: if signed_in { self.csrf() } else { self.known_csrf().unwrap_or_default() },
            sandbox: self.app.sandbox.then(|| self.now.long()),
            moves_clock: self.actor.has_anywhere(Role::Administrator),
            done,
            staff: self.actor.is_staff(),
            error: false,
        }
    }
}

impl FromRequest for Visit {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = request.app_data::<actix_web::web::Data<App>>().map(|data| data.get_ref().clone());
        let parts = request.extensions().get::<VisitParts>().cloned();
        ready(match (app, parts) {
            (Some(app), Some(parts)) => {
                let VisitParts { actor, now, menu, acting, .. } = parts;
                Ok(Visit { app, actor, now, menu, acting, session: request.get_session() })
            }
            _ => Err(Error::internal("a route is outside the session middleware").into()),
        })
    }
}
