//! A running loan on new terms from a day on.
//!
//! What fell due by that day stays as it was; what is owed then is carried over, with what was overdue and is added and
//! without what is given up, and replayed on the new terms. Several changes follow each other.

use super::Agreed;
use super::facts::{Facts, Happened};
use super::loan::add;
use crate::finance::explain::{Line, loans};
use crate::finance::loan::{
    Event, Facility, Fee, FeeCharge, LoanRefusal, LoanRow, Pause, Plan, Price, Scope, What, replay,
};
use crate::finance::refusal::{FinanceRefusal, times, total};
use crate::finance::schedule::{CapitalisedRounding, HolidayKind, HolidayTerm, Nature, Row, Schedule, Tranche};
use crate::values::decimals::shown_percent;
use crate::values::time::medium_date;
use crate::values::{LocalDate, Pence, Rate, counted};
use chrono::Months;
use serde::{Deserialize, Serialize};

/// A holiday that begins with the next due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewHoliday {
    /// How many due dates.
    pub periods: u32,
    /// What becomes of interest.
    pub interest: HolidayKind,
}

/// New terms of a running loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTerms {
    /// Due dates from then on, those of a holiday counted.
    pub instalments: u32,
    /// The first of them; left out, as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_due: Option<LocalDate>,
    /// The new yearly rate; left out, as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// A holiday from capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<NewHoliday>,
    /// Overdue capital that is paid with the payments to come.
    pub capital_added: Pence,
    /// Overdue interest that is added to the loan.
    pub interest_added: Pence,
    /// Overdue interest that is given up.
    pub interest_given_up: Pence,
    /// The part of the loan that is given up.
    pub written_off: Pence,
}

impl NewTerms {
    /// It in a line: "24 payments from then on, at 3.00% a year, £500 that was overdue goes into them".
    #[must_use]
    pub fn words(&self) -> String {
        let mut parts = vec![format!("{} from then on", counted(self.instalments, "payments"))];
        if let Some(first) = self.first_due {
            parts.push(format!("the first on {}", medium_date(first)));
        }
        if let Some(rate) = self.rate {
            parts.push(format!("interest at {} a year", shown_percent(rate.get(), 2)));
        }
        if let Some(holiday) = self.holiday {
            let interest = match holiday.interest {
                HolidayKind::InterestOnly => "only interest is paid",
                HolidayKind::InterestFree => "nothing is paid and no interest is charged",
                HolidayKind::CapitalisedSimple | HolidayKind::CapitalisedCompounding => {
                    "nothing is paid and interest is added to the loan"
                }
                HolidayKind::Deferred => "nothing is paid and interest is paid afterwards",
            };
            parts.push(match holiday.periods {
                1 => format!("with the first {interest}"),
                n => format!("with the first {n} {interest}"),
            });
        }
        let added = self.capital_added + self.interest_added;
        if !added.is_zero() {
            parts.push(format!("{added} that was overdue is paid with them"));
        }
        if !self.interest_given_up.is_zero() {
            parts.push(format!("{} of overdue interest is given up", self.interest_given_up));
        }
        if !self.written_off.is_zero() {
            parts.push(format!("{} of the loan is given up", self.written_off));
        }
        parts.join("; ")
    }
}

/// A loan between two changes.
struct Stage {
    facility: Facility,
    events: Vec<Event>,
    /// Taken over from the stage before, on its first day.
    carried: Pence,
    /// What was overdue and is added.
    added: Pence,
    /// The days of the changes that began it, and their words.
    changes: Vec<(LocalDate, NewTerms)>,
    rows: Vec<LoanRow>,
}

impl Stage {
    fn of(facility: Facility) -> Stage {
        let (events, changes, rows) = (Vec::new(), Vec::new(), Vec::new());
        Stage { facility, events, carried: Pence::ZERO, added: Pence::ZERO, changes, rows }
    }

    /// The rows; what was carried over and added, which the replay takes for drawings, in their own places.
    fn play(&mut self) -> Agreed<()> {
        self.rows = replay(&self.facility, &self.events)?.loans.into_iter().flatten().collect();
        if let Some(first) = self.rows.first_mut() {
            first.opening = total([first.opening, self.carried])?;
            first.drawn = total([first.drawn, -self.carried, -self.added])?;
            first.arrears_added = total([first.arrears_added, self.added])?;
        }
        Ok(())
    }

