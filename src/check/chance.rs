//! What the check door makes up: values that nobody can guess, and verifiers whose challenges are as a check wants them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use crate::chance::{octets, token};
use crate::protocol::Pkce;

/// A verifier and a challenge that has neither of the two letters in which the alphabets of base64 differ: a server that computes with the wrong one
/// then has one finding, at the check of that, and not one wherever a code is redeemed.
pub fn pkce() -> Pkce {
    pkce_where(|| URL_SAFE_NO_PAD.encode(octets::<32>()), |challenge| !challenge.contains(['-', '_']))
}

/// A verifier so made whose challenge is as it has to be.
pub fn pkce_where(make: impl Fn() -> String, fits: impl Fn(&str) -> bool) -> Pkce {
    loop {
        let pkce = Pkce::from_verifier(make());
        if fits(&pkce.challenge) {
            return pkce;
        }
    }
}
