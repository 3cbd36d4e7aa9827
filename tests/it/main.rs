//! The integration tests: one binary, and whatever touches a database runs on SQLite and on PostgreSQL.

// `cfg(test)` is always so here; it tells the lints that these modules may panic.
#[cfg(test)]
#[macro_use]
mod support;

#[cfg(test)]
mod api;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod http;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod store;
