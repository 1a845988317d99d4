//! What actix does with the same bytes and no database, in a process of its own.

use actix_web::{App, HttpResponse, HttpServer, web};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Yardstick {
    child: Child,
    pub port: u16,
}

impl Yardstick {
    pub fn start(page: &str) -> Yardstick {
        let port = super::council::free_port();
        let file = std::env::temp_dir().join(format!("commonweal-bench-{port}.html"));
        std::fs::write(&file, page).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .env("LOAD_YARDSTICK", port.to_string())
            .env("LOAD_PAGE", &file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "the yardstick did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::remove_file(file).unwrap();
        Yardstick { child, port }
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process: two workers, as the service has.
pub fn serve(port: u16) {
    let page = web::Bytes::from(std::fs::read(std::env::var("LOAD_PAGE").unwrap()).unwrap());
    actix_web::rt::System::new()
        .block_on(
            HttpServer::new(move || {
                let page = page.clone();
                App::new()
                    .route(
                        "/same",
                        web::get().to(move || {
                            let page = page.clone();
                            async move { HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page) }
                        }),
                    )
                    .route("/empty", web::get().to(async || HttpResponse::Ok().finish()))
            })
            .workers(2)
            .bind(("127.0.0.1", port))
            .unwrap()
            .run(),
        )
        .unwrap();
}
