//! Reads `application/x-www-form-urlencoded` strictly: broken encodings and repeated parameters are told, empty parameters count as omitted.

/// The encoding is broken: a `%` without two hex digits, or bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A parameter stands there more than once (RFC 6749 sections 3.1 and 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated;

/// The parameters of a query or a form body, in order: one text with all of them decoded, and where each begins.
#[derive(Clone, Default)]
pub struct Parameters {
    decoded: String,
    pairs: Vec<Pair>,
}

/// Where a parameter stands in the decoded text.
#[derive(Clone, Copy)]
struct Pair {
    name: usize,
    value: usize,
    end: usize,
}

impl Parameters {
    /// Reads the encoded form (RFC 6749 appendix B).
    ///
    /// # Errors
    /// [`Malformed`] when a name or value cannot be decoded.
    pub fn parse(encoded: &[u8]) -> Result<Self, Malformed> {
        // Decoded, nothing is longer than before.
        let mut decoded = Vec::with_capacity(encoded.len());
        let mut pairs = Vec::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            let begin = decoded.len();
            decode(name, &mut decoded)?;
            let middle = decoded.len();
            decode(value, &mut decoded)?;
            pairs.push(Pair { name: begin, value: middle, end: decoded.len() });
        }
        // Each piece is whole UTF-8 by itself, so all of them are.
        Ok(Self { decoded: String::from_utf8(decoded).map_err(|_| Malformed)?, pairs })
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|pair| (&self.decoded[pair.name..pair.value], &self.decoded[pair.value..pair.end]))
    }

    /// The value of a parameter; an empty one counts as omitted.
    ///
    /// # Errors
    /// [`Repeated`] when it stands there more than once, empty or not.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Repeated),
            None => Ok(first.filter(|value| !value.is_empty())),
        }
    }

    /// The value of a parameter that is known not to be repeated.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs().filter(move |(parameter, _)| *parameter == name).map(|(_, value)| value)
    }

    /// The names there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(name, _)| name)
    }

    /// Whether one of these stands there more than once.
    pub fn repeats_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.one(name).is_err())
    }
}

/// One name or value, decoded.
///
/// # Errors
/// [`Malformed`] when it cannot be.
pub fn decoded(encoded: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(encoded.len());
    decode(encoded, &mut bytes)?;
    String::from_utf8(bytes).map_err(|_| Malformed)
}

fn decode(encoded: &[u8], into: &mut Vec<u8>) -> Result<(), Malformed> {
    let begin = into.len();
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        into.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            other => *other,
        });
    }
    std::str::from_utf8(&into[begin..]).map(drop).map_err(|_| Malformed)
}

fn hex(digit: Option<&u8>) -> Result<u8, Malformed> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        Some(_) | None => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Parameters, Repeated};

    #[test]
    fn the_example_of_rfc_6749_appendix_b_is_read_back() {
        let form = Parameters::parse(b"x=+%25%26%2B%C2%A3%E2%82%AC").expect("well-formed");
        assert_eq!(form.get("x"), Some(" %&+\u{a3}\u{20ac}"));
    }

    #[test]
    fn an_empty_parameter_counts_as_omitted_and_a_repeated_one_is_told() {
        let form = Parameters::parse(b"a=&b=1&b=1&c&d=x").expect("well-formed");
        assert_eq!(form.one("a"), Ok(None));
        assert_eq!(form.one("b"), Err(Repeated));
        assert_eq!(form.one("c"), Ok(None));
        assert_eq!(form.one("d"), Ok(Some("x")));
    }

    #[test]
    fn broken_encodings_are_malformed() {
        for broken in [&b"a=%zz"[..], b"a=%f", b"a=%", b"a=%ff", b"a=\xc3", b"%c3=a"] {
            assert!(matches!(Parameters::parse(broken), Err(Malformed)), "{broken:?}");
        }
    }
}
