//! Changes to the redirect URI, where one letter more or less is another place.

use super::parameters::rewritten;
use super::{Alteration, alteration, named};
use crate::check::halt::Halt;
use crate::check::scene::Scene;
use crate::protocol::{Request, host};
use crate::provider::Need;

/// The request with another redirect URI, which must not be one of the client's own: then it is right to take it.
fn strange(scene: &Scene, request: Request, uri: String) -> Result<Request, Halt> {
    if scene.actor()?.redirect_uris.iter().any(|registered| *registered == uri || differ_in_port(registered, &uri)) {
        return Err(Halt::NotApplicable(format!("{uri} is registered as well")));
    }
    Ok(request.set("redirect_uri", uri))
}

/// Whether both are the same http URI on loopback but for the port, which is free (RFC 8252 section 7.3).
fn differ_in_port(registered: &str, uri: &str) -> bool {
    let without_port = |uri: &str| {
        let mut uri = url::Url::parse(uri).ok().filter(|uri| uri.scheme() == "http" && host::is_loopback(uri))?;
        uri.set_port(None).ok().map(|()| uri)
    };
    without_port(registered).is_some_and(|bare| without_port(uri) == Some(bare))
}

/// Where the path of a URI begins: behind its authority.
fn path_of(uri: &str) -> usize {
    let authority = uri.find("://").map_or(0, |at| at + 3);
    uri[authority..].find(['/', '?', '#']).map_or(uri.len(), |at| authority + at)
}

/// The URI with one character of it, found by `pick` behind `from`, put in another way.
fn with_one_character(uri: &str, from: usize, pick: fn(char) -> bool, put: impl Fn(char) -> String) -> Option<String> {
    let (at, old) = uri.char_indices().skip_while(|(at, _)| *at < from).find(|(_, c)| pick(*c))?;
    Some(format!("{}{}{}", &uri[..at], put(old), &uri[at + old.len_utf8()..]))
}

fn used(request: &Request) -> String {
    request.param("redirect_uri").map(|value| value.expose().to_owned()).unwrap_or_default()
}

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with a slash after its redirect_uri", &[], |scene, request, _| {
        let uri = format!("{}/", used(&request));
        strange(scene, request, uri)
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
        let role = named(&args[0])?;
        let uri = scene.https_redirect_uri(role.key)?;
        strange(scene, request, uri)
    }),
    alteration("with its other redirect_uri", &[Need::MultiRedirectClient], |scene, request, _| {
        let used = used(&request);
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
    alteration("with its redirect_uri followed by {string}", &[], |scene, request, args| {
        let uri = format!("{}{}", used(&request), args[0]);
        strange(scene, request, uri)
    }),
    alteration("with its redirect_uri cut before its query", &[], |scene, request, _| {
        let uri = used(&request);
        let (bare, _) = uri.split_once('?').ok_or_else(|| Halt::blocked("the redirect URI has no query"))?;
        strange(scene, request, bare.to_owned())
    }),
    alteration("with another query in its redirect_uri", &[], |scene, request, _| {
        let uri = used(&request);
        let (bare, _) = uri.split_once('?').ok_or_else(|| Halt::blocked("the redirect URI has no query"))?;
        strange(scene, request, format!("{bare}?flowproof=1"))
    }),
    alteration("with its https redirect_uri", &[Need::HttpsRedirectClient], |scene, request, _| {
        Ok(request.set("redirect_uri", scene.https_redirect_uri(scene.actor_key())?))
    }),
    alteration("with its https redirect_uri followed by {string}", &[Need::HttpsRedirectClient], |scene, request, args| {
        strange(scene, request, format!("{}{}", scene.https_redirect_uri(scene.actor_key())?, args[0]))
    }),
    alteration(
        "with {string} in its https redirect_uri replaced by {string}",
        &[Need::HttpsRedirectClient],
        |scene, request, args| {
            let uri = scene.https_redirect_uri(scene.actor_key())?;
            let host = url::Url::parse(&uri).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
            let path = url::Url::parse(&uri).map(|url| url.path().to_owned()).unwrap_or_default();
            let fill = |text: &str| text.replace("HOST", &host).replace("PATH", &path);
            // A short path may stand in the host as well.
            let (before, after) = uri.split_at(if args[0].starts_with("PATH") { path_of(&uri) } else { 0 });
            let changed = format!("{before}{}", after.replacen(&fill(&args[0]), &fill(&args[1]), 1));
            if args[0] == "PATH" && changed == uri {
                Err(Halt::NotApplicable(format!("{uri} has that path already")))
            } else if changed == uri {
                Err(Halt::blocked(format!("{} does not stand in {uri}", args[0])))
            } else {
                strange(scene, request, changed)
            }
        },
    ),
    alteration("with a letter of its https redirect_uri percent-encoded", &[Need::HttpsRedirectClient], |scene, request, _| {
        let uri = scene.https_redirect_uri(scene.actor_key())?;
        let changed = with_one_character(&uri, path_of(&uri), |c| c.is_ascii_alphabetic(), |c| format!("%{:02x}", u32::from(c)));
        strange(scene, request, changed.ok_or_else(|| Halt::NotApplicable(format!("{uri} has no letter in its path")))?)
    }),
    alteration("with a letter in place of a dot in its https redirect_uri", &[Need::HttpsRedirectClient], |scene, request, _| {
        let uri = scene.https_redirect_uri(scene.actor_key())?;
        let changed = with_one_character(&uri, 0, |c| c == '.', |_| "x".to_owned());
        strange(scene, request, changed.ok_or_else(|| Halt::NotApplicable(format!("{uri} has no dot")))?)
    }),
    alteration("with {string} in its redirect_uri replaced by {string}", &[], |scene, request, args| {
        let uri = used(&request);
        if !uri.contains(&args[0]) {
            return Err(Halt::blocked(format!("{} does not stand in {uri}", args[0])));
        }
        strange(scene, request, uri.replacen(&args[0], &args[1], 1))
    }),
    alteration("with its port, {word}, replaced by {word} in its redirect_uri", &[Need::NativeClient], |_, request, args| {
        rewritten(request, "redirect_uri", |uri| uri.replacen(&format!(":{}/", args[0]), &format!(":{}/", args[1]), 1))
    }),
    alteration("with its port, {word}, left out of its redirect_uri", &[Need::NativeClient], |_, request, args| {
        rewritten(request, "redirect_uri", |uri| uri.replacen(&format!(":{}/", args[0]), "/", 1))
    }),
    alteration("with its private-use redirect_uri", &[Need::NativeClient], |scene, request, _| {
        let web = |uri: &String| uri.starts_with("http://") || uri.starts_with("https://");
        let private = scene.actor()?.redirect_uris.iter().find(|uri| !web(uri)).cloned();
        let lacks = || format!("needs a redirect URI with a scheme of its own: `clients.{}.redirect_uris`", scene.actor_key());
        Ok(request.set("redirect_uri", private.ok_or_else(|| Halt::NotApplicable(lacks()))?))
    }),
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
                strange(scene, request, changed)
            }
        },
    ),
];
