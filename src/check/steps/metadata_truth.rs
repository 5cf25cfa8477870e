//! Whether the metadata tells the truth (RFC 8414 section 2): what it lists is tried, and so is what it does not list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::role::ROLES;
use super::super::scene::{Heard, Scene};
use super::metadata::{fetched, grant_types, strings};
use super::tokens::fault;
use crate::login::{Decision, End, Sighting};
use crate::protocol::request::DEVICE_CODE_GRANT;
use crate::protocol::{Endpoint, OAuthError, Request, Response, Secret, request};
use crate::provider::{AuthMethod, Client, Grant, Need};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the token endpoint knows every grant type that is listed", &[], |s, _| Box::pin(knows_listed_grants(s))),
    Phrase::judge("the token endpoint knows no grant type beside them", &[], |s, _| Box::pin(knows_no_other_grant(s))),
    Phrase::judge("the authorization endpoint knows every response type that is listed", &[Need::UserLogin], |s, _| {
        Box::pin(knows_listed_responses(s))
    }),
    Phrase::judge("the authorization endpoint serves no response type beside them", &[Need::UserLogin], |s, _| {
        Box::pin(serves_no_other_response(s))
    }),
    Phrase::judge("the ways of client authentication that are listed are those that work", &[], |s, _| {
        Box::pin(lists_working_methods(s))
    }),
    Phrase::judge("the challenge method {string} works if it is listed, and only then", &[Need::UserLogin], |s, a| {
        Box::pin(lists_working_challenge(s, a))
    }),
    Phrase::judge("the metadata lists scopes, and each of them is granted", &[Need::UserLogin], |s, _| {
        Box::pin(grants_listed_scopes(s))
    }),
];

/// What was answered: status and error. No answer and a 5xx are faults.
fn said(heard: &Heard, expected: &str) -> Result<(u16, String), Halt> {
    let endpoint = heard.request.endpoint;
    let response = heard.outcome.as_ref().map_err(|failure| Fault::silence(endpoint, failure, expected))?;
    match response.status {
        500.. => Err(Fault::plain(Kind::Crashed, endpoint, response, expected).into()),
        status => Ok((status, OAuthError::read(response).map(|error| error.error).unwrap_or_default())),
    }
}

fn response(heard: &Heard) -> Result<&Response, Halt> {
    heard.outcome.as_ref().map_err(|failure| Halt::blocked(failure.to_string()))
}

/// A request of this grant type with nothing else in it but the client.
async fn bare_grant(scene: &Scene, grant_type: &str) -> Result<Heard, Halt> {
    let request = request::token(&scene.endpoint(Endpoint::Token)?, grant_type).authenticate(&scene.actor()?.auth());
    Ok(scene.hear(request).await)
}

async fn knows_listed_grants(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let heard = bare_grant(scene, NOBODYS_GRANT).await?;
    let unknown = said(&heard, "a refusal of a grant type that nobody knows")?;
    // What is answered by the browser never comes to the token endpoint.
    for grant in grant_types(&document).iter().filter(|grant| *grant != "implicit") {
        let expected = format!("any answer but \"unsupported_grant_type\" to {grant}, which is listed");
        let heard = bare_grant(scene, grant).await?;
        let told = said(&heard, &expected)?;
        if told.1 == "unsupported_grant_type" {
            return Err(Fault::plain(Kind::Refused, Endpoint::Token, response(&heard)?, expected).into());
        }
        tells_apart(grant, &told.1, told == unknown)?;
    }
    Ok(())
}

/// A grant type that no server has.
const NOBODYS_GRANT: &str = "urn:flowproof:no-such-grant";

/// A server that answers what it lists like what nobody knows has not shown that it knows it. That a client may not use something is an answer of
/// its own.
fn tells_apart(what: &str, error: &str, as_unknown: bool) -> Step {
    if as_unknown && error != "unauthorized_client" {
        return Err(Halt::blocked(format!("{what:?}, which is listed, is answered like one that nobody knows: error {error:?}")));
    }
    Ok(())
}

/// Grants that servers have, listed or not.
const COMMON_GRANTS: [&str; 9] = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "password",
    DEVICE_CODE_GRANT,
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:openid:params:grant-type:ciba",
];

