//! The question whether a client may act in the user's name: reached and left open, or answered by another site.

use super::super::chance;
use super::super::flow::Ask;
use super::super::halt::{Fault, Halt, Step};
use super::super::judge;
use super::super::phrase::Phrase;
use super::super::scene::{Deed, Scene};
use super::super::user::Outing;
use super::pages::{NO_CONSENT, granted};
use crate::login::{self, Decision, End, Sighting, Stop};
use crate::protocol::{Body, Endpoint, Request, Value};
use crate::provider::Need;
use crate::verdict::Kind;
use crate::wire::Jar;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("a user who has never approved goes on to the question", &[Need::UserLogin, Need::LoginPages], |s, _| {
        Box::pin(goes_to_question(s))
    }),
    Phrase::act(
        "another site sends the consent form in the user's browser, without what it cannot know",
        &[Need::UserLogin, Need::LoginPages],
        |s, _| Box::pin(forges_consent(s)),
    ),
    Phrase::judge(
        "the question names the client, and what it asks for",
        &[Need::UserLogin, Need::LoginPages, Need::TwoScopes],
        |s, _| Box::pin(question_says_who_and_what(s)),
    ),
    Phrase::judge("nothing is granted", &[], |s, _| Box::pin(nothing_granted(s))),
];

/// A walk that ends at the question, with what is needed to go on.
pub(super) struct Question {
    request: Request,
    stops: Vec<String>,
    pub jar: Jar,
    pub seen: Sighting,
}

/// Carol never approves, so a provider that remembers consent asks her; without her it is the user of the scene, who may be known.
pub(super) fn who_is_asked(scene: &Scene) -> &'static str {
    if scene.user("carol").is_ok() { "carol" } else { scene.user }
}

/// Sends a user with this request to the question, and leaves it open.
pub(super) async fn ask_user(scene: &mut Scene, who: &str, request: Request) -> Result<Question, Halt> {
    let stops = scene.stops(None);
    let uris: Vec<&str> = stops.iter().map(String::as_str).collect();
    let mut jar = scene.take_browser(&chance::token());
    let outing = Outing::authorization(request.clone(), &uris, Decision::Approve).until(Stop::Asked(&uris));
    scene.walk_began = scene.tape.len();
    scene.deed = Some(Deed::Approve);
    let seen = scene.send_out(who, &mut jar, outing).await?;
    Ok(Question { request, stops, jar, seen })
}

async fn goes_to_question(scene: &mut Scene) -> Step {
    let (request, _) = scene.authorization_request(Ask::WithChallenge)?;
    let Question { request, seen, .. } = ask_user(scene, who_is_asked(scene), request).await?;
    (scene.sighting, scene.asked) = (Some(seen), Some(request));
    Ok(())
}

/// The form that approves.
pub(super) fn approval(question: &Question) -> Result<Request, Halt> {
    match (&question.seen.end, question.seen.last()) {
        (End::Finished, Some(hop)) => {
            hop.page().decide(Decision::Approve).ok_or_else(|| Halt::blocked("the consent page cannot be operated"))
        }
        _ if granted(&question.seen) => Err(Halt::NotApplicable(NO_CONSENT.to_owned())),
        _ => Err(Halt::blocked(format!("no consent page was seen: {}", question.seen.describe()))),
    }
}

