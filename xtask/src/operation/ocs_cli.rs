//! `ocs` against a server: two people, a file and a share between them, and a link.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::http::{Endpoint, Request};
use crate::login_flow;
use crate::process::{Call, Ended, Log};
use crate::server::{PASSWORD, Server};
use crate::tree::Noise;

/// Two pieces of the smallest size and a rest.
const LARGE: u64 = (10 << 20) + 4321;

/// One person's `ocs`, with a configuration directory of its own.
struct Ocs<'a> {
    program: PathBuf,
    home: PathBuf,
    log: &'a Log,
}

impl<'a> Ocs<'a> {
    fn new(context: &Context, log: &'a Log, home: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&home).context(home.display())?;
        Ok(Self { program: context.release_binary("ocs"), home, log })
    }

    fn call(&self, args: &[&str]) -> Call<'a> {
        Call::new(self.log, &self.program)
            .args(args)
            .env("XDG_CONFIG_HOME", &self.home)
            .dir(&self.home)
            .limit(Duration::from_secs(60))
    }

    fn run(&self, args: &[&str]) -> Result<String> {
        self.call(args).run()
    }

    fn json(&self, args: &[&str]) -> Result<Value> {
        let output = self.run(&[args, &["--json"]].concat())?;
        serde_json::from_str(&output).context(format!("not JSON: {output}"))
    }

    /// Demands that a command fails with this status, and gives back what it said.
    fn refused(&self, args: &[&str], code: i32) -> Result<String> {
        let Ended { status, output } = self.call(args).attempt()?;
        ensure!(status.code() == Some(code), "ocs {args:?} ended with {status}: {output}");
        Ok(output)
    }

    fn log_in(&self, server: &str, name: &str) -> Result<()> {
        self.call(&["login", server, "--user", name]).input(format!("{PASSWORD}\n")).run()?;
        Ok(())
    }

    fn account(&self) -> PathBuf {
        self.home.join("allmende-ocs/account.json")
    }
}

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    let work = context.fresh_dir("ocs-cli")?;
    let server = Server::start(context, log, work.join("data"))?;
    let address = format!("http://{}", server.authority());
    server.person("lena")?;
    let jona_home = server.person("jona")?;
    let lena = Ocs::new(context, log, work.join("lena"))?;
    let jona = Ocs::new(context, log, work.join("jona"))?;

    lena.refused(&["whoami"], 3)?;
    lena.refused(&["login", &address, "--user", "lena", "--password", "wrong"], 3)?;
    lena.log_in(&address, "lena")?;
    let mode = std::fs::metadata(lena.account()).context("the account")?.permissions().mode();
    ensure!(mode & 0o777 == 0o600, "the account is readable for others: {mode:o}");
    flow(&jona, &address, &jona_home)?;
    ensure!(jona.json(&["whoami"])?["id"] == "jona", "the flow logged in somebody else");

    files(&lena, &work)?;
    let (share, link) = shares(&lena)?;
    recipient(&jona, &link, server.authority())?;

    lena.run(&["unshare", &share])?;
    jona.refused(&["get", "report 50%.txt", "again.txt"], 4)?;
    people_and_status(&lena)?;
    log_out(&lena, server.authority())?;
    Ok("2 logins, 18 commands".into())
}

/// Login flow v2, with the browser's part played over HTTP.
fn flow(ocs: &Ocs<'_>, server: &str, person: &Endpoint) -> Result<()> {
    let output = ocs.home.join("login.txt");
    // The address is needed while the command still waits, so that its words go to a file.
    let script = format!("exec \"$0\" login {server} >login.txt 2>&1");
    let mut waiting = Call::new(ocs.log, "sh")
        .args(["-c", &script, text(&ocs.program)?])
        .env("XDG_CONFIG_HOME", &ocs.home)
        .dir(&ocs.home)
        .limit(Duration::from_secs(60))
        .start()?;
    let end = Instant::now() + Duration::from_secs(20);
    let flow = loop {
        let said = std::fs::read_to_string(&output).unwrap_or_default();
        let found = said.split_whitespace().find_map(|word| word.split_once("/login/v2/flow/"));
        if let Some((_, token)) = found {
            break format!("/login/v2/flow/{token}");
        }
        ensure!(!waiting.ended()? && Instant::now() < end, "no address was printed: {said}");
        std::thread::sleep(Duration::from_millis(50));
    };
    login_flow::agree(person, &flow)?;
    ensure!(waiting.wait()?.status.success(), "the login failed: {}", output.display());
    Ok(())
}

