//! The changes that a step can make to a request: one wrong thing each, so that the request without it is the positive control.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regex::Regex;

use super::chance;
use super::halt::Halt;
use super::role::Role;
use super::scene::Scene;
use crate::protocol::request::form_encode;
use crate::protocol::{Body, ClientAuth, Method, Request, Secret, Value};
use crate::provider::{AuthMethod, Client, Need};

/// A scope that no provider knows.
pub const UNKNOWN_SCOPE: &str = "flowproof-no-such-scope";

/// What must not reach a page as it stands: it closes an attribute and opens an element.
pub const MARKUP: &str = "\"'><script>flowproof()</script>";

type Change = fn(&Scene, Request, &[String]) -> Result<Request, Halt>;

/// One change: how a step says it, what it needs, and what it does.
pub struct Alteration {
    /// The words, with `{client}`, `{string}` and `{word}` as in [`super::phrase`].
    pub words: &'static str,
    needs: &'static [Need],
    change: Change,
}

const fn alteration(words: &'static str, needs: &'static [Need], change: Change) -> Alteration {
    Alteration { words, needs, change }
}

/// Every change that a step can name.
pub const ALTERATIONS: &[Alteration] = &[
    // Parameters
    alteration("without {word}", &[], |_, request, args| Ok(request.without(&args[0]))),
    alteration("with an empty {word}", &[], |_, request, args| Ok(request.set(&args[0], ""))),
    alteration("with {word} {string}", &[], |_, request, args| Ok(request.set(&args[0], &args[1]))),
    alteration("with {word} twice", &[], |_, request, args| {
        let value = request.param(&args[0]).cloned().unwrap_or_else(|| Value::from("flowproof"));
        Ok(request.twice(&args[0], value))
    }),
    alteration("with {word} and also {word} {string}", &[], |_, request, args| Ok(request.twice(&args[1], &args[2]))),
    alteration("with a {word} of {word} letters", &[], |_, request, args| {
        let length = args[1].parse().map_err(|_| Halt::blocked(format!("{} is not a number", args[1])))?;
        Ok(request.set(&args[0], chance::token().chars().cycle().take(length).collect::<String>()))
    }),
    alteration("with a {word} that looks like a JWT", &[], |_, request, args| Ok(request.set(&args[0], jwt_of_nobody()))),
    alteration("with a second {word} {string}", &[], |_, request, args| Ok(request.twice(&args[0], &args[1]))),
    alteration("with a made up {word}", &[], |_, request, args| {
        Ok(request.set(&args[0], Secret::new(format!("made up {}", args[0]), chance::token() + &chance::token())))
    }),
    alteration("with {word} cut short", &[], |_, request, args| {
        rewritten(request, &args[0], |value| value.chars().take(value.chars().count().saturating_sub(2)).collect())
    }),
    alteration("with one character of {word} changed", &[], |_, request, args| rewritten(request, &args[0], another_character)),
    alteration("with parameters that no one knows", &[], |_, request, _| {
        Ok(request.set("x_flowproof_unknown", "1").set("foo[bar]", "2"))
    }),
    alteration("with a client_id that no one registered", &[], |_, request, _| {
        Ok(request.set("client_id", format!("flowproof-{}", chance::token())))
    }),
    alteration("with a client_id that no one registered and redirect_uri {string}", &[], |_, request, args| {
        Ok(request.set("client_id", format!("flowproof-{}", chance::token())).set("redirect_uri", &args[0]))
    }),
    alteration("without client_id and with redirect_uri {string}", &[], |_, request, args| {
        Ok(request.without("client_id").set("redirect_uri", &args[0]))
    }),
    alteration("with every character that is allowed in its state", &[], |_, request, _| {
        Ok(request.set("state", (' '..='~').collect::<String>()))
    }),
    alteration("with markup in its {word}", &[], |_, request, args| {
        let plain = request.param(&args[0]).map(|value| value.expose().to_owned()).unwrap_or_default();
        Ok(request.set(&args[0], format!("{plain}{MARKUP}")))
    }),
    // The way it is sent
    alteration("as a CORS preflight", &[], |_, request, _| {
        Ok(request.method(Method::Options).header("access-control-request-method", "GET"))
    }),
    alteration("by GET", &[], |_, request, _| Ok(request.as_get())),
    alteration("by POST", &[], |_, request, _| {
        let mut post = Request::post(request.endpoint, &request.url).without_header("accept");
        for (name, value) in request.query {
            post = post.twice(&name, value);
        }
        Ok(post)
    }),
    alteration("as JSON", &[], |_, request, _| Ok(request.as_json())),
    alteration("with every parameter in the query", &[], |_, request, _| Ok(request.in_query())),
    alteration("accepting {string}", &[], |_, request, args| Ok(request.header("accept", &args[0]))),
    alteration("with the header {word} {string}", &[], |_, request, args| Ok(request.header(&args[0], &args[1]))),
    alteration("with {word} in the query", &[], |_, mut request, args| {
        let value = request.param(&args[0]).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {}", args[0])))?;
        request = request.without(&args[0]);
        request.query.push((args[0].clone(), value));
        Ok(request)
    }),
    alteration("with a made up {word}, the right one in the query", &[], |_, mut request, args| {
        let value = request.param(&args[0]).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {}", args[0])))?;
        request = request.set(&args[0], Secret::new(format!("made up {}", args[0]), chance::token() + &chance::token()));
        request.query.push((args[0].clone(), value));
        Ok(request)
    }),
    alteration("accepting only HTML", &[], |_, request, _| Ok(request.header("accept", "text/html"))),
    alteration("with a cookie", &[], |_, request, _| Ok(request.header("cookie", "session=flowproof"))),
    // PKCE
    alteration("with another code_verifier", &[], |_, request, _| {
        Ok(request.verifier(&Secret::new("code_verifier", format!("{}{}", chance::token(), chance::token()))))
    }),
    alteration("with a code_verifier nobody asked for", &[], |_, request, _| {
        Ok(request.verifier(&Secret::new("code_verifier", format!("{}{}", chance::token(), chance::token()))))
    }),
    alteration("with the code_challenge as its code_verifier", &[], |scene, request, _| {
        let challenge = scene.grant()?.pkce.as_ref().map(|pkce| pkce.challenge.clone());
        let challenge = challenge.ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        Ok(request.verifier(&Secret::new("code_verifier", challenge)))
    }),
    alteration("with one character of its code_verifier changed", &[], |scene, request, _| {
        let mut verifier = scene.verifier()?;
        let last = if verifier.pop() == Some('A') { 'B' } else { 'A' };
        verifier.push(last);
        Ok(request.verifier(&Secret::new("code_verifier", verifier)))
    }),
    alteration("with its code_verifier in the other case", &[], |scene, request, _| {
        let flip = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        Ok(request.verifier(&Secret::new("code_verifier", scene.verifier()?.chars().map(flip).collect::<String>())))
    }),
    alteration("with the code_challenge as its code_verifier and plain as its method", &[], |scene, request, _| {
        let challenge = scene.grant()?.pkce.as_ref().map(|pkce| pkce.challenge.clone());
        let challenge = challenge.ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        let request = request.set("code_challenge", &challenge).set("code_challenge_method", "plain");
        Ok(request.verifier(&Secret::new("code_verifier", challenge)))
    }),
    // The user's own credentials
    alteration("with the name and password of its user", &[], |scene, request, _| {
        let user = scene.user(scene.user)?;
        Ok(request.set("username", &user.username).set("password", &user.password))
    }),
    alteration("with the name of its user and a wrong password", &[], |scene, request, _| {
        let user = scene.user(scene.user)?;
        Ok(request.set("username", &user.username).set("password", format!("wrong-{}", chance::token())))
    }),
    // Client authentication
    alteration("with a wrong client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |_| format!("wrong-{}", chance::token()))
    }),
    alteration("with a truncated client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| secret.chars().take(secret.chars().count().saturating_sub(1)).collect())
    }),
    alteration("with an extended client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| format!("{secret}x"))
    }),
    alteration("with an empty client secret", &[], |scene, request, _| scene.reauthenticate(request, |_| String::new())),
    alteration("with its client_id alone", &[], |scene, request, _| {
        Ok(request.authenticate(&ClientAuth::None { id: scene.actor()?.id.clone() }))
    }),
    alteration("without saying who it is", &[], |_, request, _| Ok(request.authenticate(&ClientAuth::Anonymous))),
    alteration("as a client that no one registered", &[], |scene, request, _| {
        let id = format!("flowproof-{}", chance::token());
        let secret = Secret::new("client_secret", chance::token());
        Ok(request.authenticate(&match scene.actor()?.auth() {
            ClientAuth::Anonymous | ClientAuth::None { .. } => ClientAuth::None { id },
            ClientAuth::Basic { .. } => ClientAuth::Basic { id, secret },
            ClientAuth::Post { .. } => ClientAuth::Post { id, secret },
        }))
    }),
    alteration("authenticated as {client}", &[], |scene, request, args| {
        let role = Role::named(&args[0]).ok_or_else(|| Halt::blocked(format!("no such client: {}", args[0])))?;
        Ok(request.authenticate(&scene.client(role.key)?.auth()))
    }),
    alteration("with its client secret in another case", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| {
            let turned = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            secret.chars().map(turned).collect()
        })
    }),
    alteration("by HTTP Basic", &[], |scene, request, _| {
        let client = scene.actor()?;
        match (client.auth, &client.secret) {
            (AuthMethod::ClientSecretBasic, Some(_)) => Ok(request.authenticate(&client.auth())),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::None, _) => {
                Err(Halt::NotApplicable(format!("`clients.{}` is not registered for HTTP Basic", scene.actor_key())))
            }
        }
    }),
    alteration("with its secret in the body as well", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        // Two ways at once, whichever of them the client is registered for.
        let request = request.basic("Basic", &form_encode(&client.id), &form_encode(secret.expose()));
        Ok(request.set("client_id", &client.id).set("client_secret", secret))
    }),
    alteration("with the credentials of {client} in the body as well", &[], |scene, request, args| {
        let (client, other) = (scene.actor()?, scene.client(named(&args[0])?.key)?);
        let secret = |client: &Client| client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"));
        let request = request.basic("Basic", &form_encode(&client.id), &form_encode(secret(client)?.expose()));
        Ok(request.set("client_id", &other.id).set("client_secret", secret(other)?))
    }),
    alteration("with its client_id in the body as well", &[], |scene, request, _| {
        Ok(request.set("client_id", &scene.actor()?.id))
    }),
    alteration("with its client_id in the body and the Authorization header {string}", &[], |scene, request, args| {
        let request = request.authenticate(&ClientAuth::None { id: scene.actor()?.id.clone() });
        Ok(request.header("authorization", Secret::new("authorization", &args[0])))
    }),
    alteration("with the client_id of {client} in the body as well", &[], |scene, request, args| {
        let role = Role::named(&args[0]).ok_or_else(|| Halt::blocked(format!("no such client: {}", args[0])))?;
        Ok(request.set("client_id", &scene.client(role.key)?.id))
    }),
    alteration("with the scheme {string}", &[], |scene, request, args| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        Ok(request.basic(&args[0], &form_encode(&client.id), &form_encode(secret.expose())))
    }),
    alteration("with the Authorization header {string}", &[], |_, request, args| {
        Ok(request.without("client_id").without("client_secret").header("authorization", Secret::new("authorization", &args[0])))
    }),
    alteration("with its credentials in the query", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        let mut request = request.authenticate(&ClientAuth::Anonymous);
        request.query.push(("client_id".to_owned(), Value::from(&client.id)));
        request.query.push(("client_secret".to_owned(), Value::from(secret)));
        Ok(request)
    }),
    // Device
    alteration("with its user code as the device_code", &[], |scene, request, _| {
        Ok(request.set("device_code", Secret::new("user_code", &scene.device()?.user_code)))
    }),
    // Bearer tokens
    alteration("with its scheme spelled {string}", &[], |_, request, args| {
        let token = bearer_of(&request)?;
        Ok(present(request, &token, &format!("{} {}", args[0], token.expose())))
    }),
    alteration("cut short", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let short: String = token.expose().chars().take(token.expose().chars().count().saturating_sub(4)).collect();
        Ok(request.bearer(&Secret::new("truncated access_token", short)))
    }),
    alteration("moved into the query", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_query(request.without_header("authorization"), &token))
    }),
    alteration("and again in the query", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_query(request, &token))
    }),
    alteration("and again in the body", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request, &[&token]))
    }),
    alteration("in the body, beside a bad one in the header", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let bad = Secret::new("made up token", chance::token());
        Ok(into_body(request.bearer(&bad), &[&token]))
    }),
    alteration("twice in the body", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request.without_header("authorization"), &[&token, &token]))
    }),
    alteration("twice in one header", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(present(request, &token, &format!("Bearer {0} {0}", token.expose())))
    }),
    alteration("in two headers", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let again = Secret::new(token.name(), format!("Bearer {}", token.expose()));
        Ok(request.another_header("authorization", again))
    }),
    // Scope
    alteration("with a scope that only another client may have", &[], |scene, request, _| {
        let own = &scene.actor()?.scopes;
        let others = scene.target.provider.clients.values().flat_map(|client| client.scopes.iter());
        match others.into_iter().find(|scope| !own.contains(scope)) {
            Some(scope) => Ok(request.set("scope", scope)),
            None => Err(Halt::NotApplicable("every client may have every scope".to_owned())),
        }
    }),
    alteration("with only an unknown scope", &[], |_, request, _| Ok(request.set("scope", UNKNOWN_SCOPE))),
    alteration("with an unknown scope beside its own", &[], |scene, request, _| {
        let own =
            request.param("scope").map_or_else(|| scene.scope_of(scene.actor_key()), |value| Ok(value.expose().to_owned()))?;
        Ok(request.set("scope", format!("{own} {UNKNOWN_SCOPE}")))
    }),
    alteration("with one of its scopes", &[Need::TwoScopes], |scene, request, _| Ok(request.set("scope", scene.one_scope()?))),
    alteration("with all its scopes", &[], |scene, request, _| Ok(request.set("scope", scene.scope_of(scene.actor_key())?))),
    // Redirect URI
    alteration("with a slash after its redirect_uri", &[], |_, request, _| {
        rewritten(request, "redirect_uri", |uri| format!("{uri}/"))
    }),
    alteration("with its redirect_uri in another case", &[], |_, request, _| {
        // The path only: scheme and host mean the same in any case (RFC 3986 section 6.2.2.1).
        rewritten(request, "redirect_uri", |uri| {
            match uri.find("://").and_then(|at| uri[at + 3..].find('/').map(|path| at + 3 + path)) {
                Some(path) => format!("{}{}", &uri[..path], uri[path..].to_ascii_uppercase()),
                None => uri.to_owned(),
            }
        })
    }),
    alteration("with the redirect_uri of {client}", &[], |scene, request, args| {
        let role = Role::named(&args[0]).ok_or_else(|| Halt::blocked(format!("no such client: {}", args[0])))?;
        let uri = scene.https_redirect_uri(role.key)?;
        Ok(request.set("redirect_uri", uri))
    }),
    alteration("with its other redirect_uri", &[Need::MultiRedirectClient], |scene, request, _| {
        let used = request.param("redirect_uri").map(|value| value.expose().to_owned()).unwrap_or_default();
        let other = scene.actor()?.redirect_uris.iter().find(|uri| **uri != used).cloned();
        Ok(request.set("redirect_uri", other.ok_or_else(|| Halt::blocked("the client has one redirect URI"))?))
    }),
    alteration("with port {word} in its redirect_uri on {string}", &[Need::NativeClient], |scene, request, args| {
        let host = format!("http://{}", args[1]);
        // Whether a port that is registered pins it, RFC 8252 does not say.
        let uris = scene.actor()?.redirect_uris.iter().filter(|uri| uri.starts_with(&host));
        let free = uris.filter_map(|uri| url::Url::parse(uri).ok()).find(|uri| uri.port().is_none());
        let mut uri = free.ok_or_else(|| Halt::NotApplicable(format!("needs a redirect URI on {host} without a port")))?;
        let port = args[0].parse().map_err(|_| Halt::blocked("no such port"))?;
        uri.set_port(Some(port)).map_err(|()| Halt::blocked("the redirect URI takes no port"))?;
        Ok(request.set("redirect_uri", uri.as_str()))
    }),
    alteration("with its redirect_uri followed by {string}", &[], |_, request, args| {
        let uri = request.param("redirect_uri").map(|value| value.expose().to_owned()).unwrap_or_default();
        Ok(request.set("redirect_uri", format!("{uri}{}", args[0])))
    }),
    alteration("with its redirect_uri cut before its query", &[], |_, request, _| {
        let uri = request.param("redirect_uri").map(|value| value.expose().to_owned()).unwrap_or_default();
        let (bare, _) = uri.split_once('?').ok_or_else(|| Halt::blocked("the redirect URI has no query"))?;
        Ok(request.set("redirect_uri", bare))
    }),
    alteration("with another query in its redirect_uri", &[], |_, request, _| {
        let uri = request.param("redirect_uri").map(|value| value.expose().to_owned()).unwrap_or_default();
        let (bare, _) = uri.split_once('?').ok_or_else(|| Halt::blocked("the redirect URI has no query"))?;
        Ok(request.set("redirect_uri", format!("{bare}?flowproof=1")))
    }),
    alteration("with its https redirect_uri", &[Need::HttpsRedirectClient], |scene, request, _| {
        Ok(request.set("redirect_uri", scene.https_redirect_uri(scene.actor_key())?))
    }),
    alteration("with its https redirect_uri followed by {string}", &[Need::HttpsRedirectClient], |scene, request, args| {
        Ok(request.set("redirect_uri", format!("{}{}", scene.https_redirect_uri(scene.actor_key())?, args[0])))
    }),
    alteration(
        "with {string} in its https redirect_uri replaced by {string}",
        &[Need::HttpsRedirectClient],
        |scene, request, args| {
            let uri = scene.https_redirect_uri(scene.actor_key())?;
            let host = url::Url::parse(&uri).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            let path = url::Url::parse(&uri).map(|url| url.path().to_owned()).unwrap_or_default();
            let fill = |text: &str| text.replace("HOST", &host).replace("PATH", &path);
            let changed = uri.replacen(&fill(&args[0]), &fill(&args[1]), 1);
            if changed == uri {
                Err(Halt::blocked(format!("{} does not stand in {uri}", args[0])))
            } else {
                Ok(request.set("redirect_uri", changed))
            }
        },
    ),
    alteration(
        "with {string} in its https redirect_uri in the other case",
        &[Need::HttpsRedirectClient],
        |scene, request, args| {
            let uri = scene.https_redirect_uri(scene.actor_key())?;
            let url = url::Url::parse(&uri).map_err(|_| Halt::blocked("the redirect URI is no URL"))?;
            let part = args[0].replace("HOST", url.host_str().unwrap_or_default()).replace("PATH", url.path());
            let changed = uri.replacen(&part, &part.to_ascii_uppercase(), 1);
            if changed == uri {
                Err(Halt::NotApplicable(format!("{part} in {uri} has no letter that could change")))
            } else {
                Ok(request.set("redirect_uri", changed))
            }
        },
    ),
];

