//! Why the admin listener says no.

use serde_json::json;

use crate::server::core::RealmError;
use crate::server::core::message::Response;
use crate::server::core::script::ScriptError;

/// A refusal; its text names the member that is wrong, and the way out.
#[derive(Debug)]
pub enum Refused {
    /// No key, or another one.
    WrongKey,
    /// What the path names is not there.
    NotFound(String),
    /// The path is there, for these methods.
    MethodNotAllowed(String),
    /// The request cannot be understood, or asks for what cannot be.
    BadRequest(String),
    /// Something else stands in the way.
    Conflict(String),
}

impl Refused {
    /// The answer.
    pub fn response(self) -> Response {
        let told = |status, error: &str| Response::json(status, json!({ "error": error }));
        match self {
            Self::WrongKey => {
                told(401, "wrong key: send `Authorization: Bearer KEY`, with the key that the server printed at its start")
                    .with("www-authenticate", "Bearer realm=\"admin\"")
            }
            Self::NotFound(explanation) => told(404, &explanation),
            Self::MethodNotAllowed(allowed) => {
                told(405, &format!("method not allowed; this path is for {allowed}")).with("allow", allowed)
            }
            Self::BadRequest(explanation) => told(400, &explanation),
            Self::Conflict(explanation) => told(409, &explanation),
        }
    }
}

impl From<RealmError> for Refused {
    fn from(error: RealmError) -> Self {
        match error {
            RealmError::Taken(_) => Self::Conflict(error.to_string()),
            RealmError::Name(_)
            | RealmError::Lifetime(_)
            | RealmError::RedirectUri { .. }
            | RealmError::Defect(_)
            | RealmError::Fault(_)
            | RealmError::Impostor(_)
            | RealmError::Journal => Self::BadRequest(error.to_string()),
        }
    }
}

impl From<ScriptError> for Refused {
    fn from(error: ScriptError) -> Self {
        match error {
            ScriptError::Full => Self::Conflict(error.to_string()),
            ScriptError::BodyAndMembers
            | ScriptError::Never
            | ScriptError::Status(_)
            | ScriptError::Field(_)
            | ScriptError::Value(_) => Self::BadRequest(error.to_string()),
        }
    }
}
