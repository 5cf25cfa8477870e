//! The only place that sends for check, login and provider: HTTP client, bounds, recording.

mod account;
mod client;
mod connect;
mod gate;
mod jar;
mod mailbox;
mod pace;
mod paths;
mod proxy;
mod pulse;
mod rest;
mod tape;
mod tls;
mod turns;

pub use client::{Bounds, Wire};
pub use connect::{Address, Connect, Route};
pub use jar::{Cookie, Jar};
pub use mailbox::{Mailbox, Receipt};
pub use pace::Pace;
pub use proxy::{Proxies, Proxy, exceptions_of_environment};
pub use pulse::{Asked, Silence};
pub use rest::{Rested, limits_rate, rest_asked};
pub use tape::Tape;
pub use tls::{Authorities, Keys};
pub use turns::{LoginTurn, Patience};
