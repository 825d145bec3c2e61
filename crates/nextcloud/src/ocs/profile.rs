//! What the fields of a person may hold.

use allmende_accounts::Person;
use allmende_ocs::{Code, OcsError};

/// The value of a profile field as it is kept.
///
/// # Errors
/// When it is a telephone number that cannot be called from abroad.
pub(super) fn tidy(field: &str, value: String) -> Result<String, OcsError> {
    match field {
        "phone" => phone(&value).ok_or_else(|| OcsError::new(Code::INVALID, "Invalid phone")),
        // People write the sign that other people write before the name.
        "twitter" | "bluesky" | "fediverse" => Ok(value.trim().trim_start_matches('@').to_owned()),
        _ => Ok(value),
    }
}

/// A telephone number in the form of E.164: a plus sign and 7 to 15 digits. The original
/// takes numbers without a country only where a default country is configured, which is not
/// so here.
fn phone(value: &str) -> Option<String> {
    if value.is_empty() {
        return Some(String::new());
    }
    let blank = |c: &char| !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}');
    let number: String = value.chars().filter(blank).collect();
    let digits = number.strip_prefix('+')?;
    let valid = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    valid.then_some(number)
}

/// The languages whose words a person may choose: those of the original's clients, by
/// ISO 639-1, with a country where it makes a difference.
const LANGUAGES: [&str; 50] = [
    "ar", "bg", "ca", "cs", "da", "de", "de_DE", "el", "en", "en_GB", "eo", "es", "es_AR", "es_MX",
    "et_EE", "eu", "fa", "fi", "fr", "ga", "gl", "he", "hr", "hu", "id", "is", "it", "ja", "ka",
    "ko", "lt_LT", "lv", "mk", "nb", "nl", "oc", "pl", "pt_BR", "pt_PT", "ro", "ru", "sk", "sl",
    "sq", "sr", "sv", "tr", "uk", "zh_CN", "zh_TW",
];

/// A language that a person chose; empty for none.
///
/// # Errors
/// When there is no such one.
pub(super) fn language(value: String) -> Result<String, OcsError> {
    if value.is_empty() || LANGUAGES.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(OcsError::new(Code::INVALID, "Invalid language"))
}

/// The manner of writing dates and numbers that a person chose: a language, with a country
/// or not; empty for none.
///
/// # Errors
/// When the language is not known.
pub(super) fn locale(value: String) -> Result<String, OcsError> {
    let (code, country) = value.split_once('_').map_or((&*value, None), |(l, c)| (l, Some(c)));
    let known = LANGUAGES.iter().any(|known| known.split('_').next() == Some(code));
    let country = country.is_none_or(|country| {
        country.len() >= 2 && country.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    if value.is_empty() || (known && country) {
        return Ok(value);
    }
    Err(OcsError::new(Code::INVALID, "Invalid locale"))
}

/// Checks the address to which notices go: one of the person's own, or none.
///
/// An additional address counts only when its owner confirmed it, which nobody can do here
/// yet; so it is the first address.
///
/// # Errors
/// When it is another one.
pub(super) fn may_be_notified(person: &Person, value: &str) -> Result<(), OcsError> {
    if value.is_empty() || person.email.as_deref() == Some(value) {
        return Ok(());
    }
    Err(OcsError::new(Code::INVALID, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_kept_in_one_form() {
        let tidy = |field: &str, value: &str| tidy(field, value.to_owned()).ok();
        assert_eq!(tidy("phone", "+49 (30) 123-456").as_deref(), Some("+4930123456"));
        assert_eq!(tidy("phone", "").as_deref(), Some(""));
        for bad in ["junk", "030 123456", "+49", "+0301234567", "+1234567890123456"] {
            assert_eq!(tidy("phone", bad), None, "{bad}");
        }
        assert_eq!(tidy("fediverse", "@a@b.example").as_deref(), Some("a@b.example"));
        assert_eq!(tidy("role", "@x").as_deref(), Some("@x"));
    }

    #[test]
    fn only_known_languages() {
        let is = |read: fn(String) -> Result<String, OcsError>, text: &str| {
            read(text.to_owned()).is_ok()
        };
        assert!(is(language, "de") && is(language, "pt_BR") && is(language, ""));
        assert!(!is(language, "zz") && !is(language, "de_XX"));
        assert!(is(locale, "de_DE") && is(locale, "en") && is(locale, "zh_Hans_CN"));
        assert!(!is(locale, "zz") && !is(locale, "de_") && !is(locale, "de_D/"));
    }
}
