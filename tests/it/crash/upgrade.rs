//! Two replicas on one PostgreSQL are replaced under load, one after the other, as docs/operation.md describes it: nobody is turned away for good, and
//! nothing is lost or doubled.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tributary::store::MIGRATIONS;

use super::history::History;
use super::replicas::{Load, until_all_is_read};
use super::server::{PATIENCE, Server};
use super::{SENDERS, check, client, free_port, set_up};
use crate::support::dice::Dice;
use crate::support::{postgres, scratch, unique_name};

/// As a proxy asks before it sends a replica anything.
async fn until_ready(port: u16) {
    let url = format!("http://127.0.0.1:{port}/readyz");
    let answer = client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_after_the_other_is_replaced_under_load_and_nothing_is_lost_or_doubled()
{
    postgres::run(MIGRATIONS, |db| async move {
        let mut dice = Dice(53);
        let mut history = History::new();
        dice.shuffle(&mut history.messages);
        let org = set_up(&db, &history).await;
        let folder = scratch().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        let ports = [free_port(), free_port()];
        let mut servers = Vec::new();
        for port in ports {
            servers.push(Some(Server::start(&db.url, &folder, port).await));
        }
        let total = history.messages.len();
        let load = Arc::new(Load::new(ports, history.messages.clone()));
        let mut count = load.answered.subscribe();
        let mut senders = tokio::task::JoinSet::new();
        for n in 0..SENDERS {
            senders.spawn(load.clone().send_all(n));
        }
        for which in [0, 1] {
            let moment = (which + 1) * total / 3;
            count.wait_for(|done| *done >= moment).await.unwrap();
            // The new program's migrations run beside the old servers.
            let mut migrate = Command::new(env!("CARGO_BIN_EXE_tributary"));
            migrate.arg("migrate").current_dir(&folder);
            let migrated = migrate.env("DATABASE_URL", &db.url).output().unwrap();
            assert!(migrated.status.success(), "{migrated:?}");
            // Of the first the proxy is told; of the second it learns as the door is closed.
            if which == 0 {
                load.up[which].store(false, Ordering::SeqCst);
            }
            servers[which].take().unwrap().stop().await;
            load.up[which].store(false, Ordering::SeqCst);
            let answered = *count.borrow();
            let goes_on = count.wait_for(|done| *done > answered || *done == total);
            let goes_on = tokio::time::timeout(PATIENCE, goes_on).await;
            goes_on.expect("the other goes on").unwrap();
            servers[which] = Some(Server::start(&db.url, &folder, ports[which]).await);
            until_ready(ports[which]).await;
            load.up[which].store(true, Ordering::SeqCst);
        }
        senders.join_all().await;
        load.clone().send_all(0).await;
        assert_eq!(*count.borrow(), total, "everything was answered");
        until_all_is_read(&db).await;
        for server in servers.into_iter().flatten() {
            server.stop().await;
        }
        check(&db, &org, &history).await;
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}
