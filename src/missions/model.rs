//! Missions in the words of the domain.

/// Marker and model of a mission, for [`crate::values::Id`].
#[derive(Debug)]
pub struct Mission;
