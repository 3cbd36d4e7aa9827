//! A database that the program may not write when it starts: it says so and ends, and starts as soon as it may.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tributary::store::{self, MIGRATIONS};

use super::free_port;
use super::server::Server;
use crate::support::programs::is_root;
use crate::support::sqlite;

/// Serves as one for whom permissions hold: root passes over them.
fn serve(url: &str, folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_tributary");
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        let dropped = "-dac_override,-dac_read_search";
        command.args(["--bounding-set", dropped, "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    let command = command.current_dir(folder).env("DATABASE_URL", url);
    command.output().unwrap()
}

#[tokio::test]
async fn a_read_only_file_or_folder_ends_the_start_with_a_word_and_nothing_is_hurt() {
    sqlite::run(MIGRATIONS, |db| async move {
        db.store.close().await;
        let file = store::file(&db.url).unwrap();
        let folder = file.parent().unwrap();
        let before = fs::read(&file).unwrap();
        for (path, closed, open) in [(file.as_path(), 0o444, 0o600), (folder, 0o555, 0o755)] {
            fs::set_permissions(path, Permissions::from_mode(closed)).unwrap();
            let ran = serve(&db.url, folder);
            fs::set_permissions(path, Permissions::from_mode(open)).unwrap();
            let told = String::from_utf8(ran.stderr).unwrap();
            assert_eq!(ran.status.code(), Some(1), "{told}");
            assert!(told.contains("write a readonly database"), "{told}");
            assert!(told.contains(&*file.to_string_lossy()), "{told}");
            assert!(told.contains("read and write"), "{told}");
            assert!(fs::read(&file).unwrap() == before);
        }
        drop(Server::start(&db.url, folder, free_port()).await);
    })
    .await;
}
