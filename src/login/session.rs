//! The session driver: a browser that begins with the cookies of a session that somebody gave.

use super::errand::Errand;
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::provider::Session;
use crate::wire::{Cookie, Jar, Tape, Wire};

/// Walks as the form driver does; a page that asks who the user is says that the session has ended.
pub(super) async fn resume(wire: &Wire, tape: &Tape, jar: &mut Jar, session: &Session, errand: &Errand<'_>) -> Sighting {
    tape.learn(session.secrets());
    if jar.is_empty() {
        let start = errand.start.target();
        let host = start.host_str().unwrap_or_default();
        for cookie in &session.cookies {
            jar.put(&Cookie {
                name: cookie.name.clone(),
                value: cookie.value.expose().to_owned(),
                domain: cookie.domain.clone().unwrap_or_else(|| host.to_owned()),
                host_only: cookie.domain.is_none(),
                path: cookie.path.clone(),
                secure: cookie.name.starts_with("__"),
                http_only: true,
            });
        }
    }
    let sighting = walk::look(wire, tape, &mut jar.clone(), errand.start.clone(), errand.stop_at.uris()).await;
    if sighting.last().is_some_and(|hop| hop.role == Role::LoginPage) && matches!(sighting.end, End::Finished) {
        let why = if session.cookies.is_empty() {
            "a refresh token was given and no session: the provider asks for a login; give `login.cookies`"
        } else {
            "the session given has ended: the provider asks for a login; give fresh `login.cookies`"
        };
        let why = why.to_owned();
        return Sighting { end: End::Stuck { why }, ..sighting };
    }
    walk::walk(wire, tape, jar, errand).await
}
