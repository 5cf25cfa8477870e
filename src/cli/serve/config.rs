//! Reads the file of `serve --config`, and says where and how it is wrong, never with a value that may be a secret.

use std::fmt;
use std::path::Path;

use serde_json::Value;

use crate::provider::{Env, Unexpanded, expand};
use crate::server::{Config, Tls, defect};

/// The configuration in a file: paths in it are relative to its directory, `${NAME}` in a string is a variable of the environment.
///
/// # Errors
/// A message: file, line, column, and what was expected.
pub fn load(path: &Path, env: &Env<'_>) -> Result<Config, String> {
    let file = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let mut config = parse(&text, env).map_err(|fault| format!("{file}{fault}"))?;
    if let (Some(Tls::Files { cert, key }), Some(directory)) = (&mut config.tls, path.parent()) {
        *cert = directory.join(&*cert);
        *key = directory.join(&*key);
    }
    Ok(config)
}

/// What is wrong, and where in the file.
struct Fault {
    /// Line and column, counted from 1.
    position: Option<(u64, u64)>,
    problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

fn parse(text: &str, env: &Env<'_>) -> Result<Config, Fault> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(Fault {
            position: None,
            problem: "the file is empty; `flowproof serve --print-config` prints one to start from".to_owned(),
        });
    }
    // The library's snippets print neighbouring lines, and those may hold secrets.
    let options = serde_yaml::options! { with_snippet: false, strict_booleans: true };
    let written: Config = serde_yaml::from_str_with_options(text, options).map_err(|error| unreadable(text, &error))?;
    let mut document = serde_json::to_value(written).map_err(|error| Fault { position: None, problem: error.to_string() })?;
    expand_all(&mut document, String::new(), text, env)?;
    let config: Config =
        serde_json::from_value(document).map_err(|error| Fault { position: None, problem: error.to_string() })?;
    for (at, realm) in config.realms.iter().enumerate() {
        for name in &realm.defects {
            if let Err(error) = defect::Defects::named(std::slice::from_ref(name)) {
                return Err(Fault { position: place_of(text, name), problem: format!("`realms[{at}].defects`: {error}") });
            }
        }
    }
    Ok(config)
}

fn unreadable(text: &str, error: &serde_yaml::Error) -> Fault {
    let error = error.without_snippet();
    let message = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
    let problem = message.split(" at line ").next().unwrap_or_default();
    // A value of several shapes is refused after it was read, without its place.
    if problem.contains("expected `generated` or ") {
        return Fault { position: place_of(text, "tls:"), problem: problem.to_owned() };
    }
    let problem = match problem {
        "invalid u16" => "expected a whole number from 0 to 65535",
        "invalid u32" | "invalid u64" => "expected a whole number, without a unit",
        "expected mapping start" => "expected a mapping, `{ key: value }`",
        "expected sequence start" => "expected a list, `[a, b]`",
        "expected string scalar" => "expected a string",
        other => other,
    };
    let position = error.location().map(|at| (at.line(), at.column())).filter(|(line, _)| *line > 0);
    Fault { position, problem: problem.to_owned() }
}

