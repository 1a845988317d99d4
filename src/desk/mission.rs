//! The public page of a mission: how it goes, what was promised and shown to be true, the money, who is in it.

use super::home::{CallLine, call_lines};
use super::store;
use crate::agreements::AgreementKind;
use crate::compliance::{AgreedForMission, MeasureTotals, record_of_mission};
use crate::conditions::Direction;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::http::api::ok;
use crate::http::chart::{self, Heading, ProgressLine, ShareBar, ShareBars, Unit};
use crate::http::{Answer, Link, Shell, Visit, page};
use crate::missions::rules::{self, State};
use crate::missions::{self, Indicator, Measured, Mission, MissionStatus, Partner, Placed, Reading};
use crate::people::policy::{Action, can};
use crate::values::time::{distance, medium_date, short_date};
use crate::values::{LocalDate, Pence, Quantity, decimals::shown_percent, round_half_up};
use actix_web::web;
use askama::Template;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Money behind a mission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissionMoney {
    /// One for each kind of agreement that there is.
    pub rows: Vec<MoneyRow>,
}

/// Money agreed under one kind of agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyRow {
    /// What was agreed; `None` for all kinds together.
    pub kind: Option<AgreementKind>,
    /// How many agreements.
    pub count: i64,
    /// How many organisations have one.
    pub organisations: i64,
    /// What was agreed.
    pub agreed: Pence,
    /// What was paid so far; `None` where payments are not recorded here.
    pub paid: Option<Pence>,
}

impl MoneyRow {
    fn heading(&self) -> &'static str {
        match self.kind {
            Some(AgreementKind::Contract) => "Contracts",
            Some(AgreementKind::Investment) => "Investments",
            None => "Total",
        }
    }

    fn paid(&self) -> String {
        self.paid.map_or_else(|| "not recorded".to_owned(), |p| p.to_string())
    }

    fn share(&self) -> String {
        let share = self.paid.and_then(|paid| paid.decimal().checked_div(self.agreed.decimal()));
        share.map_or_else(|| "–".to_owned(), |share| shown_percent(share, 0))
    }
}

impl MissionMoney {
    /// Everything agreed.
    ///
    /// # Errors
    /// When the total is too large to hold.
    pub fn total(&self) -> Result<Pence> {
        Ok(Pence::total(self.rows.iter().map(|r| r.agreed))?)
    }

    /// Whether something was paid that is not recorded, so that no total of payments can be shown.
    fn unrecorded(&self) -> bool {
        self.rows.iter().any(|r| r.paid.is_none())
    }

    /// All kinds together, when all their payments are recorded.
    fn all_paid(&self) -> Option<MoneyRow> {
        let agreed = Pence::total(self.rows.iter().map(|r| r.agreed)).ok()?;
        let paid: Option<Vec<Pence>> = self.rows.iter().map(|r| r.paid).collect();
        let paid = Pence::total(paid?).ok();
        Some(MoneyRow { kind: None, count: self.count(), organisations: 0, agreed, paid })
    }

    /// How many agreements there are.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.rows.iter().map(|r| r.count).sum()
    }
}

impl MissionMoney {
    /// From the agreements of a mission and what was paid out under its investments. What is paid under contracts is
    /// not recorded here.
    ///
    /// # Errors
    /// When a total is too large to hold.
    pub fn of(agreements: &[AgreedForMission], invested: Pence) -> Result<Self> {
        let mut rows = Vec::new();
        for kind in [AgreementKind::Contract, AgreementKind::Investment] {
            let own: Vec<&AgreedForMission> = agreements.iter().filter(|a| a.kind == kind).collect();
            if own.is_empty() {
                continue;
            }
            let organisations: HashSet<_> = own.iter().map(|a| a.organisation).collect();
            rows.push(MoneyRow {
                kind: Some(kind),
                count: i64::try_from(own.len())?,
                organisations: i64::try_from(organisations.len())?,
                agreed: Pence::total(own.iter().map(|a| a.value))?,
                paid: (kind == AgreementKind::Investment).then_some(invested),
            });
        }
        Ok(MissionMoney { rows })
    }
}

