//! Mail: queued in the transaction of the change, sent by the worker over SMTP, or kept where no SMTP is configured.

use crate::app::App;
use crate::db::schema::mails;
use crate::db::{Cursor, Db, MultiBackend, Page};
use crate::error::{Error, Result};
use crate::outbox::{Job, schedule, schedule_all};
use crate::values::{Id, Instant, actor};
use diesel::dsl;
use diesel::prelude::*;
use lettre::message::Mailbox;
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::json;

/// The kind of the job that sends one mail.
pub const SEND: &str = "mail.send";

/// A mail that was sent or is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = mails, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Mail {
    /// Identifier.
    pub id: Id<Mail>,
    /// The authority it speaks for, when it speaks for one.
    pub authority_id: Option<Id<actor::Organisation>>,
    /// Address.
    pub recipient: String,
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// When it was queued.
    pub created_at: Instant,
    /// When the SMTP server took it.
    pub sent_at: Option<Instant>,
}

impl Mail {
    /// A mail that is not sent yet.
    #[must_use]
    pub fn new(
        authority: Option<Id<actor::Organisation>>,
        recipient: &str,
        subject: &str,
        body: &str,
        now: Instant,
    ) -> Self {
        Mail {
            id: Id::new(),
            authority_id: authority,
            recipient: recipient.to_owned(),
            // A header is one line, whatever a title holds.
            subject: subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            body: body.to_owned(),
            created_at: now,
            sent_at: None,
        }
    }
}

/// Queues a mail in the transaction of the change.
///
/// # Errors
/// What the database says.
pub fn queue(
    db: &mut Db,
    authority: Option<Id<actor::Organisation>>,
    recipient: &str,
    subject: &str,
    body: &str,
    now: Instant,
) -> Result<Id<Mail>> {
    let mail = Mail::new(authority, recipient, subject, body, now);
    diesel::insert_into(mails::table).values(&mail).execute(db)?;
    schedule(db, SEND, json!({ "mail": mail.id }), now)?;
    Ok(mail.id)
}

/// As [`queue`], several at once.
///
/// # Errors
/// What the database says.
pub fn queue_all(db: &mut Db, queued: &[Mail]) -> Result<()> {
    crate::insert_all!(db, mails::table, queued)?;
    let jobs = queued.iter().map(|mail| (SEND, json!({ "mail": mail.id }), mail.created_at));
    schedule_all(db, jobs)
}

