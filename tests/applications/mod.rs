//! Applications, as applicants and officers meet them.

pub mod sample_calls;
mod opening;
mod sealing;
mod writing;
