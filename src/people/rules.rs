//! Rules about people: what a good password is, when sign-in is refused, which roles go where.

use super::model::OrganisationKind;
use crate::values::{FieldErrors, Instant, Parser, RefusalInfo, Role};
use chrono::TimeDelta;
use validator::ValidateEmail;

/// Wrong passwords after which an account is locked for everybody, whoever guessed. Many more than
/// [`ATTEMPTS_BY_ACCOUNT`], so that one stranger alone cannot lock another out.
pub const FAILURES_BEFORE_LOCK: i64 = 50;
/// How long a locked account stays locked.
pub const LOCK_MINUTES: i64 = 15;
/// Wrong passwords for one address from one place in [`ATTEMPT_WINDOW_MINUTES`] before that place is refused.
pub const ATTEMPTS_BY_ACCOUNT: i64 = 10;
/// Wrong passwords from one place before sign-in is refused there: an office behind one network has many people.
pub const ATTEMPTS_BY_SOURCE: i64 = 100;
/// Accounts asked for from one place in the same window.
pub const REGISTRATIONS_BY_SOURCE: i64 = 20;
/// Reset links asked for from one place in the same window.
pub const RESETS_BY_SOURCE: i64 = 20;
/// Window of all these.
pub const ATTEMPT_WINDOW_MINUTES: i64 = 15;
/// Mails to one address that others may cause in [`MAIL_WINDOW_MINUTES`].
pub const MAILS_BY_ADDRESS: i64 = 5;
/// Window of [`MAILS_BY_ADDRESS`], the longest of all.
pub const MAIL_WINDOW_MINUTES: i64 = 60;
/// How long the link that confirms an address works.
pub const CONFIRM_HOURS: i64 = 24;
/// How long an offered role can be accepted.
pub const INVITATION_DAYS: i64 = 30;
/// How long a reset link works.
pub const RESET_MINUTES: i64 = 60;

/// Why something about people is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleRefusal {
    /// The one answer to every sign-in that fails: it tells nobody whether an account exists.
    SignIn,
    /// Too many attempts from this address.
    TooManyAttempts,
    /// A reset link that is unknown, used or too old.
    ResetLink,
    /// A link to confirm an address that is unknown, used or too old.
    ConfirmLink,
    /// An offer of a role that was answered, taken back or too old.
    InvitationOver,
    /// A role that does not fit the kind of organisation.
    RoleForKind,
    /// The last owner or administrator would be gone.
    LastOne,
    /// Departments belong to an authority.
    Parent,
    /// A token that does not say for which of several its owner acts.
    TokenForWhom,
}

impl RefusalInfo for PeopleRefusal {
    fn code(&self) -> &'static str {
        match self {
            PeopleRefusal::SignIn => "people/sign-in",
            PeopleRefusal::TooManyAttempts => "people/too-many-attempts",
            PeopleRefusal::ResetLink => "people/reset-link",
            PeopleRefusal::ConfirmLink => "people/confirm-link",
            PeopleRefusal::InvitationOver => "people/invitation-over",
            PeopleRefusal::RoleForKind => "people/role-for-kind",
            PeopleRefusal::LastOne => "people/last-one",
            PeopleRefusal::Parent => "people/parent",
            PeopleRefusal::TokenForWhom => "people/token-for-whom",
        }
    }
    fn sentence(&self) -> String {
        match self {
            PeopleRefusal::SignIn => {
                "The email address or password is not right, or the account is locked for 15 minutes after many attempts. Check both, or reset your password. If you have just made an account, open the link in our mail first."
            }
            PeopleRefusal::TooManyAttempts => "There were too many attempts from your network. Wait 15 minutes, then try again.",
            PeopleRefusal::ResetLink => "This link does not work any more. Ask for a new one.",
            PeopleRefusal::ConfirmLink => "This link does not work any more. If you have an account, sign in. Otherwise make one again.",
            PeopleRefusal::InvitationOver => "This offer does not stand any more. Ask whoever made it to offer the role again.",
            PeopleRefusal::RoleForKind => "Staff roles belong to authorities and applicant roles to other organisations. Choose a role that fits.",
            PeopleRefusal::LastOne => "This is the last person with this role. Give it to somebody else first.",
            PeopleRefusal::Parent => "A department needs the authority it belongs to.",
            PeopleRefusal::TokenForWhom => "A token acts for one of those you belong to, and this one does not say for which. Choose on your account page for whom you act, then make a new token there.",
        }
        .to_owned()
    }
}

