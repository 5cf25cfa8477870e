//! The keys of a provider file, and what each may hold.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::client::{AuthMethod, Client, Grant, PkceDemand};
use super::connect;
use super::document::{self, Paper};
use super::endpoints::Endpoints;
use super::fault::Error;
use super::issuers::{Own, Owns, agree};
use super::login;
use super::model::{Admin, LoadPolicy, PkcePolicy, Provider, Resource, Source, User};
use super::needs::Need;
use super::reading::{Fields, Reading, Spot};
use super::{spelling, tree};
use crate::protocol::Profile;
use crate::protocol::Secret;
use crate::protocol::request::DEVICE_CODE_GRANT;
use crate::wire::Pace;

/// Reads the text of a provider file.
pub(super) fn from_yaml(text: &str, source: Source, env: &dyn Fn(&str) -> Option<String>) -> Result<Provider, Error> {
    document::of_yaml(text, source, Paper::PROVIDER_FILE, Some(env), read)
}

/// Reads a document that was made and not written.
pub(super) fn from_json(document: &serde_json::Value, source: Source) -> Result<Provider, Error> {
    let root = tree::of_json(document);
    read(&Reading { source, paper: Paper::PROVIDER_FILE, text: "", root: &root, env: None })
}

const KEYS: [&str; 15] = [
    "issuer",
    "connect",
    "preset",
    "profile",
    "endpoints",
    "clients",
    "users",
    "login",
    "admin",
    "load",
    "pkce",
    "resource",
    "capabilities",
    "lifetimes",
    "pace",
];

fn read(reading: &Reading<'_>) -> Result<Provider, Error> {
    let root = reading.root();
    if root.is_null() {
        return Err(Error::Empty { source: reading.source.clone() });
    }
    let file = root.fields(&KEYS)?;
    let issuer = issuer(file.need("issuer", "say whom to test: `issuer: https://…`")?)?;
    let profile = file.get("profile").map(|spot| spot.one_of(&[Profile::OAuth20, Profile::OAuth21], Profile::name));
    let (clients, owns) = clients(&file, &issuer)?;
    let endpoints = Endpoints::read(&file)?;
    agree(&issuer, &endpoints, &owns, &file.entries("clients")?)?;
    let provider = Provider {
        name: reading.source.provider_name(),
        connect: connect::read(&file, &reading.source, reading.env)?,
        issuer,
        preset: file.text("preset")?,
        profile: profile.transpose()?.unwrap_or_default(),
        endpoints,
        login: login::read(&file, &reading.source)?,
        admin: admin(&file)?,
        load: load(&file)?,
        pkce: pkce(&file, &clients)?,
        resource: resource(&file)?,
        capabilities: capabilities(&file)?,
        code_lifetime: lifetime(&file, "code")?,
        refresh_lifetime: lifetime(&file, "refresh")?,
        reuse_grace: lifetime(&file, "reuse_grace")?,
        pace: pace(&file)?,
        users: users(&file)?,
        clients,
        others: Vec::new(),
        source: reading.source.clone(),
    };
    Ok(provider.apart(owns))
}

/// RFC 8414 section 2: a URL without query and fragment; kept as it is spelled, because it is compared so.
pub(super) fn issuer(spot: &Spot<'_>) -> Result<String, Error> {
    let url = spot.url()?;
    if url.query().is_some() {
        return Err(spot.bad_url("an issuer has no query (RFC 8414 section 2)"));
    }
    spot.text()
}

const CLIENT_KEYS: [&str; 12] = [
    "id",
    "secret",
    "auth",
    "redirect_uris",
    "grants",
    "scopes",
    "introspect",
    "pkce",
    "rotation",
    "reuse_grace",
    "issuer",
    "endpoints",
];

