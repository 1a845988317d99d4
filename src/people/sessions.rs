//! Sign-in sessions in the database, so that they can be revoked; the cookie holds a random key only.

use super::store;
use crate::app::App;
use crate::values::{Account, Actor, Capacity, Clock, Id};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;

/// Key of the session state that holds the signed-in account.
pub const ACCOUNT: &str = "account";

/// Key of the session state that holds the [`Capacity`] in which the person chose to act.
pub const ACTING_FOR: &str = "acting_for";

/// The session store that actix-session is given.
#[derive(Clone, Debug)]
pub struct Sessions(pub App);

tokio::task_local! {
    /// Whom the session of this request belongs to, as the store found them with it.
    static SIGNED_IN: RefCell<Option<Actor>>;
}

/// Runs a request so that the person whom the session store finds is kept for [`signed_in`]: session and person are
/// one question to the database, and actix-session has no place of its own to hand the person on.
pub async fn keeping_the_person<T>(request: impl Future<Output = T>) -> T {
    SIGNED_IN.scope(RefCell::new(None), request).await
}

/// The person of this request's session; `None` when nobody is signed in or the account is switched off.
#[must_use]
pub fn signed_in() -> Option<Actor> {
    SIGNED_IN.try_with(|person| person.borrow().clone()).ok().flatten()
}

type State = HashMap<String, String>;
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// What the row is found by: the hash of the cookie's key, so that a leaked table signs nobody in.
fn row_id(key: &SessionKey) -> String {
    hex::encode(Sha256::digest(key.as_ref().as_bytes()))
}

fn account_of(state: &State) -> Option<Id<Account>> {
    state.get(ACCOUNT).and_then(|json| serde_json::from_str(json).ok())
}

/// The capacity that the person of a session chose; `None` when they chose none.
pub(super) fn chosen_capacity(state: &State) -> Option<Capacity> {
    let word: String = serde_json::from_str(state.get(ACTING_FOR)?).ok()?;
    word.parse().ok()
}

fn span(ttl: &Duration) -> TimeDelta {
    TimeDelta::seconds(ttl.whole_seconds())
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let id = row_id(key);
        let now = Clock::machine();
        let found = self.0.db.read_at_once(move |db| store::find_session(db, &id, now)).await;
        let found = found.map_err(|e| LoadError::Other(anyhow::Error::from_boxed(Box::new(e))))?;
        Ok(found.map(|(state, person)| {
            // Outside a request there is nobody to hand it to.
            let _ = SIGNED_IN.try_with(|kept| kept.replace(person));
            state.0
        }))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = SessionKey::try_from(hex::encode(rand::random::<[u8; 32]>()))
            .map_err(|e| SaveError::Other(anyhow::Error::from_boxed(Broken::from(e.to_string()))))?;
        let id = row_id(&key);
        let now = Clock::machine();
        let expires = now.plus(span(ttl));
        self.0
            .db
            .write(move |db| store::insert_session(db, &id, account_of(&state), &state, now, expires))
            .await
            .map_err(|e| SaveError::Other(anyhow::Error::from_boxed(Box::new(e))))?;
        Ok(key)
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let id = row_id(&key);
        let expires = Clock::machine().plus(span(ttl));
        self.0
            .db
            .write_alone(move |db| store::set_session(db, &id, account_of(&state), &state, expires))
            .await
            .map_err(|e| UpdateError::Other(anyhow::Error::from_boxed(Box::new(e))))?;
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Duration) -> Result<(), anyhow::Error> {
        // A session lasts from its last change; reading pages writes nothing.
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let id = row_id(key);
        self.0
            .db
            .write(move |db| store::delete_session(db, &id))
            .await
            .map_err(|e| anyhow::Error::from_boxed(Box::new(e)))
    }
}
