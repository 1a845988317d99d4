//! Any instrument's terms as people type them: shared by offers and subsidy routes.

use super::loan::{LoanInput, part, percent};
use crate::finance::instruments::community_shares::SocietyRules;
use crate::finance::instruments::convertible::AtMaturity;
use crate::finance::instruments::equity::Preference;
use crate::finance::instruments::guarantee::Guarantee;
use crate::finance::instruments::revenue_share::Ending;
use crate::finance::schedule::Tranche;
use crate::finance::terms::{
    CommunityShareTerms, ConvertibleTerms, GuaranteeTerms, Instrument, InstrumentTerms, RecoverableGrantTerms,
    RevenueShareTerms, ShareTerms, TermLoan,
};
use crate::values::{Parser, Pence};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Terms of an offer, every field as text. Fields of other instruments than the one named are not looked at.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct InstrumentInput {
    /// `loan` when empty, `revenue_share`, `equity`, `preference_shares`, `convertible`, `community_shares`,
    /// `recoverable_grant`, `grant` or `guarantee`.
    pub instrument: String,
    /// What is paid out, and a loan's terms. A convertible and community shares use its rate too.
    #[serde(flatten)]
    pub loan: LoanInput,
    /// Revenue share: share of revenue in per cent. Recoverable grant: share of what exceeds the trigger.
    pub share: String,
    /// Revenue share: least for a period in pounds; 0 when empty.
    pub floor: String,
    /// Revenue share: most for a period in pounds; no limit when empty.
    pub ceiling: String,
    /// Revenue share: the cap as a multiple of what is paid out, such as `1.4`. Recoverable grant: the most that comes
    /// back as a multiple, 1 when empty.
    pub multiple: String,
    /// Revenue share: revenue of a period that both expect, in pounds.
    pub expected: String,
    /// Revenue share and recoverable grant: first due date.
    pub first_due: String,
    /// Revenue share: last day of the agreement.
    pub long_stop: String,
    /// Revenue share: `forgiven`, `balloon`, `term_loan` (with rate and instalments) or `share_rises`.
    pub ending: String,
    /// Revenue share: share of revenue after the last day, in per cent.
    pub later_share: String,
    /// Shares that the fund gets.
    pub shares: String,
    /// All shares afterwards; for a convertible, shares in issue now.
    pub all_shares: String,
    /// What the fund's shares would fetch on the market, in pounds.
    pub market_value: String,
    /// Preference shares: yearly dividend in per cent of what is paid.
    pub dividend: String,
    /// Preference shares: `yes` when unpaid dividends add up.
    pub cumulative: String,
    /// Preference shares: `yes` when they share in the rest of a sale too.
    pub participating: String,
    /// Preference shares: how many times the cost comes back first; 1 when empty.
    pub preference_multiple: String,
    /// Convertible: highest value of the company before new money, in pounds; no limit when empty.
    pub value_cap: String,
    /// Convertible: discount to new investors' price in per cent; none when empty.
    pub discount: String,
    /// Convertible: least that a round must raise, in pounds.
    pub qualifying_round: String,
    /// Convertible: last day.
    pub maturity: String,
    /// Convertible: `repaid` or `converts_at_cap`.
    pub at_maturity: String,
    /// Recoverable grant: what is compared with the trigger; `yearly revenue` when empty.
    pub figure: String,
    /// Recoverable grant: the figure above which it comes back, in pounds.
    pub trigger: String,
    /// Recoverable grant and guarantee: last day.
    pub until: String,
    /// Community shares: most interest a year in per cent that the society's rules allow.
    pub interest_limit: String,
    /// Community shares: no withdrawal before this day.
    pub locked_until: String,
    /// Community shares: most that is let out in a year, in per cent of all share capital.
    pub yearly_withdrawal: String,
    /// Guarantee: part of each loss that is covered, in per cent.
    pub cover: String,
    /// Guarantee: most that is ever paid, in pounds.
    pub limit: String,
    /// Guarantee: yearly fee in per cent of what is covered.
    pub fee: String,
    /// Guarantee: what the lender lends, in pounds.
    pub balance: String,
    /// Guarantee: the lender.
    pub lender: String,
}

/// Words and labels of what happens on the last day of a revenue share, for radios.
pub(super) const ENDINGS: [(&str, &str); 4] = [
    ("forgiven", "What is left is forgiven"),
    ("balloon", "What is left is due at once"),
    ("term_loan", "What is left becomes a loan"),
    ("share_rises", "It goes on with a higher share until the cap is paid"),
];

