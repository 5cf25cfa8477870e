//! The admin listener: makes realms and moves their clocks, for whoever holds its key.

use std::sync::Arc;

use super::core::Core;
use super::core::message::{Request, Response};

/// The admin interface of one server.
pub struct Admin {
    core: Arc<Core>,
    url: String,
    key: String,
}

impl Admin {
    /// The interface to this core, protected by this key.
    pub fn new(core: Arc<Core>, url: String, key: String) -> Self {
        Self { core, url, key }
    }

    /// Answers a request.
    pub fn answer(&self, _request: &Request) -> Response {
        let _ = (&self.core, &self.url, &self.key);
        Response::empty(404)
    }
}
