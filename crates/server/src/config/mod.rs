//! The configuration: one TOML file, then the environment, then what the caller sets.

mod sections;

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use serde::Deserialize;

pub use self::sections::{Care, Files, Limits, Log, LogFormat, Mail, MailEncryption, Push, Tls};

use crate::{audit::Audit, proxy::Network};

/// Everything that an operator may set. Each field has a default, so that an empty file
/// and no file are a working server.
///
/// ```
/// # use allmende_server::Config;
/// let config = Config::from_toml("listen = '127.0.0.1:9000'\n[files]\ndefault_quota = 1000")?;
/// assert_eq!(config.listen.port(), 9000);
/// assert_eq!(config.files.default_quota, Some(1000));
/// # Ok::<(), allmende_server::ConfigError>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The folder of everything that the server keeps: database, contents, instance.
    pub data: PathBuf,
    /// Where clients connect.
    pub listen: SocketAddr,
    /// The name that people read on pages and in clients.
    pub name: String,
    /// The address under which clients reach the server, such as
    /// `https://cloud.example.org`. If none, it is taken from each request.
    pub public_url: Option<String>,
    /// A PostgreSQL connection, as a URL or in the keyword form of libpq. If none, the
    /// database is an SQLite file in the data folder.
    pub database: Option<String>,
    /// Addresses and networks whose `X-Forwarded-*` and `Forwarded` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// TLS, if the server itself is to speak it.
    pub tls: Option<Tls>,
    /// What people may store, and how it may be called.
    pub files: Files,
    /// The mail server; nothing is mailed if none.
    pub mail: Option<Mail>,
    /// Who tells people's devices of notifications.
    pub push: Push,
    /// What is written down of acts, for how long, and who gets it.
    pub audit: Audit,
    /// Care of the data beside serving them.
    pub care: Care,
    /// How long and how large things may be.
    pub limits: Limits,
    /// What is told to the operator.
    pub log: Log,
    /// The address of metrics, health and readiness; nothing is told if none.
    pub metrics: Option<SocketAddr>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "allmende-data".into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            name: "Allmende".into(),
            public_url: None,
            database: None,
            trusted_proxies: Vec::new(),
            tls: None,
            files: Files::default(),
            mail: None,
            push: Push::default(),
            audit: Audit::default(),
            care: Care::default(),
            limits: Limits::default(),
            log: Log::default(),
            metrics: None,
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not valid.
    #[error("the configuration is not valid: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A variable of the environment is not valid.
    #[error("{variable} is not valid: {value:?}")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The values do not fit together.
    #[error("{0}")]
    Contradiction(String),
}

impl Config {
    /// The configuration that the text of a file says.
    ///
    /// # Errors
    /// When it is no TOML, has an unknown key or a value of the wrong form.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Ok(toml::from_str(text)?)
    }

    /// The configuration from a file (the defaults, if none is named) and the variables
    /// that `variable` finds: `ALLMENDE_DATA`, `ALLMENDE_LISTEN`, `ALLMENDE_NAME`,
    /// `ALLMENDE_PUBLIC_URL`, `ALLMENDE_DATABASE`, `ALLMENDE_TRUSTED_PROXIES` (separated
    /// by commas), `ALLMENDE_TLS_CERTIFICATE`, `ALLMENDE_TLS_KEY`, `ALLMENDE_METRICS` and
    /// `ALLMENDE_LOG` (the filter).
    ///
    /// # Errors
    /// When the file cannot be read or a value is not valid.
    pub fn load(
        file: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut config = match file {
            Some(path) => Self::from_toml(
                &fs::read_to_string(path)
                    .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?,
            )?,
            None => Self::default(),
        };
        config.apply_environment(variable)?;
        config.check()?;
        Ok(config)
    }

    fn apply_environment(
        &mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        fn parse<T: std::str::FromStr>(
            variable: &'static str,
            value: String,
        ) -> Result<T, ConfigError> {
            value.trim().parse().map_err(|_| ConfigError::Variable { variable, value })
        }
        if let Some(value) = variable("ALLMENDE_DATA") {
            self.data = value.into();
        }
        if let Some(value) = variable("ALLMENDE_LISTEN") {
            self.listen = parse("ALLMENDE_LISTEN", value)?;
        }
        if let Some(value) = variable("ALLMENDE_NAME") {
            self.name = value;
        }
        if let Some(value) = variable("ALLMENDE_PUBLIC_URL") {
            self.public_url = Some(value);
        }
        if let Some(value) = variable("ALLMENDE_DATABASE") {
            self.database = Some(value);
        }
        if let Some(value) = variable("ALLMENDE_TRUSTED_PROXIES") {
            let parts = value.split(',').filter(|part| !part.trim().is_empty());
            self.trusted_proxies = parts
                .map(|part| parse("ALLMENDE_TRUSTED_PROXIES", part.to_owned()))
                .collect::<Result<_, _>>()?;
        }
        match (variable("ALLMENDE_TLS_CERTIFICATE"), variable("ALLMENDE_TLS_KEY")) {
            (Some(certificate), Some(key)) => {
                self.tls = Some(Tls { certificate: certificate.into(), key: key.into() });
            }
            (None, None) => {}
            _ => {
                return Err(ConfigError::Contradiction(
                    "ALLMENDE_TLS_CERTIFICATE and ALLMENDE_TLS_KEY belong together".into(),
                ));
            }
        }
        if let (Some(value), Some(mail)) = (variable("ALLMENDE_MAIL_PASSWORD"), &mut self.mail) {
            mail.password = Some(value);
        }
        if let Some(value) = variable("ALLMENDE_METRICS") {
            self.metrics = Some(parse("ALLMENDE_METRICS", value)?);
        }
        if let Some(value) = variable("ALLMENDE_LOG") {
            self.log.filter = value;
        }
        Ok(())
    }

    /// Checks what no single field shows.
    ///
    /// # Errors
    /// When the public address is no `http` or `https` URL, a push proxy is reached without
    /// encryption, or metrics and clients share an address.
    pub fn check(&self) -> Result<(), ConfigError> {
        let refuse = |text: String| Err(ConfigError::Contradiction(text));
        if let Some(url) = &self.public_url {
            let parsed: Option<http::Uri> = url.parse().ok();
            let good = parsed.is_some_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https"))
                    && uri.authority().is_some()
                    && matches!(uri.path(), "" | "/")
            });
            if !good {
                return refuse(format!("public_url is not the address of a server: {url:?}"));
            }
        }
        if let Some(proxy) = self.push.proxies.iter().find(|proxy| !is_proxy(proxy)) {
            return refuse(format!("not the https address of a push proxy: {proxy:?}"));
        }
        if self.metrics.is_some_and(|metrics| metrics == self.listen && metrics.port() != 0) {
            return refuse(format!("metrics and clients cannot share {}", self.listen));
        }
        Ok(())
    }

    /// Whether a peer's forwarding headers are believed.
    #[must_use]
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

