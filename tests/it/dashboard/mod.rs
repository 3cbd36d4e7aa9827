//! The dashboard, as a browser meets it: pages, forms, cookies.

mod access;
mod asking;
pub mod browser;
mod bulk;
mod cards;
mod changes;
mod crawl;
mod doctor;
mod fast;
mod figures;
mod groups;
pub mod markup;
pub mod members;
mod money;
mod pages;
mod partner_order;
mod payouts;
mod sheets;
mod sign_in;
mod typed;
mod webhooks;
mod wizard;
