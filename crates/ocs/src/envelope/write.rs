use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::{Envelope, Format, Meta, Reply, Status, Version};
use crate::codec;
use crate::error::EncodeError;
use crate::{Code, OcsError};

#[derive(Serialize)]
struct Outer<'a, T: ?Sized> {
    ocs: Inner<'a, T>,
}

#[derive(Serialize)]
struct Inner<'a, T: ?Sized> {
    meta: &'a Meta,
    data: &'a T,
}

impl Envelope {
    /// Writes the answer of a handler, be it success or failure.
    ///
    /// Data that cannot be written becomes 996; use [`success`](Self::success) to learn why.
    pub fn respond<T: Serialize>(self, outcome: Result<Reply<T>, OcsError>) -> Response<Bytes> {
        match outcome {
            Ok(reply) => {
                self.success(&reply).unwrap_or_else(|_| self.failure(&OcsError::server_error()))
            }
            Err(error) => self.failure(&error),
        }
    }

    /// Writes a success.
    ///
    /// The answer has `Content-Type`, `Cache-Control` and the reply's own headers; the caller
    /// adds what depends on the request ([`OcsRequest::respond`](crate::OcsRequest::respond) does).
    ///
    /// # Errors
    /// [`EncodeError`] if the data's type cannot be written as JSON, the common ground of both
    /// forms.
    ///
    /// ```
    /// use allmende_ocs::{Envelope, Format, Reply, Version};
    ///
    /// let envelope = Envelope { version: Version::V1, format: Format::Json };
    /// let response = envelope.success(&Reply::new(["/"]))?;
    /// assert_eq!(
    ///     response.body(),
    ///     concat!(
    ///         r#"{"ocs":{"meta":{"status":"ok","statuscode":100,"message":"OK","#,
    ///         r#""totalitems":"","itemsperpage":""},"data":["\/"]}}"#,
    ///     ),
    /// );
    /// # Ok::<(), allmende_ocs::EncodeError>(())
    /// ```
    pub fn success<T: Serialize>(self, reply: &Reply<T>) -> Result<Response<Bytes>, EncodeError> {
        if matches!(reply.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            let mut response = self.response(reply.status, &reply.headers, Vec::new());
            response.headers_mut().remove(header::CONTENT_TYPE);
            return Ok(response);
        }
        let code = match self.version {
            Version::V2 => Code(reply.status.as_u16()),
            Version::V1 => Code::OK_V1,
        };
        let meta = Meta {
            status: Status::Ok,
            statuscode: code,
            message: "OK".into(),
            totalitems: self.count(reply.total_items),
            itemsperpage: self.count(reply.items_per_page),
        };
        let body = self.document(&meta, &reply.data)?;
        let status = match self.version {
            Version::V2 => reply.status,
            Version::V1 => StatusCode::OK,
        };
        Ok(self.response(status, &reply.headers, body))
    }

    /// Writes a failure. The HTTP status follows from code and version
    /// ([`Code::http_status`]).
    #[must_use]
    pub fn failure(self, error: &OcsError) -> Response<Bytes> {
        let meta = Meta {
            status: Status::Failure,
            statuscode: error.code,
            message: error.message.clone(),
            totalitems: self.count(None),
            itemsperpage: self.count(None),
        };
        // A `Value` has text keys only and can always be written; were that ever to change, the
        // status alone still tells the client what happened.
        let body = self.document(&meta, &error.data).unwrap_or_default();
        self.response(error.code.http_status(self.version), &error.headers, body)
    }

    /// The counts in the head: present, but usually empty, in version 1; absent in version 2.
    fn count(self, count: Option<u64>) -> Option<String> {
        match self.version {
            Version::V1 => Some(count.map(|count| count.to_string()).unwrap_or_default()),
            Version::V2 => None,
        }
    }

    fn document<T: Serialize>(self, meta: &Meta, data: &T) -> Result<Vec<u8>, EncodeError> {
        match self.format {
            Format::Json => codec::json::write(&Outer { ocs: Inner { meta, data } }),
            Format::Xml => {
                let meta = codec::json::to_value(meta)?;
                let data = codec::json::to_value(data)?;
                Ok(codec::write_xml("ocs", &[("meta", &meta), ("data", &data)]))
            }
        }
    }

    fn response(self, status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let all = response.headers_mut();
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.format.content_type()));
        all.insert(header::CACHE_CONTROL, NO_CACHE);
        for (name, value) in headers {
            all.append(name, value.clone());
        }
        response
    }
}

pub(crate) const NO_CACHE: HeaderValue =
    HeaderValue::from_static("no-cache, no-store, must-revalidate");