/// Whether an address is good for a push proxy: encrypted, or on this machine.
fn is_proxy(address: &str) -> bool {
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let here = || host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => here(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn nothing_is_a_configuration() {
        let config = Config::load(None, none).unwrap();
        assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
        assert!(config.tls.is_none() && config.database.is_none());
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("allmende.toml");
        fs::write(&file, "listen = '127.0.0.1:1'\nname = 'Amt'\n[log]\nformat = 'json'").unwrap();
        let config = Config::load(Some(&file), |name| match name {
            "ALLMENDE_LISTEN" => Some("[::1]:2".into()),
            "ALLMENDE_TRUSTED_PROXIES" => Some("10.0.0.0/8, ::1".into()),
            _ => None,
        })
        .unwrap();
        assert_eq!(config.listen, "[::1]:2".parse().unwrap());
        assert_eq!((config.name.as_str(), config.log.format), ("Amt", LogFormat::Json));
        assert!(config.trusts("10.1.2.3".parse().unwrap()));
        assert!(config.trusts("::1".parse().unwrap()));
        assert!(!config.trusts("11.1.2.3".parse().unwrap()));
    }

    #[test]
    fn push_proxies_are_encrypted_or_on_this_machine() {
        let check = |proxy: &str| {
            Config::from_toml(&format!("[push]\nproxies = ['{proxy}']")).unwrap().check()
        };
        for good in ["https://push.example.org/", "http://127.0.0.1:8000", "http://[::1]:1/p"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "push.example.org", "http://push.example.org", "ftp://localhost", "https:"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        let off = Config::from_toml("[push]\nproxies = []").unwrap();
        assert!(off.check().is_ok() && off.push.proxies.is_empty());
    }

    #[test]
    fn mistakes_are_told() {
        assert!(Config::from_toml("lisen = '127.0.0.1:1'").is_err());
        for setting in ["trashbin_retention_obligation", "versions_retention_obligation"] {
            let retention = format!("[files]\n{setting} = '30'");
            assert!(Config::from_toml(&retention).is_ok());
            assert!(Config::from_toml(&retention.replace("30", "soon")).is_err());
        }
        let care = "[care]\nscrub = false\nscrub_rate = '1MB/s'\nscrub_days = 7";
        let read = Config::from_toml(care).unwrap().care;
        assert_eq!((read.scrub, read.scrub_rate.bytes_per_second()), (false, 1_000_000));
        assert!(Config::from_toml(&care.replace("1MB/s", "slowly")).is_err());
        assert!(Config::load(Some(Path::new("/no/such/file")), none).is_err());
        let one = |name: &'static str, value: &'static str| {
            move |asked: &str| (asked == name).then(|| value.to_owned())
        };
        for (name, value) in [
            ("ALLMENDE_LISTEN", "nowhere"),
            ("ALLMENDE_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("ALLMENDE_TLS_KEY", "key.pem"),
            ("ALLMENDE_PUBLIC_URL", "cloud.example.org"),
            ("ALLMENDE_PUBLIC_URL", "https://cloud.example.org/sub"),
            ("ALLMENDE_METRICS", "127.0.0.1:8080"),
        ] {
            assert!(Config::load(None, one(name, value)).is_err(), "{name}={value}");
        }
    }
}
