//! Media types, guessed from names as the original does: what a client sends as
//! `Content-Type` is not looked at.

use allmende_types::Name;

/// The media type of what nothing is known of.
pub const UNKNOWN: &str = "application/octet-stream";

/// The media type of a file of this name; [`UNKNOWN`] if the ending tells nothing.
///
/// ```
/// # use allmende_types::Name;
/// let name = Name::new("Notes.MD")?;
/// assert_eq!(allmende_files::media_type::of(&name), "text/markdown");
/// # Ok::<(), allmende_types::InvalidName>(())
/// ```
#[must_use]
pub fn of(name: &Name) -> &'static str {
    let Some((_, ending)) = name.as_str().rsplit_once('.') else { return UNKNOWN };
    (OWN.iter().find(|(own, _)| own.eq_ignore_ascii_case(ending)))
        .map(|(_, media_type)| *media_type)
        .or_else(|| mime_guess::from_ext(ending).first_raw())
        .unwrap_or(UNKNOWN)
}

/// Where clients expect what the original says and the common table says otherwise.
const OWN: [(&str, &str); 26] = [
    ("7z", "application/x-7z-compressed"),
    ("bat", "application/x-msdos-program"),
    ("bin", "application/x-bin"),
    ("c", "text/x-c"),
    ("cpp", "text/x-c++src"),
    ("deb", "application/x-deb"),
    ("doc", "application/msword"),
    ("exe", "application/x-ms-dos-executable"),
    ("gz", "application/gzip"),
    ("h", "text/x-h"),
    ("heic", "image/heic"),
    ("java", "text/x-java-source"),
    ("js", "application/javascript"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mkv", "video/x-matroska"),
    ("php", "application/x-php"),
    ("psd", "application/x-photoshop"),
    ("py", "text/x-python"),
    ("sh", "text/x-shellscript"),
    ("ts", "application/typescript"),
    ("ttf", "application/font-sfnt"),
    ("url", "application/internet-shortcut"),
    ("vcf", "text/vcard"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_endings() {
        let of = |text: &str| of(&Name::new(text).unwrap());
        for (name, expected) in [
            ("a.txt", "text/plain"),
            ("a.PDF", "application/pdf"),
            ("photo.jpeg", "image/jpeg"),
            ("b.tar.gz", "application/gzip"),
            ("c.odt", "application/vnd.oasis.opendocument.text"),
            ("README", UNKNOWN),
            (".profile", UNKNOWN),
            ("d.", UNKNOWN),
            ("e.nobodyknows", UNKNOWN),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }
}
