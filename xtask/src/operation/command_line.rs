//! `allmende` without presets, and its commands beside a running server.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};

/// A server that ends with the check.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    let data = context.fresh_dir("command-line")?.join("data");
    let binary = context.release_binary("allmende");
    let mut child = Command::new(&binary)
        .args(["--data", text(&data)?, "serve", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.sink()?)
        .spawn()
        .context(binary.display())?;
    let output = child.stdout.take().context("the output of the server")?;
    let serving = Serving(child);
    let (address, password) = first_words(output)?;

    let admin = Endpoint {
        authority: address,
        path: "/remote.php/dav/files/admin/".into(),
        user: "admin".into(),
        password,
    };
    let answer = admin.request("PROPFIND", &admin.path).header("Depth", "0").send()?;
    ensure!(answer.status == 207, "the printed password was answered {}", answer.status);

    let allmende = |args: &[&str]| {
        Call::new(log, &binary)
            .args(["--data", text(&data)?])
            .args(args)
            .env("ALLMENDE_PASSWORD", "Common-ground-42")
            .limit(Duration::from_secs(20))
            .run()
    };
    allmende(&["group", "add", "staff"])?;
    allmende(&["user", "add", "lena", "--display-name", "Lena", "--group", "staff"])?;
    allmende(&["user", "quota", "lena", "1 KB"])?;
    let people = allmende(&["user", "list", "--json"])?;
    ensure!(people.contains("\"id\": \"lena\""), "lena is not in the list: {people}");
    let secret = allmende(&["app-password", "add", "lena"])?;
    let secret = secret.lines().last().unwrap_or_default().trim().to_owned();

    let lena = Endpoint {
        path: "/remote.php/dav/files/lena/".into(),
        user: "lena".into(),
        password: secret,
        ..admin
    };
    let fits = lena
        .request("PUT", "/remote.php/dav/files/lena/small.txt")
        .body(vec![b'x'; 1000])
        .send()?;
    ensure!(fits.status == 201, "a file within the quota was answered {}", fits.status);
    let over = lena
        .request("PUT", "/remote.php/dav/files/lena/large.txt")
        .body(vec![b'x'; 1000])
        .send()?;
    ensure!(over.status == 507, "a file over the quota was answered {}", over.status);

    allmende(&["user", "disable", "lena"])?;
    // What another process changed is seen within two seconds.
    std::thread::sleep(Duration::from_millis(2500));
    let refused = lena.request("GET", "/remote.php/dav/files/lena/small.txt").send()?;
    ensure!(refused.status == 503, "a disabled person was answered {}", refused.status);

    drop(serving);
    let checked = allmende(&["check", "--json"])?;
    ensure!(checked.contains("\"damaged\": []"), "check found damage: {checked}");
    Ok("first start, 7 commands".into())
}

/// The address and the password that the first start prints.
fn first_words(output: impl std::io::Read + Send + 'static) -> Result<(String, String)> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more once both words were said.
            let _ = sender.send(line);
        }
    });
    let (mut address, mut password) = (None, None);
    while address.is_none() || password.is_none() {
        let line = lines.recv_timeout(Duration::from_secs(20)).context("the first start")?;
        let word = |after: &str| {
            let rest = line.split_once(after)?.1.trim();
            Some(rest.split(' ').next().unwrap_or_default().to_owned())
        };
        address = address.or_else(|| word("http://"));
        password = password.or_else(|| word("Password:"));
    }
    Ok((address.unwrap_or_default(), password.unwrap_or_default()))
}
