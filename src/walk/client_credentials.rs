//! Client credentials: a service asks for a token of its own (RFC 6749 section 4.4).

use super::event::{Channel, Sign};
use super::trouble::Trouble;
use super::walker::Walker;
use super::{Arrival, identity};

pub(super) async fn walk(walker: &mut Walker<'_>) -> Result<Arrival, Trouble> {
    let trip = walker.trip;
    walker.step(
        "The client asks for a token of its own",
        Channel::Back,
        "No user is there: the client shows its own name and secret, and the token stands for the client itself. Only a client that can keep \
         a secret may do so (RFC 6749 section 4.4).",
    );
    let endpoint = walker.endpoint(&trip.target.endpoints.token);
    let response = walker.ask(trip.client.own_token_request(endpoint, trip.scope.as_deref())).await?;
    let tokens = walker.take_tokens(&response).await?;
    if tokens.refresh_token.is_some() {
        walker.remark(
            Sign::Doubt,
            "a refresh token came with it, which should not be: the client can ask again at any time (RFC 6749 section 4.4.3)",
        );
    }
    let said = identity::of_client(walker, &tokens).await?;
    let mut also = identity::terms(&tokens, trip.scope.as_deref());
    also.extend(said);
    Ok(Arrival { says: format!("The client {} has a token of its own", trip.client.id), also })
}
