use super::*;
use crate::finance::instruments::community_shares::SocietyRules;
use crate::finance::instruments::convertible::AtMaturity;
use crate::finance::instruments::equity::Preference;
use crate::finance::instruments::guarantee::Guarantee;
use crate::finance::instruments::revenue_share::Ending;
use crate::finance::schedule::{Nature, Row};
use crate::values::time::parse_date;
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

fn date(text: &str) -> LocalDate {
    parse_date(text).unwrap()
}

fn draws(pounds: i64) -> Vec<Tranche> {
    vec![Tranche { on: date("2026-01-15"), amount: Pence(pounds * 100) }]
}

fn share(ending: Ending) -> RevenueShareTerms {
    RevenueShareTerms {
        share: "0.05".parse().unwrap(),
        floor: Pence::ZERO,
        ceiling: None,
        multiple: dec!(1.5),
        expected: Pence(4_000_000),
        first_due: date("2026-04-30"),
        period_months: 3,
        long_stop: date("2029-01-31"),
        ending,
        term_loan: Some(TermLoan { rate: "0.05".parse().unwrap(), instalments: 4, period_months: 3 }),
    }
}

fn revenue(due: &str, known_on: &str, pounds: i64) -> Fact {
    Fact { on: date(due), known_on: date(known_on), what: Happened::Revenue { revenue: Pence(pounds * 100) } }
}

fn at(terms: &InstrumentTerms, draws: &[Tranche], happened: &[Fact], today: &str) -> Schedule {
    terms.schedule(&Facts { draws, happened, today: date(today) }).unwrap()
}

fn payments(schedule: &Schedule) -> Vec<i64> {
    schedule.rows.iter().map(|r| r.payment.0 / 100).collect()
}

