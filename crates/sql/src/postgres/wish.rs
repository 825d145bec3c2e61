//! What a database's URL says of encryption. The driver knows half of the words of `libpq`,
//! so they are taken out of the URL before it reads that.

use std::{borrow::Cow, path::PathBuf};

use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

use super::error::error;
use crate::{Error, ErrorKind, Result};

/// `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `sslrootcert`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// The authorities of the machine; `system`.
    System,
    /// Those of a file.
    File(PathBuf),
}

/// What is wished of encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) mode: Mode,
    pub(super) roots: Option<Roots>,
}

/// Reads a URL, or a list of keywords and values.
pub(super) fn read(url: &str) -> Result<(Config, Wish)> {
    let (rest, taken) = if url.contains("://") { split_url(url) } else { split_words(url) };
    let mut mode = None;
    let mut roots = None;
    for (key, value) in &taken {
        match (*key, &**value) {
            ("sslrootcert", "") => roots = None,
            ("sslrootcert", "system") => roots = Some(Roots::System),
            ("sslrootcert", path) => roots = Some(Roots::File(path.into())),
            (_, "disable") => mode = Some(Mode::Disable),
            (_, "prefer") => mode = Some(Mode::Prefer),
            (_, "require") => mode = Some(Mode::Require),
            (_, "verify-ca") => mode = Some(Mode::VerifyCa),
            (_, "verify-full") => mode = Some(Mode::VerifyFull),
            (_, other) => {
                let context = format!("sslmode={other:?} of the database's URL");
                return Err(Error::new(ErrorKind::Invalid, context));
            }
        }
    }
    // As libpq: the authorities of the machine are good for nothing less.
    let default = if roots == Some(Roots::System) { Mode::VerifyFull } else { Mode::Prefer };
    let mode = mode.unwrap_or(default);
    let mut config: Config = rest.parse().map_err(|e| error("the database's URL", e))?;
    let hosts = config.get_hosts();
    let named = hosts.iter().any(|host| matches!(host, Host::Tcp(_)));
    config.ssl_mode(match mode {
        Mode::Disable => SslMode::Disable,
        // Sockets of this machine are never encrypted, and an address without a name cannot.
        _ if !named && (!hosts.is_empty() || mode == Mode::Prefer) => SslMode::Disable,
        Mode::Prefer => SslMode::Prefer,
        _ => SslMode::Require,
    });
    Ok((config, Wish { mode, roots }))
}

type Taken<'a> = Vec<(&'a str, Cow<'a, str>)>;

fn is_ours(key: &str) -> bool {
    matches!(key, "sslmode" | "sslrootcert")
}

fn split_url(url: &str) -> (String, Taken<'_>) {
    let Some((address, query)) = url.split_once('?') else { return (url.to_owned(), vec![]) };
    let mut rest = Vec::new();
    let mut taken = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some((key, value)) if is_ours(key) => {
                let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
                taken.push((key, value));
            }
            _ => rest.push(pair),
        }
    }
    let mark = if rest.is_empty() { "" } else { "?" };
    (format!("{address}{mark}{}", rest.join("&")), taken)
}

/// `key = value key='a value'`, where a backslash takes what follows as it is.
fn split_words(text: &str) -> (String, Taken<'_>) {
    let mut rest = String::new();
    let mut taken = Vec::new();
    let mut left = text.trim_start();
    while !left.is_empty() {
        let start = left;
        let Some((key, after)) = left.split_once('=') else {
            // The driver says what is wrong.
            rest.push_str(left);
            break;
        };
        let (value, after) = word(after.trim_start());
        let key = key.trim();
        if is_ours(key) {
            taken.push((key, Cow::Owned(value)));
        } else {
            rest.push_str(start[..start.len() - after.len()].trim_end());
            rest.push(' ');
        }
        left = after.trim_start();
    }
    (rest, taken)
}

/// One value, and what follows it.
fn word(text: &str) -> (String, &str) {
    let (quoted, body) = text.strip_prefix('\'').map_or((false, text), |body| (true, body));
    let mut value = String::new();
    let mut letters = body.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if quoted => return (value, &body[at + 1..]),
            letter if !quoted && letter.is_whitespace() => return (value, &body[at..]),
            letter => value.push(letter),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(url: &str) -> (Mode, Option<Roots>, SslMode) {
        let (config, wish) = read(url).unwrap();
        (wish.mode, wish.roots, config.get_ssl_mode())
    }

    fn file(path: &str) -> Option<Roots> {
        Some(Roots::File(path.into()))
    }

    #[test]
    fn both_forms_are_understood() {
        use Mode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
        let system = || Some(Roots::System);
        for (url, expected) in [
            ("postgres://u@h/d", (Prefer, None, SslMode::Prefer)),
            ("postgres://u@h/d?sslmode=disable", (Disable, None, SslMode::Disable)),
            (
                "postgres://u@h/d?sslmode=require&application_name=x",
                (Require, None, SslMode::Require),
            ),
            (
                "postgres://u@h/d?sslrootcert=%2Fa%20b%2Fc.pem&sslmode=verify-ca",
                (VerifyCa, file("/a b/c.pem"), SslMode::Require),
            ),
            ("postgresql://h/d?sslmode=verify-full", (VerifyFull, None, SslMode::Require)),
            ("postgresql://h/d?sslrootcert=system", (VerifyFull, system(), SslMode::Require)),
            ("host=h sslmode = verify-full user=u", (VerifyFull, None, SslMode::Require)),
            (
                r"host=h sslrootcert='/it\'s here' sslmode=verify-ca",
                (VerifyCa, file("/it's here"), SslMode::Require),
            ),
            ("host=/run/postgresql user=u", (Prefer, None, SslMode::Disable)),
            ("host=/run/postgresql sslmode=require", (Require, None, SslMode::Disable)),
            ("hostaddr=127.0.0.1 user=u", (Prefer, None, SslMode::Disable)),
            ("hostaddr=127.0.0.1 sslmode=require", (Require, None, SslMode::Require)),
        ] {
            assert_eq!(wish(url), expected, "{url}");
        }
    }

    #[test]
    fn the_rest_is_read_as_before() {
        let (config, _) =
            read(r"user = 'a b' sslmode=disable password=c\'d host=h dbname='x y'").unwrap();
        assert_eq!(config.get_user(), Some("a b"));
        assert_eq!(config.get_password(), Some(&b"c'd"[..]));
        assert_eq!(config.get_dbname(), Some("x y"));
        let url = "postgres://u:p@h:1/d?sslmode=disable&application_name=x&sslrootcert=y";
        assert_eq!(read(url).unwrap().0.get_application_name(), Some("x"));
        for wrong in ["postgres://h/d?sslmode=allow", "host=h sslmode=", "nonsense"] {
            assert_eq!(read(wrong).unwrap_err().kind(), ErrorKind::Invalid, "{wrong}");
        }
    }
}
