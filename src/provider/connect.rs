//! `connect:` of the provider file: how the provider is reached, where its URLs alone do not say it.

use std::path::{Path, PathBuf};

use super::expand::Env;
use super::fault::Error;
use super::model::Source;
use super::reading::{Fields, Spot};
use crate::wire::{Address, Connect, Proxies, Proxy, exceptions_of_environment};

const KEYS: [&str; 4] = ["ca", "insecure", "resolve", "proxy"];

/// The name of the proxies that the environment names.
pub const ENVIRONMENT: &str = "environment";

/// The name of no proxy.
const NONE: &str = "none";

/// Reads `connect:`.
pub(super) fn read(file: &Fields<'_>, source: &Source, env: Option<&Env<'_>>) -> Result<Connect, Error> {
    let mut connect = Connect::default();
    let Some(fields) = file.fields("connect", &KEYS)? else { return Ok(connect) };
    connect.insecure = fields.get("insecure").map_or(Ok(false), Spot::flag)?;
    if let Some(spot) = fields.get("ca") {
        if connect.insecure {
            return Err(spot.bad_value("no authority beside `insecure: true`, which asks for none: leave one of the two out"));
        }
        let path = beside(source, spot.text()?);
        connect.trust(&path).map_err(|expected| spot.bad_value(&expected))?;
    }
    for (from, spot) in fields.entries("resolve")? {
        connect.place(Address::parse(&from, &spot.text()?).map_err(|expected| spot.bad_value(&expected))?);
    }
    if let Some(spot) = fields.get("proxy").filter(|spot| !spot.is_null()) {
        connect.proxies = proxies(spot, env.unwrap_or(&|_| None))?;
    }
    Ok(connect)
}

/// A path of the file's, from where the file is.
fn beside(source: &Source, path: String) -> PathBuf {
    match source {
        Source::File(file) => file.parent().unwrap_or(Path::new("")).join(path),
        Source::Named(_) => PathBuf::from(path),
    }
}

/// The proxies that a text names: the URL of one, `environment`, or `none`; `NO_PROXY` counts with either.
///
/// # Errors
/// What was expected.
pub fn proxies_of(text: &str, env: &Env<'_>) -> Result<Option<Proxies>, String> {
    match text {
        ENVIRONMENT => return Proxies::of_environment(env),
        NONE => return Ok(None),
        _ => {}
    }
    let proxy = Proxy::parse(text).map_err(|expected| format!("{expected}, `{ENVIRONMENT}` or `{NONE}`"))?;
    Ok(Some(Proxies { except: exceptions_of_environment(env), ..Proxies::all(proxy) }))
}

fn proxies(spot: &Spot<'_>, env: &Env<'_>) -> Result<Option<Proxies>, Error> {
    let named = |spot: &Spot<'_>| proxies_of(&spot.text()?, env).map_err(|expected| spot.bad_value(&expected));
    if spot.is_text() {
        return named(spot);
    }
    let fields = spot.fields(&["url", "except", "loopback"])?;
    let Some(proxies) = named(fields.need("url", "where the proxy is, or `environment`")?)? else { return Ok(None) };
    let mut except = proxies.except;
    except.extend(fields.texts("except")?);
    Ok(Some(Proxies { except, loopback: fields.get("loopback").map_or(Ok(false), Spot::flag)?, ..proxies }))
}
