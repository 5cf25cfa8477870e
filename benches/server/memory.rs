//! What a live token takes, and that memory stays flat while tokens come and go.

use std::time::Instant;

use flowproof::server::{SigningAlgorithm, TokenFormat};

use super::cpu::resident;
use super::in_process::{server, token};

/// Prints the bytes for each live opaque token.
pub fn per_token() {
    const LIVE: u64 = 1_000_000;
    let server = server(TokenFormat::Opaque, SigningAlgorithm::Es256, 86_400);
    (0..1_000).for_each(|_| token(&server));
    let before = resident();
    println!("memory for each live opaque token (at most 256 bytes)");
    for step in 1..=4 {
        (0..LIVE / 4).for_each(|_| token(&server));
        let each = (resident() - before) / (step * LIVE / 4);
        println!("  {each:4} bytes at {:7} live", step * LIVE / 4);
    }
}

/// Prints the memory while ten million tokens are made that live five seconds.
pub fn flat() {
    const MADE: u32 = 10_000_000;
    let server = server(TokenFormat::Opaque, SigningAlgorithm::Es256, 5);
    let start = Instant::now();
    println!("resident memory while ten million tokens are made that live 5 s");
    for million in 1..=MADE / 1_000_000 {
        (0..1_000_000).for_each(|_| token(&server));
        println!(
            "  {million:3} million after {:5.1} s  {:5} MB, {:7} tokens kept",
            start.elapsed().as_secs_f64(),
            resident() / 1_048_576,
            server.live_tokens("bench")
        );
    }
}
