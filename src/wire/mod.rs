//! The only place that sends for check, login and provider: HTTP client, bounds, recording.

mod client;
mod connect;
mod gate;
mod jar;
mod paths;
mod proxy;
mod tape;
mod tls;

pub use client::{Bounds, Wire};
pub use connect::{Address, Connect, Route};
pub use jar::{Cookie, Jar};
pub use proxy::{Proxies, Proxy, exceptions_of_environment};
pub use tape::Tape;
pub use tls::{Authorities, Keys};
