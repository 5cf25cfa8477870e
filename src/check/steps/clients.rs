//! What a check starts from: a client, and what it was granted.

use super::super::flow::Ask;
use super::super::halt::{Halt, Step};
use super::super::phrase::{Args, Phrase};
use super::super::role::{ROLES, Role};
use super::super::scene::{Deed, Scene};
use crate::login::{Decision, End};
use crate::protocol::ClientAuth;
use crate::provider::{Grant, Need};

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::given("{client}", &[], |s, a| Box::pin(a_client(s, a))),
    Phrase::given("{client} that authenticates by HTTP Basic", &[], |s, a| Box::pin(a_basic_client(s, a))),
    Phrase::given("{client} whose user approved a request with an S256 challenge", &[Need::UserLogin], |s, a| {
        Box::pin(approved(s, a, Ask::WithChallenge))
    }),
    Phrase::given("{client} whose user approved a request without a challenge", &[Need::UserLogin], |s, a| {
        Box::pin(approved(s, a, Ask::WithoutChallenge))
    }),
    Phrase::given("{client} whose user approved a request without redirect_uri", &[Need::UserLogin], |s, a| {
        Box::pin(approved_without_redirect_uri(s, a))
    }),
    Phrase::given("{client} with tokens from a code that its user approved", &[Need::UserTokens], |s, a| {
        Box::pin(with_tokens(s, a))
    }),
    Phrase::given("{client} whose user approved one of its scopes", &[Need::UserLogin, Need::TwoScopes], |s, a| {
        Box::pin(approved_for_one_scope(s, a))
    }),
    Phrase::given("{client} with tokens for one of its scopes", &[Need::UserLogin, Need::TwoScopes], |s, a| {
        Box::pin(with_tokens_for_one_scope(s, a))
    }),
    Phrase::given("a confidential client that is not registered for {word}", &[], |s, a| Box::pin(without_grant(s, a))),
    Phrase::given("{client} with a token of its own", &[], |s, a| Box::pin(with_own_token(s, a))),
    Phrase::given("{client} with a device code", &[Need::Device], |s, a| Box::pin(with_device_code(s, a))),
    Phrase::given("{client} with a device code that its user approved", &[Need::Device, Need::UserLogin], |s, a| {
        Box::pin(with_settled_device_code(s, a, Decision::Approve))
    }),
    Phrase::given("{client} with a device code that its user denied", &[Need::Device, Need::UserDeny], |s, a| {
        Box::pin(with_settled_device_code(s, a, Decision::Deny))
    })
    .rough(),
];

/// The scenario is about this client.
fn introduce(scene: &mut Scene, args: &Args) {
    scene.protagonist = args.client(0).key;
    scene.actor = scene.protagonist;
}

async fn a_client(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    scene.actor().map(|_| ())
}

async fn approved(scene: &mut Scene, args: &Args, ask: Ask) -> Step {
    introduce(scene, args);
    scene.obtain_code(ask).await
}

/// A server may insist on the parameter, and OpenID Connect does.
async fn approved_without_redirect_uri(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    match scene.obtain_code_by(request.without("redirect_uri"), grant).await {
        Err(Halt::Fault(_)) if matches!(scene.sighting()?.end, End::Refused { .. }) => {
            Err(Halt::NotApplicable("the provider insists on redirect_uri".to_owned()))
        }
        outcome => outcome,
    }
}

async fn with_tokens(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    scene.obtain_tokens(Ask::WithChallenge).await
}

async fn approved_for_one_scope(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    let scope = scene.one_scope()?;
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    scene.obtain_code_by(request.set("scope", scope), grant).await
}

async fn with_tokens_for_one_scope(scene: &mut Scene, args: &Args) -> Step {
    approved_for_one_scope(scene, args).await?;
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, None).await?;
    scene.expect_tokens().map(|_| ())
}

/// Any client with a secret will do that may not use the grant.
async fn without_grant(scene: &mut Scene, args: &Args) -> Step {
    let grant = Grant::ALL.into_iter().find(|grant| grant.name() == args.text(0));
    let grant = grant.ok_or_else(|| Halt::blocked(format!("no such grant: {}", args.text(0))))?;
    let lacks = |role: &&Role| scene.client(role.key).is_ok_and(|client| !client.is_public() && !client.may(grant));
    let Some(role) = ROLES.iter().find(lacks) else {
        return Err(Halt::NotApplicable(format!("every confidential client is registered for {}", grant.name())));
    };
    scene.protagonist = role.key;
    scene.actor = role.key;
    Ok(())
}

async fn with_own_token(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    let request = scene.own_credentials()?;
    scene.act(Deed::ClientCredentials, request, None).await?;
    scene.expect_tokens().map(|_| ())
}

async fn with_device_code(scene: &mut Scene, args: &Args) -> Step {
    introduce(scene, args);
    scene.obtain_device_code().await
}

async fn with_settled_device_code(scene: &mut Scene, args: &Args, decision: Decision) -> Step {
    introduce(scene, args);
    scene.obtain_device_code().await?;
    if decision == Decision::Deny {
        scene.user = "carol";
    }
    scene.settle_device(decision).await
}

/// For what HTTP says of its own scheme: a client registered otherwise shows nothing of it.
async fn a_basic_client(scene: &mut Scene, args: &Args) -> Step {
    a_client(scene, args).await?;
    match scene.actor()?.auth() {
        ClientAuth::Basic { .. } => Ok(()),
        ClientAuth::Anonymous | ClientAuth::None { .. } | ClientAuth::Post { .. } => {
            let role = scene.actor_key();
            Err(Halt::NotApplicable(format!("needs a client that authenticates by HTTP Basic: `clients.{role}.auth`")))
        }
    }
}
