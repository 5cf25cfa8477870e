//! `flowproof load --calibrate`: what the generator of this machine can do, so that nobody takes its ceiling for a provider's.

use tokio_util::sync::CancellationToken;

use super::telling::Teller;
use super::{Console, LoadArgs, catch_signals, failed, told};
use crate::exit::Exit;
use crate::load::{Bench, Embedded, Extent, Leash, Plan, calibrate};
use crate::report::files;
use crate::report::load::calibration;

/// Calibrates against the reference server, prints what came of it, and writes it.
pub fn run(args: &LoadArgs, console: &Console) -> Exit {
    let plan = match args.plan.as_deref().map(|name| Plan::find(name).and_then(|plan| plan.with(None, None))).transpose() {
        Ok(plan) => plan,
        Err(error) => return console.usage(&error),
    };
    if let Err(error) = files::writable(&args.output) {
        return console.usage(&error);
    }
    let (interrupt, leash) = (CancellationToken::new(), Leash::default());
    if let Err(error) = catch_signals(interrupt.clone(), leash.clone()) {
        return console.usage(&format_args!("cannot listen for signals: {error}"));
    }
    let (provider, server) = match args.provider(&leash, console) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    // Several short runs: each would open and close a picture of its own.
    let teller = Teller::new(console, false);
    let process = server.as_ref().and_then(Embedded::process);
    let bench = Bench { provider, server: process, plan, extent: Extent::default(), interrupt, tell: teller.ear() };
    let found = console.block_on(calibrate(bench));
    drop(server);
    teller.end();
    let found = match found {
        Err(exit) => return exit,
        Ok(Err(error)) => return failed(&error, console),
        Ok(Ok(found)) => found,
    };
    let stored = calibration::store(&found, &args.output);
    told(console, stored, Exit::Success, |out| calibration::render(&found, &console.style, out))
}
