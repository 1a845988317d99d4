//! How the practice council decides about money: recommended by one, looked at by the committee, offered, answered. One
//! round stands in the middle of it, so that an offer can be answered and a recommendation decided.

use super::{Demo, Enterprise};
use crate::applications::{self, Application};
use crate::awards::{Award, actions as award_actions, committee, offers};
use crate::calls::{Call, samples as call_samples};
use crate::error::Result;
use crate::people::OrganisationKind;
use crate::scoring::samples as scoring_samples;
use crate::subsidies::{self, InstrumentInput, LoanInput};
use crate::values::{Id, Instant, Pence};
use chrono::TimeDelta;
use rust_decimal::dec;

/// A loan of so much at 5%, paid back by annuity after three months of interest only.
pub(super) fn loan(pounds: i64, drawn_on: &str, instalments: u32) -> InstrumentInput {
    let loan = LoanInput {
        tranches: format!("{pounds} on {drawn_on}"),
        draw_on: drawn_on.to_owned(),
        rate: "5".to_owned(),
        repayment: "annuity".to_owned(),
        instalments: instalments.to_string(),
        holiday: "interest_only".to_owned(),
        holiday_periods: "3".to_owned(),
        ..LoanInput::default()
    };
    InstrumentInput { loan, ..InstrumentInput::default() }
}

impl Demo {
    /// The fund manager recommends an investment, part by part.
    pub(super) async fn recommend(
        &self,
        call: Id<Call>,
        application: Id<Application>,
        parts: Vec<InstrumentInput>,
        ends_on: &str,
        at: Instant,
    ) -> Result<Id<Award>> {
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        // The committee is asked once, with the last part.
        let said = |left: usize| if left > 0 { "yes".to_owned() } else { String::new() };
        let recommendation = award_actions::RecommendInput {
            application: application.to_string(),
            reasons: "Scores above the level the round asked for; the cash flow carries it with room to spare."
                .to_owned(),
            value: String::new(),
            starts_on: String::new(),
            ends_on: ends_on.to_owned(),
            precedents: "The agreement is signed and the bank account checked".to_owned(),
            package: said(parts.len()),
            offer: first,
        };
        let award = award_actions::recommend(&self.app, &self.people.fund, call, &recommendation, at).await?;
        while let Some(offer) = parts.next() {
            let more = said(parts.len());
            let part = award_actions::PartInput { more, offer, ..award_actions::PartInput::default() };
            award_actions::add_part(&self.app, &self.people.fund, award, &part, at.plus(TimeDelta::days(1))).await?;
        }
        Ok(award)
    }

    /// The committee reads it, is in favour, and approves it the day after.
    pub(super) async fn approve(&self, award: Id<Award>, at: Instant) -> Result<()> {
        let read = self.app.db.read(move |db| Ok(crate::awards::find(db, award)?.terms.0.mark())).await?;
        for member in &self.people.members {
            let favour = committee::StanceInput {
                stance: "for".to_owned(),
                reason: "The plan is sound and the enterprise can carry it.".to_owned(),
                parts: read.clone(),
            };
            committee::vote(&self.app, member, award, &favour, at).await?;
        }
        let decided = at.plus(TimeDelta::days(1));
        award_actions::decide_as_read(&self.app, &self.people.committee, award, true, &read, decided).await?;
        Ok(())
    }

    /// Offers what was approved, to be answered within so many days.
    pub(super) async fn offer(&self, award: Id<Award>, days: i64, at: Instant) -> Result<()> {
        let by = at.plus(TimeDelta::days(days));
        let offer = offers::OfferInput { answer_by_date: by.rfc3339(), answer_by_time: String::new() };
        offers::make(&self.app, &self.people.fund, award, &offer, at).await
    }

    /// The round of the Youth Fund that closed some weeks ago: one loan is offered with minimal financial assistance in it and waits for its
    /// answer, one waits for the committee, one application was not good enough.
    pub(super) async fn round_being_decided(&self, harvest: &Enterprise) -> Result<()> {
        self.step("the first Youth Fund round, being decided");
        let opened = self.days_ago(64, 9);
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let dates = call_samples::Dates::closing_in(opened, 30);
        let terms = call_samples::youth_fund(&dates, call_samples::youth_conditions(&self.ground.catalogue, &dates));
        let title = "Youth Fund, first round: kitchens that train young people";
        let summary = "Repayable loans of £20,000 to £500,000, from a pot of £2 million, for kitchens that open doors for \
                       young people.";
        let call = self.publish(&self.people.fund, title, summary, "youth", &terms, opened).await?;
        let community = OrganisationKind::CommunityInterestCompany;
        let ladle = self.enterprise("Ladle and Larder CIC", community, None).await?;
        let quick = self.enterprise("Quick Bite Vans Ltd", OrganisationKind::Company, None).await?;
        let mut sent = Vec::new();
        for (who, pounds, factor) in
            [(harvest, 85_000, dec!(1)), (&ladle, 55_000, dec!(0.9)), (&quick, 40_000, dec!(0.2))]
        {
            sent.push(self.submit(who, call, factor, Pence(pounds * 100), day(10)).await?);
        }
        self.jobs_until(day(31)).await?;
        applications::actions::open_investments(&self.app, &self.people.fund, call, None, day(31)).await?;
        let judge = |_: usize, name: &str, _: &str| if name.starts_with('Q') { 1 } else { 3 };
        let (manager, evaluators) = (&self.people.fund, &self.people.evaluators);
        scoring_samples::score_everything(&self.app, manager, evaluators, call, &judge, day(35)).await?;
        scoring_samples::moderate_everything(&self.app, manager, call, &judge, day(38)).await?;
        scoring_samples::rank_and_sign(&self.app, manager, call, day(40)).await?;
        let [first, second, _] = sent.as_slice() else { return Ok(()) };
        let drawn_on = day(90).date().to_string();

        let award = self.recommend(call, *first, vec![loan(85_000, &drawn_on, 60)], "", day(45)).await?;
        self.approve(award, day(48)).await?;
        let assistance = subsidies::actions::RouteInput {
            kind: "mfa".to_owned(),
            amount: "4200".to_owned(),
            basis: "Made up for practice: what the loan saves against the quotes of two lenders, at today’s value."
                .to_owned(),
            ..subsidies::actions::RouteInput::default()
        };
        let application = first.to_string();
        let route =
            subsidies::actions::start(&self.app, manager, harvest.id, &application, &assistance, day(50)).await?;
        let whole = subsidies::actions::ConfirmationInput { declared: String::new(), complete: "yes".to_owned() };
        subsidies::actions::confirm(&self.app, &harvest.owner, route, &whole, day(53)).await?;
        self.offer(award, 28, day(60)).await?;

        self.recommend(call, *second, vec![loan(55_000, &drawn_on, 48)], "", day(62)).await?;
        Ok(())
    }
}
