//! A server in a process of its own, whose memory can be told from the generator's.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use allmende_server::{Server, Trigger};

use crate::{
    Failure,
    rig::{self, Target},
};

/// The command of this binary that serves a folder.
pub(crate) const COMMAND: &str = "serve-folder";

/// Serves a folder until the process is ended.
pub(crate) fn serve(folder: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::open(rig::config(Path::new(folder))).await?;
        println!("{}", server.address()?);
        let (trigger, shutdown) = Trigger::new();
        let served = server.run(shutdown).await;
        drop(trigger);
        Ok(served?)
    })
}

/// A server that ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// How long it took to listen.
    pub(crate) ready: Duration,
}

impl Process {
    /// Starts this binary as a server of a folder.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, address, ready: started.elapsed() })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn target(&self, authorization: &str) -> Target {
        Target { address: self.address, authorization: authorization.to_owned() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already if this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
