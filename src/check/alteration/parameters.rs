//! Changes to the parameters of a request, whatever it asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Alteration, MARKUP, alteration, named};
use crate::check::chance;
use crate::check::halt::Halt;
use crate::protocol::{Body, Request, Secret, Value};

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("without {word}", &[], |_, request, args| Ok(request.without(&args[0]))),
    alteration("with an empty {word}", &[], |_, request, args| Ok(request.set(&args[0], ""))),
    alteration("with {word} {string}", &[], |_, request, args| Ok(request.set(&args[0], &args[1]))),
    alteration("with {word} twice", &[], |_, request, args| {
        let value = request.param(&args[0]).cloned().unwrap_or_else(|| Value::from("flowproof"));
        Ok(request.twice(&args[0], value))
    }),
    alteration("with {word} and also {word} {string}", &[], |_, request, args| Ok(request.twice(&args[1], &args[2]))),
    alteration("with a {word} of {word} letters", &[], |_, request, args| {
        let length = args[1].parse().map_err(|_| Halt::blocked(format!("{} is not a number", args[1])))?;
        Ok(request.set(&args[0], chance::token().chars().cycle().take(length).collect::<String>()))
    }),
    alteration("with a {word} that looks like a JWT", &[], |_, request, args| Ok(request.set(&args[0], jwt_of_nobody()))),
    alteration("with a second {word} {string}", &[], |_, request, args| Ok(request.twice(&args[0], &args[1]))),
    alteration("with {word} {string} before its own", &[], |_, request, args| {
        let own = request.param(&args[0]).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {}", args[0])))?;
        Ok(request.set(&args[0], &args[1]).twice(&args[0], own))
    }),
    alteration("with the client_id of {client} beside its own", &[], |scene, request, args| {
        let other = scene.client(named(&args[0])?.key)?.id.clone();
        Ok(request.twice("client_id", other))
    }),
    alteration("with a made up {word}", &[], |_, request, args| {
        Ok(request.set(&args[0], Secret::new(format!("made up {}", args[0]), chance::token() + &chance::token())))
    }),
    alteration("with {word} cut short", &[], |_, request, args| {
        rewritten(request, &args[0], |value| value.chars().take(value.chars().count().saturating_sub(2)).collect())
    }),
    alteration("with one character of {word} changed", &[], |_, request, args| rewritten(request, &args[0], another_character)),
    alteration("with a NUL in its {word}", &[], |_, request, args| {
        rewritten(request, &args[0], |value| {
            let middle = value.chars().count() / 2;
            value.chars().take(middle).chain(['\0']).chain(value.chars().skip(middle)).collect()
        })
    }),
    alteration("with a broken encoding of its {word}", &[], |_, request, args| wrongly_encoded(request, &args[0])),
    alteration("with a nonce where it asks for openid", &[], |_, request, _| {
        // An ID token in the front channel needs one (OpenID Connect Core section 3.2.2.1); without openid it may be an error.
        let openid = request.param("scope").is_some_and(|scope| scope.expose().split(' ').any(|one| one == "openid"));
        Ok(if openid { request.set("nonce", chance::token()) } else { request })
    }),
    alteration("with parameters that no one knows", &[], |_, request, _| {
        Ok(request.set("x_flowproof_unknown", "1").set("foo[bar]", "2"))
    }),
    alteration("with a client_id that no one registered", &[], |_, request, _| {
        Ok(request.set("client_id", format!("flowproof-{}", chance::token())))
    }),
    alteration("with a client_id that no one registered and redirect_uri {string}", &[], |_, request, args| {
        Ok(request.set("client_id", format!("flowproof-{}", chance::token())).set("redirect_uri", &args[0]))
    }),
    alteration("without client_id and with redirect_uri {string}", &[], |_, request, args| {
        Ok(request.without("client_id").set("redirect_uri", &args[0]))
    }),
    alteration("with every character that is allowed in its state", &[], |_, request, _| {
        Ok(request.set("state", (' '..='~').collect::<String>()))
    }),
    alteration("with a line break and a header in its state", &[], |_, request, _| {
        Ok(request.set("state", "flowproof\r\nX-Injected: 1"))
    }),
    alteration("with quotes and umlauts in its {word}", &[], |_, request, args| {
        let plain = request.param(&args[0]).map(|value| value.expose().to_owned()).unwrap_or_default();
        Ok(request.set(&args[0], format!("{plain}flowproof\"\\\u{fc}")))
    }),
    alteration("with markup in its {word}", &[], |_, request, args| {
        let plain = request.param(&args[0]).map(|value| value.expose().to_owned()).unwrap_or_default();
        Ok(request.set(&args[0], format!("{plain}{MARKUP}")))
    }),
    alteration("with the name and password of its user", &[], |scene, request, _| {
        let user = scene.user(scene.user)?;
        Ok(request.set("username", &user.username).set("password", &user.password))
    }),
    alteration("with the name of its user and a wrong password", &[], |scene, request, _| {
        let user = scene.user(scene.user)?;
        Ok(request.set("username", &user.username).set("password", format!("wrong-{}", chance::token())))
    }),
    alteration("with its user code as the device_code", &[], |scene, request, _| {
        Ok(request.set("device_code", &scene.device()?.user_code))
    }),
];

/// A JWT that is well-formed and that no one issued: header and claims say so, and the signature fits no key.
fn jwt_of_nobody() -> String {
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let header = part(r#"{"alg":"RS256","typ":"at+jwt","kid":"flowproof-no-such-key"}"#);
    let claims = part(&format!(
        r#"{{"iss":"https://nobody.example","sub":"nobody","aud":"nobody","exp":4102444800,"iat":1700000000,"jti":"{}"}}"#,
        chance::token()
    ));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(chance::octets::<64>()))
}

/// The request with the value of a parameter rewritten; it has to come out changed.
pub(super) fn rewritten(request: Request, name: &str, rewrite: impl Fn(&str) -> String) -> Result<Request, Halt> {
    let value = request.param(name).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {name}")))?;
    let changed = rewrite(value.expose());
    if changed == value.expose() {
        return Err(Halt::blocked(format!("the {name} cannot be changed so")));
    }
    Ok(match value {
        Value::Plain(_) => request.set(name, changed),
        Value::Secret(_) => request.set(name, Secret::chosen(format!("changed {name}"), changed)),
    })
}

/// The form with a `%` in a value that no two hex digits follow.
fn wrongly_encoded(request: Request, name: &str) -> Result<Request, Halt> {
    const HERE: &str = "flowproof-broken";
    let Some((content_type, octets)) = request.clone().set(name, HERE).payload() else {
        return Err(Halt::blocked("the request has no form"));
    };
    let octets = String::from_utf8_lossy(&octets).replace(HERE, "flowproof%zz").into_bytes();
    Ok(Request { body: Body::Raw { content_type, octets, shown: None }, ..request })
}

/// The text with a character in its middle replaced by another one of the same kind.
fn another_character(text: &str) -> String {
    let middle = text.chars().count() / 2;
    let other = |c: char| match c {
        'a' | 'A' | '0' => char::from(c as u8 + 1),
        c if c.is_ascii_lowercase() => 'a',
        c if c.is_ascii_uppercase() => 'A',
        _ => '0',
    };
    text.chars().enumerate().map(|(at, c)| if at == middle { other(c) } else { c }).collect()
}
