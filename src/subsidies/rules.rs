//! What the Subsidy Control Act asks of each route.

use super::model::{Principle, Route, RouteBody, RouteState};
use crate::law::subsidy::{Assistance, MfaCheck, mfa_check};
use crate::values::{Account, Id, LocalDate, Pence, RefusalInfo, so_many_are};
use std::collections::BTreeMap;

/// Why a route cannot be recorded or used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteRefusal {
    /// The step belongs to another kind of route, or comes too late.
    NotNow,
    /// The total would pass the cap.
    OverCap {
        /// How it stands.
        check: Box<MfaCheck>,
    },
    /// The loan is not below the market, so there is nothing to count.
    NoSubsidy,
    /// Not every principle is answered.
    Unanswered {
        /// How many are left.
        left: usize,
    },
    /// The one who wrote an assessment cannot sign it.
    SamePerson,
    /// Who declared a conflict of interest with the call's applicants decides nothing about them.
    Conflicted,
    /// No agreement is signed, so nothing was given.
    NotAgreed,
    /// An offer or an agreement rests on the route, so it stays.
    RestedOn,
    /// No offer can come of the application any more.
    NoOffer,
}

/// What rests on a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rests {
    /// Nothing yet.
    Nothing,
    /// An offer that waits for its answer, or was accepted and is not signed yet.
    Offer,
    /// An agreement: from that day on the enterprise has a right to the money.
    Agreement {
        /// The day it was signed.
        signed_on: LocalDate,
    },
}

impl RefusalInfo for RouteRefusal {
    fn code(&self) -> &'static str {
        match self {
            RouteRefusal::NotNow => "subsidies/not-now",
            RouteRefusal::OverCap { .. } => "subsidies/mfa-over-cap",
            RouteRefusal::NoSubsidy => "subsidies/no-subsidy",
            RouteRefusal::Unanswered { .. } => "subsidies/principles-unanswered",
            RouteRefusal::SamePerson => "subsidies/same-person",
            RouteRefusal::Conflicted => "subsidies/conflicted",
            RouteRefusal::NotAgreed => "subsidies/not-agreed",
            RouteRefusal::RestedOn => "subsidies/rested-on",
            RouteRefusal::NoOffer => "subsidies/no-offer",
        }
    }
    fn sentence(&self) -> String {
        match self {
            RouteRefusal::NotNow => {
                "This route is already complete, withdrawn or of another kind. Look at it again.".to_owned()
            }
            RouteRefusal::OverCap { check } => format!(
                "The group has had {} since {}. With {} more it would pass the cap of {} by {}. Give at most {} this way, \
                 or choose another route.",
                check.used,
                crate::values::time::medium_date(check.window_from),
                check.new,
                check.cap,
                check.excess,
                check.allowed
            ),
            RouteRefusal::NoSubsidy => {
                "These terms are no cheaper than the market’s, so they hold no subsidy. Record them as market terms."
                    .to_owned()
            }
            RouteRefusal::Unanswered { left } => {
                format!("Answer all seven principles before the assessment is signed; {} left.", so_many_are(*left))
            }
            RouteRefusal::SamePerson => {
                "You wrote this assessment. Ask a committee member who did not write it to sign it.".to_owned()
            }
            RouteRefusal::Conflicted => {
                "You declared a conflict of interest with somebody who applied here. Another person must do this.".to_owned()
            }
            RouteRefusal::NotAgreed => {
                "Nothing was given yet: no agreement is signed. Signing it records that the subsidy was given.".to_owned()
            }
            RouteRefusal::RestedOn => {
                "An offer or an agreement rests on this route, so it stays. An offer that is declined or lapses frees it; an \
                 investment of which nothing was paid can be cancelled."
                    .to_owned()
            }
            RouteRefusal::NoOffer => {
                "This application can be offered nothing any more: it was not sent, was withdrawn or fell away, or its call \
                 was withdrawn. So no subsidy is recorded for it."
                    .to_owned()
            }
        }
    }
    fn reference(&self) -> Option<&'static str> {
        match self {
            RouteRefusal::NotNow
            | RouteRefusal::NoSubsidy
            | RouteRefusal::RestedOn
            | RouteRefusal::NoOffer
            | RouteRefusal::Conflicted => None,
            RouteRefusal::NotAgreed => Some("Subsidy Control Act 2022 s.37"),
            RouteRefusal::OverCap { .. } => Some("Subsidy Control Act 2022 s.36"),
            RouteRefusal::Unanswered { .. } | RouteRefusal::SamePerson => {
                Some("Subsidy Control Act 2022 s.12 and Schedule 1")
            }
        }
    }
}

