//! The words by which buttons, links and fields say what they are for, in the languages that login pages often speak.

use super::super::errand::Decision;

/// How clearly a word speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Not a word, but the way to say it for want of another.
    Faint,
    /// A step forward that may mean consent or just the next page: *continue*.
    Weak,
    /// A decision: *allow*.
    Strong,
}

/// Words that say no, a line for each language. They are looked for first: *do not allow* holds both.
const NO: &[&str] = &[
    "deny denied denial cancel cancelled decline no reject abort refuse disallow disagree not don dont never nope", // English
    "ablehnen abbrechen nein verweigern nicht",                                                                     // German
    "refuser annuler non",                                                                                          // French
    "denegar cancelar rechazar negar recusar não", // Spanish, Portuguese
    "annulla nega rifiuta",                        // Italian
    "weigeren annuleren nee",                      // Dutch
    "neka avbryt nej",                             // Swedish, Danish
    "anuluj odmów nie",                            // Polish
    "отклонить отмена запретить нет відхилити ні", // Russian, Ukrainian
    "reddet iptal hayır",                          // Turkish
];

/// Words that say yes.
const YES: &[&str] = &[
    "allow approve approval approved accept accepted yes authorize authorise grant agree consent permit", // English
    "zulassen erlauben akzeptieren genehmigen zustimmen ja gestatten",                                    // German
    "autoriser accepter oui approuver",                                                                   // French
    "permitir aceptar autorizar sí si aceitar sim",                                                       // Spanish, Portuguese
    "consenti accetta autorizza sì",                                                                      // Italian
    "toestaan accepteren",                                                                                // Dutch
    "tillåt godkänn tillad",                                                                              // Swedish, Danish
    "zezwól akceptuj tak",                                                                                // Polish
    "разрешить принять да дозволити прийняти так",                                                        // Russian, Ukrainian
    "onayla evet",                                                                                        // Turkish
];

/// Words of a step forward.
const FORWARD: &[&str] = &[
    "continue confirm proceed next ok okay submit", // English
    "weiter bestätigen fortfahren",                 // German
    "continuer confirmer",                          // French
    "continuar confirmar siguiente",                // Spanish, Portuguese
    "continua conferma avanti",                     // Italian
    "doorgaan bevestigen",                          // Dutch
    "fortsätt fortsæt",                             // Swedish, Danish
    "dalej",                                        // Polish
    "продолжить подтвердить далее продовжити",      // Russian, Ukrainian
    "devam",                                        // Turkish
];

/// Scripts that put no space between words: looked for anywhere.
const NO_UNSPACED: &[&str] = &["拒否", "拒绝", "拒絕", "取消", "キャンセル", "許可しない", "不同意", "不允许", "거부", "취소"];
const YES_UNSPACED: &[&str] = &["許可", "同意", "允许", "允許", "授权", "授權", "承認", "承诺", "허용", "동의"];
const FORWARD_UNSPACED: &[&str] = &["続行", "続ける", "次へ", "继续", "繼續", "下一步", "确认", "確認", "계속", "확인"];

/// The words of a text or an identifier, in lower case: `userCode`, `user-code` and `User code` are the same two.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether one of the words stands in these lines of words.
fn any_of(words: &[String], lines: &[&str]) -> bool {
    lines.iter().flat_map(|line| line.split(' ')).any(|known| words.iter().any(|word| word == known))
}

/// What a text decides, if it does.
pub(super) fn decides(text: &str) -> Option<(Decision, Strength)> {
    let words = words(text);
    let has = |list| any_of(&words, list);
    let holds = |list: &[&str]| list.iter().any(|part| text.contains(part));
    // "Not you?" offers another account, and "No account?" a new one; cookies are another matter altogether.
    let beside_the_point = any_of(&words, &["cookie cookies"])
        || words.windows(2).any(|pair| {
            matches!(
                (pair[0].as_str(), pair[1].as_str()),
                ("not", "you") | ("no", "account") | ("not", "your") | ("nicht", "sie")
            )
        });
    if beside_the_point {
        None
    } else if has(NO) || holds(NO_UNSPACED) {
        Some((Decision::Deny, Strength::Strong))
    } else if has(YES) || holds(YES_UNSPACED) {
        Some((Decision::Approve, Strength::Strong))
    } else if has(FORWARD) || holds(FORWARD_UNSPACED) {
        Some((Decision::Approve, Strength::Weak))
    } else {
        None
    }
}

/// What a value such as `true`, `0` or `reject` decides, given the name it stands under.
pub(super) fn decides_by_value(name: &str, value: &str) -> Option<(Decision, Strength)> {
    let is_one_of = |known: &[&str]| words(name).iter().any(|word| known.contains(&word.as_str()));
    let neutral = is_one_of(&["decision", "choice", "answer", "confirmed"]);
    let about = decides(name).map(|(about, _)| about).or(neutral.then_some(Decision::Approve));
    let yes = match value.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "y" | "on" | "yes" => true,
        "false" | "0" | "n" | "off" | "no" => false,
        word if words(word).len() == 1 && (about.is_some() || is_one_of(&["action", "verdict"])) => {
            return decides(word).filter(|(_, strength)| *strength == Strength::Strong);
        }
        _ => return None,
    };
    let decision = if yes == (about? == Decision::Approve) { Decision::Approve } else { Decision::Deny };
    Some((decision, Strength::Strong))
}

/// Whether the text speaks of leaving, of another account or of another way in.
pub(super) fn leads_astray(text: &str) -> bool {
    const ASTRAY: &[&str] = &[
        "logout signout abmelden déconnexion forgot forgotten vergessen reset register registration signup registrieren help",
        "google github gitlab facebook apple microsoft twitter linkedin passkey webauthn saml sso qr",
        "show toggle search language locale subscribe newsletter",
    ];
    let words = words(text);
    // A client may bear any of these words in its name.
    !matches!(decides(text), Some((_, Strength::Strong)))
        && (any_of(&words, ASTRAY)
            || words.windows(2).any(|pair| {
                matches!(
                    (pair[0].as_str(), pair[1].as_str()),
                    ("log" | "sign", "out" | "up") | ("create", "account") | ("another" | "different" | "switch", "account")
                )
            }))
}

/// Whether a box asks to remember the answer or the user, which no errand wants.
pub(super) fn asks_to_remember(text: &str) -> bool {
    const MEMORY: &[&str] = &["remember rememberme keep stay trust again merken angemeldet newsletter persistent"];
    any_of(&words(text), MEMORY)
}

/// Whether a field wants the user's name.
pub(super) fn asks_for_user_name(text: &str) -> bool {
    const NAMES: &[&str] =
        &["user", "login", "mail", "ident", "account", "benutzer", "utilisateur", "usuario", "utente", "uid", "handle"];
    let text = text.to_lowercase();
    NAMES.iter().any(|name| text.contains(name))
}

/// Whether a field wants a code that a device shows; a second factor's or a postal code is another matter.
pub(super) fn asks_for_user_code(text: &str) -> bool {
    const OTHERS: &[&str] =
        &["otp totp mfa 2fa sms authenticator postal zip promo coupon country recovery backup captcha invite area one time"];
    let words = words(text);
    let code = words.iter().any(|word| ["code", "usercode", "devicecode", "kode", "código", "codice"].contains(&word.as_str()));
    let of_device = words.windows(2).any(|pair| pair[1] == "code" && (pair[0] == "user" || pair[0] == "device"));
    of_device || (code && !any_of(&words, OTHERS))
}
