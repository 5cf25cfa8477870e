//! Which client a request says it is from, proven or not: for what is noted about requests, and for what is prepared for them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::form::{self, Parameters};
use super::message::Request;

/// The parameters of a request: those of its address, and behind them those of its form.
pub fn parameters_of(request: &Request) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut read = |encoded: &[u8]| {
        if Parameters::parse(encoded).is_ok() {
            pairs.extend(form_urlencoded::parse(encoded).into_owned());
        }
    };
    read(request.query.as_bytes());
    if request.is_form() {
        read(&request.body);
    }
    pairs
}

/// The `client_id` of the Basic header, or else among the parameters.
pub fn client_of(request: &Request, parameters: &[(String, String)]) -> Option<String> {
    let named = || parameters.iter().find(|(name, _)| name == "client_id").map(|(_, value)| value.clone());
    basic_user(request).or_else(named)
}

/// The user of a Basic header.
fn basic_user(request: &Request) -> Option<String> {
    let (scheme, encoded) = request.header("authorization")?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = STANDARD.decode(encoded.trim()).ok()?;
    form::decoded(pair.split(|byte| *byte == b':').next()?).ok()
}
