//! One flow walked by hand and told step by step: what the client made, what went over which channel, what came back, and what each step is for.
//!
//! [`walk`] does what a [`Trip`] says and tells a listener each [`Event`] as it happens; what it tells is masked, unless the trip bares its
//! secrets. Nothing here prints, and nothing judges more than a client has to.
//!
//! ```text
//! plan (who goes, as which client) -> Trip -> flows, one file each -> Walker (asks and tells) -> Event | Arrival | Trouble
//! page: a hop of the login driver; token: a JWT read and verified; identity: whose token it is; advice: what to look at
//! ```

mod advice;
mod client_credentials;
mod code;
mod device;
mod event;
mod identity;
mod page;
mod plan;
mod refresh;
mod token;
mod trouble;
mod walker;

pub use event::{Channel, Event, Prompt, Sign, Step};
pub use page::{FormSeen, HopSeen};
pub use plan::{Flow, Trip, Unplanned, Wishes};
pub use token::{Reading, Signature, TokenSeen};
pub use trouble::{Stage, Trouble};

use walker::Walker;

/// What a walk ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The last line, for a reader.
    pub says: String,
    /// What goes with it.
    pub also: Vec<String>,
}

/// Walks the flow, and tells each event as it happens.
///
/// # Errors
/// The flow did not come to its end; the trouble says at which step, and what to look at.
pub async fn walk(trip: &Trip<'_>, tell: &mut dyn FnMut(&Event)) -> Result<Arrival, Trouble> {
    let mut walker = Walker::new(trip, tell);
    match trip.flow {
        Flow::Code => code::walk(&mut walker).await,
        Flow::ClientCredentials => client_credentials::walk(&mut walker).await,
        Flow::Device => device::walk(&mut walker).await,
        Flow::Refresh => refresh::walk(&mut walker).await,
    }
}
