//! flowproof proves that an OAuth 2.0 authorization server keeps its promises, and measures how it bears load.
//!
//! This page is the map of the house. An arrow goes down only:
//!
//! ```text
//! main -> cli -> { doctor, prove, walk } -> { check, load, report, baseline } -> login -> { provider, verdict } -> wire -> protocol
//!         cli -> server, exit        { check, load, walk } -> chance
//! ```
//!
//! | room | what it answers for |
//! |---|---|
//! | [`cli`] | the command line: one short arm per door |
//! | [`exit`] | the documented exit codes |
//! | [`doctor`] | before a run: is the configuration right, and what will run |
//! | [`prove`] | the defect matrix: every check goes red on the bug it hunts |
//! | [`walk`] | one flow by hand, told step by step |
//! | [`check`] | Gherkin features to checks, their steps, and what they found |
//! | [`load`] | load plans, the flows that drive the token endpoint, and what was measured |
//! | [`report`] | a run rendered: terminal, JSON, JUnit |
//! | [`login`] | how a user is made to approve or deny |
//! | [`provider`] | who is tested: the provider file, discovery, capabilities, clients by role |
//! | [`baseline`] | the violations that are known, as a file |
//! | [`verdict`] | what a run found; plain data |
//! | [`chance`] | the only place where the client's side reads randomness |
//! | [`wire`] | the only place that sends for check, login and provider |
//! | [`protocol`] | what an OAuth client says and hears; pure |
//! | [`server`] | the reference authorization server; imports nothing of the rest |
//!
//! The feature `server` is that last room alone, for other people's tests; `wiremock` adds it as the responder of a mock.

#[cfg(feature = "cli")]
pub mod baseline;
#[cfg(feature = "cli")]
pub mod chance;
#[cfg(feature = "cli")]
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod doctor;
#[cfg(feature = "cli")]
pub mod exit;
#[cfg(feature = "cli")]
pub mod load;
#[cfg(feature = "cli")]
pub mod login;
#[cfg(feature = "cli")]
pub mod protocol;
#[cfg(feature = "cli")]
pub mod prove;
#[cfg(feature = "cli")]
pub mod provider;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "cli")]
pub mod verdict;
#[cfg(feature = "cli")]
pub mod walk;
#[cfg(feature = "cli")]
pub mod wire;
