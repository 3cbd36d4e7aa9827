//! Mails: to whom, saying what, once for each cause; and what happens where they are not taken, or no server for them is set up.

use std::time::Duration;

use serde_json::{Value, json};
use tributary::args;
use tributary::mails;
use tributary::store::Statement;

use crate::api::client::Api;
use crate::dashboard::browser::Browser;
use crate::support::TestDb;
use crate::support::app::secret_of;
use crate::support::smtp::{Mail, Smtp};

static MAILS: Statement = Statement::new(
    "select kind, state, attempts, last_error from mails where organization_id = $1 order by id",
);

const ROUND: Duration = Duration::from_mins(6);
const DAY: Duration = Duration::from_hours(24);

async fn at(db: &TestDb, url: &str) -> Api {
    let api = Api::with(db, |config| {
        config.mails = Some(mails::Settings {
            server: mails::Server::parse(url).unwrap(),
            from: mails::server::mailbox("Acme <partners@acme.example>").unwrap(),
            owner: Some(mails::server::mailbox("boss@acme.example").unwrap()),
        });
    })
    .await;
    // As the server's start does.
    mails::switch(&*api.app.store, true).await.unwrap();
    api
}

async fn service(db: &TestDb) -> (Api, Smtp) {
    let smtp = Smtp::start().await;
    (at(db, &smtp.url()).await, smtp)
}

async fn work(api: &Api) {
    let work = tokio::time::timeout(Duration::from_mins(1), api.app.work_all());
    work.await.expect("sending ends").unwrap();
}

async fn later(api: &Api, time: Duration) {
    api.clock.advance(time);
    work(api).await;
}

/// What stands in the table: kind, state, tries and what was wrong.
async fn stored(api: &Api) -> Vec<(String, String, i64, String)> {
    let args = args![api.org.as_str()];
    let rows = api.app.store.read(&MAILS, args).await.unwrap();
    let text = |row: &tributary::store::Row, name| {
        row.opt_text(name).unwrap().unwrap_or_default().to_owned()
    };
    rows.iter()
        .map(|row| {
            (
                text(row, "kind"),
                text(row, "state"),
                row.int("attempts").unwrap(),
                text(row, "last_error"),
            )
        })
        .collect()
}

fn path(url: &str) -> String {
    url.strip_prefix("https://tributary.example")
        .unwrap()
        .to_owned()
}

fn token(url: &str) -> String {
    url.split_once("token=").unwrap().1.to_owned()
}

#[track_caller]
fn only(mut mails: Vec<Mail>) -> Mail {
    assert_eq!(mails.len(), 1, "{mails:#?}");
    mails.remove(0)
}

async fn invite(api: &Api, email: &str) -> String {
    let body = json!({"email": email, "name": "Ada"});
    let made = api.post("/api/invitations", body).await.ok();
    made["partnerId"].as_str().unwrap().to_owned()
}