/// The key a group is counted under: its name folded to lower case with single spaces.
#[must_use]
pub fn group_key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether the enterprise's written confirmation may be taken: the route waits for it and the total fits the cap.
///
/// # Errors
/// [`RouteRefusal::NotNow`], [`RouteRefusal::OverCap`], or what the law's table does not know.
pub fn may_confirm(route: &Route, received: &[Assistance], today: LocalDate) -> Result<MfaCheck, crate::error::Error> {
    let RouteBody::Mfa { confirmation: None, .. } = &route.body.0 else { return Err(RouteRefusal::NotNow.into()) };
    if route.state != RouteState::Open {
        return Err(RouteRefusal::NotNow.into());
    }
    let check = mfa_check(received, route.amount, today)?;
    if check.fits { Ok(check) } else { Err(RouteRefusal::OverCap { check: Box::new(check) }.into()) }
}

/// Whether an assessment may be signed by this person.
///
/// # Errors
/// [`RouteRefusal::NotNow`], [`RouteRefusal::Unanswered`], [`RouteRefusal::SamePerson`].
pub fn may_sign(route: &Route, signer: Id<Account>) -> Result<(), RouteRefusal> {
    let RouteBody::Principles { answers, signed_by: None, .. } = &route.body.0 else {
        return Err(RouteRefusal::NotNow);
    };
    if route.state != RouteState::Open {
        return Err(RouteRefusal::NotNow);
    }
    if route.started_by == signer {
        return Err(RouteRefusal::SamePerson);
    }
    all_answered(answers)
}

/// The day on which somebody may record by hand that a subsidy was given, where signing did not, because the route was
/// complete only afterwards.
///
/// # Errors
/// [`RouteRefusal::NotNow`] for a route that is not complete, given already, cancelled or without a subsidy;
/// [`RouteRefusal::NotAgreed`] before the agreement is signed.
pub fn may_give(route: &Route, cancelled: bool, rests: Rests) -> Result<LocalDate, RouteRefusal> {
    if route.state != RouteState::Recorded || cancelled || !route.kind.holds_subsidy() {
        return Err(RouteRefusal::NotNow);
    }
    let Rests::Agreement { signed_on } = rests else { return Err(RouteRefusal::NotAgreed) };
    Ok(route.recorded_at.map_or(signed_on, |at| at.date().max(signed_on)))
}

/// Whether a route may be withdrawn, so that another can be recorded. What was cancelled stays on the record.
///
/// # Errors
/// [`RouteRefusal::NotNow`] for one that was given, withdrawn or cancelled; [`RouteRefusal::RestedOn`].
pub fn may_withdraw(route: &Route, cancelled: bool, rests: Rests) -> Result<(), RouteRefusal> {
    if cancelled || !matches!(route.state, RouteState::Open | RouteState::Recorded) {
        return Err(RouteRefusal::NotNow);
    }
    if rests == Rests::Nothing { Ok(()) } else { Err(RouteRefusal::RestedOn) }
}

/// Whether each of the seven principles has an answer.
///
/// # Errors
/// [`RouteRefusal::Unanswered`].
pub fn all_answered(answers: &BTreeMap<String, String>) -> Result<(), RouteRefusal> {
    let left =
        Principle::ALL.iter().filter(|p| answers.get(p.as_str()).is_none_or(|text| text.trim().is_empty())).count();
    if left == 0 { Ok(()) } else { Err(RouteRefusal::Unanswered { left }) }
}

