//! An exchange to be sent again by hand: as a `curl` command for `sh`, with a variable in the place of each secret.

mod word;

use std::fmt;

use self::word::{Piece, pieces, word};
use super::exchange::{Answer, Exchange, Method, Sent};
use super::request::{Endpoint, form_encode};

/// The names of the secrets that come from the provider file or from the environment.
const OF_THE_PROXY: [&str; 2] = ["password of the proxy", "user of the proxy"];

/// The file in which the commands keep the browser's cookies.
const COOKIES: &str = "cookies.txt";

/// The commands of several exchanges in a row, and what has to be set for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// One for each exchange.
    pub commands: Vec<Curl>,
    /// In the order of their first use.
    pub variables: Vec<Variable>,
}

/// A variable that stands for a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the shell.
    pub name: String,
    /// The name under which the exchanges show the secret.
    pub secret: String,
    /// Where to take its value from.
    pub origin: Origin,
}

/// Where the value of a variable comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The provider file has it.
    ProviderFile,
    /// The answer to the exchange at this place, from 0, brings it.
    Answer(usize),
    /// flowproof made it up.
    MadeUp,
}

/// A `curl` command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curl {
    /// The command's arguments with their options, each quoted for `sh`: the first line is the command and its URL.
    pub lines: Vec<String>,
}

impl Curl {
    /// The command on one line.
    pub fn line(&self) -> String {
        self.lines.join(" ")
    }
}

impl fmt::Display for Curl {
    /// An option a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join(" \\\n  "))
    }
}

impl Replay {
    /// The commands that send these exchanges again.
    pub fn of(exchanges: &[Exchange]) -> Self {
        let mut replay = Self::default();
        for (at, exchange) in exchanges.iter().enumerate() {
            let curl = replay.command(exchange, &exchanges[..at]);
            replay.commands.push(curl);
        }
        replay
    }

    /// The variables of one of the commands.
    pub fn variables_of(&self, at: usize) -> impl Iterator<Item = &Variable> {
        let line = self.commands.get(at).map(Curl::line).unwrap_or_default();
        self.variables.iter().filter(move |variable| line.contains(&format!("${{{}}}", variable.name)))
    }

    fn command(&mut self, exchange: &Exchange, before: &[Exchange]) -> Curl {
        let Sent { method, url, headers, form } = &exchange.request;
        let raw = form.iter().find(|(name, _)| name.is_empty()).map(|(_, body)| body);
        let has_body = !form.is_empty() || *method == Method::Post;
        // In the order of curl's own reading, and of the reader's: whom it asks and on which way, who asks, how, with what.
        let mut lines = Vec::new();
        let (url, secret_pairs) = match method {
            Method::Get | Method::Head if !has_body => apart(url),
            Method::Get | Method::Head | Method::Post | Method::Put | Method::Patch | Method::Delete | Method::Options => {
                (url.clone(), Vec::new())
            }
        };
        let mut quoted = |text: &str| self.quoted(text, before);
        let globs = if url.contains(['[', ']', '{', '}']) { " -g" } else { "" };
        let show = if *method == Method::Head { "-I" } else { "-i" };
        let verb = match (method, has_body) {
            (Method::Get, false) | (Method::Post, true) | (Method::Head, false) => String::new(),
            (method, _) => format!(" -X {}", method.as_str()),
        };
        lines.push(format!("curl {show}{globs}{verb} {}", quoted(&url)));
        lines.extend(exchange.way.options(&url).into_iter().map(|(option, value)| match value {
            Some(value) => format!("{option} {}", quoted(&value)),
            None => option.to_owned(),
        }));
        let authorizations = headers.iter().filter(|(name, _)| name == "authorization").count();
        for (name, value) in headers {
            match (name.as_str(), basic(value)) {
                ("cookie", _) if value.starts_with("‹cookies ") => {}
                ("authorization", Some(("Basic", pair))) if authorizations == 1 => lines.push(format!("-u {}", quoted(pair))),
                ("authorization", Some((scheme, pair))) => {
                    let header = quoted(&format!("{name}: {scheme} "));
                    lines.push(format!("-H {header}\"$(printf %s {} | base64 | tr -d '\\n')\"", quoted(pair)));
                }
                // Without a value, curl takes the colon for the wish to leave the header out.
                _ if value.is_empty() => lines.push(format!("-H {}", quoted(&format!("{name};")))),
                _ => lines.push(format!("-H {}", quoted(&format!("{name}: {value}")))),
            }
        }
        if keeps_cookies(exchange) {
            lines.push(format!("-b {COOKIES} -c {COOKIES}"));
        }
        if !secret_pairs.is_empty() {
            lines.push("-G".to_owned());
        }
        match raw {
            Some(body) => lines.push(format!("--data-binary {}", quoted(body))),
            None if form.is_empty() && has_body => lines.push("--data ''".to_owned()),
            None => {
                for (name, value) in secret_pairs.iter().chain(form) {
                    let pair = if can_be_encoded_by_curl(value) {
                        format!("--data-urlencode {}", quoted(&format!("{}={value}", form_encode(name))))
                    } else {
                        format!("--data {}", quoted(&format!("{}={}", form_encode(name), form_encode(value))))
                    };
                    lines.push(pair);
                }
            }
        }
        Curl { lines }
    }

