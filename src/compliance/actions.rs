//! What people do with figures: report, accept, query, reject, and apportion what two have counted.

use super::counting::{fingerprint_key, fingerprints, measure_key};
use super::ledger::{self, Checked, Counting};
use super::model::{Claim, ClaimState, DoubleCount, Due, DueState};
use super::periods::end_of;
use super::rules::{self, ComplianceRefusal, Decision, Judged};
use super::{jobs, remedies, store};
use crate::agreements::{self, Agreement, Obligation};
use crate::app::App;
pub(super) use crate::audit::note;
use crate::conditions::Direction;
use crate::db::Db;
use crate::documents::{self, Document, Upload};
use crate::error::{Error, Result};
use crate::evaluation::check::MAX_QUANTITY;
use crate::outbox;
use crate::people::policy::{Action, Thing, require};
use crate::values::{Account, Actor, Id, Instant, LocalDate, Parser, Quantity, Share};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

/// Most files with one figure.
pub const MOST_FILES: usize = 10;

/// A figure as it is reported.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ReportInput {
    /// How the measure stands at the end of the period, counted since the agreement began.
    pub quantity: String,
    /// What there is to say about it.
    pub note: String,
    /// References of the beneficiaries behind it, one a line. Kept only as keyed fingerprints.
    pub beneficiaries: String,
    /// Files, for programs; a form sends them as parts.
    pub evidence: Vec<EvidenceInput>,
}

/// One file of evidence, for programs.
#[derive(Clone, Debug, Default, Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(default)]
pub struct EvidenceInput {
    /// Its name.
    pub name: String,
    /// Its bytes, base64.
    pub content: String,
}

/// The facts of a due date that the policy judges.
#[must_use]
pub fn thing(due: &Due) -> Thing {
    Thing::of_applicant(due.authority_id, due.organisation_id)
}

/// What the rules need of a due date.
pub(super) fn judged(due: &Due, obligation: &Obligation) -> Judged {
    Judged {
        state: due.state,
        grace_until: due.grace_until,
        cure_by: due.cure_by,
        cure_days: obligation.terms.0.cure_days,
        direction: obligation.direction,
        target: due.target.get(),
        binding: due.binding,
    }
}

/// Whether a due date still binds, by [`rules::still_binds`].
///
/// # Errors
/// What the database says.
pub(super) fn still_binds(db: &mut Db, agreement: &Agreement, due: &Due) -> Result<bool> {
    let cancelled = agreements::all_cancelled(db, agreement.id)?;
    Ok(rules::still_binds(due.due_on, agreement.ended_on(), cancelled))
}

/// Whether a figure can be reported now; `binds` says whether the due date still binds.
///
/// # Errors
/// A refusal that says why not.
pub(super) fn may_report(due: &Due, binds: bool, now: Instant) -> Result<(), ComplianceRefusal> {
    if !binds || due.state == DueState::Closed {
        return Err(ComplianceRefusal::AgreementEnded);
    }
    if !matches!(due.state, DueState::Pending | DueState::Missed) {
        return Err(ComplianceRefusal::Closed);
    }
    if now.date() < due.starts_on {
        return Err(ComplianceRefusal::TooEarly);
    }
    if due.claim_state == Some(ClaimState::Reported) {
        return Err(ComplianceRefusal::AlreadyReported);
    }
    Ok(())
}