fn clients(file: &Fields<'_>, files_own: &str) -> Result<(BTreeMap<String, Client>, Owns), Error> {
    let entries = file.entries("clients")?;
    let (mut clients, mut owns) = (BTreeMap::new(), Owns::new());
    for (role, spot) in &entries {
        let fields = spot.fields(&CLIENT_KEYS)?;
        clients.insert(role.clone(), client(role, &fields)?);
        owns.extend(Own::read(&fields)?.map(|own| (role.clone(), own)));
    }
    for (role, other) in [("other", "web"), ("other_spa", "spa"), ("other_tv", "tv")] {
        // Another issuer may know another client by the same name.
        let issuer = |role: &str| owns.iter().find(|(name, _)| name == role).map_or(files_own, |(_, own)| own.issuer.as_str());
        let id = |role: &str| clients.get(role).map(|client: &Client| (&client.id, issuer(role)));
        if id(role).is_some() && id(role) == id(other) {
            let expected =
                format!("another client than `clients.{other}`: the two show that one cannot use the other's codes and tokens");
            if let Some((_, spot)) = entries.iter().find(|(name, _)| name == role) {
                return Err(spot.fields(&CLIENT_KEYS)?.need("id", "")?.bad_value(&expected));
            }
        }
    }
    Ok((clients, owns))
}

fn client(role: &str, fields: &Fields<'_>) -> Result<Client, Error> {
    let id = fields.need("id", "the `client_id` that the provider knows this client by")?.text()?;
    let secret = fields.text("secret")?.map(|secret| Secret::chosen(format!("client_secret of {role}"), secret));
    let auth = match fields.get("auth") {
        Some(spot) => match (spot.one_of(&AuthMethod::ALL, AuthMethod::name)?, &secret) {
            (AuthMethod::None, Some(_)) => {
                return Err(spot.bad_value("client_secret_basic or client_secret_post, as there is a secret"));
            }
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                return Err(fields.missing("secret", "`auth:` says that this client has one; a public client is `auth: none`"));
            }
            (method, _) => method,
        },
        None if secret.is_some() => AuthMethod::ClientSecretBasic,
        None => AuthMethod::None,
    };
    let redirect_uris = fields.items("redirect_uris")?.iter().map(redirect_uri).collect::<Result<Vec<_>, _>>()?;
    let grants = match fields.get("grants") {
        Some(spot) => spot.items()?.iter().map(grant).collect::<Result<Vec<_>, _>>()?,
        // RFC 7591 section 2: what a client is registered for when nothing is said.
        None if redirect_uris.is_empty() => Vec::new(),
        None => vec![Grant::AuthorizationCode],
    };
    Ok(Client {
        role: role.to_owned(),
        id,
        secret,
        auth,
        redirect_uris,
        grants,
        scopes: fields.items("scopes")?.iter().map(scope).collect::<Result<Vec<_>, _>>()?,
        introspect: fields.get("introspect").map_or(Ok(false), Spot::flag)?,
        pkce: fields.get("pkce").map(|spot| spot.one_of(&PkceDemand::ALL, PkceDemand::name)).transpose()?,
        rotation: fields.get("rotation").map(Spot::flag).transpose()?,
        reuse_grace: fields.get("reuse_grace").map(span).transpose()?,
    })
}

/// An absolute URI of any scheme without a fragment (RFC 6749 section 3.1.2), kept as it is spelled.
fn redirect_uri(spot: &Spot<'_>) -> Result<String, Error> {
    let text = spot.text()?;
    match Url::parse(&text) {
        _ if text.chars().any(|c| c.is_whitespace() || c.is_control()) => Err(spot.bad_url("a redirect URI has no space in it")),
        Err(error) => Err(spot.bad_url(&format!("{error}; expected an absolute URI (RFC 6749 section 3.1.2)"))),
        Ok(uri) if uri.fragment().is_some() => Err(spot.bad_url("a redirect URI has no fragment (RFC 6749 section 3.1.2)")),
        Ok(_) => Ok(text),
    }
}

fn grant(spot: &Spot<'_>) -> Result<Grant, Error> {
    if spot.text()? == DEVICE_CODE_GRANT { Ok(Grant::DeviceCode) } else { spot.one_of(&Grant::ALL, Grant::name) }
}

/// One scope token (RFC 6749 section 3.3).
fn scope(spot: &Spot<'_>) -> Result<String, Error> {
    let text = spot.text()?;
    let is_token = text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\');
    if is_token { Ok(text) } else { Err(spot.bad_value("one scope without spaces and quotes, each an item of the list")) }
}

