//! The provider's pages, seen by a browser: their headers, what they repeat, who may read them, and how redirects leave them.

use super::super::alteration::MARKUP;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Scene};
use crate::login::{End, Hop, Role, Sighting};
use crate::protocol::{Endpoint, Response};
use crate::provider::Need;
use crate::verdict::Kind;
use url::Url;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("a script of {string} calls the authorization endpoint[ {alteration}]", &[Need::UserLogin], |s, a| {
        Box::pin(script_calls(s, a))
    }),
    Phrase::act(
        "a script of the client's own site calls the authorization endpoint[ {alteration}]",
        &[Need::UserLogin],
        |s, a| Box::pin(own_script_calls(s, a)),
    ),
    Phrase::judge("no script may read the answer", &[], |s, _| Box::pin(closed_to_scripts(s))),
    Phrase::judge("the {word} page may not be framed by other sites", &[Need::LoginPages], |s, a| {
        Box::pin(may_not_be_framed(s, a))
    }),
    Phrase::judge("the error page had better not be framed by other sites", &[], |s, _| Box::pin(error_page_had_better(s))),
    Phrase::judge("the policy of the {word} page says who may frame it", &[Need::LoginPages], |s, a| {
        Box::pin(policy_says_framers(s, a))
    }),
    Phrase::judge("the {word} page keeps its address to itself", &[Need::LoginPages], |s, a| Box::pin(keeps_address(s, a))),
    Phrase::judge("no page holds the markup", &[Need::LoginPages], |s, _| Box::pin(holds_no_markup(s))),
    Phrase::judge("the {word} page loads nothing from other sites", &[Need::LoginPages], |s, a| {
        Box::pin(loads_nothing_strange(s, a))
    }),
    Phrase::judge("the user reads on a page what is wrong", &[], |s, _| Box::pin(user_is_told(s))),
    Phrase::judge("no redirect makes the browser send again what the user typed", &[Need::LoginPages], |s, _| {
        Box::pin(repeats_nothing(s))
    }),
];

/// A fault in a page.
fn fault(kind: Kind, expected: &str, got: impl Into<String>) -> Fault {
    let got = got.into();
    Fault { kind, expected: expected.to_owned(), answer: got.clone(), got, endpoint: Endpoint::Page }
}

/// The pages of this name that the user saw, at least one, each with its place among the recorded exchanges.
fn pages<'a>(scene: &'a Scene, name: &str) -> Result<Vec<(usize, &'a Hop)>, Halt> {
    let sighting = scene.sighting()?;
    let role = match name {
        "login" => Role::LoginPage,
        "consent" => Role::ConsentPage,
        other => return Err(Halt::blocked(format!("no such page: {other}"))),
    };
    let walk = sighting.hops.iter().enumerate();
    let pages: Vec<_> =
        walk.filter(|(_, hop)| hop.is_page() && hop.role == role).map(|(at, hop)| (scene.walk_began + at, hop)).collect();
    match (pages.is_empty(), role) {
        (false, _) => Ok(pages),
        (true, Role::ConsentPage) if granted(sighting) => Err(Halt::NotApplicable(NO_CONSENT.to_owned())),
        (true, _) => Err(Halt::blocked(format!("no {name} page was seen: {}", sighting.describe()))),
    }
}

/// Judges each page of this name; `wrong` says what is wrong with one.
fn judge_pages(scene: &mut Scene, name: &str, expected: &str, wrong: impl Fn(&Hop) -> Option<String>) -> Step {
    let found = pages(scene, name)?.into_iter().find_map(|(at, page)| wrong(page).map(|got| (at, got)));
    match found {
        None => Ok(()),
        Some((at, got)) => {
            scene.evidence = Some(at);
            Err(fault(Kind::Malformed, expected, got).into())
        }
    }
}

pub(super) const NO_CONSENT: &str = "the provider asks for no consent";

/// Whether the walk ended with a code.
pub(super) fn granted(sighting: &Sighting) -> bool {
    matches!(&sighting.end, End::Redirected { params, .. } if params.code().is_some())
}

/// The source lists of every `frame-ancestors` directive in the response (CSP Level 2 section 7.7).
fn frame_ancestors(response: &Response) -> Vec<Vec<String>> {
    let policies = response.header_values("content-security-policy").flat_map(|value| value.split(','));
    let directives = policies.flat_map(|policy| policy.split(';')).map(|text| {
        let mut words = text.split_ascii_whitespace().map(str::to_ascii_lowercase);
        (words.next().unwrap_or_default(), words.collect::<Vec<String>>())
    });
    directives.filter(|(name, _)| name == "frame-ancestors").map(|(_, sources)| sources).collect()
}

