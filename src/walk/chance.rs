//! The one place of the walk that reads randomness.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::protocol::Pkce;

/// A verifier with its challenge (RFC 7636 section 4.1).
pub(super) fn pkce() -> Pkce {
    Pkce::from_octets(octets())
}

/// A `state` of 22 URL-safe characters: 128 bits (RFC 6749 section 10.12).
pub(super) fn state() -> String {
    URL_SAFE_NO_PAD.encode(octets::<16>())
}

fn octets<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    rand::fill(&mut octets).expect("the operating system has randomness");
    octets
}
