//! What must not stand in a document as it is.

/// Where a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Attribute,
}

const PLAIN: u8 = 0;
const ALWAYS: u8 = 1;
const IN_ATTRIBUTE: u8 = 2;
const LOOK: u8 = 3;

/// What to do at each byte: nothing, escape, escape in attributes, look further.
const TABLE: [u8; 256] = {
    let mut table = [PLAIN; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = ALWAYS;
        control += 1;
    }
    table[b'\t' as usize] = IN_ATTRIBUTE;
    table[b'\n' as usize] = IN_ATTRIBUTE;
    table[b'&' as usize] = ALWAYS;
    table[b'<' as usize] = ALWAYS;
    table[b'>' as usize] = ALWAYS;
    table[b'"' as usize] = ALWAYS;
    // U+FFFE and U+FFFF, which XML forbids, start with this byte.
    table[0xef] = LOOK;
    table
};

/// Writes `text` so that a reader gets it back, with two exceptions: characters that XML
/// 1.0 cannot carry at all (most controls, U+FFFE, U+FFFF) become U+FFFD. A file name
/// may hold them, and one such name must not break a whole listing; what identifies the
/// file is its href, where they are percent-encoded.
pub(super) fn escape_into(out: &mut Vec<u8>, text: &str, place: Place) {
    let bytes = text.as_bytes();
    if is_plain(bytes) {
        return out.extend_from_slice(bytes);
    }
    let mut start = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = TABLE[usize::from(byte)];
        let (replacement, len): (&[u8], usize) = match class {
            PLAIN => {
                at += 1;
                continue;
            }
            IN_ATTRIBUTE if place == Place::Text => {
                at += 1;
                continue;
            }
            LOOK if !matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf])) => {
                at += 3;
                continue;
            }
            LOOK => ("\u{FFFD}".as_bytes(), 3),
            _ => match byte {
                b'&' => (b"&amp;", 1),
                b'<' => (b"&lt;", 1),
                b'>' => (b"&gt;", 1),
                b'"' => (b"&quot;", 1),
                // A bare CR would be read back as LF (XML 1.0, section 2.11).
                b'\r' => (b"&#13;", 1),
                b'\n' => (b"&#10;", 1),
                b'\t' => (b"&#9;", 1),
                _ => ("\u{FFFD}".as_bytes(), 1),
            },
        };
        out.extend_from_slice(&bytes[start..at]);
        out.extend_from_slice(replacement);
        at += len;
        start = at;
    }
    out.extend_from_slice(&bytes[start..]);
}

/// Whether there is surely nothing to escape, as in most texts of a listing.
fn is_plain(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<16>();
    // Without a branch for each byte, so that all of a block are compared at once.
    let special = |block: &[u8; 16]| {
        block.iter().fold(false, |found, byte| {
            found
                | (*byte < 0x20)
                | (*byte == b'&')
                | (*byte == b'<')
                | (*byte == b'>')
                | (*byte == b'"')
                | (*byte == 0xef)
        })
    };
    !blocks.iter().any(special) && rest.iter().all(|byte| TABLE[usize::from(*byte)] == PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str, place: Place) -> String {
        let mut out = Vec::new();
        escape_into(&mut out, text, place);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn literal_results() {
        assert_eq!(escaped("\"a\"", Place::Text), "&quot;a&quot;");
        assert_eq!(escaped("a<b>&c'", Place::Text), "a&lt;b&gt;&amp;c'");
        assert_eq!(escaped("a\r\n\tb", Place::Text), "a&#13;\n\tb");
        assert_eq!(escaped("a\r\n\tb", Place::Attribute), "a&#13;&#10;&#9;b");
        assert_eq!(escaped("\u{0}\u{1f}\u{fffe}\u{ffff}", Place::Text), "\u{fffd}".repeat(4));
        assert_eq!(escaped("é\u{ff01}\u{10ffff}z", Place::Text), "é\u{ff01}\u{10ffff}z");
        assert_eq!(escaped("", Place::Text), "");
    }

    #[test]
    fn what_is_escaped_is_found_anywhere() {
        for before in 0..40 {
            for after in 0..40 {
                let (head, tail) = ("a".repeat(before), "é".repeat(after));
                let text = format!("{head}<{tail}&\u{ffff}{head}");
                let wanted = format!("{head}&lt;{tail}&amp;\u{fffd}{head}");
                assert_eq!(escaped(&text, Place::Text), wanted);
            }
        }
    }
}
