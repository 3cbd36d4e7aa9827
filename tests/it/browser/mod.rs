//! The dashboard in a real browser, Debian's Chromium, on the data of the demo.

mod demo;
mod devtools;
mod owner;
mod pictures;
mod portal;
mod tour;
mod walk;

use demo::Demo;
pub use devtools::Chromium;

/// Signs in by the link that the demo prints: it opens a page, and the button on it does the rest.
fn signed_in(demo: &Demo) -> Chromium {
    let mut browser = Chromium::start();
    browser.prefers("light");
    browser.open(&demo.link);
    browser.follow("main form button");
    assert_eq!(browser.address(), "/");
    browser
}
