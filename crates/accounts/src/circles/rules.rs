//! Who may do what to a circle: pure functions. Refusals come in the order of the original.

use super::{
    CircleFlags as Flags, CircleLevel as Level, CircleRefusal as Refusal, CircleState as State,
    CircleSubject,
};

/// Members that a circle has at most, as a count.
pub(super) const MOST_MEMBERS: u64 = Flags::MOST_MEMBERS.unsigned_abs();

/// What somebody is to a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    /// The highest level they have, also by a group.
    pub(super) level: Level,
    /// What they are of themselves.
    pub(super) own: Option<(Level, State)>,
}

/// Whether somebody may know that a circle is there.
pub(super) fn sees(flags: Flags, who: Standing) -> bool {
    if flags.contains(Flags::PERSONAL) {
        return who.level == Level::Owner;
    }
    flags.contains(Flags::VISIBLE) || who.level > Level::None || who.own.is_some()
}

/// What comes of somebody who wants to come in.
pub(super) fn join(flags: Flags, who: Standing) -> Result<(Level, State), Refusal> {
    if !sees(flags, who) {
        return Err(Refusal::NoSuchCircle);
    }
    match who.own {
        Some((_, State::Invited)) => Ok((Level::Member, State::Member)),
        Some((_, State::Requesting)) => Err(Refusal::YouAreRequesting),
        Some((_, State::Member)) => Err(Refusal::YouAreMember),
        None if who.level > Level::None => Err(Refusal::YouAreMember),
        None if !flags.contains(Flags::OPEN) => Err(Refusal::NotOpen),
        None if flags.contains(Flags::REQUEST) => Ok((Level::None, State::Requesting)),
        None => Ok((Level::Member, State::Member)),
    }
}

/// Whether somebody may leave.
pub(super) fn leave(flags: Flags, who: Standing) -> Result<(), Refusal> {
    if !sees(flags, who) {
        return Err(Refusal::NoSuchCircle);
    }
    match who.own {
        None => Err(Refusal::YouAreNoMember),
        Some((Level::Owner, _)) => Err(Refusal::Owner),
        Some(_) => Ok(()),
    }
}

/// Refuses who has not so high a level; who may not know of the circle learns nothing.
pub(super) fn need(flags: Flags, who: Standing, level: Level) -> Result<(), Refusal> {
    match who.level >= level {
        true => Ok(()),
        false if sees(flags, who) => Err(Refusal::InsufficientRights),
        false => Err(Refusal::NoSuchCircle),
    }
}

/// Whether somebody may add others, and those whom they may admit.
pub(super) fn may_add(flags: Flags, who: Standing) -> Result<(), Refusal> {
    let friend = flags.contains(Flags::FRIEND);
    need(flags, who, if friend { Level::Member } else { Level::Moderator })
}

/// What comes of somebody whom another one, who [may](may_add), adds.
pub(super) fn add(
    flags: Flags,
    by: Level,
    subject: &CircleSubject,
    known: Option<State>,
) -> Result<(Level, State), Refusal> {
    let moderator = by >= Level::Moderator;
    // A group cannot answer.
    let asked = flags.contains(Flags::INVITE) && matches!(subject, CircleSubject::Person(_));
    match known {
        Some(State::Member) => Err(Refusal::AlreadyMember),
        Some(State::Invited) => Err(Refusal::AlreadyInvited),
        Some(State::Requesting) if moderator => Ok((Level::Member, State::Member)),
        Some(State::Requesting) => Err(Refusal::InsufficientRights),
        None if !moderator && flags.contains(Flags::REQUEST) => {
            Ok((Level::None, State::Requesting))
        }
        None if asked && !flags.contains(Flags::PERSONAL) => Ok((Level::None, State::Invited)),
        None => Ok((Level::Member, State::Member)),
    }
}

/// Whether a moderator lets somebody in who asks.
pub(super) fn confirm(flags: Flags, who: Standing, state: State) -> Result<(), Refusal> {
    need(flags, who, Level::Moderator)?;
    match state {
        State::Requesting => Ok(()),
        State::Invited => Err(Refusal::AlreadyInvited),
        State::Member => Err(Refusal::AlreadyMember),
    }
}

