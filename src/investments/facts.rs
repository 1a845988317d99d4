//! What happened is reported: revenue of a period, a dividend, a round, a sale, a claim. Each report makes the next
//! version of the schedule.

use super::actions::note;
use super::model::{Investment, InvestmentState, StoredFact, happened};
use super::rules::{self, InvestmentRefusal};
use super::upkeep::{drawn, remake, upkeep};
use super::{payments, store, visible};
use crate::app::App;
use crate::db::Json;
use crate::error::{Error, Result};
use crate::finance::terms::{FactKind, Happened};
use crate::people::policy::{Action, Thing, can, require};
use crate::values::time::medium_date;
use crate::values::{Actor, Id, Instant, LocalDate, Parser, Pence, Rate};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

/// Reporting something that happened, every field as text.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Report {
    /// `revenue`, `figure`, `base_rate`, `dividend`, `interest`, `withdrawal`, `round`, `exit`, `claim` or `recovered`.
    pub kind: String,
    /// The day; for revenue and a yearly figure the due date of the payment it belongs to.
    pub on: String,
    /// Pounds: the revenue, the figure, the dividend, what is asked back, new money of a round, the price of a sale, the
    /// lender's loss, what the lender recovered.
    pub amount: String,
    /// Base rate, or interest declared on shares, in per cent a year.
    pub rate: String,
    /// Interest on shares: surplus that may be used for the fund's interest.
    pub surplus: String,
    /// Withdrawal: all share capital of the society.
    pub all_capital: String,
    /// Withdrawal: what was let out in this year so far.
    pub let_out: String,
    /// Round: value of the company before the new money.
    pub pre_money: String,
    /// Round: shares before it. Sale: all shares.
    pub shares: String,
    /// Where the figure comes from: accounts, a board minute, the lender's letter.
    pub source: String,
}

struct Read {
    on: LocalDate,
    what: Happened,
    source: String,
}

impl Report {
    fn read(&self) -> Result<Read> {
        let mut form = Parser::default();
        let kind = form.value::<FactKind>("kind", &self.kind, "Choose what you report");
        let Some(kind) = kind else { return Err(form.finish().err().unwrap_or_default().into()) };
        let period = matches!(kind, FactKind::Revenue | FactKind::Figure);
        let on = form.date("on", &self.on, if period { "Choose the payment it belongs to" } else { "Enter the day" });
        let what = self.what(&mut form, kind);
        let source =
            form.text("source", &self.source, 500, "Say where the figure comes from, such as the accounts of May");
        form.finish()?;
        match (on, what) {
            (Some(on), Some(what)) => Ok(Read { on, what, source }),
            _ => Err(Error::field("amount", "Enter the figure")),
        }
    }

