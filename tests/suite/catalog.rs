//! The register of checks: one requirement is one rule, every check says why it is there, and what does not fit is refused.

use std::collections::{BTreeMap, BTreeSet};

use flowproof::check::Catalog;

fn catalog() -> Catalog {
    Catalog::embedded().expect("the features are sound")
}

#[test]
fn one_requirement_is_one_rule() {
    let catalog = catalog();
    let mut rules: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for check in catalog.checks() {
        for entry in &check.tags.requirements {
            rules.entry(entry).or_default().insert((&check.feature, &check.rule));
        }
    }
    let torn: Vec<_> = rules.iter().filter(|(_, rules)| rules.len() > 1).collect();
    assert!(torn.is_empty(), "{torn:#?}");
}

#[test]
fn every_check_says_why_it_is_there() {
    let silent: Vec<String> =
        catalog().checks().iter().filter(|check| check.why.is_empty()).map(|check| check.id.clone()).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn there_are_at_least_sixty_rules() {
    assert!(catalog().rules() >= 60, "{}", catalog().rules());
}

/// What is said of a folder that holds this feature.
fn told_of(text: &str) -> (std::path::PathBuf, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("odd.feature");
    std::fs::write(&path, text).expect("a feature");
    let told = Catalog::from_dir(folder.path()).err().expect("it is refused").to_string();
    (path, told)
}

#[test]
fn what_is_wrong_with_a_feature_is_told_with_its_path_as_given_and_its_line() {
    let (path, told) = told_of(
        "Feature: Odd\n\n  @must @RFC6749-5 @req:odd\n  Rule: Odd\n\n    @id:odd\n    Scenario: Odd\n      When the moon is full\n",
    );
    assert_eq!(told, format!("{}:8: no phrase of the vocabulary says \"the moon is full\"", path.display()));
}

#[test]
fn a_case_that_cannot_end_an_id_is_refused() {
    let (_, told) = told_of(
        "Feature: Odd\n\n  @must @RFC6749-5 @req:odd\n  Rule: Odd\n\n    @id:odd\n    Scenario Outline: <case>\n      \
         Then the client gets tokens\n\n      Examples:\n        | case     |\n        | Not fit! |\n",
    );
    assert!(told.ends_with("the case \"Not fit!\" ends an id: it is of lower-case letters, digits and dashes"), "{told}");
}
