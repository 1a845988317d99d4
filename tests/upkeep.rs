//! What the person who keeps an installation running does at a terminal: rotating keys, checking files.

use crate::applications::sample_calls::{sample, tender};
use crate::support::{Kind, World, config};
use chrono::TimeDelta;
use commonweal::app::App;
use commonweal::applications::samples::submit_complete;
use commonweal::applications::{self, actions};
use commonweal::calls::{Call, Part};
use commonweal::documents::{ScanState, Upload, scan};
use commonweal::values::{Actor, Id, Role};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub fn commonweal(world: &World, arguments: &[&str]) -> Output {
    let folder = world.fresh.folder.path();
    Command::new("timeout")
        .arg("60")
        .arg(env!("CARGO_BIN_EXE_commonweal"))
        .args(arguments)
        .current_dir(folder)
        .env("COMMONWEAL_DATABASE__URL", &world.fresh.url)
        .env("COMMONWEAL_STORAGE__DOCUMENTS", folder.join("documents"))
        .env("COMMONWEAL_STORAGE__KEYS", folder.join("keys"))
        .env("COMMONWEAL_STORAGE__CHECKPOINTS", folder.join("checkpoints"))
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

async fn bid_with_file(
    world: &World,
) -> (Call, Id<applications::Application>, Actor, Id<commonweal::documents::Document>) {
    let call = tender(world);
    let (organisation, owner) = world.applicant("Kitchen Table");
    let id = actions::start(&world.app, &owner, call.id, organisation, world.now()).await.unwrap();
    let upload = Upload { name: "plan.txt".into(), bytes: b"the plan itself".to_vec() };
    let file = actions::attach(&world.app, &owner, id, "", upload, world.now()).await.unwrap();
    submit_complete(&world.app, &owner, organisation, call.id, &sample("kept"), world.now()).await.unwrap();
    (call, id, owner, file.document)
}

/// Opens what [`bid_with_file`] sent and reads its file, whose own key lies inside the sealed answers: only a retired
/// master or recovery key opens that.
async fn two_officers_open(
    world: &World,
    call: &Call,
    id: Id<applications::Application>,
    file: Id<commonweal::documents::Document>,
) {
    let (first, second) = (world.person(Role::ProcurementOfficer), world.person(Role::ProcurementOfficer));
    let now = call.deadline_at.unwrap().plus(TimeDelta::minutes(5));
    actions::ask_opening(&world.app, &first, call.id, Part::Quality, now).await.unwrap();
    let report = actions::confirm_opening(&world.app, &second, call.id, Part::Quality, now).await.unwrap();
    assert_eq!((report.opened(), report.findings().len()), (1, 0));
    let got = world.client(&second).await.get(&format!("/desk/applications/{id}/files/{file}")).await.expect(200);
    assert_eq!(got.bytes, b"the plan itself");
}

fn stored(folder: &Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

both! {
    async fn after_the_keys_are_rotated_drafts_envelopes_and_files_still_open_and_the_old_master_alone_does_not(world: World) {
        let (call, id, _, file) = bid_with_file(&world).await;
        let keys = world.fresh.folder.path().join("keys");
        let old = std::fs::read_to_string(keys.join("master.key")).unwrap();
        let output = commonweal(&world, &["keys", "rotate"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = json(&output);
        assert_eq!((said["call_keys"].as_u64(), said["draft_keys"].as_u64(), said["retired_masters"].as_u64()), (Some(2), Some(1), Some(1)));
        assert_ne!(std::fs::read_to_string(keys.join("master.key")).unwrap(), old);

        let world = world.restarted().await;
        two_officers_open(&world, &call, id, file).await;

        std::fs::write(keys.join("master.key"), old).unwrap();
        std::fs::remove_dir_all(keys.join("retired")).unwrap();
        let refused = App::open(config(world.fresh.folder.path(), &world.fresh.url), world.fresh.open(), true);
        assert!(refused.unwrap_err().to_string().contains("master key is not the one"));
    }
    async fn where_the_keys_are_lost_the_recovery_key_opens_the_restored_database_and_two_officers_open_the_bids(world: World) {
        let (call, id, _, file) = bid_with_file(&world).await;
        let keys = world.fresh.folder.path().join("keys");
        let restore = |key: &Path| commonweal(&world, &["keys", "restore", "--recovery-key", key.to_str().unwrap()]);
        let offline = tempfile::tempdir().unwrap();
        let recovery = offline.path().join("recovery.key");
        std::fs::rename(keys.join("recovery.key"), &recovery).unwrap();
        let needless = restore(&recovery);
        assert!(!needless.status.success() && String::from_utf8_lossy(&needless.stderr).contains("nothing to restore"));

        // The machine is lost: database and documents come from the backup, of the keys there is only what was offline.
        std::fs::remove_dir_all(&keys).unwrap();
        let others = offline.path().join("others");
        commonweal::keys::Keys::load_or_make(&others).unwrap();
        let refused = restore(&others.join("recovery.key"));
        assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("does not open"));
        assert!(!keys.exists(), "a key that opens nothing leaves nothing behind");
        let output = restore(&recovery);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said = json(&output);
        assert_eq!((said["call_keys"].as_u64(), said["draft_keys"].as_u64()), (Some(2), Some(1)));
        assert_eq!(said["new_audit_key"].as_bool(), Some(true));
        assert!(said["move_offline"].as_str().unwrap().ends_with("recovery.key"));
        assert_ne!(std::fs::read(keys.join("recovery.key")).unwrap(), std::fs::read(&recovery).unwrap(), "the next one is another");

        let world = world.restarted().await;
        two_officers_open(&world, &call, id, file).await;
    }
    async fn a_rotation_that_was_broken_off_after_the_database_is_finished_by_the_next_start(world: World) {
        let (call, ..) = bid_with_file(&world).await;
        let keys = world.fresh.folder.path().join("keys");
        let next = world.app.keys.begin_rotation(&keys).unwrap();
        world.app.db.write_now(|db| {
            commonweal::calls::rewrap_keys(db, &next)?;
            applications::rewrap_draft_keys(db, &next)?;
            commonweal::app::write_setting(db, commonweal::app::setting::MASTER_KEY, &next.fingerprint())
        }).unwrap();
        let world = world.restarted().await;
        let app = &world.app;
        assert_eq!(app.keys.fingerprint(), next.fingerprint());
        assert!(!keys.join("master.next").exists(), "the new master is in its place");
        let found = app.db.read_now(|db| commonweal::calls::keys(db, call.id)).unwrap();
        let sealed = commonweal::keys::Keys::seal(&found[0].recipient, b"words").unwrap();
        assert_eq!(app.keys.open(&found[0].wrapped, &sealed).unwrap(), b"words");
    }
    async fn missing_changed_and_ownerless_files_are_named_and_only_old_ownerless_ones_are_swept(world: World) {
        let (_, id, owner, _) = bid_with_file(&world).await;
        let upload = Upload { name: "b.txt".into(), bytes: b"a second file".to_vec() };
        actions::attach(&world.app, &owner, id, "", upload, world.now()).await.unwrap();
        let sound = commonweal(&world, &["verify", "documents"]);
        assert_eq!((sound.status.code(), json(&sound)["checked"].as_u64()), (Some(0), Some(2)));

        let folder = world.app.config.storage.documents.clone();
        let files = stored(&folder);
        std::fs::remove_file(&files[0]).unwrap();
        std::fs::write(&files[1], b"other bytes").unwrap();
        let (old, young) = (folder.join("zz"), folder.join("yy"));
        let two_days = std::time::Duration::from_hours(48);
        for lone in [&old, &young] {
            std::fs::create_dir(lone).unwrap();
            std::fs::write(lone.join("lone"), b"of nobody").unwrap();
        }
        let aged = std::fs::File::options().write(true).open(old.join("lone")).unwrap();
        let written = aged.metadata().unwrap().modified().unwrap();
        aged.set_modified(written - two_days).unwrap();

        let found = commonweal(&world, &["verify", "documents"]);
        assert_eq!(found.status.code(), Some(1));
        let mut what: Vec<String> = json(&found)["findings"].as_array().unwrap().iter().map(|f| f["what"].as_str().unwrap().to_owned()).collect();
        what.sort();
        assert_eq!(what, ["changed", "missing", "orphan"]);
        let swept = json(&commonweal(&world, &["verify", "documents", "--sweep"]));
        assert_eq!((swept["swept"].as_u64(), swept["findings"].as_array().unwrap().len()), (Some(1), 2));
        assert!(!old.join("lone").exists() && young.join("lone").exists());
    }
}

/// The scanner's own protocol (clamd INSTREAM): length-prefixed chunks, a zero, then one line of answer.
async fn scanner(answers: usize) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    actix_web::rt::spawn(async move {
        for _ in 0..answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut command = [0; 10];
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut bytes = Vec::new();
            loop {
                let length = stream.read_u32().await.unwrap();
                if length == 0 {
                    break;
                }
                let mut chunk = vec![0; usize::try_from(length).unwrap()];
                stream.read_exact(&mut chunk).await.unwrap();
                bytes.extend(chunk);
            }
            let bad = bytes.windows(5).any(|w| w == b"EICAR");
            stream.write_all(if bad { b"stream: Eicar-Test FOUND\0" } else { b"stream: OK\0" }).await.unwrap();
        }
    });
    address
}

#[actix_web::test]
async fn a_configured_scanner_is_asked_with_every_byte_and_its_finding_or_silence_stops_the_file() {
    let clamd = scanner(2).await;
    let large = vec![b'a'; 200_000];
    assert_eq!(scan(&clamd, &large).await.unwrap(), ScanState::Clean);
    let mut bad = large.clone();
    bad.extend(b"EICAR");
    let refused = scan(&clamd, &bad).await.unwrap_err();
    assert!(refused.to_string().contains("scanner refused") || format!("{refused:?}").contains("documents/infected"));
    assert_eq!(scan("", b"x").await.unwrap(), ScanState::NotScanned);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert!(scan(&gone, b"x").await.is_err(), "no answer is not a clean file");
}

#[actix_web::test]
async fn where_a_scanner_is_configured_a_file_is_kept_only_when_nothing_was_found_in_it() {
    let clamd = scanner(2).await;
    let world = World::configured(Kind::Sqlite, |config| config.scan.clamd = clamd).await;
    let (organisation, owner) = world.applicant("Kitchen Table");
    let id = actions::start(&world.app, &owner, tender(&world).id, organisation, world.now()).await.unwrap();
    let browser = world.client(&owner).await;
    let page = format!("/applications/{id}/answer/files");
    browser.get(&page).await.expect(200).hides("No virus scanner is set up here");
    let api = world.api(&owner).await;
    let path = format!("/api/v1/applications/{id}/files");
    let clean = api.upload(&path, &[("about", "")], &[("file", "plan.pdf", b"%PDF-1.7 the plan")]).await.expect(201);
    assert_eq!(clean.json()["scanned"], true);
    let bad = api.upload(&path, &[("about", "")], &[("file", "trap.pdf", b"%PDF-1.7 EICAR")]).await;
    assert!((400..500).contains(&bad.status) && bad.text.contains("scanner"), "{} {}", bad.status, bad.text);
    browser.get(&page).await.expect(200).shows("plan.pdf").hides("trap.pdf");
}
