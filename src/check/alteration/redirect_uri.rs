//! Changes to the redirect URI, where one letter more or less is another place.

use super::parameters::rewritten;
use super::{Alteration, alteration, named};
use crate::check::halt::Halt;
use crate::check::scene::Scene;
use crate::protocol::Request;
use crate::provider::Need;

/// The request with another redirect URI, which must not be one of the client's own: then it is right to take it.
fn strange(scene: &Scene, request: Request, uri: String) -> Result<Request, Halt> {
    if scene.actor()?.redirect_uris.contains(&uri) {
        return Err(Halt::NotApplicable(format!("{uri} is registered as well")));
    }
    Ok(request.set("redirect_uri", uri))
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
            let changed = uri.replacen(&fill(&args[0]), &fill(&args[1]), 1);
            if changed == uri {
                Err(Halt::blocked(format!("{} does not stand in {uri}", args[0])))
            } else {
                strange(scene, request, changed)
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
                strange(scene, request, changed)
            }
        },
    ),
];
