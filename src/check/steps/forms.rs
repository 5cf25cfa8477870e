//! Sentences about the forms of the provider's pages, sent otherwise than their page meant: with more in them, or by another browser.

use url::Url;

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::judge;
use super::super::phrase::{Args, Phrase};
use super::super::scene::{Deed, Grant, Scene};
use super::super::user::Outing;
use super::consent::{approval, ask_user};
use crate::login::{self, Decision, End, Hop, Role, Sighting};
use crate::protocol::{Body, Endpoint, Params, Request, answer};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::Jar;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act(
        "the user sends the {word} form with a {word} that the request does not have",
        &[Need::UserLogin, Need::LoginPages],
        |s, a| Box::pin(sends_with_more(s, a)),
    ),
    Phrase::judge("what the form brings along changes nothing", &[], |s, _| Box::pin(changes_nothing(s))),
    Phrase::act("another browser sends the login form that this one was shown", &[Need::UserLogin, Need::LoginPages], |s, _| {
        Box::pin(another_browser_logs_in(s))
    }),
    Phrase::act(
        "the user logs in by pages whose addresses name another site to return to",
        &[Need::UserLogin, Need::LoginPages],
        |s, _| Box::pin(logs_in_with_return_address(s)),
    ),
    Phrase::judge("nobody is sent to the other site", &[], |s, _| Box::pin(nobody_is_sent_there(s))),
    Phrase::judge("the login form is answered with status 303", &[], |s, _| Box::pin(login_is_answered_with_303(s))),
];

/// A site that no client has registered.
const STRANGE: &str = "https://evil.example/";

/// The values that a form brings along, none of which the request has.
fn foreign(scene: &Scene, parameter: &str) -> Result<Vec<(&'static str, String)>, Halt> {
    Ok(match parameter {
        "redirect_uri" => vec![("redirect_uri", format!("{STRANGE}cb"))],
        "client_id" => {
            let another = ["other", "spa", "single", "other_spa"].iter().find_map(|role| scene.client(role).ok());
            let another = another.ok_or_else(|| Halt::NotApplicable("needs a second client: `clients.other`".to_owned()))?;
            vec![("client_id", another.id.clone())]
        }
        "scope" => vec![("scope", scene.scope_of(scene.actor_key())?)],
        "response_type" => vec![("response_type", "token".to_owned())],
        "state" => vec![("state", chance::token())],
        "code_challenge" => {
            let pkce = chance::pkce();
            vec![("code_challenge", pkce.challenge), ("code_challenge_method", "S256".to_owned())]
        }
        other => return Err(Halt::blocked(format!("no such parameter: {other}"))),
    })
}

