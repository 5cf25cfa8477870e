//! The one place of the check door that reads randomness.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::protocol::Pkce;

/// Random octets.
pub fn octets<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    rand::fill(&mut octets).expect("the operating system has randomness");
    octets
}

/// A random value of 22 URL-safe characters: 128 bits.
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(octets::<16>())
}

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
