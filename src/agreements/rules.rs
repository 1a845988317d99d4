//! When a contract may be signed and when an agreement may change.

use crate::law::ContractType;
use crate::values::{LocalDate, Pence, RefusalInfo};
use rust_decimal::Decimal;

/// The least number of key performance indicators of a contract over the limit (Procurement Act 2023 s.52).
pub const LEAST_KPIS: usize = 3;

/// Why something about an agreement is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementRefusal {
    /// An investment is made by accepting its offer, not by signing here.
    NotAContract,
    /// The offer has not been accepted.
    NotAccepted,
    /// The application's promises are still sealed.
    StillSealed,
    /// Fewer than three key performance indicators, and no reason; holds how many were chosen.
    TooFewKpis(usize),
    /// A key performance indicator that is not a promise of this application.
    UnknownKpi,
    /// Whether indicators are due cannot be said; holds what is missing.
    Unknown(String),
    /// A change over the limits needs its notice first.
    ChangeNeedsNotice,
    /// The agreement has ended.
    Ended,
    /// It cannot be completed before its last day.
    NotOver,
    /// The new last day lies before the first.
    EndsBeforeStart,
    /// Value and last day of an investment follow its parts.
    FollowsItsParts,
    /// A part of an investment is running or waits for its money.
    PartsRun,
}

impl RefusalInfo for AgreementRefusal {
    fn code(&self) -> &'static str {
        match self {
            AgreementRefusal::NotAContract => "agreements/not-a-contract",
            AgreementRefusal::NotAccepted => "agreements/not-accepted",
            AgreementRefusal::StillSealed => "agreements/still-sealed",
            AgreementRefusal::TooFewKpis(_) => "agreements/too-few-kpis",
            AgreementRefusal::UnknownKpi => "agreements/unknown-kpi",
            AgreementRefusal::Unknown(_) => "agreements/unknown",
            AgreementRefusal::ChangeNeedsNotice => "agreements/change-needs-notice",
            AgreementRefusal::Ended => "agreements/ended",
            AgreementRefusal::NotOver => "agreements/not-over",
            AgreementRefusal::EndsBeforeStart => "agreements/ends-before-start",
            AgreementRefusal::FollowsItsParts => "agreements/follows-its-parts",
            AgreementRefusal::PartsRun => "agreements/parts-run",
        }
    }
    fn sentence(&self) -> String {
        match self {
            AgreementRefusal::NotAContract => {
                "An investment agreement is made when the applicant accepts the offer; there is nothing to sign here.".to_owned()
            }
            AgreementRefusal::NotAccepted => "The applicant has not accepted the offer. Wait for its answer.".to_owned(),
            AgreementRefusal::StillSealed => {
                "The promises of this application are still sealed. Open the applications first.".to_owned()
            }
            AgreementRefusal::TooFewKpis(chosen) => format!(
                "A contract of more than £5 million needs at least {LEAST_KPIS} key performance indicators and you chose {chosen}. \
                 Choose more promises, or say why performance cannot sensibly be measured by them."
            ),
            AgreementRefusal::UnknownKpi => {
                "One of the key performance indicators is not a promise of this application. Choose from the list.".to_owned()
            }
            AgreementRefusal::Unknown(missing) => format!("This cannot be decided yet: {missing}."),
            AgreementRefusal::ChangeNeedsNotice => {
                "This change is over the limits. Publish the contract change notice (UK10) first, then enter its number.".to_owned()
            }
            AgreementRefusal::Ended => "This agreement has ended and does not change any more.".to_owned(),
            AgreementRefusal::NotOver => {
                "The last day of this agreement is still to come. Change its last day, or end it early with a reason.".to_owned()
            }
            AgreementRefusal::EndsBeforeStart => "The last day must not lie before the first day.".to_owned(),
            AgreementRefusal::FollowsItsParts => {
                "The value and the last day of an investment follow its parts. Open the part and propose the change of a \
                 loan there; a second person approves it."
                    .to_owned()
            }
            AgreementRefusal::PartsRun => {
                "A part of this investment is running or is not paid out yet. End each part first, on its own page."
                    .to_owned()
            }
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            AgreementRefusal::TooFewKpis(_) => Some("Procurement Act 2023 s.52"),
            AgreementRefusal::ChangeNeedsNotice => Some("Procurement Act 2023 s.75"),
            _ => None,
        }
    }
}