/// What was promised, claimed and verified for a mission, measure by measure. Never added together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissionResults {
    /// The measures, in the order they are shown.
    pub measures: Vec<MeasureResult>,
}

/// One measure of every agreement of a mission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureResult(MeasureTotals);

impl From<Vec<MeasureTotals>> for MissionResults {
    fn from(totals: Vec<MeasureTotals>) -> Self {
        MissionResults { measures: totals.into_iter().map(MeasureResult).collect() }
    }
}

impl MissionResults {
    /// The bars of the measures of which a share can be told; nothing where there is none.
    fn chart(&self) -> Result<String> {
        let bars: Vec<ShareBar> = self
            .measures
            .iter()
            .filter_map(|m| {
                m.0.share()?;
                Some(ShareBar {
                    measure: m.measure(),
                    promised: m.0.promised.get(),
                    claimed: m.0.claimed?.get(),
                    verified: m.0.verified?.get(),
                    unit: Unit::count(),
                })
            })
            .collect();
        if bars.is_empty() {
            return Ok(String::new());
        }
        let heading = Heading::new(
            "results",
            "Promised, claimed and verified results",
            "How much of what was promised is shown to be true",
            "Each bar is one measure; its full length is what was promised.",
        );
        Ok(ShareBars { heading, bars }.render()?)
    }
}

impl MeasureResult {
    fn measure(&self) -> String {
        let MeasureTotals { measure, unit, .. } = &self.0;
        if unit.is_empty() { measure.clone() } else { format!("{measure}, {unit}") }
    }

    /// The measure, with how many figures stand behind an average or a limit.
    fn counted(&self) -> String {
        let MeasureTotals { level, direction, reported, obligations, .. } = &self.0;
        if !level && *direction == Direction::AtLeast {
            return self.measure();
        }
        format!("{} ({reported} of {obligations} reported)", self.measure())
    }

    fn promised(&self) -> String {
        let promised = self.0.promised.shown();
        match self.0.direction {
            Direction::AtLeast => promised,
            other => format!("{} {promised}", other.label().to_lowercase()),
        }
    }

    fn figure(figure: Option<Quantity>) -> String {
        figure.map_or_else(|| "–".to_owned(), Quantity::shown)
    }

    fn claimed(&self) -> String {
        Self::figure(self.0.claimed)
    }

    fn verified(&self) -> String {
        Self::figure(self.0.verified)
    }

    /// How much of it is shown to be true; whether it is kept, where that is no part of a whole.
    fn share(&self) -> String {
        match (&self.0, self.0.share()) {
            (_, Some(share)) => shown_percent(share, 0),
            (MeasureTotals { direction: Direction::AtLeast, .. } | MeasureTotals { checked: 0, .. }, None) => {
                "–".to_owned()
            }
            (MeasureTotals { obligations: 1, kept: 1, .. }, None) => "Met".to_owned(),
            (MeasureTotals { obligations: 1, .. }, None) => "Not met".to_owned(),
            (MeasureTotals { obligations, kept, .. }, None) => format!("{kept} of {obligations} met"),
        }
    }
}

/// A row of the table beside the chart.
struct ReadingLine {
    date: String,
    value: String,
    line: String,
    gap: String,
}

/// An indicator with its chart and its table.
struct Progress {
    outcome: String,
    chart: String,
    heads: String,
    lines: Vec<ReadingLine>,
}

fn signed(unit: &Unit, gap: Decimal) -> String {
    let plain = Unit { places: unit.places, ..Unit::count() };
    let text = plain.show(gap);
    if gap > Decimal::ZERO { format!("+{text}") } else { text }
}

/// "Behind the line by 1.2 percentage points", from figures as they are shown, so that a reader's sum agrees.
fn gap_words(indicator: &Indicator, unit: &Unit, latest: &Reading, line: Decimal) -> String {
    let gap = round_half_up(latest.value.get(), unit.places) - round_half_up(line, unit.places);
    if gap.is_zero() { String::new() } else { format!("by {}", indicator.shown_gap(gap, unit.places)) }
}

