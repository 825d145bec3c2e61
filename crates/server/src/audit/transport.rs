//! The ways to a receiver of syslog.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket, UnixDatagram},
    time::timeout,
};

/// How long a batch may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// After how many datagrams the receiver gets a moment to read them.
const BURST: usize = 32;
const MOMENT: Duration = Duration::from_millis(2);
/// How long after the end of a connection a reset may still come.
const SETTLE: Duration = Duration::from_millis(200);

/// Where a receiver of syslog listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum Syslog {
    /// A host and its port, by UDP (RFC 5426).
    Udp(String),
    /// A host and its port, by TCP (RFC 6587).
    Tcp(String),
    /// A socket for datagrams on this machine.
    Unix(PathBuf),
}

/// A text that is no address of a receiver of syslog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{0:?} is none of udp://host:port, tcp://host:port and unix:/path")]
pub struct InvalidSyslog(pub String);

impl FromStr for Syslog {
    type Err = InvalidSyslog;

    fn from_str(text: &str) -> Result<Self, InvalidSyslog> {
        let bad = || InvalidSyslog(text.to_owned());
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.starts_with('/') { Ok(Self::Unix(path.into())) } else { Err(bad()) };
        }
        let (scheme, place) = text.split_once("://").ok_or_else(bad)?;
        let place: http::uri::Authority =
            place.strip_suffix('/').unwrap_or(place).parse().map_err(|_| bad())?;
        let named = place.port_u16().is_some_and(|port| port > 0) && !place.host().is_empty();
        if !named || place.as_str().contains('@') {
            return Err(bad());
        }
        match scheme {
            "udp" => Ok(Self::Udp(place.to_string())),
            "tcp" => Ok(Self::Tcp(place.to_string())),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Syslog {
    type Error = InvalidSyslog;

    fn try_from(text: String) -> Result<Self, InvalidSyslog> {
        text.parse()
    }
}

/// Brings messages to a receiver.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    to: Syslog,
}

impl Transport {
    pub(super) fn new(to: Syslog) -> Self {
        Self { to }
    }

    /// Sends messages in their order, and returns when the receiver has them, as far as the
    /// way tells. After an error it may have some of them.
    pub(super) async fn deliver(&self, messages: &[Vec<u8>]) -> io::Result<()> {
        let sent = async {
            match &self.to {
                Syslog::Udp(place) => udp(place, messages).await,
                Syslog::Tcp(place) => tcp(place, messages).await,
                Syslog::Unix(path) => unix(path, messages).await,
            }
        };
        timeout(TIMEOUT, sent).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

async fn udp(place: &str, messages: &[Vec<u8>]) -> io::Result<()> {
    let found = tokio::net::lookup_host(place).await?.next();
    let to = found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such host"))?;
    let from: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(from).await?;
    socket.connect(to).await?;
    for burst in messages.chunks(BURST) {
        for message in burst {
            socket.send(message).await?;
        }
        tokio::time::sleep(MOMENT).await;
    }
    // Where nobody listens, some networks say so; a near one has said it by now.
    socket.take_error()?.map_or(Ok(()), Err)
}

/// There is no answer in the protocol. But a receiver that closes after the end of the
/// connection has read everything before it: one that did not, or is gone, resets it.
async fn tcp(place: &str, messages: &[Vec<u8>]) -> io::Result<()> {
    let mut stream = TcpStream::connect(place).await?;
    let mut framed = Vec::new();
    for message in messages {
        framed.extend_from_slice(message.len().to_string().as_bytes());
        framed.push(b' ');
        framed.extend_from_slice(message);
    }
    stream.write_all(&framed).await?;
    stream.shutdown().await?;
    let mut unwanted = [0; 1024];
    while stream.read(&mut unwanted).await? > 0 {}
    // One that closed before everything came resets the connection when it does.
    tokio::time::sleep(SETTLE).await;
    stream.take_error()?.map_or(Ok(()), Err)
}

async fn unix(path: &PathBuf, messages: &[Vec<u8>]) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    for message in messages {
        socket.send(message).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_the_way() {
        for (text, place) in [
            ("udp://logs.example.org:514", Syslog::Udp("logs.example.org:514".into())),
            ("tcp://[::1]:601/", Syslog::Tcp("[::1]:601".into())),
            ("unix:/dev/log", Syslog::Unix("/dev/log".into())),
            ("unix:///run/log", Syslog::Unix("/run/log".into())),
        ] {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
        for bad in [
            "",
            "logs:514",
            "udp://logs",
            "udp://:514",
            "tcp://a:0",
            "tcp://a@b:1",
            "unix:log",
            "tls://a:1",
            "tcp://a:1/b",
            "tcp://a:99999",
        ] {
            assert_eq!(bad.parse::<Syslog>(), Err(InvalidSyslog(bad.into())), "{bad}");
        }
    }
}