fn users(file: &Fields<'_>) -> Result<BTreeMap<String, User>, Error> {
    let mut users = BTreeMap::new();
    for (name, spot) in file.entries("users")? {
        let fields = spot.fields(&["username", "password", "sub"])?;
        let user = User {
            name: name.clone(),
            username: fields.need("username", "what this user types into the login form")?.text()?,
            password: Secret::chosen(
                format!("password of {name}"),
                fields.need("password", "the login form asks for it")?.text()?,
            ),
            sub: fields.text("sub")?,
        };
        users.insert(name, user);
    }
    Ok(users)
}

fn admin(file: &Fields<'_>) -> Result<Option<Admin>, Error> {
    let Some(fields) = file.fields("admin", &["url", "key", "realm"])? else { return Ok(None) };
    Ok(Some(Admin {
        url: fields.need("url", "where the reference server's admin listener is")?.url()?,
        key: Secret::chosen("admin_key", fields.need("key", "the admin listener asks for it")?.text()?),
        realm: fields.need("realm", "the realm that this file describes")?.text()?,
    }))
}

fn load(file: &Fields<'_>) -> Result<LoadPolicy, Error> {
    let fields = file.fields("load", &["allow"])?;
    Ok(LoadPolicy { allow: fields.and_then(|fields| fields.get("allow").map(Spot::flag)).unwrap_or(Ok(false))? })
}

fn pkce(file: &Fields<'_>, clients: &BTreeMap<String, Client>) -> Result<PkcePolicy, Error> {
    let Some(fields) = file.fields("pkce", &["optional_for"])? else { return Ok(PkcePolicy::default()) };
    for spot in fields.items("optional_for")? {
        let role = spot.text()?;
        if !clients.contains_key(&role) {
            let roles = || clients.keys().map(String::as_str);
            let meant = spelling::nearest(&role, roles()).map(|meant| format!("; did you mean `{meant}`?"));
            let roles = roles().collect::<Vec<_>>().join(", ");
            return Err(spot.bad_value(&format!("a role of `clients:` ({roles}){}", meant.unwrap_or_default())));
        }
    }
    Ok(PkcePolicy { optional_for: fields.texts("optional_for")? })
}

fn resource(file: &Fields<'_>) -> Result<Option<Resource>, Error> {
    let Some(fields) = file.fields("resource", &["url", "scope"])? else { return Ok(None) };
    Ok(Some(Resource { url: fields.url("url")?, scope: fields.get("scope").map(scope).transpose()? }))
}

fn capabilities(file: &Fields<'_>) -> Result<BTreeMap<Need, bool>, Error> {
    let known = || Need::ALL.iter().filter_map(|need| Some((need.capability()?, *need)));
    let mut capabilities = BTreeMap::new();
    for (name, spot) in file.entries("capabilities")? {
        match known().find(|(key, _)| *key == name) {
            Some((_, need)) => capabilities.insert(need, spot.flag()?),
            None => return Err(spot.unknown_key(known().map(|(key, _)| key).collect())),
        };
    }
    Ok(capabilities)
}

const PACE_KEYS: [&str; 3] = ["requests_per_second", "at_once", "logins_at_once"];

fn pace(file: &Fields<'_>) -> Result<Pace, Error> {
    let Some(fields) = file.fields("pace", &PACE_KEYS)? else { return Ok(Pace::default()) };
    let room = |key| match fields.get(key) {
        Some(spot) => spot.number(1, 1000).map(|number| usize::try_from(number).ok()),
        None => Ok(None),
    };
    let rate = fields.get("requests_per_second").map(|spot| spot.decimal(0.1, 10_000.0)).transpose()?;
    Ok(Pace {
        apart: rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
        at_once: room("at_once")?,
        logins_at_once: room("logins_at_once")?,
    })
}

fn lifetime(file: &Fields<'_>, of: &str) -> Result<Option<Duration>, Error> {
    let Some(fields) = file.fields("lifetimes", &["code", "refresh", "reuse_grace"])? else { return Ok(None) };
    fields.get(of).map(span).transpose()
}

/// A time with its unit.
fn span(spot: &Spot<'_>) -> Result<Duration, Error> {
    let text = spot.text()?;
    let (digits, seconds) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 60),
        (None, None) => (text.as_str(), 0),
    };
    match digits.parse::<u32>() {
        Ok(number) if seconds > 0 => Ok(Duration::from_secs(u64::from(number) * seconds)),
        Ok(_) | Err(_) => Err(spot.bad_value("a time such as 60s or 10m")),
    }
}
