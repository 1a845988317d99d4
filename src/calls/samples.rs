//! Two complete calls, for learning, the demo and tests: a tender of the food mission and a round of the Youth Fund.
//!
//! The terms are real in form and invented in content; amounts of the Youth Fund are the fund's published ones.

use super::actions::{self, NoticeInput, PublishInput};
use super::drafting::{self, NewCall};
use super::drafting_terms::{self, TermsInput};
use super::model::{Call, ConditionAsked, EligibilityQuestion, Instrument, RoundTerms, TenderTerms, Terms, Timetable};
use super::{levels_form, store, tender};
use crate::app::App;
use crate::conditions::{self, ConditionVersion};
use crate::error::{Error, Result};
use crate::evaluation::{
    AboveCeiling, Criterion, Deliverability, DeliverabilityShare, Kind, Level, LowPriceRule, Measure, Minimum, Model,
    PanelRule, PriceModel, Rounding, SocialValueMethod, TieRule,
};
use crate::law::holidays::is_working_day;
use crate::law::procedures::Procedure;
use crate::law::tendering::Circumstances;
use crate::law::thresholds::ContractType;
use crate::missions::{self, Mission};
use crate::values::{Actor, Id, Instant, LocalDate, Pence};
use chrono::{Days, Months, TimeDelta};
use rust_decimal::{Decimal, dec};
use std::collections::BTreeMap;

/// The dates of a sample, counted from one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Last instant for questions.
    pub questions_by: Instant,
    /// Last instant for answers.
    pub answers_by: Instant,
    /// Last instant for applications.
    pub deadline: Instant,
    /// Planned day of the decision.
    pub decision_on: LocalDate,
    /// First day of the contract.
    pub starts_on: LocalDate,
    /// Last day of the contract.
    pub ends_on: LocalDate,
}

fn later(day: LocalDate, days: u64) -> LocalDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// That day, or the last working day before it: nobody answers on Christmas Day.
fn working(day: LocalDate) -> LocalDate {
    let days = std::iter::successors(Some(day), LocalDate::pred_opt).take(14);
    days.into_iter().find(|d| is_working_day(*d).unwrap_or(true)).unwrap_or(day)
}

fn at_hour(day: LocalDate, hour: i64) -> Instant {
    Instant::start_of(day).plus(TimeDelta::hours(hour))
}

impl Dates {
    /// A timetable that closes at noon `days` after today; seven weeks and three days are usual here.
    #[must_use]
    pub fn closing_in(now: Instant, days: u64) -> Dates {
        let today = now.date();
        let closes = later(today, days);
        let starts_on = later(closes, 137);
        let ends_on = starts_on.checked_add_months(Months::new(36)).and_then(|day| day.pred_opt()).unwrap_or(starts_on);
        Dates {
            questions_by: at_hour(working(later(today, days / 2)), 12),
            answers_by: at_hour(working(later(today, days * 3 / 4)), 12),
            deadline: at_hour(closes, 12),
            decision_on: working(later(closes, 49)),
            starts_on,
            ends_on,
        }
    }

    fn timetable(&self) -> Timetable {
        Timetable {
            questions_by: Some(self.questions_by),
            answers_by: Some(self.answers_by),
            deadline: Some(self.deadline),
            decision_on: Some(self.decision_on),
        }
    }
}

/// A condition of the catalogue as a call asks it, at its usual target.
#[must_use]
pub fn asked(id: &str, entry: &ConditionVersion, due: LocalDate, required: bool) -> ConditionAsked {
    ConditionAsked {
        id: id.to_owned(),
        condition: entry.condition_id,
        version: entry.version,
        body: entry.body.0.clone(),
        target: entry.body.0.target,
        cap: None,
        due,
        required,
    }
}

/// Those of the wanted conditions that the catalogue has: identifier in the call, title, required.
fn choose(catalogue: &[ConditionVersion], wanted: &[(&str, &str, bool)], due: LocalDate) -> Vec<ConditionAsked> {
    wanted
        .iter()
        .filter_map(|(id, title, required)| {
            let entry = catalogue.iter().find(|entry| entry.body.0.title == *title)?;
            Some(asked(id, entry, due, *required))
        })
        .collect()
}

/// What the kitchens tender asks: local work and sustainable food by one's own figure, fair pay and open books of everybody.
#[must_use]
pub fn kitchen_conditions(catalogue: &[ConditionVersion], dates: &Dates) -> Vec<ConditionAsked> {
    let wanted = [
        ("local_work", "Local employment", false),
        ("sustainable_food", "Sustainable food", false),
        ("fair_pay", "Fair pay", true),
        ("open_books", "Open books", true),
    ];
    choose(catalogue, &wanted, later(dates.ends_on, 0))
}

