//! litmus 0.13, the compliance suite for WebDAV servers.

use std::time::Duration;

use crate::context::Context;
use crate::failure::{Context as _, Result, ensure};
use crate::http::Endpoint;
use crate::process::{Call, Log};
use crate::server::{DavFolder, Server};

const SUITES: &[&str] = &["basic", "copymove", "props", "locks", "http"];

pub(super) fn files(context: &Context, log: &Log) -> Result<String> {
    super::with_home(context, log, "litmus-files", against)
}

pub(super) fn webdav(context: &Context, log: &Log) -> Result<String> {
    let server = Server::start(context, log, context.fresh_dir("litmus-webdav-server")?)?;
    against(context, log, &server.person("wanderer")?.at("/remote.php/webdav/"))
}

pub(super) fn dav_folder(context: &Context, log: &Log) -> Result<String> {
    let served = context.fresh_dir("litmus-dav-folder-server")?;
    let server = DavFolder::start(context, log, &served)?;
    against(context, log, &server.root())
}

/// Runs every suite. Only a run without a failure, a skipped test and a warning counts.
pub(super) fn against(context: &Context, log: &Log, endpoint: &Endpoint) -> Result<String> {
    // litmus writes its traces into the current directory.
    let name = format!("litmus-{}", endpoint.path.replace('/', "_"));
    let ended = Call::new(log, "litmus")
        .args(["--keep-going", &endpoint.url(), &endpoint.user, &endpoint.password])
        .env("TESTS", SUITES.join(" "))
        .dir(context.fresh_dir(&name)?)
        .limit(Duration::from_secs(300))
        .attempt()?;
    let count = judge(&ended.output)?;
    ensure!(ended.status.success(), "litmus ended with {}", ended.status);
    Ok(format!("{count} tests in {} suites, no warning", SUITES.len()))
}

/// Reads litmus' output; its exit status hides warnings and skipped tests.
fn judge(output: &str) -> Result<u32> {
    let telling: Vec<&str> = output
        .lines()
        .filter(|line| {
            ["FAIL", "WARNING", "SKIPPED", "were skipped", "was skipped", "issued"]
                .iter()
                .any(|word| line.contains(word))
        })
        .collect();
    ensure!(telling.is_empty(), "{} complaints, first: {}", telling.len(), telling[0]);
    let mut count = 0;
    for suite in SUITES {
        let start = format!("<- summary for `{suite}': of ");
        let summary = output
            .lines()
            .find_map(|line| line.strip_prefix(start.as_str()))
            .context(format!("the suite `{suite}` has no summary"))?;
        let (total, rest) = summary.split_once(" tests run: ").context(summary.to_owned())?;
        ensure!(rest.starts_with(&format!("{total} passed, 0 failed")), "{suite}: {summary}");
        count += total.parse::<u32>().context(summary.to_owned())?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(extra: &str, failed_suite: &str) -> String {
        let mut output = String::from(extra);
        for suite in SUITES {
            let (passed, failed) = if *suite == failed_suite { (3, 1) } else { (4, 0) };
            output.push_str(&format!(
                "<- summary for `{suite}': of 4 tests run: {passed} passed, {failed} failed. 100%\n"
            ));
        }
        output
    }

    #[test]
    fn only_a_clean_run_passes() {
        assert_eq!(judge(&run(" 0. init.................. pass\n", "")).unwrap(), 20);
        assert!(judge(&run("", "props")).is_err());
        assert!(judge(&run("18. cond_put_corrupt_token WARNING: PUT failed\n", "")).is_err());
        assert!(judge(&run("-> 1 warning was issued.\n", "")).is_err());
        assert!(judge(&run("-> 7 tests were skipped.\n", "")).is_err());
        assert!(judge(&run("", "").replace("`locks'", "`x'")).is_err());
    }
}