on_both_databases! {
    async fn who_is_invited_is_mailed_a_link_that_signs_in_once(db: TestDb) {
        let (api, smtp) = service(&db).await;
        invite(&api, "ada@partners.example").await;
        work(&api).await;
        let mail = only(smtp.take());
        assert_eq!((mail.from.as_str(), mail.to.as_str()), ("partners@acme.example", "ada@partners.example"));
        assert_eq!(mail.header("From"), "Acme <partners@acme.example>");
        assert_eq!(mail.header("Subject"), "Test invites you to its partner program");
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Message-ID").ends_with("@acme.example>"));
        assert!(mail.text().starts_with("Hello Ada,\n\nTest asks you"), "{}", mail.text());
        let link = mail.link("/portal/sign-in");
        let html = mail.part("text/html");
        assert!(html.contains(&format!(r#"<a href="{link}">Look at it and join</a>"#)), "{html}");
        let mut partner = Browser::new(&api);
        assert_eq!(partner.post("/portal/sign-in", &[("token", &token(&link))]).await.status, 303);
        assert!(partner.page("/portal").await.contains("You are invited"));
        later(&api, ROUND).await;
        assert!(smtp.take().is_empty(), "sent once");
        assert_eq!(stored(&api).await, [("partner_invitation".to_owned(), "sent".to_owned(), 1, String::new())]);
    }

    async fn what_is_put_off_is_sent_later_and_what_is_refused_is_given_up_with_a_notice(db: TestDb) {
        let (api, smtp) = service(&db).await;
        smtp.answer(|to| if to.starts_with("gone") { 550 } else { 451 });
        invite(&api, "ada@partners.example").await;
        invite(&api, "gone@partners.example").await;
        work(&api).await;
        assert!(smtp.take().is_empty());
        let said = |kind: &str, state: &str, code: u16| ("partner_invitation".to_owned(), state.to_owned(), 1, format!("the server for {kind} answered {code}"));
        assert_eq!(stored(&api).await, [said("mails", "pending", 451), said("mails", "failed", 550)]);
        let mut owner = Browser::signed_in(&api).await;
        assert!(owner.page("/").await.contains("Mails not sent"));
        smtp.answer(|_| 250);
        later(&api, Duration::from_mins(2)).await;
        assert_eq!(only(smtp.take()).to, "ada@partners.example");
        let page = owner.page("/dashboard/mails").await;
        assert!(page.contains("answered 550") && !page.contains("gone@partners.example"), "{page}");
        let (_, rest) = page.split_once("action=\"/dashboard/mails/").unwrap();
        let form = format!("/dashboard/mails/{}", rest.split('"').next().unwrap());
        assert_eq!(owner.submit(&form, &[("does", "again")]).await.status, 303);
        work(&api).await;
        assert_eq!(only(smtp.take()).to, "gone@partners.example");
        assert_eq!(owner.submit(&form, &[("does", "again")]).await.status, 404, "it is sent by now");
        assert!(!owner.page("/").await.contains("Mails not sent"));
    }

    async fn a_mail_that_is_put_off_again_and_again_is_given_up(db: TestDb) {
        let (api, smtp) = service(&db).await;
        smtp.answer(|_| 451);
        invite(&api, "ada@partners.example").await;
        work(&api).await;
        for _ in 0..7 {
            later(&api, Duration::from_hours(8)).await;
            later(&api, Duration::from_hours(13)).await;
        }
        let [(_, state, attempts, why)] = &stored(&api).await[..] else { panic!() };
        assert_eq!((state.as_str(), why.as_str()), ("failed", "the server for mails answered 451"));
        assert!((4..=8).contains(attempts), "{attempts}");
        assert!(smtp.take().is_empty());
    }

    async fn while_the_server_is_away_nothing_is_lost_or_counted(db: TestDb) {
        let smtp = Smtp::start().await;
        let url = smtp.url();
        drop(smtp);
        let api = at(&db, &url).await;
        invite(&api, "ada@partners.example").await;
        work(&api).await;
        let [(_, state, attempts, _)] = &stored(&api).await[..] else { panic!() };
        assert_eq!((state.as_str(), *attempts), ("pending", 0));
        later(&api, DAY * 3 + ROUND).await;
        let [(_, state, _, why)] = &stored(&api).await[..] else { panic!() };
        assert_eq!((state.as_str(), why.as_str()), ("failed", "the server for mails could not be reached for three days"));
    }

    async fn without_a_server_for_mails_none_is_written(db: TestDb) {
        let api = Api::new(&db).await;
        invite(&api, "ada@partners.example").await;
        let mut anybody = Browser::new(&api);
        assert!(!anybody.page("/portal/sign-in").await.contains("Mail me a link"));
        assert_eq!(anybody.post("/portal/link", &[("email", "ada@partners.example")]).await.status, 404);
        later(&api, ROUND).await;
        assert!(stored(&api).await.is_empty());
        // What was on is off again after a start without it.
        mails::switch(&*api.app.store, true).await.unwrap();
        mails::switch(&*api.app.store, false).await.unwrap();
        mails::switch(&*api.app.store, false).await.unwrap();
        invite(&api, "bob@partners.example").await;
        assert!(stored(&api).await.is_empty());
        let mut owner = Browser::signed_in(&api).await;
        assert!(owner.page("/dashboard/mails").await.contains("TRIBUTARY_SMTP_URL"));
    }

    async fn what_a_partner_earns_is_told_in_one_mail_until_it_says_no(db: TestDb) {
        let (api, smtp) = service(&db).await;
        let alice = api.partner("alice").await;
        for click in ["clk_1", "clk_2", "clk_3", "clk_4"] {
            api.click_at(click, "alice", "2026-11-22T10:00:00Z").await;
        }
        api.sale("clk_1", "in_1", 4_900).await;
        api.sale("clk_2", "in_2", 10_000).await;
        work(&api).await;
        assert!(smtp.take().is_empty(), "more may come");
        later(&api, ROUND).await;
        let mail = only(smtp.take());
        assert_eq!(mail.to, "alice@partners.example.com");
        assert_eq!(mail.header("Subject"), "You have earned 14.90 USD with Test");
        let text = mail.text();
        assert!(text.contains("4.90 USD for a sale of 2026-11-22, payable from 2026-12-22\n10.00 USD for a sale"), "{text}");
        assert!(!text.contains("user_clk"), "nobody learns who has bought");
        let stop = mail.link("/portal/mails/stop");
        assert_eq!(mail.header("List-Unsubscribe"), format!("<{stop}>"));
        let mut reader = Browser::new(&api);
        assert!(reader.page(&path(&stop)).await.contains("No more of these mails"), "looking at it ends nothing");
        api.sale("clk_3", "in_3", 1_000).await;
        later(&api, ROUND).await;
        assert_eq!(smtp.take().len(), 1);
        let answer = reader.post(&path(&stop), &[("List-Unsubscribe", "One-Click")]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        api.sale("clk_4", "in_4", 1_000).await;
        later(&api, ROUND).await;
        assert!(smtp.take().is_empty());
        assert_eq!(reader.post(&path(&stop).replace("pm_", "pl_"), &[]).await.status, 400, "nothing else opens it");
        let lines = api.list(&format!("/api/changes?subjectId={alice}&type=partner.mails_chosen")).await;
        assert_eq!(lines.len(), 1);
    }

    async fn of_a_commission_that_is_gone_or_old_nobody_is_told(db: TestDb) {
        let (api, smtp) = service(&db).await;
        api.partner("alice").await;
        api.click_at("clk_1", "alice", "2026-11-01T10:00:00Z").await;
        let old = json!({"clickId": "clk_1", "customerExternalId": "u_old", "amount": 1_000, "invoiceId": "in_old",
            "occurredAt": "2026-11-02T10:00:00Z"});
        api.post("/api/track/sale", old).await.ok();
        let sale = api.sale("clk_1", "in_1", 4_900).await;
        work(&api).await;
        let refund = json!({"refundId": "re_1", "amount": 4_900});
        api.post(&format!("/api/sales/{}/refunds", sale["id"].as_str().unwrap()), refund).await.ok();
        later(&api, ROUND).await;
        assert!(smtp.take().is_empty());
        let found = stored(&api).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1, "dropped");
    }

    async fn a_payout_is_told_when_it_is_sent_and_when_it_is_paid(db: TestDb) {
        let (api, smtp) = service(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 100_000).await;
        later(&api, DAY * 31).await;
        smtp.take();
        let ran = api.post("/api/payouts/runs", json!({})).await.ok();
        let id = ran["lines"][0]["payoutId"].as_str().unwrap().to_owned();
        api.post(&format!("/api/payouts/{id}/approve"), json!({})).await.ok();
        work(&api).await;
        assert!(smtp.take().is_empty(), "nothing is on its way yet");
        api.post(&format!("/api/payouts/{id}/send"), json!({"method": "paypal"})).await.ok();
        api.post(&format!("/api/payouts/{id}/send"), json!({"method": "paypal"})).await.ok();
        work(&api).await;
        let mail = only(smtp.take());
        assert_eq!(mail.header("Subject"), "100.00 USD from Test is on its way");
        assert!(mail.text().contains("sent you 100.00 USD by PayPal."), "{}", mail.text());
        api.post(&format!("/api/payouts/{id}/confirm"), json!({})).await.ok();
        work(&api).await;
        assert_eq!(only(smtp.take()).header("Subject"), "Test has paid you 100.00 USD");
        later(&api, DAY).await;
        assert!(smtp.take().is_empty());
    }

    async fn owners_are_told_once_which_source_is_broken_and_why(db: TestDb) {
        let (api, smtp) = service(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        for (name, role) in [("maria", "owner"), ("max", "member")] {
            crate::dashboard::members::member(&api, &mut owner, name, role).await;
        }
        work(&api).await;
        smtp.take();
        let body = json!({"processor": "stripe", "secrets": [secret_of("stripe").expose()], "mode": "live"});
        let source = api.post("/api/sources", body).await.ok();
        let (id, url) = (source["id"].as_str().unwrap(), path(source["url"].as_str().unwrap()));
        refuse(&api, &url, 4).await;
        later(&api, ROUND).await;
        assert!(smtp.take().is_empty(), "a few mean nothing");
        refuse(&api, &url, 10).await;
        later(&api, ROUND).await;
        let told = smtp.take();
        let to: Vec<&str> = told.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["boss@acme.example", "maria@team.example"]);
        let subject = told[1].header("Subject");
        assert_eq!(subject, format!("Stripe source {id} has refused 14 deliveries"));
        let text = told[1].text();
        assert!(text.contains("a secret that this source does not have") && text.contains(&format!("/dashboard/sources/{id}")), "{text}");
        refuse(&api, &url, 5).await;
        later(&api, ROUND).await;
        assert!(smtp.take().is_empty());
    }

    async fn a_link_is_mailed_to_who_is_a_partner_and_nobody_learns_who_is(db: TestDb) {
        let (api, smtp) = service(&db).await;
        api.partner("alice").await;
        let mut anybody = Browser::new(&api);
        let page = anybody.get("/portal").await;
        assert!(page.status == 401 && page.body.contains("Mail me a link"), "{}", page.body);
        let mut answers = Vec::new();
        for email in ["nobody@partners.example.com", "Alice@partners.example.com", "alice@partners.example.com"] {
            answers.push(anybody.post("/portal/link", &[("email", email)]).await.body);
        }
        assert!(answers[0] == answers[1] && answers[0].contains("on its way"), "{}", answers[0]);
        work(&api).await;
        let mail = only(smtp.take());
        assert_eq!(mail.to, "alice@partners.example.com");
        let link = token(&mail.link("/portal/sign-in"));
        assert_eq!(anybody.post("/portal/sign-in", &[("token", &link)]).await.status, 303);
        assert!(anybody.page("/portal").await.contains("Mail me when I have earned something"));
        assert_eq!(anybody.submit("/portal/mails", &[]).await.status, 303);
        let page = anybody.page("/portal").await;
        assert!(page.contains(r#"name="earnings" value="yes">"#), "no longer ticked: {page}");
        let mut elsewhere = Browser::new(&api);
        elsewhere.headers = vec![("sec-fetch-site", "cross-site")];
        assert_eq!(elsewhere.post("/portal/link", &[("email", "alice@partners.example.com")]).await.status, 403);
    }

    async fn who_is_let_in_and_who_is_invited_to_the_dashboard_are_told(db: TestDb) {
        let (api, smtp) = service(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let page = api.patch(&format!("/api/programs/{program}/page"), json!({"applications": "approve"})).await.ok();
        let apply = path(page["applyUrl"].as_str().unwrap());
        let says = [("name", "Ada"), ("email", "ada@partners.example"), ("sure", "yes")];
        assert_eq!(Browser::new(&api).post(&apply, &says).await.status, 200);
        work(&api).await;
        assert!(smtp.take().is_empty());
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        for status in ["active", "paused", "active"] {
            api.patch(&format!("/api/partners/{partner}"), json!({"status": status})).await.ok();
        }
        work(&api).await;
        let mail = only(smtp.take());
        assert_eq!(mail.header("Subject"), "Welcome to the partner program of Test");
        let mut ada = Browser::new(&api);
        assert_eq!(ada.post("/portal/sign-in", &[("token", &token(&mail.link("/portal/sign-in")))]).await.status, 303);
        let mut owner = Browser::signed_in(&api).await;
        owner.page("/dashboard/members").await;
        let fields = [("name", "Maria"), ("email", "maria@team.example"), ("role", "member")];
        assert_eq!(owner.submit("/dashboard/members", &fields).await.status, 200);
        work(&api).await;
        let mail = only(smtp.take());
        assert_eq!(mail.to, "maria@team.example");
        assert!(mail.text().contains("Your role is: member."), "{}", mail.text());
        let mut maria = Browser::new(&api);
        assert_eq!(maria.sign_in(&token(&mail.link("/dashboard/sign-in"))).await.status, 303);
        let members = tributary::members::list(&*api.app.store, &api.org).await.unwrap();
        assert_eq!(members.len(), 1);
    }

    async fn webhooks_and_mails_are_switched_apart(db: TestDb) {
        let (api, smtp) = service(&db).await;
        let endpoint = json!({"url": "https://hooks.example.com/", "events": ["sale.*"]});
        let made: Value = api.post("/api/webhook-endpoints", endpoint).await.ok();
        api.delete(&format!("/api/webhook-endpoints/{}", made["id"].as_str().unwrap())).await;
        invite(&api, "ada@partners.example").await;
        work(&api).await;
        assert_eq!(smtp.take().len(), 1, "an endpoint that comes and goes ends no mails");
    }
}

/// Delivers what was signed with another secret.
async fn refuse(api: &Api, path: &str, times: usize) {
    for _ in 0..times {
        let request = axum::http::Request::post(path)
            .header(
                "stripe-signature",
                format!("t={},v1={}", api.app.now().0 / 1_000_000, "0".repeat(64)),
            )
            .body(axum::body::Body::from("{}"))
            .unwrap();
        assert_eq!(api.send(request).await.0, 401);
    }
    api.app.refusals.write(&*api.app.store, api.app.now()).await;
}
