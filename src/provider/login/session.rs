//! `login.cookies` and `login.refresh_tokens` of the provider file: what somebody got elsewhere who logged in by hand.

use crate::protocol::Secret;
use crate::provider::fault::Error;
use crate::provider::reading::{Fields, Spot};

/// A session that was begun elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The cookies that a browser begins with.
    pub cookies: Vec<SessionCookie>,
    /// Refresh tokens, for the checks that need tokens and no login.
    pub refresh_tokens: Vec<GivenToken>,
}

impl Session {
    /// What no output may show.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.cookies.iter().map(|cookie| &cookie.value).chain(self.refresh_tokens.iter().map(|given| &given.token))
    }

    /// The refresh token that was given for this client, by its key in the file.
    pub fn refresh_token(&self, client: &str) -> Option<&Secret> {
        self.refresh_tokens.iter().find(|given| given.client == client).map(|given| &given.token)
    }
}

/// A cookie of a session that is given in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
    /// The domain that it is sent to; the provider's own host where none is said.
    pub domain: Option<String>,
    /// Where it is sent.
    pub path: String,
}

/// A refresh token that is given in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenToken {
    /// The key under `clients:` of the client that it was issued to.
    pub client: String,
    /// The token.
    pub token: Secret,
}

/// Reads `login.cookies` and `login.refresh_tokens`.
pub(super) fn read(login: &Fields<'_>) -> Result<Session, Error> {
    let cookies = login.items("cookies")?.iter().map(cookie).collect::<Result<Vec<_>, _>>()?;
    let refresh_tokens = login.items("refresh_tokens")?.iter().map(token).collect::<Result<Vec<_>, _>>()?;
    if !cookies.is_empty() || !refresh_tokens.is_empty() {
        return Ok(Session { cookies, refresh_tokens });
    }
    let cookie = "`[{ name: SESSION, value: \"${SESSION}\" }]`";
    match login.get("cookies") {
        Some(spot) => Err(spot.bad_value(&format!("a cookie at least: {cookie}"))),
        None => Err(login.missing("cookies", &format!("the session's cookies, {cookie}; or `refresh_tokens` in their place"))),
    }
}

fn cookie(spot: &Spot<'_>) -> Result<SessionCookie, Error> {
    let fields = spot.fields(&["name", "value", "domain", "path"])?;
    let name = fields.need("name", "the cookie's name")?.text()?;
    let value = fields.need("value", "the cookie's value")?.text()?;
    Ok(SessionCookie {
        value: Secret::chosen(format!("cookie {name}"), value),
        name,
        domain: fields.text("domain")?,
        path: fields.text("path")?.unwrap_or_else(|| "/".to_owned()),
    })
}

fn token(spot: &Spot<'_>) -> Result<GivenToken, Error> {
    let fields = spot.fields(&["client", "value"])?;
    Ok(GivenToken {
        client: fields.need("client", "the client that it was issued to: a key under `clients:`")?.text()?,
        token: Secret::new("refresh_token", fields.need("value", "the refresh token")?.text()?),
    })
}
