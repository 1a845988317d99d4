//! The command line: one binary, `commonweal`.

pub mod evaluate;
mod finance;
mod scoring;
pub mod timetable;
mod upkeep;

use crate::app::{App, read_setting, setting, write_setting};
use crate::config::{Config, LogFormat};
use crate::db::{Database, migrate};
use crate::error::{Error, Result};
use crate::law::tendering::Circumstances;
use crate::people::actions as people;
use crate::people::{Organisation, OrganisationKind, Profile};
use crate::values::{Actor, Id, Role};
use crate::{db, demo, serve};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use std::fs::TryLockError;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Missions, tenders and patient investment of a council.
#[derive(Debug, Parser)]
#[command(name = "commonweal", version, about)]
struct Cli {
    /// Configuration file; without it the built-in defaults and COMMONWEAL_… variables hold.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and the API.
    #[command(after_help = "Example:\n  commonweal serve --sandbox")]
    Serve {
        /// A practice council: the clock can be moved forward and mails are kept on a page.
        #[arg(long)]
        sandbox: bool,
    },
    /// Bring the database to the newest schema.
    #[command(after_help = "Example:\n  commonweal --config production.toml migrate")]
    Migrate,
    /// Make a practice council in an empty database, relative to today.
    #[command(after_help = "Example:\n  commonweal demo && commonweal serve --sandbox")]
    Demo {
        /// Leave a database that holds a council already as it is, and say nothing.
        #[arg(long)]
        once: bool,
    },
    /// Accounts.
    #[command(subcommand)]
    User(User),
    /// Rank bids by a published model, or recompute a decision to the last digit.
    #[command(after_help = "Examples:\n  commonweal evaluate ranking.json\n  commonweal evaluate --schema")]
    Evaluate {
        /// A file of the format commonweal-evaluation/1.
        file: Option<PathBuf>,
        /// Print the JSON Schema of the file instead.
        #[arg(long)]
        schema: bool,
        /// The schema of another format: a bidder's own file, lots, stages.
        #[arg(long, requires = "schema", value_name = "FORMAT")]
        format: Option<String>,
    },
    /// Try a scoring model out, look behind a decision, count votes: exactly, without a database.
    #[command(subcommand)]
    Scoring(scoring::Scoring),
    /// Put a decision together with the proof that the audit record names it, up to a signed checkpoint.
    #[command(
        after_help = "Example:\n  commonweal prove decision.json --checkpoint checkpoint-000000000042.json > proved.json"
    )]
    Prove {
        /// A decision, as it was exported.
        file: PathBuf,
        /// A checkpoint signed after the ranking.
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// Rates, loans, conditions, subsidy and funds, worked out exactly.
    #[command(subcommand)]
    Finance(finance::Finance),
    /// Periods that procurement law sets.
    #[command(subcommand)]
    Timetable(Timetable),
    /// Look for damage.
    #[command(subcommand)]
    Verify(Verify),
    /// The installation's keys.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a new master key, wrap every key in the database with it, and retire the old one. Stop the servers first.
    #[command(after_help = "Example:\n  commonweal --config production.toml keys rotate")]
    Rotate,
    /// Put new keys in the place of a master key that is lost, by the recovery key that was kept offline. The backup's
    /// database and documents are in their places; the servers are stopped. The new recovery.key is for moving offline,
    /// beside the old one, which goes on opening the files of before.
    #[command(after_help = "Example:\n  commonweal --config production.toml keys restore --recovery-key recovery.key")]
    Restore {
        /// The recovery key as it was written at installation. Where keys were restored before, each of that time too.
        #[arg(long, required = true)]
        recovery_key: Vec<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Make an account; the password is read from standard input. With --role and --authority the account gets
    /// that role, and an authority that does not exist yet is made.
    #[command(
        after_help = "Example:\n  echo 'three or four random words' | commonweal user add --email ada@council.example --name 'Ada Obi' --role administrator --authority 'Camden Council'"
    )]
    Add {
        /// Address to sign in with.
        #[arg(long)]
        email: String,
        /// Name for colleagues.
        #[arg(long)]
        name: String,
        /// A staff role, such as administrator.
        #[arg(long, requires = "authority")]
        role: Option<Role>,
        /// Name of the authority.
        #[arg(long, requires = "role")]
        authority: Option<String>,
        /// Name of the authority above it, when the authority is new.
        #[arg(long, requires = "authority")]
        above: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum Timetable {
    /// The standstill after a contract award notice.
    #[command(after_help = "Example:\n  commonweal timetable standstill 2026-12-07")]
    Standstill {
        /// Date on which the notice was published.
        date: String,
    },
    /// The shortest tendering period and the earliest deadline.
    #[command(
        name = "tender-period",
        after_help = "Example:\n  commonweal timetable tender-period 2027-02-01 --electronic-submission --documents-with-notice"
    )]
    TenderPeriod {
        /// Date on which the tender notice is published.
        date: String,
        #[command(flatten)]
        circumstances: CircumstanceFlags,
    },
}