/// What the Youth Fund asks: youth placements by one's own figure, fair pay and reinvestment of everybody.
#[must_use]
pub fn youth_conditions(catalogue: &[ConditionVersion], dates: &Dates) -> Vec<ConditionAsked> {
    let wanted = [
        ("youth_placements", "Youth placements", false),
        ("fair_pay", "Fair pay", true),
        ("reinvestment", "Reinvestment of surplus", true),
    ];
    choose(catalogue, &wanted, dates.ends_on)
}

/// Quality levels 0 to 4, each worth a quarter more than the one before.
#[must_use]
pub fn levels() -> Vec<Level> {
    (0_u32..)
        .zip(levels_form::LEVEL_TEXTS)
        .map(|(level, text)| Level { level, text: text.to_owned(), share: Decimal::from(level) / dec!(4) })
        .collect()
}

fn quality(id: &str, title: &str, weight: Decimal, least: Option<u32>) -> Criterion {
    Criterion {
        id: id.to_owned(),
        title: title.to_owned(),
        weight: Some(weight),
        minimum: least.map(|level| Minimum::Level { level }),
        kind: Kind::Quality { levels: levels() },
    }
}

/// The same round with a fifth of the points for residents, each of whom scores every application from 0 to 5.
///
/// The first criterion gives up what residents get.
#[must_use]
pub fn with_residents(mut terms: Terms, quorum: u32) -> Terms {
    if let Some(first) = terms.model.criteria.first_mut() {
        first.weight = first.weight.map(|weight| weight - dec!(20));
    }
    terms.model.criteria.push(Criterion {
        id: "residents".to_owned(),
        title: "Residents’ vote".to_owned(),
        weight: Some(dec!(20)),
        minimum: None,
        kind: Kind::Panel { rule: PanelRule::Scores { highest: 5, quorum } },
    });
    terms
}

/// Equal shares of 100 in two places; the last takes what rounding leaves, so that they add up exactly.
fn equal_weights(count: usize) -> Vec<Decimal> {
    let parts = Decimal::from(count.max(1));
    let each = crate::values::round_half_even(dec!(100) / parts, 2);
    let mut weights = vec![each; count];
    if let Some(last) = weights.last_mut() {
        *last = dec!(100) - each * (parts - Decimal::ONE);
    }
    weights
}

/// A social value criterion that is fed by every condition that is not required of everybody.
fn promises(conditions: &[ConditionAsked], weight: Decimal, judged_by: &str) -> Option<Criterion> {
    let own: Vec<&ConditionAsked> = conditions.iter().filter(|c| !c.required).collect();
    if own.is_empty() {
        return None;
    }
    let measures = own
        .iter()
        .zip(equal_weights(own.len()))
        .map(|(asked, weight)| Measure {
            id: asked.id.clone(),
            title: asked.body.measure.clone(),
            unit: asked.body.unit.clone(),
            weight,
            target: asked.target.get(),
            cap: asked.cap.map(crate::values::Share::get),
            record: None,
        })
        .collect();
    let table = [(0, dec!(0)), (1, dec!(0.4)), (2, dec!(0.7)), (3, dec!(0.9)), (4, dec!(1))]
        .into_iter()
        .map(|(level, share)| DeliverabilityShare { level, share })
        .collect();
    Some(Criterion {
        id: "promises".to_owned(),
        title: "Social value: what you promise".to_owned(),
        weight: Some(weight),
        minimum: None,
        kind: Kind::SocialValue {
            method: SocialValueMethod::AgainstTargets,
            measures,
            deliverability: Some(Deliverability { criterion: judged_by.to_owned(), table }),
        },
    })
}

/// Title of the tender.
pub const KITCHENS: &str = "Community kitchens on four estates";
/// Its summary.
pub const KITCHENS_SUMMARY: &str = "We are looking for an organisation to run kitchens where neighbours cook, eat and \
    learn together, and where residents are hired and trained.";
/// Title of the round.
pub const YOUTH: &str = "Youth Fund: repayable loans";
/// Its summary.
pub const YOUTH_SUMMARY: &str = "Loans of £20,000 to £500,000 for organisations whose work makes life better for \
    young people in Camden, now or within six months.";

