//! Whose token came back, where one client authenticated and another was named: by what anybody says of the token, and by what the first gets alone.

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::effects::introspected_by;
use crate::protocol::{OAuthError, Request, Tokens, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] =
    &[Phrase::judge("the endpoint refuses with {errors}, tolerating a token that is {client}'s own", &[], |s, a| {
        Box::pin(refuses_or_serves_its_own(s, a))
    })];

/// What the server did with two names for one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    /// The client that was named, whose secret nobody showed.
    Named,
    /// The client that authenticated.
    Authenticated,
    /// Nobody says which.
    Unknown,
}

/// What is known of a token without using it.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Whom it belongs to, by each who says so.
    owners: Vec<String>,
    /// What it is good for, by all that say so.
    scopes: Vec<String>,
}

/// One client authenticated and named another. A refusal is what is asked for; a token of the one that authenticated harms nobody
/// and is a warning. A token with the rights of the other is the fault.
async fn refuses_or_serves_its_own(scene: &mut Scene, args: &Args) -> Step {
    let heard = scene.heard()?;
    let accepted = match judge::refuses(heard, args.errors(0), &[]) {
        Judgement::Broken(fault) if fault.kind == Kind::Accepted => fault,
        other @ (Judgement::Holds | Judgement::Tolerated(_) | Judgement::Broken(_)) => return scene.judge(other),
    };
    let (request, tokens) = (heard.request.clone(), judge::yields_tokens(heard)?);
    // What is asked after this is no evidence of the fault.
    scene.evidence = scene.tape.last_of(request.endpoint);
    // A refresh token is itself the right of the client that it was issued to: who gets tokens for it has that client's rights.
    if request.param("grant_type").is_none_or(|grant| grant.expose() != "client_credentials") {
        return Err(accepted.into());
    }
    let authenticated = scene.client(args.client(1).key)?.clone();
    let Some(alone) = alone(scene, &request, &authenticated.id).await? else {
        let got = format!("{}, and a refusal where {} names itself", accepted.got, authenticated.role);
        return Err(Fault { got, ..accepted }.into());
    };
    let roles = ["inspector", scene.protagonist, args.client(1).key];
    let (ours, theirs) = (known(scene, &tokens, &roles).await, known(scene, &alone, &roles).await);
    let named = &scene.client(scene.protagonist)?.id;
    // Where nothing is said of the one token, nothing can be compared with it.
    let foreign = |scope: &&String| !theirs.scopes.contains(scope) && !authenticated.scopes.contains(scope);
    let beyond = ours.scopes.iter().find(|scope| !theirs.scopes.is_empty() && foreign(scope));
    match (served(&ours.owners, named, &authenticated.id), beyond) {
        (Served::Named, _) => {
            let got = format!("{}, a token of the client that was named, {named:?}", accepted.got);
            Err(Fault { got, ..accepted }.into())
        }
        (Served::Authenticated | Served::Unknown, Some(scope)) => {
            let got = format!("{}, a token with scope {scope:?}, which {:?} alone does not get", accepted.got, authenticated.id);
            Err(Fault { got, ..accepted }.into())
        }
        (Served::Authenticated, None) => {
            let got = format!("{}, a token of the client that authenticated, {:?}", accepted.got, authenticated.id);
            scene.judge(Judgement::Tolerated(Fault { got, ..accepted }))
        }
        (Served::Unknown, None) => Err(Halt::blocked(
            "a token came back, and nobody says whose it is: neither introspection nor the token itself names a client",
        )),
    }
}

/// The tokens that the client that authenticated gets for the same request where it names itself; none where it is refused.
///
/// Some servers want its name in the body, some do not take it there beside a header: either will do.
async fn alone(scene: &Scene, request: &Request, id: &str) -> Result<Option<Tokens>, Halt> {
    for request in [request.clone().set("client_id", id), request.clone().without("client_id")] {
        let heard = scene.hear(request).await;
        let fault = match judge::yields_tokens(&heard) {
            Ok(tokens) => return Ok(Some(tokens)),
            Err(fault) => fault,
        };
        let refused = heard
            .outcome
            .as_ref()
            .is_ok_and(|response| matches!(response.status, 400 | 401 | 403) && OAuthError::read(response).is_ok());
        if !refused {
            return Err(Halt::blocked(format!("what the client that authenticated gets alone cannot be told: {}", fault.got)));
        }
    }
    Ok(None)
}

async fn known(scene: &Scene, tokens: &Tokens, roles: &[&'static str]) -> Known {
    let told = introspected_by(scene, &tokens.access_token, roles).await.unwrap_or_default();
    let claims = answer::claims(tokens.access_token.expose()).unwrap_or_default();
    let mut known = Known { scopes: tokens.scope.clone().unwrap_or_default(), ..Known::default() };
    for members in [&told, &claims] {
        let text = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
        // `azp` is what many servers called it before RFC 9068 did; where neither stands, the subject of such a token is its client
        // (RFC 9068 section 2.2).
        known.owners.extend(text("client_id").or(text("azp")).or(text("sub")).map(str::to_owned));
        known.scopes.extend(text("scope").map(answer::scopes).unwrap_or_default());
    }
    known
}

/// Whom the server served, by what is said of the token's owner: who says that it is the one that was named is believed first.
fn served(owners: &[String], named: &str, authenticated: &str) -> Served {
    let says = |id: &str| owners.iter().any(|owner| owner == id);
    match (says(named), says(authenticated)) {
        (true, _) => Served::Named,
        (false, true) => Served::Authenticated,
        (false, false) => Served::Unknown,
    }
}