#[derive(Debug, Args)]
struct CircumstanceFlags {
    /// The value is below the threshold.
    #[arg(long)]
    below_threshold: bool,
    /// A light touch contract.
    #[arg(long)]
    light_touch: bool,
    /// The period was agreed with suppliers selected beforehand.
    #[arg(long)]
    agreed_with_preselected: bool,
    /// Only suppliers selected beforehand may tender.
    #[arg(long)]
    preselected_only: bool,
    /// A qualifying planned procurement notice was published.
    #[arg(long)]
    qualifying_planned_notice: bool,
    /// Urgency makes the usual period impractical.
    #[arg(long)]
    urgency: bool,
    /// By reference to a dynamic market.
    #[arg(long)]
    dynamic_market: bool,
    /// Tenders come electronically.
    #[arg(long)]
    electronic_submission: bool,
    /// Every document is published with the notice.
    #[arg(long)]
    documents_with_notice: bool,
}

#[derive(Debug, Subcommand)]
enum Verify {
    /// Read the whole audit chain; exit 1 and name what was altered, removed or inserted.
    #[command(
        after_help = "Example:\n  commonweal verify audit --checkpoint var/checkpoints/checkpoint-000000000042.json"
    )]
    Audit {
        /// A checkpoint kept elsewhere: finds a cut tail and a rewritten chain too.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Hold a decision against its model hash, its own digits and, with a checkpoint, the audit record, without the
    /// database; exit 1 when anything differs.
    #[command(
        after_help = "Example:\n  commonweal verify evaluation proved.json --checkpoint checkpoint-000000000042.json"
    )]
    Evaluation {
        /// A decision; with its proof (see `prove`) where a checkpoint is given.
        file: PathBuf,
        /// A signed checkpoint.
        #[arg(long, value_name = "CHECKPOINT")]
        checkpoint: Option<PathBuf>,
    },
    /// Hold every stored file against its row; exit 1 and name what is missing, changed or belongs to nothing.
    #[command(after_help = "Example:\n  commonweal verify documents --sweep")]
    Documents {
        /// Remove files that belong to nothing and are older than a day.
        #[arg(long)]
        sweep: bool,
    },
}

/// Runs the command line. Bad input is one sentence on standard error and exit 2; damage found is exit 1.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help, asked for or needed, is more than a sentence.
            let wrong = error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            if wrong {
                eprintln!("{}", one_sentence(&error.to_string()));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match carry_out(&cli) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}

/// What is wrong with the words of a command, without the usage that follows it.
fn one_sentence(report: &str) -> String {
    let first: Vec<&str> = report.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let words = first.join(" ");
    let words = words.strip_prefix("error: ").unwrap_or(&words);
    let mut letters = words.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{}; see --help.", letters.as_str())
}

type Outcome = std::result::Result<ExitCode, String>;

