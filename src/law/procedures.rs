//! Procedures of the Procurement Act 2023 and what each of them demands.

use super::thresholds::ContractType;
use serde::Serialize;

crate::text_enum! {
    /// How a contract is awarded.
    pub enum Procedure {
        Open = "open" => "Open procedure",
        CompetitiveFlexible = "competitive_flexible" => "Competitive flexible procedure",
        BelowThreshold = "below_threshold" => "Below-threshold procedure",
        LightTouch = "light_touch" => "Light touch procedure",
        FrameworkCallOff = "framework_call_off" => "Call-off from a framework",
        DynamicMarket = "dynamic_market" => "Dynamic market",
        DirectAward = "direct_award" => "Direct award",
        UrgentDirectAward = "urgent_direct_award" => "Direct award in extreme and unavoidable urgency",
        ProtectLife = "protect_life" => "Direct award to protect life",
    }
}

/// Whether a standstill must run before signing, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StandstillDuty {
    /// Whether the law demands it. A voluntary one that was announced lasts as long.
    pub mandatory: bool,
    /// Why, in a sentence.
    pub reason: &'static str,
    /// The section.
    pub reference: &'static str,
}

impl Procedure {
    /// The section that founds the procedure.
    #[must_use]
    pub fn reference(self) -> &'static str {
        match self {
            Procedure::Open => "Procurement Act 2023 s.20(2)(a)",
            Procedure::CompetitiveFlexible => "Procurement Act 2023 s.20(2)(b)",
            Procedure::BelowThreshold => "Procurement Act 2023 ss.84–88",
            Procedure::LightTouch => "Procurement Act 2023 s.9",
            Procedure::FrameworkCallOff => "Procurement Act 2023 ss.45–46",
            Procedure::DynamicMarket => "Procurement Act 2023 ss.34–39",
            Procedure::DirectAward => "Procurement Act 2023 s.41 and Schedule 5",
            Procedure::UrgentDirectAward => "Procurement Act 2023 s.41 and Schedule 5 para. 13",
            Procedure::ProtectLife => "Procurement Act 2023 s.42",
        }
    }

    /// Whether suppliers compete under a tender notice of this service.
    #[must_use]
    pub fn is_competitive(self) -> bool {
        !matches!(self, Procedure::DirectAward | Procedure::UrgentDirectAward | Procedure::ProtectLife)
    }

    /// Whether there may be stages before final tenders.
    #[must_use]
    pub fn may_have_stages(self) -> bool {
        matches!(self, Procedure::CompetitiveFlexible | Procedure::DynamicMarket | Procedure::LightTouch)
    }

    /// Whether the eight working days must run for a contract of this kind.
    #[must_use]
    pub fn standstill_duty(self, contract: ContractType) -> StandstillDuty {
        let free = |reason| StandstillDuty { mandatory: false, reason, reference: "Procurement Act 2023 s.51(3)" };
        match self {
            Procedure::BelowThreshold => StandstillDuty {
                mandatory: false,
                reason: "A below-threshold contract has no contract award notice, so no standstill follows from one.",
                reference: "Procurement Act 2023 ss.84–88",
            },
            Procedure::LightTouch => free("No standstill is demanded for a light touch contract."),
            _ if contract.is_light_touch() => free("No standstill is demanded for a light touch contract."),
            Procedure::FrameworkCallOff => free("No standstill is demanded for a call-off from a framework."),
            Procedure::DynamicMarket => free("No standstill is demanded for a contract from a dynamic market."),
            Procedure::UrgentDirectAward => {
                free("No standstill is demanded for a direct award in extreme and unavoidable urgency.")
            }
            Procedure::ProtectLife => free("No standstill is demanded for a direct award to protect life."),
            Procedure::Open | Procedure::CompetitiveFlexible | Procedure::DirectAward => StandstillDuty {
                mandatory: true,
                reason: "The contract may not be signed before eight working days have passed, counting the day of \
                         the contract award notice.",
                reference: "Procurement Act 2023 s.51",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standstill_is_demanded_where_the_act_demands_it_and_nowhere_else() {
        for procedure in Procedure::ALL {
            let expected =
                matches!(procedure, Procedure::Open | Procedure::CompetitiveFlexible | Procedure::DirectAward);
            assert_eq!(procedure.standstill_duty(ContractType::GoodsServices).mandatory, expected, "{procedure}");
            assert!(!procedure.standstill_duty(ContractType::LightTouch).mandatory, "{procedure}");
        }
    }

    #[test]
    fn only_stages_that_the_act_allows_are_offered() {
        assert!(!Procedure::Open.may_have_stages());
        assert!(Procedure::CompetitiveFlexible.may_have_stages());
        assert!(!Procedure::DirectAward.is_competitive());
    }
}
