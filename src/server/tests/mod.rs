//! Drives the core without a network: a realm, a clock that stands still, and browsers and clients in few words.

mod accounts;
mod answers;
mod bends;
mod clients;
mod devices;
mod faults;
mod flows;
mod fuzz;
mod journal;
mod policy;
mod refreshing;
mod registration;
mod scripted;
mod tokens;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use serde_json::Value;

use super::config::{Config, RealmConfig};
use super::core::Core;
use super::core::environment::{Clock, Random, SystemRandom};
use super::core::message::{Ending, Request};
use super::core::realm::Realm;

pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

struct StillClock(AtomicU64);

impl Clock for StillClock {
    fn now(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

struct RealRandom;

impl Random for RealRandom {
    fn fill(&self, buffer: &mut [u8]) {
        SystemRandom.fill(buffer);
    }
}

/// A server with one realm under test.
pub(super) struct Bench {
    pub(super) core: Core,
    realm: &'static str,
    clock: Arc<StillClock>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) text: String,
    pub(super) json: Value,
    pub(super) held_back: bool,
    pub(super) ending: Ending,
}

/// Name and value of the parameters of a request.
pub(super) type Pairs<'text> = Vec<(&'text str, String)>;

/// Pairs in few words.
pub(super) fn pairs<'text>(list: &[(&'text str, &str)]) -> Pairs<'text> {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// The pairs with one of them replaced, or added.
pub(super) fn with<'text>(mut list: Pairs<'text>, name: &'text str, value: &str) -> Pairs<'text> {
    list = without(list, name);
    list.push((name, value.to_owned()));
    list
}

/// The pairs without one of them.
pub(super) fn without<'text>(mut list: Pairs<'text>, name: &str) -> Pairs<'text> {
    list.retain(|(known, _)| *known != name);
    list
}

/// The pairs with one more, whether or not it is there already.
pub(super) fn twice<'text>(mut list: Pairs<'text>, name: &'text str, value: &str) -> Pairs<'text> {
    list.push((name, value.to_owned()));
    list
}

pub(super) fn form(list: &Pairs<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(list).finish()
}

/// A Basic header the way RFC 6749 section 2.3.1 wants it.
pub(super) fn basic(id: &str, secret: &str) -> (&'static str, String) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    ("authorization", format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret)))))
}

impl Bench {
    /// The demo realm of this name with these defects.
    pub(super) fn new(realm: &'static str, defects: &[&str]) -> Self {
        let clock = Arc::new(StillClock(AtomicU64::new(1_800_000_000_000)));
        let core = Core::new("http://127.0.0.1:9400".to_owned(), None, clock.clone(), Arc::new(RealRandom)).expect("a key");
        for mut config in Config::demo().realms {
            config.defects = defects.iter().map(|name| (*name).to_owned()).collect();
            core.add_realm(config).expect("a sound configuration");
        }
        Self { core, realm, clock }
    }

    /// The `strict` realm without defects.
    pub(super) fn strict() -> Self {
        Self::new("strict", &[])
    }

    /// The realm under test as it is now.
    pub(super) fn realm(&self) -> Arc<Realm> {
        self.core.realm(self.realm).expect("a demo realm")
    }

    /// Configures the realm anew while it runs.
    pub(super) fn reconfigure(&self, change: impl FnOnce(&mut RealmConfig)) {
        let mut config = self.realm().config.clone();
        change(&mut config);
        self.core.change_realm(config).expect("a sound configuration").expect("a demo realm");
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.wait_ms(seconds * 1_000);
    }

    pub(super) fn wait_ms(&self, milliseconds: u64) {
        self.clock.0.fetch_add(milliseconds, Ordering::SeqCst);
    }

    pub(super) fn issuer(&self) -> String {
        self.core.issuer(self.realm)
    }

