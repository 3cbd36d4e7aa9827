//! The books: what a list costs, and what its parts say.

mod fill;
mod home;
mod parts;
mod plans;
