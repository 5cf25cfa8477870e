//! The embedded provider: the reference server in this process, and its realms as targets. It is met over the wire, like any other.

use std::sync::Arc;

use crate::provider::{Provider, Target, discover};
use crate::server::defect::Defects;
use crate::server::{Config, ReferenceServer, Running, TokenFormat};
use crate::wire::{Tape, Wire};

/// The realms that a check is played on: the first whose make satisfies its needs.
pub const REALMS: [&str; 2] = ["strict", "lenient"];

/// Whether the reference server has these defects; the message says what to do if not.
pub fn known(defects: &[String]) -> Result<(), String> {
    match Defects::named(defects) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{error} (`flowproof serve --list-defects` lists them)")),
    }
}

/// Starts the reference server on free loopback ports.
pub async fn serve(defects: &[String]) -> Result<Running, String> {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for realm in &mut config.realms {
        realm.defects = defects.to_vec();
    }
    ReferenceServer::start(config).await.map_err(|error| format!("cannot start the embedded reference server: {error}"))
}

/// The server's realms, as providers under test.
pub async fn targets(server: &Running, wire: &Wire) -> Result<Vec<Arc<Target>>, String> {
    let mut targets = Vec::new();
    for realm in REALMS {
        let name = format!("embedded {realm}");
        let provider = Provider::from_json(&server.provider_document(realm), &name).map_err(|error| error.to_string())?;
        let tape = Tape::new(provider.secrets());
        let target = discover(wire, &tape, provider).await.map_err(|error| error.to_string())?;
        targets.push(Arc::new(target));
    }
    Ok(targets)
}

/// The realm that is met by hand.
const TRIED: &str = "my-app";

/// Starts the reference server as a newcomer should meet it, with tokens that can be read and devices that need not wait for long.
pub async fn to_try(wire: &Wire) -> Result<(Running, Target), String> {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for realm in config.realms.iter_mut().filter(|realm| realm.name == TRIED) {
        realm.policy.access_token = TokenFormat::Jwt;
        realm.policy.device_interval = 1;
    }
    let server =
        ReferenceServer::start(config).await.map_err(|error| format!("cannot start the embedded reference server: {error}"))?;
    let name = format!("embedded {TRIED}");
    let provider = Provider::from_json(&server.provider_document(TRIED), &name).map_err(|error| error.to_string())?;
    let tape = Tape::new(provider.secrets());
    let target = discover(wire, &tape, provider).await.map_err(|error| error.to_string())?;
    Ok((server, target))
}
