//! The tags on what the caller sees, with how many nodes carry each.

use std::collections::HashMap;

use allmende_tags::TagId;
use allmende_types::NodeId;
use allmende_webdav::{DavBody, Error, ErrorKind, Result};
use http::{Response, request::Parts};

use super::{
    Asker, failed, not_allowed,
    shown::{Listing, Row},
    xml,
};
use crate::dav::{
    answer::{self, Body},
    errors::from_files,
    home::Home,
};

const ROOT: &str = "/remote.php/dav/systemtags-assigned";
/// How many nodes are looked at at once.
const PAGE: u32 = 1000;
/// How many pages at the most.
const PAGES: u32 = 10;

/// A request on the tags in use; `rest` is what follows their root, decoded: nothing, or the
/// first half of a media type.
pub(in crate::dav) async fn handle(
    home: &Home,
    rest: &str,
    request: &Parts,
    body: Body,
) -> Result<Response<DavBody>> {
    let segments: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let (own, media) = match segments[..] {
        [] => (format!("{ROOT}/"), None),
        [media] => (format!("{ROOT}/{media}/"), Some(media)),
        _ => return Err(Error::new(ErrorKind::NotFound, "Invalid media type")),
    };
    match request.method.as_str() {
        "OPTIONS" => Ok(answer::options()),
        "PROPFIND" => {
            let listing = Listing::asked(request, &xml(body).await?)?;
            let asker = Asker::of(home).await?;
            let used = used(home, &asker, media).await?;
            let all = home.tags.list(asker.caller()).await.map_err(failed)?;
            let row = |tag: allmende_tags::Tag| {
                let (count, sample) = *used.get(&tag.id)?;
                Some(Row::Used(tag, count, sample))
            };
            let rows = all.into_iter().filter_map(row).collect();
            listing.answer(&asker, Row::collection(own), rows)
        }
        _ => Err(not_allowed()),
    }
}

/// Of each tag how many nodes the caller sees with it, and the youngest of them.
///
/// Who sees what is not known where the tags are: looked at are the 10,000 youngest nodes
/// that carry any, whoever's they are, in ten pages at the most. Where more are tagged, the
/// numbers are those of the youngest, and a tag that is only on older ones is not named; the
/// original counts all.
async fn used(
    home: &Home,
    asker: &Asker,
    media: Option<&str>,
) -> Result<HashMap<TagId, (u64, NodeId)>> {
    let media = media.map(|media| format!("{media}/"));
    let (mut used, mut before) = (HashMap::new(), None);
    for _ in 0..PAGES {
        let page = home.tags.marked(asker.caller(), before, PAGE).await.map_err(failed)?;
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        let whole = page.len() >= PAGE as usize;
        let ids: Vec<NodeId> = page.iter().map(|(id, _)| *id).collect();
        let entries = home.view.stat(&ids).await.map_err(from_files)?;
        for ((id, tags), entry) in page.into_iter().zip(entries) {
            let Some(entry) = entry else { continue };
            let fits = media.as_ref().is_none_or(|media| {
                entry.media_type().is_some_and(|own| own.starts_with(media.as_str()))
            });
            for tag in tags.into_iter().filter(|_| fits) {
                used.entry(tag).or_insert((0, id)).0 += 1;
            }
        }
        if !whole {
            break;
        }
    }
    Ok(used)
}