/// The tender: quality 45 %, promises 15 %, method 10 %, price 30 % against a ceiling of £1.2 million over three years.
/// Without a condition that asks for one's own figure, the method has all 25 % of social value.
#[must_use]
pub fn community_kitchens(dates: &Dates, conditions: Vec<ConditionAsked>) -> Terms {
    let value = Pence(120_000_000);
    let promised = promises(&conditions, dec!(15), "method");
    let method = if promised.is_some() { dec!(10) } else { dec!(25) };
    let mut tree = vec![
        quality("menus", "How will your menus meet the food standards and what people like to eat?", dec!(20), Some(2)),
        quality("residents", "How will residents shape, run and learn in the kitchens?", dec!(15), None),
        quality("delivery", "How will you open four kitchens on time and keep them running?", dec!(10), None),
    ];
    tree.extend(promised);
    tree.push(quality("method", "Social value: how will you keep your promises?", method, None));
    tree.push(Criterion {
        id: "price".to_owned(),
        title: "Price".to_owned(),
        weight: Some(dec!(30)),
        minimum: None,
        kind: Kind::Price {
            model: PriceModel::AbsoluteToCeiling { ceiling: value, exponent: 1, above_ceiling: AboveCeiling::Excluded },
        },
    });
    let considered: BTreeMap<String, String> =
        tender::DUTIES.iter().map(|duty| (duty.key.to_owned(), considered_words(duty.key).to_owned())).collect();
    Terms {
        description: "The kitchens are on the Alder, Brecon, Cantley and Dunmore estates. The rooms are fitted and \
                      rent-free.\n\nSmall and voluntary organisations are welcome, and joint bids are allowed. You \
                      decide how the kitchens are run; we ask that residents have a say in it and work in them."
            .to_owned(),
        tender: Some(TenderTerms {
            procedure: Procedure::Open,
            stage: None,
            contract_type: ContractType::GoodsServices,
            estimated_value: value,
            circumstances: Circumstances {
                electronic_submission: true,
                documents_with_notice: true,
                ..Circumstances::default()
            },
            starts_on: dates.starts_on,
            ends_on: dates.ends_on,
            price_sealed_until_moderated: true,
            bidders_hidden: false,
            hours_asked: None,
            lot: None,
            considered,
        }),
        round: None,
        model: Model {
            title: KITCHENS.to_owned(),
            rounding: Rounding::default(),
            criteria: tree,
            ties: vec![TieRule::SocialValue, TieRule::Price],
            abnormally_low: Some(LowPriceRule::default()),
        },
        words: [("menus", 1000), ("residents", 1000), ("delivery", 750), ("method", 750)]
            .map(|(id, most)| (id.to_owned(), most))
            .into(),
        conditions,
        eligibility: vec![
            EligibilityQuestion {
                id: "organisation".to_owned(),
                question: "Do you bid for an organisation that is registered, or will be before the contract starts?"
                    .to_owned(),
                right_answer: true,
                otherwise: "Register your organisation first, or bid together with one that is registered.".to_owned(),
            },
            EligibilityQuestion {
                id: "excluded".to_owned(),
                question: "Is your organisation on the government's debarment list?".to_owned(),
                right_answer: false,
                otherwise:
                    "An organisation on the list cannot be awarded this contract. Ask us if you think it is a mistake."
                        .to_owned(),
            },
        ],
        timetable: dates.timetable(),
    }
}

fn considered_words(duty: &str) -> &'static str {
    match duty {
        "market_engagement" => {
            "Two open afternoons with 14 providers; what they said of rooms and hours is in the specification."
        }
        "conflicts" => {
            "Everybody who writes or decides was asked. One officer's partner works for a provider; she takes no part."
        }
        "social_value" => {
            "Hiring and training residents, and food that is good for the area; tenants' associations were asked."
        }
        "policy_statement" => "Small suppliers, good jobs and skills, and the food mission were regarded.",
        "lots" => "Not divided: one organisation can share staff and buying between four small kitchens.",
        "exclusions" => {
            "Two officers check the debarment list and registers before scoring and again before the award."
        }
        _ => "Plain questions, payment in 30 days and rent-free rooms keep the barriers low.",
    }
}

/// The round: loans of £20,000 to £500,000 from a pot of £2 million.
#[must_use]
pub fn youth_fund(dates: &Dates, conditions: Vec<ConditionAsked>) -> Terms {
    let promised = promises(&conditions, dec!(20), "impact");
    let impact = if promised.is_some() { dec!(35) } else { dec!(55) };
    let mut tree = vec![
        quality("impact", "What will change for young people in Camden, and how do you know?", impact, Some(2)),
        quality("plan", "How will you use the money, and who does the work?", dec!(20), None),
        quality("repayment", "How will the loan be repaid, also when things go worse than planned?", dec!(25), Some(2)),
    ];
    tree.extend(promised);
    Terms {
        description: "The fund lends to organisations that trade. The money comes back and is lent again.\n\nYou need \
                      no base in Camden, but your work must reach young people in Camden now or within six months. A \
                      panel of fifteen young people helps to decide."
            .to_owned(),
        tender: None,
        round: Some(RoundTerms {
            fund: "Youth Fund".to_owned(),
            pot: Pence(200_000_000),
            least: Pence(2_000_000),
            most: Pence(50_000_000),
            instruments: vec![Instrument::Loan],
            quorum: Some(3),
        }),
        model: Model {
            title: YOUTH.to_owned(),
            rounding: Rounding::default(),
            criteria: tree,
            ties: vec![TieRule::SocialValue, TieRule::Quality],
            abnormally_low: None,
        },
        words: [("impact", 800), ("plan", 600), ("repayment", 600)].map(|(id, most)| (id.to_owned(), most)).into(),
        conditions,
        eligibility: vec![
            EligibilityQuestion {
                id: "revenue".to_owned(),
                question: "Does your organisation have income from trading?".to_owned(),
                right_answer: true,
                otherwise: "A loan needs income to repay it. Ask us about support for organisations that are starting."
                    .to_owned(),
            },
            EligibilityQuestion {
                id: "young_people".to_owned(),
                question: "Will your work reach young people in Camden now or within six months?".to_owned(),
                right_answer: true,
                otherwise: "This fund is for young people in Camden. Look at our other calls.".to_owned(),
            },
        ],
        timetable: dates.timetable(),
    }
}

