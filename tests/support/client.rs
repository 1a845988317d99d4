//! People with a browser, and programs with a token.

use super::met;
use super::plans::Plans;
use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{Service as _, ServiceResponse};
use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::test::TestRequest;
use commonweal::app::App;
use commonweal::outbox::Handlers;
use commonweal::people::actions;
use commonweal::serve;
use commonweal::values::Actor;
use commonweal::web::Metrics;
use futures_util::future::LocalBoxFuture;
use scraper::{Html, Selector};
use std::cell::RefCell;
use std::rc::Rc;

pub type Service = Rc<dyn Fn(Request) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>>;

/// The HTTP service in this process, the same as the server runs.
pub async fn service(app: &App, handlers: &Handlers) -> Service {
    let inner = Rc::new(actix_web::test::init_service(serve::service(app, &Metrics::install(), handlers)).await);
    let db = app.db.clone();
    Rc::new(move |request| {
        let (inner, db) = (inner.clone(), db.clone());
        Box::pin(async move {
            match Plans::during(&db, inner.call(request)).await {
                Ok(response) => response.map_into_boxed_body(),
                Err(error) => panic!("the service failed: {error}"),
            }
        })
    })
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub text: String,
    pub bytes: Vec<u8>,
    /// Where a 303 leads.
    pub location: Option<String>,
    pub headers: Vec<(String, String)>,
}

impl Reply {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The reply, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", shorten(&self.words()));
        self
    }

    /// The page's words in one line, tags left out.
    pub fn words(&self) -> String {
        let page = Html::parse_document(&self.text);
        let main = Selector::parse("main").unwrap();
        let words: Vec<&str> = match page.select(&main).next() {
            Some(main) => main.text().collect(),
            None => page.root_element().text().collect(),
        };
        words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn shows(self, words: &str) -> Reply {
        let found = self.words();
        assert!(found.contains(words) || self.text.contains(words), "“{words}” is not in: {}", shorten(&found));
        self
    }

    #[track_caller]
    pub fn hides(self, words: &str) -> Reply {
        assert!(!self.text.contains(words), "“{words}” is shown");
        self
    }

    /// The value of a form field on the page.
    pub fn field(&self, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.text);
        let selector = Selector::parse(&format!("[name=\"{name}\"]")).unwrap();
        page.select(&selector).next().and_then(|e| e.value().attr("value").map(ToOwned::to_owned))
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(1500).collect()
}

async fn reply(response: ServiceResponse<BoxBody>) -> Reply {
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    let headers = response
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap_or_default().to_owned()))
        .collect();
    let bytes = actix_web::body::to_bytes(response.into_body()).await.map(|b| b.to_vec()).unwrap_or_default();
    Reply { status, text: String::from_utf8_lossy(&bytes).into_owned(), bytes, location, headers }
}

/// A browser without script: keeps its cookie, sends the csrf field of the page it last saw.
pub struct Client {
    service: Service,
    cookie: RefCell<Option<Cookie<'static>>>,
    csrf: RefCell<String>,
}

impl Client {
    pub(super) async fn new(service: &Service, app: &App, actor: &Actor) -> Client {
        let client = Client { service: service.clone(), cookie: RefCell::new(None), csrf: RefCell::new(String::new()) };
        if let Some(account) = actor.account() {
            let email: String = app
                .db
                .read_now(|db| {
                    use commonweal::db::schema::accounts;
                    use diesel::prelude::*;
                    Ok(accounts::table.filter(accounts::id.eq(account)).select(accounts::email).first(db)?)
                })
                .unwrap();
            client.get("/sign-in").await.expect(200);
            client.post("/sign-in", &[("email", &email), ("password", super::PASSWORD)]).await.expect(303);
            client.get("/account").await.expect(200);
        }
        client
    }

    async fn call(&self, mut request: TestRequest) -> Reply {
        if let Some(cookie) = self.cookie.borrow().clone() {
            request = request.cookie(cookie);
        }
        let request = request.to_request();
        let path = request.uri().to_string();
        let response = (self.service)(request).await;
        for value in response.headers().get_all(SET_COOKIE) {
            if let Ok(cookie) = Cookie::parse_encoded(value.to_str().unwrap().to_owned()) {
                let gone = cookie.value().is_empty();
                *self.cookie.borrow_mut() = (!gone).then(|| cookie.into_owned());
            }
        }
        let reply = reply(response).await;
        met::keep(&path, &reply);
        if let Some(csrf) = reply.text.contains("name=\"csrf\"").then(|| reply.field("csrf")).flatten() {
            *self.csrf.borrow_mut() = csrf;
        }
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(TestRequest::get().uri(path)).await
    }

    /// Sends a request of one's own making, with the cookie.
    pub async fn request(&self, request: TestRequest) -> Reply {
        self.call(request).await
    }

    /// Posts a form with the csrf token of the page last seen.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let csrf = self.csrf.borrow().clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all).await
    }

    /// Posts exactly these fields.
    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = serde_html_form::to_string(fields).unwrap();
        self.call(
            TestRequest::post()
                .uri(path)
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(body),
        )
        .await
    }

    /// Posts, must be led on (303), and gives the page it leads to.
    pub async fn post_and_follow(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let reply = self.post(path, fields).await.expect(303);
        self.get(&reply.location.unwrap()).await
    }

    /// Posts a form with files: (field, file name, bytes).
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Reply {
        let csrf = self.csrf.borrow().clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.upload_raw(path, &all, files).await
    }

    /// Posts exactly these fields and files.
    pub async fn upload_raw(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Reply {
        let (kind, body) = multipart(fields, files);
        self.call(TestRequest::post().uri(path).insert_header(("content-type", kind)).set_payload(body)).await
    }
}

fn multipart(fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> (String, Vec<u8>) {
    let boundary = "commonweal-test-boundary";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    for (name, file, bytes) in files {
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A program.
pub struct Api {
    service: Service,
    token: Option<String>,
}

impl Api {
    pub(super) async fn new(service: &Service, app: &App, actor: &Actor) -> Api {
        let token = match actor.account() {
            Some(_) => {
                let now = app.now();
                let issued = app.db.write_now(|db| actions::issue_token(db, actor, "test", "write", 366, now)).unwrap();
                Some(issued.1)
            }
            None => None,
        };
        Api { service: service.clone(), token }
    }

    fn request(&self, request: TestRequest) -> TestRequest {
        match &self.token {
            Some(token) => request.insert_header(("authorization", format!("Bearer {token}"))),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        reply((self.service)(self.request(TestRequest::get().uri(path)).to_request()).await).await
    }

    pub async fn post(&self, path: &str, body: serde_json::Value) -> Reply {
        reply((self.service)(self.request(TestRequest::post().uri(path)).set_json(body).to_request()).await).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&'static str, &str)], body: serde_json::Value) -> Reply {
        let mut request = self.request(TestRequest::post().uri(path)).set_json(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        reply((self.service)(request.to_request()).await).await
    }

    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Reply {
        self.upload_with(path, &[], fields, files).await
    }

    pub async fn upload_with(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Reply {
        let (kind, body) = multipart(fields, files);
        let mut request = TestRequest::post().uri(path).insert_header(("content-type", kind)).set_payload(body);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        self.send(request).await
    }

    /// Sends a request of one's own making, with the token.
    pub async fn send(&self, request: TestRequest) -> Reply {
        reply((self.service)(self.request(request).to_request()).await).await
    }
}
