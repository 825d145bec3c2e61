//! The way to push proxies.

use std::{sync::Arc, time::Duration};

use allmende_nextcloud::{ProxyAnswer, ProxyUnreachable, PushProxy};
use async_trait::async_trait;
use tokio::sync::oneshot;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// How long a proxy has to answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const MOST: u64 = 64 * 1024;

/// Reaches push proxies over HTTPS, whose certificates the system's authorities vouch for.
#[derive(Debug, Clone)]
pub(crate) struct HttpProxy {
    agent: Agent,
}

impl HttpProxy {
    /// Reads the system's authorities.
    pub(crate) fn new() -> Self {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "a certificate of the system cannot be read");
        }
        let roots = found.certs.iter().map(|der| ureq::tls::Certificate::from_der(der).to_owned());
        let roots = RootCerts::Specific(Arc::new(roots.collect()));
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // A proxy is where the operator said, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("Allmende/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .into();
        Self { agent }
    }

    fn post_now(&self, address: &str, form: &str) -> Result<ProxyAnswer, ureq::Error> {
        let form_type = "application/x-www-form-urlencoded";
        let request = self.agent.post(address).header("content-type", form_type);
        let response = request.send(form)?;
        let retry = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let status = response.status().as_u16();
        // What is longer says nothing that is needed.
        let body = response.into_body().into_with_config().limit(MOST).read_to_vec();
        let body = body.or_else(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => Ok(Vec::new()),
            error => Err(error),
        });
        Ok(ProxyAnswer { status, retry_after, body: body?.into() })
    }
}

#[async_trait]
impl PushProxy for HttpProxy {
    async fn post(&self, address: &str, form: String) -> Result<ProxyAnswer, ProxyUnreachable> {
        let (this, address) = (self.clone(), address.to_owned());
        let (sender, answer) = oneshot::channel();
        let post = move || {
            // Nobody waits for it any more when the server stops.
            let _ = sender.send(this.post_now(&address, &form));
        };
        // The runtime would not end before its own threads do, and this one may take long.
        let thread = std::thread::Builder::new().name("push".to_owned()).spawn(post);
        thread.map_err(|error| ProxyUnreachable(error.to_string()))?;
        let answer = answer.await.map_err(|error| ProxyUnreachable(error.to_string()))?;
        answer.map_err(|error| ProxyUnreachable(error.to_string()))
    }
}