/// A grant that the server does not know is answered like one that nobody knows, in whatever words.
async fn knows_no_other_grant(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let listed = grant_types(&document);
    let heard = bare_grant(scene, NOBODYS_GRANT).await?;
    let unknown = said(&heard, "a refusal of a grant type that nobody knows")?;
    if !(400..500).contains(&unknown.0) {
        return Err(Halt::blocked("a grant type that nobody knows is not refused"));
    }
    for grant in COMMON_GRANTS.into_iter().filter(|grant| !listed.iter().any(|one| one == grant)) {
        let expected = format!("\"unsupported_grant_type\" to {grant}, which is not listed");
        let heard = bare_grant(scene, grant).await?;
        let told = said(&heard, &expected)?;
        if told == unknown || told.1 == "unsupported_grant_type" {
            continue;
        }
        let known = Fault::plain(Kind::Accepted, Endpoint::Token, response(&heard)?, expected);
        // It may be meant for a few clients that are told of it otherwise.
        scene.judge(if told.1 == "unauthorized_client" { Judgement::Tolerated(known) } else { Judgement::Broken(known) })?;
    }
    Ok(())
}

/// The members of a list; one that is not a list of strings is another check's finding.
fn list<'a>(document: &'a Map<String, Value>, member: &str) -> Result<Option<Vec<&'a str>>, Halt> {
    let Some(value) = document.get(member) else { return Ok(None) };
    strings(value).map(Some).ok_or_else(|| Halt::blocked(format!("{member} is not a list of strings")))
}

/// Sends the user with this response type, in a browser of its own.
async fn asked_for(scene: &mut Scene, response_type: &str) -> Result<(), Halt> {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let mut request = request.set("response_type", response_type);
    // An ID token in the front channel needs one; without openid it may be an error (OpenID Connect Core section 3.2.2.1).
    if grant.scope.as_deref().unwrap_or_default().split(' ').any(|scope| scope == "openid") {
        request = request.set("nonce", chance::token());
    }
    scene.send_user(request, grant, Decision::Approve, &chance::token()).await
}

async fn knows_listed_responses(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let listed = list(&document, "response_types_supported")?.ok_or_else(|| Halt::blocked("no response_types_supported"))?;
    asked_for(scene, "flowproof").await?;
    let error = |sighting: &Sighting| match &sighting.end {
        End::Redirected { params, .. } => params.get("error").map(str::to_owned),
        End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => {
            None
        }
    };
    let unknown = error(scene.sighting()?);
    for kind in listed {
        asked_for(scene, kind).await?;
        let sighting = scene.sighting()?;
        let expected = format!("any answer but \"unsupported_response_type\" to {kind:?}, which is listed");
        match &sighting.end {
            End::Redirected { params, .. } if params.get("error") == Some("unsupported_response_type") => {
                return Err(judge::seen(Kind::Refused, sighting, &expected).into());
            }
            End::Redirected { .. } => {
                let told = error(sighting);
                tells_apart(kind, told.as_deref().unwrap_or_default(), told.is_some() && told == unknown)?;
            }
            End::Crashed { .. } | End::Failed(_) => return Err(judge::seen(Kind::Crashed, sighting, &expected).into()),
            End::Refused { .. } | End::Outside { .. } | End::Finished | End::Stuck { .. } => {
                return Err(Halt::blocked(format!("{kind:?} is not answered to the client: {}", sighting.describe())));
            }
        }
    }
    Ok(())
}

async fn serves_no_other_response(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let listed = list(&document, "response_types_supported")?.ok_or_else(|| Halt::blocked("no response_types_supported"))?;
    let words = |kind: &str| kind.split(' ').map(str::to_owned).collect::<BTreeSet<String>>();
    let known: Vec<BTreeSet<String>> = listed.into_iter().map(words).collect();
    for kind in ["token", "id_token", "code token", "code id_token"].into_iter().filter(|kind| !known.contains(&words(kind))) {
        asked_for(scene, kind).await?;
        let sighting = scene.sighting()?;
        let expected = format!("a refusal of {kind:?}, which is not listed");
        match &sighting.end {
            End::Redirected { params, .. } | End::Outside { params, .. } if params.get("error").is_none() => {
                return Err(judge::seen(Kind::Accepted, sighting, &expected).into());
            }
            End::Crashed { .. } | End::Failed(_) => return Err(judge::seen(Kind::Crashed, sighting, &expected).into()),
            End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } => {}
            End::Finished | End::Stuck { .. } => {
                if let Some(halt) = judge::dead_end(sighting) {
                    return Err(halt);
                }
            }
        }
    }
    Ok(())
}

