//! The vocabulary: each sentence that a step may say, what it needs of the provider, and the part that it plays.
//!
//! A sentence holds parameters: `{client}` a client in the words of [`super::role`], `{alteration}` a change to a request in the
//! words of [`super::alteration`], `{errors}` quoted error codes joined by *or*, `{string}` a quoted text, `{token}` one of the
//! credentials that a grant yields, `{word}` a single word, `{number}` a number. A part in `[…]` may be left out.

use futures::future::LocalBoxFuture;
use regex::Regex;

use super::alteration::{self, Bound};
use super::halt::Step;
use super::role::Role;
use super::scene::Scene;
use crate::provider::Need;
use crate::verdict::Spoiled;

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
    pub fn pattern(&self) -> Regex {
        compile(self.text)
    }

    /// The arguments of a step's text, if this is its sentence; `pattern` is its own.
    pub fn matches(&self, pattern: &Regex, text: &str) -> Option<Args> {
        let captures = pattern.captures(text)?;
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

/// Every credential by its words. A looser pattern would cut them short where an alteration may follow.
const TOKENS: &str = "(the (?:first )?(?:access|refresh) token|the (?:device )?code|the client secret|the made up token)";

/// A credential that a grant yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The newest access token.
    Access,
    /// The newest refresh token.
    Refresh,
    /// The access token that the grant first yielded.
    FirstAccess,
    /// The refresh token that the grant first yielded.
    FirstRefresh,
    /// The authorization code.
    Code,
    /// The device code.
    DeviceCode,
    /// The secret of the client that the scenario is about: a credential, but no token.
    ClientSecret,
    /// A string that no one issued.
    Unknown,
}

impl Token {
    /// The words that steps use.
    pub fn named(words: &str) -> Option<Self> {
        Some(match words {
            "the access token" => Self::Access,
            "the refresh token" => Self::Refresh,
            "the first access token" => Self::FirstAccess,
            "the first refresh token" => Self::FirstRefresh,
            "the code" => Self::Code,
            "the device code" => Self::DeviceCode,
            "the client secret" => Self::ClientSecret,
            "the made up token" => Self::Unknown,
            _ => return None,
        })
    }
}

/// One argument.
#[derive(Clone)]
pub enum Arg {
    /// The optional part was left out.
    Absent,
    /// `{client}`
    Client(&'static Role),
    /// `{alteration}`
    Alteration(Bound),
    /// `{errors}`
    Errors(Vec<String>),
    /// `{token}`
    Token(Token),
    /// `{number}`
    Number(u64),
    /// `{string}`, `{word}`
    Text(String),
}

/// The arguments of one step, in the order of the sentence.
#[derive(Clone, Default)]
pub struct Args(Vec<Arg>);

impl Args {
    /// What the arguments need of the provider.
    pub fn needs(&self) -> Vec<Need> {
        self.0
            .iter()
            .flat_map(|arg| match arg {
                Arg::Client(role) => vec![role.need],
                Arg::Alteration(bound) => bound.needs(),
                Arg::Absent | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => Vec::new(),
            })
            .collect()
    }

    /// The alterations among the arguments, in the words of their vocabulary.
    pub fn alterations(&self) -> Vec<&'static str> {
        let altered = |arg: &Arg| match arg {
            Arg::Alteration(bound) => bound.words(),
            Arg::Absent | Arg::Client(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => Vec::new(),
        };
        self.0.iter().flat_map(altered).collect()
    }

    /// What of a request the alterations among the arguments spoil, where that is one thing.
    pub fn spoils(&self) -> Option<Spoiled> {
        let spoils = |arg: &Arg| match arg {
            Arg::Alteration(bound) => bound.spoils(),
            Arg::Absent | Arg::Client(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => None,
        };
        self.0.iter().find_map(spoils)
    }

    /// Whether a credential among the arguments may have been replaced already.
    pub fn reuses(&self) -> bool {
        self.0.iter().any(|arg| matches!(arg, Arg::Token(Token::FirstRefresh)))
    }

    /// The clients among the arguments, in order.
    pub fn clients(&self) -> impl Iterator<Item = &'static Role> {
        self.0.iter().filter_map(|arg| match arg {
            Arg::Client(role) => Some(*role),
            Arg::Absent | Arg::Alteration(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => None,
        })
    }

    /// The first client among the arguments.
    pub fn first_client(&self) -> Option<&'static Role> {
        self.clients().next()
    }

    /// The client named at this place.
    pub fn client(&self, at: usize) -> &'static Role {
        match &self.0[at] {
            Arg::Client(role) => role,
            _ => panic!("argument {at} is not a client"),
        }
    }

    /// The alteration at this place, or none if it was left out.
    pub fn alteration(&self, at: usize) -> Option<&Bound> {
        match &self.0[at] {
            Arg::Alteration(bound) => Some(bound),
            Arg::Absent => None,
            _ => panic!("argument {at} is not an alteration"),
        }
    }

    /// The error codes at this place; empty if they were left out.
    pub fn errors(&self, at: usize) -> &[String] {
        match &self.0[at] {
            Arg::Errors(codes) => codes,
            Arg::Absent => &[],
            _ => panic!("argument {at} is not a list of error codes"),
        }
    }

    /// The credential named at this place.
    pub fn token(&self, at: usize) -> Token {
        match &self.0[at] {
            Arg::Token(token) => *token,
            _ => panic!("argument {at} is not a credential"),
        }
    }

    /// The number at this place.
    pub fn number(&self, at: usize) -> u64 {
        match &self.0[at] {
            Arg::Number(number) => *number,
            _ => panic!("argument {at} is not a number"),
        }
    }

    /// The text at this place.
    pub fn text(&self, at: usize) -> &str {
        match &self.0[at] {
            Arg::Text(text) => text,
            _ => panic!("argument {at} is not a text"),
        }
    }
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