/// Where there is a `frame-ancestors`, browsers no longer look at `X-Frame-Options`; of several, each one binds.
pub(super) fn lets_itself_be_framed(response: &Response) -> Option<&'static str> {
    let ancestors = frame_ancestors(response);
    let anyone = |source: &String| matches!(source.as_str(), "*" | "http:" | "https:" | "http://*" | "https://*");
    let by_policy = ancestors.iter().any(|sources| !sources.iter().any(anyone));
    let by_option = response.header_values("x-frame-options").flat_map(|value| value.split(',')).any(|value| {
        let value = value.trim();
        value.eq_ignore_ascii_case("deny") || value.eq_ignore_ascii_case("sameorigin")
    });
    match (by_policy, ancestors.is_empty(), by_option) {
        (true, ..) | (false, true, true) => None,
        (false, true, false) => Some("neither of them"),
        (false, false, _) => Some("frame-ancestors that lets every site in"),
    }
}

const UNFRAMED: &str = "frame-ancestors that names no site of others, or X-Frame-Options DENY or SAMEORIGIN";

async fn may_not_be_framed(scene: &mut Scene, args: &Args) -> Step {
    judge_pages(scene, args.text(0), UNFRAMED, |page| lets_itself_be_framed(&page.response).map(str::to_owned))
}

/// The sentence of RFC 9700 section 4.16 is about all pages, and the harm about those that ask.
async fn error_page_had_better(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let page = match &sighting.end {
        End::Stuck { .. } if judge::dead_end(sighting).is_some() => None,
        End::Refused { .. } | End::Stuck { .. } => sighting.last().filter(|hop| hop.is_page()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Crashed { .. } | End::Failed(_) => None,
    };
    let page = page.ok_or_else(|| Halt::NotApplicable("the provider showed no error page".to_owned()))?;
    let framed = lets_itself_be_framed(&page.response);
    scene.judge(framed.map_or(Judgement::Holds, |got| Judgement::Tolerated(fault(Kind::Malformed, UNFRAMED, got))))
}

async fn policy_says_framers(scene: &mut Scene, args: &Args) -> Step {
    let expected = "Content-Security-Policy with frame-ancestors";
    let says_nothing = |page: &Hop| frame_ancestors(&page.response).is_empty();
    judge_pages(scene, args.text(0), expected, |page| says_nothing(page).then(|| "no frame-ancestors".to_owned()))
}

async fn keeps_address(scene: &mut Scene, args: &Args) -> Step {
    const SAFE: [&str; 5] = ["no-referrer", "origin", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
    let expected = "a referrer policy that tells other sites no more than the origin";
    judge_pages(scene, args.text(0), expected, |page| {
        let read = page.page();
        let policy = read.referrer_policy().map(|policy| policy.trim().to_ascii_lowercase());
        // Of a list of policies browsers take the last one that they know.
        match policy.as_deref().and_then(|policy| policy.split(',').next_back()).map(str::trim) {
            Some(policy) if SAFE.contains(&policy) => None,
            Some(policy) => Some(format!("the policy {policy:?}")),
            None => Some("no referrer policy".to_owned()),
        }
    })
}

/// Any page on the way may hold it, the one where the walk ended before all.
async fn holds_no_markup(scene: &mut Scene) -> Step {
    let expected = "pages in which the markup of the request is escaped or left out";
    let open = &MARKUP[MARKUP.find('<').unwrap_or_default()..];
    let sighting = scene.sighting()?;
    match &sighting.end {
        End::Crashed { .. } | End::Failed(_) => return Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } => {}
    }
    let holds = |hop: &Hop| hop.is_page() && hop.response.text().contains(open);
    match sighting.hops.iter().enumerate().find(|(_, hop)| holds(hop)) {
        None => Ok(()),
        Some((at, page)) => {
            let got = format!("{} that holds it as it was sent", page.page().name());
            scene.evidence = Some(scene.walk_began + at);
            Err(Fault { endpoint: Endpoint::Authorization, ..fault(Kind::Leaked, expected, got) }.into())
        }
    }
}

/// Its own origin, and that of the endpoints, are the provider's; a link leaves only when the user follows it, and may be the
/// client's own policy.
async fn loads_nothing_strange(scene: &mut Scene, args: &Args) -> Step {
    let expected = "scripts, styles, images and frames of the provider's own origin";
    let own: Vec<String> = [&scene.target.endpoints.authorization, &scene.target.endpoints.token]
        .into_iter()
        .flatten()
        .map(|url| url.origin().ascii_serialization())
        .collect();
    let strange = |page: &Hop, url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.origin() != page.url.origin()
            && !own.contains(&url.origin().ascii_serialization())
    };
    let name = args.text(0);
    judge_pages(scene, name, expected, |hop| {
        let page = hop.page();
        let loaded = page.references().iter().find(|url| strange(hop, url))?;
        Some(format!("something of {}", loaded.origin().ascii_serialization()))
    })?;
    let links = pages(scene, name)?.into_iter().find_map(|(at, hop)| {
        let page = hop.page();
        let link = page.links().iter().find(|link| strange(hop, &link.url))?;
        Some((at, link.url.origin().ascii_serialization()))
    });
    let Some((at, site)) = links else { return Ok(()) };
    scene.evidence = Some(at);
    scene.judge(Judgement::Tolerated(fault(Kind::Malformed, "links within the provider", format!("a link to {site}"))))
}