/// A client that is registered for this method, one that needs no user before all.
fn client_by(scene: &Scene, method: AuthMethod) -> Option<&Client> {
    let all = || ROLES.iter().filter_map(|role| scene.client(role.key).ok()).filter(move |client| client.auth == method);
    all()
        .find(|client| client.may(Grant::ClientCredentials))
        .or_else(|| all().find(|client| client.may(Grant::AuthorizationCode)))
}

/// A token request of the client's that gets as far as its authentication, at least.
fn token_request(scene: &Scene, client: &Client) -> Result<Request, Halt> {
    let endpoint = scene.endpoint(Endpoint::Token)?;
    let request = if client.may(Grant::ClientCredentials) {
        let scope = Some(client.scopes.join(" ")).filter(|scope| !scope.is_empty());
        request::client_credentials(&endpoint).set_some("scope", scope)
    } else {
        let code = Secret::new("made up code", chance::token() + &chance::token());
        request::redeem(&endpoint, &code)
            .set("redirect_uri", client.redirect_uri())
            .set("code_verifier", chance::token().repeat(2))
    };
    Ok(request.authenticate(&client.auth()))
}

async fn lists_working_methods(scene: &mut Scene) -> Step {
    let document = fetched(scene)?;
    let member = "token_endpoint_auth_methods_supported";
    // Without the member HTTP Basic holds (RFC 8414 section 2).
    let listed = list(&document, member)?.unwrap_or_else(|| vec![AuthMethod::ClientSecretBasic.name()]);
    let mut tried = 0;
    for method in AuthMethod::ALL {
        let Some(client) = client_by(scene, method) else { continue };
        let name = method.name();
        let is_listed = listed.contains(&name);
        let expected =
            if is_listed { format!("{name}, which is listed, to work") } else { format!("{name} to be listed, or not to work") };
        let heard = scene.hear(token_request(scene, client)?).await;
        let refused = said(&heard, &expected)?.1 == "invalid_client";
        tried += usize::from(is_listed);
        let fault = |kind| Ok::<_, Halt>(Fault::plain(kind, Endpoint::Token, response(&heard)?, expected.clone()));
        match (is_listed, refused) {
            (true, true) => return Err(fault(Kind::Refused)?.into()),
            (false, false) => scene.judge(Judgement::Tolerated(fault(Kind::Accepted)?))?,
            (true, false) | (false, true) => {}
        }
    }
    if tried == 0 { Err(Halt::NotApplicable("no client is registered for a method that is listed".to_owned())) } else { Ok(()) }
}

/// Whether a challenge of this method is taken, and its verifier redeems the code.
async fn challenge_works(scene: &mut Scene, method: &str) -> Result<bool, Halt> {
    let pkce = chance::pkce();
    let (request, mut grant) = scene.authorization_request(Ask::WithoutChallenge)?;
    let challenge = if method == "plain" { pkce.verifier.expose().to_owned() } else { pkce.challenge.clone() };
    let request = request.set("code_challenge", challenge).set("code_challenge_method", method);
    grant.pkce = Some(pkce);
    let before = scene.grants.len();
    scene.send_user(request, grant, Decision::Approve, &chance::token()).await?;
    let sighting = scene.sighting()?;
    match &sighting.end {
        End::Redirected { .. } | End::Refused { .. } => {}
        End::Crashed { .. } | End::Failed(_) => {
            return Err(judge::seen(Kind::Crashed, sighting, "a code, or a refusal").into());
        }
        End::Outside { .. } | End::Finished | End::Stuck { .. } => {
            if let Some(halt) = judge::dead_end(sighting) {
                return Err(halt);
            }
        }
    }
    if scene.grants.len() == before {
        return Ok(false);
    }
    let heard = scene.hear(scene.redemption()?).await;
    Ok(judge::yields_tokens(&heard).is_ok())
}