/// Words and labels of what happens to a convertible on its last day, for radios.
pub(super) const AT_MATURITY: [(&str, &str); 2] = [
    ("repaid", "It is repaid with its interest"),
    ("converts_at_cap", "It becomes shares at the highest value agreed"),
];

fn optional(form: &mut Parser, field: &str, text: &str) -> Option<Pence> {
    form.optional::<Pence>(field, text)
}

fn shares(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<u64> {
    form.value::<u64>(field, &text.replace([',', ' '], ""), missing)
}

fn multiple(form: &mut Parser, field: &str, text: &str, missing: &str) -> Option<Decimal> {
    if text.trim().is_empty() && missing.is_empty() { Some(Decimal::ONE) } else { form.decimal(field, text, missing) }
}

impl InstrumentInput {
    /// Whether anything of an offer was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instrument.trim().is_empty() && self.loan.is_empty()
    }

    /// Reads the terms and what is paid out when; field errors go to the form.
    pub fn read(&self, form: &mut Parser) -> Option<(InstrumentTerms, Vec<Tranche>)> {
        let instrument = if self.instrument.trim().is_empty() {
            Instrument::Loan
        } else {
            form.value::<Instrument>("instrument", &self.instrument, "")?
        };
        if instrument == Instrument::Loan {
            let loan = self.loan.read(form)?;
            let draws = loan.draws.clone();
            return Some((InstrumentTerms::Loan(loan), draws));
        }
        if instrument == Instrument::Guarantee {
            return self.guarantee(form).map(|terms| (InstrumentTerms::Guarantee(terms), Vec::new()));
        }
        let draws = self.loan.read_tranches(form);
        let terms = match instrument {
            Instrument::RevenueShare => self.revenue_share(form).map(InstrumentTerms::RevenueShare),
            Instrument::Equity => self.share_terms(form, None).map(InstrumentTerms::Equity),
            Instrument::PreferenceShares => {
                let preference = self.preference(form);
                let terms = self.share_terms(form, preference);
                preference.and(terms).map(InstrumentTerms::PreferenceShares)
            }
            Instrument::Convertible => self.convertible(form).map(InstrumentTerms::Convertible),
            Instrument::CommunityShares => self.community(form).map(InstrumentTerms::CommunityShares),
            Instrument::RecoverableGrant => self.recoverable_grant(form).map(InstrumentTerms::RecoverableGrant),
            Instrument::Grant | Instrument::Loan | Instrument::Guarantee => Some(InstrumentTerms::Grant),
        };
        Some((terms?, draws?))
    }

    fn revenue_share(&self, form: &mut Parser) -> Option<RevenueShareTerms> {
        let share = part(form, "share", &self.share, "Enter the share of revenue in per cent");
        let floor = optional(form, "floor", &self.floor);
        let ceiling = optional(form, "ceiling", &self.ceiling);
        let multiple = multiple(form, "multiple", &self.multiple, "Enter the cap as a multiple, such as 1.4");
        let expected =
            form.pence("expected", &self.expected, "Enter the revenue of a period that you both expect, in pounds");
        let first_due = form.date("first_due", &self.first_due, "Enter when the first payment is due");
        let period_months = self.loan.read_months(form);
        let long_stop = form.date("long_stop", &self.long_stop, "Enter the last day of the agreement");
        let mut term_loan = None;
        let ending = match self.ending.trim() {
            "forgiven" => Some(Ending::Forgiven),
            "balloon" => Some(Ending::Balloon),
            "share_rises" => part(form, "later_share", &self.later_share, "Enter the share after the last day")
                .map(Ending::ShareRises),
            "term_loan" => {
                let rate = percent(form, "rate", &self.loan.rate, "Enter the rate of the loan that follows");
                let instalments =
                    form.value::<u32>("instalments", &self.loan.instalments, "Enter the instalments of that loan");
                term_loan = Some(TermLoan { rate: rate?, instalments: instalments?, period_months: period_months? });
                Some(Ending::TermLoan)
            }
            _ => {
                form.wrong("ending", "Choose what happens on the last day");
                None
            }
        };
        Some(RevenueShareTerms {
            share: share?,
            floor: floor.unwrap_or(Pence::ZERO),
            ceiling,
            multiple: multiple?,
            expected: expected?,
            first_due: first_due?,
            period_months: period_months?,
            long_stop: long_stop?,
            ending: ending?,
            term_loan,
        })
    }

    fn share_terms(&self, form: &mut Parser, preference: Option<Preference>) -> Option<ShareTerms> {
        let held = shares(form, "shares", &self.shares, "Enter how many shares the fund gets");
        let all = shares(form, "all_shares", &self.all_shares, "Enter how many shares there are afterwards");
        let market_value = optional(form, "market_value", &self.market_value);
        Some(ShareTerms { shares: held?, all_shares: all?, market_value, preference })
    }

    fn preference(&self, form: &mut Parser) -> Option<Preference> {
        let dividend = percent(form, "dividend", &self.dividend, "Enter the yearly dividend in per cent");
        let multiple = multiple(form, "preference_multiple", &self.preference_multiple, "");
        Some(Preference {
            rank: 1,
            multiple: multiple?,
            dividend: dividend?,
            cumulative: Parser::ticked(&self.cumulative),
            participating: Parser::ticked(&self.participating),
            participation_cap: None,
        })
    }

    fn convertible(&self, form: &mut Parser) -> Option<ConvertibleTerms> {
        let interest = percent(form, "rate", &self.loan.rate, "Enter the yearly interest in per cent");
        let cap = optional(form, "value_cap", &self.value_cap);
        let discount = if self.discount.trim().is_empty() { "0" } else { &self.discount };
        let discount = part(form, "discount", discount, "");
        let qualifying_round =
            form.pence("qualifying_round", &self.qualifying_round, "Enter the least a round must raise, in pounds");
        let maturity = form.date("maturity", &self.maturity, "Enter the last day");
        let at_maturity = match self.at_maturity.trim() {
            "repaid" => Some(AtMaturity::Repaid),
            "converts_at_cap" => {
                form.check(cap.is_some(), "value_cap", "Enter the value at which it becomes shares");
                Some(AtMaturity::ConvertsAtCap)
            }
            _ => {
                form.wrong("at_maturity", "Choose what happens on the last day");
                None
            }
        };
        let shares_now = shares(form, "all_shares", &self.all_shares, "Enter how many shares there are now");
        form.check(shares_now != Some(0), "all_shares", "Enter 1 or more");
        Some(ConvertibleTerms {
            interest: interest?,
            cap,
            discount: discount?,
            qualifying_round: qualifying_round?,
            maturity: maturity?,
            at_maturity: at_maturity?,
            shares_now: shares_now.filter(|n| *n > 0)?,
        })
    }

    fn community(&self, form: &mut Parser) -> Option<CommunityShareTerms> {
        let expected = percent(form, "rate", &self.loan.rate, "Enter the interest that the society means to pay");
        let limit = percent(form, "interest_limit", &self.interest_limit, "Enter the most that its rules allow");
        let locked_until = form.date("locked_until", &self.locked_until, "Enter until when nothing can be withdrawn");
        let yearly = part(
            form,
            "yearly_withdrawal",
            &self.yearly_withdrawal,
            "Enter how much is let out in a year, in per cent",
        );
        Some(CommunityShareTerms {
            rules: SocietyRules {
                interest_limit: limit?,
                locked_until: locked_until?,
                yearly_withdrawal: yearly?.get(),
                suspended: false,
            },
            expected: expected?,
        })
    }

    fn recoverable_grant(&self, form: &mut Parser) -> Option<RecoverableGrantTerms> {
        let figure = form.optional_text("figure", &self.figure, 80).unwrap_or_else(|| "yearly revenue".to_owned());
        let trigger = form.pence("trigger", &self.trigger, "Enter the figure above which it comes back, in pounds");
        let share = part(form, "share", &self.share, "Enter the share of what is above, in per cent");
        let cap = multiple(form, "multiple", &self.multiple, "");
        let first_due = form.date("first_due", &self.first_due, "Enter when the first year falls due");
        let until = form.date("until", &self.until, "Enter the last day");
        if let (Some(first), Some(until)) = (first_due, until) {
            form.check(first <= until, "until", "The last day must not be before the first year falls due");
        }
        Some(RecoverableGrantTerms {
            figure,
            trigger: trigger?,
            share: share?,
            cap: cap?,
            first_due: first_due?,
            until: until?,
        })
    }

    fn guarantee(&self, form: &mut Parser) -> Option<GuaranteeTerms> {
        let from = form.date("draw_on", &self.loan.draw_on, "Enter the first day of the guarantee");
        let cover = part(form, "cover", &self.cover, "Enter the part of a loss that is covered, in per cent");
        let limit = form.pence(
            "limit",
            &self.limit,
            "Enter the most that is ever paid: a guarantee without a limit is prohibited",
        );
        let until = form.date("until", &self.until, "Enter the last day: a guarantee without an end is prohibited");
        let fee = percent(form, "fee", &self.fee, "Enter the yearly fee in per cent");
        let balance = form.pence("balance", &self.balance, "Enter what the lender lends, in pounds");
        let least = Decimal::ONE / Decimal::ONE_HUNDRED;
        form.check(cover.is_none_or(|c| c.get() >= least), "cover", "Enter a part from 1% to 100%");
        form.check(limit.is_none_or(|l| l > Pence::ZERO), "limit", "Enter more than £0");
        form.check(balance.is_none_or(|b| b > Pence::ZERO), "balance", "Enter more than £0");
        let lender = form.text("lender", &self.lender, 160, "Name the lender");
        Some(GuaranteeTerms {
            guarantee: Guarantee { cover: cover?, limit: limit?, until: until?, fee: fee? },
            balance: balance?,
            lender,
            from: from?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instrument_says_what_of_it_is_missing() {
        for (instrument, fields) in [
            ("revenue_share", vec!["tranches", "share", "multiple", "expected", "first_due", "long_stop", "ending"]),
            ("equity", vec!["tranches", "shares", "all_shares"]),
            ("preference_shares", vec!["dividend", "shares"]),
            ("convertible", vec!["rate", "qualifying_round", "maturity", "at_maturity", "all_shares"]),
            ("community_shares", vec!["rate", "interest_limit", "locked_until", "yearly_withdrawal"]),
            ("recoverable_grant", vec!["trigger", "share", "first_due", "until"]),
            ("grant", vec!["tranches"]),
            ("guarantee", vec!["draw_on", "cover", "limit", "until", "fee", "balance", "lender"]),
        ] {
            let mut form = Parser::default();
            let input = InstrumentInput { instrument: instrument.into(), ..InstrumentInput::default() };
            assert_eq!(input.read(&mut form), None, "{instrument}");
            let errors = form.finish().unwrap_err();
            for field in fields {
                assert!(errors.at(field).is_some(), "{instrument} {field}");
            }
        }
        let mut form = Parser::default();
        let input = InstrumentInput { instrument: "lottery".into(), ..InstrumentInput::default() };
        assert_eq!(input.read(&mut form), None);
        assert!(form.finish().unwrap_err().at("instrument").is_some());
    }

    #[test]
    fn a_guarantee_covers_a_part_of_a_loan_that_is_lent() {
        for (cover, balance, field) in
            [("0", "60,000", "cover"), ("0.5", "60,000", "cover"), ("75", "0", "balance"), ("75", "-1", "balance")]
        {
            let input = InstrumentInput {
                instrument: "guarantee".into(),
                loan: LoanInput { draw_on: "1/2/2027".into(), ..LoanInput::default() },
                cover: cover.into(),
                limit: "50,000".into(),
                until: "1/2/2031".into(),
                fee: "1".into(),
                balance: balance.into(),
                lender: "Borough Bank".into(),
                ..InstrumentInput::default()
            };
            let mut form = Parser::default();
            input.read(&mut form);
            assert!(form.finish().unwrap_err().at(field).is_some(), "{cover} {balance}");
        }
    }

    #[test]
    fn a_revenue_share_is_read_as_it_is_written() {
        let input = InstrumentInput {
            instrument: "revenue_share".into(),
            loan: LoanInput {
                tranches: "100,000 on 1/2/2027".into(),
                period_months: "3".into(),
                ..LoanInput::default()
            },
            share: "5%".into(),
            multiple: "1.4".into(),
            expected: "60,000".into(),
            first_due: "30/4/2027".into(),
            long_stop: "31/1/2034".into(),
            ending: "forgiven".into(),
            ..InstrumentInput::default()
        };
        let mut form = Parser::default();
        let (terms, draws) = input.read(&mut form).unwrap();
        form.finish().unwrap();
        assert_eq!(terms.instrument(), Instrument::RevenueShare);
        let cost = terms.cost(&draws).unwrap();
        assert!(cost.lead.contains("until you have paid £140,000"), "{}", cost.lead);
    }
}
