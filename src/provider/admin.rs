//! The admin listener of a reference server: makes a realm like another, moves its clock, closes an account, drops it. No other provider has one.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::discovery::{Target, discover};
use super::model::{Admin, Provider};
use crate::protocol::{Body, Endpoint, Method, Request, answer};
use crate::wire::{Tape, Wire};

/// Why the admin listener did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the admin listener: {0}")]
pub struct AdminError(String);

impl Admin {
    /// Makes a realm like this one, with these defects in place of its own where some are given, and looks at it as any client would.
    pub async fn realm_like(&self, wire: &Wire, name: &str, defects: Option<&[String]>) -> Result<Target, AdminError> {
        let mut wanted = json!({ "like": self.realm });
        if let Some(defects) = defects {
            wanted["defects"] = json!(defects);
        }
        let members = self.call(wire, Method::Post, "realms", Some(&wanted)).await?;
        let document = members.get("provider").ok_or_else(|| AdminError("names no provider".to_owned()))?;
        let provider = Provider::from_json(document, name).map_err(|error| AdminError(error.to_string()))?;
        let tape = Tape::new(provider.secrets());
        discover(wire, &tape, provider).await.map_err(|error| AdminError(error.to_string()))
    }

    /// Moves the realm's clock.
    pub async fn advance(&self, wire: &Wire, time: Duration) -> Result<(), AdminError> {
        let wanted = json!({ "advance": format!("{}s", time.as_secs()) });
        self.call(wire, Method::Post, &format!("realms/{}/clock", self.realm), Some(&wanted)).await.map(drop)
    }

    /// Closes the account of a user.
    pub async fn close_account(&self, wire: &Wire, username: &str) -> Result<(), AdminError> {
        let username: String = form_urlencoded::byte_serialize(username.as_bytes()).collect::<String>().replace('+', "%20");
        let path = format!("realms/{}/users/{username}", self.realm);
        self.call(wire, Method::Patch, &path, Some(&json!({ "disabled": true }))).await.map(drop)
    }

    /// Drops the realm.
    pub async fn drop_realm(&self, wire: &Wire) -> Result<(), AdminError> {
        self.call(wire, Method::Delete, &format!("realms/{}", self.realm), None).await.map(drop)
    }

    async fn call(
        &self,
        wire: &Wire,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Map<String, Value>, AdminError> {
        let url = self.url.join(path).map_err(|error| AdminError(error.to_string()))?;
        let mut request = Request::get(Endpoint::Admin, &url).method(method).bearer(&self.key);
        if let Some(body) = body {
            request.body =
                Body::Raw { content_type: "application/json".to_owned(), octets: body.to_string().into_bytes(), shown: None };
        }
        let response = wire.send(&Tape::default(), &request).await.map_err(|failure| AdminError(failure.to_string()))?;
        match response.status {
            204 => Ok(Map::new()),
            200..300 => Ok(answer::object(&response).unwrap_or_default()),
            _ => Err(AdminError(answer::describe(&response))),
        }
    }
}
