//! A future on a thread of its own: for what works without waiting most of the time, and would keep the tasks beside it from running.
//!
//! It uses the runtime's clock and network like a task. It must come to an end by itself: nothing cancels it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Starts a thread that runs `work` to its end; answers a future that waits for the thread.
pub fn start(
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let runtime = Handle::current();
    let (ending, ended) = oneshot::channel::<()>();
    let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
        if catch_unwind(AssertUnwindSafe(|| runtime.block_on(work))).is_err() {
            tracing::error!(thread = name, "a thread broke off");
        }
        drop(ending);
    });
    async move {
        match started {
            Ok(thread) => {
                let _ = ended.await;
                // It has nothing left to do.
                let _ = thread.join();
            }
            Err(error) => tracing::error!(thread = name, %error, "no thread could be started"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_runs_beside_the_runtime_and_is_waited_for() {
        let (told, heard) = oneshot::channel();
        let ended = start("own", async move {
            tokio::task::yield_now().await;
            let _ = told.send(thread::current().name().map(str::to_owned));
        });
        assert_eq!(heard.await.unwrap().as_deref(), Some("own"));
        ended.await;
    }

    #[tokio::test]
    async fn one_that_breaks_off_has_ended() {
        start("broken", async { panic!("breaks off") }).await;
    }
}