/// Reports a figure with evidence. The files are checked by content and scanned before anything is written.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it is not due, evidence is missing, or somebody else counted the same.
pub async fn report(
    app: &App,
    actor: &Actor,
    due: Id<Due>,
    input: &ReportInput,
    files: Vec<Upload>,
    now: Instant,
) -> Result<Id<Claim>> {
    let by = actor.account().ok_or(Error::Denied)?;
    let authority = app.db.read(move |db| store::find_due(db, due)).await.and_then(|found| {
        require(actor, Action::ReportFigure, &thing(&found))?;
        Ok(found.authority_id)
    })?;
    let mut form = Parser::default();
    let quantity = form.value::<Quantity>("quantity", &input.quantity, "Enter the figure");
    let note = form.optional_text("note", &input.note, 4000).unwrap_or_default();
    let key = fingerprint_key(&app.keys, authority);
    let people = fingerprints(&mut form, "beneficiaries", &input.beneficiaries, &key);
    form.check(files.len() <= MOST_FILES, "evidence", "Send at most 10 files");
    form.finish()?;
    let Some(quantity) = quantity else { return Err(Error::field("quantity", "Enter the figure")) };

    let claim_id: Id<Claim> = Id::new();
    let documents = keep_files(app, authority, claim_id, by, files, now).await?;
    let keys: Vec<String> = documents.iter().map(|d| d.stored_as.clone()).collect();
    let actor = actor.clone();
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    let written = app
        .db
        .write(move |db| {
            let reported = Reported { claim_id, quantity, note: &note, people: &people, documents: &documents, by };
            write_report(db, &actor, due, &reported, &link, now)
        })
        .await;
    if !matches!(written, Ok(None)) {
        for key in &keys {
            documents::remove(&app.config.storage.documents, key).await?;
        }
    }
    match written? {
        None => Ok(claim_id),
        Some((people, files)) => Err(ComplianceRefusal::DoubleCount(people, files).into()),
    }
}

async fn keep_files(
    app: &App,
    authority: Id<crate::values::actor::Organisation>,
    claim: Id<Claim>,
    by: Id<crate::values::Account>,
    files: Vec<Upload>,
    now: Instant,
) -> Result<Vec<Document>> {
    let mut kept: Vec<Document> = Vec::new();
    for upload in files {
        let checked = documents::check(upload, app.config.storage.most_bytes)?;
        if kept.iter().any(|d| d.sha256 == checked.sha256) {
            return Err(Error::field("evidence", format!("“{}” is the same file as another one", checked.name)));
        }
        let scan = documents::scan(&app.config.scan.clamd, &checked.bytes).await?;
        let size = i64::try_from(checked.bytes.len())?;
        let stored_as = documents::store_file(&app.config.storage.documents, checked.bytes).await?;
        kept.push(Document {
            id: Id::new(),
            authority_id: authority,
            owner_kind: "claim".to_owned(),
            owner_id: claim.to_string(),
            sealed: false,
            name: checked.name,
            media_type: checked.media_type.to_owned(),
            size,
            sha256: checked.sha256,
            scan,
            stored_as,
            created_at: now,
            created_by: Some(by),
        });
    }
    Ok(kept)
}

struct Reported<'a> {
    claim_id: Id<Claim>,
    quantity: Quantity,
    note: &'a str,
    people: &'a [String],
    documents: &'a [Document],
    by: Id<crate::values::Account>,
}

/// Whether a figure can be true at all: not negative, not beyond what can be counted, and no more than all of it.
fn possible(field: &str, quantity: Quantity, unit: &str) -> Result<()> {
    let figure = quantity.get();
    if figure < Decimal::ZERO || figure > MAX_QUANTITY {
        return Err(Error::field(field, "Enter a figure of 0 or more that can be counted"));
    }
    if unit == "%" && figure > Decimal::ONE_HUNDRED {
        return Err(Error::field(field, "Enter a percentage from 0 to 100"));
    }
    Ok(())
}