/// The request with these in its body, where it has one, and in its address.
fn with_more(request: Request, more: &[(&'static str, String)]) -> Request {
    let mut request = request;
    let names: Vec<&str> = more.iter().map(|(name, _)| *name).collect();
    request.url = with_query(&request.url, &names, more);
    if matches!(request.body, Body::Form(_)) {
        request = more.iter().fold(request, |request, (name, value)| request.set(name, value));
    }
    request
}

/// The URL with these in its query in place of those that bear one of the names.
fn with_query(url: &Url, names: &[&str], more: &[(&'static str, String)]) -> Url {
    let mut changed = url.clone();
    changed.set_query(None);
    let kept = url.query_pairs().filter(|(name, _)| !names.iter().any(|other| other.eq_ignore_ascii_case(name)));
    let mut pairs = changed.query_pairs_mut();
    pairs.extend_pairs(kept);
    pairs.extend_pairs(more);
    drop(pairs);
    changed
}

/// The login page that a request leads to, in this browser.
async fn login_page(scene: &Scene, jar: &mut Jar, request: Request, stops: &[&str]) -> Result<Hop, Halt> {
    let seen = login::look(&scene.wire, &scene.tape, jar, request, stops).await;
    match seen.last() {
        Some(hop) if hop.role == Role::LoginPage => Ok(hop.clone()),
        _ => Err(Halt::blocked(format!("no login page was seen: {}", seen.describe()))),
    }
}

/// The form of a login page, filled in.
fn filled_in(scene: &Scene, page: &Hop) -> Result<Request, Halt> {
    let user = scene.user(scene.user)?;
    page.page().log_in(&user.username, &user.password).ok_or_else(|| Halt::blocked("the login page cannot be operated"))
}

/// Goes on from a form to where the user is sent in the end, and keeps what was seen.
async fn go_on(scene: &mut Scene, jar: &mut Jar, form: Request, asked: Request, stops: &[&str]) -> Step {
    scene.walk_began = scene.tape.len();
    let outing = Outing::authorization(form, stops, Decision::Approve);
    scene.sighting = Some(scene.send_out(scene.user, jar, outing).await?);
    scene.asked = Some(asked);
    Ok(())
}

async fn sends_with_more(scene: &mut Scene, args: &Args) -> Step {
    let (page, parameter) = (args.text(0), args.text(1));
    let more = foreign(scene, parameter)?;
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    // Who is to get more scope than was asked for has to ask for less.
    let request = if parameter == "scope" { less_scope(scene, request, &grant).await? } else { request };
    let grant = Grant { scope: request.param("scope").map(|scope| scope.expose().to_owned()), user: Some(scene.user), ..grant };
    scene.deed = Some(Deed::Approve);
    let stops = scene.stops(None);
    let uris: Vec<&str> = stops.iter().map(String::as_str).collect();
    let (form, mut jar) = match page {
        "login" => {
            let mut jar = Jar::default();
            let page = login_page(scene, &mut jar, request.clone(), &uris).await?;
            scene.tape.learn([&scene.user(scene.user)?.password]);
            (filled_in(scene, &page)?, jar)
        }
        "consent" => {
            let question = ask_user(scene, scene.user, request.clone()).await?;
            (approval(&question)?, question.jar)
        }
        other => return Err(Halt::blocked(format!("no such page: {other}"))),
    };
    go_on(scene, &mut jar, with_more(form, &more), request, &uris).await?;
    if let Some(code) = answered(scene.sighting()?).and_then(Params::code) {
        scene.grants.push(Grant { code: Some(code), ..grant });
    }
    Ok(())
}

/// The request for one scope, if that makes a difference: some providers grant the client every scope that it may have.
async fn less_scope(scene: &mut Scene, request: Request, grant: &Grant) -> Result<Request, Halt> {
    let less = request.set("scope", scene.one_scope()?);
    scene.obtain_code_by(less.clone(), grant.clone()).await?;
    let redemption = scene.redemption()?;
    scene.act(Deed::Redeem, redemption, None).await?;
    let granted = scene.expect_tokens()?.scope.unwrap_or_default();
    if scene.actor()?.scopes.iter().all(|scope| granted.contains(scope)) {
        return Err(Halt::NotApplicable("the provider grants the client every scope, whatever it asks for".to_owned()));
    }
    // A state that was answered once may be taken for a forged one.
    Ok(less.set("state", chance::token()))
}

/// The response, wherever it arrived.
fn answered(sighting: &Sighting) -> Option<&Params> {
    match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } => Some(params),
        End::Finished | End::Refused { .. } | End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => None,
    }
}

/// A refusal changes nothing either; a code has to be for the client, the address, the scope and the challenge of the request.
async fn changes_nothing(scene: &mut Scene) -> Step {
    let expected = "the response that the request asked for, or a refusal";
    let sighting = scene.sighting()?;
    let fault = |kind, got: &str| Halt::from(Fault { got: got.to_owned(), ..judge::seen(kind, sighting, expected) });
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    if matches!(sighting.end, End::Crashed { .. } | End::Failed(_)) {
        return Err(judge::seen(Kind::Crashed, sighting, expected).into());
    }
    let (Some(params), Some(location)) = (answered(sighting), sighting.location()) else { return Ok(()) };
    let asked = |name: &str| scene.asked.as_ref().and_then(|asked| asked.param(name)).map(|value| value.expose().to_owned());
    let home = asked("redirect_uri").and_then(|uri| Url::parse(&uri).ok());
    let place = |url: &Url| (url.scheme().to_owned(), url.authority().to_owned(), url.path().to_owned());
    if home.as_ref().map(place) != Some(place(location)) {
        let kind = if params.code().is_some() { Kind::Accepted } else { Kind::Leaked };
        return Err(judge::seen(kind, sighting, expected).into());
    }
    if params.get("access_token").is_some() {
        return Err(fault(Kind::Accepted, "an access token in the response"));
    }
    if params.code().is_none() {
        return Ok(());
    }
    // Whoever changes the form of the user's own browser is the user: harm comes from what goes to others, or is more.
    if asked("state").as_deref() != params.get("state") {
        let got = "a response with another state than the request's".to_owned();
        return scene.judge(Judgement::Tolerated(Fault { got, ..judge::seen(Kind::Accepted, sighting, expected) }));
    }
    let scope = asked("scope").unwrap_or_default();
    let code_is_bad = fault(Kind::Accepted, "a code that the client cannot redeem as it was asked for");
    let more_scope = fault(Kind::Accepted, "a token for more than the request asked for");
    let request = scene.redemption()?;
    scene.act(Deed::Redeem, request, None).await?;
    let tokens = match judge::yields_tokens(scene.heard()?) {
        Ok(tokens) => tokens,
        Err(fault) if fault.kind == Kind::Crashed => return Err(breaks_down(scene, fault).await),
        Err(_) => return Err(code_is_bad),
    };
    let all = scene.scope_of(scene.actor_key())?;
    let (asked, all) = (answer::scopes(&scope), answer::scopes(&all));
    let granted = tokens.scope.unwrap_or_default();
    if asked.len() < all.len() && all.iter().all(|scope| granted.contains(scope)) {
        return Err(more_scope);
    }
    Ok(())
}

/// A server that breaks down over every code says nothing about this one; one that redeems the next has broken down over what the form brought.
async fn breaks_down(scene: &mut Scene, crashed: Fault) -> Halt {
    let judged = scene.heard.clone();
    scene.evidence = scene.tape.last_of(crashed.endpoint);
    scene.deed = Some(Deed::Redeem);
    let plain = scene.put_right().await;
    (scene.heard, scene.deed) = (judged, Some(Deed::Approve));
    match plain {
        Ok(()) => crashed.into(),
        Err(_) => Halt::blocked(format!("the code cannot be redeemed, and no other: {}", crashed.got)),
    }
}

/// The user of the other browser has not asked for anything: whoever gets it to send the form logs it in as somebody else.
async fn another_browser_logs_in(scene: &mut Scene) -> Step {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    scene.deed = Some(Deed::Approve);
    let stops = scene.stops(grant.redirect_uri.as_deref());
    let uris: Vec<&str> = stops.iter().map(String::as_str).collect();
    let page = login_page(scene, &mut Jar::default(), request.clone(), &uris).await?;
    scene.tape.learn([&scene.user(scene.user)?.password]);
    let mut form = filled_in(scene, &page)?;
    let mut other = Jar::default();
    // The login, the question, and a page between the two.
    for _ in 0..3 {
        scene.walk_began = scene.tape.len();
        let seen = login::look(&scene.wire, &scene.tape, &mut other, form, &uris).await;
        let next = seen.last().filter(|hop| matches!(seen.end, End::Finished) && hop.role == Role::ConsentPage);
        let next = next.and_then(|hop| hop.page().decide(Decision::Approve));
        scene.sighting = Some(seen);
        match next {
            Some(next) => form = next,
            None => break,
        }
    }
    scene.asked = Some(request);
    Ok(())
}

/// Names under which servers keep the address to go on to.
const RETURN: [&str; 11] =
    ["return_to", "returnTo", "ReturnUrl", "return", "next", "continue", "goto", "redirect", "url", "target", "rd"];

/// The address with another site in every parameter that may say where to go on to.
fn returning(url: &Url) -> Url {
    let more: Vec<(&'static str, String)> = RETURN.iter().map(|name| (*name, STRANGE.to_owned())).collect();
    with_query(url, &RETURN, &more)
}

async fn logs_in_with_return_address(scene: &mut Scene) -> Step {
    let (request, grant) = scene.authorization_request(Ask::WithChallenge)?;
    scene.deed = Some(Deed::Approve);
    let stops = scene.stops(grant.redirect_uri.as_deref());
    let uris: Vec<&str> = stops.iter().map(String::as_str).collect();
    let mut jar = Jar::default();
    let page = login_page(scene, &mut jar, request.clone(), &uris).await?;
    // A link to the login page with another address in it; where it is turned down, the page as it was.
    let link = Request::get(Endpoint::Page, &returning(&page.url));
    let began = scene.tape.len();
    let linked = login::look(&scene.wire, &scene.tape, &mut jar, link, &uris).await;
    if leads_astray(&linked) {
        // The link alone is the open redirector: nobody had to log in.
        (scene.walk_began, scene.sighting, scene.asked) = (began, Some(linked), Some(request));
        return Ok(());
    }
    let page = linked.last().filter(|hop| hop.role == Role::LoginPage).cloned().unwrap_or(page);
    scene.tape.learn([&scene.user(scene.user)?.password]);
    let mut form = filled_in(scene, &page)?;
    form.url = returning(&form.url);
    if let Body::Form(fields) = &mut form.body {
        for (_, value) in fields.iter_mut().filter(|(name, _)| RETURN.iter().any(|other| other.eq_ignore_ascii_case(name))) {
            *value = STRANGE.into();
        }
    }
    go_on(scene, &mut jar, form, request, &uris).await
}

/// Whether a walk ended at the other site.
fn leads_astray(sighting: &Sighting) -> bool {
    let there = |url: &Url| url.host_str() == Url::parse(STRANGE).ok().as_ref().and_then(Url::host_str);
    matches!(&sighting.end, End::Outside { location, .. } if there(location))
}

async fn nobody_is_sent_there(scene: &mut Scene) -> Step {
    let expected = "no redirect to the site that the address named";
    let sighting = scene.sighting()?;
    if leads_astray(sighting) {
        return Err(judge::seen(Kind::Leaked, sighting, expected).into());
    }
    match &sighting.end {
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Finished | End::Refused { .. } | End::Stuck { .. } => Ok(()),
    }
}

/// Whether 307 or 308 came in its stead is another check's business: there the password goes along.
async fn login_is_answered_with_303(scene: &mut Scene) -> Step {
    let expected = "status 303 in answer to the login form";
    let password = scene.user(scene.user)?.password.clone();
    let sighting = scene.sighting()?;
    let mut hops = sighting.hops.iter().enumerate();
    let found = hops.find(|(_, hop)| hop.carried(&password) && matches!(hop.role, Role::Redirect { .. }));
    let Some((at, hop)) = found else {
        return Err(Halt::NotApplicable("the login form is not answered with a redirect".to_owned()));
    };
    if matches!(hop.status, 303 | 307 | 308) {
        return Ok(());
    }
    let got = format!("status {}", hop.status);
    let fault =
        Fault { got: got.clone(), answer: got, endpoint: Endpoint::Page, ..judge::seen(Kind::Malformed, sighting, expected) };
    scene.evidence = Some(scene.walk_began + at);
    Err(fault.into())
}
