//! What the Paddle adapter promises, case by case.

mod signatures;
