//! The dashboard, as a browser meets it: pages, forms, cookies.

mod access;
pub mod browser;
mod changes;
mod crawl;
mod markup;
mod members;
mod money;
mod pages;
mod sign_in;
mod wizard;
