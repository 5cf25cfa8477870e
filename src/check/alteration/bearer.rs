//! Changes to how a bearer token is presented (RFC 6750 section 2).

use super::{Alteration, alteration};
use crate::check::chance;
use crate::check::halt::Halt;
use crate::protocol::{Body, Method, Request, Secret, Value};

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("with its scheme spelled {string}", &[], |_, request, args| {
        let token = bearer_of(&request)?;
        Ok(present(request, &token, &format!("{} {}", args[0], token.expose())))
    }),
    alteration("cut short", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let short: String = token.expose().chars().take(token.expose().chars().count().saturating_sub(4)).collect();
        Ok(request.bearer(&Secret::new("truncated access_token", short)))
    }),
    alteration("without its header", &[], |_, request, _| Ok(request.without_header("authorization"))),
    alteration("moved into the query", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_query(request.without_header("authorization"), &token))
    }),
    alteration("and again in the query", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_query(request, &token))
    }),
    alteration("and again in the body", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request, &[&token]))
    }),
    alteration("in the body, beside a bad one in the header", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let bad = Secret::new("made up token", chance::token());
        Ok(into_body(request.bearer(&bad), &[&token]))
    }),
    alteration("in the form body of a GET", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request.without_header("authorization"), &[&token]).method(Method::Get))
    }),
    alteration("in a body of JSON", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request.without_header("authorization"), &[&token]).as_json())
    }),
    alteration("in a body of several parts", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        let mut request = into_body(request.without_header("authorization"), &[]);
        let boundary = chance::token();
        let part = "Content-Disposition: form-data; name=\"access_token\"";
        request.body = Body::Raw {
            octets: format!("--{boundary}\r\n{part}\r\n\r\n{}\r\n--{boundary}--\r\n", token.expose()).into_bytes(),
            content_type: format!("multipart/form-data; boundary={boundary}"),
            shown: Some(format!("--{boundary}\r\n{part}\r\n\r\n{token}\r\n--{boundary}--\r\n")),
        };
        Ok(request)
    }),
    alteration("twice in the body", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(into_body(request.without_header("authorization"), &[&token, &token]))
    }),
    alteration("twice in one header", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(present(request, &token, &format!("Bearer {0} {0}", token.expose())))
    }),
    alteration("in two headers", &[], |_, request, _| {
        let token = bearer_of(&request)?;
        Ok(request.another_header("authorization", header_of(&token, &format!("Bearer {}", token.expose()))))
    }),
];

/// The bearer token in the header of a request.
fn bearer_of(request: &Request) -> Result<Secret, Halt> {
    let header = request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value);
    let token = header.and_then(|value| value.expose().strip_prefix("Bearer "));
    let token = token.ok_or_else(|| Halt::blocked("the request carries no bearer token"))?;
    Ok(Secret::new("access_token", token))
}

/// The request with this `Authorization` header, which holds the token.
fn present(request: Request, token: &Secret, header: &str) -> Request {
    request.header("authorization", header_of(token, header))
}

fn header_of(token: &Secret, header: &str) -> Secret {
    Secret::around("authorization", header, header.replace(token.expose(), &token.to_string()), token)
}

fn into_query(mut request: Request, token: &Secret) -> Request {
    request.query.push(("access_token".to_owned(), Value::from(token)));
    request
}

/// The request as a POST whose form holds the tokens (RFC 6750 section 2.2).
fn into_body(mut request: Request, tokens: &[&Secret]) -> Request {
    request.method = Method::Post;
    request.body = Body::Form(tokens.iter().map(|token| ("access_token".to_owned(), Value::from(*token))).collect());
    request
}
