//! What may be asked of whom.

use super::model::{ConditionBody, ConditionVersion};
use crate::law::dated::Unknown;
use crate::law::subsidy::{Prohibition, ProhibitionCode, prohibition};
use crate::values::time::medium_date;
use crate::values::{Account, Id, LocalDate, RefusalInfo};

crate::text_enum! {
    /// What a condition comes with.
    pub enum AskedOf { Tender = "tender" => "A tender", Investment = "investment" => "An investment" }
}

/// What an author can be asked about, with the words of the question. The other prohibitions of the Act are about
/// a whole subsidy, not about a condition.
pub const QUESTIONS: [(ProhibitionCode, &str, &str); 3] = [
    (
        ProhibitionCode::DomesticContent,
        "Using goods or services from the UK instead of imported ones",
        "Also when the words say local or British",
    ),
    (
        ProhibitionCode::ExportPerformance,
        "How much the enterprise exports",
        "Sales outside the UK, as a sum or a share",
    ),
    (
        ProhibitionCode::Relocation,
        "Moving existing activity from another part of the UK",
        "New activity in Camden is not a move",
    ),
];

/// A refusal of this room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionRefusal {
    /// Prohibited, without exception.
    Prohibited(Prohibition),
    /// Prohibited until the exception of the Act is recorded.
    ExceptionNeeded(Prohibition),
    /// A fact of law is missing.
    Unknown(Unknown),
    /// The condition no longer binds.
    PastSunset(LocalDate),
    /// The version depends on nothing that has an exception.
    NothingToExcept,
    /// The author records the exception to the own version.
    OwnVersion,
    /// Recorded already.
    ExceptedAlready,
    /// Somebody made a newer version meanwhile.
    NewerVersion,
}

impl From<Unknown> for ConditionRefusal {
    fn from(unknown: Unknown) -> Self {
        ConditionRefusal::Unknown(unknown)
    }
}

impl RefusalInfo for ConditionRefusal {
    fn code(&self) -> &'static str {
        match self {
            ConditionRefusal::Prohibited(_) => "conditions/prohibited",
            ConditionRefusal::ExceptionNeeded(_) => "conditions/exception-needed",
            ConditionRefusal::Unknown(unknown) => unknown.code(),
            ConditionRefusal::PastSunset(_) => "conditions/past-sunset",
            ConditionRefusal::NothingToExcept => "conditions/nothing-to-except",
            ConditionRefusal::OwnVersion => "conditions/own-version",
            ConditionRefusal::ExceptedAlready => "conditions/excepted-already",
            ConditionRefusal::NewerVersion => "conditions/newer-version",
        }
    }
    fn sentence(&self) -> String {
        match self {
            ConditionRefusal::Prohibited(prohibition) => {
                format!("{} Take this condition out, or write it so that it does not depend on that.", prohibition.sentence)
            }
            ConditionRefusal::ExceptionNeeded(prohibition) => {
                let record = prohibition.exception.unwrap_or_default();
                format!("{} The Act has an exception, which somebody other than the author must record. {record}", prohibition.sentence)
            }
            ConditionRefusal::Unknown(unknown) => unknown.sentence(),
            ConditionRefusal::PastSunset(sunset) => {
                format!("This condition stopped binding on {}. Make a new version with a later date.", medium_date(*sunset))
            }
            ConditionRefusal::NothingToExcept => {
                "There is no exception to record: the law has none for what this version depends on, or it depends on nothing prohibited.".to_owned()
            }
            ConditionRefusal::OwnVersion => {
                "You wrote this version, so somebody else must record the exception.".to_owned()
            }
            ConditionRefusal::ExceptedAlready => "The exception is recorded for this version already.".to_owned(),
            ConditionRefusal::NewerVersion => {
                "A newer version was made meanwhile. Read it, and record the exception for that one.".to_owned()
            }
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            ConditionRefusal::Prohibited(prohibition) | ConditionRefusal::ExceptionNeeded(prohibition) => {
                Some(prohibition.reference)
            }
            ConditionRefusal::OwnVersion | ConditionRefusal::NothingToExcept => Some("Subsidy Control Act 2022 s.18"),
            ConditionRefusal::Unknown(unknown) => unknown.reference(),
            ConditionRefusal::PastSunset(_) | ConditionRefusal::ExceptedAlready | ConditionRefusal::NewerVersion => {
                None
            }
        }
    }
}

