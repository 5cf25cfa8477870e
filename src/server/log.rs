//! What the server tells a log: one event per request and per change, in fields that cannot hold a secret.
//!
//! A field is a number, one of our own words, or the name of a realm or client that is registered; never what somebody sent. While nobody
//! listens, a request costs one look at a flag.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing::{Level, debug, enabled, info, warn};

use super::core::Core;
use super::core::endpoint::{self, Endpoint};
use super::core::form::{Parameters, decoded};
use super::core::message::{Content, Request, Response};
use super::core::realm::Realm;

/// Whose events these are, for filters.
const TARGET: &str = "flowproof::server";

/// Lets the core answer, and tells what was asked and how that went.
pub fn answer(core: &Core, request: Request) -> Response {
    if !enabled!(target: TARGET, Level::INFO) {
        return core.answer(request);
    }
    let asked = Asked::of(core, &request);
    let began = Instant::now();
    let response = core.answer(request);
    asked.answered(&response, began.elapsed());
    response
}

/// Both listeners take requests.
pub fn listening(address: SocketAddr, admin_address: SocketAddr, base_url: &str, tls: bool) {
    info!(target: TARGET, address = %address, admin_address = %admin_address, base_url, tls, "listening");
}

/// Nothing is under way any more, or it was given up.
pub fn stopped() {
    info!(target: TARGET, "stopped");
}

/// A realm is there.
pub fn realm_made(realm: &Realm) {
    info!(target: TARGET, realm = realm.config.name, defects = realm.config.defects.len(), "realm made");
}

/// A realm is configured anew.
pub fn realm_changed(realm: &Realm) {
    info!(target: TARGET, realm = realm.config.name, defects = realm.config.defects.len(), "realm changed");
}

/// A realm is gone.
pub fn realm_removed(realm: &Realm) {
    info!(target: TARGET, realm = realm.config.name, "realm removed");
}

/// A realm's clock is ahead of the system's by so many seconds.
pub fn clock_moved(realm: &Realm, ahead: u64) {
    info!(target: TARGET, realm = realm.config.name, offset_seconds = ahead, "clock moved");
}

/// There is no room for another connection.
pub fn cannot_accept(error: &io::Error) {
    warn!(target: TARGET, reason = %error, "cannot accept a connection");
}

/// A client and we did not agree on how to be private.
pub fn no_handshake(reason: &dyn Display) {
    debug!(target: TARGET, reason = %reason, "no TLS handshake");
}

/// Who asked what, as far as it is registered.
struct Asked {
    realm: Option<String>,
    endpoint: Option<&'static str>,
    client_id: Option<String>,
}

impl Asked {
    fn of(core: &Core, request: &Request) -> Self {
        let found = endpoint::find(&request.path);
        let realm = found.as_ref().and_then(|(realm, _)| core.realm(realm));
        let client = realm.as_ref().and_then(|realm| client_of(realm, request));
        Self {
            realm: realm.map(|realm| realm.config.name.clone()),
            endpoint: found.map(|(_, endpoint)| name(&endpoint)),
            client_id: client,
        }
    }

    fn answered(&self, response: &Response, duration: Duration) {
        let (realm, client_id) = (self.realm.as_deref(), self.client_id.as_deref());
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let error = error_of(response);
        info!(
            target: TARGET,
            realm, endpoint = self.endpoint, client_id, status = response.status, error = error.as_deref(), duration_us, "answered"
        );
    }
}

/// The registered client that a request names in its header, its form, or its query.
fn client_of(realm: &Realm, request: &Request) -> Option<String> {
    let in_header = || {
        let (_, credentials) = request.header("authorization")?.split_once(' ')?;
        let pair = STANDARD.decode(credentials.trim()).ok()?;
        decoded(pair.split(|byte| *byte == b':').next()?).ok()
    };
    let within = |encoded: &[u8]| Parameters::parse(encoded).ok()?.get("client_id").map(str::to_owned);
    let in_form = || if request.is_form() { within(&request.body) } else { None };
    let named = in_header().or_else(in_form).or_else(|| within(request.query.as_bytes()))?;
    realm.client(&named).map(|client| client.id.clone())
}

/// The error code of an answer, wherever it stands.
fn error_of(response: &Response) -> Option<String> {
    let code = match &response.content {
        Content::Json(document) => document["error"].as_str().map(str::to_owned),
        Content::Client(redirect) => {
            redirect.parameters.iter().find(|(name, _)| *name == "error").map(|(_, value)| value.clone())
        }
        // What is written already is a success.
        Content::Empty | Content::Written(_) | Content::Html(_) | Content::Page(_) => None,
    };
    let challenged = || {
        let (_, challenge) = response.headers.iter().find(|(name, _)| *name == "www-authenticate")?;
        challenge.split_once("error=\"")?.1.split('"').next().map(str::to_owned)
    };
    // Our codes are words; what is none was put there by somebody.
    code.or_else(challenged).filter(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

fn name(endpoint: &Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Authorization => "authorization",
        Endpoint::Login(_) => "login",
        Endpoint::Consent(_) => "consent",
        Endpoint::Token => "token",
        Endpoint::Introspection => "introspection",
        Endpoint::Revocation => "revocation",
        Endpoint::DeviceAuthorization => "device_authorization",
        Endpoint::Verification => "verification",
        Endpoint::DeviceConsent(_) => "device_consent",
        Endpoint::Userinfo => "userinfo",
        Endpoint::Jwks => "jwks",
        Endpoint::Metadata | Endpoint::MetadataBelowIssuer | Endpoint::OpenIdConfiguration | Endpoint::MetadataOfNobody => {
            "metadata"
        }
    }
}
