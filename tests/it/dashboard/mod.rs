//! The dashboard, as a browser meets it: pages, forms, cookies.

mod access;
pub mod browser;
mod crawl;
mod markup;
mod pages;
mod sign_in;
mod wizard;
