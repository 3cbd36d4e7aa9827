//! A browser without a window: it keeps cookies, follows no redirect, and fills in forms as a page has them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use tower::ServiceExt as _;
use tributary::actor::Actor;
use tributary::app::App;
use tributary::http;
use tributary::server::Peer;
use tributary::sessions::{self, Whom};

use crate::api::client::Api;
use crate::support::app::TestApp;

/// A browser at a service.
#[derive(Clone)]
pub struct Browser {
    app: Arc<App>,
    org: String,
    pub cookies: BTreeMap<String, String>,
    /// The page that was shown last, with the proof for its forms.
    page: String,
    /// What it says of itself besides.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Where it connects from.
    pub peer: Option<SocketAddr>,
    /// An API key that it brings.
    pub bearer: Option<String>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl Browser {
    /// Nobody has signed in yet.
    pub fn new(api: &Api) -> Self {
        Self::at(api.app.clone(), &api.org)
    }

    fn at(app: Arc<App>, org: &str) -> Self {
        Self {
            app,
            org: org.to_owned(),
            cookies: BTreeMap::new(),
            page: String::new(),
            headers: Vec::new(),
            peer: None,
            bearer: None,
        }
    }

    /// The organization's owner, signed in.
    pub async fn signed_in(api: &Api) -> Self {
        Self::new(api).enter().await
    }

    /// The same of another kind of service.
    pub async fn signed_in_to(service: &TestApp) -> Self {
        Self::at(service.app.clone(), &service.org).enter().await
    }

    async fn enter(self) -> Self {
        let mut browser = self;
        let token = browser.invite(true).await;
        let answer = browser.sign_in(&token).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/"));
        browser
    }

    /// The secret of a link, for this organization alone or for the whole server.
    pub async fn invite(&self, only: bool) -> String {
        let app = &self.app;
        let whom = if only {
            Whom::Organization(&self.org)
        } else {
            Whom::Server
        };
        let (store, now) = (app.store.as_ref(), app.now());
        let made = sessions::invite(store, &app.ids, &Actor::Command, whom, now).await;
        made.unwrap().expose().to_owned()
    }

    pub async fn sign_in(&mut self, token: &str) -> Answer {
        self.post("/dashboard/sign-in", &[("token", token)]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.send("GET", path, String::new()).await;
        if answer.header("content-type").starts_with("text/html") {
            self.page.clone_from(&answer.body);
        }
        answer
    }

    /// A page that must be there.
    #[track_caller]
    pub fn page(&mut self, path: &str) -> impl Future<Output = String> {
        let path = path.to_owned();
        async move {
            let answer = self.get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            answer.body
        }
    }

    /// Posts fields as they are.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        // Apart, since a serializer must not be held while waiting.
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send("POST", path, form).await
    }

    /// Posts fields with the proof that the last page has in its forms.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let proof = self.proof();
        let fields = [fields, &[("proof", proof.as_str())]].concat();
        self.post(path, &fields).await
    }

    pub fn proof(&self) -> String {
        let (_, rest) = self.page.split_once(r#"name="proof" value=""#).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    async fn send(&mut self, method: &str, path: &str, form: String) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        let mut request = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, "tributary.example");
        }
        request = request.header(header::COOKIE, cookies.join("; "));
        if let Some(key) = &self.bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(form)).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(Peer(peer));
        }
        let router = http::router(self.app.clone());
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let bytes = to_bytes(body, 1 << 24).await.unwrap().to_vec();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        }
    }
}
