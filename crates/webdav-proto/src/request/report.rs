use super::{LIMIT, NRESULTS, PROP, RequestError, document, prop_names, read_limit, write_names};
use crate::{
    headers::Depth,
    name::PropName,
    xml::{Element, XmlLimits},
};

/// The body of a REPORT (RFC 3253, section 3.6): its root's name says which one.
///
/// ```
/// use allmende_webdav_proto::{PropName, XmlLimits, request::Report};
///
/// let body = br#"<oc:filter-files xmlns:oc="http://owncloud.org/ns"/>"#;
/// let report = Report::parse(body, &XmlLimits::default())?;
/// assert_eq!(*report.name(), PropName::oc("filter-files"));
/// # Ok::<(), allmende_webdav_proto::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The whole body.
    pub root: Element,
}

impl Report {
    /// A report to ask for.
    #[must_use]
    pub const fn new(root: Element) -> Self {
        Self { root }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is not XML.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        Ok(Self { root: Element::parse(body, limits)? })
    }

    /// Which report it is.
    #[must_use]
    pub const fn name(&self) -> &PropName {
        &self.root.name
    }

    /// The properties that are asked for: the names in its `d:prop`.
    #[must_use]
    pub fn props(&self) -> Vec<PropName> {
        self.root.child(&PROP).map(prop_names).unwrap_or_default()
    }

    /// The `d:nresults` of its `d:limit`.
    ///
    /// # Errors
    /// When it is not a number.
    pub fn limit(&self) -> Result<Option<u64>, RequestError> {
        read_limit(&self.root)
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // The root is a part of the report, so the declarations go on it as they come.
        let mut xml = crate::xml::XmlWriter::new();
        xml.document(&self.root);
        xml.into_bytes()
    }
}

/// The report of RFC 6578: what has changed in a collection since a token.
///
/// ```
/// use allmende_webdav_proto::{PropName, XmlLimits, request::SyncCollection};
///
/// let mut sync = SyncCollection::new(vec![PropName::dav("getetag")]);
/// sync.token = Some("http://example.org/sync/7".to_owned());
/// assert_eq!(SyncCollection::parse(&sync.to_bytes(), &XmlLimits::default()), Ok(sync));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncCollection {
    /// The token of the last answer; `None` to start anew.
    pub token: Option<String>,
    /// The members alone ([`Depth::One`]) or everything below ([`Depth::Infinity`]).
    pub level: Depth,
    /// At most so many changes.
    pub limit: Option<u64>,
    /// The properties to tell of each.
    pub props: Vec<PropName>,
}

static TOKEN: PropName = PropName::dav("sync-token");
static LEVEL: PropName = PropName::dav("sync-level");

impl SyncCollection {
    /// The name of the report.
    pub const NAME: PropName = PropName::dav("sync-collection");

    /// A first synchronisation of the members.
    #[must_use]
    pub const fn new(props: Vec<PropName>) -> Self {
        Self { token: None, level: Depth::One, limit: None, props }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`from_report`](Self::from_report), and when it is not XML.
    pub fn parse(body: &[u8], limits: &XmlLimits) -> Result<Self, RequestError> {
        Self::from_report(&Report::parse(body, limits)?)
    }

    /// Reads a report. A missing level means 1, as drafts of the standard had it in the
    /// `Depth` header.
    ///
    /// # Errors
    /// When it is another report, or level or limit make no sense.
    pub fn from_report(report: &Report) -> Result<Self, RequestError> {
        let root = &report.root;
        if root.name != Self::NAME {
            return Err(RequestError::root(&Self::NAME, &root.name));
        }
        let level = match root.child(&LEVEL).map(|level| level.text().trim().to_owned()) {
            None => Depth::One,
            Some(text) if text == "1" => Depth::One,
            Some(text) if text == "infinite" || text == "infinity" => Depth::Infinity,
            Some(_) => return Err(RequestError::invalid("a sync-level is 1 or infinite")),
        };
        let token = root.child(&TOKEN).map(|token| token.text().trim().to_owned());
        Ok(Self {
            token: token.filter(|token| !token.is_empty()),
            level,
            limit: report.limit()?,
            props: report.props(),
        })
    }

    /// Writes the body.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&Self::NAME, |xml| {
            xml.text_element(&TOKEN, self.token.as_deref().unwrap_or_default());
            let level = if self.level == Depth::Infinity { "infinite" } else { "1" };
            xml.text_element(&LEVEL, level);
            if let Some(limit) = self.limit {
                xml.element(&LIMIT, |xml| xml.element(&NRESULTS, |xml| xml.number(limit)));
            }
            write_names(xml, &PROP, &self.props);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_read_back() {
        let body = concat!(
            "<f:filter-files xmlns:f='http://owncloud.org/ns' xmlns='DAV:' a='1'><prop><f:id/></prop>",
            "<limit><nresults>5</nresults></limit></f:filter-files>",
        );
        let report = Report::parse(body.as_bytes(), &XmlLimits::default()).unwrap();
        assert_eq!(report.props(), [PropName::oc("id")]);
        assert_eq!(report.limit(), Ok(Some(5)));
        assert_eq!(Report::parse(&report.to_bytes(), &XmlLimits::default()), Ok(report));
    }

    #[test]
    fn levels_and_limits() {
        let read = |inner: &str| {
            let body = format!("<sync-collection xmlns='DAV:'>{inner}</sync-collection>");
            SyncCollection::parse(body.as_bytes(), &XmlLimits::default())
        };
        let first =
            read("<sync-token/><sync-level>infinite</sync-level><prop><a/></prop>").unwrap();
        assert_eq!((first.token, first.level), (None, Depth::Infinity));
        assert_eq!(read("").unwrap().level, Depth::One);
        assert!(read("<sync-level>2</sync-level>").is_err());
        assert!(read("<limit><nresults>-1</nresults></limit>").is_err());
        assert!(SyncCollection::parse(b"<a/>", &XmlLimits::default()).is_err());
    }
}
