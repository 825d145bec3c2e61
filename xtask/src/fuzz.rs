//! The long mode of the fuzz targets: each as long as a person asks for.
//!
//! The targets are built as cargo-fuzz does it, without sanitizers, so that the stable
//! toolchain is enough: the code under test has no `unsafe`.

use std::path::Path;
use std::time::Duration;

use crate::context::{Context, text};
use crate::failure::{Context as _, Result, ensure};
use crate::process::{Call, Log};

/// What a person asked to run.
#[derive(Debug)]
pub(crate) struct Selection {
    /// How long each target runs.
    pub(crate) lasts: Duration,
    /// Beginnings of names; empty means every target.
    pub(crate) only: Vec<String>,
}

/// Coverage by which libFuzzer finds its way.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1";

/// Builds the targets and runs them one after the other; says what each did.
pub(crate) fn run(context: &Context, selection: &Selection) -> Result<()> {
    let log = Log::create(context.log_path("fuzz"))?;
    let home = context.root.join("fuzz");
    let targets = targets(&home)?;
    let wanted = |name: &String| {
        selection.only.is_empty() || selection.only.iter().any(|start| name.starts_with(start))
    };
    let chosen: Vec<String> = targets.into_iter().filter(wanted).collect();
    ensure!(!chosen.is_empty(), "no target is called so");
    let built = context.target.join("fuzz");
    let host = host(&log)?;
    Call::new(&log, "cargo")
        .args(["build", "--release", "--bins", "--target", &host, "--target-dir", text(&built)?])
        .dir(&home)
        .env("RUSTFLAGS", FLAGS)
        .limit(Duration::from_secs(3600))
        .run()
        .context(log.path().display())?;
    for name in chosen {
        let program = built.join(&host).join("release").join(&name);
        let said = target(&log, &home, &program, &name, selection.lasts)?;
        println!("{name:<16} {said}");
    }
    Ok(())
}

/// Runs one target. What it finds is a failure that names the file with the input.
fn target(log: &Log, home: &Path, program: &Path, name: &str, lasts: Duration) -> Result<String> {
    let corpus = home.join("corpus").join(name);
    let artifacts = home.join("artifacts").join(name);
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder).context(folder.display())?;
    }
    let output = Call::new(log, program)
        .args([
            format!("-max_total_time={}", lasts.as_secs()),
            format!("-artifact_prefix={}/", text(&artifacts)?),
            "-timeout=10".to_owned(),
            "-rss_limit_mb=2048".to_owned(),
            "-print_final_stats=1".to_owned(),
        ])
        // New inputs go into the first folder.
        .args([&corpus, &home.join("seeds").join(name)])
        .limit(lasts + Duration::from_secs(120))
        .run()
        .context(format!("{name} found something, see {}", log.path().display()))?;
    let stat = |key: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or("?").trim_start_matches(':').trim().to_owned()
    };
    let done = stat("stat::number_of_executed_units");
    Ok(format!("{done} inputs in {} s, nothing found", lasts.as_secs()))
}

/// The names of all targets.
fn targets(home: &Path) -> Result<Vec<String>> {
    let manifest = home.join("Cargo.toml");
    let content = std::fs::read_to_string(&manifest).context(manifest.display())?;
    let manifest: toml::Table = content.parse().context("fuzz/Cargo.toml")?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array).context("no targets")?;
    let name = |bin: &toml::Value| bin.get("name").and_then(toml::Value::as_str).map(str::to_owned);
    Ok(bins.iter().filter_map(name).collect())
}

/// The target triple of this machine: with one given, flags do not reach build scripts.
fn host(log: &Log) -> Result<String> {
    let output = Call::new(log, "rustc").args(["-vV"]).run()?;
    let host = output.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not tell its host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_file_and_seeds() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let targets = targets(&home).unwrap();
        assert!(targets.len() >= 10, "{targets:?}");
        for name in targets {
            assert!(home.join(format!("fuzz_targets/{name}.rs")).is_file(), "{name}");
            let seeds =
                std::fs::read_dir(home.join("seeds").join(&name)).map_or(0, Iterator::count);
            assert!(seeds >= 3, "{name} has {seeds} seeds");
        }
    }
}