/// Whether another client may use this method.
async fn works_for_others(scene: &mut Scene, method: &str) -> Result<bool, Halt> {
    let acting = scene.actor;
    for role in ["web", "other", "other_spa", "single"] {
        let may = scene.client(role).is_ok_and(|client| client.may(Grant::AuthorizationCode) && !client.redirect_uris.is_empty());
        if role == acting || !may {
            continue;
        }
        scene.actor = role;
        let works = challenge_works(scene, method).await;
        scene.actor = acting;
        if works? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn lists_working_challenge(scene: &mut Scene, args: &Args) -> Step {
    let method = args.text(0);
    let document = fetched(scene)?;
    let listed = list(&document, "code_challenge_methods_supported")?;
    let is_listed = listed.as_ref().map(|listed| listed.contains(&method));
    let mut works = challenge_works(scene, method).await?;
    // The list is the server's, and a client may be held to S256 where others are not (RFC 9700 section 2.1.1).
    if is_listed == Some(true) && !works && method == "plain" {
        works = works_for_others(scene, method).await?;
    }
    let told = |kind, expected: &str, got: &str| fault(scene, kind, expected, got);
    let judgement = match (is_listed, works) {
        (Some(true), true) | (Some(false) | None, false) => Judgement::Holds,
        (Some(true), false) => {
            let got = format!("{method} listed, and refused");
            Judgement::Broken(told(Kind::Refused, "every challenge method that is listed to work", &got)?)
        }
        (Some(false), true) => {
            let got = format!("{method} not listed, and accepted");
            Judgement::Broken(told(Kind::Accepted, "no challenge method to work that is not listed", &got)?)
        }
        // Without the member a client takes PKCE for unsupported, and leaves it out.
        (None, true) => {
            let got = format!("no code_challenge_methods_supported, and {method} accepted");
            Judgement::Tolerated(told(Kind::Malformed, "the challenge methods listed that work", &got)?)
        }
    };
    scene.judge(judgement)
}

/// How a client of this role asks for these scopes; what came of it.
async fn is_granted(scene: &mut Scene, role: &'static str, scope: &str) -> Result<bool, Halt> {
    scene.actor = role;
    let client = scene.client(role)?;
    let refused = |error: &str| match error {
        "invalid_scope" => Ok(false),
        other => Err(Halt::blocked(format!("scope {scope:?} is not what {role} is refused for: {other}"))),
    };
    if client.may(Grant::AuthorizationCode) && !client.redirect_uris.is_empty() {
        let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
        scene.send_user(request.set("scope", scope), grant, Decision::Approve, &chance::token()).await?;
        let sighting = scene.sighting()?;
        return match &sighting.end {
            End::Redirected { params, .. } if params.code().is_some() => Ok(true),
            End::Redirected { params, .. } => refused(params.get("error").unwrap_or_default()),
            _ => Err(Halt::blocked(format!("scope {scope:?} is not answered to the client: {}", sighting.describe()))),
        };
    }
    let request = if client.may(Grant::ClientCredentials) {
        scene.own_credentials()?
    } else if client.may(Grant::DeviceCode) {
        scene.device_request()?
    } else {
        return Ok(true);
    };
    let heard = scene.hear(request.set("scope", scope)).await;
    let (status, error) = said(&heard, "the scope granted")?;
    if (200..300).contains(&status) { Ok(true) } else { refused(&error) }
}

/// All the scopes that one client may have are asked for at once, and one by one only where that is refused.
async fn grants_listed_scopes(scene: &mut Scene) -> Step {
    let expected = "scopes_supported, with scopes that are granted to somebody";
    let document = fetched(scene)?;
    let Some(listed) = list(&document, "scopes_supported")? else {
        return Err(fault(scene, Kind::Malformed, expected, "no scopes_supported")?.into());
    };
    let mut by_role: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for scope in listed {
        let has = |role: &&super::super::role::Role| {
            scene.client(role.key).is_ok_and(|client| client.scopes.iter().any(|one| one == scope))
        };
        let web = ROLES.iter().filter(|role| role.key == "web");
        let role = web.chain(ROLES).find(has).map_or(scene.protagonist, |role| role.key);
        by_role.entry(role).or_default().push(scope.to_owned());
    }
    for (role, scopes) in by_role {
        if is_granted(scene, role, &scopes.join(" ")).await? {
            continue;
        }
        for scope in &scopes {
            if !is_granted(scene, role, scope).await? {
                let got = format!("{scope:?} listed, and refused with \"invalid_scope\"");
                return Err(fault(scene, Kind::Refused, expected, &got)?.into());
            }
        }
    }
    Ok(())
}
