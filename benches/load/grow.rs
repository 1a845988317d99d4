//! Years of use in a few seconds: rows written directly, as the service would have left them.

use crate::council::Council;
use chrono::TimeDelta;
use commonweal::app::App;
use commonweal::calls::{self, Call};
use commonweal::db::schema::{
    applications, audit_links, audit_rows, call_versions, calls as call_rows, envelopes, organisations, receipts,
};
use commonweal::on_each;
use commonweal::values::{Account, Id};
use diesel::prelude::*;

pub const CALLS: usize = 2_000;
pub const APPLICATIONS: usize = 100_000;
/// Organisations that bid over the years.
const BIDDERS: usize = 50;
/// Rows of one statement; PostgreSQL takes 65,535 values.
const ROWS: usize = 2_000;

/// Inserts rows some thousand at a time, a transaction each.
macro_rules! insert_rows {
    ($app:expr, $table:expr, $rows:expr) => {
        for part in $rows.chunks(ROWS) {
            $app.db
                .write_now(|db| {
                    on_each!(db, c => diesel::insert_into($table).values(part).execute(c))?;
                    Ok(())
                })
                .unwrap();
        }
    };
}

/// Published calls like one that exists: their identifiers. They were published one after another, long ago.
pub fn calls(app: &App, like: Id<Call>, many: usize) -> Vec<Id<Call>> {
    let call = app.db.read_now(|db| calls::find(db, like)).unwrap();
    let published = call.published_at.unwrap();
    let ids: Vec<Id<Call>> = (0..many).map(|_| Id::new()).collect();
    let rows: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            let at = published.plus(TimeDelta::hours(-20 * (i64::try_from(n).unwrap() + 1)));
            (
                call_rows::id.eq(*id),
                call_rows::authority_id.eq(call.authority_id),
                call_rows::mission_id.eq(call.mission_id),
                call_rows::kind.eq("tender"),
                call_rows::reference.eq(format!("T-{many}-{n:05}")),
                call_rows::title.eq(format!("Kitchens and gardens, lot {n} of the long list")),
                call_rows::summary.eq(call.summary.clone()),
                call_rows::stage.eq("closed"),
                call_rows::version.eq(1_i64),
                call_rows::terms.eq(call.terms.to_string()),
                call_rows::terms_hash.eq(call.terms_hash.clone()),
                call_rows::amount.eq(call.amount().0),
                call_rows::deadline_at.eq(at.plus(TimeDelta::days(30))),
                call_rows::published_at.eq(at),
                call_rows::created_at.eq(at.plus(TimeDelta::days(-9))),
                call_rows::created_by.eq(call.created_by),
            )
        })
        .collect();
    let versions: Vec<_> = ids
        .iter()
        .map(|id| {
            (
                call_versions::id.eq(Id::<Call>::new()),
                call_versions::authority_id.eq(call.authority_id),
                call_versions::call_id.eq(*id),
                call_versions::version.eq(1_i64),
                call_versions::terms.eq(call.terms.to_string()),
                call_versions::terms_hash.eq(call.terms_hash.clone().unwrap_or_default()),
                call_versions::reason.eq("First published"),
                call_versions::warnings.eq("[]"),
                call_versions::frozen_at.eq(published),
                call_versions::frozen_by.eq(call.created_by),
            )
        })
        .collect();
    insert_rows!(app, call_rows::table, rows);
    insert_rows!(app, call_versions::table, versions);
    ids
}

