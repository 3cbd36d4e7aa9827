//! The built program on a disk that is full for a moment: it asks for what it cannot keep to be sent again, and goes on by itself.

use std::time::Instant;

use serde_json::json;
use tokio::sync::watch;

use super::history::Message;
use super::server::{PATIENCE, Server};
use super::{Answer, Load, free_port, set_up};
use crate::crash::history::History;
use crate::support::{sqlite, unique_name};

fn ping(number: usize) -> Message {
    let id = format!("evt_{number}");
    let body = json!({"id": id, "object": "event", "type": "ping", "data": {"object": {}}});
    Message::Delivery {
        id,
        body: body.to_string(),
    }
}

#[tokio::test]
async fn a_full_disk_is_answered_503_and_forgotten_when_there_is_room() {
    sqlite::run(tributary::store::MIGRATIONS, |db| async move {
        set_up(&db, &History::default()).await;
        let folder = std::env::temp_dir().join(unique_name());
        std::fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let server = Server::start(&db.url, &folder, port).await;
        let (_starts, up) = watch::channel(1);
        let load = Load::new(port, Vec::new(), up);
        assert!(load.send(&ping(0)).await == Answer::Done);
        for round in 1..=3 {
            server.limit_files(Some(4_096));
            for number in 0..5 {
                assert!(load.send(&ping(round * 100 + number)).await == Answer::Busy);
            }
            server.limit_files(None);
            let asked = Instant::now();
            while load.send(&ping(round)).await != Answer::Done {
                assert!(asked.elapsed() < PATIENCE, "it does not recover");
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}
