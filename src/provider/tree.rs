//! A document as a tree of values, each with its place in the text: what the keys are read from, and what errors point at.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub shape: Shape,
    /// None in a document that was made and not written.
    pub at: Option<At>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Null,
    Flag(bool),
    /// None where JSON has no room for it.
    Number(Option<serde_json::Number>),
    Text(String),
    List(Vec<Node>),
    /// Keys in the order of the text, once each.
    Map(Vec<(Node, Node)>),
}

/// Where a value stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// Counted from 1.
    pub line: usize,
    /// Counted in characters from 1.
    pub column: usize,
    /// The octets that it takes up, quotes included.
    pub octets: Range<usize>,
}

impl Shape {
    /// What it is, in words for an error.
    pub fn what(&self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// The tree of a YAML text.
pub(super) fn of_yaml(text: &str) -> Result<Node, serde_yaml::Error> {
    // Snippets are ours: the library's print neighbouring lines, and those may hold secrets.
    serde_yaml::from_str_with_options(text, serde_yaml::options! { with_snippet: false, strict_booleans: true })
}

/// The tree of a document that was made and not written.
pub(super) fn of_json(value: &serde_json::Value) -> Node {
    use serde_json::Value;
    let shape = match value {
        Value::Null => Shape::Null,
        Value::Bool(flag) => Shape::Flag(*flag),
        Value::Number(number) => Shape::Number(Some(number.clone())),
        Value::String(text) => Shape::Text(text.clone()),
        Value::Array(items) => Shape::List(items.iter().map(of_json).collect()),
        Value::Object(members) => Shape::Map(
            members.iter().map(|(key, value)| (Node { shape: Shape::Text(key.clone()), at: None }, of_json(value))).collect(),
        ),
    };
    Node { shape, at: None }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Shape>::deserialize(deserializer)?;
        // Where it is defined: an alias has nothing to show but its name.
        let (location, span) = (spanned.defined, spanned.defined.span());
        let at = match (span.byte_offset(), span.byte_len()) {
            (Some(start), Some(len)) => Some(At {
                line: number(location.line()),
                column: number(location.column()),
                octets: number(start)..number(start + len),
            }),
            (None, _) | (_, None) => None,
        };
        Ok(Self { shape: spanned.value, at })
    }
}

fn number(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Shape;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Null)
            }

            fn visit_none<E>(self) -> Result<Shape, E> {
                Ok(Shape::Null)
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Shape, E> {
                Ok(Shape::Flag(flag))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Shape, E> {
                Ok(Shape::Number(Some(number.into())))
            }

            fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
                Ok(Shape::Number(None))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Shape, E> {
                Ok(Shape::Number(Some(number.into())))
            }

            fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
                Ok(Shape::Number(None))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Shape, E> {
                Ok(Shape::Number(serde_json::Number::from_f64(number)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
                Ok(Shape::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Shape::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Shape::Map(entries))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
