//! What runs beside the requests: the collector, tidying up, and the sending of mails and of
//! messages to devices.

use std::time::Duration;

use allmende_accounts::Accounts;
use allmende_files::Files;
use allmende_nextcloud::{Nextcloud, Pushed};
use allmende_reminders::Reminders;
use allmende_sharing::{Sharing, SmtpMailer};
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior},
};

use crate::{Config, Shutdown, Stores, push::HttpProxy};

const HOUR: Duration = Duration::from_secs(3600);

/// Starts the jobs of the stores; each ends with the shutdown.
pub(crate) fn start(jobs: &mut JoinSet<()>, stores: &Stores, stop: &Shutdown) {
    let collector = stores.files.collector();
    let until = stop.clone();
    jobs.spawn(async move { collector.run(until.wait()).await });

    let (accounts, files) = (stores.databases.accounts.clone(), stores.files.clone());
    let until = stop.clone();
    jobs.spawn(async move { keep_accounts(&accounts, &files, until).await });

    let (sharing, files, until) = (stores.sharing.clone(), stores.files.clone(), stop.clone());
    jobs.spawn(async move { keep_shares(&sharing, &files, until).await });

    let (files, until) = (stores.files.clone(), stop.clone());
    jobs.spawn(async move { keep_trash(&files, until).await });

    let (keeper, until) = (stores.files.version_keeper(), stop.clone());
    jobs.spawn(async move { keeper.run(until.wait()).await });

    let (noted, until) = (stores.clone(), stop.clone());
    jobs.spawn(async move { keep_notes(&noted, until).await });

    let (reminders, files, until) = (stores.reminders.clone(), stores.files.clone(), stop.clone());
    jobs.spawn(async move { remind(&reminders, &files, until).await });

    if let Some(mailer) = stores.mailer.clone() {
        let (sharing, files, until) = (stores.sharing.clone(), stores.files.clone(), stop.clone());
        jobs.spawn(async move { send_mails(&sharing, &files, &mailer, until).await });
    }
}

/// Starts the job that tells people's devices of notifications.
pub(crate) fn start_pushing(
    jobs: &mut JoinSet<()>,
    service: Nextcloud,
    config: &Config,
    stop: &Shutdown,
) {
    // Without a proxy there is little to do: what was left from before is thrown away.
    let period = if config.push.proxies.is_empty() { HOUR } else { Duration::from_secs(2) };
    let until = stop.clone();
    jobs.spawn(async move { send_pushes(&service, period, until).await });
}

fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Notes when people and app passwords were last used, every minute and at the end, and
/// removes what has expired, every hour.
async fn keep_accounts(accounts: &Accounts, files: &Files, stop: Shutdown) {
    const MINUTES_AN_HOUR: u32 = 60;
    let mut minutes = every(Duration::from_secs(60));
    let mut stop = Box::pin(stop.wait());
    for minute in (0..MINUTES_AN_HOUR).cycle() {
        let stopping = tokio::select! {
            _ = minutes.tick() => false,
            () = &mut stop => true,
        };
        if let Err(error) = accounts.write_activity().await {
            tracing::warn!(%error, "the last activity of people cannot be noted");
        }
        if stopping {
            return;
        }
        if minute == 0
            && let Err(error) = accounts.remove_expired(files.now()).await
        {
            tracing::warn!(%error, "expired sessions cannot be removed");
        }
    }
}

/// Every hour, removes shares that have ended and those of nodes that are gone.
async fn keep_shares(sharing: &Sharing, files: &Files, stop: Shutdown) {
    let mut hours = every(HOUR);
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            () = &mut stop => return,
        }
        let mut after = None;
        loop {
            match sharing.clean(after, files.now()).await {
                Ok(None) => break,
                Ok(more) => after = more,
                Err(error) => {
                    tracing::warn!(%error, "ended shares cannot be removed");
                    break;
                }
            }
        }
    }
}

