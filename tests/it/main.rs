//! The integration tests: one binary, and whatever touches a database runs on SQLite and on PostgreSQL.

// `cfg(test)` is always so here; it tells the lints that these modules may panic.
#[cfg(test)]
#[macro_use]
mod support;

#[cfg(test)]
mod api;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod books;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod copy;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damaged;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod distributed;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod http;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod large;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod organizations;
#[cfg(test)]
mod packaging;
#[cfg(test)]
mod portal;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod reprocess;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod store;
#[cfg(test)]
mod whole_loop;
