//! What each command does. The only module above `app`: it reads the command line, opens what is needed
//! and prints.
//!
//! Data goes to stdout, everything else to stderr. A secret is printed only where it is what was asked for:
//! a new API key, once.

mod audit;
mod backup;
mod copy;
mod demo;
mod doctor;
mod events;
mod explain;
mod export;
mod first_start;
mod given;
mod import;
mod jobs;
mod keys;
mod listen;
mod login;
mod manual;
mod organizations;
mod output;
mod partners;
mod payouts;
mod privacy;
mod reconcile;
mod replay;
mod secrets;
mod serve;
mod sources;
mod trigger;
mod webhooks;

use std::sync::Arc;

use thiserror::Error;

use crate::actor::{Actor, WriteScope};
use crate::books::Scope;
use crate::cli::{Cli, Command, Exit, SourcesCommand};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::id::IdSource;
use crate::organization::{self, Organization};
use crate::outbox::address::Allowed;
use crate::seal::Seal;
use crate::sources::Desk;
use crate::store::Statement;
use crate::store::{self, Store};

/// A command that was asked for wrongly; the message says what to change. Ends with [`Exit::Usage`].
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Runs one command to its end.
pub async fn run(cli: Cli, config: Config) -> anyhow::Result<Exit> {
    let json = cli.global.json;
    match cli.command {
        Command::Serve(_) => serve::run(config).await,
        Command::Demo(args) => {
            let database_url = cli.global.database_url.as_deref();
            demo::run(args, database_url, config, json).await
        }
        Command::Replay(args) => replay::run(args, &config, json).await,
        Command::Copy(args) => copy::run(args, json).await,
        Command::Backup(args) => backup::backup(&args, &config, json).await,
        Command::Restore(args) => backup::restore(&args, &config, json).await,
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
        Command::Trigger(args) => trigger::run(args, &config, json).await,
        Command::Doctor(args) => doctor::run((args, cli.global.organization), &config, json).await,
        Command::Import(args) => import::run(args, &config, json).await,
        command => {
            if !matches!(command, Command::Migrate) {
                must_exist(&config)?;
            }
            let bench = Bench::open(&config).await?.of(cli.global.organization);
            if may_seal(&command) {
                bench.desk().check_master_key().await?;
            }
            let outcome = on_database(&bench, &config, command, json).await;
            bench.store.close().await;
            outcome
        }
    }
}

/// Whether a command may store something sealed: under another key than the server's it must not, since the server could not read it.
fn may_seal(command: &Command) -> bool {
    match command {
        Command::Sources(sources) => !matches!(sources, SourcesCommand::Remove { .. }),
        Command::Webhooks(_) | Command::Payouts(_) => true,
        _ => false,
    }
}

/// A command that only looks or changes must not answer from an empty database that it has just made.
fn must_exist(config: &Config) -> anyhow::Result<()> {
    let missing = store::missing_file(config.database_url.expose());
    let Some(path) = missing else { return Ok(()) };
    let path = path.display();
    anyhow::bail!(
        "there is no database at {path}: run this where `tributary serve` runs, or say where it is with --database-url \
         or DATABASE_URL; `tributary migrate` makes a new one"
    )
}

async fn on_database(
    bench: &Bench,
    config: &Config,
    command: Command,
    json: bool,
) -> anyhow::Result<Exit> {
    match command {
        Command::Keys(command) => keys::run(bench, command, json).await,
        Command::Sources(command) => sources::run(bench, command, json).await,
        Command::Events(command) => events::run(bench, command, json).await,
        Command::Privacy(command) => privacy::run(bench, command, json).await,
        Command::Secrets(command) => secrets::run(bench, &command, json).await,
        Command::Jobs(command) => jobs::run(bench, command, json).await,
        Command::Partners(command) => partners::run(bench, command, json).await,
        Command::Payouts(command) => payouts::run(bench, command, json).await,
        Command::Webhooks(command) => webhooks::run(bench, command, json).await,
        Command::Organizations(command) => organizations::run(bench, command, json).await,
        Command::Reconcile(args) => reconcile::run(bench, config, args, json).await,
        Command::Export(args) => export::run(bench, &args).await,
        Command::Explain(args) => explain::run(bench, &args.id, json).await,
        Command::Listen(args) => listen::run(bench, &args, json).await,
        Command::Audit(args) => audit::run(bench, &args, json).await,
        Command::Login(args) => login::run(bench, &args, json).await,
        Command::Migrate => migrate(bench, json),
        Command::Serve(_)
        | Command::Backup(_)
        | Command::Completions(_)
        | Command::Copy(_)
        | Command::Demo(_)
        | Command::Doctor(_)
        | Command::Import(_)
        | Command::Man(_)
        | Command::Replay(_)
        | Command::Restore(_)
        | Command::Trigger(_) => {
            anyhow::bail!("this command opens what it needs itself")
        }
    }
}

