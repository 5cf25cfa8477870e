//! What a device gets (RFC 8628 section 3.2): codes that nobody can guess or mistake, and an address that does not give them away.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use url::{Host, Position, Url};

use super::super::halt::{Fault, Halt, Step};
use super::super::phrase::{Args, Phrase};
use super::super::scene::Scene;
use super::tokens::fault;
use crate::protocol::{Device, Endpoint, letters};
use crate::provider::Need;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::act("the client asks for {number} device codes", &[Need::Device], |s, a| Box::pin(asks_for_many(s, a))),
    Phrase::judge("the client gets a device code", &[], |s, _| Box::pin(gets_code(s))),
    Phrase::judge("no two codes are the same, and no device code can be guessed", &[], |s, _| Box::pin(are_strong(s))),
    Phrase::judge("there are too many user codes to try them all", &[], |s, _| Box::pin(are_many(s))),
    Phrase::judge("no two characters of the user codes look alike", &[], |s, _| Box::pin(are_readable(s))),
    Phrase::judge("the address for the user is complete without the code, and does not hold it", &[], |s, _| {
        Box::pin(address_is_plain(s))
    }),
];

async fn asks_for_many(scene: &mut Scene, args: &Args) -> Step {
    for _ in 0..args.number(0) {
        scene.obtain_device_code().await?;
    }
    Ok(())
}

async fn gets_code(scene: &mut Scene) -> Step {
    scene.take_device()
}

/// Every device authorization of the scene.
fn devices(scene: &Scene) -> Result<Vec<&Device>, Halt> {
    let devices: Vec<&Device> = scene.grants.iter().filter_map(|grant| grant.device.as_ref()).collect();
    if devices.is_empty() { Err(Halt::blocked("no device code was asked for")) } else { Ok(devices) }
}

fn weak(scene: &Scene, expected: &str, got: &str) -> Halt {
    fault(scene, Kind::Malformed, expected, got).map_or_else(|halt| halt, Halt::from)
}

/// The bits that a code of this length holds at most, by its alphabet as far as it was seen; what all codes begin with counts for nothing.
fn bits(codes: &[&str]) -> f64 {
    let first: Vec<char> = codes.first().map(|code| code.chars().collect()).unwrap_or_default();
    let shared = (0..first.len()).take_while(|at| codes.iter().all(|code| code.chars().nth(*at) == Some(first[*at]))).count();
    let rest = || codes.iter().map(|code| code.chars().skip(shared).filter(|letter| letter.is_alphanumeric()));
    let alphabet: BTreeSet<char> = rest().flatten().collect();
    let shortest = rest().map(Iterator::count).min().unwrap_or_default();
    size(shortest) * size(alphabet.len()).log2()
}

