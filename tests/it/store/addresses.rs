//! Addresses that no database can be opened at.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

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
