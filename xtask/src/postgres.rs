//! A PostgreSQL of this run's own: a free port, a data directory below `target/`, no flushes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure, fail};
use crate::process::{Call, Log, find_program};
use crate::server::free_port;

/// A running server; dropping it ends it at once, its data are of no further use.
#[derive(Debug)]
pub(crate) struct Postgres {
    port: u16,
    certificate: PathBuf,
    child: Child,
}

impl Postgres {
    /// Makes a cluster and waits until it accepts connections.
    pub(crate) fn start(context: &Context, log: &Log) -> Result<Self> {
        let initdb = program("initdb")?;
        let postgres = program("postgres")?;
        let home = context.fresh_dir("postgres")?;
        let data = home.join("data");
        let certificate = certificate(&home)?;
        let become_owner = owner(&home, log)?;
        let prefixed = |program: &Path| match &become_owner {
            Some(user) => {
                let mut words = ["--reuid", user, "--regid", user, "--clear-groups", "--"]
                    .map(str::to_owned)
                    .to_vec();
                words.push(program.display().to_string());
                ("setpriv".to_owned(), words)
            }
            None => (program.display().to_string(), Vec::new()),
        };
        let (first, words) = prefixed(&initdb);
        Call::new(log, first)
            .args(words)
            .args(["--auth=trust", "--username=allmende", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "-D"])
            .args([&data])
            .dir(&home)
            .run()?;
        let port = free_port()?;
        let (first, words) = prefixed(&postgres);
        let port_text = port.to_string();
        let child = Command::new(first)
            .args(words)
            .arg("-D")
            .arg(&data)
            .args(["-p", &port_text, "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "max_connections=400"])
            .args(["-c", "ssl=on", "-c", "ssl_cert_file=../server.crt"])
            .args(["-c", "ssl_key_file=../server.key"])
            // The data live as long as the tests; what a power cut would lose does not matter.
            .args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
            .current_dir(&home)
            .stdin(Stdio::null())
            .stdout(log.sink()?)
            .stderr(log.sink()?)
            .spawn()
            .context(postgres.display())?;
        let mut server = Self { port, certificate, child };
        server.wait_ready(log)?;
        Ok(server)
    }

    /// The address of a database that is there from the beginning.
    pub(crate) fn url(&self) -> String {
        format!("postgres://allmende@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }

    /// What the tests read: where the server is, its certificate, and that it must be used.
    ///
    /// Without the last the tests on PostgreSQL would be passed over where there is none. Only
    /// those of encryption encrypt.
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("ALLMENDE_TEST_POSTGRES", self.url()),
            ("ALLMENDE_TEST_POSTGRES_CERTIFICATE", self.certificate.display().to_string()),
            ("ALLMENDE_REQUIRE_POSTGRES", "1".into()),
        ]
    }

    fn wait_ready(&mut self, log: &Log) -> Result<()> {
        let ready = program("pg_isready")?;
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().context("postgres")? {
                fail!("postgres ended with {status} instead of listening");
            }
            let port = self.port.to_string();
            let answer = Call::new(log, &ready).args(["-q", "-h", "127.0.0.1", "-p", &port]);
            if answer.attempt()?.status.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        fail!("postgres did not accept connections within 60 s")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The postmaster's own children end when they see that it is gone. It gets a chance to
        // end in order first: SIGINT is its "fast shutdown".
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        }
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian keeps the server's programs out of `PATH`, in a folder per version.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|dir| dir.flatten().map(|entry| entry.path().join("bin").join(name)).collect())
        .unwrap_or_default();
    versions.retain(|path| path.is_file());
    versions.sort();
    versions
        .pop()
        .or_else(|| find_program(name))
        .context(format!("`{name}` is missing: install the Debian package postgresql"))
}

/// A certificate that the server signs itself, for its address and for no name; says where it
/// is. The key lies beside it, for its owner only, as PostgreSQL demands.
fn certificate(home: &Path) -> Result<PathBuf> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])
        .context("a certificate for postgres")?;
    let path = home.join("server.crt");
    std::fs::write(&path, made.cert.pem()).context(path.display())?;
    let key = home.join("server.key");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&key)
        .context(key.display())?;
    std::io::Write::write_all(&mut file, made.signing_key.serialize_pem().as_bytes())
        .context(key.display())?;
    Ok(path)
}

/// PostgreSQL refuses to run as root: the user that it runs as instead, owning `home` then.
fn owner(home: &Path, log: &Log) -> Result<Option<String>> {
    if !rustix::process::getuid().is_root() {
        return Ok(None);
    }
    let user = "postgres";
    Call::new(log, "chown").args(["-R", user]).args([home]).run()?;
    // Every folder above must let that user through.
    let reached = Call::new(log, "setpriv")
        .args(["--reuid", user, "--regid", user, "--clear-groups", "--", "test", "-w"])
        .args([home])
        .attempt()?;
    ensure!(
        reached.status.success(),
        "the user {user} cannot reach {}: a folder above it denies others the right to pass (x)",
        home.display()
    );
    Ok(Some(user.to_owned()))
}
