//! The latest requests of a realm whose journal is on.

use serde_json::{Value, json};

use super::Admin;
use super::refused::Refused;
use super::route::Call;
use crate::server::core::form::Parameters;
use crate::server::core::journal::{Entry, MOST, Shown};
use crate::server::core::message::{Ending, Response};

/// How many are told unless asked for another number.
const SOME: usize = 50;

impl Admin {
    pub(super) fn list_requests(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let query = Parameters::parse(call.request.query.as_bytes())
            .map_err(|_| Refused::BadRequest("the query cannot be read".to_owned()))?;
        let last = match query.get("last") {
            None => SOME,
            Some(last) => last
                .parse()
                .ok()
                .filter(|last| *last <= MOST)
                .ok_or_else(|| Refused::BadRequest(format!("`last` is not a number up to {MOST}")))?,
        };
        if realm.config.journal == 0 {
            return Err(Refused::Conflict(
                "the realm keeps no journal: switch it on with PATCH /realms/{realm} {\"journal\": 100}".to_owned(),
            ));
        }
        let requests: Vec<Value> = realm.memory.journal.latest(last).iter().map(described).collect();
        Ok(Response::json(200, json!({ "requests": requests })))
    }
}

fn described(entry: &Entry) -> Value {
    let request = &entry.request;
    let mut told = json!({
        "number": entry.number,
        "at": request.at as f64 / 1_000.0,
        "method": request.method,
        "path": request.path,
        "headers": request.headers.iter().map(shown).collect::<Vec<_>>(),
        "parameters": request.parameters.iter().map(shown).collect::<Vec<_>>(),
        "other_parameters": request.other_parameters,
        "status": entry.status,
        "ending": match entry.ending {
            Ending::Whole => "whole",
            Ending::Truncated => "truncated",
            Ending::Closed => "closed",
        },
        "took_ms": entry.took.as_secs_f64() * 1_000.0,
        "held_back_ms": entry.held_back.as_secs_f64() * 1_000.0,
    });
    for (name, value) in [("client_id", &request.client_id), ("error", &entry.error)] {
        if let Some(value) = value {
            told[name] = json!(value);
        }
    }
    told
}

fn shown((name, value): &Shown) -> Value {
    match value {
        Some(value) => json!({ "name": name, "value": value }),
        None => json!({ "name": name }),
    }
}
