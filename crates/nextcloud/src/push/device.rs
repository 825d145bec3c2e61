//! What a device sends to be told of notifications.

use allmende_types::{InstanceId, UserId};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rsa::{PublicKey, pkcs8::DecodePublicKey as _, traits::PublicKeyParts as _};
use sha2::{Digest as _, Sha512};

/// Characters of a public key in PEM: one of 4096 bits has 800.
const LONGEST_KEY: usize = 1200;
/// Bits of a device's key. Clients make keys of 2048 bits.
const KEY_BITS: std::ops::RangeInclusive<u32> = 2048..=4096;

/// Whether a text is a SHA-512 in small hexadecimal digits.
pub(crate) fn is_token_hash(text: &str) -> bool {
    text.len() == 128 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The key of a device, from PEM; none if it is no RSA key, too short, or too long.
pub(crate) fn device_key(pem: &str) -> Option<PublicKey> {
    if pem.len() > LONGEST_KEY {
        return None;
    }
    let key = PublicKey::from_public_key_pem(pem.trim()).ok()?;
    KEY_BITS.contains(&key.n().bit_width()).then_some(key)
}

/// Whether two addresses of proxies are one; a slash at the end means nothing.
pub(crate) fn same_address(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// What the server and the proxy call a device: `name`, and the text that it is the hash of,
/// which is what is signed. Nobody can tell from it whose device it is.
#[derive(Debug)]
pub(crate) struct Identifier {
    pub(crate) text: String,
    pub(crate) name: String,
}

/// What the device of an app password is called.
pub(crate) fn identifier(instance: &InstanceId, person: &UserId, app_password: i64) -> Identifier {
    let text = serde_json::json!([format!("{person}@{instance}"), app_password]).to_string();
    let name = STANDARD.encode(Sha512::digest(&text));
    Identifier { text, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:…`.
    const SHORT: &str = include_str!("../../tests/keys/short.pub.pem");
    const DEVICE: &str = include_str!("../../tests/keys/device.pub.pem");

    #[test]
    fn only_good_keys_are_taken() {
        assert!(device_key(DEVICE).is_some());
        // As clients send it.
        assert!(device_key(DEVICE.trim_end()).is_some());
        let long = format!("{DEVICE}{}", " ".repeat(LONGEST_KEY));
        let cut = &DEVICE[..200];
        for bad in ["", "x", SHORT, cut, &long, "-----BEGIN PUBLIC KEY-----\n"] {
            assert!(device_key(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn hashes_are_128_small_digits() {
        assert!(is_token_hash(&"0af9".repeat(32)));
        let (upper, other) = ("A".repeat(128), "g".repeat(128));
        for bad in ["", "ab", &upper, &other, &"a".repeat(129)] {
            assert!(!is_token_hash(bad), "{bad}");
        }
    }

    #[test]
    fn each_app_password_has_a_name_of_its_own() {
        let instance = "oc48fzr4wkqv".parse().unwrap();
        let name = |person: &str, app| identifier(&instance, &person.parse().unwrap(), app);
        let alice = name("alice", 26);
        assert_eq!(alice.text, r#"["alice@oc48fzr4wkqv",26]"#);
        assert_eq!(alice.name.len(), 88);
        assert_ne!(alice.name, name("alice", 27).name);
        assert_ne!(alice.name, name("bob", 26).name);
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reading_of_keys(text in ".{0,300}") {
            let _ = device_key(&text);
            let _ = device_key(&format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----"));
        }
    }
}
