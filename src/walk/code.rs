//! Authorization code with PKCE: a user logs in through the browser, and the client redeems the code behind it (RFC 6749 section 4.1, RFC 7636).

use super::event::{Channel, Event, Sign};
use super::page::bare;
use super::trouble::{Stage, Trouble};
use super::walker::Walker;
use super::{Arrival, advice, identity};
use crate::chance;
use crate::login::{Answer, End, Stop, WayBack};
use crate::protocol::{Params, Pkce, Request, Tokens};
use url::Url;

pub(super) async fn walk(walker: &mut Walker<'_>) -> Result<Arrival, Trouble> {
    let tokens = obtain(walker).await?;
    identity::logged_in(walker, &tokens).await
}

/// The tokens of a fresh login.
pub(super) async fn obtain(walker: &mut Walker<'_>) -> Result<Tokens, Trouble> {
    let trip = walker.trip;
    let endpoints = &trip.target.endpoints;
    walker.step(
        "The client makes three values",
        Channel::Client,
        "The code will travel through the browser, where it can be stolen. So the client sends only a hash of the verifier ahead, and the \
         verifier itself when it redeems the code: a thief does not have it (RFC 7636 section 4.1). The state ties the answer to this browser \
         (RFC 6749 section 10.12).",
    );
    let (pkce, state) = (Pkce::from_octets(chance::octets()), chance::token());
    walker.tape.learn([&pkce.verifier]);
    let verifier = walker.shown(&pkce.verifier);
    walker.made(vec![
        ("code_verifier", verifier, "43 random characters; stays inside the client until it redeems the code"),
        ("code_challenge", pkce.challenge.clone(), "BASE64URL(SHA-256(code_verifier)); goes ahead, and gives nothing away"),
        ("state", state.clone(), "has to come back unchanged"),
    ]);

    walker.step(
        "The client sends the browser to the provider",
        Channel::Front,
        "A redirect to the authorization endpoint. Everything in this address passes through the browser: no secret may stand in it (RFC 6749 \
         section 4.1.1, RFC 7636 section 4.3).",
    );
    let endpoint = walker.endpoint(&endpoints.authorization);
    let start = trip.client.authorization_request(endpoint, trip.scope.as_deref(), &state, Some(&pkce));
    walker.tell_request(&start);

    walker.step(
        "The user logs in and approves",
        Channel::User,
        "How a user proves who they are is the provider's own affair: the client is not there, and never sees the password (RFC 6749 section 3.1).",
    );
    let redirect_uri = trip.client.redirect_uri();
    let expected = format!("the browser sent back to {redirect_uri} with a code");
    let (address, params) = match trip.by_hand {
        true => sent_by_hand(walker, &start, redirect_uri).await?,
        false => sent_by_driver(walker, start, redirect_uri, &expected).await?,
    };

    walker.step(
        "The provider sends the browser back with a code",
        Channel::Front,
        "The code is short-lived and good for one use by this client alone; it is no token yet, since the browser has seen it. The client \
         compares the state before anything else (RFC 6749 sections 4.1.2 and 10.12).",
    );
    let parameters = params.0.iter().map(|(name, value)| (name.clone(), walker.masked(value))).collect();
    walker.tell(Event::Returned { address, parameters });
    came_back(walker, &params, &state, &expected)?;
    let Some(code) = params.code() else {
        let look_at =
            vec!["the provider's log: an answer without an error has to bring a code (RFC 6749 section 4.1.2)".to_owned()];
        return Err(walker.trouble(expected, "neither code nor error", look_at));
    };

    walker.step(
        "The client redeems the code",
        Channel::Back,
        "Straight from the client to the provider, with nobody between. The provider hashes the verifier and compares it with the challenge \
         of step 2: who stole the code cannot follow (RFC 6749 section 4.1.3, RFC 7636 sections 4.5 and 4.6).",
    );
    let endpoint = walker.endpoint(&endpoints.token);
    let response = walker.ask(trip.client.redemption(endpoint, &code, Some(redirect_uri), Some(&pkce.verifier))).await?;
    walker.take_tokens(&response).await
}

/// Has the login driver go; where it was sent back to, and with what.
async fn sent_by_driver(
    walker: &mut Walker<'_>,
    start: Request,
    redirect_uri: &str,
    expected: &str,
) -> Result<(String, Params), Trouble> {
    let sighting = walker.send_user(start, Stop::RedirectUri(&[redirect_uri]), None).await?;
    let End::Redirected { location, params, channel, .. } = &sighting.end else {
        return Err(walker.astray(&sighting, expected));
    };
    Ok((format!("{} (by {})", bare(location), channel.name()), params.clone()))
}

/// Has a human go; where they were sent back to, and with what.
async fn sent_by_hand(walker: &mut Walker<'_>, start: &Request, redirect_uri: &str) -> Result<(String, Params), Trouble> {
    let mut back = WayBack::open(redirect_uri).await.map_err(|why| {
        let look_at = vec![format!(
            "what else listens there: `clients.{}.redirect_uris` names the address, and the browser has to find this walk at it",
            walker.trip.client.role
        )];
        Trouble { stage: Stage::Unwalkable, ..walker.trouble("the redirect URI is free to listen at", why, look_at) }
    })?;
    walker.tell(Event::GoTo { address: start.target(), listens: back.listens() });
    let expected = Url::parse(redirect_uri).expect("it was listened at");
    let Some(Answer { location, channel, params }) = back.answer(&expected).await else {
        let look_at = vec!["who is at the browser: the answer has to come back, or be pasted, within ten minutes".to_owned()];
        return Err(walker.trouble("somebody who logs in", "nobody came back", look_at));
    };
    walker.learn(&params);
    Ok((format!("{} (by {})", bare(&location), channel.name()), params))
}

/// What a client looks at before it uses a code: `state`, `iss`, `error`.
fn came_back(walker: &mut Walker<'_>, params: &Params, state: &str, expected: &str) -> Result<(), Trouble> {
    let trip = walker.trip;
    match params.get("state") {
        Some(came) if came == state => walker.remark(Sign::Fine, "state is the one that was sent"),
        came => {
            let came = came.map_or("no state".to_owned(), |came| format!("state={came}"));
            let look_at = vec![
                "the provider: it has to send back the exact value (RFC 6749 section 4.1.2); a client must not go on".to_owned(),
            ];
            return Err(walker.trouble(format!("state={state}"), came, look_at));
        }
    }
    match params.get("iss") {
        Some(iss) if iss == trip.issuer() => {
            walker.remark(Sign::Fine, "iss is the issuer: the answer is no other provider's (RFC 9207)")
        }
        Some(iss) => walker.remark(Sign::Doubt, format!("iss is {iss}, not the issuer {} (RFC 9207 section 2.4)", trip.issuer())),
        None => {}
    }
    match params.get("error") {
        None => Ok(()),
        Some(error) => {
            let words = params.get("error_description").map(|words| format!(": {words:?}")).unwrap_or_default();
            let look_at = advice::authorization_error(trip, error);
            Err(walker.trouble(expected, format!("error {error:?}{words}"), look_at))
        }
    }
}
