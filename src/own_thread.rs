//! A future on a thread of its own: for what works without waiting most of the time, and would keep the tasks beside it from running.
//!
//! It uses the runtime's clock and network like a task. It must come to an end by itself: nothing cancels it. What breaks off is told in the log and
//! takes nothing else along.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
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

/// Runs futures at the same time, all on this thread.
pub async fn side_by_side<F: Future<Output = ()>>(all: impl IntoIterator<Item = F>) {
    let mut running: Vec<Pin<Box<F>>> = all.into_iter().map(Box::pin).collect();
    poll_fn(|context| {
        running.retain_mut(|one| !has_ended(one.as_mut(), context));
        if running.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

fn has_ended(one: Pin<&mut impl Future<Output = ()>>, context: &mut Context<'_>) -> bool {
    let polled = AssertUnwindSafe(|| one.poll(context).is_ready());
    catch_unwind(polled).unwrap_or_else(|_broken| {
        tracing::error!("what ran beside others broke off");
        true
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

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

    #[tokio::test]
    async fn of_those_side_by_side_one_that_breaks_off_ends_no_other() {
        let (first, last) = (oneshot::channel(), oneshot::channel());
        let ended = Mutex::new(Vec::new());
        let waits = async |name: &'static str, wait: oneshot::Receiver<()>| {
            let _ = wait.await;
            assert_ne!(name, "broken");
            ended.lock().unwrap().push(name);
        };
        let (broken, others) = (oneshot::channel(), [first, last]);
        drop(broken.0);
        let [(first, a), (last, b)] = others;
        let wakes = async {
            drop((last, first));
        };
        let all = side_by_side([waits("a", a), waits("broken", broken.1), waits("b", b)]);
        tokio::join!(all, wakes);
        assert_eq!(*ended.lock().unwrap(), ["a", "b"]);
    }
}
