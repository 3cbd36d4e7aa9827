//! Addresses that no database can be opened at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tributary::store::{StoreError, open};

use crate::support::{scratch, unique_name};

/// A folder of its own.
fn folder() -> PathBuf {
    let folder = scratch().join(unique_name());
    fs::create_dir(&folder).unwrap();
    folder
}

/// What is said of a database that cannot be opened, as a command prints it.
async fn refusal(file: &std::path::Path) -> String {
    let error = open(&format!("sqlite://{}", file.display())).await.err();
    let error = error.expect("a refusal");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    format!("{:#}", anyhow::Error::from(error))
}

#[tokio::test]
async fn a_file_that_is_made_is_its_owners_alone_and_so_are_those_beside_it() {
    let folder = folder();
    let file = folder.join("new.db");
    let store = open(&format!("sqlite://{}", file.display())).await.unwrap();
    store.migrate().await.unwrap();
    let mut files = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 3, "the database, its log and its index");
    store.close().await;
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_file_that_is_there_keeps_its_mode() {
    let folder = folder();
    let file = folder.join("old.db");
    fs::write(&file, "").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let store = open(&format!("sqlite://{}", file.display())).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_once_with_what_to_do() {
    let folder = folder();
    let no_database = folder.join("notes.txt");
    fs::write(
        &no_database,
        "not a database at all, but a text of some length",
    )
    .unwrap();
    let nowhere = folder.join("nowhere").join("a.db");
    for (file, says) in [
        (&nowhere, "does not exist: make it, or name another file"),
        (&folder, "must be a file that this user may read and write"),
        (&no_database, "name another file"),
    ] {
        let said = refusal(file).await;
        assert!(said.contains(&file.display().to_string()), "{said}");
        assert!(said.contains(says), "{said}");
        assert_eq!(
            said.matches("the database is not available").count(),
            1,
            "{said}"
        );
        assert!(said.matches("(14)").count() <= 1, "{said}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_unavailable() {
    // Port 1 needs a privilege that no test has asked for.
    let outcome = open("postgres://user:secret@127.0.0.1:1/db").await.err();
    assert!(
        matches!(outcome, Some(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
    assert!(format!("{outcome:?}").contains("refused"), "{outcome:?}");
    assert!(!format!("{outcome:?}").contains("secret"), "{outcome:?}");
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_without_being_repeated() {
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://",
        "sqlite://x.db?immutable=1",
        "postgres://user:secret@host:port/db",
        "mysql://user:secret@host/db",
        "secret",
    ] {
        let Err(error) = open(url).await else {
            panic!("{url} was opened")
        };
        assert!(matches!(error, StoreError::Url(_)), "{url}: {error:?}");
        assert!(
            !format!("{error} {error:?}").contains("secret"),
            "{error:?}"
        );
    }
}

/// A server that speaks PostgreSQL's protocol far enough to say that it does not encrypt.
async fn without_tls() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut request = [0; 8];
            client.read_exact(&mut request).await.unwrap();
            client.write_all(b"N").await.unwrap();
        }
    });
    port
}

#[tokio::test]
async fn another_machine_that_does_not_encrypt_is_not_spoken_to_unless_that_is_asked_for() {
    let port = without_tls().await;
    // Leads here too, but is no address of this machine.
    let url = format!("postgres://user:secret@0.0.0.0:{port}/db");
    let error = open(&url).await.err().unwrap();
    assert!(matches!(error, StoreError::Url(_)), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("sslmode=disable"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    let local = format!("postgres://user:secret@127.0.0.1:{port}/db");
    for url in [format!("{url}?sslmode=disable"), local] {
        let error = open(&url).await.err().unwrap();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}
