//! The arithmetic of money over time: pure functions of what they are given, with no database, clock or network.
//!
//! Invariants: money is whole [`Pence`](crate::values::Pence), everything else is `Decimal`; a schedule row is rounded
//! once and totals are sums of rows; a figure that cannot be computed says why and is never zero, NaN or a guess.
//! Floats live only inside [`irr`]'s search, and what leaves it is a `Decimal` that `Decimal` arithmetic has certified.
//!
//! - [`daycount`] day counts and year fractions · [`discount`] dated discount rates, factors, social present value
//! - [`irr`] XIRR with its certificate, XNPV and the working · [`measures`] DPI, RVPI, TVPI, PICC, MOIC of typed flows
//! - [`schedule`] loan schedules · [`payments`] allocation of receipts, arrears
//! - [`subsidy_equivalent`] the gross cash equivalent of a loan below the market rate
//! - [`loan`] loans in full, replayed from what happened · [`business_days`] due dates · [`instruments`] everything else
//!   a fund offers · [`receipts`] a borrower's account with reversals · [`conditions`] promises in the price
//! - [`equivalents`] gross cash equivalents and the group's total · [`loss`] expected loss, provisions, soft loans ·
//!   [`affordability`] cover, runway, largest loan
//! - [`terms`] an agreement of any instrument: what falls due from what has happened, what it costs in plain words, what
//!   it is worth as a subsidy
//! - [`fund`] recycling, concentration, vintages, projection · [`pme`] against a public index · [`forecast`] seeded
//!   simulation · [`explain`] any of these line by line · [`refusal`] why a figure cannot be worked out

pub mod affordability;
pub mod business_days;
pub mod conditions;
pub mod daycount;
pub mod discount;
pub mod equivalents;
pub mod explain;
#[cfg(test)]
mod extremes;
pub mod forecast;
pub mod fund;
pub mod instruments;
pub mod irr;
pub mod loan;
pub mod loss;
pub mod measures;
pub mod payments;
pub mod pme;
mod powers;
pub mod receipts;
pub mod refusal;
pub mod schedule;
pub mod subsidy_equivalent;
pub mod terms;

pub use daycount::DayCount;
pub use irr::{Closing, Flow, Xirr, xirr, xnpv};
pub use measures::{Figure, FlowKind, Measures, Nav, TypedFlow};
pub use payments::{Allocation, Arrears, Due, Order, Receipt, allocate, arrears};
pub use schedule::{LoanTerms, Schedule, ScheduleRefusal, build};
pub use terms::{Instrument, InstrumentTerms};
