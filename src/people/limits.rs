//! How often something may be tried from one place or for one address. Each kind of attempt is counted apart, so that a
//! colleague behind the same network who forgot a password shuts nobody out of signing in.

use super::rules::{self, PeopleRefusal};
use super::{passwords, store};
use crate::db::Db;
use crate::error::Result;
use crate::values::Instant;
use chrono::TimeDelta;
use std::net::IpAddr;

/// What attempts are counted under: their kind and whom they concern, as a hash, so that the table holds no addresses.
pub(super) fn key(kind: &str, parts: &[&str]) -> String {
    passwords::secret_hash(&format!("{kind}\n{}", parts.join("\n")))
}

fn window(machine_now: Instant) -> Instant {
    machine_now.plus(TimeDelta::minutes(-rules::ATTEMPT_WINDOW_MINUTES))
}

/// Attempts in the window that ends now.
pub(super) fn attempts(db: &mut Db, key: &str, machine_now: Instant) -> Result<i64> {
    store::count_attempts(db, key, window(machine_now))
}

/// Refuses when the attempts of the window are used up.
pub(super) fn require_room(db: &mut Db, key: &str, most: i64, machine_now: Instant) -> Result<()> {
    if attempts(db, key, machine_now)? < most { Ok(()) } else { Err(PeopleRefusal::TooManyAttempts.into()) }
}

/// Counts an attempt.
pub(super) fn count(db: &mut Db, key: &str, machine_now: Instant) -> Result<()> {
    let forget_before = machine_now.plus(TimeDelta::minutes(-rules::MAIL_WINDOW_MINUTES));
    store::insert_attempt(db, key, machine_now, forget_before)
}

/// Whether an address may be written to once more at somebody's asking, and counts the mail when it may.
pub(super) fn may_mail(db: &mut Db, email: &str, machine_now: Instant) -> Result<bool> {
    let key = key("mail", &[email]);
    let since = machine_now.plus(TimeDelta::minutes(-rules::MAIL_WINDOW_MINUTES));
    if store::count_attempts(db, &key, since)? >= rules::MAILS_BY_ADDRESS {
        return Ok(false);
    }
    count(db, &key, machine_now)?;
    Ok(true)
}

/// Where a request came from. What stands in `X-Forwarded-For` counts only as far from the right as there are proxies of
/// ours, each of which wrote one address there; everything further left a client can write itself. Of an IPv6 address the
/// network counts: whoever has one has the whole of it.
#[must_use]
pub fn source(peer: Option<IpAddr>, forwarded: &str, trusted_proxies: usize) -> String {
    let written: Vec<&str> = forwarded.split(',').map(str::trim).collect();
    let told = (trusted_proxies > 0)
        .then(|| written.len().checked_sub(trusted_proxies).and_then(|place| written.get(place)))
        .flatten()
        .and_then(|text| text.parse::<IpAddr>().ok());
    match told.or(peer).map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_choose_where_it_seems_to_come_from() {
        let peer = "192.0.2.1".parse().ok();
        assert_eq!(source(peer, "203.0.113.9", 0), "192.0.2.1");
        assert_eq!(source(peer, "10.9.9.9, 203.0.113.9", 1), "203.0.113.9");
        assert_eq!(source(peer, "10.9.9.9, 203.0.113.9, 198.51.100.2", 2), "203.0.113.9");
        assert_eq!(source(peer, "203.0.113.9", 2), "192.0.2.1");
        assert_eq!(source(peer, "nonsense", 1), "192.0.2.1");
        assert_eq!(source(peer, "", 1), "192.0.2.1");
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_place() {
        let from = |text: &str| source(text.parse().ok(), "", 0);
        assert_eq!(from("2001:db8:1:2::3"), from("2001:db8:1:2:ffff::9"));
        assert_ne!(from("2001:db8:1:2::3"), from("2001:db8:1:3::3"));
        assert_eq!(from("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
