//! The reference authorization server: correct by default, wrong on demand; imports nothing of flowproof's other rooms.
//!
//! A request goes `http` → `core` (which realm, which endpoint) → an endpoint → a grant, and the answer takes the same way back. All but `http` is a
//! synchronous state machine that does no I/O. What it can do wrong is in [`defect`].

mod admin;
mod certificate;
pub mod config;
mod core;
pub mod defect;
mod demo;
mod endpoints;
mod grants;
mod http;
mod in_process;
mod log;
mod provider_document;
mod running;
#[cfg(feature = "wiremock")]
pub mod wiremock;

#[cfg(test)]
mod tests;

pub use certificate::{CertificateError, Tls};
pub use config::{
    AuthMethod, ClientConfig, Config, EndpointName, FaultConfig, GrantKind, Latency, PkcePolicy, Policy, RealmConfig, Secret,
    SigningAlgorithm, Span, TokenFormat, UserConfig,
};
pub use in_process::InProcess;
pub use running::{ReferenceServer, Running, StartError};
