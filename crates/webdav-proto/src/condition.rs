//! What an error complains about: pre- and postconditions (RFC 4918, section 16).

use crate::{
    href::Href,
    name::PropName,
    xml::{Element, XmlWriter},
};

/// A pre- or postcondition that was not met; the child of `d:error`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// A lock stands on these resources, and its token was not submitted (423).
    LockTokenSubmitted(Vec<Href>),
    /// These locks are in the way of the one asked for (423).
    NoConflictingLock(Vec<Href>),
    /// The token is of no lock that covers the request's URL (409, 412).
    LockTokenMatchesRequestUri,
    /// The report is not known here (415 as the original has it).
    SupportedReport,
    /// A listing of everything below is not offered (403).
    PropfindFiniteDepth,
    /// The property is the server's own (403).
    CannotModifyProtectedProperty,
    /// The body refers to an external entity (403).
    NoExternalEntities,
    /// Live properties could not be kept by COPY or MOVE (409).
    PreservedLiveProperties,
    /// The sync token is not or no longer known (403, RFC 6578).
    ValidSyncToken,
    /// `sync-collection` is not offered at that depth (403, RFC 6578).
    SyncTraversalSupported,
    /// The answer was cut at a limit (507, RFC 3744 and 6578).
    NumberOfMatchesWithinLimits,
    /// Something stands where a collection shall be made (405, RFC 5689 and 3253).
    ResourceMustBeNull,
    /// The type of the collection to make is not offered (403, RFC 5689).
    ValidResourcetype,
    /// The quota of the user is used up (507, RFC 4331).
    QuotaNotExceeded,
    /// The disk is full (507, RFC 4331).
    SufficientDiskSpace,
    /// Any other.
    Other(Element),
}

static HREF: PropName = PropName::dav("href");
static LOCK_TOKEN_SUBMITTED: PropName = PropName::dav("lock-token-submitted");
static NO_CONFLICTING_LOCK: PropName = PropName::dav("no-conflicting-lock");

/// The conditions that say everything by their name.
const PLAIN: [(Condition, PropName); 13] = [
    (Condition::LockTokenMatchesRequestUri, PropName::dav("lock-token-matches-request-uri")),
    (Condition::SupportedReport, PropName::dav("supported-report")),
    (Condition::PropfindFiniteDepth, PropName::dav("propfind-finite-depth")),
    (Condition::CannotModifyProtectedProperty, PropName::dav("cannot-modify-protected-property")),
    (Condition::NoExternalEntities, PropName::dav("no-external-entities")),
    (Condition::PreservedLiveProperties, PropName::dav("preserved-live-properties")),
    (Condition::ValidSyncToken, PropName::dav("valid-sync-token")),
    (Condition::SyncTraversalSupported, PropName::dav("sync-traversal-supported")),
    (Condition::NumberOfMatchesWithinLimits, PropName::dav("number-of-matches-within-limits")),
    (Condition::ResourceMustBeNull, PropName::dav("resource-must-be-null")),
    (Condition::ValidResourcetype, PropName::dav("valid-resourcetype")),
    (Condition::QuotaNotExceeded, PropName::dav("quota-not-exceeded")),
    (Condition::SufficientDiskSpace, PropName::dav("sufficient-disk-space")),
];

impl Condition {
    /// The name of its element.
    #[must_use]
    pub fn name(&self) -> PropName {
        match self {
            Self::LockTokenSubmitted(_) => LOCK_TOKEN_SUBMITTED.clone(),
            Self::NoConflictingLock(_) => NO_CONFLICTING_LOCK.clone(),
            Self::Other(element) => element.name.clone(),
            plain => PLAIN
                .into_iter()
                .find_map(|(condition, name)| (condition == *plain).then_some(name))
                .unwrap_or(PropName::dav("error")),
        }
    }

    /// Writes its element.
    pub fn write(&self, xml: &mut XmlWriter) {
        match self {
            Self::LockTokenSubmitted(hrefs) | Self::NoConflictingLock(hrefs) => {
                xml.element(&self.name(), |xml| {
                    for href in hrefs {
                        xml.text_element(&HREF, href.as_str());
                    }
                });
            }
            Self::Other(element) => xml.write_element(element),
            plain => xml.empty(&plain.name()),
        }
    }

    /// Reads its element; what is not known becomes [`Other`](Self::Other).
    #[must_use]
    pub fn from_element(element: &Element) -> Self {
        let hrefs = || {
            let hrefs = element.elements().filter(|child| child.name == HREF);
            hrefs.map(|child| Href::from_encoded(child.text().trim())).collect()
        };
        if element.name == LOCK_TOKEN_SUBMITTED {
            return Self::LockTokenSubmitted(hrefs());
        }
        if element.name == NO_CONFLICTING_LOCK {
            return Self::NoConflictingLock(hrefs());
        }
        let plain = PLAIN.into_iter().find(|(_, name)| *name == element.name);
        plain.map_or_else(|| Self::Other(element.clone()), |(condition, _)| condition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_reads_back() {
        let hrefs = vec![Href::from_path("/a b"), Href::from_path("/c")];
        let mut all: Vec<Condition> = PLAIN.into_iter().map(|(condition, _)| condition).collect();
        all.push(Condition::LockTokenSubmitted(hrefs.clone()));
        all.push(Condition::NoConflictingLock(hrefs));
        all.push(Condition::NoConflictingLock(Vec::new()));
        all.push(Condition::Other(Element::with_text(PropName::nc("x"), "1")));
        for condition in all {
            let mut xml = XmlWriter::fragment();
            condition.write(&mut xml);
            let text = String::from_utf8(xml.into_bytes()).unwrap();
            let element = Element::from_fragment(&text).unwrap();
            assert_eq!(element.name, condition.name());
            assert_eq!(Condition::from_element(&element), condition);
        }
    }
}
