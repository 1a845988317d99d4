//! The practice council's own catalogue of social value: figures that nobody found anywhere, and the tender that copies one.

use super::Demo;
use crate::calls::{self, Call, Terms, criteria};
use crate::conditions::social_values::actions::{self, CatalogueInput};
use crate::documents::Upload;
use crate::error::{Error, Result};
use crate::values::{Id, Instant};

/// Columns of a measure before those that are the same in each.
const HEADS: &str =
    "code,title,unit,proxy,deadweight,displacement,attribution,drop_off,years,price_year,source,licence,valid_from";
const MEASURES: [&str; 5] = [
    "W1,Residents who were out of work and are in work for six months,people,9000,0.25,0.1,0.1,0.3,2",
    "Y1,Young people who finish a paid placement,people,3200,0.2,0.1,0.15,,1",
    "C1,Hours of cooking lessons given to residents,hours,11.50,0.1,,,,1",
    "M1,Meals shared with people who would go without,meals,4.20,0.15,0.05,,,1",
    "F1,Tonnes of good food kept from waste,tonnes,850,0.3,,0.1,,1",
];

impl Demo {
    /// Imports the catalogue as a file, before any of the tenders.
    pub(super) async fn social_values(&self) -> Result<()> {
        self.step("what promises are worth");
        let at = self.days_ago(215, 10);
        let fixed = at.date();
        let mut text = format!("{HEADS}\n");
        for measure in MEASURES {
            text.push_str(&format!("{measure},2025,Made up for practice,Invented for practice,{fixed}\n"));
        }
        let file = Upload { name: "made-up-values.csv".to_owned(), bytes: text.into_bytes() };
        let input = CatalogueInput {
            title: "Made-up social values".to_owned(),
            dated: fixed.to_string(),
            source: "Made up for practice: no study found these values, and nobody should use them".to_owned(),
        };
        let rows = actions::rows(&self.app, Some(file))?;
        actions::keep(&self.app, &self.people.lead, &input, &rows, at).await?;
        Ok(())
    }

    /// Copies from the catalogue into a draft what a resident in work is worth.
    pub(super) async fn say_worth(&self, call: Id<Call>, terms: &Terms, at: Instant) -> Result<()> {
        let asked = terms.conditions.iter().find(|one| one.id == "local_work").ok_or(Error::NotFound)?;
        let (feeds, weight) = criteria::fed_by(&terms.model, &asked.id).ok_or(Error::NotFound)?;
        let input = calls::ConditionInput {
            target: asked.target.to_string(),
            due: asked.due.to_string(),
            feeds,
            weight: weight.to_string(),
            worth: "W1".to_owned(),
            ..calls::ConditionInput::default()
        };
        calls::put_condition(&self.app, &self.people.buyer, call, Some(asked.id.as_str()), &input, at).await?;
        Ok(())
    }
}
