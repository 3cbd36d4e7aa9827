//! Payouts in the dashboard: a run is looked at and made, its drafts are approved and sent, and each has a statement.

use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use super::markup::assert_plain;
use crate::api::client::Api;

/// The account of who pays.
const IBAN: &str = "DE89370400440532013000";

/// Who pays says its account, which is covered from then on.
async fn says_who_pays(api: &Api, browser: &mut Browser) {
    let settings = browser.page("/dashboard/payout-settings").await;
    assert_plain("settings", &settings);
    assert_eq!(
        settings.contains("no master key is set"),
        !api.app.seal.is_active(),
        "{settings}"
    );
    assert_eq!(
        settings.contains("Stored sealed"),
        api.app.seal.is_active(),
        "{settings}"
    );
    let fields = [
        ("companyName", "Shop GmbH"),
        ("companyCountry", "de"),
        ("companyVatId", "DE1"),
        ("iban", IBAN),
        ("stripeKey", "sk_test_canary"),
    ];
    assert_eq!(
        browser
            .submit("/dashboard/payout-settings", &fields)
            .await
            .status,
        303
    );
    let settings = browser.page("/dashboard/payout-settings").await;
    assert!(
        !settings.contains(IBAN) && !settings.contains("canary") && settings.contains("•••3000"),
        "covered"
    );
    browser
        .submit(
            "/dashboard/payout-settings",
            &[("iban", "•••3000"), ("bic", "COBADEFFXXX")],
        )
        .await;
}

/// What a draft has claimed is payable no more, and still due.
async fn is_on_its_way(api: &Api, browser: &mut Browser, alice: &str) {
    let overview = browser.page("/?currency=eur").await;
    assert!(
        overview.contains("On its way") && !overview.contains("Balances payable now"),
        "what a draft has claimed is not payable: {overview}"
    );
    let of_alice = browser.page(&format!("/dashboard/partners/{alice}")).await;
    assert!(of_alice.contains(" on its way"), "{of_alice}");
    assert!(
        browser
            .page("/dashboard/payouts")
            .await
            .contains("Nothing is due")
    );
    let status = api.get("/api/status").await.ok();
    assert_eq!(
        (
            &status["money"][0]["due"],
            &status["money"][0]["partnersDue"]
        ),
        (&json!(1_000), &json!(1))
    );
}

/// A payout and what it was sent with are found by their ids; answers the latter.
async fn is_found(api: &Api, browser: &mut Browser, id: &str) -> String {
    let found = browser.get(&format!("/dashboard/search?id={id}")).await;
    assert_eq!(
        found.header("location"),
        format!("/dashboard/payouts/{id}"),
        "a payout, not its partner"
    );
    let batch = api.list("/api/payout-batches").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let found = browser.get(&format!("/dashboard/search?id={batch}")).await;
    assert_eq!(
        found.header("location"),
        format!("/dashboard/payouts?batch={batch}")
    );
    assert!(browser.page(found.header("location")).await.contains(id));
    batch
}

on_both_databases! {
    async fn a_run_goes_to_the_bank_and_each_partner_has_a_statement(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = json!({"clickId": "clk_1", "customerExternalId": "u", "amount": 10_000, "currency": "eur", "invoiceId": "in_1"});
        api.post("/api/track/sale", sale).await.ok();
        api.clock.advance(Duration::from_hours(24 * 31));
        let mut browser = Browser::signed_in(&api).await;
        assert!(browser.page("/").await.contains("Balances payable now"));
        let page = browser.page("/dashboard/payouts").await;
        assert!(page.contains("10.00") && page.contains("missing"), "{page}");
        assert_plain("payouts", &page);
        let looked = browser.submit("/dashboard/payouts/runs", &[("dry", "yes")]).await;
        assert!(looked.body.contains("would be drafted"), "{}", looked.body);
        for part in ["Together", "Draft these", "Of 1 partner it is not all known how to pay", "missing"] {
            assert!(looked.body.contains(part), "{part}: {}", looked.body);
        }
        assert_plain("a look", &looked.body);
        assert!(api.list("/api/payouts").await.is_empty());

        says_who_pays(&api, &mut browser).await;
        let path = format!("/dashboard/partners/{alice}/payout");
        assert_plain("details", &browser.page(&path).await);
        let fields = [("method", "sepa"), ("iban", "FR1420041010050500013M02606"), ("accountHolder", "Alice"),
            ("legalName", "Alice SARL"), ("address", "Rue 1"), ("country", "fr"), ("vatId", "FR1"), ("selfBilling", "yes")];
        assert_eq!(browser.submit(&path, &fields).await.status, 303);
        assert!(browser.page(&path).await.contains("complete"));

        browser.page("/dashboard/payouts").await;
        let ran = browser.submit("/dashboard/payouts/runs", &[("note", "November")]).await;
        assert!(ran.body.contains("drafted") && !ran.body.contains("Draft these"), "{}", ran.body);
        assert!(ran.body.contains("complete") && !ran.body.contains("not all known how to pay"), "{}", ran.body);
        let id = api.list("/api/payouts").await[0]["id"].as_str().unwrap().to_owned();
        let one = format!("/dashboard/payouts/{id}");
        assert!(browser.page(&one).await.contains("Approve"));
        is_on_its_way(&api, &mut browser, &alice).await;
        let early = browser.get(&format!("{one}/statement")).await;
        assert_eq!(early.status, 400);
        browser.page("/dashboard/payouts").await;
        assert_eq!(browser.submit("/dashboard/payouts/approve", &[]).await.status, 303);
        let page = browser.page("/dashboard/payouts").await;
        assert!(page.contains("Send what is approved"), "{page}");
        let refused = browser.submit("/dashboard/payouts/batches", &[("method", "paypal"), ("currency", "eur")]).await;
        assert_eq!(refused.status, 400, "nobody is paid that way");
        browser.page("/dashboard/payouts").await;
        let sent = browser.submit("/dashboard/payouts/batches", &[("method", "sepa"), ("currency", "eur")]).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        let batch = is_found(&api, &mut browser, &id).await;
        let file = browser.get(&format!("/dashboard/payouts/batches/{batch}/file")).await;
        assert!(file.body.contains(IBAN) && file.body.contains("FR1420041010050500013M02606"), "{}", file.body);
        assert!(file.header("content-disposition").contains(".xml"));

        let statement = browser.page(&format!("{one}/statement")).await;
        assert_plain("the statement", &statement);
        for part in ["No. 1", "Shop GmbH", "Alice SARL", "Self-billing", "Reverse charge", "10.00"] {
            assert!(statement.contains(part), "{part}: {statement}");
        }
        browser.page(&one).await;
        let done = browser.submit(&format!("{one}/step"), &[("step", "confirm"), ("reference", "R-7")]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        let page = browser.page(&one).await;
        assert!(page.contains("R-7") && page.contains("the server&#39;s owner") || page.contains("the server's owner"), "{page}");
        assert_plain("a payout", &page);
        assert_eq!(api.list("/api/payouts?status=paid").await.len(), 1);
    }
}
