//! A round of sending: what waits is dealt out among devices, sealed and sent.

use std::collections::BTreeMap;

use allmende_accounts::{AppPassword, Memberships, Person, Status};
use allmende_events::{Push, PushDevice, PushId, PushKind, Reader};
use allmende_ocs::endpoints::user_status::Presence;
use allmende_types::{Principal, Timestamp, UserId};
use futures_util::future::join_all;

use super::{
    PersonKey, PushProxy, device_key,
    message::{Content, Message},
    proxy::{Verdict, form},
};
use crate::{
    Nextcloud,
    ocs::{Audience, show_notifications, user_status},
    service::Inner,
};

/// What is looked at in one step.
const STEP: usize = 100;
/// Messages in one request to a proxy.
const TOGETHER: usize = 50;
/// Attempts after which a message is given up: with the pauses between them, some two hours.
/// Clients ask by themselves too.
const ATTEMPTS: u32 = 8;
/// The first pause between two attempts, in seconds; each next one is twice as long. For so
/// long a proxy that does not answer is left alone, too.
const FIRST_PAUSE: i64 = 60;
/// The longest time for which a proxy can have itself left alone, in seconds.
const LONGEST_PAUSE: i64 = 3600;

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Pushed {
    /// Messages that proxies took.
    pub sent: u32,
    /// Messages that will be tried again.
    pub later: u32,
    /// Messages that were given up.
    pub lost: u32,
}

