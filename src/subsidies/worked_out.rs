//! Amounts of subsidy that are worked out from terms, and what a group has had so far.

use super::actions::{Read, begin};
use super::loan::percent;
use super::model::{Route, RouteBody, RouteKind};
use super::rules::{RouteRefusal, group_key};
use super::{pages, store};
use crate::app::App;
use crate::db::Db;
use crate::error::Result;
use crate::finance::subsidy_equivalent::SourcedRate;
use crate::law::subsidy::MfaCheck;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, actor};
use serde::{Deserialize, Serialize};

/// What the market asks, and the rate at which savings are brought to today; every field as text.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct MarketInput {
    /// Market rate in per cent that the enterprise would pay elsewhere; for a guarantee the market fee.
    pub market_rate: String,
    /// Day of the market rate.
    pub market_on: String,
    /// Who quoted it.
    pub market_source: String,
    /// Discount rate in per cent.
    pub discount_rate: String,
    /// Day of the discount rate.
    pub discount_on: String,
    /// Who published it.
    pub discount_source: String,
}

impl MarketInput {
    /// Reads both rates; field errors go to the form.
    pub fn read(&self, form: &mut Parser) -> Option<(SourcedRate, SourcedRate)> {
        let market_rate = percent(form, "market_rate", &self.market_rate, "Enter the market rate in per cent");
        let market_on = form.date("market_on", &self.market_on, "Enter the day of the market rate");
        let market_source = form.text("market_source", &self.market_source, 300, "Say who quoted the market rate");
        let discount_rate = percent(form, "discount_rate", &self.discount_rate, "Enter the discount rate in per cent");
        let discount_on = form.date("discount_on", &self.discount_on, "Enter the day of the discount rate");
        let discount_source =
            form.text("discount_source", &self.discount_source, 300, "Say who published the discount rate");
        let sourced = |rate, on, source: String| Some(SourcedRate { rate: rate?, on: on?, source });
        let market = sourced(market_rate, market_on, market_source);
        let discount = sourced(discount_rate, discount_on, discount_source);
        Some((market?, discount?))
    }
}

impl MarketInput {
    /// Reads what the market asks for each part of a package, and the discount rate: the first part's rate is the usual
    /// one, `further` has those of the others in per cent, one line each; all as the first when it is empty. Day and
    /// source are the same for all.
    pub fn read_each(&self, form: &mut Parser, further: &str, parts: usize) -> Option<(Vec<SourcedRate>, SourcedRate)> {
        let lines: Vec<&str> = further.split(['\n', ';']).map(str::trim).filter(|l| !l.is_empty()).collect();
        let others = parts.saturating_sub(1);
        let told = lines.is_empty() || lines.len() == others;
        form.check(told, "part_rates", "Enter one rate in per cent for each part after the first, one line each");
        let found: Vec<_> = lines.iter().map(|l| percent(form, "part_rates", l, "Enter a rate in per cent")).collect();
        let (market, discount) = self.read(form)?;
        let mut markets = vec![market.clone()];
        for place in 0..others {
            let own = if lines.is_empty() { Some(market.rate) } else { found.get(place).copied().flatten() };
            markets.push(SourcedRate { rate: own?, ..market.clone() });
        }
        Some((markets, discount))
    }
}

/// A gross cash equivalent that was worked out from the terms of an award.
#[derive(Clone, Debug)]
pub struct WorkedOut {
    /// The award whose terms it was worked out from.
    pub award: String,
    /// What that was worth, all parts together.
    pub value: Pence,
    /// The amount, more than nothing.
    pub amount: Pence,
    /// How it was found.
    pub basis: String,
    /// What the market asks.
    pub market: SourcedRate,
    /// The rate savings were discounted at.
    pub discount: SourcedRate,
}

/// Begins minimal financial assistance with an amount that was worked out from an award's own terms.
///
/// # Errors
/// Denied, NotFound, refused when there is no subsidy; Conflict when a route stands already, or the award is worth
/// something else by now.
pub async fn start_worked_out(
    app: &App,
    actor: &Actor,
    organisation: Id<actor::Organisation>,
    application: &str,
    found: WorkedOut,
    now: Instant,
) -> Result<Id<Route>> {
    if found.amount <= Pence::ZERO {
        return Err(RouteRefusal::NoSubsidy.into());
    }
    let body = RouteBody::Mfa {
        basis: found.basis,
        market: Some(found.market),
        discount: Some(found.discount),
        notified_at: now,
        confirmation: None,
        given_on: None,
    };
    let read = Read { kind: RouteKind::Mfa, amount: found.amount, body };
    begin(app, actor, organisation, application, read, Some((found.award, found.value)), now).await
}

/// What a whole group has had from this authority and declared from others, within the window that counts today.
///
/// # Errors
/// What the database says.
pub fn group_standing(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    group: &str,
    today: LocalDate,
) -> Result<Option<MfaCheck>> {
    let rows = store::of_group(db, authority, &group_key(group))?;
    Ok(pages::standing(&rows, today))
}
