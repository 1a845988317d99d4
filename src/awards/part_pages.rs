//! The page on which another part is added to a recommended investment.

use super::actions::{self, PartInput};
use super::model::{Award, AwardKind, AwardState, MOST_PARTS, PartLine};
use super::pages::InstrumentQuery;
use super::rules::AwardRefusal;
use super::store;
use crate::calls::{self, Call};
use crate::error::{Error, Result};
use crate::finance::Instrument;
use crate::finance::terms::package;
use crate::http::{Answer, FormState, Link, Nothing, Posted, Shell, Visit, page, page_again, see};
use crate::people::find_organisation;
use crate::people::policy::{Action, require};
use crate::subsidies::InstrumentFields;
use crate::values::{Id, Parser, Pence, counted};
use actix_web::web;
use askama::Template;

#[derive(Template)]
#[template(path = "awards/part.html")]
struct PartPage {
    shell: Shell,
    form: FormState,
    call: Call,
    award: Award,
    name: String,
    lines: Vec<PartLine>,
    /// What the applicant will read of the parts so far.
    lead: String,
    least: Pence,
    most: Pence,
    instrument: Instrument,
    others: Vec<Instrument>,
}

impl PartPage {
    fn fields(&self) -> InstrumentFields<'_> {
        InstrumentFields::new(self.instrument, &self.form)
    }
    fn verdict(&self) -> String {
        let still = self.least.0.saturating_sub(self.award.value.0);
        let of = counted(self.lines.len(), "parts");
        if still > 0 {
            format!("{of} of {} so far. The round invests at least {}.", self.award.value, self.least)
        } else {
            format!("{of} of {} so far. The round invests at most {}.", self.award.value, self.most)
        }
    }
    /// Whether the part that was added last can be taken out: the first stays, and nobody has decided.
    fn may_shrink(&self) -> bool {
        self.award.state == AwardState::Recommended && self.lines.len() > 1
    }
    /// Whether other parts were said to follow although these could be decided on as they are.
    fn waits(&self) -> bool {
        self.award.state == AwardState::Recommended && self.award.terms.0.more_follow && self.award.value >= self.least
    }
    /// Whether the page takes another part: nobody has decided, and one offer stays readable.
    fn open(&self) -> bool {
        self.award.state == AwardState::Recommended && self.lines.len() < MOST_PARTS
    }
}

async fn part_page(visit: &Visit, call: Id<Call>, id: Id<Award>, form: FormState, wanted: &str) -> Result<PartPage> {
    let wanted = [form.value("instrument"), wanted].iter().find_map(|word| word.parse::<Instrument>().ok());
    let actor = visit.actor.clone();
    let (award, call, name) = visit
        .app
        .db
        .read(move |db| {
            let award = store::find(db, id)?;
            if award.call_id != call {
                return Err(Error::NotFound);
            }
            let call = calls::find(db, call)?;
            require(&actor, Action::RecommendAward, &calls::thing(&call))?;
            let name = find_organisation(db, award.organisation_id)?.name;
            Ok((award, call, name))
        })
        .await?;
    if award.kind != AwardKind::Investment {
        return Err(AwardRefusal::NoPackage.into());
    }
    let round = call.terms.0.round.as_ref();
    let offered = round.map(|r| r.instruments.clone()).unwrap_or_default();
    let used: Vec<Instrument> = award.terms.0.parts().map(super::InvestmentOffer::instrument).collect();
    // What is not in the package yet is the likelier next part.
    let next = offered.iter().find(|i| !used.contains(i)).or_else(|| offered.first()).copied();
    let instrument = wanted.filter(|i| offered.contains(i)).or(next).unwrap_or(Instrument::Loan);
    let lead = match &award.terms.0.offer {
        Some(only) if used.len() == 1 => only.terms.cost(&only.draws)?.lead,
        _ => package::cost(&award.terms.0.layers())?.lead,
    };
    let mut shell = visit.shell("Add another part", "/desk/calls");
    shell.breadcrumbs = vec![Link::new("Offers", format!("/desk/calls/{}/award", call.id))];
    shell.csrf = visit.csrf();
    shell.error = form.has_errors();
    Ok(PartPage {
        lines: award.terms.0.listed(),
        least: round.map_or(Pence::ZERO, |r| r.least),
        most: round.map_or(Pence::ZERO, |r| r.most),
        others: offered.into_iter().filter(|i| *i != instrument).collect(),
        shell,
        form,
        call,
        award,
        name,
        lead,
        instrument,
    })
}

/// `GET /desk/calls/{id}/award/{award}/parts`
///
/// # Errors
/// Denied, NotFound; refused for a contract.
pub async fn form(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, query: web::Query<InstrumentQuery>) -> Answer {
    let (call, award) = path.into_inner();
    page(&part_page(&visit, call, award, FormState::empty(), &query.instrument).await?)
}

/// `POST /desk/calls/{id}/award/{award}/parts`
///
/// # Errors
/// Denied, NotFound.
pub async fn add(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<PartInput>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    match actions::add_part(&visit.app, &visit.actor, award, &posted.input, visit.now).await {
        Ok(parts) if Parser::ticked(&posted.input.more) => {
            visit.done(format!("Part {parts} is added. Add the next one."));
            see(&format!("/desk/calls/{call}/award/{award}/parts"))
        }
        Ok(parts) => {
            visit.done(format!("Part {parts} is added. A committee member decides on the whole package."));
            see(&format!("/desk/calls/{call}/award"))
        }
        Err(error) => page_again(&part_page(&visit, call, award, posted.again(error)?, "").await?),
    }
}

/// `POST /desk/calls/{id}/award/{award}/parts/take-out`
///
/// # Errors
/// Denied, NotFound.
pub async fn take_out(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<Nothing>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    match actions::take_out_part(&visit.app, &visit.actor, award, visit.now).await {
        Ok(_) => {
            visit.done("The last part is taken out.");
            see(&format!("/desk/calls/{call}/award/{award}/parts"))
        }
        Err(error) => page_again(&part_page(&visit, call, award, posted.again(error)?, "").await?),
    }
}

/// `POST /desk/calls/{id}/award/{award}/parts/complete`
///
/// # Errors
/// Denied, NotFound.
pub async fn complete(visit: Visit, path: web::Path<(Id<Call>, Id<Award>)>, posted: Posted<Nothing>) -> Answer {
    let (call, award) = path.into_inner();
    visit.under(call, move |db| Ok(store::find(db, award)?.call_id)).await?;
    match actions::complete_package(&visit.app, &visit.actor, award, visit.now).await {
        Ok(_) => {
            visit.done("No other part follows. The committee is asked to decide.");
            see(&format!("/desk/calls/{call}/award"))
        }
        Err(error) => page_again(&part_page(&visit, call, award, posted.again(error)?, "").await?),
    }
}
