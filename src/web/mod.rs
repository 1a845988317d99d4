//! The outside of the service: the one list of routes, who is asking, health, metrics, OpenAPI, assets.

pub mod assets;
pub mod frame;
mod gate;
mod health;
mod idempotency;
mod openapi;
mod problem_page;
mod public_pages;
mod route_table;
pub mod routes;
pub mod sandbox;
mod security;
pub mod set_aside;
mod viewer;

pub use gate::{identify, remember};
pub use health::{Metrics, measure};
pub use idempotency::replay;
pub use problem_page::draw as draw_problem;
pub use security::headers as security_headers;
