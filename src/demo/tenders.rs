//! The tenders of the practice council: live, closed, in scoring and awarded.

use super::{Demo, Enterprise};
use crate::agreements::actions as agreement_actions;
use crate::awards::actions as award_actions;
use crate::calls::sample_words::{self, Wording};
use crate::calls::{Call, Part, actions as call_actions, samples as call_samples};
use crate::error::{Error, Result};
use crate::people::OrganisationKind;
use crate::scoring::samples as scoring_samples;
use crate::values::{Actor, Id, Instant, Pence};
use chrono::{Months, TimeDelta};
use rust_decimal::dec;

impl Demo {
    pub(super) async fn tender(
        &self,
        (title, summary): (&str, &str),
        words: &Wording,
        opened: Instant,
        days: u64,
    ) -> Result<Id<Call>> {
        let dates = call_samples::Dates::closing_in(opened, days);
        let kitchens =
            call_samples::community_kitchens(&dates, call_samples::kitchen_conditions(&self.ground.catalogue, &dates));
        let terms = sample_words::worded(kitchens, words);
        self.publish(&self.people.buyer, title, summary, "food", &terms, opened).await
    }

    pub(super) async fn awarded_tender(&self) -> Result<Enterprise> {
        self.step("a tender that was awarded");
        let opened = self.days_ago(190, 9);
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let call = self
            .tender(
                (
                    "Lunch clubs in nine libraries",
                    "Organisations to run lunch clubs where older residents eat together.",
                ),
                &sample_words::LUNCH_CLUBS,
                opened,
                35,
            )
            .await?;
        let harvest = self
            .enterprise(
                "Harvest Lane Kitchens CIC",
                OrganisationKind::CommunityInterestCompany,
                Some("owner@harvest.example"),
            )
            .await?;
        let won = self.submit(&harvest, call, dec!(1), Pence(108_600_000), day(20)).await?;
        self.bids(
            call,
            &[("Kitchen Table Co-op", 1_052_000, dec!(0.8)), ("Civic Plate Ltd", 1_112_000, dec!(0.4))],
            day(21),
        )
        .await?;
        self.jobs_until(day(36)).await?;
        self.open_part(call, Part::Quality, day(36)).await?;
        let judge = |_: usize, name: &str, _: &str| if name.starts_with("Harvest") { 4 } else { 2 };
        scoring_samples::score_everything(
            &self.app,
            &self.people.buyer,
            &self.people.evaluators,
            call,
            &judge,
            day(42),
        )
        .await?;
        scoring_samples::moderate_everything(&self.app, &self.people.buyer, call, &judge, day(50)).await?;
        self.open_part(call, Part::Price, day(51)).await?;
        scoring_samples::rank_and_sign(&self.app, &self.people.buyer, call, day(53)).await?;
        for kind in ["exclusion", "debarment"] {
            let check = award_actions::CheckInput {
                kind: kind.to_owned(),
                subject: String::new(),
                outcome: "clear".to_owned(),
                note: "Made up for practice: looked up on the day of this entry".to_owned(),
            };
            award_actions::record_check(&self.app, &self.people.buyer, won, &check, day(54)).await?;
        }
        let starts = day(85).date();
        let ends = starts + Months::new(36);
        let recommendation = award_actions::RecommendInput {
            application: won.to_string(),
            reasons: "First by the published criteria: the strongest method and the fullest promises at a price below the ceiling.".to_owned(),
            starts_on: starts.to_string(),
            ends_on: ends.to_string(),
            ..award_actions::RecommendInput::default()
        };
        let award = award_actions::recommend(&self.app, &self.people.buyer, call, &recommendation, day(55)).await?;
        award_actions::decide(&self.app, &self.people.committee, award, true, day(57)).await?;
        award_actions::send_summaries(&self.app, &self.people.buyer, call, day(58)).await?;
        let notice = award_actions::NoticeInput {
            number: "2026/S 000-055555".to_owned(),
            published_date: day(59).rfc3339(),
            ..award_actions::NoticeInput::default()
        };
        award_actions::record_notice(&self.app, &self.people.buyer, award, &notice, day(59)).await?;
        self.jobs_until(day(80)).await?;
        let agreement = agreement_actions::sign(
            &self.app,
            &self.people.buyer,
            award,
            &agreement_actions::SignInput::default(),
            day(80),
        )
        .await?;
        self.jobs_until(day(81)).await?;
        self.report_figures(&harvest, agreement, None).await?;
        Ok(harvest)
    }

