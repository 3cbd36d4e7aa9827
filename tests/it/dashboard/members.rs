//! Who belongs to an organization, what each may do in the dashboard, and the keys that are made there.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tributary::actor::{Actor, WriteScope};
use tributary::dashboard::rights::{FORMS, Right};
use tributary::members::{self, Invited, Role};
use tributary::sessions::{self, Whom};

use super::browser::Browser;
use super::markup::assert_plain;
use crate::api::client::Api;

/// The code of the link that a page shows once.
fn code(page: &str) -> String {
    let (_, rest) = page
        .split_once("/dashboard/sign-in?token=")
        .expect("a link is shown");
    rest.split(['"', '<']).next().unwrap().to_owned()
}

/// Invites somebody in the dashboard; answers the code of the link.
async fn invited(owner: &mut Browser, name: &str, role: &str) -> String {
    owner.page("/dashboard/members").await;
    let email = format!("{name}@team.example");
    let fields = [("name", name), ("email", email.as_str()), ("role", role)];
    let answer = owner.submit("/dashboard/members", &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_plain("the link", &answer.body);
    code(&answer.body)
}

/// Somebody who was invited and has signed in.
pub async fn member(api: &Api, owner: &mut Browser, name: &str, role: &str) -> Browser {
    let code = invited(owner, name, role).await;
    let mut browser = Browser::new(api);
    assert_eq!(browser.sign_in(&code).await.status, 303);
    browser
}

async fn id_of(api: &Api, name: &str) -> String {
    let all = members::list(&*api.app.store, &api.org).await.unwrap();
    all.into_iter()
        .find(|member| member.name.expose() == name)
        .expect("a member")
        .id
}

on_both_databases! {
    async fn who_is_invited_becomes_a_member_once_and_changes_stand_in_that_name(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let code = invited(&mut owner, "maria", "owner").await;
        assert!(!owner.page("/dashboard/members").await.contains(&code), "shown once");
        let mut maria = Browser::new(&api);
        maria.page(&format!("/dashboard/sign-in?token={code}")).await;
        assert_eq!(maria.sign_in(&code).await.status, 303);
        assert_eq!(Browser::new(&api).sign_in(&code).await.status, 403);
        let page = maria.page("/dashboard/members").await;
        assert!(page.contains("maria@team.example") && page.contains("you"), "{page}");
        let fields = [("name", "shop"), ("ledger", "test"), ("track", "yes"), ("read", "yes"), ("days", "30")];
        let made = maria.submit("/dashboard/keys", &fields).await;
        assert_plain("the key", &made.body);
        let (_, rest) = made.body.split_once("trib_test_").expect("the key is shown");
        let key = format!("trib_test_{}", rest.split(['"', '<']).next().unwrap());
        assert!(!maria.page("/dashboard/keys").await.contains(&key), "shown once");
        let test = api.with_key(&key);
        assert_eq!(test.get("/api/partners").await.status, 200);
        assert_eq!(test.post("/api/keys", json!({"name": "x"})).await.status, 403);
        let id = id_of(&api, "maria").await;
        let lines = api.list(&format!("/api/changes?actor={id}")).await;
        let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["key.created", "sign_in.used", "member.joined"]);
        assert_eq!(lines[0]["actor"], json!({"kind": "member", "id": id, "name": "maria"}));
        assert_eq!(api.list("/api/changes?actor=operator&type=member.invited").await.len(), 1);
        let everything = crate::support::dump::everything(&*db.store).await;
        for secret in [&code, &key] {
            assert!(everything.iter().all(|row| !row.contains(&secret.to_lowercase())));
        }
    }

    async fn each_form_is_for_the_roles_that_its_right_says_and_no_others(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        for role in Role::ALL {
            let name = role.word().replace('-', "");
            let member = member(&api, &mut owner, &name, role.word()).await;
            // Whoever signs out sends no further form.
            let mut forms = FORMS.to_vec();
            forms.sort_by_key(|(form, _)| *form == "/dashboard/sign-out");
            for (form, right) in forms {
                let mut browser = member.clone();
                browser.page("/dashboard/members").await;
                // Nothing has this id, and nothing else is given: whoever may send the form is told so.
                let path = form.replace("{id}", "unknown");
                let answer = browser.submit(&path, &[]).await;
                let refused = answer.status == 403 && answer.body.contains("not yours to change");
                assert_eq!(refused, !right.has(role), "{role:?} {form}: {}", answer.status);
            }
        }
        assert!(Right::Look.has(Role::ReadOnly) && !Right::Change.has(Role::ReadOnly) && !Right::Rule.has(Role::Member));
        assert!(FORMS.iter().filter(|(_, right)| *right == Right::Look).count() == 3, "looking on, switching and leaving");
    }

    async fn no_page_shows_a_form_to_who_may_not_send_it(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        invited(&mut owner, "carol", "member").await;
        let mut reader = member(&api, &mut owner, "rita", "read-only").await;
        let actions = |page: &str| -> BTreeSet<String> {
            let forms = page.split("<form ").skip(1).filter(|form| form.contains("method=\"post\""));
            forms.map(|form| form.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
        };
        for path in ["/", "/dashboard/members", "/dashboard/keys", "/dashboard/sources", "/dashboard/changes", "/dashboard/organization"] {
            for action in actions(&reader.page(path).await) {
                let right = FORMS.iter().find(|(form, _)| *form == action).map(|(_, right)| *right);
                assert_eq!(right, Some(Right::Look), "{action} on {path}");
            }
        }
        assert!(actions(&owner.page("/dashboard/members").await).len() > 4);
    }

    async fn the_last_owner_stays_and_who_is_removed_is_out_at_once(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let mut maria = member(&api, &mut owner, "maria", "owner").await;
        let mut omar = member(&api, &mut owner, "omar", "member").await;
        let (maria_id, omar_id) = (id_of(&api, "maria").await, id_of(&api, "omar").await);
        let remove = |id: &str| format!("/dashboard/members/{id}/remove");
        let role = |id: &str| format!("/dashboard/members/{id}/role");
        owner.page("/dashboard/members").await;
        for (path, fields) in [(remove(&maria_id), vec![]), (role(&maria_id), vec![("role", "read-only")])] {
            let refused = owner.submit(&path, &fields).await;
            assert!(refused.status == 400 && refused.body.contains("last owner"), "{}", refused.body);
        }
        omar.page("/").await;
        assert_eq!(omar.submit("/dashboard/keys", &[]).await.status, 403);
        assert_eq!(owner.submit(&role(&omar_id), &[("role", "owner")]).await.status, 303);
        assert_eq!(omar.submit("/dashboard/keys", &[]).await.status, 400, "a role holds at once");
        assert_eq!(omar.submit(&remove(&maria_id), &[]).await.status, 303);
        assert_eq!(maria.get("/").await.status, 303);
        let lines = api.list(&format!("/api/changes?subjectId={maria_id}&type=member.removed")).await;
        assert_eq!(lines[0]["actor"]["name"], "omar");
        assert_eq!(owner.submit(&remove("mem_unknown"), &[]).await.status, 404);
    }

    async fn of_two_owners_who_remove_each_other_one_stays(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        member(&api, &mut owner, "maria", "owner").await;
        member(&api, &mut owner, "omar", "owner").await;
        let mut removing = Vec::new();
        for name in ["maria", "omar"] {
            let (app, org, id) = (api.app.clone(), api.org.clone(), id_of(&api, name).await);
            removing.push(tokio::spawn(async move {
                members::remove(&app.scope_of(&org, &Actor::Operator), &id).await.is_ok()
            }));
        }
        let mut done = 0;
        for one in removing {
            done += usize::from(one.await.unwrap());
        }
        assert_eq!((done, members::list(&*db.store, &api.org).await.unwrap().len()), (1, 1));
    }

    async fn an_invitation_ends_and_can_be_taken_back(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let late = invited(&mut owner, "late", "member").await;
        let back = invited(&mut owner, "back", "member").await;
        let open = members::invitations(&*db.store, &api.org, api.app.now()).await.unwrap();
        let id = &open.iter().find(|one| one.name.expose() == "back").unwrap().id;
        let path = format!("/dashboard/invitations/{id}/revoke");
        assert_eq!(owner.submit(&path, &[]).await.status, 303);
        assert_eq!(owner.submit(&path, &[]).await.status, 404);
        assert_eq!(Browser::new(&api).sign_in(&back).await.status, 403);
        api.clock.advance(Duration::from_hours(7 * 24));
        assert_eq!(Browser::new(&api).sign_in(&late).await.status, 403);
        assert!(members::list(&*db.store, &api.org).await.unwrap().is_empty());
        owner.page("/dashboard/members").await;
        for (name, email, role) in [("", "a@b.example", "member"), ("a", "nobody", "member"), ("a", "a@b.example", "king")] {
            let fields = [("name", name), ("email", email), ("role", role)];
            assert_eq!(owner.submit("/dashboard/members", &fields).await.status, 400);
        }
    }

    async fn a_member_signs_in_by_a_link_of_the_command_line_until_removed(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        member(&api, &mut owner, "maria", "owner").await;
        member(&api, &mut owner, "omar", "member").await;
        let found = members::by_email(&*db.store, &api.org, " Omar@Team.example").await.unwrap();
        let omar = found.expect("found however it is written").id;
        let link = async || {
            let whom = Whom::Member { org: &api.org, id: &omar };
            let made = sessions::invite(&*db.store, &api.app.ids, &Actor::Command, whom, api.app.now()).await;
            made.unwrap().expose().to_owned()
        };
        let (first, second) = (link().await, link().await);
        let mut browser = Browser::new(&api);
        assert_eq!(browser.sign_in(&first).await.status, 303);
        browser.page("/").await;
        assert_eq!(browser.submit("/dashboard/keys", &[]).await.status, 403);
        owner.page("/").await;
        assert_eq!(owner.submit(&format!("/dashboard/members/{omar}/remove"), &[]).await.status, 303);
        assert_eq!(Browser::new(&api).sign_in(&second).await.status, 403);
    }

    async fn a_member_of_one_organization_sees_and_changes_no_other(db: TestDb) {
        let api = Api::new(&db).await;
        let other = api.another().await;
        let mut owner = Browser::signed_in(&api).await;
        let mut maria = member(&api, &mut owner, "maria", "owner").await;
        let (store, ids) = (&*db.store, &*api.app.ids);
        let scope = WriteScope::of_server(store, ids, &other.org, api.app.now());
        let theirs = Invited { name: "theirs", email: "theirs@team.example", role: Role::Owner };
        let code = members::invite(&scope, theirs).await.unwrap().expose().to_owned();
        assert_eq!(Browser::new(&other).sign_in(&code).await.status, 303);
        let their_id = id_of(&other, "theirs").await;
        assert!(!maria.page("/dashboard/members").await.contains("theirs"));
        assert_eq!(maria.submit(&format!("/dashboard/members/{their_id}/remove"), &[]).await.status, 404);
        assert_eq!(maria.submit("/dashboard/organization", &[("id", &other.org)]).await.status, 404);
        let page = maria.page("/dashboard/organization").await;
        assert!(page.contains(&api.org) && !page.contains(&other.org));
    }

    async fn keys_are_revoked_but_for_the_last_that_may_do_everything(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let first = api.list("/api/keys").await[0]["id"].as_str().unwrap().to_owned();
        owner.page("/dashboard/keys").await;
        let path = format!("/dashboard/keys/{first}/revoke");
        let refused = owner.submit(&path, &[]).await;
        assert!(refused.status == 400 && refused.body.contains("last live key"), "{}", refused.body);
        assert_eq!(owner.submit("/dashboard/keys", &[("name", "none")]).await.status, 400);
        let made = owner.submit("/dashboard/keys", &[("name", "new"), ("ledger", "live"), ("admin", "yes")]).await;
        assert_eq!(made.status, 200);
        assert_eq!(owner.submit(&path, &[]).await.status, 303);
        assert_eq!(api.get("/api/keys").await.status, 401);
        let page = owner.page("/dashboard/keys").await;
        assert!(page.contains("revoked") && page.contains("new"));
    }

    async fn an_owner_says_what_the_organization_is_called(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        owner.page("/dashboard/members").await;
        owner.submit("/dashboard/organization/name", &[("name", "Northbeam Studio")]).await;
        assert!(owner.page("/dashboard/members").await.contains("value=\"Northbeam Studio\""));
        assert_eq!(api.get("/api/organization").await.ok()["name"], "Northbeam Studio");
        assert_eq!(owner.submit("/dashboard/organization/name", &[("name", " ")]).await.status, 400);
        api.patch("/api/organization", json!({"name": ""})).await.refuses("name");
    }
}