/// The bearer token in the header of a request.
fn bearer_of(request: &Request) -> Result<Secret, Halt> {
    let header = request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value);
    let token = header.and_then(|value| value.expose().strip_prefix("Bearer "));
    let token = token.ok_or_else(|| Halt::blocked("the request carries no bearer token"))?;
    Ok(Secret::new("access_token", token))
}

/// The request with this `Authorization` header, which holds the token.
fn present(request: Request, token: &Secret, header: &str) -> Request {
    request.header("authorization", Secret::new(token.name(), header))
}

fn into_query(mut request: Request, token: &Secret) -> Request {
    request.query.push(("access_token".to_owned(), Value::from(token)));
    request
}

/// The request as a POST whose form holds the tokens (RFC 6750 section 2.2).
fn into_body(mut request: Request, tokens: &[&Secret]) -> Request {
    request.method = Method::Post;
    request.body = Body::Form(tokens.iter().map(|token| ("access_token".to_owned(), Value::from(*token))).collect());
    request
}

/// A JWT that is well-formed and that no one issued: header and claims say so, and the signature fits no key.
fn jwt_of_nobody() -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let header = part(r#"{"alg":"RS256","typ":"at+jwt","kid":"flowproof-no-such-key"}"#);
    let claims = part(&format!(
        r#"{{"iss":"https://nobody.example","sub":"nobody","aud":"nobody","exp":4102444800,"iat":1700000000,"jti":"{}"}}"#,
        chance::token()
    ));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(chance::octets::<64>()))
}

