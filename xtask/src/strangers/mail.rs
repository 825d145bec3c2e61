//! Mails over SMTP to a server that is not ours: what is in them, and what becomes of them
//! while nobody takes them.

use std::time::Duration;

use serde_json::Value;

use super::post_office::{Letter, PostOffice};
use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::http::{Endpoint, Request, Response};
use crate::process::Log;
use crate::server::{Launch, Server};

/// The outbox is looked at every five seconds.
const SOON: Duration = Duration::from_secs(30);
/// A mail that nobody took is tried again after a minute.
const AGAIN: Duration = Duration::from_secs(120);
const SHARES: &str = "/apps/files_sharing/api/v1/shares";

pub(super) fn check(context: &Context, log: &Log) -> Result<String> {
    let mut office = PostOffice::build(context, log)?;
    let launch = Launch { under: office.directions()?, ..Launch::default() };
    let data = context.fresh_dir("mail-server")?;
    let server = Server::launch(context, log, data, launch)?;
    office.open()?;

    // A new person is told how to choose a password, in their language.
    let admin = server.admin();
    let new = [("userid", "hanna"), ("email", "hanna@example.net"), ("language", "de")];
    call(&admin, "POST", "/cloud/users", &new)?;
    let letter = last(office.letters(1, SOON)?)?;
    ensure!(letter.to == ["hanna@example.net"], "{letter:?}");
    ensure!(letter.subject.starts_with("Ihr Konto bei "), "{letter:?}");
    let place = address(&server, &letter.body, "/index.php/lostpassword/reset/form/")?;
    ensure!(get(&server, &place)?.status == 200, "{place} opens nothing");

    // A share by mail names who shares and what; its link opens.
    let alice = server.person("alice")?;
    let name = "Ann\u{e9} \u{201c}A\u{201d}";
    call(&alice, "PUT", "/cloud/users/alice", &[("key", "displayname"), ("value", name)])?;
    let put = alice.request("PUT", &format!("{}plan.txt", alice.path)).body("the plan").send()?;
    ensure!(put.status == 201, "PUT was answered {}", put.status);
    let share = |to: &str, note: &str| {
        let form = [("path", "/plan.txt"), ("shareType", "4"), ("shareWith", to), ("note", note)];
        call(&alice, "POST", SHARES, &form)
    };
    // A line break in what people chose begins no header, nor another recipient.
    share("guest@example.net", "Hi\r\nBcc: all@example.net\r\n.\r\nMAIL FROM:<x@example.net>")?;
    let letter = last(office.letters(2, SOON)?)?;
    ensure!(letter.to == ["guest@example.net"], "{letter:?}");
    ensure!(
        letter.subject == format!("{name} shared \u{201c}plan.txt\u{201d} with you"),
        "{letter:?}"
    );
    let own = [
        "from",
        "to",
        "subject",
        "date",
        "mime-version",
        "content-type",
        "reply-to",
        "content-transfer-encoding",
        "message-id",
    ];
    for line in &letter.head {
        let header = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        ensure!(own.contains(&header.as_str()), "a header of nobody's: {line}");
    }
    ensure!(letter.body.contains("> Bcc: all@example.net\n> .\n"), "{letter:?}");
    let place = address(&server, &letter.body, "/s/")?;
    let page = get(&server, &place)?;
    ensure!(page.status == 200 && page.text().contains("plan.txt"), "{place} opens nothing");
    let names = ["Eve\r\nBcc: all@example.net", "Eve\nBcc: all@example.net"];
    for bad in names {
        let form = [("key", "displayname"), ("value", bad)];
        let refused = send(&alice, "PUT", "/cloud/users/alice", &form)?;
        ensure!(refused.status != 200, "a name of two lines was taken");
    }
    let bad = [("path", "/plan.txt"), ("shareType", "4"), ("shareWith", "a@b.net\r\nBcc: c@d.net")];
    ensure!(send(&alice, "POST", SHARES, &bad)?.status != 200, "an address of two lines was taken");

    // In German by who speaks it.
    call(&alice, "PUT", "/cloud/users/alice", &[("key", "language"), ("value", "de")])?;
    share("gast@example.net", "")?;
    let letter = last(office.letters(3, SOON)?)?;
    ensure!(
        letter.subject == format!("{name} teilt \u{201e}plan.txt\u{201c} mit Ihnen"),
        "{letter:?}"
    );

    // What the mail server refuses for good is given up, and holds nobody else up.
    share("gone@example.net", "")?;
    share("next@example.net", "")?;
    ensure!(last(office.letters(4, SOON)?)?.to == ["next@example.net"], "another mail came");

    // While nobody takes mails, sharing goes on; they are sent when somebody does again.
    office.shut();
    share("later@example.net", "")?;
    std::thread::sleep(Duration::from_secs(8));
    office.open()?;
    let letter = last(office.letters(5, AGAIN)?)?;
    ensure!(letter.to == ["later@example.net"], "{letter:?}");
    let place = address(&server, &letter.body, "/s/")?;
    ensure!(get(&server, &place)?.status == 200, "{place} opens nothing");
    Ok("5 mails".into())
}

fn last(letters: Vec<Letter>) -> Result<Letter> {
    letters.into_iter().last().context("no mail")
}

/// The path of the address in a mail that begins so.
fn address(server: &Server, body: &str, start: &str) -> Result<String> {
    let mut paths = body.lines().filter_map(|line| {
        let rest = line.split_once("://")?.1;
        Some(format!("/{}", rest.split_once('/')?.1))
    });
    let found = paths.find(|path| path.starts_with(start));
    found.context(format!("no link {start} for {} in {body}", server.authority()))
}

fn get(server: &Server, path: &str) -> Result<Response> {
    Request::new(server.authority(), "GET", path).send()
}

/// An OCS call that has to go well.
fn call(who: &Endpoint, method: &str, path: &str, form: &[(&str, &str)]) -> Result<Value> {
    let answer = send(who, method, path, form)?;
    ensure!(answer.status == 200, "{path} was answered {}: {}", answer.status, answer.text());
    serde_json::from_str(&answer.text()).context(path)
}

fn send(who: &Endpoint, method: &str, path: &str, form: &[(&str, &str)]) -> Result<Response> {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    who.request(method, &format!("/ocs/v2.php{path}?format=json"))
        .header("OCS-APIRequest", "true")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
}
