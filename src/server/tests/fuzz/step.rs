//! What one request is made of: things that make sense, things that were heard, and noise.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One text of a request.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// Out of the list of what the realm knows.
    Usual(Index),
    /// Something that an earlier answer held.
    Heard(Index),
    /// The same, damaged at one place.
    Damaged(Index, Index),
    /// Anything.
    Noise(String),
    /// A lot of it.
    Long(char, usize),
}

/// How a form is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    Sound,
    Raw,
    CutShort,
}

/// A request that makes sense, or nearly.
#[derive(Clone, Debug)]
pub(super) struct Sense {
    pub(super) kind: Index,
    pub(super) heard: Text,
    pub(super) omitted: Option<Index>,
    pub(super) spoilt: Option<(Index, Text)>,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// A request that makes sense, to which the rest is done.
    pub(super) sense: Option<Sense>,
    pub(super) method: Index,
    pub(super) path: Index,
    pub(super) known: Text,
    pub(super) query: Vec<(Text, Text)>,
    pub(super) form: Vec<(Text, Text)>,
    pub(super) encoding: Encoding,
    pub(super) authorization: Option<(Index, Text, Text)>,
    pub(super) content_type: Index,
    pub(super) keeps_cookies: bool,
    pub(super) seconds: u64,
    pub(super) noise: Vec<u8>,
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        8 => any::<Index>().prop_map(Text::Usual),
        6 => any::<Index>().prop_map(Text::Heard),
        1 => any::<(Index, Index)>().prop_map(|(heard, place)| Text::Damaged(heard, place)),
        1 => any::<String>().prop_map(Text::Noise),
        1 => (any::<char>(), 0..5_000_usize).prop_map(|(letter, times)| Text::Long(letter, times)),
    ]
}

/// A parameter whose name is most often a known one.
fn parameter() -> impl Strategy<Value = (Text, Text)> {
    (prop_oneof![12 => any::<Index>().prop_map(Text::Usual), 1 => text()], text())
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let encoding = prop_oneof![8 => Just(Encoding::Sound), 1 => Just(Encoding::Raw), 1 => Just(Encoding::CutShort)];
    let authorization = prop::option::of((any::<Index>(), text(), text()));
    let sense = (
        any::<Index>(),
        text(),
        prop::option::weighted(0.2, any::<Index>()),
        prop::option::weighted(0.3, any::<(Index, Index)>()),
    )
        .prop_map(|(kind, heard, omitted, spoilt)| {
            let spoilt = spoilt.map(|(at, by)| (at, Text::Heard(by)));
            Sense { kind, heard, omitted, spoilt }
        });
    let line = (
        prop::option::weighted(0.7, sense),
        any::<Index>(),
        any::<Index>(),
        text(),
        vec(parameter(), 0..6),
        vec(parameter(), 0..8),
    );
    let rest = (encoding, authorization, any::<Index>(), prop::bool::weighted(0.9), 0..200_u64, vec(any::<u8>(), 0..40));
    (line, rest).prop_map(
        |((sense, method, path, known, query, form), (encoding, authorization, content_type, keeps_cookies, seconds, noise))| {
            Step { sense, method, path, known, query, form, encoding, authorization, content_type, keeps_cookies, seconds, noise }
        },
    )
}

impl Step {
    pub(super) fn known_name(&self, names: &[&'static str]) -> &'static str {
        names[self.content_type.index(names.len())]
    }
}
