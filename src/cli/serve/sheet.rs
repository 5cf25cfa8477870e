//! What `serve` prints once it listens: a provider file, explained in comments.
//!
//! ```text
//! # Endpoints of my-app
//! #   token                 http://127.0.0.1:9400/realms/my-app/protocol/openid-connect/token
//! …
//! issuer: "http://127.0.0.1:9400/realms/my-app"
//! clients:
//!   batch: { id: batch-job, secret: batch-job-secret-b64e02, auth: client_secret_basic, grants: [client_credentials] }
//! ```

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value};

use crate::server::{Running, defect};

/// Where a realm's endpoints are, below its issuer.
const ENDPOINTS: [(&str, &str); 9] = [
    ("metadata", ".well-known/openid-configuration"),
    ("authorization", "protocol/openid-connect/auth"),
    ("token", "protocol/openid-connect/token"),
    ("device authorization", "protocol/openid-connect/auth/device"),
    ("device page", "device"),
    ("revocation", "protocol/openid-connect/revoke"),
    ("introspection", "protocol/openid-connect/token/introspect"),
    ("userinfo", "protocol/openid-connect/userinfo"),
    ("JWK set", "protocol/openid-connect/certs"),
];

/// Writes what people need to know, as comments.
pub fn explain(
    running: &Running,
    realm: &str,
    document: &Value,
    defects: &[String],
    authority: Option<&Path>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# flowproof {}: a reference authorization server, for tests only.", env!("CARGO_PKG_VERSION"))?;
    writeln!(
        out,
        "# All of this is a provider file: save it, then run `flowproof check --provider FILE`. Ctrl-C stops the server."
    )?;
    writeln!(out, "#\n# Issuers")?;
    for name in running.realms() {
        writeln!(out, "#   {name:<21} {}", running.issuer(&name))?;
    }
    if !defects.is_empty() {
        writeln!(out, "#\n# Defects of {realm}")?;
        for info in defect::all().iter().filter(|info| defects.contains(&info.name)) {
            writeln!(out, "#   {:<21} {}", info.name, info.help)?;
        }
    }
    writeln!(out, "#\n# Endpoints of {realm}")?;
    let issuer = running.issuer(realm);
    for (name, path) in ENDPOINTS {
        writeln!(out, "#   {name:<21} {issuer}/{path}")?;
    }
    writeln!(out, "#   {:<21} {}/device", "device page, short", running.base_url())?;
    writeln!(out, "#\n# Clients")?;
    for (role, client) in members(document, "clients") {
        let secret = client["secret"].as_str().unwrap_or("(public: no secret)");
        let grants: Vec<&str> = client["grants"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        writeln!(out, "#   {role:<13} {:<18} {secret:<27} {}", text(client, "id"), grants.join(" "))?;
    }
    writeln!(out, "#\n# Users")?;
    for (role, user) in members(document, "users") {
        writeln!(out, "#   {role:<13} {:<18} {}", text(user, "username"), text(user, "password"))?;
    }
    writeln!(out, "#\n# Admin listener (create a realm, move its clock)")?;
    writeln!(out, "#   {}   Authorization: Bearer {}", running.admin_url(), running.admin_key())?;
    if let Some(path) = authority {
        writeln!(out, "#\n# Trust the certificate (curl --cacert, SSL_CERT_FILE, NODE_EXTRA_CA_CERTS)")?;
        writeln!(out, "#   {}", path.display())?;
    }
    if let Some((_, client)) = members(document, "clients").find(|(role, _)| *role == "batch") {
        writeln!(out, "#\n# Try it")?;
        let (id, secret) = (text(client, "id"), text(client, "secret"));
        let trust = authority.map(|path| format!("--cacert {} ", path.display())).unwrap_or_default();
        writeln!(
            out,
            "#   curl {trust}-u {id}:{secret} -d grant_type=client_credentials {issuer}/protocol/openid-connect/token"
        )?;
    }
    writeln!(out)
}

fn members<'a>(document: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    document[name].as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Writes the provider document as YAML, one line for each client and user.
pub fn provider(document: &Value, out: &mut dyn Write) -> io::Result<()> {
    let empty = Map::new();
    for (key, value) in document.as_object().unwrap_or(&empty) {
        match value.as_object().filter(|entries| entries.values().any(Value::is_object)) {
            Some(entries) => {
                writeln!(out, "{}:", scalar(key))?;
                for (name, entry) in entries {
                    writeln!(out, "  {}: {}", scalar(name), flow(entry))?;
                }
            }
            None => writeln!(out, "{}: {}", scalar(key), flow(value))?,
        }
    }
    Ok(())
}

/// A value on one line.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("{}: {}", scalar(name), flow(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        // A provider file's reader would take `${…}` for a variable.
        Value::String(text) => scalar(&text.replace("${", "$${")),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A word as it is where YAML reads it as a string, and in double quotes (which YAML reads as JSON does) otherwise.
pub fn scalar(text: &str) -> String {
    const OTHER_MEANING: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && !OTHER_MEANING.contains(&text.to_ascii_lowercase().as_str());
    if word { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_printed_file_reads_back_as_the_document() {
        let document = json!({
            "issuer": "http://127.0.0.1:9400/realms/my-app",
            "clients": {
                "web": { "id": "web-app", "secret": "s:p%e+c/i&a=l \"s\\ #cret", "grants": ["authorization_code"], "introspect": true },
                "native": { "id": "no", "redirect_uris": ["http://[::1]/cb", "com.example.app:/cb", "- x", "{a: b}"], "grants": [] }
            },
            "users": { "alice": { "username": "007", "password": "~" } },
            "login": { "driver": "form" },
            "odd": { "empty": "", "number": 5, "none": null }
        });
        let mut out = Vec::new();
        provider(&document, &mut out).expect("a Vec takes it");
        let text = String::from_utf8(out).expect("text");
        let read: Value = serde_yaml::from_str(&text).expect("YAML");
        assert_eq!(read, document, "{text}");
        assert_eq!(text.lines().count(), 8, "{text}");
    }

    #[test]
    fn what_looks_like_a_variable_is_printed_as_a_value() {
        let mut out = Vec::new();
        provider(&json!({ "clients": { "web": { "secret": "a${b}" } } }), &mut out).expect("a Vec takes it");
        assert_eq!(String::from_utf8(out).expect("text"), "clients:\n  web: { secret: \"a$${b}\" }\n");
    }
}
