//! Makes a user approve or deny, and returns what was seen; judges nothing.
//!
//! [`run`] walks from an authorization request or a verification page to where the errand ends, as a browser without
//! scripts would; [`look`] follows redirects only. What a check wants to send differently it builds from
//! [`form::Page`] and sends itself.

mod destination;
mod driver;
mod errand;
pub mod form;
mod redirect;
mod sighting;

pub use driver::{look, run};
pub use errand::{Decision, Errand, Stop};
pub use sighting::{Channel, End, Hop, Role, Sighting};