fn carry_out(cli: &Cli) -> Outcome {
    let config_file = cli.config.as_deref();
    match &cli.command {
        Command::Evaluate { schema: true, format: Some(format), .. } => print(&evaluate::schema_of(format)?),
        Command::Evaluate { schema: true, .. } => print(&evaluate::schema()),
        Command::Evaluate { file: Some(file), .. } => print(&evaluate::evaluate(&read(file)?)?),
        Command::Evaluate { file: None, .. } => Err("Name the file to evaluate, or ask for --schema.".to_owned()),
        Command::Scoring(command) => say(&scoring::carry_out(command)?),
        Command::Prove { file, checkpoint } => {
            let (decision, checkpoint) = (evaluate::decision(&read(file)?)?, read(checkpoint)?);
            let checkpoint =
                serde_json::from_str(&checkpoint).map_err(|e| format!("The checkpoint cannot be read: {e}."))?;
            print(&upkeep::prove(config_file, decision, &checkpoint).map_err(said)?)
        }
        Command::Verify(Verify::Evaluation { file, checkpoint }) => {
            let checkpoint = checkpoint.as_deref().map(read).transpose()?;
            let (report, well) = evaluate::verify(&read(file)?, checkpoint.as_deref())?;
            print(&report)?;
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Command::Finance(command) => say(&finance::carry_out(command)?),
        Command::Timetable(Timetable::Standstill { date }) => print(&timetable::standstill(date)?),
        Command::Timetable(Timetable::TenderPeriod { date, circumstances: c }) => {
            let circumstances = Circumstances {
                below_threshold: c.below_threshold,
                light_touch: c.light_touch,
                agreed_with_preselected: c.agreed_with_preselected,
                preselected_only: c.preselected_only,
                qualifying_planned_notice: c.qualifying_planned_notice,
                urgency: c.urgency,
                dynamic_market: c.dynamic_market,
                electronic_submission: c.electronic_submission,
                documents_with_notice: c.documents_with_notice,
            };
            print(&timetable::tender_period(date, &circumstances)?)
        }
        Command::Serve { sandbox } => serve_until_stopped(config_file, *sandbox).map_err(said),
        Command::Migrate => {
            let database = open_database(&Config::load(config_file).map_err(said)?).map_err(said)?;
            let steps = migrate::up(&database).map_err(said)?;
            println!("{steps} migrations were run.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo { once } => make_demo(config_file, *once).map_err(said),
        Command::User(User::Add { email, name, role, authority, above }) => {
            add_user(config_file, email, name, role.zip(authority.as_deref()), above.as_deref()).map_err(said)
        }
        Command::Verify(Verify::Audit { checkpoint }) => {
            upkeep::verify_audit(config_file, checkpoint.as_deref()).map_err(said)
        }
        Command::Verify(Verify::Documents { sweep }) => upkeep::verify_documents(config_file, *sweep).map_err(said),
        Command::Keys(KeysCommand::Rotate) => upkeep::rotate_keys(config_file).map_err(said),
        Command::Keys(KeysCommand::Restore { recovery_key }) => {
            upkeep::restore_keys(config_file, recovery_key).map_err(said)
        }
    }
}

fn print(value: &serde_json::Value) -> Outcome {
    say(&serde_json::to_string_pretty(value).map_err(|e| e.to_string())?)
}

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
fn say(text: &str) -> Outcome {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("The result cannot be written: {error}."))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn read(path: &Path) -> std::result::Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{} cannot be read: {e}.", path.display()))
}

/// An error as one sentence for the person at the terminal.
fn said(error: Error) -> String {
    match error {
        Error::Internal(source) => source.to_string(),
        Error::Invalid(errors) => errors.0.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join(". "),
        Error::Refused(refusal) => refusal.sentence,
        Error::Conflict(text) => text,
        other => other.to_string(),
    }
}

fn open_database(config: &Config) -> Result<Database> {
    if let Some(folder) = db::DbUrl::parse(&config.database.url)
        .map_err(Error::internal)
        .ok()
        .filter(|url| url.backend() == db::Backend::Sqlite)
        .and_then(|url| Path::new(url.target()).parent().map(Path::to_path_buf))
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    Database::open(&config.database.url, config.database.connections)
}

/// As [`open_database`], for commands that need what is there: where no database is, none is made or migrated.
///
/// # Errors
/// Internal, with what to do, when there is no database or it is not of this version; otherwise what it says itself.
fn open_existing(config: &Config) -> Result<Database> {
    let url = db::DbUrl::parse(&config.database.url).map_err(Error::internal)?;
    let missing = |words: String| {
        Error::internal(format!("There is no database {words}: run `commonweal migrate` or `commonweal demo` first."))
    };
    // The address of a PostgreSQL server may hold a password, so it is not repeated.
    let place = match url.backend() {
        db::Backend::Sqlite => format!("at {}", url.target()),
        db::Backend::Postgres => "at the configured address".to_owned(),
    };
    if url.backend() == db::Backend::Sqlite && !Path::new(url.target()).exists() {
        return Err(missing(place));
    }
    let database = open_database(config)?;
    if migrate::is_current(&database)? { Ok(database) } else { Err(missing(format!("of this version {place}"))) }
}

fn start_logs(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first subscriber.
    let _ = match config.log.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.try_init(),
    };
}

fn serve_until_stopped(config_file: Option<&Path>, sandbox: bool) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    start_logs(&config);
    if config.is_production() {
        let reasons = config.unfit_for_production(sandbox);
        if !reasons.is_empty() {
            return Err(Error::internal(format!(
                "This configuration is not fit for production: {}",
                reasons.join(" ")
            )));
        }
    }
    if config.session.secret.len() < 64 {
        return Err(Error::internal("session.secret is shorter than 64 characters."));
    }
    let database = open_database(&config)?;
    migrate::up(&database)?;
    let app = App::open(config, database, sandbox)?;
    actix_web::rt::System::new().block_on(serve::run(app))?;
    Ok(ExitCode::SUCCESS)
}