/// Where the browser may not be sent away the user is all there is to tell (RFC 6749 section 4.1.2.1).
async fn user_is_told(scene: &mut Scene) -> Step {
    let expected = "status 4xx with a page that says what is wrong";
    let sighting = scene.sighting()?;
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    let kind = match &sighting.end {
        End::Crashed { .. } | End::Failed(_) => return Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } => {
            return Err(Halt::NotApplicable("the browser is sent away, which another check judges".to_owned()));
        }
        End::Refused { .. } => Kind::Malformed,
        // A page that says so is as good to the user, if not to what stands between.
        End::Finished | End::Stuck { .. } => {
            let fault = Fault { endpoint: Endpoint::Authorization, ..judge::seen(Kind::Malformed, sighting, expected) };
            return scene.judge(Judgement::Tolerated(fault));
        }
    };
    let Some(hop) = sighting.last() else { return Err(Halt::blocked("no answer was seen")) };
    let text = hop.response.text();
    let judgement = if text.trim().is_empty() || hop.is_page() && hop.page().text().trim().is_empty() {
        Judgement::Broken(Fault { got: "an empty page".to_owned(), ..judge::seen(kind, sighting, expected) })
    } else if hop.is_page() || hop.response.media_type().is_some_and(|media| media.starts_with("text/")) {
        Judgement::Holds
    } else {
        Judgement::Tolerated(Fault { got: "words for machines".to_owned(), ..judge::seen(kind, sighting, expected) })
    };
    scene.judge(judgement)
}

/// 307 and 308 keep the method and the body, and with them the password (RFC 9700 section 4.12).
async fn repeats_nothing(scene: &mut Scene) -> Step {
    let expected = "302 or 303 after every form";
    let repeats = |hop: &Hop| matches!(hop.status, 307 | 308) && hop.request.payload().is_some();
    let found = scene.sighting()?.hops.iter().enumerate().find(|(_, hop)| repeats(hop)).map(|(at, hop)| (at, hop.status));
    let Some((at, status)) = found else { return Ok(()) };
    scene.evidence = Some(scene.walk_began + at);
    Err(fault(Kind::Leaked, expected, format!("status {status}, with which browsers send the form again")).into())
}

async fn script_calls(scene: &mut Scene, args: &Args) -> Step {
    let origin = args.text(0).to_owned();
    call(scene, args, 1, &origin).await
}

async fn own_script_calls(scene: &mut Scene, args: &Args) -> Step {
    let client = scene.actor()?;
    let https = client.redirect_uris.iter().find(|uri| uri.starts_with("https://"));
    let uri = https.map_or(client.redirect_uri(), String::as_str);
    let origin = Url::parse(uri).map_err(|_| Halt::blocked("the redirect URI is no URL"))?.origin().ascii_serialization();
    call(scene, args, 0, &origin).await
}

async fn call(scene: &mut Scene, args: &Args, at: usize, origin: &str) -> Step {
    let (request, _) = scene.authorization_request(Ask::WithChallenge)?;
    let request = match args.alteration(at) {
        Some(alteration) => alteration.apply(scene, request)?,
        None => request,
    };
    scene.deed = Some(Deed::Approve);
    scene.send(request.header("origin", origin).header("sec-fetch-mode", "cors")).await;
    Ok(())
}

async fn closed_to_scripts(scene: &mut Scene) -> Step {
    let expected = "no Access-Control-Allow-Origin";
    let response = scene.response(expected)?;
    let fault = |kind, got: String| Err(Fault::of(kind, Endpoint::Authorization, response, expected, got).into());
    match response.header("access-control-allow-origin") {
        None if response.status >= 500 => fault(Kind::Crashed, format!("status {}", response.status)),
        None => Ok(()),
        Some(value) => fault(Kind::Accepted, format!("Access-Control-Allow-Origin: {value}")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn framed(headers: &[(&str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        lets_itself_be_framed(&Response { status: 200, headers, body: Vec::new(), elapsed: Duration::ZERO }).is_some()
    }

    #[test]
    fn either_header_keeps_other_sites_from_framing() {
        assert!(!framed(&[("x-frame-options", "SAMEORIGIN")]));
        assert!(!framed(&[("content-security-policy", "default-src *; Frame-Ancestors 'self' https://portal.example")]));
        assert!(framed(&[]));
        assert!(framed(&[("x-frame-options", "ALLOWALL"), ("content-security-policy", "default-src 'none'")]));
    }

    #[test]
    fn browsers_heed_the_policy_and_not_the_older_header_beside_it() {
        assert!(framed(&[("content-security-policy", "frame-ancestors *"), ("x-frame-options", "DENY")]));
        assert!(!framed(&[("content-security-policy", "frame-ancestors *, frame-ancestors 'none'")]));
    }
}
