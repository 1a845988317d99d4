//! Where an investment stands: pure arithmetic on what is stored.

use super::model::{
    Drawdown, Entry, EntryKind, Investment, InvestmentState, KnownFact, ProposalState, ScheduleVersion, Valuation,
    happened,
};
use crate::finance::measures::{self, FlowKind, MULTIPLE_PLACES, Measures, Nav, TypedFlow};
use crate::finance::payments::{self, AllocationLine, Arrears, BUCKETS, Component, Due, Order, Receipt};
use crate::finance::schedule::{Nature, Row};
use crate::finance::terms::{Carried, Diluted, FactKind, Happened, NewTerms};
use crate::finance::{InstrumentTerms, Xirr, arrears};
use crate::values::{LocalDate, Pence};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

crate::text_enum! {
    /// How an investment stands today: its stored state, and whether anything is overdue.
    pub enum Standing {
        AwaitingDrawdown = "awaiting_drawdown" => "Waiting for its first payment out",
        Running = "running" => "On time",
        InArrears = "in_arrears" => "Late",
        Repaid = "repaid" => "Repaid",
        WrittenOff = "written_off" => "Written off",
        Ended = "ended" => "Ended",
        Cancelled = "cancelled" => "Cancelled before any payment",
    }
}

impl Standing {
    /// The colour of its tag, beside its words.
    #[must_use]
    pub fn colour(self) -> &'static str {
        match self {
            Standing::AwaitingDrawdown | Standing::Ended | Standing::Cancelled => "grey",
            Standing::Running | Standing::Repaid => "green",
            Standing::InArrears => "red",
            Standing::WrittenOff => "orange",
        }
    }
}

/// Where a net asset value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NavBasis {
    /// An approved valuation.
    Valuation,
    /// An approved valuation, with what was paid out, capitalised and repaid since.
    RolledForward,
    /// No valuation: the principal still owed.
    Outstanding,
    /// No valuation of something that needs one: what it cost, less what came back.
    Cost,
    /// Repaid or written off: nothing is held any more.
    Closed,
}

/// A net asset value and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct NavShown {
    /// The value as the measures take it.
    #[serde(flatten)]
    pub nav: Nav,
    /// Where it comes from.
    pub basis: NavBasis,
}

/// Everything stored about one investment that figures are made of.
#[derive(Clone, Debug)]
pub struct Book {
    /// The investment.
    pub investment: Investment,
    /// The schedule in force.
    pub schedule: Option<ScheduleVersion>,
    /// Payments out in any state, oldest first.
    pub drawdowns: Vec<Drawdown>,
    /// The account, by day.
    pub entries: Vec<Entry>,
    /// Valuations in any state, by day.
    pub valuations: Vec<Valuation>,
}

