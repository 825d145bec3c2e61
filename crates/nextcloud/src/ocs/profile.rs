//! What the fields of a person may hold.

use allmende_accounts::Person;
use allmende_ocs::{Code, OcsError};
use allmende_types::Timestamp;

/// Characters of a value, at most.
const LONGEST: usize = 2048;

fn invalid(field: &str) -> OcsError {
    OcsError::new(Code::INVALID, format!("Invalid {field}"))
}

/// The value of a profile field as it is kept; an empty one is always allowed.
///
/// # Errors
/// When it is not what the field is for: a telephone number that cannot be called from
/// abroad, an address that is not of the web, a name that the network does not allow.
pub(super) fn tidy(field: &str, value: String) -> Result<String, OcsError> {
    let refuse = || invalid(field);
    let lines = matches!(field, "address" | "biography");
    let is_control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
    if value.chars().count() > LONGEST || value.chars().any(is_control) {
        return Err(refuse());
    }
    // People write the sign that other people write before the name.
    let name = value.trim().trim_start_matches('@');
    let named = |fits: fn(&str) -> bool| {
        if name.is_empty() || fits(name) { Ok(name.to_owned()) } else { Err(refuse()) }
    };
    match field {
        "phone" => phone(&value).ok_or_else(refuse),
        "website" if !value.is_empty() && !is_web(&value) => Err(refuse()),
        "twitter" => named(|name| {
            (2..=15).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        }),
        "bluesky" => named(is_domain),
        "fediverse" => named(|name| {
            name.split_once('@').is_some_and(|(name, server)| {
                let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
                !name.is_empty() && name.bytes().all(letter) && is_domain(server)
            })
        }),
        "birthdate" if !value.is_empty() && !is_date(&value) => Err(refuse()),
        "profile_enabled" => match value.as_str() {
            "1" | "true" | "yes" => Ok("1".to_owned()),
            "0" | "false" | "no" | "" => Ok("0".to_owned()),
            _ => Err(refuse()),
        },
        "first_day_of_week" if !matches!(value.as_str(), "" | "0" | "1" | "5" | "6") => {
            Err(refuse())
        }
        _ => Ok(value),
    }
}

/// Whether it is an address of the web, and nothing that a browser would run.
fn is_web(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !rest.contains(char::is_whitespace)
    })
}

fn is_domain(name: &str) -> bool {
    name.contains('.')
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

/// `2000-01-31`.
fn is_date(value: &str) -> bool {
    let number = |range: std::ops::Range<usize>| {
        let digits = value.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
    };
    value.len() == 10
        && value.as_bytes()[4] == b'-'
        && value.as_bytes()[7] == b'-'
        && number(0..4).is_some()
        && number(5..7).is_some_and(|month| (1..=12).contains(&month))
        && number(8..10).is_some_and(|day| (1..=31).contains(&day))
}

/// Checks an e-mail address by its shape.
///
/// # Errors
/// When it has none.
pub(super) fn address(value: &str) -> Result<(), OcsError> {
    let shape = value.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && local.len() <= 64 && !domain.is_empty() && domain.len() <= 190
    });
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if shape && !value.contains(odd) { Ok(()) } else { Err(OcsError::new(Code::INVALID, "")) }
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

/// A number as somebody of a country writes it, in the form of E.164.
pub(super) fn phone_of(value: &str, country: &str) -> Option<String> {
    let value = value.trim();
    if value.starts_with('+') {
        return phone(value);
    }
    match value.strip_prefix("00") {
        Some(rest) => phone(&format!("+{rest}")),
        // Italy and its neighbours keep the zero.
        None if matches!(country, "39" | "378") => phone(&format!("+{country}{value}")),
        None => phone(&format!("+{country}{}", value.strip_prefix('0').unwrap_or(value))),
    }
}

/// The calling codes of ITU-T E.164 by ISO 3166 codes: Europe, and who calls it most.
const COUNTRIES: [(&str, &str); 62] = [
    ("AL", "355"),
    ("AD", "376"),
    ("AR", "54"),
    ("AT", "43"),
    ("AU", "61"),
    ("BA", "387"),
    ("BE", "32"),
    ("BG", "359"),
    ("BR", "55"),
    ("BY", "375"),
    ("CA", "1"),
    ("CH", "41"),
    ("CL", "56"),
    ("CN", "86"),
    ("CO", "57"),
    ("CY", "357"),
    ("CZ", "420"),
    ("DE", "49"),
    ("DK", "45"),
    ("EE", "372"),
    ("EG", "20"),
    ("ES", "34"),
    ("FI", "358"),
    ("FR", "33"),
    ("GB", "44"),
    ("GR", "30"),
    ("HR", "385"),
    ("HU", "36"),
    ("IE", "353"),
    ("IL", "972"),
    ("IN", "91"),
    ("IS", "354"),
    ("IT", "39"),
    ("JP", "81"),
    ("KR", "82"),
    ("LI", "423"),
    ("LT", "370"),
    ("LU", "352"),
    ("LV", "371"),
    ("MC", "377"),
    ("MD", "373"),
    ("ME", "382"),
    ("MK", "389"),
    ("MT", "356"),
    ("MX", "52"),
    ("NL", "31"),
    ("NO", "47"),
    ("NZ", "64"),
    ("PL", "48"),
    ("PT", "351"),
    ("RO", "40"),
    ("RS", "381"),
    ("RU", "7"),
    ("SE", "46"),
    ("SI", "386"),
    ("SK", "421"),
    ("SM", "378"),
    ("TR", "90"),
    ("UA", "380"),
    ("US", "1"),
    ("XK", "383"),
    ("ZA", "27"),
];