/// Writes a figure, or gives how many beneficiaries and files somebody else counted.
fn write_report(
    db: &mut Db,
    actor: &Actor,
    due: Id<Due>,
    reported: &Reported<'_>,
    link: &str,
    now: Instant,
) -> Result<Option<(usize, usize)>> {
    let mut due = store::find_due(db, due)?;
    require(actor, Action::ReportFigure, &thing(&due))?;
    let agreement = agreements::find(db, due.agreement_id)?;
    may_report(&due, still_binds(db, &agreement, &due)?, now)?;
    let obligation = agreements::find_obligation(db, due.obligation_id)?;
    possible("quantity", reported.quantity, &obligation.unit)?;
    if reported.documents.is_empty() && !obligation.terms.0.evidence.is_empty() {
        return Err(ComplianceRefusal::NoEvidence.into());
    }
    let replaced = store::newest_claim(db, due.id)?.filter(|c| c.state != ClaimState::Rejected);
    let evidence: Vec<String> = reported.documents.iter().map(|d| d.sha256.clone()).collect();
    let counting = Counting { beneficiaries: reported.people, evidence: &evidence };
    let replaces = replaced.as_ref().map(|c| c.id);
    let (counted, entries) = match ledger::check(
        db,
        &due,
        &obligation,
        reported.claim_id,
        reported.quantity,
        &counting,
        replaces,
        now,
    )? {
        Checked::Free(counted, entries) => (counted, entries),
        Checked::Taken(people, files, news) => {
            let facts = json!({ "due": due.id, "obligation": obligation.id, "beneficiaries": people, "files": files });
            note(db, actor, &due, "claim.double_count_refused", facts, now)?;
            // The refusal says that the council has been told: once for each thing that is counted twice.
            if news {
                let subject = format!("Counted twice: {}, {}", obligation.title, due.period);
                let body = format!(
                    "{}\n\nA figure was refused because it counts what another figure has counted for the same measure and period. Decide whether the two share it, at most 100 % together:\n{link}/compliance/shared\n",
                    agreement.title
                );
                jobs::mail_managers(db, &due, &subject, &body, now)?;
            }
            return Ok(Some((people, files)));
        }
    };
    if let Some(mut old) = replaced {
        store::release(db, old.id)?;
        old.state = ClaimState::Replaced;
        store::set_claim(db, &old)?;
    }
    let claim = Claim {
        id: reported.claim_id,
        authority_id: due.authority_id,
        agreement_id: due.agreement_id,
        obligation_id: due.obligation_id,
        due_id: due.id,
        organisation_id: due.organisation_id,
        mission_id: due.mission_id,
        ends_on: due.ends_on,
        state: ClaimState::Reported,
        quantity: reported.quantity,
        counted,
        verified: None,
        note: reported.note.to_owned(),
        beneficiaries: i64::try_from(reported.people.len())?,
        reported_at: now,
        reported_by: reported.by,
        reason: None,
        decided_at: None,
        decided_by: None,
    };
    store::insert_claim(db, &claim)?;
    for entry in &entries {
        store::insert_entry(db, entry)?;
    }
    for document in reported.documents {
        documents::insert(db, document)?;
    }
    due.claim_state = Some(ClaimState::Reported);
    store::set_due(db, &due)?;
    let facts = json!({
        "due": due.id, "obligation": obligation.id, "claim": claim.id, "quantity": claim.quantity, "counted": counted,
        "beneficiaries": claim.beneficiaries, "evidence": evidence,
    });
    note(db, actor, &due, "claim.reported", facts, now)?;
    outbox::emit(db, "claim.reported", json!({ "claim": claim.id, "due": due.id }), now)?;
    Ok(None)
}

/// An officer's decision about a figure.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct DecisionInput {
    /// `accept`, `query` or `reject`.
    pub decision: String,
    /// The figure that is verified, when lower than what was reported and counts.
    pub verified: String,
    /// Why; needed for a query, a rejection or a lower figure.
    pub reason: String,
}

/// Accepts, queries or rejects a figure.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it does not wait for a decision or more is verified than counts.
pub async fn decide(
    app: &App,
    actor: &Actor,
    claim: Id<Claim>,
    input: &DecisionInput,
    now: Instant,
) -> Result<DueState> {
    let mut form = Parser::default();
    let verified = form.optional::<Quantity>("verified", &input.verified);
    let reason = form.optional_text("reason", &input.reason, 4000);
    let word = input.decision.trim().to_owned();
    form.check(
        matches!(word.as_str(), "accept" | "query" | "reject"),
        "decision",
        "Choose whether to accept, query or reject the figure",
    );
    let needs_reason = matches!(word.as_str(), "query" | "reject") || (word == "accept" && verified.is_some());
    form.check(!needs_reason || reason.is_some(), "reason", "Say why, in words the organisation can act on");
    form.finish()?;
    let by = actor.account().ok_or(Error::Denied)?;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut claim = store::find_claim(db, claim)?;
            let mut due = store::find_due(db, claim.due_id)?;
            require(&actor, Action::VerifyFigure, &thing(&due))?;
            if !matches!(claim.state, ClaimState::Reported | ClaimState::Queried) {
                return Err(ComplianceRefusal::NotWaiting.into());
            }
            let obligation = agreements::find_obligation(db, due.obligation_id)?;
            let (decision, state, action) = match word.as_str() {
                "accept" => {
                    let figure = verified.unwrap_or(claim.counted);
                    possible("verified", figure, &obligation.unit)?;
                    if obligation.direction == Direction::AtLeast && figure.get() > claim.counted.get() {
                        return Err(ComplianceRefusal::MoreThanCounts.into());
                    }
                    claim.verified = Some(figure);
                    (Decision::Accept(figure.get()), ClaimState::Accepted, "claim.accepted")
                }
                "query" => (Decision::Query, ClaimState::Queried, "claim.queried"),
                _ => (Decision::Reject, ClaimState::Rejected, "claim.rejected"),
            };
            claim.state = state;
            claim.reason.clone_from(&reason);
            claim.decided_at = Some(now);
            claim.decided_by = Some(by);
            store::set_claim(db, &claim)?;
            if state == ClaimState::Rejected {
                store::release(db, claim.id)?;
            }
            let before = due.clone();
            let found = judged(&due, &obligation).after(decision, now.date());
            due.claim_state = Some(state);
            settle(db, &mut due, found)?;
            let facts = json!({
                "due": due.id, "obligation": obligation.id, "claim": claim.id, "quantity": claim.quantity,
                "verified": claim.verified, "state": due.state,
            });
            note(db, &actor, &due, action, facts, now)?;
            follow(db, &actor, &before, &due, &obligation, by, &link, now)?;
            jobs::tell_decision(db, &due, &obligation, &claim, &link, now)?;
            outbox::emit(db, "claim.decided", json!({ "claim": claim.id, "due": due.id, "state": state }), now)?;
            Ok(due.state)
        })
        .await
}

