//! The viewer of the API: bundled in the binary, loads nothing from elsewhere.
//!
//! Its files lie under a hash of what they hold, so that a browser may keep them for ever; the address that people know
//! leads there.

use super::assets::kept_for_ever;
use crate::error::Error;
use crate::http::{Answer, see};
use actix_web::web;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::{Config, serve};

/// The page.
const START: &str = "index.html";

/// The page and what it loads. The bundle holds more, such as pages for signing in elsewhere, which is not served.
const FILES: [&str; 8] = [
    START,
    "favicon-16x16.png",
    "favicon-32x32.png",
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
];

/// Without its bar, in which one could name a description that lies elsewhere.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::new(["/openapi.json"]).validator_url("none").use_base_layout()));

/// The beginning of a SHA-256 over all files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for name in FILES {
        if let Ok(Some(file)) = serve(name, CONFIG.clone()) {
            digest.update(format!("{name} {}\n", file.bytes.len()));
            digest.update(&file.bytes);
        }
    }
    hex::encode(&digest.finalize()[..8])
});

/// `GET /api-viewer/`: leads to the viewer.
///
/// # Errors
/// Never.
pub async fn start() -> Answer {
    see(&format!("/api-viewer/{}/{START}", *VERSION))
}

/// `GET /api-viewer/{version}/{file}`: one of its files. The page of another version leads to the one there is.
///
/// # Errors
/// NotFound for another name, or another version's file.
pub async fn file(path: web::Path<(String, String)>) -> Answer {
    let (version, name) = path.into_inner();
    if version != *VERSION && name == START {
        return see("/api-viewer/");
    }
    if version != *VERSION || !FILES.contains(&name.as_str()) {
        return Err(Error::NotFound.into());
    }
    let found = serve(&name, CONFIG.clone()).map_err(|e| Error::internal(e.to_string()))?.ok_or(Error::NotFound)?;
    Ok(kept_for_ever(&found.content_type, found.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_of_all_files_that_the_page_loads() {
        let page = serve("index.html", CONFIG.clone()).unwrap().unwrap().bytes.into_owned();
        let page = String::from_utf8(page).unwrap();
        let files = page.split('"').filter(|name| [".css", ".js", ".png"].iter().any(|end| name.ends_with(end)));
        let loaded: Vec<&str> = files.map(|name| name.trim_start_matches("./")).collect();
        assert!(loaded.len() > 4 && loaded.iter().all(|name| FILES.contains(name)), "{loaded:?}");
        for name in FILES {
            let file = serve(name, CONFIG.clone()).unwrap();
            assert!(file.is_some_and(|file| !file.bytes.is_empty() && !file.gzpipped), "{name}");
        }
        assert_eq!(VERSION.len(), 16);
    }
}
