//! How calls of the practice council are begun and published, answered, opened and ranked.

use super::{Demo, Enterprise};
use crate::applications::{self, Application, samples as application_samples};
use crate::calls::sample_words::{self, Wording};
use crate::calls::{
    self, Call, CallKind, NewCall, Part, Terms, TermsInput, actions as call_actions, create, samples as call_samples,
    set_terms,
};
use crate::error::Result;
use crate::evaluation::{Kind, PriceModel};
use crate::people::OrganisationKind;
use crate::scoring::samples as scoring_samples;
use crate::values::{Actor, Id, Instant, Pence};
use chrono::TimeDelta;
use rust_decimal::{Decimal, dec};

impl Demo {
    /// A draft with whole terms.
    pub(super) async fn begin(
        &self,
        officer: &Actor,
        title: &str,
        summary: &str,
        mission: &str,
        terms: &Terms,
        at: Instant,
    ) -> Result<Id<Call>> {
        let mission = self.ground.mission(mission)?;
        let new = NewCall {
            kind: if terms.tender.is_some() { "tender" } else { "round" }.to_owned(),
            title: title.to_owned(),
            summary: summary.to_owned(),
            mission: mission.to_string(),
        };
        let id = create(&self.app, officer, &new, at).await?;
        let mut terms = terms.clone();
        title.clone_into(&mut terms.model.title);
        self.write_terms(officer, id, &terms, at).await?;
        Ok(id)
    }

    pub(super) async fn write_terms(&self, officer: &Actor, id: Id<Call>, terms: &Terms, at: Instant) -> Result<()> {
        let input = TermsInput {
            title: String::new(),
            summary: String::new(),
            mission: String::new(),
            terms: serde_json::to_value(terms)?,
        };
        set_terms(&self.app, officer, id, &input, at).await?;
        Ok(())
    }

    /// The terms of a call as they stand.
    pub(super) async fn terms_of(&self, id: Id<Call>) -> Result<Terms> {
        Ok(self.app.db.read(move |db| calls::find(db, id)).await?.terms.0)
    }

    /// Publishes a draft; a tender is opened by its notice.
    pub(super) async fn release(&self, officer: &Actor, id: Id<Call>, at: Instant) -> Result<()> {
        let said = || "yes".to_owned();
        let seen = call_actions::PublishInput { seen: said(), seen_second: said(), ..Default::default() };
        call_actions::publish(&self.app, officer, id, &seen, at).await?;
        if self.app.db.read(move |db| calls::find(db, id)).await?.kind == CallKind::Tender {
            let notice = call_actions::NoticeInput {
                kind: "uk4".to_owned(),
                notice_number: format!("2026/S 000-{:06}", at.micros() / 86_400_000_000 % 1_000_000),
                notice_date: at.rfc3339(),
                notice_time: String::new(),
            };
            call_actions::record_notice(&self.app, officer, id, &notice, at).await?;
        }
        Ok(())
    }

    pub(super) async fn publish(
        &self,
        officer: &Actor,
        title: &str,
        summary: &str,
        mission: &str,
        terms: &Terms,
        at: Instant,
    ) -> Result<Id<Call>> {
        let id = self.begin(officer, title, summary, mission, terms, at).await?;
        self.release(officer, id, at).await?;
        Ok(id)
    }

    /// A short tender: two answers, a price up to its value, and fair pay asked of everybody.
    pub(super) fn short_tender(&self, dates: &call_samples::Dates, words: &Wording, value: Pence) -> Terms {
        let asked = call_samples::kitchen_conditions(&self.ground.catalogue, dates);
        let fair_pay = asked.into_iter().filter(|one| one.id == "fair_pay").collect();
        let mut terms = sample_words::worded(call_samples::community_kitchens(dates, fair_pay), words);
        weigh(&mut terms, &[("menus", dec!(40)), ("residents", dec!(30)), ("price", dec!(30))]);
        if let Some(tender) = &mut terms.tender {
            tender.estimated_value = value;
        }
        for criterion in &mut terms.model.criteria {
            if let Kind::Price { model: PriceModel::AbsoluteToCeiling { ceiling, .. } } = &mut criterion.kind {
                *ceiling = value;
            }
        }
        terms
    }

    pub(super) async fn submit(
        &self,
        who: &Enterprise,
        call: Id<Call>,
        factor: Decimal,
        price: Pence,
        at: Instant,
    ) -> Result<Id<Application>> {
        let sample = application_samples::Sample {
            text: "Everything here is made up for practice: we work with residents, we name who does what by when, and we show our records every quarter.".to_owned(),
            factor,
            price,
            declared_by: "The owner".to_owned(),
        };
        let (id, _) = application_samples::submit_complete(&self.app, &who.owner, who.id, call, &sample, at).await?;
        Ok(id)
    }

    /// Bids of organisations that are made for it: name, price in pounds, and how much of each target is promised.
    pub(super) async fn bids(
        &self,
        call: Id<Call>,
        bidders: &[(&str, i64, Decimal)],
        at: Instant,
    ) -> Result<Vec<(Enterprise, Id<Application>)>> {
        let mut sent = Vec::new();
        for (index, (name, price, factor)) in (0_i64..).zip(bidders) {
            let who = self.enterprise(name, OrganisationKind::SocialEnterprise, None).await?;
            let id = self.submit(&who, call, *factor, Pence(price * 100), at.plus(TimeDelta::hours(index * 5))).await?;
            sent.push((who, id));
        }
        Ok(sent)
    }

    pub(super) async fn open_part(&self, call: Id<Call>, part: Part, at: Instant) -> Result<()> {
        applications::actions::ask_opening(&self.app, &self.people.buyer, call, part, at).await?;
        applications::actions::confirm_opening(
            &self.app,
            &self.people.second_buyer,
            call,
            part,
            at.plus(TimeDelta::minutes(4)),
        )
        .await?;
        Ok(())
    }

    /// Opens what came in, scores it, moderates, opens the prices where there are any, ranks and signs, in nine days.
    pub(super) async fn open_and_rank(
        &self,
        call: Id<Call>,
        judge: scoring_samples::Judge<'_>,
        priced: bool,
        from: Instant,
    ) -> Result<()> {
        let day = |days: i64| from.plus(TimeDelta::days(days));
        let (buyer, evaluators) = (&self.people.buyer, &self.people.evaluators);
        self.open_part(call, Part::Quality, from).await?;
        scoring_samples::score_everything(&self.app, buyer, evaluators, call, judge, day(4)).await?;
        scoring_samples::moderate_everything(&self.app, buyer, call, judge, day(7)).await?;
        if priced {
            self.open_part(call, Part::Price, day(8)).await?;
        }
        scoring_samples::rank_and_sign(&self.app, buyer, call, day(9)).await?;
        Ok(())
    }
}

/// Leaves these criteria alone in the model, each with its points of 100.
pub(super) fn weigh(terms: &mut Terms, kept: &[(&str, Decimal)]) {
    let points = |id: &str| kept.iter().find(|(one, _)| *one == id).map(|(_, points)| *points);
    terms.model.criteria.retain(|criterion| points(&criterion.id).is_some());
    for criterion in &mut terms.model.criteria {
        criterion.weight = points(&criterion.id);
    }
    terms.words.retain(|id, _| points(id).is_some());
}