/// Expands every string below a value.
fn expand_all(value: &mut Value, path: String, text: &str, env: &Env<'_>) -> Result<(), Fault> {
    match value {
        Value::String(written) => match expand(written, env) {
            Ok(expanded) => {
                *written = expanded;
                Ok(())
            }
            Err(Unexpanded::Unset { variable, .. }) => Err(Fault {
                position: place_of(text, &format!("${{{variable}}}")),
                problem: format!("`{path}` names the environment variable {variable}, which is not set; $${{ stands for `${{`"),
            }),
            Err(Unexpanded::NoName { .. }) => Err(Fault {
                position: None,
                problem: format!("`{path}`: expected ${{NAME}} of an environment variable; $${{ stands for `${{`"),
            }),
        },
        Value::Array(items) => {
            items.iter_mut().enumerate().try_for_each(|(at, item)| expand_all(item, format!("{path}[{at}]"), text, env))
        }
        Value::Object(members) => members.iter_mut().try_for_each(|(name, member)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            expand_all(member, path, text, env)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Line and column where a piece of the text stands first.
fn place_of(text: &str, piece: &str) -> Option<(u64, u64)> {
    let (before, _) = text.split_once(piece)?;
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    Some((u64::try_from(line).ok()?, u64::try_from(column).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        (name == "BATCH_SECRET").then(|| "hunter2".to_owned())
    }

    fn read(text: &str) -> Result<Config, String> {
        parse(text, &env).map_err(|fault| fault.to_string())
    }

    #[test]
    fn what_a_file_does_not_say_is_as_in_the_demo() {
        let config = read("tls: generated\n").expect("it is enough");
        assert_eq!((config.port, config.admin_port), (Config::PORT, Config::ADMIN_PORT));
        assert_eq!(config.realms.len(), Config::demo().realms.len());
        assert_eq!(config.default_realm(), Some("my-app"));
    }

    #[test]
    fn variables_stand_for_secrets_in_quotes_or_without() {
        for written in ["${BATCH_SECRET}", "\"${BATCH_SECRET}\"", "'${BATCH_SECRET}'"] {
            let config = read(&format!("realms:\n- name: a\n  clients:\n    batch:\n      id: b\n      secret: {written}\n"));
            let config = config.expect("it is well-formed");
            let secret = config.realms[0].clients["batch"].secret.as_ref().map(|secret| secret.expose());
            assert_eq!(secret, Some("hunter2"), "{written}");
        }
    }

    #[test]
    fn faults_name_their_place_and_what_was_expected() {
        for (text, place, expected) in [
            ("", ": ", "--print-config"),
            ("# nothing\n", ": ", "--print-config"),
            ("realms:\n  - name: a\n    clientz: {}\n", ":3:5: ", "expected one of name, clients, users, policy, defects"),
            ("realms:\n  - clients: {}\n", ":2:5: ", "missing field `name`"),
            ("realms:\n  - name: a\n    name: b\n", ":3:5: ", "duplicate"),
            ("port: high\n", ":1:7: ", "0 to 65535"),
            ("realms: {}\n", ":1:9: ", "a list"),
            ("host: here\n", ":1:7: ", "IP address"),
            ("port: 1\ntls: maybe\n", ":2:1: ", "`generated` or { cert: PATH, key: PATH }"),
            ("tls: { cert: a }\n", ":1:", "missing field `key`"),
            ("realms:\n  - name: a\n    policy: { code_lifetime: 1m }\n", ":3:30: ", "without a unit"),
            ("realms:\n  - name: a\n    policy: { access_token: jwtt }\n", ":3:29: ", "expected one of opaque, jwt"),
            ("realms:\n  - name: a\n    defects: [ignore-code-verifier]\n", ":3:15: ", "ignores-code-verifier"),
            ("realms:\n  - name: a\n    clients: { b: { id: b, secret: \"${NOPE}\" } }\n", ":3:37: ", "NOPE, which is not set"),
            ("admin_key: \"${}\"\n", ": ", "`admin_key`"),
            ("realms: [\n", ":1:9: ", "unclosed"),
        ] {
            let told = read(text).err().unwrap_or_else(|| panic!("{text} is taken"));
            assert!(told.starts_with(place) && told.contains(expected), "{text}: {told}");
        }
    }

    #[test]
    fn no_fault_shows_what_may_be_a_secret() {
        for text in [
            "realms: [{ name: a, clients: { web: hunter2 } }]",
            "realms: [{ name: a, clients: { web: { id: a, secret: [hunter2] } } }]",
            "realms: [{ name: a, clients: { web: { id: a, secret: hunter2, nmae: hunter2 } } }]",
            "admin_key: { hunter2: hunter2 }",
            "port: hunter2",
        ] {
            let told = read(text).err().unwrap_or_else(|| panic!("{text} is taken"));
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
