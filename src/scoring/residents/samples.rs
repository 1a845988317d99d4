//! A whole vote in one call, through the real actions: for the demo and for tests.

use super::casting;
use super::roll::{self, RollInput, VoteInput};
use super::store;
use crate::app::App;
use crate::calls::Call;
use crate::db::Cursor;
use crate::error::{Error, Result};
use crate::outbox::mail;
use crate::values::{Actor, Clock, Id, Instant};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// What a resident gives to an application: the resident's and the application's place to what is typed.
pub type Voter<'a> = &'a (dyn Fn(usize, usize) -> String + Sync);

/// When a vote is set up, opens and closes.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When it is set up and the links are sent.
    pub set: Instant,
    /// When voting begins.
    pub opens: Instant,
    /// When it ends.
    pub closes: Instant,
}

/// Sets up a vote and puts so many invented residents on its roll; their secrets, as each reads it in the mail.
///
/// # Errors
/// Those of the actions.
pub async fn invite(app: &App, officer: &Actor, call: Id<Call>, residents: usize, times: Times) -> Result<Vec<String>> {
    let dates =
        VoteInput { opens_date: times.opens.rfc3339(), closes_date: times.closes.rfc3339(), ..VoteInput::default() };
    let vote = roll::set_up(app, officer, call, &dates, times.set).await?;
    let addresses: Vec<String> =
        (1..=residents).map(|n| format!("resident{n}@{vote}.example").to_lowercase()).collect();
    roll::add(app, officer, call, &RollInput { addresses: addresses.join("\n") }, times.set).await?;
    let after = Cursor { at: times.set.plus(TimeDelta::microseconds(1)), id: String::new() };
    let most = residents + 100;
    let mails = app.db.read(move |db| mail::list(db, Some(&after), most)).await?.items;
    let mut secrets: BTreeMap<String, String> = mails
        .into_iter()
        .filter_map(|one| {
            let (_, rest) = one.body.split_once("/vote/")?;
            Some((one.recipient, rest.split_whitespace().next()?.to_owned()))
        })
        .collect();
    addresses.iter().map(|address| secrets.remove(address).ok_or(Error::NotFound)).collect()
}

/// Holds a vote in which the first `voters` of so many residents vote, each a while after the one before. It is counted by
/// the job that is due when it closes.
///
/// # Errors
/// Those of the actions.
pub async fn hold(
    app: &App,
    officer: &Actor,
    call: Id<Call>,
    residents: usize,
    voters: usize,
    times: Times,
    says: Voter<'_>,
) -> Result<()> {
    let secrets = invite(app, officer, call, residents, times).await?;
    let vote = app.db.read(move |db| store::newest_of_call(db, call)).await?.ok_or(Error::NotFound)?;
    let references = vote.references();
    for (resident, secret) in secrets.iter().take(voters).enumerate() {
        let given: BTreeMap<String, String> = references
            .iter()
            .enumerate()
            .map(|(place, reference)| (reference.clone(), says(resident, place)))
            .collect();
        let at = times.opens.plus(TimeDelta::minutes(i64::try_from(resident)?));
        casting::cast(app, secret, &given, &Clock::stopped(at)).await?;
    }
    Ok(())
}
