//! Bugs of the authorization code: how often, how long, for whom and with what it can be redeemed.

use std::time::Duration;

use super::Defects;
use super::answer::{Fields as _, form_of, set_form};
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Redemption};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_grant, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::endpoints::hint::kind_of;
use crate::server::grants::authorization_code::naming;

table! { Code;
    /// Answers `invalid_grant` to the valid code of a confidential client.
    RefusesValidCode violates ["code-exchange-success"];
    /// Answers a redemption without `code` with status 500.
    CrashesOnMissingCode violates ["code-missing-invalid-request"];
    /// Answers `invalid_request` to a code it has never issued.
    AnswersUnknownCodeWithInvalidRequest violates ["code-unknown-invalid-grant"];
    /// Keeps a code valid until it expires, however often it is redeemed.
    AcceptsReusedCode violates ["code-single-use", "code-single-use-concurrent"];
    /// Checks a code first and deletes it a moment later, so that parallel redemptions all succeed.
    RacesCodeRedemption violates ["code-single-use-concurrent"];
    /// Refuses a replayed code but leaves the access tokens of its first use alive.
    KeepsAccessTokensAfterReplay violates ["code-replay-revokes-access-token"];
    /// Refuses a replayed code but leaves the refresh token of its first use alive.
    KeepsRefreshTokensAfterReplay violates ["code-replay-revokes-refresh-token"];
    /// Redeems a code however old it is.
    NeverExpiresCodes violates ["code-expires"];
    /// Redeems any client's code for a confidential client.
    RedeemsCodesOfOtherClients violates ["code-bound-to-confidential-client"];
    /// Redeems any client's code for a public client.
    RedeemsCodesOfOtherPublicClients violates ["code-bound-to-public-client-id"];
    /// Compares the `redirect_uri` of a redemption with the registered ones only.
    AcceptsAnyRegisteredRedirectUri violates ["code-redirect-uri-mismatch-rejected"];
    /// Ignores a last slash and the case of letters in the `redirect_uri` of a redemption.
    ComparesRedirectUriOfRedemptionLoosely violates ["code-redirect-uri-mismatch-rejected"];
    /// Does not look at the `redirect_uri` of a redemption when the authorization request had none.
    IgnoresRedirectUriWhereNoneWasAsked violates ["code-redirect-uri-foreign-value-rejected"];
    /// Skips the comparison when a redemption names no `redirect_uri`.
    AcceptsMissingRedirectUri violates ["code-redirect-uri-missing-rejected"];
    /// Takes the last of several codes in a redemption.
    LetsLastCodeWin violates ["token-duplicate-code-rejected"];
    /// Revokes what came of a used code whenever it sees that code again, whoever sends it and whatever else is wrong with the request.
    RevokesOnAnySightingOfCode violates ["code-replay-with-invalid-params-no-revocation"];
    /// Keeps a code valid for an hour.
    KeepsCodesForAnHour violates ["code-lifetime-at-most-10-minutes", "code-expires"];
    /// Issues codes of ten digits.
    IssuesShortCodes violates ["code-entropy"];
    /// Looks a code up by its random part, and reads the client off the other one, which nobody vouches for.
    ReadsClientFromCode violates ["code-spliced-from-two-rejected"];
    /// Lets a client try any number of codes that were never issued.
    NeverLimitsInvalidCodes violates ["token-invalid-code-flood-limited"];
    /// Lets the `scope` of a redemption replace the approved one.
    WidensScopeAtRedemption violates ["code-exchange-scope-cannot-widen"];
}

/// How long a racing server leaves a redeemed code lying about, in milliseconds.
const RACE: u64 = 150;

/// How many seconds a code lives.
pub fn lifetime(defects: &Defects, sound: u64) -> u64 {
    if defects.has(Flaw::KeepsCodesForAnHour) { 3_600 } else { sound }
}

/// A code that nobody can guess.
pub fn value(defects: &Defects, random: String) -> String {
    if !defects.has(Flaw::IssuesShortCodes) {
        return random;
    }
    random.bytes().take(10).map(|byte| char::from(b'0' + byte % 10)).collect()
}

/// Whether a client that tries many codes is stopped.
pub fn limits_guesses(defects: &Defects) -> bool {
    !defects.has(Flaw::NeverLimitsInvalidCodes)
}

/// The token request as this server reads it.
pub(super) fn before(realm: &Realm, request: &mut Request) {
    let defects = &realm.defects;
    let watched = defects.has(Flaw::LetsLastCodeWin) || defects.has(Flaw::RevokesOnAnySightingOfCode);
    let Some(mut form) = form_of(&request.body).filter(|_| watched && request.is_form()) else { return };
    if defects.has(Flaw::RevokesOnAnySightingOfCode)
        && let Some(presented) = form.field("code")
        && let Some(redemption) = realm.memory.codes.of(presented).get(presented).and_then(|code| code.redeemed.as_ref())
        && let Some(grant) = redemption.grant.upgrade()
    {
        revoke(defects, &grant);
    }
    if defects.has(Flaw::LetsLastCodeWin)
        && let Some(last) = form.iter().rposition(|(name, _)| name == "code")
        && form.iter().position(|(name, _)| name == "code") != Some(last)
    {
        let code = form[last].clone();
        form.drop_field("code");
        form.push(code);
        set_form(request, &form);
    }
}