/// Every hour, removes for good what was in the trash for long enough, or takes up too much.
async fn keep_trash(files: &Files, stop: Shutdown) {
    let mut hours = every(HOUR);
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            () = &mut stop => return,
        }
        let expired = tokio::select! {
            expired = files.expire_trash() => expired,
            // A round can be broken off at any point: the next one goes on there.
            () = &mut stop => return,
        };
        match expired {
            Ok(expired) => tracing::debug!(?expired, "the trash was looked through"),
            Err(error) => tracing::warn!(%error, "old trash cannot be removed"),
        }
    }
}

/// Every half minute, reminds people of what they wanted to be reminded of.
async fn remind(reminders: &Reminders, files: &Files, stop: Shutdown) {
    let mut ticks = every(Duration::from_secs(30));
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut stop => return,
        }
        if let Err(error) = tell_due(reminders, files).await {
            tracing::warn!(error, "people cannot be reminded");
        }
    }
}

/// Tells all that is due, each to whoever still sees the file.
async fn tell_due(reminders: &Reminders, files: &Files) -> Result<(), String> {
    const AT_ONCE: u32 = 100;
    loop {
        let now = files.now();
        let due = reminders.due(now, AT_ONCE).await.map_err(|e| e.to_string())?;
        if due.is_empty() {
            return Ok(());
        }
        for one in due {
            let view = files.view(&one.person).await.map_err(|e| e.to_string())?;
            let seen = view.stat(&[one.node]).await.map_err(|e| e.to_string())?;
            let seen = seen.into_iter().next().flatten();
            let name = seen.as_ref().map(|entry| entry.name().map_or("/", |name| name.as_str()));
            reminders.tell(&one, name, now).await.map_err(|e| e.to_string())?;
        }
    }
}

/// Every hour, removes the tags, comments and reminders of nodes that are gone for good.
async fn keep_notes(stores: &Stores, stop: Shutdown) {
    let Stores { databases, tags, comments, reminders, .. } = stores;
    let tree = &*databases.tree;
    let mut hours = every(HOUR);
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            () = &mut stop => return,
        }
        let tidied = async {
            let mut after = None;
            while let Some(last) = tags.clean(tree, after).await.map_err(|e| e.to_string())? {
                after = Some(last);
            }
            after = None;
            while let Some(last) = comments.clean(tree, after).await.map_err(|e| e.to_string())? {
                after = Some(last);
            }
            after = None;
            while let Some(last) = reminders.clean(tree, after).await.map_err(|e| e.to_string())? {
                after = Some(last);
            }
            Ok::<(), String>(())
        };
        let tidied = tokio::select! {
            tidied = tidied => tidied,
            // A round can be broken off at any point: the next one begins anew.
            () = &mut stop => return,
        };
        if let Err(error) = tidied {
            tracing::warn!(%error, "what belongs to removed files cannot be removed");
        }
    }
}

/// Hands over what lies in the outbox, a few seconds after it was put there.
async fn send_mails(sharing: &Sharing, files: &Files, mailer: &SmtpMailer, stop: Shutdown) {
    const AT_ONCE: u32 = 50;
    let mut ticks = every(Duration::from_secs(5));
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut stop => return,
        }
        let sent = tokio::select! {
            sent = sharing.send_mails(mailer, AT_ONCE, files.now()) => sent,
            // What is broken off now is sent again, when nobody has claimed it any more.
            () = &mut stop => return,
        };
        if let Err(error) = sent {
            tracing::warn!(%error, "mails cannot be sent");
        }
    }
}

/// Tells people's devices what is new, a few seconds after it was.
async fn send_pushes(service: &Nextcloud, period: Duration, stop: Shutdown) {
    let proxy = HttpProxy::new();
    let mut ticks = every(period);
    let mut stop = Box::pin(stop.wait());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut stop => return,
        }
        let pushed = tokio::select! {
            pushed = service.push(&proxy) => pushed,
            // What is broken off now is sent again, when nobody has claimed it any more.
            () = &mut stop => return,
        };
        match pushed {
            Ok(pushed) if pushed != Pushed::default() => {
                tracing::debug!(?pushed, "devices were told what is new");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "devices cannot be told what is new"),
        }
    }
}
