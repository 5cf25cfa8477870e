//! As much of JSON Schema as the OpenAPI document uses.

use serde_json::Value;

/// Whether a path is of the pattern of a route.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (wanted, given): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(wanted, given)| wanted.starts_with('{') || *wanted == given)
}

/// Fails unless the value is as the schema says; no schema means no value.
pub fn holds(document: &Value, schema: &Value, value: &Value, place: &str) {
    if schema.is_null() {
        assert!(value.is_null(), "{place}: nothing was to be told: {value}");
    } else if let Err(problem) = fault(document, schema, value, place) {
        panic!("{problem}");
    }
}

/// References that lead nowhere.
pub fn dangling(document: &Value) -> Vec<String> {
    fn collect(document: &Value, at: &Value, found: &mut Vec<String>) {
        match at {
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str)
                    && document.pointer(to.trim_start_matches('#')).is_none()
                {
                    found.push(to.to_owned());
                }
                members.values().for_each(|member| collect(document, member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(document, item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    collect(document, document, &mut found);
    found
}

fn fault(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(to) = schema["$ref"].as_str() {
        return fault(document, document.pointer(to.trim_start_matches('#')).expect("no reference dangles"), value, place);
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        let fitting = ways.iter().filter(|way| fault(document, way, value, place).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{place}: {fitting} of the alternatives fit {value}")) };
    }
    let kind_fits = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some(other) => panic!("{place}: no such type: {other}"),
    };
    if !kind_fits {
        return Err(format!("{place}: not of type {}: {value}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        return Err(format!("{place}: none of the known words: {value}"));
    }
    let below = value.as_f64().zip(schema["minimum"].as_f64()).is_some_and(|(value, minimum)| value < minimum);
    let above = value.as_f64().zip(schema["maximum"].as_f64()).is_some_and(|(value, maximum)| value > maximum);
    if below || above {
        return Err(format!("{place}: out of bounds: {value}"));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        fault(document, &schema["items"], item, &format!("{place}[{number}]"))?;
    }
    members(document, schema, value, place)
}

fn members(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    // Without a type it may be anything.
    let Some(members) = value.as_object().filter(|_| !schema["type"].is_null()) else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            return Err(format!("{place}: `{name}` is missing: {value}"));
        }
    }
    for (name, member) in members {
        let place = format!("{place}.{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(known), _) => fault(document, known, member, &place)?,
            (None, Value::Bool(true)) => {}
            (None, Value::Object(_)) => fault(document, &schema["additionalProperties"], member, &place)?,
            (None, _) => return Err(format!("{place}: the document does not know it")),
        }
    }
    Ok(())
}