/// The prohibition that decides among those an author answered for: one without exception before one that has one.
#[must_use]
pub fn deciding(depends_on: &[ProhibitionCode]) -> Option<ProhibitionCode> {
    let order = [ProhibitionCode::DomesticContent, ProhibitionCode::ExportPerformance, ProhibitionCode::Relocation];
    order.into_iter().find(|code| depends_on.contains(code))
}

/// Whether a condition may be asked on a day. Subsidy law binds investments; a tender has its own rules.
///
/// `exception_recorded` is whether somebody other than its author has recorded the grounds of the exception for
/// exactly this version.
///
/// # Errors
/// With the section of the Act: prohibited outright, or blocked until the exception is recorded; past its sunset.
pub fn may_be_asked(
    body: &ConditionBody,
    of: AskedOf,
    exception_recorded: bool,
    on: LocalDate,
) -> Result<(), ConditionRefusal> {
    if let Some(sunset) = body.sunset.filter(|sunset| on > *sunset) {
        return Err(ConditionRefusal::PastSunset(sunset));
    }
    let (AskedOf::Investment, Some(code)) = (of, body.prohibition) else { return Ok(()) };
    let prohibition = *prohibition(code, on)?;
    match prohibition.exception {
        None => Err(ConditionRefusal::Prohibited(prohibition)),
        Some(_) if exception_recorded => Ok(()),
        Some(_) => Err(ConditionRefusal::ExceptionNeeded(prohibition)),
    }
}

