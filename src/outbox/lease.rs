//! Which of several nodes does a thing that only one may do.

use crate::db::Db;
use crate::db::schema::leases;
use crate::error::Result;
use crate::values::Instant;
use chrono::TimeDelta;
use diesel::prelude::*;

/// Takes or renews a lease; says whether `holder` has it now. Times are the machine's.
///
/// # Errors
/// What the database says.
pub fn hold(db: &mut Db, name: &str, holder: &str, machine_now: Instant, seconds: i64) -> Result<bool> {
    let until = machine_now.plus(TimeDelta::seconds(seconds));
    let known: Option<(String, Instant)> =
        leases::table.filter(leases::name.eq(name)).select((leases::holder, leases::until)).first(db).optional()?;
    match known {
        None => {
            diesel::insert_into(leases::table)
                .values((leases::name.eq(name), leases::holder.eq(holder), leases::until.eq(until)))
                .execute(db)?;
            Ok(true)
        }
        Some((by, ends)) if by == holder || ends <= machine_now => {
            diesel::update(leases::table.filter(leases::name.eq(name)))
                .set((leases::holder.eq(holder), leases::until.eq(until)))
                .execute(db)?;
            Ok(true)
        }
        Some(_) => Ok(false),
    }
}

/// Gives a lease up that `holder` has, so that another need not wait for its end.
///
/// # Errors
/// What the database says.
pub fn release(db: &mut Db, name: &str, holder: &str) -> Result<()> {
    diesel::delete(leases::table.filter(leases::name.eq(name)).filter(leases::holder.eq(holder))).execute(db)?;
    Ok(())
}
