//! The tables are sound: unique names, real texts, ids in the right shape, room in the bit set.

use std::collections::BTreeSet;

use super::{Defects, Topic, all, pkce};

#[test]
fn names_are_unique_and_kebab_case() {
    let names: BTreeSet<_> = all().iter().map(|info| &info.name).collect();
    assert_eq!(names.len(), all().len());
    for name in names {
        assert!(
            name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())),
            "{name}"
        );
    }
}

#[test]
fn every_defect_explains_itself_and_names_what_it_violates() {
    for info in all() {
        assert!(info.help.ends_with('.') && info.help.len() > 20, "{}: {}", info.name, info.help);
        assert!(!info.violates.is_empty());
        assert!(info.violates.iter().all(|id| id.contains('-') && !id.contains(' ')), "{:?}", info.violates);
    }
}

#[test]
fn a_table_fits_its_word() {
    for topic in Topic::ALL {
        assert!(topic.table().len() <= 128);
    }
}

#[test]
fn a_named_defect_is_in_the_set_and_its_neighbours_are_not() {
    let defects = Defects::named(&["ignores-code-verifier"]).expect("known");
    assert!(defects.has(pkce::Flaw::IgnoresCodeVerifier));
    assert!(!defects.has(pkce::Flaw::AllowsPlain));
    assert!(!defects.is_empty());
    assert!(Defects::default().is_empty());
}

#[test]
fn a_misspelt_defect_is_answered_with_the_nearest_name() {
    let error = Defects::named(&["ignore-code-verifier"]).expect_err("unknown");
    assert_eq!(error.to_string(), "unknown defect `ignore-code-verifier`; did you mean `ignores-code-verifier`?");
    let error = Defects::named(&["qqq"]).expect_err("unknown");
    assert_eq!(error.to_string(), "unknown defect `qqq`");
}
