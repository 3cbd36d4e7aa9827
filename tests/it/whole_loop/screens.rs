//! What the partner and the owner do and see in a real browser, while the loop goes on.

use tokio::net::TcpListener;
use tokio::task::block_in_place;
use tokio_util::task::AbortOnDropHandle;
use tributary::config::Limits;
use tributary::{http, server};

use crate::api::client::Api;
use crate::browser::Chromium;

/// A browser at the service, which has an address for it.
pub struct Screens {
    browser: Chromium,
    address: String,
    _serving: AbortOnDropHandle<()>,
}

impl Screens {
    /// Serves at the address that the service believes to have.
    pub fn open(api: &Api, listener: TcpListener) -> Self {
        let router = http::router(api.app.clone());
        let serving = server::serve(listener, router, Limits::default(), std::future::pending());
        let serving = AbortOnDropHandle::new(tokio::spawn(async move {
            serving.await;
        }));
        Self {
            browser: block_in_place(Chromium::start),
            address: api.app.public_url.clone(),
            _serving: serving,
        }
    }

    /// Somebody fills in the page where people apply.
    pub fn apply(&mut self, path: &str, name: &str, email: &str) {
        block_in_place(|| {
            let browser = &mut self.browser;
            browser.open(&format!("{}{path}", self.address));
            browser.fill("input[name=name]", name);
            browser.fill("input[name=email]", email);
            browser.value("document.querySelector('input[name=sure]').click()");
            browser.follow("main form button");
            let words = browser.words();
            assert!(
                words.contains("Your application will be looked at"),
                "{words}"
            );
        });
    }

    /// The owner signs in by a link.
    pub fn owner(&mut self, token: &str) {
        block_in_place(|| {
            let browser = &mut self.browser;
            browser.open(&format!("{}/dashboard/sign-in?token={token}", self.address));
            browser.follow("main form button");
            assert_eq!(browser.address(), "/");
        });
    }

    /// The owner goes from what there is to do to who has applied, lets her in, and takes the link that is for her.
    pub fn let_in(&mut self, partner: &str) -> String {
        block_in_place(|| {
            let browser = &mut self.browser;
            browser.follow(".todo a[href*='status=applied']");
            browser.follow(&format!("main tbody a[href*='{partner}']"));
            assert!(browser.words().contains("Approve"), "{}", browser.words());
            browser.follow("form[action$='/status']:has(input[value=active]) button");
            browser.follow("form[action$='/portal'] button");
            browser.text("document.querySelector('main [data-copy]').dataset.copy")
        })
    }

    /// She signs in by her link, copies the link that she shares, and has it.
    pub fn copy_link(&mut self, sign_in: &str) -> String {
        block_in_place(|| {
            let browser = &mut self.browser;
            portal(browser, sign_in);
            let allowed = serde_json::json!({"origin": self.address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
            browser.call("Browser.grantPermissions", allowed);
            browser.call("Page.bringToFront", serde_json::json!({}));
            browser.value(
                "new Promise((done, fail) => { const button = document.querySelector('.link .copy-button'); button.click();
                     const began = Date.now(); const look = () => {
                         if (button.textContent === 'Copied') return done(true);
                         if (Date.now() - began > 30000) return fail(new Error(button.textContent));
                         setTimeout(look, 20); }; look(); })",
            );
            browser.text("navigator.clipboard.readText()")
        })
    }

    /// The cards of her page, each as label and figure.
    pub fn cards(&mut self, sign_in: &str) -> Vec<(String, String)> {
        block_in_place(|| {
            portal(&mut self.browser, sign_in);
            cards(&mut self.browser)
        })
    }

    /// What the owner reads on the page of a partner: its cards and its entries.
    pub fn partner(&mut self, token: &str, partner: &str) -> (Vec<(String, String)>, String) {
        self.owner(token);
        block_in_place(|| {
            let browser = &mut self.browser;
            browser.open(&format!("{}/dashboard/partners/{partner}", self.address));
            (cards(browser), browser.words())
        })
    }

    /// What a page says that the owner is signed in to.
    pub fn words(&mut self, path: &str) -> String {
        block_in_place(|| {
            self.browser.open(&format!("{}{path}", self.address));
            self.browser.words()
        })
    }

    /// Nothing has gone wrong in any page.
    pub fn is_in_order(&mut self) {
        let problems = block_in_place(|| self.browser.problems());
        assert_eq!(problems, Vec::<String>::new());
    }
}

fn portal(browser: &mut Chromium, sign_in: &str) {
    browser.open(sign_in);
    browser.follow("main form button");
    assert!(
        browser.address().starts_with("/portal"),
        "{}",
        browser.words()
    );
}

fn cards(browser: &mut Chromium) -> Vec<(String, String)> {
    let told = browser.value(
        "[...document.querySelectorAll('.card')].map(card => [card.querySelector('.label').innerText, card.querySelector('.figure').innerText])",
    );
    let cards = told.as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    cards.map(|card| (text(&card[0]), text(&card[1]))).collect()
}
