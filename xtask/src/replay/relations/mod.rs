//! Values that differ from server to server: what counts is where the same one comes again.

mod kind;
mod time;

use std::collections::HashMap;

use kind::{
    INTERNAL, Kind, bare, has_form, is_digit, is_link_token, is_uuid, key, kind, kind_of_annotated,
    kind_of_annotation, stands_alone,
};
use time::same_time;

/// The values met so far in one scenario, in pairs.
#[derive(Debug, Default)]
pub(super) struct Relations {
    ours: HashMap<(Kind, String), String>,
    recorded: HashMap<(Kind, String), String>,
    /// Whose etags the recorded ones were, with ours.
    etags: HashMap<String, Vec<(String, String)>>,
    /// The path of the request whose answer is compared.
    path: String,
    /// The name of the public link that was learnt last.
    last_link: Option<String>,
}

impl Relations {
    /// From now on answers to a request of this path are compared.
    pub(super) fn at(&mut self, path: &str) {
        path.clone_into(&mut self.path);
    }

    /// Compares a value of ours with the recorded one. `place` is the property's, header's or
    /// key's name; `time` is when the recorded exchange took place.
    pub(super) fn compare(
        &mut self,
        place: &str,
        recorded: &str,
        ours: &str,
        time: f64,
    ) -> Result<(), String> {
        if same_time(recorded, ours, time) {
            return Ok(());
        }
        if matches!(recorded, "<app-password>" | "<request-token>") {
            // Whoever made the recordings hid the value: which one it was is not known.
            return if has_form(Kind::Token, ours) {
                let first = (Kind::Token, recorded.into());
                self.ours.entry(first).or_insert_with(|| ours.into());
                Ok(())
            } else {
                Err(format!("{} is no secret", shown(ours)))
            };
        }
        // An address that ends in a token: the rest of it is literal.
        if let (Some((start, token)), Some((own_start, own))) =
            (recorded.rsplit_once('/'), ours.rsplit_once('/'))
            && start == own_start
            && kind("", token) == Some(Kind::Token)
            && has_form(Kind::Token, own)
        {
            return self.bind(Kind::Token, token, own);
        }
        // The address of a public link.
        if let (Some((start, token)), Some((own_start, own))) =
            (recorded.rsplit_once("/s/"), ours.rsplit_once("/s/"))
            && start == own_start
            && is_link_token(token)
            && is_link_token(own)
        {
            return self.bind(Kind::Link, token, own);
        }
        // `nc:lock-token` is the token without its scheme.
        if place.ends_with("}lock-token") && is_uuid(recorded) && is_uuid(ours) {
            let whole = |uuid: &str| format!("opaquelocktoken:{uuid}");
            return self.bind(Kind::LockToken, &whole(recorded), &whole(ours));
        }
        // The address of the comments of a file.
        let comments = "/comments/files/";
        if let (Some((start, id)), Some((own_start, own))) =
            (recorded.rsplit_once(comments), ours.rsplit_once(comments))
            && place.ends_with("}comments-href")
            && start == own_start
            && has_form(Kind::FileId, own)
        {
            // A number that is known was put back to the recorded one.
            return if id == own { Ok(()) } else { self.bind(Kind::FileId, id, own) };
        }
        // The address of what was made.
        if place == "header Content-Location"
            && let (Some((start, id)), Some((own_start, own))) =
                (recorded.rsplit_once('/'), ours.rsplit_once('/'))
            && self.to_ours(start) == own_start
            && let Some(kind) = kind_of_annotation(start)
            && has_form(kind, own)
        {
            return self.bind(kind, id, own);
        }
        let by_path = || {
            let share = self.kind_of_share(place, recorded);
            share.or_else(|| kind_of_annotated(&self.path, place, recorded))
        };
        match kind(place, recorded).or_else(by_path) {
            // The tags of versions are their times, by which addresses name them.
            Some(Kind::ETag)
                if recorded != ours && recorded.bytes().all(|b| is_digit(b.into())) =>
            {
                Err(format!("{} instead of {}", shown(ours), shown(recorded)))
            }
            Some(Kind::ETag) if has_form(Kind::ETag, ours) => {
                self.bind_etag(place, bare(recorded), bare(ours))
            }
            Some(kind) if has_form(kind, ours) => self.bind(kind, recorded, ours),
            _ if recorded == ours => Ok(()),
            _ => Err(format!("{} instead of {}", shown(ours), shown(recorded))),
        }
    }

