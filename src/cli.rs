//! Commands.
pub mod evaluate;
pub mod finance;
pub mod timetable;
