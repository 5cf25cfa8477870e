//! How a user code (RFC 8628 section 6.1) is found in a text: people type it in any case and without its dashes, and it may be so short that only
//! its place tells it from any other number.

use std::collections::BTreeSet;

use url::{Position, Url};

use super::mask::Sought;
use super::request::form_encode;
use super::secret::Secret;

/// A code with fewer letters and digits than this is looked for where codes stand, and nowhere else.
const SHORTEST: usize = 6;

/// A code with fewer is looked for under the names that codes go by, and nowhere else.
const SHORTEST_IN_A_PAGE: usize = 4;

/// The user codes seen so far, and the names that they go by in forms and addresses.
#[derive(Clone, Debug)]
pub(super) struct UserCodes {
    codes: Vec<Secret>,
    names: BTreeSet<String>,
    /// `verification_uri_complete` of codes that are short.
    addresses: Vec<Url>,
}

impl Default for UserCodes {
    fn default() -> Self {
        Self { codes: Vec::new(), names: BTreeSet::from([NAME.to_owned()]), addresses: Vec::new() }
    }
}

const NAME: &str = "user_code";

/// Whether a secret is a user code, as it was given or as a check bent it.
pub(super) fn is_one(secret: &Secret) -> bool {
    secret.name().split(' ').any(|word| word == NAME)
}

impl UserCodes {
    /// Adds a code; one that is known keeps its first name.
    pub fn learn(&mut self, code: &Secret) {
        if length(code.expose()) > 0 && !self.codes.contains(code) {
            self.codes.push(code.clone());
        }
    }

    /// A code was sent under this name.
    pub fn learn_name(&mut self, name: &str) {
        self.names.insert(name.to_owned());
    }

    /// Adds an address with a code in it.
    pub fn learn_address(&mut self, address: &str, code: &Secret) {
        let Ok(url) = Url::parse(address) else { return };
        let plain = letters(code.expose());
        self.names.extend(url.query_pairs().filter(|(_, value)| letters(value) == plain).map(|(name, _)| name.into_owned()));
        if is_short(code) {
            self.addresses.push(url);
        }
    }

    /// What is looked for in any text.
    pub fn sought(&self) -> Vec<Sought> {
        let mut sought = Vec::new();
        for code in &self.codes {
            for spelling in spellings(code.expose()) {
                if is_short(code) {
                    sought.extend(self.in_its_places(&spelling, code));
                } else {
                    let encoded = Some(form_encode(&spelling)).filter(|encoded| *encoded != spelling);
                    sought.extend([Some(spelling), encoded].into_iter().flatten().map(|text| Sought::alone(text, code)));
                }
            }
        }
        sought
    }

    fn in_its_places(&self, spelling: &str, code: &Secret) -> Vec<Sought> {
        let mut sought = Vec::new();
        for name in &self.names {
            for before in [format!("{name}="), format!("\"{name}\":\""), format!("\"{name}\": \""), format!("\"{name}\" : \"")] {
                sought.push(Sought::behind(&before, spelling, code));
            }
        }
        if length(spelling) >= SHORTEST_IN_A_PAGE {
            for (before, after) in [(">", "<"), ("value=\"", "\""), ("value='", "'")] {
                sought.push(Sought::between(before, spelling, after, code));
            }
        }
        for address in &self.addresses {
            let (authority, rest) = (&address[..Position::BeforePath], &address[Position::BeforePath..]);
            let alone = |at: usize| {
                let ends = [rest[..at].chars().next_back(), rest[at + spelling.len()..].chars().next()];
                ends.into_iter().flatten().all(|end| !end.is_alphanumeric())
            };
            for (at, _) in rest.match_indices(spelling).filter(|(at, _)| alone(*at)) {
                let (before, after) = (format!("{authority}{}", &rest[..at]), &rest[at + spelling.len()..]);
                sought.push(Sought::between(&before, spelling, after, code));
            }
        }
        sought
    }

    /// The short code that is the whole value of a parameter of this name.
    pub fn in_parameter(&self, name: &str, value: &str) -> Option<&Secret> {
        let may = self.names.contains(name) || length(value) >= SHORTEST_IN_A_PAGE;
        let (value, mut codes) = (value.trim(), self.codes.iter());
        codes.find(|code| may && is_short(code) && spellings(code.expose()).contains(value))
    }
}

fn is_short(code: &Secret) -> bool {
    length(code.expose()) < SHORTEST
}

