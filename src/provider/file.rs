//! The keys of a provider file, and what each may hold.

use super::fault::Error;
use super::model::{Provider, Source};

pub(super) fn from_yaml(text: &str, source: Source, env: &dyn Fn(&str) -> Option<String>) -> Result<Provider, Error> {
    let _ = (text, env, source.provider_name());
    Err(Error::Empty { source })
}

pub(super) fn from_json(document: &serde_json::Value, source: Source) -> Result<Provider, Error> {
    let _ = document;
    Err(Error::Empty { source })
}
