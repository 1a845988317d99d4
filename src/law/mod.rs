//! The law as data: limits, periods, rates and bank holidays by date, and the arithmetic of days on them.
//!
//! Every number here is an entry of a table with the day it applies from and its source ([`dated::Dated`]); a
//! revision is an edit of a table. Where a table has no entry for a day the answer is [`Unknown`], never a pass.
//! Comparisons are part of the data: a value at a threshold is above it, payments and indicators need more than
//! their limit, minimal financial assistance fits up to and including its cap.
//!
//! Days are dates in Europe/London. Nothing here reads a clock, a database or the network.
//! In England's procurement law a bank holiday of any part of the United Kingdom is no working day.
//!
//! Public names: [`threshold`], [`standstill()`], [`tendering_period`], [`participation_period`], [`due`],
//! [`mfa_check`], [`prohibition`], [`social_value_advice`], [`living_wage`], [`Procedure`], [`ContractType`].

pub mod calendar;
pub mod dated;
pub mod holidays;
pub mod notices;
pub mod procedures;
pub mod social_value;
pub mod standstill;
pub mod subsidy;
pub mod tendering;
pub mod thresholds;
pub mod wages;

pub use calendar::{Period, calendar_inclusive, period_exclusive, working_inclusive};
pub use dated::{Dated, Unknown};
pub use holidays::{BankHoliday, bank_holiday, is_working_day};
pub use notices::{Due, Duty, Notice, contract_details_due, due, planned_notice_qualifies};
pub use procedures::{Procedure, StandstillDuty};
pub use social_value::{SocialValueAdvice, social_value_advice};
pub use standstill::{Standstill, standstill};
pub use subsidy::{
    Assistance, AssistanceKind, MfaCheck, Prohibition, ProhibitionCode, SubsidyRefusal, mfa_check, mfa_window,
    must_be_transparent, prohibition, prohibitions,
};
pub use tendering::{Circumstances, MinimumPeriod, participation_period, tendering_period};
pub use thresholds::{
    ContractType, Limit, Threshold, kpi_limit, kpis_required, may_screen_suitability, notifiable_limit,
    payment_is_published, threshold,
};
pub use wages::{LivingWage, living_wage, national_living_wage};
