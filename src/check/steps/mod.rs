//! The vocabulary by topic; each file opens with the sentences that it answers for.

pub mod answers;
pub mod authorization;
pub mod authorization_requests;
pub mod challenges;
pub mod clients;
pub mod consent;
pub mod device;
pub mod device_codes;
pub mod device_pages;
pub mod effects;
pub mod entropy;
pub mod errors_by_redirect;
pub mod exposure;
pub mod forms;
pub mod guessing;
pub mod introspection;
pub mod introspection_callers;
pub mod key_set;
pub mod legacy;
pub mod metadata;
pub mod metadata_form;
pub mod metadata_truth;
pub mod ownership;
pub mod pages;
pub mod pkce;
pub mod races;
pub mod refusals;
pub mod resource;
pub mod response;
pub mod revocation;
pub mod scopes;
pub mod splicing;
pub mod token_answers;
pub mod token_requests;
pub mod tokens;
pub mod users;
pub mod verification;

use std::sync::LazyLock;

use super::phrase::{Args, Pattern, Phrase};

/// Every phrase, with its compiled pattern.
static VOCABULARY: LazyLock<Vec<(&'static Phrase, Pattern)>> = LazyLock::new(|| {
    let topics = [
        clients::PHRASES,
        users::PHRASES,
        authorization::PHRASES,
        authorization_requests::PHRASES,
        response::PHRASES,
        pages::PHRASES,
        consent::PHRASES,
        forms::PHRASES,
        errors_by_redirect::PHRASES,
        pkce::PHRASES,
        legacy::PHRASES,
        tokens::PHRASES,
        device::PHRASES,
        device_codes::PHRASES,
        device_pages::PHRASES,
        verification::PHRASES,
        effects::PHRASES,
        answers::PHRASES,
        revocation::PHRASES,
        introspection::PHRASES,
        introspection_callers::PHRASES,
        resource::PHRASES,
        challenges::PHRASES,
        entropy::PHRASES,
        exposure::PHRASES,
        metadata::PHRASES,
        metadata_form::PHRASES,
        metadata_truth::PHRASES,
        key_set::PHRASES,
        refusals::PHRASES,
        token_answers::PHRASES,
        token_requests::PHRASES,
        ownership::PHRASES,
        scopes::PHRASES,
        races::PHRASES,
        guessing::PHRASES,
        splicing::PHRASES,
    ];
    topics.into_iter().flatten().map(|phrase| (phrase, phrase.pattern())).collect()
});

/// Every phrase.
#[cfg(test)]
pub fn vocabulary() -> impl Iterator<Item = &'static Phrase> {
    VOCABULARY.iter().map(|(phrase, _)| *phrase)
}

/// Every phrase that says this text, with its arguments; in a sound vocabulary at most one.
pub fn saying(text: &str) -> impl Iterator<Item = (&'static Phrase, Args)> {
    VOCABULARY.iter().filter_map(move |(phrase, pattern)| phrase.matches(pattern, text).map(|args| (*phrase, args)))
}
