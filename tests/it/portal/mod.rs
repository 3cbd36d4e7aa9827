//! The portal: what a partner sees of its own, and nobody else of it.

mod joining;
mod own_page;

use serde_json::{Value, json};

use crate::api::client::Api;
use crate::dashboard::browser::{Answer, Browser};

/// What says who has bought, in every way in which it is told.
const BUYER: [&str; 4] = [
    "canary.buyer@example.com",
    "Canary Buyer",
    "canary_user",
    "https://canary.example/face.png",
];

/// A token for one partner's page, as a merchant's server gets it.
async fn token(api: &Api, email: &str) -> String {
    let told = api
        .post("/api/embed/token", json!({"partner": {"email": email}}))
        .await
        .ok();
    told["publicToken"].as_str().unwrap().to_owned()
}

fn path(token: &str, more: &str) -> String {
    format!("/embed/referrals?token={token}&dynamicHeight=true{more}")
}

async fn shown(api: &Api, path: &str) -> Answer {
    // No cookie, and no other credential than the token.
    Browser::new(api).get(path).await
}

/// Sales of two partners; each buyer says everything that one can say.
async fn two_partners(api: &Api) -> (String, String) {
    let program = api.list("/api/programs").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    api.patch(&format!("/api/programs/{program}"), json!({"holdDays": 14}))
        .await
        .ok();
    let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
    for (click, key, invoice, amount) in [
        ("clk_1", "alice", "in_alice", 12_300),
        ("clk_2", "bob", "in_bob_secret", 77_700),
    ] {
        api.click(click, key).await;
        let sale = json!({"clickId": click, "customerExternalId": format!("{}{key}", BUYER[2]), "amount": amount, "invoiceId": invoice,
            "customerEmail": BUYER[0], "customerName": BUYER[1], "customerAvatar": BUYER[3], "metadata": {"note": BUYER[1]}});
        api.post("/api/track/sale", sale).await.ok();
    }
    (alice, bob)
}

async fn pay(api: &Api, partner: &str) -> Value {
    api.clock.advance(std::time::Duration::from_hours(24 * 20));
    api.post(
        "/api/payouts",
        json!({"partnerId": partner, "currency": "usd"}),
    )
    .await
    .ok()
}

#[track_caller]
fn shows_nobody(page: &str) {
    for said in BUYER {
        assert!(!page.contains(said), "it shows {said}");
    }
}

