//! `serve`: opens the database, gives it what a first start needs, and serves until it is told to stop.
//!
//! The first signal ends it gently: what is in flight is finished and everything accepted is written. The
//! second ends it at once; what was answered is in the database either way.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::first_start;
use crate::app::App;
use crate::cli::Exit;
use crate::clock::SystemClock;
use crate::config::{Config, Limits};
use crate::server::Ended;
use crate::{http, metrics, server, store};

pub(super) async fn run(mut config: Config) -> Result<Exit> {
    let listener = listen(&mut config).await?;
    let metrics = listen_for_metrics(&config).await?;
    let mut signals = Signals::new()?;
    let app = App::start(&config, Arc::new(SystemClock)).await?;
    let _held = hold(config.database_url.expose());
    if let Err(error) = first_start::prepare(&app, &config).await {
        // Its threads would outlive what they run on.
        stop_app(app, &config.limits).await;
        return Err(error);
    }
    tracing::info!(
        address = %config.listen,
        url = app.public_url,
        database = %config.database_url,
        "listening"
    );
    let mut running = Running::begin(listener, app, config.limits);
    if let Some(listener) = metrics {
        running.measured_at(listener);
    }
    running.until_told(&mut signals).await
}

/// Holds the file of a SQLite database until the server has ended, and says where another server holds it already. The file is not to be closed
/// earlier: that would undo SQLite's own locks on it.
fn hold(database_url: &str) -> Option<File> {
    let path = store::file(database_url).filter(|_| cfg!(unix))?;
    let (file, is_first) = held(&path)?;
    if !is_first {
        tracing::warn!(
            database = %path.display(),
            "another server uses this SQLite file: the two wait for each other, and deliveries may be answered 503. Stop one of them, or use PostgreSQL"
        );
    }
    Some(file)
}

/// A file, and whether nobody else holds it.
fn held(path: &Path) -> Option<(File, bool)> {
    let file = File::open(path).ok()?;
    let is_first = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    Some((file, is_first))
}

/// Takes the address that is to be listened on; with port 0 the system chooses one, which the settings say
/// afterwards.
pub(super) async fn listen(config: &mut Config) -> Result<TcpListener> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!(
            "cannot listen on {}; --listen (or TRIBUTARY_LISTEN) takes another address",
            config.listen
        )
    })?;
    config.listen = listener.local_addr()?;
    Ok(listener)
}

/// Takes the address of the metrics, where there is to be one.
async fn listen_for_metrics(config: &Config) -> Result<Option<TcpListener>> {
    let Some(address) = config.metrics_listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; --metrics-listen (or TRIBUTARY_METRICS_LISTEN) takes another address")
    })?;
    tracing::info!(address = %listener.local_addr()?, "metrics");
    Ok(Some(listener))
}

/// A server under way.
pub(super) struct Running {
    app: Arc<App>,
    limits: Limits,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Ended>,
    measured: Option<JoinHandle<Ended>>,
}

impl Running {
    /// Serves the app on the listener from here on.
    pub(super) fn begin(listener: TcpListener, app: Arc<App>, limits: Limits) -> Self {
        let router = http::router(app.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let gently = async {
            // An error means that the sender is gone, which is as good a reason to stop.
            let _ = stopped.await;
        };
        let serving = tokio::spawn(server::serve(listener, router, limits, gently));
        Self {
            app,
            limits,
            stop,
            serving,
            measured: None,
        }
    }

    /// Serves the metrics on a listener of their own besides.
    fn measured_at(&mut self, listener: TcpListener) {
        let router = metrics::router(self.app.clone());
        let serving = server::serve(listener, router, self.limits, std::future::pending());
        self.measured = Some(tokio::spawn(serving));
    }

    /// Serves until a signal comes, then stops; at once when a second one comes.
    pub(super) async fn until_told(self, signals: &mut Signals) -> Result<Exit> {
        signals.next().await;
        tracing::info!("stopping: finishing what is in flight; a second signal stops at once");
        tokio::select! {
            ended = self.stop() => ended.map(|()| Exit::Success),
            () = signals.next() => {
                tracing::warn!("stopped at once");
                Ok(Exit::Failed)
            }
        }
    }

    /// Finishes what is in flight and writes what was accepted.
    pub(super) async fn stop(self) -> Result<()> {
        // It has ended already when nobody listens any more.
        let _ = self.stop.send(());
        let ended = self.serving.await.context("the server has failed")?;
        if let Some(measured) = self.measured {
            measured.abort();
            // It holds the app until it is gone.
            let _ = measured.await;
        }
        stop_app(self.app, &self.limits).await;
        tracing::info!(cut = ended.cut, "stopped");
        Ok(())
    }
}

/// Lets the writers finish, in bounded time.
async fn stop_app(app: Arc<App>, limits: &Limits) {
    let grace = limits.shutdown_grace.max(Duration::from_secs(1));
    if tokio::time::timeout(grace, app.stop()).await.is_err() {
        tracing::warn!("the writers were still busy and were cut");
    }
}

/// SIGINT and SIGTERM, as one stream. SIGHUP, which a closed terminal or a log rotation sends, changes nothing.
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => tracing::info!("SIGHUP is passed over; SIGTERM stops the server"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::held;

    #[test]
    fn who_comes_second_sees_that_a_file_is_held() {
        let path = std::env::temp_dir().join(format!("tributary-held-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let (first, is_first) = held(&path).unwrap();
        let (_second, is_second_first) = held(&path).unwrap();
        assert_eq!((is_first, is_second_first), (true, false));
        drop(first);
        std::fs::remove_file(&path).unwrap();
        assert!(held(&path).is_none());
    }
}
