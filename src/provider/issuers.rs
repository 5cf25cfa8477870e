//! Clients of other issuers: where a provider has an issuer for each client, or each group of them, what is tested is each issuer with its own.

use std::collections::BTreeMap;

use super::client::Client;
use super::endpoints::{EndpointOverrides, Endpoints};
use super::fault::Error;
use super::model::Provider;
use super::reading::{Fields, Spot};

/// What the file says of one client's issuer: its identifier, and endpoints that win over those of its metadata.
pub(super) struct Own {
    pub issuer: String,
    endpoints: EndpointOverrides,
}

/// The clients of other issuers than the file's, each with its role.
pub(super) type Owns = Vec<(String, Own)>;

impl Own {
    /// Reads `issuer` and `endpoints` of a client, which have not to be there.
    pub fn read(client: &Fields<'_>) -> Result<Option<Self>, Error> {
        let endpoints = Endpoints::read(client)?;
        match client.get("issuer") {
            Some(spot) => Ok(Some(Self { issuer: super::file::issuer(spot)?, endpoints })),
            None if client.get("endpoints").is_some() => {
                Err(client.missing("issuer", "`endpoints:` of a client are those of an issuer of its own"))
            }
            None => Ok(None),
        }
    }
}

impl Endpoints {
    /// Reads `endpoints:`, which has not to be there.
    pub(super) fn read(fields: &Fields<'_>) -> Result<EndpointOverrides, Error> {
        let Some(fields) = fields.fields("endpoints", &Self::KEYS)? else { return Ok(Self::default()) };
        Ok(Self {
            authorization: fields.url("authorization")?,
            token: fields.url("token")?,
            device_authorization: fields.url("device_authorization")?,
            revocation: fields.url("revocation")?,
            introspection: fields.url("introspection")?,
            resource: fields.url("resource")?,
            jwks: fields.url("jwks")?,
        })
    }
}

/// Says so where two clients of one issuer have another endpoint each: the one that stands last is shown.
pub(super) fn agree(
    issuer: &str,
    endpoints: &EndpointOverrides,
    owns: &Owns,
    clients: &[(String, Spot<'_>)],
) -> Result<(), Error> {
    let mut known: BTreeMap<&str, (EndpointOverrides, &str)> = BTreeMap::new();
    known.insert(issuer, (endpoints.clone(), "the file"));
    for (role, own) in owns {
        let (earlier, whose) = known.entry(&own.issuer).or_insert_with(|| (Endpoints::default(), role));
        if earlier.clone().or(own.endpoints.clone()) != own.endpoints.clone().or(earlier.clone())
            && let Some((_, spot)) = clients.iter().find(|(name, _)| name == role)
        {
            let expected = format!("the endpoints that {whose} has for {}, or others: an issuer has one of each", own.issuer);
            return Err(spot.bad_value(&expected));
        }
        *earlier = earlier.clone().or(own.endpoints.clone());
    }
    Ok(())
}

impl Provider {
    /// This provider with the clients of other issuers apart. Where each client has another issuer than the file's, the first of those takes
    /// its place: there is nobody to ask it with.
    pub(super) fn apart(mut self, owns: Owns) -> Self {
        let mut others: Vec<Provider> = Vec::new();
        for (role, Own { issuer, endpoints }) in owns {
            let Some(client) = self.clients.remove(&role) else { continue };
            let found =
                if issuer == self.issuer { Some(&mut self) } else { others.iter_mut().find(|other| other.issuer == issuer) };
            match found {
                Some(provider) => provider.take(client, endpoints),
                None => {
                    let mut provider = Provider {
                        issuer,
                        clients: BTreeMap::new(),
                        endpoints: Endpoints::default(),
                        admin: None,
                        ..self.clone()
                    };
                    provider.take(client, endpoints);
                    others.push(provider);
                }
            }
        }
        if self.clients.is_empty() && !others.is_empty() {
            self = others.remove(0);
        }
        self.others = others;
        self
    }

    fn take(&mut self, client: Client, endpoints: EndpointOverrides) {
        self.clients.insert(client.role.clone(), client);
        self.endpoints = self.endpoints.clone().or(endpoints);
    }

    /// Each issuer with the clients of its own.
    pub fn by_issuer(&self) -> Vec<Provider> {
        let alone = Provider { others: Vec::new(), ..self.clone() };
        std::iter::once(alone).chain(self.others.iter().cloned()).collect()
    }
}
