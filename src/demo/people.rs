//! The people of the practice council.

use crate::app::App;
use crate::db::Json;
use crate::error::{Error, Result};
use crate::people::actions::{self as people_actions, DEMO_PASSWORD};
use crate::people::{Organisation, OrganisationKind, Profile, load_actor};
use crate::values::{Account, Actor, Id, Instant, Role};

/// Who is in the practice council.
pub(super) struct People {
    pub(super) lead: Actor,
    pub(super) buyer: Actor,
    pub(super) second_buyer: Actor,
    pub(super) evaluators: Vec<Actor>,
    pub(super) fund: Actor,
    pub(super) committee: Actor,
    /// Two more members of the committee.
    pub(super) members: Vec<Actor>,
    pub(super) contracts: Actor,
}

/// Makes the council, its staff, and the people of the sign-in page who write for applicants.
pub(super) async fn people(app: &App, now: Instant) -> Result<People> {
    let input = people_actions::Register {
        name: "Demo".to_owned(),
        email: "demo@example.org".to_owned(),
        password: DEMO_PASSWORD.to_owned(),
        next: String::new(),
    };
    let (_, _, hash) = tokio::task::spawn_blocking(move || people_actions::checked_account(&input))
        .await
        .map_err(|e| Error::Internal(Box::new(e)))??;
    let council = Organisation {
        id: Id::new(),
        kind: OrganisationKind::Authority,
        name: app.config.server.council.clone(),
        parent_id: None,
        profile: Json(Profile::default()),
        created_at: now,
        created_by: None,
    };
    let staff: [(&str, &str, Role); 13] = [
        ("admin@camden.example", "Priya Nair", Role::Administrator),
        ("missions@camden.example", "Leon Adeyemi", Role::MissionLead),
        ("buyer@camden.example", "Amara Osei", Role::ProcurementOfficer),
        ("buyer2@camden.example", "Joan Whitfield", Role::ProcurementOfficer),
        ("evaluator@camden.example", "Parveen Raman", Role::Evaluator),
        ("evaluator2@camden.example", "Jack Cole", Role::Evaluator),
        ("fund@camden.example", "Tomasz Wilk", Role::FundManager),
        ("committee@camden.example", "Grace Oduya", Role::CommitteeMember),
        ("contracts@camden.example", "Ruth Lindqvist", Role::ContractManager),
        ("auditor@camden.example", "Samir Haddad", Role::Auditor),
        ("evaluator3@camden.example", "Mei Tan", Role::Evaluator),
        ("committee2@camden.example", "Idris Bell", Role::CommitteeMember),
        ("committee3@camden.example", "Hannah Stone", Role::CommitteeMember),
    ];
    let accounts = app
        .db
        .write(move |db| {
            people_actions::make_organisation(db, &Actor::System, &council, None, now)?;
            let mut accounts = Vec::new();
            for (email, name, role) in staff {
                let account = people_actions::make_account(db, name, email, &hash, now)?;
                people_actions::add_role(db, &Actor::System, &council, account, role, now)?;
                accounts.push(account);
            }
            // The people of the sign-in page who write for applicants.
            for (email, name) in [
                ("owner@harvest.example", "Nadia Karim"),
                ("editor@harvest.example", "Owen Price"),
                ("owner@nextdesk.example", "Dele Akande"),
            ] {
                accounts.push(people_actions::make_account(db, name, email, &hash, now)?);
            }
            Ok(accounts)
        })
        .await?;
    let actors = app
        .db
        .read({
            let accounts = accounts.clone();
            move |db| {
                accounts.into_iter().map(|a| load_actor(db, a)?.ok_or(Error::NotFound)).collect::<Result<Vec<_>>>()
            }
        })
        .await?;
    let who = |index: usize| actors.get(index).cloned().ok_or(Error::NotFound);
    Ok(People {
        lead: who(1)?,
        buyer: who(2)?,
        second_buyer: who(3)?,
        evaluators: vec![who(4)?, who(5)?],
        fund: who(6)?,
        committee: who(7)?,
        members: vec![who(11)?, who(12)?],
        contracts: who(8)?,
    })
}

pub(super) fn account_by_email(db: &mut crate::db::Db, email: &str) -> Result<Id<Account>> {
    use crate::db::schema::accounts;
    use diesel::prelude::*;
    Ok(accounts::table.filter(accounts::email.eq(email)).select(accounts::id).first(db)?)
}

pub(super) fn find_or_make_owner(
    db: &mut crate::db::Db,
    name: &str,
    email: Option<&str>,
    now: Instant,
) -> Result<Id<Account>> {
    if let Some(email) = email {
        return account_by_email(db, email);
    }
    let word: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    // No password gives this hash: nobody signs in as an owner who is only there to have written something.
    people_actions::make_account(db, &format!("Owner of {name}"), &format!("owner@{word}.example"), "unusable", now)
}