/// A foreign site can send what every such page holds, but not what differs from one session to another; or, whole, the form
/// that its owner is shown in a session of their own.
async fn forges_consent(scene: &mut Scene) -> Step {
    let who = who_is_asked(scene);
    // The request is the attacker's, who knows what is in it: each session gets the same one, and differs in what is its own.
    let (request, _) = scene.authorization_request(Ask::WithChallenge)?;
    let other = approval(&ask_user(scene, who, request.clone()).await?)?;
    let attackers = match ask_user(scene, "bob", request.clone()).await {
        Ok(question) => approval(&question).ok(),
        Err(_) => None,
    };
    let mut victim = ask_user(scene, who, request).await?;
    let form = approval(&victim)?;
    let Some(Forged { request: forged, lacks_nothing }) = forge(&form, &other, Forgery::WithoutSecrets) else {
        return Err(Halt::NotApplicable("the consent page sends no form".to_owned()));
    };
    if lacks_nothing && keeps_cookies_home(&victim.seen) {
        return Err(Halt::NotApplicable("browsers send the session's cookies with no request of another site".to_owned()));
    }
    let uris: Vec<&str> = victim.stops.iter().map(String::as_str).collect();
    scene.asked = Some(victim.request);
    for request in std::iter::once(forged).chain(attackers) {
        scene.walk_began = scene.tape.len();
        let seen = login::look(&scene.wire, &scene.tape, &mut victim.jar, from_elsewhere(request), &uris).await;
        let harmless = matches!(seen.end, End::Refused { .. } | End::Finished);
        scene.sighting = Some(seen);
        if !harmless {
            break;
        }
    }
    Ok(())
}

/// What another site has to send in place of what only the page itself knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgery {
    /// Nothing.
    WithoutSecrets,
    /// What stands there in a browser of its own.
    WithOwnSecrets,
}

/// A form as another site can put it together.
pub(super) struct Forged {
    /// What it sends.
    pub request: Request,
    /// Whether that is all there is: nothing in the form belongs to one session.
    pub lacks_nothing: bool,
}

/// Forges a form, from what the attacker was shown in another session; none where the page sends no form.
///
/// What differs between the two belongs to its session, be it a field or a part of the address: there too the attacker knows
/// only what it was shown itself.
pub(super) fn forge(form: &Request, other: &Request, forgery: Forgery) -> Option<Forged> {
    let Body::Form(fields) = &form.body else { return None };
    let differs = |(name, value): &&(String, Value)| other.param(name).is_none_or(|known| known.expose() != value.expose());
    let secret: Vec<&str> = fields.iter().filter(differs).map(|(name, _)| name.as_str()).collect();
    let lacks_nothing = secret.is_empty() && form.url == other.url;
    let mut request = secret.iter().fold(form.clone(), |form, name| match (forgery, other.param(name)) {
        (Forgery::WithOwnSecrets, Some(value)) => form.set(name, value.clone()),
        (Forgery::WithOwnSecrets, None) | (Forgery::WithoutSecrets, _) => form.without(name),
    });
    request.url = other.url.clone();
    Some(Forged { request, lacks_nothing })
}

/// What a browser says of a form that another site submits from a frame without an origin, which leaves least to be told by.
pub(super) fn from_elsewhere(request: Request) -> Request {
    let request = request.without_header("referer").without_header("origin").header("origin", "null");
    request.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document")
}

/// Whether every cookie of the walk is `SameSite=Lax` or `Strict`.
pub(super) fn keeps_cookies_home(sighting: &Sighting) -> bool {
    let mut cookies = sighting.hops.iter().flat_map(|hop| hop.response.header_values("set-cookie"));
    cookies.all(|cookie| {
        let mut attributes = cookie.split(';').skip(1).map(|attribute| attribute.trim().to_ascii_lowercase());
        attributes.any(|attribute| matches!(attribute.as_str(), "samesite=lax" | "samesite=strict"))
    })
}

async fn nothing_granted(scene: &mut Scene) -> Step {
    let sighting = scene.sighting()?;
    let expected = "a refusal, and no code";
    if let Some(halt) = judge::dead_end(sighting) {
        return Err(halt);
    }
    match &sighting.end {
        End::Redirected { params, .. } | End::Outside { params, .. } if params.get("error").is_none() => {
            Err(judge::seen(Kind::Accepted, sighting, expected).into())
        }
        End::Crashed { .. } | End::Failed(_) => Err(judge::seen(Kind::Crashed, sighting, expected).into()),
        End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Finished | End::Stuck { .. } => Ok(()),
    }
}

/// What a question says to the user of the other pages, so that two of them can be compared.
fn words(question: &Sighting) -> Result<String, Halt> {
    match (&question.end, question.last()) {
        (End::Finished, Some(hop)) => Ok(hop.page().text().to_owned()),
        _ if granted(question) => Err(Halt::NotApplicable(NO_CONSENT.to_owned())),
        _ => Err(Halt::blocked(format!("no consent page was seen: {}", question.describe()))),
    }
}

