//! Every page that each person can reach, in a real browser without script: accessible, and not wider than a phone.

use crate::support::node;
use crate::support::server::Server;
use std::process::Command;

#[test]
fn every_page_of_every_person_is_accessible_and_fits_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("demo.db").display());
    let made = Command::new(env!("CARGO_BIN_EXE_commonweal"))
        .arg("demo")
        .current_dir(folder.path())
        .env("COMMONWEAL_DATABASE__URL", &url)
        .env("COMMONWEAL_STORAGE__DOCUMENTS", folder.path().join("documents"))
        .env("COMMONWEAL_STORAGE__KEYS", folder.path().join("keys"))
        .env("COMMONWEAL_STORAGE__CHECKPOINTS", folder.path().join("checkpoints"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = Server::start_on(&url, folder.path(), &["serve", "--sandbox"]);
    let person = |name: &str, email: &str| serde_json::json!({ "name": name, "email": email, "password": commonweal::people::actions::DEMO_PASSWORD });
    let people = serde_json::json!([
        { "name": "resident" },
        person("owner", "owner@harvest.example"),
        person("borrower", "owner@nextdesk.example"),
        person("buyer", "buyer@camden.example"),
        person("evaluator", "evaluator@camden.example"),
        person("fund", "fund@camden.example"),
        person("committee", "committee@camden.example"),
        person("contracts", "contracts@camden.example"),
        person("missions", "missions@camden.example"),
        person("admin", "admin@camden.example"),
    ]);
    let output = Command::new("node")
        .args(["crawl.mjs", &server.base(), &people.to_string()])
        .current_dir(node::folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let pages: usize = said.lines().last().and_then(|l| l.split(' ').next()).and_then(|n| n.parse().ok()).unwrap_or(0);
    assert!(pages > 250, "only {pages} pages were visited: {said}");
}
