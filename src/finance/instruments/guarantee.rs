//! A guarantee of part of a lender's loss: exposure, calls, recoveries and the fee.

use crate::finance::refusal::{FinanceRefusal, Worked, times, total};
use crate::values::{LocalDate, Pence, Rate, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A guarantee. It has both an amount and an end: one without either is prohibited (Subsidy Control Act 2022 s.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guarantee {
    /// The part of each loss that is covered.
    pub cover: Share,
    /// The most that is ever paid.
    pub limit: Pence,
    /// The last day a claim may be made.
    pub until: LocalDate,
    /// Yearly fee on the exposure.
    pub fee: Rate,
}

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The day it is made.
    pub on: LocalDate,
    /// The lender's loss.
    pub loss: Pence,
    /// What the lender recovered of it since, in all.
    pub recovered: Pence,
}

/// What a claim costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Called {
    /// The day.
    pub on: LocalDate,
    /// Paid to the lender.
    pub paid: Pence,
    /// Given back of it from recoveries, in the proportion it was covered.
    pub returned: Pence,
}

impl Guarantee {
    /// What could still be called of a guaranteed balance: min(cover × balance, limit − paid), nothing after the end.
    ///
    /// # Errors
    /// [`FinanceRefusal`] when figures do not fit.
    pub fn exposure(&self, balance: Pence, paid: Pence, on: LocalDate) -> Worked<Pence> {
        if on > self.until {
            return Ok(Pence::ZERO);
        }
        Ok(times(balance.max(Pence::ZERO), self.cover.get())?.min((self.limit - paid).max(Pence::ZERO)))
    }

    /// What claims cost, in order of day. A recovery gives back paid / loss of itself and does not restore the limit.
    ///
    /// # Errors
    /// [`FinanceRefusal`]: a negative loss, or recovered more than was lost.
    pub fn calls(&self, claims: &[Claim]) -> Worked<Vec<Called>> {
        let mut claims = claims.to_vec();
        claims.sort_by_key(|c| c.on);
        let mut so_far = Pence::ZERO;
        let mut found = Vec::with_capacity(claims.len());
        for claim in claims {
            if claim.loss < Pence::ZERO || claim.recovered < Pence::ZERO || claim.recovered > claim.loss {
                return Err(FinanceRefusal::Contradiction(
                    "A loss is 0 or more, and at most the loss can be recovered.",
                ));
            }
            let paid = self.exposure(claim.loss, so_far, claim.on)?;
            so_far = total([so_far, paid])?;
            let part = crate::finance::refusal::over(paid, claim.loss).unwrap_or_default();
            found.push(Called { on: claim.on, paid, returned: times(claim.recovered, part)? });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    #[test]
    fn calls_are_the_covered_part_until_the_limit_or_the_last_day_and_recoveries_are_shared() {
        let guarantee = Guarantee {
            cover: "0.75".parse().unwrap(),
            limit: Pence(10_000_000),
            until: parse_date("2030-12-31").unwrap(),
            fee: "0.02".parse().unwrap(),
        };
        let claim = |on: &str, loss: i64, recovered: i64| Claim {
            on: parse_date(on).unwrap(),
            loss: Pence(loss * 100),
            recovered: Pence(recovered * 100),
        };
        let found = guarantee
            .calls(&[
                claim("2028-01-01", 80_000, 20_000),
                claim("2029-01-01", 80_000, 8_000),
                claim("2031-01-01", 50, 0),
            ])
            .unwrap();
        let got: Vec<_> = found.iter().map(|c| (c.paid.0 / 100, c.returned.0 / 100)).collect();
        assert_eq!(got, [(60_000, 15_000), (40_000, 4_000), (0, 0)]);
        assert_eq!(
            guarantee.exposure(Pence(4_000), Pence(9_999_000), parse_date("2028-01-01").unwrap()),
            Ok(Pence(1_000))
        );
        assert!(guarantee.calls(&[claim("2028-01-01", 1, 2)]).is_err());
    }
}
