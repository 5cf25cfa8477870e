//! Bugs of the codes that a device gets: how they are made, and where they are shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Defects;
use crate::server::core::environment::Random;

table! { DeviceCodes;
    /// Makes the device code of the user code, with a prefix.
    DerivesDeviceCodeFromUserCode violates ["device-codes-unique-and-strong"];
    /// Issues user codes of four digits.
    IssuesFourDigitUserCodes violates ["device-user-code-entropy"];
    /// Issues user codes of letters in both cases and digits, those among them that look alike.
    IssuesConfusableUserCodes violates ["device-user-code-alphabet"];
    /// Puts the user code into `verification_uri`.
    PutsUserCodeIntoVerificationUri violates ["device-verification-uri-without-code"];
}

/// The device code that goes with a user code.
pub fn device_code(defects: &Defects, user_code: &str, sound: String) -> String {
    if defects.has(Flaw::DerivesDeviceCodeFromUserCode) {
        return format!("device-{}", URL_SAFE_NO_PAD.encode(user_code));
    }
    sound
}

/// A user code as a bad server makes one.
pub fn user_code(defects: &Defects, random: &dyn Random) -> Option<String> {
    const EVERYTHING: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789O0";
    let letters = |alphabet: &[u8], count: usize| {
        let mut bytes = vec![0; count];
        random.fill(&mut bytes);
        bytes.iter().map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()])).collect::<String>()
    };
    if defects.has(Flaw::IssuesFourDigitUserCodes) {
        return Some(letters(b"0123456789", 4));
    }
    defects.has(Flaw::IssuesConfusableUserCodes).then(|| format!("{}-{}", letters(EVERYTHING, 4), letters(EVERYTHING, 4)))
}

/// The address that the device shows.
pub fn verification_uri(defects: &Defects, page: String, complete: &str) -> String {
    if defects.has(Flaw::PutsUserCodeIntoVerificationUri) { complete.to_owned() } else { page }
}
