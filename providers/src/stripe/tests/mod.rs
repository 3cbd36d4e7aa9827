//! What Stripe's events become.

mod verify;
