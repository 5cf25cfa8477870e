//! The one place where the client's side reads randomness.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Random octets.
///
/// # Panics
/// The operating system has no randomness.
pub fn octets<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    rand::fill(&mut octets).expect("the operating system has randomness");
    octets
}

/// A random value of 22 URL-safe characters: 128 bits, as a `state` wants them (RFC 6749 section 10.12).
pub fn token() -> String {
    URL_SAFE_NO_PAD.encode(octets::<16>())
}