/// Whether this person may record the exception for a version.
///
/// # Errors
/// When there is nothing to except, it is recorded, the version is not the newest, or the person wrote it.
pub fn record_exception(
    version: &ConditionVersion,
    newest: i64,
    recorded: bool,
    by: Id<Account>,
    on: LocalDate,
) -> Result<(), ConditionRefusal> {
    if version.version != newest {
        return Err(ConditionRefusal::NewerVersion);
    }
    let code = version.body.0.prohibition.ok_or(ConditionRefusal::NothingToExcept)?;
    if prohibition(code, on)?.exception.is_none() {
        return Err(ConditionRefusal::NothingToExcept);
    }
    if version.made_by == by {
        return Err(ConditionRefusal::OwnVersion);
    }
    if recorded { Err(ConditionRefusal::ExceptedAlready) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::{Behaviour, Cadence, Direction, Fixedness, Pace, Verifier};
    use crate::db::Json;
    use crate::values::time::parse_date;
    use crate::values::{Instant, Quantity};
    use proptest::prelude::*;
    use rust_decimal::dec;

    fn body(prohibition: Option<ProhibitionCode>) -> ConditionBody {
        ConditionBody {
            title: "Fair pay".to_owned(),
            text: "Everybody is paid fairly".to_owned(),
            behaviour: Behaviour::Directionality,
            fixedness: Fixedness::Fixed,
            measure: "Staff paid fairly".to_owned(),
            unit: "%".to_owned(),
            direction: Direction::AtLeast,
            target: Quantity::new(dec!(100)).unwrap(),
            evidence: vec!["Payroll".to_owned()],
            verifier: Verifier::Council,
            cadence: Cadence::Yearly,
            pace: Pace::Builds,
            grace_days: 14,
            cure_days: 60,
            remedies: vec!["Notice".to_owned()],
            sunset: None,
            prohibition,
        }
    }

    fn version(prohibition: Option<ProhibitionCode>) -> ConditionVersion {
        ConditionVersion {
            id: Id::new(),
            authority_id: Id::new(),
            condition_id: Id::new(),
            version: 2,
            body: Json(body(prohibition)),
            depends_on: Json(prohibition.into_iter().collect()),
            warnings: Json(Vec::new()),
            reason: String::new(),
            made_at: Instant::from_micros(0).unwrap(),
            made_by: Id::new(),
        }
    }

    fn today() -> LocalDate {
        parse_date("2026-11-24").unwrap()
    }

    #[test]
    fn buying_british_is_refused_for_an_investment_with_its_section_whatever_is_recorded() {
        for recorded in [false, true] {
            let refusal =
                may_be_asked(&body(Some(ProhibitionCode::DomesticContent)), AskedOf::Investment, recorded, today())
                    .unwrap_err();
            assert_eq!(refusal.code(), "conditions/prohibited");
            assert_eq!(refusal.reference(), Some("Subsidy Control Act 2022 s.17"));
        }
        assert_eq!(
            may_be_asked(&body(Some(ProhibitionCode::ExportPerformance)), AskedOf::Investment, true, today())
                .unwrap_err()
                .reference(),
            Some("Subsidy Control Act 2022 s.16")
        );
    }

    #[test]
    fn moving_within_the_uk_is_blocked_until_the_exception_is_recorded() {
        let moving = body(Some(ProhibitionCode::Relocation));
        let refusal = may_be_asked(&moving, AskedOf::Investment, false, today()).unwrap_err();
        assert_eq!(refusal.code(), "conditions/exception-needed");
        assert_eq!(refusal.reference(), Some("Subsidy Control Act 2022 s.18"));
        assert_eq!(may_be_asked(&moving, AskedOf::Investment, true, today()), Ok(()));
    }

    #[test]
    fn subsidy_law_does_not_bind_a_tender() {
        for code in ProhibitionCode::ALL {
            assert_eq!(may_be_asked(&body(Some(*code)), AskedOf::Tender, false, today()), Ok(()));
        }
    }

    #[test]
    fn before_the_act_the_answer_is_unknown_and_not_yes() {
        let early = parse_date("2022-12-31").unwrap();
        let refusal =
            may_be_asked(&body(Some(ProhibitionCode::Relocation)), AskedOf::Investment, true, early).unwrap_err();
        assert!(matches!(refusal, ConditionRefusal::Unknown(_)));
    }

    #[test]
    fn a_condition_is_asked_until_the_day_of_its_sunset_and_not_after() {
        let mut ending = body(None);
        ending.sunset = Some(today());
        assert_eq!(may_be_asked(&ending, AskedOf::Tender, false, today()), Ok(()));
        let tomorrow = today() + chrono::Days::new(1);
        assert_eq!(may_be_asked(&ending, AskedOf::Tender, false, tomorrow), Err(ConditionRefusal::PastSunset(today())));
    }

    #[test]
    fn the_author_never_records_the_exception_to_the_own_version() {
        let version = version(Some(ProhibitionCode::Relocation));
        assert_eq!(record_exception(&version, 2, false, version.made_by, today()), Err(ConditionRefusal::OwnVersion));
        assert_eq!(record_exception(&version, 2, false, Id::new(), today()), Ok(()));
        assert_eq!(record_exception(&version, 2, true, Id::new(), today()), Err(ConditionRefusal::ExceptedAlready));
        assert_eq!(record_exception(&version, 3, false, Id::new(), today()), Err(ConditionRefusal::NewerVersion));
    }

    #[test]
    fn there_is_no_exception_for_buying_british_nor_for_a_harmless_condition() {
        for prohibition in [None, Some(ProhibitionCode::DomesticContent), Some(ProhibitionCode::ExportPerformance)] {
            assert_eq!(
                record_exception(&version(prohibition), 2, false, Id::new(), today()),
                Err(ConditionRefusal::NothingToExcept)
            );
        }
    }

    proptest! {
        #[test]
        fn an_answer_without_exception_decides_over_one_that_has_one(uk in any::<bool>(), export in any::<bool>(), moving in any::<bool>(), recorded in any::<bool>()) {
            let mut depends_on = Vec::new();
            if moving { depends_on.push(ProhibitionCode::Relocation); }
            if export { depends_on.push(ProhibitionCode::ExportPerformance); }
            if uk { depends_on.push(ProhibitionCode::DomesticContent); }
            let asked = may_be_asked(&body(deciding(&depends_on)), AskedOf::Investment, recorded, today());
            prop_assert_eq!(asked.is_ok(), !uk && !export && (!moving || recorded));
        }
    }
}
