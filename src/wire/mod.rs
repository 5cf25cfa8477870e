//! The only place that sends for check, login and provider: HTTP client, bounds, recording.

mod client;
mod gate;
mod jar;
mod tape;

pub use client::{Bounds, Wire};
pub use jar::{Cookie, Jar};
pub use tape::Tape;
