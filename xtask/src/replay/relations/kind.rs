//! What a value is, by its form and its place.

/// What a value is, as far as its form or its place tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    ETag,
    /// The number of a file or folder.
    FileId,
    /// `oc:id`: the number, padded, and the name of the installation.
    InstanceId,
    LockToken,
    /// The number of a share.
    Share,
    /// The number of a storage, which the recorded server has for each home.
    Storage,
    /// The number of a system tag.
    Tag,
    /// The number of a comment.
    Comment,
    /// The number of a file in the address of its tags, comments or versions.
    Annotated,
    /// The name of a public link.
    Link,
    /// A long random text.
    Token,
}

/// What is made in the collection at an address.
pub(super) fn kind_of_annotation(address: &str) -> Option<Kind> {
    if address.ends_with("/systemtags") {
        Some(Kind::Tag)
    } else {
        address.contains("/comments/files/").then_some(Kind::Comment)
    }
}

/// What a number is that an answer about tags, comments or trash tells.
pub(super) fn kind_of_annotated(path: &str, place: &str, recorded: &str) -> Option<Kind> {
    let number = !recorded.is_empty() && recorded.chars().all(is_digit);
    match key(place).as_str() {
        "id" if number && (path.contains("/systemtags") || place.contains("}system-tag ")) => {
            Some(Kind::Tag)
        }
        "id" if number && path.contains("/comments/") => Some(Kind::Comment),
        "id" if number && path.contains("/dav/trashbin/") => Some(Kind::FileId),
        "objectid" if number && path.contains("/comments/") => Some(Kind::FileId),
        _ => None,
    }
}

/// What stands before the number of a share in some answers.
pub(super) const INTERNAL: &str = "ocinternal:";

/// Without the signs around it, which differ from header to body.
pub(super) fn bare(value: &str) -> &str {
    value.trim_matches(['"', '<', '>'])
}

/// The last key or name of a place.
pub(super) fn key(place: &str) -> String {
    place.rsplit(['.', '}', ' ']).next().unwrap_or(place).to_ascii_lowercase()
}

pub(super) fn kind(place: &str, recorded: &str) -> Option<Kind> {
    let place = key(place);
    let inner = bare(recorded);
    let hex = |length| inner.len() == length && inner.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit());
    match place.as_str() {
        _ if inner.starts_with("opaquelocktoken:") => Some(Kind::LockToken),
        "etag" | "getetag" | "oc-etag" | "if-none-match" => Some(Kind::ETag),
        "fileid" | "item_source" | "file_source" | "file_parent" | "via_fileid" if digits => {
            Some(Kind::FileId)
        }
        "oc-fileid" | "id" | "fileid" if is_instance_id(inner) => Some(Kind::InstanceId),
        "location" => None,
        _ if hex(32) => Some(Kind::ETag),
        _ if inner.len() >= 40
            && inner.bytes().all(|b| b.is_ascii_alphanumeric())
            && !hex(40)
            && !hex(64) =>
        {
            Some(Kind::Token)
        }
        _ => None,
    }
}

pub(super) fn has_form(kind: Kind, ours: &str) -> bool {
    let inner = bare(ours);
    match kind {
        Kind::ETag => !inner.is_empty() && !ours.starts_with("W/"),
        Kind::FileId | Kind::Storage | Kind::Tag | Kind::Comment | Kind::Annotated => {
            !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit())
        }
        Kind::Share => has_form(Kind::FileId, inner.strip_prefix(INTERNAL).unwrap_or(inner)),
        Kind::Link => is_link_token(inner),
        Kind::InstanceId => is_instance_id(inner),
        Kind::LockToken => inner.starts_with("opaquelocktoken:") || inner.starts_with("urn:uuid:"),
        Kind::Token => inner.len() >= 20 && !inner.contains(char::is_whitespace),
    }
}

pub(super) fn is_link_token(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Eight digits or more, then `oc` and the name of the installation.
fn is_instance_id(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits >= 8 && text.len() > digits && text[digits..].bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a value between these texts is one: a number is not a part of a longer one or of a
/// word, and that of a share stands where an address has it.
pub(super) fn stands_alone(kind: Kind, before: &str, after: &str) -> bool {
    let word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric());
    let apart = !word(before.bytes().last()) && !word(after.bytes().next());
    match kind {
        Kind::FileId => apart,
        Kind::Share => {
            let places = ["shares/", "shares/pending/", INTERNAL];
            apart && places.iter().any(|place| before.ends_with(place))
        }
        Kind::Tag => {
            let carried = behind_number(before, "/systemtags-relations/files/");
            let places = ["/systemtags/", "oc:systemtag>"];
            apart && (carried || places.iter().any(|place| before.ends_with(place)))
        }
        Kind::Comment => apart && behind_number(before, "/comments/files/"),
        Kind::Annotated => {
            let places = ["/systemtags-relations/files/", "/comments/files/"];
            let versions = before.ends_with("/versions/") && before.contains("/dav/versions/");
            apart && (versions || places.iter().any(|place| before.ends_with(place)))
        }
        _ => true,
    }
}

/// Whether a text ends with this place, a number and a slash.
fn behind_number(before: &str, place: &str) -> bool {
    let number = before.strip_suffix('/').map(|rest| (rest, rest.trim_end_matches(is_digit)));
    number.is_some_and(|(rest, start)| rest.len() > start.len() && start.ends_with(place))
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}
