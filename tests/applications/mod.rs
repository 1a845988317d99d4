//! Applications, as applicants and officers meet them.

mod opening;
pub mod sample_calls;
mod sealing;
mod writing;
