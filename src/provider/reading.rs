//! One value of a provider file under the reader's finger: its keys, its type, its place, and the errors that point at it.

use url::Url;

use super::document::Paper;
use super::expand::{Env, Unexpanded, expand};
use super::fault::{Error, Place};
use super::model::Source;
use super::shown;
use super::tree::{At, Node, Shape};

/// A document that is being read.
pub(crate) struct Reading<'a> {
    pub source: Source,
    pub paper: Paper,
    /// The text, where there is one to point into.
    pub text: &'a str,
    pub(super) root: &'a Node,
    /// Answers for `${VAR}`; none where `${` stands for itself.
    pub env: Option<&'a Env<'a>>,
}

impl<'a> Reading<'a> {
    /// The whole document.
    pub fn root(&'a self) -> Spot<'a> {
        Spot { reading: self, node: self.root, key: None, path: String::new() }
    }

    fn place(&self, at: Option<&At>) -> Box<Place> {
        Box::new(Place {
            source: self.source.clone(),
            position: at.map(|at| (at.line, at.column)),
            line: at.and_then(|at| match self.paper.holds_secrets {
                true => shown::in_document(self.text, self.root, at),
                false => shown::openly(self.text, at.line, at.column),
            }),
        })
    }
}

/// A value with the keys that lead to it.
#[derive(Clone)]
pub(crate) struct Spot<'a> {
    reading: &'a Reading<'a>,
    node: &'a Node,
    key: Option<&'a Node>,
    path: String,
}

impl<'a> Spot<'a> {
    /// Whether nothing stands behind the key.
    pub fn is_null(&self) -> bool {
        matches!(self.node.shape, Shape::Null)
    }