fn migrate(bench: &Bench, json: bool) -> anyhow::Result<Exit> {
    // Opening has done it.
    let database = bench.database.as_str();
    if json {
        output::json(&serde_json::json!({"database": database, "migrated": true}))?;
    } else {
        output::line(&format!("{database} has this version's schema"))?;
    }
    Ok(Exit::Success)
}

/// What commands work with that need the database and no server.
struct Bench {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    seal: Seal,
    /// How the world reaches the server, without a slash at the end.
    public_url: String,
    /// Where the data is, without the password.
    database: String,
    /// Whether mails are sent.
    mails: bool,
    /// Where outgoing requests may go.
    outgoing: Allowed,
    /// The organization that was asked for, by its id or name.
    asked: Option<String>,
}

impl Bench {
    /// Opens the database and brings its schema up to date.
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let bench = Self::look(config).await?;
        bench.store.migrate().await?;
        Ok(bench)
    }

    /// Opens the database as it is.
    async fn look(config: &Config) -> anyhow::Result<Self> {
        let store = store::open(config.database_url.expose()).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Ok(Self {
            store,
            ids: Arc::new(IdSource::new(clock.clone())),
            clock,
            seal: Seal::of(config),
            public_url: config.address(),
            database: config.database_url.to_string(),
            mails: config.mails.is_some(),
            outgoing: config.outgoing,
            asked: None,
        })
    }

    /// The same for one organization alone, where one was asked for.
    fn of(self, asked: Option<String>) -> Self {
        Self { asked, ..self }
    }

    /// The books of an organization.
    fn books<'a>(&'a self, org: &'a str) -> Scope<'a> {
        Scope {
            store: self.store.as_ref(),
            org,
            now: self.clock.now(),
        }
    }

    /// What changes take that are made by a command.
    fn scope<'a>(&'a self, org: &'a str) -> WriteScope<'a> {
        WriteScope {
            actor: &Actor::Command,
            ..WriteScope::of_server(self.store.as_ref(), &self.ids, org, self.clock.now())
        }
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: self.store.as_ref(),
            seal: &self.seal,
            ids: &self.ids,
            now: self.clock.now(),
        }
    }

    /// The organizations that are meant: the one asked for, else all. An empty database gets its first.
    async fn organizations(&self) -> anyhow::Result<Vec<Organization>> {
        let store = self.store.as_ref();
        organization::first(store, &self.ids, self.clock.now()).await?;
        self.meant(organization::list(store).await?)
    }

    /// Of all organizations those that are meant.
    fn meant(&self, all: Vec<Organization>) -> anyhow::Result<Vec<Organization>> {
        let Some(asked) = &self.asked else {
            return Ok(all);
        };
        let of = |is: fn(&Organization) -> &String| {
            let found = all.iter().filter(|one| is(one) == asked);
            found.cloned().collect::<Vec<_>>()
        };
        let (by_id, by_name) = (of(|one| &one.id), of(|one| &one.name));
        let found = if by_id.is_empty() { by_name } else { by_id };
        match found.len() {
            1 => Ok(found),
            0 => Err(Usage(
                "there is no organization of this id or name: see `tributary organizations list`"
                    .to_owned(),
            )
            .into()),
            _ => Err(Usage(
                "several organizations have this name: say --organization ID".to_owned(),
            )
            .into()),
        }
    }

    /// The organization that is meant, or the one there is.
    async fn organization(&self) -> anyhow::Result<Organization> {
        let mut all = self.organizations().await?;
        if all.len() > 1 {
            let message = "there are several organizations: say which with --organization ID, as `tributary organizations list` shows it";
            return Err(Usage(message.to_owned()).into());
        }
        all.pop()
            .ok_or_else(|| Usage("there is no organization".to_owned()).into())
    }
}

/// Every statement of the commands, to be prepared by a test.
pub fn statements() -> Vec<&'static Statement> {
    copy::STATEMENTS.concat()
}
