//! Camden's four missions for practice. The statements are the council's own published aims; every indicator,
//! figure and partner is made up, and each source says so.

use super::inputs::{IndicatorInput, MissionInput, OutcomeInput, PartnerInput, ReadingInput};
use super::model::{Indicator, Mission, Trend};
use super::{actions, rules};
use crate::app::App;
use crate::error::{Error, Result};
use crate::values::{Actor, Id, Instant, LocalDate, Quantity, round_half_up};
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::{Decimal, dec};

struct Measure {
    outcome: &'static str,
    title: &'static str,
    unit: &'static str,
    baseline: Decimal,
    target: Decimal,
    places: u32,
    /// How fast it moves, as a part of the straight line; 1 is on it.
    pace: Decimal,
    source: &'static str,
}

struct Plan {
    title: &'static str,
    slug: &'static str,
    statement: &'static str,
    summary: &'static str,
    answerable: &'static str,
    from: i32,
    until: i32,
    measures: &'static [Measure],
    partners: &'static [(&'static str, &'static str)],
}

const PLANS: [Plan; 4] = [
    Plan {
        title: "Diversity",
        slug: "diversity",
        statement: "By 2030, those holding positions of power in Camden are as diverse as our community, and the next generation is ready to follow.",
        summary: "The council opens its own boards, buys leadership placements and asks those it pays to open theirs. Who sits at the table is counted every year.",
        answerable: "Director of Equalities",
        from: 2022,
        until: 2030,
        measures: &[
            Measure {
                outcome: "People in positions of power reflect the borough",
                title: "of board seats in partner organisations held by people from Black, Asian and other ethnic groups",
                unit: "%",
                baseline: dec!(15),
                target: dec!(32),
                places: 1,
                pace: dec!(1.01),
                source: "Made up for practice: yearly count of board seats",
            },
            Measure {
                outcome: "The next generation is ready to follow",
                title: "young residents finished a paid leadership placement since 2022",
                unit: "people",
                baseline: dec!(0),
                target: dec!(400),
                places: 0,
                pace: dec!(0.84),
                source: "Made up for practice: placement register",
            },
        ],
        partners: &[
            ("Fitzroy Trustees’ Network (made up)", "Advertises every vacant seat openly and reports who was chosen"),
            ("Canalside Leadership College (made up)", "Trains 40 new board members a year without a fee"),
        ],
    },
    Plan {
        title: "Youth",
        slug: "youth",
        statement: "By 2025, every young person has access to economic opportunity that enables them to be safe and secure.",
        summary: "The council asks for paid placements and apprenticeships in what it buys, and lends to enterprises that employ young people.",
        answerable: "Director of Children and Learning",
        from: 2021,
        until: 2025,
        measures: &[Measure {
            outcome: "Every young person is in education, work or training",
            title: "of people aged 16 and 17 in education, work or training",
            unit: "%",
            baseline: dec!(91.0),
            target: dec!(94.6),
            places: 1,
            pace: dec!(0.72),
            source: "Made up for practice: yearly participation count",
        }],
        partners: &[("Three Rivers Schools Trust (made up)", "Tells every leaver of every placement by name")],
    },
    Plan {
        title: "Food",
        slug: "food",
        statement: "By 2030, everyone eats well every day with nutritious, affordable, sustainable food.",
        summary: "The council buys meals, kitchens and growing space, and lends to food enterprises, on one condition in common: residents who have least eat well first.",
        answerable: "Director of Public Health",
        from: 2022,
        until: 2030,
        measures: &[
            Measure {
                outcome: "Nobody goes without a meal because of its cost",
                title: "of adults went without a meal because of its cost in the last 12 months",
                unit: "%",
                baseline: dec!(19),
                target: dec!(2),
                places: 1,
                pace: dec!(0.87),
                source: "Made up for practice: residents’ survey",
            },
            Measure {
                outcome: "Food is grown and cooked sustainably",
                title: "meals a week from sustainable produce in community kitchens",
                unit: "meals",
                baseline: dec!(1200),
                target: dec!(12000),
                places: 0,
                pace: dec!(1.08),
                source: "Made up for practice: kitchens’ weekly counts",
            },
        ],
        partners: &[
            ("Northside Primary Care Network (made up)", "Asks every patient about food and refers to a kitchen"),
            ("Camden Growing Alliance (made up)", "Opens 12 growing spaces to neighbours"),
            ("Residents’ Food Assembly (made up)", "24 people drawn by lot judge each year’s plan"),
        ],
    },
    Plan {
        title: "Estates and neighbourhoods",
        slug: "estates",
        statement: "By 2030, Camden’s estates and their neighbourhoods are healthy, sustainable and unlock creativity.",
        summary: "The council retrofits its homes with crews that train on the job, and lets workspace on its estates to neighbourhood enterprises.",
        answerable: "Director of Housing",
        from: 2022,
        until: 2030,
        measures: &[Measure {
            outcome: "Homes are warm and cheap to heat",
            title: "council homes brought to energy band C or better since 2022",
            unit: "homes",
            baseline: dec!(0),
            target: dec!(8000),
            places: 0,
            pace: dec!(1.2),
            source: "Made up for practice: energy certificates",
        }],
        partners: &[("Regent’s Tenants’ Forum (made up)", "Chooses with residents which blocks come first")],
    },
];