fn progress(
    indicator: &Indicator,
    outcome: &str,
    readings: &[Reading],
    today: LocalDate,
    place: usize,
) -> Result<Progress> {
    let unit = indicator.shown_unit(readings);
    let standing = rules::state_of(indicator, readings.last(), today);
    let by = readings.last().map(|r| gap_words(indicator, &unit, r, standing.line)).unwrap_or_default();
    let at = |date: LocalDate, value: Decimal| chart::Reading { date, value };
    let counted = match indicator.unit.as_str() {
        "%" | "£" => format!("{} {}", indicator.unit, indicator.title),
        _ => {
            let mut words = indicator.title.chars();
            words.next().map(|c| c.to_uppercase().collect::<String>() + words.as_str()).unwrap_or_default()
        }
    };
    let line = ProgressLine {
        heading: Heading::new(
            format!("progress-{place}"),
            format!("{outcome}: readings against the line"),
            format!("{} {by}", standing.state.label()).trim().to_owned(),
            format!("{counted}. {}.", indicator.source.trim_end_matches('.')),
        ),
        unit: unit.clone(),
        baseline: at(indicator.baseline_on, indicator.baseline.get()),
        target: at(indicator.target_on, indicator.target.get()),
        readings: readings.iter().map(|r| at(r.read_on, r.value.get())).collect(),
    };
    let lines = readings
        .iter()
        .rev()
        .take(40)
        .map(|r| {
            let due = round_half_up(rules::on_line(indicator, r.read_on), unit.places);
            ReadingLine {
                date: short_date(r.read_on),
                value: unit.show(r.value.get()),
                line: unit.show(due),
                gap: signed(&unit, r.value.get() - due),
            }
        })
        .collect();
    let heads = if indicator.unit == "%" { "Gap, points".to_owned() } else { "Gap".to_owned() };
    Ok(Progress { outcome: outcome.to_owned(), chart: line.render()?, heads, lines })
}

/// The one sentence that says how the mission stands.
fn verdict(indicator: Option<&Indicator>, readings: &[Reading], today: LocalDate) -> (String, String) {
    let Some(indicator) = indicator else {
        return ("Nothing measures this mission yet.".to_owned(), String::new());
    };
    let unit = indicator.shown_unit(readings);
    let standing = rules::state_of(indicator, readings.last(), today);
    let Some(latest) = readings.last() else {
        let from = format!("{} {}", unit.show(indicator.baseline.get()), indicator.title);
        return (format!("It began at {from}. There is no reading since."), String::new());
    };
    let by = gap_words(indicator, &unit, latest, standing.line);
    let how = match standing.state {
        State::OnLine => "That is on the straight line to the target.".to_owned(),
        State::Ahead => format!("That is ahead of the straight line to the target {by}."),
        State::Behind => format!("That is behind the straight line to the target {by}."),
        State::Met => "The target date has passed, and the target is met.".to_owned(),
        State::Missed => format!("The target date has passed, and the target is missed {by}."),
        State::Unread => String::new(),
    };
    (
        format!("{} {}. {how}", unit.show(latest.value.get()), indicator.title),
        format!("Read on {}", medium_date(latest.read_on)),
    )
}

#[derive(Template)]
#[template(path = "desk/mission.html")]
struct MissionPage {
    shell: Shell,
    mission: Mission,
    verdict: (String, String),
    state: State,
    by: String,
    target: String,
    target_note: String,
    leads: String,
    departments: String,
    parent: Option<Mission>,
    progress: Vec<Progress>,
    money: MissionMoney,
    money_total: Pence,
    results: MissionResults,
    results_chart: String,
    partners: Vec<Partner>,
    calls: Vec<CallLine>,
    may_manage: bool,
}

impl MissionPage {
    /// What the table of results is called, beside its chart or alone.
    fn figures(&self) -> &'static str {
        if self.results_chart.is_empty() { "Promised, claimed and verified" } else { "The same figures" }
    }
}

struct Found {
    placed: Placed,
    measured: Measured,
    partners: Vec<Partner>,
    invested: Pence,
    agreed: Vec<AgreedForMission>,
    totals: Vec<MeasureTotals>,
    calls: Vec<crate::calls::Call>,
}