/// How many letters and digits there are.
fn length(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// The letters and digits of a user code, which are all that counts of it: neither case nor separators do (RFC 8628 section 6.1).
pub fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// As it is shown, without its separators, with spaces for them, and in groups of three or four as a page may show it; each in capital and in
/// small letters too.
fn spellings(code: &str) -> BTreeSet<String> {
    let plain: String = code.chars().filter(|c| c.is_alphanumeric()).collect();
    let spaced = code.replace(|c: char| !c.is_alphanumeric(), " ");
    let letters: Vec<char> = plain.chars().collect();
    let grouped = [3, 4].map(|size| letters.chunks(size).map(String::from_iter).collect::<Vec<_>>());
    let grouped: Vec<String> = grouped.iter().flat_map(|groups| [groups.join("-"), groups.join(" ")]).collect();
    [code.to_owned(), plain, spaced]
        .into_iter()
        .chain(grouped)
        .flat_map(|text| [text.to_uppercase(), text.to_lowercase(), text])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::mask::Masker;
    use super::*;

    fn codes(codes: &[&str]) -> UserCodes {
        let mut known = UserCodes::default();
        codes.iter().for_each(|code| known.learn(&Secret::of_member(NAME, code)));
        known
    }

    fn shown(codes: &UserCodes, text: &str) -> String {
        Masker::new(codes.sought(), codes.clone()).mask(text)
    }

    #[test]
    fn a_code_is_found_in_the_groups_of_a_page_and_at_the_beginning_of_a_line() {
        let whole = codes(&["WDJBMJHT"]);
        for text in ["<b>WDJB-MJHT</b>", "<b>wdjb mjht</b>", "<b>WDJ-BMJ-HT</b>"] {
            assert_eq!(shown(&whole, text), "<b>‹user_code›</b>", "{text}");
        }
        let text = r#"{"message":"Open the page, enter\nWDJB-MJHT\tthere"}"#;
        assert!(!shown(&codes(&["WDJB-MJHT"]), text).contains("MJHT"), "{}", shown(&codes(&["WDJB-MJHT"]), text));
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let codes = codes(&["WDJB-MJHT"]);
        for text in ["WDJB-MJHT", "wdjb-mjht", "WDJBMJHT", "wdjbmjht", "WDJB MJHT", "WDJB+MJHT", "WDJB%2DMJHT", r"WDJB\u002dMJHT"]
        {
            assert_eq!(
                shown(&codes, &format!("https://as.example/?c={text}&x")),
                "https://as.example/?c=‹user_code›&x",
                "{text}"
            );
        }
    }

    #[test]
    fn a_code_of_digits_is_no_part_of_a_longer_number() {
        let codes = codes(&["123456"]);
        assert_eq!(shown(&codes, "iat 1712345678, the code 123456."), "iat 1712345678, the code ‹user_code›.");
    }

    #[test]
    fn a_short_code_is_found_where_codes_stand_and_is_a_number_anywhere_else() {
        let mut codes = codes(&["8080"]);
        codes.learn_address("http://as.example:8080/device?otp=8080&x=80808080", &codes.codes[0].clone());
        for (text, expected) in [
            (
                r#"{"user_code":"8080","expires_in":8080,"interval":"8080"}"#,
                r#"{"user_code":"‹user_code›","expires_in":8080,"interval":"8080"}"#,
            ),
            (r#"{ "user_code" : "8080" }"#, r#"{ "user_code" : "‹user_code›" }"#),
            (
                "http://as.example:8080/device?user_code=8080&next=8080",
                "http://as.example:8080/device?user_code=‹user_code›&next=8080",
            ),
            ("http://as.example:8080/device?otp=8080&x=80808080", "http://as.example:8080/device?otp=‹user_code›&x=80808080"),
            ("?next=%2Fdevice%3Fuser_code%3D8080", "?next=%2Fdevice%3Fuser_code%3D‹user_code›"),
            ("user_code=80801", "user_code=80801"),
            (
                r#"<b>8080</b><input name=c value="8080"><img width="8080">"#,
                r#"<b>‹user_code›</b><input name=c value="‹user_code›"><img width="8080">"#,
            ),
            ("content-length: 8080", "content-length: 8080"),
        ] {
            assert_eq!(shown(&codes, text), expected);
        }
        assert!(codes.in_parameter("otp", "8080").is_some() && codes.in_parameter("device_code_typed", "8080").is_some());
        assert_eq!(codes.in_parameter("port", "18080"), None);
    }

    #[test]
    fn a_code_of_one_digit_hides_nothing_but_itself() {
        let codes = codes(&["7"]);
        assert_eq!(shown(&codes, r#"<b>7</b> a=7&user_code=7"#), r#"<b>7</b> a=7&user_code=‹user_code›"#);
        assert!(codes.in_parameter("max_age", "7").is_none() && codes.in_parameter("user_code", "7").is_some());
    }

    #[test]
    fn the_path_of_an_address_may_hold_a_short_code() {
        let mut codes = codes(&["AB12"]);
        codes.learn_address("https://as.example/d/AB12", &codes.codes[0].clone());
        assert_eq!(shown(&codes, "GET https://as.example/d/AB12 then"), "GET https://as.example/d/‹user_code› then");
    }
}
