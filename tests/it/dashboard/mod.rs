//! The dashboard, as a browser meets it: pages, forms, cookies.

mod access;
pub mod browser;
mod changes;
mod crawl;
mod doctor;
mod fast;
mod markup;
pub mod members;
mod money;
mod pages;
mod payouts;
mod sheets;
mod sign_in;
mod webhooks;
mod wizard;
