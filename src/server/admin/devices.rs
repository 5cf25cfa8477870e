//! Devices that wait for their user, and the user's decision without a browser.

use serde::Deserialize;
use serde_json::{Value, json};

use super::refused::Refused;
use super::route::Call;
use super::{Admin, read, shown};
use crate::server::core::device::{Decision, Device};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;

/// What the user says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    decision: Word,
    user: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Approve,
    Deny,
}

impl Admin {
    pub(super) fn list_devices(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let now = realm.now();
        let mut devices: Vec<(u64, Value)> = realm
            .memory
            .devices()
            .iter()
            .filter(|device| now < device.expires_at)
            .map(|device| (device.issued_at, described(&realm, device)))
            .collect();
        devices.sort_by_key(|(issued_at, _)| *issued_at);
        let devices: Vec<Value> = devices.into_iter().map(|(_, device)| device).collect();
        Ok(Response::json(200, json!({ "devices": devices })))
    }

    pub(super) fn decide_device(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let said: Said = read(call)?;
        let now = realm.now();
        let decision = match said.decision {
            Word::Approve => Decision::Approved(realm.logged_in(subject(&realm, said.user.as_deref())?, now)),
            Word::Deny => Decision::Denied,
        };
        let mut devices = realm.memory.devices();
        let code = devices.find(call.name(1)).map(str::to_owned);
        let device = code.and_then(|code| devices.get_mut(&code)).filter(|device| now < device.expires_at);
        let device =
            device.ok_or_else(|| Refused::NotFound(format!("no device waits with the code `{}`", shown(call.name(1)))))?;
        if device.decision != Decision::Pending {
            return Err(Refused::Conflict(format!("the device is {} already", word(&device.decision))));
        }
        device.decision = decision;
        Ok(Response::json(200, described(&realm, device)))
    }
}

/// The subject of whoever approves.
fn subject(realm: &Realm, username: Option<&str>) -> Result<String, Refused> {
    let username = username.ok_or_else(|| Refused::BadRequest("name in `user` who approves".to_owned()))?;
    let user = realm.user(username);
    let user = user.ok_or_else(|| Refused::BadRequest(format!("`user`: the realm has no `{}`", shown(username))))?;
    if user.disabled {
        return Err(Refused::Conflict(format!("`user`: the account of `{}` is disabled", shown(username))));
    }
    Ok(user.subject())
}

/// A device as it may be told of: never with the code that it polls with.
fn described(realm: &Realm, device: &Device) -> Value {
    let user = match &device.decision {
        Decision::Approved(user) | Decision::Spent(user) => realm.user_of_subject(&user.sub).map(|user| user.username.clone()),
        Decision::Pending | Decision::Denied => None,
    };
    let mut told = json!({
        "user_code": device.user_code,
        "client_id": device.client_id,
        "scope": device.scopes.as_str(),
        "decision": word(&device.decision),
        "issued_at": device.issued_at / 1_000,
        "expires_at": device.expires_at / 1_000,
    });
    if let Some(user) = user {
        told["user"] = json!(user);
    }
    told
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Pending => "pending",
        Decision::Approved(_) => "approved",
        Decision::Denied => "denied",
        Decision::Spent(_) => "spent",
    }
}