fn size(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// Whether the device code is made of the user code: as it is, in base64, or by its hash.
fn is_derived(device_code: &str, user_code: &str) -> bool {
    let spelled = letters(device_code).contains(&letters(user_code));
    let encoded = [user_code.to_owned(), letters(user_code)].iter().any(|code| {
        let digest = Sha256::digest(code);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        [
            URL_SAFE_NO_PAD.encode(code),
            STANDARD_NO_PAD.encode(code),
            URL_SAFE_NO_PAD.encode(digest),
            STANDARD_NO_PAD.encode(digest),
        ]
        .iter()
        .any(|made| device_code.contains(made))
            || device_code.to_lowercase().contains(&hex)
    });
    spelled || encoded
}

async fn are_strong(scene: &mut Scene) -> Step {
    let expected = "codes that are all different, and device codes of at least 128 bits that do not depend on the user codes";
    let devices = devices(scene)?;
    let device_codes: Vec<&str> = devices.iter().map(|device| device.device_code.expose()).collect();
    let different = |codes: BTreeSet<String>| codes.len() == devices.len();
    if !different(device_codes.iter().map(|code| (*code).to_owned()).collect()) {
        return Err(weak(scene, expected, "a device code that was issued twice"));
    }
    if !different(devices.iter().map(|device| letters(device.user_code.expose())).collect()) {
        return Err(weak(scene, expected, "a user code that was issued twice"));
    }
    if devices.iter().any(|device| is_derived(device.device_code.expose(), device.user_code.expose())) {
        return Err(weak(scene, expected, "a device code that is made of the user code"));
    }
    let bits = bits(&device_codes);
    if bits < 128.0 {
        return Err(weak(scene, expected, &format!("device codes of {bits:.0} bits")));
    }
    Ok(())
}

/// About 10⁹ codes; a little less, because a few characters of the alphabet may not have been seen.
const ENOUGH_BITS: f64 = 29.5;

/// The bits of user codes: digits and letters each keep to their places in many of them.
fn user_code_bits(codes: &[String]) -> f64 {
    let shortest = codes.iter().map(|code| code.chars().count()).min().unwrap_or_default();
    let seen_at: Vec<BTreeSet<char>> =
        (0..shortest).map(|at| codes.iter().filter_map(|code| code.chars().nth(at)).collect()).collect();
    let class =
        |seen: &BTreeSet<char>| (seen.len() < 2, seen.iter().any(char::is_ascii_digit), seen.iter().any(|c| c.is_alphabetic()));
    let alphabet = |of: &BTreeSet<char>| {
        let alike = seen_at.iter().filter(|seen| class(seen) == class(of));
        alike.flatten().collect::<BTreeSet<&char>>().len()
    };
    seen_at.iter().map(|seen| if seen.len() < 2 { 0.0 } else { size(alphabet(seen)).log2() }).sum()
}

async fn are_many(scene: &mut Scene) -> Step {
    let codes: Vec<String> = devices(scene)?.iter().map(|device| letters(device.user_code.expose())).collect();
    let bits = user_code_bits(&codes);
    if bits >= ENOUGH_BITS {
        return Ok(());
    }
    Err(weak(scene, "a thousand million user codes at least (30 bits)", &format!("user codes of about {bits:.0} bits")))
}

async fn are_readable(scene: &mut Scene) -> Step {
    let expected = "user codes in one case, without letters beside digits that look like them";
    let seen: BTreeSet<char> = devices(scene)?.iter().flat_map(|device| device.user_code.expose().chars()).collect();
    let alike: Vec<String> = [&['0', 'O'][..], &['1', 'l', 'I']]
        .iter()
        .map(|group| group.iter().filter(|letter| seen.contains(letter)).map(ToString::to_string).collect::<Vec<_>>())
        .filter(|found| found.len() > 1)
        .map(|found| found.join(" and "))
        .collect();
    let mixed = seen.iter().any(char::is_ascii_uppercase) && seen.iter().any(char::is_ascii_lowercase);
    match (mixed, alike.first()) {
        (false, None) => Ok(()),
        (true, _) => Err(weak(scene, expected, "user codes of capital and small letters")),
        (false, Some(alike)) => Err(weak(scene, expected, &format!("user codes with {alike}"))),
    }
}

async fn address_is_plain(scene: &mut Scene) -> Step {
    let expected = "verification_uri as an absolute https URI that does not hold the user code";
    scene.take_device()?;
    let device = scene.device()?;
    let uri = &device.verification_uri;
    let local = match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let got = if holds(uri, device.user_code.expose()) {
        "verification_uri with the user code in it"
    } else if uri.scheme() == "https" || uri.scheme() == "http" && local {
        return Ok(());
    } else {
        "verification_uri that is not https"
    };
    let heard = scene.response(expected)?;
    Err(Fault::of(Kind::Malformed, Endpoint::DeviceAuthorization, heard, expected, got).into())
}

/// Whether an address holds a user code: in its path, query or fragment, for a port may have the digits of a code by chance.
fn holds(uri: &Url, user_code: &str) -> bool {
    letters(&uri[Position::BeforePath..]).contains(&letters(user_code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_a_code_in_any_spelling_but_not_by_the_digits_of_its_port() {
        let uri = |text: &str| Url::parse(text).expect("it is a URL");
        assert!(holds(&uri("https://as.example/device?user_code=BCDF-GHJK"), "BCDFGHJK"));
        assert!(holds(&uri("https://as.example/device/bcdfghjk"), "BCDF-GHJK"));
        assert!(!holds(&uri("http://127.0.0.1:43899/device"), "4389"));
    }

    #[test]
    fn a_device_code_that_is_made_of_the_user_code_is_recognised() {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest("BCDF-GHJK"));
        for made in ["device_BCDFGHJK_0", "dc-bcdf-ghjk", &format!("x{}", URL_SAFE_NO_PAD.encode("BCDF-GHJK")), &hash] {
            assert!(is_derived(made, "BCDF-GHJK"), "{made}");
        }
        assert!(!is_derived("cMRx3k9LlpAdvBHFw6aTRXn0", "BCDF-GHJK"));
    }

    #[test]
    fn a_prefix_adds_nothing_and_a_uuid_is_enough() {
        let uuid =
            |number: u128| format!("{:08x}-{:04x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_0cc2_71b6_0a25), number);
        let short: Vec<String> = (0..20).map(|number| format!("a-prefix-that-is-very-long-indeed-{number:04}")).collect();
        assert!(bits(&short.iter().map(String::as_str).collect::<Vec<_>>()) < 16.0);
        let long: Vec<String> = (1..=20).map(uuid).collect();
        assert!(bits(&long.iter().map(String::as_str).collect::<Vec<_>>()) >= 128.0);
    }

    #[test]
    fn digits_and_letters_that_keep_to_their_places_are_counted_by_place() {
        let letters = b"BCDFGHJKLMNPQRSTVWXZ";
        let digit = |n: usize| char::from(b'0' + u8::try_from(n % 10).expect("a digit"));
        let letter = |n: usize| char::from(letters[n % 20]);
        let of = |make: &dyn Fn(usize) -> String| (0..50).map(make).collect::<Vec<String>>();
        let nine_digits = of(&|n| (0..9).map(|at| digit(n + 3 * at)).collect());
        assert!(user_code_bits(&nine_digits) >= ENOUGH_BITS);
        let four_digits = of(&|n| (0..4).map(|at| digit(n + 3 * at)).collect());
        assert!(user_code_bits(&four_digits) < 14.0);
        let mixed = of(&|n| (0..4).map(|at| letter(n * 7 + n / 20 + at)).chain((0..3).map(|at| digit(n + at))).collect());
        let bits = user_code_bits(&mixed);
        assert!((27.0..28.0).contains(&bits), "{bits}");
    }
}
