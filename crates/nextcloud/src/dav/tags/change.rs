//! A changed tag.

use allmende_tags::{Color, InvalidColor, InvalidTagName, Tag, TagUpdate};
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use allmende_webdav_proto::{
    XmlLimits,
    request::{PropUpdate, Proppatch},
};
use http::{Response, StatusCode, request::Parts};

use super::{
    Asker, failed,
    new::read_groups,
    shown::{ASSIGNABLE, COLOR, FILES, GROUPS, NAME, SAMPLE, VISIBLE},
};
use crate::dav::{answer::patched, home::Home};

/// PROPPATCH on a tag: all changes or none.
pub(super) async fn change(
    home: &Home,
    asker: &Asker,
    tag: &Tag,
    request: &Parts,
    body: &[u8],
) -> Result<Response<DavBody>> {
    let patch = Proppatch::parse(body, &XmlLimits::default())
        .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?;
    match read(&patch.updates)? {
        Some(update) => {
            home.tags.update(asker.caller(), tag.id, update).await.map_err(failed)?;
            Ok(patched(request, &patch.updates, |change| match change {
                PropUpdate::Set(_) => StatusCode::OK,
                PropUpdate::Remove(_) => StatusCode::NO_CONTENT,
            }))
        }
        None => Ok(patched(request, &patch.updates, |change| {
            if is_known(change) { StatusCode::FAILED_DEPENDENCY } else { StatusCode::FORBIDDEN }
        })),
    }
}

fn is_known(change: &PropUpdate) -> bool {
    match change {
        PropUpdate::Set(element) => {
            [NAME, VISIBLE, ASSIGNABLE, GROUPS, COLOR].contains(&element.name)
        }
        PropUpdate::Remove(name) => *name == COLOR,
    }
}

/// Reads the changes; none if one of them is of a property that nobody sets.
fn read(changes: &[PropUpdate]) -> Result<Option<TagUpdate>> {
    let bad = |text: String| Error::new(ErrorKind::BadRequest, text);
    let mut update = TagUpdate::default();
    for change in changes {
        let PropUpdate::Set(element) = change else {
            if !is_known(change) {
                return Ok(None);
            }
            update.color = Some(None);
            continue;
        };
        let text = element.text();
        let text = text.trim();
        let flag = || !matches!(text, "" | "0" | "false");
        match &element.name {
            name if *name == NAME => {
                let name = text.parse().map_err(|error: InvalidTagName| bad(error.to_string()))?;
                update.name = Some(name);
            }
            name if *name == VISIBLE => update.visible = Some(flag()),
            name if *name == ASSIGNABLE => update.assignable = Some(flag()),
            name if *name == COLOR => {
                let color: Result<Color, InvalidColor> = text.parse();
                update.color = Some(Some(color.map_err(|error| bad(error.to_string()))?));
            }
            name if *name == GROUPS => update.groups = Some(read_groups(text.split('|'))?),
            name if *name == FILES || *name == SAMPLE => {
                // Observed: who sets what is counted is refused as a whole.
                return Err(Error::new(ErrorKind::Forbidden, ""));
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(update))
}

#[cfg(test)]
mod tests {
    use allmende_webdav_proto::{Element, PropName};

    use super::*;

    fn set(name: PropName, text: &str) -> PropUpdate {
        PropUpdate::Set(Element::with_text(name, text))
    }

    #[test]
    fn changes_are_read_whole_or_not_at_all() {
        let changes = [
            set(NAME, " b "),
            set(VISIBLE, "false"),
            set(ASSIGNABLE, "1"),
            set(COLOR, "00ff00"),
            set(GROUPS, "staff|it"),
        ];
        let update = read(&changes).unwrap().unwrap();
        assert_eq!(update.name.unwrap().as_str(), "b");
        assert_eq!((update.visible, update.assignable), (Some(false), Some(true)));
        assert_eq!(update.color.unwrap().unwrap().as_str(), "00ff00");
        assert_eq!(update.groups.unwrap().len(), 2);
        let removed = read(&[PropUpdate::Remove(COLOR)]).unwrap().unwrap();
        assert_eq!(removed.color, Some(None));
        for unknown in [set(PropName::oc("id"), "7"), PropUpdate::Remove(NAME)] {
            assert_eq!(read(&[set(NAME, "b"), unknown]).unwrap(), None);
        }
        for (name, text, kind) in [
            (NAME, "", ErrorKind::BadRequest),
            (COLOR, "red", ErrorKind::BadRequest),
            (GROUPS, "a\u{1}", ErrorKind::BadRequest),
            (FILES, "7", ErrorKind::Forbidden),
        ] {
            assert_eq!(read(&[set(name, text)]).unwrap_err().kind(), kind, "{text}");
        }
    }
}