/// Writes what was found about a due date.
fn settle(db: &mut Db, due: &mut Due, (mut state, cure_by): (DueState, Option<LocalDate>)) -> Result<()> {
    // Only this figure was still to be decided when the other dates that do not bind any more were closed.
    let was_over = due.state.was_breached() || due.state == DueState::Closed;
    let open = !was_over && matches!(state, DueState::Pending | DueState::Missed | DueState::Breached);
    if open {
        let agreement = agreements::find(db, due.agreement_id)?;
        if !still_binds(db, &agreement, due)? {
            state = DueState::Closed;
        }
    }
    due.state = state;
    due.cure_by = cure_by;
    store::set_due(db, due)
}

/// What follows when a due date was written anew: the end of its time to cure is waited for, and of a breach the next step
/// is proposed.
#[expect(clippy::too_many_arguments, reason = "a breach needs who made it one, where it is read, and both states")]
fn follow(
    db: &mut Db,
    actor: &Actor,
    before: &Due,
    due: &Due,
    obligation: &Obligation,
    by: Id<Account>,
    link: &str,
    now: Instant,
) -> Result<()> {
    if due.state == DueState::Missed && due.cure_by != before.cure_by {
        jobs::schedule_cure_over(db, due)?;
    }
    if due.state == DueState::Breached && before.state != DueState::Breached {
        remedies::open_breach(db, actor, due, obligation, Some(by), link, now)?;
    }
    Ok(())
}

/// How something that two figures count is shared.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct ApportionInput {
    /// Per cent that stays with the figure that counted it first.
    pub first_percent: String,
    /// Per cent for the figure that was refused.
    pub percent: String,
    /// Why.
    pub reason: String,
}

