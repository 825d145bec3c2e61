//! A server in a process of its own, whose memory can be told from the generator's.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
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
        #[cfg(feature = "heap")]
        std::thread::spawn(tell_heap);
        let (trigger, shutdown) = Trigger::new();
        let served = server.run(shutdown).await;
        drop(trigger);
        Ok(served?)
    })
}

/// Answers each line with the bytes of heap: now, and the most since the line before.
#[cfg(feature = "heap")]
fn tell_heap() {
    for _ in std::io::stdin().lines() {
        println!("{} {}", crate::ALLOCATOR.current_usage(), crate::ALLOCATOR.peak_usage());
        crate::ALLOCATOR.reset_peak_usage();
    }
}

/// A server that ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    /// Its input and its output.
    #[cfg_attr(not(feature = "heap"), expect(dead_code, reason = "asked with this feature"))]
    pipes: (ChildStdin, BufReader<ChildStdout>),
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
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, pipes: (input, output), address, ready: started.elapsed() })
    }

    /// Bytes of its heap: now, and the most since this was asked before.
    #[cfg(feature = "heap")]
    pub(crate) fn heap(&mut self) -> Result<(u64, u64), Failure> {
        let (input, output) = &mut self.pipes;
        std::io::Write::write_all(input, b"\n")?;
        let mut line = String::new();
        output.read_line(&mut line)?;
        let (now, most) = line.trim().split_once(' ').ok_or("no figures of the heap")?;
        Ok((now.parse()?, most.parse()?))
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
