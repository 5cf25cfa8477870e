//! The configuration that `serve --print-config` prints, for others to start from.
//!
//! ```text
//! host: "127.0.0.1"
//! port: 9400
//! realms:
//!   - name: my-app
//!     policy:
//!       pkce: everyone
//!     clients: &clients
//!       batch: { id: batch-job, secret: batch-job-secret-b64e02, auth: client_secret_basic, grants: [client_credentials] }
//! ```

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::sheet::{flow, scalar};
use crate::server::Config;

/// What realms may have in common: written once, and named from then on.
const SHARED: [&str; 2] = ["clients", "users"];

/// Writes the configuration as YAML, one line for each client and user.
///
/// # Errors
/// `out` cannot be written.
pub fn print(config: &Config, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# A configuration of flowproof's reference server: change it, then run `flowproof serve --config FILE`.")?;
    writeln!(
        out,
        "# Its secrets and passwords are public, for tests only; \"${{NAME}}\" in a string is a variable of the environment."
    )?;
    let document = serde_json::to_value(config).map_err(io::Error::other)?;
    for (name, value) in document.as_object().into_iter().flatten() {
        match value {
            Value::Array(realms) => {
                writeln!(out, "# tls: generated                       # or {{ cert: cert.pem, key: key.pem }}")?;
                writeln!(out, "# public_url: https://auth.example.com  # where clients find it behind a proxy")?;
                writeln!(out, "# admin_key: \"${{ADMIN_KEY}}\"            # else a random one at each start")?;
                writeln!(out, "{name}:")?;
                realms.iter().enumerate().try_for_each(|(at, realm)| print_realm(at, realm, &realms[0], out))?;
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                writeln!(out, "{name}: {}", flow(value))?;
            }
        }
    }
    Ok(())
}

fn print_realm(at: usize, realm: &Value, first: &Value, out: &mut dyn Write) -> io::Result<()> {
    let empty = Map::new();
    let mut lead = "  - ";
    for (name, value) in realm.as_object().unwrap_or(&empty) {
        write!(out, "{lead}{name}:")?;
        lead = "    ";
        let anchored = SHARED.contains(&name.as_str());
        match value.as_object().filter(|entries| !entries.is_empty()) {
            Some(_) if anchored && at > 0 && value == &first[name] => writeln!(out, " *{name}")?,
            Some(entries) => {
                writeln!(out, "{}", if anchored && at == 0 { format!(" &{name}") } else { String::new() })?;
                for (name, entry) in entries {
                    writeln!(out, "      {}: {}", scalar(name), flow(entry))?;
                }
            }
            None => writeln!(out, " {}", flow(value))?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_configuration_reads_back_as_itself() {
        let config = Config::demo();
        let mut out = Vec::new();
        print(&config, &mut out).expect("a Vec takes it");
        let text = String::from_utf8(out).expect("text");
        let read: Config = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(serde_json::to_value(read).expect("JSON"), serde_json::to_value(config).expect("JSON"), "{text}");
        assert!(text.contains("clients: *clients"), "{text}");
    }
}
