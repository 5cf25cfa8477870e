//! The yardsticks: a handler that does nothing, and a signature alone.

use std::hint::black_box;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};

use super::cpu;

/// As long as a token answer.
pub const ANSWER: [u8; 400] = [b'x'; 400];

/// What one signature with a key parsed once costs, ES256 and EdDSA.
pub struct Signatures {
    /// ECDSA on P-256.
    pub es256: Duration,
    /// Ed25519.
    pub eddsa: Duration,
}

/// Signs a message as long as a token's.
pub fn signatures() -> Signatures {
    const MESSAGE: [u8; 400] = [b'm'; 400];
    let random = SystemRandom::new();
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let ed25519 = Ed25519KeyPair::generate().expect("a key");
    Signatures {
        es256: each(20_000, || _ = black_box(p256.sign(&random, &MESSAGE))),
        eddsa: each(20_000, || _ = black_box(ed25519.sign(&MESSAGE))),
    }
}

/// CPU time that one of many takes this thread, the best of five rounds: whatever else runs can only make it longer.
pub fn each(number: u32, mut act: impl FnMut()) -> Duration {
    (0..5)
        .map(|_| {
            let before = cpu::of_this_thread();
            (0..number / 5).for_each(|_| act());
            (cpu::of_this_thread() - before) / (number / 5)
        })
        .min()
        .expect("five rounds")
}