/// The figures go a little up and down around their pace, the same way on every machine.
const WOBBLE: [Decimal; 5] = [dec!(0.96), dec!(1.03), dec!(0.98), dec!(1.02), dec!(1)];

fn last_of_year(year: i32) -> Result<LocalDate> {
    NaiveDate::from_ymd_opt(year, 12, 31).ok_or_else(|| Error::internal("no such year"))
}

fn end_of_march(year: i32) -> Result<LocalDate> {
    NaiveDate::from_ymd_opt(year, 3, 31).ok_or_else(|| Error::internal("no such year"))
}

/// The dates on which a measure was read: each 31 March from its start, and some weeks before today.
fn dates(from: i32, today: LocalDate) -> Result<Vec<LocalDate>> {
    let mut dates = Vec::new();
    for year in from..=today.year().max(from) {
        let date = end_of_march(year)?;
        if date <= today {
            dates.push(date);
        }
    }
    let recent = today - Days::new(41);
    if dates.last().is_some_and(|last| *last < recent - Days::new(60)) {
        dates.push(recent);
    }
    Ok(dates)
}

fn figure(measure: &Measure, indicator: &Indicator, place: usize, last: bool, date: LocalDate) -> Decimal {
    let wobble = if last || place == 0 { Decimal::ONE } else { WOBBLE[place % WOBBLE.len()] };
    let moved = (rules::on_line(indicator, date) - measure.baseline) * measure.pace * wobble;
    round_half_up(measure.baseline + moved, measure.places)
}

/// An indicator as the line needs it, before it is stored.
fn sketch(plan: &Plan, measure: &Measure, now: Instant) -> Result<Indicator> {
    let quantity = |d: Decimal| Quantity::new(d).map_err(|e| Error::internal(e.to_string()));
    Ok(Indicator {
        id: Id::new(),
        authority_id: Id::new(),
        mission_id: Id::new(),
        outcome_id: Id::new(),
        title: measure.title.to_owned(),
        unit: measure.unit.to_owned(),
        direction: if measure.target > measure.baseline { Trend::Increase } else { Trend::Decrease },
        baseline: quantity(measure.baseline)?,
        baseline_on: end_of_march(plan.from)?,
        target: quantity(measure.target)?,
        target_on: last_of_year(plan.until)?,
        source: measure.source.to_owned(),
        created_at: now,
    })
}

