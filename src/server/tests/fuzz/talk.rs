//! A conversation: each request may be made of what the answers before it held.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::prelude::*;

use super::carried;
use super::step::{Encoding, Sense, Step, Text};
use super::words::{METHODS, NAMES, PATHS, VALUES};
use crate::server::core::message::Request;
use crate::server::tests::{Bench, DEVICE_GRANT, VERIFIER, basic, pairs};

/// A conversation with a realm: what was heard so far.
pub(super) struct Talk {
    bench: Bench,
    realm: &'static str,
    heard: Vec<String>,
    cookies: Vec<String>,
}

impl Talk {
    pub(super) fn new(realm: &'static str, defects: &[&str]) -> Self {
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
        if step.seconds.is_multiple_of(4) {
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

    pub(super) fn play(&mut self, steps: &[Step]) -> Result<(), TestCaseError> {
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