/// Records how a beneficiary or file is shared, at most 100 % together. The refused figure can then be reported again.
/// Where less of the first figure counts after that, its due date is judged again, and its organisation is told why.
///
/// # Errors
/// Invalid, Denied, NotFound; refused when it was apportioned, the first figure is gone, or the shares are too many.
pub async fn apportion(
    app: &App,
    actor: &Actor,
    id: Id<DoubleCount>,
    input: &ApportionInput,
    now: Instant,
) -> Result<()> {
    let mut form = Parser::default();
    let mut percent = |field: &str, text: &str| {
        let value = form.decimal(field, text, "Enter a percentage from 0 to 100")?;
        let share = value.checked_div(rust_decimal::Decimal::ONE_HUNDRED).and_then(|v| Share::new(v).ok());
        if share.is_none() {
            form.wrong(field, "Enter a percentage from 0 to 100");
        }
        share
    };
    let first_share = percent("first_percent", &input.first_percent);
    let share = percent("percent", &input.percent);
    let reason = form.text("reason", &input.reason, 2000, "Say why it is shared so");
    form.finish()?;
    let (Some(first_share), Some(share)) = (first_share, share) else {
        return Err(Error::field("percent", "Enter a percentage from 0 to 100"));
    };
    let by = actor.account().ok_or(Error::Denied)?;
    let link = app.config.server.public_url.trim_end_matches('/').to_owned();
    let actor = actor.clone();
    app.db
        .write(move |db| {
            let mut decided = store::find_double_count(db, id)?;
            // It takes from one what it gives to the other: nobody shares out what is their own enterprise's.
            for organisation in [decided.organisation_id, decided.first_organisation_id] {
                require(&actor, Action::Apportion, &Thing::of_applicant(decided.authority_id, organisation))?;
            }
            if decided.decided_at.is_some() {
                return Err(ComplianceRefusal::Apportioned.into());
            }
            let due = store::find_due(db, decided.due_id)?;
            let first_obligation = agreements::find_obligation(db, decided.first_obligation_id)?;
            let verified_before = store::find_claim(db, decided.first_claim_id)?.verified;
            let claim = ledger::share_out(db, &decided, &due, &first_obligation, share, first_share)?;
            decided.share = Some(share);
            decided.first_share = Some(first_share);
            decided.reason = Some(reason.clone());
            decided.decided_at = Some(now);
            decided.decided_by = Some(by);
            store::set_double_count(db, &decided)?;
            let facts = json!({
                "double_count": id, "due": due.id, "obligation": due.obligation_id, "first_claim": claim.id,
                "first_share": first_share, "share": share, "first_counted": claim.counted,
                "first_verified": claim.verified, "first_verified_before": verified_before,
            });
            note(db, &actor, &due, "claim.apportioned", facts.clone(), now)?;
            let mut first_due = store::find_due(db, decided.first_due_id)?;
            if first_due.agreement_id != due.agreement_id {
                note(db, &actor, &first_due, "claim.apportioned", facts, now)?;
            }
            judge_again(db, &actor, &mut first_due, &first_obligation, &claim, by, &link, now)?;
            jobs::tell_shared_out(db, &first_due, &first_obligation, &claim, &decided, verified_before, &link, now)?;
            let measure = measure_key(&first_obligation.measure, &first_obligation.unit);
            jobs::tell_apportioned(db, &due, &measure, &link, now)
        })
        .await
}

/// Judges a due date again when less of its accepted figure is verified than when it was accepted, by the rule by which a
/// figure is accepted. Nothing when that figure keeps it still.
#[expect(clippy::too_many_arguments, reason = "a breach needs who made it one and where it is read")]
fn judge_again(
    db: &mut Db,
    actor: &Actor,
    due: &mut Due,
    obligation: &Obligation,
    claim: &Claim,
    by: Id<Account>,
    link: &str,
    now: Instant,
) -> Result<()> {
    let Some(verified) = claim.verified.filter(|_| claim.state == ClaimState::Accepted) else { return Ok(()) };
    let found = judged(due, obligation).lowered(verified.get(), now.date());
    if found == (due.state, due.cure_by) {
        return Ok(());
    }
    let before = due.clone();
    settle(db, due, found)?;
    let facts = json!({
        "due": due.id, "obligation": obligation.id, "claim": claim.id, "verified": verified, "before": before.state,
        "state": due.state, "cure_by": due.cure_by,
    });
    note(db, actor, due, "due.judged_again", facts, now)?;
    if due.state == DueState::Pending {
        jobs::wait_again(db, due, now)?;
    }
    follow(db, actor, &before, due, obligation, by, link, now)
}

/// When the time to cure is over, as an instant: the end of its last day in London.
#[must_use]
pub(super) fn cure_over_at(due: &Due) -> Option<Instant> {
    due.cure_by.map(end_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn a_figure_that_cannot_be_true_is_refused_at_its_field() {
        let possible = |figure, unit| possible("quantity", Quantity::new(figure).unwrap(), unit);
        assert!(possible(dec!(0), "people").is_ok());
        assert!(possible(dec!(100), "%").is_ok());
        for (figure, unit) in [(dec!(-5), "%"), (dec!(100.01), "%"), (dec!(9999999999999999999), "people")] {
            let Err(Error::Invalid(errors)) = possible(figure, unit) else { panic!("{figure} {unit}") };
            assert!(errors.at("quantity").is_some());
        }
    }
}
