//! Where a request comes from.

use std::net::IpAddr;

use http::{HeaderMap, Request, header};

/// What the embedder knows of the way of a request, and puts into its extensions.
///
/// Behind a proxy it is the proxy that saw the client; whom to believe is the
/// embedder's decision. Links that the server hands out start with
/// [`Origin::base_url`], since the desktop client refuses a login flow whose addresses
/// are not `https` when it came by `https`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, for throttling.
    pub client: IpAddr,
    /// Whether the client came by TLS.
    pub https: bool,
    /// The host, and the port if it is not the scheme's own, that the client named.
    pub host: Option<String>,
}

impl Origin {
    /// The origin of a request; of a client on this machine, if the embedder gave none.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        request.extensions().get().cloned().unwrap_or_else(|| Self {
            client: IpAddr::from([127, 0, 0, 1]),
            https: false,
            host: None,
        })
    }

    /// What events tell of where a request came from.
    pub(crate) fn told(&self, headers: &HeaderMap) -> allmende_types::Origin {
        /// Longer than what any client calls itself.
        const MOST: usize = 512;
        let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        // A text of a header is ASCII.
        let agent = agent.map(|agent| agent[..agent.len().min(MOST)].into());
        allmende_types::Origin { address: Some(self.client), agent }
    }

    /// The address of the server as the client sees it, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.host.as_deref().unwrap_or("localhost"))
    }
}
