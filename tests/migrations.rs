//! The schema goes up, down and up again, and is the same on both databases.

use crate::support::{Fresh, Kind};
use commonweal::db::{Database, Db, DbUrl, migrate};
use commonweal::error::Result;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::collections::BTreeMap;

#[derive(QueryableByName, Debug)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

/// Every column of every table of ours: type word and whether it may be empty.
fn columns(database: &Database) -> BTreeMap<String, String> {
    let rows: Vec<Column> = database
        .direct(|db| -> Result<Vec<Column>> {
            Ok(match db {
                Db::Pg(c) => diesel::sql_query(
                    "SELECT table_name::text AS table_name, column_name::text AS column_name, data_type::text AS data_type, \
                     is_nullable::text AS nullable FROM information_schema.columns WHERE table_schema = 'public' \
                     AND table_name <> '__diesel_schema_migrations'",
                )
                .load(c)?,
                Db::Sqlite(c) => diesel::sql_query(
                    "SELECT m.name AS table_name, p.name AS column_name, p.type AS data_type, \
                     CASE WHEN p.\"notnull\" = 1 THEN 'NO' ELSE 'YES' END AS nullable \
                     FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> '__diesel_schema_migrations'",
                )
                .load(c)?,
            })
        })
        .unwrap();
    rows.into_iter()
        .map(|c| {
            let kind = match c.data_type.to_lowercase().as_str() {
                "timestamp without time zone" => "timestamp".to_owned(),
                other => other.to_owned(),
            };
            (format!("{}.{}", c.table_name, c.column_name), format!("{kind} {}", c.nullable))
        })
        .collect()
}

fn up_down_up(kind: Kind) {
    let fresh = Fresh::empty(kind);
    let database = fresh.open();
    let steps = migrate::up(&database).unwrap();
    let first = columns(&database);
    assert!(steps > 0 && !first.is_empty());
    assert!(migrate::is_current(&database).unwrap());
    assert_eq!(migrate::down(&database).unwrap(), steps);
    assert_eq!(columns(&database), BTreeMap::new(), "every table is gone after the way down");
    assert_eq!(migrate::up(&database).unwrap(), steps);
    assert_eq!(columns(&database), first);
    assert_eq!(migrate::up(&database).unwrap(), 0, "a second run changes nothing");
}

#[test]
fn migrations_go_up_down_and_up_again_on_sqlite() {
    up_down_up(Kind::Sqlite);
}

#[test]
fn migrations_go_up_down_and_up_again_on_postgres() {
    up_down_up(Kind::Postgres);
}

#[test]
fn both_databases_have_the_same_tables_columns_types_and_nullability() {
    let (sqlite, postgres) = (Fresh::empty(Kind::Sqlite), Fresh::empty(Kind::Postgres));
    let (sqlite, postgres) = (sqlite.open(), postgres.open());
    migrate::up(&sqlite).unwrap();
    migrate::up(&postgres).unwrap();
    let (left, right) = (columns(&sqlite), columns(&postgres));
    let differ: Vec<_> = left.iter().filter(|(k, v)| right.get(*k) != Some(v)).collect();
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn every_table_carries_its_authority_except_those_of_the_installation_itself() {
    let fresh = Fresh::empty(Kind::Sqlite);
    let database = fresh.open();
    migrate::up(&database).unwrap();
    let all = columns(&database);
    let tables: std::collections::BTreeSet<&str> = all.keys().filter_map(|k| k.split('.').next()).collect();
    // Accounts, and what comes before one, belong to no authority; invitations carry their organisation, which may be a
    // supplier; the others serve the whole installation.
    let of_the_installation = [
        "accounts",
        "audit_checkpoints",
        "audit_links",
        "audit_pending",
        "idempotency_keys",
        "invitations",
        "jobs",
        "leases",
        "members",
        "organisations",
        "password_resets",
        "registrations",
        "sessions",
        "settings",
        "sign_in_attempts",
        "tokens",
    ];
    let without: Vec<_> = tables
        .iter()
        .filter(|t| !all.contains_key(&format!("{t}.authority_id")) && !of_the_installation.contains(t))
        .collect();
    assert!(without.is_empty(), "tables without authority_id: {without:?}");
}

#[test]
fn a_mistyped_database_url_is_an_error_and_never_an_empty_file() {
    for wrong in ["commonweal.db", "sqlite//x.db", "sqlite://x.db", "mysql://x", "", "sqlite:"] {
        assert!(DbUrl::parse(wrong).is_err(), "{wrong}");
    }
    assert!(DbUrl::parse("sqlite:x.db").is_ok());
    assert!(DbUrl::parse("postgres://a@b/c").is_ok());
}