/// The code by which a country is called; none if it is not known.
pub(super) fn calling_code(country: &str) -> Option<&'static str> {
    let country = country.to_ascii_uppercase();
    COUNTRIES.iter().find(|(known, _)| *known == country).map(|(_, code)| *code)
}

/// A time zone that a person chose, by its name in the database of the IANA; empty for none.
///
/// # Errors
/// When there is no such one.
pub(super) fn timezone(value: String) -> Result<String, OcsError> {
    if value.is_empty() || jiff::tz::TimeZone::get(&value).is_ok() {
        return Ok(value);
    }
    Err(invalid("timezone"))
}

/// How far the clocks of a time zone are ahead of UTC at a time, in seconds; 0 for a zone
/// that is not known.
pub(super) fn utc_offset(timezone: &str, now: Timestamp) -> i64 {
    let zone = jiff::tz::TimeZone::get(timezone);
    let now = jiff::Timestamp::from_second(now.unix());
    match (zone, now) {
        (Ok(zone), Ok(now)) => i64::from(zone.to_offset(now).seconds()),
        _ => 0,
    }
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
    use proptest::prelude::*;

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
        assert_eq!(tidy("profile_enabled", "true").as_deref(), Some("1"));
        assert_eq!(tidy("biography", "a\nb").as_deref(), Some("a\nb"));
        for (field, bad) in [
            ("website", "javascript:alert(1)"),
            ("website", "https://"),
            ("twitter", "a b"),
            ("fediverse", "a"),
            ("fediverse", "a@b/../c.org"),
            ("bluesky", "a"),
            ("birthdate", "31.1.2000"),
            ("birthdate", "2000-13-01"),
            ("role", "a\nb"),
            ("first_day_of_week", "9"),
            ("profile_enabled", "perhaps"),
        ] {
            assert_eq!(tidy(field, bad), None, "{field} {bad}");
        }
        assert_eq!(tidy("biography", &"x".repeat(2049)), None);
    }

    #[test]
    fn numbers_are_read_as_their_country_writes_them() {
        let read = |number: &str, country: &str| phone_of(number, calling_code(country)?);
        assert_eq!(read("030 123456", "DE").as_deref(), Some("+4930123456"));
        assert_eq!(read("0049 30 123456", "FR").as_deref(), Some("+4930123456"));
        assert_eq!(read("+43 1 12345678", "de").as_deref(), Some("+43112345678"));
        assert_eq!(read("06 1234567", "IT").as_deref(), Some("+39061234567"));
        assert_eq!(read("030 123456", "XX"), None);
    }

    #[test]
    fn only_known_time_zones() {
        assert!(timezone("Europe/Berlin".to_owned()).is_ok() && timezone(String::new()).is_ok());
        assert!(timezone("Europe/Nowhere".to_owned()).is_err());
        let winter = Timestamp::from_unix(1_800_000_000);
        assert_eq!((utc_offset("Europe/Berlin", winter), utc_offset("junk", winter)), (3600, 0));
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

    proptest! {
        /// What is kept is in its form already, and never leads a browser anywhere but to
        /// the web.
        #[test]
        fn what_is_kept_stays_as_it_is(field in 0..FIELDS.len(), value in "[@+0-9a-z.:/ _-]{0,24}") {
            let field = FIELDS[field];
            if let Ok(kept) = tidy(field, value) {
                let again = tidy(field, kept.clone()).ok();
                prop_assert_eq!(again.as_ref(), Some(&kept));
                let web = kept.is_empty() || kept.starts_with("http://") || kept.starts_with("https://");
                prop_assert!(field != "website" || web);
            }
        }

        #[test]
        fn numbers_are_called_from_everywhere(number in "[0-9 ()/+-]{0,20}", country in 0..COUNTRIES.len()) {
            if let Some(called) = phone_of(&number, COUNTRIES[country].1).filter(|n| !n.is_empty()) {
                prop_assert_eq!(phone(&called), Some(called.clone()));
                prop_assert!(called.starts_with('+') && called.len() <= 16);
            }
        }
    }

    const FIELDS: [&str; 9] = [
        "phone",
        "website",
        "twitter",
        "bluesky",
        "fediverse",
        "birthdate",
        "profile_enabled",
        "first_day_of_week",
        "role",
    ];
}
