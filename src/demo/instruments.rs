//! A past round that offered more than loans: a share of revenue, shares of a company, and a grant that comes back with
//! a loan beside it as one package.

use super::{Demo, noon};
use crate::applications;
use crate::calls::{Instrument, samples as call_samples};
use crate::error::Result;
use crate::investments::facts::{self, Report};
use crate::investments::samples::{self as investment_samples, Cast};
use crate::investments::{self, Investment};
use crate::people::OrganisationKind;
use crate::scoring::samples as scoring_samples;
use crate::subsidies::{InstrumentInput, LoanInput};
use crate::values::{Actor, Id, Instant, LocalDate, Pence};
use chrono::{Months, TimeDelta};
use rust_decimal::dec;

/// Months ago the round opened.
const OPENED: u32 = 27;

impl Demo {
    /// One round with a revenue share, ordinary shares and a recoverable grant, each with some years behind it.
    pub(super) async fn other_instruments(&self) -> Result<()> {
        self.step("more than loans");
        let opened = Instant::start_of(self.today.date() - Months::new(OPENED)).plus(TimeDelta::hours(9));
        let day = |days: i64| opened.plus(TimeDelta::days(days));
        let dates = call_samples::Dates::closing_in(opened, 30);
        let mut terms =
            call_samples::youth_fund(&dates, call_samples::youth_conditions(&self.ground.catalogue, &dates));
        if let Some(round) = &mut terms.round {
            round.instruments =
                vec![Instrument::RevenueShare, Instrument::Equity, Instrument::RecoverableGrant, Instrument::Loan];
        }
        let call = self
            .publish(
                &self.people.fund,
                "Patient money of other kinds",
                "A share of revenue, shares of a company or a grant that comes back, for enterprises a loan does not fit.",
                "youth",
                &terms,
                opened,
            )
            .await?;
        let drawn = day(60).date();
        let after = |months: u32| drawn + Months::new(months);
        let offers = [
            ("Lock Side Coffee Ltd", OrganisationKind::Company, 120_000, sharing(drawn, after(3), after(84))),
            ("Tide Batteries Ltd", OrganisationKind::Company, 150_000, owning(drawn)),
            (
                "Open Larder CIC",
                OrganisationKind::CommunityInterestCompany,
                70_000,
                granting(drawn, after(12), after(72)),
            ),
        ];
        let mut sent = Vec::new();
        for (name, kind, pounds, offer) in offers {
            let who = self.enterprise(name, kind, None).await?;
            let application = self.submit(&who, call, dec!(0.9), Pence(pounds * 100), day(10)).await?;
            sent.push((who, application, offer));
        }
        self.jobs_until(day(31)).await?;
        applications::actions::open_investments(&self.app, &self.people.fund, call, None, day(31)).await?;
        let judge = |_: usize, _: &str, _: &str| 3;
        let (fund, evaluators) = (&self.people.fund, &self.people.evaluators);
        scoring_samples::score_everything(&self.app, fund, evaluators, call, &judge, day(35)).await?;
        scoring_samples::moderate_everything(&self.app, fund, call, &judge, day(38)).await?;
        scoring_samples::rank_and_sign(&self.app, fund, call, day(40)).await?;
        for (who, application, offer) in sent {
            self.step("more than loans");
            let instrument = offer.instrument.clone();
            let mut offers = vec![offer];
            if instrument == "recoverable_grant" {
                offers.push(lending(drawn));
            }
            let ends_on = after(180).to_string();
            let agreement = self.agree(&who, call, application, offers, &ends_on, opened).await?;
            let cast = self.cast();
            let today = self.today.date();
            let id = investment_samples::paid_out(&self.app, &cast, agreement.id, drawn, today).await?;
            match instrument.as_str() {
                "revenue_share" => self.share_revenue(&who.owner, &cast, id).await?,
                "equity" => self.own_shares(&cast, id, drawn).await?,
                _ => {
                    self.recover(&who.owner, &cast, id, after(12)).await?;
                    let parts = self.app.db.read(move |db| investments::by_agreement(db, agreement.id)).await?;
                    for loan in parts.iter().skip(1) {
                        self.repay(&cast, loan.id).await?;
                    }
                }
            }
            self.report_figures(&who, agreement.id, None).await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        who: &Actor,
        id: Id<Investment>,
        kind: &str,
        on: LocalDate,
        amount: &str,
        at: Instant,
    ) -> Result<()> {
        let report = Report {
            kind: kind.to_owned(),
            on: on.to_string(),
            amount: amount.to_owned(),
            source: "Made up for practice: management accounts".to_owned(),
            ..Report::default()
        };
        facts::report(&self.app, who, id, &report, at).await.map(|_| ())
    }

    /// A coffee house with its seasons: each quarter is reported before its payment, but one comes late.
    async fn share_revenue(&self, owner: &Actor, cast: &Cast, id: Id<Investment>) -> Result<()> {
        let quarters = ["96,000", "118,000", "131,000", "88,500", "102,000", "124,500", "139,000", "93,000", "108,000"];
        let book = self.app.db.read(move |db| investments::load_book(db, id)).await?;
        let today = self.today.date();
        let dues: Vec<LocalDate> = book.rows().iter().map(|r| r.due).filter(|due| *due < today).collect();
        for (place, (due, revenue)) in dues.iter().zip(quarters).enumerate() {
            let late = place == 3;
            if !late {
                self.tell(owner, id, "revenue", *due, revenue, noon(*due - TimeDelta::days(9))).await?;
            }
            investment_samples::receive_due(&self.app, cast, id, *due).await?;
            if late && *due + TimeDelta::days(12) < today {
                self.tell(owner, id, "revenue", *due, revenue, noon(*due + TimeDelta::days(12))).await?;
            }
        }
        Ok(())
    }

    /// Shares at cost, a dividend, and a round that others paid more for.
    async fn own_shares(&self, cast: &Cast, id: Id<Investment>, drawn: LocalDate) -> Result<()> {
        let payable = drawn + Months::new(14);
        if payable < self.today.date() {
            self.tell(&cast.fund_manager, id, "dividend", payable, "2,250", noon(payable)).await?;
            investment_samples::receive_due(&self.app, cast, id, payable).await?;
        }
        let valued = self.days_ago(35, 12).date();
        let reason = "A round of new shares at £14 each, bought by two outside investors; its papers are on file";
        investment_samples::value(&self.app, cast, id, valued, "210000", "latest_round", reason).await
    }

    /// The loan of a package is paid on its days, like any other.
    async fn repay(&self, cast: &Cast, id: Id<Investment>) -> Result<()> {
        let book = self.app.db.read(move |db| investments::load_book(db, id)).await?;
        let today = self.today.date();
        for due in book.rows().iter().map(|r| r.due).filter(|due| *due < today) {
            investment_samples::receive_due(&self.app, cast, id, due).await?;
        }
        investment_samples::value_at_balance(&self.app, cast, id, self.days_ago(40, 12).date()).await
    }

    /// The first year is above the trigger, so a part comes back.
    async fn recover(&self, owner: &Actor, cast: &Cast, id: Id<Investment>, due: LocalDate) -> Result<()> {
        if due < self.today.date() {
            self.tell(owner, id, "figure", due, "171,000", noon(due - TimeDelta::days(20))).await?;
            investment_samples::receive_due(&self.app, cast, id, due).await?;
        }
        Ok(())
    }
}

fn paid(pounds: i64, drawn: LocalDate) -> LoanInput {
    LoanInput { tranches: format!("{pounds} on {drawn}"), period_months: "3".to_owned(), ..LoanInput::default() }
}

fn sharing(drawn: LocalDate, first_due: LocalDate, long_stop: LocalDate) -> InstrumentInput {
    InstrumentInput {
        instrument: "revenue_share".to_owned(),
        loan: paid(120_000, drawn),
        share: "6".to_owned(),
        multiple: "1.4".to_owned(),
        expected: "110,000".to_owned(),
        first_due: first_due.to_string(),
        long_stop: long_stop.to_string(),
        ending: "forgiven".to_owned(),
        ..InstrumentInput::default()
    }
}

fn lending(drawn: LocalDate) -> InstrumentInput {
    let loan = LoanInput {
        rate: "5".to_owned(),
        repayment: "annuity".to_owned(),
        instalments: "16".to_owned(),
        ..paid(30_000, drawn)
    };
    InstrumentInput { instrument: "loan".to_owned(), loan, ..InstrumentInput::default() }
}

fn owning(drawn: LocalDate) -> InstrumentInput {
    InstrumentInput {
        instrument: "equity".to_owned(),
        loan: paid(150_000, drawn),
        shares: "15,000".to_owned(),
        all_shares: "100,000".to_owned(),
        market_value: "150,000".to_owned(),
        ..InstrumentInput::default()
    }
}

fn granting(drawn: LocalDate, first_due: LocalDate, until: LocalDate) -> InstrumentInput {
    InstrumentInput {
        instrument: "recoverable_grant".to_owned(),
        loan: paid(40_000, drawn),
        trigger: "150,000".to_owned(),
        share: "20".to_owned(),
        first_due: first_due.to_string(),
        until: until.to_string(),
        ..InstrumentInput::default()
    }
}
