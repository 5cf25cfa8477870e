//! Whether each redirect URI is registered: where an authorization request leads that nobody answers.

use futures::stream::{self, StreamExt as _};

use super::diagnosis::{Remark, Sign, Topic};
use super::visit::{Visit, quoted};
use crate::check::chance;
use crate::login::{End, Role, Sighting, look};
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
    /// To a page that asks who the user is.
    Login,
    /// To another page, of this name.
    Page(String),
    /// To a refusal.
    Refused(String),
    /// Nowhere that tells anything.
    Lost(String),
}

impl Landing {
    fn of(sighting: &Sighting) -> Self {
        let page = sighting.last().filter(|hop| hop.is_page()).map(|hop| hop.page());
        match &sighting.end {
            End::Redirected { params, .. } => Self::Redirected(params.get("error").map(str::to_owned)),
            End::Finished => match sighting.last().map(|hop| &hop.role) {
                Some(Role::LoginPage | Role::ConsentPage) => Self::Login,
                Some(_) | None => Self::Page(page.map_or_else(|| sighting.describe(), |page| page.name())),
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
            End::Outside { .. } | End::Stuck { .. } | End::Crashed { .. } | End::Failed(_) => Self::Lost(sighting.describe()),
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
        let Some((first, _)) = asked.first() else { return Vec::new() };
        let control = if with_control { self.land(first, UNREGISTERED).await } else { None };
        let landings: Vec<_> = stream::iter(asked)
            .map(|(client, uri)| async move { (client, uri, self.land(client, uri).await) })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut refused = Vec::new();
        let mut remarks = Vec::new();
        for (client, uri, landing) in landings {
            let Some(mut landing) = landing else { continue };
            if let Landing::Redirected(error @ Some(_)) = &mut landing {
                // One cause, one remark: what is refused there is refused at each URI of the client's.
                let again = refused.contains(&(client.role.clone(), error.clone()));
                refused.push((client.role.clone(), error.clone()));
                *error = error.take().filter(|_| !again);
            }
            remarks.push(remark(client, uri, &landing, control.as_ref()));
        }
        remarks
    }

    async fn land(&self, client: &Client, uri: &str) -> Option<Landing> {
        let endpoint = self.target.endpoints.authorization.as_ref()?;
        let (state, pkce) = (chance::token(), chance::pkce());
        let request =
            client.authorization_request(endpoint, client.scope().as_deref(), &state, Some(&pkce)).set("redirect_uri", uri);
        let sighting = look(self.wire, self.tape, &mut Jar::default(), request, &[uri]).await;
        Some(Landing::of(&sighting))
    }
}

fn remark(client: &Client, uri: &str, landing: &Landing, control: Option<&Landing>) -> Remark {
    let role = &client.role;
    let say = |sign: Sign, says: String| Remark::new(Topic::RedirectUris, sign, role, format!("{uri}: {says}"));
    let register = format!("register exactly this URI for the client `{}`, or correct `clients.{role}.redirect_uris`", client.id);
    let blind = control == Some(landing);
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
        Landing::Login if blind => {
            say(Sign::Doubt, "cannot be told: a URI that nobody registered gets the login page, too".to_owned())
                .way_out("compare it with what the provider has registered")
        }
        Landing::Login => say(Sign::Fine, "registered; a login page".to_owned()),
        Landing::Page(name) if blind => {
            say(Sign::Doubt, format!("cannot be told: {name}, as for a URI that nobody registered")).way_out(register)
        }
        Landing::Page(name) => say(Sign::Fine, format!("registered, it seems; {name}")),
        Landing::Refused(said) => say(Sign::Wrong, format!("refused: {said}")).way_out(register),
        Landing::Lost(what) => say(Sign::Doubt, what.clone()).way_out("none in the configuration, as far as can be told"),
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
