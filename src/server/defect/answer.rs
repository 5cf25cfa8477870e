//! The layer round the core where defects of the request as read and of the answer as sent take hold.

use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::{
    authorization, authorization_response, bearer, client_auth, client_credentials, code, device, introspection, legacy,
    metadata, native, pages, pkce, redirect, revocation, token,
};
use crate::server::core::endpoint::{Endpoint, Surface};
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;

/// The request as a bad server reads it.
pub fn before(realm: &Realm, endpoint: &Endpoint, request: &mut Request) {
    match endpoint.surface() {
        Surface::Token => {
            code::before(realm, request);
            pkce::before_token(&realm.defects, request);
            token::before(&realm.defects, request);
        }
        Surface::DeviceAuthorization => device::before(&realm.defects, request),
        Surface::Introspection => introspection::before(&realm.defects, request),
        Surface::Revocation => revocation::before(&realm.defects, request),
        Surface::Authorization => pkce::before_authorization(&realm.defects, request),
        Surface::DevicePages | Surface::Resource | Surface::Keys | Surface::Metadata => {}
    }
}

/// The answer as a bad server sends it. The request is the one that the endpoint has read.
pub fn after(realm: &Realm, endpoint: &Endpoint, request: &Request, response: &mut Response) {
    let defects = &realm.defects;
    redirect::after(realm, response);
    native::after(defects, response);
    authorization::after(realm, endpoint, request, response);
    authorization_response::after(defects, endpoint, response);
    pages::after(defects, endpoint, response);
    device::after(defects, endpoint, request, response);
    metadata::after(realm, endpoint, request, response);
    legacy::after(defects, endpoint, response);
    bearer::after_login(realm, endpoint, request, response);
    match endpoint.surface() {
        Surface::Token => {
            client_auth::after(defects, request, response);
            token::after(defects, request, response);
            bearer::after_token(defects, response);
        }
        Surface::Introspection => {
            introspection::after(realm, request, response);
            client_credentials::after_introspection(realm, request, response);
        }
        Surface::Resource => bearer::after(defects, request, response),
        Surface::Authorization
        | Surface::DevicePages
        | Surface::Revocation
        | Surface::DeviceAuthorization
        | Surface::Keys
        | Surface::Metadata => {}
    }
}

impl Request {
    /// Takes the body for a form, whatever it is said to be.
    pub(super) fn say_form(&mut self) {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
}

impl Response {
    /// The `error` of an error object.
    pub(super) fn error(&self) -> Option<&str> {
        match &self.content {
            Content::Json(document) => document.get("error").and_then(Value::as_str),
            Content::Empty | Content::Written(_) | Content::Html(_) | Content::Page(_) | Content::Client(_) => None,
        }
    }

    /// Takes a member out of a JSON object.
    pub(super) fn drop_member(&mut self, name: &str) {
        if let Content::Json(document) = &mut self.content
            && let Some(members) = document.as_object_mut()
        {
            members.shift_remove(name);
        }
    }

    /// Changes the value of a header field, if there is one.
    pub(super) fn rewrite_header(&mut self, name: &str, change: impl FnOnce(&str) -> String) {
        if let Some((_, value)) = self.headers.iter_mut().find(|(field, _)| *field == name) {
            *value = change(value);
        }
    }
}

/// Named values in order, as forms and redirects have them.
pub(super) trait Fields {
    /// The first value of this name.
    fn field(&self, name: &str) -> Option<&str>;
    /// Takes away every value of this name.
    fn drop_field(&mut self, name: &str);
}

impl<Name: AsRef<str>> Fields for Vec<(Name, String)> {
    fn field(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| field.as_ref() == name).map(|(_, value)| value.as_str())
    }

    fn drop_field(&mut self, name: &str) {
        self.retain(|(field, _)| field.as_ref() != name);
    }
}

/// The pairs of a form, if it is one.
pub(super) fn form_of(encoded: &[u8]) -> Option<Vec<(String, String)>> {
    crate::server::core::form::Parameters::parse(encoded).ok()?;
    Some(form_urlencoded::parse(encoded).into_owned().collect())
}

/// The user of a Basic header.
pub(super) fn basic_user(request: &Request) -> Option<String> {
    basic_pair(request).map(|(id, _)| id)
}

/// User and password of a Basic header, the password as it stands there.
pub(super) fn basic_pair(request: &Request) -> Option<(String, Vec<u8>)> {
    use base64::Engine as _;
    let (_, encoded) = request.header("authorization")?.split_once(' ')?;
    let pair = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let mut parts = pair.splitn(2, |byte| *byte == b':');
    let id = crate::server::core::form::decoded(parts.next()?).ok()?;
    Some((id, parts.next().unwrap_or_default().to_vec()))
}

/// Writes a form back into the request.
pub(super) fn set_form(request: &mut Request, form: &[(String, String)]) {
    request.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
}
