//! What a device is given to wait with: the device authorization response, read.

use serde_json::Value;
use url::Url;

use super::answer::{Misread, object};
use super::exchange::Response;
use super::secret::Secret;

/// A device authorization response (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
pub struct Device {
    /// `device_code`
    pub device_code: Secret,
    /// `user_code`
    pub user_code: Secret,
    /// `verification_uri`
    pub verification_uri: Url,
    /// `verification_uri_complete`
    pub complete: Option<Url>,
    /// `interval`, or 5.
    pub interval: u64,
    /// `expires_in`, or 600.
    pub expires_in: u64,
}

impl Device {
    /// Reads the members of the answer; its status is not looked at.
    pub fn read(response: &Response) -> Result<Self, Misread> {
        let members = object(response)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let required = |name: &str| text(name).ok_or_else(|| Misread(format!("no {name}")));
        let address = |name: &str| text(name).and_then(|uri| Url::parse(uri).ok());
        let number = |name: &str, otherwise| members.get(name).and_then(Value::as_u64).unwrap_or(otherwise);
        let device_code = Secret::new("device_code", required("device_code")?);
        Ok(Self {
            user_code: Secret::beside("user_code", required("user_code")?, &device_code),
            device_code,
            verification_uri: address("verification_uri").ok_or_else(|| Misread("no absolute verification_uri".to_owned()))?,
            complete: address("verification_uri_complete"),
            interval: number("interval", 5),
            expires_in: number("expires_in", 600),
        })
    }
}