/// Mails of the installation, newest first.
///
/// # Errors
/// What the database says.
pub fn list(db: &mut Db, after: Option<&Cursor>, limit: usize) -> Result<Page<Mail>> {
    let mut query = mails::table.select(Mail::as_select()).into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(crate::earlier!(mails::created_at, mails::id, cursor));
    }
    let rows = query.order((mails::created_at.desc(), mails::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    Ok(Page::cut(rows, limit, |mail: &Mail| Cursor { at: mail.created_at, id: mail.id.to_string() }))
}

/// What a server of mail said when it did not take a mail, for the people who wait for it.
#[must_use]
pub(super) fn said(error: &Error) -> String {
    let words = match error {
        Error::Internal(source) => source.downcast_ref::<smtp::Error>().map(ToString::to_string),
        _ => None,
    };
    let words = words.unwrap_or_else(|| "The mail could not be made or handed over; the log says why".to_owned());
    words.chars().take(500).collect()
}

/// Keeps what a server of mail said, and when it was asked for the last time.
pub(super) fn not_sent(db: &mut Db, id: Id<Mail>, failed: Option<Instant>, said: &str) -> Result<()> {
    diesel::update(mails::table.filter(mails::id.eq(id)))
        .set((mails::failed_at.eq(failed), mails::last_error.eq(said)))
        .execute(db)?;
    Ok(())
}

/// A mail that no server took within five days. Its text is not shown: it may hold a secret of its recipient. One that
/// speaks for no authority, such as a receipt or a link to a new password, is a matter between the service and its
/// recipient: only that there is one, and since when, is told.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = mails, check_for_backend(MultiBackend))]
pub struct GivenUp {
    /// Identifier.
    pub id: Id<Mail>,
    /// The authority it speaks for.
    pub authority_id: Option<Id<actor::Organisation>>,
    /// Address; empty where it speaks for no authority.
    pub recipient: String,
    /// Subject line; empty where it speaks for no authority.
    pub subject: String,
    /// When it was queued.
    pub created_at: Instant,
    /// When it was given up; always there in this list.
    pub failed_at: Option<Instant>,
    /// What the server said last; nothing where it speaks for no authority.
    pub last_error: Option<String>,
}

/// Given up, not put away, and of this authority or of none.
#[dsl::auto_type(no_type_alias)]
fn waits(authority: Id<actor::Organisation>) -> _ {
    mails::failed_at
        .is_not_null()
        .and(mails::left_at.is_null())
        .and(mails::authority_id.is_null().or(mails::authority_id.eq(authority)))
}

/// Mails that were given up and wait for somebody: this authority's, and of those that speak for none that they are there;
/// newest first.
///
/// # Errors
/// What the database says.
pub fn given_up(
    db: &mut Db,
    authority: Id<actor::Organisation>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<GivenUp>> {
    let mut query = mails::table.filter(waits(authority)).select(GivenUp::as_select()).into_boxed::<MultiBackend>();
    if let Some(cursor) = after {
        query = query.filter(
            mails::failed_at.lt(cursor.at).or(mails::failed_at.eq(cursor.at).and(mails::id.lt(cursor.id.clone()))),
        );
    }
    let rows = query.order((mails::failed_at.desc(), mails::id.desc())).limit(i64::try_from(limit + 1)?).load(db)?;
    let rows = rows.into_iter().map(|mail: GivenUp| match mail.authority_id {
        Some(_) => mail,
        None => GivenUp { recipient: String::new(), subject: String::new(), last_error: None, ..mail },
    });
    Ok(Page::cut(rows.collect(), limit, |mail: &GivenUp| Cursor {
        at: mail.failed_at.unwrap_or(mail.created_at),
        id: mail.id.to_string(),
    }))
}

pub(super) fn given_up_count(db: &mut Db) -> Result<i64> {
    let waiting = mails::table.filter(mails::failed_at.is_not_null()).filter(mails::left_at.is_null());
    Ok(waiting.count().get_result(db)?)
}

/// Queues a mail again that was given up, of this authority or of none.
///
/// # Errors
/// NotFound for another one.
pub fn try_again(db: &mut Db, authority: Id<actor::Organisation>, id: Id<Mail>, now: Instant) -> Result<()> {
    let waiting = mails::table.filter(mails::id.eq(id)).filter(waits(authority));
    let changed = diesel::update(waiting).set(mails::failed_at.eq(None::<Instant>)).execute(db)?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    schedule(db, SEND, json!({ "mail": id }), now)
}

/// Puts a mail away that was given up, of this authority or of none: it stays unsent, and waits for nobody.
///
/// # Errors
/// NotFound for another one.
pub fn leave(db: &mut Db, authority: Id<actor::Organisation>, id: Id<Mail>, now: Instant) -> Result<()> {
    let waiting = mails::table.filter(mails::id.eq(id)).filter(waits(authority));
    let changed = diesel::update(waiting).set(mails::left_at.eq(now)).execute(db)?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Runs one `mail.send` job. Without SMTP the mail stays where it is.
///
/// # Errors
/// What the SMTP server or the database says; the worker tries again.
pub async fn send(app: App, job: Job, now: Instant) -> Result<()> {
    let Some(transport) = &app.mailer else { return Ok(()) };
    let id: Id<Mail> = job.id_of("mail")?;
    let mail: Mail =
        app.db.read(move |db| Ok(mails::table.filter(mails::id.eq(id)).select(Mail::as_select()).first(db)?)).await?;
    if mail.sent_at.is_some() {
        return Ok(());
    }
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|e| Error::internal(format!("mail address: {e}")));
    let message = Message::builder()
        .from(mailbox(&app.config.mail.from)?)
        .to(mailbox(&mail.recipient)?)
        .subject(mail.subject)
        // The same identifier at each attempt, so that a server that took it twice can tell.
        .message_id(Some(format!("<{id}@commonweal>")))
        .body(mail.body)
        .map_err(|e| Error::Internal(Box::new(e)))?;
    transport.send(message).await.map_err(|e| Error::Internal(Box::new(e)))?;
    app.db
        .write(move |db| {
            diesel::update(mails::table.filter(mails::id.eq(id))).set(mails::sent_at.eq(now)).execute(db)?;
            Ok(())
        })
        .await
}

/// The SMTP connection pool of a configuration, when it names a server.
///
/// # Errors
/// Internal, when the URL is not an SMTP URL.
pub fn transport(smtp: &str) -> Result<Option<AsyncSmtpTransport<Tokio1Executor>>> {
    if smtp.is_empty() {
        return Ok(None);
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp)
        .map_err(|e| Error::internal(format!("mail.smtp is not an SMTP URL: {e}")))?;
    Ok(Some(builder.timeout(Some(std::time::Duration::from_secs(20))).build()))
}
