//! Whether each redirect URI is registered: where an authorization request leads that nobody answers.

use futures::stream::{self, StreamExt as _};

use super::diagnosis::{Remark, Sign, Topic};
use super::visit::{Visit, quoted};
use crate::check::chance;
use crate::login::{self, Decision, End, Errand, Role, Sighting, Stop, look};
use crate::provider::{Client, Grant};
use crate::wire::Jar;

/// A place that no client has registered.
const UNREGISTERED: &str = "https://unregistered.flowproof.invalid/callback";

/// Requests side by side.
const AT_ONCE: usize = 4;

/// Where a request led.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Landing {
    /// To the redirect URI, with this error or none.
    Redirected(Option<String>),
    /// To a page that asks who the user is, at an address of this shape.
    Login(String),
    /// To a page that asks for the decision.
    Consent,
    /// To another page, of this name and at an address of this shape.
    Page(String, String),
    /// To a refusal.
    Refused(String),
    /// Nowhere that tells anything.
    Lost(String),
    /// There is no answer.
    Silent(String),
}

impl Landing {
    /// Whether it is a page that goes on with the request.
    fn asks(&self) -> bool {
        match self {
            Self::Login(_) | Self::Consent | Self::Page(..) => true,
            Self::Redirected(_) | Self::Refused(_) | Self::Lost(_) | Self::Silent(_) => false,
        }
    }

    /// Where it leads, in words.
    fn words(&self) -> String {
        match self {
            Self::Login(_) => "it leads to the login page".to_owned(),
            Self::Consent => "it leads to the consent page".to_owned(),
            Self::Page(name, _) => format!("it leads to {name}"),
            Self::Redirected(_) => "it gets an answer".to_owned(),
            Self::Refused(_) | Self::Lost(_) | Self::Silent(_) => "it leads nowhere".to_owned(),
        }
    }

    fn of(sighting: &Sighting) -> Self {
        let page = sighting.last().filter(|hop| hop.is_page()).map(|hop| hop.page());
        match &sighting.end {
            End::Redirected { params, .. } => Self::Redirected(params.get("error").map(str::to_owned)),
            End::Finished => match sighting.last().map(|hop| &hop.role) {
                Some(Role::LoginPage) => Self::Login(shape(sighting)),
                Some(Role::ConsentPage) => Self::Consent,
                Some(_) | None => Self::Page(page.map_or_else(|| sighting.describe(), |page| page.name()), shape(sighting)),
            },
            End::Refused { status } => {
                let said = match (page, sighting.last()) {
                    (Some(page), _) if page.text().contains(page.title()) => quoted(page.text()),
                    (Some(page), _) => quoted(&format!("{}: {}", page.title(), page.text())),
                    (None, Some(hop)) => quoted(&hop.response.text()),
                    (None, None) => String::new(),
                };
                Self::Refused(format!("status {status}, {said}"))
            }
            End::Outside { .. } | End::Stuck { .. } | End::Crashed { .. } => Self::Lost(sighting.describe()),
            End::Failed(failure) => Self::Silent(failure.to_string()),
        }
    }
}