/// Whether the chosen indicators suffice: three, or a reason where performance cannot sensibly be measured.
///
/// # Errors
/// [`AgreementRefusal::TooFewKpis`].
pub fn enough_kpis(required: bool, chosen: usize, reason: Option<&str>) -> Result<(), AgreementRefusal> {
    if required && chosen < LEAST_KPIS && reason.is_none_or(|r| r.trim().is_empty()) {
        return Err(AgreementRefusal::TooFewKpis(chosen));
    }
    Ok(())
}

/// Value and days of an agreement, before or after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Value including VAT.
    pub value: Pence,
    /// First day.
    pub starts_on: LocalDate,
    /// Last day.
    pub ends_on: LocalDate,
}

/// Whether a contract change notice comes first. The Act joins the limits for value (10 %, works 15 %) and
/// term (10 %) with "or"; the safe reading taken here asks for a notice when either is exceeded. Light touch
/// contracts need none.
#[must_use]
pub fn change_needs_notice(contract: ContractType, old: Extent, new: Extent) -> bool {
    if contract.is_light_touch() {
        return false;
    }
    let percent = Decimal::from(if contract == ContractType::Works { 15 } else { 10 });
    let more = (new.value.decimal() - old.value.decimal()).abs();
    let over_value = more * Decimal::ONE_HUNDRED > old.value.decimal() * percent;
    let days = Decimal::from((old.ends_on - old.starts_on).num_days() + 1);
    let longer = Decimal::from((new.ends_on - old.ends_on).num_days().abs());
    over_value || longer * Decimal::TEN > days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    fn extent(pounds: i64, end: &str) -> Extent {
        Extent {
            value: Pence(pounds * 100),
            starts_on: parse_date("2027-01-01").unwrap(),
            ends_on: parse_date(end).unwrap(),
        }
    }

    #[test]
    fn two_indicators_and_no_reason_are_too_few_and_a_reason_suffices() {
        assert_eq!(enough_kpis(true, 2, None), Err(AgreementRefusal::TooFewKpis(2)));
        assert_eq!(enough_kpis(true, 2, Some("  ")), Err(AgreementRefusal::TooFewKpis(2)));
        assert_eq!(enough_kpis(true, 0, Some("A single delivery")), Ok(()));
        assert_eq!(enough_kpis(true, 3, None), Ok(()));
        assert_eq!(enough_kpis(false, 0, None), Ok(()));
    }

    #[test]
    fn a_tenth_more_needs_no_notice_and_a_penny_over_does() {
        let old = extent(1000, "2027-12-31");
        let with = |pence| Extent { value: Pence(pence), ..old };
        assert!(!change_needs_notice(ContractType::GoodsServices, old, with(110_000)));
        assert!(change_needs_notice(ContractType::GoodsServices, old, with(110_001)));
        assert!(!change_needs_notice(ContractType::Works, old, with(115_000)));
        assert!(change_needs_notice(ContractType::Works, old, with(84_999)));
        assert!(!change_needs_notice(ContractType::LightTouch, old, with(900_000)));
    }

    #[test]
    fn a_term_longer_by_more_than_a_tenth_needs_a_notice() {
        let old = extent(1000, "2027-12-31");
        assert!(!change_needs_notice(ContractType::GoodsServices, old, extent(1000, "2028-02-05")));
        assert!(change_needs_notice(ContractType::GoodsServices, old, extent(1000, "2028-02-07")));
    }
}
