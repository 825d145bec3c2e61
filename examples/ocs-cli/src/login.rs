//! `ocs login` and `ocs logout`.

use std::io;
use std::time::{Duration, Instant};

use allmende_ocs::ClientError;
use allmende_ocs::Code;
use allmende_ocs::endpoints::NoParameters;
use allmende_ocs::endpoints::cloud::user;
use allmende_ocs::endpoints::core::app_password;
use allmende_webdav_proto::Href;
use http::{Method, Request, StatusCode, header};
use serde::Deserialize;

use crate::account::Account;
use crate::arguments::Login;
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

/// Servers forget a login that nobody has agreed to after so long.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
const INTERVAL: Duration = Duration::from_secs(2);
const ANSWER_BYTES: u64 = 64 << 10;

/// The answer to the start of the login flow, version 2.
#[derive(Deserialize)]
struct Started {
    poll: Poll,
    /// The address for the browser.
    login: String,
}

#[derive(Deserialize)]
struct Poll {
    token: String,
    endpoint: String,
}

/// What the server gives once the person has agreed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    server: String,
    login_name: String,
    app_password: String,
}

pub(crate) fn login(wish: &Login, output: Output) -> Result<(), Failure> {
    if let Some(account) = Account::load_if_any()? {
        let Account { user, server, .. } = account;
        let told = format!("you are logged in as {user} at {server}; run `ocs logout` first");
        return Err(Failure::Wish(told));
    }
    let server = address(&wish.url)?;
    let granted = match &wish.user {
        Some(name) => by_password(&server, name, wish.password.clone())?,
        None => in_browser(&server)?,
    };
    let Granted { server, login_name, app_password } = granted;
    let me =
        Client::basic(&server, &login_name, &app_password)?.call::<user::Get>(&NoParameters {})?;
    let account = Account { server, user: me.id, login_name, app_password };
    account.save()?;
    output.done(&format!("Logged in as {} at {}", account.user, account.server))
}

pub(crate) fn logout(session: &Session, account: &Account, output: Output) -> Result<(), Failure> {
    match session.client.call::<app_password::Revoke>(&NoParameters {}) {
        // Somebody has revoked it already.
        Err(Failure::Api(ClientError::Refused(refusal)))
            if refusal.code == Code::UNAUTHENTICATED => {}
        other => {
            other?;
        }
    }
    Account::forget()?;
    output.done(&format!("Logged out of {}", account.server))
}

/// Exchanges a password for an app password.
fn by_password(server: &str, name: &str, password: Option<String>) -> Result<Granted, Failure> {
    let password = match password {
        Some(password) => password,
        None => io::read_to_string(io::stdin())?.trim_end_matches(['\r', '\n']).to_owned(),
    };
    let client = Client::basic(server, name, &password)?;
    let app_password = match client.call::<app_password::Create>(&NoParameters {}) {
        Ok(made) => made.apppassword,
        // It is an app password already.
        Err(Failure::Api(ClientError::Refused(refusal))) if refusal.code == Code::FORBIDDEN => {
            password
        }
        Err(failure) => return Err(failure),
    };
    Ok(Granted { server: server.to_owned(), login_name: name.to_owned(), app_password })
}

/// Sends the person to the browser, and waits until they agree there.
fn in_browser(server: &str) -> Result<Granted, Failure> {
    let client = Client::guest(server);
    let href = Href::from_path("/index.php/login/v2");
    let answer = client.dav(client.request(Method::POST, &href).body("")?, ANSWER_BYTES)?;
    let started: Started = read(answer.body())?;
    for address in [&started.poll.endpoint, &started.login] {
        same_scheme(server, address)?;
    }
    // On standard error, so that it is seen whatever is done with the output.
    eprintln!("Open this address in a browser, and agree there:\n\n  {}\n", started.login);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("token", &started.poll.token)
        .finish();
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let request = Request::post(&started.poll.endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(&form)?;
        match client.dav(request, ANSWER_BYTES) {
            Ok(answer) => {
                let granted: Granted = read(answer.body())?;
                same_scheme(server, &granted.server)?;
                return Ok(Granted { server: address(&granted.server)?, ..granted });
            }
            // Nobody has agreed yet.
            Err(Failure::Refused { status: StatusCode::NOT_FOUND, .. }) => {}
            Err(failure) if failure.is_retryable() => {}
            Err(failure) => return Err(failure),
        }
        std::thread::sleep(INTERVAL);
    }
    Err(Failure::Wish("nobody agreed within 20 minutes".into()))
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::Malformed(error.to_string()))
}

/// The address up to the folder of the installation, whatever a person copied from the browser.
fn address(typed: &str) -> Result<String, Failure> {
    let typed = typed.trim();
    let whole = if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
    let uri: http::Uri = whole
        .parse()
        .map_err(|error| Failure::Wish(format!("{typed} is no address of a server: {error}")))?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
    else {
        return Err(Failure::Wish(format!("{typed} is no address of a server")));
    };
    if authority.as_str().contains('@') {
        return Err(Failure::Wish("the address must not hold a password; see --user".into()));
    }
    let path = uri.path();
    let folder = ["/index.php", "/remote.php", "/ocs/", "/login", "/apps/"]
        .iter()
        .filter_map(|page| path.find(page))
        .min()
        .map_or(path, |at| &path[..at]);
    Ok(format!("{scheme}://{authority}{}", folder.trim_end_matches('/')))
}

/// A server that was reached over TLS must not lead away from it.
fn same_scheme(server: &str, address: &str) -> Result<(), Failure> {
    if server.starts_with("https://") && !address.starts_with("https://") {
        return Err(Failure::Malformed(format!("it leads from https to {address}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_copy_is_understood() {
        for (typed, server) in [
            ("cloud.example.org", "https://cloud.example.org"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://example.org/nextcloud/", "https://example.org/nextcloud"),
            ("https://example.org/cloud/index.php/apps/files?dir=/", "https://example.org/cloud"),
            ("https://example.org/remote.php/dav/files/alice", "https://example.org"),
        ] {
            assert_eq!(address(typed).unwrap(), server, "{typed}");
        }
        for typed in ["", "ftp://example.org", "https://alice:secret@example.org", "a b"] {
            assert!(matches!(address(typed), Err(Failure::Wish(_))), "{typed}");
        }
    }

    #[test]
    fn tls_is_kept() {
        assert!(same_scheme("https://a", "https://b").is_ok());
        assert!(same_scheme("https://a", "http://a").is_err());
        assert!(same_scheme("http://127.0.0.1", "http://127.0.0.1/x").is_ok());
    }

    #[test]
    fn the_answers_of_the_flow_are_read() {
        let granted: Granted = read(
            br#"{"server":"https://cloud.example.org","loginName":"alice","appPassword":"x"}"#,
        )
        .unwrap();
        assert_eq!((granted.login_name.as_str(), granted.app_password.as_str()), ("alice", "x"));
        assert!(matches!(read::<Started>(b"<html>"), Err(Failure::Malformed(_))));
    }
}
