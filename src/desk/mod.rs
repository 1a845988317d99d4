//! Pages that look across rooms: home, a mission's progress, my tasks, search, the public register, verified results.
//!
//! The desk reads what other rooms export and writes nothing.
//!
//! Public names: [`home`], [`mission`], [`tasks`], [`search`], [`register`], [`results`].

pub mod home;
pub mod mission;
pub mod register;
pub mod results;
pub mod search;
mod store;
pub mod tasks;
