//! Every defect bends what it says: a probe of its own sees the fault under it, and does not see it on the sound server.

mod back_channel;
mod devices;
mod front_channel;
mod lifecycle;
mod published;

use std::collections::BTreeMap;

use super::Bench;
use crate::server::defect;

/// Looks for one fault; true when it is there.
type Probe = fn(&Bench) -> bool;

/// A defect, the realm in which it can be seen, and how.
type Line = (&'static str, &'static str, Probe);

fn lines() -> impl Iterator<Item = Line> {
    [front_channel::PROBES, back_channel::PROBES, lifecycle::PROBES, devices::PROBES, published::PROBES]
        .into_iter()
        .flatten()
        .copied()
}

#[test]
fn every_defect_has_its_probe() {
    let probes: BTreeMap<_, _> = lines().map(|(name, realm, _)| (name, realm)).collect();
    let without: Vec<_> =
        defect::all().iter().map(|info| &info.name).filter(|name| !probes.contains_key(name.as_str())).collect();
    assert!(without.is_empty(), "{without:?}");
    assert_eq!(probes.len(), defect::all().len());
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