fn load(db: &mut Db, placed: Placed, now: crate::values::Instant) -> Result<Found> {
    let id = placed.mission.id;
    let measured = missions::measured(db, &[id])?;
    let (partners, invested) = store::partners_and_paid(db, id, now.date())?;
    let (agreed, totals) = record_of_mission(db, id)?;
    let calls = store::open_calls(db, now, Some(id), 8)?;
    Ok(Found { placed, measured, partners, invested, agreed, totals, calls })
}

/// `GET /missions/{slug}`
///
/// # Errors
/// NotFound, also for a draft that this person may not see.
pub async fn show(visit: Visit, slug: web::Path<String>) -> Answer {
    let (actor, now, today) = (visit.actor.clone(), visit.now, visit.today());
    let found = visit
        .app
        .db
        .read(move |db| {
            let placed = missions::find_placed(db, &slug)?;
            if !can(&actor, Action::ReadMission, &missions::thing(&placed.mission)) {
                return Err(Error::NotFound);
            }
            load(db, placed, now)
        })
        .await?;
    page(&mission_page(&visit, found, today)?)
}

fn mission_page(visit: &Visit, found: Found, today: LocalDate) -> Result<MissionPage> {
    let Found { placed, measured, partners, invested, agreed, totals, calls } = found;
    let Placed { mission, parent, authority, departments } = placed;
    let Measured { outcomes, indicators, readings } = measured;
    let of = |i: &Indicator| readings.get(&i.id).map_or(&[][..], Vec::as_slice);
    let mut all = Vec::with_capacity(indicators.len());
    for (place, indicator) in indicators.iter().enumerate() {
        let outcome = outcomes.iter().find(|o| o.id == indicator.outcome_id).map_or("", |o| o.title.as_str());
        all.push(progress(indicator, outcome, of(indicator), today, place)?);
    }
    let first = indicators.first();
    let last = first.map(of).unwrap_or_default();
    let standing = first.map(|i| rules::state_of(i, last.last(), today));
    let by = match (first, last.last(), standing) {
        (Some(indicator), Some(latest), Some(standing)) => {
            gap_words(indicator, &indicator.shown_unit(last), latest, standing.line)
        }
        _ => String::new(),
    };
    let money = MissionMoney::of(&agreed, invested)?;
    let results = MissionResults::from(totals);
    let by_id = HashMap::from([(mission.id, mission.clone())]);
    let mut shell = visit.shell(&mission.statement, "/missions");
    shell.breadcrumbs = vec![Link::new("Home", "/"), Link::new("Missions", "/missions")];
    Ok(MissionPage {
        verdict: verdict(first, last, today),
        state: standing.map_or(State::Unread, |s| s.state),
        by,
        target: medium_date(mission.target_on),
        target_note: distance(today, mission.target_on),
        leads: authority,
        departments: departments.join(", "),
        // A mission above that is not public to this person is not named.
        parent: parent.filter(|p| can(&visit.actor, Action::ReadMission, &missions::thing(p))),
        progress: all,
        money_total: money.total()?,
        money,
        results_chart: results.chart()?,
        results,
        partners,
        calls: call_lines(calls, &by_id, today),
        may_manage: visit.actor.is_staff_of(mission.authority_id),
        shell,
        mission,
    })
}

/// What was promised, claimed and verified for a mission, by measure, and the money behind it, as its public page shows
/// them.
///
/// # Errors
/// NotFound, also for another authority's draft.
#[utoipa::path(get, path = "/api/v1/missions/{slug}/totals", tag = "missions", params(("slug" = String, Path)),
    responses((status = 200, description = "`items`: totals of every measure: sums, of per cents averages over the obligations that have such a figure; how many of its `obligations` are `reported`, `checked` and `kept`; `complete`; `money`: agreements by kind, with what was agreed and, where payments are recorded, paid")))]
