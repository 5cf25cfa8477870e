//! Redirects, followed as browsers do: by `Location`, or by a member of a JSON object that a script would follow.

use url::Url;

use super::destination::Territory;
use super::sighting::Hop;
use crate::protocol::{Endpoint, Method, Request, Response};

/// Where it leads, the request that goes there, and the `Location` as it was sent.
type Redirect = (Url, Request, String);

/// The redirect that an answer is, if it is one, by `Location` or by a member of a JSON object.
pub(super) fn redirect(hop: &Hop, territory: &Territory, start: Endpoint) -> Option<Result<Redirect, String>> {
    let status = hop.status;
    let raw = match status {
        301 | 302 | 303 | 307 | 308 => match hop.response.header("location") {
            Some(location) => as_sent(location),
            None => return Some(Err(format!("status {status} without a Location"))),
        },
        202 if hop.response.header("location").is_some() => as_sent(hop.response.header("location").unwrap_or_default()),
        300..400 => return Some(Err(format!("status {status}, which leads nowhere"))),
        200..300 => next_by_json(&hop.response)?,
        _ => return None,
    };
    let Ok(to) = hop.url.join(&raw) else {
        return Some(Err(format!("status {status} with a Location that is no URL")));
    };
    let keeps_method = matches!(status, 307 | 308) || matches!((hop.method, status), (Method::Head, 300..400));
    let mut request = if keeps_method {
        let mut again = hop.request.clone().without_header("cookie");
        again.query.clear();
        again
    } else {
        let mut next = Request::get(Endpoint::Page, &to);
        let referrer = hop.request.headers.iter().find(|(name, _)| name == "referer");
        next.headers.extend(referrer.filter(|_| to.origin() == hop.url.origin()).cloned());
        next
    };
    if to.origin() != hop.url.origin() {
        request = request.without_header("authorization").without_header("referer");
    }
    request.url = to.clone();
    request.endpoint = if territory.is_start(&to) { start } else { Endpoint::Page };
    Some(Ok((to, request, raw)))
}

fn next_by_json(response: &Response) -> Option<String> {
    const MEMBERS: [&str; 7] = ["redirect_to", "redirectTo", "redirect_url", "redirectUrl", "redirect_uri", "location", "url"];
    let json = response.says_json().then(|| response.json())??;
    let to = MEMBERS.iter().find_map(|member| json.get(member)?.as_str())?;
    (to.starts_with('/') || Url::parse(to).is_ok()).then(|| to.to_owned())
}

/// A `Location` as browsers read it: octets that are UTF-8 are taken for it, though the header is ISO 8859-1 by the letter.
fn as_sent(header: &str) -> String {
    let octets: Option<Vec<u8>> = header.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    octets.and_then(|octets| String::from_utf8(octets).ok()).unwrap_or_else(|| header.to_owned())
}
