//! Stylesheet, fonts and mark, embedded in the binary under names that change with their content.
//!
//! `build.rs` writes the files and the constants. Since a name never stands for two contents, a browser
//! may keep a file for ever.

use actix_web::http::header::{self, ContentType};
use actix_web::{HttpResponse, web};
use rust_embed::Embed;
use std::borrow::Cow;
use std::future::{Ready, ready};

include!(concat!(env!("OUT_DIR"), "/assets_manifest.rs"));

#[derive(Embed)]
#[folder = "$OUT_DIR/assets"]
struct Files;

/// `GET /assets/{file}`: one embedded file, or 404. Names hold no folder, so none can be left.
pub fn asset(file: web::Path<String>) -> Ready<HttpResponse> {
    ready(answer(&file))
}

fn answer(file: &str) -> HttpResponse {
    let Some(found) = Files::get(file) else {
        return HttpResponse::NotFound().content_type(ContentType::plaintext()).body("There is no such file.");
    };
    kept_for_ever(content_type(file), found.data)
}

/// The answer with a file whose address changes with its content.
pub(super) fn kept_for_ever(content_type: &str, data: Cow<'static, [u8]>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    match data {
        Cow::Borrowed(bytes) => response.body(web::Bytes::from_static(bytes)),
        Cow::Owned(bytes) => response.body(bytes),
    }
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::shell::{Link, Shell};
    use actix_web::http::StatusCode;
    use actix_web::{App, test};
    use askama::Template;

    #[derive(Template)]
    #[template(ext = "html", source = r#"{% extends "base.html" %}{% block main %}<h1>Missions</h1>{% endblock %}"#)]
    struct Page {
        shell: Shell,
    }

    async fn fetch(address: &str) -> (StatusCode, String, String, Vec<u8>) {
        let app = test::init_service(App::new().route("/assets/{file}", web::get().to(asset))).await;
        let response = test::call_service(&app, test::TestRequest::get().uri(address).to_request()).await;
        let text =
            |name: header::HeaderName| response.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (kind, keep) = (text(header::CONTENT_TYPE), text(header::CACHE_CONTROL));
        (response.status(), kind, keep, test::read_body(response).await.to_vec())
    }

    #[actix_web::test]
    async fn every_embedded_file_is_served_for_ever_with_its_type() {
        for (address, kind) in [
            (APP_CSS, "text/css; charset=utf-8"),
            (MARK, "image/svg+xml"),
            (FONT_LATIN, "font/woff2"),
            (FONT_LATIN_EXT, "font/woff2"),
            (LICENCES, "text/plain; charset=utf-8"),
        ] {
            let (status, found, keep, body) = fetch(address).await;
            assert_eq!((status, found.as_str()), (StatusCode::OK, kind), "{address}");
            assert_eq!(keep, "public, max-age=31536000, immutable");
            assert!(!body.is_empty());
        }
    }

    #[actix_web::test]
    async fn an_unknown_name_or_a_way_out_of_the_folder_is_not_found() {
        for address in ["/assets/app.css", "/assets/..%2FCargo.toml", "/assets/"] {
            let (status, _, keep, _) = fetch(address).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{address}");
            assert_eq!(keep, "", "an error must not be kept");
        }
    }

    #[actix_web::test]
    async fn the_stylesheet_has_no_government_branding_and_asks_only_for_files_that_are_here() {
        let css = String::from_utf8(fetch(APP_CSS).await.3).unwrap();
        assert!(!css.contains("GDS Transport") && !css.contains("govuk-crest"));
        let mut asked = 0;
        for part in css.split("url(").skip(1) {
            let address = part.split(')').next().unwrap().trim_matches(['"', '\'']);
            if address.starts_with("data:") {
                continue;
            }
            asked += 1;
            assert_eq!(fetch(address).await.0, StatusCode::OK, "{address}");
        }
        assert_eq!(asked, 2, "two fonts");
        assert!(css.contains(".moj-sub-navigation") && css.contains(".cw-masthead"));
    }

    #[actix_web::test]
    async fn a_signed_in_person_sees_who_they_are_where_they_are_and_a_way_out() {
        let mut missions = Link::new("Missions", "/missions");
        missions.current = true;
        let html = Page {
            shell: Shell {
                title: "Missions".to_owned(),
                council: "Camden Council".to_owned(),
                person: Some("Amara Osei, procurement officer".to_owned()),
                acting: Some(Link::new("Acting for Camden Council: change", "/account#acting-for")),
                menu: vec![Link::new("My tasks", "/tasks"), missions],
                breadcrumbs: vec![Link::new("Home", "/")],
                csrf: "token-1".to_owned(),
                sandbox: Some("9am on Tuesday 24 November 2026 (GMT)".to_owned()),
                moves_clock: false,
                done: Some("Saved <b>".to_owned()),
                staff: true,
                error: true,
            },
        }
        .render()
        .unwrap();
        assert!(html.contains("<title>Error: Missions – Commonweal – Camden Council</title>"));
        assert!(html.contains(r#"<body class="govuk-template__body cw-staff">"#));
        assert!(html.contains("Amara Osei, procurement officer"));
        assert!(html.contains(r#"<a class="govuk-link" href="/account">"#), "the name leads to the account");
        let (beside, menu) = html.split_once("<nav").unwrap();
        assert!(beside.contains(r#"href="/account#acting-for">Acting for Camden Council: change</a>"#));
        assert!(!menu.contains("acting-for"), "it stands beside the name, and takes no room in the menu");
        assert!(html.contains(r#"<form class="cw-masthead__out" method="post" action="/sign-out">"#));
        assert!(html.contains(r#"<input type="hidden" name="csrf" value="token-1">"#));
        assert!(html.contains("9am on Tuesday 24 November 2026 (GMT)"));
        assert!(html.contains("Saved &#60;b&#62;"));
        assert_eq!(html.matches(r#"aria-current="true""#).count(), 1);
        assert!(html.contains(r#"class="govuk-breadcrumbs__link" href="/""#));
        assert!(!html.contains(" style=") && !html.contains("<script") && !html.contains("<style"));
        assert!(html.contains(APP_CSS) && html.contains(MARK));
    }

    #[actix_web::test]
    async fn a_visitor_sees_a_way_in_and_no_banner() {
        let html = Page { shell: Shell { title: "Missions".to_owned(), ..Shell::default() } }.render().unwrap();
        assert!(html.contains(r#"href="/sign-in""#) && !html.contains("/sign-out"));
        assert!(html.contains("<title>Missions – Commonweal</title>"));
        for absent in ["cw-practice", "govuk-notification-banner", "govuk-breadcrumbs", "cw-staff", "aria-current"] {
            assert!(!html.contains(absent), "{absent}");
        }
    }
}
