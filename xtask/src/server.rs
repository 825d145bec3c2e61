//! The servers under test: started fresh, waited for, always ended.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure, fail};
use crate::http::{Endpoint, Request};
use crate::process::{Call, Log};

/// The administrator that every test server is set up with.
pub(crate) const ADMIN: &str = "admin";
const ADMIN_PASSWORD: &str = "Keys-of-the-village-7";
/// The password of every person that a test makes.
pub(crate) const PASSWORD: &str = "Common-ground-42";

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr().context("no free port")?.port())
}

/// A child that is killed when it goes out of scope.
#[derive(Debug)]
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill, only to collect.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a server is started, where it is not as usual.
#[derive(Debug, Clone, Default)]
pub(crate) struct Launch {
    /// A PostgreSQL connection; without it the database is SQLite in the data directory.
    pub(crate) database: Option<String>,
    /// A program with its arguments, to which the server's command line is appended. It has
    /// to end with the server, and to be ended by what ends the server.
    pub(crate) under: Vec<String>,
}

/// A running `allmende serve` with a data directory of its own.
#[derive(Debug)]
pub(crate) struct Server {
    binary: PathBuf,
    data: PathBuf,
    authority: String,
    launch: Launch,
    child: Guarded,
}

impl Server {
    /// Starts the release build on an empty data directory and waits until it answers.
    pub(crate) fn start(context: &Context, log: &Log, data: PathBuf) -> Result<Self> {
        Self::launch(context, log, data, Launch::default())
    }

    /// The same in another way, or on a data directory that is not empty.
    pub(crate) fn launch(
        context: &Context,
        log: &Log,
        data: PathBuf,
        launch: Launch,
    ) -> Result<Self> {
        let binary = context.release_binary("allmende");
        ensure!(binary.is_file(), "{} is not built", binary.display());
        let authority = format!("127.0.0.1:{}", free_port()?);
        let child = spawn(&binary, &data, &authority, &launch, log)?;
        let mut server = Self { binary, data, authority, launch, child };
        server.wait_ready()?;
        Ok(server)
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The administrator at the server's root.
    pub(crate) fn admin(&self) -> Endpoint {
        Endpoint {
            authority: self.authority.clone(),
            path: "/".into(),
            user: ADMIN.into(),
            password: ADMIN_PASSWORD.into(),
        }
    }

    /// Makes a person and gives back their home.
    pub(crate) fn person(&self, name: &str) -> Result<Endpoint> {
        make_person(&self.admin(), name, name, PASSWORD)?;
        Ok(self.home_of(name))
    }

    /// The home of a person that a test has made.
    pub(crate) fn home_of(&self, name: &str) -> Endpoint {
        Endpoint {
            authority: self.authority.clone(),
            path: format!("/remote.php/dav/files/{name}/"),
            user: name.to_owned(),
            password: PASSWORD.to_owned(),
        }
    }

    /// Ends the server with SIGKILL and starts it again on the same data and port.
    pub(crate) fn kill_and_restart(&mut self, log: &Log) -> Result<()> {
        self.kill()?;
        log.line("the server was killed and is started again");
        self.restart(log)
    }

    /// The number of the server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Ends the server with SIGKILL, wherever it is.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.0.kill().context("kill -9")?;
        self.child.0.wait().context("kill -9")?;
        Ok(())
    }

    /// Starts a server that has ended again, on the same data and port.
    pub(crate) fn restart(&mut self, log: &Log) -> Result<()> {
        self.respawn(log)?;
        self.wait_ready()
    }

    /// Starts a server that has ended again, and kills it so long after, ready or not.
    pub(crate) fn restart_in_vain(&mut self, log: &Log, lives: Duration) -> Result<()> {
        self.respawn(log)?;
        std::thread::sleep(lives);
        self.kill()
    }

    fn respawn(&mut self, log: &Log) -> Result<()> {
        self.child = spawn(&self.binary, &self.data, &self.authority, &self.launch, log)?;
        Ok(())
    }

