//! Whatever comes in, an answer goes out: no panic, no status above 499, nothing that HTTP cannot carry. Requests are made of what earlier answers
//! held, of what the realm knows, and of noise.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestError, TestRunner};

use super::{Bench, CHALLENGE, DEVICE_GRANT, VERIFIER, basic, pairs};
use crate::server::core::message::{Request, Response};

const PATHS: &[&str] = &[
    "/realms/{realm}/protocol/openid-connect/auth",
    "/realms/{realm}/protocol/openid-connect/token",
    "/realms/{realm}/protocol/openid-connect/token/introspect",
    "/realms/{realm}/protocol/openid-connect/revoke",
    "/realms/{realm}/protocol/openid-connect/auth/device",
    "/realms/{realm}/protocol/openid-connect/certs",
    "/realms/{realm}/protocol/openid-connect/userinfo",
    "/realms/{realm}/device",
    "/realms/{realm}/device/{known}",
    "/realms/{realm}/login/{known}",
    "/realms/{realm}/consent/{known}",
    "/realms/{realm}/.well-known/openid-configuration",
    "/realms/{realm}/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/realms/{realm}",
    "/device",
    "/realms/{known}/",
];

const METHODS: &[&str] = &["POST", "POST", "POST", "GET", "GET", "HEAD", "OPTIONS", "PUT", "BREW"];

const NAMES: &[&str] = &[
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "client_id",
    "client_secret",
    "scope",
    "refresh_token",
    "device_code",
    "username",
    "password",
    "token",
    "token_type_hint",
    "response_type",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "user_code",
    "csrf",
    "decision",
    "access_token",
    "response_mode",
    "request",
    "resource",
];

const VALUES: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "refresh_token",
    DEVICE_GRANT,
    "password",
    "code",
    "token",
    "code token",
    "none",
    "S256",
    "plain",
    VERIFIER,
    CHALLENGE,
    "web-app",
    "my-frontend",
    "batch-job",
    "tv",
    "native-app",
    "single-app",
    "web-app-secret-8f3a1c",
    "alice",
    "alice-password",
    "allow",
    "deny",
    "openid",
    "openid profile",
    "billing:read",
    "https://client.example/cb",
    "https://spa.example/cb",
    "http://127.0.0.1:1/cb",
    "com.example.app:/cb",
    "access_token",
    "",
    " ",
    "\u{0}",
    "\r\nx: y",
    "\"\\",
    "\u{10ffff}",
    "%",
    "%zz",
    "😀",
    "--",
    "javascript:alert(1)",
    "//evil.example",
    "http://[::1",
    "http://127.0.0.1:99999/cb",
    "a:",
    ":",
];

