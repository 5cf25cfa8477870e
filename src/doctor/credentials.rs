//! Whether the provider knows each client and its secret, by a request that does no harm: a code that is made up is refused only after the
//! client has proven who it is.

use std::collections::BTreeSet;

use super::diagnosis::{Remark, Sign, Topic};
use super::visit::{Visit, quoted};
use crate::check::chance;
use crate::protocol::answer::describe;
use crate::protocol::request::form_encode;
use crate::protocol::{ClientAuth, Failure, OAuthError, Request, Response, Secret, Tokens};
use crate::provider::{Client, Endpoints, Grant};

/// A request by which a client shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Probe {
    /// Redeems a code that is made up.
    Redeem,
    /// Refreshes by a token that is made up.
    Refresh,
    /// Polls with a device code that is made up.
    Poll,
    /// Asks for a token by client credentials.
    Issue,
    /// Introspects a token that is made up.
    Introspect,
    /// Revokes a token that is made up.
    Revoke,
}

impl Probe {
    const ALL: [Self; 6] = [Self::Redeem, Self::Refresh, Self::Poll, Self::Issue, Self::Introspect, Self::Revoke];

    /// The request, if this client may make it here.
    fn request(self, client: &Client, endpoints: &Endpoints) -> Option<Request> {
        let token = endpoints.token.as_ref();
        let made_up = |name: &str| Secret::new(name, chance::token() + &chance::token());
        match self {
            Self::Redeem if client.may(Grant::AuthorizationCode) => {
                let (uri, pkce) = (client.redirect_uri(), chance::pkce());
                Some(client.redemption(token?, &made_up("code"), Some(uri), Some(&pkce.verifier)))
            }
            Self::Refresh if client.may(Grant::RefreshToken) => Some(client.refreshing(token?, &made_up("refresh_token"))),
            Self::Poll if client.may(Grant::DeviceCode) => Some(client.polling(token?, &made_up("device_code"))),
            Self::Issue if client.may(Grant::ClientCredentials) => {
                Some(client.own_token_request(token?, client.scope().as_deref()))
            }
            Self::Introspect if !client.is_public() => {
                Some(client.introspection(endpoints.introspection.as_ref()?, &made_up("token")))
            }
            Self::Revoke if !client.is_public() => Some(client.revocation(endpoints.revocation.as_ref()?, &made_up("token"))),
            Self::Redeem | Self::Refresh | Self::Poll | Self::Issue | Self::Introspect | Self::Revoke => None,
        }
    }

    /// What the made-up value is, in words.
    fn words(self) -> &'static str {
        match self {
            Self::Redeem => "a made-up code",
            Self::Refresh => "a made-up refresh token",
            Self::Poll => "a made-up device code",
            Self::Issue => "client credentials",
            Self::Introspect => "introspection of a made-up token",
            Self::Revoke => "revocation of a made-up token",
        }
    }

    /// What the answer says of the client.
    fn read(self, outcome: &Result<Response, Failure>) -> Reading {
        let response = match outcome {
            Ok(response) => response,
            Err(failure) => return Reading::Silent(failure.to_string()),
        };
        let said = || {
            let description = OAuthError::read(response).ok().and_then(|error| error.description);
            let words = description.map(|words| format!(" {}", quoted(&words))).unwrap_or_default();
            format!("{}{words}", describe(response))
        };
        let error = OAuthError::read(response).ok().map(|error| error.error);
        match (self, error.as_deref(), response.status) {
            (_, Some("invalid_client"), _) => Reading::Disproven(said()),
            // Some refuse what is made up with this status, too.
            (Self::Redeem | Self::Refresh | Self::Poll, None, 401) => Reading::Open(said()),
            (Self::Issue | Self::Introspect | Self::Revoke, None, 401) => Reading::Disproven(said()),
            (_, None, 300..=399) => Reading::Disproven(format!("{}, as some do where a client is not let in", said())),
            (_, Some("unauthorized_client"), _) => Reading::Forbidden(said()),
            (Self::Redeem | Self::Refresh, Some("invalid_grant"), _)
            | (
                Self::Poll,
                Some("invalid_grant" | "expired_token" | "authorization_pending" | "access_denied" | "slow_down"),
                _,
            ) => Reading::Proven,
            (Self::Issue, None, 200..300) => match Tokens::read(response) {
                Ok(tokens) => Reading::Issued(tokens.access_token),
                Err(misread) => Reading::Open(misread.to_string()),
            },
            (Self::Issue, Some("invalid_scope"), _) => Reading::OtherScope(said()),
            (Self::Introspect, None, 200) if response.json().is_some_and(|json| json["active"].is_boolean()) => Reading::Proven,
            (Self::Revoke, None, 200 | 204) => Reading::Proven,
            (_, _, 403) => Reading::Forbidden(said()),
            (_, Some(_) | None, _) => Reading::Open(said()),
        }
    }
}