fn files(lena: &Ocs<'_>, work: &Path) -> Result<()> {
    let (small, large) = (work.join("report 50%.txt"), work.join("large.bin"));
    std::fs::write(&small, "the report\n").context(small.display())?;
    Noise::new(5).write_file(&large, LARGE)?;
    lena.run(&["mkdir", "post"])?;
    lena.run(&["put", text(&small)?, "post/"])?;
    lena.run(&["put", text(&large)?, "post/", "--chunk", "5"])?;
    let listed = lena.json(&["ls", "post"])?;
    let told: Vec<_> = listed
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| (entry["path"].as_str().unwrap_or_default(), entry["size"].as_u64()))
        .collect();
    let expected = [("/post/large.bin", Some(LARGE)), ("/post/report 50%.txt", Some(11))];
    ensure!(told == expected, "listed: {told:?}");

    lena.run(&["mv", "post/large.bin", "moved.bin"])?;
    lena.run(&["get", "moved.bin", "back.bin"])?;
    let read = |path: &Path| std::fs::read(path).context(path.display());
    ensure!(read(&large)? == read(&lena.home.join("back.bin"))?, "other bytes came back");
    lena.refused(&["get", "moved.bin", "back.bin"], 1)?;
    lena.run(&["rm", "moved.bin"])?;
    let said = lena.refused(&["ls", "moved.bin"], 4)?;
    ensure!(said.contains("HTTP 404"), "a missing file: {said}");

    let found = lena.json(&["find", "report"])?;
    ensure!(found[0]["path"] == "/post/report 50%.txt", "found: {found}");
    Ok(())
}

/// Shares the file with a person and by a link: the number of the one, the token of the other.
fn shares(lena: &Ocs<'_>) -> Result<(String, String)> {
    let file = "post/report 50%.txt";
    lena.refused(&["share", file, "--with", "nobody"], 4)?;
    let share = lena.json(&["share", file, "--with", "jona", "--note", "for you"])?;
    let link =
        lena.json(&["share", file, "--link", "--label", "press", "--permissions", "read"])?;
    let shares = lena.json(&["shares", file])?;
    ensure!(shares.as_array().map(Vec::len) == Some(2), "shares: {shares}");
    let field = |value: &Value, name: &str| {
        value[name].as_str().map(str::to_owned).context(format!("no {name}: {value}"))
    };
    Ok((field(&share, "id")?, field(&link, "token")?))
}

fn recipient(jona: &Ocs<'_>, token: &str, authority: &str) -> Result<()> {
    let received = jona.json(&["received"])?;
    ensure!(received[0]["uid_owner"] == "lena", "received: {received}");
    jona.run(&["get", "report 50%.txt"])?;
    let got = std::fs::read_to_string(jona.home.join("report 50%.txt")).context("the share")?;
    ensure!(got == "the report\n", "the share reads {got:?}");
    let path = format!("/public.php/dav/files/{token}/");
    let answer = Request::new(authority, "GET", &path).send()?;
    ensure!(answer.text() == "the report\n", "the link was answered {}", answer.status);
    Ok(())
}

fn people_and_status(lena: &Ocs<'_>) -> Result<()> {
    let people = lena.json(&["people", "jona"])?;
    ensure!(people[0]["id"] == "jona", "people: {people}");
    let status = lena.json(&["status", "busy", "--message", "reading", "--for", "30"])?;
    ensure!(status["status"] == "busy" && status["message"] == "reading", "status: {status}");
    let told = lena.json(&["capabilities"])?;
    ensure!(told["capabilities"]["dav"]["chunking"] == "1.0", "capabilities: {told}");
    Ok(())
}

/// After the logout neither the tool nor its password is let in.
fn log_out(lena: &Ocs<'_>, authority: &str) -> Result<()> {
    let account = std::fs::read(lena.account()).context("the account")?;
    let account: Value = serde_json::from_slice(&account).context("the account")?;
    let secret = account["app_password"].as_str().context("no app password")?;
    lena.run(&["logout"])?;
    ensure!(!lena.account().exists(), "the account is still kept");
    lena.refused(&["ls"], 3)?;
    let answer = Request::new(authority, "PROPFIND", "/remote.php/dav/files/lena/")
        .basic("lena", secret)
        .send()?;
    ensure!(answer.status == 401, "the revoked password was answered {}", answer.status);
    Ok(())
}
