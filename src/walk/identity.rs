//! Whose token it is: userinfo says it, or introspection, or the claims of the id_token, in this order; or nobody does.

use std::time::Duration;

use serde_json::{Map, Value};

use super::Arrival;
use super::event::{Channel, Sign};
use super::token::Jwt;
use super::trouble::Trouble;
use super::walker::Walker;
use crate::protocol::{Response, Tokens, answer, request};
use crate::provider::Client;

/// The last step of a flow with a user: who logged in.
pub(super) async fn logged_in(walker: &mut Walker<'_>, tokens: &Tokens) -> Result<Arrival, Trouble> {
    let trip = walker.trip;
    let also = terms(tokens, trip.scope.as_deref());
    let who = match who_by_userinfo(walker, tokens).await? {
        Some(who) => Some(who),
        None => match who_by_introspection(walker, tokens).await? {
            Some(who) => Some(who),
            None => who_by_id_token(walker, tokens),
        },
    };
    let says = match who {
        Some(who) => format!("Logged in as {}", walker.masked(&who)),
        None => "Logged in, but nobody tells as whom: the provider has neither userinfo nor introspection for this client, and no id_token came"
            .to_owned(),
    };
    Ok(Arrival { says, also })
}

/// Who the token of a client's own is for, where somebody tells.
pub(super) async fn of_client(walker: &mut Walker<'_>, tokens: &Tokens) -> Result<Option<String>, Trouble> {
    let Some(members) = introspect(walker, tokens).await? else { return Ok(None) };
    let subject = ["client_id", "sub"].iter().find_map(|name| members.get(*name)?.as_str());
    Ok(subject.map(|subject| walker.masked(&format!("the provider says that it is alive, and that it is {subject}'s"))))
}

async fn who_by_userinfo(walker: &mut Walker<'_>, tokens: &Tokens) -> Result<Option<String>, Trouble> {
    let Some(url) = &walker.trip.target.endpoints.resource else { return Ok(None) };
    walker.step(
        "The client calls a protected resource with the token",
        Channel::Back,
        "Here the userinfo endpoint or what the provider file names as resource: whoever holds the token gets in, so it goes into a header \
         and never into an address (RFC 6750 section 2.1).",
    );
    let response = walker.ask(request::resource(url).bearer(&tokens.access_token)).await?;
    let found = members(&response).as_ref().and_then(name);
    if found.is_none() {
        walker.remark(Sign::Doubt, format!("it does not say who the user is: {}", answer::describe(&response)));
    }
    Ok(found)
}

async fn who_by_introspection(walker: &mut Walker<'_>, tokens: &Tokens) -> Result<Option<String>, Trouble> {
    Ok(introspect(walker, tokens).await?.as_ref().and_then(name))
}

fn who_by_id_token(walker: &mut Walker<'_>, tokens: &Tokens) -> Option<String> {
    let token = tokens.members.get("id_token").and_then(Value::as_str)?;
    let who = name(&Jwt::read(token)?.claims)?;
    walker.remark(Sign::Note, "the id_token says who it is");
    Some(who)
}

/// Asks the provider of the token, where one of the clients may (RFC 7662).
async fn introspect(walker: &mut Walker<'_>, tokens: &Tokens) -> Result<Option<Map<String, Value>>, Trouble> {
    let trip = walker.trip;
    let Some(url) = &trip.target.endpoints.introspection else { return Ok(None) };
    let Some(client) = introspector(walker) else { return Ok(None) };
    walker.step(
        "A resource server asks the provider about the token",
        Channel::Back,
        "Whoever is called with a token may ask whether it is alive, and whose it is: an opaque one says nothing of itself, and a JWT not whether \
         it was revoked (RFC 7662 section 2).",
    );
    let response = walker.ask(client.introspection(url, &tokens.access_token)).await?;
    let members = members(&response).filter(|members| members.get("active") == Some(&Value::Bool(true)));
    if members.is_none() {
        walker.remark(
            Sign::Doubt,
            format!(
                "`clients.{}` is told nothing of the token ({}): another client may be, `clients.inspector` with `introspect: true`",
                client.role,
                answer::describe(&response)
            ),
        );
    }
    Ok(members)
}

fn introspector<'a>(walker: &Walker<'a>) -> Option<&'a Client> {
    let trip = walker.trip;
    let may = |client: &&Client| client.introspect && !client.is_public();
    let named = trip.target.provider.clients.values().find(may);
    named.or(Some(trip.client).filter(|client| !client.is_public()))
}

fn members(response: &Response) -> Option<Map<String, Value>> {
    answer::object(response).ok().filter(|_| response.status == 200)
}

/// The name in what is said of a user: the one that people know first.
fn name(members: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let known = ["preferred_username", "username", "email", "name"].iter().find_map(|name| text(name));
    match (known, text("email")) {
        (Some(name), Some(email)) if name != email => Some(format!("{name} ({email})")),
        (Some(name), _) => Some(name.to_owned()),
        (None, _) => text("sub").map(|sub| format!("subject {sub}")),
    }
}

/// What the token is good for, and for how long.
pub(super) fn terms(tokens: &Tokens, asked: Option<&str>) -> Vec<String> {
    let scope = tokens.scope.as_ref().map(|scope| scope.join(" "));
    // An answer that says nothing grants what was asked (RFC 6749 section 5.1).
    let scope = scope.or_else(|| asked.map(str::to_owned)).filter(|scope| !scope.is_empty());
    let lifetime =
        tokens.expires_in.map(|seconds| format!("good for {}", humantime::format_duration(Duration::from_secs(seconds))));
    let terms: Vec<String> = scope.map(|scope| format!("scope {scope}")).into_iter().chain(lifetime).collect();
    Some(terms.join("; ")).filter(|terms| !terms.is_empty()).into_iter().collect()
}