/// Held while the practice council is made: what is only begun in the database is then the work of another run, and not
/// what a broken one left. The system lets go of it however a run ends, so the file may stay.
///
/// # Errors
/// Internal, when another run holds it or the file cannot be made.
fn demo_lock(config: &Config) -> Result<std::fs::File> {
    let path = config.storage.documents.with_added_extension("demo-lock");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let file = std::fs::File::options().create(true).append(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::internal(
            "Another run is making the practice council just now: wait until it is done, then run this again.",
        )),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn make_demo(config_file: Option<&Path>, once: bool) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    if config.is_production() {
        return Err(Error::internal("The demo is for practice: server.environment is \"production\"."));
    }
    let _alone = demo_lock(&config)?;
    let database = open_database(&config)?;
    migrate::up(&database)?;
    let app = App::open(config, database, true)?;
    if app.db.read_now(|db| read_setting(db, setting::DEMO))?.as_deref() == Some("begun") {
        return Err(Error::internal(
            "The practice council was not made to its end last time. Delete its database and the folder with its keys \
             and documents (`make run` keeps all of it in var), and run this again.",
        ));
    }
    if once && !app.db.read_now(crate::people::authorities)?.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    actix_web::rt::System::new().block_on(async {
        if app.db.read(crate::people::authorities).await?.is_empty() {
            app.db.write(|db| write_setting(db, setting::DEMO, "begun")).await?;
        }
        demo::make(&app, true).await?;
        app.db.write(|db| write_setting(db, setting::DEMO, "done")).await
    })?;
    println!("{}", demo::sign_ins());
    Ok(ExitCode::SUCCESS)
}

fn add_user(
    config_file: Option<&Path>,
    email: &str,
    name: &str,
    role: Option<(Role, &str)>,
    above: Option<&str>,
) -> Result<ExitCode> {
    let config = Config::load(config_file)?;
    let database = open_existing(&config)?;
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    let (name, email, password) = (name.to_owned(), email.to_owned(), password.to_owned());
    let input = people::Register { name, email, password, next: String::new() };
    let (name, email, hash) = people::checked_account(&input)?;
    let now = crate::values::Clock::machine();
    let account = database.write_now(|db| {
        let account = people::make_account(db, &name, &email, &hash, now)?;
        if let Some((role, authority)) = role {
            let known = crate::people::authorities(db)?;
            let find = |name: &str| known.iter().find(|o| o.name == name).cloned();
            let organisation = match find(authority) {
                Some(_) if above.is_some() => {
                    let why = format!("{authority} is there already: only a new authority is put below another.");
                    return Err(Error::field("above", why));
                }
                Some(organisation) => organisation,
                None => {
                    let parent_id = match above {
                        Some(name) => {
                            let missing = || Error::field("above", format!("There is no authority called {name}."));
                            Some(find(name).ok_or_else(missing)?.id)
                        }
                        None => None,
                    };
                    let organisation = Organisation {
                        id: Id::new(),
                        kind: OrganisationKind::Authority,
                        name: authority.to_owned(),
                        parent_id,
                        profile: db::Json(Profile::default()),
                        created_at: now,
                        created_by: Some(account),
                    };
                    people::make_organisation(db, &Actor::System, &organisation, None, now)?;
                    organisation
                }
            };
            people::add_role(db, &Actor::System, &organisation, account, role, now)?;
        }
        Ok(account)
    })?;
    println!("{account}");
    Ok(ExitCode::SUCCESS)
}
