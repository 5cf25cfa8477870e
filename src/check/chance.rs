//! The one place of the check door that reads randomness.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