/// What an answer says of the client that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading {
    /// The provider took the client for who it says it is.
    Proven,
    /// It did, and gave this token.
    Issued(Secret),
    /// It did, and refused the scope.
    OtherScope(String),
    /// It did not.
    Disproven(String),
    /// It may or may not have: the client is not allowed this.
    Forbidden(String),
    /// The answer tells nothing.
    Open(String),
    /// There is no answer.
    Silent(String),
}

/// The most that is tried with a wrong secret: once, and once more where the first try told nothing.
const CONTROLS: usize = 2;

impl Visit<'_> {
    /// A remark for each client, or for those of these roles. Without roles a wrong secret is tried as well, to learn whether the provider would
    /// have noticed.
    pub(super) async fn credentials(&self, roles: Option<&BTreeSet<&str>>) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let mut control = Control { left: if roles.is_none() { CONTROLS } else { 0 }, ..Control::default() };
        for client in self.provider().clients.values() {
            if roles.is_none_or(|roles| roles.contains(client.role.as_str())) {
                match self.client(client, &mut control).await {
                    Ok(remark) => remarks.push(remark),
                    Err(Unanswered(endpoint, failure)) => {
                        // One cause, one remark; and every further client would be waited for as long.
                        let remark = Remark::new(
                            Topic::Clients,
                            Sign::Doubt,
                            &client.role,
                            format!("the {endpoint} does not answer: {failure}"),
                        );
                        remarks.push(remark.way_out("the other clients were not tried; look whether the provider is well"));
                        break;
                    }
                }
            }
        }
        remarks
    }

    async fn client(&self, client: &Client, control: &mut Control) -> Result<Remark, Unanswered> {
        let mut last = None;
        for probe in Probe::ALL {
            let Some(request) = probe.request(client, &self.target.endpoints) else { continue };
            let reading = self.ask(probe, &request, &client.auth()).await;
            match &reading {
                Reading::Proven => {
                    if client.is_public() || self.is_noticed(probe, &request, client, control).await {
                        return Ok(proven(client, probe));
                    }
                    last.get_or_insert((probe, reading));
                }
                Reading::Issued(token) => {
                    self.give_back(token, client).await;
                    return Ok(proven(client, probe));
                }
                Reading::OtherScope(said) => {
                    return Ok(Remark::new(
                        Topic::Clients,
                        Sign::Wrong,
                        &client.role,
                        format!("its secret is right, and its scopes are not: {said}"),
                    )
                    .way_out(format!("list in `clients.{}.scopes:` what the provider lets it ask for", client.role)));
                }
                Reading::Disproven(said) => return Ok(self.disproven(client, probe, &request, said).await),
                Reading::Silent(failure) => return Err(Unanswered(request.endpoint.name(), failure.clone())),
                Reading::Forbidden(_) => {
                    last = Some((probe, reading));
                }
                Reading::Open(_) => {
                    last.get_or_insert((probe, reading));
                }
            }
        }
        Ok(undecided(client, last))
    }

    async fn ask(&self, probe: Probe, request: &Request, auth: &ClientAuth) -> Reading {
        probe.read(&self.wire.send(self.tape, &request.clone().authenticate(auth)).await)
    }

    /// Whether the provider would have noticed a wrong secret. Where that cannot be tried any more, it is believed to have if it did elsewhere.
    async fn is_noticed(&self, probe: Probe, request: &Request, client: &Client, control: &mut Control) -> bool {
        if control.blind.contains(&probe) {
            return false;
        }
        if control.left == 0 || !control.seeing.is_empty() {
            return control.blind.is_empty() || control.seeing.contains(&probe);
        }
        control.left -= 1;
        let wrong = Secret::chosen("wrong client_secret", format!("not-it-{}", chance::token()));
        let auth = match client.auth() {
            ClientAuth::Basic { id, .. } => ClientAuth::Basic { id, secret: wrong },
            ClientAuth::Post { id, .. } => ClientAuth::Post { id, secret: wrong },
            none @ (ClientAuth::Anonymous | ClientAuth::None { .. }) => none,
        };
        let noticed = self.ask(probe, request, &auth).await != Reading::Proven;
        if noticed {
            control.seeing.push(probe)
        } else {
            control.blind.push(probe)
        }
        noticed
    }

    /// Whether the secret is wrong, or only the way in which it was sent.
    async fn disproven(&self, client: &Client, probe: Probe, request: &Request, said: &str) -> Remark {
        let role = &client.role;
        let wrong = |says: String| Remark::new(Topic::Clients, Sign::Wrong, role, says);
        let other = match client.auth() {
            ClientAuth::Basic { id, secret } => Some(("client_secret_post", ClientAuth::Post { id, secret })),
            ClientAuth::Post { id, secret } => Some(("client_secret_basic", ClientAuth::Basic { id, secret })),
            ClientAuth::Anonymous | ClientAuth::None { .. } => None,
        };
        let Some((method, auth)) = other else {
            return wrong(format!("the provider does not know `{}` as a public client: {said}", client.id))
                .way_out(format!("register it as a public client, or give `clients.{role}` its `secret:`; compare `id:` too"));
        };
        let encoded = match client.auth() {
            ClientAuth::Basic { id, secret } => form_encode(&id) != id || form_encode(secret.expose()) != secret.expose(),
            ClientAuth::Post { .. } | ClientAuth::Anonymous | ClientAuth::None { .. } => false,
        };
        let doubt = |says: String| Remark::new(Topic::Clients, Sign::Doubt, role, says);
        if encoded && self.takes_it_plain(client, probe, request).await {
            return doubt("its secret is right, but the provider takes it by Basic only where it is not form-encoded".to_owned())
                .way_out("none in the configuration; a check says what RFC 6749 section 2.3.1 demands");
        }
        match self.ask(probe, request, &auth).await {
            Reading::Proven | Reading::Issued(_) | Reading::OtherScope(_) => {
                wrong(format!("the provider wants its secret by {method}, not by {}", client.auth.name()))
                    .way_out(format!("set `clients.{role}.auth: {method}`"))
            }
            Reading::Disproven(_) | Reading::Forbidden(_) | Reading::Open(_) | Reading::Silent(_) if encoded => {
                doubt(format!("the provider does not let `{}` in: {said}", client.id)).way_out(format!(
                    "compare `clients.{role}.id` and `.secret` with what the provider has registered; or it does not decode what Basic \
                     encodes, and then a check says so"
                ))
            }
            Reading::Disproven(_) | Reading::Forbidden(_) | Reading::Open(_) | Reading::Silent(_) => {
                wrong(format!("the provider does not let `{}` in: {said}", client.id))
                    .way_out(format!("compare `clients.{role}.id` and `.secret` with what the provider has registered"))
            }
        }
    }

    /// Whether the client is let in by Basic without the encoding that RFC 6749 section 2.3.1 demands: many forget it.
    async fn takes_it_plain(&self, client: &Client, probe: Probe, request: &Request) -> bool {
        let Some(secret) = &client.secret else { return false };
        let plain = request.clone().authenticate(&ClientAuth::Anonymous).basic("Basic", &client.id, secret);
        match probe.read(&self.wire.send(self.tape, &plain).await) {
            Reading::Proven | Reading::Issued(_) | Reading::OtherScope(_) => true,
            Reading::Disproven(_) | Reading::Forbidden(_) | Reading::Open(_) | Reading::Silent(_) => false,
        }
    }

    /// Revokes what a probe was given. Best effort: it expires by itself.
    async fn give_back(&self, token: &Secret, client: &Client) {
        if let Some(revocation) = &self.target.endpoints.revocation {
            drop(self.wire.send(self.tape, &client.revocation(revocation, token)).await);
        }
    }
}

