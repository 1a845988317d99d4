//! The Subsidy Control Act 2022: minimal financial assistance, transparency, prohibitions.

use super::dated::{Dated, Unknown, day, in_force};
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence, RefusalInfo};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

const ACT: &str = "Subsidy Control Act 2022, in force from 4 January 2023";

const MFA_CAP: &[Dated<Pence>] =
    &[Dated { valid_from: day(2023, 1, 4), valid_until: None, source: ACT, value: Pence(31_500_000) }];
const SPEI_CAP: &[Dated<Pence>] =
    &[Dated { valid_from: day(2023, 1, 4), valid_until: None, source: ACT, value: Pence(72_500_000) }];
const TRANSPARENCY: &[Dated<Pence>] =
    &[Dated { valid_from: day(2023, 1, 4), valid_until: None, source: ACT, value: Pence(10_000_000) }];

crate::text_enum! {
    /// Assistance that counts towards the cap on minimal financial assistance.
    pub enum AssistanceKind {
        Mfa = "mfa" => "Minimal financial assistance",
        Spei = "spei" => "Assistance for services of public economic interest",
        LegacyDeMinimis = "legacy_de_minimis" => "Older de minimis aid under EU rules",
        SmallAmount = "small_amount" => "Small amount under the trade agreement of 2020",
    }
}

/// Assistance that a group under common control has had, from this or any other authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assistance {
    /// The day it was given.
    pub given: LocalDate,
    /// Its gross cash amount or equivalent.
    pub amount: Pence,
    /// Under which heading.
    pub kind: AssistanceKind,
}

/// How new assistance stands to the cap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MfaCheck {
    /// The cap in force.
    pub cap: Pence,
    /// First day that counts: 1 April, two financial years before the current one.
    pub window_from: LocalDate,
    /// Last day that counts: the day the new assistance is given.
    pub window_to: LocalDate,
    /// What the group has had in the window.
    pub used: Pence,
    /// What is to be given.
    pub new: Pence,
    /// Whether all of it fits: used + new is at most the cap.
    pub fits: bool,
    /// The part that can be given as minimal financial assistance.
    pub allowed: Pence,
    /// The rest, which needs another route.
    pub excess: Pence,
}

/// A refusal of the subsidy rules of this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubsidyRefusal {
    /// An amount that is nothing or less.
    NotPositive,
    /// More than can be counted.
    TooLarge,
    /// A fact of law is missing.
    Unknown(Unknown),
}

impl From<Unknown> for SubsidyRefusal {
    fn from(unknown: Unknown) -> Self {
        SubsidyRefusal::Unknown(unknown)
    }
}

impl RefusalInfo for SubsidyRefusal {
    fn code(&self) -> &'static str {
        match self {
            SubsidyRefusal::NotPositive => "law/assistance-not-positive",
            SubsidyRefusal::TooLarge => "law/assistance-too-large",
            SubsidyRefusal::Unknown(unknown) => unknown.code(),
        }
    }
    fn sentence(&self) -> String {
        match self {
            SubsidyRefusal::NotPositive => "Enter every amount of assistance as more than £0.".to_owned(),
            SubsidyRefusal::TooLarge => "The amounts of assistance are too large to add up.".to_owned(),
            SubsidyRefusal::Unknown(unknown) => unknown.sentence(),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        Some("Subsidy Control Act 2022 s.36")
    }
}

/// The financial year, by the calendar year it begins in: 1 April 2026 to 31 March 2027 is 2026.
#[must_use]
pub fn financial_year(date: LocalDate) -> i32 {
    if date.month() >= 4 { date.year() } else { date.year() - 1 }
}

/// The days that count for assistance given on a day: the current financial year so far and the two before it.
///
/// # Errors
/// [`Unknown`] at the ends of the calendar.
pub fn mfa_window(given: LocalDate) -> Result<(LocalDate, LocalDate), Unknown> {
    NaiveDate::from_ymd_opt(financial_year(given) - 2, 4, 1)
        .map(|from| (from, given))
        .ok_or_else(|| Unknown::new(format!("the financial years before {}", medium_date(given))))
}

