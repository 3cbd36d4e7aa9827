//! Makes commits last: a thread of its own has the disk keep the write-ahead log, for all commits that wait for it at once, while the writer goes on
//! with the next transaction.
//!
//! SQLite writes a commit to the log and does not wait for the disk. Commits stand in the log one after another, and after a loss of power it is read
//! up to the first that is not whole: so one flush makes all last that were written before it, and no commit lasts without those before it. Who tells
//! the world of a commit waits for the flush first.
//!
//! A flush that fails leaves in doubt what the disk has, and the next one may succeed without it. So nothing more is committed until all that is in the
//! log has been written into the file and flushed there.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::store::error::StoreError;
use crate::store::flushing::Flushed;

/// Who waits for a flush.
type Asking = oneshot::Sender<Flushed>;

/// The thread that flushes.
pub(super) struct Flush {
    thread: Mutex<Option<Thread>>,
    in_doubt: Arc<AtomicBool>,
}

struct Thread {
    asking: Sender<Asking>,
    handle: JoinHandle<()>,
}

impl Flush {
    /// Of a write-ahead log, which need not be there yet.
    pub(super) fn of(log: &Path) -> Result<Self, StoreError> {
        let mut disk = Disk {
            log: log.to_owned(),
            is_listed: false,
        };
        Self::by(move || disk.flush())
    }

    /// By this function.
    pub(super) fn by(
        flush: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (asking, asked) = channel();
        let in_doubt = Arc::new(AtomicBool::new(false));
        let doubt = Arc::clone(&in_doubt);
        let run = move || flush_all(&asked, &doubt, flush);
        let started = thread::Builder::new().name("flush".to_owned()).spawn(run);
        let handle = started.map_err(|error| {
            StoreError::unavailable(format!("no thread could be started: {error}"))
        })?;
        Ok(Self {
            thread: Mutex::new(Some(Thread { asking, handle })),
            in_doubt,
        })
    }

    /// Asks that what is committed lasts; the answer comes when it does.
    pub(super) fn ask(&self) -> oneshot::Receiver<Flushed> {
        let (asking, answer) = oneshot::channel();
        if let Some(thread) = &*self.thread() {
            // Where the thread is gone, who waits is told so by the dropped sender.
            let _ = thread.asking.send(asking);
        }
        answer
    }

    /// Whether a flush has failed since the log was last written back.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Acquire)
    }

    /// All that was in the log is in the file, and the disk has it.
    pub(super) fn doubt_is_gone(&self) {
        self.in_doubt.store(false, Ordering::Release);
    }

    /// Ends the thread when all are answered.
    pub(super) fn end(&self) {
        let thread = self.thread().take();
        if let Some(Thread { asking, handle }) = thread {
            drop(asking);
            let _ = handle.join();
        }
    }

    fn thread(&self) -> MutexGuard<'_, Option<Thread>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn flush_all(
    asked: &Receiver<Asking>,
    in_doubt: &AtomicBool,
    mut flush: impl FnMut() -> io::Result<()>,
) {
    while let Ok(first) = asked.recv() {
        let mut all = vec![first];
        all.extend(asked.try_iter());
        let outcome = flush().map_err(|error| {
            in_doubt.store(true, Ordering::Release);
            tracing::error!(%error, "the disk did not keep what was written; it is written again");
            format!("the disk did not keep what was written: {error}")
        });
        for one in all {
            // Who went away is not told.
            let _ = one.send(outcome.clone());
        }
    }
}

/// Where the log is.
struct Disk {
    log: PathBuf,
    /// Whether its folder has been flushed since the log was made.
    is_listed: bool,
}

impl Disk {
    fn flush(&mut self) -> io::Result<()> {
        // Opened anew: it may be another file than the last time. Closing the log gives up no lock: SQLite's are on the file and its index.
        File::open(&self.log)?.sync_data()?;
        if let (false, Some(folder)) = (self.is_listed, self.log.parent()) {
            File::open(folder)?.sync_all()?;
            self.is_listed = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn all_that_wait_are_answered_by_one_flush() {
        let (asking, asked) = channel();
        let answers: Vec<_> = (0..3)
            .map(|_| {
                let (one, answer) = oneshot::channel();
                asking.send(one).unwrap();
                answer
            })
            .collect();
        drop(asking);
        let (doubt, mut flushes) = (AtomicBool::new(false), 0);
        flush_all(&asked, &doubt, || {
            flushes += 1;
            Ok(())
        });
        assert_eq!(flushes, 1);
        for mut answer in answers {
            assert!(answer.try_recv().unwrap().is_ok());
        }
        assert!(!doubt.load(Ordering::Relaxed));
    }

    #[test]
    fn one_that_fails_leaves_a_doubt_that_the_next_does_not_take_away() {
        let (asking, asked) = channel();
        let ((one, mut answer), (two, mut second)) = (oneshot::channel(), oneshot::channel());
        asking.send(one).unwrap();
        let doubt = AtomicBool::new(false);
        let mut next = Some((asking, two));
        flush_all(&asked, &doubt, || match next.take() {
            Some((asking, two)) => {
                asking.send(two).unwrap();
                Err(io::Error::from(ErrorKind::StorageFull))
            }
            None => Ok(()),
        });
        assert!(answer.try_recv().unwrap().is_err());
        assert!(second.try_recv().unwrap().is_ok());
        assert!(doubt.load(Ordering::Relaxed));
    }
}
