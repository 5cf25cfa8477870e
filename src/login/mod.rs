//! Makes a user approve or deny, and returns what was seen; judges nothing.
//!
//! [`run`] goes from an authorization request or a verification page to where the errand ends, by the driver that the
//! provider file names; [`look`] follows redirects only. What a check wants to send differently it builds from
//! [`form::Page`] and sends itself.
//!
//! ```text
//! errand -> driver (the ladder) -> walk (form), recipe -> trail (the requests) -> sighting
//! destination: the borders of a walk; redirect: what leads on; form: a page, read and filled in
//! ```

mod command;
mod destination;
mod driver;
mod errand;
pub mod form;
mod group;
mod manual;
mod recipe;
mod redirect;
mod session;
mod sighting;
mod trail;
mod walk;
mod webdriver;

pub use driver::run;
pub use errand::{Decision, Errand, Stop};
pub use manual::{Answer, WayBack};
pub use sighting::{Channel, End, Hop, Role, Sighting};
pub use walk::look;
