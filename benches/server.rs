//! What the reference server costs, as ratios taken in one run: `cargo bench --bench server` (Linux; two cores or more).
//!
//! ```text
//! over the wire, the server on one core, the client on another: CPU of the server for each request
//!   bare axum handler, 400 bytes      9.7 µs
//!   client_credentials, opaque       14.1 µs   1.45 x bare
//! …
//! ```
//!
//! Name parts to run only these: `cargo bench --bench server -- wire core memory flat`.

mod server {
    pub mod bare;
    pub mod cpu;
    pub mod in_process;
    pub mod memory;
    pub mod wire;
}

use server::{bare, in_process, memory, wire};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [door, kind] = arguments.as_slice()
        && door == "--serve"
    {
        return wire::serve(kind);
    }
    let wanted = |part: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == part);
    if wanted("wire") {
        wire::measure(&bare::signatures());
    }
    if wanted("core") {
        in_process::measure();
    }
    if wanted("memory") {
        memory::per_token();
    }
    if wanted("flat") {
        memory::flat();
    }
}
