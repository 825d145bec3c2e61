//! The desktop client, with its windows and its own timers, on a screen that nobody sees.
//!
//! Its command line makes the account and ends. Started again it finds no password, since
//! nothing here keeps one, and signs in as people do: by login flow v2. The address that it
//! would open in a browser is taken from its log.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure, fail};
use crate::http::Endpoint;
use crate::login_flow;
use crate::process::{Call, Log};
use crate::relay::Relay;
use crate::server::Server;
use crate::tree::{self, Entry};

/// The client asks for the answer of the flow every 30 seconds, and then begins to sync.
const SIGNED_IN: Duration = Duration::from_secs(60);
/// It looks for changes every 30 seconds, unless the last look was shorter ago.
const SYNCED: Duration = Duration::from_secs(90);

/// A bus on which no service can be started: a keyring would ask for its password for ever.
const BUS: &str = concat!(
    "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>",
    "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>",
    "<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
);

const SETTINGS: &str = "[General]\noptionalServerNotifications=true\n";

/// An account on this machine.
struct Desktop<'a> {
    home: PathBuf,
    folder: PathBuf,
    log: &'a Log,
}

impl<'a> Desktop<'a> {
    fn new(work: &Path, log: &'a Log) -> Result<Self> {
        let desktop = Self { home: work.join("home"), folder: work.join("folder"), log };
        for folder in [&desktop.folder, &desktop.home.join("config/Nextcloud")] {
            std::fs::create_dir_all(folder).context(folder.display())?;
        }
        let settings = desktop.home.join("config/Nextcloud/nextcloud.cfg");
        std::fs::write(&settings, SETTINGS).context(settings.display())?;
        std::fs::write(desktop.bus(), BUS).context("the bus")?;
        Ok(desktop)
    }

    /// The client in a session of its own; without a bus it waits for one for half a minute.
    fn call(&self, args: &[&str]) -> Call<'a> {
        Call::new(self.log, "dbus-run-session")
            .args(["--config-file".as_ref(), self.bus().as_os_str()])
            .args([&["--", "nextcloud"], args].concat())
            .env("HOME", &self.home)
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_RUNTIME_DIR", &self.home)
            .env("LC_ALL", "C.UTF-8")
            .env("QT_QPA_PLATFORM", "offscreen")
            .env("QT_QUICK_BACKEND", "software")
            // Its browser engine refuses to start for root otherwise; no page is shown in it.
            .env("QTWEBENGINE_DISABLE_SANDBOX", "1")
    }

    fn bus(&self) -> PathBuf {
        self.home.join("bus.conf")
    }

    fn client_log(&self) -> PathBuf {
        self.home.join("client.log")
    }
}

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    let work = context.fresh_dir("desktop")?;
    let server = Server::start(context, log, work.join("data"))?;
    let person = server.person("lena")?;
    let relay = Relay::start(server.authority())?;
    let address = format!("http://{}", relay.authority());
    put(&person, "from the server.txt", "first\n")?;

    let desktop = Desktop::new(&work, log)?;
    let password = app_password(&person)?;
    let folder = text(&desktop.folder)?;
    let account = ["--userid", "lena", "--apppassword", &password, "--serverurl", &address];
    desktop
        .call(&[&account[..], &["--localdirpath", folder, "--isvfsenabled", "0"]].concat())
        .limit(Duration::from_secs(60))
        .run()
        .context("making the account")?;

    let client_log = desktop.client_log();
    let running = desktop
        .call(&["--logfile", text(&client_log)?, "--logflush", "--logdebug"])
        .limit(Duration::from_secs(600))
        .start()?;
    let flow = until("the address of the flow", SIGNED_IN, || {
        Ok(flow_in(&std::fs::read_to_string(&client_log).unwrap_or_default()))
    })?;
    login_flow::agree(&person, &flow)?;
    until("the first file", SIGNED_IN, || Ok(holds(&desktop, "from the server.txt", "first\n")))?;

    std::fs::create_dir(desktop.folder.join("Büro")).context("a folder")?;
    tree::write_text(&desktop.folder.join("Büro/from the desktop.txt"), "second\n")?;
    until("the file of the desktop", SYNCED, || {
        Ok((get(&person, "B%C3%BCro/from%20the%20desktop.txt")? == b"second\n").then_some(()))
    })?;
    put(&person, "from the server.txt", "changed\n")?;
    let renamed = person.path.clone() + "renamed.txt";
    let moved = person
        .request("MOVE", &(person.path.clone() + "from%20the%20server.txt"))
        .header("Destination", &renamed)
        .send()?;
    ensure!(moved.status == 201, "the rename was answered {}", moved.status);
    until("the change under its new name", SYNCED, || {
        let old = desktop.folder.join("from the server.txt").exists();
        Ok(holds(&desktop, "renamed.txt", "changed\n").filter(|()| !old))
    })?;
    std::fs::remove_file(desktop.folder.join("renamed.txt")).context("remove")?;
    until("the removal", SYNCED, || {
        Ok((person.request("GET", &renamed).send()?.status == 404).then_some(()))
    })?;
    drop(running);

    let left = tree::read(&desktop.folder)?;
    let names: Vec<&str> = left
        .iter()
        .filter(|(name, entry)| matches!(entry, Entry::File { .. }) && !name.starts_with('.'))
        .map(|(name, _)| name.as_str())
        .collect();
    ensure!(names == ["Büro/from the desktop.txt"], "the folder holds {names:?}");
    let said = std::fs::read_to_string(&client_log).context(client_log.display())?;
    ensure!(!said.contains("Internal Server Error"), "the server failed: {}", client_log.display());
    Ok(format!("{} requests", relay.take_requests().len()))
}

/// Asks again and again, until there is an answer.
fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        if Instant::now() > end {
            fail!("{what} did not come within {} s", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The path that the client wants to be opened in a browser.
fn flow_in(log: &str) -> Option<String> {
    let (_, rest) = log.rsplit_once("/login/v2/flow/")?;
    let token: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    // A line that is still being written ends within the token.
    (rest.len() > token.len()).then(|| format!("/login/v2/flow/{token}"))
}

fn holds(desktop: &Desktop<'_>, name: &str, content: &str) -> Option<()> {
    let found = std::fs::read_to_string(desktop.folder.join(name)).ok()?;
    (found == content).then_some(())
}

fn put(person: &Endpoint, name: &str, content: &str) -> Result<()> {
    let path = person.path.clone() + &name.replace(' ', "%20");
    let answer = person.request("PUT", &path).body(content).send()?;
    ensure!(matches!(answer.status, 201 | 204), "{name} was answered {}", answer.status);
    Ok(())
}

fn get(person: &Endpoint, name: &str) -> Result<Vec<u8>> {
    Ok(person.request("GET", &(person.path.clone() + name)).send()?.body)
}

fn app_password(person: &Endpoint) -> Result<String> {
    let answer = person
        .request("GET", "/ocs/v2.php/core/getapppassword?format=json")
        .header("OCS-APIRequest", "true")
        .send()?;
    let answer: Value = serde_json::from_slice(&answer.body).context("no JSON")?;
    let password = answer["ocs"]["data"]["apppassword"].as_str();
    Ok(password.context("no app password was given")?.to_owned())
}