fn named(words: &str) -> Result<&'static Role, Halt> {
    Role::named(words).ok_or_else(|| Halt::blocked(format!("no such client: {words}")))
}

/// The request with the value of a parameter rewritten; it has to come out changed.
fn rewritten(request: Request, name: &str, rewrite: impl Fn(&str) -> String) -> Result<Request, Halt> {
    let value = request.param(name).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {name}")))?;
    let changed = rewrite(value.expose());
    if changed == value.expose() {
        return Err(Halt::blocked(format!("the {name} cannot be changed so")));
    }
    Ok(match value {
        Value::Plain(_) => request.set(name, changed),
        Value::Secret(_) => request.set(name, Secret::new(format!("changed {name}"), changed)),
    })
}

/// The text with a character in its middle replaced by another one of the same kind.
fn another_character(text: &str) -> String {
    let middle = text.chars().count() / 2;
    let other = |c: char| match c {
        'a' | 'A' | '0' => char::from(c as u8 + 1),
        c if c.is_ascii_lowercase() => 'a',
        c if c.is_ascii_uppercase() => 'A',
        _ => '0',
    };
    text.chars().enumerate().map(|(at, c)| if at == middle { other(c) } else { c }).collect()
}

/// An alteration with its arguments, and the one that follows it after a comma.
#[derive(Clone)]
pub struct Bound {
    alteration: &'static Alteration,
    args: Vec<String>,
    next: Option<Box<Bound>>,
}