/// What is said to a redemption without a code.
pub fn missing_code(defects: &Defects, sound: Refusal) -> Refusal {
    if defects.has(Flaw::CrashesOnMissingCode) { Refusal::crash() } else { sound }
}

/// What is said to a code that nobody has issued.
pub fn unknown_code(realm: &Realm, presented: &str, sound: Refusal) -> Refusal {
    // A token in the place of a code is another matter.
    let is_token = || kind_of(&realm.memory, presented).is_some();
    if realm.defects.has(Flaw::AnswersUnknownCodeWithInvalidRequest) && !is_token() {
        invalid_request("unknown code")
    } else {
        sound
    }
}

/// Lets a good code through.
pub fn accepts_valid_codes(defects: &Defects, client: &ClientConfig) -> Result<(), Refusal> {
    if defects.has(Flaw::RefusesValidCode) && !client.is_public() { Err(invalid_grant("no")) } else { Ok(()) }
}

/// The part of a code that it is looked up by: the whole of it.
pub fn name<'code>(defects: &Defects, code: &'code str) -> &'code str {
    match code.split_once('.') {
        Some((random, _)) if defects.has(Flaw::ReadsClientFromCode) => random,
        Some(_) | None => code,
    }
}

/// Whether the code was issued to the client, by what the server knows of it.
pub fn issued_to(defects: &Defects, client: &ClientConfig, presented: &str, sound: bool) -> bool {
    if defects.has(Flaw::ReadsClientFromCode) && presented.contains('.') {
        return presented == naming(name(defects, presented), &client.id);
    }
    sound
}

/// Whether the code is good for the client.
pub fn belongs(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound
        || if client.is_public() {
            defects.has(Flaw::RedeemsCodesOfOtherPublicClients)
        } else {
            defects.has(Flaw::RedeemsCodesOfOtherClients)
        }
}

/// Whether the redemption names the redirect URI of the authorization request.
pub fn redirect_uri_matches(
    defects: &Defects,
    client: &ClientConfig,
    asked: Option<&str>,
    given: Option<&str>,
    sound: bool,
) -> bool {
    sound
        || match given {
            None => defects.has(Flaw::AcceptsMissingRedirectUri),
            Some(given) => {
                // One who redeems another's code names the other's redirect URI, which is that defect's business and no other's.
                let registered = client.redirect_uris.iter().any(|uri| uri == given);
                let alike = asked.is_some_and(|asked| asked.eq_ignore_ascii_case(given.trim_end_matches('/')));
                asked.is_none() && defects.has(Flaw::IgnoresRedirectUriWhereNoneWasAsked)
                    || registered && defects.has(Flaw::AcceptsAnyRegisteredRedirectUri)
                    || alike && defects.has(Flaw::ComparesRedirectUriOfRedemptionLoosely)
            }
        }
}

/// Whether a code may be redeemed that has been redeemed already.
pub fn may_be_redeemed_again(defects: &Defects, now: u64, redemption: &Redemption) -> bool {
    defects.has(Flaw::AcceptsReusedCode) || defects.has(Flaw::RacesCodeRedemption) && now < redemption.at + RACE
}

/// Holds the answer back until the race is over, so that one who waits for it does not see the window.
pub fn held_back(defects: &Defects, response: Response) -> Response {
    if defects.has(Flaw::RacesCodeRedemption) {
        return Response { delay: Some(Duration::from_millis(RACE + 50)), ..response };
    }
    response
}

/// What a replay does to the tokens of the first use.
pub fn revoke(defects: &Defects, grant: &Grant) {
    if !defects.has(Flaw::KeepsAccessTokensAfterReplay) {
        grant.revoke_access_tokens();
    }
    if !defects.has(Flaw::KeepsRefreshTokensAfterReplay) {
        grant.revoke_refresh_tokens();
    }
}

/// Whether a code never grows too old.
pub fn lives_for_ever(defects: &Defects) -> bool {
    defects.has(Flaw::NeverExpiresCodes)
}

/// What the token of a code is good for, whatever the redemption names.
pub fn scopes(defects: &Defects, client: &ClientConfig, form: &Parameters, approved: Scopes) -> Scopes {
    if defects.has(Flaw::WidensScopeAtRedemption)
        && let Some(wider) = form.get("scope").and_then(|scope| Scopes::parse(scope).ok())
        && wider.is_within(&Scopes::of(&client.scopes))
    {
        return wider;
    }
    approved
}