impl Visit<'_> {
    /// A remark for each redirect URI that is `wanted`. With a control, a URI that nobody registered is tried once, to learn what a refusal looks
    /// like here.
    pub(super) async fn redirect_uris(&self, wanted: &dyn Fn(&Client, &str) -> bool, with_control: bool) -> Vec<Remark> {
        let clients = self.provider().clients.values().filter(|client| client.may(Grant::AuthorizationCode));
        let asked: Vec<(&Client, &str)> = clients
            .flat_map(|client| client.redirect_uris.iter().map(move |uri| (client, uri.as_str())))
            .filter(|(client, uri)| wanted(client, uri))
            .collect();
        let Some((first, uri)) = asked.first() else { return Vec::new() };
        let mut browser = Jar::default();
        if let Some(Landing::Silent(failure)) = self.land(first, uri, &browser).await {
            // One cause, one remark; and every further URI would be waited for as long.
            return vec![
                Remark::new(
                    Topic::RedirectUris,
                    Sign::Doubt,
                    &first.role,
                    format!("the authorization endpoint does not answer: {failure}"),
                )
                .way_out("the others were not tried; look whether the provider is well"),
            ];
        }
        let mut control = if with_control { self.land(first, UNREGISTERED, &browser).await } else { None };
        if control.as_ref().is_some_and(Landing::asks) {
            // Some look at the request only when they know the user.
            if let Some(logged_in) = self.logged_in(first).await {
                browser = logged_in;
                control = self.land(first, UNREGISTERED, &browser).await;
            }
        }
        let browser = &browser;
        let landings: Vec<_> = stream::iter(asked)
            .map(|(client, uri)| async move { (client, uri, self.land(client, uri, browser).await) })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let (mut refused, mut blind) = (Vec::new(), Vec::new());
        let mut remarks = Vec::new();
        for (client, uri, landing) in landings {
            let Some(mut landing) = landing else { continue };
            let taken = landing.asks() || landing == Landing::Redirected(None);
            if taken && control.as_ref() == Some(&landing) {
                blind.push(landing);
                continue;
            }
            if let Landing::Redirected(error @ Some(_)) = &mut landing {
                // One cause, one remark: what is refused there is refused at each URI of the client's.
                let again = refused.contains(&(client.role.clone(), error.clone()));
                refused.push((client.role.clone(), error.clone()));
                *error = error.take().filter(|_| !again);
            }
            remarks.push(remark(client, uri, &landing));
        }
        if let Some(landing) = blind.first() {
            let says = format!("cannot be told: {}, and so does one that nobody registered", landing.words());
            let count = if blind.len() == 1 { "1 URI".to_owned() } else { format!("{} URIs", blind.len()) };
            remarks.push(
                Remark::new(Topic::RedirectUris, Sign::Doubt, count, says)
                    .way_out("compare each with what the provider has registered, character by character"),
            );
        }
        remarks
    }

    /// A browser in which a user has logged in, and been asked for the decision at most.
    async fn logged_in(&self, client: &Client) -> Option<Jar> {
        let login = &self.provider().login;
        // Of the drivers these two keep the session's cookies where we can go on with them.
        let user = self.provider().user("alice").filter(|_| matches!(login.driver.name(), "form" | "recipe"))?;
        let endpoint = self.target.endpoints.authorization.as_ref()?;
        let stops = [client.redirect_uri()];
        let (state, pkce) = (chance::token(), chance::pkce());
        let errand = Errand {
            start: client.authorization_request(endpoint, client.scope().as_deref(), &state, Some(&pkce)),
            stop_at: Stop::Asked(&stops),
            username: &user.username,
            password: &user.password,
            user_code: None,
            decision: Decision::Approve,
        };
        let mut jar = Jar::default();
        let sighting = login::run(self.wire, self.tape, &mut jar, login, &errand).await;
        matches!(sighting.end, End::Finished | End::Redirected { .. }).then_some(jar)
    }

    async fn land(&self, client: &Client, uri: &str, browser: &Jar) -> Option<Landing> {
        let endpoint = self.target.endpoints.authorization.as_ref()?;
        let (state, pkce) = (chance::token(), chance::pkce());
        let request =
            client.authorization_request(endpoint, client.scope().as_deref(), &state, Some(&pkce)).set("redirect_uri", uri);
        let sighting = look(self.wire, self.tape, &mut browser.clone(), request, &[uri]).await;
        Some(Landing::of(&sighting))
    }
}

/// Where a walk ended: the path, and the names of its parameters. What a single-page application shows, its address tells.
fn shape(sighting: &Sighting) -> String {
    let Some(hop) = sighting.last() else { return String::new() };
    let mut names: Vec<String> = hop.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    names.sort();
    names.dedup();
    format!("{}?{}", hop.url.path(), names.join("&"))
}

fn remark(client: &Client, uri: &str, landing: &Landing) -> Remark {
    let role = &client.role;
    let say = |sign: Sign, says: String| Remark::new(Topic::RedirectUris, sign, role, format!("{uri}: {says}"));
    let register = format!("register exactly this URI for the client `{}`, or correct `clients.{role}.redirect_uris`", client.id);
    match landing {
        Landing::Redirected(None) => say(Sign::Fine, "registered".to_owned()),
        // An answer that goes there says that the provider trusts the place, whatever it thinks of the request.
        Landing::Redirected(Some(error))
            if matches!(error.as_str(), "login_required" | "interaction_required" | "consent_required") =>
        {
            say(Sign::Fine, "registered".to_owned())
        }
        Landing::Redirected(Some(error)) => say(Sign::Wrong, format!("registered, but the request is refused with {error:?}"))
            .way_out(refused_way_out(error, client)),
        Landing::Login(_) => say(Sign::Fine, "registered; a login page".to_owned()),
        Landing::Consent => say(Sign::Fine, "registered; a consent page".to_owned()),
        Landing::Page(name, _) => say(Sign::Fine, format!("registered, it seems; {name}")),
        Landing::Refused(said) => say(Sign::Wrong, format!("refused: {said}")).way_out(register),
        Landing::Lost(what) | Landing::Silent(what) => {
            say(Sign::Doubt, what.clone()).way_out("none in the configuration, as far as can be told")
        }
    }
}

fn refused_way_out(error: &str, client: &Client) -> String {
    let role = &client.role;
    match error {
        "invalid_scope" => format!("list in `clients.{role}.scopes:` what the provider lets it ask for"),
        "unauthorized_client" | "unsupported_response_type" => {
            format!(
                "let the client `{}` use the authorization code flow at the provider, or take it out of `clients.{role}.grants`",
                client.id
            )
        }
        _ => format!("compare `clients.{role}` with what the provider has registered"),
    }
}