#[test]
fn reported_revenue_sets_each_payment_and_the_rest_stands_on_the_last_figure() {
    let terms = InstrumentTerms::RevenueShare(share(Ending::Forgiven));
    let drawn = draws(10_000);
    let known = [revenue("2026-04-30", "2026-04-10", 60_000), revenue("2026-07-30", "2026-07-12", 20_000)];
    let found = at(&terms, &drawn, &known, "2026-08-01");
    // 5 % of 60,000, of 20,000, and then of 20,000 again until 15,000 is paid.
    assert_eq!(payments(&found), [3_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
    assert_eq!(found.rows.iter().map(|r| r.estimate).collect::<Vec<_>>()[..3], [false, false, true]);
    assert_eq!(found.open_until, Some(date("2029-01-31")));
    let first = found.rows[0];
    assert_eq!(
        (first.principal, first.interest),
        (Pence(200_000), Pence(100_000)),
        "two thirds of a payment are capital"
    );
}

#[test]
fn a_late_report_is_settled_with_the_next_payment_and_leaves_the_earlier_one() {
    let terms = InstrumentTerms::RevenueShare(share(Ending::Forgiven));
    let drawn = draws(10_000);
    let first = revenue("2026-04-30", "2026-04-10", 40_000);
    let before = at(&terms, &drawn, &[first], "2026-08-05");
    assert_eq!((payments(&before)[1], before.rows[1].estimate), (2_000, true), "provisional, from the last figure");
    let after = at(&terms, &drawn, &[first, revenue("2026-07-30", "2026-08-05", 10_000)], "2026-08-05");
    assert_eq!(payments(&after)[1], 2_000);
    // Each of the next stands on 10,000 (500), and three of them are set off against the 1,500 that were too much.
    assert_eq!(payments(&after)[2..6], [0, 0, 0, 500]);
}

#[test]
fn on_the_last_day_the_rest_is_forgiven_due_at_once_or_a_loan() {
    let drawn = draws(10_000);
    let dues = share(Ending::Forgiven).due_dates(&drawn);
    let none: Vec<Fact> = dues
        .iter()
        .map(|due| Fact {
            on: *due,
            known_on: date("2026-01-20"),
            what: Happened::Revenue { revenue: Pence(2_000_000) },
        })
        .collect();
    // Twelve payments of 1,000 leave 3,000 of 15,000, of which 2,000 are capital.
    let of = |ending| at(&InstrumentTerms::RevenueShare(share(ending)), &drawn, &none, "2026-02-01");
    let balloon = of(Ending::Balloon);
    let last = balloon.rows.last().unwrap();
    assert_eq!((last.due, last.payment, last.principal), (date("2029-01-31"), Pence(300_000), Pence(200_000)));
    assert_eq!(balloon.totals.principal, Pence(1_000_000));
    assert_eq!(balloon.open_until, None);
    let loan = of(Ending::TermLoan);
    assert_eq!(loan.rows.len(), 12 + 4);
    assert_eq!(loan.totals.principal, Pence(1_000_000));
    assert_eq!(loan.rows.last().unwrap().closing, Pence::ZERO);
    assert!(loan.totals.payment > Pence(1_500_000), "the loan bears interest");
    let forgiven = of(Ending::Forgiven);
    assert_eq!((forgiven.totals.payment, forgiven.open_until), (Pence(1_200_000), Some(date("2029-01-31"))));
    let rises = of(Ending::ShareRises("0.10".parse().unwrap()));
    assert_eq!(rises.totals.payment, Pence(1_500_000), "it goes on until the cap is paid");
}

#[test]
fn an_enterprise_reads_what_a_revenue_share_costs_when_things_go_well_and_badly() {
    let cost = InstrumentTerms::RevenueShare(share(Ending::Forgiven)).cost(&draws(10_000)).unwrap();
    assert!(
        cost.lead
            .contains("You would get £10,000 and pay 5% of your revenue every 3 months, until you have paid £15,000")
    );
    assert!(cost.lead.contains("£15,000 in 8 payments, from 30 April 2026 to 30 January 2028"), "{}", cost.lead);
    assert_eq!(cost.scenarios[0].paid, Some(Pence(1_200_000)));
    assert!(cost.scenarios[0].then.contains("£3,000 stays unpaid"), "{:?}", cost.scenarios);
    assert_eq!(cost.scenarios[2].paid, Some(Pence::ZERO));
}

#[test]
fn shares_pay_dividends_and_a_sale_by_their_part() {
    let terms = ShareTerms { shares: 200, all_shares: 1_000, market_value: Some(Pence(8_000_000)), preference: None };
    let plain = InstrumentTerms::Equity(terms);
    let drawn = draws(100_000);
    let fact = |on: &str, what| Fact { on: date(on), known_on: date(on), what };
    let facts = [
        fact("2027-01-15", Happened::Dividend { amount: Pence(150_000) }),
        fact("2028-01-15", Happened::Exit { proceeds: Pence(100_000_000), all_shares: 1_250 }),
    ];
    let found = at(&plain, &drawn, &facts, "2028-02-01");
    let rows: Vec<_> = found.rows.iter().map(|r| (r.number, r.nature, r.interest.0, r.principal.0)).collect();
    assert_eq!(rows, [(1, Nature::Dividend, 150_000, 0), (2, Nature::Sale, 6_000_000, 10_000_000)]);
    assert_eq!(found.open_until, None);
    assert!(at(&plain, &drawn, &[], "2028-02-01").rows.is_empty());
    let preference = Preference {
        rank: 1,
        multiple: dec!(1),
        dividend: "0.06".parse().unwrap(),
        cumulative: true,
        participating: false,
        participation_cap: None,
    };
    let preferred = InstrumentTerms::PreferenceShares(ShareTerms { preference: Some(preference), ..terms });
    let found = at(&preferred, &drawn, &[facts[0]], "2028-02-01");
    assert_eq!(found.rows[0].interest, Pence(150_000), "£6,000 are due and profit allows £1,500");
    let sold = [facts[0], fact("2028-01-15", Happened::Exit { proceeds: Pence(15_000_000), all_shares: 1_000 })];
    let found = at(&preferred, &drawn, &sold, "2028-02-01");
    assert_eq!(found.rows[1].payment, Pence(11_050_000), "its cost, £4,500 carried and £6,000 of the last year");
}

#[test]
fn a_convertible_is_repaid_or_becomes_shares_that_can_be_sold() {
    let terms = InstrumentTerms::Convertible(ConvertibleTerms {
        interest: "0.08".parse().unwrap(),
        cap: Some(Pence(200_000_000)),
        discount: "0.20".parse().unwrap(),
        qualifying_round: Pence(50_000_000),
        maturity: date("2028-01-15"),
        at_maturity: AtMaturity::Repaid,
        shares_now: 1_000_000,
    });
    let drawn = draws(100_000);
    let plan = at(&terms, &drawn, &[], "2026-02-01");
    assert_eq!((plan.rows[0].due, plan.rows[0].payment), (date("2028-01-15"), Pence(11_600_000)));
    let round = |pounds: i64| Fact {
        on: date("2027-01-15"),
        known_on: date("2027-01-20"),
        what: Happened::Round { raised: Pence(pounds * 100), pre_money: Pence(500_000_000), shares_before: 1_000_000 },
    };
    assert_eq!(
        at(&terms, &drawn, &[round(499_999)], "2027-02-01").rows,
        plan.rows,
        "too small a round converts nothing"
    );
    let exit = Fact {
        on: date("2029-01-15"),
        known_on: date("2029-01-15"),
        what: Happened::Exit { proceeds: Pence(600_000_000), all_shares: 1_200_000 },
    };
    let found = at(&terms, &drawn, &[round(1_000_000), exit], "2029-02-01");
    let first = found.rows[0];
    assert_eq!(
        (first.nature, first.capitalised, first.payment, first.closing),
        (Nature::Conversion, Pence(800_000), Pence::ZERO, Pence(10_800_000))
    );
    // 54,000 of 1,200,000 shares.
    assert_eq!((found.rows[1].payment, found.rows[1].principal), (Pence(27_000_000), Pence(10_800_000)));
    assert_eq!(found.open_until, None);
}

#[test]
fn a_recoverable_grant_a_society_and_a_guarantee_bring_back_what_their_terms_say() {
    let drawn = draws(50_000);
    let grant = InstrumentTerms::RecoverableGrant(RecoverableGrantTerms {
        figure: "yearly revenue".into(),
        trigger: Pence(10_000_000),
        share: "0.25".parse().unwrap(),
        cap: dec!(1),
        first_due: date("2027-03-31"),
        until: date("2030-03-31"),
    });
    let year = |on: &str, pounds: i64| Fact {
        on: date(on),
        known_on: date(on),
        what: Happened::Figure { figure: Pence(pounds * 100) },
    };
    let found = at(
        &grant,
        &drawn,
        &[year("2027-03-31", 90_000), year("2028-03-31", 180_000), year("2029-03-31", 900_000)],
        "2029-04-01",
    );
    assert_eq!(payments(&found), [0, 20_000, 30_000]);
    assert_eq!(found.open_until, None, "all of it is back");

    let society = InstrumentTerms::CommunityShares(CommunityShareTerms {
        rules: SocietyRules {
            interest_limit: "0.05".parse().unwrap(),
            locked_until: date("2029-01-01"),
            yearly_withdrawal: dec!(0.10),
            suspended: false,
        },
        expected: "0.03".parse().unwrap(),
    });
    let interest = Fact {
        on: date("2027-01-31"),
        known_on: date("2027-02-01"),
        what: Happened::Interest { rate: "0.03".parse().unwrap(), surplus: Pence(1_000_000) },
    };
    let asked = |on: &str| Fact {
        on: date(on),
        known_on: date(on),
        what: Happened::Withdrawal {
            amount: Pence(2_000_000),
            all_capital: Pence(30_000_000),
            let_out: Pence(1_500_000),
        },
    };
    let found = at(&society, &drawn, &[interest, asked("2028-06-01"), asked("2029-06-01")], "2029-07-01");
    assert_eq!(payments(&found), [1_500, 0, 15_000], "nothing in the lock-in, then what the yearly limit leaves");
    assert!(society.schedule(&Facts { draws: &draws(100_001), happened: &[], today: date("2026-02-01") }).is_err());

    let guarantee = GuaranteeTerms {
        guarantee: Guarantee {
            cover: "0.75".parse().unwrap(),
            limit: Pence(5_000_000),
            until: date("2029-01-15"),
            fee: "0.02".parse().unwrap(),
        },
        balance: Pence(8_000_000),
        lender: "Borough Bank".into(),
        from: date("2026-01-15"),
    };
    let claims = [
        Fact { on: date("2027-06-01"), known_on: date("2027-06-10"), what: Happened::Claim { loss: Pence(4_000_000) } },
        Fact {
            on: date("2027-12-01"),
            known_on: date("2027-12-10"),
            what: Happened::Recovered { amount: Pence(1_000_000) },
        },
    ];
    let terms = InstrumentTerms::Guarantee(guarantee);
    let found = at(&terms, &[], &claims, "2028-02-01");
    let rows: Vec<_> = found.rows.iter().map(|r| (r.number, r.nature, r.payment.0)).collect();
    // 2 % of 50,000 twice, 7,500 of 10,000 recovered, then 2 % of the 20,000 that are left of the limit.
    assert_eq!(
        rows,
        [
            (1, Nature::Fee, 100_000),
            (2, Nature::Fee, 100_000),
            (5, Nature::Recovery, 750_000),
            (3, Nature::Fee, 40_000)
        ]
    );
    assert_eq!(terms.payable(&[], &claims).unwrap(), [Pence(3_000_000)]);
}

#[test]
fn every_instrument_has_a_cost_in_words_and_survives_being_stored() {
    for (terms, drawn) in every() {
        let kept: InstrumentTerms = serde_json::from_str(&serde_json::to_string(&terms).unwrap()).unwrap();
        assert_eq!(kept, terms);
        let cost = terms.cost(&drawn).unwrap();
        assert!(cost.lead.ends_with('.') && cost.lead.contains('£'), "{}", cost.lead);
        let rate = |r: &str| crate::finance::subsidy_equivalent::SourcedRate {
            rate: r.parse().unwrap(),
            on: date("2026-01-01"),
            source: "Quotes".into(),
        };
        let found = terms.equivalent(&drawn, &rate("0.12"), &rate("0.04"), date("2026-01-15")).unwrap();
        assert!(found.amount > Pence::ZERO && found.amount <= Pence(10_000_000), "{:?} {found:?}", terms.instrument());
    }
}

fn every() -> Vec<(InstrumentTerms, Vec<Tranche>)> {
    let shares = ShareTerms { shares: 200, all_shares: 1_000, market_value: Some(Pence(800_000)), preference: None };
    let preference = Preference {
        rank: 1,
        multiple: dec!(1),
        dividend: "0.06".parse().unwrap(),
        cumulative: true,
        participating: false,
        participation_cap: None,
    };
    let loan = crate::finance::loan::Facility {
        draws: draws(10_000),
        price: crate::finance::loan::Price::Fixed { rate: "0.03".parse().unwrap() },
        accrual: crate::finance::loan::Accrual::default(),
        plan: crate::finance::loan::Plan::Annuity,
        instalments: 24,
        period_months: 1,
        first_due: None,
        month_end: crate::finance::business_days::MonthEnd::default(),
        convention: crate::finance::business_days::Convention::default(),
        calendar: None,
        pauses: Vec::new(),
        scope: crate::finance::loan::Scope::default(),
        fees: Vec::new(),
    };
    let convertible = ConvertibleTerms {
        interest: "0.04".parse().unwrap(),
        cap: Some(Pence(200_000_000)),
        discount: "0.20".parse().unwrap(),
        qualifying_round: Pence(50_000_000),
        maturity: date("2028-01-15"),
        at_maturity: AtMaturity::Repaid,
        shares_now: 1_000_000,
    };
    let society = CommunityShareTerms {
        rules: SocietyRules {
            interest_limit: "0.05".parse().unwrap(),
            locked_until: date("2029-01-01"),
            yearly_withdrawal: dec!(0.10),
            suspended: false,
        },
        expected: "0.03".parse().unwrap(),
    };
    let grant = RecoverableGrantTerms {
        figure: "yearly revenue".into(),
        trigger: Pence(10_000_000),
        share: "0.25".parse().unwrap(),
        cap: dec!(1),
        first_due: date("2027-03-31"),
        until: date("2030-03-31"),
    };
    let guarantee = GuaranteeTerms {
        guarantee: Guarantee {
            cover: "0.75".parse().unwrap(),
            limit: Pence(5_000_000),
            until: date("2029-01-15"),
            fee: "0.02".parse().unwrap(),
        },
        balance: Pence(8_000_000),
        lender: "Borough Bank".into(),
        from: date("2026-01-15"),
    };
    vec![
        (InstrumentTerms::Loan(loan), draws(10_000)),
        (
            InstrumentTerms::RevenueShare(RevenueShareTerms { multiple: dec!(1.1), ..share(Ending::Forgiven) }),
            draws(12_000),
        ),
        (InstrumentTerms::Equity(shares), draws(10_000)),
        (InstrumentTerms::PreferenceShares(ShareTerms { preference: Some(preference), ..shares }), draws(10_000)),
        (InstrumentTerms::Convertible(convertible), draws(10_000)),
        (InstrumentTerms::CommunityShares(society), draws(10_000)),
        (InstrumentTerms::RecoverableGrant(grant), draws(10_000)),
        (InstrumentTerms::Grant, draws(10_000)),
        (InstrumentTerms::Guarantee(guarantee), Vec::new()),
    ]
}

proptest! {
    #[test]
    fn a_report_never_changes_a_payment_that_fell_due_before_it_and_the_cap_is_never_passed(
        figures in prop::collection::vec((0_usize..11, 0_i64..200_000, -20_i64..200), 1..10), floor in 0_i64..500, ending in 0..3,
    ) {
        let ending = [Ending::Forgiven, Ending::Balloon, Ending::ShareRises("0.08".parse().unwrap())][usize::try_from(ending).unwrap()];
        let terms = RevenueShareTerms { floor: Pence(floor * 100), ..share(ending) };
        let drawn = draws(10_000);
        let dues = terms.due_dates(&drawn);
        let wrapped = InstrumentTerms::RevenueShare(terms);
        let mut known: Vec<Fact> = figures.iter().map(|(period, pounds, late)| {
            let due = dues[*period];
            Fact { on: due, known_on: due + chrono::TimeDelta::days(*late), what: Happened::Revenue { revenue: Pence(pounds * 100) } }
        }).collect();
        known.sort_by_key(|f| f.known_on);
        // A period that was corrected once stays as it was corrected.
        let mut late: Vec<LocalDate> = Vec::new();
        known.retain(|f| f.known_on < f.on || if late.contains(&f.on) { false } else { late.push(f.on); true });
        let mut before: Vec<Row> = Vec::new();
        for count in 0..=known.len() {
            let today = known.get(count).map_or(date("2029-12-31"), |f| f.known_on);
            let found = wrapped.schedule(&Facts { draws: &drawn, happened: &known[..count], today }).unwrap();
            let fallen = |rows: &[Row], by: LocalDate| rows.iter().filter(|r| r.due <= by).map(|r| (r.number, r.due, r.payment)).collect::<Vec<_>>();
            if let Some(last) = count.checked_sub(1) {
                let by = known[last].known_on;
                prop_assert_eq!(fallen(&before, by), fallen(&found.rows, by));
            }
            prop_assert!(found.totals.payment <= Pence(1_500_000));
            prop_assert!(found.totals.principal <= Pence(1_000_000));
            prop_assert!(found.rows.iter().all(|r| r.payment >= Pence::ZERO && r.principal >= Pence::ZERO && r.interest >= Pence::ZERO));
            before = found.rows;
        }
    }
}

#[test]
fn a_loan_is_the_same_row_by_row_as_the_plain_schedule() {
    let (InstrumentTerms::Loan(loan), drawn) = every().remove(0) else { panic!() };
    let plain = crate::finance::schedule::build(&crate::finance::LoanTerms {
        tranches: drawn.clone(),
        rate: "0.03".parse().unwrap(),
        repayment: crate::finance::schedule::Repayment::Annuity,
        instalments: 24,
        period_months: 1,
        first_due: None,
        interest: crate::finance::schedule::InterestBasis::Act365F,
        holiday: None,
    })
    .unwrap();
    assert_eq!(InstrumentTerms::Loan(loan).planned(&drawn).unwrap(), plain);
    let _: Decimal = dec!(0);
}