/// Why a round ended early. What was not noted is done by a later one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The outbox or the devices cannot be read or written.
    #[error("notifications for devices")]
    Events(#[from] allmende_events::Error),
    /// The people cannot be read.
    #[error("the people of devices")]
    Accounts(#[from] allmende_accounts::Error),
    /// The key pairs cannot be read or written.
    #[error("the key pairs of people")]
    Sharing(#[from] allmende_sharing::Error),
    /// What a notification says cannot be made out.
    #[error("the text of a notification: {0}")]
    Text(#[from] allmende_ocs::OcsError),
    /// A key cannot be made or used.
    #[error("a key: {0}")]
    Key(String),
}

impl PushError {
    /// Whether the same may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Events(error) => error.is_retryable(),
            Self::Accounts(error) => error.is_retryable(),
            Self::Sharing(error) => error.is_retryable(),
            Self::Text(error) => error.is_retryable(),
            Self::Key(_) => false,
        }
    }
}

impl Nextcloud {
    /// Sends what people's devices are to be told, until nothing is due. To be called by a
    /// job, now and then; several processes can do so at once. A message is sent again if
    /// its proxy does not take it, or the process dies before it is noted: clients know
    /// a notification by its number.
    ///
    /// Nothing is sent to the devices of people who are disabled, whose app password is
    /// revoked or to be wiped, or who do not want to be disturbed. Without push proxies in
    /// the options, the outbox is emptied.
    ///
    /// # Errors
    /// See [`PushError`].
    pub async fn push(&self, proxy: &dyn PushProxy) -> Result<Pushed, PushError> {
        let (inner, mut done) = (&*self.inner, Pushed::default());
        if inner.options.push_proxies.is_empty() {
            inner.events.drop_pushes().await?;
            return Ok(done);
        }
        let now = inner.now();
        let mut members = Members::default();
        loop {
            let undealt = inner.events.undealt_pushes(STEP, now).await?;
            for one in &undealt {
                match &one.to {
                    Principal::Person(person) => {
                        inner.events.deal(one, std::slice::from_ref(person)).await?;
                    }
                    Principal::Group(_) | Principal::Circle(_) => {
                        let people = members.of(inner, &one.to).await?;
                        inner.events.deal(one, people).await?;
                    }
                    _ => inner.events.deal(one, &[]).await?,
                }
            }
            if undealt.len() < STEP {
                break;
            }
        }
        loop {
            let taken = inner.events.take_pushes(STEP, now).await?;
            let more = taken.len() == STEP;
            send(inner, taken, proxy, now, &mut done).await?;
            if !more {
                return Ok(done);
            }
        }
    }
}

/// The members of groups and circles who have devices, read once a round.
#[derive(Debug, Default)]
struct Members(Option<BTreeMap<Principal, Vec<UserId>>>);

impl Members {
    async fn of(&mut self, inner: &Inner, to: &Principal) -> Result<&[UserId], PushError> {
        let all = match &mut self.0 {
            Some(all) => all,
            unread => unread.insert(Self::read(inner).await?),
        };
        Ok(all.get(to).map_or(&[], Vec::as_slice))
    }

    async fn read(inner: &Inner) -> Result<BTreeMap<Principal, Vec<UserId>>, PushError> {
        let (mut all, mut after) = (BTreeMap::<_, Vec<_>>::new(), None::<UserId>);
        loop {
            let people = inner.events.people_with_devices(after.as_ref(), STEP).await?;
            let memberships = inner.accounts.memberships(&people).await?;
            for (person, memberships) in people.iter().zip(memberships) {
                let groups = memberships.groups.into_iter().map(Principal::Group);
                let circles = memberships.circles.into_iter().map(Principal::Circle);
                for of in groups.chain(circles) {
                    all.entry(of).or_default().push(person.clone());
                }
            }
            if people.len() < STEP {
                return Ok(all);
            }
            after = people.last().cloned();
        }
    }
}

/// A message that is ready, to be sent for something that was taken.
struct Ready {
    id: PushId,
    attempts: u32,
    message: Message,
}

/// Sends what was taken, and notes what came of it.
async fn send(
    inner: &Inner,
    taken: Vec<Push>,
    proxy: &dyn PushProxy,
    now: Timestamp,
    done: &mut Pushed,
) -> Result<(), PushError> {
    let mut of_people: BTreeMap<String, Vec<Push>> = BTreeMap::new();
    let mut finished: Vec<PushId> = taken.iter().map(|push| push.id).collect();
    for push in taken {
        of_people.entry(push.person.key()).or_default().push(push);
    }
    let mut of_proxies: BTreeMap<String, Vec<Ready>> = BTreeMap::new();
    let mut later = Vec::new();
    let mut put_off = |tries: &[(PushId, u32)], after: i64, done: &mut Pushed| {
        for (id, attempts) in tries {
            if *attempts >= ATTEMPTS {
                done.lost += 1;
                continue;
            }
            let pause = after.min(LONGEST_PAUSE).max(pause(*attempts));
            later.push((*id, now.plus_seconds(pause)));
            done.later += 1;
        }
    };
    for (person, pushes) in of_people {
        let tries: Vec<_> = pushes.iter().map(|push| (push.id, push.attempts)).collect();
        match prepare(inner, pushes, now).await {
            Ok(all) => {
                for (address, ready) in all {
                    of_proxies.entry(address).or_default().push(ready);
                }
            }
            // What fails for one person is not to keep the others waiting.
            Err(error) => {
                tracing::warn!(person, %error, "messages to a person's devices are put off");
                put_off(&tries, 0, done);
            }
        }
    }
    // A proxy that does not answer is not to keep the others waiting.
    let all = of_proxies.iter().map(|(address, all)| deliver(inner, proxy, address, all));
    for delivered in join_all(all.collect::<Vec<_>>()).await {
        done.sent += delivered.sent;
        done.lost += delivered.lost;
        put_off(&delivered.later, delivered.after, done);
    }
    finished.retain(|id| !later.iter().any(|(one, _)| one == id));
    inner.events.note_pushes(&finished, &later).await?;
    Ok(())
}

/// What became of the messages to one proxy.
#[derive(Debug, Default)]
struct Delivered {
    sent: u32,
    lost: u32,
    /// What is to be tried again, in so many seconds at the earliest.
    later: Vec<(PushId, u32)>,
    after: i64,
}

/// Posts messages to a proxy, unless it is left alone or asks for it.
async fn deliver(inner: &Inner, proxy: &dyn PushProxy, address: &str, all: &[Ready]) -> Delivered {
    let mut delivered = Delivered::default();
    for some in all.chunks(TOGETHER) {
        let tries = some.iter().map(|ready| (ready.id, ready.attempts));
        if let Some(left) = inner.rests.left(address, inner.now()) {
            delivered.later.extend(tries);
            delivered.after = left;
            continue;
        }
        let messages: Vec<&Message> = some.iter().map(|ready| &ready.message).collect();
        let devices: Vec<&str> =
            messages.iter().map(|message| message.device_identifier.as_str()).collect();
        let answer = proxy.post(&format!("{address}/notifications"), form(&messages)).await;
        let verdict = match &answer {
            Ok(answer) => Verdict::of(answer, &devices),
            Err(error) => {
                tracing::info!(address, %error, "messages to devices are sent later");
                Verdict::Later { after: None }
            }
        };
        let count = u32::try_from(some.len()).unwrap_or(u32::MAX);
        match verdict {
            Verdict::Done { unknown } => {
                inner.rests.end(address);
                if let Err(error) = inner.events.remove_unknown_devices(address, &unknown).await {
                    // The proxy says so again the next time.
                    tracing::warn!(address, %error, "devices that are gone cannot be forgotten");
                }
                let gone = u32::try_from(unknown.len()).unwrap_or(u32::MAX);
                delivered.lost += gone.min(count);
                delivered.sent += count - gone.min(count);
            }
            Verdict::Refused => {
                inner.rests.end(address);
                let status = answer.map_or(0, |answer| answer.status);
                tracing::warn!(address, status, "a push proxy refuses messages");
                delivered.lost += count;
            }
            Verdict::Later { after } => {
                let after = after.and_then(|after| i64::try_from(after.as_secs()).ok());
                let after = after.unwrap_or(FIRST_PAUSE).clamp(1, LONGEST_PAUSE);
                inner.rests.begin(address, inner.now().plus_seconds(after));
                delivered.later.extend(tries);
                delivered.after = after;
            }
        }
    }
    delivered
}

fn pause(attempts: u32) -> i64 {
    FIRST_PAUSE.saturating_mul(2i64.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_PAUSE)
}

/// The messages to the devices of one person, each with the address of its proxy; none for
/// what is not to be sent any more.
async fn prepare(
    inner: &Inner,
    pushes: Vec<Push>,
    now: Timestamp,
) -> Result<Vec<(String, Ready)>, PushError> {
    let Some(first) = pushes.first() else { return Ok(Vec::new()) };
    let id = first.person.clone();
    // Read before the person: what is forgotten is never that of a new one with the same id.
    let registered = inner.events.devices_of(std::slice::from_ref(&id)).await?;
    let Some(person) = inner.accounts.person(&id).await? else {
        for device in registered {
            inner.events.remove_device(&id, device.app_password).await?;
        }
        return Ok(Vec::new());
    };
    if person.status != Status::Enabled {
        return Ok(Vec::new());
    }
    let good = inner.accounts.app_passwords(&id).await?;
    let good = |app_password: i64| {
        let is_good = |one: &AppPassword| !one.wipe && one.expires.is_none_or(|end| end > now);
        good.iter().any(|one| one.id.0 == app_password && is_good(one))
    };
    let (mut devices, mut gone) = (Vec::new(), Vec::new());
    for device in registered {
        match device_key(&device.public_key).filter(|_| good(device.app_password)) {
            Some(key) => devices.push((device, key)),
            None => gone.push(device.app_password),
        }
    }
    for app_password in gone {
        inner.events.remove_device(&id, app_password).await?;
    }
    let Some(key) = PersonKey::find(&inner.sharing, &id).await? else { return Ok(Vec::new()) };
    let contents = contents(inner, &person, &pushes).await?;
    let mut jobs = Vec::new();
    for push in pushes {
        let device = devices.iter().find(|(device, _)| device.app_password == push.app_password);
        if let (Some((device, key)), Some(content)) = (device, contents.get(&push.kind)) {
            jobs.push((push.id, push.attempts, content.clone(), device.clone(), key.clone()));
        }
    }
    // Signatures take milliseconds each.
    let sealed = tokio::task::spawn_blocking(move || {
        let seal = |(id, attempts, content, device, of_device): (_, _, Content, PushDevice, _)| {
            let message = Message::seal(&content, &device, &of_device, &key)?;
            Ok((device.proxy, Ready { id, attempts, message }))
        };
        jobs.into_iter().map(seal).collect::<Result<Vec<_>, PushError>>()
    });
    sealed.await.map_err(|e| PushError::Key(e.to_string()))?
}

/// What the devices of a person are told, by what it is about; what is not there is not told.
async fn contents(
    inner: &Inner,
    person: &Person,
    pushes: &[Push],
) -> Result<BTreeMap<PushKind, Content>, PushError> {
    let mut contents = BTreeMap::new();
    let mut news = Vec::new();
    for push in pushes {
        match push.kind {
            PushKind::Told(id) => news.push(id),
            PushKind::Gone(id) => drop(contents.insert(push.kind, Content::Gone(id.0))),
            PushKind::AllGone => drop(contents.insert(push.kind, Content::AllGone)),
            _ => {}
        }
    }
    news.sort_unstable();
    news.dedup();
    let quiet = async {
        let status = user_status::of_people(inner, std::slice::from_ref(&person.id)).await?;
        let status = status.into_iter().flatten().next();
        Ok::<_, PushError>(status.is_some_and(|status| status.status == Presence::Dnd))
    };
    if news.is_empty() || quiet.await? {
        return Ok(contents);
    }
    let memberships = inner.accounts.memberships_of(&person.id).await?;
    let Memberships { groups, circles, .. } = memberships;
    let reader = Reader { person: person.id.clone(), groups, circles };
    // What was put away, or is theirs no more, is not told.
    let stored = inner.events.notifications_among(&reader, &news).await?;
    let ids: Vec<_> = stored.iter().map(|one| one.id).collect();
    let shown = show_notifications(&Audience::away(inner, person), stored).await?;
    for (id, shown) in ids.into_iter().zip(shown) {
        let content = Content::Told {
            id: id.0,
            app: shown.app,
            kind: shown.object_type,
            object: shown.object_id,
            subject: shown.subject,
        };
        contents.insert(PushKind::Told(id), content);
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pauses: Vec<i64> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }
}
