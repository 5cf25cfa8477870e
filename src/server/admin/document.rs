//! The OpenAPI document of this listener: a file beside the code, with what the code knows better put in.

use serde_json::{Map, Value, json};

use super::Admin;
use super::refused::Refused;
use super::route::Call;
use crate::server::config::Policy;
use crate::server::core::message::Response;
use crate::server::defect;

/// All but the address, the members of a policy, and the names of the defects.
const WRITTEN: &str = include_str!("openapi.json");

impl Admin {
    pub(super) fn document(&self, _: &Call<'_>) -> Result<Response, Refused> {
        let mut document: Value = serde_json::from_str(WRITTEN).expect("a test reads the file");
        document["servers"] = json!([{ "url": self.url }]);
        let schemas = &mut document["components"]["schemas"];
        schemas["Policy"]["properties"] = policy();
        schemas["DefectName"]["enum"] = defect::all().iter().map(|info| info.name.as_str()).collect();
        Ok(Response::json(200, document))
    }
}

/// The members of a policy, each with its default.
fn policy() -> Value {
    let members = serde_json::to_value(Policy::default()).expect("a policy has names as keys");
    let members = members.as_object().into_iter().flatten().map(|(name, default)| {
        let kind = match default {
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => "string",
        };
        (name.clone(), json!({ "type": kind, "default": default }))
    });
    Value::Object(members.collect::<Map<_, _>>())
}
