//! Names in the trash, which end with the second of the deletion: another one in each replay.

use std::collections::BTreeMap;

use super::people::People;
use super::xml::Multistatus;
use crate::failure::Result;
use crate::http::Endpoint;

const ROOT: &str = "/remote.php/dav/trashbin/";

/// Recorded names, with ours.
#[derive(Debug, Default)]
pub(super) struct Moments(BTreeMap<String, String>);

impl Moments {
    /// Looks what the thing is called here that a recorded address names.
    pub(super) fn learn(&mut self, people: &People, path: &str) -> Result<()> {
        let Some((owner, name)) = path.strip_prefix(ROOT).and_then(|rest| rest.split_once('/'))
        else {
            return Ok(());
        };
        let Some((title, second)) = split(name.trim_start_matches("trash/")) else { return Ok(()) };
        let recorded = format!("{title}.d{second}");
        if self.0.contains_key(&recorded) {
            return Ok(());
        }
        let home = people.home(owner);
        let trash = Endpoint { path: format!("{ROOT}{}/trash", home.user), ..home };
        let listed = trash.request("PROPFIND", &trash.path).header("Depth", "1").send()?;
        let listed = Multistatus::parse(&listed.text())?;
        for response in listed.responses {
            let own = response.href.trim_end_matches('/').rsplit('/').next().and_then(split);
            if let Some((_, own)) = own.filter(|(own, _)| *own == title) {
                self.0.insert(recorded.clone(), format!("{title}.d{own}"));
            }
        }
        Ok(())
    }

    /// A recorded text with our names.
    pub(super) fn to_ours(&self, text: &str) -> String {
        let mut ours = text.to_owned();
        for (recorded, own) in &self.0 {
            ours = ours.replace(&format!("/{recorded}"), &format!("/{own}"));
        }
        ours
    }
}

/// A name in the trash, in its two parts.
fn split(name: &str) -> Option<(&str, &str)> {
    let (title, second) = name.rsplit_once(".d")?;
    let second = second.split('/').next()?;
    is_second(second).then_some((title, second))
}

fn is_second(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A listing of the trash whose names have no seconds, so that two can be compared.
pub(super) fn without_seconds(path: &str, listing: &str) -> String {
    if !path.starts_with(ROOT) {
        return listing.to_owned();
    }
    let mut parts = listing.split(".d");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let second = part.get(..10).filter(|second| is_second(second));
        text.push_str(".d");
        text.push_str(part.get(second.map_or(0, str::len)..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_with_a_second() {
        assert_eq!(split("a.d123.d1795449321"), Some(("a.d123", "1795449321")));
        assert_eq!(split("tr.d1795449321/in.txt"), Some(("tr", "1795449321")));
        assert_eq!(split("a.d123"), None);
        let moments =
            Moments([("a.d123.d1795449321".to_owned(), "a.d123.d1800000000".to_owned())].into());
        let path = "/remote.php/dav/trashbin/alice/trash/a.d123.d1795449321";
        assert_eq!(
            moments.to_ours(path),
            "/remote.php/dav/trashbin/alice/trash/a.d123.d1800000000"
        );
        assert_eq!(
            without_seconds(path, "<h>a.d123.d1795449321</h><h>x.d1800000000/</h>.d"),
            "<h>a.d123.d</h><h>x.d/</h>.d"
        );
        assert_eq!(
            without_seconds("/remote.php/dav/files/alice", "a.d1795449321"),
            "a.d1795449321"
        );
    }
}
