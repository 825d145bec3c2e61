use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// A Friday, and the begin of a slot of every length up to a day.
const NOW: i64 = 20_800 * DAY;
const DAY: i64 = 86_400;
const HOUR: i64 = 3600;

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn plain(ages: &[i64]) -> Vec<Kept> {
    let kept = |age: &i64| Kept { at: now().plus_seconds(-age), naming: Naming::Plain };
    ages.iter().map(kept).collect()
}

/// The ages that stay.
fn stay(options: &VersionOptions, ages: &[i64]) -> Vec<i64> {
    let surplus = options.surplus(now(), &plain(ages));
    let stays = |(place, age): (usize, &i64)| (!surplus.contains(&place)).then_some(*age);
    ages.iter().enumerate().filter_map(stays).collect()
}

fn at_once() -> VersionOptions {
    VersionOptions { settle: Duration::ZERO, ..VersionOptions::default() }
}

#[test]
fn each_step_of_the_schedule() {
    let stay = |ages: &[i64]| stay(&at_once(), ages);
    // One in two seconds, then one in ten.
    assert_eq!(stay(&[4, 3, 2, 1]), [3, 1]);
    assert_eq!(stay(&[40, 35, 31, 30, 22, 21]), [31, 21]);
    assert_eq!(stay(&[300, 290, 241, 200, 181]), [241, 181]);
    assert_eq!(
        stay(&[8 * HOUR, 7 * HOUR + 1, 6 * HOUR + 9, 6 * HOUR + 1]),
        [7 * HOUR + 1, 6 * HOUR + 1]
    );
    assert_eq!(
        stay(&[4 * DAY, 3 * DAY + 5, 2 * DAY + HOUR, 2 * DAY + 1]),
        [3 * DAY + 5, 2 * DAY + 1]
    );
    // Weeks begin on Thursdays, as the count of days did.
    assert_eq!(
        stay(&[57 * DAY, 51 * DAY, 50 * DAY, 49 * DAY, 44 * DAY]),
        [57 * DAY, 49 * DAY, 44 * DAY]
    );
}

#[test]
fn two_within_a_second_stay_until_they_have_settled() {
    let options = VersionOptions::default();
    assert_eq!(stay(&options, &[5, 5]), [5, 5]);
    assert_eq!(stay(&options, &[59, 59]), [59, 59]);
    let kept = plain(&[61, 61]);
    assert_eq!(options.surplus(now(), &kept), [0], "the later one stays");
}

#[test]
fn obligations() {
    let with = |retention: &str| VersionOptions {
        retention: retention.parse().unwrap(),
        ..VersionOptions::default()
    };
    let ages = [400 * DAY, 50 * DAY, 49 * DAY, 3 * DAY, 2 * HOUR + 10, 2 * HOUR + 5];
    let auto = [400 * DAY, 49 * DAY, 3 * DAY, 2 * HOUR + 5];
    assert_eq!(stay(&with("auto"), &ages), auto);
    assert_eq!(stay(&with("disabled"), &ages), ages);
    assert_eq!(
        stay(&with("1, auto"), &ages),
        [400 * DAY, 49 * DAY, 3 * DAY, 2 * HOUR + 10, 2 * HOUR + 5]
    );
    assert_eq!(stay(&with("auto, 30"), &ages), [3 * DAY, 2 * HOUR + 5]);
    assert_eq!(
        stay(&with("51, 60"), &ages),
        [50 * DAY, 49 * DAY, 3 * DAY, 2 * HOUR + 10, 2 * HOUR + 5]
    );
    assert_eq!(stay(&with("auto, 0"), &ages), [0; 0]);
}

#[test]
fn a_labelled_one_takes_no_slot() {
    let mut kept = plain(&[2 * DAY + 30, 2 * DAY + 20, 2 * DAY + 10]);
    kept[2].naming = Naming::Labelled;
    assert_eq!(at_once().surplus(now(), &kept), [0]);
}

