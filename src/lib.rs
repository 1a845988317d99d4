//! Commonweal.
pub mod app;
pub mod audit;
pub mod config;
pub mod db;
pub mod documents;
pub mod error;
pub mod keys;
pub mod http;
pub mod outbox;
pub mod people;
pub mod values;
pub mod web;
