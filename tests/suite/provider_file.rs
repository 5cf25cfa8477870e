//! The provider file: what it may say, and what an author is told who says it wrongly.

use flowproof::provider::{Error, LoginDriver, Provider, Source};
use flowproof::verdict::Profile;

fn env(name: &str) -> Option<String> {
    match name {
        "WEB_SECRET" => Some("from-the-environment".to_owned()),
        "AWKWARD" => Some("a: b # c\nissuer: 'https://evil.example' }${X}".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Provider, Error> {
    Provider::parse(text, Source::File("providers/acme/provider.yaml".into()), &env)
}

fn good(text: &str) -> Provider {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_file_with_nothing_but_an_issuer_is_enough() {
    let provider = good("issuer: https://auth.example.com/realms/my-app\n");
    assert_eq!(provider.name, "acme");
    assert_eq!(provider.issuer, "https://auth.example.com/realms/my-app");
    assert_eq!(provider.profile, Profile::OAuth20);
    assert_eq!(provider.login.driver, LoginDriver::Form);
    assert!(provider.clients.is_empty() && provider.users.is_empty() && provider.admin.is_none() && !provider.load.allow);
}
