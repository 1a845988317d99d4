//! Pages that look across rooms: home, a mission's progress, my tasks, search, the public register.
//!
//! The desk reads what other rooms export and writes nothing.
//!
//! Public names: [`home`], [`mission`], [`tasks`], [`search`], [`register`].

pub mod home;
pub mod mission;
pub mod register;
pub mod search;
mod store;
pub mod tasks;