    /// An etag names a version of one resource (RFC 9110, section 8.8.3): the recorded server
    /// gives one to all folders above a change, others need not.
    fn bind_etag(&mut self, place: &str, recorded: &str, ours: &str) -> Result<(), String> {
        let href = place.split_once(' ').map(|(href, _)| href).filter(|href| href.starts_with('/'));
        let resource = href.unwrap_or(&self.path).trim_end_matches('/').to_ascii_lowercase();
        let known = self.etags.entry(recorded.into()).or_default();
        match known.iter().find(|(known, _)| *known == resource) {
            Some((_, known)) if known != ours => {
                return Err(format!("{} changed where the recorded one stayed", shown(ours)));
            }
            Some(_) => {}
            None => known.push((resource, ours.into())),
        }
        let known = self.recorded.entry((Kind::ETag, ours.into()));
        let known = known.or_insert_with(|| recorded.into());
        if known != recorded {
            return Err(format!("{} stayed where the recorded one changed", shown(ours)));
        }
        self.ours.insert((Kind::ETag, recorded.into()), ours.into());
        Ok(())
    }

    pub(super) fn last_link(&self) -> Option<&str> {
        self.last_link.as_deref()
    }

    /// What a value of a share is.
    fn kind_of_share(&self, place: &str, recorded: &str) -> Option<Kind> {
        if !self.path.contains("/apps/files_sharing/") {
            return None;
        }
        let digits = !recorded.is_empty() && recorded.bytes().all(|b| b.is_ascii_digit());
        match key(place).as_str() {
            "id" if digits || recorded.starts_with(INTERNAL) => Some(Kind::Share),
            "storage" if digits => Some(Kind::Storage),
            "token" if is_link_token(recorded) => Some(Kind::Link),
            _ => None,
        }
    }

    fn bind(&mut self, kind: Kind, recorded: &str, ours: &str) -> Result<(), String> {
        if kind == Kind::InstanceId {
            let number = |text: &str| -> String {
                text.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
                    .trim_start_matches('0')
                    .into()
            };
            self.bind(Kind::FileId, &number(recorded), &number(ours))?;
        }
        let (recorded, ours) = (bare(recorded), bare(ours));
        if kind == Kind::Share {
            let number = |id: &str| id.strip_prefix(INTERNAL).unwrap_or(id).to_owned();
            if recorded.starts_with(INTERNAL) != ours.starts_with(INTERNAL) {
                return Err(format!("{} instead of {}", shown(ours), shown(recorded)));
            }
            if recorded.starts_with(INTERNAL) {
                return self.bind(kind, &number(recorded), &number(ours));
            }
        }
        if matches!(kind, Kind::Link | Kind::Token) && recorded == ours {
            // It is known and was put back to the recorded one.
            return Ok(());
        }
        if kind == Kind::Link {
            self.last_link = Some(ours.to_owned());
        }
        let known = self.ours.entry((kind, recorded.into())).or_insert_with(|| ours.into());
        if known != ours {
            return Err(format!("{} changed where the recorded one stayed", shown(ours)));
        }
        let known = self.recorded.entry((kind, ours.into())).or_insert_with(|| recorded.into());
        if known != recorded {
            return Err(format!("{} stayed where the recorded one changed", shown(ours)));
        }
        Ok(())
    }

    /// A recorded request text with our values in place of the recorded ones.
    pub(super) fn to_ours(&self, text: &str) -> String {
        let known: Vec<(Kind, &str, &str)> = (self.ours.iter())
            .filter(|((kind, _), _)| *kind != Kind::Storage)
            .map(|((kind, recorded), ours)| (*kind, recorded.as_str(), ours.as_str()))
            .collect();
        replace(text, known)
    }

    /// A text of ours with the recorded names and tokens of links, and the recorded numbers of
    /// tags, comments and files with versions, which stand in addresses.
    pub(super) fn to_recorded(&self, text: &str) -> String {
        let known: Vec<(Kind, &str, &str)> = (self.ours.iter())
            .filter_map(|((kind, text), ours)| {
                let kind = match kind {
                    Kind::FileId => Kind::Annotated,
                    // Of what was hidden in the recordings, the recorded text is no name.
                    Kind::Link | Kind::Token if text.starts_with('<') => return None,
                    Kind::Link | Kind::Token | Kind::Tag | Kind::Comment => *kind,
                    _ => return None,
                };
                Some((kind, ours.as_str(), text.as_str()))
            })
            .collect();
        replace(text, known)
    }
}

