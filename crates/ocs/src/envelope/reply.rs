use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// What a handler answers when it did what was asked.
///
/// ```
/// use allmende_ocs::Reply;
/// use http::{HeaderName, HeaderValue};
///
/// let reply = Reply::new(["a", "b"])
///     .with_header(HeaderName::from_static("x-nextcloud-user-status"), HeaderValue::from_static("online"));
/// assert_eq!(reply.data, ["a", "b"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The data.
    pub data: T,
    /// The HTTP status: 200; in version 2 also 201 and the like where an endpoint says so; in both
    /// versions 204 and 304, which have no body.
    pub status: StatusCode,
    /// Further headers.
    pub headers: HeaderMap,
    /// `totalitems` of version 1.
    pub total_items: Option<u64>,
    /// `itemsperpage` of version 1.
    pub items_per_page: Option<u64>,
}

impl<T> Reply<T> {
    /// A plain answer with HTTP status 200.
    pub fn new(data: T) -> Self {
        Self {
            data,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            total_items: None,
            items_per_page: None,
        }
    }

    /// The same answer with another HTTP status of success. With 204 nothing of the data is sent.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// 304 without a body, whatever the data: how the list of activities says "no more".
    #[must_use]
    pub fn not_modified(self) -> Self {
        self.with_status(StatusCode::NOT_MODIFIED)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same answer with the counts that version 1 carries in its head.
    #[must_use]
    pub fn with_counts(mut self, total_items: u64, items_per_page: u64) -> Self {
        self.total_items = Some(total_items);
        self.items_per_page = Some(items_per_page);
        self
    }
}

impl<T> From<T> for Reply<T> {
    fn from(data: T) -> Self {
        Self::new(data)
    }
}
