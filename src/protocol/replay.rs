//! An exchange to be sent again by hand: as a `curl` command for `sh`, with a variable in the place of each secret.

use std::fmt;
use std::fmt::Write as _;

use super::exchange::{Answer, Exchange, Method, Sent};
use super::request::{Endpoint, form_encode};

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
        // In the order of curl's own reading, and of the reader's: who asks, how, with what.
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

/// A piece of a masked text.
enum Piece<'a> {
    Text(&'a str),
    /// With its guillemets.
    Secret(&'a str),
    Variable(String),
}

/// Takes a masked text apart at the marks in it.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('‹') {
        let Some(length) = rest[open..].find('›').map(|close| close + '›'.len_utf8()) else { break };
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        pieces.push(Piece::Secret(&rest[open..open + length]));
        rest = &rest[open + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// One word of `sh`: in double quotes where it has a variable and nothing that the shell would obey there, else each piece in its own.
fn word(pieces: &[Piece<'_>]) -> String {
    let is_obeyed = |text: &str| text.contains(['"', '$', '`', '\\', '!']);
    let has_variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
    let is_plain = pieces.iter().all(|piece| match piece {
        Piece::Text(text) => !is_obeyed(text),
        Piece::Secret(_) | Piece::Variable(_) => true,
    });
    let mut word = String::new();
    if has_variable && is_plain {
        word.push('"');
        for piece in pieces {
            match piece {
                Piece::Text(text) | Piece::Secret(text) => word.push_str(text),
                Piece::Variable(name) => word.push_str(&format!("${{{name}}}")),
            }
        }
        word.push('"');
        return word;
    }
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Secret(text) => {
                let _ = write!(word, "'{}'", text.replace('\'', r"'\''"));
            }
            Piece::Variable(name) => {
                let _ = write!(word, "\"${{{name}}}\"");
            }
        }
    }
    if word.is_empty() { "''".to_owned() } else { word }
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
    let configured = ["client_secret of ", "form-encoded client_secret of ", "password of ", "admin_key›"];
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
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;
    use crate::protocol::{Body, ClientAuth, Failure, Request, Response, Secret, Vault, request};

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a constant URL")
    }

    fn shown(request: &Request) -> Exchange {
        let mut vault = Vault::default();
        request.secrets().for_each(|secret| vault.learn(secret));
        Exchange::shown(request, Err(&Failure::TimedOut(Duration::from_secs(1))), &vault.masker())
    }

    fn lines(request: &Request) -> Vec<String> {
        Replay::of(&[shown(request)]).commands.remove(0).lines
    }

    #[test]
    fn a_redemption_is_a_command_in_which_secrets_are_variables() {
        let secret = Secret::chosen("client_secret of web", "correct-horse");
        let request = request::redeem(&url("http://127.0.0.1:9400/token"), &Secret::new("code", "SplxlOBeZQ"))
            .set("redirect_uri", "https://client.example/it's")
            .authenticate(&ClientAuth::Basic { id: "web-app".to_owned(), secret });
        assert_eq!(
            lines(&request),
            [
                "curl -i 'http://127.0.0.1:9400/token'",
                "-H 'accept: application/json'",
                "-u \"web-app:${WEB_SECRET}\"",
                "--data-urlencode 'grant_type=authorization_code'",
                "--data-urlencode \"code=${CODE}\"",
                r"--data-urlencode 'redirect_uri=https://client.example/it'\''s'",
            ]
        );
    }

    #[test]
    fn a_secret_that_a_form_encodes_has_a_variable_of_its_own() {
        let secret = Secret::chosen("client_secret of web", "p:%+ &=");
        let auth = ClientAuth::Basic { id: "a b".to_owned(), secret };
        let request = request::client_credentials(&url("http://x/token")).authenticate(&auth);
        assert!(lines(&request).contains(&"-u \"a+b:${WEB_FORM_ENCODED_SECRET}\"".to_owned()), "{:?}", lines(&request));
    }

    #[test]
    fn another_scheme_and_a_second_header_are_made_by_the_shell() {
        let secret = Secret::chosen("client_secret of web", "correct-horse");
        let request = Request::get(Endpoint::Resource, &url("http://x/me")).basic("bAsIc", "web", &secret);
        assert_eq!(lines(&request)[1], r#"-H 'authorization: bAsIc '"$(printf %s "web:${WEB_SECRET}" | base64 | tr -d '\n')""#);
        let token = Secret::new("access_token", "0123456789");
        let request = request.bearer(&token);
        assert_eq!(lines(&request)[1], "-H \"authorization: Bearer ${ACCESS_TOKEN}\"");
    }

    #[test]
    fn what_a_shell_would_obey_stays_in_single_quotes() {
        let token = Secret::new("token", "0123456789");
        let request = Request::post(Endpoint::Revocation, &url("http://x/r"))
            .set("a", "$(rm -rf ~) `x` \"!")
            .header("x-mixed", Value::from(Secret::around("mixed", "$HOME 0123456789", format!("$HOME {token}"), &token)))
            .set("nul", "a\0b\nc");
        assert_eq!(
            lines(&request)[2..],
            [
                "-H 'x-mixed: $HOME '\"${TOKEN}\"".to_owned(),
                "--data-urlencode 'a=$(rm -rf ~) `x` \"!'".to_owned(),
                "--data 'nul=a%00b%0Ac'".to_owned()
            ]
        );
    }

    use super::super::request::Value;

    #[test]
    fn a_secret_in_a_query_is_encoded_by_curl_and_the_rest_stays_as_it_was() {
        let mut get = Request::get(Endpoint::Resource, &url("http://x/me?a=%20b"));
        get.query.push(("access_token".to_owned(), Secret::new("access_token", "0123456789").into()));
        get.query.push(("b".to_owned(), "c d".into()));
        assert_eq!(
            lines(&get),
            ["curl -i 'http://x/me?a=%20b&b=c+d'", "-G", "--data-urlencode \"access_token=${ACCESS_TOKEN}\""]
        );
    }

    #[test]
    fn methods_and_bodies_are_what_they_were() {
        let post = Request::post(Endpoint::Token, &url("http://[::1]/t"));
        assert_eq!(lines(&post), ["curl -i -g 'http://[::1]/t'", "-H 'accept: application/json'", "--data ''"]);
        let get = Request::get(Endpoint::Token, &url("http://x/t")).method(Method::Options);
        assert_eq!(lines(&get), ["curl -i -X OPTIONS 'http://x/t'"]);
        let json = post.clone().set("token", Secret::new("token", "0123456789")).as_json();
        assert_eq!(lines(&json)[2..], ["-H 'content-type: application/json'", "--data-binary '{\"token\":\"'\"${TOKEN}\"'\"}'"]);
        let hidden = Body::Raw { content_type: "text/plain".to_owned(), octets: b"hush".to_vec(), shown: None };
        assert_eq!(lines(&Request { body: hidden, ..post })[3], "--data-binary \"${BODY}\"");
    }

    #[test]
    fn a_variable_says_where_its_value_comes_from_and_one_value_is_one_variable() {
        let endpoint = url("http://x/token");
        let (first, second) = (Secret::new("access_token", "first-token"), Secret::new("access_token", "second-token"));
        let body = br#"{"access_token":"first-token"}"#.to_vec();
        let answer = Response { status: 200, headers: Vec::new(), body, elapsed: Duration::ZERO };
        let mut vault = Vault::default();
        vault.learn(&first);
        let asked = Exchange::shown(&request::client_credentials(&endpoint), Ok(&answer), &vault.masker());
        let used = shown(&request::resource(&endpoint).bearer(&first));
        let asked_about = shown(&request::introspect(&endpoint, &first));
        let other = shown(&request::introspect(&endpoint, &second));
        let replay = Replay::of(&[asked, used, asked_about, other]);
        let variables: Vec<_> = replay.variables.iter().map(|variable| (variable.name.as_str(), variable.origin)).collect();
        assert_eq!(variables, [("ACCESS_TOKEN", Origin::Answer(0)), ("ACCESS_TOKEN_2", Origin::MadeUp)]);
        assert_eq!(replay.variables_of(2).count(), 1);
        assert_eq!(replay.variables[0].to_string(), "the access_token in the answer to exchange 1");
    }

    #[test]
    fn pages_share_a_file_of_cookies() {
        let page =
            Request::get(Endpoint::Page, &url("http://x/login")).header("cookie", Secret::new("cookies", "sid=0123456789"));
        assert_eq!(lines(&page)[1], "-b cookies.txt -c cookies.txt");
        assert_eq!(shell_name("hidden field _csrf.token"), "HIDDEN_FIELD_CSRF_TOKEN");
        assert_eq!(shell_name("password of alice"), "ALICE_PASSWORD");
    }
}
