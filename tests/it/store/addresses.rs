//! Addresses that no database can be opened at.

use tributary::store::{StoreError, open};

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
