//! Defects bend what they say: a probe of its own sees the fault under each, and does not see it on the sound server.
//!
//! That every defect is caught is for the checks to prove; here a seam that does nothing is found without a network.

mod back_channel;
mod device_pages;
mod devices;
mod front_channel;
mod lifecycle;
mod pkce;
mod published;
mod requests;
mod responses;
mod token_requests;

use super::Bench;
use crate::server::defect::all;

/// Looks for one fault; true when it is there.
type Probe = fn(&Bench) -> bool;

/// A defect, the realm in which it can be seen, and how.
type Line = (&'static str, &'static str, Probe);

fn lines() -> impl Iterator<Item = Line> {
    [
        front_channel::PROBES,
        back_channel::PROBES,
        lifecycle::PROBES,
        pkce::PROBES,
        devices::PROBES,
        device_pages::PROBES,
        published::PROBES,
        token_requests::PROBES,
        requests::PROBES,
        responses::PROBES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[test]
fn every_defect_has_one_probe() {
    let mut probed: Vec<&str> = lines().map(|(name, _, _)| name).collect();
    let mut known: Vec<&str> = all().iter().map(|info| info.name.as_str()).collect();
    probed.sort_unstable();
    known.sort_unstable();
    assert_eq!(probed, known);
}

#[test]
fn a_probe_sees_its_defect_and_nothing_on_the_sound_server() {
    let mut blind = Vec::new();
    for (name, realm, probe) in lines() {
        if probe(&Bench::new(realm, &[])) {
            blind.push(format!("{name}: seen on the sound server"));
        }
        if !probe(&Bench::new(realm, &[name])) {
            blind.push(format!("{name}: not seen"));
        }
    }
    assert!(blind.is_empty(), "{blind:#?}");
}
