//! Keeps a page of each rendering that any test met, for a browser to look at when all tests are done: tests meet far
//! more states of a page than anybody could click together.

use super::Reply;
use std::collections::{BTreeSet, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

/// The folder to keep them in, which the test command makes; without it nothing is kept.
pub static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::var_os("MET_PAGES").map(PathBuf::from));

static KNOWN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Keeps a page unless one of its rendering is kept already: the same kind of address, the same elements and classes, and
/// both refused or neither.
pub fn keep(path: &str, reply: &Reply) {
    let Some(folder) = &*FOLDER else { return };
    // The viewer of the API is a library's page and needs script: a browser test of its own looks at it.
    if path.starts_with("/api-viewer/") {
        return;
    }
    if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        return;
    }
    let rendering = format!("{} {} {:?}", kind(path), reply.status >= 400, drawn(&reply.text));
    if !KNOWN.lock().unwrap().insert(rendering) {
        return;
    }
    // What is downloaded is opened from a disk, where the policy of its answer is gone.
    let downloaded = reply.header("content-disposition").is_some_and(|kind| kind.starts_with("attachment"));
    let page = serde_json::json!({
        "test": std::thread::current().name(),
        "path": path,
        "status": reply.status,
        "policy": reply.header("content-security-policy").filter(|_| !downloaded),
        "html": reply.text,
    });
    let mut file = tempfile::Builder::new().prefix("page-").suffix(".json").tempfile_in(folder).unwrap();
    file.write_all(page.to_string().as_bytes()).unwrap();
    file.keep().unwrap();
}

/// The path of an address, identifiers left out.
fn kind(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let is_id = |part: &&str| part.len() == 26 && part.bytes().all(|sign| sign.is_ascii_alphanumeric());
    let mut parts: Vec<&str> = path.split('/').map(|part| if is_id(&part) { "*" } else { part }).collect();
    if let ["", "missions", slug] = &mut parts[..]
        && *slug != "new"
    {
        *slug = "*";
    }
    // Where a form goes step by step, each is a page.
    let step = if query.starts_with("step=") || query.contains("&step=") { "?step" } else { "" };
    parts.join("/") + step
}

/// The elements of a page, each with its class and role, each once.
fn drawn(html: &str) -> BTreeSet<(&str, &str, &str)> {
    let of = |tag: &str, name: &str| -> Option<(usize, usize)> {
        let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
        Some((start, start + tag[start..].find('"')?))
    };
    html.split('<')
        .filter(|part| part.starts_with(|sign: char| sign.is_ascii_lowercase()))
        .map(|part| {
            let tag = part.split_once('>').map_or(part, |(tag, _)| tag);
            let value = |name| of(tag, name).map_or("", |(start, end)| &tag[start..end]);
            (tag.split([' ', '\n', '/']).next().unwrap_or_default(), value("class"), value("role"))
        })
        .collect()
}

#[test]
fn pages_of_one_kind_with_the_same_elements_are_one_rendering() {
    let page = r#"<main><p class="a b" id="x">1 &lt; 2</p><p class="a b">3</p><br/><svg role="img"></svg></main>"#;
    assert_eq!(
        drawn(page).into_iter().collect::<Vec<_>>(),
        [("br", "", ""), ("main", "", ""), ("p", "a b", ""), ("svg", "", "img")]
    );
    assert_eq!(kind("/calls/01ARZ3NDEKTSV4RRFFQ69G5FAV/award?q=2"), "/calls/*/award");
    assert_eq!(kind("/calls/new?kind=tender&step=2"), "/calls/new?step");
    assert_eq!((kind("/missions/food"), kind("/missions/new")), ("/missions/*".to_owned(), "/missions/new".to_owned()));
}
