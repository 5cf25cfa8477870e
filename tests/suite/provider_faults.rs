//! What the author of a faulty provider file is told: each file with the whole message, and with a secret beside each fault.

mod keys;
mod slips;
mod urls;
mod values;
mod variables;
mod yaml;

use flowproof::provider::{Provider, Source};

fn env(name: &str) -> Option<String> {
    match name {
        "HOST" => Some("auth.example".to_owned()),
        "WEB_SECRET" => Some("hunter2".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Both start on the line after the quote, so that they stand here as they stand on the screen.
#[track_caller]
fn told(file: &str, message: &str) {
    let file = file.strip_prefix('\n').expect("a file starts on a line of its own");
    let error = match Provider::parse(file, Source::File("acme.yaml".into()), &env) {
        Ok(provider) => panic!("should be refused: {provider:?}"),
        Err(error) => error,
    };
    assert_eq!(format!("\n{error}\n"), message);
    assert!(!format!("{error}{error:?}").contains("hunter2"), "the secret is shown: {error:?}");
}
