//! `serve`: opens the database, gives it what a first start needs, and serves until it is told to stop.
//!
//! The first signal ends it gently: what is in flight is finished and everything accepted is written. The
//! second ends it at once; what was answered is in the database either way.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::first_start;
use crate::app::App;
use crate::cli::Exit;
use crate::clock::SystemClock;
use crate::config::{Config, Limits};
use crate::{http, server};

pub(super) async fn run(mut config: Config) -> Result<Exit> {
    let address = config.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    // With port 0 the system has chosen one.
    config.listen = listener.local_addr()?;
    let mut signals = Signals::new()?;
    let app = App::start(&config, Arc::new(SystemClock)).await?;
    first_start::prepare(&app, &config).await?;
    tracing::info!(
        address = %config.listen,
        url = app.public_url,
        database = %config.database_url,
        "listening"
    );

    let router = http::router(app.clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let gently = async {
        // An error means that the sender is gone, which is as good a reason to stop.
        let _ = stopped.await;
    };
    let mut serving = tokio::spawn(server::serve(listener, router, config.limits, gently));
    signals.next().await;
    tracing::info!("stopping: finishing what is in flight; a second signal stops at once");
    // It has ended already when nobody listens any more.
    let _ = stop.send(());
    tokio::select! {
        ended = &mut serving => {
            let ended = ended.context("the server has failed")?;
            stop_app(app, &config.limits).await;
            tracing::info!(cut = ended.cut, "stopped");
            Ok(Exit::Success)
        }
        () = signals.next() => {
            tracing::warn!("stopped at once");
            Ok(Exit::Failed)
        }
    }
}

/// Lets the writers finish, in bounded time.
async fn stop_app(app: Arc<App>, limits: &Limits) {
    let grace = limits.shutdown_grace.max(Duration::from_secs(1));
    if tokio::time::timeout(grace, app.stop()).await.is_err() {
        tracing::warn!("the writers were still busy and were cut");
    }
}

/// SIGINT and SIGTERM, as one stream.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
