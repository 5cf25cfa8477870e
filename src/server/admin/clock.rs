//! A realm's clock: read, and moved ahead, so that nobody has to wait for something to expire.

use serde::Deserialize;
use serde_json::json;

use super::refused::Refused;
use super::route::Call;
use super::{Admin, read};
use crate::server::config::Span;
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;

/// How far a clock is to be moved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    advance: String,
}

impl Admin {
    pub(super) fn read_clock(&self, call: &Call<'_>) -> Result<Response, Refused> {
        Ok(told(&*self.realm(call)?))
    }

    pub(super) fn move_clock(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let wanted: ClockMove = read(call)?;
        let by: Span = wanted.advance.parse().map_err(|error| Refused::BadRequest(format!("`advance` is {error}")))?;
        realm.advance(by.duration()).ok_or_else(|| {
            Refused::BadRequest("`advance`: a realm's clock can be moved ahead by a hundred years in all, and no more".to_owned())
        })?;
        Ok(told(&realm))
    }
}

fn told(realm: &Realm) -> Response {
    Response::json(200, json!({ "offset_seconds": realm.ahead(), "now": realm.now() / 1_000 }))
}
