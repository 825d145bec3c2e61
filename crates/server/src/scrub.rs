//! Reads every content now and then, at a bounded rate: what a disk has lost is found while a
//! backup still has it, and not when somebody needs it.

use std::{path::PathBuf, time::Duration};

use allmende_care::scrub::{self, Next, Options, Plan, Step};
use allmende_types::{BlobId, Timestamp};
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use crate::{Care, Config, Shutdown, Stores};

/// How long it reads until it looks around. What it read before a crash is not read again.
const SPAN: Duration = Duration::from_secs(10);
/// How long it stays away after a failure, and while a command is at work.
const AWAY: Duration = Duration::from_secs(600);
/// The longest rest: a clock may be set.
const LOOK: Duration = Duration::from_secs(3600);
/// How long after the start it begins, so that it is in nobody's way.
const START: Duration = Duration::from_secs(120);

/// The file that says how far reading everything has come, which the job of the server and the
/// command share.
#[must_use]
pub fn scrub_progress(config: &Config) -> PathBuf {
    config.data.join("scrub.json")
}

/// What the job tells of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    contents: Counter,
    bytes: Counter,
    damaged: Gauge,
    ended: Gauge,
}

impl Numbers {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("scrub_contents", "Contents that were read over", self.contents.clone());
        registry.register("scrub_bytes", "Bytes of these contents", self.bytes.clone());
        registry.register(
            "scrub_damaged",
            "Contents that cannot be read as they were written, as of the last reading",
            self.damaged.clone(),
        );
        registry.register(
            "scrub_round_ended_timestamp_seconds",
            "When every content had been read last",
            self.ended.clone(),
        );
    }

    fn note(&self, step: &Step) {
        self.contents.inc_by(step.contents);
        self.bytes.inc_by(step.bytes);
        self.damaged.set(i64::try_from(step.damaged).unwrap_or(i64::MAX));
        if let Some(ended) = step.ended {
            self.ended.set(ended.unix());
        }
    }
}

/// Works until the shutdown.
pub(crate) async fn run(stores: Stores, config: &Config, numbers: Numbers, stop: Shutdown) {
    let Care { scrub_rate, scrub_days, .. } = config.care;
    let options = Options { rate: Some(scrub_rate), progress: scrub_progress(config) };
    let every = Duration::from_secs(u64::from(scrub_days) * 86_400);
    let plan = Plan { span: SPAN, every };
    let work = async {
        tokio::time::sleep(START).await;
        loop {
            let wait = round(&stores, &options, plan, &numbers, stores.files.now()).await;
            tokio::time::sleep(wait).await;
        }
    };
    tokio::select! {
        () = work => {}
        // A part can be broken off at any point: the next one goes on there.
        () = stop.wait() => {}
    }
}

/// A part of a round; how long to wait until the next.
async fn round(
    stores: &Stores,
    options: &Options,
    plan: Plan,
    numbers: &Numbers,
    now: Timestamp,
) -> Duration {
    let tree = &*stores.databases.tree;
    let step = match scrub::step(&*stores.blobs, tree, options, plan, now).await {
        Ok(step) => step,
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, source, "contents cannot be read over");
            return AWAY;
        }
    };
    numbers.note(&step);
    for content in &step.found {
        tell(stores, *content).await;
    }
    match step.next {
        Next::More => Duration::ZERO,
        Next::Rest(wait) => wait.min(LOOK),
        _ => AWAY,
    }
}

/// Says which content is damaged, and whose it is.
async fn tell(stores: &Stores, content: BlobId) {
    let databases = &stores.databases;
    let files = match scrub::places(&databases.sql, &*databases.tree, content).await {
        Ok(files) => files.join(", "),
        Err(error) => format!("cannot be told now: {error}"),
    };
    tracing::error!(
        %content,
        files,
        "a content cannot be read as it was written: bring its files back from a backup"
    );
}

#[cfg(test)]
mod tests {
    use std::fs;

    use allmende_files::PutRequest;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn damage_is_counted_and_a_round_is_made_when_it_is_due() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let stores = Stores::open(&config).await.unwrap();
        let view = stores.files.view(&"alice".parse().unwrap()).await.unwrap();
        for n in 0..3u8 {
            let path: allmende_types::SpacePath = format!("{n}.bin").parse().unwrap();
            let body = bytes::Bytes::from(vec![n; 200_000]);
            let body = Box::pin(futures_util::stream::iter([Ok(body)]));
            view.put(PutRequest::new(path), body).await.unwrap();
        }
        let options = Options { rate: None, progress: scrub_progress(&config) };
        let plan = Plan { span: SPAN, every: Duration::from_secs(1000) };
        let (numbers, now) = (Numbers::default(), Timestamp::from_unix(1_900_000_000));
        let mut registry = Registry::default();
        numbers.register(&mut registry);
        let text = || {
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
            text
        };
        let at = async |after| {
            round(&stores, &options, plan, &numbers, now.plus_seconds(after)).await.as_secs()
        };
        assert_eq!(at(0).await, 1000);
        assert!(text().contains("scrub_contents_total 3\n"), "{}", text());
        assert!(text().contains("scrub_damaged 0\n"), "{}", text());

        let lease = fs::read_dir(folder.path().join("blobs/blobs")).unwrap();
        let large = lease.flat_map(|lease| fs::read_dir(lease.unwrap().path()).unwrap());
        let large = large.map(|file| file.unwrap().path());
        let large = large.filter(|path| path.file_name().unwrap() != "pack").min().unwrap();
        let file = fs::OpenOptions::new().write(true).open(large).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, b"?????", 100_000).unwrap();
        assert_eq!(at(400).await, 600);
        assert!(text().contains("scrub_damaged 0\n"), "{}", text());
        assert_eq!(at(1000).await, 1000);
        assert!(text().contains("scrub_contents_total 6\n"), "{}", text());
        assert!(text().contains("scrub_bytes_total 1000000\n"), "{}", text());
        assert!(text().contains("scrub_damaged 1\n"), "{}", text());
        assert!(text().contains("timestamp_seconds 1900001000\n"), "{}", text());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_cannot_be_noted_is_tried_again_later() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        let stores = Stores::open(&config).await.unwrap();
        fs::write(scrub_progress(&config), "{").unwrap();
        let options = Options { rate: None, progress: scrub_progress(&config) };
        let plan = Plan { span: SPAN, every: Duration::from_secs(1000) };
        let wait = round(&stores, &options, plan, &Numbers::default(), Timestamp::EPOCH).await;
        assert_eq!(wait, AWAY);
    }
}
