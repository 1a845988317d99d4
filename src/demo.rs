//! The practice council: `commonweal demo` makes it, relative to today, through the same actions that people use.
//!
//! The four missions are Camden's published words; every organisation, person, figure and promise is made up.

mod calls;
mod catalogue;
mod deciding;
mod instruments;
mod lots;
mod people;
mod stages;
mod tenders;

use self::people::{People, account_by_email, find_or_make_owner, people};
use crate::agreements::{self};
use crate::app::App;
use crate::applications::{self, Application};
use crate::audit;
use crate::awards::offers;
use crate::calls::{Call, samples as call_samples};
use crate::compliance::samples as compliance_samples;
use crate::db::Json;
use crate::error::{Error, Result};
use crate::funds;
use crate::investments::samples::{self as investment_samples, Cast, Habit};
use crate::outbox::{self, Handlers};
use crate::people::actions::{self as people_actions, DEMO_HINT, DEMO_PASSWORD};
use crate::people::{Organisation, OrganisationKind, Profile, authorities, load_actor};
use crate::scoring::residents::samples as vote_samples;
use crate::scoring::samples as scoring_samples;
use crate::serve;
use crate::subsidies;
use crate::values::{Actor, Clock, Id, Instant, LocalDate, Pence, Quantity, Role, actor};
use chrono::{Months, TimeDelta};
use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::dec;

/// How often the bar moves on: two before the fund, the fund, four rounds with three holdings each, one with three more,
/// the catalogue, six tenders, the round that is being decided, the round that is open.
const STEPS: u64 = 32;

/// An invented organisation and its owner.
#[derive(Clone)]
struct Enterprise {
    id: Id<actor::Organisation>,
    owner: Actor,
}

struct Demo {
    app: App,
    handlers: Handlers,
    today: Instant,
    people: People,
    ground: call_samples::Ground,
    bar: ProgressBar,
}

