//! The vocabulary: each sentence that a step may say, what it needs of the provider, and the part that it plays.
//!
//! A sentence holds parameters: `{client}` a client in the words of [`super::role`], `{alteration}` a change to a request in the
//! words of [`super::alteration`], `{errors}` quoted error codes joined by *or*, `{string}` a quoted text, `{token}` one of the
//! credentials that a grant yields, `{word}` a single word, `{number}` a number. A part in `[…]` may be left out.

mod args;

use futures::future::LocalBoxFuture;
use regex::Regex;

use self::args::TOKENS;
pub use self::args::{Arg, Args, Token};
use super::alteration;
use super::halt::Step;
use super::role::Role;
use super::scene::Scene;
use crate::provider::Need;

/// The part that a phrase plays; only a judge's complaint is a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Brings about what the check starts from.
    Given,
    /// Does what the check is about.
    Act,
    /// Says whether the requirement holds.
    Judge,
    /// Shows that the same request, put right, succeeds: without it no refusal counts.
    Control,
    /// Shows that a thing is alive before the act whose effect is to be proven.
    Witness,
}

/// What a phrase does.
pub type Action = for<'a> fn(&'a mut Scene, &'a Args) -> LocalBoxFuture<'a, Step>;

/// One sentence of the vocabulary.
pub struct Phrase {
    /// The part it plays.
    pub part: Part,
    /// The sentence, with its parameters.
    pub text: &'static str,
    /// What it needs of the provider, beside what its parameters need.
    pub needs: &'static [Need],
    /// What it does.
    pub action: Action,
    /// Whether it leaves a session that other checks share as it found it: it neither replays, reuses, revokes nor denies.
    pub gentle: bool,
    /// Whether it may end grants of the same user and client beside its own.
    pub ends: Ends,
    /// Whether it floods the provider, guesses, or may get somebody locked out: not for a host of others unless its owner agrees.
    pub intrusive: bool,
}

/// When a phrase may end grants of the same user and client beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Never.
    Nothing,
    /// When it is said a second time: what it uses works once.
    Again,
    /// Always.
    Grants,
}

impl Phrase {
    const fn new(part: Part, text: &'static str, needs: &'static [Need], action: Action) -> Self {
        // What judges or sets the scene is gentle unless it says otherwise; an act has to say that it is.
        Self { part, text, needs, action, gentle: !matches!(part, Part::Act), ends: Ends::Nothing, intrusive: false }
    }

    /// A sentence that sets the scene.
    pub const fn given(text: &'static str, needs: &'static [Need], action: Action) -> Self {
        Self::new(Part::Given, text, needs, action)
    }

    /// A sentence that acts.
    pub const fn act(text: &'static str, needs: &'static [Need], action: Action) -> Self {
        Self::new(Part::Act, text, needs, action)
    }

    /// A sentence that judges.
    pub const fn judge(text: &'static str, needs: &'static [Need], action: Action) -> Self {
        Self::new(Part::Judge, text, needs, action)
    }

    /// A sentence that controls.
    pub const fn control(text: &'static str, needs: &'static [Need], action: Action) -> Self {
        Self::new(Part::Control, text, needs, action)
    }

    /// The same sentence, which leaves a shared session as it found it.
    pub const fn gentle(mut self) -> Self {
        self.gentle = true;
        self
    }

    /// The same sentence, which does not.
    pub const fn rough(mut self) -> Self {
        self.gentle = false;
        self
    }

    /// The same sentence, which uses up what works once.
    pub const fn uses_up(mut self) -> Self {
        self.ends = Ends::Again;
        self
    }

    /// The same sentence, after which a provider may end every grant of the user to the client.
    pub const fn ends_grants(mut self) -> Self {
        self.ends = Ends::Grants;
        self
    }

    /// The same sentence, which floods, guesses or may lock an account.
    pub const fn intrusive(mut self) -> Self {
        self.intrusive = true;
        self
    }

    /// A sentence that bears witness.
    pub const fn witness(text: &'static str, needs: &'static [Need], action: Action) -> Self {
        Self::new(Part::Witness, text, needs, action)
    }

    /// The pattern of its sentence.
    pub fn pattern(&self) -> Pattern {
        Pattern { head: self.text.split(['{', '[']).next().unwrap_or_default(), whole: compile(self.text) }
    }

