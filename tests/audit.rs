//! The audit record: chained, signed, and whatever is done to it is found.

use crate::support::{Kind, World};
use crate::upkeep::commonweal;
use chrono::TimeDelta;
use commonweal::audit::{self, Entry, Finding};
use commonweal::db::{Database, Db};
use commonweal::error::Result;
use commonweal::outbox::lease;
use commonweal::serve::{self, Upkeep};
use commonweal::values::{Actor, Clock, Id, Instant, Subject, actor};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

fn entry(council: Id<actor::Organisation>, at: Instant, number: i64) -> Entry<'static> {
    Entry {
        authority: Some(council),
        at,
        actor: &Actor::System,
        action: "test.act",
        subject: Subject::new("thing", Id::<World>::new()),
        facts: json!({ "number": number }),
    }
}

fn act(world: &World, number: i64) {
    let (now, council) = (world.now(), world.council);
    world.app.db.write_now(|db| audit::record(db, entry(council, now, number))).unwrap();
}

/// Does to the tables what their triggers forbid, as somebody with the database's password could.
fn tamper(world: &World, sql: &str) {
    world
        .app
        .db
        .direct(|db| -> Result<()> {
            match db {
                Db::Pg(c) => c.batch_execute(&format!(
                    "SET session_replication_role = replica; {sql}; SET session_replication_role = DEFAULT"
                ))?,
                Db::Sqlite(c) => c.batch_execute(&format!(
                    "PRAGMA foreign_keys=OFF; \
                     DROP TRIGGER audit_rows_no_update; DROP TRIGGER audit_rows_no_delete; \
                     DROP TRIGGER audit_links_no_update; DROP TRIGGER audit_links_no_delete; \
                     DROP TRIGGER audit_checkpoints_no_delete; {sql}"
                ))?,
            }
            Ok(())
        })
        .unwrap();
}

fn finding(world: &World, outside: Option<&audit::Checkpoint>) -> Option<Finding> {
    audit::verify(&world.app.db, &world.app.keys, outside).unwrap().finding
}