impl Bound {
    /// What it needs of the provider.
    pub fn needs(&self) -> Vec<Need> {
        let clients = self.args.iter().filter_map(|arg| Role::named(arg)).map(|role| role.need);
        let next = self.next.iter().flat_map(|next| next.needs());
        self.alteration.needs.iter().copied().chain(clients).chain(next).collect()
    }

    /// The request, changed.
    pub fn apply(&self, scene: &Scene, request: Request) -> Result<Request, Halt> {
        let request = (self.alteration.change)(scene, request, &self.args)?;
        match &self.next {
            Some(next) => next.apply(scene, request),
            None => Ok(request),
        }
    }
}

static COMPILED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let compile = |alteration: &Alteration| {
        let pattern = regex::escape(alteration.words)
            .replace(r"\{word\}", r"([A-Za-z0-9_\-]+)")
            .replace(r"\{string\}", r#""([^"]*)""#)
            .replace(r"\{client\}", "(an? [a-zA-Z ]+|another [a-zA-Z ]+)");
        Regex::new(&format!("^{pattern}$")).expect("the alterations compile")
    };
    ALTERATIONS.iter().map(compile).collect()
});

/// The alterations that these words name, joined by commas. Words without parameters win over words with them.
pub fn bind(words: &str) -> Option<Bound> {
    one(words).or_else(|| {
        words.match_indices(", ").find_map(|(at, comma)| {
            let next = Some(Box::new(bind(&words[at + comma.len()..])?));
            Some(Bound { next, ..one(&words[..at])? })
        })
    })
}

fn one(words: &str) -> Option<Bound> {
    let fits = |(at, alteration): (usize, &'static Alteration)| {
        let captures = COMPILED[at].captures(words)?;
        let args = captures.iter().skip(1).flatten().map(|found| found.as_str().to_owned()).collect();
        Some(Bound { alteration, args, next: None })
    };
    ALTERATIONS.iter().enumerate().filter_map(fits).min_by_key(|bound| bound.args.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_name_one_change_win_over_words_with_parameters() {
        let bound = bind("with an empty client secret").expect("a change");
        assert_eq!(bound.alteration.words, "with an empty client secret");
        assert_eq!(bind("with an empty code_verifier").expect("a change").args, ["code_verifier"]);
        assert!(bind("with a moon in its sky").is_none());
    }

    #[test]
    fn alterations_are_joined_by_commas() {
        let bound = bind("without saying who it is, accepting only HTML").expect("two changes");
        assert_eq!(bound.alteration.words, "without saying who it is");
        assert_eq!(bound.next.expect("the second").alteration.words, "accepting only HTML");
        assert!(bind("without scope, with a moon in its sky").is_none());
    }
}