#[test]
fn lengths_nest() {
    let step = |until, every| Step {
        until: Duration::from_secs(until),
        every: Duration::from_secs(every),
    };
    let rest = Duration::from_secs(60);
    assert!(Schedule::new(vec![step(10, 2), step(60, 4)], rest).is_ok());
    assert!(Schedule::new(vec![], rest).is_ok());
    for steps in [
        vec![step(10, 2), step(60, 5)],
        vec![step(60, 2), step(10, 4)],
        vec![step(10, 0)],
        vec![step(10, 120)],
    ] {
        assert_eq!(Schedule::new(steps, rest), Err(InvalidSchedule));
    }
    let own = Schedule::default();
    assert_eq!(Schedule::new(own.steps.clone(), own.rest), Ok(own));
}

fn kept() -> impl Strategy<Value = Vec<Kept>> {
    let age = prop_oneof![0i64..20, 0i64..200, 0i64..8000, 0i64..200_000, 0i64..20_000_000];
    let one = (age, prop::bool::weighted(0.15)).prop_map(|(age, labelled)| Kept {
        at: now().plus_seconds(-age),
        naming: if labelled { Naming::Labelled } else { Naming::Plain },
    });
    prop::collection::vec(one, 0..60).prop_map(|mut all| {
        all.sort_by_key(|kept| kept.at);
        all
    })
}

/// What is left of a list, by the places in it.
fn left(
    options: &VersionOptions,
    at: Timestamp,
    all: &[Kept],
    of: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let places: Vec<usize> = of.iter().copied().collect();
    let kept: Vec<Kept> = places.iter().map(|place| all[*place]).collect();
    let surplus = options.surplus(at, &kept);
    let stays = |(n, place): (usize, &usize)| (!surplus.contains(&n)).then_some(*place);
    places.iter().enumerate().filter_map(stays).collect()
}

proptest! {
    #[test]
    fn the_last_and_the_labelled_stay(all in kept()) {
        let surplus = at_once().surplus(now(), &all);
        prop_assert!(surplus.iter().all(|place| all[*place].naming == Naming::Plain));
        let last = all.iter().rposition(|kept| kept.naming == Naming::Plain);
        prop_assert!(last.is_none_or(|last| !surplus.contains(&last)));
        // No slot of a step holds two, and none that held something is empty.
        let options = at_once();
        let slot = |kept: &Kept| {
            let length = options.schedule.slot(NOW - kept.at.unix());
            (length, kept.at.unix().div_euclid(length))
        };
        let plain = |places: &mut dyn Iterator<Item = usize>| -> Vec<(i64, i64)> {
            places.filter(|p| all[*p].naming == Naming::Plain).map(|p| slot(&all[p])).collect()
        };
        let stay = plain(&mut (0..all.len()).filter(|place| !surplus.contains(place)));
        prop_assert_eq!(stay.iter().collect::<HashSet<_>>().len(), stay.len());
    }

    #[test]
    fn once_is_enough_and_later_is_as_good_as_often(
        all in kept(), waits in prop::collection::vec(0i64..3_000_000, 1..5), settle in 0u64..200,
        at_least in prop::option::of(0u32..40),
    ) {
        let options = VersionOptions {
            settle: Duration::from_secs(settle),
            retention: Retention::Bounded { at_least, at_most: None },
            ..VersionOptions::default()
        };
        let whole: BTreeSet<usize> = (0..all.len()).collect();
        let mut time = now();
        let mut often = left(&options, time, &all, &whole);
        prop_assert_eq!(&left(&options, time, &all, &often), &often);
        for wait in waits {
            time = time.plus_seconds(wait);
            let next = left(&options, time, &all, &often);
            prop_assert!(next.is_subset(&often));
            often = next;
        }
        prop_assert_eq!(often, left(&options, time, &all, &whole));
    }
}
