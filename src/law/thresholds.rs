//! Money limits of the Procurement Act 2023, inclusive of VAT, by the day the procurement commenced.

use super::dated::{Dated, Unknown, day, in_force};
use crate::values::{LocalDate, Pence};
use serde::Serialize;

crate::text_enum! {
    /// What is bought, as the thresholds of the Act divide it. A council is a sub-central authority.
    pub enum ContractType {
        GoodsServices = "goods_services" => "Goods or services",
        Works = "works" => "Works",
        Concession = "concession" => "Concession",
        LightTouch = "light_touch" => "Light touch services",
        LightTouchConcession = "light_touch_concession" => "Light touch concession",
        UtilitiesGoodsServices = "utilities_goods_services" => "Utilities goods or services",
        UtilitiesLightTouch = "utilities_light_touch" => "Utilities light touch services",
        GoodsServicesCentral = "goods_services_central" => "Goods or services of a central government authority",
    }
}

impl ContractType {
    /// Whether the light touch rules of section 9 apply.
    #[must_use]
    pub fn is_light_touch(self) -> bool {
        matches!(
            self,
            ContractType::LightTouch | ContractType::LightTouchConcession | ContractType::UtilitiesLightTouch
        )
    }

    /// Whether the contract is a concession.
    #[must_use]
    pub fn is_concession(self) -> bool {
        matches!(self, ContractType::Concession | ContractType::LightTouchConcession)
    }
}

/// A threshold in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// In pounds inclusive of VAT.
    pub amount: Pence,
    /// Where it was read.
    pub source: &'static str,
    /// First day it applies.
    pub valid_from: LocalDate,
}

impl Threshold {
    /// Whether an estimated value inclusive of VAT makes a public contract: at the threshold or over it.
    #[must_use]
    pub fn is_above(&self, value_including_vat: Pence) -> bool {
        value_including_vat >= self.amount
    }
}

const fn pounds(amount: i64) -> Pence {
    Pence(amount * 100)
}

/// One period of the threshold table.
struct Amounts {
    goods_services: Pence,
    works: Pence,
    concession: Pence,
    light_touch: Pence,
    light_touch_concession: Pence,
    utilities_goods_services: Pence,
    utilities_light_touch: Pence,
    goods_services_central: Pence,
}

const THRESHOLDS: &[Dated<Amounts>] = &[
    Dated {
        valid_from: day(2025, 2, 24),
        valid_until: Some(day(2025, 12, 31)),
        source: "Procurement Act 2023 Schedule 1, as commenced on 24 February 2025",
        value: Amounts {
            goods_services: pounds(214_904),
            works: pounds(5_372_609),
            concession: pounds(5_372_609),
            light_touch: pounds(663_540),
            light_touch_concession: pounds(5_372_609),
            utilities_goods_services: pounds(429_809),
            utilities_light_touch: pounds(884_720),
            goods_services_central: pounds(139_688),
        },
    },
    Dated {
        valid_from: day(2026, 1, 1),
        valid_until: Some(day(2027, 12, 31)),
        source: "Procurement Act 2023 Schedule 1, amounts from 1 January 2026",
        value: Amounts {
            goods_services: pounds(207_720),
            works: pounds(5_193_000),
            concession: pounds(5_193_000),
            light_touch: pounds(663_540),
            light_touch_concession: pounds(5_372_609),
            utilities_goods_services: pounds(415_440),
            utilities_light_touch: pounds(884_720),
            goods_services_central: pounds(135_018),
        },
    },
];

/// The threshold for a kind of contract on the day the procurement commenced.
///
/// # Errors
/// [`Unknown`] before the Act commenced (24 February 2025) and after the last revision that the table knows.
pub fn threshold(contract: ContractType, commenced: LocalDate) -> Result<Threshold, Unknown> {
    let entry = in_force(THRESHOLDS, commenced, "the procurement threshold")?;
    let amounts = &entry.value;
    let amount = match contract {
        ContractType::GoodsServices => amounts.goods_services,
        ContractType::Works => amounts.works,
        ContractType::Concession => amounts.concession,
        ContractType::LightTouch => amounts.light_touch,
        ContractType::LightTouchConcession => amounts.light_touch_concession,
        ContractType::UtilitiesGoodsServices => amounts.utilities_goods_services,
        ContractType::UtilitiesLightTouch => amounts.utilities_light_touch,
        ContractType::GoodsServicesCentral => amounts.goods_services_central,
    };
    Ok(Threshold { amount, source: entry.source, valid_from: entry.valid_from })
}

