//! Changes to the proof that who redeems a code is who asked for it (RFC 7636).

use super::parameters::rewritten;
use super::{Alteration, alteration};
use crate::check::chance;
use crate::check::halt::Halt;
use crate::protocol::{Body, Request, Secret, Value};

/// The request with one more parameter of this name, before all others.
fn preceded(mut request: Request, name: &str, value: impl Into<Value>) -> Request {
    let first = (name.to_owned(), value.into());
    match &mut request.body {
        Body::Form(form) => form.insert(0, first),
        Body::Empty | Body::Raw { .. } => request.query.insert(0, first),
    }
    request
}

fn verifier_of_nobody() -> Secret {
    Secret::new("made up code_verifier", chance::token() + &chance::token())
}

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with the code_challenge as its code_verifier", &[], |scene, request, _| {
        let challenge = scene.grant()?.pkce.as_ref().map(|pkce| pkce.challenge.clone());
        let challenge = challenge.ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        Ok(request.verifier(&Secret::new("code_verifier", challenge)))
    }),
    alteration("with one character of its code_verifier changed", &[], |scene, request, _| {
        let mut verifier = scene.verifier()?;
        let last = if verifier.pop() == Some('A') { 'B' } else { 'A' };
        verifier.push(last);
        Ok(request.verifier(&Secret::new("code_verifier", verifier)))
    }),
    alteration("with its code_verifier in the other case", &[], |scene, request, _| {
        let flip = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        Ok(request.verifier(&Secret::new("code_verifier", scene.verifier()?.chars().map(flip).collect::<String>())))
    }),
    alteration("with the code_challenge as its code_verifier and plain as its method", &[], |scene, request, _| {
        let challenge = scene.grant()?.pkce.as_ref().map(|pkce| pkce.challenge.clone());
        let challenge = challenge.ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        let request = request.set("code_challenge", &challenge).set("code_challenge_method", "plain");
        Ok(request.verifier(&Secret::new("code_verifier", challenge)))
    }),
    alteration("with another code_challenge after its own", &[], |_, request, _| {
        Ok(request.twice("code_challenge", chance::pkce().challenge))
    }),
    alteration("with another code_challenge before its own", &[], |_, request, _| {
        Ok(preceded(request, "code_challenge", chance::pkce().challenge))
    }),
    alteration("with another code_verifier after its own", &[], |_, request, _| {
        Ok(request.twice("code_verifier", verifier_of_nobody()))
    }),
    alteration("with another code_verifier before its own", &[], |_, request, _| {
        Ok(preceded(request, "code_verifier", verifier_of_nobody()))
    }),
    alteration("with padding after its code_challenge", &[], |_, request, _| {
        rewritten(request, "code_challenge", |challenge| format!("{challenge}="))
    }),
    alteration("with letters of the standard base64 alphabet in its code_challenge", &[], |_, request, _| {
        rewritten(request, "code_challenge", |challenge| format!("+/{}", &challenge[2..]))
    }),
];