/// Checks new assistance against the cap: `used + new ≤ cap`, exactly at the cap passes, the excess is told.
///
/// `received` is everything the whole group has had, of every kind and from every authority; what lies outside the
/// window is left out here.
///
/// # Errors
/// [`SubsidyRefusal`].
pub fn mfa_check(received: &[Assistance], new: Pence, given: LocalDate) -> Result<MfaCheck, SubsidyRefusal> {
    let cap = in_force(MFA_CAP, given, "the cap on minimal financial assistance")?.value;
    let (window_from, window_to) = mfa_window(given)?;
    if new <= Pence::ZERO || received.iter().any(|a| a.amount <= Pence::ZERO) {
        return Err(SubsidyRefusal::NotPositive);
    }
    let in_window = received.iter().filter(|a| a.given >= window_from && a.given <= window_to);
    let used = Pence::total(in_window.map(|a| a.amount)).map_err(|_| SubsidyRefusal::TooLarge)?;
    let room = (cap - used).max(Pence::ZERO);
    let allowed = new.min(room);
    Ok(MfaCheck { cap, window_from, window_to, used, new, fits: new <= room, allowed, excess: new - allowed })
}

/// The cap on assistance for services of public economic interest.
///
/// # Errors
/// [`Unknown`] before the Act was in force.
pub fn spei_cap(on: LocalDate) -> Result<Pence, Unknown> {
    in_force(SPEI_CAP, on, "the cap on assistance for public economic interest").map(|e| e.value)
}

/// Whether minimal financial assistance must be uploaded to the subsidy database: more than £100,000.
///
/// # Errors
/// [`Unknown`] before the Act was in force.
pub fn must_be_transparent(amount: Pence, on: LocalDate) -> Result<bool, Unknown> {
    in_force(TRANSPARENCY, on, "the limit for subsidy transparency").map(|e| amount > e.value)
}

crate::text_enum! {
    /// A kind of condition or subsidy that the Act prohibits.
    pub enum ProhibitionCode {
        UnlimitedGuarantee = "unlimited_guarantee" => "Guarantee without limit of amount or time",
        ExportPerformance = "export_performance" => "Depends on export performance",
        DomesticContent = "domestic_content" => "Depends on UK goods or services over imported ones",
        Relocation = "relocation" => "Depends on moving activity within the UK",
        AilingEnterprise = "ailing_enterprise" => "Rescue or restructuring of an ailing enterprise",
    }
}

/// A prohibition of the Act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Prohibition {
    /// Which.
    pub code: ProhibitionCode,
    /// What is prohibited, in a sentence for the officer.
    pub sentence: &'static str,
    /// The section.
    pub reference: &'static str,
    /// What must be recorded before an exception of the Act may be used; `None` when there is none to use.
    pub exception: Option<&'static str>,
}

const PROHIBITIONS: &[Dated<&[Prohibition]>] = &[Dated {
    valid_from: day(2023, 1, 4),
    valid_until: None,
    source: ACT,
    value: &[
        Prohibition {
            code: ProhibitionCode::UnlimitedGuarantee,
            sentence: "A subsidy may not guarantee debts without a limit on their amount and on its duration.",
            reference: "Subsidy Control Act 2022 s.15",
            exception: None,
        },
        Prohibition {
            code: ProhibitionCode::ExportPerformance,
            sentence: "A subsidy may not depend on how much the enterprise exports.",
            reference: "Subsidy Control Act 2022 s.16",
            exception: None,
        },
        Prohibition {
            code: ProhibitionCode::DomesticContent,
            sentence: "A subsidy may not depend on using goods or services from the UK instead of imported ones.",
            reference: "Subsidy Control Act 2022 s.17",
            exception: None,
        },
        Prohibition {
            code: ProhibitionCode::Relocation,
            sentence: "A subsidy may not depend on moving existing activity from another part of the UK.",
            reference: "Subsidy Control Act 2022 s.18",
            exception: Some(
                "Record why the move reduces the social or economic disadvantage of the area, why it reduces \
                 disadvantage in the UK as a whole, and how it changes the size, scope or nature of the activity.",
            ),
        },
        Prohibition {
            code: ProhibitionCode::AilingEnterprise,
            sentence: "A subsidy may not rescue or restructure an ailing enterprise.",
            reference: "Subsidy Control Act 2022 ss.19–20",
            exception: Some(
                "Record the restructuring plan, the enterprise’s or its lenders’ own contribution, and why the \
                 subsidy serves the public interest by avoiding hardship or a market failure.",
            ),
        },
    ],
}];

/// Every prohibition in force on a day.
///
/// # Errors
/// [`Unknown`] before the Act was in force.
pub fn prohibitions(on: LocalDate) -> Result<&'static [Prohibition], Unknown> {
    in_force(PROHIBITIONS, on, "the prohibitions of the Subsidy Control Act").map(|e| e.value)
}

/// One prohibition in force on a day.
///
/// # Errors
/// [`Unknown`] before the Act was in force.
pub fn prohibition(code: ProhibitionCode, on: LocalDate) -> Result<&'static Prohibition, Unknown> {
    prohibitions(on)?.iter().find(|p| p.code == code).ok_or_else(|| Unknown::new(code.label()))
}