/// Replaces values in one pass, so that none takes the place of another's replacement.
fn replace(text: &str, mut known: Vec<(Kind, &str, &str)>) -> String {
    // The longest one that fits is meant.
    known.sort_by_key(|(_, from, _)| std::cmp::Reverse(from.len()));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let fits = known.iter().find(|(kind, from, _)| {
            rest.starts_with(from) && stands_alone(*kind, &text[..at], &rest[from.len()..])
        });
        if let Some((_, from, to)) = fits {
            result.push_str(to);
            at += from.len();
        } else {
            result.push(next);
            at += next.len_utf8();
        }
    }
    result
}

/// A value for a message, shortened.
fn shown(value: &str) -> String {
    let short: String = value.chars().take(120).collect();
    if short.len() < value.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    const A: &str = "\"d156d36064fdfbfa5c10e5a051dd655d\"";
    const B: &str = "\"dd1a6e30517711aa5b32d956d081f156\"";

    #[test]
    fn etags_are_compared_by_relation() {
        let mut relations = Relations::default();
        relations.at("/f");
        relations.compare("header ETag", A, "\"x1\"", 0.0).unwrap();
        relations.compare("/f {DAV:}getetag", A, "\"x1\"", 0.0).unwrap();
        let changed = relations.compare("{DAV:}getetag", A, "\"x2\"", 0.0).unwrap_err();
        assert_eq!(changed, "\"x2\" changed where the recorded one stayed");
        let stayed = relations.compare("{DAV:}getetag", B, "\"x1\"", 0.0).unwrap_err();
        assert_eq!(stayed, "\"x1\" stayed where the recorded one changed");
        assert!(relations.compare("{DAV:}getetag", B, "W/\"x3\"", 0.0).is_err());
        // Another resource may have another one.
        relations.compare("/d/ {DAV:}getetag", B, "\"x4\"", 0.0).unwrap();
        relations.compare("/e/ {DAV:}getetag", B, "\"x5\"", 0.0).unwrap();
        assert!(relations.compare("/e/ {DAV:}getetag", B, "\"x4\"", 0.0).is_err());
        assert_eq!(relations.to_ours(&format!("If: ([{A}])")), "If: ([\"x1\"])");
    }

    #[test]
    fn both_forms_of_an_id_belong_together() {
        let mut relations = Relations::default();
        relations.compare("oc-fileid", "00011720oc48fzr4wkqv", "00000007ocabc", 0.0).unwrap();
        relations.compare("fileid", "11720", "7", 0.0).unwrap();
        assert!(relations.compare("fileid", "11720", "8", 0.0).is_err());
        assert_eq!(relations.to_ours("/f/11720?x=117201"), "/f/7?x=117201");
    }

    #[test]
    fn tags_and_comments_are_known_again() {
        let mut relations = Relations::default();
        relations.compare("oc-fileid", "00015933oc48fzr4wkqv", "00000007ocabc", 0.0).unwrap();
        let made = "header Content-Location";
        let (tags, comments) = ("/remote.php/dav/systemtags", "/remote.php/dav/comments/files");
        relations.compare(made, &format!("{tags}/32"), &format!("{tags}/1"), 0.0).unwrap();
        let (theirs, own) = (format!("{comments}/15933/15"), format!("{comments}/7/2"));
        relations.compare(made, &theirs, &own, 0.0).unwrap();
        assert!(relations.compare(made, &theirs, &format!("{comments}/8/2"), 0.0).is_err());
        relations.at("/remote.php/dav/systemtags/32");
        relations.compare("/x {http://owncloud.org/ns}id", "32", "1", 0.0).unwrap();
        assert!(relations.compare("/x {http://owncloud.org/ns}id", "32", "2", 0.0).is_err());
        let sent = "/systemtags-relations/files/15933/32 <oc:systemtag>32</oc:systemtag> 32";
        let ours = "/systemtags-relations/files/7/1 <oc:systemtag>1</oc:systemtag> 32";
        assert_eq!(relations.to_ours(sent), ours);
        assert_eq!(relations.to_recorded(&own), theirs);
        assert_eq!(relations.to_recorded("/x/7/2 /systemtags/1/"), "/x/7/2 /systemtags/32/");
    }

    #[test]
    fn shares_and_links_are_known_again() {
        let mut relations = Relations::default();
        relations.at("/ocs/v2.php/apps/files_sharing/api/v1/shares");
        relations.compare("body.ocs.data.id", "685", "12", 0.0).unwrap();
        relations.compare("body.ocs.data.item_source", "12", "685", 0.0).unwrap();
        relations.compare("body.ocs.data.storage", "510", "3", 0.0).unwrap();
        relations.compare("body {}data {}element {}id", "685", "12", 0.0).unwrap();
        relations.compare("body.ocs.data[0].id", "ocinternal:685", "ocinternal:12", 0.0).unwrap();
        assert!(relations.compare("body.ocs.data.id", "ocinternal:685", "12", 0.0).is_err());
        assert!(relations.compare("body.ocs.data.id", "686", "12", 0.0).is_err());
        assert_eq!(
            relations.to_ours("/shares/685?a=685&b=12&c=510 /shares/pending/685"),
            "/shares/12?a=685&b=685&c=510 /shares/pending/12"
        );

        relations
            .compare("body.ocs.data.token", "aR762YB6gDCF7W9", "rGz1FlUsengBAMf", 0.0)
            .unwrap();
        let (theirs, own) = ("http://h/s/aR762YB6gDCF7W9", "http://h/s/rGz1FlUsengBAMf");
        relations.compare("body.ocs.data.url", theirs, own, 0.0).unwrap();
        assert!(relations.compare("body.ocs.data.url", theirs, "http://h/s/x", 0.0).is_err());
        let href = relations.to_recorded("/public.php/dav/files/rGz1FlUsengBAMf/d");
        assert_eq!(href, "/public.php/dav/files/aR762YB6gDCF7W9/d");
        relations
            .compare("body.ocs.data.token", "aR762YB6gDCF7W9", "aR762YB6gDCF7W9", 0.0)
            .unwrap();
    }

    #[test]
    fn times_of_the_exchange_are_times_of_ours() {
        let mut relations = Relations::default();
        let recorded = "Mon, 23 Nov 2026 15:49:09 GMT";
        let at = 1_795_448_949.0;
        relations.compare("header last-modified", recorded, recorded, at).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        relations.compare("mtime", "1795448949", &now, at).unwrap();
        assert!(relations.compare("mtime", "1795448949", "1500000000", at).is_err());
        relations.compare("mtime", "1500000000", "1500000000", at).unwrap();
        assert!(relations.compare("mtime", "1500000000", &now, at).is_err());
    }

    #[test]
    fn secrets_are_compared_by_form_and_tokens_by_what_is_around_them() {
        let mut relations = Relations::default();
        let secret = "a".repeat(72);
        relations.compare("apppassword", "<app-password>", &secret, 0.0).unwrap();
        relations.compare("apppassword", "<app-password>", &"b".repeat(72), 0.0).unwrap();
        assert!(relations.compare("apppassword", "<app-password>", "short", 0.0).is_err());
        assert_eq!(relations.to_ours("password=<app-password>"), format!("password={secret}"));

        let (theirs, own) = ("Q".repeat(64), "Z".repeat(50));
        relations
            .compare("login", &format!("/flow/{theirs}"), &format!("/flow/{own}"), 0.0)
            .unwrap();
        assert_eq!(relations.to_ours(&format!("GET /flow/{theirs}")), format!("GET /flow/{own}"));
        assert!(relations.compare("login", &format!("/flow/{theirs}"), "/flow/x", 0.0).is_err());

        let (theirs, own) =
            ("31cfab78-6fc9-45e7-9e8c-1dc5e465d1c5", "af441bbc-8cb4-4d1f-966e-4ee550d3f736");
        let whole = |uuid: &str| format!("opaquelocktoken:{uuid}");
        relations.compare("{DAV:}href", &whole(theirs), &whole(own), 0.0).unwrap();
        relations.compare("/f {nc:}lock-token", theirs, own, 0.0).unwrap();
        assert!(relations.compare("/f {nc:}lock-token", theirs, theirs, 0.0).is_err());
    }

    #[test]
    fn a_literal_is_a_literal() {
        let mut relations = Relations::default();
        relations.compare("displayname", "a", "a", 0.0).unwrap();
        let difference = relations.compare("displayname", "a", "b", 0.0).unwrap_err();
        assert_eq!(difference, "\"b\" instead of \"a\"");
    }
}
