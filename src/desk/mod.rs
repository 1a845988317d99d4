//! Pages that look across rooms: home, a mission's progress, my tasks, search.
//!
//! The desk reads what other rooms export and writes nothing.
//!
//! Public names: [`home`], [`mission`], [`tasks`], [`search`].

pub mod home;
pub mod mission;
pub mod search;
mod store;
pub mod tasks;
