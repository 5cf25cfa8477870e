//! The changes that a step can make to a request: one wrong thing each, so that the request without it is the positive control.

mod bearer;
mod client_auth;
mod damage;
mod parameters;
mod pkce;
mod redirect_uri;
mod scope;
mod sending;

use std::sync::LazyLock;

use regex::Regex;

use super::halt::Halt;
use super::role::Role;
use super::scene::Scene;
use crate::protocol::Request;
use crate::provider::Need;
use crate::verdict::Spoiled;

/// A scope that no provider knows.
pub const UNKNOWN_SCOPE: &str = "flowproof-no-such-scope";

/// What must not reach a page as it stands: it closes an attribute and opens an element.
pub const MARKUP: &str = "\"'><script>flowproof()</script>";

type Change = fn(&Scene, Request, &[String]) -> Result<Request, Halt>;

/// One change: how a step says it, what it needs, and what it does.
pub struct Alteration {
    /// The words, with `{client}`, `{string}` and `{word}` as in [`super::phrase`].
    pub words: &'static str,
    needs: &'static [Need],
    change: Change,
}

const fn alteration(words: &'static str, needs: &'static [Need], change: Change) -> Alteration {
    Alteration { words, needs, change }
}

fn named(words: &str) -> Result<&'static Role, Halt> {
    Role::named(words).ok_or_else(|| Halt::blocked(format!("no such client: {words}")))
}

/// An alteration with its arguments, and the one that follows it after a comma.
#[derive(Clone)]
pub struct Bound {
    alteration: &'static Alteration,
    spoils: Option<Spoiled>,
    args: Vec<String>,
    next: Option<Box<Bound>>,
}

impl Bound {
    /// What it needs of the provider.
    pub fn needs(&self) -> Vec<Need> {
        let clients = self.args.iter().filter_map(|arg| Role::named(arg)).map(|role| role.need);
        let next = self.next.iter().flat_map(|next| next.needs());
        self.alteration.needs.iter().copied().chain(clients).chain(next).collect()
    }

    /// The words of the alterations that are joined, as the vocabulary has them.
    pub fn words(&self) -> Vec<&'static str> {
        let next = self.next.iter().flat_map(|next| next.words());
        std::iter::once(self.alteration.words).chain(next).collect()
    }

    /// What of the request they spoil, where that is one thing.
    pub fn spoils(&self) -> Option<Spoiled> {
        match &self.next {
            // Two things that are wrong leave open which of them was answered.
            Some(next) => self.spoils.xor(next.spoils()),
            None => self.spoils,
        }
    }

    /// The request, changed.
    pub fn apply(&self, scene: &Scene, request: Request) -> Result<Request, Halt> {
        let request = (self.alteration.change)(scene, request, &self.args)?;
        match &self.next {
            Some(next) => next.apply(scene, request),
            None => Ok(request),
        }
    }
}

/// A change of the vocabulary.
struct Known {
    alteration: &'static Alteration,
    /// What of the request it spoils, where that is one thing.
    spoils: Option<Spoiled>,
    /// Its compiled words.
    pattern: Regex,
}

/// Every change that a step can name.
static VOCABULARY: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let compile = |spoils: Option<Spoiled>, alteration: &'static Alteration| {
        let pattern = regex::escape(alteration.words)
            .replace(r"\{word\}", r"([A-Za-z0-9_\-]+)")
            .replace(r"\{string\}", r#""([^"]*)""#)
            .replace(r"\{client\}", "(an? [a-zA-Z ]+|another [a-zA-Z ]+)");
        Known { alteration, spoils, pattern: Regex::new(&format!("^{pattern}$")).expect("the alterations compile") }
    };
    let topics = [
        (None, parameters::ALTERATIONS),
        (None, sending::ALTERATIONS),
        (Some(Spoiled::Pkce), pkce::ALTERATIONS),
        (Some(Spoiled::ClientAuthentication), client_auth::ALTERATIONS),
        (Some(Spoiled::BearerToken), bearer::ALTERATIONS),
        (None, damage::ALTERATIONS),
        (Some(Spoiled::Scope), scope::ALTERATIONS),
        (Some(Spoiled::RedirectUri), redirect_uri::ALTERATIONS),
    ];
    topics.into_iter().flat_map(|(spoils, topic)| topic.iter().map(move |one| compile(spoils, one))).collect()
});

/// The words of every alteration, for tests of the register.
#[cfg(test)]
pub fn vocabulary() -> impl Iterator<Item = &'static str> {
    VOCABULARY.iter().map(|known| known.alteration.words)
}

/// The alterations that these words name, joined by commas. Words without parameters win over words with them.
pub fn bind(words: &str) -> Option<Bound> {
    one(words).or_else(|| {
        words.match_indices(", ").find_map(|(at, comma)| {
            let next = Some(Box::new(bind(&words[at + comma.len()..])?));
            Some(Bound { next, ..one(&words[..at])? })
        })
    })
}

fn one(words: &str) -> Option<Bound> {
    let fits = |Known { alteration, spoils, pattern }: &Known| {
        let captures = pattern.captures(words)?;
        let args = captures.iter().skip(1).flatten().map(|found| found.as_str().to_owned()).collect();
        Some(Bound { alteration, spoils: *spoils, args, next: None })
    };
    VOCABULARY.iter().filter_map(fits).min_by_key(|bound| bound.args.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_name_one_change_win_over_words_with_parameters() {
        let bound = bind("with an empty client secret").expect("a change");
        assert_eq!(bound.alteration.words, "with an empty client secret");
        assert_eq!(bind("with an empty code_verifier").expect("a change").args, ["code_verifier"]);
        assert!(bind("with a moon in its sky").is_none());
    }

    #[test]
    fn alterations_are_joined_by_commas() {
        let bound = bind("without saying who it is, accepting \"text/html\"").expect("two changes");
        assert_eq!(bound.alteration.words, "without saying who it is");
        assert_eq!(bound.next.expect("the second").alteration.words, "accepting {string}");
        assert!(bind("without scope, with a moon in its sky").is_none());
    }
}