/// A money limit and how a value is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// In pounds inclusive of VAT.
    pub amount: Pence,
    /// `true` when a value equal to the limit already counts (at least), `false` when only more than it does.
    pub at_least: bool,
    /// The section.
    pub reference: &'static str,
}

impl Limit {
    /// Whether the value reaches the limit, by its own comparison.
    #[must_use]
    pub fn reached_by(&self, value_including_vat: Pence) -> bool {
        if self.at_least { value_including_vat >= self.amount } else { value_including_vat > self.amount }
    }
}

const fn limit(amount: i64, at_least: bool, reference: &'static str) -> Limit {
    Limit { amount: pounds(amount), at_least, reference }
}

const ACT: &str = "Procurement Act 2023, as commenced on 24 February 2025";

const KPI: &[Dated<Limit>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: ACT,
    value: limit(5_000_000, false, "Procurement Act 2023 s.52"),
}];
const NOTIFIABLE: &[Dated<Limit>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: ACT,
    value: limit(30_000, true, "Procurement Act 2023 s.84"),
}];
const WORKS_SCREENING: &[Dated<Limit>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: ACT,
    value: limit(213_477, true, "Procurement Act 2023 s.85"),
}];
const PAYMENTS: &[Dated<Limit>] = &[Dated {
    valid_from: day(2026, 4, 1),
    valid_until: None,
    source: "Procurement Act 2023 s.70, commenced on 1 April 2026",
    value: limit(30_000, false, "Procurement Act 2023 s.70"),
}];
const PIPELINE_SPEND: &[Dated<Limit>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: ACT,
    value: limit(100_000_000, false, "Procurement Act 2023 s.93"),
}];
const PIPELINE_CONTRACT: &[Dated<Limit>] = &[Dated {
    valid_from: day(2025, 2, 24),
    valid_until: None,
    source: ACT,
    value: limit(2_000_000, false, "Procurement Act 2023 s.93"),
}];

/// The value over which key performance indicators, and publication of the contract, are due: more than £5 million.
pub fn kpi_limit(commenced: LocalDate) -> Result<Limit, Unknown> {
    in_force(KPI, commenced, "the limit for key performance indicators").map(|e| e.value)
}

/// Whether a contract must have at least three key performance indicators. Frameworks, concessions and light touch
/// contracts need none.
pub fn kpis_required(
    contract: ContractType,
    framework: bool,
    value: Pence,
    commenced: LocalDate,
) -> Result<bool, Unknown> {
    let over = kpi_limit(commenced)?.reached_by(value);
    Ok(over && !framework && !contract.is_concession() && !contract.is_light_touch())
}

/// The value from which a below-threshold contract is notifiable: £30,000 or more.
pub fn notifiable_limit(commenced: LocalDate) -> Result<Limit, Unknown> {
    in_force(NOTIFIABLE, commenced, "the limit for notifiable below-threshold contracts").map(|e| e.value)
}

/// The value from which below-threshold works may be screened for suitability: £213,477 or more.
pub fn works_screening_limit(commenced: LocalDate) -> Result<Limit, Unknown> {
    in_force(WORKS_SCREENING, commenced, "the limit for screening below-threshold works").map(|e| e.value)
}

/// Whether a below-threshold tender may have a selection stage on suitability: only works from the screening limit.
pub fn may_screen_suitability(contract: ContractType, value: Pence, commenced: LocalDate) -> Result<bool, Unknown> {
    Ok(contract == ContractType::Works && works_screening_limit(commenced)?.reached_by(value))
}