/// What `commonweal verify audit` finds, which ends with 1 when it finds something.
fn told(world: &World, checkpoint: Option<&audit::Checkpoint>) -> Value {
    let file = checkpoint.map(|signed| {
        let folder = world.app.config.storage.checkpoints.clone();
        folder.join(format!("checkpoint-{:012}.json", signed.seq)).to_str().unwrap().to_owned()
    });
    let mut arguments = vec!["verify", "audit"];
    arguments.extend(file.iter().flat_map(|file| ["--checkpoint", file.as_str()]));
    let output = commonweal(world, &arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no report: {said}"));
    let finding = report["finding"].clone();
    assert_eq!(output.status.code(), Some(i32::from(!finding.is_null())), "{report}");
    finding
}

fn checkpoint(world: &World) -> audit::Checkpoint {
    audit::checkpoint(&world.app.db, &world.app.keys, &world.app.config.storage.checkpoints, world.now())
        .unwrap()
        .unwrap()
}

/// The checkpoints in the folder outside the database, oldest first.
fn signed_outside(world: &World) -> Vec<audit::Checkpoint> {
    let Ok(folder) = std::fs::read_dir(&world.app.config.storage.checkpoints) else { return Vec::new() };
    let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
}

both! {
    async fn the_worker_signs_the_head_once_an_hour_and_writes_it_outside_the_database(world: World) {
        let begun = Clock::machine();
        let mut last = Upkeep::begun(begun);
        for (minute, checkpoints) in [(0, 0), (59, 0), (60, 1), (119, 1), (120, 2)] {
            act(&world, minute);
            let at = begun.plus(TimeDelta::minutes(minute));
            serve::tick(&world.app, &world.handlers, "one node", &mut last, at).await.unwrap();
            assert_eq!(signed_outside(&world).len(), checkpoints, "after {minute} minutes");
        }
        // An hour in which nothing was recorded needs no signature.
        let later = begun.plus(TimeDelta::minutes(180));
        serve::tick(&world.app, &world.handlers, "one node", &mut last, later).await.unwrap();
        // Nor does another node sign, however long it has waited, while this one is the worker.
        act(&world, 180);
        let mut other = Upkeep::begun(begun);
        serve::tick(&world.app, &world.handlers, "another node", &mut other, later).await.unwrap();
        let signed = signed_outside(&world);
        assert_eq!(signed.len(), 2);
        for checkpoint in &signed {
            assert!(checkpoint.is_signed(), "{checkpoint:?}");
            assert_eq!(checkpoint.public_key, world.app.keys.audit_public());
            assert_eq!(told(&world, Some(checkpoint)), Value::Null);
        }
        let report = audit::verify(&world.app.db, &world.app.keys, None).unwrap();
        assert_eq!((report.finding, report.waiting, report.checkpoints), (None, 1, 2));
    }
    async fn one_node_links_the_chain_and_another_takes_over_when_it_is_given_up_or_has_run_out(world: World) {
        let at = Clock::machine();
        let waiting = || audit::verify(&world.app.db, &world.app.keys, None).unwrap().waiting;
        let link = async |holder: &str, seconds: i64| {
            serve::link_once(&world.app, holder, at.plus(TimeDelta::seconds(seconds))).await.unwrap()
        };
        act(&world, 0);
        assert!(link("one node", 0).await > 0);
        assert_eq!(waiting(), 0);
        // With nothing to link nothing is written either.
        let before = world.app.db.statements();
        assert_eq!(link("one node", 0).await, 0);
        assert_eq!(world.app.db.statements() - before, 1, "one question");
        // The other node leaves the rows to the one that holds the lease, until that one is silent for ten seconds.
        act(&world, 1);
        assert_eq!((link("another node", 5).await, waiting()), (0, 1));
        assert_eq!((link("another node", 11).await, waiting()), (1, 0));
        act(&world, 2);
        assert_eq!((link("one node", 12).await, waiting()), (0, 1));
        world.app.db.write(|db| lease::release(db, "audit-chain", "one node")).await.unwrap();
        assert_eq!(link("one node", 12).await, 0, "nobody gives up what another holds");
        world.app.db.write(|db| lease::release(db, "audit-chain", "another node")).await.unwrap();
        assert_eq!((link("one node", 12).await, waiting()), (1, 0));
        assert_eq!(audit::verify(&world.app.db, &world.app.keys, None).unwrap().finding, None);
    }
    async fn an_untouched_record_verifies_with_every_row_linked(world: World) {
        for number in 0..20 { act(&world, number); }
        let signed = checkpoint(&world);
        act(&world, 20);
        audit::chain(&world.app.db).unwrap();
        let report = audit::verify(&world.app.db, &world.app.keys, Some(&signed)).unwrap();
        assert_eq!(report.finding, None);
        assert!(report.rows >= 21);
        assert_eq!(report.waiting, 0);
        assert_eq!(report.checkpoints, 2);
        assert_eq!((told(&world, None), told(&world, Some(&signed))), (Value::Null, Value::Null));
    }
    async fn a_row_is_proved_to_somebody_who_has_only_a_signed_checkpoint(world: World) {
        for number in 0..6 { act(&world, number); }
        let now = world.now();
        let entry = |hash: &str| {
            world.app.db.write_now(|db| audit::record(db, Entry {
                authority: Some(world.council), at: now, actor: &Actor::System, action: "ranking.signed",
                subject: Subject::new("ranking", Id::<World>::new()), facts: json!({ "hash": hash }),
            })).unwrap()
        };
        let row = entry("abc");
        act(&world, 7);
        let signed = checkpoint(&world);
        let prove = |hash: &str| audit::prove(&world.app.db, &["ranking.signed"], "hash", hash, &signed);
        let proof = prove("abc").unwrap();
        assert_eq!((proof.row.hash(), proof.row.fact("hash").as_deref()), (row, Some("abc")));
        assert!(signed.is_signed() && proof.leads_to(&signed));
        let mut altered = proof.clone();
        altered.row.facts = altered.row.facts.replace("abc", "abd");
        assert!(!altered.leads_to(&signed));
        // What was recorded after the checkpoint is not proved by it, nor is what never was.
        entry("later");
        audit::chain(&world.app.db).unwrap();
        assert!(prove("later").is_err() && prove("never").is_err());
    }
    async fn the_database_itself_refuses_to_change_or_delete_a_row(world: World) {
        act(&world, 1);
        for sql in ["UPDATE audit_rows SET action = 'x'", "DELETE FROM audit_rows"] {
            let refused = world.app.db.direct(|db| -> Result<()> {
                match db {
                    Db::Pg(c) => c.batch_execute(sql)?,
                    Db::Sqlite(c) => c.batch_execute(sql)?,
                }
                Ok(())
            });
            assert!(refused.is_err(), "{sql}");
        }
    }
    async fn an_altered_row_is_found(world: World) {
        for number in 0..5 { act(&world, number); }
        audit::chain(&world.app.db).unwrap();
        tamper(&world, "UPDATE audit_rows SET facts = '{\"number\":99}' WHERE facts = '{\"number\":3}'");
        let Some(Finding::Altered { seq, row }) = finding(&world, None) else { panic!("{:?}", finding(&world, None)) };
        assert_eq!(told(&world, None), json!({ "kind": "altered", "seq": seq, "row": row }));
    }
    async fn a_removed_row_is_found(world: World) {
        for number in 0..5 { act(&world, number); }
        audit::chain(&world.app.db).unwrap();
        tamper(&world, "DELETE FROM audit_rows WHERE id = (SELECT row_id FROM audit_links WHERE seq = 3); DELETE FROM audit_links WHERE seq = 3");
        assert_eq!(finding(&world, None), Some(Finding::Removed { seq: 3 }));
        assert_eq!(told(&world, None), json!({ "kind": "removed", "seq": 3 }));
    }
    async fn an_inserted_row_is_found(world: World) {
        for number in 0..5 { act(&world, number); }
        audit::chain(&world.app.db).unwrap();
        tamper(&world, "INSERT INTO audit_rows SELECT '01AAAAAAAAAAAAAAAAAAAAAAAA', authority_id, at, actor, action, subject_kind, subject_id, facts, hash FROM audit_rows WHERE facts = '{\"number\":3}'");
        assert_eq!(finding(&world, None), Some(Finding::Inserted { row: "01AAAAAAAAAAAAAAAAAAAAAAAA".into() }));
        assert_eq!(told(&world, None), json!({ "kind": "inserted", "row": "01AAAAAAAAAAAAAAAAAAAAAAAA" }));
    }
    async fn a_cut_tail_is_found_by_a_checkpoint_kept_elsewhere(world: World) {
        for number in 0..5 { act(&world, number); }
        let signed = checkpoint(&world);
        let last = signed.seq;
        tamper(&world, &format!("DELETE FROM audit_checkpoints; DELETE FROM audit_rows WHERE id = (SELECT row_id FROM audit_links WHERE seq = {last}); DELETE FROM audit_links WHERE seq = {last}"));
        assert_eq!(finding(&world, None), None, "without the checkpoint a clean cut cannot be seen");
        assert_eq!(finding(&world, Some(&signed)), Some(Finding::Cut { checkpoint: last, last: last - 1 }));
        assert_eq!(told(&world, None), Value::Null);
        assert_eq!(told(&world, Some(&signed)), json!({ "kind": "cut", "checkpoint": last, "last": last - 1 }));
    }
    async fn a_forged_checkpoint_is_found(world: World) {
        act(&world, 1);
        let mut signed = checkpoint(&world);
        signed.head = "0".repeat(64);
        assert_eq!(finding(&world, Some(&signed)), Some(Finding::FalseCheckpoint { seq: signed.seq }));
    }
}

#[actix_web::test]
async fn writers_at_once_never_wait_for_the_chain_and_all_rows_are_linked_on_postgres() {
    let world = World::new(Kind::Postgres).await;
    let handles: Vec<_> = (0..32)
        .map(|number| {
            let (db, now, council) = (world.app.db.clone(), world.now(), world.council);
            std::thread::spawn(move || {
                db.write_now(|c| audit::record(c, entry(council, now, number))).unwrap();
            })
        })
        .collect();
    audit::chain(&world.app.db).unwrap();
    for handle in handles {
        handle.join().unwrap();
    }
    audit::chain(&world.app.db).unwrap();
    let report = audit::verify(&world.app.db, &world.app.keys, None).unwrap();
    assert_eq!((report.finding, report.waiting), (None, 0));
}

#[actix_web::test]
async fn linking_looks_up_the_few_rows_that_wait_and_does_not_read_the_years_before_on_postgres() {
    #[derive(diesel::QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
        step: String,
    }
    let world = World::new(Kind::Postgres).await;
    let (now, council) = (world.now(), world.council);
    for _ in 0..4 {
        world
            .app
            .db
            .write_now(|db| audit::record_all(db, (0..2000).map(|number| entry(council, now, number))))
            .unwrap();
    }
    audit::chain(&world.app.db).unwrap();
    act(&world, 0);
    // Connections of its own: what those of the world are seen to ask is held against SQLite's plans.
    let node = Database::open(world.app.db.url().target(), 2).unwrap();
    let watching = node.watch();
    assert_eq!(audit::chain(&node).unwrap(), 1);
    drop(watching);
    let asked: Vec<String> = node.watched().into_iter().filter(|text| text.contains("audit_rows")).collect();
    let [asked] = &asked[..] else { panic!("{asked:?}") };
    // One hash for each of at most five hundred.
    let text = format!("EXPLAIN {}", asked.replace("$1", "1").replace("$2", "500"));
    let plan: Vec<Step> = node.direct(|db| Ok(diesel::sql_query(&text).load(db)?)).unwrap();
    let plan = plan.into_iter().map(|step| step.step).collect::<Vec<_>>().join("\n");
    // Joined, it was a merge of both indexes: the longer the record, the longer each link took.
    assert!(plan.contains("Index Cond: (id = audit_pending.row_id)") && !plan.contains("Join"), "{plan}");
}
