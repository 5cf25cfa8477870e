//! The order of play: the scenarios that are to be played, as the catalogue has them or shuffled.

use cucumber::gherkin::{Feature, Scenario};

use super::catalog::{Catalog, ID_TAG};
use super::stage::Places;
use super::turns::Act;

/// The features with the scenarios that are to be played in an act, in the order of play.
pub(super) fn features(catalog: &Catalog, places: &Places, act: Act, shuffle: Option<u64>) -> Vec<Feature> {
    let is_due = |id: &str| places.get(id).is_some_and(|(check, target)| Act::of(check, target) == act);
    let mut features = catalog.features().to_vec();
    for feature in &mut features {
        for rule in &mut feature.rules {
            rule.scenarios.retain(|scenario| id_of(scenario).is_some_and(is_due));
            if let Some(seed) = shuffle {
                rule.scenarios.sort_by_key(|scenario| scatter(seed, id_of(scenario).unwrap_or_default()));
            }
        }
        feature.rules.retain(|rule| !rule.scenarios.is_empty());
        if let Some(seed) = shuffle {
            feature.rules.sort_by_key(|rule| scatter(seed, &rule.name));
        }
    }
    features.retain(|feature| !feature.rules.is_empty());
    if let Some(seed) = shuffle {
        features.sort_by_key(|feature| scatter(seed, &feature.name));
    }
    features
}

/// A number that depends on seed and text alone, so that a shuffled order can be had again.
fn scatter(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn id_of(scenario: &Scenario) -> Option<&str> {
    scenario.tags.iter().find_map(|tag| tag.strip_prefix(ID_TAG))
}
