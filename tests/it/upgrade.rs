//! What a database that an older program has filled becomes.

use tributary::args;
use tributary::store::{MIGRATIONS, Options, Statement, open_with};

static ORGANIZATION: Statement =
    Statement::new("insert into organizations (id, name, created_at) values ('org_1', 'Shop', 1)");
static PROGRAM: Statement = Statement::new(
    "insert into programs (organization_id, id, name, status, model, window_days, customer_stays,
         hold_days, created_at)
     values ('org_1', 'prog_01k9', 'VIP', 'active', 'first_click', 30, 1, 7, 5)",
);
static POLICIES: Statement = Statement::new(
    "select organization_id, id, program_id, from_at, model, window_days, customer_stays, hold_days, created_at
     from policies",
);

on_both_databases! {
    schema = &MIGRATIONS[..2];

    async fn a_programs_settings_hold_from_the_beginning_after_an_upgrade(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        transaction.run(&ORGANIZATION, args![]).await.unwrap();
        transaction.run(&PROGRAM, args![]).await.unwrap();
        transaction.commit().await.unwrap();
        let store = open_with(&db.url, Options { migrations: MIGRATIONS, ..Options::default() }).await.unwrap();
        store.migrate().await.unwrap();
        let rows = store.read(&POLICIES, args![]).await.unwrap();
        store.close().await;
        assert_eq!(rows.len(), 1);
        let text = |column| rows[0].text(column).unwrap();
        let texts = ["organization_id", "id", "program_id", "model"].map(text);
        assert_eq!(texts, ["org_1", "policy_01k9", "prog_01k9", "first_click"]);
        let int = |column| rows[0].int(column).unwrap();
        let ints = ["from_at", "window_days", "customer_stays", "hold_days", "created_at"].map(int);
        assert_eq!(ints, [0, 30, 1, 7, 5]);
    }
}