    /// What was owed of the loan itself before one of its changes.
    fn owed_before(&self, place: usize, on: LocalDate) -> Agreed<Pence> {
        let added = |(_, new): &(LocalDate, NewTerms)| new.capital_added + new.interest_added;
        let given_up = |(_, new): &(LocalDate, NewTerms)| new.written_off;
        let drawn = total(self.facility.draws.iter().filter(|d| d.on <= on).map(|d| d.amount))?;
        let all_added = total(self.changes.iter().filter(|(day, _)| *day <= on).map(added))?;
        let added_before = total(self.changes.iter().take(place).map(added))?;
        let gone = total(self.changes.iter().take(place).map(given_up))?;
        Ok(total([drawn, -all_added, added_before, -gone])?)
    }

    fn changed(&self) -> Pence {
        self.added - self.changes.iter().map(|(_, new)| new.written_off).sum::<Pence>()
    }
}

/// What is left of the holidays agreed before, after so many due dates; they take the place of payments.
fn left_of(pauses: &[Pause], passed: u32) -> Vec<Pause> {
    pauses
        .iter()
        .filter_map(|p| {
            let end = p.first.saturating_add(p.periods);
            let first = p.first.max(passed.saturating_add(1));
            let periods = end.checked_sub(first).filter(|left| *left > 0)?;
            Some(Pause { first: first - passed, periods, term: HolidayTerm::Squeezes, ..*p })
        })
        .collect()
}

/// Fees from a day on; those on a drawing are fixed to the drawings still to come.
fn fees_from(facility: &Facility, from: LocalDate) -> Agreed<Vec<Fee>> {
    let mut fees = Vec::new();
    for fee in &facility.fees {
        match fee.charge {
            FeeCharge::OnDrawing { share } => {
                for draw in facility.draws.iter().filter(|d| d.on >= from) {
                    let amount = times(draw.amount, share.get())?;
                    fees.push(Fee { charge: FeeCharge::Once { on: draw.on, amount }, ..fee.clone() });
                }
            }
            _ => fees.push(fee.clone()),
        }
    }
    Ok(fees)
}

/// Whether the terms let a change be worked out.
fn can_change(facility: &Facility, on: LocalDate) -> Agreed<()> {
    let no = |why| Err(FinanceRefusal::Contradiction(why).into());
    if facility.scope == Scope::EachTranche && facility.draws.len() > 1 {
        return no("Each tranche of this loan is a loan of its own. Agree new loans instead of a change.");
    }
    let undrawn = |f: &Fee| matches!(f.charge, FeeCharge::Undrawn { until, .. } if until > on);
    if facility.fees.iter().any(undrawn) {
        return no("A fee runs on what is not drawn yet. Change the loan after the last day to draw.");
    }
    Ok(())
}

fn stages(drawn: Facility, facts: &Facts<'_>) -> Agreed<Vec<Stage>> {
    let mut past = Vec::new();
    let mut current = Stage::of(drawn);
    current.play()?;
    for fact in facts.happened {
        let Happened::Restructured(new) = fact.what else { continue };
        can_change(&current.facility, fact.on)?;
        let kept = current.rows.iter().take_while(|r| r.due <= fact.on).count();
        if let Some(last) = kept.checked_sub(1).and_then(|k| current.rows.get(k)).cloned() {
            let next = after(&current, kept, &last, fact.on)?;
            current.rows.truncate(kept);
            past.push(std::mem::replace(&mut current, next));
        }
        change(&mut current, fact.on, new)?;
    }
    past.push(current);
    Ok(past)
}

/// The loan as it goes on after so many rows, before anything is changed.
fn after(before: &Stage, kept: usize, last: &LoanRow, on: LocalDate) -> Agreed<Stage> {
    if last.interest_owed > Pence::ZERO {
        return Err(FinanceRefusal::Contradiction(
            "Interest is put off by a holiday now. Change the loan once it has fallen due.",
        )
        .into());
    }
    let old = &before.facility;
    let ended = before.rows.len() == kept;
    let begin = if ended { on } else { last.due };
    let mut facility = old.clone();
    facility.fees = fees_from(old, begin)?;
    facility.draws.retain(|d| d.on >= begin);
    if !last.closing.is_zero() {
        facility.draws.insert(0, Tranche { on: begin, amount: last.closing });
    }
    facility.pauses = left_of(&old.pauses, u32::try_from(kept).unwrap_or(u32::MAX));
    facility.first_due = before.rows.get(kept).map(|r| r.due);
    facility.scope = Scope::Facility;
    let repriced = before.events.iter().rev().find_map(|e| match e.what {
        What::Repriced { rate } => Some(rate),
        _ => None,
    });
    if let Some(rate) = repriced {
        facility.price = Price::Fixed { rate };
    }
    let mut next = Stage::of(facility);
    next.carried = last.closing;
    Ok(next)
}