    /// The client of a role as it authenticates: its header and what goes into the body.
    pub(super) fn client(&self, role: &str) -> (Vec<(&'static str, String)>, Pairs<'static>) {
        let realm = self.core.realm(self.realm).expect("a demo realm");
        let client = &realm.config.clients[role];
        match (&client.secret, client.auth_method()) {
            (Some(secret), super::config::AuthMethod::ClientSecretBasic) => (vec![basic(&client.id, secret.expose())], vec![]),
            (Some(secret), _) => (vec![], vec![("client_id", client.id.clone()), ("client_secret", secret.expose().to_owned())]),
            (None, _) => (vec![], vec![("client_id", client.id.clone())]),
        }
    }

    pub(super) fn id(&self, role: &str) -> String {
        self.core.realm(self.realm).expect("a demo realm").config.clients[role].id.clone()
    }

    /// Sends anything; the path is below the realm unless it begins with `//`, which stands for the root.
    pub(super) fn send(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Answer {
        let path = match path.strip_prefix("//") {
            Some(absolute) => format!("/{absolute}"),
            None => format!("/realms/{}{path}", self.realm),
        };
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let response = self.core.answer(Request {
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().expect("a field name"), value.parse().expect("a field value")))
                .collect(),
            body: body.as_bytes().to_vec(),
        });
        let held_back = response.delay.is_some();
        let ending = response.ending;
        let (status, headers, body) = response.render();
        let text = String::from_utf8(body).expect("UTF-8");
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or_default(), text, held_back, ending }
    }

    /// Posts a form to an endpoint below `protocol/openid-connect/`.
    pub(super) fn post_with(&self, endpoint: &str, headers: Vec<(&str, String)>, list: &Pairs<'_>) -> Answer {
        let mut headers = headers;
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        self.send("POST", &format!("/protocol/openid-connect/{endpoint}"), &headers, &form(list))
    }

    /// Posts a form as the client of a role.
    pub(super) fn post(&self, endpoint: &str, role: &str, list: &Pairs<'_>) -> Answer {
        let (headers, mut body) = self.client(role);
        body.extend(list.iter().cloned());
        self.post_with(endpoint, headers, &body)
    }

    /// A client credentials token.
    pub(super) fn client_token(&self, role: &str) -> Answer {
        self.post("token", role, &pairs(&[("grant_type", "client_credentials")]))
    }

    /// A complete authorization request of a role, for its last redirect URI.
    pub(super) fn request(&self, role: &str) -> Pairs<'static> {
        let realm = self.core.realm(self.realm).expect("a demo realm");
        let client = &realm.config.clients[role];
        let mut request = pairs(&[
            ("response_type", "code"),
            ("state", "a state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        request.push(("client_id", client.id.clone()));
        request.push(("redirect_uri", client.redirect_uris.last().expect("a redirect URI").clone()));
        request.push(("scope", client.scopes.iter().take(2).cloned().collect::<Vec<_>>().join(" ")));
        request
    }

    /// A code of a role, approved by alice.
    pub(super) fn code(&self, role: &str) -> String {
        self.browser().approve(&self.request(role)).parameter("code").expect("a code")
    }

    /// What redeems a code that was got by [`Self::request`].
    pub(super) fn redemption(&self, role: &str, code: &str) -> Pairs<'static> {
        let redirect_uri = self.request(role).into_iter().find(|(name, _)| *name == "redirect_uri").expect("in it").1;
        let mut list = pairs(&[("grant_type", "authorization_code"), ("code_verifier", VERIFIER)]);
        list.push(("code", code.to_owned()));
        list.push(("redirect_uri", redirect_uri));
        list
    }

    /// Tokens of a role, approved by alice.
    pub(super) fn tokens(&self, role: &str) -> Answer {
        let code = self.code(role);
        self.post("token", role, &self.redemption(role, &code))
    }

    pub(super) fn refresh(&self, role: &str, token: &str) -> Answer {
        self.post("token", role, &pairs(&[("grant_type", "refresh_token"), ("refresh_token", token)]))
    }

    /// What the inspector hears about a token.
    pub(super) fn introspect(&self, token: &str) -> Value {
        self.post("token/introspect", "inspector", &pairs(&[("token", token)])).json
    }

    pub(super) fn is_active(&self, token: &str) -> bool {
        self.introspect(token)["active"] == true
    }

    pub(super) fn userinfo(&self, token: &str) -> Answer {
        self.send("GET", "/protocol/openid-connect/userinfo", &[("authorization", format!("Bearer {token}"))], "")
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser { bench: self, cookies: Mutex::default() }
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// A parameter of the query that the browser is sent back with.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.location().split('#').next()?.split_once('?')?.1;
        form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(super) fn error(&self) -> &str {
        self.json["error"].as_str().unwrap_or_default()
    }

    pub(super) fn text_of(&self, member: &str) -> String {
        self.json[member].as_str().unwrap_or_default().to_owned()
    }

    /// Status and error of a refusal.
    pub(super) fn refusal(&self) -> (u16, &str) {
        (self.status, self.error())
    }

    /// Where the page's form goes.
    pub(super) fn action(&self) -> Option<String> {
        between(&self.text, "action=\"", "\"")
    }

    pub(super) fn csrf(&self) -> Option<String> {
        between(&self.text, "name=\"csrf\" value=\"", "\"")
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split_once(before)?.1.split_once(after)?.0.to_owned())
}

/// A browser with its cookies. It follows redirects within the server and stops at those that lead elsewhere.
pub(super) struct Browser<'bench> {
    bench: &'bench Bench,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser<'_> {
    pub(super) fn send(&self, method: &str, path: &str, headers: Vec<(&str, String)>, body: &str) -> Answer {
        let mut headers = headers;
        let cookies: Vec<String> =
            self.cookies.lock().expect("one thread").iter().map(|(name, value)| format!("{name}={value}")).collect();
        headers.push(("cookie", cookies.join("; ")));
        let answer = self.bench.send(method, path, &headers, body);
        for (_, value) in answer.headers.iter().filter(|(name, _)| *name == "set-cookie") {
            let (name, value) = value.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.lock().expect("one thread").insert(name.to_owned(), value.to_owned());
        }
        match answer.location().strip_prefix("/realms/") {
            Some(_) if answer.status == 303 => {
                let path = format!("/{}", answer.location());
                self.send("GET", &path, vec![], "")
            }
            _ => answer,
        }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, vec![], "")
    }

    /// Fills in the form of a page.
    pub(super) fn submit(&self, page: &Answer, fields: &[(&'static str, &str)]) -> Answer {
        let mut list = pairs(fields);
        list.push(("csrf", page.csrf().expect("an anti-forgery token")));
        self.submit_exactly(page, &list)
    }

    pub(super) fn submit_exactly(&self, page: &Answer, list: &Pairs<'_>) -> Answer {
        let action = format!("/{}", page.action().expect("a form"));
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        self.send("POST", &action, headers, &form(list))
    }

    pub(super) fn authorize(&self, request: &Pairs<'_>) -> Answer {
        self.get(&format!("/protocol/openid-connect/auth?{}", form(request)))
    }

    pub(super) fn log_in(&self, page: &Answer, user: &str) -> Answer {
        self.submit(page, &[("username", user), ("password", &format!("{user}-password"))])
    }

    /// Whatever the request leads to once alice has logged in: the consent page, or an error at the client.
    pub(super) fn logged_in(&self, request: &Pairs<'_>) -> Answer {
        let page = self.authorize(request);
        if page.text.contains("name=\"password\"") { self.log_in(&page, "alice") } else { page }
    }

    pub(super) fn approve(&self, request: &Pairs<'_>) -> Answer {
        let page = self.logged_in(request);
        if page.text.contains("name=\"decision\"") { self.submit(&page, &[("decision", "allow")]) } else { page }
    }

    pub(super) fn deny(&self, request: &Pairs<'_>) -> Answer {
        let page = self.logged_in(request);
        self.submit(&page, &[("decision", "deny")])
    }
}