pub async fn totals_api(visit: Visit, slug: web::Path<String>) -> Answer {
    let (actor, today) = (visit.actor.clone(), visit.today());
    let (invested, agreed, totals) = visit
        .app
        .db
        .read(move |db| {
            let mission = missions::find_by_slug(db, &slug)?;
            if !can(&actor, Action::ReadMission, &missions::thing(&mission)) {
                return Err(Error::NotFound);
            }
            let (_, invested) = store::partners_and_paid(db, mission.id, today)?;
            let (agreed, totals) = record_of_mission(db, mission.id)?;
            Ok((invested, agreed, totals))
        })
        .await?;
    let money: Vec<_> = MissionMoney::of(&agreed, invested)?
        .rows
        .iter()
        .map(|row| {
            json!({
                "kind": row.kind, "count": row.count, "organisations": row.organisations,
                "agreed": row.agreed, "paid": row.paid,
            })
        })
        .collect();
    ok(&json!({ "items": totals, "money": money, "complete": true }))
}

/// The mission page's part of the API description.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(paths(totals_api))]
pub struct Docs;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Id;

    fn agreed(kind: AgreementKind, pounds: i64) -> AgreedForMission {
        AgreedForMission { id: Id::new(), kind, organisation: Id::new(), value: Pence(pounds * 100) }
    }

    #[test]
    fn a_share_of_what_was_paid_is_shown_only_where_payments_are_recorded() {
        let contract = agreed(AgreementKind::Contract, 300_000);
        let loans = [agreed(AgreementKind::Investment, 60_000), agreed(AgreementKind::Investment, 40_000)];
        let money = MissionMoney::of(&[&[contract][..], &loans].concat(), Pence(7_500_000)).unwrap();
        let shown: Vec<(String, String)> = money.rows.iter().map(|r| (r.paid(), r.share())).collect();
        assert_eq!(shown[0], ("not recorded".to_owned(), "–".to_owned()));
        assert_eq!(shown[1], ("£75,000".to_owned(), "75%".to_owned()));
        assert!(money.unrecorded() && money.all_paid().is_none());
        let alone = MissionMoney::of(&loans, Pence(7_500_000)).unwrap();
        assert_eq!(alone.all_paid().unwrap().share(), "75%");
    }

    fn rents(direction: Direction, verified: &str, (obligations, kept): (usize, usize)) -> MeasureTotals {
        MeasureTotals {
            measure: "Rent of the market".to_owned(),
            unit: "%".to_owned(),
            direction,
            level: true,
            promised: "50".parse().unwrap(),
            claimed: verified.parse().ok(),
            verified: verified.parse().ok(),
            obligations,
            reported: usize::from(!verified.is_empty()),
            checked: usize::from(!verified.is_empty()),
            kept,
        }
    }

    #[test]
    fn a_cap_that_is_passed_is_not_met_and_no_share_of_it_is_drawn() {
        use Direction::{AtLeast, AtMost, Equal};
        let shown = |totals: MeasureTotals| {
            let results = MissionResults::from(vec![totals]);
            let one = &results.measures[0];
            (one.promised(), one.verified(), one.share(), !results.chart().unwrap().is_empty())
        };
        let line = |promised: &str, verified: &str, share: &str, drawn| {
            (promised.to_owned(), verified.to_owned(), share.to_owned(), drawn)
        };
        assert_eq!(shown(rents(AtMost, "60", (1, 0))), line("at most 50", "60", "Not met", false));
        assert_eq!(shown(rents(AtMost, "40", (1, 1))), line("at most 50", "40", "Met", false));
        assert_eq!(shown(rents(Equal, "50", (2, 1))), line("exactly 50", "50", "1 of 2 met", false));
        assert_eq!(shown(rents(AtMost, "", (1, 0))), line("at most 50", "–", "–", false));
        assert_eq!(shown(rents(AtLeast, "40", (1, 0))), line("50", "40", "80%", true));
        // An average over fewer figures than were promised is no part of that promise.
        assert_eq!(shown(rents(AtLeast, "40", (2, 0))), line("50", "40", "–", false));
        assert_eq!(MeasureResult(rents(AtLeast, "40", (2, 0))).counted(), "Rent of the market, % (1 of 2 reported)");
    }
}