/// The new terms, from a day inside the first period of a stage on.
fn change(stage: &mut Stage, on: LocalDate, new: NewTerms) -> Agreed<()> {
    let facility = &mut stage.facility;
    let added = total([new.capital_added, new.interest_added])?;
    if added > Pence::ZERO {
        facility.draws.push(Tranche { on, amount: added });
    }
    if facility.draws.is_empty() {
        return Err(LoanRefusal::NotRunning(on).into());
    }
    let first = match new.first_due.or(facility.first_due).or_else(|| stage.rows.first().map(|r| r.due)) {
        Some(first) => first,
        None => on.checked_add_months(Months::new(facility.period_months)).ok_or(FinanceRefusal::TooLarge)?,
    };
    if first <= on {
        return Err(LoanRefusal::DueTooSoon(on).into());
    }
    facility.first_due = Some(first);
    facility.instalments = new.instalments;
    // Principal that was agreed one by one was agreed for the old dates.
    if matches!(facility.plan, Plan::Custom { .. }) {
        facility.plan = Plan::EqualPrincipal;
    }
    match new.holiday {
        Some(NewHoliday { periods, interest }) => {
            let rounding = CapitalisedRounding::EachRow;
            facility.pauses = vec![Pause { first: 1, periods, kind: interest, term: HolidayTerm::Squeezes, rounding }];
        }
        None => facility.pauses = left_of(&facility.pauses, 0),
    }
    if let Some(rate) = new.rate {
        stage.events.push(Event { on, tranche: 0, what: What::Repriced { rate } });
    }
    if new.written_off > Pence::ZERO {
        let what = What::WrittenOff { principal: new.written_off, interest: Pence::ZERO };
        stage.events.push(Event { on, tranche: 0, what });
    }
    stage.added = total([stage.added, added])?;
    stage.changes.push((on, new));
    stage.play()
}

pub(super) fn schedule(drawn: Facility, facts: &Facts<'_>) -> Agreed<Schedule> {
    let mut rows: Vec<Row> = Vec::new();
    for stage in stages(drawn, facts)? {
        for (place, from) in stage.rows.iter().enumerate() {
            let mut row = Row::blank(u32::try_from(rows.len() + 1).unwrap_or(u32::MAX), from.due, Nature::Instalment);
            add(&mut row, from)?;
            if place == 0 {
                // What was overdue was owed before: adding it is no interest of this row.
                row.interest = row.interest - stage.added;
                row.capitalised = row.capitalised - stage.added;
                row.changed = stage.changed();
            }
            rows.push(row);
        }
    }
    Ok(Schedule::of(rows, None)?)
}