on_both_databases! {
    async fn a_partner_sees_link_earnings_and_when_they_are_payable(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, bob) = two_partners(&api).await;
        api.post("/api/codes", json!({"code": "ALICE20", "partnerId": api.list("/api/partners?email=alice@partners.example.com").await[0]["id"]})).await.ok();
        let answer = shown(&api, &path(&token(&api, "alice@partners.example.com").await, "")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = &answer.body;
        for part in [
            "https://tributary.example/r/alice", "<svg class=\"qr\"", "ALICE20", "12.30", "on 6 December",
            "10 % of 123.00 USD", "Nothing paid out yet", "aria-label=\"Earned from", "90 days",
        ] {
            assert!(page.contains(part), "{part} is missing: {page}");
        }
        let merchant = api.get("/api/organization").await.ok()["name"].as_str().unwrap().to_owned();
        assert!(page.contains(&format!("by {merchant}")), "{page}");
        shows_nobody(page);
        for of_bob in [bob.as_str(), "bob", "777", "77.70", "in_bob_secret"] {
            assert!(!page.contains(of_bob), "it shows {of_bob}");
        }
        assert!(!page.contains("in_alice"), "names of payments are the merchant's");
    }

    async fn what_is_held_back_says_why_and_what_was_paid_has_a_statement(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = two_partners(&api).await;
        let payout = pay(&api, &alice).await["id"].as_str().unwrap().to_owned();
        let theirs = pay(&api, &bob).await["id"].as_str().unwrap().to_owned();
        api.click("clk_self", "alice").await;
        let own = json!({"clickId": "clk_self", "customerExternalId": "self", "amount": 5_000, "invoiceId": "in_self",
            "customerEmail": "alice@partners.example.com"});
        api.post("/api/track/sale", own).await.ok();
        let token = token(&api, "alice@partners.example.com").await;
        let page = shown(&api, &path(&token, "")).await.body;
        assert!(page.contains("held for review: the customer is the partner"), "{page}");
        assert!(page.contains("12.30") && page.contains(&payout) && !page.contains(&theirs), "{page}");
        let statement = shown(&api, &path(&token, &format!("&payout={payout}"))).await;
        assert_eq!(statement.status, 200);
        assert!(statement.body.contains("Statement of") && statement.body.contains("10 % of 123.00 USD"), "{}", statement.body);
        shows_nobody(&statement.body);
        assert_eq!(shown(&api, &path(&token, &format!("&payout={theirs}"))).await.status, 404);
    }

    async fn a_partner_sees_how_it_is_paid_covered_and_what_is_missing(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        let page = shown(&api, &path(&token, "")).await.body;
        assert!(page.contains("Nobody has said yet how you are paid"), "{page}");
        let details = json!({"method": "sepa", "accountHolder": "Alice Example", "iban": "DE89370400440532013000"});
        api.put(&format!("/api/partners/{alice}/payout-details"), details).await.ok();
        let page = shown(&api, &path(&token, "")).await.body;
        for told in ["bank transfer (SEPA)", "•••3000", "Alice Example", "Still missing: "] {
            assert!(page.contains(told), "{told}: {page}");
        }
        assert!(!page.contains("DE8937"), "{page}");
    }

    async fn what_is_below_the_minimum_of_its_program_stays_and_says_how_long(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let program = format!("/api/programs/{}", api.list("/api/programs").await[0]["id"].as_str().unwrap());
        api.clock.advance(std::time::Duration::from_hours(24 * 20));
        let page = |api: &Api| {
            let api = api.clone();
            async move { shown(&api, &path(&token(&api, "alice@partners.example.com").await, "")).await.body }
        };
        let before = page(&api).await;
        assert!(before.contains("goes out with the next payout") && !before.contains("Paid out</dt>"), "{before}");
        api.patch(&program, json!({"payoutMinimum": 5_000})).await.ok();
        let below = page(&api).await;
        assert!(below.contains("stays until it reaches 50.00 USD") && below.contains("from 50.00 of any currency on"), "{below}");
        assert!(!below.contains("goes out with the next payout"), "{below}");
        let mut owner = Browser::signed_in(&api).await;
        let overview = owner.page("/").await;
        assert!(overview.contains("Balances payable now") && overview.contains("1 stays: below its program"), "{overview}");
        assert!(owner.page("/dashboard/programs").await.contains("from 50.00 of any currency on"));
        assert!(owner.page("/dashboard/payouts").await.contains("stays until it reaches 50.00 USD"));
        api.patch(&program, json!({"payoutMinimum": 1_230})).await.ok();
        assert!(page(&api).await.contains("goes out with the next payout"), "it is enough");
        let drafted = api.post("/api/payouts/runs", json!({})).await.ok();
        let lines = drafted["lines"].as_array().unwrap();
        let own = lines.iter().find(|line| line["partnerId"] == alice.as_str()).unwrap();
        let payout = own["payoutId"].as_str().unwrap().to_owned();
        assert!(page(&api).await.contains("goes out with the next payout"), "a draft is the owner's own business");
        api.post(&format!("/api/payouts/{payout}/approve"), json!({})).await.ok();
        assert!(page(&api).await.contains("12.30 USD is on its way"));
    }

    async fn what_was_taken_back_is_told_apart_in_the_drawing(db: TestDb) {
        let api = Api::new(&db).await;
        two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        let before = shown(&api, &path(&token, "")).await.body;
        assert!(!before.contains("taken back again"), "{before}");
        let sale = api.sale_named("in_alice").await["id"].as_str().unwrap().to_owned();
        let refund = json!({"amount": 12_300, "currency": "usd", "refundId": "r1", "reason": "returned"});
        api.post(&format!("/api/sales/{sale}/refunds"), refund).await.ok();
        api.settle().await;
        let after = shown(&api, &path(&token, "")).await.body;
        assert!(after.contains("earned and taken back again") && after.contains("class=\"bar-back\""), "{after}");
    }

    async fn a_statement_ends_with_its_total(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let payout = pay(&api, &alice).await["id"].as_str().unwrap().to_owned();
        let token = token(&api, "alice@partners.example.com").await;
        let statement = shown(&api, &path(&token, &format!("&payout={payout}"))).await.body;
        let (_, total) = statement.split_once("Total").unwrap();
        assert!(total.contains("12.30"), "{total}");
    }

    async fn a_statement_says_who_pays_whom_as_the_owners_does_and_no_account(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let payout = pay(&api, &alice).await["id"].as_str().unwrap().to_owned();
        let token = token(&api, "alice@partners.example.com").await;
        let at = path(&token, &format!("&payout={payout}"));
        let plain = shown(&api, &at).await.body;
        let merchant = api.get("/api/organization").await.ok()["name"].as_str().unwrap().to_owned();
        for part in ["No. 1", "From", &merchant, "Statement of commissions", &payout] {
            assert!(plain.contains(part), "{part}: {plain}");
        }
        let payer = json!({"companyName": "Shop GmbH", "companyAddress": "Weg 2", "companyCountry": "de", "companyVatId": "DE1",
            "iban": "DE89370400440532013000", "stripeKey": "sk_test_canary"});
        api.patch("/api/payout-settings", payer).await.ok();
        let own = json!({"method": "sepa", "iban": "FR1420041010050500013M02606", "accountHolder": "Alice", "legalName": "Alice SARL",
            "address": "Rue 1", "country": "fr", "vatId": "FR1", "selfBilling": true});
        api.put(&format!("/api/partners/{alice}/payout-details"), own).await.ok();
        let full = shown(&api, &at).await.body;
        for part in ["Shop GmbH", "Weg 2", "VAT DE1", "Alice SARL", "Rue 1", "Self-billing", "Reverse charge"] {
            assert!(full.contains(part), "{part}: {full}");
        }
        for secret in ["0532013000", "canary", "FR1420"] {
            assert!(!full.contains(secret), "{secret}: {full}");
        }
        shows_nobody(&full);
    }

    async fn a_bonus_stands_there_with_its_reason(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = two_partners(&api).await;
        for (partner, reason) in [(&alice, "Thank you for the talk"), (&bob, "Not for you")] {
            let bonus = json!({"kind": "bonus", "amount": 5_000, "currency": "usd", "reason": reason, "idempotencyKey": reason});
            api.post(&format!("/api/partners/{partner}/adjustments"), bonus).await.ok();
        }
        let page = shown(&api, &path(&token(&api, "alice@partners.example.com").await, "")).await.body;
        assert!(page.contains("Thank you for the talk") && page.contains("50.00") && !page.contains("Not for you"), "{page}");
    }

    async fn a_sale_that_moves_to_another_partner_does_not_name_him(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, bob) = two_partners(&api).await;
        let customer = api.list("/api/customers?externalId=canary_useralice").await[0]["id"].as_str().unwrap().to_owned();
        api.put(&format!("/api/customers/{customer}/partner"), json!({"partnerId": bob})).await.ok();
        api.settle().await;
        let page = shown(&api, &path(&token(&api, "alice@partners.example.com").await, "")).await.body;
        assert!(!page.contains(&bob) && !page.contains("bob"), "{page}");
        shows_nobody(&page);
    }

    async fn the_page_may_stand_in_any_frame_and_do_nothing_else(db: TestDb) {
        let api = Api::new(&db).await;
        two_partners(&api).await;
        let vars = "%7B%22--accent%22%3A%22%23ff6600%22%2C%22--x%22%3A%22red%3B%7D%20*%7Bdisplay%3Anone%22%7D";
        let token = token(&api, "alice@partners.example.com").await;
        let answer = shown(&api, &path(&token, &format!("&theme=dark&cssVars={vars}"))).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self' 'sha256-") && policy.ends_with("frame-ancestors *"), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-frame-options"), "");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("set-cookie"), "");
        assert!(answer.body.contains("<style>:root,:root[data-theme]{--accent:#ff6600;}</style>"), "{}", answer.body);
        assert!(answer.body.contains("data-theme=\"dark\""));
        let plain = shown(&api, &path(&token, "")).await;
        assert!(!plain.header("content-security-policy").contains("sha256") && plain.body.contains("data-theme=\"system\""));
    }

    async fn a_token_that_opens_nothing_says_so_in_a_page_and_to_the_page_around_it(db: TestDb) {
        let api = Api::new(&db).await;
        two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        let other = api.another().await;
        for (given, code) in [
            ("", "TOKEN_MISSING"), ("pt_x", "TOKEN_INVALID"), ("pt_01m81j18g0e0f8cqvy6kehs4mr_abc", "TOKEN_INVALID"),
            (&token.replacen("pt_", "ps_", 1), "TOKEN_INVALID"), ("%00", "TOKEN_MISSING"),
            // The digest is looked for in the organization that the token names.
            (&token.replace(&api.org["org_".len()..], &other.org["org_".len()..]), "TOKEN_INVALID"),
        ] {
            let answer = shown(&api, &path(given, "")).await;
            assert_eq!(answer.status, 401, "{given}");
            assert!(answer.body.contains(&format!("data-error-code=\"{code}\"")), "{given}: {}", answer.body);
            assert!(answer.header("content-security-policy").ends_with("frame-ancestors *"));
        }
        api.clock.advance(std::time::Duration::from_hours(3));
        let over = shown(&api, &path(&token, "")).await;
        assert_eq!(over.status, 401);
        assert!(over.body.contains("TOKEN_EXPIRED") && over.body.contains("This page has expired"), "{}", over.body);
    }

    async fn a_test_key_shows_the_test_ledger_and_makes_nobody_a_partner(db: TestDb) {
        let api = Api::new(&db).await;
        two_partners(&api).await;
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        let page = shown(&api, &path(&token(&test, "alice@partners.example.com").await, "")).await.body;
        assert!(page.contains("Test mode") && !page.contains("12.30"), "{page}");
        let refused = test.post("/api/embed/token", json!({"partner": {"email": "new@partners.example.com"}})).await;
        assert_eq!(refused.error(), (422, "VALIDATION_ERROR", "partner.email"));
        assert_eq!(api.list("/api/partners").await.len(), 2);
    }

    async fn who_takes_no_part_any_more_sees_that_and_nothing_else(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        for (status, code, text) in [("banned", 403, "NOT_A_PARTNER"), ("left", 403, "NOT_A_PARTNER"), ("paused", 200, "You are paused")] {
            api.patch(&format!("/api/partners/{alice}"), json!({"status": status})).await.ok();
            let answer = shown(&api, &path(&token, "")).await;
            assert_eq!(answer.status, code, "{status}");
            assert!(answer.body.contains(text), "{status}: {}", answer.body);
            assert_eq!(answer.body.contains("12.30"), status == "paused");
        }
    }

    async fn a_partner_makes_links_where_the_program_lets_it_and_leaves(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let mut browser = Browser::new(&api);
        let make = |url: &'static str| [("token", token.clone()), ("program", program.clone()), ("url", url.to_owned())];
        let fields = make("https://shop.example.com/x");
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(browser.post("/embed/links", &fields).await.status, 404, "the program does not let it");
        let set = json!({"linkUrl": "https://shop.example.com/", "partnersMakeLinks": true});
        api.patch(&format!("/api/programs/{program}/page"), set).await.ok();
        let answer = browser.post("/embed/links", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(answer.header("location").starts_with("/embed/referrals?token=pt_"));
        let links = api.list(&format!("/api/links?partnerId={alice}")).await;
        assert!(links.len() == 2 && links[0]["url"] == "https://shop.example.com/x", "{links:?}");
        let told = api.list(&format!("/api/changes?subjectId={}", links[0]["id"].as_str().unwrap())).await;
        assert_eq!(told[0]["actor"], json!({"kind": "partner", "id": alice, "name": "alice"}));
        let elsewhere = make("https://evil.example/");
        let elsewhere = elsewhere.each_ref().map(|(name, value)| (*name, value.as_str()));
        let refused = browser.post("/embed/links", &elsewhere).await;
        assert!(refused.status == 400 && refused.body.contains("value=\"https://evil.example/\""), "{}", refused.body);
        let nobody = [("program", program.as_str()), ("url", "https://shop.example.com/")];
        assert_eq!(browser.post("/embed/links", &nobody).await.status, 401);
        assert_eq!(browser.post("/embed/leave", &[("token", &token)]).await.status, 400, "not by mistake");
        assert_eq!(browser.post("/embed/leave", &[("token", &token), ("sure", "yes")]).await.status, 303);
        assert_eq!(api.get(&format!("/api/partners/{alice}")).await.ok()["status"], "left");
        assert_eq!(shown(&api, &path(&token, "")).await.status, 403);
    }

    async fn a_partner_says_how_it_is_paid_and_what_came_back_covered_stays(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let token = token(&api, "alice@partners.example.com").await;
        let mut browser = Browser::new(&api);
        let stored = format!("/api/partners/{alice}/payout-details");
        let bank = [("token", token.as_str()), ("method", "sepa"), ("iban", "DE89 3704 0044 0532 0130 00"), ("accountHolder", "Alice A."),
            ("email", "alice.private@partners.example.com"), ("legalName", "Alice A."), ("country", "de"), ("selfBilling", "yes")];
        assert_eq!(browser.post("/embed/paid", &bank).await.status, 303);
        let page = shown(&api, &path(&token, "")).await.body;
        assert!(page.contains("Account") && page.contains("•••3000") && page.contains("Still missing: address."), "{page}");
        assert!(!page.contains("DE8937") && !page.contains("alice.private"), "{page}");
        let covered = page.split("name=\"email\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let again = [("token", token.as_str()), ("method", "sepa"), ("iban", "•••3000"), ("accountHolder", "Alice A."),
            ("email", &covered), ("legalName", "Alice A."), ("country", "de"), ("address", "1 High Street")];
        assert_eq!(browser.post("/embed/paid", &again).await.status, 303);
        let kept = api.get(&stored).await.ok();
        assert_eq!(kept["missing"], json!([]));
        assert_eq!(kept["email"], "alice.private@partners.example.com");
        assert_eq!(kept["address"], "1 High Street");
        let told = api.list(&format!("/api/changes?subjectId={alice}&type=payout.details_set")).await;
        assert_eq!(told[0]["actor"]["kind"], "partner");
        for (method, iban) in [("cash", ""), ("stripe", ""), ("sepa", "DE00 3704")] {
            let wrong = [("token", token.as_str()), ("method", method), ("iban", iban)];
            assert_eq!(browser.post("/embed/paid", &wrong).await.status, 400, "{method} {iban}");
        }
        let wrong = [("token", token.as_str()), ("method", "wise"), ("iban", "DE00 3704"), ("accountHolder", "Alice B.")];
        let refused = browser.post("/embed/paid", &wrong).await.body;
        assert!(refused.contains("<details open>") && refused.contains("value=\"Alice B.\"") && refused.contains("value=\"wise\" selected"), "{refused}");
        assert!(!refused.contains("DE00"), "an account is not shown again: {refused}");
        let followed = shown(&api, &path(&token, "&accountHolder=Mallory")).await.body;
        assert!(!followed.contains("Mallory"), "an address fills in no form: {followed}");
        assert_eq!(browser.post("/embed/paid", &[("method", "paypal")]).await.status, 401);
        assert_eq!(api.get(&stored).await.ok(), kept);
    }

    async fn a_long_list_goes_on_and_currencies_stand_apart(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        for number in 0..20 {
            let click = format!("clk_{number}");
            api.click(&click, "alice").await;
            let currency = if number % 2 == 0 { "usd" } else { "eur" };
            let sale = json!({"clickId": click, "customerExternalId": format!("u{number}"), "amount": 1_000 + number, "currency": currency,
                "invoiceId": format!("in_{number}")});
            api.post("/api/track/sale", sale).await.ok();
        }
        let token = token(&api, "alice@partners.example.com").await;
        let page = shown(&api, &path(&token, "")).await.body;
        assert!(page.contains("USD") && page.contains("EUR") && page.contains("aria-label=\"Currency\""), "{page}");
        let (_, rest) = page.split_once("rel=\"next\" href=\"").unwrap();
        let next = rest.split('"').next().unwrap().replace("&amp;", "&");
        let second = shown(&api, &next).await.body;
        assert_eq!(page.matches("A sale").count() + second.matches("A sale").count(), 20);
        for odd in ["&after=x'y", "&after=%00", "&period=9y", "&currency=zzz", "&payout=x"] {
            let answer = shown(&api, &path(&token, odd)).await;
            assert!([200, 400, 404].contains(&answer.status), "{odd}: {}", answer.status);
        }
    }
}