    fn what(&self, form: &mut Parser, kind: FactKind) -> Option<Happened> {
        let money = |form: &mut Parser, field: &str, text: &str, missing: &str, least: i64| {
            let amount = form.pence(field, text, missing)?;
            form.check(
                amount >= Pence(least),
                field,
                if least > 0 { "Enter more than £0" } else { "Enter £0 or more" },
            );
            Some(amount).filter(|a| *a >= Pence(least))
        };
        let rate = |form: &mut Parser, missing: &str| -> Option<Rate> {
            let value = form.decimal("rate", self.rate.trim().trim_end_matches('%'), missing)?;
            match Rate::new(value / Decimal::ONE_HUNDRED) {
                Ok(rate) if rate.get() >= Decimal::ZERO => Some(rate),
                _ => {
                    form.wrong("rate", "Enter a rate from 0% to 10,000%, like 4.5");
                    None
                }
            }
        };
        let shares = |form: &mut Parser, missing: &str| -> Option<u64> {
            let count = form.value::<u64>("shares", &self.shares.replace([',', ' '], ""), missing)?;
            form.check(count > 0, "shares", "Enter 1 or more");
            Some(count).filter(|c| *c > 0)
        };
        let amount = self.amount.as_str();
        Some(match kind {
            FactKind::Revenue => Happened::Revenue {
                revenue: money(form, "amount", amount, "Enter the revenue of the period, in pounds", 0)?,
            },
            FactKind::Figure => Happened::Figure {
                figure: money(form, "amount", amount, "Enter the figure of the year, in pounds", 0)?,
            },
            FactKind::BaseRate => Happened::BaseRate { rate: rate(form, "Enter the new base rate in per cent")? },
            FactKind::Dividend => {
                Happened::Dividend { amount: money(form, "amount", amount, "Enter the dividend, in pounds", 0)? }
            }
            FactKind::Interest => {
                let rate = rate(form, "Enter the interest declared, in per cent");
                let surplus =
                    money(form, "surplus", &self.surplus, "Enter the surplus that may be used for it, in pounds", 0);
                Happened::Interest { rate: rate?, surplus: surplus? }
            }
            FactKind::Withdrawal => {
                let asked = money(form, "amount", amount, "Enter how much is asked back, in pounds", 1);
                let all = money(
                    form,
                    "all_capital",
                    &self.all_capital,
                    "Enter all share capital of the society, in pounds",
                    1,
                );
                let out =
                    money(form, "let_out", &self.let_out, "Enter what was let out in this year so far, in pounds", 0);
                Happened::Withdrawal { amount: asked?, all_capital: all?, let_out: out? }
            }
            FactKind::Round => {
                let raised = money(form, "amount", amount, "Enter how much was raised, in pounds", 1);
                let pre_money =
                    money(form, "pre_money", &self.pre_money, "Enter the value before the new money, in pounds", 1);
                let before = shares(form, "Enter how many shares there were before");
                Happened::Round { raised: raised?, pre_money: pre_money?, shares_before: before? }
            }
            FactKind::Exit => {
                let proceeds =
                    money(form, "amount", amount, "Enter the price for all shares after debts, in pounds", 0);
                let all = shares(form, "Enter how many shares there are in all");
                Happened::Exit { proceeds: proceeds?, all_shares: all? }
            }
            FactKind::Claim => {
                Happened::Claim { loss: money(form, "amount", amount, "Enter the lender’s loss, in pounds", 1)? }
            }
            // It is proposed and approved on a page of its own.
            FactKind::Restructured => {
                form.wrong("kind", "Choose what you report");
                return None;
            }
            FactKind::Recovered => {
                Happened::Recovered { amount: money(form, "amount", amount, "Enter what was recovered, in pounds", 1)? }
            }
        })
    }
}

/// Records what happened and makes the schedule anew from it. The fund manager reports everything, the enterprise its
/// own figures of a period.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when nothing is out, for something that is not reported of this instrument, out of
/// order.
pub async fn report(
    app: &App,
    actor: &Actor,
    id: Id<Investment>,
    input: &Report,
    now: Instant,
) -> Result<Id<StoredFact>> {
    let read = input.read()?;
    let actor = actor.clone();
    app.db
        .write(move |db| {
            upkeep(db, id, now)?;
            let book = store::load_book(db, id)?;
            let investment = &book.investment;
            visible(&actor, investment)?;
            let kind = read.what.kind();
            let own = Thing::of_applicant(investment.authority_id, investment.organisation_id);
            let by_enterprise = kind.by_enterprise() && can(&actor, Action::ReportFigure, &own);
            if !by_enterprise {
                require(&actor, Action::ManageFund, &own)?;
            }
            if investment.state != InvestmentState::Running {
                return Err(InvestmentRefusal::NotRunning.into());
            }
            let stored = StoredFact {
                id: Id::new(),
                authority_id: investment.authority_id,
                investment_id: id,
                kind,
                about_on: read.on,
                body: Json(read.what),
                source: read.source.clone(),
                by_enterprise,
                made_by: actor.account(),
                made_at: now,
            };
            let mut known = book.known().to_vec();
            let draws = drawn(&book);
            let new = stored.known();
            rules::may_record(&investment.terms.0.terms, &draws, &happened(&known), book.rows(), &new.fact)?;
            known.push(new);
            store::insert_fact(db, &stored)?;
            let reason = format!("Reported for {}: {}", medium_date(read.on), read.what.words());
            remake(db, &book, draws, known, reason, now.date(), now)?;
            let facts = json!({ "fact": stored.id, "kind": kind, "on": read.on });
            note(db, &actor, investment, "investment.reported", facts, now)?;
            upkeep(db, id, now)?;
            let mut after = store::load_book(db, id)?;
            payments::use_credit(db, &mut after, now)?;
            Ok(stored.id)
        })
        .await
}
