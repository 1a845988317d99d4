//! Instruments besides the loan, each a pure function of its terms and of what happened.

pub mod community_shares;
pub mod convertible;
pub mod equity;
pub mod guarantee;
pub mod package;
pub mod recoverable_grant;
pub mod revenue_share;