/// Whether the account may try a password now.
#[must_use]
pub fn is_locked(locked_until: Option<Instant>, machine_now: Instant) -> bool {
    locked_until.is_some_and(|until| until > machine_now)
}

/// After a wrong password: the new count, and until when the account is locked, when it is. Guesses during a lock neither
/// end it nor make it longer.
#[must_use]
pub fn after_failure(failures: i64, locked_until: Option<Instant>, machine_now: Instant) -> (i64, Option<Instant>) {
    if is_locked(locked_until, machine_now) {
        return (failures, locked_until);
    }
    let failures = failures + 1;
    if failures >= FAILURES_BEFORE_LOCK {
        (0, Some(machine_now.plus(TimeDelta::minutes(LOCK_MINUTES))))
    } else {
        (failures, None)
    }
}

/// Whether a role may be held in a kind of organisation.
///
/// # Errors
/// [`PeopleRefusal::RoleForKind`].
pub fn role_fits(role: Role, kind: OrganisationKind) -> Result<(), PeopleRefusal> {
    if role.is_staff() != kind.is_applicant() && kind != OrganisationKind::Department {
        Ok(())
    } else {
        Err(PeopleRefusal::RoleForKind)
    }
}

/// Reads an address: trimmed, in lower case.
pub fn email(form: &mut Parser, field: &str, value: &str) -> String {
    let value = value.trim().to_lowercase();
    if !value.validate_email() || value.len() > 200 {
        form.wrong(field, "Enter an email address, like name@example.org");
    }
    value
}

/// Reads a new password: at least 12 characters, not the address, not one character again and again.
pub fn new_password(form: &mut Parser, field: &str, value: &str, email: &str) {
    let length = value.chars().count();
    let distinct = value.chars().collect::<std::collections::BTreeSet<_>>().len();
    if length < 12 {
        form.wrong(field, "Use 12 characters or more. Three or four random words work well");
    } else if length > 200 {
        form.wrong(field, "Use 200 characters or fewer");
    } else if distinct < 5 || value.eq_ignore_ascii_case(email) {
        form.wrong(field, "Choose a password that is harder to guess");
    }
}

/// The errors of a sign-in form, or nothing.
///
/// # Errors
/// What is missing.
pub fn sign_in_form(email: &str, password: &str) -> Result<(), FieldErrors> {
    let mut form = Parser::default();
    form.check(!email.trim().is_empty(), "email", "Enter your email address");
    form.check(!password.is_empty(), "password", "Enter your password");
    form.finish()
}

/// A path of this service that somebody may be led on to; `None` for anything that leads elsewhere or is very long.
#[must_use]
pub fn own_path(next: &str) -> Option<&str> {
    // Browsers drop control characters and read a backslash as a slash, so that either could lead elsewhere.
    let plain = next.len() <= 500 && next.chars().all(|c| !c.is_control() && c != '\\');
    (plain && next.starts_with('/') && !next.starts_with("//")).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_wrong_passwords_from_anywhere_lock_an_account_for_fifteen_minutes() {
        let now = Instant::from_micros(0).unwrap();
        let (failures, locked) = after_failure(48, None, now);
        assert_eq!((failures, locked), (49, None));
        let (failures, locked) = after_failure(49, None, now);
        assert_eq!(failures, 0);
        assert!(is_locked(locked, now.plus(TimeDelta::minutes(14))));
        assert!(!is_locked(locked, now.plus(TimeDelta::minutes(15))));
        assert_eq!(after_failure(0, locked, now.plus(TimeDelta::minutes(14))), (0, locked), "a guess does not end it");
        assert_eq!(after_failure(0, locked, now.plus(TimeDelta::minutes(15))), (1, None));
    }

    #[test]
    fn staff_roles_stay_in_authorities_and_applicant_roles_outside() {
        assert!(role_fits(Role::Auditor, OrganisationKind::Authority).is_ok());
        assert!(role_fits(Role::Auditor, OrganisationKind::Charity).is_err());
        assert!(role_fits(Role::ApplicantOwner, OrganisationKind::Charity).is_ok());
        assert!(role_fits(Role::ApplicantOwner, OrganisationKind::Authority).is_err());
        assert!(role_fits(Role::Evaluator, OrganisationKind::Department).is_err());
    }
}