impl RefusalInfo for Prohibition {
    fn code(&self) -> &'static str {
        match self.code {
            ProhibitionCode::UnlimitedGuarantee => "law/unlimited-guarantee",
            ProhibitionCode::ExportPerformance => "law/export-performance",
            ProhibitionCode::DomesticContent => "law/domestic-content",
            ProhibitionCode::Relocation => "law/relocation",
            ProhibitionCode::AilingEnterprise => "law/ailing-enterprise",
        }
    }
    fn sentence(&self) -> String {
        match self.exception {
            Some(record) => format!("{} {record}", self.sentence),
            None => self.sentence.to_owned(),
        }
    }
    fn reference(&self) -> Option<&'static str> {
        Some(self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn had(given: LocalDate, pence: i64) -> Assistance {
        Assistance { given, amount: Pence(pence), kind: AssistanceKind::Mfa }
    }

    #[test]
    fn the_window_is_three_financial_years_and_not_thirty_six_months() {
        assert_eq!(mfa_window(day(2026, 11, 24)), Ok((day(2024, 4, 1), day(2026, 11, 24))));
        assert_eq!(mfa_window(day(2027, 3, 31)), Ok((day(2024, 4, 1), day(2027, 3, 31))));
        assert_eq!(mfa_window(day(2027, 4, 1)), Ok((day(2025, 4, 1), day(2027, 4, 1))));
        let received = [had(day(2024, 3, 31), 30_000_000), had(day(2024, 4, 1), 10_000_000)];
        assert_eq!(mfa_check(&received, Pence(100), day(2026, 11, 24)).unwrap().used, Pence(10_000_000));
    }

    #[test]
    fn exactly_at_the_cap_fits_and_a_penny_more_is_told_as_excess() {
        let received = [had(day(2025, 6, 1), 21_500_000)];
        let exact = mfa_check(&received, Pence(10_000_000), day(2026, 11, 24)).unwrap();
        assert!(exact.fits && exact.excess.is_zero());
        let over = mfa_check(&received, Pence(10_000_001), day(2026, 11, 24)).unwrap();
        assert_eq!((over.fits, over.allowed, over.excess), (false, Pence(10_000_000), Pence(1)));
    }

    #[test]
    fn every_kind_of_small_assistance_counts_and_negative_amounts_are_refused() {
        let received: Vec<_> = AssistanceKind::ALL
            .iter()
            .map(|kind| Assistance { given: day(2026, 5, 1), amount: Pence(1_000_000), kind: *kind })
            .collect();
        assert_eq!(mfa_check(&received, Pence(1), day(2026, 11, 24)).unwrap().used, Pence(4_000_000));
        let hidden = [had(day(2026, 5, 1), 31_500_000), had(day(2026, 5, 2), -31_500_000)];
        assert_eq!(mfa_check(&hidden, Pence(1), day(2026, 11, 24)), Err(SubsidyRefusal::NotPositive));
    }

    #[test]
    fn only_more_than_a_hundred_thousand_is_uploaded() {
        assert_eq!(must_be_transparent(Pence(10_000_000), day(2026, 11, 24)), Ok(false));
        assert_eq!(must_be_transparent(Pence(10_000_001), day(2026, 11, 24)), Ok(true));
    }

    #[test]
    fn buying_british_is_prohibited_outright_and_relocation_until_its_exception_is_recorded() {
        let on = day(2026, 11, 24);
        let domestic = prohibition(ProhibitionCode::DomesticContent, on).unwrap();
        assert_eq!(
            (RefusalInfo::reference(domestic), domestic.exception),
            (Some("Subsidy Control Act 2022 s.17"), None)
        );
        assert!(prohibition(ProhibitionCode::Relocation, on).unwrap().exception.is_some());
        for code in ProhibitionCode::ALL {
            assert!(prohibition(*code, on).is_ok(), "{code}");
        }
        assert!(prohibitions(day(2022, 12, 31)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_allowed_never_takes_the_group_over_the_cap(
            received in proptest::collection::vec((0_u64..1500, 1_i64..40_000_000), 0..8), new in 1_i64..90_000_000,
        ) {
            let received: Vec<_> =
                received.into_iter().map(|(d, p)| had(day(2023, 1, 4) + chrono::Days::new(d), p)).collect();
            let check = mfa_check(&received, Pence(new), day(2026, 11, 24)).unwrap();
            prop_assert_eq!(check.allowed + check.excess, Pence(new));
            prop_assert!(check.allowed.is_zero() || check.used + check.allowed <= check.cap);
            prop_assert_eq!(check.fits, check.used + Pence(new) <= check.cap);
        }
    }
}
