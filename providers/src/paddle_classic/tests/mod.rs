//! What the Paddle Classic adapter promises, case by case.

mod alerts;
mod signatures;
