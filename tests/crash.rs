//! The server is killed during a burst of submissions, many times over. Every acknowledged receipt is found
//! afterwards, whole, and nothing unacknowledged is half there.

use crate::support::server::{Server, request};
use crate::support::{Kind, World};
use commonweal::applications::{Application, samples};
use commonweal::db::schema::{applications, audit_rows, envelopes, receipts};
use commonweal::people::actions::{NewToken, make_token};
use commonweal::values::{Actor, Id, Pence, Role};
use commonweal::{audit, calls};
use diesel::prelude::*;
use rust_decimal::dec;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ROUNDS: usize = 6;
const APPLICANTS: usize = 24;

struct Bidder {
    application: Id<Application>,
    token: String,
}

async fn bidders(world: &World) -> Vec<Bidder> {
    let (lead, officer) = (world.person(Role::MissionLead), world.person(Role::ProcurementOfficer));
    let now = world.now();
    let ground = calls::samples::ground(&world.app, &lead, now).await.unwrap();
    let call = calls::samples::open_tender(&world.app, &officer, &ground, 40, now).await.unwrap();
    let mut bidders = Vec::new();
    for number in 0..APPLICANTS {
        let (organisation, owner) = world.applicant(&format!("Bidder {number}"));
        let application = draft(world, &owner, organisation, call.id, &call.terms.0).await;
        let input = NewToken { name: "crash".into(), scope: "write".into(), days: "2".into() };
        let (_, token) = make_token(&world.app, &owner, &input).await.unwrap();
        bidders.push(Bidder { application, token });
    }
    bidders
}

async fn draft(
    world: &World,
    owner: &Actor,
    organisation: Id<commonweal::values::actor::Organisation>,
    call: Id<calls::Call>,
    terms: &calls::Terms,
) -> Id<Application> {
    use commonweal::applications::actions;
    let now = world.now();
    let sample = samples::Sample {
        text: "We cook with what is near.".into(),
        factor: dec!(0.9),
        price: Pence(100_000_000),
        declared_by: "A Person".into(),
    };
    let id = actions::start(&world.app, owner, call, organisation, now).await.unwrap();
    actions::save_draft(&world.app, owner, id, &samples::answers(terms, &sample, now.date()), now).await.unwrap();
    id
}

/// What the database holds of one application.
#[derive(Debug)]
struct Held {
    state: String,
    reference: Option<String>,
    receipts: Vec<(String, String, String, String)>,
    envelopes: Vec<(String, String, String)>,
    acts: i64,
}

fn held(world: &World, application: Id<Application>) -> Held {
    world
        .app
        .db
        .read_now(|db| {
            let (state, reference) = applications::table
                .filter(applications::id.eq(application))
                .select((applications::state, applications::reference))
                .first::<(String, Option<String>)>(db)?;
            let receipts = receipts::table
                .filter(receipts::application_id.eq(application))
                .select((receipts::reference, receipts::quality_sha256, receipts::price_sha256, receipts::audit_hash))
                .load(db)?;
            let envelopes = envelopes::table
                .filter(envelopes::application_id.eq(application))
                .select((envelopes::part, envelopes::ciphertext, envelopes::sha256))
                .load(db)?;
            let hashes: Vec<&String> = receipts.iter().map(|r: &(String, String, String, String)| &r.3).collect();
            let acts = audit_rows::table.filter(audit_rows::hash.eq_any(hashes)).count().get_result(db)?;
            Ok(Held { state, reference, receipts, envelopes, acts })
        })
        .unwrap()
}

fn is_whole(held: &Held) -> Result<(), String> {
    use base64::Engine;
    let fail = |what: &str| Err(format!("{what}: {held:?}"));
    if held.state == "draft" {
        return if held.receipts.is_empty() && held.envelopes.is_empty() && held.reference.is_none() && held.acts == 0 {
            Ok(())
        } else {
            fail("a draft with part of a submission")
        };
    }
    let whole = !held.receipts.is_empty() && held.envelopes.len() == 2 * held.receipts.len();
    if held.state != "submitted" || held.reference.is_none() || !whole {
        return fail("a submission that is not whole");
    }
    if usize::try_from(held.acts) != Ok(held.receipts.len()) {
        return fail("a receipt without its audit row");
    }
    for (part, ciphertext, sha256) in &held.envelopes {
        let bytes = base64::engine::general_purpose::STANDARD.decode(ciphertext).map_err(|e| e.to_string())?;
        if hex::encode(Sha256::digest(&bytes)) != *sha256 {
            return fail("a ciphertext that is not the one that was receipted");
        }
        let receipted = held.receipts.iter().any(|r| if part == "quality" { r.1 == *sha256 } else { r.2 == *sha256 });
        if !receipted {
            return fail("an envelope without a receipt");
        }
    }
    Ok(())
}