/// The part of a total that a person is shown as a share of the cap.
#[must_use]
pub fn room(cap: Pence, used: Pence) -> Pence {
    Pence(cap.0.saturating_sub(used.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Json;
    use crate::law::subsidy::AssistanceKind;
    use crate::subsidies::model::RouteKind;
    use crate::values::Instant;
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn route(amount: i64) -> Route {
        let now: Instant = "2026-11-24T10:00:00Z".parse().unwrap();
        Route {
            id: Id::new(),
            authority_id: Id::new(),
            application_id: Id::<()>::new().to_string(),
            organisation_id: Id::new(),
            group_key: "g".into(),
            group_name: "G".into(),
            kind: RouteKind::Mfa,
            state: RouteState::Open,
            amount: Pence(amount),
            body: Json(RouteBody::Mfa {
                basis: "grant".into(),
                market: None,
                discount: None,
                notified_at: now,
                confirmation: None,
                given_on: None,
            }),
            started_at: now,
            started_by: Id::new(),
            recorded_at: None,
            recorded_by: None,
            withdrawn_why: None,
        }
    }

    fn had(amount: i64) -> Assistance {
        Assistance { given: parse_date("2025-06-01").unwrap(), amount: Pence(amount), kind: AssistanceKind::Spei }
    }

    #[test]
    fn a_group_name_is_one_group_however_it_is_spaced() {
        assert_eq!(group_key("  Harvest   Lane Group "), group_key("harvest lane GROUP"));
    }

    #[test]
    fn six_answers_and_a_blank_do_not_make_an_assessment() {
        let mut answers: BTreeMap<String, String> =
            Principle::ALL.iter().map(|p| (p.as_str().to_owned(), "Because.".to_owned())).collect();
        assert_eq!(all_answered(&answers), Ok(()));
        answers.insert("d".into(), "  ".into());
        assert_eq!(all_answered(&answers), Err(RouteRefusal::Unanswered { left: 1 }));
    }

    #[test]
    fn a_route_is_given_on_the_later_of_signing_and_completion_and_withdrawn_while_nothing_rests_on_it() {
        let day = |text: &str| parse_date(text).unwrap();
        let signed = |text: &str| Rests::Agreement { signed_on: day(text) };
        let at = |text: &str| Some(text.parse::<Instant>().unwrap());
        let recorded = Route { state: RouteState::Recorded, recorded_at: at("2026-04-02T10:00:00Z"), ..route(1) };
        assert_eq!(may_give(&recorded, false, signed("2026-03-30")), Ok(day("2026-04-02")));
        assert_eq!(may_give(&recorded, false, signed("2026-04-09")), Ok(day("2026-04-09")));
        assert_eq!(may_give(&recorded, false, Rests::Offer), Err(RouteRefusal::NotAgreed));
        assert_eq!(may_give(&recorded, true, signed("2026-04-09")), Err(RouteRefusal::NotNow));
        let market = Route { kind: RouteKind::MarketTerms, ..recorded.clone() };
        assert_eq!(may_give(&market, false, signed("2026-04-09")), Err(RouteRefusal::NotNow));
        for state in [RouteState::Open, RouteState::Given, RouteState::Withdrawn] {
            let route = Route { state, ..recorded.clone() };
            assert_eq!(may_give(&route, false, signed("2026-04-09")), Err(RouteRefusal::NotNow));
            let kept = if state == RouteState::Open { Ok(()) } else { Err(RouteRefusal::NotNow) };
            assert_eq!(may_withdraw(&route, false, Rests::Nothing), kept);
        }
        assert_eq!(may_withdraw(&recorded, false, Rests::Nothing), Ok(()));
        assert_eq!(may_withdraw(&recorded, true, Rests::Nothing), Err(RouteRefusal::NotNow));
        for rests in [Rests::Offer, signed("2026-04-09")] {
            assert_eq!(may_withdraw(&recorded, false, rests), Err(RouteRefusal::RestedOn));
        }
    }

    proptest! {
        #[test]
        fn exactly_the_cap_is_confirmed_and_a_penny_more_is_refused(used in 1_i64..31_500_000) {
            let today = parse_date("2026-11-24").unwrap();
            let rest = 31_500_000 - used;
            prop_assume!(rest > 0);
            prop_assert!(may_confirm(&route(rest), &[had(used)], today).is_ok());
            prop_assert!(may_confirm(&route(rest + 1), &[had(used)], today).is_err());
        }
    }
}
