//! Connections: accepted, secured, limited, and finished in good order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use allmende_webdav::GuardedStream;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{Shutdown, config::Limits};

/// What a connection is, before its first request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The address of the other end.
    pub(crate) address: SocketAddr,
    /// Whether the connection is secured.
    pub(crate) https: bool,
}

/// The certificate that new connections get; a new one may be sent while serving.
pub(crate) type Certificate = watch::Receiver<Arc<ServerConfig>>;

/// Serves connections until the shutdown, then lets running requests finish.
pub(crate) async fn serve<F, S, B>(
    listener: TcpListener,
    certificate: Option<Certificate>,
    limits: &Limits,
    service_for: F,
    shutdown: Shutdown,
) where
    F: Fn(Peer) -> S,
    S: Service<Request<hyper::body::Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut stop = Box::pin(shutdown.wait());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let (stream, address, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as no free file descriptor: others may end meanwhile.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let peer = Peer { address, https: certificate.is_some() };
        let service = service_for(peer);
        let (limits, watcher) = (limits.clone(), graceful.watcher());
        let acceptor =
            certificate.as_ref().map(|current| TlsAcceptor::from(current.borrow().clone()));
        tokio::spawn(async move {
            let outcome = match acceptor {
                None => connection(stream, Protocol::Http1, &limits, service, watcher).await,
                Some(acceptor) => {
                    match timeout(limits.header_time(), acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => {
                            let protocol = match stream.get_ref().1.alpn_protocol() {
                                Some(b"h2") => Protocol::Http2,
                                _ => Protocol::Http1,
                            };
                            connection(stream, protocol, &limits, service, watcher).await
                        }
                        Ok(Err(error)) => Err(error.into()),
                        Err(late) => Err(late.into()),
                    }
                }
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, peer = %address, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    if timeout(limits.shutdown_time(), graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and are cut off");
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, address, place))
}

enum Protocol {
    Http1,
    Http2,
}

async fn connection<T, S, B>(
    stream: T,
    protocol: Protocol,
    limits: &Limits,
    service: S,
    watcher: hyper_util::server::graceful::Watcher,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<hyper::body::Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match protocol {
        Protocol::Http1 => {
            let io = TokioIo::new(GuardedStream::new(stream));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(limits.header_time())
                .max_buf_size(limits.header_bytes.max(8 * 1024))
                .serve_connection(io, service);
            watcher.watch(connection).await?;
        }
        Protocol::Http2 => {
            let io = TokioIo::new(stream);
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
                .keep_alive_interval(limits.body_idle_time())
                .adaptive_window(true)
                .serve_connection(io, service);
            watcher.watch(connection).await?;
        }
    }
    Ok(())
}