    /// Lets a command of the same program look at the server's data.
    pub(crate) fn command<'a>(&self, log: &'a Log, args: &[&str]) -> Call<'a> {
        let database = self.launch.database.iter().flat_map(|url| ["--database", url]);
        Call::new(log, &self.binary).args(["--data"]).args([&self.data]).args(database).args(args)
    }

    /// The same on other data.
    pub(crate) fn command_on<'a>(&self, log: &'a Log, data: &Path, args: &[&str]) -> Call<'a> {
        Call::new(log, &self.binary).args(["--data"]).args([data]).args(args)
    }

    /// Starts a server that has ended again on the same port, with other data.
    pub(crate) fn restart_on(&mut self, log: &Log, data: PathBuf) -> Result<()> {
        self.data = data;
        self.restart(log)
    }

    fn wait_ready(&mut self) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(status) = self.child.0.try_wait().context("server")? {
                fail!("the server ended with {status} instead of listening");
            }
            let answer = Request::new(&self.authority, "GET", "/status.php").send();
            if answer.is_ok_and(|answer| {
                answer.status == 200 && answer.text().contains("\"installed\":true")
            }) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        fail!("/status.php did not say \"installed\":true within 30 s")
    }
}

fn spawn(
    binary: &Path,
    data: &Path,
    authority: &str,
    launch: &Launch,
    log: &Log,
) -> Result<Guarded> {
    let mut words: Vec<OsString> = launch.under.iter().map(OsString::from).collect();
    words.extend([binary.into(), "serve".into(), "--listen".into(), authority.into()]);
    words.extend(["--data".into(), data.into()]);
    words.extend(launch.database.iter().flat_map(|url| ["--database".into(), url.into()]));
    log.line(format!("\n$ {}", words.join(OsStr::new(" ")).display()));
    let child = Command::new(&words[0])
        .args(&words[1..])
        .env("ALLMENDE_ADMIN_USER", ADMIN)
        .env("ALLMENDE_ADMIN_PASSWORD", ADMIN_PASSWORD)
        // The replay lets visitors come from other networks than this one.
        .env("ALLMENDE_TRUSTED_PROXIES", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(log.sink()?)
        .stderr(log.sink()?)
        .spawn()
        .context(binary.display())?;
    Ok(Guarded(child))
}

/// Makes a person over HTTP, as any administrator's tool would.
pub(crate) fn make_person(
    admin: &Endpoint,
    name: &str,
    display_name: &str,
    password: &str,
) -> Result<()> {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("userid", name)
        .append_pair("password", password)
        .append_pair("displayName", display_name)
        .finish();
    let answer = admin
        .request("POST", "/ocs/v2.php/cloud/users?format=json")
        .header("OCS-APIRequest", "true")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()?;
    ensure!(
        answer.status == 200,
        "making {name} was answered {}: {}",
        answer.status,
        answer.text()
    );
    Ok(())
}

/// A running `allmende-dav-folder`.
#[derive(Debug)]
pub(crate) struct DavFolder {
    authority: String,
    _child: Guarded,
}

impl DavFolder {
    /// Serves a directory and waits until `OPTIONS` is answered.
    pub(crate) fn start(context: &Context, log: &Log, dir: &Path) -> Result<Self> {
        let binary = context.release_binary("allmende-dav-folder");
        ensure!(binary.is_file(), "{} is not built", binary.display());
        let authority = format!("127.0.0.1:{}", free_port()?);
        log.line(format!("\n$ {} {} {authority}", binary.display(), dir.display()));
        let child = Command::new(&binary)
            .arg(dir)
            .arg(&authority)
            .stdin(Stdio::null())
            .stdout(log.sink()?)
            .stderr(log.sink()?)
            .spawn()
            .context(binary.display())?;
        let mut child = Guarded(child);
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if let Some(status) = child.0.try_wait().context("server")? {
                fail!("allmende-dav-folder ended with {status} instead of listening");
            }
            if Request::new(&authority, "OPTIONS", "/").send().is_ok_and(|a| a.status == 200) {
                return Ok(Self { authority, _child: child });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        fail!("allmende-dav-folder did not answer OPTIONS within 30 s")
    }

    /// Its root. It knows no people; clients that insist on credentials send these.
    pub(crate) fn root(&self) -> Endpoint {
        Endpoint {
            authority: self.authority.clone(),
            path: "/".into(),
            user: "anyone".into(),
            password: "anything".into(),
        }
    }
}