    pub(super) async fn tender_in_scoring(&self) -> Result<()> {
        self.step("a tender in scoring");
        let opened = self.days_ago(70, 9);
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let call = self
            .tender(
                (
                    "Breakfast in six primary schools",
                    "Organisations to cook a good breakfast for every child who wants one.",
                ),
                &sample_words::BREAKFASTS,
                opened,
                32,
            )
            .await?;
        self.bids(
            call,
            &[
                ("Early Bird Kitchens", 980_000, dec!(0.9)),
                ("First Bell Catering Ltd", 870_000, dec!(0.5)),
                ("Porridge People CIC", 1_010_000, dec!(1)),
            ],
            day(18),
        )
        .await?;
        self.jobs_until(day(33)).await?;
        self.open_part(call, Part::Quality, day(33)).await?;
        let judge =
            |_: usize, name: &str, criterion: &str| u32::from(name.len() > 18) + 1 + u32::from(criterion.len() > 8);
        let first = self.people.evaluators.get(..1).unwrap_or_default();
        scoring_samples::score_everything(&self.app, &self.people.buyer, first, call, &judge, day(40)).await?;
        let second = self.people.evaluators.get(1).and_then(Actor::account).ok_or(Error::NotFound)?;
        let member = crate::scoring::panel::MemberInput { account: second.to_string() };
        crate::scoring::panel::add_member(&self.app, &self.people.buyer, call, &member, day(41)).await?;
        Ok(())
    }

    pub(super) async fn closed_tender(&self) -> Result<()> {
        self.step("a tender that closed yesterday");
        let opened = self.days_ago(31, 9);
        let call = self
            .tender(
                ("Growing space on three estates", "One organisation to build and look after gardens with residents."),
                &sample_words::GARDENS,
                opened,
                30,
            )
            .await?;
        self.bids(
            call,
            &[
                ("Bramble Works CIC", 640_000, dec!(0.9)),
                ("Northline Gardens Ltd", 590_000, dec!(0.6)),
                ("Rooted Together Co-op", 702_000, dec!(1)),
                ("Green Thumb Services Ltd", 540_000, dec!(0.3)),
                ("Allotment Alliance", 655_000, dec!(0.8)),
            ],
            self.days_ago(9, 10),
        )
        .await?;
        self.jobs_until(self.days_ago(0, 0)).await
    }

    pub(super) async fn live_tender(&self) -> Result<()> {
        self.step("a live tender");
        let opened = self.days_ago(8, 9);
        let dates = call_samples::Dates::closing_in(opened, 52);
        let terms =
            call_samples::community_kitchens(&dates, call_samples::kitchen_conditions(&self.ground.catalogue, &dates));
        let buyer = &self.people.buyer;
        let summary = "One or two organisations to run kitchens where neighbours cook, eat and learn together, and where residents are hired and trained.";
        let call = self.begin(buyer, "Community kitchens on four estates", summary, "food", &terms, opened).await?;
        self.say_worth(call, &terms, opened).await?;
        self.release(buyer, call, opened).await?;
        let asker = self.enterprise("Fresh Start Foods Ltd", OrganisationKind::Company, None).await?;
        let questions = [
            (
                "Can staff who work on this contract now move to the new supplier?",
                Some(
                    "Yes. Eleven people are likely to transfer. Their pay and hours, without names, are in document 5.",
                ),
            ),
            (
                "Do volunteers count as residents in work?",
                Some("No. Only paid work of 16 hours a week or more counts."),
            ),
            ("Is the equipment list final?", None),
        ];
        for (index, (question, answer)) in (0_i64..).zip(questions) {
            let at = opened.plus(TimeDelta::days(1 + index));
            let input = call_actions::QuestionInput { question: question.to_owned() };
            let id = call_actions::ask(&self.app, &asker.owner, call, &input, at).await?;
            if let Some(answer) = answer {
                let input = call_actions::AnswerInput { answer: answer.to_owned() };
                call_actions::answer(&self.app, &self.people.buyer, call, id, &input, at.plus(TimeDelta::hours(20)))
                    .await?;
            }
        }
        Ok(())
    }
}