/// Makes the practice council.
///
/// # Errors
/// Conflict when the database holds an authority already; otherwise what an action says.
pub async fn make(app: &App, show_progress: bool) -> Result<()> {
    if !app.db.read(authorities).await?.is_empty() {
        return Err(Error::Conflict("The database holds a council already: the demo needs an empty one.".to_owned()));
    }
    let bar = if show_progress { ProgressBar::new(STEPS) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let today = app.now();
    bar.set_message("people");
    let people = people(app, today).await?;
    bar.inc(1);
    bar.set_message("missions and conditions");
    let ground = call_samples::ground(app, &people.lead, today).await?;
    bar.inc(1);
    let demo = Demo { app: app.clone(), handlers: serve::handlers(), today, people, ground, bar };
    demo.fund().await?;
    demo.rounds().await?;
    Box::pin(demo.other_instruments()).await?;
    demo.social_values().await?;
    let harvest = demo.awarded_tender().await?;
    Box::pin(demo.tender_in_lots()).await?;
    Box::pin(demo.tender_in_two_stages(&harvest)).await?;
    Box::pin(demo.round_being_decided(&harvest)).await?;
    demo.tender_in_scoring().await?;
    demo.closed_tender().await?;
    demo.live_tender().await?;
    demo.youth_round().await?;
    demo.bar.set_message("due work");
    demo.jobs_until(today).await?;
    let db = app.db.clone();
    tokio::task::spawn_blocking(move || audit::chain(&db)).await.map_err(|e| Error::Internal(Box::new(e)))??;
    demo.bar.finish_with_message("done");
    Ok(())
}

/// The sign-ins of the practice council, for the terminal.
#[must_use]
pub fn sign_ins() -> String {
    let mut text = format!("Sign in with the password \"{DEMO_PASSWORD}\":\n");
    for (email, role) in DEMO_HINT {
        text.push_str(&format!("  {email:<28} {role}\n"));
    }
    text
}

impl Demo {
    /// An instant some days before today, at an hour of the day in London.
    fn days_ago(&self, days: i64, hour: i64) -> Instant {
        Instant::start_of(self.today.date() - TimeDelta::days(days)).plus(TimeDelta::hours(hour))
    }

    async fn jobs_until(&self, at: Instant) -> Result<()> {
        outbox::run_due(&self.app, &self.handlers, at, true).await?;
        Ok(())
    }

    fn step(&self, what: &str) {
        self.bar.inc(1);
        self.bar.set_message(what.to_owned());
    }

    /// An invented organisation with an owner of its own, or one of the sign-in page's people.
    async fn enterprise(&self, name: &str, kind: OrganisationKind, known_owner: Option<&str>) -> Result<Enterprise> {
        let now = self.today;
        let (name, email) = (name.to_owned(), known_owner.map(ToOwned::to_owned));
        let (id, account) = self
            .app
            .db
            .write(move |db| {
                let account = find_or_make_owner(db, &name, email.as_deref(), now)?;
                let organisation = Organisation {
                    id: Id::new(),
                    kind,
                    name: name.clone(),
                    parent_id: None,
                    profile: Json(Profile {
                        register_id: "MADE-UP".to_owned(),
                        address: "1 Invented Street, London".to_owned(),
                        contact_email: "hello@invented.example".to_owned(),
                        purpose: format!("{name} is made up for practice."),
                        staff: Some(14),
                        group: String::new(),
                    }),
                    created_at: now,
                    created_by: Some(account),
                };
                people_actions::make_organisation(
                    db,
                    &Actor::System,
                    &organisation,
                    Some((account, Role::ApplicantOwner)),
                    now,
                )?;
                if email.as_deref() == Some("owner@harvest.example") {
                    let editor = account_by_email(db, "editor@harvest.example")?;
                    people_actions::add_role(db, &Actor::System, &organisation, editor, Role::ApplicantEditor, now)?;
                }
                Ok((organisation.id, account))
            })
            .await?;
        let owner = self.app.db.read(move |db| load_actor(db, account)).await?.ok_or(Error::NotFound)?;
        Ok(Enterprise { id, owner })
    }

    async fn fund(&self) -> Result<()> {
        self.step("the fund");
        let opened = self.days_ago(38 * 30, 10);
        let input = funds::actions::OpenFund {
            name: "Community Wealth Fund".to_owned(),
            mandate: "Patient investment of 10 to 15 years in local start-ups and social enterprises that serve the missions. What comes back is invested again.".to_owned(),
            borrowing_rate: "4.6".to_owned(),
        };
        let fund = funds::actions::open(&self.app, &self.people.fund, &input, opened).await?;
        let commitment = funds::actions::NewCommitment {
            amount: "10000000".to_owned(),
            committed_on: opened.date().to_string(),
            source: "Cabinet decision, made up for practice".to_owned(),
        };
        funds::actions::commit(&self.app, &self.people.fund, fund, &commitment, opened).await?;
        Ok(())
    }

    /// Four past rounds with three loans each: twelve holdings, eleven that run and one that is repaid.
    async fn rounds(&self) -> Result<()> {
        // Mission, months ago, title and three enterprises: name, amount in pounds, instalments, how it pays.
        type Holding = (&'static str, i64, u32, Habit);
        let rounds: [(&str, u32, &str, [Holding; 3]); 4] = [
            (
                "food",
                37,
                "Patient loans for food enterprises",
                [
                    ("Brook Street Kitchens CIC", 180_000, 60, Habit::OnTime),
                    ("Regent Growers Ltd", 90_000, 24, Habit::OnTime),
                    ("Canal Side Bakery Co-op", 120_000, 72, Habit::Late(9)),
                ],
            ),
            (
                "estates",
                28,
                "Patient loans for healthy and creative estates",
                [
                    ("Warm Walls Retrofit Ltd", 400_000, 96, Habit::OnTime),
                    ("Estate Energy Commons CIC", 350_000, 96, Habit::OnTime),
                    ("Kiln Yard Studios Ltd", 150_000, 60, Habit::OnTime),
                ],
            ),
            (
                "youth",
                19,
                "Patient loans for young people's futures",
                [
                    ("Next Desk Academy CIC", 110_000, 48, Habit::StoppedFor(2)),
                    ("Somers Makers Co-op", 75_000, 60, Habit::OnTime),
                    ("Loop Repairs Ltd", 95_000, 48, Habit::OnTime),
                ],
            ),
            (
                "diversity",
                11,
                "Patient loans for diverse leadership",
                [
                    ("Open Chair Leadership CIC", 60_000, 60, Habit::OnTime),
                    ("Second Shift Childcare Ltd", 140_000, 72, Habit::OnTime),
                    ("Many Voices Media CIC", 85_000, 60, Habit::OnTime),
                ],
            ),
        ];
        for (mission, months, title, holdings) in rounds {
            self.step(title);
            let opened = Instant::start_of(self.today.date() - Months::new(months)).plus(TimeDelta::hours(9));
            let day = |days: i64| opened.plus(TimeDelta::days(days));
            let dates = call_samples::Dates::closing_in(opened, 30);
            let terms =
                call_samples::youth_fund(&dates, call_samples::youth_conditions(&self.ground.catalogue, &dates));
            // In one of the rounds residents decide a fifth of the points.
            let voted = mission == "youth";
            let terms = if voted { call_samples::with_residents(terms, 20) } else { terms };
            let call = self
                .publish(
                    &self.people.fund,
                    title,
                    "Repayable loans of £20,000 to £500,000 for enterprises that serve this mission.",
                    mission,
                    &terms,
                    opened,
                )
                .await?;
            let mut sent = Vec::new();
            for (name, amount, instalments, habit) in holdings {
                let owner = (name == "Next Desk Academy CIC").then_some("owner@nextdesk.example");
                let who = self.enterprise(name, OrganisationKind::CommunityInterestCompany, owner).await?;
                let application = self.submit(&who, call, dec!(0.9), Pence(amount * 100), day(10)).await?;
                sent.push((who, application, amount, instalments, habit));
            }
            self.jobs_until(day(31)).await?;
            applications::actions::open_investments(&self.app, &self.people.fund, call, None, day(31)).await?;
            let judge = |_: usize, name: &str, _: &str| if name.starts_with('K') { 2 } else { 3 };
            scoring_samples::score_everything(
                &self.app,
                &self.people.fund,
                &self.people.evaluators,
                call,
                &judge,
                day(35),
            )
            .await?;
            scoring_samples::moderate_everything(&self.app, &self.people.fund, call, &judge, day(38)).await?;
            if voted {
                self.residents_vote(call, opened).await?;
            }
            scoring_samples::rank_and_sign(&self.app, &self.people.fund, call, day(40)).await?;
            for (who, application, amount, instalments, habit) in sent {
                self.invest(&who, call, application, amount, instalments, habit, opened).await?;
                self.step(title);
            }
        }
        Ok(())
    }

    /// Forty-one of sixty residents vote in the week after the opening, and are counted.
    async fn residents_vote(&self, call: Id<Call>, opened: Instant) -> Result<()> {
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let times = vote_samples::Times { set: day(32), opens: day(33), closes: day(39) };
        // Most like the first application best; opinions on the others differ.
        let says = |resident: usize, place: usize| match place {
            0 => (3 + resident % 3).to_string(),
            _ => ((resident * 7 + place * 2) % 6).to_string(),
        };
        vote_samples::hold(&self.app, &self.people.fund, call, 60, 41, times, &says).await?;
        self.jobs_until(day(40)).await
    }

    #[expect(clippy::too_many_arguments, reason = "one row of the table above")]
    async fn invest(
        &self,
        who: &Enterprise,
        call: Id<Call>,
        application: Id<Application>,
        pounds: i64,
        instalments: u32,
        habit: Habit,
        opened: Instant,
    ) -> Result<()> {
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let drawn_on = day(60).date();
        let offer = deciding::loan(pounds, &drawn_on.to_string(), instalments);
        let agreement = self.agree(who, call, application, vec![offer], "", opened).await?;
        let cast = self.cast();
        let investment =
            investment_samples::running(&self.app, &cast, agreement.id, drawn_on, habit, self.today.date()).await?;
        // Kiln Yard keeps its first figures and then falls silent: its conditions are in breach today.
        let silent_after = (agreement.title.contains("Kiln") || pounds == 150_000).then_some(2);
        self.report_figures(who, agreement.id, silent_after).await?;
        let year_end = self.days_ago(40, 12).date();
        if drawn_on < year_end && !matches!(habit, Habit::OnTime if instalments == 24) {
            investment_samples::value_at_balance(&self.app, &cast, investment, year_end).await?;
        }
        Ok(())
    }

    fn cast(&self) -> Cast {
        Cast {
            fund_manager: self.people.fund.clone(),
            committee_member: self.people.committee.clone(),
            contract_manager: self.people.contracts.clone(),
        }
    }

    /// Recommended, approved, with its subsidy route, offered and accepted: the agreement.
    async fn agree(
        &self,
        who: &Enterprise,
        call: Id<Call>,
        application: Id<Application>,
        parts: Vec<subsidies::InstrumentInput>,
        ends_on: &str,
        opened: Instant,
    ) -> Result<agreements::Agreement> {
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let award = self.recommend(call, application, parts, ends_on, day(42)).await?;
        self.approve(award, day(44)).await?;
        let route = subsidies::actions::RouteInput {
            kind: "market_terms".to_owned(),
            evidence: "Made up for practice: two social investors offered the same price and terms for the same risk."
                .to_owned(),
            ..subsidies::actions::RouteInput::default()
        };
        subsidies::actions::start(&self.app, &self.people.fund, who.id, &application.to_string(), &route, day(46))
            .await?;
        self.offer(award, 19, day(47)).await?;
        let answer = offers::AnswerInput { answer: "accept".to_owned(), understood: "yes".to_owned() };
        offers::answer(&self.app, &who.owner, award, &answer, day(50)).await?;
        self.jobs_until(day(50)).await?;
        self.app
            .db
            .read(move |db| agreements::of_award(db, award))
            .await?
            .ok_or_else(|| Error::internal("an accepted offer made no agreement"))
    }

    /// Reports every figure that has fallen due, all but the newest verified.
    async fn report_figures(
        &self,
        who: &Enterprise,
        agreement: Id<agreements::Agreement>,
        silent_after: Option<usize>,
    ) -> Result<()> {
        let dues = compliance_samples::dues(&self.app, agreement).await?;
        let fallen: Vec<_> = dues.into_iter().filter(|d| d.due_on < self.today.date()).collect();
        let most = silent_after.unwrap_or(usize::MAX);
        let newest = fallen.iter().map(|d| d.due_on).max();
        for due in fallen.iter().take(most) {
            let at = noon(due.due_on).plus(TimeDelta::days(-4));
            let quantity = Quantity::new(crate::values::round_half_up(due.target.get(), 0)).unwrap_or_default();
            let claim = compliance_samples::report(&self.app, &who.owner, due.id, quantity, at).await?;
            if Some(due.due_on) != newest {
                compliance_samples::accept(&self.app, &self.people.contracts, claim, at.plus(TimeDelta::days(3)))
                    .await?;
            }
        }
        Ok(())
    }

    /// The Youth Fund round, open, with applications at each stage until assessment; those at the later stages are in its
    /// first round.
    async fn youth_round(&self) -> Result<()> {
        self.step("the Youth Fund round");
        let opened = self.days_ago(20, 9);
        let dates = call_samples::Dates::closing_in(opened, 62);
        let terms = call_samples::youth_fund(&dates, call_samples::youth_conditions(&self.ground.catalogue, &dates));
        let call = self
            .publish(&self.people.fund, "Youth Fund", "Repayable loans of £20,000 to £500,000, from a pot of £2 million, for enterprises that open doors for young people.", "youth", &terms, opened)
            .await?;
        let applicants = [
            ("Sound Check Studios CIC", 80_000, OrganisationKind::CommunityInterestCompany),
            ("Bike Kitchen Co-op", 45_000, OrganisationKind::Cooperative),
            ("Code Corner Ltd", 120_000, OrganisationKind::Company),
            ("Stage Door Trust", 60_000, OrganisationKind::Charity),
        ];
        let mut sent = Vec::new();
        for (index, (name, pounds, kind)) in (0_i64..).zip(applicants) {
            let who = self.enterprise(name, kind, None).await?;
            let at = opened.plus(TimeDelta::days(5 + index));
            sent.push((who.clone(), self.submit(&who, call, dec!(0.8), Pence(pounds * 100), at).await?));
        }
        // One is still being written, one was taken back, one has been opened by the fund manager.
        let writing = self.enterprise("Paper Boats Press", OrganisationKind::SocialEnterprise, None).await?;
        applications::actions::start(&self.app, &writing.owner, call, writing.id, self.days_ago(3, 11)).await?;
        if let Some((who, id)) = sent.get(3) {
            applications::actions::withdraw(&self.app, &who.owner, *id, &Clock::stopped(self.days_ago(5, 15))).await?;
        }
        if let Some((_, id)) = sent.first() {
            applications::actions::open_investments(
                &self.app,
                &self.people.fund,
                call,
                Some(*id),
                self.days_ago(2, 14),
            )
            .await?;
        }
        Ok(())
    }
}

fn noon(on: LocalDate) -> Instant {
    Instant::start_of(on).plus(TimeDelta::hours(12))
}
