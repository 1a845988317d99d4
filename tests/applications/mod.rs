//! Applications, as applicants and officers meet them.

mod answering;
mod honest_bids;
mod opening;
pub mod sample_calls;
mod sealing;
mod writing;
