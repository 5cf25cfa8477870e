//! Whether a device can ask, and whether the page can be reached where its user types the code.

use std::collections::BTreeSet;

use url::Url;

use super::diagnosis::{Remark, Sign, Topic};
use super::visit::{Visit, quoted, silent};
use crate::login::{End, Role, look};
use crate::protocol::{Device, Endpoint, OAuthError, Request, answer};
use crate::provider::{Client, Grant};
use crate::wire::Jar;

impl Visit<'_> {
    /// One device code is asked for, by a client that is none of those, and left to expire.
    pub(super) async fn devices(&self, not_let_in: &BTreeSet<String>) -> Vec<Remark> {
        let Some(endpoint) = &self.target.endpoints.device_authorization else { return Vec::new() };
        let may = |client: &&Client| client.may(Grant::DeviceCode) && !not_let_in.contains(&client.role);
        let clients = &self.provider().clients;
        let Some(client) = clients.get("tv").filter(may).or(clients.values().find(may)) else { return Vec::new() };
        let request = client.device_request(endpoint, client.scope().as_deref());
        let response = match self.wire.send(self.tape, &request).await {
            Ok(response) => response,
            Err(failure) => return vec![silent(Topic::Device, &client.role, "device authorization endpoint", &failure)],
        };
        match Device::read(&response) {
            Ok(Device { verification_uri: page, .. }) if response.status == 200 => {
                let got = format!("gets a code; its user goes to {page}");
                vec![Remark::new(Topic::Device, Sign::Fine, &client.role, got), self.page(client, &page).await]
            }
            Ok(_) | Err(_) => {
                let error = OAuthError::read(&response).ok();
                let words = error.as_ref().and_then(|error| error.description.as_deref()).map(quoted).unwrap_or_default();
                let says = format!("gets no device code: {} {words}", answer::describe(&response));
                vec![Remark::new(Topic::Device, Sign::Wrong, &client.role, says.trim_end()).way_out(format!(
                    "switch the device flow on for the client `{}`, and see that `clients.{}.scopes:` are its own",
                    client.id, client.role
                ))]
            }
        }
    }

    async fn page(&self, client: &Client, page: &Url) -> Remark {
        let start = Request::get(Endpoint::Verification, page);
        let sighting = look(self.wire, self.tape, &mut Jar::default(), start, &[]).await;
        let asks = match sighting.last().map(|hop| &hop.role) {
            Some(Role::UserCodePage) => Some("asks for the code"),
            Some(Role::LoginPage) => Some("asks for the login"),
            Some(Role::ConsentPage) => Some("asks for the decision"),
            Some(Role::Redirect { .. } | Role::RelayPage | Role::OtherPage | Role::ErrorPage) | None => None,
        };
        match (&sighting.end, asks) {
            (End::Finished, Some(asks)) => Remark::new(Topic::Device, Sign::Fine, "page", asks),
            (End::Finished, None) if self.provider().login.driver.name() != "form" => {
                let says = format!("{}, for the driver {} to operate", sighting.describe(), self.provider().login.driver.name());
                Remark::new(Topic::Device, Sign::Note, "page", says)
            }
            (End::Finished, None) => Remark::new(Topic::Device, Sign::Doubt, "page", sighting.describe())
                .way_out("a page that needs JavaScript needs another driver than `login: { driver: form }`"),
            (End::Failed(failure), _) => Remark::new(Topic::Device, Sign::Wrong, "page", format!("does not answer: {failure}"))
                .way_out(format!("have the provider told its public address; the client `{}` got {page}", client.id)),
            (End::Redirected { .. } | End::Outside { .. } | End::Refused { .. } | End::Stuck { .. } | End::Crashed { .. }, _) => {
                Remark::new(Topic::Device, Sign::Doubt, "page", sighting.describe())
                    .way_out("none in the configuration; a check will say what is wrong with it")
            }
        }
    }
}