/// A page may call client and scopes by names of its own: then it reads differently for another client, and for less scope.
async fn question_says_who_and_what(scene: &mut Scene) -> Step {
    let expected = "a question that names the client and each scope";
    let (who, actor, shown) = (who_is_asked(scene), scene.actor, scene.walk_began + scene.sighting()?.hops.len());
    let said = words(scene.sighting()?)?;
    let narrow = scene.one_scope()?;
    let asking = |scene: &Scene| {
        let request = scene.authorization_request(Ask::WithChallenge).map(|(request, _)| request)?;
        Ok::<_, Halt>(request.set("scope", narrow.clone()))
    };
    let request = asking(scene)?;
    let less = ask_user(scene, who, request).await?.seen;
    let less = words(&less)?;
    let scopes = &scene.actor()?.scopes;
    let names_scopes = scopes.iter().filter(|scope| *scope != "openid").all(|scope| said.contains(scope.as_str()));
    let mut missing = (said == less && !names_scopes).then_some("the same words for one scope and for all");
    let id = scene.actor()?.id.clone();
    if missing.is_none() && !said.contains(&id) {
        let others = ["other", "single", "spa", "other_spa", "native"];
        let may_ask = |role: &&&str| **role != actor && scene.client(role).is_ok_and(|client| client.scopes.contains(&narrow));
        let Some(other) = others.iter().find(may_ask) else {
            return Err(Halt::NotApplicable("needs a second client with the same scope: `clients.other.scopes`".to_owned()));
        };
        scene.actor = other;
        let request = asking(scene)?;
        let another = ask_user(scene, who, request).await;
        scene.actor = actor;
        missing = (words(&another?.seen)? == less).then_some("the same words for this client and for another");
    }
    let Some(got) = missing else { return Ok(()) };
    scene.evidence = shown.checked_sub(1);
    Err(Fault {
        kind: Kind::Malformed,
        expected: expected.to_owned(),
        got: got.to_owned(),
        answer: got.to_owned(),
        endpoint: Endpoint::Page,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(address: &str, fields: &[(&str, &str)]) -> Request {
        let url = url::Url::parse(address).expect("a URL");
        fields.iter().fold(Request::post(Endpoint::Page, &url), |form, (name, value)| form.set(name, *value))
    }

    fn forged(form: &Request, other: &Request, forgery: Forgery) -> (String, Vec<(String, String)>, bool) {
        let Forged { request, lacks_nothing } = forge(form, other, forgery).expect("a form");
        let fields = request.params().iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
        (request.url.to_string(), fields, lacks_nothing)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn another_site_knows_no_address_but_its_own() {
        let own = form("https://as.example/consent?client=c&tab=victims", &[("accept", "")]);
        let other = form("https://as.example/consent?client=c&tab=attackers", &[("accept", "")]);
        let (address, fields, lacks_nothing) = forged(&own, &other, Forgery::WithoutSecrets);
        assert_eq!((address.as_str(), fields), ("https://as.example/consent?client=c&tab=attackers", pairs(&[("accept", "")])));
        assert!(!lacks_nothing, "the address is a secret too");
    }

    #[test]
    fn another_site_leaves_out_what_differs_or_sends_its_own() {
        let own = form("https://as.example/consent", &[("csrf", "victims"), ("accept", "yes")]);
        let other = form("https://as.example/consent", &[("csrf", "attackers"), ("accept", "yes")]);
        assert_eq!(forged(&own, &other, Forgery::WithoutSecrets).1, pairs(&[("accept", "yes")]));
        assert_eq!(forged(&own, &other, Forgery::WithOwnSecrets).1, pairs(&[("csrf", "attackers"), ("accept", "yes")]));
        let open = form("https://as.example/consent", &[("accept", "yes")]);
        assert!(forged(&open, &open, Forgery::WithoutSecrets).2, "nothing is missing");
    }
}
