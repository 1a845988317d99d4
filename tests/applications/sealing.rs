//! Nothing of an application lies anywhere in clear before its opening.

use super::sample_calls::{sample, tender};
use crate::support::server::{Server, request, request_of};
use crate::support::{Kind, World, config};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use chrono::TimeDelta;
use commonweal::app::App;
use commonweal::applications::samples::{self, submit_complete};
use commonweal::applications::{Application, actions};
use commonweal::calls::{self, Part};
use commonweal::keys::Keys;
use commonweal::people::actions::{NewToken, make_token};
use commonweal::values::{Id, Role};
use diesel::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A text as it is, and as base64 would hide it at each of three alignments, and as hexadecimal.
fn disguises(text: &str) -> Vec<Vec<u8>> {
    let mut all = vec![text.as_bytes().to_vec(), hex::encode(text).into_bytes()];
    for pad in 0..3 {
        let encoded = STANDARD_NO_PAD.encode(format!("{}{text}", "x".repeat(pad)));
        // The first and last four characters depend on what stands around the text.
        all.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
    }
    all
}

fn files(folder: &Path, deep: bool, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && deep {
            files(&entry.path(), true, found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

#[derive(QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// The texts that a query gives.
fn texts(world: &World, query: &str) -> Vec<String> {
    let rows: Vec<Text> = world.app.db.direct(|db| Ok(diesel::sql_query(query).load(db)?)).unwrap();
    rows.into_iter().map(|row| row.value).collect()
}

/// Every row of every table as text, as a dump of the database holds it.
fn dump(world: &World) -> Vec<(String, Vec<String>)> {
    let on_postgres = world.fresh.kind == Kind::Postgres;
    let tables = if on_postgres {
        "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public'"
    } else {
        "SELECT name AS value FROM sqlite_master WHERE type = 'table'"
    };
    let rows = |table: &str| {
        if on_postgres {
            return texts(world, &format!("SELECT t::text AS value FROM \"{table}\" t"));
        }
        let columns = texts(world, &format!("SELECT name AS value FROM pragma_table_info('{table}')"));
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        texts(world, &format!("SELECT {} AS value FROM \"{table}\"", quoted.join(" || ' ' || ")))
    };
    texts(world, tables).into_iter().map(|table| (table.clone(), rows(&table))).collect()
}

/// Where the needles lie: files of the installation (database, write-ahead log, documents, checkpoints), files
/// right in the temporary folder, every row of a dump, and on PostgreSQL the database's own files and its log.
fn places(world: &World, needles: &[Vec<u8>]) -> Vec<String> {
    let mut looked = Vec::new();
    files(world.fresh.folder.path(), true, &mut looked);
    assert!(!looked.is_empty());
    let mut places = Vec::new();
    let tables = dump(world);
    assert!(tables.len() > 10);
    for (table, rows) in tables {
        if rows.iter().any(|row| needles.iter().any(|n| contains(row.as_bytes(), n))) {
            places.push(format!("table {table}"));
        }
    }
    if world.fresh.kind == Kind::Postgres {
        // What is still in memory only goes into the files first.
        world.app.db.direct(|db| Ok(diesel::sql_query("CHECKPOINT").execute(db)?)).unwrap();
        let place = texts(
            world,
            "SELECT current_setting('data_directory') || '/base/' || oid::text AS value FROM pg_database WHERE datname = current_database()",
        );
        let base = PathBuf::from(&place[0]);
        files(&base, true, &mut looked);
        if let Some(data) = base.parent().and_then(Path::parent) {
            files(&data.join("pg_wal"), true, &mut looked);
            // The test command has the server write its log beside its data.
            looked.extend(data.parent().map(|above| above.join("log")));
        }
    }
    // Of what others left in the temporary folder, all but the largest.
    let mut left = Vec::new();
    files(&std::env::temp_dir(), false, &mut left);
    looked.extend(left.into_iter().filter(|file| std::fs::metadata(file).is_ok_and(|m| m.len() <= 64_000_000)));
    for file in looked {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        if needles.iter().any(|n| contains(&bytes, n)) {
            places.push(file.display().to_string());
        }
    }
    places
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

/// What lies in the sealed draft of an application, and its wrapped key.
fn draft_of(world: &World, id: Id<Application>) -> (Value, String) {
    let row = world.app.db.read_now(|db| commonweal::applications::find(db, id)).unwrap();
    let (sealed, wrapped) = (STANDARD.decode(row.draft.unwrap()).unwrap(), row.draft_wrapped.unwrap());
    let plain = match row.draft_recipient {
        Some(_) => world.app.keys.open(&wrapped, &sealed).unwrap(),
        None => world.app.keys.content_key(&wrapped).unwrap().open(&sealed).unwrap(),
    };
    (serde_json::from_slice(&plain).unwrap(), wrapped)
}

/// The keys in a draft that seal what is sent, as base64.
fn envelope_keys(draft: &Value) -> Vec<String> {
    let keys = draft["envelope_keys"].as_array().into_iter().flatten();
    keys.map(|key| key["key"].as_str().unwrap().to_owned()).collect()
}

both! {
    async fn what_was_saved_replaced_sent_and_withdrawn_lies_nowhere_in_clear_before_the_opening(world: World) {
        // Different in each run, so that what other tests and runs leave behind cannot be taken for it.
        let tag = Id::<()>::new().to_string();
        let secret = |what: &str| format!("{what}-{tag}-saffron-otter");
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (withdrawing, other) = world.applicant("Second Thoughts");
        let browser = world.client(&owner).await;
        let api = world.api(&owner).await;
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        let page = format!("/applications/{id}/answer/quality-method");
        browser.get(&page).await.expect(200);
        browser.post(&page, &[("answer", &secret("first"))]).await.expect(303);
        browser.get(&format!("/applications/{id}/answer/promise-jobs")).await.expect(200);
        browser.post(&format!("/applications/{id}/answer/promise-jobs"), &[("quantity", &secret("wrong"))]).await.expect(422);
        let (name, content) = (format!("{}.txt", secret("name")), secret("content"));
        let attach = |id: Id<Application>| (format!("/applications/{id}/answer/files"), format!("/applications/{id}/files"));
        let about = [("question", "files"), ("about", "")];
        let ((page, files), taken_back) = (attach(id), secret("taken-back"));
        browser.get(&page).await.expect(200);
        browser.upload(&files, &about, &[("file", &format!("{taken_back}.txt"), taken_back.as_bytes())]).await.expect(303);
        let shown = browser.open(&page).await.links(&format!("{files}/"))[0].1.clone();
        browser.post(&format!("{shown}/remove"), &about).await.expect(303);
        browser.upload(&files, &about, &[("file", &name, content.as_bytes())]).await.expect(303);
        let (of_withdrawn, withdraws) = (secret("withdrawn-file"), world.client(&other).await);
        let begun = actions::start(&world.app, &other, call.id, withdrawing, world.now()).await.unwrap();
        withdraws.get(&attach(begun).0).await.expect(200);
        withdraws.upload(&attach(begun).1, &about, &[("file", &format!("{of_withdrawn}.txt"), of_withdrawn.as_bytes())]).await.expect(303);
        let draft = samples::answers(&call.terms.0, &sample(&secret("draft")), world.now().date());
        let key = [("idempotency-key", tag.as_str())];
        api.post_with(&format!("/api/v1/applications/{id}/draft"), &key, json!({ "answers": draft.answers, "price": draft.price })).await.expect(200);
        api.post_with(&format!("/api/v1/applications/{id}/submit"), &key, json!({ "declared_by": secret("name"), "true_and_complete": "yes" })).await.expect(200);
        submit_complete(&world.app, &owner, organisation, call.id, &sample(&secret("replaced")), world.now()).await.unwrap();
        let (gone, _) = submit_complete(&world.app, &other, withdrawing, call.id, &sample(&secret("withdrawn")), world.now()).await.unwrap();
        actions::withdraw(&world.app, &other, gone, &world.app.clock).await.unwrap();
        world.run_jobs().await;
        let mut needles: Vec<Vec<u8>> =
            ["first", "wrong", "name", "content", "draft", "replaced", "withdrawn", "taken-back", "withdrawn-file"]
                .iter().flat_map(|w| disguises(&secret(w))).collect();
        for file in [&content, &taken_back, &of_withdrawn] {
            needles.push(hex::encode(Sha256::digest(file.as_bytes())).into_bytes());
        }
        // Nor does what opens an envelope, as text, as bytes or as hexadecimal.
        let secrets = envelope_keys(&draft_of(&world, id).0);
        assert_eq!(secrets.len(), 2);
        for secret in secrets {
            let bytes = STANDARD.decode(&secret).unwrap();
            needles.extend([secret.into_bytes(), hex::encode(&bytes).into_bytes(), bytes]);
        }
        assert_eq!(places(&world, &needles), Vec::<String>::new());
        // The same search finds the words once two officers have opened the envelopes.
        let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
        actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Quality, now).await.unwrap();
        actions::confirm_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Quality, now).await.unwrap();
        let found = places(&world, &disguises(&secret("replaced")));
        let (tables, files): (Vec<&String>, Vec<&String>) = found.iter().partition(|place| place.starts_with("table "));
        assert!(!tables.is_empty() && !files.is_empty(), "in a dump and in the database's own files: {found:?}");
        assert_eq!(places(&world, &disguises(&secret("withdrawn"))), Vec::<String>::new());
    }
    async fn a_running_server_writes_nothing_of_an_application_into_its_log(world: World) {
        let tag = Id::<()>::new().to_string();
        let secret = |what: &str| format!("{what}-{tag}-saffron-otter");
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let input = NewToken { name: "log".into(), scope: "write".into(), days: "2".into() };
        let (_, token) = make_token(&world.app, &owner, &input).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("server.log");
        let server = Server::start_logged(&world, &log);
        let port = server.port;
        let post = |path: &str, body: &Value| request(port, "POST", path, Some(&token), &body.to_string()).unwrap();
        let begin = json!({ "organisation": organisation });
        let (status, made) = post(&format!("/api/v1/calls/{}/applications", call.id), &begin);
        assert_eq!(status, 201, "{made}");
        let made: Value = serde_json::from_str(&made).unwrap();
        let home = format!("/api/v1/applications/{}", made["id"].as_str().unwrap());
        let (status, said) = post(&format!("{home}/draft"), &json!({ "answers": secret("wrong") }));
        assert!((400..500).contains(&status), "{status}: {said}");
        let draft = samples::answers(&call.terms.0, &sample(&secret("draft")), world.now().date());
        let (name, content) = (secret("file"), secret("content"));
        let form = [
            ("Content-Disposition: form-data; name=\"question\"".to_owned(), "files"),
            (format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}.txt\"\r\nContent-Type: text/plain"), &content),
        ];
        let form: String = form.iter().map(|(head, body)| format!("--edge\r\n{head}\r\n\r\n{body}\r\n")).collect();
        let media = "multipart/form-data; boundary=edge";
        let sent = request_of(port, "POST", &format!("{home}/files"), Some(&token), media, &format!("{form}--edge--\r\n"));
        let (status, said) = sent.unwrap();
        assert!(matches!(status, 200 | 201), "{status}: {said}");
        let replaced = samples::answers(&call.terms.0, &sample(&secret("replaced")), world.now().date());
        let declared = json!({ "declared_by": secret("name"), "true_and_complete": "yes" });
        for (path, body) in [
            ("draft", json!({ "answers": draft.answers, "price": draft.price })),
            ("submit", declared.clone()),
            ("draft", json!({ "answers": replaced.answers, "price": replaced.price })),
            ("submit", declared),
            ("withdraw", json!({})),
        ] {
            let (status, said) = post(&format!("{home}/{path}"), &body);
            assert_eq!(status, 200, "{path}: {said}");
        }
        assert!(server.stop().success());
        let written = std::fs::read(&log).unwrap();
        assert!(contains(&written, b"answered"), "the log tells of no request");
        let needles: Vec<Vec<u8>> = ["wrong", "draft", "name", "file", "content", "replaced"].iter().flat_map(|w| disguises(&secret(w))).collect();
        assert!(!needles.iter().any(|needle| contains(&written, needle)), "{}", log.display());
        assert_eq!(places(&world, &needles), Vec::<String>::new());
    }
    async fn drafts_that_were_begun_under_the_keys_of_before_are_sent_and_opened_like_any_other(world: World) {
        use commonweal::db::schema::applications;
        let call = tender(&world);
        let mut sent = Vec::new();
        for (name, by_pair) in [("Begun in November", true), ("Begun last week", false)] {
            let (organisation, owner) = world.applicant(name);
            let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
            let keys = &world.app.keys;
            let (mut draft, key) = draft_of(&world, id);
            assert_eq!(envelope_keys(&draft).len(), 2, "keys are exchanged when a draft begins");
            draft.as_object_mut().unwrap().remove("envelope_keys");
            let plain = serde_json::to_vec(&draft).unwrap();
            let pair = keys.make_sealing_key().unwrap();
            let sealed = if by_pair { Keys::seal(&pair.recipient, &plain) } else { keys.content_key(&key).unwrap().seal(&plain) };
            let sealed = sealed.unwrap();
            world.app.db.write_now(|db| {
                let row = diesel::update(applications::table.filter(applications::id.eq(id)));
                row.set(applications::draft.eq(STANDARD.encode(&sealed))).execute(db)?;
                if by_pair {
                    diesel::update(applications::table.filter(applications::id.eq(id)))
                        .set((applications::draft_recipient.eq(&pair.recipient), applications::draft_wrapped.eq(&pair.wrapped)))
                        .execute(db)?;
                }
                Ok(())
            }).unwrap();
            submit_complete(&world.app, &owner, organisation, call.id, &sample("sent once"), world.now()).await.unwrap();
            let made = envelope_keys(&draft_of(&world, id).0);
            submit_complete(&world.app, &owner, organisation, call.id, &sample("sent again"), world.now()).await.unwrap();
            assert_eq!((made.len(), &envelope_keys(&draft_of(&world, id).0)), (2, &made), "and once only");
            sent.push(id);
        }
        let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
        for part in [Part::Quality, Part::Price] {
            world.app.db.write_now(|db| commonweal::applications::mark_quality_final(db, &call, now)).unwrap();
            actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, part, now).await.unwrap();
            let report = actions::confirm_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, part, now).await.unwrap();
            assert_eq!((report.opened(), report.findings().len()), (2, 0), "{part}");
        }
        for id in sent {
            let part = world.app.db.read_now(|db| commonweal::applications::opened(db, id, Part::Quality)).unwrap().unwrap();
            let words = serde_json::to_string(&part.answers().unwrap()).unwrap();
            assert!(words.contains("sent again") && !words.contains("sent once"), "{words}");
        }
    }
    async fn what_was_sent_and_cannot_be_decrypted_stops_the_opening_until_an_officer_goes_on_without_it(world: World) {
        use commonweal::db::schema::{applications, audit_rows, call_keys};
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        submit_complete(&world.app, &owner, organisation, call.id, &sample("whole"), world.now()).await.unwrap();
        let (organisation, owner) = world.applicant("Second Table");
        let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
        // The key of its quality part was sealed to a key that nobody has.
        let (mut draft, wrapped) = draft_of(&world, id);
        let lost = Keys::seal(&world.app.keys.make_sealing_key().unwrap().recipient, &[7; 32]).unwrap();
        let keys = world.app.db.read_now(|db| calls::keys(db, call.id)).unwrap();
        let quality = keys.iter().find(|key| key.part == Part::Quality).unwrap();
        for key in draft["envelope_keys"].as_array_mut().unwrap() {
            if key["recipient"] == quality.recipient.as_str() {
                key["sealed"] = json!(STANDARD.encode(&lost));
            }
        }
        let sealed = world.app.keys.content_key(&wrapped).unwrap().seal(&serde_json::to_vec(&draft).unwrap()).unwrap();
        world.app.db.write_now(|db| {
            let row = diesel::update(applications::table.filter(applications::id.eq(id)));
            Ok(row.set(applications::draft.eq(STANDARD.encode(&sealed))).execute(db)?)
        }).unwrap();
        submit_complete(&world.app, &owner, organisation, call.id, &sample("lost"), world.now()).await.unwrap();
        let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
        actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Quality, now).await.unwrap();
        world.move_clock(now).await;
        let second = world.person(Role::ProcurementOfficer);
        let (officer, api) = (world.client(&second).await, world.api(&second).await);
        let (page, confirm) = (format!("/desk/calls/{}/opening", call.id), format!("/api/v1/calls/{}/opening/confirm", call.id));
        let opened = || world.app.db.read_now(|db| commonweal::applications::opened_of_call(db, call.id, Part::Quality)).unwrap();
        let wrap = |wrapped: &str| {
            world.app.db.write_now(|db| {
                let row = diesel::update(call_keys::table.filter(call_keys::id.eq(quality.id)));
                Ok(row.set(call_keys::wrapped.eq(wrapped)).execute(db)?)
            }).unwrap();
        };
        // While the call's own key is another one nothing opens, whatever the officer says.
        wrap(&world.app.keys.make_sealing_key().unwrap().wrapped);
        for left_out in ["", "2"] {
            let refused = api.post(&confirm, json!({ "part": "quality", "left_out": left_out })).await.expect(409);
            assert_eq!(refused.json()["type"], "/problems/applications/none-decrypted");
        }
        wrap(&quality.wrapped);
        officer.get(&page).await.expect(200).hides("open the others alone");
        let refused = officer.post(&format!("{page}/confirm"), &[("part", "quality")]).await.expect(422);
        refused.shows("1 envelope is what was sent, but the keys of this server do not open it. Nothing was opened.").shows("To open the others alone");
        assert_eq!(api.post(&confirm, json!({ "part": "quality" })).await.expect(409).json()["type"], "/problems/applications/not-decrypted");
        // Not so many as the officer was told of.
        api.post(&confirm, json!({ "part": "quality", "left_out": "2" })).await.expect(409);
        api.post(&confirm, json!({ "part": "quality", "left_out": "some" })).await.expect(422);
        assert!(opened().is_empty());
        officer.get(&page).await.expect(200).shows("Waiting for a second officer");
        let done = officer.post_and_follow(&format!("{page}/confirm"), &[("part", "quality"), ("left_out", "1")]).await;
        done.shows("1 opened. 1 need looking into").shows("Cannot be decrypted");
        assert_eq!((opened().len(), opened().contains_key(&id)), (1, false));
        let recorded: String = world.app.db.read_now(|db| {
            Ok(audit_rows::table.filter(audit_rows::action.eq("opening.confirmed")).select(audit_rows::facts).first(db)?)
        }).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&recorded).unwrap()["left_out"], json!([id]), "which it was is in the record");
        // Its price, which the keys do open, stays sealed with it.
        world.app.db.write_now(|db| commonweal::applications::mark_quality_final(db, &call, now)).unwrap();
        actions::ask_opening(&world.app, &world.person(Role::ProcurementOfficer), call.id, Part::Price, now).await.unwrap();
        let done = officer.post_and_follow(&format!("{page}/confirm"), &[("part", "price")]).await;
        done.shows("1 opened. 1 need looking into").shows("Stays sealed: this bid was not opened with the quality parts");
        let prices = world.app.db.read_now(|db| commonweal::applications::opened_of_call(db, call.id, Part::Price)).unwrap();
        assert_eq!((prices.len(), prices.contains_key(&id)), (1, false));
        let acts = world.app.db.read_now(|db| commonweal::audit::of_subject(db, &call.id.to_string())).unwrap();
        let of_price = acts.iter().rfind(|act| act.action == "opening.confirmed").unwrap();
        assert_eq!((&of_price.facts.0["part"], &of_price.facts.0["stay_sealed"]), (&json!("price"), &json!([id])));
    }
    async fn a_wrong_master_key_stops_the_start_and_opens_nothing_where_the_recovery_key_does(world: World) {
        let call = tender(&world);
        let (organisation, owner) = world.applicant("Kitchen Table");
        let (id, _) = submit_complete(&world.app, &owner, organisation, call.id, &sample("kept safe"), world.now()).await.unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let wrong = App::open(config(elsewhere.path(), &world.fresh.url), world.fresh.open(), true);
        assert!(wrong.unwrap_err().to_string().contains("the master key is not the one"));
        // The server is lost: new keys, and the recovery key that was kept offline.
        let new_keys = Keys::load_or_make(&elsewhere.path().join("new")).unwrap();
        let recovery = std::fs::read_to_string(world.app.config.storage.keys.join("recovery.key")).unwrap();
        let (rescued, _) = Keys::restored(&elsewhere.path().join("new"), &[recovery]).unwrap();
        let call_id = call.id;
        let (keys, envelope) = world.app.db.read_now(|db| {
            use commonweal::db::schema::envelopes;
            let envelope: String = envelopes::table
                .filter(envelopes::application_id.eq(id))
                .filter(envelopes::part.eq(Part::Quality))
                .select(envelopes::ciphertext)
                .first(db)?;
            Ok((calls::keys(db, call_id)?, envelope))
        }).unwrap();
        let key = keys.iter().find(|k| k.part == Part::Quality).unwrap();
        let sealed = STANDARD.decode(envelope).unwrap();
        assert!(new_keys.open(&key.wrapped, &sealed).is_err());
        let plain = rescued.open(&key.wrapped, &sealed).unwrap();
        assert!(String::from_utf8(plain).unwrap().contains("kept safe"));
    }
}
