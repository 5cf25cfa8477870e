//! The session driver: a browser that begins with the cookies of a session that somebody gave.

use super::errand::Errand;
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::provider::SessionCookie;
use crate::wire::{Cookie, Jar, Tape, Wire};

/// Walks as the form driver does; a page that asks who the user is says that the session has ended.
pub(super) async fn resume(wire: &Wire, tape: &Tape, jar: &mut Jar, cookies: &[SessionCookie], errand: &Errand<'_>) -> Sighting {
    tape.learn(cookies.iter().map(|cookie| &cookie.value));
    if jar.is_empty() {
        let start = errand.start.target();
        let host = start.host_str().unwrap_or_default();
        for cookie in cookies {
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
        let why = "the session given has ended: the provider asks for a login; give fresh `login.cookies`".to_owned();
        return Sighting { end: End::Stuck { why }, ..sighting };
    }
    walk::walk(wire, tape, jar, errand).await
}
