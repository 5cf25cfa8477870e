//! Users and clients of a realm that runs: closing an account, and the claims that are told about them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::refused::Refused;
use super::route::Call;
use super::{Admin, read, shown};
use crate::server::core::message::Response;

/// What is to be different about a user. What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    disabled: Option<bool>,
    claims: Option<Map<String, Value>>,
}

/// What is to be different about a client. What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientChange {
    claims: Option<Map<String, Value>>,
}

impl Admin {
    pub(super) fn change_user(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted: UserChange = read(call)?;
        let mut answer = Value::Null;
        self.change(call, |config| {
            let username = call.name(1);
            let user = config.users.values_mut().find(|user| user.username == username);
            let user = user.ok_or_else(|| Refused::NotFound(format!("the realm has no user `{}`", shown(username))))?;
            if let Some(disabled) = wanted.disabled {
                user.disabled = disabled;
            }
            if let Some(claims) = wanted.claims {
                user.claims = claims;
            }
            answer = json!({
                "username": user.username,
                "sub": user.subject(),
                "disabled": user.disabled,
                "claims": user.claims,
            });
            Ok(())
        })?;
        Ok(Response::json(200, answer))
    }

    pub(super) fn change_client(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted: ClientChange = read(call)?;
        let mut answer = Value::Null;
        self.change(call, |config| {
            let id = call.name(1);
            let client = config.clients.values_mut().find(|client| client.id == id);
            let client = client.ok_or_else(|| Refused::NotFound(format!("the realm has no client `{}`", shown(id))))?;
            if let Some(claims) = wanted.claims {
                client.claims = claims;
            }
            answer = json!({ "client_id": client.id, "claims": client.claims });
            Ok(())
        })?;
        Ok(Response::json(200, answer))
    }
}
