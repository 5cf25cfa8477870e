//! The proof: every defect is caught by the checks that say so, and the sound server by none. `flowproof prove` runs the whole of it,
//! and CI does; here another third of the defects is looked at every day.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flowproof::check::{Catalog, Check};
use flowproof::prove::{Matrix, Prover, Snapshot};
use flowproof::provider::{Provider, Target, discover};
use flowproof::server::{Config, ReferenceServer, Running, defect};
use flowproof::wire::{Bounds, Tape, Wire};

async fn realms(wire: &Wire) -> (Running, Vec<Arc<Target>>) {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let mut targets = Vec::new();
    for realm in ["strict", "lenient"] {
        let provider = Provider::from_json(&server.provider_document(realm), realm).expect("its document is a provider file");
        let tape = Tape::new(provider.secrets());
        targets.push(Arc::new(discover(wire, &tape, provider).await.expect("it answers")));
    }
    (server, targets)
}

/// One of so many defects is looked at.
const SHARE: u32 = 3;

/// One of so many checks that are not tagged with a defect is played under it.
const OTHERS: u32 = 120;

/// Which share of the defects is looked at, and which of the untagged checks is played under each: another one every day.
fn turn() -> u32 {
    let days = SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs() / Duration::from_secs(86_400).as_secs());
    u32::try_from(days.expect("the clock is past 1970")).expect("days are few")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_is_caught_by_the_checks_that_say_so_and_by_no_other_that_was_drawn() {
    let wire = Wire::new(Bounds::default()).expect("a client");
    let (server, targets) = realms(&wire).await;
    let catalog = Catalog::embedded().expect("the features are sound");
    let prover = Prover { catalog: &catalog, wire: &wire, targets: &targets, jobs: 16 };
    let turn = turn();
    let chosen = (0..).zip(defect::all()).filter(|(at, _)| at % SHARE == turn % SHARE).map(|(_, info)| &*info.name);
    // Divided, so that each visit of a defect draws the next part.
    let drawn = u64::from(turn / SHARE % OTHERS);
    let rows = prover.sample(chosen, |at| at % u64::from(OTHERS) == drawn);
    let proofs = prover.prove_all(&rows, &|_| ()).await.expect("they are played");
    assert_eq!(proofs.len(), rows.len());
    let matrix = Matrix { proofs, ..Matrix::default() };
    let faults = matrix.faults(&Snapshot::embedded().expect("the snapshot is JSON"));
    assert!(faults.is_empty(), "on day {}:\n{}", turn, faults.join("\n"));
    server.stop().await;
}

#[test]
fn every_must_is_proven_by_a_defect() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let unproven: Vec<&str> = catalog
        .checks()
        .iter()
        .filter(|check| check.tags.levels.iter().any(|(level, _)| *level == flowproof::verdict::Level::Must))
        .filter(|check| check.tags.catches.is_empty())
        .map(|check| check.id.as_str())
        .collect();
    assert!(unproven.is_empty(), "no defect shows that these can fail: {unproven:#?}");
}

#[test]
fn checks_and_defects_know_each_other_by_name() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let known: Vec<&str> = defect::all().iter().map(|info| info.name.as_str()).collect();
    let unknown: Vec<_> = catalog.defects().into_iter().filter(|name| !known.contains(name)).collect();
    assert!(unknown.is_empty(), "tagged and not there: {unknown:?}");
    let idle: Vec<_> = known.iter().filter(|name| !catalog.defects().contains(*name)).collect();
    assert!(idle.is_empty(), "no check hunts: {idle:?}");
}

#[test]
fn a_defect_violates_a_requirement_of_a_check_that_catches_it() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let mut strangers = Vec::new();
    for info in defect::all() {
        let mut hunters = catalog.checks().iter().filter(|check| check.tags.catches.contains(&info.name)).peekable();
        let meets = |check: &Arc<flowproof::check::Check>| {
            check.tags.requirements.iter().any(|entry| info.violates.contains(&entry.as_str()))
        };
        if hunters.peek().is_some() && !hunters.any(meets) {
            strangers.push(&info.name);
        }
    }
    assert!(strangers.is_empty(), "caught only by checks of other requirements: {strangers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_the_others_together_are_all_checks_and_each_has_those_that_are_tagged() {
    let wire = Wire::new(Bounds::default()).expect("a client");
    let catalog = Catalog::embedded().expect("the features are sound");
    let prover = Prover { catalog: &catalog, wire: &wire, targets: &[], jobs: 1 };
    let defects = ["ignores-code-verifier", "accepts-reused-code"];
    let ids = |checks: &[Arc<Check>]| checks.iter().map(|check| check.id.clone()).collect::<BTreeSet<String>>();
    let parts: Vec<_> = (0..4).map(|part| prover.sample(defects, move |at| at % 4 == part)).collect();
    for (row, defect) in defects.iter().enumerate() {
        let tagged: Vec<_> = catalog.checks().iter().filter(|check| check.tags.catches.iter().any(|one| one == defect)).collect();
        assert!(!tagged.is_empty(), "{defect}");
        let mut all = BTreeSet::new();
        for part in &parts {
            let (name, checks) = &part[row];
            let played = ids(checks);
            assert_eq!(name, defect);
            assert!(played.len() < catalog.checks().len() / 3, "a part: {}", played.len());
            assert!(tagged.iter().all(|check| played.contains(&check.id)), "{defect}: {played:?}");
            all.extend(played);
        }
        assert_eq!(all, ids(catalog.checks()));
    }
    assert_ne!(ids(&parts[0][0].1), ids(&parts[0][1].1), "the next row plays the next part");
}
