//! The write-ahead log, written back into the file beside the writer: a thread of its own does it, so that no commit waits for it.
//!
//! What is in the log is as safe as what is in the file, so it may take its time. Only where it does not keep up does the writer do it itself: the
//! log begins anew when all of it is in the file. It never keeps the writer from committing, and what it fails at is tried again.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::hooks::Wal;

use super::connection::Connection;
use crate::store::error::StoreError;

/// Pages that the log has grown by when they are written back: a page that is changed often is written once.
const SOME_PAGES: i32 = 2_000;
/// Pages at which the writer stops for it: 512 MiB. Each time it does, everybody waits for a flush of all that is left, so it is to be rare.
const MANY_PAGES: i32 = 131_072;

/// The thread that writes back.
pub(super) struct Log(Mutex<Option<Thread>>);

struct Thread {
    wake: SyncSender<()>,
    handle: JoinHandle<()>,
}

impl Log {
    /// Of a file. `open` opens the thread's own connection, when it is needed.
    pub(super) fn of(
        file: &Path,
        open: impl Fn(&Path) -> Result<Connection, StoreError> + Send + 'static,
    ) -> Arc<Self> {
        // One wish is enough: all that is there is written back.
        let (wake, woken) = sync_channel(1);
        let file = PathBuf::from(file);
        let started = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_back(&woken, || open(&file)));
        let thread = match started {
            Ok(handle) => Some(Thread { wake, handle }),
            Err(error) => {
                // The writer does it.
                tracing::warn!(%error, "no thread could be started that writes the log back");
                None
            }
        };
        Arc::new(Self(Mutex::new(thread)))
    }

    /// Ends the thread and closes its connection, when what it is at has ended.
    pub(super) fn end(&self) {
        let thread = self.thread().take();
        if let Some(Thread { wake, handle }) = thread {
            drop(wake);
            let _ = handle.join();
        }
    }

    /// What the writer's connection does after each commit.
    pub(super) fn after_commit(
        self: &Arc<Self>,
    ) -> impl FnMut(&mut Wal, i32) -> rusqlite::Result<()> + Send + 'static {
        let log = Arc::clone(self);
        let mut written = 0;
        move |wal, pages| {
            if pages < written {
                written = 0;
            }
            if pages >= MANY_PAGES {
                // It is committed: that it cannot be written back yet fails nobody.
                drop(wal.checkpoint());
            } else if pages - written >= SOME_PAGES {
                written = pages;
                log.wake();
            }
            Ok(())
        }
    }

    fn wake(&self) {
        if let Some(thread) = &*self.thread() {
            // Where it has been woken already it has yet to look.
            let _ = thread.wake.try_send(());
        }
    }

    fn thread(&self) -> MutexGuard<'_, Option<Thread>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_back(woken: &Receiver<()>, open: impl Fn() -> Result<Connection, StoreError>) {
    let mut connection = None;
    while woken.recv().is_ok() {
        let outcome = match connection.take().map_or_else(&open, Ok) {
            Ok(mut opened) => opened.write_log_back().map(|()| connection = Some(opened)),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::warn!(%error, "the log was not written back; it is tried again");
        }
    }
}