/// The endpoint that does not answer, and why.
struct Unanswered(&'static str, String);

/// The tries with a wrong secret, and what came of them.
#[derive(Default)]
struct Control {
    /// How many may still be made: some providers lock a client out.
    left: usize,
    /// The probes to which the provider says the same whatever the secret.
    blind: Vec<Probe>,
    /// The probes at which it noticed.
    seeing: Vec<Probe>,
}

fn proven(client: &Client, probe: Probe) -> Remark {
    let says = if client.is_public() {
        format!("known as a public client (tried {})", probe.words())
    } else {
        format!("its secret is right, by {} (tried {})", client.auth.name(), probe.words())
    };
    Remark::new(Topic::Clients, Sign::Fine, &client.role, says)
}

fn undecided(client: &Client, last: Option<(Probe, Reading)>) -> Remark {
    let role = &client.role;
    let doubt = |says: String| Remark::new(Topic::Clients, Sign::Doubt, role, says);
    match last {
        None => Remark::new(Topic::Clients, Sign::Note, role, "cannot be tried: the provider has no endpoint that it may ask"),
        Some((probe, Reading::Forbidden(said))) => Remark::new(
            Topic::Clients,
            Sign::Wrong,
            role,
            format!("may not do this, or is not let in: {} by {}", said, probe.words()),
        )
        .way_out(format!(
            "give `{}` the grants of `clients.{role}.grants` at the provider; some say the same of a wrong secret",
            client.id
        )),
        Some((probe, Reading::Proven)) => {
            doubt(format!("cannot be told: to {} the provider says the same whatever the secret is", probe.words()))
                .way_out("none in the configuration; a check will say so if that is wrong")
        }
        Some((probe, Reading::Open(said) | Reading::Silent(said) | Reading::Disproven(said) | Reading::OtherScope(said))) => {
            doubt(format!("cannot be told: {} to {}", said, probe.words()))
                .way_out(format!("compare `clients.{role}` with what the provider has registered"))
        }
        Some((probe, Reading::Issued(_))) => proven(client, probe),
    }
}