/// One text of a request.
#[derive(Clone, Debug)]
enum Text {
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
enum Encoding {
    Sound,
    Raw,
    CutShort,
}

/// A request that makes sense, or nearly.
#[derive(Clone, Debug)]
struct Sense {
    kind: Index,
    heard: Text,
    omitted: Option<Index>,
    spoilt: Option<(Index, Text)>,
}

/// One request.
#[derive(Clone, Debug)]
struct Step {
    /// A request that makes sense, to which the rest is done.
    sense: Option<Sense>,
    method: Index,
    path: Index,
    known: Text,
    query: Vec<(Text, Text)>,
    form: Vec<(Text, Text)>,
    encoding: Encoding,
    authorization: Option<(Index, Text, Text)>,
    content_type: Index,
    keeps_cookies: bool,
    seconds: u64,
    noise: Vec<u8>,
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

fn step() -> impl Strategy<Value = Step> {
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

/// A conversation with a realm: what was heard so far.
struct Talk {
    bench: Bench,
    realm: &'static str,
    heard: Vec<String>,
    cookies: Vec<String>,
}

impl Talk {
    fn new(realm: &'static str, defects: &[&str]) -> Self {
        let bench = Bench::new(realm, defects);
        let mut heard = vec![bench.code("web"), bench.code("spa")];
        let tokens = bench.tokens("web");
        heard.extend([tokens.text_of("access_token"), tokens.text_of("refresh_token")]);
        let device = bench.post("auth/device", "tv", &pairs(&[]));
        heard.extend([device.text_of("device_code"), device.text_of("user_code")]);
        Self { bench, realm, heard, cookies: Vec::new() }
    }

    fn written(&self, text: &Text, usual: &[&str]) -> String {
        match text {
            Text::Usual(index) => (*index.get(usual)).to_owned(),
            Text::Heard(index) => index.get(&self.heard).clone(),
            Text::Damaged(index, place) => {
                let mut letters: Vec<char> = index.get(&self.heard).chars().collect();
                if !letters.is_empty() {
                    let at = place.index(letters.len());
                    letters[at] = 'é';
                }
                letters.into_iter().collect()
            }
            Text::Noise(noise) => noise.clone(),
            Text::Long(letter, times) => letter.to_string().repeat(*times),
        }
    }

    fn encoded(&self, list: &[(Text, Text)], encoding: Encoding) -> Vec<u8> {
        let list = list.iter().map(|(name, value)| (self.written(name, NAMES), self.written(value, VALUES)));
        match encoding {
            Encoding::Sound => form_urlencoded::Serializer::new(String::new()).extend_pairs(list).finish().into_bytes(),
            Encoding::Raw => list.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&").into_bytes(),
            Encoding::CutShort => {
                let mut whole = form_urlencoded::Serializer::new(String::new()).extend_pairs(list).finish().into_bytes();
                whole.truncate(whole.len().saturating_sub(2));
                whole.push(b'%');
                whole
            }
        }
    }

    fn request(&self, step: &Step) -> Request {
        match &step.sense {
            Some(sense) => self.sensible(step, sense),
            None => self.odd(step),
        }
    }

    /// A request that a client or a browser would send, with one thing left out, one replaced, or some added.
    fn sensible(&self, step: &Step, sense: &Sense) -> Request {
        const KINDS: &[(&str, &str, &str, &[&str])] = &[
            ("token", "batch", "client_credentials", &[]),
            ("token", "web", "refresh_token", &["refresh_token"]),
            ("token", "spa", "refresh_token", &["refresh_token"]),
            ("token", "web", "authorization_code", &["code"]),
            ("token", "spa", "authorization_code", &["code"]),
            ("token", "tv", DEVICE_GRANT, &["device_code"]),
            ("token/introspect", "inspector", "", &["token"]),
            ("revoke", "web", "", &["token"]),
            ("auth/device", "tv", "", &[]),
        ];
        let (endpoint, role, grant, heard) = sense.kind.get(KINDS);
        let (fields, mut form) = self.bench.client(role);
        if !grant.is_empty() {
            form.push(("grant_type", (*grant).to_owned()));
        }
        if *grant == "authorization_code" {
            let redirect_uri = self.bench.request(role).into_iter().find(|(name, _)| *name == "redirect_uri").expect("in it").1;
            form.extend([("code_verifier", VERIFIER.to_owned()), ("redirect_uri", redirect_uri)]);
        }
        form.extend(heard.iter().map(|name| (*name, self.written(&sense.heard, VALUES))));
        if let Some(omitted) = &sense.omitted
            && !form.is_empty()
        {
            form.remove(omitted.index(form.len()));
        }
        if let Some((spoilt, by)) = &sense.spoilt
            && !form.is_empty()
        {
            let at = spoilt.index(form.len());
            form[at].1 = self.written(by, VALUES);
        }
        let mut body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish().into_bytes();
        if step.seconds % 4 == 0 {
            body.push(b'&');
            body.extend(self.encoded(&step.form, step.encoding));
        }
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
        for (name, value) in fields {
            headers.insert(name, value.parse().expect("a field value"));
        }
        let path = format!("/realms/{}/protocol/openid-connect/{endpoint}", self.realm);
        Request { method: Method::POST, path, query: String::new(), headers, body }
    }

    fn odd(&self, step: &Step) -> Request {
        let known = self.written(&step.known, VALUES);
        let path = step.path.get(PATHS).replace("{realm}", self.realm).replace("{known}", &known);
        let mut headers = HeaderMap::new();
        if let Some((scheme, user, password)) = &step.authorization {
            let (user, password) = (self.written(user, VALUES), self.written(password, VALUES));
            let field = match scheme.index(4) {
                0 => basic(&user, &password).1,
                1 => format!("Bearer {user}"),
                2 => format!("Basic {user}"),
                _ => user,
            };
            if let Ok(value) = HeaderValue::from_bytes(field.as_bytes()) {
                headers.insert("authorization", value);
            }
        }
        let content_type = step.content_type.get(&[
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=UTF-8",
            "application/json",
            ";",
        ]);
        headers.insert("content-type", HeaderValue::from_static(content_type));
        if step.keeps_cookies {
            for cookie in &self.cookies {
                headers.append("cookie", cookie.parse().expect("it was in a field"));
            }
        }
        if let Ok(value) = HeaderValue::from_bytes(&step.noise) {
            let names = ["origin", "referer", "accept", "cookie", "x-noise"];
            headers.append(HeaderName::from_static(step.known_name(&names)), value);
        }
        let mut body = self.encoded(&step.form, step.encoding);
        if !step.keeps_cookies {
            body.extend(&step.noise);
        }
        Request {
            method: step.method.get(METHODS).parse::<Method>().expect("a method"),
            path,
            query: String::from_utf8_lossy(&self.encoded(&step.query, step.encoding)).into_owned(),
            headers,
            body,
        }
    }

    /// Takes up all that later requests may be made of.
    fn hear(&mut self, response: &http::Response<Vec<u8>>) {
        for cookie in response.headers().get_all("set-cookie") {
            let text = cookie.to_str().expect("a cookie is ASCII");
            self.cookies = vec![text.split(';').next().unwrap_or_default().to_owned()];
        }
        let body = String::from_utf8_lossy(response.body());
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let words = |text: &str| -> Vec<String> {
            let separators = |letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_');
            text.split(separators).filter(|word| word.len() > 8).map(str::to_owned).collect()
        };
        self.heard.extend(words(&body));
        self.heard.extend(words(location));
        let surplus = self.heard.len().saturating_sub(200);
        self.heard.drain(..surplus);
    }

    fn play(&mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        for step in steps {
            let request = self.request(step);
            let shown =
                format!("{} {}?{} {:?}", request.method, request.path, request.query, String::from_utf8_lossy(&request.body));
            let response = self.bench.core.answer(request);
            carried(&response, &shown)?;
            self.hear(&response.into_http());
            self.bench.wait(step.seconds / 20);
        }
        Ok(())
    }
}

impl Step {
    fn known_name(&self, names: &[&'static str]) -> &'static str {
        names[self.content_type.index(names.len())]
    }
}

/// Whether an answer is one that a sound server may give, and that HTTP can carry.
fn carried(response: &Response, request: &str) -> Result<(), TestCaseError> {
    prop_assert!((200..500).contains(&response.status), "{} to {request}", response.status);
    let (status, fields, _) = response.clone().render();
    for (name, value) in fields {
        prop_assert!(HeaderValue::try_from(&value).is_ok(), "{status} with {name}: {value:?} to {request}");
        let split = value.contains(['\r', '\n']);
        prop_assert!(!split, "{name}: {value:?} to {request}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_conversation_makes_the_strict_realm_fail(steps in vec(step(), 1..40)) {
        Talk::new("strict", &[]).play(&steps)?;
    }

    #[test]
    fn no_conversation_makes_the_lenient_realm_fail(steps in vec(step(), 1..40)) {
        Talk::new("lenient", &[]).play(&steps)?;
    }
}

#[test]
fn a_realm_that_crashes_is_found_out() {
    for defect in ["crashes-on-missing-refresh-token", "crashes-on-missing-code"] {
        let mut runner = TestRunner::deterministic();
        let found = runner.run(&vec(step(), 1..40), |steps| Talk::new("strict", &[defect]).play(&steps));
        assert!(matches!(found, Err(TestError::Fail(..))), "{defect}: {found:?}");
    }
}
