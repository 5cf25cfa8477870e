//! The server without a listener: a request in, an answer out, in the calling thread.

use std::sync::Arc;

use super::config::Config;
use super::core::Core;
use super::core::environment::{SystemClock, SystemRandom};
use super::core::message::Request;
use super::running::StartError;

/// A whole authorization server as a value: no sockets, no tasks, no threads of its own.
///
/// Whoever keeps it for long calls [`sweep`](Self::sweep) now and then; new tokens make room for themselves anyway.
pub struct InProcess {
    core: Core,
}

impl InProcess {
    /// The realms of the configuration, whose issuers begin with `base_url` (without a slash at its end).
    ///
    /// # Errors
    /// [`StartError`] when the configuration names an unknown defect, a realm twice, or the like.
    pub fn new(config: Config, base_url: &str) -> Result<Self, StartError> {
        Ok(Self { core: core_of(config, base_url)? })
    }

    /// Answers a request. An answer that a defect holds back comes at once.
    pub fn answer(&self, request: http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let (head, body) = request.into_parts();
        let response = self.core.answer(Request::of(head, body));
        response.into_http()
    }

    /// Drops what is over.
    pub fn sweep(&self) {
        self.core.sweep();
    }

    /// How many access tokens of a realm are kept, expired ones that wait to be dropped among them.
    pub fn live_tokens(&self, realm: &str) -> usize {
        self.core.realm(realm).map_or(0, |realm| realm.memory.access_tokens.count())
    }
}

/// The realms of a configuration, whose issuers begin with `base_url`.
pub(super) fn core_of(config: Config, base_url: &str) -> Result<Core, StartError> {
    let default_realm = config.default_realm().map(str::to_owned);
    if let Some(name) = default_realm.as_ref().filter(|name| !config.realms.iter().any(|realm| realm.name == **name)) {
        return Err(StartError::NoSuchRealm(name.clone()));
    }
    let core = Core::new(base_url.to_owned(), default_realm, Arc::new(SystemClock), Arc::new(SystemRandom))
        .map_err(|_| StartError::Key)?;
    for realm in config.realms {
        core.add_realm(realm)?;
    }
    Ok(core)
}