/// What calls stand on: the council's missions and its catalogue of conditions.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Published missions.
    pub missions: Vec<Mission>,
    /// The catalogue, each entry in its newest version.
    pub catalogue: Vec<ConditionVersion>,
}

impl Ground {
    /// The mission with this last part of its address, else the first.
    ///
    /// # Errors
    /// NotFound when there is none at all.
    pub fn mission(&self, slug: &str) -> Result<Id<Mission>> {
        self.missions.iter().find(|m| m.slug == slug).or(self.missions.first()).map(|m| m.id).ok_or(Error::NotFound)
    }
}

/// Publishes the sample missions and writes the sample catalogue.
///
/// # Errors
/// Denied when the actor is no mission lead; conflict when they are there already.
pub async fn ground(app: &App, lead: &Actor, now: Instant) -> Result<Ground> {
    let missions = missions::camden::publish_all(app, lead, now).await?;
    conditions::camden::write_all(app, lead, now).await?;
    let authority = missions.first().map(|m| m.authority_id).ok_or(Error::NotFound)?;
    let catalogue = app.db.read(move |db| conditions::latest(db, authority)).await?;
    Ok(Ground { missions, catalogue })
}

/// Begins a draft with whole terms.
///
/// # Errors
/// As the actions it goes through.
pub async fn draft(app: &App, officer: &Actor, mission: Id<Mission>, terms: &Terms, now: Instant) -> Result<Id<Call>> {
    let (kind, title, summary) =
        if terms.tender.is_some() { ("tender", KITCHENS, KITCHENS_SUMMARY) } else { ("round", YOUTH, YOUTH_SUMMARY) };
    let new = NewCall {
        kind: kind.to_owned(),
        title: title.to_owned(),
        summary: summary.to_owned(),
        mission: mission.to_string(),
    };
    let id = drafting::create(app, officer, &new, now).await?;
    let input = TermsInput {
        title: String::new(),
        summary: String::new(),
        mission: String::new(),
        terms: serde_json::to_value(terms)?,
    };
    drafting_terms::set_terms(app, officer, id, &input, now).await?;
    Ok(id)
}

/// A tender or round that is open: begun, written, published and, for a tender, its notice recorded, all at `now`.
///
/// # Errors
/// As the actions it goes through.
pub async fn open(app: &App, officer: &Actor, mission: Id<Mission>, terms: &Terms, now: Instant) -> Result<Call> {
    let id = draft(app, officer, mission, terms, now).await?;
    let seen = PublishInput { seen: "yes".to_owned(), ..PublishInput::default() };
    actions::publish(app, officer, id, &seen, now).await?;
    if terms.tender.is_some() {
        let notice = NoticeInput {
            kind: "uk4".to_owned(),
            notice_number: "2026/S 000-012345".to_owned(),
            notice_date: now.rfc3339(),
            notice_time: String::new(),
        };
        actions::record_notice(app, officer, id, &notice, now).await?;
    }
    app.db.read(move |db| store::find(db, id)).await
}

/// The kitchens tender, open for `days`.
///
/// # Errors
/// As [`open`].
pub async fn open_tender(app: &App, officer: &Actor, ground: &Ground, days: u64, now: Instant) -> Result<Call> {
    let dates = Dates::closing_in(now, days);
    let terms = community_kitchens(&dates, kitchen_conditions(&ground.catalogue, &dates));
    open(app, officer, ground.mission("food")?, &terms, now).await
}

/// The Youth Fund round, open for `days`.
///
/// # Errors
/// As [`open`].
pub async fn open_round(app: &App, manager: &Actor, ground: &Ground, days: u64, now: Instant) -> Result<Call> {
    let dates = Dates::closing_in(now, days);
    let terms = youth_fund(&dates, youth_conditions(&ground.catalogue, &dates));
    open(app, manager, ground.mission("youth")?, &terms, now).await
}