    /// The arguments of a step's text, if this is its sentence; `pattern` is its own.
    pub fn matches(&self, pattern: &Pattern, text: &str) -> Option<Args> {
        if !text.starts_with(pattern.head) {
            return None;
        }
        let captures = pattern.whole.captures(text)?;
        let mut args = Args::default();
        for (at, name) in parameters(self.text).enumerate() {
            let found = captures.get(at + 1).map(|found| found.as_str());
            args.0.push(match (name, found) {
                (_, None) => Arg::Absent,
                ("client", Some(words)) => Arg::Client(Role::named(words)?),
                ("alteration", Some(words)) => Arg::Alteration(alteration::bind(words)?),
                ("errors", Some(list)) => Arg::Errors(list.split(" or ").map(|one| one.trim_matches('"').to_owned()).collect()),
                ("token", Some(words)) => Arg::Token(Token::named(words)?),
                ("number", Some(digits)) => Arg::Number(digits.parse().ok()?),
                (_, Some(text)) => Arg::Text(text.to_owned()),
            });
        }
        Some(args)
    }
}

/// A compiled sentence.
pub struct Pattern {
    /// What it begins with: that tells nearly every sentence from the others, and is quickly seen.
    head: &'static str,
    whole: Regex,
}

/// The names of the parameters in a sentence, in order.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn compile(text: &str) -> Regex {
    let mut pattern = String::from("^");
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[', ']']) {
        pattern.push_str(&regex::escape(&rest[..at]));
        match rest.as_bytes()[at] {
            b'[' => pattern.push_str("(?:"),
            b']' => pattern.push_str(")?"),
            _ => {
                let end = rest[at..].find('}').expect("a parameter in the vocabulary is closed") + at;
                pattern.push_str(match &rest[at + 1..end] {
                    "client" => "(an? [a-zA-Z ]+?|another [a-zA-Z ]+?)",
                    "errors" => r#"("[^"]*"(?: or "[^"]*")*)"#,
                    "string" => r#""([^"]*)""#,
                    "word" => r"([A-Za-z0-9_\-]+)",
                    "number" => r"(\d+)",
                    "token" => TOKENS,
                    _ => "(.+?)",
                });
                rest = &rest[end + 1..];
                continue;
            }
        }
        rest = &rest[at + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).expect("the vocabulary compiles")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing<'a>(_: &'a mut Scene, _: &'a Args) -> LocalBoxFuture<'a, Step> {
        Box::pin(async { Ok(()) })
    }

    fn matches(phrase: &Phrase, text: &str) -> Option<Args> {
        phrase.matches(&phrase.pattern(), text)
    }

    #[test]
    fn a_sentence_matches_with_and_without_its_optional_part() {
        let phrase = Phrase::act("{client} redeems the code[ {alteration}]", &[], nothing);
        let plain = matches(&phrase, "another confidential client redeems the code").expect("the sentence");
        assert_eq!(plain.client(0).key, "other");
        assert!(plain.alteration(1).is_none());
        assert!(
            matches(&phrase, "a public client redeems the code without code_verifier")
                .expect("the sentence")
                .alteration(1)
                .is_some()
        );
        assert!(matches(&phrase, "a public client redeems the code in a way that no one wrote").is_none());
        assert!(matches(&phrase, "a strange client redeems the code").is_none());
    }

    #[test]
    fn a_credential_is_read_whole_though_an_alteration_may_follow() {
        let phrase = Phrase::act("the client revokes {token}[ {alteration}]", &[], nothing);
        for words in ["the access token", "the first refresh token", "the device code", "the made up token"] {
            assert!(matches(&phrase, &format!("the client revokes {words}")).is_some(), "{words}");
            let altered = matches(&phrase, &format!("the client revokes {words} without token")).expect("the sentence");
            assert_eq!(Some(altered.token(0)), Token::named(words));
        }
    }

    #[test]
    fn error_codes_are_read_as_a_list() {
        let phrase = Phrase::judge("it refuses with {errors}[, tolerating {errors}]", &[], nothing);
        let args = matches(&phrase, r#"it refuses with "a" or "b", tolerating "c""#).expect("the sentence");
        assert_eq!((args.errors(0), args.errors(1)), (&["a".to_owned(), "b".to_owned()][..], &["c".to_owned()][..]));
    }
}
