//! The thin binary: parse, run, exit.

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use flowproof::cli::Cli;
use flowproof::exit::Exit;

/// Whether any thread met a bug of ours: no verdict is to be trusted then.
static BUG: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    panic::set_hook(Box::new(|found| {
        BUG.store(true, Ordering::Relaxed);
        flowproof::cli::give_back_terminal();
        // The place alone: a panic's text can hold what the provider said, secrets included.
        let place = found.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        eprintln!("error: flowproof has a bug at {place}: please report it with the command that you ran");
    }));
    let exit = panic::catch_unwind(|| Cli::parse().run()).unwrap_or(Exit::Bug);
    let exit = if BUG.load(Ordering::Relaxed) { Exit::Bug } else { exit };
    ExitCode::from(exit.code())
}
