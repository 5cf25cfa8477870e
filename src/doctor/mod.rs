//! Before a run: what is wrong with the configuration, so that nobody blames the server for it; judges no server.
//!
//! [`examine`] looks at everything and logs users in; [`glance`] is the short form that comes before a run. What they find is a
//! [`Diagnosis`]: remarks under topics, each with a sign and, where something is to do, the way out. A request of theirs does no harm: what is
//! redeemed, refreshed or revoked is made up, and a wrong secret is tried once, or twice.

mod cause;
mod coverage;
mod credentials;
mod devices;
mod diagnosis;
mod logins;
mod metadata;
mod outline;
mod plan;
mod preset;
mod reach;
mod redirects;
mod registration;
mod visit;
mod worth;

pub use coverage::{Coverage, Gap};
pub use diagnosis::{Diagnosis, Health, Remark, Sign, Topic};
pub use outline::Outline;
pub use plan::{PLANS, Plan};
pub use preset::{Preset, PresetError, Purpose, Setting, Verified};
pub use registration::{Ledger, Registered, Registrar, RegistrationError, Removal};
pub use visit::{Extent, examine, glance};
pub use worth::Worth;
