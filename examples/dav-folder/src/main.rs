//! Serves a directory over WebDAV: `allmende-dav-folder DIR [ADDRESS]`.
//!
//! There is no sign-in: whoever reaches the address may read and write everything in the
//! directory. So it listens on this machine only, unless another address is given.

use std::{env, error::Error, ffi::OsString, net::SocketAddr, process::ExitCode};

use allmende_webdav::{DavHandler, DavService, GuardedStream, Mount, Options, fs::LocalFolder};
use axum::{Router, serve::Listener};
use tokio::{
    net::{TcpListener, TcpStream},
    signal,
};

const USAGE: &str = "usage: allmende-dav-folder DIR [ADDRESS]

Serves the directory DIR over WebDAV at ADDRESS (127.0.0.1:4918 if not given; port 0 takes
a free one). Nobody is asked for a password.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let (folder, address) = match arguments.as_slice() {
        [folder] => (folder, "127.0.0.1:4918"),
        [folder, address] => (folder, address.to_str().unwrap_or_default()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match serve(folder, address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("allmende-dav-folder: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(folder: &OsString, address: &str) -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = address.parse()?;
    let folder = LocalFolder::open(folder)?;
    let handler = DavHandler::builder(Options::default()).build();
    let service = DavService::new(handler, folder, Mount::root());

    let listener = TcpListener::bind(address).await?;
    println!("http://{}/", listener.local_addr()?);
    let router = Router::new().fallback_service(service);
    let interrupted = async {
        // Without signals the server runs until it is killed.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    axum::serve(Guarded(listener), router).with_graceful_shutdown(interrupted).await?;
    Ok(())
}

/// A listener whose connections refuse request lines with a fragment, which would lead to
/// another resource than the client means.
struct Guarded(TcpListener);

impl Listener for Guarded {
    type Io = GuardedStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (GuardedStream::new(stream), address)
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
