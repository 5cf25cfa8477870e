//! Sentences in which it matters which of two users acts, and what becomes of a user's account.

use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Step};
use super::super::phrase::{Args, Phrase, Token};
use super::super::scene::{Deed, Scene};
use crate::login::Decision;
use crate::protocol::{Endpoint, answer, request};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::given(
        "{client} with tokens of two users, each logged in in a browser of their own",
        &[Need::UserLogin, Need::SecondUser, Need::Witness],
        |s, a| Box::pin(two_users(s, a)),
    ),
    Phrase::act("the account of the user who approved is closed", &[Need::UserDisable], |s, _| Box::pin(account_is_closed(s)))
        .ends_grants(),
    Phrase::act("the first user approves once more", &[Need::UserLogin], |s, _| Box::pin(first_user_approves(s))),
    Phrase::judge("the new token stands for the first user", &[], |s, _| Box::pin(stands_for_first(s))),
];

const FIRST: &str = "the browser of the first user";
const SECOND: &str = "the browser of the second user";

async fn two_users(scene: &mut Scene, args: &Args) -> Step {
    scene.protagonist = args.client(0).key;
    scene.actor = scene.protagonist;
    for (user, browser) in [("alice", FIRST), ("bob", SECOND)] {
        scene.user = user;
        tokens_in(scene, browser).await?;
        if !scene.sighting()?.asked_login() {
            return Err(Halt::blocked("no page asked who the user is"));
        }
        let subject = subject(scene).await?;
        scene.kept.insert(browser, subject);
    }
    scene.user = "alice";
    if scene.kept.get(FIRST) == scene.kept.get(SECOND) {
        return Err(Halt::blocked("the tokens of both users stand for the same one"));
    }
    Ok(())
}

async fn account_is_closed(scene: &mut Scene) -> Step {
    let provider = &scene.target.provider;
    let (Some(admin), true) = (&provider.admin, scene.in_own_realm) else {
        return Err(Halt::blocked("an account is closed in a realm of the check's own only"));
    };
    let user = provider.user(scene.user).ok_or_else(|| Halt::blocked("nobody has approved"))?;
    admin.close_account(&scene.wire, &user.username).await.map_err(|error| Halt::blocked(error.to_string()))
}

async fn tokens_in(scene: &mut Scene, browser: &str) -> Step {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    let before = scene.grants.len();
    scene.send_user(request, grant, Decision::Approve, browser).await?;
    if scene.grants.len() == before {
        return Err(Halt::blocked(format!("no code came: {}", scene.sighting()?.describe())));
    }
    let redemption = scene.redemption()?;
    scene.act(Deed::Redeem, redemption, None).await?;
    scene.expect_tokens().map(|_| ())
}

/// Whom the newest access token stands for, in the words of whoever knows: introspection, or else the resource.
async fn subject(scene: &mut Scene) -> Result<String, Halt> {
    let token = scene.token(Token::Access)?;
    let mut questions = Vec::new();
    if let Ok(introspection) = scene.endpoint(Endpoint::Introspection) {
        for role in ["inspector", scene.protagonist] {
            if let Ok(client) = scene.client(role)
                && !client.is_public()
            {
                questions.push(client.introspection(&introspection, &token));
            }
        }
    }
    if let Ok(resource) = scene.endpoint(Endpoint::Resource) {
        questions.push(request::resource(&resource).bearer(&token));
    }
    for question in questions {
        let Ok(response) = scene.wire.send(&scene.tape, &question).await else { continue };
        let Ok(members) = answer::object(&response) else { continue };
        let named = ["sub", "username"].iter().find_map(|name| members.get(*name).and_then(serde_json::Value::as_str));
        if let (200, Some(named)) = (response.status, named) {
            return Ok(named.to_owned());
        }
    }
    Err(Halt::blocked("nobody says whom the token stands for"))
}

async fn first_user_approves(scene: &mut Scene) -> Step {
    scene.user = "alice";
    tokens_in(scene, FIRST).await
}

async fn stands_for_first(scene: &mut Scene) -> Step {
    let subject = subject(scene).await?;
    if scene.kept.get(FIRST) == Some(&subject) {
        return Ok(());
    }
    let whose = if scene.kept.get(SECOND) == Some(&subject) { "the second user" } else { "a third user" };
    let got = format!("a token that stands for {whose}");
    Err(Fault {
        kind: Kind::Leaked,
        expected: "a token that stands for the user who approved".to_owned(),
        answer: got.clone(),
        got,
        endpoint: Endpoint::Authorization,
    }
    .into())
}
