//! What somebody who runs the service relies on: health, measures, ids of requests, lists that page, work that is due.

use crate::applications::sample_calls::{open_call, tender, tender_terms};
use crate::support::server::{Server, request};
use crate::support::{Kind, World};
use actix_web::test::TestRequest;
use chrono::TimeDelta;
use commonweal::audit;
use commonweal::calls::CallKind;
use commonweal::error::Error;
use commonweal::outbox::{self, Handlers};
use commonweal::values::{Actor, Instant, Role};
use commonweal::web::routes;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Stopwatch};

both! {
    async fn health_says_whether_the_service_is_ready_and_measures_stay_on_the_machine(world: World) {
        let nobody = world.client(&Actor::Public).await;
        assert_eq!(nobody.get("/health/live").await.expect(200).text, "live\n");
        assert_eq!(nobody.get("/health/ready").await.expect(200).text, "ready\n");
        nobody.get("/metrics").await.expect(200);
        for passed_on in ["forwarded", "via", "x-forwarded-for", "x-real-ip"] {
            let request = TestRequest::get().uri("/metrics").insert_header((passed_on, "203.0.113.9"));
            nobody.request(request).await.expect(404);
        }
        // As when a newer program starts on the database of an older one.
        let older = "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
        world.app.db.write_now(|db| Ok(db.batch_execute(older)?)).unwrap();
        assert_eq!(nobody.get("/health/ready").await.expect(503).text, "migrations are pending\n");
        assert_eq!(nobody.get("/health/live").await.expect(200).text, "live\n");
    }
    async fn work_that_is_due_runs_in_order_each_piece_as_of_its_own_instant(world: World) {
        let seen: Arc<Mutex<Vec<(String, Instant)>>> = Arc::default();
        let begin = world.now();
        let at = |minutes: i64| begin.plus(TimeDelta::minutes(minutes));
        let mut handlers = Handlers::default();
        for kind in ["test.first", "test.made", "test.second", "test.third"] {
            let seen = seen.clone();
            handlers.on(kind, move |app, job, now| {
                let seen = seen.clone();
                async move {
                    seen.lock().unwrap().push((job.kind.clone(), now));
                    // The first makes another, which is due before the ones that wait already.
                    if job.kind == "test.first" {
                        let due = now.plus(TimeDelta::minutes(30));
                        app.db.write(move |db| outbox::schedule(db, "test.made", json!({}), due)).await?;
                    }
                    Ok::<(), Error>(())
                }
            });
        }
        world.app.db.write_now(|db| {
            for (kind, minutes) in [("test.third", 180), ("test.second", 120), ("test.first", 60)] {
                outbox::schedule(db, kind, json!({}), at(minutes))?;
            }
            Ok(())
        }).unwrap();
        outbox::run_due(&world.app, &handlers, at(59), true).await.unwrap();
        assert!(seen.lock().unwrap().is_empty(), "nothing runs before it is due");
        outbox::run_due(&world.app, &handlers, at(240), true).await.unwrap();
        let expected = [("test.first", 60), ("test.made", 90), ("test.second", 120), ("test.third", 180)];
        let expected: Vec<(String, Instant)> = expected.iter().map(|(kind, minutes)| ((*kind).to_owned(), at(*minutes))).collect();
        assert_eq!(*seen.lock().unwrap(), expected);
        assert_eq!(outbox::run_due(&world.app, &handlers, at(240), true).await.unwrap(), 0, "each runs once");
    }
    async fn a_program_moves_the_practice_clock_forward_and_every_page_says_that_it_is_practice(world: World) {
        let administrator = world.api(&world.person(Role::Administrator)).await;
        let auditor = world.api(&world.person(Role::Auditor)).await;
        let to = json!({ "to_date": "2031-06-02", "to_time": "9am" });
        auditor.post("/api/v1/sandbox/clock", to.clone()).await.expect(403);
        let moved = administrator.post("/api/v1/sandbox/clock", to.clone()).await.expect(200).json();
        let nine: Instant = "2031-06-02T08:00:00Z".parse().unwrap();
        assert_eq!(moved["now"], serde_json::to_value(nine).unwrap());
        let back = administrator.post("/api/v1/sandbox/clock", to).await.expect(409).json();
        assert_eq!(back["type"], "/problems/sandbox/only-forward");
        let nobody = world.client(&Actor::Public).await;
        for path in ["/", "/calls", "/help", "/sign-in", "/no/such/page"] {
            nobody.get(path).await.shows("Nothing here is real").shows("2 June 2031");
        }
    }
    async fn a_list_pages_by_what_came_last_and_shows_each_row_once(world: World) {
        let deadline = world.now().plus(TimeDelta::days(10));
        let mut made: BTreeSet<String> = BTreeSet::new();
        for _ in 0..45 {
            made.insert(open_call(&world, CallKind::Tender, tender_terms(deadline)).id.to_string());
        }
        let nobody = world.api(&Actor::Public).await;
        let (mut seen, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
        loop {
            let page = nobody.get(&format!("/api/v1/calls?after={after}")).await.expect(200).json();
            let items = page["items"].as_array().unwrap();
            sizes.push(items.len());
            seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            // What is published meanwhile stands before all that was seen, and moves nothing.
            if sizes.len() == 1 {
                tender(&world);
            }
            match page["next"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        assert_eq!(sizes, [20, 20, 5]);
        assert_eq!(seen.iter().cloned().collect::<BTreeSet<String>>(), made);
        nobody.get("/api/v1/calls?after=nonsense").await.expect(422);
    }
}

#[actix_web::test]
async fn every_route_of_the_api_is_described_and_nothing_else() {
    let world = World::new(Kind::Sqlite).await;
    let described = world.api(&Actor::Public).await.get("/openapi.json").await.expect(200).json();
    assert_eq!(described["openapi"], "3.1.0");
    let told: BTreeSet<String> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods.keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let there: BTreeSet<String> = routes::all()
        .iter()
        .filter(|row| row.path.starts_with("/api/"))
        .map(|row| format!("{} {}", row.method, row.path))
        .collect();
    assert!(there.len() > 150, "only {} routes", there.len());
    assert_eq!(told, there);
    // A program that is made from the description calls each by a name of its own, and so does its viewer.
    let operations =
        described["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap().values());
    let names: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

/// Records something, and waits ten seconds at most until a server on the same database has linked it.
pub fn linked_by_a_server(world: &World) {
    let before = audit::verify(&world.app.db, &world.app.keys, None).unwrap().rows;
    world.person(Role::Auditor);
    let written = Stopwatch::now();
    loop {
        let report = audit::verify(&world.app.db, &world.app.keys, None).unwrap();
        if report.waiting == 0 && report.rows > before {
            break;
        }
        assert!(written.elapsed() < Duration::from_secs(10), "{} rows are not linked", report.waiting);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[actix_web::test]
async fn a_running_server_counts_requests_logs_each_with_its_id_and_links_the_record_by_itself() {
    let world = World::new(Kind::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    let server = Server::start_logged(&world, &log);
    let get = |path: &str| request(server.port, "GET", path, None, "").unwrap();
    let (status, problem) = get("/api/v1/nothing");
    let problem: Value = serde_json::from_str(&problem).unwrap();
    let id = problem["request_id"].as_str().unwrap().to_owned();
    assert_eq!((status, id.len()), (404, 26));
    let (_, other) = get("/api/v1/nothing");
    assert_ne!(serde_json::from_str::<Value>(&other).unwrap()["request_id"], id.as_str());

    let (_, measures) = get("/metrics");
    assert!(measures.contains("http_requests_total") && measures.contains("http_request_seconds"), "{measures}");
    assert!(measures.contains("/health/ready") && measures.contains("404"), "{measures}");

    // The server links what another process of the installation has written. It looks more often than each second, as
    // src/serve.rs asserts when it is built, and waits for no job (tests/mail.rs); a machine that runs many tests at once is
    // given ten seconds.
    linked_by_a_server(&world);
    assert!(server.stop().success());
    assert_eq!(audit::verify(&world.app.db, &world.app.keys, None).unwrap().finding, None);
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("answered") && log.contains(&id), "the request that was refused is not in the log");
}
