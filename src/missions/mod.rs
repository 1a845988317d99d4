//! Missions: bold, with a clear target and date, pursued by many hands.
pub mod model;
pub use model::Mission;