async fn killed_many_times(kind: Kind) {
    let world = World::new(kind).await;
    let bidders = Arc::new(bidders(&world).await);
    let acknowledged: Arc<Mutex<HashMap<usize, Vec<serde_json::Value>>>> = Arc::default();
    for round in 0..ROUNDS {
        let server = Server::start(&world);
        let port = server.port;
        let burst: Vec<_> = (0..8)
            .map(|thread| {
                let (bidders, acknowledged) = (bidders.clone(), acknowledged.clone());
                std::thread::spawn(move || {
                    for number in (thread..APPLICANTS).step_by(8) {
                        let path = format!("/api/v1/applications/{}/submit", bidders[number].application);
                        let body = r#"{"declared_by":"A Person","true_and_complete":"yes"}"#;
                        match request(port, "POST", &path, Some(&bidders[number].token), body) {
                            Some((200, body)) => {
                                let receipt = serde_json::from_str(&body).unwrap();
                                acknowledged.lock().unwrap().entry(number).or_default().push(receipt);
                            }
                            Some((status, body)) => panic!("submission {number} was answered {status}: {body}"),
                            None => return,
                        }
                    }
                })
            })
            .collect();
        // Each round dies at another moment of the burst: by the clock, or once some more are acknowledged, however busy the
        // machine is.
        let answered = || acknowledged.lock().unwrap().values().map(Vec::len).sum::<usize>();
        let (begun, before) = (Instant::now(), answered());
        if round % 2 == 0 {
            std::thread::sleep(Duration::from_millis(15 + 45 * round as u64));
        } else {
            while answered() < before + round && begun.elapsed() < Duration::from_secs(20) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        server.kill();
        for thread in burst {
            thread.join().unwrap();
        }
        for (number, bidder) in bidders.iter().enumerate() {
            let held = held(&world, bidder.application);
            is_whole(&held).unwrap();
            for receipt in acknowledged.lock().unwrap().get(&number).into_iter().flatten() {
                let reference = receipt["reference"].as_str().unwrap();
                assert!(
                    held.receipts.iter().any(|r| r.0 == reference
                        && r.1 == receipt["quality_sha256"].as_str().unwrap()
                        && r.3 == receipt["audit_hash"].as_str().unwrap()),
                    "an acknowledged receipt is lost: {receipt}"
                );
            }
        }
    }
    let total: usize = acknowledged.lock().unwrap().values().map(Vec::len).sum();
    assert!(total > 0, "no submission was acknowledged before a kill; the test showed nothing");
    audit::chain(&world.app.db).unwrap();
    assert_eq!(audit::verify(&world.app.db, &world.app.keys, None).unwrap().finding, None);
}

#[actix_web::test]
async fn a_server_killed_in_a_burst_of_submissions_loses_nothing_it_acknowledged_on_sqlite() {
    killed_many_times(Kind::Sqlite).await;
}

#[actix_web::test]
async fn a_server_killed_in_a_burst_of_submissions_loses_nothing_it_acknowledged_on_postgres() {
    killed_many_times(Kind::Postgres).await;
}

#[actix_web::test]
async fn a_server_asked_to_stop_takes_nothing_new_finishes_what_it_has_taken_and_links_the_last_rows() {
    let world = World::new(Kind::Sqlite).await;
    let bidders = bidders(&world).await;
    let server = Server::start(&world);
    let port = server.port;
    let body = r#"{"declared_by":"A Person","true_and_complete":"yes"}"#;
    let (begun, rest) = body.split_at(20);
    let mut submission = TcpStream::connect(("127.0.0.1", port)).unwrap();
    submission.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "POST /api/v1/applications/{}/submit HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{begun}",
        bidders[0].application,
        bidders[0].token,
        body.len()
    );
    submission.write_all(head.as_bytes()).unwrap();
    // Long enough for the server to have the first half in hand.
    std::thread::sleep(Duration::from_secs(1));
    let stopping = std::thread::spawn(move || server.stop());
    let asked = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        assert!(asked.elapsed() < Duration::from_secs(10), "new connections are still taken");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!stopping.is_finished(), "it ended before what it had taken was whole");

    submission.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    submission.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let status = stopping.join().unwrap();
    assert!(status.success(), "{status:?}");
    let held = held(&world, bidders[0].application);
    is_whole(&held).unwrap();
    assert_eq!(held.state, "submitted");
    assert!(answer.contains(&held.receipts[0].0), "{answer}");
    let report = audit::verify(&world.app.db, &world.app.keys, None).unwrap();
    assert_eq!((report.finding, report.waiting), (None, 0), "what was written last is linked before the end");
}
