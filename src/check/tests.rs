//! The vocabulary against the features: no sentence is idle, and no two say the same.

use std::collections::BTreeSet;

use super::{Catalog, alteration, steps};

fn catalog() -> Catalog {
    Catalog::embedded().expect("the features are sound")
}

#[test]
fn every_phrase_of_the_vocabulary_is_used() {
    let catalog = catalog();
    let used: BTreeSet<&str> = catalog.checks().iter().flat_map(|check| &check.steps).map(|step| step.phrase.text).collect();
    let idle: Vec<&str> = steps::vocabulary().map(|phrase| phrase.text).filter(|text| !used.contains(text)).collect();
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn every_alteration_is_used() {
    let catalog = catalog();
    let steps = catalog.checks().iter().flat_map(|check| &check.steps);
    let used: BTreeSet<&str> = steps.flat_map(|step| step.args.alterations()).collect();
    let idle: Vec<&str> = alteration::vocabulary().filter(|words| !used.contains(words)).collect();
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn no_two_sentences_say_the_same() {
    for mut texts in [steps::vocabulary().map(|phrase| phrase.text).collect::<Vec<_>>(), alteration::vocabulary().collect()] {
        let all = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }
}

#[test]
fn a_session_is_shared_only_by_checks_that_leave_it_as_they_found_it() {
    let shared = catalog().checks().iter().filter(|check| check.tags.shares_session).count();
    assert!(shared >= 3, "{shared}");
    let dir = tempfile::tempdir().expect("a folder");
    let feature = |step: &str| {
        format!(
            "Feature: Mine\n\n  @must @RFC6749-4.1 @req:mine\n  Rule: Mine\n\n    @id:mine @shares-session\n    Scenario: Mine\n      \
             Given a confidential client\n      When {step}\n      Then the client gets a code\n"
        )
    };
    let read = |step: &str| {
        std::fs::write(dir.path().join("mine.feature"), feature(step)).expect("a feature");
        Catalog::from_dir(dir.path()).map(|_| ()).map_err(|error| error.to_string())
    };
    read("the user approves a request").expect("an approval shares a session");
    for rough in ["the user denies a request", "the user approves a request without state", "the client revokes the access token"]
    {
        let refused = read(rough).expect_err(rough);
        assert!(refused.contains("@shares-session") && refused.contains("mine.feature:"), "{refused}");
    }
}