    /// The text as one word of `sh`, variables in the place of secrets.
    fn quoted(&mut self, text: &str, before: &[Exchange]) -> String {
        let pieces: Vec<Piece<'_>> = pieces(text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Text(text) => Piece::Text(text),
                Piece::Secret(mark) => Piece::Variable(self.variable(mark, before)),
                Piece::Variable(name) => Piece::Variable(name),
            })
            .collect();
        word(&pieces)
    }

    /// The variable for a secret, by its mark: `‹code 3fa9c1d2›`.
    fn variable(&mut self, mark: &str, before: &[Exchange]) -> String {
        let secret = mark.trim_start_matches('‹').trim_end_matches('›');
        let (name, digest) = named(secret);
        let same = |known: &&Variable| match (digest, named(&known.secret).1) {
            // One value is one variable, whatever it was called on the way.
            (Some(digest), Some(known)) => digest == known,
            (None, None) => known.secret == secret,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if let Some(known) = self.variables.iter().find(same) {
            return known.name.clone();
        }
        let name = shell_name(name);
        let taken = |name: &str| self.variables.iter().any(|variable| variable.name == name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name);
        self.variables.push(Variable { name: free.clone(), secret: secret.to_owned(), origin: origin(mark, before) });
        free
    }
}

/// A URL without the parameters that hold a secret, and those: curl encodes them, since a variable may hold anything.
fn apart(url: &str) -> (String, Vec<(String, String)>) {
    let Some((address, query)) = url.split_once('?') else { return (url.to_owned(), Vec::new()) };
    let (secret, plain): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| {
        // Only a mark that is the whole of the value: what stands beside it is encoded already.
        pair.split_once('=').is_some_and(|(_, value)| matches!(pieces(value).as_slice(), [Piece::Secret(_)]))
    });
    let secret = secret.iter().filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decoded(name), value.to_owned()));
    let secret: Vec<(String, String)> = secret.collect();
    let address = if plain.is_empty() { address.to_owned() } else { format!("{address}?{}", plain.join("&")) };
    (address, secret)
}

fn decoded(name: &str) -> String {
    url::form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// The scheme and the pair of an `Authorization` header that is shown as [`Request::basic`](super::Request::basic) shows it.
fn basic(header: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = header.split_once(" base64(")?;
    Some((scheme, rest.strip_suffix(')')?))
}

/// What a browser would do: the cookies of one page go to the next.
fn keeps_cookies(exchange: &Exchange) -> bool {
    match exchange.endpoint {
        Endpoint::Authorization | Endpoint::Verification | Endpoint::Page => true,
        Endpoint::Token
        | Endpoint::DeviceAuthorization
        | Endpoint::Revocation
        | Endpoint::Introspection
        | Endpoint::Metadata
        | Endpoint::Jwks
        | Endpoint::Resource
        | Endpoint::Registration
        | Endpoint::Admin => exchange.request.headers.iter().any(|(name, _)| name == "cookie"),
    }
}

/// An argument holds no NUL, and a terminal that is pasted into obeys the other control characters.
fn can_be_encoded_by_curl(value: &str) -> bool {
    !value.chars().any(char::is_control)
}

/// The name of a secret and its digest.
fn named(secret: &str) -> (&str, Option<&str>) {
    match secret.rsplit_once(' ') {
        Some((name, digest)) if digest.len() == 8 && digest.chars().all(|c| c.is_ascii_hexdigit()) => (name, Some(digest)),
        Some((name, "empty")) => (name, Some("empty")),
        _ => (secret, None),
    }
}

/// `client_secret of web` is WEB_SECRET, as a provider file would call it.
fn shell_name(secret: &str) -> String {
    let (what, whose) = secret.rsplit_once(" of ").unwrap_or((secret, ""));
    let whose = whose.strip_prefix("the ").unwrap_or(whose);
    let what = what.replace("client_secret", if whose.is_empty() { "client_secret" } else { "secret" });
    let words: String = match (whose, what.as_str()) {
        (_, "body") => what,
        ("", _) => what,
        (whose, what) => format!("{whose} {what}"),
    };
    let mut name = String::new();
    for c in words.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_uppercase());
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    match name.chars().next() {
        None => "SECRET".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("SECRET_{name}"),
        Some(_) => name.to_owned(),
    }
}

fn origin(mark: &str, before: &[Exchange]) -> Origin {
    let secret = mark.trim_start_matches('‹');
    let configured = ["client_secret of ", "form-encoded client_secret of ", "password of ", "user of the proxy", "admin_key›"];
    if configured.iter().any(|start| secret.starts_with(start)) {
        return Origin::ProviderFile;
    }
    let brings = |exchange: &Exchange| match &exchange.answer {
        Answer::Response { headers, body, .. } => {
            body.contains(mark) || headers.iter().any(|(name, value)| name != "set-cookie" && value.contains(mark))
        }
        Answer::Failure(_) => false,
    };
    before.iter().position(brings).map_or(Origin::MadeUp, Origin::Answer)
}

impl fmt::Display for Variable {
    /// What it has to be set to, exchanges counted from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = named(&self.secret).0;
        match self.origin {
            Origin::ProviderFile if OF_THE_PROXY.contains(&what) => write!(f, "the {what}, which the run was told"),
            Origin::ProviderFile => write!(f, "the {what} in the provider file"),
            Origin::Answer(at) => write!(f, "the {what} in the answer to exchange {}", at + 1),
            Origin::MadeUp => match what {
                "code_verifier" => f.write_str("a verifier of your own; the code_challenge of its request has to be made of it"),
                _ => match what.strip_prefix("made up ") {
                    Some(kind) => write!(f, "any {kind}: it was made up for this check"),
                    None => write!(f, "the {what}, which this check has made"),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests;