async fn write(app: &App, actor: &Actor, plan: &Plan, now: Instant) -> Result<Mission> {
    let input = MissionInput {
        title: plan.title.to_owned(),
        slug: plan.slug.to_owned(),
        statement: plan.statement.to_owned(),
        summary: plan.summary.to_owned(),
        answerable: plan.answerable.to_owned(),
        target_on: last_of_year(plan.until)?.to_string(),
        ..MissionInput::default()
    };
    let mission = actions::create(app, actor, &input, now).await?;
    for measure in plan.measures {
        let outcome = OutcomeInput { title: measure.outcome.to_owned() };
        let outcome = actions::add_outcome(app, actor, plan.slug, &outcome, now).await?;
        let sketch = sketch(plan, measure, now)?;
        let input = IndicatorInput {
            outcome: outcome.to_string(),
            title: measure.title.to_owned(),
            unit: measure.unit.to_owned(),
            direction: sketch.direction.to_string(),
            baseline: measure.baseline.to_string(),
            baseline_on: sketch.baseline_on.to_string(),
            target: measure.target.to_string(),
            target_on: sketch.target_on.to_string(),
            source: measure.source.to_owned(),
        };
        let indicator = actions::add_indicator(app, actor, plan.slug, &input, now).await?;
        let dates = dates(plan.from, now.date())?;
        for (place, date) in dates.iter().enumerate() {
            let value = figure(measure, &sketch, place, place + 1 == dates.len(), *date);
            let reading = ReadingInput {
                indicator: indicator.to_string(),
                read_on: date.to_string(),
                value: value.to_string(),
                source: measure.source.to_owned(),
                ..ReadingInput::default()
            };
            actions::record_reading(app, actor, plan.slug, &reading, now).await?;
        }
    }
    for (name, pledge) in plan.partners {
        let partner = PartnerInput { name: (*name).to_owned(), pledge: (*pledge).to_owned() };
        actions::add_partner(app, actor, plan.slug, &partner, now).await?;
    }
    actions::publish(app, actor, plan.slug, now).await?;
    Ok(mission)
}

/// Writes and publishes the four missions, by a mission lead, with readings up to today: diversity, youth,
/// food, estates, in this order.
///
/// # Errors
/// As the actions; a second run meets its own addresses.
pub async fn publish_all(app: &App, actor: &Actor, now: Instant) -> Result<Vec<Mission>> {
    let mut missions = Vec::new();
    for plan in &PLANS {
        missions.push(write(app, actor, plan, now).await?);
    }
    Ok(missions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::parse_date;

    #[test]
    fn every_made_up_figure_says_so_and_readings_never_come_from_the_future() {
        let today = parse_date("2026-11-24").unwrap();
        let dates = dates(2022, today).unwrap();
        assert_eq!(dates.len(), 6);
        assert!(dates.iter().all(|d| *d <= today) && dates.windows(2).all(|w| w[0] < w[1]));
        for plan in &PLANS {
            assert!(plan.measures.iter().all(|m| m.source.starts_with("Made up for practice")));
            assert!(plan.partners.iter().all(|(name, _)| name.ends_with("(made up)")));
        }
    }

    #[test]
    fn the_food_mission_is_behind_and_the_estates_ahead_of_their_lines_today() {
        let now = Instant::start_of(parse_date("2026-11-24").unwrap());
        let today = now.date();
        let state = |plan: usize| {
            let (plan, measure) = (&PLANS[plan], &PLANS[plan].measures[0]);
            let sketch = sketch(plan, measure, now).unwrap();
            let date = today - Days::new(41);
            let value = figure(measure, &sketch, 5, true, date);
            let reading = super::super::model::Reading {
                id: Id::new(),
                authority_id: Id::new(),
                mission_id: Id::new(),
                indicator_id: sketch.id,
                read_on: date,
                value: Quantity::new(value).unwrap(),
                source: String::new(),
                supersedes: None,
                reason: None,
                recorded_at: now,
                recorded_by: Id::new(),
            };
            rules::state_of(&sketch, Some(&reading), today).state
        };
        assert_eq!(state(0), rules::State::OnLine);
        assert_eq!(state(1), rules::State::Missed);
        assert_eq!(state(2), rules::State::Behind);
        assert_eq!(state(3), rules::State::Ahead);
    }
}