/// Whether one payment is published in the quarterly payments file: more than £30,000, under a procurement that
/// commenced on or after 1 April 2026. Payments are never added together.
#[must_use]
pub fn payment_is_published(payment: Pence, commenced: LocalDate) -> bool {
    in_force(PAYMENTS, commenced, "the limit for payments").is_ok_and(|e| e.value.reached_by(payment))
}

/// The coming year's spend over which a pipeline notice is due: more than £100 million.
pub fn pipeline_spend_limit(on: LocalDate) -> Result<Limit, Unknown> {
    in_force(PIPELINE_SPEND, on, "the spend limit for pipeline notices").map(|e| e.value)
}

/// The contract value over which a contract goes into the pipeline notice: more than £2 million.
pub fn pipeline_contract_limit(on: LocalDate) -> Result<Limit, Unknown> {
    in_force(PIPELINE_CONTRACT, on, "the contract limit for pipeline notices").map(|e| e.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_threshold_is_that_of_the_day_the_procurement_commenced() {
        let old = threshold(ContractType::GoodsServices, day(2025, 12, 31)).unwrap();
        let new = threshold(ContractType::GoodsServices, day(2026, 1, 1)).unwrap();
        assert_eq!((old.amount, new.amount), (pounds(214_904), pounds(207_720)));
        assert_eq!(new.valid_from, day(2026, 1, 1));
        assert_eq!(threshold(ContractType::Works, day(2026, 6, 1)).unwrap().amount, pounds(5_193_000));
        assert_eq!(threshold(ContractType::LightTouchConcession, day(2026, 6, 1)).unwrap().amount, pounds(5_372_609));
    }

    #[test]
    fn a_value_at_the_threshold_is_above_it_and_a_penny_less_is_not() {
        let limit = threshold(ContractType::LightTouch, day(2026, 11, 24)).unwrap();
        assert!(limit.is_above(pounds(663_540)));
        assert!(!limit.is_above(Pence(66_353_999)));
    }

    #[test]
    fn outside_the_table_the_answer_is_unknown_and_never_a_pass() {
        let after = threshold(ContractType::Works, day(2028, 1, 1)).unwrap_err();
        assert_eq!(after.missing, "the procurement threshold on 1 January 2028");
        assert!(threshold(ContractType::Works, day(2025, 2, 23)).is_err());
    }

    #[test]
    fn five_million_exactly_needs_no_indicators_and_light_touch_never_does() {
        let on = day(2026, 11, 24);
        let over = Pence(500_000_001);
        assert!(!kpis_required(ContractType::Works, false, pounds(5_000_000), on).unwrap());
        assert!(kpis_required(ContractType::Works, false, over, on).unwrap());
        assert!(!kpis_required(ContractType::LightTouch, false, over, on).unwrap());
        assert!(!kpis_required(ContractType::Works, true, over, on).unwrap());
    }

    #[test]
    fn payments_are_published_one_by_one_and_only_under_procurements_since_april_2026() {
        assert!(!payment_is_published(pounds(30_000), day(2026, 4, 1)));
        assert!(payment_is_published(Pence(3_000_001), day(2026, 4, 1)));
        assert!(!payment_is_published(pounds(90_000), day(2026, 3, 31)));
    }

    #[test]
    fn small_tenders_may_not_be_screened_except_larger_works() {
        let on = day(2026, 11, 24);
        assert!(may_screen_suitability(ContractType::Works, pounds(213_477), on).unwrap());
        assert!(!may_screen_suitability(ContractType::Works, pounds(213_476), on).unwrap());
        assert!(!may_screen_suitability(ContractType::GoodsServices, pounds(213_477), on).unwrap());
        assert!(notifiable_limit(on).unwrap().reached_by(pounds(30_000)));
    }

    proptest! {
        #[test]
        fn a_higher_value_is_never_below_a_threshold_that_a_lower_one_reaches(
            lower in 0_i64..2_000_000_000, more in 0_i64..2_000_000_000, which in 0_usize..ContractType::ALL.len(),
        ) {
            let limit = threshold(ContractType::ALL[which], day(2026, 11, 24)).unwrap();
            prop_assert!(!limit.is_above(Pence(lower)) || limit.is_above(Pence(lower + more)));
        }
    }
}
