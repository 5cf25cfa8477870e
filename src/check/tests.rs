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
