//! `login.cookies` of the provider file: a session that was begun elsewhere.

use crate::protocol::Secret;
use crate::provider::fault::Error;
use crate::provider::reading::{Fields, Spot};

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

/// Reads `login.cookies`.
pub(super) fn read(login: &Fields<'_>) -> Result<Vec<SessionCookie>, Error> {
    let purpose = "the session's cookies: `cookies: [{ name: SESSION, value: \"${SESSION}\" }]`";
    let spot = login.need("cookies", purpose)?;
    let cookies = spot.items()?.iter().map(cookie).collect::<Result<Vec<_>, _>>()?;
    if cookies.is_empty() {
        Err(spot.bad_value("a cookie at least: `[{ name: SESSION, value: \"${SESSION}\" }]`"))
    } else {
        Ok(cookies)
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
