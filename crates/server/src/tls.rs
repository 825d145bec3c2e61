//! TLS from PEM files.

use std::{io, sync::Arc};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{Shutdown, config::Tls};

/// Reads certificate and key. Clients may choose HTTP/2 or HTTP/1.1.
pub(crate) fn server_config(tls: &Tls) -> io::Result<Arc<ServerConfig>> {
    let about = |path: &std::path::Path| {
        let path = path.display().to_string();
        move |error: &dyn std::fmt::Display| io::Error::other(format!("{path}: {error}"))
    };
    let certificate = about(&tls.certificate);
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate(&error))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| about(&tls.key)(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| certificate(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Reads certificate and key again whenever the process gets SIGHUP. What cannot be read
/// is told, and the old ones stay.
pub(crate) async fn renew_on_hangup(
    tls: &Tls,
    current: &watch::Sender<Arc<ServerConfig>>,
    stop: Shutdown,
) {
    let Ok(mut hangups) = signal(SignalKind::hangup()) else {
        tracing::warn!("SIGHUP cannot be watched: a new certificate needs a restart");
        return;
    };
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            hangup = hangups.recv() => if hangup.is_none() { return },
            () = &mut stop => return,
        }
        match server_config(tls) {
            Ok(renewed) => {
                current.send_replace(renewed);
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate cannot be read; the old one stays");
            }
        }
    }
}
