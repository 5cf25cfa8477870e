//! Changes to how a client says who it is (RFC 6749 section 2.3).

use super::{Alteration, alteration, named};
use crate::check::chance;
use crate::check::halt::Halt;
use crate::protocol::request::form_encode;
use crate::protocol::{ClientAuth, Secret, Value};
use crate::provider::{AuthMethod, Client};

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with a wrong client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |_| format!("wrong-{}", chance::token()))
    }),
    alteration("with a truncated client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| secret.chars().take(secret.chars().count().saturating_sub(1)).collect())
    }),
    alteration("with an extended client secret", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| format!("{secret}x"))
    }),
    alteration("with an empty client secret", &[], |scene, request, _| scene.reauthenticate(request, |_| String::new())),
    alteration("with an empty secret in the header", &[], |scene, request, _| {
        Ok(request.authenticate(&ClientAuth::Basic { id: scene.actor()?.id.clone(), secret: empty_secret() }))
    }),
    alteration("with an empty secret in the body", &[], |scene, request, _| {
        Ok(request.authenticate(&ClientAuth::Post { id: scene.actor()?.id.clone(), secret: empty_secret() }))
    }),
    alteration("by its Basic header alone", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        Ok(request.authenticate(&ClientAuth::Basic { id: client.id.clone(), secret }))
    }),
    alteration("with its client_id alone", &[], |scene, request, _| {
        Ok(request.authenticate(&ClientAuth::None { id: scene.actor()?.id.clone() }))
    }),
    alteration("without saying who it is", &[], |_, request, _| Ok(request.authenticate(&ClientAuth::Anonymous))),
    alteration("as a client that no one registered", &[], |scene, request, _| {
        let id = format!("flowproof-{}", chance::token());
        let secret = Secret::new("client_secret", chance::token());
        Ok(request.authenticate(&match scene.actor()?.auth() {
            ClientAuth::Anonymous | ClientAuth::None { .. } => ClientAuth::None { id },
            ClientAuth::Basic { .. } => ClientAuth::Basic { id, secret },
            ClientAuth::Post { .. } => ClientAuth::Post { id, secret },
        }))
    }),
    alteration("with its client secret in another case", &[], |scene, request, _| {
        scene.reauthenticate(request, |secret| {
            let turned = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
            secret.chars().map(turned).collect()
        })
    }),
    alteration("by HTTP Basic", &[], |scene, request, _| {
        let client = scene.actor()?;
        match (client.auth, &client.secret) {
            (AuthMethod::ClientSecretBasic, Some(_)) => Ok(request.authenticate(&client.auth())),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::None, _) => {
                Err(Halt::NotApplicable(format!("`clients.{}` is not registered for HTTP Basic", scene.actor_key())))
            }
        }
    }),
    alteration("with the colons of its secret as they are", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        if !secret.expose().contains(':') {
            return Err(Halt::NotApplicable(format!("needs a colon in the secret: `clients.{}.secret`", client.role)));
        }
        // All else stays encoded, or nobody could tell what it means.
        let encoded = Secret::chosen("half form-encoded client_secret", form_encode(secret.expose()).replace("%3A", ":"));
        Ok(request.basic("Basic", &form_encode(&client.id), &encoded))
    }),
    alteration("with its secret in the body as well", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        // Two ways at once, whichever of them the client is registered for.
        let request = request.basic("Basic", &form_encode(&client.id), &secret.form_encoded());
        Ok(request.set("client_id", &client.id).set("client_secret", secret))
    }),
    alteration("with the credentials of {client} in the body as well", &[], |scene, request, args| {
        let (client, other) = (scene.actor()?, scene.client(named(&args[0])?.key)?);
        let secret = |client: &Client| client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"));
        let request = request.basic("Basic", &form_encode(&client.id), &secret(client)?.form_encoded());
        Ok(request.set("client_id", &other.id).set("client_secret", secret(other)?))
    }),
    alteration("with its own credentials and then those of {client} in the body", &[], |scene, request, args| {
        let (client, other) = (scene.actor()?, scene.client(named(&args[0])?.key)?);
        let secret = |client: &Client| client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"));
        let request = request.authenticate(&ClientAuth::Post { id: client.id.clone(), secret: secret(client)? });
        Ok(request.twice("client_id", &other.id).twice("client_secret", secret(other)?))
    }),
    alteration("with the header of {client} and its own client_id in the body", &[], |scene, request, args| {
        let (client, other) = (scene.actor()?, scene.client(named(&args[0])?.key)?);
        match other.auth() {
            auth @ ClientAuth::Basic { .. } => Ok(request.authenticate(&auth).set("client_id", &client.id)),
            ClientAuth::Anonymous | ClientAuth::None { .. } | ClientAuth::Post { .. } => {
                Err(Halt::NotApplicable(format!("`clients.{}` is not registered for HTTP Basic", other.role)))
            }
        }
    }),
    alteration("with its client_id in the body as well", &[], |scene, request, _| {
        Ok(request.set("client_id", &scene.actor()?.id))
    }),
    alteration("with its client_id in the body and the Authorization header {string}", &[], |scene, request, args| {
        let request = request.authenticate(&ClientAuth::None { id: scene.actor()?.id.clone() });
        Ok(request.header("authorization", &args[0]))
    }),
    alteration("with the client_id of {client} in the body as well", &[], |scene, request, args| {
        let role = named(&args[0])?;
        Ok(request.set("client_id", &scene.client(role.key)?.id))
    }),
    alteration("with the scheme {string}", &[], |scene, request, args| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        Ok(request.basic(&args[0], &form_encode(&client.id), &secret.form_encoded()))
    }),
    alteration("with the Authorization header {string}", &[], |_, request, args| {
        Ok(request.without("client_id").without("client_secret").header("authorization", &args[0]))
    }),
    alteration("with its credentials in the query", &[], |scene, request, _| {
        let client = scene.actor()?;
        let secret = client.secret.clone().ok_or_else(|| Halt::blocked("the client has no secret"))?;
        let mut request = request.authenticate(&ClientAuth::Anonymous);
        request.query.push(("client_id".to_owned(), Value::from(&client.id)));
        request.query.push(("client_secret".to_owned(), Value::from(secret)));
        Ok(request)
    }),
];

fn empty_secret() -> Secret {
    Secret::chosen("empty client_secret", String::new())
}
