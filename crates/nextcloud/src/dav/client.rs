//! Desktop clients that are too old to be let near the files.

use allmende_webdav::{Error, ErrorKind};
use http::{HeaderMap, header};

/// The oldest version that may come, as the recorded server has it.
const OLDEST: [u32; 3] = [3, 2, 50];
/// What the client shows, with a link as it is to be clicked there.
const OUTDATED: &str = "This version of the client is unsupported. Upgrade to \
    <a href=\"https://nextcloud.com/install/#install-clients\">version 3.2.50 or later</a>.";

/// Refuses a desktop client that calls itself older than [`OLDEST`].
pub(super) fn check(headers: &HeaderMap) -> Result<(), Error> {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    match agent.and_then(desktop_version) {
        Some(version) if version < OLDEST => Err(Error::new(ErrorKind::Forbidden, OUTDATED)),
        _ => Ok(()),
    }
}

/// The version in `Mozilla/5.0 (Linux) mirall/3.7.3git (…)`; none for other programs and
/// for one that does not tell all three numbers.
fn desktop_version(agent: &str) -> Option<[u32; 3]> {
    if !agent.starts_with("Mozilla/5.0 (") {
        return None;
    }
    let mut numbers = agent.split_once(") mirall/")?.1.splitn(3, '.');
    let mut next = || {
        let text = numbers.next()?;
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok()
    };
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        for (agent, allowed) in [
            (
                "Mozilla/5.0 (Linux) mirall/3.7.3git (nextcloudcmd, debian-6.1 ClientArchitecture)",
                true,
            ),
            ("Mozilla/5.0 (Windows) mirall/3.2.50", true),
            ("Mozilla/5.0 (Macintosh) mirall/10.0.0 (Nextcloud)", true),
            ("Mozilla/5.0 (Windows) mirall/3.2.49stable-Win64 (build 20210529)", false),
            ("Mozilla/5.0 (Windows) mirall/3.2.5", false),
            ("Mozilla/5.0 (Linux) mirall/2.99.99", false),
            ("Mozilla/5.0 (Android) Nextcloud-android/1.0.0", true),
            ("mirall/1.0.0", true),
            ("Mozilla/5.0 (Linux) mirall/1", true),
            ("Mozilla/5.0 (Linux) mirall/1.2.", true),
            ("Mozilla/5.0 (Linux) mirall/99999999999.0.0", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, agent.parse().unwrap());
            assert_eq!(check(&headers).is_ok(), allowed, "{agent}");
        }
        assert!(check(&HeaderMap::new()).is_ok());
    }
}
