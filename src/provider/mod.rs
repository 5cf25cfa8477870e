//! Who is tested: the provider file, discovery, capabilities, and clients by role.
//!
//! ```text
//! text -> tree (values with their places) -> expand (${VAR}) -> file (keys) -> Provider -> discovery -> Target -> needs
//! ```

mod client;
mod discovery;
mod endpoints;
mod fault;
mod file;
mod model;
mod needs;

pub use client::{AuthMethod, Client, Grant};
pub use discovery::{Metadata, Seen, Target, Unreachable, WellKnown, discover};
pub use endpoints::{EndpointOverrides, Endpoints};
pub use fault::{Error, Place};
pub use model::{Admin, LoadPolicy, Login, LoginDriver, PkcePolicy, Provider, Resource, Source, User};
pub use needs::{Need, lacking};
