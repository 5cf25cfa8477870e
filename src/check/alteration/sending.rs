//! Changes to the way in which a request is sent: method, body, headers, the place of its parameters.

use super::{Alteration, alteration};
use crate::check::chance;
use crate::check::halt::Halt;
use crate::protocol::{Body, Method, Request, Secret};

/// The request with a piece of a form appended to its body as it stands, well-formed or not.
fn followed(mut request: Request, piece: &[u8]) -> Request {
    if let Some((content_type, mut octets)) = request.payload() {
        octets.extend_from_slice(piece);
        request.body = Body::Raw { content_type, octets, shown: None };
    }
    request
}

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("as a CORS preflight", &[], |_, request, _| {
        Ok(request.method(Method::Options).header("access-control-request-method", "GET"))
    }),
    alteration("with a percent sign and no number in its body", &[], |_, request, _| Ok(followed(request, b"&scope=%zz"))),
    alteration("with octets in its body that are no UTF-8", &[], |_, request, _| Ok(followed(request, b"&scope=%ff%fe"))),
    alteration("with {word} letters for a {word} in its body", &[], |_, request, args| {
        let length = args[0].parse().map_err(|_| Halt::blocked(format!("{} is not a number", args[0])))?;
        // As it stands, so that no report shows it.
        let piece: String = format!("&{}=", args[1]).chars().chain(chance::token().chars().cycle().take(length)).collect();
        Ok(followed(request.without(&args[1]), piece.as_bytes()))
    }),
    alteration("with an empty body", &[], |_, mut request, _| {
        request.body = Body::Form(Vec::new());
        Ok(request)
    }),
    alteration("with the content type {string}", &[], |_, request, args| Ok(request.header("content-type", &args[0]))),
    alteration("by GET", &[], |_, request, _| Ok(request.as_get())),
    alteration("as a form by POST", &[], |_, mut request, _| {
        request.body = Body::Form(std::mem::take(&mut request.query));
        Ok(request.method(Method::Post))
    }),
    alteration("as JSON", &[], |_, request, _| Ok(request.as_json())),
    alteration("with every parameter in the query", &[], |_, request, _| Ok(request.in_query())),
    alteration("accepting {string}", &[], |_, request, args| Ok(request.header("accept", &args[0]))),
    alteration("with the header {word} {string}", &[], |_, request, args| Ok(request.header(&args[0], &args[1]))),
    alteration("with {word} in the query", &[], |_, mut request, args| {
        let value = request.param(&args[0]).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {}", args[0])))?;
        request = request.without(&args[0]);
        request.query.push((args[0].clone(), value));
        Ok(request)
    }),
    alteration("with a made up {word}, the right one in the query", &[], |_, mut request, args| {
        let value = request.param(&args[0]).cloned().ok_or_else(|| Halt::blocked(format!("the request has no {}", args[0])))?;
        request = request.set(&args[0], Secret::new(format!("made up {}", args[0]), chance::token() + &chance::token()));
        request.query.push((args[0].clone(), value));
        Ok(request)
    }),
];
