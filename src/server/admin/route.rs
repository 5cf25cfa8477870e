//! What the admin listener can be asked: one line each.

use super::Admin;
use super::refused::Refused;
use crate::server::core::form;
use crate::server::core::message::{Request, Response};

/// One thing to ask.
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path; `{…}` stands for one segment.
    pub path: &'static str,
    /// Whether the key is asked for.
    pub key: Key,
    /// Who answers.
    pub answer: fn(&Admin, &Call<'_>) -> Result<Response, Refused>,
}

/// Whether a request must carry the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// It must.
    Needed,
    /// It need not: there is no secret in the answer, and nothing changes.
    NotNeeded,
}

/// A request, and what stood in its path where the route has `{…}`.
pub struct Call<'request> {
    /// The request.
    pub request: &'request Request,
    /// The segments, decoded.
    pub names: Vec<String>,
}

impl Call<'_> {
    /// The segment at this place among those that the route leaves open.
    pub fn name(&self, place: usize) -> &str {
        self.names.get(place).map(String::as_str).unwrap_or_default()
    }
}

const fn open(method: &'static str, path: &'static str, answer: fn(&Admin, &Call<'_>) -> Result<Response, Refused>) -> Route {
    Route { method, path, key: Key::NotNeeded, answer }
}

const fn with_key(method: &'static str, path: &'static str, answer: fn(&Admin, &Call<'_>) -> Result<Response, Refused>) -> Route {
    Route { method, path, key: Key::Needed, answer }
}

/// All of it.
pub const ROUTES: &[Route] = &[
    open("GET", "/health", Admin::health),
    open("GET", "/openapi.json", Admin::document),
    with_key("GET", "/realms", Admin::list_realms),
    with_key("POST", "/realms", Admin::make_realm),
    with_key("GET", "/realms/{realm}", Admin::show_realm),
    with_key("PATCH", "/realms/{realm}", Admin::change_realm),
    with_key("DELETE", "/realms/{realm}", Admin::remove_realm),
    with_key("GET", "/realms/{realm}/clock", Admin::read_clock),
    with_key("POST", "/realms/{realm}/clock", Admin::move_clock),
    with_key("GET", "/realms/{realm}/grants", Admin::list_grants),
    with_key("DELETE", "/realms/{realm}/grants/{grant}", Admin::end_grant),
    with_key("GET", "/realms/{realm}/devices", Admin::list_devices),
    with_key("POST", "/realms/{realm}/devices/{user_code}", Admin::decide_device),
    with_key("PATCH", "/realms/{realm}/users/{username}", Admin::change_user),
    with_key("PATCH", "/realms/{realm}/clients/{client_id}", Admin::change_client),
    with_key("GET", "/realms/{realm}/requests", Admin::list_requests),
    with_key("GET", "/realms/{realm}/script", Admin::show_script),
    with_key("POST", "/realms/{realm}/script", Admin::add_to_script),
    with_key("PUT", "/realms/{realm}/script", Admin::replace_script),
    with_key("DELETE", "/realms/{realm}/script", Admin::clear_script),
];

/// The route of a request, and its names.
///
/// # Errors
/// [`Refused::NotFound`] when no route has the path, [`Refused::MethodNotAllowed`] when none has the method with it.
pub fn find(request: &Request) -> Result<(&'static Route, Vec<String>), Refused> {
    let of_path = || ROUTES.iter().filter_map(|route| Some((route, names(route.path, &request.path)?)));
    if let Some(found) = of_path().find(|(route, _)| route.method == request.method) {
        return Ok(found);
    }
    let allowed: Vec<&str> = of_path().map(|(route, _)| route.method).collect();
    if allowed.is_empty() {
        Err(Refused::NotFound("there is nothing here; GET /openapi.json tells what there is".to_owned()))
    } else {
        Err(Refused::MethodNotAllowed(allowed.join(", ")))
    }
}

/// What stands where the pattern is open, if the path is of this pattern.
fn names(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(open), Some(segment)) if open.starts_with('{') && !segment.is_empty() => {
                // In a path a plus is a plus.
                names.push(form::decoded(segment.replace('+', "%2B").as_bytes()).ok()?);
            }
            (Some(fixed), Some(segment)) if fixed == segment => {}
            (Some(_), Some(_)) | (Some(_), None) | (None, Some(_)) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_path_is_matched_segment_by_segment_and_its_names_are_decoded() {
        let pattern = "/realms/{realm}/users/{username}";
        assert_eq!(names(pattern, "/realms/strict/users/a%20b%2Fc+d@x"), Some(vec!["strict".to_owned(), "a b/c+d@x".to_owned()]));
        for path in [
            "/realms/strict/users",
            "/realms/strict/users/",
            "/realms/strict/users/a/b",
            "/realms//users/a",
            "/realms/x/users/%ff",
        ] {
            assert_eq!(names(pattern, path), None, "{path}");
        }
    }
}
