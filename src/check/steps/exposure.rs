//! Where tokens turn up that should not: in cookies, and in the addresses of pages (RFC 6750 section 5.3).

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::phrase::Phrase;
use super::super::scene::Scene;
use crate::protocol::{Endpoint, Response};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("no cookie holds a token", &[], |s, _| Box::pin(no_cookie(s))),
    Phrase::judge("no address holds a token", &[], |s, _| Box::pin(no_address(s))),
];

/// Every access and refresh token of the scene.
fn tokens(scene: &Scene) -> Result<Vec<String>, Halt> {
    let answers = scene.grants.iter().flat_map(|grant| grant.first.iter().chain(&grant.tokens));
    let both = answers.flat_map(|tokens| std::iter::once(&tokens.access_token).chain(&tokens.refresh_token));
    // What is this short turns up by chance.
    let all: Vec<String> = both.map(|token| token.expose().to_owned()).filter(|token| token.len() >= 8).collect();
    if all.is_empty() { Err(Halt::blocked("no tokens came that could be looked for")) } else { Ok(all) }
}

/// Whether a text holds one of the tokens, as it is or encoded for an address.
fn holds(text: &str, tokens: &[String]) -> bool {
    let decoded: String = url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| format!("{name}={value}&")).collect();
    tokens.iter().any(|token| text.contains(token.as_str()) || decoded.contains(token.as_str()))
}

/// The answers that the browser and the client got, each with its endpoint.
fn answers(scene: &Scene) -> Result<Vec<(Endpoint, &Response)>, Halt> {
    let pages = scene.sighting()?.hops.iter().map(|hop| (Endpoint::Authorization, &hop.response));
    let told = scene.heard()?;
    Ok(pages.chain(told.outcome.iter().map(|response| (told.request.endpoint, response))).collect())
}

async fn no_cookie(scene: &mut Scene) -> Step {
    let tokens = tokens(scene)?;
    let judgement = in_cookies(&tokens, &answers(scene)?);
    scene.judge(judgement)
}

fn in_cookies(tokens: &[String], answers: &[(Endpoint, &Response)]) -> Judgement {
    let mut judgement = Judgement::Holds;
    for (endpoint, response) in answers {
        for cookie in response.header_values("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            if !holds(pair, tokens) {
                continue;
            }
            let secure = attributes.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("secure"));
            let name = pair.split('=').next().unwrap_or_default().trim();
            let got = format!("the cookie {name:?} {} Secure holds one", if secure { "with" } else { "without" });
            let fault = Fault::of(Kind::Leaked, *endpoint, response, "no token in a cookie", got);
            if !secure {
                return Judgement::Broken(fault);
            }
            judgement = Judgement::Tolerated(fault);
        }
    }
    judgement
}

async fn no_address(scene: &mut Scene) -> Step {
    let tokens = tokens(scene)?;
    let sighting = scene.sighting()?;
    for hop in &sighting.hops {
        let page = hop.is_page().then(|| hop.page());
        let links = page.iter().flat_map(|page| page.links()).map(|link| link.url.as_str());
        let actions = page.iter().flat_map(|page| page.forms()).map(|form| form.action.as_str());
        let mut places = vec![("the address of a page", hop.url.as_str())];
        places.extend(hop.response.header("location").map(|to| ("a Location", to)));
        places.extend(links.chain(actions).map(|to| ("a link", to)));
        if let Some((place, _)) = places.into_iter().find(|(_, address)| holds(address, &tokens)) {
            let got = format!("{place} holds one");
            return Err(Fault::of(Kind::Leaked, Endpoint::Authorization, &hop.response, "no token in an address", got).into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_as_it_is_and_encoded() {
        let tokens = ["a+b/c==xyz".to_owned()];
        assert!(holds("session=a+b/c==xyz; more", &tokens));
        assert!(holds("https://as.example/next?t=a%2Bb%2Fc%3D%3Dxyz", &tokens));
        assert!(!holds("https://as.example/next?t=a%2Bb", &tokens));
    }
}
