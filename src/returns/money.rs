//! The money behind a mission.

use crate::agreements::{AgreementKind, AgreementState, VALUE_LEFT, counts};
use crate::db::Db;
use crate::db::schema::{agreements, investment_drawdowns, investments};
use crate::db::sum_pence;
use crate::error::Result;
use crate::investments::ProposalState;
use crate::missions::Mission;
use crate::values::{Id, LocalDate, Pence};
use diesel::prelude::*;
use serde::Serialize;

/// Agreements of one kind that serve a mission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// How many agreements, ended early and cancelled ones left out.
    pub count: i64,
    /// What they are worth together.
    pub agreed: Pence,
    /// What was paid; `None` where payments are not recorded.
    pub paid: Option<Pence>,
}

/// What is bought and invested for a mission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MissionMoney {
    /// Contracts. What was paid under them is not recorded here.
    pub contracts: Behind,
    /// Investments.
    pub investments: Behind,
}

/// The money behind a mission on a day. Two statements.
///
/// # Errors
/// What the database says.
pub fn mission_money(db: &mut Db, mission: Id<Mission>, on: LocalDate) -> Result<MissionMoney> {
    let sums: Vec<(AgreementKind, i64, Option<i64>)> = agreements::table
        .filter(agreements::mission_id.eq(mission))
        .filter(agreements::state.ne(AgreementState::Terminated))
        .filter(counts())
        .group_by(agreements::kind)
        .select((agreements::kind, diesel::dsl::count_star(), sum_pence(VALUE_LEFT)))
        .load(db)?;
    let paid: Option<i64> = investment_drawdowns::table
        .filter(
            investment_drawdowns::investment_id
                .eq_any(investments::table.filter(investments::mission_id.eq(mission)).select(investments::id)),
        )
        .filter(investment_drawdowns::state.eq(ProposalState::Approved))
        .filter(investment_drawdowns::pay_on.le(on))
        .select(sum_pence("amount"))
        .first(db)?;
    let of = |kind: AgreementKind, paid: Option<Pence>| {
        let found = sums.iter().find(|(k, ..)| *k == kind);
        Behind {
            count: found.map_or(0, |(_, count, _)| *count),
            agreed: Pence(found.and_then(|(.., sum)| *sum).unwrap_or(0)),
            paid,
        }
    };
    Ok(MissionMoney {
        contracts: of(AgreementKind::Contract, None),
        investments: of(AgreementKind::Investment, Some(Pence(paid.unwrap_or(0)))),
    })
}