/// The large state.
pub fn grow(council: &Council) {
    let started = std::time::Instant::now();
    let app = &council.app;
    let live = app.db.read_now(|db| calls::find(db, council.live)).unwrap();
    let ids = calls(app, council.live, CALLS);
    let at = live.published_at.unwrap().plus(TimeDelta::days(-20));
    let by: Id<Account> = live.created_by;
    let bidders: Vec<Id<commonweal::values::actor::Organisation>> = (0..BIDDERS).map(|_| Id::new()).collect();
    let rows: Vec<_> = bidders
        .iter()
        .enumerate()
        .map(|(n, id)| {
            (
                organisations::id.eq(*id),
                organisations::kind.eq("social_enterprise"),
                organisations::name.eq(format!("Long-standing bidder {n} CIC")),
                organisations::profile.eq("{}"),
                organisations::created_at.eq(at),
            )
        })
        .collect();
    insert_rows!(app, organisations::table, rows);
    // A submission of the practice council is about this long once sealed.
    let ciphertext = "QWdlIGVuY3J5cHRlZA".repeat(120);
    let hash = "b".repeat(64);
    let mut seq: i64 = 10_000_000;
    for call in ids.chunks(20) {
        let of: Vec<(Id<Call>, Id<_>, String)> =
            call.iter().flat_map(|call| bidders.iter().map(|b| (*call, *b, Id::<Call>::new().to_string()))).collect();
        let rows: Vec<_> = of
            .iter()
            .map(|(call, bidder, id)| {
                (
                    applications::id.eq(id.clone()),
                    applications::authority_id.eq(live.authority_id),
                    applications::call_id.eq(*call),
                    applications::organisation_id.eq(*bidder),
                    applications::state.eq("submitted"),
                    applications::call_version.eq(1_i64),
                    applications::reference.eq(format!("B-{id}")),
                    applications::saved_at.eq(at),
                    applications::submitted_at.eq(at),
                    applications::opened_at.eq(at),
                    applications::created_at.eq(at),
                    applications::created_by.eq(by),
                )
            })
            .collect();
        insert_rows!(app, applications::table, rows);
        let rows: Vec<_> = of
            .iter()
            .flat_map(|(_, _, id)| ["quality", "price"].map(|part| (id, part)))
            .map(|(id, part)| {
                (
                    envelopes::id.eq(Id::<Call>::new()),
                    envelopes::authority_id.eq(live.authority_id),
                    envelopes::application_id.eq(id.clone()),
                    envelopes::part.eq(part),
                    envelopes::ciphertext.eq(&ciphertext),
                    envelopes::sha256.eq(&hash),
                    envelopes::sealed_at.eq(at),
                )
            })
            .collect();
        insert_rows!(app, envelopes::table, rows);
        let rows: Vec<_> = of
            .iter()
            .map(|(_, _, id)| {
                (
                    receipts::id.eq(Id::<Call>::new()),
                    receipts::authority_id.eq(live.authority_id),
                    receipts::application_id.eq(id.clone()),
                    receipts::reference.eq(format!("B-{id}")),
                    receipts::received_at.eq(at),
                    receipts::quality_sha256.eq(&hash),
                    receipts::price_sha256.eq(&hash),
                    receipts::audit_hash.eq(&hash),
                    receipts::call_version.eq(1_i64),
                )
            })
            .collect();
        insert_rows!(app, receipts::table, rows);
        let acts: Vec<_> = of.iter().map(|(_, _, id)| (Id::<Call>::new(), id)).collect();
        let rows: Vec<_> = acts
            .iter()
            .map(|(row, id)| {
                (
                    audit_rows::id.eq(*row),
                    audit_rows::authority_id.eq(live.authority_id),
                    audit_rows::at.eq(at),
                    audit_rows::actor.eq(format!("account:{by}")),
                    audit_rows::action.eq("application.submitted"),
                    audit_rows::subject_kind.eq("application"),
                    audit_rows::subject_id.eq((*id).clone()),
                    audit_rows::facts.eq("{\"call_version\":1}"),
                    audit_rows::hash.eq(&hash),
                )
            })
            .collect();
        insert_rows!(app, audit_rows::table, rows);
        let rows: Vec<_> = acts
            .iter()
            .map(|(row, _)| {
                seq += 1;
                (
                    audit_links::seq.eq(seq),
                    audit_links::row_id.eq(row.to_string()),
                    audit_links::row_hash.eq(&hash),
                    audit_links::head.eq(&hash),
                )
            })
            .collect();
        insert_rows!(app, audit_links::table, rows);
    }
    println!("\n{CALLS} calls and {APPLICATIONS} applications written in {:.0} s", started.elapsed().as_secs_f64());
}