impl Book {
    /// The rows of the schedule in force.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        self.schedule.as_ref().map_or(&[], |s| &s.schedule.0.rows)
    }

    /// What was reported when the schedule in force was made, in the order it was recorded.
    #[must_use]
    pub fn known(&self) -> &[KnownFact] {
        self.schedule.as_ref().map_or(&[], |s| &s.terms.0.facts)
    }

    /// What changes of a loan moved to later instalments or gave up.
    #[must_use]
    pub fn moved(&self) -> &[AllocationLine] {
        self.schedule.as_ref().map_or(&[], |s| &s.terms.0.moved)
    }

    /// The changes of a running loan, with the day each holds from.
    pub fn changes(&self) -> impl Iterator<Item = (LocalDate, NewTerms)> + '_ {
        self.known().iter().filter_map(|k| match k.fact.what {
            Happened::Restructured(new) => Some((k.fact.on, new)),
            _ => None,
        })
    }

    /// What is approved and paid out.
    pub fn paid_out(&self) -> impl Iterator<Item = &Drawdown> {
        self.drawdowns.iter().filter(|d| d.state == ProposalState::Approved)
    }

    /// All paid out up to and including a day.
    #[must_use]
    pub fn drawn(&self, on: LocalDate) -> Pence {
        self.paid_out().filter(|d| d.pay_on <= on).map(|d| d.amount).sum()
    }

    /// Agreed and not yet paid out.
    #[must_use]
    pub fn undrawn(&self) -> Pence {
        if self.investment.state.is_closed() {
            return Pence::ZERO;
        }
        self.investment.amount - self.paid_out().map(|d| d.amount).sum()
    }

    fn reversed(&self) -> HashSet<crate::values::Id<Entry>> {
        self.entries.iter().filter_map(|e| e.reverses_id).collect()
    }

    /// Whether an entry was cancelled by a counter-entry.
    #[must_use]
    pub fn is_reversed(&self, entry: &Entry) -> bool {
        self.entries.iter().any(|e| e.reverses_id == Some(entry.id))
    }

    /// The instalments of the schedule with the fees charged to them, without what a change moved or gave up.
    #[must_use]
    pub fn dues(&self) -> Vec<Due> {
        let mut dues = payments::dues(self.rows());
        let reversed = self.reversed();
        for charge in self.entries.iter().filter(|e| e.kind == EntryKind::Charge && !reversed.contains(&e.id)) {
            let Some(number) = charge.instalment.and_then(|n| u32::try_from(n).ok()) else { continue };
            if let Some(due) = dues.iter_mut().find(|d| d.instalment == number) {
                due.fee = due.fee + charge.amount;
            } else if let Some(row) = self.rows().iter().find(|r| r.number == number) {
                dues.push(Due {
                    instalment: number,
                    due: row.due,
                    fee: charge.amount,
                    interest: Pence::ZERO,
                    principal: Pence::ZERO,
                });
            }
        }
        for line in self.moved() {
            take(&mut dues, line);
        }
        dues.sort_by_key(|d| (d.due, d.instalment));
        dues
    }

    /// The entries that still count as payments or use what was paid: reversed ones and their counter-entries cancel.
    fn paying(&self) -> impl Iterator<Item = &Entry> {
        let reversed = self.reversed();
        self.entries
            .iter()
            .filter(move |e| !matches!(e.kind, EntryKind::Reversal | EntryKind::Charge) && !reversed.contains(&e.id))
    }

    /// What is unpaid of each instalment by the stored allocations; paid instalments are left out.
    #[must_use]
    pub fn outstanding(&self) -> Vec<Due> {
        let mut dues = self.dues();
        for line in self.paying().flat_map(|e| &e.allocation.0.lines) {
            take(&mut dues, line);
        }
        dues.retain(|d| d.total() > Pence::ZERO);
        dues
    }

    /// Received, and neither used for anything due nor paid back.
    #[must_use]
    pub fn credit(&self) -> Pence {
        self.paying().map(to_credit).sum()
    }

    /// The most of the credit that can have been paid back on a day.
    pub(super) fn refundable(&self, on: LocalDate) -> Pence {
        let by_then: Pence = self.paying().filter(|e| e.booked_on <= on).map(to_credit).sum();
        by_then.min(self.credit()).max(Pence::ZERO)
    }

    /// The day on which what was paid ahead is set off when the rest is written off as of a day: that day, or the day on which
    /// the last of it came in. Nothing comes back before it has come in.
    pub(super) fn set_off_on(&self, written_off_on: LocalDate) -> LocalDate {
        let ahead = self.paying().filter(|e| e.kind == EntryKind::Receipt && !e.allocation.0.left_over.is_zero());
        ahead.map(|e| e.booked_on).chain([written_off_on]).max().unwrap_or(written_off_on)
    }

    /// What came in above all that was ever due and is still to be paid back: nothing more falls due that it could pay.
    #[must_use]
    pub fn to_refund(&self) -> Pence {
        match self.investment.state {
            InvestmentState::Repaid | InvestmentState::Ended => self.credit(),
            _ => Pence::ZERO,
        }
    }

    /// All that the enterprise paid, less what it got back of that.
    #[must_use]
    pub fn received(&self) -> Pence {
        self.paying()
            .map(|e| match e.kind {
                EntryKind::Receipt | EntryKind::Recovery => e.amount,
                EntryKind::Refund => -e.amount,
                _ => Pence::ZERO,
            })
            .sum()
    }

    /// The receipts that still count.
    #[must_use]
    pub fn receipts(&self) -> Vec<Receipt> {
        self.paying()
            .filter(|e| e.kind == EntryKind::Receipt)
            .map(|e| Receipt { on: e.booked_on, amount: e.amount })
            .collect()
    }

    /// What is overdue on a day, oldest first, with the usual buckets.
    #[must_use]
    pub fn arrears(&self, today: LocalDate) -> Arrears {
        let lost = matches!(self.investment.state, InvestmentState::WrittenOff | InvestmentState::Ended);
        let dues = if lost { Vec::new() } else { self.dues() };
        // What was paid back pays nothing that falls due later.
        let refunds = self.paying().filter(|e| e.kind == EntryKind::Refund);
        let mut cash = self.receipts();
        cash.extend(refunds.map(|e| Receipt { on: e.booked_on, amount: -e.amount }));
        arrears(&dues, &cash, Order::default(), today, &BUCKETS)
    }

    /// How the investment stands on a day.
    #[must_use]
    pub fn standing(&self, today: LocalDate) -> Standing {
        match self.investment.state {
            InvestmentState::AwaitingDrawdown => Standing::AwaitingDrawdown,
            InvestmentState::Repaid => Standing::Repaid,
            InvestmentState::WrittenOff => Standing::WrittenOff,
            InvestmentState::Ended if self.schedule.is_none() => Standing::Cancelled,
            InvestmentState::Ended => Standing::Ended,
            InvestmentState::Running if self.arrears(today).days_past_due > 0 => Standing::InArrears,
            InvestmentState::Running => Standing::Running,
        }
    }

    /// Whether everything that was ever due is paid and nothing more can fall due.
    #[must_use]
    pub fn is_over(&self, today: LocalDate) -> bool {
        self.schedule.as_ref().is_some_and(|s| s.schedule.0.open_until.is_none_or(|last| last < today))
            && self.outstanding().is_empty()
    }

    /// Whether more may fall due than the rows say.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.schedule.as_ref().is_some_and(|s| s.schedule.0.open_until.is_some())
    }

    /// The row of an instalment.
    fn nature(&self, number: u32) -> Nature {
        self.rows().iter().find(|r| r.number == number).map_or(Nature::Instalment, |r| r.nature)
    }

    /// What a part of a payment is to the measures.
    fn kind_of(&self, line: &AllocationLine) -> FlowKind {
        let nature = if matches!(self.investment.terms.0.terms, InstrumentTerms::Loan(_)) {
            Nature::Instalment
        } else {
            self.nature(line.instalment)
        };
        match (line.component, nature) {
            (Component::Fee, _) => FlowKind::Fee,
            (_, Nature::Sale) => FlowKind::SaleProceeds,
            (Component::Principal, Nature::Recovery) => FlowKind::Recovery,
            (Component::Principal, _) => FlowKind::Principal,
            (Component::Interest, Nature::RevenueShare) => FlowKind::RevenueShare,
            (Component::Interest, Nature::Dividend | Nature::ShareInterest) => FlowKind::Dividend,
            (Component::Interest, _) => FlowKind::Interest,
        }
    }

    /// The next instalment to fall due after a day, as the schedule has it.
    #[must_use]
    pub fn next_due(&self, today: LocalDate) -> Option<Due> {
        self.outstanding().into_iter().find(|d| d.due >= today)
    }

    /// What a payment was for, in an order that does not vary; parts of nothing are left out.
    fn parts_of(&self, entry: &Entry) -> Vec<(FlowKind, Pence)> {
        let mut parts: BTreeMap<FlowOrder, (FlowKind, Pence)> = BTreeMap::new();
        for line in &entry.allocation.0.lines {
            let kind = self.kind_of(line);
            let part = parts.entry(FlowOrder::of(line.component, kind)).or_insert((kind, Pence::ZERO));
            part.1 = part.1 + line.amount;
        }
        let recovered = if entry.kind == EntryKind::Recovery { entry.amount } else { Pence::ZERO };
        parts.into_values().chain([(FlowKind::Recovery, recovered)]).filter(|(_, amount)| !amount.is_zero()).collect()
    }

    /// Whether a value was found from one day on and before another.
    fn valued_between(&self, from: LocalDate, before: LocalDate) -> bool {
        let mut approved = self.valuations.iter().filter(|v| v.state == ProposalState::Approved);
        approved.any(|v| from <= v.valued_on && v.valued_on < before)
    }

    /// Typed flows for the measures. What is received above what is due is held for the enterprise: it is distributed on
    /// the day on which it pays something, and never when it is paid back. A payment that was reversed never came: neither
    /// it nor its reversal is a flow of cash. Where a value was found between the two, the principal is put back into it.
    #[must_use]
    pub fn flows(&self) -> Vec<TypedFlow> {
        let mut flows: Vec<TypedFlow> =
            self.paid_out().map(|d| TypedFlow { on: d.pay_on, kind: FlowKind::Drawdown, amount: d.amount }).collect();
        for row in self.rows().iter().filter(|r| !r.capitalised.is_zero()) {
            flows.push(TypedFlow { on: row.due, kind: FlowKind::CapitalisedInterest, amount: row.capitalised });
        }
        for (on, new) in self.changes() {
            flows.push(TypedFlow { on, kind: FlowKind::CapitalisedInterest, amount: new.interest_added });
            flows.push(TypedFlow { on, kind: FlowKind::GivenUp, amount: new.written_off });
        }
        flows.retain(|f| !f.amount.is_zero());
        let undone: HashMap<_, _> = self.entries.iter().filter_map(|e| Some((e.reverses_id?, e.booked_on))).collect();
        for entry in self.entries.iter().filter(|e| !matches!(e.kind, EntryKind::Reversal | EntryKind::Charge)) {
            match undone.get(&entry.id) {
                None => {
                    let parts = self.parts_of(entry).into_iter();
                    flows.extend(parts.map(|(kind, amount)| TypedFlow { on: entry.booked_on, kind, amount }));
                }
                // A value found in between was found believing that this had come.
                Some(undone_on) if self.valued_between(entry.booked_on, *undone_on) => {
                    let capital = self.parts_of(entry).into_iter().filter(|(kind, _)| kind.lowers_value());
                    let amount = capital.fold(Pence::ZERO, |sum, (_, amount)| sum + amount);
                    if !amount.is_zero() {
                        flows.push(TypedFlow { on: *undone_on, kind: FlowKind::Restored, amount });
                    }
                }
                Some(_) => {}
            }
        }
        // What was paid ahead was set off when the rest was written off: it stays, and comes back that way.
        if self.investment.state == InvestmentState::WrittenOff
            && let Some(on) = self.investment.closed_on
            && !self.credit().is_zero()
        {
            flows.push(TypedFlow { on: self.set_off_on(on), kind: FlowKind::Recovery, amount: self.credit() });
        }
        for valuation in self.valuations.iter().filter(|v| v.state == ProposalState::Approved) {
            flows.push(TypedFlow { on: valuation.valued_on, kind: FlowKind::Valuation, amount: valuation.value });
        }
        flows.sort_by_key(|f| f.on);
        flows
    }

    /// Principal owed on a day: paid out and capitalised, less repaid; never below zero. Of a recoverable grant only what
    /// has fallen due, of a grant nothing.
    #[must_use]
    pub fn owed(&self, on: LocalDate) -> Pence {
        let lost = matches!(self.investment.state, InvestmentState::WrittenOff | InvestmentState::Ended);
        if lost && self.investment.closed_on.is_some_and(|c| c <= on) {
            return Pence::ZERO;
        }
        let carried = self.investment.terms.0.terms.carried();
        let fallen: Pence = match carried {
            Carried::Capital => Pence::ZERO,
            Carried::Nothing => return Pence::ZERO,
            Carried::Due => self.rows().iter().filter(|r| r.due <= on).map(|r| r.principal).sum(),
        };
        let sum: Pence = self
            .flows()
            .iter()
            .filter(|f| f.on <= on)
            .map(|f| match f.kind {
                FlowKind::Drawdown | FlowKind::CapitalisedInterest if carried == Carried::Capital => f.amount,
                kind if kind.lowers_value() => -f.amount,
                _ => Pence::ZERO,
            })
            .sum();
        (fallen + sum).max(Pence::ZERO)
    }

    /// Whether only a valuation says what is held, and there is none on a day: money is out, and not all is over.
    #[must_use]
    pub fn awaits_value(&self, on: LocalDate) -> bool {
        let mut approved = self.valuations.iter().filter(|v| v.state == ProposalState::Approved);
        self.investment.terms.0.terms.needs_valuation()
            && !self.drawn(on).is_zero()
            && self.investment.closed_on.is_none_or(|closed| closed > on)
            && !approved.any(|v| v.valued_on <= on)
    }

    /// What was paid out and added up to a day, less the capital that came back; never below zero.
    fn cost(&self, on: LocalDate) -> Pence {
        let sum: Pence = self
            .flows()
            .iter()
            .filter(|f| f.on <= on)
            .map(|f| match f.kind {
                FlowKind::Drawdown | FlowKind::CapitalisedInterest => f.amount,
                kind if kind.lowers_value() => -f.amount,
                _ => Pence::ZERO,
            })
            .sum();
        sum.max(Pence::ZERO)
    }

    /// Net asset value on a day: the latest approved valuation rolled forward; without one, the principal owed, and of
    /// what needs a valuation the cost. `None` before anything is paid out.
    #[must_use]
    pub fn nav(&self, on: LocalDate) -> Option<NavShown> {
        if self.drawn(on).is_zero() {
            return None;
        }
        if let Some(closed) = self.investment.closed_on.filter(|c| *c <= on) {
            return Some(NavShown {
                nav: Nav { value: Pence::ZERO, valued_on: closed, rolled_forward: false },
                basis: NavBasis::Closed,
            });
        }
        Some(match measures::nav_at(&self.flows(), on) {
            Some(nav) => {
                NavShown { nav, basis: if nav.rolled_forward { NavBasis::RolledForward } else { NavBasis::Valuation } }
            }
            None if self.awaits_value(on) => NavShown {
                nav: Nav { value: self.cost(on), valued_on: on, rolled_forward: false },
                basis: NavBasis::Cost,
            },
            None => NavShown {
                nav: Nav { value: self.owed(on), valued_on: on, rolled_forward: false },
                basis: NavBasis::Outstanding,
            },
        })
    }

    /// Paid in, distributed, multiples, as `finance::measures` defines them. The commitment is the agreed amount.
    #[must_use]
    pub fn measures(&self, on: LocalDate) -> Measures {
        let nav = self.nav(on).map(|n| n.nav);
        measures::measures(&self.flows(), nav, Some(self.investment.amount), on, MULTIPLE_PLACES)
    }

    /// The certified rate of return, or why there is none. Of a share of revenue none is quoted before cash has come, and
    /// none of what needs a valuation before it has one: cost against cost would say nothing. A grant that is spent is
    /// not a loss.
    #[must_use]
    pub fn rate_of_return(&self, on: LocalDate) -> Xirr {
        if self.awaits_value(on) {
            return Xirr::NotValued;
        }
        let terms = &self.investment.terms.0.terms;
        let nothing_came = self.received().is_zero();
        let spent = self.nav(on).is_some_and(|n| n.nav.value.is_zero()) && nothing_came;
        if spent && matches!(terms, InstrumentTerms::Grant) {
            return Xirr::GivenAway;
        }
        let shares_revenue = matches!(terms, InstrumentTerms::RevenueShare(_));
        let nav = self.nav(on).map(|n| n.nav).filter(|_| !shares_revenue || !nothing_came);
        measures::rate_of_return(&self.flows(), nav, on)
    }

    /// The days up to today by which a yearly figure was to be reported that says what is to be paid, and was not, the
    /// earliest first. Nothing is asked before money was out, and of what is over.
    #[must_use]
    pub fn missing_figures(&self, today: LocalDate) -> Vec<LocalDate> {
        let offer = &self.investment.terms.0;
        let known = happened(self.known());
        let Some(out) = self.paid_out().map(|d| d.pay_on).min() else { return Vec::new() };
        if self.investment.state != InvestmentState::Running || !offer.terms.reports(&known).contains(&FactKind::Figure)
        {
            return Vec::new();
        }
        let told = |day: LocalDate| known.iter().any(|f| f.what.kind() == FactKind::Figure && f.on == day);
        let mut days = offer.terms.report_dates(&offer.draws);
        days.retain(|day| *day > out && *day <= today && !told(*day));
        days
    }

    /// The latest round of new shares of a holding of shares, and what it did to it.
    #[must_use]
    pub fn latest_round(&self) -> Option<Diluted> {
        let happened = happened(self.known());
        self.investment.terms.0.terms.rounds(&happened).ok()?.pop()
    }

    /// Contracted cash still to come after a day: instalments unpaid, overdue ones on the day itself.
    #[must_use]
    pub fn forecast(&self, today: LocalDate) -> Vec<(LocalDate, Due)> {
        if self.investment.state.is_closed() {
            return Vec::new();
        }
        self.outstanding().into_iter().map(|d| (d.due.max(today), d)).collect()
    }
}

