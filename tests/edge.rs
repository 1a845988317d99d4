//! What browsers, programs and proxies meet at the edge, whatever page they ask for.

use crate::applications::sample_calls::{round, tender};
use crate::support::{Api, Client, Reply, World};
use actix_web::http::Method;
use actix_web::test::TestRequest;
use commonweal::applications::actions;
use commonweal::values::{Actor, Role};
use serde_json::json;

const HARDENED: [&str; 4] = ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"];

fn hardened(reply: Reply) -> Reply {
    for name in HARDENED {
        assert!(reply.header(name).is_some(), "{} has no {name}: {:?}", reply.status, reply.headers);
    }
    reply
}

async fn draft_to_round(world: &World) -> (String, Client, Api) {
    let (organisation, owner) = world.applicant("Harvest");
    let id = actions::start(&world.app, &owner, round(world).id, organisation, world.now()).await.unwrap();
    (id.to_string(), world.client(&owner).await, world.api(&owner).await)
}

both! {
    async fn a_small_workbook_with_a_cell_in_its_last_row_and_column_is_refused_and_the_server_goes_on(world: World) {
        let (id, _, api) = draft_to_round(&world).await;
        let far = include_bytes!("files/far.xlsx");
        let reply = api.upload(&format!("/api/v1/applications/{id}/cash-flow"), &[], &[("sheet", "far.xlsx", far)]).await;
        assert!(reply.expect(422).text.contains("holds no rows"));
        api.get("/api/v1/me").await.expect(200);
    }
    async fn a_file_that_runs_by_its_name_is_refused_and_a_french_one_comes_back_under_its_own_name(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let id = actions::start(&world.app, &owner, tender(&world).id, organisation, world.now()).await.unwrap();
        let browser = world.client(&owner).await;
        let (page, path) = (format!("/applications/{id}/answer/files"), format!("/applications/{id}/files"));
        browser.get(&page).await.expect(200);
        for name in ["quote.bat", "read me.hta", "price.js", "x.vbs"] {
            browser.upload(&path, &[("question", "files"), ("about", "")], &[("file", name, b"start calc")]).await.expect(422).shows("does not fit what is in it");
        }
        browser.upload(&path, &[("question", "files"), ("about", "")], &[("file", "a.exe", b"%PDF-1.7")]).await.expect(422).shows("with the ending .pdf");
        browser.upload(&path, &[("question", "files"), ("about", "")], &[("file", "Café été.pdf", b"%PDF-1.7")]).await.expect(303);
        let page = browser.get(&page).await.expect(200).shows("Café été.pdf");
        let link = page.text.split('"').find(|p| p.starts_with(&format!("{path}/")) && !p.ends_with("remove")).unwrap().to_owned();
        let file = hardened(browser.get(&link).await.expect(200));
        assert!(file.header("content-disposition").unwrap().ends_with("filename*=UTF-8''Caf%C3%A9%20%C3%A9t%C3%A9.pdf"), "{:?}", file.headers);
    }
    async fn nothing_but_files_for_everybody_is_kept_by_a_browser_or_a_proxy(world: World) {
        let officer = world.person(Role::ProcurementOfficer);
        let (browser, api) = (world.client(&officer).await, world.api(&officer).await);
        for path in ["/calls?format=csv", "/calls?format=xlsx", "/desk/calls", "/account", "/openapi.json"] {
            assert_eq!(hardened(browser.get(path).await.expect(200)).header("cache-control"), Some("no-store"), "{path}");
        }
        for path in ["/api/v1/me", "/api/v1/calls", "/api/v1/nothing"] {
            assert_eq!(hardened(api.get(path).await).header("cache-control"), Some("no-store"), "{path}");
        }
        let nobody = world.client(&Actor::Public).await;
        assert_eq!(hardened(nobody.get("/account").await.expect(303)).header("cache-control"), Some("no-store"));
        let page = nobody.get("/").await.expect(200);
        let mut assets: Vec<String> = page.text.split('"').filter(|p| p.starts_with("/assets/")).map(ToOwned::to_owned).collect();
        let style = assets.iter().find(|asset| asset.ends_with(".css")).unwrap().clone();
        let css = nobody.get(&style).await.expect(200).text;
        assets.extend(css.split(['(', ')', '"']).filter(|p| p.starts_with("/assets/")).map(ToOwned::to_owned));
        assert!(assets.len() > 4, "{assets:?}");
        for asset in assets {
            assert!(nobody.get(&asset).await.expect(200).header("cache-control").unwrap().contains("immutable"), "{asset}");
            // The name holds a hash of the content, so that a changed file has another address.
            let hash = asset.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map_or("", |(_, hash)| hash);
            assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{asset}");
        }
        assert_eq!(nobody.get("/assets/none.css").await.expect(404).header("cache-control"), Some("no-store"));
    }
    async fn the_viewer_of_the_api_runs_only_its_own_script_and_loads_nothing_from_elsewhere(world: World) {
        let nobody = world.client(&Actor::Public).await;
        let start = nobody.get("/api-viewer/").await.expect(303).location.unwrap();
        let page = hardened(nobody.get(&start).await.expect(200));
        let quoted: Vec<&str> = page.text.split('"').collect();
        let loaded: Vec<&str> = quoted.windows(2).filter(|pair| pair[0].ends_with("src=") || pair[0].ends_with("href=")).map(|pair| pair[1]).collect();
        assert!(loaded.len() > 3, "{}", page.text);
        let folder = start.trim_end_matches("index.html");
        for file in loaded.into_iter().chain(["index.html"]) {
            let got = hardened(nobody.get(&format!("{folder}{}", file.trim_start_matches("./"))).await.expect(200));
            // Scripts, styles, requests and everything else come from here or not at all, and none stands in the page.
            let policy = got.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';") && policy.contains("connect-src 'self'; form-action 'none'"), "{policy}");
            assert!(!policy.contains("http") && !policy.contains('*') && !policy.contains("unsafe"), "{policy}");
            assert!(got.header("cache-control").unwrap().contains("immutable"), "{file}");
        }
        // The folder's name is a hash of what is in it; one of another version leads to this one.
        let hash = folder.trim_start_matches("/api-viewer/").trim_end_matches('/');
        assert!(hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{folder}");
        assert_eq!(nobody.get("/api-viewer/0123456789abcdef/index.html").await.expect(303).location.as_deref(), Some("/api-viewer/"));
        for other in [format!("{folder}none.js"), format!("{folder}oauth2-redirect.html"), "/api-viewer/0123456789abcdef/index.css".into()] {
            nobody.get(&other).await.expect(404);
        }
    }
    async fn head_answers_as_get_and_another_method_is_told_which_ones_there_are(world: World) {
        let browser = world.client(&Actor::Public).await;
        for path in ["/", "/calls", "/help", "/health/live"] {
            hardened_head(browser.request(TestRequest::default().method(Method::HEAD).uri(path)).await.expect(200), path);
        }
        browser.request(TestRequest::default().method(Method::HEAD).uri("/no/such/page")).await.expect(404);
        let reply = hardened(browser.request(TestRequest::put().uri("/calls")).await.expect(405).shows("This cannot be done here"));
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
        let reply = hardened(browser.request(TestRequest::delete().uri("/sign-in")).await.expect(405));
        assert_eq!(reply.header("allow"), Some("GET, HEAD, POST"));
        let api = world.api(&world.person(Role::Auditor)).await;
        let reply = api.send(TestRequest::get().uri("/api/v1/sandbox/clock")).await.expect(405);
        assert_eq!((reply.header("allow"), reply.json()["type"].as_str()), (Some("POST"), Some("/problems/http/method-not-allowed")));
        api.send(TestRequest::default().method(Method::HEAD).uri("/api/v1/me")).await.expect(200);
    }
    async fn a_reloaded_address_of_a_form_leads_to_the_page_that_holds_it(world: World) {
        let call = tender(&world);
        let buyer = world.client(&world.person(Role::ProcurementOfficer)).await;
        for (path, page) in [
            (format!("/calls/{}/questions", call.id), format!("/calls/{}", call.id)),
            (format!("/desk/calls/{}/notices", call.id), format!("/desk/calls/{}", call.id)),
            ("/account/tokens".to_owned(), "/account".to_owned()),
            ("/sign-out".to_owned(), "/".to_owned()),
        ] {
            assert_eq!(buyer.get(&path).await.expect(303).location, Some(page));
        }
    }
    async fn a_form_sent_after_the_session_ended_leads_back_to_the_page_it_was_on(world: World) {
        let gone = world.client(&Actor::Public).await;
        let reply = gone.post("/account/tokens", &[("name", "x")]).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/sign-in?next=%2Faccount"));
        let from = |page: &'static str| TestRequest::post().uri("/account/sessions/end").insert_header(("host", "localhost:8080")).insert_header(("referer", page));
        let reply = gone.request(from("http://localhost:8080/organisations/new?x=1")).await.expect(303);
        assert_eq!(reply.location.as_deref(), Some("/sign-in?next=%2Forganisations%2Fnew"));
        for elsewhere in ["https://evil.example/account", "http://localhost:8080/no/such/page", "nonsense"] {
            assert_eq!(gone.request(from(elsewhere)).await.expect(303).location.as_deref(), Some("/sign-in?next=%2Faccount"), "{elsewhere}");
        }
    }
    async fn an_upload_of_several_megabytes_with_an_idempotency_key_is_taken_once_and_one_too_large_is_told(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let id = actions::start(&world.app, &owner, tender(&world).id, organisation, world.now()).await.unwrap();
        let api = world.api(&owner).await;
        let path = format!("/api/v1/applications/{id}/files");
        // The limit of the tests is one megabyte for a file.
        let mut large = b"%PDF-1.7 ".to_vec();
        large.resize(900_000, b' ');
        let key = [("idempotency-key", "one")];
        let first = api.upload_with(&path, &key, &[("about", "")], &[("file", "plan.pdf", &large)]).await.expect(201);
        let again = api.upload_with(&path, &key, &[("about", "")], &[("file", "plan.pdf", &large)]).await.expect(201);
        assert_eq!((first.text, again.header("idempotent-replay"), again.header("cache-control")), (again.text.clone(), Some("true"), Some("no-store")));
        // A file that is longer than a file may be is refused with what may be done; nothing of it is kept.
        large.resize(1_200_000, b' ');
        let told = api.upload(&path, &[("about", "")], &[("file", "long.pdf", &large)]).await.expect(409).json();
        assert_eq!(told["type"], "/problems/documents/too-large");
        let browser = world.client(&owner).await;
        browser.get(&format!("/applications/{id}/answer/files")).await.expect(200);
        let form = [("question", "files"), ("about", "")];
        browser.upload(&format!("/applications/{id}/files"), &form, &[("file", "long.pdf", &large)]).await.expect(422)
            .shows("1 MB").hides("long.pdf");
        large.resize(3_500_000, b' ');
        let key = [("idempotency-key", "two")];
        let reply = hardened(api.upload_with(&path, &key, &[("about", "")], &[("file", "plan.pdf", &large)]).await.expect(413));
        assert_eq!((reply.header("content-type"), reply.json()["type"].as_str()), (Some("application/problem+json"), Some("/problems/http/too-large")));
    }
    async fn more_text_than_a_form_holds_is_told_and_only_the_rows_of_a_catalogue_may_be_longer(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let id = actions::start(&world.app, &owner, tender(&world).id, organisation, world.now()).await.unwrap();
        let (browser, api) = (world.client(&owner).await, world.api(&owner).await);
        let long = "x".repeat(1_000_001);
        browser.get(&format!("/applications/{id}/answer/files")).await.expect(200);
        let path = format!("/applications/{id}/files");
        let told = hardened(browser.upload(&path, &[("question", "files"), ("about", &long)], &[("file", "a.pdf", b"%PDF-1.7")]).await.expect(413));
        assert!(told.words().contains("Too much was sent"), "{}", told.words());
        let told = hardened(api.upload(&format!("/api/v1{path}"), &[("about", &long)], &[("file", "a.pdf", b"%PDF-1.7")]).await.expect(413));
        assert_eq!(told.json()["type"], "/problems/http/too-large");
        browser.get(&format!("/applications/{id}/answer/files")).await.expect(200).hides("a.pdf");
        // Fields without anything in them cost room too, and an endless number of them would cost all there is.
        let names: Vec<String> = (0..1_001).map(|n| format!("field{n}")).collect();
        let fields: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        browser.upload(&path, &fields, &[]).await.expect(413);
        let told = api.upload(&format!("/api/v1{path}"), &fields, &[]).await.expect(413);
        assert_eq!(told.json()["type"], "/problems/http/too-large");
        // The rows of a catalogue come back as text, which is read and judged however long it is within its own bound.
        let lead = world.client(&world.person(Role::MissionLead)).await;
        lead.get("/desk/catalogue/new").await.expect(200);
        lead.upload("/desk/catalogue/keep", &[("rows", &long)], &[]).await.expect(422);
        lead.upload("/desk/catalogue/new", &[("title", &long)], &[]).await.expect(413);
        // A form without files, and a body of the API, hear the same.
        let long = "x".repeat(2_000_001);
        lead.get("/missions/new").await.expect(200);
        assert!(lead.post("/missions/new", &[("title", &long)]).await.expect(413).words().contains("Too much was sent"));
        let told = world.api(&world.person(Role::MissionLead)).await.post("/api/v1/missions", json!({ "title": long })).await.expect(413);
        assert_eq!(told.json()["type"], "/problems/http/too-large");
    }
    async fn a_key_is_one_persons_for_one_request_and_an_empty_one_is_none(world: World) {
        let owner = world.applicant("Harvest").1;
        let api = world.api(&owner).await;
        let body = || json!({"name": "Second", "kind": "charity"});
        let reply = api.post_with("/api/v1/organisations", &[("idempotency-key", "")], body()).await.expect(422);
        assert!(reply.text.contains("Send a key of 1 to 200 characters"));
        api.post_with("/api/v1/organisations", &[("idempotency-key", "k")], body()).await.expect(201);
        let reply = api.post_with("/api/v1/organisations?dry=1", &[("idempotency-key", "k")], body()).await.expect(409);
        assert_eq!(reply.json()["type"], "/problems/http/idempotency-key-reused");
        let call = tender(&world);
        let (path, nobody) = (format!("/api/v1/calls/{}/can-i-apply", call.id), world.api(&Actor::Public).await);
        let first = nobody.post_with(&path, &[("idempotency-key", "k")], json!({})).await;
        let second = nobody.post_with(&path, &[("idempotency-key", "k")], json!({"answers": {}})).await;
        assert_eq!((first.header("idempotent-replay"), second.header("idempotent-replay")), (None, None));
        assert_ne!(second.status, 409, "strangers share no keys: {}", second.text);
    }
    async fn a_text_that_no_database_can_store_is_refused_and_an_invisible_one_is_dropped(world: World) {
        let (organisation, owner) = world.applicant("Harvest");
        let (browser, api) = (world.client(&owner).await, world.api(&owner).await);
        let path = format!("/organisations/{organisation}");
        browser.get(&path).await;
        browser.post(&path, &[("name", "Har\u{0}vest")]).await.expect(422);
        browser.post(&path, &[("name", "Har\u{1b}vest")]).await.expect(422).shows("control characters");
        browser.post_and_follow(&path, &[("name", "Har\u{202e}\u{200b}vest Two")]).await.expect(200).shows("Harvest Two");
        api.post("/api/v1/organisations", json!({"name": "A\u{0}b", "kind": "charity"})).await.expect(422);
        browser.get("/calls?q=%00").await.expect(404);
        browser.get("/missions/%00").await.expect(404);
        let deep = TestRequest::post().uri("/api/v1/organisations").insert_header(("content-type", "application/json"));
        api.send(deep.set_payload("[".repeat(500_000))).await.expect(422);
        // A name of fillers looks like no name, and is none.
        browser.get(&path).await;
        browser.post(&path, &[("name", "\u{3164}\u{2800}")]).await.expect(422);
        browser.post_and_follow(&path, &[("name", "Har\u{3164}vest\u{e0041} Three")]).await.expect(200).shows("Harvest Three");
        // Nor does a form with files carry one, beside its file or without.
        let id = actions::start(&world.app, &owner, tender(&world).id, organisation, world.now()).await.unwrap();
        let page = format!("/applications/{id}/answer/quality-method");
        browser.get(&page).await.expect(200);
        browser.upload(&page, &[("answer", "saffron\u{0}otter")], &[]).await.expect(422);
        browser.get(&page).await.expect(200).hides("saffron");
        let told = api.upload(&format!("/api/v1/applications/{id}/files"), &[("about", "\u{0}")], &[("file", "a.pdf", b"%PDF-1.7")]).await.expect(422);
        assert!(told.text.contains("control characters"), "{}", told.text);
    }
}

fn hardened_head(reply: Reply, path: &str) {
    assert!(reply.header("content-security-policy").is_some(), "{path}: {:?}", reply.headers);
}