/// Whether somebody may remove a member.
pub(super) fn remove(flags: Flags, who: Standing, member: Level) -> Result<(), Refusal> {
    need(flags, who, Level::Moderator)?;
    match member {
        Level::Owner => Err(Refusal::Owner),
        // Nobody is removed by their equals.
        member if member >= who.level => Err(Refusal::InsufficientRights),
        _ => Ok(()),
    }
}

/// Whether somebody may give a member another level.
pub(super) fn set_level(
    flags: Flags,
    who: Standing,
    subject: &CircleSubject,
    member: (Level, State),
    to: Level,
) -> Result<(), Refusal> {
    need(flags, who, Level::Member)?;
    if flags.contains(Flags::PERSONAL) {
        return Err(Refusal::FixedLevel);
    }
    let (level, state) = member;
    if to == Level::None || to == Level::Owner && matches!(subject, CircleSubject::Group(_)) {
        return Err(Refusal::UnknownLevel);
    }
    if level == to {
        return Err(Refusal::SameLevel);
    }
    need(flags, who, Level::Moderator)?;
    if state != State::Member {
        return Err(Refusal::InsufficientRights);
    }
    if to == Level::Owner {
        return need(flags, who, Level::Owner);
    }
    match level {
        Level::Owner => Err(Refusal::Owner),
        // Neither above oneself nor those above oneself.
        level if level > who.level || to > who.level => Err(Refusal::InsufficientRights),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(n: usize) -> CircleSubject {
        CircleSubject::Person(format!("p{n}").parse().unwrap())
    }

    /// A circle in memory, to which acts are done by the rules alone.
    #[derive(Debug, Clone)]
    struct World {
        flags: Flags,
        people: Vec<Option<(Level, State)>>,
    }

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Join,
        Leave,
        Add(usize),
        Confirm(usize),
        Remove(usize),
        Level(usize, Level),
        Config(i64),
    }

    impl World {
        fn standing(&self, who: usize) -> Standing {
            let own = self.people[who];
            Standing { level: own.map_or(Level::None, |(level, _)| level), own }
        }

        fn act(&mut self, who: usize, act: Act) -> Result<(), Refusal> {
            let (flags, me) = (self.flags, self.standing(who));
            match act {
                Act::Join => self.people[who] = Some(join(flags, me)?),
                Act::Leave => {
                    leave(flags, me)?;
                    self.people[who] = None;
                }
                Act::Add(other) => {
                    may_add(flags, me)?;
                    let known = self.people[other].map(|(_, state)| state);
                    self.people[other] = Some(add(flags, me.level, &subject(other), known)?);
                }
                Act::Confirm(other) => {
                    let (_, state) = self.people[other].ok_or(Refusal::NoSuchMember)?;
                    confirm(flags, me, state)?;
                    self.people[other] = Some((Level::Member, State::Member));
                }
                Act::Remove(other) => {
                    let (level, _) = self.people[other].ok_or(Refusal::NoSuchMember)?;
                    remove(flags, me, level)?;
                    self.people[other] = None;
                }
                Act::Level(other, to) => {
                    let member = self.people[other].ok_or(Refusal::NoSuchMember)?;
                    set_level(flags, me, &subject(other), member, to)?;
                    if to == Level::Owner {
                        self.people[who] = Some((Level::Admin, State::Member));
                    }
                    self.people[other] = Some((to, State::Member));
                }
                Act::Config(bits) => {
                    need(flags, me, Level::Admin)?;
                    self.flags = flags.change(bits)?;
                }
            }
            Ok(())
        }
    }

    const PEOPLE: usize = 5;

    fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
        let level = prop::sample::select(vec![
            Level::None,
            Level::Member,
            Level::Moderator,
            Level::Admin,
            Level::Owner,
        ]);
        let act = prop_oneof![
            Just(Act::Join),
            Just(Act::Leave),
            (0..PEOPLE).prop_map(Act::Add),
            (0..PEOPLE).prop_map(Act::Confirm),
            (0..PEOPLE).prop_map(Act::Remove),
            (0..PEOPLE, level).prop_map(|(other, level)| Act::Level(other, level)),
            (0..256i64).prop_map(Act::Config),
        ];
        prop::collection::vec((0..PEOPLE, act), 0..40)
    }

    proptest! {
        #[test]
        fn one_owner_no_rise_above_oneself_and_no_trace(
            acts in acts(),
            first in prop::sample::select(vec![0i64, 2, 8, 16, 48, 80, 128, 192]),
        ) {
            let mut people = vec![None; PEOPLE];
            people[0] = Some((Level::Owner, State::Member));
            let mut world = World { flags: Flags::stored(first), people };
            for (who, act) in acts {
                let before = world.clone();
                let mine = before.standing(who).level;
                if world.act(who, act).is_err() {
                    prop_assert_eq!(&world.people, &before.people);
                    continue;
                }
                let owners = world.people.iter().flatten();
                prop_assert_eq!(owners.filter(|(level, _)| *level == Level::Owner).count(), 1);
                for (n, (now, then)) in world.people.iter().zip(&before.people).enumerate() {
                    let level = |of: &Option<(Level, State)>| of.map_or(Level::None, |of| of.0);
                    // Nobody gets more than the one who acts had; who comes in of themselves
                    // becomes a plain member.
                    if level(now) > level(then) {
                        let most = if n == who { Level::Member } else { mine };
                        prop_assert!(level(now) <= most, "{:?} {:?}", act, world);
                    }
                    // Nobody takes from who is above them.
                    if n != who && level(now) < level(then) {
                        prop_assert!(level(then) <= mine, "{:?} {:?}", act, world);
                    }
                    // Who is no member has no level.
                    if let Some((level, state)) = now {
                        prop_assert_eq!(*level == Level::None, *state != State::Member);
                    }
                }
            }
        }

        #[test]
        fn strangers_of_a_hidden_circle_hear_one_word(bits in 0..256i64, other in 0..3usize) {
            let flags = Flags::stored(bits & !Flags::VISIBLE.bits());
            let who = Standing::default();
            let member = [(Level::Member, State::Member), (Level::Owner, State::Member),
                (Level::None, State::Invited)][other];
            let all = [
                join(flags, who).map(drop),
                leave(flags, who),
                may_add(flags, who),
                confirm(flags, who, member.1),
                remove(flags, who, member.0),
                set_level(flags, who, &subject(0), member, Level::Admin),
                need(flags, who, Level::Member),
            ];
            prop_assert!(all.iter().all(|of| *of == Err(Refusal::NoSuchCircle)), "{:?}", all);
        }
    }

    #[test]
    fn who_comes_in_how() {
        let stranger = Standing::default();
        let visible = Flags::VISIBLE;
        assert_eq!(join(visible, stranger), Err(Refusal::NotOpen));
        assert_eq!(join(visible | Flags::OPEN, stranger), Ok((Level::Member, State::Member)));
        let asks = visible | Flags::OPEN | Flags::REQUEST;
        assert_eq!(join(asks, stranger), Ok((Level::None, State::Requesting)));
        let invited = Standing { level: Level::None, own: Some((Level::None, State::Invited)) };
        assert_eq!(join(Flags::default(), invited), Ok((Level::Member, State::Member)));
        let add = |flags, by| add(flags, by, &subject(1), None);
        let default = Flags::default();
        assert_eq!(add(default, Level::Moderator), Ok((Level::Member, State::Member)));
        assert_eq!(add(Flags::INVITE, Level::Owner), Ok((Level::None, State::Invited)));
        let friends = Flags::FRIEND | Flags::REQUEST;
        assert_eq!(add(friends, Level::Member), Ok((Level::None, State::Requesting)));
        assert_eq!(add(friends, Level::Moderator), Ok((Level::Member, State::Member)));
        let member = Standing { level: Level::Member, own: Some((Level::Member, State::Member)) };
        assert_eq!(may_add(default, member), Err(Refusal::InsufficientRights));
        assert_eq!(may_add(Flags::FRIEND, member), Ok(()));
    }
}