/// What an entry adds to the credit.
fn to_credit(entry: &Entry) -> Pence {
    match entry.kind {
        EntryKind::Receipt => entry.allocation.0.left_over,
        EntryKind::Credit | EntryKind::Refund => -entry.amount,
        EntryKind::Recovery | EntryKind::Reversal | EntryKind::Charge => Pence::ZERO,
    }
}

/// Takes a part of an instalment off what is due.
fn take(dues: &mut [Due], line: &AllocationLine) {
    if let Some(due) = dues.iter_mut().find(|d| d.instalment == line.instalment) {
        let part = match line.component {
            Component::Fee => &mut due.fee,
            Component::Interest => &mut due.interest,
            Component::Principal => &mut due.principal,
        };
        *part = *part - line.amount;
    }
}

/// Fees, income, capital: the order in which the parts of one payment are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FlowOrder(u8, u8);

impl FlowOrder {
    fn of(component: Component, kind: FlowKind) -> FlowOrder {
        let first = match component {
            Component::Fee => 0,
            Component::Interest => 1,
            Component::Principal => 2,
        };
        let second = match kind {
            FlowKind::SaleProceeds => 1,
            FlowKind::RevenueShare => 2,
            FlowKind::Dividend => 3,
            FlowKind::Recovery => 4,
            _ => 0,
        };
        FlowOrder(first, second)
    }
}
