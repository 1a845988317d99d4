//! A tender in two lots whose best bidder may win only one of them.

use super::Demo;
use crate::calls::lots::{self, LotsInput, NewLot};
use crate::calls::rehearsing::{self, AcknowledgeInput};
use crate::calls::{sample_words, samples as call_samples};
use crate::error::Result;
use crate::evaluation::model_hash;
use crate::people::OrganisationKind;
use crate::values::Pence;
use chrono::TimeDelta;
use rust_decimal::dec;

impl Demo {
    /// Two food hubs under one notice, closed, scored, ranked and signed: what waits is the award of each.
    pub(super) async fn tender_in_lots(&self) -> Result<()> {
        self.step("a tender in lots");
        let buyer = &self.people.buyer;
        let opened = self.days_ago(130, 9);
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let value = Pence(26_000_000);
        let dates = call_samples::Dates::closing_in(opened, 30);
        let terms = self.short_tender(&dates, &sample_words::FOOD_HUBS, value);
        let north = self
            .begin(
                buyer,
                "Food hub in Gospel Oak",
                "One organisation to open and run a food hub in the north of the borough.",
                "food",
                &terms,
                opened,
            )
            .await?;
        let whole = LotsInput {
            title: "Neighbourhood food hubs, north and south".to_owned(),
            most_won: "1".to_owned(),
            choice: "published_order".to_owned(),
            ..LotsInput::default()
        };
        lots::set(&self.app, buyer, north, &whole, opened).await?;
        let further = NewLot {
            title: "Food hub in Somers Town".to_owned(),
            summary: "One organisation to open and run a food hub in the south of the borough.".to_owned(),
        };
        let south = lots::add(&self.app, buyer, north, &further, opened).await?;
        // A further lot has the terms of the first, but no value yet.
        let mut terms = self.terms_of(south).await?;
        if let Some(tender) = &mut terms.tender {
            tender.estimated_value = value;
        }
        self.write_terms(buyer, south, &terms, opened).await?;
        let model_hash = model_hash(&self.terms_of(north).await?.model);
        let seen = AcknowledgeInput { seen: "yes".to_owned(), model_hash };
        rehearsing::acknowledge(&self.app, buyer, north, &seen, opened).await?;
        self.release(buyer, south, opened).await?;

        // The same two bid for both lots, and a third for the second.
        let spoon = self.enterprise("Long Spoon Larder CIC", OrganisationKind::CommunityInterestCompany, None).await?;
        let pantry = self.enterprise("Pocket Pantry Co-op", OrganisationKind::Cooperative, None).await?;
        let table = self.enterprise("Everyday Table Ltd", OrganisationKind::Company, None).await?;
        let offers = [
            (&spoon, north, 244_000),
            (&pantry, north, 238_000),
            (&spoon, south, 246_000),
            (&pantry, south, 236_000),
            (&table, south, 232_000),
        ];
        for (index, (who, lot, pounds)) in (0_i64..).zip(offers) {
            self.submit(who, lot, dec!(1), Pence(pounds * 100), day(21).plus(TimeDelta::hours(index * 5))).await?;
        }
        self.jobs_until(day(31)).await?;
        let judge = |_: usize, name: &str, _: &str| match name.split(' ').next() {
            Some("Long") => 4,
            Some("Pocket") => 3,
            _ => 2,
        };
        for lot in [north, south] {
            self.open_and_rank(lot, &judge, true, day(31)).await?;
        }
        Ok(())
    }
}
