//! Who has changed what: a line for each change, on every way to make one, that nobody can edit.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tributary::args;
use tributary::changes::What;
use tributary::http::access::{ROUTES, Reach};
use tributary::store::Statement;

use super::client::Api;

/// What a route has to begin with, and what it is asked for.
struct Asked {
    method: &'static str,
    route: &'static str,
    path: String,
    body: Value,
    what: What,
    /// Who or what is changed; empty where the answer's `id` says it.
    subject: String,
}

fn id_of(value: &Value) -> String {
    let id = value["id"].as_str().or(value["code"].as_str());
    let id = id.or(value["lines"][0]["payoutId"].as_str());
    let id = id.or(value["data"][0]["payoutId"].as_str());
    let id = id.or(value["partnerId"].as_str());
    id.unwrap_or_default().to_owned()
}

/// Payouts of which each can take another step.
struct Steps {
    payouts: Vec<String>,
    batch: String,
    groups: Vec<String>,
    /// A sale that another system has paid.
    old_sale: String,
}

async fn payouts_on_their_way(api: &Api) -> Steps {
    for n in 0..7 {
        let (name, click) = (format!("carol{n}"), format!("clk_carol{n}"));
        api.partner(&name).await;
        api.click(&click, &name).await;
        api.sale(&click, &format!("in_carol{n}"), 1_000).await;
    }
    let ran = api.post("/api/payouts/runs", json!({})).await.ok();
    let lines = ran["lines"].as_array().unwrap().iter();
    let payouts: Vec<String> = lines
        .map(|line| line["payoutId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(payouts.len(), 7, "{ran}");
    for n in [1, 2, 3, 5, 6] {
        let path = format!("/api/payouts/{}/approve", payouts[n]);
        api.post(&path, json!({})).await.ok();
    }
    for n in [2, 3] {
        let path = format!("/api/payouts/{}/send", payouts[n]);
        api.post(&path, json!({})).await.ok();
    }
    let batch = json!({"method": "plain", "currency": "usd", "payoutIds": [payouts[6]]});
    let batch = id_of(&api.post("/api/payout-batches", batch).await.ok());
    api.partner("dora").await;
    api.click("clk_dora", "dora").await;
    let sale = json!({"clickId": "clk_dora", "customerExternalId": "d", "amount": 1_000, "currency": "eur"});
    api.post("/api/track/sale", sale).await.ok();
    api.partner("erin").await;
    api.click("clk_erin", "erin").await;
    let old_sale = id_of(&api.sale("clk_erin", "in_erin", 1_000).await);
    let mut groups = Vec::new();
    for name in ["one", "two"] {
        let group = json!({"name": name, "commission": {"type": "percent", "basisPoints": 1_500}});
        groups.push(id_of(&api.post("/api/groups", group).await.ok()));
    }
    Steps {
        payouts,
        batch,
        groups,
        old_sale,
    }
}

/// A call to each route that changes something, in an order in which each can be made.
#[expect(clippy::too_many_lines, reason = "one line for each route")]
async fn asked(api: &Api) -> Vec<Asked> {
    api.patch(
        &format!(
            "/api/programs/{}",
            id_of(&api.list("/api/programs").await[0])
        ),
        json!({"holdDays": 0}),
    )
    .await
    .ok();
    let review = id_of(&api.self_referral().await);
    let bob = api.partner("bob").await;
    api.click("clk_bob", "bob").await;
    api.sale("clk_bob", "in_bob", 5_000).await;
    let customer = id_of(&api.list("/api/customers?externalId=user_clk_bob").await[0]);
    let program = id_of(&api.list("/api/programs").await[0]);
    let links = api.list(&format!("/api/links?partnerId={bob}")).await;
    let link = id_of(&links[0]);
    api.post("/api/codes", json!({"code": "gone", "partnerId": bob}))
        .await
        .ok();
    let key = id_of(&api.post("/api/keys", json!({"name": "old"})).await.ok());
    let source = id_of(&api.deliver("polar", &[]).await);
    let due = json!({"partnerId": bob, "currency": "usd"});
    let payout = id_of(&api.post("/api/payouts", due.clone()).await.ok());
    let steps = payouts_on_their_way(api).await;
    api.click("clk_bob2", "bob").await;
    api.sale("clk_bob2", "in_bob2", 7_000).await;
    let alice = id_of(
        &api.list("/api/partners?email=alice@partners.example.com")
            .await[0],
    );
    api.post("/api/domains", json!({"domain": "old.example.com"}))
        .await
        .ok();
    let rate = json!([{"base": "usd", "quote": "eur", "day": "2026-11-22", "rate": "0.9", "source": "ecb"}]);
    let hook = json!({"url": "https://hooks.invalid/", "events": ["sale.created"]});
    let endpoint = api.post("/api/webhook-endpoints", hook.clone()).await;
    let endpoint = id_of(&endpoint.ok());
    let ping = format!("/api/webhook-endpoints/{endpoint}/ping");
    let pinged = api.post(&ping, json!({})).await.ok()["messageId"].clone();
    let pinged = pinged.as_str().unwrap();
    api.app.work_all().await.unwrap();
    let one = |method, route, path: &str, body, what, subject: &str| Asked {
        method,
        route,
        path: path.to_owned(),
        body,
        what,
        subject: subject.to_owned(),
    };
    let at = |route: &str, id: &str| route.replace("{id}", id).replace("{code}", id);
    let secrets = json!({"processor": "paddle", "secrets": ["pdl_ntfset_01_abcdefghijklmnop"]});
    vec![
        one(
            "PATCH",
            "/api/organization",
            "/api/organization",
            json!({"name": "Renamed"}),
            What::OrganizationRenamed,
            "",
        ),
        one(
            "POST",
            "/api/clicks",
            "/api/clicks",
            json!({"id": "clk_new", "key": "bob"}),
            What::ClickImported,
            "clk_new",
        ),
        one(
            "POST",
            "/api/clicks/bulk",
            "/api/clicks/bulk",
            json!({"clicks": [{"id": "clk_bulk", "key": "bob"}]}),
            What::ClickImported,
            "clk_bulk",
        ),
        one(
            "POST",
            "/api/codes",
            "/api/codes",
            json!({"code": "NEW", "partnerId": bob}),
            What::CodeCreated,
            "new",
        ),
        one(
            "DELETE",
            "/api/codes/{code}",
            "/api/codes/gone",
            Value::Null,
            What::CodeDeleted,
            "gone",
        ),
        one(
            "POST",
            "/api/customers/assignments",
            "/api/customers/assignments",
            json!({"partnerId": bob, "processorCustomerId": "cus_import"}),
            What::CustomerAssigned,
            &bob,
        ),
        one(
            "PUT",
            "/api/customers/{id}/partner",
            &at("/api/customers/{id}/partner", &customer),
            json!({"partnerId": alice}),
            What::CustomerAssigned,
            &customer,
        ),
        one(
            "PUT",
            "/api/sales/{id}/partner",
            &at("/api/sales/{id}/partner", &review),
            json!({"partnerId": bob, "reason": "theirs"}),
            What::SaleAssigned,
            &review,
        ),
        one(
            "PUT",
            "/api/sales/{id}/partner",
            &at("/api/sales/{id}/partner", &review),
            json!({"partnerId": null, "reason": "no, not theirs"}),
            What::SaleAssigned,
            &review,
        ),
        one(
            "POST",
            "/api/commissions/{id}/decision",
            &at("/api/commissions/{id}/decision", &review),
            json!({"decision": "hold", "reason": "odd"}),
            What::CommissionDecided,
            &review,
        ),
        one(
            "POST",
            "/api/commissions/decisions",
            "/api/commissions/decisions",
            json!({"ids": [review], "decision": "reinstate", "reason": "not odd"}),
            What::CommissionDecided,
            &review,
        ),
        one(
            "POST",
            "/api/partners/{id}/adjustments",
            &at("/api/partners/{id}/adjustments", &bob),
            json!({"kind": "bonus", "amount": 100, "currency": "usd", "reason": "well done", "idempotencyKey": "b"}),
            What::AdjustmentCreated,
            "",
        ),
        one(
            "POST",
            "/api/groups",
            "/api/groups",
            json!({"name": "new", "commission": {"type": "percent", "basisPoints": 2_000}}),
            What::GroupCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/groups/{id}",
            &at("/api/groups/{id}", &steps.groups[0]),
            json!({"name": "other"}),
            What::GroupChanged,
            &steps.groups[0],
        ),
        one(
            "PUT",
            "/api/groups/{id}/partners/{partnerId}",
            &format!("/api/groups/{}/partners/{bob}", steps.groups[0]),
            json!({}),
            What::GroupJoined,
            &steps.groups[0],
        ),
        one(
            "DELETE",
            "/api/groups/{id}/partners/{partnerId}",
            &format!("/api/groups/{}/partners/{bob}", steps.groups[0]),
            Value::Null,
            What::GroupLeft,
            &steps.groups[0],
        ),
        one(
            "DELETE",
            "/api/groups/{id}",
            &at("/api/groups/{id}", &steps.groups[1]),
            Value::Null,
            What::GroupDeleted,
            &steps.groups[1],
        ),
        one(
            "POST",
            "/api/domains",
            "/api/domains",
            json!({"domain": "go.example.com", "fallbackUrl": "https://shop.example.com/"}),
            What::DomainSet,
            "go.example.com",
        ),
        one(
            "DELETE",
            "/api/domains/{domain}",
            "/api/domains/old.example.com",
            Value::Null,
            What::DomainDeleted,
            "old.example.com",
        ),
        one(
            "POST",
            "/api/embed/token",
            "/api/embed/token",
            json!({"tenantId": "user_alice", "partner": {"email": "alice@partners.example.com"}}),
            What::PartnerChanged,
            &alice,
        ),
        one(
            "PATCH",
            "/api/programs/{id}/page",
            &at("/api/programs/{id}/page", &program),
            json!({"about": "Tell others."}),
            What::ProgramPageSet,
            &program,
        ),
        one(
            "POST",
            "/api/invitations",
            "/api/invitations",
            json!({"email": "invited@partners.example.com"}),
            What::PartnerInvited,
            "",
        ),
        one(
            "POST",
            "/api/keys",
            "/api/keys",
            json!({"name": "new"}),
            What::KeyCreated,
            "",
        ),
        one(
            "DELETE",
            "/api/keys/{id}",
            &at("/api/keys/{id}", &key),
            Value::Null,
            What::KeyRevoked,
            &key,
        ),
        one(
            "POST",
            "/api/links",
            "/api/links",
            json!({"key": "new", "url": "https://shop.example.com/", "partnerId": bob}),
            What::LinkCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/links/{id}",
            &at("/api/links/{id}", &link),
            json!({"url": "https://shop.example.com/new"}),
            What::LinkChanged,
            &link,
        ),
        one(
            "DELETE",
            "/api/links/{id}",
            &at("/api/links/{id}", &link),
            Value::Null,
            What::LinkDeleted,
            &link,
        ),
        one(
            "POST",
            "/api/partners",
            "/api/partners",
            json!({"email": "new@partners.example.com"}),
            What::PartnerCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/partners/{id}",
            &at("/api/partners/{id}", &bob),
            json!({"name": "Robert"}),
            What::PartnerChanged,
            &bob,
        ),
        one(
            "POST",
            "/api/partners/{id}/portal-link",
            &at("/api/partners/{id}/portal-link", &bob),
            Value::Null,
            What::SignInLinkCreated,
            &bob,
        ),
        one(
            "POST",
            "/api/payouts/{id}/reverse",
            &at("/api/payouts/{id}/reverse", &payout),
            json!({"reason": "came back"}),
            What::PayoutReversed,
            &payout,
        ),
        one(
            "POST",
            "/api/payouts",
            "/api/payouts",
            json!({"partnerId": bob, "currency": "usd", "note": "November"}),
            What::PayoutRecorded,
            "",
        ),
        one(
            "PUT",
            "/api/partners/{id}/payout-details",
            &at("/api/partners/{id}/payout-details", &bob),
            json!({"method": "paypal", "email": "bob@partners.example.com"}),
            What::PayoutDetailsSet,
            &bob,
        ),
        one(
            "PATCH",
            "/api/payout-settings",
            "/api/payout-settings",
            json!({"companyName": "Shop"}),
            What::PayoutSettingsSet,
            &api.org,
        ),
        one(
            "POST",
            "/api/payouts/runs",
            "/api/payouts/runs",
            json!({"currency": "eur"}),
            What::PayoutDrafted,
            "",
        ),
        one(
            "POST",
            "/api/payouts/imported",
            "/api/payouts/imported",
            json!({"saleIds": [steps.old_sale]}),
            What::PayoutImported,
            "",
        ),
        one(
            "POST",
            "/api/payouts/{id}/approve",
            &at("/api/payouts/{id}/approve", &steps.payouts[0]),
            json!({}),
            What::PayoutApproved,
            &steps.payouts[0],
        ),
        one(
            "POST",
            "/api/payouts/{id}/send",
            &at("/api/payouts/{id}/send", &steps.payouts[1]),
            json!({}),
            What::PayoutSent,
            &steps.payouts[1],
        ),
        one(
            "POST",
            "/api/payouts/{id}/confirm",
            &at("/api/payouts/{id}/confirm", &steps.payouts[2]),
            json!({}),
            What::PayoutPaid,
            &steps.payouts[2],
        ),
        one(
            "POST",
            "/api/payouts/{id}/fail",
            &at("/api/payouts/{id}/fail", &steps.payouts[3]),
            json!({"reason": "account closed"}),
            What::PayoutFailed,
            &steps.payouts[3],
        ),
        one(
            "DELETE",
            "/api/payouts/{id}",
            &at("/api/payouts/{id}", &steps.payouts[4]),
            Value::Null,
            What::PayoutDiscarded,
            &steps.payouts[4],
        ),
        one(
            "POST",
            "/api/payout-batches",
            "/api/payout-batches",
            json!({"method": "plain", "currency": "usd", "payoutIds": [steps.payouts[5]]}),
            What::PayoutSent,
            &steps.payouts[5],
        ),
        one(
            "POST",
            "/api/payout-batches/{id}/confirm",
            &at("/api/payout-batches/{id}/confirm", &steps.batch),
            json!({}),
            What::PayoutPaid,
            &steps.payouts[6],
        ),
        one(
            "POST",
            "/api/privacy-requests",
            "/api/privacy-requests",
            json!({"kind": "export_customer", "customer": customer}),
            What::PrivacyAsked,
            "",
        ),
        one(
            "POST",
            "/api/programs",
            "/api/programs",
            json!({"name": "new"}),
            What::ProgramCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/programs/{id}",
            &at("/api/programs/{id}", &program),
            json!({"holdDays": 7}),
            What::ProgramChanged,
            &program,
        ),
        one(
            "POST",
            "/api/rates",
            "/api/rates",
            rate,
            What::RatesImported,
            &api.org,
        ),
        one(
            "POST",
            "/api/reviews",
            "/api/reviews",
            json!({"saleId": review, "approved": true}),
            What::ReviewDecided,
            &review,
        ),
        one(
            "POST",
            "/api/events/reprocess",
            "/api/events/reprocess",
            json!({"dryRun": false}),
            What::EventsReprocessed,
            &api.org,
        ),
        one(
            "POST",
            "/api/sources",
            "/api/sources",
            secrets,
            What::SourceCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/sources/{id}",
            &at("/api/sources/{id}", &source),
            json!({"settings": {"clickKeys": ["ref"]}}),
            What::SourceSet,
            &source,
        ),
        one(
            "POST",
            "/api/webhook-endpoints",
            "/api/webhook-endpoints",
            hook.clone(),
            What::EndpointCreated,
            "",
        ),
        one(
            "PATCH",
            "/api/webhook-endpoints/{id}",
            &at("/api/webhook-endpoints/{id}", &endpoint),
            json!({"events": ["sale.created"]}),
            What::EndpointChanged,
            &endpoint,
        ),
        one(
            "POST",
            "/api/webhook-endpoints/{id}/secret",
            &at("/api/webhook-endpoints/{id}/secret", &endpoint),
            json!({}),
            What::EndpointSecretRotated,
            &endpoint,
        ),
        one(
            "POST",
            "/api/webhook-endpoints/{id}/ping",
            &at("/api/webhook-endpoints/{id}/ping", &endpoint),
            json!({}),
            What::MessageResent,
            &endpoint,
        ),
        one(
            "POST",
            "/api/webhook-endpoints/{id}/deliveries/{message}/resend",
            &format!("/api/webhook-endpoints/{endpoint}/deliveries/{pinged}/resend"),
            json!({}),
            What::MessageResent,
            &endpoint,
        ),
        one(
            "DELETE",
            "/api/webhook-endpoints/{id}",
            &at("/api/webhook-endpoints/{id}", &endpoint),
            Value::Null,
            What::EndpointRemoved,
            &endpoint,
        ),
        one(
            "PUT",
            "/api/sources/{id}/reconciliation",
            &at("/api/sources/{id}/reconciliation", &source),
            json!({"key": "polar_oat_canary_1"}),
            What::SourceSet,
            &source,
        ),
        one(
            "DELETE",
            "/api/sources/{id}/reconciliation",
            &at("/api/sources/{id}/reconciliation", &source),
            Value::Null,
            What::SourceSet,
            &source,
        ),
        one(
            "DELETE",
            "/api/sources/{id}",
            &at("/api/sources/{id}", &source),
            Value::Null,
            What::SourceSet,
            &source,
        ),
    ]
}

/// Every route that changes something, and the method. Reports of sales stand in the inbox with what was reported.
fn changing() -> BTreeSet<(&'static str, &'static str)> {
    let routes = ROUTES.iter().filter(|(.., reach)| *reach != Reach::Reports);
    let each =
        routes.flat_map(|(route, methods, _)| methods.split(' ').map(|method| (method, *route)));
    each.filter(|(method, _)| *method != "GET").collect()
}

static EDIT: Statement =
    Statement::new("update changes set reason = 'never' where organization_id = $1");
static FORGET: Statement = Statement::new("delete from changes where organization_id = $1");

on_both_databases! {
    async fn every_route_that_changes_something_leaves_a_line_of_who_did_it(db: TestDb) {
        let api = Api::new(&db).await;
        let asked = asked(&api).await;
        let tried: BTreeSet<_> = asked.iter().map(|one| (one.method, one.route)).collect();
        assert_eq!(tried, changing(), "each route that changes something is tried here");
        let own = id_of(&api.list("/api/keys").await.into_iter().find(|key| key["name"] == "test").unwrap());
        for one in asked {
            let known: BTreeSet<String> = api.list("/api/changes?limit=500").await.iter().map(id_of).collect();
            let body = Some(one.body).filter(|body| !body.is_null());
            let answer = api.call(one.method, &one.path, body).await.ok();
            let subject = if one.subject.is_empty() { id_of(&answer) } else { one.subject };
            let lines = api.list("/api/changes?limit=500").await;
            // What the server does when a person's data were asked for leaves a line of its own, at its own time.
            let is_new = |line: &&Value| !known.contains(&id_of(line)) && line["type"] != "privacy.exported";
            let new: Vec<&Value> = lines.iter().filter(is_new).collect();
            let [line] = new.as_slice() else { panic!("{} {}: {new:#?}", one.method, one.path) };
            assert_eq!(line["type"], one.what.word(), "{line}");
            assert_eq!(line["subjectId"], subject.as_str(), "{line}");
            assert_eq!(line["actor"], json!({"kind": "key", "id": own, "name": "test"}), "{line}");
        }
    }

    async fn a_line_says_what_was_before_and_after_and_why(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        let path = format!("/api/partners/{partner}");
        let change = json!({"name": "Alice B.", "email": "new@partners.example.com", "commission": {"type": "percent", "basisPoints": 2_000}});
        api.patch(&path, change).await.ok();
        let lines = api.list(&format!("/api/changes?subjectId={partner}")).await;
        let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["partner.changed", "rule.set", "partner.created"]);
        let edited = json!({"name": {"before": "alice", "after": "Alice B."}, "email": "changed"});
        assert_eq!(lines[0]["details"], edited);
        let after = &lines[1]["details"]["commission"]["after"];
        assert_eq!((&after["basisPoints"], &lines[1]["details"]["commission"]["before"]), (&json!(2_000), &Value::Null));
        api.patch(&path, json!({"name": "Alice B."})).await.ok();
        assert_eq!(api.list(&format!("/api/changes?subjectId={partner}")).await.len(), 3, "what changes nothing leaves no line");
        for line in api.list("/api/changes?limit=500").await {
            let text = line.to_string();
            assert!(!text.contains("@partners") && !text.contains("trib_live_t"), "{text}");
        }
    }

    async fn what_is_undone_leaves_no_line(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        let before = api.list("/api/changes").await;
        api.post("/api/links", json!({"key": "alice", "url": "https://a.example/", "partnerId": partner})).await.refuses("key");
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        let customer = id_of(&api.list("/api/customers").await[0]);
        let path = format!("/api/customers/{customer}/partner?preview=true");
        api.put(&path, json!({"partnerId": null})).await.ok();
        let lines = api.list("/api/changes").await;
        let new: Vec<_> = lines.iter().filter(|line| !before.contains(line)).map(|line| line["type"].clone()).collect();
        assert_eq!(new, ["click.imported"]);
    }

    async fn changes_are_found_by_what_by_whom_and_when(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.clock.advance(std::time::Duration::from_hours(1));
        let key = api.post("/api/keys", json!({"name": "second"})).await.ok();
        let second = api.with_key(key["key"].as_str().unwrap());
        second.partner("bob").await;
        let types = |lines: Vec<Value>| lines.iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let by_second = api.list(&format!("/api/changes?actor={}", id_of(&key))).await;
        assert_eq!(types(by_second), ["link.created", "partner.created"]);
        let by_server = api.list("/api/changes?actor=server").await;
        assert_eq!(types(by_server), ["key.created", "organization.created"]);
        assert_eq!(api.list("/api/changes?type=partner.created").await.len(), 2);
        let late = types(api.list("/api/changes?from=2026-11-22T13:00:00Z").await);
        assert_eq!(late, ["link.created", "partner.created", "key.created"]);
        let early = types(api.list("/api/changes?to=2026-11-22T13:00:00Z&type=partner.created").await);
        assert_eq!(early, ["partner.created"]);
        assert!(api.list("/api/changes?to=2026-11-22T12:00:00Z").await.is_empty());
        for wrong in ["type=partner.made", "from=yesterday", "actor="] {
            let field = wrong.split('=').next().unwrap();
            api.get(&format!("/api/changes?{wrong}")).await.refuses(field);
        }
        let test = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(test["key"].as_str().unwrap());
        assert_eq!(test.get("/api/changes").await.status, 403);
        assert!(api.another().await.list("/api/changes").await.iter().all(|line| line["actor"]["kind"] == "server"));
    }

    async fn a_line_can_neither_be_edited_nor_removed(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let before = api.list("/api/changes").await;
        for statement in [&EDIT, &FORGET] {
            let mut transaction = db.store.begin().await.unwrap();
            let refused = transaction.run(statement, args![api.org.as_str()]).await;
            assert!(refused.is_err(), "{statement:?}");
        }
        assert_eq!(api.list("/api/changes").await, before);
    }
}