/// Every row with the changes between them.
pub(super) fn working(drawn: Facility, facts: &Facts<'_>) -> Agreed<Vec<Line>> {
    let mut lines = Vec::new();
    let mut passed = 0;
    for mut stage in stages(drawn, facts)? {
        for (place, (on, new)) in stage.changes.iter().enumerate() {
            let before = stage.owed_before(place, *on)?;
            let owed = [before, new.capital_added, new.interest_added, -new.written_off];
            lines.push(Line::new(
                format!("Changed on {}: {}", medium_date(*on), new.words()),
                format!(
                    "owed {} + overdue capital {} + overdue interest {} − given up {}",
                    owed[0], owed[1], owed[2], new.written_off
                ),
                total(owed)?.to_string(),
            ));
        }
        for row in &mut stage.rows {
            passed += 1;
            row.number = passed;
        }
        lines.extend(loans::rows(&stage.rows, ""));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::DayCount;
    use crate::finance::InstrumentTerms;
    use crate::finance::loan::Accrual;
    use crate::finance::terms::{Fact, TermsRefusal};
    use crate::values::time::parse_date;
    use proptest::prelude::*;

    fn date(text: &str) -> LocalDate {
        parse_date(text).unwrap()
    }

    fn facility(pence: i64, yearly: &str, instalments: u32, plan: Plan) -> Facility {
        Facility {
            draws: vec![Tranche { on: date("2026-01-10"), amount: Pence(pence) }],
            price: Price::Fixed { rate: yearly.parse().unwrap() },
            accrual: Accrual::Days(DayCount::Act365F),
            plan,
            instalments,
            period_months: 1,
            first_due: None,
            month_end: crate::finance::business_days::MonthEnd::default(),
            convention: crate::finance::business_days::Convention::default(),
            calendar: None,
            pauses: Vec::new(),
            scope: Scope::Facility,
            fees: Vec::new(),
        }
    }

    fn unchanged(instalments: u32) -> NewTerms {
        NewTerms {
            instalments,
            first_due: None,
            rate: None,
            holiday: None,
            capital_added: Pence::ZERO,
            interest_added: Pence::ZERO,
            interest_given_up: Pence::ZERO,
            written_off: Pence::ZERO,
        }
    }

    fn rows(facility: &Facility, changes: &[(LocalDate, NewTerms)]) -> Agreed<Vec<Row>> {
        let happened: Vec<Fact> = changes
            .iter()
            .map(|(on, new)| Fact { on: *on, known_on: *on, what: Happened::Restructured(*new) })
            .collect();
        let facts = Facts { draws: &facility.draws, happened: &happened, today: date("2026-01-10") };
        Ok(InstrumentTerms::Loan(facility.clone()).schedule(&facts)?.rows)
    }

    #[test]
    fn the_same_terms_again_give_the_same_rows() {
        for plan in [Plan::EqualPrincipal, Plan::Bullet, Plan::Balloon { amount: Pence(200_000) }] {
            let loan = facility(1_200_000, "0.06", 12, plan);
            let agreed = rows(&loan, &[]).unwrap();
            assert_eq!(rows(&loan, &[(date("2026-01-20"), unchanged(12))]).unwrap(), agreed, "before any payment");
            let again = rows(&loan, &[(date("2026-05-10"), unchanged(8))]).unwrap();
            assert_eq!(
                again.iter().map(|r| r.due).collect::<Vec<_>>(),
                agreed.iter().map(|r| r.due).collect::<Vec<_>>()
            );
            // A level payment that is worked out anew may differ by the pennies of its rounding.
            for (new, old) in again.iter().zip(&agreed) {
                assert!((new.payment - old.payment).0.abs() <= 10, "{new:?} {old:?}");
            }
        }
    }

    #[test]
    fn what_the_terms_cannot_say_is_refused() {
        let loan = facility(1_200_000, "0.06", 12, Plan::EqualPrincipal);
        let refused = |loan: &Facility, on: &str, new| rows(loan, &[(date(on), new)]).unwrap_err();
        let late = NewTerms { first_due: Some(date("2026-05-01")), ..unchanged(3) };
        assert_eq!(refused(&loan, "2026-05-01", late), TermsRefusal::Loan(LoanRefusal::DueTooSoon(date("2026-05-01"))));
        let ended = refused(&loan, "2027-03-01", unchanged(3));
        assert_eq!(ended, TermsRefusal::Loan(LoanRefusal::NotRunning(date("2027-03-01"))));
        let holiday = Some(NewHoliday { periods: 3, interest: HolidayKind::InterestOnly });
        assert!(rows(&loan, &[(date("2026-05-01"), NewTerms { holiday, ..unchanged(3) })]).is_err());
        let undrawn = FeeCharge::Undrawn {
            commitment: Pence(2_000_000),
            rate: "0.01".parse().unwrap(),
            until: date("2026-12-31"),
        };
        let fees = vec![Fee { name: "Commitment".into(), charge: undrawn, financed: false }];
        let open = Facility { fees, ..loan.clone() };
        assert!(matches!(refused(&open, "2026-05-01", unchanged(3)), TermsRefusal::Finance(_)));
        let (first, second) = (loan.draws[0], Tranche { on: date("2026-03-01"), amount: Pence(5) });
        let each = Facility { draws: vec![first, second], scope: Scope::EachTranche, ..loan };
        assert!(matches!(refused(&each, "2026-05-01", unchanged(3)), TermsRefusal::Finance(_)));
    }

    #[test]
    fn holidays_and_fees_agreed_before_go_on_and_a_new_holiday_takes_their_place() {
        let rounding = CapitalisedRounding::EachRow;
        let pause =
            Pause { first: 1, periods: 6, kind: HolidayKind::InterestOnly, term: HolidayTerm::Squeezes, rounding };
        let charge = FeeCharge::OnDrawing { share: "0.01".parse().unwrap() };
        let fees = vec![
            Fee { name: "Arrangement".into(), charge, financed: false },
            Fee { name: "Service".into(), charge: FeeCharge::EachInstalment { amount: Pence(500) }, financed: false },
        ];
        let loan = Facility { pauses: vec![pause], fees, ..facility(1_200_000, "0.06", 12, Plan::EqualPrincipal) };
        let kept =
            rows(&loan, &[(date("2026-04-20"), NewTerms { capital_added: Pence(100), ..unchanged(9) })]).unwrap();
        let capital: Vec<i64> = kept.iter().map(|r| r.principal.0).collect();
        assert_eq!(capital[..6], [0; 6], "three due dates of the holiday are left");
        assert!(capital[6] > 0 && kept.len() == 12);
        assert!(kept.iter().skip(3).all(|r| r.fee == Pence(500)), "what is carried over is no drawing");
        let holiday = Some(NewHoliday { periods: 1, interest: HolidayKind::CapitalisedCompounding });
        let shorter = rows(&loan, &[(date("2026-04-20"), NewTerms { holiday, ..unchanged(9) })]).unwrap();
        assert!(shorter[3].capitalised > Pence::ZERO && shorter[4].principal > Pence::ZERO);
    }

    fn any_change() -> impl Strategy<Value = (i64, NewTerms)> {
        let kinds = prop_oneof![
            Just(HolidayKind::InterestOnly),
            Just(HolidayKind::CapitalisedCompounding),
            Just(HolidayKind::CapitalisedSimple),
            Just(HolidayKind::InterestFree),
        ];
        let holiday = prop::option::of((1_u32..4, kinds));
        (1_i64..500, 1_u32..30, prop::option::of(0_i64..1_500), holiday, 0_i64..50_000, 0_i64..5_000, 0_i64..80_000)
            .prop_map(|(days, instalments, rate, holiday, capital, interest, written_off)| {
                let rate = rate.map(|r| Rate::new(rust_decimal::Decimal::new(r, 4)).unwrap());
                let holiday = holiday.map(|(periods, interest)| NewHoliday { periods, interest });
                let (capital_added, interest_added) = (Pence(capital), Pence(interest));
                let written_off = Pence(written_off);
                (days, NewTerms { rate, holiday, capital_added, interest_added, written_off, ..unchanged(instalments) })
            })
    }

    proptest! {
        #[test]
        fn however_often_it_is_changed_rows_follow_from_each_other_and_what_fell_due_stays(
            pence in 100_000_i64..5_000_000, instalments in 1_u32..36, annuity in any::<bool>(),
            mut changes in prop::collection::vec(any_change(), 1..4),
        ) {
            changes.sort_by_key(|(days, _)| *days);
            let plan = if annuity { Plan::Annuity } else { Plan::EqualPrincipal };
            let loan = facility(pence, "0.07", instalments, plan);
            let begin = date("2026-01-10");
            let changes: Vec<(LocalDate, NewTerms)> =
                changes.into_iter().map(|(days, new)| (begin + chrono::TimeDelta::days(days), new)).collect();
            let mut before = rows(&loan, &[]).unwrap();
            for so_far in 1..=changes.len() {
                let on = changes[so_far - 1].0;
                let Ok(found) = rows(&loan, &changes[..so_far]) else { return Ok(()) };
                let kept = before.iter().take_while(|r| r.due <= on).count();
                prop_assert_eq!(&found[..kept], &before[..kept]);
                let mut owed = Pence::ZERO;
                for (row, number) in found.iter().zip(1_u32..) {
                    prop_assert_eq!((row.number, row.opening), (number, owed));
                    prop_assert_eq!(row.closing, row.opening + row.drawn + row.capitalised + row.changed - row.principal);
                    prop_assert_eq!(row.payment, row.interest - row.capitalised + row.principal + row.fee);
                    prop_assert!(row.principal >= Pence::ZERO && row.interest >= row.capitalised && row.drawn >= Pence::ZERO);
                    owed = row.closing;
                }
                prop_assert_eq!(owed, Pence::ZERO);
                prop_assert!(found.windows(2).all(|w| w[0].due < w[1].due));
                let changed: Pence = changes[..so_far].iter()
                    .map(|(_, new)| new.capital_added + new.interest_added - new.written_off).sum();
                prop_assert_eq!(found.iter().map(|r| r.changed).sum::<Pence>(), changed);
                before = found;
            }
        }
    }
}