    /// The mapping under a key that may also stand there with nothing behind it; its keys are the caller's to know.
    pub fn entries(&self) -> Result<Vec<(String, Spot<'a>)>, Error> {
        let entries = match &self.node.shape {
            Shape::Null => return Ok(Vec::new()),
            Shape::Map(entries) => entries,
            Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) | Shape::List(_) => return Err(self.wrong_type("a mapping")),
        };
        let spot = |(key, node): &'a (Node, Node)| match &key.shape {
            Shape::Text(name) => {
                let path = if self.path.is_empty() { name.clone() } else { format!("{}.{name}", self.path) };
                Ok((name.clone(), Spot { reading: self.reading, node, key: Some(key), path }))
            }
            Shape::Null | Shape::Flag(_) | Shape::Number(_) | Shape::List(_) | Shape::Map(_) => Err(Error::WrongType {
                place: self.reading.place(key.at.as_ref()),
                key: format!("a key of {}", if self.path.is_empty() { "the file" } else { &self.path }),
                expected: "a string; put it in quotes".to_owned(),
                found: key.shape.what().to_owned(),
            }),
        };
        entries.iter().map(spot).collect()
    }

    /// The mapping, which may hold only these keys.
    pub fn fields(&self, known: &[&str]) -> Result<Fields<'a>, Error> {
        let entries = self.entries()?;
        match entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((_, stranger)) => Err(stranger.unknown_key(known.iter().map(|key| (*key).to_owned()).collect())),
            None => Ok(Fields { of: self.clone(), entries }),
        }
    }

    /// The string, variables expanded; never empty.
    pub fn text(&self) -> Result<String, Error> {
        let Shape::Text(text) = &self.node.shape else { return Err(self.wrong_type("a string")) };
        let Some(env) = self.reading.env else { return self.not_empty(text.clone()) };
        match expand(text, env) {
            Ok(text) => self.not_empty(text),
            Err(Unexpanded::Unset { variable, at }) => {
                Err(Error::UnsetVariable { place: self.place_of_octet(at, &text[at..]), key: self.path.clone(), variable })
            }
            Err(Unexpanded::NoName { at }) => Err(Error::BadValue {
                place: self.place_of_octet(at, &text[at..]),
                key: self.path.clone(),
                expected: "${NAME} of an environment variable; $${ stands for `${`".to_owned(),
            }),
        }
    }

    fn not_empty(&self, text: String) -> Result<String, Error> {
        if text.is_empty() { Err(self.bad_value("a string that is not empty")) } else { Ok(text) }
    }

    /// True or false.
    pub fn flag(&self) -> Result<bool, Error> {
        match self.node.shape {
            Shape::Flag(flag) => Ok(flag),
            Shape::Null | Shape::Number(_) | Shape::Text(_) | Shape::List(_) | Shape::Map(_) => {
                Err(self.wrong_type("true or false"))
            }
        }
    }

    /// A number between these, both included.
    pub fn number(&self, least: u64, most: u64) -> Result<u64, Error> {
        let Shape::Number(number) = &self.node.shape else { return Err(self.wrong_type("a number")) };
        let number = number.as_ref().and_then(serde_json::Number::as_u64).filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.bad_value(&format!("a whole number from {least} to {most}")))
    }

    /// A number between these, both included, which need not be whole.
    pub fn decimal(&self, least: f64, most: f64) -> Result<f64, Error> {
        let Shape::Number(number) = &self.node.shape else { return Err(self.wrong_type("a number")) };
        let number = number.as_ref().and_then(serde_json::Number::as_f64).filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| self.bad_value(&format!("a number from {least} to {most}")))
    }

    /// The value with each of its strings, variables expanded, handed to `leaf`; the keys of mappings stand for themselves.
    pub fn json<T>(
        &self,
        leaf: &dyn Fn(&Spot<'a>) -> Result<T, Error>,
        list: &dyn Fn(Vec<T>) -> T,
        map: &dyn Fn(Vec<(String, T)>) -> T,
        plain: &dyn Fn(serde_json::Value) -> T,
    ) -> Result<T, Error> {
        Ok(match &self.node.shape {
            Shape::Null => plain(serde_json::Value::Null),
            Shape::Flag(flag) => plain((*flag).into()),
            Shape::Number(Some(number)) => plain(serde_json::Value::Number(number.clone())),
            Shape::Number(None) => return Err(self.bad_value("a number that JSON can hold; or put it in quotes")),
            Shape::Text(_) => leaf(self)?,
            Shape::List(_) => list(self.items()?.iter().map(|item| item.json(leaf, list, map, plain)).collect::<Result<_, _>>()?),
            Shape::Map(_) => {
                let members = self.entries()?.into_iter();
                map(members.map(|(key, spot)| Ok((key, spot.json(leaf, list, map, plain)?))).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether it is a string.
    pub fn is_text(&self) -> bool {
        matches!(self.node.shape, Shape::Text(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.shape, Shape::List(_))
    }

    /// The items of a list; none where nothing stands behind the key.
    pub fn items(&self) -> Result<Vec<Spot<'a>>, Error> {
        let items = match &self.node.shape {
            Shape::Null => return Ok(Vec::new()),
            Shape::List(items) => items,
            Shape::Flag(_) | Shape::Number(_) | Shape::Text(_) | Shape::Map(_) => return Err(self.wrong_type("a list")),
        };
        let spot = |(at, node)| Spot { reading: self.reading, node, key: None, path: format!("{}[{at}]", self.path) };
        Ok(items.iter().enumerate().map(spot).collect())
    }

    /// The strings of a list.
    pub fn texts(&self) -> Result<Vec<String>, Error> {
        self.items()?.iter().map(Spot::text).collect()
    }

    /// An http or https URL without user, password and fragment.
    pub fn url(&self) -> Result<Url, Error> {
        let text = self.text()?;
        let problem = match Url::parse(&text) {
            _ if text.chars().any(|c| c.is_whitespace() || c.is_control()) => "a URL has no space in it".to_owned(),
            Err(error) => format!("{error}; expected https://host/path or http://127.0.0.1:port/path"),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                "expected a URL that starts with https:// or http://".to_owned()
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "it must hold no user and no password".to_owned()
            }
            Ok(url) if url.fragment().is_some() => "it must have no fragment (`#…`)".to_owned(),
            Ok(url) => return Ok(url),
        };
        Err(self.bad_url(&problem))
    }

    /// One of a closed set of names.
    pub fn one_of<T: Copy>(&self, all: &[T], name: fn(T) -> &'static str) -> Result<T, Error> {
        let text = self.text()?;
        let names = || all.iter().map(|one| name(*one));
        all.iter().copied().find(|one| name(*one) == text).ok_or_else(|| {
            let meant = super::spelling::nearest(&text, names()).map(|meant| format!("; did you mean `{meant}`?"));
            self.bad_value(&format!("one of: {}{}", names().collect::<Vec<_>>().join(", "), meant.unwrap_or_default()))
        })
    }

    /// The value has this fault.
    pub fn bad_value(&self, expected: &str) -> Error {
        Error::BadValue { place: self.place(), key: self.path.clone(), expected: expected.to_owned() }
    }

    /// The value is no URL that can be used.
    pub fn bad_url(&self, problem: &str) -> Error {
        Error::BadUrl { place: self.place(), key: self.path.clone(), problem: problem.to_owned() }
    }

    /// The key means nothing.
    pub fn unknown_key(&self, known: Vec<String>) -> Error {
        let at = self.key.and_then(|key| key.at.as_ref());
        let within = match self.path.strip_suffix(self.name()).map(|within| within.trim_end_matches('.')).unwrap_or_default() {
            "" => self.reading.paper.noun.to_owned(),
            keys => format!("`{keys}`"),
        };
        let key = shown::is_plain_key(self.name(), self.reading.text, at).then(|| self.name().to_owned());
        Error::UnknownKey { place: self.reading.place(at), within, key, known }
    }

    /// The key itself, without those round it.
    fn name(&self) -> &'a str {
        match self.key.map(|key| &key.shape) {
            Some(Shape::Text(name)) => name,
            Some(Shape::Null | Shape::Flag(_) | Shape::Number(_) | Shape::List(_) | Shape::Map(_)) | None => "",
        }
    }

    fn wrong_type(&self, expected: &str) -> Error {
        let unquoted = matches!(self.node.shape, Shape::Number(_) | Shape::Flag(_)) && expected == "a string";
        let expected = if unquoted { "a string; put it in quotes".to_owned() } else { expected.to_owned() };
        let key = if self.path.is_empty() { "the file".to_owned() } else { self.path.clone() };
        Error::WrongType { place: self.place(), key, expected, found: self.node.shape.what().to_owned() }
    }

    fn place(&self) -> Box<Place> {
        // A value that takes up no room, or starts on a line of its own, is best shown by its key.
        let own = self.node.at.as_ref().filter(|at| !at.octets.is_empty());
        self.reading.place(own.or(self.key.and_then(|key| key.at.as_ref())).or(self.node.at.as_ref()))
    }

    /// The place of an octet of the string: exact where the text spells it as it is, else the string's.
    fn place_of_octet(&self, octet: usize, from_there: &str) -> Box<Place> {
        let exact = self.node.at.as_ref().and_then(|at| {
            let spelled = self.reading.text.get(at.octets.clone())?;
            let reference = &from_there[..from_there.find('}').map_or(from_there.len(), |end| end + 1)];
            let offset = spelled.match_indices(reference).map(|(offset, _)| offset).find(|offset| *offset >= octet)?;
            let before = &spelled[..offset];
            (!before.contains('\n')).then(|| At { column: at.column + before.chars().count(), ..at.clone() })
        });
        match exact {
            Some(at) => self.reading.place(Some(&at)),
            None => self.place(),
        }
    }
}

/// A mapping whose keys are known.
pub(crate) struct Fields<'a> {
    of: Spot<'a>,
    entries: Vec<(String, Spot<'a>)>,
}

impl<'a> Fields<'a> {
    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Spot<'a>> {
        self.entries.iter().find(|(other, _)| other == name).map(|(_, spot)| spot)
    }

    /// The value of a key that must be there.
    pub fn need(&self, name: &str, purpose: &str) -> Result<&Spot<'a>, Error> {
        self.get(name).ok_or_else(|| self.missing(name, purpose))
    }

    /// The mapping of a key that is there with something behind it.
    pub fn fields(&self, name: &str, known: &[&str]) -> Result<Option<Fields<'a>>, Error> {
        self.get(name).filter(|spot| !spot.is_null()).map(|spot| spot.fields(known)).transpose()
    }

    /// The entries of a mapping whose keys are names; none where it is not there.
    pub fn entries(&self, name: &str) -> Result<Vec<(String, Spot<'a>)>, Error> {
        self.get(name).map_or(Ok(Vec::new()), Spot::entries)
    }

    /// The items of a list; none where it is not there.
    pub fn items(&self, name: &str) -> Result<Vec<Spot<'a>>, Error> {
        self.get(name).map_or(Ok(Vec::new()), Spot::items)
    }

    /// The string of a key, if it is there.
    pub fn text(&self, name: &str) -> Result<Option<String>, Error> {
        self.get(name).map(Spot::text).transpose()
    }

    /// The strings of a list, none where it is not there.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        self.get(name).map_or(Ok(Vec::new()), Spot::texts)
    }

    /// The URL of a key, if it is there.
    pub fn url(&self, name: &str) -> Result<Option<Url>, Error> {
        self.get(name).map(Spot::url).transpose()
    }

    /// The key must be there and is not.
    pub fn missing(&self, name: &str, purpose: &str) -> Error {
        let key = if self.of.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.of.path) };
        // The item of a list has no key, and the document as a whole no place that is worth pointing at.
        let item = self.of.node.at.as_ref().filter(|_| !self.of.path.is_empty());
        let at = self.of.key.and_then(|key| key.at.as_ref()).or(item);
        Error::MissingKey { place: self.of.reading.place(at), key, purpose: purpose.to_owned() }
    }
}
