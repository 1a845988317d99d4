//! A tender in two stages: three asked to take part, the published rule brought two on, and these write final tenders.

use super::calls::weigh;
use super::{Demo, Enterprise};
use crate::calls::stages::{self, StagesInput};
use crate::calls::{TimetableInput, sample_words, samples as call_samples};
use crate::error::Result;
use crate::law::procedures::Procedure;
use crate::people::OrganisationKind;
use crate::scoring::shortlist::{self, ShortlistDecisionInput};
use crate::values::Pence;
use chrono::{Months, TimeDelta};
use rust_decimal::dec;

impl Demo {
    /// The first stage is closed, its shortlist confirmed by a second officer, and the second stage open. One of those
    /// invited is an organisation whose owner can sign in, and has not begun yet; the other has sent its tender.
    pub(super) async fn tender_in_two_stages(&self, harvest: &Enterprise) -> Result<()> {
        self.step("a tender in two stages");
        let (buyer, second_buyer) = (&self.people.buyer, &self.people.second_buyer);
        let opened = self.days_ago(78, 9);
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let starts_on = day(240).date();
        let dates = call_samples::Dates {
            starts_on,
            ends_on: starts_on + Months::new(36),
            ..call_samples::Dates::closing_in(opened, 30)
        };
        let mut terms = self.short_tender(&dates, &sample_words::HOLIDAY_MEALS, Pence(45_000_000));
        if let Some(tender) = &mut terms.tender {
            tender.procedure = Procedure::CompetitiveFlexible;
        }
        let summary = "Organisations that cook for young people, and with them, when school is out.";
        let first = self.begin(buyer, "Meals in the school holidays", summary, "food", &terms, opened).await?;
        let rule = StagesInput { best: "2".to_owned(), at_least: "50".to_owned() };
        let second = stages::set(&self.app, buyer, first, &rule, opened).await?;
        // Who asks to take part is judged without a price.
        let mut requests = self.terms_of(first).await?;
        weigh(&mut requests, &[("menus", dec!(55)), ("residents", dec!(45))]);
        self.write_terms(buyer, first, &requests, opened).await?;
        self.release(buyer, first, opened).await?;

        let noon = self.enterprise("Noon Bell Kitchens CIC", OrganisationKind::CommunityInterestCompany, None).await?;
        let tray = self.enterprise("Silver Tray Catering Ltd", OrganisationKind::Company, None).await?;
        for (index, who) in (0_i64..).zip([harvest, &noon, &tray]) {
            self.submit(who, first, dec!(1), Pence::ZERO, day(20).plus(TimeDelta::hours(index * 5))).await?;
        }
        self.jobs_until(day(31)).await?;
        let judge = |_: usize, name: &str, criterion: &str| match name.split(' ').next() {
            Some("Harvest") => 4,
            Some("Noon") => 3,
            _ if criterion == "menus" => 2,
            _ => 1,
        };
        self.open_and_rank(first, &judge, false, day(31)).await?;

        let proposed = self.days_ago(12, 10);
        let times = call_samples::Dates::closing_in(proposed, 62);
        let input = TimetableInput {
            questions_by_date: times.questions_by.rfc3339(),
            answers_by_date: times.answers_by.rfc3339(),
            deadline_date: times.deadline.rfc3339(),
            decision_on: times.decision_on.to_string(),
            ..TimetableInput::default()
        };
        shortlist::propose(&self.app, buyer, first, &input, proposed).await?;
        let confirm = ShortlistDecisionInput { decision: "confirm".to_owned(), note: String::new() };
        shortlist::decide(&self.app, second_buyer, first, &confirm, self.days_ago(11, 10)).await?;
        self.submit(&noon, second, dec!(1), Pence(42_000_000), self.days_ago(3, 15)).await?;
        Ok(())
    }
}
