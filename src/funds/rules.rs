//! Rules about funds.

use super::model::Cash;
use crate::values::{Pence, RefusalInfo};

/// Why something about a fund is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FundRefusal {
    /// More is asked than the fund has.
    NotEnough {
        /// What it has.
        available: Pence,
    },
    /// The commitment is dated after today.
    CommittedLater,
}

impl RefusalInfo for FundRefusal {
    fn code(&self) -> &'static str {
        match self {
            FundRefusal::NotEnough { .. } => "funds/not-enough",
            FundRefusal::CommittedLater => "funds/committed-later",
        }
    }
    fn sentence(&self) -> String {
        match self {
            FundRefusal::NotEnough { available } => {
                format!(
                    "The fund has {available} available, which is less. Record a further commitment of the council first."
                )
            }
            FundRefusal::CommittedLater => {
                "A commitment can be recorded from the day it was decided. Enter today or an earlier date.".to_owned()
            }
        }
    }
}

/// How much of a payment must be called from the council: what the bank lacks.
///
/// # Errors
/// [`FundRefusal::NotEnough`].
pub fn to_call(cash: &Cash, amount: Pence) -> Result<Pence, FundRefusal> {
    if amount > cash.available {
        return Err(FundRefusal::NotEnough { available: cash.available });
    }
    Ok((amount - cash.bank.max(Pence::ZERO)).max(Pence::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_payment_uses_what_came_back_first_and_never_more_than_there_is(
            committed in 0_i64..1_000_000, called in 0_i64..1_000_000, bank in 0_i64..1_000_000, amount in 1_i64..2_000_000,
        ) {
            let called = called.min(committed);
            let available = Pence(bank + committed - called);
            let cash = Cash { committed: Pence(committed), called: Pence(called), bank: Pence(bank), available };
            match to_call(&cash, Pence(amount)) {
                Ok(call) => {
                    prop_assert!(call.0 <= committed - called);
                    prop_assert!(bank + call.0 >= amount);
                    prop_assert!(call.0 == 0 || bank + call.0 == amount);
                }
                Err(_) => prop_assert!(amount > available.0),
            }
        }
    }
}
